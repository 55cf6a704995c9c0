"""Pages made for one test each."""

PARAGRAPHS = [
    line.strip()
    for line in """
The harbour board voted on Tuesday to close the old swing bridge for eleven months, saying that its bearings \
could no longer carry the weight of the morning traffic.
Engineers found the damage in August, when a lorry loaded with grain had to be turned back halfway across \
the river and the northern span would not lock again.
The city will run two ferries from the first of March, free of charge for pedestrians and cyclists, and has \
asked the railway for more trains in the early hours.
""".strip().splitlines()
]
STORY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
TEXT = "\n\n".join(PARAGRAPHS)


def page(body: str = STORY, *, head: str = "", lang: str = "en") -> str:
    """An article page; ``head`` is put into its head as it is."""
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><title>Bridge to close</title>{head}</head>'
        f"<body><article>{body}</article></body></html>"
    )
