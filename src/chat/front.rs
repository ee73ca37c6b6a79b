//! The front office from the chat: `/tickets 12` looks for the customer's tickets and makes one, `/contact 12` writes
//! down that they made contact elsewhere, `/sector 12` says whose to solve the case is, `/finding 12` raises a finding
//! or counts the case to one.
//!
//! Of a ticket stand its number, its status, its owner, its age and what it promised; never its subject, which may hold
//! a customer's words. What is written down here is not repeated.

use super::handle::{Handler, actor, undone};
use super::speaking::Asking;
use super::text::{Line, Rich, cut};
use crate::casework::Act;
use crate::casework::answering::guarded;
use crate::domain::contact::ContactKind;
use crate::domain::time::Timestamp;
use crate::store::chat::Presser;
use crate::store::rows::CaseRow;
use crate::store::ticket::{self, LinkRow};
use crate::store::{StoreError, sector};
use crate::tickets::{Ticket, TicketState};

/// How many tickets of a system are listed.
const LISTED: usize = 8;
/// Longest word of a system, in characters: a status, an owner.
const WORD_CHARS: usize = 40;

/// What people type for no sector at all.
const NO_SECTOR: [&str; 3] = ["none", "geen", "-"];

/// What people type for a ticket that is not solved after all.
const UNSOLVED: [&str; 2] = ["unsolved", "onopgelost"];

/// What people type to take a tie to a ticket away.
const UNTIE: [&str; 4] = ["untie", "unlink", "los", "ontkoppel"];

/// A kind of contact by the words that people type.
fn kind(word: &str) -> Option<ContactKind> {
    Some(match word.to_lowercase().trim_end_matches(':') {
        "phone" | "call" | "telefoon" | "gebeld" => ContactKind::Phone,
        "shop" | "store" | "winkel" => ContactKind::Shop,
        "letter" | "brief" => ContactKind::Letter,
        "web" | "form" | "web_form" | "formulier" => ContactKind::WebForm,
        _ => return None,
    })
}

/// What a command about findings asks for: a number of one that stands, or `OWNER: words`.
fn finding(rest: &str) -> Option<Act> {
    if let Ok(number) = rest.trim_start_matches('#').parse::<i64>() {
        return (number > 0).then_some(Act::AttachFinding { number });
    }
    let (owner, text) = rest.split_once(':')?;
    let (owner, text) = (owner.trim(), text.trim());
    let stands = !owner.is_empty() && !text.is_empty();
    stands.then(|| Act::RaiseFinding { owner: owner.to_owned(), text: text.to_owned() })
}

/// One ticket in a line, without its subject.
fn line(a: &Asking, system: &str, ticket: &Ticket, now: Timestamp) -> String {
    let t = a.here.lang;
    let mut parts =
        vec![format!("{system} #{}: {}", cut(&ticket.id, WORD_CHARS), cut(&ticket.status, WORD_CHARS))];
    if !ticket.owner.is_empty() {
        parts.push(cut(&ticket.owner, WORD_CHARS));
    }
    if let Some(at) = ticket.opened_at {
        parts.push(t.ticket_age(t.span(now.since(at))));
    }
    if let Some(due) = ticket.due_at {
        parts.push(t.ticket_promised(a.here.time_from(due, now)));
    }
    parts.join(", ")
}

/// System and number of a tied ticket; one that is still being made has no number.
fn named(link: &LinkRow) -> String {
    match &link.ticket_id {
        Some(id) => format!("{} #{}", link.system, cut(id, WORD_CHARS)),
        None => link.system.clone(),
    }
}

/// Whether somebody means this one: `4711`, `#4711`, or `SYSTEM 4711` where two systems have that number; one that is still
/// being made by its system alone.
fn is_named((system, ticket): (&str, Option<&str>), typed: &str) -> bool {
    let Some(id) = ticket else { return typed.eq_ignore_ascii_case(system) };
    let (of, number) = typed.rsplit_once(char::is_whitespace).unwrap_or(("", typed));
    let is_number = number.trim_start_matches('#').eq_ignore_ascii_case(id.trim_start_matches('#'));
    is_number && (of.is_empty() || of.trim().eq_ignore_ascii_case(system))
}

/// What is told of a tied ticket: how it stands, and what waits for a person.
fn tie(a: &Asking, number: i64, link: &LinkRow) -> Vec<String> {
    let t = a.here.lang;
    let status = if link.status.is_empty() { &link.state } else { &link.status };
    let mut told = vec![t.ticket_tied(named(link), cut(status, WORD_CHARS))];
    if link.solved_at.is_some() {
        told.push(t.ticket_solved_there(named(link), number));
    }
    if !link.status_why.is_empty() {
        told.push(t.ticket_not_taken(named(link)));
    }
    if !link.note_why.is_empty() {
        told.push(t.ticket_note_not_taken(named(link)));
    }
    told
}

/// What is said: the words where it was done, else why it was not.
fn said(done: Result<(), String>, words: String) -> String {
    match done {
        Ok(()) => words,
        Err(why) => why,
    }
}

impl Handler {
    /// `/tickets 12`, `/tickets 12 jan@example.org`, `/tickets 12 new`, `/tickets 12 new SYSTEM`, `/tickets 12 unsolved`,
    /// `/tickets 12 untie`, `/tickets 12 untie 4711`.
    pub(super) async fn tickets(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Rich, StoreError> {
        let t = a.here.lang;
        let systems = self.casework.ticket_systems(&case.brand_id);
        let one = |text: String| Rich { lines: vec![Line::plain(text).cut(600)] };
        if systems.is_empty() {
            return Ok(one(a.mine.lang.no_ticket_system().to_owned()));
        }
        let (first, more) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(x, y)| (x, y.trim()));
        if matches!(first.to_lowercase().as_str(), "new" | "nieuw") {
            return Ok(one(self.ticket_made(a, presser, case, (more, &systems)).await?));
        }
        let tied = self.tied(case).await?;
        if UNSOLVED.contains(&first.to_lowercase().as_str()) {
            return Ok(one(self.not_solved(a, presser, case, &tied).await?));
        }
        if UNTIE.contains(&first.to_lowercase().as_str()) {
            return Ok(one(self.untied(a, presser, case, (&tied, more)).await?));
        }
        // What names a customer is read by everybody in a group, and stays there.
        if a.place.is_group() && !guarded(rest, &[], &[]).is_empty() {
            return Ok(one(a.mine.lang.search_alone().to_owned()));
        }
        let found = self.casework_of(presser).find_tickets(&case.brand_id, &case.id, rest).await;
        let found = match found {
            Ok(found) => found,
            Err(error) => return Ok(one(undone(a.mine.lang, error)?)),
        };
        let (mut rich, now) = (Rich::default(), self.deliver.clock.now());
        if !found.by_something {
            rich.line(Line::plain(t.tickets_by_nothing(case.number)));
        }
        for searched in &found.systems {
            match &searched.found {
                Err(_) => rich.line(Line::plain(t.ticket_system_silent(&searched.system))),
                Ok(tickets) => {
                    let open =
                        tickets.iter().filter(|x| matches!(x.state, TicketState::Open | TicketState::Waits));
                    for ticket in open.take(LISTED) {
                        rich.line(Line::plain(line(a, &searched.system, ticket, now)).cut(300));
                    }
                }
            }
        }
        for (link, _) in &found.earlier {
            if let Some(id) = &link.ticket_id {
                let named = format!("{} #{}", link.system, cut(id, WORD_CHARS));
                rich.line(Line::plain(t.ticket_earlier(named, cut(&link.status, WORD_CHARS))).cut(300));
            }
        }
        if rich.lines.is_empty() {
            rich.line(Line::plain(t.no_open_ticket(case.number)));
        }
        rich.line(Line::plain(t.tickets_how(case.number)));
        let tied = tied.iter().flat_map(|l| tie(a, case.number, l)).map(|text| Line::plain(text).cut(300));
        let mut lines: Vec<Line> = tied.collect();
        lines.append(&mut rich.lines);
        Ok(Rich { lines })
    }

    /// The tickets to which a case is tied.
    async fn tied(&self, case: &CaseRow) -> Result<Vec<LinkRow>, StoreError> {
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let read = self.deliver.db.read("reading the tickets of a case", move |tx| {
            Box::pin(async move { ticket::of_case(tx, &brand, &id).await })
        });
        read.await
    }

    /// `/tickets 12 unsolved`: the front office holds it for solved, the customer does not.
    async fn not_solved(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        tied: &[LinkRow],
    ) -> Result<String, StoreError> {
        let (t, mine) = (a.here.lang, a.mine.lang);
        let Some(link) = tied.iter().find(|l| l.solved_at.is_some()) else {
            return Ok(mine.no_ticket_solved(case.number));
        };
        let words = t.ticket_is_unsolved(case.number, named(link));
        Ok(said(self.acted(a, presser, case, Act::NotSolved { link: link.id.clone() }).await?, words))
    }

    /// `/tickets 12 untie`: takes the tie away, of the ticket that is named or of the only one.
    async fn untied(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        (tied, more): (&[LinkRow], &str),
    ) -> Result<String, StoreError> {
        let (t, mine) = (a.here.lang, a.mine.lang);
        let is_it = |l: &&LinkRow| more.is_empty() || is_named((&l.system, l.ticket_id.as_deref()), more);
        let found: Vec<&LinkRow> = tied.iter().filter(is_it).collect();
        let link = match found.as_slice() {
            [] => return Ok(mine.no_ticket_tied(case.number)),
            [only] => *only,
            several => {
                let all: Vec<String> = several.iter().map(|l| named(l)).collect();
                return Ok(mine.name_tied_ticket(case.number, all.join(", ")));
            }
        };
        let words = t.ticket_is_untied(case.number, named(link));
        Ok(said(self.acted(a, presser, case, Act::UnlinkTicket { link: link.id.clone() }).await?, words))
    }

    /// Has a ticket made in the system that is named, or in the only one.
    async fn ticket_made(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        (named, systems): (&str, &[String]),
    ) -> Result<String, StoreError> {
        let system = match systems {
            [only] if named.is_empty() => Some(only),
            several => several.iter().find(|s| s.eq_ignore_ascii_case(named)),
        };
        let Some(system) = system else { return Ok(a.mine.lang.name_ticket_system(systems.join(", "))) };
        let done = self.acted(a, presser, case, Act::CreateTicket { system: system.clone() }).await?;
        Ok(said(done, a.here.lang.ticket_is_made(case.number, system)))
    }

    /// `/contact 12 phone asks again`.
    pub(super) async fn contact(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<String, StoreError> {
        let (first, words) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(x, y)| (x, y.trim()));
        let Some(kind) = kind(first) else { return Ok(a.mine.lang.tell_contact().to_owned()) };
        let act = Act::Contact { kind, at: self.deliver.clock.now(), text: words.to_owned() };
        let done = self.acted(a, presser, case, act).await?;
        Ok(said(done, a.here.lang.contact_noted(case.number)))
    }

    /// `/sector 12 repair`, `/sector 12 none`; alone it tells which is proposed and which there are.
    pub(super) async fn sector(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<String, StoreError> {
        let (t, mine) = (a.here.lang, a.mine.lang);
        let catalogue = self.casework.catalogue().get();
        let sectors = catalogue.brand(&case.brand_id).map(|w| w.brand.sectors.clone()).unwrap_or_default();
        let all: Vec<String> = sectors.into_iter().map(|s| s.name).collect();
        if all.is_empty() {
            return Ok(mine.no_sectors().to_owned());
        }
        let shown = |name: &str| match name {
            "" => t.none_word().to_owned(),
            name => cut(name, WORD_CHARS),
        };
        if rest.is_empty() {
            let (brand, id) = (case.brand_id.clone(), case.id.clone());
            let stands = self.deliver.db.read("reading the sector of a case", move |tx| {
                Box::pin(async move { sector::of_case(tx, &brand, &id).await })
            });
            let stands = stands.await?;
            let (name, is_said) = stands.map_or((String::new(), false), |s| (s.sector, s.said_by.is_some()));
            let all: Vec<String> = all.iter().map(|s| cut(s, WORD_CHARS)).collect();
            let (n, name, all) = (case.number, shown(&name), all.join(", "));
            return Ok(if is_said { t.sector_said(n, name, all) } else { t.sector_proposed(n, name, all) });
        }
        let asked = rest.to_lowercase();
        let known = all.into_iter().find(|s| s.to_lowercase() == asked);
        // A sector of that name goes before the word for none; what is not known is refused with what there is.
        let none = known.is_none() && NO_SECTOR.contains(&asked.as_str());
        let name = if none { String::new() } else { known.unwrap_or_else(|| rest.to_owned()) };
        let words = t.sector_is(case.number, shown(&name));
        Ok(said(self.acted(a, presser, case, Act::Sector { name }).await?, words))
    }

    /// `/finding 12 billing: routers break in the heat`, or `/finding 12 3`.
    pub(super) async fn finding(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<String, StoreError> {
        let t = a.here.lang;
        let Some(act) = finding(rest) else { return Ok(a.mine.lang.tell_finding().to_owned()) };
        let counted = matches!(act, Act::AttachFinding { .. });
        let done = self.acted(a, presser, case, act).await?;
        let words = if counted { t.finding_counted(case.number) } else { t.finding_raised(case.number) };
        Ok(said(done, words))
    }

    /// Carries out an act on the case as it is now; what is said instead where it cannot be done.
    async fn acted(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        act: Act,
    ) -> Result<Result<(), String>, StoreError> {
        if !self.begins(a).await? {
            return Ok(Err(a.mine.lang.begun_before(case.number)));
        }
        let done =
            self.casework_of(presser).act(&case.brand_id, &case.id, case.version, &actor(presser), act).await;
        self.follow.notify_one();
        match done {
            Ok(_) => Ok(Ok(())),
            Err(error) => undone(a.mine.lang, error).map(Err),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_contact_are_read_in_both_languages() {
        for (word, wanted) in [
            ("phone", Some(ContactKind::Phone)),
            ("Telefoon:", Some(ContactKind::Phone)),
            ("winkel", Some(ContactKind::Shop)),
            ("brief", Some(ContactKind::Letter)),
            ("web", Some(ContactKind::WebForm)),
            ("fax", None),
            ("", None),
        ] {
            assert_eq!(kind(word), wanted, "{word}");
        }
    }

    #[test]
    fn a_tie_is_named_by_its_number_and_where_two_have_it_by_its_system_too() {
        let tied = ("rt", Some("77"));
        for typed in ["77", "#77", "rt 77", "RT #77", "rt  77"] {
            assert!(is_named(tied, typed), "{typed}");
        }
        for other in ["", "7", "zendesk 77", "rt", "77 rt"] {
            assert!(!is_named(tied, other), "{other}");
        }
        assert!(is_named(("my desk", Some("AB-1")), "My Desk ab-1"));
        assert!(is_named(("rt", None), "rt") && !is_named(("rt", None), "77"), "one that is being made");
    }

    #[test]
    fn a_finding_is_raised_to_somebody_or_counted_by_its_number() {
        let raised = Act::RaiseFinding { owner: "billing".into(), text: "invoices: lie".into() };
        assert_eq!(finding("billing: invoices: lie"), Some(raised));
        assert_eq!(finding("3"), Some(Act::AttachFinding { number: 3 }));
        assert_eq!(finding("#12"), Some(Act::AttachFinding { number: 12 }));
        for nothing in ["", "billing", ": words", "billing:", "0", "-1"] {
            assert_eq!(finding(nothing), None, "{nothing}");
        }
    }
}
