//! What the platforms that charge were paid: in the API and in reports, within the walls of brands.

use crate::site::Site;
use jiff::tz::TimeZone;
use webcared::domain::time::{Span, Timestamp};
use webcared::reports::{self, Ask};
use webcared::store::purse;
use webcared::store::source::{self, Registered};
use webcared::tokens::Scope;

fn kept(source: &str, brand: &str, budget: Option<i64>) -> purse::Kept {
    purse::Kept {
        source: source.into(),
        credential: format!("x/{source}"),
        platform: "x".into(),
        brand: brand.into(),
        currency: "USD".into(),
        budget,
    }
}

async fn spend(site: &Site, of: purse::Kept, day: &str, unit: &str, (n, micros): (i64, i64)) {
    let row = (of.credential.clone(), day.to_owned(), unit.to_owned(), n, micros);
    site.house
        .write(move |tx| {
            Box::pin(async move {
                purse::put(tx, &of).await?;
                purse::add(tx, "USD", &[row]).await
            })
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_spent_is_told_by_month_and_brand() {
    let site = Site::open().await;
    let named = |name: &str| Registered { name: name.into(), kind: "x".into(), counts_from: Timestamp(0) };
    let sources = ["acme-x", "tempo-x", "all-x"].map(named);
    let write = site
        .house
        .write(move |tx| Box::pin(async move { source::register(tx, &sources, Timestamp(0)).await }));
    write.await.unwrap();
    let day = site.house.clock_now().day();
    let month = &day[..7];
    let before = "2001-02-03";
    spend(&site, kept("acme-x", "Acme", Some(2_000_000)), &day, "owned_read", (1_500, 1_500_000)).await;
    spend(&site, kept("acme-x", "Acme", Some(2_000_000)), &day, "answer", (20, 200_000)).await;
    // Calls are counted beside, and cost nothing by themselves.
    spend(&site, kept("acme-x", "Acme", Some(2_000_000)), &day, "call", (900, 0)).await;
    spend(&site, kept("acme-x", "Acme", Some(2_000_000)), before, "answer", (1, 10_000)).await;
    spend(&site, kept("tempo-x", "Tempo", None), &day, "answer", (3, 30_000)).await;
    spend(&site, kept("all-x", "", None), &day, "answer", (7, 70_000)).await;

    let all = site.program("bills", &[Scope::Read], &[]).await;
    let told = all.get("/spending").await.json();
    assert_eq!(told["month"], month);
    let brands: Vec<&str> =
        told["spending"].as_array().unwrap().iter().map(|s| s["brand"].as_str().unwrap()).collect();
    assert_eq!(brands, ["", "Acme", "Tempo"], "{told}");
    let acme = &told["spending"][1];
    assert_eq!(
        (&acme["amount"], &acme["budget"], &acme["stage"]),
        (&"1.70".into(), &"2.00".into(), &"near".into())
    );
    assert_eq!(acme["units"].as_array().unwrap().len(), 2, "{acme}");

    let bound = site.program("tempo", &[Scope::Read], &["Tempo"]).await;
    let told = bound.get("/spending").await.json();
    assert_eq!(told["spending"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["spending"][0]["brand"], "Tempo");
    assert!(bound.get("/spending?brand=Acme").await.status >= 400);

    let old = all.get("/spending?month=2001-02&brand=Acme").await.json();
    assert_eq!(
        (&old["spending"][0]["amount"], old["spending"].as_array().unwrap().len()),
        (&"0.01".into(), 1),
        "{old}"
    );
    for junk in ["2001-13", "2001-2", "x"] {
        let refused = all.get(&format!("/spending?month={junk}")).await;
        assert_eq!(refused.status, 400, "{junk}");
        assert_eq!(refused.json()["errors"][0]["parameter"], "month", "{}", refused.body);
    }

    let from = Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap();
    let acme = site.house.current.get().named("Acme").unwrap().id.clone();
    let ask = Ask { from, to: from.plus(Span::days(1)), brands: vec![acme], zone: TimeZone::UTC };
    let made = reports::report(&site.house.db, &ask, site.house.clock_now()).await.unwrap();
    let text = reports::write::write(&made, reports::write::Format::Text);
    assert!(text.contains("Spent on platforms") && text.contains("x, Acme: 1.70 USD"), "{text}");
    assert!(!text.contains("Tempo") && !text.contains("0.07"), "{text}");
}
