//! The tokens of an account: kept before they are used, sent once each.

use super::Desk;
use crate::Shelf;
use crate::x_site::FIRST_REFRESH;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use webcared::domain::time::Span;
use webcared::sources::{SourceTrouble, TroubleState, Vault};

/// A shelf that can be told to keep nothing.
#[derive(Default)]
struct Loose {
    shelf: Shelf,
    is_loose: AtomicBool,
    /// It cannot be read either.
    is_blind: AtomicBool,
}

#[async_trait]
impl Vault for Loose {
    async fn load(&self, credential: &str) -> Option<Vec<u8>> {
        self.shelf.load(credential).await
    }

    async fn kept(&self, credential: &str) -> Result<Option<Vec<u8>>, SourceTrouble> {
        if self.is_blind.load(Ordering::SeqCst) {
            return Err(SourceTrouble::new(TroubleState::Broken, "it cannot be read"));
        }
        Ok(self.load(credential).await)
    }

    async fn save(&self, credential: &str, sealed: &[u8]) -> bool {
        !self.is_loose.load(Ordering::SeqCst) && self.shelf.save(credential, sealed).await
    }
}

#[tokio::test]
async fn tokens_are_kept_before_they_are_used_and_each_is_sent_once() {
    let vault = Arc::new(Loose::default());
    let desk = Desk::on(vault.clone(), |_| {}).await;
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 1);
    assert_eq!(desk.fake.ledger().access, "s3cret-access-1");
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 1, "good for two hours");
    // Where nothing can be kept the token is not even asked for.
    desk.clock.advance(Span::hours(2));
    vault.is_loose.store(true, Ordering::SeqCst);
    assert_eq!(desk.look("mentions", &mut None).await, Err(TroubleState::Broken));
    assert_eq!(desk.fake.ledger().renewals, 1);
    vault.is_loose.store(false, Ordering::SeqCst);
    desk.look("mentions", &mut None).await.unwrap();
    // Another process, and one after a stop, go on with what was kept.
    let other = desk.another();
    other.poll().unwrap().poll("mentions", None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 2);
    // One renews; the other finds what it kept, although its own token is refused.
    desk.clock.advance(Span::hours(2));
    desk.look("mentions", &mut None).await.unwrap();
    other.poll().unwrap().poll("mentions", None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 3);
    assert!(desk.fake.ledger().stale.is_empty());
    // A token that the platform withdrew is renewed, for then nothing was done.
    desk.fake.ledger().access = "another".into();
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 4);
    // A pair that was lost on its way locks out, and says so.
    desk.fake.ledger().refresh = "lost".into();
    desk.clock.advance(Span::hours(3));
    assert_eq!(desk.look("mentions", &mut None).await, Err(TroubleState::NeedsToken));
    let trouble = desk.source.poll().unwrap().poll("mentions", None).await.unwrap_err();
    assert!(trouble.why.contains("new refresh token into the settings"), "{}", trouble.why);
    assert!(!trouble.why.contains("s3cret") && !FIRST_REFRESH.is_empty());
}

#[tokio::test]
async fn a_shelf_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    let vault = Arc::new(Loose::default());
    let desk = Desk::on(vault.clone(), |_| {}).await;
    desk.look("mentions", &mut None).await.unwrap();
    desk.clock.advance(Span::hours(3));
    vault.is_blind.store(true, Ordering::SeqCst);
    assert_eq!(desk.look("mentions", &mut None).await, Err(TroubleState::Broken));
    assert_eq!(desk.fake.ledger().renewals, 1, "the first token is not sent again");
    vault.is_blind.store(false, Ordering::SeqCst);
    desk.look("mentions", &mut None).await.unwrap();
    assert_eq!(desk.fake.ledger().renewals, 2);
    assert!(desk.fake.ledger().stale.is_empty());
}
