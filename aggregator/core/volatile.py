"""What of a text changes by itself: counters, clocks, "updated 5 minutes ago", "3 min read".

Only what stands alone is a counter: a line, a part between bars or brackets, a sentence of its own.
"12 comments" under an article is one; "won by 12 votes" in it is news, and its change is a correction.
"""

import re
from itertools import chain
from typing import Final

#: characters; a longer part is a sentence, whatever numbers it holds
_LONGEST: Final = 90
#: "be the first to comment"
_LONGEST_WITHOUT_NUMBER: Final = 30


def without_counters(text: str) -> str:
    """The text without what changes by itself, its white space evened out: for comparing, not for reading.

    Plain text; of HTML, tags stay as they are and what stands between two of them is looked at. Doing it
    twice changes nothing.
    """
    text = _BARE_COUNT.sub(r" \1 ", _even(text))
    while (less := _once(text)) != text:
        text = less
    return text


def is_counter(part: str) -> bool:
    """Whether a line, or another part of a text that stands alone, only counts or tells the time."""
    if len(part) > (_LONGEST if _is_numbered(part) else _LONGEST_WITHOUT_NUMBER):
        return False
    words = frozenset(_WORD.findall(part.casefold()))
    if not words:
        return _TIME_ALONE.fullmatch(part) is not None
    return words <= _KNOWN and (_counts(part, words) or _tells_time(part, words))


def _counts(part: str, words: frozenset[str]) -> bool:
    return not words.isdisjoint(_THINGS) and (_is_numbered(part) or not words.isdisjoint(_NONE))


def _tells_time(part: str, words: frozenset[str]) -> bool:
    span = not words.isdisjoint(_UNITS)
    if not words.isdisjoint(_NOW) or (span and not words.isdisjoint(_AGO)):
        return True
    if not _is_numbered(part):
        return False
    reading = span and not words.isdisjoint(_READING)
    return reading or not words.isdisjoint(_STAMPED) or _is_timestamp(part, words)


def _is_numbered(part: str) -> bool:
    return _DIGIT.search(part) is not None


def _is_timestamp(part: str, words: frozenset[str]) -> bool:
    """A full date with the time or the day of the week: what pages show of today."""
    dated = _YEAR.search(part) is not None
    if _CLOCK.search(part):
        return words <= _DATE and (dated or not words.isdisjoint(_ZONES))
    return dated and words <= _DATE and not words.isdisjoint(WEEKDAYS) and not words.isdisjoint(_MONTHS)


def _once(text: str) -> str:
    parts = _BREAK.split(text)  # part, break, part, break, …, part
    if not any(map(is_counter, parts[::2])):
        return _even("".join(_RECENT.sub(" ", part) if _is_numbered(part) else part for part in parts))
    kept = [parts[0]]
    for between, part in zip(parts[1::2], parts[2::2], strict=True):
        if is_counter(kept[-1]):
            kept[-1] = ""
        kept += (between, part)
    if is_counter(kept[-1]):
        kept[-1] = ""
    return _even(_joined(kept))


def _joined(parts: list[str]) -> str:
    """The parts without the breaks around those that are gone; tags always stay."""
    told = [parts[0]]
    for between, part in zip(parts[1::2], parts[2::2], strict=True):
        markup = between.startswith("<") or between.isspace()
        if markup or (part.strip() and told[-1].strip()):
            told += (between, part)
        else:  # a counter stood on one side of the bar
            told.append(f" {part}" if part.strip() else part)
    return "".join(told)


def _even(text: str) -> str:
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))


_DIGIT = re.compile(r"\d")
_TIME_ALONE = re.compile(r"\s*(?:[01]?\d|2[0-3]):[0-5]\d\s*")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_CLOCK = re.compile(r"(?<![\d:])\d{1,2}[:.h]\d\d(?::\d\d)?(?![\d.])")
#: "Comments (12)": the brackets of a bare number part nothing
_BARE_COUNT = re.compile(r"\(( ?\d[\d., ]{0,12})\)")
_WORD = re.compile(r"[^\W\d_]+")
#: what parts a text: tags, line breaks, bars, brackets, dashes between spaces, ends of sentences
_BREAK = re.compile(r"(<[^<>]{0,2000}>|[\n|·•‧∙■▪◆●‖¦/()\[\]{}]|(?<= )[-–—]+(?= )|(?<=[^\d\s][.!?…。])\s)")
_SPAN = r"\d{1,3}"
#: a span of minutes or hours changes by itself even in the middle of a sentence
_RECENT = re.compile(
    rf"\b{_SPAN}\s(?:seconds?|secs?|minutes?|mins?|hours?|hrs?)\sago\b"
    rf"|\bvor\s{_SPAN}\s(?:sekunden?|minuten?|min\.|stunden?|std\.)"
    rf"|\bil\sy\sa\s{_SPAN}\s(?:secondes?|minutes?|min|heures?|h)\b"
    rf"|\b(?:hace|há)\s{_SPAN}\s(?:segundos?|minutos?|min|horas?|h)\b"
    rf"|\b{_SPAN}\s?(?:secondi|minut[io]|or[ae])\sfa\b"
    rf"|\b{_SPAN}\s(?:seconden|minuten|min|uur)\sgeleden\b"
    rf"|\b{_SPAN}\s(?:sekunder|minuter?|min|timm(?:ar|e)|time[rn]?)\s(?:sedan|siden)\b"
    rf"|\b{_SPAN}\s(?:секунд|минут|час|хвилин|годин)\w*\s(?:назад|тому)\b"
    rf"|\b{_SPAN}\s(?:sekund|minut|godzin)\w*\stemu\b"
    rf"|\b{_SPAN}\s(?:saniye|dakika|saat)\sönce\b"
    rf"|(?:منذ|قبل)\s{_SPAN}\s(?:ثوان|ثانية|دقائق|دقيقة|ساعات|ساعة)"
    rf"|{_SPAN}\s?(?:秒|分|分钟|分鐘|小时|小時|時間)前"
    rf"|{_SPAN}\s?(?:초|분|시간)\s?전",
    re.IGNORECASE,
)


def _words(*lists: str) -> frozenset[str]:
    return frozenset(chain.from_iterable(text.casefold().split() for text in lists))


#: what is counted
_THINGS: Final = _words(
    "comment comments reply replies view views pageviews like likes dislikes share shares shared reaction "
    "reactions vote votes upvote upvotes point points claps plays downloads retweets reposts bookmarks "
    "followers subscribers watching viewers readers ratings responses",
    "kommentar kommentare kommentaren kommentarer antworten aufrufe ansichten gefällt geteilt leser stimmen",
    "commentaire commentaires vues réponses réactions partages partagé votes abonnés lectures",
    "comentario comentarios visitas vistas visualizaciones compartido compartidos respuestas votos lecturas",
    "comentário visualizações curtidas compartilhamentos partilhas respostas leituras gostos",
    "commento commenti visualizzazioni condivisioni risposte voti letture",
    "reactie reacties weergaven gedeeld antwoorden visningar visninger delningar delinger gillar kommentit "
    "kommenttia katselukertaa",
    "komentarz komentarze komentarzy wyświetleń wyświetlenia odsłon komentář komentáře komentářů zobrazení "
    "komentar komentara komentari hozzászólás megtekintés comentarii vizualizări",
    "комментарий комментария комментариев комментарии просмотр просмотра просмотров просмотры лайк лайков "
    "коментар коментаря коментарів коментарі коментари перегляд перегляди переглядів ответов ответы",
    "σχόλιο σχόλια προβολές yorum yorumlar görüntülenme beğeni paylaşım okunma",
    "تعليق تعليقات تعليقا مشاهدة مشاهدات قراءة إعجاب نظر دیدگاه بازدید تגובה תגובות צפיות",
    "टिप्पणी टिप्पणियाँ टिप्पणियां व्यूज dilihat komentar dibaca",
    "评论 評論 条评论 則留言 留言 浏览 瀏覽 次浏览 阅读 閱讀 次阅读 观看 次观看 次播放 点赞 赞 转发 分享",
    "コメント 件のコメント 閲覧 回視聴 回再生 いいね ブックマーク 댓글 조회 조회수 추천 좋아요 공유",
)
#: "no comments", "be the first to comment"
_NONE: Final = _words(
    "no none leave first yet keine keinen aucun aucune sin ningún nenhum sem nessun nessuna geen inga ingen "
    "brak нет немає yok لا אין 暂无 暫無 なし 없음"
)
_AGO: Final = _words(
    "ago vor il hace há fa geleden sedan siden sitten temu před назад тому преди πριν önce منذ قبل لפני לפני "
    "yang lalu trước पहले 前 전 分前 分钟前 分鐘前 小时前 小時前 時間前 天前 日前 秒前 周前 か月前 "
    "분 시간 일 초"
)
_UNITS: Final = _words(
    "s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days w week weeks month "
    "months year years",
    "sekunde sekunden minuten stunde stunden std tag tage tagen woche wochen monat monate monaten jahr jahre "
    "jahren seconde secondes heure heures jour jours semaine semaines mois an ans",
    "segundo segundos minuto minutos hora horas día días semana semanas mes meses año años dia dias mês "
    "ano anos secondi minuti ora ore giorno giorni settimana settimane mese mesi",
    "seconden uur uren dag dagen weken maand maanden sekund sekunder minut minuter timme timmar dagar "
    "minutter time timer dage dager uke uker minuuttia tuntia päivää",
    "sekundy minuty godzinę godziny godzin dzień dni tydzień hodinou hodinami minutami dny",
    "секунду секунды секунд минуту минуты минут час часа часов день дня дней неделю недели месяц хвилину "
    "хвилини хвилин годину години годин дні днів минути часа дена",
    "saniye dakika saat gün hafta ay λεπτά ώρα ώρες ημέρες دقيقة دقائق ساعة ساعات يوم أيام דקות שעות",
    "menit jam hari phút giờ ngày मिनट घंटे दिन 秒 分 分钟 分鐘 小时 小時 時間 天 日 周 分前 分钟前 分鐘前 "
    "小时前 小時前 時間前 天前 日前 秒前 周前 か月前 초 분 시간 일 분전 시간전 일전",
)
#: "just now"
_NOW: Final = _words("刚刚 剛剛 たった今 방금 сейчас gerade 刚刚更新")
_READING: Final = _words(
    "read reading lesezeit lesedauer lecture lectura leitura lettura leestijd lästid læsetid lesetid "
    "lukuaika czytania czytanie чтения чтение читання okuma قراءة baca đọc 阅读 閱讀 読了 읽기 minread",
)
#: "updated:", and what else stands before an instant
_STAMPED: Final = _words(
    "updated update published posted modified revised edited last uploaded created",
    "mis aktualisiert veröffentlicht stand geändert zuletzt erstellt publié publiée modifié modifiée màj "
    "jour",
    "actualizado actualizada publicado publicada modificado atualizado atualizada aggiornato aggiornata "
    "pubblicato pubblicata modifica aggiornamento bijgewerkt gepubliceerd gewijzigd laatst uppdaterad "
    "publicerad opdateret publiceret udgivet oppdatert publisert päivitetty julkaistu",
    "aktualizacja zaktualizowano opublikowano aktualizováno publikováno обновлено опубликовано изменено "
    "оновлено опубліковано обновена публикувана ενημέρωση δημοσίευση güncelleme güncellendi yayınlanma",
    "آخر تحديث نشر نشرت עודכן פורסם diperbarui diterbitkan cập nhật अपडेटेड प्रकाशित",
    "更新 更新于 更新時間 更新时间 发布 發布 发布时间 发表于 更新日 公開 公開日 最終更新 업데이트 "
    "수정 입력 등록",
)
_MONTHS: Final = _words(
    "january february march april may june july august september october november december",
    "jan feb mar apr jun jul aug sep sept oct nov dec",
    "januar jänner februar märz mai juni juli oktober dezember mär okt dez",
    "janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil "
    "sept déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre ene abr "
    "ago dic",
    "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev set out",
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug ott",
    "januari februari maart mei augustus augusti marts maj",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر 月 월",
)
#: their names and abbreviations
WEEKDAYS: Final = _words(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun",
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miércoles jueves viernes sábado domingo segunda terça quarta quinta sexta feira",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag tisdag onsdag torsdag fredag lördag "
    "söndag mandag tirsdag lørdag søndag",
    "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    "понедельник вторник среда четверг пятница суббота воскресенье",
    "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
    "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد 星期一 星期二 星期三 星期四 星期五 星期六 星期日 "
    "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 월요일 화요일 수요일 목요일 금요일 토요일 일요일",
)
_ZONES: Final = _words(
    "am pm a p m gmt utc bst cet cest mez mesz est edt cst cdt mst mdt pst pdt et ct pt ist msk jst kst aest "
    "aedt uhr uur kl hrs h"
)
#: what stands between the words of a count or a date
_SMALL: Final = _words(
    "a an one the of on at in to by ago comment just now th st nd rd and to be only so far people persons "
    "user users time times today yesterday",
    "mal um den dem der die das am uhr einer einem einen mir gerade eben le la les de du à il y a une un "
    "vers l instant fois el los las del una uno al hace ahora veces h hora horas s j aime em às uma vezes me "
    "gusta mi piace il alle ore del volte op om de het een kl den om och",
    "г в года року о раз dnia o godz tarihinde saat في الساعة yang lalu năm 年 月 日 时 時 点 次 条 個 个 件 "
    "回 人 年前 于 년 월 일 시 분 개 명 k m mil mln tys тыс млн bin 万 萬 만",
)
_DATE: Final = _MONTHS | WEEKDAYS | _ZONES | _SMALL
_KNOWN: Final = _THINGS | _NONE | _AGO | _UNITS | _NOW | _READING | _STAMPED | _DATE
