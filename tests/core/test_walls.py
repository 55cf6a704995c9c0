"""Walls are told from answers: bot checks and demands for consent, whatever their status."""

import gzip
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.walls import WALLED, not_a_page, wall, wall_at
from tests.conftest import SHARED, needs_shared

CORPUS = SHARED / "corpus"


def page(title: str = "", body: str = "", head: str = "") -> bytes:
    html = (
        f"<!DOCTYPE html><html lang='en'><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    )
    return html.encode()


ARTICLE = (
    "<article><h1>Harbour reopens</h1>"
    + "<p>The harbour reopened on Friday after repairs.</p>" * 40
    + "</article>"
)

#: who, and a page in their manner
BOT_WALLS = [
    (
        "Cloudflare",
        page("Just a moment...", "<noscript>Enable JavaScript and cookies to continue</noscript>"),
    ),
    ("Cloudflare", page("Un instant…", "<script>window._cf_chl_opt={cvId:'3'};</script>")),
    ("Cloudflare", page("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>")),
    ("DataDome", page("news.example", "<script src='https://ct.captcha-delivery.com/c.js'></script>")),
    ("Akamai", page("Access Denied", "<p>https://errors.edgesuite.net/18.5e1c1060.17</p>")),
    ("Akamai", page("Access Denied", "Reference&#32;&#35;18&#46;5e1c1060")),
    ("Akamai", page("", "<div id='sec-if-cpt-container'></div>")),
    ("Imperva", page("", "Request unsuccessful. Incapsula incident ID: 449000310-11")),
    ("Imperva", page("Pardon Our Interruption", "<p>As you were browsing something made us think</p>")),
    ("HUMAN", page("Access to this page has been denied", '<div id="px-captcha"></div>')),
    ("AWS WAF", page("", "<script>window.awsWafCookieDomainList=[];window.gokuProps={}</script>")),
    (
        "Anubis",
        page("Making sure you&#39;re not a bot!", "<img src='/.within.website/x/cmd/anubis/static/a.webp'>"),
    ),
    (
        "DDoS-Guard",
        page("DDoS-Guard", "<script src='/.well-known/ddos-guard/js-challenge/index.js'></script>"),
    ),
    ("Sucuri", page("You are being redirected...", "<script>var s={};sucuri_cloudproxy_js='';</script>")),
    ("Radware", page("", "<script src='https://validate.perfdrive.com/x/captcha'></script>")),
    ("SiteGround", page("", "<meta http-equiv='refresh' content='0;/.well-known/sgcaptcha/?r=%2F'>")),
    ("Vercel", page("Vercel Security Checkpoint", "<p>We're verifying your browser</p>")),
    ("", page("Are you a robot?", "<script src='https://www.google.com/recaptcha/api.js'></script>")),
    ("", page("Security check", "<script src='https://js.hcaptcha.com/1/api.js'></script>")),
]

#: known by their headers alone
BY_HEADERS = [
    (403, {"cf-mitigated": "challenge"}, "Cloudflare"),
    (200, {"cf-mitigated": "challenge"}, "Cloudflare"),
    (202, {"x-amzn-waf-action": "challenge"}, "AWS WAF"),
    (405, {"x-amzn-waf-action": "captcha"}, "AWS WAF"),
    (429, {"x-vercel-mitigated": "challenge"}, "Vercel"),
    (202, {"sg-captcha": "challenge"}, "SiteGround"),
    (403, {"x-datadome": "protected"}, "DataDome"),
    (429, {"x-kpsdk-ct": "0a1b"}, "Kasada"),
    (403, {"server": "ddos-guard"}, "DDoS-Guard"),
]

CONSENT = page(
    "Before you continue to News",
    "<h1>We value your privacy</h1><p>We and our partners store cookies.</p><button>Accept all</button>",
    "<script src='https://cdn.privacy-mgmt.com/wrapperMessagingWithoutDetection.js'></script>",
)


@pytest.mark.parametrize("status", [200, 403, 503])
@pytest.mark.parametrize(("who", "body"), BOT_WALLS)
def test_a_bot_wall_is_known_by_its_page_whatever_its_status(status: int, who: str, body: bytes) -> None:
    assert wall(status, {}, body) == (f"a bot wall ({who})" if who else "a bot wall")


@pytest.mark.parametrize(("status", "headers", "who"), BY_HEADERS)
def test_a_bot_wall_is_known_by_its_headers(status: int, headers: Mapping[str, str], who: str) -> None:
    assert wall(status, headers, b"") == f"a bot wall ({who})"


@pytest.mark.parametrize("headers", [headers for status, headers, _ in BY_HEADERS[6:]])
def test_headers_that_come_with_every_answer_of_such_a_site_make_no_wall_of_a_200(
    headers: Mapping[str, str],
) -> None:
    assert wall(200, headers, page("Harbour reopens", ARTICLE)) is None


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("Before you continue to News", "<script src='https://cdn.privacy-mgmt.com/unified/x.js'></script>"),
        (
            "Zustimmung erforderlich",
            "<script src='https://app.usercentrics.eu/browser-ui/loader.js'></script>",
        ),
        ("Cookie consent", "<script src='https://sdk.privacy-center.org/didomi/loader.js'></script>"),
        (
            "DPG Media Privacy Gate",
            "<script src='https://myprivacy-static.dpgmedia.net/consent.js'></script>",
        ),
    ],
)
def test_a_consent_wall_is_known_by_its_page(title: str, head: str) -> None:
    assert wall(200, {}, page(title, "<button>Accept</button>", head)) == "a consent wall"


@pytest.mark.parametrize("body", [wall for _, wall in BOT_WALLS] + [CONSENT])
def test_an_article_about_walls_is_no_wall(body: bytes) -> None:
    marks = body.replace(b"</body></html>", b"")
    assert wall(200, {}, marks + ARTICLE.encode() + b"</body></html>") is None


@pytest.mark.parametrize("body", [wall for _, wall in BOT_WALLS] + [CONSENT])
def test_a_feed_that_quotes_a_wall_is_no_wall(body: bytes) -> None:
    feed = b"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>" + b"<item/>" * 300
    assert (
        wall(200, {}, feed + b"<description><![CDATA[" + body + b"]]></description></channel></rss>") is None
    )


@pytest.mark.parametrize(
    "script", ["https://www.google.com/recaptcha/api.js", "/cdn-cgi/challenge-platform/scripts/jsd/main.js"]
)
def test_scripts_that_stand_on_usual_pages_make_no_wall(script: str) -> None:
    body = page("Harbour reopens", "<p>Short news of the harbour.</p>", f"<script src='{script}'></script>")
    assert wall(200, {}, body) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_an_ordinary_error_page_is_no_wall(status: int) -> None:
    body = page("Forbidden", "<h1>Forbidden</h1><p>You don't have permission to access this resource.</p>")
    assert wall(status, {"server": "nginx"}, body) is None


@pytest.mark.parametrize("status", [404, 500, 503])
@pytest.mark.parametrize("headers", [headers for _, headers, _ in BY_HEADERS[6:]])
def test_an_outage_behind_a_guard_is_an_outage(status: int, headers: Mapping[str, str]) -> None:
    assert wall(status, headers, page("Service unavailable", "<h1>Back soon</h1>")) is None


def test_a_missing_page_is_missing_even_where_a_captcha_guards_its_comments() -> None:
    body = page("Not found", "<script src='https://js.hcaptcha.com/1/api.js'></script>")
    assert 404 not in WALLED
    assert wall(404, {}, body) is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://consent.yahoo.com/v2/collectConsent?sessionId=3", "a consent wall"),
        ("https://guce.yahoo.com/consent?brandType=nonEu", "a consent wall"),
        ("https://consent.google.de/ml?continue=https://news.google.com/", "a consent wall"),
        ("https://consent.youtube.com/m?continue=x", "a consent wall"),
        ("https://myprivacy.dpgmedia.nl/consent?siteKey=a", "a consent wall"),
        ("https://www.zeit.de/zustimmung?url=%2Fpolitik", "a consent wall"),
        ("https://www.derstandard.at/consent/tcf/story/1", "a consent wall"),
        ("https://geo.captcha-delivery.com/captcha/?initialCid=A", "a bot wall (DataDome)"),
        ("https://www.google.com/sorry/index?continue=x", "a bot wall (Google)"),
        ("https://www.news.example/.well-known/sgcaptcha/?r=%2F", "a bot wall (SiteGround)"),
        ("https://www.news.example/2026/consent-is-key", None),
        ("https://www.news.example/", None),
        ("https://consent.org/about", None),
        ("https://[::1", None),
    ],
)
def test_a_redirect_to_a_wall_is_known_by_its_address(url: str, found: str | None) -> None:
    assert wall_at(url, "https://www.news.example/story") == found


def test_a_site_about_consent_may_redirect_within_itself() -> None:
    assert wall_at("https://consent.news.example/feed", "http://consent.news.example/feed") is None


@needs_shared
def test_no_captured_page_or_feed_is_a_wall() -> None:
    bodies = {file.name: gzip.decompress(file.read_bytes()) for file in (CORPUS / "pages").glob("*.gz")}
    bodies |= {file.name: file.read_bytes() for file in (CORPUS / "feeds" / "real").iterdir()}
    assert len(bodies) > 800
    called = [
        (name, status) for name, body in bodies.items() for status in (200, 403) if wall(status, {}, body)
    ]
    assert called == []


@given(st.binary(max_size=2000), st.sampled_from([200, 202, 403, 503]))
def test_any_bytes_are_judged_without_an_error(noise: bytes, status: int) -> None:
    wall(status, {}, b"<html><title>captcha</title>js.hcaptcha.com/" + noise)


@pytest.mark.parametrize(
    ("url", "is_page"),
    [
        ("https://news.google.com/rss/articles/CBMiQWh0dHBzOi8vcG9ydA?oc=5", False),
        ("https://news.google.com/articles/CBMiQWh0dHBzOi8vcG9ydA", False),
        ("https://news.google.com/read/CBMiQWh0dHBzOi8vcG9ydA?hl=en-US", False),
        ("https://news.google.com/__i/rss/rd/articles/CBMiQWh0dHA", False),
        ("https://NEWS.google.com:443/stories/CAAqNggKIjBDQ", False),
        ("https://blog.google/articles/search", True),
        ("https://www.google.com/read/x", True),
        ("https://port.example/rss/articles/1", True),
        ("https://t.co/AbC", True),
        ("http://[", True),
    ],
)
def test_a_google_news_link_is_no_page_of_an_article(url: str, is_page: bool) -> None:
    assert (not_a_page(url) == "") is is_page
