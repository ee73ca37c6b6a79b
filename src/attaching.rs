//! Files that customers put into posts, fetched beside everything else.
//!
//! Intake notes which files there are; here they are fetched, looked at, stripped of all that is no picture and kept,
//! while no transaction is open. What a file says it is decides nothing. A file taken up and never finished, as when
//! the process ends, comes due again. Each ends as kept, refused with the reason, or gone; until then it waits and is
//! tried again, ever more seldom. Files of posts that are gone have no row, so they are never fetched; one whose post
//! goes while it is on its way is thrown away on arrival.

pub mod strip;

use crate::clock::Clock;
use crate::domain::file::{FileNote, FileState, FileWhy, Media};
use crate::domain::time::Span;
use crate::http_client::files::{FileCall, FileClient, FileError};
use crate::shutdown::Shutdown;
use crate::sources::Source;
use crate::sources::media::{Found, Unfound, at};
use crate::store::attachment::{self, DueFile, Keeping};
use crate::store::enclosed;
use crate::store::{Db, StoreError};
use futures_util::future::join_all;
use serde::Deserialize;
use std::sync::Arc;
use strip::{Unfit, strip};
use url::Url;

/// How often is looked for files that are due.
const ROUND: Span = Span::seconds(2);
/// How often files follow their words, and are counted.
const TIDY: Span = Span::minutes(5);
/// Files that are fetched beside each other.
const AT_ONCE: i64 = 3;
/// Waits between tries; after the last of them a file is given up.
const WAITS: [Span; 7] = [
    Span::seconds(30),
    Span::minutes(2),
    Span::minutes(10),
    Span::hours(1),
    Span::hours(3),
    Span::hours(8),
    Span::hours(12),
];
/// Longest wait that a server may ask for.
const WAIT_MAX: Span = Span::hours(12);
/// So many times 'not found' is taken for 'not yet': servers show posts before their pictures are ready.
const NOT_YET: i64 = 2;

/// `[attachments]`: files that customers put into posts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttachmentsConfig {
    /// Whether they are fetched; if not, they are only named.
    pub fetch: bool,
    /// The largest file that is kept, in bytes.
    pub bytes_max: i64,
    /// How long fetching one may take, in seconds.
    pub timeout_seconds: i64,
}

impl Default for AttachmentsConfig {
    fn default() -> Self {
        Self { fetch: true, bytes_max: 10 * 1024 * 1024, timeout_seconds: 30 }
    }
}

/// Fetches files.
pub struct Attaching {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fetches what has an address.
    pub files: FileClient,
    /// The sources, which may know more than an address.
    pub sources: Vec<Arc<dyn Source>>,
    /// The settings.
    pub config: AttachmentsConfig,
}

impl std::fmt::Debug for Attaching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attaching").field("config", &self.config).finish_non_exhaustive()
    }
}

/// How a try ended.
#[derive(Clone, Debug)]
enum Ended {
    Kept(Keeping),
    Refused(FileWhy),
    Gone,
    Later(Option<Span>),
}

impl Attaching {
    /// Fetches what is due, a few at once; returns how many were tried.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let next = self.db.read("looking for files", |tx| Box::pin(attachment::next_due(tx))).await?;
        if next.is_none_or(|at| at > now.millis()) {
            return Ok(0);
        }
        let span = Span::seconds(self.timeout_seconds() + 120);
        let due = self.db.write("taking files up", move |tx| {
            Box::pin(async move { attachment::take_due(tx, now, span, AT_ONCE).await })
        });
        let due = due.await?;
        let done = join_all(due.iter().map(|file| self.one(file))).await;
        done.into_iter().collect::<Result<Vec<()>, StoreError>>().map(|all| all.len())
    }

    const fn timeout_seconds(&self) -> i64 {
        self.config.timeout_seconds
    }

    async fn one(&self, file: &DueFile) -> Result<(), StoreError> {
        let note = file.body.as_deref().and_then(|b| serde_json::from_str::<FileNote>(b).ok());
        let ended = match note {
            _ if !self.config.fetch => Ended::Refused(FileWhy::Off),
            // Each earlier try ended the process before it could say so.
            _ if file.attempts > WAITS.len() as i64 => Ended::Refused(FileWhy::Unreachable),
            None => Ended::Gone,
            Some(note) => self.fetched(&note, file).await,
        };
        self.record(file, ended).await
    }

    /// Fetches one file and makes of it what is kept.
    async fn fetched(&self, note: &FileNote, file: &DueFile) -> Ended {
        let bytes_max = usize::try_from(self.config.bytes_max).unwrap_or(usize::MAX);
        if note.bytes.is_some_and(|n| n > self.config.bytes_max) {
            return Ended::Refused(FileWhy::TooLarge);
        }
        let source = self.sources.iter().find(|s| s.name() == file.source);
        let media = source.and_then(|s| s.media());
        let found = match media {
            Some(media) => media.find(note, bytes_max).await,
            None => at(note),
        };
        let bytes = match found {
            Ok(Found::Bytes(bytes)) if bytes.len() > bytes_max => return Ended::Refused(FileWhy::TooLarge),
            Ok(Found::Bytes(bytes)) => bytes,
            Ok(Found::At { url, header }) => {
                let base: Option<Url> = media.and_then(|m| m.base()).cloned();
                let within = Span::seconds(self.timeout_seconds());
                let call = FileCall { url, header, base: base.clone(), bytes_max, within };
                match (self.files.fetch(call).await, media) {
                    (Ok(body), _) => body.to_vec(),
                    (Err(error), None) => return failed(&error, file.attempts),
                    (Err(error), Some(media)) => {
                        let Some(url) = media.elsewhere(note).await else {
                            return failed(&error, file.attempts);
                        };
                        let call = FileCall { url, header: None, base, bytes_max, within };
                        match self.files.fetch(call).await {
                            Ok(body) => body.to_vec(),
                            // What the first place said counts: the second is only tried.
                            Err(_) => return failed(&error, file.attempts),
                        }
                    }
                }
            }
            Err(Unfound::Gone) => return Ended::Gone,
            Err(Unfound::TooLarge) => return Ended::Refused(FileWhy::TooLarge),
            Err(Unfound::Denied) => return Ended::Refused(FileWhy::Address),
            Err(Unfound::Later(wait)) => return Ended::Later(wait),
        };
        // Work for the processor, which others must not wait for.
        tokio::task::spawn_blocking(move || kept(bytes)).await.unwrap_or(Ended::Refused(FileWhy::Broken))
    }

    async fn record(&self, file: &DueFile, ended: Ended) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (id, ended) = (file.id.clone(), settled(ended, file.attempts));
        let outcome = match &ended {
            Ended::Kept(_) => "kept",
            Ended::Refused(why) => why.code(),
            Ended::Gone => "gone",
            Ended::Later(_) => "later",
        };
        metrics::counter!("webcared_attachments_total", "outcome" => outcome).increment(1);
        let wait = wait_of(file.attempts);
        let recorded = self.db.write("recording a file", move |tx| {
            Box::pin(async move {
                match ended {
                    Ended::Kept(keeping) => attachment::keep(tx, &id, &keeping, now).await.map(|_| ()),
                    Ended::Refused(why) => {
                        attachment::end(tx, &id, FileState::Refused, Some(why), now).await.map(|_| ())
                    }
                    Ended::Gone => attachment::end(tx, &id, FileState::Gone, None, now).await.map(|_| ()),
                    Ended::Later(asked) => {
                        // Never sooner than our own wait: a budget or server that asks for a second would use all tries up.
                        let wait = asked.map_or(wait, |asked| asked.max(wait)).min(WAIT_MAX);
                        attachment::later(tx, &id, now.plus(wait), now).await
                    }
                }
            })
        });
        recorded.await
    }

    /// Files go with their words, whoever took those away; returns how many went.
    pub async fn tidy(&self) -> Result<u64, StoreError> {
        let lost =
            self.db.read("looking for files without words", |tx| Box::pin(attachment::lost(tx))).await?;
        let ours = self
            .db
            .read("looking for files of ours without words", |tx| Box::pin(enclosed::lost(tx)))
            .await?;
        if lost.is_empty() && ours.is_empty() {
            return Ok(0);
        }
        let n = (lost.len() + ours.len()) as u64;
        self.db
            .write("taking files away", move |tx| {
                Box::pin(async move {
                    attachment::drop_lost(tx, &lost).await?;
                    enclosed::drop_lost(tx, &ours).await
                })
            })
            .await?;
        Ok(n)
    }

    async fn measure(&self) -> Result<(), StoreError> {
        let counts = self.db.read("counting files", |tx| Box::pin(attachment::counts(tx))).await?;
        for state in FileState::ALL {
            let found = counts.iter().find(|c| c.0 == state.code());
            metrics::gauge!("webcared_attachments", "state" => state.code())
                .set(found.map_or(0, |c| c.1) as f64);
            if state == FileState::Kept {
                metrics::gauge!("webcared_attachments_bytes").set(found.map_or(0, |c| c.2) as f64);
            }
        }
        Ok(())
    }

    /// What was only named while fetching was switched off is fetched after all.
    pub async fn wake(&self) -> Result<u64, StoreError> {
        if !self.config.fetch {
            return Ok(0);
        }
        let now = self.clock.now();
        self.db.write("waking files", move |tx| Box::pin(attachment::wake_off(tx, now))).await
    }

    /// Runs until the order to stop; what is on its way then comes due again.
    pub fn spawn(self, shutdown: &Shutdown) {
        let this = Arc::new(self);
        let (fetching, stop, mut woken) = (this.clone(), shutdown.token.clone(), false);
        shutdown.spawn_every("files of posts", ROUND, move || {
            let (fetching, stop) = (fetching.clone(), stop.clone());
            let is_first = !std::mem::replace(&mut woken, true);
            async move {
                if is_first && let Err(error) = fetching.wake().await {
                    tracing::warn!(%error, "files whose fetching was off could not be woken");
                }
                let round = tokio::select! {
                    () = stop.cancelled() => return 0,
                    round = fetching.run_once() => round,
                };
                told(round)
            }
        });
        shutdown.spawn_every("tidying files", TIDY, move || {
            let this = this.clone();
            async move {
                told(this.measure().await.map(|()| 0));
                told(this.tidy().await.map(|n| usize::try_from(n).unwrap_or(usize::MAX)))
            }
        });
    }
}

fn told(round: Result<usize, StoreError>) -> usize {
    round.unwrap_or_else(|error| {
        tracing::warn!(%error, "files of posts could not be looked after; it tries again");
        0
    })
}

/// What bytes come to.
fn kept(bytes: Vec<u8>) -> Ended {
    match Media::of(&bytes) {
        None => Ended::Refused(FileWhy::Kind),
        Some(Media::Pdf) => Ended::Kept(Keeping { media: Media::Pdf, size: None, bytes }),
        Some(media) => match strip(media, &bytes) {
            Ok(clean) => {
                let size = Some((i64::from(clean.width), i64::from(clean.height)));
                Ended::Kept(Keeping { media, size, bytes: clean.bytes })
            }
            Err(Unfit::Broken) => Ended::Refused(FileWhy::Broken),
            Err(Unfit::TooLarge) => Ended::Refused(FileWhy::TooLarge),
        },
    }
}

/// What a failed call means.
fn failed(error: &FileError, attempts: i64) -> Ended {
    match error {
        FileError::Address(_) => Ended::Refused(FileWhy::Address),
        FileError::Private => Ended::Refused(FileWhy::Private),
        FileError::Redirects => Ended::Refused(FileWhy::Redirects),
        FileError::TooLarge(_) => Ended::Refused(FileWhy::TooLarge),
        FileError::Unreachable(_) => Ended::Later(None),
        FileError::Status { code, hint } => match code {
            410 => Ended::Gone,
            404 if attempts >= NOT_YET => Ended::Gone,
            404 => Ended::Later(None),
            408 | 425 | 429 | 500.. => Ended::Later(hint.wait),
            _ => Ended::Refused(FileWhy::Denied),
        },
    }
}

fn wait_of(attempts: i64) -> Span {
    let n = usize::try_from(attempts).unwrap_or(usize::MAX);
    WAITS.get(n).copied().unwrap_or(WAIT_MAX)
}

/// A try after which no other comes is the last.
fn settled(ended: Ended, attempts: i64) -> Ended {
    match ended {
        Ended::Later(_) if attempts >= WAITS.len() as i64 => Ended::Refused(FileWhy::Unreachable),
        other => other,
    }
}
