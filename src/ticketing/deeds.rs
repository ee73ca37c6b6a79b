//! What is done to a ticket besides making it and writing on it: it gets a status after what became of the case, and
//! words that were withdrawn are taken away from what we wrote there.
//!
//! A status is given only where that is still how the case stands, and a ticket that the front office has solved is not
//! solved once more. What a system refuses is flagged on the case; words that it cannot let go of are named there until
//! somebody says that they are gone.

use super::words::Told;
use super::{NOT_MADE, Needed, TicketDeliver};
use crate::casefile::{CaseFile, When, Who};
use crate::casework::save;
use crate::domain::delivery::Outcome;
use crate::domain::ticket_status::{Meaning, Turn, is_same};
use crate::domain::time::Timestamp;
use crate::store::rows::ActionRow;
use crate::store::ticket::{self, LinkRow};
use crate::store::ticket_note::{self, NoteRow};
use crate::store::{StoreError, Tx, about, bulk, case};
use crate::telling::{self, NOTE, Payload, STATUS, WITHDRAW};
use crate::tickets::{Found, Rewriting, Status, TicketState, Withdraw, shortened};
use serde_json::json;

/// Whose words stand in what was written, in which revision.
pub(super) type Held = Vec<(String, i64)>;

/// The notes that say who the customer is, where that is not who wrote.
const HOLD_CUSTOMER: [&str; 2] = ["timeline", "customer"];

/// What stands in a note that was found again after its answer was lost: nobody remembers what it said, so all of it counts,
/// and who the customer is as that was known when the note was asked for.
async fn forgotten(
    tx: &mut Tx,
    action: &ActionRow,
    payload: &Payload,
    case_id: &str,
) -> Result<Held, StoreError> {
    let told = payload.posts.iter().chain([&payload.about]).filter(|id| !id.is_empty());
    let mut held: Held = told.map(|id| (id.clone(), 0)).collect();
    if HOLD_CUSTOMER.contains(&payload.what.as_str()) {
        let then = about::changed(tx, &action.brand_id, case_id, Some(action.created_at)).await?;
        let now = about::changed(tx, &action.brand_id, case_id, None).await?;
        let stands = about::of_case(tx, &action.brand_id, case_id).await?.is_some();
        if stands || then != now {
            held.push((about::content_id(case_id), then));
        }
    }
    Ok(held)
}

fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: reason.to_owned() }
}

/// Done, and nothing had to change.
pub(super) fn nothing() -> Outcome {
    Outcome::Done { remote_id: String::new(), at: None }
}

/// A note was taken: what stood there of one that was not is over.
async fn note_taken(tx: &mut Tx, link: &LinkRow) -> Result<(), StoreError> {
    if link.note_why.is_empty() {
        return Ok(());
    }
    // All else of the link stays as a delivery may write it meanwhile.
    ticket::clear_note_why(tx, link).await
}

impl TicketDeliver {
    /// Gives the ticket the status that the case asks for.
    pub(super) async fn turn(&self, action: &ActionRow, needed: &Needed) -> Outcome {
        if needed.link.followed_by.is_some() {
            // It is closed for good; the ticket that follows it gets what the case asks for.
            return nothing();
        }
        let payload = Payload::of(action);
        let Some(ticket_id) = needed.link.ticket_id.clone() else {
            return refused(NOT_MADE);
        };
        let (Some(turn), Ok(state)) = (Turn::from_code(&payload.what), needed.case.case_state()) else {
            return refused("it is not known what became of the case");
        };
        if !turn.holds_for(state) {
            return nothing();
        }
        let ticket = match self.system.read(&ticket_id).await {
            Ok(Found::Stands(ticket)) => ticket,
            Ok(Found::Gone | Found::Hidden) => return refused("the ticket is gone, or out of our sight"),
            Err(trouble) => return Outcome::Retry { after: None, why: trouble.why },
        };
        let is_over = turn.is_end() && ticket.state == TicketState::Solved;
        if is_over || is_same(&ticket.status, &payload.status) {
            return nothing();
        }
        let status = Status { action_id: action.id.clone(), ticket_id: ticket.id, status: payload.status };
        self.system.put_status(&status).await
    }

    /// Takes words away from a note.
    pub(super) async fn withdraw(&self, action: &ActionRow, needed: &Needed, told: &Told<'_>) -> Outcome {
        let payload = Payload::of(action);
        let note = needed.notes.iter().find(|n| n.action_id == payload.note);
        let Some(note) = note.filter(|n| n.state != "gone") else { return nothing() };
        if self.system.can().withdraw == Withdraw::ByHand {
            // What we wrote beside it asks a person to.
            return nothing();
        }
        let written: Payload = serde_json::from_str(&note.payload).unwrap_or_default();
        let (text, held) = if payload.what == "erased" {
            (told.erased(), Held::new())
        } else {
            (told.note(&written).unwrap_or_else(|| "[removed]".to_owned()), told.held(&written))
        };
        self.remember(&action.id, held);
        let anew = Rewriting {
            action_id: action.id.clone(),
            ticket_id: note.ticket_id.clone(),
            note_id: note.remote_id.clone(),
            written_by: note.action_id.clone(),
            written_at: Timestamp(note.written_at),
            to_customer: note.what == "answer" && needed.customer.is_none(),
            text,
        };
        let outcome = self.system.rewrite(&anew).await;
        let moved = needed.link.ticket_id.as_ref().filter(|id| **id != note.ticket_id);
        let is_gone = matches!(&outcome, Outcome::Done { remote_id, .. } if remote_id.is_empty());
        if let Some(id) = moved.filter(|_| is_gone) {
            // A ticket that was merged since took along what was written on it.
            return self.system.rewrite(&Rewriting { ticket_id: id.clone(), ..anew }).await;
        }
        outcome
    }

    /// A note stands: it is kept by the system's id. If it tells that words were withdrawn, whatever else holds them
    /// on this ticket is to let them go.
    pub(super) async fn noted(
        &self,
        tx: &mut Tx,
        action: &ActionRow,
        remote_id: &str,
    ) -> Result<(), StoreError> {
        let (payload, now) = (Payload::of(action), self.parts.clock.now());
        let Some(case_id) = action.case_id.clone() else { return Ok(()) };
        let told_of_customer = HOLD_CUSTOMER.contains(&payload.what.as_str());
        if told_of_customer {
            // Whoever changes the customer locks the case and asks all notes that are known by then: this one is known
            // before, or sees the change.
            case::get(tx, &action.brand_id, &case_id).await?;
        }
        let Some(link) = ticket::get(tx, &action.brand_id, &payload.link).await? else { return Ok(()) };
        let recalled = self.recall(&action.id);
        if link.followed_by.is_some() && recalled.is_none() && remote_id.is_empty() {
            // It was not written; the words are to go all the same.
            let is_gone = matches!(payload.what.as_str(), "removed" | "edited" | "erased");
            return if is_gone { self.owed_anyway(tx, action).await } else { Ok(()) };
        }
        note_taken(tx, &link).await?;
        let said = ticket::conversation(tx, &action.brand_id, &case_id).await?;
        let held: Held = match recalled {
            Some(held) => held,
            None => forgotten(tx, action, &payload, &case_id).await?,
        };
        let note = NoteRow {
            action_id: action.id.clone(),
            brand_id: action.brand_id.clone(),
            case_id,
            link_id: link.id.clone(),
            system: link.system.clone(),
            ticket_id: link.ticket_id.clone().unwrap_or_default(),
            remote_id: remote_id.to_owned(),
            what: payload.what.clone(),
            payload: action.payload.clone(),
            held: super::json_of(&held),
            // One that was found later was written when its answer was lost; by that time it is looked for again.
            written_at: action.unknown_since.unwrap_or(i64::MAX).min(now.millis()),
            state: "stands".to_owned(),
            cause: String::new(),
            settled_at: None,
        };
        ticket_note::put(tx, std::slice::from_ref(&note)).await?;
        if payload.what == "erased" {
            return self.owed_anyway(tx, action).await;
        }
        if told_of_customer {
            return self.changed_since(tx, (action, &link), note, now).await;
        }
        if !matches!(payload.what.as_str(), "removed" | "edited") {
            return Ok(());
        }
        let is_old = |(id, revision): &(String, i64)| {
            let now = said.iter().find(|m| m.id == *id).filter(|m| m.deleted_at.is_none());
            *id == payload.about && now.is_none_or(|m| m.revision != *revision)
        };
        let notes = ticket_note::of_case(tx, &action.brand_id, &note.case_id).await?;
        let owed = |n: &NoteRow| n.link_id == link.id && n.state != "gone" && n.held().iter().any(is_old);
        let owed: Vec<NoteRow> = notes.into_iter().filter(|n| owed(n)).collect();
        self.ask(tx, (action, &link), owed, &payload.what, now).await
    }

    /// What was known of the customer was changed or erased while a note was on its way that says it: it is to let that
    /// go, for nobody asked it yet.
    async fn changed_since(
        &self,
        tx: &mut Tx,
        (action, link): (&ActionRow, &LinkRow),
        note: NoteRow,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = about::content_id(&note.case_id);
        let Some((_, was)) = note.held().into_iter().find(|(held, _)| *held == id) else { return Ok(()) };
        if about::changed(tx, &note.brand_id, &note.case_id, None).await? == was {
            return Ok(());
        }
        let row = about::of_case(tx, &note.brand_id, &note.case_id).await?;
        // What is owed to somebody who was erased is told apart; the note is written anew by what is known now either way.
        let is_erased = row.is_some_and(|r| r.erased_at.is_some());
        let cause = if is_erased { "erased" } else { "edited" };
        self.ask_anew(tx, (action, link), vec![note], (cause, "edited"), now).await
    }

    async fn ask(
        &self,
        tx: &mut Tx,
        of: (&ActionRow, &LinkRow),
        owed: Vec<NoteRow>,
        cause: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.ask_anew(tx, of, owed, (cause, cause), now).await
    }

    /// Asks notes to let words go; `cause` is why, `how` what the withdrawal does: `erased` leaves nothing of the note.
    async fn ask_anew(
        &self,
        tx: &mut Tx,
        (action, link): (&ActionRow, &LinkRow),
        mut owed: Vec<NoteRow>,
        (cause, how): (&str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let case_id = action.case_id.as_deref().unwrap_or_default();
        let Some(row) = case::look(tx, &action.brand_id, case_id).await? else { return Ok(()) };
        let mut actions = Vec::new();
        for note in &mut owed {
            "asked".clone_into(&mut note.state);
            cause.clone_into(&mut note.cause);
            actions.push(telling::withdrawal(&row, link, (note, how), &action.id, (&self.parts.mint, now)));
        }
        if owed.is_empty() {
            return Ok(());
        }
        ticket_note::put(tx, &owed).await?;
        bulk::insert_actions(tx, &actions).await
    }

    /// A status was taken, or nothing had to change.
    pub(super) async fn turned(
        &self,
        tx: &mut Tx,
        action: &ActionRow,
        status: &str,
    ) -> Result<(), StoreError> {
        let payload = Payload::of(action);
        let Some((mut link, mut file)) = self.at(tx, action).await? else { return Ok(()) };
        // A note that was not taken stays told until one is.
        link.status_why = String::new();
        if status.is_empty() {
            return ticket::put(tx, std::slice::from_ref(&link)).await;
        }
        let can = self.system.can();
        let has = |list: &[&str]| list.iter().any(|s| is_same(s, status));
        let meaning =
            self.system.means().of(status).unwrap_or_else(|| match Turn::from_code(&payload.what) {
                _ if has(can.solved) => Meaning::Solved,
                _ if has(can.waiting) => Meaning::Waits,
                Some(turn) if turn.is_end() => Meaning::Solved,
                _ => Meaning::Open,
            });
        let state = if meaning == Meaning::Solved { TicketState::Solved } else { TicketState::Open };
        state.code().clone_into(&mut link.state);
        status.clone_into(&mut link.status);
        link.waits = i64::from(meaning == Meaning::Waits);
        link.solved_at = None;
        ticket::put(tx, std::slice::from_ref(&link)).await?;
        self.tell(tx, &mut file, &link, "ticket_status", &json!({ "status": status })).await
    }

    /// Words were taken away from a note; where the interface cannot, they remain until somebody says that they are gone.
    pub(super) async fn withdrawn(
        &self,
        tx: &mut Tx,
        action: &ActionRow,
        refused: bool,
    ) -> Result<(), StoreError> {
        let (payload, now) = (Payload::of(action), self.parts.clock.now());
        let Some((link, mut file)) = self.at(tx, action).await? else { return Ok(()) };
        let mut notes = ticket_note::of_case(tx, &action.brand_id, &file.case.id).await?;
        notes.retain(|n| n.link_id == link.id);
        let Some(note) = notes.iter_mut().find(|n| n.action_id == payload.note && n.state != "gone") else {
            return Ok(());
        };
        let remains = refused || self.system.can().withdraw == Withdraw::ByHand;
        if remains {
            "remains".clone_into(&mut note.state);
        } else {
            "fixed".clone_into(&mut note.state);
            if let Some(held) = self.recall(&action.id) {
                note.held = super::json_of(&held);
            }
        }
        note.settled_at = Some(now.millis());
        let of = note.clone();
        ticket_note::put(tx, std::slice::from_ref(&of)).await?;
        if refused && link.is_live() && link.state != "gone" {
            let (what, about) = ("by_hand".to_owned(), of.written_at.to_string());
            let payload = Payload { link: link.id.clone(), what, about, ..Payload::default() };
            let mint = &self.parts.mint;
            let told = telling::action(&file.case, &link, NOTE, &payload, &of.action_id, (mint, now));
            bulk::insert_actions(tx, &[told]).await?;
        }
        // Told once all of them are known.
        if notes.iter().any(|n| n.state == "asked") {
            return Ok(());
        }
        let left = notes.iter().filter(|n| n.state == "remains").count();
        let kind = if left > 0 { "ticket_remains" } else { "ticket_withdrawn" };
        self.tell(tx, &mut file, &link, kind, &json!({ "notes": left })).await
    }

    /// What the system refused is flagged on the case.
    pub(super) async fn flagged(
        &self,
        tx: &mut Tx,
        action: &ActionRow,
        reason: &str,
    ) -> Result<(), StoreError> {
        // It was not written.
        self.recall(&action.id);
        match action.kind.as_str() {
            STATUS => {
                let Some((mut link, mut file)) = self.at(tx, action).await? else { return Ok(()) };
                link.status_why = shortened(reason, 200);
                ticket::put(tx, std::slice::from_ref(&link)).await?;
                let status = Payload::of(action).status;
                self.tell(tx, &mut file, &link, "ticket_status_refused", &json!({ "status": status })).await
            }
            WITHDRAW => self.withdrawn(tx, action, true).await,
            // What tells of it was not taken; the words are to go all the same.
            NOTE if matches!(Payload::of(action).what.as_str(), "removed" | "edited" | "erased") => {
                self.note_refused(tx, action, reason).await?;
                self.owed_anyway(tx, action).await
            }
            NOTE => self.note_refused(tx, action, reason).await,
            _ => Ok(()),
        }
    }

    /// A note was not taken, as by a ticket that is closed for good: the case says so, and a person makes another
    /// ticket or has this one opened. The new one is told the whole conversation.
    async fn note_refused(&self, tx: &mut Tx, action: &ActionRow, reason: &str) -> Result<(), StoreError> {
        let Some((mut link, mut file)) = self.at(tx, action).await? else { return Ok(()) };
        if !link.is_live() {
            return Ok(());
        }
        link.note_why = shortened(reason, 200);
        ticket::put(tx, std::slice::from_ref(&link)).await?;
        let what = Payload::of(action).what;
        self.tell(tx, &mut file, &link, "ticket_note_refused", &json!({ "what": what })).await
    }

    /// Whatever holds the words that a note is about is to let them go; after an erasure whatever holds any: a note that
    /// was on its way at that time has come to stand since, and nobody asked it yet.
    async fn owed_anyway(&self, tx: &mut Tx, action: &ActionRow) -> Result<(), StoreError> {
        let (payload, now) = (Payload::of(action), self.parts.clock.now());
        let Some(link) = ticket::get(tx, &action.brand_id, &payload.link).await? else { return Ok(()) };
        let case_id = action.case_id.as_deref().unwrap_or_default();
        let mut notes = ticket_note::of_case(tx, &action.brand_id, case_id).await?;
        let holds = |n: &NoteRow| match payload.what.as_str() {
            "erased" => {
                // Who the customer is stands in a note that holds no message.
                let holds_any = !n.held().is_empty() || n.what == "customer";
                n.state == "stands" && n.action_id != action.id && holds_any
            }
            _ => n.held().iter().any(|(id, _)| *id == payload.about),
        };
        notes.retain(|n| n.link_id == link.id && n.state != "gone" && holds(n));
        self.ask(tx, (action, &link), notes, &payload.what, now).await
    }

    /// The link of an action with its case, locked.
    async fn at(&self, tx: &mut Tx, action: &ActionRow) -> Result<Option<(LinkRow, CaseFile)>, StoreError> {
        let case_id = action.case_id.as_deref().unwrap_or_default();
        let Some(row) = case::get(tx, &action.brand_id, case_id).await? else { return Ok(None) };
        let clocks = case::clocks(tx, case_id).await?;
        let file = CaseFile::new(row, clocks, &self.parts.catalogue.get().policies);
        let link = ticket::get(tx, &action.brand_id, &Payload::of(action).link).await?;
        Ok(link.map(|link| (link, file)))
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        file: &mut CaseFile,
        link: &LinkRow,
        kind: &str,
        more: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let mut body = json!({ "link": link.id, "system": link.system, "ticket": link.ticket_id });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        file.note(kind, &Who::Rule("tickets"), When::now(now), &body);
        save(tx, file, &[], now).await
    }
}
