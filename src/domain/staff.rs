//! Figures about staff: of whom what may be told. Pure.
//!
//! A team's figures are told by role, and a role with fewer than five people is merged with others, so that no figure is
//! anybody's. Nobody is put in order by what they did, and how long anybody took, waited or wrote is not among the figures.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of fewer people nothing is told as a group.
pub const PEOPLE_MIN: usize = 5;

/// What is told of staff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffFigures {
    /// Nothing.
    None,
    /// Of groups of at least five.
    #[default]
    Team,
    /// Of groups, and to each person their own.
    Own,
    /// Of groups, to each person their own, and to leads those of each by name.
    Named,
}

impl StaffFigures {
    /// Whether people see their own.
    pub const fn tells_own(self) -> bool {
        matches!(self, Self::Own | Self::Named)
    }

    /// How many people must stand behind a figure of a group: one more where people see their own, so that enough remain
    /// when somebody takes theirs away.
    pub const fn people_min(self) -> usize {
        if self.tells_own() { PEOPLE_MIN + 1 } else { PEOPLE_MIN }
    }
}

/// What somebody did in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Did {
    /// Who, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: String,
    /// Answers that they gave.
    pub answers: i64,
    /// Promised answers due in the period that they gave in time.
    pub kept: i64,
    /// The same, late.
    pub late: i64,
}

/// The figures of a group or a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// A role, a name, or empty for roles that are merged.
    pub name: String,
    /// How many people stand behind it.
    pub people: usize,
    /// Answers given.
    pub answers: i64,
    /// Promised answers in time.
    pub kept: i64,
    /// Promised answers late.
    pub late: i64,
    /// In time of those that were promised; none where none were.
    pub on_time_percent: Option<f64>,
}

fn line(name: &str, of: &[&Did]) -> Line {
    let sum = |what: fn(&Did) -> i64| of.iter().map(|d| what(d)).sum::<i64>();
    let (kept, late) = (sum(|d| d.kept), sum(|d| d.late));
    Line {
        name: name.to_owned(),
        people: of.len(),
        answers: sum(|d| d.answers),
        kept,
        late,
        // Down, so that 99.96 never reads as all of them.
        on_time_percent: (kept + late > 0).then(|| (kept * 1000 / (kept + late)) as f64 / 10.0),
    }
}

/// The figures by role. Roles with too few people are merged; where those are too few still, the smallest other role goes
/// along, for what is missing in a sum could be told by taking the rest away. Nothing where all are too few, which are
/// those below `min`.
pub fn team(all: &[Did], min: usize) -> Vec<Line> {
    let mut roles: BTreeMap<&str, Vec<&Did>> = BTreeMap::new();
    for did in all {
        roles.entry(&did.role).or_default().push(did);
    }
    let (mut told, small): (Vec<_>, Vec<_>) = roles.into_iter().partition(|(_, of)| of.len() >= min);
    let mut merged: Vec<&Did> = small.into_iter().flat_map(|(_, of)| of).collect();
    if !merged.is_empty() && merged.len() < min {
        told.sort_by_key(|(role, of)| (std::cmp::Reverse(of.len()), *role));
        merged.extend(told.pop().into_iter().flat_map(|(_, of)| of));
        told.sort_by_key(|(role, _)| *role);
    }
    let mut lines: Vec<Line> = told.iter().map(|(role, of)| line(role, of)).collect();
    if merged.len() >= min {
        lines.push(line("", &merged));
    }
    lines
}

/// The figures of each by name, in the order of the names.
pub fn named(all: &[Did]) -> Vec<Line> {
    let mut lines: Vec<Line> = all.iter().map(|d| line(&d.name, &[d])).collect();
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn people(of: &[(&str, usize)]) -> Vec<Did> {
        let one = |role: &str, n: usize| Did {
            person: format!("{role}{n}"),
            name: format!("{role} {n}"),
            role: role.to_owned(),
            answers: 2,
            kept: 1,
            late: 1,
        };
        of.iter().flat_map(|(role, n)| (0..*n).map(|n| one(role, n))).collect()
    }

    #[test]
    fn small_roles_are_merged_and_a_small_team_is_not_told() {
        let of = |list: &[(&str, usize)]| -> Vec<(String, usize)> {
            team(&people(list), PEOPLE_MIN).into_iter().map(|l| (l.name, l.people)).collect()
        };
        assert_eq!(of(&[("agent", 6), ("lead", 5)]), [("agent".into(), 6), ("lead".into(), 5)]);
        assert_eq!(of(&[("agent", 6), ("lead", 2), ("guest", 3)]), [("agent".into(), 6), (String::new(), 5)]);
        assert_eq!(
            of(&[("agent", 6), ("lead", 1)]),
            [(String::new(), 7)],
            "one lead is not told by difference"
        );
        let both = [("agent".to_owned(), 9), (String::new(), 6)];
        assert_eq!(of(&[("agent", 9), ("guest", 5), ("lead", 1)]), both, "the smaller role goes along");
        assert!(of(&[("agent", 3), ("lead", 1)]).is_empty());
    }

    proptest! {
        #[test]
        fn no_line_is_of_too_few_and_the_sum_is_whole(
            a in 0usize..9,
            b in 0usize..9,
            c in 0usize..9,
            own in proptest::bool::ANY,
        ) {
            let min = if own { StaffFigures::Own } else { StaffFigures::Team }.people_min();
            let all = people(&[("agent", a), ("guest", b), ("lead", c)]);
            let told = team(&all, min);
            prop_assert!(told.iter().all(|l| l.people >= min));
            // Without whoever knows their own figures five are left.
            prop_assert!(!own || told.iter().all(|l| l.people > PEOPLE_MIN));
            let sum: usize = told.iter().map(|l| l.people).sum();
            prop_assert!(sum == all.len() || (told.is_empty() && all.len() < min));
        }
    }

    #[test]
    fn names_stand_in_their_order_and_not_in_that_of_what_was_done() {
        let mut all = people(&[("agent", 2)]);
        all[1].answers = 99;
        let names: Vec<String> = named(&all).into_iter().map(|l| l.name).collect();
        assert_eq!(names, ["agent 0", "agent 1"]);
        assert_eq!(named(&all)[0].on_time_percent, Some(50.0));
    }
}
