//! The thank-you list: drawn once a day for each brand that wants one, marked as written, and gestures.

use super::surveying::{is_busy_day, objects};
use super::{Actor, Casework, CaseworkError};
use crate::catalogue::Watched;
use crate::domain::ids::GestureId;
use crate::domain::judgement::Intent;
use crate::domain::role::Right;
use crate::domain::thanks::{Candidate, Gesture, choose};
use crate::domain::time::{Span, Timestamp};
use crate::store::thanks::{self as store, GestureRow};
use crate::store::{StoreError, Tx, answer, audit, case, console};

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
        let known = note.clone();
        let is_drawn = self.db.read("looking whether today was drawn", move |tx| {
            Box::pin(async move { console::is_noted(tx, &known, now).await })
        });
        if is_drawn.await? {
            return Ok(0);
        }
        let drawn = self.db.write_again("drawing the thank-you list", move |tx| {
            let (brand_id, note, day) = (brand_id.clone(), note.clone(), day.clone());
            let (zone, settings) = (zone.clone(), settings.clone());
            Box::pin(async move {
                // On a peak day there is none, also if the peak is over by noon.
                if !console::first_time(tx, &note, now, now.plus(REMEMBERED)).await?
                    || is_busy_day(tx, &brand_id, now, &zone).await?
                {
                    return Ok(0);
                }
                let candidates = candidates(tx, &brand_id, now).await?;
                let chosen = choose(&candidates, &settings);
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

    /// Writes down what was given to the customer of a case.
    ///
    /// # Errors
    /// [`CaseworkError::Invalid`] with what is allowed; [`CaseworkError::NotFound`].
    pub async fn give(
        &self,
        (brand_id, case_id): (&str, &str),
        given: &Given,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        given.check()?;
        self.require(actor, Right::Work, "case.gesture", (brand_id, case_id)).await?;
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
            let (row, entry) = (row.clone(), entry.clone());
            Box::pin(async move {
                let Some(case) = case::look(tx, &row.brand_id, &row.case_id).await? else { return Ok(false) };
                store::give(tx, &row).await?;
                let words = row.words.as_deref().unwrap_or_default();
                // What is said to a customer goes with the customer.
                answer::put_content(tx, &format!("{}/text", row.id), &case.author_id, "gesture", words)
                    .await?;
                audit::append(tx, &entry, now).await?;
                Ok(true)
            })
        });
        if done.await? { Ok(()) } else { Err(CaseworkError::NotFound) }
    }
}

async fn candidates(tx: &mut Tx, brand_id: &str, now: Timestamp) -> Result<Vec<Candidate>, StoreError> {
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
        found.push((one, (case.platform, case.authority, case.external_id)));
    }
    let mut wanted = Vec::new();
    for (one, account) in found {
        if !objects(tx, &[account]).await? {
            wanted.push(one);
        }
    }
    Ok(wanted)
}
