"""The digest of a store is of what it holds, not of what this machine did with it."""

from aggregator.digest import POSTED
from aggregator.store import Store


def test_what_was_mailed_is_no_part_of_what_is_stored(store: Store) -> None:
    before = store.digest()
    store.set_meta(POSTED, "sent")
    assert store.digest() == before
    store.set_meta("another", "value")
    assert store.digest() != before
