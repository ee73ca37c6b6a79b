//! The open question, asked by itself once a score came and within the window of the survey. Who said both in one message,
//! or said more meanwhile, is not asked.

use super::super::Casework;
use super::{BATCH, LATE, Question, is_busy_day};
use crate::catalogue::Watched;
use crate::domain::time::Span;
use crate::store::outbox::{KILL_SWITCH, switch};
use crate::store::{StoreError, survey};
use std::collections::BTreeSet;

/// So long a score waits for words that come by themselves, in a message of their own.
const PATIENCE: Span = Span::minutes(2);

impl Casework {
    /// Asks who gave a score; returns how many cases were settled. On the days on which nobody is asked it waits; what
    /// could not be asked for three days is left out.
    pub(super) async fn open_questions(&self, watched: &Watched) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let (mut settled, mut silent, mut skip) = (0, BTreeSet::new(), 0);
        loop {
            let (brand_id, zone, after) = (watched.id.clone(), self.zone.clone(), skip);
            let cases = self.db.read("looking who gave a score", move |tx| {
                Box::pin(async move {
                    let span = (now.minus(LATE), now.minus(PATIENCE), now);
                    let found = survey::scored(tx, &brand_id, span, (after, BATCH)).await?;
                    if found.is_empty()
                        || switch(tx, KILL_SWITCH).await?
                        || is_busy_day(tx, &brand_id, now, &zone).await?
                    {
                        return Ok(Vec::new());
                    }
                    Ok(found)
                })
            });
            let cases = cases.await?;
            if cases.is_empty() {
                return Ok(settled);
            }
            for case in cases {
                let one = self.survey_one(watched, case, Question::Open, &mut silent).await?;
                settled += usize::from(one);
                // What waits for its account is not in the way of the rest.
                skip += i64::from(!one);
            }
        }
    }
}
