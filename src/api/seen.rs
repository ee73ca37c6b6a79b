//! Writes that say what they saw: `If-Match` with the `ETag` of the read that shows the thing. It is read again, and
//! if it stands otherwise nothing is done. Between that look and the end of the write no other of those who say what
//! they saw of the thing writes, on any replica.

use super::Api;
use super::ask::{Call, Reply};
use super::door;
use super::problem::{Kind, Problem};
use super::table::{Endpoint, Run, Sort};
use crate::domain::ids::ActionId;
use crate::domain::time::Span;
use crate::store::lease;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a turn lasts at most, should its process die: more than a request may take.
const TURN: Span = Span::minutes(2);
/// Longest tag that is read.
const TAG_BYTES_MAX: usize = 100;

/// Who of this process writes at which thing: those who say what they saw of one thing wait for one another here; others
/// do not wait for them.
#[derive(Debug, Default)]
pub(super) struct Waits(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Waits {
    /// The lock of one thing.
    fn of(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A lock that only stands here is held by nobody and waited for by nobody.
        all.retain(|_, lock| Arc::strong_count(lock) > 1);
        all.entry(name.to_owned()).or_default().clone()
    }
}

/// The tag that was sent with a write, without its quotes; none where the write knows no read, or nothing was sent.
pub(super) fn said(endpoint: &Endpoint, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(sent) = headers.get(header::IF_MATCH).filter(|_| endpoint.seen.is_some()) else {
        return Ok(None);
    };
    let read = sent.to_str().ok().and_then(|text| {
        let text = text.trim();
        let inner = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?.strip_suffix('"')?;
        let fine = !inner.is_empty() && inner.len() <= TAG_BYTES_MAX && !inner.contains(['"', ',']);
        fine.then(|| inner.to_owned())
    });
    let wrong = || {
        let what = "one ETag in quotes, as it came; no list, no '*'";
        Problem::new(Kind::Request, format!("If-Match: {what}")).by("If-Match", what)
    };
    read.map(Some).ok_or_else(wrong)
}

/// Carries it out. Of a write that is no act on a case each transaction says under its key that something was done; an act
/// keeps its answer in its own.
fn run((sort, run): (Sort, Run), call: Call) -> BoxFuture<'static, Result<Reply, Problem>> {
    match call.once.clone().filter(|_| sort == Sort::Write) {
        Some(once) => Box::pin(async move { once.marking(run(call)).await }),
        None => run(call),
    }
}

/// Carries a request out; with what was seen only if it stands so still.
pub(super) async fn carried(endpoint: &Endpoint, call: Call, said: Option<String>) -> Result<Reply, Problem> {
    if call.if_match.is_none() && said.is_none() {
        return run((endpoint.sort, endpoint.run), call).await;
    }
    let (api, seen, of) = (call.api.clone(), endpoint.seen, (endpoint.sort, endpoint.run));
    let thing = name(endpoint.path, &call.path);
    let lost = || Problem::new(Kind::Internal, "the work was interrupted; look at what was done");
    // In a task of its own: whoever hangs up leaves no turn behind.
    let work = async move {
        // Those of this process wait for one another; only those of others may find the turn taken.
        let here = api.waits.of(&thing);
        let _here = here.lock().await;
        let turn = Turn::take(&api, thing).await?;
        let looked = match (seen, &said) {
            (Some((_, read)), Some(said)) => unchanged(read(look(&call)).await, said),
            _ => Ok(()),
        };
        let done = match looked {
            // Should it fail midway, the turn is ended all the same.
            Ok(()) => tokio::spawn(run(of, call)).await.unwrap_or_else(|_| Err(lost())),
            Err(problem) => Err(problem),
        };
        turn.end(&api).await;
        done
    };
    tokio::spawn(work).await.unwrap_or_else(|_| Err(lost()))
}

/// The read of the thing, by whoever writes.
fn look(call: &Call) -> Call {
    Call {
        api: call.api.clone(),
        bearer: call.bearer.clone(),
        path: call.path.clone(),
        query: String::new(),
        body: Bytes::new(),
        seen: 0,
        if_match: None,
        once: None,
        caller: call.caller.clone(),
        address: call.address.clone(),
    }
}

fn unchanged(read: Result<Reply, Problem>, said: &str) -> Result<(), Problem> {
    let now = read?;
    let tag = door::tag(now.version, &now.body);
    // Where the thing has a version, that counts; what else stands on the page may differ.
    let same = match now.version {
        Some(version) => said.split('-').next() == Some(version.to_string().as_str()),
        None => tag.trim_matches('"') == said,
    };
    if same {
        return Ok(());
    }
    let what = "somebody changed it since; read it again";
    Err(Problem::new(Kind::Stale, what).by("If-Match", what))
}

/// A turn at a thing, held against other replicas.
struct Turn {
    name: String,
    owner: String,
}

impl Turn {
    async fn take(api: &Api, name: String) -> Result<Self, Problem> {
        let now = api.clock.now();
        let turn = Self { name, owner: api.mint.id(now, ActionId::new).to_string() };
        let (name, owner) = (turn.name.clone(), turn.owner.clone());
        let taken = api.db.write_again("taking a turn at what was seen", move |tx| {
            let (name, owner) = (name.clone(), owner.clone());
            Box::pin(async move { Ok(lease::take(tx, &name, &owner, now, TURN).await?.is_some()) })
        });
        if taken.await? {
            return Ok(turn);
        }
        let mut busy = Problem::new(Kind::Unavailable, "somebody else changes it just now; ask again");
        busy.retry_after = Some(1);
        Err(busy)
    }

    async fn end(self, api: &Api) {
        let ended = api.db.write("ending a turn at what was seen", move |tx| {
            Box::pin(async move { lease::end(tx, &self.name, &self.owner).await })
        });
        if let Err(error) = ended.await {
            tracing::warn!(%error, "a turn was not ended; it ends by itself");
        }
    }
}

/// Kinds of things below which other kinds stand, by the beginning of their addresses.
const FOLDERS: [&str; 3] = ["brands", "briefing", "planner"];

/// One turn for a thing and what stands below it: the kind and the name of its address. Names are found whatever their case
/// is, and however they are escaped, so that no other spelling is another turn.
fn name(path: &str, said: &[(String, String)]) -> String {
    let mut parts = path.split('/').filter(|p| !p.is_empty());
    let first = parts.next().unwrap_or_default();
    let spoken = |part: &str| {
        let key = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        let value = key.and_then(|key| said.iter().find(|(of, _)| of == key));
        value.map_or_else(|| part.to_owned(), |(_, value)| value.to_lowercase())
    };
    let of_it: Vec<String> = parts.take(1 + usize::from(FOLDERS.contains(&first))).map(spoken).collect();
    format!("{}{first}/{}", lease::SEEN, of_it.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_has_one_turn_whatever_is_done_with_it() {
        let of = |path: &str, said: &[(&str, &str)]| {
            let said: Vec<(String, String)> =
                said.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            name(path, &said)
        };
        assert_eq!(of("/people/{login}/place", &[("login", "jan")]), "seen:people/jan");
        assert_eq!(of("/people/{login}/disable", &[("login", "jan")]), "seen:people/jan");
        assert_eq!(of("/kill-switch", &[]), "seen:kill-switch/");
        assert_eq!(of("/planner/shifts/{shift}/skip", &[("shift", "s1")]), "seen:planner/shifts/s1");
        let answer = [("brand", "Acme"), ("answer", "l1")];
        assert_eq!(of("/brands/{brand}/library/{answer}", &answer), "seen:brands/acme/library");
        assert_eq!(of("/brands/{brand}/library", &[("brand", "ACME")]), "seen:brands/acme/library");
    }

    #[tokio::test]
    async fn who_writes_at_one_thing_holds_up_nobody_at_another() {
        let waits = Waits::default();
        let jan = waits.of("seen:people/jan");
        let held = jan.lock().await;
        assert!(waits.of("seen:people/jan").try_lock().is_err(), "one after another");
        assert!(waits.of("seen:people/mia").try_lock().is_ok());
        drop(held);
        assert!(waits.of("seen:people/jan").try_lock().is_ok());
        drop(jan);
        let _other = waits.of("seen:people/eva");
        assert_eq!(waits.0.lock().unwrap().len(), 1, "nothing is left of what nobody holds");
    }

    #[test]
    fn what_stands_otherwise_is_stale() {
        let reply = |body: &str, version| Reply { version, ..Reply::json(&body).unwrap() };
        let tag = |body: &str, version| {
            let reply = reply(body, version);
            door::tag(reply.version, &reply.body).trim_matches('"').to_owned()
        };
        assert!(unchanged(Ok(reply("a", None)), &tag("a", None)).is_ok());
        assert!(unchanged(Ok(reply("b", None)), &tag("a", None)).is_err());
        assert!(unchanged(Ok(reply("b", Some(3))), &tag("a", Some(3))).is_ok(), "the version counts");
        assert!(unchanged(Ok(reply("a", Some(4))), &tag("a", Some(3))).is_err());
        assert!(unchanged(Ok(reply("a", Some(3))), "3").is_ok());
        assert!(unchanged(Err(Problem::not_found()), "3").is_err());
    }
}
