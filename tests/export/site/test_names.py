"""Names of pages: readable, and never a way to another file."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.export.site.names import is_ours, outlet_path, slug, tag_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Gulf Insider", "gulf-insider"),
        ("Öl", "öl"),
        ("النفط", "النفط"),
        ("石油", "石油"),
        ("GULF insider", "gulf-insider"),
    ],
)
def test_words_of_any_script_are_their_own_name(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", ".", "", "/", "\\\\host\\c$", "a\x00b", "C++", "con"]
)
def test_what_is_no_word_is_left_out_and_a_digest_tells_it_apart(name: str) -> None:
    found = slug(name)
    assert "--" in found
    assert not set(found) & set("/\\.\x00:")


def test_pages_of_a_list_take_no_other_lists_name() -> None:
    assert outlet_path("Gulf", 2) == "outlets/gulf.2.html"
    assert outlet_path("Gulf 2") == "outlets/gulf-2.html"
    assert outlet_path("Gulf.2") != outlet_path("Gulf", 2)


@given(st.text(), st.text())
def test_names_that_differ_have_different_files_on_any_disk(one: str, other: str) -> None:
    def on_disk(path: str) -> str:
        return unicodedata.normalize("NFC", path).casefold()

    same = unicodedata.normalize("NFC", one.casefold().strip()) == unicodedata.normalize(
        "NFC", other.casefold().strip()
    )
    assert same or on_disk(tag_path(one)) != on_disk(tag_path(other))


@given(st.text())
def test_a_name_is_one_part_of_a_path_that_every_disk_takes(name: str) -> None:
    path = tag_path(name, 12)
    assert len(path.partition("/")[2].encode()) < 200
    assert path.count("/") == 1
    assert is_ours(path)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "items/../../x", "items/.x", ".htaccess", "a/b.html", "items/a/b", ""]
)
def test_a_list_of_files_cannot_name_what_no_site_has(path: str) -> None:
    assert not is_ours(path)
