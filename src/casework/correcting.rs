//! A person puts right what triage said of a case; the case is folded anew, its clocks follow.
//!
//! What is corrected are messages, for from them the case is folded each time. A case is made less
//! urgent, or in no need of an answer, by correcting each message that made it so; more urgent, or
//! in need of one, by correcting the message that asks. So a later message raises the case by its
//! own words, and nothing that is delivered again takes back what a person said.

use super::{Asked, CaseworkError};
use crate::alerting;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::domain::case::CaseEvent;
use crate::domain::correction::{Corrected, Field, yes_or_no};
use crate::domain::ids::CorrectionId;
use crate::domain::judgement::{Intent, Level};
use crate::domain::language::Language;
use crate::domain::time::Span;
use crate::folding::{self, NO_ANSWER, Summary};
use crate::store::correction::CorrectionRow;
use crate::store::intake::{self, CaseMessage};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, again, correction, safety};
use serde_json::json;

/// The message, the field, and what it is from now on, as a code.
type Change = (usize, Field, String);

/// Corrects a case that is locked, and gives the alerts that follow.
pub(super) async fn correct(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wanted: &Corrected,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let key = [(asked.brand_id.clone(), asked.case_id.clone())];
    let mut messages = intake::messages_of(tx, &key).await?;
    let judged_silent = messages.iter().all(|m| m.needs_answer == 0);
    folding::in_force(&mut messages, &correction::of_cases(tx, &key).await?);
    folding::sort(&mut messages);
    let Some(before) = folding::summarise(&messages) else {
        return Ok(Err(CaseworkError::Refused("nothing of this case is left to be corrected".to_owned())));
    };
    let changes = changes(&messages, &before, wanted);
    if changes.is_empty() {
        return Ok(Err(CaseworkError::Invalid {
            field: "correction",
            what: "everything stands like that already; change at least one field".to_owned(),
        }));
    }
    let rules = correction::rules_of(tx, &asked.brand_id, &asked.case_id).await?;
    let rows: Vec<CorrectionRow> = changes.iter().map(|c| row(asked, &messages, c, &rules)).collect();
    correction::add(tx, &rows).await?;
    folding::in_force(&mut messages, &rows);
    let Some(after) = folding::summarise(&messages) else { return Ok(Ok(Vec::new())) };
    if before.needs_answer != after.needs_answer {
        let verdict = if after.needs_answer == 1 { "missed" } else { "right" };
        let by = asked.actor.person.as_str();
        safety::decide(tx, &asked.brand_id, &asked.case_id, verdict, by, true, asked.now).await?;
    }
    note(file, asked, &before, &after);
    match follow(tx, file, asked, &messages, &after, judged_silent).await {
        Ok(actions) => Ok(Ok(actions)),
        // Something was written already: all of it is taken back.
        Err(StepError::Refused(refused)) => Err(StoreError::Refused(refused.to_string())),
        Err(StepError::Store(error)) => Err(error),
    }
}

/// What has to be said of which messages, so that the case becomes as wanted.
fn changes(messages: &[CaseMessage], before: &Summary, wanted: &Corrected) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let all = || messages.iter().enumerate();
    // The message that asks: from it the case has its intent, and its first clock.
    let asking = all().find(|(_, m)| m.needs_answer == 1).or_else(|| all().find(|(_, m)| m.historic == 0));
    let asking = asking.map_or(0, |(at, _)| at);
    if let Some(level) = wanted.level.map(Level::number).filter(|l| *l != before.level) {
        let milder = all().filter(|(_, m)| m.level < level).map(|(at, _)| at);
        let at: Vec<usize> = if level < before.level { vec![asking] } else { milder.collect() };
        let code = Level::from_number(level).code();
        changes.extend(at.into_iter().map(|at| (at, Field::Level, code.to_owned())));
    }
    if let Some(needs) = wanted.needs_answer.filter(|n| i64::from(*n) != before.needs_answer) {
        let loud = all().filter(|(_, m)| m.needs_answer == 1).map(|(at, _)| at);
        let at: Vec<usize> = if needs { vec![asking] } else { loud.collect() };
        changes.extend(at.into_iter().map(|at| (at, Field::NeedsAnswer, yes_or_no(needs).to_owned())));
    }
    if let Some(private) = wanted.needs_private.filter(|n| i64::from(*n) != before.needs_private) {
        let open = all().filter(|(_, m)| m.needs_private == 1).map(|(at, _)| at);
        let at: Vec<usize> = if private { vec![asking] } else { open.collect() };
        changes.extend(at.into_iter().map(|at| (at, Field::NeedsPrivate, yes_or_no(private).to_owned())));
    }
    if let Some(intent) = wanted.intent.map(Intent::code).filter(|i| *i != before.intent) {
        // With an answer no longer needed, the first message gives the case its intent.
        let at = if wanted.needs_answer == Some(false) { 0 } else { asking };
        changes.push((at, Field::Intent, intent.to_owned()));
    }
    if let Some(language) = wanted.language.map(Language::code).filter(|l| *l != before.language) {
        // Every message that was read as being in the wrong language was read wrongly.
        let wrong = all().filter(|(_, m)| m.language == before.language);
        changes.extend(wrong.map(|(at, _)| (at, Field::Language, language.to_owned())));
    }
    changes
}

/// What holds of a message, as the code of a correction.
fn code_of(message: &CaseMessage, field: Field) -> String {
    match field {
        Field::Level => Level::from_number(message.level).code().to_owned(),
        Field::Intent => message.intent.clone(),
        Field::Language => message.language.clone(),
        Field::NeedsAnswer => yes_or_no(message.needs_answer == 1).to_owned(),
        Field::NeedsPrivate => yes_or_no(message.needs_private == 1).to_owned(),
    }
}

fn row(
    asked: &Asked,
    messages: &[CaseMessage],
    (at, field, became): &Change,
    rules: &[(String, String)],
) -> CorrectionRow {
    let message = &messages[*at];
    CorrectionRow {
        id: asked.mint.id(asked.now, CorrectionId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        case_id: asked.case_id.clone(),
        mention_id: message.mention_id.clone(),
        revision: message.revision,
        field: field.code().to_owned(),
        was: code_of(message, *field),
        became: became.clone(),
        person_id: asked.actor.person.to_string(),
        at: asked.now.millis(),
        rules_version: rules
            .iter()
            .find(|(mention, _)| *mention == message.mention_id)
            .map(|(_, version)| version.clone())
            .unwrap_or_default(),
    }
}

/// One event with what changed of the case.
fn note(file: &mut CaseFile, asked: &Asked, before: &Summary, after: &Summary) {
    let of = |s: &Summary| {
        [
            Level::from_number(s.level).code().to_owned(),
            s.intent.clone(),
            s.language.clone(),
            yes_or_no(s.needs_answer == 1).to_owned(),
            yes_or_no(s.needs_private == 1).to_owned(),
        ]
    };
    let (was, became) = (of(before), of(after));
    let changed: Vec<_> = Field::ALL
        .into_iter()
        .enumerate()
        .filter(|(at, _)| was[*at] != became[*at])
        .map(|(at, field)| json!({ "field": field.code(), "was": was[at], "became": became[at] }))
        .collect();
    let who = Who::Person(asked.actor.person.clone());
    file.note("corrected", &who, When::now(asked.now), &json!({ "changes": changed }));
}

/// Case and clocks follow what holds of the messages now. `judged_silent` tells that triage itself
/// thought that none of them needs an answer.
async fn follow(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    messages: &[CaseMessage],
    after: &Summary,
    judged_silent: bool,
) -> Result<Vec<ActionRow>, StepError> {
    let (now, when) = (asked.now, When::now(asked.now));
    let own = intake::own_posts_in(tx, std::slice::from_ref(&file.case.conversation_id)).await?;
    let answers = folding::answers_to(&own, &asked.brand_id, &file.case.author_id);
    let was_urgent = alerting::is_urgent(&file.case);
    let (raised, needed) = (after.level < file.case.level, file.case.needs_answer == 1);
    folding::apply(&mut file.case, after, &answers);
    match (needed, after.needs_answer == 1) {
        (true, false) => {
            file.case.missed_at = None;
            file.void_all(NO_ANSWER, when)?;
        }
        (false, true) => {
            // What a person had silenced before was not missed by triage.
            file.case.missed_at = judged_silent.then_some(now.millis());
            if !file.case.case_state()?.is_open() {
                let why = json!({ "reason": "needs an answer" });
                file.step(CaseEvent::Reopen, &Who::Person(asked.actor.person.clone()), when, &why)?;
            }
        }
        _ => {}
    }
    let case = (file.case.policy.clone(), file.case.policy_version);
    if let Some(policy) = asked.catalogue.policy(&case.0, case.1) {
        file.retarget(raised, now, policy)?;
    }
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(Vec::new()) };
    folding::run_clocks(now, file, &watched.policy, messages, &answers, false)?;
    // A clock that began in the past: what it missed fell due when it did.
    file.fall_due(now)?;
    let answered = answers.last().is_some_and(|a| a.at.millis() >= file.case.last_message_at);
    if was_urgent || answered {
        return Ok(Vec::new());
    }
    let teams = &asked.catalogue.teams;
    Ok(alerting::arrival(&file.case, &watched.brand.name, teams, &asked.mint, now))
}

/// Whether this case needs an answer decides whether others of its author are brought up.
pub(super) async fn mark_writer(tx: &mut Tx, file: &CaseFile, asked: &Asked) -> Result<(), StoreError> {
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(()) };
    let (case, span) = (&file.case, Span::days(watched.brand.safety.wrote_again_days));
    let writer =
        (case.brand_id.clone(), case.author_id.clone(), case.opened_at, case.opened_at, span.millis());
    again::mark(tx, &[writer], asked.now).await
}
