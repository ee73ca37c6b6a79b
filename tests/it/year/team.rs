//! The world around the engine: customers who write, a team that answers with so many hands, and what happens to
//! both. What it does is decided by dice from a fixed seed.

use super::{BEGIN, Promised, TICK};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::path::Path;
use webcared::domain::time::Timestamp;

/// How often a customer writes in one conversation, in the mean: follow-ups, and the impatient.
const SAID_EACH: f64 = 1.3;

/// What an agent does here rather than on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    Claim,
    Resolve,
    Dismiss,
}

/// What is to come, by its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Planned {
    /// A customer writes.
    Says { conversation: u64, round: u8 },
    /// Our answer reaches us, posted at a time before.
    Heard { conversation: u64, posted: i64, to: u64 },
    /// Somebody acts.
    Does { conversation: u64, deed: Deed },
}

/// What came and what is done in one tick.
#[derive(Debug, Default)]
pub struct Event {
    pub posts: Vec<Value>,
    pub deeds: Vec<(String, Deed)>,
}

/// A post of the corpus of triage: real words in ten languages.
struct Words {
    text: String,
    needs_answer: bool,
}

/// Customers and agents.
pub struct Team {
    dice: SmallRng,
    words: Vec<Words>,
    a_tick: f64,
    end: Timestamp,
    planned: BinaryHeap<Reverse<(i64, u64, Planned)>>,
    queue: VecDeque<(u64, u8)>,
    conversations: u64,
    order: u64,
    /// Hands that are left over from the last tick.
    spare: f64,
    /// Which brand a conversation is about, and its last post.
    about: Vec<(u8, u64)>,
    /// How many posts there were, ours among them.
    pub posted: u64,
    /// How many of customers.
    pub mentions: u64,
    /// Conversations with an answer that we heard of late.
    pub heard_late: BTreeSet<String>,
}

/// The name of our own account of a brand.
pub fn own_account(brand: &str) -> String {
    format!("{}-own", brand.to_lowercase())
}

fn words() -> Vec<Words> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/triage/corpus");
    let mut all = Vec::new();
    for language in ["nl", "en", "de", "fr", "es", "it", "pt", "no", "ru", "ja"] {
        let file = std::fs::read_to_string(folder.join(format!("{language}.plain.jsonl"))).unwrap();
        for line in file.lines() {
            let post: Value = serde_json::from_str(line).unwrap();
            let text = post["text"].as_str().unwrap().to_owned();
            all.push(Words { text, needs_answer: post["needs_answer"].as_bool().unwrap_or(true) });
        }
    }
    all
}

/// How busy an hour of the week is; the mean is about one.
fn busy(at: Timestamp) -> f64 {
    let hour = at.since(BEGIN).millis() / 3_600_000;
    let (day, hour) = ((hour / 24) % 7, hour % 24);
    let of_day = 1.0 + 0.8 * ((hour as f64 - 15.0) / 24.0 * std::f64::consts::TAU).cos();
    of_day * if day >= 5 { 0.8 } else { 1.08 }
}

/// A strike, snow, a system that is down: some hours a season, eight times as much.
fn crisis(at: Timestamp) -> f64 {
    let hour = at.since(BEGIN).millis() / 3_600_000;
    let (week, hour) = (hour / 168, hour % 168);
    if week % 13 == 2 && (58..66).contains(&hour) { 8.0 } else { 1.0 }
}

impl Team {
    /// Customers who write so often a week until `end`.
    pub fn new(a_week: f64, end: Timestamp) -> Self {
        Self {
            dice: SmallRng::seed_from_u64(5),
            words: words(),
            a_tick: a_week / SAID_EACH * TICK.millis() as f64 / (7.0 * 86_400_000.0),
            end,
            planned: BinaryHeap::new(),
            queue: VecDeque::new(),
            conversations: 0,
            order: 0,
            spare: 0.0,
            about: Vec::new(),
            posted: 0,
            mentions: 0,
            heard_late: BTreeSet::new(),
        }
    }

    fn plan(&mut self, at: i64, what: Planned) {
        self.order += 1;
        self.planned.push(Reverse((at, self.order, what)));
    }

    fn within_tick(&mut self, now: Timestamp) -> i64 {
        now.minus(TICK).millis() + self.dice.random_range(1..=TICK.millis() / 1000) * 1000
    }

    /// How many of something with this mean.
    fn how_many(&mut self, mean: f64) -> usize {
        // As many as dice of one in a hundred say: near enough to chance for any mean.
        let throws = (mean * 100.0).round() as usize;
        (0..throws).filter(|_| self.dice.random_bool(0.01)).count()
    }

    /// Everything from the last tick to `now`.
    pub fn until(&mut self, now: Timestamp, all: &[Promised]) -> Event {
        if now <= self.end {
            for _ in 0..self.how_many(self.a_tick * busy(now) * crisis(now)) {
                let part: f64 = self.dice.random();
                let brand = if part < all[0].share {
                    0
                } else {
                    1 + usize::from(part >= all[0].share + all[1].share)
                };
                self.about.push((brand as u8, 0));
                let conversation = self.conversations;
                self.conversations += 1;
                let at = self.within_tick(now);
                self.plan(at, Planned::Says { conversation, round: 0 });
            }
        }
        self.answer(now);
        let mut event = Event::default();
        while self.planned.peek().is_some_and(|next| next.0.0 <= now.millis()) {
            let Some(Reverse((at, _, what))) = self.planned.pop() else { break };
            match what {
                Planned::Says { conversation, round } => {
                    event.posts.push(self.says(conversation, round, at, all));
                }
                Planned::Heard { conversation, posted, to } => {
                    event.posts.push(self.answered(conversation, to, posted, all));
                }
                Planned::Does { conversation, deed } => event.deeds.push((key(conversation), deed)),
            }
        }
        self.posted += event.posts.len() as u64;
        event
    }

    /// As many answers as there are hands in this shift; who waited longest comes first.
    fn answer(&mut self, now: Timestamp) {
        let hour = now.since(BEGIN).millis() / 3_600_000 % 24;
        // Enough by day, too few in the evening and at night.
        let hands = if (7..15).contains(&hour) {
            1.6
        } else if (15..23).contains(&hour) {
            1.2
        } else {
            0.5
        };
        self.spare = (self.spare + self.a_tick * hands).min(self.a_tick * 3.0 + 1.0);
        while self.spare >= 1.0 {
            self.spare -= 1.0;
            let Some((conversation, round)) = self.queue.pop_front() else { break };
            let at = self.within_tick(now);
            match self.dice.random_range(0..100) {
                0..2 => self.plan(at, Planned::Does { conversation, deed: Deed::Dismiss }),
                2..4 => {}
                n => {
                    let late = if n < 7 { self.dice.random_range(1..40) * TICK.millis() } else { 0 };
                    if late > 0 {
                        self.heard_late.insert(key(conversation));
                    }
                    let to = self.about[conversation as usize].1;
                    self.plan(at + late, Planned::Heard { conversation, posted: at, to });
                    if n >= 92 {
                        self.plan(at, Planned::Does { conversation, deed: Deed::Claim });
                    }
                    if n >= 85 && late == 0 {
                        let later = self.dice.random_range(2..400) * 60_000;
                        self.plan(at + later, Planned::Does { conversation, deed: Deed::Resolve });
                    }
                    if round < 4 && self.dice.random_bool(0.3) {
                        let later = self.dice.random_range(120..200_000) * 1000;
                        self.plan(at + later, Planned::Says { conversation, round: round + 1 });
                    }
                }
            }
        }
    }

    fn says(&mut self, conversation: u64, round: u8, at: i64, all: &[Promised]) -> Value {
        self.order += 1;
        self.mentions += 1;
        let order = self.order;
        let of = &mut self.about[conversation as usize];
        of.1 = order;
        let brand = all[usize::from(of.0)].name;
        let words = self.words.choose(&mut self.dice).unwrap();
        let (text, asks) = (format!("@{} {}", brand.to_lowercase(), words.text), words.needs_answer);
        if asks || self.dice.random_bool(0.05) {
            self.queue.push_back((conversation, round));
        }
        // Somebody impatient writes once more before anybody answers.
        if asks && round == 0 && self.dice.random_bool(0.1) {
            let later = self.dice.random_range(60..3_600) * 1000;
            self.plan(at + later, Planned::Says { conversation, round: 9 });
        }
        let author = format!("c{conversation}");
        json!({
            "platform": "mastodon", "external_id": post_id(conversation, order),
            "author": { "id": author, "handle": format!("{author}@toot.example"), "name": author },
            "text": text, "created_at": Timestamp(at).rfc3339(), "conversation_id": key(conversation),
        })
    }

    fn answered(&mut self, conversation: u64, to: u64, posted: i64, all: &[Promised]) -> Value {
        self.order += 1;
        let own = own_account(all[usize::from(self.about[conversation as usize].0)].name);
        let author = format!("c{conversation}");
        json!({
            "platform": "mastodon", "external_id": post_id(conversation, self.order),
            "author": { "id": own, "handle": format!("{own}@toot.example"), "name": own },
            "text": format!("@{author} We are looking into it ^Jan"), "created_at": Timestamp(posted).rfc3339(),
            "conversation_id": key(conversation), "in_reply_to": post_id(conversation, to), "own": true,
        })
    }
}

fn key(conversation: u64) -> String {
    format!("v{conversation:08}")
}

fn post_id(conversation: u64, order: u64) -> String {
    format!("{}-{order:09}", key(conversation))
}
