//! Reports to leads in the console: the last day, week or month with what stood before it, as a page and as files;
//! and the cases behind each of its figures.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::published::{Was, of_report};
use super::shadow::{file, links};
use super::texts::reports::ReportsTexts;
use crate::domain::role::Right;
use crate::domain::staff::StaffFigures;
use crate::domain::time::Timestamp;
use crate::reports::leads::{AskLeads, DIMENSIONS, Leads, Note, leads};
use crate::reports::leads_write::{body, report_path, title, write};
use crate::reports::monday::{self, Monday};
use crate::reports::period::Period;
use crate::reports::words::Words;
use crate::reports::write::Format;
use crate::reports::{behind as listed, beside, console, rising};
use crate::store::leading::Span;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// How many cases a list shows.
const CASES_MAX: i64 = 500;

#[derive(Template)]
#[template(path = "reports.html", config = "src/web/askama.toml")]
struct ReportsPage {
    frame: Frame,
    /// Code, words, and whether it is shown.
    periods: Vec<(&'static str, &'static str, bool)>,
    brands: Vec<(String, bool)>,
    query: String,
    period: &'static str,
    /// The first day that is shown.
    first: String,
    /// The brand that is shown; empty for all.
    chosen: String,
    was: Vec<Was>,
    notes: Vec<Note>,
    lead: bool,
    /// Whether these modules are switched on.
    forecast: bool,
    helpers: bool,
    public_figure: bool,
    survey: bool,
    staff: bool,
    /// What goes late at this rate.
    outlook: Option<String>,
    title: String,
    /// The language of the figures.
    lang: &'static str,
    /// Made by [`body`] or `reports::paper`, which escape everything.
    body: String,
}

#[derive(Template)]
#[template(path = "report_cases.html", config = "src/web/askama.toml")]
struct CasesPage {
    frame: Frame,
    what: String,
    cases: Vec<(String, String)>,
    cut: bool,
}

/// What an address says, each name as often as it stands there.
type Said = Vec<(String, String)>;

/// The last value of a name; empty without one.
fn get<'a>(said: &'a [(String, String)], name: &str) -> &'a str {
    said.iter().rfind(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}

/// What an address asks for, behind the wall of brands.
struct Looked {
    ask: AskLeads,
    /// The brands that it names and somebody sees; none for all that they see.
    named: Vec<String>,
    /// The zone of the days where it names one; letters may have one of their own.
    zone: String,
}

impl Looked {
    /// The brand, where it is one.
    fn brand(&self) -> String {
        if let [one] = self.named.as_slice() { one.clone() } else { String::new() }
    }
}

/// What an address asks for; none where there is no brand to see.
fn asked_for(app: &App, viewer: &Viewer, said: &[(String, String)]) -> Option<Looked> {
    let all = brands_of(app, viewer);
    let is_named = |name: &str| said.iter().any(|(n, value)| n == "brand" && value == name);
    let named: Vec<String> = all.iter().map(|b| b.brand.name.clone()).filter(|name| is_named(name)).collect();
    let meant = all.iter().filter(|b| named.is_empty() || named.contains(&b.brand.name));
    let ids: Vec<String> = meant.map(|b| b.id.clone()).collect();
    let period = Period::from_code(get(said, "period")).unwrap_or(Period::Daily);
    let own = TimeZone::get(get(said, "zone")).ok().filter(|_| !get(said, "zone").is_empty());
    let zone = if own.is_some() { get(said, "zone").to_owned() } else { String::new() };
    let days_of = own.as_ref().unwrap_or(&app.zone);
    let mut ask = AskLeads::last(period, ids, days_of, app.clock.now())?.knowing(app.catalogue.get());
    if let Ok(day) = get(said, "day").parse() {
        ask.begin_on(day);
    }
    Some(Looked { ask, named, zone }).filter(|l| !l.ask.brands.is_empty())
}

/// Code and words of each period, and whether it is shown.
fn periods(t: &ReportsTexts, shown: &str) -> Vec<(&'static str, &'static str, bool)> {
    let words = [t.daily, t.weekly, t.monthly];
    Period::ALL.into_iter().zip(words).map(|(p, w)| (p.code(), w, p.code() == shown)).collect()
}

/// `GET /reports`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<Said>,
) -> Result<Response, Error> {
    let now: Timestamp = app.clock.now();
    let looked = asked_for(&app, &viewer, &query);
    let (mut made, mut was) = (Leads::default(), Vec::new());
    if let Some(l) = &looked {
        made = leads(&app.db, &l.ask, now).await?;
        l.zone.clone_into(&mut made.zone);
        was = of_report(&app, (&viewer, asked.texts.figures()), &l.ask, &made).await?;
    }
    let named = looked.as_ref().map_or(&[][..], |l| l.named.as_slice());
    let chosen = looked.as_ref().map(Looked::brand).unwrap_or_default();
    if named.is_empty() {
        // All that there are need not be named.
        made.report.brands.clear();
    }
    app.public_url.clone_into(&mut made.report.console);
    let period = made.period;
    let name = |end: &str| format!("report-{period}.{end}");
    if query.iter().any(|(name, _)| name == "format") {
        if !viewer.person.may(Right::Export) {
            return Err(Error::Forbidden);
        }
        match get(&query, "format") {
            "json" => return Ok(file("application/json", &name("json"), write(&made, Format::Json))),
            "csv" => return Ok(file("text/csv; charset=utf-8", &name("csv"), write(&made, Format::Csv))),
            "html" => return Ok(filed(&app, &made, (&name("html"), asked.texts.figures()))),
            _ => {}
        }
    }
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let seen = brands_of(&app, &viewer).into_iter();
    let ids = seen.filter(|b| named.is_empty() || named.contains(&b.brand.name)).map(|b| b.id).collect();
    let outlook = super::forecast::sentence(&app, ids, asked.texts.figures()).await?;
    let t = asked.texts.reports();
    let query = report_path(&made).trim_start_matches("/reports?").to_owned();
    let (title, lang, body) = shown(&made, asked.texts.figures());
    print(&ReportsPage {
        frame: Frame::of(&app, &asked, &viewer, "reports", t.reports, kill),
        periods: periods(t, made.period),
        brands: brands_of(&app, &viewer)
            .into_iter()
            .map(|b| (b.brand.name.clone(), b.brand.name == chosen))
            .collect(),
        query,
        period,
        first: made.this.first.clone(),
        chosen,
        was,
        notes: made.notes.clone(),
        lead: viewer.person.is_lead(),
        forecast: app.modules.forecast.enabled,
        helpers: app.modules.helpers.enabled,
        public_figure: app.modules.public_figure.enabled,
        survey: super::survey::is_on(&app, &viewer),
        staff: app.modules.staff != StaffFigures::None,
        outlook,
        title,
        lang,
        body,
    })
}

/// A page of its own in the language of whoever reads.
fn filed(app: &App, made: &Leads, (name, words): (&str, &'static Words)) -> Response {
    let page = if words.lang == "en" {
        write(made, Format::Html)
    } else {
        console::paper(made, words).mail(&app.public_url)
    };
    file("text/html; charset=utf-8", name, page)
}

/// The figures in the language of whoever reads, with their title: each with its charts and the tables
/// behind them.
fn shown(made: &Leads, words: &'static Words) -> (String, &'static str, String) {
    if words.lang == "en" {
        return (title(made), words.lang, body(made));
    }
    let paper = console::paper(made, words);
    let page = paper.page();
    (paper.title, paper.lang, page)
}

#[derive(Template)]
#[template(path = "monday.html", config = "src/web/askama.toml")]
struct MondayPage {
    frame: Frame,
    brands: Vec<(String, bool)>,
    title: String,
    lang: &'static str,
    /// Made by `reports::paper`, which escapes everything.
    body: String,
}

/// `GET /reports/monday`: the page of the week, one screen.
pub async fn monday(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(mut query): Query<Said>,
) -> Result<Response, Error> {
    if get(&query, "format") == "json" && !viewer.person.may(Right::Export) {
        return Err(Error::Forbidden);
    }
    query.push(("period".to_owned(), Period::Weekly.code().to_owned()));
    let looked = asked_for(&app, &viewer, &query);
    let mut made = match &looked {
        Some(l) => monday::monday(&app.db, &l.ask, app.clock.now()).await?,
        None => Monday::default(),
    };
    if looked.as_ref().is_none_or(|l| l.named.is_empty()) {
        made.brands.clear();
    }
    let chosen = looked.as_ref().map(Looked::brand).unwrap_or_default();
    if get(&query, "format") == "json" {
        let json = serde_json::to_string_pretty(&made).unwrap_or_default() + "\n";
        return Ok(file("application/json", "monday.json", json));
    }
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let words = asked.texts.figures();
    let paper = monday::paper(&made, words, &app.zone);
    let brands = brands_of(&app, &viewer).into_iter();
    print(&MondayPage {
        frame: Frame::of(&app, &asked, &viewer, "reports", words.monday, kill),
        brands: brands.map(|b| (b.brand.name.clone(), b.brand.name == chosen)).collect(),
        lang: paper.lang,
        body: paper.page(),
        title: paper.title,
    })
}

/// What the cases of a figure that is no promise have in common.
fn behind(w: &'static Words, what: &str) -> &'static str {
    match what {
        "begun" => w.begun,
        "needing" => w.needing,
        "open" => w.open_now,
        "late" => w.late_now,
        "soon" => w.soon_late,
        listed::TOPIC => w.rising,
        other => {
            let found = beside::ALL.into_iter().find(|(_, listed)| *listed == other);
            found.map_or(w.begun, |(code, _)| w.figure(code))
        }
    }
}

/// `GET /reports/cases`: the cases behind one figure.
pub async fn cases(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<Said>,
) -> Result<Response, Error> {
    let by = DIMENSIONS.into_iter().find(|d| *d == get(&query, "by")).unwrap_or("total");
    let (name, kind) = (get(&query, "name").to_owned(), get(&query, "kind").to_owned());
    let (late, now) = (get(&query, "late") == "1", app.clock.now());
    let t = asked.texts.reports();
    let w = asked.texts.figures();
    let what = if listed::is_counted(&kind) || kind == listed::TOPIC {
        behind(w, &kind).to_owned()
    } else {
        format!("{} · {}", w.name(&kind), if late { t.late } else { t.kept })
    };
    let what = match (by, name.as_str()) {
        // Nothing but a sector may be none.
        ("sector", "") => format!("{what} · {}: {}", w.by_sector.to_lowercase(), w.none),
        (_, "") => what,
        (_, topic) if kind == listed::TOPIC => format!("{what} · {}", rising::in_words(topic, w)),
        (_, name) => format!("{what} · {name}"),
    };
    let ask = asked_for(&app, &viewer, &query).map(|l| l.ask);
    if ask.as_ref().is_some_and(|ask| listed::is_off(&kind, ask)) {
        return Err(Error::NotFound);
    }
    let (found, kill) = app
        .db
        .read("reading the cases of a figure", move |tx| {
            Box::pin(async move {
                let found = match ask.as_ref().and_then(|ask| Some((ask, ask.span()?))) {
                    Some((ask, (from, to))) => {
                        let of = Span { brands: &ask.brands, from, to, now };
                        listed::cases(tx, of, (by, &name), (&kind, late), (None, CASES_MAX)).await?
                    }
                    None => Vec::new(),
                };
                Ok((found, is_stopped(tx).await?))
            })
        })
        .await?;
    let names: Vec<String> = found.iter().map(|(brand, number)| format!("{brand}#{number}")).collect();
    print(&CasesPage {
        frame: Frame::of(&app, &asked, &viewer, "reports", t.behind, kill),
        what,
        cut: names.len() >= usize::try_from(CASES_MAX).unwrap_or(usize::MAX),
        cases: links(&names),
    })
}
