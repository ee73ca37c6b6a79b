//! Cases and what belongs to them, as they are shown to programs. Words of customers stand in few fields, and
//! personal data in them is covered unless the token's scope, or the claim, opens it.

use super::promises::{self, Promised};
use super::word::{At, at};
use crate::domain::judgement::{Level, PersonalData};
use crate::domain::time::Timestamp;
use crate::store::console::{self, ShownMessage};
use crate::store::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use crate::store::{StoreError, Tx, person};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// What stands in place of personal data.
pub const COVER: &str = "•••";
/// Most effects that are shown with a case.
const EFFECTS_MAX: i64 = 20;

/// Somebody of the team, or a service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Who {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
}

/// Names by id.
pub type Names = HashMap<String, String>;

/// Everybody's name by id.
pub async fn names(tx: &mut Tx) -> Result<Names, StoreError> {
    Ok(person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect())
}

/// Somebody by id.
pub fn who(id: &str, names: &Names) -> Who {
    Who { id: id.to_owned(), name: names.get(id).cloned().unwrap_or_default() }
}

/// A case without anybody's words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// Its short number within the brand.
    pub number: i64,
    /// The brand by name.
    pub brand: String,
    /// The platform.
    pub platform: String,
    /// The channel of the policy.
    pub channel: String,
    /// Whether it began in private.
    pub private: bool,
    /// Whether all of it was posted before its source counted: it has no clocks.
    pub historic: bool,
    /// Its state.
    pub state: String,
    /// Whether that state is open.
    pub open: bool,
    /// Since when it is in that state.
    pub state_since: At,
    /// Who has claimed it.
    pub claimed_by: Option<Who>,
    /// Until when.
    pub claimed_until: Option<At>,
    /// `P1` to `P5`.
    pub level: String,
    /// 0 to 100.
    pub urgency: i64,
    /// What of its urgency came of its course, with weights: that its customer asked again, and after we were late.
    pub course: Value,
    /// What its author wants.
    pub intent: String,
    /// Its language.
    pub language: String,
    /// Whether anything in it needs an answer.
    pub needs_answer: bool,
    /// Whether anything in it needs a private channel.
    pub needs_private: bool,
    /// The policy by name.
    pub policy: String,
    /// The case before this one in the conversation.
    pub previous: Option<String>,
    /// When the first message was posted.
    pub opened_at: At,
    /// When we received it.
    pub received_at: At,
    /// When the last message was posted.
    pub last_message_at: At,
    /// When we first answered.
    pub first_answer_at: Option<At>,
    /// The nearest deadline of a response that is owed.
    pub due_at: Option<At>,
    /// Until when somebody put it away; its clocks run on.
    pub snoozed_until: Option<At>,
    /// Until when it is left to the members of a forum.
    pub held_until: Option<At>,
    /// Why it ended, in the words of whoever ended it.
    pub ended_why: Option<String>,
    /// The version, for `If-Match`.
    pub version: i64,
    /// When it last changed.
    pub changed_at: At,
}

impl Case {
    /// Of a row.
    pub fn of(c: &CaseRow, brand: &str, names: &Names) -> Self {
        Self {
            id: c.id.clone(),
            number: c.number,
            brand: brand.to_owned(),
            platform: c.platform.clone(),
            channel: c.channel.clone(),
            private: c.private == 1,
            historic: c.historic == 1,
            state: c.state.clone(),
            open: c.open == 1,
            state_since: at(c.state_since),
            claimed_by: c.claimed_by.as_ref().map(|id| who(id, names)),
            claimed_until: c.claimed_until.map(at),
            level: Level::from_number(c.level).code().to_owned(),
            urgency: c.urgency,
            course: serde_json::from_str(&c.course).unwrap_or_default(),
            intent: c.intent.clone(),
            language: c.language.clone(),
            needs_answer: c.needs_answer == 1,
            needs_private: c.needs_private == 1,
            policy: c.policy.clone(),
            previous: c.previous_case_id.clone(),
            opened_at: at(c.opened_at),
            received_at: at(c.received_at),
            last_message_at: at(c.last_message_at),
            first_answer_at: c.first_answer_at.map(at),
            due_at: c.due_at.map(at),
            snoozed_until: c.snoozed_until.map(at),
            held_until: c.held_until.map(at),
            ended_why: c.ended_why.clone(),
            version: c.version,
            changed_at: at(c.changed_at),
        }
    }
}

/// An effect on its way or done: an answer, a measure, a ticket.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Effect {
    /// Its id; with it an answer is called back.
    pub id: String,
    /// What kind: `reply`, `moderate`, …
    pub kind: String,
    /// `ready`, `sending`, `done`, `unknown`, …
    pub state: String,
    /// Before this instant it does not leave, and can be called back.
    pub not_before: At,
    /// The platform's id of what was made.
    pub remote_id: Option<String>,
    /// What is known, for people.
    pub detail: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was meant.
    pub created_at: At,
    /// Who made it.
    pub made_by: Option<Who>,
    /// Of an answer in parts which one it is, such as `2/3`; it leaves once the one before it stands.
    pub part: Option<String>,
}

impl Effect {
    /// Of a row.
    pub fn of(a: &ActionRow, names: &Names) -> Self {
        Self {
            id: a.id.clone(),
            kind: a.kind.clone(),
            state: a.state.clone(),
            not_before: at(a.not_before),
            remote_id: a.remote_id.clone(),
            detail: a.detail.clone(),
            attempts: a.attempts,
            created_at: at(a.created_at),
            made_by: a.made_by.as_ref().map(|id| who(id, names)),
            part: part_of(&a.payload),
        }
    }
}

/// Which part of an answer an action is, as its payload tells.
fn part_of(payload: &str) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    let number = |name: &str| payload["part"][name].as_u64();
    Some(format!("{}/{}", number("n")?, number("of")?))
}

/// What an act answers: the case after it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Acted {
    /// The case as it is now.
    pub case: Case,
    /// What goes to customers because of it and before it, the latest first. The first `reply` in state `ready` is what
    /// can be called back; of an answer in parts any of them calls all back that has not left.
    pub effects: Vec<Effect>,
    /// What is promised to the customer, as it stands now; that of a ticket without its words.
    pub promises: Vec<Promised>,
}

impl Acted {
    /// Reads it in the transaction of the act.
    pub async fn read(tx: &mut Tx, case: &CaseRow, brand: &str, now: Timestamp) -> Result<Self, StoreError> {
        let names = names(tx).await?;
        let at = (case.brand_id.as_str(), case.id.as_str());
        let promises = promises::of_case(tx, at, &names, (false, now)).await?;
        let effects = console::effects_of(tx, &case.brand_id, &case.id, EFFECTS_MAX).await?;
        Ok(Self {
            case: Case::of(case, brand, &names),
            effects: effects.iter().map(|a| Effect::of(a, &names)).collect(),
            promises,
        })
    }
}

/// One event of a timeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event {
    /// Its number in the case; the version of the case after it.
    pub seq: i64,
    /// When it happened.
    pub at: At,
    /// When it was written down.
    pub recorded_at: At,
    /// What happened.
    pub kind: String,
    /// `customer`, `person`, `rule`, …
    pub who_kind: String,
    /// Who of us.
    pub who: Option<Who>,
    /// The state of the case after it.
    pub state: String,
    /// What else is known of it; refers to words by id.
    pub body: Value,
    /// The words of a note, a comment of a ticket, a promise.
    pub text: Option<String>,
}

impl Event {
    /// Of a row, with words by id.
    /// What the front office wrote into a ticket may hold what its customer said there: it is told only to those
    /// who may read personal data.
    pub fn of(e: &CaseEventRow, names: &Names, words: &HashMap<String, String>, open: bool) -> Self {
        let body: Value = serde_json::from_str(&e.body).unwrap_or_default();
        let text = body.get("content").and_then(Value::as_str).and_then(|id| words.get(id)).cloned();
        let text = match e.kind.as_str() {
            "ticket_comment" if !open => None,
            "ticket_comment" => member(text.as_deref(), "text"),
            _ => text,
        };
        Self {
            seq: e.seq,
            at: at(e.at),
            recorded_at: at(e.recorded_at),
            kind: e.kind.clone(),
            who_kind: e.who_kind.clone(),
            who: e.who.as_ref().map(|id| who(id, names)),
            state: e.state.clone(),
            body,
            text,
        }
    }
}

/// One message of a customer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// The platform's id.
    pub external_id: String,
    /// When it was posted.
    pub posted_at: At,
    /// When we received it.
    pub received_at: At,
    /// Whether only we can read it.
    pub private: bool,
    /// How often it was edited, from 1.
    pub revision: i64,
    /// When its author deleted it.
    pub deleted_at: Option<At>,
    /// Who wrote it, as the platform shows them.
    pub author: Option<String>,
    /// Its words; personal data is covered unless it may be read.
    pub text: Option<String>,
    /// Kinds of personal data in it.
    pub personal: Vec<String>,
    /// Whether something is covered.
    pub covered: bool,
    /// `P1` to `P5`, as triage saw it.
    pub level: String,
    /// 0 to 100.
    pub urgency: i64,
    /// Why it is as urgent as it is, with weights.
    pub reasons: Value,
}

impl Message {
    /// Of a row; with `open` nothing is covered.
    pub fn of(m: &ShownMessage, open: bool) -> Self {
        let places: Vec<PersonalData> = serde_json::from_str(&m.personal_data).unwrap_or_default();
        let text = member(m.body.as_deref(), "text");
        let kinds = places.iter().map(|p| p.kind.code().to_owned());
        Self {
            id: m.mention_id.clone(),
            external_id: m.external_id.clone(),
            posted_at: at(m.posted_at),
            received_at: at(m.received_at),
            private: m.private == 1,
            revision: m.revision,
            deleted_at: m.deleted_at.map(at),
            author: member(m.profile.as_deref(), "handle").or_else(|| member(m.profile.as_deref(), "name")),
            text: text.map(|t| if open { t } else { covered(&t, &places) }),
            personal: kinds.collect(),
            covered: !open && !places.is_empty(),
            level: Level::from_number(m.level).code().to_owned(),
            urgency: m.urgency,
            reasons: serde_json::from_str(&m.reasons).unwrap_or_default(),
        }
    }
}

/// One member of a JSON object that is a text.
pub fn member(json: Option<&str>, name: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json?).ok()?;
    value.get(name)?.as_str().filter(|t| !t.is_empty()).map(ToOwned::to_owned)
}

/// A text with what stands at these places covered. Places that do not fit the text cover all of it.
pub fn covered(text: &str, places: &[PersonalData]) -> String {
    let mut places: Vec<(usize, usize)> = places.iter().map(|p| (p.start, p.end)).collect();
    places.sort_unstable();
    let (mut out, mut from) = (String::new(), 0);
    for (start, end) in places {
        if end <= from {
            continue;
        }
        let Some(before) = text.get(from..start.max(from)) else { return COVER.to_owned() };
        out.push_str(before);
        out.push_str(COVER);
        from = end;
    }
    match text.get(from..) {
        Some(rest) => out + rest,
        None => COVER.to_owned(),
    }
}

/// One clock.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Clock {
    /// Which wait of the case.
    pub wait: i64,
    /// Which part of that wait.
    pub part: i64,
    /// `first_response`, `next_response`, `first_resolution`, `total_resolution` or `promise`.
    pub kind: String,
    /// `running`, `held`, `kept`, `broken`, `superseded`, `void`, …
    pub state: String,
    /// Under which policy it began.
    pub policy: String,
    /// In which version.
    pub policy_version: i64,
    /// When it began.
    pub started_at: At,
    /// What was promised, in milliseconds of open time.
    pub target_ms: i64,
    /// When it is due.
    pub due_at: At,
    /// Since when it is held.
    pub held_since: Option<At>,
    /// When it ended.
    pub ended_at: Option<At>,
    /// By what it ended.
    pub ended_by: Option<String>,
}

impl Clock {
    /// Of a row.
    pub fn of(o: &ObligationRow) -> Self {
        Self {
            wait: o.wait,
            part: o.part,
            kind: o.kind.clone(),
            state: o.state.clone(),
            policy: o.policy.clone(),
            policy_version: o.policy_version,
            started_at: at(o.started_at),
            target_ms: o.target_ms,
            due_at: at(o.due_at),
            held_since: o.held_since.map(at),
            ended_at: o.ended_at.map(at),
            ended_by: o.ended_by.clone(),
        }
    }
}

/// Something that fell due.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Fell {
    /// Which wait of the case.
    pub wait: i64,
    /// Which stage of it: warnings from 0, the breach is 100.
    pub stage: i64,
    /// What was promised.
    pub kind: String,
    /// When it fell due.
    pub at: At,
    /// When that was written down.
    pub recorded_at: At,
    /// When it was found that it had been kept after all.
    pub annulled_at: Option<At>,
}

impl Fell {
    /// Of a row.
    pub fn of(e: &ClockEventRow) -> Self {
        Self {
            wait: e.wait,
            stage: e.stage,
            kind: e.kind.clone(),
            at: at(e.at),
            recorded_at: at(e.recorded_at),
            annulled_at: e.annulled_at.map(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judgement::PersonalDataKind;

    #[test]
    fn places_are_covered_whatever_they_are() {
        let place = |start, end| PersonalData { kind: PersonalDataKind::Phone, start, end };
        let text = "call 0612345678 or é@x.nl now";
        assert_eq!(covered(text, &[]), text);
        assert_eq!(covered(text, &[place(5, 15)]), "call ••• or é@x.nl now");
        assert_eq!(covered(text, &[place(19, 26), place(5, 15)]), "call ••• or ••• now");
        assert_eq!(covered(text, &[place(5, 15), place(7, 12)]), "call ••• or é@x.nl now");
        for bad in [place(20, 21), place(5, 900), place(900, 901)] {
            assert!(!covered(text, &[bad]).contains("x.nl") || bad.start == 20, "{bad:?}");
        }
        assert_eq!(covered(text, &[place(5, 900)]), COVER);
    }
}
