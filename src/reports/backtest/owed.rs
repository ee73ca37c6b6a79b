//! Who owed an answer at its deadline: the person who had the case, whoever was on duty for it, or nobody.

use crate::domain::backtest::{Hand, Owner, was_held};
use crate::domain::duty::Present;
use crate::domain::language::Language;
use crate::domain::time::{Span, Timestamp};
use crate::duty::on_then;
use crate::store::{StoreError, Tx, duty as store};
use std::collections::HashMap;

const HOUR_MS: i64 = Span::hours(1).millis();
/// How long after a period its waits may still fall due.
const AFTER: Span = Span::days(14);

/// Who was on duty in a period.
#[derive(Clone, Debug, Default)]
pub(super) struct Rota {
    /// Whether anybody works with duty.
    used: bool,
    present: Vec<Present>,
    /// Hour of the epoch to places in `present`.
    by_hour: HashMap<i64, Vec<usize>>,
}

impl Rota {
    fn of(present: Vec<Present>) -> Self {
        let mut by_hour: HashMap<i64, Vec<usize>> = HashMap::new();
        for (place, p) in present.iter().enumerate() {
            for hour in p.from.millis().div_euclid(HOUR_MS)..=p.until.millis().div_euclid(HOUR_MS) {
                by_hour.entry(hour).or_default().push(place);
            }
        }
        Self { used: true, present, by_hour }
    }

    /// Who was on between two instants, and some days more.
    pub(super) async fn read(tx: &mut Tx, from: Timestamp, to: Timestamp) -> Result<Self, StoreError> {
        if !store::is_used(tx).await? {
            return Ok(Self::default());
        }
        Ok(Self::of(on_then(tx, from, to.plus(AFTER)).await?))
    }

    /// Who owed an answer in a language and a sector (empty for none) at an instant.
    pub(super) fn owner(&self, hands: &[Hand], (language, sector): (Language, &str), at: Timestamp) -> Owner {
        if was_held(hands, at) {
            return Owner::Person;
        }
        if !self.used {
            return Owner::Team;
        }
        let of_hour = self.by_hour.get(&at.millis().div_euclid(HOUR_MS)).map_or(&[][..], Vec::as_slice);
        let on = of_hour.iter().filter_map(|place| self.present.get(*place)).any(|p| {
            let sectors = &p.reach.sectors;
            let takes = sector.is_empty() || sectors.is_empty() || sectors.iter().any(|s| s == sector);
            p.from <= at && at < p.until && p.reach.reads(language) && takes
        });
        if on { Owner::Duty } else { Owner::Nobody }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::duty::{Reach, Role};

    #[test]
    fn the_person_owes_it_then_who_is_on_then_nobody() {
        let present = Present {
            person: "p".into(),
            from: Timestamp(HOUR_MS),
            until: Timestamp(3 * HOUR_MS),
            reach: Reach { languages: vec![Language::Nl], sectors: vec!["baggage".into()] },
            role: Role::Agent,
            buddy: None,
            planned: true,
        };
        let rota = Rota::of(vec![present]);
        let at = |hours: i64, of| rota.owner(&[], of, Timestamp(hours * HOUR_MS));
        assert_eq!(at(2, (Language::Nl, "baggage")), Owner::Duty);
        assert_eq!(at(2, (Language::Unknown, "")), Owner::Duty);
        assert_eq!(at(2, (Language::Nl, "refunds")), Owner::Nobody);
        assert_eq!(at(2, (Language::De, "baggage")), Owner::Nobody);
        assert_eq!([0, 1, 3].map(|h| at(h, (Language::Nl, ""))), [Owner::Nobody, Owner::Duty, Owner::Nobody]);
        let hands = [Hand { at: Timestamp(0), held: true }];
        assert_eq!(rota.owner(&hands, (Language::De, ""), Timestamp(9)), Owner::Person);
        assert_eq!(Rota::default().owner(&[], (Language::De, ""), Timestamp(9)), Owner::Team);
    }
}
