//! The box of the front office on a case page: the tickets it is tied to, a search, what was found.
//!
//! Nothing is asked of a ticket system while a page is read; the search is a press of its own. What was
//! typed into it is shown again and kept nowhere.

use super::{Loaded, Said, brand_for, shown};
use crate::casework::{CaseworkError, Search};
use crate::domain::time::Timestamp;
use crate::store::ticket::{LinkRow, Personal};
use crate::telling::Payload;
use crate::tickets::Ticket;
use crate::web::App;
use crate::web::auth::{Asked, Fields, Viewer};
use crate::web::error::Error;
use crate::web::shown::{Left, Moment, Shown, marked};
use crate::web::texts::Texts;
use crate::web::texts::refused;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use std::sync::Arc;

/// A ticket to which the case is tied.
pub struct Link {
    pub id: String,
    pub system: String,
    pub number: Option<String>,
    pub url: Option<String>,
    pub subject: Option<Shown>,
    pub state: String,
    pub class: String,
    pub status: String,
    pub owner: String,
    pub queue: String,
    pub opened: Option<Moment>,
    pub due: Option<Left>,
    /// How many notes it is still to be told.
    pub waits: usize,
    pub proposes: bool,
    /// Whether the front office waits for us.
    pub waits_for_us: bool,
    /// Why a status that we asked for was not taken.
    pub status_why: Option<Shown>,
    /// Why a note was not taken.
    pub note_why: Option<Shown>,
    /// Whether another ticket follows it, and is told in its place.
    pub followed: bool,
    /// Its status as a text from outside.
    pub said: Shown,
    /// On how many of its notes words stand that were withdrawn; they are being taken away.
    pub going: usize,
    /// On how many a person must take them away.
    pub remains: usize,
    /// The reason with which the case is resolved when the front office solved it.
    pub reason: String,
}

/// A ticket to which the case is tied no more, and on which words stand that were withdrawn.
pub struct Untied {
    /// The tie that was.
    pub id: String,
    /// System and number.
    pub ticket: String,
    /// On how many notes.
    pub remains: usize,
}

/// A ticket that was found.
pub struct Hit {
    pub number: String,
    pub url: Option<String>,
    pub subject: Shown,
    pub status: Shown,
    pub class: &'static str,
    pub owner: String,
    pub queue: String,
    pub opened: Option<Moment>,
    pub due: Option<Left>,
    pub tied: bool,
}

/// What one system answered.
pub struct Group {
    pub system: String,
    pub hits: Vec<Hit>,
    pub create: bool,
    pub trouble: Option<String>,
}

/// The box.
#[derive(Default)]
pub struct FrontOffice {
    /// Whether there is anything to show.
    pub shown: bool,
    pub can_search: bool,
    pub links: Vec<Link>,
    pub untied: Vec<Untied>,
    pub typed: String,
    pub searched: bool,
    pub by_something: bool,
    pub groups: Vec<Group>,
    pub earlier: Vec<Link>,
}

fn web(url: &str) -> Option<String> {
    crate::web::case::web_address(url)
}

/// Why something was not taken, in the words of the page; nothing where nothing was refused.
fn not_taken(why: &str, t: &Texts) -> Option<Shown> {
    (!why.is_empty()).then(|| Shown::plain(&refused::by_ticket(t, why)))
}

fn link(l: &LinkRow, personal: Option<&Personal>, waits: usize, now: Timestamp, t: &Texts) -> Link {
    let personal = personal.cloned().unwrap_or_default();
    let number = l.ticket_id.clone();
    Link {
        id: l.id.clone(),
        system: l.system.clone(),
        url: web(&l.url),
        subject: Some(personal.subject).filter(|s| !s.is_empty()).map(|s| Shown::plain(&s)),
        state: t.name("ticketstate", &l.state),
        class: l.state.clone(),
        status: l.status.clone(),
        owner: marked(&personal.owner),
        queue: marked(&personal.queue),
        opened: l.opened_at.map(Moment::of),
        due: l.due_at.filter(|_| l.state == "open").map(|due| Left::of(Some(due), now, t)),
        waits,
        proposes: l.solved_at.is_some(),
        waits_for_us: l.waits == 1,
        status_why: not_taken(&l.status_why, t),
        note_why: not_taken(&l.note_why, t),
        followed: l.followed_by.is_some(),
        said: Shown::plain(&l.status),
        going: 0,
        remains: 0,
        reason: format!("{} {}", t.ticket_reason, number.as_deref().unwrap_or_default()),
        number,
    }
}

fn hit(ticket: &Ticket, system: &str, links: &[LinkRow], now: Timestamp, t: &Texts) -> Hit {
    Hit {
        url: web(&ticket.url),
        subject: Shown::plain(&ticket.subject),
        status: Shown::plain(&ticket.status),
        class: ticket.state.code(),
        owner: marked(&ticket.owner),
        queue: marked(&ticket.queue),
        opened: ticket.opened_at.map(|at| Moment::of(at.millis())),
        due: ticket.due_at.map(|at| Left::of(Some(at.millis()), now, t)),
        tied: links.iter().any(|l| l.system == system && l.ticket_id.as_deref() == Some(&ticket.id)),
        number: ticket.id.clone(),
    }
}

/// What remains where the tie was taken away: a person must know of it all the same.
fn untied(found: &Loaded) -> Vec<Untied> {
    let mut all: Vec<Untied> = Vec::new();
    let is_tied = |link: &str| found.links.iter().any(|l| l.id == link);
    for note in found.notes.iter().filter(|n| n.state == "remains" && !is_tied(&n.link_id)) {
        if let Some(known) = all.iter_mut().find(|u| u.id == note.link_id) {
            known.remains += 1;
        } else {
            let ticket = format!("{} #{}", note.system, note.ticket_id);
            all.push(Untied { id: note.link_id.clone(), ticket, remains: 1 });
        }
    }
    all
}

/// The box as it stands, with what a search brought.
pub(super) fn tickets(
    found: &Loaded,
    said: &Said,
    systems: &[String],
    now: Timestamp,
    t: &Texts,
) -> FrontOffice {
    let personal = |id: &str| found.tickets.iter().find(|p| p.0 == id).map(|p| &p.1);
    let of_link = |l: &LinkRow| {
        let is_of = |payload: &str| serde_json::from_str::<Payload>(payload).is_ok_and(|p| p.link == l.id);
        found.pending.iter().filter(|p| p.kind == crate::telling::NOTE && is_of(&p.payload)).count()
    };
    let with_notes = |l: Link| {
        let of = |state: &str| found.notes.iter().filter(|n| n.link_id == l.id && n.state == state).count();
        Link { going: of("asked"), remains: of("remains"), ..l }
    };
    let untied = untied(found);
    let mut shown = FrontOffice {
        shown: !systems.is_empty() || !found.links.is_empty() || !untied.is_empty(),
        untied,
        can_search: !systems.is_empty(),
        links: found.links.iter().map(|l| with_notes(link(l, personal(&l.id), of_link(l), now, t))).collect(),
        ..FrontOffice::default()
    };
    let Some((typed, search)) = &said.search else { return shown };
    shown.typed.clone_from(typed);
    shown.searched = true;
    shown.by_something = search.by_something;
    shown.earlier = search.earlier.iter().map(|(l, p)| link(l, Some(p), 0, now, t)).collect();
    shown.groups = groups(search, found, now, t);
    shown
}

fn groups(search: &Search, found: &Loaded, now: Timestamp, t: &Texts) -> Vec<Group> {
    let one = |s: &crate::casework::Searched| Group {
        system: s.system.clone(),
        hits: s.found.iter().flatten().map(|ticket| hit(ticket, &s.system, &found.links, now, t)).collect(),
        create: s.can.create
            && !found
                .links
                .iter()
                .any(|l| l.system == s.system && matches!(l.state.as_str(), "wanted" | "unseen" | "open")),
        trouble: s.found.as_ref().err().map(|why| refused::detail(t, why)),
    };
    search.systems.iter().map(one).collect()
}

/// `POST /cases/{id}/tickets`: the page with what a search brought. A search is no change, but what is
/// typed into it is the customer's and belongs into no address.
pub async fn find(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    let typed = fields.get("q").to_owned();
    let said = match app.casework.find_tickets(&brand_id, &id, &typed).await {
        Ok(search) => Said { search: Some((typed, search)), ..Said::default() },
        Err(CaseworkError::Invalid { what, .. }) => {
            Said { notice: Some(refused::told(asked.texts, &what)), ..Said::default() }
        }
        Err(error) => return Err(error.into()),
    };
    shown(&app, &asked, &viewer, &id, said).await
}
