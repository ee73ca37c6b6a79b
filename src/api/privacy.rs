//! What people may ask of us, for programs that may do what leads and admins may. What is answered to a write names
//! nobody, for it is remembered for a while.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use crate::domain::time::Timestamp;
use crate::privacy::{By, Preview, PrivacyError, Remains};
use crate::store::sweep::{self, OwedRow};
use crate::store::{erase, hold, retention};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

impl From<PrivacyError> for Problem {
    fn from(error: PrivacyError) -> Self {
        match error {
            PrivacyError::Refused(why) => Self::new(Kind::Refused, why),
            PrivacyError::Store(error) => error.into(),
        }
    }
}

/// How much of a kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Piece {
    /// posts, answers, texts, files, raw, drafts, waiting, cards, tickets, findings.
    pub what: String,
    /// How many.
    pub n: i64,
}

/// What is kept of a person.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Kept {
    /// Their accounts, as people know them.
    pub accounts: Vec<String>,
    /// Their cases, as `BRAND #NUMBER`.
    pub cases: Vec<String>,
    /// The cases of others that are about them, as `BRAND #NUMBER`: what is known of them there would go.
    pub about: Vec<String>,
    /// How many of the cases are open; an erasure ends them.
    pub open: usize,
    /// How much of each kind.
    pub pieces: Vec<Piece>,
    /// Why an erasure would be refused; empty where it would not.
    pub refused: Vec<String>,
}

fn pieces(preview: &Preview) -> Vec<Piece> {
    preview.counts.iter().map(|(what, n)| Piece { what: what.clone(), n: *n }).collect()
}

/// Who is meant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhoBody {
    /// `BRAND#NUMBER` of a case, a handle, a mail address, a telephone or customer number, or an account's id.
    pub who: String,
}

/// Who is erased.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseBody {
    /// `BRAND#NUMBER` of a case, a handle, a mail address, a telephone or customer number, or an account's id.
    pub who: String,
    /// Whether they are not watched any more.
    #[serde(default)]
    pub stop_watching: bool,
}

/// What an erasure came to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Erased {
    /// How much of each kind went.
    pub pieces: Vec<Piece>,
    /// What remains in which ticket of which system, until it is gone there.
    pub remains: Vec<Remaining>,
    /// By which the objection is taken back, if one was made.
    pub objection: Option<String>,
}

/// Words of somebody who was erased that still stand on a ticket.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Remaining {
    /// The ticket system by name.
    pub system: String,
    /// The ticket by its number there.
    pub ticket: String,
    /// The case; `POST /cases/{case}/tickets/{link}/words-gone` says that they are gone.
    pub case: String,
    /// The id of the tie.
    pub link: String,
    /// On how many notes they stand.
    pub notes: i64,
    /// On how many of these a person must take them away; the others are on their way.
    pub by_hand: i64,
}

impl Remaining {
    fn of(r: Remains) -> Self {
        Self {
            system: r.system,
            ticket: r.ticket_id,
            case: r.case_id,
            link: r.link_id,
            notes: r.notes,
            by_hand: r.by_hand,
        }
    }
}

/// An objection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Objection {
    /// By which it is taken back.
    pub label: String,
}

/// Everything about a person.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Exported {
    /// JSON objects, one a line, each with what it is in `line`.
    pub lines: Vec<String>,
}

/// A hold on a case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// The case, as `BRAND#NUMBER`.
    pub case: String,
    /// Why.
    pub ground: String,
    /// Until when, RFC 3339.
    pub until: String,
}

/// A case that is not to be held any more.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBody {
    /// The case, as `BRAND#NUMBER`.
    pub case: String,
}

/// Whether something was done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Done {
    /// Whether there was something to do.
    pub done: bool,
}

/// A held case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Held {
    /// The case.
    pub case: String,
    /// Its number.
    pub number: i64,
    /// Until when.
    pub until: String,
}

/// What retention took away.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Went {
    /// The day.
    pub day: String,
    /// The platform.
    pub platform: String,
    /// How many cases lost their words.
    pub cases: i64,
}

/// How privacy stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct State {
    /// Labels of objections.
    pub objections: Vec<String>,
    /// Cases that are held.
    pub holds: Vec<Held>,
    /// What retention took away of late.
    pub retention: Vec<Went>,
    /// When persons were erased of late.
    pub erasures: Vec<String>,
    /// What of people who were erased remains in which ticket of which system, until it is gone there.
    pub remains: Vec<Remaining>,
    /// What of the database still has to be rid of what was erased; nothing where all of it is.
    pub in_files: Vec<InFiles>,
}

/// A table, or a file, that still has to be rid of what was erased.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InFiles {
    /// Its name.
    pub name: String,
    /// Since when that is owed.
    pub since: String,
    /// Why it could not be done the last time; empty where it was not tried.
    pub why: String,
}

impl InFiles {
    fn of(owed: OwedRow) -> Self {
        Self { name: owed.name, since: Timestamp(owed.since).rfc3339(), why: owed.why }
    }
}

fn by(call: &Call) -> By {
    By::Person(call.bearer.person.clone())
}

/// What is kept about the people of the team.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StaffData {
    /// In lines: each kind with how long it is kept, then each person with how much of each kind there is.
    pub lines: Vec<String>,
}

/// `GET /privacy/staff`.
pub async fn staff(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    Reply::json(&StaffData { lines: call.api.privacy.staff().await? })
}

/// `GET /privacy`.
pub async fn state(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let (brands, now) = (call.brands(), call.api.clock.now());
    let read = call.api.db.read("reading about privacy", move |tx| {
        Box::pin(async move {
            let mut holds = Vec::new();
            for brand in &brands {
                let one = |h: hold::ShownHold| Held {
                    case: h.case_id,
                    number: h.number,
                    until: Timestamp(h.until_ms).rfc3339(),
                };
                holds.extend(hold::of_brand(tx, &brand.id, now).await?.into_iter().map(one));
            }
            let went = retention::latest(tx).await?.into_iter();
            let retention = went.map(|(day, platform, cases)| Went { day, platform, cases }).collect();
            let erasures = erase::latest(tx).await?.iter().map(|e| Timestamp(e.0).rfc3339()).collect();
            let in_files = sweep::owed(tx).await?.into_iter().map(InFiles::of).collect();
            Ok((holds, retention, erasures, in_files))
        })
    });
    let (holds, retention, erasures, in_files) = read.await?;
    let objections = call.api.privacy.objections().await?.into_iter().map(|o| o.label).collect();
    let remains = call.api.privacy.remains().await?.into_iter().map(Remaining::of).collect();
    Reply::json(&State { objections, holds, retention, erasures, remains, in_files })
}

/// `POST /privacy/preview`.
pub async fn preview(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: WhoBody = call.body()?;
    let found = call.api.privacy.preview(&asked.who).await?;
    Reply::json(&Kept {
        pieces: pieces(&found),
        accounts: found.accounts,
        cases: found.cases,
        about: found.about,
        open: found.open,
        refused: found.refused,
    })
}

/// `POST /privacy/export`.
pub async fn export(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: WhoBody = call.body()?;
    Reply::json(&Exported { lines: call.api.privacy.called(call.caller.clone()).export(&asked.who).await? })
}

/// `POST /privacy/erase`.
pub async fn erase(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: EraseBody = call.body()?;
    let done = call
        .api
        .privacy
        .called(call.caller.clone())
        .erase(&asked.who, asked.stop_watching, &by(&call))
        .await?;
    let remains = done.remains.into_iter().map(Remaining::of).collect();
    Reply::json(&Erased { pieces: pieces(&done.went), remains, objection: done.objection })
}

/// `POST /privacy/objections`.
pub async fn object(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: WhoBody = call.body()?;
    Reply::json(&Objection {
        label: call.api.privacy.called(call.caller.clone()).object(&asked.who, &by(&call)).await?,
    })
}

/// `POST /privacy/objections/{label}/take-back`.
pub async fn take_back(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let done = call.api.privacy.called(call.caller.clone()).take_back(call.part("label"), &by(&call)).await?;
    Reply::json(&Done { done })
}

/// `POST /privacy/holds`.
pub async fn hold(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: HoldBody = call.body()?;
    let until = Timestamp::parse(&asked.until).map_err(|e| Problem::invalid("until", e.to_string()))?;
    let (brand, case) = call.api.privacy.case_of(&asked.case).await?;
    call.api
        .privacy
        .called(call.caller.clone())
        .hold(&brand, &case, &asked.ground, until, &by(&call))
        .await?;
    Reply::json(&Done { done: true })
}

/// `POST /privacy/holds/end`.
pub async fn release(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: ReleaseBody = call.body()?;
    let (brand, case) = call.api.privacy.case_of(&asked.case).await?;
    Reply::json(&Done {
        done: call.api.privacy.called(call.caller.clone()).release(&brand, &case, &by(&call)).await?,
    })
}
