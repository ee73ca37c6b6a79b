//! One case to read: the whole of it, and its timeline.

use super::ask::{Call, Reply};
use super::cases::is_mine;
use super::customers::{self, CaseCustomer};
use super::problem::Problem;
use super::promises::{self, Promised};
use super::protocols::{self, AuthorLabel, Protocol};
use super::shape::{Case, Clock, Effect, Event, Fell, Message, Who, member, names, who};
use super::word::{At, at};
use crate::casework::CaseWindow;
use crate::domain::time::Timestamp;
use crate::domain::window::Standing;
use crate::store::handover::JoinRow;
use crate::store::promise::PromiseRow;
use crate::store::rows::{CaseEventRow, CaseRow};
use crate::store::ticket::{self, LinkRow};
use crate::store::ticket_note::{self, NoteRow};
use crate::store::{StoreError, Tx, answer, console, handover, held, promise};
use crate::tokens::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

const PAGE_MAX: usize = 200;
const SHOWN_MAX: i64 = 200;

/// One of our own posts, or one that shows what a conversation is about.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Post {
    /// The platform's id.
    pub external_id: String,
    /// When it was posted.
    pub posted_at: At,
    /// When it was deleted there.
    pub deleted_at: Option<At>,
    /// When somebody of us last edited it there, as the platform says.
    pub edited_at: Option<At>,
    /// Who of us gave it, where that is known.
    pub by: Option<Who>,
    /// Its words. What others wrote who did not write to the brand is not shown.
    pub text: Option<String>,
}

/// The tie to a ticket of the front office.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TicketTie {
    /// The id of the tie.
    pub link: String,
    /// The ticket system by name.
    pub system: String,
    /// The ticket by its number there; none while it is being made.
    pub ticket: Option<String>,
    /// `new`, `open`, `pending`, `solved`, …
    pub state: String,
    /// The state in the words of that system.
    pub status: String,
    /// Where people look at it.
    pub url: String,
    /// When it was tied.
    pub linked_at: At,
    /// When the tie was taken away.
    pub unlinked_at: Option<At>,
    /// When the front office solved it.
    pub solved_at: Option<At>,
    /// Whether the front office waits for us, as its status says.
    pub waits_for_us: bool,
    /// Why a status that we asked for was not taken; empty where none was refused.
    pub status_refused: String,
    /// Why a note of ours was not taken; empty where none was refused since one was taken.
    pub note_refused: String,
    /// The link of the ticket that follows this one, which is closed for good and is told nothing more.
    pub followed_by: Option<String>,
    /// On how many notes of it words that were withdrawn still stand.
    pub words_remain: usize,
    /// On how many of these a person must take them away.
    pub words_by_hand: usize,
}

impl TicketTie {
    fn of(l: &LinkRow, notes: &[NoteRow]) -> Self {
        let notes = || notes.iter().filter(|n| n.link_id == l.id);
        Self {
            link: l.id.clone(),
            system: l.system.clone(),
            ticket: l.ticket_id.clone(),
            state: l.state.clone(),
            status: l.status.clone(),
            url: l.url.clone(),
            linked_at: at(l.linked_at),
            unlinked_at: l.unlinked_at.map(at),
            solved_at: l.solved_at.map(at),
            waits_for_us: l.waits == 1,
            status_refused: l.status_why.clone(),
            note_refused: l.note_why.clone(),
            followed_by: l.followed_by.clone(),
            words_remain: notes().filter(|n| n.is_owed()).count(),
            words_by_hand: notes().filter(|n| n.state == "remains").count(),
        }
    }
}

/// How a case gets into a private channel.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Private {
    /// `proposed`, `offered`, `opened`, `linked`, `closed`, `lapsed`, `refused` or `by_hand`.
    pub state: String,
    /// The reference code by which the customer is known again.
    pub code: String,
    /// What the platform said of reaching the customer: `open`, `they_write`, `link`, `mail`, `nobody`, `none`, `unasked`.
    pub reach: String,
    /// Why.
    pub reach_why: String,
    /// When it was offered.
    pub offered_at: Option<At>,
    /// When the customer came.
    pub opened_at: Option<At>,
}

/// How long the platform lets us write in private.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PrivateWindow {
    /// `open` (anything), `by_hand` (only what a person writes) or `closed` (until the customer writes again nothing but words that the platform has approved, where it has any).
    pub standing: String,
    /// Until when that is so; none where it is closed.
    pub until: Option<At>,
    /// When the customer last wrote there.
    pub last_inbound_at: At,
}

impl PrivateWindow {
    fn of(found: &CaseWindow) -> Self {
        let (standing, until) = match found.standing {
            Standing::Open { until } => ("open", Some(until)),
            Standing::ByHand { until } => ("by_hand", Some(until)),
            Standing::Closed => ("closed", None),
        };
        Self {
            standing: standing.to_owned(),
            until: until.map(|u| at(u.millis())),
            last_inbound_at: at(found.last_inbound.millis()),
        }
    }
}

/// A conversation that may belong to the case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Join {
    /// Its id.
    pub join: String,
    /// The case that it would be folded from.
    pub from_case: Option<String>,
    /// The case that it would be folded into.
    pub into_case: String,
    /// Its state.
    pub state: String,
    /// Why it may belong here.
    pub evidence: String,
}

impl Join {
    fn of(j: JoinRow) -> Self {
        Self {
            join: j.id,
            from_case: j.from_case,
            into_case: j.into_case,
            state: j.state,
            evidence: j.evidence,
        }
    }
}

/// That the account of an author is away: what is said to it reaches nobody.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuthorAway {
    /// `deactivated` by its owner, `suspended` or `takendown` by the platform, `deleted`, or `away`.
    pub state: String,
    /// Since when.
    pub since: At,
}

/// A whole case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Whole {
    /// The case.
    #[serde(flatten)]
    pub case: Case,
    /// The latest messages, at most 200, the latest first.
    pub messages: Vec<Message>,
    /// Our latest posts in the conversation, the latest first.
    pub answers: Vec<Post>,
    /// Its clocks.
    pub obligations: Vec<Clock>,
    /// What fell due.
    pub fell_due: Vec<Fell>,
    /// What was sent and what is on its way, the latest first.
    pub effects: Vec<Effect>,
    /// Its tickets.
    pub tickets: Vec<TicketTie>,
    /// What was promised to the customer.
    pub promises: Vec<Promised>,
    /// Whose matter it is, where that is not who wrote.
    pub customer: Option<CaseCustomer>,
    /// Its private channel, if anything was done about one.
    pub handover: Option<Private>,
    /// How long its platform lets us write in private, where it limits that.
    pub window: Option<PrivateWindow>,
    /// Conversations that may belong to it.
    pub joins: Vec<Join>,
    /// Its protocols, those that are open first.
    pub protocols: Vec<Protocol>,
    /// What the team says of its author.
    pub labels: Vec<AuthorLabel>,
    /// That the account of its author is away, where the platform says so.
    pub author_away: Option<AuthorAway>,
}

/// `GET /cases/{case}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let at = call.case().await?;
    let (me, now) = (call.bearer.person.to_string(), call.api.clock.now());
    let opens = call.bearer.has(Scope::ReadPersonal);
    let window = call.api.casework.window_of(&at.brand_id, &at.id).await?;
    let read = call.api.db.read("reading a case", move |tx| {
        Box::pin(async move {
            let Some(case) = console::case(tx, &at.brand_id, &at.id).await? else { return Ok(None) };
            let mine = is_mine(&case, &me, now);
            Ok(Some((whole(tx, &case, &at.brand, (opens || mine, now)).await?, case.brand_id, mine)))
        })
    });
    let (mut whole, brand_id, mine): (Whole, String, bool) = read.await?.ok_or_else(Problem::not_found)?;
    let told = whole.customer.as_ref().is_some_and(|c| !c.kinds.is_empty());
    let told = told || whole.promises.iter().any(Promised::is_opened);
    if opens && !mine && (told || whole.messages.iter().any(|m| !m.personal.is_empty())) {
        call.casework().note_uncovered(&brand_id, &whole.case.id, &call.actor()).await?;
    }
    whole.window = window.as_ref().map(PrivateWindow::of);
    Ok(Reply::json(&whole)?.of_version(whole.case.version))
}

async fn whole(
    tx: &mut Tx,
    case: &CaseRow,
    brand: &str,
    (open, now): (bool, Timestamp),
) -> Result<Whole, StoreError> {
    let (brand_id, id) = (case.brand_id.as_str(), case.id.as_str());
    let (clocks, fell) = console::clocks(tx, brand_id, id).await?;
    let names = names(tx).await?;
    let promises = promises::of_case(tx, (brand_id, id), &names, (open, now)).await?;
    let customer = customers::of_case(tx, (brand_id, id), &names, open).await?;
    let answers = console::answers_in(tx, brand_id, &case.conversation_id, SHOWN_MAX).await?;
    let way = handover::of_case(tx, brand_id, id).await?;
    let joins = handover::joins_of(tx, brand_id, id).await?;
    let effects = console::actions_of(tx, brand_id, id, SHOWN_MAX).await?;
    let messages = console::messages_of(tx, brand_id, id, SHOWN_MAX).await?;
    let tickets = ticket::of_case(tx, brand_id, id).await?;
    let notes = ticket_note::of_case(tx, brand_id, id).await?;
    let protocols = protocols::of_case(tx, case, &names).await?;
    let labels = protocols::labels_of(tx, case, &names, now).await?;
    let away = held::away(tx, &case.author_id).await?;
    Ok(Whole {
        author_away: away.map(|(state, since)| AuthorAway { state, since: at(since) }),
        protocols,
        labels,
        case: Case::of(case, brand, &names),
        messages: messages.iter().map(|m| Message::of(m, open)).collect(),
        answers: answers
            .iter()
            .map(|a| Post {
                external_id: a.external_id.clone(),
                posted_at: at(a.posted_at),
                deleted_at: a.deleted_at.map(at),
                edited_at: a.edited_at.map(at),
                by: a.person_id.as_ref().map(|p| who(p, &names)),
                text: member(a.body.as_deref(), "text"),
            })
            .collect(),
        obligations: clocks.iter().map(Clock::of).collect(),
        fell_due: fell.iter().map(Fell::of).collect(),
        effects: effects.iter().map(|a| Effect::of(a, &names)).collect(),
        tickets: tickets.iter().map(|l| TicketTie::of(l, &notes)).collect(),
        promises,
        customer,
        handover: way.map(|h| Private {
            state: h.state,
            code: h.code,
            reach: h.reach,
            reach_why: h.reach_why,
            offered_at: h.offered_at.map(at),
            opened_at: h.opened_at.map(at),
        }),
        window: None,
        joins: joins.into_iter().map(Join::of).collect(),
    })
}

/// Which part of a timeline is wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TimelineQuery {
    /// Only events after this number.
    #[schemars(range(min = 0))]
    pub after: Option<i64>,
    /// Most events, 1 to 200; 200 without a word.
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u16>,
}

/// A part of a timeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Timeline {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// `after` for the next part; none at the end.
    pub next: Option<i64>,
}

/// `GET /cases/{case}/timeline`.
pub async fn timeline(call: Call) -> Result<Reply, Problem> {
    let (at, asked): (_, TimelineQuery) = (call.case().await?, call.query()?);
    let limit = usize::from(asked.limit.unwrap_or(200)).clamp(1, PAGE_MAX);
    let after = asked.after.unwrap_or(0);
    let open = call.bearer.has(Scope::ReadPersonal);
    let of = (at.brand_id.clone(), at.id.clone());
    let read = call.api.db.read("reading a timeline", move |tx| {
        Box::pin(async move {
            let mut events = console::events_since(tx, &at.brand_id, &at.id, after).await?;
            let more = events.len() > limit;
            events.truncate(limit);
            let worded = |e: &CaseEventRow| {
                let body: Value = serde_json::from_str(&e.body).ok()?;
                Some(body.get("content")?.as_str()?.to_owned())
            };
            let ids: Vec<String> = events.iter().filter_map(worded).collect();
            let mut words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
            // The promise of a ticket is its subject, which is personal.
            let promises = promise::of_case(tx, &at.brand_id, &at.id).await?;
            let mut is_told = false;
            for of_ticket in promises.iter().filter(|p| p.origin == "ticket").map(PromiseRow::content_id) {
                if open {
                    is_told |= words.contains_key(&of_ticket);
                } else {
                    words.remove(&of_ticket);
                }
            }
            let names = names(tx).await?;
            let next = events.last().filter(|_| more).map(|e| e.seq);
            let events = events.iter().map(|e| Event::of(e, &names, &words, open)).collect();
            Ok((Timeline { events, next }, is_told))
        })
    });
    let (timeline, is_told) = read.await?;
    let is_opened = |e: &Event| e.kind == "ticket_comment" && e.text.is_some();
    if open && (is_told || timeline.events.iter().any(is_opened)) {
        call.casework().note_all_uncovered(&[of], &call.actor()).await?;
    }
    Reply::json(&timeline)
}
