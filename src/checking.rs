//! The draw of each day: of what triage thought to need no answer yesterday, a few cases at random go
//! to people to be looked at, so that it is known how much triage misses.
//!
//! A day is one of UTC. What is drawn are cases that came in on the day before; every replica tries,
//! and one note in the database lets one of them draw, in the transaction that writes what it drew.
//! Nothing is hidden or answered here.

use crate::catalogue::Current;
use crate::clock::{Chance, Clock, Mint};
use crate::domain::ids::CaseId;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::safety::Candidate;
use crate::store::{Db, StoreError, console, safety};
use std::sync::Arc;

const PERIOD: Span = Span::minutes(1);
/// How long it is remembered that a day was drawn.
const REMEMBERED: Span = Span::days(3);

/// What the draw works with; cheap to clone.
#[derive(Clone, Debug)]
pub struct Checking {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub mint: Arc<Mint>,
    /// The brands at present.
    pub catalogue: Current,
}

impl Checking {
    /// Draws until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        shutdown.spawn_every("checking", PERIOD, move || {
            let this = self.clone();
            async move {
                if let Err(error) = this.run_once().await {
                    tracing::warn!(%error, "could not draw what is to be checked; it tries again");
                }
                0
            }
        });
    }

    /// Draws for each brand whose draw of today has not been made; tells how many cases were drawn.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut drawn = 0;
        for watched in &self.catalogue.get().brands {
            drawn += self.draw(&watched.id, watched.brand.safety.checks_a_day, now).await?;
        }
        Ok(drawn)
    }

    async fn draw(&self, brand_id: &str, wanted: i64, now: Timestamp) -> Result<usize, StoreError> {
        let (day, note) = (now.day(), format!("triage_check:{brand_id}:{}", now.day()));
        let known = note.clone();
        let is_drawn = self.db.read("looking whether today was drawn", move |tx| {
            Box::pin(async move { console::is_noted(tx, &known, now).await })
        });
        let wanted = usize::try_from(wanted).unwrap_or(0);
        let Ok(today) = Timestamp::parse(&format!("{day}T00:00:00Z")) else { return Ok(0) };
        if wanted == 0 || is_drawn.await? {
            return Ok(0);
        }
        let from = CaseId::new(today.minus(Span::days(1)), [0; 10]).to_string();
        let to = CaseId::new(today, [0; 10]).to_string();
        let (brand, mint) = (brand_id.to_owned(), self.mint.clone());
        let drawn = self.db.write("drawing what is to be checked", move |tx| {
            Box::pin(async move {
                if !console::first_time(tx, &note, now, now.plus(REMEMBERED)).await? {
                    return Ok(0);
                }
                let found = safety::candidates(tx, &brand, &from, &to).await?;
                let rows: Vec<_> = pick(found, wanted, mint.chance())
                    .into_iter()
                    .map(|(case, mention, _)| (brand.clone(), day.clone(), case, mention, now.millis()))
                    .collect();
                safety::draw(tx, &rows).await?;
                Ok(rows.len())
            })
        });
        drawn.await
    }
}

/// As many as are wanted, each as likely as every other.
fn pick(mut found: Vec<Candidate>, wanted: usize, chance: &Chance) -> Vec<Candidate> {
    let most = wanted.min(found.len());
    for at in 0..most {
        let left = found.len() - at;
        let other = at + ((chance.fraction() * left as f64) as usize).min(left - 1);
        found.swap(at, other);
    }
    found.truncate(most);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(n: usize) -> Vec<Candidate> {
        (0..n).map(|n| (format!("{n}"), String::new(), 0)).collect()
    }

    #[test]
    fn each_is_drawn_about_as_often_as_every_other() {
        let (chance, mut times) = (Chance::seeded(3), [0_u32; 10]);
        for _ in 0..5_000 {
            let drawn = pick(all(10), 3, &chance);
            assert_eq!(drawn.len(), 3);
            for (id, _, _) in drawn {
                times[id.parse::<usize>().unwrap()] += 1;
            }
        }
        assert_eq!(times.iter().sum::<u32>(), 15_000, "none twice in a draw");
        assert!(times.iter().all(|n| (1_350..1_650).contains(n)), "{times:?}");
    }

    #[test]
    fn the_same_seed_draws_the_same_and_few_are_all_drawn() {
        let draw = |seed| pick(all(50), 20, &Chance::seeded(seed));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_eq!(pick(all(2), 20, &Chance::seeded(1)).len(), 2);
        assert!(pick(Vec::new(), 20, &Chance::seeded(1)).is_empty());
    }
}
