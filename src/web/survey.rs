//! Whether customers would recommend the brand, on a page: in total, by week, brand, channel, sector, who solved it,
//! language and level, each with its interval and its cases. An optional module: where no brand asks there is no trace of
//! it.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::shadow::{last_days, links};
use super::texts::Texts;
use crate::reports::Ask;
use crate::reports::console::score;
use crate::reports::survey::{self, Score, Survey};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;

/// The periods that can be chosen, in weeks.
const WEEKS: [i64; 3] = [1, 4, 12];

/// A list of cases as links: address and words.
type Links = Vec<(String, String)>;

struct Row {
    name: String,
    score: String,
    asked: i64,
    answered: i64,
    bands: [Links; 3],
}

#[derive(Template)]
#[template(path = "survey.html", config = "src/web/askama.toml")]
struct SurveyPage {
    frame: Frame,
    /// Weeks, words, and whether it is this.
    periods: Vec<(i64, &'static str, bool)>,
    brands: Vec<(String, bool)>,
    tables: Vec<(&'static str, Vec<Row>)>,
    worded: Links,
    complained: Links,
    not_asked: Vec<(String, i64)>,
    cut: bool,
}

/// Whether any brand that somebody sees asks customers.
pub(super) fn is_on(app: &App, viewer: &Viewer) -> bool {
    brands_of(app, viewer).iter().any(|b| b.brand.survey.enabled)
}

/// `GET /reports/survey`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    if !is_on(&app, &viewer) {
        return Err(Error::NotFound);
    }
    let (t, all) = (asked.texts, brands_of(&app, &viewer));
    let get = |name: &str| query.get(name).map_or("", String::as_str);
    let weeks = get("weeks").parse().ok().filter(|w| WEEKS.contains(w)).unwrap_or(4);
    let brand = all.iter().find(|b| b.brand.name == get("brand"));
    // The wall: only the brands that the viewer may see, also where all are meant.
    let ids = brand.map_or_else(|| all.iter().map(|b| b.id.clone()).collect(), |b| vec![b.id.clone()]);
    let (from, to) = last_days(app.clock.now(), weeks * 7, &app.zone);
    let made = survey::report(&app.db, &Ask { from, to, brands: ids, zone: app.zone.clone() })
        .await?
        .unwrap_or_default();
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let o = t.office();
    let words = [o.weeks_one, o.weeks_four, o.weeks_twelve];
    print(&SurveyPage {
        frame: Frame::of(&app, &asked, &viewer, "reports", t.voice().survey, kill),
        periods: WEEKS.into_iter().zip(words).map(|(w, word)| (w, word, w == weeks)).collect(),
        brands: all.iter().map(|b| (b.brand.name.clone(), brand.is_some_and(|x| x.id == b.id))).collect(),
        tables: tables(&made, t),
        worded: links(&made.worded),
        complained: links(&made.complained),
        not_asked: made.not_asked.iter().map(|(why, n)| (t.name("notasked", why), *n)).collect(),
        cut: made.cut,
    })
}

fn tables(made: &Survey, t: &'static Texts) -> Vec<(&'static str, Vec<Row>)> {
    let (o, v, w) = (t.office(), t.voice(), t.figures());
    let row = |s: &Score, name: String| Row {
        name,
        score: if s.score.is_some() { score(s, w) } else { t.not_measured.to_owned() },
        asked: s.asked,
        answered: s.answered,
        bands: [links(&s.promoters), links(&s.passives), links(&s.detractors)],
    };
    let total =
        vec![row(&made.total, o.this_period.to_owned()), row(&made.before, o.period_before.to_owned())];
    let mut all = vec![(o.this_period, total)];
    for (code, _, list, _) in survey::groups(made) {
        let title = match code {
            "week" => o.by_week,
            "brand" => o.by_brand,
            "level" => v.by_level,
            "channel" => v.by_channel,
            "sector" => o.by_sector,
            "solved" => v.by_solved,
            _ => v.by_language,
        };
        let name = |s: &Score| match (code, s.name.as_str()) {
            ("sector", "") => o.sector_none.to_owned(),
            ("solved", "") => t.ends().ending_none.to_owned(),
            ("solved", code) => t.name("solved", code),
            (_, name) => name.to_owned(),
        };
        all.push((title, list.iter().map(|s| row(s, name(s))).collect()));
    }
    all
}
