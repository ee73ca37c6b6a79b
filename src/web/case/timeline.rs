//! What stands beside the conversation of a case: its clocks, why it is urgent, what was done.

use super::forms::taken;
use super::{Loaded, ending, promise};
use crate::casework::promising::UNSENT;
use crate::domain::clocks::{ObligationState, Stage};
use crate::domain::correction::Field;
use crate::domain::judgement::Reason;
use crate::domain::time::{Span, Timestamp};
use crate::store::alert::HeldRow;
use crate::store::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use crate::web::shown::{Left, Moment, Shown, marked};
use crate::web::texts::Texts;

/// A clock as it stands.
pub struct Clock {
    pub kind: String,
    pub state: String,
    pub class: &'static str,
    pub left: Option<Left>,
    pub ended: Option<Moment>,
    pub due: Moment,
    pub target: String,
    /// What was promised, if somebody promised it.
    pub promise: Option<Promised>,
}

/// What somebody promised.
pub struct Promised {
    pub wait: i64,
    pub text: Shown,
    pub owed: String,
    /// To whom.
    pub to: String,
    /// Where it was made.
    pub origin: String,
    /// The call that it is.
    pub call: Option<promise::Called>,
    /// It is still to be kept.
    pub open: bool,
    /// The answer in which it was made has not left.
    pub unsaid: bool,
}

/// A warning or a breach.
pub struct Fell {
    pub what: &'static str,
    pub kind: String,
    pub at: Moment,
    pub annulled: bool,
    pub breach: bool,
}

/// One line of the timeline.
pub struct Event {
    pub at: Moment,
    pub what: String,
    pub who: String,
    /// A reason, or the words of a note.
    pub reason: Option<Shown>,
    pub until: Option<Moment>,
    pub fresh: bool,
}

/// An alert or the like that was sent about the case.
pub struct Sent {
    pub kind: String,
    pub state: String,
    pub at: Moment,
}

/// The reasons of the message that made the case as urgent as it is, and what its course added.
pub fn reasons(found: &Loaded, t: &Texts) -> Vec<(String, i32)> {
    let worst = found.messages.iter().min_by_key(|m| (m.level, -m.urgency, m.posted_at));
    let reasons: Vec<Reason> = worst.and_then(|m| serde_json::from_str(&m.reasons).ok()).unwrap_or_default();
    let course = found.case.course_reasons();
    let triage = reasons.iter().chain(&course).map(|r| (t.name("reason", &r.what), r.weight));
    triage.chain(found.protocols.reasons(&found.case, t)).collect()
}

/// A clock as it is shown.
pub fn clock(o: &ObligationRow, found: &Loaded, (shows, now): (bool, Timestamp), t: &Texts) -> Clock {
    let state = ObligationState::from_code(&o.state);
    let made = found.promises.iter().find(|p| p.wait == o.wait).map(|p| Promised {
        wait: o.wait,
        text: Shown::plain(found.contents.get(&p.content_id()).map_or(t.no_text, String::as_str)),
        owed: promise::owed_name(&p.owed_by, t),
        to: promise::to_whom(p, found, shows, t),
        origin: t.name("origin", &p.origin),
        call: promise::called(p, found, shows),
        open: o.ended_at.is_none(),
        unsaid: o.state == ObligationState::Void.code() && o.ended_by.as_deref() == Some(UNSENT),
    });
    Clock {
        kind: t.name("clock", &o.kind),
        state: t.name("clockstate", &o.state),
        class: state.code(),
        left: (state == ObligationState::Running).then(|| Left::of(Some(o.due_at), now, t)),
        ended: o.ended_at.map(Moment::of),
        due: Moment::of(o.due_at),
        target: Span(o.target_ms).to_string(),
        promise: made,
    }
}

/// A warning or breach as it is shown.
pub fn fell(f: &ClockEventRow, t: &Texts) -> Fell {
    let breach = Stage::from_number(f.stage) == Stage::Breach;
    Fell {
        what: if breach { t.breach } else { t.warning },
        kind: t.name("clock", &f.kind),
        at: Moment::of(f.at),
        annulled: f.annulled_at.is_some(),
        breach,
    }
}

/// Why an alert came later on a channel.
pub struct Held {
    pub channel: String,
    pub why: String,
    pub until: Moment,
}

/// A notice that was held back, as it is shown.
pub fn held(h: &HeldRow, t: &Texts) -> Held {
    let channel = h.channel.split_once(':').map_or(h.channel.as_str(), |(_, name)| name);
    Held { channel: channel.to_owned(), why: t.name("held", &h.why), until: Moment::of(h.until_at) }
}

/// An event as it is shown.
pub fn event(e: &CaseEventRow, found: &Loaded, since: Option<i64>, t: &Texts) -> Event {
    let body: serde_json::Value = serde_json::from_str(&e.body).unwrap_or_default();
    let named = e.who.as_ref().and_then(|w| found.names.get(w)).cloned();
    let who = match e.who_kind.as_str() {
        "person" => named.unwrap_or_else(|| t.who_person.to_owned()),
        "rule" => format!("{} {}", t.who_rule, t.name("rule", e.who.as_deref().unwrap_or_default())),
        other => t.name("who", other),
    };
    let text = |key: &str| body.get(key).and_then(|r| r.as_str()).filter(|r| !r.is_empty());
    let of_clock = text("kind").filter(|_| e.who_kind == "rule");
    let what = match (of_clock, text("measure")) {
        (Some(kind), _) => format!("{}: {}", t.name("event", &e.kind), t.name("clock", kind)),
        (_, Some(measure)) => format!("{}: {}", t.name("event", &e.kind), t.name("measure", measure)),
        _ => t.name("event", &e.kind),
    };
    let of = |key: &str| text(key).map(|code| t.name(key, code));
    let what = match (of("protocol").or_else(|| of("label")), text("step")) {
        (Some(name), Some(step)) => format!("{what}: {name}, {}", t.name("step", step)),
        (Some(name), None) => format!("{what}: {name}"),
        _ => what,
    };
    let to = text("to").filter(|_| e.kind == "assign").and_then(|id| found.names.get(id));
    let what = match to {
        Some(name) => format!("{what} {name}"),
        None => what,
    };
    let what = match text("ticket").filter(|_| e.kind.starts_with("ticket_")) {
        Some(number) => format!("{what} (#{number})"),
        None => what,
    };
    let what = match super::shift::told(e, &found.names, t) {
        Some(more) => format!("{what}: {more}"),
        None => what,
    };
    let what = match body.get("parts").and_then(serde_json::Value::as_u64) {
        Some(parts) => format!("{what} ({parts} {})", t.files().split_in),
        None => what,
    };
    let words = text("content").map(|id| found.contents.get(id).map(String::as_str));
    let (note, by) = match (words, e.kind.as_str()) {
        (Some(Some(entry)), "ticket_comment") => {
            let entry: serde_json::Value = serde_json::from_str(entry).unwrap_or_default();
            let part = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            (Some(Shown::plain(&part("text"))), marked(&part("by")))
        }
        (Some(Some(words)), _) => (Some(Shown::plain(words)), String::new()),
        (Some(None), _) => (Some(Shown::plain(t.no_text)), String::new()),
        (None, _) => (None, String::new()),
    };
    let who = if by.is_empty() { who } else { format!("{who}: {by}") };
    let what = match text("amount") {
        Some(amount) => {
            format!("{what}: {amount}, {}", t.name("goodwill", text("kind_of").unwrap_or_default()))
        }
        None => text("outcome").map_or(what.clone(), |o| format!("{what}: {}", t.name("outcome", o))),
    };
    let said = if e.kind == "ending" { ending::told(&body, t) } else { changes(&body, t) };
    let put_right = Some(said).filter(|c| !c.is_empty());
    let until = body.get("until").and_then(serde_json::Value::as_i64).filter(|u| *u > e.at);
    Event {
        at: Moment::of(e.at),
        what,
        who,
        reason: note.or_else(|| text("reason").or(put_right.as_deref()).map(Shown::plain)),
        until: until.map(Moment::of),
        fresh: since.is_some_and(|seen| e.seq > seen),
    }
}

/// What a correction changed: `level: P5 → P3; needs an answer: no → yes`.
fn changes(body: &serde_json::Value, t: &Texts) -> String {
    let list = body.get("changes").and_then(serde_json::Value::as_array);
    let one = |change: &serde_json::Value| {
        let text = |key: &str| change.get(key)?.as_str();
        let field = Field::from_code(text("field")?)?;
        let word = |code: &str| match field {
            Field::Intent => t.name("intent", code),
            Field::Level | Field::Language => code.to_owned(),
            Field::NeedsAnswer | Field::NeedsPrivate => if code == "1" { t.yes } else { t.no }.to_owned(),
        };
        let label = t.name("field", field.code());
        Some(format!("{label}: {} \u{2192} {}", word(text("was")?), word(text("became")?)))
    };
    let all: Vec<String> = list.into_iter().flatten().filter_map(one).collect();
    all.join("; ")
}

/// What was sent that customers do not see.
pub fn sent(actions: &[ActionRow], t: &Texts) -> Vec<Sent> {
    let shown = |a: &&ActionRow| a.kind != "reply" || a.state == "done";
    let one = |a: &ActionRow| Sent {
        kind: match taken(a) {
            Some(measure) => t.name("measure", measure.code()),
            None => t.name("kind", &a.kind),
        },
        state: t.name("action", &a.state),
        at: Moment::of(a.created_at),
    };
    actions.iter().filter(shown).map(one).collect()
}

/// What else is to be said of a case beside its number.
pub fn marks(case: &CaseRow, t: &Texts) -> Vec<&'static str> {
    let flags = [
        (case.sample, t.sample),
        (case.historic, t.historic),
        (case.private, t.private),
        (case.wrote_again, t.wrote_again),
        (i64::from(case.solved_at.is_some()), t.solution_marked),
    ];
    flags.into_iter().filter(|(is, _)| *is == 1).map(|(_, mark)| mark).collect()
}
