//! The door at which systems of tickets deliver, and what is signed for it, for the tests of what comes back.

use super::Desk;
use axum::http::HeaderMap;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::clock::Clock;
use webcared::domain::time::Timestamp;
use webcared::hooking::Deliveries;
use webcared::receiving::Receiving;
use webcared::shutdown::Shutdown;
use webcared::sources::webhook::Key;

impl Desk {
    /// The door, open until the shutdown.
    pub fn door(&self, shutdown: &Shutdown) -> Deliveries {
        let clock: Arc<dyn Clock> = self.house.clock.clone();
        let (db, mint) = (self.house.db.clone(), self.house.mint.clone());
        let receiving = Receiving::spawn(shutdown, db.clone(), clock.clone(), mint, Arc::new(Notify::new()));
        Deliveries::new(&[], receiving, db, clock).with_tickets(self.systems.clone(), self.back.clone())
    }
}

/// The heads of a delivery of a system of one's own.
pub fn signed(secret: &str, at: Timestamp, body: &[u8]) -> HeaderMap {
    let key = Key::parse(&secret.to_owned().into()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", "msg_1".parse().unwrap());
    headers.insert("webhook-timestamp", (at.millis() / 1000).to_string().parse().unwrap());
    headers.insert("webhook-signature", key.sign("msg_1", at, body).parse().unwrap());
    headers
}
