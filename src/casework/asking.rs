//! Who hears that an answer waits for a colleague, and what became of it: the team's chats, those on duty who may stand
//! for it, and who wrote it. What is said is read anew when it is sent.

use super::{Asked, guarding, newcomers};
use crate::casefile::CaseFile;
use crate::domain::ids::ActionId;
use crate::domain::role::{Right, Role, Walls};
use crate::duty;
use crate::store::chat_person::{self, Reachable};
use crate::store::guard::PassRow;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};
use serde_json::json;

/// With which credential the bot speaks.
const CREDENTIAL: &str = "telegram";
/// The kind of these actions.
const APPROVAL: &str = "approval";
/// Most people who are asked in private.
const ASKED_MAX: usize = 20;
/// The kind of those that tell somebody that a note names them.
const NAMED: &str = "named";
/// After alerts of urgent cases, before warnings.
const PRIORITY: i64 = 18;

/// The chats of the bot that hear of the brand; none where there is no bot.
fn teams(asked: &Asked) -> Option<Vec<String>> {
    let all = || asked.catalogue.teams.iter().filter(|t| t.credential == CREDENTIAL);
    all().next()?;
    let brand = asked.catalogue.brand(&asked.brand_id).map(|w| w.brand.name.clone()).unwrap_or_default();
    Some(all().filter(|t| t.hears(&brand)).map(|t| t.chat.clone()).collect())
}

fn action(asked: &Asked, file: &CaseFile, pass: &str, chat: &str, kind: &str) -> ActionRow {
    let id = asked.mint.id(asked.now, ActionId::new).to_string();
    let once = format!("{APPROVAL}:{CREDENTIAL}:{chat}:{pass}:{kind}");
    let mut action = ActionRow::ready(id, &asked.brand_id, APPROVAL, CREDENTIAL, once, asked.now);
    action.case_id = Some(file.case.id.clone());
    action.priority = PRIORITY;
    action.payload = json!({ "chat": chat, "pass": pass, "brand": asked.brand_id, "kind": kind }).to_string();
    action
}

/// Whether somebody may stand for an answer to this brand.
fn may_stand(who: &Reachable, brand_id: &str) -> bool {
    Role::from_code(&who.role).is_some_and(|role| role.may(Right::Approve))
        && Walls::stored(who.brands.as_deref()).let_see(brand_id)
}

/// An answer waits: the teams hear it, and those who may stand for it; of these who is on duty, if anybody is.
pub(super) async fn waits(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    pass: &PassRow,
) -> Result<Vec<ActionRow>, StoreError> {
    let Some(mut chats) = teams(asked) else { return Ok(Vec::new()) };
    let mut people = chat_person::reachable(tx, CREDENTIAL).await?;
    people.retain(|p| may_stand(p, &asked.brand_id) && p.person_id != pass.asked_by);
    // What only a lead may let go is asked of leads: of those on duty, or of all.
    if pass.kinds.split(' ').any(|kind| kind == guarding::PROTOCOL) {
        people.retain(|p| Role::from_code(&p.role).is_some_and(|role| role.may(Right::Steer)));
    }
    if !people.is_empty() {
        let on = duty::on_at(tx, asked.now).await?;
        let is_on = |p: &Reachable| on.iter().any(|o| o.present.person == p.person_id);
        if people.iter().any(is_on) {
            people.retain(is_on);
        }
    }
    // What a newcomer wrote is the buddy's first; the others hear of it when it is theirs too.
    let (mut first, mut later) = (Vec::new(), asked.now);
    if guarding::is_of_newcomer(pass)
        && let Some(buddy) = newcomers::buddy(tx, &pass.asked_by, asked).await?
        && let Some(at) = people.iter().position(|p| p.person_id == buddy)
    {
        first.push(people.remove(at).user_id);
        later = newcomers::open_to_all(file, asked.now).max(asked.now);
    }
    chats.extend(people.into_iter().take(ASKED_MAX).map(|p| p.user_id));
    let mut all: Vec<ActionRow> =
        first.iter().map(|chat| action(asked, file, &pass.id, chat, "asked")).collect();
    all.extend(chats.iter().map(|chat| {
        let mut action = action(asked, file, &pass.id, chat, "asked");
        action.not_before = action.not_before.max(later.millis());
        action
    }));
    Ok(all)
}

/// A newcomer needs nobody any more: these people hear it in private, or the teams where none of them can be reached.
pub(super) async fn tell(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    pass: &PassRow,
    hears: impl Fn(&Reachable) -> bool,
) -> Result<Vec<ActionRow>, StoreError> {
    let Some(teams) = teams(asked) else { return Ok(Vec::new()) };
    let people = chat_person::reachable(tx, CREDENTIAL).await?;
    let chats: Vec<String> = people.into_iter().filter(|p| hears(p)).map(|p| p.user_id).collect();
    let chats = if chats.is_empty() { teams } else { chats };
    Ok(chats.iter().map(|chat| action(asked, file, &pass.id, chat, "graduated")).collect())
}

/// It was decided about: who wrote it hears it, in private where that is possible.
pub(super) async fn decided(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    pass: &PassRow,
    kind: &str,
) -> Result<Vec<ActionRow>, StoreError> {
    let Some(teams) = teams(asked) else { return Ok(Vec::new()) };
    if pass.asked_by == asked.actor.person.as_str() {
        return Ok(Vec::new());
    }
    let people = chat_person::reachable(tx, CREDENTIAL).await?;
    let writer = people.into_iter().find(|p| p.person_id == pass.asked_by);
    let chats = writer.map_or(teams, |p| vec![p.user_id]);
    Ok(chats.iter().map(|chat| action(asked, file, &pass.id, chat, kind)).collect())
}

/// A note names colleagues: those who can be written to in private hear it there.
pub(super) async fn named(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    people: &[&str],
) -> Result<Vec<ActionRow>, StoreError> {
    if people.is_empty() || teams(asked).is_none() {
        return Ok(Vec::new());
    }
    let reachable = chat_person::reachable(tx, CREDENTIAL).await?;
    let told = reachable.into_iter().filter(|p| people.contains(&p.person_id.as_str()));
    let one = |p: Reachable| {
        let id = asked.mint.id(asked.now, ActionId::new).to_string();
        let once = format!("{NAMED}:{CREDENTIAL}:{}:{}:{}", p.user_id, file.case.id, file.case.version);
        let mut action = ActionRow::ready(id, &asked.brand_id, NAMED, CREDENTIAL, once, asked.now);
        action.case_id = Some(file.case.id.clone());
        action.priority = PRIORITY;
        let by = asked.actor.person.as_str();
        action.payload = json!({ "chat": p.user_id, "brand": asked.brand_id, "by": by }).to_string();
        action
    };
    Ok(told.map(one).collect())
}
