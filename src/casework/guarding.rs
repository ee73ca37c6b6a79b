//! Personal data in public answers: who may let it pass, and who looks at it afterwards.
//!
//! A lead stands for it alone, everybody else needs a second person on duty. Who is alone on shift says
//! why, and somebody else looks at it the day after. What is recorded are the kinds of data and the people,
//! never the data. What the brand allows is no personal data here: nobody is asked about it.

use super::allowing::NO_PERSON;
use super::answering::{self, Answer, Handed, Meant};
use super::{
    Asked, CaseworkError, Files, Promising, REASON_CHARS_MAX, asking, enclosing, holding, newcomers,
    protocols,
};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::brand::Brand;
use crate::domain::ids::PassId;
use crate::domain::judgement::PersonalData;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::guard::{self, PassRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, handover};
use serde_json::json;
use std::collections::BTreeSet;

/// How long ago somebody was last seen at work who counts as on duty.
pub const ON_DUTY: Span = Span::minutes(15);
/// When somebody else looks at what was let pass alone.
const REVIEW_AFTER: Span = Span::hours(12);

/// Stands with the kinds of what a newcomer wrote.
pub const NEWCOMER: &str = "newcomer";
/// Stands with the kinds of what a lead must send, for a protocol runs.
pub const PROTOCOL: &str = "protocol";

/// Whether a newcomer wrote what waits.
pub fn is_of_newcomer(pass: &PassRow) -> bool {
    pass.kinds.split(' ').any(|kind| kind == NEWCOMER)
}

/// The kinds of what was found, each once.
pub fn kinds(found: &[PersonalData]) -> String {
    let names: BTreeSet<&str> = found.iter().map(|f| f.kind.code()).collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

/// The brand's forms of references, and what its answers may hold all the same: the code of this case, too.
/// None where only the customer reads it.
pub(super) async fn forms(
    tx: &mut Tx,
    asked: &Asked,
    brand: &Brand,
    public: bool,
) -> Result<Option<(Vec<String>, Vec<String>)>, StoreError> {
    if !public {
        return Ok(None);
    }
    let mut allow = brand.allow.clone();
    let way = handover::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    allow.extend(super::doors::own_ways(&asked.answers.accounts, &brand.name));
    allow.extend(way.iter().flat_map(|w| [w.code.clone(), w.code.trim_start_matches("WC-").to_owned()]));
    Ok(Some((brand.references.clone(), allow)))
}

fn row(asked: &Asked, file: &CaseFile, mention: &str, found: &[PersonalData], reason: &str) -> PassRow {
    PassRow {
        id: asked.mint.id(asked.now, PassId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        case_id: file.case.id.clone(),
        mention_id: mention.to_owned(),
        kinds: kinds(found),
        state: "asked".to_owned(),
        asked_by: asked.actor.person.to_string(),
        asked_at: asked.now.millis(),
        reason: reason.trim().to_owned(),
        decided_by: None,
        decided_at: None,
        review_from: None,
        reviewed_by: None,
        reviewed_at: None,
        action_id: None,
    }
}

fn reasoned(reason: &str) -> Result<(), CaseworkError> {
    let count = reason.trim().chars().count();
    if count == 0 || count > REASON_CHARS_MAX {
        let what = format!("say in 1 to {REASON_CHARS_MAX} characters why this must stand in public");
        return answering::invalid("reason", what);
    }
    Ok(())
}

/// Whether this answer may hold what was found; `Ok(Ok(pass))` gives the row to be kept with it.
pub(super) async fn may_pass(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    wanted: &Answer,
    (mention, found): (&str, &[PersonalData]),
) -> Result<Result<Option<PassRow>, CaseworkError>, StoreError> {
    let refused = || Ok(Err(CaseworkError::PersonalData { found: found.to_vec() }));
    match &wanted.meant {
        Meant::No => refused(),
        // Another person stood for it already, and is on record.
        Meant::Passed => Ok(Ok(None)),
        Meant::Sure if asked.actor.lead => Ok(Ok(None)),
        Meant::Sure => refused(),
        Meant::Alone { reason } => {
            if let Err(error) = reasoned(reason) {
                return Ok(Err(error));
            }
            let since = asked.now.minus(ON_DUTY);
            if guard::others_on_duty(tx, asked.actor.person.as_str(), since).await? > 0 {
                let why = "somebody else is on duty; ask them to look at it";
                return Ok(Err(CaseworkError::Refused(why.to_owned())));
            }
            let mut pass = row(asked, file, mention, found, reason);
            "alone".clone_into(&mut pass.state);
            pass.review_from = Some(asked.now.plus(REVIEW_AFTER).millis());
            Ok(Ok(Some(pass)))
        }
    }
}

/// Why an answer cannot wait for somebody: only its words and what it answers are kept until then. Nothing where it can.
fn cannot_wait(wanted: &Answer, protocol: bool) -> Option<&'static str> {
    if wanted.handed != Handed::No {
        return Some(if protocol {
            "a protocol runs: a lead sends what goes there in private"
        } else {
            "what goes there in private waits for nobody: somebody else writes it"
        });
    }
    if protocol && wanted.resolve.is_some() {
        return Some("a protocol runs and a lead sends this answer: resolve the case once it stands");
    }
    let promises = matches!(&wanted.promise, Promising::With(all) if !all.is_empty());
    (protocol && promises)
        .then_some("a protocol runs and a lead sends this answer: write the promise down by itself")
}

/// Asks a second person: the answer is kept and waits.
pub(super) async fn ask(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (wanted, reason): (&Answer, &str),
    protocol: bool,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    // What a newcomer writes is always looked at, and what is written while a protocol runs; nobody has to say why.
    let newcomer = !asked.may(Right::Answer);
    let proposes = newcomer || protocol;
    if !proposes && let Err(error) = reasoned(reason) {
        return Ok(Err(error));
    }
    if let Some(why) = cannot_wait(wanted, protocol) {
        return Ok(Err(CaseworkError::Refused(why.to_owned())));
    }
    if wanted.text.trim().is_empty() {
        return Ok(answering::invalid("text", "empty; write an answer".to_owned()));
    }
    let prepared = match answering::prepare(tx, asked, wanted).await? {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Some(why) = prepared.composed.refused.as_ref().filter(|_| !prepared.goes_in_parts(wanted)) {
        return Ok(answering::invalid("text", why.clone()));
    }
    let files = match enclosing::checked(tx, asked, wanted, &prepared).await? {
        Ok(files) => files,
        Err(refused) => return Ok(Err(refused)),
    };
    if prepared.personal.is_empty() && !proposes {
        let why = "nothing in it needs a second person; send it";
        return Ok(Err(CaseworkError::Refused(why.to_owned())));
    }
    // Whether another answer is meant is said now; later it counts only what was made since.
    let mention = &prepared.target.mention_id;
    let handed = prepared.handed(wanted);
    if !wanted.again && answering::is_answered(tx, &asked.brand_id, mention, handed).await? {
        return Ok(Err(CaseworkError::AnsweredAlready));
    }
    let mut pass = row(asked, file, mention, &prepared.personal, reason);
    let kinds = [(wanted.automatic, holding::word()), (newcomer, NEWCOMER), (protocol, PROTOCOL)];
    for (is, word) in kinds {
        if is {
            pass.kinds = format!("{word} {}", pass.kinds).trim_end().into();
        }
    }
    guard::add(tx, &pass).await?;
    enclosing::bind(tx, &files, ("asked", &pass.id)).await?;
    let id = format!("{}/text", pass.id);
    answer::put_content(tx, &id, &prepared.target.author_id, "guarded", wanted.text.trim()).await?;
    if !wanted.automatic {
        answer::drop_draft(tx, &asked.case_id, asked.actor.person.as_str()).await?;
    }
    let body = json!({ "pass": pass.id, "kinds": pass.kinds });
    file.note("guard_asked", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    Ok(Ok(asking::waits(tx, file, asked, &pass).await?))
}

/// Sends what waited, for somebody stands for it.
async fn sent(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    pass: &PassRow,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let texts = answer::contents(tx, &[format!("{}/text", pass.id)]).await?;
    let Some((_, text)) = texts.into_iter().next() else {
        return Ok(Err(CaseworkError::AuthorRemoved));
    };
    // It is the answer of who wrote it; this person only stands for the data in it.
    let mut writer = asked.clone();
    writer.actor.person = crate::domain::ids::PersonId::stored(pass.asked_by.clone());
    writer.actor.lead = false;
    // What was answered before they asked they knew of.
    let about = answer::about(tx, &asked.brand_id, &pass.mention_id).await?;
    let again = !about.iter().any(|a| a.kind == "reply" && a.created_at >= pass.asked_at);
    let (to, split) = (Some(pass.mention_id.clone()), true);
    let files = Files::OfPass(pass.id.clone());
    let mut wanted = Answer { text, to, again, files, meant: Meant::Passed, split, ..Answer::default() };
    let holds = holding::is_of(pass);
    if holds {
        if protocols::is_locked(tx, &asked.brand_id, &asked.case_id).await? {
            let why = "a protocol runs: no ready-made words go there";
            return Ok(Err(CaseworkError::Refused(why.to_owned())));
        }
        wanted = holding::passed(file, &writer, wanted);
    }
    let done = answering::answer(tx, file, &writer, &wanted).await?;
    if holds && done.is_ok() {
        holding::note(file, &writer, &writer.actor.person);
    }
    Ok(done)
}

/// A second person lets it pass, or does not. What is too long could wait only because it was to go in parts.
pub(super) async fn decide(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (pass_id, pass_it, reason): (&str, bool, &str),
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let found = guard::get(tx, &asked.brand_id, pass_id).await?;
    let Some(pass) = found.filter(|p| p.case_id == asked.case_id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let by = asked.actor.person.as_str();
    let over = || Ok(Err(CaseworkError::Refused("somebody has decided about it already".to_owned())));
    if pass.state != "asked" {
        return over();
    }
    let reason = reason.trim();
    if reason.chars().count() > REASON_CHARS_MAX {
        return Ok(answering::invalid("reason", format!("longer than {REASON_CHARS_MAX} characters")));
    }
    if pass_it && pass.asked_by == by && !asked.actor.lead {
        let why = "a second person must look at it, not the one who wrote it";
        return Ok(Err(CaseworkError::Refused(why.to_owned())));
    }
    if pass_it && asked.is_program() && !asked.actor.lead {
        return Ok(Err(CaseworkError::Refused(NO_PERSON.to_owned())));
    }
    if pass_it && newcomers::is_the_buddys(tx, file, asked, &pass).await? {
        return Ok(Err(CaseworkError::Refused(newcomers::BUDDY_FIRST.to_owned())));
    }
    let mut actions = Vec::new();
    if pass_it {
        actions = match sent(tx, file, asked, &pass).await? {
            Ok(actions) => actions,
            Err(refused) => return Ok(Err(refused)),
        };
    }
    let state = if pass_it { "passed" } else { "refused" };
    let action = actions.first().map(|a| a.id.as_str());
    if !guard::decide(tx, (&asked.brand_id, pass_id), state, (by, action), asked.now).await? {
        return over();
    }
    guard::forget(tx, pass_id).await?;
    if !pass_it {
        enclosing::drop_of(tx, asked, pass_id).await?;
    }
    let kind = if pass_it { "guard_passed" } else { "guard_refused" };
    let mut body = json!({ "pass": pass_id, "kinds": pass.kinds });
    if !pass_it && !reason.is_empty() {
        let id = format!("{pass_id}/reason");
        answer::put_content(tx, &id, &file.case.author_id, "note", reason).await?;
        body["content"] = json!(id);
    }
    file.note(kind, &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    actions.extend(asking::decided(tx, file, asked, &pass, state).await?);
    // Holding words are not theirs: they tell nothing of how they write.
    if pass_it && !holding::is_of(&pass) {
        actions.extend(newcomers::count(tx, file, asked, &pass).await?);
    }
    Ok(Ok(actions))
}

/// Somebody else looked at what was let pass alone.
pub(super) async fn review(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    pass_id: &str,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let found = guard::get(tx, &asked.brand_id, pass_id).await?;
    if found.is_none_or(|p| p.case_id != asked.case_id) {
        return Ok(Err(CaseworkError::NotFound));
    }
    let by = asked.actor.person.as_str();
    if !guard::review(tx, &asked.brand_id, pass_id, by, asked.now).await? {
        let why = "there is nothing to look at any more, or somebody else must do it";
        return Ok(Err(CaseworkError::Refused(why.to_owned())));
    }
    let who = Who::Person(asked.actor.person.clone());
    file.note("guard_reviewed", &who, When::now(asked.now), &json!({ "pass": pass_id }));
    Ok(Ok(()))
}

impl super::Casework {
    /// Of these brands, what was let pass alone and nobody else has looked at yet.
    pub async fn to_review(&self, brands: Vec<String>) -> Result<Vec<PassRow>, CaseworkError> {
        let now: Timestamp = self.clock.now();
        let found = self.db.read("reading what is to be looked at", move |tx| {
            Box::pin(async move {
                let mut all = Vec::new();
                for brand in &brands {
                    all.extend(guard::to_review(tx, brand, now).await?);
                }
                Ok(all)
            })
        });
        Ok(found.await?)
    }
}
