//! Pages that stand open: they keep no log-in alive by themselves, and hear nothing once it has ended.

use crate::harness::post;
use crate::site::{Browser, Site};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use webcared::domain::time::Span;

/// Listens at an address of the site until it is greeted.
async fn listening(who: &Browser, path: &str) -> TcpStream {
    let mut stream = who.connect().await;
    let cookie = who.cookie.lock().unwrap().clone();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\naccept: text/event-stream\r\nconnection: close\r\n\r\n",
        who.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut seen, mut buffer) = (Vec::new(), [0_u8; 4096]);
    while !String::from_utf8_lossy(&seen).contains("hello") {
        let n = stream.read(&mut buffer).await.unwrap();
        assert!(n > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..n]);
    }
    stream
}

/// What is told until the stream ends.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes));
    let _ = read.await.expect("the stream ends");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn claims(site: &Site, who: &Browser) -> String {
    let case = site.house.case(1).await;
    let version = case.version.to_string();
    let claim = [("act", "claim"), ("version", version.as_str())];
    let done = who.press("/account", &format!("/cases/{}/act", case.id), &claim).await;
    assert_eq!(done.status, 303, "{}", done.body);
    case.id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_nobody_touches_keeps_no_log_in_open() {
    let site = Site::open().await;
    let agent = site.login("agent", "agent").await;
    site.house.clock.advance(Span::minutes(119));
    let by_itself = [("accept", "text/html"), ("webcared-untouched", "1")];
    assert_eq!(agent.send("GET", "/?fragment=1", &by_itself, "").await.status, 200);
    assert_eq!(agent.get("/wall?fragment=1").await.status, 200);
    drop(listening(&agent, "/live").await);
    site.house.clock.advance(Span::minutes(2));
    assert_eq!(agent.get("/").await.status, 303, "nobody was there for two hours");
    // Somebody who is at the page keeps it open.
    let other = site.login("other", "agent").await;
    site.house.clock.advance(Span::minutes(119));
    assert_eq!(other.get("/?fragment=1").await.status, 200);
    site.house.clock.advance(Span::minutes(2));
    assert_eq!(other.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_that_was_ended_hears_nothing_more() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let (gone, stays) = (site.login("gone", "agent").await, site.login("stays", "agent").await);
    let (of_gone, of_stays) = (listening(&gone, "/live").await, listening(&stays, "/live").await);
    site.people.disable("gone").await.unwrap();
    site.house.clock.advance(Span::seconds(6));
    let id = claims(&site, &stays).await;
    let told = rest(of_gone).await;
    assert!(!told.contains(&id) && !told.contains("event: case"), "{told}");
    // Who may still listen is told, and is listening still.
    let (mut of_stays, mut seen, mut buffer) = (of_stays, Vec::new(), [0_u8; 4096]);
    let heard = tokio::time::timeout(Duration::from_secs(10), async {
        while !String::from_utf8_lossy(&seen).contains(&id) {
            let n = of_stays.read(&mut buffer).await.unwrap();
            assert!(n > 0, "{}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&buffer[..n]);
        }
    });
    heard.await.expect("it is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_walls_hold_for_pages_that_stand_open() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let (walled, stays) = (site.login("walled", "agent").await, site.login("stays", "agent").await);
    let stream = listening(&walled, "/live").await;
    site.execute("UPDATE person SET brands = '[\"brd_other\"]' WHERE login = 'walled'").await;
    site.house.clock.advance(Span::seconds(6));
    let id = claims(&site, &stays).await;
    let told = rest(stream).await;
    assert!(!told.contains(&id) && !told.contains("event: case"), "{told}");
}
