//! What messages say: cards of one case, lists of several, digests, and the buttons below them.
//!
//! A card holds what triage and the clocks say, never the customer's words, unless the settings
//! allow an excerpt with personal data masked. What a message shows is computed from facts read
//! at that moment; its fingerprint leaves out the passing of time, so that a card is edited when
//! the case moves and not because a minute went by.

use super::burst::LINE_UNITS_MAX;
use super::config::Excerpt;
use super::keyboard::{More, Seen};
use super::owed::Owed;
use super::text::{Line, Rich};
use super::texts::Lang;
use super::token::REASONS;
use crate::domain::case::CaseState;
use crate::domain::clocks::ObligationKind;
use crate::domain::handover::HandoverState;
use crate::domain::judgement::{Level, PersonalData, Reason};
use crate::domain::protocol::{ProtocolKind, ProtocolState};
use crate::domain::text::excerpt;
use crate::domain::time::Timestamp;
use crate::store::chat::Facts;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use teloxide::types::InlineKeyboardMarkup;

/// Longest excerpt, in user-perceived characters.
pub const EXCERPT_MAX: usize = 120;

/// One case in a message, and the last alert about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The alert's action.
    pub action: String,
    /// The case.
    pub case: String,
    /// `arrival`, `warning`, `breach`, `promise` and others.
    pub occasion: String,
    /// What was promised, for a warning or breach.
    #[serde(default)]
    pub kind: Option<String>,
    /// When it fell due, for a warning or breach; when it is due, for a promise.
    #[serde(default)]
    pub at: Option<i64>,
    /// Which promise, for one that is due soon.
    #[serde(default)]
    pub wait: Option<i64>,
    /// That promise, if it still runs; read anew each time.
    #[serde(skip)]
    pub owed: Option<Owed>,
    /// Whether it may have been told already.
    #[serde(default)]
    pub repeat: bool,
}

/// What a card's row keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardBody {
    /// The cases it lists.
    pub entries: Vec<Entry>,
    /// When it was last sent or edited.
    pub edited_at: i64,
}

/// How messages look in this installation.
#[derive(Clone, Debug)]
pub struct Look {
    /// Where people reach the console, without a slash at the end.
    pub public_url: String,
    /// How much of the customer's words a card shows.
    pub excerpt: Excerpt,
    /// The zone in which times of day are shown.
    pub zone: TimeZone,
    /// The language.
    pub lang: Lang,
    /// Whose private chat it is, by id; nothing in a group.
    pub reader: Option<String>,
}

/// A message ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What it says.
    pub text: Rich,
    /// The buttons below it.
    pub keyboard: Option<InlineKeyboardMarkup>,
}

impl Message {
    /// A fingerprint of text and buttons.
    pub fn print(&self) -> String {
        let keyboard = serde_json::to_string(&self.keyboard).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(self.text.html().as_bytes());
        hash.update(keyboard.as_bytes());
        let sum = hash.finalize();
        sum.iter().take(16).fold(String::with_capacity(32), |mut hex, b| {
            let _ = write!(hex, "{b:02x}");
            hex
        })
    }
}

impl Look {
    /// What a kind of protocol is called.
    pub fn protocol_name(&self, kind: &str) -> String {
        self.lang.name("protocol", kind)
    }

    /// The address of a case.
    pub fn case_url(&self, f: &Facts) -> String {
        let plain = || format!("{}/c/{}/{}", self.public_url.trim_end_matches('/'), f.brand_id, f.number);
        let Ok(mut url) = url::Url::parse(&self.public_url) else { return plain() };
        match url.path_segments_mut() {
            Ok(mut path) => {
                path.pop_if_empty().push("c").push(&f.brand).push(&f.number.to_string());
            }
            Err(()) => return plain(),
        }
        url.to_string()
    }

    /// The address as a button's, unless the platform would refuse it there.
    pub(super) fn button_url(&self, f: &Facts) -> Option<url::Url> {
        let url = url::Url::parse(&self.case_url(f)).ok()?;
        let fine = match url.host()? {
            url::Host::Domain(name) => name.contains('.') && !name.ends_with("localhost"),
            url::Host::Ipv4(ip) => !ip.is_loopback() && !ip.is_unspecified(),
            url::Host::Ipv6(ip) => !ip.is_loopback() && !ip.is_unspecified(),
        };
        (fine && matches!(url.scheme(), "https" | "http")).then_some(url)
    }

    /// The message for some entries; entries without facts are left out.
    pub fn message(&self, entries: &[Entry], facts: &[Facts], now: Timestamp) -> Message {
        let pairs: Vec<(&Entry, &Facts)> =
            entries.iter().filter_map(|e| facts.iter().find(|f| f.id == e.case).map(|f| (e, f))).collect();
        match pairs.as_slice() {
            [(entry, facts)] => self.single(entry, facts, now),
            several => self.list(several, now),
        }
    }

    /// A fingerprint of what a message says, without the passing of time.
    pub fn fingerprint(&self, entries: &[Entry], facts: &[Facts], created_at: Timestamp) -> String {
        self.message(entries, facts, created_at).print()
    }

    fn single(&self, entry: &Entry, f: &Facts, now: Timestamp) -> Message {
        let mut text = Rich::default();
        let head = format!("#{} · {} · {}", f.number, Level::from_number(f.level), f.brand);
        text.line(Line::default().bold(head).cut(300));
        text.line(Line::plain(self.traits(f, 4)).cut(300));
        text.line(Line::plain(self.standing(entry, f, now)).cut(300));
        if let Some(name) = claimant(f, now) {
            text.line(Line::plain(self.lang.claimed_by(name)).cut(120));
        }
        if let Some((kind, state)) = protocol(f) {
            text.line(Line::default().bold(protocol_line(self.lang, kind, state)).cut(160));
        }
        // The front office is done: what is left to do is the team's.
        if let Some(ticket) = f.solved_ticket.as_deref().filter(|_| f.open != 0) {
            let ticket = super::text::cut(ticket, 60);
            text.line(Line::plain(self.lang.ticket_solved_there(ticket, f.number)).cut(200));
        }
        if let Some(line) = self.put_away(f, now) {
            text.line(Line::plain(line).cut(120));
        }
        if let Some(line) = self.news(f) {
            text.line(Line::plain(line).cut(160));
        }
        if let Some(words) = self.words(f) {
            text.line(Line::default().italic(format!("“{words}”")).cut(600));
        }
        let button = self.button_url(f);
        if button.is_none() {
            let url = self.case_url(f);
            text.line(Line::default().link(url.clone(), url));
        }
        text.line(Line::plain(self.tag(&entry.action, entry.repeat)));
        let keyboard = self.seen(&f.id, f.version).case(
            f.open != 0,
            claimant(f, now).is_some(),
            self.more(f, now),
            button,
        );
        Message { text, keyboard }
    }

    fn list(&self, pairs: &[(&Entry, &Facts)], now: Timestamp) -> Message {
        let mut text = Rich::default();
        text.line(Line::default().bold(self.lang.need_you(pairs.len())));
        for (entry, f) in pairs {
            text.line(self.list_line(
                f,
                &self.standing(entry, f, now),
                Some(&self.tag(&entry.action, entry.repeat)),
                now,
            ));
        }
        Message { text: text.fit(self.lang, &self.public_url), keyboard: None }
    }

    /// One case in a list.
    pub fn list_line(&self, f: &Facts, standing: &str, tag: Option<&str>, now: Timestamp) -> Line {
        let brand = super::text::cut(&f.brand, 24);
        let mut rest = format!(" {} {brand} · {standing}", Level::from_number(f.level));
        if let Some(name) = claimant(f, now) {
            let _ = write!(rest, " · {}", super::text::cut(name, 16));
        }
        if let Some(away) = self.put_away(f, now) {
            let _ = write!(rest, " · {away}");
        }
        if let Some((kind, state)) = protocol(f) {
            let _ = write!(rest, " · {}", protocol_line(self.lang, kind, state));
        }
        if let Some(tag) = tag {
            let _ = write!(rest, " · {tag}");
        }
        let _ = write!(rest, " · {}", self.traits(f, 2));
        Line::default().link(format!("#{}", f.number), self.case_url(f)).text(rest).cut(LINE_UNITS_MAX)
    }

    /// Occasion and time left, or how it went on.
    pub fn standing(&self, entry: &Entry, f: &Facts, now: Timestamp) -> String {
        // A promise runs on in a case that is over.
        if let Some(owed) = &entry.owed {
            return self.owed(owed, now);
        }
        if f.open == 0 {
            let why = f.ended_why.as_deref().filter(|w| REASONS.contains(w));
            let state = self.lang.name("state", &f.state);
            return match why {
                Some(why) => format!("{state}: {}", self.lang.name("dismissed", why)),
                None => state,
            };
        }
        let time = self.time_left(entry, f, now);
        let waiting = CaseState::from_code(&f.state).is_some_and(CaseState::holds_resolution);
        match entry.occasion.as_str() {
            "arrival" if f.first_answer_at.is_none() => self.lang.fresh(time),
            // Once answered it is the customer's turn, and nobody need hurry.
            crate::alerting::WINDOW if !waiting => {
                let left = entry.at.map(|ends| Timestamp(ends).since(now)).filter(|left| left.millis() > 0);
                let then_by_hand = entry.kind.as_deref() == Some(crate::alerting::THEN_BY_HAND);
                match left.map(|left| self.lang.span(left)) {
                    Some(left) if then_by_hand => self.lang.window_frees(left, time),
                    Some(left) => self.lang.window_closes(left, time),
                    None if then_by_hand => self.lang.window_freed(time),
                    None => self.lang.window_closed(time),
                }
            }
            _ if waiting && f.due_at.is_none() => {
                self.lang.time_state(time, self.lang.name("state", &f.state))
            }
            _ => time,
        }
    }

    fn time_left(&self, entry: &Entry, f: &Facts, now: Timestamp) -> String {
        let breach = (entry.occasion == "breach").then_some(entry.at).flatten();
        let kind = entry.kind.as_deref().and_then(ObligationKind::from_code);
        let t = self.lang;
        let what = match kind {
            Some(kind) if kind.is_resolution() => t.promise_to_solve(),
            Some(ObligationKind::ComplaintAcknowledge | ObligationKind::ComplaintDecision) => {
                t.time_for_complaint()
            }
            _ => t.promise_word(),
        };
        match (f.broken_at, f.due_at.map(Timestamp)) {
            (Some(at), due) => {
                let since = Timestamp(breach.unwrap_or(at));
                let ago = now.since(since);
                let answered =
                    if due.is_none() && f.first_answer_at.is_some() { t.answered_since() } else { "" };
                format!("{}{answered}", t.broken_ago(what, t.span(ago)))
            }
            (None, Some(due)) if due >= now => t.due_in(t.span(due.since(now)), self.clock_time(due)),
            (None, Some(due)) => t.late_by(t.span(now.since(due))),
            (None, None) if f.first_answer_at.is_some() => match &f.answered_by {
                Some(name) => t.answered_by(super::text::cut(name, 16)),
                None => t.answered().to_owned(),
            },
            (None, None) => t.none_promised().to_owned(),
        }
    }

    /// Until when somebody put a case away.
    pub fn put_away(&self, f: &Facts, now: Timestamp) -> Option<String> {
        let until = f.snoozed_until.map(Timestamp).filter(|until| *until > now && f.open != 0)?;
        Some(self.lang.snoozed_until(self.time_from(until, now)))
    }

    /// A time of day in the installation's zone.
    pub fn clock_time(&self, at: Timestamp) -> String {
        jiff::Timestamp::from_millisecond(at.millis())
            .map_or_else(|_| at.rfc3339(), |t| t.to_zoned(self.zone.clone()).strftime("%H:%M").to_string())
    }

    /// A day of the week with its time of day in the installation's zone.
    pub fn day_time(&self, at: Timestamp) -> String {
        let Ok(at) = jiff::Timestamp::from_millisecond(at.millis()) else { return at.rfc3339() };
        let here = at.to_zoned(self.zone.clone());
        let day = self.lang.weekday(here.weekday().to_monday_zero_offset());
        format!("{day} {}", here.strftime("%H:%M"))
    }

    /// A time of day, with the day if it is not today.
    pub(super) fn time_from(&self, at: Timestamp, now: Timestamp) -> String {
        let date = |t: Timestamp| {
            let t = jiff::Timestamp::from_millisecond(t.millis()).ok()?;
            Some(t.to_zoned(self.zone.clone()).date())
        };
        match (date(at), date(now)) {
            (Some(day), Some(today)) if day == today => self.clock_time(at),
            (Some(day), _) if at.since(now).millis().abs() > 6 * 86_400_000 => {
                format!("{day} {}", self.clock_time(at))
            }
            _ => self.day_time(at),
        }
    }

    /// A button about something, in this language.
    pub(super) fn seen<'a>(&self, id: &'a str, version: i64) -> Seen<'a> {
        Seen { id, version, lang: self.lang }
    }

    /// What else a card of a case offers here.
    fn more(&self, f: &Facts, now: Timestamp) -> More {
        let at = f.handover.as_deref().and_then(HandoverState::from_code);
        let wanted = at.is_none() && f.needs_private != 0 || at == Some(HandoverState::Proposed);
        let stands = at.is_some_and(|s| s.waits() || s.takes_messages());
        let has = claimant(f, now).is_some() && f.claimed_by.is_some() && f.claimed_by == self.reader;
        More {
            to_private: wanted && f.private == 0,
            close_private: stands && f.private == 0,
            calls: has && f.calls > 0,
            protocol: protocol(f),
        }
    }

    /// Platform, language, the first reasons of a case, and what its course adds.
    pub fn traits(&self, f: &Facts, n: usize) -> String {
        let read = |list: &str| serde_json::from_str::<Vec<Reason>>(list).unwrap_or_default();
        let (reasons, course) = (f.reasons.as_deref().map(read).unwrap_or_default(), read(&f.course));
        let all = reasons.iter().take(n).chain(&course);
        let names: Vec<String> = all.map(|r| self.lang.name("reason", &r.what)).collect();
        let mut all = format!("{} · {}", f.platform, f.language);
        if f.files > 0 {
            let files =
                if f.files == 1 { self.lang.one_file().to_owned() } else { self.lang.some_files(f.files) };
            let _ = write!(all, " · {files}");
        }
        if f.about_other > 0 {
            let _ = write!(all, " · {}", self.lang.name("mark", "about_somebody_else"));
        }
        if !names.is_empty() {
            let _ = write!(all, " · {}", names.join(", "));
        }
        all
    }

    /// The last thing that happened to a case, beside its state; never what was said.
    fn news(&self, f: &Facts) -> Option<String> {
        let t = self.lang;
        let by = |what: &str| match &f.news_by {
            Some(name) => t.news_by(what, name),
            None => what.to_owned(),
        };
        Some(match f.news.as_deref()? {
            "answer_queued" => by(t.news_queued()),
            "answer_undone" => by(t.news_undone()),
            "note" => by(t.news_note()),
            "moderated" => by(t.news_moderated()),
            "removed" => t.news_removed().to_owned(),
            "answer_removed" => t.news_ours_removed().to_owned(),
            "undelivered" => t.news_undelivered().to_owned(),
            "unknown_settled" => by(t.news_settled()),
            _ => return None,
        })
    }

    /// The alert by the end of its id, and whether it may have been told already.
    pub fn tag(&self, action: &str, repeat: bool) -> String {
        let short = action.get(action.len().saturating_sub(8)..).unwrap_or(action);
        if repeat { self.lang.alert_again(short) } else { self.lang.alert_tag(short) }
    }

    /// The beginning of the customer's words with personal data masked, if the settings allow it.
    /// Private messages are never shown; nor is anything whose places of personal data cannot be read.
    fn words(&self, f: &Facts) -> Option<String> {
        if self.excerpt != Excerpt::Masked || f.private != 0 {
            return None;
        }
        let body: serde_json::Value = serde_json::from_str(f.body.as_deref()?).ok()?;
        let spans: Vec<PersonalData> = serde_json::from_str(f.personal_data.as_deref()?).ok()?;
        let masked = mask(body.get("text")?.as_str()?, &spans)?;
        let short = excerpt(&masked.split_whitespace().collect::<Vec<_>>().join(" "), EXCERPT_MAX);
        (!short.is_empty()).then_some(short)
    }
}

/// Puts dots where personal data stands. Places that do not fit the text mask nothing safely, so
/// then there is no text at all.
pub fn mask(text: &str, spans: &[PersonalData]) -> Option<String> {
    let mut spans: Vec<(usize, usize)> = spans.iter().map(|s| (s.start, s.end)).collect();
    spans.sort_unstable();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (start, end) in spans {
        if end <= at {
            continue;
        }
        let start = start.max(at);
        out.push_str(text.get(at..start)?);
        text.get(start..end)?;
        out.push_str("•••");
        at = end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// The open protocol of a case that goes first.
pub fn protocol(f: &Facts) -> Option<(ProtocolKind, ProtocolState)> {
    let (kind, state) = f.protocol.as_deref()?.split_once(':')?;
    Some((ProtocolKind::from_code(kind)?, ProtocolState::from_code(state)?))
}

/// A protocol in a few words.
pub fn protocol_line(t: Lang, kind: ProtocolKind, state: ProtocolState) -> String {
    let told = match state {
        ProtocolState::Proposed => t.protocol_proposed(),
        ProtocolState::Running => t.protocol_runs(),
        ProtocolState::Taken => t.protocol_has_somebody(),
        ProtocolState::Ended | ProtocolState::Declined => t.protocol_over(),
    };
    t.protocol_told(t.name("protocol", kind.code()), told)
}

/// Who has a case now, by name.
pub fn claimant(f: &Facts, now: Timestamp) -> Option<&str> {
    let ended = f.claimed_until.is_some_and(|until| until <= now.millis());
    f.claimed_name.as_deref().filter(|_| !ended && f.open != 0)
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
