//! What our own account posts, whoever typed it and wherever: read from its repository.
//!
//! The repository is listed newest key first and without the view's delay. A key that a server chose
//! holds the server's time; a key of our own holds when the answer was asked for, so for what this
//! process sent the instant of sending is remembered and told. Deletes and edits are not seen here.

use super::BlueskyAccount;
use super::caller::Purpose;
use super::line::of_looking;
use super::notifications::FIRST;
use crate::domain::time::Timestamp;
use crate::sources::bluesky::windows::{WINDOWS_MAX, Window};
use crate::sources::bluesky::{Frame, POSTS, Record, post, split_uri, tid};
use crate::sources::{Batch, RawItem, SourceTrouble, TroubleState};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The stream's name.
pub const STREAM: &str = "own";
const PAGE: usize = 50;
/// How many sendings are remembered.
const SENT_MAX: usize = 500;

/// When this process sent what, by key.
#[derive(Debug, Default)]
pub struct Sent(Mutex<VecDeque<(String, Timestamp)>>);

impl Sent {
    /// Notes that a record is written now under a key; a later attempt counts.
    pub fn note(&self, key: &str, at: Timestamp) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|(k, _)| k != key);
        sent.push_back((key.to_owned(), at));
        if sent.len() > SENT_MAX {
            sent.pop_front();
        }
    }

    fn at(&self, key: &str) -> Option<Timestamp> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().find(|(k, _)| k == key).map(|(_, at)| *at)
    }
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    records: Vec<Row<'a>>,
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    uri: Cow<'a, str>,
    #[serde(borrow)]
    cid: Cow<'a, str>,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// One page of our own posts.
pub(super) async fn page(a: &BlueskyAccount, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
    let now = a.clock.now();
    a.known.confirm(STREAM, cursor);
    let mut window: Window =
        cursor.and_then(|c| serde_json::from_str(c).ok()).unwrap_or_else(|| Window::from(now.minus(FIRST)));
    let did = a.line.pass().await.map_err(|t| of_looking(&t, now))?.did;
    let mut parameters =
        vec![("repo", did.clone()), ("collection", POSTS.to_owned()), ("limit", PAGE.to_string())];
    // The list goes on below a key: the lowest of an instant leaves that instant out.
    parameters.extend(window.until.map(|until| ("cursor", tid::lowest(Timestamp(until)))));
    let answer = a.line.query("com.atproto.repo.listRecords", &parameters, Purpose::Look).await;
    let answer = answer.map_err(|t| of_looking(&t, now))?;
    let listed: Listed<'_> = serde_json::from_slice(&answer.body)
        .map_err(|_| SourceTrouble::new(TroubleState::Broken, "the answer is no list of records"))?;
    let handle = a.line.session.who().handle;
    let (mut items, mut sorted, mut handed) = (Vec::new(), Vec::new(), Vec::new());
    for row in &listed.records {
        let Some((_, rkey)) = split_uri(&row.uri) else { continue };
        let told = tid::instant(rkey);
        sorted.extend(told);
        if a.known.holds(STREAM, &row.uri) || told.is_some_and(|at| at.millis() < window.since) {
            continue;
        }
        let at = a.sent.at(rkey).or(told).unwrap_or(now).min(now);
        let Ok(record) = Record::read(row.value.get()) else { continue };
        let mut own = post(&Frame { did: &did, rkey, cid: &row.cid, at }, record);
        own.own = true;
        own.author.handle.clone_from(&handle);
        handed.push(own.external_id.clone());
        items.push(RawItem::of(own.external_id.clone(), &own, at));
    }
    items.reverse();
    let floor = if listed.cursor.is_some() { window.since } else { i64::MAX };
    let more = window.back(&sorted, floor, WINDOWS_MAX);
    let next = if more { window } else { window.done(now) };
    let next = serde_json::to_string(&next).ok().filter(|n| Some(n.as_str()) != cursor);
    a.known.hand(STREAM, next.clone().or_else(|| cursor.map(str::to_owned)), handed);
    Ok(Batch { items, cursor: next, more })
}
