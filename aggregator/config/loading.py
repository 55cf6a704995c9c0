"""How does feeds.toml become a Config: read, validate each table, check tables against each other."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aggregator import __version__
from aggregator.config import problems, schema, words
from aggregator.config.values import (
    AiConfig,
    Config,
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
from aggregator.errors import ConfigError

#: reserved by RFC 2606, so it never leads to somebody else; feeds.toml tells the user to put a real one
_PLACEHOLDER = "https://news-aggregator.example/"

#: hosts that a password reaches without leaving the machine
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

Tables = Mapping[str, Any]


def load(path: Path) -> Config:
    """See ``aggregator.config.load``."""
    return parse(read(path), path)


def read(path: Path) -> str:
    """The text of the file; ConfigError where it cannot be read."""
    try:
        # some editors write a byte order mark, which TOML does not know
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError([f"{path} is not there; `aggregator init` writes one"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{path} is a folder; expected a file such as feeds.toml"]) from None
    except UnicodeDecodeError as exc:
        raise ConfigError([f"{path}: is not UTF-8 text (byte {exc.start}); save it as UTF-8"]) from exc
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise ConfigError([f"{path} cannot be read: {reason}"]) from exc


def parse(text: str, path: Path) -> Config:
    """The configuration that ``text`` stands for, as if read from ``path``."""
    tables = _tables(text, path)
    base = path.absolute().parent
    found: list[str] = []
    values = _validated(tables, base, found)
    found.extend(_contradictions(tables, values))
    if found:
        raise ConfigError([f"{path}: {problems.printable(sentence)}" for sentence in found])
    return _config(values, path.absolute())


def _tables(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError([f"{path}: is not valid TOML: {exc}"]) from exc
    except RecursionError:
        raise ConfigError([f"{path}: is not usable: values are nested too deep"]) from None
    except ValueError as exc:  # a number of more than 4300 digits, a day that does not exist
        raise ConfigError([f"{path}: is not usable: {exc}"]) from exc


# ── each table by itself ─────────────────────────────────────────────────────────────────────


def _validated(tables: Tables, base: Path, found: list[str]) -> dict[str, Any]:
    """What is usable, by table; sentences about the rest are added to ``found``."""
    values: dict[str, Any] = {}
    for name, table in tables.items():
        if name in schema.SINGLE:
            values[name] = _single(name, table, base, found)
        elif name in schema.REPEATED:
            values[name] = _repeated(name, table, base, found)
        elif isinstance(table, dict | list) and _is_tables(table):
            tables_known = (*schema.SINGLE, *schema.REPEATED)
            found.append(f"unknown table [{name}]{problems.near(name, tables_known)}")
        else:
            found.append(f"unknown key {problems.found(name)} outside of any table" + _home_of(name))
    return values


def _is_tables(value: Any) -> bool:
    return isinstance(value, dict) or all(isinstance(each, dict) for each in value)


def _home_of(key: str) -> str:
    homes = [name for name in (*schema.SINGLE, *schema.REPEATED) if key in schema.keys(name)]
    return f"; it belongs below {_written(homes[0])}" if len(homes) == 1 else ""


def _written(name: str) -> str:
    return f"[{name}]" if name in schema.SINGLE else f"[[{name}]]"


def _single(name: str, table: Any, base: Path, found: list[str]) -> dict[str, Any]:
    if not isinstance(table, dict):
        found.append(f"[{name}] is {problems.found(table)}; expected one table, written [{name}]")
        return {}
    return _table(name, f"[{name}]", table, base, found)


def _repeated(name: str, tables: Any, base: Path, found: list[str]) -> list[dict[str, Any]]:
    if isinstance(tables, dict):
        found.append(f"[{name}] must be written [[{name}]], in two brackets: there can be several")
        tables = [tables]
    elif not isinstance(tables, list) or not _is_tables(tables):
        found.append(f"{name} is {problems.found(tables)}; expected tables, each written [[{name}]]")
        return []
    return [_table(name, label(name, i, table), table, base, found) for i, table in enumerate(tables)]


def label(kind: str, index: int, table: Tables) -> str:
    """What a repeated table is called in a sentence: its name where it has one, else which one it is."""
    name = table.get("name", table.get("url"))
    return (
        f"{kind} {problems.found(name)}" if name and isinstance(name, str) else f"{kind} number {index + 1}"
    )


def _table(name: str, place: str, table: Tables, base: Path, found: list[str]) -> dict[str, Any]:
    try:
        return schema.adapter(name).validate_python(table, context={"base": base})
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
        found.extend(f"{place}: {problems.in_words(each, schema.keys(name))}" for each in errors)
        return {}


# ── tables against each other ────────────────────────────────────────────────────────────────


def _contradictions(tables: Tables, values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong although each value by itself is right; told beside the other problems."""
    polling = PollingConfig(**values.get("polling", {}))
    if polling.min_interval > polling.max_interval:
        yield (
            f'[polling]: min_interval "{words.in_words(polling.min_interval)}" is longer than '
            f'max_interval "{words.in_words(polling.max_interval)}"'
        )
    mail = tables.get("mail")
    if isinstance(mail, dict):
        for sentence in _in_mail(mail):
            yield f"[mail]: {sentence}"
    outlets = tables.get("outlet")
    if isinstance(outlets, list) and _is_tables(outlets):
        for index, table in enumerate(outlets):
            for sentence in _in_outlet(table):
                yield f"{label('outlet', index, table)}: {sentence}"
        yield from _twice(outlets)
    searches = tables.get("search")
    if isinstance(searches, list) and _is_tables(searches):
        yield from _same_names("search", searches)


def _in_mail(table: Tables) -> Iterator[str]:
    if table.get("user") and not table.get("password_file"):
        yield "has a user but no password_file; expected the name of a file that holds the password"
    if table.get("password_file") and not table.get("user"):
        yield "has a password_file but no user"
    if table.get("user") and table.get("security") == "none" and table.get("host") not in _THIS_MACHINE:
        yield 'would send the password in the clear; expected security = "starttls" or "tls"'


def _in_outlet(table: Tables) -> Iterator[str]:
    if not any(table.get(key) not in ("", []) for key in ("feeds", "homepage") if key in table):
        yield 'has neither feeds nor homepage; expected feeds = ["https://…"], or homepage to find them from'
    if "every" in table and "cron" in table:
        yield "has both every and cron; expected one of them"
    if table.get("user") and not table.get("password_file"):
        yield "has a user but no password_file; expected the name of a file that holds the password"
    if table.get("password_file") and not table.get("user"):
        yield "has a password_file but no user"


def _twice(outlets: list[Tables]) -> Iterator[str]:
    """One name for two outlets, one feed in two places."""
    yield from _same_names("outlet", outlets)
    feeds: dict[str, str] = {}
    for index, table in enumerate(outlets):
        place = label("outlet", index, table)
        for url in _texts(table.get("feeds")):
            try:
                key = words.same_address(url)
            except ValueError:  # reported where addresses are validated
                continue
            if key in feeds:
                yield f"{place}: the feed {problems.found(url)} already stands in {feeds[key]}"
            feeds.setdefault(key, place)


def _same_names(kind: str, tables: list[Tables]) -> Iterator[str]:
    seen: set[str] = set()
    for index, table in enumerate(tables):
        name = table.get("name")
        if not isinstance(name, str) or not name.strip():
            continue
        key = name.strip().casefold()
        if key in seen:
            yield f"{label(kind, index, table)}: the name is used twice; names are compared ignoring case"
        seen.add(key)


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


# ── values ───────────────────────────────────────────────────────────────────────────────────


def _config(values: Mapping[str, Any], path: Path) -> Config:
    web = WebConfig(**values["web"]) if "web" in values else None
    publish = None
    if "publish" in values:
        publish = PublishConfig(**{"directory": path.parent / "public", **values["publish"]})
    fetch = {"user_agent": user_agent(publish, web), **values.get("fetch", {})}
    store = {"url": f"sqlite:///{path.parent / 'aggregator.db'}", **values.get("store", {})}
    articles = values.get("articles", {})
    outlets = tuple(Outlet(**{**articles, **outlet}) for outlet in values.get("outlet", ()))
    return Config(
        path=path,
        store=StoreConfig(**store),
        fetch=FetchConfig(**fetch),
        polling=PollingConfig(**values.get("polling", {})),
        publish=publish,
        web=web,
        ai=AiConfig(**values["ai"]) if "ai" in values else None,
        mail=MailConfig(**values["mail"]) if "mail" in values else None,
        searches=tuple(SearchConfig(**each) for each in values.get("search", ())),
        webhooks=tuple(WebhookConfig(**each) for each in values.get("webhook", ())),
        outlets=outlets,
    )


def user_agent(publish: PublishConfig | None, web: WebConfig | None) -> str:
    """Who we say we are: project, version, and where publishers reach whoever runs it."""
    contact = (web and web.base_url) or (publish and publish.base_url) or _PLACEHOLDER
    return f"news-aggregator/{__version__} (+{contact})"
