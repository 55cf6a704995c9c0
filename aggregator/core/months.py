"""Which month does a word mean? Names and abbreviations in the languages of the news."""

import re
from typing import Final

#: by the first letters that tell them apart; the longest that fits decides, so that Finnish "marraskuu",
#: November, is not "mar" and Czech "červenec", July, not "červen"
_BEGINNINGS: Final[dict[str, int]] = {
    beginning: number
    for number, beginnings in enumerate(
        (
            "jan jän ene gen янв ιαν ian oca sty led jaa tam січ яну يناي جانف ژانو ינוא janv",
            "feb fév fev фев φεβ şub lut úno unor helm лют فبرا فيفر فوری פברו",
            "mar mär mrz maa már мар μαρ μάρ maalis бер bře مارس מרץ מרס",
            "apr avr abr ápr апр απρ nis kwi dub huh кві أبري ابري أفري آوری אפרי",
            "may mai mei mag maj máj мая май μαι μαΐ μάι kvě touk тра мај مايو ماي מאי",
            "jun juin giu jún июн ιουν ιούν haz czer červen červn kes kesä чер юни iun يوني جوان ژوئن יוני",
            "jul juil lug júl июл ιουλ ιούλ tem lip červenc července hei lipi юли iul يولي جويل ژوئی יולי",
            "aug aoû aou ago авг αυγ αύγ ağu sie srpn elo сер ogo أغسط اغسط أوت اوت אוגו agu",
            "sep set sze сен σεπ eyl wrz zář syy вер сеп سبتم سپتا ספטמ",
            "oct okt ott out окт οκτ eki paź říj řij lok жов أكتو اكتو اکتب אוקט",
            "nov ноя νοε νοέ kas lis marras marrask лис ное نوفم نوامب נובמ",
            "dec dez déc dic дек δεκ ara gru pro joul гру des ديسم دسام דצמב",
        ),
        1,
    )
    for beginning in beginnings.split()
}
_LONGEST: Final = max(map(len, _BEGINNINGS))

#: names of two words, and those of scripts whose vowel signs are no letters to a regular expression
_SPELLED: Final[dict[str, str]] = {
    name: english
    for english, names in {
        "jan": "كانون الثاني|जनवरी|জানুয়ারি|জানুয়ারি|มกราคม|ม.ค.",
        "feb": "شباط|फरवरी|फ़रवरी|ফেব্রুয়ারি|กุมภาพันธ์|ก.พ.",
        "mar": "آذار|मार्च|মার্চ|มีนาคม|มี.ค.",
        "apr": "نيسان|अप्रैल|এপ্রিল|เมษายน|เม.ย.",
        "may": "أيار|मई|মে|พฤษภาคม|พ.ค.",
        "jun": "حزيران|जून|জুন|มิถุนายน|มิ.ย.",
        "jul": "تموز|जुलाई|জুলাই|กรกฎาคม|ก.ค.",
        "aug": "آب|अगस्त|আগস্ট|สิงหาคม|ส.ค.",
        "sep": "أيلول|सितंबर|सितम्बर|সেপ্টেম্বর|กันยายน|ก.ย.",
        "oct": "تشرين الأول|تشرين الاول|अक्टूबर|अक्तूबर|অক্টোবর|ตุลาคม|ต.ค.",
        "nov": "تشرين الثاني|नवंबर|नवम्बर|নভেম্বর|พฤศจิกายน|พ.ย.",
        "dec": "كانون الأول|كانون الاول|दिसंबर|दिसम्बर|ডিসেম্বর|ธันวาคม|ธ.ค.",
    }.items()
    for name in names.split("|")
}
_IN_WORDS = re.compile("|".join(map(re.escape, sorted(_SPELLED, key=len, reverse=True))))
_VIETNAMESE = re.compile(r"tháng\s+(\d{1,2})", re.IGNORECASE)
_ENGLISH: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def month_of(word: str) -> int | None:
    """1 to 12 for a word in small letters that names a month or abbreviates it, else None."""
    word = word.removeprefix("ב")  # "in", which Hebrew writes as a part of the word
    for length in range(min(len(word), _LONGEST), 2, -1):
        if number := _BEGINNINGS.get(word[:length]):
            return number
    return None


def with_plain_months(text: str) -> str:
    """``text`` with those names that ``month_of`` cannot see as a word put in English."""
    if text.isascii():
        return text
    text = _IN_WORDS.sub(lambda found: f" {_SPELLED[found[0]]} ", text)
    return _VIETNAMESE.sub(_numbered, text)


def _numbered(found: re.Match[str]) -> str:
    number = int(found[1])
    return f" {_ENGLISH[number - 1]} " if 1 <= number <= 12 else found[0]
