"""An outlet's pages are learned from while they are read: whole runs over real pages on loopback."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import pytest

from aggregator.model import ItemFilter
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss

FEED = "/feed.xml"
NAMES = ("bridge", "ferry", "school", "harvest", "museum", "glacier", "orchestra", "lighthouse")
CLICK = "Click here to read more of what our newsroom covers every single day."
SOURCE = "Source Zero Hedge"


def story(name: str) -> list[str]:
    return [
        f"The {name} committee heard expert number {n} of the {name} board on the {name} and its cost in "
        f"year {1990 + n * 3} before the {name} vote."
        for n in range(5)
    ]


def html(name: str, below: Sequence[str] = (CLICK,), end: str = "") -> str:
    texts = story(name)
    texts[-1] += end
    text = "".join(f"<p>{escape(one)}</p>" for one in [*texts, *below])
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>All of the {name}</title></head><body>"
        f"<main><article><h1>All of the {name}</h1>{text}</article></main></body></html>"
    )


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, site: FakeSite) -> Newsroom:
    room = Newsroom(directory=tmp_path)
    room.outlets(outlet("Port", site.url(FEED), full_text="auto"))
    return room


def announce(site: FakeSite, *names: str, summaries: Sequence[str] = (), host: int = 0) -> None:
    entries = [
        Entry(
            number=NAMES.index(name) + 1,
            title=f"All of the {name}",
            link=site.url(f"/{name}", host=host),
            summary=summaries[n] if n < len(summaries) else "",
        )
        for n, name in enumerate(names)
    ]
    site.serve(FEED, rss(entries))


def texts(room: Newsroom) -> dict[str, str]:
    """The text of each item without its headline."""
    return {
        item.title.rpartition(" ")[2]: item.text.removeprefix(f"{item.title}\n\n") for item in room.items()
    }


def serve(site: FakeSite, name: str, page: str) -> None:
    site.serve(f"/{name}", page, content_type="text/html; charset=utf-8", last_modified=None)


def test_what_an_outlets_pages_repeat_is_cut_from_all_of_them_and_no_edit(
    room: Newsroom, site: FakeSite
) -> None:
    for name in NAMES[:4]:
        serve(site, name, html(name, end=f" {SOURCE}"))
    announce(site, *NAMES[:4])
    room.once()

    assert texts(room) == {name: "\n\n".join(story(name)) for name in NAMES[:4]}
    assert [item.updated for item in room.items()] == [None] * 4


def test_a_later_page_is_read_by_what_was_learned(room: Newsroom, site: FakeSite) -> None:
    for name in NAMES[:4]:
        serve(site, name, html(name))
    announce(site, *NAMES[:3])
    room.once()
    announce(site, *NAMES[:4])
    room.once(force=True)
    assert texts(room)["harvest"] == "\n\n".join(story("harvest"))


def test_two_pages_are_too_few_to_cut_anything(room: Newsroom, site: FakeSite) -> None:
    for name in NAMES[:2]:
        serve(site, name, html(name))
    announce(site, *NAMES[:2])
    room.once()
    assert all(text.endswith(CLICK) for text in texts(room).values())


def test_what_the_feed_itself_says_of_an_item_is_not_cut_from_it(room: Newsroom, site: FakeSite) -> None:
    for name in NAMES[:4]:
        serve(site, name, html(name))
    announce(site, *NAMES[:4], summaries=[f"{story('bridge')[0]} {CLICK}"])
    room.once()
    found = texts(room)
    assert found.pop("bridge").endswith(CLICK)
    assert not any(CLICK in text for text in found.values())


def test_a_page_that_redirects_to_another_site_does_not_get_the_outlets_rules(
    room: Newsroom, site: FakeSite
) -> None:
    for name in NAMES[:5]:
        serve(site, name, html(name))
    announce(site, *NAMES[:4])
    room.once()
    site.redirect("/harvest2", site.url("/museum", host=1))
    entry = Entry(number=9, title="All of the museum", link=site.url("/harvest2"))
    site.serve(FEED, rss([entry]))
    room.once(force=True)
    found = texts(room)
    assert CLICK not in found["harvest"]
    assert found["museum"].endswith(CLICK)


def test_what_was_learned_is_shown(room: Newsroom, site: FakeSite) -> None:
    for name in NAMES[:4]:
        serve(site, name, html(name))
    announce(site, *NAMES[:4])
    room.once()
    with room.store() as store:
        (fared,) = store.fared("port")
        assert len(list(store.items(ItemFilter()))) == 4
    assert fared.profile is not None
    assert [(line.kind, line.text) for line in fared.profile.lines] == [("block", CLICK)]
    assert (fared.pages, len(fared.looks)) == (4, 4)


def test_a_second_look_at_an_article_that_was_read_before_anything_was_learned_sees_no_edit(
    room: Newsroom, site: FakeSite
) -> None:
    for name in NAMES[:4]:
        serve(site, name, html(name))
    announce(site, NAMES[0])
    room.once()
    with room.store() as store:
        assert store.lesson("Port", "127.0.0.1") is None
    announce(site, *NAMES[:4])
    room.clock.advance(hours=1)
    room.once(force=True)
    room.clock.advance(hours=3)
    room.once(force=True)
    assert [item.updated for item in room.items()] == [None] * 4
    assert not any(CLICK in text for text in texts(room).values())
