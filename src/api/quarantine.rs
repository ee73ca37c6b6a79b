//! Deliveries of sources that could not be read, as they came.

use super::ask::{Call, Reply};
use super::pages::{self, PageQuery};
use super::problem::Problem;
use super::word::{At, at};
use crate::store::inbox;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

/// Most deliveries on a page.
const SHOWN_MAX: usize = 200;

/// A delivery that could not be read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Unread {
    /// Its id.
    pub id: String,
    /// The source by name.
    pub source: String,
    /// Where in the source.
    pub place: String,
    /// When we got it.
    pub received_at: At,
    /// What is wrong with it.
    pub why: String,
    /// How many bytes it has; none once they are let go.
    pub bytes: Option<i64>,
}

/// Deliveries that could not be read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AllUnread {
    /// The latest first, at most 200.
    pub quarantined: Vec<Unread>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// One of them with its bytes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnreadBytes {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: Unread,
    /// The bytes as they came, in base 64; none once they are let go.
    pub base64: Option<String>,
}

/// `GET /sources/quarantine`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: PageQuery = call.query()?;
    let (from, id) = pages::place(asked.cursor.as_deref())?;
    let most = pages::one_more(SHOWN_MAX);
    let read = call.api.db.read("reading the quarantine", move |tx| {
        Box::pin(async move { inbox::quarantined_behind(tx, (from, &id), most).await })
    });
    let (page, next) = pages::behind(read.await?, SHOWN_MAX, |q| (q.received_at, q.id.clone()));
    let one = |q: inbox::QuarantinedHead| Unread {
        id: q.id,
        source: q.source,
        place: q.place,
        received_at: at(q.received_at),
        why: q.why.unwrap_or_default(),
        bytes: q.bytes,
    };
    Reply::json(&AllUnread { quarantined: page.into_iter().map(one).collect(), next })
}

/// `GET /sources/quarantine/{payload}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let id = call.part("payload").to_owned();
    let read = call.api.db.read("reading a quarantined delivery", move |tx| {
        Box::pin(async move { inbox::quarantined_one(tx, &id).await })
    });
    let q = read.await?.ok_or_else(Problem::not_found)?;
    if q.body.is_some() {
        call.casework().note_quarantine_read(&q.id, &call.actor()).await?;
    }
    let bytes = q.body.as_ref().and_then(|b| i64::try_from(b.len()).ok());
    Reply::json(&UnreadBytes {
        base64: q.body.map(|b| STANDARD.encode(b)),
        delivery: Unread {
            id: q.id,
            source: q.source,
            place: q.place,
            received_at: at(q.received_at),
            why: q.why.unwrap_or_default(),
            bytes,
        },
    })
}
