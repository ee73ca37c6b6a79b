//! Two daemons on one PostgreSQL: both take deliveries, one is killed, the other goes on; nothing
//! is done twice, nothing is lost.

use crate::audit::{check_clocks, check_stored, check_told, settled};
use crate::bot::Bot;
use crate::daemon::Start;
use crate::kill::Load;
use crate::place::{Data, Engine, has_postgres};
use crate::sender::Ledger;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_daemons_share_the_work_and_one_may_die() {
    if !has_postgres() {
        return;
    }
    let (bot, data) = (Bot::start().await, Data::fresh(Engine::Postgres).await);
    let (one, two) = (Start::new(&data, 0, Some(&bot.url)), Start::new(&data, 1, Some(&bot.url)));
    // Started at once: both bring the schema up to date, in turn.
    let starts = [&one, &two];
    let mut running = starts.map(|start| Some(start.launch()));
    for daemon in running.iter_mut().flatten() {
        daemon.wait_ready().await;
    }
    let ledger = Ledger::default();
    let load = Load::start(&[one.port, two.port], &ledger, 11);
    for round in 0..4 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let victim = &mut running[round % 2];
        victim.take().unwrap().kill().await;
        *victim = Some(starts[round % 2].ready().await);
    }
    // From here on one is alone: it takes over what the other held when its leases end.
    running[0].take().unwrap().kill().await;
    let meant = load.end().await;
    ledger.finish(two.port).await;
    let look = settled(&data).await;
    check_stored(&look, &ledger, &meant).await;
    assert!(check_clocks(&look).await > 0, "nothing fell due");
    check_told(&look, &bot).await;
    let hands = look.count("SELECT COUNT(*) FROM lease").await;
    assert!(hands > 0, "nobody ever held a lease");
    look.close().await;
    running[1].take().unwrap().stop().await;
}
