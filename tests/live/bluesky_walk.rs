//! A conversation from its mention to its end on Bluesky as its authors publish it, with the program killed at every step:
//! a public answer whose confirmation is lost, the offer of the chat, a private talk, an answer there that is lost as well.
//! What was said is counted in the repository of the brand on the real server, and in the ledger of the chat, which is
//! the one part that their network does not have.

use crate::agent::Agent;
use crate::bluesky::{settings, until};
use crate::chat_walk::Front;
use crate::daemon::{Daemon, Start};
use crate::mastodon_walk::{case_with, page_with};
use crate::place::{Data, Engine};
use crate::rigs::bluesky::{Account, Network};
use serde_json::{Value, json};

const MENTION: &str = "my parcel never arrived, where is it?";
const ANSWERS: &str = "SELECT state FROM action WHERE kind = 'reply' ORDER BY created_at";

/// What stands in the brand's repository, oldest first: what it answers, and the words.
async fn standing(customer: &Account) -> Vec<(Option<String>, String)> {
    let mut posts = customer.posts_of("brand.test").await;
    posts.reverse();
    posts.into_iter().map(|p| (p.answers, p.text)).collect()
}

/// `kill -9`, and started anew.
async fn killed(daemon: Daemon, start: &Start) -> Daemon {
    daemon.kill().await;
    start.ready().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_led_to_its_end_over_kills_and_lost_words() {
    let Some(network) = Network::start().await else { return };
    let brand = network.create_account("brand.test").await;
    let customer = network.create_account("customer.test").await;
    let password = brand.app_password("webcare").await;
    let front = Front::start(&network.pds, &brand.did).await;
    front.customer.lock().unwrap().clone_from(&customer.did);
    let data = Data::fresh(Engine::Postgres).await;
    let start = Start::new(&data, 0, None);
    let url = front.url.lock().unwrap().clone();
    let text =
        settings(start.port, &url, &password).replace("every_seconds = 5", "every_seconds = 5\nchat = true");
    std::fs::write(&start.file, text).unwrap();

    // The mention is posted while nobody listens, and the program killed once more when it has become a case.
    let asked = customer.post(&format!("@brand.test {MENTION}")).await;
    let daemon = start.ready().await;
    let agent = Agent::log_in(&start, "ann", "agent").await;
    let look = data.look().await;
    let case = case_with(&agent, MENTION).await;
    let daemon = killed(daemon, &start).await;

    // Answered in public: the record stands there, its confirmation is lost, and the program killed on top.
    *front.lose_record.lock().unwrap() = true;
    let public = "We look for your parcel today";
    let page = agent.act(&case, "answer", &[("text", public)]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    let daemon = killed(daemon, &start).await;
    until(&look, "the public answer", ANSWERS, &["done"]).await;
    until(&look, "the public wait", "SELECT state FROM obligation WHERE kind = 'first_response'", &["kept"])
        .await;
    let below = Some(asked.uri.clone());
    assert_eq!(standing(&customer).await, [(below.clone(), public.to_owned())], "once");

    // The chat is offered; killed as soon as that is asked for.
    agent.act(&case, "private_ask", &[]).await.unwrap();
    page_with(&agent, &case, "They can be written to", "").await;
    let page = agent.act(&case, "private_offer", &[("text", "")]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    let daemon = killed(daemon, &start).await;
    until(&look, "the offer", "SELECT state FROM handover", &["offered"]).await;
    let posts = standing(&customer).await;
    assert_eq!(posts.len(), 2, "the offer stands once: {posts:?}");
    assert!(posts[1].0 == below && posts[1].1.contains("WC-"), "{posts:?}");

    // The customer writes in the chat while nobody listens, and joins the case.
    daemon.kill().await;
    front.say(&customer.did, "hello, it is parcel 4711-2290");
    let daemon = start.ready().await;
    until(&look, "the customer", "SELECT state FROM handover", &["linked"]).await;
    assert_eq!(look.count("SELECT COUNT(*) FROM cases").await, 1, "one case");
    page_with(&agent, &case, "it is parcel", "").await;

    // Answered there, once, although the word of it is lost and the program killed.
    *front.lose.lock().unwrap() = true;
    let private = "We send parcel 4711-2290 again";
    let page = agent.act(&case, "private_send", &[("text", private)]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    let daemon = killed(daemon, &start).await;
    until(&look, "the private answer", ANSWERS, &["done", "done", "done"]).await;
    until(&look, "the private wait", "SELECT state FROM obligation WHERE kind = 'next_response'", &["kept"])
        .await;
    assert_eq!(front.ours(), [private], "said once, and only there");

    // Solved; what was said stays as it was said, after a last kill, too.
    agent.act(&case, "resolve", &[("reason", "sent again")]).await.unwrap();
    until(&look, "the end", "SELECT state FROM handover", &["closed"]).await;
    let daemon = killed(daemon, &start).await;
    until(&look, "the end of the case", "SELECT state FROM cases", &["resolved"]).await;
    assert_eq!(standing(&customer).await, posts, "nothing more in public");
    assert_eq!(front.ours(), [private]);
    assert_eq!(look.count("SELECT COUNT(*) FROM mention").await, 2, "both of the customer's, once");
    daemon.stop().await;
    look.close().await;
}

/// An account that its owner closes for a while is away, and what it wrote is not taken for deleted; nothing is said to
/// it until it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_closed_for_a_while_is_away_and_loses_nothing() {
    let Some(network) = Network::start().await else { return };
    let brand = network.create_account("brand.test").await;
    let customer = network.create_account("customer.test").await;
    let password = brand.app_password("webcare").await;
    let data = Data::fresh(Engine::Postgres).await;
    let start = Start::new(&data, 0, None);
    std::fs::write(&start.file, settings(start.port, &network.pds, &password)).unwrap();
    let daemon = start.ready().await;
    let agent = Agent::log_in(&start, "ann", "agent").await;
    let look = data.look().await;
    customer.post(&format!("@brand.test {MENTION}")).await;
    let case = case_with(&agent, MENTION).await;

    let (status, told) = customer.call("com.atproto.server.deactivateAccount", &json!({})).await;
    assert_eq!(status, 200, "{told}");
    look_again(&data).await;
    let away = "SELECT COALESCE(away, 'there') FROM author WHERE away_at IS NOT NULL";
    until(&look, "the account to be away", away, &["deactivated"]).await;
    let deleted = "SELECT COUNT(*) FROM mention WHERE deleted_at IS NOT NULL";
    assert_eq!(look.count(deleted).await, 0, "nothing is taken away");
    page_with(&agent, &case, "Account away since", "").await;
    let page = agent.act(&case, "answer", &[("text", "We look for it")]).await.unwrap();
    assert_ne!(page.status, 303, "refused");
    assert_eq!(look.count("SELECT COUNT(*) FROM action WHERE kind = 'reply'").await, 0);

    let (status, told) = customer.call("com.atproto.server.activateAccount", &Value::Null).await;
    assert_eq!(status, 200, "{told}");
    look_again(&data).await;
    until(&look, "the account to be back", away, &["there"]).await;
    daemon.stop().await;
    look.close().await;
}

/// Lets every post be due to be looked at, again and again, until the daemon has done it.
async fn look_again(data: &Data) {
    let url = data.flags(0).into_iter().find(|f| f.starts_with("postgres")).unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    sqlx::query("UPDATE recheck SET next_at = 0").execute(&pool).await.unwrap();
    // The view learns of it some seconds later; the daemon looks each quarter of a minute.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    sqlx::query("UPDATE recheck SET next_at = 0").execute(&pool).await.unwrap();
    pool.close().await;
}
