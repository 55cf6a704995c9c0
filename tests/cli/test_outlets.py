"""Health, history and reasons, over a real database."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from aggregator.cli import feed_rows
from aggregator.cli.feed_rows import Row
from aggregator.cli.outlets import _table
from aggregator.model import FeedCondition, FeedHealth, Filled, HealthEvent, NewGap, Offer
from tests.cli.conftest import Terminal
from tests.conftest import NOW
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss
from tests.store import press as stored

HOUR = timedelta(hours=1)


def test_outlets_show_state_last_success_and_next_poll(over: Terminal) -> None:
    result = over("outlets")

    assert result.code == 0
    assert result.lines[0].split()[:2] == ["Outlet", "State"]
    port = next(line for line in result.lines if line.startswith("Port News"))
    assert " ok " in port
    assert "3 h ago" in port
    down = next(line for line in result.lines if line.startswith("Down"))
    assert "failing: the server answered 503" in down
    assert "never" in down
    assert "Push" not in result.lines[0]
    assert "Gaps" not in result.lines[0]


def test_outlets_as_json_have_every_key_of_the_contract(over: Terminal) -> None:
    lines = over("outlets", "--json").json_lines

    assert [line["outlet"] for line in lines] == ["Port News", "Quay", "Down"]
    assert set(lines[0]) == {
        "outlet", "feed", "state", "reason", "last_success", "next_poll", "items", "not_modified_share",
        "items_per_day", "open_gaps", "quiet_until", "moved_to", "merged_into", "suspicion", "offers", "push",
    }  # fmt: skip
    assert (lines[0]["state"], lines[0]["items"], lines[0]["not_modified_share"]) == ("ok", 2, 0.0)
    assert (lines[2]["state"], lines[2]["last_success"]) == ("failing", None)
    assert {key: lines[0][key] for key in ("items_per_day", "open_gaps", "offers", "moved_to", "push")} == {
        "items_per_day": 2.0, "open_gaps": 0, "offers": [], "moved_to": None, "push": None,
    }  # fmt: skip


def test_an_outlets_page_tells_its_feed_and_lists_its_polls(over: Terminal) -> None:
    result = over("outlets", "down")

    assert result.code == 0
    assert result.lines[1:4] == [
        "  State         failing: the server answered 503 Service Unavailable",
        "  Last success  never",
        "  Next poll     " + result.lines[3][16:],
    ]
    assert result.lines[-1].split()[:6] == ["3", "hours", "ago", "failed", "503", "0"]
    (line,) = over("outlets", "Port News", "--json").json_lines
    assert (line["type"], line["result"], line["new"]) == ("fetch", "modified", 2)


def test_an_outlets_page_tells_what_was_missed_and_what_happened(run: Terminal, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1"))]))
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    run.newsroom.once()
    _poll(run.newsroom, gap=NewGap(after=NOW - 30 * HOUR, before=NOW - HOUR), moved_to="https://new.example/")
    with run.newsroom.store() as store:
        store.add_event(HealthEvent(outlet="Port", at=NOW - HOUR, kind="silent", text="its feed is silent"))

    result = run("outlets", "port")

    assert [line for line in result.lines if "moved to" in line or "  Gaps" in line] == [
        "                moved to https://new.example/",
        "  Gaps          1 open",
    ]
    assert [line.rstrip() for line in result.lines if "silent" in line] == [
        "an hour ago   silent   its feed is silent"
    ]
    (gap,) = [line.rstrip() for line in result.lines if "open;" in line]
    assert gap == "19 November 06:00 UTC – 11:00 UTC       0   open; tried now"
    fetches, gaps, events = _by_type(run("outlets", "port", "--json").json_lines)
    assert len(fetches) == 2
    assert (gaps[0]["after"], gaps[0]["how"], gaps[0]["closed_at"]) == ("2026-11-19T06:00:00Z", "", None)
    assert events == [
        {"type": "event", "at": "2026-11-20T11:00:00Z", "kind": "silent", "text": "its feed is silent"}
    ]
    (row,) = run("outlets", "--json").json_lines
    assert (row["moved_to"], row["open_gaps"]) == ("https://new.example/", 1)


def test_a_feed_that_was_not_polled_yet_is_told_to_programs(run: Terminal) -> None:
    run.newsroom.outlets(outlet("Port", "https://port.example/feed"))

    (feed,) = run("outlets", "Port", "--json").json_lines
    explained = run("explain", "Port", "--json").json

    assert (feed["type"], feed["feed"], feed["state"]) == ("feed", "https://port.example/feed", "new")
    assert (explained["state"], explained["next_poll"], explained["decisions"]) == ("new", None, [])


def test_what_is_told_day_by_day_is_one_line(run: Terminal, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1"))]))
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    run.newsroom.once()
    with run.newsroom.store() as store:
        for days in range(14, 0, -1):
            text = f"its feed has failed for {20 - days} d: 404"
            store.add_event(HealthEvent(outlet="Port", at=NOW - days * 24 * HOUR, kind="died", text=text))
        store.add_event(HealthEvent(outlet="Port", at=NOW, kind="silent", text="its feed is silent"))

    lines = [line.rstrip() for line in run("outlets", "Port").lines if "died" in line or "silent" in line]

    assert lines == [
        "a second ago   silent   its feed is silent",
        "a day ago      died     its feed has failed for 19 d: 404; told since 6 November (14 days)",
    ]
    assert len(run("outlets", "Port", "--json").json_lines) == 16


def test_a_gap_that_was_given_up_is_lost(run: Terminal, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1"))]))
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    run.newsroom.once()
    _poll(run.newsroom, gap=NewGap(after=NOW - 30 * HOUR, before=NOW - HOUR))
    now = run.newsroom.clock.now()
    with run.newsroom.store() as store:
        (first,) = store.due_gaps(now, 9)
        given_up = Filled(
            gap_id=first.id,
            feed_id=first.feed_id,
            at=now,
            after=first.after,
            before=first.before,
            how="given up",
            reason="no archive",
        )
        assert store.fill_gap(given_up).written

    lines = run("outlets", "Port").lines

    assert "  Gaps          1 lost" in lines


def _poll(newsroom: Newsroom, **values: Any) -> None:
    """A poll of the only feed, written straight into the store."""
    with newsroom.store() as store:
        feed = stored.claim_one(store, newsroom.clock.now())
        assert store.record_poll(stored.outcome(feed, at=newsroom.clock.now(), **values)).written


def _by_type(lines: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [[line for line in lines if line["type"] == kind] for kind in ("fetch", "gap", "event")]


def test_what_happened_today_stands_below_the_table(run: Terminal) -> None:
    run.newsroom.outlets(outlet("Port", "https://port.example/feed"))
    with run.newsroom.store() as store:
        for outlet_name, at in (("Port", NOW - HOUR), ("Quay", NOW - 25 * HOUR)):
            store.add_event(HealthEvent(outlet=outlet_name, at=at, kind="died", text="its feed answers 410"))

    lines = [line.rstrip() for line in run("outlets").lines]

    assert lines[-4].split() == ["Look", "after", "What", "happened"]
    assert lines[-2:] == ["Port         its feed answers 410", ""]


# ── states and tables ────────────────────────────────────────────────────────────────────────

FEED = FeedHealth(
    outlet="Port News",
    feed="https://port.example/feed",
    listed=True,
    condition=FeedCondition.OK,
    reason="",
    last_attempt=NOW,
    last_success=NOW - HOUR,
    next_poll_at=NOW + HOUR,
    items=1204,
    polls=100,
    not_modified=71,
    dropped=0,
    pages_failing=0,
    items_per_day=12.4,
)


def row(state: str = "ok", reason: str = "", **values: Any) -> Row:
    feed = replace(FEED, **values)
    return Row(
        outlet=feed.outlet,
        feed=feed.feed,
        state=state,
        health=feed,
        reason=reason,
        next_poll=feed.next_poll_at,
    )


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (row(), "ok"),
        (row("failing", "the server answered 503"), "failing: the server answered 503"),
        (row("blocked", "blocked by a bot wall (Cloudflare)"), "blocked by a bot wall (Cloudflare)"),
        (row("failing", "429", hold_until=NOW + HOUR), "quiet until 13:00 UTC: 429"),
        (row(hold_until=NOW + 24 * HOUR), "quiet until 21 November 12:00 UTC"),
        (row(hold_until=NOW - HOUR), "ok"),
        (row("gone", "410", hold_until=NOW + HOUR), "gone: 410"),
    ],
)
def test_states_in_words(one: Row, told: str) -> None:
    assert feed_rows.state(one, NOW) == told


@pytest.mark.parametrize(
    ("one", "remarks"),
    [
        (row(), []),
        (row(moved_to="https://x.example/"), ["moved to https://x.example/"]),
        (row("merged", merged_into="https://x.example/"), ["moved onto https://x.example/"]),
        (row("merged", "moved onto https://x.example/: polled once", merged_into="https://x.example/"), []),
        (row("mirror", merged_into="https://x.example/"), ["all of its items are in https://x.example/"]),
        (row(suspicion="silent for 3 d"), ["silent for 3 d"]),
        (
            row(suspicion="it looks parked", offers=(Offer(url="https://x.example/f"),)),
            ["may have died: it looks parked", "found on its page: https://x.example/f"],
        ),
        (row(pages_failing=2), ["2 pages without text"]),
    ],
)
def test_what_has_become_of_a_feed(one: Row, remarks: list[str]) -> None:
    assert list(feed_rows.remarks(one)) == remarks


def drawn(rows: list[Row], width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(_table(rows, NOW, console))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


NAMES = ("Port News", "The Extraordinarily Long Name Gazette")
LONG = "https://www.extraordinarily-long.example.com/rss/latest/headlines/index.xml"


def newsroom_rows(**values: Any) -> list[Row]:
    return [
        row(outlet=NAMES[0], **values),
        row("failing", "the server answered 503", outlet=NAMES[1], feed=LONG),
    ]


def test_a_table_leaves_out_what_is_empty_for_all() -> None:
    assert drawn(newsroom_rows(), 140)[0].split() == [
        "Outlet", "State", "Last", "ok", "Next", "poll", "Items", "A", "day", "304", "Feed",
    ]  # fmt: skip
    assert drawn(newsroom_rows(open_gaps=1, push="active"), 160)[0].split()[-4:] == [
        "304",
        "Gaps",
        "Push",
        "Feed",
    ]


def test_a_hundred_columns_hold_every_number_and_eighty_the_state() -> None:
    wide, narrow = (drawn(newsroom_rows(open_gaps=1), width) for width in (100, 80))
    assert wide[0].split() == [
        "Outlet",
        "State",
        "Last",
        "ok",
        "Next",
        "poll",
        "Items",
        "A",
        "day",
        "304",
        "Gaps",
    ]
    assert narrow[0].split()[:2] == ["Outlet", "State"]
    assert max(map(len, wide)) <= 100
    assert max(map(len, narrow)) <= 80
    for lines in (wide, narrow):
        assert "failing: the server" in " ".join(lines)
        assert "The Extraordinari" in " ".join(lines)


def test_feeds_of_one_outlet_keep_their_addresses_apart() -> None:
    feeds = [row(feed=f"https://port.example/{name}") for name in ("news", "sport")]
    for width in (80, 100):
        lines = drawn(feeds, width)
        assert max(map(len, lines)) <= width
        assert [line.split()[-1] for line in lines[2:]] == ["port.example/news", "port.example/sport"]


def test_an_unknown_outlet_is_refused_with_a_near_name(over: Terminal) -> None:
    for command in ("outlets", "explain"):
        result = over(command, "qay")
        assert (result.code, result.err) == (2, 'there is no outlet "qay"; did you mean "Quay"?\n')


def test_explain_names_every_term_and_which_one_won(over: Terminal) -> None:
    result = over("explain", "down")

    assert result.code == 0
    assert result.lines[0].startswith("Down  http://")
    assert "last polled 3 hours ago" in result.lines[1]
    assert "→" in result.out
    explained = over("explain", "down", "--json").json
    assert [term["won"] for term in explained["terms"]].count(True) == 1
    (decision,) = explained["decisions"]
    assert (decision["result"], decision["next_poll"]) == ("failed", explained["next_poll"])
    assert decision["terms"] == explained["terms"]


def test_explain_lists_the_last_ten_decisions(run: Terminal, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1, link=site.url("/1"))]))
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml"), every='"2h"'))
    for _ in range(12):
        run.newsroom.once()
        run.newsroom.clock.advance(hours=2)

    result = run("explain", "port")

    start = result.lines.index("The last 10 decisions:")
    assert result.lines[start + 1].split() == ["Polled", "(UTC)", "Result", "Next", "after", "Because"]
    assert [line.split("   ")[0] for line in result.lines[start + 3 : start + 6]] == [
        "21 Nov 10:00",
        "21 Nov 08:00",
        "21 Nov 06:00",
    ]
    assert result.lines[start + 12].startswith("20 Nov 16:00")
    assert (
        result.lines[start + 3]
        .rstrip()
        .endswith("not modified   2 h          every: feeds.toml asks for 2 h")
    )
    assert len(run("explain", "port", "--json").json["decisions"]) == 10


def test_outlets_of_a_fresh_file_are_shown_before_their_first_poll(run: Terminal) -> None:
    run.newsroom.outlets(
        'name = "New"\nfeeds = ["https://new.example/feed"]\n',
        'name = "Page"\nhomepage = "https://page.example/"\n',
        'name = "Off"\nfeeds = ["https://off.example/feed"]\nenabled = false\n',
    )

    lines = run("outlets", "--json").json_lines

    assert [(line["outlet"], line["feed"], line["state"]) for line in lines] == [
        ("New", "https://new.example/feed", "new"),
        ("Page", "https://page.example/", "new"),
        ("Off", "https://off.example/feed", "disabled"),
    ]
    assert run("outlets", "new").err.startswith("New has not been polled yet")
    assert run("explain", "new").err.startswith("New has not been polled yet")
    assert run("explain", "off").err == "Off is disabled in feeds.toml: it is not polled.\n"


def test_a_page_that_names_no_feed_is_shown_with_the_reason(run: Terminal, site: FakeSite) -> None:
    site.serve("/", "<html><body>Nothing here</body></html>", content_type="text/html")
    run.newsroom.outlets(f'name = "Page"\nhomepage = "{site.url("/")}"\n')
    run.newsroom.once()

    line = run("outlets", "--json").json

    assert (line["outlet"], line["feed"], line["state"]) == ("Page", site.url("/"), "failing")
    assert "no feed" in line["reason"]
    assert line["next_poll"] > "2026-11-20T12:00:00Z"


def test_outlets_are_proposed_from_leads_of_which_there_are_none_yet(over: Terminal) -> None:
    result = over("outlets", "--proposed")
    assert (result.code, result.out) == (0, "")
    assert 'kind = "aggregator"' in result.err


def test_boilerplate_is_told_of_one_outlet_only(over: Terminal) -> None:
    result = over("outlets", "--boilerplate")
    assert (result.code, result.out) == (2, "")
    assert "`aggregator outlets NAME --boilerplate`" in result.err


def test_a_file_without_outlets_says_how_to_add_one(run: Terminal) -> None:
    run.newsroom.outlets()

    assert run("outlets").err == "No outlets yet: add one with `aggregator add URL`.\n"


def test_a_flood_is_told_by_show_and_let_out_by_release(run: Terminal, site: FakeSite) -> None:
    run.newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    old = [Entry(number=n, link=site.url(f"/{n}"), content=f"Ferry {n}.") for n in range(1, 41)]
    site.serve("/feed.xml", rss(old[:3]))
    run.newsroom.once()
    run.newsroom.clock.advance(hours=1)
    site.serve("/feed.xml", rss(old))
    run.newsroom.once(force=True)
    (held, *_) = (item for item in run.newsroom.items() if item.held_until is not None)

    shown = " ".join(run("show", str(held.id)).out.split())
    released = run("outlets", "port", "--release")

    assert "Held back exports leave it out until" in shown
    assert "`aggregator outlets 'Port' --release` lets them all out" in shown
    assert released.out.endswith("items are held back no longer; the next publishing has them.\n")
    assert "Held back" not in run("show", str(held.id)).out
    assert run("outlets", "Port", "--release", "--json").json == {"released": 0}
    refused = run("outlets", "--release")
    assert (refused.code, "`aggregator outlets NAME --release`" in refused.err) == (2, True)
