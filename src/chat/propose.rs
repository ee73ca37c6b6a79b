//! Answering customers from the chat, where the settings allow it: a reply to a card becomes a
//! preview, and a press of Send becomes an answer.
//!
//! Nothing leaves by typing alone. The words are kept as content behind the preview until it is sent,
//! cancelled or a day old; the answer goes through casework like one from the console, with the
//! version that the preview was made of. In groups neither handles nor personal data are repeated.

use super::card::CardBody;
use super::deliver::{CREDENTIAL, new_card};
use super::files::{self, Brought};
use super::handle::{Handler, actor, done_already, may, sees};
use super::press::Pressed;
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::texts::Lang;
use super::token::Press;
use super::veil::Veil;
use crate::casework::{Act, Answer, CaseworkError, Files, NewPromise, Preview, Promising};
use crate::domain::masking::COVER;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::chat::{CardRow, Facts, Presser};
use crate::store::rows::CaseEventRow;
use crate::store::{StoreError, case, chat, console, proposal};
use serde::{Deserialize, Serialize};

/// The kind of a message that shows a proposed answer.
pub(super) const ANSWER: &str = "answer";
const EVENT: &str = "answer_queued";
/// What a newcomer wrote waits for a colleague.
const EVENT_WAITS: &str = "guard_asked";
/// The longest part of an answer that a preview repeats, in UTF-16 units.
const SHOWN_UNITS_MAX: usize = 3_000;
/// The longest part of it that is kept as the words of a promise.
const PROMISE_UNITS_MAX: usize = 400;

/// What the row of a preview keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proposal {
    /// The case.
    pub(super) case: String,
    /// Its short number.
    pub(super) number: i64,
    /// Its brand.
    pub(super) brand: String,
    /// The version of the case that was seen.
    pub(super) seen: i64,
    /// The mention that is answered.
    pub(super) mention: String,
    /// Who proposed it.
    pub(super) person: String,
    /// The account, as people know it.
    pub(super) account: String,
    /// The promises that were found in it: what is to be done, by when, and who owes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) promises: Vec<(String, i64, String)>,
    /// The files that go along, as it shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<String>,
    /// In how many parts it goes, as it shows them; none where it fits in one post.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(super) parts: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
const fn is_none(parts: &usize) -> bool {
    *parts == 0
}

impl Handler {
    /// A reply to a card: it proposes an answer.
    pub(super) async fn reply(
        &self,
        a: &Asking,
        to: i32,
        (text, brought): (&str, &Brought),
    ) -> Result<(), StoreError> {
        let place = (a.place.chat.to_string(), to.to_string());
        let found = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                let Some(card) = chat::card(tx, CREDENTIAL, &place.0, &place.1).await? else {
                    return Ok(None);
                };
                let body: CardBody = serde_json::from_str(&card.body).unwrap_or_default();
                let cases: Vec<String> = body.entries.iter().map(|e| e.case.clone()).collect();
                Ok(Some(chat::facts(tx, &cases).await?))
            })
        });
        let Some(facts) = found.await? else { return Ok(()) };
        let t = a.mine.lang;
        if !self.from_chat {
            self.line(a, t.chat_is_off().to_owned()).await;
            return Ok(());
        }
        let Some(presser) = a.person.as_ref().filter(|p| may(p, Right::Work)) else {
            self.note_refused(a.person.as_ref(), Right::Work, "answer").await?;
            self.line(a, t.not_allowed().to_owned()).await;
            return Ok(());
        };
        let with_file = *brought != Brought::Nothing;
        let Some((facts, words)) = meant(&facts, text).filter(|m| with_file || !m.1.is_empty()) else {
            self.line(a, t.which_case().to_owned()).await;
            return Ok(());
        };
        if !sees(presser, &facts.brand_id) || !writes(presser) {
            self.line(a, t.not_allowed().to_owned()).await;
            return Ok(());
        }
        if !self.take_file(a, presser, facts, brought).await? {
            return Ok(());
        }
        if words.is_empty() {
            return self.one_more(a, presser, facts).await;
        }
        self.propose(a, presser, facts, words).await
    }

    async fn propose(&self, a: &Asking, presser: &Presser, f: &Facts, words: &str) -> Result<(), StoreError> {
        let t = a.mine.lang;
        let who = actor(presser);
        let refused = match self.casework.preview(&f.brand_id, &f.id, &who, words, None).await {
            Ok(preview) => match refusal(t, &preview) {
                None => return self.show(a, presser, f, words, preview).await,
                Some(why) => why,
            },
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(other) => t.refusal(&other),
        };
        self.line(a, t.not_sent(f.number, refused)).await;
        Ok(())
    }

    async fn show(
        &self,
        a: &Asking,
        presser: &Presser,
        f: &Facts,
        words: &str,
        preview: Preview,
    ) -> Result<(), StoreError> {
        let text = self.preview_text(a, f, &preview).await?;
        let keyboard =
            a.here.seen(&f.id, f.version).proposal(!preview.promises.is_empty(), preview.parts.len());
        let said = self.say(a.place, &a.here, text, Some(keyboard)).await;
        let Some((place, message)) = said else { return Ok(()) };
        let now = self.deliver.clock.now();
        let mut card = new_card(place, message, ANSWER, now);
        let body = Proposal {
            case: f.id.clone(),
            number: f.number,
            brand: f.brand_id.clone(),
            seen: f.version,
            mention: preview.mention_id,
            person: presser.id.clone(),
            account: preview.account,
            parts: preview.parts.len(),
            files: preview.files.into_iter().map(|f| f.id).collect(),
            promises: preview.promises.into_iter().map(|p| (p.act, p.due.millis(), p.owed_by)).collect(),
        };
        card.body = serde_json::to_string(&body).unwrap_or_default();
        let words = words.to_owned();
        let kept = self.deliver.db.write_again("keeping a proposed answer", move |tx| {
            let (card, body, words) = (card.clone(), body.clone(), words.clone());
            Box::pin(async move {
                let Some(case) = case::look(tx, &body.brand, &body.case).await? else { return Ok(()) };
                proposal::put(tx, &card.chat, &card.message, &case.author_id, &words).await?;
                // What is erased of the case is erased here too.
                chat::put_card(tx, &card, std::slice::from_ref(&body.case), now).await
            })
        });
        kept.await
    }

    pub(super) async fn preview_text(
        &self,
        a: &Asking,
        f: &Facts,
        preview: &Preview,
    ) -> Result<Rich, StoreError> {
        let (t, mut rich) = (a.here.lang, Rich::default());
        rich.line(Line::default().bold(t.answer_to(f.number, &f.brand)).cut(300));
        let (composed, measure) = (&preview.composed, preview.composed.measure);
        let visibility = Some(composed.visibility.as_str()).filter(|v| !v.is_empty()).unwrap_or("public");
        let line =
            t.as_account(&preview.account, t.name("visibility", visibility), measure.length, measure.max);
        rich.line(Line::plain(line).cut(300));
        if !preview.parts.is_empty() {
            rich.line(Line::plain(t.in_parts(preview.parts.len())));
        }
        let veil = if a.place.is_group() { Some(self.veil_of(f).await?) } else { None };
        let cover = |text: &str| veil.as_ref().map_or_else(|| text.to_owned(), |veil| veil.cover(text));
        let shown = if preview.parts.is_empty() { cover(&composed.text) } else { in_parts(preview, &cover) };
        let now = self.deliver.clock.now();
        let one = |promise: &crate::casework::Proposal| {
            t.promise_by(t.name("act", &promise.act), a.here.time_from(promise.due, now))
        };
        if !preview.promises.is_empty() {
            let all: Vec<String> = preview.promises.iter().map(one).collect();
            rich.line(Line::plain(t.it_promises_all(all.join("; "))).cut(300));
        }
        if !preview.files.is_empty() {
            rich.line(Line::plain(t.goes_along(cover(&files::names(&preview.files)))).cut(600));
        }
        if files::lacks_words(preview) {
            rich.line(Line::plain(t.file_undescribed()));
        }
        for line in super::text::beginning(&shown, SHOWN_UNITS_MAX).lines() {
            rich.line(Line::plain(line));
        }
        Ok(rich)
    }

    /// What a group must not read of a case.
    async fn veil_of(&self, f: &Facts) -> Result<Veil, StoreError> {
        let (catalogue, brand, id) = (self.casework.catalogue().get(), f.brand_id.clone(), f.id.clone());
        let read = self.deliver.db.read("reading what is covered", move |tx| {
            Box::pin(async move {
                let veil = Veil::of_brand(catalogue.brand(&brand));
                match case::look(tx, &brand, &id).await? {
                    Some(case) => {
                        let veil = veil.and_author(tx, &case.author_id).await?;
                        veil.and_customer(tx, (&brand, &id)).await
                    }
                    None => Ok(veil),
                }
            })
        });
        read.await
    }

    /// Send or Cancel below a preview.
    pub(super) async fn proposal(&self, p: &Pressed) -> Result<String, StoreError> {
        let (t, here) = (p.mine.lang, p.here.lang);
        let Some((card, body, words, since)) = self.proposed(p).await? else {
            return Ok(t.unknown_button().to_owned());
        };
        if p.token.press == Press::Cancel {
            self.close(p, &card, here.cancelled_by(body.number, &p.presser.name)).await?;
            return Ok(t.nothing_sent().to_owned());
        }
        if body.person != p.presser.id {
            return Ok(t.only_writer().to_owned());
        }
        let waits = !may(&p.presser, Right::Answer);
        let gone = if waits {
            here.by_waits(body.number, &p.presser.name)
        } else {
            here.on_its_way(body.number, &p.presser.name, &body.account)
        };
        if done_already(&since, &p.presser, if waits { EVENT_WAITS } else { EVENT }) {
            if words.is_some() {
                self.close(p, &card, gone).await?;
            }
            return Ok(t.did_already().to_owned());
        }
        let fresh = self.deliver.clock.now().since(Timestamp(card.created_at)) < proposal::KEPT_FOR;
        let Some(text) = words.filter(|_| fresh) else {
            self.close(p, &card, here.too_old_line(body.number)).await?;
            return Ok(t.too_old().to_owned());
        };
        if !self.from_chat {
            return Ok(t.chat_is_off().to_owned());
        }
        if !sees(&p.presser, &body.brand) || !writes(&p.presser) {
            return Ok(t.not_allowed().to_owned());
        }
        let promise = match p.token.press {
            Press::Promise if !body.promises.is_empty() => confirmed(&body.promises, &text),
            _ => Promising::Without,
        };
        let (to, files) = (Some(body.mention.clone()), going(&body.files));
        let split = body.parts > 0;
        let act = Act::Answer(Answer { text, to, promise, files, split, ..Answer::default() });
        let acted = self
            .casework_of(&p.presser)
            .act(&body.brand, &body.case, body.seen, &actor(&p.presser), act)
            .await;
        self.follow.notify_one();
        match acted {
            Ok(_) => {
                self.close(p, &card, gone).await?;
                Ok(if waits { t.waits_for_colleague(body.number) } else { t.is_on_its_way(body.number) })
            }
            Err(CaseworkError::Store(error)) => Err(error),
            Err(refused) => {
                self.close(p, &card, here.reply_again(body.number, here.refusal(&refused))).await?;
                Ok(t.not_sent_plain(t.refusal(&refused)))
            }
        }
    }

    /// What stands behind a preview: its row, the proposal, the words, and what happened since.
    async fn proposed(
        &self,
        p: &Pressed,
    ) -> Result<Option<(CardRow, Proposal, Option<String>, Vec<CaseEventRow>)>, StoreError> {
        let (case_id, place) = (p.token.id.clone(), (p.place.chat.to_string(), p.message.to_string()));
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
}

/// The parts of an answer as the platform would get them; each has its number behind it.
fn in_parts(preview: &Preview, cover: &dyn Fn(&str) -> String) -> String {
    let parts: Vec<&str> = preview.parts.iter().map(|part| part.text.as_str()).collect();
    covered(&preview.composed.text, &parts, cover)
}

/// The parts of an answer, each covered. What stands on both sides of a cut is seen in the whole text only; where there is
/// such a thing the whole is shown instead, for half a number in each of two parts is a number all the same.
fn covered(whole: &str, parts: &[&str], cover: &dyn Fn(&str) -> String) -> String {
    let marks = |text: &str| text.matches(COVER).count();
    let (whole, parts) = (cover(whole), parts.iter().copied().map(cover).collect::<Vec<_>>().join("\n"));
    if marks(&whole) > marks(&parts) { whole } else { parts }
}

/// Whether somebody answers customers, or writes answers that a colleague sends.
fn writes(presser: &Presser) -> bool {
    may(presser, Right::Answer) || may(presser, Right::Propose)
}

/// The files that a preview showed: no more than those go along.
fn going(files: &[String]) -> Files {
    if files.is_empty() { Files::None } else { Files::These(files.to_vec()) }
}

/// The case that a reply means, and the words for it, which may be none: the only one of the card, or the one whose
/// number stands in front.
fn meant<'a, 'b>(facts: &'a [Facts], text: &'b str) -> Option<(&'a Facts, &'b str)> {
    if let [only] = facts {
        return Some((only, text.trim()));
    }
    let named = text.trim().strip_prefix('#')?;
    let (number, words) = named.split_once(char::is_whitespace).unwrap_or((named, ""));
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
pub(super) fn refusal(t: Lang, preview: &Preview) -> Option<String> {
    let composed = &preview.composed;
    // What is too long for one post may go in parts; the preview shows them, and its button says so.
    if let Some(why) = composed.refused.as_ref().filter(|_| preview.parts.is_empty()) {
        let measure = composed.measure;
        if measure.fits {
            return Some(t.refusal_text(why));
        }
        let why = if t == Lang::En { why.as_str() } else { "too long" };
        return Some(t.refusal_text(&format!("{why} ({} of {} characters)", measure.length, measure.max)));
    }
    if !preview.personal.is_empty() {
        return Some(t.must_not_hold(t.kinds_of(&preview.personal)));
    }
    preview.files_refused.as_ref().map(|why| t.refusal_text(why))
}

#[cfg(test)]
mod tests {
    use super::{COVER, covered};

    #[test]
    fn what_a_cut_parts_is_covered_all_the_same() {
        let cover = |text: &str| text.replace("06 1234 5678", COVER).replace("Mia", COVER);
        let shown =
            covered("Mia, call 06 1234 5678 today", &["Mia, call 06 1234 1/2", "5678 today 2/2"], &cover);
        assert_eq!(shown, "•••, call ••• today", "as one, without the number");
        let shown = covered("call Mia. Or 06 1234 5678", &["call Mia. 1/2", "Or 06 1234 5678 2/2"], &cover);
        assert_eq!(shown, "call •••. 1/2\nOr ••• 2/2");
    }
}
