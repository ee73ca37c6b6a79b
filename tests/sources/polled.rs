//! Any JSON API by its mapping: pages, edits, what cannot be mapped, and what servers refuse.

use crate::site::{Asked, FakeSite, Reply};
use crate::{configured, outside};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use webcared::clock::ManualClock;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::{Batch, Outside, Source, SourceTrouble, TroubleState, build};

/// What a trouble has to be.
type Seen = fn(&TroubleState) -> bool;

const NOON: Timestamp = Timestamp(1_795_608_000_000);

fn item(id: i64, text: &str) -> Value {
    json!({"id": id, "who": {"name": "Jan"}, "text": text, "at": NOON.minus(Span::minutes(1_000 - id)).rfc3339()})
}

fn config(site: &FakeSite) -> Value {
    json!({"name": "inhouse", "http": {
        "url": format!("{}/api/items?kind=all", site.url),
        "headers": [{"name": "X-Api-Key", "value": "s3cret-key"}],
        "list": "/data",
        "fields": {"id": "/id", "author_name": "/who/name", "text": "/text", "created_at": "/at"},
    }})
}

struct Reading {
    source: Arc<dyn Source>,
    clock: Arc<ManualClock>,
    cursor: Option<String>,
}

impl Reading {
    fn of(config: Value) -> Self {
        let clock = ManualClock::at(NOON);
        let outside = Outside { clock: clock.clone(), ..outside() };
        Self { source: build(&configured(config), &outside).unwrap().remove(0), clock, cursor: None }
    }

    async fn poll(&mut self) -> Result<Batch, SourceTrouble> {
        self.clock.advance(Span::minutes(1));
        let batch = self.source.poll().unwrap().poll("", self.cursor.as_deref()).await?;
        self.cursor = batch.cursor.clone().or(self.cursor.take());
        Ok(batch)
    }

    /// One look to its end: the ids that it brought.
    async fn look(&mut self) -> Vec<String> {
        let mut ids = Vec::new();
        loop {
            let batch = self.poll().await.unwrap();
            ids.extend(posts(&batch).iter().map(|p| p["external_id"].as_str().unwrap().to_owned()));
            if !batch.more {
                return ids;
            }
        }
    }
}

fn posts(batch: &Batch) -> Vec<Value> {
    batch.items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
}

fn query(asked: &Asked, name: &str) -> Option<String> {
    asked.query.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).map(str::to_owned)
}

/// A list, newest first, five on a page, by a word for the next page.
fn paged(site: &FakeSite) -> Arc<Mutex<Vec<Value>>> {
    let list: Arc<Mutex<Vec<Value>>> = Arc::default();
    let shown = list.clone();
    site.decide(move |asked| {
        let list = shown.lock().unwrap();
        let from = match query(asked, "after").as_deref() {
            Some("gone") => return Some(Reply::status(410)),
            Some(word) => word.trim_start_matches('p').parse().unwrap(),
            None => 0_usize,
        };
        let newest: Vec<&Value> = list.iter().rev().skip(from).take(5).collect();
        let next = (list.len() > from + 5).then(|| format!("p{}", from + 5));
        Some(Reply::ok(json!({"data": newest, "meta": {"next": next}}).to_string()))
    });
    list
}

fn with_pages(site: &FakeSite) -> Value {
    let mut config = config(site);
    config["http"]["paging"] = json!({"cursor": "/meta/next", "parameter": "after", "pages_max": 4});
    config
}

#[tokio::test]
async fn a_list_is_read_page_by_page_until_what_is_known() {
    let site = FakeSite::start().await;
    let list = paged(&site);
    list.lock().unwrap().extend((0..50).map(|n| item(n, "acme")));
    let mut r = Reading::of(with_pages(&site));
    assert_eq!(r.look().await, ["45", "46", "47", "48", "49"], "the first look reads one page, oldest first");
    let asked = site.asked();
    assert_eq!(asked[0].header("x-api-key"), Some("s3cret-key"));
    assert_eq!(query(&asked[0], "kind").as_deref(), Some("all"));
    list.lock().unwrap().extend((50..62).map(|n| item(n, "acme")));
    let mut found: Vec<i64> = r.look().await.iter().map(|id| id.parse().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, (50..62).collect::<Vec<i64>>());
    assert_eq!(site.asked().len(), 3, "the third page ends with what was known");
    assert!(r.look().await.is_empty());
    assert_eq!(site.asked().len(), 1, "a page of what is known ends the look");
    assert_eq!(r.source.take_calls().iter().map(|(_, n)| n).sum::<i64>(), 5);
}

#[tokio::test]
async fn a_look_that_was_not_enough_is_shown_and_made_up_for() {
    let site = FakeSite::start().await;
    let list = paged(&site);
    list.lock().unwrap().extend((0..5).map(|n| item(n, "acme")));
    let mut r = Reading::of(with_pages(&site));
    assert_eq!(r.look().await.len(), 5);
    list.lock().unwrap().extend((5..40).map(|n| item(n, "acme")));
    assert_eq!(r.look().await.len(), 20, "four pages");
    assert!(r.source.poll().unwrap().aside("").note.unwrap().contains("4 pages"));
    site.asked();
    r.look().await;
    assert!(site.asked().len() == 4, "known pages do not end the look behind which something was missed");
}

#[tokio::test]
async fn a_stop_in_the_middle_goes_on_there_and_a_word_that_lapsed_begins_anew() {
    let site = FakeSite::start().await;
    let list = paged(&site);
    list.lock().unwrap().extend((0..5).map(|n| item(n, "acme")));
    let mut r = Reading::of(with_pages(&site));
    r.look().await;
    list.lock().unwrap().extend((5..17).map(|n| item(n, "acme")));
    assert!(r.poll().await.unwrap().more);
    let lapsed = r.cursor.clone().unwrap().replace("\"p5\"", "\"gone\"");
    let mut anew = Reading::of(with_pages(&site));
    anew.cursor = Some(lapsed);
    let rest: Vec<String> = anew.look().await;
    assert_eq!(rest.len(), 7, "a page that is known is passed over: {rest:?}");
    let goes_on = r.look().await;
    assert_eq!(goes_on.len(), 7);
}

#[tokio::test]
async fn an_edit_is_seen_and_what_cannot_be_mapped_is_put_aside_once() {
    let site = FakeSite::start().await;
    let body =
        |text: &str| json!({"data": [item(900, text), {"id": 1, "text": 5, "new": {"field": []}}, "x"]});
    site.serve("/api/items", Reply::ok(body("acme one").to_string()));
    let mut r = Reading::of(config(&site));
    let first = r.poll().await.unwrap();
    let seen = posts(&first);
    assert_eq!(seen.len(), 3);
    let why: Vec<&str> = seen.iter().filter_map(|p| p["unmapped"].as_str()).collect();
    assert!(
        why.iter()
            .any(|w| w.contains("fields.text '/text': a number") && w.contains("fields.created_at '/at'")),
        "{why:?}"
    );
    let kept: Vec<&str> =
        seen.iter().filter(|p| p.get("unmapped").is_some()).map(|p| p["text"].as_str().unwrap()).collect();
    assert!(kept.contains(&r#"{"id":1,"text":5,"new":{"field":[]}}"#), "{kept:?}");
    assert!(posts(&r.poll().await.unwrap()).is_empty(), "neither the post nor the junk comes again");
    site.serve("/api/items", Reply::ok(body("acme two").to_string()));
    let edited = posts(&r.poll().await.unwrap()).remove(0);
    assert_eq!((edited["text"].as_str(), edited["external_id"].as_str()), (Some("acme two"), Some("900")));
    assert!(edited["edited_at"].is_string());
}

#[tokio::test]
async fn links_numbers_and_times_lead_on_as_well() {
    let site = FakeSite::start().await;
    site.decide(|asked| {
        let page: i64 = query(asked, "page").map_or(1, |p| p.parse().unwrap());
        let items = if page < 3 { vec![item(page, "acme")] } else { Vec::new() };
        let next = (page < 3).then(|| format!("/api/items?page={}", page + 1));
        Some(Reply::ok(json!({"data": items, "next": next}).to_string()))
    });
    for paging in
        [json!({"page": "page", "order": "oldest_first"}), json!({"next": "/next", "order": "oldest_first"})]
    {
        let mut config = config(&site);
        config["http"]["paging"] = paging.clone();
        let mut r = Reading::of(config);
        assert_eq!(r.look().await, ["1", "2"], "{paging}");
        site.asked();
        assert!(r.look().await.is_empty());
        assert!(
            site.asked().iter().all(|a| query(a, "page").as_deref() == Some("3")),
            "{paging}: it goes on where it ended"
        );
    }
    let mut config = config(&site);
    config["http"]["since"] = json!({"parameter": "from", "time": "epoch_ms", "overlap_seconds": 60});
    let mut r = Reading::of(config);
    r.look().await;
    site.asked();
    r.look().await;
    let newest = NOON.minus(Span::minutes(999)).minus(Span::minutes(1));
    assert_eq!(query(&site.asked()[0], "from"), Some(newest.millis().to_string()));
}

#[tokio::test]
async fn a_post_with_a_body_and_a_private_network_are_asked_only_where_allowed() {
    let site = FakeSite::start().await;
    site.serve("/api/items", Reply::ok(json!({"data": []}).to_string()));
    let mut asks = config(&site);
    asks["http"]["method"] = json!("POST");
    asks["http"]["body"] = json!("{\"q\":1}");
    Reading::of(asks).look().await;
    let asked = site.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.body.as_str()), ("POST", "{\"q\":1}"));

    let settings = webcared::http_client::Outbound::default();
    let http = webcared::http_client::HttpClient::new(&settings, ManualClock::at(NOON)).unwrap();
    let guarded = Outside { http, ..outside() };
    let mut wanted = config(&site);
    let source = build(&configured(wanted.clone()), &guarded).unwrap().remove(0);
    let trouble = source.poll().unwrap().poll("", None).await.unwrap_err();
    assert!(trouble.why.contains("loopback") && site.asked().is_empty(), "{trouble:?}");
    wanted["http"]["allow_private"] = json!(true);
    let source = build(&configured(wanted), &guarded).unwrap().remove(0);
    source.poll().unwrap().poll("", None).await.unwrap();
    assert_eq!(site.asked().len(), 1);
}

#[tokio::test]
async fn what_goes_wrong_is_named_and_no_secret_is_told() {
    let site = FakeSite::start().await;
    let mut r = Reading::of(config(&site));
    let full = json!({"data": [item(1, "acme")]}).to_string();
    let table: Vec<(Reply, Seen, &str)> = vec![
        (Reply::status(401), |s| *s == TroubleState::NeedsToken, "token"),
        (Reply::status(500), |s| *s == TroubleState::Unreachable, "500"),
        (
            Reply::status(302).with("location", "https://elsewhere.example/"),
            |s| *s == TroubleState::Broken,
            "302",
        ),
        (
            Reply::ok("{\"data\": {}}"),
            |s| *s == TroubleState::Broken,
            "list '/data': an object; wanted is a list",
        ),
        (Reply::ok("[]"), |s| *s == TroubleState::Broken, "list '/data': not there"),
        (Reply::ok(full[..full.len() - 5].to_owned()), |s| *s == TroubleState::Broken, "no whole JSON"),
        (Reply { cut: true, ..Reply::ok(full.clone()) }, |s| *s == TroubleState::Unreachable, ""),
        (Reply { hangs: true, ..Reply::ok("") }, |s| *s == TroubleState::Unreachable, ""),
        (Reply::ok(" ".repeat(5 << 20)), |s| *s == TroubleState::Broken, "larger than"),
    ];
    for (reply, expected, says) in table {
        let what = format!("{} {}", reply.status, reply.body.chars().take(40).collect::<String>());
        site.serve("/api/items", reply);
        let trouble = r.poll().await.unwrap_err();
        assert!(expected(&trouble.state) && trouble.why.contains(says), "{what}: {trouble:?}");
        assert!(!format!("{trouble:?}").contains("s3cret"), "{what}");
    }
    for (name, value, seconds) in
        [("retry-after", "90", 90), ("x-ratelimit-reset", "45", 45), ("ratelimit-reset", "30", 30)]
    {
        let mut r = Reading::of(config(&site));
        site.serve("/api/items", Reply::status(429).with(name, value));
        let trouble = r.poll().await.unwrap_err();
        assert_eq!(trouble.retry_after, Some(Span::seconds(seconds)), "{name}");
        site.asked();
        assert!(matches!(
            r.source.poll().unwrap().poll("", None).await.unwrap_err().state,
            TroubleState::RateLimited { .. }
        ));
        assert!(site.asked().is_empty(), "{name}: it is not asked again before that");
    }
    site.serve("/api/items", Reply::ok(full));
    assert_eq!(r.look().await, ["1"]);
}

#[tokio::test]
async fn our_own_limit_holds() {
    let site = FakeSite::start().await;
    site.serve("/api/items", Reply::ok(json!({"data": []}).to_string()));
    let mut few = config(&site);
    few["http"]["calls_per_minute"] = json!(2);
    let r = Reading::of(few);
    let poll = r.source.poll().unwrap();
    poll.poll("", None).await.unwrap();
    poll.poll("", None).await.unwrap();
    assert!(matches!(poll.poll("", None).await.unwrap_err().state, TroubleState::RateLimited { .. }));
    assert_eq!(site.asked().len(), 2);
}
