//! Who has a case before them in the console, and who types.

use super::ask::{Call, Reply};
use super::problem::Problem;
use super::shape::{Who, names, who};
use crate::store::presence;
use schemars::JsonSchema;
use serde::Serialize;

/// Somebody at a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LookerAt {
    /// Who.
    pub person: Who,
    /// Whether they type; otherwise they look.
    pub types: bool,
}

/// Who is at a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AllPresent {
    /// The others, without the person whom the token acts for. Each runs out by itself within the minute.
    pub here: Vec<LookerAt>,
}

/// `GET /cases/{case}/presence`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let (of, now) = (call.case().await?, call.api.clock.now());
    let read = call.api.db.read("reading who is at a case", move |tx| {
        Box::pin(
            async move { Ok((presence::of_case(tx, &of.brand_id, &of.id, now).await?, names(tx).await?)) },
        )
    });
    let (found, names) = read.await?;
    let others = found.iter().filter(|h| h.person_id != call.bearer.person.as_str());
    let one = |h: &presence::AtCase| LookerAt {
        person: who(&h.person_id, &names),
        types: h.types_until > now.millis(),
    };
    Reply::json(&AllPresent { here: others.map(one).collect() })
}
