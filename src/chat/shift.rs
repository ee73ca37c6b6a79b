//! Offers and questions at the end of a shift, each as a message of its own in somebody's private chat, with buttons; the
//! briefing; and what a group is told when the shift changes.
//!
//! The messages follow their cases: who claimed, what is over, what is settled. No customer's words stand in them,
//! and what colleagues wrote for each other stands in private chats only.

use super::card::{Look, Message, claimant};
use super::deliver::{TelegramDeliver, refused};
use super::handle::Handler;
use super::kept::Kept;
use super::place::Place;
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::texts::Lang;
use crate::casework::briefing::{self, Briefing, Summary};
use crate::casework::offering::OFFER as OFFER_ACTION;
use crate::casework::shift::ASK as ASK_ACTION;
use crate::domain::delivery::Outcome;
use crate::domain::judgement::Level;
use crate::domain::time::Timestamp;
use crate::duty;
use crate::store::chat::Facts;
use crate::store::offer::{self, OfferRow};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, chat, person, shift};
use serde::{Deserialize, Serialize};

/// The kind of offers, as cards and as actions.
pub(super) const OFFER: &str = OFFER_ACTION;
/// The kind of questions at the end of a shift.
pub(super) const ASK: &str = ASK_ACTION;
/// Most cases that a line names.
const NAMED: usize = 12;
/// Characters of a line or a note.
const CHARS_MAX: usize = 400;

/// What the card's row keeps, and what its action says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ShiftBody {
    /// [`OFFER`] or [`ASK`].
    pub kind: String,
    /// The brand.
    pub brand: String,
    /// The case.
    pub case: String,
    /// The round of an offer.
    pub round: i64,
    /// Who is meant.
    pub person: String,
    /// What the case holds.
    pub holds: Vec<String>,
    /// `again` where the shift is over.
    pub stage: String,
    /// When it was last sent or edited.
    pub edited_at: i64,
}

/// An offer or a question with all that its message says.
#[derive(Clone, Debug)]
pub(super) struct ToShift {
    body: ShiftBody,
    facts: Facts,
    /// The offer, while it stands for them.
    offer: Option<OfferRow>,
    /// Whether the question is open.
    asks: bool,
}

impl ToShift {
    /// Reads one as it is now; nothing if its case is gone.
    pub(super) async fn read(tx: &mut Tx, body: ShiftBody) -> Result<Option<Self>, StoreError> {
        let Some(facts) = chat::facts(tx, std::slice::from_ref(&body.case)).await?.pop() else {
            return Ok(None);
        };
        let mine = offer::among(tx, std::slice::from_ref(&body.case), &body.person).await?;
        let offer = mine.into_iter().find(|o| o.round == body.round);
        let asked = shift::open_of(tx, &body.brand, &body.case).await?;
        let asks = asked.is_some_and(|(who, _)| who == body.person);
        Ok(Some(Self { body, facts, offer, asks }))
    }

    /// When the message was last sent or edited, as far as its row knows.
    pub(super) const fn edited_at(&self) -> i64 {
        self.body.edited_at
    }

    /// Its case.
    pub(super) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What it is, in one line.
    pub(super) fn head(&self, t: Lang) -> String {
        let (n, brand) = (self.facts.number, &self.facts.brand);
        match &self.offer {
            Some(offer) if self.body.kind == OFFER && offer.width != "person" => t.offer_wide_head(n, brand),
            _ if self.body.kind == OFFER => t.offer_head(n, brand),
            _ if self.body.stage == "again" => t.ask_again_head(n, brand),
            _ => t.ask_head(n, brand),
        }
    }

    /// Whether there is anything to press.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        if self.body.kind == OFFER {
            self.offer.is_some() && claimant(&self.facts, now).is_none() && self.facts.open == 1
        } else {
            self.asks
        }
    }

    /// The message.
    pub(super) fn message(&self, look: &Look, now: Timestamp) -> Message {
        let (t, f, mut text) = (look.lang, &self.facts, Rich::default());
        let button = look.button_url(f);
        let seen = look.seen(&f.id, f.version);
        if !self.is_open(now) {
            text.line(Line::plain(self.over(t, now)));
            return Message { text, keyboard: seen.link(button) };
        }
        let keyboard = if let (OFFER, Some(offer)) = (self.body.kind.as_str(), &self.offer) {
            let (wide, head) = (offer.width != "person", self.head(t));
            text.line(Line::default().bold(format!("{} · {head}", Level::from_number(f.level))).cut(300));
            text.line(Line::plain(look.traits(f, 4)).cut(300));
            if let Some(until) = offer.until_at {
                text.line(Line::plain(t.offer_until(look.clock_time(Timestamp(until)))));
            }
            if !wide {
                text.line(Line::plain(t.offer_because(because(t, offer))).cut(300));
            }
            seen.offer(button.clone())
        } else {
            text.line(Line::default().bold(self.head(t)).cut(300));
            let holds: Vec<&str> = self.body.holds.iter().filter_map(|h| held(t, h)).collect();
            text.line(Line::plain(t.ask_holds(holds.join(", "))));
            text.line(Line::plain(t.ask_how(f.number)).cut(400));
            seen.shift(button.clone())
        };
        if button.is_none() {
            let url = look.case_url(f);
            text.line(Line::default().link(url.clone(), url));
        }
        Message { text, keyboard: Some(keyboard) }
    }

    fn over(&self, t: Lang, now: Timestamp) -> String {
        let f = &self.facts;
        match claimant(f, now) {
            Some(_) if f.claimed_by.as_deref() == Some(&self.body.person) && self.body.kind == OFFER => {
                t.is_yours(f.number)
            }
            Some(name) => t.offer_taken(f.number, name),
            None if self.body.kind == OFFER => t.offer_over(f.number),
            None => t.ask_settled(f.number),
        }
    }
}

/// What speaks for somebody, in words.
fn because(t: Lang, offer: &OfferRow) -> String {
    let why = offer.why();
    let words: Vec<&str> = why
        .iter()
        .filter(|r| r.weight > 0)
        .filter_map(|r| match r.what.as_str() {
            "before" => Some(t.route_before()),
            "language" => Some(t.route_language()),
            "sector" => Some(t.route_sector()),
            _ => None,
        })
        .collect();
    if words.is_empty() { t.route_free().to_owned() } else { words.join(", ") }
}

fn held(t: Lang, code: &str) -> Option<&'static str> {
    match code {
        "draft" => Some(t.holds_draft()),
        "talk" => Some(t.holds_talk()),
        "promise" => Some(t.holds_promise()),
        _ => None,
    }
}

impl TelegramDeliver {
    /// Shows one offer or question; one that is over is not shown any more.
    pub(super) async fn send_shift(
        &self,
        place: Place,
        look: &Look,
        action: &ActionRow,
    ) -> Result<Outcome, StoreError> {
        let Ok(mut body) = serde_json::from_str::<ShiftBody>(&action.payload) else {
            return Ok(refused("the payload names no case"));
        };
        if place.is_group() {
            return Ok(refused("offers and questions are shown in private only"));
        }
        let now = self.clock.now();
        body.kind.clone_from(&action.kind);
        body.edited_at = now.millis();
        let read = self
            .db
            .read("reading an offer", move |tx| Box::pin(async move { ToShift::read(tx, body).await }));
        let Some(found) = read.await? else { return Ok(refused("the case is gone")) };
        if !found.is_open(now) {
            // Nothing went wrong: it waited for quiet hours, say, and somebody was quicker.
            return Ok(Outcome::Done { remote_id: "not needed: it is over".to_owned(), at: None });
        }
        let turn = self.telegram.turn(place.chat);
        let _turn = turn.lock().await;
        let message = found.message(look, now);
        let kept = Kept {
            kind: &action.kind,
            body: serde_json::to_string(&found.body).unwrap_or_default(),
            case: found.facts.id.clone(),
            made_at: now,
            stale_at: None,
        };
        Ok(self.send_kept(place, &message, Some(kept)).await)
    }
}

/// Numbers of cases, so many as fit.
fn numbers(all: &[i64]) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(|n| format!("#{n}")).collect();
    if all.len() > NAMED {
        return format!("{} +{}", named.join(" "), all.len() - NAMED);
    }
    named.join(" ")
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(CHARS_MAX).collect()
}

/// What the action of a change of shift names.
#[derive(Deserialize)]
struct Changed {
    at: i64,
    summaries: Vec<OfBrand>,
}

#[derive(Deserialize)]
struct OfBrand {
    brand: String,
    name: String,
    id: String,
}

/// What a group is told when the shift changes: numbers and counts; read anew when it is sent.
pub(super) async fn told(db: &Db, look: &Look, action: &ActionRow) -> Result<Option<Rich>, StoreError> {
    let Ok(body) = serde_json::from_str::<Changed>(&action.payload) else { return Ok(None) };
    let at = Timestamp(body.at);
    let read = db.read("reading summaries of a shift", move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for of in body.summaries {
                let row = crate::store::briefing::summary(tx, &of.brand, &of.id).await?;
                found.extend(row.map(|row| (of.name, Summary::of(&row))));
            }
            Ok(found)
        })
    });
    let found = read.await?;
    if found.is_empty() {
        return Ok(None);
    }
    let (t, mut rich) = (look.lang, Rich::default());
    rich.line(Line::default().bold(t.shift_head(look.clock_time(at))));
    for (name, sum) in &found {
        let (open, late, free) = sum.totals();
        rich.line(Line::plain(t.shift_counts(name, open, late, free)).cut(200));
        let risk: Vec<String> = sum
            .risk
            .iter()
            .take(NAMED)
            .map(|c| format!("#{} {}", c.number, Level::from_number(c.level)))
            .collect();
        let promises: Vec<String> = sum
            .promises
            .iter()
            .take(NAMED)
            .map(|(n, due)| format!("#{n} {}", look.clock_time(Timestamp(*due))))
            .collect();
        let lines = [
            (!risk.is_empty()).then(|| t.shift_risk(risk.join(", "))),
            (!promises.is_empty()).then(|| t.shift_promises(promises.join(", "))),
            (!sum.talks.is_empty()).then(|| t.shift_talks(numbers(&sum.talks))),
            (!sum.late.is_empty()).then(|| t.shift_late(numbers(&sum.late))),
        ];
        for line in lines.into_iter().flatten() {
            rich.line(Line::plain(line).cut(300));
        }
    }
    rich.line(Line::default().link(t.shift_link(), format!("{}/briefing", look.public_url)));
    Ok(Some(rich))
}

impl Handler {
    /// Whether anything was written for who begins, of any of these brands.
    pub(super) async fn has_news(&self, brands: &[String]) -> Result<bool, StoreError> {
        let (now, brands) = (self.deliver.clock.now(), brands.to_vec());
        let read = self.deliver.db.read("looking for a briefing", move |tx| {
            Box::pin(async move { briefing::has_news(tx, &brands, now).await })
        });
        read.await
    }

    /// `/briefing`: what to know at the begin of a shift. What colleagues wrote for each other is told in private.
    pub(super) async fn briefing(&self, a: &Asking, brands: Vec<String>) -> Result<Rich, StoreError> {
        let (now, me) = (self.deliver.clock.now(), a.person.as_ref().map(|p| p.id.clone()));
        let catalogue = self.casework.catalogue().get();
        let read = self.deliver.db.read("reading the briefing", move |tx| {
            Box::pin(async move {
                let on = duty::on_at(tx, now).await?;
                let mine = on.iter().find(|o| Some(&o.present.person) == me.as_ref());
                let until = mine.map(|o| o.present.until);
                let mut found = Vec::new();
                for brand in brands {
                    let told = briefing::read(tx, &brand, until, now).await?;
                    found.push((brand, told));
                }
                Ok((found, person::all(tx).await?))
            })
        });
        let (found, people) = read.await?;
        let mut rich = Rich::default();
        for (brand, told) in &found {
            let name = catalogue.brand(brand).map_or("", |w| w.brand.name.as_str());
            lines(&a.here, (name, told), a.place.is_group(), now, &mut rich);
            if !a.place.is_group() {
                for (row, text) in &told.notes {
                    let by = people.iter().find(|p| p.id == row.made_by).map_or("", |p| p.name.as_str());
                    rich.line(Line::plain(a.here.lang.briefing_note(by, short(text))).cut(500));
                }
            }
        }
        let url = format!("{}/briefing", a.here.public_url);
        rich.line(Line::default().link(a.here.lang.shift_link(), url));
        Ok(rich.fit(a.here.lang, &a.here.public_url))
    }
}

fn lines(look: &Look, (name, b): (&str, &Briefing), group: bool, now: Timestamp, rich: &mut Rich) {
    let t = look.lang;
    rich.line(Line::default().bold(t.briefing_head(name)).cut(120));
    if b.lines.is_empty() {
        rich.line(Line::plain(t.briefing_nothing()));
    }
    for (row, text) in &b.lines {
        let until = look.time_from(Timestamp(row.until_at), now);
        rich.line(Line::plain(t.briefing_line_until(short(text), until)).cut(500));
    }
    let peaks: Vec<String> = b.peaks.iter().map(|(_, title)| short(title)).collect();
    let incidents: Vec<i64> = b.incidents.iter().map(|i| i.number).collect();
    let urgent: Vec<String> = b
        .urgent
        .iter()
        .take(NAMED)
        .map(|c| format!("#{} {}", c.number, Level::from_number(c.level)))
        .collect();
    let promises: Vec<String> = b
        .promises
        .iter()
        .take(NAMED)
        .map(|p| format!("#{} {}", p.number, look.clock_time(Timestamp(p.due_at))))
        .collect();
    let told = [
        (!peaks.is_empty()).then(|| t.briefing_peaks(peaks.join(", "))),
        (!incidents.is_empty()).then(|| t.briefing_incidents(numbers(&incidents))),
        (!urgent.is_empty()).then(|| t.briefing_urgent(urgent.join(", "))),
        (!promises.is_empty()).then(|| t.briefing_promises(promises.join(", "))),
        (group && !b.notes.is_empty()).then(|| t.briefing_notes(b.notes.len())),
    ];
    for line in told.into_iter().flatten() {
        rich.line(Line::plain(line).cut(400));
    }
}

/// The offers that stand for somebody, as the lines above their own cases.
pub(super) async fn offered(
    tx: &mut Tx,
    brands: &[String],
    person: &str,
    now: Timestamp,
) -> Result<Vec<crate::store::digest::Listed>, StoreError> {
    use crate::store::lanes::{self, Lane, Wanted};
    let wanted = Wanted { lane: Lane::Offered, who: person.to_owned(), now, after: None, limit: NAMED };
    let mut found = Vec::new();
    for brand in brands {
        let cases = lanes::page(tx, brand, &wanted).await?;
        found.extend(cases.into_iter().map(|c| crate::store::digest::Listed { id: c.id, level: c.level }));
    }
    Ok(found)
}
