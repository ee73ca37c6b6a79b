//! The customer of a case: their accounts, as far as they are known to be one person's, and their other cases with the
//! brand. What stands in those is covered, whoever holds this one.

use super::thread::names;
use super::{Loaded, Said, promise};
use crate::domain::customer::Customer;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::store::about::{self, AboutRow};
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
    /// Whose matter it is, where that is not who wrote.
    pub about: Option<(AboutRow, Customer)>,
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
    /// Whose matter it is, where that is not who wrote.
    pub about: Option<About>,
    /// What the form holds.
    pub typed: Customer,
    /// The form was not taken.
    pub again: bool,
    /// What is known is covered: who does not see it, writes nothing in its place.
    pub hidden: bool,
    /// To whom a promise can be made.
    pub to: Vec<(&'static str, String, bool)>,
}

/// The customer, where that is not who wrote.
pub struct About {
    /// What is known of them, for who may see it.
    pub line: Option<Shown>,
    pub erased: bool,
    pub by: String,
    pub at: Moment,
}

/// Reads the accounts of whose case it is, and their other cases.
pub async fn load(tx: &mut Tx, case: &CaseRow) -> Result<Found, StoreError> {
    let ids = customer::accounts_of(tx, &case.brand_id, &case.author_id).await?;
    let cases = customer::cases_of(tx, &case.brand_id, &ids, &case.id, ASKED).await?;
    let accounts = if ids.len() > 1 { subject::accounts(tx, &ids).await? } else { Vec::new() };
    let pairs: Vec<(String, String)> =
        cases.iter().map(|k| (k.brand_id.clone(), k.first_mention_id.clone())).collect();
    let firsts = if pairs.is_empty() { Vec::new() } else { console::messages(tx, &pairs).await? };
    let row = about::of_case(tx, &case.brand_id, &case.id).await?;
    let words = about::words(tx, &case.brand_id, &case.id).await?.unwrap_or_default();
    let away = held::away(tx, &case.author_id).await?;
    Ok(Found { accounts, cases, firsts, about: row.map(|row| (row, words)), away })
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

/// All that is known of a customer, in the language of the page.
fn line(customer: &Customer, t: &Texts) -> String {
    let number = if customer.number.is_empty() {
        String::new()
    } else {
        format!("{} {}", t.promises().about_number.to_lowercase(), customer.number)
    };
    let all = [customer.name.as_str(), number.as_str(), customer.email.as_str(), customer.phone.as_str()];
    all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// As the page shows it.
pub fn part(all: &Loaded, said: &Said, open: bool, t: &'static Texts) -> Part {
    let found = &all.customer;
    let account = |a: &AccountRow| {
        let (name, handle) = names(a.profile.as_deref(), t);
        Account { name, handle, platform: a.platform.clone() }
    };
    let typed = said.typed("customer").and_then(|a| a.customer.clone());
    let known = found.about.as_ref().filter(|_| open).map(|a| a.1.clone());
    Part {
        accounts: found.accounts.iter().map(account).collect(),
        cases: found.cases.iter().take(CASES_MAX).map(|k| other(k, &found.firsts, t)).collect(),
        more: found.cases.len() > CASES_MAX,
        about: found.about.as_ref().map(|(row, customer)| About {
            line: Some(line(customer, t)).filter(|l| open && !l.is_empty()).map(|l| Shown::plain(&l)),
            erased: row.erased_at.is_some(),
            by: all.named(&row.said_by, t),
            at: Moment::of(row.said_at),
        }),
        again: typed.is_some(),
        hidden: !open && found.about.as_ref().is_some_and(|(_, customer)| !customer.kinds().is_empty()),
        typed: typed.or(known).unwrap_or_default(),
        to: promise::to_choice(None, t),
        away: found
            .away
            .as_ref()
            .map(|(how, since)| AwaySince { how: t.name("account_away", how), since: Moment::of(*since) }),
    }
}
