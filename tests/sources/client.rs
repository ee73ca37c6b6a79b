//! The outbound client: limits, redirects, the guard, and what each failure says.

use crate::site::{FakeSite, Reply};
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use url::Url;
use webcared::clock::SystemClock;
use webcared::domain::time::{Span, Timestamp};
use webcared::http_client::{Bearer, Call, CallError, HttpClient, NotSent, Outbound};

async fn server() -> String {
    let app = Router::new()
        .route(
            "/agent",
            get(|headers: axum::http::HeaderMap| async move {
                headers["user-agent"].to_str().unwrap().to_owned()
            }),
        )
        .route("/big", get(|| async { vec![b'x'; 300_000] }))
        .route("/near", get(|| async { Redirect::temporary("/agent") }))
        .route("/circle", get(|| async { Redirect::temporary("/circle") }))
        .route("/far", get(|| async { Redirect::temporary("http://127.0.0.2:9/agent") }))
        .route(
            "/busy",
            get(|| async {
                (axum::http::StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "7")], "z".repeat(9_000))
            }),
        )
        .route("/slow", get(|| async { std::future::pending::<()>().await }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

fn client(allow_private_addresses: bool) -> HttpClient {
    let settings = Outbound {
        timeout_seconds: 5,
        allow_private_addresses,
        user_agent_contact: "care@example.org\r\nX: y".into(),
    };
    HttpClient::new(&settings, Arc::new(SystemClock::default())).unwrap()
}

async fn get_from(url: &str) -> Result<webcared::http_client::Answer, CallError> {
    client(true).send(Call::get(Url::parse(url).unwrap()).bytes_max(100_000).within(Span::seconds(2))).await
}

#[tokio::test]
async fn it_names_itself_and_follows_no_redirect_to_another_host() {
    let url = server().await;
    let answer = get_from(&format!("{url}/near")).await.unwrap();
    let agent = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(agent, format!("webcared/{} (+care@example.orgX: y)", env!("CARGO_PKG_VERSION")));
    for path in ["far", "circle"] {
        let error = get_from(&format!("{url}/{path}")).await.unwrap_err();
        assert!(matches!(error, CallError::Status { code: 307, .. }), "{path}: {error:?}");
    }
}

#[tokio::test]
async fn answers_are_limited() {
    let url = server().await;
    let error = get_from(&format!("{url}/big")).await.unwrap_err();
    assert_eq!(error, CallError::TooLarge { bytes_max: 100_000 });
    let CallError::Status { code: 503, hint, start } = get_from(&format!("{url}/busy")).await.unwrap_err()
    else {
        panic!("a status")
    };
    assert_eq!((hint.wait, start.len()), (Some(Span::seconds(7)), 2_048));
}

#[tokio::test]
async fn what_was_not_sent_is_told_from_what_may_have_been_done() {
    let not_sent = |error: CallError| match error {
        CallError::NotSent { cause, .. } => cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(not_sent(get_from("http://127.0.0.1:9/").await.unwrap_err()), NotSent::Connect);
    assert_eq!(not_sent(get_from("http://nobody.invalid/").await.unwrap_err()), NotSent::Dns);
    assert_eq!(not_sent(get_from("ftp://127.0.0.1/").await.unwrap_err()), NotSent::BadAddress);
    let url = server().await;
    assert_eq!(not_sent(get_from(&url.replace("http:", "https:")).await.unwrap_err()), NotSent::Tls);
    let slow = get_from(&format!("{url}/slow?token=secret")).await.unwrap_err();
    assert!(matches!(slow, CallError::Unknown { .. }), "{slow:?}");
    assert!(!format!("{slow:?}").contains("secret"));

    let rude = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = rude.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut tcp, _) = rude.accept().await.unwrap();
        let mut some = [0; 64];
        let _ = tcp.read(&mut some).await;
    });
    let cut = get_from(&format!("http://{address}/")).await.unwrap_err();
    assert!(matches!(cut, CallError::Unknown { .. }), "{cut:?}");
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_by_name_and_by_number() {
    let url = server().await;
    let port = Url::parse(&url).unwrap().port().unwrap();
    let strict = client(false);
    for host in ["127.0.0.1", "localhost", "127.1", "[::1]"] {
        let url = Url::parse(&format!("http://{host}:{port}/agent")).unwrap();
        let refused = strict.send(Call::get(url.clone())).await.unwrap_err();
        assert!(matches!(refused, CallError::NotSent { cause: NotSent::Refused, .. }), "{host}: {refused:?}");
        let refused = strict.connect(&url).await.unwrap_err();
        assert!(matches!(refused, CallError::NotSent { cause: NotSent::Refused, .. }), "{host}: {refused:?}");
    }
    assert!(client(true).connect(&Url::parse(&url).unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_token_is_held_until_shortly_before_its_end_or_until_it_is_forgotten() {
    let (site, http) = (FakeSite::start().await, client(true));
    let url = Url::parse(&format!("{}/token", site.url)).unwrap();
    let form = [("grant_type", "client_credentials"), ("client_secret", "s3cret&=é")];
    let bearer = Bearer::new(url, Span::seconds(3), &form);
    let tell = |body: &str| site.serve("/token", Reply::ok(body));
    let begun = Timestamp(1_800_000_000_000);
    let after = |seconds| begun.plus(Span::seconds(seconds));
    let token = async |now| bearer.token(&http, now).await.map(|t| t.to_str().unwrap().to_owned());
    tell(r#"{"access_token": "one", "expires_in": 600}"#);
    assert_eq!(token(begun).await.unwrap(), "Bearer one");
    let asked = site.asked();
    assert_eq!(asked[0].body, "grant_type=client_credentials&client_secret=s3cret%26%3D%C3%A9");
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    tell(r#"{"access_token": "two", "expires_in": "600"}"#);
    assert_eq!(token(after(539)).await.unwrap(), "Bearer one");
    assert!(site.asked().is_empty(), "it is held");
    assert_eq!(token(after(540)).await.unwrap(), "Bearer two");
    // Whose end was not told is held for twenty minutes, less one.
    tell(r#"{"access_token": "three"}"#);
    assert_eq!(token(after(540 + 539)).await.unwrap(), "Bearer two");
    assert_eq!(token(after(540 + 540)).await.unwrap(), "Bearer three");
    tell(r#"{"access_token": "four"}"#);
    assert_eq!(token(after(1_080 + 1_139)).await.unwrap(), "Bearer three");
    assert!(bearer.forget().await && !bearer.forget().await);
    assert_eq!(token(begun).await.unwrap(), "Bearer four");
    assert!(!format!("{bearer:?}").contains("s3cret"));
}

#[tokio::test]
async fn who_gets_no_token_is_refused_or_has_sent_nothing() {
    let (site, http) = (FakeSite::start().await, client(true));
    let url = Url::parse(&format!("{}/token", site.url)).unwrap();
    let bearer = Bearer::new(url, Span::seconds(3), &[("grant_type", "client_credentials")]);
    let refusals = [
        (Reply::status(400), 401),
        (Reply::status(403), 401),
        (Reply::ok(r#"{"access_token": ""}"#), 401),
        (Reply::status(429), 429),
    ];
    for (reply, wanted) in refusals {
        site.serve("/token", reply);
        let error = bearer.token(&http, Timestamp(0)).await.unwrap_err();
        assert!(matches!(error, CallError::Status { code, .. } if code == wanted), "{wanted}: {error:?}");
    }
    for reply in [Reply::status(503), Reply::ok("<html>")] {
        site.serve("/token", reply);
        let error = bearer.token(&http, Timestamp(0)).await.unwrap_err();
        assert!(matches!(error, CallError::NotSent { cause: NotSent::Connect, .. }), "{error:?}");
    }
}
