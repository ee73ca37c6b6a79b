//! Keys under which a write is done once, however often it is sent.
//!
//! A key is begun in a transaction of its own, and what an act on a case answers is kept in the transaction of the act; so
//! a process that dies in between has done both or neither, and whoever asks again after the time of a request is
//! either told what was answered or does it now. Of other writes each transaction says under the key that something was
//! done, and the answer is kept behind them: should the process die in between, nothing is done again, and whoever asks
//! is told to look. What was refused is not kept.

use super::Api;
use super::ask::Reply;
use super::problem::{Kind, Problem};
use crate::domain::ids::InboxId;
use crate::domain::time::{Span, Timestamp};
use crate::store::token::{self, OnceRow};
use crate::store::{StoreError, Tx, alongside};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How long an answer is remembered.
const REMEMBERED: Span = Span::hours(24);
/// How long nobody else may begin what somebody has begun: more than a request may take.
const TURN: Span = Span::minutes(2);
const KEY_BYTES_MAX: usize = 255;

/// A key in use.
#[derive(Clone, Debug)]
pub struct Once {
    row: OnceRow,
    now: Timestamp,
}

/// How a key stands.
#[derive(Debug)]
pub enum Begun {
    /// It may be done now.
    Go(Once),
    /// It was done: status, version and body as they were answered.
    Done(u16, Option<String>, String),
}

/// Begins under a key, or says why not.
pub async fn begin(api: &Api, token: &str, key: &str, request: &[&[u8]]) -> Result<Begun, Problem> {
    if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    {
        let what = format!("allowed are 1 to {KEY_BYTES_MAX} visible ASCII characters");
        return Err(
            Problem::new(Kind::Request, format!("Idempotency-Key: {what}")).by("Idempotency-Key", what)
        );
    }
    let now = api.clock.now();
    let row = OnceRow {
        token_id: token.to_owned(),
        key: key.to_owned(),
        request: hash_of(request),
        attempt: api.mint.id(now, InboxId::new).to_string(),
        status: 0,
        etag: None,
        body: String::new(),
        at: now.millis(),
        until_ms: now.plus(TURN).millis(),
    };
    let wanted = row.clone();
    let found = api.db.write_again("beginning under a key", move |tx| {
        let wanted = wanted.clone();
        Box::pin(async move { token::begin(tx, &wanted, now).await })
    });
    match found.await? {
        None => Ok(Begun::Go(Once { row, now })),
        Some(known) if known.request != row.request => {
            let what = "it stands for another method, address, version or body; take a new key";
            Err(Problem::new(Kind::KeyReused, what).by("Idempotency-Key", what))
        }
        Some(known) if known.status == token::DONE && known.at <= now.minus(TURN).millis() => {
            let what = "look at what was done; what is still to be done is for a new key";
            Err(Problem::new(Kind::AnswerLost, what).by("Idempotency-Key", what))
        }
        Some(known) if known.status <= token::DONE => {
            let mut problem = Problem::new(Kind::InFlight, "ask again in a moment, with the same key");
            problem.retry_after = Some(1);
            Err(problem)
        }
        Some(known) => Ok(Begun::Done(u16::try_from(known.status).unwrap_or(200), known.etag, known.body)),
    }
}

fn hash_of(request: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in request {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

impl Once {
    /// Keeps what is answered, in the transaction that does it. If somebody else has taken the turn meanwhile,
    /// nothing of that transaction may stand.
    pub async fn keep(&self, tx: &mut Tx, reply: &Reply) -> Result<(), StoreError> {
        let done = OnceRow {
            status: i64::from(reply.status),
            etag: reply.version.map(|v| format!("\"{v}\"")),
            body: reply.body.clone(),
            until_ms: self.now.plus(REMEMBERED).millis(),
            ..self.row.clone()
        };
        if token::settle(tx, &done).await? {
            return Ok(());
        }
        Err(StoreError::Refused("this request took too long; it is being carried out anew".to_owned()))
    }

    /// Does work of which each transaction says under the key that something was done. If somebody else has taken the
    /// turn meanwhile, nothing of that transaction may stand.
    pub async fn marking<F: Future>(&self, work: F) -> F::Output {
        let (row, until) = (Arc::new(self.row.clone()), self.now.plus(REMEMBERED));
        let mark: alongside::Alongside = Arc::new(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                if token::mark(tx, &row, until).await? {
                    return Ok(());
                }
                Err(StoreError::Refused(
                    "this request took too long; it is being carried out anew".to_owned(),
                ))
            })
        });
        alongside::with(mark, work).await
    }

    /// Keeps what is answered, after it was done.
    pub async fn keep_after(&self, api: &Api, reply: &Reply) -> Result<(), Problem> {
        let (once, reply) = (self.clone(), reply.clone());
        let kept = api.db.write("keeping an answer under a key", move |tx| {
            Box::pin(async move { once.keep(tx, &reply).await })
        });
        Ok(kept.await?)
    }

    /// Gives the key back to whoever was refused; where it is not known what became of the request, only if nothing of it
    /// was done. What cannot be given back ends by itself.
    pub async fn release(&self, api: &Api, refused: bool) {
        let row = self.row.clone();
        let given = api.db.write("giving a key back", move |tx| {
            Box::pin(async move { token::release(tx, &row, refused).await })
        });
        if let Err(error) = given.await {
            tracing::debug!(%error, "a key was not given back; its turn ends by itself");
        }
    }
}
