//! One's own second factors, log-ins and tokens by program: each dangerous act shows anew who asks, and what is
//! somebody else's is not there.

use crate::authenticator::Authenticator;
use crate::desk::open as desk;
use crate::front_door::{GOOD, base32, password};
use crate::passkeys::{add, site};
use crate::programs::Program;
use crate::site::{Answer, Site};
use serde_json::{Value, json};
use webcared::domain::time::Span;
use webcared::people::totp;
use webcared::tokens::{Scope, Wanted};

async fn post(program: &Program, path: &str, body: Value) -> Answer {
    program.ask("POST", path, &[], &body.to_string()).await
}

/// The code of the app at this moment; a later step each time, for one is good once.
fn code(site: &Site, secret: &[u8]) -> String {
    site.house.clock.advance(Span::minutes(1));
    totp::code(secret, totp::step(site.now()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_set_up_and_taken_away_by_who_shows_who_they_are() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(password(&jan, GOOD).await.status, 303);
    let program = site.acting("jan", &[Scope::Account]).await;
    let mine = program.get("/account").await.json();
    assert_eq!(
        (&mine["login"], &mine["proof"], &mine["app"]),
        (&json!("jan"), &json!("password"), &json!(false))
    );
    assert_eq!(mine["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(mine["tokens"][0]["id"], json!(program.id));

    let wrong = post(&program, "/account/app", json!({ "password": "not this one at all" })).await;
    wrong.is(422, "invalid");
    let begun = post(&program, "/account/app", json!({ "password": GOOD })).await.json();
    assert!(begun["address"].as_str().unwrap().starts_with("otpauth://totp/"), "{begun}");
    let secret = base32(begun["secret"].as_str().unwrap());
    assert_eq!(program.get("/account").await.json()["app"], json!(false), "it does not count yet");
    let first = code(&site, &secret);
    let bad = json!({ "password": GOOD, "first": "000000" });
    post(&program, "/account/app/confirm", bad).await.is(422, "invalid");
    let confirmed = post(&program, "/account/app/confirm", json!({ "password": GOOD, "first": first })).await;
    let codes = confirmed.json()["codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    assert_eq!(jan.get("/").await.status, 303, "log-ins without it have ended");

    // From now on a code is wanted too; without it, with one that was used, with a wrong password: one answer.
    assert_eq!(program.get("/account").await.json()["proof"], json!("password_and_code"));
    let good = code(&site, &secret);
    let answers = [
        json!({ "password": GOOD }),
        json!({ "password": GOOD, "code": first }),
        json!({ "password": "not this one at all", "code": good }),
    ];
    for body in answers {
        let answer = post(&program, "/account/codes", body).await;
        answer.is(422, "invalid");
        assert_eq!(answer.json()["detail"], wrong.json()["detail"], "which of them was wrong is not told");
    }
    // Under a key only that they were made is kept.
    let body = json!({ "password": GOOD, "code": code(&site, &secret) }).to_string();
    let key = [("idempotency-key", "0123456789abcdef")];
    let made = program.ask("POST", "/account/codes", &key, &body).await.json();
    let fresh = made["codes"].as_array().unwrap().clone();
    assert!(fresh.len() == 10 && fresh != codes);
    let again = program.ask("POST", "/account/codes", &key, &body).await;
    assert_eq!((again.status, &again.json()["codes"]), (200, &Value::Null), "{}", again.body);
    // What is kept of a request is no mere hash of its body, for that would tell a password to who tries words.
    let other = site.acting("jan", &[Scope::Account]).await;
    let key = [("idempotency-key", "the-same-of-both")];
    for one in [&program, &other] {
        assert_eq!(one.ask("POST", "/account/sessions/end", &key, "{}").await.status, 200);
    }
    let apart = "SELECT COUNT(DISTINCT request) FROM api_once WHERE key = 'the-same-of-both'";
    assert_eq!(site.house.count(apart).await, 2);
    let removed = post(&program, "/account/app/remove", json!({ "password": GOOD, "code": fresh[0] })).await;
    assert_eq!((&removed.json()["app"], &removed.json()["codes_left"]), (&json!(false), &json!(0)));
    let acts = "SELECT COUNT(*) FROM audit WHERE via = 'api' AND act IN ('factor.add', 'factor.codes', 'factor.remove')";
    assert_eq!(site.house.count(acts).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_browser_can_do_says_so() {
    let site = site().await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(password(&jan, GOOD).await.status, 303);
    let program = site.acting("jan", &[Scope::Account]).await;
    let mut key = Authenticator::new(1, false);
    assert_eq!(add(&jan, &mut key, "my key").await.status, 303);
    let mine = program.get("/account").await.json();
    assert_eq!((&mine["proof"], &mine["passkeys"][0]["name"]), (&json!("browser"), &json!("my key")));
    assert!(mine["page"].as_str().unwrap().ends_with("/account/second"));
    let id = mine["passkeys"][0]["id"].as_str().unwrap();
    let refused =
        post(&program, &format!("/account/passkeys/{id}/remove"), json!({ "password": GOOD })).await;
    refused.is(409, "refused");
    assert_eq!(refused.json()["page"], mine["page"]);
    assert_eq!(program.get("/account").await.json()["passkeys"].as_array().unwrap().len(), 1);
    let service = site.program("robot", &[Scope::Account], &[]).await;
    service.get("/account").await.is(409, "refused");
    post(&service, "/account/sessions/end", json!({})).await.is(409, "refused");
    post(&service, "/account/app", json!({ "password": GOOD })).await.is(409, "refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_and_tokens_of_others_are_not_there() {
    let site = Site::open().await;
    let (jan, els) = (site.login("jan", "agent").await, site.login("els", "agent").await);
    let (mine, hers) =
        (site.acting("jan", &[Scope::Account]).await, site.acting("els", &[Scope::Account]).await);
    let of_els = hers.get("/account").await.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
    let none = post(&mine, "/account/sessions/0000000000000000/end", json!({})).await;
    for path in [format!("/account/sessions/{of_els}/end"), format!("/account/tokens/{}/revoke", hers.id)] {
        let answer = post(&mine, &path, json!({})).await;
        answer.is(404, "not-found");
        assert_eq!(answer.json()["detail"], none.json()["detail"], "another's looks like none");
    }
    assert_eq!((els.get("/").await.status, hers.get("/account").await.status), (200, 200));
    // Reading the account is for its scope alone.
    let reader = site.acting("jan", &[Scope::Read, Scope::Act]).await;
    reader.get("/account").await.is(403, "scope");

    let of_jan = mine.get("/account").await.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
    let ended = post(&mine, &format!("/account/sessions/{of_jan}/end"), json!({})).await.json();
    assert_eq!(ended["sessions"], json!([]));
    assert_eq!(jan.get("/").await.status, 303);
    let revoked = post(&mine, &format!("/account/tokens/{}/revoke", reader.id), json!({})).await.json();
    let state = |id: &str| {
        let all = revoked["tokens"].as_array().unwrap();
        all.iter().find(|t| t["id"] == id).unwrap()["state"].clone()
    };
    assert_eq!((state(&reader.id), state(&mine.id)), (json!("revoked"), json!("good")));
    reader.get("/me").await.is(401, "token");
    // An admin's token takes any back; one of the account does not.
    let admin = site.program("admin", &[Scope::Admin], &[]).await;
    post(&mine, &format!("/tokens/{}/revoke", hers.id), json!({})).await.is(403, "scope");
    post(&admin, "/tokens/tok_none/revoke", json!({})).await.is(404, "not-found");
    let gone = post(&admin, &format!("/tokens/{}/revoke", hers.id), json!({})).await.json();
    assert_eq!((&gone["id"], &gone["state"]), (&json!(hers.id), &json!("revoked")));
    hers.get("/account").await.is(401, "token");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_are_slowed_down() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(password(&jan, GOOD).await.status, 303);
    let program = site.acting("jan", &[Scope::Account]).await;
    let mut last = None;
    for _ in 0..30 {
        let answer = post(&program, "/account/app", json!({ "password": "a guess of somebody" })).await;
        let status = answer.status;
        last = Some(answer);
        if status == 429 {
            break;
        }
    }
    let last = last.unwrap();
    last.is(429, "too-many");
    assert!(last.header("retry-after").is_some_and(|s| s.parse::<i64>().unwrap() > 0), "{}", last.head);
    // Nobody else is locked out.
    let els = site.login("els", "agent").await;
    assert_eq!(els.get("/account").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_acts_on_many_are_listed_with_until_when_they_can_be_undone() {
    let site = desk().await;
    site.login("jan", "agent").await;
    let program = site.acting("jan", &[Scope::Read, Scope::Act]).await;
    assert_eq!(program.get("/batches").await.json()["batches"], json!([]));
    let case = site.house.case(1).await;
    let body = json!({ "do": "dismiss", "reason": "spam", "cases": [{ "case": case.id, "version": case.version },
        { "case": case.id, "version": 0 }] });
    let done = post(&program, "/batches", body).await.json();
    let all = program.get("/batches").await.json();
    let one = &all["batches"][0];
    assert_eq!((&one["id"], &one["do"], &one["state"]), (&done["id"], &json!("dismiss"), &json!("done")));
    assert_eq!(
        (&one["done"], &one["refused"], &one["undone"]),
        (&done["done"], &json!(1), &json!(0)),
        "{one}"
    );
    let (at, until) = (one["at"].as_str().unwrap(), one["undo_until"].as_str().unwrap());
    assert!(at < until, "{one}");
    // Another's is none of theirs, and one of a brand that the token does not see is not there.
    site.login("els", "agent").await;
    assert_eq!(site.acting("els", &[Scope::Read]).await.get("/batches").await.json()["batches"], json!([]));
    let known = ["Acme".to_owned(), "Tempo".to_owned()];
    let wanted = Wanted {
        name: "bound".into(),
        person: Some("jan".into()),
        scopes: vec![Scope::Read],
        brands: vec!["Tempo".into()],
        days: 5,
    };
    let (id, token) = site.tokens().add(&wanted, "test", &known).await.unwrap();
    let bound = Program { browser: site.stranger(), id, token };
    assert_eq!(bound.get("/batches").await.json()["batches"], json!([]));
    post(&program, &format!("/batches/{}/undo", done["id"].as_str().unwrap()), json!({})).await;
    let one = program.get("/batches").await.json()["batches"][0].clone();
    assert_eq!((&one["state"], &one["undone"]), (&json!("undone"), &json!(1)), "{one}");
    assert!(one["undone_at"].is_string());
    site.house.clock.advance(Span::minutes(11));
    assert_eq!(program.get("/batches").await.json()["batches"], json!([]), "it is over");
}
