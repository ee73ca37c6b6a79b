//! The rows of sources on both engines.

use crate::fresh_on_each;
use webcared::domain::time::Timestamp;
use webcared::store::open::open;
use webcared::store::source::{self, Fares, Registered};

fn registered(name: &str, counts_from: i64) -> Registered {
    Registered { name: name.into(), kind: "webhook".into(), counts_from: Timestamp(counts_from) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sources_are_entered_kept_and_noted_as_gone() {
    for fresh in fresh_on_each().await {
        let opened = open(&fresh.place).await.unwrap();
        let rows = opened
            .db
            .write("test", |tx| {
                Box::pin(async move {
                    source::register(tx, &[registered("a", 100), registered("b", 200)], Timestamp(1_000))
                        .await?;
                    let fares = Fares {
                        name: "a".into(),
                        state: "retrying".into(),
                        why: "no network".into(),
                        since: Timestamp(1_500),
                        retry_at: Some(Timestamp(1_600)),
                        heard_at: Some(Timestamp(1_400)),
                        posted_at: None,
                    };
                    source::put(tx, std::slice::from_ref(&fares)).await?;
                    // An older time never overwrites a newer one.
                    source::put(tx, &[Fares { heard_at: Some(Timestamp(900)), ..fares }]).await?;
                    source::heard(tx, "a", Timestamp(1_300)).await?;
                    source::heard(tx, "b", Timestamp(1_350)).await?;
                    source::register(tx, &[registered("a", 999)], Timestamp(2_000)).await?;
                    let call = |n| ("public@x".to_owned(), "2026-11-24".to_owned(), "call".to_owned(), n);
                    source::add_calls(tx, &[call(3)]).await?;
                    source::add_calls(tx, &[call(4)]).await?;
                    let calls = source::calls_of(tx, "2026-11-24").await?;
                    assert_eq!(calls, [("public@x".to_owned(), "call".to_owned(), 7)]);
                    source::list(tx).await
                })
            })
            .await
            .unwrap();
        let [a, b] = rows.as_slice() else { panic!("two rows") };
        assert_eq!((a.counts_from, a.state.as_str(), a.removed_at), (100, "retrying", None));
        assert_eq!((a.last_heard_at, a.last_posted_at, a.retry_at), (Some(1_400), None, Some(1_600)));
        assert_eq!((b.state.as_str(), b.removed_at, b.last_heard_at), ("off", Some(2_000), Some(1_350)));
        opened.db.close().await;
    }
}
