//! Promises from the chat: `/promise 12 16:00 words`, `/kept 12`.
//!
//! Times are those of the clock on the wall of who writes. The words are kept as those of any promise and never
//! repeated here.

use super::handle::{Handler, actor};
use super::speaking::Asking;
use super::text::cut;
use crate::casework::{Act, CaseworkError, NewPromise};
use crate::domain::duty::next_time;
use crate::domain::promise::Act as Deed;
use crate::domain::promise::whom::ToWhom;
use crate::domain::time::{Span, Timestamp};
use crate::store::chat::Presser;
use crate::store::promise::{self, PromiseRow};
use crate::store::rows::{CaseRow, ObligationRow};
use crate::store::{StoreError, about, case};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Longest words that are taken, in UTF-16 units.
const WORDS_UNITS_MAX: usize = 500;
/// Words that say that it is a call.
const CALLING: &[&str] = &["bel", "bellen", "belt", "terugbellen", "call", "calls", "phone", "ring"];

/// Until when, and the words: `16:00 we call`, `tomorrow 9:00 …`, `2h …`, `2026-12-01 16:00 …`.
fn due<'a>(text: &'a str, zone: &TimeZone, now: Timestamp) -> Option<(Timestamp, &'a str)> {
    let (first, rest) = split(text);
    let lower = first.to_lowercase();
    let today = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(zone.clone()).date();
    let day: Option<Date> = match lower.as_str() {
        "today" | "vandaag" => Some(today),
        "tomorrow" | "morgen" => today.tomorrow().ok(),
        other => other.parse().ok(),
    };
    if let Some(day) = day {
        let (time, words) = split(rest);
        let time = jiff::civil::Time::strptime("%H:%M", time).ok()?;
        let at = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
        return Some((Timestamp(at.timestamp().as_millisecond()), words));
    }
    if let Some(at) = next_time(first, zone, now) {
        return Some((at, rest));
    }
    let unit = lower.chars().next_back()?;
    let count: i64 = lower.strip_suffix(unit)?.parse().ok().filter(|n| (1..=20_160).contains(n))?;
    let span = match unit {
        'm' => Span::minutes(count),
        'h' | 'u' => Span::hours(count),
        'd' => Span::days(count),
        _ => return None,
    };
    Some((now.plus(span), rest))
}

fn split(text: &str) -> (&str, &str) {
    text.trim().split_once(char::is_whitespace).map_or((text.trim(), ""), |(a, b)| (a, b.trim()))
}

/// What is promised to be done, as far as plain words tell.
fn deed(words: &str) -> &'static str {
    let calls = words
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| CALLING.contains(&word.to_lowercase().as_str()));
    if calls { Deed::Call.code() } else { "" }
}

/// To whom the words say that it is promised, and the rest: `customer: we call`, `other: the neighbour, we call`.
fn to_whom(words: &str) -> (Option<ToWhom>, &str, &str) {
    let Some((first, rest)) = words.split_once(':') else { return (None, "", words) };
    let to = match first.trim().to_lowercase().as_str() {
        "customer" | "klant" => ToWhom::Customer,
        "reporter" | "melder" => ToWhom::Reporter,
        "other" | "ander" => ToWhom::Other,
        _ => return (None, "", words),
    };
    match rest.split_once(',') {
        Some((whom, rest)) if to == ToWhom::Other => (Some(to), whom.trim(), rest.trim()),
        _ => (Some(to), "", rest.trim()),
    }
}

/// To whom something is promised, in words that name nobody.
fn to_name(to: ToWhom) -> &'static str {
    match to {
        ToWhom::Reporter => "to_who_wrote",
        ToWhom::Customer => "to_the_customer",
        ToWhom::Other => "to_somebody_else",
    }
}

impl Handler {
    /// `/promise 12 16:00 words`.
    pub(super) async fn promise(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<String, StoreError> {
        let (t, now) = (a.here.lang, self.deliver.clock.now());
        let Some((due, words)) = due(rest, &a.mine.zone, now).filter(|(_, words)| !words.is_empty()) else {
            return Ok(a.mine.lang.tell_promise().to_owned());
        };
        let (to, to_words, words) = to_whom(words);
        if words.is_empty() {
            return Ok(a.mine.lang.tell_promise().to_owned());
        }
        let new = NewPromise {
            text: cut(words, WORDS_UNITS_MAX),
            to,
            to_words: to_words.to_owned(),
            due,
            owed_by: "webcare".to_owned(),
            act: deed(words).to_owned(),
            ..NewPromise::default()
        };
        if !self.begins(a).await? {
            return Ok(a.mine.lang.begun_before(case.number));
        }
        let (act, at) = (new.act.clone(), a.here.time_from(due, now));
        let differs = self.is_about_other(case).await?;
        let told = match ToWhom::settled(to, differs) {
            ToWhom::Reporter if to.is_none() => String::new(),
            to => format!(" ({})", t.name("promised", to_name(to))),
        };
        let done = self
            .casework_of(presser)
            .act(&case.brand_id, &case.id, case.version, &actor(presser), Act::Promise(Box::new(new)))
            .await;
        self.follow.notify_one();
        Ok(match done {
            Ok(case) if act.is_empty() => t.is_promised_plain(case.number, at) + &told,
            Ok(case) => t.is_promised(case.number, t.name("act", &act), at) + &told,
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(CaseworkError::Promise(proposals)) => {
                let stands = proposals.iter().flat_map(|p| &p.standing).map(|s| s.due).min().unwrap_or(due);
                t.contradicts_standing(case.number, a.here.time_from(stands, now))
            }
            Err(error) => a.mine.lang.not_possible(a.mine.lang.refusal(&error)),
        })
    }

    /// Whether a case is about somebody else than who wrote.
    async fn is_about_other(&self, case: &CaseRow) -> Result<bool, StoreError> {
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let read = self.deliver.db.read("reading whose matter a case is", move |tx| {
            Box::pin(async move { about::of_case(tx, &brand, &id).await })
        });
        Ok(read.await?.is_some())
    }

    /// `/kept 12`, or `/kept 12 2` where there are several.
    pub(super) async fn kept(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<String, StoreError> {
        let (t, now) = (a.here.lang, self.deliver.clock.now());
        let running = self.running(case).await?;
        let chosen = rest.trim().parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let one = match (running.as_slice(), chosen) {
            ([], _) => return Ok(t.nothing_to_keep(case.number)),
            ([only], None) => only,
            (several, Some(n)) if n < several.len() => &several[n],
            (several, _) => {
                let line = |(n, (row, clock)): (usize, &(PromiseRow, ObligationRow))| {
                    let at = a.here.time_from(Timestamp(clock.due_at), now);
                    let what =
                        if row.act.is_empty() { String::new() } else { t.name("act", &row.act) + ", " };
                    format!("/kept {} {} ({what}{}, {at})", case.number, n + 1, t.name("owed", &row.owed_by))
                };
                let all: Vec<String> = several.iter().enumerate().map(line).collect();
                return Ok(t.several_promises(case.number, all.join("; ")));
            }
        };
        let act = Act::KeepPromise { wait: one.0.wait };
        let done =
            self.casework_of(presser).act(&case.brand_id, &case.id, case.version, &actor(presser), act).await;
        self.follow.notify_one();
        Ok(match done {
            Ok(case) => t.is_kept(case.number),
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(error) => a.mine.lang.not_possible(a.mine.lang.refusal(&error)),
        })
    }

    /// The promises of a case that still run, with their clocks, the earliest first.
    async fn running(&self, row: &CaseRow) -> Result<Vec<(PromiseRow, ObligationRow)>, StoreError> {
        let (brand, id) = (row.brand_id.clone(), row.id.clone());
        let read = self.deliver.db.read("reading promises that run", move |tx| {
            Box::pin(async move {
                let promises = promise::of_case(tx, &brand, &id).await?;
                Ok((promises, case::clocks(tx, &id).await?))
            })
        });
        let (promises, clocks) = read.await?;
        let with = |p: PromiseRow| {
            let clock = clocks.iter().find(|o| o.wait == p.wait && o.ended_at.is_none())?.clone();
            Some((p, clock))
        };
        let mut running: Vec<_> = promises.into_iter().filter_map(with).collect();
        running.sort_by_key(|(p, clock)| (clock.due_at, p.wait));
        Ok(running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_say_them() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let now = at("2026-11-24T09:30:00Z");
        for (text, wanted, words) in [
            ("16:00 we call her", "2026-11-24T15:00:00Z", "we call her"),
            ("9:00 we bellen", "2026-11-25T08:00:00Z", "we bellen"),
            ("tomorrow 9:00 a mail", "2026-11-25T08:00:00Z", "a mail"),
            ("morgen 09:00 mail", "2026-11-25T08:00:00Z", "mail"),
            ("vandaag 12:00 mail", "2026-11-24T11:00:00Z", "mail"),
            ("2026-12-01 16:00  a part", "2026-12-01T15:00:00Z", "a part"),
            ("2h a call", "2026-11-24T11:30:00Z", "a call"),
            ("2u bellen", "2026-11-24T11:30:00Z", "bellen"),
            ("30m bellen", "2026-11-24T10:00:00Z", "bellen"),
        ] {
            assert_eq!(due(text, &zone, now), Some((at(wanted), words)), "{text}");
        }
        for none in ["", "soon", "25:00 x", "tomorrow", "tomorrow noon x", "é", "99999999h x"] {
            assert_eq!(due(none, &zone, now), None, "{none}");
        }
        assert_eq!(to_whom("Klant: we bellen"), (Some(ToWhom::Customer), "", "we bellen"));
        assert_eq!(to_whom("other: the neighbour, a key"), (Some(ToWhom::Other), "the neighbour", "a key"));
        assert_eq!(to_whom("note: a mail"), (None, "", "note: a mail"));
        assert_eq!((deed("We bellen u terug"), deed("recall the part")), ("call", ""));
    }
}
