//! Acts on many cases, by program: nothing is chosen by itself, each case goes with the version that was seen.

use super::ask::{Call, Reply};
use super::many::{Chosen, Refused};
use super::pages::{self, KEPT_MAX, PageQuery};
use super::problem::{Kind, Problem};
use super::word::{At, BatchWord, LabelWord, at};
use crate::casework::batch::{Done, Wanted};
use crate::domain::ids::{BatchId, CaseId};
use crate::store::batch::{self, BatchCaseRow, BatchRow};
use crate::store::case;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::pin::Pin;

/// Most acts on a page.
const SHOWN_MAX: usize = 20;

/// A selection with which one thing is done.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// What.
    #[serde(rename = "do")]
    pub kind: BatchWord,
    /// Why or how; needed to dismiss and to label.
    #[serde(default)]
    pub reason: String,
    /// The login of a colleague, to hand cases to.
    #[serde(default)]
    pub colleague: String,
    /// The label to put on their authors.
    #[serde(default)]
    pub label: Option<LabelWord>,
    /// The cases, 1 to 100.
    pub cases: Vec<Chosen>,
}

/// What it brought.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BatchDone {
    /// The act, by id; with it all of it can be undone for ten minutes.
    pub id: String,
    /// With how many cases it was done, or undone.
    pub done: usize,
    /// The cases with which it was not.
    pub refused: Vec<Refused>,
}

fn told(done: Done) -> BatchDone {
    let refused = done.refused.into_iter().map(|(case, why)| Refused { case, why }).collect();
    BatchDone { id: done.id, done: done.done, refused }
}

/// An act on many that its person did of late.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BatchAct {
    /// The act, by id.
    pub id: String,
    /// What was done, as it is said to do it.
    #[serde(rename = "do")]
    pub kind: String,
    /// When.
    pub at: At,
    /// Until when it can be undone.
    pub undo_until: At,
    /// `done`, or `undone`.
    pub state: String,
    /// When it was undone.
    pub undone_at: Option<At>,
    /// With how many cases it was done.
    pub done: usize,
    /// With how many cases it was not, each for a reason.
    pub refused: usize,
    /// Of how many cases it was undone.
    pub undone: usize,
}

/// The latest acts on many.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Batches {
    /// Those of whom the token acts for that can still be undone, or were within that time; the latest first, at most 20.
    pub batches: Vec<BatchAct>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /batches`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: PageQuery = call.query()?;
    let from: Option<(String,)> = pages::key(asked.cursor.as_deref())?;
    let brands: Vec<String> = call.brands().into_iter().map(|b| b.id).collect();
    let (who, now) = (call.bearer.person.to_string(), call.api.clock.now());
    let read = call.api.db.read("reading the latest acts on many", move |tx| {
        Box::pin(async move {
            let mut all = Vec::new();
            for one in batch::latest(tx, &who, now, KEPT_MAX).await? {
                // One more than the page has tells whether another follows.
                if all.len() > SHOWN_MAX {
                    break;
                }
                // Their ids are in the order of time.
                if from.as_ref().is_some_and(|(last,)| one.id >= *last) {
                    continue;
                }
                let cases = batch::cases(tx, &one.id).await?;
                // One that a case behind a wall belongs to cannot be undone either: it is not there.
                if cases.iter().all(|c| brands.contains(&c.brand_id)) {
                    all.push((one, cases));
                }
            }
            Ok(pages::keyed(all, SHOWN_MAX, |(one, _)| (one.id.clone(),)))
        })
    });
    let told = |(b, cases): (BatchRow, Vec<BatchCaseRow>)| {
        let count = |of: fn(&BatchCaseRow) -> bool| cases.iter().filter(|c| of(c)).count();
        BatchAct {
            kind: b.kind,
            at: at(b.made_at),
            undo_until: at(b.until_ms),
            state: if b.undone_at.is_some() { "undone" } else { "done" }.to_owned(),
            undone_at: b.undone_at.map(at),
            done: count(|c| c.version.is_some()),
            refused: count(|c| c.why.is_some()),
            undone: count(|c| c.undone_at.is_some()),
            id: b.id,
        }
    };
    let (page, next) = read.await?;
    Reply::json(&Batches { batches: page.into_iter().map(told).collect(), next })
}

/// `POST /batches`.
pub async fn act(call: Call) -> Result<Reply, Problem> {
    let body: BatchBody = call.body()?;
    let mut ids = Vec::with_capacity(body.cases.len());
    for (n, one) in body.cases.into_iter().enumerate() {
        let what = format!("/cases/{n}/case: wanted is the id of a case");
        let id = CaseId::parse(&one.case).map_err(|_| Problem::new(Kind::Invalid, what))?;
        ids.push((id.to_string(), one.version));
    }
    let brands: Vec<String> = call.brands().into_iter().map(|b| b.id).collect();
    let read = call.api.db.read("reading what is chosen", move |tx| {
        Box::pin(async move {
            let mut chosen = Vec::new();
            for (id, seen) in ids {
                // What may not be seen is not there.
                let brand = case::brand_of(tx, &id).await?.filter(|b| brands.contains(b));
                chosen.extend(brand.map(|b| (b, id, seen)));
            }
            Ok(chosen)
        })
    });
    let chosen = read.await?;
    let (reason, colleague, label) = (body.reason, body.colleague, body.label.map(|l| l.0));
    let wanted = Wanted { kind: body.kind.0, reason, colleague, label };
    apart(&call, chosen, wanted).await
}

/// Does it in a task that nobody's hanging up can cancel, and keeps what is answered under its key there: who lost the
/// connection asks again and is told it.
async fn apart(call: &Call, chosen: Vec<(String, String, i64)>, wanted: Wanted) -> Result<Reply, Problem> {
    let (api, once) = (call.api.clone(), call.once.clone());
    let (casework, actor) = (call.casework(), call.actor());
    let work: Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>> = Box::pin(async move {
        let mut reply = Reply::json(&told(casework.batch(&chosen, &wanted, &actor).await?))?;
        if let Some(once) = once {
            once.keep_after(&api, &reply).await?;
            reply.kept = true;
        }
        Ok(reply)
    });
    let lost = "an act on many was interrupted";
    tokio::spawn(work).await.unwrap_or_else(|_| Err(Problem::new(Kind::Internal, lost)))
}

/// `POST /batches/{batch}/undo`.
pub async fn undo(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let id = BatchId::parse(call.part("batch")).map_err(|_| Problem::not_found())?.to_string();
    let (_, cases) = call.casework().batch_of(&id, &call.actor()).await?;
    let brands: Vec<String> = call.brands().into_iter().map(|b| b.id).collect();
    if cases.iter().any(|c| !brands.contains(&c.brand_id)) {
        return Err(Problem::not_found());
    }
    Reply::json(&told(call.casework().undo_batch(&id, &call.actor()).await?))
}
