//! Support days of colleagues from elsewhere: who serves on which full day of a quarter, fairly; and who did serve.
//! Pure: the same inputs give the same plan.
//!
//! Days are dealt in rounds: nobody gets a second day while somebody who may still take a first one has none. Within a
//! round whoever served longest ago goes first and gets the earlier days. Where a day that somebody could take is
//! taken by somebody who could take another, they are moved. So two people who owe the same and are not away
//! differ by a day at most. Newcomers come for two weeks on end, beside the others.

use super::planner::without;
use super::time::{Span, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// How many days a newcomer serves on end: two weeks of work.
pub const NEWCOMER_DAYS: usize = 10;
/// Most days that one person may owe in a quarter.
pub const OWED_MAX: usize = 30;

/// Somebody who takes support days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guest {
    /// Who, by id.
    pub person: String,
    /// How many days they owe in the quarter.
    pub owes: usize,
    /// The last full day on which they served.
    pub served_last: Option<Date>,
    /// The first day from which a newcomer's two weeks may begin; none for others.
    pub newcomer_from: Option<Date>,
    /// The days on which they cannot, be it for a part of the day.
    pub away: BTreeSet<Date>,
}

/// A proposal for a quarter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Day and person, by day.
    pub days: Vec<(Date, String)>,
    /// Who gets fewer days than they owe, and how many fewer.
    pub short: Vec<(String, usize)>,
}

/// Deals the days of a quarter, in order, to `seats` guests a day. Two weeks that begin late in it may go on over the days
/// `after` it.
pub fn plan(guests: &[Guest], (days, after): (&[Date], &[Date]), seats: usize) -> Plan {
    let ordered = |days: &[Date]| -> Vec<Date> {
        let mut days = days.to_vec();
        days.sort_unstable();
        days.dedup();
        days
    };
    let days = ordered(days);
    let all = ordered(&[days.as_slice(), after].concat());
    let mut plan = Plan::default();
    let mut table = Table { days: &days, seats, at: vec![Vec::new(); days.len()], guests: Vec::new() };
    for guest in guests {
        if let Some(from) = guest.newcomer_from {
            let weeks = two_weeks(guest, &all, from);
            if weeks.is_empty() {
                plan.short.push((guest.person.clone(), NEWCOMER_DAYS));
            }
            plan.days.extend(weeks.iter().map(|d| (*d, guest.person.clone())));
        } else {
            table.guests.push(guest);
        }
    }
    table.guests.sort_by(|a, b| (a.served_last, &a.person).cmp(&(b.served_last, &b.person)));
    let got = table.deal();
    for (at, who) in table.at.iter().enumerate() {
        plan.days.extend(who.iter().map(|g| (days[at], table.guests[*g].person.clone())));
    }
    for (guest, got) in table.guests.iter().zip(got) {
        if got < guest.owes {
            plan.short.push((guest.person.clone(), guest.owes - got));
        }
    }
    plan.days.sort();
    plan.short.sort();
    plan
}

/// The first two weeks of work on end in which a newcomer is never away.
fn two_weeks(guest: &Guest, days: &[Date], from: Date) -> Vec<Date> {
    let open: Vec<Date> = days.iter().copied().filter(|d| *d >= from).collect();
    let here = |w: &&[Date]| w.iter().all(|d| !guest.away.contains(d));
    open.windows(NEWCOMER_DAYS).find(here).map(<[Date]>::to_vec).unwrap_or_default()
}

struct Table<'a> {
    days: &'a [Date],
    seats: usize,
    /// Who sits at each day, by the place in `guests`.
    at: Vec<Vec<usize>>,
    guests: Vec<&'a Guest>,
}

impl Table<'_> {
    /// Deals in rounds; tells how many each got.
    fn deal(&mut self) -> Vec<usize> {
        let mut got = vec![0; self.guests.len()];
        let most = self.guests.iter().map(|g| g.owes).max().unwrap_or(0);
        for round in 0..most {
            let mut full = false;
            for (guest, mine) in got.iter_mut().enumerate() {
                if self.guests[guest].owes <= round || *mine < round {
                    continue;
                }
                if self.seat(guest, &mut BTreeSet::new()) {
                    *mine += 1;
                } else if self.could(guest) > round {
                    // Somebody goes without for want of room: nobody gets one more than they.
                    full = true;
                }
            }
            if full {
                break;
            }
        }
        got
    }

    /// On how many days somebody could serve.
    fn could(&self, guest: usize) -> usize {
        self.days.iter().filter(|d| !self.guests[guest].away.contains(d)).count()
    }

    fn fits(&self, guest: usize, at: usize) -> bool {
        !self.at[at].contains(&guest) && !self.guests[guest].away.contains(&self.days[at])
    }

    /// Gives somebody a day: a free one, far from their others, with the fewest guests, early; else one from which
    /// somebody can be moved.
    fn seat(&mut self, guest: usize, seen: &mut BTreeSet<usize>) -> bool {
        let own: Vec<usize> = (0..self.days.len()).filter(|at| self.at[*at].contains(&guest)).collect();
        let apart = |at: usize| own.iter().map(|o| o.abs_diff(at)).min().unwrap_or(usize::MAX);
        let free = (0..self.days.len()).filter(|at| self.at[*at].len() < self.seats && self.fits(guest, *at));
        // Days as far apart as a third of the quarter are far enough; among them the emptiest, then the earliest.
        let enough = self.days.len() / 3;
        if let Some(at) = free.max_by_key(|at| {
            (apart(*at).min(enough), std::cmp::Reverse(self.at[*at].len()), std::cmp::Reverse(*at))
        }) {
            self.at[at].push(guest);
            return true;
        }
        for at in 0..self.days.len() {
            if !self.fits(guest, at) || !seen.insert(at) {
                continue;
            }
            for place in 0..self.at[at].len() {
                let other = self.at[at][place];
                if self.move_away(other, seen) {
                    // They sit elsewhere as well by now: their seat here becomes free.
                    self.at[at][place] = guest;
                    return true;
                }
            }
        }
        false
    }

    /// Finds somebody another day beside those that they have.
    fn move_away(&mut self, guest: usize, seen: &mut BTreeSet<usize>) -> bool {
        self.seat(guest, seen)
    }
}

/// Of one person: how long they were on duty on each day of a zone.
pub type ByDay = BTreeMap<(String, Date), Span>;

/// How long each person was on duty on each day of a zone: stretches of duty without what absences that were told later
/// take out. A stretch over midnight counts for the day on which it began.
pub fn served(
    on: &[(String, Timestamp, Timestamp)],
    away: &[(String, Timestamp, Timestamp)],
    zone: &TimeZone,
) -> ByDay {
    let mut found = ByDay::new();
    for (person, from, until) in on {
        let gone: Vec<(Timestamp, Timestamp)> =
            away.iter().filter(|(p, ..)| p == person).map(|(_, a, b)| (*a, *b)).collect();
        let Ok(begins) = jiff::Timestamp::from_millisecond(from.millis()) else { continue };
        let day = begins.to_zoned(zone.clone()).date();
        for (a, b) in without(&[(*from, *until)], &gone) {
            let sum = found.entry((person.clone(), day)).or_insert(Span::ZERO);
            *sum = Span(sum.millis() + b.since(a).millis());
        }
    }
    found
}

/// The first and the last day of a quarter such as `2026-Q4`.
pub fn quarter(name: &str) -> Option<(Date, Date)> {
    let (year, number) = name.split_once("-Q")?;
    let (year, number): (i16, i8) = (year.parse().ok()?, number.parse().ok()?);
    if !(1..=4).contains(&number) || !(1990..=2200).contains(&year) {
        return None;
    }
    let first = Date::new(year, number * 3 - 2, 1).ok()?;
    let last = Date::new(year, number * 3, 1).ok()?.last_of_month();
    Some((first, last))
}

/// The name of the quarter of a day.
pub fn quarter_of(day: Date) -> String {
    format!("{}-Q{}", day.year(), (day.month() - 1) / 3 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn days(n: usize) -> Vec<Date> {
        let (first, last) = quarter("2026-Q4").unwrap();
        let all = std::iter::successors(Some(first), |d| d.tomorrow().ok().filter(|d| *d <= last));
        all.filter(|d| d.weekday().to_monday_zero_offset() < 5).take(n).collect()
    }

    fn guest(person: &str, owes: usize) -> Guest {
        Guest { person: person.to_owned(), owes, ..Guest::default() }
    }

    #[test]
    fn quarters_have_names() {
        let (first, last) = quarter("2026-Q4").unwrap();
        assert_eq!((first.to_string(), last.to_string()), ("2026-10-01".into(), "2026-12-31".into()));
        assert_eq!((quarter_of(first), quarter_of(last)), ("2026-Q4".into(), "2026-Q4".into()));
        for bad in ["2026-Q5", "2026-Q0", "2026", "Q1", "x-Q1"] {
            assert_eq!(quarter(bad), None, "{bad}");
        }
    }

    #[test]
    fn whoever_served_longest_ago_goes_first_and_newcomers_stay_two_weeks() {
        let days = days(65);
        let mut all = [guest("a", 1), guest("b", 2), guest("c", 1), guest("n", 0)];
        all[0].served_last = Some("2026-09-01".parse().unwrap());
        all[2].served_last = Some("2026-07-01".parse().unwrap());
        all[3].newcomer_from = Some(days[3]);
        all[3].away = [days[5]].into();
        let plan = plan(&all, (&days, &[]), 1);
        let first = |who: &str| plan.days.iter().find(|(_, p)| p == who).unwrap().0;
        assert!(first("b") < first("c") && first("c") < first("a"), "{plan:?}");
        let weeks: Vec<Date> = plan.days.iter().filter(|(_, p)| p == "n").map(|(d, _)| *d).collect();
        assert_eq!(weeks, days[6..16], "two weeks on end, after the day on which they cannot");
        assert!(plan.short.is_empty());
    }

    #[test]
    fn two_weeks_that_begin_late_go_on_into_the_next_quarter() {
        let (quarter, after) = (days(5), days(20).split_off(5));
        let newcomer = Guest { newcomer_from: Some(quarter[3]), ..guest("n", 0) };
        let all = [guest("a", 2), newcomer];
        let over = plan(&all, (&quarter, &after), 1);
        let of =
            |who: &str| over.days.iter().filter(|(_, p)| p == who).map(|(d, _)| *d).collect::<Vec<Date>>();
        assert_eq!(of("n"), days(13)[3..]);
        assert!(of("a").iter().all(|d| quarter.contains(d)) && of("a").len() == 2, "the others keep to it");
        assert!(over.short.is_empty());
        assert_eq!(plan(&all, (&quarter, &[]), 1).short, [("n".to_owned(), NEWCOMER_DAYS)]);
    }

    #[test]
    fn somebody_who_can_only_one_day_gets_it() {
        let days = days(2);
        let mut tied = guest("z", 1);
        tied.away = [days[1]].into();
        let plan = plan(&[guest("a", 1), tied], (&days, &[]), 1);
        assert_eq!(plan.days, [(days[0], "z".to_owned()), (days[1], "a".to_owned())]);
    }

    #[test]
    fn what_was_served_leaves_out_what_was_told_later() {
        let at = |h: i64| Timestamp(1_790_000_000_000).plus(Span::hours(h));
        let on = [("a".to_owned(), at(0), at(8)), ("b".to_owned(), at(0), at(8))];
        let away = [("a".to_owned(), at(6), at(20))];
        let told: Vec<i64> = served(&on, &away, &TimeZone::UTC).into_values().map(Span::millis).collect();
        assert_eq!(told, [6 * 3_600_000, 8 * 3_600_000]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        /// Who owes the same and is never away differs by a day at most; no day has too many, nobody serves twice a
        /// day or while away, nobody serves more than they owe; the order of inputs does not matter.
        #[test]
        fn it_is_fair(
            owes in prop::collection::vec((1_usize..4, prop::collection::btree_set(0_usize..20, 0..12)), 1..14),
            n in 1_usize..20, seats in 1_usize..3,
        ) {
            let days = days(n);
            let all: Vec<Guest> = owes.iter().enumerate().map(|(i, (owes, away))| Guest {
                // Every other one is never away.
                away: if i % 2 == 0 { BTreeSet::new() } else { away.iter().filter_map(|a| days.get(*a)).copied().collect() },
                ..guest(&format!("p{i:02}"), *owes)
            }).collect();
            let plan = super::plan(&all, (&days, &[]), seats);
            let got = |g: &Guest| plan.days.iter().filter(|(_, p)| *p == g.person).count();
            for day in &days {
                prop_assert!(plan.days.iter().filter(|(d, _)| d == day).count() <= seats);
            }
            let unique: BTreeSet<_> = plan.days.iter().collect();
            prop_assert_eq!(unique.len(), plan.days.len());
            for g in &all {
                prop_assert!(got(g) <= g.owes);
                prop_assert!(plan.days.iter().all(|(d, p)| *p != g.person || !g.away.contains(d)));
                let short = plan.short.iter().find(|(p, _)| *p == g.person).map_or(0, |(_, n)| *n);
                prop_assert_eq!(got(g) + short, g.owes);
                for other in all.iter().filter(|o| o.owes == g.owes && o.away.is_empty() && g.away.is_empty()) {
                    prop_assert!(got(g).abs_diff(got(other)) <= 1, "{:?}", plan);
                }
            }
            let mut turned = all.clone();
            turned.reverse();
            prop_assert_eq!(super::plan(&turned, (&days, &[]), seats), plan);
        }
    }
}
