//! What is said at the start: where to go, how the first admin comes in, and why nobody can come; and what is taken over
//! then from the process before.

use crate::app::{Parts, StartError};
use crate::clock::Clock;
use crate::outbox::CLAIM_LEASE;
use crate::settings::Settings;
use crate::store::{Db, lease};
use std::io::{Error, ErrorKind};

/// What the first start tells where the sample is played.
const OF_THE_SAMPLE: &str = "Cases that are marked as sample were made up. Answer them as you like: nothing of that leaves this machine.";
/// What it tells where it is not.
const WITHOUT_SAMPLE: &str = "Nothing in the inbox yet? Started with --sample it is filled at once with made-up posts, which can be answered.";

/// On SQLite the lock of the folder tells that whoever held something in it is gone: nobody waits for their leases to end,
/// which would be long after a clock that ran ahead.
pub(super) async fn take_over(parts: &Parts) {
    if !matches!(parts.db, Db::Sqlite { .. }) {
        return;
    }
    let now = parts.clock.now();
    let taken = parts.db.write("taking over what a process held", move |tx| {
        Box::pin(async move { lease::take_over(tx, now, CLAIM_LEASE).await })
    });
    if let Err(error) = taken.await {
        tracing::warn!(%error, "what the process before held was not taken over; it ends by itself");
    }
}

/// Says where to go; at the first start with a link that lets the admin in.
pub(super) async fn welcome(parts: &Parts, settings: &Settings, (is_sample, say): (bool, super::Say)) {
    let brands: Vec<String> = parts.current.get().brands.iter().map(|w| w.brand.name.clone()).collect();
    tracing::info!(
        brands = brands.join(", "),
        database = parts.db.engine(),
        console = settings.public_url,
        "watching"
    );
    match parts.people.first_start().await {
        Ok(Some(path)) => {
            let next = if is_sample { OF_THE_SAMPLE } else { WITHOUT_SAMPLE };
            let link = format!("{}{path}", settings.public_url);
            say(&format!(
                "\nNobody can log in yet. This link lets the admin in once, within 30 minutes:\n\n  {link}\n\n{next}\n"
            ));
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "could not look who may log in"),
    }
}

/// Why nobody can come by an address, and what to do about it.
pub(super) fn cannot_listen(listen: &str, error: &Error) -> StartError {
    let what = match error.kind() {
        ErrorKind::AddrInUse => {
            "something listens there already; stop it, or take another port with --listen, such as 127.0.0.1:8081"
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address; 127.0.0.1 is for this machine alone, 0.0.0.0 is all of its addresses"
        }
        ErrorKind::PermissionDenied => {
            "this user may not take that port; take one from 1024 on, and put a proxy before it"
        }
        _ => "wanted is ADDRESS:PORT of this machine, such as 127.0.0.1:8080",
    };
    StartError::Other(format!("listen {listen}: {error}; {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_told_with_what_to_do() {
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = taken.local_addr().unwrap().to_string();
        let error = tokio::net::TcpListener::bind(&at).await.unwrap_err();
        let told = cannot_listen(&at, &error).to_string();
        assert!(told.starts_with(&format!("listen {at}: ")) && told.contains("--listen"), "{told}");
    }
}
