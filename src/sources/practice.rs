//! An account to practise with: it answers the posts of the sample, and nothing of that leaves this machine.
//!
//! It stands for every platform of the sample and takes each answer as sent. No other post is ever answered by it, and
//! no post of the sample by any other account ([`super::Accounts::for_post`] holds both).

use super::reply::{Composed, Draft, Outgoing, Reply};
use super::{Account, Source};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::sync::Arc;

/// The name of the source under which posts of the sample are counted, and of this account.
pub const NAME: &str = "sample";
/// By what the outbox knows it.
const CREDENTIAL: &str = "sample:practice";
/// What the sample's own answers are written by.
const OWN_ID: &str = "sample-own";
/// As most platforms have it.
const LIMITS: Limits = Limits { text_max: 500, counting: Counting::Graphemes, bytes_max: None };

/// The account of a brand.
#[derive(Debug)]
pub struct Practice {
    handle: String,
}

/// The account by which the sample of a brand is answered.
pub fn account(brand: &str) -> Account {
    let handle: String = brand.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    Account { source: Arc::new(Practice { handle: handle.to_lowercase() }), brand: Some(brand.to_owned()) }
}

impl Source for Practice {
    fn name(&self) -> &str {
        NAME
    }

    fn kind(&self) -> &'static str {
        NAME
    }

    fn counts_from(&self) -> Option<Timestamp> {
        None
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }
}

#[async_trait]
impl Reply for Practice {
    fn credential(&self) -> &str {
        CREDENTIAL
    }

    fn account(&self) -> RawAuthor {
        let handle = Some(self.handle.clone()).filter(|h| !h.is_empty());
        RawAuthor { id: OWN_ID.to_owned(), handle, ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        NAME
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("sample-{}-{chance}", made_at.millis())
    }

    fn expected_id(&self, key: &str) -> Option<String> {
        Some(key.to_owned())
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(&draft.text, &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = (!measure.fits).then(|| format!("{} characters; {} fit", measure.length, measure.max));
        let told = draft.to.visibility.as_str();
        let visibility = if told.is_empty() { "public" } else { told }.to_owned();
        Composed { text, visibility, measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        Outcome::Done { remote_id: outgoing.key.clone(), at: None }
    }

    async fn look(&self, _outgoing: &Outgoing) -> Looked {
        Looked::Again { why: "nothing leaves this machine, so sending twice does no harm".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Accounts;
    use super::super::reply::PostRef;
    use super::*;

    #[test]
    fn the_sample_is_answered_by_it_and_nothing_else_is() {
        let seen = |by: &str| vec![by.to_owned()];
        let (accounts, real) = (Accounts::default(), account("Acme"));
        // It stands here for an account of a platform.
        accounts.set(vec![Account { brand: None, ..real }]);
        let found = |accounts: &Accounts, brand: &str, by: &str| {
            accounts.for_post(NAME, brand, &seen(by)).is_some_and(|a| a.brand.is_some())
        };
        assert!(accounts.for_post(NAME, "Acme", &seen("mastodon")).is_some());
        assert!(accounts.for_post(NAME, "Acme", &seen(NAME)).is_none(), "no account answers made-up posts");
        accounts.practise(account("Acme"));
        assert!(found(&accounts, "acme", NAME));
        assert!(!found(&accounts, "Other", NAME));
        assert!(!found(&accounts, "Acme", "mastodon"), "a real post is answered by a real account");
        assert_eq!(accounts.all().len(), 1, "nobody else counts with it");
    }

    #[test]
    fn it_writes_as_the_brand_no_wider_than_what_is_answered() {
        let practice = Practice { handle: "acmeair".to_owned() };
        assert_eq!(
            account("Acme Air").source.reply().and_then(|r| r.account().handle).as_deref(),
            Some("acmeair")
        );
        let to = PostRef { visibility: "direct".to_owned(), ..PostRef::default() };
        let draft = Draft { text: "We look.".to_owned(), sign: "Ann".to_owned(), to };
        let composed = practice.compose(&draft);
        assert_eq!((composed.text.as_str(), composed.visibility.as_str()), ("We look. ^Ann", "direct"));
        assert!(composed.refused.is_none());
        let long = practice.compose(&Draft { text: "x".repeat(501), ..Draft::default() });
        assert_eq!(
            (long.refused.as_deref(), long.visibility.as_str()),
            (Some("501 characters; 500 fit"), "public")
        );
    }
}
