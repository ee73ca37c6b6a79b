//! Starting and stopping: in good order under load, with a changed file, beside another, and with
//! settings that are wrong.

use crate::daemon::{Start, settings};
use crate::kill::Load;
use crate::place::{Data, Engine};
use crate::sender::{Ledger, deliver, post};
use crate::wait_for;
use std::time::Duration;
use webcared::domain::time::Span;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_is_clean_and_loses_nothing() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let daemon = start.ready().await;
    let ledger = Ledger::default();
    let load = Load::start(&[start.port], &ledger, 5);
    wait_for("some deliveries", Duration::from_secs(30), || async {
        (ledger.acknowledged().len() > 50).then_some(())
    })
    .await;
    daemon.stop().await;
    let meant = load.end().await;
    let daemon = start.ready().await;
    ledger.finish(start.port).await;
    assert_eq!(ledger.still_open(), 0);
    let look = data.look().await;
    wait_for("the inbox to be empty", Duration::from_secs(60), || async {
        (look.count("SELECT COUNT(*) FROM inbox WHERE verdict IS NULL").await == 0).then_some(())
    })
    .await;
    crate::audit::check_stored(&look, &ledger, &meant).await;
    look.close().await;
    daemon.stop().await;
}

async fn verdict_of(data: &Data, start: &Start, id: &str, text: &str) -> String {
    assert_eq!(deliver(start.port, id, &post(id, Span::seconds(1), text)).await, Some(202));
    let look = data.look().await;
    let rows = wait_for("a verdict", Duration::from_secs(30), || async {
        let rows: Vec<(String, String)> =
            look.rows("SELECT place, verdict FROM inbox WHERE verdict IS NOT NULL").await;
        rows.into_iter().find(|(place, _)| place.starts_with(id))
    })
    .await;
    look.close().await;
    rows.1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_file_holds_after_a_hangup_and_a_wrong_one_does_not() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let daemon = start.ready().await;
    assert_eq!(verdict_of(&data, &start, "before", "zenithline is late again").await, "filtered");
    let more = "\n[[brand]]\nname = \"Zenithline\"\nkeywords = [\"Zenithline\"]\n";
    std::fs::write(&start.file, settings(start.port, None) + more).unwrap();
    daemon.signal("HUP");
    let n = std::sync::atomic::AtomicUsize::new(0);
    wait_for("the new brand to be watched", Duration::from_secs(20), || async {
        let id = format!("after{}", n.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        (verdict_of(&data, &start, &id, "zenithline is late again").await == "mention").then_some(())
    })
    .await;
    std::fs::write(&start.file, "listen = 7\nnonsense = true\n").unwrap();
    daemon.signal("HUP");
    wait_for("the mistakes to be told", Duration::from_secs(20), || async {
        daemon.log_text().contains("nonsense").then_some(())
    })
    .await;
    assert_eq!(verdict_of(&data, &start, "still", "zenithline is late again").await, "mention");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_the_folder_is_told_so() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let daemon = start.ready().await;
    for port in [crate::daemon::free_port(), start.port] {
        let listen = format!("127.0.0.1:{port}");
        let (code, _, told) = start.run(&["run", "--listen", &listen]).await;
        assert_eq!(code, Some(4), "{told}");
        assert!(told.contains("another webcared is running"), "{told}");
    }
    // An address that somebody else has is told as such.
    let other = Data::fresh(Engine::Sqlite).await;
    let listen = format!("127.0.0.1:{}", start.port);
    let (code, _, told) = Start::new(&other, 0, None).run(&["run", "--listen", &listen]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(&listen), "{told}");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_settings_end_with_three_and_name_every_mistake() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let wrong = "[[brand]]\nname = \"Acme\"\npolicy = \"no-such-policy\"\n[web]\nheader_seconds = \"soon\"\n[nonsense]\n";
    std::fs::write(&start.file, wrong).unwrap();
    for command in ["run", "check"] {
        let (code, _, told) = start.run(&[command]).await;
        assert_eq!(code, Some(3), "{told}");
        for (word, line) in [("no-such-policy", 3), ("header_seconds", 5), ("nonsense", 6)] {
            let named = told.lines().any(|l| l.contains(word) && l.contains(&format!(":{line}")));
            assert!(named, "{command}: line {line} with {word} is not named:\n{told}");
        }
    }
}
