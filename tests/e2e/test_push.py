"""The daemon with a web side: a real process that a hub on loopback delivers to."""

import json
import signal
import socket
import urllib.error
import urllib.request
from datetime import UTC, datetime

from tests.e2e.test_daemon import daemon, until
from tests.fakes import FakeSite
from tests.hub import Hub
from tests.press import Newsroom, outlet
from tests.test_websub import feed_of


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def get(port: int, path: str) -> tuple[int, str]:
    """Status and text; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def web(port: int, *, public: bool = True) -> str:
    base_url = f'base_url = "http://127.0.0.1:{port}/"\n' if public else ""
    return f'[web]\nlisten = "127.0.0.1:{port}"\n{base_url}'


def test_what_a_hub_delivers_is_stored_and_told_to_monitoring(newsroom: Newsroom, site: FakeSite) -> None:
    hub = Hub(site, clock=lambda: datetime.now(UTC))  # noqa: TID251  the process has the real one too
    port, topic = free_port(), site.url("/feed.xml")
    site.serve("/feed.xml", feed_of(1, hub=hub.url, topic=topic))
    newsroom.outlets(outlet("Port", topic), extra=web(port))
    assert newsroom.scheduler("--once").returncode == 0, "which subscribes to nothing"
    assert hub.asked == []
    with daemon(newsroom) as process:
        until(lambda: bool(hub.subscribers))
        until(lambda: get(port, "/healthz")[0] == 200)
        assert json.loads(get(port, "/healthz")[1])["status"] == "ok"
        assert hub.publish(topic, feed_of(2, hub=hub.url, topic=topic)) == [202]
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=25)
    assert process.returncode == 0
    assert {item.title for item in newsroom.items()} == {"Headline number 1", "Headline number 2"}
    assert newsroom.health()["Port"].push == "active"
    secret = next(form["hub.secret"] for form in hub.asked)
    token = next(form["hub.callback"] for form in hub.asked).rpartition("/")[2]
    assert secret not in log
    assert token not in log


def test_a_port_that_is_taken_ends_the_start_with_the_remedy(newsroom: Newsroom, site: FakeSite) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        newsroom.outlets(outlet("Port", site.url("/feed.xml")), extra=web(port, public=False))
        done = newsroom.scheduler()
    assert done.returncode == 2
    assert f'[web] listen "127.0.0.1:{port}": another program listens there already' in done.stderr
    assert site.requests == []
