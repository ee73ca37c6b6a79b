//! What the running daemon measures, read by the tool of those who read it.

use crate::daemon::Start;
use crate::place::{Data, Engine};
use crate::sender::{ORDINARY, deliver, post};
use std::io::Write;
use std::process::{Command, Stdio};
use webcared::domain::time::Span;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_are_clean_and_count_what_came_in() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let daemon = start.ready().await;
    for n in 0..3 {
        let id = format!("m{n}");
        assert_eq!(deliver(start.port, &id, &post(&id, Span::minutes(40), ORDINARY)).await, Some(202));
    }
    let text =
        daemon.page_with("/metrics", "webcared_settled_total{source=\"hook\",verdict=\"mention\"} 3").await;
    assert!(text.contains("webcared_received_total"), "{text}");
    if let Some(promtool) = crate::tool("promtool") {
        let mut child = Command::new(promtool)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && told.trim().is_empty(), "{told}");
    }
    daemon.stop().await;
}
