//! Planned peaks and crises as they are read, on both engines.

use crate::harness::{START, on_each, person};
use webcared::casework::Actor;
use webcared::casework::peaks::NewPeak;
use webcared::domain::time::Span;
use webcared::store::peak::{self, PeakRow};

#[test]
fn crises_that_were_over_by_themselves_hide_no_peak() {
    on_each(|house| async move {
        let row = |n: i64, kind: &str, until: i64| PeakRow {
            id: format!("pek_{n}"),
            brand_id: house.brand_id.clone(),
            kind: kind.into(),
            starts_at: START.millis(),
            until_at: until,
            standby: "[]".into(),
            made_by: person(1).to_string(),
            made_at: START.millis(),
            ended_at: None,
            ended_by: None,
            wait_minutes: None,
        };
        let now = START.plus(Span::days(400));
        let mut rows: Vec<PeakRow> =
            (0..12).map(|n| row(n, "crisis", START.plus(Span::days(n)).millis() + 1)).collect();
        rows.push(row(20, "peak", now.plus(Span::days(1)).millis()));
        rows.push(row(21, "crisis", now.plus(Span::hours(1)).millis()));
        house
            .write(move |tx| {
                Box::pin(async move {
                    for row in &rows {
                        peak::put(tx, row).await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        let read = house.db.read("reading", |tx| Box::pin(async move { peak::running(tx, 5).await }));
        let found: Vec<(String, bool)> =
            read.await.unwrap().into_iter().map(|p| (p.id.clone(), p.holds(now))).collect();
        assert_eq!(found.len(), 6, "five crises and the peak: {found:?}");
        let hold: Vec<&str> = found.iter().filter(|(_, holds)| *holds).map(|(id, _)| id.as_str()).collect();
        assert_eq!(hold, ["pek_21", "pek_20"], "the crisis stands first");
    });
}

#[test]
fn two_leads_in_the_same_moment_switch_one_crisis_on() {
    on_each(|house| async move {
        let crisis = NewPeak {
            crisis: true,
            title: "A storm".into(),
            until: Some(START.plus(Span::hours(5))),
            lines: "nl: We weten ervan.".into(),
            ..NewPeak::default()
        };
        let lead = |n| Actor { person: person(n), lead: true };
        let on = |n| {
            let (casework, brand, crisis) = (house.casework.clone(), house.brand_id.clone(), crisis.clone());
            async move { casework.begin_peak(&brand, &crisis, &lead(n)).await.is_ok() }
        };
        let all = futures_util::future::join_all((1..=6).map(on)).await;
        assert_eq!(all.iter().filter(|done| **done).count(), 1, "{all:?}");
        assert_eq!(house.count("SELECT COUNT(*) FROM peak").await, 1);
    });
}
