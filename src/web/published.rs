//! Reports as they were sent, with what was corrected since; and what leads note of days.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, is_stopped, page as print};
use super::shown::Moment;
use crate::casework::CaseworkError;
use crate::reports::frozen::{self, Correction, Figures};
use crate::reports::leads::{AskLeads, Leads, leads};
use crate::reports::period::Period;
use crate::reports::words::Words;
use crate::store::published::{self, PublishedRow};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How many are listed.
const LISTED: i64 = 200;

/// What was sent of the days of a report, with what was corrected since.
pub(super) struct Was {
    /// The name of the letter.
    pub letter: String,
    /// When it was sent.
    pub at: Moment,
    /// Its address.
    pub path: String,
    /// What is another by now: figure, as sent, now.
    pub corrected: Vec<(String, String, String)>,
}

fn words(c: &Correction, w: &Words) -> (String, String, String) {
    (w.kept_figure(&c.figure), frozen::shown(&c.figure, c.sent, w), frozen::shown(&c.figure, c.now, w))
}

fn path(row: &PublishedRow) -> String {
    let mut line = url::form_urlencoded::Serializer::new(String::new());
    line.append_pair("letter", &row.letter).append_pair("kind", &row.kind);
    line.append_pair("day", &row.first_day);
    format!("/reports/sent?{}", line.finish())
}

/// The brands that a report was about; nobody sees one of brands behind a wall.
fn brands_in(app: &App, viewer: &Viewer, row: &PublishedRow) -> Option<BTreeSet<String>> {
    let seen: BTreeSet<String> = brands_of(app, viewer).into_iter().map(|b| b.id).collect();
    let own: BTreeSet<String> = serde_json::from_str(&row.brands).unwrap_or_default();
    let all: BTreeSet<String> = app.catalogue.get().brands.iter().map(|b| b.id.clone()).collect();
    let own = if own.is_empty() { all } else { own };
    own.is_subset(&seen).then_some(own)
}

/// What was sent of the days and brands of a report that is shown.
pub(super) async fn of_report(
    app: &App,
    (viewer, w): (&Viewer, &Words),
    ask: &AskLeads,
    made: &Leads,
) -> Result<Vec<Was>, Error> {
    if !is_counted_still(app, ask) {
        return Ok(Vec::new());
    }
    let (kind, first) = (made.period, made.this.first.clone());
    let read = app.db.read("reading what was sent of a period", move |tx| {
        Box::pin(async move { published::of_day(tx, kind, &first).await })
    });
    let asked: BTreeSet<String> = ask.brands.iter().cloned().collect();
    let now = frozen::figures(made);
    let zone = ask.zone.iana_name().unwrap_or("UTC").to_owned();
    // What was sent of days of another zone is no report of these.
    let same =
        |row: &PublishedRow| row.zone == zone && brands_in(app, viewer, row).is_some_and(|own| own == asked);
    let rows = read.await?.into_iter().filter(same);
    Ok(rows
        .map(|row| Was {
            path: path(&row),
            at: Moment::of(row.sent_at.unwrap_or(row.made_at)),
            corrected: frozen::corrections(&frozen::read(&row.figures), &now, "")
                .iter()
                .map(|c| words(c, w))
                .collect(),
            letter: row.letter,
        })
        .collect())
}

/// Whether what began in a period is kept still: what was let go since is no correction.
fn is_counted_still(app: &App, ask: &AskLeads) -> bool {
    let Some((from, _)) = ask.span() else { return false };
    app.modules.counts_kept.is_none_or(|kept| from >= app.clock.now().minus(kept))
}

struct Line {
    letter: String,
    kind: String,
    days: String,
    at: Moment,
    path: String,
}

#[derive(Template)]
#[template(path = "sent.html", config = "src/web/askama.toml")]
struct SentPage {
    frame: Frame,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "sent_one.html", config = "src/web/askama.toml")]
struct OnePage {
    frame: Frame,
    line: Line,
    /// Figure, as sent, now, and whether these differ.
    figures: Vec<(String, String, String, bool)>,
    /// Whether there is something to hold it against.
    compared: bool,
}

fn line(row: &PublishedRow) -> Line {
    let days = if row.first_day == row.last_day {
        row.first_day.clone()
    } else {
        format!("{} – {}", row.first_day, row.last_day)
    };
    Line {
        letter: row.letter.clone(),
        kind: row.kind.clone(),
        days,
        at: Moment::of(row.sent_at.unwrap_or(row.made_at)),
        path: path(row),
    }
}

/// `GET /reports/sent`: all of them, or one beside what its figures are now.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (letter, kind, day) = (get("letter"), get("kind"), get("day"));
    let (rows, kill) = app
        .db
        .read("reading the reports that were sent", |tx| {
            Box::pin(async move {
                let rows = if letter.is_empty() {
                    published::list(tx, LISTED).await?
                } else {
                    published::get(tx, &letter, &kind, &day).await?.into_iter().collect()
                };
                Ok((rows, is_stopped(tx).await?))
            })
        })
        .await?;
    let rows: Vec<PublishedRow> =
        rows.into_iter().filter(|r| r.sent_at.is_some() && brands_in(&app, &viewer, r).is_some()).collect();
    let frame = Frame::of(&app, &asked, &viewer, "reports", asked.texts.reports().sent, kill);
    if get("letter").is_empty() {
        return print(&SentPage { frame, lines: rows.iter().map(line).collect() });
    }
    let row = rows.into_iter().next().ok_or(Error::NotFound)?;
    let now = now_of(&app, &viewer, &row).await?;
    let sent = frozen::read(&row.figures);
    let w = asked.texts.figures();
    let one = |c: &Correction| {
        let (name, was, is) = words(c, w);
        (name, was, is, now.is_some() && c.differs())
    };
    let all = frozen::compared(&sent, now.as_ref().unwrap_or(&Figures::new()));
    let figures = all.iter().map(one).collect();
    print(&OnePage { frame, line: line(&row), figures, compared: now.is_some() })
}

/// What the figures of a report are now; none for a page of a Monday, which tells of a moment, and of days whose counts
/// are kept no more.
async fn now_of(app: &App, viewer: &Viewer, row: &PublishedRow) -> Result<Option<Figures>, Error> {
    let parsed = (Period::from_code(&row.kind), row.first_day.parse::<Date>(), row.last_day.parse::<Date>());
    let (Some(period), Ok(first), Ok(last)) = parsed else { return Ok(None) };
    let (Ok(after), Some(own)) = (last.tomorrow(), brands_in(app, viewer, row)) else { return Ok(None) };
    let ask = AskLeads {
        period,
        days: (first, after),
        brands: own.into_iter().collect(),
        zone: jiff::tz::TimeZone::get(&row.zone).unwrap_or_else(|_| app.zone.clone()),
        catalogue: Some(app.catalogue.get()),
    };
    if !is_counted_still(app, &ask) {
        return Ok(None);
    }
    Ok(Some(frozen::figures(&leads(&app.db, &ask, app.clock.now()).await?)))
}

/// `POST /reports/notes`: a note of a day, or a note taken away.
pub async fn note(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let chosen = fields.get("brand");
    let ids: Vec<String> =
        brands.iter().filter(|b| chosen.is_empty() || b.brand.name == chosen).map(|b| b.id.clone()).collect();
    let back = || {
        let mut line = url::form_urlencoded::Serializer::new(String::new());
        for (field, name) in [("period", "period"), ("first", "day"), ("shown", "brand")] {
            if !fields.get(field).is_empty() {
                line.append_pair(name, fields.get(field));
            }
        }
        format!("/reports?{}#notes", line.finish())
    };
    let done = if fields.get("remove").is_empty() {
        let day: Date = fields
            .get("day")
            .parse()
            .map_err(|_| Error::Invalid("day: wanted is a day such as 2026-11-24".to_owned()))?;
        casework_of(&app, &viewer).note_day(&ids, day, fields.get("words"), &actor(&viewer)).await.map(|_| ())
    } else {
        casework_of(&app, &viewer).drop_day_note(&ids, fields.get("remove"), &actor(&viewer)).await
    };
    match done {
        Ok(()) => Ok(Redirect::to(&back()).into_response()),
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(CaseworkError::Invalid { field, what }) => Err(Error::Invalid(format!("{field}: {what}"))),
        Err(error) => Err(error.into()),
    }
}
