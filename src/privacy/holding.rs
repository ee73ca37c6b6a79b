//! Holding a case, and not watching an author.

use super::erasing;
use super::finding::find;
use super::{By, Privacy, PrivacyError};
use crate::casefile::{CaseFile, When, Who};
use crate::casework;
use crate::domain::audit::Entry;
use crate::domain::ids::ActionId;
use crate::domain::policy::Policies;
use crate::domain::time::{Span, Timestamp};
use crate::store::hold::{self, HoldRow};
use crate::store::objection::{self, ObjectionRow};
use crate::store::{StoreError, Tx, audit, case, intake};
use serde_json::json;

/// Longest ground of a hold, in characters.
const GROUND_CHARS_MAX: usize = 500;
/// A hold may last so long; it can be set anew.
const HOLD_MAX: Span = Span::days(3 * 366);

impl Privacy {
    /// Holds a case until an instant: nothing of it is erased or let go before. A hold that stands is replaced.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] without a ground, with an end that is past or more than three years ahead, or where
    /// there is no such case.
    pub async fn hold(
        &self,
        brand_id: &str,
        case_id: &str,
        ground: &str,
        until: Timestamp,
        by: &By,
    ) -> Result<(), PrivacyError> {
        let now = self.clock.now();
        let ground = ground.trim().to_owned();
        if ground.is_empty() || ground.chars().count() > GROUND_CHARS_MAX {
            return Err(PrivacyError::Refused(format!(
                "ground: wanted are 1 to {GROUND_CHARS_MAX} characters"
            )));
        }
        if until <= now || until > now.plus(HOLD_MAX) {
            return Err(PrivacyError::Refused(
                "until: wanted is an instant ahead, within three years".to_owned(),
            ));
        }
        let row = HoldRow {
            id: self.mint.id(now, ActionId::new).to_string().replace("act_", "hld_"),
            brand_id: brand_id.to_owned(),
            case_id: case_id.to_owned(),
            set_by: by.code().to_owned(),
            set_at: now.millis(),
            until_ms: until.millis(),
            ended_by: None,
            ended_at: None,
        };
        let entry = Entry::done(&self.caller, "case.hold", case_id).in_brand(brand_id);
        let by = by.clone();
        let held = self.db.write_again("holding a case", move |tx| {
            let (row, ground, by, entry) = (row.clone(), ground.clone(), by.clone(), entry.clone());
            Box::pin(async move {
                hold::end(tx, (&row.brand_id, &row.case_id), by.code(), now).await?;
                hold::add(tx, &row, &ground).await?;
                let body = json!({ "until": row.until_ms });
                note(tx, (&row.brand_id, &row.case_id), ("hold", &body), &by, now).await?;
                audit::append(tx, &entry, now).await
            })
        });
        Ok(held.await?)
    }

    /// Ends the hold on a case before its time; tells whether there was one.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where there is no such case.
    pub async fn release(&self, brand_id: &str, case_id: &str, by: &By) -> Result<bool, PrivacyError> {
        let (brand_id, case_id, by, now) =
            (brand_id.to_owned(), case_id.to_owned(), by.clone(), self.clock.now());
        let entry = Entry::done(&self.caller, "case.end_hold", &case_id).in_brand(&brand_id);
        let ended = self.db.write_again("ending a hold", move |tx| {
            let (brand_id, case_id, by, entry) =
                (brand_id.clone(), case_id.clone(), by.clone(), entry.clone());
            Box::pin(async move {
                let was = hold::end(tx, (&brand_id, &case_id), by.code(), now).await?;
                if was {
                    hold::let_go(tx, now).await?;
                    note(tx, (&brand_id, &case_id), ("hold_ended", &json!({})), &by, now).await?;
                    audit::append(tx, &entry, now).await?;
                }
                Ok(was)
            })
        });
        Ok(ended.await?)
    }

    /// Does not watch a person any more: what they write is filtered by the rule `objection`. Gives the label by
    /// which that is taken back.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where nobody is found.
    pub async fn object(&self, who: &str, by: &By) -> Result<String, PrivacyError> {
        let (who, by, catalogue, mint, now) =
            (who.to_owned(), by.clone(), self.catalogue.get(), self.mint.clone(), self.clock.now());
        let (shown, caller) = (by.clone(), self.caller.clone());
        let set = self.db.write_again("noting an objection", move |tx| {
            let (who, by, catalogue, mint) = (who.clone(), by.clone(), catalogue.clone(), mint.clone());
            let caller = caller.clone();
            Box::pin(async move {
                intake::lock_brands(tx).await?;
                let found = find(tx, &catalogue, &who).await?;
                let key = erasing::key(tx, &mint).await?;
                let label = erasing::object(tx, &found, &key, &by, now).await?;
                audit::append(tx, &Entry::done(&caller, "person.object", &label), now).await?;
                Ok(label)
            })
        });
        let label = set.await?;
        tracing::warn!(by = shown.code(), label, "an author is not watched any more");
        Ok(label)
    }

    /// All objections that stand.
    ///
    /// # Errors
    /// The store's.
    pub async fn objections(&self) -> Result<Vec<ObjectionRow>, PrivacyError> {
        Ok(self.db.read("reading objections", |tx| Box::pin(objection::all(tx))).await?)
    }

    /// Takes an objection back, by its label; tells whether there was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_back(&self, label: &str, by: &By) -> Result<bool, PrivacyError> {
        let (wanted, now) = (label.to_owned(), self.clock.now());
        let entry = Entry::done(&self.caller, "person.object_back", label);
        let done = self.db.write("taking an objection back", move |tx| {
            Box::pin(async move {
                let done = objection::take_back(tx, &wanted).await?;
                if done {
                    audit::append(tx, &entry, now).await?;
                }
                Ok(done)
            })
        });
        let done = done.await?;
        if done {
            tracing::warn!(by = by.code(), label, "an objection was taken back");
        }
        Ok(done)
    }
}

/// Writes an event on a case's timeline.
async fn note(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    (kind, body): (&str, &serde_json::Value),
    by: &By,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(row) = case::get(tx, brand_id, case_id).await? else {
        return Err(StoreError::Refused("there is no such case".to_owned()));
    };
    let mut file = CaseFile::new(row, Vec::new(), &Policies::default());
    let who = match by {
        By::Person(person) => Who::Person(person.clone()),
        By::Command => Who::Rule("command"),
    };
    file.note(kind, &who, When::now(now), body);
    casework::save(tx, &file, &[], now).await
}
