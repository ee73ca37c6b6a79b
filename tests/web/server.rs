//! Bounds: slow senders, too many connections, large bodies, panics, stopping.

use crate::harness::House;
use crate::site::{Answer, Site, engine, parse, small};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use webcared::web::HookAnswer;
use webcared::web::config::WebConfig;

async fn rest(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ =
        tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.expect("cut off");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_too_slow_is_cut_off() {
    let site = Site::open().await;
    let browser = site.stranger();
    let began = Instant::now();
    // Nothing at all; half a preface of HTTP/2; half a head; a head, a byte at a time.
    let mut silent = browser.connect().await;
    let mut preface = browser.connect().await;
    preface.write_all(b"PRI * HT").await.unwrap();
    let mut half = browser.connect().await;
    half.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut drip = browser.connect().await;
    let dripping = tokio::spawn(async move {
        let mut sent = 0;
        while drip.write_all(b"G").await.is_ok() && sent < 60 {
            sent += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        sent
    });
    for stream in [&mut silent, &mut preface, &mut half] {
        assert!(!rest(stream).await.contains("200 OK"));
    }
    assert!(dripping.await.unwrap() < 60);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    // A body that never comes ends with the request's time.
    let mut body = browser.connect().await;
    body.write_all(b"POST /hooks/shop HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc").await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(8), async {
        let mut buf = [0; 512];
        let n = body.read(&mut buf).await.unwrap();
        String::from_utf8_lossy(&buf[..n]).into_owned()
    });
    assert!(answer.await.unwrap().contains(" 503 "));
    assert_eq!(site.stranger().get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_bound_connections_are_closed_and_later_served_again() {
    let config = WebConfig { connections_max: 5, header_seconds: 2, ..small() };
    let site = Site::build(config, None, House::build(engine()).await, None).await;
    let browser = site.stranger();
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(browser.connect().await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut sixth = browser.connect().await;
    let _ = sixth.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(!rest(&mut sixth).await.contains("200 OK"));
    drop(held);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(browser.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    let site = Site::open().await;
    let browser = site.stranger();
    let refused = browser.send("POST", "/hooks/shop", &[], &"x".repeat(10_001)).await;
    assert_eq!(refused.status, 413);
    assert!(refused.body.contains(r#"{"error":"at most 10000 bytes are taken"}"#), "{}", refused.body);
    assert_eq!(browser.send("POST", "/hooks/shop", &[], &"x".repeat(9_999)).await.status, 202);
    // The size is not believed: a chunked body is counted as it comes.
    let mut stream = browser.connect().await;
    let chunk = format!("{:x}\r\n{}\r\n", 6000, "y".repeat(6000));
    let head =
        "POST /hooks/shop HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}{chunk}{chunk}0\r\n\r\n").as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 413"));
    assert_eq!(site.hooks.taken.lock().unwrap().len(), 1);
    let header = "z".repeat(70_000);
    let large = browser.send("GET", "/healthz", &[("x-large", &header)], "").await;
    assert!(matches!(large.status, 0 | 431), "{}", large.status);
    let many: Vec<(String, String)> = (0..150).map(|n| (format!("x-{n}"), "1".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert!(matches!(browser.send("GET", "/healthz", &many, "").await.status, 0 | 431));
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_answered_as_they_went() {
    let site = Site::open().await;
    let browser = site.stranger();
    let expect = [
        (HookAnswer::Accepted { n: 3 }, 202),
        (HookAnswer::BadSignature("no signature".into()), 401),
        (HookAnswer::BadRequest("no posts in it".into()), 400),
        (HookAnswer::TooMany { retry_after_s: 7 }, 429),
        (HookAnswer::Unavailable, 503),
        (HookAnswer::Unknown, 404),
    ];
    for (answer, status) in expect {
        *site.hooks.answer.lock().unwrap() = Some(answer.clone());
        let sent = browser.send("POST", "/hooks/shop", &[], "{}").await;
        assert_eq!(sent.status, status, "{answer:?} {}", sent.body);
        assert_eq!(sent.header("retry-after").is_some(), matches!(status, 429 | 503), "{answer:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&sent.body).is_ok(), "{}", sent.body);
    }
    assert_eq!(browser.send("POST", "/hooks/nobody", &[], "{}").await.status, 404);
    assert_eq!(
        browser.send("GET", "/hooks/shop", &[], "").await.status,
        404,
        "who challenges nobody has no such page"
    );
    *site.hooks.answer.lock().unwrap() = None;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(browser.send("POST", "/hooks/slow", &[], "{}").await.status);
    }
    assert!(statuses.contains(&202) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(
        browser.send("POST", "/hooks/shop", &[], "{}").await.status,
        202,
        "another source has its own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_page_with_a_number_and_the_server_goes_on() {
    let site = Site::open().await;
    let browser = site.stranger();
    let answer = browser.send("POST", "/hooks/shop", &[("accept", "text/html")], "panic").await;
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("<code>") && !answer.body.contains("breaks us"), "{}", answer.body);
    assert!(answer.header("content-security-policy").is_some());
    assert_eq!(browser.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_this_machine_or_the_token() {
    let site = Site::open().await;
    let browser = site.stranger();
    let ask = |headers: Vec<(&'static str, &'static str)>| {
        let browser = &browser;
        async move { browser.send("GET", "/metrics", &headers, "").await.status }
    };
    assert_eq!(ask(vec![]).await, 200);
    assert_eq!(ask(vec![("x-forwarded-for", "203.0.113.9")]).await, 403, "through a proxy");
    assert_eq!(ask(vec![("host", "evil.example")]).await, 403, "a name bound to this machine");
    assert_eq!(
        ask(vec![("x-forwarded-for", "203.0.113.9"), ("authorization", "Bearer metrics-secret")]).await,
        200
    );
    assert_eq!(ask(vec![("x-forwarded-for", "203.0.113.9"), ("authorization", "Bearer wrong")]).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_names_what_is_broken_and_tells_no_data() {
    let site = Site::open().await;
    let browser = site.stranger();
    assert_eq!(browser.get("/readyz").await.body, "ready\n");
    site.execute(
        "INSERT INTO source (name, kind, counts_from, state, state_why, state_since)
         VALUES ('secret-name', 'mastodon', 0, 'refused', 'token refused', 0)",
    )
    .await;
    site.execute("INSERT INTO inbox (id, source, place, received_at, body) VALUES ('inb_1', 'secret-name', '1', 0, NULL)")
        .await;
    site.house.clock.advance(webcared::domain::time::Span::minutes(5));
    let answer = browser.get("/readyz").await;
    assert_eq!(answer.status, 200, "what is degraded does not take the console away");
    let sources = "sources: 1 of 1 not heard as they should be: mastodon refused\n";
    assert!(answer.body.contains(sources) && answer.body.contains("intake: "), "{}", answer.body);
    assert!(!answer.body.contains("secret-name"));
    site.house.db.close().await;
    site.house.clock.advance(webcared::domain::time::Span::minutes(5));
    let answer = browser.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("database: "), "{}", answer.body);
    assert_eq!(browser.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_kept_and_compressed() {
    let site = Site::open().await;
    let browser = site.stranger();
    let css = browser.get("/assets/console.css").await;
    assert_eq!(css.header("content-type"), Some("text/css"));
    let tag = css.header("etag").unwrap().to_owned();
    assert_eq!(browser.send("GET", "/assets/console.css", &[("if-none-match", &tag)], "").await.status, 304);
    let small = browser.send("GET", "/assets/console.css", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    for path in ["/assets/../config.rs", "/assets/%2e%2e/config.rs", "/assets/none"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_live_pages_and_lets_requests_finish() {
    let site = Site::open().await;
    let agent = site.login("agent", "agent").await;
    let mut live = agent.connect().await;
    let cookie = agent.cookie.lock().unwrap().clone();
    let head = format!("GET /live HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\n\r\n");
    live.write_all(head.as_bytes()).await.unwrap();
    let mut buf = [0; 1024];
    let n = live.read(&mut buf).await.unwrap();
    let first: Answer = parse(&String::from_utf8_lossy(&buf[..n]));
    assert_eq!(first.status, 200);
    assert!(first.header("content-type").unwrap().starts_with("text/event-stream"));
    let began = Instant::now();
    site.stop.cancel();
    rest(&mut live).await;
    tokio::time::timeout(Duration::from_secs(5), site.serving).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}
