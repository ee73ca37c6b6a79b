//! Deliveries in the dialects of the systems: only what is proved is heard, and what it says is looked up.

use super::desks::{HOOK, HOOK_BEFORE};
use super::*;
use axum::body::Bytes;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use webcared::domain::time::Timestamp;
use webcared::shutdown::Shutdown;
use webcared::web::{HookAnswer, Hooks};

fn body(kind: Kind, id: u64) -> Bytes {
    let name = kind.name(id);
    let value = match kind {
        Kind::Zendesk => json!({ "type": "zen:event-type:ticket.status_changed", "detail": { "id": name } }),
        Kind::Zammad => {
            json!({ "ticket": { "number": name, "state": "closed" }, "article": { "body": "x" } })
        }
        Kind::Freshdesk => json!({ "ticket": id }),
        _ => json!({ "webhookEvent": "jira:issue_updated", "issue": { "key": name } }),
    };
    value.to_string().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn signed(kind: Kind, secret: &str, at: Timestamp, body: &[u8]) -> HeaderMap {
    let tag = |algorithm, text: &[u8]| {
        hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), text).as_ref().to_vec()
    };
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: String| drop(headers.insert(name, value.parse().unwrap()));
    match kind {
        Kind::Zendesk => {
            let time = at.rfc3339();
            put(
                "x-zendesk-webhook-signature",
                STANDARD.encode(tag(hmac::HMAC_SHA256, &[time.as_bytes(), body].concat())),
            );
            put("x-zendesk-webhook-signature-timestamp", time);
        }
        Kind::Zammad => {
            put("x-hub-signature", format!("sha1={}", hex(&tag(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, body))))
        }
        Kind::Freshdesk => put("x-webcared-secret", secret.to_owned()),
        _ => put("x-hub-signature", format!("sha256={}", hex(&tag(hmac::HMAC_SHA256, body)))),
    }
    headers
}

#[test]
fn only_what_is_proved_makes_us_look_and_what_is_so_is_read() {
    with_kinds(Engine::Sqlite, &Kind::SIGNING, |desk| async move {
        let (kind, id) = (desk.kind, desk.office.made("Router dead", ""));
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        let shutdown = Shutdown::default();
        let hooks = desk.door(&shutdown);
        assert!(hooks.per_second_max("office").is_some());
        desk.house.clock.advance(Span::minutes(1));
        desk.office.with(id, |t| t.status = "resolved".into());
        let (now, sent) = (desk.house.clock_now(), body(kind, id));
        let take = |headers: HeaderMap, body: Bytes| {
            let hooks = &hooks;
            async move { hooks.take("office", &headers, body).await }
        };
        let forged = take(signed(kind, "some other secret", now, &sent), sent.clone()).await;
        assert!(matches!(forged, HookAnswer::BadSignature(_)), "{kind:?}: {forged:?}");
        let bare = take(HeaderMap::new(), sent.clone()).await;
        assert!(matches!(bare, HookAnswer::BadRequest(_)), "{kind:?}: {bare:?}");
        if kind != Kind::Freshdesk {
            let other = body(kind, id + 1);
            let moved = take(signed(kind, HOOK, now, &sent), other).await;
            assert!(matches!(moved, HookAnswer::BadSignature(_)), "{kind:?}: {moved:?}");
        }
        if kind == Kind::Zendesk {
            for off in [Span::minutes(6), Span::minutes(-6)] {
                let old = take(signed(kind, HOOK, now.minus(off), &sent), sent.clone()).await;
                assert!(matches!(old, HookAnswer::BadSignature(_)), "{old:?}");
            }
        }
        assert_eq!(desk.poller.run_asked().await.unwrap(), 0, "nothing of that was heard");
        assert!(desk.events("ticket_solved").await.is_empty());
        // The secret before this one counts while the other side changes over.
        for secret in [HOOK_BEFORE, HOOK] {
            let good = take(signed(kind, secret, now, &sent), sent.clone()).await;
            assert_eq!(good, HookAnswer::Accepted { n: 1 }, "{kind:?}");
        }
        assert!(desk.events("ticket_solved").await.is_empty(), "what was delivered is not believed");
        assert_eq!(desk.poller.run_asked().await.unwrap(), 1);
        assert_eq!(desk.events("ticket_solved").await.len(), 1);
        // Sent again it makes us look again, and changes nothing.
        let events = desk.house.events().await.len();
        let again = take(signed(kind, HOOK, now, &sent), sent.clone()).await;
        assert_eq!(again, HookAnswer::Accepted { n: 1 });
        desk.poller.run_asked().await.unwrap();
        assert_eq!(desk.house.events().await.len(), events);
        // What no case is tied to, and what names no ticket.
        let stranger = body(kind, id + 7);
        let passed = take(signed(kind, HOOK, now, &stranger), stranger.clone()).await;
        assert_eq!(passed, HookAnswer::Accepted { n: 0 });
        for odd in [&b"{}"[..], b"[]", b"not json", b"{\"ticket\":null,\"issue\":[],\"detail\":7}"] {
            let odd = Bytes::from(odd);
            let answered = take(signed(kind, HOOK, now, &odd), odd.clone()).await;
            assert!(matches!(answered, HookAnswer::BadRequest(_)), "{kind:?}: {answered:?}");
        }
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(5)).await);
    });
}

#[test]
fn without_a_secret_nothing_is_taken_from_outside() {
    on_each(|house| async move {
        for kind in Kind::SIGNING {
            let mut config = json!([{ "name": "office" }]);
            config[0][kind.code()] = kind.section("https://desk.example");
            config[0][kind.code()].as_object_mut().unwrap().remove("hook");
            let config = serde_json::from_value::<Vec<_>>(config).unwrap();
            let clock: Arc<dyn Clock> = house.clock.clone();
            let http = HttpClient::new(&Outbound::default(), clock.clone()).unwrap();
            assert!(tickets::build(&config, &http, &clock).unwrap()[0].proof().is_none(), "{kind:?}");
        }
    });
}
