//! The front door: codes of an app, recovery codes, roles that must have a second factor, passwords that are not
//! taken, proxies, and how long log-ins hold.

use crate::harness::House;
use crate::site::{Answer, Browser, Door, Site, engine, small};
use std::io::Write;
use webcared::domain::time::Span;
use webcared::people::passwords::Breached;
use webcared::people::rules::{RoleRules, Rules, SecondFactor};
use webcared::people::totp;
use webcared::web::config::WebConfig;

pub const GOOD: &str = "correct horse battery staple";

pub fn base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for c in text.bytes().filter(|c| *c != b' ') {
        held = (held << 5) | u32::from(if c >= b'A' { c - b'A' } else { c - b'2' + 26 });
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

/// What stands between two texts of a page.
fn between<'a>(body: &'a str, from: &str, to: &str) -> &'a str {
    body.split_once(from).unwrap_or_else(|| panic!("no {from} in {body}")).1.split_once(to).unwrap().0
}

/// Sets an app up; gives its secret and the recovery codes.
async fn enrol(site: &Site, who: &Browser) -> (Vec<u8>, Vec<String>) {
    let begun = who.press("/account/second", "/account/second", &[("act", "begin")]).await;
    assert_eq!((begun.status, begun.header("location")), (303, Some("/account/second")), "{}", begun.body);
    let page = who.get("/account/second").await.body;
    assert!(page.contains("<svg class=\"qr\"") && !page.contains("style="), "{page}");
    let secret = base32(between(&page, "<code id=\"secret\">", "</code>"));
    assert_eq!(secret.len(), 20);
    let code = totp::code(&secret, totp::step(site.now()));
    let done = who.press("/account/second", "/account/second", &[("act", "confirm"), ("code", &code)]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let codes = done.body.split("<li><code>").skip(1).map(|c| c.split('<').next().unwrap().to_owned());
    let codes: Vec<String> = codes.collect();
    assert_eq!(codes.len(), 10, "{}", done.body);
    (secret, codes)
}

pub async fn password(who: &Browser, password: &str) -> Answer {
    let csrf = who.get("/account").await.field("csrf");
    who.post("/account/password", &[("csrf", &csrf), ("password", password)]).await
}

async fn enter(site: &Site, login: &str) -> (Browser, Answer) {
    let browser = site.stranger();
    let answer = browser.post("/login", &[("login", login), ("password", GOOD)]).await;
    (browser, answer)
}

fn rules() -> Rules {
    Rules::new(Span::hours(12), Span::minutes(120))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_asked_for_after_the_password_and_is_good_once() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(password(&jan, GOOD).await.status, 303);
    let (secret, _) = enrol(&site, &jan).await;
    let kept: Vec<(Vec<u8>,)> = site.house.all("SELECT sealed FROM code_app").await;
    assert!(!kept[0].0.windows(20).any(|w| w == secret), "the secret is sealed");
    site.house.clock.advance(Span::minutes(5));
    let code = totp::code(&secret, totp::step(site.now()));
    let (first, answer) = enter(&site, "jan").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login/second?next=%2F")));
    // The password alone opens nothing.
    assert_eq!(first.get("/").await.header("location"), Some("/login"));
    assert_eq!(first.get("/login/second").await.status, 200);
    let wrong = first.post("/login/second", &[("code", "000000")]).await;
    assert_eq!(wrong.status, 401, "{}", wrong.body);
    let right = first.post("/login/second", &[("code", &format!("{} {}", &code[..3], &code[3..]))]).await;
    // Who is told something reads it first: the app was added.
    assert_eq!((right.status, right.header("location")), (303, Some("/account")), "{}", right.body);
    assert_eq!(first.get("/").await.status, 200);
    // Whoever looked over the shoulder has the password and the code, and is too late.
    let (second, _) = enter(&site, "jan").await;
    assert_eq!(second.post("/login/second", &[("code", &code)]).await.status, 401);
    site.house.clock.advance(Span::seconds(30));
    let next = totp::code(&secret, totp::step(site.now()));
    assert_eq!(second.post("/login/second", &[("code", &next)]).await.status, 303);
    // A link is one thing shown, and asks for the second as well.
    let link = site.people.link("jan").await.unwrap();
    let third = site.stranger();
    let answer = third.send("POST", &link, &[], "").await;
    assert_eq!(answer.header("location"), Some("/login/second?next=%2Faccount"));
    // The step is over after five minutes.
    site.house.clock.advance(Span::minutes(5));
    let late = totp::code(&secret, totp::step(site.now()));
    assert_eq!(third.post("/login/second", &[("code", &late)]).await.status, 401);
    assert_eq!(third.get("/login/second").await.header("location"), Some("/login"));
    let acts: Vec<(String, String)> =
        site.house.all("SELECT act, outcome FROM audit WHERE act LIKE 'login.code%' ORDER BY number").await;
    let outcomes: Vec<&str> = acts.iter().map(|a| a.1.as_str()).collect();
    assert_eq!(outcomes, ["refused", "done", "refused", "done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_one_step_lets_one_in_however_many_come_at_once() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    password(&jan, GOOD).await;
    let (secret, codes) = enrol(&site, &jan).await;
    site.house.clock.advance(Span::minutes(5));
    let mut steps = Vec::new();
    for n in 0..6 {
        let entered = site.people.enter("jan", GOOD, &format!("203.0.113.{n}")).await.unwrap();
        let webcared::people::Entered::Second(token) = entered else { panic!("in without a code") };
        steps.push(token);
    }
    for code in [totp::code(&secret, totp::step(site.now())), codes[3].clone()] {
        let tries = steps.iter().enumerate().map(|(n, token)| {
            let (people, code) = (site.people.clone(), code.clone());
            async move { people.second(token, &code, &format!("203.0.113.{n}")).await.is_ok() }
        });
        let came = futures_util::future::join_all(tries).await;
        assert_eq!(came.iter().filter(|in_| **in_).count(), 1, "{came:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_good_once_and_new_ones_take_their_place() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    password(&jan, GOOD).await;
    let (_, codes) = enrol(&site, &jan).await;
    let kept: Vec<(String,)> = site.house.all("SELECT hash FROM recovery_code").await;
    assert!(kept.iter().all(|(hash,)| hash.len() == 64 && !codes.contains(hash)));
    assert!(!jan.get("/account/second").await.body.contains(&codes[0]), "they are shown once");
    let (one, _) = enter(&site, "jan").await;
    assert_eq!(one.post("/login/second", &[("code", &codes[0].to_uppercase())]).await.status, 303);
    let (two, _) = enter(&site, "jan").await;
    assert_eq!(two.post("/login/second", &[("code", &codes[0])]).await.status, 401);
    assert!(one.get("/account/second").await.body.contains("left: 9"));
    let fresh = one.press("/account/second", "/account/second", &[("act", "codes")]).await;
    assert_eq!(fresh.body.matches("<li><code>").count(), 10);
    assert_eq!(two.post("/login/second", &[("code", &codes[1])]).await.status, 401, "the old ones are void");
    // Who removes the app needs no code any more.
    assert_eq!(one.press("/account/second", "/account/second", &[("act", "remove")]).await.status, 303);
    let (three, answer) = enter(&site, "jan").await;
    assert_eq!((answer.header("location"), three.get("/").await.status), (Some("/account"), 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_slowed_down_and_lock_nobody_else_out() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    password(&jan, GOOD).await;
    let (secret, _) = enrol(&site, &jan).await;
    site.house.clock.advance(Span::minutes(20));
    let token = |address: &'static str| {
        let people = site.people.clone();
        async move {
            match people.enter("jan", GOOD, address).await.unwrap() {
                webcared::people::Entered::Second(token) => token,
                webcared::people::Entered::In(_) => panic!("in without a code"),
            }
        }
    };
    let thief = token("203.0.113.9").await;
    let mut slowed = false;
    for _ in 0..8 {
        let error = site.people.second(&thief, "123456", "203.0.113.9").await.unwrap_err().to_string();
        slowed |= error.contains("too many");
    }
    assert!(slowed);
    let owner = token("198.51.100.7").await;
    let code = totp::code(&secret, totp::step(site.now()));
    site.people.second(&owner, &code, "198.51.100.7").await.unwrap();
    // Changing what is set up wants a proof of the last minutes.
    site.house.clock.advance(Span::minutes(10));
    for act in ["begin", "codes", "remove"] {
        let answer = jan.press("/account/second", "/account/second", &[("act", act)]).await;
        assert_eq!(answer.header("location"), Some("/account/prove?next=%2Faccount%2Fsecond"), "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_have_a_second_factor_sets_one_up_before_anything_else() {
    let mut must = rules();
    must.roles = vec![RoleRules {
        role: "admin".into(),
        second_factor: Some(SecondFactor::Required),
        ..RoleRules::default()
    }];
    let site = Site::behind(Door { rules: Some(must), ..Door::default() }).await;
    let boss = site.login("boss", "admin").await;
    let agent = site.login("agent", "agent").await;
    assert_eq!(agent.get("/").await.status, 200);
    for path in ["/", "/account", "/people", "/help", "/audit", "/live"] {
        let answer = boss.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/account/second")), "{path}");
    }
    let csrf = boss.get("/account/second").await.field("csrf");
    let add = [("csrf", csrf.as_str()), ("login", "new"), ("role", "agent")];
    assert_eq!(boss.post("/people", &add).await.header("location"), Some("/account/second"));
    assert_eq!(site.house.count("SELECT COUNT(*) FROM person WHERE login = 'new'").await, 0);
    assert!(boss.get("/account/second").await.body.contains("Your role wants a second factor"));
    enrol(&site, &boss).await;
    assert_eq!(boss.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_resets_what_was_lost_and_its_owner_is_told() {
    let site = Site::open().await;
    let (boss, jan) = (site.login("boss", "admin").await, site.login("jan", "agent").await);
    password(&jan, GOOD).await;
    enrol(&site, &jan).await;
    let answer = boss.press("/account", "/people/factors", &[("login", "jan")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(jan.get("/").await.status, 303, "their log-ins end");
    let (jan, answer) = enter(&site, "jan").await;
    assert_eq!(answer.header("location"), Some("/account"), "they read what was done first");
    let page = jan.get("/account").await;
    assert!(page.body.contains("An admin took your second factor"), "{}", page.body);
    let up_to = page.field("up_to");
    assert_eq!(jan.press("/account", "/account/told", &[("up_to", &up_to)]).await.status, 303);
    assert!(!jan.get("/account").await.body.contains("An admin took"));
    let rows = "SELECT COUNT(*) FROM audit WHERE act = 'factor.reset' AND outcome = 'done'";
    assert_eq!(site.house.count(rows).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_that_are_guessed_or_lost_are_refused() {
    let mut list = tempfile::NamedTempFile::new().unwrap();
    writeln!(list, "some other words in a row\nwhat everybody else has taken").unwrap();
    let rules = Rules { breached: Some(Breached::open(list.path()).unwrap()), ..rules() };
    let site = Site::behind(Door { rules: Some(rules), ..Door::default() }).await;
    let jan = site.login("annelies", "agent").await;
    for (bad, why) in [
        ("what everybody else has taken", "others have lost"),
        ("annelies and her bicycle", "stands in it"),
        ("we are the ACME people", "stands in it"),
        ("webcared is our console", "stands in it"),
        ("aaaaaaaaaaaaaaaaaaaaaaa", "different"),
    ] {
        let answer = password(&jan, bad).await;
        assert_eq!(answer.status, 422, "{bad}");
        assert!(answer.body.contains(why), "{bad}: {}", answer.body);
    }
    assert_eq!(password(&jan, GOOD).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_changes_the_token_of_the_log_in() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    password(&jan, GOOD).await;
    let before = jan.cookie.lock().unwrap().clone();
    let proved = jan.press("/account", "/account/prove", &[("password", GOOD), ("next", "/")]).await;
    assert_eq!(proved.status, 303, "{}", proved.body);
    assert_ne!(*jan.cookie.lock().unwrap(), before);
    assert_eq!(jan.get("/").await.status, 200);
    let old = site.stranger();
    *old.cookie.lock().unwrap() = before;
    assert_eq!(old.get("/").await.status, 303, "the old one opens nothing");
    assert_eq!(site.house.count("SELECT COUNT(*) FROM login_session").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_app_proves_by_a_code_too() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    password(&jan, GOOD).await;
    let (secret, _) = enrol(&site, &jan).await;
    site.house.clock.advance(Span::minutes(11));
    let code = totp::code(&secret, totp::step(site.now()));
    for (code, wanted) in [("", 422), (code.as_str(), 303)] {
        let fields = [("password", GOOD), ("code", code), ("next", "/account/second")];
        assert_eq!(jan.press("/account/prove", "/account/prove", &fields).await.status, wanted, "{code}");
    }
    let gone = jan.press("/account/second", "/account/second", &[("act", "remove")]).await;
    assert_eq!(gone.header("location"), Some("/account/second"));
    assert!(jan.get("/account").await.body.contains("The app for codes was removed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_has_its_own_hours() {
    let mut own = rules();
    own.roles = vec![RoleRules {
        role: "admin".into(),
        login_hours: Some(2),
        idle_minutes: Some(10),
        ..RoleRules::default()
    }];
    let site = Site::behind(Door { rules: Some(own), ..Door::default() }).await;
    let (boss, jan) = (site.login("boss", "admin").await, site.login("jan", "agent").await);
    site.house.clock.advance(Span::minutes(9));
    assert_eq!((boss.get("/").await.status, jan.get("/").await.status), (200, 200));
    site.house.clock.advance(Span::minutes(10));
    assert_eq!((boss.get("/").await.status, jan.get("/").await.status), (303, 200));
    let link = site.people.link("boss").await.unwrap();
    assert_eq!(boss.send("POST", &link, &[], "").await.status, 303);
    for _ in 0..14 {
        assert_eq!(boss.get("/").await.status, 200);
        site.house.clock.advance(Span::minutes(9));
    }
    assert_eq!(boss.get("/").await.status, 303, "two hours are over, though it was used");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tls_is_in_front_cookies_are_tied_to_the_host() {
    let site = Site::build(small(), Some("https://care.example"), House::build(engine()).await, None).await;
    let link = site.people.first_start().await.unwrap().unwrap();
    let answer = site.stranger().send("POST", &link, &[], "").await;
    assert_eq!(site.people.first_start().await.unwrap(), None, "who came in knows a way");
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-webcared=") && cookie.contains("Secure"), "{cookie}");
    assert!(cookie.contains("Path=/") && !cookie.contains("Domain"), "{cookie}");
}

/// The audit tells from which network somebody came, as proxies that are believed say it.
#[tokio::test(flavor = "multi_thread")]
async fn the_word_of_a_proxy_counts_only_where_the_settings_say_so() {
    for (nets, wanted) in
        [(vec!["127.0.0.0/8", "10.0.0.0/8"], "203.0.113.0"), (vec!["10.0.0.0/8"], "127.0.0.0")]
    {
        let nets = nets.into_iter().map(str::to_owned).collect();
        let config = WebConfig { trusted_proxies: nets, ..small() };
        let site = Site::build(config, None, House::build(engine()).await, None).await;
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.1.1.1"),
        ];
        let answer = site.stranger().send("POST", "/login", &headers, "login=x&password=y").await;
        assert_eq!(answer.status, 401);
        let rows: Vec<(String,)> =
            site.house.all("SELECT source FROM audit ORDER BY number DESC LIMIT 1").await;
        assert!(rows[0].0.starts_with(wanted.trim_end_matches('0')), "{rows:?}");
    }
}
