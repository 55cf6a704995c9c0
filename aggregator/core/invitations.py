"""Lines of a text that lead elsewhere: "Read also: …", "Advertisement", "Subscribe to our newsletter"."""

import re
from typing import Final

#: characters; a longer line is a paragraph, whatever it begins with
_LONGEST: Final = 200
#: before the headline of another article; alone, a heading of several
_ELSEWHERE: Final = (
    "also read", "read also", "read more", "read next", "read", "see also", "see more", "related",
    "related articles", "related stories", "related news", "related reading", "related coverage",
    "more on this", "more on this story", "recommended", "recommended reading", "further reading",
    "you may also like", "you might also like", "up next", "don't miss", "editors' picks", "most read",
    "lesen sie auch", "auch interessant", "mehr zum thema", "lesen sie mehr",
    "das könnte sie auch interessieren",
    "à lire aussi", "lire aussi", "à lire également", "voir aussi", "sur le même sujet",
    "lea también", "lee también", "leer más", "le puede interesar", "te puede interesar", "vea también",
    "leia também", "leia mais", "veja também", "saiba mais", "leggi anche", "leggi di più", "guarda anche",
    "lees ook", "lees meer", "läs också", "läs även", "läs mer", "les også", "læs også", "lue myös",
    "czytaj także", "czytaj też", "zobacz też", "zobacz także", "čtěte také", "přečtěte si také",
    "citește și", "citeste si", "olvasta már", "διαβάστε επίσης", "διαβάστε ακόμα",
    "читайте также", "читайте ещё", "смотрите также", "по теме", "читайте також",
    "прочетете още", "ayrıca okuyun", "bunlar da ilginizi çekebilir", "baca juga", "xem thêm", "đọc thêm",
    "اقرأ أيضا", "اقرأ أيضًا", "اقرأ المزيد", "شاهد أيضا", "بیشتر بخوانید", "קראו גם", "यह भी पढ़ें",
    "相关阅读", "延伸阅读", "推荐阅读", "相關閱讀", "関連記事", "あわせて読みたい", "관련기사",
)  # fmt: skip
_ADVERTISEMENT: Final = (
    "advertisement", "advertisements", "ad", "advertising", "sponsored", "sponsored content", "promoted",
    "story continues below advertisement", "article continues below advertisement",
    "advertisement - scroll to continue", "article continues after advertisement", "scroll to continue",
    "anzeige", "werbung", "publicité", "publicidad", "publicidade", "continua após a publicidade",
    "pubblicità", "advertentie", "annons", "annonse", "annonce", "mainos", "reklama", "reklam", "реклама",
    "διαφήμιση", "إعلان", "iklan", "quảng cáo", "广告", "廣告", "広告", "광고",
)  # fmt: skip
_TO_OFFERS = re.compile(
    r"(?:please )?(?:subscribe|sign up|join us|join our|follow us|follow our|click here)\b.{0,120}"
    r"\b(?:newsletters?|whatsapp|telegram|channels?|google news|twitter|facebook|instagram|youtube|"
    r"podcasts?|app|inbox)\b|"
    r"(?:abonnieren|bestellen) sie .{0,80}newsletter|newsletter (?:abonnieren|bestellen)|"
    r"(?:abonnez|inscrivez)-vous .{0,80}(?:newsletter|infolettre|chaîne)|"
    r"(?:suscr[íi]bete|suscríbase|reg[íi]strate|síguenos) .{0,80}(?:newsletter|boletín|bolet[íi]n|canal)|"
    r"(?:assine|inscreva-se|siga) .{0,80}(?:newsletter|canal)|"
    r"(?:iscriviti|seguici) .{0,80}(?:newsletter|canale)|"
    r"подпи(?:шитесь|сывайтесь) на .{0,80}|підпи(?:шіться|суйтесь) на .{0,80}",
    re.IGNORECASE,
)


def _any(words: tuple[str, ...]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_LEADS = re.compile(
    rf"\W*(?:(?:{_any(_ELSEWHERE)})\s*(?:[:：»›|>→]|\s[-–—]\s|\W*\Z)|(?:{_any(_ADVERTISEMENT)})\W*\Z)",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?…。！？](?=\s+\S)")


def is_invitation(line: str) -> bool:
    """Whether a line only leads to another article or an offer, or says that an advertisement stands here."""
    if len(line) > _LONGEST:
        return False
    return _LEADS.match(line) is not None or (
        _TO_OFFERS.match(line) is not None and len(_END.findall(line)) == 0
    )


def without_invitations(text: str) -> str:
    """The text without such lines; where it has no others, as it is."""
    lines = text.split("\n")
    kept = [line for line in lines if not is_invitation(line)]
    return text if len(kept) in (0, len(lines)) else "\n".join(kept)
