//! Promises, by program: written down, or found in the words of an answer and confirmed.

use super::acts::Body;
use super::ask::Call;
use super::problem::{Kind, Problem};
use super::word::At;
use crate::casework::promising::Standing;
use crate::casework::proposing::Proposal;
use crate::casework::{Act, Beside, NewPromise, Promising};
use crate::domain::promise::Act as Deed;
use crate::store::promise::Call as PhoneCall;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

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
            told: self.told,
            beside: match self.beside {
                BesideWord::Ask => Beside::Ask,
                BesideWord::Replace => Beside::Replace,
                BesideWord::Both => Beside::Both { reason: self.reason },
            },
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
}

impl InWords {
    /// As casework takes it.
    pub(super) fn meant(self) -> Promising {
        match self {
            Self::Unread => Promising::Unasked,
            Self::Ask => Promising::Ask,
            Self::Without => Promising::Without,
            Self::With(body) => Promising::With(body.made()),
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

impl Body for TriedBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        let next = self.next.map(|at| at.0);
        Ok(Act::CallTried { wait: call.number("wait")?, reached: self.reached, next })
    }
}

fn standing(one: &Standing) -> Value {
    json!({ "wait": one.wait, "text": one.text, "owed_by": one.owed_by, "due": one.due.rfc3339() })
}

/// The refusal that proposes what was found, with what stands already and says otherwise.
pub(super) fn proposed(proposal: &Proposal, told: String) -> Problem {
    let stands: Vec<Value> = proposal.standing.iter().map(standing).collect();
    let found = json!({
        "text": proposal.text,
        "due": proposal.due.rfc3339(),
        "act": proposal.act,
        "owed_by": proposal.owed_by,
    });
    Problem::new(Kind::Promise, told)
        .at("/promise", "`without`, or `with` the promise; `beside` says what becomes of one that stands")
        .with("promise", found)
        .with("standing", Value::Array(stands))
}
