//! The way into a private channel, from the chat: a message that says how the customer can be reached, shows the whole
//! offer and the account in whose name it would stand, and does what its buttons say.
//!
//! The platform is asked when somebody opens it, as the console does by a press of its own. In groups the offer is
//! covered: names, handles and personal data are not repeated there. Only who opened it can press.

use super::card::{Look, Message};
use super::deliver::{ALERT, CREDENTIAL, new_card};
use super::handle::{Handler, actor, done_already, may, sees, undone};
use super::place::Place;
use super::press::Pressed;
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::token::{Press, Way};
use super::veil::Veil;
use crate::casework::{Act, CaseworkError, Handed, Preview, PrivateAct, Ready};
use crate::domain::handover::{HandoverEvent, HandoverState, next};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::chat::{CardRow, Presser};
use crate::store::handover::{self, HandoverRow};
use crate::store::rows::{CaseEventRow, CaseRow};
use crate::store::{StoreError, case, chat, console, proposal};
use serde::{Deserialize, Serialize};

/// The kind of such a message.
pub(super) const PRIVATE: &str = "private";
/// What the row of a message shows that somebody ended by a press.
const ENDED: &str = "ended";
/// The longest part of an offer that is shown, in UTF-16 units.
const SHOWN_UNITS_MAX: usize = 3_000;

/// What its row keeps; the words of the offer are content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct PanelBody {
    case: String,
    number: i64,
    brand: String,
    /// The version of the case that was seen.
    seen: i64,
    /// Who opened it.
    person: String,
    /// The account, as people know it.
    account: String,
    /// Whether another offer is meant.
    again: bool,
}

/// What is known of the way in, once it was asked for.
struct Known {
    case: CaseRow,
    way: Option<HandoverRow>,
    ready: Option<Ready>,
    offer: Option<Result<Preview, CaseworkError>>,
    veil: Veil,
}

impl Known {
    fn at(&self) -> Option<HandoverState> {
        self.way.as_ref().and_then(HandoverRow::at)
    }

    /// Why there is no way in, if there is none.
    fn nobody(&self) -> Option<&str> {
        let way = self.way.as_ref()?;
        matches!(way.reach.as_str(), "nobody" | "none" | "unasked").then_some(way.reach_why.as_str())
    }

    /// The offer as it could go.
    fn fits(&self) -> Option<&Preview> {
        if self.nobody().is_some() || self.inside() {
            return None;
        }
        let preview = self.offer.as_ref()?.as_ref().ok()?;
        (preview.composed.refused.is_none() && preview.personal.is_empty()).then_some(preview)
    }

    fn inside(&self) -> bool {
        matches!(self.at(), Some(HandoverState::Opened | HandoverState::Linked))
    }

    /// What can be done, in the order in which it is offered.
    fn ways(&self, presser: &Presser) -> Vec<Way> {
        let can = |event| next(self.at(), event).is_ok();
        let mut ways = Vec::new();
        if self.fits().is_some() && may(presser, Right::Answer) {
            ways.push(Way::Offer);
        }
        if can(HandoverEvent::TakeByHand) && self.at() != Some(HandoverState::ByHand) {
            ways.push(Way::ByHand);
        }
        if self.at().is_none() && self.case.needs_private == 0 {
            ways.push(Way::Propose);
        }
        if can(HandoverEvent::Refuse) {
            ways.push(Way::Refuse);
        }
        if self.at().is_some_and(|s| s.waits() || s.takes_messages()) {
            ways.push(Way::Close);
        }
        ways
    }

    fn text(&self, look: &Look, brand: &str) -> Rich {
        let (t, mut rich) = (look.lang, Rich::default());
        rich.line(Line::default().bold(t.private_head(self.case.number, brand)).cut(300));
        let state = self.at().map_or("none", HandoverState::code);
        rich.line(Line::plain(t.private_stands(t.name("handover", state))));
        if self.inside() {
            rich.line(Line::plain(t.private_inside()));
            return rich;
        }
        if let Some(why) = self.nobody() {
            rich.line(Line::plain(t.private_no_way(t.refusal_text(why))).cut(400));
            return rich;
        }
        if self.way.as_ref().is_some_and(|w| w.reach == "they_write") {
            rich.line(Line::plain(t.private_they_write()));
        }
        match &self.offer {
            None => rich.line(Line::plain(t.private_no_words())),
            Some(Err(error)) => rich.line(Line::plain(t.private_unfit(t.refusal(error))).cut(400)),
            Some(Ok(preview)) => self.offered(look, preview, &mut rich),
        }
        rich
    }

    fn offered(&self, look: &Look, preview: &Preview, rich: &mut Rich) {
        let (t, composed) = (look.lang, &preview.composed);
        let refused = composed.refused.as_deref().map(|why| t.refusal_text(why));
        let personal = (!preview.personal.is_empty()).then(|| t.must_not_hold(t.kinds_of(&preview.personal)));
        if let Some(why) = refused.or(personal) {
            rich.line(Line::plain(t.private_unfit(why)).cut(400));
        } else {
            let visibility = Some(composed.visibility.as_str()).filter(|v| !v.is_empty()).unwrap_or("public");
            let (length, max) = (composed.measure.length, composed.measure.max);
            let line = t.private_offer_as(&preview.account, t.name("visibility", visibility), length, max);
            rich.line(Line::plain(line).cut(300));
        }
        let shown =
            if look.reader.is_none() { self.veil.cover(&composed.text) } else { composed.text.clone() };
        for line in super::text::beginning(&shown, SHOWN_UNITS_MAX).lines() {
            rich.line(Line::default().italic(line));
        }
    }
}

impl Handler {
    /// 'To private' below a card, or a button of what it opened.
    pub(super) async fn private(&self, p: &Pressed, way: Way) -> Result<String, StoreError> {
        let t = p.mine.lang;
        let key = (p.place.chat.to_string(), p.message.to_string(), p.token.id.clone());
        let read = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                let card = chat::card(tx, CREDENTIAL, &key.0, &key.1).await?;
                let lists = chat::card_lists(tx, CREDENTIAL, &key.0, &key.1, &key.2).await?;
                let brand = case::brand_of(tx, &key.2).await?;
                Ok(card.filter(|_| lists).zip(brand))
            })
        });
        let Some((card, brand)) = read.await? else { return Ok(t.unknown_button().to_owned()) };
        if !sees(&p.presser, &brand) {
            return Ok(t.not_allowed().to_owned());
        }
        match (card.kind.as_str(), way) {
            (ALERT, Way::Open) => {
                let said = self.open_private(p.place, &p.here, &p.presser, &brand, &p.token.id).await?;
                Ok(said.unwrap_or_else(|| t.private_opened().to_owned()))
            }
            (ALERT, Way::Close) => {
                let body =
                    PanelBody { case: p.token.id.clone(), brand, seen: p.token.seen, ..PanelBody::default() };
                self.carry_out(p, &body, way, String::new()).await.map(|done| done.unwrap_or_else(|why| why))
            }
            (PRIVATE, _) => self.panel(p, &card, way).await,
            _ => Ok(t.unknown_button().to_owned()),
        }
    }

    /// `/private 12`.
    pub(super) async fn private_of(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
    ) -> Result<Option<Rich>, StoreError> {
        let said = self.open_private(a.place, &a.here, presser, &case.brand_id, &case.id).await?;
        Ok(said.map(|text| Rich { lines: vec![Line::plain(text).cut(600)] }))
    }

    /// Asks how the customer can be reached and shows what can be done. Gives what is said where nothing is shown.
    async fn open_private(
        &self,
        place: Place,
        look: &Look,
        presser: &Presser,
        brand: &str,
        case_id: &str,
    ) -> Result<Option<String>, StoreError> {
        let t = look.lang;
        if !may(presser, Right::Work) {
            self.note_refused(Some(presser), Right::Work, "button").await?;
            return Ok(Some(t.not_allowed().to_owned()));
        }
        let known = match self.known(presser, brand, case_id).await {
            Ok(known) => known,
            Err(error) => return undone(t, error).map(Some),
        };
        let name = self.casework.catalogue().get().brand(brand).map(|w| w.brand.name.clone());
        let again = known.offer.as_ref().is_some_and(|o| o.as_ref().is_ok_and(|preview| preview.answered))
            || known.at() == Some(HandoverState::Offered);
        let keyboard = look.seen(case_id, known.case.version).private(&known.ways(presser), again);
        let text = known.text(look, &name.unwrap_or_default());
        let Some((place, message)) = self.say(place, look, text, Some(keyboard)).await else {
            return Ok(None);
        };
        let now = self.deliver.clock.now();
        let body = PanelBody {
            case: case_id.to_owned(),
            number: known.case.number,
            brand: brand.to_owned(),
            seen: known.case.version,
            person: presser.id.clone(),
            account: known.fits().map(|p| p.account.clone()).unwrap_or_default(),
            again,
        };
        let mut card = new_card(place, message, PRIVATE, now);
        card.body = serde_json::to_string(&body).unwrap_or_default();
        let words = known.fits().and(known.ready.as_ref()).and_then(|r| r.offer.clone());
        let subject = known.case.author_id.clone();
        let kept = self.deliver.db.write_again("keeping an offer that is shown", move |tx| {
            let (card, words, subject, cases) =
                (card.clone(), words.clone(), subject.clone(), vec![body.case.clone()]);
            Box::pin(async move {
                if let Some(words) = words {
                    proposal::put(tx, &card.chat, &card.message, &subject, &words).await?;
                }
                chat::put_card(tx, &card, &cases, now).await
            })
        });
        kept.await?;
        Ok(None)
    }

    async fn known(&self, presser: &Presser, brand: &str, case_id: &str) -> Result<Known, CaseworkError> {
        let (casework, who) = (self.casework_of(presser), actor(presser));
        let row = casework.ask_reach(brand, case_id, &who).await?;
        if !row.case_state()?.is_open() {
            return Err(CaseworkError::Refused("the case is over; reopen it first".to_owned()));
        }
        let ready = casework.private_ready(brand, case_id, &who).await?;
        let offer = match &ready.offer {
            Some(words) => {
                Some(casework.preview_as(brand, case_id, &who, (words, None), Handed::Offer).await)
            }
            None => None,
        };
        let catalogue = self.casework.catalogue().get();
        let (key, author) = ((brand.to_owned(), case_id.to_owned()), row.author_id.clone());
        let read = self.deliver.db.read("reading a hand-over", move |tx| {
            Box::pin(async move {
                let veil = Veil::of_brand(catalogue.brand(&key.0)).and_author(tx, &author).await?;
                let veil = veil.and_customer(tx, (&key.0, &key.1)).await?;
                Ok((handover::of_case(tx, &key.0, &key.1).await?, veil))
            })
        });
        let (way, veil) = read.await?;
        Ok(Known { case: row, way, ready: Some(ready), offer, veil })
    }

    /// A button of the message that was opened.
    async fn panel(&self, p: &Pressed, card: &CardRow, way: Way) -> Result<String, StoreError> {
        let t = p.mine.lang;
        let body: PanelBody = serde_json::from_str(&card.body).unwrap_or_default();
        if body.case != p.token.id {
            return Ok(t.unknown_button().to_owned());
        }
        if body.person != p.presser.id {
            return Ok(t.private_only().to_owned());
        }
        let place = (card.chat.clone(), card.message.clone());
        let read = self.deliver.db.read("reading an offer that is shown", move |tx| {
            Box::pin(async move { proposal::words(tx, &place.0, &place.1).await })
        });
        let words = read.await?;
        let fresh = self.deliver.clock.now().since(Timestamp(card.created_at)) < proposal::KEPT_FOR;
        if way == Way::Offer && (words.is_none() || !fresh) {
            let sent = self.since(&body).await?;
            if done_already(&sent, &p.presser, event(way)) {
                return Ok(t.did_already().to_owned());
            }
            return Ok(t.private_old().to_owned());
        }
        match self.carry_out(p, &body, way, words.unwrap_or_default()).await? {
            Ok(said) => {
                self.close(p, card, ended(&p.here, &body, way)).await?;
                Ok(said)
            }
            Err(why) => Ok(why),
        }
    }

    async fn since(&self, body: &PanelBody) -> Result<Vec<CaseEventRow>, StoreError> {
        let (brand, id, seen) = (body.brand.clone(), body.case.clone(), body.seen);
        let read = self.deliver.db.read("reading a timeline", move |tx| {
            Box::pin(async move { console::events_since(tx, &brand, &id, seen).await })
        });
        read.await
    }

    /// Does it by casework; a refusal is told in the error.
    async fn carry_out(
        &self,
        p: &Pressed,
        body: &PanelBody,
        way: Way,
        text: String,
    ) -> Result<Result<String, String>, StoreError> {
        let t = p.mine.lang;
        if done_already(&self.since(body).await?, &p.presser, event(way)) {
            return Ok(Ok(t.did_already().to_owned()));
        }
        let note = String::new();
        let act = match way {
            Way::Offer => PrivateAct::Offer { text, again: body.again },
            Way::ByHand => PrivateAct::ByHand { note },
            Way::Refuse => PrivateAct::Refuse { note },
            Way::Propose => PrivateAct::Propose,
            Way::Close | Way::Open => PrivateAct::Close,
        };
        let casework = self.casework_of(&p.presser);
        let done =
            casework.act(&body.brand, &body.case, body.seen, &actor(&p.presser), Act::Private(act)).await;
        self.follow.notify_one();
        match done {
            Ok(case) => {
                let body = PanelBody { number: case.number, ..body.clone() };
                Ok(Ok(ended(&p.mine, &body, way)))
            }
            Err(error) => undone(t, error).map(Err),
        }
    }

    /// Cancel below it; tells whether it was one.
    pub(super) async fn leave_private(&self, p: &Pressed) -> Result<Option<String>, StoreError> {
        debug_assert!(p.token.press == Press::Cancel, "the only button that leaves it");
        let key = (p.place.chat.to_string(), p.message.to_string());
        let read = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move { chat::card(tx, CREDENTIAL, &key.0, &key.1).await })
        });
        let Some(card) = read.await?.filter(|c| c.kind == PRIVATE) else { return Ok(None) };
        let body: PanelBody = serde_json::from_str(&card.body).unwrap_or_default();
        if body.case != p.token.id {
            return Ok(None);
        }
        let t = p.mine.lang;
        if body.person != p.presser.id {
            return Ok(Some(t.private_only().to_owned()));
        }
        self.close(p, &card, p.here.lang.private_left(body.number)).await?;
        Ok(Some(t.private_left(body.number)))
    }

    /// Ends a message with words behind it: they are forgotten, here and in the chat.
    pub(super) async fn close(&self, p: &Pressed, card: &CardRow, text: String) -> Result<(), StoreError> {
        let message = Message { text: Rich { lines: vec![Line::plain(text).cut(600)] }, keyboard: None };
        // What cannot be edited still has no words behind it.
        if let Err(trouble) = self.deliver.telegram.edit(p.place.chat, p.message, &message).await {
            tracing::debug!(?trouble, "a message could not be ended");
        }
        let card = card.clone();
        let dropped = self.deliver.db.write_again("dropping words behind a message", move |tx| {
            let card = card.clone();
            Box::pin(async move {
                proposal::drop(tx, &card.chat, &card.message).await?;
                chat::set_shown(tx, &card, ENDED).await
            })
        });
        dropped.await
    }
}

/// The number of the case of a message that shows an offer; nothing where it shows none.
pub(super) fn offers(body: &str) -> Option<i64> {
    let body: PanelBody = serde_json::from_str(body).ok()?;
    (!body.account.is_empty()).then_some(body.number)
}

/// The event on the timeline by which it is known that it was done.
const fn event(way: Way) -> &'static str {
    match way {
        Way::Offer => "private_offer_queued",
        Way::ByHand => HandoverEvent::TakeByHand.code(),
        Way::Refuse => HandoverEvent::Refuse.code(),
        Way::Propose => HandoverEvent::Propose.code(),
        Way::Close | Way::Open => HandoverEvent::Close.code(),
    }
}

/// What stands in place of the message once it was done.
fn ended(look: &Look, body: &PanelBody, way: Way) -> String {
    let (t, n) = (look.lang, body.number);
    match way {
        Way::Offer => t.private_offered(n, &body.account),
        Way::ByHand => t.private_by_hand(n),
        Way::Refuse => t.private_refused(n),
        Way::Propose => t.private_proposed(n),
        Way::Close => t.private_closed(n),
        Way::Open => t.private_left(n),
    }
}
