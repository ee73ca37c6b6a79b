//! Who may ask what, log-in and its limits, and the cookies and headers that protect both.

use crate::harness::{House, START, post};
use crate::known::KNOWN;
use crate::site::{Site, engine, small};
use webcared::domain::role::Role;
use webcared::domain::time::Span;
use webcared::store::outbox;
use webcared::web::Access::{Needs, Open};
use webcared::web::{Access, table};

fn filled(path: &str, case: &str) -> String {
    let path = path
        .replace("/cases/{id}", &format!("/cases/{case}"))
        .replace("{brand}", "Acme")
        .replace("{policy}", "social-30m");
    let path = path.replace("{number}", "1").replace("{page}", "webhook").replace("{*path}", "console.css");
    path.replace("{id}", "act_00000000000000000000000000").replace("{token}", "x").replace("{source}", "none")
}

#[test]
fn every_route_is_known() {
    let routes: Vec<_> = table().into_iter().map(|r| (r.method, r.path, r.access)).collect();
    assert_eq!(routes, KNOWN, "decide who may ask the new route and list it here");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_table_is_closed_to_strangers() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "SECRETWORD @Acme where is my parcel?")]).await;
    let case = site.house.case(1).await.id;
    let expired = site.login("gone", "admin").await;
    let revoked = site.login("taken", "admin").await;
    site.people.end_logins("taken").await.unwrap();
    // May everything, so that what is refused is refused for the form alone.
    let boss = site.login("boss", "admin").await;
    site.execute("UPDATE login_session SET until_ms = 0 WHERE person_id = (SELECT id FROM person WHERE login = 'gone')")
        .await;
    let stranger = site.stranger();
    for route in table() {
        let path = filled(route.path, &case);
        for (who, browser) in [("nobody", &stranger), ("expired", &expired), ("revoked", &revoked)] {
            let answer = match route.method {
                "GET" => browser.get(&path).await,
                _ => {
                    browser
                        .post(&path, &[("act", "claim"), ("version", "1"), ("nonce", "n234567890123456")])
                        .await
                }
            };
            let told = format!("{who} {} {path}: {} {}", route.method, answer.status, answer.body);
            assert!(!answer.body.contains("SECRETWORD"), "{told}");
            match route.access {
                Access::Open if route.path == "/login/second" && route.method == "GET" => {
                    assert_eq!(answer.header("location"), Some("/login"), "{told}");
                }
                Access::Open => assert!(matches!(answer.status, 200 | 401 | 422), "{told}"),
                Access::Own => assert!(matches!(answer.status, 200 | 404), "{told}"),
                _ => {
                    assert_eq!(answer.status, 303, "{told}");
                    assert!(answer.header("location").unwrap().starts_with("/login"), "{told}");
                }
            }
        }
        if route.method == "POST" && !matches!(route.access, Access::Own | Open) {
            // Logged in, but the form is not ours: no token, a foreign origin, another site.
            let answer = boss.post(&path, &[("act", "claim"), ("version", "1")]).await;
            assert_eq!(answer.status, 403, "no token: {path}");
            let csrf = boss.get("/").await.field("csrf");
            for (name, value) in
                [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")]
            {
                let body = format!("csrf={csrf}");
                let headers = [("content-type", "application/x-www-form-urlencoded"), (name, value)];
                let answer = boss.send("POST", &path, &headers, &body).await;
                assert_eq!(answer.status, 403, "{name}: {path}");
            }
        }
    }
    for (method, path) in [
        ("DELETE", "/"),
        ("PUT", "/outbox"),
        ("GET", "/admin"),
        ("GET", "/../etc/passwd"),
        ("OPTIONS", "/live"),
    ] {
        let answer = stranger.send(method, path, &[], "").await;
        assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
    }
}

/// The router's own table × every role: what a role may not is refused, and written down as refused; what it may is
/// not.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_opens_to_the_roles_of_the_table_and_to_no_other() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "SECRETWORD @Acme where is my parcel?")]).await;
    let case = site.house.case(1).await.id;
    let mut refusals = 0;
    for role in Role::ALL.into_iter().filter(|r| *r != Role::Service) {
        let browser = site.login(role.code(), role.code()).await;
        for route in table() {
            let Needs(right) = route.access else { continue };
            let path = filled(route.path, &case);
            let answer = match route.method {
                "GET" if route.path == "/live" && role.may(right) => continue,
                "GET" => browser.get(&path).await,
                _ => browser.press("/account", &path, &[]).await,
            };
            let told = format!("{} {} {path}: {}", role.code(), route.method, answer.status);
            if role.may(right) {
                assert_ne!(answer.status, 403, "{told}");
                assert!(answer.status < 500, "{told}");
                continue;
            }
            assert!(!answer.body.contains("SECRETWORD") && !answer.body.contains("sanne"), "{told}");
            if route.path == "/" && role == Role::FrontOffice {
                assert_eq!(answer.header("location"), Some("/yesterday"), "{told}");
                continue;
            }
            assert_eq!(answer.status, 403, "{told}");
            refusals += 1;
        }
    }
    assert!(refusals > 100, "{refusals}");
    let written = site.house.count("SELECT COUNT(*) FROM audit WHERE outcome = 'refused'").await;
    assert_eq!(written, refusals);
    let touched = site.house.count("SELECT COUNT(*) FROM case_event WHERE who_kind = 'person'").await;
    assert_eq!(touched, 0);
}

/// What a role may do with a case does not hang on the page that asked.
#[tokio::test(flavor = "multi_thread")]
async fn acts_are_bounded_by_role_behind_the_door_too() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let case = site.house.case(1).await;
    let path = format!("/cases/{}/act", case.id);
    let version = case.version.to_string();
    let guest = site.login("guest", "guest").await;
    let block =
        [("act", "moderate"), ("measure", "block"), ("reason", "spam"), ("version", version.as_str())];
    let answer = guest.press("/account", &path, &block).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains("your role does not allow this"));
    let rows: Vec<(String, String)> =
        site.house.all("SELECT act, outcome FROM audit ORDER BY number DESC LIMIT 1").await;
    assert_eq!(rows, [("case.moderate".to_owned(), "refused".to_owned())]);
    let press = site.login("press", "communications").await;
    let answer = [("act", "answer"), ("text", "No comment."), ("version", version.as_str())];
    let told = press.press("/account", &path, &answer).await;
    assert_eq!(told.status, 409);
    assert!(told.body.contains("not about the press"), "{}", told.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lets_in_once_and_only_by_its_button() {
    let site = Site::open().await;
    let link = site.people.first_start().await.unwrap().unwrap();
    let browser = site.stranger();
    for _ in 0..3 {
        assert_eq!(browser.get(&link).await.status, 200, "looking does not use it up");
    }
    let answer = browser.send("POST", &link, &[], "").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/account")));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("webcared=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(browser.get("/").await.status, 200);
    let second = site.stranger();
    assert_eq!(second.send("POST", &link, &[], "").await.status, 401);
    assert_eq!(second.get("/").await.status, 303);
    // A new link, too late.
    let late = site.people.link("admin").await.unwrap();
    site.house.clock.advance(Span::minutes(31));
    assert_eq!(second.send("POST", &late, &[], "").await.status, 401);
    // Out means out, for the token too.
    let kept = browser.cookie.lock().unwrap().clone();
    assert_eq!(browser.press_logout().await, 303);
    *browser.cookie.lock().unwrap() = kept;
    assert_eq!(browser.get("/").await.status, 303);
}

impl crate::site::Browser {
    async fn press_logout(&self) -> u16 {
        let csrf = self.get("/").await.field("csrf");
        self.post("/logout", &[("csrf", &csrf)]).await.status
    }

    pub async fn set_password(&self, present: &str, password: &str) -> crate::site::Answer {
        let csrf = self.get("/account").await.field("csrf");
        self.post("/account/password", &[("csrf", &csrf), ("present", present), ("password", password)]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_long_and_wrong_ones_are_slowed_down_for_their_sender_only() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    let short = jan.set_password("", "fourteen chars").await;
    assert_eq!(short.status, 422);
    assert!(short.body.contains("15"), "{}", short.body);
    let good = "correct horse battery staple";
    assert_eq!(jan.set_password("", good).await.status, 303);
    // Changing it wants the present one.
    assert_eq!(jan.set_password("wrong wrong wrong wrong", "another long password").await.status, 422);
    let from = |address: &'static str| {
        [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", address)]
    };
    let stranger = site.stranger();
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let body = "login=jan&password=wrong+wrong+wrong+wrong";
        statuses.push(stranger.send("POST", "/login", &from("203.0.113.9"), body).await.status);
    }
    assert_eq!(&statuses[..5], [401; 5]);
    assert!(statuses[5..].iter().all(|s| *s == 429), "{statuses:?}");
    let body = format!("login=jan&password={}", good.replace(' ', "+"));
    let refused = stranger.send("POST", "/login", &from("203.0.113.9"), &body).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    // The one whose name was tried comes in from elsewhere all the same, and goes where they wanted.
    let body = format!("{body}&next=%2Fsources");
    let elsewhere = site.stranger().send("POST", "/login", &from("198.51.100.7"), &body).await;
    assert_eq!((elsewhere.status, elsewhere.header("location")), (303, Some("/sources")));
    // Later the first address may try again.
    site.house.clock.advance(Span::minutes(20));
    assert_eq!(stranger.send("POST", "/login", &from("203.0.113.9"), &body).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_by_idleness_by_time_and_by_disabling() {
    let site = Site::open().await;
    let idle = site.login("idle", "agent").await;
    site.house.clock.advance(Span::minutes(119));
    assert_eq!(idle.get("/").await.status, 200);
    site.house.clock.advance(Span::minutes(119));
    assert_eq!(idle.get("/").await.status, 200, "using it keeps it");
    site.house.clock.advance(Span::minutes(121));
    assert_eq!(idle.get("/").await.status, 303);
    let busy = site.login("busy", "agent").await;
    for _ in 0..11 {
        site.house.clock.advance(Span::minutes(60));
        assert_eq!(busy.get("/").await.status, 200);
    }
    site.house.clock.advance(Span::minutes(61));
    assert_eq!(busy.get("/").await.status, 303, "twelve hours are over");
    let fired = site.login("fired", "admin").await;
    assert_eq!(fired.get("/").await.status, 200);
    site.people.add("another", "another", "admin").await.unwrap();
    site.people.disable("fired").await.unwrap();
    assert_eq!(fired.get("/").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_and_headers_follow_the_public_address() {
    let house = House::build(engine()).await;
    let site = Site::build(small(), Some("https://care.example"), house, None).await;
    let link = site.people.add("a", "", "agent").await.unwrap();
    let answer = site.stranger().send("POST", &link, &[("origin", "https://care.example")], "").await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-webcared=") && cookie.contains("Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").is_some());
    let login = site.stranger().get("/login").await;
    let policy = login.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(login.header("cache-control"), Some("no-store"));
    assert_eq!(login.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(login.header("referrer-policy"), Some("same-origin"));

    let house = House::build(engine()).await;
    let plain = Site::build(small(), Some("http://care.example"), house, None).await;
    let page = plain.stranger().get("/login").await;
    assert!(page.body.contains("over plain http"), "{}", page.body);
    let link = plain.people.add("a", "", "agent").await.unwrap();
    let refused = plain.stranger().send("POST", &link, &[], "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("set-cookie").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_brand_that_is_not_watched_shows() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let case = site.house.case(1).await;
    site.execute("UPDATE cases SET brand_id = 'brd_other'").await;
    site.execute("UPDATE judgement SET brand_id = 'brd_other'").await;
    let lead = site.login("lead", "lead").await;
    assert!(lead.get("/").await.body.contains("class=\"empty\""));
    assert_eq!(lead.get(&format!("/cases/{}", case.id)).await.status, 404);
    assert_eq!(lead.get("/c/acme/1").await.status, 404);
    let answer = lead
        .press("/account", &format!("/cases/{}/act", case.id), &[("act", "claim"), ("version", "1")])
        .await;
    assert_eq!(answer.status, 404);
    let _ = START;
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_grow_and_never_keep_the_owner_out() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    let good = "correct horse battery staple";
    assert_eq!(jan.set_password("", good).await.status, 303);
    let people = &site.people;
    let enter = async |password: &str, address: &str| {
        people.enter("jan", password, address).await.map_err(|e| e.to_string())
    };
    for _ in 0..25 {
        enter(good, "198.51.100.7").await.expect("a whole office comes in from one address");
    }
    for _ in 0..5 {
        assert!(enter("wrong", "203.0.113.9").await.unwrap_err().contains("wrong"));
    }
    for wait in [30, 60, 120] {
        site.house.clock.advance(Span::seconds(wait - 1));
        assert!(enter(good, "203.0.113.9").await.unwrap_err().contains("too many"), "before {wait} s");
        site.house.clock.advance(Span::seconds(1));
        assert!(enter("wrong", "203.0.113.9").await.unwrap_err().contains("wrong"), "after {wait} s");
    }
    // From many addresses at once: new ones wait, the one that jan uses does not.
    for n in 0..45 {
        let _ = enter("wrong", &format!("203.0.113.{n}")).await;
    }
    assert!(enter(good, "192.0.2.1").await.unwrap_err().contains("too many"));
    enter(good, "198.51.100.7").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions() {
    let site = Site::open().await;
    let here = site.login("jan", "agent").await;
    let there = site.stranger();
    let link = site.people.link("jan").await.unwrap();
    assert_eq!(there.send("POST", &link, &[], "").await.status, 303);
    assert_eq!(there.get("/").await.status, 200);
    assert_eq!(here.set_password("", "correct horse battery staple").await.status, 303);
    assert_eq!((here.get("/").await.status, there.get("/").await.status), (200, 303));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dangerous_wants_a_proof_of_the_last_minutes() {
    let site = Site::open().await;
    let boss = site.login("boss", "admin").await;
    let good = "correct horse battery staple";
    assert_eq!(boss.set_password("", good).await.status, 303);
    let add = [("login", "new"), ("role", "agent")];
    site.house.clock.advance(Span::minutes(10));
    let answer = boss.press("/account", "/people", &add).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/account/prove?next=%2Fpeople")));
    assert_eq!(site.house.count("SELECT COUNT(*) FROM person WHERE login = 'new'").await, 0);
    let token = [("name", "x"), ("scope_read", "1"), ("days", "5")];
    assert_eq!(boss.press("/account", "/tokens", &token).await.status, 303);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM api_token").await, 0);
    // Stopping never waits; letting it go on does.
    let stop = boss.press("/account", "/outbox/kill", &[("stop", "1"), ("reason", "wrong words")]).await;
    assert_eq!(stop.header("location"), Some("/outbox"));
    let go = boss.press("/account", "/outbox/kill", &[("stop", "0")]).await;
    assert_eq!(go.header("location"), Some("/account/prove?next=%2Foutbox"));
    let page = boss.get("/account/prove?next=%2Fpeople").await;
    assert_eq!((page.status, page.field("next")), (200, "/people".to_owned()));
    assert_eq!(boss.press("/account", "/account/prove", &[("password", "wrong")]).await.status, 422);
    assert_eq!(boss.press("/account", "/people", &add).await.status, 303);
    let proof = [("password", good), ("next", "/people")];
    let proved = boss.press("/account", "/account/prove", &proof).await;
    assert_eq!((proved.status, proved.header("location")), (303, Some("/people")));
    assert_eq!(boss.press("/account", "/people", &add).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn open_log_ins_are_seen_and_ended_by_whose_they_are() {
    let site = Site::open().await;
    let here = site.login("jan", "agent").await;
    let there = site.stranger();
    let link = site.people.link("jan").await.unwrap();
    assert_eq!(there.send("POST", &link, &[], "").await.status, 303);
    let other = site.login("eva", "agent").await;
    let hers = other.get("/account").await.field("id");
    assert_eq!(here.press("/account", "/account/logins", &[("id", &hers)]).await.status, 404);
    assert_eq!(here.press("/account", "/account/logins", &[("id", "")]).await.status, 404);
    let page = here.get("/account").await.body;
    assert_eq!(page.matches("action=\"/account/logins\"").count(), 3, "{page}");
    assert_eq!(here.press("/account", "/account/logins", &[("others", "1")]).await.status, 303);
    assert_eq!((here.get("/").await.status, there.get("/").await.status), (200, 303));
    let boss = site.login("boss", "admin").await;
    assert_eq!(boss.press("/account", "/people/logins", &[("login", "jan")]).await.status, 303);
    assert_eq!((here.get("/").await.status, other.get("/").await.status), (303, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_says_that_all_sending_is_stopped() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let case = site.house.case(1).await.id;
    let boss = site.login("boss", "admin").await;
    let turned = site.house.write(|tx| Box::pin(outbox::turn_sending(tx, true, ("per_x", "a drill"), START)));
    turned.await.unwrap();
    let mut told = 0;
    for route in table() {
        if route.method != "GET" || matches!(route.access, Open | Access::Own) || route.path == "/live" {
            continue;
        }
        let answer = boss.get(&filled(route.path, &case)).await;
        // Parts of pages and files stand in a page that says it.
        if answer.status == 200 && answer.body.starts_with("<!doctype html>") {
            assert!(answer.body.contains("role=\"alert\">All sending is stopped."), "{}", route.path);
            told += 1;
        }
    }
    assert!(told > 30, "{told}");
}
