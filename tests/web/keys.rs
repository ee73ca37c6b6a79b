//! Keys of writes that are no act on a case: what was done under one is not done again, though its answer was lost.

use crate::harness::Engine;
use crate::programs::WORK;
use crate::site::{Site, engine};
use serde_json::json;
use webcared::domain::time::Span;
use webcared::store::token::{self, OnceRow};

/// From now on no answer can be kept, as when the daemon is killed once a write has been done.
async fn answers_are_lost(site: &Site) {
    if engine() == Engine::Sqlite {
        let sql = "CREATE TRIGGER lost BEFORE UPDATE ON api_once WHEN NEW.status > 1
            BEGIN SELECT RAISE(ABORT, 'killed'); END";
        return site.execute(sql).await;
    }
    let sql = "CREATE FUNCTION lost() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION USING MESSAGE = TG_NAME; END'";
    site.execute(sql).await;
    site.execute(
        "CREATE TRIGGER lost BEFORE UPDATE ON api_once FOR EACH ROW WHEN (NEW.status > 1) EXECUTE FUNCTION lost()",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_not_done_again_though_its_answer_was_lost() {
    let site = Site::open().await;
    site.login("jan", "agent").await;
    let program = site.acting("jan", &WORK).await;
    let body = json!({ "name": "late ones", "query": "lane=late" }).to_string();
    let ask = async || program.ask("POST", "/filters", &[("idempotency-key", "k-1")], &body).await;
    let filters = "SELECT COUNT(*) FROM saved_filter";
    answers_are_lost(&site).await;
    ask().await.is(500, "internal");
    assert_eq!(site.house.count(filters).await, 1, "it was done");
    ask().await.is(409, "in-flight");
    site.house.clock.advance(Span::minutes(3));
    ask().await.is(409, "answer-lost");
    assert_eq!(site.house.count(filters).await, 1, "once");
    // What was refused is still to be done under the key: nothing of it was.
    let drop = match engine() {
        Engine::Sqlite => "DROP TRIGGER lost",
        Engine::Postgres => "DROP TRIGGER lost ON api_once",
    };
    site.execute(drop).await;
    let key = [("idempotency-key", "k-2")];
    let wrong = json!({ "name": " ", "query": "" }).to_string();
    program.ask("POST", "/filters", &key, &wrong).await.is(422, "invalid");
    let right = json!({ "name": "urgent", "query": "level=P1" }).to_string();
    let made = program.ask("POST", "/filters", &key, &right).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let again = program.ask("POST", "/filters", &key, &right).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(site.house.count(filters).await, 2);
    // After its day a key is free.
    site.house.clock.advance(Span::hours(25));
    let anew = json!({ "name": "anew", "query": "level=P2" }).to_string();
    assert_eq!(program.ask("POST", "/filters", &[("idempotency-key", "k-1")], &anew).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_attempt_that_was_taken_over_nothing_stands() {
    let site = Site::open().await;
    let row = |attempt: &str, at: i64| OnceRow {
        token_id: "tok".into(),
        key: "k".into(),
        request: "r".into(),
        attempt: attempt.into(),
        status: 0,
        etag: None,
        body: String::new(),
        at,
        until_ms: at + 120_000,
    };
    let begin = |row: OnceRow| {
        let now = site.now();
        site.house.write(move |tx| Box::pin(async move { token::begin(tx, &row, now).await }))
    };
    let mark = |row: OnceRow| {
        let until = site.now().plus(Span::hours(24));
        site.house.write(move |tx| Box::pin(async move { token::mark(tx, &row, until).await }))
    };
    let release = |row: OnceRow, refused: bool| {
        site.house.write(move |tx| Box::pin(async move { token::release(tx, &row, refused).await }))
    };
    let first = site.now().millis();
    assert_eq!(begin(row("a", first)).await.unwrap(), None);
    site.house.clock.advance(Span::minutes(3));
    let later = site.now().millis();
    assert_eq!(begin(row("b", later)).await.unwrap(), None, "nothing was done: taken over");
    assert!(!mark(row("a", first)).await.unwrap(), "so nothing of the first may stand");
    assert!(mark(row("b", later)).await.unwrap() && mark(row("b", later)).await.unwrap());
    site.house.clock.advance(Span::hours(1));
    let held = begin(row("c", site.now().millis())).await.unwrap().unwrap();
    assert_eq!((held.attempt.as_str(), held.status), ("b", token::DONE), "held for its day");
    release(row("b", later), false).await.unwrap();
    assert!(begin(row("c", site.now().millis())).await.unwrap().is_some(), "something was done");
    release(row("b", later), true).await.unwrap();
    assert_eq!(begin(row("c", site.now().millis())).await.unwrap(), None, "refused: free again");
}
