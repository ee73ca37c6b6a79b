//! A person puts right what triage said of a case; the case is folded anew, its clocks follow.
//!
//! What is corrected are messages, for from them the case is folded each time. A case is made less
//! urgent, or in no need of an answer, by correcting each message that made it so; more urgent, or
//! in need of one, by correcting the message that asks. So a later message raises the case by its
//! own words, and nothing that is delivered again takes back what a person said. What was answered did
//! need an answer: that a case needs none is said of what came after our last one.

use super::{Asked, CaseworkError};
use crate::alerting;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::domain::case::CaseEvent;
use crate::domain::correction::{Corrected, Field, yes_or_no};
use crate::domain::ids::CorrectionId;
use crate::domain::judgement::{Intent, Level};
use crate::domain::language::Language;
use crate::domain::time::{Span, Timestamp};
use crate::folding::{self, Answer, NO_ANSWER, Summary};
use crate::store::correction::CorrectionRow;
use crate::store::intake::{self, CaseMessage};
use crate::store::rows::ActionRow;
use crate::store::surge::RiseRow;
use crate::store::{StoreError, Tx, again, correction, safety, surge};
use serde_json::json;

/// Why nothing was corrected.
const UNCHANGED: &str = "everything stands like that already; change at least one field";
/// Why it cannot be said that a case needs no answer.
const ANSWERED: &str = "what this case asked has been answered; resolve or dismiss it instead";

/// The message, the field, and what it is from now on, as a code.
type Change = (usize, Field, String);

/// A case as its corrector finds it.
struct Standing {
    /// Its messages in order, with what holds of them.
    messages: Vec<CaseMessage>,
    answers: Vec<Answer>,
    rises: Vec<RiseRow>,
    before: Summary,
    /// Whether triage itself thought that none of the messages needs an answer.
    judged_silent: bool,
}

/// Corrects a case that is locked, and gives the alerts that follow.
pub(super) async fn correct(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wanted: &Corrected,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let Some(mut standing) = standing(tx, file, asked).await? else {
        return Ok(Err(CaseworkError::Refused("nothing of this case is left to be corrected".to_owned())));
    };
    let changes = standing.changes(wanted);
    if changes.is_empty() {
        let answered = wanted.needs_answer == Some(false) && standing.unanswered().next().is_none();
        return Ok(Err(CaseworkError::Invalid {
            field: "correction",
            what: if answered { ANSWERED } else { UNCHANGED }.to_owned(),
        }));
    }
    let rules = correction::rules_of(tx, &asked.brand_id, &asked.case_id).await?;
    let rows: Vec<CorrectionRow> =
        changes.iter().map(|c| row(asked, &standing.messages, c, &rules)).collect();
    correction::add(tx, &rows).await?;
    note(file, asked, &standing, &changes);
    folding::in_force(&mut standing.messages, &rows);
    let Some(after) = folding::summarise(&standing.messages) else { return Ok(Ok(Vec::new())) };
    if standing.before.needs_answer != after.needs_answer {
        let verdict = if after.needs_answer == 1 { "missed" } else { "right" };
        let by = asked.actor.person.as_str();
        safety::decide(tx, &asked.brand_id, &asked.case_id, verdict, by, true, asked.now).await?;
    }
    let silenced = changes.iter().any(|(_, field, became)| *field == Field::NeedsAnswer && became == "0");
    match follow(file, asked, &standing, &after, silenced) {
        Ok(actions) => Ok(Ok(actions)),
        // Something was written already: all of it is taken back.
        Err(StepError::Refused(refused)) => Err(StoreError::Refused(refused.to_string())),
        Err(StepError::Store(error)) => Err(error),
    }
}

async fn standing(tx: &mut Tx, file: &CaseFile, asked: &Asked) -> Result<Option<Standing>, StoreError> {
    let key = [(asked.brand_id.clone(), asked.case_id.clone())];
    let mut messages = intake::messages_of(tx, &key).await?;
    let judged_silent = messages.iter().all(|m| m.needs_answer == 0);
    folding::in_force(&mut messages, &correction::of_cases(tx, &key).await?);
    folding::sort(&mut messages);
    let own = intake::own_posts_in(tx, std::slice::from_ref(&file.case.conversation_id)).await?;
    let answers = folding::answers_to(&own, &asked.brand_id, &file.case.author_id);
    let Some(before) = folding::summarise(&messages) else { return Ok(None) };
    let rises = surge::rises(tx, Timestamp(before.opened_at)).await?;
    Ok(Some(Standing { messages, answers, rises, before, judged_silent }))
}

impl Standing {
    /// The places of the messages that came after our last answer.
    fn unanswered(&self) -> impl Iterator<Item = usize> {
        let last = self.answers.last().map_or(i64::MIN, |a| a.at.millis());
        self.messages.iter().enumerate().filter(move |(_, m)| m.posted_at > last).map(|(at, _)| at)
    }

    /// What has to be said of which messages, so that the case becomes as wanted.
    fn changes(&self, wanted: &Corrected) -> Vec<Change> {
        let (messages, before) = (&self.messages, &self.before);
        let mut changes: Vec<Change> = Vec::new();
        let all = || messages.iter().enumerate();
        // The message that asks: from it the case has its intent, and its first clock.
        let live = || all().find(|(_, m)| m.historic == 0);
        let asking = all().find(|(_, m)| m.needs_answer == 1).or_else(live).map_or(0, |(at, _)| at);
        if let Some(level) = wanted.level.map(Level::number).filter(|l| *l != before.level) {
            let wilder = all().filter(|(_, m)| m.level < level).map(|(at, _)| at);
            let at: Vec<usize> = if level < before.level { vec![asking] } else { wilder.collect() };
            let code = Level::from_number(level).code();
            changes.extend(at.into_iter().map(|at| (at, Field::Level, code.to_owned())));
        }
        let needs = wanted.needs_answer.map(|needs| (needs, self.to_answer(needs, asking)));
        for (needs, at) in
            needs.into_iter().flat_map(|(needs, list)| list.into_iter().map(move |at| (needs, at)))
        {
            changes.push((at, Field::NeedsAnswer, yes_or_no(needs).to_owned()));
        }
        if let Some(private) = wanted.needs_private.filter(|n| i64::from(*n) != before.needs_private) {
            let open = all().filter(|(_, m)| m.needs_private == 1).map(|(at, _)| at);
            let at: Vec<usize> = if private { vec![asking] } else { open.collect() };
            changes.extend(at.into_iter().map(|at| (at, Field::NeedsPrivate, yes_or_no(private).to_owned())));
        }
        if let Some(intent) = wanted.intent.map(Intent::code).filter(|i| *i != before.intent) {
            // Where nothing asks any more, the first message gives the case its intent.
            let none_asks = wanted.needs_answer == Some(false) && self.answers.is_empty();
            changes.push((if none_asks { 0 } else { asking }, Field::Intent, intent.to_owned()));
        }
        if let Some(language) = wanted.language.map(Language::code).filter(|l| *l != before.language) {
            // Every message that was read as being in the wrong language was read wrongly.
            let wrong = all().filter(|(_, m)| m.language == before.language);
            changes.extend(wrong.map(|(at, _)| (at, Field::Language, language.to_owned())));
        }
        changes
    }

    /// The messages of which it has to be said whether they need an answer. What was answered did need
    /// one: 'no answer needed' is said of what came after, such as a closing 'thanks!'.
    fn to_answer(&self, needs: bool, asking: usize) -> Vec<usize> {
        let message = |at: &usize| &self.messages[*at];
        match (needs, self.before.needs_answer == 1) {
            (true, false) => vec![asking],
            (true, true) => self.unanswered().filter(|at| message(at).silenced == 1).collect(),
            (false, false) => Vec::new(),
            (false, true) if self.answers.is_empty() => {
                self.unanswered().filter(|at| message(at).needs_answer == 1).collect()
            }
            (false, true) => self.unanswered().filter(|at| message(at).silenced == 0).collect(),
        }
    }
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

/// One event with what changed, each field once.
fn note(file: &mut CaseFile, asked: &Asked, standing: &Standing, changes: &[Change]) {
    let one = |field: Field| {
        let (at, _, became) = changes.iter().find(|(_, f, _)| *f == field)?;
        let was = code_of(&standing.messages[*at], field);
        // A closing word of an answered case: the case needed an answer by its rule, not by its words.
        let was = if was == *became { yes_or_no(became == "0").to_owned() } else { was };
        Some(json!({ "field": field.code(), "was": was, "became": became }))
    };
    let changed: Vec<_> = Field::ALL.into_iter().filter_map(one).collect();
    let who = Who::Person(asked.actor.person.clone());
    file.note("corrected", &who, When::now(asked.now), &json!({ "changes": changed }));
}

/// Case and clocks follow what holds of the messages now. `silenced` tells that a person has just said
/// of some that they need no answer.
fn follow(
    file: &mut CaseFile,
    asked: &Asked,
    standing: &Standing,
    after: &Summary,
    silenced: bool,
) -> Result<Vec<ActionRow>, StepError> {
    let (now, when, answers) = (asked.now, When::now(asked.now), &standing.answers);
    let was_urgent = alerting::is_urgent(&file.case);
    let (raised, needed) = (after.level < file.case.level, file.case.needs_answer == 1);
    folding::apply(&mut file.case, after, answers);
    match (needed, after.needs_answer == 1) {
        (true, false) => {
            file.case.missed_at = None;
            file.void_all(NO_ANSWER, when)?;
        }
        (true, true) if silenced => file.void_responses(NO_ANSWER, when)?,
        (false, true) => {
            // What a person had silenced before was not missed by triage.
            file.case.missed_at = standing.judged_silent.then_some(now.millis());
            if !file.case.case_state()?.is_open() {
                let why = json!({ "reason": "needs an answer" });
                file.step(CaseEvent::Reopen, &Who::Person(asked.actor.person.clone()), when, &why)?;
            }
        }
        _ => {}
    }
    file.retarget_now(raised, now)?;
    let watched = asked.catalogue.brand(&asked.brand_id);
    if let Some(watched) = watched {
        folding::run_clocks(now, file, &watched.policy, &standing.messages, answers, false)?;
    }
    folding::press(file, &standing.messages, answers, &standing.rises);
    let Some(watched) = watched else { return Ok(Vec::new()) };
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
