//! The public figure of a brand, without a log-in: JSON and a badge. It is an optional module: where it is off there is
//! nothing at these addresses. Kept for a minute, so that however many ask cost nothing; a lead can freeze it.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::shown::Moment;
use crate::domain::time::{Span, Timestamp};
use crate::reports::public::{self, Shown, badge};
use crate::store::public_figure as store;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long an answer is kept.
const KEPT: Span = Span::seconds(60);
/// Most answers in a second, for each process.
const PER_SECOND: u32 = 50;

/// What was shown last of each brand, and how many asked in this second.
#[derive(Debug, Default)]
pub(super) struct Cache {
    shown: Mutex<HashMap<String, (Timestamp, Shown)>>,
    asked: Mutex<(i64, u32)>,
}

impl Cache {
    fn has_room(&self, now: Timestamp) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.millis().div_euclid(1000);
        if asked.0 != second {
            *asked = (second, 0);
        }
        asked.1 += 1;
        asked.1 <= PER_SECOND
    }

    fn get(&self, brand: &str, now: Timestamp) -> Option<Shown> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |(at, _): &&(Timestamp, Shown)| (Span::ZERO..KEPT).contains(&now.since(*at));
        shown.get(brand).filter(fresh).map(|(_, shown)| shown.clone())
    }

    fn put(&self, brand: &str, now: Timestamp, shown: &Shown) {
        let mut all = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(brand.to_owned(), (now, shown.clone()));
    }

    fn forget(&self, brand: &str) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).remove(brand);
    }
}

/// `GET /public/BRAND.json` and `GET /public/BRAND.svg`, both with `?lang=CODE`.
pub async fn figure(
    State(app): State<App>,
    Path(file): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (name, end) = file.rsplit_once('.').ok_or(Error::NotFound)?;
    let catalogue = app.catalogue.get();
    let config = &app.modules.public_figure;
    let watched = catalogue.named(name).filter(|w| config.shows(&w.brand.name)).ok_or(Error::NotFound)?;
    if !["json", "svg"].contains(&end) {
        return Err(Error::NotFound);
    }
    let now = app.clock.now();
    if !app.public.has_room(now) {
        return Ok((StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")], "").into_response());
    }
    let shown = if let Some(shown) = app.public.get(&watched.id, now) {
        shown
    } else {
        let of = watched.clone();
        let read = app.db.read("reading a public figure", move |tx| {
            Box::pin(async move { public::shown(tx, &of, now).await })
        });
        let shown = read.await?;
        app.public.put(&watched.id, now, &shown);
        shown
    };
    let language = query.get("lang").map_or("", String::as_str);
    let (media, body) = if end == "svg" {
        ("image/svg+xml", badge(&shown, language))
    } else {
        let shown = Shown { promise: shown.promise_in(language).to_owned(), ..shown };
        ("application/json", serde_json::to_string(&shown).unwrap_or_default() + "\n")
    };
    let head = [
        (header::CONTENT_TYPE, media),
        (header::CACHE_CONTROL, "public, max-age=60"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        // A badge stands on pages of others, and browsers ask this of pictures.
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    Ok((head, body).into_response())
}

struct Line {
    name: String,
    promise: String,
    languages: Vec<(String, String)>,
    frozen: Option<Moment>,
}

#[derive(Template)]
#[template(path = "public_figure.html", config = "src/web/askama.toml")]
struct FigurePage {
    frame: Frame,
    lines: Vec<Line>,
}

/// `GET /public-figure`: what is shown, for leads.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    let shows = |name: &str| app.modules.public_figure.shows(name);
    let brands: Vec<_> = brands_of(&app, &viewer).into_iter().filter(|b| shows(&b.brand.name)).collect();
    if brands.is_empty() {
        return Err(Error::NotFound);
    }
    let (now, w) = (app.clock.now(), asked.texts.figures());
    let read = app.db.read("reading public figures", move |tx| {
        Box::pin(async move {
            let mut lines = Vec::new();
            for brand in brands {
                let shown = public::shown(tx, &brand, now).await?;
                let frozen = store::frozen(tx, &brand.id).await?.map(|row| row.at);
                let promise = shown.promise_in(w.lang).to_owned();
                let words = |e: public::Expected| (e.language, public::in_words(e.minutes, w));
                let languages: Vec<(String, String)> = shown.languages.into_iter().map(words).collect();
                lines.push((shown.brand, promise, languages, frozen));
            }
            Ok((lines, is_stopped(tx).await?))
        })
    });
    let (lines, kill) = read.await?;
    let title = asked.texts.reports().public_figure;
    // The time is made only here, where it is known in whose zone.
    let told = lines.into_iter().map(|(name, promise, languages, frozen)| Line {
        name,
        promise,
        languages,
        frozen: frozen.map(Moment::of),
    });
    let lines = told.collect();
    print(&FigurePage { frame: Frame::of(&app, &asked, &viewer, "reports", title, kill), lines })
}

/// `POST /public-figure`: freezes what is shown of a brand, or lets it go on.
pub async fn freeze(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let name = fields.get("brand");
    let shows = |name: &str| app.modules.public_figure.shows(name);
    let brands = brands_of(&app, &viewer);
    let brand = brands.into_iter().find(|b| b.brand.name == name && shows(name)).ok_or(Error::NotFound)?;
    let on = match fields.get("freeze") {
        "1" => true,
        "0" => false,
        other => return Err(Error::Invalid(format!("freeze: '{other}'; allowed are 0 and 1"))),
    };
    let id = brand.id.clone();
    public::freeze(&app.db, &brand, on, &viewer.caller, app.clock.now()).await?;
    app.public.forget(&id);
    tracing::warn!(brand.id = id, frozen = on, person.id = viewer.person.id.as_str(), "the public figure");
    Ok(Redirect::to("/public-figure").into_response())
}
