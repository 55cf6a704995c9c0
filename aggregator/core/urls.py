"""Which address is meant: resolving, one key for one page, and the site a page belongs to."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, unquote_plus, urljoin, urlsplit

#: longer ones are data in disguise; browsers stop at about this length too
MAX_URL: Final = 8_000

_HTTP = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
#: written as most addresses are: nothing to repair, nothing to join
_PLAIN = re.compile(r"https?://[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?(?:[/?][!-~]*)?")
#: written as canonical addresses are, but for the scheme and a last slash
_CLEAN = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:[1-9]\d*)?((?:/[a-zA-Z0-9._~-]+)*)/?")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_INVISIBLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

#: parameters that say how a reader came, never what is shown; compared in lower case
_TRACKER_NAMES: Final = """
fbclid gclid dclid gbraid wbraid msclkid twclid yclid ysclid igshid igsh li_fat_id ttclid epik
smid smtyp cmp cmpid wt_mc wt.mc si ocid icid ito ncid sr_share __twitter_impression xtor mkt_tok mbid
guccounter guce_referrer guce_referrer_sig _ga _gl spm share_token at_medium at_campaign at_link_type
at_link_origin at_format at_ptr_name at_bbc_team __source __tn__ _hsenc _hsmi hss_channel feature_source
trk trkcampaign
"""
_TRACKERS: Final = frozenset(_TRACKER_NAMES.split())
_TRACKER_PREFIXES: Final = ("utm_", "mc_", "ns_", "itm_", "mtm_", "pk_", "vero_", "oly_", "piwik_", "hsa_")
#: parameters that are trackers only with one of ``_CHANNELS`` as their value
_MAYBE_TRACKERS: Final = frozenset(("source", "src", "ref", "from", "via", "medium", "campaign"))
_CHANNELS = re.compile(
    r"(?:rss|atom|feed|feeds|feedburner|twitter|x|facebook|fb|linkedin|reddit|telegram|whatsapp|instagram|"
    r"newsletter|email|share|social|socialnetwork|googlenews|flipboard|hackernews)(?:[-_.].*)?",
    re.IGNORECASE,
)
#: fragments that name no part: comments, a top, how a reader came; routes (``#!/story/4``) are the page's own
_NO_PART = re.compile(
    r"|[!/:].*|.*=.*|top|main|content|rss|atom|feed|more(?:-\d+)?|respond|disqus_thread|"
    r"(?:comment|reply)s?(?:-?\d+|-form|-area|-list)?",
    re.IGNORECASE,
)
#: what follows an article's address in that of another form of it, or of a page of it
_OF_ONE_ARTICLE = re.compile(
    r"(?:amp|print|printer|embed|full|all|single|feed|rss|index|p|page|seite|comments?|mobile|article|\d{1,3})"
    r"(?:\.(?:html?|php|amp))?",
    re.IGNORECASE,
)


def is_http(url: str) -> bool:
    """True for an absolute http(s) address with a host."""
    return bool(_HTTP.match(url))


def resolve(base: str, ref: str) -> str:
    """The absolute http(s) address of ``ref`` as found at ``base``; "" when there is none.

    ``//host/path`` takes the scheme of ``base``; other schemes (javascript:, data:, mailto:)
    give "". RFC 3986, section 5, plus what publishers do: spaces inside, line breaks, a missing
    scheme before "www.".
    """
    if len(ref) > MAX_URL:
        return ""
    if _PLAIN.fullmatch(ref):
        return ref
    ref = _INVISIBLE.sub("", ref).strip()
    if not ref:
        return ""
    if ref[:4].lower() == "www.":
        ref = f"http://{ref}"
    try:
        joined = urljoin(base, ref)
        return _checked(urlsplit(joined), joined)
    except ValueError:
        return ""


def _checked(parts: SplitResult, url: str) -> str:
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in parts.netloc:
        return ""
    scheme = _SCHEME.match(url)
    if scheme and scheme[1] != parts.scheme:
        url = parts.scheme + url[scheme.end(1) :]
    return url.replace(" ", "%20")


def canonicalise(url: str) -> str:
    """One key for one page: equal for addresses that differ in nothing a reader would see.

    Host in lower case, default ports, fragments, tracking parameters and a trailing slash left
    out, parameters sorted, escapes written one way, http and https as one (https, unless a port is
    named). Applying it twice changes nothing; what is not http(s) comes back unchanged.
    """
    if clean := _CLEAN.fullmatch(url):
        scheme, host, port, path = clean.groups()
        if "/." not in path and "xn--" not in host and port not in (":80", ":443"):
            return f"{scheme if port else 'https'}://{host}{port or ''}{path or '/'}"
    if not is_http(url) or len(url) > MAX_URL:
        return url
    try:
        # a second round settles what the first uncovers (an escaped escape, a path that became empty)
        once = _canonical(url)
        return _canonical(once)
    except ValueError:
        return url


def article_url(url: str) -> str:
    """The canonical address of an article's page; "" for a site's front page, which is no article."""
    canonical = canonicalise(url) if url else ""
    parts = canonical.split("/", 3)
    return canonical if len(parts) == 4 and parts[3] else ""


def part_named(url: str) -> str:
    """Which part of its page an address names, as its fragment; "" for the page.

    Where comments are written, and how a reader came, is no part of an article.
    """
    fragment = url.partition("#")[2]
    return "" if _NO_PART.fullmatch(fragment) else unquote_plus(fragment)


def believed_canonical(link: str, stated: str) -> str:
    """The address that a page states as its canonical one; "" where it is the section its link stands in.

    ``/news`` for ``/news/2026/storm`` is a mistake, ``/news/storm`` for ``/news/storm/amp`` is none.
    """
    canonical = article_url(stated)
    if not canonical:
        return ""
    own, theirs = urlsplit(canonicalise(link)), urlsplit(canonical)
    if _bare(own.netloc) != _bare(theirs.netloc) or theirs.query:
        return canonical
    rest = own.path.removeprefix(theirs.path.rstrip("/") + "/")
    if rest == own.path or all(map(_OF_ONE_ARTICLE.fullmatch, rest.split("/"))):
        return canonical
    return ""


def _canonical(url: str) -> str:
    from courlan import normalize_url
    from w3lib.url import canonicalize_url

    parts = urlsplit(url)
    query = _kept_query(parts)
    fragment = parts.fragment if parts.fragment[:1] in ("!", "/") else ""
    path = str(normalize_url(parts._replace(query="", fragment=""), strict=False, trailing_slash=False))
    joined = path + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    clean = canonicalize_url(joined, keep_fragments=bool(fragment))
    done = urlsplit(clean)
    if done.path != "/" and done.path.endswith("/"):
        done = done._replace(path=done.path.rstrip("/") or "/")
    if done.scheme == "http" and done.port is None:
        done = done._replace(scheme="https")
    return done.geturl()


def _kept_query(parts: SplitResult) -> str:
    """The query without trackers.

    courlan's own list also drops ``cid``, ``uid``, ``eid`` or ``keyword``, which name the page on
    many a site: two articles as one is worse than one article as two.
    """
    kept = []
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if pair and not _is_tracker(unquote_plus(name).lower(), unquote_plus(value), parts.hostname or ""):
            kept.append(pair)
    return "&".join(kept)


def _is_tracker(name: str, value: str, host: str) -> bool:
    if name in _TRACKERS or name.startswith(_TRACKER_PREFIXES):
        return True
    if name not in _MAYBE_TRACKERS:
        return False
    if name == "ref" and value and _bare(value) == _bare(host):
        return True
    return bool(_CHANNELS.fullmatch(value))


def _bare(host_or_url: str) -> str:
    """A host name without scheme, "www." and path."""
    return host_or_url.lower().partition("://")[2].partition("/")[0].removeprefix("www.") or (
        host_or_url.lower().partition("/")[0].removeprefix("www.")
    )


def site_key(url: str) -> str:
    """The site that answers for ``url``: its registrable domain, without download or look-up.

    Sub-domains of one service (a blog host's, say) are one site. An IP address or a single-label
    host is its own site, port included; "" for what is not http(s).
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host or not is_http(url):
        return ""
    return _registrable(host) or (f"{host}:{port}" if port else host)


@lru_cache(maxsize=4096)
def _registrable(host: str) -> str | None:
    from tld import get_tld

    if host.replace(".", "").isdigit() or ":" in host:
        return None
    found = get_tld(f"http://{host}", as_object=True, fail_silently=True, search_private=False)
    return str(found.fld) if found is not None and not isinstance(found, str) else None
