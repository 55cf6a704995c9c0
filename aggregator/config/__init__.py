"""What does the user want: feeds.toml -> frozen values; all errors at once, with place and remedy."""

from pathlib import Path

from aggregator.config.values import (
    AiConfig,
    Config,
    ExportFormat,
    FetchConfig,
    MailConfig,
    Outlet,
    PollingConfig,
    PublishConfig,
    SearchConfig,
    StoreConfig,
    WebConfig,
    WebhookConfig,
)

__all__ = [
    "AiConfig",
    "Config",
    "ExportFormat",
    "FetchConfig",
    "MailConfig",
    "Outlet",
    "PollingConfig",
    "PublishConfig",
    "SearchConfig",
    "StoreConfig",
    "WebConfig",
    "WebhookConfig",
    "load",
]


def load(path: Path) -> Config:
    """Read and validate feeds.toml; paths in it become absolute.

    Raises ConfigError with every problem of the file. Whatever the file holds, nothing else is raised.
    """
    # pydantic and the schemas take 0.1 s: rooms that only use the values do not pay for them
    from aggregator.config.loading import load as load_file

    return load_file(path)
