//! What would stand there twice if its update were handled again after a kill: that it is begun is noted first, and who
//! asked is told where it was cut off. Everything else asks for a state, and is the same however often it is asked.

use super::deliver::CREDENTIAL;
use super::handle::Handler;
use super::speaking::Asking;
use crate::domain::time::Span;
use crate::store::{StoreError, console};

/// So long it is noted; an update that waits is handled long before.
const NOTED_FOR: Span = Span::days(30);

impl Handler {
    /// Notes that what an update asks for begins now; whether it is the first time.
    pub(super) async fn begins(&self, a: &Asking) -> Result<bool, StoreError> {
        let (name, now) = (format!("chat:{CREDENTIAL}:{}", a.update), self.deliver.clock.now());
        let noted = self.deliver.db.write("noting that an act begins", move |tx| {
            Box::pin(async move { console::first_time(tx, &name, now, now.plus(NOTED_FOR)).await })
        });
        noted.await
    }
}
