//! Routing: who on duty is best for a case, and for how long it is offered to them alone.
//!
//! Pure and deterministic: the same case and the same people give the same choice, in whatever order they are named,
//! and every point of it has a reason that is shown. An offer is a hint: anybody may claim the case meanwhile, and
//! no clock and no alert waits for it.

use super::duty::{Reach, Role};
use super::judgement::Level;
use super::language::Language;
use super::time::Span;
use serde::{Deserialize, Serialize};

/// `[brand.routing]`: what a brand sets of offers. Without `offers` nothing is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// Cases of this level and more urgent ones are offered; left out, none.
    pub offers: Option<Level>,
    /// How long a case is offered to one person, and then to those who read it, in minutes.
    pub minutes: i64,
    /// The same for P1 and P2, in seconds.
    pub urgent_seconds: i64,
    /// An offer never lasts longer than this share of the nearest target, in percent.
    pub share_percent: i64,
    /// Most cases that are offered to one person at once.
    pub at_once: i64,
}

impl Default for Routing {
    fn default() -> Self {
        Self { offers: None, minutes: 5, urgent_seconds: 60, share_percent: 15, at_once: 3 }
    }
}

impl Routing {
    /// Whether nothing is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether cases of a level are offered.
    pub fn covers(&self, level: Level) -> bool {
        self.offers.is_some_and(|lowest| level <= lowest)
    }

    /// The numbers with the names of their settings and what is allowed.
    pub const fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 4] {
        [
            ("minutes", self.minutes, (1, 120)),
            ("urgent_seconds", self.urgent_seconds, (15, 1800)),
            ("share_percent", self.share_percent, (1, 50)),
            ("at_once", self.at_once, (1, 20)),
        ]
    }

    /// How long an offer of a case lasts; `target` is that of its nearest deadline.
    pub fn window(&self, level: Level, target: Option<Span>) -> Span {
        let plain =
            if level <= Level::P2 { Span::seconds(self.urgent_seconds) } else { Span::minutes(self.minutes) };
        match target {
            None => plain,
            Some(target) => {
                let share = target.millis().max(0).saturating_mul(self.share_percent) / 100;
                Span(plain.millis().min(share))
            }
        }
    }
}

/// What of a case matters to who should have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its language.
    pub language: Option<Language>,
    /// Its sector by name.
    pub sector: Option<String>,
    /// How urgent it is; nothing counts as P5.
    pub level: Option<Level>,
    /// Who had the customer before, by id, the latest first.
    pub before: Vec<String>,
}

/// Somebody on duty who sees the brand and may work on its cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who, by id.
    pub person: String,
    /// What they take up.
    pub reach: Reach,
    /// As what they are on.
    pub role: Role,
    /// What they have in hand, the sum of [`load`].
    pub load: i64,
    /// How many cases are offered to them alone at present.
    pub offered: i64,
    /// Whether they said of this case that it is not for them.
    pub declined: bool,
}

/// A reason of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Its code: `before`, `language`, `sector`, `other_sector`, `load`, `lead`, `guest`, `newcomer`.
    pub what: String,
    /// What it adds or takes away.
    pub weight: i64,
}

/// Somebody who could have a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Who, by id.
    pub person: String,
    /// The sum of the reasons.
    pub score: i64,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// How much a claimed case weighs: what waits for somebody else weighs little.
pub const fn load(level: Level, waiting: bool) -> i64 {
    let weight = match level {
        Level::P1 => 8,
        Level::P2 => 6,
        Level::P3 => 4,
        Level::P4 | Level::P5 => 2,
    };
    if waiting { 1 } else { weight }
}

fn reasons(case: &Wanted, who: &Candidate) -> Vec<Reason> {
    let mut found: Vec<(&str, i64)> = Vec::new();
    match case.before.iter().position(|p| *p == who.person) {
        Some(0) => found.push(("before", 40)),
        Some(_) => found.push(("before", 25)),
        None => {}
    }
    // Who reads few languages is kept for these.
    let named = case.language.is_some_and(|l| who.reach.languages.contains(&l));
    if named {
        found.push(("language", if who.reach.languages.len() == 1 { 15 } else { 10 }));
    }
    if let Some(sector) = &case.sector {
        if who.reach.sectors.iter().any(|s| s.eq_ignore_ascii_case(sector)) {
            found.push(("sector", 20));
        } else if !who.reach.sectors.is_empty() {
            found.push(("other_sector", -30));
        }
    }
    if who.load != 0 {
        found.push(("load", -2 * who.load));
    }
    match who.role {
        Role::Agent => {}
        Role::Lead => found.push(("lead", -10)),
        Role::Guest => found.push(("guest", -10)),
        Role::Newcomer => found.push(("newcomer", -15)),
    }
    found.sort_by_key(|(what, weight)| (-weight.abs(), *what));
    found.into_iter().map(|(what, weight)| Reason { what: what.to_owned(), weight }).collect()
}

/// Whether somebody could have a case at all: they read it, did not decline it, and do not learn on what is urgent.
pub fn fits(case: &Wanted, who: &Candidate) -> bool {
    let urgent = case.level.is_some_and(|l| l <= Level::P2);
    !who.declined
        && case.language.is_none_or(|l| who.reach.reads(l))
        && !(urgent && who.role == Role::Newcomer)
}

/// Those who could have a case, the best first; of equals the one with less in hand, then by id.
pub fn rank(case: &Wanted, people: &[Candidate]) -> Vec<Choice> {
    let mut found: Vec<(i64, i64, Choice)> = people
        .iter()
        .filter(|who| fits(case, who))
        .map(|who| {
            let reasons = reasons(case, who);
            let score: i64 = reasons.iter().map(|r| r.weight).sum();
            (-score, who.load, Choice { person: who.person.clone(), score, reasons })
        })
        .collect();
    found.sort_by(|a, b| (a.0, a.1, &a.2.person).cmp(&(b.0, b.1, &b.2.person)));
    found.into_iter().map(|(_, _, choice)| choice).collect()
}

/// To how many a case is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// To one person.
    Person,
    /// To those who read it.
    Language,
    /// To everybody on duty; this lasts until somebody takes it.
    Everyone,
}

impl Width {
    /// The word in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Language => "language",
            Self::Everyone => "everyone",
        }
    }

    /// Reads the word of [`Width::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Person, Self::Language, Self::Everyone].into_iter().find(|w| w.code() == code)
    }
}

/// A round of offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// How wide.
    pub width: Width,
    /// To whom, by id.
    pub people: Vec<String>,
    /// Why that one, where it is one.
    pub reasons: Vec<Reason>,
}

/// The round that follows `last`, or the first one. Each is wider than the one before, and one to nobody is passed
/// over; with nobody on duty there is none.
pub fn next_round(last: Option<Width>, case: &Wanted, people: &[Candidate], at_once: i64) -> Option<Round> {
    if people.is_empty() {
        return None;
    }
    let ranked = rank(case, people);
    if last.is_none() {
        let free = |c: &&Choice| people.iter().any(|p| p.person == c.person && p.offered < at_once);
        if let Some(best) = ranked.iter().find(free) {
            let (people, reasons) = (vec![best.person.clone()], best.reasons.clone());
            return Some(Round { width: Width::Person, people, reasons });
        }
    }
    let round = |width, people| Some(Round { width, people, reasons: Vec::new() });
    if last < Some(Width::Language) && !ranked.is_empty() {
        return round(Width::Language, ranked.into_iter().map(|c| c.person).collect());
    }
    let mut all: Vec<String> = people.iter().filter(|p| !p.declined).map(|p| p.person.clone()).collect();
    all.sort();
    round(Width::Everyone, all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn who(person: &str, languages: &[Language], load: i64) -> Candidate {
        Candidate {
            person: person.to_owned(),
            reach: Reach { languages: languages.to_vec(), sectors: Vec::new() },
            role: Role::Agent,
            load,
            offered: 0,
            declined: false,
        }
    }

    fn dutch() -> Wanted {
        Wanted { language: Some(Language::Nl), level: Some(Level::P3), ..Wanted::default() }
    }

    fn best(case: &Wanted, people: &[Candidate]) -> String {
        rank(case, people).first().map(|c| c.person.clone()).unwrap_or_default()
    }

    #[test]
    fn language_decides_first_then_who_knows_the_customer_then_load() {
        let people = [who("a", &[Language::De], 0), who("b", &[Language::Nl], 8), who("c", &[], 0)];
        assert_eq!(best(&dutch(), &people), "c", "b has two cases in hand");
        assert!(rank(&dutch(), &people).iter().all(|c| c.person != "a"), "a does not read it");
        let known = Wanted { before: vec!["b".into(), "a".into()], ..dutch() };
        let ranked = rank(&known, &people);
        assert_eq!((ranked[0].person.as_str(), ranked[0].score), ("b", 39));
        let reasons: Vec<_> = ranked[0].reasons.iter().map(|r| (r.what.as_str(), r.weight)).collect();
        assert_eq!(reasons, [("before", 40), ("load", -16), ("language", 15)]);
    }

    #[test]
    fn sectors_and_roles_count_and_newcomers_learn_on_nothing_urgent() {
        let mut people = vec![who("a", &[], 0), who("b", &[], 0), who("c", &[], 0)];
        people[1].reach.sectors = vec!["Repair".into()];
        people[0].role = Role::Guest;
        people[2].role = Role::Newcomer;
        let case = Wanted { sector: Some("repair".into()), ..dutch() };
        assert_eq!(best(&case, &people), "b");
        let other = Wanted { sector: Some("sales".into()), ..dutch() };
        assert_eq!(best(&other, &people), "a", "b is there for something else");
        let urgent = Wanted { level: Some(Level::P1), ..case };
        assert!(rank(&urgent, &people).iter().all(|c| c.person != "c"));
    }

    #[test]
    fn rounds_widen_and_end_with_everybody() {
        let people =
            [who("a", &[Language::Nl], 0), who("b", &[Language::Nl], 2), who("c", &[Language::De], 0)];
        let first = next_round(None, &dutch(), &people, 3).unwrap();
        assert_eq!((first.width, first.people), (Width::Person, vec!["a".to_owned()]));
        let mut declined = people.clone();
        declined[0].declined = true;
        let second = next_round(Some(Width::Person), &dutch(), &declined, 3).unwrap();
        assert_eq!((second.width, second.people), (Width::Language, vec!["b".to_owned()]));
        let third = next_round(Some(Width::Language), &dutch(), &declined, 3).unwrap();
        assert_eq!((third.width, third.people), (Width::Everyone, vec!["b".to_owned(), "c".to_owned()]));
        assert_eq!(next_round(None, &dutch(), &[], 3), None, "nobody is on duty");
        // Who has enough before them is not asked alone; what nobody reads goes to everybody at once.
        let mut busy = people.clone();
        for p in &mut busy {
            p.offered = 3;
        }
        assert_eq!(next_round(None, &dutch(), &busy, 3).unwrap().width, Width::Language);
        let wide = next_round(None, &dutch(), &people[2..], 3).unwrap();
        assert_eq!((wide.width, wide.people), (Width::Everyone, vec!["c".to_owned()]));
    }

    #[test]
    fn what_waits_weighs_little_and_nothing_is_offered_unless_a_brand_says_so() {
        assert!(load(Level::P1, false) > load(Level::P3, false) && load(Level::P1, true) == 1);
        let off = Routing::default();
        assert!(Level::ALL.iter().all(|l| !off.covers(*l)) && off.is_default());
        let on = Routing { offers: Some(Level::P3), ..off };
        assert!(on.covers(Level::P1) && on.covers(Level::P3) && !on.covers(Level::P4));
        assert_eq!(on.window(Level::P3, None), Span::minutes(5));
        assert_eq!(on.window(Level::P3, Some(Span::minutes(30))), Span(270_000));
        assert_eq!(on.window(Level::P1, Some(Span::hours(1))), Span::seconds(60));
    }

    fn people() -> impl Strategy<Value = Vec<Candidate>> {
        let languages = proptest::collection::vec(0usize..Language::TEN.len(), 0..3);
        let one = (languages, 0usize..4, 0i64..40, 0i64..5, any::<bool>());
        proptest::collection::vec(one, 0..8).prop_map(|all| {
            all.into_iter()
                .enumerate()
                .map(|(n, (languages, role, load, offered, declined))| Candidate {
                    person: format!("per_{n}"),
                    reach: Reach {
                        languages: languages.into_iter().map(|l| Language::TEN[l]).collect(),
                        sectors: Vec::new(),
                    },
                    role: Role::ALL[role],
                    load,
                    offered,
                    declined,
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn a_choice_depends_on_nothing_but_the_case_and_the_people(
            all in people(), language in 0usize..10, level in 0usize..5, turn in 0usize..8, before in 0usize..8,
        ) {
            let case = Wanted {
                language: Some(Language::TEN[language]),
                level: Some(Level::ALL[level]),
                before: vec![format!("per_{before}")],
                sector: None,
            };
            let ranked = rank(&case, &all);
            let mut turned = all.clone();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
            }
            prop_assert_eq!(&ranked, &rank(&case, &turned));
            for choice in &ranked {
                let who = all.iter().find(|p| p.person == choice.person).unwrap();
                prop_assert!(fits(&case, who));
                prop_assert_eq!(choice.score, choice.reasons.iter().map(|r| r.weight).sum::<i64>());
            }
            // Rounds only widen, name nobody who declined, and end with everybody.
            let (mut last, mut rounds) = (None, 0);
            while let Some(round) = next_round(last, &case, &all, 3) {
                prop_assert!(last < Some(round.width));
                prop_assert!(round.people.iter().all(|p| all.iter().any(|a| a.person == *p && !a.declined)));
                last = Some(round.width);
                rounds += 1;
                if round.width == Width::Everyone {
                    break;
                }
            }
            prop_assert_eq!(rounds > 0, !all.is_empty());
            prop_assert!(rounds <= 3);
        }

        #[test]
        fn an_offer_never_lasts_longer_than_its_share(minutes in 1i64..120, share in 1i64..50, target in 0i64..10_000_000) {
            let rule = Routing { minutes, share_percent: share, ..Routing::default() };
            for level in Level::ALL {
                let window = rule.window(level, Some(Span(target)));
                prop_assert!(window.millis() * 100 <= target * share);
                prop_assert!(window <= rule.window(level, None));
            }
        }
    }
}
