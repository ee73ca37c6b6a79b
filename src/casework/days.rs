//! Notes of leads about days, such as a strike: they stand beside the figures of the day wherever these are shown.

use super::{Actor, Casework, CaseworkError};
use crate::domain::ids::DayNoteId;
use crate::store::audit;
use crate::store::day_note::{self, DayNote};
use jiff::civil::Date;

/// How many characters a note may have.
pub const WORDS_MAX: usize = 120;
/// How far from today a day may lie, in days: a note is for figures that somebody looks at.
const AWAY_MAX: i64 = 800;

impl Casework {
    /// Notes something of a day, for each of these brands by id. Returns the notes.
    ///
    /// # Errors
    /// [`CaseworkError::Refused`] for who is no lead; [`CaseworkError::Invalid`] for words that are missing or too
    /// long, and for a day that is far away; [`CaseworkError::NotFound`] for no such brand.
    pub async fn note_day(
        &self,
        brands: &[String],
        day: Date,
        words: &str,
        actor: &Actor,
    ) -> Result<Vec<DayNote>, CaseworkError> {
        if !actor.lead {
            return Err(CaseworkError::Refused("only a lead may note something of a day".to_owned()));
        }
        let words = words.trim();
        let fits = (1..=WORDS_MAX).contains(&words.chars().count()) && !words.chars().any(char::is_control);
        if !fits {
            let what = format!("wanted are 1 to {WORDS_MAX} characters in one line");
            return Err(CaseworkError::Invalid { field: "words", what });
        }
        let (now, catalogue) = (self.clock.now(), self.catalogue.get());
        let today = jiff::Timestamp::from_millisecond(now.millis()).unwrap_or_default();
        let today = today.to_zoned(self.zone.clone()).date();
        if day.since(today).map_or(i64::MAX, |span| i64::from(span.get_days()).abs()) > AWAY_MAX {
            let what = format!("allowed is a day at most {AWAY_MAX} days from today");
            return Err(CaseworkError::Invalid { field: "day", what });
        }
        let mut notes = Vec::new();
        for id in brands {
            let brand = catalogue.brand(id).ok_or(CaseworkError::NotFound)?;
            notes.push(DayNote {
                id: self.mint.id(now, DayNoteId::new).to_string(),
                brand_id: id.clone(),
                brand: brand.brand.name.clone(),
                day: day.to_string(),
                person_id: actor.person.to_string(),
                at: now.millis(),
                words: Some(words.to_owned()),
            });
        }
        if notes.is_empty() {
            return Err(CaseworkError::NotFound);
        }
        let row_of = |n: &DayNote| (n.clone(), self.done(actor, "day.note", (&n.brand_id, &n.id)));
        let rows: Vec<_> = notes.iter().map(row_of).collect();
        let put = self.db.write_again("noting something of a day", move |tx| {
            let rows = rows.clone();
            Box::pin(async move {
                for (note, entry) in &rows {
                    day_note::put(tx, note).await?;
                    audit::append(tx, entry, now).await?;
                }
                Ok(())
            })
        });
        put.await?;
        tracing::info!(day = %day, notes = notes.len(), person.id = actor.person.as_str(), "a day was noted");
        Ok(notes)
    }

    /// Takes a note of one of these brands away; figures that were sent with it keep what they were.
    ///
    /// # Errors
    /// [`CaseworkError::Refused`] for who is no lead; [`CaseworkError::NotFound`] for no such note there.
    pub async fn drop_day_note(
        &self,
        brands: &[String],
        id: &str,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        if !actor.lead {
            return Err(CaseworkError::Refused("only a lead may take a note of a day away".to_owned()));
        }
        let (brands, id, by) = (brands.to_vec(), id.to_owned(), actor.person.to_string());
        let (now, done) = (self.clock.now(), |b: &String| self.done(actor, "day.drop_note", (b, &id)));
        let entries: Vec<_> = brands.iter().map(done).collect();
        let dropped = self.db.write_again("taking a note of a day away", move |tx| {
            let (brands, id, entries) = (brands.clone(), id.clone(), entries.clone());
            Box::pin(async move {
                for (brand, entry) in brands.iter().zip(&entries) {
                    if day_note::remove(tx, brand, &id).await? {
                        audit::append(tx, entry, now).await?;
                        return Ok(true);
                    }
                }
                Ok(false)
            })
        });
        if !dropped.await? {
            return Err(CaseworkError::NotFound);
        }
        tracing::info!(person.id = by, "a note of a day was taken away");
        Ok(())
    }
}
