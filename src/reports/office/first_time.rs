//! First-time resolution over all channels: no second contact of the same customer on the same matter within the
//! brand's days. What is younger than that is not yet known, and counts as nothing.

use super::Ask;
use super::tables::first_time_groups;
use crate::domain::brand::Brand;
use crate::domain::contact::ContactKind;
use crate::domain::ending::percent;
use crate::domain::time::{Span, Timestamp};
use crate::reports::leads::DIMENSIONS;
use crate::store::first_time::{self as store, Resolved};
use crate::store::{StoreError, Tx, setting};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A channel by which nothing came for so long is not seen.
const SEEN_WITHIN: Span = Span::days(90);

/// The figures of one brand or platform.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Of {
    /// Of what; empty in the total.
    pub name: String,
    /// Cases resolved for the first time in the period.
    pub resolved: i64,
    /// Of these, nobody came again within the days.
    pub first_time: i64,
    /// Of these, somebody did.
    pub came_again: i64,
    /// Of these, the days are not over.
    pub not_yet_known: i64,
    /// First time of those that are known.
    pub percent: Option<f64>,
    /// The cases of which somebody came again, young ones too, as `BRAND#NUMBER`.
    pub cases: Vec<String>,
    /// The cases of which nobody came again.
    pub first_time_cases: Vec<String>,
    /// The cases whose days are not over.
    pub not_yet_known_cases: Vec<String>,
}

/// The part of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FirstTime {
    /// All together.
    pub total: Of,
    /// By platform of the case.
    pub platforms: Vec<Of>,
    /// By brand.
    pub brands: Vec<Of>,
    /// By language.
    pub languages: Vec<Of>,
    /// By level.
    pub levels: Vec<Of>,
    /// By sector.
    pub sectors: Vec<Of>,
    /// Within how many days, by brand.
    pub days: BTreeMap<String, i64>,
    /// By which channel they came again: channel and how often.
    pub again_by: BTreeMap<String, i64>,
    /// The cases of each of these channels.
    pub again_by_cases: BTreeMap<String, Vec<String>>,
    /// The channels that are not seen: nothing came by them within 90 days before the end.
    pub not_seen: Vec<String>,
}

impl FirstTime {
    /// The groups of one of [`DIMENSIONS`].
    pub fn by(&self, dimension: &str) -> &[Of] {
        let found = first_time_groups(self).into_iter().find(|(by, ..)| *by == dimension);
        found.map(|(.., list, _)| list).unwrap_or_default()
    }

    /// The cases of one group, or of all under `total`, that were solved the first time, or of which somebody `again`
    /// came: brand by name and short number, in order.
    pub fn cases(&self, (by, name): (&str, &str), again: bool) -> Vec<(String, i64)> {
        let of =
            if by == "total" { Some(&self.total) } else { self.by(by).iter().find(|of| of.name == name) };
        let names = match of {
            None => Vec::new(),
            Some(of) if again => of.came_again_cases(),
            Some(of) => of.first_time_cases.clone(),
        };
        let read = |case: &String| {
            let (brand, number) = case.rsplit_once('#')?;
            Some((brand.to_owned(), number.parse().ok()?))
        };
        let mut cases: Vec<(String, i64)> = names.iter().filter_map(read).collect();
        cases.sort();
        cases
    }
}

/// Counts a period, brand by brand, for each has its own days.
pub async fn of(tx: &mut Tx, asked: &Ask, now: Timestamp) -> Result<FirstTime, StoreError> {
    let days: HashMap<String, i64> = setting::current(tx, "brand")
        .await?
        .into_iter()
        .filter_map(|row| {
            let brand: Brand = serde_json::from_str(&row.body).ok()?;
            Some((row.name, brand.front_office.first_time_days))
        })
        .collect();
    let mut made = FirstTime::default();
    let mut groups: BTreeMap<(&'static str, String), Of> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let brands = setting::brands(tx).await?;
    for brand in brands.iter().filter(|b| asked.brands.is_empty() || asked.brands.contains(&b.id)) {
        let days = days.get(&brand.name).copied().unwrap_or(7);
        let span = Span::days(days);
        made.days.insert(brand.name.clone(), days);
        seen.extend(store::channels(tx, &brand.id, asked.to.minus(SEEN_WITHIN)).await?);
        let resolved = store::resolved(tx, &brand.id, asked.from, asked.to).await?;
        let mut again: HashMap<String, String> = HashMap::new();
        for (case, _, how) in store::followed(tx, &brand.id, asked.from, asked.to, span.millis()).await? {
            // The first contact that followed is the one that tells.
            again.entry(case).or_insert(how);
        }
        for case in &resolved {
            let how = again.get(&case.case_id);
            let known = now.since(Timestamp(case.at)) >= span;
            if let Some(how) = how.filter(|_| known) {
                *made.again_by.entry(how.clone()).or_default() += 1;
                let of = made.again_by_cases.entry(how.clone()).or_default();
                of.push(format!("{}#{}", brand.name, case.number));
            }
            made.total.add(case, &brand.name, how.is_some(), known);
            for by in DIMENSIONS {
                let of = groups.entry((by, group_of(case, &brand.name, by).to_owned())).or_default();
                of.add(case, &brand.name, how.is_some(), known);
            }
        }
    }
    made.total.finish("");
    for ((by, name), mut of) in groups {
        of.finish(&name);
        match by {
            "brand" => made.brands.push(of),
            "channel" => made.platforms.push(of),
            "language" => made.languages.push(of),
            "level" => made.levels.push(of),
            _ => made.sectors.push(of),
        }
    }
    made.not_seen = not_seen(&seen);
    Ok(made)
}

/// The group of a dimension in which a case counts.
fn group_of<'a>(case: &'a Resolved, brand: &'a str, by: &str) -> &'a str {
    match by {
        "brand" => brand,
        "channel" => &case.platform,
        "language" => &case.language,
        "level" => &case.level,
        _ => &case.sector,
    }
}

impl Of {
    fn add(&mut self, case: &Resolved, brand: &str, again: bool, known: bool) {
        self.resolved += 1;
        let name = format!("{brand}#{}", case.number);
        if again {
            self.cases.push(name.clone());
        }
        // Of the young ones those who came again are known at once and the others are not: counting the former alone
        // would make the share look worse than it is, so none of them count.
        match (known, again) {
            (false, _) => {
                self.not_yet_known += 1;
                self.not_yet_known_cases.push(name);
            }
            (true, true) => self.came_again += 1,
            (true, false) => {
                self.first_time += 1;
                self.first_time_cases.push(name);
            }
        }
    }

    /// The cases of which it is known that somebody came again: those that are counted.
    pub fn came_again_cases(&self) -> Vec<String> {
        let young: BTreeSet<&String> = self.not_yet_known_cases.iter().collect();
        self.cases.iter().filter(|case| !young.contains(case)).cloned().collect()
    }

    fn finish(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.percent = percent(self.first_time, self.first_time + self.came_again);
    }
}

/// The channels by which customers may come and that nothing shows.
fn not_seen(seen: &BTreeSet<String>) -> Vec<String> {
    let others = ContactKind::ALL.into_iter().map(ContactKind::code);
    others.chain(["email", "ticket"]).filter(|name| !seen.contains(*name)).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_young_counts_neither_way() {
        let case = |n| Resolved {
            case_id: format!("c{n}"),
            number: n,
            platform: "x".into(),
            language: "nl".into(),
            level: "P3".into(),
            sector: String::new(),
            at: 0,
        };
        let mut of = Of::default();
        for (n, again, known) in
            [(1, false, true), (2, true, true), (3, false, false), (4, false, true), (5, true, false)]
        {
            of.add(&case(n), "Acme", again, known);
        }
        of.finish("x");
        assert_eq!((of.resolved, of.first_time, of.came_again, of.not_yet_known), (5, 2, 1, 2));
        assert_eq!(
            (of.percent, of.cases.clone()),
            (Some(66.7), vec!["Acme#2".to_owned(), "Acme#5".to_owned()])
        );
        assert_eq!(of.first_time_cases, ["Acme#1", "Acme#4"]);
        assert_eq!(of.not_yet_known_cases, ["Acme#3", "Acme#5"]);
        assert_eq!(of.came_again_cases(), ["Acme#2"], "as many as are counted");
        let made = FirstTime { levels: vec![Of { name: "P3".into(), ..of.clone() }], ..FirstTime::default() };
        assert_eq!(made.cases(("level", "P3"), true), [("Acme".to_owned(), 2)]);
        assert_eq!(made.cases(("level", "P3"), false), [("Acme".to_owned(), 1), ("Acme".to_owned(), 4)]);
        assert!(made.cases(("level", "P1"), true).is_empty() && made.cases(("total", ""), true).is_empty());
        let made = FirstTime { total: of, ..FirstTime::default() };
        let html = crate::reports::office::html_first_time(&made, "https://x.example");
        assert!(
            html.contains("They came again: <details><summary>1</summary>"),
            "as many as are counted: {html}"
        );
        let mut young = Of::default();
        young.add(&case(1), "Acme", false, false);
        young.finish("");
        assert_eq!(young.percent, None, "nothing is known yet");
    }

    #[test]
    fn channels_that_nothing_shows_are_named() {
        let seen = ["phone", "mastodon", "ticket"].map(ToOwned::to_owned).into();
        assert_eq!(not_seen(&seen), ["shop", "letter", "web_form", "email"]);
    }
}
