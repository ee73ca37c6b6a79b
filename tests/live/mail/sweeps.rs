//! The mailbox read a second time on a mail server that nobody here wrote: what the looks passed over is found by
//! Message-ID in whatever folder it stands, known mail is known again under new numbers, and nothing is marked as read.

use super::{CARE, mail};
use crate::rigs::dovecot::{PASSWORD, Server};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::post::RawPost;
use webcared::domain::time::{Span, Timestamp};
use webcared::http_client::{HttpClient, Outbound};
use webcared::sources::{Outside, Source, SourceTrouble, Unseen, Vault, build};

struct Nothing;

#[async_trait]
impl Vault for Nothing {
    async fn load(&self, _credential: &str) -> Option<Vec<u8>> {
        None
    }

    async fn save(&self, _credential: &str, _sealed: &[u8]) -> bool {
        true
    }
}

/// What is known already, by Message-ID.
struct Known(BTreeSet<String>);

#[async_trait]
impl Unseen for Known {
    async fn unseen(&self, posts: &[&RawPost]) -> Result<Vec<bool>, SourceTrouble> {
        Ok(posts.iter().map(|p| !self.0.contains(&p.external_id)).collect())
    }
}

fn source(server: &Server) -> Arc<dyn Source> {
    let clock = Arc::new(SystemClock::default());
    let settings = Outbound { allow_private_addresses: true, ..Outbound::default() };
    let outside = Outside {
        http: HttpClient::new(&settings, clock.clone()).unwrap(),
        clock,
        keep: Arc::new(|_| true),
        tags: Arc::new(Vec::new),
        terms: Arc::new(|_: Option<&str>| Vec::new()),
        vault: Arc::new(Nothing),
    };
    let config = json!({"name": "care", "counts_from": "2020-01-01T00:00:00Z", "mail": {
        "address": CARE, "folders": ["INBOX", "Kept"], "sweep_folders": ["Orders", "Gone"],
        "imap": {"host": "127.0.0.1", "port": server.imap, "security": "none", "password": PASSWORD}}});
    build(&[serde_json::from_value(config).unwrap()], &outside).unwrap().remove(0)
}

/// Everything that a sweep of the last two days hands over, by Message-ID.
async fn swept(source: &dyn Source, known: &Known) -> BTreeSet<String> {
    let (sweep, from) = (source.sweep().unwrap(), two_days());
    let mut found = BTreeSet::new();
    for stream in sweep.streams() {
        let mut page = None;
        for _ in 0..20 {
            let got = sweep.page(&stream, from, page.as_deref(), known).await.unwrap();
            found.extend(got.items.iter().map(|item| id(&item.body)));
            page = got.next;
            if page.is_none() {
                break;
            }
        }
        assert_eq!(page, None, "{stream}: it comes to an end");
    }
    found
}

fn two_days() -> Timestamp {
    SystemClock::default().now().minus(Span::days(2))
}

fn id(body: &[u8]) -> String {
    let post: Value = serde_json::from_slice(body).unwrap();
    post["external_id"].as_str().unwrap().to_owned()
}

fn set(ids: impl IntoIterator<Item = impl Into<String>>) -> BTreeSet<String> {
    ids.into_iter().map(Into::into).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_looks_passed_over_is_found_by_its_message_id() {
    let Some(server) = Server::start().await else { return };
    for folder in ["Kept", "Orders"] {
        server.new_folder(CARE, folder, false).await;
    }
    let of =
        |n: usize| mail("mia@shop.test", &format!("m{n}@shop.test"), "Kettle", "", "Where is my kettle?");
    for n in 0..60 {
        server.deliver("mia@shop.test", CARE, &of(n)).await;
    }
    let source = source(&server);
    let poll = source.poll().unwrap();
    let (mut looked, mut cursor) = (BTreeSet::new(), None);
    loop {
        let batch = poll.poll("INBOX", cursor.as_deref()).await.unwrap();
        looked.extend(batch.items.iter().map(|item| id(&item.body)));
        cursor = batch.cursor.or(cursor);
        if !batch.more {
            break;
        }
    }
    assert_eq!(looked.len(), 60, "the looks see all of them");
    let known = Known(looked.clone());
    assert_eq!(swept(&*source, &known).await, set([""; 0]), "what is known is not handed over again");

    // A rule moves a mail before anybody looks; another stands where only the sweep reads.
    server.deliver("mia@shop.test", CARE, &of(60)).await;
    server.asked(CARE, &["SELECT INBOX".into(), "UID MOVE 61 Kept".into()]).await;
    server.put(CARE, "Orders", &of(61)).await;
    let expected = set(["m60@shop.test", "m61@shop.test"]);
    assert_eq!(swept(&*source, &known).await, expected);
    // The folder is made anew: other numbers, the same mails.
    server.new_folder(CARE, "Orders", true).await;
    server.put(CARE, "Orders", &of(61)).await;
    server.put(CARE, "Orders", &of(3)).await;
    assert_eq!(swept(&*source, &known).await, expected, "a copy of what is known is nothing new");
    let all = Known(looked.union(&expected).cloned().collect());
    assert_eq!(swept(&*source, &all).await, set([""; 0]));
    for folder in ["INBOX", "Kept", "Orders"] {
        for flags in server.flags(CARE, folder).await {
            assert!(!flags.contains("\\Seen"), "nothing is marked as read: {folder}: {flags}");
        }
    }
}
