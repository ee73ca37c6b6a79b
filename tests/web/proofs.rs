//! What is dangerous wants a proof of the last minutes, wherever it is done, and loses nothing of what was typed.

use crate::harness::post;
use crate::site::{Browser, Site};
use webcared::domain::role::Right;
use webcared::domain::time::Span;
use webcared::web::{self, Access};

const GOOD: &str = "correct horse battery staple";

/// An admin who showed more than ten minutes ago who they are.
async fn stale(site: &Site) -> Browser {
    let boss = site.login("boss", "admin").await;
    assert_eq!(boss.set_password("", GOOD).await.status, 303);
    site.house.clock.advance(Span::minutes(11));
    boss
}

async fn prove(boss: &Browser) {
    let proof = [("password", GOOD), ("next", "/")];
    assert_eq!(boss.press("/account", "/account/prove", &proof).await.status, 303);
}

/// Routes beside those of the dangerous rights, with what is sent and where it goes on to.
const MORE: [(&str, &[(&str, &str)]); 3] = [
    ("/public-figure", &[("brand", "Acme"), ("freeze", "1")]),
    ("/public-figure", &[("brand", "Acme"), ("freeze", "0")]),
    ("/outbox/kill", &[("stop", "0")]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_dangerous_route_sends_whoever_is_stale_to_show_who_they_are() {
    let site = Site::open().await;
    let boss = stale(&site).await;
    let mut asked = 0;
    for route in web::table() {
        let dangerous = [Right::People, Right::Tokens, Right::Privacy].map(Access::Needs);
        if route.method != "POST" || !dangerous.contains(&route.access) {
            continue;
        }
        asked += 1;
        let answer = boss.press("/account", route.path, &[("login", "boss")]).await;
        let to = answer.header("location").unwrap_or_default().to_owned();
        assert!(answer.status == 303 && to.starts_with("/account/prove?next=%2F"), "{route:?}: {to}");
    }
    assert!(asked >= 9, "{asked}");
    for (path, fields) in MORE {
        let answer = boss.press("/account", path, fields).await;
        let to = answer.header("location").unwrap_or_default().to_owned();
        assert!(answer.status == 303 && to.starts_with("/account/prove?next=%2F"), "{path}: {to}");
    }
    let done = "SELECT COUNT(*) FROM audit WHERE act LIKE 'public_figure%' OR act LIKE 'sending%'";
    assert_eq!(site.house.count(done).await, 0, "nothing of it was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_cases_want_a_proof_and_a_few_do_not() {
    let site = Site::open().await;
    let one = |n: i64| {
        let (id, author, text) = (format!("p{n}"), format!("a{n}"), format!("@Acme where is my parcel {n}?"));
        post(&id, &author, &id, 0, &text)
    };
    let posts: Vec<serde_json::Value> = (0..51).map(one).collect();
    site.house.take(&posts).await;
    let boss = stale(&site).await;
    let page = boss.get("/bulk?lane=all&owner=nobody").await;
    assert!(page.body.contains("/account/prove?next=%2Fbulk"), "it is told before somebody ticks");
    let boxes = page.body.split("type=\"checkbox\" name=\"case\" value=\"").skip(1);
    let values: Vec<String> = boxes.map(|b| b.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(values.len(), 51);
    let fields = |n: usize| {
        let mut fields: Vec<(&str, &str)> = values.iter().take(n).map(|v| ("case", v.as_str())).collect();
        fields.extend([("do", "dismiss"), ("reason", "not for us")]);
        fields
    };
    let refused = boss.press("/bulk", "/bulk", &fields(51)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("not for us"), "what was typed is there");
    assert_eq!(refused.body.matches("checked> <span").count(), 51, "and what was ticked");
    assert_eq!(site.house.count("SELECT COUNT(*) FROM cases WHERE state = 'dismissed'").await, 0);
    // The proof is given in another tab; the form of this one is pressed as it stands.
    prove(&boss).await;
    let (csrf, nonce) = (refused.field("csrf"), refused.field("nonce"));
    let own = [("csrf", csrf.as_str()), ("nonce", nonce.as_str())];
    let done = boss.post("/bulk", &[&own[..], &fields(51)[..]].concat()).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM cases WHERE state = 'dismissed'").await, 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_cases_go_without() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let boss = stale(&site).await;
    let page = boss.get("/bulk?lane=all&owner=nobody").await;
    assert!(!page.body.contains("/account/prove"));
    let value = page.body.split("name=\"case\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("case", value), ("do", "dismiss"), ("reason", "not for us")];
    assert_eq!(boss.press("/bulk", "/bulk", &fields).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_of_a_policy_waits_for_a_proof_and_keeps_its_text() {
    let site = Site::open().await;
    let boss = stale(&site).await;
    let path = "/policies/social-30m/edit";
    let page = boss.get(path).await;
    let area = page.body.split("<textarea").nth(1).unwrap().split_once('>').unwrap().1;
    let text = area.split("</textarea>").next().unwrap().trim_start_matches('\n');
    let text = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#62;", ">");
    let tight = text.replace("first_response_minutes = 30", "first_response_minutes = 10");
    assert_ne!(tight, text);
    let tried = boss.press(path, path, &[("act", "try"), ("text", &tight)]).await;
    let (sum, of) = (tried.field("tried"), tried.field("of"));
    let take = [("act", "take"), ("text", tight.as_str()), ("tried", sum.as_str()), ("of", of.as_str())];
    let waits = boss.press(path, path, &take).await;
    assert_eq!(waits.status, 200);
    assert!(waits.body.contains("/account/prove?next=%2Fpolicies"), "{}", waits.body);
    assert!(waits.body.contains("first_response_minutes = 10") && waits.body.contains("value=\"take\""));
    assert_eq!(site.house.count("SELECT COUNT(*) FROM audit WHERE act = 'policy.version'").await, 0);
    prove(&boss).await;
    let (csrf, nonce) = (waits.field("csrf"), waits.field("nonce"));
    let own = [("csrf", csrf.as_str()), ("nonce", nonce.as_str())];
    let taken = boss.post(path, &[&own[..], &take[..]].concat()).await;
    assert_eq!(taken.header("location"), Some("/policies?taken=1"), "{}", taken.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_a_brand_waits_for_a_proof_and_keeps_its_words() {
    let site = Site::open().await;
    let boss = stale(&site).await;
    let (form, path) = ("/templates/edit", "/templates");
    let wanted = [
        ("brand", "Acme"),
        ("kind", "holding"),
        ("language", "nl"),
        ("level", ""),
        ("platform", ""),
        ("text", "Dag {name}, we lezen het."),
        ("do", "keep"),
    ];
    let page = boss.get(form).await;
    assert!(page.body.contains("/account/prove?next=%2Ftemplates"), "it is told before somebody types");
    let waits = boss.press(form, path, &wanted).await;
    assert_eq!(waits.status, 200);
    assert!(waits.body.contains("/account/prove?next=%2Ftemplates"), "{}", waits.body);
    assert!(waits.body.contains("Dag {name}, we lezen het."), "{}", waits.body);
    let acts = "SELECT COUNT(*) FROM audit WHERE act LIKE 'template.%'";
    assert_eq!(site.house.count(acts).await, 0);
    prove(&boss).await;
    let (csrf, nonce) = (waits.field("csrf"), waits.field("nonce"));
    let own = [("csrf", csrf.as_str()), ("nonce", nonce.as_str())];
    let kept = boss.post(path, &[&own[..], &wanted[..]].concat()).await;
    assert_eq!(kept.header("location"), Some("/templates?done=kept"), "{}", kept.body);
    assert!(!boss.get(form).await.body.contains("/account/prove"), "whoever just proved it is not asked");
    let page = boss.get(path).await.body;
    let id = page.split("&amp;id=").nth(1).or_else(|| page.split("&#38;id=").nth(1)).unwrap();
    let id = id.split('"').next().unwrap();
    site.house.clock.advance(Span::minutes(11));
    let retire = [("brand", "Acme"), ("id", id), ("version", "1"), ("do", "retire")];
    let asked = boss.press(path, path, &retire).await;
    assert_eq!(asked.header("location"), Some("/account/prove?next=%2Ftemplates"), "{}", asked.body);
    assert_eq!(site.house.count(acts).await, 1, "it was not retired");
    prove(&boss).await;
    let retired = boss.press(path, path, &retire).await;
    assert_eq!(retired.header("location"), Some("/templates?done=retired"), "{}", retired.body);
}
