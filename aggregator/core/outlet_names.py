"""Do two names mean one outlet: "Gulf Insider", "gulf-insider.com", "www.gulf-insider.com/news"?"""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from aggregator.core.urls import is_http, site_key

_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
_LETTERS = re.compile(r"[\W_]+")
_ARTICLE = re.compile(r"^(?:the|der|die|das|le|la|les|el|il)\s+", re.IGNORECASE)
#: what a name may have more than the site that it stands for
MORE: Final = ("news", "online", "com", "newspaper", "daily")


def site_name(url: str) -> str:
    """The name in an address: "gulf-insider" of https://www.gulf-insider.com/feed; "" where there is none."""
    if not is_http(url):
        return ""
    site = site_key(url)
    return site.partition(".")[0] if _HOST.fullmatch(site) else (urlsplit(url).hostname or "")


def outlet_key(name: str) -> str:
    """What spellings of an outlet's name have in common: "gulfinsider"."""
    name = " ".join(name.split()).strip()
    if _HOST.fullmatch(name.removeprefix("www.")):
        name = site_name(f"https://{name.lower()}/") or name
    elif is_http(name):
        name = site_name(name)
    plain = unicodedata.normalize("NFKD", _ARTICLE.sub("", name).casefold())
    return _LETTERS.sub("", "".join(char for char in plain if not unicodedata.combining(char)))


def named_alike(one: str, other: str) -> bool:
    """Whether two names, or addresses, are one outlet's: equal but for spelling and for words like "News"."""
    first, second = sorted((outlet_key(one), outlet_key(other)), key=len)
    if not first or first == second:
        return bool(first)
    rest = second.removeprefix(first) if second.startswith(first) else ""
    return len(first) >= 3 and rest in MORE
