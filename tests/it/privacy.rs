//! Erasing a person, not watching them, holding a case, letting words go in time: nothing is found in any table, nor in
//! the bytes of the files, and nothing comes back.

use crate::harness::{Engine, House, START, answer, on_each, person, post};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::casework::{Act, Typing};
use webcared::domain::file::Media;
use webcared::domain::time::Span;
use webcared::intake::SourceRules;
use webcared::privacy::{By, Privacy, PrivacyError, PrivacyRequest};
use webcared::store::Place;
use webcared::store::attachment::{self, Keeping};
use webcared::store::inbox::{self, Received};
use webcared::store::{saved, whole};

/// What must not be found after an erasure, and each stands somewhere before.
pub const GONE: [&str; 11] = [
    "secretparcel",
    "sannehandle",
    "quietnote",
    "ourwordstoher",
    "draftwords",
    "besidewords",
    "sanneext",
    "postext1",
    "filename7",
    "photobytes9",
    "otherhandle",
];
/// What another customer wrote, and must stay.
pub const STAYS: &str = "pietsmatter";

pub fn privacy(house: &House) -> Privacy {
    Privacy::new(
        house.db.clone(),
        house.clock.clone(),
        house.mint.clone(),
        house.current.clone(),
        Arc::new(Notify::new()),
    )
}

fn said(id: &str, author: &str, handle: &str, thread: &str, text: &str) -> serde_json::Value {
    let mut post = post(id, author, thread, 0, text);
    post["author"] = json!({ "id": author, "handle": handle, "name": handle });
    post
}

/// Puts a delivery into the inbox and lets intake settle it, so that its raw bytes are there too.
pub async fn deliver(house: &House, id: &str, post: &serde_json::Value) {
    let rules = SourceRules { addresses_all: true, ..SourceRules::default() };
    house.intake.set_rules([("test".to_owned(), rules)].into());
    let row = Received {
        id: id.to_owned(),
        source: "test".into(),
        // Sources say here what a platform calls the post.
        place: format!("host/{}", post["external_id"].as_str().unwrap_or_default()),
        received_at: house.clock_now(),
        body: post.to_string().into_bytes(),
    };
    house.write(move |tx| Box::pin(async move { inbox::receive(tx, &[row], None).await })).await.unwrap();
    while house.intake.run_once(50).await.unwrap() > 0 {}
}

/// All text of all tables, and on SQLite the bytes of the files with the write-ahead log.
pub async fn everything(house: &House) -> Vec<u8> {
    let mut found = house
        .db
        .read("test", |tx| {
            Box::pin(async move {
                let mut out = Vec::new();
                for table in whole::tables(tx).await? {
                    whole::read(tx, &table, |line| {
                        out.extend_from_slice(line.as_bytes());
                        Ok(())
                    })
                    .await?;
                }
                Ok(out)
            })
        })
        .await
        .unwrap();
    match house.place() {
        Place::Folder(folder) => {
            for name in ["webcared.db", "webcared.db-wal"] {
                found.extend(std::fs::read(folder.join(name)).unwrap_or_default());
            }
        }
        Place::Postgres(_) => {
            let rows: Vec<(String,)> = house.all("SELECT tokens::text FROM search").await;
            rows.iter().for_each(|(tokens,)| found.extend_from_slice(tokens.as_bytes()));
        }
    }
    found
}

pub fn holds(bytes: &[u8], word: &str) -> bool {
    // Bytes stand in lines as hexadecimal.
    let hex: String = word.bytes().map(|b| format!("{b:02x}")).collect();
    [word.as_bytes(), hex.as_bytes()].iter().any(|w| bytes.windows(w.len()).any(|at| at == *w))
}

/// A customer with posts, a file, a note, a draft, an answer of ours, and a second account tied to the first.
pub async fn lived(house: &House) {
    let mut first = said("postext1", "sanneext", "sannehandle", "t1", "@Acme where is my secretparcel?");
    first["attachments"] = json!([{ "url": "https://files.example/filename7.gif", "type": "image/gif" }]);
    deliver(house, "inb_1", &first).await;
    deliver(house, "inb_2", &said("p9", "piet", "piet", "t1", "@Acme pietsmatter is worse")).await;
    let now = house.clock_now();
    house
        .write(move |tx| {
            Box::pin(async move {
                for file in attachment::take_due(tx, now, Span::minutes(2), 9).await? {
                    let bytes = b"photobytes9".to_vec();
                    let kept = Keeping { media: Media::Gif, size: Some((1, 1)), bytes };
                    assert!(attachment::keep(tx, &file.id, &kept, now).await?);
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    let case = house.case(1).await;
    let case = house.act(&case, 1, Act::Note { text: "quietnote about her".into() }).await.unwrap();
    let mut ours = answer("own1", "postext1", "t1", 1);
    ours["text"] = "Hello, ourwordstoher ^Jan".into();
    deliver(house, "inb_3", &ours).await;
    let actor = webcared::casework::Actor { person: person(1), lead: false };
    let version = house.case(1).await.version;
    house.casework.keep_draft(&house.brand_id, &case.id, &actor, version, "draftwords").await.unwrap();
    let (place, beside) = ((house.brand_id.as_str(), case.id.as_str()), (Typing::Note, "besidewords"));
    house.casework.keep_beside(place, &actor, version, beside).await.unwrap();
    // The same person by another account, whose post stands in this case.
    deliver(house, "inb_4", &said("other1", "otherext", "otherhandle", "t7", "@Acme it is me again")).await;
    let (from, into) = (house.case(3).await.id, house.case(1).await.id);
    house
        .write(move |tx| {
            Box::pin(async move {
                match tx {
                    webcared::store::Tx::Sqlite(t) => {
                        sqlx::query("UPDATE judgement SET case_id = $2 WHERE case_id = $1")
                            .bind(from)
                            .bind(into)
                            .execute(&mut **t)
                            .await
                            .unwrap();
                    }
                    webcared::store::Tx::Postgres(t) => {
                        sqlx::query("UPDATE judgement SET case_id = $2 WHERE case_id = $1")
                            .bind(from)
                            .bind(into)
                            .execute(&mut **t)
                            .await
                            .unwrap();
                    }
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

#[test]
fn an_erased_person_is_found_nowhere_and_does_not_come_back() {
    on_each(|house| async move {
        lived(&house).await;
        let before = everything(&house).await;
        for word in GONE {
            assert!(holds(&before, word), "{word} must be there before");
        }
        let privacy = privacy(&house);
        let preview = privacy.preview("@SanneHandle").await.unwrap();
        assert_eq!(preview.accounts, ["sannehandle (mastodon)", "otherhandle (mastodon)"]);
        assert_eq!(preview.cases, ["Acme #1", "Acme #3"]);
        let n = |name: &str| preview.counts.iter().find(|c| c.0 == name).unwrap().1;
        assert_eq!(
            (n("posts"), n("answers"), n("files"), n("drafts"), n("raw")),
            (2, 1, 1, 2, 2),
            "{:?}",
            preview.counts
        );
        for who in ["sanneext", "acme#1", "Acme #3", "otherhandle"] {
            assert_eq!(privacy.preview(who).await.unwrap(), preview, "{who}");
        }
        let same = everything(&house).await;
        assert!(GONE.iter().all(|w| holds(&same, w)), "looking takes nothing");

        let lines = privacy.export("sannehandle").await.unwrap().join("\n");
        for word in GONE.iter().filter(|w| **w != "photobytes9") {
            assert!(lines.contains(word), "{word} belongs into what she gets");
        }
        assert!(lines.contains("cGhvdG9ieXRlczk="), "the bytes of her picture");
        assert!(!lines.contains(STAYS) && !lines.contains("piet"), "nothing of others");

        let events = house.count("SELECT COUNT(*) FROM case_event").await;
        let counts: Vec<(String, String, i64)> =
            house.all("SELECT source, what, n FROM intake_count ORDER BY 1, 2").await;
        let clocks = house.clocks().await.len();
        let done = privacy.erase("sannehandle", false, &By::Person(person(1))).await.unwrap();
        assert_eq!(done.files_empty, house.engine == Engine::Sqlite, "a server's files are rid of it soon");
        assert_eq!(done.went.counts, preview.counts);
        let after = everything(&house).await;
        for word in GONE {
            assert!(!holds(&after, word), "{word} is still there");
        }
        assert!(holds(&after, STAYS));
        assert!(
            house.count("SELECT COUNT(*) FROM case_event").await > events,
            "events stay, and one says so"
        );
        assert_eq!(house.clocks().await.len(), clocks);
        let now: Vec<(String, String, i64)> =
            house.all("SELECT source, what, n FROM intake_count ORDER BY 1, 2").await;
        assert_eq!(now, counts);
        assert_eq!(house.case(1).await.open, 0);
        assert_eq!(house.case(2).await.open, 1, "nobody else's case is touched");
        assert!(matches!(privacy.preview("sannehandle").await, Err(PrivacyError::Refused(_))));
        assert!(matches!(privacy.erase("Acme#1", false, &By::Command).await, Err(PrivacyError::Refused(_))));

        // A sweep brings the same posts again, with an edit as well; the thread is read as context.
        let again = said("postext1", "sanneext", "sannehandle", "t1", "@Acme where is my secretparcel?");
        let mut edited = again.clone();
        edited["edited_at"] = START.plus(Span::hours(1)).rfc3339().into();
        let mut context = again.clone();
        context["context"] = true.into();
        for (n, post) in [again, edited, context].iter().enumerate() {
            deliver(&house, &format!("inb_5{n}"), post).await;
        }
        let verdicts: Vec<(String, Option<String>)> =
            house.all("SELECT verdict, why FROM inbox WHERE id LIKE 'inb_5%'").await;
        assert!(
            verdicts.iter().all(|v| v == &("filtered".to_owned(), Some("erased".to_owned()))),
            "{verdicts:?}"
        );
        webcared::store::erase::sweep_files(&house.db).await.unwrap();
        let swept = everything(&house).await;
        for word in GONE {
            assert!(!holds(&swept, word), "{word} came back");
        }
        // What they write from now on is new.
        deliver(&house, "inb_6", &said("new1", "sanneext", "sannehandle", "t9", "@Acme hello again")).await;
        assert_eq!(house.case(4).await.open, 1);
    });
}

#[test]
fn who_objects_is_not_watched_until_that_is_taken_back() {
    on_each(|house| async move {
        lived(&house).await;
        let privacy = privacy(&house);
        let done = privacy.erase("sannehandle", true, &By::Command).await.unwrap();
        let label = done.objection.unwrap();
        deliver(&house, "inb_6", &said("new1", "sanneext", "sannehandle", "t9", "@Acme secretparcel")).await;
        deliver(&house, "inb_7", &said("new2", "otherext", "otherhandle", "t9", "@Acme secretparcel")).await;
        let verdicts: Vec<(String, Option<String>, Option<Vec<u8>>)> =
            house.all("SELECT verdict, why, body FROM inbox WHERE id IN ('inb_6', 'inb_7')").await;
        let expected = ("filtered".to_owned(), Some("objection".to_owned()), None);
        assert_eq!(verdicts, [expected.clone(), expected]);
        let listed = privacy.objections().await.unwrap();
        assert_eq!((listed[0].label.as_str(), listed[0].accounts), (label.as_str(), 2));
        assert!(privacy.take_back(&label, &By::Command).await.unwrap());
        assert!(!privacy.take_back(&label, &By::Command).await.unwrap());
        deliver(&house, "inb_8", &said("new3", "sanneext", "sannehandle", "t9", "@Acme hello")).await;
        let n = house.count("SELECT COUNT(*) FROM inbox WHERE id = 'inb_8' AND verdict = 'mention'").await;
        assert_eq!(n, 1);
        // Without an erasure: what is there stays, what comes is left out.
        let label = privacy.object("piet", &By::Command).await.unwrap();
        assert_eq!(privacy.object("piet", &By::Command).await.unwrap(), label, "twice is once");
        deliver(&house, "inb_9", &said("new4", "piet", "piet", "t1", "@Acme more")).await;
        let n = house.count("SELECT COUNT(*) FROM inbox WHERE id = 'inb_9' AND why = 'objection'").await;
        assert_eq!(n, 1);
        assert!(holds(&everything(&house).await, STAYS));
    });
}

#[test]
fn a_held_case_keeps_everything_until_the_hold_ends_by_itself() {
    on_each(|house| async move {
        lived(&house).await;
        let (privacy, by) = (privacy(&house), By::Person(person(1)));
        let case = house.case(1).await;
        let until = house.clock_now().plus(Span::days(3));
        let none = privacy.hold(&house.brand_id, &case.id, " ", until, &by).await;
        assert!(matches!(none, Err(PrivacyError::Refused(_))), "a hold has a ground");
        let late = privacy.hold(&house.brand_id, &case.id, "court", house.clock_now(), &by).await;
        assert!(matches!(late, Err(PrivacyError::Refused(_))), "and ends later");
        privacy.hold(&house.brand_id, &case.id, "claim 12 in court", until, &by).await.unwrap();
        let refused = privacy.erase("sannehandle", true, &by).await.unwrap_err().to_string();
        assert!(refused.contains("Acme #1 is held until"), "{refused}");
        assert_eq!(house.case(1).await.open, 1);
        let still = everything(&house).await;
        assert!(GONE.iter().all(|w| holds(&still, w)), "nothing went");
        let kinds: Vec<(String,)> = house.all("SELECT kind FROM case_event WHERE kind LIKE 'hold%'").await;
        assert_eq!(kinds, [("hold".to_owned(),)]);
        house.advance(Span::days(3)).await;
        privacy.erase("sannehandle", false, &by).await.unwrap();
        let after = everything(&house).await;
        assert!(GONE.iter().all(|w| !holds(&after, w)));
    });
}

#[test]
fn the_log_is_emptied_only_where_there_is_one() {
    on_each(|house| async move {
        lived(&house).await;
        assert!(webcared::store::erase::sweep_files(&house.db).await.unwrap());
        if house.engine == Engine::Sqlite {
            let Place::Folder(folder) = house.place() else { panic!() };
            assert_eq!(std::fs::metadata(folder.join("webcared.db-wal")).unwrap().len(), 0);
        }
    });
}

#[test]
fn words_go_in_time_and_what_is_open_or_held_stays() {
    on_each(|house| async move {
        let words = ["solvedwords", "dismissedwords", "openwords", "thankswords", "heldwords"];
        for (n, text) in [
            "@Acme where is my parcel? solvedwords",
            "@Acme where is my parcel? dismissedwords",
            "@Acme where is my parcel? openwords",
            "lovely window at @acme today thankswords",
            "@Acme where is my parcel? heldwords",
        ]
        .iter()
        .enumerate()
        {
            let (id, author) = (format!("p{n}"), format!("author{n}"));
            deliver(&house, &format!("inb_{n}"), &said(&id, &author, &author, &id, text)).await;
        }
        let case = house.case(1).await;
        let case = house.act(&case, 1, Act::Note { text: "solvedwords too".into() }).await.unwrap();
        let solved = |reason: &str| Act::Resolve { reason: reason.into(), ending: None };
        house.act(&case, 1, solved("solvedwords")).await.unwrap();
        house.act(&house.case(2).await, 1, Act::Dismiss { reason: "dismissedwords".into() }).await.unwrap();
        house.act(&house.case(5).await, 1, solved("heldwords")).await.unwrap();
        let (privacy, by) = (privacy(&house), By::Person(person(1)));
        let until = house.clock_now().plus(Span::days(200));
        privacy.hold(&house.brand_id, &house.case(5).await.id, "court", until, &by).await.unwrap();
        assert_eq!(house.case(4).await.needs_answer, 0);
        let retention = retention(&house);
        let left = async || {
            // Raw deliveries have days of their own.
            let now = house.clock_now();
            house.write(move |tx| Box::pin(inbox::forget_bodies(tx, now))).await.unwrap();
            webcared::store::erase::sweep_files(&house.db).await.unwrap();
            let found = everything(&house).await;
            words.iter().filter(|w| holds(&found, w)).copied().collect::<Vec<_>>()
        };
        assert_eq!(retention.run_once().await.unwrap(), 0);
        assert_eq!(left().await, words);
        house.clock.advance(Span::days(31));
        assert_eq!(retention.run_once().await.unwrap(), 1);
        assert_eq!(retention.run_once().await.unwrap(), 0, "once a day");
        assert_eq!(left().await, ["solvedwords", "openwords", "thankswords", "heldwords"]);
        house.clock.advance(Span::days(150));
        assert_eq!(retention.run_once().await.unwrap(), 2);
        assert_eq!(left().await, ["openwords", "heldwords"]);
        assert_eq!(house.case(4).await.state, "dismissed", "what needs no answer is put away");
        assert_eq!(house.case(3).await.open, 1);
        house.clock.advance(Span::days(20));
        assert_eq!(retention.run_once().await.unwrap(), 1);
        assert_eq!(left().await, ["openwords"], "a hold ends by itself");
        let counted: Vec<(i64,)> = house.all("SELECT n FROM retention_count WHERE what = 'cases'").await;
        assert_eq!(counted.iter().map(|c| c.0).sum::<i64>(), 4);
        assert_eq!(house.cases().await.len(), 5, "states and clocks stay");
        // An edit of a post whose words went does not bring them back.
        let mut edited = said("p0", "author0", "author0", "p0", "@Acme solvedwords again");
        edited["edited_at"] = house.clock_now().rfc3339().into();
        deliver(&house, "inb_7", &edited).await;
        house.clock.advance(Span::seconds(1));
        assert_eq!(left().await, ["openwords"]);
        house.clock.advance(Span::days(24 * 30));
        retention.run_once().await.unwrap();
        assert_eq!(house.cases().await.len(), 1, "counts go too in the end");
        assert_eq!(house.count("SELECT COUNT(*) FROM mention").await, 1);
        assert_eq!(left().await, ["openwords"]);
    });
}

#[test]
fn a_name_that_two_people_bear_erases_nobody() {
    on_each(|house| async move {
        deliver(&house, "inb_1", &said("m1", "oneext", "samehandle", "t1", "@Acme where is it?")).await;
        deliver(&house, "inb_2", &said("m2", "twoext", "samehandle", "t2", "@Acme where is it?")).await;
        let refused = privacy(&house).erase("samehandle", false, &By::Command).await.unwrap_err().to_string();
        assert!(refused.contains("2 accounts bear it"), "{refused}");
        assert_eq!(house.count("SELECT COUNT(*) FROM content WHERE kind = 'profile'").await, 2);
        privacy(&house).erase("oneext", false, &By::Command).await.unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM content WHERE kind = 'profile'").await, 1);
    });
}

pub fn retention(house: &House) -> webcared::privacy::retention::Retention {
    webcared::privacy::retention::Retention {
        db: house.db.clone(),
        clock: house.clock.clone(),
        catalogue: house.current.clone(),
        rules: webcared::privacy::retention::Rules::default(),
        owner: "run_test".into(),
    }
}

#[test]
fn retention_leaves_the_next_case_of_a_thread_its_answers_and_forgets_what_was_reopened_once_more() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme where is my parcel?")]).await;
        house.act(&house.case(1).await, 1, Act::Dismiss { reason: "not ours".into() }).await.unwrap();
        house.take(&[post("m2", "jan", "t1", 1, "@acme where is it?")]).await;
        assert_eq!(house.case(2).await.open, 1, "what was put away is followed by another case");
        house.take(&[answer("o1", "m2", "t1", 2)]).await;
        let ours = "SELECT COUNT(*) FROM own_post o JOIN content c ON c.id = o.id || '/1'";
        assert_eq!(house.count(ours).await, 1);
        let retention = retention(&house);
        house.clock.advance(Span::days(31));
        assert_eq!(retention.run_once().await.unwrap(), 1);
        assert_eq!(house.count(ours).await, 1, "it was said in the case that is open");
        // The second ends, its words go, and the customer comes back.
        let solved = Act::Resolve { reason: "done".into(), ending: None };
        house.act(&house.case(2).await, 1, solved.clone()).await.unwrap();
        house.clock.advance(Span::days(181));
        assert_eq!(retention.run_once().await.unwrap(), 1);
        assert_eq!(house.count(ours).await, 0);
        let forgotten = "SELECT COUNT(*) FROM cases WHERE forgotten_at IS NOT NULL";
        assert_eq!(house.count(forgotten).await, 2);
        house.act(&house.case(2).await, 1, Act::Reopen).await.unwrap();
        assert_eq!(house.count(forgotten).await, 1, "what is open again is kept, and goes in its time");
        house.act(&house.case(2).await, 1, solved).await.unwrap();
        house.clock.advance(Span::days(181));
        assert_eq!(retention.run_once().await.unwrap(), 1);
    });
}

#[test]
fn a_saved_filter_that_nobody_uses_goes_with_its_words() {
    on_each(|house| async move {
        let now = house.clock_now();
        let put = house.write(move |tx| {
            Box::pin(async move {
                let said = ("Mine".to_owned(), "lane=all&text=jansen".to_owned());
                saved::put(tx, ("sfl_1", "psn_1"), &said, now).await?;
                saved::put(tx, ("sfl_2", "psn_1"), &said, now).await
            })
        });
        put.await.unwrap();
        let retention = retention(&house);
        house.clock.advance(Span::days(100));
        let now = house.clock_now();
        let used =
            house.write(move |tx| Box::pin(async move { saved::used(tx, "psn_1", "sfl_2", now).await }));
        used.await.unwrap();
        house.clock.advance(Span::days(81));
        retention.run_once().await.unwrap();
        let words = "SELECT COUNT(*) FROM content WHERE kind = 'saved_filter'";
        assert_eq!(house.count("SELECT COUNT(*) FROM saved_filter WHERE id = 'sfl_2'").await, 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM saved_filter").await, 1);
        assert_eq!(house.count(words).await, 1);
        house.clock.advance(Span::days(100));
        retention.run_once().await.unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM saved_filter").await + house.count(words).await, 0);
    });
}

#[test]
fn an_export_of_everything_is_written_down() {
    on_each(|house| async move {
        let said = privacy(&house).asked(&PrivacyRequest::ExportAll).await.unwrap();
        assert!(said.is_empty(), "{said:?}");
        let rows: Vec<(String, String)> = house.all("SELECT act, outcome FROM audit ORDER BY number").await;
        assert_eq!(rows.last(), Some(&("data.export".to_owned(), "done".to_owned())), "{rows:?}");
    });
}
