//! The rig for Mastodon does what it says: what a customer writes reaches the brand by a server that
//! nobody here wrote, and faults on demand look as a connector must expect them.

use crate::rigs::mastodon_mock::{Fault, Server};
use serde_json::{Value, json};

fn statuses(notifications: &[Value]) -> Vec<(&str, Option<&str>)> {
    notifications.iter().map(|n| (n["type"].as_str().unwrap(), n["status"]["content"].as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_reaches_the_brand_and_a_thread_is_read_back() {
    let Some(server) = Server::start().await else { return };
    let (brand, customer) = (server.brand().await, server.user("customer").await);
    let question = customer.post(&format!("@{} where is my parcel?", brand.acct)).await;
    let told = brand.notifications().await;
    assert_eq!(statuses(&told), [("mention", Some("<p>@testuser where is my parcel?</p>"))]);
    assert_eq!(told[0]["status"]["id"], question.as_str());

    let answer = brand.reply(&format!("@{} we are looking into it", customer.acct), &question).await;
    let private = brand.direct(&format!("@{} your number?", customer.acct), Some(&question)).await;
    let (status, below) = customer.thread(&question).await;
    assert_eq!(status, 200);
    let ids: Vec<&Value> = below["descendants"].as_array().unwrap().iter().map(|s| &s["id"]).collect();
    assert_eq!(ids, [answer.as_str(), private.as_str()]);
    let own = customer.statuses_of(&brand.id).await;
    assert!(own.iter().any(|s| s["in_reply_to_id"] == question.as_str() && s["id"] == answer.as_str()));

    customer.edit(&question, "@testuser where is it? Still nothing").await;
    let told = brand.notifications().await;
    assert_eq!(statuses(&told), [("mention", Some("<p>@testuser where is it? Still nothing</p>"))]);
    customer.delete(&question).await;
    assert_eq!(customer.thread(&question).await.0, 404);
    let told = brand.notifications().await;
    assert_eq!(told[0]["status"], Value::Null, "the row stays, without its status: {told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_come_as_often_as_was_said() {
    let Some(server) = Server::start().await else { return };
    let brand = server.brand().await;
    let path = "/api/v1/notifications";
    for (fault, status) in [(Fault::TooMany, 429), (Fault::Status(503), 503), (Fault::Malformed, 200)] {
        server.fault("GET", path, fault, 1).await;
        let (met, body) = brand.get(path).await;
        assert_eq!(met, status, "{fault:?}");
        assert!(!body.is_array(), "{fault:?}: {body}");
        assert_eq!(brand.get(path).await, (200, json!([])), "{fault:?} came twice");
    }
    server.fault("GET", path, Fault::TooMany, 1).await;
    let url = format!("{}{path}", server.url);
    let refused = crate::sender::client().get(url).bearer_auth(&brand.token).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    let reset = refused.headers()["x-ratelimit-reset"].to_str().unwrap().parse::<u64>();
    assert!(reset.is_ok() && refused.headers().contains_key("retry-after"));

    // What is late is carried out all the same; what fails is not.
    server.fault("POST", "/api/v1/statuses", Fault::Late(50), 1).await;
    brand.post("late").await;
    server.fault("POST", "/api/v1/statuses", Fault::Status(500), 1).await;
    let (status, _) = brand.send("POST", "/api/v1/statuses", &json!({ "status": "lost" })).await;
    assert_eq!((status, brand.statuses_of(&brand.id).await.len()), (500, 1));
    server.fault("GET", path, Fault::TooMany, 99).await;
    server.clear_faults().await;
    assert_eq!(brand.get(path).await.0, 200);
}
