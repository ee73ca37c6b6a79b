//! Practising on the sample: its cases are answered like any other, and nothing of that reaches an account.

use crate::harness::post;
use crate::site::Site;
use webcared::domain::time::Span;
use webcared::sources::practice;

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_answered_on_this_machine_and_nowhere_else() {
    let site = Site::open().await;
    let (ledger, source) = site.connect(120, "acme@toot.example");
    let jan = site.login("jan", "agent").await;
    holds(&jan.get("/").await.body, &["No case yet", "start with --sample"]);
    let mut made_up = post("1", "sanne", "a", 0, "@Acme my parcel has not arrived and nobody answers");
    made_up["sample"] = true.into();
    let mut items = site.house.items(&[made_up]);
    items[0].source = practice::NAME.into();
    site.house.intake.take(items).await.unwrap();
    let case = site.house.case(1).await;
    assert_eq!(case.sample, 1);
    let path = format!("/cases/{}", case.id);
    // Nobody practises: no account of a platform is offered for what was made up.
    let page = jan.get(&path).await.body;
    holds(&page, &["Start with --sample to practise"]);
    assert!(!page.contains("Send as"));

    site.accounts.practise(practice::account("Acme"));
    holds(&jan.get(&path).await.body, &["nothing leaves this machine", "Send as @acme ("]);
    let version = site.house.case(1).await.version.to_string();
    let fields = [("act", "answer"), ("text", "We look into it."), ("version", version.as_str())];
    let sent = jan.press(&path, &format!("{path}/act"), &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    assert!(ledger.sent.lock().unwrap().is_empty(), "no account carries it");
    site.send_out(&practice::account("Acme").source).await;
    assert_eq!(site.house.case(1).await.state, "waiting_customer");
    holds(&jan.get(&path).await.body, &["We look into it.", "our answer stands on the platform"]);
    let own: Vec<(i64, String)> = site.house.all("SELECT sample, platform FROM own_post").await;
    assert_eq!(own, [(1, "mastodon".to_owned())], "it counts in no figure");
    assert!(ledger.sent.lock().unwrap().is_empty());
}
