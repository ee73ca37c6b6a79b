//! Two lists from the chat: `/thanks`, whom a card is to be written to today, and `/yesterday`, what came in by the back
//! door the day before.
//!
//! The customer and their words stand in neither. Yesterday is told in a chat with the bot alone: what somebody sees of it
//! are their own queues, and a group has other readers.

use super::handle::{Handler, actor, may, sees, undone};
use super::speaking::Asking;
use super::text::{Line, Rich, cut};
use super::texts::Lang;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::reports::office::{Sight, yesterday};
use crate::store::chat::Presser;
use crate::store::rows::CaseRow;
use crate::store::thanks::{self as store, ListedCase};
use crate::store::{StoreError, back_door, person};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// How many lines a list has at most.
const LISTED: usize = 20;
/// Longest word from the settings or of a ticket system, in characters.
const WORD_CHARS: usize = 40;
/// What people type for a card that they wrote.
const WRITTEN: [&str; 4] = ["written", "done", "geschreven", "klaar"];

/// The day of an instant in a zone.
fn day_of(at: Timestamp, zone: &TimeZone) -> Option<Date> {
    let at = jiff::Timestamp::from_millisecond(at.millis()).ok()?;
    Some(at.to_zoned(zone.clone()).date())
}

/// The day before, from its first instant to the first of today.
fn day_before(now: Timestamp, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let today = day_of(now, zone)?;
    let begin = |day: Date| {
        let at = day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
        Some(Timestamp(at))
    };
    Some((begin(today.yesterday().ok()?)?, begin(today)?))
}

fn one(text: &str) -> Rich {
    Rich { lines: vec![Line::plain(text)] }
}

/// One line of the back door: case, ticket, queue, what was promised, and who sees to it.
fn back_door_line(t: Lang, line: &yesterday::Line, public_url: &str) -> Line {
    let mut parts = vec![cut(&line.brand, WORD_CHARS)];
    parts.extend(line.ticket.as_deref().map(|ticket| cut(ticket, WORD_CHARS)));
    if !line.queue.is_empty() {
        parts.push(cut(&line.queue, WORD_CHARS));
    }
    if line.promise_broken {
        parts.push(t.yesterday_broken().to_owned());
    }
    parts.extend(line.age_ms.map(|ms| t.ticket_age(t.span(Span(ms)))));
    parts.extend(line.back_door.as_deref().map(|code| t.name("back_door", code)));
    parts.extend(line.difference.as_deref().map(|code| t.name("difference", code)));
    parts.push(match (line.owner.is_empty(), line.due.is_empty()) {
        (true, _) => t.yesterday_nobody().to_owned(),
        (false, true) => t.yesterday_owner(cut(&line.owner, WORD_CHARS)),
        (false, false) => t.yesterday_until(cut(&line.owner, WORD_CHARS), &line.due),
    });
    let (number, rest) = (format!("#{}", line.number), format!(" {}", parts.join(" \u{b7} ")));
    if public_url.is_empty() {
        return Line::plain(number + &rest).cut(300);
    }
    let url = format!("{public_url}/cases/{}", line.case_id);
    Line::default().link(number, url).text(rest).cut(300)
}

/// One line of the thank-you list: case, why, and whether the card is written.
fn thanks_line(
    t: Lang,
    (brand, case): &(String, ListedCase),
    who: &HashMap<String, String>,
    url: &str,
) -> Line {
    let reasons: Vec<String> = serde_json::from_str(&case.reasons).unwrap_or_default();
    let reasons: Vec<String> = reasons.iter().map(|code| t.name("thanks", code)).collect();
    let state = match &case.written_by {
        None => t.thanks_to_write().to_owned(),
        Some(id) => t.thanks_written(who.get(id).map_or_else(|| t.somebody(), String::as_str)),
    };
    let rest = format!(" {} \u{b7} {} \u{b7} {state}", cut(brand, WORD_CHARS), reasons.join(", "));
    let link = format!("{url}/cases/{}", case.case_id);
    Line::default().link(format!("#{}", case.number), link).text(rest).cut(300)
}

impl Handler {
    /// `/thanks`: the list of today.
    pub(super) async fn thanks(&self, a: &Asking, brands: Vec<String>) -> Result<Rich, StoreError> {
        if a.person.as_ref().is_none_or(|p| !may(p, Right::Work)) {
            self.note_refused(a.person.as_ref(), Right::Work, "/thanks").await?;
            return Ok(one(a.mine.lang.not_allowed()));
        }
        let (t, catalogue) = (a.here.lang, self.casework.catalogue().get());
        let writing = catalogue.brands.iter().filter(|w| w.brand.thanks.enabled && brands.contains(&w.id));
        let writing: Vec<(String, String)> = writing.map(|w| (w.id.clone(), w.brand.name.clone())).collect();
        if writing.is_empty() {
            return Ok(one(t.thanks_off()));
        }
        let today = day_of(self.deliver.clock.now(), &self.deliver.look.zone);
        let day = today.map(|day| day.to_string()).unwrap_or_default();
        let read = self.deliver.db.read("reading the thank-you list", move |tx| {
            Box::pin(async move {
                let all = person::all(tx).await?;
                let who: HashMap<String, String> = all.into_iter().map(|p| (p.id, p.name)).collect();
                let mut found = Vec::new();
                for (id, name) in &writing {
                    let listed = store::lists(tx, id, &day, 50).await?;
                    let of_today = listed.into_iter().filter(|c| c.day == day);
                    found.extend(of_today.map(|c| (name.clone(), c)));
                }
                Ok((found, who))
            })
        });
        let (found, who) = read.await?;
        let mut rich = Rich::default();
        if found.is_empty() {
            return Ok(one(t.thanks_none()));
        }
        rich.line(Line::default().bold(t.thanks_head(found.len())));
        for case in found.iter().take(LISTED) {
            rich.line(thanks_line(t, case, &who, &a.here.public_url));
        }
        rich.line(Line::plain(t.thanks_how()));
        Ok(rich)
    }

    /// `/thanks 12 written`: who says so wrote the card.
    pub(super) async fn card_written(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<String, StoreError> {
        let (t, mine) = (a.here.lang, a.mine.lang);
        if !WRITTEN.contains(&rest.to_lowercase().as_str()) {
            return Ok(mine.thanks_how().to_owned());
        }
        let of = (case.brand_id.as_str(), case.id.as_str());
        match self.casework_of(presser).card_written(of, &actor(presser)).await {
            Ok(true) => Ok(t.thanks_is_written(case.number)),
            Ok(false) => Ok(mine.thanks_not_owed(case.number)),
            Err(error) => undone(mine, error),
        }
    }

    /// `/yesterday`: what came in by the back door the day before, for who may see that: a lead all of it, somebody of the
    /// front office their own queues.
    pub(super) async fn yesterday(&self, a: &Asking) -> Result<Rich, StoreError> {
        let t = a.mine.lang;
        let Some(presser) = a.person.as_ref().filter(|p| may(p, Right::Office)) else {
            self.note_refused(a.person.as_ref(), Right::Office, "/yesterday").await?;
            return Ok(one(t.not_allowed()));
        };
        if a.place.is_group() {
            return Ok(one(t.yesterday_alone()));
        }
        let now = self.deliver.clock.now();
        let Some(span) = day_before(now, &self.deliver.look.zone) else { return Ok(one(t.yesterday_none())) };
        let brands: Vec<String> = self.brands(a.place).into_iter().filter(|id| sees(presser, id)).collect();
        let (is_lead, me) = (may(presser, Right::Steer), presser.id.clone());
        let read = self.deliver.db.read("reading yesterday at the back door", move |tx| {
            Box::pin(async move {
                let sight =
                    if is_lead { Sight::All } else { Sight::Queues(back_door::queues_of(tx, &me).await?) };
                yesterday::of(tx, &brands, span, &sight, now).await
            })
        });
        let made = read.await?;
        if made.lines.is_empty() {
            return Ok(one(t.yesterday_none()));
        }
        let mut rich = Rich::default();
        rich.line(Line::default().bold(t.yesterday_head(made.lines.len())));
        // A way to the case is for who may open it.
        let url = if may(presser, Right::See) { a.mine.public_url.as_str() } else { "" };
        for line in made.lines.iter().take(LISTED) {
            rich.line(back_door_line(t, line, url));
        }
        rich.line(Line::default().link(t.yesterday_link(), format!("{}/yesterday", a.mine.public_url)));
        Ok(rich)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yesterday_is_the_day_before_in_the_teams_zone() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let span = day_before(at("2026-03-30T10:00:00Z"), &zone);
        // The night in which the clock goes forward: that day has 23 hours.
        assert_eq!(span, Some((at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"))));
    }
}
