//! Contacts elsewhere that a system of one's own tells of are written down at the case that they name, each once.

use super::Back;
use crate::casefile::{CaseFile, When, Who};
use crate::casework::sectors::CONTACT_CHARS_MAX;
use crate::casework::{CaseChanged, save};
use crate::catalogue::Catalogue;
use crate::domain::customer::Customer;
use crate::domain::ledger;
use crate::domain::time::{Span, Timestamp};
use crate::store::sector::{self, ContactRow};
use crate::store::{StoreError, Tx, about, answer, case, intake, ticket};
use crate::tickets::{About, OtherContact};
use serde_json::json;

/// How far ahead of ours the clock of the other side may be.
const AHEAD: Span = Span::minutes(1);
/// What is answered where nothing is found by what a contact names.
const NO_CASE: &str = "contact: it names no case that is here";
/// What is answered where a number is a customer's of more than one brand of the system.
const TWO_BRANDS: &str = "contact.customer: several brands know a customer of that number; name the case";

impl Back {
    /// Writes a contact down; gives how many cases were told, which is none where it is known, or why it cannot be
    /// taken: the case is not there, or not this system's to speak of.
    pub async fn contact(
        &self,
        system: &str,
        told: &OtherContact,
    ) -> Result<Result<usize, String>, StoreError> {
        let now = self.parts.clock.now();
        if told.at > now.plus(AHEAD) {
            return Ok(Err("contact.at: it lies in the future".to_owned()));
        }
        let chars = told.text.chars().count();
        if chars > CONTACT_CHARS_MAX {
            return Ok(Err(format!(
                "contact.text: {chars} characters; at most {CONTACT_CHARS_MAX} are kept"
            )));
        }
        let of_brand = match &told.about {
            About::Ticket(_) | About::Customer(_) => None,
            About::Case(name) => {
                let Some(found) = self.case_named(system, name) else {
                    return Ok(Err(format!(
                        "contact.case: there is no case {name:?} of this system's brand"
                    )));
                };
                Some(found)
            }
        };
        let brands = self.brands_of(system);
        let (system, told) = (system.to_owned(), told.clone());
        let (catalogue, mint) = (self.parts.catalogue.get(), self.parts.mint.clone());
        let done = self.parts.db.write_again("writing down a contact elsewhere", move |tx| {
            let (system, told, of_brand) = (system.clone(), told.clone(), of_brand.clone());
            let (catalogue, mint, brands) = (catalogue.clone(), mint.clone(), brands.clone());
            Box::pin(async move {
                // The same again, also where what it names has another case by now, or none.
                if sector::has_contact(tx, &row_id(&system, &told)).await? {
                    return Ok(Ok(None));
                }
                let found = match &told.about {
                    About::Customer(number) => match of_customer(tx, &brands, number).await? {
                        Ok(found) => found,
                        Err(why) => return Ok(Err(why)),
                    },
                    _ => place(tx, &system, &told, of_brand).await?,
                };
                let Some((brand, id)) = found else { return Ok(Err(NO_CASE)) };
                let Some(file) = write(tx, (&brand, &id), (&system, &told), &catalogue, now).await? else {
                    return Ok(Err(NO_CASE));
                };
                if file.is_changed() {
                    save(tx, &file, &catalogue.actions_of(&file, &mint, now), now).await?;
                }
                let changed = CaseChanged { brand_id: brand, case_id: id };
                Ok(Ok(file.is_changed().then_some(changed)))
            })
        });
        let changed = match done.await? {
            Ok(Some(changed)) => changed,
            Ok(None) => return Ok(Ok(0)),
            Err(why) => return Ok(Err(why.to_owned())),
        };
        // Nobody listening is fine: pages also look by themselves.
        let _ = self.parts.changed.send(changed);
        self.parts.outbox.notify_waiters();
        Ok(Ok(1))
    }

    /// The brands that a system serves, by id.
    fn brands_of(&self, system: &str) -> Vec<String> {
        let catalogue = self.parts.catalogue.get();
        let serves = |brand: &str| self.parts.systems.named(brand, system).is_some();
        catalogue.brands.iter().filter(|w| serves(&w.brand.name)).map(|w| w.id.clone()).collect()
    }

    /// The brand by id and the number of a case named `BRAND#NUMBER`, where this system is one of the brand's.
    fn case_named(&self, system: &str, name: &str) -> Option<(String, i64)> {
        let (brand, number) = name.trim().rsplit_once('#')?;
        let brand = brand.trim();
        let number: i64 = number.parse().ok().filter(|n| *n > 0)?;
        self.parts.systems.named(brand, system)?;
        Some((self.parts.catalogue.get().named(brand)?.id.clone(), number))
    }
}

/// The case of a customer whom somebody said that it is about, by the number that a brand knows them by; of several that
/// which is open, and of these the one that changed last. The same number with two brands is two customers.
async fn of_customer(
    tx: &mut Tx,
    brands: &[String],
    number: &str,
) -> Result<Result<Option<(String, String)>, &'static str>, StoreError> {
    let customer = Customer { number: number.to_owned(), ..Customer::default() }.trimmed();
    let Some(key) = intake::gone_key(tx).await? else { return Ok(Ok(None)) };
    let mut found = None;
    for brand in brands {
        let hash =
            |(kind, plain): (&'static str, String)| ledger::customer(&key, brand, (kind, plain.as_str()));
        let hashes: Vec<(String, String)> =
            customer.keys().into_iter().map(|known| (brand.clone(), hash(known))).collect();
        if let Some(case) = about::last_case(tx, &hashes).await?
            && found.replace(case).is_some()
        {
            return Ok(Err(TWO_BRANDS));
        }
    }
    Ok(Ok(found))
}

/// The row of a contact, by what the system calls it.
fn row_id(system: &str, told: &OtherContact) -> String {
    format!("con_{system}_{}", told.id)
}

/// Brand and case by id; nothing where there is none. Of several cases of a ticket the one that was tied last.
async fn place(
    tx: &mut Tx,
    system: &str,
    told: &OtherContact,
    of_brand: Option<(String, i64)>,
) -> Result<Option<(String, String)>, StoreError> {
    if let Some((brand, number)) = of_brand {
        return Ok(case::by_number(tx, &brand, number).await?.map(|id| (brand, id)));
    }
    let About::Ticket(id) = &told.about else { return Ok(None) };
    let links = ticket::to_ticket(tx, system, id).await?;
    let last = links.into_iter().max_by_key(|l| l.linked_at);
    Ok(last.map(|l| (l.brand_id, l.case_id)))
}

/// The case with the contact on it; unchanged where it is known, nothing where the case is gone.
async fn write(
    tx: &mut Tx,
    (brand, id): (&str, &str),
    (system, told): (&str, &OtherContact),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Option<CaseFile>, StoreError> {
    let Some(row) = case::get(tx, brand, id).await? else { return Ok(None) };
    let clocks = case::clocks(tx, &row.id).await?;
    let mut file = CaseFile::new(row, clocks, &catalogue.policies);
    let row = ContactRow {
        id: row_id(system, told),
        brand_id: brand.to_owned(),
        case_id: id.to_owned(),
        kind: told.kind.code().to_owned(),
        at: told.at.millis(),
        // Nobody of the team wrote it down.
        person_id: String::new(),
        recorded_at: now.millis(),
    };
    if sector::has_contact(tx, &row.id).await? {
        return Ok(Some(file));
    }
    file.fall_due(now)?;
    file.links = ticket::of_case(tx, brand, id).await?;
    sector::put_contact(tx, &row).await?;
    let mut body = json!({ "contact": told.kind.code() });
    let text = told.text.trim();
    if !text.is_empty() {
        let content = format!("{}/text", row.id);
        // What the customer themselves said is theirs, and not that of who wrote.
        let subject = match &told.about {
            About::Customer(_) => about::subject(id),
            _ => file.case.author_id.clone(),
        };
        answer::put_content(tx, &content, &subject, "contact", text).await?;
        body["content"] = json!(content);
    }
    file.note("contact", &Who::FrontOffice, When { at: told.at, now }, &body);
    Ok(Some(file))
}
