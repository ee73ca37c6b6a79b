//! The switch for all sending, and a backup that is brought back into a world that went on.

use super::*;
use crate::harness::engines;
use crate::privacy::{deliver, everything, holds, privacy};
use webcared::cli::args::Global;
use webcared::cli::backup::{self, BackupArgs, RestoreArgs};
use webcared::privacy::{By, PrivacyError};
use webcared::store::Place;

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

fn global(place: &Place, data: &std::path::Path) -> Global {
    match place {
        Place::Folder(folder) => Global { data: Some(folder.clone()), ..Global::default() },
        Place::Postgres(url) => {
            Global { data: Some(data.to_path_buf()), database: Some(url.clone().into()), ..Global::default() }
        }
    }
}

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
