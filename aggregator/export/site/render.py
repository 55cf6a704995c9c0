"""Pages -> HTML. Everything is escaped but what ``core.sanitize`` has cleaned."""

import re
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aggregator.core.sanitize import SafeHtml
from aggregator.export.site import pages
from aggregator.export.text import printable

#: what a page says made it: by this our own files are known
MARK: Final = '<meta name="generator" content="news-aggregator">'

#: a page may load pictures and sound from anywhere, and nothing else but our style and script
_POLICY: Final = (
    "default-src 'none'; img-src 'self' http: https:; media-src http: https:; style-src 'self'; "
    "script-src 'self'; base-uri 'none'; form-action 'none'"
)
# Every tag as nh3 writes it. All of them are gone through, so that what looks like a tag in the value of an
# attribute is never taken for one.
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [\w-]+="[^"]*")*)>')
# a page has one main part and one first heading, and both are ours
_INSTEAD: Final = {"h1": "h2", "main": "div", "nav": "div"}
_MORE: Final = {
    "img": ' loading="lazy" decoding="async" referrerpolicy="no-referrer"',
    "audio": ' preload="none"',
    "video": ' preload="none"',
}

_TEMPLATES: Final = {
    pages.FrontPage: "front.html",
    pages.StoryPage: "story.html",
    pages.ArticlePage: "article.html",
    pages.ListPage: "list.html",
    pages.IndexPage: "index.html",
    pages.MovedPage: "moved.html",
}
Page = (
    pages.FrontPage | pages.StoryPage | pages.ArticlePage | pages.ListPage | pages.IndexPage | pages.MovedPage
)


@cache
def environment() -> Environment:
    """The templates, with everything escaped and no name left undefined."""
    made = Environment(
        loader=PackageLoader("aggregator.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters["safe_html"] = _marked
    made.globals["policy"] = _POLICY
    made.globals["mark"] = Markup(MARK)  # noqa: S704  our own words
    return made


def page(frame: pages.Frame, shown: Page, path: str) -> str:
    """The HTML of a page that lies at ``path``."""
    template = environment().get_template(_TEMPLATES[type(shown)])
    return template.render(site=frame, page=shown, path=path, root="../" * path.count("/"))


def not_found(frame: pages.Frame) -> str:
    """The page for addresses that lead nowhere: it is shown at any depth, so its own start at the root."""
    root = f"{urlsplit(frame.base_url).path.rstrip('/')}/"
    return environment().get_template("404.html").render(site=frame, path="404.html", root=root)


def for_page(cleaned: str) -> SafeHtml:
    """Cleaned HTML of an article as a part of one of our pages.

    Pictures are loaded as they come into view and tell nobody where they are shown; films and sounds are
    loaded when they are started.
    """
    return SafeHtml(_TAG.sub(_fitted, cleaned))


def _fitted(tag: re.Match[str]) -> str:
    slash, name, attributes = tag.groups()
    if name in _INSTEAD:
        return f"<{slash}{_INSTEAD[name]}{attributes}>"
    return f"<{name}{_MORE[name]}{attributes}>" if not slash and name in _MORE else tag[0]


@cache
def static(name: str) -> str:
    """A file that lies beside the pages."""
    return (files("aggregator.export") / "static" / name).read_text(encoding="utf-8")


def static_name(name: str) -> str:
    """The name of such a file on the site: another where it holds something else, so no cache is stale."""
    stem, _, ending = name.rpartition(".")
    return f"static/{stem}-{blake2b(static(name).encode(), digest_size=4).hexdigest()}.{ending}"


@cache
def layout() -> str:
    """A digest of the templates: whatever it says, pages that were made by another are made anew."""
    digest = blake2b(digest_size=8)
    for name in ("base.html", "parts.html", "404.html", *_TEMPLATES.values()):
        source, _, _ = environment().loader.get_source(environment(), name)  # type: ignore[union-attr]
        digest.update(source.encode())
    return digest.hexdigest()


def _marked(html: SafeHtml) -> Markup:
    return Markup(html)  # noqa: S704  the type says that it has been cleaned


def _finalize(value: Any) -> Any:
    """Control characters and lone surrogates are no HTML."""
    return printable(value) if type(value) is str else value
