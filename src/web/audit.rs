//! Who did what, for those who look after that: rows by number, the latest first, with filters as links.

use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::shown::Moment;
use super::texts::Texts;
use super::texts::people::PeopleTexts;
use super::{App, zones};
use crate::domain::audit::{DONE, REFUSED};
use crate::store::audit::{self, AuditRow, Filter};
use crate::store::person;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;

/// How many rows a page shows.
const PAGE: i64 = 100;

struct Row {
    number: i64,
    at: Moment,
    who: String,
    act: String,
    target: String,
    brand: String,
    case: bool,
    outcome: String,
    from: String,
}

#[derive(Template)]
#[template(path = "audit.html", config = "src/web/askama.toml")]
struct AuditPage {
    frame: Frame,
    p: &'static PeopleTexts,
    rows: Vec<Row>,
    who: String,
    act: String,
    target: String,
    outcome: String,
    outcomes: Vec<(&'static str, String)>,
    /// The first and the last day, where they are asked for.
    first: String,
    last: String,
    older: Option<String>,
}

/// The instants of a day's begin and of the next one's, in the zone of the team; what is no day asks for nothing.
fn day(text: &str, zone: &jiff::tz::TimeZone) -> Option<(i64, i64)> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let midnight =
        |day: jiff::civil::Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond());
    Some((midnight(day)?, midnight(day.tomorrow().ok()?)?))
}

fn row(r: AuditRow, names: &HashMap<String, String>, brands: &HashMap<String, String>, t: &Texts) -> Row {
    let name = names.get(&r.person).cloned().unwrap_or(r.person);
    let parts = [name, r.token].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>();
    Row {
        number: r.number,
        at: Moment::of(r.at),
        who: if parts.is_empty() { r.via.clone() } else { format!("{} · {}", parts.join(" · "), r.via) },
        act: r.act,
        case: r.target.starts_with("cas_"),
        target: names.get(&r.target).cloned().unwrap_or(r.target),
        brand: brands.get(&r.brand).cloned().unwrap_or(r.brand),
        outcome: t.name("outcome", &r.outcome),
        from: r.source,
    }
}

/// `GET /audit`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let t = asked.texts;
    let get = |name: &str| query.get(name).map(|v| v.trim().replace('\0', "")).unwrap_or_default();
    let (who, act, target, outcome) = (get("who").to_lowercase(), get("act"), get("target"), get("outcome"));
    let (first, last) = (day(&get("first"), &zones::here()), day(&get("last"), &zones::here()));
    let days =
        [("first", first), ("last", last)].map(|(name, day)| day.map(|_| get(name)).unwrap_or_default());
    let seen = brands_of(&app, &viewer);
    let mut wanted = Filter {
        person: String::new(),
        act: act.clone(),
        target: target.clone(),
        outcome: outcome.clone(),
        before: get("before").parse().unwrap_or(0),
        from: first.map_or(0, |d| d.0),
        until: last.map_or(0, |d| d.1),
        brands: (!viewer.person.walls.is_open()).then(|| seen.iter().map(|b| b.id.clone()).collect()),
    };
    let login = who.clone();
    let read = app.db.read("reading the audit", move |tx| {
        Box::pin(async move {
            let people = person::all(tx).await?;
            if !login.is_empty() {
                let found = people.iter().find(|p| p.login == login);
                // Of somebody whom nobody knows there is nothing.
                wanted.person = found.map_or_else(|| "-".to_owned(), |p| p.id.clone());
            }
            let names: HashMap<String, String> = people.into_iter().map(|p| (p.id, p.name)).collect();
            Ok((audit::latest(tx, &wanted, PAGE).await?, names, is_stopped(tx).await?))
        })
    });
    let (rows, names, kill) = read.await?;
    let brands: HashMap<String, String> = seen.into_iter().map(|b| (b.id, b.brand.name)).collect();
    let full = rows.len() as i64 >= PAGE;
    let older = rows.last().filter(|r| full && r.number > 1).map(|r| {
        let mut link = url::form_urlencoded::Serializer::for_suffix("/audit?".to_owned(), "/audit?".len());
        let asked = [("who", &who), ("act", &act), ("target", &target), ("outcome", &outcome)];
        for (name, value) in asked.into_iter().chain([("first", &days[0]), ("last", &days[1])]) {
            link.append_pair(name, value);
        }
        link.append_pair("before", &r.number.to_string()).finish()
    });
    let [first, last] = days;
    print(&AuditPage {
        first,
        last,
        frame: Frame::of(&app, &asked, &viewer, "audit", t.people().audit, kill),
        p: t.people(),
        rows: rows.into_iter().map(|r| row(r, &names, &brands, t)).collect(),
        who,
        act,
        target,
        outcome,
        outcomes: [DONE, REFUSED].iter().map(|o| (*o, t.name("outcome", o))).collect(),
        older,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_day_is_that_of_the_team_and_nonsense_asks_for_nothing() {
        let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap();
        let at = |text: &str| Timestamp::parse(text).unwrap().millis();
        let summer = day("2026-07-01", &zone);
        assert_eq!(summer, Some((at("2026-06-30T22:00:00Z"), at("2026-07-01T22:00:00Z"))));
        let (begin, end) = day("2026-10-25", &zone).unwrap();
        assert_eq!(end - begin, 25 * 3_600_000, "the day on which the clocks go back");
        for bad in ["", "2026-13-01", "<b>"] {
            assert_eq!(day(bad, &zone), None, "{bad}");
        }
    }
}
