//! Every obligation anew, from the log of what was said and what happened to the case, by means that share nothing
//! with the engine: hours are walked minute by minute, a wait is what stands between a message and what ended it,
//! a resolution has used the time in which nobody waited for the customer.

use super::Promised;
use crate::harness::House;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use webcared::domain::time::Timestamp;
use webcared::store::Db;
use webcared::store::rows::{CaseEventRow, CaseRow, ClockEventRow, ObligationRow};

const SLICE: i64 = 4_000;
/// A warning comes at least so long before the deadline.
const WARN_FLOOR: i64 = 60_000;
const WARN_PERCENT: [i64; 2] = [50, 80];
const BREACH: i64 = 100;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub cases: u64,
    pub waits: u64,
    pub resolutions: u64,
    pub broken: u64,
    /// Kinds of ends that occurred.
    pub met: BTreeSet<String>,
}

/// `(case, posted, received, level, needs an answer, id on the platform)`.
type MessageRow = (String, i64, i64, i64, i64, String);

struct Message {
    at: i64,
    received: i64,
    level: i64,
    asks: bool,
}

/// What is known of one case.
struct Log<'a> {
    of: &'a Promised,
    case: &'a CaseRow,
    late: bool,
    messages: Vec<Message>,
    /// When ours was posted, and when we heard of it.
    answers: Vec<(i64, i64)>,
    events: &'a [CaseEventRow],
    now: i64,
}

/// One clock as it must be.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    kind: &'static str,
    start: i64,
    due: Option<i64>,
    state: &'static str,
    ended: Option<i64>,
    breach: Option<i64>,
    warned: Option<Vec<i64>>,
}

async fn rows<T>(house: &House, sql: &'static str, brand: &str, after: i64) -> Vec<T>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
        + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
        + Send
        + Unpin
        + 'static,
{
    let to = after + SLICE;
    match &house.db {
        Db::Sqlite { readers, .. } => {
            sqlx::query_as(sql).bind(brand).bind(after).bind(to).fetch_all(readers).await.unwrap()
        }
        Db::Postgres(pool) => {
            sqlx::query_as(sql).bind(brand).bind(after).bind(to).fetch_all(pool).await.unwrap()
        }
    }
}

fn by_case<T>(rows: Vec<T>, case: impl Fn(&T) -> &str) -> HashMap<String, Vec<T>> {
    let mut of: HashMap<String, Vec<T>> = HashMap::new();
    for row in rows {
        of.entry(case(&row).to_owned()).or_default().push(row);
    }
    of
}

/// Checks every case of every brand.
pub async fn check(house: &House, all: &[Promised], heard_late: &BTreeSet<String>, now: Timestamp) -> Found {
    let mut found = Found::default();
    for promised in all {
        let brand = house.current.get().named(promised.name).unwrap().id.clone();
        let mut after = 0;
        while slice(house, promised, &brand, after, heard_late, now, &mut found).await {
            after += SLICE;
        }
    }
    found
}

async fn slice(
    house: &House,
    of: &Promised,
    brand: &str,
    after: i64,
    heard_late: &BTreeSet<String>,
    now: Timestamp,
    found: &mut Found,
) -> bool {
    let cases: Vec<CaseRow> = rows(
        house,
        "SELECT * FROM cases WHERE brand_id = $1 AND number > $2 AND number <= $3 ORDER BY number",
        brand,
        after,
    )
    .await;
    let said: Vec<MessageRow> = rows(
        house,
        "SELECT j.case_id, m.posted_at, m.received_at, j.level, j.needs_answer, m.external_id
         FROM cases c JOIN judgement j ON j.brand_id = c.brand_id AND j.case_id = c.id
         JOIN mention m ON m.id = j.mention_id
         WHERE c.brand_id = $1 AND c.number > $2 AND c.number <= $3 ORDER BY m.posted_at, m.external_id",
        brand,
        after,
    )
    .await;
    let ours: Vec<(String, i64, i64, String)> = rows(
        house,
        "SELECT c.id, o.posted_at, o.received_at, v.external_key
         FROM cases c JOIN own_post o ON o.conversation_id = c.conversation_id
         JOIN conversation v ON v.id = c.conversation_id
         WHERE c.brand_id = $1 AND c.number > $2 AND c.number <= $3 AND o.counts = 1
           AND o.answers_author_id = c.author_id ORDER BY o.posted_at, o.id",
        brand,
        after,
    )
    .await;
    let events: Vec<CaseEventRow> = rows(
        house,
        "SELECT e.* FROM cases c JOIN case_event e ON e.case_id = c.id
         WHERE c.brand_id = $1 AND c.number > $2 AND c.number <= $3 ORDER BY e.case_id, e.seq",
        brand,
        after,
    )
    .await;
    let clocks: Vec<ObligationRow> = rows(
        house,
        "SELECT o.* FROM cases c JOIN obligation o ON o.case_id = c.id
         WHERE c.brand_id = $1 AND c.number > $2 AND c.number <= $3 ORDER BY o.case_id, o.wait, o.part",
        brand,
        after,
    )
    .await;
    let fell: Vec<ClockEventRow> = rows(
        house,
        "SELECT e.* FROM cases c JOIN clock_event e ON e.case_id = c.id
         WHERE c.brand_id = $1 AND c.number > $2 AND c.number <= $3 ORDER BY e.case_id, e.wait, e.stage",
        brand,
        after,
    )
    .await;
    let (said, ours) = (by_case(said, |r| &r.0), by_case(ours, |r| &r.0));
    let (events, clocks) = (by_case(events, |r| &r.case_id), by_case(clocks, |r| &r.case_id));
    let fell = by_case(fell, |r| &r.case_id);
    let nothing = (Vec::new(), Vec::new(), Vec::new());
    for case in &cases {
        let answers = ours.get(&case.id).map_or(&[][..], Vec::as_slice);
        let message =
            |row: &MessageRow| Message { at: row.1, received: row.2, level: row.3, asks: row.4 == 1 };
        let log = Log {
            of,
            case,
            late: answers.iter().any(|a| heard_late.contains(&a.3)),
            messages: said.get(&case.id).into_iter().flatten().map(message).collect(),
            answers: answers.iter().map(|a| (a.1, a.2)).collect(),
            events: events.get(&case.id).unwrap_or(&nothing.0),
            now: now.millis(),
        };
        let clocks = clocks.get(&case.id).unwrap_or(&nothing.1);
        let fell = fell.get(&case.id).unwrap_or(&nothing.2);
        log.compare(clocks, fell, found);
    }
    found.cases += cases.len() as u64;
    !cases.is_empty()
}

/// Whether an event ends the case, and how its clocks of resolution end by it.
fn end_of(kind: &str) -> Option<bool> {
    match kind {
        "resolve" | "close" | "no_reply" => Some(true),
        "dismiss" => Some(false),
        _ => None,
    }
}

impl Log<'_> {
    fn compare(&self, clocks: &[ObligationRow], fell: &[ClockEventRow], found: &mut Found) {
        let mut last: BTreeMap<i64, &ObligationRow> = BTreeMap::new();
        for clock in clocks {
            last.insert(clock.wait, clock);
        }
        let is_response = |c: &&ObligationRow| c.kind.ends_with("_response");
        let responses: Vec<&ObligationRow> = last.values().copied().filter(is_response).collect();
        let ended = self.events.iter().any(|e| end_of(&e.kind).is_some());
        // Somebody ended it while an answer was on its way to us: what then holds is what was known, which the
        // log of posts does not tell.
        if !(self.late && ended) {
            let mut waits = self.responses(found);
            let mut said: Vec<Expected> = responses.iter().map(|c| self.said(c, fell)).collect();
            waits.sort_by_key(|w| w.start);
            said.sort_by_key(|w| w.start);
            for (wait, said) in waits.iter().zip(&mut said) {
                if wait.warned.is_none() {
                    said.warned = None;
                }
            }
            assert_eq!(said, waits, "answers of {}", self.told(clocks, fell));
            for wait in &waits {
                found.waits += 1;
                found.broken += u64::from(wait.breach.is_some());
                found.met.insert(format!("{} {}", wait.kind, wait.state));
            }
        }
        if fell.iter().any(|e| e.annulled_at.is_some()) {
            assert!(self.late, "annulled without anything heard late: {}", self.told(clocks, fell));
            found.met.insert("annulled".into());
        }
        if self.late {
            return;
        }
        for (kind, target) in
            [("first_resolution", self.of.first_resolution), ("total_resolution", self.of.total_resolution)]
        {
            let expected = self.resolution(kind, target * 60_000, found);
            let clock = last.values().find(|c| c.kind == kind);
            let mut said = clock.map(|c| self.said(c, fell));
            // When it was held, its warnings moved as well; the deadline says that enough.
            if let Some(said) = &mut said {
                said.warned = None;
            }
            assert_eq!(said, expected, "{kind} of {}", self.told(clocks, fell));
            if let Some(expected) = expected {
                found.resolutions += 1;
                found.broken += u64::from(expected.breach.is_some());
                found.met.insert(format!("{kind} {}", expected.state));
            }
        }
    }

    /// What the database says of one clock.
    fn said(&self, clock: &ObligationRow, fell: &[ClockEventRow]) -> Expected {
        let stands = |e: &&ClockEventRow| e.wait == clock.wait && e.annulled_at.is_none();
        let breach = fell.iter().filter(stands).find(|e| e.stage == BREACH).map(|e| e.at);
        let warned = fell.iter().filter(stands).filter(|e| e.stage != BREACH).map(|e| e.at).collect();
        let kind = ["first_response", "next_response", "first_resolution", "total_resolution"]
            .into_iter()
            .find(|k| *k == clock.kind)
            .unwrap();
        let state = ["running", "held", "kept", "broken", "void"].into_iter().find(|s| *s == clock.state);
        let due = Some(clock.due_at).filter(|_| clock.state != "held" && clock.state != "void");
        let warned = Some(warned);
        Expected {
            kind,
            start: clock.started_at,
            due,
            state: state.unwrap_or("?"),
            ended: clock.ended_at,
            breach,
            warned,
        }
    }

    fn told(&self, clocks: &[ObligationRow], fell: &[ClockEventRow]) -> String {
        let said: Vec<_> = self.messages.iter().map(|m| (m.at, m.received, m.level, m.asks)).collect();
        let events: Vec<_> = self.events.iter().map(|e| (e.at, e.recorded_at, &e.kind, &e.state)).collect();
        format!(
            "{} {}: said {said:?}, answers {:?}, events {events:?}\nclocks {clocks:#?}\nfell due {fell:#?}",
            self.of.name, self.case.number, self.answers
        )
    }

    fn target(&self, level: i64) -> i64 {
        60_000 * if level == 1 { self.of.response_p1 } else { self.of.response }
    }

    /// The most urgent level among what was posted by an instant.
    fn level_at(&self, at: i64) -> i64 {
        self.messages.iter().filter(|m| m.at <= at).map(|m| m.level).min().unwrap_or(5)
    }

    /// The waits for an answer, in their order.
    fn responses(&self, found: &mut Found) -> Vec<Expected> {
        let mut waits: Vec<Expected> = Vec::new();
        let began = self.messages.first().map_or(i64::MAX, |m| m.at);
        let mut free_from = i64::MIN;
        let mut asked = false;
        for message in &self.messages {
            asked |= message.asks;
            // It belongs to the wait before unless that had ended when this was said; what was said at the very
            // instant of the answer waits with what was said before.
            if !asked || message.at <= free_from {
                continue;
            }
            let answered_before = self.answers.iter().any(|(at, _)| (began..message.at).contains(at));
            let kind = if waits.is_empty() && !answered_before { "first_response" } else { "next_response" };
            let answer = self.answers.iter().find(|(at, _)| *at >= message.at);
            let ended = self.events.iter().find(|e| end_of(&e.kind).is_some() && e.at >= message.at);
            let wait = self.wait(kind, message, answer, ended.map(|e| e.at), found);
            free_from = wait.ended.unwrap_or(i64::MAX);
            waits.push(wait);
        }
        waits
    }

    fn wait(
        &self,
        kind: &'static str,
        message: &Message,
        answer: Option<&(i64, i64)>,
        ended: Option<i64>,
        found: &mut Found,
    ) -> Expected {
        let answer = answer.filter(|a| ended.is_none_or(|e| a.0 <= e));
        let (state, end, known) = match (answer, ended) {
            (Some(a), _) => ("answered", Some(a.0), a.1),
            (None, Some(e)) => ("void", Some(e), e),
            (None, None) => ("running", None, self.now),
        };
        let mut level = self.level_at(message.at);
        let first = self.of.wall.add(Timestamp(message.at), self.target(level)).millis();
        let mut due = first;
        // A raise counts from its post, and the earlier deadline holds. What was said after the end raised it too where it
        // reached us before the end did.
        let raises =
            |m: &&Message| m.at > message.at && end.is_none_or(|end| m.at <= end || m.received < known);
        for raise in self.messages.iter().filter(raises) {
            if raise.level < level {
                if self.target(raise.level) != self.target(level) {
                    let from = Timestamp(raise.at);
                    due = due.min(self.of.wall.add(from, self.target(raise.level)).millis());
                    found.met.insert("raised".into());
                }
                level = raise.level;
            }
        }
        let until = end.unwrap_or(self.now);
        let late = due < until;
        let warned = (due == first && level == self.level_at(message.at)).then(|| {
            let span = self.target(level);
            let at = |percent: i64| {
                let share = (span * percent / 100).min((span - WARN_FLOOR).max(0));
                self.of.wall.add(Timestamp(message.at), share).millis()
            };
            WARN_PERCENT.into_iter().map(at).filter(|at| *at < until).collect()
        });
        let state = match state {
            "answered" if late => "broken",
            "answered" => "kept",
            other => other,
        };
        let breach = late.then_some(due);
        let due = Some(due).filter(|_| state != "void");
        Expected { kind, start: message.at, due, state, ended: end, breach, warned }
    }

    /// One of the clocks of resolution: time is used while nobody waits for the customer.
    fn resolution(&self, kind: &'static str, target: i64, found: &mut Found) -> Option<Expected> {
        let start = self.messages.iter().find(|m| m.asks)?.at;
        let wall = &self.of.wall;
        let mut left = target;
        // Since when it runs; `None` while it is held or the case is ended.
        let mut since = Some(start);
        let (mut ended, mut state) = (None, "running");
        let (mut breach, mut due): (Option<i64>, i64) = (None, wall.add(Timestamp(start), left).millis());
        for event in self.events.iter().filter(|e| e.at >= start) {
            let at = event.at;
            let runs = !matches!(event.state.as_str(), "waiting_customer" | "waiting_private");
            if since.is_some() && ended.is_none() && breach.is_none() && due < at {
                breach = Some(due);
            }
            match end_of(&event.kind) {
                Some(false) if ended.is_none() => (ended, state) = (Some(at), "void"),
                Some(true) if ended.is_none() => {
                    match since.take() {
                        None => due = wall.add(Timestamp(at), left).millis(),
                        Some(from) if breach.is_none() => {
                            left -= wall.counted(Timestamp(at)) - wall.counted(Timestamp(from));
                        }
                        Some(_) => {}
                    }
                    (ended, state) = (Some(at), if breach.is_some() { "broken" } else { "kept" });
                }
                None if ended.is_some() => {
                    let reopened = matches!(event.state.as_str(), "new" | "working") && state == "kept";
                    if kind == "total_resolution" && reopened {
                        found.met.insert("reopened".into());
                        (ended, state, since) = (None, "running", Some(at));
                        due = wall.add(Timestamp(at), left).millis();
                    }
                }
                None if breach.is_some() => {}
                None if runs && since.is_none() => {
                    since = Some(at);
                    due = wall.add(Timestamp(at), left).millis();
                }
                None if !runs => {
                    if let Some(from) = since.take() {
                        left -= wall.counted(Timestamp(at)) - wall.counted(Timestamp(from));
                    }
                }
                _ => {}
            }
        }
        if since.is_some() && ended.is_none() && breach.is_none() && due < self.now {
            breach = Some(due);
        }
        if ended.is_none() {
            state = if since.is_none() && breach.is_none() { "held" } else { "running" };
        }
        let due = Some(due).filter(|_| state != "held" && state != "void");
        Some(Expected { kind, start, due, state, ended, breach, warned: None })
    }
}
