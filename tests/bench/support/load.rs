//! Ordinary posts that come in meanwhile.

use super::corpus::Posts;
use super::daemon::now;
use super::web::{Connection, Sender};
use std::time::Duration;
use webcared::domain::time::Span;

const CONNECTIONS: usize = 10;

/// Delivers so many posts a second by webhook, at an even rate, until the process is killed.
pub fn steady(port: u16, per_second: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let mut all = Vec::new();
        for c in 0..CONNECTIONS {
            all.push(tokio::task::spawn_local(one(port, per_second, c)));
        }
        for one in all {
            one.await.expect("a sender that goes on");
        }
    });
}

async fn one(port: u16, per_second: usize, c: usize) {
    let step = Span(1000 / (per_second / CONNECTIONS) as i64);
    let mut posts = Posts::posted(u64::from(std::process::id()) + c as u64, now(), step);
    let mut connection = Connection::open(port).await;
    let sender = Sender::default();
    let mut due = tokio::time::interval(Duration::from_secs_f64(CONNECTIONS as f64 / per_second as f64));
    for n in 0_u64.. {
        due.tick().await;
        let line = posts.line().replacen("\"external_id\":\"", &format!("\"external_id\":\"{c}:"), 1);
        let answer = connection.ask(&sender.delivery(&format!("load_{c}_{n}"), line.as_bytes())).await;
        assert_eq!(answer.status, 202);
    }
}
