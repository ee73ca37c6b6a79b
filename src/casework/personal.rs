//! What goes to people in their own chat with the bot: to whom of those who are meant, and as which action. What is
//! said is read anew when it is sent.

use crate::clock::Mint;
use crate::domain::ids::ActionId;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::time::Timestamp;
use crate::store::chat_person;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};

/// With which credential the bot speaks.
pub(super) const CREDENTIAL: &str = "telegram";
/// After alerts of urgent cases, before warnings.
const PRIORITY: i64 = 18;

/// The private chats of those of `people` who have one and may work on the brand's cases: person and chat, each person
/// once.
pub(super) async fn chats(
    tx: &mut Tx,
    brand_id: &str,
    people: &[String],
) -> Result<Vec<(String, String)>, StoreError> {
    let mut found: Vec<(String, String)> = Vec::new();
    for p in chat_person::reachable(tx, CREDENTIAL).await? {
        let works = Role::from_code(&p.role).is_some_and(|role| role.may(Right::Work));
        let sees = Walls::stored(p.brands.as_deref()).let_see(brand_id);
        if works && sees && people.contains(&p.person_id) && !found.iter().any(|f| f.0 == p.person_id) {
            found.push((p.person_id, p.user_id));
        }
    }
    Ok(found)
}

/// A message about a case.
pub(super) fn message(
    mint: &Mint,
    (kind, once): (&'static str, String),
    (brand_id, case_id): (&str, &str),
    body: &serde_json::Value,
    now: Timestamp,
) -> ActionRow {
    let id = mint.id(now, ActionId::new).to_string();
    let mut action = ActionRow::ready(id, brand_id, kind, CREDENTIAL, once, now);
    action.case_id = Some(case_id.to_owned());
    action.priority = PRIORITY;
    action.payload = body.to_string();
    action
}
