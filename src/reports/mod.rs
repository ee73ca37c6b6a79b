//! Reports: what a lead reads about a day, a week, a month.
//!
//! Everything is counted by the database in aggregates; only breaches are listed one by one, up to
//! a bound that the report itself tells. A wait is counted in the period in which its answer was
//! *due*: one that was answered late counts where it should have been answered, and one that is
//! not yet due counts neither way. An annulled breach counts as kept and is listed under
//! detection. Samples and what was posted before a source counted stand apart.
//!
//! Percentiles are by nearest rank: the p-th percentile is the smallest value such that at least
//! p of a hundred values are not greater. So it is always a value that occurred, and the median of
//! an even number of values is the lower one of the two in the middle.

pub mod backtest;
pub mod behind;
pub mod beside;
pub mod by_group;
mod canvas;
pub mod capture;
pub mod chart;
pub mod complaints;
pub mod console;
pub mod figures;
pub mod forecast;
pub mod frozen;
pub mod goodwill;
pub mod leads;
pub mod leads_write;
pub mod letter;
pub mod monday;
pub mod morning;
pub mod office;
pub mod paper;
pub mod paths;
pub mod period;
pub mod promises;
pub mod protocols;
pub mod public;
pub mod quality;
pub mod rising;
pub mod shadow;
pub mod spending;
pub mod staff;
pub mod survey;
pub mod then;
pub mod wall;
pub mod words;
pub mod write;

use crate::domain::correction::share;
use crate::domain::time::Timestamp;
use crate::store::report::{self as store, ByRow, Figures, Times};
use crate::store::{Db, StoreError, safety};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many breaches are listed one by one.
pub const BREACHES_MAX: usize = 5_000;

/// What is asked for: a period `[from, to)` and brands by id (none means all).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// First instant.
    pub from: Timestamp,
    /// First instant no longer in it.
    pub to: Timestamp,
    /// Brands by id; empty means all.
    pub brands: Vec<String>,
    /// The zone of its days and weeks.
    pub zone: TimeZone,
}

/// How promised answers of one kind went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Promised {
    /// Fell due within the period and was kept or broken.
    pub due: i64,
    /// Answered in time (or shown later to have been).
    pub kept: i64,
    /// Not answered in time.
    pub broken: i64,
    /// Kept of kept and broken, rounded down to a tenth; none if nothing was due.
    pub on_time_percent: Option<f64>,
    /// Of those due, how many were answered by now, late ones included.
    pub answered: i64,
    /// Ended without an answer: dismissed, solved or lapsed before it was due.
    pub without_answer: i64,
}

impl Promised {
    fn add(&mut self, f: &Figures) {
        self.kept += f.kept;
        self.broken += f.broken;
        self.answered += f.answered;
        self.without_answer += f.ended;
        self.due = self.kept + self.broken;
        // Down, so that 99.96 never reads as all of them.
        self.on_time_percent = (self.due > 0).then(|| (self.kept * 1000 / self.due) as f64 / 10.0);
    }
}

/// The figures of one platform and language, of one platform, or of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// The platform; empty in the total.
    pub platform: String,
    /// The language; empty in totals.
    pub language: String,
    /// Posts to or about the brand in the period.
    pub mentions: i64,
    /// Of these, how many need an answer.
    pub needing_answer: i64,
    /// Cases begun in the period that need an answer and that no promise covers.
    pub outside_promise: i64,
    /// First answers.
    pub first_response: Promised,
    /// Answers to later messages.
    pub next_response: Promised,
    /// Median time to the first answer, by the wall clock, from post to answer, in milliseconds.
    pub first_response_median_ms: Option<i64>,
    /// The same counted in the hours of the promise, in which it is held to its target.
    pub first_response_median_counted_ms: Option<i64>,
    /// 90th percentile by the wall clock.
    pub first_response_p90_ms: Option<i64>,
    /// Cases that are open now and need an answer.
    pub open_now: i64,
    /// Of these, how many are past their deadline now.
    pub late_now: i64,
    /// Of these, how many are in the last fifth of their time now.
    pub soon_late: i64,
}

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breach {
    /// The brand by name.
    pub brand: String,
    /// The case's short number.
    pub number: i64,
    /// The platform.
    pub platform: String,
    /// The language.
    pub language: String,
    /// `P1` … `P5`.
    pub level: &'static str,
    /// What was promised.
    pub kind: String,
    /// When the wait began, RFC 3339.
    pub started_at: String,
    /// When it was due, RFC 3339.
    pub due_at: String,
    /// When it was answered or solved, RFC 3339; none if not yet.
    pub ended_at: Option<String>,
    /// How late, in milliseconds, until the answer or until now.
    pub late_ms: i64,
    /// The largest part of the delay.
    pub cause: String,
    /// The parts of the delay in milliseconds.
    pub parts: BTreeMap<String, i64>,
    /// How long after its deadline it was noticed, in milliseconds.
    pub detection_ms: i64,
    /// The evidence that annulled it, if any did.
    pub annulled_by: Option<String>,
    /// The case's sector; empty for none.
    pub sector: String,
}

impl Breach {
    /// The language, and the sector where there is one.
    fn tongue_and_sector(&self) -> String {
        [self.language.as_str(), self.sector.as_str()].join(" ").trim_end().to_owned()
    }
}

/// How much triage misses, from the checks that people made in the period: of cases drawn at random
/// from those that triage thought to need no answer, how many did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Missed {
    /// How many were checked.
    pub checked: i64,
    /// Of these, how many needed an answer.
    pub needed_answer: i64,
    /// The latter of the former; none if nothing was checked.
    pub rate_percent: Option<f64>,
    /// Between this
    pub low_percent: Option<f64>,
    /// and this the true rate lies 95 times of 100 (Wilson).
    pub high_percent: Option<f64>,
}

impl Missed {
    /// From the counts.
    pub fn of(checked: i64, needed_answer: i64) -> Self {
        let tenth = |v: f64| (v * 10.0).round() / 10.0;
        let found = share(needed_answer, checked);
        Self {
            checked,
            needed_answer,
            rate_percent: found.map(|f| tenth(f.0)),
            low_percent: found.map(|f| tenth(f.1)),
            high_percent: found.map(|f| tenth(f.2)),
        }
    }
}

/// A report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// First instant, RFC 3339.
    pub from: String,
    /// First instant no longer in it, RFC 3339.
    pub to: String,
    /// When it was made, RFC 3339; open cases are as of then.
    pub made_at: String,
    /// The brands by name; empty means all.
    pub brands: Vec<String>,
    /// All channels and languages together.
    pub total: Row,
    /// By platform.
    pub platforms: Vec<Row>,
    /// By platform and language.
    pub rows: Vec<Row>,
    /// Broken promises, oldest first.
    pub breaches: Vec<Breach>,
    /// How many broken promises are not listed.
    pub breaches_not_listed: i64,
    /// What looked broken and was not: annulled by evidence that came later.
    pub detection: Vec<Breach>,
    /// How much triage misses.
    pub missed_by_triage: Missed,
    /// How much of what came in was seen in its turn, by source.
    pub capture: Vec<capture::Captured>,
    /// How the cases ended that were the front office's to solve.
    pub shadow: shadow::Shadow,
    /// The back door: trends, why customers came, first-time resolution.
    pub office: office::Office,
    /// What customers said afterwards; none where nobody is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey: Option<survey::Survey>,
    /// How colleagues scored answers; none where none were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quality: Vec<crate::domain::quality::Average>,
    /// What the platforms that charge were paid; none where nothing is charged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spending: Vec<spending::Spending>,
    /// The address of the console, for links to cases.
    #[serde(skip)]
    pub console: String,
    /// The promises that people made, by who owes them.
    pub promises: promises::Promises,
    /// What was given to customers.
    pub goodwill: goodwill::Goodwill,
    /// Formal complaints.
    pub complaints: complaints::Complaints,
    /// Posts of the samples in the period; counted nowhere else.
    pub samples: i64,
    /// Posts in the period from before their source counted; counted nowhere else.
    pub historic: i64,
}

/// Makes a report on one consistent view.
pub async fn report(db: &Db, ask: &Ask, now: Timestamp) -> Result<Report, StoreError> {
    let asked = ask.clone();
    db.read("making a report", move |tx| {
        Box::pin(async move {
            let mut report = Report {
                from: asked.from.rfc3339(),
                to: asked.to.rfc3339(),
                made_at: now.rfc3339(),
                ..Report::default()
            };
            let mut rows = Rows::default();
            for v in store::volume(tx, &asked.brands, asked.from, asked.to).await? {
                report.samples += v.samples;
                report.historic += v.historic;
                rows.each(&v.platform, &v.language, |row| {
                    row.mentions += v.mentions;
                    row.needing_answer += v.needing;
                });
            }
            for n in store::outside(tx, &asked.brands, asked.from, asked.to).await? {
                rows.each(&n.platform, &n.language, |row| row.outside_promise += n.n);
            }
            for f in store::promised(tx, &asked.brands, asked.from, asked.to, now).await? {
                let first = f.kind == "first_response";
                rows.each(&f.platform, &f.language, |row| {
                    if first { row.first_response.add(&f) } else { row.next_response.add(&f) }
                });
            }
            for o in store::open_now(tx, &asked.brands, now).await? {
                rows.each(&o.platform, &o.language, |row| {
                    row.open_now += o.open_now;
                    row.late_now += o.late;
                    row.soon_late += o.soon;
                });
            }
            for by in [ByRow::PlatformAndLanguage, ByRow::Platform, ByRow::Total] {
                for t in store::times(tx, &asked.brands, asked.from, asked.to, by).await? {
                    rows.times(&t);
                }
            }
            let found = store::breaches(tx, &asked.brands, asked.from, asked.to, BREACHES_MAX).await?;
            report.breaches_not_listed = found.not_listed;
            for row in found.rows {
                let breach = breach(row, now);
                if breach.annulled_by.is_some() { &mut report.detection } else { &mut report.breaches }
                    .push(breach);
            }
            let (checked, missed) = safety::checked(tx, &asked.brands, asked.from, asked.to).await?;
            report.missed_by_triage = Missed::of(checked, missed);
            report.capture = capture::of(tx, &asked).await?;
            report.shadow = shadow::of(tx, &asked).await?;
            report.office = office::of(tx, &asked, now).await?;
            report.survey = survey::of(tx, &asked).await?;
            report.promises = promises::of(tx, &asked, now).await?;
            report.goodwill = goodwill::of(tx, &asked).await?;
            report.complaints = complaints::of(tx, &asked, now).await?;
            report.quality = quality::of(tx, &asked, now).await?;
            report.spending = spending::of(tx, &asked).await?;
            report.brands = store::brand_names(tx, &asked.brands).await?;
            rows.into_report(&mut report);
            Ok(report)
        })
    })
    .await
}

/// Rows by platform and language; empty ones are the totals.
#[derive(Default)]
struct Rows(BTreeMap<(String, String), Row>);

impl Rows {
    fn at(&mut self, platform: &str, language: &str) -> &mut Row {
        self.0.entry((platform.to_owned(), language.to_owned())).or_insert_with(|| Row {
            platform: platform.to_owned(),
            language: language.to_owned(),
            ..Row::default()
        })
    }

    /// Adds to a row and to the totals above it.
    fn each(&mut self, platform: &str, language: &str, mut add: impl FnMut(&mut Row)) {
        for (platform, language) in [(platform, language), (platform, ""), ("", "")] {
            add(self.at(platform, language));
        }
    }

    fn times(&mut self, t: &Times) {
        let row = self.at(&t.platform, &t.language);
        row.first_response_median_ms = Some(t.median_ms);
        row.first_response_median_counted_ms = Some(t.median_counted_ms);
        row.first_response_p90_ms = Some(t.p90_ms);
    }

    fn into_report(self, report: &mut Report) {
        for ((platform, language), row) in self.0 {
            match (platform.is_empty(), language.is_empty()) {
                (true, _) => report.total = row,
                (false, true) => report.platforms.push(row),
                (false, false) => report.rows.push(row),
            }
        }
    }
}

fn breach(row: store::BreachRow, now: Timestamp) -> Breach {
    let mut parts: BTreeMap<String, i64> = serde_json::from_str(&row.parts).unwrap_or_default();
    let detection = parts.remove("detection_ms").unwrap_or(row.recorded_at - row.at);
    let ended = row.ended_at.filter(|_| matches!(row.state.as_str(), "kept" | "broken"));
    Breach {
        brand: row.brand,
        number: row.number,
        platform: row.platform,
        language: row.language,
        level: crate::domain::judgement::Level::from_number(row.level).code(),
        kind: row.kind,
        started_at: Timestamp(row.started_at).rfc3339(),
        due_at: Timestamp(row.at).rfc3339(),
        ended_at: ended.map(|at| Timestamp(at).rfc3339()),
        late_ms: (ended.or(row.ended_at).unwrap_or(now.millis()) - row.at).max(0),
        cause: row.cause,
        parts,
        detection_ms: detection.max(0),
        annulled_by: row.annulled_evidence,
        sector: row.sector,
    }
}
