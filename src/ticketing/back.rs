//! What comes back from a ticket system becomes what the case is told.
//!
//! Each change is written once, however often it is heard: what a link knows already is passed over, and
//! an entry that was taken over is known by its id. Our own notes come back without words and are passed
//! over, so nothing goes round in circles.

mod contacts;

use super::Parts;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::casework::promising::of_ticket;
use crate::casework::{CaseChanged, save, sectors, take_over};
use crate::catalogue::Catalogue;
use crate::domain::case::{CaseEvent, CaseState};
use crate::domain::policy::Policy;
use crate::domain::ticket_status::is_same;
use crate::domain::time::Timestamp;
use crate::store::ticket::{self, LinkRow, Personal};
use crate::store::{StoreError, Tx, answer, case};
use crate::telling::{Payload, STATUS};
use crate::tickets::{Change, Entry, Found, Ticket, TicketState};
use serde_json::json;
use std::sync::Arc;

/// Takes over what ticket systems tell.
#[derive(Clone)]
pub struct Back {
    parts: Parts,
}

/// One link with what is known around it.
struct At {
    link: LinkRow,
    file: CaseFile,
    now: Timestamp,
    /// Statuses that we are giving the ticket at this moment.
    giving: Vec<String>,
}

impl Back {
    /// Takes over in these parts.
    pub const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Takes over what changed in a system; returns how many cases were told.
    pub async fn take(&self, system: &str, changes: &[Change]) -> Result<usize, StoreError> {
        let mut told = 0;
        for change in changes {
            let (system, change) = (system.to_owned(), Arc::new(change.clone()));
            let (catalogue, mint, now) =
                (self.parts.catalogue.get(), self.parts.mint.clone(), self.parts.clock.now());
            let done = self.parts.db.write_again("taking over what changed on a ticket", move |tx| {
                let (system, change, catalogue, mint) =
                    (system.clone(), change.clone(), catalogue.clone(), mint.clone());
                Box::pin(async move {
                    let mut cases = Vec::new();
                    for link in ticket::to_ticket(tx, &system, &change.id).await? {
                        let Some(at) = at(tx, &link, &catalogue, now).await? else { continue };
                        let policy = catalogue.brand(&link.brand_id).map(|w| &w.policy);
                        let changed = at.take(tx, &change, policy).await?;
                        let Some(file) = changed else { continue };
                        save(tx, &file, &catalogue.actions_of(&file, &mint, now), now).await?;
                        let key = (file.case.brand_id.clone(), file.case.id.clone());
                        sectors::propose(tx, &catalogue, &[key], now).await?;
                        cases.push(CaseChanged {
                            brand_id: file.case.brand_id.clone(),
                            case_id: file.case.id.clone(),
                        });
                    }
                    Ok(cases)
                })
            });
            let cases = done.await?;
            told += cases.len();
            for case in cases {
                // Nobody listening is fine: pages also look by themselves.
                let _ = self.parts.changed.send(case);
            }
        }
        if told > 0 {
            self.parts.outbox.notify_waiters();
        }
        Ok(told)
    }
}

impl Back {
    /// Has tickets looked at at once that a system says have changed; what changed is read from it, not
    /// from what was delivered. Returns how many links those are.
    pub async fn look_again(&self, system: &str, tickets: &[String]) -> Result<usize, StoreError> {
        let (system, tickets) = (system.to_owned(), Arc::new(tickets.to_vec()));
        let noted = self.parts.db.write_again("noting which tickets are to be looked at", move |tx| {
            let (system, tickets) = (system.clone(), tickets.clone());
            Box::pin(async move { ticket::look_again(tx, &system, &tickets).await })
        });
        let noted = noted.await?;
        if noted > 0 {
            self.parts.looking.notify_waiters();
        }
        Ok(usize::try_from(noted).unwrap_or(usize::MAX))
    }
}

/// A link and its case, locked, as they are now.
async fn at(
    tx: &mut Tx,
    link: &LinkRow,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Option<At>, StoreError> {
    let Some(row) = case::get(tx, &link.brand_id, &link.case_id).await? else { return Ok(None) };
    let links = ticket::of_case(tx, &link.brand_id, &link.case_id).await?;
    let Some(link) = links.iter().find(|l| l.id == link.id).cloned() else { return Ok(None) };
    let clocks = case::clocks(tx, &row.id).await?;
    let mut file = CaseFile::new(row, clocks, &catalogue.policies);
    file.fall_due(now)?;
    file.links = links;
    let pending = ticket::pending(tx, std::slice::from_ref(&file.case.id)).await?;
    let payload = |p: &ticket::Pending| serde_json::from_str::<Payload>(&p.payload).unwrap_or_default();
    let given = pending.iter().filter(|p| p.kind == STATUS).map(payload).filter(|p| p.link == link.id);
    let giving = given.map(|p| p.status).collect();
    Ok(Some(At { link, file, now, giving }))
}

/// Whether the front office has, or will have, a ticket to work on.
fn is_worked_on(link: &LinkRow) -> bool {
    link.is_live() && matches!(link.state.as_str(), "wanted" | "unseen" | "open" | "hidden")
}

impl At {
    /// Takes one change over; gives the case if it was told anything.
    async fn take(
        mut self,
        tx: &mut Tx,
        change: &Change,
        policy: Option<&(i64, Policy)>,
    ) -> Result<Option<CaseFile>, StoreError> {
        let (subject, due) = (self.file.case.author_id.clone(), self.link.due_at);
        match &change.now {
            Found::Gone => {
                let is_news = self.link.state != "gone";
                self.lost("gone");
                // Nobody there works on what was deleted; where another ticket is open the case waits for that one.
                if is_news && !self.file.links.iter().any(|l| l.id != self.link.id && is_worked_on(l)) {
                    self.wait_no_longer()?;
                }
            }
            Found::Hidden => self.lost("hidden"),
            // Deliveries may come in any order; the newest tells how it stands.
            Found::Stands(ticket) if self.is_older(ticket) => {}
            Found::Stands(ticket) => {
                let known = ticket::personal_of(tx, std::slice::from_ref(&self.link)).await?;
                let known = known.into_iter().next().map(|k| k.1);
                let personal = self.stands(ticket, known.as_ref())?;
                if known.as_ref() != Some(&personal) {
                    ticket::put_personal(tx, &self.link, &subject, &personal).await?;
                }
            }
        }
        self.entries(tx, &change.entries, &subject).await?;
        if let (Some(policy), Found::Stands(_) | Found::Gone) = (policy, &change.now) {
            let known = ticket::personal_of(tx, std::slice::from_ref(&self.link)).await?;
            let about = known.into_iter().next().map(|k| k.1.subject).unwrap_or_default();
            let is_moved = self.link.due_at != due;
            of_ticket(tx, &mut self.file, &self.link, (policy, &about, is_moved), self.now).await?;
        }
        self.link.seen_at = Some(self.now.millis());
        ticket::put(tx, std::slice::from_ref(&self.link)).await?;
        Ok(Some(self.file).filter(CaseFile::is_changed))
    }

    fn is_older(&self, ticket: &Ticket) -> bool {
        let known = self.link.changed_at.map(Timestamp);
        self.link.ticket_id.as_ref() == Some(&ticket.id)
            && known.zip(ticket.changed_at).is_some_and(|(known, told)| told < known)
    }

    fn tell(&mut self, kind: &str, at: Timestamp, more: &serde_json::Value) {
        let mut body =
            json!({ "link": self.link.id, "system": self.link.system, "ticket": self.link.ticket_id });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        self.file.note(kind, &Who::FrontOffice, When { at, now: self.now }, &body);
    }

    /// A ticket that is gone or out of sight is flagged; the case goes on.
    fn lost(&mut self, state: &str) {
        if self.link.state != state {
            state.clone_into(&mut self.link.state);
            self.link.solved_at = None;
            self.tell(&format!("ticket_{state}"), self.now, &json!({}));
        }
    }

    /// A ticket that stands: what is new of it is told; gives what is personal of it.
    fn stands(&mut self, ticket: &Ticket, known: Option<&Personal>) -> Result<Personal, StoreError> {
        let before = self.link.clone();
        let merged = before.ticket_id.as_deref().is_some_and(|id| id != ticket.id);
        let twin = |l: &LinkRow| {
            l.id != before.id && l.system == before.system && l.ticket_id.as_deref() == Some(&ticket.id)
        };
        if merged && self.file.links.iter().any(twin) {
            // The case is tied to the other one already.
            self.link.unlinked_at = Some(self.now.millis());
            self.tell("ticket_merged", self.now, &json!({ "into": ticket.id }));
            return Ok(known.cloned().unwrap_or_default());
        }
        let personal = take_over(&mut self.link, ticket);
        if merged {
            self.tell("ticket_merged", self.now, &json!({ "into": ticket.id }));
        }
        if known.is_some_and(|k| !k.queue.is_empty() && k.queue != personal.queue) {
            self.tell("ticket_moved", self.now, &json!({}));
        }
        if known.is_some_and(|k| k.owner != personal.owner) {
            self.tell("ticket_owner", self.now, &json!({}));
        }
        if before.due_at != self.link.due_at && self.link.due_at.is_some() {
            self.tell("ticket_due", self.now, &json!({ "due": self.link.due_at }));
        }
        self.states(&before, ticket)?;
        Ok(personal)
    }

    fn states(&mut self, before: &LinkRow, ticket: &Ticket) -> Result<(), StoreError> {
        let at = ticket.changed_at.filter(|at| *at <= self.now).unwrap_or(self.now);
        if self.giving.iter().any(|s| is_same(s, &ticket.status)) {
            // It comes of us; whoever records that tells of it.
            self.link.solved_at = None;
            return Ok(());
        }
        if before.waits == 0 && self.link.waits == 1 {
            self.tell("ticket_waits", at, &json!({ "status": self.link.status }));
            self.link.solved_at = None;
            return self.wait_no_longer();
        }
        if before.state == self.link.state {
            if before.status != self.link.status {
                self.tell("ticket_state", at, &json!({ "status": self.link.status }));
            }
            return Ok(());
        }
        match ticket.state {
            TicketState::Solved => {
                self.tell("ticket_solved", at, &json!({ "status": self.link.status }));
                if self.file.case.case_state()?.is_open() {
                    self.link.solved_at = Some(self.now.millis());
                    self.wait_no_longer()?;
                }
            }
            TicketState::Open | TicketState::Waits | TicketState::Gone => {
                self.link.solved_at = None;
                if before.state == "solved" {
                    self.tell("ticket_reopened", at, &json!({ "status": self.link.status }));
                }
            }
        }
        Ok(())
    }

    /// A case that waited for the front office is somebody's again.
    fn wait_no_longer(&mut self) -> Result<(), StoreError> {
        if self.file.case.case_state()? != CaseState::WaitingFrontOffice {
            return Ok(());
        }
        let body = json!({ "link": self.link.id });
        match self.file.step(CaseEvent::Reopen, &Who::FrontOffice, When::now(self.now), &body) {
            Ok(()) | Err(StepError::Refused(_)) => Ok(()),
            Err(StepError::Store(error)) => Err(error),
        }
    }

    /// What the front office wrote, each once.
    async fn entries(&mut self, tx: &mut Tx, entries: &[Entry], subject: &str) -> Result<(), StoreError> {
        let ids: Vec<String> = entries.iter().map(|e| self.link.entry_id(&e.id)).collect();
        let known: Vec<String> = answer::contents(tx, &ids).await?.into_iter().map(|c| c.0).collect();
        for entry in entries {
            let id = self.link.entry_id(&entry.id);
            if !entry.text.trim().is_empty() && !known.contains(&id) {
                let body = json!({ "by": entry.by, "text": entry.text }).to_string();
                answer::put_content(tx, &id, subject, "ticket_entry", &body).await?;
                let at = entry.at.filter(|at| *at <= self.now).unwrap_or(self.now);
                self.tell("ticket_comment", at, &json!({ "content": id, "public": entry.public }));
            }
            self.link.last_entry.clone_from(&entry.id);
        }
        Ok(())
    }
}
