//! A channel of YouTube, before a fake with a ledger: what is read within the units of a day, how comments are
//! answered once, and what is done with log-ins, refusals and what its author takes back.

use crate::site::{Asked, FakeSite, Reply};
use crate::walk::House;
use crate::{Fresh, Shelf, configured, eventually, fresh_on_each, http, outside};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::casework::{Act, Actor, Answer};
use webcared::clock::ManualClock;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::ids::PersonId;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::reply::{Draft, Measure, Outgoing, PostRef};
use webcared::sources::{Outside, Source, Standing, TroubleState, build};
use webcared::store::answer;

const CHANNEL: &str = "UCacmeacmeacmeacmeacme00";
const NOON: Timestamp = Timestamp(1_795_608_000_000);

/// How the channel takes the next answer.
#[derive(Clone)]
enum Mood {
    Refuses(Reply),
    TakesAnd(Reply),
}

#[derive(Default)]
struct Ledger {
    /// Comments: id, channel, words, second of writing, second of change.
    comments: Vec<(String, String, String, Timestamp, Timestamp)>,
    answered: Vec<(String, String)>,
    measures: Vec<String>,
    moods: VecDeque<Mood>,
    /// The token that is taken at present, and how many were given out.
    token: String,
    tokens: usize,
    /// How many of a thread's replies are shown with it.
    shown: usize,
    page: usize,
    now: Timestamp,
    asked: Vec<String>,
}

struct FakeChannel {
    site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

fn refusal(code: u16, reason: &str) -> Reply {
    let body =
        json!({"error": {"code": code, "message": format!("no: {reason}"), "errors": [{"reason": reason}]}});
    Reply { status: code, ..Reply::ok(body.to_string()) }
}

impl FakeChannel {
    async fn start() -> Self {
        let site = FakeSite::start().await;
        let first = Ledger { shown: 5, page: 100, now: NOON, ..Ledger::default() };
        let ledger = Arc::new(Mutex::new(first));
        let kept = ledger.clone();
        site.decide(move |asked| Some(kept.lock().unwrap().answer(asked)));
        Self { site, ledger }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn config(&self) -> Value {
        json!({"name": "tube", "brand": "Acme", "youtube": {"channel": CHANNEL, "client_id": "c",
            "client_secret": "s3cret-client", "refresh_token": "s3cret-refresh", "every_seconds": 1,
            "units_per_day": 1_000_000, "api_url": self.site.url, "token_url": format!("{}/token", self.site.url)}})
    }

    fn source(&self, change: impl Fn(&mut Value), clock: &Arc<ManualClock>) -> Arc<dyn Source> {
        self.source_on(Arc::new(Shelf::default()), change, clock)
    }

    /// The channel as another process has it that keeps things on the same shelf.
    fn source_on(
        &self,
        vault: Arc<Shelf>,
        change: impl Fn(&mut Value),
        clock: &Arc<ManualClock>,
    ) -> Arc<dyn Source> {
        let mut config = self.config();
        change(&mut config["youtube"]);
        let clock = clock.clone();
        let outside = Outside { http: http(3), clock, vault, ..outside() };
        build(&configured(config), &outside).unwrap().remove(0)
    }

    fn comment(&self, id: &str, who: &str, text: &str, at: Timestamp) {
        self.ledger().comments.push((id.into(), who.into(), text.into(), at, at));
    }
}

impl Ledger {
    fn answer(&mut self, asked: &Asked) -> Reply {
        if asked.path == "/token" {
            if !asked.body.contains("refresh_token=s3cret-refresh") {
                return Reply { status: 400, ..Reply::ok(r#"{"error":"invalid_grant"}"#) };
            }
            self.tokens += 1;
            self.token = format!("token-{}", self.tokens);
            return Reply::ok(json!({"access_token": self.token, "expires_in": 3599}).to_string());
        }
        let by_key = asked.header("x-goog-api-key") == Some("s3cret-key");
        if !by_key && asked.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return refusal(401, "authError");
        }
        let query: std::collections::HashMap<String, String> =
            url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
        let of = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
        self.asked.push(format!("{} {}?{}", asked.method, asked.path, asked.query));
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/v3/channels") => {
                Reply::ok(json!({"items": [{"id": CHANNEL, "snippet": {"title": "Acme TV"}}]}).to_string())
            }
            ("GET", "/v3/commentThreads") => {
                let ids: Vec<&str> = of("id").split(',').filter(|id| !id.is_empty()).collect();
                let mut threads: Vec<_> = self.comments.iter().filter(|c| !c.0.contains('.')).collect();
                threads.sort_by_key(|c| std::cmp::Reverse(c.3));
                threads.retain(|c| ids.is_empty() || ids.contains(&c.0.as_str()));
                let page_size = if ids.is_empty() { self.page } else { ids.len() };
                let from: usize = of("pageToken").parse().unwrap_or(0);
                let page: Vec<Value> =
                    threads.iter().skip(from).take(page_size).map(|c| self.thread(c)).collect();
                let next = (from + page_size < threads.len()).then(|| (from + page_size).to_string());
                Reply::ok(json!({"items": page, "nextPageToken": next}).to_string())
            }
            ("GET", "/v3/comments") => {
                let ids: Vec<&str> = of("id").split(',').collect();
                let below = format!("{}.", of("parentId"));
                let meant = |id: &str| if below == "." { ids.contains(&id) } else { id.starts_with(&below) };
                let found: Vec<Value> = self.comments.iter().filter(|c| meant(&c.0)).map(shown).collect();
                Reply::ok(json!({"items": found}).to_string())
            }
            ("POST", "/v3/comments/setModerationStatus") => {
                self.measures.push(format!("{} {}", of("id"), of("moderationStatus")));
                Reply::status(204)
            }
            ("POST", "/v3/comments") => self.take(&asked.body),
            _ => Reply::status(404),
        }
    }

    fn take(&mut self, body: &str) -> Reply {
        let body: Value = serde_json::from_str(body).unwrap();
        let mood = self.moods.pop_front();
        if let Some(Mood::Refuses(reply)) = mood {
            return reply;
        }
        let thread = body["snippet"]["parentId"].as_str().unwrap().to_owned();
        let text = body["snippet"]["textOriginal"].as_str().unwrap().to_owned();
        if !self.comments.iter().any(|c| c.0 == thread) {
            return refusal(404, "parentCommentNotFound");
        }
        self.answered.push((thread.clone(), text.clone()));
        let id = format!("{thread}.r{}", self.answered.len());
        let comment = (id, CHANNEL.to_owned(), text, self.now, self.now);
        self.comments.push(comment.clone());
        match mood {
            Some(Mood::TakesAnd(reply)) => reply,
            _ => Reply::ok(shown(&comment).to_string()),
        }
    }

    fn thread(&self, first: &(String, String, String, Timestamp, Timestamp)) -> Value {
        let below = format!("{}.", first.0);
        let replies: Vec<Value> =
            self.comments.iter().filter(|c| c.0.starts_with(&below)).map(shown).collect();
        json!({"id": first.0, "snippet": {"channelId": CHANNEL, "videoId": "dQ", "canReply": true,
            "totalReplyCount": replies.len(), "topLevelComment": shown(first)},
            "replies": {"comments": replies.into_iter().take(self.shown).collect::<Vec<_>>()}})
    }
}

fn shown((id, who, text, at, changed): &(String, String, String, Timestamp, Timestamp)) -> Value {
    json!({"id": id, "snippet": {"authorDisplayName": format!("@{}", who.to_lowercase()),
        "authorChannelId": {"value": who}, "textDisplay": text, "textOriginal": text, "likeCount": 0,
        "publishedAt": at.rfc3339(), "updatedAt": changed.rfc3339()}})
}

/// Looks until nothing more waits.
async fn look(source: &dyn Source, cursor: &mut Option<String>) -> Vec<Value> {
    let mut found = Vec::new();
    loop {
        let batch = source.poll().unwrap().poll("", cursor.as_deref()).await.unwrap();
        found.extend(batch.items.iter().map(|i| serde_json::from_slice::<Value>(&i.body).unwrap()));
        *cursor = batch.cursor.or(cursor.take());
        if !batch.more {
            return found;
        }
    }
}

fn ids(found: &[Value]) -> Vec<&str> {
    found.iter().map(|p| p["external_id"].as_str().unwrap()).collect()
}

fn outgoing(to: &str, text: &str) -> Outgoing {
    Outgoing {
        action_id: "act_1".into(),
        key: "k".into(),
        to: PostRef { external_id: to.into(), url: Some("https://y/1".into()), ..PostRef::default() },
        text: text.into(),
        visibility: "public".into(),
        language: "en".into(),
        made_at: NOON,
        first_sent_at: None,
        case_number: None,
        files: Vec::new(),
    }
}

#[tokio::test]
async fn nothing_is_missed_whether_it_is_new_answers_something_old_or_was_changed() {
    let (fake, clock) = (FakeChannel::start().await, ManualClock::at(NOON));
    fake.ledger().page = 2;
    let source = fake.source(|_| (), &clock);
    for n in 0..3 {
        fake.comment(&format!("Ugx{n}"), "UCmia", "old", NOON.minus(Span::hours(9 - n)));
    }
    let mut cursor = None;
    assert_eq!(ids(&look(&*source, &mut cursor).await), ["Ugx1", "Ugx2"], "a first look reads one page");
    for n in 3..8 {
        fake.comment(&format!("Ugx{n}"), "UCmia", "new", NOON.minus(Span::minutes(9 - n)));
    }
    let mut found = look(&*source, &mut cursor).await;
    found.sort_by_key(|p| p["external_id"].as_str().unwrap().to_owned());
    assert_eq!(ids(&found), ["Ugx3", "Ugx4", "Ugx5", "Ugx6", "Ugx7"]);
    assert!(look(&*source, &mut cursor).await.is_empty(), "nothing comes twice");
    // Replies to what stands on no page any more; more of them than are shown with the thread.
    fake.ledger().shown = 1;
    for n in 0..3 {
        fake.comment(&format!("Ugx1.{n}"), "UCmia", "and?", NOON.minus(Span::seconds(30 - n)));
    }
    let found = look(&*source, &mut cursor).await;
    assert_eq!(ids(&found), ["Ugx1.0", "Ugx1.1", "Ugx1.2"]);
    assert!(found.iter().all(|p| p["in_reply_to"] == "Ugx1" && p["addressed"] != true));
    clock.advance(Span::minutes(5));
    {
        let mut ledger = fake.ledger();
        let comment = ledger.comments.iter_mut().find(|c| c.0 == "Ugx7").unwrap();
        (comment.2, comment.4) = ("new, and broken".into(), NOON.plus(Span::minutes(1)));
    }
    let found = look(&*source, &mut cursor).await;
    assert_eq!(ids(&found), ["Ugx7"]);
    assert_eq!(found[0]["edited_at"], NOON.plus(Span::minutes(1)).rfc3339());
    // A second reading shows all of it to whoever asks what is not known.
    struct All;
    #[async_trait::async_trait]
    impl webcared::sources::Unseen for All {
        async fn unseen(
            &self,
            posts: &[&webcared::domain::post::RawPost],
        ) -> Result<Vec<bool>, webcared::sources::SourceTrouble> {
            Ok(vec![true; posts.len()])
        }
    }
    let sweep = source.sweep().unwrap();
    let (mut page, mut swept) = (None, 0);
    loop {
        let read = sweep.page("", NOON.minus(Span::hours(1)), page.as_deref(), &All).await.unwrap();
        swept += read.items.len();
        page = read.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!(swept, 6, "the five of the last hour, and a reply that stands with its thread");
}

#[tokio::test]
async fn a_reply_that_takes_the_place_of_one_that_went_is_seen() {
    let (fake, clock) = (FakeChannel::start().await, ManualClock::at(NOON));
    fake.ledger().page = 1;
    fake.ledger().shown = 5;
    let source = fake.source(|_| (), &clock);
    let old = NOON.minus(Span::days(5));
    for id in ["Ugx0", "Ugx0.1", "Ugx0.2"] {
        fake.comment(id, "UCmia", "old", old);
    }
    let mut cursor = None;
    assert_eq!(look(&*source, &mut cursor).await.len(), 3);
    fake.comment("Ugx9", "UCjan", "new", NOON.minus(Span::minutes(1)));
    assert_eq!(ids(&look(&*source, &mut cursor).await), ["Ugx9"]);
    // The thread stands on no page that is read, and has as many replies as before.
    fake.ledger().comments.retain(|c| c.0 != "Ugx0.1");
    fake.comment("Ugx0.3", "UCmia", "and now?", NOON.minus(Span::seconds(1)));
    assert_eq!(ids(&look(&*source, &mut cursor).await), ["Ugx0.3"]);
    assert!(look(&*source, &mut cursor).await.is_empty(), "once");
}

#[tokio::test]
async fn replies_of_an_old_thread_are_read_once_and_not_with_each_look() {
    let (fake, clock) = (FakeChannel::start().await, ManualClock::at(NOON));
    fake.ledger().shown = 1;
    let source = fake.source(|_| (), &clock);
    let old = NOON.minus(Span::days(60));
    fake.comment("Ugx1", "UCmia", "old", old);
    for n in 0..3 {
        fake.comment(&format!("Ugx1.{n}"), "UCmia", "and?", old);
    }
    let mut cursor = None;
    assert_eq!(look(&*source, &mut cursor).await.len(), 4);
    for _ in 0..2 {
        assert!(look(&*source, &mut cursor).await.is_empty());
    }
    let reads = fake.ledger().asked.iter().filter(|a| a.contains("parentId=")).count();
    assert_eq!(reads, 1, "each reading costs a unit");
}

#[tokio::test]
async fn units_that_were_spent_before_a_restart_or_by_another_process_are_spent() {
    let (fake, clock) = (FakeChannel::start().await, ManualClock::at(NOON));
    let (shelf, few) = (Arc::new(Shelf::default()), |c: &mut Value| c["units_per_day"] = 10.into());
    let until_spent = async |source: &dyn Source| {
        for n in 0..20 {
            if let Err(trouble) = source.poll().unwrap().poll("", None).await {
                assert!(matches!(trouble.state, TroubleState::RateLimited { .. }), "{trouble:?}");
                return n;
            }
        }
        panic!("the units of the day do not end");
    };
    let first = fake.source_on(shelf.clone(), few, &clock);
    assert!(until_spent(&*first).await > 0);
    let again = fake.source_on(shelf, few, &clock);
    assert_eq!(until_spent(&*again).await, 0, "after a restart nothing is left");
    let elsewhere = fake.source_on(Arc::new(Shelf::default()), few, &clock);
    assert!(until_spent(&*elsewhere).await > 0);
    clock.advance(Span::days(1));
    assert!(until_spent(&*again).await > 0, "midnight gives all back");
}

#[tokio::test]
async fn the_units_of_a_day_are_shared_and_end() {
    let (fake, clock) = (FakeChannel::start().await, ManualClock::at(NOON));
    let source = fake
        .source(|c| (c["units_per_day"], c["kept_for_answers_percent"]) = (200.into(), 50.into()), &clock);
    assert_eq!(
        source.poll().unwrap().every(),
        Span::seconds(86_400 * 2 / 100 + 1),
        "a day of looks fits into them"
    );
    fake.comment("Ugx1", "UCmia", "help", NOON);
    let mut spent = None;
    for _ in 0..200 {
        if let Err(trouble) = source.poll().unwrap().poll("", None).await {
            spent = Some(trouble);
            break;
        }
    }
    let spent = spent.unwrap();
    assert!(matches!(spent.state, TroubleState::RateLimited { until } if until > NOON), "{spent:?}");
    // Answers still go, twice; then there are no units for them either, and nothing has left.
    let reply = source.reply().unwrap();
    for n in 0..2 {
        let sent = reply.send(&outgoing("Ugx1", &format!("Sorry {n}"))).await;
        assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    }
    let third = reply.send(&outgoing("Ugx1", "Sorry 3")).await;
    assert!(matches!(third, Outcome::Retry { after: Some(_), .. }), "{third:?}");
    assert_eq!(fake.ledger().answered.len(), 2);
    clock.advance(Span::hours(24));
    assert!(matches!(reply.send(&outgoing("Ugx1", "Sorry 3")).await, Outcome::Done { .. }));
    // The platform counts what others spent, too.
    fake.ledger().moods.push_back(Mood::Refuses(refusal(403, "quotaExceeded")));
    let refused = reply.send(&outgoing("Ugx1", "Sorry 4")).await;
    let Outcome::Retry { after: Some(wait), .. } = refused else { panic!("{refused:?}") };
    assert!(wait > Span::minutes(10), "until midnight there: {wait}");
}

#[tokio::test]
async fn refusals_are_told_apart_and_tokens_are_fetched_anew() {
    let (fake, clock) = (FakeChannel::start().await, ManualClock::at(NOON));
    let source = fake.source(|_| (), &clock);
    let reply = source.reply().unwrap();
    fake.comment("Ugx1", "UCmia", "help", NOON);
    let sent = reply.send(&outgoing("Ugx1", "One")).await;
    assert!(matches!(&sent, Outcome::Done { remote_id, .. } if remote_id == "Ugx1.r1"), "{sent:?}");
    fake.ledger().token = "withdrawn".into();
    assert!(matches!(reply.send(&outgoing("Ugx1.r1", "Two")).await, Outcome::Done { .. }));
    assert_eq!(fake.ledger().answered, [("Ugx1".into(), "One".into()), ("Ugx1".into(), "Two".into())]);
    assert_eq!(fake.ledger().tokens, 2);
    for (reason, code, by_hand) in [
        ("commentsDisabled", 403, true),
        ("processingFailure", 400, false),
        ("insufficientPermissions", 403, false),
    ] {
        fake.ledger().moods.push_back(Mood::Refuses(refusal(code, reason)));
        let refused = reply.send(&outgoing("Ugx1", "Three")).await;
        assert_eq!(matches!(refused, Outcome::ByHand { .. }), by_hand, "{reason}: {refused:?}");
        assert!(by_hand || matches!(refused, Outcome::Refused { .. }), "{reason}: {refused:?}");
    }
    assert!(source.grants().unwrap().lacks(webcared::sources::Right::Answer).is_some());
    // What it takes for a repetition may stand there.
    fake.ledger().moods.push_back(Mood::Refuses(refusal(400, "processingFailure")));
    let again = reply.send(&outgoing("Ugx1", "Two")).await;
    assert!(matches!(&again, Outcome::Done { remote_id, .. } if remote_id == "Ugx1.r2"), "{again:?}");
    let gone = reply.send(&outgoing("Ugx9", "Four")).await;
    assert!(matches!(&gone, Outcome::Refused { reason } if reason.contains("no longer there")), "{gone:?}");
    assert!(matches!(reply.look(&outgoing("Ugx1", "Five")).await, Looked::Later { .. }), "lists lag");
    clock.advance(Span::minutes(5));
    assert!(matches!(reply.look(&outgoing("Ugx1", "Five")).await, Looked::Person { .. }));
    assert!(matches!(reply.look(&outgoing("Ugx1", "Two")).await, Looked::Done { .. }));
    for (measure, status) in
        [(Measure::Hide, "heldForReview"), (Measure::Remove, "rejected"), (Measure::Unhide, "published")]
    {
        assert!(matches!(reply.moderate(measure, &outgoing("Ugx1", ""), "").await, Outcome::Done { .. }));
        assert_eq!(fake.ledger().measures.pop(), Some(format!("Ugx1 {status}")));
    }
    let to = PostRef { external_id: "Ugx1.r1".into(), author_handle: "mia".into(), ..PostRef::default() };
    let composed = reply.compose(&Draft { text: "Sorry".into(), sign: "Jan".into(), to });
    assert_eq!((composed.text.as_str(), composed.refused), ("@mia Sorry ^Jan", None));
}

#[tokio::test]
async fn what_is_gone_is_told_by_its_absence_only_and_a_key_alone_reads() {
    let (fake, clock) = (FakeChannel::start().await, ManualClock::at(NOON));
    fake.comment("Ugx1", "UCmia", "help", NOON);
    let source = fake.source(
        |c| *c = json!({"channel": CHANNEL, "api_key": "s3cret-key", "api_url": c["api_url"]}),
        &clock,
    );
    assert!(source.reply().is_none(), "nobody answers by a key");
    assert_eq!(ids(&look(&*source, &mut None).await), ["Ugx1"]);
    let asked = ["Ugx1", "Ugx2"].map(|id| PostRef { external_id: id.into(), ..PostRef::default() });
    let standing = source.recheck().unwrap().standing(&asked).await.unwrap();
    assert!(matches!(&standing[0], Standing::Stands(post) if post.text == "help"), "{standing:?}");
    assert_eq!(standing[1], Standing::Unknown, "a key does not see what waits for a moderator");
    let standing = fake.source(|_| (), &clock).recheck().unwrap().standing(&asked).await.unwrap();
    assert_eq!(standing[1], Standing::Gone);
    assert!(fake.ledger().asked.iter().all(|a| !a.contains("s3cret")), "no key in an address");
    let exams = source.examine().unwrap().examine().await;
    assert!(exams[0].found.contains("Acme TV") && exams[1].found.contains("read only"), "{exams:?}");
    let source = fake.source(|c| c["refresh_token"] = "withdrawn".into(), &clock);
    let trouble = source.poll().unwrap().poll("", None).await.unwrap_err();
    assert_eq!(trouble.state, TroubleState::NeedsToken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_is_answered_once_and_followed_to_its_end() {
    for place in fresh_on_each().await {
        walk(&place).await;
    }
}

async fn walk(place: &Fresh) {
    let fake = FakeChannel::start().await;
    let house = House::of(place, fake.config()).await;
    let now = house.clock.now();
    fake.ledger().now = now;
    fake.comment("Ugx1", "UCmia", "My parcel never arrived, where is it?", now.minus(Span::seconds(40)));
    house.read_until("a case", async || house.texts("SELECT id FROM cases").await.len() == 1).await;
    let case = house.case().await;
    assert_eq!((case.platform.as_str(), case.channel.as_str()), ("youtube", "social"));
    let actor = Actor { person: PersonId::new(now, [1; 10]), lead: false };
    let wanted = Answer { text: "We look into it, give us an hour.".into(), ..Answer::default() };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Answer(wanted)).await.unwrap();
    // It stands there, and nobody hears of it.
    fake.ledger().moods.push_back(Mood::TakesAnd(Reply::status(500)));
    house.worker.run_once().await.unwrap();
    assert_eq!(house.texts("SELECT state FROM action WHERE kind = 'reply'").await, ["unknown"]);
    eventually("a look that finds it", async || {
        house.worker.run_once().await.unwrap();
        house.texts("SELECT state FROM action WHERE kind = 'reply'").await == ["done"]
    })
    .await;
    eventually("the answer in the case", async || {
        house.intake.run_once(500).await.unwrap();
        house.case().await.state == "waiting_customer"
    })
    .await;
    assert_eq!(house.texts("SELECT state FROM obligation WHERE kind = 'first_response'").await, ["kept"]);
    assert_eq!(fake.ledger().answered.len(), 1, "said once");
    // The customer answers below it: the same case is open again, and nobody else's.
    fake.comment("Ugx1.s1", "UCmia", "Still nothing!", now);
    house.read_until("the follow-up", async || house.texts("SELECT id FROM mention").await.len() == 2).await;
    assert_eq!(house.texts("SELECT id FROM cases").await.len(), 1);
    assert_eq!(house.texts("SELECT id FROM own_post").await.len(), 1, "read back, ours is the same answer");
    // Its author takes both back.
    fake.ledger().comments.retain(|c| c.1 != "UCmia");
    let ids = house.texts("SELECT id FROM mention").await;
    let due = house
        .db()
        .write("test", move |tx| Box::pin(async move { answer::recheck_now(tx, &ids, Timestamp(0)).await }));
    due.await.unwrap();
    house
        .read_until("the removal", async || {
            house.texts("SELECT id FROM mention WHERE deleted_at IS NOT NULL").await.len() == 2
        })
        .await;
    assert!(house.texts("SELECT body FROM content WHERE kind = 'mention'").await.is_empty());
    house.opened.db.close().await;
}
