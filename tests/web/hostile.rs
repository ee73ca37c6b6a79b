//! Words that want to be more than words, on every page that shows them.

use crate::harness::{Engine, answer, post};
use crate::site::{Browser, Site, engine};
use webcared::domain::staff::StaffFigures;
use webcared::domain::time::Span;
use webcared::web::config::Modules;

const TEXTS: [&str; 10] = [
    "@Acme <script>alert('x')</script> where is my parcel?",
    "@Acme \"><img src=x onerror=alert(1)> my parcel is lost",
    "@Acme '\"--></style></script><svg onload=alert(1)>",
    "@Acme {{ 7*7 }} {% raw %} <% x %> ${7*7} #{x}",
    "@Acme \u{202e}gnp.tac is broken\u{202c} \u{2066}x",
    "@Acme \u{200b}in\u{200b}visible\u{200d} \u{feff} parcel \u{1b}[31mred",
    "@Acme javascript:alert(1) data:text/html,<b>x",
    "@Acme &lt;script&gt; &amp; <b>bold</b> <!-- x -->",
    "@Acme </textarea></title></bdi></div><form action=//evil>",
    "@Acme <a href='#' id=main name=body onclick=x>click</a> broken!",
];

/// Whether a page holds markup that is not ours.
fn inert(page: &str) -> Result<(), String> {
    let lower = page.to_lowercase();
    for bad in
        ["<script>", "<img src=x", "<svg onload", "<b>bold", "<form action=//", "<a href='#'", "<!-- x"]
    {
        if lower.contains(bad) {
            return Err(format!("{bad} in {page}"));
        }
    }
    if lower.matches("<textarea").count() != lower.matches("</textarea>").count() {
        return Err(format!("a box that ends early in {page}"));
    }
    // Boxes and fields hold what their own writer typed, as they typed it.
    let outside: Vec<&str> =
        page.split("<textarea").map(|p| p.rsplit("</textarea>").next().unwrap()).collect();
    let page = outside.concat();
    let mut fields = page.split(" value=\"");
    let mut outside = fields.next().unwrap().to_owned();
    outside.extend(fields.map(|f| f.split_once('"').unwrap().1));
    let page = outside;
    for bad in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{1b}'] {
        if page.contains(bad) {
            return Err(format!("U+{:04X} in {page}", bad as u32));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn they_stay_words_everywhere() {
    let site = Site::open().await;
    let posts: Vec<_> = TEXTS
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let mut post = post(&format!("<p{n}>\"'"), &format!("a{n}"), &format!("t{n}"), 0, text);
            post["author"]["name"] = (*text).into();
            post["author"]["handle"] = (*text).into();
            post["url"] = "javascript:alert(1)".into();
            post
        })
        .collect();
    site.house.take(&posts).await;
    let lead = site.login("lead", "lead").await;
    let cases = site.house.cases().await;
    assert_eq!(cases.len(), TEXTS.len());
    for lane in ["all", "no_answer", "unclaimed", "\"><script>"] {
        let page = lead.get(&format!("/?lane={}", urlencoded(lane))).await;
        assert_eq!(page.status, 200);
        inert(&page.body).unwrap();
    }
    for case in &cases {
        let page = lead.get(&format!("/cases/{}?unmask=1", case.id)).await;
        assert_eq!(page.status, 200);
        inert(&page.body).unwrap();
        assert!(!page.body.contains("href=\"javascript:"));
        assert!(page.body.contains("<bdi dir=\"auto\">"));
    }
    // A reason typed by a colleague is from outside too.
    for (case, text) in cases.iter().zip(TEXTS) {
        let path = format!("/cases/{}", case.id);
        let version = case.version.to_string();
        let fields = [("act", "dismiss"), ("version", version.as_str()), ("reason", text)];
        assert_eq!(lead.press(&path, &format!("{path}/act"), &fields).await.status, 303);
        inert(&lead.get(&path).await.body).unwrap();
    }
    hostile_words_typed_by_us(&site, &lead).await;
    // What could not be read is shown as it came, and does nothing.
    for text in TEXTS {
        let text = text.replace('\'', "''");
        let (id, body) = match engine() {
            Engine::Sqlite => ("hex(randomblob(8))", format!("CAST('{text}' AS BLOB)")),
            Engine::Postgres => ("md5(random()::text)", format!("convert_to('{text}', 'UTF8')")),
        };
        let sql = format!(
            "INSERT INTO inbox (id, source, place, received_at, body, verdict, why, settled_at)
             VALUES ({id}, '{text}', '{text}', 1, {body}, 'quarantined', '{text}', 1)"
        );
        site.execute(Box::leak(sql.into_boxed_str())).await;
    }
    let page = lead.get("/sources").await;
    assert_eq!(page.status, 200);
    inert(&page.body).unwrap();
    let opened: Vec<&str> =
        page.body.split("/sources?open=").skip(1).filter_map(|p| p.split('#').next()).collect();
    assert_eq!(opened.len(), TEXTS.len());
    for id in opened {
        let page = lead.get(&format!("/sources?open={id}")).await.body;
        assert!(page.contains("<pre tabindex=\"0\">"), "{page}");
        inert(&page).unwrap();
    }
    // Errors and log-in repeat what was sent, as words.
    let path = format!("/login?next={}", urlencoded("/\"><script>alert(1)</script>"));
    inert(&site.stranger().get(&path).await.body).unwrap();
    let answer = site.stranger().post("/login", &[("login", TEXTS[1]), ("password", "x")]).await;
    assert_eq!(answer.status, 401);
    inert(&answer.body).unwrap();
    inert(&lead.get(&format!("/help/{}", urlencoded("<script>"))).await.body).unwrap();
    let answer = lead
        .press("/account", &format!("/cases/{}/act", cases[0].id), &[("act", "<script>"), ("version", "1")])
        .await;
    assert_eq!(answer.status, 422);
    inert(&answer.body).unwrap();
}

/// Drafts, answers, notes, reasons and signs, and an account with a name of that kind.
async fn hostile_words_typed_by_us(site: &Site, lead: &Browser) {
    site.connect(400, TEXTS[1]);
    let (mut posts, from) = (Vec::new(), site.house.cases().await.len());
    for (n, text) in TEXTS.iter().enumerate() {
        let mut context = post(
            &format!("around{n}"),
            &format!("c{n}"),
            &format!("x{n}"),
            -1,
            text.trim_start_matches("@Acme "),
        );
        context["context"] = true.into();
        context["author"]["name"] = (*text).into();
        posts.push(post(&format!("on{n}"), &format!("b{n}"), &format!("x{n}"), 0, text));
        posts.push(context);
    }
    site.house.take(&posts).await;
    let cases = site.house.cases().await.split_off(from);
    assert_eq!(cases.len(), TEXTS.len());
    for (case, text) in cases.iter().zip(TEXTS) {
        let path = format!("/cases/{}", case.id);
        let press = async |to: &str, fields: &[(&str, &str)]| {
            let version = site.house.cases().await.into_iter().find(|c| c.id == case.id).unwrap().version;
            let version = version.to_string();
            let fields = [&[("version", version.as_str())], fields].concat();
            lead.press(&path, &format!("{path}/{to}"), &fields).await
        };
        let draft = press("draft", &[("text", text), ("fragment", "1")]).await;
        assert_eq!(draft.status, 200, "{}", draft.body);
        inert(&draft.body).unwrap();
        inert(&lead.get(&path).await.body).unwrap();
        // What is typed beside the answer is shown again as well.
        assert_eq!(press("draft", &[("act", "note"), ("text", text)]).await.status, 303);
        inert(&lead.get(&path).await.body).unwrap();
        assert_eq!(press("act", &[("act", "note"), ("text", text)]).await.status, 303);
        for act in ["moderate", "resolve"] {
            let measure = ("measure", "block");
            let refused = press("act", &[("act", act), measure, ("reason", text), ("to", text)]).await;
            assert!(matches!(refused.status, 303 | 404), "{act}: {}", refused.body);
            inert(&refused.body).unwrap();
        }
        assert_eq!(press("act", &[("act", "reopen")]).await.status, 303);
        let sent =
            press("act", &[("act", "answer"), ("text", text), ("resolve", "1"), ("reason", text)]).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        inert(&lead.get(&path).await.body).unwrap();
        inert(&lead.get(&format!("{path}?fragment=way")).await.body).unwrap();
        // Refused, with everything typed shown again.
        let again =
            press("act", &[("act", "answer"), ("text", text), ("resolve", "1"), ("reason", text)]).await;
        assert_eq!(again.status, 409);
        inert(&again.body).unwrap();
        let sign = lead.press("/account", "/account/sign", &[("brand", ""), ("sign", text)]).await;
        assert_eq!(sign.status, 422);
        inert(&sign.body).unwrap();
        for query in ["to", "skipped", "said", "done", "fragment"] {
            let page = lead.get(&format!("{path}?{query}={}", urlencoded(text))).await;
            inert(&page.body).unwrap();
        }
        assert_eq!(lead.get(&format!("/next?skip={}", urlencoded(text))).await.status, 303);
    }
    inert(&lead.get("/outbox").await.body).unwrap();
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What turns the direction of words, typed by a colleague where only plain words stand, is told by its code.
#[tokio::test(flavor = "multi_thread")]
async fn what_hides_in_words_of_colleagues_is_told_by_its_code() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let lead = site.login("lead", "lead").await;
    let form = [
        ("brand", "Acme"),
        ("kind", "crisis"),
        ("title", "Storm\u{202e}x"),
        ("until", "2026-09-21T20:00"),
        ("words", "storm\u{200b}y"),
        ("lines", "en: We know\u{2066} of it."),
    ];
    let on = lead.press("/incidents", "/peaks", &form).await;
    assert_eq!(on.status, 303, "{}", on.body);
    let case = site.house.case(1).await;
    let (path, version) = (format!("/cases/{}", case.id), case.version.to_string());
    let raise = [
        ("act", "raise_finding"),
        ("version", version.as_str()),
        ("owner", "kim\u{202e}"),
        ("text", "Routers die"),
    ];
    assert_eq!(lead.press(&path, &format!("{path}/act"), &raise).await.status, 303);
    let held = [("act", "hold"), ("who", "Acme#1"), ("ground", "claim\u{202e} 12"), ("days", "9")];
    assert_eq!(lead.press("/privacy", "/privacy", &held).await.status, 200);
    for (page, codes) in [
        ("/incidents", &["Storm[U+202E]x", "We know[U+2066] of it."][..]),
        ("/findings", &["kim[U+202E]"][..]),
        ("/privacy", &["claim[U+202E] 12"][..]),
    ] {
        let body = lead.get(page).await.body;
        for code in codes {
            assert!(body.contains(code), "{page}: {code}: {body}");
        }
        assert!(!body.contains('\u{202e}') && !body.contains('\u{2066}'), "{page}");
    }
}

/// In a file for a spreadsheet a name is a name: no formula, nothing that hides, one row.
#[tokio::test(flavor = "multi_thread")]
async fn they_are_inert_in_files() {
    let site = Site::with(Modules { staff: StaffFigures::Named, ..Modules::default() }).await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    site.house.advance(Span::minutes(5)).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site.login("jan", "agent").await;
    let lead = site.login("mia", "lead").await;
    site.execute("UPDATE own_post SET person_id = (SELECT id FROM person WHERE login = 'jan')").await;
    let formulas =
        ["=cmd|' /C calc'!A0", "\u{ff1d}1+1", " =1", "+1", "-1", "-1+1", "a\nperson,forged,1,1,1,0,100.0"];
    for text in TEXTS.into_iter().chain(formulas) {
        let sql = format!("UPDATE person SET name = '{}' WHERE login = 'jan'", text.replace('\'', "''"));
        site.execute(Box::leak(sql.into_boxed_str())).await;
        let csv = lead.get("/reports/staff?from=2026-09-21&to=2026-09-21&format=csv").await.body;
        let cell = csv.split("\r\nperson,").nth(1).unwrap_or_else(|| panic!("{text:?}: {csv}"));
        let inner = cell.trim_start_matches('"').trim_start();
        // A number below nought is no formula and stays a number, also where it is somebody's name.
        let number = inner.split(',').next().is_some_and(|cell| cell.parse::<f64>().is_ok());
        assert!(number || !inner.starts_with(['=', '+', '-', '@', '\t', '\u{ff1d}']), "{text:?}: {csv}");
        assert_eq!(csv.matches("\r\nperson,").count(), 1, "{text:?}: {csv}");
        for bad in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{200d}', '\u{feff}', '\u{1b}'] {
            assert!(!csv.contains(bad), "U+{:04X}: {csv}", bad as u32);
        }
        // And where programs and people read the same.
        inert(&lead.get("/reports/staff?from=2026-09-21&to=2026-09-21").await.body).unwrap();
    }
}
