//! What this process has uploaded for answers that are still to be posted, so that an answer that goes again takes the
//! file that stands there already. Nothing is lost with it: uploading once more does no harm.
//!
//! Uploading comes before the one call that posts, so whatever fails there is proved not to have been sent. An attempt
//! that spent its time on uploading ends there, and the next one posts: an attempt that outlasts the outbox's patience
//! would count as unknown.

use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::CallError;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

/// How long an upload is trusted to stand; platforms drop what no post uses after some hours.
const TRUSTED: Span = Span::minutes(30);
/// Most uploads that are remembered.
const KEPT_MAX: usize = 500;

/// How long the uploads of one attempt may take in all.
const UPLOADING: Span = Span::seconds(16);
/// How long one of them may take.
pub const UPLOAD: Span = Span::seconds(15);
/// After so long the attempt ends with them.
const LONG: Span = Span::seconds(3);

/// Carries the uploads of one attempt out; what was uploaded before time ran out is remembered by `work` itself.
pub async fn uploading<T>(
    now: impl Fn() -> Timestamp + Send + Sync,
    work: impl Future<Output = Result<T, Outcome>> + Send,
) -> Result<T, Outcome> {
    let from = now();
    let retry = |why: &str| Outcome::Retry { after: None, why: why.to_owned() };
    match tokio::time::timeout(UPLOADING.to_std(), work).await {
        Ok(Ok(_)) if now().since(from) > LONG => Err(retry("its files are uploaded; the answer goes next")),
        Ok(done) => done,
        Err(_) => Err(retry("uploading its files takes long; it goes on with the next attempt")),
    }
}

/// What a failed upload means for its answer, of which nothing has left. `words` are the platform's; `which` says what
/// the file is, and not what it is called: outcomes stand beside the action and are told, and a name may be personal.
pub fn failed(error: &CallError, which: &str, words: String, wait: Option<Span>) -> Outcome {
    match error {
        CallError::Status { code: 408 | 425 | 429, .. } => Outcome::Retry { after: wait, why: words },
        CallError::Status { code: 400..=499, .. } => {
            Outcome::Refused { reason: format!("one of its files ({which}) is not taken: {words}") }
        }
        _ => Outcome::Retry { after: wait, why: format!("a file could not be uploaded: {words}") },
    }
}

/// Uploads by the id of their file.
#[derive(Debug)]
pub struct Uploaded<T>(Mutex<HashMap<String, (Timestamp, T)>>);

impl<T> Default for Uploaded<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Uploaded<T> {
    /// What was uploaded for a file, if that is not long ago.
    pub fn get(&self, file: &str, now: Timestamp) -> Option<T> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(file).filter(|(at, _)| now.since(*at) < TRUSTED).map(|(_, found)| found.clone())
    }

    /// Remembers an upload.
    pub fn note(&self, file: &str, what: T, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _)| now.since(*at) < TRUSTED);
        if all.len() < KEPT_MAX {
            all.insert(file.to_owned(), (now, what));
        }
    }

    /// Forgets one, as when the platform does not know it any more.
    pub fn forget(&self, file: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_trusted_for_a_while() {
        let all = Uploaded::default();
        all.note("a", "m1", Timestamp(0));
        assert_eq!(all.get("a", Timestamp(1)), Some("m1"));
        assert_eq!(all.get("b", Timestamp(1)), None);
        assert_eq!(all.get("a", Timestamp(0).plus(Span::minutes(31))), None);
        all.forget("a");
        assert_eq!(all.get("a", Timestamp(1)), None);
    }
}
