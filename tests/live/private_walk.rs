//! The way into a private channel on a server of Mastodon's API that nobody here wrote: a mention is
//! answered with an offer, the customer writes in private in a thread of their own, is answered there
//! while the server's word is lost and the program is killed, and the case is closed. What stands on the
//! server is counted there.

use crate::agent::Agent;
use crate::axe;
use crate::browser::{Browser, log_in};
use crate::mastodon_walk::{Walk, case_with, page_with};
use serde_json::Value;
use std::sync::atomic::Ordering;

const MENTION: &str = "my parcel is a week late and nobody answers";

/// The posts of the brand as the brand itself sees them: visibility and words.
async fn said(walk: &Walk) -> Vec<(String, String)> {
    let statuses = walk.brand.statuses_of(&walk.brand.id).await;
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    statuses.iter().map(|s| (text(&s["visibility"]), text(&s["content"]))).collect()
}

/// The page of the case with its private box as a browser shows it: axe-core finds nothing.
async fn looked_at(walk: &Walk, case: &str) {
    let Some(browser) = Browser::start().await else { return };
    log_in(&browser, &walk.start, "lea", "Lea Bos", "lead").await;
    browser.visit(&walk.start, &format!("/cases/{case}")).await;
    browser.says("Private channel").await;
    axe::check(&browser, "a case that is offered a private channel").await;
    eprintln!("screenshot: {}", browser.picture("private.png").await.display());
    browser.no_trouble().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_led_into_private_and_back() {
    let Some(walk) = Walk::open().await else { return };
    let daemon = walk.start.ready().await;
    let agent = Agent::log_in(&walk.start, "ann", "agent").await;
    let at = &walk.brand.acct;

    // Asked, then offered in public.
    walk.customer.post(&format!("@{at} {MENTION}, where is it?")).await;
    let case = case_with(&agent, MENTION).await;
    agent.act(&case, "private_ask", &[]).await.unwrap();
    let page = page_with(&agent, &case, "They can be written to", "").await;
    assert!(page.contains("Offer in public as"), "{page}");
    let page = agent.act(&case, "private_offer", &[("text", "")]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    walk.done(1).await;
    page_with(&agent, &case, "<strong>offered</strong>", "").await;
    looked_at(&walk, &case).await;
    let offers = said(&walk).await;
    assert_eq!(offers.len(), 1, "{offers:?}");
    assert!(offers[0].0 != "direct" && offers[0].1.contains("WC-"), "{offers:?}");

    // Killed; the customer writes in private meanwhile, in a thread of their own.
    daemon.kill().await;
    walk.customer.direct(&format!("@{at} here I am, it is parcel 4711-2290"), None).await;
    let daemon = walk.start.ready().await;
    let page = page_with(&agent, &case, "the private talk stands in this case", "").await;
    assert!(page.contains("here I am") && page.contains("A private conversation was joined"));
    let look = walk.data.look().await;
    assert_eq!(look.count("SELECT COUNT(*) FROM cases").await, 1, "one case");

    // Answered in private; the server's word is lost and the program killed while it is on its way.
    walk.proxy.swallow.store(1, Ordering::SeqCst);
    let words = "We send parcel 4711-2290 again";
    let page = agent.act(&case, "private_send", &[("text", words)]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    daemon.kill().await;
    let daemon = walk.start.ready().await;
    walk.done(2).await;
    page_with(&agent, &case, words, "").await;
    let standing = said(&walk).await;
    let private: Vec<_> = standing.iter().filter(|(_, content)| content.contains(words)).collect();
    assert_eq!(private.len(), 1, "once: {standing:?}");
    assert_eq!(private[0].0, "direct", "and nobody else can read it");
    assert_eq!(standing.len(), 2, "{standing:?}");

    // Solved, and the hand-over is over with it.
    agent.act(&case, "resolve", &[("reason", "sent again")]).await.unwrap();
    let closed = "SELECT COUNT(*) FROM handover WHERE state = 'closed'";
    assert_eq!(look.count(closed).await, 1);
    let kept = "SELECT COUNT(*) FROM obligation WHERE kind = 'next_response' AND state = 'kept'";
    assert_eq!(look.count(kept).await, 1, "the private answer kept the private promise");
    look.close().await;
    daemon.stop().await;
}
