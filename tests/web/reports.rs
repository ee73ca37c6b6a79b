//! Reports to leads in the console: the page, its files, and the cases behind a figure.

use crate::harness::{answer, post};
use crate::site::Site;
use webcared::domain::time::Span;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_leads_from_its_figures_to_their_cases() {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme SECRETWORD my router is dead, can you help?")]).await;
    site.house.advance(Span::minutes(5)).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site.house.advance(Span::days(1)).await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/reports").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<svg") && page.body.contains("By channel"), "{}", page.body);
    assert!(!page.body.contains("SECRETWORD"));
    // The link on the figure is followed as it stands on the page.
    let from = page.body.find("/reports/cases?").expect("a figure with a link");
    let link: String = page.body[from..].chars().take_while(|c| *c != '"').collect();
    let cases = jan.get(&link.replace("&amp;", "&")).await;
    assert!(cases.body.contains("/c/Acme/1"), "{link}: {}", cases.body);
    let json = jan.get("/reports?period=daily&format=json").await;
    let made: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(made["this"]["total"]["cases"], 1, "{made}");
    assert!(jan.get("/reports?format=csv").await.body.starts_with("row,name,cases"));
    // What cannot be meant does no harm.
    for odd in
        ["/reports?period=x&day=9999-12-31&brand=nobody", "/reports/cases?by=x&kind=%27&day=0001-01-01"]
    {
        assert_eq!(jan.get(odd).await.status, 200, "{odd}");
    }
}
