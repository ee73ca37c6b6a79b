//! What is said in private: read from the chat service's log, and from time to time from the
//! conversations themselves.
//!
//! The log is read forward from a cursor that moves with what was stored. It may end or forget, so at
//! the first look and once an hour the latest conversations are read as well, page by page as far back as the last
//! time; what is known already comes again as the duplicate that it is. Talks of more than two are left alone, and so is
//! one of which the service says that there is none: it must not hold up the others.

use super::BlueskyAccount;
use super::caller::{Failed, Purpose, Refusal};
use super::chat::{SCOPE, convo_key, message_id, sent_at};
use super::line::{Trouble, of_looking, read};
use super::notifications::FIRST;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, CallError};
use crate::sources::bluesky::split_uri;
use crate::sources::{Batch, RawItem, Right, SourceTrouble, TroubleState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// The stream's name.
pub const STREAM: &str = "chat";
/// How often the conversations themselves are read.
const SWEEP_EVERY: Span = Span::hours(1);
/// How far back of the last sweep the next one looks.
const OVERLAP: Span = Span::minutes(10);
const CONVOS: &str = "50";
const MESSAGES: &str = "100";
/// Most pages of conversations, and of messages of one, in a sweep.
const PAGES_MAX: usize = 6;
/// Who takes part in how many conversations is remembered.
const MEMBERS_MAX: usize = 2_000;

/// The other one in a conversation of two; `None` for talks of more.
type Other = Option<(String, Option<String>)>;

/// With whom we talk, by conversation.
#[derive(Debug, Default)]
pub struct Members(Mutex<HashMap<String, Other>>);

impl Members {
    fn get(&self, convo: &str) -> Option<Other> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(convo).cloned()
    }

    fn put(&self, convo: &str, other: Other) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MEMBERS_MAX {
            known.clear();
        }
        known.insert(convo.to_owned(), other);
    }
}

/// How far was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The service's own cursor of the log.
    log: Option<String>,
    /// When the conversations were last read themselves.
    swept: i64,
}

/// One message, with the conversation it stands in.
struct Said<'a> {
    convo: &'a str,
    message: &'a Value,
}

impl BlueskyAccount {
    /// One page of the log, or a sweep of the conversations when it is time for one.
    pub(super) async fn chat(&self, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let now = self.clock.now();
        self.known.confirm(STREAM, cursor);
        let mark: Option<Mark> = cursor.and_then(|c| serde_json::from_str(c).ok());
        let (items, next, more) = match mark {
            Some(mark) if now.since(Timestamp(mark.swept)) < SWEEP_EVERY => {
                let (items, log, more) = self.log(mark.log.as_deref()).await?;
                (items, Mark { log, ..mark }, more)
            }
            mark => {
                let since = mark.as_ref().map_or(now.minus(FIRST), |m| Timestamp(m.swept).minus(OVERLAP));
                // The cursor first: what comes while the conversations are read stands behind it.
                let log = match mark.and_then(|m| m.log) {
                    Some(log) => Some(log),
                    None => self.log(None).await?.1,
                };
                (self.sweep(since).await?, Mark { log, swept: now.millis() }, true)
            }
        };
        let handed = items.iter().map(|i| i.place.clone()).collect();
        let next = serde_json::to_string(&next).ok().filter(|n| Some(n.as_str()) != cursor);
        self.known.hand(STREAM, next.clone().or_else(|| cursor.map(str::to_owned)), handed);
        Ok(Batch { items, cursor: next, more })
    }

    async fn ask(&self, method: &str, asked: &[(&str, String)]) -> Result<Value, SourceTrouble> {
        self.told(self.line.query(method, asked, Purpose::Look).await)
    }

    /// Asks about one conversation; nothing where the service says that there is none, or none any more.
    async fn ask_of(&self, method: &str, asked: &[(&str, String)]) -> Result<Option<Value>, SourceTrouble> {
        let answer = self.line.query(method, asked, Purpose::Look).await;
        if let Err(Trouble::Failed(Failed::Call(error @ CallError::Status { code: 400 | 404, .. }))) = &answer
            && NO_CONVO.contains(&Refusal::of(error).error.as_str())
        {
            return Ok(None);
        }
        self.told(answer).map(Some)
    }

    fn told(&self, answer: Result<Answer, Trouble>) -> Result<Value, SourceTrouble> {
        let body = answer.and_then(|a| read(&a)).map_err(|t| of_looking(&t, self.clock.now()));
        match &body {
            Ok(_) => self.line.session.grants.given(Right::Private),
            Err(trouble) if trouble.state == TroubleState::NeedsRight => {
                self.line.session.grants.lost(Right::Private, SCOPE);
            }
            Err(_) => {}
        }
        body
    }

    async fn log(&self, cursor: Option<&str>) -> Result<(Vec<RawItem>, Option<String>, bool), SourceTrouble> {
        let asked: Vec<(&str, String)> = cursor.iter().map(|c| ("cursor", (*c).to_owned())).collect();
        let body = self.ask("chat.bsky.convo.getLog", &asked).await?;
        let Some(logs) = body["logs"].as_array() else {
            return Err(SourceTrouble::new(TroubleState::Broken, "the answer is no log of conversations"));
        };
        // Kinds that we do not know are passed over; more will come.
        let said =
            logs.iter().filter(|l| l["$type"].as_str().is_some_and(|t| t.ends_with("#logCreateMessage")));
        let said: Vec<Said<'_>> = said
            .filter_map(|l| Some(Said { convo: l["convoId"].as_str()?, message: &l["message"] }))
            .collect();
        let next = body["cursor"].as_str().map(ToOwned::to_owned).or_else(|| cursor.map(ToOwned::to_owned));
        let more = !logs.is_empty() && next.as_deref() != cursor && cursor.is_some();
        Ok((self.posts(&said).await?, next, more))
    }

    /// The messages since an instant in the conversations that were last spoken in, which stand first.
    async fn sweep(&self, since: Timestamp) -> Result<Vec<RawItem>, SourceTrouble> {
        let own = self.line.session.who().did;
        let (mut items, mut page) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let asked = paged([("limit", CONVOS.to_owned())], page);
            let body = self.ask("chat.bsky.convo.listConvos", &asked).await?;
            let mut spoken = false;
            for convo in body["convos"].as_array().into_iter().flatten() {
                let Some(id) = convo["id"].as_str() else { continue };
                self.members.put(id, other(convo, own.as_deref()));
                if sent_at(&convo["lastMessage"]).is_none_or(|at| at < since) {
                    continue;
                }
                spoken = true;
                let fresh = self.since(id, since).await?;
                let said: Vec<Said<'_>> = fresh.iter().map(|message| Said { convo: id, message }).collect();
                items.extend(self.posts(&said).await?);
            }
            page = next_of(&body);
            if !spoken || page.is_none() {
                break;
            }
        }
        items.sort_by_key(|i: &RawItem| i.posted_at);
        Ok(items)
    }

    /// What was said in a conversation since an instant; the newest stand first.
    async fn since(&self, convo: &str, since: Timestamp) -> Result<Vec<Value>, SourceTrouble> {
        let (mut fresh, mut page) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let asked = paged([("convoId", convo.to_owned()), ("limit", MESSAGES.to_owned())], page);
            let Some(body) = self.ask_of("chat.bsky.convo.getMessages", &asked).await? else { break };
            let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
            fresh.extend(messages.iter().filter(|m| sent_at(m).is_some_and(|at| at >= since)).cloned());
            let ends = messages.is_empty() || messages.iter().filter_map(sent_at).any(|at| at < since);
            page = next_of(&body);
            if ends || page.is_none() {
                break;
            }
        }
        Ok(fresh)
    }

    /// Messages as posts, those that were not handed over before.
    async fn posts(&self, said: &[Said<'_>]) -> Result<Vec<RawItem>, SourceTrouble> {
        let unknown: BTreeSet<&str> =
            said.iter().map(|s| s.convo).filter(|c| self.members.get(c).is_none()).collect();
        let own = self.line.session.who().did;
        for convo in unknown {
            let body = self.ask_of("chat.bsky.convo.getConvo", &[("convoId", convo.to_owned())]).await?;
            self.members.put(convo, body.and_then(|body| other(&body["convo"], own.as_deref())));
        }
        let mut items = Vec::new();
        for Said { convo, message } in said {
            let Some(Some((did, handle))) = self.members.get(convo) else { continue };
            // What was deleted for us has no sender and no words.
            let (Some(id), Some(sender), Some(at)) =
                (message["id"].as_str(), message["sender"]["did"].as_str(), sent_at(message))
            else {
                continue;
            };
            let place = message_id(convo, id);
            if self.known.holds(STREAM, &place) {
                continue;
            }
            let is_own = own.as_deref() == Some(sender);
            let who = self.line.session.who();
            let post = RawPost {
                platform: super::KIND.to_owned(),
                external_id: place.clone(),
                author: RawAuthor {
                    id: sender.to_owned(),
                    handle: if is_own { who.handle } else { handle },
                    ..RawAuthor::default()
                },
                text: words(message, is_own),
                created_at: at.rfc3339(),
                kind: Some("message".to_owned()),
                conversation_id: Some(convo_key(convo)),
                in_reply_to: message["replyTo"]["id"].as_str().map(|m| message_id(convo, m)),
                private: true,
                visibility: Some("direct".to_owned()),
                own: is_own,
                addressed: !is_own,
                answers: is_own.then_some(did),
                ..RawPost::default()
            };
            items.push(RawItem::of(place, &post, at));
        }
        Ok(items)
    }
}

/// What the service calls a conversation that it does not have, or not any more for us.
const NO_CONVO: [&str; 3] = ["InvalidConvo", "ConvoNotFound", "NotFound"];

/// A question for a page of a list.
fn paged<const N: usize>(
    asked: [(&'static str, String); N],
    page: Option<String>,
) -> Vec<(&'static str, String)> {
    asked.into_iter().chain(page.map(|page| ("cursor", page))).collect()
}

/// Where the next page of a list begins.
fn next_of(body: &Value) -> Option<String> {
    body["cursor"].as_str().filter(|c| !c.is_empty()).map(ToOwned::to_owned)
}

/// The words of a message, with the address of a post that it shares; the chat carries nothing else. Ours stay as they
/// were written, for by their words they are known again.
fn words(message: &Value, is_own: bool) -> String {
    let text = message["text"].as_str().unwrap_or_default();
    let shared = message["embed"]["record"]["uri"].as_str().filter(|_| !is_own).and_then(split_uri);
    match shared {
        None => text.to_owned(),
        Some((did, key)) => {
            format!("{text}\n[post] https://bsky.app/profile/{did}/post/{key}").trim_start().to_owned()
        }
    }
}

/// The other one in a conversation of two.
fn other(convo: &Value, own: Option<&str>) -> Other {
    let members = convo["members"].as_array()?;
    let mut others = members.iter().filter(|m| m["did"].as_str() != own);
    let (one, more) = (others.next()?, others.next());
    let handle = one["handle"].as_str().filter(|h| *h != "handle.invalid").map(ToOwned::to_owned);
    more.is_none().then_some(())?;
    Some((one["did"].as_str()?.to_owned(), handle))
}
