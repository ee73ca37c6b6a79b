//! What must hold of every account that answers, written once: [`check_account`] puts each of them before a server
//! that misbehaves around the one request that posts. A connector brings its fixtures: its settings, what is asked
//! around that request, and what its success looks like.

use super::logged::silent;
use crate::site::{Asked, FakeSite, Reply};
use crate::{Shelf, configured, http, outside};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use webcared::clock::{Clock, ManualClock, SystemClock};
use webcared::domain::delivery::Outcome;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::reply::{Outgoing, PostRef};
use webcared::sources::{Outside, Source, build};

/// The wait that limits ask for.
const WAIT: Span = Span::seconds(90);
pub(super) const TEXT: &str = "It is on its way, Mia ^Jan";

/// What a connector brings along.
#[derive(Clone, Copy)]
pub(super) struct Fixtures {
    pub(super) kind: &'static str,
    pub(super) config: fn(&str) -> Value,
    /// What is answered.
    pub(super) to: fn() -> PostRef,
    /// Whether a request is the one that posts.
    pub(super) is_post: fn(&Asked) -> bool,
    /// How the platform says that it was posted.
    pub(super) success: fn(&Outgoing) -> Value,
    /// What is asked beside it.
    pub(super) around: fn(&Asked) -> Option<Reply>,
    /// How the platform asks for fewer calls, beside the headers that all may use.
    pub(super) limits: fn() -> Vec<Reply>,
    /// Whether it heeds those headers.
    pub(super) heeds_headers: bool,
    /// By which header or key in the body a second attempt is known for the first; none where there is none.
    pub(super) key: Option<fn(&Asked) -> Option<String>>,
    /// What must be told nowhere; whether the platform wants it in the address all the same.
    pub(super) secret: (&'static str, bool),
}

struct Bench {
    fixtures: Fixtures,
    site: FakeSite,
    clock: Arc<ManualClock>,
    /// What the posting request gets.
    mood: Arc<Mutex<Option<Reply>>>,
    going: Outgoing,
    /// Every request so far.
    seen: Mutex<Vec<Asked>>,
}

impl Bench {
    async fn start(fixtures: Fixtures) -> Self {
        let (site, mood) = (FakeSite::start().await, Arc::new(Mutex::new(None)));
        let clock = ManualClock::at(SystemClock::default().now());
        let mut bench = Self { fixtures, site, clock, mood, going: empty(fixtures), seen: Mutex::default() };
        let made_at = bench.clock.now();
        bench.going.made_at = made_at;
        bench.going.key = bench.source().reply().unwrap().new_key(made_at, 7);
        let (inner, success) = (bench.mood.clone(), (fixtures.success)(&bench.going));
        bench.site.decide(move |asked| {
            if !(fixtures.is_post)(asked) {
                return (fixtures.around)(asked);
            }
            Some(inner.lock().unwrap().clone().unwrap_or_else(|| Reply::ok(success.to_string())))
        });
        bench
    }

    fn source(&self) -> Arc<dyn Source> {
        let (clock, vault) = (self.clock.clone(), Arc::new(Shelf::default()));
        let outside = Outside { http: http(3), clock, vault, ..outside() };
        build(&configured((self.fixtures.config)(&self.site.url)), &outside).unwrap().remove(0)
    }

    /// One attempt by a process that knows of no other.
    async fn send(&self, mood: Option<Reply>) -> Outcome {
        *self.mood.lock().unwrap() = mood;
        self.source().reply().unwrap().send(&self.going).await
    }

    /// The requests that post since this was last asked; all are looked at for the secret.
    fn posts(&self) -> Vec<Asked> {
        let asked = self.site.asked();
        self.seen.lock().unwrap().extend(asked.iter().cloned());
        asked.into_iter().filter(|a| (self.fixtures.is_post)(a)).collect()
    }
}

pub(super) fn empty(fixtures: Fixtures) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: String::new(),
        to: (fixtures.to)(),
        text: TEXT.into(),
        visibility: "public".into(),
        language: "en".into(),
        made_at: Timestamp(0),
        first_sent_at: None,
        case_number: None,
        files: Vec::new(),
    }
}

/// Checks one account against everything.
async fn check_account(fixtures: Fixtures) {
    let b = Bench::start(fixtures).await;
    let kind = fixtures.kind;
    let mut shown = String::new();
    // The same answer twice is the same request, with the key by which the platform knows it again.
    for _ in 0..2 {
        let outcome = b.send(None).await;
        assert!(matches!(outcome, Outcome::Done { .. }), "{kind}: {outcome:?}");
    }
    let posts = b.posts();
    assert_eq!(posts.len(), 2, "{kind}: once an attempt");
    assert_eq!(posts[0].body, posts[1].body, "{kind}: the same words");
    if let Some(key) = fixtures.key {
        assert!(key(&posts[0]).is_some() && key(&posts[0]) == key(&posts[1]), "{kind}: the same key");
    }
    for limit in limits(fixtures) {
        let what = format!("{kind}, 429 {:?} {}", limit.headers, limit.body);
        let outcome = b.send(Some(limit)).await;
        let Outcome::Retry { after: Some(wait), .. } = &outcome else { panic!("{what}: {outcome:?}") };
        assert!((Span::seconds(80)..=Span::seconds(95)).contains(wait), "{what}: {wait}");
        write!(shown, "{outcome:?}").unwrap();
    }
    let silent = b.send(Some(Reply::status(429))).await;
    assert!(matches!(silent, Outcome::Retry { .. }), "{kind}: {silent:?}");
    for code in [401, 403] {
        let outcome = b.send(Some(Reply::status(code))).await;
        let certain = matches!(outcome, Outcome::Refused { .. } | Outcome::Retry { .. });
        assert!(certain, "{kind}, {code}: nothing was posted, and that is certain: {outcome:?}");
        write!(shown, "{outcome:?}").unwrap();
    }
    let body = (fixtures.success)(&b.going).to_string();
    let odd = [
        ("500 after it was taken", Reply::status(500)),
        ("502 after it was taken", Reply::status(502)),
        ("cut off", Reply { cut: true, ..Reply::ok(body.clone()) }),
        ("half of it", Reply::ok(body[..body.len() / 2].to_owned())),
        ("something else", Reply::ok("<html>maintenance</html>")),
        ("larger than anybody reads", Reply::ok(body.clone() + &" ".repeat(20 << 20))),
        ("no answer", Reply { hangs: true, ..Reply::ok("") }),
    ];
    for (what, reply) in odd {
        b.posts();
        let outcome = b.send(Some(reply)).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{kind}, {what}: {outcome:?}");
        assert_eq!(b.posts().len(), 1, "{kind}, {what}: posted once and never by itself again");
        write!(shown, "{outcome:?}").unwrap();
    }
    let (secret, in_address) = fixtures.secret;
    assert!(!shown.contains(secret), "{kind}: {shown}");
    b.posts();
    for asked in b.seen.lock().unwrap().iter() {
        let address = format!("{}?{}", asked.path, asked.query);
        assert!(in_address || !address.contains(secret), "{kind}: {address}");
    }
}

fn limits(fixtures: Fixtures) -> Vec<Reply> {
    let until = SystemClock::default().now().plus(WAIT);
    let shown = jiff::Timestamp::from_millisecond(until.millis()).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    let slow = |name: &'static str, value: String| Reply::status(429).with(name, value);
    let mut limits = (fixtures.limits)();
    if fixtures.heeds_headers {
        limits.extend([
            slow("retry-after", "90".into()),
            slow("retry-after", shown.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
            slow("x-ratelimit-reset", until.rfc3339()),
            slow("x-ratelimit-reset", (until.millis() / 1000).to_string()),
            slow("x-ratelimit-reset", "90".into()),
            slow("ratelimit-reset", (until.millis() / 1000).to_string()),
            slow("ratelimit-reset", "90".into()),
        ]);
    }
    limits
}

pub(super) fn ok(value: &Value) -> Reply {
    Reply::ok(value.to_string())
}

pub(super) fn no_more() -> Vec<Reply> {
    Vec::new()
}

pub(super) fn mastodon() -> Fixtures {
    fn status(id: &str, text: &str) -> Value {
        json!({"id": id, "uri": format!("https://inst.example/s/{id}"), "created_at": "2026-11-24T09:00:00Z",
            "content": text, "visibility": "public", "account": {"id": "2", "acct": "mia@remote.example"}})
    }
    Fixtures {
        kind: "mastodon",
        config: |url| json!({"name": "x", "mastodon": {"server": url, "token": "s3cret-token"}}),
        to: || PostRef {
            external_id: "https://inst.example/s/5".into(),
            local_id: Some("5".into()),
            visibility: "public".into(),
            ..PostRef::default()
        },
        is_post: |asked| asked.method == "POST" && asked.path == "/api/v1/statuses",
        success: |_| status("9", TEXT),
        around: |asked| match asked.path.as_str() {
            "/api/v1/accounts/verify_credentials" => Some(ok(&json!({"id": "1", "acct": "acme"}))),
            "/api/v2/instance" => Some(ok(&json!({"version": "4.4.0"}))),
            "/api/v1/statuses/5" => Some(ok(&status("5", "where is it"))),
            _ => None,
        },
        limits: no_more,
        heeds_headers: true,
        key: Some(|asked| asked.header("idempotency-key").map(str::to_owned)),
        secret: ("s3cret", false),
    }
}

pub(super) fn bluesky() -> Fixtures {
    const URI: &str = "at://did:plc:mia/app.bsky.feed.post/3kabcdefghi22";
    Fixtures {
        kind: "bluesky",
        config: |url| {
            json!({"name": "x", "bluesky": {"server": url, "account": "brand.example",
                "app_password": "s3cret-app-password"}})
        },
        to: || PostRef { external_id: URI.into(), visibility: "public".into(), ..PostRef::default() },
        is_post: |asked| asked.path.ends_with("/com.atproto.repo.putRecord"),
        success: |going| json!({"uri": format!("at://did:plc:brand/app.bsky.feed.post/{}", going.key), "cid": "c"}),
        around: |asked| {
            let granted = json!({"accessJwt": "s3cret-access", "refreshJwt": "s3cret-refresh",
                "did": "did:plc:brand", "handle": "brand.example", "active": true});
            let view = json!({"uri": URI, "cid": "bafy", "record": {"text": "where is it"},
                "author": {"did": "did:plc:mia", "handle": "mia.example"}});
            match asked.path.rsplit('/').next().unwrap() {
                "com.atproto.server.createSession" | "com.atproto.server.refreshSession" => {
                    Some(ok(&granted))
                }
                "app.bsky.feed.getPosts" => Some(ok(&json!({"posts": [view]}))),
                _ => None,
            }
        },
        limits: no_more,
        heeds_headers: true,
        key: Some(|asked| {
            let body: Value = serde_json::from_str(&asked.body).ok()?;
            body["rkey"].as_str().map(str::to_owned)
        }),
        secret: ("s3cret", false),
    }
}

pub(super) fn discourse() -> Fixtures {
    fn post(id: i64) -> Value {
        json!({"id": id, "user_id": 3, "username": "mia", "post_number": 1, "post_type": 1, "topic_id": 11,
            "created_at": "2026-11-24T09:00:00.000Z", "raw": "where is it"})
    }
    Fixtures {
        kind: "discourse",
        config: |url| {
            json!({"name": "x", "discourse": {"server": url, "account": "acme_care",
                "api_key": "s3cret-key-of-the-forum", "calls_per_minute": 1000}})
        },
        to: || PostRef { external_id: "5".into(), visibility: "public".into(), ..PostRef::default() },
        is_post: |asked| asked.method == "POST" && asked.path == "/posts.json",
        success: |_| post(9),
        around: |asked| (asked.path == "/posts/5.json").then(|| ok(&post(5))),
        limits: || {
            let body =
                json!({"errors": ["slow down"], "error_type": "rate_limit", "extras": {"wait_seconds": 90}});
            vec![Reply { status: 429, ..Reply::ok(body.to_string()) }]
        },
        heeds_headers: true,
        key: None,
        secret: ("s3cret", false),
    }
}

pub(super) fn youtube() -> Fixtures {
    Fixtures {
        kind: "youtube",
        config: |url| {
            json!({"name": "x", "youtube": {"channel": "UCacme", "client_id": "c", "client_secret": "s3cret-client",
                "refresh_token": "s3cret-refresh", "api_url": url, "token_url": format!("{url}/token")}})
        },
        to: || PostRef { external_id: "Ugx1".into(), visibility: "public".into(), ..PostRef::default() },
        is_post: |asked| asked.method == "POST" && asked.path == "/v3/comments",
        success: |_| {
            json!({"id": "Ugx1.9", "snippet": {"authorChannelId": {"value": "UCacme"}, "textDisplay": TEXT,
                "publishedAt": "2026-11-24T09:00:00Z"}})
        },
        around: |asked| match asked.path.as_str() {
            "/token" => Some(ok(&json!({"access_token": "s3cret-access", "expires_in": 3599}))),
            "/v3/comments" => Some(ok(&json!({"items": []}))),
            _ => None,
        },
        limits: no_more,
        heeds_headers: true,
        key: None,
        secret: ("s3cret", false),
    }
}

pub(super) fn facebook() -> Fixtures {
    Fixtures {
        kind: "facebook",
        config: |url| {
            json!({"name": "x", "facebook": {"page": "77", "token": "s3cret-token", "app_secret": "s3cret-of-the-app",
                "verify_token": "word", "api_url": url}})
        },
        to: || PostRef { external_id: "9_1".into(), visibility: "public".into(), ..PostRef::default() },
        is_post: |asked| asked.method == "POST" && asked.path == "/v26.0/9_1/comments",
        success: |_| json!({"id": "9_2"}),
        around: |_| None,
        limits: no_more,
        heeds_headers: true,
        key: None,
        secret: ("s3cret", false),
    }
}

pub(super) fn instagram() -> Fixtures {
    Fixtures {
        kind: "instagram",
        config: |url| {
            json!({"name": "x", "instagram": {"account": "77", "username": "acme", "token": "s3cret-token",
                "app_secret": "s3cret-of-the-app", "verify_token": "word", "api_url": url}})
        },
        to: || PostRef { external_id: "101".into(), visibility: "public".into(), ..PostRef::default() },
        is_post: |asked| asked.method == "POST" && asked.path == "/v26.0/101/replies",
        success: |_| json!({"id": "102"}),
        around: |_| None,
        limits: no_more,
        heeds_headers: true,
        key: None,
        secret: ("s3cret", false),
    }
}

pub(super) fn x() -> Fixtures {
    Fixtures {
        kind: "x",
        config: |url| {
            json!({"name": "x", "x": {"account": "acme", "user_id": "1111", "api_url": url, "client_id": "app",
                "client_secret": "s3cret-of-the-app", "refresh_token": "s3cret-refresh-token"}})
        },
        to: || PostRef {
            external_id: "2080765813578191303".into(),
            local_id: Some("2080765813578191303:s".into()),
            visibility: "public".into(),
            ..PostRef::default()
        },
        is_post: |asked| asked.method == "POST" && asked.path == "/2/tweets",
        success: |_| json!({"data": {"id": "2080765813578191999", "text": TEXT}}),
        around: |asked| {
            let granted = json!({"access_token": "s3cret-access", "refresh_token": "s3cret-refresh",
                "expires_in": 7200});
            (asked.path == "/2/oauth2/token").then(|| ok(&granted))
        },
        limits: no_more,
        heeds_headers: true,
        key: None,
        secret: ("s3cret", false),
    }
}

pub(super) fn whatsapp() -> Fixtures {
    use crate::whatsapp_site::{ANN, NUMBER, config};
    Fixtures {
        kind: "whatsapp",
        config,
        to: || PostRef {
            external_id: "wamid.IN".into(),
            authority: NUMBER.into(),
            author_id: ANN.into(),
            visibility: "direct".into(),
            ..PostRef::default()
        },
        is_post: |asked| asked.method == "POST" && asked.path.ends_with("/messages"),
        success: |_| json!({"messaging_product": "whatsapp", "messages": [{"id": "wamid.OUT1"}]}),
        around: |_| None,
        limits: no_more,
        heeds_headers: true,
        // It knows no second attempt, but tells this back with what became of each.
        key: Some(|asked| {
            let body: Value = serde_json::from_str(&asked.body).ok()?;
            body["biz_opaque_callback_data"].as_str().map(ToOwned::to_owned)
        }),
        secret: ("s3cret", false),
    }
}

pub(super) fn telegram() -> Fixtures {
    Fixtures {
        kind: "telegram",
        config: |url| json!({"name": "x", "telegram": {"token": "42:SECRET-key_1", "api_url": url}}),
        to: || PostRef { external_id: "77/5".into(), visibility: "direct".into(), ..PostRef::default() },
        is_post: |asked| asked.path.ends_with("/sendMessage"),
        success: |_| json!({"ok": true, "result": {"message_id": 6, "date": 1_795_608_000, "chat": {"id": 77}}}),
        around: |_| None,
        limits: || {
            let body = json!({"ok": false, "error_code": 429, "parameters": {"retry_after": 90}});
            vec![Reply { status: 429, ..Reply::ok(body.to_string()) }]
        },
        heeds_headers: false,
        key: None,
        secret: ("SECRET-key", true),
    }
}

/// Checks an account on one thread, with all that is logged there kept; no secret may be in it.
pub(super) async fn checked(fixtures: Fixtures) {
    silent(fixtures.kind, Some(fixtures.secret.0), check_account(fixtures)).await;
}

#[tokio::test]
async fn mastodon_answers_as_all_must() {
    checked(mastodon()).await;
}

#[tokio::test]
async fn bluesky_answers_as_all_must() {
    checked(bluesky()).await;
}

#[tokio::test]
async fn a_forum_answers_as_all_must() {
    checked(discourse()).await;
}

#[tokio::test]
async fn a_channel_answers_as_all_must() {
    checked(youtube()).await;
}

#[tokio::test]
async fn a_page_of_facebook_answers_as_all_must() {
    checked(facebook()).await;
}

#[tokio::test]
async fn an_account_on_instagram_answers_as_all_must() {
    checked(instagram()).await;
}

#[tokio::test]
async fn an_account_on_x_answers_as_all_must() {
    checked(x()).await;
}

#[tokio::test]
async fn a_number_on_whatsapp_answers_as_all_must() {
    checked(whatsapp()).await;
}

#[tokio::test]
async fn a_bot_answers_as_all_must() {
    checked(telegram()).await;
}
