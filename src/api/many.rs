//! Answers to many, by program: nothing is sent that was not chosen case by case.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use super::word::PurposeWord;
use crate::domain::ids::CaseId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A case that was chosen, as it was seen.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The case, by id.
    pub case: String,
    /// The version of it that was seen.
    #[schemars(range(min = 0))]
    pub version: i64,
}

/// A reviewed selection that is answered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendBody {
    /// With which words.
    pub purpose: PurposeWord,
    /// The cases, 1 to 200; nothing is chosen by itself.
    pub cases: Vec<Chosen>,
}

/// A case that got no answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Refused {
    /// The case, by id.
    pub case: String,
    /// Why.
    pub why: String,
}

/// What a press brought.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sent {
    /// How many answers are on their way.
    pub made: usize,
    /// The cases that got none.
    pub refused: Vec<Refused>,
}

/// `POST /incidents/{incident}/answers`.
pub async fn send(call: Call) -> Result<Reply, Problem> {
    let body: SendBody = call.body()?;
    let found = call.incident().await?;
    let mut chosen = Vec::with_capacity(body.cases.len());
    for (n, one) in body.cases.into_iter().enumerate() {
        let wrong = |_| {
            let what = "wanted is the id of a case";
            Problem::new(Kind::Invalid, format!("/cases/{n}/case: {what}"))
        };
        chosen.push((CaseId::parse(&one.case).map_err(wrong)?.to_string(), one.version));
    }
    let (actor, purpose) = (call.actor(), body.purpose.0);
    let done = call.casework().answer_many(&found.brand_id, &found.id, purpose, &chosen, &actor).await?;
    let refused = done.refused.into_iter().map(|(case, why)| Refused { case, why }).collect();
    Reply::json(&Sent { made: done.made, refused })
}
