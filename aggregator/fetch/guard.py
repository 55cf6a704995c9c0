"""Which addresses may be contacted, judged when a socket is made: nothing stands between check and connect.

A host name can say one thing when it is checked and another when it is used (DNS rebinding), and
``getaddrinfo`` reads ``2130706433`` and ``0x7f000001`` as 127.0.0.1. So the socket's own address is judged,
for every connection, redirects included.
"""

import socket
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network

#: what ``ipaddress.is_global`` calls global although it leads elsewhere, with the name people know it by
_DENIED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(cidr), name)
    for cidr, name in (
        ("::/96", "an IPv4-compatible address"),  # RFC 4291, 2.5.5.1
        ("64:ff9b::/96", "a NAT64 address"),  # RFC 6052: reaches IPv4, private networks included
        ("64:ff9b:1::/48", "a NAT64 address"),  # RFC 8215
        ("2001::/32", "a Teredo address"),  # RFC 4380
        ("2002::/16", "a 6to4 address"),  # RFC 3056
        ("3fff::/20", "a documentation address"),  # RFC 9637
        ("5f00::/16", "a segment routing address"),  # RFC 9602
        ("fec0::/10", "a site-local address"),  # RFC 3879
        ("100.64.0.0/10", "a carrier-grade NAT address"),  # RFC 6598
        ("192.0.0.0/24", "a reserved address"),  # RFC 6890; newer Pythons call parts of it global
        ("192.88.99.0/24", "a 6to4 relay address"),  # RFC 7526
    )
)


class ForbiddenAddressError(OSError):
    """A socket to this address is not to be made; the text says why and what would allow it."""


def networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """``allow_networks`` as values. Raises ValueError for what is not a CIDR."""
    return tuple(ip_network(cidr, strict=False) for cidr in cidrs)


def refusal(address: str, allowed: Sequence[Network] = ()) -> str | None:
    """Why this IP address must not be contacted, or None when it may.

    An IPv4-mapped address is judged as the IPv4 address it is. The IPv4 address inside a NAT64, 6to4 or
    Teredo address must itself be permitted even where ``allowed`` lists the outer network.
    """
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address} is not an IP address"
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if not any(ip in network for network in allowed):
        kind = _kind(ip)
        return kind and (
            f"{ip} is {kind}, not a public one; to allow it, list its network in [fetch] allow_networks"
        )
    inner = _embedded(ip)
    return refusal(str(inner), allowed) if inner is not None else None


def _kind(ip: IPv4Address | IPv6Address) -> str | None:
    """What kind of non-public address this is; None for a public one."""
    for holds, name in (
        (ip.is_unspecified, "the unspecified address"),
        (ip.is_loopback, "a loopback address"),
        (ip.is_link_local, "a link-local address"),
        (ip.is_multicast, "a multicast address"),
    ):
        if holds:
            return name
    for network, name in _DENIED:
        if ip in network:
            return name
    if ip.is_reserved:
        return "a reserved address"
    return None if ip.is_global else "a private address"


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address end up at."""
    if isinstance(ip, IPv4Address):
        return None
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _DENIED[1][0] or (ip in _DENIED[0][0] and int(ip) > 1):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def numeric_host(host: str) -> str | None:
    """The address that the system reads in this host: "127.1", "0x7f000001", "[::1]"; None for a name."""
    text = host.strip("[]")
    if ":" in text:
        return text
    try:
        return socket.inet_ntoa(socket.inet_aton(text)) if text[:1].isdigit() else None
    except (OSError, UnicodeError):
        return None


class Guard:
    """The rule above as aiohttp's socket factory."""

    def __init__(self, allow_networks: Iterable[str] = ()) -> None:
        allowed = networks(allow_networks)
        self.refusal = lru_cache(maxsize=4096)(lambda address: refusal(address, allowed))

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for this ``getaddrinfo`` tuple. Raises ForbiddenAddressError instead of making one."""
        family, kind, protocol, _, address = info
        if why := self.refusal(address[0]):
            raise ForbiddenAddressError(why)
        return socket.socket(family, kind, protocol)

    def host_refusal(self, host: str) -> str | None:
        """What is known of a host before it is looked up: all there is where a proxy does that."""
        address = numeric_host(host)
        if address is None and host.rstrip(".").lower().rpartition(".")[2] == "localhost":  # RFC 6761, 6.3
            address = "127.0.0.1"
        return None if address is None else self.refusal(address)
