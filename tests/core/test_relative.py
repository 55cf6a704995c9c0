"""What "3 days ago" means, in many languages."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.relative import claim
from aggregator.model import DateClaim
from tests.conftest import NOW

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
WEEK, MONTH, YEAR = 7 * DAY, 30 * DAY, 365 * DAY


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("3 days ago", 3, DAY),
        ("3d ago", 3, DAY),
        ("Published 45 mins ago", 45, MINUTE),
        ("an hour ago", 1, HOUR),
        ("about 2 hours ago", 2, HOUR),
        ("2 months ago", 2, MONTH),
        ("10 seconds ago", 10, SECOND),
        ("vor 2 Stunden", 2, HOUR),
        ("vor einem Tag", 1, DAY),
        ("vor 5 Min.", 5, MINUTE),
        ("vor drei Wochen", 3, WEEK),
        ("il y a 3 jours", 3, DAY),
        ("Publié il y a une heure", 1, HOUR),
        ("hace 5 horas", 5, HOUR),
        ("hace 2 años", 2, YEAR),
        ("há 4 dias", 4, DAY),
        ("4 dias atrás", 4, DAY),
        ("2 ore fa", 2, HOUR),
        ("un giorno fa", 1, DAY),
        ("acum 3 zile", 3, DAY),
        ("3 dagen geleden", 3, DAY),
        ("een uur geleden", 1, HOUR),
        ("för 3 timmar sedan", 3, HOUR),
        ("3 timer siden", 3, HOUR),
        ("for 2 dager siden", 2, DAY),
        ("5 päivää sitten", 5, DAY),
        ("2 godziny temu", 2, HOUR),
        ("godzinę temu", 1, HOUR),
        ("před 3 dny", 3, DAY),
        ("pred 2 hodinami", 2, HOUR),
        ("prije 4 sata", 4, HOUR),
        ("пре 3 дана", 3, DAY),
        ("3 nappal ezelőtt", 3, DAY),
        ("2 часа назад", 2, HOUR),
        ("час назад", 1, HOUR),
        ("5 минут назад", 5, MINUTE),
        ("3 дні тому", 3, DAY),
        ("преди 2 дни", 2, DAY),
        ("πριν από 3 ώρες", 3, HOUR),
        ("3 ώρες πριν", 3, HOUR),
        ("2 gün önce", 2, DAY),
        ("قبل 3 أيام", 3, DAY),
        ("منذ ساعتين", 2, HOUR),
        ("منذ ساعة", 1, HOUR),
        ("منذ ٥ دقائق", 5, MINUTE),
        ("۳ روز پیش", 3, DAY),
        ("לפני 3 ימים", 3, DAY),
        ("לפני שעתיים", 2, HOUR),
        ("3 दिन पहले", 3, DAY),
        ("३ घंटे पहले", 3, HOUR),
        ("৩ দিন আগে", 3, DAY),
        ("3 دن پہلے", 3, DAY),
        ("3 天前", 3, DAY),
        ("发布于5分钟前", 5, MINUTE),
        ("2 個小時前", 2, HOUR),
        ("3个月前", 3, MONTH),
        ("3日前", 3, DAY),
        ("5時間前", 5, HOUR),
        ("2週間前", 2, WEEK),
        ("1ヶ月前", 1, MONTH),
        ("3일 전", 3, DAY),
        ("5시간 전", 5, HOUR),
        ("3 ngày trước", 3, DAY),
        ("2 ชั่วโมงที่แล้ว", 2, HOUR),
        ("3 hari yang lalu", 3, DAY),
        ("3 hari lepas", 3, DAY),
    ],
)
def test_a_relative_text_means_an_interval_as_wide_as_its_unit(
    text: str, count: int, unit: timedelta
) -> None:
    half = unit / 2
    expected = DateClaim(
        source="relative", earliest=NOW - count * unit - half, latest=NOW - count * unit + half, stated=text
    )
    assert claim(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("just now", 5 * MINUTE),
        ("gerade eben", 5 * MINUTE),
        ("刚刚", 5 * MINUTE),
        ("Today", DAY),
        ("heute, 10:30", DAY),
        ("aujourd'hui", DAY),
        ("yesterday", 2 * DAY),
        ("gestern um 14:05", 2 * DAY),
        ("أمس", 2 * DAY),
        ("昨日", 2 * DAY),
        ("вчера", 2 * DAY),
    ],
)
def test_just_now_today_and_yesterday_reach_back_as_far_as_they_may(text: str, most: timedelta) -> None:
    assert claim(text, NOW) == DateClaim(source="relative", earliest=NOW - most, latest=NOW, stated=text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3 days",
        "in 3 days",
        "ago",
        "a long time ago",
        "3 min read",
        "data ago",
        "123456 days ago",
        "日前",
        "the days of yore",
        "\udcff" * 10,
        "3 days ago " * 1_000_000,
        "Three engineers who had left the company 3 years ago were hired by the town again, it said",
    ],
)
def test_what_tells_no_time_is_none(text: str) -> None:
    assert claim(text, NOW) is None


@settings(deadline=None)
@given(st.text(max_size=90))
def test_any_text_gives_what_has_passed_or_none(text: str) -> None:
    found = claim(text, NOW)
    assert found is None or found.earliest <= found.latest <= NOW
