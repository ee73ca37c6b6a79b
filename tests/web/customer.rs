//! On the page of a case: who the customer is, by their accounts, their other cases with the brand, and what a post answers.

use crate::harness::post;
use crate::site::Site;
use serde_json::json;

const FIRST: &str = "@Acme my parcel has not arrived and nobody answers, call me on 06-12345678";
const SECOND: &str = "@Acme my invoice for the zebra is wrong again, this is annoying";

/// The part of a page about the customer.
fn part(page: &str) -> &str {
    page.split("id=\"customer\"").nth(1).unwrap().split("</section>").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_shows_the_other_cases_of_its_customer_and_nobody_elses() {
    let site = Site::open().await;
    let posts = [
        post("1", "sanne", "a", 0, FIRST),
        post("2", "sanne", "b", 1, SECOND),
        post("3", "eva", "c", 2, "@Acme where is my parcel with the giraffe, this is annoying"),
        post("4", "sanne", "d", 3, "@Tempo where is my parcel with the SECRETWORD?"),
    ];
    site.house.take(&posts).await;
    let jan = site.login("jan", "agent").await;
    let (one, two, three) =
        (site.house.case(1).await.id, site.house.case(2).await.id, site.house.case(3).await.id);
    let page = jan.get(&format!("/cases/{two}")).await.body;
    let shown = part(&page);
    assert!(shown.contains(&format!("href=\"/cases/{one}\">#1<")), "{shown}");
    assert!(shown.contains("my parcel has not arrived") && shown.contains("class=\"covered\""), "{shown}");
    let tongue = site.house.case(1).await.language;
    assert!(shown.contains(&format!("class=\"said\" lang=\"{tongue}\"")), "{tongue}: {shown}");
    assert!(!shown.contains("12345678") && !shown.contains(&three), "{shown}");
    assert!(!shown.contains(&format!("/cases/{two}\"")), "not the case itself: {shown}");
    // What the same person has with another brand is another matter, also for who sees both.
    let of = site.house.case(2).await.brand_id;
    let tempo = site.house.cases().await.into_iter().find(|c| c.brand_id != of).unwrap().id;
    assert!(!shown.contains(&tempo) && !shown.contains("SECRETWORD"), "{shown}");
    let page_there = jan.get(&format!("/cases/{tempo}")).await.body;
    assert!(part(&page_there).contains("No other case with this brand."), "{}", part(&page_there));
    // Covered even for who holds the case that is looked at, and asks to see its personal data.
    let page = jan.get(&format!("/cases/{two}?unmask=1")).await.body;
    assert!(!part(&page).contains("12345678"));
    let page = jan.get(&format!("/cases/{three}")).await.body;
    assert!(part(&page).contains("No other case with this brand."), "{}", part(&page));
    let nl = [("accept-language", "nl"), ("accept", "text/html")];
    let page = jan.send("GET", &format!("/cases/{two}"), &nl, "").await.body;
    assert!(part(&page).contains("Andere zaken") && part(&page).contains(">telefoon<"), "{}", part(&page));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_one_person_and_the_cases_of_each_stand_together() {
    let site = Site::open().await;
    let mut came = post("2", "eva", "dm", 1, "@acme please help me, I wrote before");
    (came["private"], came["visibility"]) = (json!(true), json!("direct"));
    site.house.take(&[post("1", "sanne", "a", 0, SECOND), came]).await;
    let jan = site.login("jan", "agent").await;
    let (one, two) = (site.house.case(1).await.id, site.house.case(2).await.id);
    let (of_one, of_two) = (format!("/cases/{one}"), format!("/cases/{two}"));
    assert!(!part(&jan.get(&of_two).await.body).contains(&one), "nobody said that it is the same person");
    // A person said that the case of one belongs to that of the other.
    site.execute(
        "INSERT INTO handover_join (id, brand_id, conversation_id, from_case, into_case, evidence, state, made_at)
         SELECT 'join_known', b.brand_id, b.conversation_id, b.id, a.id, 'person', 'joined', 0
         FROM cases a, cases b WHERE a.number = 1 AND b.number = 2",
    )
    .await;
    let page = jan.get(&of_two).await.body;
    assert!(part(&page).contains(&of_one) && part(&page).contains("Accounts of the same person"), "{page}");
    assert!(part(&page).contains("sanne@toot.example") && part(&page).contains("eva@toot.example"), "{page}");
    // The talk in private stands in the other case.
    site.execute(
        "INSERT INTO conversation_event (conversation_id, seq, brand_id, case_id, kind, into_id, as_author, evidence, who, at)
         SELECT b.conversation_id, 1, b.brand_id, a.id, 'merge', a.conversation_id, a.author_id, 'person', NULL, 0
         FROM cases a, cases b WHERE a.number = 1 AND b.number = 2",
    )
    .await;
    assert!(!part(&jan.get(&of_one).await.body).contains(&of_two), "it does not stand there yet");
    site.execute(
        "UPDATE conversation SET merged_as = (SELECT author_id FROM cases WHERE number = 1),
            merged_into = (SELECT conversation_id FROM cases WHERE number = 1)
         WHERE id = (SELECT conversation_id FROM cases WHERE number = 2)",
    )
    .await;
    let page = jan.get(&of_one).await.body;
    assert!(part(&page).contains(&of_two) && part(&page).contains("eva@toot.example"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_says_what_it_answers_where_that_does_not_stand_right_above_it() {
    let site = Site::open().await;
    let mut posts = [
        post("1", "sanne", "a", 0, SECOND),
        post("2", "sanne", "a", 1, "@Acme it is the third one"),
        post("3", "sanne", "a", 2, "@Acme and the first was wrong as well"),
        post("4", "sanne", "a", 3, "@Acme they say the same of theirs"),
    ];
    for (at, of) in [(1, "1"), (2, "1"), (3, "somewhere")] {
        posts[at]["in_reply_to"] = json!(of);
    }
    site.house.take(&posts).await;
    assert_eq!(site.house.cases().await.len(), 1);
    let case = site.house.case(1).await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get(&format!("/cases/{}", case.id)).await.body;
    assert_eq!(page.matches("class=\"sub answers\"").count(), 2, "not where it stands right above: {page}");
    assert!(page.contains(&format!("answers <a href=\"#{}\">", case.first_mention_id)), "{page}");
    assert!(page.contains("answers a post that does not stand here"), "{page}");
}
