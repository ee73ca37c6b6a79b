//! Counting: pure, from the rows.

use super::{Ask, Office, Rows};
use crate::domain::correction::share;
use crate::domain::ending::{BackDoor, Difference, Shadow, Solved, Taken, percent, too_many_other};
use crate::domain::time::Timestamp;
use crate::reports::period::{as_long_before, days_before, first_day};
use crate::store::office::{OfficeCase, OfficeLink};
use serde::Serialize;
use std::collections::BTreeMap;

/// So many endings are needed before it is said that they were accepted unread.
const UNREAD_CASES_MIN: i64 = 20;
/// Above this share of endings that nobody changed, reasons are bad data.
const UNREAD_PERCENT_MAX: f64 = 95.0;

/// The figures of one group, the same of the period before, and the cases behind them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// What it is a group of; empty in the total and for what has none.
    pub name: String,
    /// Cases that were the front office's to solve, resolved in the period and over by now.
    pub cases: i64,
    /// Of these, solved unregistered by webcare; none if nothing was counted.
    pub shadow_index_percent: Option<f64>,
    /// Of these, solved by webcare at all.
    pub done_by_webcare_percent: Option<f64>,
    /// How many there were in the period before; none in a week.
    pub before_cases: Option<i64>,
    /// The shadow index of the period before.
    pub before_shadow_index_percent: Option<f64>,
    /// Done by webcare in the period before.
    pub before_done_by_webcare_percent: Option<f64>,
    /// The cases solved by the front office, as `BRAND#NUMBER`.
    pub front_office: Vec<String>,
    /// The cases solved by webcare, with a ticket.
    pub webcare_linked: Vec<String>,
    /// The cases solved by webcare, unregistered.
    pub webcare_unregistered: Vec<String>,
}

/// How often a reason was given, of those who were asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// The reason, a code.
    pub reason: &'static str,
    /// How often.
    pub count: i64,
    /// Of those with a reason, in percent.
    pub percent: f64,
    /// Between this
    pub low_percent: f64,
    /// and this the true share lies 95 times of 100 (Wilson), where reasons are asked on some cases only.
    pub high_percent: f64,
    /// The cases.
    pub cases: Vec<String>,
}

/// Why customers came.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reasons {
    /// On how many cases reasons were asked.
    pub asked: i64,
    /// Of how many cases in all.
    pub of: i64,
    /// How many were given.
    pub given: i64,
    /// Each, most often first.
    pub list: Vec<Reason>,
    /// 'Other' of those given.
    pub other_percent: Option<f64>,
    /// So many are 'other' that the list lacks something.
    pub too_many_other: bool,
    /// How many of those asked were left as proposed.
    pub unchanged: i64,
    /// The same in percent.
    pub unchanged_percent: Option<f64>,
    /// So many were left as proposed that they say nothing.
    pub accepted_unread: bool,
}

/// What customers had tried with the front office before they came.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tries {
    /// Cases with a ticket that was made before.
    pub with_contact: i64,
    /// Of all cases, in percent.
    pub percent: Option<f64>,
    /// Contacts before, of those with any: the median.
    pub median_contacts: Option<i64>,
    /// How long before the first was, of those with any: the median.
    pub median_since_first_ms: Option<i64>,
    /// Cases on whose ticket something was promised.
    pub promised: i64,
    /// Of these, how many came after the promised time.
    pub broken: i64,
    /// The cases.
    pub cases: Vec<String>,
    /// Those on whose ticket something was promised.
    pub promised_cases: Vec<String>,
    /// Those who came after the promised time.
    pub broken_cases: Vec<String>,
}

/// Whether webcare lets people jump the queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Jump {
    /// Cases with a ticket that stood open when they came.
    pub with_open_ticket: i64,
    /// Of all cases, in percent.
    pub percent: Option<f64>,
    /// Between this
    pub low_percent: Option<f64>,
    /// and this the true share lies 95 times of 100 (Wilson).
    pub high_percent: Option<f64>,
    /// Of how many it is known how much sooner webcare was.
    pub measured: i64,
    /// Of these, how many tickets stand open still: counted until the report was made, so at least that much.
    pub still_open: i64,
    /// How much sooner webcare had solved it than the ticket was: the median, may be negative.
    pub median_sooner_ms: Option<i64>,
    /// The cases with an open ticket.
    pub cases: Vec<String>,
    /// Those of which it is known how much sooner webcare was.
    pub measured_cases: Vec<String>,
    /// Those whose ticket stands open still.
    pub still_open_cases: Vec<String>,
}

/// Why webcare could what the front office could not, of the cases that webcare solved.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Could {
    /// Cases that webcare solved.
    pub of: i64,
    /// Of how many a reason was given.
    pub given: i64,
    /// Each, most often first.
    pub list: Vec<Reason>,
    /// 'Other' of those given.
    pub other_percent: Option<f64>,
    /// So many are 'other' that the list lacks something.
    pub too_many_other: bool,
    /// The cases of which nobody said why.
    pub not_said: Vec<String>,
}

/// `BRAND#NUMBER`.
pub fn named(case: &OfficeCase) -> String {
    format!("{}#{}", case.brand, case.number)
}

/// Counts a period and what it is compared with; first-time resolution is counted elsewhere.
pub fn of(rows: &Rows, asked: &Ask, now: Timestamp) -> Office {
    let before_from = as_long_before((asked.from, asked.to), &asked.zone);
    let within =
        |c: &&OfficeCase, from: Timestamp, to: Timestamp| c.at >= from.millis() && c.at < to.millis();
    let these: Vec<&OfficeCase> = rows.cases.iter().filter(|c| within(c, asked.from, asked.to)).collect();
    let before: Vec<&OfficeCase> = rows.cases.iter().filter(|c| within(c, before_from, asked.from)).collect();
    let by = |key: &dyn Fn(&OfficeCase) -> String| groups(&these, &before, key);
    Office {
        total: group("", &these, Some(&before)),
        weeks: weeks(rows, asked),
        brands: by(&|c| c.brand.clone()),
        channels: by(&|c| c.platform.clone()),
        languages: by(&|c| c.language.clone()),
        levels: by(&|c| c.level.clone()),
        sectors: by(&|c| c.sector.clone()),
        causes: by(&|c| c.back_door.clone().unwrap_or_default()),
        matters: by(&|c| c.intent.clone()),
        teams: by(&|c| rows.team_of(c)),
        reasons: reasons(&these),
        could: could(&these),
        tries: tries(rows, &these),
        jump: jump(rows, &these, now),
        ..Office::default()
    }
}

fn group(name: &str, these: &[&OfficeCase], before: Option<&[&OfficeCase]>) -> Group {
    let counted = |cases: &[&OfficeCase]| {
        let mut shadow = Shadow::default();
        cases.iter().filter_map(|c| Solved::from_code(&c.solved)).for_each(|s| shadow.count(s));
        shadow
    };
    let list = |solved: Solved| {
        let mut of: Vec<&&OfficeCase> = these.iter().filter(|c| c.solved == solved.code()).collect();
        of.sort_by(|a, b| (&a.brand, a.number).cmp(&(&b.brand, b.number)));
        of.into_iter().map(|c| named(c)).collect()
    };
    let (now, then) = (counted(these), before.map(counted));
    Group {
        name: name.to_owned(),
        cases: now.all(),
        shadow_index_percent: now.index_percent(),
        done_by_webcare_percent: now.by_webcare_percent(),
        before_cases: then.map(|b| b.all()),
        before_shadow_index_percent: then.and_then(|b| b.index_percent()),
        before_done_by_webcare_percent: then.and_then(|b| b.by_webcare_percent()),
        front_office: list(Solved::FrontOffice),
        webcare_linked: list(Solved::Linked),
        webcare_unregistered: list(Solved::Unregistered),
    }
}

type Split<'a> = (Vec<&'a OfficeCase>, Vec<&'a OfficeCase>);

/// By a key, largest first; what has none comes last.
fn groups(these: &[&OfficeCase], before: &[&OfficeCase], key: &dyn Fn(&OfficeCase) -> String) -> Vec<Group> {
    let mut split: BTreeMap<String, Split<'_>> = BTreeMap::new();
    for case in these {
        split.entry(key(case)).or_default().0.push(case);
    }
    for case in before {
        split.entry(key(case)).or_default().1.push(case);
    }
    let mut groups: Vec<Group> =
        split.iter().map(|(name, (now, then))| group(name, now, Some(then))).collect();
    // Stable: equals stay in the order of their names.
    groups.sort_by_key(|g| (g.name.is_empty(), -g.cases));
    groups
}

/// Weeks of seven days that end with the period, earliest first, named by their first day; none that is read in part.
fn weeks(rows: &Rows, asked: &Ask) -> Vec<Group> {
    let (mut weeks, mut to, first) = (Vec::new(), asked.to, super::first_read(asked));
    for n in 1..=60 {
        let from = days_before(asked.to, 7 * n, &asked.zone);
        if from < first {
            break;
        }
        let of: Vec<&OfficeCase> =
            rows.cases.iter().filter(|c| c.at >= from.millis() && c.at < to.millis()).collect();
        weeks.push(group(&first_day(from, &asked.zone), &of, None));
        to = from;
    }
    weeks.reverse();
    weeks
}

fn reasons(these: &[&OfficeCase]) -> Reasons {
    let asked: Vec<&&OfficeCase> = these.iter().filter(|c| c.asked == 1).collect();
    let n = |list: usize| i64::try_from(list).unwrap_or(i64::MAX);
    let given = n(asked.iter().filter(|c| c.back_door.is_some()).count());
    let codes: Vec<&'static str> = BackDoor::ALL.iter().map(|b| b.code()).collect();
    let list = each(&codes, given, &|code| {
        asked.iter().filter(|c| c.back_door.as_deref() == Some(code)).map(|c| named(c)).collect()
    });
    let other = list.iter().filter(|r| r.reason == BackDoor::Other.code()).map(|r| r.count).sum();
    let unchanged = n(asked.iter().filter(|c| c.taken != Taken::Changed.code()).count());
    let unchanged_percent = percent(unchanged, n(asked.len()));
    Reasons {
        asked: n(asked.len()),
        of: n(these.len()),
        given,
        list,
        other_percent: percent(other, given),
        too_many_other: too_many_other(other, given),
        unchanged,
        unchanged_percent,
        accepted_unread: n(asked.len()) >= UNREAD_CASES_MIN
            && unchanged_percent.is_some_and(|p| p > UNREAD_PERCENT_MAX),
    }
}

/// How often each of these codes was given, with its share and interval; most often first, what nobody gave is left out.
fn each(codes: &[&'static str], given: i64, cases_of: &dyn Fn(&'static str) -> Vec<String>) -> Vec<Reason> {
    let tenth = |v: f64| (v * 10.0).round() / 10.0;
    let one = |&code: &&'static str| {
        let cases = cases_of(code);
        let count = i64::try_from(cases.len()).unwrap_or(i64::MAX);
        let (part, low, high) = share(count, given)?;
        Some(Reason {
            reason: code,
            count,
            percent: tenth(part),
            low_percent: tenth(low),
            high_percent: tenth(high),
            cases,
        })
    };
    let mut list: Vec<Reason> = codes.iter().filter_map(one).filter(|r| r.count > 0).collect();
    list.sort_by_key(|r| -r.count);
    list
}

fn could(these: &[&OfficeCase]) -> Could {
    let by_webcare = |c: &&&OfficeCase| Solved::from_code(&c.solved).is_some_and(Solved::by_webcare);
    let ours: Vec<&&OfficeCase> = these.iter().filter(by_webcare).collect();
    let n = |list: usize| i64::try_from(list).unwrap_or(i64::MAX);
    let given = n(ours.iter().filter(|c| c.difference.is_some()).count());
    let codes: Vec<&'static str> = Difference::ALL.iter().map(|d| d.code()).collect();
    let list = each(&codes, given, &|code| {
        ours.iter().filter(|c| c.difference.as_deref() == Some(code)).map(|c| named(c)).collect()
    });
    let other = list.iter().filter(|r| r.reason == Difference::Other.code()).map(|r| r.count).sum();
    Could {
        of: n(ours.len()),
        given,
        list,
        other_percent: percent(other, given),
        too_many_other: too_many_other(other, given),
        not_said: ours.iter().filter(|c| c.difference.is_none()).map(|c| named(c)).collect(),
    }
}

/// When a ticket was made: when its system says, or when it was tied, whichever is earlier.
fn made_at(link: &OfficeLink) -> i64 {
    link.opened_at.map_or(link.linked_at, |at| at.min(link.linked_at))
}

/// The value in the middle; of an even number the lower of the two.
pub fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

fn tries(rows: &Rows, these: &[&OfficeCase]) -> Tries {
    let (mut counts, mut since, mut found) = (Vec::new(), Vec::new(), Tries::default());
    for case in these {
        let before: Vec<&OfficeLink> =
            rows.links_of(case).iter().filter(|l| made_at(l) < case.opened_at).collect();
        let Some(first) = before.iter().map(|l| made_at(l)).min() else { continue };
        counts.push(i64::try_from(before.len()).unwrap_or(i64::MAX));
        since.push(case.opened_at - first);
        if let Some(due) = before.iter().filter_map(|l| l.due_at).min() {
            found.promised += 1;
            found.promised_cases.push(named(case));
            if due < case.opened_at {
                found.broken += 1;
                found.broken_cases.push(named(case));
            }
        }
        found.cases.push(named(case));
    }
    found.with_contact = i64::try_from(counts.len()).unwrap_or(i64::MAX);
    found.percent = percent(found.with_contact, i64::try_from(these.len()).unwrap_or(i64::MAX));
    found.median_contacts = median(counts);
    found.median_since_first_ms = median(since);
    found
}

/// Whether a ticket stood open when its case began. One that was solved when it was tied, and of which nobody told
/// when, had been solved before, unless it was us who gave it its status.
fn was_open(rows: &Rows, link: &OfficeLink, case: &OfficeCase) -> bool {
    let solved_before = match rows.solved.get(&link.id) {
        Some(at) => at.millis() < case.opened_at,
        None => link.state == "solved" && !rows.given.contains(&link.id),
    };
    made_at(link) < case.opened_at && !solved_before && link.state != "gone"
}

fn jump(rows: &Rows, these: &[&OfficeCase], now: Timestamp) -> Jump {
    let (mut sooner, mut found) = (Vec::new(), Jump::default());
    for case in these {
        let open: Vec<&OfficeLink> = rows.links_of(case).iter().filter(|l| was_open(rows, l, case)).collect();
        if open.is_empty() {
            continue;
        }
        found.cases.push(named(case));
        if !Solved::from_code(&case.solved).is_some_and(Solved::by_webcare) {
            continue;
        }
        // The ticket that was served first tells; one that stands open was not served until now.
        let served = open.iter().filter_map(|l| rows.solved.get(&l.id)).min();
        // One that we closed with the case was never served there: nothing can be told of how much later.
        if served.is_none() && open.iter().any(|l| l.state == "solved") {
            continue;
        }
        if served.is_none() {
            found.still_open += 1;
            found.still_open_cases.push(named(case));
        }
        found.measured_cases.push(named(case));
        sooner.push(served.unwrap_or(&now).millis() - case.at);
    }
    found.with_open_ticket = i64::try_from(found.cases.len()).unwrap_or(i64::MAX);
    let all = i64::try_from(these.len()).unwrap_or(i64::MAX);
    if let Some((part, low, high)) = share(found.with_open_ticket, all) {
        let tenth = |v: f64| Some((v * 10.0).round() / 10.0);
        (found.percent, found.low_percent, found.high_percent) = (tenth(part), tenth(low), tenth(high));
    }
    found.measured = i64::try_from(sooner.len()).unwrap_or(i64::MAX);
    found.median_sooner_ms = median(sooner);
    found
}

#[cfg(test)]
mod tests;
