//! What the screen on the wall tells: how long until the next promise is broken, what is open, how today goes, how many
//! are on duty, how long a customer waits. Numbers alone: it names no customer and nobody of the team.

use super::{period, public};
use crate::catalogue::Watched;
use crate::domain::role::Walls;
use crate::domain::time::Timestamp;
use crate::duty;
use crate::store::{StoreError, Tx, peak, person, report as counts, wall as store};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// To how many parked cases of a brand it is counted.
const PARKED_MAX: i64 = 100_000;

/// What stands open on one level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Open and in need of an answer.
    pub open: i64,
    /// Of these past their deadline.
    pub late: i64,
}

/// One language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tongue {
    /// What stands open in it.
    pub standing: Standing,
    /// How many on duty read it.
    pub on_duty: usize,
    /// Three of four get an answer within about so many minutes; none where nobody can tell. Of several brands the longest.
    pub expected_minutes: Option<i64>,
}

/// The whole board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wall {
    /// The instant of which it is.
    pub at: Timestamp,
    /// The nearest deadline that has not passed.
    pub next_due: Option<Timestamp>,
    /// Everything open.
    pub all: Standing,
    /// Promised answers of today that were given in time.
    pub kept: i64,
    /// Promised answers that fell due today.
    pub due: i64,
    /// How many are on duty who see any of these brands.
    pub on_duty: usize,
    /// How many open cases are parked by the crisis switch; they are counted above as well.
    pub parked: i64,
    /// By level, P1 first; always five.
    pub levels: [Standing; 5],
    /// By language: what is promised or open.
    pub languages: BTreeMap<String, Tongue>,
}

impl Wall {
    /// The share that was on time today, in whole percent rounded down, so that 100 means all; none before anything fell due.
    pub fn on_time_percent(&self) -> Option<i64> {
        (self.kept * 100).checked_div(self.due)
    }

    fn count(&mut self, row: &store::OpenRow) {
        let level = usize::try_from(row.level.clamp(1, 5) - 1).unwrap_or(0);
        let tongue = self.languages.entry(row.language.clone()).or_default();
        for standing in [&mut self.all, &mut self.levels[level], &mut tongue.standing] {
            standing.open += row.open_now;
            standing.late += row.late;
        }
    }
}

/// The board of brands, of which there must be one: to the store none means all.
///
/// # Errors
/// The store's, and one where no brand is given.
pub async fn of(
    tx: &mut Tx,
    brands: &[Watched],
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Wall, StoreError> {
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    if ids.is_empty() {
        return Err(StoreError::Refused("a wallboard of no brand".to_owned()));
    }
    let mut wall = Wall { at: now, ..Wall::default() };
    for brand in brands {
        wall.parked += peak::parked(tx, &brand.id, now, PARKED_MAX).await?;
        for expected in public::live(tx, brand, now).await?.languages {
            let tongue = wall.languages.entry(expected.language).or_default();
            tongue.expected_minutes = tongue.expected_minutes.max(expected.minutes);
        }
    }
    for row in store::open(tx, &ids, now).await? {
        wall.count(&row);
    }
    for id in &ids {
        // What a lead says holds for this brand: in the languages that it promises it is told above, here in all that wait.
        let Some(said) = peak::expected_wait(tx, id, now).await? else { continue };
        for row in store::open(tx, std::slice::from_ref(id), now).await? {
            let tongue = wall.languages.entry(row.language).or_default();
            tongue.expected_minutes = tongue.expected_minutes.max(Some(said));
        }
    }
    wall.next_due = store::next_due(tx, &ids, now).await?;
    let midnight = period::day_of(now, zone).and_then(|day| period::begin(day, zone));
    for row in counts::promised(tx, &ids, midnight.unwrap_or(now), now, now).await? {
        wall.kept += row.kept;
        wall.due += row.kept + row.broken;
    }
    let walls: BTreeMap<String, Walls> =
        person::all(tx).await?.into_iter().map(|p| (p.id, Walls::stored(p.brands.as_deref()))).collect();
    let sees = |id: &String| walls.get(id).is_some_and(|w| ids.iter().any(|brand| w.let_see(brand)));
    for on in duty::on_at(tx, now).await? {
        if !sees(&on.present.person) {
            continue;
        }
        wall.on_duty += 1;
        for (code, tongue) in &mut wall.languages {
            let reads = crate::domain::language::Language::from_code(code);
            tongue.on_duty += usize::from(reads.is_some_and(|l| on.present.reach.reads(l)));
        }
    }
    Ok(wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_a_row_counts_in_three_places() {
        let mut wall = Wall { kept: 199, due: 200, ..Wall::default() };
        assert_eq!(wall.on_time_percent(), Some(99), "a hundred is said when nothing was late");
        assert_eq!(Wall::default().on_time_percent(), None);
        for (level, language, late) in [(1, "nl", 1), (2, "nl", 0), (9, "en", 0)] {
            wall.count(&store::OpenRow { level, language: language.into(), open_now: 2, late });
        }
        assert_eq!(wall.all, Standing { open: 6, late: 1 });
        assert_eq!(wall.levels.map(|s| s.open), [2, 2, 0, 0, 2]);
        assert_eq!(wall.languages["nl"].standing, Standing { open: 4, late: 1 });
    }
}
