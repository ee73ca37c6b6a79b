//! Finding a person, and what an erasure would take.

use super::{Privacy, PrivacyError, customers};
use crate::catalogue::Catalogue;
use crate::domain::time::Timestamp;
use crate::store::subject::{self, AccountRow, SubjectCase, SubjectPost};
use crate::store::{StoreError, Tx, case, hold};
use serde::Serialize;

/// A person with everything that is theirs.
#[derive(Clone, Debug)]
pub struct Found {
    /// Their accounts.
    pub accounts: Vec<AccountRow>,
    /// Their cases.
    pub cases: Vec<SubjectCase>,
    /// What they wrote.
    pub posts: Vec<SubjectPost>,
    /// What we said to them.
    pub answers: Vec<String>,
    /// The cases that somebody else wrote about them: who wrote stays.
    pub about: Vec<SubjectCase>,
}

/// The name by which people know an account.
pub fn shown(account: &AccountRow) -> String {
    let profile: serde_json::Value =
        account.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let handle = profile["handle"].as_str().filter(|h| !h.is_empty()).unwrap_or(&account.external_id);
    format!("{handle} ({})", account.platform)
}

impl Found {
    pub(super) fn account_ids(&self) -> Vec<String> {
        self.accounts.iter().map(|a| a.id.clone()).collect()
    }

    pub(super) fn about_ids(&self) -> Vec<String> {
        self.about.iter().map(|c| c.id.clone()).collect()
    }

    pub(super) fn case_ids(&self) -> Vec<String> {
        self.cases.iter().map(|c| c.id.clone()).collect()
    }

    pub(super) fn post_ids(&self) -> Vec<String> {
        self.posts.iter().map(|p| p.id.clone()).collect()
    }
}

/// What would go, and from where. The numbers tell no words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The accounts, as people know them.
    pub accounts: Vec<String>,
    /// The cases, as `BRAND #NUMBER`.
    pub cases: Vec<String>,
    /// The cases of others that are about them, as `BRAND #NUMBER`: what is known of them there would go, and nothing else.
    pub about: Vec<String>,
    /// How many of the cases are open; an erasure ends them.
    pub open: usize,
    /// How much of each kind there is: posts, answers, texts, files, raw, drafts, waiting, cards, tickets, findings.
    pub counts: Vec<(String, i64)>,
    /// Why it would be refused; empty where it would not.
    pub refused: Vec<String>,
}

impl Privacy {
    /// What is kept of a person and what an erasure would take.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where nobody is found.
    pub async fn preview(&self, who: &str) -> Result<Preview, PrivacyError> {
        let (who, catalogue, now) = (who.to_owned(), self.catalogue.get(), self.clock.now());
        let read = self.db.read("looking up a person", move |tx| {
            Box::pin(async move {
                let found = find(tx, &catalogue, &who).await?;
                preview(tx, &catalogue, &found, now).await
            })
        });
        Ok(read.await?)
    }
}

/// What hangs on a person, counted.
pub(super) async fn preview(
    tx: &mut Tx,
    catalogue: &Catalogue,
    found: &Found,
    now: Timestamp,
) -> Result<Preview, StoreError> {
    let (accounts, cases, posts) = (found.account_ids(), found.case_ids(), found.post_ids());
    let mut counts = vec![
        ("posts".to_owned(), found.posts.len() as i64),
        ("answers".to_owned(), found.answers.len() as i64),
    ];
    let rest = subject::counted(tx, (&accounts, &cases, &posts)).await?;
    counts.extend(rest.into_iter().map(|(name, n)| (name.to_owned(), n)));
    let named = |c: &SubjectCase| format!("{} #{}", brand_of(catalogue, &c.brand_id), c.number);
    let held: Vec<String> = cases.iter().cloned().chain(found.about_ids()).collect();
    let mut holds = hold::standing(tx, &held, now).await?;
    // What they wrote may be kept with a case of somebody else.
    for one in hold::on_posts(tx, &posts, now).await? {
        if !holds.iter().any(|h| h.id == one.id) {
            holds.push(one);
        }
    }
    let mut refused = Vec::new();
    for h in &holds {
        let number = case::look(tx, &h.brand_id, &h.case_id).await?.map_or(0, |k| k.number);
        let (brand, until) = (brand_of(catalogue, &h.brand_id), Timestamp(h.until_ms).rfc3339());
        refused.push(format!("{brand} #{number} is held until {until}"));
    }
    Ok(Preview {
        accounts: found.accounts.iter().map(shown).collect(),
        cases: found.cases.iter().map(named).collect(),
        about: found.about.iter().map(named).collect(),
        open: found.cases.iter().filter(|c| c.open == 1).count(),
        counts,
        refused,
    })
}

pub(super) fn brand_of<'c>(catalogue: &'c Catalogue, id: &str) -> &'c str {
    catalogue.brands.iter().find(|b| b.id == id).map_or("?", |b| &b.brand.name)
}

/// Finds a person by `#NUMBER` or `BRAND#NUMBER` of a case, a handle, a mail address, a telephone, or an account's id, with
/// all that is known to be theirs; and by a mail address, a telephone or a customer number the cases that others wrote
/// about them. Accounts of our own brands are nobody's.
///
/// # Errors
/// [`StoreError::Refused`] where nobody is found, or more than one by a case's number.
pub(super) async fn find(tx: &mut Tx, catalogue: &Catalogue, who: &str) -> Result<Found, StoreError> {
    let who = who.trim();
    let named = match who.rsplit_once('#').and_then(|(b, n)| Some((b.trim(), n.trim().parse::<i64>().ok()?)))
    {
        Some((brand, number)) => of_case(tx, catalogue, brand, number).await?,
        None => of_name(tx, who).await?,
    };
    let about = customers::about(tx, catalogue, who).await?;
    if named.is_empty() && about.is_empty() {
        return Err(StoreError::Refused(format!(
            "'{}': nobody of that name; wanted is BRAND#NUMBER of a case, a handle, a mail address, a telephone or customer number, or an account's id",
            who.chars().take(80).collect::<String>()
        )));
    }
    if !named.is_empty() {
        let linked = subject::linked(tx, &named).await?;
        let accounts = subject::accounts(tx, &linked).await?;
        if accounts.is_empty() {
            return Err(StoreError::Refused("this person was erased already".to_owned()));
        }
        if accounts.iter().all(|a| is_ours(catalogue, a)) {
            return Err(StoreError::Refused(format!("'{who}' is an account of ours")));
        }
    }
    let (ids, mut about) = customers::follow(tx, catalogue, named, about).await?;
    let found = of_accounts(tx, &ids).await?;
    // What they wrote themselves goes whole.
    about.retain(|c| !found.cases.iter().any(|own| own.id == c.id));
    Ok(Found { about, ..found })
}

/// Whether an account is one of our brands' own.
pub(super) fn is_ours(catalogue: &Catalogue, account: &AccountRow) -> bool {
    let profile: serde_json::Value =
        account.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let handle = profile["handle"].as_str().unwrap_or_default();
    catalogue.brands.iter().any(|b| b.brand.owns(&account.platform, &account.external_id, handle))
}

/// Everything of accounts, without following them further.
pub(super) async fn of_accounts(tx: &mut Tx, ids: &[String]) -> Result<Found, StoreError> {
    let accounts = subject::accounts(tx, ids).await?;
    let cases = subject::cases(tx, ids).await?;
    let case_ids: Vec<String> = cases.iter().map(|c| c.id.clone()).collect();
    let posts = subject::posts(tx, ids).await?;
    let answers = subject::answers(tx, ids, &case_ids).await?;
    Ok(Found { accounts, cases, posts, answers, about: Vec::new() })
}

async fn of_case(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brand: &str,
    number: i64,
) -> Result<Vec<String>, StoreError> {
    let mut found = subject::by_number(tx, number).await?;
    if !brand.is_empty() {
        found.retain(|(id, _)| brand_of(catalogue, id).eq_ignore_ascii_case(brand));
    }
    if found.len() > 1 {
        let brands: Vec<&str> = found.iter().map(|(id, _)| brand_of(catalogue, id)).collect();
        let what =
            format!("#{number}: there is one of {}; say which, as BRAND#{number}", brands.join(" and of "));
        return Err(StoreError::Refused(what));
    }
    Ok(found.into_iter().map(|(_, author)| author).collect())
}

async fn of_name(tx: &mut Tx, who: &str) -> Result<Vec<String>, StoreError> {
    let bare = who.trim_start_matches('@');
    if bare.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = subject::by_id(tx, bare).await?;
    if found.is_empty() && bare != who {
        found = subject::by_id(tx, who).await?;
    }
    let wanted = bare.to_lowercase();
    // As it stands in JSON; what the database finds is looked at here.
    let text = serde_json::to_string(&wanted).unwrap_or_default();
    for (account, body) in subject::profiles_with(tx, text.trim_matches('"')).await? {
        let profile: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let handle = profile["handle"].as_str().unwrap_or_default().trim_start_matches('@').to_lowercase();
        if handle == wanted && !found.contains(&account) {
            found.push(account);
        }
    }
    // A mail address or a telephone is one person's, by whichever mailbox or number of ours they wrote.
    let same = customers::named_by(tx, who).await?;
    for account in &same {
        if !found.contains(account) {
            found.push(account.clone());
        }
    }
    // Different people may bear one name on different platforms.
    if found.len() > 1 && !found.iter().all(|account| same.contains(account)) {
        let linked = subject::linked(tx, &found[..1]).await?;
        if !found.iter().all(|account| linked.contains(account)) {
            let all = found.join(", ");
            let what = format!("'{who}': {} accounts bear it; say which, by its id: {all}", found.len());
            return Err(StoreError::Refused(what));
        }
    }
    Ok(found)
}

impl Privacy {
    /// The case that `BRAND#NUMBER` or `#NUMBER` names: brand and id.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where there is none, or more than one.
    pub async fn case_of(&self, text: &str) -> Result<(String, String), PrivacyError> {
        let (text, catalogue) = (text.trim().to_owned(), self.catalogue.get());
        let read = self.db.read("looking for a case", move |tx| {
            Box::pin(async move {
                let (brand, number) = text.rsplit_once('#').unwrap_or(("", &text));
                let named = |b: &&crate::catalogue::Watched| {
                    brand.trim().is_empty() || b.brand.name.eq_ignore_ascii_case(brand.trim())
                };
                let mut found = Vec::new();
                if let Ok(number) = number.trim().parse::<i64>() {
                    for brand in catalogue.brands.iter().filter(named) {
                        let id = case::by_number(tx, &brand.id, number).await?;
                        found.extend(id.map(|id| (brand.id.clone(), id)));
                    }
                }
                match (found.pop(), found.is_empty()) {
                    (Some(one), true) => Ok(one),
                    _ => Err(StoreError::Refused(format!("'{text}': wanted is one case, as BRAND#NUMBER"))),
                }
            })
        });
        Ok(read.await?)
    }
}
