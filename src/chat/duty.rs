//! Duty in the chat: `/on`, `/off`, `/duty`, and what the team is told of gaps.

use super::card::Look;
use super::handle::Handler;
use super::text::{Line, Rich};
use crate::domain::audit::{Caller, Via};
use crate::domain::duty::{Reach, languages, next_time};
use crate::domain::language::Language;
use crate::domain::time::{Span, Timestamp};
use crate::duty::{Coming, Duty, DutyError, OnDuty};
use crate::store::StoreError;
use crate::store::rows::ActionRow;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// How many gaps one message names.
const GAPS_MAX: usize = 12;

fn one(text: impl Into<String>) -> Rich {
    Rich { lines: vec![Line::plain(text)] }
}

/// What stands behind `/on`: `until 17:00`, `17:00`, languages; anything else is told.
fn coming(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Coming, String> {
    let (mut coming, mut read) = (Coming::default(), Vec::new());
    for word in
        text.split_whitespace().filter(|w| !matches!(w.to_lowercase().as_str(), "until" | "till" | "tot"))
    {
        if let Some(until) = next_time(word, zone, now) {
            coming.until = Some(until);
        } else if let Ok(found) = languages(word) {
            read.extend(found);
        } else {
            let word: String = word.chars().take(40).collect();
            return Err(format!(
                "I do not know '{word}'. Say /on, /on until 17:00, or /on until 17:00 nl en."
            ));
        }
    }
    if !read.is_empty() {
        coming.reach = Some(Reach { languages: read, sectors: Vec::new() });
    }
    Ok(coming)
}

/// The languages of somebody in words.
fn reads(languages: &[Language]) -> String {
    let codes: Vec<&str> = languages.iter().map(|l| l.code()).collect();
    if codes.is_empty() { "all languages".to_owned() } else { codes.join(", ") }
}

fn line(look: &Look, on: &OnDuty) -> Line {
    let p = &on.present;
    let mut text = format!(" until {} · {}", look.clock_time(p.until), reads(&p.reach.languages));
    if !p.reach.sectors.is_empty() {
        text = format!("{text} · {}", p.reach.sectors.join(", "));
    }
    if p.role != crate::domain::duty::Role::Agent {
        text = format!("{text} · {}", p.role.code());
    }
    if let Some(buddy) = &on.buddy {
        text = format!("{text} · buddy {buddy}");
    }
    Line::default().bold(on.name.clone()).text(text).cut(300)
}

impl Handler {
    /// `/on` and `/off`: by people who work here, about themselves.
    pub(super) async fn on_or_off(&self, from: i64, word: &str, rest: &str) -> Result<Rich, StoreError> {
        let Some(person) = self.presser(from).await? else {
            return Ok(one(
                "I do not know you as somebody who works here: ask for your id in chat.telegram.users.",
            ));
        };
        let duty: &Duty = &self.duty;
        if word == "/off" {
            let was_on = duty.by(bot()).off(&person.id, "bot").await;
            return match was_on {
                Ok(true) => Ok(one(format!("{} is off. Thank you.", person.name))),
                Ok(false) => Ok(one(format!("{} was not on.", person.name))),
                Err(DutyError::Store(error)) => Err(error),
                Err(error) => Ok(one(error.to_string())),
            };
        }
        let (look, now) = (&self.deliver.look, self.deliver.clock.now());
        let coming = match coming(rest, &look.zone, now) {
            Ok(coming) => coming,
            Err(why) => return Ok(one(why)),
        };
        match duty.by(bot()).on(&person.id, coming, "bot").await {
            Ok(said) => {
                let (until, reads) = (look.clock_time(said.until), reads(&said.reach.languages));
                Ok(one(format!("{} is on until {until}, {reads}. /off ends it sooner.", person.name)))
            }
            Err(DutyError::Store(error)) => Err(error),
            Err(error) => Ok(one(error.to_string())),
        }
    }

    /// `/duty`: who is on.
    pub(super) async fn who_is_on(&self) -> Result<Rich, StoreError> {
        let on = self.duty.now().await?;
        let mut rich = Rich::default();
        let head =
            if on.is_empty() { "Nobody is on duty".to_owned() } else { format!("{} on duty", on.len()) };
        rich.line(Line::default().bold(head));
        for one in &on {
            rich.line(line(&self.deliver.look, one));
        }
        let page = format!("{}/duty", self.deliver.look.public_url);
        rich.line(Line::default().link("duty", page));
        Ok(rich)
    }
}

#[derive(Deserialize)]
struct Gap {
    language: String,
    from: i64,
    until: i64,
    tightest: Option<i64>,
}

#[derive(Deserialize)]
struct DutyBody {
    kind: String,
    #[serde(default)]
    gaps: Vec<Gap>,
    #[serde(default)]
    due: i64,
}

/// What the team is told of its duty.
pub(super) fn told(look: &Look, action: &ActionRow) -> Option<Rich> {
    let body: DutyBody = serde_json::from_str(&action.payload).ok()?;
    let mut rich = Rich::default();
    match body.kind.as_str() {
        "nobody" => {
            rich.line(Line::default().bold("Nobody is on duty"));
            let due = if body.due == 1 { "1 case is".to_owned() } else { format!("{} cases are", body.due) };
            rich.line(Line::plain(format!("{due} late or due within 30 minutes. /on takes it up.")));
        }
        kind => {
            let when = if kind == "hour" { "within the hour" } else { "within a day" };
            rich.line(Line::default().bold(format!("Nobody will be on, {when}")));
            for gap in body.gaps.iter().take(GAPS_MAX) {
                let (begins, ends) = (Timestamp(gap.from), Timestamp(gap.until));
                let from = look.day_time(begins);
                let until = if ends.since(begins) >= Span::days(1) {
                    look.day_time(ends)
                } else {
                    look.clock_time(ends)
                };
                let tight = gap.tightest.map(|m| format!(" (promised within {m} min)")).unwrap_or_default();
                rich.line(Line::plain(format!("{}: {from} to {until}{tight}", gap.language)));
            }
            if body.gaps.len() > GAPS_MAX {
                rich.line(Line::plain(format!("and {} more", body.gaps.len() - GAPS_MAX)));
            }
        }
    }
    rich.line(Line::default().link("duty", format!("{}/duty/coverage", look.public_url)));
    Some(rich)
}

/// The door by which they came.
fn bot() -> Caller {
    Caller { via: Via::Chat, ..Caller::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_on_is_read() {
        let (zone, now) =
            (TimeZone::get("Europe/Amsterdam").unwrap(), Timestamp::parse("2026-11-24T09:30:00Z").unwrap());
        let read = coming("until 17:00 nl, EN", &zone, now);
        assert!(read.is_ok());
        let read = read.unwrap();
        assert_eq!(read.until, Timestamp::parse("2026-11-24T16:00:00Z").ok());
        assert_eq!(read.reach.unwrap().languages, [Language::Nl, Language::En]);
        let tomorrow = coming("tot 6:00", &zone, now).unwrap();
        assert_eq!(tomorrow.until, Timestamp::parse("2026-11-25T05:00:00Z").ok());
        assert_eq!(coming("", &zone, now).unwrap(), Coming::default());
        assert!(coming("forever", &zone, now).unwrap_err().contains("'forever'"));
    }
}
