//! The figures of a report as they were sent, and what was corrected since. They hold counts and times alone, so
//! that no erasure touches them; what is as of the moment of sending (what was open then) is not among them.

use super::beside;
use super::leads::{Group, Leads};
use super::words::Words;
use std::collections::{BTreeMap, BTreeSet};

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
        for g in groups {
            let of = format!("{by}/{}", g.name);
            if !g.is_empty() {
                group(&mut all, &of, g);
            }
            all.extend(g.beside.iter().map(|(code, n)| (format!("{of}/{code}"), *n)));
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
    all.extend(made.this.beside.iter().map(|(code, n)| ((*code).to_owned(), *n)));
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
    for p in &made.protocols {
        all.insert(format!("protocols/{}/came_up", p.kind), p.came_up);
    }
    if let Some(gaps) = &made.coverage_gaps {
        all.insert("coverage_gap_hours".to_owned(), gaps.iter().map(|g| g.hours).sum());
    }
    all
}

impl Correction {
    /// Whether it is another now than it was; nothing and none are the same.
    pub fn differs(&self) -> bool {
        self.sent.unwrap_or(0) != self.now.unwrap_or(0)
    }
}

/// Every figure as it was sent and as it is now. What a report of an earlier version did not keep is no figure of it:
/// whoever keeps what stands beside promises always keeps how many posts there were.
pub fn compared(sent: &Figures, now: &Figures) -> Vec<Correction> {
    let is_beside = |name: &str| {
        let code = name.rsplit('/').next().unwrap_or(name);
        name.starts_with("protocols/") || beside::ALL.iter().any(|(known, _)| *known == code)
    };
    let keeps = sent.contains_key("posts");
    let mut names: BTreeSet<&String> = sent.keys().collect();
    names.extend(now.keys().filter(|name| keeps || !is_beside(name)));
    let one = |name: &String| Correction {
        figure: name.clone(),
        sent: sent.get(name).copied(),
        now: now.get(name).copied(),
    };
    names.into_iter().map(one).collect()
}

/// What is another now than it was when it was sent; only what begins with `within` is looked at.
pub fn corrections(sent: &Figures, now: &Figures, within: &str) -> Vec<Correction> {
    let all = compared(sent, now).into_iter();
    all.filter(|c| c.figure.starts_with(within) && c.differs()).collect()
}

/// Reads what [`figures`] gave and JSON kept.
pub fn read(stored: &str) -> Figures {
    serde_json::from_str(stored).unwrap_or_default()
}

/// A number as people read it: times and shares as such.
pub fn shown(figure: &str, n: Option<i64>, w: &Words) -> String {
    beside::shown(figure.rsplit('/').next().unwrap_or(figure), n, w)
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

    #[test]
    fn what_stands_beside_promises_is_kept_in_total_and_by_group() {
        let mut made = Leads::default();
        made.this.beside = [("posts", 40), ("bulk_answers", 3), ("substantive_on_time_permille", 900)].into();
        made.groups.insert(
            "level",
            vec![Group { name: "P2".into(), beside: [("came_again", 1)].into(), ..Group::default() }],
        );
        let sent = figures(&made);
        made.this.beside.insert("bulk_answers", 2);
        made.groups.get_mut("level").unwrap()[0].beside.insert("came_again", 2);
        let now = figures(&made);
        let of = |sent: &Figures| -> Vec<String> {
            corrections(sent, &now, "").into_iter().map(|c| c.figure).collect()
        };
        assert_eq!(of(&sent), ["bulk_answers", "level/P2/came_again"]);
        // One that was sent before these were kept is not corrected by what it never said.
        let old: Figures = [("total/cases".to_owned(), 0), ("given_back".to_owned(), 0)].into();
        assert_eq!(of(&old), Vec::<String>::new());
        assert_eq!(shown("substantive_on_time_permille", Some(900), Words::of("nl")), "90,0 %");
        assert_eq!(shown("level/P2/first_response/median_ms", None, Words::of("en")), "–");
    }
}
