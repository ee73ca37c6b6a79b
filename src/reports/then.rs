//! What each group of a report to leads had in the period before and in the same of last year: cases and promises, to be
//! held against what it has. A group that has nothing any more stands there still.

use super::leads::{AskLeads, DIMENSIONS, Group, Kind, Leads, groups};
use super::period::{self, Days};
use crate::domain::time::Timestamp;
use crate::store::leading::Span;
use crate::store::{StoreError, Tx};
use serde::Serialize;

/// What a group had in another period.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Then {
    /// Cases that began.
    pub cases: i64,
    /// Of these, those that need an answer.
    pub needing_answer: i64,
    /// Promises, by kind.
    pub kinds: Vec<Kind>,
}

impl Then {
    /// The promises of one kind, if any was due.
    fn kind(&self, kind: &str) -> Option<&Kind> {
        self.kinds.iter().find(|k| k.kind == kind)
    }

    /// The same as a group of that name, as tables have it; none where nothing was counted.
    fn as_group(&self, name: &str) -> Option<Group> {
        let group = Group {
            name: name.to_owned(),
            cases: self.cases,
            needing_answer: self.needing_answer,
            kinds: self.kinds.clone(),
            ..Group::default()
        };
        Some(group).filter(|g| !g.is_empty())
    }
}

/// Puts to each group what it had before and, where anything was counted then, a year ago.
pub(super) async fn put(
    tx: &mut Tx,
    ask: &AskLeads,
    made: &mut Leads,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(days) = ask.period.before(ask.days) {
        of_days(tx, ask, (days, now), made, |g| &mut g.before).await?;
    }
    if made.last_year.is_some()
        && let Some(days) = ask.period.year_before(ask.days)
    {
        of_days(tx, ask, (days, now), made, |g| &mut g.last_year).await?;
    }
    Ok(())
}

async fn of_days(
    tx: &mut Tx,
    ask: &AskLeads,
    (days, now): (Days, Timestamp),
    made: &mut Leads,
    place: fn(&mut Group) -> &mut Option<Then>,
) -> Result<(), StoreError> {
    let Some((from, to)) = period::span(days, &ask.zone) else { return Ok(()) };
    let of = Span { brands: &ask.brands, from, to, now };
    for by in DIMENSIONS {
        let then = groups(tx, of, by).await?;
        join(made.groups.entry(by).or_default(), then, place);
    }
    Ok(())
}

/// Puts the groups of another period to those of this one.
fn join(list: &mut Vec<Group>, then: Vec<Group>, place: fn(&mut Group) -> &mut Option<Then>) {
    for group in list.iter_mut() {
        *place(group) = Some(Then::default());
    }
    for was in then {
        let at = list.iter().position(|g| g.name == was.name).unwrap_or(list.len());
        if at == list.len() {
            list.push(Group { name: was.name, ..Group::default() });
        }
        let then = Then { cases: was.cases, needing_answer: was.needing_answer, kinds: was.kinds };
        *place(&mut list[at]) = Some(then);
    }
    list.sort_by(|a, b| a.name.cmp(&b.name));
}

/// What a group had before and a year ago, each as a group of its name, where anything was counted.
pub fn held(g: &Group) -> Vec<(&'static str, Group)> {
    let all = [("before", &g.before), ("last_year", &g.last_year)];
    all.into_iter().filter_map(|(row, was)| Some((row, was.as_ref()?.as_group(&g.name)?))).collect()
}

/// The kinds of promise that were due in a group, now, before or a year ago; one that is due no more has nothing in it.
pub fn kinds(g: &Group) -> Vec<Kind> {
    let mut all = g.kinds.clone();
    for was in [&g.before, &g.last_year].into_iter().flatten().flat_map(|then| &then.kinds) {
        if !all.iter().any(|k| k.kind == was.kind) {
            all.push(Kind { kind: was.kind.clone(), ..Kind::default() });
        }
    }
    all
}

/// How many cases a group had before and a year ago: `38 / –`.
pub fn cases(g: &Group) -> String {
    let of = |then: Option<&Then>| then.map_or_else(|| "–".to_owned(), |t| t.cases.to_string());
    format!("{} / {}", of(g.before.as_ref()), of(g.last_year.as_ref()))
}

/// Which share of a kind of promise was in time in a group before and a year ago, each written by `percent`.
pub fn on_time(g: &Group, kind: &str, percent: impl Fn(Option<f64>) -> String) -> String {
    let of = |then: Option<&Then>| percent(then.and_then(|t| t.kind(kind)?.on_time_percent));
    format!("{} / {}", of(g.before.as_ref()), of(g.last_year.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::words::{EN, NL};

    #[test]
    fn a_group_stands_beside_itself_and_one_that_is_gone_is_not_forgotten() {
        let kind =
            |percent| Kind { kind: "first_response".into(), on_time_percent: percent, ..Kind::default() };
        let group = |name: &str, cases, percent| Group {
            name: name.into(),
            cases,
            kinds: vec![kind(Some(percent))],
            ..Group::default()
        };
        let mut list = vec![group("mastodon", 40, 97.5), group("x", 3, 100.0)];
        join(&mut list, vec![group("bluesky", 7, 50.0), group("mastodon", 38, 95.0)], |g| &mut g.before);
        let names: Vec<&str> = list.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["bluesky", "mastodon", "x"]);
        let told: Vec<String> = list.iter().map(cases).collect();
        assert_eq!(told, ["7 / –", "38 / –", "0 / –"], "of no year nothing is told");
        assert_eq!(list[0].cases, 0);
        assert_eq!(on_time(&list[1], "first_response", |p| EN.percent(p)), "95.0 % / –");
        assert_eq!(on_time(&list[0], "first_response", |p| NL.percent(p)), "50,0 % / –");
        assert_eq!(on_time(&list[2], "first_response", |p| EN.percent(p)), "– / –");
        let due: Vec<(String, i64)> = kinds(&list[0]).into_iter().map(|k| (k.kind, k.kept)).collect();
        assert_eq!(due, [("first_response".to_owned(), 0)], "what is due no more");
        assert_eq!(kinds(&list[1]).len(), 1, "each once");
        assert!(held(&list[2]).is_empty(), "nothing was counted");
        let was = held(&list[0]);
        assert_eq!(
            (was.len(), was[0].0, was[0].1.cases, was[0].1.name.as_str()),
            (1, "before", 7, "bluesky")
        );
    }
}
