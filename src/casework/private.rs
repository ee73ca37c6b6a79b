//! Into a private channel: asking how somebody can be reached, offering the way in, taking it by hand,
//! reminding once, and ending the wait for who did not come.
//!
//! The connector is asked before anything is offered, outside of any transaction; what it said is kept
//! with its time and holds for a quarter of an hour. The offer itself is a public answer like any
//! other: the same guard, the same limits, sent once.

use super::answering::{self, Answer, Handed, invalid};
use super::mailed::{self, Given};
use super::wording::{Facing, facing, way_in, words};
use super::{Act, Actor, Asked, CaseChanged, Casework, CaseworkError, Promising, holding};
use crate::casefile::{CaseFile, When, Who};
use crate::catalogue::Watched;
use crate::domain::handover::{Due, HandoverEvent, HandoverState};
use crate::domain::ids::{ActionId, PersonId};
use crate::domain::role::Right;
use crate::domain::template::TemplateKind;
use crate::domain::time::{Span, Timestamp};
use crate::sources::Source;
use crate::sources::private::Reach;
use crate::sources::reply::PostRef;
use crate::store::handover::{self, HandoverRow};
use crate::store::rows::{ActionRow, CaseRow};
use crate::store::{StoreError, Tx, answer, audit, case};
use serde_json::json;
use std::sync::Arc;

/// How long holds what a connector said of reaching somebody.
pub const REACH_HOLDS: Span = Span::minutes(15);
/// How long a connector may take to say it.
const ASKED_FOR: Span = Span::seconds(10);
/// Reminders go after everything that a person waits for.
const REMINDER_PRIORITY: i64 = 40;
const DUE_BATCH: i64 = 100;

/// What a person does about the private channel of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateAct {
    /// Offer it in public with these words; empty takes the brand's own.
    Offer {
        /// The words.
        text: String,
        /// Another offer is meant.
        again: bool,
    },
    /// Say that the case needs one, before anything is offered.
    Propose,
    /// The customer does not want one, or the platform lets nobody in.
    Refuse {
        /// Why; may be empty.
        note: String,
    },
    /// Take it to a channel that no connector has.
    ByHand {
        /// Which; may be empty.
        note: String,
    },
    /// What was private is settled.
    Close,
    /// Send the approved words for those whose language nobody reads at present.
    Holding {
        /// Another answer to the same message is meant.
        again: bool,
        /// What becomes of the answer that they promise.
        promise: Promising,
    },
    /// A conversation that was proposed belongs to this case.
    Join {
        /// The join.
        join: String,
    },
    /// It does not.
    Decline {
        /// The join.
        join: String,
    },
    /// A conversation that was joined does not belong to this case after all.
    Split {
        /// The conversation.
        conversation: String,
    },
}

/// What stands ready for somebody who offers: the words, and why there may be none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// The offer as it would go.
    pub offer: Option<String>,
    /// The holding words in the customer's language, if the brand has some.
    pub holding: Option<String>,
    /// The way in that the offer names.
    pub link: Option<String>,
    /// Whether the account has a private way of its own.
    pub has_way: bool,
    /// Addresses that the customer gave and to which a mailbox of the brand can write.
    pub addresses: Vec<Given>,
}

impl Casework {
    /// Asks the connector whether and how the customer of a case can be reached in private now, and keeps
    /// what it says.
    pub async fn ask_reach(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
    ) -> Result<CaseRow, CaseworkError> {
        self.require(actor, Right::Work, "case.reach", (brand_id, case_id)).await?;
        let asked = self.asked(brand_id, case_id, 0, actor, Act::Release);
        let entry = self.done(actor, "case.reach", (brand_id, case_id));
        let looking = asked.clone();
        let found = self.db.read("reading whom to reach", move |tx| {
            Box::pin(async move {
                let mailable = !mailed::addresses(tx, &looking).await?.is_empty();
                Ok(facing(tx, &looking).await?.map(|facing| (facing, mailable)))
            })
        });
        let Some((facing, mailable)) = found.await? else { return Err(CaseworkError::NotFound) };
        let own_link = asked.catalogue.brand(brand_id).is_some_and(|w| w.brand.private_link.is_some());
        let has_link = own_link || facing.door.is_some();
        let source = facing.account.map(|a| a.source);
        let (reach, why) = mailed::reach(mailable, told(source, &facing.to, has_link).await);
        let done = self.db.write_again("keeping how somebody can be reached", move |tx| {
            let (asked, reach, why, entry) = (asked.clone(), reach.clone(), why.clone(), entry.clone());
            Box::pin(async move {
                let kept = keep_reach(tx, &asked, &reach, &why).await?;
                if kept.is_some() {
                    audit::append(tx, &entry, asked.now).await?;
                }
                Ok(kept)
            })
        });
        let case = done.await?.ok_or(CaseworkError::NotFound)?;
        let _ = self.changed.send(CaseChanged { brand_id: case.brand_id.clone(), case_id: case.id.clone() });
        Ok(case)
    }

    /// The words that stand ready for a case; writes nothing.
    pub async fn private_ready(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
    ) -> Result<Ready, CaseworkError> {
        let asked = self.asked(brand_id, case_id, 0, actor, Act::Release);
        let found = self.db.read("reading what can be offered", move |tx| {
            Box::pin(async move {
                let Some(case) = case::look(tx, &asked.brand_id, &asked.case_id).await? else {
                    return Ok(None);
                };
                let way = handover::of_case(tx, &asked.brand_id, &asked.case_id).await?;
                let Some(facing) = facing(tx, &asked).await? else { return Ok(None) };
                let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(None) };
                let addresses = mailed::shown(tx, &asked).await?;
                Ok(Some(Ready { addresses, ..ready(&case, way.as_ref(), &facing, watched) }))
            })
        });
        found.await?.ok_or(CaseworkError::NotFound)
    }

    /// Reminds and ends what is due in hand-overs, and joins what nobody needs to be asked about; returns
    /// how many.
    pub async fn handovers_due(&self) -> Result<usize, StoreError> {
        let joined = self.joins_due().await? + self.follow_answers().await?;
        let now = self.clock.now();
        let next = self.db.read("looking for the next hand-over", |tx| Box::pin(handover::next_at(tx)));
        if next.await?.is_none_or(|at| at > now.millis()) {
            return Ok(joined);
        }
        let due = self.db.read("reading hand-overs that are due", move |tx| {
            Box::pin(async move { handover::due(tx, now, DUE_BATCH).await })
        });
        let due = due.await?;
        let nobody = Actor { person: PersonId::stored(String::new()), lead: false };
        for (brand_id, case_id) in &due {
            let asked = self.asked(brand_id, case_id, 0, &nobody, Act::Release);
            let done = self.db.write_again("looking after a hand-over", move |tx| {
                let asked = asked.clone();
                Box::pin(async move { look_after(tx, &asked).await })
            });
            done.await?;
            let _ = self.changed.send(CaseChanged { brand_id: brand_id.clone(), case_id: case_id.clone() });
        }
        self.outbox.notify_waiters();
        Ok(due.len() + joined)
    }
}

/// What the connector says, as it is kept.
async fn told(source: Option<Arc<dyn Source>>, to: &PostRef, has_link: bool) -> (String, String) {
    let by_link = |why: String| {
        let code = if has_link { "link" } else { "none" };
        (code.to_owned(), why)
    };
    let Some(way) = source.as_ref().and_then(|s| s.private()) else {
        return by_link("no account here can talk in private on this platform".to_owned());
    };
    let late = Reach::Unasked { why: "the platform did not answer in time".to_owned() };
    let reach = tokio::time::timeout(ASKED_FOR.to_std(), way.reachable(to)).await.unwrap_or(late);
    match reach {
        Reach::Nobody { why } if has_link => by_link(why),
        other => (other.code().to_owned(), other.why().to_owned()),
    }
}

async fn keep_reach(
    tx: &mut Tx,
    asked: &Asked,
    reach: &str,
    why: &str,
) -> Result<Option<CaseRow>, StoreError> {
    let Some(mut file) = open(tx, asked).await? else { return Ok(None) };
    let when = When::now(asked.now);
    let row = file.handover_mut(chance(asked), when);
    reach.clone_into(&mut row.reach);
    row.reach_why = why.chars().take(200).collect();
    row.reached_at = Some(asked.now.millis());
    let who = Who::Person(asked.actor.person.clone());
    file.note("private_asked", &who, when, &json!({ "reach": reach }));
    super::save(tx, &file, &[], asked.now).await?;
    Ok(Some(file.case))
}

/// A case with its clocks and its hand-over, locked.
pub(super) async fn open(tx: &mut Tx, asked: &Asked) -> Result<Option<CaseFile>, StoreError> {
    let Some(row) = case::get(tx, &asked.brand_id, &asked.case_id).await? else { return Ok(None) };
    let mut file = super::file_of(tx, &asked.catalogue, row).await?;
    file.fall_due(asked.now)?;
    Ok(Some(file))
}

pub(super) fn chance(asked: &Asked) -> u64 {
    u64::from_le_bytes(asked.mint.chance().token_bytes()[..8].try_into().unwrap_or_default())
}

fn ready(case: &CaseRow, way: Option<&HandoverRow>, facing: &Facing, watched: &Watched) -> Ready {
    let reach = way.map_or("", |w| w.reach.as_str());
    let link = way_in(facing, watched, (reach, way.map_or("", |w| w.code.as_str())));
    let about = (case, facing);
    let offer = way
        .zip(link.as_deref())
        .and_then(|(way, link)| words(TemplateKind::Offer, watched, about, (&way.code, link)));
    Ready {
        offer,
        holding: words(TemplateKind::Holding, watched, about, ("", "")),
        link,
        has_way: facing.account.as_ref().is_some_and(|a| a.source.private().is_some()),
        addresses: Vec::new(),
    }
}

/// Carries out what a person does about the private channel.
pub(super) async fn act(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wanted: &PrivateAct,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    match wanted {
        PrivateAct::Offer { text, again } => offer(tx, file, asked, text, *again).await,
        PrivateAct::Holding { again, promise } => holding::send(tx, file, asked, (*again, promise)).await,
        PrivateAct::Propose => step(file, asked, HandoverEvent::Propose, &json!({})),
        PrivateAct::Refuse { note } => said(file, asked, HandoverEvent::Refuse, note),
        PrivateAct::ByHand { note } => said(file, asked, HandoverEvent::TakeByHand, note),
        PrivateAct::Close => step(file, asked, HandoverEvent::Close, &json!({})),
        PrivateAct::Join { join } => super::joining::accept(tx, file, asked, join).await,
        PrivateAct::Decline { join } => super::joining::decline(tx, file, asked, join).await,
        PrivateAct::Split { conversation } => super::joining::split(tx, file, asked, conversation).await,
    }
}

/// A step for which a person may give a reason.
fn said(
    file: &mut CaseFile,
    asked: &Asked,
    event: HandoverEvent,
    note: &str,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    if note.chars().count() > super::REASON_CHARS_MAX {
        return Ok(invalid("reason", format!("longer than {} characters", super::REASON_CHARS_MAX)));
    }
    step(file, asked, event, &json!({ "reason": note.trim() }))
}

fn step(
    file: &mut CaseFile,
    asked: &Asked,
    event: HandoverEvent,
    body: &serde_json::Value,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    if !file.case.case_state()?.is_open() {
        return Ok(Err(CaseworkError::Refused("the case is over; reopen it first".to_owned())));
    }
    let who = Who::Person(asked.actor.person.clone());
    let before = file.handover_state();
    match file.hand(event, &who, When::now(asked.now), body, chance(asked)) {
        Ok(true) => Ok(Ok(Vec::new())),
        Ok(false) => {
            let why = crate::domain::handover::NotPossible { state: before, event }.to_string();
            Ok(Err(CaseworkError::Refused(why)))
        }
        Err(error) => super::refused(error),
    }
}

async fn offer(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    text: &str,
    again: bool,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let refused = |why: &str| Ok(Err(CaseworkError::Refused(why.to_owned())));
    if matches!(file.handover_state(), Some(HandoverState::Opened | HandoverState::Linked)) {
        return refused("the customer is in private already; write to them there");
    }
    let fresh =
        |w: &HandoverRow| w.reached_at.is_some_and(|at| asked.now.since(Timestamp(at)) <= REACH_HOLDS);
    let Some(way) = file.handover().filter(|w| fresh(w)).cloned() else {
        return refused("ask first how they can be reached");
    };
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let Some(facing) = facing(tx, asked).await? else { return Ok(Err(CaseworkError::NotFound)) };
    if matches!(way.reach.as_str(), "nobody" | "none" | "unasked") {
        let why = format!("there is no way in: {}", way.reach_why);
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let made = ready(&file.case, Some(&way), &facing, watched);
    // A mail address that was given is no way in for the customer.
    if way.reach == "mail" && made.link.is_none() {
        return refused("there is no way in that an offer could name; write to them by mail");
    }
    let text = if text.trim().is_empty() { made.offer } else { Some(text.trim().to_owned()) };
    let Some(text) = text else { return refused("there is no way in that an offer could name") };
    let wanted = Answer { text, handed: Handed::Offer, again, ..Answer::default() };
    answering::answer(tx, file, asked, &wanted).await
}

/// The holding words of a case as they would go.
pub(super) async fn holding_words(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
) -> Result<Result<String, CaseworkError>, StoreError> {
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let Some(facing) = facing(tx, asked).await? else { return Ok(Err(CaseworkError::NotFound)) };
    let why = || CaseworkError::Refused("the brand has no holding words in this language".to_owned());
    Ok(ready(&file.case, None, &facing, watched).holding.ok_or_else(why))
}

/// What is due in one hand-over.
async fn look_after(tx: &mut Tx, asked: &Asked) -> Result<(), StoreError> {
    let Some(mut file) = open(tx, asked).await? else { return Ok(()) };
    let Some(row) = file.handover().cloned() else { return Ok(()) };
    let (when, timing) = (When::now(asked.now), file.private_timing());
    let offered = Timestamp(row.offered_at.unwrap_or(row.changed_at));
    let due = row.at().and_then(|state| timing.due(state, offered, row.reminded_at.is_some()));
    let mut actions = Vec::new();
    let is_open = file.case.case_state()?.is_open();
    let waits = file.case.state == "waiting_private";
    let handed = match due.filter(|d| d.at() <= asked.now) {
        _ if !is_open => file.hand(HandoverEvent::Close, &Who::Rule("case_over"), when, &json!({}), 0),
        None => {
            file.handover_mut(0, when).reschedule(timing);
            Ok(true)
        }
        Some(Due::Remind(_)) => {
            if waits && !super::protocols::is_locked(tx, &asked.brand_id, &asked.case_id).await? {
                actions.extend(reminder(tx, &mut file, asked, &row).await?);
            }
            let row = file.handover_mut(0, when);
            row.reminded_at = Some(asked.now.millis());
            row.reschedule(timing);
            Ok(true)
        }
        Some(Due::Lapse(at)) => {
            let when = When { at, now: asked.now };
            file.hand(HandoverEvent::Lapse, &Who::Rule("lapse"), when, &json!({}), 0)
        }
    };
    handed.map_err(|error| StoreError::Refused(error.to_string()))?;
    actions.extend(asked.catalogue.actions_of(&file, &asked.mint, asked.now));
    super::save(tx, &file, &actions, asked.now).await
}

/// The one reminder, where the brand has words for it and it can be said.
async fn reminder(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    row: &HandoverRow,
) -> Result<Option<ActionRow>, StoreError> {
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(None) };
    let Some(facing) = facing(tx, asked).await? else { return Ok(None) };
    let link = way_in(&facing, watched, (&row.reach, &row.code)).unwrap_or_default();
    let about = (&file.case, &facing);
    let Some(text) = words(TemplateKind::Reminder, watched, about, (&row.code, &link)) else {
        return Ok(None);
    };
    let wanted = Answer { text, ..Answer::default() };
    let Ok(prepared) = answering::prepare(tx, asked, &wanted).await? else { return Ok(None) };
    let Some(reply) = prepared.account.source.reply() else { return Ok(None) };
    if prepared.composed.refused.is_some() || prepared.private || !prepared.personal.is_empty() {
        return Ok(None);
    }
    let id = asked.mint.id(asked.now, ActionId::new).to_string();
    let key = reply.new_key(asked.now, chance(asked));
    // One reminder an offer, whatever crashes.
    let once = format!("reminder:{}:{}", row.case_id, row.offered_at.unwrap_or_default());
    let mut action =
        ActionRow::ready(id.clone(), &asked.brand_id, "reply", reply.credential(), once, asked.now);
    action.priority = REMINDER_PRIORITY;
    action.case_id = Some(asked.case_id.clone());
    action.mention_id = Some(prepared.target.mention_id.clone());
    action.expected_id = reply.expected_id(&key);
    action.answers_id = Some(prepared.target.external_id.clone());
    let visibility = &prepared.composed.visibility;
    action.payload = json!({
        "key": key, "visibility": visibility, "language": answering::tag(&file.case.language), "handed": "reminder",
    })
    .to_string();
    let subject = &prepared.target.author_id;
    answer::put_content(tx, &format!("{id}/text"), subject, "reply", &prepared.composed.text).await?;
    file.note("private_reminded", &Who::Rule("reminder"), When::now(asked.now), &json!({ "action": id }));
    Ok(Some(action))
}
