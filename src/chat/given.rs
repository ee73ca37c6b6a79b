//! Goodwill, formal complaints and the end of a case from the chat: `/goodwill 12 25 EUR why`, `/complaint 12`,
//! `/resolve 12`.
//!
//! Nothing is done by typing alone: what was read is shown, and a press of who asked does it, with the version of the
//! case that was seen. Amounts and what stands about goodwill are told in private chats only, also where a group asked;
//! why something is given or decided is kept as content until the press and is not repeated in groups.

mod asked;
mod resolving;

use super::deliver::{CREDENTIAL, new_card};
use super::handle::{Handler, actor, changes, may, sees};
use super::place::Place;
use super::press::Pressed;
use super::speaking::Asking;
use super::text::{Line, Rich, cut};
use super::texts::Lang;
use crate::casework::CaseworkError;
use crate::domain::role::{Right, Role};
use crate::domain::time::Timestamp;
use crate::store::chat::{CardRow, Presser};
use crate::store::rows::{CaseEventRow, CaseRow};
use crate::store::{StoreError, case, chat, chat_person, complaint, console, goodwill as gifts, proposal};
use asked::{Complaint, Deed, Gifts, Said, complaint_said};
use serde::{Deserialize, Serialize};

/// The kind of a message that asks whether it is meant.
pub(super) const GIVEN: &str = "given";
/// What the row of one shows that repeats no words.
const WORDLESS: &str = "wordless";
/// The number of the button that calls it off; those before it say what is done.
pub(super) const NOT_MEANT: u8 = 9;

/// What the row of such a message keeps; why stands in content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    case: String,
    number: i64,
    brand: String,
    /// The version of the case that was seen.
    seen: i64,
    /// Who asked.
    person: String,
    deed: Deed,
}

impl Handler {
    /// Whether any brand keeps a register of formal complaints; where none does the bot does not speak of it.
    pub(super) fn keeps_register(&self) -> bool {
        self.casework.catalogue().get().brands.iter().any(|w| w.brand.front_office.complaints)
    }

    /// `/goodwill 12 …`; what is asked in a group is told in private.
    pub(super) async fn goodwill(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Option<Rich>, StoreError> {
        let one = |text: String| Ok(Some(Rich { lines: vec![Line::plain(text).cut(900)] }));
        if !a.place.is_group() {
            return match self.gift(a, presser, case, rest).await? {
                Some(text) => one(text),
                None => Ok(None),
            };
        }
        let user = a.from.to_string();
        let read = self.deliver.db.read("reading how somebody is spoken to", move |tx| {
            Box::pin(async move { chat_person::get(tx, CREDENTIAL, &user).await })
        });
        if read.await?.is_none_or(|row| row.private_at.is_none()) {
            return one(a.mine.lang.approval_start().to_owned());
        }
        let alone = Asking {
            update: a.update,
            place: Place::chat(a.from),
            from: a.from,
            person: a.person.clone(),
            here: a.mine.clone(),
            mine: a.mine.clone(),
            named: a.named,
        };
        if let Some(text) = self.gift(&alone, presser, case, rest).await? {
            let rich = Rich { lines: vec![Line::plain(text).cut(900)] };
            self.say(alone.place, &alone.here, rich, None).await;
        }
        one(a.here.lang.approval_shown().to_owned())
    }

    async fn gift(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Option<String>, StoreError> {
        let watched = self.casework.catalogue().get().brand(&case.brand_id).cloned();
        let Some(watched) = watched else { return Ok(Some(a.here.lang.no_such_case(case.number))) };
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let read = self.deliver.db.read("reading what was given on a case", move |tx| {
            Box::pin(async move {
                Ok((gifts::of_case(tx, &brand, &id).await?, gifts::standing(tx, &brand, &id).await?))
            })
        });
        let (rows, standing) = read.await?;
        let terms = watched.brand.front_office.goodwill.clone();
        let limit = terms.limit(Role::from_code(&presser.role).unwrap_or(Role::Auditor));
        let said =
            Gifts { rows, standing, terms, limit }.said(a.here.lang, case.number, &watched.brand.name, rest);
        self.shown(a, presser, case, said).await
    }

    /// `/complaint 12 …`.
    pub(super) async fn complaint(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Option<Rich>, StoreError> {
        let one = |text: String| Rich { lines: vec![Line::plain(text).cut(600)] };
        let watched = self.casework.catalogue().get().brand(&case.brand_id).cloned();
        let Some(watched) = watched.filter(|w| w.brand.front_office.complaints) else {
            return Ok(Some(one(a.mine.lang.no_register().to_owned())));
        };
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let read = self.deliver.db.read("reading a complaint", move |tx| {
            Box::pin(async move {
                let row = complaint::of_case(tx, &brand, &id).await?;
                Ok((row.filter(|r| r.unmarked_at.is_none()), case::clocks(tx, &id).await?))
            })
        });
        let (row, clocks) = read.await?;
        let (name, now) = (cut(&watched.brand.name, 60), self.deliver.clock.now());
        let said = complaint_said(&a.here, case.number, &name, rest, &Complaint(row, clocks), now);
        Ok(self.shown(a, presser, case, said).await?.map(one))
    }

    /// Shows what was read and asks whether it is meant; gives a plain answer back.
    async fn shown(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        said: Said,
    ) -> Result<Option<String>, StoreError> {
        let (head, deed, why) = match said {
            Said::Tell(text) => return Ok(Some(text)),
            Said::Ask { head, deed, why } => (head, deed, why),
        };
        let (t, mut rich) = (a.here.lang, Rich::default());
        rich.line(Line::default().bold(head).cut(400));
        let repeats = !why.is_empty() && !a.place.is_group();
        if repeats {
            rich.line(Line::plain(t.outcome_reason(&why)));
        }
        let seen = a.here.seen(&case.id, case.version);
        let keyboard = match &deed {
            Deed::Give(_) => seen.gift(),
            _ => seen.meant(),
        };
        let Some((place, message)) = self.say(a.place, &a.here, rich, Some(keyboard)).await else {
            return Ok(None);
        };
        let now = self.deliver.clock.now();
        let body = Asked {
            case: case.id.clone(),
            number: case.number,
            brand: case.brand_id.clone(),
            seen: case.version,
            person: presser.id.clone(),
            deed,
        };
        let mut card = new_card(place, message, GIVEN, now);
        card.body = serde_json::to_string(&body).unwrap_or_default();
        if !repeats {
            WORDLESS.clone_into(&mut card.shown);
        }
        let author = case.author_id.clone();
        let kept = self.deliver.db.write_again("keeping what somebody asked for", move |tx| {
            let (card, why, author, cases) =
                (card.clone(), why.clone(), author.clone(), vec![body.case.clone()]);
            Box::pin(async move {
                if !why.is_empty() {
                    proposal::put(tx, &card.chat, &card.message, &author, &why).await?;
                }
                // What is erased of the case is erased here too.
                chat::put_card(tx, &card, &cases, now).await
            })
        });
        kept.await?;
        Ok(None)
    }

    /// A press below such a question.
    pub(super) async fn given(&self, p: &Pressed, choice: u8) -> Result<String, StoreError> {
        let (t, here) = (p.mine.lang, p.here.lang);
        let Some((card, body, why, since)) = self.asked_for(p).await? else {
            return Ok(t.unknown_button().to_owned());
        };
        if body.person != p.presser.id {
            return Ok(t.only_asker().to_owned());
        }
        if body.deed.is_done(&since, &p.presser) {
            return Ok(t.did_already().to_owned());
        }
        if choice == NOT_MEANT {
            self.close(p, &card, here.private_left(body.number)).await?;
            return Ok(t.private_left(body.number));
        }
        if self.deliver.clock.now().since(Timestamp(card.created_at)) >= proposal::KEPT_FOR {
            self.close(p, &card, here.ask_anew(body.number)).await?;
            return Ok(t.ask_anew(body.number));
        }
        if !may(&p.presser, Right::Work) || !sees(&p.presser, &body.brand) {
            self.note_refused(Some(&p.presser), Right::Work, "button").await?;
            return Ok(t.not_allowed().to_owned());
        }
        let Some(act) = body.deed.act(choice, why.unwrap_or_default()) else {
            return Ok(t.unknown_button().to_owned());
        };
        let done = self
            .casework_of(&p.presser)
            .act(&body.brand, &body.case, body.seen, &actor(&p.presser), act)
            .await;
        self.follow.notify_one();
        let told = |lang: Lang, why: String| lang.given_not(body.number, why);
        match done {
            Ok(_) => {
                let waits = self.waits(&body).await?;
                self.close(p, &card, done_text(here, &body, waits)).await?;
                Ok(done_text(t, &body, waits))
            }
            Err(CaseworkError::Store(error)) => Err(error),
            Err(CaseworkError::Stale { since, .. }) => {
                self.close(p, &card, told(here, changes(here, &since))).await?;
                Ok(t.stale_ask(changes(t, &since)))
            }
            Err(other) => {
                self.close(p, &card, told(here, here.refusal(&other))).await?;
                Ok(t.not_possible(t.refusal(&other)))
            }
        }
    }

    /// Whether what was to be given waits for a second person.
    async fn waits(&self, body: &Asked) -> Result<bool, StoreError> {
        if !matches!(body.deed, Deed::Give(_)) {
            return Ok(false);
        }
        let (brand, case) = (body.brand.clone(), body.case.clone());
        let read = self.deliver.db.read("reading what was given on a case", move |tx| {
            Box::pin(async move { gifts::of_case(tx, &brand, &case).await })
        });
        let mine = read.await?.into_iter().rfind(|g| g.made_by == body.person);
        Ok(mine.is_some_and(|g| g.state == "asked"))
    }

    /// What stands behind such a question: its row, what was asked, why, and what happened since.
    async fn asked_for(
        &self,
        p: &Pressed,
    ) -> Result<Option<(CardRow, Asked, Option<String>, Vec<CaseEventRow>)>, StoreError> {
        let (case_id, place) = (p.token.id.clone(), (p.place.chat.to_string(), p.message.to_string()));
        let read = self.deliver.db.read("reading what somebody asked for", move |tx| {
            Box::pin(async move {
                let card = chat::card(tx, CREDENTIAL, &place.0, &place.1).await?;
                let Some(card) = card.filter(|c| c.kind == GIVEN) else { return Ok(None) };
                let Ok(body) = serde_json::from_str::<Asked>(&card.body) else { return Ok(None) };
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

/// The number of the case of such a message.
pub(super) fn number_of(body: &str) -> Option<i64> {
    serde_json::from_str::<Asked>(body).ok().map(|body| body.number)
}

/// What is said once it is done.
fn done_text(t: Lang, body: &Asked, waits: bool) -> String {
    let n = body.number;
    match &body.deed {
        Deed::Give(_) if waits => t.goodwill_waits(n),
        Deed::Give(_) => t.goodwill_is_given(n),
        Deed::Stand { goes: true, .. } => t.goodwill_is_approved(n),
        Deed::Stand { .. } => t.goodwill_is_refused(n),
        Deed::TakeBack(_) => t.goodwill_is_back(n),
        Deed::Mark => t.complaint_is_marked(n),
        Deed::Acknowledge => t.complaint_is_acknowledged(n),
        Deed::Decide(outcome) => t.complaint_is_decided(n, t.name("outcome", outcome)),
        Deed::Unmark => t.complaint_is_none(n),
        Deed::Resolve { .. } => t.is_resolved(n),
    }
}
