//! Starting and stopping: in good order under load, with a changed file, beside another, and with
//! settings that are wrong.

use crate::daemon::{Start, settings};
use crate::kill::Load;
use crate::place::{Data, Engine};
use crate::sender::{Ledger, ORDINARY, deliver, now, post};
use crate::wait_for;
use std::time::Duration;
use webcared::domain::time::Span;
use webcared::store::inbox::{self, Received};
use webcared::store::{Place, open};

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

/// All counters of that name for the webhook together.
fn counted(text: &str, name: &str) -> u64 {
    let of_hook = text.lines().filter(|l| l.starts_with(name) && l.contains("source=\"hook\""));
    of_hook.filter_map(|l| l.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_daemon_left_waiting_is_in_the_counters_of_the_next() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    start.ready().await.stop().await;
    // As a kill between the commit of a delivery and its intake leaves it.
    let opened = open::open(&Place::Folder(data.folder().join("data0"))).await.unwrap();
    let left: Vec<Received> = (0..3)
        .map(|n| Received {
            id: format!("inb_left{n}"),
            source: "hook".into(),
            place: format!("left#{n}"),
            received_at: now(),
            body: post(&format!("left{n}"), Span::seconds(5), ORDINARY).to_string().into_bytes(),
        })
        .collect();
    let stored =
        opened.db.write("a test", move |tx| Box::pin(async move { inbox::receive(tx, &left, None).await }));
    stored.await.unwrap();
    opened.db.close().await;
    drop(opened);
    let daemon = start.ready().await;
    assert_eq!(deliver(start.port, "new", &post("new", Span::seconds(1), ORDINARY)).await, Some(202));
    wait_for("the counters to add up", Duration::from_secs(30), || async {
        let text = daemon.page_with("/metrics", "webcared_settled_total").await;
        let (received, settled) =
            (counted(&text, "webcared_received_total"), counted(&text, "webcared_settled_total"));
        assert!(settled <= received, "{settled} of {received}");
        (settled == 4 && received == 4).then_some(())
    })
    .await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lets_the_system_choose_the_port_is_told_which() {
    let data = Data::fresh(Engine::Sqlite).await;
    let mut start = Start::new(&data, 0, None);
    std::fs::write(&start.file, "[[brand]]\nname = \"Acme\"\nhandles = [\"acme\"]\n").unwrap();
    start.port = 0;
    let daemon = start.launch();
    let console = wait_for("the address of the console", Duration::from_secs(30), || async {
        let text = daemon.log_text();
        text.contains("/login/").then_some(())?;
        let (_, rest) = text.split_once("console=\"")?;
        rest.split_once('"').map(|(address, _)| address.to_owned())
    })
    .await;
    let answer = crate::sender::client().get(format!("{console}/healthz")).send().await.unwrap();
    assert!(answer.status().is_success(), "{console}");
    assert!(daemon.log_text().contains(&format!("{console}/login/")), "the link leads there");
    daemon.stop().await;
}
