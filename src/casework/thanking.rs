//! The thank-you list: drawn once a day for each brand that wants one, marked as written, and gestures.

use super::surveying::is_busy_day;
use super::{Actor, Casework, CaseworkError};
use crate::catalogue::Watched;
use crate::domain::goodwill::{Terms, shown};
use crate::domain::ids::GestureId;
use crate::domain::judgement::Intent;
use crate::domain::ledger;
use crate::domain::role::{Right, Role};
use crate::domain::thanks::{Candidate, Chosen, Gesture, Thanks, choose};
use crate::domain::time::{Span, Timestamp};
use crate::store::thanks::{self as store, GestureRow};
use crate::store::{StoreError, Tx, answer, audit, case, console, goodwill, intake};

/// A case stands for a card for so many days after its end.
const WITHIN: Span = Span::days(14);
/// Most cases that are looked at for one list.
const LOOKED_AT: i64 = 20_000;
/// How long it is remembered that a day was drawn.
const REMEMBERED: Span = Span::days(3);
/// Longest words of a gesture, in characters.
pub const WORDS_CHARS_MAX: usize = 500;

/// Something given, as a person says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// What.
    pub kind: Gesture,
    /// What was written; may be empty.
    pub words: String,
    /// Its worth in millionths.
    pub micros: Option<i64>,
    /// The currency of that, such as `EUR`.
    pub currency: String,
}

impl Given {
    fn check(&self) -> Result<(), CaseworkError> {
        let invalid = |field, what: String| Err(CaseworkError::Invalid { field, what });
        if self.words.chars().count() > WORDS_CHARS_MAX {
            return invalid("words", format!("at most {WORDS_CHARS_MAX} characters"));
        }
        let is_currency = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        if self.micros.is_some() && !is_currency {
            return invalid("currency", "wanted is a code such as EUR".to_owned());
        }
        if self.micros.is_some_and(|m| m <= 0) || (self.kind == Gesture::Voucher && self.micros.is_none()) {
            return invalid("amount", "wanted is an amount above 0".to_owned());
        }
        Ok(())
    }
}

impl Casework {
    /// Draws today's list of each brand that wants one and has none; returns how many cases are on them.
    ///
    /// # Errors
    /// The store's.
    pub async fn thanks_due(&self) -> Result<usize, StoreError> {
        let catalogue = self.catalogue.get();
        let mut drawn = 0;
        for watched in catalogue.brands.iter().filter(|w| w.brand.thanks.enabled) {
            drawn += self.draw_thanks(watched).await?;
        }
        Ok(drawn)
    }

    async fn draw_thanks(&self, watched: &Watched) -> Result<usize, StoreError> {
        let (now, zone, settings) = (self.clock.now(), self.zone.clone(), watched.brand.thanks.clone());
        let at = jiff::Timestamp::from_millisecond(now.millis());
        let Ok(day) = at.map(|at| at.to_zoned(zone.clone()).date().to_string()) else { return Ok(0) };
        let (brand_id, note) = (watched.id.clone(), format!("thanks:{}:{day}", watched.id));
        let (known, of) = (note.clone(), brand_id.clone());
        let chosen = self.db.read("choosing whom to thank", move |tx| {
            Box::pin(async move {
                if console::is_noted(tx, &known, now).await? {
                    return Ok(None);
                }
                // On a peak day there is none, also if the peak is over by noon.
                if is_busy_day(tx, &of, now, &zone).await? {
                    return Ok(Some(Vec::new()));
                }
                chosen(tx, &of, &settings, now).await.map(Some)
            })
        });
        let Some(chosen) = chosen.await? else { return Ok(0) };
        let drawn = self.db.write_again("drawing the thank-you list", move |tx| {
            let (brand_id, note, day, chosen) = (brand_id.clone(), note.clone(), day.clone(), chosen.clone());
            Box::pin(async move {
                if !console::first_time(tx, &note, now, now.plus(REMEMBERED)).await? {
                    return Ok(0);
                }
                for one in &chosen {
                    let codes: Vec<&str> = one.reasons.iter().map(|r| r.code()).collect();
                    let reasons = serde_json::json!(codes).to_string();
                    store::draw(tx, (&brand_id, &one.case_id), (&day, one.points, &reasons), now).await?;
                }
                Ok(chosen.len())
            })
        });
        drawn.await
    }

    /// What a brand that writes cards lets people give; [`CaseworkError::NotFound`] where none is written.
    fn thanks_terms(&self, brand_id: &str) -> Result<Terms, CaseworkError> {
        let catalogue = self.catalogue.get();
        let watched = catalogue.brand(brand_id).filter(|w| w.brand.thanks.enabled);
        watched.map(|w| w.brand.front_office.goodwill.clone()).ok_or(CaseworkError::NotFound)
    }

    /// Marks that a person wrote the card of a case of the list; false where somebody had.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] for a case that the brand does not have.
    pub async fn card_written(
        &self,
        (brand_id, case_id): (&str, &str),
        actor: &Actor,
    ) -> Result<bool, CaseworkError> {
        self.require(actor, Right::Work, "case.card", (brand_id, case_id)).await?;
        self.thanks_terms(brand_id)?;
        let entry = self.done(actor, "case.card", (brand_id, case_id));
        let (pair, by) = ((brand_id.to_owned(), case_id.to_owned()), actor.person.to_string());
        let now = self.clock.now();
        let done = self.db.write_again("noting who wrote a card", move |tx| {
            let (pair, by, entry) = (pair.clone(), by.clone(), entry.clone());
            Box::pin(async move {
                if case::look(tx, &pair.0, &pair.1).await?.is_none() {
                    return Ok(None);
                }
                let done = store::written(tx, (&pair.0, &pair.1), &by, now).await?;
                if done {
                    audit::append(tx, &entry, now).await?;
                }
                Ok(Some(done))
            })
        });
        done.await?.ok_or(CaseworkError::NotFound)
    }

    /// Writes down what was given to the customer of a case. It counts with the goodwill of the case, within the same
    /// limit of the role of who gives.
    ///
    /// # Errors
    /// [`CaseworkError::Invalid`] with what is allowed; [`CaseworkError::NotFound`], also where the brand writes no cards.
    pub async fn give(
        &self,
        (brand_id, case_id): (&str, &str),
        given: &Given,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        given.check()?;
        self.require(actor, Right::Work, "case.gesture", (brand_id, case_id)).await?;
        let terms = self.thanks_terms(brand_id)?;
        let role = self.caller_of(actor).role.unwrap_or(Role::Auditor);
        let now = self.clock.now();
        let row = GestureRow {
            id: self.mint.id(now, GestureId::new).to_string(),
            brand_id: brand_id.to_owned(),
            case_id: case_id.to_owned(),
            kind: given.kind.code().to_owned(),
            micros: given.micros,
            currency: if given.micros.is_some() { given.currency.clone() } else { String::new() },
            person_id: actor.person.to_string(),
            at: now.millis(),
            words: Some(given.words.trim().to_owned()),
        };
        let entry = self.done(actor, "case.gesture", (brand_id, case_id));
        let done = self.db.write_again("writing a gesture", move |tx| {
            let (row, entry, terms) = (row.clone(), entry.clone(), terms.clone());
            Box::pin(async move {
                let Some(case) = case::look(tx, &row.brand_id, &row.case_id).await? else {
                    return Ok(Err(CaseworkError::NotFound));
                };
                if let Some(what) = too_much(tx, &row, &terms, role).await? {
                    return Ok(Err(CaseworkError::Invalid { field: "amount", what }));
                }
                store::give(tx, &row).await?;
                let words = row.words.as_deref().unwrap_or_default();
                // What is said to a customer goes with the customer.
                answer::put_content(tx, &format!("{}/text", row.id), &case.author_id, "gesture", words)
                    .await?;
                audit::append(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }
}

/// Why a gesture is more than its giver's role may give on a case, with what stands granted there; nothing where it is
/// not.
async fn too_much(
    tx: &mut Tx,
    row: &GestureRow,
    terms: &Terms,
    role: Role,
) -> Result<Option<String>, StoreError> {
    let Some((micros, limit)) = row.micros.zip(terms.limit(role)) else { return Ok(None) };
    if row.currency != terms.currency {
        return Ok(Some(format!("with a limit to what is given, amounts are in {}", terms.currency)));
    }
    let given = goodwill::standing(tx, &row.brand_id, &row.case_id).await?;
    if given.saturating_add(micros) <= limit {
        return Ok(None);
    }
    let (limit, given, currency) = (shown(limit), shown(given), &terms.currency);
    Ok(Some(format!("your role may give up to {limit} {currency} on one case, of which {given} is given")))
}

/// The cases of a day's list; of customers who do not object.
async fn chosen(
    tx: &mut Tx,
    brand_id: &str,
    settings: &Thanks,
    now: Timestamp,
) -> Result<Vec<Chosen>, StoreError> {
    let key = intake::gone_key(tx).await?;
    let standing = intake::objections(tx).await?;
    let mut found = Vec::new();
    for case in store::ended(tx, brand_id, (now.minus(WITHIN), now), LOOKED_AT).await? {
        let one = Candidate {
            ended_at: case.ended_at,
            lasted: Span((case.ended_at - case.opened_at).max(0)),
            compliment: case.intent == Intent::Compliment.code(),
            promise_broken: case.broken > 0,
            score: case.score,
            case_id: case.case_id,
        };
        let account = |key: &String| ledger::account(key, &case.platform, &case.authority, &case.external_id);
        if !key.as_ref().is_some_and(|key| standing.contains(&account(key))) {
            found.push(one);
        }
    }
    Ok(choose(&found, settings))
}
