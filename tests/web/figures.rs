//! What a public figure counts, and where links of reports lead that are of several brands or of days of another zone.

use crate::harness::{answer, post};
use crate::site::Site;
use webcared::domain::time::Span;
use webcared::store::published::{self, PublishedRow};
use webcared::web::config::{Modules, PublicFigureConfig};

const HELP: &str = "@Acme my router is dead, can you help?";

fn modules() -> Modules {
    Modules {
        public_figure: PublicFigureConfig { enabled: true, brands: vec!["Acme".into()] },
        ..Modules::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_figure_counts_who_still_waits_and_knows_what_it_was_asked() {
    let site = Site::with(modules()).await;
    let stranger = site.stranger();
    for n in 0..6 {
        let id = n.to_string();
        site.house.take(&[post(&id, &format!("u{id}"), &id, 0, HELP)]).await;
    }
    for n in 6..12 {
        let id = n.to_string();
        site.house.take(&[post(&id, &format!("u{id}"), &id, 1, HELP)]).await;
    }
    site.house.advance(Span::minutes(8)).await;
    for n in 0..6 {
        let id = n.to_string();
        site.house.take(&[answer(&format!("own{id}"), &id, &id, 7)]).await;
    }
    let body = stranger.get("/public/Acme.json").await.body;
    assert!(body.contains("{\"language\":\"en\",\"minutes\":10}"), "nobody waits for long yet: {body}");
    // An hour later the other six wait still: who writes now waits longer than ten minutes.
    site.house.advance(Span::minutes(60)).await;
    let body = stranger.get("/public/Acme.json").await.body;
    assert!(body.contains("{\"language\":\"en\",\"minutes\":90}"), "{body}");
    let svg = stranger.get("/public/Acme.svg?lang=en").await;
    assert_eq!(svg.header("cross-origin-resource-policy"), Some("cross-origin"), "pages of others show it");
    let svg = svg.body;
    assert!(svg.contains("within about 90 min"), "{svg}");
    let svg = stranger.get("/public/Acme.svg?lang=ja").await.body;
    assert!(svg.contains("cannot be told now") && !svg.contains("90 min"), "{svg}");
}

/// A report as it was mailed, made by hand.
async fn mailed(site: &Site, letter: &'static str, zone: &str) {
    let row = PublishedRow {
        letter: letter.into(),
        kind: "daily".into(),
        first_day: "2026-09-21".into(),
        last_day: "2026-09-21".into(),
        zone: zone.into(),
        brands: "[]".into(),
        made_at: site.house.clock_now().millis(),
        figures: "{\"total/cases\":1}".into(),
        ..PublishedRow::default()
    };
    let now = site.house.clock_now();
    site.house
        .write(move |tx| {
            Box::pin(async move {
                published::freeze(tx, &row).await?;
                published::sent(tx, letter, "daily", "2026-09-21", now).await
            })
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_a_report_tell_of_its_brands_and_of_days_of_its_zone() {
    let site = Site::open().await;
    site.house
        .take(&[
            post("1", "jan", "a", 0, HELP),
            post("2", "mia", "b", 1, "@Tempo my parcel never arrived, please help me"),
        ])
        .await;
    site.house.advance(Span::days(2)).await;
    let jan = site.login("jan", "agent").await;
    let cases = async |more: &str| {
        let path = format!("/reports/cases?period=daily&by=total&name=&kind=begun&late=0&{more}");
        let body = jan.get(&path).await.body;
        (body.contains("/c/Acme/1"), body.contains("/c/Tempo/1"))
    };
    assert_eq!(cases("day=2026-09-21").await, (true, true));
    assert_eq!(cases("day=2026-09-21&brand=Tempo").await, (false, true));
    assert_eq!(cases("day=2026-09-21&brand=Acme&brand=Tempo").await, (true, true));
    assert_eq!(cases("day=2026-09-21&brand=Acme&brand=Nobody").await, (true, false));
    // Fourteen hours past noon in Greenwich is the next day in Auckland.
    assert_eq!(cases("day=2026-09-21&zone=Pacific%2FAuckland").await, (false, false));
    assert_eq!(cases("day=2026-09-22&zone=Pacific%2FAuckland").await, (true, true));
    assert_eq!(cases("day=2026-09-21&zone=..%2F..%2Fetc%2Fpasswd").await, (true, true), "no zone is none");
    // A page of such days leads on to such days, and what was sent of other ones is no report of these.
    mailed(&site, "home", "Europe/Amsterdam").await;
    mailed(&site, "far", "Pacific/Auckland").await;
    let page = jan.get("/reports?period=daily&day=2026-09-21").await.body;
    assert!(page.contains("letter=home") && !page.contains("letter=far"), "{page}");
    let page = jan.get("/reports?period=daily&day=2026-09-22&brand=Acme&zone=Pacific%2FAuckland").await.body;
    assert!(page.contains("brand=Acme&amp;zone=Pacific%2FAuckland"), "{page}");
    let begun = "kind=begun&amp;late=0&amp;brand=Acme&amp;zone=Pacific%2FAuckland\">1</a>";
    assert!(page.contains(begun), "the total leads to its cases: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_let_go_with_its_counts_is_no_correction() {
    let site = Site::with(Modules { counts_kept: Some(Span::days(30)), ..Modules::default() }).await;
    site.house.take(&[post("1", "jan", "a", 0, HELP)]).await;
    site.house.advance(Span::days(1)).await;
    mailed(&site, "home", "Europe/Amsterdam").await;
    for sql in ["DELETE FROM obligation", "DELETE FROM cases"] {
        site.execute(sql).await;
    }
    let (day, sent) =
        ("/reports?period=daily&day=2026-09-21", "/reports/sent?letter=home&kind=daily&day=2026-09-21");
    let jan = site.login("jan", "agent").await;
    assert!(jan.get(day).await.body.contains("letter=home"), "it stands beside its day");
    assert!(jan.get(sent).await.body.contains("<td>1</td><td>0</td><td><strong>corrected</strong>"));
    site.house.clock.advance(Span::days(40));
    let eva = site.login("eva", "agent").await;
    let page = eva.get(sent).await.body;
    assert!(page.contains("<th scope=\"row\">total cases</th><td>1</td></tr>"), "{page}");
    assert!(!page.contains("<strong>corrected</strong>"), "{page}");
    assert!(!eva.get(day).await.body.contains("letter=home"));
}
