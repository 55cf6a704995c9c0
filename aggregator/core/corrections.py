"""Notes by which outlets say that they corrected, clarified or updated an article, in the big languages."""

import re
from typing import Final

#: characters of a text's lines that are looked at: a note stands at the beginning of its line or sentence
_LONGEST: Final = 1_500
_MOST_LINES: Final = 5_000

#: "Correction: an earlier version …": a word and a colon, or a dash, at the beginning
_LABELS: Final = (
    # en
    "correction", "corrections", "corrected", "clarification", "correction and clarification",
    "editor's note", "editors' note", "editor’s note", "erratum", "errata", "retraction", "amendment",
    "correction appended", "update", "updated", "refiled", "refile", "corrects", "corrected-refiled",
    # de, fr, es, pt, it
    "korrektur", "korrekturhinweis", "berichtigung", "richtigstellung", "anmerkung der redaktion", "nachtrag",
    "korrigiert", "rectificatif", "rectification", "correctif", "note de la rédaction", "précision",
    "mise à jour", "corrección", "correcciones", "rectificación", "fe de errores", "fe de erratas",
    "aclaración", "nota del editor", "nota de la redacción", "actualización", "correção", "errata",
    "erramos", "nota da redação", "nota do editor", "retificação", "atualização", "correzione", "rettifica",
    "errata corrige", "precisazione", "nota della redazione", "aggiornamento",
    # nl, sv, da, no, fi
    "correctie", "rectificatie", "noot van de redactie", "aanvulling", "rättelse", "korrigering",
    "förtydligande", "rettelse", "berigtigelse", "retting", "presisering", "oikaisu", "korjaus", "tarkennus",
    # pl, cs, ro, hu, el, tr
    "sprostowanie", "korekta", "erratum", "oprava", "upřesnění", "rectificare", "erată", "helyesbítés",
    "helyreigazítás", "διόρθωση", "διευκρίνιση", "düzeltme", "tekzip", "güncelleme",
    # ru, uk, bg
    "исправление", "уточнение", "опровержение", "поправка", "от редакции", "виправлення", "уточнення",
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
_DONE = r"(?:amended|corrected|updated|edited|revised|clarified|modified|retracted|withdrawn|removed|changed)"
#: what a note says in a sentence of its own
_SENTENCES: Final = (
    # en
    rf"(?:earlier|previous|original|initial) version of this {_IT}",
    r"(?:because of|due to) an? (?:editing|production|reporting|transcription) error",
    rf"this {_IT}(?:'s headline)? (?:was|has been|is being) (?:\w+ )?{_DONE}",
    r"(?:we|the newspaper) (?:have )?(?:corrected|regret|apologi[sz]e for) (?:this|the|an) (?:error|mistake)",
    rf"(?:this|the) {_IT} (?:originally|previously|incorrectly|mistakenly|wrongly) (?:\w+ed|said|gave)",
    r"^corrects (?:the )?(?:spelling|name|day|date|title|typo|headline|details|paragraph|figure|number)",
    # de
    r"in einer (?:früheren|ersten|vorherigen|älteren) (?:version|fassung)",
    r"(?:wir haben|dieser (?:artikel|text|beitrag) wurde) .{0,60}(?:korrigiert|berichtigt|aktualisiert)",
    # fr
    r"une (?:première |précédente )?version (?:précédente |antérieure |initiale )?de (?:cet|l') ?article",
    r"cet article a été (?:corrigé|modifié|mis à jour|rectifié|actualisé)",
    # es, pt, it
    r"una versión (?:anterior|previa) de est[ea] (?:artículo|nota|noticia|texto|información)",
    r"est[ea] (?:artículo|nota|noticia|texto|información) (?:ha sido|fue) (?:corregid|actualizad|modificad)",
    r"uma versão (?:anterior|prévia) (?:deste|desta|da) (?:artigo|texto|reportagem|notícia)",
    r"(?:este|esta) (?:artigo|texto|reportagem|notícia) foi (?:corrigid|atualizad|alterad)",
    r"una (?:precedente )?versione (?:precedente )?di questo articolo",
    r"questo articolo è stato (?:corretto|modificato|aggiornato)",
    # nl, sv, da, no
    r"in een eerdere versie van dit (?:artikel|bericht)",
    r"dit (?:artikel|bericht) is (?:gecorrigeerd|aangepast|bijgewerkt|gewijzigd)",
    r"(?:i )?en (?:tidigare|tidligere) versjon av (?:artikeln|artikkelen|teksten|saken)",
    r"i en (?:tidigare|tidligere) version (?:av|af)",
    # pl, ru, uk, tr
    r"poprzedni(?:a|ej) wersj(?:a|i) (?:tego )?(?:artykułu|tekstu)",
    r"(?:первоначальн|предыдущ|ранн)\w+ верси\w+ (?:этой |этого |данной )?(?:статьи|материала|текста)",
    r"(?:попередн|первісн)\w+ версі\w+ (?:цієї |цього )?(?:статті|матеріалу|новини|тексту)",
    r"bu (?:haber|yazı|makale)(?:nin)? .{0,30}(?:düzeltilmiştir|güncellenmiştir|önceki (?:hali|sürümü))",
    # ar, zh, ja, ko
    r"(?:ذكرت|ورد في) نسخة سابقة من هذا (?:المقال|الخبر|التقرير)",
    r"تم (?:تصحيح|تعديل|تحديث) هذا (?:المقال|الخبر|التقرير)",
    r"(?:本文|本报道|此文)(?:的)?(?:早前|先前|此前|较早)版本",
    r"(?:この|当)?記事の(?:以前の|当初の)(?:版|バージョン|内容)",
    r"(?:이|본) 기사는? .{0,20}(?:수정|정정)되었",
)
_LABEL = re.compile(
    r"[\s*_\[(•\-–—]*(?:" + "|".join(sorted(map(re.escape, _LABELS), key=len, reverse=True)) + r")"
    # a date or a clock may stand between the word and its colon
    r"(?:[\s,(\[]+(?:[\w.,/: ]{0,30}\d[\w.,/: ]{0,20}))?[\])]?\s*(?:[:：\]]|\s[-–—]\s|[-–—](?=\w)|\Z)",
    re.IGNORECASE,
)
_SAID = re.compile("|".join(f"(?:{sentence})" for sentence in _SENTENCES), re.IGNORECASE)
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
        r"更正|勘误|訂正|版本|記事の|정정|바로잡|수정"
    ),
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[^\d\s][.!?。！？])\s+")


def correction_notes(text: str) -> tuple[str, ...]:
    """The lines, or the sentences in them, that say that something was corrected, clarified or updated."""
    notes = []
    for line in text.splitlines()[:_MOST_LINES]:
        start = line[:_LONGEST]
        if not _HINT.search(start):
            continue
        if _LABEL.match(start):
            notes.append(start.strip())
            continue
        notes += [sentence.strip() for sentence in _SENTENCE_END.split(start) if _SAID.search(sentence)]
    return tuple(notes)
