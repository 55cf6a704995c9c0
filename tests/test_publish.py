"""Exports are written whole or not at all, and left alone when nothing in them is new."""

import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import PublishConfig
from aggregator.errors import OutputError, StoreError, UsageError
from aggregator.model import Corrected, Item, ItemFilter, RevisionKind
from aggregator.publish import FILES, Published, export, feed_info, publish, write_whole
from tests.conftest import NOW
from tests.export.making import FEED_ID, PUBLISHED, make_feed, make_item, make_spec

EVERYTHING = ("atom", "rss", "json", "jsonl", "opml")


class FakeStore:
    """A store of a few items that keeps its word: newest first, copies left out when asked."""

    def __init__(self, items: Sequence[Item] = ()) -> None:
        self.kept = list(items)
        self.values: dict[str, str] = {}
        self.broken = False

    def items(self, which: ItemFilter) -> Iterator[Item]:
        items = [item for item in self.kept if which.copies or item.duplicate_of is None]
        yield from sorted(items, key=lambda item: item.sort_at, reverse=True)[: which.limit]
        if self.broken:
            raise StoreError("the database is gone")

    def shared_guids(self, guids: Collection[str]) -> Collection[str]:
        return [guid for guid in guids if sum(item.guid == guid for item in self.kept) > 1]

    def feed_uuid(self) -> str:
        return FEED_ID

    def meta(self, key: str) -> str | None:
        return self.values.get(key)

    def set_meta(self, key: str, value: str) -> None:
        self.values[key] = value

    def corrections(self, which: ItemFilter, kinds: Collection[RevisionKind]) -> Iterable[Corrected]:
        return ()


def three_items() -> list[Item]:
    items = [
        make_item(id=n, guid=str(n), key=str(n), published=PUBLISHED + timedelta(minutes=n))
        for n in (1, 2, 3)
    ]
    items[1] = replace(items[1], duplicate_of=1, relation="copy")
    return items


def configured(tmp_path: Path, **changes: Any) -> PublishConfig:
    return PublishConfig(directory=tmp_path / "public", **({"formats": EVERYTHING} | changes))


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_each_configured_format_is_written_into_the_directory(tmp_path: Path) -> None:
    config = configured(tmp_path)
    done = publish(config, FakeStore(three_items()), [make_spec()], now=NOW)
    assert done == Published(written=tuple(config.directory / FILES[kind] for kind in FILES))
    assert sorted(contents(config.directory)) == sorted(FILES.values())


def test_copies_are_left_out(tmp_path: Path) -> None:
    publish(configured(tmp_path), FakeStore(three_items()), [], now=NOW)
    lines = contents(tmp_path / "public")["items.jsonl"].splitlines()
    assert [json.loads(line)["id"] for line in lines] == [3, 1]
    assert contents(tmp_path / "public")["feed.atom"].count("<entry") == 2


def test_the_limit_holds_for_feeds_and_not_for_the_archive(tmp_path: Path) -> None:
    publish(configured(tmp_path, limit=1), FakeStore(three_items()), [], now=NOW)
    written = contents(tmp_path / "public")
    assert [written["feed.atom"].count("<entry"), written["feed.rss"].count("<item>")] == [1, 1]
    assert len(json.loads(written["feed.json"])["items"]) == 1
    assert len(written["items.jsonl"].splitlines()) == 2


def test_publishing_again_later_touches_nothing(tmp_path: Path) -> None:
    config, store = configured(tmp_path), FakeStore(three_items())
    publish(config, store, [make_spec()], now=NOW)
    before = {path: path.stat() for path in config.directory.iterdir()}
    assert publish(config, store, [make_spec()], now=NOW + timedelta(days=1)) == Published()
    assert {path: path.stat() for path in config.directory.iterdir()} == before


def test_only_files_with_news_are_written(tmp_path: Path) -> None:
    config, store = configured(tmp_path), FakeStore(three_items())
    publish(config, store, [make_spec()], now=NOW)
    store.kept.append(make_item(id=4, guid="4", key="4"))
    written = publish(config, store, [make_spec()], now=NOW).written
    assert [path.name for path in written] == ["feed.atom", "feed.rss", "feed.json", "items.jsonl"]


def test_an_empty_feed_is_as_old_as_the_first_publishing(tmp_path: Path) -> None:
    config, store = configured(tmp_path, formats=("atom",)), FakeStore()
    publish(config, store, [], now=NOW)
    assert publish(config, store, [], now=NOW + timedelta(days=3)).written == ()
    assert "<updated>2026-11-20T12:00:00Z</updated>" in contents(config.directory)["feed.atom"]
    assert feed_info(None, store, now=NOW + timedelta(days=4)).updated == NOW


def test_an_empty_feed_that_was_only_asked_for_is_as_old_as_that_first_time() -> None:
    store = FakeStore()
    asked = [feed_info(None, store, now=NOW + timedelta(days=days)).updated for days in (0, 3)]
    assert asked == [NOW, NOW]


def test_self_links_are_given_with_a_base_url_only(tmp_path: Path) -> None:
    config = configured(tmp_path, base_url="https://news.example/x")
    publish(config, FakeStore(three_items()), [], now=NOW)
    written = contents(config.directory)
    assert 'rel="self" href="https://news.example/x/feed.atom"' in written["feed.atom"]
    assert 'rel="self" href="https://news.example/x/feed.rss"' in written["feed.rss"]
    assert json.loads(written["feed.json"])["feed_url"] == "https://news.example/x/feed.json"
    publish(configured(tmp_path), FakeStore(three_items()), [], now=NOW)
    written = contents(config.directory)
    assert 'rel="self" href="https://news' not in written["feed.atom"] + written["feed.rss"]
    assert "feed_url" not in json.loads(written["feed.json"])


def test_a_guid_that_another_stored_item_carries_is_no_id_even_if_that_one_is_not_shown(
    tmp_path: Path,
) -> None:
    twin = make_item(id=9, feed="https://other.example/f", duplicate_of=1)
    publish(configured(tmp_path), FakeStore([make_item(), twin]), [], now=NOW)
    assert f"<id>{make_item().guid}</id>" not in contents(tmp_path / "public")["feed.atom"]


def test_a_website_is_written_apart(tmp_path: Path) -> None:
    done = publish(configured(tmp_path, formats=("html", "opml")), FakeStore(), [], now=NOW)
    assert [path.name for path in done.written] == ["outlets.opml"]


def test_a_store_that_fails_half_way_leaves_what_was_published(tmp_path: Path) -> None:
    config, store = configured(tmp_path), FakeStore(three_items())
    publish(config, store, [], now=NOW)
    before = contents(config.directory)
    store.kept, store.broken = store.kept[:1], True
    with pytest.raises(StoreError):
        publish(replace(config, formats=("jsonl",)), store, [], now=NOW)
    assert contents(config.directory) == before


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("in the way")
    with pytest.raises(OutputError, match=r"public cannot be written: file exists"):
        publish(configured(tmp_path), FakeStore(), [], now=NOW)


def test_one_export_takes_the_filters_it_is_given() -> None:
    store = FakeStore(three_items())
    which = ItemFilter(limit=2)
    lines = "".join(export("jsonl", store, [], which, feed=make_feed()))
    assert [json.loads(line)["id"] for line in lines.splitlines()] == [3, 2]
    assert "".join(export("atom", store, [], which, feed=make_feed())).count("<entry") == 2
    assert "xmlUrl" in "".join(export("opml", store, [make_spec()], which, feed=make_feed()))


def test_a_website_is_no_single_text() -> None:
    with pytest.raises(UsageError, match="expected the directory"):
        export("html", FakeStore(), [], ItemFilter(), feed=make_feed())


# ── write_whole ──────────────────────────────────────────────────────────────────────────────


def test_a_file_is_written_in_utf_8_with_the_permissions_of_a_new_file(tmp_path: Path) -> None:
    target = tmp_path / "feed.atom"
    mask = os.umask(0o027)
    try:
        assert write_whole(target, "é\n")
    finally:
        os.umask(mask)
    assert target.read_bytes() == b"\xc3\xa9\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize("text", ["same", ["sa", "me"], ["", "same", ""]])
def test_the_same_text_leaves_the_file_untouched(tmp_path: Path, text: str | list[str]) -> None:
    target = tmp_path / "f"
    target.write_text("same")
    os.utime(target, (1, 1))
    assert not write_whole(target, text)
    assert target.stat().st_mtime == 1
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("old", ["", "sam", "same!", "Same"])
def test_another_text_replaces_the_file(tmp_path: Path, old: str) -> None:
    target = tmp_path / "f"
    target.write_text(old)
    assert write_whole(target, iter(["sa", "me"]))
    assert target.read_text() == "same"
    assert list(tmp_path.iterdir()) == [target]


def test_an_empty_file_is_written_where_there_was_none(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "f", "")
    assert not write_whole(tmp_path / "f", "")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.write_text("old")

    def chunks() -> Iterator[str]:
        yield "new"
        raise OSError(28, "No space left on device")

    with pytest.raises(
        OutputError, match=r"f cannot be written: no space left on device; what was there stays"
    ):
        write_whole(target, chunks())
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere/f cannot be written: no such file or directory"):
        write_whole(tmp_path / "nowhere" / "f", "x")
    with pytest.raises(OutputError, match="is a directory"):
        write_whole(tmp_path, "x")


def test_a_link_keeps_pointing_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    assert write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_device_is_written_to_and_not_replaced() -> None:
    assert write_whole(Path(os.devnull), "x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    (abandoned := tmp_path / ".f.1.tmp").write_text("half")
    os.utime(abandoned, (1, 1))
    (working := tmp_path / ".f.2.tmp").write_text("another process is at it")
    write_whole(tmp_path / "f", "x")
    assert sorted(tmp_path.iterdir()) == [working, tmp_path / "f"]
