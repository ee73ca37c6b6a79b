//! Writing by the brand's mailbox to customers of other platforms who gave their address in private, or whose mails a
//! case of theirs took in before.
//!
//! The address is personal: it is read from where it stands each time, kept with the words of the mail and nowhere else,
//! and only shown with most of it covered. Whether it can be written to says the mailbox. Only people write such a mail,
//! so that no two programs ever talk to each other.

use super::answering::{self, Answer, Handed};
use super::{Asked, CaseworkError};
use crate::domain::judgement::PersonalDataKind;
use crate::domain::role::{Right, Role};
use crate::sources::reply::PostRef;
use crate::sources::{Account, Accounts};
use crate::store::answer::{self, Target};
use crate::store::{StoreError, Tx, given};
use crate::triage::personal;

/// Most private messages of a case that are looked through.
const MESSAGES_MAX: i64 = 50;
/// Most addresses that are offered.
const ADDRESSES_MAX: usize = 5;
/// An address that every mailbox could write to: it tells whether an account is one.
const SOMEBODY: &str = "a@a.example";

/// An address that can be written to, without telling it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Where it stands: the words of a message or an account, by id, and its number there.
    pub key: String,
    /// What of it is shown.
    pub shown: String,
}

/// An address with where it stands.
pub(super) struct Found {
    key: String,
    address: String,
}

impl Found {
    /// Without telling it.
    fn covered(&self) -> Given {
        Given { key: self.key.clone(), shown: covered(&self.address) }
    }
}

/// Of an address its first letter and its domain.
fn covered(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}•••@{domain}")
}

/// The mailbox of a brand that would write to an address, and to whom; never one of our own to another.
fn mailbox(accounts: &Accounts, brand: &str, address: &str) -> Option<(Account, PostRef)> {
    let all = accounts.all();
    let is_ours =
        |a: &Account| a.source.reply().is_some_and(|r| r.account().id.eq_ignore_ascii_case(address));
    // What one mailbox may not write to, because it is one of its own addresses, none of the others may.
    let declines = |a: &Account| {
        a.source
            .private()
            .is_some_and(|p| p.to_address(SOMEBODY).is_some() && p.to_address(address).is_none())
    };
    if all.iter().any(|a| is_ours(a) || declines(a)) {
        return None;
    }
    let mut of_brand = all.iter().filter(|a| a.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(brand)));
    of_brand.find_map(|a| Some((a.clone(), a.source.private()?.to_address(address)?)))
}

/// The mail addresses in a text, in its order.
fn addresses_in(text: &str) -> Vec<String> {
    let mut places = Vec::new();
    personal::find_into(text, &[], &mut places);
    let mails = places.iter().filter(|p| p.kind == PersonalDataKind::Email);
    mails.filter_map(|p| text.get(p.start..p.end)).map(str::to_lowercase).collect()
}

/// The addresses by which the customer of a case can be written to, each once: those they gave in private, latest first,
/// then those by which they wrote.
pub(super) async fn addresses(tx: &mut Tx, asked: &Asked) -> Result<Vec<Found>, StoreError> {
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(Vec::new()) };
    let has_mailbox = |a: &Account| a.source.private().is_some_and(|p| p.to_address(SOMEBODY).is_some());
    if !asked.answers.accounts.all().iter().any(has_mailbox) {
        return Ok(Vec::new());
    }
    let mut found: Vec<(String, String)> = Vec::new();
    for (words, body) in given::said_in_private(tx, &asked.brand_id, &asked.case_id, MESSAGES_MAX).await? {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let told = addresses_in(body["text"].as_str().unwrap_or_default());
        found.extend(told.into_iter().enumerate().map(|(n, address)| (format!("{words}:{n}"), address)));
    }
    found.extend(given::mailed_as(tx, &asked.brand_id, &asked.case_id).await?);
    let mut all: Vec<Found> = Vec::new();
    for (key, address) in found {
        let is_new = !all.iter().any(|f| f.address == address);
        if is_new && mailbox(&asked.answers.accounts, &watched.brand.name, &address).is_some() {
            all.push(Found { key, address });
        }
    }
    all.truncate(ADDRESSES_MAX);
    Ok(all)
}

/// The addresses as they are shown; even that little is only for who may write to them.
pub(super) async fn shown(tx: &mut Tx, asked: &Asked) -> Result<Vec<Given>, StoreError> {
    let may = |role: Role| role.may(Right::Answer) || role.may(Right::AnswerPress);
    if !asked.caller.role.is_some_and(may) {
        return Ok(Vec::new());
    }
    Ok(addresses(tx, asked).await?.iter().map(Found::covered).collect())
}

/// How somebody can be reached who may have given an address: what the platform lets nobody do, a mailbox can.
pub(super) fn reach(mailable: bool, told: (String, String)) -> (String, String) {
    if mailable && matches!(told.0.as_str(), "none" | "nobody" | "link") {
        return ("mail".to_owned(), "mail address given".to_owned());
    }
    told
}

/// Who answers, and to whom it goes: the account that saw the post to its author, or the brand's mailbox to an address.
pub(super) async fn whom(
    tx: &mut Tx,
    asked: &Asked,
    wanted: &Answer,
    (target, brand): (&Target, &str),
) -> Result<Result<(Account, PostRef), CaseworkError>, StoreError> {
    let refused = |why: &str| Ok(Err(CaseworkError::Refused(why.to_owned())));
    if let Some(key) = &wanted.by_mail {
        if wanted.handed != Handed::Private || wanted.automatic || wanted.many.is_some() {
            return refused("by mail goes only what a person writes to one customer in private");
        }
        let Some(found) = addresses(tx, asked).await?.into_iter().find(|f| f.key == *key) else {
            return refused("the customer gave no such address, or it is no longer kept");
        };
        return match mailbox(&asked.answers.accounts, brand, &found.address) {
            Some(way) => Ok(Ok(way)),
            None => refused("no mailbox of the brand can write to that address"),
        };
    }
    let seen_by = answer::seen_by(tx, &target.mention_id).await?;
    let Some(account) = asked.answers.accounts.for_post(&target.platform, brand, &seen_by) else {
        let (brand, platform) = (brand.to_owned(), target.platform.clone());
        return Ok(Err(CaseworkError::NoAccount { brand, platform }));
    };
    let to = answering::post_ref(tx, target, &account).await?;
    Ok(Ok((account, to)))
}

/// The subject of a first mail: the brand and the code of the case, by which an answer is known whatever a mail program
/// leaves of its head.
pub(super) fn subject(asked: &Asked, code: &str) -> String {
    let brand = asked.catalogue.brand(&asked.brand_id).map(|w| w.brand.name.as_str()).unwrap_or_default();
    format!("{brand} {code}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_little_is_shown() {
        assert_eq!(covered("mia.jansen@shop.example"), "m•••@shop.example");
        assert_eq!(covered("é@x.example"), "é•••@x.example");
    }

    #[test]
    fn addresses_are_found_in_their_order() {
        let text = "Mail me at Mia@Shop.example or mia@home.example, not at @mia.";
        assert_eq!(addresses_in(text), ["mia@shop.example", "mia@home.example"]);
        assert!(addresses_in("call me").is_empty());
    }
}
