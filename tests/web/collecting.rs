//! Collecting in the console and by program: set on the page of a case, listed, ended, and taken out of by hand.

use crate::harness::post;
use crate::programs::WORK;
use crate::site::{Browser, Site};
use serde_json::json;
use webcared::domain::time::Span;
use webcared::tokens::Scope;

const FIRST: &str = "@Acme where is my parcel?";
const CHATTER: &str = "@Acme what a bunch of <b>clowns</b>";
const LEADS: [Scope; 4] = [Scope::Read, Scope::Act, Scope::Answer, Scope::Lead];

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_collected_from_the_page_of_its_case() {
    let site = Site::open().await;
    site.house.take(&[post("1", "eva", "t", 0, FIRST)]).await;
    let case = site.house.case(1).await;
    let (page, path) = (format!("/cases/{}", case.id), format!("/cases/{}/act", case.id));
    let (jan, els) = (site.login("jan", "agent").await, site.login("els", "lead").await);
    let audit = site.login("audit", "auditor").await;
    assert!(jan.get("/collecting").await.body.contains("Nothing is collected"));
    let body = jan.get(&page).await.body;
    assert!(body.contains("value=\"collect\"") && body.contains("value=\"thread\""), "{body}");
    assert!(!body.contains("<option value=\"author\""), "an author is for a lead");
    assert!(els.get(&page).await.body.contains("<option value=\"author\""));
    assert!(!audit.get(&page).await.body.contains("value=\"collect\""));
    let press = async |who: &Browser, fields: &[(&str, &str)]| {
        let version = site.house.case(1).await.version.to_string();
        who.press(&page, &path, &[&[("version", version.as_str())], fields].concat()).await
    };
    let author = [("act", "collect"), ("scope", "author"), ("reason", "x")];
    assert_eq!(press(&jan, &author).await.status, 409);
    let set = press(&jan, &[("act", "collect"), ("scope", "thread"), ("reason", "a <i>storm</i>")]).await;
    assert_eq!(set.header("location"), Some(format!("{page}#collecting").as_str()), "{}", set.body);
    site.house.clock.advance(Span::minutes(10));
    site.house.take(&[post("2", "bob", "t", 9, CHATTER), post("3", "cas", "t", 10, CHATTER)]).await;
    let body = jan.get(&page).await.body;
    assert!(body.contains("2 posts collected") && !body.contains("<i>storm"), "{body}");
    assert!(jan.get("/?lane=all").await.body.contains("collects"), "the inbox marks it");
    assert!(jan.get("/collecting").await.body.contains("2 posts collected"));
    let posts = format!("/collecting/{}", case.id);
    let list = jan.get(&posts).await;
    assert!(list.body.contains("bob@toot.example") && !list.body.contains("<b>clowns"), "{}", list.body);
    assert!(!audit.get(&posts).await.body.contains("collect_release"), "an auditor only reads");
    let mention = list.field("mention");
    let out = press(&jan, &[("act", "collect_release"), ("mention", mention.as_str())]).await;
    assert_eq!(out.status, 303, "{}", out.body);
    assert!(jan.get(&page).await.body.contains("1 posts collected"));
    assert_eq!(site.house.case(2).await.number, 2, "it has a case of its own");
    assert_eq!(press(&jan, &[("act", "collect_end"), ("scope", "thread")]).await.status, 303);
    let body = jan.get(&page).await.body;
    assert!(body.contains("ended collecting") && body.contains("1 posts collected"), "{body}");
    assert!(!jan.get("/?lane=all").await.body.contains(">collects<"));
    assert!(jan.get(&posts).await.body.contains("form=\"hide\""));
    assert_eq!(press(&jan, &[("act", "dismiss"), ("reason", "a storm")]).await.status, 303);
    assert!(!jan.get(&posts).await.body.contains("form=\"hide\""), "nothing is sent for a case that is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn collecting_by_program() {
    let site = Site::open().await;
    site.house.take(&[post("1", "eva", "t", 0, FIRST)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let (crm, boss) = (site.program("CRM", &WORK, &[]).await, site.program("boss", &LEADS, &[]).await);
    let tempo = site.program("tempo", &LEADS, &["Tempo"]).await;
    let version = async || site.house.case(1).await.version;
    let author = r#"{"scope":"author","reason":"insults"}"#;
    crm.act(&format!("{path}/collect"), version().await, author).await.is(409, "refused");
    assert_eq!(boss.act(&format!("{path}/collect"), version().await, author).await.status, 200);
    let thread = r#"{"scope":"thread","reason":"storm"}"#;
    assert_eq!(crm.act(&format!("{path}/collect"), version().await, thread).await.status, 200);
    crm.act(&format!("{path}/collect"), version().await, r#"{"scope":"town","reason":"x"}"#)
        .await
        .is(400, "body");
    site.house.clock.advance(Span::minutes(10));
    site.house.take(&[post("2", "bob", "t", 9, CHATTER)]).await;
    let all = crm.get("/collecting?brand=Acme").await.json();
    let one = all["collecting"].as_array().unwrap().iter().find(|c| c["scope"] == "thread").unwrap();
    assert_eq!((one["posts"].as_i64(), one["goes_on"].as_bool()), (Some(1), Some(true)), "{all}");
    assert_eq!(tempo.get("/collecting").await.json()["collecting"], json!([]));
    assert_eq!(tempo.get(&format!("{path}/collected")).await.status, 404);
    let kept = crm.get(&format!("{path}/collected")).await.json();
    assert_eq!(kept["posts"][0]["external_id"], "2", "{kept}");
    // Personal data in it is covered, as in every post.
    site.execute(
        "UPDATE judgement SET personal_data = '[{\"kind\":\"phone\",\"start\":0,\"end\":4}]'
         WHERE mention_id IN (SELECT id FROM mention WHERE external_id = '2')",
    )
    .await;
    let text = async |who: &crate::programs::Program| {
        let told = who.get(&format!("{path}/collected")).await.json();
        told["posts"][0]["text"].as_str().unwrap().to_owned()
    };
    let reader = site.program("reader", &[Scope::Read, Scope::ReadPersonal], &[]).await;
    assert!(!text(&crm).await.starts_with(&CHATTER[..4]) && text(&reader).await.starts_with(&CHATTER[..4]));
    let looks = "SELECT COUNT(*) FROM audit WHERE act = 'case.uncover'";
    assert_eq!(site.house.count(looks).await, 1, "who looks under the cover stands in the audit");
    let out = json!({ "mention": kept["posts"][0]["mention"] }).to_string();
    let released = crm.act(&format!("{path}/collected/release"), version().await, &out).await;
    assert_eq!(released.status, 200, "{}", released.body);
    let ended = crm.act(&format!("{path}/collect/end"), version().await, r#"{"scope":"thread"}"#).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert_eq!(crm.get(&format!("{path}/collected")).await.json()["posts"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_collected_is_turned_a_page_at_a_time_whatever_comes_meanwhile() {
    let site = Site::open().await;
    site.house.take(&[post("1", "eva", "t", 0, FIRST)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let crm = site.program("CRM", &WORK, &[]).await;
    let version = site.house.case(1).await.version;
    let set = crm.act(&format!("{path}/collect"), version, r#"{"scope":"thread","reason":"storm"}"#).await;
    assert_eq!(set.status, 200, "{}", set.body);
    site.house.clock.advance(Span::hours(3));
    // Many of one minute: the mention tells them apart.
    let chatter = |n: i64| post(&format!("c{n:03}"), &format!("fan{n}"), "t", 5 + n / 40, CHATTER);
    site.house.take(&(0..120).map(chatter).collect::<Vec<_>>()).await;
    let ids = |page: &serde_json::Value| -> Vec<String> {
        let posts = page["posts"].as_array().unwrap().iter();
        posts.map(|p| p["external_id"].as_str().unwrap().to_owned()).collect()
    };
    let list = format!("{path}/collected");
    let first = crm.get(&list).await.json();
    assert_eq!(ids(&first).len(), 100, "{first}");
    let jan = site.login("jan", "agent").await;
    let posts = format!("/collecting/{}", site.house.case(1).await.id);
    let page = jan.get(&posts).await.body;
    let shown = |body: &str| body.matches("<li class=\"theirs\"").count();
    let next = page.split("?after=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(shown(&page), 50);
    // More comes in front before the pages are turned.
    site.house.take(&(200..203).map(chatter).collect::<Vec<_>>()).await;
    let second = crm.get(&format!("{list}?cursor={}", first["next"].as_str().unwrap())).await.json();
    let all: std::collections::BTreeSet<String> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!((ids(&second).len(), all.len(), second["next"].is_null()), (20, 120, true), "each once");
    let turned = jan.get(&format!("{posts}?after={next}")).await.body;
    let of = |body: &str| -> std::collections::BTreeSet<String> {
        body.split("id=\"post-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    assert_eq!((shown(&turned), of(&page).intersection(&of(&turned)).count()), (50, 0));
    // An address of a version that counted posts leads to the first page.
    assert_eq!(of(&jan.get(&format!("{posts}?after=50")).await.body).len(), 50);
    crm.get(&format!("{list}?cursor=100")).await.is(400, "request");
}
