//! What leads read of a day, a week or a month: the report of the period, each kind of promise by brand, channel,
//! language, level and sector, day by day, and beside the period before and the same of last year.

use super::chart::Bar;
use super::period::{self, Days, Period};
use super::protocols::{self, Protocols};
use super::then::{self, Then};
use super::{Ask, Report, beside, by_group};
use crate::catalogue::Catalogue;
use crate::domain::time::Timestamp;
use crate::duty::gaps_between;
use crate::store::leading::{self, Span};
use crate::store::{Db, StoreError, Tx};
use crate::store::{day_note, leading_more};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The dimensions by which figures are told apart.
pub const DIMENSIONS: [&str; 5] = ["brand", "channel", "language", "level", "sector"];

/// How promises of one kind went.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Kind {
    /// `first_response` …
    pub kind: String,
    /// In time.
    pub kept: i64,
    /// Not in time.
    pub broken: i64,
    /// Kept of both, rounded down to a tenth.
    pub on_time_percent: Option<f64>,
    /// Median, 90th and 95th percentile of the time it took, by the wall clock, in milliseconds.
    pub median_ms: Option<i64>,
    /// 90th percentile.
    pub p90_ms: Option<i64>,
    /// 95th percentile.
    pub p95_ms: Option<i64>,
}

/// The figures of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// Its name; empty in the total, and for cases without a sector.
    pub name: String,
    /// Cases that began.
    pub cases: i64,
    /// Of these, those that need an answer.
    pub needing_answer: i64,
    /// Open now and in need of an answer; not counted in what stands beside, for it is as of now.
    pub open_now: i64,
    /// Of these, late.
    pub late_now: i64,
    /// Of these, in the last fifth of their time.
    pub soon_late: i64,
    /// Promises, by kind.
    pub kinds: Vec<Kind>,
    /// What else was counted in it, by code: see [`by_group`]; in groups of a dimension alone.
    pub beside: beside::Figures,
    /// What it had in the period before; in groups of a dimension alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Then>,
    /// What it had in the same of last year, where anything was counted then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_year: Option<Then>,
}

impl Group {
    /// The promises of one kind, if any was due.
    pub fn kind(&self, kind: &str) -> Option<&Kind> {
        self.kinds.iter().find(|k| k.kind == kind)
    }

    /// Whether anything happened in it.
    pub const fn is_empty(&self) -> bool {
        self.cases == 0 && self.open_now == 0 && self.kinds.is_empty()
    }
}

/// A span of days, `first` to `last`, both counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Named {
    /// The first day.
    pub first: String,
    /// The last day.
    pub last: String,
    /// Its total.
    pub total: Group,
    /// What else was counted of it, by code: see [`beside`].
    pub beside: beside::Figures,
}

/// One day of a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Day {
    /// The day.
    pub day: String,
    /// Answers due that day and given in time.
    pub kept: i64,
    /// Not in time.
    pub broken: i64,
}

/// What a lead noted of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Its id.
    #[serde(skip)]
    pub id: String,
    /// The day.
    pub day: String,
    /// The brand by name.
    pub brand: String,
    /// The words.
    pub words: String,
}

/// A stretch in which an answer was owed in a language and nobody who reads it was on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The language by its code; `any` where no language is promised by name.
    pub language: &'static str,
    /// First instant, RFC 3339.
    pub from: String,
    /// First instant no longer in it, RFC 3339.
    pub until: String,
    /// How long, in hours.
    pub hours: i64,
}

/// What leads read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Leads {
    /// `daily`, `weekly` or `monthly`.
    pub period: &'static str,
    /// The period, with its total.
    pub this: Named,
    /// The period before.
    pub before: Option<Named>,
    /// The same of last year, where anything was counted then.
    pub last_year: Option<Named>,
    /// By dimension, the groups.
    pub groups: BTreeMap<&'static str, Vec<Group>>,
    /// Day by day; empty for a single day.
    pub days: Vec<Day>,
    /// Private channels offered.
    pub private_offered: i64,
    /// Customers who came into one.
    pub private_opened: i64,
    /// Ties to tickets made.
    pub tickets_linked: i64,
    /// Answers due in the period that were given by an answer to many (`bulk`).
    pub bulk_answers: i64,
    /// Promised answers in time of those that were not given so, in percent; none where there were no others.
    pub on_time_without_bulk_percent: Option<f64>,
    /// Answers due in the period that were given by holding words (`holding`).
    pub holding_answers: i64,
    /// Promised answers in time of those that neither holding words nor an answer to many gave, in tenths of a percent;
    /// none where there were none.
    pub on_time_substantive_permille: Option<i64>,
    /// Cases that somebody gave back.
    pub given_back: i64,
    /// Cases that somebody claimed who had not been the first to.
    pub changed_hands: i64,
    /// Questions that were left to the members of a forum first.
    pub left_to_members: i64,
    /// Of these, how many the members solved before we answered.
    pub solved_by_members: i64,
    /// Where nobody was on duty; none where nobody works with duty.
    pub coverage_gaps: Option<Vec<Gap>>,
    /// The protocols that came up, by kind.
    pub protocols: Vec<Protocols>,
    /// What leads noted of its days.
    pub notes: Vec<Note>,
    /// Median of the time from post to receipt, in milliseconds.
    pub channel_delay_median_ms: Option<i64>,
    /// 95th percentile of that.
    pub channel_delay_p95_ms: Option<i64>,
    /// The zone of its days by name, for links; empty where it is the one in which the console tells days.
    #[serde(skip)]
    pub zone: String,
    /// Everything else that a report counts: breaches one by one, open ones, capture, shadow index, resolution.
    pub report: Report,
}

impl Leads {
    /// What was noted of a day, each note once.
    pub fn noted(&self, day: &str) -> String {
        let mut words: Vec<&str> = Vec::new();
        for n in self.notes.iter().filter(|n| n.day == day) {
            if !words.contains(&n.words.as_str()) {
                words.push(&n.words);
            }
        }
        words.join("; ")
    }

    /// First responses day by day, or by channel for a single day, as bars.
    pub fn bars(&self) -> Vec<Bar> {
        if !self.days.is_empty() {
            let mark = |d: &Day| if self.noted(&d.day).is_empty() { "" } else { "*" };
            let bar = |d: &Day| Bar {
                name: format!("{}{}", d.day.get(5..).unwrap_or(&d.day), mark(d)),
                kept: d.kept,
                broken: d.broken,
            };
            return self.days.iter().map(bar).collect();
        }
        let channels = self.groups.get("channel").map_or(&[][..], Vec::as_slice);
        let bar = |g: &Group| {
            let sum = |of: fn(&Kind) -> i64| {
                ["first_response", "next_response"].iter().filter_map(|k| g.kind(k)).map(of).sum()
            };
            Bar { name: g.name.clone(), kept: sum(|k| k.kept), broken: sum(|k| k.broken) }
        };
        channels.iter().map(bar).collect()
    }
}

/// What a report to leads is asked for.
#[derive(Clone, Debug)]
pub struct AskLeads {
    /// Which period.
    pub period: Period,
    /// Its days.
    pub days: Days,
    /// Brands by id; empty means all.
    pub brands: Vec<String>,
    /// The zone of the days.
    pub zone: TimeZone,
    /// What is promised, for gaps of duty; without it none are looked for.
    pub catalogue: Option<Arc<Catalogue>>,
}

impl AskLeads {
    /// The last whole period before `now`.
    pub fn last(period: Period, brands: Vec<String>, zone: &TimeZone, now: Timestamp) -> Option<Self> {
        let days = period.last(period::day_of(now, zone)?)?;
        Some(Self { period, days, brands, zone: zone.clone(), catalogue: None })
    }

    /// Asks for the period that begins on a day instead, if one does and is over; tells whether one does.
    pub fn begin_on(&mut self, day: Date) -> bool {
        let found = || {
            let next = day.checked_add(jiff::Span::new().try_days(40).ok()?).ok()?;
            let mut days = self.period.last(next)?;
            while days.0 > day {
                days = self.period.before(days)?;
            }
            (days.0 == day && days.1 <= self.days.1).then_some(days)
        };
        let found = found();
        self.days = found.unwrap_or(self.days);
        found.is_some()
    }

    /// Knowing what is promised, it looks for gaps of duty.
    pub fn knowing(mut self, catalogue: Arc<Catalogue>) -> Self {
        self.catalogue = Some(catalogue);
        self
    }

    /// The instants of the period.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        period::span(self.days, &self.zone)
    }
}

/// Makes a report to leads.
pub async fn leads(db: &Db, ask: &AskLeads, now: Timestamp) -> Result<Leads, StoreError> {
    let Some((from, to)) = ask.span() else { return Ok(Leads::default()) };
    let mut report =
        super::report(db, &Ask { from, to, brands: ask.brands.clone(), zone: ask.zone.clone() }, now).await?;
    if !beside::asks_customers(ask) {
        // A module that is off leaves no trace.
        report.survey = None;
    }
    let asked = ask.clone();
    db.read("making a report to leads", move |tx| {
        Box::pin(async move { counted(tx, &asked, report, now).await })
    })
    .await
}

async fn counted(tx: &mut Tx, ask: &AskLeads, report: Report, now: Timestamp) -> Result<Leads, StoreError> {
    let mut made = Leads { period: ask.period.code(), report, ..Leads::default() };
    made.this = named(tx, ask, ask.days, now).await?.unwrap_or_default();
    let (open, total) = (&made.report.total, &mut made.this.total);
    (total.open_now, total.late_now, total.soon_late) = (open.open_now, open.late_now, open.soon_late);
    if let Some(days) = ask.period.before(ask.days) {
        made.before = named(tx, ask, days, now).await?;
    }
    if let Some(days) = ask.period.year_before(ask.days) {
        made.last_year = named(tx, ask, days, now).await?.filter(|n| !n.total.is_empty());
    }
    let Some((from, to)) = ask.span() else { return Ok(made) };
    let of = Span { brands: &ask.brands, from, to, now };
    for by in DIMENSIONS {
        made.groups
            .insert(by, with_open(groups(tx, of, by).await?, leading_more::open_by(tx, of, by).await?));
    }
    let mut day = ask.days.0;
    while ask.period != Period::Daily && day < ask.days.1 {
        let Ok(next) = day.tomorrow() else { break };
        let Some((from, to)) = period::span((day, next), &ask.zone) else { break };
        let rows = leading::kinds(tx, Span { from, to, ..of }, "total").await?;
        let answers = rows.iter().filter(|r| r.kind.ends_with("_response"));
        let (kept, broken) = answers.fold((0, 0), |(k, b), r| (k + r.kept, b + r.broken));
        made.days.push(Day { day: day.to_string(), kept, broken });
        day = next;
    }
    let row = leading::beside(tx, of).await?;
    made.private_offered = row.offered;
    made.private_opened = row.opened;
    made.tickets_linked = row.tied;
    made.bulk_answers = row.many_kept + row.many_broken;
    let answers = made.this.total.kinds.iter().filter(|k| k.kind.ends_with("_response"));
    let (kept, broken) = answers.fold((0, 0), |(k, b), r| (k + r.kept, b + r.broken));
    let (kept, broken) = (kept - row.many_kept, broken - row.many_broken);
    let due = kept + broken;
    made.on_time_without_bulk_percent = (due > 0).then(|| (kept * 1000 / due) as f64 / 10.0);
    (made.holding_answers, made.on_time_substantive_permille) = beside::substantive(tx, of, &row).await?;
    made.given_back = leading_more::count(tx, of, "given_back").await?;
    made.changed_hands = leading_more::count(tx, of, "changed_hands").await?;
    made.left_to_members = leading_more::count(tx, of, "left_to_members").await?;
    made.solved_by_members = leading_more::count(tx, of, "solved_by_members").await?;
    if let Some(catalogue) = &ask.catalogue {
        made.coverage_gaps = gaps_of(tx, catalogue, &ask.brands, (from, to.min(now))).await?;
    }
    by_group::put(tx, ask, of, &mut made).await?;
    then::put(tx, ask, &mut made, now).await?;
    made.protocols = protocols::figures(tx, &ask.brands, (from, to)).await?;
    made.notes = notes(tx, &ask.brands, (&made.this.first, &made.this.last)).await?;
    made.channel_delay_median_ms = row.delay_median_ms;
    made.channel_delay_p95_ms = row.delay_p95_ms;
    made.this.beside = beside::this(&made);
    for (of, days) in [
        (made.before.as_mut(), ask.period.before(ask.days)),
        (made.last_year.as_mut(), ask.period.year_before(ask.days)),
    ] {
        if let (Some(of), Some(days)) = (of, days) {
            of.beside = beside::of_days(tx, ask, days, now).await?;
        }
    }
    Ok(made)
}

/// The groups with what is open in each; what is open of no group that was counted is one of its own.
fn with_open(mut groups: Vec<Group>, open: Vec<leading_more::OpenRow>) -> Vec<Group> {
    for row in open {
        let at = groups.iter().position(|g| g.name == row.name).unwrap_or_else(|| {
            groups.push(Group { name: row.name.clone(), ..Group::default() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            (group.open_now, group.late_now, group.soon_late) = (row.open_now, row.late, row.soon);
        }
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
}

/// Where nobody was on duty between two instants; none where nobody works with duty.
pub async fn gaps_of(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    span: (Timestamp, Timestamp),
) -> Result<Option<Vec<Gap>>, StoreError> {
    let gap = |(language, from, until): (&'static str, Timestamp, Timestamp)| Gap {
        language,
        from: from.rfc3339(),
        until: until.rfc3339(),
        hours: until.since(from).millis() / 3_600_000,
    };
    let found = gaps_between(tx, catalogue, brands, span).await?;
    Ok(found.map(|all| all.into_iter().map(gap).collect()))
}

/// What leads noted of days, both counted.
pub async fn notes(tx: &mut Tx, brands: &[String], days: (&str, &str)) -> Result<Vec<Note>, StoreError> {
    let rows = day_note::of_days(tx, brands, days.0, days.1).await?;
    let note = |r: day_note::DayNote| Some(Note { id: r.id, day: r.day, brand: r.brand, words: r.words? });
    Ok(rows.into_iter().filter_map(note).collect())
}

async fn named(tx: &mut Tx, ask: &AskLeads, days: Days, now: Timestamp) -> Result<Option<Named>, StoreError> {
    let Some((from, to)) = period::span(days, &ask.zone) else { return Ok(None) };
    let of = Span { brands: &ask.brands, from, to, now };
    let total = groups(tx, of, "total").await?.into_iter().next().unwrap_or_default();
    let last = days.1.yesterday().unwrap_or(days.1);
    let beside = beside::Figures::new();
    Ok(Some(Named { first: days.0.to_string(), last: last.to_string(), total, beside }))
}

/// The groups of a dimension with what began and what was promised in a span.
pub(super) async fn groups(tx: &mut Tx, of: Span<'_>, by: &str) -> Result<Vec<Group>, StoreError> {
    let mut found: BTreeMap<String, Group> = BTreeMap::new();
    let mut counts = Vec::new();
    for row in leading::begun(tx, of, by).await? {
        counts.push((row.name, row.cases, row.needing, None));
    }
    for row in leading::kinds(tx, of, by).await? {
        let due = row.kept + row.broken;
        let kind = Kind {
            kind: row.kind,
            kept: row.kept,
            broken: row.broken,
            // Down, so that 99.96 never reads as all of them.
            on_time_percent: (due > 0).then(|| (row.kept * 1000 / due) as f64 / 10.0),
            median_ms: row.median_ms,
            p90_ms: row.p90_ms,
            p95_ms: row.p95_ms,
        };
        counts.push((row.name, 0, 0, (due > 0).then_some(kind)));
    }
    for (name, cases, needing, kind) in counts {
        let group = found.entry(name.clone()).or_insert_with(|| Group { name, ..Group::default() });
        group.cases += cases;
        group.needing_answer += needing;
        group.kinds.extend(kind);
    }
    Ok(found.into_values().filter(|g| !g.is_empty()).collect())
}
