//! Answering customers from the chat, where the settings allow it: a reply to a card becomes a
//! preview, and a press of Send becomes an answer.
//!
//! Nothing leaves by typing alone. The words are kept as content behind the preview until it is sent,
//! cancelled or a day old; the answer goes through casework like one from the console, with the
//! version that the preview was made of. In groups neither handles nor personal data are repeated.

use super::card::{CardBody, Message, mask};
use super::deliver::{ALERT, CREDENTIAL, new_card};
use super::handle::{Handler, NOT_ALLOWED, actor, changes, done_already, may, sees};
use super::keyboard::Seen;
use super::press::{DID_ALREADY, Pressed, UNKNOWN_BUTTON};
use super::text::{Line, Rich};
use super::token::Press;
use crate::casework::answering::guarded;
use crate::casework::{Act, Answer, CaseworkError, NewPromise, Preview, Promising};
use crate::domain::judgement::PersonalData;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::chat::{CardRow, Facts, Presser};
use crate::store::rows::CaseEventRow;
use crate::store::{StoreError, case, chat, console, proposal};
use serde::{Deserialize, Serialize};

/// The kind of a message that shows a proposed answer.
const ANSWER: &str = "answer";
const OFF: &str = "Answering from the chat is off. Open the case to answer.";
const EVENT: &str = "answer_queued";
/// The longest part of an answer that a preview repeats, in UTF-16 units.
const SHOWN_UNITS_MAX: usize = 3_000;
/// The longest part of it that is kept as the words of a promise.
const PROMISE_UNITS_MAX: usize = 400;

/// What the row of a preview keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Proposal {
    /// The case.
    case: String,
    /// Its short number.
    number: i64,
    /// Its brand.
    brand: String,
    /// The version of the case that was seen.
    seen: i64,
    /// The mention that is answered.
    mention: String,
    /// Who proposed it.
    person: String,
    /// The account, as people know it.
    account: String,
    /// The promises that were found in it: what is to be done, by when, and who owes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    promises: Vec<(String, i64, String)>,
}

impl Handler {
    /// A reply to a message of ours: to a card, it proposes an answer; else it is talk.
    pub(super) async fn reply(&self, chat_id: i64, from: i64, to: i32, text: &str) -> Result<(), StoreError> {
        let place = (chat_id.to_string(), to.to_string());
        let found = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                let Some(card) = chat::card(tx, CREDENTIAL, &place.0, &place.1).await? else {
                    return Ok(None);
                };
                let body: CardBody = serde_json::from_str(&card.body).unwrap_or_default();
                let cases: Vec<String> = body.entries.iter().map(|e| e.case.clone()).collect();
                Ok(Some((card, chat::facts(tx, &cases).await?)))
            })
        });
        let Some((_, facts)) = found.await?.filter(|(card, _)| card.kind == ALERT) else { return Ok(()) };
        if !self.from_chat {
            self.line(chat_id, OFF.to_owned()).await;
            return Ok(());
        }
        let Some(presser) = self.presser(from).await? else {
            self.line(chat_id, NOT_ALLOWED.to_owned()).await;
            return Ok(());
        };
        let Some((facts, words)) = meant(&facts, text) else {
            let which = "This message lists several cases. Begin with the number of one, as in: #12 Hello …";
            self.line(chat_id, which.to_owned()).await;
            return Ok(());
        };
        if !sees(&presser, &facts.brand_id) || !may(&presser, Right::Answer) {
            self.line(chat_id, NOT_ALLOWED.to_owned()).await;
            return Ok(());
        }
        self.propose(chat_id, &presser, facts, words).await
    }

    async fn line(&self, chat_id: i64, text: String) {
        self.say(chat_id, Rich { lines: vec![Line::plain(text).cut(600)] }, None).await;
    }

    async fn propose(
        &self,
        chat_id: i64,
        presser: &Presser,
        f: &Facts,
        words: &str,
    ) -> Result<(), StoreError> {
        let who = actor(presser);
        let refused = match self.casework.preview(&f.brand_id, &f.id, &who, words, None).await {
            Ok(preview) => match refusal(&preview) {
                None => return self.show(chat_id, presser, f, words, preview).await,
                Some(why) => why,
            },
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(other) => why_not(&other),
        };
        self.line(chat_id, format!("#{}: not sent: {refused}.", f.number)).await;
        Ok(())
    }

    async fn show(
        &self,
        chat_id: i64,
        presser: &Presser,
        f: &Facts,
        words: &str,
        preview: Preview,
    ) -> Result<(), StoreError> {
        let text = self.preview_text(chat_id, f, &preview);
        let keyboard = Seen { id: &f.id, version: f.version }.proposal(!preview.promises.is_empty());
        let Some((chat_id, message)) = self.say(chat_id, text, Some(keyboard)).await else { return Ok(()) };
        let now = self.deliver.clock.now();
        let mut card = new_card(chat_id, message, ANSWER, now);
        let body = Proposal {
            case: f.id.clone(),
            number: f.number,
            brand: f.brand_id.clone(),
            seen: f.version,
            mention: preview.mention_id,
            person: presser.id.clone(),
            account: preview.account,
            promises: preview.promises.into_iter().map(|p| (p.act, p.due.millis(), p.owed_by)).collect(),
        };
        card.body = serde_json::to_string(&body).unwrap_or_default();
        let words = words.to_owned();
        let kept = self.deliver.db.write_again("keeping a proposed answer", move |tx| {
            let (card, body, words) = (card.clone(), body.clone(), words.clone());
            Box::pin(async move {
                let Some(case) = case::look(tx, &body.brand, &body.case).await? else { return Ok(()) };
                proposal::put(tx, &card.chat, &card.message, &case.author_id, &words).await?;
                chat::put_card(tx, &card, &[], now).await
            })
        });
        kept.await
    }

    fn preview_text(&self, chat_id: i64, f: &Facts, preview: &Preview) -> Rich {
        let mut rich = Rich::default();
        rich.line(Line::default().bold(format!("Answer to #{} · {}", f.number, f.brand)).cut(300));
        let composed = &preview.composed;
        let measure = format!("{} of {} characters", composed.measure.length, composed.measure.max);
        let visibility = Some(composed.visibility.as_str()).filter(|v| !v.is_empty()).unwrap_or("public");
        rich.line(Line::plain(format!("as {} · {visibility} · {measure}", preview.account)).cut(300));
        let watched = self.casework.catalogue().get().brand(&f.brand_id).map(|w| w.brand.allow.clone());
        let shown = if chat_id < 0 {
            for_a_group(&composed.text, &watched.unwrap_or_default())
        } else {
            composed.text.clone()
        };
        let one = |promise: &crate::casework::Proposal| {
            let (act, due) = (promise.act.replace('_', " "), promise.due.rfc3339());
            format!("{act} by {} UTC", due.get(..16).unwrap_or(&due).replace('T', " "))
        };
        if !preview.promises.is_empty() {
            let all: Vec<String> = preview.promises.iter().map(one).collect();
            rich.line(Line::plain(format!("It promises: {}. Is that meant?", all.join("; "))).cut(300));
        }
        for line in super::text::cut(&shown, SHOWN_UNITS_MAX).lines() {
            rich.line(Line::plain(line));
        }
        rich
    }

    /// Send or Cancel below a preview.
    pub(super) async fn proposal(&self, p: &Pressed) -> Result<String, StoreError> {
        let Some((card, body, words, since)) = self.proposed(p).await? else {
            return Ok(UNKNOWN_BUTTON.to_owned());
        };
        if p.token.press == Press::Cancel {
            self.close(p, &card, format!("#{}: not sent, cancelled by {}.", body.number, p.presser.name))
                .await?;
            return Ok("Not sent.".to_owned());
        }
        if body.person != p.presser.id {
            return Ok("Only who wrote it can send it. Reply to the card yourself.".to_owned());
        }
        let gone =
            format!("#{}: the answer by {} is on its way as {}.", body.number, p.presser.name, body.account);
        if done_already(&since, &p.presser, EVENT) {
            if words.is_some() {
                self.close(p, &card, gone).await?;
            }
            return Ok(DID_ALREADY.to_owned());
        }
        let fresh = self.deliver.clock.now().since(Timestamp(card.created_at)) < proposal::KEPT_FOR;
        let Some(text) = words.filter(|_| fresh) else {
            self.close(p, &card, format!("#{}: not sent, this is too old. Reply again.", body.number))
                .await?;
            return Ok("This is too old. Reply to the card again.".to_owned());
        };
        if !self.from_chat {
            return Ok(OFF.to_owned());
        }
        if !sees(&p.presser, &body.brand) || !may(&p.presser, Right::Answer) {
            return Ok(NOT_ALLOWED.to_owned());
        }
        let promise = match p.token.press {
            Press::Promise if !body.promises.is_empty() => confirmed(&body.promises, &text),
            _ => Promising::Without,
        };
        let act = Act::Answer(Answer { text, to: Some(body.mention.clone()), promise, ..Answer::default() });
        let acted = self
            .casework_of(&p.presser)
            .act(&body.brand, &body.case, body.seen, &actor(&p.presser), act)
            .await;
        self.follow.notify_one();
        match acted {
            Ok(_) => {
                self.close(p, &card, gone).await?;
                Ok(format!("The answer to #{} is on its way.", body.number))
            }
            Err(CaseworkError::Store(error)) => Err(error),
            Err(refused) => {
                let why = why_not(&refused);
                self.close(p, &card, format!("#{}: not sent: {why}. Reply again.", body.number)).await?;
                Ok(format!("Not sent: {why}."))
            }
        }
    }

    /// What stands behind a preview: its row, the proposal, the words, and what happened since.
    async fn proposed(
        &self,
        p: &Pressed,
    ) -> Result<Option<(CardRow, Proposal, Option<String>, Vec<CaseEventRow>)>, StoreError> {
        let (case_id, place) = (p.token.id.clone(), (p.chat.to_string(), p.message.to_string()));
        let read = self.deliver.db.read("reading a proposed answer", move |tx| {
            Box::pin(async move {
                let card = chat::card(tx, CREDENTIAL, &place.0, &place.1).await?;
                let Some(card) = card.filter(|c| c.kind == ANSWER) else { return Ok(None) };
                let body: Proposal = serde_json::from_str(&card.body).unwrap_or_default();
                if body.case != case_id {
                    return Ok(None);
                }
                let words = proposal::words(tx, &place.0, &place.1).await?;
                let since = console::events_since(tx, &body.brand, &body.case, body.seen).await?;
                Ok(Some((card, body, words, since)))
            })
        });
        read.await
    }

    /// Ends a preview: the words are forgotten, here and in the chat.
    async fn close(&self, p: &Pressed, card: &CardRow, text: String) -> Result<(), StoreError> {
        let message = Message { text: Rich { lines: vec![Line::plain(text).cut(600)] }, keyboard: None };
        // What cannot be edited still has no words behind it.
        if let Err(trouble) = self.deliver.telegram.edit(p.chat, p.message, &message).await {
            tracing::debug!(?trouble, "a preview could not be ended");
        }
        let place = (card.chat.clone(), card.message.clone());
        let dropped = self.deliver.db.write_again("dropping a proposed answer", move |tx| {
            let place = place.clone();
            Box::pin(async move { proposal::drop(tx, &place.0, &place.1).await })
        });
        dropped.await
    }
}

/// The case that a reply means, and the words for it: the only one of the card, or the one whose
/// number stands in front.
fn meant<'a, 'b>(facts: &'a [Facts], text: &'b str) -> Option<(&'a Facts, &'b str)> {
    if let [only] = facts {
        return Some((only, text.trim()));
    }
    let (number, words) = text.trim().strip_prefix('#')?.split_once(char::is_whitespace)?;
    let number: i64 = number.trim_end_matches(':').parse().ok()?;
    let mut named = facts.iter().filter(|f| f.number == number);
    let first = named.next()?;
    named.next().is_none().then_some((first, words.trim()))
}

/// The promises in an answer, as its writer confirmed them.
fn confirmed(made: &[(String, i64, String)], text: &str) -> Promising {
    let one = |(act, due, owed_by): &(String, i64, String)| NewPromise {
        text: super::text::cut(text, PROMISE_UNITS_MAX),
        due: Timestamp(*due),
        owed_by: owed_by.clone(),
        act: act.clone(),
        ..NewPromise::default()
    };
    Promising::With(made.iter().map(one).collect())
}

/// Why a composed answer cannot go, before anybody presses.
fn refusal(preview: &Preview) -> Option<String> {
    let composed = &preview.composed;
    if let Some(why) = &composed.refused {
        let measure = composed.measure;
        if measure.fits {
            return Some(why.clone());
        }
        return Some(format!("{why} ({} of {} characters)", measure.length, measure.max));
    }
    (!preview.personal.is_empty()).then(|| personal(&preview.personal))
}

/// Why an answer was refused, in words that repeat nothing of it.
fn why_not(error: &CaseworkError) -> String {
    match error {
        CaseworkError::Stale { since, .. } => format!("changed meanwhile: {}", changes(since)),
        CaseworkError::PersonalData { found } => personal(found),
        CaseworkError::Promise(_) => {
            "it contradicts a promise that stands; open the case to say which holds".to_owned()
        }
        CaseworkError::Invalid { what, .. } => what.clone(),
        other => other.to_string(),
    }
}

/// Which kinds of personal data stand in an answer.
fn personal(found: &[PersonalData]) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for one in found {
        let kind = serde_json::to_value(one.kind).ok();
        let kind = kind.as_ref().and_then(|k| k.as_str()).unwrap_or("other").replace('_', " ");
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    format!("a public answer must not hold personal data ({})", kinds.join(", "))
}

/// An answer as a group may see it: without the handles in front and with personal data masked.
fn for_a_group(text: &str, allow: &[String]) -> String {
    let masked = mask(text, &guarded(text, &[], allow)).unwrap_or_default();
    let mut rest = masked.as_str();
    let mut handles = 0;
    while rest.starts_with('@') {
        handles += 1;
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    if handles == 0 { masked } else { format!("@… {rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_sees_neither_handles_nor_data() {
        let text = "@mia@toot.example @acme call 0612345678\nor mail help@acme.example ^Jan";
        let shown = for_a_group(text, &["help@acme.example".to_owned()]);
        assert_eq!(shown, "@… call •••\nor mail help@acme.example ^Jan");
        assert_eq!(for_a_group("Hello", &[]), "Hello");
    }
}
