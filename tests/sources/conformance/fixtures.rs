//! What each connector brings along to be checked.

use super::{Fixtures, NOON};
use crate::site::{Asked, Reply};
use serde_json::{Value, json};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::TroubleState;

/// Kinds that are not polled over HTTP, and where they are put before servers that misbehave.
pub(super) const ELSEWHERE: [(&str, &str); 4] = [
    ("jetstream", "tests/sources/conformance/heard.rs"),
    ("mail", "tests/sources/conformance/heard.rs"),
    ("webhook", "tests/sources/conformance/heard.rs"),
    ("whatsapp", "tests/sources/conformance/heard.rs"),
];

/// The connectors that are polled over HTTP.
pub(super) fn all() -> Vec<Fixtures> {
    vec![
        mastodon_tags(),
        bluesky_search(),
        mastodon(),
        bluesky(),
        telegram(),
        discourse(),
        x(),
        youtube(),
        super::of_reddit::polled(),
        super::stars::google_business(),
        super::stars::google_play(),
        super::stars::app_store(),
        super::stars::trustpilot(),
        facebook(),
        super::threads::polled(),
        instagram(),
        feed(),
        http(),
    ]
}

pub(super) fn at(n: i64) -> Timestamp {
    NOON.minus(Span::minutes(n))
}

fn nothing(_: &Asked) -> Option<Reply> {
    None
}

pub(super) fn no_more() -> Vec<Reply> {
    Vec::new()
}

pub(super) fn ok(value: &Value) -> Reply {
    Reply::ok(value.to_string())
}

fn needs_token(state: &TroubleState) -> bool {
    *state == TroubleState::NeedsToken
}

/// Items as a list; with more than we know of, and a row that is none, where that is asked for.
pub(super) fn rows(items: &[i64], more: bool, item: impl Fn(i64) -> Value) -> Vec<Value> {
    let mut rows: Vec<Value> = items.iter().map(|n| item(*n)).collect();
    if more {
        for row in &mut rows {
            row["of_the_future"] = json!({"deep": [1, null, {"er": "x"}]});
        }
        rows.insert(1, json!(42));
    }
    rows
}

fn status(n: i64) -> Value {
    let id = 2_000 - n;
    json!({"id": id.to_string(), "created_at": at(n).rfc3339(), "uri": format!("https://remote.example/{id}"),
        "url": format!("https://remote.example/@mia/{id}"), "content": "<p>@acme help</p>", "visibility": "public",
        "account": {"id": "2", "acct": "mia@remote.example", "url": "https://remote.example/@mia"},
        "mentions": [{"id": "1", "acct": "acme", "url": "https://inst.example/@acme"}]})
}

fn mastodon_tags() -> Fixtures {
    Fixtures {
        kind: "mastodon_tags",
        config: |url| json!({"name": "x", "mastodon_tags": {"servers": [url], "tags": ["acme"]}}),
        is_page: |asked| asked.path == "/api/v1/timelines/tag/acme",
        page: |_, items, more| json!(rows(items, more, status)).to_string(),
        around: nothing,
        refused: needs_token,
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: None,
    }
}

fn mastodon() -> Fixtures {
    Fixtures {
        kind: "mastodon",
        config: |url| json!({"name": "x", "mastodon": {"server": url, "token": "s3cret-token"}}),
        is_page: |asked| asked.path == "/api/v1/notifications",
        page: |_, items, more| {
            let told = |n: i64| {
                json!({"id": (500 - n).to_string(), "type": "mention", "created_at": at(n).rfc3339(),
                    "status": status(n)})
            };
            json!(rows(items, more, told)).to_string()
        },
        around: |asked| match asked.path.as_str() {
            "/api/v1/accounts/verify_credentials" => {
                Some(ok(&json!({"id": "1", "acct": "acme", "url": "https://inst.example/@acme"})))
            }
            "/api/v2/instance" => Some(ok(&json!({"version": "4.6.0"}))),
            _ => None,
        },
        refused: needs_token,
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret-token", false)),
    }
}

fn post_view(n: i64) -> Value {
    json!({"uri": format!("at://did:plc:anna/app.bsky.feed.post/k{n}"), "cid": "c",
        "author": {"did": "did:plc:anna", "handle": "anna.example"},
        "record": {"$type": "app.bsky.feed.post", "text": "@brand.example acme", "createdAt": at(n).rfc3339()},
        "indexedAt": at(n).rfc3339()})
}

fn bluesky_search() -> Fixtures {
    Fixtures {
        kind: "bluesky_search",
        config: |url| json!({"name": "x", "bluesky_search": {"server": url}}),
        is_page: |asked| asked.path == "/xrpc/app.bsky.feed.searchPosts",
        page: |asked, items, more| {
            // A window further back is empty.
            let items = if asked.query.contains("until=") { &[] } else { items };
            json!({"posts": rows(items, more && !items.is_empty(), post_view), "new": {}}).to_string()
        },
        around: nothing,
        refused: |state| *state == TroubleState::NeedsAccount,
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: None,
    }
}

fn bluesky() -> Fixtures {
    Fixtures {
        kind: "bluesky",
        config: |url| {
            json!({"name": "x", "bluesky": {"server": url, "account": "brand.example",
                "app_password": "s3cret-app-password"}})
        },
        is_page: |asked| asked.path.ends_with("/app.bsky.notification.listNotifications"),
        page: |asked, items, more| {
            let items = if asked.query.contains("cursor=") { &[] } else { items };
            let told = |n: i64| {
                let mut view = post_view(n);
                (view["reason"], view["isRead"]) = (json!("mention"), json!(false));
                view
            };
            json!({"notifications": rows(items, more && !items.is_empty(), told), "new": 1}).to_string()
        },
        around: |asked| {
            let session = asked.path.ends_with("Session");
            let granted = json!({"accessJwt": "s3cret-access", "refreshJwt": "s3cret-refresh",
                "did": "did:plc:brand", "handle": "brand.example", "active": true});
            session.then(|| ok(&granted))
        },
        // The log-in went well a moment ago: a server that refuses what it has just given is at odds with itself.
        refused: |state| matches!(state, TroubleState::NeedsAccount | TroubleState::Broken),
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret", false)),
    }
}

fn telegram() -> Fixtures {
    Fixtures {
        kind: "telegram",
        config: |url| json!({"name": "x", "telegram": {"token": "42:SECRET-key_1", "api_url": url}}),
        is_page: |asked| asked.path.ends_with("/getUpdates"),
        page: |_, items, more| {
            let update = |n: i64| {
                json!({"update_id": 100 + n, "message": {"message_id": n, "date": at(n).millis() / 1000,
                    "chat": {"id": 77, "type": "private"}, "text": "help", "from": {"id": 77, "is_bot": false,
                    "first_name": "Ann"}}})
            };
            json!({"ok": true, "result": rows(items, more, update), "new": []}).to_string()
        },
        around: |asked| {
            let me = json!({"ok": true, "result": {"id": 42, "is_bot": true, "username": "acme_bot"}});
            asked.path.ends_with("/getMe").then(|| ok(&me))
        },
        refused: needs_token,
        limits: || {
            let body = json!({"ok": false, "error_code": 429, "parameters": {"retry_after": 90}});
            vec![Reply { status: 429, ..Reply::ok(body.to_string()) }]
        },
        heeds_headers: false,
        // It holds its calls for half a minute.
        is_patient: true,
        secret: Some(("SECRET-key", true)),
    }
}

fn youtube() -> Fixtures {
    Fixtures {
        kind: "youtube",
        config: |url| json!({"name": "x", "youtube": {"channel": "UCacme", "api_key": "s3cret-key", "api_url": url}}),
        is_page: |asked| asked.path == "/v3/commentThreads" && asked.query.contains("allThreads"),
        page: |_, items, more| {
            let thread = |n: i64| {
                let id = format!("Ugx{n}");
                json!({"id": id, "snippet": {"videoId": "dQ", "totalReplyCount": 0, "topLevelComment": {"id": id,
                    "snippet": {"authorDisplayName": "@mia", "authorChannelId": {"value": "UCmia"},
                        "textDisplay": "help", "publishedAt": at(n).rfc3339(), "updatedAt": at(n).rfc3339()}}}})
            };
            json!({"items": rows(items, more, thread), "new": {}}).to_string()
        },
        around: |asked| (asked.path == "/v3/commentThreads").then(|| ok(&json!({"items": []}))),
        refused: |state| matches!(state, TroubleState::NeedsToken | TroubleState::NeedsRight),
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret-key", false)),
    }
}

fn facebook() -> Fixtures {
    Fixtures {
        kind: "facebook",
        config: |url| {
            json!({"name": "x", "facebook": {"page": "77", "token": "s3cret-token", "app_secret": "s3cret-of-the-app",
                "verify_token": "word", "api_url": url}})
        },
        is_page: |asked| asked.path == "/v26.0/77/feed",
        page: |_, items, more| {
            let post = |n: i64| {
                json!({"id": format!("77_{}", 500 - n), "from": {"id": "5", "name": "Mia"}, "message": "help",
                    "created_time": at(n).rfc3339().replace('Z', "+0000")})
            };
            json!({"data": rows(items, more, post), "paging": {}}).to_string()
        },
        around: nothing,
        refused: |state| matches!(state, TroubleState::NeedsToken | TroubleState::NeedsRight),
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret", false)),
    }
}

fn instagram() -> Fixtures {
    Fixtures {
        kind: "instagram",
        config: |url| {
            json!({"name": "x", "instagram": {"account": "77", "username": "acme", "token": "s3cret-token",
                "app_secret": "s3cret-of-the-app", "verify_token": "word", "api_url": url}})
        },
        is_page: |asked| asked.path == "/v26.0/77/media",
        page: |_, items, more| {
            let media = |n: i64| {
                json!({"id": (500 - n).to_string(), "username": "acme", "caption": "news",
                    "timestamp": at(n).rfc3339().replace('Z', "+0000")})
            };
            json!({"data": rows(items, more, media), "paging": {}}).to_string()
        },
        around: nothing,
        refused: |state| matches!(state, TroubleState::NeedsToken | TroubleState::NeedsRight),
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret", false)),
    }
}

fn discourse() -> Fixtures {
    Fixtures {
        kind: "discourse",
        config: |url| json!({"name": "x", "discourse": {"server": url, "account": "care", "api_key": "s3cret-key"}}),
        is_page: |asked| asked.path == "/posts.json",
        page: |_, items, more| {
            let post = |n: i64| {
                let id = 500 - n;
                json!({"id": id, "user_id": 3, "username": "bob", "created_at": at(n).rfc3339(),
                    "updated_at": at(n).rfc3339(), "raw": "my phone is dead", "cooked": "<p>my phone is dead</p>",
                    "post_number": 1, "post_type": 1, "topic_id": id, "topic_slug": "s", "topic_title": "T",
                    "category_id": 1, "version": 1, "staff": false})
            };
            json!({"latest_posts": rows(items, more, post), "new": 1}).to_string()
        },
        around: |asked| {
            let me = json!({"user": {"id": 900, "username": "care"}});
            (asked.path == "/u/care.json").then(|| ok(&me))
        },
        refused: needs_token,
        limits: || {
            let body = json!({"errors": ["slow down"], "extras": {"wait_seconds": 90}});
            vec![Reply { status: 429, ..Reply::ok(body.to_string()) }]
        },
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret-key", false)),
    }
}

fn x() -> Fixtures {
    Fixtures {
        kind: "x",
        config: |url| {
            json!({"name": "x", "x": {"account": "acme", "user_id": "1111", "api_url": url, "client_id": "app",
                "client_secret": "s3cret-of-the-app", "refresh_token": "s3cret-refresh-token", "search": false}})
        },
        is_page: |asked| asked.path == "/2/users/1111/mentions",
        page: |_, items, more| {
            let post = |n: i64| {
                let id = ((at(n).millis() - 1_288_834_974_657) << 22).to_string();
                json!({"id": id, "author_id": "2222", "text": "@acme help", "created_at": at(n).rfc3339(),
                    "edit_history_tweet_ids": [id], "conversation_id": id})
            };
            let users = json!([{"id": "2222", "username": "jan_x", "name": "Jan"}]);
            json!({"data": rows(items, more, post), "includes": {"users": users}, "meta": {"result_count": items.len()}})
                .to_string()
        },
        around: |asked| {
            let granted = json!({"access_token": "s3cret-access", "refresh_token": "s3cret-refresh",
                "expires_in": 7200, "scope": "tweet.read users.read tweet.write offline.access"});
            (asked.path == "/2/oauth2/token").then(|| ok(&granted))
        },
        refused: |state| matches!(state, TroubleState::NeedsToken | TroubleState::NeedsRight),
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret", false)),
    }
}

fn feed() -> Fixtures {
    Fixtures {
        kind: "feed",
        config: |url| json!({"name": "x", "feed": {"urls": [format!("{url}/feed.xml?key=s3cret")]}}),
        is_page: |asked| asked.path == "/feed.xml",
        page: |_, items, more| {
            let new = if more { "<new:thing xmlns:new=\"urn:new\"><a b=\"c\"/></new:thing>" } else { "" };
            let item = |n: &i64| {
                let when = jiff::Timestamp::from_millisecond(at(*n).millis())
                    .unwrap()
                    .to_zoned(jiff::tz::TimeZone::UTC);
                let when = when.strftime("%a, %d %b %Y %H:%M:%S GMT");
                format!(
                    "<item><guid isPermaLink=\"false\">{n}</guid><title>acme</title><link>/{n}</link><pubDate>{when}</pubDate>{new}</item>"
                )
            };
            let items: String = items.iter().map(item).collect();
            format!(
                "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title><link>https://w.example/</link>{new}{items}</channel></rss>"
            )
        },
        around: nothing,
        // Nobody can give a feed an account: the address is wrong.
        refused: |state| *state == TroubleState::Broken,
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret", true)),
    }
}

fn http() -> Fixtures {
    Fixtures {
        kind: "http",
        config: |url| {
            json!({"name": "x", "http": {"url": format!("{url}/api/items"),
                "headers": [{"name": "X-Api-Key", "value": "s3cret-key"}], "list": "/data",
                "fields": {"id": "/id", "author_name": "/who/name", "text": "/text", "created_at": "/at"}}})
        },
        is_page: |asked| asked.path == "/api/items",
        page: |_, items, more| {
            let item =
                |n: i64| json!({"id": n, "who": {"name": "Jan"}, "text": "acme", "at": at(n).rfc3339()});
            json!({"data": rows(items, more, item), "new": {}}).to_string()
        },
        around: nothing,
        refused: needs_token,
        limits: no_more,
        heeds_headers: true,
        is_patient: false,
        secret: Some(("s3cret-key", false)),
    }
}
