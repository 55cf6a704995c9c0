"""Each article once, whatever its feed does to it: documents read one after the other, on both databases."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config import PublishConfig
from aggregator.export.entry import entry_id
from aggregator.model import FeedHealth, ItemFilter
from aggregator.pool import Inline
from aggregator.publish import publish
from aggregator.store import Store
from tests.press import Entry, rss
from tests.reading import HOUR, URL, Reader
from tests.store.press import DAY, NOW

T = TypeVar("T")
MINUTE = timedelta(minutes=1)


def words(number: int) -> str:
    """A text that no other article has."""
    return " ".join(blake2b(f"{number} {at}".encode(), digest_size=5).hexdigest() for at in range(60))


def entry(number: int, **values: object) -> Entry:
    """An article that no other is like, with a link and an hour of its own."""
    plain = Entry(
        number=number,
        title=f"The harbour of town number {number} opens its bridge",
        link=f"https://x.example/news/{100000 + number}/harbour-of-town-{number}",
        content=f"<p>{words(number)}</p>",
        age=number * HOUR,
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def entries(*numbers: int, **values: object) -> list[Entry]:
    return [entry(number, **values) for number in numbers]


def anew(known: Sequence[Entry], turn: int = 0) -> list[Entry]:
    """The same articles under guids of chance."""
    return [replace(one, guid=f"urn:chance:{turn}:{one.number * 7919}") for one in known]


class Named(Inline):
    """Remembers what workers were asked for, by name."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def run(self, fn: Callable[..., T], /, *args: Any, deadline: float, **kwargs: Any) -> T:
        self.asked.append(fn.__name__)
        pickle.dumps((fn, args, kwargs))  # as it must, to reach another process
        return await super().run(fn, *args, deadline=deadline, **kwargs)


def test_a_large_document_is_compared_in_a_worker_and_a_small_one_is_not(store: Store) -> None:
    workers = Named()
    reader = Reader(store=store, workers=workers)
    reader.poll(rss([]))
    reader.poll(rss(entries(*range(300))))
    large, workers.asked = workers.asked, []
    reader.poll(rss(entries(*range(300, 303), *range(300))))

    assert large == ["parse_cut", "match", "recognise", "new_items"]
    assert workers.asked == []
    assert len(reader.items()) == 303


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store=store)


def health(reader: Reader) -> FeedHealth:
    (feed,) = reader.store.health(reader.now)
    return feed


def titles(reader: Reader) -> list[str]:
    return [item.title for item in reader.items()]


# ── ids ──────────────────────────────────────────────────────────────────────────────────────


def test_without_a_guid_the_link_names_an_item_and_a_shared_link_needs_title_and_date(reader: Reader) -> None:
    """FreshRSS, Feed.php, loadGuids."""
    shared = "https://x.example/live-page"
    first = entries(1, 2, 3, guid="", link=shared)
    first.append(replace(first[0], age=90 * HOUR))  # the headline of another day
    reader.poll(rss(first))
    assert len(reader.items()) == 4
    assert health(reader).habits.links_shared
    edited = [replace(first[0], content="<p>Other words.</p>"), *first[1:]]
    outcome = reader.poll(rss(edited))
    assert (outcome.new, len(outcome.changed)) == ((), 1)
    # one of them alone in the document is still not the others
    outcome = reader.poll(rss([entry(9, guid="", link=shared)]))
    assert (len(outcome.new), len(reader.items())) == (1, 5)


@pytest.mark.parametrize("guid", ["N/A", "0", "http://x.example/"])
@pytest.mark.parametrize("link", ["", "https://x.example/one-page-for-all"])
def test_every_item_with_one_guid_still_gives_that_many_items(reader: Reader, guid: str, link: str) -> None:
    """miniflux 2e609232; cocopuff2u/MOFA#24; FreshRSS#5412."""
    known = entries(*range(1, 6), guid=guid)
    known = [replace(one, link=link) for one in known] if link else known
    reader.poll(rss(known))
    before = reader.items()
    assert len(before) == 5
    for document in (known[1:], list(reversed(known)), [replace(known[2], content="<p>New words.</p>")]):
        assert reader.poll(rss(document)).new == ()
    later = replace(entry(7, guid=guid), link=link) if link else entry(7, guid=guid)
    reader.poll(rss([later]))
    assert [item.key for item in reader.items()][:5] == [item.key for item in before]
    assert len(reader.items()) == 6


def test_guids_are_told_apart_by_case(reader: Reader) -> None:
    """FreshRSS#2077."""
    reader.poll(rss([entry(1, guid="abc"), entry(2, guid="ABC")]))
    assert len(reader.items()) == 2


def test_the_same_id_twice_in_one_document_is_one_row_and_does_not_flip_flop(reader: Reader) -> None:
    """reader#335, #340."""
    one = entry(1)
    older = replace(one, title="The harbour bridge opens soon", age=5 * HOUR)
    reader.poll(rss([older, one, entry(2)]))
    assert titles(reader) == [one.title, entry(2).title]
    for document in ([one, older, entry(2)], [older, one], [one, older, entry(2), entry(3)]):
        assert reader.poll(rss(document)).changed == ()
    assert len(reader.items()) == 3


def test_a_guid_reused_years_later_for_a_rewritten_article_is_an_update_shown_as_such(reader: Reader) -> None:
    """feedbin/support#597, #604."""
    reader.poll(rss([entry(1, guid="7"), *entries(2, 3)]))
    rewritten = entry(50, guid="7", title="Ferry company to close after forty years")
    outcome = reader.poll(rss([rewritten, *entries(2, 3)]), later=900 * DAY)
    assert outcome.new == ()
    item = next(item for item in reader.items() if item.guid == "7")
    assert (item.title, item.updated) == ("Ferry company to close after forty years", reader.now)


# ── names that change ────────────────────────────────────────────────────────────────────────


def test_random_guids_at_each_fetch_add_nothing(reader: Reader) -> None:
    """feedbin/support#580."""
    known = entries(*range(1, 9))
    reader.poll(rss(known))
    for turn in range(6):
        outcome = reader.poll(rss(anew(known, turn)))
        assert (outcome.new, outcome.changed) == ((), ())
    assert len(reader.items()) == 8
    assert health(reader).habits.guids == "anew"
    assert outcome.moved == ()  # they are not followed for ever
    # guids tell nothing, so an edited headline is an edit
    edited = [replace(anew(known, 7)[0], title="Bridge opens late"), *anew(known[1:], 7)]
    assert (reader.poll(rss(edited)).new, len(reader.items())) == ((), 8)


@pytest.mark.parametrize(
    ("old", "new"),
    [("https://x.example/", "http://x.example/"), ("https://x.example/", "https://news.other.example/")],
)
def test_a_change_of_scheme_or_host_in_all_guids_and_links_adds_nothing(
    reader: Reader, old: str, new: str
) -> None:
    """feedbin/support#515."""
    known = [replace(one, guid=one.link) for one in entries(*range(1, 9))]
    reader.poll(rss(known))
    ids = [entry_id(item, shared_guids=()) for item in reader.items()]
    moved = [replace(one, guid=one.link.replace(old, new), link=one.link.replace(old, new)) for one in known]
    outcome = reader.poll(rss([entry(20), *moved]))
    assert (len(outcome.new), outcome.changed, len(outcome.moved)) == (1, (), 8)
    stored = reader.items()
    assert [item.guid for item in stored[:8]] == [one.guid for one in moved]
    assert [item.url for item in stored[:8]] == [one.link for one in moved]
    # whoever reads our exports sees nothing twice either
    assert [entry_id(item, shared_guids=()) for item in stored[:8]] == ids
    assert reader.poll(rss([entry(20), *moved]) + "\n").moved == ()


def test_guids_that_go_and_come_back_add_nothing(reader: Reader) -> None:
    known = entries(*range(1, 6))
    for document in (known, [replace(one, guid="") for one in known], known):
        reader.poll(rss(document))
    assert [(item.guid, item.updated) for item in reader.items()] == [
        (f"tag:x.example,2026:{n}", None) for n in range(1, 6)
    ]


def test_a_document_of_other_names_is_recognised_by_what_it_says(reader: Reader) -> None:
    known = entries(*range(1, 11))
    reader.poll(rss(known))
    other = [
        replace(
            one,
            guid=f"new-{one.number}",
            link=f"https://x.example/?p={9000 + one.number}",
            title=one.title.upper(),
        )
        for one in known
    ]
    outcome = reader.poll(rss([*other[:9], entry(77)]))
    assert ([item.parsed.title for item in outcome.new], len(outcome.moved)) == ([entry(77).title], 9)
    assert (
        outcome.reason == "9 of its 10 items had other guids or links before: recognised, nothing came twice"
    )
    assert reader.store.history("X")[0].reason == outcome.reason
    (event,) = reader.store.events(NOW)
    assert (event.outlet, event.kind, event.text) == ("X", "flood", outcome.reason)
    assert len(reader.items()) == 11


def test_two_versions_of_a_document_in_turn_add_nothing_and_are_no_edits_for_ever(reader: Reader) -> None:
    """flok99/rsstail#24."""
    one = entries(*range(1, 6))
    other = [replace(each, content=each.content + "<p>Read this on our mobile site.</p>") for each in one]
    changed = []
    for turn in range(10):
        outcome = reader.poll(rss(other if turn % 2 else one))
        assert not (turn and outcome.new)
        changed.append(len(outcome.changed))
    assert changed[4:] == [0] * 6
    # what neither version said is an edit still
    edited = [replace(one[0], title="The bridge stays closed"), *one[1:]]
    assert len(reader.poll(rss(edited)).changed) == 1


def test_a_genuinely_new_document_is_not_taken_for_what_is_stored(reader: Reader) -> None:
    briefing = {"title": "Morning briefing"}
    reader.poll(rss([entry(n, age=timedelta(days=10 + n), **briefing) for n in range(1, 9)]))
    outcome = reader.poll(
        rss([entry(n + 20, age=timedelta(hours=n), **briefing) for n in range(1, 9)]), later=9 * DAY
    )
    assert (len(outcome.new), outcome.moved, len(reader.items())) == (8, (), 16)


# ── noise ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["<p>{} comments</p>", "<p>updated {} minutes ago</p>", "<p>{} views</p>"])
def test_a_counter_in_the_text_makes_neither_items_nor_edits(reader: Reader, form: str) -> None:
    """feedbin/support#198."""
    for turn in range(4):
        outcome = reader.poll(
            rss([replace(one, content=one.content + form.format(3 + turn)) for one in entries(1, 2, 3)])
        )
        assert not turn or (outcome.new, outcome.changed) == ((), ())


def test_a_counter_in_the_title_of_an_item_without_a_guid_makes_neither_items_nor_edits(
    reader: Reader,
) -> None:
    """WSJ, feedbin/support#416."""
    for turn in range(4):
        outcome = reader.poll(
            rss([replace(one, guid="", title=f"{one.title} ({turn} comments)") for one in entries(1, 2, 3)])
        )
        assert not turn or (outcome.new, outcome.changed) == ((), ())


def test_numbers_that_change_at_every_poll_are_learned_and_news_in_numbers_is_not(reader: Reader) -> None:
    def document(turn: int, dead: int) -> str:
        noisy = [
            replace(one, content=f"{one.content}<p>Rank {turn} today, up from {turn - 1}.</p>")
            for one in entries(1, 2, 3, 4)
        ]
        return rss([*noisy, entry(9, content=f"<p>{dead} people died.</p>")])

    edits = [len(reader.poll(document(turn, 5)).changed) for turn in range(5, 10)]
    assert edits == [0, 4, 0, 0, 0]
    assert health(reader).habits.noise == "body"
    other = Reader(store=reader.store, url="https://y.example/feed", outlet=replace(reader.outlet, name="Y"))
    other.poll(rss([entry(9, content="<p>5 people died.</p>"), *entries(1, 2, 3)]))
    assert len(other.poll(rss([entry(9, content="<p>7 people died.</p>"), *entries(1, 2, 3)])).changed) == 1


def test_after_24_changes_in_a_row_that_nobody_called_edits_an_item_is_not_updated_any_more(
    reader: Reader,
) -> None:
    """reader#225."""
    edits = 0
    for turn in range(40):
        document = rss([entry(1, content=f"<p>{words(turn)}</p>"), entry(2)])
        edits += len(reader.poll(document).changed)
    assert edits == 24
    assert [one.changes > 24 for one in health(reader).habits.unrest] == [True]
    # an edit that the publisher states is one
    stated = entry(1, content="<p>Other words.</p>", age=-2 * DAY)
    assert len(reader.poll(rss([stated, entry(2)])).changed) == 1


def test_a_bumped_date_alone_changes_nothing(reader: Reader) -> None:
    """python/planet#570."""
    reader.poll(rss(entries(1, 2, 3)))
    outcome = reader.poll(rss([replace(one, age=-HOUR) for one in entries(1, 2, 3)]))
    assert (outcome.new, outcome.changed, outcome.moved) == ((), (), ())


# ── floods ───────────────────────────────────────────────────────────────────────────────────


def flooded(reader: Reader, count: int = 60) -> list[Entry]:
    """A feed that brings an item a day, and then ``count`` at once that nobody knows."""
    for day in range(6, 0, -1):
        reader.poll(rss(entries(*(100 + 24 * n for n in range(day, day + 6)))), later=DAY)
    flood = [entry(1000 + n, age=400 * DAY + n * HOUR) for n in range(count)]
    reader.poll(rss(flood))
    return flood


def test_a_flood_is_held_back_and_published_oldest_first_at_a_capped_rate(
    reader: Reader, tmp_path: Path
) -> None:
    """venus new_feed_items; python/planet#121."""
    flood = flooded(reader)
    held = [item for item in reader.items() if item.held_until is not None]
    assert len(held) == len(flood)
    oldest_first = sorted(held, key=lambda item: item.held_until or NOW)
    assert [item.title for item in oldest_first] == [one.title for one in reversed(flood)]
    times = [item.held_until - reader.now for item in oldest_first if item.held_until]
    assert times == [15 * MINUTE * n for n in range(60)]
    assert "60 items at once are far more than usual" in reader.store.history("X")[0].reason
    (event,) = [event for event in reader.store.events(NOW) if event.kind == "flood"]
    assert event.outlet == "X"
    assert (health(reader).held, health(reader).held_until) == (59, oldest_first[-1].held_until)
    # lists have them, exports only in their time
    everything = len(reader.items())
    shown = list(reader.store.items(ItemFilter(shown_at=reader.now)))
    assert len(shown) == everything - 59
    assert reader.store.next_release(reader.now) == reader.now + 15 * MINUTE
    config = PublishConfig(directory=tmp_path, formats=("jsonl",))
    for later, expected in ((0, 59), (20, 58), (24 * 60, 0)):
        publish(config, reader.store, (), now=reader.now + later * MINUTE)
        assert len((tmp_path / "items.jsonl").read_text().splitlines()) == everything - expected


def test_a_flood_is_let_out_when_its_reader_says_so(reader: Reader) -> None:
    flooded(reader)
    assert reader.store.release_held("x", reader.now) == 59
    assert reader.store.next_release(reader.now) is None
    assert health(reader).held == 0
    assert reader.store.release_held("X", reader.now) == 0


def test_a_first_poll_is_no_flood(reader: Reader) -> None:
    outcome = reader.poll(rss(entries(*range(1, 200))))
    assert [item.held_until for item in outcome.new] == [None] * 199


def test_what_a_busy_feed_brings_after_a_long_outage_of_ours_is_no_flood(reader: Reader) -> None:
    reader.poll(rss([entry(n, age=timedelta(hours=n)) for n in range(1, 31)]))
    fresh = [entry(1000 + n, age=-29 * DAY - timedelta(hours=n)) for n in range(22)]
    outcome = reader.poll(rss(fresh), later=30 * DAY)
    assert [item.held_until for item in outcome.new] == [None] * 22
    assert outcome.gap is not None


# ── what expired ─────────────────────────────────────────────────────────────────────────────


def test_what_expired_does_not_come_back(reader: Reader) -> None:
    """miniflux tombstones; prof18/feed-flow#421."""
    old = entries(1000, 1001, 1002)
    reader.poll(rss([*old, entry(1)]))
    reader.poll(rss([entry(1), entry(2)]))
    assert reader.store.prune(reader.now, 30 * DAY) == 3
    for document in (
        [*old, entry(1)],
        [entry(1), entry(2)],
        [*anew(old), entry(2)],
        [replace(one, title="Edited") for one in old],
        [replace(one, guid="") for one in old],
    ):
        reader.poll(rss(document))
    assert titles(reader) == [entry(1).title, entry(2).title]
    # a guid that names another article by now is news
    reader.poll(rss([entry(60, guid=f"tag:x.example,2026:{old[0].number}"), entry(2)]))
    assert len(reader.items()) == 3


def test_a_removed_outlet_leaves_no_trace_of_what_expired(reader: Reader) -> None:
    reader.poll(rss(entries(1000, 1001, 1)))
    reader.poll(rss(entries(1, 2)))
    assert reader.store.prune(reader.now, 30 * DAY) == 2
    reader.store.purge([URL])
    again = Reader(store=reader.store, now=reader.now)
    again.poll(rss(entries(1, 2, 3)))
    assert len(again.poll(rss(entries(1000, 1001, 1, 2, 3))).new) == 2


# ── bad input ────────────────────────────────────────────────────────────────────────────────

_HUGE = "long " * 2_000_000
_ODD = {
    "nothing at all": "<item></item>",
    "a title of ten million characters": f"<item><title>{_HUGE}</title><guid>huge</guid></item>",
    "the year 40000": "<item><title>Far away</title><pubDate>Mon, 01 Jan 40000 00:00:00 GMT</pubDate></item>",
    "control characters": "<item><title>Bell \x07 and \x00 nothing</title><guid>bell</guid></item>",
    "lone surrogates": "<item><title>Half &#xD83D; a smile</title><guid>half&#xDC00;</guid></item>",
    "a script for a link": "<item><title>Run</title><guid>run</guid><link>javascript:alert(1)</link></item>",
}


@pytest.mark.parametrize("odd", _ODD.values(), ids=_ODD.keys())
def test_odd_items_are_stored_or_refused_and_never_stop_the_poll(reader: Reader, odd: str) -> None:
    document = rss([entry(1)]).replace("</channel>", f"{odd}</channel>")
    outcome = reader.poll(document)
    assert outcome.result == "modified"
    assert entry(1).title in titles(reader)
    assert all(len(item.title) <= 1_001 and not item.url.startswith("javascript") for item in reader.items())
    assert all(item.published is None or item.published.year < 3000 for item in reader.items())
    again = reader.poll(document + "\n")
    assert (again.new, again.changed) == ((), ())


def test_of_six_thousand_items_the_newest_are_kept_and_the_rest_is_counted(reader: Reader) -> None:
    """fent/node-feedsub#52: the oldest may stand first."""
    made = [Entry(number=n, title=f"Item {n}", age=timedelta(minutes=n)) for n in range(6_000)]
    outcome = reader.poll(rss(list(reversed(made))))
    assert outcome.reason == "4,000 older entries of its document were not read"
    assert {item.title for item in reader.items()} == {f"Item {n}" for n in range(2_000)}
    again = reader.poll(rss(made))
    assert (again.new, again.changed) == ((), ())


def test_a_link_to_the_home_page_is_no_article(reader: Reader) -> None:
    """mediacloud/rss-fetcher: it names nothing, and its page is not fetched."""
    reader.outlet = replace(reader.outlet, full_text="always")
    reader.poll(rss(entries(1, 2, 3, guid="", link="https://x.example/")))
    assert len(reader.items()) == 3
    assert [item.page_due_at for item in reader.items()] == [None] * 3


# ── rules ────────────────────────────────────────────────────────────────────────────────────

_names = st.sampled_from(["", "a", "b", "N/A"])
_wild = st.builds(
    lambda number, guid, link, title, text, age: Entry(
        number=number,
        guid=guid,
        link=link and f"https://x.example/{link}",
        title=title and f"Title {title}",
        content=text and f"<p>Text {text}</p>",
        age=age * HOUR,
    ),
    st.integers(0, 3),
    _names,
    _names,
    _names,
    _names,
    st.integers(0, 3),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(_wild, max_size=7), st.data())
def test_the_order_of_a_document_changes_nothing_and_neither_does_a_poll_after_a_poll(
    tmp_path_factory: pytest.TempPathFactory, known: list[Entry], data: st.DataObject
) -> None:
    first, second = rss(known), rss(data.draw(st.permutations(known)))
    held = [_kept(tmp_path_factory, [document]) for document in (first, second)]
    assert held[0] == held[1]
    assert _kept(tmp_path_factory, [first, second]) == held[0]
    assert _kept(tmp_path_factory, [first, first + "\n", second + "\n\n"]) == held[0]


def _kept(directories: pytest.TempPathFactory, documents: Sequence[str]) -> list[tuple[object, ...]]:
    store = Store.open(f"sqlite:///{directories.mktemp('order')}/x.db")
    try:
        reader = Reader(store=store)
        for document in documents:
            reader.poll(document)
        return sorted(
            (
                item.key,
                item.guid,
                item.url,
                item.title,
                item.text,
                item.published or NOW,
                item.updated is None,
            )
            for item in reader.items()
        )
    finally:
        store.close()
