//! Promises, by program: written down, or found in the words of an answer and confirmed.

use super::acts::Body;
use super::ask::{Call, Reply};
use super::cases::is_mine;
use super::problem::{Kind, Problem};
use super::shape::{Names, Who, names, who};
use super::word::{At, at};
use crate::casework::promising::Standing;
use crate::casework::proposing::Proposal;
use crate::casework::{Act, Beside, NewPromise, Promising};
use crate::domain::clocks::ObligationState;
use crate::domain::promise::Act as Deed;
use crate::domain::promise::state::Standing as Stands;
use crate::domain::promise::whom::ToWhom;
use crate::domain::time::Timestamp;
use crate::store::promise::{self, Call as PhoneCall, PromiseRow};
use crate::store::{StoreError, Tx, answer, case, console};
use crate::tokens::Scope;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What is to be done for the customer.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeedWord {
    /// Call.
    Call,
    /// Write a mail.
    Mail,
    /// Answer.
    Answer,
    /// Pay back.
    Refund,
    /// Send something.
    Send,
    /// Solve it.
    Solve,
    /// Come by.
    Visit,
}

impl DeedWord {
    const fn deed(self) -> Deed {
        match self {
            Self::Call => Deed::Call,
            Self::Mail => Deed::Mail,
            Self::Answer => Deed::Answer,
            Self::Refund => Deed::Refund,
            Self::Send => Deed::Send,
            Self::Solve => Deed::Solve,
            Self::Visit => Deed::Visit,
        }
    }
}

/// What becomes of what stands already and says otherwise.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BesideWord {
    /// Nobody said: it is refused with what stands.
    #[default]
    Ask,
    /// The new one takes its place; a ticket whose promise it was is told.
    Replace,
    /// Both stand; `reason` says why.
    Both,
}

impl BesideWord {
    fn with(self, reason: &str) -> Beside {
        match self {
            Self::Ask => Beside::Ask,
            Self::Replace => Beside::Replace,
            Self::Both => Beside::Both { reason: reason.to_owned() },
        }
    }
}

/// To whom something is promised.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToWhomWord {
    /// Who wrote.
    Reporter,
    /// Whose matter it is.
    Customer,
    /// Somebody else; `to_words` says who.
    Other,
}

impl ToWhomWord {
    const fn whom(self) -> ToWhom {
        match self {
            Self::Reporter => ToWhom::Reporter,
            Self::Customer => ToWhom::Customer,
            Self::Other => ToWhom::Other,
        }
    }
}

/// Writes down what was promised to the customer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseBody {
    /// The words.
    text: String,
    /// Until when.
    due: At,
    /// Who owes it: `webcare`, `front_office`, or a team by name.
    owed_by: String,
    /// What is to be done.
    #[serde(default)]
    act: Option<DeedWord>,
    /// By which number they are called, if it is a call; given in private.
    #[serde(default)]
    number: String,
    /// Who is called, if that is not who wrote.
    #[serde(default)]
    whom: String,
    /// To whom; without a word the customer where one was said, else who wrote.
    #[serde(default)]
    to: Option<ToWhomWord>,
    /// Who that is, where it is neither.
    #[serde(default)]
    to_words: String,
    /// Whether the customer told of it: somebody else made it.
    #[serde(default)]
    told: bool,
    /// What becomes of what stands already and says otherwise.
    #[serde(default)]
    beside: BesideWord,
    /// Why both stand.
    #[serde(default)]
    reason: String,
}

impl PromiseBody {
    fn made(self) -> Box<NewPromise> {
        Box::new(NewPromise {
            text: self.text,
            due: self.due.0,
            owed_by: self.owed_by,
            act: self.act.map_or("", |a| a.deed().code()).to_owned(),
            call: PhoneCall { number: self.number, whom: self.whom },
            to: self.to.map(ToWhomWord::whom),
            to_words: self.to_words,
            told: self.told,
            beside: self.beside.with(&self.reason),
        })
    }
}

impl Body for PromiseBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Promise(self.made()))
    }
}

/// What becomes of a promise in the words of an answer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InWords {
    /// The words are not read for one.
    #[default]
    Unread,
    /// They are read: an answer that promises is refused once, with what was found.
    Ask,
    /// They promise nothing.
    Without,
    /// They promise this, which is written down with the answer.
    With(PromiseBody),
    /// They promise these, at most eight, and nothing else.
    Each(#[schemars(length(min = 1, max = 8))] Vec<PromiseBody>),
}

impl InWords {
    /// As casework takes it.
    pub(super) fn meant(self) -> Promising {
        match self {
            Self::Unread => Promising::Unasked,
            Self::Ask => Promising::Ask,
            Self::Without => Promising::Without,
            Self::With(body) => Promising::With(vec![*body.made()]),
            Self::Each(all) if all.is_empty() => Promising::Without,
            Self::Each(all) => Promising::With(all.into_iter().map(|body| *body.made()).collect()),
        }
    }
}

/// Somebody tried to call, as was promised.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriedBody {
    /// They were reached, which keeps the promise.
    reached: bool,
    /// When it is to be tried again, if they were not.
    #[serde(default)]
    next: Option<At>,
}

impl OfPromise for TriedBody {
    fn act(self, wait: i64) -> Act {
        Act::CallTried { wait, reached: self.reached, next: self.next.map(|at| at.0) }
    }
}

/// A promise was kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepBody {}

impl OfPromise for KeepBody {
    fn act(self, wait: i64) -> Act {
        Act::KeepPromise { wait }
    }
}

/// A promise need not be kept any more, or will not be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropBody {
    /// Why.
    reason: String,
}

impl OfPromise for DropBody {
    fn act(self, wait: i64) -> Act {
        Act::DropPromise { wait, reason: self.reason }
    }
}

/// A promise will not be kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakBody {
    /// Why.
    reason: String,
}

impl OfPromise for BreakBody {
    fn act(self, wait: i64) -> Act {
        Act::BreakPromise { wait, reason: self.reason }
    }
}

/// A promise is due at another time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// Until when.
    due: At,
    /// Why; also why both stand, if another says otherwise.
    reason: String,
    /// What becomes of what stands beside it and says otherwise.
    #[serde(default)]
    beside: BesideWord,
}

impl OfPromise for MoveBody {
    fn act(self, wait: i64) -> Act {
        let beside = self.beside.with(&self.reason);
        Act::MovePromise { wait, due: self.due.0, reason: self.reason, beside }
    }
}

/// A body that says what is to be done with the promise in the address.
pub trait OfPromise: DeserializeOwned + JsonSchema + Send {
    /// The act on the promise with this wait.
    fn act(self, wait: i64) -> Act;
}

/// Carries out what a body says of the promise in the address, which is named by its id, or by its wait as before
/// there were ids. One that meanwhile went to another case is not found here.
pub async fn carry_out<B: OfPromise>(call: Call) -> Result<Reply, Problem> {
    let body: B = call.body()?;
    let wait = wait_of(&call).await?;
    call.act(body.act(wait)).await
}

/// The wait of the promise in the address.
async fn wait_of(call: &Call) -> Result<i64, Problem> {
    let (at, named) = (call.case().await?, call.part("promise").to_owned());
    let read = call.api.db.read("reading a promise", move |tx| {
        Box::pin(async move { promise::of_case(tx, &at.brand_id, &at.id).await })
    });
    let wait: Option<i64> = named.parse().ok();
    let found = read.await?.into_iter().find(|p| p.id == named || Some(p.wait) == wait);
    Ok(found.ok_or_else(Problem::not_found)?.wait)
}

/// A promise to the customer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Promised {
    /// Its id, which stays when it goes to another case with its conversation.
    pub id: String,
    /// Its wait in this case; its clock is the obligation with that number.
    pub wait: i64,
    /// `running`, `overdue`, `kept`, `late`, `broken`, `replaced`, `unsaid` (the answer in which it was made has not
    /// left) or `called_off`.
    pub state: String,
    /// The words.
    pub text: Option<String>,
    /// What is to be done, a code; may be empty.
    pub act: String,
    /// Who owes it: `webcare`, `front_office`, or a team by name.
    pub owed_by: String,
    /// To whom: `reporter`, `customer` or `other`.
    pub to: String,
    /// Who that is, where it is neither; only for who may read personal data.
    pub to_words: Option<String>,
    /// Until when.
    pub due: Option<At>,
    /// When it ended.
    pub ended_at: Option<At>,
    /// Where it was made: `person` wrote it down, in an `answer`, told by the `customer`, on a `ticket`.
    pub origin: String,
    /// The answer in which it was made: the id of its effect.
    pub effect: Option<String>,
    /// The tie to the ticket whose due date it is.
    pub link: Option<String>,
    /// Who made it.
    pub made_by: Who,
    /// When.
    pub made_at: At,
    /// How often it was tried to call, if it is a call.
    pub tries: usize,
}

impl Promised {
    /// Whether it tells something personal.
    pub(super) fn is_opened(&self) -> bool {
        self.to_words.is_some() || self.origin == "ticket" && self.text.is_some()
    }
}

/// The promises of a case, in the order of their waits. That of a ticket is its subject, which is personal: it is
/// told where `open`.
pub(super) async fn of_case(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    names: &Names,
    (open, now): (bool, Timestamp),
) -> Result<Vec<Promised>, StoreError> {
    let rows = promise::of_case(tx, brand_id, case_id).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = rows.iter().flat_map(|p| [p.content_id(), p.whom_id()]).collect();
    let words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
    let clocks = case::clocks(tx, case_id).await?;
    let tries = promise::tries_of(tx, brand_id, case_id).await?;
    let one = |p: &PromiseRow| {
        let clock = clocks.iter().filter(|o| o.wait == p.wait).max_by_key(|o| o.part);
        let state = clock.map_or(Stands::CalledOff, |o| {
            let state = ObligationState::from_code(&o.state);
            Stands::of(state, o.ended_by.as_deref(), Timestamp(o.due_at), now)
        });
        Promised {
            id: p.id.clone(),
            wait: p.wait,
            state: state.code().to_owned(),
            text: words.get(&p.words_id).filter(|_| open || p.origin != "ticket").cloned(),
            act: p.act.clone(),
            owed_by: p.owed_by.clone(),
            to: p.to_whom.clone(),
            to_words: words.get(&p.whom_id()).filter(|_| open).cloned(),
            due: clock.map(|o| at(o.due_at)),
            ended_at: clock.and_then(|o| o.ended_at).map(at),
            origin: p.origin.clone(),
            effect: p.action_id.clone(),
            link: p.link_id.clone(),
            made_by: who(&p.made_by, names),
            made_at: at(p.made_at),
            tries: tries.iter().filter(|t| t.wait == p.wait).count(),
        }
    };
    Ok(rows.iter().map(one).collect())
}

/// The promises of a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// All of them, in the order in which they were made here.
    pub promises: Vec<Promised>,
}

/// `GET /cases/{case}/promises`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let at = call.case().await?;
    let (me, now) = (call.bearer.person.to_string(), call.api.clock.now());
    let opens = call.bearer.has(Scope::ReadPersonal);
    let of = (at.brand_id.clone(), at.id.clone());
    let read = call.api.db.read("reading the promises of a case", move |tx| {
        Box::pin(async move {
            let Some(case) = console::case(tx, &at.brand_id, &at.id).await? else { return Ok(None) };
            let names = names(tx).await?;
            let open = opens || is_mine(&case, &me, now);
            let promises = of_case(tx, (&at.brand_id, &at.id), &names, (open, now)).await?;
            Ok(Some((Listed { promises }, case.version, is_mine(&case, &me, now))))
        })
    });
    let (listed, version, mine) = read.await?.ok_or_else(Problem::not_found)?;
    if opens && !mine && listed.promises.iter().any(Promised::is_opened) {
        call.casework().note_all_uncovered(&[of], &call.actor()).await?;
    }
    Ok(Reply::json(&listed)?.of_version(version))
}

fn standing(one: &Standing) -> Value {
    json!({
        "id": one.id, "wait": one.wait, "text": one.text, "owed_by": one.owed_by, "due": one.due.rfc3339(),
    })
}

fn found(proposal: &Proposal) -> Value {
    json!({
        "text": proposal.text,
        "due": proposal.due.rfc3339(),
        "act": proposal.act,
        "owed_by": proposal.owed_by,
    })
}

/// The refusal that proposes what was found, each with what stands already and says otherwise.
pub(super) fn proposed(proposals: &[Proposal], told: String) -> Problem {
    let stands = |p: &Proposal| -> Vec<Value> { p.standing.iter().map(standing).collect() };
    let all: Vec<Value> =
        proposals.iter().map(|p| json!({ "promise": found(p), "standing": stands(p) })).collect();
    let first = proposals.first();
    Problem::new(Kind::Promise, told)
        .at(
            "/promise",
            "`without`, or `with` the promise, or `each` of several; `beside` says what becomes of one that stands",
        )
        .with("promise", first.map(found).unwrap_or_default())
        .with("standing", Value::Array(first.map(stands).unwrap_or_default()))
        .with("promises", Value::Array(all))
}
