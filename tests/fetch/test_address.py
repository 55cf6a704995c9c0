"""URLs as they are requested (edge case 15): work, or fail cleanly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from aggregator.fetch.address import AddressError, address, redirect_target
from aggregator.model import FailureKind, Fetched, FetchFailed
from tests.fakes import FakeSite, Reply
from tests.fetch.arrange import ScriptedResolver, a_client


@pytest.mark.parametrize(
    ("url", "requested"),
    [
        ("http://example.org/feed?a=b&c=%2F", "http://example.org/feed?a=b&c=%2F"),
        ("HTTP://EXAMPLE.ORG/Feed", "http://example.org/Feed"),
        ("http://münchen.example/ü b", "http://xn--mnchen-3ya.example/%C3%BC%20b"),
        ("http://2130706433:80/", "http://127.0.0.1/"),
        ("http://0x7f.1/x", "http://127.0.0.1/x"),
        ("http://example.org", "http://example.org"),
        ("http://example.org/%zz/%e4", "http://example.org/%zz/%e4"),
    ],
)
def test_an_address_is_requested_as_published_with_its_host_in_one_spelling(url: str, requested: str) -> None:
    assert str(address(url)) == requested


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is not http(s)"),
        ("example.org/feed", "is not http(s)"),
        ("feed://example.org/", "is not http(s)"),
        ("file:///etc/passwd", "is not http(s)"),
        ("http:///feed.xml", "does not name a host"),
        ("http://exa mple.org/", "does not name a host"),
        ("http://a..b/", "does not name a host"),
        ("http://" + "a" * 64 + ".example/", "does not name a host"),
        ("http://example.org:99999/", "is not a valid address"),
        ("http://[::1/", "is not a valid address"),
        ("http://example.org/" + "a" * 9000, "the address is 9,019 characters long"),
    ],
)
async def test_what_cannot_be_requested_fails_in_words(url: str, words: str) -> None:
    async with a_client() as client:
        result = await client.get(url)
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.FORBIDDEN
    assert words in result.reason


async def test_capital_schemes_idn_hosts_and_addresses_of_2048_characters_are_fetched() -> None:
    with FakeSite.running() as site:
        site.on("*", lambda request: Reply(body=f"{request.headers['host']} {request.path}".encode()))
        long = "/" + "a" * (2048 - len(site.url("/")))
        async with a_client(resolver=ScriptedResolver(["127.0.0.1"])) as client:
            capital = await client.get(f"HTTP://127.0.0.1:{site.port}/x")
            idn = await client.get(f"http://bücher.example:{site.port}/ä")
            longest = await client.get(site.url(long))
    assert isinstance(capital, Fetched)
    assert isinstance(idn, Fetched)
    assert idn.body == f"xn--bcher-kva.example:{site.port} /%C3%A4".encode()
    assert isinstance(longest, Fetched)
    assert longest.body.endswith(b"a" * 2000)


def test_nothing_of_an_address_can_end_the_request_line() -> None:
    for url in ("http://h/a\r\nX: y", "http://h/a b", "http://h/?q=\n", "http://h/\x00"):
        assert {" ", "\r", "\n", "\x00"}.isdisjoint(address(url).raw_path_qs)


def test_a_redirect_loses_credentials_and_keeps_the_rest() -> None:
    base = URL("https://example.org/a/b?c")
    assert str(redirect_target(base, "../x?y")) == "https://example.org/x?y"
    assert str(redirect_target(base, "//jo:pw@other.example/")) == "https://other.example/"


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_an_error_in_words(text: str) -> None:
    for url in (text, "http://" + text, "http://example.org/" + text):
        try:
            parsed = address(url)
        except AddressError:
            continue
        assert parsed.scheme in ("http", "https")
        assert parsed.raw_host
        assert parsed.raw_path_qs.isascii()
