"""db upgrade, prune, backup and doctor."""

from pathlib import Path

import pytest

from aggregator.store import Store
from tests.cli.conftest import Terminal
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss, story
from tests.store.press import execute


def test_upgrade_of_a_current_database_changes_nothing(over: Terminal) -> None:
    assert over("db", "upgrade").out == "The database is current.\n"


def unsketch(newsroom: Newsroom) -> None:
    """Leave the database as an upgrade finds it: texts that were never compared."""
    numbers = [item.id for item in newsroom.items()]
    execute(
        newsroom.url,
        *[f"DELETE FROM {name}" for name in ("sketches", "shingles", "likenesses")],
        "UPDATE items SET duplicate_of = NULL, relation = NULL",
        "DELETE FROM story_queue",
        f"INSERT INTO meta (key, value) VALUES ('unsketched_to', '{max(numbers)}')",
    )


def test_upgrade_compares_all_that_an_earlier_version_stored_and_until_then_doctor_names_it(
    run: Terminal, site: FakeSite
) -> None:
    text = " ".join(story("the bridge"))
    for name in ("a", "b"):
        entry = Entry(number=1, link=site.url(f"/{name}"), content=text)
        site.serve(f"/{name}.xml", rss([entry]))
    run.newsroom.outlets(outlet("A", site.url("/a.xml")), outlet("B", site.url("/b.xml")))
    run.newsroom.once()
    unsketch(run.newsroom)

    before = run("db", "doctor", "--json").json
    upgraded = run("db", "upgrade")

    assert (before["count"], "db upgrade" in before["remedy"]) == (2, True)
    assert upgraded.out == (
        "The database is current. 2 articles of an earlier version compared for copies.\n"
    )
    assert [item.relation for item in run.newsroom.items()] == [None, "copy"]
    assert run("db", "doctor").out == "No faults found.\n"


def test_upgrade_finds_stories_and_hashtags_of_what_is_stored_and_until_then_doctor_names_it(
    run: Terminal, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.serve(
        "/a.xml", rss([Entry(number=1, title="The bridge is opened to all", content=" ".join(story("it")))])
    )
    run.newsroom.outlets(outlet("A", site.url("/a.xml")))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "stories_wait", lambda _store: False)
        run.newsroom.once()

    before = run("db", "doctor", "--json").json
    upgraded = run("db", "upgrade")

    assert (before["count"], "db upgrade" in before["remedy"]) == (1, True)
    assert upgraded.out == "The database is current. 1 article given its place in a story and hashtags.\n"
    assert [item.story for item in run.newsroom.items()] == [1]
    assert run("db", "doctor").out == "No faults found.\n"


def test_a_backup_is_a_database_with_the_same_items(over: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"

    result = over("db", "backup", str(file))

    assert result.out == f"{file} holds a copy of the database.\n"
    copy = Newsroom(directory=tmp_path, database=f"sqlite:///{file}")
    assert copy.items() == over.newsroom.items()


def test_a_backup_never_overwrites(over: Terminal, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")

    result = over("db", "backup", str(tmp_path / "copy.db"))

    assert result.code == 2
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_doctor_finds_nothing_in_a_sound_database(over: Terminal) -> None:
    result = over("db", "doctor")

    assert (result.code, result.out) == (0, "No faults found.\n")
    assert over("db", "doctor", "--json").out == ""


def test_prune_deletes_what_is_older_than_the_configuration_keeps(run: Terminal, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1"))]))
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml")), polling='max_interval = "1d"')
    run.newsroom.once()
    site.serve("/feed.xml", rss([Entry(number=2, link=site.url("/2"))]))
    run.newsroom.clock.advance(days=400)
    run.newsroom.once(force=True)
    run.newsroom.clock.advance(days=1)

    result = run("db", "prune", "--json")

    assert result.code == 0
    assert len(run.newsroom.items()) == 1


def test_a_database_that_cannot_be_opened_is_a_sentence(run: Terminal) -> None:
    run.newsroom.outlets()
    (run.newsroom.directory / "news.db").write_text("this is not a database, " * 100)

    result = run("items")

    assert (result.code, result.out) == (2, "")
    assert "news.db" in result.err
    assert "Traceback" not in result.err
