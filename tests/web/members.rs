//! What the console shows of questions left to the members of a forum, and of topics that they solved.

use crate::harness::post;
use crate::site::Site;
use serde_json::json;
use std::collections::HashMap;
use webcared::domain::time::Span;
use webcared::intake::SourceRules;

const QUESTION: &str = "@acme the train is late again, why does this always happen, I am fed up";

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_of_its_own_while_there_is_something_in_it_and_a_press_that_closes() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    assert!(!jan.get("/").await.body.contains("lane=held"), "no trace where nothing is left to members");
    let rules = SourceRules { members_first: Some(Span::minutes(20)), ..SourceRules::default() };
    site.house.intake.set_rules(HashMap::from([("test".to_owned(), rules)]));
    site.house.take(&[post("m1", "sanne", "t1", 0, QUESTION)]).await;
    let page = jan.get("/").await.body;
    assert!(page.contains("lane=held") && !page.contains("#1<"), "{page}");
    let lane = jan.get("/?lane=held").await.body;
    assert!(lane.contains("#1<") && lane.contains("left to members until"), "{lane}");
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let case = jan.get(&path).await.body;
    assert!(case.contains("left to members until") && case.contains("left to the members first"), "{case}");
    assert!(!case.contains("id=\"solved\""));

    let mut peer = post("p1", "peer", "t1", 0, "it is the leaves");
    (peer["context"], peer["solves"]) = (json!(true), json!(true));
    site.house.take(&[peer]).await;
    let case = jan.get(&path).await.body;
    assert!(case.contains("id=\"solved\"") && case.contains("marked as solved"), "{case}");
    let version = site.house.case(1).await.version.to_string();
    let fields = [("version", version.as_str()), ("act", "resolve"), ("reason", "solved in the forum")];
    assert_eq!(jan.press(&path, &format!("{path}/act"), &fields).await.status, 303);
    let closed = site.house.case(1).await;
    assert_eq!((closed.state.as_str(), closed.held_until), ("resolved", None));
    assert!(!jan.get("/").await.body.contains("lane=held"));
}
