//! The quality of answers: the card by which a colleague scores, which answers of a week are drawn, and what stands in
//! averages. Pure.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Longest name of a criterion, in characters.
pub const NAME_CHARS_MAX: usize = 40;
/// Most criteria of a card.
pub const CRITERIA_MAX: usize = 12;
/// What a scale may reach.
pub const SCALE: (i64, i64) = (2, 10);
/// After so many days what somebody did not look at counts as if they had.
pub const SEEN_DAYS: i64 = 7;
/// Fewest people of whose answers an average is told: of fewer it would be somebody's.
pub const PEOPLE_MIN: usize = 5;

/// One thing that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// What it is called.
    pub name: String,
    /// What it asks, for who scores.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The best score; the worst is 1.
    #[serde(default = "five")]
    pub scale: i64,
}

const fn five() -> i64 {
    5
}

/// Whether and how a brand's answers are scored; written `[brand.quality]`, off unless switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quality {
    /// Whether any are drawn.
    pub enabled: bool,
    /// How many answers of each person a week.
    pub per_person: i64,
    /// Whether every answer to a P1 is drawn beside these.
    pub always_p1: bool,
    /// How many days a drawn answer waits for a score.
    pub score_days: i64,
    /// How many months scores are kept.
    pub keep_months: i64,
    /// The card; left out, the ready-made one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<Criterion>,
}

impl Default for Quality {
    fn default() -> Self {
        Self {
            enabled: false,
            per_person: 3,
            always_p1: true,
            score_days: 14,
            keep_months: 12,
            criteria: Vec::new(),
        }
    }
}

impl Quality {
    /// Whether it is as it is when nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The settings with their names and the least and most that each may be.
    pub const fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 3] {
        [
            ("per_person", self.per_person, (0, 50)),
            ("score_days", self.score_days, (1, 60)),
            ("keep_months", self.keep_months, (1, 24)),
        ]
    }

    /// The card: what is set, or the ready-made one.
    pub fn card(&self) -> Vec<Criterion> {
        if !self.criteria.is_empty() {
            return self.criteria.clone();
        }
        let one =
            |(name, about): (&str, &str)| Criterion { name: name.into(), about: about.into(), scale: 5 };
        let ready = [
            ("understood", "The question behind the words was understood."),
            ("solved", "The customer can go on with it, or knows what comes and when."),
            ("tone", "It fits this customer and this brand."),
            ("language", "It is short, plain and without mistakes."),
        ];
        ready.map(one).to_vec()
    }
}

/// An answer that may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Who gave it.
    pub person: String,
    /// Whether its case is a P1.
    pub p1: bool,
}

/// Draws answers: of each person as many as are set, each of theirs as likely as every other, and beside these every
/// answer to a P1 where that is set. `fraction` gives chance from 0 to below 1. The drawn ones are in the order of `all`.
pub fn draw<'a>(
    all: &'a [Candidate],
    settings: &Quality,
    mut fraction: impl FnMut() -> f64,
) -> Vec<&'a Candidate> {
    let mut by: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut drawn: BTreeSet<usize> = BTreeSet::new();
    for (at, one) in all.iter().enumerate() {
        if one.p1 && settings.always_p1 {
            drawn.insert(at);
        } else {
            by.entry(&one.person).or_default().push(at);
        }
    }
    let wanted = usize::try_from(settings.per_person).unwrap_or(0);
    for mut theirs in by.into_values() {
        for _ in 0..wanted.min(theirs.len()) {
            let at = ((fraction() * theirs.len() as f64) as usize).min(theirs.len() - 1);
            drawn.insert(theirs.swap_remove(at));
        }
    }
    drawn.into_iter().filter_map(|at| all.get(at)).collect()
}

/// One score: criterion, points, scale.
pub type Score = (String, i64, i64);

/// The scores of a filled card, in its order; every criterion must have its points.
///
/// # Errors
/// Which criterion, and what is allowed.
pub fn scores(card: &[Criterion], given: &BTreeMap<String, i64>) -> Result<Vec<Score>, String> {
    if let Some(other) = given.keys().find(|name| !card.iter().any(|c| c.name == **name)) {
        let known: Vec<&str> = card.iter().map(|c| c.name.as_str()).collect();
        return Err(format!("'{other}' is no criterion; there are {}", known.join(", ")));
    }
    let one = |c: &Criterion| match given.get(&c.name) {
        Some(points) if (1..=c.scale).contains(points) => Ok((c.name.clone(), *points, c.scale)),
        Some(points) => Err(format!("'{}' is {points}; allowed are 1 to {}", c.name, c.scale)),
        None => Err(format!("'{}' has no score; allowed are 1 to {}", c.name, c.scale)),
    };
    card.iter().map(one).collect()
}

/// The average of one criterion on one scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Average {
    /// The criterion.
    pub name: String,
    /// Its scale.
    pub scale: i64,
    /// How many answers were scored by it.
    pub answers: i64,
    /// Of how many people; under five nothing more is told.
    pub people: usize,
    /// The mean in tenths of a point, rounded; none where too few people stand behind it.
    pub tenths: Option<i64>,
}

/// The averages of scored answers, each given as person and scores; by name and scale, for points of another scale are
/// something else. Who has fewer than five people behind it tells no number.
pub fn averages(all: &[(String, Vec<Score>)]) -> Vec<Average> {
    let mut found: BTreeMap<(&str, i64), (i64, i64, BTreeSet<&str>)> = BTreeMap::new();
    for (person, scores) in all {
        for (name, points, scale) in scores {
            let entry = found.entry((name, *scale)).or_default();
            entry.0 += 1;
            entry.1 += points;
            entry.2.insert(person);
        }
    }
    let one =
        |((name, scale), (answers, points, people)): ((&str, i64), (i64, i64, BTreeSet<&str>))| Average {
            name: name.to_owned(),
            scale,
            answers,
            people: people.len(),
            tenths: (people.len() >= PEOPLE_MIN).then(|| (points * 20 / answers.max(1) + 1) / 2),
        };
    found.into_iter().map(one).collect()
}

/// The averages of several brands together: brand, person and scores of each answer. Where some brands tell their own and fewer
/// than five people stand behind the others, nothing is told of all: what these few have would be what is left of it.
pub fn over_brands(all: &[(String, String, Vec<Score>)]) -> Vec<Average> {
    let together: Vec<(String, Vec<Score>)> =
        all.iter().map(|(_, person, scores)| (person.clone(), scores.clone())).collect();
    let mut told = averages(&together);
    for average in &mut told {
        let mut brands: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (brand, person, scores) in all {
            if scores.iter().any(|(name, _, scale)| *name == average.name && *scale == average.scale) {
                brands.entry(brand).or_default().insert(person);
            }
        }
        let (tell, silent): (Vec<_>, Vec<_>) = brands.into_values().partition(|of| of.len() >= PEOPLE_MIN);
        let rest: BTreeSet<&str> = silent.into_iter().flatten().collect();
        if !tell.is_empty() && (1..PEOPLE_MIN).contains(&rest.len()) {
            average.tenths = None;
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(of: &[(&str, usize, usize)]) -> Vec<Candidate> {
        let one = |person: &str, n: usize, p1: bool| Candidate {
            id: format!("{person}{n}{p1}"),
            person: person.into(),
            p1,
        };
        of.iter()
            .flat_map(|(person, plain, urgent)| {
                (0..*plain).map(|n| one(person, n, false)).chain((0..*urgent).map(|n| one(person, n, true)))
            })
            .collect()
    }

    /// Chance that is the same each time.
    fn chance(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    proptest! {
        #[test]
        fn each_person_gives_as_many_as_are_set_and_every_p1(
            a in 0usize..20, b in 0usize..20, urgent in 0usize..5, wanted in 0i64..6, seed in any::<u64>()
        ) {
            let candidates = all(&[("a", a, urgent), ("b", b, 0)]);
            let settings = Quality { per_person: wanted, ..Quality::default() };
            let drawn = draw(&candidates, &settings, chance(seed));
            let wanted = usize::try_from(wanted).unwrap();
            prop_assert_eq!(drawn.iter().filter(|c| c.p1).count(), urgent);
            prop_assert_eq!(drawn.iter().filter(|c| c.person == "b").count(), b.min(wanted));
            prop_assert_eq!(drawn.iter().filter(|c| c.person == "a" && !c.p1).count(), a.min(wanted));
            let ids: BTreeSet<&str> = drawn.iter().map(|c| c.id.as_str()).collect();
            prop_assert_eq!(ids.len(), drawn.len(), "none twice");
        }
    }

    #[test]
    fn each_answer_is_drawn_about_as_often_as_every_other() {
        let (candidates, settings) = (all(&[("a", 10, 0)]), Quality::default());
        let (mut chance, mut times) = (chance(3), BTreeMap::<String, u32>::new());
        for _ in 0..5_000 {
            for one in draw(&candidates, &settings, &mut chance) {
                *times.entry(one.id.clone()).or_default() += 1;
            }
        }
        assert!(times.len() == 10 && times.values().all(|n| (1_350..1_650).contains(n)), "{times:?}");
        let urgent = all(&[("a", 2, 3)]);
        let without = Quality { always_p1: false, per_person: 1, ..Quality::default() };
        assert_eq!(draw(&urgent, &without, || 0.999).len(), 1);
    }

    #[test]
    fn a_card_is_filled_whole_and_within_its_scale() {
        let card = Quality::default().card();
        let mut given: BTreeMap<String, i64> = card.iter().map(|c| (c.name.clone(), 5)).collect();
        assert_eq!(scores(&card, &given).unwrap().len(), 4);
        given.insert("tone".into(), 6);
        assert_eq!(scores(&card, &given).unwrap_err(), "'tone' is 6; allowed are 1 to 5");
        given.remove("tone");
        assert!(scores(&card, &given).unwrap_err().contains("no score"));
        given.insert("speed".into(), 1);
        assert!(scores(&card, &given).unwrap_err().contains("no criterion"));
    }

    #[test]
    fn an_average_of_few_people_tells_no_number() {
        let scored = |people: usize, points: i64| -> Vec<(String, Vec<Score>)> {
            (0..people).map(|n| (format!("p{n}"), vec![("tone".to_owned(), points, 5)])).collect()
        };
        let four = averages(&scored(4, 3));
        assert_eq!((four[0].answers, four[0].people, four[0].tenths), (4, 4, None));
        let mut five = scored(5, 3);
        five.push(("p0".into(), vec![("tone".into(), 4, 5), ("tone".into(), 9, 10)]));
        let told = averages(&five);
        assert_eq!((told[0].answers, told[0].tenths), (6, Some(32)), "19 of 6 is 3.17");
        assert_eq!((told[1].scale, told[1].tenths), (10, None), "another scale is another criterion");
    }

    #[test]
    fn few_people_of_one_brand_are_not_told_by_taking_the_others_away() {
        let of = |counts: &[(&str, usize)]| {
            let one = |brand: &str, n: usize| {
                (brand.to_owned(), format!("{brand}{n}"), vec![("tone".to_owned(), 3, 5)])
            };
            let all: Vec<_> =
                counts.iter().flat_map(|(brand, n)| (0..*n).map(move |n| one(brand, n))).collect();
            let told = over_brands(&all);
            (told[0].people, told[0].tenths)
        };
        assert_eq!(of(&[("a", 5)]), (5, Some(30)));
        assert_eq!(of(&[("a", 5), ("b", 1)]), (6, None), "it would be that of one");
        assert_eq!(of(&[("a", 4), ("b", 3)]), (7, Some(30)), "neither tells its own");
        assert_eq!(of(&[("a", 5), ("b", 3), ("c", 2)]), (10, Some(30)), "five remain");
        assert_eq!(of(&[("a", 5), ("b", 6)]), (11, Some(30)));
        assert!(over_brands(&[]).is_empty());
    }
}
