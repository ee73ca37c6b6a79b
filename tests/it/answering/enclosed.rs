//! Files that go along: stripped and kept, refused before sending, part of draft and approval, sent once, gone with
//! their words.

use super::{Desk, at_desk};
use crate::account::Mood;
use crate::harness::person;
use webcared::casework::enclosing::HandedIn;
use webcared::casework::{Act, Actor, Answer, CaseworkError, Files};
use webcared::domain::time::Span;
use webcared::privacy::By;
use webcared::store::enclosed;

const TEXT: &str = "See the new hinge";

/// A picture with a block that tells where it was taken.
pub fn picture(fill: u8) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], body: &[u8]| {
        png.extend((body.len() as u32).to_be_bytes());
        png.extend(kind);
        png.extend(body);
        png.extend([0; 4]);
    };
    chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
    chunk(b"tEXt", b"GPS\x0052.0907");
    chunk(b"IDAT", &[fill; 30]);
    chunk(b"IEND", b"");
    png
}

fn named(name: &str, alt: &str, bytes: Vec<u8>) -> HandedIn {
    HandedIn { name: name.into(), alt: alt.into(), bytes }
}

impl Desk {
    async fn enclose(&self, who: u8, handed: HandedIn) -> Result<String, CaseworkError> {
        let case = self.house.case(1).await;
        let actor = Actor { person: person(who), lead: false };
        let kept = self.casework.enclose((&case.brand_id, &case.id), &actor, handed).await?;
        Ok(kept.id)
    }

    async fn ready(&self, who: u8) -> usize {
        let case = self.house.case(1).await;
        let actor = Actor { person: person(who), lead: false };
        self.casework.enclosed((&case.brand_id, &case.id), &actor).await.unwrap().len()
    }

    async fn with_files(&self, text: &str, files: Files) -> Result<(), CaseworkError> {
        let case = self.house.case(1).await;
        let answer = Answer { text: text.into(), files, ..Answer::default() };
        self.act_as(&case, 1, false, Act::Answer(answer)).await.map(|_| ())
    }

    async fn bytes_kept(&self) -> i64 {
        self.house.count("SELECT COUNT(*) FROM attachment_chunk").await
    }

    /// What is done every few minutes.
    async fn tidy(&self) {
        let lost = self.house.write(|tx| {
            Box::pin(async move {
                let lost = enclosed::lost(tx).await?;
                enclosed::drop_lost(tx, &lost).await?;
                Ok(lost.len())
            })
        });
        lost.await.unwrap();
    }
}

#[test]
fn a_picture_goes_with_the_words_once_and_without_its_place() {
    at_desk(|desk| async move {
        desk.enclose(1, named("/home/jan/hinge.png", "the hinge", picture(1))).await.unwrap();
        desk.enclose(1, named("again.png", "", picture(1))).await.unwrap();
        assert_eq!(
            (desk.ready(1).await, desk.ready(2).await),
            (1, 0),
            "the same bytes are one file, and whose they are"
        );
        desk.fake.mood(Mood::Unreachable);
        desk.with_files(TEXT, Files::Draft).await.unwrap();
        assert_eq!(desk.ready(1).await, 0, "the answer took it");
        desk.settle(Span::minutes(1)).await;
        assert!(desk.fake.posted().is_empty());
        desk.fake.mood(Mood::Fine);
        desk.settle(Span::minutes(1)).await;
        let posted = desk.fake.posted();
        assert_eq!(posted.len(), 1);
        let (name, alt, bytes) = &posted[0].files[0];
        assert_eq!((name.as_str(), alt.as_str(), posted[0].files.len()), ("hinge.png", "the hinge", 1));
        assert!(bytes.starts_with(b"\x89PNG") && !bytes.windows(3).any(|w| w == b"GPS"), "{bytes:?}");
    });
}

#[test]
fn what_the_platform_would_refuse_is_refused_before_and_the_words_stay() {
    at_desk(|desk| async move {
        let why = |found: Result<String, CaseworkError>| found.unwrap_err().to_string();
        assert!(why(desk.enclose(1, named("a.svg", "", b"<svg>".to_vec())).await).contains("no JPEG, PNG"));
        let large = [picture(1), vec![0; 4]].concat();
        assert!(
            desk.enclose(1, named("tail.png", "", large)).await.is_ok(),
            "what hangs behind the end goes"
        );
        let pdf = desk.enclose(1, named("a.pdf", "", b"%PDF-1.7".to_vec())).await.unwrap();
        let refused = desk.with_files(TEXT, Files::Draft).await.unwrap_err().to_string();
        assert!(refused.contains("'a.pdf': Mastodon takes no PDF, only JPG, PNG, WEBP, GIF"), "{refused}");
        assert!(desk.actions().await.is_empty());
        let foreign = Files::These(vec!["anf_1".into()]);
        assert!(desk.with_files(TEXT, foreign).await.unwrap_err().to_string().contains("upload it first"));
        let case = desk.house.case(1).await;
        let actor = Actor { person: person(2), lead: false };
        let at = (case.brand_id.as_str(), case.id.as_str());
        assert!(
            !desk.casework.take_file_out(at, &actor, &pdf).await.unwrap(),
            "not from a colleague's draft"
        );
        let actor = Actor { person: person(1), lead: false };
        assert!(desk.casework.take_file_out(at, &actor, &pdf).await.unwrap());
        let data = desk.enclose(1, named("b.png", "call jan@example.org", picture(2))).await.unwrap();
        let refused = desk.with_files(TEXT, Files::Draft).await.unwrap_err().to_string();
        assert!(refused.contains("holds personal data"), "{refused}");
        desk.casework.describe_file(at, &actor, (&data, "a hinge")).await.unwrap();
        desk.with_files(TEXT, Files::Draft).await.unwrap();
        desk.settle(Span::minutes(1)).await;
        assert_eq!(desk.fake.posted()[0].files.len(), 2);
    });
}

#[test]
fn an_answer_called_back_gives_its_files_back() {
    at_desk(|desk| async move {
        let first = desk.enclose(1, named("a.png", "", picture(1))).await.unwrap();
        desk.enclose(1, named("b.png", "", picture(2))).await.unwrap();
        desk.with_files(TEXT, Files::These(vec![first])).await.unwrap();
        assert_eq!(desk.ready(1).await, 1, "what was not named stays");
        let action = desk.actions().await[0].id.clone();
        let case = desk.house.case(1).await;
        desk.act_as(&case, 1, false, Act::Undo { action }).await.unwrap();
        assert_eq!(desk.ready(1).await, 2);
    });
}

#[test]
fn a_second_person_passes_the_files_too_or_they_go() {
    at_desk(|desk| async move {
        let data = "Call us: jan@example.org";
        for (goes, sent) in [(false, 0), (true, 1)] {
            desk.enclose(1, named("a.png", "", picture(1))).await.unwrap();
            let answer = Answer { text: data.into(), files: Files::Draft, ..Answer::default() };
            let case = desk.house.case(1).await;
            let ask = Act::AskPass { answer, reason: "they asked".into() };
            desk.act_as(&case, 1, false, ask).await.unwrap();
            assert_eq!((desk.ready(1).await, desk.bytes_kept().await), (0, 1));
            let passes: Vec<(String,)> =
                desk.house.all("SELECT id FROM guard_pass WHERE state = 'asked'").await;
            let pass = Act::Pass { pass: passes[0].0.clone(), goes, reason: String::new() };
            let case = desk.house.case(1).await;
            desk.act_as(&case, 2, false, pass).await.unwrap();
            assert_eq!(desk.bytes_kept().await, sent);
        }
        desk.settle(Span::minutes(1)).await;
        assert_eq!(desk.fake.posted()[0].files.len(), 1);
    });
}

#[test]
fn files_go_with_their_words_and_an_answer_never_leaves_with_less() {
    at_desk(|desk| async move {
        desk.enclose(1, named("a.png", "", picture(1))).await.unwrap();
        desk.with_files(TEXT, Files::Draft).await.unwrap();
        desk.house.execute("DELETE FROM content WHERE kind = 'answer_file'").await;
        desk.settle(Span::minutes(1)).await;
        let action = desk.actions().await.remove(0);
        assert_eq!(action.state, "refused", "{}", action.detail);
        assert!(action.detail.contains("no longer stored") && desk.fake.posted().is_empty());
        desk.tidy().await;
        assert_eq!(
            (desk.bytes_kept().await, desk.house.count("SELECT COUNT(*) FROM answer_file").await),
            (0, 0)
        );
    });
}

#[test]
fn an_answer_whose_files_are_gone_with_their_rows_is_not_sent() {
    at_desk(|desk| async move {
        desk.enclose(1, named("a.png", "", picture(1))).await.unwrap();
        desk.enclose(1, named("b.png", "", picture(2))).await.unwrap();
        desk.with_files(TEXT, Files::Draft).await.unwrap();
        desk.house
            .execute("DELETE FROM content WHERE id IN (SELECT id FROM answer_file WHERE place = 1)")
            .await;
        desk.tidy().await;
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM answer_file").await, 1, "one is whole");
        desk.settle(Span::minutes(1)).await;
        let action = desk.actions().await.remove(0);
        assert_eq!(action.state, "refused", "{}", action.detail);
        assert!(action.detail.contains("no longer stored") && desk.fake.posted().is_empty());
    });
}

#[test]
fn an_erasure_takes_our_files_to_somebody_with_their_bytes() {
    at_desk(|desk| async move {
        desk.enclose(1, named("a.png", "", picture(1))).await.unwrap();
        desk.with_files(TEXT, Files::Draft).await.unwrap();
        desk.enclose(2, named("b.png", "", picture(2))).await.unwrap();
        assert_eq!(desk.bytes_kept().await, 2);
        // What a program was told of a file names no case.
        let told = "INSERT INTO api_once (token_id, key, request, attempt, status, body, at, until_ms)
             SELECT 'tok', id, 'hash', 'one', 200, '{\"id\":\"' || id || '\"}', 0, 0 FROM answer_file";
        desk.house.execute(told).await;
        crate::privacy::privacy(&desk.house).erase("Acme#1", false, &By::Command).await.unwrap();
        let rows = desk.house.count("SELECT COUNT(*) FROM answer_file").await;
        assert_eq!((desk.bytes_kept().await, rows), (0, 0), "at once, before the files are swept");
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM api_once").await, 0);
    });
}

#[test]
fn what_was_about_to_be_said_to_somebody_who_took_the_post_back_goes_with_its_files() {
    at_desk(|desk| async move {
        desk.enclose(1, named("a.png", "", picture(1))).await.unwrap();
        desk.with_files(TEXT, Files::Draft).await.unwrap();
        let gone = serde_json::json!({"platform": "mastodon", "external_id": "m1", "deleted": true});
        desk.house.take(&[gone]).await;
        desk.tidy().await;
        assert_eq!(desk.bytes_kept().await, 0);
        desk.settle(Span::minutes(1)).await;
        assert!(desk.fake.posted().is_empty());
    });
}
