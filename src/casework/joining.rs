//! Conversations that are joined to a case, and taken out of it again.
//!
//! A join moves a pointer and the messages that stand in that conversation, and both cases are folded
//! anew from what they have then; so does the split that undoes it. Posts keep the conversation in which
//! they stand, so nothing is lost on the way, whatever came in between. What was undone is not
//! joined by itself again.

use super::private::{chance, open};
use super::{Act, Actor, Asked, CaseChanged, Casework, CaseworkError, carrying};
use crate::alerting;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::domain::case::{CaseEvent, CaseState};
use crate::domain::handover::{Evidence, HandoverEvent, HandoverState};
use crate::domain::ids::{CaseId, JoinId, PersonId};
use crate::domain::time::Timestamp;
use crate::folding;
use crate::store::handover::{self, ConversationEventRow, JoinRow};
use crate::store::rows::{ActionRow, CaseRow, NO_COURSE};
use crate::store::script::Script;
use crate::store::{StoreError, Tx, case, collecting, correction, intake, surge};
use serde_json::json;
use std::collections::BTreeSet;

/// Most joins that are carried out in one round.
const BATCH: i64 = 50;

type Done = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

fn refused<T>(why: &str) -> Result<T, CaseworkError> {
    Err(CaseworkError::Refused(why.to_owned()))
}

fn who(asked: &Asked) -> Who {
    match asked.actor.person.as_str() {
        "" => Who::Rule("joined"),
        _ => Who::Person(asked.actor.person.clone()),
    }
}

/// A row of the history of a conversation.
fn event(
    asked: &Asked,
    case: &CaseRow,
    conversation: &str,
    seq: i64,
    evidence: &str,
) -> ConversationEventRow {
    ConversationEventRow {
        conversation_id: conversation.to_owned(),
        seq,
        brand_id: case.brand_id.clone(),
        case_id: case.id.clone(),
        kind: "merge".to_owned(),
        into_id: Some(case.conversation_id.clone()),
        as_author: Some(case.author_id.clone()),
        evidence: evidence.to_owned(),
        who: Some(asked.actor.person.to_string()).filter(|p| !p.is_empty()),
        at: asked.now.millis(),
    }
}

async fn write_event(tx: &mut Tx, row: ConversationEventRow) -> Result<(), StoreError> {
    let mut script = Script::of(tx, "merging conversations");
    handover::merge(&mut script, &[row])?;
    script.run(tx).await
}

/// Another case of the same brand, with its clocks.
async fn other(tx: &mut Tx, asked: &Asked, id: &str) -> Result<Option<CaseFile>, StoreError> {
    let mut of_other = asked.clone();
    id.clone_into(&mut of_other.case_id);
    open(tx, &of_other).await
}

/// A proposed conversation belongs to this case.
pub(super) async fn accept(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, join_id: &str) -> Done {
    let found = handover::join(tx, &asked.brand_id, join_id).await?;
    let Some(join) = found.filter(|j| j.into_case == file.case.id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    if !matches!(join.state.as_str(), "due" | "proposed") {
        return Ok(refused("somebody has decided about it already"));
    }
    if !file.case.case_state()?.is_open() {
        return Ok(refused("the case is over; reopen it first"));
    }
    let Some(conversation) = handover::conversation(tx, &join.conversation_id).await? else {
        return Ok(Err(CaseworkError::NotFound));
    };
    if conversation.id == file.case.conversation_id {
        return Ok(refused("it stands in this case already"));
    }
    let from = match &join.from_case {
        Some(id) => other(tx, asked, id).await?,
        None => None,
    };
    let evidence = if asked.actor.person.as_str().is_empty() { join.evidence.as_str() } else { "person" };
    let row = event(asked, &file.case, &conversation.id, conversation.events + 1, evidence);
    write_event(tx, row).await?;
    let mut moved = Vec::new();
    if let Some(from) = from {
        let cases = (from.case.id.as_str(), file.case.id.as_str());
        moved = handover::move_messages(tx, &asked.brand_id, &conversation.id, cases).await?;
        leave(tx, from, file, asked, (&conversation.id, &moved)).await?;
    }
    let by = Some(asked.actor.person.as_str()).filter(|p| !p.is_empty());
    handover::settle_join(tx, &asked.brand_id, join_id, "joined", by, asked.now).await?;
    let body = json!({ "conversation": conversation.id, "evidence": join.evidence, "messages": moved.len() });
    file.note("joined", &who(asked), When::now(asked.now), &body);
    let arrived = came(tx, file, asked, &moved, &join.evidence).await?;
    Ok(Ok(arrived))
}

/// The customer is in the case now: the hand-over is linked, and their last word counts.
async fn came(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    moved: &[String],
    evidence: &str,
) -> Result<Vec<ActionRow>, StoreError> {
    let (when, by) = (When::now(asked.now), who(asked));
    let was_urgent = alerting::is_urgent(&file.case);
    let unanswered = fold(tx, file, asked).await?;
    if unanswered && !moved.is_empty() {
        step(file, CaseEvent::CustomerMessage, &Who::Customer, when)?;
    }
    let body = json!({ "evidence": evidence });
    for handed in [HandoverEvent::Open, HandoverEvent::Link] {
        let done = file.hand(handed, &by, when, &body, chance(asked));
        done.map_err(|error| StoreError::Refused(error.to_string()))?;
    }
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(Vec::new()) };
    if was_urgent || !unanswered {
        return Ok(Vec::new());
    }
    let teams = &asked.catalogue.teams;
    Ok(alerting::arrival(&file.case, &watched.brand.name, teams, &asked.mint, asked.now))
}

/// The case from which messages went: over, if nothing is left of it.
async fn leave(
    tx: &mut Tx,
    mut from: CaseFile,
    into: &mut CaseFile,
    asked: &Asked,
    (conversation, moved): (&str, &[String]),
) -> Result<(), StoreError> {
    let when = When::now(asked.now);
    let key = [(asked.brand_id.clone(), from.case.id.clone())];
    let left = intake::messages_of(tx, &key).await?;
    let body = json!({ "into": into.case.number });
    from.note("joined_into", &who(asked), when, &body);
    if left.is_empty() {
        // What was promised to them is promised still.
        collecting::follow(tx, &asked.brand_id, (&from.case.id, &into.case.id)).await?;
        carrying::with_join(tx, &mut from, into, asked, (conversation, &who(asked))).await?;
        from.void_moved(None, when)?;
        if from.case.case_state()?.is_open() {
            step(&mut from, CaseEvent::Resolve, &Who::Rule("joined"), when)?;
        }
        from.case.ended_why = Some(format!("joined #{}", into.case.number));
    } else {
        from.void_moved(Some(&moved.iter().cloned().collect()), when)?;
        fold(tx, &mut from, asked).await?;
    }
    super::save(tx, &from, &[], asked.now).await
}

/// A step that the table refuses is left out: what people decided stands.
fn step(file: &mut CaseFile, event: CaseEvent, who: &Who, when: When) -> Result<(), StoreError> {
    match file.step(event, who, when, &json!({})) {
        Ok(()) | Err(StepError::Refused(_)) => Ok(()),
        Err(StepError::Store(error)) => Err(error),
    }
}

/// Folds a case anew from its messages and our answers as they stand in the database now; tells whether
/// its last word is the customer's.
pub(super) async fn fold(tx: &mut Tx, file: &mut CaseFile, asked: &Asked) -> Result<bool, StoreError> {
    let key = [(asked.brand_id.clone(), file.case.id.clone())];
    let mut messages = intake::messages_of(tx, &key).await?;
    folding::in_force(&mut messages, &correction::of_cases(tx, &key).await?);
    folding::sort(&mut messages);
    let own = intake::own_posts_in(tx, std::slice::from_ref(&file.case.conversation_id)).await?;
    let answers = folding::answers_to(&own, &asked.brand_id, &file.case.author_id);
    let Some(summary) = folding::summarise(&messages) else { return Ok(false) };
    let raised = summary.level < file.case.level;
    folding::apply(&mut file.case, &summary, &answers);
    file.retarget_now(raised, asked.now)?;
    if let Some(watched) = asked.catalogue.brand(&asked.brand_id) {
        folding::run_clocks(asked.now, file, &watched.policy, &messages, &answers, false)?;
    }
    let rises = surge::rises(tx, Timestamp(summary.opened_at)).await?;
    folding::press(file, &messages, &answers, &rises);
    file.fall_due(asked.now)?;
    Ok(answers.last().is_none_or(|a| a.at.millis() < file.case.last_message_at))
}

/// A proposed conversation does not belong to this case.
pub(super) async fn decline(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, join_id: &str) -> Done {
    let found = handover::join(tx, &asked.brand_id, join_id).await?;
    let Some(join) = found.filter(|j| j.into_case == file.case.id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    if !matches!(join.state.as_str(), "due" | "proposed") {
        return Ok(refused("somebody has decided about it already"));
    }
    let by = asked.actor.person.as_str();
    handover::settle_join(tx, &asked.brand_id, join_id, "declined", Some(by), asked.now).await?;
    let body = json!({ "conversation": join.conversation_id });
    file.note("join_declined", &who(asked), When::now(asked.now), &body);
    Ok(Ok(Vec::new()))
}

/// A conversation that was joined does not belong to this case after all: it has a case of its own
/// again, the one that it had or a new one.
pub(super) async fn split(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, conversation_id: &str) -> Done {
    let found = handover::conversation(tx, conversation_id).await?;
    let stands_here = |c: &handover::ConversationRow| {
        c.merged_into.as_deref() == Some(file.case.conversation_id.as_str())
            && c.merged_as.as_deref() == Some(file.case.author_id.as_str())
    };
    let Some(conversation) = found.filter(stands_here) else { return Ok(Err(CaseworkError::NotFound)) };
    let joins = handover::joins_of(tx, &asked.brand_id, &file.case.id).await?;
    let join = joins
        .into_iter()
        .find(|j| j.conversation_id == conversation_id && j.into_case == file.case.id && j.state == "joined");
    let key = [(asked.brand_id.clone(), file.case.id.clone())];
    let all = intake::messages_of(tx, &key).await?;
    let authors = handover::authors_in(tx, &asked.brand_id, &file.case.id, conversation_id).await?;
    let Some((author, count)) = authors.first().cloned() else {
        return Ok(refused("nothing of what stands in this case was said there"));
    };
    if count as usize >= all.len() {
        return Ok(refused("it is all that this case has; dismiss the case instead"));
    }
    let mut row = event(asked, &file.case, conversation_id, conversation.events + 1, "person");
    (row.kind, row.into_id, row.as_author) = ("split".to_owned(), None, None);
    write_event(tx, row).await?;
    handover::answer_again(tx, conversation_id, (&file.case.author_id, &author)).await?;
    let mut own = own_case(tx, file, asked, join.as_ref(), (conversation_id, &author)).await?;
    let cases = (file.case.id.as_str(), own.case.id.as_str());
    let moved = handover::move_messages(tx, &asked.brand_id, conversation_id, cases).await?;
    let (when, by) = (When::now(asked.now), who(asked));
    note_split(tx, file, asked, join, conversation_id).await?;
    file.void_moved(Some(&moved.iter().cloned().collect::<BTreeSet<_>>()), when)?;
    let unanswered = fold(tx, file, asked).await?;
    let handed = file.hand(HandoverEvent::Unlink, &by, when, &json!({}), 0);
    handed.map_err(|error| StoreError::Refused(error.to_string()))?;
    let offered = file.handover_state() == Some(HandoverState::Offered);
    if offered && !unanswered {
        // Nothing of theirs is left to answer: we wait for them again.
        step(file, CaseEvent::AwaitPrivate, &by, when)?;
    }
    own.note("split_from", &by, when, &json!({ "from": file.case.number }));
    carrying::with_split(tx, file, &mut own, asked, (conversation_id, &by)).await?;
    if !own.case.case_state()?.is_open() {
        step(&mut own, CaseEvent::Reopen, &by, when)?;
    }
    own.case.ended_why = None;
    fold(tx, &mut own, asked).await?;
    let alerts = asked.catalogue.actions_of(&own, &asked.mint, asked.now);
    super::save(tx, &own, &alerts, asked.now).await?;
    Ok(Ok(Vec::new()))
}

/// What was undone stands on the timeline, and is not joined by itself again.
async fn note_split(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    join: Option<JoinRow>,
    conversation_id: &str,
) -> Result<(), StoreError> {
    let by = asked.actor.person.as_str();
    if let Some(join) = join {
        handover::settle_join(tx, &asked.brand_id, &join.id, "undone", Some(by), asked.now).await?;
    } else {
        let row = JoinRow {
            id: asked.mint.id(asked.now, JoinId::new).to_string(),
            brand_id: asked.brand_id.clone(),
            conversation_id: conversation_id.to_owned(),
            from_case: None,
            into_case: file.case.id.clone(),
            evidence: Evidence::Person.code().to_owned(),
            state: "undone".to_owned(),
            made_at: asked.now.millis(),
            settled_at: Some(asked.now.millis()),
            settled_by: Some(by.to_owned()),
        };
        let mut script = Script::of(tx, "noting what does not belong together");
        handover::add_joins(&mut script, &[row])?;
        script.run(tx).await?;
    }
    let body = json!({ "conversation": conversation_id });
    file.note("split", &who(asked), When::now(asked.now), &body);
    Ok(())
}

/// The case that a conversation gets back, or a new one.
pub(super) async fn own_case(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    join: Option<&JoinRow>,
    (conversation, author): (&str, &str),
) -> Result<CaseFile, StoreError> {
    let pair = [(conversation.to_owned(), author.to_owned())];
    let standing = intake::cases_of(tx, &pair).await?;
    let of_brand = |c: &&CaseRow| c.brand_id == asked.brand_id;
    let before = join.and_then(|j| j.from_case.clone());
    let found = standing.iter().filter(of_brand).find(|c| c.open == 1);
    let found = found.or_else(|| standing.iter().find(|c| Some(&c.id) == before.as_ref()));
    if let Some(row) = found {
        let row = case::get(tx, &asked.brand_id, &row.id).await?.unwrap_or_else(|| row.clone());
        return super::file_of(tx, &asked.catalogue, row).await;
    }
    let number = handover::next_number(tx, &asked.brand_id).await?;
    let row = CaseRow {
        id: asked.mint.id(asked.now, CaseId::new).to_string(),
        number,
        conversation_id: conversation.to_owned(),
        author_id: author.to_owned(),
        customer_id: None,
        previous_case_id: Some(file.case.id.clone()),
        first_mention_id: String::new(),
        private: 1,
        state: CaseState::New.code().to_owned(),
        open: 1,
        state_since: 0,
        claimed_by: None,
        claimed_since: None,
        claimed_until: None,
        first_answer_at: None,
        due_at: None,
        ended_why: None,
        version: 0,
        snoozed_until: None,
        missed_at: None,
        wrote_again: 0,
        closing_at: None,
        held_until: None,
        solved_at: None,
        course: NO_COURSE.to_owned(),
        ..file.case.clone()
    };
    Ok(CaseFile::new(row, Vec::new(), &asked.catalogue.policies))
}

impl Casework {
    /// Joins what is certain and nobody needs to be asked about; returns how many.
    pub(super) async fn joins_due(&self) -> Result<usize, StoreError> {
        let due =
            self.db.read("reading joins", |tx| Box::pin(async move { handover::due_joins(tx, BATCH).await }));
        let due = due.await?;
        let nobody = Actor { person: PersonId::stored(String::new()), lead: false };
        for join in &due {
            let asked = self.asked(&join.brand_id, &join.into_case, 0, &nobody, Act::Release);
            let id = join.id.clone();
            let done = self.db.write_again("joining a conversation", move |tx| {
                let (asked, id) = (asked.clone(), id.clone());
                Box::pin(async move { join_one(tx, &asked, &id).await })
            });
            done.await?;
            let case_id = join.into_case.clone();
            let _ = self.changed.send(CaseChanged { brand_id: join.brand_id.clone(), case_id });
        }
        Ok(due.len())
    }
}

async fn join_one(tx: &mut Tx, asked: &Asked, id: &str) -> Result<(), StoreError> {
    let now: Timestamp = asked.now;
    let done = match open(tx, asked).await? {
        Some(mut file) => match accept(tx, &mut file, asked, id).await? {
            Ok(actions) => {
                super::save(tx, &file, &actions, now).await?;
                true
            }
            Err(_) => false,
        },
        None => false,
    };
    if !done {
        // What cannot be joined by itself any more is for a person.
        handover::settle_join(tx, &asked.brand_id, id, "proposed", None, now).await?;
    }
    Ok(())
}
