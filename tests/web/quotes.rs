//! What a post quotes stands within it, by reference: masked, once, and gone when it is deleted there.

use crate::harness::{START, post};
use crate::site::Site;
use serde_json::json;
use webcared::domain::time::Span;

/// The blocks of quotes on a page.
fn quotes(page: &str) -> Vec<&str> {
    let blocks = page.split("<blockquote class=\"quoted\"").skip(1);
    blocks.map(|rest| rest.split("</blockquote>").next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quoted_post_stands_within_the_one_that_quotes_it_and_nowhere_else() {
    let site = Site::open().await;
    let mut around =
        post("q", "lou", "a", 0, "The scooter broke. Mail me: lou@example.org <script>alert(1)</script>");
    around["context"] = json!(true);
    around["url"] = json!("https://toot.example/@lou/q");
    let mut quoting = post("1", "sanne", "a", 1, "@Acme mine broke as well, where is my money?");
    quoting["quotes"] = json!("q");
    site.house.take(&[around, quoting]).await;
    let case = site.house.case(1).await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get(&format!("/cases/{}", case.id)).await.body;
    let found = quotes(&page);
    assert_eq!(found.len(), 1, "{page}");
    assert!(found[0].contains("The scooter broke") && found[0].contains("lou"), "{}", found[0]);
    assert!(found[0].contains("href=\"https://toot.example/@lou/q\""), "{}", found[0]);
    assert!(!page.contains("lou@example.org") && !page.contains("<script>alert"), "{page}");
    assert_eq!(page.matches("The scooter broke").count(), 1, "not beside it as well: {page}");
    // Deleted there, its words are gone here.
    site.house.take(&[json!({"platform": "mastodon", "external_id": "q", "deleted": true})]).await;
    let page = jan.get(&format!("/cases/{}", case.id)).await.body;
    assert!(!page.contains("The scooter broke"), "{page}");
    assert!(quotes(&page)[0].contains("The words are no longer kept."), "{page}");
    assert_eq!(site.house.count("SELECT COUNT(*) FROM content WHERE body LIKE '%scooter%'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_quoted_goes_when_it_is_deleted_there_and_what_is_unknown_is_said_to_be() {
    let site = Site::open().await;
    let first = post("2", "lou", "b", 0, "@Acme my parcel QUOTEDWORD is late again, where is it?");
    let mut second = post("3", "sanne", "c", 1, "@Acme the same here, where is my parcel?");
    second["quotes"] = json!("2");
    let mut third = post("4", "kees", "d", 2, "@Acme where is mine?");
    third["quotes"] = json!("https://far.example/unknown");
    site.house.take(&[first, second, third]).await;
    let jan = site.login("jan", "agent").await;
    let mut of = Vec::new();
    for number in 1..=3 {
        of.push(format!("/cases/{}", site.house.case(number).await.id));
    }
    let (mut two, mut unknown) = (None, None);
    for path in &of {
        let page = jan.get(path).await.body;
        match quotes(&page).first() {
            Some(block) if block.contains("QUOTEDWORD") => two = Some(path.clone()),
            Some(block) if block.contains("What it quotes is not kept here.") => {
                assert!(block.contains("href=\"https://far.example/unknown\""), "{block}");
                unknown = Some(path.clone());
            }
            _ => {}
        }
    }
    assert!(unknown.is_some(), "what is not known is said to be");
    let two = two.expect("the case of the second quotes the first");
    site.house.take(&[json!({"platform": "mastodon", "external_id": "2", "deleted": true})]).await;
    let page = jan.get(&two).await.body;
    let found = quotes(&page);
    assert!(found[0].contains("Removed by its author."), "{}", found[0]);
    assert!(!page.contains("QUOTEDWORD"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_quotes_something_else_or_nothing_is_followed() {
    let site = Site::open().await;
    let around = |id: &str, words: &str| {
        let mut post = post(id, "lou", "a", 0, words);
        post["context"] = json!(true);
        post
    };
    let edited = |words: &str, quotes: Option<&str>, minute: i64| {
        let mut post = post("1", "sanne", "a", 1, words);
        post["quotes"] = json!(quotes);
        post["edited_at"] = json!(START.plus(Span::minutes(minute)).rfc3339());
        post
    };
    let words = "@Acme mine broke as well, where is my money?";
    let mut first = post("1", "sanne", "a", 1, words);
    first["quotes"] = json!("q1");
    site.house
        .take(&[around("q1", "The SCOOTERWORD broke"), around("q2", "The KETTLEWORD broke"), first])
        .await;
    let jan = site.login("jan", "agent").await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let shown = async || jan.get(&path).await.body;
    assert!(quotes(&shown().await)[0].contains("SCOOTERWORD"));
    // The same words below something else; nobody is asked to judge them anew.
    let revisions = "SELECT CAST(MAX(revision) AS BIGINT) FROM mention WHERE external_id = '1'";
    site.house.take(&[edited(words, Some("q2"), 5)]).await;
    let page = shown().await;
    assert!(quotes(&page).len() == 1 && quotes(&page)[0].contains("KETTLEWORD"), "{page}");
    assert_eq!(site.house.count(revisions).await, 1);
    // What was read before that and comes late changes nothing.
    site.house.take(&[edited(words, Some("q1"), 3)]).await;
    assert!(quotes(&shown().await)[0].contains("KETTLEWORD"));
    site.house.take(&[edited(words, None, 6)]).await;
    let page = shown().await;
    assert!(quotes(&page).is_empty(), "{page}");
    site.house.take(&[edited("@Acme my kettle broke, where is my money?", Some("q1"), 7)]).await;
    let page = shown().await;
    assert!(quotes(&page)[0].contains("SCOOTERWORD") && page.contains("my kettle broke"), "{page}");
    assert_eq!(site.house.count(revisions).await, 2);
    // Who was quoted is erased: a later edit names them no more.
    let privacy = webcared::privacy::Privacy::new(
        site.house.db.clone(),
        site.house.clock.clone(),
        site.house.mint.clone(),
        site.house.current.clone(),
        std::sync::Arc::default(),
    );
    privacy.erase("lou", false, &webcared::privacy::By::Command).await.unwrap();
    site.house.take(&[edited("@Acme my kettle broke today, and my money?", Some("q1"), 8)]).await;
    let named = "SELECT COUNT(*) FROM mention WHERE quotes = 'q1'";
    assert_eq!(site.house.count(named).await, 0);
    assert_eq!(site.house.count(revisions).await, 3);
}
