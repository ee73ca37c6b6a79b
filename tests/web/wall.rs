//! The wallboard: what it counts, who sees which brands on it, and the link that opens it and nothing else.

use crate::harness::{answer, post};
use crate::site::Site;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use webcared::domain::time::Span;
use webcared::tokens::Scope;

/// A link as the page of tokens makes it.
async fn link(site: &Site, scopes: &[&str], brands: &[&str]) -> String {
    let lead = site.login(&format!("lead{}", scopes.len() * 10 + brands.len()), "lead").await;
    let mut fields =
        vec![("name".to_owned(), format!("screen {}", brands.join("-"))), ("days".into(), "30".into())];
    fields.extend(scopes.iter().map(|s| (format!("scope_{s}"), "1".to_owned())));
    for brand in brands {
        let id = site.house.current.get().named(brand).unwrap().id.clone();
        fields.push((format!("brand_{id}"), "1".into()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let made = lead.press("/tokens", "/tokens", &fields).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let token = made.body.split("<code>").nth(1).unwrap().split("</code>").next().unwrap().to_owned();
    let shown = made.body.contains(&format!("/wall/{token}\""));
    assert_eq!(shown, scopes == ["wall"], "the link stands there for what opens the wallboard alone");
    format!("/wall/{token}")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_counts_what_is_open_late_and_kept() {
    let site = Site::open().await;
    site.house
        .take(&[
            post("1", "sanne", "t", 0, "SECRETWORD @Acme where is my parcel?"),
            answer("o1", "1", "t", 3),
            post("2", "piet", "u", 1, "@Acme my order is broken, help"),
        ])
        .await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(jan.press("/duty", "/duty", &[("duty", "on"), ("languages", "en")]).await.status, 303);
    let board = jan.get("/wall").await;
    assert_eq!(board.status, 200);
    assert!(board.body.contains("data-due=\"") && board.body.contains("color-scheme\" content=\"dark\""));
    assert!(board.body.contains("<dt>On duty</dt><dd>1</dd>"), "{}", board.body);
    for secret in ["SECRETWORD", "sanne", "jan", "csrf"] {
        assert!(!board.body.contains(secret), "{secret} is on the wall");
    }
    site.house.clock.advance(Span::minutes(90));
    let late = jan.get("/wall?fragment=1").await.body;
    assert!(
        late.trim_start().starts_with("<dl class=\"tiles\"") && late.contains("<dt>Late</dt><dd>1</dd>"),
        "{late}"
    );
    assert!(late.contains("50 % <small>1 of 2</small>"), "{late}");
    let program = site.program("BI", &[Scope::Read], &[]).await;
    let told = program.get("/wall").await.json();
    assert_eq!((&told["late"], &told["kept_today"], &told["due_today"]), (&1.into(), &1.into(), &2.into()));
    assert_eq!((told["levels"].as_array().unwrap().len(), &told["on_duty"]), (5, &1.into()), "{told}");
    assert_eq!(program.get("/wall?brand=nobody").await.status, 400);
    assert_eq!(jan.get("/wall?brand=nobody").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_the_board_of_its_brands_and_nothing_else() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let (acme, other) =
        (link(&site, &["wall"], &["Acme"]).await, link(&site, &["wall"], &["Tempo", "Acme"]).await);
    let screen = site.stranger();
    let board = screen.get(&acme).await;
    assert_eq!(board.status, 200, "{}", board.body);
    assert!(board.body.contains("<h1>Acme ") && !board.body.contains("Tempo"), "{}", board.body);
    assert!(!board.body.contains("href=\"/\""), "the screen does not lead into the console");
    assert!(screen.get(&other).await.body.contains("Tempo"));
    assert_eq!(board.header("cache-control"), Some("no-store"));
    assert_eq!(screen.get("/wall").await.status, 303);
    assert_eq!(screen.get("/").await.status, 303);
    let token = acme.strip_prefix("/wall/").unwrap();
    let asked = [("authorization", format!("Bearer {token}"))];
    let asked: Vec<(&str, &str)> = asked.iter().map(|(a, b)| (*a, b.as_str())).collect();
    assert_eq!(screen.send("GET", "/api/v1/cases", &asked, "").await.status, 403);
    // One that may more does not stand in an address.
    let strong = link(&site, &["wall", "read"], &[]).await;
    assert_eq!(screen.get(&strong).await.status, 404);
    assert_eq!(screen.get("/wall/webcared_x").await.status, 404);
    // Taken back: it is over at once.
    let held = site.tokens().list().await.unwrap();
    for token in held {
        site.tokens().revoke(&token.id).await.unwrap();
    }
    assert_eq!(screen.get(&acme).await.status, 404);
    assert_eq!(screen.get(&format!("{acme}/live")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_hears_that_something_changed_and_not_what() {
    let site = Site::open().await;
    let acme = link(&site, &["wall"], &["Acme"]).await;
    let screen = site.stranger();
    let mut stream = screen.connect().await;
    let head =
        format!("GET {acme}/live HTTP/1.1\r\nhost: {}\r\naccept: text/event-stream\r\n\r\n", site.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut heard = String::new();
    let mut bytes = [0; 4096];
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let case = site.house.case(1).await;
    let (jan, version) = (site.login("jan", "agent").await, case.version.to_string());
    let act = format!("/cases/{}/act", case.id);
    jan.press("/account", &act, &[("act", "claim"), ("version", &version)]).await;
    while !heard.contains("event: many") {
        let n =
            tokio::time::timeout(Duration::from_secs(10), stream.read(&mut bytes)).await.unwrap().unwrap();
        assert!(n > 0, "it ended: {heard}");
        heard += &String::from_utf8_lossy(&bytes[..n]);
    }
    assert!(!heard.contains(&case.id), "{heard}");
}
