//! Who did what: gapless under writers at once, and every way to tamper with it is found at its first row.

use crate::harness::{Engine, House, on_each, person, post};
use crate::report_mail::Post;
use std::sync::Arc;
use webcared::anchoring::{Anchoring, Place};
use webcared::casework::{Act, Actor};
use webcared::clock::Clock;
use webcared::domain::audit::{Caller, Entry, Via};
use webcared::domain::time::Span;
use webcared::sources::mail::config::{Security, SmtpConfig};
use webcared::store::{StoreError, Tx, audit};

pub async fn run(house: &House, sql: String) -> Result<(), StoreError> {
    house
        .write(move |tx| {
            Box::pin(async move {
                let sql = sqlx::AssertSqlSafe(sql);
                let done = match tx {
                    Tx::Sqlite(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()),
                    Tx::Postgres(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()),
                };
                done.map_err(|e| StoreError::of("a test", e))
            })
        })
        .await
}

/// Somebody with all rights over the database takes the guards away first.
async fn unguard(house: &House) {
    let sqls: &[&str] = match house.db.engine() {
        "SQLite" => &["DROP TRIGGER audit_never_changes", "DROP TRIGGER audit_never_shrinks"],
        _ => &["DROP TRIGGER audit_never_changes ON audit", "DROP TRIGGER audit_never_empties ON audit"],
    };
    for sql in sqls {
        run(house, (*sql).to_owned()).await.unwrap();
    }
}

async fn write_rows(house: &House, n: i64) {
    for k in 0..n {
        let caller = Caller { via: Via::Console, person: person(1).to_string(), ..Caller::default() };
        let entry = Entry::done(&caller, "case.claim", &format!("cas_{k}"));
        let now = house.clock_now();
        house.write(move |tx| Box::pin(async move { audit::append(tx, &entry, now).await })).await.unwrap();
    }
}

async fn verify(house: &House, anchors: Vec<(i64, String)>) -> Result<(i64, String), String> {
    house.db.read("a test", move |tx| Box::pin(audit::verify(tx, anchors))).await.unwrap()
}

#[test]
fn an_act_writes_its_row_with_it_and_a_refusal_its_own() {
    on_each(|house| async move {
        house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
        let case = house.case(1).await;
        house.act(&case, 1, Act::Claim { until: None }).await.unwrap();
        let guest = Actor { person: person(2), lead: false };
        let caller = Caller { role: webcared::domain::role::Role::from_code("auditor"), ..Caller::default() };
        let refused = house.casework.called(caller);
        let act = Act::Note { text: "SECRETWORD".into() };
        refused.act(&case.brand_id, &case.id, case.version + 1, &guest, act).await.unwrap_err();
        let rows: Vec<(i64, String, String, String, String, String)> =
            house.all("SELECT number, act, person, target, brand, outcome FROM audit ORDER BY number").await;
        let wanted = |n, act: &str, who: u8, outcome: &str| {
            let (case, brand) = (case.id.clone(), case.brand_id.clone());
            (n, act.to_owned(), person(who).to_string(), case, brand, outcome.to_owned())
        };
        assert_eq!(rows, [wanted(1, "case.claim", 1, "done"), wanted(2, "case.note", 2, "refused")]);
        // A view that is old writes nothing, in the case or here.
        house.act(&case, 2, Act::Release).await.unwrap_err();
        assert_eq!(verify(&house, Vec::new()).await.unwrap().0, 2);
    });
}

#[test]
fn rows_are_neither_changed_nor_deleted() {
    on_each(|house| async move {
        write_rows(&house, 3).await;
        for sql in [
            "UPDATE audit SET act = 'x' WHERE number = 2",
            "DELETE FROM audit WHERE number = 3",
            "UPDATE audit SET number = 9 WHERE number = 3",
        ] {
            assert!(run(&house, sql.to_owned()).await.is_err(), "{sql}");
        }
        if house.db.engine() != "SQLite" {
            assert!(run(&house, "TRUNCATE audit".to_owned()).await.is_err());
        }
        assert_eq!(verify(&house, Vec::new()).await.unwrap().0, 3);
    });
}

#[test]
fn what_was_changed_is_found_at_its_first_row() {
    on_each(|house| async move {
        write_rows(&house, 4).await;
        unguard(&house).await;
        run(&house, "UPDATE audit SET person = 'per_other' WHERE number = 2".to_owned()).await.unwrap();
        assert_eq!(verify(&house, Vec::new()).await.unwrap_err(), "row 2: was changed");
    });
}

#[test]
fn what_was_taken_out_is_found() {
    on_each(|house| async move {
        write_rows(&house, 4).await;
        unguard(&house).await;
        run(&house, "DELETE FROM audit WHERE number = 2".to_owned()).await.unwrap();
        let told = verify(&house, Vec::new()).await.unwrap_err();
        assert_eq!(told, "row 2: missing; what follows is row 3");
    });
}

#[test]
fn what_was_swapped_is_found() {
    on_each(|house| async move {
        write_rows(&house, 4).await;
        unguard(&house).await;
        for (from, to) in [(2, 99), (3, 2), (99, 3)] {
            run(&house, format!("UPDATE audit SET number = {to} WHERE number = {from}")).await.unwrap();
        }
        assert_eq!(verify(&house, Vec::new()).await.unwrap_err(), "row 2: does not follow the row before it");
    });
}

#[test]
fn a_cut_tail_is_found_by_the_head_or_by_an_anchor() {
    on_each(|house| async move {
        write_rows(&house, 4).await;
        let anchor = verify(&house, Vec::new()).await.unwrap();
        unguard(&house).await;
        run(&house, "DELETE FROM audit WHERE number > 2".to_owned()).await.unwrap();
        let cut = "row 3: missing; the chain ends at row 2";
        assert_eq!(verify(&house, Vec::new()).await.unwrap_err(), cut);
        // Whoever puts the head back as well leaves a chain that is whole in itself.
        let sql = "UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit WHERE number = 2)";
        run(&house, sql.to_owned()).await.unwrap();
        assert_eq!(verify(&house, Vec::new()).await.unwrap().0, 2);
        assert_eq!(verify(&house, vec![anchor.clone()]).await.unwrap_err(), cut);
        // And so do other rows in their place.
        write_rows(&house, 1).await;
        let caller = Caller { person: "per_other".into(), ..Caller::default() };
        let now = house.clock_now();
        let entry = Entry::done(&caller, "case.dismiss", "cas_x");
        house.write(move |tx| Box::pin(async move { audit::append(tx, &entry, now).await })).await.unwrap();
        assert_eq!(verify(&house, Vec::new()).await.unwrap().0, 4);
        let told = verify(&house, vec![anchor]).await.unwrap_err();
        assert_eq!(told, "row 4: is not the row that was anchored; the chain was made anew");
    });
}

#[test]
fn writers_at_once_make_one_chain_without_gaps() {
    on_each(|house| async move {
        let replica = match house.db.engine() {
            "SQLite" => None,
            _ => Some(house.replica(7).await),
        };
        let other = replica.as_ref().map_or_else(|| house.db.clone(), |r| r.db.clone());
        let now = house.clock_now();
        let mut tasks = Vec::new();
        for n in 0..40_i64 {
            let db = if n % 2 == 0 { house.db.clone() } else { other.clone() };
            tasks.push(tokio::spawn(async move {
                db.write_again("a test", move |tx| {
                    Box::pin(async move {
                        let entry = Entry::done(&Caller::default(), "case.claim", &format!("cas_{n}"));
                        audit::append(tx, &entry, now).await?;
                        // One in five fails after it wrote its row: no row, no gap.
                        if n % 5 == 0 { Err(StoreError::Refused("not this one".into())) } else { Ok(()) }
                    })
                })
                .await
            }));
        }
        let mut done = 0;
        for task in tasks {
            done += i64::from(task.await.unwrap().is_ok());
        }
        assert_eq!(done, 32);
        assert_eq!(verify(&house, Vec::new()).await.unwrap().0, 32);
        let _ = Engine::Sqlite;
    });
}

/// The head that a mail tells, as `webcared audit verify --anchor` takes it.
fn head_in(mail: &str) -> (i64, String) {
    let behind = mail.split("webcared audit verify --anchor ").nth(1).unwrap();
    let (number, hash) = behind.split_whitespace().next().unwrap().split_once(':').unwrap();
    (number.parse().unwrap(), hash.to_owned())
}

#[test]
fn the_head_goes_out_by_mail_once_a_day_and_shows_what_the_chain_alone_does_not() {
    on_each(|house| async move {
        let (server, port) = Post::open().await;
        let host = "127.0.0.1".to_owned();
        let smtp = SmtpConfig { host, port: Some(port), security: Security::None, ..SmtpConfig::default() };
        let to = ["auditor@outside.example".to_owned()];
        let clock: Arc<dyn Clock> = house.clock.clone();
        let anchoring = Anchoring {
            db: house.db.clone(),
            clock,
            public_url: "https://care.example".into(),
            places: vec![Place::mail("auditor", &smtp, "webcared@acme.example", &to).unwrap()],
        };
        assert_eq!(anchoring.run_once().await.unwrap(), 0, "there is nothing to tell yet");
        write_rows(&house, 3).await;
        assert_eq!(anchoring.run_once().await.unwrap(), 1);
        assert_eq!(anchoring.run_once().await.unwrap(), 0, "once a day");
        let took = server.took();
        assert_eq!(took.len(), 1);
        assert!(took[0].contains("To: auditor@outside.example"), "{}", took[0]);
        assert!(took[0].contains("Subject: Audit of https://care.example: row 3"), "{}", took[0]);
        let head = head_in(&took[0]);
        assert_eq!(verify(&house, vec![head.clone()]).await.unwrap(), head);
        house.clock.advance(Span::days(1));
        server.fill();
        assert_eq!(anchoring.run_once().await.unwrap(), 0, "the server took nothing");
        house.clock.advance(Span::minutes(5));
        assert_eq!(anchoring.run_once().await.unwrap(), 0);
        assert_eq!(server.took().len(), 1);
        // Whoever cuts the end off leaves a chain that is whole in itself.
        unguard(&house).await;
        run(&house, "DELETE FROM audit WHERE number = 3".to_owned()).await.unwrap();
        let sql = "UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit WHERE number = 2)";
        run(&house, sql.to_owned()).await.unwrap();
        assert_eq!(verify(&house, Vec::new()).await.unwrap().0, 2);
        let told = verify(&house, vec![head]).await.unwrap_err();
        assert_eq!(told, "row 3: missing; the chain ends at row 2");
    });
}
