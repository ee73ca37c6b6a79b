//! Figures about staff, as far as `report.staff_figures` lets them be told: of groups of at least five, to each person
//! their own, to leads those of each by name. Nobody is put in order by what they did. Groups are told of a whole month
//! that is over: months do not overlap, so no day and no person is told by taking one period away from another.

use super::App;
use super::auth::{Asked, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, is_stopped, page as print};
use super::kudos::days;
use super::shadow::file;
use super::shown::Shown;
use super::texts::Texts;
use crate::domain::role::Right;
use crate::domain::staff::{Did, Line, PEOPLE_MIN, StaffFigures, named, team};
use crate::domain::time::Timestamp;
use crate::reports::period::begin;
use crate::reports::words::Words;
use crate::reports::write::csv_cell;
use crate::store::team as store;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// What somebody is told.
#[derive(Debug, Serialize)]
struct Told {
    /// The first day.
    from: String,
    /// The last day.
    to: String,
    /// By role; none where fewer than five people worked, and of days that are no whole month.
    team: Vec<Line>,
    /// Those of whoever asks; none where they did nothing or are not told.
    mine: Option<Line>,
    /// By name; only for leads, and only where that is switched on.
    named: Vec<Line>,
}

/// Whether these days are one whole month that is over.
fn is_month((from, to): (Date, Date), today: Date) -> bool {
    from == to.first_of_month() && to == to.last_of_month() && to < today
}

/// The month before the present one.
fn last_month(today: Date) -> (Date, Date) {
    let last = today.first_of_month().yesterday().unwrap_or(today);
    (last.first_of_month(), last)
}

/// What of the figures may be told to somebody: of the groups, of whoever asks, and by name. Groups are told of a whole
/// month, or to whoever is told of each by name anyway.
fn told(
    all: &[Did],
    (level, month): (StaffFigures, bool),
    me: &str,
    lead: bool,
) -> (Vec<Line>, Option<Line>, Vec<Line>) {
    let own: Vec<Did> = all.iter().filter(|d| level.tells_own() && d.person == me).cloned().collect();
    let by_name = level == StaffFigures::Named && lead;
    let groups = if month || by_name { team(all) } else { Vec::new() };
    (groups, named(&own).pop(), if by_name { named(all) } else { Vec::new() })
}

/// A line of a table.
struct Row {
    name: Shown,
    people: usize,
    answers: i64,
    kept: i64,
    late: i64,
    on_time: String,
}

#[derive(Template)]
#[template(path = "staff.html", config = "src/web/askama.toml")]
struct StaffPage {
    frame: Frame,
    from: String,
    to: String,
    may_take: bool,
    /// Title and lines of each table.
    tables: Vec<(&'static str, Vec<Row>)>,
    few: bool,
    /// The days are no whole month that is over.
    part: bool,
}

fn row(line: &Line, t: &Texts, is_role: bool) -> Row {
    let name = match (is_role, line.name.as_str()) {
        (true, "") => t.reports().staff_others.to_owned(),
        (true, role) => t.name("role", role),
        (false, name) => name.to_owned(),
    };
    Row {
        name: Shown::plain(&name),
        people: line.people,
        answers: line.answers,
        kept: line.kept,
        late: line.late,
        on_time: Words::of(t.lang).percent(line.on_time_percent),
    }
}

fn csv(told: &Told) -> String {
    let head = "row,name,people,answers,kept,late,on_time_percent\r\n".to_owned();
    let line = |(kind, l): (&str, &Line)| {
        let percent = l.on_time_percent.map_or(String::new(), |p| format!("{p:.1}"));
        let name = csv_cell(if l.name.is_empty() { "others" } else { &l.name });
        format!("{kind},{name},{},{},{},{},{percent}\r\n", l.people, l.answers, l.kept, l.late)
    };
    let team = told.team.iter().map(|l| ("role", l));
    let rest = told.mine.iter().map(|l| ("mine", l)).chain(told.named.iter().map(|l| ("person", l)));
    team.chain(rest).map(line).fold(head, |all, line| all + &line)
}

/// `GET /reports/staff?from=DAY&to=DAY&format=csv`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let level = app.modules.staff;
    if level == StaffFigures::None {
        return Err(Error::NotFound);
    }
    let may_take = viewer.person.may(Right::Export);
    let format = query.get("format").map_or("", String::as_str);
    if matches!(format, "csv" | "json") && !may_take {
        return Err(Error::Forbidden);
    }
    let now = jiff::Timestamp::from_millisecond(app.clock.now().millis()).unwrap_or_default();
    let today = now.to_zoned(app.zone.clone()).date();
    let asks = query.contains_key("from") || query.contains_key("to");
    let (from, to) = if asks { days(&query, today) } else { last_month(today) };
    let next = to.tomorrow().map_err(|_| Error::NotFound)?;
    let at = |day| -> Result<Timestamp, Error> { begin(day, &app.zone).ok_or(Error::NotFound) };
    let span = (at(from)?, at(next)?);
    let brands: Vec<String> = brands_of(&app, &viewer).into_iter().map(|b| b.id).collect();
    let of = brands.clone();
    let read = app.db.read("counting what the team did", move |tx| {
        Box::pin(async move {
            // To the store no brand means every brand.
            let all = if brands.is_empty() { Vec::new() } else { store::did(tx, &brands, span).await? };
            Ok((all, is_stopped(tx).await?))
        })
    });
    let (all, kill) = read.await?;
    let (month, lead) = (is_month((from, to), today), viewer.person.is_lead());
    let few = all.len() < PEOPLE_MIN;
    let (team, mine, named) = told(&all, (level, month), viewer.person.id.as_str(), lead);
    let told = Told { from: from.to_string(), to: to.to_string(), team, mine, named };
    // Names of colleagues leave the house with it.
    if matches!(format, "csv" | "json") && !told.named.is_empty() {
        casework_of(&app, &viewer).note_staff_taken(&of, &actor(&viewer)).await?;
    }
    let name = |end: &str| format!("team-{from}-{to}.{end}");
    match format {
        "csv" => return Ok(file("text/csv; charset=utf-8", &name("csv"), csv(&told))),
        "json" => {
            let json = serde_json::to_string_pretty(&told).unwrap_or_default() + "\n";
            return Ok(file("application/json", &name("json"), json));
        }
        _ => {}
    }
    let (t, r) = (asked.texts, asked.texts.reports());
    let rows = |of: &[Line], is_role: bool| of.iter().map(|l| row(l, t, is_role)).collect::<Vec<_>>();
    let mine: Vec<Line> = told.mine.iter().cloned().collect();
    let tables = [
        (r.staff, rows(&told.team, true)),
        (r.staff_mine, rows(&mine, false)),
        (r.staff_named, rows(&told.named, false)),
    ];
    print(&StaffPage {
        frame: Frame::of(&app, &asked, &viewer, "reports", r.staff, kill),
        part: !few && told.team.is_empty(),
        few,
        from: told.from,
        to: told.to,
        may_take,
        tables: tables.into_iter().filter(|(_, rows)| !rows.is_empty()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_to_leads_alone_and_only_where_that_is_switched_on() {
        let one = |n: usize| Did {
            person: format!("p{n}"),
            name: format!("=P{n}"),
            role: "agent".into(),
            answers: 1,
            ..Did::default()
        };
        let all: Vec<Did> = (0..5).map(one).collect();
        for (level, lead, mine, names) in [
            (StaffFigures::Team, true, false, 0),
            (StaffFigures::Own, true, true, 0),
            (StaffFigures::Named, false, true, 0),
            (StaffFigures::Named, true, true, 5),
        ] {
            let (team, own, named) = told(&all, (level, true), "p3", lead);
            assert_eq!((team.len(), own.is_some(), named.len()), (1, mine, names), "{level:?}");
            assert!(own.is_none_or(|l| l.name == "=P3"));
        }
        let (team, mine, named) = told(&all, (StaffFigures::Named, true), "p3", true);
        let text = csv(&Told { from: String::new(), to: String::new(), team, mine, named });
        assert!(text.contains("role,agent,5,5,0,0,\r\n") && text.contains("person,'=P0,1,"), "{text}");
    }

    #[test]
    fn groups_are_told_of_a_whole_month_that_is_over() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let today = day("2026-11-28");
        assert_eq!(last_month(today), (day("2026-10-01"), day("2026-10-31")));
        assert!(is_month(last_month(today), today));
        for (from, to) in [
            ("2026-10-01", "2026-10-30"),
            ("2026-10-02", "2026-10-31"),
            ("2026-09-01", "2026-10-31"),
            ("2026-11-01", "2026-11-30"),
        ] {
            assert!(!is_month((day(from), day(to)), today), "{from} to {to}");
        }
        let one =
            |n: usize| Did { person: format!("p{n}"), role: "agent".into(), answers: 1, ..Did::default() };
        let all: Vec<Did> = (0..5).map(one).collect();
        for (level, lead, groups) in [
            (StaffFigures::Team, true, 0),
            (StaffFigures::Own, true, 0),
            (StaffFigures::Named, false, 0),
            (StaffFigures::Named, true, 1),
        ] {
            let (team, own, _) = told(&all, (level, false), "p3", lead);
            assert_eq!((team.len(), own.is_some()), (groups, level.tells_own()), "{level:?}");
        }
    }
}
