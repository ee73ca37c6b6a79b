//! Receiving: deliveries from outside are acknowledged only after they are committed, many at a time.
//!
//! One task takes everything that waits into one transaction, so that a commit to the disk is
//! shared by all who came meanwhile. The queue is bounded: when it is full the sender is told to
//! come again rather than kept waiting for ever.

use crate::clock::{Clock, Mint};
use crate::domain::ids::InboxId;
use crate::shutdown::Shutdown;
use crate::store::inbox::{self, Received};
use crate::store::{Db, StoreError};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};

/// Most deliveries that wait to be committed.
const QUEUE: usize = 4096;
/// Most deliveries in one commit.
const COMMIT_MAX: usize = 512;

/// Why a delivery was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotTaken {
    /// Too many wait already; come again.
    #[error("too many deliveries wait; come again")]
    Full,
    /// The database could not take it; come again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// We are stopping; come again.
    #[error("stopping; come again")]
    Stopping,
}

type Waiting = (Vec<Received>, oneshot::Sender<Result<(), StoreError>>);

/// Takes deliveries; cheap to clone.
#[derive(Clone, Debug)]
pub struct Receiving {
    queue: mpsc::Sender<Waiting>,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
}

impl Receiving {
    /// Starts the task that commits; `nudge` wakes intake after each commit.
    pub fn spawn(
        shutdown: &Shutdown,
        db: Db,
        clock: Arc<dyn Clock>,
        mint: Arc<Mint>,
        nudge: Arc<Notify>,
    ) -> Self {
        let (queue, mut waiting) = mpsc::channel::<Waiting>(QUEUE);
        let token = shutdown.token.clone();
        shutdown.spawn("receiving", async move {
            let mut batch = Vec::new();
            loop {
                let taken = tokio::select! {
                    n = waiting.recv_many(&mut batch, COMMIT_MAX) => n,
                    // What is queued by then is still committed, for its senders wait.
                    () = token.cancelled() => {
                        waiting.close();
                        waiting.recv_many(&mut batch, COMMIT_MAX).await
                    }
                };
                if taken == 0 {
                    return;
                }
                commit(&db, &mut batch).await;
                nudge.notify_one();
            }
        });
        Self { queue, clock, mint }
    }

    /// Stores the items of one delivery; returns after they are committed.
    pub async fn take(&self, source: &str, items: Vec<(String, Vec<u8>)>) -> Result<usize, NotTaken> {
        let now = self.clock.now();
        let received: Vec<Received> = items
            .into_iter()
            .map(|(place, body)| Received {
                id: self.mint.id(now, InboxId::new).to_string(),
                source: source.to_owned(),
                place,
                received_at: now,
                body,
            })
            .collect();
        let count = received.len();
        let (done, answer) = oneshot::channel();
        self.queue.try_send((received, done)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => NotTaken::Full,
            mpsc::error::TrySendError::Closed(_) => NotTaken::Stopping,
        })?;
        answer.await.map_err(|_| NotTaken::Stopping)??;
        metrics::counter!("webcared_received_total", "source" => source.to_owned()).increment(count as u64);
        Ok(count)
    }
}

async fn commit(db: &Db, batch: &mut Vec<Waiting>) {
    let mut items = Vec::new();
    let mut senders = Vec::new();
    for (received, done) in batch.drain(..) {
        items.extend(received);
        senders.push(done);
    }
    let result = db
        .write_first("storing deliveries", move |tx| {
            Box::pin(async move { inbox::receive(tx, &items, None).await })
        })
        .await
        .map(|_| ());
    if let Err(error) = &result {
        metrics::counter!("webcared_database_errors_total").increment(1);
        tracing::error!(%error, "deliveries could not be stored; their senders are told to come again");
    }
    for done in senders {
        // A sender that hung up does not hear it; its delivery is stored all the same.
        let _ = done.send(result.clone());
    }
}
