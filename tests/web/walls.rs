//! Brands as walls of people: who sees one of two brands finds nothing of the other on any page, in any search, by
//! any token and in the live feed.

use crate::harness::post;
use crate::programs::Program;
use crate::site::Site;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use webcared::domain::role::Right;
use webcared::tokens::{Scope, Wanted};
use webcared::web::{Access, table};

const OTHER: [&str; 3] = ["SECRETWORD", "verstopt", "Acme"];

async fn two_brands() -> Site {
    let site = Site::open().await;
    site.house
        .take(&[
            post("1", "verstopt", "t1", 0, "SECRETWORD @Acme where is my parcel?"),
            post("2", "mia", "t2", 1, "@Tempo where is my parcel?"),
        ])
        .await;
    site
}

async fn walled(site: &Site, login: &str, role: &str) -> crate::site::Browser {
    let link = site.people.add_with(login, login, role, &[], &["tempo".to_owned()]).await.unwrap();
    let browser = site.stranger();
    assert_eq!(browser.send("POST", &link, &[], "").await.status, 303);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shows_anything_of_a_brand_behind_the_wall() {
    let site = two_brands().await;
    let cases = site.house.cases().await;
    let brands: Vec<(String, String)> = site.house.all("SELECT name, id FROM brand").await;
    let acme = &brands.iter().find(|(name, _)| name == "Acme").unwrap().1;
    let hidden = cases.iter().find(|c| c.brand_id == *acme).unwrap();
    let seen = cases.iter().find(|c| c.brand_id != *acme).unwrap();
    let all = site.login("all", "lead").await;
    let both = all.get("/").await.body;
    assert!(
        both.contains(&hidden.id) && both.contains("SECRETWORD"),
        "somebody without walls sees both: {both}"
    );
    assert!(all.get(&format!("/cases/{}", hidden.id)).await.body.contains("verstopt"));
    for role in ["lead", "agent", "auditor"] {
        let browser = walled(&site, role, role).await;
        assert!(browser.get("/").await.body.contains(&format!("/cases/{}", seen.id)), "{role}");
        assert_eq!(browser.get(&format!("/cases/{}", seen.id)).await.status, 200);
        for route in table().into_iter().filter(|r| r.method == "GET" && r.path != "/live") {
            if matches!(route.access, Access::Open | Access::Own) || route.path.starts_with("/help") {
                continue;
            }
            let path = route.path.replace("/cases/{id}", &format!("/cases/{}", hidden.id));
            let path = path.replace("{brand}", "Acme").replace("{number}", "1");
            let answer = browser.get(&path).await;
            for word in OTHER.iter().copied().chain([hidden.id.as_str()]) {
                // What was asked for stands in the address only.
                assert!(!answer.body.contains(word), "{role} {path} shows {word}: {}", answer.body);
            }
            if route.path.contains("{id}") || route.path.contains("{brand}") {
                assert!(matches!(answer.status, 403 | 404), "{role} {path}: {}", answer.status);
            }
        }
        for query in ["?brand=Acme", "?lane=all&brand=Acme", "?q=SECRETWORD", "?lane=all"] {
            let body = browser.get(&format!("/{query}")).await.body;
            assert!(!body.contains("verstopt") && !body.contains(&hidden.id), "{role} {query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_behind_the_wall() {
    let site = two_brands().await;
    let lead = walled(&site, "lead", "lead").await;
    let hidden = site.house.all::<(String, i64)>(
        "SELECT c.id, c.version FROM cases c JOIN brand b ON b.id = c.brand_id WHERE b.name = 'Acme'",
    );
    let (id, version) = hidden.await.remove(0);
    let version = version.to_string();
    let claim = [("act", "claim"), ("version", version.as_str())];
    assert_eq!(lead.press("/account", &format!("/cases/{id}/act"), &claim).await.status, 404);
    assert_eq!(lead.press("/account", &format!("/cases/{id}/draft"), &[("text", "x")]).await.status, 404);
    assert_eq!(lead.press("/account", &format!("/checks/{id}"), &[("verdict", "right")]).await.status, 404);
    // The switch stops every brand.
    assert_eq!(lead.press("/account", "/outbox/kill", &[("stop", "1")]).await.status, 403);
    // Of one who does not see all, a token for no brand in particular is one for theirs.
    let made =
        lead.press("/tokens", "/tokens", &[("name", "mine"), ("scope_read", "1"), ("days", "5")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let token = made.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let program = Program { browser: site.stranger(), id: String::new(), token };
    let listed = program.get("/cases?order=opened").await;
    assert!(!listed.body.contains(&id) && listed.body.contains("Tempo"), "{}", listed.body);
    program.get(&format!("/cases/{id}")).await.is(404, "not-found");
}

/// Every form of the console × roles that see the other brand only, filled with all that names the hidden one.
#[tokio::test(flavor = "multi_thread")]
async fn no_form_reaches_through_the_wall() {
    let site = two_brands().await;
    let hidden = site.house.all::<(String, i64, String)>(
        "SELECT c.id, c.version, c.brand_id FROM cases c JOIN brand b ON b.id = c.brand_id WHERE b.name = 'Acme'",
    );
    let (id, version, brand) = hidden.await.remove(0);
    let (version, chosen) = (version.to_string(), format!("{id}:{version}"));
    let before = site.house.cases().await;
    let mut walked = 0;
    for role in ["lead", "agent", "admin"] {
        let browser = walled(&site, role, role).await;
        for route in table().into_iter().filter(|r| r.method == "POST") {
            if !matches!(route.access, Access::Needs(_)) && route.path != "/account/sign" {
                continue;
            }
            let path =
                route.path.replace("/cases/{id}", &format!("/cases/{id}")).replace("{policy}", "social-30m");
            let path = path.replace("{id}", &id);
            for named in ["Acme", brand.as_str()] {
                let fields = [
                    ("act", "claim"),
                    ("do", "claim"),
                    ("version", version.as_str()),
                    ("brand", named),
                    ("case", chosen.as_str()),
                    ("id", id.as_str()),
                    ("numbers", "1"),
                    ("title", "x"),
                    ("text", "x"),
                    ("sign", "x"),
                    ("words", "x"),
                    ("reason", "x"),
                    ("day", "2026-09-21"),
                    ("until", "2026-09-22T10:00"),
                    ("hide", "1"),
                    ("freeze", "1"),
                    ("verdict", "right"),
                    ("what", "draft"),
                    ("language", "en"),
                ];
                let answer = browser.press("/account", &path, &fields).await;
                let told = format!("{role} {path} {named}: {} {}", answer.status, answer.body);
                assert!(answer.status < 500, "{told}");
                assert!(!answer.body.contains("SECRETWORD") && !answer.body.contains("verstopt"), "{told}");
                walked += 1;
            }
        }
    }
    assert!(walked > 100, "{walked}");
    assert_eq!(site.house.cases().await, before);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM case_event WHERE who_kind = 'person'").await, 0);
    let sql = format!("SELECT COUNT(*) FROM audit WHERE brand = '{brand}' AND outcome = 'done'");
    assert_eq!(site.house.count(Box::leak(sql.into_boxed_str())).await, 0, "nothing was done in it");
    let sql = format!("SELECT COUNT(*) FROM signature WHERE brand_id = '{brand}'");
    assert_eq!(site.house.count(Box::leak(sql.into_boxed_str())).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_no_more_than_its_person() {
    let site = two_brands().await;
    walled(&site, "boss", "admin").await;
    let wanted = Wanted {
        name: "boss".to_owned(),
        person: Some("boss".to_owned()),
        scopes: Scope::ALL.to_vec(),
        brands: Vec::new(),
        days: 5,
    };
    let (id, token) = site.tokens().add(&wanted, "t", &["Acme".to_owned()]).await.unwrap();
    let program = Program { browser: site.stranger(), id, token };
    for path in ["/cases?order=opened", "/brands", "/outbox", "/checks", "/me", "/hooks-out"] {
        let answer = program.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(!OTHER.iter().any(|w| answer.body.contains(w)), "{path}: {}", answer.body);
    }
    for path in ["/people", "/sources", "/tokens", "/duty"] {
        program.get(path).await.is(403, "scope");
    }
    program.get("/cases?brand=Acme").await.is(400, "request");
    // A token for a brand behind the walls of its person lets nothing through either, least of all everything.
    let beyond = Wanted { name: "beyond".to_owned(), brands: vec!["Acme".to_owned()], ..wanted };
    let (id, token) = site.tokens().add(&beyond, "t", &["Acme".to_owned()]).await.unwrap();
    let beyond = Program { browser: site.stranger(), id, token };
    for path in ["/cases?order=opened", "/reports?from=2026-01-01&to=2026-12-31", "/outbox", "/me"] {
        beyond.get(path).await.is(403, "scope");
    }
    // Walls that let nothing be seen let nothing through: to the store no brand means every brand.
    site.execute("UPDATE person SET brands = '[]' WHERE login = 'boss'").await;
    for path in ["/cases?order=opened", "/reports?from=2026-01-01&to=2026-12-31", "/outbox"] {
        program.get(path).await.is(403, "scope");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_no_brand_gets_no_further_than_the_door() {
    let site = two_brands().await;
    let browser = walled(&site, "nobody", "lead").await;
    site.execute("UPDATE person SET brands = '[]' WHERE login = 'nobody'").await;
    for route in table() {
        if !matches!(route.access, Access::Needs(_)) || route.method != "GET" {
            continue;
        }
        let answer = browser.get(&route.path.replace("{id}", "x").replace("{file}", "x")).await;
        assert_eq!(answer.status, 403, "{}", route.path);
    }
    assert_eq!(browser.get("/account").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_tells_of_no_brand_behind_the_wall() {
    let site = two_brands().await;
    let lead = walled(&site, "lead", "lead").await;
    let mut stream = lead.connect().await;
    let cookie = lead.cookie.lock().unwrap().clone();
    let head = format!(
        "GET /live HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\naccept: text/event-stream\r\n\r\n",
        site.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0_u8; 4096];
    while !String::from_utf8_lossy(&seen).contains("hello") {
        let n = stream.read(&mut buffer).await.unwrap();
        assert!(n > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..n]);
    }
    let all = site.login("all", "agent").await;
    let cases: Vec<(String, i64, String)> = site
        .house
        .all("SELECT c.id, c.version, b.name FROM cases c JOIN brand b ON b.id = c.brand_id ORDER BY b.name")
        .await;
    // First the hidden one, then the other: once the second is told, the first would have been.
    for (id, version, _) in &cases {
        let version = version.to_string();
        let claim = [("act", "claim"), ("version", version.as_str())];
        assert_eq!(all.press("/account", &format!("/cases/{id}/act"), &claim).await.status, 303);
    }
    let told = tokio::time::timeout(Duration::from_secs(10), async {
        while !String::from_utf8_lossy(&seen).contains(&cases[1].0) {
            let n = stream.read(&mut buffer).await.unwrap();
            seen.extend_from_slice(&buffer[..n]);
        }
    });
    told.await.expect("the other brand's change is told");
    assert!(!String::from_utf8_lossy(&seen).contains(&cases[0].0));
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_say_who_is_what_and_it_holds_at_once() {
    let site = two_brands().await;
    let admin = site.login("boss", "admin").await;
    let made =
        admin.press("/people", "/people", &[("login", "Jan"), ("name", "Jan"), ("role", "agent")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let link = made.body.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    let path = link[link.find("/login/").unwrap()..].to_owned();
    let jan = site.stranger();
    assert_eq!(jan.send("POST", &path, &[], "").await.status, 303);
    assert_eq!(jan.get("/").await.status, 200);
    let brands: Vec<(String, String)> = site.house.all("SELECT name, id FROM brand").await;
    let tempo = format!("brand_{}", brands.iter().find(|(name, _)| name == "Tempo").unwrap().1);
    let page_of_people = admin.get("/people").await.body;
    let place = [("login", "jan"), ("role", "auditor"), (tempo.as_str(), "1"), ("seen", "agent *")];
    assert_eq!(admin.press("/people", "/people/place", &place).await.status, 303);
    assert_eq!(jan.get("/").await.status, 303, "who became somebody else logs in anew");
    let row: Vec<(String, Option<String>)> =
        site.house.all("SELECT role, brands FROM person WHERE login = 'jan'").await;
    assert!(row[0].0 == "auditor" && row[0].1.as_ref().is_some_and(|b| tempo.contains(&b[2..b.len() - 2])));
    // Who saw what somebody else changed meanwhile changes nothing.
    let seen = |who: &str| {
        let page = page_of_people
            .split(&format!("name=\"login\" value=\"{who}\"><input type=\"hidden\" name=\"seen\" value=\""))
            .nth(1);
        page.unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(seen("jan"), "agent *");
    let stale = [("login", "jan"), ("role", "lead"), ("every_brand", "1"), ("seen", "agent *")];
    let refused = admin.press("/people", "/people/place", &stale).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("somebody changed this since you saw it"), "{}", refused.body);
    // Nobody is left without anybody who could let them in.
    let last = admin
        .press("/people", "/people/place", &[("login", "boss"), ("role", "agent"), ("every_brand", "1")])
        .await;
    assert_eq!(last.status, 422);
    assert!(last.body.contains("only admin"), "{}", last.body);
    let shut_in = [("login", "boss"), ("role", "admin"), (tempo.as_str(), "1")];
    assert_eq!(admin.press("/people", "/people/place", &shut_in).await.status, 422);
    let gone = admin.press("/people", "/people/disable", &[("login", "boss")]).await;
    assert!(gone.status == 422 && gone.body.contains("only admin"), "{}", gone.body);
    // To untick the last brand opens nothing.
    let nothing = [("login", "jan"), ("role", "auditor")];
    assert_eq!(admin.press("/people", "/people/place", &nothing).await.status, 422);
    // Nor does a form for somebody new that was not taken forget what was ticked.
    let new = [("login", "boss"), ("role", "auditor"), (tempo.as_str(), "1")];
    let refused = admin.press("/people", "/people", &new).await;
    assert_eq!(refused.status, 422);
    let ticked = format!(
        "name=\"{tempo}\" value=\"1\" checked> Tempo</label></p>\n</fieldset>\n<button class=\"main\">"
    );
    assert!(refused.body.contains(&ticked), "{}", refused.body);
    assert_eq!(admin.press("/people", "/people", &[("login", "x"), ("role", "root")]).await.status, 422);
    // What was done stands in the audit, by id.
    let acts: Vec<(String,)> = site
        .house
        .all("SELECT a.act FROM audit a JOIN person p ON p.id = a.person WHERE p.login = 'boss' ORDER BY a.number")
        .await;
    let acts: Vec<&str> = acts.iter().map(|a| a.0.as_str()).collect();
    assert_eq!(acts, ["login.link", "person.add", "person.place"]);
    let page = admin.get("/audit?act=person").await;
    assert!(page.body.contains("person.place") && !page.body.contains("login.link"), "{}", page.body);
    assert_eq!(jan.get("/audit").await.status, 303);
    let _ = Right::Audit;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_looked_for_in_every_brand_by_nobody_behind_a_wall() {
    let site = two_brands().await;
    let lead = walled(&site, "lead", "lead").await;
    assert_eq!(lead.get("/privacy").await.status, 403);
    for act in ["look", "export", "erase", "object", "hold"] {
        let asked = [("act", act), ("who", "verstopt"), ("sure", "1"), ("days", "5"), ("ground", "x")];
        let answer = lead.press("/account", "/privacy", &asked).await;
        assert_eq!(answer.status, 403, "{act}");
        assert!(!answer.body.contains("SECRETWORD"), "{act}");
    }
    assert_eq!(site.house.count("SELECT COUNT(*) FROM content WHERE body LIKE '%SECRETWORD%'").await, 1);
    let all = site.login("all", "lead").await;
    assert!(all.press("/account", "/privacy", &[("act", "look"), ("who", "verstopt")]).await.status == 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_left_open_sets_no_first_password() {
    let site = Site::open().await;
    let boss = site.login("boss", "admin").await;
    site.house.clock.advance(webcared::domain::time::Span::minutes(11));
    let answer =
        boss.press("/account", "/account/password", &[("password", "correct horse battery staple")]).await;
    assert_eq!(answer.header("location"), Some("/account/prove?next=%2Faccount"));
    assert_eq!(site.house.count("SELECT COUNT(*) FROM person WHERE password IS NOT NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_nobody_end_with_who_made_them() {
    let site = two_brands().await;
    let lead = site.login("lead", "lead").await;
    site.login("boss", "admin").await;
    let token = [("name", "x"), ("scope_read", "1"), ("days", "5")];
    assert_eq!(lead.press("/tokens", "/tokens", &token).await.status, 200);
    let standing = "SELECT COUNT(*) FROM api_token WHERE revoked_at IS NULL";
    assert_eq!(site.house.count(standing).await, 1);
    site.people.disable("lead").await.unwrap();
    assert_eq!(site.house.count(standing).await, 0);
    // So do they where whoever made them is made less; made more, they keep them.
    let second = site.login("second", "lead").await;
    let other = [("name", "y"), ("scope_read", "1"), ("days", "5")];
    assert_eq!(second.press("/tokens", "/tokens", &other).await.status, 200);
    site.people.set_role("second", "admin").await.unwrap();
    assert_eq!(site.house.count(standing).await, 1);
    site.people.set_role("second", "agent").await.unwrap();
    assert_eq!(site.house.count(standing).await, 0);
}
