//! Who is on duty hears of a step in their own chat with the bot: of those, who read the language of the case, see its
//! brand and have begun a private chat. Of a P1 that none of them reads those hear who do, though they are off.

use crate::alerting::Team;
use crate::domain::language::Language;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::time::{Span, Timestamp};
use crate::duty;
use crate::store::chat_person::{self, Reachable};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, duty as store, person};

/// With which credential the bot speaks.
const CREDENTIAL: &str = "telegram";

/// How far back and ahead a planned shift tells what somebody reads.
const PLANNED: Span = Span::days(14);

/// The private chats of those on duty for a case, each once.
pub(super) async fn on_duty(tx: &mut Tx, case: &CaseRow, now: Timestamp) -> Result<Vec<Team>, StoreError> {
    let people = chat_person::reachable(tx, CREDENTIAL).await?;
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let on = duty::on_at(tx, now).await?;
    let language = Language::from_code(&case.language).unwrap_or(Language::Unknown);
    let reads =
        |p: &Reachable| on.iter().any(|o| o.present.person == p.person_id && o.present.reach.reads(language));
    Ok(chats(people.iter().filter(|p| works(p, case) && reads(p)).collect()))
}

/// The private chats of those who read the language of a case, each once, where nobody on duty does who sees its brand: who
/// said when they were on last, or is planned these weeks, that they take up this language by name.
pub(super) async fn on_call(tx: &mut Tx, case: &CaseRow, now: Timestamp) -> Result<Vec<Team>, StoreError> {
    let Some(language) = Language::from_code(&case.language).filter(|l| *l != Language::Unknown) else {
        return Ok(Vec::new());
    };
    let people = chat_person::reachable(tx, CREDENTIAL).await?;
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let on = duty::on_at(tx, now).await?;
    if !on.is_empty() {
        let all = person::all(tx).await?;
        let sees = |id: &str| {
            let found = all.iter().find(|p| p.id == id);
            found.is_some_and(|p| Walls::stored(p.brands.as_deref()).let_see(&case.brand_id))
        };
        if on.iter().any(|o| o.present.reach.reads(language) && sees(&o.present.person)) {
            return Ok(Vec::new());
        }
    }
    let planned = store::shifts(tx, now.minus(PLANNED), now.plus(PLANNED)).await?;
    let mut readers = Vec::new();
    for p in people.iter().filter(|p| works(p, case)) {
        let said = store::last_reach(tx, &p.person_id).await?;
        let plans = planned.iter().filter(|s| s.person == p.person_id).map(|s| &s.reach);
        if said.iter().chain(plans).any(|reach| reach.languages.contains(&language)) {
            readers.push(p);
        }
    }
    Ok(chats(readers))
}

/// Whether somebody works on cases and sees the brand of this one.
fn works(p: &Reachable, case: &CaseRow) -> bool {
    Role::from_code(&p.role).is_some_and(|role| role.may(Right::Work))
        && Walls::stored(p.brands.as_deref()).let_see(&case.brand_id)
}

/// One person, one alert, from whatever telephones they write.
fn chats(mut people: Vec<&Reachable>) -> Vec<Team> {
    people.dedup_by(|a, b| a.person_id == b.person_id);
    let team = |p: &Reachable| Team {
        credential: CREDENTIAL.to_owned(),
        chat: p.user_id.clone(),
        brands: Vec::new(),
        leads: false,
    };
    people.into_iter().map(team).collect()
}
