"""Commands change feeds.toml without losing a comment, or not at all."""

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import Outlet, load
from aggregator.config.edit import add_outlets, remove_outlet, write_new
from aggregator.errors import ConfigError, UsageError

FILE = """\
# my news
[fetch]
connections = 3   # few

# about A
[[outlet]]
name = "A"
feeds = ["https://a.example/"]
headers = { X = "1" }
# inside A

# about B
[[outlet]]   # the second
name = "B"
homepage = "https://b.example/"
keep_if = [
  "x",
  "[[outlet]]",
]
[outlet.headers]
Y = "2"

[polling]   # in between
min_interval = "3m"

# about C
[[outlet]]
name = "C"
homepage = "https://c.example/"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_text(FILE)
    return path


def names(path: Path) -> list[str]:
    return [outlet.name for outlet in load(path).outlets]


def test_an_added_outlet_stands_at_the_end_and_nothing_else_changes(path: Path) -> None:
    new = Outlet(
        name='D "quoted"',
        homepage="https://d.example/",
        feeds=("https://d.example/feed",),
        tags=("x", "y"),
        language="en",
    )

    add_outlets(path, [new])

    assert path.read_text() == FILE + (
        "\n[[outlet]]\n"
        'name = "D \\"quoted\\""\n'
        'homepage = "https://d.example/"\n'
        'feeds = ["https://d.example/feed"]\n'
        'tags = ["x", "y"]\n'
        'language = "en"\n'
    )
    assert load(path).outlets[-1] == new


def test_a_removed_outlet_takes_its_lines_along_and_leaves_the_comments_of_others(path: Path) -> None:
    remove_outlet(path, "b")

    assert path.read_text() == FILE.replace(
        FILE[FILE.index("[[outlet]]   # the second") : FILE.index("\n[polling]")], ""
    )
    assert names(path) == ["A", "C"]


def test_the_last_outlet_can_be_removed(path: Path) -> None:
    for name in ("A", "B", "C"):
        remove_outlet(path, name)

    assert names(path) == []
    assert "# about A" in path.read_text()
    assert "min_interval" in path.read_text()


def test_adding_and_removing_again_gives_the_same_outlets_and_comments(path: Path) -> None:
    add_outlets(path, [Outlet(name="D", feeds=("https://d.example/",))])
    remove_outlet(path, "D")

    assert path.read_text().rstrip() == FILE.rstrip()


def test_an_unknown_name_changes_nothing(path: Path) -> None:
    with pytest.raises(UsageError, match='lists no outlet "X"'):
        remove_outlet(path, "X")

    assert path.read_text() == FILE


def test_what_would_not_be_valid_is_not_written(path: Path) -> None:
    with pytest.raises(ConfigError, match="already stands in outlet"):
        add_outlets(path, [Outlet(name="D", feeds=("https://a.example/",))])

    assert path.read_text() == FILE
    assert list(path.parent.iterdir()) == [path]


def test_a_file_with_errors_is_not_touched(path: Path) -> None:
    path.write_text(FILE + "[fetsh]\n")

    with pytest.raises(ConfigError, match="fetsh"):
        add_outlets(path, [Outlet(name="D", feeds=("https://d.example/",))])


def test_line_endings_and_permissions_stay(path: Path) -> None:
    path.write_bytes(FILE.replace("\n", "\r\n").encode())
    path.chmod(0o640)

    add_outlets(path, [Outlet(name="D", feeds=("https://d.example/",))])
    remove_outlet(path, "B")

    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(path) == ["A", "C", "D"]


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)

    add_outlets(link, [Outlet(name="D", feeds=("https://d.example/",))])

    assert link.is_symlink()
    assert names(path)[-1] == "D"


def test_outlets_written_as_inline_tables_are_changed_too(path: Path) -> None:
    path.write_text('# c\noutlet = [ { name = "A", feeds = ["https://a.example/"] } ] # end\n[fetch]\n')

    add_outlets(path, [Outlet(name="B", feeds=("https://b.example/",))])
    assert names(path) == ["A", "B"]
    remove_outlet(path, "A")
    assert names(path) == ["B"]
    assert "# c" in path.read_text()


def test_a_file_that_cannot_be_replaced_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigError, match="No space left on device; nothing was changed"):
        add_outlets(path, [Outlet(name="D", feeds=("https://d.example/",))])

    assert path.read_text() == FILE
    assert list(path.parent.iterdir()) == [path]


def test_init_never_overwrites(path: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        write_new(path, "x")

    assert path.read_text() == FILE


_NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(str.strip)


@given(st.lists(_NAMES, min_size=1, max_size=4, unique_by=lambda name: name.strip().casefold()))
@settings(max_examples=60, deadline=None)
def test_whatever_was_added_can_be_removed(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[str]
) -> None:
    path = tmp_path_factory.mktemp("edit") / "feeds.toml"
    path.write_text("# top\n[fetch]\nconnections = 2 # two\n")
    outlets = [Outlet(name=name, feeds=(f"https://h{i}.example/",)) for i, name in enumerate(wanted)]

    add_outlets(path, outlets)
    assert names(path) == [name.strip() for name in wanted]
    for name in wanted:
        remove_outlet(path, name)

    assert tomllib.loads(path.read_text()) == {"fetch": {"connections": 2}}
    assert path.read_text().startswith("# top\n[fetch]\nconnections = 2 # two\n")
