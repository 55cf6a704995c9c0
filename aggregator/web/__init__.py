"""The web side: what hubs and monitoring reach. Imported only where ``[web]`` stands in feeds.toml."""

from aggregator.web.server import bind, serving
from aggregator.web.site import create_app

__all__ = ["bind", "create_app", "serving"]
