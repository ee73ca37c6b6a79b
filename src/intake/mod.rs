//! Intake: payloads become mentions, cases, clocks and actions, a batch at a time.
//!
//! Load, plan, write: bulk reads of what is known, a pure plan, one bulk statement a table, one
//! commit. When another writer wins, the batch is loaded and planned again. Payloads come from the
//! inbox, or straight here where the raw row would cost more than it gives (replay).

mod addressed;
mod apart;
mod bodies;
mod bounced;
mod cases;
mod collected;
mod covered;
mod ends;
pub mod feed;
mod files;
mod gone;
mod index;
mod intents;
mod joining;
mod known_as;
mod late;
mod places;
mod plan;
mod posts;
pub mod read;
mod retold;
mod rises;
mod settled;
mod surveyed;

pub use plan::{Known, Planner};
pub use read::{Item, OUTBOX, Reader, SourceRules};

use crate::casework::CaseChanged;
use crate::catalogue::{Catalogue, Current};
use crate::clock::{Clock, Mint};
use crate::domain::post::Post;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::{Shutdown, every};
use crate::store::intake::{self as rows, IntentAsk};
use crate::store::script::Script;
use crate::store::{Db, StoreError, Tx, correction, handover, inbox, taken, ticket, watch};
use gone::{Gone, removed_pairs};
use joining::Ways;
use places::{Places, is_own, named_cases, places};
use settled::Settled;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Notify, broadcast};

/// Most payloads in one batch.
pub const BATCH: usize = 500;
const PERIOD: Span = Span::seconds(1);
/// A batch of so many payloads is written while the rest of it is still planned.
const LARGE: usize = 200;
const TAKING: &str = "taking posts in";

/// What intake knows of its sources, by name.
pub type Rules = HashMap<String, SourceRules>;

/// What one batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All payloads.
    pub received: u64,
    /// Became a mention, or revised one.
    pub mention: u64,
    /// Was known.
    pub duplicate: u64,
    /// Was ours.
    pub own_echo: u64,
    /// Was about no brand.
    pub filtered: u64,
    /// Could not be read.
    pub quarantined: u64,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.received += other.received;
        self.mention += other.mention;
        self.duplicate += other.duplicate;
        self.own_echo += other.own_echo;
        self.filtered += other.filtered;
        self.quarantined += other.quarantined;
    }

    fn of(counts: &[inbox::Count]) -> Self {
        let sum =
            |what: &str| -> u64 { counts.iter().filter(|c| c.2 == what).map(|c| c.3.unsigned_abs()).sum() };
        let mut tally = Self {
            received: 0,
            mention: sum("mention"),
            duplicate: sum("duplicate"),
            own_echo: sum("own_echo"),
            filtered: sum("filtered"),
            quarantined: sum("quarantined"),
        };
        tally.received =
            tally.mention + tally.duplicate + tally.own_echo + tally.filtered + tally.quarantined;
        tally
    }
}

/// Takes payloads in; cheap to clone.
#[derive(Clone, Debug)]
pub struct Intake {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    catalogue: Current,
    reader: Arc<RwLock<Arc<Reader>>>,
    rules: Arc<RwLock<Arc<Rules>>>,
    changed: broadcast::Sender<CaseChanged>,
    /// Woken when actions were written.
    outbox: Arc<Notify>,
}

impl Intake {
    /// Works on `db` for the brands of `catalogue`.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        mint: Arc<Mint>,
        catalogue: Current,
        changed: broadcast::Sender<CaseChanged>,
        outbox: Arc<Notify>,
    ) -> Self {
        let reader = Arc::new(RwLock::new(Arc::new(Reader::new(catalogue.get()))));
        Self { db, clock, mint, catalogue, reader, rules: Arc::default(), changed, outbox }
    }

    /// The present instant by the clock that intake works with.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets what is known of the sources.
    pub fn set_rules(&self, rules: Rules) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    /// The reader for the present catalogue, built anew after a reload.
    pub fn reader(&self) -> Arc<Reader> {
        let present = self.catalogue.get();
        let reader = self.reader.read().unwrap_or_else(PoisonError::into_inner).clone();
        if Arc::ptr_eq(reader.catalogue(), &present) {
            return reader;
        }
        let fresh = Arc::new(Reader::new(present));
        *self.reader.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        fresh
    }

    fn rules(&self) -> Arc<Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Settles the oldest payloads that wait in the inbox, at most `limit`; returns how many.
    pub async fn run_once(&self, limit: usize) -> Result<usize, StoreError> {
        let settled = match &self.db {
            Db::Sqlite { .. } => self.settle_read_before(limit).await,
            Db::Postgres(_) => self.settle_claimed(limit).await,
        };
        match settled {
            Ok(settled) => Ok(self.tell(&settled)),
            Err(error) if error.lies_in_data() => self.settle_apart(limit, error).await,
            Err(error) => Err(error),
        }
    }

    /// Nobody else settles in this file: payloads are read and judged before the one writer is
    /// taken, so that others can write meanwhile.
    async fn settle_read_before(&self, limit: usize) -> Result<Settled, StoreError> {
        let what = "reading the inbox";
        let waiting = self.db.read(what, move |tx| Box::pin(inbox::waiting(tx, limit as i64))).await?;
        if waiting.is_empty() {
            return Ok(Settled::default());
        }
        let (reader, rules) = (self.reader(), self.rules());
        let by = reader.clone();
        let items = tokio::task::spawn_blocking(move || by.read_all(&rules, waiting)).await;
        self.settle_items(items.map_err(|_| StoreError::Interrupted { what })?, reader).await
    }

    /// Other replicas settle too: payloads are claimed, read and settled in one transaction.
    async fn settle_claimed(&self, limit: usize) -> Result<Settled, StoreError> {
        let (reader, rules, mint, now) = (self.reader(), self.rules(), self.mint.clone(), self.clock.now());
        let batch = self.db.write_again("taking a batch in", move |tx| {
            let (reader, rules, mint) = (reader.clone(), rules.clone(), mint.clone());
            Box::pin(async move {
                let waiting = inbox::waiting(tx, limit as i64).await?;
                let items = reader.read_all(&rules, waiting);
                settle(tx, &reader, &rules, &mint, &items, now).await
            })
        });
        batch.await
    }

    /// Like [`Intake::take_read`], for many payloads that nobody waits for: in more than one commit while
    /// others want to write. Those before an error stay stored.
    pub async fn take_in_turn(&self, mut items: Vec<Item>, by: &Arc<Reader>) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        while !items.is_empty() {
            let now = self.db.turn(items.len()).await;
            let later = items.split_off(now.clamp(1, items.len()));
            tally.add(self.take_read(items, by.clone()).await?);
            items = later;
        }
        Ok(tally)
    }

    /// Takes payloads in that were not stored before: inbox, verdict and effect in one commit.
    pub async fn take(&self, items: Vec<Item>) -> Result<Tally, StoreError> {
        self.take_read(items, self.reader()).await
    }

    /// The same for what was read a while ago, by this reader: brands are places in the list of its catalogue, and a
    /// reload may have come between.
    pub async fn take_read(&self, items: Vec<Item>, by: Arc<Reader>) -> Result<Tally, StoreError> {
        let settled = self.settle_items(items, by).await?;
        self.tell(&settled);
        Ok(settled.tally)
    }

    async fn settle_items(&self, items: Vec<Item>, reader: Arc<Reader>) -> Result<Settled, StoreError> {
        if let Err(error) = self.db.grew(items.len()).await {
            tracing::debug!(%error, "the planner's counts could not be brought up to date");
        }
        let items = Arc::new(items);
        if let Some(settled) = self.settle_planned(&items, &reader).await? {
            return Ok(settled);
        }
        let (rules, mint, now) = (self.rules(), self.mint.clone(), self.clock.now());
        let batch = self.db.write_again(TAKING, move |tx| {
            let (reader, rules, mint, items) = (reader.clone(), rules.clone(), mint.clone(), items.clone());
            Box::pin(async move { settle(tx, &reader, &rules, &mint, &items, now).await })
        });
        batch.await
    }

    /// A small batch is loaded and planned before the one writer is taken, so that deliveries wait
    /// for the writing alone. Nothing, if somebody wrote meanwhile what may have been read: then it
    /// is for the caller to do it again in its turn.
    async fn settle_planned(
        &self,
        items: &Arc<Vec<Item>>,
        reader: &Arc<Reader>,
    ) -> Result<Option<Settled>, StoreError> {
        let Some(before) = self.db.changes().filter(|_| items.len() < LARGE) else { return Ok(None) };
        if items.is_empty() {
            return Ok(Some(Settled::default()));
        }
        let (reader, rules, mint, now) = (reader.clone(), self.rules(), self.mint.clone(), self.clock.now());
        let (batch, by, made) = (items.clone(), reader.clone(), mint.clone());
        let load = self.db.read("looking up what a batch touches", move |tx| {
            Box::pin(async move {
                let mended = known_as::mend(tx, &batch).await?;
                let batch = mended.of(&batch);
                let (known, places) = load(tx, reader.catalogue(), &mint, batch, now).await?;
                let mut planner = Planner::new(reader.catalogue(), &mint, now, known);
                planner.posts(batch, &rules, places);
                planner.changes.aliases = mended.aliases();
                planner.cases()
            })
        });
        let changes = load.await?;
        let mut script = Script::for_sqlite(TAKING);
        taken::gather(&mut script, &changes, now)?;
        let db = self.db.clone();
        let write = self.db.write(TAKING, move |tx| {
            Box::pin(async move {
                if db.changes() != Some(before) {
                    return Ok(None);
                }
                taken::write_gathered(tx, script, &changes, now).await?;
                let mut settled = Settled::default();
                settled.note(changes);
                settled.follow(tx, by.catalogue(), &made, now).await?;
                Ok(Some(settled))
            })
        });
        match write.await {
            Err(error) if error.is_conflict() => Ok(None),
            other => other,
        }
    }

    /// Runs until the order to stop, woken when something came in.
    pub fn spawn(self, shutdown: &Shutdown, nudge: Arc<Notify>, limit: usize) {
        let token = shutdown.token.clone();
        shutdown.spawn("intake", async move {
            let intake = &self;
            every(PERIOD, nudge, token, || async move {
                let limit = intake.db.turn(limit).await;
                intake.run_once(limit).await.unwrap_or_else(|error| {
                    metrics::counter!("webcared_database_errors_total").increment(1);
                    tracing::warn!(%error, "intake could not work; it tries again");
                    0
                })
            })
            .await;
        });
    }

    fn tell(&self, settled: &Settled) -> usize {
        for (source, _, what, n) in &settled.counts {
            let n = n.unsigned_abs();
            match what.as_str() {
                "received" => {
                    metrics::counter!("webcared_received_total", "source" => source.clone()).increment(n);
                }
                verdict => {
                    let labels = [("source", source.clone()), ("verdict", verdict.to_owned())];
                    metrics::counter!("webcared_settled_total", &labels).increment(n);
                }
            }
        }
        for (brand_id, case_id) in &settled.cases {
            // Nobody listening is fine: pages also look by themselves.
            let _ = self.changed.send(CaseChanged { brand_id: brand_id.clone(), case_id: case_id.clone() });
        }
        if settled.has_actions {
            self.outbox.notify_waiters();
        }
        usize::try_from(settled.tally.received).unwrap_or(usize::MAX)
    }
}

async fn settle(
    tx: &mut Tx,
    reader: &Reader,
    rules: &Rules,
    mint: &Mint,
    items: &[Item],
    now: Timestamp,
) -> Result<Settled, StoreError> {
    if items.is_empty() {
        return Ok(Settled::default());
    }
    let mended = known_as::mend(tx, items).await?;
    let items = mended.of(items);
    let (known, places) = load(tx, reader.catalogue(), mint, items, now).await?;
    let mut planner = Planner::new(reader.catalogue(), mint, now, known);
    let mut settled = Settled::default();
    planner.posts(items, rules, places);
    planner.changes.aliases = mended.aliases();
    if items.len() >= LARGE {
        let posts = std::mem::take(&mut planner.changes);
        let mut script = Script::of(tx, TAKING);
        let mut rest = script.another();
        taken::gather(&mut script, &posts, now)?;
        let cases = async {
            let cases = planner.cases()?;
            taken::gather(&mut rest, &cases, now)?;
            Ok::<_, StoreError>((cases, rest))
        };
        // The posts are on their way to the disk while their cases are worked out.
        let (written, cases) = tokio::join!(taken::write_gathered(tx, script, &posts, now), cases);
        written?;
        let (cases, rest) = cases?;
        taken::write_gathered(tx, rest, &cases, now).await?;
        settled.note(posts);
        settled.note(cases);
    } else {
        let changes = planner.cases()?;
        taken::write(tx, &changes, now).await?;
        settled.note(changes);
    }
    settled.follow(tx, reader.catalogue(), mint, now).await?;
    Ok(settled)
}

/// Reads what is known of everything that the batch touches.
async fn load(
    tx: &mut Tx,
    catalogue: &Catalogue,
    mint: &Mint,
    items: &[Item],
    now: Timestamp,
) -> Result<(Known, Places), StoreError> {
    let posts = || items.iter().filter_map(|i| i.read.as_ref().ok()).map(|r| &r.post);
    let answered = posts().flat_map(|p| above(p).map(move |id| named(p, id)));
    let identities = each_once(posts().map(|p| named(p, &p.external_id)).chain(answered));
    let standing = || posts().filter(|p| !p.deleted && p.filtered.is_none());
    let of_outbox = items.iter().filter(|i| i.source == read::OUTBOX).filter_map(|i| i.read.as_ref().ok());
    let own = each_once(of_outbox.map(|r| named(&r.post, &r.post.external_id)));
    let told = standing().filter_map(|p| p.answers.as_deref().map(|id| named(p, id)));
    let authors = each_once(standing().map(|p| named(p, &p.author.id)).chain(told));
    let threads = each_once(standing().map(|p| named(p, p.conversation_key())));
    // Locked before anything is read, so that what another replica took in a moment ago is known.
    let numbers = rows::lock_brands(tx).await?.into_iter().collect();
    let mut known = Known {
        mentions: rows::mentions(tx, &identities).await?,
        own_posts: rows::own_posts(tx, &identities).await?,
        authors: rows::authors(tx, &authors).await?,
        conversations: rows::conversations(tx, &threads).await?,
        numbers,
        gone: Gone::load(tx, &identities, &own).await?,
        ..Known::default()
    };
    let may_be = |p: &&Post| p.context || p.deleted || p.edited_at.is_some();
    let context = each_once(posts().filter(may_be).map(|p| named(p, &p.external_id)));
    known.thread_posts = rows::thread_posts(tx, &context).await?;
    known.gone.load_held(tx, items, &known.mentions, now).await?;
    load_own(tx, &mut known, items).await?;
    known.deaf = watch::alarms(tx).await?;
    known.numbered = rows::numbered(tx, &named_cases(items, catalogue)).await?;
    known.ways = Ways::load(tx, &known, items).await?;
    let brands: Vec<String> = catalogue.brands.iter().map(|w| w.id.clone()).collect();
    let places = places(items, &known, &brands, mint, now);
    let mut removed = removed_pairs(items, &known);
    removed.extend(rows::open_pairs(tx, &ends::solved_in(items, &places)).await?);
    known.surveys = surveyed::load(tx, items, &places, now).await?;
    removed.extend(known.surveys.iter().map(|s| (s.conversation_id.clone(), s.author_id.clone())));
    collected::load(tx, &mut known, &places, &removed).await?;
    load_cases(tx, &mut known, &places, removed).await?;
    rises::load(tx, &mut known, items).await?;
    if catalogue.has_tickets {
        let cases: Vec<_> = known.cases.iter().map(|c| (c.brand_id.clone(), c.id.clone())).collect();
        known.links = ticket::of_cases(tx, &cases).await?;
    }
    Ok((known, places))
}

/// What is needed to know our own posts for the intents they came of, and for who signed them.
async fn load_own(tx: &mut Tx, known: &mut Known, items: &[Item]) -> Result<(), StoreError> {
    let own = items.iter().filter_map(|i| Some((i, i.read.as_ref().ok()?))).filter(|(_, r)| is_own(r));
    let asked: Vec<IntentAsk> = own
        .map(|(item, r)| {
            let may_name = item.source == read::OUTBOX || r.post.receipt.is_some();
            let action = r.post.action.clone().filter(|_| may_name);
            (r.post.external_id.clone(), r.post.in_reply_to.clone(), action)
        })
        .collect();
    if !asked.is_empty() {
        known.intents = rows::intents(tx, &asked).await?;
        known.signatures = rows::signatures(tx).await?;
    }
    Ok(())
}

/// What a post is about: what it stands below, and the mail of ours of which it reports.
fn above(post: &Post) -> impl Iterator<Item = &String> {
    post.in_reply_to.iter().chain(&post.above).chain(post.undelivered.iter().map(|u| &u.of))
}

/// The identity of something on the platform of a post, borrowed.
fn named<'a>(post: &'a Post, id: &'a str) -> rows::KeyRef<'a> {
    (id, &post.platform, &post.authority)
}

/// In order and each once: looked up in the order of the index.
fn each_once<'a>(keys: impl Iterator<Item = rows::KeyRef<'a>>) -> Vec<rows::KeyRef<'a>> {
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Reads the cases that the batch touches, with their messages and clocks. What is new to this
/// batch has none and is not asked for.
async fn load_cases(
    tx: &mut Tx,
    known: &mut Known,
    places: &Places,
    removed: Vec<(String, String)>,
) -> Result<(), StoreError> {
    let new: BTreeSet<&String> = places.conversations.iter().map(|c| &c.0).collect();
    let of = || places.of.iter().flatten().filter(|p| !new.contains(&p.conversation_id));
    let conversations: BTreeSet<String> =
        of().map(|p| p.conversation_id.clone()).chain(removed.iter().map(|r| r.0.clone())).collect();
    let conversations: Vec<String> = conversations.into_iter().collect();
    known.own_in = rows::own_posts_in(tx, &conversations).await?;
    let pairs: BTreeSet<(String, String)> = of()
        .flat_map(|p| {
            [Some(p.case_author()), p.answers.as_deref()].into_iter().flatten().map(move |a| (p, a))
        })
        .map(|(p, author)| (p.conversation_id.clone(), author.to_owned()))
        .chain(removed)
        .collect();
    let pairs: Vec<_> = pairs.into_iter().collect();
    known.cases = rows::cases_of(tx, &pairs).await?;
    let cases: Vec<_> = known.cases.iter().map(|c| (c.brand_id.clone(), c.id.clone())).collect();
    known.messages = rows::messages_of(tx, &cases).await?;
    known.corrections = correction::of_cases(tx, &cases).await?;
    let ids: Vec<String> = known.cases.iter().map(|c| c.id.clone()).collect();
    known.clocks = rows::obligations_of(tx, &ids).await?;
    known.handovers =
        handover::of_cases(tx, &ids).await?.into_iter().map(|h| (h.case_id.clone(), h)).collect();
    Ok(())
}
