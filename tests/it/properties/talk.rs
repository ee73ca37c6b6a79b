//! Talk about a brand, made up: several authors, threads, follow-ups, answers of ours; and what a
//! database holds in the end, apart from ids and times of receipt.

use crate::harness::{House, START, answer, post};
use proptest::prelude::*;
use serde_json::Value;
use webcared::domain::time::Timestamp;

/// The last minute at which anybody posts.
pub const LAST_MINUTE: i64 = 90;

/// What is said in each thread: about one brand, and about two.
const WORDS: [&str; 2] = ["acme, it does not work", "acme and tempo are both late"];

/// One post before it has an id.
#[derive(Clone, Debug)]
struct Draft {
    minute: i64,
    thread: u8,
    author: u8,
    kind: Kind,
    to: prop::sample::Index,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Message,
    Answer,
    AnswerOnAnswer,
    Heart,
}

fn draft() -> impl Strategy<Value = Draft> {
    let kind = prop_oneof![
        6 => Just(Kind::Message),
        3 => Just(Kind::Answer),
        1 => Just(Kind::AnswerOnAnswer),
        1 => Just(Kind::Heart),
    ];
    (0..=LAST_MINUTE, 0..2u8, 0..2u8, kind, any::<prop::sample::Index>())
        .prop_map(|(minute, thread, author, kind, to)| Draft { minute, thread, author, kind, to })
}

/// Posts in the order in which they were posted, shown a line each when a case fails.
#[derive(Clone)]
pub struct Talk(pub Vec<Value>);

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for p in &self.0 {
            let at = minute(Some(posted_at(p).millis())).unwrap_or_default();
            let of = |field: &str| p[field].as_str().unwrap_or("-");
            let author = p["author"]["id"].as_str().unwrap_or("-");
            writeln!(
                f,
                "\n  {at:>4} {} by {author} in {} to {}: {}",
                of("external_id"),
                of("conversation_id"),
                of("in_reply_to"),
                of("text")
            )?;
        }
        Ok(())
    }
}

pub fn talk(most: usize) -> impl Strategy<Value = Talk> {
    prop::collection::vec(draft(), 1..=most).prop_map(|drafts| Talk(told(drafts)))
}

fn told(mut drafts: Vec<Draft>) -> Vec<Value> {
    drafts.sort_by_key(|d| d.minute);
    let mut told: Vec<(Kind, u8, Value)> = Vec::new();
    for (n, draft) in drafts.iter().enumerate() {
        let id = format!("p{n:02}");
        let thread = format!("t{}", draft.thread);
        let in_thread = |kinds: &[Kind]| -> Vec<String> {
            let fits = told.iter().filter(|(k, t, _)| *t == draft.thread && kinds.contains(k));
            fits.map(|(_, _, p)| p["external_id"].as_str().unwrap().to_owned()).collect()
        };
        let messages = in_thread(&[Kind::Message]);
        let answers = in_thread(&[Kind::Answer, Kind::AnswerOnAnswer]);
        let (kind, to) = match draft.kind {
            Kind::AnswerOnAnswer if !answers.is_empty() => (Kind::AnswerOnAnswer, draft.to.get(&answers)),
            Kind::Answer | Kind::Heart | Kind::AnswerOnAnswer if !messages.is_empty() => {
                let kind = if draft.kind == Kind::Heart { Kind::Heart } else { Kind::Answer };
                (kind, draft.to.get(&messages))
            }
            _ => (Kind::Message, &id),
        };
        let author = format!("author{}", draft.author);
        let made = match kind {
            Kind::Message => post(&id, &author, &thread, draft.minute, WORDS[usize::from(draft.thread)]),
            Kind::Answer | Kind::AnswerOnAnswer => answer(&id, to, &thread, draft.minute),
            Kind::Heart => {
                let mut heart = answer(&id, to, &thread, draft.minute);
                heart["text"] = "❤️".into();
                heart
            }
        };
        told.push((kind, draft.thread, made));
    }
    told.into_iter().map(|(_, _, post)| post).collect()
}

/// When a post of [`talk`] was posted.
pub fn posted_at(post: &Value) -> Timestamp {
    Timestamp::parse(post["created_at"].as_str().unwrap()).unwrap()
}

/// In which order posts arrive, how often, and in which batches.
#[derive(Clone, Debug)]
pub struct Arrival {
    keys: Vec<u16>,
    again: Vec<prop::sample::Index>,
    batches: Vec<usize>,
}

pub fn arrival(most: usize) -> impl Strategy<Value = Arrival> {
    let keys = prop::collection::vec(any::<u16>(), most);
    let again = prop::collection::vec(any::<prop::sample::Index>(), 0..6);
    let batches = prop::collection::vec(1..5usize, most + 6);
    (keys, again, batches).prop_map(|(keys, again, batches)| Arrival { keys, again, batches })
}

impl Arrival {
    /// The deliveries: every post at least once, some again, cut into batches.
    pub fn batches(&self, posts: &[Value]) -> Vec<Vec<Value>> {
        let mut order: Vec<(u16, usize)> = (0..posts.len()).map(|n| (self.keys[n], n)).collect();
        for (n, again) in self.again.iter().enumerate() {
            order.push((self.keys[n % self.keys.len()].wrapping_mul(31), again.index(posts.len())));
        }
        order.sort_unstable();
        let mut left: Vec<Value> = order.into_iter().map(|(_, n)| posts[n].clone()).collect();
        let mut cut = Vec::new();
        for size in &self.batches {
            cut.push(left.drain(..(*size).min(left.len())).collect());
        }
        cut.retain(|batch: &Vec<Value>| !batch.is_empty());
        cut
    }
}

/// What a database holds, in words that do not depend on ids or on when we received what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub cases: Vec<String>,
    pub mentions: Vec<String>,
    pub own_posts: Vec<String>,
    pub responses: Vec<String>,
    pub fell_due: Vec<String>,
}

fn lines<T: std::fmt::Debug>(rows: &[T]) -> Vec<String> {
    let mut lines: Vec<String> = rows.iter().map(|r| format!("{r:?}")).collect();
    lines.sort();
    lines
}

/// Whole minutes after the start, to be read by people.
fn minute(at: Option<i64>) -> Option<f64> {
    at.map(|at| (at - START.millis()) as f64 / 60_000.0)
}

type CaseLine =
    (String, String, String, String, i64, i64, i64, Option<i64>, Option<i64>, i64, i64, i64, i64, String);
type ClockLine = (String, String, String, String, String, Option<String>, i64, i64, Option<i64>);

pub async fn held(house: &House) -> Held {
    let cases: Vec<CaseLine> = house
        .all(
            "SELECT b.name, v.external_key, a.external_id, c.state, c.level, c.open,
                (SELECT COUNT(*) FROM judgement g WHERE g.case_id = c.id AND g.revision = 1),
                c.first_answer_at, c.due_at, c.opened_at, c.last_message_at, c.wrote_again,
                c.urgency, c.course
             FROM cases c JOIN brand b ON b.id = c.brand_id JOIN conversation v ON v.id = c.conversation_id
             JOIN author a ON a.id = c.author_id",
        )
        .await;
    let told: Vec<_> = cases
        .into_iter()
        .map(|c| {
            let times = [c.7, c.8, Some(c.9), Some(c.10)].map(minute);
            (
                (c.0, c.1, c.2),
                ("state", c.3, "level", c.4, "open", c.5, "messages", c.6, "again", c.11),
                times,
                (c.12, c.13),
            )
        })
        .collect();
    let mentions: Vec<(String, String, String, i64)> = house
        .all(
            "SELECT m.external_id, v.external_key, a.external_id, m.posted_at FROM mention m
             JOIN conversation v ON v.id = m.conversation_id JOIN author a ON a.id = m.author_id",
        )
        .await;
    let own_posts: Vec<(String, String, Option<String>, i64)> = house
        .all(
            "SELECT o.external_id, v.external_key, a.external_id, o.counts FROM own_post o
             JOIN conversation v ON v.id = o.conversation_id LEFT JOIN author a ON a.id = o.answers_author_id",
        )
        .await;
    Held {
        cases: lines(&told),
        mentions: lines(&mentions),
        own_posts: lines(&own_posts),
        responses: responses(house).await,
        fell_due: fell_due(house).await,
    }
}

async fn responses(house: &House) -> Vec<String> {
    let clocks: Vec<ClockLine> = house
        .all(
            "SELECT b.name, v.external_key, a.external_id, o.kind, o.state, m.external_id, o.started_at, o.due_at,
                o.ended_at
             FROM obligation o JOIN cases c ON c.id = o.case_id JOIN brand b ON b.id = c.brand_id
             JOIN conversation v ON v.id = c.conversation_id JOIN author a ON a.id = c.author_id
             LEFT JOIN mention m ON m.id = o.mention_id
             WHERE o.kind IN ('first_response', 'next_response') AND o.state <> 'superseded'",
        )
        .await;
    let told: Vec<_> = clocks
        .into_iter()
        .map(|c| ((c.0, c.1, c.2), c.3, c.4, c.5, [Some(c.6), Some(c.7), c.8].map(minute)))
        .collect();
    lines(&told)
}

async fn fell_due(house: &House) -> Vec<String> {
    let events: Vec<(String, String, String, Option<String>, String, i64, i64)> = house
        .all(
            "SELECT b.name, v.external_key, a.external_id, m.external_id, e.kind, e.stage, e.at
             FROM clock_event e JOIN cases c ON c.id = e.case_id JOIN brand b ON b.id = c.brand_id
             JOIN conversation v ON v.id = c.conversation_id JOIN author a ON a.id = c.author_id
             JOIN obligation o ON o.case_id = e.case_id AND o.wait = e.wait AND o.state <> 'superseded'
             LEFT JOIN mention m ON m.id = o.mention_id
             WHERE e.annulled_at IS NULL",
        )
        .await;
    let told: Vec<_> =
        events.into_iter().map(|e| ((e.0, e.1, e.2), e.3, e.4, e.5, minute(Some(e.6)))).collect();
    lines(&told)
}

/// Checks that the counts add up: `received` in all, and of these as many of each as given.
pub async fn check_counts(house: &House, posts: &[Value], received: usize) {
    let own = posts.iter().filter(|p| p["author"]["id"] == "acme-own").count();
    let counts: Vec<(String, i64)> =
        house.all("SELECT what, CAST(SUM(n) AS BIGINT) FROM intake_count GROUP BY what").await;
    let of = |what: &str| counts.iter().find(|c| c.0 == what).map_or(0, |c| c.1 as usize);
    assert_eq!(of("received"), received, "{counts:?}");
    assert_eq!((of("own_echo"), of("mention")), (own, posts.len() - own), "{counts:?}");
    assert_eq!(of("duplicate"), received - posts.len(), "{counts:?}");
    assert_eq!((of("filtered"), of("quarantined")), (0, 0), "{counts:?}");
}
