"""With what does an outlet let us in? Its configured headers and password, for its own sites only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from aggregator.config import Outlet
from aggregator.core.urls import site_key
from aggregator.fetch.client import FEED, Client
from aggregator.model import FailureKind, FetchFailed, FetchResult, Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What to send along; ``auth`` is user and password."""

    headers: Mapping[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None


_NONE = Access()


def access(outlet: Outlet, url: str) -> Access:
    """What ``url`` may be told: nothing, unless it lies on a site of the outlet's home page or feeds.

    The password is read anew each time, so that it can be changed while the daemon runs. Raises OSError.
    """
    if not (outlet.headers or outlet.user):
        return _NONE
    if site_key(url) not in {site_key(own) for own in (outlet.homepage, *outlet.feeds) if own}:
        return _NONE
    auth = None
    if outlet.user and outlet.password_file is not None:
        auth = (outlet.user, outlet.password_file.read_text(encoding="utf-8").rstrip("\r\n"))
    return Access(headers=outlet.headers, auth=auth)


async def fetch_as(
    client: Client,
    outlet: Outlet,
    url: str,
    *,
    validators: Validators,
    accept: str,
    deadline: timedelta | None = None,
) -> FetchResult:
    """What ``url`` holds for whom the outlet knows; ``deadline`` replaces the configured one."""
    try:
        known = access(outlet, url)
    except (OSError, UnicodeDecodeError) as error:
        reason = f"password_file {outlet.password_file} cannot be read: {error}"
        return FetchFailed(url=url, final_url=url, kind=FailureKind.FORBIDDEN, reason=reason)
    return await client.get(
        url,
        validators=validators,
        accept=accept,
        headers=known.headers,
        auth=known.auth,
        deadline=deadline,
    )


@dataclass(frozen=True, slots=True)
class Visitor:
    """The client as one outlet knows it, for first visits."""

    client: Client
    outlet: Outlet

    async def get(self, url: str) -> FetchResult:
        """What ``url`` holds now."""
        return await fetch_as(self.client, self.outlet, url, validators=Validators(), accept=FEED)
