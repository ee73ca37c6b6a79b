//! Who is told of a protocol: resolved when it is told, so that who has a role now is told now.

use super::rule_of;
use crate::alerting::{self, Team};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::escalation::{LEADS, TEAM};
use crate::domain::protocol::ProtocolKind;
use crate::domain::role::Walls;
use crate::domain::time::Timestamp;
use crate::store::protocol::{self as store, ProtocolRow};
use crate::store::rows::{ActionRow, CaseRow};
use crate::store::{StoreError, Tx};

/// What a role in the settings begins with.
pub const ROLE: &str = "role:";

/// The alerts for whom a protocol tells; notes on its row that it was told, and when it is told again.
pub async fn tell(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    case: &CaseRow,
    row: &mut ProtocolRow,
    stage: &str,
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let Some(kind) = ProtocolKind::from_code(&row.kind) else { return Ok(Vec::new()) };
    let Some(watched) = catalogue.brand(&case.brand_id) else { return Ok(Vec::new()) };
    let rule = rule_of(catalogue, &case.brand_id, kind);
    let names = rule.told();
    row.again_at = rule.again(row.told).map(|after| now.plus(after).millis());
    row.told += 1;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let teams = resolved(tx, catalogue, (&case.brand_id, &watched.brand.name), &names).await?;
    let what = (row.id.as_str(), kind.code(), &*format!("{stage}:{}", row.told));
    Ok(alerting::protocol(case, &watched.brand.name, &teams, what, mint, now))
}

/// Those who can be reached of the ones who are named; where nobody can, the team.
async fn resolved(
    tx: &mut Tx,
    catalogue: &Catalogue,
    (brand_id, brand): (&str, &str),
    names: &[String],
) -> Result<Vec<Team>, StoreError> {
    let reach = &catalogue.reach;
    let by_login = |login: &str| -> Vec<Team> {
        reach.people.iter().filter(|(l, _)| l.eq_ignore_ascii_case(login)).map(|(_, t)| t.clone()).collect()
    };
    let hearing =
        |leads: bool| catalogue.teams.iter().filter(move |t| t.leads == leads && t.hears(brand)).cloned();
    let mut found: Vec<Team> = Vec::new();
    for name in names {
        match name.as_str() {
            TEAM => found.extend(hearing(false)),
            LEADS => found.extend(hearing(true).chain(reach.leads.iter().cloned())),
            role if role.starts_with(ROLE) => {
                for (login, brands) in store::people_of(tx, role.trim_start_matches(ROLE)).await? {
                    if Walls::stored(brands.as_deref()).let_see(brand_id) {
                        found.extend(by_login(&login));
                    }
                }
            }
            name => {
                found.extend(by_login(name));
                found.extend(reach.channels.iter().filter(|c| c.chat.eq_ignore_ascii_case(name)).cloned());
            }
        }
    }
    if found.is_empty() {
        found.extend(hearing(false));
    }
    let mut each: Vec<Team> = Vec::new();
    for team in found {
        if !each.iter().any(|t| t.credential == team.credential && t.chat == team.chat) {
            each.push(team);
        }
    }
    Ok(each)
}
