//! Lists that programs read a page at a time: each row comes once, and what is no cursor is refused.

use crate::programs::Program;
use crate::site::Site;
use std::collections::BTreeSet;
use webcared::tokens::Scope;

/// Reads a list to its end by its cursors; how many pages it took, and each row as it was told.
async fn pages(program: &Program, path: &str, lists: &[&str]) -> (usize, Vec<String>) {
    let (mut told, mut cursor) = (Vec::new(), String::new());
    for page in 1..20 {
        let answer = program.get(&format!("{path}{cursor}")).await;
        assert_eq!(answer.status, 200, "{path}{cursor}: {}", answer.body);
        let all = answer.json();
        for list in lists {
            told.extend(all[list].as_array().unwrap().iter().map(ToString::to_string));
        }
        match all["next"].as_str() {
            None => return (page, told),
            Some(next) => cursor = format!("?cursor={next}"),
        }
    }
    panic!("{path} has no end");
}

async fn put(site: &Site, head: &str, n: i64, row: impl Fn(i64) -> String) {
    let rows: Vec<String> = (0..n).map(row).collect();
    let sql = format!("INSERT INTO {head} VALUES {}", rows.join(", "));
    site.execute(Box::leak(sql.into_boxed_str())).await;
}

async fn brand(site: &Site) -> String {
    let brands: Vec<(String,)> = site.house.all("SELECT id FROM brand WHERE name = 'Acme'").await;
    brands[0].0.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_tokens_come_a_page_at_a_time_each_once() {
    let site = Site::open().await;
    let admin = site.program("crm", &Scope::ALL, &[]).await;
    put(&site, "person (id, login, name, role, created_at)", 205, |k| {
        format!("('per_{k:026}', 'login{k:03}', 'Name {k}', 'agent', 0)")
    })
    .await;
    let columns = "api_token (id, hash, name, person_id, scopes, brands, created_at, created_by, until_ms)";
    put(&site, columns, 205, |k| {
        format!("('tok_{k:026}', 'hash{k}', 'Token {k}', 'per_{k:026}', 'read', '[]', {k}, 't', 1)")
    })
    .await;
    for (path, list) in [("/people", "people"), ("/tokens", "tokens")] {
        let (count, told) = pages(&admin, path, &[list]).await;
        assert_eq!(count, 2, "{path}");
        assert!(told.len() >= 205, "{path}");
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "{path}: each once");
        admin.get(&format!("{path}?cursor=x")).await.is(400, "request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_that_counted_rows_are_refused() {
    let site = Site::open().await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    site.house.take(&[crate::harness::post("1", "eva", "t", 0, "@Acme where is my parcel?")]).await;
    let collected = format!("/cases/{}/collected", site.house.case(1).await.id);
    for path in [
        "/findings",
        "/checks",
        "/labels",
        "/shift-summaries",
        "/outbox",
        "/people",
        "/tokens",
        "/batches",
        "/incidents",
        "/reports/sent",
        "/reports/cases",
        collected.as_str(),
    ] {
        let (whole, of) = match path {
            "/reports/cases" => (format!("{path}?kind=first_response"), "kind=first_response&"),
            _ => (path.to_owned(), ""),
        };
        let first = program.get(&whole).await;
        assert_eq!(first.status, 200, "{path}: {}", first.body);
        // The last is the text of a list that no list has.
        for cursor in ["0", "200", "4000000000", "WyJcdTAwMDAiLDFd"] {
            program.get(&format!("{path}?{of}cursor={cursor}")).await.is(400, "request");
        }
    }
    program.get(&format!("{collected}?after=100")).await.is(400, "request");
}

/// What comes in front, and what goes, between two pages moves no other row to another page.
async fn moves_nothing(program: &Program, (path, list): (&str, &str), meanwhile: impl AsyncFnOnce()) {
    let rows = |page: &serde_json::Value| -> Vec<String> {
        page[list].as_array().unwrap().iter().map(ToString::to_string).collect()
    };
    let all = pages(program, path, &[list]).await.1;
    let first = program.get(path).await.json();
    meanwhile().await;
    let second = program.get(&format!("{path}?cursor={}", first["next"].as_str().unwrap())).await.json();
    let told = [rows(&first), rows(&second)].concat();
    assert!(!rows(&second).is_empty() && told == all[..told.len()], "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_between_two_pages_moves_no_other_row() {
    let site = Site::open().await;
    let brand = brand(&site).await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let incidents = "incident (id, brand_id, number, origin, topic, language, open, opened_at, expected, most, ended_at, version)";
    let incident = |k: i64| {
        format!("('inc_{k:026}', '{brand}', {k}, 'rise', 'sector:t{k}', 'en', 0, {}, 1, 9, 2000, 1)", k / 30)
    };
    put(&site, incidents, 230, incident).await;
    moves_nothing(&program, ("/incidents", "incidents"), async || {
        put(&site, incidents, 3, |k| incident(900 + k)).await;
    })
    .await;
    let findings = "finding (id, brand_id, number, state, owner, raised_by, raised_at, version)";
    let finding = |k: i64| {
        let state = if k % 3 == 0 { "open" } else { "declined" };
        format!("('fin_{k:026}', '{brand}', {k}, '{state}', 'shop', '', {k}, 1)")
    };
    put(&site, findings, 230, finding).await;
    moves_nothing(&program, ("/findings", "findings"), async || {
        put(&site, findings, 6, |k| finding(900 + k)).await;
    })
    .await;
    let columns = "api_token (id, hash, name, person_id, scopes, brands, created_at, created_by, until_ms)";
    let people: Vec<(String,)> = site.house.all("SELECT id FROM person ORDER BY id").await;
    let person = people[0].0.clone();
    let token =
        |k: i64| format!("('tok_{k:026}', 'hash{k}', 'T {k}', '{person}', 'read', '[]', {}, 't', 1)", k / 50);
    put(&site, columns, 230, token).await;
    moves_nothing(&program, ("/tokens", "tokens"), async || {
        put(&site, columns, 2, |k| token(900 + k)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_comes_a_page_at_a_time_what_is_leaving_first() {
    let site = Site::open().await;
    let brand = brand(&site).await;
    let columns =
        "action (id, brand_id, kind, credential, priority, once_key, payload, state, not_before, attempts,
        repeat_marked, token, detail, created_at)";
    let far = 9_000_000_000_000_i64;
    put(&site, columns, 450, |k| {
        let state = if k < 210 { "ready" } else { "held" };
        format!("('act_{k:026}', '{brand}', 'reply', 'none', 1, 'k{k}', '{{}}', '{state}', {far}, 0, 0, 0, '', {k})")
    })
    .await;
    let program = site.program("crm", &[Scope::Read], &[]).await;
    let first = program.get("/outbox").await.json();
    let count = |page: &serde_json::Value, list: &str| page[list].as_array().unwrap().len();
    assert_eq!((count(&first, "leaving"), count(&first, "waiting")), (200, 0));
    let second = program.get(&format!("/outbox?cursor={}", first["next"].as_str().unwrap())).await.json();
    assert_eq!((count(&second, "leaving"), count(&second, "waiting")), (10, 190));
    let (turned, told) = pages(&program, "/outbox", &["leaving", "waiting"]).await;
    assert_eq!((turned, told.len()), (3, 450));
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 450, "each once");
    program.get("/outbox?cursor=-1").await.is(400, "request");
    // The page says how many there are of each, and leads to all that wait for a person.
    let jan = site.login("jan", "agent").await;
    let cards = |page: &str| page.matches("<article class=\"card\">").count();
    let page = jan.get("/outbox").await.body;
    assert!(cards(&page) == 80 && page.contains(">210</span>") && page.contains(">240</span>"), "{page}");
    assert!(page.contains("state=held") && !page.contains("rel=\"next\""), "{page}");
    let page = jan.get("/outbox?state=held&from=30").await.body;
    assert!(cards(&page) == 30 && page.contains("31–60 / 240"), "{page}");
    assert!(page.contains("Show all") && !page.contains("about to go"), "{page}");
    let page = jan.get("/outbox?state=held&from=239").await.body;
    assert!(cards(&page) == 30 && page.contains("211–240 / 240"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn summaries_and_sent_reports_come_a_page_at_a_time() {
    let site = Site::open().await;
    let brand = brand(&site).await;
    put(&site, "shift_summary (id, brand_id, at, made_by, body)", 120, |k| {
        format!("('shs_{k:026}', '{brand}', {k}, '', '{{}}')")
    })
    .await;
    let columns = "published (letter, kind, first_day, last_day, zone, brands, made_at, sent_at, figures, subject, words, page)";
    put(&site, columns, 210, |k| {
        format!("('lea{k:03}', 'daily', '2026-01-01', '2026-01-01', 'UTC', '[]', {k}, 1, '{{}}', '', '', '')")
    })
    .await;
    let program = site.program("crm", &[Scope::Read], &[]).await;
    for (path, list, turned, n) in
        [("/shift-summaries", "summaries", 3, 120), ("/reports/sent", "sent", 2, 210)]
    {
        let (count, told) = pages(&program, path, &[list]).await;
        assert_eq!((count, told.len()), (turned, n), "{path}");
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), n, "{path}: each once");
        program.get(&format!("{path}?cursor=x")).await.is(400, "request");
    }
    for path in ["/checks", "/batches"] {
        assert!(program.get(path).await.json()["next"].is_null(), "{path}");
        program.get(&format!("{path}?cursor=x")).await.is(400, "request");
    }
    let lead = site.program("lead", &Scope::ALL, &[]).await;
    assert!(lead.get("/labels").await.json()["next"].is_null());
    lead.get("/labels?cursor=x").await.is(400, "request");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_and_what_was_not_delivered_page_to_their_end_whatever_comes_meanwhile() {
    let site = Site::open().await;
    let brand = brand(&site).await;
    let columns = "inbox (id, source, place, received_at, body, verdict, why, settled_at)";
    // Many of one instant: the id tells them apart.
    put(&site, columns, 450, |k| {
        format!("('inb_{k:026}', 's', '{k}', {}, NULL, 'quarantined', 'x', 1)", k / 300)
    })
    .await;
    let columns =
        "action (id, brand_id, kind, credential, priority, once_key, payload, state, not_before, attempts,
        repeat_marked, token, detail, created_at)";
    put(&site, columns, 900, |k| {
        let state = if k < 450 { "ready" } else { "refused" };
        format!("('act_{k:026}', '{brand}', 'hook', 'hook:x', 1, 'k{k}', '{{}}', '{state}', 9000000000000, 0, 0, 0, '', {})", k / 300)
    })
    .await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    for (path, list) in [("/sources/quarantine", "quarantined"), ("/hooks-out", "deliveries")] {
        let (_, told) = pages(&program, path, &[list]).await;
        assert_eq!(told.len(), 450, "{path}");
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 450, "{path}: each once");
        for bad in ["x", "200", "1.", "1.%27"] {
            program.get(&format!("{path}?cursor={bad}")).await.is(400, "request");
        }
    }
    // One that comes between two pages moves no other.
    let first = program.get("/sources/quarantine").await.json();
    put(&site, "inbox (id, source, place, received_at, body, verdict, why, settled_at)", 1, |_| {
        "('inb_new', 's', 'n', 99, NULL, 'quarantined', 'x', 1)".to_owned()
    })
    .await;
    let second = format!("/sources/quarantine?cursor={}", first["next"].as_str().unwrap());
    let second = program.get(&second).await.json();
    let ids = |page: &serde_json::Value| -> Vec<String> {
        let rows = page["quarantined"].as_array().unwrap().iter();
        rows.map(|q| q["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(ids(&first).iter().all(|id| !ids(&second).contains(id)));
}
