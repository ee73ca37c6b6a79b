//! Folding one case: from all its messages and answers to its row, its clocks and its timeline.

use super::bounced::{self, Bounced};
use super::ends;
use super::joining;
use super::late;
use super::plan::Planner;
use crate::alerting;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::catalogue::Watched;
use crate::domain::case::{CaseEvent, CaseState};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::judgement::{Judgement, Level};
use crate::domain::policy::Channel;
use crate::domain::time::{Span, Timestamp};
use crate::folding::{self, Answer};
use crate::store::StoreError;
use crate::store::intake::CaseMessage;
use crate::store::rows::{CaseRow, NO_COURSE};
use crate::telling;
use serde_json::json;

/// What a batch brings to one (brand, conversation, author).
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// New messages.
    pub added: Vec<CaseMessage>,
    /// Messages that were edited, as they are judged now.
    pub edited: Vec<CaseMessage>,
    /// When the last of them was edited.
    pub edited_at: i64,
    /// The judgements of the new messages.
    pub judged: Vec<(String, Judgement)>,
    /// Messages that their author deleted, by mention.
    pub removed: Vec<String>,
    /// Whether an answer of ours came.
    pub answered: bool,
    /// Who gave it, where that is known.
    pub by: Option<PersonId>,
    /// The case is to be resolved with that answer, for this reason.
    pub then_resolve: Option<String>,
    /// Whether an answer of ours was deleted.
    pub answer_removed: bool,
    /// Answers of ours that were edited on their platform.
    pub answers_edited: Vec<String>,
    /// An answer of ours that did not arrive.
    pub bounced: Option<Bounced>,
    /// The platform of the new messages.
    pub platform: String,
    /// Whether any of them is private.
    pub private: bool,
    /// Whether any of them is a sample.
    pub sample: bool,
    /// What came and went in private.
    pub private_talk: joining::Private,
    /// For how long its source leaves questions to members first.
    pub members_first: Option<Span>,
    /// The post by which its topic was marked as solved.
    pub solution: Option<String>,
    /// How many of the new messages a source catches up on.
    pub caught_up: usize,
    /// The case of a survey that new messages answer.
    pub surveyed: Option<String>,
    /// Of the new messages those that were collected before, by mention.
    pub released: Vec<String>,
    /// How words are judged that were edited while their post was collected.
    pub proposed: Vec<(String, Judgement)>,
}

/// Folds one group into its case and notes what changes.
pub fn fold_group(
    p: &mut Planner<'_>,
    brand: usize,
    conversation: &str,
    author: &str,
    mut group: Group,
    answers: &[Answer],
) -> Result<(), StoreError> {
    let watched = &p.catalogue.brands[brand];
    let (candidate, previous) = candidate(p, watched, conversation, author, &group);
    if candidate.is_none() && group.added.is_empty() {
        return Ok(());
    }
    let is_new = candidate.is_none();
    let messages = messages_of(p, candidate.as_ref(), &group);
    let Some(summary) = folding::summarise(&messages) else {
        return match candidate {
            Some(case) if !group.removed.is_empty() => ends::nothing_is_left(p, case, &group),
            _ => Ok(()),
        };
    };
    let case = candidate.unwrap_or_else(|| new_case(p, watched, conversation, author, &group, previous));
    let mut file = p.file_of(case);
    let was_urgent = !is_new && alerting::is_urgent(&file.case);
    let was_over = !is_new && !file.case.case_state()?.is_open();
    let before = file.case.level;
    let raised = summary.level < before;
    folding::apply(&mut file.case, &summary, answers);
    let said = |words: &[CaseMessage]| words.iter().any(|m| m.silenced == 0);
    let is_back = said(&group.added) || (raised && said(&group.edited));
    if is_back {
        file.case.snoozed_until = None; // the customer is back
    }
    narrate(p, &mut file, &group, &messages, answers, is_new)?;
    ends::members(p, &mut file, &group, is_new);
    joining::follow(p, &mut file, &group.private_talk, &group.added, answers)?;
    if !is_new {
        raise(p.now, &mut file, (&group, &messages), answers, before)?;
    }
    folding::run_clocks(p.now, &mut file, &watched.policy, &messages, answers, group.answer_removed)?;
    folding::press(&mut file, &messages, answers, &p.known.rises);
    ends::resolve_with_answer(&mut file, &group, answers, p.now)?;
    propose_protocols(p, &file.case, &group);
    keep_judgements(p, brand, &file.case.id, &mut group, &messages);
    if let Some(proposal) = group.private_talk.proposal.take() {
        p.propose(&file.case.id, proposal);
    }
    let answered = is_answered(&file.case, if raised { group.edited_at } else { i64::MIN }, answers);
    let quiet = late::is_quiet(&mut file, &group, p.now)?;
    if !answered && !quiet && is_back {
        tell_of(p, &file.case, &watched.brand.name, (was_urgent, was_over))?;
    }
    bounced::tell(p, &file, watched, &group);
    if group.answered {
        tell_answers(p, &file, answers);
    }
    hand_over(p, file, quiet);
    Ok(())
}

/// The messages of a case with what a batch brings to it, in order and with what holds of them.
fn messages_of(p: &Planner<'_>, case: Option<&CaseRow>, group: &Group) -> Vec<CaseMessage> {
    let mut messages: Vec<CaseMessage> = match case {
        Some(case) => p.messages_of(&case.id).cloned().collect(),
        None => Vec::new(),
    };
    for edited in &group.edited {
        if let Some(old) = messages.iter_mut().find(|m| m.mention_id == edited.mention_id) {
            *old = edited.clone();
        }
    }
    messages.extend(group.added.iter().cloned());
    messages.retain(|m| !group.removed.contains(&m.mention_id));
    folding::in_force(&mut messages, &p.known.corrections);
    folding::sort(&mut messages);
    messages
}

/// What a batch says that is more urgent than all that was said before it, and since when: a post since it was posted,
/// words that were edited since then.
fn urgent(group: &Group, messages: &[CaseMessage]) -> Vec<(Timestamp, Level)> {
    let is = |list: &[CaseMessage], m: &CaseMessage| list.iter().any(|a| a.mention_id == m.mention_id);
    let one = |m: &CaseMessage| {
        let edited = is(&group.edited, m);
        let since = if edited { group.edited_at } else { m.posted_at };
        (since, m.level, edited || is(&group.added, m))
    };
    let mut said: Vec<(i64, i64, bool)> = messages.iter().map(one).collect();
    said.sort_unstable();
    let mut least = i64::MAX;
    said.retain(|(_, level, _)| {
        let more = *level < least;
        least = least.min(*level);
        more
    });
    let fresh = said.into_iter().filter(|(_, _, fresh)| *fresh);
    fresh.map(|(since, level, _)| (Timestamp(since), Level::from_number(level))).collect()
}

/// The clocks of a case that stood there follow how urgent it is with a batch.
fn raise(
    now: Timestamp,
    file: &mut CaseFile,
    (group, messages): (&Group, &[CaseMessage]),
    answers: &[Answer],
    before: i64,
) -> Result<(), StoreError> {
    let level = file.case.level;
    let said = urgent(group, messages);
    let mut raises: Vec<_> = said.iter().filter(|(_, level)| level.number() < before).copied().collect();
    if level < before && raises.last().is_none_or(|(_, last)| last.number() != level) {
        raises.push((now, Level::from_number(level)));
    }
    let answered: Vec<Timestamp> = answers.iter().map(|a| a.at).collect();
    file.retarget(&raises, &answered, now)?;
    file.hasten(&said, &answered, now)
}

/// Tells of a case that came in urgent, became so, or is urgent and came back after it was over.
fn tell_of(
    p: &mut Planner<'_>,
    case: &CaseRow,
    brand: &str,
    (was_urgent, was_over): (bool, bool),
) -> Result<(), StoreError> {
    let teams = &p.catalogue.teams;
    let found = if was_over && case.case_state()?.is_open() {
        alerting::back(case, brand, teams, p.mint, p.now)
    } else if was_urgent {
        Vec::new()
    } else {
        alerting::arrival(case, brand, teams, p.mint, p.now)
    };
    p.changes.actions.extend(found);
    Ok(())
}

/// Whether we have answered all that was said. What we answered before is no answer to words that were made urgent since.
fn is_answered(case: &CaseRow, raised_at: i64, answers: &[Answer]) -> bool {
    answers.last().is_some_and(|a| a.at.millis() >= case.last_message_at.max(raised_at))
}

/// What the new words propose is proposed once the batch is written; of history and samples nothing is.
fn propose_protocols(p: &mut Planner<'_>, case: &CaseRow, group: &Group) {
    if case.historic == 1 || case.sample == 1 {
        return;
    }
    for (mention, judged) in group.judged.iter().chain(&group.proposed) {
        let message = group.added.iter().chain(&group.edited).find(|m| m.mention_id == *mention);
        let posted = message.map_or(p.now, |m| Timestamp(m.posted_at));
        for kind in &judged.protocols {
            let known = p.changes.protocols.iter_mut().find(|k| k.1 == case.id && k.2 == *kind);
            match known {
                Some(known) => known.3 = known.3.max(posted),
                None => {
                    p.changes.protocols.push((case.brand_id.clone(), case.id.clone(), *kind, posted));
                }
            }
        }
    }
}

fn keep_judgements(
    p: &mut Planner<'_>,
    brand: usize,
    case_id: &str,
    group: &mut Group,
    messages: &[CaseMessage],
) {
    let brand_id = &p.catalogue.brands[brand].id;
    let released = group.released.drain(..);
    p.changes.released.extend(released.map(|id| (brand_id.clone(), id, case_id.to_owned())));
    for (mention_id, judged) in group.judged.drain(..) {
        let message = messages.iter().find(|m| m.mention_id == mention_id);
        let handles = message.map(|m| m.handles.clone()).unwrap_or_default();
        let row = p.judgement(brand, &mention_id, 1, case_id, &judged, handles);
        p.changes.judgements.push(row);
    }
}

/// Tells the tickets of a case of our answers since they were tied: the timeline names the last only.
fn tell_answers(p: &mut Planner<'_>, file: &CaseFile, answers: &[Answer]) {
    let Some(first) = file.links.iter().map(|l| l.linked_at).min() else { return };
    for answer in answers.iter().filter(|a| a.at.millis() >= first) {
        p.changes.actions.extend(telling::answer(file, &answer.own_post_id, p.mint, p.now));
    }
}

/// The case that takes the messages: the open one, else the last ended one that may be reopened.
/// Besides, the case before a new one.
fn candidate(
    p: &Planner<'_>,
    watched: &Watched,
    conversation: &str,
    author: &str,
    group: &Group,
) -> (Option<CaseRow>, Option<String>) {
    let same = |c: &&CaseRow| c.brand_id == watched.id && c.author_id == author;
    let of_pair: Vec<&CaseRow> = p.cases_in(conversation).filter(same).collect();
    // What only answers a survey moves no case, whatever state it is in.
    if group.added.iter().all(|m| m.silenced == 1)
        && let Some(asked) = of_pair.iter().find(|c| Some(&c.id) == group.surveyed.as_ref())
    {
        return (Some((*asked).clone()), None);
    }
    if let Some(open) = of_pair.iter().find(|c| c.open == 1) {
        return (Some((*open).clone()), None);
    }
    let Some(last) = of_pair.into_iter().max_by_key(|c| (c.state_since, c.number)) else {
        return (None, None);
    };
    let state = CaseState::from_code(&last.state);
    let window = Timestamp(last.state_since).plus(Span::days(watched.policy.1.reopen_days));
    let in_window = group.added.iter().any(|m| m.posted_at <= window.millis()) || group.added.is_empty();
    match state {
        Some(CaseState::Resolved) => (Some(last.clone()), None),
        Some(CaseState::Closed) if in_window => (Some(last.clone()), None),
        _ if group.added.is_empty() => (Some(last.clone()), None),
        _ => (None, Some(last.id.clone())),
    }
}

fn new_case(
    p: &mut Planner<'_>,
    watched: &Watched,
    conversation: &str,
    author: &str,
    group: &Group,
    previous: Option<String>,
) -> CaseRow {
    let number = p.known.numbers.entry(watched.id.clone()).or_insert(0);
    *number += 1;
    CaseRow {
        id: p.mint.id(p.now, CaseId::new).to_string(),
        brand_id: watched.id.clone(),
        number: *number,
        conversation_id: conversation.to_owned(),
        author_id: author.to_owned(),
        customer_id: None,
        previous_case_id: previous,
        first_mention_id: String::new(),
        channel: Channel::of_platform(&group.platform).code().to_owned(),
        platform: group.platform.clone(),
        private: i64::from(group.private),
        historic: 0,
        sample: i64::from(group.sample),
        state: CaseState::New.code().to_owned(),
        open: 1,
        state_since: 0,
        claimed_by: None,
        claimed_since: None,
        claimed_until: None,
        level: 5,
        urgency: 0,
        intent: String::new(),
        language: String::new(),
        needs_answer: 0,
        needs_private: 0,
        policy: watched.policy.1.name.clone(),
        policy_version: watched.policy.0,
        opened_at: 0,
        received_at: 0,
        last_message_at: 0,
        first_answer_at: None,
        due_at: None,
        ended_why: None,
        version: 0,
        changed_at: p.now.millis(),
        snoozed_until: None,
        missed_at: None,
        wrote_again: 0,
        closing_at: None,
        held_until: None,
        solved_at: None,
        course: NO_COURSE.to_owned(),
    }
}

/// Writes the timeline and moves the state: new messages and answers in the platform's order. What
/// is older than what stands already is noted and moves nothing.
fn narrate(
    p: &Planner<'_>,
    file: &mut CaseFile,
    group: &Group,
    messages: &[CaseMessage],
    answers: &[Answer],
    mut is_new: bool,
) -> Result<(), StoreError> {
    let last_message = messages.last().map_or(i64::MIN, |m| m.posted_at);
    let last_answer = answers.last().map_or(i64::MIN, |a| a.at.millis());
    let begins = is_new;
    let added = |m: &&CaseMessage| group.added.iter().any(|a| a.mention_id == m.mention_id);
    for message in messages.iter().filter(added) {
        let when = When { at: Timestamp(message.posted_at), now: p.now };
        let body = json!({ "mention": message.mention_id });
        if message.silenced == 1 && !is_new {
            file.note("survey_answer", &Who::Customer, when, &body);
        } else if is_new {
            file.note("opened", &Who::Customer, when, &body);
            is_new = false;
        } else if message.posted_at > last_answer {
            step(file, CaseEvent::CustomerMessage, &Who::Customer, when, &body)?;
        } else {
            file.note(CaseEvent::CustomerMessage.code(), &Who::Customer, when, &body);
        }
    }
    ends::note_removed(p, file, group);
    ends::note_edited(p, file, group);
    for edited in &group.edited {
        let body = json!({ "mention": edited.mention_id });
        file.note("edited", &Who::Customer, When::now(p.now), &body);
    }
    // An answer that counts and that the case has not been told of yet.
    if let Some(last) = answers.last().filter(|a| group.answered && a.at.millis() >= file.case.opened_at) {
        let when = When { at: last.at, now: p.now };
        let body = json!({ "own_post": last.own_post_id });
        let who = group.by.clone().map_or(Who::Rule("seen_on_platform"), Who::Person);
        if last_answer >= last_message {
            step(file, CaseEvent::AnswerSeen, &who, when, &body)?;
        } else {
            file.note(CaseEvent::AnswerSeen.code(), &who, when, &body);
        }
    } else if begins && last_answer >= last_message && file.case.first_answer_at.is_some() {
        // The answer was here before the messages that it answers, however many of them open the case.
        let at = Timestamp(last_answer);
        step(
            file,
            CaseEvent::AnswerSeen,
            &Who::Rule("seen_on_platform"),
            When { at, now: p.now },
            &json!({}),
        )?;
    }
    bounced::note(p, file, group);
    if group.answer_removed && last_answer < last_message {
        let bounced = group.bounced.as_ref().is_some_and(|b| b.failed);
        ends::unanswered_again(file, bounced, p.now)?;
    }
    Ok(())
}

/// A step that the table refuses is only noted: what people decided stands.
pub(super) fn step(
    file: &mut CaseFile,
    event: CaseEvent,
    who: &Who,
    when: When,
    body: &serde_json::Value,
) -> Result<(), StoreError> {
    match file.step(event, who, when, body) {
        Ok(()) => Ok(()),
        Err(StepError::Refused(_)) => {
            file.note(event.code(), who, when, body);
            Ok(())
        }
        Err(StepError::Store(error)) => Err(error),
    }
}

/// Puts the case's rows among the changes of the batch.
/// Alerts of what fell due go along, unless they are left to another message.
pub(super) fn hand_over(p: &mut Planner<'_>, file: CaseFile, quiet: bool) {
    if !file.is_changed() {
        return;
    }
    if let Some(watched) = p.catalogue.brand(&file.case.brand_id) {
        let case = &file.case;
        // Two posts in one case are two: from the first to the last.
        let times = [file.was_opened_at(), Some(case.opened_at), Some(case.last_message_at)];
        let (first, last) = (times.iter().flatten().min(), times.iter().flatten().max());
        p.changes.writers.push((
            case.brand_id.clone(),
            case.author_id.clone(),
            first.copied().unwrap_or(case.opened_at),
            last.copied().unwrap_or(case.opened_at),
            Span::days(watched.brand.safety.wrote_again_days).millis(),
        ));
    }
    let follows = if quiet {
        p.catalogue.told_elsewhere(&file, p.mint, p.now)
    } else {
        p.catalogue.actions_of(&file, p.mint, p.now)
    };
    let (owed, follows): (Vec<_>, Vec<_>) = follows.into_iter().partition(alerting::is_owed);
    p.changes.owed.extend(owed);
    p.changes.actions.extend(follows);
    p.changes.handovers.extend(file.changed_handover().cloned());
    let (opened, moved) = file.split_clocks();
    p.changes.opened.extend(opened);
    p.changes.obligations.extend(moved);
    for (wait, at, evidence) in &file.annulled {
        let row = (file.case.id.clone(), *wait, at.millis(), p.now.millis(), evidence.clone());
        p.changes.annulled.push(row);
    }
    let is_quiet = file.is_quiet();
    let is_made = file.was_opened_at().is_none() && file.case.is_as_made();
    p.changes.clock_events.extend(file.fell_due);
    p.changes.events.extend(file.events);
    if is_quiet {
        p.changes.quiet_cases.push(file.case);
    } else if is_made {
        p.changes.made_cases.push(file.case);
    } else {
        p.changes.cases.push(file.case);
    }
}
