//! The customer of a case: their accounts, as far as they are known to be one person's, and their other cases with the
//! brand. What stands in those is covered, whoever holds this one.

use super::thread::names;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::store::console::{self, ShownMessage};
use crate::store::customer;
use crate::store::held;
use crate::store::rows::CaseRow;
use crate::store::subject::{self, AccountRow};
use crate::store::{StoreError, Tx};
use crate::web::inbox::{covers, words};
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;

/// Most other cases that are shown.
const CASES_MAX: usize = 10;
/// One more than are shown, so that it is known whether there are more.
const ASKED: i64 = 11;
/// How much of a case's first message is shown.
const CHARS_MAX: usize = 80;

/// What is read of it.
#[derive(Default)]
pub struct Found {
    accounts: Vec<AccountRow>,
    cases: Vec<CaseRow>,
    firsts: Vec<ShownMessage>,
    away: Option<(String, i64)>,
}

/// An account.
pub struct Account {
    pub name: Shown,
    pub handle: Option<Shown>,
    pub platform: String,
}

/// That the account of whose case it is cannot be reached: how, and since when.
pub struct AwaySince {
    pub how: String,
    pub since: Moment,
}

/// Another case.
pub struct Other {
    pub id: String,
    pub number: i64,
    pub level: &'static str,
    pub state: String,
    pub platform: String,
    pub at: Moment,
    /// The tag of the language of its words.
    pub tongue: Option<&'static str>,
    pub about: Option<Shown>,
}

/// The part of the page.
pub struct Part {
    /// Where there is more than one.
    pub accounts: Vec<Account>,
    pub cases: Vec<Other>,
    /// There are older ones that are not shown.
    pub more: bool,
    /// Their account is away.
    pub away: Option<AwaySince>,
}

/// Reads the accounts of whose case it is, and their other cases.
pub async fn load(tx: &mut Tx, case: &CaseRow) -> Result<Found, StoreError> {
    let ids = customer::accounts_of(tx, &case.brand_id, &case.author_id).await?;
    let cases = customer::cases_of(tx, &case.brand_id, &ids, &case.id, ASKED).await?;
    let accounts = if ids.len() > 1 { subject::accounts(tx, &ids).await? } else { Vec::new() };
    let pairs: Vec<(String, String)> =
        cases.iter().map(|k| (k.brand_id.clone(), k.first_mention_id.clone())).collect();
    let firsts = if pairs.is_empty() { Vec::new() } else { console::messages(tx, &pairs).await? };
    let away = held::away(tx, &case.author_id).await?;
    Ok(Found { accounts, cases, firsts, away })
}

fn other(k: &CaseRow, firsts: &[ShownMessage], t: &Texts) -> Other {
    let first = firsts.iter().find(|m| m.mention_id == k.first_mention_id && m.deleted_at.is_none());
    let about = first.and_then(|m| Some((words(m.body.as_deref())?, covers(&m.personal_data))));
    Other {
        id: k.id.clone(),
        number: k.number,
        level: Level::from_number(k.level).code(),
        state: t.name("state", &k.state),
        platform: k.platform.clone(),
        at: Moment::of(k.opened_at),
        tongue: Language::tag_of(&k.language),
        about: about.map(|(text, covers)| Shown::excerpt(&text, &covers, CHARS_MAX, t)),
    }
}

/// As the page shows it.
pub fn part(found: &Found, t: &'static Texts) -> Part {
    let account = |a: &AccountRow| {
        let (name, handle) = names(a.profile.as_deref(), t);
        Account { name, handle, platform: a.platform.clone() }
    };
    Part {
        accounts: found.accounts.iter().map(account).collect(),
        cases: found.cases.iter().take(CASES_MAX).map(|k| other(k, &found.firsts, t)).collect(),
        more: found.cases.len() > CASES_MAX,
        away: found
            .away
            .as_ref()
            .map(|(how, since)| AwaySince { how: t.name("account_away", how), since: Moment::of(*since) }),
    }
}
