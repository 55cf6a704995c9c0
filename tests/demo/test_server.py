"""The sample outlets on real sockets: status codes, conditional requests, compression."""

import errno
import gzip
import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator.demo import server
from aggregator.demo.server import DemoSites
from tests.conftest import NOW


@pytest.fixture
def sites() -> Iterator[DemoSites]:
    with DemoSites(NOW) as running:
        yield running


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    try:
        connection.request("GET", parts.path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def home(sites: DemoSites, key: str) -> str:
    (found,) = (site.home for site in sites.sites if site.outlet.key == key)
    return found


def test_each_outlet_has_an_address_of_its_own(sites: DemoSites) -> None:
    assert len({urlsplit(site.home).hostname for site in sites.sites}) == len(sites.sites) == 8


def test_an_etag_that_is_sent_back_gives_304_without_a_body(sites: DemoSites) -> None:
    url = home(sites, "norhaven_courier") + "feeds/news.xml"
    _, headers, _ = get(url)
    status, again, body = get(url, If_None_Match=headers["ETag"])
    assert (status, again["ETag"], body) == (304, headers["ETag"], b"")


def test_an_outlet_without_etags_answers_304_by_its_date(sites: DemoSites) -> None:
    url = home(sites, "meridian_science") + "atom.xml"
    _, headers, _ = get(url)
    assert "ETag" not in headers
    assert get(url, If_Modified_Since=headers["Last-Modified"])[0] == 304


def test_an_etag_goes_before_a_date(sites: DemoSites) -> None:
    url = home(sites, "harbour_gazette") + "feed.xml"
    _, headers, _ = get(url)
    assert get(url, If_None_Match='"other"', If_Modified_Since=headers["Last-Modified"])[0] == 200


def test_an_outlet_without_validators_sends_the_same_body_again(sites: DemoSites) -> None:
    url = home(sites, "wexley_observer") + "index.rdf"
    _, headers, first = get(url)
    assert not {"ETag", "Last-Modified"} & set(headers)
    assert get(url)[2] == first


def test_compression_is_for_those_who_ask(sites: DemoSites) -> None:
    url = home(sites, "harbour_gazette") + "feed.xml"
    _, plain, body = get(url)
    _, packed, zipped = get(url, Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped) == body


def test_a_moved_feed_says_where_to(sites: DemoSites) -> None:
    courier = home(sites, "norhaven_courier")
    status, headers, _ = get(courier + "rss")
    assert (status, headers["Location"]) == (301, courier + "feeds/news.xml")


def test_the_outlet_that_is_down_answers_500_and_a_lost_page_404(sites: DemoSites) -> None:
    assert get(home(sites, "late_edition") + "feed")[0] == 500
    assert get(home(sites, "meridian_science") + "articles/prime-gap-lecture")[0] == 404


def test_every_request_is_on_record(sites: DemoSites) -> None:
    get(home(sites, "late_edition") + "feed")
    (served,) = sites.served
    assert (served.path, served.status) == ("/feed", 500)


def test_a_configuration_lists_every_outlet_and_opens_nothing_but_loopback(
    sites: DemoSites, tmp_path: Path
) -> None:
    text = sites.feeds_toml(tmp_path).read_text(encoding="utf-8")
    assert text.count("[[outlet]]") == 8
    assert 'allow_networks = ["127.0.0.0/8"]' in text


def test_one_loopback_address_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    bind = server._bind

    def only_the_first(host: str, port: int) -> socket.socket:
        if host != "127.0.0.1":
            raise OSError(errno.EADDRNOTAVAIL, "no such address")
        return bind(host, port)

    monkeypatch.setattr(server, "_bind", only_the_first)
    with DemoSites(NOW) as sites:
        assert {urlsplit(site.home).hostname for site in sites.sites} == {"127.0.0.1"}
        assert get(home(sites, "wexley_observer") + "index.rdf")[0] == 200
        assert get(home(sites, "late_edition") + "feed")[0] == 500


def test_nothing_is_left_behind() -> None:
    before = threading.active_count()
    with DemoSites(NOW) as sites:
        url = home(sites, "wexley_observer") + "index.rdf"
        assert get(url)[0] == 200
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        get(url)
