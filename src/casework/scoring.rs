//! The quality of answers: a few of each week are drawn, a colleague scores them, who gave them sees that first.
//!
//! A week is one of the team's zone and is drawn when it is over. Nobody scores their own answers, nobody's answer is
//! scored twice, and what is said of it is sealed for others until they have seen it or could have for a week.

use super::{Actor, Casework, CaseworkError};
use crate::catalogue::Watched;
use crate::domain::ids::QualityId;
use crate::domain::quality::{Candidate, Criterion, draw, scores};
use crate::domain::role::{Right, Role};
use crate::domain::time::{Span, Timestamp};
use crate::store::quality::{self as store, SampleRow};
use crate::store::{StoreError, answer, audit, console};
use jiff::ToSpan;
use jiff::civil::Weekday;
use std::collections::BTreeMap;

/// How long it is remembered that a week was drawn.
const REMEMBERED: Span = Span::days(15);
/// Longest word of who scores and longest line of who answered, in characters.
pub const WORD_CHARS_MAX: usize = 500;

impl Casework {
    /// Draws the answers of last week of each brand that wants it and has not drawn; tells how many. Lets go what is old.
    ///
    /// # Errors
    /// The store's.
    pub async fn quality_due(&self) -> Result<usize, StoreError> {
        let catalogue = self.catalogue.get();
        let mut drawn = 0;
        for watched in catalogue.brands.iter().filter(|w| w.brand.quality.enabled) {
            drawn += self.draw_answers(watched).await?;
        }
        // What was scored before a brand switched it off goes after its months as well.
        for watched in catalogue.brands.iter().filter(|w| !w.brand.quality.enabled) {
            self.let_scores_go(watched).await?;
        }
        Ok(drawn)
    }

    async fn let_scores_go(&self, watched: &Watched) -> Result<(), StoreError> {
        let before = self.clock.now().minus(Span::days(watched.brand.quality.keep_months * 31));
        let (brand, known) = (watched.id.clone(), watched.id.clone());
        let any = self.db.read("looking for old scores", move |tx| {
            Box::pin(async move { store::any_before(tx, &known, before).await })
        });
        if !any.await? {
            return Ok(());
        }
        let gone = self.db.write("letting scores go", move |tx| {
            Box::pin(async move { store::forget(tx, &brand, before).await.map(|_| ()) })
        });
        gone.await
    }

    /// The last whole week: its Monday, and its first and last instant.
    fn last_week(&self, now: Timestamp) -> Option<(String, Timestamp, Timestamp)> {
        let today = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(self.zone.clone()).date();
        let back = i64::from(today.weekday().since(Weekday::Monday));
        let this = today.checked_sub(back.days()).ok()?;
        let last = this.checked_sub(7.days()).ok()?;
        let begin = |day: jiff::civil::Date| {
            let at = day.to_zoned(self.zone.clone()).ok()?;
            Some(Timestamp(at.timestamp().as_millisecond()))
        };
        Some((last.to_string(), begin(last)?, begin(this)?))
    }

    async fn draw_answers(&self, watched: &Watched) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let Some((week, from, to)) = self.last_week(now) else { return Ok(0) };
        let (brand, settings) = (watched.id.clone(), watched.brand.quality.clone());
        let note = format!("quality:{brand}:{week}");
        let known = note.clone();
        let is_drawn = self.db.read("looking whether last week was drawn", move |tx| {
            Box::pin(async move { console::is_noted(tx, &known, now).await })
        });
        if is_drawn.await? {
            return Ok(0);
        }
        let mint = self.mint.clone();
        let drawn = self.db.write("drawing answers to be scored", move |tx| {
            Box::pin(async move {
                if !console::first_time(tx, &note, now, now.plus(REMEMBERED)).await? {
                    return Ok(0);
                }
                store::forget(tx, &brand, now.minus(Span::days(settings.keep_months * 31))).await?;
                let found = store::candidates(tx, &brand, (from, to)).await?;
                let case_of: BTreeMap<&String, &String> =
                    found.iter().map(|(id, _, case, _)| (id, case)).collect();
                let one = |(id, person, _, p1): &store::GivenAnswer| Candidate {
                    id: id.clone(),
                    person: person.clone(),
                    p1: *p1 == 1,
                };
                let all: Vec<Candidate> = found.iter().map(one).collect();
                let until = now.plus(Span::days(settings.score_days)).millis();
                let row = |c: &Candidate| {
                    let id = mint.id(now, QualityId::new).to_string();
                    let case = case_of.get(&c.id).map(|case| (*case).clone()).unwrap_or_default();
                    let (answer, person) = (c.id.clone(), c.person.clone());
                    (id, brand.clone(), case, answer, person, week.clone(), now.millis(), until)
                };
                let rows: Vec<_> =
                    draw(&all, &settings, || mint.chance().fraction()).into_iter().map(row).collect();
                store::draw(tx, &rows).await?;
                Ok(rows.len())
            })
        });
        drawn.await
    }

    /// The card of a brand that scores answers; [`CaseworkError::NotFound`] where it does not.
    fn card_of(&self, brand_id: &str) -> Result<Vec<Criterion>, CaseworkError> {
        let catalogue = self.catalogue.get();
        let watched = catalogue.brand(brand_id).filter(|w| w.brand.quality.enabled);
        watched.map(|w| w.brand.quality.card()).ok_or(CaseworkError::NotFound)
    }

    /// Somebody scores a colleague's answer; false where somebody had.
    ///
    /// # Errors
    /// [`CaseworkError::Invalid`] with what is allowed; a refusal for one's own answer and for who may not;
    /// [`CaseworkError::NotFound`].
    pub async fn score(
        &self,
        (brand_id, id): (&str, &str),
        given: &BTreeMap<String, i64>,
        word: &str,
        actor: &Actor,
    ) -> Result<bool, CaseworkError> {
        self.require(actor, Right::Answer, "quality.score", (brand_id, id)).await?;
        if self.caller_of(actor).role == Some(Role::Service) {
            let refused = CaseworkError::Refused("a person scores answers, not a program".to_owned());
            return self.noted_refusal(actor, "quality.score", (brand_id, id), refused).await;
        }
        let card = self.card_of(brand_id)?;
        let scores = scores(&card, given).map_err(|what| CaseworkError::Invalid { field: "scores", what })?;
        let scores = serde_json::json!(scores).to_string();
        let word = checked(word, "word")?;
        let entry = self.done(actor, "quality.score", (brand_id, id));
        let (pair, by) = ((brand_id.to_owned(), id.to_owned()), actor.person.to_string());
        let now = self.clock.now();
        let done = self.db.write_again("writing a score", move |tx| {
            let (pair, by, entry) = (pair.clone(), by.clone(), entry.clone());
            let (scores, word) = (scores.clone(), word.clone());
            Box::pin(async move {
                let Some(row) = store::one(tx, &pair.0, &pair.1).await? else {
                    return Ok(Err(CaseworkError::NotFound));
                };
                // What is gone, deleted, erased or let go, is not scored: nobody writes about a customer who is erased.
                if row.body.is_none() {
                    return Ok(Err(CaseworkError::NotFound));
                }
                if row.person_id == by {
                    let own = "this answer is your own; a colleague scores it".to_owned();
                    return Ok(Err(CaseworkError::Refused(own)));
                }
                let done = store::score(tx, (&pair.0, &pair.1), (&by, &scores), now).await?;
                if done {
                    put(tx, &row, "word", &word).await?;
                    audit::append(tx, &entry, now).await?;
                }
                Ok(Ok(done))
            })
        });
        done.await?
    }

    /// Who gave an answer has seen what was said of it, and may say one line; false where they had.
    ///
    /// # Errors
    /// [`CaseworkError::Invalid`] with what is allowed; [`CaseworkError::NotFound`], also where it is another's.
    pub async fn score_seen(
        &self,
        (brand_id, id): (&str, &str),
        line: &str,
        actor: &Actor,
    ) -> Result<bool, CaseworkError> {
        self.require(actor, Right::Work, "quality.seen", (brand_id, id)).await?;
        self.card_of(brand_id)?;
        let line = checked(line, "line")?;
        if line.contains('\n') {
            return Err(CaseworkError::Invalid { field: "line", what: "wanted is one line".to_owned() });
        }
        let entry = self.done(actor, "quality.seen", (brand_id, id));
        let (pair, by) = ((brand_id.to_owned(), id.to_owned()), actor.person.to_string());
        let now = self.clock.now();
        let done = self.db.write_again("noting that scores were seen", move |tx| {
            let (pair, by, entry, line) = (pair.clone(), by.clone(), entry.clone(), line.clone());
            Box::pin(async move {
                let found = store::one(tx, &pair.0, &pair.1).await?;
                let Some(row) = found.filter(|r| r.person_id == by && r.scored_at.is_some()) else {
                    return Ok(Err(CaseworkError::NotFound));
                };
                let done = store::seen(tx, (&pair.0, &pair.1), &by, now).await?;
                if done {
                    put(tx, &row, "line", &line).await?;
                    audit::append(tx, &entry, now).await?;
                }
                Ok(Ok(done))
            })
        });
        done.await?
    }
}

fn checked(words: &str, field: &'static str) -> Result<String, CaseworkError> {
    let words = words.trim().to_owned();
    if words.chars().count() > WORD_CHARS_MAX {
        let what = format!("at most {WORD_CHARS_MAX} characters");
        return Err(CaseworkError::Invalid { field, what });
    }
    Ok(words)
}

/// Keeps words beside a drawn answer; they may quote the customer, and go with them.
async fn put(tx: &mut crate::store::Tx, row: &SampleRow, what: &str, words: &str) -> Result<(), StoreError> {
    // Words about an answer whose own words are gone would stay behind: an erasure or the months have passed already.
    if words.is_empty() || row.body.is_none() {
        return Ok(());
    }
    answer::put_content(tx, &format!("{}/{what}", row.id), &row.author_id, "quality", words).await
}
