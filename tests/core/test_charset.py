"""Which characters the bytes of a feed stand for (edge cases 37 and 38)."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.charset import charset_of


def prolog(name: str, text: str = "é") -> bytes:
    return f'<?xml version="1.0" encoding="{name}"?><rss>{text}</rss>'.encode()


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"<rss/>", "", "utf-8"),
        (codecs.BOM_UTF8 + b"<rss/>", "", "utf-8-sig"),
        ("<rss/>".encode("utf-16"), "text/xml; charset=utf-8", "utf-16"),
        ("<rss/>".encode("utf-16-le"), "", "utf-16-le"),
        ("<rss/>".encode("utf-16-be"), "", "utf-16-be"),
        (prolog("iso-8859-1"), "text/xml; charset=iso-8859-1", "utf-8"),
        ("<rss>é</rss>".encode("latin-1"), "text/xml; charset=iso-8859-1", "iso8859-1"),
        ("<rss>Погода</rss>".encode("cp1251"), "text/xml; charset='windows-1251'", "cp1251"),
        ('<?xml version="1.0" encoding="koi8-r"?><rss>Погода</rss>'.encode("koi8-r"), "text/xml", "koi8-r"),
        ('<?xml version="1.0" encoding="gb2312"?><rss>新闻朱镕基</rss>'.encode("gb18030"), "", "gb18030"),
        (
            '<?xml version="1.0" encoding="iso-2022-jp"?><rss>新聞</rss>'.encode("iso2022-jp"),
            "",
            "iso2022_jp",
        ),
        (b"<rss>caf\xe9</rss>", "", "windows-1252"),
        (b"<rss>caf\xe9</rss>", "text/xml; charset=punycode", "windows-1252"),
        (b"<rss>caf\xe9</rss>", "text/xml; charset=no-such-thing", "windows-1252"),
        ("<rss>Zürich, Köln, Łódź, Ærø, Погода</rss>".encode() + b"\xff", "text/xml; charset=utf-8", "utf-8"),
        ("<rss>Погода".encode()[:-1], "", "utf-8"),
    ],
)
def test_the_bytes_have_the_last_word_before_header_and_prolog(
    body: bytes, content_type: str, expected: str
) -> None:
    assert charset_of(body, content_type) == expected


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "text/xml; charset=big5", "text/xml; charset=utf-16"]))
def test_any_bytes_can_be_decoded_by_what_is_answered(body: bytes, content_type: str) -> None:
    assert isinstance(body.decode(charset_of(body, content_type), "replace"), str)
