//! The ledger of helpers: who of a forum's members helped how often in a period, with points, and as CSV for rewards.
//! An optional module: where it is off there is no trace of it.

use super::App;
use super::auth::{Asked, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, is_stopped, page as print};
use super::shadow::file;
use super::shown::Shown;
use crate::domain::kudos::{self as helper, Sum};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::reports::write::csv_cell;
use crate::store::kudos::{self as store, LedgerRow};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;

/// The longest period, in days.
const DAYS_MAX: i64 = 400;

/// One helper in the table.
struct Helper {
    name: Shown,
    sum: Sum,
}

#[derive(Template)]
#[template(path = "helpers.html", config = "src/web/askama.toml")]
struct HelpersPage {
    frame: Frame,
    helpers: Vec<Helper>,
    from: String,
    to: String,
    /// The address of the same as CSV, for those who may take it.
    csv: Option<String>,
    rules: helper::Rules,
}

/// The days that are asked for, both included: the present month where none are named.
pub(super) fn days(query: &HashMap<String, String>, today: Date) -> (Date, Date) {
    let get = |name: &str| query.get(name).and_then(|d| d.parse::<Date>().ok());
    let from = get("from").unwrap_or_else(|| today.first_of_month());
    let to = get("to").unwrap_or(today).max(from);
    let last = jiff::Span::new().try_days(DAYS_MAX).ok().and_then(|d| from.checked_add(d).ok());
    (from, last.map_or(to, |last| to.min(last)))
}

fn csv(rows: &[(String, Sum)], (from, to): (Date, Date)) -> String {
    let head = "helper,from,to,answers,accepted,well_received,capped,without_points,points\r\n".to_owned();
    let line = |(name, s): &(String, Sum)| {
        let counts = [s.answers, s.accepted, s.liked, s.capped, s.void, s.points].map(|n| n.to_string());
        format!("{},{from},{to},{}\r\n", csv_cell(name), counts.join(","))
    };
    rows.iter().map(line).fold(head, |all, line| all + &line)
}

/// `GET /reports/helpers?from=DAY&to=DAY&format=csv`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    if !app.modules.helpers.enabled {
        return Err(Error::NotFound);
    }
    let may_take = viewer.person.may(Right::Export);
    let wants_csv = query.get("format").map(String::as_str) == Some("csv");
    if wants_csv && !may_take {
        return Err(Error::Forbidden);
    }
    let midnight = |day: Date| -> Result<Timestamp, Error> {
        let at = day.to_zoned(app.zone.clone()).map_err(|_| Error::NotFound)?;
        Ok(Timestamp(at.timestamp().as_millisecond()))
    };
    let now = jiff::Timestamp::from_millisecond(app.clock.now().millis()).unwrap_or_default();
    let (from, to) = days(&query, now.to_zoned(app.zone.clone()).date());
    let next = to.tomorrow().map_err(|_| Error::NotFound)?;
    let (begin, end, week) = (midnight(from)?, midnight(next)?, midnight(helper::monday(from))?);
    let brands: Vec<String> = brands_of(&app, &viewer).into_iter().map(|b| b.id).collect();
    let ids = brands.clone();
    let read = app.db.read("reading the ledger of helpers", move |tx| {
        Box::pin(async move { Ok((store::ledger(tx, &ids, week, end).await?, is_stopped(tx).await?)) })
    });
    let (rows, kill) = read.await?;
    let rules = app.modules.helpers.rules();
    let answers: Vec<helper::Answer> = rows.iter().map(LedgerRow::answer).collect();
    let sums = helper::sums(&helper::score(&answers, &rules, &app.zone), begin, end);
    let named =
        |id: &String| rows.iter().find(|r| r.helper_id == *id).map(LedgerRow::name).unwrap_or_default();
    let mut list: Vec<(String, Sum)> = sums.iter().map(|(id, sum)| (named(id), sum.clone())).collect();
    list.sort_by(|a, b| b.1.points.cmp(&a.1.points).then_with(|| a.0.cmp(&b.0)));
    if wants_csv {
        casework_of(&app, &viewer).note_helpers_taken(&brands, &actor(&viewer)).await?;
        let name = format!("helpers-{from}-{to}.csv");
        return Ok(file("text/csv; charset=utf-8", &name, csv(&list, (from, to))));
    }
    let title = asked.texts.reports().helpers;
    print(&HelpersPage {
        frame: Frame::of(&app, &asked, &viewer, "reports", title, kill),
        helpers: list.into_iter().map(|(n, sum)| Helper { name: Shown::plain(&n), sum }).collect(),
        csv: may_take.then(|| format!("/reports/helpers?from={from}&to={to}&format=csv")),
        from: from.to_string(),
        to: to.to_string(),
        rules,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_unless_days_are_named_and_never_too_many() {
        let today: Date = "2026-11-24".parse().unwrap();
        let of = |from: &str, to: &str| {
            let query =
                HashMap::from([("from".to_owned(), from.to_owned()), ("to".to_owned(), to.to_owned())]);
            let (from, to) = days(&query, today);
            format!("{from} {to}")
        };
        assert_eq!(of("", ""), "2026-11-01 2026-11-24");
        assert_eq!(of("2026-10-05", "2026-10-11"), "2026-10-05 2026-10-11");
        assert_eq!(of("2026-10-05", "2026-10-01"), "2026-10-05 2026-10-05");
        assert_eq!(of("2020-01-01", ""), "2020-01-01 2021-02-04");
    }

    #[test]
    fn a_name_that_is_a_formula_is_a_text() {
        let rows = [("=1+1".to_owned(), Sum { points: 3, ..Sum::default() })];
        let day: Date = "2026-11-24".parse().unwrap();
        assert!(csv(&rows, (day, day)).contains("'=1+1,2026-11-24"));
    }
}
