//! What the groups of a provider open here besides a role: which brands somebody sees.

use crate::identity::{opened, visit};
use serde_json::json;
use webcared::provider::config::{GroupBrands, GroupRole};

#[tokio::test(flavor = "multi_thread")]
async fn groups_give_brands_at_each_log_in() {
    let (fake, site) = opened(|c| {
        c.roles = vec![GroupRole { group: "team".into(), role: "agent".into() }];
        c.brands = [("acme", vec!["acme"]), ("tempo", vec!["Tempo", "gone"]), ("all", vec!["*"])]
            .map(|(group, brands)| GroupBrands {
                group: group.into(),
                brands: brands.into_iter().map(str::to_owned).collect(),
            })
            .to_vec();
    })
    .await;
    let id = |name: &str| site.house.current.get().named(name).unwrap().id.clone();
    let (acme, tempo) = (id("Acme"), id("Tempo"));
    let seen = || async {
        let rows: Vec<(Option<String>,)> = site.house.all("SELECT brands FROM person").await;
        rows[0].0.as_deref().map(|list| serde_json::from_str::<Vec<String>>(list).unwrap())
    };
    for (groups, sees) in [
        (json!(["team"]), Some(vec![])),
        (json!(["team", "acme"]), Some(vec![acme.clone()])),
        (json!(["team", "tempo"]), Some(vec![tempo])),
        (json!(["team", "acme", "all"]), None),
        (json!(["team", "acme"]), Some(vec![acme])),
    ] {
        fake.set(|i| i.more = json!({ "sub": "4711", "groups": groups }));
        let who = site.stranger();
        assert_eq!(visit(&fake, &who).await.status, 303);
        assert_eq!(seen().await, sees, "{groups}");
        let inside = who.get("/").await;
        assert_eq!(inside.status == 200, sees.is_none_or(|s| !s.is_empty()), "{groups}");
    }
}
