//! Texts of a brand filled in for a case: offers of a private channel, their reminders, holding words.
//!
//! `{customer}` is whose matter a case is only for who has the case; for everybody else, and in what goes by itself, it is
//! who wrote. What would give the customer away in public is found by the guard like any other personal data.

use super::doors::door;
use super::{Asked, answering, holding};
use crate::catalogue::Watched;
use crate::domain::judgement::Level;
use crate::domain::template::{Filling, TemplateKind, Wanted, choose, fill, wait_in_words};
use crate::domain::time::Timestamp;
use crate::sources::Account;
use crate::sources::reply::PostRef;
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, about, answer, case, peak};

/// The name of whose matter a case is, where that is somebody else than who wrote and whoever asks has the case.
async fn customer_for(tx: &mut Tx, asked: &Asked) -> Result<String, StoreError> {
    let claim = case::look(tx, &asked.brand_id, &asked.case_id).await?.and_then(|c| c.claim());
    let has =
        claim.is_some_and(|c| c.by == asked.actor.person && c.until.is_none_or(|until| until > asked.now));
    if !has {
        return Ok(String::new());
    }
    let known = about::words(tx, &asked.brand_id, &asked.case_id).await?;
    Ok(known.map(|c| c.name).unwrap_or_default())
}

/// Whom a case is about and by which account it is answered.
pub(super) struct Facing {
    pub to: PostRef,
    pub name: String,
    pub account: Option<Account>,
    /// The way in of an account of the brand that takes customers of other platforms, too.
    pub door: Option<String>,
    /// Whose matter it is, where that is somebody else and whoever asks has the case; empty otherwise.
    customer: String,
    /// How many minutes an answer takes while a peak or a crisis lasts, as a lead said.
    pub wait: Option<i64>,
    /// When this is.
    pub now: Timestamp,
}

/// Whom a case is about, for whoever asks.
pub(super) async fn facing(tx: &mut Tx, asked: &Asked) -> Result<Option<Facing>, StoreError> {
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(None) };
    let Some(target) = answer::target(tx, &asked.brand_id, &asked.case_id, None).await? else {
        return Ok(None);
    };
    let seen_by = answer::seen_by(tx, &target.mention_id).await?;
    let account = asked.answers.accounts.for_post(&target.platform, &watched.brand.name, &seen_by);
    let profile: serde_json::Value =
        target.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let to = match &account {
        Some(account) => answering::post_ref(tx, &target, account).await?,
        None => PostRef::default(),
    };
    let name = profile["name"].as_str().unwrap_or_default().to_owned();
    let door = door(&asked.answers.accounts, &watched.brand.name);
    let wait = peak::expected_wait(tx, &asked.brand_id, asked.now).await?;
    let customer = customer_for(tx, asked).await?;
    Ok(Some(Facing { to, name, account, door, customer, wait, now: asked.now }))
}

/// The way in that an offer names, with the case's code where it has a place for it: the platform's own, else the
/// brand's address, else that of an account of the brand to which everybody may come.
pub(super) fn way_in(facing: &Facing, watched: &Watched, (reach, code): (&str, &str)) -> Option<String> {
    let own = facing.account.as_ref().and_then(|a| a.source.private()?.way_in());
    let own = own.filter(|_| matches!(reach, "open" | "they_write" | ""));
    let found = own.or_else(|| watched.brand.private_link.clone()).or_else(|| facing.door.clone());
    found.map(|link| link.replace("{code}", code))
}

/// A text of the brand, filled in for a case.
pub(super) fn words(
    kind: TemplateKind,
    watched: &Watched,
    (case, facing): (&CaseRow, &Facing),
    (code, link): (&str, &str),
) -> Option<String> {
    let wanted = Wanted {
        kind,
        language: &case.language,
        level: Level::from_number(case.level),
        platform: &case.platform,
    };
    let text = choose(&watched.brand.templates, &wanted)?;
    // What a lead said of now, or what is promised.
    let promised = || holding::promised_wait(&watched.policy.1, &case.selector(), facing.now);
    let minutes = facing.wait.or_else(promised);
    if minutes.is_none() && text.contains("{wait}") {
        return None;
    }
    let wait = minutes.map(|m| wait_in_words(m, &case.language)).unwrap_or_default();
    let (name, brand) = (facing.name.as_str(), watched.brand.name.as_str());
    Some(fill(text, &Filling { name, customer: &facing.customer, brand, code, link, wait: &wait }))
}
