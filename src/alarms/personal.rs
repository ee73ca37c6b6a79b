//! Who is on duty hears of a step in their own chat with the bot: of those, who read the language of the case, see its
//! brand and have begun a private chat.

use crate::alerting::Team;
use crate::domain::language::Language;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::time::Timestamp;
use crate::duty;
use crate::store::chat_person::{self, Reachable};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx};

/// With which credential the bot speaks.
const CREDENTIAL: &str = "telegram";

/// The private chats of those on duty for a case, each once.
pub(super) async fn on_duty(tx: &mut Tx, case: &CaseRow, now: Timestamp) -> Result<Vec<Team>, StoreError> {
    let people = chat_person::reachable(tx, CREDENTIAL).await?;
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let on = duty::on_at(tx, now).await?;
    let language = Language::from_code(&case.language).unwrap_or(Language::Unknown);
    let is_for = |p: &&Reachable| {
        let works = Role::from_code(&p.role).is_some_and(|role| role.may(Right::Work));
        let reads = on.iter().any(|o| o.present.person == p.person_id && o.present.reach.reads(language));
        works && reads && Walls::stored(p.brands.as_deref()).let_see(&case.brand_id)
    };
    let mut chats: Vec<&Reachable> = people.iter().filter(is_for).collect();
    // One person, one alert, from whatever telephones they write.
    chats.dedup_by(|a, b| a.person_id == b.person_id);
    let team = |p: &Reachable| Team {
        credential: CREDENTIAL.to_owned(),
        chat: p.user_id.clone(),
        brands: Vec::new(),
        leads: false,
    };
    Ok(chats.into_iter().map(team).collect())
}
