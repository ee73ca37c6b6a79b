//! Planned peaks and the crisis switch: entered by a lead in one form, over by themselves or by hand.

use super::{Actor, Casework, CaseworkError};
use crate::domain::ids::PeakId;
use crate::domain::language::Language;
use crate::domain::time::{Span, Timestamp};
use crate::store::peak::{self as store, PeakRow};
use crate::store::{answer, audit, person};

/// Longest texts, in characters.
const CHARS_MAX: usize = 2_000;
/// How long a peak may last at most, and how far ahead it may begin.
const LENGTH_MAX: Span = Span::days(31);
const AHEAD_MAX: Span = Span::days(366);
/// How long a crisis may last before somebody switches it on again.
const CRISIS_MAX: Span = Span::days(7);
/// The longest wait that can be told, in minutes: a day.
const WAIT_MAX: i64 = 1440;

/// A peak as a lead enters it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPeak {
    /// It is the crisis switch: it begins now.
    pub crisis: bool,
    /// What it is.
    pub title: String,
    /// When it begins; a crisis begins now.
    pub starts: Option<Timestamp>,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// Words by which it is known.
    pub words: String,
    /// What is said, one line a language: `nl: ...`.
    pub lines: String,
    /// Who stands by, by log-in, parted by blanks.
    pub standby: String,
    /// How many minutes somebody may expect to wait while it lasts; without one what is measured is told.
    pub wait: Option<i64>,
}

fn invalid<T>(field: &'static str, what: impl Into<String>) -> Result<T, CaseworkError> {
    Err(CaseworkError::Invalid { field, what: what.into() })
}

/// What is said by language, or what is wrong with it.
fn lines(text: &str) -> Result<(), String> {
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let code = line.split_once(':').map(|(code, words)| (code.trim(), words.trim()));
        let fits = code.is_some_and(|(code, words)| {
            !words.is_empty() && Language::from_code(code).is_some_and(|l| Language::TEN.contains(&l))
        });
        if !fits {
            let found: String = line.chars().take(40).collect();
            return Err(format!("'{found}'; wanted is a line a language, such as 'nl: We weten ervan.'"));
        }
    }
    Ok(())
}

fn check(peak: &NewPeak, now: Timestamp) -> Result<(Timestamp, Timestamp), CaseworkError> {
    let title = peak.title.trim();
    if title.is_empty() || title.chars().count() > super::incidents::TITLE_CHARS_MAX {
        return invalid("title", "wanted is what it is, in 1 to 200 characters");
    }
    if peak.words.chars().count() > CHARS_MAX || peak.lines.chars().count() > CHARS_MAX {
        return invalid("lines", format!("at most {CHARS_MAX} characters are kept"));
    }
    if let Err(what) = lines(&peak.lines) {
        return invalid("lines", what);
    }
    if peak.crisis && peak.lines.trim().is_empty() {
        return invalid("lines", "empty; say what is said while it lasts, such as 'nl: We weten ervan.'");
    }
    if peak.wait.is_some_and(|m| !(1..=WAIT_MAX).contains(&m)) {
        return invalid(
            "wait_minutes",
            format!("wanted is a number of minutes from 1 to {WAIT_MAX}, or nothing"),
        );
    }
    let starts = if peak.crisis { now } else { peak.starts.unwrap_or(now) };
    let Some(until) = peak.until else { return invalid("until", "empty; a peak and a crisis have an end") };
    let most = if peak.crisis { CRISIS_MAX } else { LENGTH_MAX };
    if until <= starts || until <= now || until.since(starts) > most {
        let what = format!(
            "the end must lie ahead and at most {} days after the beginning",
            most.millis() / 86_400_000
        );
        return invalid("until", what);
    }
    if starts.since(now) > AHEAD_MAX {
        return invalid("starts", "at most a year ahead");
    }
    Ok((starts, until))
}

impl Casework {
    /// Enters a planned peak, or switches the crisis on; only a lead.
    pub async fn begin_peak(
        &self,
        brand_id: &str,
        peak: &NewPeak,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        let now = self.clock.now();
        if !actor.lead {
            return Err(CaseworkError::Refused("peaks and crises are entered by a lead".to_owned()));
        }
        let (starts, until) = check(peak, now)?;
        let mut row = PeakRow {
            id: self.mint.id(now, PeakId::new).to_string(),
            brand_id: brand_id.to_owned(),
            kind: if peak.crisis { "crisis" } else { "peak" }.to_owned(),
            starts_at: starts.millis(),
            until_at: until.millis(),
            standby: "[]".to_owned(),
            made_by: actor.person.to_string(),
            made_at: now.millis(),
            ended_at: None,
            ended_by: None,
            wait_minutes: peak.wait,
        };
        let word = if peak.crisis { "crisis.on" } else { "peak.enter" };
        let entry = self.done(actor, word, (brand_id, &row.id));
        let peak = peak.clone();
        let done = self.db.write("entering a peak", move |tx| {
            Box::pin(async move {
                store::hold(tx, &row.brand_id).await?;
                let mut ids = Vec::new();
                for login in peak.standby.split([' ', ',', ';']).filter(|l| !l.is_empty()) {
                    match person::by_login(tx, login).await? {
                        Some(found) => ids.push(found.id),
                        None => return Ok(invalid("standby", format!("'{login}' is nobody who works here"))),
                    }
                }
                if row.kind == "crisis" && store::is_crisis(tx, &row.brand_id, now).await? {
                    return Ok(Err(CaseworkError::Refused("the crisis switch is on already".to_owned())));
                }
                row.standby = serde_json::to_string(&ids).unwrap_or_else(|_| "[]".to_owned());
                store::put(tx, &row).await?;
                audit::append(tx, &entry, now).await?;
                let by = row.made_by.clone();
                for (what, text) in [("title", &peak.title), ("words", &peak.words), ("lines", &peak.lines)] {
                    answer::put_content(tx, &row.content_id(what), &by, "peak", text.trim()).await?;
                }
                Ok(Ok(()))
            })
        });
        done.await?
    }

    /// Ends a peak or a crisis by hand; only a lead.
    pub async fn end_peak(&self, brand_id: &str, id: &str, actor: &Actor) -> Result<(), CaseworkError> {
        if !actor.lead {
            return Err(CaseworkError::Refused("peaks and crises are ended by a lead".to_owned()));
        }
        let (now, by) = (self.clock.now(), actor.person.to_string());
        let entry = self.done(actor, "peak.end", (brand_id, id));
        let (brand_id, id) = (brand_id.to_owned(), id.to_owned());
        let done = self.db.write("ending a peak", move |tx| {
            Box::pin(async move {
                let Some(mut row) = store::get(tx, &brand_id, &id).await? else {
                    return Ok(Err(CaseworkError::NotFound));
                };
                if row.ended_at.is_some() || row.until_at <= now.millis() {
                    return Ok(Err(CaseworkError::Refused("it is over already".to_owned())));
                }
                (row.ended_at, row.ended_by) = (Some(now.millis()), Some(by));
                store::put(tx, &row).await?;
                audit::append(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_has_an_end_ahead_and_a_line_a_language() {
        let at = |hours: i64| Timestamp(0).plus(Span::hours(hours));
        let plan = NewPeak {
            title: "Sale".into(),
            starts: Some(at(5)),
            until: Some(at(9)),
            lines: "nl: Het is druk.\n\nen: Busy.".into(),
            ..NewPeak::default()
        };
        assert_eq!(check(&plan, at(0)).unwrap(), (at(5), at(9)));
        let crisis = NewPeak { crisis: true, ..plan.clone() };
        assert_eq!(check(&crisis, at(0)).unwrap(), (at(0), at(9)), "a crisis begins now");
        for bad in [
            NewPeak { wait: Some(0), ..plan.clone() },
            NewPeak { wait: Some(1441), ..plan.clone() },
            NewPeak { until: None, ..plan.clone() },
            NewPeak { until: Some(at(5)), ..plan.clone() },
            NewPeak { until: Some(at(800)), ..plan.clone() },
            NewPeak { title: " ".into(), ..plan.clone() },
            NewPeak { lines: "tlh: nuqneH".into(), ..plan.clone() },
            NewPeak { lines: "Het is druk.".into(), ..plan.clone() },
            NewPeak { lines: String::new(), ..crisis.clone() },
            NewPeak { until: Some(at(200)), ..crisis },
        ] {
            assert!(check(&bad, at(0)).is_err(), "{bad:?}");
        }
    }
}
