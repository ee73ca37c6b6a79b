//! Failed tries to log in: counted per login, per address and per both, in the database, so that
//! every replica counts the same.
//!
//! After some free tries each next one has to wait longer. Nobody can lock another out: tries from
//! one address slow down that address; the count of a whole login spares the addresses from which
//! its owner came in before, and one-time links are never slowed down. A try is counted before the
//! password is looked at and given back when it was right, so that many at once gain nothing.

use crate::domain::time::{Span, Timestamp};
use crate::store::{StoreError, Tx, console, person};

/// Tries are counted over this and the window before.
const WINDOW: Span = Span::minutes(15);
/// The first wait; each next one is twice as long.
const FIRST_WAIT: Span = Span::seconds(30);
/// How long an address counts as known after its owner came in from there.
const KNOWN: Span = Span::days(30);

/// One count with its bound.
struct Limit {
    name: String,
    free: i64,
    longest: Span,
}

fn limits(login: &str, address: &str, known: bool) -> Vec<Limit> {
    let mut all = vec![
        Limit { name: format!("both:{login}:{address}"), free: 5, longest: Span::minutes(15) },
        Limit { name: format!("address:{address}"), free: 20, longest: Span::minutes(15) },
    ];
    if !known {
        all.push(Limit { name: format!("login:{login}"), free: 50, longest: Span::minutes(5) });
    }
    all
}

fn known_name(login: &str, address: &str) -> String {
    format!("known:{login}:{address}")
}

fn window(now: Timestamp) -> Timestamp {
    Timestamp(now.millis() - now.millis().rem_euclid(WINDOW.millis()))
}

/// Counts one try; tells how long to wait if it may not be made now.
pub async fn begin(
    tx: &mut Tx,
    login: &str,
    address: &str,
    now: Timestamp,
) -> Result<Option<Span>, StoreError> {
    let known = console::is_noted(tx, &known_name(login, address), now).await?;
    let (window, since) = (window(now), window(now).minus(WINDOW));
    let all = limits(login, address, known);
    let mut until = 0;
    for limit in &all {
        until = until.max(person::waits_until(tx, &format!("wait:{}", limit.name), since).await?);
    }
    if until > now.millis() {
        return Ok(Some(Timestamp(until).since(now)));
    }
    for limit in &all {
        person::count_try(tx, &limit.name, window).await?;
        let over = person::tries(tx, &limit.name, since).await? - limit.free;
        if over >= 0 {
            let wait = Span(FIRST_WAIT.millis() << over.min(10)).min(limit.longest);
            person::set_wait(tx, &format!("wait:{}", limit.name), window, now.plus(wait)).await?;
        }
    }
    Ok(None)
}

/// Most challenges for passkeys that one address gets in a window; a whole office may come from one.
const CHALLENGES: i64 = 300;

/// Counts a challenge that an address asked for; tells how long to wait if there were too many.
pub async fn challenge(tx: &mut Tx, address: &str, now: Timestamp) -> Result<Option<Span>, StoreError> {
    let n = person::count_try(tx, &format!("challenge:{address}"), window(now)).await?;
    Ok((n > CHALLENGES).then(|| window(now).plus(WINDOW).since(now)))
}

/// The try was right: gives it back and remembers the address.
pub async fn succeeded(tx: &mut Tx, login: &str, address: &str, now: Timestamp) -> Result<(), StoreError> {
    for limit in limits(login, address, false) {
        let whole = limit.name.starts_with("both:");
        person::give_back(tx, &limit.name, window(now), whole).await?;
    }
    console::note(tx, &known_name(login, address), now, now.plus(KNOWN)).await
}
