//! The library of answers: whoever works writes one, a lead approves it; a lead's own holds at once. What is approved is
//! never changed: a better one replaces it.

use super::answering::TEXT_CHARS_MAX;
use super::templates::{EXAMPLE_NAME, Length};
use super::{Actor, Casework, CaseworkError};
use crate::domain::ids::LibraryId;
use crate::domain::language::Language;
use crate::domain::role::Right;
use crate::domain::template::{Filling, fill};
use crate::store::library::{self as store, LibraryRow};
use crate::store::{StoreError, Tx, audit};

/// Longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 100;

/// An answer as somebody writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its language.
    pub language: Language,
    /// What it is called.
    pub title: String,
    /// Its words; `{name}`, `{customer}` and `{brand}` are filled in.
    pub text: String,
    /// The answer that it is to replace.
    pub replaces: Option<String>,
}

fn bad<T>(field: &'static str, what: impl Into<String>) -> Result<T, CaseworkError> {
    Err(CaseworkError::Invalid { field, what: what.into() })
}

/// The words of an answer to who is called `name`; `customer` is whose matter it is, where that is somebody else.
pub fn filled(text: &str, (name, customer): (&str, &str), brand: &str) -> String {
    fill(text, &Filling { name, customer, brand, ..Filling::default() })
}

impl Written {
    /// What is wrong with it, if anything is.
    fn check(&self) -> Result<(), CaseworkError> {
        let (title, text) = (self.title.trim(), self.text.trim());
        if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
            return bad("title", format!("wanted are 1 to {TITLE_CHARS_MAX} characters"));
        }
        if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
            return bad("text", format!("wanted are 1 to {TEXT_CHARS_MAX} characters"));
        }
        // Whatever is left in braces would be left out without a word.
        let rest = text.replace("{name}", "").replace("{customer}", "").replace("{brand}", "");
        match rest.find(['{', '}']) {
            Some(_) => bad("text", "a brace that is no variable; allowed are {name}, {customer} and {brand}"),
            None => Ok(()),
        }
    }
}

impl Casework {
    /// Where a brand answers and a text is too long as it stands, filled in for a customer with a short name: each platform
    /// once, by the account that takes least. It may still go in parts, where the platform has threads.
    pub fn too_long(&self, brand: &str, text: &str) -> Vec<Length> {
        let text = filled(text, (EXAMPLE_NAME, ""), brand);
        let mut over: Vec<Length> = Vec::new();
        for account in self.answers.accounts.all().iter() {
            let of_brand = account.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(brand));
            let Some(reply) = account.source.reply().filter(|_| of_brand) else { continue };
            let (measured, platform) = (reply.limits().measure(&text), reply.platform());
            if measured.fits {
                continue;
            }
            let new = Length { platform, length: measured.length, max: measured.max, fits: false };
            match over.iter_mut().find(|l| l.platform == platform) {
                Some(known) if known.max <= new.max => {}
                Some(known) => *known = new,
                None => over.push(new),
            }
        }
        over.sort_by_key(|l| l.platform);
        over
    }

    /// Writes an answer for the library; returns its id.
    pub async fn write_answer(
        &self,
        brand_id: &str,
        written: &Written,
        actor: &Actor,
    ) -> Result<String, CaseworkError> {
        self.require(actor, Right::Work, "library.write", (brand_id, "")).await?;
        written.check()?;
        let now = self.clock.now();
        let leads = self.caller_of(actor).role.is_some_and(|role| role.may(Right::Steer));
        let row = LibraryRow {
            id: self.mint.id(now, LibraryId::new).to_string(),
            brand_id: brand_id.to_owned(),
            language: written.language.code().to_owned(),
            state: if leads { "approved" } else { "proposed" }.to_owned(),
            replaces: written.replaces.clone(),
            made_by: actor.person.to_string(),
            made_at: now.millis(),
            decided_by: leads.then(|| actor.person.to_string()),
            decided_at: leads.then(|| now.millis()),
            words: None,
            used: 0,
            edited: 0,
            resolved: 0,
            reopened: 0,
        };
        let entry = self.done(actor, "library.write", (brand_id, &row.id));
        let (id, said) = (row.id.clone(), (written.title.trim().to_owned(), written.text.trim().to_owned()));
        let put = self.db.write_again("writing an answer for the library", move |tx| {
            let (row, said, entry) = (row.clone(), said.clone(), entry.clone());
            Box::pin(async move {
                if let Some(old) = &row.replaces
                    && store::get(tx, &row.brand_id, old).await?.is_none()
                {
                    return Ok(Err(CaseworkError::NotFound));
                }
                store::put(tx, &row, &said).await?;
                if leads {
                    replace(tx, &row, now).await?;
                }
                audit::append(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        put.await??;
        Ok(id)
    }

    /// Approves a proposed answer, or withdraws one; tells whether that changed anything.
    pub async fn decide_answer(
        &self,
        brand_id: &str,
        id: &str,
        goes: bool,
        actor: &Actor,
    ) -> Result<bool, CaseworkError> {
        let word = if goes { "library.approve" } else { "library.withdraw" };
        self.require(actor, Right::Steer, word, (brand_id, id)).await?;
        let (now, by) = (self.clock.now(), actor.person.to_string());
        let (entry, of) = (self.done(actor, word, (brand_id, id)), (brand_id.to_owned(), id.to_owned()));
        let decided = self.db.write_again("deciding about an answer of the library", move |tx| {
            let (entry, of, by) = (entry.clone(), of.clone(), by.clone());
            Box::pin(async move {
                let Some(row) = store::get(tx, &of.0, &of.1).await? else { return Ok(None) };
                let to = if goes { "approved" } else { "withdrawn" };
                if row.state == to || row.state == "withdrawn" {
                    return Ok(Some(false));
                }
                let done = store::decide(tx, (&of.0, &of.1), (&row.state, to), &by, now).await?;
                if goes && done {
                    replace(tx, &LibraryRow { decided_by: Some(by), ..row }, now).await?;
                }
                audit::append(tx, &entry, now).await?;
                Ok(Some(done))
            })
        });
        decided.await?.ok_or(CaseworkError::NotFound)
    }
}

/// What an approved answer replaces is withdrawn.
async fn replace(
    tx: &mut Tx,
    row: &LibraryRow,
    now: crate::domain::time::Timestamp,
) -> Result<(), StoreError> {
    let Some(old) = &row.replaces else { return Ok(()) };
    let by = row.decided_by.clone().unwrap_or_default();
    for from in ["approved", "proposed"] {
        store::decide(tx, (&row.brand_id, old), (from, "withdrawn"), &by, now).await?;
    }
    Ok(())
}
