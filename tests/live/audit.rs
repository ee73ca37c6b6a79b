//! What must be true after all that happened, by the ledgers of the others: the senders', the
//! chat's, and the calendar.

use crate::bot::Bot;
use crate::place::{Data, Look};
use crate::sender::{Ledger, now};
use crate::wait_within;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use webcared::domain::time::Span;

/// How long the daemon may take to have done everything that waits. Only the end of the waiting,
/// never a measure: the chat alone holds messages back for half a minute each.
const SETTLE_MAX: Duration = Duration::from_secs(300);

/// Waits until nothing is left to do, and gives the database to look into.
pub async fn settled(data: &Data) -> Look {
    let look = data.look().await;
    let left = std::sync::Mutex::new((0, 0, 0));
    let settled = wait_within(SETTLE_MAX, || async {
        let waiting = look.count("SELECT COUNT(*) FROM inbox WHERE verdict IS NULL").await;
        let going = "SELECT COUNT(*) FROM action WHERE state IN ('ready', 'claimed', 'sending')";
        let now_left = (waiting, late_clocks(&look).await, look.count(going).await);
        *left.lock().unwrap() = now_left;
        (now_left == (0, 0, 0)).then_some(())
    });
    let settled = settled.await.is_some();
    assert!(settled, "left in the inbox, of late clocks, of actions: {:?}", left.lock().unwrap());
    look
}

async fn late_clocks(look: &Look) -> usize {
    let next: Vec<(i64,)> = look.rows("SELECT next_at FROM obligation WHERE next_at IS NOT NULL").await;
    let by = now().minus(Span::seconds(2)).millis();
    next.iter().filter(|(at,)| *at < by).count()
}

/// Everything acknowledged is there, each once; every payload has one verdict.
pub async fn check_stored(look: &Look, ledger: &Ledger, own: &BTreeSet<String>) {
    let mentions: Vec<(String,)> = look.rows("SELECT external_id FROM mention").await;
    let answers: Vec<(String,)> = look.rows("SELECT external_id FROM own_post").await;
    let stored: Vec<String> = mentions.into_iter().chain(answers).map(|(id,)| id).collect();
    let once: BTreeSet<String> = stored.iter().cloned().collect();
    assert_eq!(stored.len(), once.len(), "something is stored twice");
    let acknowledged = ledger.acknowledged();
    let lost: Vec<_> = acknowledged.difference(&once).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let unheard: Vec<_> = own.difference(&acknowledged).collect();
    assert!(unheard.is_empty(), "never acknowledged: {unheard:?}");
    let counts: Vec<(String, String, i64)> = look
        .rows("SELECT source, what, CAST(SUM(n) AS BIGINT) FROM intake_count GROUP BY source, what")
        .await;
    for source in counts.iter().map(|c| c.0.clone()).collect::<BTreeSet<_>>() {
        let of = |received: bool| -> i64 {
            counts.iter().filter(|c| c.0 == source && (c.1 == "received") == received).map(|c| c.2).sum()
        };
        assert_eq!(of(true), of(false), "{source}: received is the sum of the five verdicts: {counts:?}");
    }
    let rows = look.count("SELECT COUNT(*) FROM inbox WHERE source = 'hook'").await;
    let received: i64 = counts.iter().filter(|c| c.0 == "hook" && c.1 == "received").map(|c| c.2).sum();
    assert_eq!(received, rows, "every delivery that was counted has its row");
    let cases = look.count("SELECT COUNT(*) FROM cases").await;
    let authors = "SELECT COUNT(*) FROM (SELECT DISTINCT author_id, conversation_id FROM mention) AS pairs";
    assert_eq!(cases, look.count(authors).await, "one case an author and conversation");
}

/// Every urgent case was told to the team, and told again only as a repeat.
pub async fn check_told(look: &Look, bot: &Bot) {
    let arrivals: Vec<(String, String)> = look
        .rows(
            "SELECT c.id, COALESCE((SELECT MAX(a.id) FROM action a
                WHERE a.case_id = c.id AND a.once_key LIKE '%:arrival'), '') FROM cases c
             WHERE c.level <= 2 AND c.needs_answer = 1 AND c.historic = 0",
        )
        .await;
    assert!(!arrivals.is_empty(), "no case was urgent: the test sends the wrong words");
    let refused = "SELECT COUNT(*) FROM action WHERE state NOT IN ('done')";
    assert_eq!(look.count(refused).await, 0, "an alert was given up");
    let alerts = bot.alerts();
    for (case, action) in arrivals {
        assert!(!action.is_empty(), "the urgent case {case} has no alert");
        let tag = &action[action.len() - 8..];
        let told = alerts.get(tag).copied().unwrap_or_default();
        assert!(told.0 >= 1, "the alert {tag} of {case} never came to the chat: {alerts:?}");
    }
    let unmarked: BTreeMap<_, _> = alerts.iter().filter(|(_, (n, repeats))| n - repeats > 1).collect();
    assert!(unmarked.is_empty(), "told again without being marked: {unmarked:?}");
}

/// Every promise past its deadline and unkept has one breach, with the time at which it fell due.
pub async fn check_clocks(look: &Look) -> usize {
    type Clock = (String, i64, String, i64, Option<i64>);
    let clocks: Vec<Clock> = look
        .rows("SELECT case_id, wait, state, due_at, ended_at FROM obligation WHERE state <> 'superseded'")
        .await;
    type Event = (String, i64, i64, i64, Option<i64>);
    let events: Vec<Event> = look
        .rows("SELECT case_id, wait, at, recorded_at, annulled_at FROM clock_event WHERE stage = 100")
        .await;
    let by = now().minus(Span::seconds(5)).millis();
    let mut breaches = 0;
    for (case, wait, state, due, ended) in clocks {
        let of = events.iter().filter(|e| e.0 == case && e.1 == wait && e.4.is_none());
        let found: Vec<(i64, i64)> = of.map(|e| (e.2, e.3)).collect();
        let broken = match state.as_str() {
            "running" => due < by,
            "broken" => true,
            _ => false,
        };
        let told = format!("{case}/{wait} {state} due {due} ended {ended:?}: {found:?}");
        if broken {
            assert_eq!(found.len(), 1, "{told}");
            assert_eq!(found[0].0, due, "the breach has its true time: {told}");
            breaches += 1;
        } else if due >= by || state != "running" {
            assert!(found.iter().all(|(at, _)| *at == due && state == "running"), "{told}");
        }
        assert!(found.iter().all(|(at, recorded)| recorded >= at), "recorded before it fell due: {told}");
    }
    breaches
}
