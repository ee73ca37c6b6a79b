//! Stopping in an orderly way, and the only place that waits.
//!
//! A `Shutdown` holds the token that tells everybody to stop and the tracker of the tasks that
//! must have ended before the process does. Whoever waits, waits here, so that no wait outlives
//! the order to stop.

use crate::domain::time::Span;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The order to stop, and the tasks that must heed it.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Cancelled when everybody should stop.
    pub token: CancellationToken,
    /// The tasks to wait for.
    pub tasks: TaskTracker,
}

/// What is done again and again.
type Step = Box<dyn FnMut() -> Pin<Box<dyn Future<Output = usize> + Send>> + Send>;

impl Shutdown {
    /// Starts a task that the end of the process waits for. Should it end by itself or panic while
    /// nobody asked it to, the whole process stops rather than limp on without it.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Boxed, so that there is one kind of task and not a copy of tokio's machinery for each of ours.
        let inner = tokio::spawn(Box::pin(task) as Pin<Box<dyn Future<Output = ()> + Send>>);
        self.tasks.spawn(watched(name, inner, self.token.clone()));
    }

    /// Starts a task that does something again and again, at once and then after each `period`, until the order to stop:
    /// see [`every`].
    pub fn spawn_every<F, Fut>(&self, name: &'static str, period: Span, mut step: F)
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = usize> + Send + 'static,
    {
        let token = self.token.clone();
        // Boxed for the same reason.
        let step: Step = Box::new(move || Box::pin(step()));
        self.spawn(name, every(period, Arc::new(Notify::new()), token, step));
    }

    /// Waits until all tasks ended, or at most `limit`; tells whether they did.
    pub async fn drain(&self, limit: Span) -> bool {
        self.tasks.close();
        tokio::time::timeout(limit.to_std(), self.tasks.wait()).await.is_ok()
    }
}

/// Stops everybody should this task end while nobody asked it to.
async fn watched(name: &'static str, inner: JoinHandle<()>, token: CancellationToken) {
    let ended = inner.await;
    if !token.is_cancelled() {
        match ended {
            Ok(()) => tracing::error!(task = name, "a task ended by itself; stopping"),
            Err(error) => tracing::error!(task = name, %error, "a task failed; stopping"),
        }
        token.cancel();
    }
}

/// Waits for `span` of real time or the order to stop; tells whether to go on.
#[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
pub async fn pause(span: Span, token: &CancellationToken) -> bool {
    tokio::select! {
        () = token.cancelled() => false,
        () = tokio::time::sleep(span.to_std()) => !token.is_cancelled(),
    }
}

/// Runs `step` again and again: after `period`, or at once when nudged, until the order to stop.
/// A step says how much it did; while it did something it is run again without waiting.
pub async fn every<F, Fut>(period: Span, nudge: Arc<Notify>, token: CancellationToken, mut step: F)
where
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = usize> + Send,
{
    while !token.is_cancelled() {
        // Armed before the step looks, so that a nudge during the step is not lost.
        let nudged = nudge.notified();
        if step().await > 0 {
            tokio::task::yield_now().await;
            continue;
        }
        tokio::select! {
            () = nudged => {}
            more = pause(period, &token) => if !more { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_dies_stops_the_rest() {
        let shutdown = Shutdown::default();
        shutdown.spawn("short", async {});
        shutdown.token.cancelled().await;
        assert!(shutdown.drain(Span::seconds(5)).await);
    }

    #[tokio::test]
    async fn a_nudge_wakes_before_the_period() {
        let nudge = Arc::new(Notify::new());
        let token = CancellationToken::new();
        let (stop, mut runs) = (token.clone(), 0);
        nudge.notify_one();
        every(Span::hours(1), nudge, token, || {
            runs += 1;
            if runs == 2 {
                stop.cancel();
            }
            async { 0 }
        })
        .await;
        assert_eq!(runs, 2);
    }
}
