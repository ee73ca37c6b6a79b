//! The thank-you list: which of the cases that ended deserve a card, the same for whoever computes it. Pure.

use super::time::Span;
use serde::{Deserialize, Serialize};

/// How many cards a brand writes; written `[brand.thanks]`, off unless switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thanks {
    /// Whether any are proposed.
    pub enabled: bool,
    /// How many a day.
    pub per_day: i64,
    /// From how many days on waiting was long.
    pub patience_days: i64,
}

impl Default for Thanks {
    fn default() -> Self {
        Self { enabled: false, per_day: 3, patience_days: 5 }
    }
}

impl Thanks {
    /// Whether it is as it is when nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The settings with their names and the least and most that each may be.
    pub const fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 2] {
        [("per_day", self.per_day, (1, 50)), ("patience_days", self.patience_days, (1, 90))]
    }
}

/// Why a case deserves a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// They would recommend the brand: 9 or 10.
    Promoter,
    /// A promise to them was broken, and it was solved all the same.
    PromiseBroken,
    /// They waited long.
    Patience,
    /// They said something kind.
    Compliment,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Promoter, Self::PromiseBroken, Self::Patience, Self::Compliment];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Promoter => "promoter",
            Self::PromiseBroken => "promise_broken",
            Self::Patience => "patience",
            Self::Compliment => "compliment",
        }
    }

    /// How much it weighs.
    const fn points(self) -> i64 {
        match self {
            Self::Promoter | Self::PromiseBroken => 3,
            Self::Patience | Self::Compliment => 2,
        }
    }
}

/// A case that ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The case.
    pub case_id: String,
    /// When it ended, epoch ms.
    pub ended_at: i64,
    /// From its first message to its end.
    pub lasted: Span,
    /// Whether it is a compliment.
    pub compliment: bool,
    /// Whether a promise to the customer was broken.
    pub promise_broken: bool,
    /// The score of the survey.
    pub score: Option<i64>,
}

impl Candidate {
    /// Why it deserves a card; nothing where it does not. Who would not recommend the brand gets none.
    pub fn reasons(&self, settings: &Thanks) -> Vec<Reason> {
        if self.score.is_some_and(|s| s < 7) {
            return Vec::new();
        }
        let holds = |reason: &Reason| match reason {
            Reason::Promoter => self.score.is_some_and(|s| s >= 9),
            Reason::PromiseBroken => self.promise_broken,
            Reason::Patience => self.lasted >= Span::days(settings.patience_days),
            Reason::Compliment => self.compliment,
        };
        Reason::ALL.into_iter().filter(holds).collect()
    }
}

/// A case that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The case.
    pub case_id: String,
    /// Its points.
    pub points: i64,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// The cases of a day: most points first, of equals the one that ended first, then by id.
pub fn choose(candidates: &[Candidate], settings: &Thanks) -> Vec<Chosen> {
    let of = |c: &Candidate| {
        let reasons = c.reasons(settings);
        let points: i64 = reasons.iter().map(|r| r.points()).sum();
        (points, c.ended_at, c.case_id.clone(), reasons)
    };
    let mut all: Vec<_> = candidates.iter().map(of).filter(|(points, ..)| *points > 0).collect();
    all.sort_by(|a, b| (-a.0, a.1, &a.2).cmp(&(-b.0, b.1, &b.2)));
    all.truncate(usize::try_from(settings.per_day).unwrap_or(0));
    all.into_iter().map(|(points, _, case_id, reasons)| Chosen { case_id, points, reasons }).collect()
}

/// What is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gesture {
    /// A card.
    Card,
    /// Flowers.
    Flowers,
    /// A voucher, with its worth.
    Voucher,
}

impl Gesture {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Card, Self::Flowers, Self::Voucher];

    /// The code in forms and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Flowers => "flowers",
            Self::Voucher => "voucher",
        }
    }

    /// Reads what [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.code() == code)
    }
}

/// An amount as people type it ('25', '12,50', '7.5'), in millionths; nothing where it is none or too much.
pub fn micros(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let hundredths: i64 = format!("{part:0<2}").parse().ok()?;
    Some(whole * 1_000_000 + hundredths * 10_000)
}

/// An amount as people read it.
pub fn amount(micros: i64) -> String {
    format!("{}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn case(id: &str, score: Option<i64>, broken: bool) -> Candidate {
        Candidate { case_id: id.into(), score, promise_broken: broken, ..Candidate::default() }
    }

    #[test]
    fn most_points_first_and_always_the_same() {
        let kind = Candidate { compliment: true, ..case("k", None, false) };
        let long = Candidate { lasted: Span::days(5), ended_at: 9, ..case("l", None, false) };
        let all = [case("n", None, false), long, kind, case("b", None, true), case("both", Some(10), true)];
        let chosen = choose(&all, &Thanks::default());
        let told: Vec<(&str, i64)> = chosen.iter().map(|c| (c.case_id.as_str(), c.points)).collect();
        assert_eq!(told, [("both", 6), ("b", 3), ("k", 2)]);
        let mut turned = all.to_vec();
        turned.reverse();
        assert_eq!(choose(&turned, &Thanks::default()), chosen);
        assert_eq!(
            choose(&[case("x", Some(6), true)], &Thanks::default()),
            [],
            "who is unhappy is not thanked"
        );
    }

    #[test]
    fn amounts_are_read_and_written() {
        for (text, wanted) in [("25", Some(25_000_000)), ("12,5", Some(12_500_000)), ("0.05", Some(50_000))] {
            assert_eq!(micros(text), wanted);
        }
        for text in ["", "-1", "1.234", "1e3", "€5", "1234567", "1,2,3"] {
            assert_eq!(micros(text), None, "{text}");
        }
        assert_eq!(amount(12_500_000), "12.50");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(whole in 0i64..1_000_000, cents in 0i64..100) {
            let all = whole * 1_000_000 + cents * 10_000;
            prop_assert_eq!(micros(&amount(all)), Some(all));
        }
    }
}
