//! Looking again at posts that are known: do they stand, were they edited?
//!
//! The second way by which deletes and edits are learned, for platforms that tell of neither and for
//! times in which nobody listened. What is found goes into the inbox like everything else, in the
//! transaction that notes when to look the next time.

use super::Collector;
use super::live::Bell;
use crate::domain::ids::InboxId;
use crate::domain::post::RawPost;
use crate::domain::recheck;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::pause;
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, Source, SourceTrouble, Standing};
use crate::store::StoreError;
use crate::store::answer::{self, DueRecheck};
use crate::store::held;
use crate::store::inbox::{self, Received};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

/// How often is looked whether something is due.
const PERIOD: Span = Span::seconds(15);
/// How often a source is told of whom posts are kept.
const TOLD_EVERY: Span = Span::minutes(5);
/// Most posts of one round.
const ROUND: i64 = 100;
/// The name under which trouble with it is shown.
const STREAM: &str = "looking again";

impl Collector {
    /// Looks again at what is due, until asked to stop.
    pub(super) async fn recheck(&self, source: &dyn Source, bell: &Bell, token: &CancellationToken) {
        let Some(recheck) = source.recheck() else { return std::future::pending().await };
        let (mut failures, mut told) = (0, None);
        loop {
            self.tell_of_whom(source, &mut told).await;
            if let Err(error) = self.bring_forward(source.name(), bell).await {
                tracing::debug!(source = source.name(), %error, "what changed is looked at later");
            }
            let wait = match self.recheck_round(source, recheck).await {
                Ok(()) => {
                    failures = 0;
                    PERIOD
                }
                Err(RoundError::Store(error)) => {
                    failures += 1;
                    let wait = self.backoff(failures);
                    self.database_trouble(source.name(), STREAM, &error, wait);
                    wait
                }
                Err(RoundError::Source(trouble)) => {
                    failures += 1;
                    let wait = self.wait_after(&trouble, failures);
                    tracing::debug!(source = source.name(), why = trouble.why, "could not look again");
                    wait
                }
            };
            tokio::select! {
                more = pause(wait, token) => if !more { return },
                () = bell.changed.notified(), if failures == 0 => {}
            }
        }
    }

    /// Tells a source that wants to know of whom posts are kept; now and then, for it is no hurry.
    async fn tell_of_whom(&self, source: &dyn Source, told: &mut Option<Timestamp>) {
        let now = self.clock.now();
        let Some(follow) = source.follow() else { return };
        if told.is_some_and(|at| now.since(at) < TOLD_EVERY) {
            return;
        }
        let (name, most) = (source.name().to_owned(), i64::try_from(follow.most()).unwrap_or(i64::MAX));
        let read = self.db.read("reading of whom posts are looked after", move |tx| {
            async move { answer::authors_looked_after(tx, &name, most).await }.boxed()
        });
        match read.await {
            Ok(authors) => {
                follow.these(authors);
                *told = Some(now);
            }
            Err(error) => {
                tracing::debug!(source = source.name(), %error, "of whom posts are kept is told later");
            }
        }
    }

    /// Lets posts be looked at at once of which a stream said that they changed or are gone. One that is not
    /// known may still be on its way through the inbox, so it is asked for a few times.
    async fn bring_forward(&self, source: &str, bell: &Bell) -> Result<(), StoreError> {
        let told = bell.told();
        if told.is_empty() {
            return Ok(());
        }
        let (source, ids, now) = (source.to_owned(), told.clone(), self.clock.now());
        let found = self.db.write_again("bringing a second look forward", move |tx| {
            let (source, ids) = (source.clone(), ids.clone());
            async move { answer::look_again(tx, &source, &ids, now).await }.boxed()
        });
        bell.found(&found.await?, &told);
        Ok(())
    }

    /// One round: everything that is due, at most [`ROUND`] posts.
    pub(super) async fn recheck_round(
        &self,
        source: &dyn Source,
        recheck: &dyn Recheck,
    ) -> Result<(), RoundError> {
        let (name, now) = (source.name().to_owned(), self.clock.now());
        let due = self.db.read("reading what to look at again", move |tx| {
            async move { answer::due_rechecks(tx, &name, now, ROUND).await }.boxed()
        });
        for part in due.await?.chunks(recheck.at_once().max(1)) {
            let posts: Vec<PostRef> = part.iter().map(post_ref).collect();
            let mut standing = recheck.standing(&posts).await?;
            standing.resize(part.len(), Standing::Unknown);
            if !recheck.dates_edits() {
                self.leave_old_words(part, &mut standing).await?;
            }
            self.store_standing(source.name(), part, standing).await?;
        }
        Ok(())
    }

    /// Takes no words for an edit that stood there before other ones: what shows them lags behind what was told since.
    async fn leave_old_words(
        &self,
        part: &[DueRecheck],
        standing: &mut [Standing],
    ) -> Result<(), StoreError> {
        let ids: Vec<String> = part
            .iter()
            .zip(standing.iter())
            .filter(|(_, standing)| is_edit(standing))
            .map(|(due, _)| due.post_id.clone())
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let read = self.db.read("reading what posts said before", move |tx| {
            async move { held::said(tx, &ids).await }.boxed()
        });
        let (said, now) = (read.await?, self.clock.now());
        for (due, standing) in part.iter().zip(standing) {
            if let Standing::Stands(post) = standing
                && said.get(&due.post_id).is_some_and(|said| said.is_over(&post.text, now))
            {
                post.edited_at = None;
            }
        }
        Ok(())
    }

    async fn store_standing(
        &self,
        source: &str,
        part: &[DueRecheck],
        standing: Vec<Standing>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (mut items, mut next, mut away) = (Vec::new(), Vec::new(), Vec::new());
        for (due, standing) in part.iter().zip(standing) {
            let next_look = if due.context == 1 { recheck::next_of_context } else { recheck::next };
            let again = next_look(Timestamp(due.posted_at), now).map(Timestamp::millis);
            match &standing {
                Standing::Away(how) => away.push((due.post_id.clone(), Some(how.code()), now.millis())),
                Standing::Stands(_) => away.push((due.post_id.clone(), None, now.millis())),
                Standing::Gone | Standing::Unknown => {}
            }
            let body = match standing {
                Standing::Gone => serde_json::to_vec(&gone(due)).ok(),
                Standing::Stands(mut post) if post.edited_at.is_some() => {
                    post.context = due.context == 1;
                    serde_json::to_vec(&post).ok()
                }
                Standing::Stands(_) | Standing::Away(_) | Standing::Unknown => None,
            };
            if let Some(body) = body {
                items.push(Received {
                    id: self.mint.id(now, InboxId::new).to_string(),
                    source: source.to_owned(),
                    place: format!("again/{}", due.external_id),
                    received_at: now,
                    body,
                });
            }
            next.push((due.post_id.clone(), again));
        }
        let found = items.len() as u64;
        self.db
            .write_again("storing what was found again", move |tx| {
                let (items, next, away) = (items.clone(), next.clone(), away.clone());
                async move {
                    held::note_away_of_posts(tx, &away).await?;
                    if !items.is_empty() {
                        inbox::receive(tx, &items, None).await?;
                    }
                    answer::rechecked(tx, &next).await
                }
                .boxed()
            })
            .await?;
        if found > 0 {
            metrics::counter!("webcared_received_total", "source" => source.to_owned()).increment(found);
            self.nudge.notify_one();
        }
        Ok(())
    }
}

/// What kept a round from its end.
pub(super) enum RoundError {
    /// The source.
    Source(SourceTrouble),
    /// The database.
    Store(StoreError),
}

impl From<SourceTrouble> for RoundError {
    fn from(trouble: SourceTrouble) -> Self {
        Self::Source(trouble)
    }
}

impl From<StoreError> for RoundError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn is_edit(standing: &Standing) -> bool {
    matches!(standing, Standing::Stands(post) if post.edited_at.is_some())
}

fn post_ref(due: &DueRecheck) -> PostRef {
    PostRef {
        external_id: due.external_id.clone(),
        authority: due.authority.clone(),
        local_id: due.local_id.clone(),
        ..PostRef::default()
    }
}

fn gone(due: &DueRecheck) -> RawPost {
    RawPost {
        platform: due.platform.clone(),
        authority: Some(due.authority.clone()).filter(|a| !a.is_empty()),
        external_id: due.external_id.clone(),
        own: due.own == 1,
        deleted: true,
        ..RawPost::default()
    }
}
