//! Answers that wait for a colleague: shown to those who may stand for them, covered in groups and whole in private,
//! with buttons that let them go or send them back with a reason. Who wrote one hears what became of it.
//!
//! The card follows the case, so that what its buttons show is what is so; the words are content and vanish from it
//! once somebody has decided.

use super::card::{Look, Message};
use super::deliver::{CREDENTIAL, TelegramDeliver, refused};
use super::handle::{Handler, actor, may, sees};
use super::kept::Kept;
use super::place::Place;
use super::press::Pressed;
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::token::Press;
use super::veil::Veil;
use crate::casework::{Act, CaseworkError};
use crate::catalogue::Catalogue;
use crate::domain::delivery::Outcome;
use crate::domain::role::Right;
use crate::store::chat::{CardRow, Facts, Presser};
use crate::store::enclosed::{self, FileOfOurs};
use crate::store::guard::{self, PassRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, case, chat, chat_person, person};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The kind of such a message, and of its action.
pub(super) const APPROVAL: &str = "approval";
/// The kind of the word that a newcomer needs nobody any more.
pub(super) const GRADUATED: &str = "graduated";
/// How many are shown when somebody asks for them.
const SHOWN_MAX: i64 = 5;
/// The longest part of an answer that is shown, in UTF-16 units.
const SHOWN_UNITS_MAX: usize = 3_000;

/// What the card's row keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ApprovalBody {
    /// What waits.
    pub pass: String,
    /// Its brand.
    pub brand: String,
    /// Its case.
    pub case: String,
    /// Who was asked for a reason, and at which version of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returning: Option<(String, i64)>,
    /// When it was last sent or edited.
    pub edited_at: i64,
}

/// What an action says.
#[derive(Deserialize)]
struct Told {
    pass: String,
    brand: String,
    kind: String,
}

/// An answer that waits, or waited, with all that a card says of it.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    body: ApprovalBody,
    facts: Facts,
    pass: PassRow,
    words: Option<String>,
    writer: String,
    decider: Option<String>,
    why: Option<String>,
    files: Vec<FileOfOurs>,
    veil: Veil,
}

impl Waiting {
    /// Reads one as it is now; nothing if it or its case is gone.
    pub(super) async fn read(
        tx: &mut Tx,
        body: ApprovalBody,
        catalogue: &Catalogue,
    ) -> Result<Option<Self>, StoreError> {
        let Some(pass) = guard::get(tx, &body.brand, &body.pass).await? else { return Ok(None) };
        let Some(facts) = chat::facts(tx, std::slice::from_ref(&pass.case_id)).await?.pop() else {
            return Ok(None);
        };
        let Some(case) = case::look(tx, &body.brand, &pass.case_id).await? else { return Ok(None) };
        let ids = [format!("{}/text", pass.id), format!("{}/reason", pass.id)];
        let found = answer::contents(tx, &ids).await?;
        let of = |id: &String| found.iter().find(|(i, _)| i == id).map(|(_, body)| body.clone());
        let (words, why) = (of(&ids[0]), of(&ids[1]));
        let writer = person::by_id(tx, &pass.asked_by).await?.map(|p| p.name).unwrap_or_default();
        let decider = match &pass.decided_by {
            Some(id) => person::by_id(tx, id).await?.map(|p| p.name),
            None => None,
        };
        let veil = Veil::of_brand(catalogue.brand(&body.brand)).and_author(tx, &case.author_id).await?;
        let veil = veil.and_customer(tx, (&body.brand, &pass.case_id)).await?;
        let mut files = enclosed::of_case(tx, &body.brand, &pass.case_id).await?;
        files.retain(|f| f.state == "asked" && f.goes_with == pass.id);
        let body = ApprovalBody { case: pass.case_id.clone(), ..body };
        Ok(Some(Self { body, facts, pass, words, writer, decider, why, files, veil }))
    }

    /// When the message was last sent or edited, as far as its row knows.
    pub(super) const fn edited_at(&self) -> i64 {
        self.body.edited_at
    }

    fn is_open(&self) -> bool {
        self.pass.state == "asked" && self.words.is_some() && self.facts.open != 0
    }

    /// The card.
    pub(super) fn message(&self, look: &Look) -> Message {
        let (t, f, mut text) = (look.lang, &self.facts, Rich::default());
        text.line(Line::default().bold(t.approval_head(f.number, &f.brand)).cut(300));
        let kinds: Vec<String> = self.pass.kinds.split_whitespace().map(|k| t.name("data", k)).collect();
        text.line(Line::plain(t.approval_by(&self.writer, kinds.join(", "))).cut(300));
        let button = look.button_url(f);
        if button.is_none() {
            let url = look.case_url(f);
            text.line(Line::default().link(url.clone(), url));
        }
        let covers = look.reader.is_none();
        let shown = |words: &str| if covers { self.veil.cover(words) } else { words.to_owned() };
        if !self.is_open() {
            let who = self.decider.as_deref().unwrap_or_else(|| t.somebody());
            text.line(Line::plain(match self.pass.state.as_str() {
                "passed" => t.approval_sent(who),
                "refused" => t.approval_back(who),
                _ => t.approval_over().to_owned(),
            }));
            return Message { text, keyboard: look.seen(&f.id, f.version).link(button) };
        }
        if !self.pass.reason.is_empty() {
            text.line(Line::plain(t.approval_why(shown(&self.pass.reason))).cut(600));
        }
        if !self.files.is_empty() {
            text.line(Line::plain(t.approval_files(super::files::kinds(&self.files))).cut(300));
        }
        let words = self.words.as_deref().unwrap_or_default();
        let words = shown(words);
        for line in super::text::beginning(&words, SHOWN_UNITS_MAX).lines() {
            text.line(Line::default().italic(line));
        }
        if covers {
            text.line(Line::plain(t.approval_masked()));
        }
        Message { text, keyboard: Some(look.seen(&f.id, f.version).approval(covers, button)) }
    }

    /// What a newcomer who needs nobody any more hears, and their leads.
    fn graduated(&self, look: &Look) -> Rich {
        let (t, mut rich) = (look.lang, Rich::default());
        let own = look.reader.as_deref() == Some(&*self.pass.asked_by);
        let text = if own { t.graduated_own().to_owned() } else { t.graduated(&self.writer) };
        rich.line(Line::plain(text));
        rich
    }

    /// What its writer, or where they cannot be reached the team, hears of the outcome.
    fn outcome(&self, look: &Look) -> Rich {
        let (t, f, mut rich) = (look.lang, &self.facts, Rich::default());
        let who = self.decider.as_deref().unwrap_or_else(|| t.somebody());
        let (goes, own) = (self.pass.state == "passed", look.reader.as_deref() == Some(&*self.pass.asked_by));
        rich.line(Line::plain(match (goes, own) {
            (true, true) => t.outcome_sent(f.number, &f.brand, who),
            (false, true) => t.outcome_back(f.number, &f.brand, who),
            (true, false) => t.outcome_group_sent(f.number, &f.brand, &self.writer, who),
            (false, false) => t.outcome_group_back(f.number, &f.brand, &self.writer, who),
        }));
        if let Some(why) = &self.why {
            let why = if own { why.clone() } else { self.veil.cover(why) };
            rich.line(Line::plain(t.outcome_reason(why)).cut(700));
        }
        let url = look.case_url(f);
        rich.line(Line::default().link(url.clone(), url));
        rich
    }
}

impl TelegramDeliver {
    /// Tells that an answer waits, or what became of one.
    pub(super) async fn send_approval(
        &self,
        place: Place,
        look: &Look,
        action: &ActionRow,
    ) -> Result<Outcome, StoreError> {
        let Ok(told) = serde_json::from_str::<Told>(&action.payload) else {
            return Ok(refused("the payload names no answer"));
        };
        let (now, catalogue) = (self.clock.now(), self.catalogue.get());
        let body = ApprovalBody {
            pass: told.pass,
            brand: told.brand,
            edited_at: now.millis(),
            ..ApprovalBody::default()
        };
        let read = self.db.read("reading an answer that waits", move |tx| {
            Box::pin(async move { Waiting::read(tx, body, &catalogue).await })
        });
        let Some(waiting) = read.await? else { return Ok(refused("the answer is gone")) };
        let asks = told.kind == "asked";
        if asks && !waiting.is_open() {
            let remote_id = "not needed: somebody has decided about it".to_owned();
            return Ok(Outcome::Done { remote_id, at: None });
        }
        let turn = self.telegram.turn(place.chat);
        let _turn = turn.lock().await;
        let message = if asks {
            waiting.message(look)
        } else {
            let text = if told.kind == GRADUATED { waiting.graduated(look) } else { waiting.outcome(look) };
            Message { text, keyboard: None }
        };
        let kept = asks.then(|| Kept {
            kind: APPROVAL,
            body: serde_json::to_string(&waiting.body).unwrap_or_default(),
            case: waiting.facts.id.clone(),
            made_at: now,
            stale_at: None,
        });
        Ok(self.send_kept(place, &message, kept).await)
    }
}

impl Handler {
    /// Approve, Send back or Show below an answer that waits.
    pub(super) async fn approval(&self, p: &Pressed) -> Result<String, StoreError> {
        let t = p.mine.lang;
        let Some((card, waiting)) = self.waiting(p.place, p.message).await? else {
            return Ok(t.unknown_button().to_owned());
        };
        if waiting.body.case != p.token.id {
            return Ok(t.unknown_button().to_owned());
        }
        if !may(&p.presser, Right::Approve) || !sees(&p.presser, &waiting.body.brand) {
            self.note_refused(Some(&p.presser), Right::Approve, "button").await?;
            return Ok(t.not_allowed().to_owned());
        }
        if let Some(over) = decided_before(p, &waiting) {
            return Ok(over);
        }
        match p.token.press {
            Press::Show => self.show_whole(p, &waiting).await,
            Press::SendBack => {
                let mut body = waiting.body;
                body.returning = Some((p.presser.id.clone(), p.token.seen));
                let card = CardRow { body: serde_json::to_string(&body).unwrap_or_default(), ..card };
                self.deliver.keep(card, Vec::new()).await;
                Ok(t.approval_reply().to_owned())
            }
            _ => {
                let done = self.stand(&p.presser, &waiting, p.token.seen, None).await?;
                let number = waiting.facts.number;
                Ok(match done {
                    Ok(()) => t.approval_done(number),
                    Err(error) => t.not_possible(t.refusal(&error)),
                })
            }
        }
    }

    /// Lets it go, or sends it back with a reason.
    async fn stand(
        &self,
        presser: &Presser,
        waiting: &Waiting,
        seen: i64,
        back: Option<&str>,
    ) -> Result<Result<(), CaseworkError>, StoreError> {
        let body = &waiting.body;
        let reason = back.unwrap_or_default().to_owned();
        let act = Act::Pass { pass: body.pass.clone(), goes: back.is_none(), reason };
        let done = self.casework_of(presser).act(&body.brand, &body.case, seen, &actor(presser), act).await;
        self.follow.notify_one();
        match done {
            Ok(_) => Ok(Ok(())),
            Err(CaseworkError::Store(error)) => Err(error),
            Err(other) => Ok(Err(other)),
        }
    }

    async fn waiting(&self, place: Place, message: i32) -> Result<Option<(CardRow, Waiting)>, StoreError> {
        let (key, catalogue) = ((place.chat.to_string(), message.to_string()), self.deliver.catalogue.get());
        let read = self.deliver.db.read("reading an answer that waits", move |tx| {
            Box::pin(async move {
                let card = chat::card(tx, CREDENTIAL, &key.0, &key.1).await?;
                let Some(card) = card.filter(|c| c.kind == APPROVAL) else { return Ok(None) };
                let body: ApprovalBody = serde_json::from_str(&card.body).unwrap_or_default();
                Ok(Waiting::read(tx, body, &catalogue).await?.map(|waiting| (card, waiting)))
            })
        });
        read.await
    }

    /// Shows it whole to one who may stand for it, in their private chat.
    async fn show_whole(&self, p: &Pressed, waiting: &Waiting) -> Result<String, StoreError> {
        let (t, user) = (p.mine.lang, p.from.to_string());
        let read = self.deliver.db.read("reading how somebody is spoken to", move |tx| {
            Box::pin(async move { chat_person::get(tx, CREDENTIAL, &user).await })
        });
        if read.await?.is_none_or(|row| row.private_at.is_none()) {
            return Ok(t.approval_start().to_owned());
        }
        let (pass, brand) = (&waiting.body.pass, &waiting.body.brand);
        let body = json!({ "chat": p.from.to_string(), "pass": pass, "brand": brand, "kind": "asked", "asked": true });
        let once = format!("{APPROVAL}:show:{}:{pass}:{}", p.from, self.deliver.clock.now().millis());
        self.send_soon(APPROVAL, (brand, &waiting.body.case), vec![(once, body)]).await?;
        Ok(t.approval_shown().to_owned())
    }

    /// A reply to an answer that waits: the reason why it goes back, by who was asked for it. Anything else is talk.
    pub(super) async fn returned(&self, a: &Asking, to: i32, text: &str) -> Result<(), StoreError> {
        let Some(presser) = a.person.as_ref().filter(|p| may(p, Right::Approve)) else { return Ok(()) };
        let Some((_, waiting)) = self.waiting(a.place, to).await? else { return Ok(()) };
        let Some((_, seen)) = waiting.body.returning.clone().filter(|(who, _)| *who == presser.id) else {
            return Ok(());
        };
        if !sees(presser, &waiting.body.brand) || !waiting.is_open() {
            return Ok(());
        }
        let (t, number) = (a.mine.lang, waiting.facts.number);
        let said = match self.stand(presser, &waiting, seen, Some(text)).await? {
            Ok(()) => a.here.lang.approval_is_back(number),
            Err(CaseworkError::Stale { .. }) => t.approval_moved(number),
            Err(error) => t.not_possible(t.refusal(&error)),
        };
        self.line(a, said).await;
        Ok(())
    }

    /// `/approvals`: answers that wait for somebody like who asks.
    pub(super) async fn approvals(&self, a: &Asking, brands: Vec<String>) -> Result<Rich, StoreError> {
        let one = |text: &str| Ok(Rich { lines: vec![Line::plain(text)] });
        let Some(me) = a.person.as_ref().filter(|p| may(p, Right::Approve)) else {
            return one(a.mine.lang.not_allowed());
        };
        let read = self.deliver.db.read("reading answers that wait", move |tx| {
            Box::pin(async move { chat_person::waiting_passes(tx, &brands, SHOWN_MAX * 4).await })
        });
        let mut found = read.await?;
        found.retain(|p| p.asked_by != me.id || actor(me).lead);
        found.truncate(usize::try_from(SHOWN_MAX).unwrap_or(0));
        let now = self.deliver.clock.now().millis();
        for pass in &found {
            let body = json!({
                "chat": a.place.to_string(), "pass": pass.id, "brand": pass.brand_id, "kind": "asked", "asked": true,
            });
            let once = format!("{APPROVAL}:asked:{}:{}:{now}", a.place, pass.id);
            self.send_soon(APPROVAL, (&pass.brand_id, &pass.case_id), vec![(once, body)]).await?;
        }
        let t = a.here.lang;
        if found.is_empty() { one(t.approval_none()) } else { one(&t.approvals_head(found.len())) }
    }
}

/// What is said to who presses after somebody has decided.
fn decided_before(p: &Pressed, waiting: &Waiting) -> Option<String> {
    if waiting.is_open() {
        return None;
    }
    let t = p.mine.lang;
    if waiting.pass.decided_by.as_deref() == Some(p.presser.id.as_str()) {
        return Some(t.did_already().to_owned());
    }
    let who = waiting.decider.as_deref().unwrap_or_else(|| t.somebody());
    Some(t.settled_so(match waiting.pass.state.as_str() {
        "passed" => t.approval_sent(who),
        "refused" => t.approval_back(who),
        _ => t.approval_over().to_owned(),
    }))
}
