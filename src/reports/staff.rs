//! Figures about staff, as far as the settings let them be told: for the page of the console and for programs. Nobody is
//! put in order by what they did. Groups are told of a whole month that is over and of all brands that somebody sees:
//! months do not overlap, so no day and no person is told by taking one period or brand away from another.

use super::write::csv_cell;
use crate::domain::staff::{Did, Line, PEOPLE_MIN, StaffFigures, named, team};
use jiff::civil::Date;
use serde::Serialize;

/// Of which days somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
    /// The day on which they ask, in the zone of the team.
    pub today: Date,
    /// Whether all brands are counted that they see.
    pub every_brand: bool,
}

impl Days {
    /// First and last day of the month before the present one.
    pub fn last_month(today: Date) -> (Date, Date) {
        let last = today.first_of_month().yesterday().unwrap_or(today);
        (last.first_of_month(), last)
    }

    /// Whether these are one whole month that is over, of every brand.
    fn are_a_month(self) -> bool {
        let whole = self.from == self.to.first_of_month() && self.to == self.to.last_of_month();
        self.every_brand && whole && self.to < self.today
    }
}

/// What somebody is told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Told {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// By role; none where too few people worked, of days that are no whole month, and of some of the brands.
    pub team: Vec<Line>,
    /// Those of whoever asks; none where they did nothing or are not told.
    pub mine: Option<Line>,
    /// By name; only for leads, and only where that is switched on.
    pub named: Vec<Line>,
}

/// What of the figures may be told to somebody, who leads or does not, of some days. Groups are told of a whole month, or
/// to whoever is told of each by name anyway.
pub fn told(all: &[Did], level: StaffFigures, (me, lead): (&str, bool), days: Days) -> Told {
    let own: Vec<Did> = all.iter().filter(|d| level.tells_own() && d.person == me).cloned().collect();
    let by_name = level == StaffFigures::Named && lead;
    let min = if by_name { PEOPLE_MIN } else { level.people_min() };
    Told {
        from: days.from.to_string(),
        to: days.to.to_string(),
        team: if by_name || days.are_a_month() { team(all, min) } else { Vec::new() },
        mine: named(&own).pop(),
        named: if by_name { named(all) } else { Vec::new() },
    }
}

/// The same as a table.
pub fn csv(told: &Told) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Days {
        let day = |text: &str| text.parse::<Date>().unwrap();
        Days { from: day(from), to: day(to), today: day("2026-11-28"), every_brand: true }
    }

    fn six() -> Vec<Did> {
        let one = |n: usize| Did {
            person: format!("p{n}"),
            name: format!("=P{n}"),
            role: "agent".into(),
            answers: 1,
            ..Did::default()
        };
        (0..6).map(one).collect()
    }

    #[test]
    fn names_are_told_to_leads_alone_and_only_where_that_is_switched_on() {
        let (all, month) = (six(), days("2026-10-01", "2026-10-31"));
        for (level, lead, mine, names) in [
            (StaffFigures::Team, true, false, 0),
            (StaffFigures::Own, true, true, 0),
            (StaffFigures::Named, false, true, 0),
            (StaffFigures::Named, true, true, 6),
        ] {
            let told = told(&all, level, ("p3", lead), month);
            let found = (told.team.len(), told.mine.is_some(), told.named.len());
            assert_eq!(found, (1, mine, names), "{level:?}");
            assert!(told.mine.is_none_or(|l| l.name == "=P3"));
        }
        let text = csv(&told(&all, StaffFigures::Named, ("p3", true), month));
        assert!(text.contains("role,agent,6,6,0,0,\r\n") && text.contains("person,'=P0,1,"), "{text}");
    }

    #[test]
    fn groups_are_told_of_a_whole_month_that_is_over() {
        let month = days("2026-10-01", "2026-10-31");
        assert_eq!(Days::last_month(month.today), (month.from, month.to));
        assert!(month.are_a_month());
        for (from, to) in [
            ("2026-10-01", "2026-10-30"),
            ("2026-10-02", "2026-10-31"),
            ("2026-09-01", "2026-10-31"),
            ("2026-11-01", "2026-11-30"),
        ] {
            assert!(!days(from, to).are_a_month(), "{from} to {to}");
        }
        let (all, part) = (six(), days("2026-10-01", "2026-10-30"));
        for (level, lead, groups) in [
            (StaffFigures::Team, true, 0),
            (StaffFigures::Own, true, 0),
            (StaffFigures::Named, false, 0),
            (StaffFigures::Named, true, 1),
        ] {
            let told = told(&all, level, ("p3", lead), part);
            assert_eq!((told.team.len(), told.mine.is_some()), (groups, level.tells_own()), "{level:?}");
        }
    }

    #[test]
    fn nobody_is_told_by_taking_themselves_or_a_brand_away() {
        let (all, month) = (six(), days("2026-10-01", "2026-10-31"));
        for (level, people, groups) in [
            (StaffFigures::Team, 5, 1),
            (StaffFigures::Team, 4, 0),
            (StaffFigures::Own, 6, 1),
            (StaffFigures::Own, 5, 0),
            (StaffFigures::Named, 5, 0),
        ] {
            let told = told(&all[..people], level, ("p0", false), month);
            assert_eq!(told.team.len(), groups, "{level:?} of {people}");
        }
        let some = Days { every_brand: false, ..month };
        for level in [StaffFigures::Team, StaffFigures::Own] {
            assert!(told(&all, level, ("p0", true), some).team.is_empty(), "{level:?}");
        }
        assert_eq!(told(&all, StaffFigures::Named, ("p0", true), some).named.len(), 6);
    }
}
