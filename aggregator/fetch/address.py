"""URLs as they are requested: http(s) only, hosts in one spelling, paths as their publisher wrote them."""

import re
from urllib.parse import urljoin

from yarl import URL

from aggregator.fetch.guard import numeric_host

#: the usual kind of URL, which is sent exactly as published; all others go through yarl's quoting
_USUAL = re.compile(
    r"https?://[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?"
)
_HOST = re.compile(r"[^\s\x00-\x20\x7f/?#@\\<>^`{|}\"%]{1,253}")
_LONGEST = 8000
_SHOWN = 200
#: a user name and password before the host, however badly written
_CREDENTIALS = re.compile(r"^\s*([a-zA-Z][a-zA-Z0-9+.-]*:/*)?(?:[^/?#\s]*|\S*:\S*)@")


class AddressError(ValueError):
    """This is not an address that is fetched; the text says why."""


def address(url: str) -> URL:
    """``url`` ready to be requested, credentials kept. Raises AddressError.

    IDN hosts become ASCII, numeric hosts ("2130706433", "0x7f000001") the dotted address they mean.
    """
    shown = _CREDENTIALS.sub(r"\1…@", url)[:_SHOWN]
    if len(url) > _LONGEST:
        raise AddressError(f"the address is {len(url):,} characters long: {shown}…")
    try:
        parsed = URL(url, encoded=_USUAL.fullmatch(url) is not None)
        host, _ = parsed.raw_host, parsed.port  # read here, as it is checked no earlier than that
    except ValueError as exc:
        why = f": {exc}" if shown == url[:_SHOWN] else ""  # it may quote what stands before the host
        raise AddressError(f"{shown!r} is not a valid address{why}") from exc
    if parsed.scheme not in ("http", "https"):
        raise AddressError(f"{shown!r} is not http(s), which is all that is fetched")
    if not host or not _is_host(host):
        raise AddressError(f"{shown!r} does not name a host")
    numeric = numeric_host(host)
    if numeric is not None and numeric != host:
        parsed = parsed.with_host(numeric)
    return parsed


def redirect_target(base: URL, location: str) -> URL:
    """Where ``Location`` leads from ``base``. Raises AddressError.

    Credentials in it are dropped (a server must not choose them); a fragment is inherited (RFC 9110, 10.2.2)
    by nobody, as it is never sent.
    """
    # servers send UTF-8 in this header, which HTTP reads as Latin-1 or as surrogates
    text = location.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
    try:
        joined = urljoin(str(base.with_user(None)), text)
    except ValueError as exc:
        shown = _CREDENTIALS.sub(r"\1…@", text)[:_SHOWN]
        raise AddressError(f"{shown!r} is not a valid address") from exc
    return address(joined).with_user(None)


def _is_host(host: str) -> bool:
    if ":" in host:  # IPv6: yarl has checked it
        return True
    labels = host.removesuffix(".").split(".")
    return _HOST.fullmatch(host) is not None and all(0 < len(label) < 64 for label in labels)
