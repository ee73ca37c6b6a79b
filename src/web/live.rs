//! Live: hints that something changed, over server-sent events. A hint carries an id and nothing
//! else; who gets one reads the page, with all its rules.

use super::auth::In;
use super::error::WebError;
use super::state::AppState;
use crate::domain::time::Span;
use crate::store::console;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::LazyLock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

/// Most pages that are live at a time.
const LIVE_MAX: usize = 256;
/// How often other replicas' changes are looked for.
const LOOK: Span = Span::seconds(3);
/// How far back each look goes, so that a commit that came late is not missed.
const OVERLAP: Span = Span::seconds(10);
const CHANGES_MAX: i64 = 500;

static ROOM: LazyLock<std::sync::Arc<Semaphore>> =
    LazyLock::new(|| std::sync::Arc::new(Semaphore::new(LIVE_MAX)));

/// `GET /live`.
pub async fn hints(State(app): State<AppState>, In(_): In) -> Result<Response, WebError> {
    let Ok(place) = ROOM.clone().try_acquire_owned() else {
        return Err(WebError::TooMany("too many pages are live; this one shows what it showed".to_owned()));
    };
    Ok(Sse::new(changes(app, place))
        .keep_alive(KeepAlive::new().interval(Span::seconds(15).to_std()))
        .into_response())
}

/// What one live page has been told of.
struct Listener {
    app: AppState,
    hints: broadcast::Receiver<crate::casework::CaseChanged>,
    told: HashMap<String, i64>,
    _place: OwnedSemaphorePermit,
}

fn changes(app: AppState, place: OwnedSemaphorePermit) -> impl Stream<Item = Result<Event, Infallible>> {
    let hints = app.changed.subscribe();
    let listener = Listener { app, hints, told: HashMap::new(), _place: place };
    stream::unfold(listener, |mut listener| async move {
        let ids = listener.next().await?;
        let events: Vec<_> =
            ids.into_iter().map(|id| Ok(Event::default().event("changed").data(id))).collect();
        Some((stream::iter(events), listener))
    })
    .flatten()
}

impl Listener {
    /// The next cases that changed; `None` when everybody stops.
    async fn next(&mut self) -> Option<Vec<String>> {
        let token = self.app.token.clone();
        tokio::select! {
            () = token.cancelled() => None,
            hint = self.hints.recv() => Some(match hint {
                Ok(changed) => vec![changed.case_id],
                // Too many at once: one hint is enough to look at the whole page again.
                Err(_) => vec!["many".to_owned()],
            }),
            more = crate::shutdown::pause(LOOK, &token) => {
                if more { Some(self.look().await) } else { None }
            }
        }
    }

    /// Changes by other replicas, with overlap; each version is told once.
    async fn look(&mut self) -> Vec<String> {
        let since = self.app.clock.now().minus(OVERLAP);
        let looked = self.app.db.read("looking for changed cases", move |tx| {
            Box::pin(async move { console::changed_since(tx, since, CHANGES_MAX).await })
        });
        let Ok(changed) = looked.await else { return Vec::new() };
        let mut told = HashMap::new();
        let mut news = Vec::new();
        for (_, id, version) in changed {
            if self.told.get(&id) != Some(&version) {
                news.push(id.clone());
            }
            told.insert(id, version);
        }
        self.told = told;
        news
    }
}
