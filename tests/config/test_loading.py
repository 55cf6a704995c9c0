"""feeds.toml -> Config, or every problem of it at once."""
# ruff: noqa: E501  the sentences stand as they are printed

from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config import Config, Outlet, PollingConfig, PublishConfig, StoreConfig, WebConfig, load
from aggregator.config.loading import parse
from aggregator.errors import ConfigError

A_FEED = '[[outlet]]\nname = "A"\nfeeds = ["https://a.example/feed"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def problems(text: str, path: Path = Path("feeds.toml")) -> list[str]:
    """What is wrong with a file, without the file's name in front of each."""
    with pytest.raises(ConfigError) as caught:
        parse(text, path)
    prefix = f"{path}: "
    assert all(problem.startswith(prefix) for problem in caught.value.problems)
    return [problem.removeprefix(prefix) for problem in caught.value.problems]


def test_an_empty_file_is_a_configuration_of_defaults_without_outlets(folder: Path) -> None:
    path = folder / "feeds.toml"
    path.write_text("")

    config = load(path)

    assert config == Config(
        path=path,
        store=StoreConfig(url=f"sqlite:///{folder}/aggregator.db"),
        fetch=config.fetch,
        polling=PollingConfig(),
    )
    assert config.fetch.user_agent == "news-aggregator/0.1.0 (+https://news-aggregator.example/)"
    assert (config.fetch.timeout, config.fetch.max_body) == (timedelta(seconds=30), 10_000_000)


def test_every_key_of_the_contract_is_read(folder: Path) -> None:
    (folder / "secret").write_text("geheim\n")
    path = folder / "feeds.toml"
    path.write_text("""
        [store]
        url = "sqlite:///data/news.db?timeout=5"
        keep = "forever"
        [fetch]
        user_agent = "me/1 (+https://me.example/)"
        timeout = "20s"
        max_body = "5MiB"
        allow_networks = ["127.0.0.1/8", "fd00::/8"]
        connections = 8
        per_host_delay = "0s"
        robots = "ignore"
        proxy = "http://proxy.example:3128"
        [polling]
        min_interval = "5m"
        max_interval = "1w"
        [articles]
        full_text = "never"
        [publish]
        directory = "out"
        formats = ["jsonl", "html"]
        limit = 7
        content = "summary"
        title = "Mine"
        base_url = "https://example.org/news/"
        [web]
        listen = "[::1]:8080"
        base_url = "https://news.example.org/"
        locale = "de-AT"
        timezone = "Asia/Bahrain"
        [ai]
        url = "http://127.0.0.1:8000/v1"
        model = "small"
        key_file = "secret"
        tokens_per_day = 1000
        [mail]
        host = "mail.example.org"
        port = 587
        security = "starttls"
        user = "me"
        password_file = "secret"
        sender = "me@example.org"
        to = ["you@example.org"]
        cron = "0 7 * * *"
        since = "1d"
        [[search]]
        name = "Oil"
        query = "oil -olive"
        [[webhook]]
        url = "https://example.org/hook"
        secret_file = "secret"
        event = "story"
        query = "tag:gulf"
        [[outlet]]
        name = "A"
        homepage = "https://a.example/"
        feeds = ["https://a.example/feed", "HTTP://a.example/other"]
        kind = "aggregator"
        tags = ["bahrain", "gulf"]
        language = "en-GB"
        every = "15m"
        full_text = "always"
        comments = true
        enabled = false
        user = "me"
        password_file = "secret"
        headers = { X-Key = "value" }
        keep_if = ["bahrain|gulf"]
        drop_if = ["horoscope"]
        [[outlet]]
        name = "B"
        homepage = "https://b.example/"
        cron = "0 7 * * 1-5"
    """)

    config = load(path)

    assert config.store == StoreConfig(url=f"sqlite:///{folder}/data/news.db?timeout=5", keep=None)
    assert config.fetch.allow_networks == ("127.0.0.0/8", "fd00::/8")
    assert (config.fetch.max_body, config.fetch.per_host_delay) == (5 * 2**20, timedelta(0))
    assert config.fetch.proxy == "http://proxy.example:3128"
    assert config.polling == PollingConfig(min_interval=timedelta(minutes=5), max_interval=timedelta(weeks=1))
    assert config.publish == PublishConfig(
        directory=folder / "out",
        formats=("jsonl", "html"),
        limit=7,
        content="summary",
        title="Mine",
        base_url="https://example.org/news/",
    )
    assert config.web == WebConfig(
        listen="[::1]:8080", base_url="https://news.example.org/", locale="de-AT", timezone="Asia/Bahrain"
    )
    assert config.outlets == (
        Outlet(
            name="A",
            homepage="https://a.example/",
            feeds=("https://a.example/feed", "HTTP://a.example/other"),
            kind="aggregator",
            tags=("bahrain", "gulf"),
            language="en-GB",
            every=timedelta(minutes=15),
            full_text="always",
            comments=True,
            enabled=False,
            user="me",
            password_file=folder / "secret",
            headers={"X-Key": "value"},
            keep_if=("bahrain|gulf",),
            drop_if=("horoscope",),
        ),
        Outlet(name="B", homepage="https://b.example/", cron="0 7 * * 1-5", full_text="never"),
    )


def test_the_shipped_file_is_right_and_lists_the_two_outlets(folder: Path) -> None:
    path = folder / "feeds.toml"
    path.write_text(resources.files("aggregator.config").joinpath("feeds.toml").read_text("utf-8"))

    config = load(path)

    assert [(outlet.name, outlet.homepage, outlet.feeds) for outlet in config.outlets] == [
        ("Daily Tribune", "https://www.newsofbahrain.com/", ()),
        ("Gulf Insider", "https://www.gulf-insider.com/", ("https://www.gulf-insider.com/feed/",)),
    ]
    assert config.web is not None
    assert config.publish is not None


def test_the_public_address_is_the_contact_when_nobody_gave_another() -> None:
    config = parse('[publish]\nbase_url = "https://example.org/news/"\n', Path("feeds.toml"))

    assert config.fetch.user_agent == "news-aggregator/0.1.0 (+https://example.org/news/)"


def test_all_problems_are_told_at_once_each_with_outlet_key_value_and_remedy() -> None:
    found = problems("""
        [fetch]
        timeuot = "3s"
        connections = 0
        [polling]
        min_interval = "2h"
        max_interval = "1h"
        [[outlet]]
        name = "BBC"
        feeds = ["htp://bbc.example/", "bbc.example/feed"]
        full_text = "allways"
        [[outlet]]
        homepage = "https://x.example/"
        enabled = "yes"
    """)

    assert found == [
        "[fetch]: connections 0 is out of range; expected at least 1",
        '[fetch]: unknown key "timeuot"; did you mean "timeout"?',
        'outlet "BBC": feeds[0] "htp://bbc.example/" is not an http(s) address',
        (
            'outlet "BBC": feeds[1] "bbc.example/feed" is not an http(s) address; '
            'did you mean "https://bbc.example/feed"?'
        ),
        'outlet "BBC": full_text "allways" is not known; expected "auto", "always" or "never"',
        "outlet number 2: name is missing",
        'outlet number 2: enabled "yes" has the wrong type; expected true or false, without quotes',
        '[polling]: min_interval "2h" is longer than max_interval "1h"',
    ]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('[fetch]\ntimeout = "0s"', '[fetch]: timeout "0s" is out of range; expected 1s to 10m'),
        (
            '[fetch]\ntimeout = "-5s"',
            (
                '[fetch]: timeout "-5s" is not a duration; expected a number and a unit, such as "30s", "15m", "6h",'
                ' "2d" or "1w"'
            ),
        ),
        (
            "[fetch]\ntimeout = 30",
            '[fetch]: timeout 30 is not a duration; expected text in quotes, such as "30s", "15m", "6h" or "2d"',
        ),
        (
            '[fetch]\nmax_body = "ten"',
            '[fetch]: max_body "ten" is not a size; expected a number and a unit, such as "500KB" or "10MB"',
        ),
        (
            '[fetch]\nallow_networks = ["intranet"]',
            (
                '[fetch]: allow_networks[0] "intranet" is not a network; expected one such as "127.0.0.0/8" or '
                '"fd00::/8"'
            ),
        ),
        (
            '[fetch]\nproxy = "http://me:geheim@x:3128"',
            (
                '[fetch]: proxy "http://…@x:3128" carries a user name or password; expected an address that '
                "does without them"
            ),
        ),
        ('[fetch]\nproxy = "socks5://x"', '[fetch]: proxy "socks5://x" is not an http(s) address'),
        ('[store]\nkeep = "0d"', '[store]: keep "0d" is out of range; expected at least "1d"'),
        (
            '[store]\nurl = "aggregator.db"',
            (
                '[store]: url "aggregator.db" is not a database address; expected one such as '
                '"sqlite:///aggregator.db"'
            ),
        ),
        (
            '[store]\nurl = "sqlite://aggregator.db"',
            (
                '[store]: url "sqlite://aggregator.db" is not a file: a path needs three slashes; did you mean '
                '"sqlite:///aggregator.db"?'
            ),
        ),
        (
            '[store]\nurl = "postgres://h/db"',
            (
                '[store]: url "postgres://h/db" has a scheme that is not known; did you mean '
                '"postgresql+psycopg://h/db"?'
            ),
        ),
        (
            '[store]\nurl = "mysql://u:geheim@h/db"',
            (
                '[store]: url "mysql://…@h/db" is not a database that is supported; expected "sqlite:///…" or '
                '"postgresql+psycopg://…"'
            ),
        ),
        (
            '[web]\nlisten = "8000"',
            (
                '[web]: listen "8000" is not an address to listen on; expected host and port, such as '
                '"127.0.0.1:8000"'
            ),
        ),
        (
            '[web]\ntimezone = "Mars"',
            '[web]: timezone "Mars" is not a time zone; expected one such as "UTC" or "Asia/Bahrain"',
        ),
        (
            '[publish]\nformats = ["atm"]',
            '[publish]: formats[0] "atm" is not known; expected "atom", "rss", "json", "jsonl", "opml" or "html"',
        ),
        ("[[fetch]]", "[fetch] is [{}]; expected one table, written [fetch]"),
        ("[fecth]", 'unknown table [fecth]; did you mean "fetch"?'),
        ('timeout = "3s"', 'unknown key "timeout" outside of any table; it belongs below [fetch]'),
        ("[ai]", "[ai]: url is missing"),
        (
            '[mail]\nhost = "h"\nsender = "s"\nto = "you"',
            '[mail]: to "you" has the wrong type; expected a list in brackets, such as ["…"]',
        ),
        (
            '[mail]\nhost = "h"\nsender = "News"\nto = ["you@a.example"]',
            (
                '[mail]: sender "News" is not a mail address; expected one such as "news@example.org" or '
                '"News <news@example.org>"'
            ),
        ),
        (
            '[mail]\nhost = "h"\nsender = "me@a.example"\nto = ["you@a.example, her@a.example"]',
            (
                '[mail]: to[0] "you@a.example, her@a.example" is not a mail address; expected one such as '
                '"news@example.org" or "News <news@example.org>"'
            ),
        ),
        (
            '[mail]\nhost = "h"\nsender = "me@münchen.example"\nto = ["you@a.example"]',
            (
                '[mail]: sender "me@münchen.example" has letters beyond ASCII in the address; '
                'write its domain with "xn--", as DNS has it'
            ),
        ),
        (
            '[mail]\nhost = "h"\nsender = "me@a.example"\nto = ["you@a.example"]\nuser = "me"',
            "[mail]: has a user but no password_file; expected the name of a file that holds the password",
        ),
        (
            '[mail]\nhost = "h"\nsender = "me@a.example"\nto = ["you@a.example"]\npassword_file = "x"',
            "[mail]: has a password_file but no user",
        ),
        (
            '[mail]\nhost = "h"\nsender = "me@a.example"\nto = ["you@a.example"]\nsecurity = "none"\nuser = "me"',
            '[mail]: would send the password in the clear; expected security = "starttls" or "tls"',
        ),
        ('[[search]]\nname = "x"', 'search "x": query is missing'),
        (
            '[[webhook]]\nurl = "https://x.example/"\nsecret_file = "none"',
            (
                'webhook "https://x.example/": secret_file "none" is not there: put the secret into '
                f"{Path.cwd()}/none, readable for this user alone"
            ),
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_was_found_and_what_is_expected(written: str, problem: str) -> None:
    assert problem in problems(written)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (
            'feeds = "https://a.example/"',
            'feeds "https://a.example/" has the wrong type; expected a list in brackets, such as ["…"]',
        ),
        (
            'feeds = ["https://me:geheim@a.example/"]',
            (
                'feeds[0] "https://…@a.example/" carries a user name or password; put them into the keys user and '
                "password_file"
            ),
        ),
        ('feeds = ["me:geheim@a.example"]', 'feeds[0] "…@a.example" is not an http(s) address'),
        ('feeds = ["https://"]', 'feeds[0] "https://" is not a valid address: it names no host'),
        ('feeds = ["http://[::1/"]', 'feeds[0] "http://[::1/" is not a valid address'),
        ('homepage = "a b"', 'homepage "a b" has a character in it that no address may hold'),
        (
            "feeds = []",
            'has neither feeds nor homepage; expected feeds = ["https://…"], or homepage to find them from',
        ),
        (
            'homepage = "https://a.example/"\nevery = "1h"\ncron = "0 7 * * *"',
            "has both every and cron; expected one of them",
        ),
        (
            'homepage = "https://a.example/"\ncron = "0 0 30 2 *"',
            'cron "0 0 30 2 *" never comes: there is no such day',
        ),
        (
            'homepage = "https://a.example/"\ncron = "daily"',
            'cron "daily" is not a cron expression; expected five fields, such as "0 7 * * *" (each day at 7:00)',
        ),
        (
            'homepage = "https://a.example/"\nkeep_if = ["("]',
            'keep_if[0] "(" is not a regular expression: missing ) at position 1',
        ),
        (
            'homepage = "https://a.example/"\nuser = "me"',
            "has a user but no password_file; expected the name of a file that holds the password",
        ),
        (
            'homepage = "https://a.example/"\nuser = "me"\npassword_file = "none"',
            f'password_file "none" is not there: put the secret into {Path.cwd()}/none, readable for this user alone',
        ),
        (
            'homepage = "https://a.example/"\nheaders = { "X Y" = "z" }',
            'headers.X Y "X Y" is not a name of an HTTP header',
        ),
        (
            'homepage = "https://a.example/"\nheaders = { X = "a\\nB: c" }',
            'headers.X "a\\nB: c" has a line break or another control character in it',
        ),
        (
            'homepage = "https://a.example/"\nlanguage = "english"',
            'language "english" is not a language code; expected one such as "en" or "pt-BR"',
        ),
    ],
)
def test_an_outlets_problem_names_the_outlet(keys: str, problem: str) -> None:
    assert f'outlet "A": {problem}' in problems(f'[[outlet]]\nname = "A"\n{keys}\n')


def test_two_outlets_of_one_name_are_told_ignoring_case() -> None:
    assert problems(A_FEED + '[[outlet]]\nname = "a"\nhomepage = "https://b.example/"\n') == [
        'outlet "a": the name is used twice; names are compared ignoring case'
    ]


def test_one_feed_in_two_outlets_is_told_whatever_the_case_of_its_host() -> None:
    assert problems(A_FEED + '[[outlet]]\nname = "B"\nfeeds = ["HTTPS://A.example/feed#top"]\n') == [
        'outlet "B": the feed "HTTPS://A.example/feed#top" already stands in outlet "A"'
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP://X.example:80/f#frag", "http://x.example/f"),
        ("https://x.example:443", "https://x.example/"),
        ("https://x.example:/f", "https://x.example/f"),
    ],
)
def test_one_feed_may_not_stand_twice_in_two_spellings(one: str, other: str) -> None:
    assert problems(f'[[outlet]]\nname = "A"\nfeeds = ["{one}", "{other}"]\n') == [
        f'outlet "A": the feed "{other}" already stands in outlet "A"'
    ]


@pytest.mark.parametrize("other", ["https://x.example:80/f", "http://x.example:8080/f", "http://x.example/F"])
def test_feeds_at_other_ports_and_paths_are_others(other: str) -> None:
    (outlet,) = parse(
        f'[[outlet]]\nname = "A"\nfeeds = ["http://x.example/f", "{other}"]\n', Path("feeds.toml")
    ).outlets
    assert outlet.feeds == ("http://x.example/f", other)


def test_outlet_in_single_brackets_is_told_how_to_be_written() -> None:
    assert problems('[outlet]\nname = "A"\nhomepage = "https://a.example/"\n') == [
        "[outlet] must be written [[outlet]], in two brackets: there can be several"
    ]


def test_a_syntax_error_names_the_line() -> None:
    assert problems("[fetch]\ntimeout = \n") == ["is not valid TOML: Invalid value (at line 2, column 11)"]


def test_a_missing_file_says_how_to_get_one(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"feeds.toml is not there; `aggregator init` writes one"):
        load(folder / "feeds.toml")


def test_a_folder_or_bytes_that_are_not_text_are_told_in_a_sentence(folder: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        load(folder)
    (folder / "bytes.toml").write_bytes(b"[fetch]\nuser_agent = '\xff'\n")
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(byte 22\)"):
        load(folder / "bytes.toml")


def test_a_byte_order_mark_does_no_harm(folder: Path) -> None:
    path = folder / "feeds.toml"
    path.write_bytes(b"\xef\xbb\xbf" + A_FEED.encode())

    assert [outlet.name for outlet in load(path).outlets] == ["A"]


def test_what_a_terminal_would_obey_is_written_out() -> None:
    assert problems('[[outlet]]\nname = "\\u001b[31mred"\nhomepage = "https://a.example/"\n') == [
        'outlet "\\u001b[31mred": name "\\u001b[31mred" has a line break or another control character in it'
    ]


def test_values_nested_without_end_are_a_sentence() -> None:
    assert problems("a = " + "[" * 100_000) == ["is not usable: values are nested too deep"]


_SCALARS = st.one_of(
    st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.dates(), st.times()
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    [
        "store",
        "fetch",
        "polling",
        "articles",
        "publish",
        "web",
        "ai",
        "mail",
        "search",
        "webhook",
        "outlet",
        "x",
    ]
)
_KEYS = st.sampled_from(
    ["name", "url", "keep", "timeout", "max_body", "feeds", "homepage", "cron", "every", "headers", "keep_if",
     "tags", "user", "password_file", "formats", "listen", "timezone", "allow_networks", "enabled", "y"]
)  # fmt: skip
_TABLES = st.dictionaries(_KEYS, _VALUES, max_size=4)
_FILES = st.dictionaries(_NAMES, st.one_of(_TABLES, st.lists(_TABLES, max_size=3), _VALUES), max_size=4)


def outcome(text: str) -> tuple[str, ...]:
    """The problems of a file, none when it is right; anything but a ConfigError fails the test."""
    try:
        parse(text, Path("feeds.toml"))
    except ConfigError as exc:
        return exc.problems or ("",)
    return ()


@given(_FILES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_toml_is_a_configuration_or_sentences(tables: dict[str, object]) -> None:
    try:
        text = tomlkit.dumps(tables)
    except (ValueError, TypeError):  # what TOML cannot say
        return
    assert all(problem.isprintable() for problem in outcome(text))


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_configuration_or_sentences(text: str) -> None:
    assert all(outcome(text))
