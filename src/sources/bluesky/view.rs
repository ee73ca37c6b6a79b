//! The public view of posts, asked without an account: what a post is about, and whether posts still stand.
//!
//! What answers or quotes something is shown with what stands above it, a few steps up; a view that refuses or is away
//! never holds a post back, and is then left alone for a while. That a post is gone is believed only where the view says so
//! of that post alone, and only of a view that has shown another: it hides some posts, and those are not deleted; nor are
//! those of an account that is away. Built from the published lexicons `app.bsky.feed.getPosts`, `getPostThread` and
//! `app.bsky.actor.getProfile`; the public view was never reached while building.

use super::{searching, shown, split_uri};
use crate::clock::Clock;
use crate::domain::post::RawPost;
use crate::domain::time::Span;
use crate::http_client::{Budget, Call, CallError, HttpClient};
use crate::sources::held::Away;
use crate::sources::known::Known;
use crate::sources::reply::{PostRef, Standing};
use crate::sources::{Outside, RawItem, Recheck, SourceTrouble, Tally, TroubleState};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Most posts in one question.
const AT_ONCE: usize = 25;
/// Most posts that are asked for by themselves in one round; the others keep their place.
const ALONE_MAX: usize = 10;
/// How many steps above a post are fetched, one question each.
pub const STEPS_MAX: usize = 3;
// Unwrapped while compiling: a zero would not build.
const CALLS_A_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// How long posts wait for what they are about, however many steps up it stands.
const ABOVE_WITHIN: Span = Span::seconds(3);
/// How long a question may take otherwise.
const AGAIN_WITHIN: Span = Span::seconds(15);
/// How long a view that failed is not asked what posts are about.
const LEFT_ALONE: Span = Span::minutes(5);
/// Under what the posts that were handed over are remembered.
const SEEN: &str = "view";

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    posts: Vec<&'a RawValue>,
}

/// What a question is for; each has a budget of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Above,
    Again,
}

impl For {
    const fn key(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Again => "again",
        }
    }
}

/// A server that shows posts to everybody.
pub struct PublicView {
    http: HttpClient,
    clock: Arc<dyn Clock>,
    server: Url,
    budget: Budget,
    tally: Arc<Tally>,
    /// What was handed over, with what it is about.
    known: Known,
    /// Whether it has shown a post since the process began.
    showing: AtomicBool,
}

impl PublicView {
    /// The view at a server's address; none where there is no address. Its calls are counted with the source's.
    pub fn new(server: &str, outside: &Outside, tally: Arc<Tally>) -> Option<Self> {
        Some(Self {
            http: outside.http.clone(),
            clock: outside.clock.clone(),
            server: Url::parse(server).ok()?,
            budget: Budget::new(outside.clock.clone(), CALLS_A_MINUTE, Span::minutes(1)),
            tally,
            known: Known::default(),
            showing: AtomicBool::new(false),
        })
    }

    /// What the posts of a batch are about and was not stored yet, with what stands above that.
    pub async fn above(&self, items: &[RawItem]) -> Vec<RawItem> {
        self.steps(searching::about(items, |uri| self.known.holds(SEEN, uri)), items).await
    }

    /// These posts and what stands above them, a few steps up, oldest first, as posts that only show what others are about.
    /// What cannot be had in time is left out; what stands on the page itself comes from there.
    pub async fn steps(&self, mut wanted: Vec<String>, page: &[RawItem]) -> Vec<RawItem> {
        let mut here: HashSet<String> = page.iter().map(|item| item.place.clone()).collect();
        let mut above: Vec<RawItem> = Vec::new();
        let until = Instant::now() + ABOVE_WITHIN.to_std();
        for _ in 0..STEPS_MAX {
            if wanted.is_empty() {
                break;
            }
            let views = match timeout_at(until, self.posts(&wanted, For::Above)).await {
                Ok(Ok(views)) => views,
                Ok(Err(trouble)) => {
                    tracing::debug!(why = trouble.why, "what was answered could not be read");
                    break;
                }
                Err(_) => {
                    self.budget.close(For::Above.key(), self.clock.now().plus(LEFT_ALONE));
                    tracing::debug!("what was answered came too late");
                    break;
                }
            };
            // What is not shown is not asked for again with the next step.
            here.extend(wanted);
            let views: Vec<&str> = views.iter().map(String::as_str).collect();
            let mut found = searching::beside(&views, None, self.clock.now());
            wanted = searching::about(&found, |uri| here.contains(uri) || self.known.holds(SEEN, uri));
            above.append(&mut found);
        }
        above.sort_by_key(|item| item.posted_at);
        above
    }

    /// Notes what was stored, so that it is not asked for again.
    pub fn stored(&self, places: Vec<String>) {
        self.known.stored(SEEN, places);
    }

    /// The posts of these addresses that the view shows, as it shows them.
    async fn posts(&self, uris: &[String], why: For) -> Result<Vec<String>, SourceTrouble> {
        let asked: Vec<(&str, String)> = uris.iter().map(|uri| ("uris", uri.clone())).collect();
        let body = self.ask("app.bsky.feed.getPosts", &asked, why).await?;
        let body = body.map_err(|error| self.trouble(&error))?;
        let listed: Listed<'_> = serde_json::from_slice(&body)
            .map_err(|_| SourceTrouble::new(TroubleState::Broken, "the answer is no list of posts"))?;
        if !listed.posts.is_empty() {
            self.showing.store(true, Ordering::Relaxed);
        }
        Ok(listed.posts.iter().map(|view| view.get().to_owned()).collect())
    }

    /// Whether a post that is not shown is really gone, and not only hidden.
    async fn is_gone(&self, uri: &str) -> Result<bool, SourceTrouble> {
        let asked = [("uri", uri.to_owned()), ("depth", "0".to_owned()), ("parentHeight", "0".to_owned())];
        match self.ask("app.bsky.feed.getPostThread", &asked, For::Again).await? {
            Ok(body) => {
                let read: Value = serde_json::from_slice(&body).unwrap_or_default();
                Ok(read["thread"]["$type"].as_str().is_some_and(|kind| kind.ends_with("#notFoundPost")))
            }
            Err(CallError::Status { code: 400, start, .. }) => {
                let read: Value = serde_json::from_str(&start).unwrap_or_default();
                Ok(read["error"] == "NotFound")
            }
            // What is wrong with one post keeps nobody from looking at the others.
            Err(CallError::Status { code, .. }) if code != 429 => Ok(false),
            Err(error) => Err(self.trouble(&error)),
        }
    }

    /// What a post is of which the view says that it is gone: the same is said of those of an account that is only away,
    /// so the account is looked at, too.
    async fn looked_at(&self, account: &str) -> Result<Standing, SourceTrouble> {
        match self.ask("app.bsky.actor.getProfile", &[("actor", account.to_owned())], For::Again).await? {
            Ok(_) => Ok(Standing::Gone),
            Err(CallError::Status { code: 400, start, .. }) => {
                let read: Value = serde_json::from_str(&start).unwrap_or_default();
                let told = |key: &str| read[key].as_str().unwrap_or_default().to_owned();
                Ok(match Away::refused(&told("error"), &told("message")) {
                    None | Some(Away::Deleted) => Standing::Gone,
                    Some(away) => Standing::Away(away),
                })
            }
            Err(CallError::Status { code: 404 | 501, .. }) => Ok(Standing::Gone),
            // What is wrong with one account keeps nobody from looking at the others.
            Err(CallError::Status { code, .. }) if code != 429 => Ok(Standing::Unknown),
            Err(error) => Err(self.trouble(&error)),
        }
    }

    fn trouble(&self, error: &CallError) -> SourceTrouble {
        SourceTrouble::of(error, TroubleState::NeedsAccount, self.clock.now())
    }

    /// Asks once, within the budget; a view that failed while posts waited is left alone for a while.
    async fn ask(
        &self,
        method: &str,
        asked: &[(&str, String)],
        why: For,
    ) -> Result<Result<bytes::Bytes, CallError>, SourceTrouble> {
        let mut url = self.server.clone();
        url.path_segments_mut()
            .map_err(|()| SourceTrouble::new(TroubleState::Broken, "the server's address cannot be read"))?
            .pop_if_empty()
            .extend(["xrpc", method]);
        url.query_pairs_mut().extend_pairs(asked);
        let (key, within) = (why.key(), if why == For::Above { ABOVE_WITHIN } else { AGAIN_WITHIN });
        let now = self.clock.now();
        self.budget.take(key).map_err(|until| SourceTrouble::spent(until, now))?;
        self.tally.add(&format!("public@{}", url.host_str().unwrap_or_default()));
        let answer = self.http.send(Call::get(url).within(within)).await;
        let now = self.clock.now();
        let wait = match &answer {
            Ok(answer) => answer.hint.spent(),
            Err(CallError::Status { code: 429, hint, .. }) => Some(hint.wait.unwrap_or(LEFT_ALONE)),
            Err(_) => None,
        };
        if let Some(wait) = wait {
            for why in [For::Above, For::Again] {
                self.budget.close(why.key(), now.plus(wait));
            }
        }
        if answer.is_err() && why == For::Above {
            self.budget.close(key, now.plus(LEFT_ALONE));
        }
        Ok(answer.map(|answer| answer.body))
    }
}

#[async_trait]
impl Recheck for PublicView {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn dates_edits(&self) -> bool {
        false
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let now = self.clock.now();
        let uris: Vec<String> =
            posts.iter().map(|p| p.external_id.clone()).filter(|uri| split_uri(uri).is_some()).collect();
        let views = if uris.is_empty() { Vec::new() } else { self.posts(&uris, For::Again).await? };
        let read = views.iter().filter_map(|view| shown(view, now));
        let mut found: HashMap<String, RawPost> =
            read.map(|s| (s.post.external_id.clone(), s.post)).collect();
        let (mut standing, mut alone) = (Vec::with_capacity(posts.len()), 0);
        let mut accounts: HashMap<String, Standing> = HashMap::new();
        for asked in posts {
            if let Some(mut post) = found.remove(&asked.external_id) {
                // The platform tells no time of an edit: the instant at which another version was seen counts.
                let is_other = asked.local_id.is_none() || asked.local_id != post.local_id;
                post.edited_at = is_other.then(|| now.rfc3339());
                standing.push(Standing::Stands(Box::new(post)));
                continue;
            }
            let account = split_uri(&asked.external_id).map(|(account, _)| account);
            let Some(account) = account.filter(|_| self.showing.load(Ordering::Relaxed)) else {
                standing.push(Standing::Unknown);
                continue;
            };
            if let Some(Standing::Away(away)) = accounts.get(account) {
                standing.push(Standing::Away(*away));
                continue;
            }
            alone += 1;
            let found = if alone <= ALONE_MAX && self.is_gone(&asked.external_id).await? {
                match accounts.get(account) {
                    Some(found) => found.clone(),
                    None => self.looked_at(account).await?,
                }
            } else {
                Standing::Unknown
            };
            if found != Standing::Unknown {
                accounts.insert(account.to_owned(), found.clone());
            }
            standing.push(found);
        }
        Ok(standing)
    }
}
