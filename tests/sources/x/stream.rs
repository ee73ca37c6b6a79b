//! The filtered stream: its rules, what its lines bring, what they cost, and how it ends.

use super::Desk;
use crate::x_site::JAN;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;
use webcared::domain::time::Timestamp;
use webcared::sources::{Batch, Closed, Sink, SourceTrouble, TroubleState};

/// Keeps what is handed over.
#[derive(Default)]
struct Basket {
    items: Mutex<Vec<Value>>,
    connected: Mutex<usize>,
    /// It takes nothing any more.
    closed: bool,
}

#[async_trait]
impl Sink for Basket {
    async fn commit(&self, batch: Batch) -> Result<(), Closed> {
        if self.closed {
            return Err(Closed);
        }
        assert_eq!(batch.cursor, None, "the stream has no place of its own");
        let read = batch.items.iter().map(|i| serde_json::from_slice(&i.body).unwrap());
        self.items.lock().unwrap().extend(read);
        Ok(())
    }

    fn connected(&self, _server: &str) {
        *self.connected.lock().unwrap() += 1;
    }

    fn missed(&self, _from: Timestamp, _until: Timestamp) {}
}

async fn listen(desk: &Desk, basket: &Basket) -> Option<SourceTrouble> {
    let live = desk.source.live().unwrap();
    assert_eq!(live.channels(), ["stream"]);
    live.listen("stream", basket, &CancellationToken::new()).await
}

fn line(desk: &Desk, id: &str) -> String {
    let users = json!([{"id": JAN, "username": "jan_x", "name": "Jan"}]);
    format!(
        "{}\r\n",
        json!({"data": desk.fake.ledger().tweet(id), "includes": {"users": users}, "matching_rules": []})
    )
}

#[tokio::test]
async fn its_rules_are_put_right_and_those_of_others_are_left_alone() {
    let desk = Desk::with(|x| x["stream"] = json!(true)).await;
    desk.fake.ledger().rules = vec![
        json!({"id": "1", "value": "cats", "tag": "somebody else"}),
        json!({"id": "2", "value": "@oldname", "tag": "webcared:x"}),
    ];
    listen(&desk, &Basket::default()).await;
    let rules = desk.fake.ledger().rules.clone();
    let told: Vec<(&str, &str)> =
        rules.iter().map(|r| (r["value"].as_str().unwrap(), r["tag"].as_str().unwrap())).collect();
    assert_eq!(told, [("cats", "somebody else"), ("@acme -from:acme -is:retweet", "webcared:x")]);
    listen(&desk, &Basket::default()).await;
    assert_eq!(desk.fake.ledger().rules, rules, "what stands right is not written again");
}

#[tokio::test]
async fn its_lines_bring_posts_which_are_paid_for_once_and_junk_hurts_nothing() {
    let desk = Desk::with(|x| x["stream"] = json!(true)).await;
    let now = desk.now();
    let first = desk.fake.ledger().post(now, JAN, "@acme where is it", None);
    let second = desk.fake.ledger().post(now, JAN, "@acme still nothing", None);
    let lines = [
        "\r\n".to_owned(),
        line(&desk, &first),
        "{\"data\": {\"id\": 7}}\r\n".to_owned(),
        "not JSON\r\n".to_owned(),
        "{\"of_a_kind\": \"unknown\"}\r\n".to_owned(),
        line(&desk, &first),
        line(&desk, &second),
        json!({"errors": [{"title": "operational-disconnect", "detail": "Restarting"}]}).to_string() + "\r\n",
        line(&desk, &second),
    ];
    desk.fake.ledger().stream = lines.concat();
    let basket = Basket::default();
    let ended = listen(&desk, &basket).await.unwrap();
    assert_eq!(ended.state, TroubleState::Unreachable);
    assert!(ended.why.contains("Restarting"), "{ended:?}");
    let items = basket.items.lock().unwrap();
    let ids: Vec<&str> = items.iter().map(|i| i["external_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [first.as_str(), &first, &second], "nothing of what follows the end is taken");
    assert_eq!(items[0]["text"], "@acme where is it");
    assert_eq!(*basket.connected.lock().unwrap(), 1);
    let units: Vec<(String, i64)> =
        desk.source.purse().unwrap().take().into_iter().map(|s| (s.2, s.3)).collect();
    assert_eq!(units, [("post_read".to_owned(), 2)], "a post that comes twice is billed once");
    // Only our own program may read it: the account's token is not sent.
    let asked = desk.fake.site.asked();
    let opened = asked.iter().find(|a| a.path.ends_with("/search/stream")).unwrap();
    assert!(opened.header("authorization").unwrap().ends_with(crate::x_site::APP_TOKEN));
}

#[tokio::test]
async fn it_ends_without_trouble_when_nobody_takes_and_is_not_opened_beyond_the_budget() {
    let desk = Desk::with(|x| {
        x["stream"] = json!(true);
        x["monthly_usd"] = json!(0.005);
    })
    .await;
    let id = desk.fake.ledger().post(desk.now(), JAN, "@acme where is it", None);
    desk.fake.ledger().stream = line(&desk, &id);
    let closed = Basket { closed: true, ..Basket::default() };
    assert_eq!(listen(&desk, &closed).await, None);
    let spent = listen(&desk, &Basket::default()).await.unwrap();
    assert!(matches!(spent.state, TroubleState::OverBudget { .. }), "{spent:?}");
}
