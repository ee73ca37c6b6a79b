//! Tying a case to a ticket of the front office: search, tie, make one, take the tie away.
//!
//! Tickets are searched by what the customer gave in private or what a colleague typed, and by the earlier
//! tickets of the same author; never by guessing from a public handle. A ticket system that does not
//! answer stops nothing: the tie is made, and what the ticket is to be told waits in the outbox.

use super::{Act, Asked, Casework, CaseworkError, promising};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::customer::Customer;
use crate::domain::ids::TicketLinkId;
use crate::domain::judgement::{PersonalData, PersonalDataKind};
use crate::domain::time::Timestamp;
use crate::store::console::ShownMessage;
use crate::store::rows::ActionRow;
use crate::store::ticket::{self, LinkRow, Personal};
use crate::store::{StoreError, Tx, about, case, console, ticket_note};
use crate::telling::{self, CREATE, NOTE, Payload};
use crate::tickets::{Capabilities, Found, Given, Term, Ticket, TicketState};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;

/// Longest text of a search, in characters.
const SEARCH_CHARS_MAX: usize = 500;
/// Most things that are searched by at once.
const TERMS_MAX: usize = 20;
/// How many earlier tickets of an author are shown.
const EARLIER_MAX: i64 = 10;
const MESSAGES_MAX: i64 = 200;

/// What one ticket system answered.
#[derive(Clone, Debug)]
pub struct Searched {
    /// The system by name.
    pub system: String,
    /// What it can do.
    pub can: &'static Capabilities,
    /// The tickets found, or why it did not answer.
    pub found: Result<Vec<Ticket>, String>,
}

/// What a search brought.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// By system.
    pub systems: Vec<Searched>,
    /// Tickets of other cases of the same author.
    pub earlier: Vec<(LinkRow, Personal)>,
    /// Whether there was anything to search by.
    pub by_something: bool,
}

impl Casework {
    /// Searches the customer's tickets; writes nothing, here and there.
    pub async fn find_tickets(
        &self,
        brand_id: &str,
        case_id: &str,
        typed: &str,
    ) -> Result<Search, CaseworkError> {
        if typed.chars().count() > SEARCH_CHARS_MAX {
            return super::answering::invalid("text", format!("longer than {SEARCH_CHARS_MAX} characters"));
        }
        let catalogue = self.catalogue.get();
        let Some(watched) = catalogue.brand(brand_id) else { return Err(CaseworkError::NotFound) };
        let (brand, case_of) = (brand_id.to_owned(), case_id.to_owned());
        let read = self.db.read("reading by what tickets are searched", move |tx| {
            Box::pin(async move {
                let Some(case) = case::look(tx, &brand, &case_of).await? else { return Ok(None) };
                let messages = console::messages_of(tx, &brand, &case_of, MESSAGES_MAX).await?;
                let customer = about::words(tx, &brand, &case_of).await?;
                // The tickets of who wrote are not those of whom it is about.
                let links = match customer {
                    Some(_) => ticket::of_customer(tx, &brand, &case_of, EARLIER_MAX).await?,
                    None => ticket::of_author(tx, &brand, &case.author_id, EARLIER_MAX).await?,
                };
                let others: Vec<LinkRow> = links.into_iter().filter(|l| l.case_id != case.id).collect();
                let personal = ticket::personal_of(tx, &others).await?;
                Ok(Some((messages, others, personal, customer)))
            })
        });
        let found = read.await?;
        let Some((messages, others, personal, customer)) = found else { return Err(CaseworkError::NotFound) };
        let terms = terms(typed, &messages, customer.as_ref());
        let personal_of = |l: &LinkRow| personal.iter().find(|p| p.0 == l.id).map(|p| p.1.clone());
        let earlier = others.into_iter().map(|l| (personal_of(&l).unwrap_or_default(), l));
        let systems = self.tickets.of_brand(&watched.brand.name);
        let asked = systems.iter().map(|system| {
            let terms = &terms;
            async move {
                let known: Vec<Term> =
                    terms.iter().filter(|t| system.can().find_by.contains(&t.kind)).cloned().collect();
                let found = system.find(&known).await.map_err(|trouble| trouble.why);
                Searched { system: system.name().to_owned(), can: system.can(), found }
            }
        });
        Ok(Search {
            systems: join_all(asked).await,
            earlier: earlier.map(|(p, l)| (l, p)).collect(),
            by_something: !terms.is_empty(),
        })
    }

    /// The names of the ticket systems of a brand.
    pub fn ticket_systems(&self, brand_id: &str) -> Vec<String> {
        let catalogue = self.catalogue.get();
        let Some(watched) = catalogue.brand(brand_id) else { return Vec::new() };
        self.tickets.of_brand(&watched.brand.name).iter().map(|s| s.name().to_owned()).collect()
    }

    /// What must be asked of the outside before an act: the ticket that is to be tied.
    pub(super) async fn looked_up(&self, brand_id: &str, act: Act) -> Result<Act, CaseworkError> {
        let Act::LinkTicket { system, ticket, .. } = act else { return Ok(act) };
        let catalogue = self.catalogue.get();
        let Some(watched) = catalogue.brand(brand_id) else { return Err(CaseworkError::NotFound) };
        let Some(found) = self.tickets.named(&watched.brand.name, &system) else {
            return Err(no_system(&system));
        };
        let number = ticket.trim().trim_start_matches('#').to_owned();
        if number.is_empty() || number.len() > 100 || number.chars().any(|c| c.is_control() || c == '/') {
            return super::answering::invalid("ticket", "wanted is the number of a ticket");
        }
        let seen = match found.read(&number).await {
            Ok(Found::Stands(ticket)) => Some(Box::new(ticket)),
            Ok(Found::Gone) => {
                return Err(CaseworkError::Refused(format!("{system} has no ticket {number}")));
            }
            Ok(Found::Hidden) => {
                return Err(CaseworkError::Refused(format!("{system} does not show us ticket {number}")));
            }
            // It is looked at as soon as it answers.
            Err(_) => None,
        };
        let ticket = seen.as_ref().map_or(number, |t| t.id.clone());
        Ok(Act::LinkTicket { system, ticket, seen })
    }
}

fn no_system(name: &str) -> CaseworkError {
    CaseworkError::Refused(format!("this brand has no ticket system '{name}'"))
}

/// By what is searched: what was typed, what is known of the customer, and what stands in private messages. Where who
/// wrote is not the customer, their own address and telephone find nothing of the customer's.
fn terms(typed: &str, messages: &[ShownMessage], customer: Option<&Customer>) -> Vec<Term> {
    let mut terms: Vec<Term> = typed.split(['\n', '\r', ',', ';']).flat_map(Term::readings).collect();
    if let Some(c) = customer {
        let known = [(Given::Email, &c.email), (Given::Phone, &c.phone), (Given::Reference, &c.number)];
        let given = known.into_iter().filter(|(_, text)| !text.is_empty());
        terms.extend(given.map(|(kind, text)| Term { kind, text: text.clone() }));
    }
    for message in messages.iter().filter(|m| m.private == 1 && m.deleted_at.is_none()) {
        let body: serde_json::Value =
            message.body.as_deref().and_then(|b| serde_json::from_str(b).ok()).unwrap_or_default();
        let text = body["text"].as_str().unwrap_or_default();
        let places: Vec<PersonalData> = serde_json::from_str(&message.personal_data).unwrap_or_default();
        for place in places {
            let kind = match place.kind {
                PersonalDataKind::Email if customer.is_none() => Given::Email,
                PersonalDataKind::Phone if customer.is_none() => Given::Phone,
                PersonalDataKind::Reference => Given::Reference,
                _ => continue,
            };
            let part = text.get(place.start..place.end).unwrap_or_default().trim();
            if !part.is_empty() {
                terms.push(Term { kind, text: part.to_owned() });
            }
        }
    }
    let mut met = BTreeSet::new();
    terms.retain(|t| met.insert(t.clone()));
    terms.truncate(TERMS_MAX);
    terms
}

/// What a link knows of a ticket as it stands.
pub fn take_over(link: &mut LinkRow, ticket: &Ticket) -> Personal {
    link.ticket_id = Some(ticket.id.clone());
    ticket.state.code().clone_into(&mut link.state);
    link.status.clone_from(&ticket.status);
    link.url.clone_from(&ticket.url);
    link.opened_at = ticket.opened_at.map(Timestamp::millis);
    link.changed_at = ticket.changed_at.map(Timestamp::millis);
    link.due_at = ticket.due_at.map(Timestamp::millis);
    link.waits = i64::from(ticket.state == TicketState::Waits);
    Personal { subject: ticket.subject.clone(), owner: ticket.owner.clone(), queue: ticket.queue.clone() }
}

fn new_link(file: &CaseFile, asked: &Asked, system: &str) -> LinkRow {
    LinkRow {
        id: asked.mint.id(asked.now, TicketLinkId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        case_id: file.case.id.clone(),
        system: system.to_owned(),
        ticket_id: None,
        action_id: None,
        state: "unseen".to_owned(),
        status: String::new(),
        url: String::new(),
        opened_at: None,
        changed_at: None,
        due_at: None,
        last_entry: String::new(),
        seen_at: None,
        solved_at: None,
        linked_by: Some(asked.actor.person.to_string()),
        linked_at: asked.now.millis(),
        unlinked_by: None,
        unlinked_at: None,
        waits: 0,
        status_why: String::new(),
        note_why: String::new(),
        followed_by: None,
    }
}

/// The note that holds all that was said so far.
async fn timeline(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    link: &LinkRow,
) -> Result<ActionRow, StoreError> {
    let said = ticket::conversation(tx, &asked.brand_id, &file.case.id).await?;
    let payload = Payload {
        link: link.id.clone(),
        what: "timeline".to_owned(),
        posts: said.into_iter().filter(|m| m.deleted_at.is_none()).map(|m| m.id).collect(),
        ..Payload::default()
    };
    Ok(telling::action(&file.case, link, NOTE, &payload, "all", (&asked.mint, asked.now)))
}

type Acted = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

/// Ties the case to a ticket that stands.
pub(super) async fn link(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (system, number): (&str, &str),
    seen: Option<&Ticket>,
) -> Acted {
    let same = |l: &LinkRow| l.system == system && l.ticket_id.as_deref() == Some(number);
    if file.links.iter().any(same) {
        return Ok(Err(CaseworkError::Refused("the case is tied to this ticket already".to_owned())));
    }
    let mut link = new_link(file, asked, system);
    link.ticket_id = Some(number.to_owned());
    let personal = seen.map(|ticket| take_over(&mut link, ticket));
    let told = timeline(tx, file, asked, &link).await?;
    ticket::put(tx, std::slice::from_ref(&link)).await?;
    if let Some(personal) = &personal {
        ticket::put_personal(tx, &link, &file.case.author_id, personal).await?;
    }
    let body = json!({ "link": link.id, "system": system, "ticket": number });
    file.note("ticket_linked", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    if let Some(watched) = asked.catalogue.brand(&asked.brand_id) {
        let about = personal.map(|p| p.subject).unwrap_or_default();
        promising::of_ticket(tx, file, &link, (&watched.policy, &about, true), asked.now).await?;
    }
    Ok(Ok(vec![told]))
}

/// Makes an intent of a new ticket, and of the note that tells it what was said so far.
pub(super) async fn create(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, system: &str) -> Acted {
    let catalogue = &asked.catalogue;
    let brand = catalogue.brand(&asked.brand_id).map(|w| w.brand.name.clone()).unwrap_or_default();
    let Some(found) = asked.tickets.named(&brand, system) else { return Ok(Err(no_system(system))) };
    if !found.can().create {
        return Ok(Err(CaseworkError::Refused(format!("{system} does not let us make tickets"))));
    }
    if file
        .links
        .iter()
        .any(|l| l.system == system && matches!(l.state.as_str(), "wanted" | "unseen" | "open"))
    {
        let why = format!("the case has an open ticket in {system} already");
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let mut link = new_link(file, asked, system);
    "wanted".clone_into(&mut link.state);
    let payload = Payload { link: link.id.clone(), what: "create".to_owned(), ..Payload::default() };
    let mut made = telling::action(&file.case, &link, CREATE, &payload, "", (&asked.mint, asked.now));
    made.made_by = Some(asked.actor.person.to_string());
    link.action_id = Some(made.id.clone());
    let told = timeline(tx, file, asked, &link).await?;
    ticket::put(tx, std::slice::from_ref(&link)).await?;
    let body = json!({ "link": link.id, "system": system, "action": made.id });
    file.note("ticket_wanted", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    Ok(Ok(vec![made, told]))
}

/// Takes a tie away; what the ticket was still to be told is called off.
pub(super) async fn unlink(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, id: &str) -> Acted {
    let Some(at) = file.links.iter().position(|l| l.id == id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let mut link = file.links.remove(at);
    let of_link = |p: &ticket::Pending| {
        serde_json::from_str::<Payload>(&p.payload).is_ok_and(|payload| payload.link == link.id)
    };
    let pending = ticket::pending(tx, std::slice::from_ref(&file.case.id)).await?;
    let pending: Vec<ticket::Pending> = pending.into_iter().filter(of_link).collect();
    if pending.iter().any(|p| p.kind == CREATE && matches!(p.state.as_str(), "sending" | "unknown")) {
        let why = "the ticket is being made at this moment; wait until it is known whether it stands";
        return Ok(Err(CaseworkError::Refused(why.to_owned())));
    }
    let ids: Vec<String> = pending.into_iter().map(|p| p.id).collect();
    ticket::call_off(tx, &asked.brand_id, &ids, asked.now).await?;
    link.unlinked_by = Some(asked.actor.person.to_string());
    link.unlinked_at = Some(asked.now.millis());
    let mut changed = vec![link.clone()];
    // Without the one that follows, what was closed for good says again that it takes nothing, unless that one was followed
    // itself.
    for old in file.links.iter_mut().filter(|l| l.followed_by.as_deref() == Some(link.id.as_str())) {
        old.followed_by.clone_from(&link.followed_by);
        changed.push(old.clone());
    }
    ticket::put(tx, &changed).await?;
    let body = json!({ "link": link.id, "system": link.system, "ticket": link.ticket_id });
    file.note("ticket_unlinked", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    if let Some(watched) = asked.catalogue.brand(&asked.brand_id) {
        promising::of_ticket(tx, file, &link, (&watched.policy, "", false), asked.now).await?;
    }
    Ok(Ok(Vec::new()))
}

/// A person says that a ticket stands, or that it is to be left: its number is not known either way, so the
/// tie goes, and what the ticket was to be told is called off. A ticket that stands is tied by its number.
pub(super) async fn given_up(
    tx: &mut Tx,
    brand_id: &str,
    action: &ActionRow,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let link = ticket::get(tx, brand_id, &Payload::of(action).link).await?;
    let Some(mut link) = link.filter(|l| l.ticket_id.is_none() && l.is_live()) else { return Ok(()) };
    let of_link = |p: &ticket::Pending| {
        serde_json::from_str::<Payload>(&p.payload).is_ok_and(|payload| payload.link == link.id)
    };
    let pending = ticket::pending(tx, std::slice::from_ref(&link.case_id)).await?;
    let ids: Vec<String> = pending.into_iter().filter(of_link).map(|p| p.id).collect();
    ticket::call_off(tx, brand_id, &ids, now).await?;
    link.unlinked_by = Some(by.to_owned());
    link.unlinked_at = Some(now.millis());
    ticket::put(tx, std::slice::from_ref(&link)).await
}

/// Sets aside that the front office holds a ticket for solved: the customer does not.
pub(super) async fn not_solved(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, id: &str) -> Acted {
    let Some(link) = file.links.iter_mut().find(|l| l.id == id && l.solved_at.is_some()) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    link.solved_at = None;
    ticket::put(tx, std::slice::from_ref(link)).await?;
    let body = json!({ "link": link.id, "system": link.system, "ticket": link.ticket_id });
    file.note("ticket_not_solved", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    Ok(Ok(Vec::new()))
}

/// Whether resolving wants a reason: an account matter that no ticket knows of.
pub(super) fn wants_reason(file: &CaseFile, asked: &Asked) -> bool {
    let reason = match &asked.act {
        Act::Resolve { reason, .. } => Some(reason),
        Act::Answer(answer) => answer.resolve.as_ref(),
        _ => None,
    };
    let brand = asked.catalogue.brand(&asked.brand_id).map(|w| w.brand.name.as_str()).unwrap_or_default();
    reason.is_some_and(|r| r.trim().is_empty())
        && file.case.needs_private == 1
        && file.links.is_empty()
        && !asked.tickets.of_brand(brand).is_empty()
}

impl Act {
    /// Whether it ends the case for good, so that nothing is proposed any more.
    pub(super) const fn ends(&self) -> bool {
        matches!(self, Self::Resolve { .. } | Self::Close | Self::Dismiss { .. })
    }
}

/// Somebody says that words which were withdrawn are gone from a ticket.
pub(super) async fn words_gone(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, id: &str) -> Acted {
    // A tie of another case is not this one's to settle.
    let notes = ticket_note::of_case(tx, &asked.brand_id, &file.case.id).await?;
    let Some(note) = notes.iter().find(|n| n.link_id == id && n.is_owed()) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let gone = ticket_note::gone(tx, &asked.brand_id, id, asked.now).await?;
    let body = json!({ "link": id, "system": note.system, "ticket": note.ticket_id, "notes": gone });
    file.note("ticket_words_gone", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    Ok(Ok(Vec::new()))
}

/// The case is over: what the front office solved proposes nothing any more.
pub(super) async fn settled(tx: &mut Tx, file: &mut CaseFile) -> Result<(), StoreError> {
    let mut changed = Vec::new();
    for link in file.links.iter_mut().filter(|l| l.solved_at.is_some()) {
        link.solved_at = None;
        changed.push(link.clone());
    }
    if changed.is_empty() { Ok(()) } else { ticket::put(tx, &changed).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(private: i64, text: &str, kind: &str, part: &str) -> ShownMessage {
        let start = text.find(part).unwrap();
        let places = json!([{ "kind": kind, "start": start, "end": start + part.len() }]);
        ShownMessage {
            brand_id: "b".into(),
            mention_id: "m".into(),
            external_id: "1".into(),
            author_id: "a".into(),
            posted_at: 0,
            received_at: 0,
            revision: 1,
            edited_at: 0,
            deleted_at: None,
            private,
            level: 3,
            urgency: 0,
            reasons: "[]".into(),
            personal_data: places.to_string(),
            body: Some(json!({ "text": text }).to_string()),
            profile: Some(json!({ "handle": "jan@toot.example", "name": "Jan Jansen" }).to_string()),
        }
    }

    #[test]
    fn only_what_was_given_in_private_is_searched_by() {
        let public = message(0, "call me on 0612345678", "phone", "0612345678");
        let private = message(1, "I am jan@example.org", "email", "jan@example.org");
        let found = terms("", &[public, private.clone()], None);
        assert_eq!(found, [Term { kind: Given::Email, text: "jan@example.org".into() }]);
        assert_eq!(terms("#17, jan@example.org", &[], None).len(), 2);
        assert!(terms(" \n ", &[], None).is_empty());
        // Who writes for somebody else: not by their own address.
        let father = Customer { phone: "0612345678".into(), ..Customer::default() };
        let found = terms("", &[private], Some(&father));
        assert_eq!(found, [Term { kind: Given::Phone, text: "0612345678".into() }]);
    }
}
