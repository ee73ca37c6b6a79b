//! Customers of whom somebody else wrote: found by what was said of them, shown and erased, while who wrote stays.

use super::By;
use super::finding::{brand_of, is_ours};
use crate::casefile::{CaseFile, When, Who};
use crate::casework;
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::customer::{account_key, dialled, readings};
use crate::domain::ledger;
use crate::domain::time::Timestamp;
use crate::store::subject::{self, SubjectCase};
use crate::store::{StoreError, Tx, about, case, customer, intake, ticket};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// How many steps are followed from what is known of a customer to what else is theirs.
const STEPS_MAX: usize = 8;

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

/// What is known to be one customer's, as it is followed.
#[derive(Debug, Default)]
struct Known {
    /// Their accounts.
    accounts: BTreeSet<String>,
    /// The cases about them, by id: found by a mail address or a customer number.
    sure: BTreeMap<String, SubjectCase>,
    /// Those found by a telephone alone, which a family may share: they are followed no further.
    shared: BTreeMap<String, SubjectCase>,
}

impl Known {
    fn size(&self) -> (usize, usize, usize) {
        (self.accounts.len(), self.sure.len(), self.shared.len())
    }
}

/// Where what is known of a customer leads.
#[derive(Debug, Default)]
struct Leads {
    mails: Vec<String>,
    phones: Vec<String>,
    sure: Vec<String>,
    shared: Vec<String>,
}

/// Follows from the accounts and cases that were named to everything that is known to be the same customer's: accounts
/// that are linked to theirs, accounts that are a mail address or a telephone of theirs, and the cases that others wrote
/// about who gave one of these or their customer number. Gives accounts and cases.
///
/// Who wrote a case about them is somebody else, also where their telephone was given as the customer's.
pub(super) async fn follow(
    tx: &mut Tx,
    catalogue: &Catalogue,
    named: Vec<String>,
    about: Vec<SubjectCase>,
) -> Result<(Vec<String>, Vec<SubjectCase>), StoreError> {
    let mut known = Known { accounts: named.into_iter().collect(), ..Known::default() };
    known.sure.extend(about.into_iter().map(|c| (c.id.clone(), c)));
    for _ in 0..STEPS_MAX {
        known.accounts = linked(tx, catalogue, known.accounts).await?;
        let before = known.size();
        let leads = leads_of(tx, &known).await?;
        for one in about::with_hashes(tx, &leads.sure).await? {
            known.sure.insert(one.id.clone(), one);
        }
        for one in about::with_hashes(tx, &leads.shared).await? {
            known.shared.insert(one.id.clone(), one);
        }
        let cases: Vec<String> = known.sure.keys().chain(known.shared.keys()).cloned().collect();
        let wrote = customer::writers(tx, &cases).await?;
        let wrote = subject::linked(tx, &wrote).await?;
        let mut theirs = customer::by_address(tx, &leads.mails).await?;
        for phone in &leads.phones {
            theirs.extend(by_phone(tx, phone).await?);
        }
        theirs.retain(|account| !wrote.contains(account));
        known.accounts.extend(theirs);
        if known.size() == before {
            break;
        }
    }
    known.accounts = linked(tx, catalogue, known.accounts).await?;
    known.shared.extend(known.sure);
    Ok((known.accounts.into_iter().collect(), known.shared.into_values().collect()))
}

/// Accounts with all that are linked to them and still kept, without ours.
async fn linked(
    tx: &mut Tx,
    catalogue: &Catalogue,
    accounts: BTreeSet<String>,
) -> Result<BTreeSet<String>, StoreError> {
    let all = subject::linked(tx, &accounts.into_iter().collect::<Vec<_>>()).await?;
    let kept = subject::accounts(tx, &all).await?;
    Ok(kept.into_iter().filter(|a| !is_ours(catalogue, a)).map(|a| a.id).collect())
}

async fn leads_of(tx: &mut Tx, known: &Known) -> Result<Leads, StoreError> {
    let hash_key = intake::gone_key(tx).await?;
    let mut leads = Leads::default();
    let mut add = |brand: &str, (kind, plain): (&'static str, String), phone: &str| {
        let hash = hash_key.as_ref().map(|key| ledger::customer(key, brand, (kind, plain.as_str())));
        match kind {
            "phone" => {
                leads.phones.push(phone.to_owned());
                leads.shared.extend(hash);
            }
            "email" => {
                leads.mails.push(plain);
                leads.sure.extend(hash);
            }
            _ => leads.sure.extend(hash),
        }
    };
    let accounts: Vec<String> = known.accounts.iter().cloned().collect();
    for (platform, id) in customer::called(tx, &accounts).await? {
        if let Some(key) = account_key(&platform, &id) {
            add("", key, &format!("+{id}"));
        }
    }
    for one in known.sure.values() {
        let Some(words) = about::words(tx, &one.brand_id, &one.id).await? else { continue };
        for key in words.leads() {
            add(&one.brand_id, key, &words.phone);
        }
    }
    Ok(leads)
}

/// The accounts that are the mail address or the telephone that somebody typed.
pub(super) async fn named_by(tx: &mut Tx, who: &str) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (kind, plain) in readings(who) {
        match kind {
            "email" => found.extend(customer::by_address(tx, &[plain]).await?),
            "phone" => found.extend(by_phone(tx, who).await?),
            _ => {}
        }
    }
    Ok(found)
}

/// The accounts that are a telephone; one that is written without the code of its country may be that of several people,
/// and then is nobody's.
async fn by_phone(tx: &mut Tx, text: &str) -> Result<Vec<String>, StoreError> {
    let Some((digits, whole)) = dialled(text) else { return Ok(Vec::new()) };
    let mut found = customer::by_telephone(tx, &digits).await?;
    if whole {
        found.retain(|(_, telephone)| *telephone == digits);
    }
    let first = found.first().map(|f| f.1.clone());
    let one = found.iter().all(|(_, telephone)| Some(telephone) == first.as_ref());
    Ok(if one { found.into_iter().map(|(account, _)| account).collect() } else { Vec::new() })
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
