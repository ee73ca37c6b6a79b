//! Live pages: a stream of hints that something changed. A page reads the change itself.
//!
//! Hints come from this process at once, and from a look at what changed lately every two seconds,
//! so that the work of other replicas shows too. The look overlaps the one before, for a slow
//! transaction commits behind later ones. The number of streams is bounded, and each ends after a
//! few minutes. Before something is told it is looked, every few seconds at most, whether whoever
//! listens still may: a log-in that ended hears no more, and new walls hold.

use super::App;
use super::auth::{Viewer, still};
use super::error::Error;
use super::frame::brands_of;
use crate::casework::CaseChanged;
use crate::clock::Clock;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::pause;
use crate::store::console;
use axum::extract::{Extension, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

/// Most live pages at a time.
const STREAMS_MAX: usize = 200;
/// Most of them one person has.
const STREAMS_PER_PERSON: usize = 12;
/// How often we look for changes of other replicas.
const LOOK: Span = Span::seconds(2);
/// How far a look reaches back behind the one before.
const OVERLAP: Span = Span::seconds(10);
/// Most changes of one look that are told one by one; beyond, pages are told to read anew.
const CHANGES_MAX: i64 = 300;
/// How long one stream lives; the browser comes back by itself, and is asked anew who it is.
const STREAM_SPAN: Span = Span::minutes(5);
/// How long a stream hears on without a look whether it still may.
const TRUSTED: Span = Span::seconds(5);
/// A sign of life, well within what the server takes for standing still.
const SIGN: Span = Span::seconds(20);

/// What pages are told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hint {
    /// One case changed.
    Case(CaseChanged),
    /// Somebody came to a case, types there, or left it.
    Here(CaseChanged),
    /// Much changed.
    Many,
}

/// The hub of hints.
pub struct Live {
    hints: broadcast::Sender<Hint>,
    places: Arc<Semaphore>,
    by_person: Arc<Mutex<HashMap<String, usize>>>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            hints: broadcast::channel(512).0,
            places: Arc::new(Semaphore::new(STREAMS_MAX)),
            by_person: Arc::default(),
        }
    }
}

/// A place among the streams; given back when it is dropped.
struct Place {
    _one: OwnedSemaphorePermit,
    person: String,
    by_person: Arc<Mutex<HashMap<String, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.by_person.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = counts.get_mut(&self.person) {
            *n = n.saturating_sub(1);
        }
        counts.retain(|_, n| *n > 0);
    }
}

impl Live {
    /// Tells the pages of a case of this process who is there; those of other replicas read it within seconds.
    pub fn here(&self, brand_id: String, case_id: String) {
        // Nobody listening is fine.
        let _ = self.hints.send(Hint::Here(CaseChanged { brand_id, case_id }));
    }

    fn place(&self, person: &str) -> Option<Place> {
        let one = self.places.clone().try_acquire_owned().ok()?;
        let mut counts = self.by_person.lock().unwrap_or_else(PoisonError::into_inner);
        let n = counts.entry(person.to_owned()).or_default();
        if *n >= STREAMS_PER_PERSON {
            return None;
        }
        *n += 1;
        Some(Place { _one: one, person: person.to_owned(), by_person: self.by_person.clone() })
    }
}

/// Forwards hints until the order to stop; run as one task of the process.
pub async fn watch(app: App, stop: CancellationToken) {
    let mut local = app.changed.subscribe();
    let mut told = Told::default();
    let mut since = app.clock.now();
    loop {
        tokio::select! {
            change = local.recv() => match change {
                Ok(change) => {
                    told.note(&change, app.clock.now());
                    // Nobody listening is fine.
                    let _ = app.live.hints.send(Hint::Case(change));
                }
                Err(RecvError::Lagged(_)) => {
                    let _ = app.live.hints.send(Hint::Many);
                }
                Err(RecvError::Closed) => return,
            },
            more = pause(LOOK, &stop) => {
                if !more {
                    return;
                }
                since = look(&app, &mut told, since).await;
            }
        }
    }
}

/// What was told already, by case: when.
#[derive(Debug, Default)]
struct Told(HashMap<String, Timestamp>);

impl Told {
    fn note(&mut self, change: &CaseChanged, now: Timestamp) {
        self.0.insert(change.case_id.clone(), now);
    }

    /// Whether a change at `at` is news.
    fn is_news(&self, case_id: &str, at: Timestamp) -> bool {
        self.0.get(case_id).is_none_or(|told| *told < at)
    }

    fn forget(&mut self, before: Timestamp) {
        self.0.retain(|_, told| *told >= before);
    }
}

/// One look at what changed since a little before the last; returns where the next begins.
async fn look(app: &App, told: &mut Told, since: Timestamp) -> Timestamp {
    let now = app.clock.now();
    if app.live.hints.receiver_count() == 0 {
        return now;
    }
    let from = since.minus(OVERLAP);
    let found = app.db.read("looking for changes", move |tx| {
        Box::pin(async move { console::changed_since(tx, from, CHANGES_MAX).await })
    });
    match found.await {
        Ok(changes) if changes.len() as i64 >= CHANGES_MAX => {
            let _ = app.live.hints.send(Hint::Many);
        }
        Ok(changes) => {
            for (brand_id, case_id, at) in changes {
                let change = CaseChanged { brand_id, case_id };
                if told.is_news(&change.case_id, Timestamp(at)) {
                    told.note(&change, Timestamp(at).max(now));
                    let _ = app.live.hints.send(Hint::Case(change));
                }
            }
        }
        // The next look reaches as far back; what is wrong shows at `/readyz`.
        Err(error) => {
            tracing::warn!(%error, "changes could not be read for live pages");
            return since;
        }
    }
    told.forget(from.minus(OVERLAP));
    now
}

/// One stream.
struct Listening {
    hints: broadcast::Receiver<Hint>,
    brands: HashSet<String>,
    may_hear: MayHear,
    /// When it was last looked whether it may.
    looked_at: Timestamp,
    stop: CancellationToken,
    clock: Arc<dyn Clock>,
    until: Timestamp,
    greeted: bool,
    /// Whether it is told which case changed, or only that something did.
    names_cases: bool,
    _place: Place,
}

/// Of which brands a stream may hear at present, by id; of nothing any more where there is none.
pub(super) type MayHear =
    Box<dyn Fn() -> BoxFuture<'static, Result<Option<HashSet<String>>, Error>> + Send + Sync>;

/// `GET /live`.
pub async fn stream(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    let brands = ids_of(&app, &viewer);
    let (of, token) = (app.clone(), viewer.token.clone());
    let may_hear: MayHear = Box::new(move || {
        let (app, token) = (of.clone(), token.clone());
        Box::pin(
            async move { Ok(still(&app, &token, Right::See).await?.map(|viewer| ids_of(&app, &viewer))) },
        )
    });
    stream_of(&app, viewer.person.id.as_str(), (brands, may_hear), true)
}

fn ids_of(app: &App, viewer: &Viewer) -> HashSet<String> {
    brands_of(app, viewer).into_iter().map(|b| b.id).collect()
}

/// A stream of changes of these brands, for somebody by an id, as long as they may hear of them. It names cases, or
/// tells only that something changed.
pub(super) fn stream_of(
    app: &App,
    who: &str,
    (brands, may_hear): (HashSet<String>, MayHear),
    names_cases: bool,
) -> Result<Response, Error> {
    let place = app.live.place(who).ok_or(Error::Busy)?;
    let listening = Listening {
        hints: app.live.hints.subscribe(),
        brands,
        may_hear,
        looked_at: app.clock.now(),
        names_cases,
        stop: app.stop.clone(),
        clock: app.clock.clone(),
        until: app.clock.now().plus(STREAM_SPAN),
        greeted: false,
        _place: place,
    };
    let events = stream::unfold(listening, |mut l| async move {
        let event = next(&mut l).await?;
        Some((Ok::<_, Infallible>(event), l))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN.to_std())).into_response())
}

/// The next thing to tell; nothing at the end of the stream.
async fn next(l: &mut Listening) -> Option<Event> {
    if !l.greeted {
        l.greeted = true;
        return Some(Event::default().event("hello").data("1").retry(Span::seconds(3).to_std()));
    }
    loop {
        let left = l.until.since(l.clock.now());
        if left.millis() <= 0 {
            return None;
        }
        let hint = tokio::select! {
            hint = l.hints.recv() => hint,
            _ = pause(left, &l.stop) => return None,
        };
        let hint = match hint {
            Ok(hint) => hint,
            Err(RecvError::Lagged(_)) => Hint::Many,
            Err(RecvError::Closed) => return None,
        };
        if told(l, &hint).is_none() {
            continue;
        }
        if l.clock.now().since(l.looked_at) >= TRUSTED {
            match (l.may_hear)().await {
                Ok(Some(brands)) => {
                    l.brands = brands;
                    l.looked_at = l.clock.now();
                }
                Ok(None) => return None,
                // Nobody knows whether they may: that something changed tells of no case and no brand.
                Err(_) => return Some(many()),
            }
        }
        if let Some(event) = told(l, &hint) {
            return Some(event);
        }
    }
}

/// What a stream is told of a hint; nothing where it is none of its business.
fn told(l: &Listening, hint: &Hint) -> Option<Event> {
    match hint {
        Hint::Many => Some(many()),
        // Whoever is told no cases hears of no other hint that names one either.
        Hint::Here(_) if !l.names_cases => None,
        Hint::Case(change) | Hint::Here(change) if !l.brands.contains(&change.brand_id) => None,
        Hint::Case(_) if !l.names_cases => Some(many()),
        Hint::Case(change) => Some(Event::default().event("case").data(&change.case_id)),
        Hint::Here(change) => Some(Event::default().event("here").data(&change.case_id)),
    }
}

fn many() -> Event {
    Event::default().event("many").data("1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_a_later_one_again() {
        let mut told = Told::default();
        let change = CaseChanged { brand_id: "b".into(), case_id: "c".into() };
        assert!(told.is_news("c", Timestamp(5)));
        told.note(&change, Timestamp(10));
        assert!(!told.is_news("c", Timestamp(5)) && !told.is_news("c", Timestamp(10)));
        assert!(told.is_news("c", Timestamp(11)));
        told.forget(Timestamp(11));
        assert!(told.0.is_empty());
    }

    #[test]
    fn one_person_does_not_take_all_places() {
        let live = Live::default();
        let mine: Vec<_> = (0..STREAMS_PER_PERSON).map(|_| live.place("a").unwrap()).collect();
        assert!(live.place("a").is_none());
        assert!(live.place("b").is_some());
        drop(mine);
        assert!(live.place("a").is_some());
        assert_eq!(live.places.available_permits(), STREAMS_MAX);
    }
}
