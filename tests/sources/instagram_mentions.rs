//! What an account on Instagram is told by ids alone, twice, or of itself: mentions elsewhere that are looked up, comments
//! below boosted posts and albums, and its own comments.

use crate::eventually;
use crate::facebook_site::{Fault, refusal};
use crate::instagram::{NOON, ids, look, outgoing, source_of, start, told};
use crate::instagram_site::{ACCOUNT, MIA, NAME};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;
use webcared::domain::delivery::Outcome;
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::reply::PostRef;
use webcared::sources::{Batch, Closed, Reach, Sink, Source, Standing};

/// Keeps what is handed over.
#[derive(Default)]
struct Kept(Mutex<Vec<Value>>);

#[async_trait]
impl Sink for Kept {
    async fn commit(&self, batch: Batch) -> Result<(), Closed> {
        let found = batch.items.iter().map(|i| serde_json::from_slice::<Value>(&i.body).unwrap());
        self.0.lock().unwrap().extend(found);
        Ok(())
    }

    fn connected(&self, _server: &str) {}

    fn missed(&self, _from: Timestamp, _until: Timestamp) {}
}

/// What is looked up at once of what was delivered before, until so many are found.
async fn looked_up(source: &dyn Source, count: usize) -> Vec<Value> {
    let (kept, token) = (Kept::default(), CancellationToken::new());
    let live = source.live().unwrap();
    let channel = live.channels().remove(0);
    let enough = async {
        eventually("what is looked up", async || kept.0.lock().unwrap().len() >= count).await;
        token.cancel();
    };
    let (trouble, ()) = tokio::join!(live.listen(&channel, &kept, &token), enough);
    assert_eq!(trouble, None);
    kept.0.into_inner().unwrap()
}

#[tokio::test]
async fn what_names_us_elsewhere_is_looked_up_at_once_and_again() {
    let (fake, _clock, source) = start().await;
    fake.ledger().named.insert("201".into(), ("jan.j".into(), format!("@{NAME} my parcel is lost")));
    fake.ledger().named.insert("81".into(), ("jan.j".into(), format!("thanks @{NAME}")));
    let mut notices = told(&*source, "mentions", &json!({"media_id": "80", "comment_id": "201"}));
    notices.extend(told(&*source, "mentions", &json!({"media_id": "81"})));
    assert_eq!(ids(&notices), ["mention/80/201", "mention/81/"]);
    assert!(notices.iter().all(|n| n["own"] == true), "a notice is no mention");
    let found = looked_up(&*source, 2).await;
    assert_eq!(ids(&found), ["201", "media/81"]);
    let first = &found[0];
    assert_eq!((&first["author"]["id"], &first["addressed"]), (&json!("@jan.j"), &json!(true)));
    assert_eq!((&first["local_id"], &first["own"]), (&json!("mention/80/201"), &json!(false)));
    assert!(first["url"].as_str().unwrap().ends_with("/80/"));
    // Known already it is not asked for again; a process that does not know of it does so by its notice.
    let notice = [PostRef { external_id: "mention/80/201".into(), ..PostRef::default() }];
    let of = async |source: &dyn Source| source.recheck().unwrap().standing(&notice).await.unwrap().remove(0);
    assert_eq!(of(&*source).await, Standing::Unknown);
    let (_, clock, _) = start().await;
    let fresh = source_of(&fake, |_| (), &clock);
    let Standing::Stands(post) = of(&*fresh).await else { panic!("not looked up") };
    assert_eq!((post.external_id.as_str(), post.edited_at.is_some()), ("201", true));
    // What cannot be seen holds up nothing that can.
    told(&*source, "mentions", &json!({"media_id": "82", "comment_id": "299"}));
    fake.ledger().named.insert("202".into(), ("ann".into(), "hi".into()));
    told(&*source, "mentions", &json!({"media_id": "80", "comment_id": "202"}));
    assert_eq!(ids(&looked_up(&*source, 1).await), ["202"]);
    // They are answered by a way of their own.
    let mut going = outgoing("201", "We look into it ^Jan");
    going.to.local_id = Some("mention/80/201".into());
    assert!(matches!(source.reply().unwrap().send(&going).await, Outcome::Done { .. }));
    let body = json!({"media_id": "80", "comment_id": "201", "message": "We look into it ^Jan"});
    assert_eq!(fake.ledger().answered, [body]);
    going.to.url = Some("https://www.instagram.com/p/80/".into());
    fake.ledger().faults.push_back(Fault::Instead(refusal(400, 10, 0)));
    assert!(matches!(source.reply().unwrap().send(&going).await, Outcome::ByHand { .. }));
    assert!(matches!(source.private().unwrap().reachable(&going.to).await, Reach::TheyWrite { .. }));
}

#[tokio::test]
async fn own_comments_come_back_and_boosted_ones_come_once() {
    let (fake, _clock, source) = start().await;
    let own = json!({"id": "102", "text": "sorry", "parent_id": "101",
        "from": {"id": "999", "username": "Acme.Shop"}, "media": {"id": "90"}});
    let found = told(&*source, "comments", &own).remove(0);
    assert_eq!((&found["own"], &found["author"]["id"]), (&json!(true), &json!(ACCOUNT)));
    let organic =
        json!({"id": "103", "text": "help", "from": {"id": MIA, "username": "mia"}, "media": {"id": "90"}});
    let boosted = json!({"id": "104", "text": "help", "from": {"id": MIA, "username": "mia"},
        "media": {"id": "95", "ad_id": "7", "ad_title": "x", "original_media_id": "90"}});
    assert_eq!(ids(&told(&*source, "comments", &organic)), ["103"]);
    assert!(told(&*source, "comments", &boosted).is_empty(), "told before below the post itself");
    assert_eq!(ids(&told(&*source, "comments", &organic)), ["103"], "told again it is the same");
    // A picture of an album is known by its album, once the account was looked at.
    let album = fake.ledger().media("Our new phones", NOON.minus(Span::hours(1)));
    fake.ledger().pictures.insert(album.clone(), vec!["91".into()]);
    look(&*source, "comments", &mut None).await;
    let below = json!({"id": "105", "text": "nice", "from": {"id": MIA}, "media": {"id": "91"}});
    let found = told(&*source, "comments", &below).remove(0);
    assert_eq!(found["in_reply_to"], format!("media/{album}"));
    assert!(found["url"].as_str().unwrap().contains(&album));
    // Who names us below our own post is told of as a comment.
    assert!(told(&*source, "mentions", &json!({"media_id": album, "comment_id": "105"})).is_empty());
}
