//! Long lists in parts: filters and pages as links, and what is said where nothing fits.

use crate::harness::post;
use crate::site::Site;
use std::collections::BTreeSet;
use webcared::tokens::Scope;

/// How many people a page names.
fn named(page: &str) -> usize {
    page.matches("<section class=\"card\" aria-labelledby=\"p-").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_words_and_role_a_page_at_a_time() {
    let site = Site::open().await;
    let admin = site.login("zadmin", "admin").await;
    let few = admin.get("/people").await.body;
    assert!(!few.contains("id=\"part-q\""), "a short list is read at a glance");
    for n in 0..40 {
        let role = if n == 7 { "auditor" } else { "agent" };
        site.people.add(&format!("person{n:02}"), &format!("Person {n}"), role).await.unwrap();
    }
    let first = admin.get("/people").await.body;
    assert!(named(&first) == 30 && first.contains("1–30 / 41"), "{first}");
    let next = first.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = admin.get(&next).await.body;
    assert!(named(&second) == 11 && second.contains("31–41 / 41") && second.contains("zadmin"));
    let auditors = admin.get("/people?state=auditor").await.body;
    assert!(named(&auditors) == 1 && auditors.contains("person07"));
    assert!(auditors.contains("<label for=\"part-state\">Role</label>"), "{auditors}");
    let found = admin.get("/people?q=PERSON+12").await.body;
    assert!(named(&found) == 1 && found.contains("person12") && found.contains("value=\"PERSON 12\""));
    let none = admin.get("/people?q=%3Cb%3Enobody").await.body;
    assert!(named(&none) == 0 && none.contains("Nothing fits") && !none.contains("<b>nobody"), "{none}");
    assert!(admin.get("/findings?q=x&state=open&from=9").await.status == 200);
}

/// Incidents of a brand that are over, and one that runs.
async fn incidents(site: &Site, n: i64) {
    let brands: Vec<(String,)> = site.house.all("SELECT id FROM brand WHERE name = 'Acme'").await;
    let brand = &brands[0].0;
    let row = |k: i64| {
        let (open, ended) = if k == 0 { (1, "NULL".to_owned()) } else { (0, (k + 1).to_string()) };
        format!(
            "('inc_{k:026}', '{brand}', {k}, 'rise', 'sector:topic{k}', 'en', {open}, {k}, NULL, 1, 9, NULL, {ended}, NULL, 1)"
        )
    };
    let rows: Vec<String> = (0..n).map(row).collect();
    let sql = format!(
        "INSERT INTO incident (id, brand_id, number, origin, topic, language, open, opened_at, opened_by, expected, most,
            calm_since, ended_at, ended_by, version) VALUES {}",
        rows.join(", ")
    );
    site.execute(Box::leak(sql.into_boxed_str())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn incidents_are_listed_a_page_at_a_time_in_the_console_and_by_program() {
    let site = Site::open().await;
    incidents(&site, 230).await;
    let jan = site.login("jan", "agent").await;
    let count = |page: &str| page.matches("<section class=\"card\" id=\"i-").count();
    let first = jan.get("/incidents").await.body;
    assert!(count(&first) == 30 && first.contains("1–30 / 230"), "{first}");
    assert!(first.find(": topic0,").unwrap() < first.find(": topic229,").unwrap(), "what runs is first");
    let next = first.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = jan.get(&next).await.body;
    assert!(count(&second) == 30 && second.contains("31–60 / 230") && !second.contains(": topic229,"));
    let runs = jan.get("/incidents?state=open").await.body;
    assert!(count(&runs) == 1 && runs.contains(": topic0,"), "{runs}");
    let found = jan.get("/incidents?q=topic17,").await.body;
    assert!(count(&found) == 1 && found.contains(": topic17,"), "{found}");
    let program = site.program("p", &[Scope::Read], &[]).await;
    let page = program.get("/incidents").await.json();
    let cursor = page["next"].as_str().unwrap().to_owned();
    let rest = program.get(&format!("/incidents?cursor={cursor}")).await.json();
    assert!(rest["next"].is_null(), "{rest}");
    let all: BTreeSet<i64> = [&page, &rest]
        .iter()
        .flat_map(|p| p["incidents"].as_array().unwrap().iter().map(|i| i["number"].as_i64().unwrap()))
        .collect();
    assert_eq!(all.len(), 230, "each once");
    assert!(program.get("/incidents?open=true").await.json()["incidents"].as_array().unwrap().len() == 1);
    program.get("/incidents?cursor=x").await.is(400, "request");
}

/// Findings of a brand, addressed in turn to the invoice and the repair team; what is raised last is open still.
async fn findings(site: &Site, n: i64) {
    let brands: Vec<(String,)> = site.house.all("SELECT id FROM brand WHERE name = 'Acme'").await;
    let brand = &brands[0].0;
    let row = |k: i64| {
        let state = if k == n { "open" } else { "declined" };
        let owner = if k % 2 == 0 { "invoices" } else { "repair" };
        format!("('fnd_{k:026}', '{brand}', {k}, '{state}', '{owner}', 'per_x', {k}, NULL, NULL, 1)")
    };
    let rows: Vec<String> = (1..=n).map(row).collect();
    let sql = format!(
        "INSERT INTO finding (id, brand_id, number, state, owner, raised_by, raised_at, decided_by, decided_at, version)
         VALUES {}",
        rows.join(", ")
    );
    site.execute(Box::leak(sql.into_boxed_str())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_listed_a_page_at_a_time_however_many_there_are() {
    let site = Site::open().await;
    findings(&site, 640).await;
    let jan = site.login("jan", "agent").await;
    let count = |page: &str| page.matches("<section class=\"card\" id=\"f-").count();
    let has = |page: &str, n: i64| page.contains(&format!("id=\"f-{n}\""));
    let first = jan.get("/findings").await.body;
    assert!(count(&first) == 30 && first.contains("1–30 / 640"), "{first}");
    assert!(has(&first, 640) && has(&first, 611) && !has(&first, 610), "the latest first");
    let second = jan.get("/findings?from=30").await.body;
    assert!(count(&second) == 30 && second.contains("31–60 / 640") && has(&second, 610), "{second}");
    let last = jan.get("/findings?from=99999").await.body;
    assert!(count(&last) == 10 && last.contains("631–640 / 640") && has(&last, 1), "{last}");
    let open = jan.get("/findings?state=open").await.body;
    assert!(count(&open) == 1 && has(&open, 640), "{open}");
    // Where an address leads to one, and where words are looked for, it is found behind any number of others.
    let old = jan.get("/findings?at=3").await.body;
    assert!(count(&old) == 10 && has(&old, 3) && old.contains("631–640 / 640"), "{old}");
    let words = jan.get("/findings?q=repair&from=300").await.body;
    assert!(count(&words) == 20 && words.contains("301–320 / 320") && has(&words, 1), "{words}");
    assert!(!has(&words, 2), "{words}");
    // The front office sees, counts and finds only its own.
    let kim = site.login("invoices", "front_office").await;
    let theirs = kim.get("/findings").await.body;
    assert!(count(&theirs) == 30 && theirs.contains("1–30 / 320") && !has(&theirs, 639), "{theirs}");
    assert!(count(&kim.get("/findings?q=repair").await.body) == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_library_are_listed_a_page_at_a_time() {
    let site = Site::open().await;
    let els = site.login("els", "lead").await;
    for n in 0..33 {
        let (title, text) = (format!("Answer {n:02}"), format!("These are words number {n:02}."));
        let fields = [
            ("do", "write"),
            ("brand", "Acme"),
            ("language", "en"),
            ("title", title.as_str()),
            ("text", text.as_str()),
        ];
        let written = els.press("/library", "/library", &fields).await;
        assert_eq!(written.status, 303, "{}", written.body);
    }
    let cards = |page: &str| page.matches("<li class=\"card\" id=").count();
    let first = els.get("/library?language=en").await.body;
    assert!(cards(&first) == 30 && first.contains("1–30 / 33"), "{first}");
    assert!(
        first.contains("language=en") && first.contains("from=30"),
        "links lead on with the rest: {first}"
    );
    let second = els.get("/library?language=en&from=30").await.body;
    assert!(cards(&second) == 3 && second.contains("31–33 / 33"), "{second}");
    assert!(cards(&els.get("/library?language=nl").await.body) == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_conversation_shows_its_latest_part_and_all_of_it_to_who_asks() {
    let site = Site::open().await;
    let posts: Vec<serde_json::Value> = (0..203)
        .map(|n| post(&format!("p{n:03}"), "ann", "t1", 0, &format!("@acme help me, word{n:03}")))
        .collect();
    site.house.take(&posts).await;
    let (jan, case) = (site.login("jan", "agent").await, site.house.case(1).await);
    let page = jan.get(&format!("/cases/{}", case.id)).await.body;
    let all = format!("/cases/{}?all=1#h-talk", case.id);
    assert!(page.contains("Older messages are not shown") && page.contains(&all), "{page}");
    assert!(page.contains("word202") && !page.contains("word000"), "{page}");
    let page = jan.get(&format!("/cases/{}?all=1", case.id)).await.body;
    assert!(page.contains("word202") && page.contains("word000"), "{page}");
    assert!(!page.contains("Older messages are not shown"), "{page}");
}
