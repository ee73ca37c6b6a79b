//! Figures about staff, as far as the settings let them be told: for the page of the console and for programs. Nobody is
//! put in order by what they did.

use super::write::csv_cell;
use crate::domain::staff::{Did, Line, StaffFigures, named, team};
use serde::Serialize;

/// What somebody is told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Told {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// By role; none where fewer than five people worked.
    pub team: Vec<Line>,
    /// Those of whoever asks; none where they did nothing or are not told.
    pub mine: Option<Line>,
    /// By name; only for leads, and only where that is switched on.
    pub named: Vec<Line>,
}

/// What of the figures may be told to somebody, who leads or does not, of some days.
pub fn told(
    all: &[Did],
    level: StaffFigures,
    (me, lead): (&str, bool),
    (from, to): (String, String),
) -> Told {
    let own: Vec<Did> = all.iter().filter(|d| level.tells_own() && d.person == me).cloned().collect();
    let by_name = if level == StaffFigures::Named && lead { named(all) } else { Vec::new() };
    Told { from, to, team: team(all), mine: named(&own).pop(), named: by_name }
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
            let told = told(&all, level, ("p3", lead), (String::new(), String::new()));
            let found = (told.team.len(), told.mine.is_some(), told.named.len());
            assert_eq!(found, (1, mine, names), "{level:?}");
            assert!(told.mine.is_none_or(|l| l.name == "=P3"));
        }
        let text = csv(&told(&all, StaffFigures::Named, ("p3", true), (String::new(), String::new())));
        assert!(text.contains("role,agent,5,5,0,0,\r\n") && text.contains("person,'=P0,1,"), "{text}");
    }
}
