//! The page Privacy and its twin for programs: looking, erasing, not watching, holding, taking a file home.

use crate::harness::post;
use crate::site::Site;
use webcared::tokens::Scope;

async fn lived() -> Site {
    let site = Site::open().await;
    site.house.take(&[post("postext1", "sanneext", "t", 0, "@Acme SECRETWORD, where is my parcel?")]).await;
    site.house.take(&[post("p2", "piet", "u", 0, "@Acme where is my other parcel?")]).await;
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_looks_first_and_then_erases() {
    let site = lived().await;
    let lead = site.login("lead", "lead").await;
    assert!(lead.get("/").await.body.contains("href=\"/privacy\""));
    assert!(!site.login("agent", "agent").await.get("/").await.body.contains("href=\"/privacy\""));
    let press = async |fields: &[(&str, &str)]| lead.press("/privacy", "/privacy", fields).await;
    let none = press(&[("act", "look"), ("who", "nobody")]).await;
    assert_eq!(none.status, 422);
    assert!(none.body.contains("nobody of that name"));
    let seen = press(&[("act", "look"), ("who", "sanne ext")]).await;
    assert_eq!(seen.status, 422);
    let seen = press(&[("act", "look"), ("who", "Acme#1")]).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    assert!(seen.body.contains("sanneext@toot.example (mastodon)") && seen.body.contains("Acme #1"));
    assert!(!seen.body.contains("SECRETWORD"), "numbers, not words");
    let file = press(&[("act", "export"), ("who", "Acme#1")]).await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
    assert!(file.body.contains("SECRETWORD") && !file.body.contains("piet"));
    let held = press(&[("act", "hold"), ("who", "Acme#1"), ("ground", "claim <12>"), ("days", "9")]).await;
    assert_eq!(held.status, 200, "{}", held.body);
    let page = lead.get("/privacy").await.body;
    assert!(page.contains("claim &#60;12&#62;") && page.contains("Acme#1"), "{page}");
    let refused = press(&[("act", "erase"), ("who", "Acme#1"), ("sure", "1")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("is held until"));
    assert_eq!(press(&[("act", "release"), ("who", "Acme#1")]).await.status, 200);
    let unsure = press(&[("act", "erase"), ("who", "Acme#1")]).await;
    assert_eq!(unsure.status, 422);
    let done = press(&[("act", "erase"), ("who", "Acme#1"), ("sure", "1"), ("stop_watching", "1")]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("Erased."));
    let case = site.house.case(1).await.id;
    let shown = lead.get(&format!("/cases/{case}")).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    for word in ["SECRETWORD", "sanneext"] {
        assert!(!shown.body.contains(word), "{word}");
    }
    assert!(lead.get("/privacy").await.body.contains("Watch again"));
    assert!(lead.get("/help/privacy").await.body.contains("Template: record of processing"));
    let page = lead.get("/").await.body;
    assert!(page.contains("other parcel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_do_the_same() {
    let site = lived().await;
    let all = site.program("crm", &Scope::ALL, &[]).await;
    let kept = all.ask("POST", "/privacy/preview", &[], r#"{"who":"sanneext"}"#).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert_eq!(kept.json()["cases"][0], "Acme #1");
    let told = all.ask("POST", "/privacy/export", &[], r#"{"who":"sanneext"}"#).await;
    assert!(told.body.contains("SECRETWORD"));
    let hold = r#"{"case":"Acme#1","ground":"court","until":"2030-01-01T00:00:00Z"}"#;
    all.ask("POST", "/privacy/holds", &[], hold).await.is(409, "refused");
    let hold = hold.replace("2030", "2027");
    assert_eq!(all.ask("POST", "/privacy/holds", &[], &hold).await.status, 200);
    all.ask("POST", "/privacy/erase", &[], r#"{"who":"sanneext"}"#).await.is(409, "refused");
    assert_eq!(all.get("/privacy").await.json()["holds"][0]["number"], 1);
    let ended = all.ask("POST", "/privacy/holds/end", &[], r#"{"case":"Acme#1"}"#).await;
    assert_eq!(ended.json()["done"], true);
    let done = all.ask("POST", "/privacy/erase", &[], r#"{"who":"sanneext","stop_watching":true}"#).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(!done.body.contains("sanne"), "what is remembered names nobody");
    let label = done.json()["objection"].as_str().unwrap().to_owned();
    assert_eq!(all.get("/privacy").await.json()["objections"][0], label.as_str());
    let back = all.ask("POST", &format!("/privacy/objections/{label}/take-back"), &[], "").await;
    assert_eq!(back.json()["done"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_about_staff_is_told_to_programs_of_admins_alone() {
    let site = lived().await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(jan.set_password("", "correct horse battery staple").await.status, 303);
    let told = site.program("crm", &Scope::ALL, &[]).await.get("/privacy/staff").await;
    assert_eq!(told.status, 200, "{}", told.body);
    let lines = told.json()["lines"].as_array().unwrap().clone();
    let holds = |word: &str| lines.iter().any(|l| l.as_str().is_some_and(|l| l.contains(word)));
    assert!(holds("jan (jan, agent)") && holds("no keystrokes"), "{lines:?}");
    assert!(holds("  acts in the audit: "), "{lines:?}");
    assert!(!told.body.contains("SECRETWORD") && !told.body.contains("argon2"), "numbers, not words");
    let lead = site.program("less", &[Scope::Read, Scope::Lead], &[]).await;
    lead.get("/privacy/staff").await.is(403, "scope");
    let bound = site.program("bound", &Scope::ALL, &["Acme"]).await;
    bound.get("/privacy/staff").await.is(403, "scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_in_the_files_is_told_with_why() {
    let site = lived().await;
    let lead = site.login("lead", "lead").await;
    assert!(!lead.get("/privacy").await.body.contains("out of the files"));
    site.execute(
        "INSERT INTO file_sweep (name, since, asked, tries, next_at, why)
         VALUES ('content', 1790000000000, 1, 2, 0, 'others used the table all the time'),
                ('search', 1790000000000, 1, 0, 0, '')",
    )
    .await;
    let page = lead.get("/privacy").await.body;
    assert!(page.contains("Still to be taken out of the files") && page.contains("</time>: 2"), "{page}");
    assert!(page.contains("others used the table all the time"), "{page}");
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let told = program.get("/privacy").await.json();
    assert_eq!(
        (&told["in_files"][0]["name"], told["in_files"].as_array().unwrap().len()),
        (&"content".into(), 2)
    );
    assert_eq!(told["in_files"][0]["why"], "others used the table all the time");
}
