//! Customers of whom somebody else wrote: found by what was said of them, shown and erased, while who wrote stays.

use super::By;
use super::finding::brand_of;
use crate::casefile::{CaseFile, When, Who};
use crate::casework;
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::customer::readings;
use crate::domain::ledger;
use crate::domain::time::Timestamp;
use crate::store::subject::SubjectCase;
use crate::store::{StoreError, Tx, about, case, intake, ticket};
use serde_json::json;

/// The cases that others wrote about who gave this mail address, telephone or customer number. A customer number is that
/// of one brand: where several brands have it, nobody knows who is meant.
pub(super) async fn about(
    tx: &mut Tx,
    catalogue: &Catalogue,
    who: &str,
) -> Result<Vec<SubjectCase>, StoreError> {
    let readings = readings(who);
    let Some(key) = intake::gone_key(tx).await?.filter(|_| !readings.is_empty()) else {
        return Ok(Vec::new());
    };
    let all = about::brands(tx).await?;
    let (mut hashes, mut numbers) = (Vec::new(), Vec::new());
    for (kind, plain) in &readings {
        let of = |brand: &str| ledger::customer(&key, brand, (*kind, plain.as_str()));
        match *kind {
            "number" => numbers.extend(all.iter().map(|brand| of(brand))),
            _ => hashes.push(of("")),
        }
    }
    let found = about::with_hashes(tx, &numbers).await?;
    let mut brands: Vec<&str> = found.iter().map(|c| brand_of(catalogue, &c.brand_id)).collect();
    brands.sort_unstable();
    brands.dedup();
    if brands.len() > 1 {
        if hashes.is_empty() {
            let what = format!(
                "'{}': {} know a customer of that number; say the mail address or the telephone",
                who.chars().take(80).collect::<String>(),
                brands.join(" and ")
            );
            return Err(StoreError::Refused(what));
        }
        // What may be a telephone is meant as one.
        numbers.clear();
    }
    hashes.extend(numbers);
    about::with_hashes(tx, &hashes).await
}

/// Lets go of what is known of the customer of some cases: the cases say so, and our notes on their tickets are written
/// anew without it.
pub(super) async fn erase(
    tx: &mut Tx,
    cases: &[SubjectCase],
    (catalogue, mint): (&Catalogue, &Mint),
    by: &By,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<String> = cases.iter().map(|c| c.id.clone()).collect();
    about::erase(tx, &ids, now).await?;
    for one in cases {
        let Some(row) = case::get(tx, &one.brand_id, &one.id).await? else { continue };
        let clocks = case::clocks(tx, &one.id).await?;
        let mut file = CaseFile::new(row, clocks, &catalogue.policies);
        file.links = ticket::of_case(tx, &one.brand_id, &one.id).await?;
        let who = match by {
            By::Person(person) => Who::Person(person.clone()),
            By::Command => Who::Rule("erasure"),
        };
        file.note("customer_erased", &who, When::now(now), &json!({}));
        let mut actions = catalogue.actions_of(&file, mint, now);
        actions.extend(casework::customers::rewrite_notes(tx, &file, "erased", (mint, now)).await?);
        casework::save(tx, &file, &actions, now).await?;
    }
    Ok(())
}
