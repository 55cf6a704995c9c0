"""What headers say: the conditions we send, what comes back by name, the validators to keep."""

from collections.abc import Mapping

import aiohttp

from aggregator.model import Validators

#: what we ask for where a feed is expected
FEED = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
)
#: … and where a page is
PAGE = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"

NO_VALIDATORS = Validators()
#: never handed out: nobody needs them, and they may hold secrets
_PRIVATE = frozenset({"set-cookie", "set-cookie2"})


def conditions(accept: str, validators: Validators) -> dict[str, str]:
    """Accept, and the validators as RFC 9110, 13.1 wants them back."""
    headers = {"Accept": accept}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def received(response: aiohttp.ClientResponse) -> tuple[dict[str, str], int]:
    """Headers by name in lower case, repeated ones joined (RFC 9110, 5.3), and the bytes they took."""
    headers: dict[str, str] = {}
    size = 0
    for name, value in response.headers.items():
        size += len(name) + len(value) + 4
        key = name.lower()
        if key in headers:
            headers[key] += ", " + value
        elif key not in _PRIVATE:
            headers[key] = value
    return headers, size


def validators_of(headers: Mapping[str, str], status: int) -> Validators:
    """What to ask with next time. A 200 with ``Expires: 0`` wants no conditional requests."""
    if status == 200 and headers.get("expires") == "0":
        return NO_VALIDATORS
    return Validators(etag=headers.get("etag") or None, last_modified=headers.get("last-modified") or None)
