//! What must hold of every source that is polled over HTTP, written once: [`check_source`] puts each of them
//! before a server that misbehaves in every way that servers do. A connector brings its fixtures: its settings, a page with
//! some items, and what its platform's refusals mean. A kind that the settings know and nobody checks here or
//! names with the place where it is checked fails the last test.

mod alone;
mod answers;
mod dead;
mod fixtures;
mod heard;
mod logged;
mod of_reddit;
mod pictures;
mod stars;
mod threads;
mod uploads;

use crate::site::{Asked, FakeSite, Reply};
use crate::{Shelf, configured, http, outside};
use fixtures::{ELSEWHERE, all};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use webcared::clock::{Clock, ManualClock, SystemClock};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::config::SourceConfig;
use webcared::sources::{Outside, Source, SourceTrouble, TroubleState, build};

/// The time at which all of it happens.
pub(crate) const NOON: Timestamp = Timestamp(1_795_608_000_000);
/// The wait that limits ask for.
const WAIT: Span = Span::seconds(90);

/// What a connector brings along.
#[derive(Clone, Copy)]
pub(crate) struct Fixtures {
    /// The kind, as the settings name it.
    pub kind: &'static str,
    /// Its settings, for a server at an address.
    pub config: fn(&str) -> Value,
    /// Whether a request asks for the page that is read.
    pub is_page: fn(&Asked) -> bool,
    /// That page with these items; with more than we know of, and a row that is none, where that is asked for.
    pub page: fn(&Asked, &[i64], bool) -> String,
    /// What else it asks for, such as a log-in.
    pub around: fn(&Asked) -> Option<Reply>,
    /// What 401 and 403 mean.
    pub refused: fn(&TroubleState) -> bool,
    /// How its platform asks for fewer calls, beside the headers that all may use.
    pub limits: fn() -> Vec<Reply>,
    /// Whether it heeds those headers.
    pub heeds_headers: bool,
    /// Whether it gives up a server that never answers within the client's own limit.
    pub is_patient: bool,
    /// What must be told nowhere, and whether the platform wants it in the address all the same.
    pub secret: Option<(&'static str, bool)>,
}

/// Something that is done to a page on its way.
type Change = fn(String) -> Reply;

/// A server with a mood, and a connector in front of it.
struct Bench {
    fixtures: Fixtures,
    site: FakeSite,
    mood: Arc<Mutex<Mood>>,
    clock: Arc<ManualClock>,
}

#[derive(Clone, Debug, Default)]
struct Mood {
    items: Vec<i64>,
    more: bool,
    /// Answered in place of the page.
    instead: Option<Reply>,
    /// Done to the page.
    change: Option<Change>,
}

impl Bench {
    async fn start(fixtures: Fixtures) -> Self {
        let (site, mood) = (FakeSite::start().await, Arc::new(Mutex::new(Mood::default())));
        let inner = mood.clone();
        site.decide(move |asked| {
            if !(fixtures.is_page)(asked) {
                return (fixtures.around)(asked);
            }
            let mood = inner.lock().unwrap().clone();
            let page = || (fixtures.page)(asked, &mood.items, mood.more);
            Some(mood.instead.or_else(|| Some(mood.change?(page()))).unwrap_or_else(|| Reply::ok(page())))
        });
        Self { fixtures, site, mood, clock: ManualClock::at(NOON) }
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The connector as after a start, that has seen nothing.
    fn source(&self) -> Arc<dyn Source> {
        self.source_within(30)
    }

    /// The same, giving up an answer after so many seconds.
    fn source_within(&self, seconds: i64) -> Arc<dyn Source> {
        let (clock, vault) = (self.clock.clone(), Arc::new(Shelf::default()));
        let outside = Outside { http: http(seconds), clock, vault, ..outside() };
        build(&configured((self.fixtures.config)(&self.site.url)), &outside).unwrap().remove(0)
    }

    /// One look to its end: the identities that it brought.
    async fn look(
        &self,
        source: &dyn Source,
        cursor: &mut Option<String>,
    ) -> Result<BTreeSet<String>, SourceTrouble> {
        let poll = source.poll().unwrap();
        let stream = poll.streams().remove(0);
        let mut found = BTreeSet::new();
        for _ in 0..70 {
            let batch = poll.poll(&stream, cursor.as_deref()).await?;
            let posts = batch.items.iter().filter_map(|i| serde_json::from_slice::<Value>(&i.body).ok());
            found.extend(
                posts.filter_map(|p| Some(p["external_id"].as_str()?.to_owned())).filter(|i| !i.is_empty()),
            );
            *cursor = batch.cursor.or(cursor.take());
            if !batch.more {
                return Ok(found);
            }
        }
        panic!("{}: a look that comes to no end", self.fixtures.kind)
    }

    /// What a mood leads to at a first look; afterwards, and after the wait it asks for, nothing is lost.
    async fn trouble(&self, what: &str, instead: Option<Reply>, change: Option<Change>) -> SourceTrouble {
        let what = format!("{}, {what}", self.fixtures.kind);
        // Only who never answers is given up soon.
        let hangs = instead.as_ref().is_some_and(|reply| reply.hangs);
        let source = self.source_within(if hangs { 3 } else { 30 });
        let mut cursor = None;
        self.set(Mood { items: vec![1, 2], instead, change, ..Mood::default() });
        let looked = self.look(&*source, &mut cursor).await;
        let Err(trouble) = looked else { panic!("{what}: {looked:?}") };
        assert!(!trouble.why.is_empty(), "{what}: it says why");
        self.is_silent(&what, &format!("{trouble:?} {cursor:?}"));
        self.set(Mood { items: vec![1, 2], ..Mood::default() });
        self.clock.advance(trouble.retry_after.unwrap_or(Span::minutes(5)).max(Span::minutes(6)));
        let then = self.look(&*source, &mut cursor).await;
        assert_eq!(then.map(|ids| ids.len()), Ok(2), "{what}: what stood there comes later");
        self.clock.set(NOON);
        trouble
    }

    /// No secret stands where people or logs may see it.
    fn is_silent(&self, what: &str, shown: &str) {
        let Some((secret, in_address)) = self.fixtures.secret else { return };
        assert!(!shown.contains(secret), "{what}: {shown}");
        for asked in self.site.asked() {
            let address = format!("{}?{}", asked.path, asked.query);
            assert!(in_address || !address.contains(secret), "{what}: {address}");
        }
    }
}

/// Checks one connector against everything.
async fn check_source(fixtures: Fixtures) {
    let bench = Bench::start(fixtures).await;
    assert_eq!(bench.source().kind(), fixtures.kind);
    the_same_twice_is_one(&bench).await;
    limits_are_heeded(&bench).await;
    refusals_and_failures_are_told_apart(&bench).await;
    what_is_not_known_does_no_harm(&bench).await;
}

async fn the_same_twice_is_one(b: &Bench) {
    let kind = b.fixtures.kind;
    b.set(Mood { items: vec![1, 2], ..Mood::default() });
    let (source, mut cursor) = (b.source(), None);
    let first = b.look(&*source, &mut cursor).await.unwrap();
    assert_eq!(first.len(), 2, "{kind}: {first:?}");
    b.clock.advance(Span::minutes(1));
    let again = b.look(&*source, &mut cursor).await.unwrap();
    assert!(again.is_subset(&first), "{kind}: {again:?}");
    b.set(Mood { items: vec![1, 1, 2, 2], ..Mood::default() });
    assert_eq!(
        b.look(&*b.source(), &mut None).await.unwrap(),
        first,
        "{kind}: twice on a page, and after a start"
    );
    b.clock.set(NOON);
}

async fn limits_are_heeded(b: &Bench) {
    let kind = b.fixtures.kind;
    // Instants are measured against the answer's own date, which is the true one.
    let until = SystemClock::default().now().plus(WAIT);
    let shown = jiff::Timestamp::from_millisecond(until.millis()).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    let slow = |name: &'static str, value: String| Reply::status(429).with(name, value);
    let mut limits = (b.fixtures.limits)();
    if b.fixtures.heeds_headers {
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
    for limit in limits {
        let what = format!("429 {:?} {}", limit.headers, limit.body);
        let trouble = b.trouble(&what, Some(limit), None).await;
        assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{kind}, {what}: {trouble:?}");
        let wait = trouble.retry_after.unwrap();
        // An instant draws nearer while the others are tried, on a machine that is busy for long.
        assert!((Span::seconds(20)..=Span::seconds(95)).contains(&wait), "{kind}, {what}: {wait}");
    }
    // One that says nothing is left alone for a while all the same.
    let trouble = b.trouble("429 without a word", Some(Reply::status(429)), None).await;
    assert!(trouble.retry_after.is_some_and(|w| w >= Span::seconds(1)), "{kind}: {trouble:?}");
}

async fn refusals_and_failures_are_told_apart(b: &Bench) {
    let kind = b.fixtures.kind;
    let passes = |t: &SourceTrouble| matches!(t.state, TroubleState::Unreachable | TroubleState::Broken);
    for code in [401, 403] {
        let trouble = b.trouble(&code.to_string(), Some(Reply::status(code)), None).await;
        assert!((b.fixtures.refused)(&trouble.state), "{kind}, {code}: {trouble:?}");
    }
    for code in [500, 502, 503] {
        let trouble = b.trouble(&code.to_string(), Some(Reply::status(code)), None).await;
        assert_eq!(trouble.state, TroubleState::Unreachable, "{kind}, {code}: {trouble:?}");
    }
    let odd: [(&str, Change); 4] = [
        ("cut off", |page| Reply { cut: true, ..Reply::ok(page) }),
        ("half of it", |page| Reply::ok(page[..page.len() / 2].to_owned())),
        ("something else", |_| Reply::ok("<html>maintenance</html>")),
        ("larger than anybody reads", |page| Reply::ok(page + &" ".repeat(20 << 20))),
    ];
    for (what, change) in odd {
        let trouble = b.trouble(what, None, Some(change)).await;
        assert!(passes(&trouble), "{kind}, {what}: {trouble:?}");
    }
    if !b.fixtures.is_patient {
        let trouble = b.trouble("no answer", Some(Reply { hangs: true, ..Reply::ok("") }), None).await;
        assert_eq!(trouble.state, TroubleState::Unreachable, "{kind}: {trouble:?}");
    }
}

async fn what_is_not_known_does_no_harm(b: &Bench) {
    let kind = b.fixtures.kind;
    b.set(Mood { items: vec![1, 2], ..Mood::default() });
    let plain = b.look(&*b.source(), &mut None).await.unwrap();
    b.set(Mood { items: vec![1, 2], more: true, ..Mood::default() });
    let more = b.look(&*b.source(), &mut None).await.unwrap();
    assert_eq!(more, plain, "{kind}: fields that we do not know, and a row that is none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_source_that_is_polled_holds_what_all_must() {
    let running: Vec<_> =
        all().into_iter().map(|f| tokio::task::spawn_blocking(move || on_a_thread(f))).collect();
    for check in running {
        check.await.unwrap();
    }
}

/// Checks one connector with its server on a thread of their own, where all that is logged is kept.
fn on_a_thread(fixtures: Fixtures) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let secret = fixtures.secret.map(|(secret, _)| secret);
    runtime.block_on(logged::silent(fixtures.kind, secret, check_source(fixtures)));
}

/// The accounts that answer, each with the test that puts it before a server which misbehaves around the one request
/// that posts.
const ANSWERING: [(&str, &str, &str); 16] = [
    ("mastodon", "tests/sources/conformance/answers.rs", "mastodon_answers_as_all_must"),
    ("bluesky", "tests/sources/conformance/answers.rs", "bluesky_answers_as_all_must"),
    ("discourse", "tests/sources/conformance/answers.rs", "a_forum_answers_as_all_must"),
    ("youtube", "tests/sources/conformance/answers.rs", "a_channel_answers_as_all_must"),
    ("facebook", "tests/sources/conformance/answers.rs", "a_page_of_facebook_answers_as_all_must"),
    ("instagram", "tests/sources/conformance/answers.rs", "an_account_on_instagram_answers_as_all_must"),
    ("x", "tests/sources/conformance/answers.rs", "an_account_on_x_answers_as_all_must"),
    ("whatsapp", "tests/sources/conformance/answers.rs", "a_number_on_whatsapp_answers_as_all_must"),
    ("telegram", "tests/sources/conformance/answers.rs", "a_bot_answers_as_all_must"),
    ("threads", "tests/sources/conformance/threads.rs", "an_account_on_threads_answers_as_all_must"),
    ("reddit", "tests/sources/conformance/of_reddit.rs", "an_account_on_reddit_answers_as_all_must"),
    ("google_business", "tests/sources/conformance/stars.rs", "a_place_answers_as_all_must"),
    ("google_play", "tests/sources/conformance/stars.rs", "an_app_on_play_answers_as_all_must"),
    ("app_store", "tests/sources/conformance/stars.rs", "an_app_on_the_app_store_answers_as_all_must"),
    ("trustpilot", "tests/sources/conformance/stars.rs", "a_company_answers_as_all_must"),
    ("mail", "src/sources/mail/smtp_tests.rs", "a_word_of_the_server_says_what_holds"),
];

#[tokio::test]
async fn no_account_that_answers_is_left_out() {
    let answers = |f: &Fixtures| {
        let config = configured((f.config)("http://127.0.0.1:9"));
        let source = build(&config, &outside()).unwrap().remove(0);
        source.reply().is_some() || source.private().is_some()
    };
    // Two are not polled over HTTP, and what is polled of YouTube needs no account.
    let polled = all().into_iter().filter(answers).map(|f| f.kind);
    let found: BTreeSet<&str> = polled.chain(["mail", "whatsapp", "youtube"]).collect();
    let checked: BTreeSet<&str> = ANSWERING.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(found, checked);
    for (kind, place, test) in ANSWERING {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(test), "{kind} is said to be checked by {test} in {place}");
    }
}

#[test]
fn no_kind_of_source_is_left_out() {
    let checked: Vec<&str> =
        all().iter().map(|f| f.kind).chain(ELSEWHERE.iter().map(|(kind, _)| *kind)).collect();
    for kind in SourceConfig::KINDS {
        assert_eq!(
            checked.iter().filter(|k| **k == kind).count(),
            1,
            "{kind} is checked once, here or elsewhere"
        );
    }
    assert_eq!(checked.len(), SourceConfig::KINDS.len());
    for (kind, place) in ELSEWHERE {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
        assert!(path.is_file(), "{kind} is said to be checked in {place}");
    }
}
