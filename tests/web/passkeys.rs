//! Passkeys through the console's own pages, by an authenticator in software.

use crate::authenticator::Authenticator;
use crate::front_door::GOOD;
use crate::site::{Answer, Browser, Door, Site};
use serde_json::Value;
use webcared::domain::time::Span;
use webcared::people::rules::Rules;

pub async fn site() -> Site {
    Site::behind(Door { public_url: Some("http://localhost:8080"), ..Door::default() }).await
}

async fn asked(who: &Browser, path: &str, fields: &[(&str, &str)]) -> Value {
    let answer = who.post(path, fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn challenge(who: &Browser, what: &str) -> Value {
    let csrf = who.get("/account/second").await.field("csrf");
    asked(who, "/account/passkeys/challenge", &[("csrf", &csrf), ("what", what)]).await
}

pub async fn add(who: &Browser, key: &mut Authenticator, name: &str) -> Answer {
    let said = challenge(who, "add").await;
    let (client, statement) = key.create(said["challenge"].as_str().unwrap());
    let fields = [("name", name), ("client", client.as_str()), ("statement", statement.as_str())];
    who.press("/account/second", "/account/passkeys", &fields).await
}

async fn enter(who: &Browser, key: &mut Authenticator) -> Answer {
    let said = asked(who, "/login/challenge", &[]).await;
    let signed = key.get(said["challenge"].as_str().unwrap());
    who.post("/login/passkey", &signed.fields()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_lets_its_owner_in_by_itself() {
    let site = site().await;
    let jan = site.login("jan", "agent").await;
    for (n, eddsa) in [(1, false), (2, true)] {
        let mut key = Authenticator::new(n, eddsa);
        let added = add(&jan, &mut key, "<b>my key</b>").await;
        assert_eq!(
            (added.status, added.header("location")),
            (303, Some("/account/second")),
            "{}",
            added.body
        );
        let stranger = site.stranger();
        let answer = enter(&stranger, &mut key).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/account")), "{}", answer.body);
        assert_eq!(stranger.get("/").await.status, 200);
    }
    let page = jan.get("/account/second").await.body;
    assert!(page.contains("&#60;b&#62;my key") && !page.contains("<b>my key"), "{page}");
    assert_eq!(page.matches("last used").count(), 2);
    assert!(jan.get("/account").await.body.contains("2 passkeys"));
    // A key that is known already is not added a second time, and one that is removed opens nothing.
    let mut key = Authenticator::new(1, false);
    assert_eq!(add(&jan, &mut key, "again").await.status, 422);
    let id = crate::authenticator::b64([2; 32]);
    let gone = jan.press("/account/second", "/account/passkeys", &[("act", "remove"), ("id", &id)]).await;
    assert_eq!(gone.status, 303);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM passkey").await, 1);
    // Nobody removes another's.
    let eva = site.login("eva", "agent").await;
    let id = crate::authenticator::b64([1; 32]);
    let fields = [("act", "remove"), ("id", id.as_str())];
    assert_eq!(eva.press("/account/second", "/account/passkeys", &fields).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_does_not_fit_lets_nobody_in() {
    let site = site().await;
    let jan = site.login("jan", "agent").await;
    let mut key = Authenticator::new(1, true);
    for spoil in 0..4 {
        let mut bad = Authenticator::new(9, true);
        match spoil {
            0 => bad.origin = "http://localhost:9090".into(),
            1 => bad.rp = "evil.example".into(),
            2 => bad.verifies = false,
            _ => {}
        }
        let added = if spoil == 3 {
            // A challenge for something else.
            let said = asked(&jan, "/login/challenge", &[]).await;
            let (client, statement) = bad.create(said["challenge"].as_str().unwrap());
            let fields = [("name", "x"), ("client", client.as_str()), ("statement", statement.as_str())];
            jan.press("/account/second", "/account/passkeys", &fields).await
        } else {
            add(&jan, &mut bad, "x").await
        };
        assert_eq!(added.status, 422, "{spoil}");
    }
    assert_eq!(add(&jan, &mut key, "mine").await.status, 303);
    let stranger = site.stranger();
    let said = asked(&stranger, "/login/challenge", &[]).await;
    let challenge = said["challenge"].as_str().unwrap();
    let signed = key.get(challenge);
    let mut touched = key.get(challenge);
    touched.signature = signed.signature.replacen(&signed.signature[..4], "AAAA", 1);
    // Used up by the wrong one: a challenge is good once, whatever came of it.
    assert_eq!(stranger.post("/login/passkey", &touched.fields()).await.status, 401);
    assert_eq!(stranger.post("/login/passkey", &signed.fields()).await.status, 401);
    // Too late.
    let said = asked(&stranger, "/login/challenge", &[]).await;
    site.house.clock.advance(Span::minutes(2));
    let signed = key.get(said["challenge"].as_str().unwrap());
    assert_eq!(stranger.post("/login/passkey", &signed.fields()).await.status, 401);
    // A challenge of one's own making, another key's name, nobody there.
    let signed = key.get(&crate::authenticator::b64([7; 32]));
    assert_eq!(stranger.post("/login/passkey", &signed.fields()).await.status, 401);
    let said = asked(&stranger, "/login/challenge", &[]).await;
    let mut other = Authenticator::new(1, true);
    let signed = other.get(said["challenge"].as_str().unwrap());
    assert_eq!(stranger.post("/login/passkey", &signed.fields()).await.status, 401);
    key.verifies = false;
    assert_eq!(enter(&stranger, &mut key).await.status, 401);
    key.verifies = true;
    // Who may come in no more does not come in by a key either.
    site.people.disable("jan").await.unwrap();
    assert_eq!(enter(&stranger, &mut key).await.status, 401);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM login_session").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_does_not_rise_lets_nobody_in_and_is_written_down() {
    let site = site().await;
    let jan = site.login("jan", "agent").await;
    let mut key = Authenticator::new(1, false);
    key.count = Some(4);
    assert_eq!(add(&jan, &mut key, "mine").await.status, 303);
    let stranger = site.stranger();
    assert_eq!(enter(&stranger, &mut key).await.status, 303);
    key.count = Some(4);
    let copied = site.stranger();
    assert_eq!(enter(&copied, &mut key).await.status, 401);
    let rows = "SELECT COUNT(*) FROM audit WHERE act = 'login.passkey_copied' AND outcome = 'refused'";
    assert_eq!(site.house.count(rows).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_a_second_factor_and_a_proof() {
    let site = site().await;
    let (jan, eva) = (site.login("jan", "admin").await, site.login("eva", "agent").await);
    let csrf = jan.get("/account").await.field("csrf");
    assert_eq!(jan.post("/account/password", &[("csrf", &csrf), ("password", GOOD)]).await.status, 303);
    let (mut key, mut hers) = (Authenticator::new(1, false), Authenticator::new(2, true));
    assert_eq!(add(&jan, &mut key, "mine").await.status, 303);
    assert_eq!(add(&eva, &mut hers, "hers").await.status, 303);
    let stranger = site.stranger();
    let answer = stranger.post("/login", &[("login", "jan"), ("password", GOOD)]).await;
    assert_eq!(answer.header("location"), Some("/login/second?next=%2F"));
    let said = asked(&stranger, "/login/challenge", &[]).await;
    assert_eq!(said["keys"].as_array().unwrap().len(), 1, "only theirs are asked for");
    // After jan's password eva's key is nobody's.
    assert_eq!(enter(&stranger, &mut hers).await.status, 401);
    assert_eq!(enter(&stranger, &mut key).await.status, 303);
    assert_eq!(stranger.get("/").await.status, 200);
    // Ten minutes later something dangerous wants a proof; the key is one, another's is not.
    site.house.clock.advance(Span::minutes(11));
    let add = [("login", "new"), ("role", "agent")];
    let refused = stranger.press("/account", "/people", &add).await;
    assert_eq!(refused.header("location"), Some("/account/prove?next=%2Fpeople"));
    assert!(stranger.get("/account/prove").await.body.contains("data-passkey=\"get\""));
    for (who, wanted) in [(&mut hers, 422), (&mut key, 303)] {
        let said = challenge(&stranger, "prove").await;
        let signed = who.get(said["challenge"].as_str().unwrap());
        let fields = [signed.fields(), vec![("next", "/people")]].concat();
        let answer = stranger.press("/account", "/account/prove/passkey", &fields).await;
        assert_eq!(answer.status, wanted, "{}", answer.body);
    }
    assert_eq!(stranger.press("/account", "/people", &add).await.status, 200);
    // Keys are added with a proof only, and gone once they are reset.
    site.house.clock.advance(Span::minutes(11));
    let mut more = Authenticator::new(3, true);
    assert!(add_is_refused(&stranger, &mut more).await);
    site.people.reset_factors("jan").await.unwrap();
    assert_eq!(site.house.count("SELECT COUNT(*) FROM passkey").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_passwords_are_off_a_passkey_is_still_a_second_factor() {
    let mut rules = Rules::new(Span::hours(12), Span::minutes(120));
    rules.passwords = false;
    let public_url = Some("http://localhost:8080");
    let site = Site::behind(Door { public_url, rules: Some(rules), ..Door::default() }).await;
    let jan = site.login("jan", "agent").await;
    let mut key = Authenticator::new(1, true);
    assert_eq!(add(&jan, &mut key, "mine").await.status, 303);
    assert_eq!(enter(&site.stranger(), &mut key).await.status, 401, "alone it lets nobody in");
    let link = site.people.link("jan").await.unwrap();
    let who = site.stranger();
    let answer = who.send("POST", &link, &[], "").await;
    assert_eq!(answer.header("location"), Some("/login/second?next=%2Faccount"));
    // An app that was begun and not confirmed is none.
    let begun = jan.press("/account/second", "/account/second", &[("act", "begin")]).await;
    assert_eq!(begun.status, 303);
    assert!(!who.get("/login/second").await.body.contains("name=\"code\""));
    assert_eq!(enter(&who, &mut key).await.status, 303);
}

async fn add_is_refused(who: &Browser, key: &mut Authenticator) -> bool {
    let answer = add(who, key, "more").await;
    answer.header("location") == Some("/account/prove?next=%2Faccount%2Fsecond")
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_name_is_there_are_no_passkeys_and_the_page_says_so() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/account/second").await.body;
    assert!(
        page.contains("Passkeys need a console under a name") && !page.contains("data-passkey"),
        "{page}"
    );
    assert!(page.contains("password and code work without"));
    assert_eq!(site.stranger().post("/login/challenge", &[]).await.status, 422);
    let script = site.stranger().get("/assets/passkeys.js").await;
    assert!(script.status == 200 && script.body.contains("navigator.credentials"));
}
