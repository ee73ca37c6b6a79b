//! Accounts that are away: nothing is said to them until they are back. And posts that only show what a talk is about, once
//! their authors change them or take them back.

use super::*;
use webcared::store::held;

impl Desk {
    /// The platform says how jan's account is away, or that it is there, at an instant.
    async fn told(&self, away: Option<&'static str>, at: Timestamp) {
        let word = [("jan".to_owned(), away, at.millis())];
        let noted =
            self.house.write(move |tx| Box::pin(async move { held::note_away(tx, "mastodon", &word).await }));
        noted.await.unwrap();
    }

    async fn away(&self) -> Option<(String, i64)> {
        let author = self.house.case(1).await.author_id;
        self.house.write(move |tx| Box::pin(async move { held::away(tx, &author).await })).await.unwrap()
    }
}

#[test]
fn nothing_is_said_to_an_account_that_is_away() {
    at_desk(|desk| async move {
        let at = START.plus(Span::minutes(10));
        desk.told(Some("deactivated"), at).await;
        let Err(CaseworkError::Refused(why)) = desk.answer("We look for it").await else { panic!("refused") };
        assert_eq!(
            why,
            format!(
                "their account is deactivated by its owner since {}; nothing reaches them until it is back",
                at.rfc3339()
            )
        );
        // Words come in any order and more than once: the latest counts, and since when it is so stays.
        desk.told(None, START.plus(Span::minutes(5))).await;
        desk.told(Some("deactivated"), START.plus(Span::minutes(12))).await;
        assert_eq!(desk.away().await, Some(("deactivated".to_owned(), at.millis())));
        desk.told(None, START.plus(Span::minutes(20))).await;
        desk.told(Some("deactivated"), at).await;
        assert_eq!(desk.away().await, None);
        desk.answer("We look for it").await.unwrap();
    });
}

#[test]
fn what_only_shows_what_a_talk_is_about_changes_and_goes_with_its_author() {
    at_desk(|desk| async move {
        let mut parent = post("p1", "mia", "t5", 0, "My summer trip, part one");
        parent["context"] = true.into();
        let mut reply = post("m5", "jan", "t5", 1, "@acme is that your plane? where is my bag");
        reply["in_reply_to"] = "p1".into();
        desk.house.take(&[parent, reply]).await;
        // Where its author's account is said to be deleted, it is looked at again like what they wrote to us.
        let later = START.plus(Span::days(2));
        let looked = desk.house.write(move |tx| {
            Box::pin(
                async move { held::look_again_at(tx, "test", "mastodon", &["mia".to_owned()], later).await },
            )
        });
        looked.await.unwrap();
        let due = "SELECT COUNT(*) FROM recheck r JOIN thread_post t ON t.id = r.post_id
            WHERE r.next_at > r.posted_at + 86400000";
        assert_eq!(desk.house.count(due).await, 1);
        let mut edited = post("p1", "mia", "t5", 0, "My winter trip, part one");
        edited["edited_at"] = START.plus(Span::minutes(3)).rfc3339().into();
        let tally = desk.house.take(std::slice::from_ref(&edited)).await;
        assert_eq!((tally.mention, tally.filtered), (0, 1));
        let words = "SELECT body FROM content WHERE kind = 'thread_post'";
        let kept: Vec<(String,)> = desk.house.all(words).await;
        assert!(kept.len() == 1 && kept[0].0.contains("winter"), "{kept:?}");
        let gone = json!({ "platform": "mastodon", "external_id": "p1", "deleted": true });
        assert_eq!(desk.house.take(std::slice::from_ref(&gone)).await.filtered, 1);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM thread_post").await, 0);
        assert!(desk.house.all::<(String,)>(words).await.is_empty());
        // Neither an edit nor a repeat brings it back.
        desk.house.take(&[edited, gone]).await;
        assert!(desk.house.all::<(String,)>(words).await.is_empty());
        assert_eq!(desk.house.case(2).await.open, 1, "what was about it stays");
    });
}

#[test]
fn what_stood_around_a_talk_and_names_a_brand_since_goes_whole() {
    at_desk(|desk| async move {
        let mut around = post("p2", "mia", "t6", 0, "My secretword trip");
        around["context"] = true.into();
        assert_eq!(desk.house.take(&[around]).await.mention, 0);
        let mut edited = post("p2", "mia", "t6", 0, "@acme my secretword trip, where is my bag?");
        edited["edited_at"] = START.plus(Span::minutes(3)).rfc3339().into();
        assert_eq!(desk.house.take(&[edited]).await.mention, 1);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM thread_post").await, 0, "it stands once");
        let gone = json!({ "platform": "mastodon", "external_id": "p2", "deleted": true });
        assert_eq!(desk.house.take(&[gone]).await.mention, 1);
        let kept = "SELECT COUNT(*) FROM content WHERE body LIKE '%secretword%'";
        assert_eq!(desk.house.count(kept).await, 0);
    });
}
