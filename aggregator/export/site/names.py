"""Which file is a page: names that no title can turn into another place, and that no two things share."""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import quote

#: names of devices, which Windows opens instead of a file
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10)))
)
#: a name of a file has at most 255 bytes nearly everywhere; this leaves room for a page number and an ending
_MOST_BYTES = 120
_NOT_A_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=65_536)  # every link to a tag or outlet asks
def slug(name: str) -> str:
    """``name`` as a part of a file's name: letters and digits of any script, words joined by "-".

    No two names that differ, but for their case, have one slug: where something had to be left out, a digest
    of the whole stands at the end, after "--", which words alone never make.
    """
    folded = unicodedata.normalize("NFC", name.casefold().strip())
    words = _NOT_A_WORD.sub("-", _drawn(folded)).strip("-")
    short = words.encode()[:_MOST_BYTES].decode("utf-8", "ignore").strip("-")
    if short == folded.replace(" ", "-") and "-" not in folded and short and short not in _DEVICES:
        return short
    digest = blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{short}--{digest}" if short else f"--{digest}"


def _drawn(text: str) -> str:
    """Without lone surrogates, which no file's name may hold, and marks of direction."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in {"Cs", "Cf", "Cc", "Co"})


def item_path(item_id: int) -> str:
    """An article's page."""
    return f"items/{item_id}.html"


def story_path(story_id: int) -> str:
    """A story's page."""
    return f"stories/{story_id}.html"


def outlet_path(outlet: str, number: int | None = None) -> str:
    """An outlet's page; ``number``: of its older ones, counted from the oldest."""
    return _numbered(f"outlets/{slug(outlet)}", number)


def tag_path(key: str, number: int | None = None) -> str:
    """A hashtag's page."""
    return _numbered(f"tags/{slug(key)}", number)


def day_path(day: str, number: int | None = None) -> str:
    """The page of a day, which is written as 2026-01-31."""
    return _numbered(f"archive/{day}", number)


def _numbered(path: str, number: int | None) -> str:
    # a dot: no slug has one
    return f"{path}.html" if number is None else f"{path}.{number}.html"


@lru_cache(maxsize=65_536)
def href(path: str) -> str:
    """A path as an address, relative to the site's root."""
    return quote(path)


_OURS = re.compile(r"(?:(?:items|stories|outlets|tags|archive|static)/)?(?!\.)[^/\\\x00-\x1f]{1,250}")


def is_ours(path: str) -> bool:
    """Whether a path is one that a site may have: what a list of files says is not believed blindly."""
    return _OURS.fullmatch(path) is not None
