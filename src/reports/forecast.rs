//! What is to be expected, and how many people it takes: hour by hour and language by language, with how wrong that
//! would have been on the last weeks beside the plainest guess; and what goes late at the present rate.
//!
//! What comes in while a language is closed waits for its next open hour. Each language is counted as a team of its
//! own: who reads two is needed once, so that sums over languages are too high.

use super::paper::{Block, Paper, say};
use super::words::Words;
use crate::catalogue::Catalogue;
use crate::domain::arrivals::{self, Days, HOURS, Week};
use crate::domain::calendar::{Day, Hours};
use crate::domain::language::Language;
use crate::domain::outlook::{self, Outlook, Pace};
use crate::domain::staffing::{Load, people_for};
use crate::domain::time::{Span, Timestamp};
use crate::duty;
use crate::store::{Db, StoreError, Tx, duty as arrived, forecast as store};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many weeks of history are read: a year, and what is around its same week.
const BACK: Span = Span::days(7 * 60);
/// How many weeks are held back to see how wrong it is.
const HELD: usize = 4;
/// Fewest answers that tell how long one takes.
const ANSWERS_MIN: usize = 20;
/// What is taken where nobody knows.
const HANDLING: f64 = 8.0;
/// How long one answer takes at least and at most, in minutes: what lies outside was put down meanwhile.
const HANDLING_BOUNDS: (f64, f64) = (0.5, 60.0);
/// How far back answers tell how long one takes.
const HANDLING_BACK: Span = Span::days(56);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct AskForecast {
    /// What is promised.
    pub catalogue: Arc<Catalogue>,
    /// Brands by id.
    pub brands: Vec<String>,
    /// The zone of the hours of the week.
    pub zone: TimeZone,
    /// How many weeks ahead.
    pub weeks: usize,
    /// How long one answer takes, in minutes, where somebody said so.
    pub handling: Option<f64>,
    /// After how many minutes people give up in the mean; none if they do not.
    pub patience: Option<f64>,
}

/// One hour ahead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HourAhead {
    /// Its first instant, RFC 3339.
    pub from: String,
    /// How many come in.
    pub expected: f64,
    /// Whether it is on a holiday of the brands' calendars.
    pub holiday: bool,
    /// Whether a clock runs in it.
    pub open: bool,
    /// People who are planned and read the language.
    pub planned: usize,
    /// People who keep the promise for 80 of a hundred; none where nothing is promised.
    pub people_80: Option<u32>,
    /// For 95 of a hundred.
    pub people_95: Option<u32>,
}

/// How wrong a guess was on weeks that were held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Wrong {
    /// Mean error in percent of what came, over hours in which something did.
    pub mape_percent: Option<f64>,
    /// Mean error for that of 'as in the week before'.
    pub mase: Option<f64>,
}

/// One language ahead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LanguageAhead {
    /// Its code; `any` where none is promised by name.
    pub language: &'static str,
    /// The tightest promise of a first answer, in minutes.
    pub promise_minutes: Option<i64>,
    /// Cases that owe an answer now: work of the first open hour, beside what comes in by then.
    pub open_now: i64,
    /// Whole weeks that were seen.
    pub weeks_seen: usize,
    /// Weeks that were held back; 0 where too few were seen.
    pub weeks_held: usize,
    /// How wrong it would have been.
    pub forecast: Wrong,
    /// How wrong it would have been, had it not known of holidays.
    pub without_holidays: Wrong,
    /// How many holidays stand in the weeks that were seen.
    pub holidays_seen: usize,
    /// How much comes on a holiday for each that comes on the same day otherwise.
    pub holiday_factor: f64,
    /// How wrong 'as in the week before' would have been.
    pub baseline: Wrong,
    /// Hour by hour.
    pub hours: Vec<HourAhead>,
}

/// What is to be expected.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forecast {
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// How long one answer takes, in minutes.
    pub handling_minutes: f64,
    /// `measured`, `said` or `assumed`.
    pub handling: &'static str,
    /// After how many minutes people give up in the mean, where that is counted with.
    pub patience_minutes: Option<f64>,
    /// What goes late at the rate of the last hour.
    pub outlook: LateAhead,
    /// Language by language.
    pub languages: Vec<LanguageAhead>,
}

/// What goes late at the rate of the last hour, within four hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LateAhead {
    /// Cases that are late already.
    pub late_now: usize,
    /// Cases that go late.
    pub goes_late: usize,
    /// When the first of them does, RFC 3339.
    pub first_at: Option<String>,
    /// By when all of them have, RFC 3339.
    pub by_at: Option<String>,
    /// So many people more prevent it; none where nothing goes late, or no number of people helps.
    pub people_more: Option<u32>,
    /// For so many minutes.
    pub for_minutes: Option<i64>,
}

impl From<Outlook> for LateAhead {
    fn from(found: Outlook) -> Self {
        let (people_more, for_minutes) = found.help.unzip();
        Self {
            late_now: found.late_now,
            goes_late: found.goes_late,
            first_at: found.first.map(Timestamp::rfc3339),
            by_at: found.by.map(Timestamp::rfc3339),
            people_more,
            for_minutes,
        }
    }
}

/// The week on the wall of a zone, counted from one in 1970, and the hour in it.
fn place(at: Timestamp, zone: &TimeZone) -> (i64, usize) {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default().to_zoned(zone.clone());
    let day = i64::from(at.date().since(jiff::civil::date(1970, 1, 5)).map_or(0, |s| s.get_days()));
    let hour = day.rem_euclid(7) * 24 + i64::from(at.hour());
    (day.div_euclid(7), usize::try_from(hour).unwrap_or(0).min(HOURS - 1))
}

/// Whole weeks before the one that `now` is in, oldest first, of one language or of all.
fn weeks(rows: &[(i64, String, i64)], language: Language, now: Timestamp, zone: &TimeZone) -> Vec<Week> {
    let (this, _) = place(now, zone);
    let mut by_week: BTreeMap<i64, Week> = BTreeMap::new();
    let mut first = this;
    for (hour, code, n) in rows {
        let (week, at) = place(Timestamp(hour * 3_600_000), zone);
        first = first.min(week);
        if week < this && (language == Language::Unknown || code == language.code()) {
            by_week.entry(week).or_insert([0.0; HOURS])[at] += *n as f64;
        }
    }
    // The first week began somewhere in its middle.
    let begin = if this - first > 2 { first + 1 } else { first };
    (begin..this).map(|week| by_week.get(&week).copied().unwrap_or([0.0; HOURS])).collect()
}

/// How long one answer takes, and how that is known.
async fn handling(tx: &mut Tx, ask: &AskForecast, now: Timestamp) -> Result<(f64, &'static str), StoreError> {
    if let Some(said) = ask.handling {
        return Ok((said, "said"));
    }
    let took = store::handling(tx, &ask.brands, now.minus(HANDLING_BACK), 5_000).await?;
    let minutes = took.iter().map(|ms| *ms as f64 / 60_000.0);
    let fits: Vec<f64> = minutes.filter(|m| (HANDLING_BOUNDS.0..=HANDLING_BOUNDS.1).contains(m)).collect();
    if fits.len() < ANSWERS_MIN {
        return Ok((HANDLING, "assumed"));
    }
    Ok((fits.iter().sum::<f64>() / fits.len() as f64, "measured"))
}

/// Makes it.
pub async fn forecast(db: &Db, ask: &AskForecast, now: Timestamp) -> Result<Forecast, StoreError> {
    let asked = ask.clone();
    db.read("making a forecast", move |tx| Box::pin(async move { made(tx, &asked, now).await })).await
}

async fn made(tx: &mut Tx, ask: &AskForecast, now: Timestamp) -> Result<Forecast, StoreError> {
    let (minutes, known) = handling(tx, ask, now).await?;
    let rows = arrived::arrivals(tx, &ask.brands, now.minus(BACK)).await?;
    let open = store::owed(tx, &ask.brands, now).await?;
    let count = HOURS * ask.weeks.max(1);
    let cover = duty::cover(tx, &ask.catalogue, &ask.brands, now, (count, &ask.zone)).await?;
    let languages = cover.languages.iter().map(|c| ahead(c, (&rows, &open), (ask, minutes), now)).collect();
    Ok(Forecast {
        made_at: now.rfc3339(),
        handling_minutes: (minutes * 10.0).round() / 10.0,
        handling: known,
        patience_minutes: ask.patience,
        outlook: looked(tx, ask, minutes, now).await?.into(),
        languages,
    })
}

/// The calendars of what the brands promise.
fn calendars(ask: &AskForecast) -> Vec<Hours> {
    let chosen = ask.catalogue.brands.iter().filter(|b| ask.brands.contains(&b.id));
    chosen.flat_map(duty::brand_hours).collect()
}

/// Which days of a week, counted as by [`place`], are holidays of any of the calendars.
fn holidays(calendars: &[Hours], week: i64) -> Days {
    // 1970-01-05, the first Monday, is the fourth day after the first.
    let day = |d: usize| Day(4 + week * 7 + i64::try_from(d).unwrap_or(0));
    let is = |hours: &Hours, day| matches!(hours, Hours::Open(calendar) if calendar.is_holiday(day));
    std::array::from_fn(|d| calendars.iter().any(|hours| is(hours, day(d))))
}

/// Arrivals by hour and language, and what is open by language.
type Counted<'a> = (&'a [(i64, String, i64)], &'a [(String, i64)]);

fn ahead(
    cover: &duty::LanguageCover,
    (rows, open): Counted<'_>,
    (ask, minutes): (&AskForecast, f64),
    now: Timestamp,
) -> LanguageAhead {
    let weeks = weeks(rows, cover.language, now, &ask.zone);
    let (this, _) = place(now, &ask.zone);
    let calendars = calendars(ask);
    let begun = this - i64::try_from(weeks.len()).unwrap_or(0);
    let days: Vec<Days> = (begun..this).map(|week| holidays(&calendars, week)).collect();
    let mut guessed: BTreeMap<i64, Week> = BTreeMap::new();
    let is_own = |code: &str| cover.language == Language::Unknown || code == cover.language.code();
    let open_now: i64 = open.iter().filter(|(code, _)| is_own(code)).map(|(_, n)| n).sum();
    let (mut waiting, mut hours) = (open_now as f64, Vec::new());
    for (hour, _) in &cover.hours {
        let (week, at) = place(hour.from, &ask.zone);
        let steps = usize::try_from(week - this).unwrap_or(0);
        let guess = guessed
            .entry(week)
            .or_insert_with(|| arrivals::forecast_with(&weeks, &days, steps, holidays(&calendars, week)));
        let expected = guess.get(at).copied().unwrap_or(0.0);
        waiting += expected;
        let promised = cover.tightest.filter(|_| hour.open);
        let load = Load { arrivals: waiting / 60.0, handling: minutes };
        let people = |share| people_for(load, promised? as f64, share, ask.patience);
        hours.push(HourAhead {
            from: hour.from.rfc3339(),
            expected: (expected * 10.0).round() / 10.0,
            holiday: holidays(&calendars, week)[at / 24],
            open: hour.open,
            planned: hour.people,
            people_80: people(0.8),
            people_95: people(0.95),
        });
        if hour.open {
            waiting = 0.0;
        }
    }
    let scores = arrivals::score(&weeks, &days, HELD).unwrap_or_default();
    let tenth = |n: f64| (n * 100.0).round() / 100.0;
    let wrong =
        |e: arrivals::Errors| Wrong { mape_percent: e.mape_percent.map(tenth), mase: e.mase.map(tenth) };
    LanguageAhead {
        language: cover.name(),
        promise_minutes: cover.tightest,
        open_now,
        weeks_seen: weeks.len(),
        weeks_held: scores.weeks,
        forecast: wrong(scores.own),
        without_holidays: wrong(scores.without),
        holidays_seen: days.iter().flatten().filter(|d| **d).count(),
        holiday_factor: tenth(arrivals::factor(&weeks, &days)),
        baseline: wrong(scores.naive),
        hours,
    }
}

/// What goes late at the rate of the last hour.
pub async fn outlook(db: &Db, ask: &AskForecast, now: Timestamp) -> Result<Outlook, StoreError> {
    let asked = ask.clone();
    db.read("looking what goes late", move |tx| {
        Box::pin(async move {
            let (minutes, _) = handling(tx, &asked, now).await?;
            looked(tx, &asked, minutes, now).await
        })
    })
    .await
}

async fn looked(tx: &mut Tx, ask: &AskForecast, minutes: f64, now: Timestamp) -> Result<Outlook, StoreError> {
    let due = store::due(tx, &ask.brands, now.plus(outlook::AHEAD), now, 10_000).await?;
    let answered = store::answered(tx, &ask.brands, now.minus(Span::hours(1))).await?;
    let pace = Pace { per_hour: answered as f64, per_person: 60.0 / minutes.max(0.1) };
    Ok(outlook::outlook(&due, now, pace))
}

fn clock(at: Timestamp, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default().to_zoned(zone.clone());
    at.strftime("%H:%M").to_string()
}

/// What goes late in a sentence; none where nothing does.
pub fn sentence(found: &Outlook, w: &Words, zone: &TimeZone) -> Option<String> {
    let by = found.by.filter(|_| found.goes_late > 0)?;
    let first = format!("{} {} {} {}", w.at_this_rate, found.goes_late, w.go_late_by, clock(by, zone));
    Some(match found.help {
        Some((more, minutes)) => {
            format!("{first}; {more} {} {minutes} {}.", w.more_people_for, w.minutes_prevent)
        }
        None => format!("{first}."),
    })
}

/// An hour with its day of the week: `Mon 2026-11-23 09:00`.
fn in_words(at: &jiff::Zoned, w: &Words) -> String {
    let nth = usize::from(at.date().weekday().to_monday_zero_offset().unsigned_abs());
    let day = w.weekdays.split(' ').nth(nth).unwrap_or_default();
    format!("{day} {}", at.strftime("%Y-%m-%d %H:%M"))
}

/// The forecast in words: each language with how wrong it is, and the open hours of the next days.
pub fn paper(made: &Forecast, ask: &AskForecast, hours: usize, w: &'static Words) -> Paper {
    let mut page = Paper { lang: w.lang, title: w.forecast.to_owned(), blocks: Vec::new() };
    let known = match made.handling {
        "said" => w.handling_said,
        "measured" => w.handling_measured,
        _ => w.handling_assumed,
    };
    let took = format!("{}: {} min ({known}).", w.handling, w.decimal(made.handling_minutes, 1));
    page.blocks.push(Block::Line(vec![say(took)]));
    let number = |n: Option<f64>| n.map_or("–".to_owned(), |n| w.decimal(n, 2));
    let people = |n: Option<u32>| n.map_or("–".to_owned(), |n| n.to_string());
    for l in &made.languages {
        let promise = l.promise_minutes.map_or("–".to_owned(), |m| format!("{m} min"));
        page.blocks.push(Block::Head(format!("{}, {promise}", l.language)));
        page.blocks.push(Block::Line(vec![say(format!("{}: {}", w.open_now, l.open_now))]));
        let errors = if l.weeks_held == 0 {
            format!("{} ({})", w.too_few_weeks, l.weeks_seen)
        } else {
            format!(
                "{} {} {}: MAPE {} %, MASE {}; {}: MAPE {} %, MASE {}",
                w.on_weeks_held,
                l.weeks_held,
                w.of_weeks,
                number(l.forecast.mape_percent),
                number(l.forecast.mase),
                w.as_week_before,
                number(l.baseline.mape_percent),
                number(l.baseline.mase)
            )
        };
        page.blocks.push(Block::Line(vec![say(errors)]));
        if l.holidays_seen > 0 {
            let much =
                format!("{} {} ({})", w.holidays_seen, l.holidays_seen, w.decimal(l.holiday_factor, 2));
            let (mape, mase) = (number(l.without_holidays.mape_percent), number(l.without_holidays.mase));
            let text = format!("{much}; {}: MAPE {mape} %, MASE {mase}", w.without_holidays);
            page.blocks.push(Block::Line(vec![say(text)]));
        }
        let head = [w.hour, w.expected, w.people_80, w.people_95, w.planned];
        let row = |h: &HourAhead| {
            let from = Timestamp::parse(&h.from).unwrap_or_default();
            let day = jiff::Timestamp::from_millisecond(from.millis()).unwrap_or_default();
            let day = in_words(&day.to_zoned(ask.zone.clone()), w);
            let expected = w.decimal(h.expected, 1);
            let all = [day, expected, people(h.people_80), people(h.people_95), h.planned.to_string()];
            all.into_iter().map(|text| vec![say(text)]).collect()
        };
        let rows = l.hours.iter().take(hours).filter(|h| h.open).map(row).collect();
        page.blocks.push(Block::Table { head: head.map(str::to_owned).to_vec(), rows });
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Calendar, CalendarSpec};
    use crate::reports::words::{EN, NL};

    #[test]
    fn weeks_go_by_the_wall_and_the_first_is_left_out_where_it_began_in_its_middle() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        // Nine on a Monday, before and after summer time ended on 2026-10-25.
        let summer = place(at("2026-10-19T07:30:00Z"), &zone);
        let winter = place(at("2026-10-26T08:30:00Z"), &zone);
        assert_eq!((summer.1, winter.1, winter.0 - summer.0), (9, 9, 1));
        let hour = |text: &str| at(text).millis() / 3_600_000;
        let rows: Vec<(i64, String, i64)> =
            (0..6).map(|w| (hour("2026-10-14T07:00:00Z") + w * 168, "nl".to_owned(), w + 1)).collect();
        let now = at("2026-11-18T00:00:00Z");
        let all = weeks(&rows, Language::Unknown, now, &zone);
        assert_eq!(all.iter().map(|w| w.iter().sum::<f64>()).collect::<Vec<_>>(), [2.0, 3.0, 4.0, 5.0]);
        assert!(weeks(&rows, Language::En, now, &zone).iter().flatten().all(|n| *n == 0.0));
    }

    #[test]
    fn holidays_of_calendars_stand_on_their_days_of_the_week() {
        let spec = CalendarSpec {
            name: "desk".to_owned(),
            zone: "Europe/Amsterdam".to_owned(),
            mon: vec!["09:00-17:00".to_owned()],
            holidays: vec!["12-25".to_owned(), "2026-12-31".to_owned()],
            ..CalendarSpec::default()
        };
        let hours = [Hours::Always, Hours::of(Calendar::new(&spec).unwrap())];
        let week = |text: &str| place(Timestamp::parse(text).unwrap(), &TimeZone::UTC).0;
        let at = |d: usize| -> Days { std::array::from_fn(|n| n == d) };
        assert_eq!(holidays(&hours, week("2026-12-21T00:00:00Z")), at(4), "a Friday");
        assert_eq!(holidays(&hours, week("2026-12-28T00:00:00Z")), at(3));
        assert_eq!(holidays(&hours, week("2027-12-27T00:00:00Z")), Days::default());
        assert_eq!(holidays(&[Hours::Always], week("2026-12-21T00:00:00Z")), Days::default());
    }

    #[test]
    fn days_of_the_week_are_in_the_language_of_the_page() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().to_zoned(zone.clone());
        assert_eq!(in_words(&at("2026-11-22T23:00:00Z"), &NL), "ma 2026-11-23 00:00");
        assert_eq!(in_words(&at("2026-11-22T22:00:00Z"), &EN), "Sun 2026-11-22 23:00");
    }

    #[test]
    fn what_goes_late_is_one_sentence() {
        let by = Timestamp::parse("2026-11-24T14:30:00Z").ok();
        let mut found = Outlook { late_now: 0, goes_late: 14, first: by, by, help: Some((2, 40)) };
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let said = sentence(&found, &EN, &zone).unwrap();
        assert_eq!(said, "At this rate 14 cases go late by 15:30; 2 more people for 40 minutes prevent it.");
        let said = sentence(&found, &NL, &zone).unwrap();
        assert_eq!(
            said,
            "In dit tempo worden 14 zaken te laat vóór 15:30; 2 mensen erbij voor 40 minuten voorkomt het."
        );
        found.goes_late = 0;
        assert_eq!(sentence(&found, &EN, &zone), None);
    }
}
