//! Files of posts: noted by intake, fetched beside it from a server with a ledger of its own, kept without what tells
//! the place, and gone with their post.

use crate::harness::{House, START, on_each, post};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::stream;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use url::Url;
use webcared::attaching::{Attaching, AttachmentsConfig};
use webcared::domain::file::FileNote;
use webcared::domain::time::{Span, Timestamp};
use webcared::http_client::files::FileClient;
use webcared::http_client::{HttpClient, Outbound};
use webcared::sources::{Media, Source};
use webcared::store::attachment;

/// The smallest GIF, with a comment that must go.
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xfe\x06GPS 52\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A source of the tests' own, whose address is on this machine.
struct Place {
    base: Url,
}

#[async_trait::async_trait]
impl Media for Place {
    fn base(&self) -> Option<&Url> {
        Some(&self.base)
    }

    async fn elsewhere(&self, file: &FileNote) -> Option<Url> {
        let other = file.url.strip_suffix("?moved")?;
        Url::parse(&other.replace("/gone.gif", "/good.gif")).ok()
    }
}

impl Source for Place {
    fn name(&self) -> &str {
        "test"
    }

    fn kind(&self) -> &'static str {
        "test"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        None
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }
}

type Ledger = Arc<Mutex<Vec<String>>>;

/// A server that does what the path asks for, and writes down what it was asked.
async fn serve(ledger: Ledger) -> Url {
    let app = axum::Router::new().fallback(answer).with_state(ledger);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    base
}

async fn answer(State(ledger): State<Ledger>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    ledger.lock().unwrap().push(path.clone());
    let tries = ledger.lock().unwrap().iter().filter(|p| **p == path).count();
    let built = |status: u16| Response::builder().status(StatusCode::from_u16(status).unwrap());
    let to = |location: &str| built(302).header("location", location).body(Body::empty()).unwrap();
    let good = || built(200).header("content-type", "image/gif").body(Body::from(GIF)).unwrap();
    match path.as_str() {
        "/good.gif" | "/again.gif" => good(),
        "/lies.gif" => {
            built(200).header("content-type", "image/gif").body(Body::from("<svg onload='x'/>")).unwrap()
        }
        "/gone.gif" => built(410).body(Body::empty()).unwrap(),
        "/slow-down.gif" if tries == 1 => {
            built(429).header("retry-after", "600").body(Body::empty()).unwrap()
        }
        "/slow-down.gif" => good(),
        "/a-moment.gif" => built(429).header("retry-after", "1").body(Body::empty()).unwrap(),
        "/not-yet.gif" if tries == 1 => built(404).body(Body::empty()).unwrap(),
        "/not-yet.gif" => good(),
        "/secret.gif" => built(403).body(Body::empty()).unwrap(),
        "/broken.gif" => built(503).body(Body::empty()).unwrap(),
        "/endless.gif" => {
            // No length is told; it would never end.
            let piece = Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 64 * 1024]));
            built(200)
                .body(Body::from_stream(stream::repeat_with(move || {
                    Ok::<_, std::io::Error>(piece.as_ref().unwrap().clone())
                })))
                .unwrap()
        }
        "/inside.gif" => to("https://169.254.169.254/latest/meta-data"),
        "/plain.gif" => to("http://10.0.0.1/x.gif"),
        "/round.gif" => to("/round.gif"),
        "/moved.gif" => to("/good.gif"),
        "/hangs.gif" => std::future::pending().await,
        _ => built(404).body(Body::empty()).unwrap(),
    }
}

struct World {
    house: House,
    ledger: Ledger,
    base: Url,
}

impl World {
    async fn new(house: House) -> Self {
        let ledger = Ledger::default();
        let base = serve(ledger.clone()).await;
        Self { house, ledger, base }
    }

    /// A process of its own; nothing is kept in memory.
    fn worker(&self, fetch: bool) -> Attaching {
        let http = HttpClient::new(&Outbound::default(), self.house.clock.clone()).unwrap();
        Attaching {
            db: self.house.db.clone(),
            clock: self.house.clock.clone(),
            files: FileClient::new(&http).unwrap(),
            sources: vec![Arc::new(Place { base: self.base.clone() })],
            config: AttachmentsConfig { fetch, bytes_max: 200_000, timeout_seconds: 1 },
        }
    }

    async fn work(&self) {
        let worker = self.worker(true);
        while worker.run_once().await.unwrap() > 0 {}
    }

    fn with(&self, id: &str, files: &[&str]) -> Value {
        let mut post = post(id, "sanne", id, 0, "@acme it came broken");
        let files = files
            .iter()
            .map(|f| json!({"url": self.base.join(f).unwrap(), "type": "image/gif", "alt": "the hinge"}));
        post["attachments"] = files.collect();
        post
    }

    /// State and reason of each file, in the order of its place.
    async fn states(&self) -> Vec<(String, String)> {
        self.house.all("SELECT state, why FROM attachment ORDER BY mention_id, place").await
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.ledger.lock().unwrap())
    }
}

fn state(state: &str, why: &str) -> (String, String) {
    (state.to_owned(), why.to_owned())
}

#[test]
fn each_file_ends_as_kept_refused_with_a_reason_or_gone() {
    on_each(|house| async move {
        let world = World::new(house).await;
        let paths = [
            ("good.gif", state("kept", "")),
            ("lies.gif", state("refused", "kind")),
            ("gone.gif", state("gone", "")),
            ("secret.gif", state("refused", "denied")),
            ("endless.gif", state("refused", "too_large")),
            ("inside.gif", state("refused", "private")),
            ("plain.gif", state("refused", "address")),
            ("round.gif", state("refused", "redirects")),
            ("moved.gif", state("kept", "")),
        ];
        let files: Vec<&str> = paths.iter().map(|p| p.0).collect();
        world.house.take(&[world.with("m1", &files)]).await;
        assert!(world.asked().is_empty(), "intake calls nobody");
        world.work().await;
        let expected: Vec<_> = paths.iter().map(|p| p.1.clone()).collect();
        assert_eq!(world.states().await, expected);
        let asked = world.asked();
        assert!(asked.iter().filter(|p| *p == "/round.gif").count() <= 5, "{asked:?}");
        world.work().await;
        assert!(world.asked().is_empty(), "what has ended is not fetched again");
        // The same bytes stand here once, and without the comment that told the place.
        assert_eq!(world.house.count("SELECT COUNT(*) FROM attachment_chunk").await, 1);
        let kept: Vec<(String,)> =
            world.house.all("SELECT digest FROM attachment WHERE digest IS NOT NULL").await;
        assert_eq!(kept.len(), 2);
        let digest = kept[0].0.clone();
        let bytes =
            world.house.write(move |tx| Box::pin(async move { attachment::bytes(tx, &digest).await })).await;
        let bytes = bytes.unwrap();
        assert!(bytes.starts_with(b"GIF89a") && !bytes.windows(3).any(|w| w == b"GPS"));
    });
}

#[test]
fn what_may_come_later_is_tried_again_when_asked_to_and_given_up_in_the_end() {
    on_each(|house| async move {
        let world = World::new(house).await;
        world
            .house
            .take(&[world.with("m1", &["slow-down.gif", "not-yet.gif", "broken.gif", "hangs.gif"])])
            .await;
        world.work().await;
        let waiting = state("waiting", "");
        assert_eq!(world.states().await, vec![waiting.clone(); 4]);
        world.house.clock.advance(Span::seconds(31));
        world.work().await;
        let times = |path: &str| world.ledger.lock().unwrap().iter().filter(|p| *p == path).count();
        assert_eq!(times("/slow-down.gif"), 1, "it asked to be left alone for ten minutes");
        let states = world.states().await;
        assert_eq!((&states[0], &states[1]), (&waiting, &state("kept", "")));
        for _ in 0..12 {
            world.house.clock.advance(Span::hours(12));
            world.work().await;
        }
        let gave_up = state("refused", "unreachable");
        assert_eq!(world.states().await, [state("kept", ""), state("kept", ""), gave_up.clone(), gave_up]);
        assert_eq!(
            (times("/broken.gif"), times("/slow-down.gif")),
            (8, 2),
            "after eight tries in all it ends"
        );
    });
}

#[test]
fn a_server_that_asks_for_a_moment_does_not_use_all_tries_up() {
    on_each(|house| async move {
        let world = World::new(house).await;
        world.house.take(&[world.with("m1", &["a-moment.gif"])]).await;
        for _ in 0..20 {
            world.work().await;
            world.house.clock.advance(Span::seconds(2));
        }
        assert_eq!(world.states().await, [state("waiting", "")]);
        assert_eq!(world.asked().len(), 2, "our own wait holds: at once, and half a minute later");
    });
}

#[test]
fn a_file_that_a_process_left_is_found_by_the_next() {
    on_each(|house| async move {
        let world = World::new(house).await;
        world.house.take(&[world.with("m1", &["good.gif"])]).await;
        // Taken up, and then the process was gone.
        let now = world.house.clock_now();
        let taken = world
            .house
            .write(move |tx| {
                Box::pin(async move { attachment::take_due(tx, now, Span::minutes(2), 3).await })
            })
            .await;
        assert_eq!(taken.unwrap().len(), 1);
        world.work().await;
        assert!(world.asked().is_empty(), "another process may still be at it");
        world.house.clock.advance(Span::minutes(2));
        world.work().await;
        assert_eq!(world.states().await, [state("kept", "")]);
    });
}

#[test]
fn files_go_with_their_post_and_bytes_with_the_last_file() {
    on_each(|house| async move {
        let world = World::new(house).await;
        world
            .house
            .take(&[world.with("m1", &["good.gif", "hangs.gif"]), world.with("m2", &["again.gif"])])
            .await;
        world.work().await;
        let count = async |sql| world.house.count(sql).await;
        assert_eq!(count("SELECT COUNT(*) FROM attachment_chunk").await, 1);
        let gone = |id: &str| json!({"platform": "mastodon", "external_id": id, "deleted": true});
        world.house.take(&[gone("m1")]).await;
        assert_eq!(count("SELECT COUNT(*) FROM attachment").await, 1);
        assert_eq!(
            count("SELECT COUNT(*) FROM attachment_chunk").await,
            1,
            "the other post shows the same picture"
        );
        assert_eq!(
            count("SELECT COUNT(*) FROM content WHERE kind = 'file'").await,
            1,
            "nor what was said of them"
        );
        world.asked();
        world.house.clock.advance(Span::days(1));
        world.work().await;
        assert!(world.asked().is_empty(), "a file of a deleted post is not fetched");
        world.house.take(&[gone("m2")]).await;
        for table in [
            "SELECT COUNT(*) FROM attachment",
            "SELECT COUNT(*) FROM attachment_chunk",
            "SELECT COUNT(*) FROM attachment_loose",
        ] {
            assert_eq!(count(table).await, 0, "{table}");
        }
        assert_eq!(count("SELECT COUNT(*) FROM content WHERE kind = 'file'").await, 0);
        // It came too late for a post that went while it was on its way.
        let file = attachment::Keeping {
            media: webcared::domain::file::Media::Gif,
            size: None,
            bytes: GIF.to_vec(),
        };
        let late = world
            .house
            .write(move |tx| Box::pin(async move { attachment::keep(tx, "men_x.y", &file, START).await }));
        assert!(!late.await.unwrap());
        assert_eq!(count("SELECT COUNT(*) FROM attachment_chunk").await, 0);
    });
}

#[test]
fn files_follow_an_edit_and_their_words_whoever_takes_those_away() {
    on_each(|house| async move {
        let world = World::new(house).await;
        world.house.take(&[world.with("m1", &["good.gif", "secret.gif"])]).await;
        world.work().await;
        assert_eq!(world.house.take(&[world.with("m1", &["good.gif", "secret.gif"])]).await.duplicate, 1);
        let mut edited = world.with("m1", &["good.gif", "not-yet.gif", "good.gif"]);
        edited["edited_at"] = START.plus(Span::minutes(5)).rfc3339().into();
        // Another post and its own edit in the same batch.
        let (other, mut later) = (world.with("m2", &["lies.gif"]), world.with("m2", &["lies.gif"]));
        later["text"] = "@acme it came broken, again".into();
        later["edited_at"] = START.plus(Span::minutes(6)).rfc3339().into();
        world.house.take(&[edited, other, later]).await;
        assert_eq!(world.states().await.pop(), Some(state("waiting", "")));
        world.house.take(&[json!({"platform": "mastodon", "external_id": "m2", "deleted": true})]).await;
        assert_eq!(
            world.states().await,
            [state("kept", ""), state("waiting", "")],
            "the other is in it no more"
        );
        assert_eq!(world.house.count("SELECT COUNT(*) FROM content WHERE kind = 'file'").await, 2);
        world
            .house
            .write(|tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM content WHERE kind = 'mention'";
                    match tx {
                        webcared::store::Tx::Sqlite(t) => {
                            sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap()
                        }
                        webcared::store::Tx::Postgres(t) => {
                            sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap()
                        }
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        assert_eq!(world.worker(true).tidy().await.unwrap(), 2);
        assert_eq!(world.worker(true).tidy().await.unwrap(), 0);
        for sql in ["SELECT COUNT(*) FROM attachment", "SELECT COUNT(*) FROM attachment_chunk"] {
            assert_eq!(world.house.count(sql).await, 0);
        }
    });
}

#[test]
fn what_is_no_mention_has_no_files_and_what_is_old_or_switched_off_is_only_named() {
    on_each(|house| async move {
        let world = World::new(house).await;
        let mut stranger = world.with("m1", &["good.gif"]);
        stranger["text"] = "nothing about anybody".into();
        let mut own = world.with("m2", &["good.gif"]);
        own["author"]["id"] = "acme-own".into();
        let mut quarantined = world.with("m3", &["good.gif"]);
        quarantined["created_at"] = "soon".into();
        let tally = world.house.take(&[stranger, own, quarantined]).await;
        assert_eq!((tally.filtered, tally.own_echo, tally.quarantined), (1, 1, 1));
        assert_eq!(world.house.count("SELECT COUNT(*) FROM attachment").await, 0);
        let mut old = world.with("m4", &["good.gif"]);
        old["sample"] = true.into();
        world.house.take(&[old]).await;
        assert_eq!(world.states().await, [state("refused", "old")]);
        world.house.take(&[world.with("m5", &["good.gif"])]).await;
        let off = world.worker(false);
        while off.run_once().await.unwrap() > 0 {}
        assert_eq!(world.states().await[1], state("refused", "off"));
        assert!(world.asked().is_empty());
        // Switched on, what was only named is fetched after all.
        let on = world.worker(true);
        assert_eq!((off.wake().await.unwrap(), on.wake().await.unwrap()), (0, 1));
        world.work().await;
        assert_eq!(world.states().await, [state("refused", "old"), state("kept", "")]);
    });
}

#[test]
fn what_is_not_given_where_it_was_found_is_looked_for_elsewhere_once() {
    on_each(|house| async move {
        let world = World::new(house).await;
        let files = ["gone.gif?moved", "secret.gif?moved", "gone.gif"];
        world.house.take(&[world.with("1", &files)]).await;
        world.work().await;
        let states = world.states().await;
        let of = |wanted: &str| states.iter().filter(|(s, _)| s == wanted).count();
        assert_eq!((of("kept"), of("gone")), (1, 1), "{states:?}");
        let asked = world.asked();
        assert_eq!(asked.iter().filter(|a| *a == "/good.gif").count(), 1, "{asked:?}");
    });
}
