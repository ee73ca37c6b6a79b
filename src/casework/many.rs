//! Answers to many: a person's press on a selection that they reviewed. Each goes the ordinary road of an answer, with
//! its guards: the version that was seen, length, personal data, what stands already. The words are approved ones of the
//! incident in the case's language; they leave one after another on each account.
//!
//! That it is solved goes also to a case that is over and that an answer to many had reached: nothing reopens it, nobody
//! takes it, no clock runs, and what its customer says to it opens it as ever.

use super::{Act, Actor, Answer, Asked, Casework, CaseworkError, answering, selecting, surveying};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::ids::SendingId;
use crate::domain::incident::{After, Purpose};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::incident::{self as store, LineRow, SentRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer as words, console, survey};
use serde_json::json;

/// Between two answers to many on one account.
pub const PACE: Span = Span::seconds(3);
/// How long who pressed keeps a case that was nobody's, counted from when its answer is to leave.
const KEPT: Span = Span::minutes(15);
/// Most cases that one press answers.
pub const MANY_MAX: usize = 200;

/// What makes an answer one to many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToMany {
    /// The incident.
    pub incident: String,
    /// The press.
    pub sending: String,
    /// What for.
    pub purpose: Purpose,
    /// Its place in the selection: by it one of several variants is taken.
    pub turn: usize,
}

/// What a press brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManyDone {
    /// How many answers were made.
    pub made: usize,
    /// The cases that got none, by id, and why.
    pub refused: Vec<(String, String)>,
}

impl Casework {
    /// Answers the cases of a selection, each as seen at its version. One that cannot be answered stops no other.
    pub async fn answer_many(
        &self,
        brand_id: &str,
        incident: &str,
        purpose: Purpose,
        selected: &[(String, i64)],
        actor: &Actor,
    ) -> Result<ManyDone, CaseworkError> {
        self.require(actor, Right::Bulk, "incident.send", (brand_id, incident)).await?;
        if selected.is_empty() || selected.len() > MANY_MAX {
            let what = format!("{} chosen; wanted are 1 to {MANY_MAX}", selected.len());
            return Err(CaseworkError::Invalid { field: "cases", what });
        }
        let sending = self.mint.id(self.clock.now(), SendingId::new).to_string();
        let mut done = ManyDone::default();
        for (turn, (case_id, seen)) in selected.iter().enumerate() {
            let many = ToMany { incident: incident.to_owned(), sending: sending.clone(), purpose, turn };
            // That it is solved answers nothing anew, so it may follow an answer to the same message.
            let again = purpose == Purpose::Solved;
            let answer = Answer { again, many: Some(many), ..Answer::default() };
            match self.act(brand_id, case_id, *seen, actor, Act::Answer(answer)).await {
                Ok(_) => done.made += 1,
                Err(error @ CaseworkError::Store(_)) => return Err(error),
                Err(error) => done.refused.push((case_id.clone(), error.to_string())),
            }
        }
        let (brand_id, id, person) = (brand_id.to_owned(), incident.to_owned(), actor.person.to_string());
        let (now, made) = (self.clock.now(), done.made);
        let noted = self.db.write_again("noting answers to many", move |tx| {
            let (brand_id, id, person, sending) =
                (brand_id.clone(), id.clone(), person.clone(), sending.clone());
            Box::pin(async move {
                let Some(mut row) = store::get(tx, &brand_id, &id).await? else { return Ok(()) };
                row.version += 1;
                store::put(tx, &row).await?;
                let body = json!({ "sending": sending, "answers": made, "purpose": purpose.code() });
                store::note(tx, &row, now, "sent", Some(&person), &body.to_string()).await
            })
        });
        noted.await?;
        Ok(done)
    }
}

/// Answers to many go after those to one customer, and before reminders.
const PRIORITY: i64 = 20;

type Answered = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

/// An answer, to one or to many.
pub(super) async fn answer(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, wanted: &Answer) -> Answered {
    let Some(many) = &wanted.many else { return answering::answer(tx, file, asked, wanted).await };
    let line = match line_for(tx, file, asked, many).await? {
        Ok(line) => line,
        Err(refused) => return Ok(Err(refused)),
    };
    let found = words::contents(tx, &[line.content_id()]).await?;
    let Some((_, text)) = found.into_iter().next() else {
        return Ok(Err(CaseworkError::Refused("the words are no longer kept".to_owned())));
    };
    let over = !file.case.case_state()?.is_open();
    let before = file.case.claim().filter(|c| c.until.is_none_or(|u| u > asked.now));
    let filled = Answer { text, ..wanted.clone() };
    let mut actions = match answering::answer(tx, file, asked, &filled).await? {
        Ok(actions) => actions,
        Err(refused) => return Ok(Err(refused)),
    };
    for action in &mut actions {
        let waiting = store::last_waiting(tx, &action.credential).await?.map(|at| at.plus(PACE));
        let leaves = Timestamp(action.not_before).max(waiting.unwrap_or(Timestamp(0)));
        action.not_before = leaves.millis();
        // Behind answers to one, however long it has waited.
        action.priority = PRIORITY;
        let mut payload: serde_json::Value = serde_json::from_str(&action.payload).unwrap_or_default();
        payload["many"] = json!(many.incident);
        if over {
            payload["afterwards"] = json!(true);
        }
        action.payload = payload.to_string();
        if before.is_none() && !over {
            file.case.claimed_until = Some(leaves.plus(KEPT).millis());
        }
        let sent = SentRow {
            action_id: action.id.clone(),
            incident_id: many.incident.clone(),
            sending_id: many.sending.clone(),
            brand_id: asked.brand_id.clone(),
            case_id: asked.case_id.clone(),
            purpose: many.purpose.code().to_owned(),
            credential: action.credential.clone(),
            line_id: line.id.clone(),
            made_at: asked.now.millis(),
        };
        store::sent(tx, &sent).await?;
    }
    let who = Who::Person(asked.actor.person.clone());
    file.note("to_many_queued", &who, When::now(asked.now), &json!({ "purpose": many.purpose.code() }));
    Ok(Ok(actions))
}

/// The approved words for a case, if it may be answered so.
async fn line_for(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    many: &ToMany,
) -> Result<Result<LineRow, CaseworkError>, StoreError> {
    let refused = |why: String| Ok(Err(CaseworkError::Refused(why)));
    let of = store::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    if !of.iter().any(|(id, _, _)| *id == many.incident) {
        return refused("the case is not in this incident any more".to_owned());
    }
    if many.purpose == Purpose::Solved && file.case.first_answer_at.is_none() {
        return refused("nobody has answered there yet".to_owned());
    }
    if let Some(why) = over_for(tx, file, asked, many).await? {
        return refused(why.to_owned());
    }
    for action in
        store::made(tx, &asked.brand_id, &many.incident, &asked.case_id, many.purpose.code()).await?
    {
        let stands = console::action(tx, &asked.brand_id, &action).await?;
        if stands.is_some_and(|a| !matches!(a.state.as_str(), "cancelled" | "refused")) {
            return Ok(Err(CaseworkError::AnsweredAlready));
        }
    }
    let lines = store::lines(tx, &asked.brand_id, &many.incident).await?;
    let fit = |l: &LineRow| {
        l.state == "approved" && l.purpose == many.purpose.code() && l.language == file.case.language
    };
    let mut fitting: Vec<LineRow> = lines.into_iter().filter(fit).collect();
    if fitting.is_empty() {
        return refused(format!("there are no approved words in '{}'", file.case.language));
    }
    let turn = many.turn % fitting.len();
    Ok(Ok(fitting.swap_remove(turn)))
}

/// Why a case that is over gets no words for many; none: it is open, or hears that it is solved.
async fn over_for(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    many: &ToMany,
) -> Result<Option<&'static str>, StoreError> {
    if file.case.case_state()?.is_open() {
        return Ok(None);
    }
    if many.purpose == Purpose::Answer {
        return Ok(After::default().why_not());
    }
    let (brand, case) = (asked.brand_id.as_str(), asked.case_id.as_str());
    let known = selecting::over(tx, brand, std::slice::from_ref(&asked.case_id)).await?;
    let mut after = known.get(case).copied().unwrap_or_default();
    for action in store::made(tx, brand, &many.incident, case, Purpose::Answer.code()).await? {
        let stands = console::action(tx, brand, &action).await?;
        after.reached |= stands.is_some_and(|a| a.state == "done");
    }
    // Who wrote last may be another account of the same person.
    if let Some(target) = words::target(tx, brand, case, None).await? {
        let accounts = survey::accounts(tx, (&file.case.author_id, &target.author_id)).await?;
        after.unwanted |= surveying::objects(tx, &accounts).await?;
    }
    Ok(after.why_not())
}
