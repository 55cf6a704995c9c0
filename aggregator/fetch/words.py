"""What went wrong on the way, in words: each exception of the network becomes a kind and a sentence."""

import errno
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from aggregator.fetch.decode import BodyError
from aggregator.fetch.guard import ForbiddenAddressError
from aggregator.model import FailureKind

_CONNECT_WORDS = {
    errno.ECONNREFUSED: "{host} refused the connection",
    errno.ECONNRESET: "{host} broke the connection off",
    errno.EPIPE: "{host} broke the connection off",
    errno.EHOSTUNREACH: "{host} cannot be reached: no route to it",
    errno.ENETUNREACH: "{host} cannot be reached: no network",
    errno.ETIMEDOUT: "{host} did not answer the attempt to connect",
    errno.EMFILE: "too many open files; raise the limit (ulimit -n) or lower [fetch] connections",
    errno.ENFILE: "too many files are open on this machine",
}

#: OpenSSL's codes (X509_V_ERR_…) for the certificates that occur
_CERTIFICATE_WORDS = {
    9: "the certificate of {host} is not valid yet",
    10: "the certificate of {host} has expired",
    18: "the certificate of {host} is self-signed",
    19: "the certificate of {host} comes from an authority that is not trusted here",
    20: "the certificate of {host} comes from an authority that is not known here",
    62: "the certificate is for another name than {host}",
    64: "the certificate is for another address than {host}",
}


def failure(exc: BaseException, host: str) -> tuple[FailureKind, str]:
    """The kind and the sentence for what aiohttp, the resolver or the guard raised on the way to ``host``."""
    chain = list(_chain(exc))
    for link in chain:
        if isinstance(link, ForbiddenAddressError):
            return FailureKind.FORBIDDEN, str(link)
        if isinstance(link, BodyError):
            return link.kind, str(link)
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        return FailureKind.NAME, _name_words(chain, host)
    if isinstance(exc, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        return FailureKind.TLS, _tls_words(chain, host)
    if isinstance(exc, aiohttp.InvalidURL | ValueError):
        return FailureKind.FORBIDDEN, f"{host!r} is not a host name that can be looked up"
    if isinstance(exc, aiohttp.ClientPayloadError):
        return FailureKind.TRUNCATED, f"{host} closed the connection before the whole body had arrived"
    if isinstance(exc, aiohttp.ClientResponseError):
        return _response_words(exc, chain, host)
    return FailureKind.CONNECT, _connect_words(exc, chain, host)


#: errors on our own side of the way
_OURS = frozenset({errno.ENETUNREACH, errno.ENETDOWN})


def no_way(exc: BaseException) -> bool | None:
    """None when a host was reached, or was not to be; else whether the reason lies on our own side."""
    if not isinstance(exc, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return None
    chain = list(_chain(exc))
    if any(isinstance(link, ForbiddenAddressError | ssl.SSLError | ssl.CertificateError) for link in chain):
        return None
    if isinstance(exc, aiohttp.ClientProxyConnectionError):
        return True
    codes = [link.errno for link in chain if isinstance(link, OSError)]
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        return socket.EAI_AGAIN in codes
    return any(code in _OURS for code in codes)


def status_words(status: int) -> str:
    """ "404 Not Found"; the number alone where nobody has named it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    """An exception and what led to it, aiohttp's wrapped ``OSError`` included."""
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        yield exc
        inner = exc.os_error if isinstance(exc, aiohttp.ClientConnectorError) else None
        exc = inner or exc.__cause__ or exc.__context__


def _name_words(chain: list[BaseException], host: str) -> str:
    codes = [link.errno for link in chain if isinstance(link, socket.gaierror)]
    if socket.EAI_AGAIN in codes:
        return f"the name {host} could not be looked up: no name server answered"
    return f"the name {host} could not be looked up"


def _tls_words(chain: list[BaseException], host: str) -> str:
    chain = [
        link for link in chain if not isinstance(link, aiohttp.ClientError)
    ]  # theirs are called SSLError too
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            words = _CERTIFICATE_WORDS.get(link.verify_code, "the certificate of {host} is not valid: {why}")
            return "TLS: " + words.format(host=host, why=link.verify_message)
    reasons = [str(link.reason) for link in chain if isinstance(link, ssl.SSLError) and link.reason]
    why = reasons[0].replace("_", " ").lower() if reasons else "the handshake was broken off"
    return f"TLS: no secure connection with {host}: {why}"


def _response_words(
    exc: aiohttp.ClientResponseError, chain: list[BaseException], host: str
) -> tuple[FailureKind, str]:
    if isinstance(exc, aiohttp.ClientHttpProxyError):
        return FailureKind.CONNECT, f"the proxy would not connect to {host}: {status_words(exc.status)}"
    if any(isinstance(link, LineTooLong) for link in chain) or "oo many headers" in exc.message:
        return FailureKind.TOO_BIG, f"the headers that {host} sent are too long"
    if any(isinstance(link, HttpProcessingError) for link in chain):
        return FailureKind.HTTP, f"what {host} answered is not HTTP"
    return FailureKind.HTTP, f"{host}: {exc.message}"


def _connect_words(exc: BaseException, chain: list[BaseException], host: str) -> str:
    if isinstance(exc, aiohttp.ClientProxyConnectionError):
        return f"the proxy cannot be reached: {exc.os_error.strerror or exc.os_error}"
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return f"{host} closed the connection without an answer"
    for link in chain:
        if isinstance(link, OSError) and link.errno in _CONNECT_WORDS:
            return _CONNECT_WORDS[link.errno].format(host=host)
    told = next((link.strerror for link in chain if isinstance(link, OSError) and link.strerror), None)
    return f"no connection with {host}: {told or exc or type(exc).__name__}"
