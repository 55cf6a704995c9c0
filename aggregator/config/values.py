"""The values that feeds.toml becomes. Defaults stand here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from aggregator.model import FullText

ExportFormat = Literal["atom", "rss", "json", "jsonl", "opml", "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """``[store]``; ``keep`` is None for "forever". A relative SQLite path is already resolved."""

    url: str
    keep: timedelta | None = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchConfig:
    """``[fetch]``."""

    user_agent: str
    timeout: timedelta = timedelta(seconds=30)
    #: decoded bytes
    max_body: int = 10_000_000
    #: CIDRs that may be contacted although not public
    allow_networks: tuple[str, ...] = ()
    connections: int = 64
    per_host_delay: timedelta = timedelta(seconds=1)
    robots: Literal["obey", "ignore"] = "obey"
    proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingConfig:
    """``[polling]``."""

    min_interval: timedelta = timedelta(minutes=10)
    max_interval: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishConfig:
    """``[publish]``; ``directory`` is absolute."""

    directory: Path
    formats: tuple[ExportFormat, ...] = ("atom", "rss", "json", "opml")
    limit: int = 100
    content: Literal["full", "summary"] = "full"
    title: str = "News"
    base_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """``[web]``."""

    listen: str = "127.0.0.1:8000"
    base_url: str | None = None
    locale: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class AiConfig:
    """``[ai]``: an endpoint that speaks OpenAI's chat completions; without the table no model is asked."""

    #: up to and including the version: "http://127.0.0.1:11434/v1"
    url: str
    model: str
    key_file: Path | None = None
    #: of question and answer together
    tokens_per_day: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MailConfig:
    """``[mail]``: where the digest goes. Without ``cron`` only ``aggregator digest --mail`` sends it."""

    host: str
    sender: str
    to: tuple[str, ...]
    #: None: the usual one of ``security``
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: Path | None = None
    cron: str | None = None
    #: how far back a digest reaches that was never sent before
    since: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """``[[search]]``: a saved search, which has a feed of its own."""

    name: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """``[[webhook]]``: who is told of what is new; ``query`` as in a search, "": all of it."""

    url: str
    secret_file: Path | None = None
    event: Literal["item", "story", "health"] = "item"
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A configured publisher. ``feeds`` is empty when they are to be discovered from ``homepage``."""

    name: str
    homepage: str = ""
    feeds: tuple[str, ...] = ()
    kind: Literal["feed", "aggregator"] = "feed"
    tags: tuple[str, ...] = ()
    language: str | None = None
    every: timedelta | None = None
    cron: str | None = None
    full_text: FullText = "auto"
    comments: bool = False
    enabled: bool = True
    user: str = ""
    password_file: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    keep_if: tuple[str, ...] = ()
    drop_if: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole of feeds.toml."""

    path: Path
    store: StoreConfig
    fetch: FetchConfig
    polling: PollingConfig = field(default_factory=PollingConfig)
    publish: PublishConfig | None = None
    web: WebConfig | None = None
    ai: AiConfig | None = None
    mail: MailConfig | None = None
    searches: tuple[SearchConfig, ...] = ()
    webhooks: tuple[WebhookConfig, ...] = ()
    outlets: tuple[Outlet, ...] = ()
