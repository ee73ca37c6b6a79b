//! What is written on tickets, in plain words: who said what, when, where it stands.
//!
//! The words are read when a note is written; what its author took back by then is not told.

use crate::domain::customer::Customer;
use crate::domain::judgement::{Level, Reason};
use crate::domain::time::Timestamp;
use crate::store::about;
use crate::store::rows::CaseRow;
use crate::store::ticket::TellRow;
use crate::telling::Payload;
use crate::tickets::Withdraw;
use serde_json::Value;
use std::fmt::Write;

/// Longest note, in characters: the oldest posts of a long conversation are left out.
const NOTE_CHARS_MAX: usize = 60_000;
/// Longest subject of a ticket, in characters.
const SUBJECT_CHARS_MAX: usize = 120;

/// What a note is written from.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// The case.
    pub case: &'a CaseRow,
    /// The brand by name.
    pub brand: &'a str,
    /// Its sector; empty for none.
    pub sector: &'a str,
    /// The address of the case.
    pub url: String,
    /// All its messages and our answers.
    pub said: &'a [TellRow],
    /// Who the customer is, where that is not who wrote; nothing known of them where that was erased.
    pub customer: Option<&'a Customer>,
    /// Which change of what is known of them was the last.
    pub changed: i64,
    /// How the system lets words go.
    pub withdraw: Withdraw,
}

fn json(text: Option<&String>) -> Value {
    text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// An instant as people read it, to the minute.
fn minute(at: i64) -> String {
    let text = Timestamp(at).rfc3339();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

impl Told<'_> {
    /// What a new ticket is about, without the customer's words.
    pub fn subject(&self) -> String {
        let level = Level::from_number(self.case.level).code();
        let text = format!(
            "Webcare #{} {}: {} on {}, {level}",
            self.case.number, self.brand, self.case.intent, self.case.platform
        );
        crate::tickets::shortened(&text, SUBJECT_CHARS_MAX)
    }

    /// Who wrote, as colleagues of the front office are told.
    const fn writer(&self) -> &'static str {
        if self.customer.is_some() { "reporter" } else { "customer" }
    }

    /// Whose matter it is, where that is not who wrote.
    fn whose(&self) -> Option<String> {
        let known = self.customer?.line();
        let known = if known.is_empty() { "no longer kept who".to_owned() } else { known };
        Some(format!("The reporter wrote for somebody else. The customer: {known}."))
    }

    /// The line by which a colleague finds the case.
    pub fn head(&self) -> String {
        let case = self.case;
        let sector = if self.sector.is_empty() { String::new() } else { format!(", sector {}", self.sector) };
        let mut text = format!(
            "Webcare case #{} ({}): {}, {}, language {}{sector}\n{}",
            case.number,
            self.brand,
            Level::from_number(case.level).code(),
            case.intent,
            case.language,
            self.url
        );
        if self.customer.is_some() {
            text.push_str("\nWho wrote is not the customer.");
        }
        let worst = self.said.iter().filter(|m| !m.reasons.is_empty()).min_by_key(|m| (m.level, -m.urgency));
        let mut reasons: Vec<Reason> =
            worst.and_then(|m| serde_json::from_str(&m.reasons).ok()).unwrap_or_default();
        reasons.extend(case.course_reasons());
        if !reasons.is_empty() {
            let named: Vec<String> = reasons.iter().map(|r| format!("{} {:+}", r.what, r.weight)).collect();
            // Writing to a text cannot fail.
            let _ = write!(text, "\nUrgency {}: {}", case.urgency, named.join(", "));
        }
        text
    }

    fn post(&self, row: &TellRow) -> String {
        let (body, profile) = (json(row.body.as_ref()), json(row.profile.as_ref()));
        let who = match (&row.profile, profile["handle"].as_str().filter(|h| !h.is_empty())) {
            (None, _) => "webcare".to_owned(),
            (Some(_), Some(handle)) => format!("{} (@{})", self.writer(), handle.trim_start_matches('@')),
            (Some(_), None) => self.writer().to_owned(),
        };
        let how = if row.private == 1 { "private, " } else { "" };
        let mut text = format!("{}, {who}, {how}{}", minute(row.posted_at), self.case.platform);
        if let Some(url) = body["url"].as_str() {
            let _ = write!(text, ", {url}");
        }
        let words = match row.deleted_at {
            Some(at) => format!("[removed by its author, {}]", minute(at)),
            None => body["text"].as_str().unwrap_or("[the words are no longer kept]").to_owned(),
        };
        format!("{text}\n{words}")
    }

    /// What stands in the place of words of somebody who was erased.
    pub fn erased(&self) -> String {
        format!("[removed] The customer of webcare case #{} was erased at their request.", self.case.number)
    }

    /// Whose words stand in a note, in which revision.
    pub fn held(&self, payload: &Payload) -> Vec<(String, i64)> {
        let words = |m: &&TellRow| m.deleted_at.is_none() && m.body.is_some();
        let one = |id: &String| self.found(id).filter(words).map(|m| (m.id.clone(), m.revision));
        let known = self.customer.is_some_and(|c| !c.line().is_empty());
        let customer = known.then(|| (about::content_id(&self.case.id), self.changed));
        match payload.what.as_str() {
            "timeline" => payload.posts.iter().filter_map(one).chain(customer).collect(),
            "customer" => customer.into_iter().collect(),
            "message" | "edited" | "answer" => one(&payload.about).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn found(&self, id: &str) -> Option<&TellRow> {
        self.said.iter().find(|m| m.id == id)
    }

    /// The words of a note; nothing when what it is about is no longer stored.
    pub fn note(&self, payload: &Payload) -> Option<String> {
        let titled = |title: &str| {
            let row = self.found(&payload.about)?;
            Some(format!("{title}\n\n{}", self.post(row)))
        };
        match payload.what.as_str() {
            "timeline" => {
                let posts: Vec<String> =
                    payload.posts.iter().filter_map(|id| self.found(id)).map(|m| self.post(m)).collect();
                let whose = self.whose().map(|w| format!("{w}\n\n")).unwrap_or_default();
                Some(format!("{}\n\n{whose}{}", self.head(), newest(&posts)))
            }
            "message" => titled(&format!("The {} wrote:", self.writer())),
            "edited" => {
                let text = titled(&format!("The {} changed a message; it says now:", self.writer()))?;
                let by_hand = "\n\nWhere what it said before stands above, please take it away by hand.";
                Some(if self.withdraw == Withdraw::ByHand { text + by_hand } else { text })
            }
            "answer" => titled("Webcare answered:"),
            "removed" => {
                let row = self.found(&payload.about)?;
                let at = row.deleted_at.map(minute).unwrap_or_default();
                let of = minute(row.posted_at);
                let then = if self.withdraw == Withdraw::ByHand {
                    "Please take its words away here as well, by hand."
                } else {
                    "Webcare takes its words away here as well."
                };
                let who = self.writer();
                Some(format!("The {who}'s message of {of} was removed by its author, {at}. {then}"))
            }
            "erased" => {
                let then = if self.withdraw == Withdraw::ByHand {
                    "Please take their words, names and files away here as well, by hand."
                } else {
                    "Webcare takes away what it wrote here; please take away what else there is of them."
                };
                Some(format!("{} {then}", self.erased()))
            }
            "by_hand" => {
                let of = minute(payload.about.parse().ok()?);
                Some(format!(
                    "What webcare wrote here at {of} holds words that were withdrawn, and webcare could not take them \
                     away. Please do so by hand."
                ))
            }
            "customer" => Some(self.of_customer(payload)),
            "promise" => {
                let due = minute(payload.about.parse().ok()?);
                Some(format!(
                    "Webcare has promised {} an answer by {due}, in the place of what this ticket promised.\n{}",
                    self.whom(&payload.to),
                    self.url
                ))
            }
            "restored" => {
                let due = minute(payload.about.parse().ok()?);
                Some(format!(
                    "Webcare has called its answer back: what this ticket promised by {due} holds again.\n{}",
                    self.url
                ))
            }
            "state" => {
                Some(format!("Webcare case #{}: {}\n{}", self.case.number, self.state(payload), self.url))
            }
            _ => None,
        }
    }

    /// To whom something was promised; who wrote is the customer where nobody else is.
    fn whom(&self, to: &str) -> &'static str {
        match to {
            "reporter" if self.customer.is_some() => "who wrote",
            "other" => "somebody else",
            _ => "the customer",
        }
    }

    fn of_customer(&self, payload: &Payload) -> String {
        let whose = self.whose().unwrap_or_else(|| "The customer is who wrote, after all.".to_owned());
        let old = payload.event != "customer_said" && self.withdraw == Withdraw::ByHand;
        let then = if old { " Where something else stands above, please take it away by hand." } else { "" };
        format!("Webcare case #{}: {whose}{then}\n{}", self.case.number, self.url)
    }

    fn state(&self, payload: &Payload) -> String {
        let why = self.case.ended_why.as_deref().filter(|w| !w.is_empty());
        let why = why.map(|w| format!(" ({w})")).unwrap_or_default();
        match payload.event.as_str() {
            "resolve" => format!("resolved{why}"),
            "no_reply" => "resolved, for the customer did not answer".to_owned(),
            "lapse" => "ended, for the customer did not come".to_owned(),
            "close" => "closed".to_owned(),
            "dismiss" => format!("set aside{why}"),
            "await_front_office" => "waits for the front office".to_owned(),
            _ => "open again".to_owned(),
        }
    }
}

/// Posts in their order, as many of the newest as fit.
fn newest(posts: &[String]) -> String {
    let (mut length, mut from) = (0, posts.len());
    while from > 0 && length < NOTE_CHARS_MAX {
        from -= 1;
        length += posts[from].chars().count();
    }
    let left_out = if from > 0 { format!("[{from} older posts are left out]\n\n") } else { String::new() };
    format!("{left_out}{}", posts[from..].join("\n\n"))
}
