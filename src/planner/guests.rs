//! Guests: who takes support days, a quarter proposed and accepted, and who did serve.

use super::{Planner, PlannerError, day_of, invalid, named, note, refused, settle};
use crate::clock::Mint;
use crate::domain::duty::{Reach, Role};
use crate::domain::guests::{self as fair, Guest, OWED_MAX, quarter};
use crate::domain::ids::{QuarterId, ShiftId};
use crate::domain::planner::Pattern;
use crate::domain::time::{Span, Timestamp};
use crate::duty::brand_hours;
use crate::store::guests::{self as store, GuestRow, QuarterRow};
use crate::store::{StoreError, Tx, person, planner as plan};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// How far past the end of a quarter a newcomer's two weeks that begin in it may lie: with days off between.
const AFTER: i64 = 35;
/// How far back it is looked when somebody served last.
const REMEMBERED: Span = Span::days(400);

/// Somebody who takes support days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestLine {
    /// Who, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// How many days a quarter.
    pub owes: i64,
    /// The first day of a newcomer's two weeks.
    pub newcomer_from: Option<String>,
    /// The name of who looks after them.
    pub buddy: Option<String>,
}

/// A proposal for a quarter, with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// Day and name, by day.
    pub days: Vec<(String, String)>,
    /// Who gets too few days, and how many.
    pub short: Vec<(String, i64)>,
}

/// What somebody served in a quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Who, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// How many days they owe.
    pub owes: i64,
    /// The full days on which they served.
    pub full: Vec<Date>,
    /// Days on which they came for less.
    pub part: Vec<Date>,
    /// Days that are planned and not over.
    pub ahead: Vec<Date>,
}

/// A quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarter {
    /// As `2026-Q4`.
    pub name: String,
    /// Who takes support days.
    pub guests: Vec<GuestLine>,
    /// The proposal that waits for a lead.
    pub proposal: Option<Proposal>,
    /// Whether one was accepted.
    pub accepted: bool,
    /// Who served, by name.
    pub served: Vec<Served>,
}

type Dealt = Vec<(String, String)>;

impl Planner {
    /// Says that somebody takes support days, or with none and no newcomer's weeks that they take none any more.
    ///
    /// # Errors
    /// [`PlannerError::Invalid`] with the field and what is allowed.
    pub async fn set_guest(
        &self,
        by: &str,
        who: &str,
        owes: i64,
        newcomer: Option<(Date, &str)>,
    ) -> Result<(), PlannerError> {
        if !(0..=i64::try_from(OWED_MAX).unwrap_or(0)).contains(&owes) {
            return invalid("days", format!("allowed: 0 to {OWED_MAX}"));
        }
        let now = self.clock.now();
        let newcomer = newcomer.map(|(day, buddy)| (day, buddy.to_owned()));
        let entry = self.entry(by, "planner.guest", who);
        let who = who.to_owned();
        let done = self.db.write_again("noting a guest", move |tx| {
            let (who, newcomer, mut entry) = (who.clone(), newcomer.clone(), entry.clone());
            Box::pin(async move {
                let who = match named(tx, "person", &who).await? {
                    Ok(who) => who.id,
                    Err(wrong) => return Ok(Err(wrong)),
                };
                let mut row = GuestRow { person_id: who.clone(), owes, newcomer_from: None, buddy_id: None };
                if let Some((day, buddy)) = newcomer {
                    match named(tx, "buddy", &buddy).await? {
                        Ok(buddy) if buddy.id == who => {
                            return Ok(invalid("buddy", "allowed: somebody else"));
                        }
                        Ok(buddy) => row.buddy_id = Some(buddy.id),
                        Err(wrong) => return Ok(Err(wrong)),
                    }
                    row.newcomer_from = Some(day.to_string());
                }
                if owes == 0 && row.newcomer_from.is_none() {
                    store::drop(tx, &who).await?;
                } else {
                    store::put(tx, &row).await?;
                }
                entry.target = who;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }

    /// The days of a quarter that are ahead, on which work is done and a brand is open.
    fn open_days(&self, first: Date, last: Date) -> Vec<Date> {
        let tomorrow = self.day_of(self.clock.now()).tomorrow().unwrap_or(first);
        let hours: Vec<_> = self.catalogue.get().brands.iter().flat_map(brand_hours).collect();
        let days = std::iter::successors(Some(first.max(tomorrow)), |d| d.tomorrow().ok());
        days.take_while(|d| *d <= last)
            .filter(|d| d.weekday().to_monday_zero_offset() < 5)
            .filter(|d| {
                let (from, to) = (self.midnight(*d), self.midnight(d.tomorrow().unwrap_or(*d)));
                hours.is_empty() || hours.iter().any(|h| !h.intervals_between(from, to).is_empty())
            })
            .collect()
    }

    /// Proposes the days of a quarter; what was proposed before and not decided is discarded.
    ///
    /// # Errors
    /// [`PlannerError::Refused`] where nobody takes support days, or the quarter was accepted.
    pub async fn propose(&self, by: &str, name: &str) -> Result<(), PlannerError> {
        let Some((first, last)) = quarter(name) else { return invalid("quarter", "allowed: as 2026-Q4") };
        let days = self.open_days(first, last);
        if days.is_empty() {
            return refused("no day of it is ahead");
        }
        let past = |days: i64| last.checked_add(jiff::Span::new().try_days(days).ok()?).ok();
        let after = past(1).zip(past(AFTER)).map(|(a, b)| self.open_days(a, b)).unwrap_or_default();
        let (now, seats) = (self.clock.now(), usize::try_from(self.config.guest_seats).unwrap_or(1));
        let last_served = self.last_served(self.midnight(first)).await?;
        let id = self.mint.id(now, QuarterId::new).to_string();
        let entry = self.entry(by, "planner.propose", &id);
        let (by, name, zone) = (by.to_owned(), name.to_owned(), self.zone.clone());
        let done = self.db.write_again("proposing a quarter", move |tx| {
            let (by, name, id, entry) = (by.clone(), name.clone(), id.clone(), entry.clone());
            let (days, after) = (days.clone(), after.clone());
            let (served, zone) = (last_served.clone(), zone.clone());
            Box::pin(async move {
                plan::in_turn(tx).await?;
                let before = store::quarters(tx, &name).await?;
                if before.iter().any(|q| q.state == "accepted") {
                    return Ok(refused(
                        "a plan of this quarter was accepted; change single shifts in the week",
                    ));
                }
                let all = [days.as_slice(), after.as_slice()].concat();
                let guests = guests(tx, (&all, &name), &served, &zone).await?;
                if guests.is_empty() {
                    return Ok(refused("nobody takes support days"));
                }
                let dealt = fair::plan(&guests, (&days, &after), seats);
                for old in before.into_iter().filter(|q| q.state == "proposed") {
                    let old = decided(old, "discarded", &by, now);
                    store::put_quarter(tx, &old).await?;
                }
                let given: Dealt = dealt.days.into_iter().map(|(d, p)| (d.to_string(), p)).collect();
                let row = QuarterRow {
                    id,
                    quarter: name,
                    state: "proposed".to_owned(),
                    days: serde_json::to_string(&given).unwrap_or_default(),
                    short: serde_json::to_string(&dealt.short).unwrap_or_default(),
                    made_by: by,
                    made_at: now.millis(),
                    decided_by: None,
                    decided_at: None,
                };
                store::put_quarter(tx, &row).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }

    /// Accepts a proposal, so that its days are shifts; or discards it.
    pub async fn decide(&self, by: &str, id: &str, accepts: bool) -> Result<(), PlannerError> {
        let now = self.clock.now();
        let Some((starts, ends)) = self.config.guest_day() else {
            return refused("planner.guest_from and guest_until are no day");
        };
        let entry = self.entry(by, if accepts { "planner.accept" } else { "planner.discard" }, id);
        let (by, id, zone, mint) = (by.to_owned(), id.to_owned(), self.zone.clone(), self.mint.clone());
        let name_of = self.quarter_of_proposal(&id).await?;
        let done = self.db.write_again("deciding about a quarter", move |tx| {
            let (by, id, zone, mint) = (by.clone(), id.clone(), zone.clone(), mint.clone());
            let (entry, name) = (entry.clone(), name_of.clone());
            Box::pin(async move {
                plan::in_turn(tx).await?;
                let all = store::quarters(tx, &name).await?;
                let other = all.iter().any(|q| q.state == "accepted" && q.id != id);
                let Some(row) = all.into_iter().find(|q| q.id == id) else {
                    return Ok(Err(PlannerError::NotFound));
                };
                if row.state != "proposed" {
                    return Ok(refused("it was decided already"));
                }
                if accepts && other {
                    return Ok(refused("another plan of this quarter was accepted"));
                }
                if accepts {
                    accept(tx, &row, &zone, (starts, ends), (&mint, &by), now).await?;
                    settle(tx, now).await?;
                }
                let row = decided(row, if accepts { "accepted" } else { "discarded" }, &by, now);
                store::put_quarter(tx, &row).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }

    /// The quarter of a proposal, by name; empty where there is no such.
    async fn quarter_of_proposal(&self, id: &str) -> Result<String, StoreError> {
        let id = id.to_owned();
        let read = self.db.read("reading a proposal", move |tx| {
            Box::pin(async move { Ok(store::quarter_named(tx, &id).await?.unwrap_or_default()) })
        });
        read.await
    }

    /// How long each guest and newcomer was on duty by day, between two instants, as duty says and without what
    /// absences took out later.
    async fn on_days(&self, from: Timestamp, to: Timestamp) -> Result<fair::ByDay, StoreError> {
        let on = self.duty().between(from, to).await?;
        let as_guest = on.into_iter().filter(|o| matches!(o.present.role, Role::Guest | Role::Newcomer));
        let spans: Vec<_> = as_guest.map(|o| (o.present.person, o.present.from, o.present.until)).collect();
        let read = self
            .db
            .read("reading absences", move |tx| Box::pin(async move { plan::absences(tx, from, to).await }));
        let away = read.await?.into_iter().filter(|a| a.called_off_at.is_none());
        let away: Vec<_> = away.map(|a| (a.person_id, Timestamp(a.from_ms), Timestamp(a.until_ms))).collect();
        Ok(fair::served(&spans, &away, &self.zone))
    }

    fn is_full(&self, on: Span) -> bool {
        on >= Span::hours(self.config.full_day_hours)
    }

    /// The last full day of each before an instant.
    async fn last_served(&self, before: Timestamp) -> Result<BTreeMap<String, Date>, StoreError> {
        let to = before.min(self.clock.now());
        let days = self.on_days(to.minus(REMEMBERED), to).await?;
        let mut found = BTreeMap::new();
        for ((who, day), on) in days {
            if self.is_full(on) {
                found.insert(who, day);
            }
        }
        Ok(found)
    }

    /// A quarter: who takes support days, what is proposed, who served.
    pub async fn quarter(&self, name: &str) -> Result<Quarter, PlannerError> {
        let Some((first, last)) = quarter(name) else { return invalid("quarter", "allowed: as 2026-Q4") };
        let (from, to) = (self.midnight(first), self.midnight(last.tomorrow().unwrap_or(last)));
        let on = self.on_days(from, to).await?;
        let wanted = name.to_owned();
        let read = self.db.read("reading a quarter", move |tx| {
            Box::pin(async move {
                let names: BTreeMap<String, String> =
                    person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
                Ok((names, store::all(tx).await?, store::quarters(tx, &wanted).await?))
            })
        });
        let (names, guests, quarters) = read.await?;
        let of = |id: &String| names.get(id).cloned().unwrap_or_else(|| "?".to_owned());
        let mut served: BTreeMap<String, Served> = BTreeMap::new();
        let line = |person: &String, owes: i64| Served {
            person: person.clone(),
            name: of(person),
            owes,
            full: Vec::new(),
            part: Vec::new(),
            ahead: Vec::new(),
        };
        for g in &guests {
            served.insert(g.person_id.clone(), line(&g.person_id, g.owes));
        }
        let today = self.day_of(self.clock.now());
        for ((who, day), span) in on {
            let one = served.entry(who.clone()).or_insert_with(|| line(&who, 0));
            match (day >= today, self.is_full(span)) {
                (true, _) => one.ahead.push(day),
                (false, true) => one.full.push(day),
                (false, false) => one.part.push(day),
            }
        }
        let mut served: Vec<Served> = served.into_values().collect();
        served.sort_by(|a, b| (&a.name, &a.person).cmp(&(&b.name, &b.person)));
        let open = quarters.iter().rfind(|q| q.state == "proposed");
        let proposal = open.map(|q| {
            let days: Dealt = serde_json::from_str(&q.days).unwrap_or_default();
            let short: Vec<(String, i64)> = serde_json::from_str(&q.short).unwrap_or_default();
            Proposal {
                id: q.id.clone(),
                days: days.into_iter().map(|(d, p)| (d, of(&p))).collect(),
                short: short.into_iter().map(|(p, n)| (of(&p), n)).collect(),
            }
        });
        let lines = guests.iter().map(|g| GuestLine {
            person: g.person_id.clone(),
            name: of(&g.person_id),
            owes: g.owes,
            newcomer_from: g.newcomer_from.clone(),
            buddy: g.buddy_id.as_ref().map(of),
        });
        Ok(Quarter {
            name: name.to_owned(),
            guests: lines.collect(),
            proposal,
            accepted: quarters.iter().any(|q| q.state == "accepted"),
            served,
        })
    }
}

/// Makes shifts of the days of a proposal that are not over, for whoever still works on cases.
async fn accept(
    tx: &mut Tx,
    row: &QuarterRow,
    zone: &TimeZone,
    (starts, ends): (i64, i64),
    (mint, by): (&Mint, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let guests: BTreeMap<String, GuestRow> =
        store::all(tx).await?.into_iter().map(|g| (g.person_id.clone(), g)).collect();
    let barred = barred(tx).await?;
    let (today, dealt): (Date, Dealt) =
        (day_of(now, zone), serde_json::from_str(&row.days).unwrap_or_default());
    for (day, person) in dealt.into_iter().filter(|(_, person)| !barred.contains(person)) {
        let Some(day) = day.parse::<Date>().ok().filter(|d| *d >= today) else { continue };
        let guest = guests.get(&person);
        let newcomer = guest.is_some_and(|g| is_new(g, &row.quarter));
        let shift = Pattern {
            id: mint.id(now, ShiftId::new).to_string(),
            role: if newcomer { Role::Newcomer } else { Role::Guest },
            buddy: guest.and_then(|g| g.buddy_id.clone()),
            person,
            reach: Reach::default(),
            zone: zone.clone(),
            first: day,
            last: Some(day),
            starts,
            ends,
            every_weeks: 1,
            weekdays: 1 << day.weekday().to_monday_zero_offset(),
            except: Vec::new(),
            sequence: 0,
        };
        plan::add_shift(tx, &shift, by, now).await?;
    }
    Ok(())
}

/// Who is never planned: whoever may no longer log in, or works on no cases.
async fn barred(tx: &mut Tx) -> Result<BTreeSet<String>, StoreError> {
    let all = person::all(tx).await?.into_iter();
    let off = all.filter(|p| p.disabled_at.is_some() || crate::duty::OFF_ALWAYS.contains(&p.role.as_str()));
    Ok(off.map(|p| p.id).collect())
}

/// Whether somebody's two weeks as a newcomer begin in a quarter.
fn is_new(guest: &GuestRow, quarter: &str) -> bool {
    let from = guest.newcomer_from.as_deref().and_then(|d| d.parse::<Date>().ok());
    from.is_some_and(|d| fair::quarter_of(d) == quarter)
}

fn decided(row: QuarterRow, state: &str, by: &str, now: Timestamp) -> QuarterRow {
    let (decided_by, decided_at) = (Some(by.to_owned()), Some(now.millis()));
    QuarterRow { state: state.to_owned(), decided_by, decided_at, ..row }
}

/// Everybody who takes support days in a quarter, with when they cannot and when they served last.
async fn guests(
    tx: &mut Tx,
    (days, quarter): (&[Date], &str),
    served: &BTreeMap<String, Date>,
    zone: &TimeZone,
) -> Result<Vec<Guest>, StoreError> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(Vec::new()) };
    let at = |d: Date| {
        d.to_zoned(zone.clone()).map_or(Timestamp(0), |z| Timestamp(z.timestamp().as_millisecond()))
    };
    let absences = plan::absences(tx, at(*first), at(last.tomorrow().unwrap_or(*last))).await?;
    let barred = barred(tx).await?;
    let mut found = Vec::new();
    for g in store::all(tx).await?.into_iter().filter(|g| !barred.contains(&g.person_id)) {
        let own = absences.iter().filter(|a| a.person_id == g.person_id && a.called_off_at.is_none());
        let own: Vec<(Date, Date)> = own
            .map(|a| (day_of(Timestamp(a.from_ms), zone), day_of(Timestamp(a.until_ms - 1), zone)))
            .collect();
        let away = days.iter().copied().filter(|d| own.iter().any(|(a, b)| a <= d && d <= b)).collect();
        let from = g.newcomer_from.as_deref().and_then(|d| d.parse::<Date>().ok());
        // Whose two weeks lie in a quarter that is over owes days like everybody else.
        let newcomer_from = from.filter(|d| fair::quarter_of(*d) == quarter);
        found.push(Guest {
            owes: usize::try_from(g.owes).unwrap_or(0),
            served_last: served.get(&g.person_id).copied(),
            newcomer_from,
            away,
            person: g.person_id,
        });
    }
    Ok(found)
}
