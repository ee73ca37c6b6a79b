//! What a person finds of a case that was drawn to be checked, and what a lead has hidden.
//!
//! Triage only sorts until a lead says otherwise, which nobody can before the brand's first days are
//! over; nothing says so by itself.

use super::{Act, Actor, Casework, CaseworkError};
use crate::domain::correction::Corrected;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::{audit, case, safety};

/// Why nothing can be hidden yet; the instant follows.
const TOO_EARLY: &str = "triage only sorts in a brand's first days; nothing can be hidden before";
/// Why nothing can be hidden blindly.
const NOTHING_SEEN: &str =
    "nobody has corrected or checked anything of this brand yet; see first how triage does, then hide";

/// How often a check is tried on a case that others are changing.
const TRIES: usize = 3;

/// What a person found of a case that triage thought to need no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It needs none.
    Right,
    /// It needs one.
    Missed,
}

impl Verdict {
    /// The word in forms and in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Missed => "missed",
        }
    }

    /// Reads the word of [`Verdict::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Right, Self::Missed].into_iter().find(|v| v.code() == code)
    }
}

impl Casework {
    /// Notes what a person found of a case that was drawn. One that was missed is corrected, so that
    /// its clock runs from the time of its post. Tells whether it was still to be checked.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] where the case was not drawn in this brand.
    pub async fn check(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
        verdict: Verdict,
    ) -> Result<bool, CaseworkError> {
        self.require(actor, Right::Correct, "check.decide", (brand_id, case_id)).await?;
        let (brand, id) = (brand_id.to_owned(), case_id.to_owned());
        let read = self.db.read("reading a check", move |tx| {
            Box::pin(async move {
                let row = case::look(tx, &brand, &id).await?;
                Ok(row.zip(safety::found(tx, &brand, &id).await?))
            })
        });
        let (row, found) = read.await?.ok_or(CaseworkError::NotFound)?;
        if !found.is_empty() {
            return Ok(false);
        }
        if verdict == Verdict::Right || row.needs_answer == 1 {
            return self.decide(brand_id, case_id, actor, verdict).await;
        }
        let needs = Corrected { needs_answer: Some(true), ..Corrected::default() };
        let mut seen = row.version;
        for _ in 0..TRIES {
            // The correction notes the verdict in its own transaction.
            match self.act(brand_id, case_id, seen, actor, Act::Correct(needs)).await {
                Ok(_) => return Ok(true),
                // What happened since does not change what the post says.
                Err(CaseworkError::Stale { now, .. }) => seen = now.version,
                // It needs an answer by now; the check stands open still.
                Err(CaseworkError::Invalid { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        self.decide(brand_id, case_id, actor, verdict).await
    }

    /// Who is first decides; tells whether it was this one.
    async fn decide(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
        verdict: Verdict,
    ) -> Result<bool, CaseworkError> {
        let (brand, id, by) = (brand_id.to_owned(), case_id.to_owned(), actor.person.to_string());
        let (now, entry) = (self.clock.now(), self.done(actor, "check.decide", (brand_id, case_id)));
        let noted = self.db.write("noting what a check found", move |tx| {
            Box::pin(async move {
                let decided = safety::decide(tx, &brand, &id, verdict.code(), &by, false, now).await?;
                if decided {
                    audit::append(tx, &entry, now).await?;
                }
                Ok(decided)
            })
        });
        Ok(noted.await?)
    }

    /// Turns on or off that what needs no answer leaves the main list of a brand. Only a lead may, and
    /// not on before the brand's first days are over and people have corrected or checked anything:
    /// without that there is no table of errors that a lead could have seen.
    ///
    /// # Errors
    /// [`CaseworkError::Refused`] with the reason; [`CaseworkError::NotFound`] for no such brand.
    pub async fn hide_no_answer(&self, brand_id: &str, on: bool, actor: &Actor) -> Result<(), CaseworkError> {
        let word = if on { "triage.hide" } else { "triage.show" };
        self.require(actor, Right::Steer, word, (brand_id, "")).await?;
        let entry = self.done(actor, word, (brand_id, ""));
        let catalogue = self.catalogue.get();
        let net = catalogue.brand(brand_id).ok_or(CaseworkError::NotFound)?.brand.safety.clone();
        let (brand, by, now) = (brand_id.to_owned(), actor.person.to_string(), self.clock.now());
        let turned = self.db.write("turning what is hidden", move |tx| {
            Box::pin(async move {
                let Some(born) = safety::born(tx, &brand).await? else { return Ok(None) };
                let from = net.may_hide_from(born);
                if on && now < from {
                    return Ok(Some(Err(format!("{TOO_EARLY} {}", from.rfc3339()))));
                }
                if on && safety::confused(tx, &brand, Timestamp(0)).await?.is_empty() {
                    return Ok(Some(Err(NOTHING_SEEN.to_owned())));
                }
                safety::turn(tx, &brand, on, &by, now).await?;
                audit::append(tx, &entry, now).await?;
                Ok(Some(Ok(())))
            })
        });
        match turned.await?.ok_or(CaseworkError::NotFound)? {
            Ok(()) => {
                tracing::warn!(
                    brand.id = brand_id,
                    hides = on,
                    person.id = actor.person.as_str(),
                    "what needs no answer"
                );
                Ok(())
            }
            Err(why) => Err(CaseworkError::Refused(why)),
        }
    }
}
