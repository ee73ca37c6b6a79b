//! Duty in the chat: `/on`, `/off`, `/duty`, and what the team is told of gaps.

use super::card::Look;
use super::handle::{Handler, may};
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::texts::Lang;
use crate::domain::audit::{Caller, Via};
use crate::domain::duty::{Reach, languages, next_time};
use crate::domain::language::Language;
use crate::domain::role::Right;
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
fn coming(t: Lang, text: &str, zone: &TimeZone, now: Timestamp) -> Result<Coming, String> {
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
            return Err(t.not_understood_on(word));
        }
    }
    if !read.is_empty() {
        coming.reach = Some(Reach { languages: read, sectors: Vec::new() });
    }
    Ok(coming)
}

/// The languages of somebody in words.
fn reads(t: Lang, languages: &[Language]) -> String {
    let codes: Vec<&str> = languages.iter().map(|l| l.code()).collect();
    if codes.is_empty() { t.all_languages().to_owned() } else { codes.join(", ") }
}

fn line(look: &Look, on: &OnDuty) -> Line {
    let p = &on.present;
    let t = look.lang;
    let mut text = t.on_line(look.clock_time(p.until), reads(t, &p.reach.languages));
    if !p.reach.sectors.is_empty() {
        text = format!("{text} · {}", p.reach.sectors.join(", "));
    }
    if p.role != crate::domain::duty::Role::Agent {
        text = format!("{text} · {}", t.name("duty_role", p.role.code()));
    }
    if let Some(buddy) = &on.buddy {
        text.push_str(&t.on_buddy(buddy));
    }
    Line::default().bold(on.name.clone()).text(text).cut(300)
}

impl Handler {
    /// `/on` and `/off`: by people who work here, about themselves. Who comes on in their own chat reads there what to know
    /// before they begin.
    pub(super) async fn on_or_off(
        &self,
        a: &Asking,
        word: &str,
        rest: &str,
        brands: Vec<String>,
    ) -> Result<Rich, StoreError> {
        let t = a.here.lang;
        let Some(person) = a.person.as_ref().filter(|p| may(p, Right::Work)) else {
            self.note_refused(a.person.as_ref(), Right::Work, word).await?;
            return Ok(one(a.mine.lang.not_a_colleague()));
        };
        let duty: &Duty = &self.duty;
        if word == "/off" {
            let was_on = duty.by(bot()).off(&person.id, "bot").await;
            return match was_on {
                Ok(true) => Ok(one(t.is_off(&person.name))),
                Ok(false) => Ok(one(t.was_not_on(&person.name))),
                Err(DutyError::Store(error)) => Err(error),
                Err(error) => Ok(one(refused(t, &error))),
            };
        }
        let (look, now) = (&a.here, self.deliver.clock.now());
        let coming = match coming(t, rest, &a.mine.zone, now) {
            Ok(coming) => coming,
            Err(why) => return Ok(one(why)),
        };
        match duty.by(bot()).on(&person.id, coming, "bot").await {
            Ok(said) => {
                let (until, reads) = (look.clock_time(said.until), reads(t, &said.reach.languages));
                let mut rich = one(t.is_on(&person.name, until, reads));
                if !a.place.is_group() && self.has_news(&brands).await? {
                    rich.lines.extend(self.briefing(a, brands).await?.lines);
                    rich = rich.fit(t, &look.public_url);
                }
                Ok(rich)
            }
            Err(DutyError::Store(error)) => Err(error),
            Err(error) => Ok(one(refused(t, &error))),
        }
    }

    /// `/duty`: who is on.
    pub(super) async fn who_is_on(&self, look: &Look) -> Result<Rich, StoreError> {
        let t = look.lang;
        let on = self.duty.now().await?;
        let mut rich = Rich::default();
        let head = if on.is_empty() { t.nobody_on().to_owned() } else { t.on_duty_head(on.len()) };
        rich.line(Line::default().bold(head));
        for one in &on {
            rich.line(line(look, one));
        }
        let page = format!("{}/duty", look.public_url);
        rich.line(Line::default().link(t.duty_link(), page));
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
    /// How many of these are P1 or P2.
    #[serde(default)]
    urgent: i64,
    /// Of which brands, where the team does not hear of all.
    #[serde(default)]
    brands: Vec<String>,
    /// What goes late at this rate, by when, and how many people more for how many minutes prevent it.
    #[serde(default)]
    late: i64,
    #[serde(default)]
    by: Option<i64>,
    #[serde(default)]
    more: Option<i64>,
    #[serde(default)]
    minutes: Option<i64>,
}

/// A title with the brands that it is about.
fn of_brands(title: &str, brands: &[String]) -> String {
    if brands.is_empty() { title.to_owned() } else { format!("{title}: {}", brands.join(", ")) }
}

/// What the team is told of its duty.
pub(super) fn told(look: &Look, action: &ActionRow) -> Option<Rich> {
    let body: DutyBody = serde_json::from_str(&action.payload).ok()?;
    let (t, mut rich) = (look.lang, Rich::default());
    match body.kind.as_str() {
        "nobody" => {
            rich.line(Line::default().bold(of_brands(t.nobody_on(), &body.brands)));
            let due = if body.due == 1 { t.duty_due_one().to_owned() } else { t.duty_due(body.due) };
            rich.line(Line::plain(due));
            if body.urgent > 0 {
                rich.line(Line::default().bold(t.duty_urgent(body.urgent)));
            }
        }
        "outlook" => {
            let by = body.by.map(|by| look.clock_time(Timestamp(by))).unwrap_or_default();
            rich.line(Line::default().bold(t.outlook_late(body.late, by)));
            if let Some((more, minutes)) = body.more.zip(body.minutes) {
                let one = more == 1;
                let help = if one { t.outlook_help_one(minutes) } else { t.outlook_help(more, minutes) };
                rich.line(Line::plain(help));
            }
        }
        kind => {
            let when = if kind == "hour" { t.nobody_within_hour() } else { t.nobody_within_day() };
            rich.line(Line::default().bold(of_brands(when, &body.brands)));
            for gap in body.gaps.iter().take(GAPS_MAX) {
                let (begins, ends) = (Timestamp(gap.from), Timestamp(gap.until));
                let from = look.day_time(begins);
                let until = if ends.since(begins) >= Span::days(1) {
                    look.day_time(ends)
                } else {
                    look.clock_time(ends)
                };
                let tight = gap.tightest.map(|m| t.gap_tight(m)).unwrap_or_default();
                rich.line(Line::plain(t.gap_line(&gap.language, from, until, tight)));
            }
            if body.gaps.len() > GAPS_MAX {
                rich.line(Line::plain(t.and_more_plain(body.gaps.len() - GAPS_MAX)));
            }
        }
    }
    rich.line(Line::default().link(t.duty_link(), format!("{}/duty/coverage", look.public_url)));
    Some(rich)
}

/// Why it was refused, in words.
fn refused(t: Lang, error: &DutyError) -> String {
    match error {
        DutyError::Invalid { what, .. } if t != Lang::En => t.refusal_text(what),
        DutyError::Refused(why) => t.refusal_text(why),
        other if t == Lang::En => other.to_string(),
        _ => t.no_reason_word().to_owned(),
    }
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
        let read = coming(Lang::En, "until 17:00 nl, EN", &zone, now);
        assert!(read.is_ok());
        let read = read.unwrap();
        assert_eq!(read.until, Timestamp::parse("2026-11-24T16:00:00Z").ok());
        assert_eq!(read.reach.unwrap().languages, [Language::Nl, Language::En]);
        let tomorrow = coming(Lang::En, "tot 6:00", &zone, now).unwrap();
        assert_eq!(tomorrow.until, Timestamp::parse("2026-11-25T05:00:00Z").ok());
        assert_eq!(coming(Lang::En, "", &zone, now).unwrap(), Coming::default());
        assert!(coming(Lang::En, "forever", &zone, now).unwrap_err().contains("'forever'"));
    }
}
