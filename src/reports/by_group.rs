//! What a report to leads counts beside promises in the groups of each dimension: of the codes of [`beside::ALL`] those
//! that can be told apart.

use super::beside::{Figures, put_first_time, put_said, put_seen, put_shadow};
use super::leads::{AskLeads, DIMENSIONS, Group, Leads, gaps_of};
use super::{Report, beside};
use crate::domain::time::Timestamp;
use crate::store::leading::Span;
use crate::store::leading_by::{self, SmallRow};
use crate::store::{StoreError, Tx, leading_more};
use std::collections::BTreeMap;

type Groups = BTreeMap<&'static str, Vec<Group>>;

/// Puts what else was counted to the groups of each dimension; a group of which nothing else is known is one of its own.
pub async fn put(tx: &mut Tx, ask: &AskLeads, of: Span<'_>, made: &mut Leads) -> Result<(), StoreError> {
    counted(tx, of, &mut made.groups).await?;
    seen(tx, of, &mut made.groups).await?;
    for by in DIMENSIONS {
        ended(made.groups.entry(by).or_default(), &made.report, by);
    }
    unattended(tx, ask, of, made).await?;
    for list in made.groups.values_mut() {
        list.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(())
}

/// What is counted by one statement for each figure.
async fn counted(tx: &mut Tx, of: Span<'_>, groups: &mut Groups) -> Result<(), StoreError> {
    let mut counted: Vec<(&'static str, SmallRow, i64)> = Vec::new();
    for row in leading_by::private(tx, of).await? {
        let (one, two) = (row.one, row.two);
        counted.push(("private_offered", row.clone(), one));
        counted.push(("private_opened", row, two));
    }
    for row in leading_by::tied(tx, of).await? {
        let one = row.one;
        counted.push(("tickets_linked", row, one));
    }
    for code in beside::COUNTED {
        for row in leading_more::apart_of(tx, of, code).await? {
            let one = row.one;
            counted.push((code, row, one));
        }
    }
    let delays = leading_by::delays(tx, of).await?;
    for by in DIMENSIONS {
        let list = groups.entry(by).or_default();
        for (code, row, n) in counted.iter().filter(|(.., n)| *n > 0) {
            *figures_of(list, row.name(by)).entry(*code).or_default() += n;
        }
        for row in delays.iter().filter(|row| row.dim == by) {
            let figures = figures_of(list, &row.name);
            figures.extend(row.median_ms.map(|ms| ("channel_delay_median_ms", ms)));
            figures.extend(row.p95_ms.map(|ms| ("channel_delay_p95_ms", ms)));
        }
    }
    Ok(())
}

/// What was seen in its turn of what something reads a second time.
async fn seen(tx: &mut Tx, of: Span<'_>, groups: &mut Groups) -> Result<(), StoreError> {
    let rows = leading_by::seen(tx, of).await?;
    for by in DIMENSIONS {
        let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for row in &rows {
            let (posts, late) = sums.entry(row.name(by)).or_default();
            *posts += row.one;
            *late += row.two;
        }
        let list = groups.entry(by).or_default();
        for (name, (posts, late)) in sums.into_iter().filter(|(_, (posts, _))| *posts > 0) {
            put_seen(figures_of(list, name), posts, late);
        }
    }
    Ok(())
}

/// How cases ended: whether the first answer solved them, who solved them, and what customers said of it. What nobody
/// measured in a group does not stand there.
fn ended(list: &mut Vec<Group>, report: &Report, by: &str) {
    for first in report.office.first_time.by(by).iter().filter(|f| f.percent.is_some()) {
        put_first_time(figures_of(list, &first.name), first);
    }
    for shadow in report.office.by(by).iter().filter(|g| g.cases > 0) {
        put_shadow(figures_of(list, &shadow.name), shadow.cases, shadow.shadow_index_percent);
    }
    let said = report.survey.as_ref().map_or(&[][..], |s| s.by(by));
    for score in said.iter().filter(|s| s.answered > 0) {
        put_said(figures_of(list, &score.name), score);
    }
}

/// Hours in which an answer was owed and nobody was on duty, by language, and of each brand by what it promises itself;
/// nothing where nobody works with duty.
async fn unattended(tx: &mut Tx, ask: &AskLeads, of: Span<'_>, made: &mut Leads) -> Result<(), StoreError> {
    let (Some(gaps), Some(catalogue)) = (&made.coverage_gaps, &ask.catalogue) else { return Ok(()) };
    let languages = made.groups.entry("language").or_default();
    // Where no language is promised by name there is no group of it.
    for gap in gaps.iter().filter(|g| g.language != "any") {
        *figures_of(languages, gap.language).entry("coverage_gap_hours").or_default() += gap.hours;
    }
    let span: (Timestamp, Timestamp) = (of.from, of.to.min(of.now));
    for watched in &catalogue.brands {
        if !ask.brands.is_empty() && !ask.brands.contains(&watched.id) {
            continue;
        }
        let gaps = gaps_of(tx, catalogue, std::slice::from_ref(&watched.id), span).await?.unwrap_or_default();
        let hours = beside::hours(&gaps);
        let (brands, name) = (made.groups.entry("brand").or_default(), &watched.brand.name);
        if hours > 0 || brands.iter().any(|g| g.name == *name) {
            figures_of(brands, name).insert("coverage_gap_hours", hours);
        }
    }
    Ok(())
}

/// The figures of a group, which is made where there is none of that name.
fn figures_of<'a>(list: &'a mut Vec<Group>, name: &str) -> &'a mut Figures {
    let place = list.iter().position(|g| g.name == name).unwrap_or(list.len());
    if place == list.len() {
        list.push(Group { name: name.to_owned(), ..Group::default() });
    }
    &mut list[place].beside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::office::{self, Of};
    use crate::reports::paper::Block;
    use crate::reports::survey::{Score, Survey};
    use crate::reports::words::{EN, NL};

    #[test]
    fn how_cases_ended_stands_in_each_group_with_its_cases_where_it_was_measured() {
        let mut report = Report::default();
        let first =
            |name: &str, percent, came_again| Of { name: name.into(), percent, came_again, ..Of::default() };
        report.office.first_time.levels = vec![first("P2", Some(66.7), 1), first("P4", None, 0)];
        let shadow = office::Group {
            name: "P3".into(),
            cases: 4,
            shadow_index_percent: Some(0.0),
            ..office::Group::default()
        };
        report.office.levels = vec![shadow];
        let said = Score { name: "P2".into(), answered: 3, score: Some(-33.3), ..Score::default() };
        report.survey = Some(Survey { levels: vec![said], ..Survey::default() });
        let mut list = vec![Group { name: "P2".into(), cases: 9, ..Group::default() }];
        ended(&mut list, &report, "level");
        let names: Vec<&str> = list.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["P2", "P3"], "nothing is known of P4");
        let told: Vec<(&str, i64)> = list[0].beside.iter().map(|(code, n)| (*code, *n)).collect();
        let expected = [
            ("came_again", 1),
            ("first_time_permille", 667),
            ("recommend_answers", 3),
            ("recommend_permille", -333),
        ];
        assert_eq!(told, expected);
        let made = Leads { period: "weekly", ..Leads::default() };
        let Some(Block::Table { head, rows }) = beside::grouped(&made, "level", &list, &NL) else {
            panic!("a table")
        };
        let cell = |row: usize, code: &str| {
            let at = head.iter().position(|h| h == NL.figure(code)).unwrap();
            &rows[row][at][0]
        };
        let index = cell(1, "shadow_index_permille");
        assert_eq!(index.text, "0,0 %", "a share of nought is measured");
        assert!(index.path.as_ref().unwrap().contains("by=level&name=P3&kind=unregistered"), "{index:?}");
        assert_eq!(
            (cell(1, "first_time_permille").text.as_str(), cell(0, "recommend_permille").text.as_str()),
            ("–", "-33,3")
        );
        assert_eq!(cell(1, "came_again").text, "–", "nobody could tell yet, which is no nought");
        assert_eq!(cell(0, "front_office_cases").text, "0");
        assert!(cell(0, "came_again").path.as_ref().unwrap().contains("kind=came_again"));
        assert!(beside::line(&list[1], &EN).contains("0.0 %"), "{}", beside::line(&list[1], &EN));
    }
}
