"""What teasers, attributions, bot checks and consent notices say, in the languages of many outlets.

What the parent looks for in every new item is plain strings, which is fast; the patterns for pages
are compiled on first use, as most runs meet no short page at all.
"""

import re
from functools import cache
from typing import Final

#: "[…]", "[...]", "…", "..." as the last thing in a text
_ELLIPSIS = re.compile(r"(?:\[\s*(?:…|\.{2,})\s*\]|\(\s*(?:…|\.{3,})\s*\)|…|\.{3,})[\s\"'”»)]*$")

#: folded, one space apart
_READ_ON: Final = (
    "read more", "read full", "read the rest", "read the full", "read the whole", "read the original",
    "read the entire", "read on »", "read on →", "view more", "view full", "view the full", "see more",
    "see full", "see the full", "find out more", "learn more", "show more", "continue reading",
    "keep reading", "click here", "click through", "full story", "full article", "weiterlesen",
    "weiter lesen", "mehr lesen", "mehr erfahren", "mehr dazu", "den ganzen artikel",
    "zum ganzen artikel", "zum artikel", "zum beitrag", "vollständigen artikel", "lire la suite",
    "lire plus", "lire l'article", "lire l’article", "voir plus", "en savoir plus",
    "continuer la lecture", "continuer à lire", "leer más", "ver más", "saber más", "seguir leyendo",
    "continuar leyendo", "leer el artículo", "leer la nota", "leer la noticia", "leia mais",
    "ler mais", "saiba mais", "veja mais", "ver mais", "continue lendo", "continuar a ler",
    "leggi tutto", "leggi di più", "leggi l'articolo", "leggi l’articolo", "continua a leggere",
    "scopri di più", "lees meer", "lees verder", "lees het hele", "bekijk meer", "läs mer",
    "läs vidare", "les mer", "les videre", "læs mere", "læs videre", "læs hele", "lue lisää",
    "czytaj dalej", "czytaj więcej", "czytaj całość", "zobacz więcej", "dowiedz się więcej",
    "číst dále", "číst více", "celý článek", "čítať ďalej", "celý článok", "tovább olvas",
    "tovább a cikkre", "teljes cikk", "bővebben", "citește mai mult", "citește mai departe",
    "citește continuarea", "devamını oku", "devamı için", "tamamını oku", "читать далее",
    "читать дальше", "читать полностью", "читайте далее", "читайте далі", "читати далі", "подробнее",
    "докладніше", "детальніше", "διαβάστε περισσότερα", "διαβάστε τη συνέχεια", "baca selengkapnya",
    "lihat selengkapnya", "đọc thêm", "đọc tiếp", "xem thêm", "اقرأ المزيد", "إقرأ المزيد",
    "قراءة المزيد", "تابع القراءة", "ادامه مطلب", "ادامه خبر", "مزید پڑھیں", "और पढ़ें", "आगे पढ़ें",
    "続きを読む", "もっと見る", "もっと読む", "全文を読む", "阅读全文", "阅读更多", "阅读原文",
    "閱讀全文", "閱讀更多", "查看全文", "查看更多", "더 보기", "더보기", "더 읽기", "อ่านต่อ",
    "อ่านเพิ่มเติม",
)  # fmt: skip

#: WordPress' line below an item, "The post … appeared first on …", as its translations have it; folded
_ATTRIBUTION: Final = (
    "appeared first on", "published first on", "posted first on", "first appeared on",
    "first appeared in", "first published on", "originally appeared on", "originally published on",
    "originally published at", "originally posted on", "erschien zuerst auf", "erschienen zuerst auf",
    "apparaît en premier sur", "est apparu en premier sur", "est apparue en premier sur",
    "publicó primero en", "apareció primero en", "aparece primero en", "proviene da",
    "sembra essere il primo su", "apareceu primeiro em", "aparece primeiro em", "verscheen eerst op",
    "verschijnt eerst op", "dök först upp på", "dukket opp først på", "dukkede først op på",
    "ilmestyi ensin", "pochodzi z serwisu", "впервые появилась", "сначала появилась",
    "з'явився спочатку", "з’явився спочатку", "nejdříve se objevil", "najskôr zobrazil",
    "apărută mai întâi", "ilk önce", "ilk olarak", "εμφανίστηκε πρώτα στο", "ظهرت أولاً على",
    "أولاً على", "أولا على", "muncul pertama kali", "xuất hiện đầu tiên", "最初に表示", "最初に公開",
    "最先出现在", "最早出現於", "에 처음 등장",
)  # fmt: skip

#: titles of pages that stand before the one asked for
_WALL_TITLE: Final = (
    r"^(?:just a|one) moment",
    r"^attention required",
    r"^access (?:to this page )?(?:has been )?denied",
    r"^(?:are you a )?(?:ro)?bot\b.{0,20}(?:check|verification|\?)",
    r"^(?:security|human|bot) (?:check|verification|challenge)",
    r"^verify(?:ing)? (?:that )?(?:you|your)",
    r"^checking your browser",
    r"^please (?:wait|verify|enable)",
    r"^pardon our interruption",
    r"^request (?:rejected|unsuccessful|blocked)",
    r"^(?:40[13]|429|503)\b",
    r"^forbidden",
    r"ddos[- ](?:guard|protection)",
    r"captcha",
    r"^(?:zugriff verweigert|accès refusé|acceso denegado|доступ (?:ограничен|запрещ))",
    r"^(?:subscribe|register|sign (?:up|in)|log in) (?:\w+ ){0,2}to (?:continue|keep|read)",
    r"^(?:we (?:value|respect) your privacy|your privacy choices|cookie (?:consent|wall))(?: [-–—|·] .*)?$",
    r"^(?:zustimmung|einwilligung)(?: erforderlich)?(?: [-–—|·] .*)?$",
    r"^(?:error )?404(?: error)?(?:$|[:!.]| [-–—|·]| (?:page |file )?not found)",
    r"^(?:oops\W{1,3})?(?:(?:that|the|this) )?page (?:is |was )?(?:not found|missing)(?:$|[:!.]| [-–—|·])",
    r"^(?:seite|artikel) (?:wurde )?nicht gefunden|^page (?:introuvable|non trouvée)|^pagina non trovata",
    r"^página no encontrada|^página não encontrada|^pagina niet gevonden|^страница не найдена",
    r"^(?:сторінку не знайдено|страниц[аы] не (?:существует|найден)|stránk[au] (?:nenalezena|neexistuje))",
    r"^(?:nie znaleziono strony|strona nie (?:istnieje|została znaleziona)|sayfa bulunamadı)",
    r"^(?:sidan (?:kunde inte hittas|finns inte)|siden (?:finnes ikke|findes ikke|blev ikke fundet))",
    r"^(?:sivua ei löyt|az oldal nem található|pagina nu (?:a fost găsită|există)|η σελίδα δεν βρέθηκε)",
    r"^(?:không tìm thấy trang|halaman tidak ditemukan|ไม่พบหน้า|पृष्ठ नहीं मिला|הדף לא נמצא)",
    r"^(?:(?:ال)?صفحة غير موجودة|الصفحة المطلوبة|صفحه (?:مورد نظر )?(?:یافت|پیدا) نشد)",
    r"^.{0,20}(?:ページ(?:が|は)(?:見つかり|存在し)ません|(?:页面|頁面|网页)(?:不存在|未找到|没有找到)|找不到(?:页面|頁面|网页))",
    r"^.{0,20}페이지를 ?찾을 ?수 ?없",
    r"^(?:安全验证|人机验证|访问验证|验证码|アクセス(?:拒否|制限)|访问(?:被拒绝|受限))",
    r"^접근이? ?(?:거부|차단)",
    r"^(?:accesso negato|acesso negado|toegang geweigerd|åtkomst nekad|odmowa dostępu|erişim engellendi)",
    r"^(?:проверка (?:браузера|безопасности)|تم رفض الوصول|доступ (?:к \w+ )?(?:заблокирован|обмежено))",
    r"^(?:bevor sie|before you|avant de|antes de|voordat je|prima di) (?:.{0,20}google|continu)",
)

#: what walls say, by kind of remark
_WALL: Final = {
    "script": (
        r"(?:enable|activate|turn on|requires?|without|disabled?) (?:\w+ ){0,3}java ?script",
        r"java ?script (?:\w+ ){0,5}(?:disabled|enabled|required|off|blocked)",
        r"java ?script (?:\w+ ){0,3}(?:aktivieren|deaktiviert|activer|désactivé|habilitar|activar)",
        r"(?:aktivieren|activez|active|habilite|abilita|включите|włącz) (?:\w+ ){0,3}java ?script",
        r"启用 ?java ?script",
    ),
    "human": (
        r"(?:verify|confirm|prove|sure) (?:\w+ ){0,3}you(?:['’]| a)re (?:not )?(?:an? )?(?:human|ro?bot)",
        r"(?:not|are you) (?:a |an )?(?:robot|bot)\b",
        r"captcha",
        r"checking (?:\w+ ){0,3}(?:browser|connection)",
        r"(?:unusual|suspicious|automated) (?:\w+ ){0,2}(?:traffic|activity|requests|behavio)",
        r"security (?:check|service|verification)",
        r"(?:ray|incident|reference|support|request) (?:id|#)",
        r"(?:bist|sind) (?:du|sie) (?:\w+ ){0,2}(?:mensch|roboter)",
        r"(?:êtes|es) (?:pas )?(?:un )?(?:humain|robot)",
        r"(?:verifica|confirma|demuestra|dimostra)\w* que (?:\w+ ){0,2}(?:humano|umano|robot)",
        r"не робот",
        r"ロボットではありません|(?:人机|人機|安全)(?:验证|驗證)|(?:输入|輸入)验证码",
        r"访问(?:过于频繁|异常)|로봇이 ?아닙",
        r"(?:подтвердите|докажите),? что вы|robot olmadığınızı|nie jesteś robotem",
        r"(?:geen|inte en|ikke en) robot",
        r"لست روبوت|أنك لست|ربات نیستید",
    ),
    "denied": (
        r"access (?:\w+ ){0,4}denied",
        r"you (?:have been|are|were) (?:temporarily )?blocked",
        r"(?:don['’]t|do not) have permission",
        r"(?:not available|unavailable) in your (?:country|region|location)",
        r"zugriff (?:\w+ )?verweigert",
        r"accès (?:\w+ )?refusé",
        r"acceso denegado",
        r"accesso (?:\w+ )?negato|acesso (?:\w+ )?negado|toegang (?:\w+ )?geweigerd",
        r"åtkomst (?:\w+ )?nekad",
        r"доступ (?:\w+ ){0,4}(?:ограничен|запрещ|заблокирован|заборонен|обмежен)|odmowa dostępu",
        r"erişim(?:iniz)? (?:\w+ )?engellen|تم رفض الوصول|アクセスが(?:拒否|制限)",
        r"访问(?:被拒绝|受限)|접근이? ?(?:거부|차단)",
        r"(?:in ihrem|dans votre|en su|nel tuo|no seu) (?:land|pays|país|paese|região) nicht verfügbar",
    ),
    "cookies": (
        r"(?:us(?:es?|ing)|utili[sz]es?|stores?|accept|reject|allow|enable|manage) (?:\w+ ){0,4}cookies",
        r"(?:essential|necessary) cookies",
        r"cookies? (?:\w+ ){0,3}(?:policy|settings|preferences|notice|consent|statement|disabled)",
        r"cookies? and (?:similar|other)",
        r"(?:verwenden|nutzen|setzen|akzeptieren|zustimmen|ablehnen) (?:\w+ ){0,4}cookies",
        r"cookies (?:\w+ ){0,4}(?:verwenden|nutzen|zustimmen|akzeptieren|ablehnen|gesetzt)",
        r"(?:utilis\w+|dépos\w+|accept\w+|refus\w+) (?:\w+ ){0,3}cookies",
        r"(?:utiliza\w*|usa\w*|aceptar|aceitar|acepta) (?:\w+ ){0,3}cookies",
        r"(?:utilizz\w+|usa|accett\w+) (?:\w+ ){0,3}cookie",
        r"(?:gebruik\w*|accepter\w*|använder|bruger|używa\w*|používá\w*|folosim) (?:\w+ ){0,3}cookie",
        r"använder (?:\w+ ){0,2}kakor|käytämme evästeitä|bruker informasjonskapsler",
        r"(?:используем|использует|вы соглашаетесь) .{0,40}(?:cookie|куки)",
        r"çerez",
        r"クッキー|cookieを|使用 ?cookie|쿠키",
        r"eväste(?:itä|asetuk)|sütiket|файли? cookie|ملفات تعريف الارتباط|کوکی|कुकीज़",
        r"χρησιμοποι\w+ (?:\w+ ){0,3}cookies",
        r"(?:používáme|używamy|wykorzystujemy|utilizăm|uporabljamo|koristimo) (?:\w+ ){0,3}(?:cookie|plik)",
        r"(?:使用|接受).{0,6}cookies?|cookies?(?:设置|政策|設定)|쿠키를 ?사용",
    ),
    "consent": (
        r"(?:your|manage|withdraw|give|without) (?:\w+ ){0,2}(?:consent|privacy (?:choices|settings))",
        r"we (?:value|respect|care about) your privacy",
        r"(?:our|and|\d+) (?:\w+ ){0,2}partners",
        r"legitimate interest",
        r"(?:datenschutz|privatsphäre)(?:-?einstellungen|erklärung)",
        r"(?:einwilligung|zustimmung) (?:\w+ ){0,3}(?:widerrufen|erteilen|jederzeit)",
        r"(?:votre|vos) (?:consentement|choix|données personnelles)",
        r"(?:su|tu|il tuo|seu) (?:consentimiento|consenso|consentimento|privacidad)",
        r"персональных данных",
        r"(?:私たちと|当社および).{0,12}パートナー|個人情報の取り扱いに同意|我们和.{0,12}合作伙伴",
        r"隐私(?:设置|政策).{0,6}同意",
        r"(?:zgod[aęy]|souhlas(?:em)?|hozzájárulás) (?:\w+ ){0,4}(?:wycof|odvol|visszavon)",
        r"(?:samtycke|samtykke|toestemming) (?:\w+ ){0,4}(?:återkall|trekke|intrekken)",
        r"(?:nous et|noi e i|nosotros y|nós e) (?:\w+ ){0,4}(?:partenaires|partner|socios|parceiros)",
        r"(?:wij en|vi och|vi og) (?:\w+ ){0,4}partner",
    ),
    # the purposes of the IAB's framework, in its own words
    "purposes": (
        r"stor(?:e|ing) and/or access\w* information on a device",
        r"precise geolocation data",
        r"(?:information|cookies)\w* auf (?:einem|ihrem|deinem) (?:end)?gerät",
        r"informationen auf (?:\w+ )?(?:end)?gerät",
        r"stocker et/ou accéder à des informations",
        r"almacenar (?:la información en un dispositivo )?y/o acceder a",
        r"archiviare (?:informazioni su dispositivo )?e/o accedervi",
    ),
    "advertising": (
        r"pur[- ]abo",
        r"(?:weiter\w*|gewohnt|website|nutzen) mit werbung",
        r"mit werbung (?:und tracking|weiter\w*|nutzen|lesen)",
        r"(?:werbe-?tracking|werbefrei) (?:\w+ ){0,4}(?:lesen|nutzen|monat)",
    ),
    "missing": (
        r"page (?:can['’]t|cannot|could(?:n['’]t| not)) be found",
        r"nothing was found at this location",
        r"page (?:that )?you(?:['’]re| are| were) looking for",
        r"page you (?:\w+ )?requested",
        r"seite (?:\w+ ){0,6}(?:nicht gefunden|existiert nicht)",
        r"page (?:\w+ ){0,6}(?:introuvable|n['’]existe (?:pas|plus))",
        r"página (?:\w+ ){0,6}no (?:existe|encontrada)",
        r"страниц[аы] (?:\w+ ){0,4}не (?:найден|существует)",
        r"сторінк[аиу] (?:\w+ ){0,4}не (?:знайдено|існує)",
        r"stron[ay] (?:\w+ ){0,4}nie (?:istnieje|została)",
        r"stránka (?:\w+ ){0,4}(?:nenalezena|neexistuje|nebyla)",
        r"pagina (?:\w+ ){0,4}(?:non (?:è stata trovata|esiste)|niet (?:gevonden|bestaat))",
        r"pagina (?:\w+ ){0,4}nu (?:a fost|există)",
        r"sida[n]? (?:\w+ ){0,4}(?:hittades inte|finns inte)",
        r"siden (?:\w+ ){0,4}(?:finnes|findes) ikke|sivua ei löyt",
        r"sayfa (?:\w+ ){0,3}bulunamadı|az oldal nem található|halaman (?:\w+ ){0,4}tidak ditemukan",
        r"không tìm thấy trang",
        r"الصفحة (?:\w+ ){0,5}(?:غير موجودة|لم يتم العثور)|صفحه (?:\w+ ){0,4}(?:یافت|پیدا) نشد",
        r"σελίδα (?:\w+ ){0,5}δεν βρέθηκε",
        r"ページ(?:が|は)(?:見つかり|存在し)ません|(?:页面|頁面|网页)(?:不存在|未找到|已被?删除)",
        r"페이지를 ?찾을 ?수 ?없|ไม่พบหน้า|पृष्ठ नहीं मिला",
    ),
    "moved": (
        r"(?:been|was) (?:re)?moved, (?:had its name changed|renamed|deleted)",
        r"(?:return|go|back) to (?:the |our )?home ?page",
        r"try (?:\w+ ){0,6}search",
        r"(?:zurück )?zur startseite",
        r"retour(?:ner)? à (?:la page d['’])?accueil",
        r"(?:volver|vuelve|ir) (?:a la|al) (?:portada|inicio|página principal)|torna alla home",
        r"voltar (?:à|para a) (?:home|página)",
        r"terug naar (?:de )?(?:homepage|startpagina)|(?:till|til) (?:startsidan|forsiden)",
        r"wróć (?:do|na) stron[ęy] główn",
        r"на главную|на головну|トップページ(?:へ|に)戻る|返回首页|返回首頁|홈으로 ?(?:가기|돌아)",
        r"ana sayfaya dön|العودة إلى الرئيسية",
    ),
    "account": (
        r"(?:log|sign) ?in to (?:continue|read|view|your account)",
        r"(?:subscribe|register|sign up) (?:\w+ ){0,2}to (?:continue|read|keep|view|unlock)",
        r"(?:reached|used) (?:\w+ ){0,3}(?:limit|all) (?:\w+ ){0,3}free articles",
        r"already (?:a |have an? )?(?:subscriber|account|member)",
        r"(?:this|your) (?:article|content|story) is (?:\w+ ){0,2}(?:subscribers|members)",
        r"(?:nur|exklusiv) für (?:\w+[- ])?(?:abonnent|mitglieder)",
        r"bereits (?:\w+ )?(?:abonnent|registriert)|(?:jetzt|bitte) anmelden",
        r"(?:réservé|accessible) (?:\w+ )?aux (?:abonnés|membres)|déjà abonné",
        r"(?:abonnez|connectez)-vous (?:\w+ )?pour",
        r"(?:exclusivo|solo|reservado) para (?:\w+ )?(?:suscriptor|assinantes|socios)",
        r"ya (?:eres|soy) suscriptor|já é assinante",
        r"(?:suscr[íi]bete|inicia sesi[óo]n|faça login|assine) (?:\w+ )?para (?:seguir|continu|leer|ler)",
        r"riservat\w (?:\w+ )?agli abbonati|sei già abbonat",
        r"(?:abbonati|accedi) per (?:continuare|leggere)",
        r"(?:alleen|exclusief) voor (?:\w+ )?abonnees|al abonnee|log in om (?:verder|te lezen)",
        r"redan prenumerant|allerede abonnent|(?:logga|logg) in(?:n)? för att|log(?:g)? inn? for å",
        r"log ind for at",
        r"tylko dla (?:\w+ )?(?:prenumeratorów|subskrybentów)|zaloguj się,? (?:aby|żeby)",
        r"jen pro předplatitele|přihlaste se",
        r"только (?:для|по) подпис|(?:войдите|авторизуйтесь),? чтобы|aboneler(?:e|imize) özel",
        r"للمشتركين فقط|(?:قم ب)?تسجيل الدخول (?:ل|من)",
        r"会員(?:限定|登録が必要)|ログインして(?:続き|お読み|ください)|残り ?[\d,]+ ?文字",
        r"登录后(?:查看|阅读|继续)|请先?登录|订阅后|付费阅读|(?:구독자|회원) ?전용",
    ),
}


def ends_cut_off(line: str) -> bool:
    """Whether a text with this last line ends as teasers do: in an ellipsis, or asking to read on."""
    end = " ".join(line[-120:].casefold().split())
    return bool(_ELLIPSIS.search(end)) or any(phrase in end for phrase in _READ_ON)


def is_attribution(sentence: str) -> bool:
    """Whether a sentence says which site the item "appeared first on"."""
    folded = " ".join(sentence.casefold().split())
    return any(phrase in folded for phrase in _ATTRIBUTION)


def is_title_of_wall(title: str) -> bool:
    """Whether a page with this title stands before the one asked for."""
    return bool(_compiled(_WALL_TITLE).search(title))


def remarks_of_walls(text: str) -> int:
    """How many kinds of things a text says that bot checks, consent notices and paywalls say."""
    return sum(bool(_compiled(said).search(text)) for said in _WALL.values())


@cache
def _compiled(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(phrases).replace(" ", r"\s+").replace(r"\s+?", r"\s*"), re.IGNORECASE)
