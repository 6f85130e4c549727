# ruff: noqa: E501, RUF001 - words in their own letters, some of which are wide
"""Words of pages that are no article, in the main languages of news: signals among others, never proof alone."""

from __future__ import annotations

import re

_I = re.IGNORECASE

# segments of a URL's path; a list's next segment names what is listed
LIST_SEGMENT = re.compile(
    r"(?:tags?|topics?|keywords?|categor(?:y|ies)|authors?|contributors?|writers?|journalists?|profiles?|"
    r"search|search-?results?|label|archives?|"
    r"all-news|newest|most-(?:read|popular)|themen|schlagw(?:o|oe)rte?r?|stichwort|kategorien?|autor(?:en|in|"
    r"innen|es|a|as)?|suche|"
    r"suchergebnis(?:se)?|auteurs?|rubriques?|mots?-cles?|recherche|etiquetas?|temas?|categorias?|"
    r"seccion(?:es)?|buscar|buscador|firmas?|hemeroteca|"
    r"busca|pesquisa|assuntos?|topicos?|argoment[oi]|temi|sezion[ei]|categori[ae]|autor[ei]|ricerca|cerca|"
    r"onderwerp(?:en)?|zoeken|rubrieken|"
    r"amnen?|sok|forfatter|skribent|emner?|sog|haku|aiheet?|avainsanat|szukaj|tagi|tematy?|kategori[ea]|"
    r"stitky?|temata?|autori|hledat|vyhledavani|"
    r"etiket(?:ler)?|konular?|kategori(?:ler)?|yazar(?:lar)?|arama|tegi|avtory?|poisk|syuzhet[yi]?|rubriki)",
    _I,
)
LIST_QUERY = re.compile(
    r"(?:^|&)(?:s|q|query|search|keywords?|cat|category(?:_name)?|tag|author(?:_name)?|paged|label)=[^&]", _I
)
FORM_SEGMENT = re.compile(
    r"(?:log-?in|sign-?in|sign-?up|register|registration|auth|account|my-?account|subscribe|subscriptions?|"
    r"wp-login|anmelden|anmeldung|"
    r"registrieren|abo|abonnement|abonnieren|connexion|se-connecter|identification|inscription|abonnez-vous|"
    r"sabonner|iniciar-sesion|"
    r"registro|suscribete|suscripcion(?:es)?|entrar|assine|assinaturas?|cadastro|accedi|login-?page|abbonati|"
    r"abbonamenti|inloggen|"
    r"registreren|abonneren|logga-in|prenumerera|kirjaudu|tilaa|logowanie|zaloguj|prenumerata|prihlaseni|giris|"
    r"uyelik|vhod|registraciya)"
    r"(?:\.\w{2,5})?",
    _I,
)
NEWSLETTER_SEGMENT = re.compile(
    r"(?:e-?mail-)?(?:news-?letters?|newsletter-(?:signup|sign-up|anmeldung|inscription)|nieuwsbrie(?:f|ven)|"
    r"nyhedsbreve?|nyhetsbrev|"
    r"boletin(?:es)?|infolettres?|uutiskirje|e-?bulten|rassylk[ai])(?:\.\w{2,5})?",
    _I,
)
VIDEO_SEGMENT = re.compile(
    r"(?:videos?|watch|clips?|tv|live-?tv|tv-?live|live-?stream(?:ing)?|livestream|en-?direct|direct|directo|"
    r"en-?vivo|senal-?en-?vivo|"
    r"diretta(?:-tv)?|ao-?vivo|direkt|player|mediathek|replay|vod|wideo|izle|canli-?(?:yayin|izle)|efir|"
    r"pryamoj-?efir)(?:\.\w{2,5})?",
    _I,
)
GALLERY_SEGMENT = re.compile(
    r"(?:photo-?)?(?:galler(?:y|ies)|gal[ae]ri[ae]s?|galerien?)|photos?|pictures?|in-pictures|slide-?shows?|"
    r"bilder|bilder(?:galerie|strecke)n?|"
    r"foto-?(?:strecken?|galerien?|galerij|gallery|s)?|fotogalerias?|fotos|imagenes|imagens|diaporamas?|"
    r"portfolios?|photogallery|"
    r"zdjecia|fotorelacja|foto-?galeri",
    _I,
)
SHOP_SEGMENT = re.compile(
    r"(?:e-?)?shop|store|products?|product-category|collections?|cart|basket|checkout|boutique|tienda|negozio|"
    r"loja|winkel|butik|sklep|magazin-?shop",
    _I,
)
LEGAL_SEGMENT = re.compile(
    r"(?:privacy|privacy-?(?:policy|notice|statement|center)|cookies?|cookie-?(?:policy|notice|statement|"
    r"richtlinie)|terms|"
    r"terms-?(?:of|and)-?(?:use|service|sale|conditions)|(?:terms-and-)?conditions|tos|legal|legal-?notice|"
    r"disclaimer|copyright|accessibility|about|about-?us|"
    r"who-we-are|our-team|team|staff|masthead|contact|contact-?us|contacts|advertise|advertise-with-us|"
    r"advertising|careers|jobs|faqs?|help|"
    r"imprint|impressum|datenschutz(?:erkl(?:ae|a)rung|hinweise)?|agb|nutzungsbedingungen|(?:ue|u)ber-?uns|"
    r"kontakt|mediadaten|redaktion|"
    r"mentions-?legales|politique-(?:de-)?confidentialite|confidentialite|donnees-personnelles|cgu|cgv|"
    r"a-propos|qui-sommes-nous|contactez-nous|nous-contacter|"
    r"aviso-?legal|politica-(?:de-)?(?:privacidad|privacidade|cookies)|privacidad|privacidade|"
    r"condiciones(?:-de-uso)?|quienes-?somos|sobre-?(?:nosotros|nos)|"
    r"contacto|contato|contatti|termos-de-uso|quem-somos|fale-conosco|expediente|chi-?siamo|"
    r"informativa-?privacy|privacy-?e-?cookie|note-?legali|la-redazione|"
    r"privacybeleid|privacyverklaring|algemene-voorwaarden|over-?ons|colofon|integritetspolicy|om-oss|"
    r"kontakta-oss|anvandarvillkor|om-os|"
    r"privatlivspolitik|personvern|tietosuoja|yhteystiedot|tietoa-meista|polityka-prywatnosci|regulamin|o-nas|"
    r"redakcja|redakce|"
    r"ochrana-osobnich-udaju|podminky|gizlilik(?:-politikasi)?|kullanim-kosullari|hakkimizda|iletisim|kunye|"
    r"o-proekte|kontakty|"
    r"politika-konfidencialnosti|pravila)(?:\.\w{2,5})?",
    _I,
)

# whole titles or headings, in front of an end, a dash or a site's name
LEGAL_TITLE = re.compile(
    r"(?:(?:our |website )?privacy(?: & cookies?| and cookies?)?(?: policy| notice| statement)?|"
    r"cookies?(?: policy| notice)?|terms(?: (?:of|and|&) (?:use|service|conditions|sale))*|"
    r"legal notices?|disclaimer|accessibility(?: statement)?|about(?: us)?|who we are|our team|masthead|"
    r"contact(?: us| information)?|advertise(?: with us)?|imprint|"
    r"impressum|datenschutz(?:erklärung|hinweise)?|agb|allgemeine geschäftsbedingungen|nutzungsbedingungen|"
    r"über uns|kontakt|die redaktion|mentions légales|"
    r"politique de (?:confidentialité|cookies)|conditions générales(?: d.utilisation| de vente)?|(?:à|"
    r"a) propos(?: de nous)?|qui sommes.nous ?\??|contact(?:ez)?.nous|nous contacter|"
    r"aviso legal|política de (?:privacidad|privacidade|cookies)|condiciones (?:de uso|generales)|"
    r"términos y condiciones|quiénes somos\??|sobre (?:nosotros|nós)|contacto|contato|"
    r"termos de uso|quem somos|fale conosco|chi siamo|contatti|informativa (?:sulla )?privacy|note legali|"
    r"la redazione|privacy.?beleid|privacyverklaring|"
    r"algemene voorwaarden|over ons|colofon|integritetspolicy|om oss|kontakta oss|användarvillkor|om os|"
    r"privatlivspolitik|kontakt os|personvern(?:erklæring)?|"
    r"tietosuoja(?:seloste)?|yhteystiedot|tietoa meistä|polityka prywatności|regulamin|o nas|redakcja|"
    r"ochrana osobních údajů|o nás|kontakty|gizlilik politikası|"
    r"kullanım koşulları|hakkımızda|iletişim|künye|о (?:нас|проекте|редакции)|контакты|"
    r"политика конфиденциальности|пользовательское соглашение|"
    r"про (?:нас|проєкт)|контакти|політика конфіденційності|سياسة الخصوصية|من نحن|اتصل بنا|الشروط والأحكام|"
    r"隐私政策|隱私權?政策|关于我们|關於我們|联系我们|聯絡我們|使用条款|服务条款|プライバシーポリシー|個人情報保護方針|利用規約|会社概要|運営会社|お問い合わせ|サイトポリシー|"
    r"개인정보\s?처리방침|이용약관|회사\s?소개|गोपनीयता नीति|हमारे बारे में|संपर्क करें)(?:$|\s*[-–—|·:»])",
    _I,
)
ERROR_TITLE = re.compile(
    r"(?:\W*(?:error|fehler|erreur|errore|erro|ошибка|błąd)?\W{0,3}(?:404|410)(?!\d)(?:$|\W{1,4}(?:$|"
    r"\w*\W{0,3}(?:not found|error|page|seite|fehler|erreur|página|pagina|sidan|strona|страница|não|no|nie|"
    r"introuvable)))|"
    r"\W*(?:oops|whoops|sorry|ups|hoppla|oh no|uh-oh|désolé|lo sentimos|ops)?\W{0,3}(?:(?:the |this |that |"
    r"your |we.re sorry, |sorry, )?(?:requested )?(?:page|article|content|story)(?: you (?:requested|"
    r"are looking for|were looking for))? "
    r"(?:was |is |has |could |can |does |cannot |can.t |isn.t |doesn.t |not |no )+(?:not |be |been |"
    r"longer )*(?:found|exist|available|removed|moved|unavailable)|not found$|page unavailable|"
    r"nothing (?:was )?found|"
    r"(?:we )?(?:could|can)(?:n.t|not| not) find (?:that|this|the|your) page|something went wrong|"
    r"(?:die |diese )?(?:angeforderte )?seite (?:wurde |konnte |ist |existiert )?(?:leider )?(?:nicht|"
    r"existiert nicht)|nicht gefunden$|(?:cette |la )?page (?:demandée )?(?:est |n.est |n.existe |non |"
    r"n.a )?(?:pas\b|plus\b|introuvable|trouvée|disponible|été trouvée)|"
    r"(?:la |esta )?página (?:solicitada )?(?:no|não)|pagina (?:richiesta )?(?:non|niet)|"
    r"(?:deze )?pagina (?:is |kan )?(?:niet|bestaat)|sidan (?:kunde inte|hittades|finns inte|du söker)|"
    r"siden (?:blev ikke|findes ikke|ble ikke|finnes ikke|kunne ikke)|"
    r"fant ikke siden|sivua ei|(?:ta |podana )?strona (?:nie|o podanym)|nie znaleziono|stránka (?:nebyla|"
    r"neexistuje|nenalezena)|sayfa bulunamadı|halaman tidak ditemukan|aradığınız sayfa|"
    r"страница не|страница (?:удалена|отсутствует)|сторінк[ау] не|الصفحة (?:غير موجودة|المطلوبة|التي)|页面不存在|"
    r"网页不存在|找不到|頁面不存在|您访问的页面|"
    r"(?:お探しの|指定された|ご指定の)?(?:ページ|記事)(?:が|は|を)(?:見つかりません|存在しません|削除|見つける)|お探しのページ|페이지를 찾을|요청하신 페이지|"
    r"पृष्ठ नहीं मिला|पेज नहीं मिला|az oldal nem|pagina nu |η σελίδα δεν))",
    _I,
)
ROBOT_TITLE = re.compile(
    r"just a moment|attention required|access (?:to this page has been )?denied|are you (?:a )?(?:human|robot)|"
    r"security check|"
    r"(?:checking|verifying) (?:your browser|you are human|that you are)|pardon our interruption|"
    r"human verification|request (?:blocked|unsuccessful)|"
    r"unusual (?:traffic|activity)|ddos-guard|one moment, please",
    _I,
)
LOGIN_TITLE = re.compile(
    r"\W*(?:log ?in|sign ?(?:in|up)|register|create (?:an |your )?account|my account|subscribe|einloggen|login|"
    r"anmelden|anmeldung|registrier|mein konto|connexion|"
    r"connectez|se connecter|identifi|inscri(?:vez|ption)|créer (?:un|votre) compte|iniciar? sesión|"
    r"inicia sesión|regístrate|registro|entrar|acceder|acesse|faça (?:o )?(?:seu )?login|cadastr|accedi|"
    r"area riservata|inloggen|aanmelden|registreren|logga in|log ind|logg inn|kirjaudu|zaloguj|logowanie|přihl|"
    r"giriş|üye|вход|войти|авторизация|регистрация|"
    r"вхід|увійти|تسجيل الدخول|登录|登錄|登入|会员登录|ログイン|会員登録|로그인|회원가입|लॉग ?इन)",
    _I,
)
NEWSLETTER_TITLE = re.compile(
    r"newsletter|nieuwsbrief|nyhetsbrev|nyhedsbrev|bolet(?:ín|ines|im)|infolettre|lettre d.information|"
    r"uutiskirje|bülten|рассылк|розсилк|النشرة|"
    r"ニュースレター|メールマガジン|メルマガ|뉴스레터|電子報|邮件订阅|न्यूज़लेटर|sign up (?:for|to) (?:our|the|daily)",
    _I,
)
LIVE_TITLE = re.compile(
    r"\blive ?(?:tv|stream|streaming)\b|watch (?:\w+ ){0,2}live|livestream|tv live|en direct|direct tv|en vivo|"
    r"señal en vivo|en directo|diretta (?:tv|streaming)|ao vivo|"
    r"live kijken|live-?tv|tv na żywo|canlı yayın|canlı izle|прямой эфир|прямий ефір|البث (?:المباشر|الحي)|"
    r"بث مباشر|直播|ライブ配信|生中継|생방송|실시간 방송|लाइव टीवी",
    _I,
)

# anywhere in a line
CONSENT = (
    "cookie", "consent", "before you continue", "accept all", "personal data", "personalised ad", "personalized ad", "our partners", "vendors", "legitimate interest",
    "privacy", "privacidad", "privatsphäre", "vie privée", "din integritet", "tracking", "einwillig", "zustimm", "datenschutz", "personenbezogen", "partnern", "consentement", "vos données",
    "partenaires", "traceurs", "consentimiento", "datos personales", "nuestros socios", "consentimento", "dados pessoais",
    "parceiros", "consenso", "dati personali", "toestemming", "persoonsgegevens", "samtycke", "personuppgifter", "samtykke",
    "personoplysninger", "personopplysninger", "eväste", "suostumus", "ciastecz", "zgod", "danych osobowych", "souhlas",
    "osobních údajů", "çerez", "kişisel veri", "куки", "согласи", "персональн", "згод", "ملفات تعريف الارتباط", "موافق",
    "クッキー", "同意", "個人情報", "쿠키", "동의", "개인정보", "कुकीज़", "सहमति",
)  # fmt: skip
CONSENT_STRONG = re.compile(
    r"accept (?:all|cookies|and (?:continue|close))|we (?:and our|use) [^.]{0,40}(?:partners|vendors|cookies)|"
    r"manage (?:my |your )?(?:choices|preferences|consent|cookies|settings)|your (?:privacy|consent|cookie)|"
    r"before you continue|(?:cookie|consent) (?:settings|preferences|banner)|alle (?:cookies )?akzeptieren|"
    r"zustimmen und weiter|mit werbung|ohne werbung|tracking|ihre zustimmung|wir (?:und unsere|verwenden|nutzen) |"
    r"tout accepter|accepter et (?:continuer|fermer)|continuer sans accepter|nous et nos|votre consentement|"
    r"paramétrer|aceptar (?:todo|todas|y continuar|cookies)|(?:nosotros y )?nuestros \d* ?socios|"
    r"tu (?:privacidad|consentimiento)|"
    r"configurar|aceitar (?:tudo|todos|e continuar)|nós e (?:os )?nossos|sua privacidade|accetta (?:tutto|"
    r"tutti|e continua)|noi e (?:i )?nostri|rifiuta|il tuo consenso|alles accepteren|alle cookies|wij en onze|"
    r"jouw toestemming|"
    r"godkänn|acceptera alla|vi och våra|accepter alle|tillad alle|vi og vores|godta alle|vi og våre|hyväksy|"
    r"zaakceptuj|akceptuj|nasi partnerzy|przejdź do serwisu|přijmout|souhlasím|kabul et|принять|да(?:ю|"
    r"ёте) согласие|используем (?:файлы )?cookie|на обработку|прийняти|"
    r"قبول (?:الكل|جميع)|全て同意|すべて(?:同意|許可)|同意する|接受(?:所有|全部)|모두 동의|स्वीकार",
    _I,
)
PAYWALL = re.compile(
    r"(?:subscribe|sign in|log ?in|register|become a (?:member|subscriber))[^.\n]{0,30} to (?:continue|keep|"
    r"read|unlock|access|see the rest)|(?:this|the) (?:article|story|content|post) is (?:exclusively |only |"
    r"available )*(?:for|to) (?:paid |paying |our )?(?:subscribers|members)|"
    r"(?:already|not) a (?:subscriber|member)\?|subscribers? only|unlock this (?:article|story)|"
    r"to continue reading|you.ve reached your (?:limit|free)|free articles? (?:left|remaining|this month)|"
    r"start your (?:free )?trial|"
    r"weiterlesen mit|jetzt (?:abonnieren|weiterlesen|testen|freischalten)|nur für abonnent|"
    r"exklusiv für abonnent|artikel freischalten|bereits abonnent|mit .{0,20}abo (?:weiter)?lesen|"
    r"réservée? aux abonn|(?:il vous )?reste (?:à lire )?\d+|pour lire la suite|lire la suite de cet article|"
    r"déjà abonn|abonnez-vous pour|s.abonner pour|"
    r"(?:solo|exclusiv\w+|contenido) (?:para|de) (?:suscriptores|socios)|suscríbete para|para (?:seguir|"
    r"continuar) leyendo|ya (?:eres|soy) suscriptor|hazte (?:socio|premium)|"
    r"riservat\w+ agli abbonati|solo per (?:gli )?abbonati|abbonati per|per continuare a leggere|sei già abbonato|"
    r"(?:exclusivo|conteúdo|só) para assinantes|assine para|para continuar lendo|já é assinante|"
    r"(?:alleen )?voor abonnees|word abonnee|verder lezen|lees verder met|al abonnee|för prenumeranter|"
    r"läs vidare|bli prenumerant|logga in för att läsa|"
    r"for abonnenter|læs videre|les videre|bliv abonnent|bli abonnent|tilaajille|jatka lukemista|"
    r"dla (?:prenumeratorów|subskrybentów)|czytaj dalej|aby czytać|wykup dostęp|"
    r"pro předplatitele|khusus (?:untuk )?pelanggan|berlangganan untuk|předplaťte|abonelere özel|devamını okumak için|только (?:для|по) подпис|"
    r"для подписчиков|оформите подписку|читать полностью|для передплатників|"
    r"للمشتركين|اشترك (?:لقراءة|لمتابعة)|(?:この|続き).{0,12}(?:会員|有料)|続きを読むには|残り\s?\d+\s?文字|付费|會員專屬|订阅后|訂閱|유료 ?회원|"
    r"구독자 전용|로그인 후|सब्सक्राइब कर",
    _I,
)
PRICE = re.compile(
    r"(?:[$€£¥₹₽₺₩]|US\$|R\$|USD|EUR|CHF|zł|Kč|kr\.?)\s?\d{1,6}(?:[.,  ]\d{2,3}){0,3}|"
    r"\d{1,6}(?:[.,  ]\d{2,3}){0,3}\s?(?:€|£|zł|Kč|kr\b|₽|руб|円|元|원|TL|₺|CHF)"
)
