"""Which texts stand before an article instead of being one, in the languages of many outlets."""

import pytest

from aggregator.core.extract.verdict import is_wall

#: title : text; each of fewer than fifty words
WALLS = """
Connexion : Cet article est réservé aux abonnés. Déjà abonné ? Connectez-vous pour lire la suite de cet article.
Das Blatt : Diesen Artikel lesen Sie mit Plus, nur für Abonnenten. Sind Sie bereits Abonnent? Jetzt anmelden.
El Puerto : Contenido exclusivo para suscriptores. ¿Ya eres suscriptor? Inicia sesión para seguir leyendo hoy.
Il Porto : Contenuto riservato agli abbonati. Sei già abbonato? Accedi per continuare a leggere questo articolo.
O Porto : Conteúdo exclusivo para assinantes. Já é assinante? Faça login para continuar a ler esta notícia.
De Haven : Dit artikel is alleen voor abonnees. Al abonnee? Log in om verder te lezen op deze site.
Hamnen : Den här artikeln är för dig som prenumererar. Redan prenumerant? Logga in för att läsa vidare.
Port : Tekst dostępny tylko dla prenumeratorów. Zaloguj się, aby czytać dalej, albo kup dostęp już dziś.
Порт : Этот материал доступен только для подписчиков. Войдите, чтобы читать дальше, или оформите подписку.
Liman : Bu haber abonelerimize özel olarak hazırlandı. Okumaya devam etmek için lütfen giriş yapın şimdi.
港新聞 : この記事は会員限定です。ログインして続きをお読みください。残り1234文字。有料会員になると全文をお読みいただけます。
港口报 : 本文为付费内容，请先登录。登录后查看全文，订阅后可无限阅读。客服电话请见页面底部。谢谢您的支持。
항구신문 : 이 기사는 구독자 전용 기사입니다 로그인 후 이용해 주세요 감사합니다 지금 가입하시면 한 달 무료 입니다
الميناء : هذا المحتوى للمشتركين فقط. يرجى تسجيل الدخول للمتابعة وقراءة بقية المقال أو الاشتراك الآن معنا.
Страница не найдена : Возможно, она была удалена или перенесена. Попробуйте начать с главной страницы нашего сайта.
Nie znaleziono strony : Podany adres jest nieprawidłowy lub artykuł został usunięty. Spróbuj skorzystać z wyszukiwarki.
ページが見つかりません : お探しのページは移動または削除された可能性があります。トップページへ戻るか、検索をご利用ください。
页面不存在 : 您访问的内容可能已经被删除或者移动到其他地方了，请返回首页查看更多最新的新闻内容，或者使用搜索功能。
페이지를 찾을 수 없습니다 : 요청하신 페이지가 삭제 되었거나 주소가 변경 되었을 수 있습니다 홈으로 돌아가기
الصفحة غير موجودة : عذرا، الصفحة التي تبحث عنها ربما حذفت أو تغير عنوانها. العودة إلى الرئيسية أو استخدم البحث.
安全验证 : 您的访问过于频繁，请完成安全验证后继续访问。请向右滑动滑块填充拼图，完成后页面将自动跳转，谢谢合作。
Проверка браузера : Подтвердите, что вы не робот, и продолжайте чтение. Это займет всего несколько секунд вашего времени.
Port : Erişiminiz geçici olarak engellenmiştir. Robot olmadığınızı doğrulayın ve sonra siteye tekrar girmeyi deneyin.
Accesso negato : Non hai il permesso di vedere questa pagina. Se pensi che sia un errore scrivi alla redazione.
Port : Používáme soubory cookie, abychom vám zobrazili obsah. Kliknutím na tlačítko souhlasíte se vším, co níže stojí.
Λιμάνι : Χρησιμοποιούμε αρχεία cookies για να σας προσφέρουμε καλύτερη εμπειρία πλοήγησης στον ιστότοπό μας κάθε μέρα.
المرفأ : نستخدم ملفات تعريف الارتباط لتحسين تجربتك على موقعنا، وبالمتابعة فإنك توافق على ذلك وعلى سياستنا.
"""  # noqa: E501

#: short, and about such things
ARTICLES = """
Cookies are baked again : The harbour bakery sells its cookies again after a fire closed it for a month last spring.
Robots at the port : Two robots now load ships at the northern pier, and the board says that no jobs are lost.
Port : Der Hafenrat hat am Dienstag beschlossen, die alte Brücke für elf Monate zu schließen, sagten Ingenieure.
Port : El consejo del puerto votó el martes cerrar el viejo puente durante once meses, dijeron los ingenieros.
Порт : Совет порта решил во вторник закрыть старый мост на одиннадцать месяцев, сообщили вчера инженеры порта.
港新聞 : 港湾当局は火曜日、古い旋回橋を十一か月間閉鎖すると発表した。技術者によると軸受けが損傷しているという。
港口报 : 港务局周二决定关闭旧桥十一个月，工程师们说轴承已经损坏，渡轮将代替桥梁运送乘客，直到明年春天。
الميناء : قرر مجلس الميناء يوم الثلاثاء إغلاق الجسر القديم أحد عشر شهرا، كما قال المهندسون في بيان نشر اليوم.
"""  # noqa: E501


@pytest.mark.parametrize("line", WALLS.strip().splitlines())
def test_a_login_error_challenge_or_consent_text_is_a_wall_in_many_languages(line: str) -> None:
    title, _, text = line.partition(" : ")
    assert is_wall(text, title)


@pytest.mark.parametrize("line", ARTICLES.strip().splitlines())
def test_a_short_article_is_none(line: str) -> None:
    title, _, text = line.partition(" : ")
    assert not is_wall(text, title)
