//! Coverage: who is planned against what is promised and what is to be expected.

use super::{Duty, brand_hours, on_then, touching};
use crate::catalogue::Catalogue;
use crate::domain::clocks::ObligationKind;
use crate::domain::duty::{self, Hour, Need, gaps, hours};
use crate::domain::language::Language;
use crate::domain::role::Walls;
use crate::domain::surge::SLOT;
use crate::domain::time::{Span, Timestamp};
use crate::store::{StoreError, Tx, duty as store, person, surge};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};

/// How many weeks of its own history tell what is to be expected, at most.
const WEEKS: i64 = 8;
const HOUR: Span = Span::hours(1);

/// One language ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageCover {
    /// The language.
    pub language: Language,
    /// The tightest promise of a first answer, in minutes.
    pub tightest: Option<i64>,
    /// Each hour, with how many cases to answer are to be expected in it, in tenths.
    pub hours: Vec<(Hour, i64)>,
    /// The stretches without anybody while somebody is owed an answer.
    pub gaps: Vec<(Timestamp, Timestamp)>,
}

impl LanguageCover {
    /// Its code; `any` where no language is named.
    pub const fn name(&self) -> &'static str {
        name_of(self.language)
    }
}

pub(super) const fn name_of(language: Language) -> &'static str {
    if matches!(language, Language::Unknown) { "any" } else { language.code() }
}

/// A week ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Its first hour.
    pub from: Timestamp,
    /// Each language that is promised.
    pub languages: Vec<LanguageCover>,
}

impl Duty {
    /// The hours from the present one on against these brands' promises and their history.
    /// What is to be expected goes by the hours of the week on the wall of a zone, whatever its clock did since.
    pub async fn cover(&self, brands: &[String], count: usize, zone: &TimeZone) -> Result<Cover, StoreError> {
        let (now, catalogue, brands) = (self.clock.now(), self.catalogue.get(), brands.to_vec());
        let zone = zone.clone();
        let read = self.db.read("reading coverage", move |tx| {
            Box::pin(async move { cover(tx, &catalogue, &brands, now, (count, &zone)).await })
        });
        read.await
    }
}

/// Where nobody was on duty between two instants while an answer was owed, by language; none where nobody has ever
/// worked with duty. Whole hours of the clock are looked at.
pub async fn gaps_between(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<Vec<(&'static str, Timestamp, Timestamp)>>, StoreError> {
    if !store::is_used(tx).await? {
        return Ok(None);
    }
    // Who may no longer log in was there all the same.
    let on = on_then(tx, hour_of(from), to).await?;
    gaps_of(tx, catalogue, brands, &on, (from, to)).await.map(Some)
}

/// The same for whoever plans: a plan that is empty by now leaves everything open.
pub async fn planned_gaps(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(&'static str, Timestamp, Timestamp)>, StoreError> {
    let on = on_between(tx, hour_of(from), to).await?;
    gaps_of(tx, catalogue, brands, &on, (from, to)).await
}

/// The first instant of an hour.
pub(super) fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp(at.millis().div_euclid(HOUR.millis()) * HOUR.millis())
}

async fn gaps_of(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    on: &[duty::Present],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(&'static str, Timestamp, Timestamp)>, StoreError> {
    let first = hour_of(from);
    let count = usize::try_from(to.since(first).millis() / HOUR.millis()).unwrap_or(0);
    let walls = walls(tx).await?;
    let all: Vec<String>;
    let brands = if brands.is_empty() {
        all = catalogue.brands.iter().map(|b| b.id.clone()).collect();
        &all
    } else {
        brands
    };
    let mut found = Vec::new();
    for (need, hours) in held(catalogue, brands, (on, &walls), (first, count)) {
        found.extend(gaps(&hours).into_iter().map(|(a, b)| (name_of(need.language), a, b)));
    }
    Ok(found)
}

/// Which brands each person sees.
pub(super) async fn walls(tx: &mut Tx) -> Result<HashMap<String, Walls>, StoreError> {
    let people = person::all(tx).await?;
    Ok(people.into_iter().map(|p| (p.id, Walls::stored(p.brands.as_deref()))).collect())
}

/// The hours of each language that brands promise, each brand held against those on duty who see it: of brands that
/// different people see, the one where fewest are there counts.
pub(super) fn held(
    catalogue: &Catalogue,
    brands: &[String],
    (on, walls): (&[duty::Present], &HashMap<String, Walls>),
    (first, count): (Timestamp, usize),
) -> Vec<(Need, Vec<Hour>)> {
    // Brands that the same people see are looked at together.
    let mut groups: Vec<(Vec<bool>, Vec<String>)> = Vec::new();
    for brand in brands {
        // Of whoever is not known any more no wall is.
        let sees = |p: &duty::Present| walls.get(&p.person).is_none_or(|w| w.let_see(brand));
        let sees: Vec<bool> = on.iter().map(sees).collect();
        match groups.iter_mut().find(|(known, _)| *known == sees) {
            Some((_, of)) => of.push(brand.clone()),
            None => groups.push((sees, vec![brand.clone()])),
        }
    }
    let mut found: BTreeMap<Language, (Need, Vec<Hour>)> = BTreeMap::new();
    for (sees, of) in groups {
        let there = on.iter().zip(sees).filter(|(_, sees)| *sees);
        let there: Vec<duty::Present> = there.map(|(present, _)| present.clone()).collect();
        for need in needs(catalogue, &of) {
            let own = hours(&need, &there, first, count);
            match found.get_mut(&need.language) {
                Some((all, merged)) => {
                    all.tightest = all.tightest.into_iter().chain(need.tightest).min();
                    all.hours.extend(need.hours);
                    merged.iter_mut().zip(&own).for_each(|(hour, other)| hour.beside(other));
                }
                None => {
                    found.insert(need.language, (need, own));
                }
            }
        }
    }
    found.into_values().collect()
}

/// What the brands promise, by language.
fn needs(catalogue: &Catalogue, brands: &[String]) -> Vec<Need> {
    let mut found: BTreeMap<Language, Need> = BTreeMap::new();
    for watched in catalogue.brands.iter().filter(|b| brands.contains(&b.id)) {
        let policy = &watched.policy.1;
        let own = if policy.languages.is_empty() { &watched.brand.languages } else { &policy.languages };
        let tight = policy.targets.iter().filter_map(|t| Some((t, t.span(ObligationKind::FirstResponse)?)));
        let tight: Vec<(Option<Language>, i64)> =
            tight.map(|(t, span)| (t.language, span.millis() / 60_000)).collect();
        // Who names no language promises to answer in whichever.
        let any = [Language::Unknown];
        let own: &[Language] = if own.is_empty() { &any } else { own };
        for language in own.iter().copied() {
            let mine = tight.iter().filter(|(l, _)| l.is_none_or(|l| l == language)).map(|(_, m)| *m).min();
            let need = found.entry(language).or_insert(Need { language, hours: Vec::new(), tightest: None });
            need.hours.extend(brand_hours(watched));
            need.tightest = need.tightest.into_iter().chain(mine).min();
        }
    }
    found.into_values().collect()
}

/// The hours from the present one on against these brands' promises and their history, in a read of one's own.
pub async fn cover(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    now: Timestamp,
    (count, zone): (usize, &TimeZone),
) -> Result<Cover, StoreError> {
    let from = hour_of(now);
    let to = from.plus(Span::hours(i64::try_from(count).unwrap_or(0)));
    let (on, walls) = (on_between(tx, from, to).await?, walls(tx).await?);
    let arrivals = store::arrivals(tx, brands, now.minus(Span::days(7 * WEEKS))).await?;
    let slots = surge::first_of_brands(tx, brands).await?.into_iter().map(|(_, slot)| slot * SLOT.millis());
    let hours = arrivals.iter().map(|(hour, ..)| hour * HOUR.millis());
    let first = slots.chain(hours).min().map(Timestamp);
    let mut by_hour: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for (hour, language, n) in &arrivals {
        let hour = of_week(Timestamp(hour * HOUR.millis()), zone);
        *by_hour.entry((hour, language.as_str())).or_default() += n;
    }
    let expected = |language: Language, at: Timestamp| {
        let hour = of_week(at, zone);
        let all = by_hour.range((hour, "")..(hour + 1, ""));
        let of = |l: &str| language == Language::Unknown || l == language.code();
        let n: i64 = all.filter(|((_, l), _)| of(l)).map(|(_, n)| n).sum();
        n * 10 / weeks_since(first, at)
    };
    let one = |(need, hours): (Need, Vec<Hour>)| {
        let with = |hour: Hour| {
            let n = expected(need.language, hour.from);
            (hour, n)
        };
        LanguageCover {
            language: need.language,
            tightest: need.tightest,
            gaps: gaps(&hours),
            hours: hours.into_iter().map(with).collect(),
        }
    };
    let all = held(catalogue, brands, (&on, &walls), (from, count));
    Ok(Cover { from, languages: all.into_iter().map(one).collect() })
}

/// How often the hour at an instant was there in the weeks before, since anything is known: what began last week is not
/// held against weeks before it was there.
fn weeks_since(first: Option<Timestamp>, at: Timestamp) -> i64 {
    let known = first.map_or(0, |first| at.since(first).millis());
    (known / Span::days(7).millis()).clamp(1, WEEKS)
}

/// The hour of the week on the wall of a zone; Monday 0:00 is 0.
fn of_week(at: Timestamp, zone: &TimeZone) -> i64 {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default().to_zoned(zone.clone());
    i64::from(at.weekday().to_monday_zero_offset()) * 24 + i64::from(at.hour())
}

/// Everybody's stretches on duty; who may no longer log in has none.
pub(super) async fn on_between(
    tx: &mut Tx,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<duty::Present>, StoreError> {
    let (said, shifts) = touching(tx, from, to).await?;
    Ok(duty::spans(&said, &shifts, from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_that_of_the_weeks_that_are_known() {
        let now = Timestamp(1_800_000_000_000);
        let of = |days: i64| weeks_since(Some(now.minus(Span::days(days))), now);
        assert_eq!((of(0), of(3), of(7), of(13), of(20), of(56), of(300)), (1, 1, 1, 1, 2, 8, 8));
        assert_eq!(weeks_since(None, now), 1);
    }

    #[test]
    fn an_hour_of_the_week_is_that_of_the_wall_on_both_sides_of_a_changed_clock() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let of = |text: &str| of_week(Timestamp::parse(text).unwrap(), &zone);
        // The last Monday of summer time and the first after it, at nine.
        assert_eq!((of("2026-10-19T07:30:00Z"), of("2026-10-26T08:30:00Z")), (9, 9));
        assert_eq!(of("2026-10-25T22:59:59Z"), 6 * 24 + 23);
    }
}
