//! How much may be translated in a month, and that leads are told before and when it is used up.

use super::{CHARS_MAX, Refusal, TranslatingError, Translator, noted};
use crate::domain::money::{self, Stage};
use crate::store::StoreError;
use crate::store::translation::{self as store, Reached};

/// So many characters are a short post: with fewer left hardly anything can be translated any more.
const SHORT: i64 = 280;

/// The stage that is told where a text did not fit: all is used up only where no short one would fit either, for
/// smaller texts go on until then. That four fifths are gone is told only where they are.
fn refused_at(used: i64, limit: i64) -> Stage {
    if limit.saturating_sub(used) < SHORT { Stage::Spent } else { Stage::of(used, Some(limit)) }
}

impl Translator {
    /// Says no before anything is written where a text is too long or the month is used up: a case that is opened again
    /// and again costs a look then.
    pub(super) async fn room(&self, text: &str) -> Result<(), TranslatingError> {
        let n = text.chars().count();
        if n > CHARS_MAX {
            return Err(TranslatingError::Refused(Refusal::TooLong));
        }
        let Some(limit) = self.config.limit() else { return Ok(()) };
        let used = self.used().await?.characters;
        if used.saturating_add(i64::try_from(n).unwrap_or(i64::MAX)) > limit {
            noted(self.service.name(), "limit");
            self.reaches(used, limit, refused_at(used, limit)).await?;
            return Err(TranslatingError::Limit(limit));
        }
        Ok(())
    }

    /// Looks how far the month is used up.
    pub(super) async fn reached(&self) -> Result<(), StoreError> {
        let Some(limit) = self.config.limit() else { return Ok(()) };
        let used = self.used().await?.characters;
        self.reaches(used, limit, Stage::of(used, Some(limit))).await
    }

    /// The same where a text did not fit any more.
    pub(super) async fn refused(&self) -> Result<(), StoreError> {
        let Some(limit) = self.config.limit() else { return Ok(()) };
        let used = self.used().await?.characters;
        self.reaches(used, limit, refused_at(used, limit)).await
    }

    /// Notes a stage that the month had not reached, for leads to be told. Writes once for each stage and limit.
    async fn reaches(&self, used: i64, limit: i64, stage: Stage) -> Result<(), StoreError> {
        if stage == Stage::Calm {
            return Ok(());
        }
        let now = Reached {
            service: self.service.name().to_owned(),
            month: money::month(self.clock.now()),
            stage: stage.number(),
            used,
            limit,
            told: 0,
        };
        let knows =
            |old: &Reached| old.month == now.month && old.limit == now.limit && old.stage >= now.stage;
        let old = self.db.read("reading how much was translated", |tx| Box::pin(store::reached(tx))).await?;
        if old.is_some_and(|old| knows(&old)) {
            return Ok(());
        }
        let noted = self.db.write_again("noting how much was translated", move |tx| {
            let mut now = now.clone();
            Box::pin(async move {
                if let Some(old) = store::reached(tx).await?
                    && old.month == now.month
                    && old.limit == now.limit
                {
                    now.told = old.told;
                    now.stage = now.stage.max(old.stage);
                }
                store::note_reached(tx, &now).await
            })
        });
        noted.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_used_up_once_no_short_text_would_fit() {
        assert_eq!(refused_at(0, 1_000), Stage::Calm, "one long text says nothing of what is used");
        assert_eq!(refused_at(720, 1_000), Stage::Calm, "280 are left: short texts go on");
        assert_eq!(refused_at(721, 1_000), Stage::Spent);
        assert_eq!(refused_at(1_720, 2_000), Stage::Near);
        assert_eq!(refused_at(1_200, 1_000), Stage::Spent);
        assert_eq!(refused_at(0, 150), Stage::Spent, "a limit that holds no short text");
    }
}
