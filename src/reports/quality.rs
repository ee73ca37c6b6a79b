//! How colleagues scored answers, in a report: averages by criterion with how many answers and people stand behind each.
//! Of fewer than five people no average is told, and nobody is named.

use super::Ask;
use crate::domain::quality::{Average, PEOPLE_MIN, SEEN_DAYS, Score, over_brands};
use crate::domain::time::{Span, Timestamp};
use crate::store::{StoreError, Tx, quality as store};

/// The title of the averages.
pub const TITLE: &str = "Quality of answers, scored by colleagues";

/// The averages of what was scored in a period and seen by whose it is; nothing where nothing was scored.
pub async fn of(tx: &mut Tx, asked: &Ask, now: Timestamp) -> Result<Vec<Average>, StoreError> {
    let seen_by = now.minus(Span::days(SEEN_DAYS));
    let rows = store::scored(tx, &asked.brands, (asked.from, asked.to), seen_by).await?;
    let read = |(brand, person, scores): (String, String, String)| {
        let scores: Vec<Score> = serde_json::from_str(&scores).unwrap_or_default();
        (brand, person, scores)
    };
    Ok(over_brands(&rows.into_iter().map(read).collect::<Vec<_>>()))
}

/// An average in words: `3.2 of 5`, or that too few people stand behind it.
pub fn mean(of: &Average) -> Option<String> {
    of.tenths.map(|t| format!("{}.{} of {}", t / 10, t % 10, of.scale))
}

/// Lines for people.
pub fn lines(made: &[Average]) -> Vec<String> {
    let hidden = |people: usize| {
        let of = if people < PEOPLE_MIN { "it" } else { "what other brands leave of it" };
        format!("not told, for fewer than {PEOPLE_MIN} people stand behind {of}")
    };
    let line = |a: &Average| {
        let said = mean(a).unwrap_or_else(|| hidden(a.people));
        format!("{}: {said} ({} answers, {} people)", a.name, a.answers, a.people)
    };
    made.iter().map(line).collect()
}

/// The same as a table.
pub fn csv_rows(made: &[Average]) -> Vec<Vec<String>> {
    let head = ["row", "criterion", "scale", "answers", "people", "mean"].map(ToOwned::to_owned).to_vec();
    let row = |a: &Average| {
        let mean = a.tenths.map(|t| format!("{}.{}", t / 10, t % 10)).unwrap_or_default();
        vec![
            "quality".to_owned(),
            a.name.clone(),
            a.scale.to_string(),
            a.answers.to_string(),
            a.people.to_string(),
            mean,
        ]
    };
    std::iter::once(head).chain(made.iter().map(row)).collect()
}
