//! The public figure of a brand: how soon somebody who writes now may expect an answer, by language, rounded up, with
//! what the promise covers. It names nobody and tells no counts: below a handful of answers it tells nothing.

use super::words::Words;
use super::write::escape;
use crate::catalogue::Watched;
use crate::domain::audit::{Caller, Entry};
use crate::domain::time::{Span, Timestamp};
use crate::domain::wording;
use crate::store::{Db, StoreError, Tx, audit, peak, public_figure as store};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Answers of how long back tell of now; where these are too few, of a day.
const BACK: [Span; 2] = [Span::hours(4), Span::hours(24)];
/// Who wrote longer ago and still waits says nothing of who writes now.
const WAITING: Span = Span::hours(24);
/// Fewest answers in a language that tell anything.
const ANSWERS_MIN: usize = 5;
/// The times that are shown, in minutes: the next one up.
const STEPS: [i64; 14] = [5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440];
/// Most answers that are read.
const READ_MAX: i64 = 20_000;

/// One language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Its code.
    pub language: String,
    /// Three of four get an answer within about so many minutes; none where nobody can tell.
    pub minutes: Option<i64>,
}

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The brand by name.
    pub brand: String,
    /// The minute of which it is, RFC 3339.
    pub as_of: String,
    /// What is promised, and to whom: in English, or as the brand wrote it.
    pub promise: String,
    /// The same by language, where we have words of our own.
    #[serde(default)]
    pub promises: BTreeMap<String, String>,
    /// By language.
    pub languages: Vec<Expected>,
}

impl Shown {
    /// What is promised, in a language where it is known.
    pub fn promise_in(&self, language: &str) -> &str {
        self.promises.get(&language.to_ascii_lowercase()).unwrap_or(&self.promise)
    }
}

/// The next step up from a time; none for what is longer than a day, for no step would be true.
pub fn rounded(ms: i64) -> Option<i64> {
    STEPS.into_iter().find(|m| *m * 60_000 >= ms)
}

/// The first time within which three of four were answered, of those of whom that is known: who still waits, and has for
/// longer, was not. None for too few answers, and where no time that is shown would be true.
fn expected(answered: &[i64], waiting: &[i64]) -> Option<i64> {
    if answered.len() < ANSWERS_MIN {
        return None;
    }
    STEPS.into_iter().find(|step| {
        let is_within = |ms: &&i64| **ms <= step * 60_000;
        let within = answered.iter().filter(is_within).count();
        let longer = waiting.len() - waiting.iter().filter(is_within).count();
        within * 4 >= (answered.len() + longer) * 3
    })
}

/// Times by language.
fn by_language(rows: Vec<(String, i64)>) -> BTreeMap<String, Vec<i64>> {
    let mut by: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (language, ms) in rows {
        by.entry(language).or_default().push(ms);
    }
    by
}

/// What is shown of a brand now, whether or not a lead froze it.
pub async fn live(tx: &mut Tx, watched: &Watched, now: Timestamp) -> Result<Shown, StoreError> {
    let policy = &watched.policy.1;
    let own = if policy.languages.is_empty() { &watched.brand.languages } else { &policy.languages };
    let mut found: BTreeMap<String, Option<i64>> = own.iter().map(|l| (l.code().to_owned(), None)).collect();
    let waiting = by_language(store::waiting(tx, &watched.id, (now.minus(WAITING), now), READ_MAX).await?);
    let mut told: BTreeSet<String> = BTreeSet::new();
    for back in BACK {
        let answers = store::first_answers(tx, &watched.id, now.minus(back), READ_MAX).await?;
        for (language, all) in by_language(answers) {
            // A language that is not promised shows only where none is promised by name.
            let known = found.contains_key(&language) || (own.is_empty() && language != "unknown");
            // What the last hours tell, be it that it takes too long to say, no earlier ones make better.
            if known && all.len() >= ANSWERS_MIN && told.insert(language.clone()) {
                let wait = waiting.get(&language).map_or(&[][..], Vec::as_slice);
                found.insert(language, expected(&all, wait));
            }
        }
    }
    // What a lead says of a crisis is more than what was measured before it.
    if let Some(said) = peak::expected_wait(tx, &watched.id, now).await?.and_then(|m| rounded(m * 60_000)) {
        for minutes in found.values_mut() {
            *minutes = (*minutes).max(Some(said));
        }
    }
    let minute = Timestamp(now.millis().div_euclid(60_000) * 60_000);
    Ok(Shown {
        brand: watched.brand.name.clone(),
        as_of: minute.rfc3339(),
        promise: policy.published(),
        promises: [&wording::EN, &wording::NL].map(|w| (w.lang.to_owned(), policy.published_in(w))).into(),
        languages: found.into_iter().map(|(language, minutes)| Expected { language, minutes }).collect(),
    })
}

/// What is shown of a brand: what a lead froze, or what is so.
pub async fn shown(tx: &mut Tx, watched: &Watched, now: Timestamp) -> Result<Shown, StoreError> {
    if let Some(row) = store::frozen(tx, &watched.id).await?
        && let Ok(shown) = serde_json::from_str(&row.shown)
    {
        return Ok(shown);
    }
    live(tx, watched, now).await
}

/// Freezes what is shown of a brand, or lets it go on, in the name of `caller`.
pub async fn freeze(
    db: &Db,
    watched: &Watched,
    on: bool,
    caller: &Caller,
    now: Timestamp,
) -> Result<(), StoreError> {
    let act = if on { "public_figure.freeze" } else { "public_figure.thaw" };
    let entry = Entry::done(caller, act, "").in_brand(&watched.id);
    let (brand, by) = (watched.clone(), caller.person.clone());
    let done = db.write_again("freezing a public figure", move |tx| {
        let (brand, by, entry) = (brand.clone(), by.clone(), entry.clone());
        Box::pin(async move {
            if on {
                let shown = live(tx, &brand, now).await?;
                let shown = serde_json::to_string(&shown).unwrap_or_default();
                let row = store::FreezeRow { brand_id: brand.id, person_id: by, at: now.millis(), shown };
                store::freeze(tx, &row).await?;
            } else {
                store::thaw(tx, &brand.id).await?;
            }
            audit::append(tx, &entry, now).await
        })
    });
    done.await
}

/// A time in words.
pub fn in_words(minutes: Option<i64>, w: &Words) -> String {
    match minutes {
        None => w.public_unknown.to_owned(),
        Some(m) if m < 120 => format!("{} {m} min", w.public_within),
        Some(m) => format!("{} {} {}", w.public_within, m / 60, w.hours),
    }
}

/// A badge, drawn by attributes alone, in the words of a language; without one the first that is shown. Of a language that
/// is not shown nothing is told, and not what another has. What the promise covers is its title.
pub fn badge(shown: &Shown, language: &str) -> String {
    let of = shown.languages.iter().find(|e| language.is_empty() || e.language == language);
    let w = Words::of(if language.is_empty() { of.map_or("en", |e| &e.language) } else { language });
    let (left, right) =
        (format!("{} {}", shown.brand, w.public_answers), in_words(of.and_then(|e| e.minutes), w));
    let promise = shown.promise_in(w.lang);
    let width = |text: &str| i64::try_from(text.chars().count()).unwrap_or(0) * 7 + 16;
    let (a, b) = (width(&left), width(&right));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"24\" viewBox=\"0 0 {all} 24\" role=\"img\" \
         aria-label=\"{left} {right}\" font-family=\"Verdana,sans-serif\" font-size=\"11\"><title>{promise}</title><rect width=\"{a}\" \
         height=\"24\" fill=\"#333333\"/><rect x=\"{a}\" width=\"{b}\" height=\"24\" fill=\"#0b6e4f\"/><text x=\"8\" \
         y=\"16\" fill=\"#ffffff\">{left}</text><text x=\"{at}\" y=\"16\" fill=\"#ffffff\">{right}</text></svg>\n",
        all = a + b,
        at = a + 8,
        left = escape(&left),
        right = escape(&right),
        promise = escape(promise)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_rounded_up_and_few_answers_tell_nothing() {
        assert_eq!([rounded(1), rounded(300_000), rounded(300_001)], [Some(5), Some(5), Some(10)]);
        assert_eq!(rounded(i64::MAX), None, "a day would not be true");
        assert_eq!(expected(&[60_000; 4], &[]), None);
        let all: Vec<i64> = (1..=8).map(|m| m * 60_000).collect();
        assert_eq!(expected(&all, &[]), Some(10), "six of eight within six minutes");
        assert_eq!(expected(&[25 * 60 * 60_000; 9], &[]), None, "no time that is shown would be true");
    }

    #[test]
    fn who_still_waits_counts_once_they_have_waited_longer() {
        let (fast, minutes) = ([60_000; 6], |n: i64| n * 60_000);
        assert_eq!(expected(&fast, &[minutes(2); 50]), Some(5), "nobody knows yet how long these wait");
        assert_eq!(expected(&fast, &[minutes(40), minutes(40)]), Some(5), "six of eight");
        assert_eq!(expected(&fast, &[minutes(40); 3]), Some(45), "within 30 minutes it were six of nine");
    }

    proptest! {
        #[test]
        fn whoever_waits_makes_it_no_shorter(
            answered in prop::collection::vec(0_i64..200_000_000, 5..60),
            waiting in prop::collection::vec(0_i64..200_000_000, 0..60),
        ) {
            let (alone, with) = (expected(&answered, &[]), expected(&answered, &waiting));
            prop_assert!(with.is_none() || alone.is_some_and(|a| with.is_some_and(|w| w >= a)));
            let mut sorted = answered.clone();
            sorted.sort_unstable();
            let third = sorted[(sorted.len() * 3).div_ceil(4) - 1];
            prop_assert_eq!(alone, rounded(third), "the one that three of four do not exceed, rounded up");
        }
    }

    #[test]
    fn a_badge_is_a_picture_whatever_the_brand_is_called() {
        let languages = vec![Expected { language: "nl".into(), minutes: Some(30) }];
        let promises = [("nl".to_owned(), "Binnen een <uur>.".to_owned())].into();
        let promise = "Within an hour.".to_owned();
        let shown = Shown { brand: "A<b>&\"".into(), languages, promise, promises, ..Shown::default() };
        let svg = badge(&shown, "");
        assert!(
            svg.contains("binnen ongeveer 30 min") && !svg.contains("<b>") && !svg.contains("script"),
            "{svg}"
        );
        assert!(svg.contains("<title>Binnen een &lt;uur&gt;.</title>"), "{svg}");
        assert!(badge(&shown, "nl").contains("binnen ongeveer 30 min"));
        let french = badge(&shown, "fr");
        assert!(french.contains("cannot be told"), "thirty minutes are those of Dutch");
        assert!(french.contains("<title>Within an hour.</title>"), "{french}");
        assert!(badge(&Shown::default(), "").contains("cannot be told"));
    }
}
