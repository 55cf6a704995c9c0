"""Lists, search and one article, over a real database."""

from tests.cli.conftest import Terminal
from tests.fakes import FakeSite, Reply
from tests.press import Entry, outlet, rss


def ids(over: Terminal) -> dict[str, int]:
    """Id by outlet and first word of the title."""
    return {
        f"{item['outlet']} {item['title'].split()[0]}": item["id"]
        for item in over("items", "--json").json_lines
    }


def test_items_are_a_table_with_times_relative_to_now(over: Terminal) -> None:
    result = over("items")

    assert result.code == 0
    assert result.lines[0].split() == ["Id", "Age", "Outlet", "Title"]
    assert len(result.lines) == 5
    assert all("4 hours ago" in line for line in result.lines[2:])
    assert result.err == ""


def test_markup_and_controls_of_an_outlet_are_shown_not_obeyed(over: Terminal) -> None:
    out = over("items").out

    assert "Bridge [b]opens[/b]" in out
    assert "Ferry late" in out
    assert "\u202e" not in out
    assert "\x1b" not in out


def test_a_copy_is_marked_with_the_first_item_of_its_group(over: Terminal) -> None:
    first = ids(over)["Port News Bridge"]

    assert [line for line in over("items").lines if f"copy of {first}" in line and "Quay" in line]


def test_items_as_json_have_every_key_of_the_contract(over: Terminal) -> None:
    item = over("items", "--json", "--outlet", "port news").json_lines[0]

    assert set(item) >= {
        "id", "outlet", "feed", "guid", "url", "canonical_url", "title", "summary", "text", "text_source",
        "authors", "published", "published_source", "published_earliest", "published_latest", "first_seen",
        "updated", "language", "tags", "outlet_tags", "enclosures", "image", "duplicate_of", "relation",
        "story",
    }  # fmt: skip
    assert item["outlet_tags"] == ["harbour", "daily"]
    assert item["published"].endswith("Z")


def test_filters_choose(over: Terminal) -> None:
    def titles(*options: str) -> int:
        return len(over("items", "--json", *options).json_lines)

    assert titles("--outlet", "QUAY") == 1
    assert titles("--outlet", "quay", "--outlet", "port news") == 3
    assert titles("--tag", "Harbour") == 2
    assert titles("--lang", "en") == 2
    assert titles("--lang", "de") == 0
    assert titles("--since", "5h") == 3
    assert titles("--since", "3h") == 0
    assert titles("--until", "3h") == 3
    assert titles("--since", "2026-11-21") == 0
    assert titles("--limit", "2") == 2


def test_nothing_found_is_no_error(over: Terminal) -> None:
    result = over("items", "--tag", "nowhere")

    assert (result.code, result.out, result.err) == (0, "", "No items.\n")


def test_an_unknown_outlet_is_refused_with_a_near_name(over: Terminal) -> None:
    result = over("items", "--outlet", "Prot News")

    assert (result.code, result.out) == (2, "")
    assert result.err == 'there is no outlet "Prot News"; did you mean "Port News"?\n'


def test_a_time_that_cannot_be_read_is_refused(over: Terminal) -> None:
    result = over("items", "--since", "yesterday")

    assert result.code == 2
    assert result.err == (
        '--since "yesterday" is not a time; expected a span such as 7d or 12h, or a day such as 2026-01-31\n'
    )


def test_search_finds_words_in_the_text(over: Terminal) -> None:
    assert {item["outlet"] for item in over("search", "engineers bridge", "--json").json_lines} == {
        "Port News",
        "Quay",
    }
    assert over("search", "zeppelin").err == "Nothing found.\n"


def test_a_query_without_words_is_refused_in_words(over: Terminal) -> None:
    result = over("search", "!!!")

    assert result.code == 2
    assert len(result.err.splitlines()) == 1


def test_show_tells_text_dates_and_where_they_come_from(over: Terminal) -> None:
    result = over("show", str(ids(over)["Port News Bridge"]))

    assert result.code == 0
    assert result.lines[0] == "Bridge [b]opens[/b]"
    assert "Outlet" in result.out
    assert "4 hours ago (Fri 20 November 2026, 11:00 UTC), said by the feed" in result.out
    assert "from the feed" in result.out
    assert "the old structure could no longer carry" in " ".join(result.out.split())
    assert all(len(line) <= 80 or " " not in line.strip() for line in result.lines)


def test_show_names_the_copies_of_an_article_and_of_what_it_is_one(over: Terminal) -> None:
    known = ids(over)

    copy = " ".join(over("show", str(known["Quay Bridge"])).out.split())
    first = " ".join(over("show", str(known["Port News Bridge"])).out.split())

    assert f"Copy of Port News: Bridge [b]opens[/b] (id {known['Port News Bridge']}); the same text" in copy
    assert f"Also at Quay: Bridge opens at last (id {known['Quay Bridge']}); the same text" in first


def test_a_page_that_waits_is_shown_with_its_reason_and_told_by_the_run(
    run: Terminal, site: FakeSite
) -> None:
    site.serve("/port.xml", rss([Entry(number=n, link=site.url(f"/{n}.html")) for n in (1, 2, 3)]))
    quiet = Reply(status=429, headers=[("Retry-After", "7200")])
    for number in (1, 2, 3):
        site.on(f"/{number}.html", quiet)
    run.newsroom.outlets(outlet("Port", site.url("/port.xml"), full_text="always"))
    report = run.newsroom.once()
    again = run.newsroom.once(force=True)

    shown = [" ".join(run("show", str(number)).out.split()) for number in (1, 3)]

    assert (report.articles_failed, report.articles_waiting, again.articles_waiting) == (2, 1, 0)
    assert (
        "answered 429 Too Many Requests at 2026-11-20 12:00:00 UTC and asked for quiet" in report.waiting_for
    )
    assert "(1 try; tried again in 2 hours)" in shown[0]
    assert f"the page: {report.waiting_for} (asked in 2 hours)" in shown[1]


def test_show_as_json_is_one_item(over: Terminal) -> None:
    number = ids(over)["Quay Bridge"]

    assert over("show", str(number), "--json").json["id"] == number


def test_an_unknown_id_is_refused(over: Terminal) -> None:
    for wrong in ("999", "-1", "x", "9" * 40):
        result = over("show", "--", wrong)
        assert (result.code, result.out) == (2, ""), wrong
        assert "`aggregator items` lists them" in result.err
