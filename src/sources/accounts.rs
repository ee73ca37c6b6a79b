//! The accounts that can answer, as they stand at present.
//!
//! The account is fixed by what was mentioned: by the post's platform and the brand, and among
//! several by which of them has seen the post. Nobody picks it, so nobody answers from the wrong one.

use super::{Source, practice};
use std::sync::{Arc, PoisonError, RwLock};

/// One source that can answer, and the brand it belongs to.
#[derive(Clone)]
pub struct Account {
    /// The source; its [`Source::reply`] is there.
    pub source: Arc<dyn Source>,
    /// The brand by name; `None` where there is only one brand.
    pub brand: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("source", &self.source.name()).field("brand", &self.brand).finish()
    }
}

/// All of them; exchanged as a whole.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    able: Arc<RwLock<Arc<Vec<Account>>>>,
    practising: Arc<RwLock<Option<Account>>>,
}

impl Accounts {
    /// Puts these in place of what was there; sources that cannot answer are left out.
    pub fn set(&self, accounts: Vec<Account>) {
        let able: Vec<Account> = accounts.into_iter().filter(|a| a.source.reply().is_some()).collect();
        *self.able.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(able);
    }

    /// Puts an account there that answers the sample, and nothing else.
    pub fn practise(&self, account: Account) {
        *self.practising.write().unwrap_or_else(PoisonError::into_inner) = Some(account);
    }

    /// The account that answers the sample, if the sample is played.
    pub fn practising(&self) -> Option<Account> {
        self.practising.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All accounts.
    pub fn all(&self) -> Arc<Vec<Account>> {
        self.able.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The account that answers a post of `platform` for a brand; `seen_by` are the sources that
    /// have seen the post, which are preferred. What was made up for the sample goes to no platform.
    pub fn for_post(&self, platform: &str, brand: &str, seen_by: &[String]) -> Option<Account> {
        let is_theirs = |a: &Account| a.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(brand));
        if seen_by.iter().any(|s| s == practice::NAME) {
            return self.practising().filter(is_theirs);
        }
        let all = self.all();
        let fits = |a: &&Account| {
            a.source.reply().is_some_and(|r| r.platform().eq_ignore_ascii_case(platform)) && is_theirs(a)
        };
        let seen = all.iter().filter(fits).find(|a| seen_by.iter().any(|s| s == a.source.name()));
        seen.or_else(|| all.iter().find(fits)).cloned()
    }
}
