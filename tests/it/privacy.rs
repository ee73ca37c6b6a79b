//! Erasing a person, not watching them, holding a case, letting words go in time: nothing is found in any table, nor in
//! the bytes of the files, and nothing comes back.

use crate::harness::{Engine, House, START, answer, on_each, person, post};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::casework::Act;
use webcared::domain::file::Media;
use webcared::domain::time::Span;
use webcared::intake::SourceRules;
use webcared::privacy::{By, Privacy, PrivacyError};
use webcared::store::Place;
use webcared::store::attachment::{self, Keeping};
use webcared::store::inbox::{self, Received};
use webcared::store::whole;

/// What must not be found after an erasure, and each stands somewhere before.
const GONE: [&str; 10] = [
    "secretparcel",
    "sannehandle",
    "quietnote",
    "ourwordstoher",
    "draftwords",
    "sanneext",
    "postext1",
    "filename7",
    "photobytes9",
    "otherhandle",
];
/// What another customer wrote, and must stay.
const STAYS: &str = "pietsmatter";

pub fn privacy(house: &House) -> Privacy {
    Privacy::new(
        house.db.clone(),
        house.clock.clone(),
        house.mint.clone(),
        house.current.clone(),
        Arc::new(Notify::new()),
    )
}

fn said(id: &str, author: &str, handle: &str, thread: &str, text: &str) -> serde_json::Value {
    let mut post = post(id, author, thread, 0, text);
    post["author"] = json!({ "id": author, "handle": handle, "name": handle });
    post
}

/// Puts a delivery into the inbox and lets intake settle it, so that its raw bytes are there too.
pub async fn deliver(house: &House, id: &str, post: &serde_json::Value) {
    let rules = SourceRules { addresses_all: true, ..SourceRules::default() };
    house.intake.set_rules([("test".to_owned(), rules)].into());
    let row = Received {
        id: id.to_owned(),
        source: "test".into(),
        place: "1".into(),
        received_at: house.clock_now(),
        body: post.to_string().into_bytes(),
    };
    house.write(move |tx| Box::pin(async move { inbox::receive(tx, &[row], None).await })).await.unwrap();
    while house.intake.run_once(50).await.unwrap() > 0 {}
}

/// All text of all tables, and on SQLite the bytes of the files with the write-ahead log.
pub async fn everything(house: &House) -> Vec<u8> {
    let mut found = house
        .db
        .read("test", |tx| {
            Box::pin(async move {
                let mut out = Vec::new();
                for table in whole::tables(tx).await? {
                    whole::read(tx, &table, |line| {
                        out.extend_from_slice(line.as_bytes());
                        Ok(())
                    })
                    .await?;
                }
                Ok(out)
            })
        })
        .await
        .unwrap();
    match house.place() {
        Place::Folder(folder) => {
            for name in ["webcared.db", "webcared.db-wal"] {
                found.extend(std::fs::read(folder.join(name)).unwrap_or_default());
            }
        }
        Place::Postgres(_) => {
            assert_eq!(left().await, ["openwords", "heldwords"]);
        assert_eq!(house.case(4).await.state, "dismissed", "what needs no answer is put away");
        assert_eq!(house.case(3).await.open, 1);
        house.clock.advance(Span::days(20));
        assert_eq!(retention.run_once().await.unwrap(), 1);
        assert_eq!(left().await, ["openwords"], "a hold ends by itself");
        let counted: Vec<(i64,)> = house.all("SELECT n FROM retention_count WHERE what = 'cases'").await;
        assert_eq!(counted.iter().map(|c| c.0).sum::<i64>(), 4);
        assert_eq!(house.cases().await.len(), 5, "states and clocks stay");
        // An edit of a post whose words went does not bring them back.
        let mut edited = said("p0", "author0", "author0", "p0", "@Acme solvedwords again");
        edited["edited_at"] = house.clock_now().rfc3339().into();
        deliver(&house, "inb_7", &edited).await;
        assert_eq!(left().await, ["openwords"]);
        house.clock.advance(Span::days(24 * 30));
        retention.run_once().await.unwrap();
        assert_eq!(house.cases().await.len(), 1, "counts go too in the end");
        assert_eq!(house.count("SELECT COUNT(*) FROM mention").await, 1);
        assert_eq!(left().await, ["openwords"]);
    });
}
