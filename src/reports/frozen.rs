//! The figures of a report as they were sent, and what was corrected since. They hold counts and times alone, so
//! that no erasure touches them; what is as of the moment of sending (what was open then) is not among them.

use super::leads::{Group, Leads};
use std::collections::BTreeMap;

/// Figure to number; shares are not kept, for they follow from the counts. Names are codes, or names of the settings.
pub type Figures = BTreeMap<String, i64>;

/// One figure that is another by now.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Correction {
    /// Which.
    pub figure: String,
    /// As it was sent; none where it was not there.
    pub sent: Option<i64>,
    /// As it is now; none where it is gone.
    pub now: Option<i64>,
}

fn group(all: &mut Figures, of: &str, g: &Group) {
    all.insert(format!("{of}/cases"), g.cases);
    all.insert(format!("{of}/needing_answer"), g.needing_answer);
    for k in &g.kinds {
        all.insert(format!("{of}/{}/kept", k.kind), k.kept);
        all.insert(format!("{of}/{}/late", k.kind), k.broken);
        for (name, ms) in [("median_ms", k.median_ms), ("p90_ms", k.p90_ms), ("p95_ms", k.p95_ms)] {
            if let Some(ms) = ms {
                all.insert(format!("{of}/{}/{name}", k.kind), ms);
            }
        }
    }
}

/// The figures of a group alone, under `total`.
pub fn totals(g: &Group) -> Figures {
    let mut all = Figures::new();
    group(&mut all, "total", g);
    all
}

/// The figures of a report.
pub fn figures(made: &Leads) -> Figures {
    let mut all = totals(&made.this.total);
    for (by, groups) in &made.groups {
        // What is counted beside promises is not frozen by group.
        for g in groups.iter().filter(|g| !g.is_empty()) {
            group(&mut all, &format!("{by}/{}", g.name), g);
        }
    }
    for d in &made.days {
        all.insert(format!("day/{}/kept", d.day), d.kept);
        all.insert(format!("day/{}/late", d.day), d.broken);
    }
    let beside = [
        ("private_offered", made.private_offered),
        ("private_opened", made.private_opened),
        ("tickets_linked", made.tickets_linked),
        ("given_back", made.given_back),
        ("changed_hands", made.changed_hands),
        ("left_to_members", made.left_to_members),
        ("solved_by_members", made.solved_by_members),
    ];
    all.extend(beside.map(|(name, n)| (name.to_owned(), n)));
    for c in &made.report.capture {
        all.insert(format!("capture/{}/mentions", c.source), c.mentions);
        all.insert(format!("capture/{}/found_late", c.source), c.found_late);
    }
    let shadow = &made.report.shadow.total;
    all.insert("shadow/cases".to_owned(), shadow.cases);
    all.insert("shadow/unregistered".to_owned(), shadow.webcare_unregistered);
    let first = &made.report.office.first_time.total;
    all.insert("first_time/first_time".to_owned(), first.first_time);
    all.insert("first_time/came_again".to_owned(), first.came_again);
    for f in &made.report.promises.owners {
        let of = format!("promises/{}/{}", f.brand, f.owed_by);
        all.insert(format!("{of}/kept"), f.kept);
        all.insert(format!("{of}/late"), f.late);
        all.insert(format!("{of}/broken"), f.broken);
    }
    if let Some(gaps) = &made.coverage_gaps {
        all.insert("coverage_gap_hours".to_owned(), gaps.iter().map(|g| g.hours).sum());
    }
    all
}

/// What is another now than it was when it was sent; of `now` only what begins with `within` is looked at.
pub fn corrections(sent: &Figures, now: &Figures, within: &str) -> Vec<Correction> {
    let mut names: Vec<&String> = sent.keys().chain(now.keys()).filter(|n| n.starts_with(within)).collect();
    names.sort();
    names.dedup();
    let one = |name: &String| Correction {
        figure: name.clone(),
        sent: sent.get(name).copied(),
        now: now.get(name).copied(),
    };
    // Nothing and none are the same.
    names.into_iter().map(one).filter(|c| c.sent.unwrap_or(0) != c.now.unwrap_or(0)).collect()
}

/// Reads what [`figures`] gave and JSON kept.
pub fn read(stored: &str) -> Figures {
    serde_json::from_str(stored).unwrap_or_default()
}

/// A number as people read it: times as such.
pub fn shown(figure: &str, n: Option<i64>) -> String {
    match n {
        None => "–".to_owned(),
        Some(n) if figure.ends_with("_ms") => super::words::Words::span(Some(n)),
        Some(n) => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::leads::Kind;

    #[test]
    fn only_what_changed_is_a_correction() {
        let kind = |kept, broken| Kind { kind: "first_response".into(), kept, broken, ..Kind::default() };
        let group = |kept, broken| Group { cases: 5, kinds: vec![kind(kept, broken)], ..Group::default() };
        let mut made = Leads::default();
        made.this.total = group(3, 1);
        made.groups.insert("channel", vec![Group { name: "mastodon".into(), ..group(3, 1) }]);
        let sent = read(&serde_json::to_string(&figures(&made)).unwrap());
        assert!(corrections(&sent, &figures(&made), "").is_empty());
        made.this.total = group(4, 0);
        made.groups.clear();
        let now = figures(&made);
        let of = corrections(&sent, &now, "total/");
        let told: Vec<_> = of.iter().map(|c| (c.figure.as_str(), c.sent, c.now)).collect();
        assert_eq!(
            told,
            [
                ("total/first_response/kept", Some(3), Some(4)),
                ("total/first_response/late", Some(1), Some(0))
            ]
        );
        let gone = corrections(&sent, &now, "channel/");
        assert!(gone.iter().all(|c| c.now.is_none()) && !gone.is_empty(), "{gone:?}");
    }
}
