"""init, check, add, remove and import: what they write, and what they leave alone."""

# ruff: noqa: E501, ISC004  sentences and calls stand as they are printed and typed

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config import load
from tests.cli.conftest import Terminal
from tests.fakes import FakeSite
from tests.press import Entry, outlet, rss

LOOPBACK = '[fetch]\nallow_networks = ["127.0.0.0/8"]\nper_host_delay = "0s"\n'
OPML = """<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="gulf"><outline text="Port" type="rss" xmlUrl="https://port.example/feed" htmlUrl="https://port.example/"/>
<outline text="Port" type="rss" xmlUrl="https://port.example/other"/></outline>
<outline text="Old" type="rss" xmlUrl="https://old.example/feed"/>
<outline text="Odd" type="rss" xmlUrl="ftp://odd.example/feed"/>
</body></opml>"""


def test_init_writes_a_file_that_check_finds_right(run: Terminal) -> None:
    assert run("init").code == 0
    result = run("check")

    assert (result.code, result.err) == (0, "")
    assert result.out == f"{run.newsroom.file} is right: 2 outlets, 1 feed, 1 to be found from a homepage.\n"


def test_init_never_overwrites(run: Terminal) -> None:
    run.newsroom.file.write_text("mine")

    result = run("init")

    assert result.code == 2
    assert result.err == f"{run.newsroom.file} is there already; it is left as it is\n"
    assert run.newsroom.file.read_text() == "mine"


def test_check_tells_every_problem_and_ends_with_2(run: Terminal) -> None:
    run.newsroom.file.write_text('[fecth]\n[[outlet]]\nname = "A"\n')

    result = run("check")

    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        f'{run.newsroom.file}: unknown table [fecth]; did you mean "fetch"?',
        f'{run.newsroom.file}: outlet "A": has neither feeds nor homepage; expected feeds = ["https://…"], or '
        "homepage to find them from",
    ]
    assert len(run("check", "--json").json["problems"]) == 2


def test_check_warns_of_a_file_without_outlets(run: Terminal) -> None:
    run.newsroom.file.write_text("")

    result = run("check")

    assert result.code == 0
    assert result.err == "There is no outlet in it yet: add one with `aggregator add URL`.\n"
    assert run("check", "--json").json == {
        "valid": True,
        "problems": [],
        "warnings": ["There is no outlet in it yet: add one with `aggregator add URL`."],
        "outlets": 0,
        "feeds": 0,
    }


@pytest.mark.parametrize(
    "command", ["items", "outlets", "check", "export atom", "add https://x.example/", "db doctor"]
)
def test_without_a_file_every_command_says_how_to_get_one(run: Terminal, command: str) -> None:
    result = run(*command.split())

    assert (result.code, result.out) == (2, "")
    assert result.err == f"{run.newsroom.file} is not there; `aggregator init` writes one\n"


def test_the_configuration_is_found_by_option_variable_or_folder(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feeds.toml").write_text(outlet_table("Folder"))
    (tmp_path / "other.toml").write_text(outlet_table("Variable"))
    (tmp_path / "third.toml").write_text(outlet_table("Option"))
    monkeypatch.chdir(tmp_path)

    def listed(*arguments: str) -> str:
        return str(run(*arguments, "--json", config=False).json["outlet"])

    assert listed("outlets") == "Folder"
    monkeypatch.setenv("AGGREGATOR_CONFIG", "other.toml")
    assert listed("outlets") == "Variable"
    assert listed("outlets", "--config", "third.toml") == "Option"
    assert listed("--config", "third.toml", "outlets") == "Option"


def outlet_table(name: str) -> str:
    return "[[outlet]]\n" + outlet(name, f"https://{name.lower()}.example/")


def test_add_takes_a_feed_by_its_address_and_names_the_outlet_after_it(run: Terminal, site: FakeSite) -> None:
    run.newsroom.file.write_text(f"# mine\n{LOOPBACK}")
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1"))], title="Port <b>News</b>"))

    result = run("add", site.url("/feed.xml"), "--tag", "gulf", "--tag", "daily")

    assert (result.code, result.err) == (0, "")
    assert result.lines == [
        f"Port News is added to {run.newsroom.file}:",
        f"  {site.url('/feed.xml')}  (1 item)",
    ]
    (added,) = load(run.newsroom.file).outlets
    assert (added.name, added.homepage, added.feeds, added.tags) == (
        "Port News",
        "",
        (site.url("/feed.xml"),),
        ("gulf", "daily"),
    )
    assert run.newsroom.file.read_text().startswith("# mine\n")


def test_add_takes_the_first_feed_of_a_page_and_lists_the_others(run: Terminal, site: FakeSite) -> None:
    run.newsroom.file.write_text(LOOPBACK)
    _serve_page_with_two_feeds(site)

    result = run("add", site.url("/"), "--name", "Mine")

    assert result.code == 0
    assert site.url("/b.xml") in result.err
    (added,) = load(run.newsroom.file).outlets
    assert (added.name, added.homepage, added.feeds) == ("Mine", site.url("/"), (site.url("/a.xml"),))


def test_add_all_takes_each_feed_of_a_page(run: Terminal, site: FakeSite) -> None:
    run.newsroom.file.write_text(LOOPBACK)
    _serve_page_with_two_feeds(site)

    result = run("add", site.url("/"), "--all", "--json")

    assert [feed["url"] for feed in result.json["feeds"]] == [site.url("/a.xml"), site.url("/b.xml")]
    assert load(run.newsroom.file).outlets[0].feeds == (site.url("/a.xml"), site.url("/b.xml"))


def _serve_page_with_two_feeds(site: FakeSite) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" title="{name}" href="/{name}.xml">'
        for name in "ab"
    )
    site.serve("/", f"<html><head>{links}</head><body>News</body></html>", content_type="text/html")
    for name in "ab":
        site.serve(f"/{name}.xml", rss([Entry(number=1, link=site.url(f"/{name}"))], title=f"Feed {name}"))


@pytest.mark.parametrize(
    "typed",
    [
        "http://quay.example/feed",
        "https://quay.example/feed/",
        "HTTP://WWW.Quay.example:80/feed#top",
        "www.quay.example/feed",
        "https://page.example",
    ],
)
def test_add_of_a_listed_address_in_any_spelling_changes_nothing(run: Terminal, typed: str) -> None:
    run.newsroom.outlets(
        outlet("Quay", "http://quay.example/feed"), 'name = "Page"\nhomepage = "http://page.example/"'
    )
    before = run.newsroom.file.read_text()

    result = run("add", typed)

    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("nothing was changed.\n")
    assert ('"Page"' if "page" in typed else '"Quay"') in result.out
    assert run.newsroom.file.read_text() == before


def test_add_of_a_page_whose_feed_is_listed_changes_nothing_and_names_the_others(
    run: Terminal, site: FakeSite
) -> None:
    _serve_page_with_two_feeds(site)
    run.newsroom.outlets(outlet("Port", site.url("/a.xml")))
    before = run.newsroom.file.read_text()

    result = run("add", site.url("/"))
    as_json = run("add", site.url("/"), "--json").json

    assert result.code == 0
    assert result.out == f'{site.url("/a.xml")} is listed already, in outlet "Port"; nothing was changed.\n'
    assert result.err.splitlines() == [
        "Other feeds of this page, which --all takes too:",
        f"  {site.url('/b.xml')}  Feed b",
    ]
    assert as_json == {
        "outlet": "Port",
        "feeds": [],
        "others": [{"url": site.url("/b.xml"), "title": "Feed b", "items": 1}],
    }
    assert run.newsroom.file.read_text() == before


def test_add_all_of_a_page_whose_first_feed_is_listed_takes_the_others(run: Terminal, site: FakeSite) -> None:
    _serve_page_with_two_feeds(site)
    run.newsroom.outlets(outlet("Port", site.url("/a.xml")))

    assert run("add", site.url("/"), "--all").code == 0
    assert load(run.newsroom.file).outlets[1].feeds == (site.url("/b.xml"),)


def test_add_of_a_feed_that_redirects_to_a_listed_one_changes_nothing(run: Terminal, site: FakeSite) -> None:
    site.redirect("/old", "/feed.xml", status=301)
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1"))]))
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml")))

    result = run("add", site.url("/old"))

    assert result.code == 0
    assert 'is listed already, in outlet "Port"' in result.out


def test_add_without_a_scheme_asks_https_and_then_http(run: Terminal, site: FakeSite) -> None:
    run.newsroom.file.write_text(LOOPBACK)
    _serve_page_with_two_feeds(site)

    result = run("add", site.url("/").removeprefix("http://"))

    assert result.code == 0
    assert load(run.newsroom.file).outlets[0].feeds == (site.url("/a.xml"),)


def test_add_changes_nothing_when_there_is_no_feed(run: Terminal, site: FakeSite) -> None:
    run.newsroom.file.write_text(LOOPBACK)
    site.status("/gone", 404)

    result = run("add", site.url("/gone"))

    assert (result.code, result.out) == (1, "")
    assert "404" in result.err
    assert "nothing was added" in result.err
    assert run.newsroom.file.read_text() == LOOPBACK


def test_add_of_something_that_is_no_address_is_refused(run: Terminal) -> None:
    run.newsroom.file.write_text(LOOPBACK)

    for typed in ("ftp://bbc.example/news", "mailto:me@bbc.example", "news", "javascript:alert(1)"):
        result = run("add", typed)
        assert (result.code, result.out) == (2, "")
        assert result.err == f'"{typed}" is not an http(s) address\n'


@pytest.mark.parametrize("typed", ["http://joe:geheim@port.example/", "joe:geheim@port.example/"])
def test_add_does_not_repeat_a_password(run: Terminal, typed: str) -> None:
    run.newsroom.file.write_text(LOOPBACK)

    result = run("add", typed)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f'"{typed.partition("joe")[0]}…@port.example/" ')
    assert "geheim" not in result.err


def test_add_under_a_name_that_is_taken_is_refused(run: Terminal) -> None:
    run.newsroom.outlets(outlet("Port", "https://port.example/feed"))

    result = run("add", "https://other.example/", "--name", "PORT")

    assert (result.code, result.err) == (2, 'there is an outlet "PORT" already; give another --name\n')


NEWS = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{page}</loc><news:news><news:publication>
<news:name>Port</news:name><news:language>en</news:language></news:publication>
<news:publication_date>{date}</news:publication_date><news:title>Bridge opens</news:title></news:news></url></urlset>"""


def test_add_of_a_page_without_feeds_takes_the_news_sitemap_that_robots_txt_names(
    run: Terminal, site: FakeSite
) -> None:
    run.newsroom.file.write_text(LOOPBACK)
    site.serve("/", "<html><body>News</body></html>", content_type="text/html")
    site.serve("/robots.txt", f"Sitemap: {site.url('/maps/news.xml')}\n", content_type="text/plain")
    today = datetime.now(UTC).isoformat()  # noqa: TID251  the command has the real clock
    site.serve("/maps/news.xml", NEWS.format(page=site.url("/bridge"), date=today))

    result = run("add", site.url("/"))

    assert (result.code, result.err) == (0, "")
    assert result.lines[1] == f"  {site.url('/maps/news.xml')}  (1 item)"
    (added,) = load(run.newsroom.file).outlets
    assert (added.homepage, added.feeds) == (site.url("/"), (site.url("/maps/news.xml"),))


def test_remove_keeps_the_items_and_purge_deletes_them(run: Terminal, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=n, link=site.url(f"/{n}")) for n in (1, 2)]))
    run.newsroom.outlets(
        outlet("Port", site.url("/feed.xml")), outlet("Quay", "https://quay.example/", enabled="false")
    )
    run.newsroom.once()

    kept = run("remove", "port")
    still = run("items", "--outlet", "Port", "--json").json_lines
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    purged = run("remove", "Port", "--purge", "--json")

    assert kept.out == f"Port is removed from {run.newsroom.file}; its stored items stay.\n"
    assert len(still) == 2
    assert purged.json == {"outlet": "Port", "deleted": 2}
    assert run.newsroom.items() == []


def test_remove_of_an_unknown_name_suggests_a_near_one(run: Terminal) -> None:
    run.newsroom.outlets(outlet("Port", "https://port.example/feed"))

    result = run("remove", "prot")

    assert (result.code, result.err) == (2, 'there is no outlet "prot"; did you mean "Port"?\n')


def test_import_adds_the_feeds_that_are_not_listed_yet(run: Terminal, tmp_path: Path) -> None:
    run.newsroom.outlets(outlet("Older", "https://old.example/feed"))
    (tmp_path / "list.opml").write_text(OPML)

    result = run("import", str(tmp_path / "list.opml"))

    assert result.code == 0
    assert result.out == f"2 outlets added to {run.newsroom.file}; 1 were listed already.\n"
    assert "Odd" in result.err
    assert [(each.name, each.feeds, each.tags) for each in load(run.newsroom.file).outlets[1:]] == [
        ("Port", ("https://port.example/feed",), ("gulf",)),
        ("Port (port.example)", ("https://port.example/other",), ("gulf",)),
    ]
    assert run("import", str(tmp_path / "list.opml"), "--json").json["added"] == []


def test_import_of_what_is_no_list_is_refused(run: Terminal, tmp_path: Path) -> None:
    run.newsroom.outlets()
    (tmp_path / "page.html").write_text("<html><body>Hello</body></html>")

    for file in ("page.html", "none.opml", "."):
        result = run("import", str(tmp_path / file))
        assert (result.code, result.out) == (2, ""), file
        assert len(result.err.splitlines()) == 1
