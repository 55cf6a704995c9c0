"""What the columns do with instants, texts and lists."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import ItemFilter, WindowEntry
from aggregator.store import Store
from aggregator.store.packing import pack_instants, pack_window, unpack_instants, unpack_window, window_ids
from aggregator.store.types import clean, digest64, dumps, from_microseconds, hash64, to_microseconds
from tests.store.press import NOW, new_item, poll


def test_an_instant_without_a_zone_is_refused_wherever_it_comes_in(store: Store) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="without a time zone"):
        poll(store, new_item("1", published_latest=naive))
    with pytest.raises(ValueError, match="without a time zone"):
        list(store.items(ItemFilter(since=naive)))
    with pytest.raises(ValueError, match="without a time zone"):
        store.count_due(naive)


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_in_utc_to_the_microsecond(store: Store, instant: datetime) -> None:
    poll(store, new_item("1", published_latest=instant))
    (item,) = store.items()
    assert item.published_latest == instant
    assert item.published_latest.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_are_exact_both_ways(instant: datetime) -> None:
    assert from_microseconds(to_microseconds(instant)) == instant


@given(st.text(st.characters(codec=None)))
def test_clean_text_can_be_encoded_and_is_left_alone_the_second_time(value: str) -> None:
    once = clean(value)
    assert "\x00" not in once
    assert clean(once.encode().decode()) == once


@given(st.recursive(st.text(st.characters(codec=None)) | st.integers() | st.none(), st.lists, max_leaves=5))
def test_json_holds_nothing_that_a_database_refuses(value: object) -> None:
    encoded = dumps(value)
    assert "\x00" not in encoded
    encoded.encode()


def test_hashes_are_those_of_other_runs_and_machines() -> None:
    assert hash64("https://x.example/") == hash64("https://x.example/")
    assert hash64("abc") == -2829645022057097895
    assert digest64(b"\x00" * 7 + b"\x01" + b"rest") == 1
    assert digest64(None) is None


@given(
    st.integers(1, 255).flatmap(
        lambda width: st.lists(
            st.tuples(st.binary(min_size=width, max_size=width), st.none() | st.integers(1, 2**63 - 1))
        )
    )
)
def test_a_window_comes_back_as_it_was_packed(entries: list[tuple[bytes, int | None]]) -> None:
    packed = pack_window(entries)
    assert unpack_window(packed) == tuple(WindowEntry(digest=d, item_id=i) for d, i in entries)
    assert window_ids(packed) == tuple(i for _, i in entries if i is not None)


@given(st.lists(st.datetimes(timezones=st.just(UTC)), max_size=60))
def test_instants_come_back_as_they_were_packed(instants: list[datetime]) -> None:
    assert unpack_instants(pack_instants(instants)) == tuple(instants)


def test_nothing_unpacks_to_nothing() -> None:
    assert unpack_window(None) == unpack_window(b"") == ()
    assert unpack_instants(None) == window_ids(None) == ()
