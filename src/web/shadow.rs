//! The back door on a page: the shadow index with its trend and by each dimension, each figure with its cases; why customers came; the queue-jump meter; first-time resolution above all. And what the front office's leads
//! read of it each week.

use super::App;
use super::auth::{Asked, Viewer};
use super::behind::Behind;
use super::dimensions::{Firsts, Row, Table, firsts, row, tables};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::texts::Texts;
use crate::catalogue::Watched;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::reports::office::{self, FirstTime, Jump, Office, Reasons, Sight, Tries, demand};
use crate::reports::write::{Format, csv_cell};
use crate::reports::{Ask, period};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;

/// The periods that can be chosen, in weeks.
const WEEKS: [i64; 3] = [1, 4, 12];

/// A list of cases as links: address and words.
pub(super) type Links = Vec<(String, String)>;

/// How often a reason was given, as a row.
pub(super) struct Why {
    pub(super) name: String,
    pub(super) count: i64,
    pub(super) percent: String,
    pub(super) cases: Links,
}

/// What is chosen on a page, as it stands in addresses.
pub(super) struct Chosen {
    pub(super) weeks: i64,
    /// Weeks, words, and whether it is this.
    pub(super) periods: Vec<(i64, &'static str, bool)>,
    pub(super) brands: Vec<(String, bool)>,
    pub(super) query: String,
}

#[derive(Template)]
#[template(path = "shadow.html", config = "src/web/askama.toml")]
struct ShadowPage {
    frame: Frame,
    chosen: Chosen,
    total: Row,
    tables: Vec<Table>,
    firsts: Vec<Firsts>,
    again: Vec<(String, Links)>,
    not_seen: String,
    days: String,
    whys: Vec<Why>,
    reasons: Reasons,
    sampled: bool,
    other: String,
    unchanged: String,
    tries: Tries,
    tries_share: String,
    tries_since: String,
    tries_cases: Links,
    jump: Jump,
    jump_share: String,
    jump_range: String,
    sooner: String,
    jump_cases: Links,
    lead: bool,
    cut: bool,
    behind: Behind,
    /// A brand keeps a register of complaints.
    complaints: bool,
}

#[derive(Template)]
#[template(path = "demand.html", config = "src/web/askama.toml")]
struct DemandPage {
    frame: Frame,
    /// Where the page stands.
    path: &'static str,
    /// Whether it is the front office's: cases cannot be opened.
    office: bool,
    chosen: Chosen,
    made: demand::Demand,
    index: String,
    done: String,
    hours: String,
    hours_before: String,
    tables: Vec<(String, Vec<Came>)>,
    /// What is more or less than before, largest first: name, before, now.
    changes: Vec<(String, i64, i64)>,
}

/// How many came for something.
struct Came {
    name: String,
    cases: i64,
    before: i64,
    links: Links,
}

/// The last weeks, up to the midnight that has just passed in the team's zone.
pub fn last_days(now: Timestamp, days: i64, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let midnight = |back: i64| -> Option<Timestamp> {
        let day = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(zone.clone()).date();
        let day = day.checked_sub(jiff::Span::new().try_days(back).ok()?).ok()?;
        Some(Timestamp(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
    };
    let to = midnight(0).unwrap_or(now);
    (midnight(days).unwrap_or_else(|| now.minus(Span::days(days))), to)
}

pub(super) fn choose(
    query: &HashMap<String, String>,
    all: &[Watched],
    t: &'static Texts,
) -> (Chosen, Vec<String>) {
    let ask = |name: &str| query.get(name).map_or("", String::as_str);
    let weeks = ask("weeks").parse().ok().filter(|w| WEEKS.contains(w)).unwrap_or(1);
    let brand = all.iter().find(|b| b.brand.name == ask("brand"));
    let o = t.office();
    let words = [o.weeks_one, o.weeks_four, o.weeks_twelve];
    let mut line = url::form_urlencoded::Serializer::new(String::new());
    line.append_pair("weeks", &weeks.to_string());
    if let Some(brand) = brand {
        line.append_pair("brand", &brand.brand.name);
    }
    let chosen = Chosen {
        weeks,
        periods: WEEKS.into_iter().zip(words).map(|(w, word)| (w, word, w == weeks)).collect(),
        brands: all.iter().map(|b| (b.brand.name.clone(), brand.is_some_and(|x| x.id == b.id))).collect(),
        query: line.finish(),
    };
    // The wall: only the brands that the viewer may see, also where all are meant.
    let ids = brand.map_or_else(|| all.iter().map(|b| b.id.clone()).collect(), |b| vec![b.id.clone()]);
    (chosen, ids)
}

/// Sends a report as a file.
pub(super) fn file(kind: &'static str, name: &str, body: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body)
        .into_response()
}

/// `GET /shadow`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    if query.contains_key("format") && !viewer.person.may(Right::Export) {
        return Err(Error::Forbidden);
    }
    let (t, now, all) = (asked.texts, app.clock.now(), brands_of(&app, &viewer));
    let (chosen, brands) = choose(&query, &all, t);
    let (from, to) = last_days(now, chosen.weeks * 7, &app.zone);
    let made = if brands.is_empty() {
        Office::default()
    } else {
        office::report(&app.db, &Ask { from, to, brands, zone: app.zone.clone() }, now).await?
    };
    match query.get("format").map(String::as_str) {
        Some("json") => {
            let body = serde_json::to_string_pretty(&made).unwrap_or_default() + "\n";
            return Ok(file("application/json", "back-door.json", body));
        }
        Some("csv") => return Ok(file("text/csv; charset=utf-8", "back-door.csv", csv(&made))),
        _ => {}
    }
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let frame = Frame::of(&app, &asked, &viewer, "shadow", t.office().shadow, kill);
    let registers = all.iter().any(|b| b.brand.front_office.complaints);
    print(&composed(frame, chosen, made, (viewer.person.is_lead(), registers), t))
}

fn csv(made: &Office) -> String {
    let line = |cells: &Vec<String>| cells.iter().map(|c| csv_cell(c)).collect::<Vec<_>>().join(",") + "\r\n";
    let table = |table: &Vec<Vec<String>>| table.iter().map(line).collect::<String>();
    office::csv_tables(made).iter().map(table).collect::<Vec<_>>().join("\r\n")
}

/// A share, or that there is none.
pub(super) fn percent(p: Option<f64>, t: &Texts) -> String {
    p.map_or_else(|| t.not_measured.to_owned(), |p| t.figures().percent(Some(p)))
}

/// Between which shares one lies, as it is written in the language.
pub(super) fn between(low: f64, high: f64, t: &Texts) -> String {
    let w = t.figures();
    format!("{}\u{2013}{}", w.decimal(low, 1), w.percent(Some(high)))
}

fn span(ms: Option<i64>, t: &Texts) -> String {
    match ms {
        None => t.not_measured.to_owned(),
        Some(ms) if ms < 0 => format!("-{}", Span(-ms)),
        Some(ms) => Span(ms).to_string(),
    }
}

/// `BRAND#NUMBER` as links.
pub(super) fn links(cases: &[String]) -> Links {
    let one = |case: &String| {
        let (brand, number) = case.rsplit_once('#')?;
        let brand: String = url::form_urlencoded::byte_serialize(brand.as_bytes()).collect();
        Some((format!("/c/{}/{number}", brand.replace('+', "%20")), case.clone()))
    };
    cases.iter().filter_map(one).collect()
}

/// A channel in words: a contact elsewhere, a ticket, or a platform by its name.
fn channel(code: &str, t: &Texts) -> String {
    match code {
        "ticket" => t.office().line_ticket.to_lowercase(),
        "phone" | "shop" | "letter" | "web_form" => t.name("contact", code),
        other => other.to_owned(),
    }
}

fn composed(
    frame: Frame,
    chosen: Chosen,
    made: Office,
    (lead, complaints): (bool, bool),
    t: &'static Texts,
) -> ShadowPage {
    let FirstTime { days, again_by_cases, not_seen, .. } = &made.first_time;
    let not_seen: Vec<String> = not_seen.iter().map(|n| channel(n, t)).collect();
    let days: Vec<String> = days.iter().map(|(brand, n)| format!("{brand} {n}")).collect();
    let r = &made.reasons;
    let why = |x: &office::Reason| Why {
        name: t.name("back_door", x.reason),
        count: x.count,
        percent: if r.asked < r.of {
            format!("{} ({})", percent(Some(x.percent), t), between(x.low_percent, x.high_percent, t))
        } else {
            percent(Some(x.percent), t)
        },
        cases: links(&x.cases),
    };
    let range = made.jump.low_percent.zip(made.jump.high_percent);
    ShadowPage {
        behind: Behind::of(&made, t),
        frame,
        chosen,
        total: row(&made.total, String::new(), t),
        tables: tables(&made, t),
        firsts: firsts(&made.first_time, t),
        again: again_by_cases.iter().map(|(how, cases)| (channel(how, t), links(cases))).collect(),
        not_seen: not_seen.join(", "),
        days: days.join(", "),
        whys: r.list.iter().map(why).collect(),
        sampled: r.asked < r.of,
        other: percent(r.other_percent, t),
        unchanged: percent(r.unchanged_percent, t),
        tries_share: percent(made.tries.percent, t),
        tries_since: span(made.tries.median_since_first_ms, t),
        tries_cases: links(&made.tries.cases),
        jump_share: percent(made.jump.percent, t),
        jump_range: range.map_or_else(String::new, |(low, high)| between(low, high, t)),
        sooner: span(made.jump.median_sooner_ms, t),
        jump_cases: links(&made.jump.cases),
        reasons: made.reasons,
        tries: made.tries,
        jump: made.jump,
        lead,
        complaints,
        cut: made.cut,
    }
}

/// `GET /shadow/demand`: what people came round the back for.
pub async fn demand(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    if query.contains_key("format") && !viewer.person.may(Right::Export) {
        return Err(Error::Forbidden);
    }
    demanded(&app, &asked, &viewer, &query, (&Sight::All, "/shadow/demand")).await
}

/// `GET /yesterday/demand`: the same for the front office, of their own queues and without a way to a case.
pub async fn office_demand(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let sight = super::yesterday::sight(&app, &viewer).await?;
    demanded(&app, &asked, &viewer, &query, (&sight, "/yesterday/demand")).await
}

async fn demanded(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    query: &HashMap<String, String>,
    (sight, path): (&Sight, &'static str),
) -> Result<Response, Error> {
    let office = path != "/shadow/demand";
    let (t, now, all) = (asked.texts, app.clock.now(), brands_of(app, viewer));
    let (chosen, brands) = choose(query, &all, t);
    let (from, to) = last_days(now, chosen.weeks * 7, &app.zone);
    let mut made = if brands.is_empty() {
        demand::Demand::default()
    } else {
        demand::report(&app.db, &Ask { from, to, brands, zone: app.zone.clone() }, sight).await?
    };
    if !office {
        // The front office may open no case.
        app.public_url.clone_into(&mut made.console);
    }
    let format = query.get("format").map_or("", String::as_str);
    let named = |kind, name| {
        file(kind, name, demand::write(&made, Format::from_name(format).unwrap_or(Format::Text)))
    };
    // What people read is in their language; what programs read is the same in each.
    let words = t.figures();
    let paper = || {
        let day = |at: Timestamp| period::day_of(at, &app.zone).map(|d| d.to_string()).unwrap_or_default();
        office::paper::demand(&made, (&day(from), &day(to.minus(Span(1)))), words)
    };
    match format {
        "html" if words.lang != "en" => {
            return Ok(file("text/html; charset=utf-8", "failure-demand.html", paper().mail(&made.console)));
        }
        "text" if words.lang != "en" => {
            return Ok(file("text/plain; charset=utf-8", "failure-demand.txt", paper().text(&made.console)));
        }
        "json" => return Ok(named("application/json", "failure-demand.json")),
        "csv" => return Ok(named("text/csv; charset=utf-8", "failure-demand.csv")),
        "html" => return Ok(named("text/html; charset=utf-8", "failure-demand.html")),
        "text" => return Ok(named("text/plain; charset=utf-8", "failure-demand.txt")),
        _ => {}
    }
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let part = if office { "demand" } else { "shadow" };
    let frame = Frame::of(app, asked, viewer, part, t.office().failure_demand, kill);
    print(&demand_page(frame, chosen, made, path, t))
}

fn demand_page(
    frame: Frame,
    chosen: Chosen,
    made: demand::Demand,
    path: &'static str,
    t: &'static Texts,
) -> DemandPage {
    let (o, office) = (t.office(), path != "/shadow/demand");
    let came = |r: &demand::Row, kind: &str, none: &str| Came {
        name: match (kind, r.name.as_str()) {
            (_, "") => none.to_owned(),
            ("back_door", code) => t.name("back_door", code),
            ("promise", code) => t.name("promise", &code.replace(' ', "_")),
            (_, name) => name.to_owned(),
        },
        cases: r.cases,
        before: r.before,
        links: if office { Vec::new() } else { links(&r.list) },
    };
    let table = |title: &str, rows: &[demand::Row], kind: &str, none: &str| {
        (title.to_owned(), rows.iter().map(|r| came(r, kind, none)).collect::<Vec<_>>())
    };
    let hours = |minutes: i64| t.figures().decimal((minutes / 6) as f64 / 10.0, 1);
    let mut tables = vec![
        table(o.line_why, &made.causes, "back_door", t.ends().ending_none),
        table(o.line_promise, &made.promises, "promise", ""),
        table(o.by_team, &made.teams, "", o.no_ticket),
        table(o.by_sector, &made.sectors, "", o.sector_none),
    ];
    if made.by_brand.len() > 1 {
        tables.push(table(o.by_brand, &made.by_brand, "", ""));
    }
    // Only what changed; the tables are sorted by how many came.
    let moved = tables.iter().filter(|(title, _)| title == o.line_why || title == o.by_team);
    let mut changes: Vec<(String, i64, i64)> = moved
        .flat_map(|(_, rows)| rows.iter().filter(|r| r.cases != r.before))
        .map(|r| (r.name.clone(), r.before, r.cases))
        .collect();
    changes.sort_by_key(|(_, before, now)| -(now - before).abs());
    DemandPage {
        changes,
        frame,
        path,
        office,
        index: percent(made.shadow_index_percent, t),
        done: percent(made.done_by_webcare_percent, t),
        hours: hours(made.minutes),
        hours_before: hours(made.before_minutes),
        tables,
        chosen,
        made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_days_end_at_a_midnight_of_the_zone() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let (from, to) = last_days(at("2026-03-30T10:00:00Z"), 7, &zone);
        assert_eq!(
            (from, to),
            (at("2026-03-22T23:00:00Z"), at("2026-03-29T22:00:00Z")),
            "the clocks changed"
        );
    }

    #[test]
    fn names_of_brands_are_written_as_addresses() {
        let found = links(&["Happy Socks & Co#7".to_owned()]);
        assert_eq!(found[0].0, "/c/Happy%20Socks%20%26%20Co/7");
    }
}
