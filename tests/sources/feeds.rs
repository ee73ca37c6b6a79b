//! Feeds: what is new once, what changed as an edit, what drops off as nothing; and whatever servers say
//! about when to come again and where.

use crate::site::{FakeSite, Reply};
use crate::{Daemon, built, configured, eventually, fresh_on_each, outside};
use serde_json::{Value, json};
use std::sync::Arc;
use webcared::clock::ManualClock;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::{Batch, Source, SourceTrouble, TroubleState, build};

/// What a trouble has to be.
type Seen = fn(&TroubleState) -> bool;

const NOON: Timestamp = Timestamp(1_795_608_000_000);

fn config(site: &FakeSite) -> Value {
    json!({"name": "news", "feed": {"urls": [format!("{}/feed.xml?key=s3cret", site.url)], "every_seconds": 60}})
}

fn at(hours: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(NOON.plus(Span::hours(hours)).millis()).unwrap();
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn item(id: &str, title: &str, hours: i64) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title><link>/{id}</link><pubDate>{}</pubDate></item>",
        at(hours)
    )
}

fn rss(items: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Acme watch</title><link>https://w.example/</link>{}</channel></rss>",
        items.concat()
    )
}

/// A feed that is read by hand.
struct Reading {
    site: FakeSite,
    source: Arc<dyn Source>,
    clock: Arc<ManualClock>,
    cursor: Option<String>,
}

impl Reading {
    async fn start() -> Self {
        Self::of(FakeSite::start().await, |_| {})
    }

    fn of(site: FakeSite, change: impl FnOnce(&mut Value)) -> Self {
        let clock = ManualClock::at(NOON);
        let outside = webcared::sources::Outside { clock: clock.clone(), ..outside() };
        let mut config = config(&site);
        change(&mut config);
        let source = build(&configured(config), &outside).unwrap().remove(0);
        Self { site, source, clock, cursor: None }
    }

    fn stream(&self) -> String {
        self.source.poll().unwrap().streams().remove(0)
    }

    async fn poll(&mut self) -> Result<Batch, SourceTrouble> {
        self.clock.advance(Span::minutes(10));
        let batch = self.source.poll().unwrap().poll(&self.stream(), self.cursor.as_deref()).await?;
        self.cursor = batch.cursor.clone().or(self.cursor.take());
        Ok(batch)
    }

    async fn posts(&mut self) -> Vec<Value> {
        let batch = self.poll().await.unwrap();
        batch.items.iter().map(|i| serde_json::from_slice(&i.body).unwrap()).collect()
    }

    async fn ids(&mut self) -> Vec<String> {
        self.posts().await.iter().map(|p| p["external_id"].as_str().unwrap().to_owned()).collect()
    }

    fn note(&self) -> Option<String> {
        self.source.poll().unwrap().aside(&self.stream()).note
    }

    fn rest(&self) -> Span {
        self.source.poll().unwrap().aside(&self.stream()).rest
    }
}

#[tokio::test]
async fn an_old_feed_opens_no_hundred_cases_and_what_is_new_comes_once() {
    let mut r = Reading::start().await;
    let old: Vec<String> = (0..300).map(|n| item(&format!("old{n}"), "acme", -24 * (8 + n))).collect();
    let undated = "<item><guid>undated</guid><title>acme</title></item>".to_owned();
    let mut all = vec![item("b", "acme late", -1), item("a", "acme again", -30), undated.clone()];
    all.extend(old.clone());
    r.site.serve("/feed.xml", Reply::ok(rss(&all)));
    assert_eq!(r.ids().await, ["a", "b"], "of the last week, oldest first");
    assert!(r.ids().await.is_empty());

    let newer = "<item><guid>no-date</guid><title>acme?</title></item>".to_owned();
    let late = item("moderated", "acme from three weeks ago", -24 * 21);
    r.site.serve("/feed.xml", Reply::ok(rss(&[&[newer, late], &all[..]].concat())));
    let posts = r.posts().await;
    let ids: Vec<&str> = posts.iter().map(|p| p["external_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["moderated", "no-date"]);
    assert_eq!(posts[1]["created_at"], r.clock_now(), "first seen");
    // Some drop off, and come back.
    r.site.serve("/feed.xml", Reply::ok(rss(&all[..1])));
    assert!(r.ids().await.is_empty(), "what drops off is no deletion");
    r.site.serve("/feed.xml", Reply::ok(rss(&all)));
    assert!(r.ids().await.is_empty());
}

impl Reading {
    fn clock_now(&self) -> String {
        use webcared::clock::Clock;
        self.clock.now().rfc3339()
    }
}

#[tokio::test]
async fn a_change_is_an_edit_and_a_new_id_for_the_same_is_not_new() {
    let mut r = Reading::start().await;
    r.site.serve("/feed.xml", Reply::ok(rss(&[item("a", "acme one", -1)])));
    let first = r.posts().await.remove(0);
    assert!(first.get("edited_at").is_none());
    r.site.serve("/feed.xml", Reply::ok(rss(&[item("a", "acme two", -1)])));
    let second = r.posts().await.remove(0);
    assert_eq!(
        (&second["external_id"], &second["created_at"]),
        (&first["external_id"], &first["created_at"])
    );
    assert_eq!(second["edited_at"], r.clock_now());
    assert_eq!(second["text"], "acme two");
    assert!(r.ids().await.is_empty());
    let renamed = item("a", "acme two", -1).replace("\">a</guid>", "\">other</guid>");
    r.site.serve("/feed.xml", Reply::ok(rss(&[renamed])));
    assert!(r.ids().await.is_empty(), "the same link and words under another id");
}

#[tokio::test]
async fn what_the_server_knows_it_by_is_given_back_as_it_came() {
    let mut r = Reading::start().await;
    let odd = ("W/\"a b-gzip\"", "Thu, 26 Nov 2026 08:00:00 +0000 (sort of)");
    r.site.serve(
        "/feed.xml",
        Reply::ok(rss(&[item("a", "acme", -1)])).with("etag", odd.0).with("last-modified", odd.1),
    );
    assert_eq!(r.ids().await, ["a"]);
    let first = r.site.asked().remove(0);
    assert!(first.header("if-none-match").is_none() && first.query == "key=s3cret");
    r.site.serve("/feed.xml", Reply::status(304).with("cache-control", "max-age=7200"));
    let batch = r.poll().await.unwrap();
    assert!(batch.items.is_empty() && batch.cursor.is_none());
    let second = r.site.asked().remove(0);
    assert_eq!(
        (second.header("if-none-match"), second.header("if-modified-since")),
        (Some(odd.0), Some(odd.1))
    );
    assert_eq!(r.rest(), Span::hours(2), "it is left alone for as long as it asks");
    let ttl = rss(&[item("a", "acme", -1)]).replace("<link>https", "<ttl>90</ttl><link>https");
    r.site.serve("/feed.xml", Reply::ok(ttl));
    r.poll().await.unwrap();
    assert_eq!(r.rest(), Span::minutes(90));
    r.site.serve("/feed.xml", Reply::status(304));
    r.poll().await.unwrap();
    assert_eq!(r.rest(), Span::minutes(90), "the publisher's word holds for what is unchanged");
}

#[tokio::test]
async fn redirects_are_followed_and_a_lasting_one_is_shown() {
    let mut r = Reading::start().await;
    let other = FakeSite::start().await;
    other.serve("/new.xml", Reply::ok(rss(&[item("a", "acme", -1)])));
    let to = format!("{}/new.xml", other.url);
    r.site.serve("/feed.xml", Reply::status(302).with("location", to.clone()));
    assert_eq!(r.ids().await, ["a"]);
    assert_eq!(r.note(), None, "for now only");
    r.site.serve("/feed.xml", Reply::status(301).with("location", to));
    for _ in 0..3 {
        r.poll().await.unwrap();
        assert!(r.note().unwrap().contains("/new.xml"), "{:?}", r.note());
    }
    assert_eq!(r.site.asked().len(), 4);
    r.poll().await.unwrap();
    assert!(r.site.asked().is_empty(), "told three times it is believed");
    assert!(r.note().is_some(), "and still shown");
    other.serve("/new.xml", Reply::status(404));
    r.site.serve("/feed.xml", Reply::ok(rss(&[item("b", "acme back", -1)])));
    assert_eq!(r.ids().await, ["b"], "not there: where the settings say");
    assert_eq!(r.note(), None);
    for bad in ["file:///etc/passwd", "", "/feed.xml"] {
        r.site.serve("/feed.xml", Reply::status(301).with("location", bad));
        assert_eq!(r.poll().await.unwrap_err().state, TroubleState::Broken, "{bad}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_named_and_nothing_is_lost() {
    let mut r = Reading::of(FakeSite::start().await, |c| c["feed"]["bytes_max"] = json!(20_000));
    r.site.serve("/feed.xml", Reply::ok(rss(&[item("a", "acme", -1)])));
    assert_eq!(r.ids().await, ["a"]);
    let kept = r.cursor.clone();
    let body = rss(&[item("a", "acme", -1), item("b", "acme", 0)]);
    let slow = |name, value: &str| Reply::status(429).with(name, value);
    let table: Vec<(Reply, Seen, Option<Span>)> = vec![
        (Reply::status(410), |s| *s == TroubleState::Gone, Some(Span::days(1))),
        (slow("retry-after", "120"), is_limited, Some(Span::minutes(2))),
        (slow("ratelimit-reset", "30"), is_limited, Some(Span::seconds(30))),
        (slow("x-nothing", "1"), is_limited, Some(Span::minutes(5))),
        (Reply::status(503).with("retry-after", "60"), is_away, Some(Span::minutes(1))),
        (Reply::status(500), is_away, None),
        (Reply::status(401), is_broken, None),
        (Reply::status(403), is_broken, None),
        (Reply::status(404), is_broken, None),
        (Reply::ok("<html>maintenance</html>"), is_broken, None),
        (Reply::ok(body[..body.len() - 30].to_owned()), is_broken, None),
        (Reply { cut: true, ..Reply::ok(body.clone()) }, is_away, None),
        (Reply { hangs: true, ..Reply::ok("") }, is_away, None),
        (Reply::ok(format!("{body}{}", " ".repeat(30_000))), is_broken, None),
    ];
    for (reply, expected, wait) in table {
        let what = format!("{} {:?} {}", reply.status, reply.headers, reply.cut);
        r.site.serve("/feed.xml", reply);
        let trouble = r.poll().await.unwrap_err();
        assert!(expected(&trouble.state), "{what}: {trouble:?}");
        assert_eq!(trouble.retry_after, wait, "{what}");
        assert!(!trouble.why.contains("s3cret"), "{what}: {}", trouble.why);
        assert_eq!(r.cursor, kept);
    }
    r.site.serve("/feed.xml", Reply::ok(body));
    assert_eq!(r.ids().await, ["b"]);
}

fn is_limited(state: &TroubleState) -> bool {
    matches!(state, TroubleState::RateLimited { .. })
}

fn is_away(state: &TroubleState) -> bool {
    *state == TroubleState::Unreachable
}

fn is_broken(state: &TroubleState) -> bool {
    *state == TroubleState::Broken
}

#[tokio::test]
async fn an_address_of_this_network_is_not_called() {
    let site = FakeSite::start().await;
    site.serve("/feed.xml", Reply::ok(rss(&[item("a", "acme", -1)])));
    let clock: Arc<dyn webcared::clock::Clock> = ManualClock::at(NOON);
    let settings = webcared::http_client::Outbound::default();
    let http = webcared::http_client::HttpClient::new(&settings, clock).unwrap();
    let outside = webcared::sources::Outside { http, ..outside() };
    let source = build(&configured(config(&site)), &outside).unwrap().remove(0);
    let poll = source.poll().unwrap();
    let trouble = poll.poll(&poll.streams()[0], None).await.unwrap_err();
    assert!(trouble.why.contains("loopback"), "{trouble:?}");
    assert!(site.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_is_stored_over_a_restart_and_its_end_is_shown() {
    for fresh in fresh_on_each().await {
        let site = FakeSite::start().await;
        let now = webcared::clock::Clock::now(&webcared::clock::SystemClock::default());
        let now = jiff::Timestamp::from_millisecond(now.millis()).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let of = |id: &str| {
            format!("<item><guid>{id}</guid><title>acme {id}</title><pubDate>{date}</pubDate></item>")
        };
        site.serve("/feed.xml", Reply::ok(rss(&[of("a"), of("b")])));
        let mut fast = config(&site);
        fast["feed"]["every_seconds"] = json!(1);
        let daemon = Daemon::start(&fresh.place, fast.clone(), "first").await;
        eventually("two", async || daemon.identities().await.len() == 2).await;
        daemon.stop().await;
        site.serve("/feed.xml", Reply::ok(rss(&[of("c"), of("a"), of("b")])));
        let daemon = Daemon::start(&fresh.place, fast.clone(), "second").await;
        eventually("three", async || daemon.identities().await.len() == 3).await;
        assert_eq!(daemon.bodies().await.len(), 3, "nothing twice");
        site.serve("/feed.xml", Reply::status(410));
        let row = daemon.until_state("gone").await;
        assert!(
            row.state_why.contains("gone for good") && !row.state_why.contains("s3cret"),
            "{}",
            row.state_why
        );
        daemon.stop().await;
    }
}

#[tokio::test]
async fn two_feeds_are_two_streams_and_hide_their_queries() {
    let source =
        built(json!({"name": "f", "feed": {"urls": ["https://a.example/f?x=1", "https://a.example/f?x=2"]}}));
    let streams = source.poll().unwrap().streams();
    assert!(
        streams.len() == 2 && streams[0] != streams[1] && streams.iter().all(|s| !s.contains("x=")),
        "{streams:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_asks_for_fewer_calls_is_left_alone_with_all_its_feeds() {
    let site = FakeSite::start().await;
    let urls = [format!("{}/a.xml", site.url), format!("{}/b.xml", site.url)];
    let r = Reading::of(site, |c| c["feed"]["urls"] = json!(urls));
    r.site.serve("/a.xml", Reply::status(429).with("retry-after", "120"));
    r.site.serve("/b.xml", Reply::ok(rss(&[item("b", "acme", 0)])));
    let poll = r.source.poll().unwrap();
    let streams = poll.streams();
    let limited = |found: Result<Batch, SourceTrouble>| {
        let trouble = found.unwrap_err();
        assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{trouble:?}");
        trouble.retry_after.unwrap()
    };
    assert_eq!(limited(poll.poll(&streams[0], None).await), Span::minutes(2));
    assert_eq!(r.site.asked().len(), 1);
    assert_eq!(limited(poll.poll(&streams[1], None).await), Span::minutes(2), "the same host");
    assert!(r.site.asked().is_empty(), "it was not even asked");
    r.clock.advance(Span::minutes(3));
    assert_eq!(poll.poll(&streams[1], None).await.unwrap().items.len(), 1);
}
