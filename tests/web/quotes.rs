//! What a post quotes stands within it, by reference: masked, once, and gone when it is deleted there.

use crate::harness::post;
use crate::site::Site;
use serde_json::json;

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
