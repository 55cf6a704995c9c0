"""Which parsed items are new, stored already, or changed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.identity import item_digest, match
from aggregator.model import Changes, KnownItem, ParsedItem, Place


def item(
    guid: str = "", url: str = "", title: str = "Harbour bridge opens", content: str = "text"
) -> ParsedItem:
    return ParsedItem(guid=guid, url=url, title=title, summary="", content_html=content, base_url=url)


def stored(number: int, parsed: ParsedItem, key: str = "") -> KnownItem:
    return KnownItem(
        id=number,
        key=key or parsed.guid or parsed.url or parsed.title,
        guid=parsed.guid,
        canonical_url=parsed.url,
        title=parsed.title,
        digest=item_digest(parsed),
    )


def matched(parsed: list[ParsedItem], known: list[KnownItem], present: tuple[int, ...] = ()) -> Changes:
    return match(parsed, known, present=present, article_url=lambda url: url)


def new_keys(changes: Changes) -> list[str]:
    return [keyed.key for keyed in changes.new]


def test_an_unknown_guid_is_a_new_item() -> None:
    changes = matched([item("a", "https://x.example/a")], [])
    assert new_keys(changes) == ["a"]
    assert changes.places == (Place(new=0),)


def test_an_edited_title_is_a_change_not_a_new_item() -> None:
    before = item("a", "https://x.example/a")
    after = replace(before, title="Harbour bridge opens early")
    changes = matched([after], [stored(7, before)])
    assert (changes.new, [one for one, _ in changes.changed], changes.same) == ((), [7], ())


def test_an_item_that_says_the_same_is_the_same() -> None:
    before = item("a", "https://x.example/a")
    assert matched([before], [stored(7, before)]).same == (7,)


def test_a_bumped_date_alone_is_no_change() -> None:
    from tests.conftest import NOW

    before = item("a", "https://x.example/a")
    assert matched([replace(before, published=NOW, updated=NOW)], [stored(7, before)]).same == (7,)


def test_without_a_guid_the_link_is_the_identity() -> None:
    before = item("", "https://x.example/a")
    changes = matched([replace(before, content_html="other")], [stored(7, before)])
    assert [one for one, _ in changes.changed] == [7]


def test_without_guid_and_link_the_title_is_the_identity() -> None:
    before = item("", "")
    changes = matched([before, item("", "", "Another title")], [stored(7, before)])
    assert (changes.same, new_keys(changes)) == ((7,), ["Another title"])


def test_guids_are_case_sensitive_and_zero_is_a_value() -> None:
    changes = matched([item("A", "https://x.example/1"), item("0", "https://x.example/2")], [])
    assert new_keys(changes) == ["A", "0"]
    assert new_keys(matched([item("a", "https://x.example/3")], [stored(1, item("A", "u"))])) == ["a"]


def test_every_item_with_one_guid_still_gives_that_many_items() -> None:
    parsed = [item("N/A", f"https://x.example/{n}", f"Title {n}") for n in range(3)]
    changes = matched(parsed, [])
    assert len(changes.new) == 3
    assert len(set(new_keys(changes))) == 3


def test_items_that_share_a_guid_find_their_own_rows_again() -> None:
    parsed = [item("N/A", f"https://x.example/{n}", f"Title {n}") for n in range(3)]
    rows = [stored(n + 1, one, key=f"key {n}") for n, one in enumerate(parsed)]
    assert matched(parsed, rows).places == tuple(Place(item_id=n) for n in (1, 2, 3))


def test_a_shared_guid_is_recognised_when_its_other_owners_were_cut_away() -> None:
    known = stored(1, item("N/A", "https://x.example/1", "Title 1"))
    changes = matched([item("N/A", "https://x.example/2", "Title 2")], [known], present=(1,))
    assert len(changes.new) == 1
    assert changes.new[0].key != known.key


def test_one_id_twice_in_one_document_is_one_item() -> None:
    one = item("a", "https://x.example/a")
    changes = matched([one, replace(one, content_html="older words")], [])
    assert len(changes.new) == 1
    assert changes.places == (Place(new=0), Place(new=0))


def test_a_second_copy_of_an_entry_that_was_cut_away_changes_nothing() -> None:
    one = item("a", "https://x.example/a")
    changes = matched([replace(one, content_html="older words")], [stored(1, one)], present=(1,))
    assert (changes.new, changes.changed, changes.same) == ((), (), (1,))


def test_random_guids_at_each_fetch_add_nothing() -> None:
    before = item("random-1", "https://x.example/a")
    changes = matched([replace(before, guid="random-2")], [stored(7, before)])
    assert changes.new == ()


def test_two_guids_at_one_address_with_other_titles_are_two_items() -> None:
    known = stored(1, item("a", "https://x.example/live", "Morning"))
    changes = matched([item("b", "https://x.example/live", "Evening")], [known])
    assert new_keys(changes) == ["b"]


def test_items_without_any_id_are_counted_as_the_feed_counts_them() -> None:
    one = item("", "https://x.example/song.mp3", "A song")
    first = matched([one, one], [])
    rows = [stored(n + 1, one, key=keyed.key) for n, keyed in enumerate(first.new)]
    assert len(first.new) == 2
    assert matched([one, one], rows).same == (1, 2)


texts = st.sampled_from(["", "a", "b", "c"])
items = st.builds(
    lambda guid, url, title: item(guid, f"https://x.example/{url}" if url else "", title), texts, texts, texts
)


@given(st.lists(items, max_size=8))
def test_keys_are_unique_and_a_second_poll_adds_nothing(parsed: list[ParsedItem]) -> None:
    first = matched(parsed, [])
    assert len(set(new_keys(first))) == len(first.new)
    assert len(first.places) == len(parsed)
    rows = [
        KnownItem(
            id=n + 1,
            key=keyed.key,
            guid=keyed.parsed.guid,
            canonical_url=keyed.canonical_url,
            title=keyed.parsed.title,
            digest=keyed.digest,
        )
        for n, keyed in enumerate(first.new)
    ]
    second = matched(parsed, rows)
    assert second.new == ()
    assert second.changed == ()
