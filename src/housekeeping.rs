//! What must be done now and then: measuring, tidying up, keeping the clock honest.
//!
//! On PostgreSQL the local clock is corrected by the database's every ten seconds, so that all
//! replicas keep one time; a jump of more than two seconds is told, one of more than thirty takes
//! this replica out of work until it agrees again.

use crate::clock::{Clock, SystemClock};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::{Db, StoreError, alert, gauges, inbox, lease, outbox, removed, setting, token};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

const MEASURE_PERIOD: Span = Span::seconds(5);
const TIDY_PERIOD: Span = Span::minutes(10);
const CLOCK_PERIOD: Span = Span::seconds(10);
const SLIM_PERIOD: Span = Span::seconds(15);
/// More writes than these between two looks are work, of which the pages are needed again at once.
const QUIET_WRITES: u64 = 200;
/// A difference of clocks that is told.
pub const SKEW_TOLD: Span = Span::seconds(2);
/// A difference of clocks with which a replica does not work.
pub const SKEW_MAX: Span = Span::seconds(30);

/// How long raw deliveries are kept after they are settled, in days; a reload may change it.
#[derive(Clone, Debug, Default)]
pub struct RawDays(Arc<AtomicI64>);

impl RawDays {
    /// Sets it.
    pub fn set(&self, days: i64) {
        self.0.store(days, Ordering::Relaxed);
    }
}

/// Starts measuring and tidying.
pub fn spawn(shutdown: &Shutdown, db: &Db, clock: &Arc<dyn Clock>, raw_days: RawDays) {
    let (measured, now) = (db.clone(), clock.clone());
    shutdown.spawn_every("measuring", MEASURE_PERIOD, move || {
        let (db, now) = (measured.clone(), now.now());
        async move {
            if let Err(error) = measure(&db, now).await {
                tracing::debug!(%error, "could not measure");
            }
            0
        }
    });
    spawn_slimming(shutdown, db);
    spawn_counting(shutdown, db);
    let (db, clock) = (db.clone(), clock.clone());
    shutdown.spawn_every("tidying", TIDY_PERIOD, move || {
        let (db, now, days) = (db.clone(), clock.now(), raw_days.0.load(Ordering::Relaxed));
        async move {
            let before = now.minus(Span::days(days));
            let tidied = db.write("tidying up", move |tx| {
                Box::pin(async move {
                    gauges::forget_expired(tx, now).await?;
                    token::forget(tx, now).await?;
                    lease::forget_over(tx, lease::SEEN, now).await?;
                    alert::forget(tx, now).await?;
                    removed::clear_raw(tx, now).await?;
                    removed::forget_old(tx, now).await?;
                    inbox::forget_bodies(tx, before).await
                })
            });
            if let Err(error) = tidied.await {
                tracing::warn!(%error, "could not tidy up; it tries again");
            }
            0
        }
    });
}

/// Gives memory back while little happens: what a start or a burst has read stays otherwise.
fn spawn_slimming(shutdown: &Shutdown, db: &Db) {
    let (db, seen) = (db.clone(), Arc::new(AtomicU64::new(0)));
    shutdown.spawn_every("slimming", SLIM_PERIOD, move || {
        let (db, seen) = (db.clone(), seen.clone());
        async move {
            let Some(writes) = db.changes() else { return 0 };
            let before = seen.swap(writes, Ordering::Relaxed);
            if writes - before < QUIET_WRITES
                && let Err(error) = db.slim().await
            {
                tracing::debug!(%error, "could not give memory back");
            }
            0
        }
    });
}

/// Keeps the planner's counts true: a table may grow a thousandfold in a day.
fn spawn_counting(shutdown: &Shutdown, db: &Db) {
    let db = db.clone();
    shutdown.spawn_every("counting for the planner", TIDY_PERIOD, move || {
        let db = db.clone();
        async move {
            if let Err(error) = db.count_indexes().await {
                tracing::debug!(%error, "the planner's counts could not be brought up to date");
            }
            0
        }
    });
}

async fn measure(db: &Db, now: Timestamp) -> Result<(), StoreError> {
    let read = db.read("measuring", move |tx| {
        Box::pin(async move {
            Ok((
                inbox::backlog(tx).await?,
                setting::brands(tx).await?,
                gauges::open_cases(tx).await?,
                gauges::late(tx, now).await?,
                outbox::counts(tx).await?,
                outbox::switch(tx, outbox::KILL_SWITCH).await?,
            ))
        })
    });
    let ((waiting, oldest), brands, open, late, actions, stopped) = read.await?;
    metrics::gauge!("webcared_sending_stopped").set(f64::from(u8::from(stopped)));
    metrics::gauge!("webcared_inbox_waiting").set(waiting as f64);
    let age = oldest.map_or(0, |at| now.since(Timestamp(at)).millis());
    metrics::gauge!("webcared_inbox_oldest_seconds").set(age as f64 / 1000.0);
    for brand in brands {
        show_cases(&brand.name, &open, &late);
    }
    let states = ["held", "ready", "claimed", "sending", "unknown", "by_hand", "refused"];
    for state in states {
        let n = actions.iter().find(|a| a.state == state).map_or(0, |a| a.n);
        metrics::gauge!("webcared_actions", "state" => state).set(n as f64);
    }
    Ok(())
}

/// Shows a brand's open cases, level by level, and its late ones. A figure stays as it was last told, so that there are
/// none is told as well: else what once was late would stay late.
fn show_cases(brand: &str, open: &[(String, i64, i64)], late: &[(String, i64)]) {
    for level in 1..=5 {
        let found = open.iter().find(|(of, at, _)| of == brand && *at == level);
        let labels = [("brand", brand.to_owned()), ("level", format!("P{level}"))];
        metrics::gauge!("webcared_cases_open", &labels).set(found.map_or(0, |o| o.2) as f64);
    }
    let found = late.iter().find(|(of, _)| of == brand);
    metrics::gauge!("webcared_obligations_late", "brand" => brand.to_owned())
        .set(found.map_or(0, |l| l.1) as f64);
}

/// Measures the database's clock once and corrects ours by it. Returns the remaining difference
/// before the correction.
pub async fn agree_on_time(db: &Db, clock: &SystemClock) -> Result<Span, StoreError> {
    let before = clock.now();
    let theirs = db.read("asking the database's clock", |tx| Box::pin(gauges::database_now(tx))).await?;
    let Some(theirs) = theirs else { return Ok(Span::ZERO) };
    let after = clock.now();
    // The answer was made about halfway between question and answer.
    let ours = before.plus(Span(after.since(before).millis() / 2));
    let skew = theirs.since(ours);
    clock.correct(Span(clock.correction().millis() + skew.millis()));
    Ok(skew)
}

/// Keeps agreeing; a difference that is too large stops the process, and its work goes to others.
pub fn spawn_clock(shutdown: &Shutdown, db: &Db, clock: Arc<SystemClock>) {
    let (stop, db) = (shutdown.token.clone(), db.clone());
    shutdown.spawn_every("clock", CLOCK_PERIOD, move || {
        let (db, clock, stop) = (db.clone(), clock.clone(), stop.clone());
        async move {
            match agree_on_time(&db, &clock).await {
                Ok(skew) if skew.millis().abs() > SKEW_MAX.millis() => {
                    tracing::error!(
                        skew_ms = skew.millis(),
                        "this machine's clock jumped; this replica stops"
                    );
                    stop.cancel();
                }
                Ok(skew) if skew.millis().abs() > SKEW_TOLD.millis() => {
                    tracing::warn!(skew_ms = skew.millis(), "this machine's clock and the database's part");
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "the database's clock could not be asked"),
            }
            0
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_or_late_no_more_is_shown_as_none() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let shown = |open: &[(String, i64, i64)], late: &[(String, i64)]| {
            metrics::with_local_recorder(&recorder, || show_cases("Acme", open, late));
            handle.render()
        };
        let of = |brand: &str| brand.to_owned();
        let text = shown(&[(of("Acme"), 1, 2), (of("Other"), 1, 7)], &[(of("Acme"), 3)]);
        assert!(text.contains("webcared_cases_open{brand=\"Acme\",level=\"P1\"} 2\n"), "{text}");
        assert!(text.contains("webcared_cases_open{brand=\"Acme\",level=\"P5\"} 0\n"), "{text}");
        assert!(text.contains("webcared_obligations_late{brand=\"Acme\"} 3\n"), "{text}");
        let text = shown(&[], &[]);
        assert!(text.contains("webcared_cases_open{brand=\"Acme\",level=\"P1\"} 0\n"), "{text}");
        assert!(text.contains("webcared_obligations_late{brand=\"Acme\"} 0\n"), "{text}");
    }
}
