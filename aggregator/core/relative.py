"""What do "3 days ago", "vor 2 Stunden" and 「5分钟前」 mean at the moment they are read?

Such a text counts whole units, rounded by rules that differ from site to site: it means an interval as wide
as its unit, around the counted time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from aggregator.model import DateClaim

#: a text that tells a moment is no longer; a longer one is prose
MAX_LENGTH: Final = 80

_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_UNITS: Final = (_SECOND, _MINUTE, _HOUR, _DAY, 7 * _DAY, timedelta(days=30), timedelta(days=365))
#: nobody counts further; what does is an id
_MOST: Final = 1000

#: languages: what stands before the number, what after the unit; then seconds, minutes, hours, days, weeks,
#: months and years as regular expressions, apart by spaces
_LANGUAGES: Final = (
    # English
    ("", r"\s*ago\b",
     r"""s(?:ec(?:ond)?s?\.?)? m(?:in(?:ute)?s?\.?)? h(?:(?:ou)?rs?\.?)? d(?:ays?)? w(?:(?:ee)?ks?)?
     mo(?:n(?:th)?s?)? y(?:(?:ea)?rs?)?"""),
    # German, French, Spanish, Portuguese
    (r"\bvor\s+", "",
     r"Sek(?:unden?|\.)? Min(?:uten?|\.)? Stunden?|Std\.?|h Tag(?:en?)? Wochen? Monat(?:en?)? Jahr(?:en?)?"),
    (r"\bil\s+y\s+a\s+", "",
     r"s(?:ec(?:ondes?)?)? min(?:utes?)? h(?:eures?)? j(?:ours?)? sem(?:aines?)? mois an(?:n[ée]e)?s?"),
    (r"\bhace\s+", "",
     r"s(?:eg(?:undos?)?)? min(?:utos?)? h(?:oras?)? d(?:[ií]as?)? sem(?:anas?)? mes(?:es)? años?"),
    (r"\bh[áa]\s+", "",
     r"s(?:eg(?:undos?)?)? min(?:utos?)? h(?:oras?)? d(?:ias?)? sem(?:anas?)? m[êe]s(?:es)? anos?"),
    ("", r"\s*atr[áa]s\b", r"segundos? min(?:utos?)? horas? d[ií]as? semanas? m[êe]s(?:es)? a[nñ]os?"),
    # Italian, Catalan, Romanian
    ("", r"\s*fa\b", r"second[oi] min(?:ut[oi])? or[ae] giorn[oi] settiman[ae] mes[ei] ann[oi]"),
    (r"\bfa\s+", "", r"segons? min(?:uts?)? hor(?:a|es) di(?:a|es) setman(?:a|es) mes(?:os)? anys?"),
    (r"\bacum\s+", "",
     r"secund[eăa] min(?:ute?)? or[eăa] zile? s[ăa]pt[ăa]m[âa]n[iăa] lun[iăa] ani?"),
    # Dutch; Danish, Norwegian and Swedish; Finnish
    ("", r"\s*geleden\b",
     r"sec(?:onden?)? min(?:u(?:ut|ten))? uur|uren dag(?:en)? week|weken maand(?:en)? jaar|jaren"),
    (r"(?:\bf[oö]r\s+)?", r"\s*(?:siden|sedan)\b",
     r"""sek(?:und(?:er)?)?\.? min(?:ut(?:t|ter|er)?)?\.? tim(?:me|mar|er|e)?\.? da(?:g(?:ar|er|e)?)
     vecka|veckor|ug(?:e|er)|uker? m[åa]n(?:ad(?:er)?|ed(?:er)?) [åa]r"""),
    ("", r"\s*sitten\b",
     r"sek(?:untia?)? min(?:uuttia?)? t(?:untia?)? p(?:äivää?|v) viikkoa? kuukau(?:tta|si) vuot?ta"),
    # Polish; Czech, Slovak and Slovene; Croatian, Serbian and Bosnian; Hungarian
    ("", r"\s*temu\b",
     r"""sek(?:und[ęy]?)?\.? min(?:ut[ęy]?)?\.? godz(?:in[ęy]?)?\.? dni|dzień tygod(?:nie|ni)|tydzień
     miesi(?:ęcy|ące|ąc) lata|lat|rok"""),
    (r"\bp(?:řed|red)\s+", "",
     r"""sek(?:und\w*)? min(?:[uú]t\w*)? hod(?:in\w*)?|ur\w* dny|dnem|dňami|dňom|dnevi|dnevoma t[ýe][žd]\w*
     m[ěe]s\w* lety|rok\w*|let\w*"""),
    (r"\bpri?je?\s+", "",
     r"""sek(?:und\w*)? min(?:ut\w*)? sat[ai]?|h dana? tjed\w+|nedelj\w+|sedmic\w+ mj?esec\w* godin\w*"""),
    (r"\bпре\s+", "", r"сек\w* мин\w* сат[аи]?|ч дана? недељ\w+ месец\w* годин\w*"),
    ("", r"\s*ezelőtt\b", r"másodperc\w* perc\w* ór[aá]\w* nap\w* h[eé]t\w* hónap\w* év\w*"),
    # Russian, Ukrainian, Bulgarian, Greek, Turkish
    ("", r"\s*назад\b", r"сек\w*\.? мин\w*\.? час\w*|ч\.? дн\w*|день нед\w* мес\w* год\w*|лет"),
    ("", r"\s*тому\b", r"сек\w* хв\w* год\w* дн\w*|день тиж\w* міс\w* рок\w*|рік"),
    (r"\bпреди\s+", "", r"сек\w* мин\w* час\w*|ч ден|дни|дена седм\w* мес\w* год\w*"),
    (r"\bπριν\s+(?:από\s+)?", "", r"δευτ\w* λεπτ\w* ώρ\w* η?μέρ\w* εβδομάδ\w* μήν\w* χρόν\w*|έτ\w*"),
    ("", r"\s*πριν\b", r"δευτ\w* λεπτ\w* ώρ\w* η?μέρ\w* εβδομάδ\w* μήν\w* χρόν\w*|έτ\w*"),
    ("", r"\s*önce\b", r"s(?:aniye|n)\.? d(?:akika|k)\.? saat gün hafta ay yıl|sene"),
    # Arabic, Persian, Hebrew
    (r"\b(?:قبل|منذ)\s+", "",
     r"""ثاني\w*|ثوان\w* دقيق\w*|دقائق ساع\w* يوم\w*|[أا]يام [أا]سبوع\w*|[أا]سابيع شهر\w*|[أا]شهر|شهور
     سن[ةوت]\w*|عام\w*|[أا]عوام"""),
    ("", r"\s*(?:پیش|قبل)", r"ثانیه دقیقه ساعت روز هفته ماه سال"),
    (r"\bלפני\s+", "",
     r"שני(?:ות|יה) דק(?:ות|ה|') שע(?:ות|ה|תיים) ימים|יומיים|יום שבוע\w* חוד?ש\w* שנ(?:ים|ה|תיים)"),
    # Hindi, Bengali, Urdu
    ("", r"\s*पहले", r"सेकं?ड मिनट घंट[ेा] दिन सप्ताह|हफ्ते|हफ़्ते मही?न[ेा] साल|वर्ष"),
    ("", r"\s*আগে", r"সেকেন্ড মিনিট ঘণ্টা|ঘন্টা দিন সপ্তাহ মাস বছর"),
    ("", r"\s*(?:پہلے|قبل)", r"سیکنڈ منٹ گھنٹ[ےہ] دن ہفت[ےہ] مہین[ےہ] سال"),
    # Chinese and Japanese; Korean
    ("", r"\s*(?:以|之)?前",
     r"秒[钟鐘]? 分[钟鐘]? [个個]?小?[时時][间間]? [天日] [个個]?星期|[周週]間? [个個かヶカヵ箇]?月 年"),
    ("", r"\s*전", r"초 분 시간 일 주일? 개월|달 년"),
    # Vietnamese, Thai, Indonesian and Malay
    ("", r"\s*trước", r"giây phút giờ|tiếng ngày tuần tháng năm"),
    ("", r"\s*(?:ที่แล้ว|ที่ผ่านมา|ก่อน)", r"วินาที นาที ชั่วโมง|ชม\.? วัน สัปดาห์|อาทิตย์ เดือน ปี"),
    ("", r"\s*(?:yang\s+)?(?:lalu|lepas)\b", r"detik|saat menit|minit jam hari minggu bulan tahun"),
)  # fmt: skip

_ONE: Final = (
    r"an?|one|ein(?:e[rmn]?)?|une?|un['’]|un[oa]?|um[a]?|o|een|ett?|en|jedn\w+|egy|bir|ένα[ν]?|μία?|μια|satu|se"
    r"|один|одну|одна|1\s*个|一|모|한|एक|یک|ایک"
)
#: numbers written out that sites use for the small ones
_WORDS: Final[dict[str, int]] = {
    "two": 2, "three": 3, "four": 4, "five": 5, "zwei": 2, "drei": 3, "vier": 4, "deux": 2, "trois": 3,
    "dos": 2, "tres": 3, "dois": 2, "duas": 2, "due": 2, "tre": 3, "twee": 2, "drie": 3, "två": 2, "to": 2,
    "два": 2, "две": 2, "три": 3, "两": 2, "兩": 2, "二": 2, "三": 3,
}  # fmt: skip
#: units whose own form means two
_DUAL = re.compile(
    "ساعتين|يومين|شهرين|أسبوعين|اسبوعين|دقيقتين|سنتين|عامين|שעתיים|יומיים|שבועיים|חודשיים|שנתיים"
)
_ABOUT: Final = (
    r"(?:about|around|over|almost|etwa|rund|ca\.?|environ|unos|cerca de|circa|около|~|约|約|약)?\s*"
)
_NUMBER: Final = rf"(?P<number>(?<!\d)\d{{1,4}}|(?<!\w)(?:{'|'.join(_WORDS)}|{_ONE}))"
#: where "an hour ago" is said without a number
_BARE = re.compile("temu|назад|тому|منذ|לפני")

_NOW = re.compile(
    r"\b(?:just now|moments? ago|seconds ago|gerade eben|à l['’]instant|ahora mismo|agora mesmo|adesso"
    r"|proprio ora|zojuist|nyss|just nu|lige nu|akkurat nå|juuri nyt|przed chwilą|právě teď|только что|щойно"
    r"|şimdi|az önce)\b|الآن|הרגע|अभी|刚刚|剛剛|たった今|방금|vừa xong|เมื่อสักครู่|baru saja",
    re.IGNORECASE,
)
_TODAY = re.compile(
    r"\b(?:today|heute|aujourd['’]hui|hoy|hoje|oggi|vandaag|idag|i dag|tänään|dzisiaj|dziś|dnes|danas"
    r"|сегодня|сьогодні|днес|σήμερα|bugün|azi|hari ini|hôm nay)\b|اليوم|امروز|היום|आज|今天|今日|오늘|วันนี้",
    re.IGNORECASE,
)
_YESTERDAY = re.compile(
    r"\b(?:yesterday|gestern|hier|ayer|ontem|ieri|gisteren|igår|i går|eilen|wczoraj|včera|jučer|juče"
    r"|вчера|вчора|χθες|χτες|dün|kemarin|hôm qua|tegnap)\b|أمس|امس|دیروز|אתמול|कल|昨天|昨日|어제|เมื่อวาน",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counting:
    """One language's way."""

    #: anything of it, as most texts have nothing
    marks: re.Pattern[str]
    units: tuple[tuple[re.Pattern[str], timedelta], ...]


def claim(text: str, now: datetime) -> DateClaim | None:
    """The text as what a page said at ``now``; None when it tells no time that has passed."""
    text = " ".join(text.split()) if len(text) <= 10 * MAX_LENGTH else ""
    if not text or len(text) > MAX_LENGTH:
        return None
    found = _counted(text, now) or _named(text, now)
    if found is None:
        return None
    earliest, latest = found
    return DateClaim(source="relative", earliest=earliest, latest=min(latest, now), stated=text)


def _counted(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    for way in _ways():
        if not way.marks.search(text):
            continue
        for pattern, unit in way.units:
            if (found := pattern.search(text)) and (count := _number(found)) is not None:
                # the rounding may go either way
                return now - (count + 0.5) * unit, now - max(count - 0.5, 0) * unit
    return None


def _number(found: re.Match[str]) -> int | None:
    if _DUAL.search(found[0]):
        return 2
    number = found["number"]
    if number is None:
        return 1
    if number.isdecimal():
        return int(number) if int(number) <= _MOST else None
    return _WORDS.get(number.lower(), 1)


def _named(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    if _NOW.search(text):
        return now - 5 * _MINUTE, now
    # a day begins at another hour at every place: today began at most a day ago
    if _TODAY.search(text):
        return now - _DAY, now
    if _YESTERDAY.search(text):
        return now - 2 * _DAY, now
    return None


@cache
def _ways() -> tuple[_Counting, ...]:
    return tuple(_compiled())


def _compiled() -> Iterator[_Counting]:
    for before, after, units in _LANGUAGES:
        number = rf"(?:{_NUMBER}\s*|(?<!\w))" if _BARE.search(before + after) else rf"{_NUMBER}\s*"
        end = after or r"(?!\w)"
        yield _Counting(
            marks=re.compile(after or before, re.IGNORECASE),
            units=tuple(
                (re.compile(rf"{before}{_ABOUT}{number}(?:{unit}){end}", re.IGNORECASE), length)
                for unit, length in zip(units.split(), _UNITS, strict=True)
            ),
        )
