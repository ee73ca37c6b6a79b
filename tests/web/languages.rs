//! A language that came as a file: shown to whoever asks for it or chose it, escaped, with English for what is missing.

use crate::site::Site;
use webcared::web::config::Modules;
use webcared::web::languages::{Languages, template};

const FRISIAN: &str = r#"lang = "fy"
name = "Frysk"

[console]
inbox = "Postfek <b>&</b>"
log_out = "Utlogge"

[duty]
duty = "Tsjinst"

[figures]
daily = "Rapport <i>"
weekly = "Rapport <i>"
monthly = "Rapport <i>"

[said_of_forms]
"language: one of those offered" = "taal: ien fan dy't oanbean wurde"
"#;

async fn site() -> Site {
    let mut languages = Languages::default();
    let told = languages.add("fy.toml", FRISIAN);
    assert!(told.iter().all(|r| r.missing), "{told:?}");
    Site::with(Modules { languages, ..Modules::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_the_language_of_the_file_for_whoever_asks_for_it() {
    let site = site().await;
    let jan = site.login("jan", "agent").await;
    let asked = [("accept", "text/html"), ("accept-language", "fy-NL,nl;q=0.5")];
    let page = jan.send("GET", "/", &asked, "").await.body;
    assert!(page.contains("<html lang=\"fy\">"), "{page}");
    assert!(page.contains("Utlogge") && page.contains("Tsjinst"), "{page}");
    assert!(!page.contains("Postfek <b>"), "texts are escaped as all texts are: {page}");
    assert!(page.contains("Skip to the content"), "what is missing is English: {page}");
    let page = jan.get("/").await.body;
    assert!(page.contains("<html lang=\"en\">") && !page.contains("Utlogge"), "{page}");
    // The help is English on whatever page it stands.
    let help = jan.send("GET", "/help/console", &asked, "").await.body;
    assert!(help.contains("<html lang=\"fy\">") && help.contains("<article lang=\"en\">"), "{help}");
    // A page of an error, too.
    let page = jan.send("GET", "/nowhere", &asked, "").await;
    assert!(page.status == 404 && page.body.contains("<html lang=\"fy\">"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_is_chosen_on_the_account_page_and_let_go_again() {
    let site = site().await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/account").await.body;
    for choice in ["English", "Nederlands", "Frysk"] {
        assert!(page.contains(&format!(">{choice}</option>")), "{page}");
    }
    let set = jan.press("/account", "/account/language", &[("language", "fy")]).await;
    assert_eq!(set.status, 303, "{}", set.body);
    let page = jan.get("/account").await.body;
    assert!(page.contains("<html lang=\"fy\">"), "{page}");
    assert!(page.contains("<option value=\"fy\" lang=\"fy\" selected>"), "{page}");
    let set = jan.press("/account", "/account/language", &[("language", "nl")]).await;
    assert_eq!(set.status, 303);
    assert!(jan.get("/").await.body.contains("<html lang=\"nl\">"));
    let bad = jan.press("/account", "/account/language", &[("language", "xx\r\nset-cookie: a=b")]).await;
    assert_eq!((bad.status, bad.header("set-cookie")), (422, None), "{}", bad.body);
    let none = jan.press("/account", "/account/language", &[("language", "")]).await;
    assert_eq!(none.status, 303);
    assert!(jan.get("/").await.body.contains("<html lang=\"en\">"), "what the browser asks for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_the_persons_in_whatever_browser_and_nobody_elses() {
    let site = site().await;
    let jan = site.login("jan", "agent").await;
    let set = jan.press("/account", "/account/language", &[("language", "fy"), ("zone", "")]).await;
    assert_eq!(set.status, 303, "{}", set.body);
    // Another browser, without the cookie of the first, whose language is another: pages, failures and choices follow.
    let (link, other) = (site.people.link("jan").await.unwrap(), site.stranger());
    assert_eq!(other.send("POST", &link, &[], "").await.status, 303);
    let asked = [("accept", "text/html"), ("accept-language", "nl")];
    let page = other.send("GET", "/", &asked, "").await.body;
    assert!(page.contains("<html lang=\"fy\">") && page.contains("Utlogge"), "{page}");
    let lost = other.send("GET", "/cases/cas_none", &asked, "").await;
    assert!(lost.status == 404 && lost.body.contains("<html lang=\"fy\">"), "{}", lost.body);
    let refused = other.send("GET", "/people", &asked, "").await;
    assert!(refused.status == 403 && refused.body.contains("<html lang=\"fy\">"), "{}", refused.body);
    let page = other.get("/account").await.body;
    assert!(page.contains("<option value=\"fy\" lang=\"fy\" selected>"), "{page}");
    let bad = other.press("/account", "/account/language", &[("language", "xx")]).await;
    assert!(bad.status == 422 && bad.body.contains("ien fan dy&#39;t oanbean"), "{}", bad.body);
    let kim = site.login("kim", "agent").await;
    assert!(kim.get("/").await.body.contains("<html lang=\"en\">"));
    // What reports say, too.
    let lia = site.login("lia", "lead").await;
    let frisian = [("accept", "text/html"), ("accept-language", "fy")];
    let report = lia.send("GET", "/reports", &frisian, "").await.body;
    assert!(report.contains("lang=\"fy\" aria-label=\"Rapport &#60;i&#62;"), "{report}");
    assert!(!report.contains("<i>"), "{report}");
    let audited: Vec<(String,)> =
        site.house.all("SELECT person FROM audit WHERE act = 'account.pages'").await;
    assert_eq!(audited.len(), 1, "one row for one act");
}

#[tokio::test(flavor = "multi_thread")]
async fn times_stand_and_are_typed_in_the_zone_that_somebody_chose() {
    let site = site().await;
    let els = site.login("els", "lead").await;
    let page = els.get("/account").await.body;
    assert!(page.contains("data-zone=\"Europe/Amsterdam\"") && !page.contains("data-zone-chosen"), "{page}");
    assert!(page.contains("The team&#39;s: Europe/Amsterdam"), "{page}");
    for bad in ["Mars/Olympus", "../zone", "Etc/GMT+1"] {
        let set = els.press("/account", "/account/language", &[("language", ""), ("zone", bad)]).await;
        assert_eq!(set.status, 422, "{bad}");
    }
    let zone = [("language", ""), ("zone", "America/New_York")];
    assert_eq!(els.press("/account", "/account/language", &zone).await.status, 303);
    let page = els.get("/account").await.body;
    assert!(page.contains("data-zone=\"America/New_York\" data-zone-chosen=\"1\""), "{page}");
    assert!(page.contains("<option selected>America/New_York</option>"), "{page}");
    // The clock of the house stands on 21 September 2026, 14:13 UTC.
    assert!(page.contains("2026-09-21 10:13 EDT"), "her log-in: {page}");
    let peak = [
        ("brand", "Acme"),
        ("kind", "peak"),
        ("title", "Sale"),
        ("until", "2026-09-21T14:00"),
        ("words", "sale"),
        ("lines", "en: Busy."),
    ];
    assert_eq!(els.press("/incidents", "/peaks", &peak).await.status, 303);
    assert!(els.get("/").await.body.contains("2026-09-21 14:00 EDT"));
    let jan = site.login("jan", "agent").await;
    assert!(jan.get("/").await.body.contains("2026-09-21 20:00 CEST"), "the same instant");
}

#[test]
fn the_template_names_every_table_and_is_read_back_without_a_remark() {
    let text = template("en").replacen("lang = \"en\"", "lang = \"de\"", 1);
    let mut languages = Languages::default();
    let told = languages.add("de.toml", &text);
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(languages.tags(), ["de"]);
    for table in ["console", "duty", "planner", "wall", "written"] {
        assert!(text.contains(&format!("\n[{table}]\n")), "{table}");
    }
}
