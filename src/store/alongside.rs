//! What is written along with the work of a task, at the end of each of its write transactions: it stands if that work
//! stands, and not otherwise.

use super::work::Work;
use super::{StoreError, Tx};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// Something that is written along; again with each transaction, so it must be the same however often it is written.
pub type Alongside =
    Arc<dyn for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<(), StoreError>> + Send + Sync + 'static>;

tokio::task_local! {
    static ALONGSIDE: Alongside;
}

/// Does work in this task; what it hands to tasks of their own is theirs alone.
pub async fn with<F: Future>(alongside: Alongside, work: F) -> F::Output {
    ALONGSIDE.scope(alongside, work).await
}

/// The work of a transaction, with what is written along in this task.
pub(super) fn joined(work: Work) -> Work {
    let Ok(alongside) = ALONGSIDE.try_with(Clone::clone) else { return work };
    let both: Work = Box::new(move |tx| {
        Box::pin(async move {
            let made = work(&mut *tx).await?;
            alongside(tx).await?;
            Ok(made)
        })
    });
    both
}
