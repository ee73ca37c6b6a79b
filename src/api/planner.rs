//! The planner for programs: days of shifts, swaps, absences, guests. Where the module is off there is none of it.

mod shapes;

pub use shapes::*;

use super::ask::{Call, Reply};
use super::beside::Nothing;
use super::problem::{Kind, Problem};
use super::word::At;
use crate::domain::duty::{Reach, Role};
use crate::domain::guests::quarter_of;
use crate::domain::planner::AbsenceKind;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::planner::config::minutes;
use crate::planner::{Answer, Away, ChangedShift, NewShift, Planner, PlannerError, Sheet};
use crate::store::person;
use crate::store::planner::SwapRow;
use jiff::civil::Date;
use std::collections::HashMap;

/// Longest span that is told at once.
const LONGEST: Span = Span::days(100);
/// Days of the week in the order of their bits.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl From<PlannerError> for Problem {
    fn from(error: PlannerError) -> Self {
        match error {
            PlannerError::Store(error) => error.into(),
            PlannerError::NotFound => Self::not_found(),
            PlannerError::Stale => Self::new(Kind::Stale, error.to_string()),
            PlannerError::Refused(what) => Self::new(Kind::Refused, what),
            PlannerError::Invalid { field, what } => {
                Self::new(Kind::Invalid, format!("{field}: {what}")).at(format!("/{field}"), what)
            }
        }
    }
}

impl Call {
    fn planner(&self) -> Result<Planner, Problem> {
        self.unbounded()?;
        let found = self.api.planner.as_ref().ok_or_else(Problem::not_found)?;
        Ok(found.by(self.caller.clone()))
    }

    fn me(&self) -> &str {
        self.bearer.person.as_str()
    }
}

fn invalid<T>(field: &'static str, what: &str) -> Result<T, Problem> {
    Err(PlannerError::Invalid { field, what: what.to_owned() }.into())
}

/// The span that is asked for.
fn span(call: &Call, query: &SpanQuery) -> Result<(Timestamp, Timestamp), Problem> {
    let from = query.from.as_ref().map_or_else(|| call.api.clock.now(), |at| at.0);
    let to = query.to.as_ref().map_or_else(|| from.plus(Span::days(7)), |at| at.0);
    if to <= from || to.since(from) > LONGEST {
        let what = "allowed: after 'from', at most 100 days later";
        return Err(Problem::new(Kind::Request, format!("to: {what}")).by("to", what));
    }
    Ok((from, to))
}

fn pieces(all: &[(Timestamp, Timestamp)]) -> Vec<Piece> {
    all.iter().map(|(from, until)| Piece { from: At(*from), until: At(*until) }).collect()
}

/// `GET /planner/shifts`.
pub async fn shifts(call: Call) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let (from, to) = span(&call, &call.query()?)?;
    let sheet = planner.sheet(from, to).await?;
    let one = |p: &crate::domain::planner::Planned| PlannedShift {
        shift: p.shift.clone(),
        day: p.day.to_string(),
        person: p.person.clone(),
        name: sheet.name(&p.person),
        from: At(p.from),
        until: At(p.until),
        pieces: pieces(&p.pieces),
        role: p.role.code().to_owned(),
        languages: p.reach.languages.iter().map(|l| l.code().to_owned()).collect(),
        sectors: p.reach.sectors.clone(),
        buddy: p.buddy.as_ref().map(|b| sheet.name(b)),
        before: p.before.iter().map(|b| sheet.name(b)).collect(),
        cancelled: p.cancelled,
        version: sheet.patterns.iter().find(|s| s.id == p.shift).map_or(0, |s| s.sequence),
    };
    Reply::json(&Shifts { shifts: sheet.planned.iter().map(one).collect() })
}

/// `GET /planner/shifts/{shift}`.
pub async fn shift(call: Call) -> Result<Reply, Problem> {
    call.planner()?;
    let id = call.part("shift").to_owned();
    let read = call.api.db.read("reading a planned shift", move |tx| {
        Box::pin(async move {
            let found = crate::store::planner::shift(tx, &id).await?;
            let names: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
            Ok((found, names))
        })
    });
    let (found, names) = read.await?;
    let p = found.ok_or_else(Problem::not_found)?;
    let name = |id: &str| names.get(id).cloned().unwrap_or_default();
    let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    let on = DAYS.iter().enumerate().filter(|(at, _)| p.weekdays >> at & 1 == 1);
    let told = ShiftShape {
        name: name(&p.person),
        role: p.role.code().to_owned(),
        buddy: p.buddy.as_deref().map(name),
        languages: p.reach.languages.iter().map(|l| l.code().to_owned()).collect(),
        sectors: p.reach.sectors.clone(),
        first: p.first.to_string(),
        last: p.last.map(|day| day.to_string()),
        from: clock(p.starts),
        until: clock(p.ends),
        every_weeks: p.every_weeks,
        weekdays: on.map(|(_, day)| (*day).to_owned()).collect(),
        except: p.except.iter().map(ToString::to_string).collect(),
        version: p.sequence,
        shift: p.id,
        person: p.person,
    };
    Ok(Reply::json(&told)?.of_version(told.version))
}

fn role(word: Option<&str>) -> Result<Role, Problem> {
    match word {
        None => Ok(Role::Agent),
        Some(word) => {
            Role::from_code(word).map_or_else(|| invalid("role", "allowed: agent, lead, guest, newcomer"), Ok)
        }
    }
}

fn times(from: &str, until: &str) -> Result<(i64, i64), Problem> {
    match (minutes(from), minutes(until)) {
        (Some(starts), Some(ends)) => Ok((starts, ends)),
        _ => invalid("from", "allowed for from and until: a time as 09:00"),
    }
}

/// `POST /planner/shifts`.
pub async fn add_shift(call: Call) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let body: ShiftBody = call.body()?;
    let role = role(body.role.as_deref())?;
    let mut weekdays = 0;
    for word in &body.weekdays {
        let Some(at) = DAYS.iter().position(|d| d == word) else {
            return invalid("weekdays", "allowed: mon, tue, wed, thu, fri, sat, sun");
        };
        weekdays |= 1 << at;
    }
    let (starts, ends) = times(&body.from, &body.until)?;
    let new = NewShift {
        person: body.person,
        role,
        buddy: body.buddy.unwrap_or_default(),
        reach: Reach { languages: body.languages.into_iter().map(|l| l.0).collect(), sectors: body.sectors },
        first: body.first,
        last: body.last,
        starts,
        ends,
        every_weeks: body.every_weeks.map_or(0, i64::from),
        weekdays,
    };
    Reply::json(&MadeOne { id: planner.add_shift(call.me(), &new).await? })
}

fn done() -> Result<Reply, Problem> {
    Reply::json(&Changed { state: "done".to_owned() })
}

/// `POST /planner/shifts/{shift}/change`.
pub async fn change_shift(call: Call) -> Result<Reply, Problem> {
    let (planner, body): (_, ChangeShiftBody) = (call.planner()?, call.body()?);
    let (starts, ends) = times(&body.from, &body.until)?;
    let changed = ChangedShift {
        version: body.version,
        day: body.day,
        only: body.only,
        person: body.person,
        role: role(body.role.as_deref())?,
        buddy: body.buddy.unwrap_or_default(),
        reach: Reach { languages: body.languages.into_iter().map(|l| l.0).collect(), sectors: body.sectors },
        starts,
        ends,
    };
    Reply::json(&MadeOne { id: planner.change_shift(call.me(), call.part("shift"), &changed).await? })
}

/// `POST /planner/shifts/{shift}/end`.
pub async fn end_shift(call: Call) -> Result<Reply, Problem> {
    let (planner, body): (_, EndBody) = (call.planner()?, call.body()?);
    planner.end_shift(call.me(), call.part("shift"), body.last).await?;
    done()
}

/// `POST /planner/shifts/{shift}/skip`.
pub async fn skip(call: Call) -> Result<Reply, Problem> {
    let (planner, body): (_, SkipBody) = (call.planner()?, call.body()?);
    planner.skip(call.me(), call.part("shift"), body.day).await?;
    done()
}

/// `GET /planner/swaps`.
pub async fn swaps(call: Call) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let now = call.api.clock.now();
    let sheet = planner.sheet(now, now.plus(LONGEST)).await?;
    let today = planner.day_of(now).to_string();
    let ahead = sheet.swaps.iter().filter(|s| s.day >= today);
    Reply::json(&Swaps { swaps: ahead.map(|s| swap_shape(&sheet, s)).collect() })
}

fn swap_shape(sheet: &Sheet, s: &SwapRow) -> SwapShape {
    SwapShape {
        id: s.id.clone(),
        shift: s.shift_id.clone(),
        day: s.day.clone(),
        from: sheet.name(&s.from_id),
        to: s.to_id.as_ref().map(|to| sheet.name(to)),
        state: s.state.clone(),
        asked_at: At(Timestamp(s.asked_at)),
    }
}

/// `GET /planner/swaps/{swap}`.
pub async fn swap(call: Call) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let now = call.api.clock.now();
    let sheet = planner.sheet(now, now.plus(LONGEST)).await?;
    let today = planner.day_of(now).to_string();
    let wanted = call.part("swap");
    let found = sheet.swaps.iter().find(|s| s.id == wanted && s.day >= today);
    let told = swap_shape(&sheet, found.ok_or_else(Problem::not_found)?);
    Reply::json(&told)
}

/// `POST /planner/swaps`.
pub async fn ask_swap(call: Call) -> Result<Reply, Problem> {
    let (planner, body): (_, SwapBody) = (call.planner()?, call.body()?);
    Reply::json(&MadeOne { id: planner.ask_swap(call.me(), &body.shift, body.day).await? })
}

async fn answer(call: Call, answer: Answer) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let Nothing {} = call.body()?;
    let state = planner.answer_swap(call.me(), call.part("swap"), answer).await?;
    Reply::json(&Changed { state: state.to_owned() })
}

/// `POST /planner/swaps/{swap}/take`.
pub async fn take(call: Call) -> Result<Reply, Problem> {
    answer(call, Answer::Take).await
}

/// `POST /planner/swaps/{swap}/withdraw`.
pub async fn withdraw(call: Call) -> Result<Reply, Problem> {
    answer(call, Answer::Withdraw).await
}

/// `POST /planner/swaps/{swap}/approve`.
pub async fn approve(call: Call) -> Result<Reply, Problem> {
    answer(call, Answer::Approve).await
}

/// `POST /planner/swaps/{swap}/refuse`.
pub async fn refuse(call: Call) -> Result<Reply, Problem> {
    answer(call, Answer::Refuse).await
}

/// `GET /planner/absences`.
pub async fn absences(call: Call) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let (from, to) = span(&call, &call.query()?)?;
    let sheet = planner.sheet(from, to).await?;
    let lead = call.caller.role.is_some_and(|r| r.may(Right::Steer));
    let one = |a: &crate::store::planner::AbsenceRow| AbsenceShape {
        id: a.id.clone(),
        person: a.person_id.clone(),
        name: sheet.name(&a.person_id),
        kind: (lead && call.bearer.has(crate::tokens::Scope::Lead) || a.person_id == call.me())
            .then(|| a.kind.clone()),
        from: At(Timestamp(a.from_ms)),
        until: At(Timestamp(a.until_ms)),
    };
    Reply::json(&Absences { absences: sheet.absences.iter().map(one).collect() })
}

/// `POST /planner/absences`.
pub async fn add_absence(call: Call) -> Result<Reply, Problem> {
    let (planner, body): (_, AbsenceBody) = (call.planner()?, call.body()?);
    let Some(kind) = AbsenceKind::from_code(&body.kind) else {
        return invalid("kind", "allowed: leave, sick, training, other");
    };
    let away = Away { person: body.person, kind, from: body.from.0, until: body.until.0 };
    let found = planner.add_absence(call.me(), &away).await?;
    let gap = |(language, from, until): (&str, Timestamp, Timestamp)| Open {
        language: language.to_owned(),
        from: At(from),
        until: At(until),
    };
    Reply::json(&UncoveredShape {
        id: found.id,
        shifts: pieces(&found.shifts),
        gaps: found.gaps.into_iter().map(gap).collect(),
    })
}

/// `POST /planner/absences/{absence}/call-off`.
pub async fn call_off(call: Call) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let Nothing {} = call.body()?;
    planner.call_off(call.me(), call.part("absence"), None).await?;
    done()
}

/// `GET /planner/guests`.
pub async fn guests(call: Call) -> Result<Reply, Problem> {
    let planner = call.planner()?;
    let query: QuarterQuery = call.query()?;
    let name = query.quarter.unwrap_or_else(|| quarter_of(planner.day_of(call.api.clock.now())));
    let found = match planner.quarter(&name).await {
        Err(PlannerError::Invalid { field, what }) => {
            return Err(Problem::new(Kind::Request, format!("{field}: {what}")).by(field, what));
        }
        other => other?,
    };
    let days = |all: &[Date]| all.iter().map(ToString::to_string).collect();
    let served = found.served.iter().map(|s| ServedShape {
        person: s.person.clone(),
        name: s.name.clone(),
        owes: s.owes,
        full: days(&s.full),
        part: days(&s.part),
        ahead: days(&s.ahead),
    });
    Reply::json(&QuarterShape {
        quarter: found.name.clone(),
        accepted: found.accepted,
        served: served.collect(),
        proposal: found.proposal.map(|p| ProposalShape {
            id: p.id,
            days: p.days.into_iter().map(|(day, name)| ProposedDay { day, name }).collect(),
        }),
    })
}

/// `POST /planner/guests/propose`.
pub async fn propose(call: Call) -> Result<Reply, Problem> {
    let (planner, body): (_, ProposeBody) = (call.planner()?, call.body()?);
    planner.propose(call.me(), &body.quarter).await?;
    done()
}

/// `POST /planner/guests/{proposal}/decide`.
pub async fn decide(call: Call) -> Result<Reply, Problem> {
    let (planner, body): (_, DecideBody) = (call.planner()?, call.body()?);
    planner.decide(call.me(), call.part("proposal"), body.accept).await?;
    done()
}
