"""What a server may cost us, whatever it does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes; the defaults are the project's promise, tests shorten them."""

    connect: float = 10.0
    #: silence, before the first byte and after it
    first_byte: float = 15.0
    #: at least ``rate_bytes`` in every ``rate_seconds``
    rate_bytes: int = 10_000
    rate_seconds: float = 10.0
    #: all headers together; one header may take half of it
    headers: int = 32 * 1024
    redirects: int = 5
    #: decoded bytes for a received one, once more than ``ratio_from`` are decoded
    ratio: int = 200
    ratio_from: int = 1_000_000
    #: connections kept open at once for a site's next request
    idle: int = 256
    idle_seconds: float = 15.0
