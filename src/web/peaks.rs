//! Planned peaks and the crisis switch in the console: the banner on every page, and the forms of leads.

use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::case::promise::local;
use super::error::Error;
use super::frame::{brands_of, casework_of, first_press, forget_press};
use super::shown::{Moment, marked};
use super::{App, zones};
use crate::casework::CaseworkError;
use crate::casework::peaks::NewPeak;
use crate::domain::time::Timestamp;
use crate::store::peak::{self, PeakRow};
use crate::store::{StoreError, Tx, answer, outbox, shift};
use crate::web::texts::refused;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// Most peaks that are looked at.
const PEAKS_MAX: i64 = 50;

/// What holds for everybody at present.
#[derive(Clone, Debug, Default)]
pub struct Switches {
    /// Whether all sending is stopped.
    pub stopped: bool,
    peaks: Vec<PeakRow>,
    words: HashMap<String, String>,
    /// What people are asked at the end of their shift: who, how many cases, when it ends.
    asks: Vec<(String, i64, i64)>,
}

/// A peak or a crisis as a banner shows it.
#[derive(Clone, Debug)]
pub struct Banner {
    /// Its id.
    pub id: String,
    /// It is a crisis.
    pub crisis: bool,
    /// It holds now.
    pub now: bool,
    /// The brand.
    pub brand: String,
    /// What it is.
    pub title: String,
    /// By which words it is known.
    pub words: String,
    /// What is said, a line a language.
    pub lines: Vec<String>,
    /// When it begins.
    pub starts: Moment,
    /// When it is over.
    pub until: Moment,
    /// How many minutes somebody may expect to wait, if a lead said so.
    pub wait: Option<i64>,
}

impl Switches {
    /// Reads them.
    pub async fn read(tx: &mut Tx) -> Result<Self, StoreError> {
        let stopped = outbox::switch(tx, outbox::KILL_SWITCH).await?;
        let peaks = peak::running(tx, PEAKS_MAX).await?;
        let ids: Vec<String> =
            peaks.iter().flat_map(|p| ["title", "words", "lines"].map(|what| p.content_id(what))).collect();
        let words = answer::contents(tx, &ids).await?.into_iter().collect();
        Ok(Self { stopped, peaks, words, asks: shift::open(tx).await? })
    }

    /// What somebody is asked at the end of their shift: how many cases, when it ends, and whether that is past.
    pub fn asks(&self, person: &str, now: Timestamp) -> Option<(i64, Moment, bool)> {
        let found = self.asks.iter().find(|(who, _, _)| who == person);
        found.map(|(_, n, at)| (*n, Moment::of(*at), *at <= now.millis()))
    }

    /// Whether the crisis switch of a brand is on.
    pub fn in_crisis(&self, brand_id: &str, at: Timestamp) -> bool {
        self.peaks.iter().any(|p| p.kind == "crisis" && p.brand_id == brand_id && p.holds(at))
    }

    /// Those of the brands that somebody sees, that are not over; crises first.
    pub fn banners(self, app: &App, viewer: &Viewer) -> Vec<Banner> {
        let (brands, now) = (brands_of(app, viewer), app.clock.now());
        let word = |p: &PeakRow, what: &str| self.words.get(&p.content_id(what)).cloned().unwrap_or_default();
        let one = |p: &PeakRow| {
            let brand = brands.iter().find(|b| b.id == p.brand_id)?;
            Some(Banner {
                id: p.id.clone(),
                crisis: p.kind == "crisis",
                now: p.holds(now),
                brand: brand.brand.name.clone(),
                title: marked(&word(p, "title")),
                words: marked(&word(p, "words")),
                lines: word(p, "lines").lines().map(marked).collect(),
                starts: Moment::of(p.starts_at),
                until: Moment::of(p.until_at),
                wait: p.wait_minutes,
            })
        };
        let ahead = self.peaks.iter().filter(|p| p.until_at > now.millis());
        let mut all: Vec<Banner> = ahead.filter_map(one).collect();
        all.sort_by_key(|b| !b.crisis);
        all
    }
}

/// `POST /peaks`: enters a peak or switches a crisis on, or ends one.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let brand = brands.iter().find(|b| b.brand.name == fields.get("brand")).ok_or(Error::NotFound)?;
    if !first_press(&app, fields.get("nonce"), "peak").await? {
        return Ok(Redirect::to("/incidents#peaks").into_response());
    }
    let text = |name: &str| fields.get(name).replace("\r\n", "\n");
    let peak = NewPeak {
        crisis: fields.get("kind") == "crisis",
        title: text("title"),
        starts: local(fields.get("starts"), &zones::here()),
        until: local(fields.get("until"), &zones::here()),
        words: text("words"),
        lines: text("lines"),
        standby: text("standby"),
        // What is no number is no wait that can be told.
        wait: Some(fields.get("wait").trim()).filter(|w| !w.is_empty()).map(|w| w.parse().unwrap_or(0)),
    };
    done(
        &app,
        (&asked, &viewer, &fields),
        casework_of(&app, &viewer).begin_peak(&brand.id, &peak, &actor(&viewer)).await,
    )
    .await
}

/// `POST /peaks/{id}`: ends one by hand.
pub async fn end(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let mut ended = Err(CaseworkError::NotFound);
    for brand in brands_of(&app, &viewer) {
        ended = casework_of(&app, &viewer).end_peak(&brand.id, &id, &actor(&viewer)).await;
        if !matches!(ended, Err(CaseworkError::NotFound)) {
            break;
        }
    }
    done(&app, (&asked, &viewer, &fields), ended).await
}

async fn done(
    app: &App,
    (asked, viewer, fields): (&Asked, &Viewer, &Fields),
    done: Result<(), CaseworkError>,
) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(Redirect::to("/incidents#peaks").into_response()),
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error @ CaseworkError::Store(_)) => {
            forget_press(app, fields.get("nonce"), "peak").await;
            Err(error.into())
        }
        Err(error) => {
            let page = super::incidents::listed(
                app,
                asked,
                viewer,
                &HashMap::new(),
                (Some(fields), Some(refused::told(asked.texts, &error.to_string()))),
            )
            .await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
