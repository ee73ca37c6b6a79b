//! Which events the team is told of at once: pure decisions that become actions in the transaction
//! that caused them.
//!
//! P1 and P2 at arrival; P3 when nobody took it by half its target; warnings of P1 and P2; of a promise
//! to a customer the last warning, whatever the level; every breach. The rest waits for the digest: a
//! muted bot is a dead bot. Samples and history never alert. How bursts become few messages is the
//! chat's business, not decided here.

use crate::casefile::CaseFile;
use crate::clock::Mint;
use crate::domain::clocks::{ObligationKind, Stage};
use crate::domain::ids::ActionId;
use crate::domain::judgement::Level;
use crate::domain::time::Timestamp;
use crate::domain::window::Closing;
use crate::store::rows::{ActionRow, CaseRow, ClockEventRow};
use serde_json::json;

/// A chat of a team and the brands it hears of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// The credential with which it is told, such as `telegram`.
    pub credential: String,
    /// The chat, as the credential's platform names it.
    pub chat: String,
    /// The brands by name; empty means all.
    pub brands: Vec<String>,
    /// Whether leads read it, who hear at once of broken promises only.
    pub leads: bool,
}

impl Team {
    /// Whether it hears of a brand.
    pub fn hears(&self, brand: &str) -> bool {
        self.brands.is_empty() || self.brands.iter().any(|b| b.eq_ignore_ascii_case(brand))
    }
}

/// The occasion of an alert about a protocol.
pub const PROTOCOL: &str = "protocol";

/// Whether what is told of duty is that nobody is there while a P1 or P2 is due: that goes past quiet hours and limits, for
/// whoever would see the case itself is not there.
pub fn is_forsaken(kind: &str, body: &serde_json::Value) -> bool {
    kind == "duty" && body["kind"] == "nobody" && body["urgent"].as_i64().is_some_and(|n| n > 0)
}

/// The occasion of an alert that a promise to a customer is due soon.
pub const PROMISE: &str = "promise";

/// Whether an action tells that a promise to a customer is due soon.
pub fn is_owed(action: &ActionRow) -> bool {
    action.kind == "alert"
        && serde_json::from_str::<serde_json::Value>(&action.payload)
            .is_ok_and(|body| body["occasion"] == PROMISE)
}

/// The occasion of an alert about a private window that closes.
pub const WINDOW: &str = "window";
/// Of what kind a window is after which a person may still write by hand.
pub const THEN_BY_HAND: &str = "then_by_hand";

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// An urgent case came in, or a case became urgent.
    Arrival,
    /// A response is owed soon.
    Warning,
    /// What was promised to a customer is due soon.
    Promise,
    /// A promise was broken.
    Breach,
    /// Nobody can tell whether an answer was sent.
    Unknown,
    /// Nobody took an urgent case.
    Escalation,
    /// A protocol was proposed, begun, or nobody took it.
    Protocol,
    /// An answer in private is owed, and the platform takes it for a short time only.
    Window,
}

impl Occasion {
    /// The word in an action's payload.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Warning => "warning",
            Self::Promise => PROMISE,
            Self::Breach => "breach",
            Self::Unknown => "unknown",
            Self::Escalation => "escalation",
            Self::Protocol => PROTOCOL,
            Self::Window => WINDOW,
        }
    }

    /// Smaller goes first: a P1 that just came in before anything else.
    const fn priority(self, level: i64) -> i64 {
        match self {
            Self::Protocol => 5,
            Self::Arrival | Self::Escalation => 10 + level,
            Self::Breach => 20 + level,
            Self::Warning | Self::Promise => 30 + level,
            Self::Unknown | Self::Window => 15,
        }
    }
}

/// Whether a case is urgent enough to be told of when it comes in.
pub fn is_urgent(case: &CaseRow) -> bool {
    is_live(case) && case.needs_answer == 1 && Level::from_number(case.level) <= Level::P2
}

fn is_live(case: &CaseRow) -> bool {
    case.sample == 0 && case.historic == 0
}

/// The alerts for an urgent case that came in or became urgent; once a case and team.
pub fn arrival(case: &CaseRow, brand: &str, teams: &[Team], mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
    if !is_urgent(case) {
        return Vec::new();
    }
    let key = format!("{}:arrival", case.id);
    for_teams(case, brand, teams, Occasion::Arrival, &key, &json!({}), mint, now)
}

/// The alerts for an urgent case that was over and to which its customer came back; once a message and team.
pub fn back(case: &CaseRow, brand: &str, teams: &[Team], mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
    if !is_urgent(case) {
        return Vec::new();
    }
    let key = format!("{}:back:{}", case.id, case.last_message_at);
    for_teams(case, brand, teams, Occasion::Arrival, &key, &json!({}), mint, now)
}

/// The alerts for what fell due in a case: of several stages that fell due at once, the last. That a promise is due soon is
/// told beside the teams to a chat without a name, which stands for the person who is to hear of it instead of them: who
/// that is, if anybody, is found when the actions are written.
pub fn fallen(file: &CaseFile, brand: &str, teams: &[Team], mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
    let mut last_of_wait: std::collections::BTreeMap<i64, &ClockEventRow> = std::collections::BTreeMap::new();
    for event in &file.fell_due {
        last_of_wait.entry(event.wait).and_modify(|e| *e = event).or_insert(event);
    }
    let mut actions = Vec::new();
    for event in last_of_wait.into_values() {
        let Some(occasion) = occasion(file, event) else { continue };
        let key = format!("{}:{}:{}", file.case.id, event.wait, event.stage);
        let mut body = json!({ "kind": event.kind, "wait": event.wait, "at": event.at });
        if occasion == Occasion::Promise {
            let due = clock_of(file, event).and_then(|at| file.clocks.get(at)).map(|o| o.due_at);
            body["at"] = json!(due);
            body["has"] = json!(holder(&file.case, now));
            let own = Team { credential: PERSONAL.to_owned(), ..Team::default() };
            let hearing: Vec<Team> = teams.iter().cloned().chain([own]).collect();
            actions.extend(for_teams(&file.case, brand, &hearing, occasion, &key, &body, mint, now));
            continue;
        }
        actions.extend(for_teams(&file.case, brand, teams, occasion, &key, &body, mint, now));
    }
    actions
}

/// The alerts for an answer of which nobody can tell whether it was sent; once an attempt and team.
pub fn unknown(
    case: &CaseRow,
    brand: &str,
    action: &ActionRow,
    teams: &[Team],
    mint: &Mint,
    now: Timestamp,
) -> Vec<ActionRow> {
    let key = format!("{}:{}:unknown", action.id, action.attempts);
    for_teams(case, brand, teams, Occasion::Unknown, &key, &json!({ "action": action.id }), mint, now)
}

/// The alerts for an answer that did not arrive; once an answer and team. They are cards like those for answers of which
/// nobody can tell.
pub fn undelivered(
    case: &CaseRow,
    brand: &str,
    action: &str,
    teams: &[Team],
    mint: &Mint,
    now: Timestamp,
) -> Vec<ActionRow> {
    let key = format!("{action}:undelivered");
    for_teams(case, brand, teams, Occasion::Unknown, &key, &json!({ "action": action }), mint, now)
}

/// The alerts of one step of an escalation, for those whom the step names; once a run, step and team.
pub fn escalation(
    case: &CaseRow,
    brand: &str,
    teams: &[Team],
    (run, step): (i64, i64),
    mint: &Mint,
    now: Timestamp,
) -> Vec<ActionRow> {
    let key = format!("{}:run{run}:{step}", case.id);
    for_teams(case, brand, teams, Occasion::Escalation, &key, &json!({ "step": step }), mint, now)
}

/// The alerts for those who read the language of a P1 that nobody on duty reads, though they are off; once a run and person.
pub fn on_call(case: &CaseRow, brand: &str, people: &[Team], mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
    let key = format!("{}:on_call:{}", case.id, now.millis());
    for_teams(case, brand, people, Occasion::Escalation, &key, &json!({ "on_call": true }), mint, now)
}

/// The alerts that an urgent case was with somebody whose shift ended, and is nobody's now; once a version and team.
pub fn left(case: &CaseRow, brand: &str, teams: &[Team], mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
    let key = format!("{}:left:{}", case.id, case.version);
    for_teams(case, brand, teams, Occasion::Escalation, &key, &json!({ "left": true }), mint, now)
}

/// The alerts that a private window of a case closes; once an end of a window and team.
pub fn closing(
    case: &CaseRow,
    brand: &str,
    teams: &[Team],
    closing: Closing,
    mint: &Mint,
    now: Timestamp,
) -> Vec<ActionRow> {
    if !is_live(case) {
        return Vec::new();
    }
    let key = format!("{}:window:{}", case.id, closing.at.millis());
    let mut body = json!({ "at": closing.at.millis() });
    if closing.then_by_hand {
        body["kind"] = json!(THEN_BY_HAND);
    }
    for_teams(case, brand, teams, Occasion::Window, &key, &body, mint, now)
}

/// The alerts about a protocol of a case, for those whom it names; once a protocol, time it is told, and team.
pub fn protocol(
    case: &CaseRow,
    brand: &str,
    teams: &[Team],
    (id, kind, stage): (&str, &str, &str),
    mint: &Mint,
    now: Timestamp,
) -> Vec<ActionRow> {
    let key = format!("{}:{id}:{stage}", case.id);
    let body = json!({ "protocol": kind, "stage": stage });
    for_teams(case, brand, teams, Occasion::Protocol, &key, &body, mint, now)
}

/// With which credential people are told in chats of their own.
const PERSONAL: &str = "telegram";

/// Who has a case at an instant.
fn holder(case: &CaseRow, now: Timestamp) -> Option<&String> {
    case.claimed_by.as_ref().filter(|_| case.claimed_until.is_none_or(|until| until > now.millis()))
}

/// The clock of which a stage fell due.
fn clock_of(file: &CaseFile, event: &ClockEventRow) -> Option<usize> {
    file.clocks.iter().position(|o| o.wait == event.wait && o.part == event.part)
}

/// Whether a warning is the last one before its clock is due.
fn is_last(file: &CaseFile, event: &ClockEventRow, warning: u8) -> bool {
    let clock = clock_of(file, event).and_then(|at| file.obligation(at).ok());
    clock.is_some_and(|o| usize::from(warning) + 1 == o.warn_at.len())
}

fn occasion(file: &CaseFile, event: &ClockEventRow) -> Option<Occasion> {
    let ended =
        file.clocks.iter().any(|o| o.wait == event.wait && o.part == event.part && o.ended_at.is_some());
    let level = Level::from_number(file.case.level);
    let response = ObligationKind::from_code(&event.kind).is_some_and(ObligationKind::is_response);
    let nobody = file.case.claimed_by.is_none();
    match Stage::from_number(event.stage) {
        _ if !is_live(&file.case) => None,
        // Of every warning people stop reading; the one that still leaves time to keep it is enough.
        Stage::Warning(n) if event.kind == ObligationKind::Promise.code() => {
            (!ended && is_last(file, event, n)).then_some(Occasion::Promise)
        }
        Stage::Warning(_) if file.case.held_until.is_some_and(|until| until > event.at) => None,
        Stage::Breach => Some(Occasion::Breach),
        Stage::Warning(_) if ended || !response => None,
        Stage::Warning(_) if level <= Level::P2 => Some(Occasion::Warning),
        Stage::Warning(_) if level == Level::P3 && nobody => Some(Occasion::Warning),
        Stage::Warning(_) => None,
    }
}

#[expect(clippy::too_many_arguments, reason = "one private maker of rows; a struct would only rename them")]
fn for_teams(
    case: &CaseRow,
    brand: &str,
    teams: &[Team],
    occasion: Occasion,
    key: &str,
    body: &serde_json::Value,
    mint: &Mint,
    now: Timestamp,
) -> Vec<ActionRow> {
    let at_once = |t: &&Team| {
        !t.leads || matches!(occasion, Occasion::Breach | Occasion::Escalation | Occasion::Protocol)
    };
    let hearing = teams.iter().filter(|t| t.hears(brand)).filter(at_once);
    hearing
        .map(|team| {
            let id = mint.id(now, ActionId::new).to_string();
            let once = format!("alert:{}:{}:{key}", team.credential, team.chat);
            let mut action = ActionRow::ready(id, &case.brand_id, "alert", &team.credential, once, now);
            action.case_id = Some(case.id.clone());
            action.priority = occasion.priority(case.level);
            let mut payload = body.clone();
            payload["chat"] = json!(team.chat);
            payload["occasion"] = json!(occasion.code());
            action.payload = payload.to_string();
            action
        })
        .collect()
}
