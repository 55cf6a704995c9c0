"""The website in a real browser: nothing goes wrong, runs or is too wide, and times are told."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator import site
from aggregator.model import ItemFilter
from aggregator.store import Store
from tests.store.press import NOW, new_item, poll
from tests.test_site import INFO

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Route

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on PATH")

_CALL = "window.hit=alert(1)"
_VECTORS = (
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<a href=javascript:{}>x</a>",
    "<a href=' &#1;javascript:{}'>x</a>",
    "<iframe src=javascript:{}></iframe>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<body onload={}>",
    "<input autofocus onfocus={}>",
    "<details open ontoggle={}>",
    "<video><source onerror={}></video>",
    "<audio src=x onerror={}>",
    "<math><mtext><script>{}</script></mtext></math>",
    "<style>@import 'x';</style><p style=\"x:expression({})\">",
    "<link rel=stylesheet href=javascript:{}>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<object data=javascript:{}></object>",
    "<embed src=javascript:{}>",
    "<form action=javascript:{}><button>x",
    "<base href=javascript:{}//>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<p title='<img alt=\"x\" onerror={}>'>x</p>",
    '"><script>{}</script>',
    "' onmouseover={} x='",
    "</title><script>{}</script>",
    "</time><script>{}</script>",
    "{{{{{}}}}}",
    "{{% raw %}}<script>{}</script>",
    "<<script>{}//<</script>",
    "<img src='x' style='position:fixed' onload={}>",
    "<template><script>{}</script>",
    "<xmp><p title='</xmp><img src=x onerror={}>'>",
    "<table background=javascript:{}><td>x",
    "<div onpointerenter={} style=inset:0>x</div>",
    "<marquee onstart={}>x</marquee>",
    "<button popovertarget=x onclick={}>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:{}><text>x</text></a></svg>",
    "<select><style></select><img src=x onerror={}>",
    "<!--><img src=x onerror={}>-->",
    "<![CDATA[<img src=x onerror={}>]]>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={}>",
    "<plaintext><img src=x onerror={}>",
    "<frameset onload={}>",
    "<isindex action=javascript:{} type=image>",
    "<a href='data:text/html,<script>{}</script>'>x</a>",
    "<img srcset='x 1x' onerror={}>",
    "<p id=x tabindex=1 onfocus={}>x</p>",
    "<textarea autofocus onfocus={}>",
)
VECTORS = [vector.format(_CALL) for vector in _VECTORS]


_TOUCH = """document.querySelectorAll('main *').forEach(element => {
    element.focus?.();
    element.dispatchEvent(new Event('mouseover'));
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site whose articles are as wide, as foreign and as hostile as any, served on loopback."""
    folder = tmp_path_factory.mktemp("site")
    store = Store.open(f"sqlite:///{folder / 'news.db'}")
    wide = (
        "<table><tr>"
        + "<td>Zahlenkolonnenüberschrift</td>" * 30
        + "</tr></table><pre>"
        + "x" * 900
        + "</pre>"
    )
    poll(
        store,
        new_item(
            "1",
            title="Bridge opens",
            content_html="<p>It opened today.</p>" * 20,
            text="It opened today. " * 20,
            published=NOW - timedelta(days=3),
            language="en",
        ),
        new_item("2", title="W" * 300, summary="m" * 500, content_html=wide, text=wide),
        new_item("3", title="افتتاح الجسر الجديد في المنامة", language="ar", content_html="<p>نص طويل</p>"),
    )
    hostile = [
        new_item(
            f"v{n}",
            title=vector,
            summary=vector,
            content_html=f"<p>Words.</p>{vector}<p>More.</p>",
            text=vector,
            url=f"https://outlet.example/{n}?{vector}",
            authors=(vector,),
            tags=(vector,),
        )
        for n, vector in enumerate(VECTORS)
    ]
    poll(store, *hostile, outlet='Evil "><script>alert(1)</script>')
    while store.stories_wait():
        store.place_stories(NOW, 500)
    site.build(folder / "public", store, ItemFilter(shown_at=NOW), INFO)
    store.close()
    handler = functools.partial(_Quiet, directory=str(folder / "public"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        pass


class Watch:
    """What went on in a page that was opened."""

    def __init__(self, page: "Page", address: str) -> None:
        self.faults: list[str] = []
        self.dialogs: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", self._asked)
        page.route(lambda url: not url.startswith(address), self._left)

    def _told(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _asked(self, dialog: "Dialog") -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _left(self, route: "Route") -> None:
        self.elsewhere.append(f"{route.request.resource_type} {route.request.url}")
        route.abort()


def paths(address: str) -> list[str]:
    return [
        "index.html",
        "items/1.html",
        "items/2.html",
        "items/3.html",
        "outlets/gulf-insider.html",
        "outlets/index.html",
        "tags/index.html",
        "archive/index.html",
        "archive/2026-11-20.html",
        "404.html",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_of_page_shows_without_errors_or_requests_elsewhere(
    browser: "Browser", address: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    watch = Watch(page, address)
    for path in paths(address):
        page.goto(f"{address}/{path}")
        assert page.locator("main").count() == 1
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert [fault for fault in watch.faults if "ERR_FAILED" not in fault] == []
    assert {one.partition(" ")[0] for one in watch.elsewhere} <= {"image"}
    assert background == ("rgb(20, 22, 26)" if scheme == "dark" else background)


@pytest.mark.parametrize("width", [320, 768, 1600])
def test_no_page_is_wider_than_the_screen(browser: "Browser", address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    Watch(page, address)
    wide = []
    for path in paths(address)[:-1]:
        page.goto(f"{address}/{path}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    context.close()
    assert wide == []


def test_times_are_told_from_now_and_absolutely_without_scripts(browser: "Browser", address: str) -> None:
    told = {}
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        if scripts:
            page.clock.set_fixed_time(NOW)
        page.goto(f"{address}/items/1.html")
        told[scripts] = page.locator("header .when time").inner_text()
        assert (
            page.locator("header .when time").get_attribute("title")
            == "Published 17 November 2026, 12:00 UTC"
        )
        context.close()
    assert told == {True: "3 days ago", False: "17 November 2026, 12:00 UTC"}


def test_a_page_that_stays_open_tells_its_times_anew(browser: "Browser", address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=NOW)
    page.goto(f"{address}/items/1.html")
    page.clock.fast_forward(timedelta(days=2) // timedelta(milliseconds=1))
    told = page.locator("header .when time").inner_text()
    context.close()
    assert told == "5 days ago"


def test_an_arabic_article_is_laid_out_from_right_to_left(browser: "Browser", address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/items/3.html")
    direction = page.locator("h1").evaluate("element => getComputedStyle(element).direction")
    context.close()
    assert direction == "rtl"


def test_nothing_that_outlets_write_runs(browser: "Browser", address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    watch = Watch(page, address)
    ran = []
    hostile = [f"items/{n}.html" for n in range(4, 4 + len(VECTORS))]
    evil = [path for path in hostile if page.request.get(f"{address}/{path}").ok]
    assert len(evil) > len(VECTORS) // 3  # the rest are copies of one another
    for path in [*evil, "index.html", "archive/2026-11-20.html"]:
        page.goto(f"{address}/{path}", wait_until="domcontentloaded")
        page.evaluate(_TOUCH)
        if page.evaluate("window.hit || document.scripts.length != 1") or not page.url.startswith(address):
            ran.append(path)
    context.close()
    assert (ran, watch.dialogs) == ([], [])
