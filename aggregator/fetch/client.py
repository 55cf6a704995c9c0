"""One address, one answer: conditional GET with every limit that a hostile or broken server calls for.

``Client.get`` never raises for what the network does: an error status, a time-out, a bomb and a forbidden
address all come back as ``FetchFailed`` with a sentence for the user, and what a site does not want to be
asked now as ``PutOff``, without a request.
"""

import asyncio
import base64
import socket
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from aggregator.config import FetchConfig
from aggregator.core.walls import WALLED, wall, wall_at
from aggregator.fetch.address import AddressError, address, redirect_target
from aggregator.fetch.decode import BodyError, Decoder, too_big
from aggregator.fetch.guard import Guard
from aggregator.fetch.headers import FEED, NO_VALIDATORS, PAGE, conditions, received, validators_of
from aggregator.fetch.holds import Holds
from aggregator.fetch.hosts import Gate, site_of
from aggregator.fetch.limits import Limits
from aggregator.fetch.network import Network
from aggregator.fetch.resolve import SystemResolver, guarded
from aggregator.fetch.words import failure, no_way, status_words
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, PutOff, Validators

__all__ = ["FEED", "PAGE", "Client", "Limits"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LASTING = frozenset({301, 308})
#: bytes of an error's page that are looked at
_GLIMPSE = 32 * 1024
_NO_HEADERS: Mapping[str, str] = {}
_FINE = frozenset({200, 203})
#: decoded bytes of the answer to a form; nobody reads more
_FORM_ANSWER = 64 * 1024


class _Kept:
    """Sites whose connection stays open for their next request: as many as ``limits.idle``."""

    __slots__ = ("_limits", "_sites")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        #: when each was last used, oldest first
        self._sites: dict[str, float] = {}

    def may_keep(self, site: str, now: float) -> bool:
        """Whether the connection of a request that starts now may stay open after it."""
        sites = self._sites
        sites.pop(site, None)
        oldest = now - 2 * self._limits.idle_seconds  # aiohttp looks that seldom
        while sites and (first := next(iter(sites))) and sites[first] < oldest:
            del sites[first]
        if len(sites) >= self._limits.idle:
            return False
        sites[site] = now
        return True


@dataclass(slots=True, kw_only=True)
class _Trip:
    """One ``get``: what it asks for, and how far it has come."""

    url: str
    #: the address of the current request, without credentials
    at: URL
    #: the site whose turn we hold
    site: str
    #: sent to every server on the way
    common: dict[str, str]
    #: sent to the first origin only: credentials and configured headers
    own: dict[str, str]
    validators: Validators
    cap: int
    #: a longer body is cut at ``cap`` instead of refused
    cut: bool
    #: seconds allowed for all requests together
    allowed: float
    #: … and taken by those before the current one, which started at ``started``
    spent: float = 0.0
    started: float = 0.0
    #: addresses that redirected, in order
    been: tuple[URL, ...] = ()
    #: whether all of them did so for good
    lasting: bool = True
    #: where those that did so for good led; never for an address with a password in it, which would be lost
    moved_to: str | None = None
    #: whether ``url`` has a password in it
    secret: bool = False
    #: whether others of the site go first
    patient: bool = False
    #: sent by POST, redirects included; None: this is a GET
    form: bytes | None = None
    #: what else than an error this may be answered with
    fine: Container[int] = _FINE

    @property
    def final_url(self) -> str:
        return str(self.at) if self.been or self.secret else self.url


class Client:
    """The one way out, as an async context manager; one for the process, ``get`` may run many times at once.

    ``monotonic`` measures, in seconds, what requests take. ``resolver`` replaces the system's name lookup.
    ``holds`` knows who wants quiet, ``network`` learns who could be reached.
    """

    def __init__(
        self,
        config: FetchConfig,
        gate: Gate,
        *,
        monotonic: Callable[[], float],
        limits: Limits | None = None,
        resolver: AbstractResolver | None = None,
        holds: Holds | None = None,
        network: Network | None = None,
    ) -> None:
        self._config = config
        self._holds = holds
        self._network = network
        self._gate = gate
        self._monotonic = monotonic
        self._limits = limits or Limits()
        self._lookup = resolver or SystemResolver(self._limits.connect * 0.8)
        self._guard = Guard(config.allow_networks)
        self._kept = _Kept(self._limits)
        self._session: aiohttp.ClientSession | None = None

    @property
    def user_agent(self) -> str:
        """What every request calls itself."""
        return self._config.user_agent

    @property
    def gate(self) -> Gate:
        """Whose turn it is at a site."""
        return self._gate

    async def __aenter__(self) -> Self:
        limits, proxy = self._limits, self._config.proxy
        self._session = aiohttp.ClientSession(
            connector=guarded(
                self._lookup,
                self._guard,
                limit=0,  # the gate counts
                proxied=bool(proxy),
                ttl_dns_cache=60,
                keepalive_timeout=limits.idle_seconds,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            proxy=proxy or None,
            timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect, sock_read=limits.first_byte),
            headers={"User-Agent": self._config.user_agent, "Accept-Encoding": "gzip, deflate, br"},
            max_line_size=limits.headers // 2,
            max_field_size=limits.headers // 2,
            max_headers=limits.headers // 32,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)  # transports end in the loop's next turn

    async def get(
        self,
        url: str,
        *,
        validators: Validators = NO_VALIDATORS,
        accept: str = FEED,
        headers: Mapping[str, str] = _NO_HEADERS,
        auth: tuple[str, str] | None = None,
        max_body: int | None = None,
        cut: bool = False,
        deadline: timedelta | None = None,
    ) -> FetchResult:
        """What ``url`` holds now, after at most five redirects.

        ``headers`` and ``auth`` (user, password) go to the origin of ``url`` alone. ``max_body`` (decoded
        bytes) and ``deadline`` replace the configured limits; with ``cut`` a longer body is cut there instead
        of refused. A 200 with the ETag that was sent is ``NotModified``, as a 304 is. Waiting for the site's
        turn counts nowhere; pages (``accept`` is PAGE) let the other requests to their site go first.
        """
        try:
            at = address(url)
        except AddressError as exc:
            return FetchFailed(url=url, final_url=url, kind=FailureKind.FORBIDDEN, reason=str(exc))
        own = dict(headers)
        secret = at.raw_user is not None
        if secret:
            auth = auth or (at.user or "", at.password or "")
            at = at.with_user(None)
        if auth is not None:
            own["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        trip = _Trip(
            url=url,
            at=at,
            site=site_of(str(at)),
            common=conditions(accept, validators),
            own=own,
            validators=validators,
            cap=self._config.max_body if max_body is None else max_body,
            cut=cut,
            allowed=(self._config.timeout if deadline is None else deadline).total_seconds(),
            lasting=not secret,
            secret=secret,
            patient=accept == PAGE,
        )
        return await self._travel(trip)

    async def post(self, url: str, *, form: Mapping[str, str]) -> FetchResult:
        """What ``url`` answers to a form, within the same limits; ``Fetched`` for every 2xx."""
        try:
            at = address(url).with_user(None)
        except AddressError as exc:
            return FetchFailed(url=url, final_url=url, kind=FailureKind.FORBIDDEN, reason=str(exc))
        trip = _Trip(
            url=url,
            at=at,
            site=site_of(str(at)),
            common={"Accept": "*/*", "Content-Type": "application/x-www-form-urlencoded"},
            own={},
            validators=NO_VALIDATORS,
            cap=_FORM_ANSWER,
            cut=True,
            allowed=self._config.timeout.total_seconds(),
            form=urlencode(form).encode(),
            fine=range(200, 300),
        )
        return await self._travel(trip)

    async def _travel(self, trip: _Trip) -> FetchResult:
        """Request after request until one is no redirect, each in its own site's turn."""
        if (later := self._later(trip) or self._crowded(trip)) is not None:
            return later
        await self._gate.enter(trip.site, patient=trip.patient)
        held = True
        try:
            while (later := self._later(trip)) is None:
                trip.started = self._monotonic()
                result = await self._request(trip)
                if not isinstance(result, str):
                    return result
                now = self._monotonic()
                trip.spent, trip.started = trip.spent + now - trip.started, now
                if (failed := self._redirect(trip, result)) is not None:
                    return failed
                site = site_of(str(trip.at))
                if (later := self._later(trip, site)) is not None:
                    break
                held = False
                await self._move(trip, site)
                held = True
        finally:
            if held:
                self._gate.leave(trip.site)
        return later

    def _later(self, trip: _Trip, site: str = "") -> PutOff | None:
        """Whether somebody on the way wants quiet now."""
        return None if self._holds is None else self._holds.put_off(trip.url, trip.at, site or trip.site)

    def _crowded(self, trip: _Trip) -> PutOff | None:
        return None if self._holds is None else self._holds.crowded(trip.url, trip.site, patient=trip.patient)

    async def _move(self, trip: _Trip, site: str) -> None:
        """From the turn of one site to that of the next; holds neither when it raises."""
        if site == trip.site:
            await self._gate.again(site)
        else:
            self._gate.leave(trip.site)
            trip.site = site
            await self._gate.enter(site, patient=trip.patient)

    def _redirect(self, trip: _Trip, location: str) -> FetchFailed | None:
        """Point the trip at its next address, or say why it ends here."""
        host = trip.at.host
        most = self._limits.redirects
        try:
            target = redirect_target(trip.at, location)
        except AddressError as exc:
            return self._failed(
                trip, FailureKind.FORBIDDEN, f"{host} redirects to what is not fetched: {exc}"
            )
        if target == trip.at or target in trip.been:
            return self._failed(trip, FailureKind.REDIRECT, f"{host} redirects in a circle, back to {target}")
        if len(trip.been) >= most:
            return self._failed(
                trip, FailureKind.REDIRECT, f"more than {most} redirects, the last to {target}"
            )
        if who := wall_at(str(target), str(trip.at)):
            reason = f"blocked by {who}: {host} redirects to {target.host}{target.path}"
            return self._failed(trip, FailureKind.BLOCKED, reason)
        if trip.lasting:
            trip.moved_to = str(target.with_fragment(None))
        if target.origin() != trip.at.origin():
            trip.own = {}  # for good: a way back does not make the detour trustworthy
        trip.been = (*trip.been, trip.at)
        trip.at = target
        return None

    async def _request(self, trip: _Trip) -> FetchResult | str:
        """One request. A string is the Location of a redirect."""
        host, limits = trip.at.host or "", self._limits
        if self._config.proxy and (why := self._guard.host_refusal(host)):
            return self._failed(trip, FailureKind.FORBIDDEN, why)
        response: aiohttp.ClientResponse | None = None
        clock = asyncio.timeout(trip.allowed - trip.spent)
        end: float | None = None
        try:
            async with clock:
                end = clock.when()
                response = await self._send(trip)
                return await self._read(trip, response, clock)
        except aiohttp.ConnectionTimeoutError as exc:
            self._unreached(trip, exc)
            reason = f"{host} accepted no connection within {limits.connect:g} s"
            return self._failed(trip, FailureKind.TIMEOUT, reason)
        except TimeoutError as exc:
            if isinstance(exc, aiohttp.SocketTimeoutError):
                reason = self._silence_words(host, begun=response is not None)
            elif clock.when() != end:
                reason = f"{host} sent less than {limits.rate_bytes:,} bytes in {limits.rate_seconds:g} s"
            else:
                reason = f"{host} was not done within {trip.allowed:g} s"
            return self._failed(trip, FailureKind.TIMEOUT, reason, response)
        except (aiohttp.ClientError, BodyError, OSError, ValueError) as exc:
            self._unreached(trip, exc)
            return self._failed(trip, *failure(exc, host), response)
        finally:
            if response is not None:
                response.close()  # keeps the connection when the body was read to its end

    async def _send(self, trip: _Trip) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("a client is used inside its async with block")
        headers = {**trip.common, **trip.own} if trip.own else trip.common
        if not self._kept.may_keep(trip.site, trip.started):
            headers = {**headers, "Connection": "close"}
        if trip.form is not None:
            return await self._session.post(trip.at, data=trip.form, headers=headers, allow_redirects=False)
        return await self._session.get(trip.at, headers=headers, allow_redirects=False)

    async def _read(
        self, trip: _Trip, response: aiohttp.ClientResponse, clock: asyncio.Timeout
    ) -> FetchResult | str:
        """What the response means; its body where that is what was asked for."""
        status = response.status
        headers, size = received(response)
        self._learn(trip, status, headers)
        if size > self._limits.headers:
            reason = f"{trip.at.host} sent more than {self._limits.headers // 1024} KB of headers"
            raise BodyError(FailureKind.TOO_BIG, reason)
        if status in _REDIRECTS:
            if location := headers.get("location"):
                trip.lasting = trip.lasting and status in _LASTING
                return location
            reason = f"the server answered {status_words(status)} without saying where to"
            return self._failed(trip, FailureKind.REDIRECT, reason, response)
        sent = trip.validators
        if status == 304 and sent != NO_VALIDATORS:
            return self._unchanged(trip, headers, validators_of(headers, status), status)
        if status not in trip.fine:
            return await self._refused(trip, response, headers, clock)
        given = validators_of(headers, status)
        if sent.etag and given.etag == sent.etag:
            return self._unchanged(trip, headers, given, status)
        body = await self._body(response, headers, clock, trip.cap, cut=trip.cut)
        if trip.form is None and (who := wall(status, headers, body)) is not None:
            return self._failed(trip, FailureKind.BLOCKED, f"blocked by {who}", response)
        return Fetched(
            url=trip.url,
            final_url=trip.final_url,
            status=status,
            headers=headers,
            body=body,
            validators=given,
            elapsed_ms=self._elapsed_ms(trip),
            moved_to=trip.moved_to,
        )

    async def _refused(
        self,
        trip: _Trip,
        response: aiohttp.ClientResponse,
        headers: Mapping[str, str],
        clock: asyncio.Timeout,
    ) -> FetchFailed:
        """An error status, and whether a bot wall or a consent wall gave it: its page tells."""
        status = response.status
        page = b""
        if status in WALLED and trip.form is None:
            with suppress(BodyError, aiohttp.ClientError):  # what it says counts, not how well it says it
                page = await self._body(response, headers, clock, _GLIMPSE, cut=True)
        if (who := wall(status, headers, page)) is not None:
            reason = f"blocked by {who} ({status_words(status)})"
            return self._failed(trip, FailureKind.BLOCKED, reason, response)
        return self._failed(trip, FailureKind.HTTP, _status_reason(trip, status), response)

    def _learn(self, trip: _Trip, status: int, headers: Mapping[str, str]) -> None:
        """What an answer says of the site's patience and of our own network."""
        if self._holds is not None:
            self._holds.answered(trip.at, trip.site, status, headers)
        if self._network is not None:
            self._network.connected(trip.site, trip.at)

    def _unreached(self, trip: _Trip, exc: BaseException) -> None:
        if self._network is not None and (ours := no_way(exc)) is not None:
            self._network.failed(trip.site, trip.at, ours=ours)

    async def probe(self) -> bool:
        """While our network is out: whether it is back, found by connecting to a site and asking nothing."""
        if self._network is None or (at := self._network.candidate()) is None:
            return True
        async with self._gate.slot(str(at)):
            reached = await self._reaches(URL(self._config.proxy) if self._config.proxy else at)
        if reached:
            self._network.resumed()
        return reached

    async def _reaches(self, at: URL) -> bool:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._limits.connect):
                for found in await self._lookup.resolve(at.host or "", at.port or 80):
                    kind = (found["family"], socket.SOCK_STREAM, found["proto"])
                    address = (found["host"], found["port"])
                    made = (
                        socket.socket(*kind)
                        if self._config.proxy
                        else self._guard.socket((*kind, "", address))
                    )
                    with made:
                        made.setblocking(False)
                        await loop.sock_connect(made, address)
                        return True
        except (OSError, TimeoutError, ValueError):
            return False
        return False

    async def _body(
        self,
        response: aiohttp.ClientResponse,
        headers: Mapping[str, str],
        clock: asyncio.Timeout,
        cap: int,
        *,
        cut: bool,
    ) -> bytes:
        """The decoded body within all limits. Raises BodyError."""
        limits, content = self._limits, response.content
        decoder = Decoder(
            headers.get("content-encoding", ""),
            cap=cap,
            ratio=limits.ratio,
            ratio_from=limits.ratio_from,
        )
        end = clock.when() or 0.0
        due = 0
        try:
            if (response.content_length or 0) > cap and not cut:
                raise too_big(cap)
            while not content.at_eof():
                if due <= 0 and not content.is_eof():  # the next so many bytes have so many seconds
                    due = limits.rate_bytes
                    clock.reschedule(min(end, asyncio.get_running_loop().time() + limits.rate_seconds))
                chunk = await content.readany()
                due -= len(chunk)
                decoder.feed(chunk)
            return decoder.finish()
        except BodyError as exc:
            if cut and exc.kind is FailureKind.TOO_BIG:
                return decoder.so_far()
            raise

    def _unchanged(
        self, trip: _Trip, headers: Mapping[str, str], given: Validators, status: int
    ) -> NotModified:
        return NotModified(
            url=trip.url,
            final_url=trip.final_url,
            headers=headers,
            validators=trip.validators if given == NO_VALIDATORS else given,
            elapsed_ms=self._elapsed_ms(trip),
            status=status,
            moved_to=trip.moved_to,
        )

    def _failed(
        self, trip: _Trip, kind: FailureKind, reason: str, response: aiohttp.ClientResponse | None = None
    ) -> FetchFailed:
        return FetchFailed(
            url=trip.url,
            final_url=trip.final_url,
            kind=kind,
            reason=reason,
            status=None if response is None else response.status,
            headers={} if response is None else received(response)[0],
            elapsed_ms=self._elapsed_ms(trip),
        )

    def _elapsed_ms(self, trip: _Trip) -> int:
        return round((trip.spent + self._monotonic() - trip.started) * 1000)

    def _silence_words(self, host: str, *, begun: bool) -> str:
        what = "nothing more came" if begun else "no answer came"
        return f"{what} from {host} within {self._limits.first_byte:g} s"


def _status_reason(trip: _Trip, status: int) -> str:
    """The status in words, and who said it when a redirect led elsewhere."""
    who = f"{trip.at.host} (redirected)" if trip.been and trip.at.host != trip.been[0].host else "the server"
    words = f"{who} answered {status_words(status)}"
    if status == 304:
        return f"{words} although nothing is stored here yet"
    return f"{words}, which holds nothing to read" if status < 300 else words
