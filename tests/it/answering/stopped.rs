//! The switch for all sending, and a backup that is brought back into a world that went on.

use super::*;
use crate::harness::engines;
use crate::privacy::{deliver, everything, holds, privacy};
use tokio::sync::Notify;
use webcared::cli::args::Global;
use webcared::cli::backup::{self, BackupArgs, RestoreArgs};
use webcared::domain::delivery::{Outcome, Repeat};
use webcared::outbox::Deliver;
use webcared::privacy::{By, PrivacyError};
use webcared::store::inbox::Received;
use webcared::store::{Db, Place, StoreError};

fn standing(desk: &Desk) -> usize {
    desk.fake.ledger.lock().unwrap().posted.len()
}

#[test]
fn the_switch_stops_what_is_about_to_leave_and_holds_over_a_restart() {
    at_desk(|desk| async move {
        let privacy = privacy(&desk.house);
        desk.answer("We look for it.").await.unwrap();
        let without = privacy.turn_sending(true, " ", &By::Command).await;
        assert!(matches!(without, Err(PrivacyError::Refused(_))), "a reason is needed");
        privacy.turn_sending(true, "wrong words went out", &By::Person(person(2))).await.unwrap();
        for _ in 0..3 {
            desk.settle(UNDO).await;
        }
        assert_eq!(standing(&desk), 0);
        assert!(!desk.actions().await.iter().any(|a| a.state == "sending" || a.state == "done"));
        // Another process on the same database, as after a restart.
        let (db, clock, mint) = (desk.house.db.clone(), desk.house.clock.clone(), desk.house.mint.clone());
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint, desk.fake.clone()).unwrap();
        let worker = Worker::new(db, clock, Chance::seeded(4), "run_other".into(), Arc::new(deliver));
        desk.house.clock.advance(Span::minutes(5));
        for _ in 0..3 {
            worker.run_once().await.unwrap();
        }
        assert_eq!(standing(&desk), 0);
        let row = desk.house.db.read("test", |tx| Box::pin(outbox::sending(tx))).await.unwrap().unwrap();
        assert_eq!((row.value, row.reason.as_str()), (1, "wrong words went out"));
        assert_eq!(row.set_by.as_deref(), Some(person(2).as_str()));
        privacy.turn_sending(false, "", &By::Command).await.unwrap();
        for _ in 0..3 {
            desk.settle(Span::minutes(5)).await;
            worker.run_once().await.unwrap();
        }
        assert_eq!(standing(&desk), 1, "it goes on, and once");
    });
}

/// Answers to so many cases.
async fn answer_all(desk: &Desk, cases: i64) {
    for n in 2..=cases {
        let text = format!("@acme my parcel {n} never arrived, please help me");
        let (id, who, thread) = (format!("m{n}"), format!("author{n}"), format!("t{n}"));
        desk.house.take(&[post(&id, &who, &thread, 0, &text)]).await;
    }
    for n in 1..=cases {
        let case = desk.house.case(n).await;
        let answer = Answer { text: format!("We look for parcel {n}."), ..Answer::default() };
        desk.act_as(&case, 1, false, Act::Answer(answer)).await.unwrap();
    }
}

async fn states(desk: &Desk) -> Vec<String> {
    let mut states: Vec<String> = desk.actions().await.into_iter().map(|a| a.state).collect();
    states.sort();
    states
}

#[test]
fn while_the_first_call_hangs_the_switch_keeps_everything_behind_it_here() {
    at_desk(|desk| async move {
        answer_all(&desk, 6).await;
        let gate = Arc::new(Notify::new());
        desk.fake.ledger.lock().unwrap().gate = Some(gate.clone());
        desk.house.clock.advance(UNDO);
        let privacy = privacy(&desk.house);
        let stop = async {
            while standing(&desk) < 3 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            privacy.turn_sending(true, "wrong words went out", &By::Person(person(2))).await.unwrap();
            gate.notify_one();
        };
        let (done, ()) = tokio::join!(desk.worker.run_once(), stop);
        assert_eq!((done.unwrap(), standing(&desk)), (4, 4), "no more are marked than are under way at once");
        for _ in 0..3 {
            desk.settle(Span::minutes(1)).await;
        }
        assert_eq!(standing(&desk), 4);
        assert_eq!(states(&desk).await, ["done", "done", "done", "done", "ready", "ready"]);
        privacy.turn_sending(false, "", &By::Command).await.unwrap();
        desk.settle(Span::minutes(1)).await;
        assert_eq!(standing(&desk), 6, "what waited goes, each once");
    });
}

/// Somebody stops all sending after the worker has marked a batch, and before its first byte leaves.
struct StoppedMeanwhile {
    answers: AnswerDeliver,
    db: Db,
}

#[async_trait::async_trait]
impl Deliver for StoppedMeanwhile {
    fn credential(&self) -> &str {
        self.answers.credential()
    }

    fn repeat(&self) -> Repeat {
        self.answers.repeat()
    }

    fn room(&self, ready: &[ActionRow], now: Timestamp) -> usize {
        self.answers.room(ready, now)
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        let stop = self
            .db
            .write("test", |tx| Box::pin(outbox::set_switch(tx, outbox::KILL_SWITCH, true, "test", START)));
        stop.await.unwrap();
        self.answers.deliver(actions).await
    }

    async fn echo(
        &self,
        action: &ActionRow,
        remote_id: &str,
        at: Option<Timestamp>,
    ) -> Result<Option<Received>, StoreError> {
        self.answers.echo(action, remote_id, at).await
    }
}

#[test]
fn what_is_marked_and_not_begun_when_sending_is_stopped_comes_back_unsent() {
    at_desk(|desk| async move {
        answer_all(&desk, 3).await;
        desk.house.clock.advance(UNDO);
        let (db, clock, mint) = (desk.house.db.clone(), desk.house.clock.clone(), desk.house.mint.clone());
        let answers = AnswerDeliver::new(db.clone(), clock.clone(), mint, desk.fake.clone()).unwrap();
        let meanwhile = Arc::new(StoppedMeanwhile { answers, db: db.clone() });
        let worker = Worker::new(db, clock, Chance::seeded(5), "run_test".into(), meanwhile);
        assert_eq!(worker.run_once().await.unwrap(), 3);
        assert_eq!(standing(&desk), 0, "nothing of them left");
        assert_eq!(states(&desk).await, ["ready", "ready", "ready"]);
        let soon = desk.house.clock_now().plus(Span::seconds(2)).millis();
        let held = desk.actions().await;
        assert!(held.iter().all(|a| a.attempts == 0 && a.not_before == soon), "{held:?}");
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM attempt").await, 0, "nothing was tried");
        desk.settle(Span::minutes(1)).await;
        assert_eq!(standing(&desk), 0);
        privacy(&desk.house).turn_sending(false, "", &By::Command).await.unwrap();
        desk.settle(Span::minutes(1)).await;
        assert_eq!(standing(&desk), 3, "each once");
        assert!(desk.actions().await.iter().all(|a| a.attempts == 1));
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM attempt WHERE outcome = 'done'").await, 3);
    });
}

fn global(place: &Place, data: &std::path::Path) -> Global {
    match place {
        Place::Folder(folder) => Global { data: Some(folder.clone()), ..Global::default() },
        Place::Postgres(url) => {
            Global { data: Some(data.to_path_buf()), database: Some(url.clone().into()), ..Global::default() }
        }
    }
}

/// Who may come in when the backup is made.
const LET_IN: [&str; 4] = [
    "INSERT INTO person (id, login, name, role, created_at) VALUES ('per_left', 'left', 'Left', 'agent', 0)",
    "INSERT INTO api_token (id, hash, name, person_id, scopes, brands, created_at, created_by, until_ms)
     VALUES ('tok_lost', 'h1', 'lost', 'per_left', 'read', '[]', 0, '', 9000000000000),
            ('tok_kept', 'h2', 'kept', 'per_left', 'read', '[]', 0, '', 9000000000000)",
    "INSERT INTO login_session (token_hash, person_id, csrf, created_at, seen_at, until_ms)
     VALUES ('h3', 'per_left', 'c', 0, 0, 9000000000000)",
    "INSERT INTO login_link (token_hash, person_id, until_ms) VALUES ('h4', 'per_left', 9000000000000)",
];
/// How much of it a restore leaves.
const SHUT: [(&str, i64); 6] = [
    ("SELECT COUNT(*) FROM person WHERE id = 'per_left' AND disabled_at = 5", 1),
    ("SELECT COUNT(*) FROM api_token WHERE id = 'tok_lost' AND revoked_at = 6", 1),
    ("SELECT COUNT(*) FROM api_token WHERE id = 'tok_kept' AND revoked_at IS NULL", 1),
    ("SELECT COUNT(*) FROM login_session", 0),
    ("SELECT COUNT(*) FROM login_link", 0),
    ("SELECT COUNT(*) FROM audit WHERE act = 'database.restore'", 1),
];

#[test]
fn a_backup_brought_back_sends_nothing_twice_and_what_was_erased_stays_erased() {
    for engine in engines() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (files, house) = (tempfile::tempdir().unwrap(), House::build(engine).await);
            let desk = Desk::open(house).await;
            let theirs = post("postext1", "sanneext", "t5", 0, "@acme where is my secretparcel");
            deliver(&desk.house, "inb_1", &theirs).await;
            desk.answer("We look for it.").await.unwrap();
            for sql in LET_IN {
                desk.house.execute(sql).await;
            }
            let global = global(desk.house.place(), files.path());
            let file = files.path().join("backup");
            let (at, to) = (global.clone(), file.clone());
            let made = tokio::task::spawn_blocking(move || {
                backup::backup(&at, &BackupArgs { file: to.clone() })
                    .map(|_| ())
                    .map_err(|e| e.to_string())?;
                // A second one does not write over the first.
                assert!(backup::backup(&at, &BackupArgs { file: to }).is_err());
                Ok::<_, String>(())
            });
            made.await.unwrap().unwrap();
            // The world goes on: the answer leaves, somebody is erased, somebody takes a post back.
            desk.settle(UNDO).await;
            assert_eq!(standing(&desk), 1);
            privacy(&desk.house).erase("sanneext", false, &By::Command).await.unwrap();
            // Somebody leaves, a token and a log-in are taken back.
            desk.house.execute("UPDATE person SET disabled_at = 5 WHERE id = 'per_left'").await;
            desk.house.execute("UPDATE api_token SET revoked_at = 6 WHERE id = 'tok_lost'").await;
            desk.house.execute("DELETE FROM login_session").await;
            let Desk { house, fake, .. } = desk;
            let now = house.clock_now();
            let place = house.leave().await;
            let (at, from) = (global.clone(), file.clone());
            let back = tokio::task::spawn_blocking(move || {
                backup::restore(&at, &RestoreArgs { file: from, yes: true, ledger: None })
                    .map(|_| ())
                    .map_err(|e| e.to_string())
            });
            back.await.unwrap().unwrap();
            let house = House::build_in(engine, place, now, 9).await;
            let found = everything(&house).await;
            assert!(!holds(&found, "secretparcel") && !holds(&found, "sanneext"), "erased stays erased");
            for (sql, n) in SHUT {
                assert_eq!(house.count(sql).await, n, "{sql}");
            }
            let states: Vec<(String,)> = house.all("SELECT state FROM action WHERE kind = 'reply'").await;
            assert_eq!(states, [("held".to_owned(),)], "it may have gone already");
            let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
            let answers = AnswerDeliver::new(db.clone(), clock.clone(), mint, fake.clone()).unwrap();
            let worker = Worker::new(db, clock, Chance::seeded(3), "run_after".into(), Arc::new(answers));
            let stopped = house.db.read("test", |tx| Box::pin(outbox::switch(tx, outbox::KILL_SWITCH)));
            assert!(stopped.await.unwrap());
            privacy(&house).turn_sending(false, "", &By::Command).await.unwrap();
            for _ in 0..5 {
                house.clock.advance(Span::minutes(1));
                worker.run_once().await.unwrap();
            }
            assert_eq!(fake.ledger.lock().unwrap().posted.len(), 1, "nothing is said twice");
            deliver(&house, "inb_9", &theirs).await;
            let why: Vec<(Option<String>,)> = house.all("SELECT why FROM inbox WHERE id = 'inb_9'").await;
            assert_eq!(why, [(Some("erased".to_owned()),)]);
        });
    }
}
