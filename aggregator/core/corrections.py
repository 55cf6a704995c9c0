"""Notes by which outlets admit that an article was wrong, or took it back, in big languages.

That an article was updated admits nothing: that is an edit like others.
"""

import re
from typing import Final

#: characters of a text's lines that are looked at: a note stands at the beginning of its line or sentence
_LONGEST: Final = 1_500
_MOST_LINES: Final = 5_000

#: "Correction: an earlier version …": a word and a colon, or a dash, at the beginning
_LABELS: Final = (
    # en
    "correction", "corrections", "corrected", "clarification", "correction and clarification",
    "erratum", "errata", "retraction", "retracted", "withdrawn", "amendment", "amended", "clarified",
    "correction appended", "corrects", "corrected-refiled",
    # de, fr, es, pt, it
    "korrektur", "korrekturhinweis", "berichtigung", "richtigstellung",
    "korrigiert", "rectificatif", "rectification", "correctif", "précision",
    "corrección", "correcciones", "rectificación", "fe de errores", "fe de erratas",
    "aclaración", "correção", "errata", "erramos", "retificação", "correzione", "rettifica",
    "errata corrige", "precisazione",
    # nl, sv, da, no, fi
    "correctie", "rectificatie", "rättelse", "korrigering",
    "förtydligande", "rettelse", "berigtigelse", "retting", "presisering", "oikaisu", "korjaus", "tarkennus",
    # pl, cs, ro, hu, el, tr
    "sprostowanie", "korekta", "erratum", "oprava", "upřesnění", "rectificare", "erată", "helyesbítés",
    "helyreigazítás", "διόρθωση", "διευκρίνιση", "düzeltme", "tekzip",
    # ru, uk, bg
    "исправление", "уточнение", "опровержение", "поправка", "виправлення", "уточнення",
    "спростування", "корекция",
    # ar, fa, he, hi
    "تصحيح", "توضيح", "تصويب", "اصلاحیه", "تصحیح", "תיקון", "הבהרה", "सुधार", "भूल सुधार", "स्पष्टीकरण",
    # id, vi
    "koreksi", "ralat", "klarifikasi", "đính chính",
    # zh, ja, ko
    "更正", "更正启事", "勘误", "編按更正", "訂正", "お詫びと訂正", "訂正とお詫び", "정정",
    "바로잡습니다", "정정보도",
)  # fmt: skip
_IT = r"(?:article|story|post|report|piece|column|headline|obituary|page|caption|photo caption|item|version)"
_DONE = r"(?:amended|corrected|clarified|retracted|withdrawn|removed)"
#: labels under which outlets say anything: what follows must admit something
_OF_EDITORS: Final = (
    "editor's note", "editors' note", "editor’s note", "editors’ note", "note to readers",
    "anmerkung der redaktion", "anm. d. red.", "note de la rédaction", "ndlr", "nota del editor",
    "nota de la redacción", "nota da redação", "nota do editor", "nota della redazione",
    "noot van de redactie", "redaktionens anmärkning", "od redakcji", "от редакции", "від редакції",
)  # fmt: skip
_ADMITS = re.compile(
    r"correct|clarif|\berr(?:or|ed|oneous)|errat|mistake|wrong|inaccura|amend|retract|withdr|remov|"
    r"(?:earlier|previous|original) version|misstat|mis-?spel|misidentif|misattribut|misquot|"
    r"apologi[sz]|regret|"
    r"korr|berichtig|richtigst|fehler|irrtüm|falsch|früheren|corrig|erreur|rectif|retiré|supprimé|"
    r"correg|\berro|equivoc|eliminad|retific|removid|rettific|\berrat|"
    r"onjuist|\bfout|verwijderd|felaktig|rättat|"
    r"błąd|błęd|popraw|sprost|исправ|ошиб|неверн|удал[её]н|виправ|помил",
    re.IGNORECASE,
)
#: what of an earlier version is no error: where it appeared
_ELSEWHERE = (
    r"(?! (?:(?:was|had been|has been|were|is) )?(?:(?:first|originally|previously|also) )?"
    r"(?:published|appeared|appears|ran|aired|posted|printed|featured|available|written)\b)"
)
#: what a note says in a sentence of its own
_SENTENCES: Final = (
    # en
    rf"(?:earlier|previous|original|initial) version of this {_IT}{_ELSEWHERE}",
    r"(?:because of|due to) an? (?:editing|production|reporting|transcription) error",
    rf"this {_IT}(?:['’]s headline)? (?:was|has been|is being) (?:\w+ )?{_DONE}",
    (
        rf"this {_IT}(?:['’]s headline)? (?:was|has been) (?:\w+ )?(?:updated|edited|revised|changed)"
        r"\b.{0,40} to (?:correct|clarify|fix|remove|rectify|retract)"
    ),
    r"\brefiles? (?:\w+ ){0,2}to (?:correct|fix|clarify|remove)",
    r"(?:we|the newspaper) (?:have )?(?:corrected|regret|apologi[sz]e for) (?:this|the|an) (?:error|mistake)",
    rf"(?:this|the) {_IT} (?:incorrectly|mistakenly|wrongly|erroneously) (?:\w+ed|said|gave)",
    rf"(?:this|the) {_IT} (?:originally|previously){_ELSEWHERE} (?:\w+ed|said|gave)",
    r"^corrects (?:the )?(?:spelling|name|day|date|title|typo|headline|details|paragraph|figure|number)",
    # de
    r"in einer (?:früheren|ersten|vorherigen|älteren) (?:version|fassung)",
    r"(?:wir haben|dieser (?:artikel|text|beitrag) wurde) .{0,60}(?:korrigiert|berichtigt)",
    # fr
    r"une (?:première |précédente )?version (?:précédente |antérieure |initiale )?de (?:cet|l') ?article",
    r"cet article a été (?:corrigé|modifié|rectifié)",
    # es, pt, it
    r"una versión (?:anterior|previa) de est[ea] (?:artículo|nota|noticia|texto|información)",
    r"est[ea] (?:artículo|nota|noticia|texto|información) (?:ha sido|fue) (?:corregid|rectificad|modificad)",
    r"uma versão (?:anterior|prévia) (?:deste|desta|da) (?:artigo|texto|reportagem|notícia)",
    r"(?:este|esta) (?:artigo|texto|reportagem|notícia) foi (?:corrigid|retificad|alterad)",
    r"una (?:precedente )?versione (?:precedente )?di questo articolo",
    r"questo articolo è stato (?:corretto|modificato|rettificato)",
    # nl, sv, da, no
    r"in een eerdere versie van dit (?:artikel|bericht)",
    r"dit (?:artikel|bericht) is (?:gecorrigeerd|aangepast|gewijzigd)",
    r"(?:i )?en (?:tidigare|tidligere) versjon av (?:artikeln|artikkelen|teksten|saken)",
    r"i en (?:tidigare|tidligere) version (?:av|af)",
    # pl, ru, uk, tr
    r"poprzedni(?:a|ej) wersj(?:a|i) (?:tego )?(?:artykułu|tekstu)",
    r"(?:первоначальн|предыдущ|ранн)\w+ верси\w+ (?:этой |этого |данной )?(?:статьи|материала|текста)",
    r"(?:попередн|первісн)\w+ версі\w+ (?:цієї |цього )?(?:статті|матеріалу|новини|тексту)",
    r"bu (?:haber|yazı|makale)(?:nin)? .{0,30}(?:düzeltilmiştir|önceki (?:hali|sürümü))",
    # ar, zh, ja, ko
    r"(?:ذكرت|ورد في) نسخة سابقة من هذا (?:المقال|الخبر|التقرير)",
    r"تم (?:تصحيح|تعديل) هذا (?:المقال|الخبر|التقرير)",
    r"(?:本文|本报道|此文)(?:的)?(?:早前|先前|此前|较早)版本",
    r"(?:この|当)?記事の(?:以前の|当初の)(?:版|バージョン|内容)",
    r"(?:이|본) 기사는? .{0,20}(?:수정|정정)되었",
)
#: what is said of an article that is not to be read any more
_WITHDRAWALS: Final = (
    (
        rf"this {_IT} (?:was|has been|is being) (?:\w+ ){{0,2}}"
        r"(?:removed|withdrawn|retracted|taken down|taken offline|deleted|unpublished)"
    ),
    rf"(?:have|['’]ve|has) (?:\w+ )?(?:removed|withdrawn|retracted|taken down|deleted) this {_IT}",
    rf"this {_IT} is no longer available",
    (
        r"dies(?:er|e|es) (?:artikel|text|beitrag|bericht|meldung|seite) (?:wurde|ist) .{0,40}"
        r"(?:zurückgezogen|entfernt|gelöscht|depubliziert|offline genommen)"
    ),
    r"cet article a été (?:\w+ )?(?:retiré|supprimé|dépublié)",
    r"est[ea] (?:artículo|nota|noticia|texto|información|página) (?:ha sido|fue) (?:retirad|eliminad)[oa]",
    r"(?:este|esta) (?:artigo|texto|reportagem|notícia|página) foi (?:removid|retirad|excluíd|apagad)[oa]",
    r"questo articolo è stato (?:rimosso|ritirato|eliminato|cancellato)",
    r"dit (?:artikel|bericht) is (?:\w+ )?(?:verwijderd|ingetrokken|teruggetrokken|offline gehaald)",
    r"(?:den här |denna )?artikeln har (?:tagits bort|avpublicerats|dragits tillbaka)",
    r"(?:artikel|artikkel)(?:en)? (?:er|har blitt) (?:\w+ )?(?:fjernet|trukket|afpubliceret|avpublisert)",
    r"(?:ten )?(?:artykuł|tekst) został (?:\w+ )?(?:usunięty|wycofany)",
    (
        r"(?:эта |этот |данная |данный )?(?:статья|материал|новость|публикация) "
        r"(?:был[аи]? )?(?:удал[её]н[аы]?|отозван[аы]?|снят[аы]? с публикации)"
    ),
    r"(?:стаття|статтю|матеріал|новину) (?:було )?(?:видален[оа]|відкликан[оа]|знято з публікації)",
    r"bu (?:haber|yazı|makale|içerik) .{0,20}(?:kaldırılmıştır|kaldırıldı|geri çekil)",
    r"تم (?:حذف|سحب|إزالة) هذا (?:المقال|الخبر|التقرير)",
    r"(?:本文|该文章|该文|此文|本报道|该报道|文章)已(?:被)?(?:作者)?(?:删除|刪除|撤回|下架|撤稿)",
    r"(?:この|当|本)?記事は(?:削除|取り下げ|撤回)",
    r"(?:이|본|해당) 기사[는가은]? .{0,10}(?:삭제|철회)",
)
#: characters of a text that is a notice and no article
_NOTICE: Final = 600


def _labels(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        r"[\s*_\[(•\-–—]*(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + r")"
        # a date or a clock may stand between the word and its colon
        r"(?:[\s,(\[]+(?:[\w.,/: ]{0,30}\d[\w.,/: ]{0,20}))?[\])]?\s*(?:[:：\]]|\s[-–—]\s|[-–—](?=\w)|\Z)",
        re.IGNORECASE,
    )


_LABEL = _labels(_LABELS)
_LABEL_OF_EDITORS = _labels(_OF_EDITORS)
_SAID = re.compile("|".join(f"(?:{sentence})" for sentence in _SENTENCES), re.IGNORECASE)
_WITHDRAWN = re.compile("|".join(f"(?:{sentence})" for sentence in _WITHDRAWALS), re.IGNORECASE)
#: words without which no line is a note: looked for first, as nearly every line is none
_HINT = re.compile(
    (
        r"correct|clarif|editor|errat|erram|retract|amend|update|refile|version|error|originally|previously|"
        r"incorrectly|mistaken|wrongly|apolog|regret|revised|withdrawn|adds|korr|berichtig|richtigst|anmerkung|"
        r"nachtrag|fassung|rectif|correc|rédaction|précision|mise à jour|article a|"
        r"aclaraci|actualiz|nota |"
        r"correç|retific|atualiz|corre[zt]|rettific|precisaz|aggiorn|noot|aanvull|artikel is|bericht is|"
        r"rätt|"
        r"förtyd|rettelse|berigt|retting|presis|oikai|korja|tarken|sprost|korek|wersj|oprav|upřes|erat|helyes|"
        r"helyre|διόρθ|διευκ|düzelt|tekzip|güncel|исправ|уточн|опроверж|поправ|редакц|верси|виправ|спрост|"
        r"версі|"
        r"корекц|تصح|توضيح|تصويب|اصلاح|نسخة|تعديل|تحديث|תיקון|הבהרה|सुधार|स्पष्ट|koreksi|ralat|klarif|đính|"
        r"更正|勘误|訂正|版本|記事の|정정|바로잡|수정|removed|note to readers|note de|redak|ndlr|anm\."
    ),
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[^\d\s][.!?。！？])\s+")


def correction_notes(text: str) -> tuple[str, ...]:
    """The lines, or the sentences in them, that say that something was corrected, clarified or taken back."""
    notes = []
    for line in text.splitlines()[:_MOST_LINES]:
        start = line[:_LONGEST]
        if not _HINT.search(start):
            continue
        if _LABEL.match(start) or (
            (of := _LABEL_OF_EDITORS.match(start)) and _ADMITS.search(start, of.end())
        ):
            notes.append(start.strip())
            continue
        notes += [sentence.strip() for sentence in _SENTENCE_END.split(start) if _SAID.search(sentence)]
    return tuple(notes)


def withdrawal(text: str) -> str:
    """The sentence by which a short text says that the article is not to be read any more, "" without one."""
    if len(text) > _NOTICE:
        return ""
    sentences = (sentence for line in text.splitlines() for sentence in _SENTENCE_END.split(line))
    return next((sentence.strip() for sentence in sentences if _WITHDRAWN.search(sentence)), "")


def taken_back(text: str) -> str:
    """What a short text that stands where an article stood says of it: a withdrawal, else what was wrong."""
    if len(text) > _NOTICE:
        return ""
    return withdrawal(text) or next(iter(correction_notes(text)), "")
