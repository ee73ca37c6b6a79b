//! What must hold of every account that takes files along, written once: whatever goes wrong with an upload, nothing is
//! posted without its file, and what was uploaded is not uploaded again.

use super::answers::{Fixtures, TEXT, bluesky, discourse, empty, mastodon, ok, telegram};
use crate::site::{Asked, FakeSite, Reply};
use crate::{Shelf, configured, http, outside};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use webcared::clock::{Clock, ManualClock, SystemClock};
use webcared::domain::delivery::Outcome;
use webcared::domain::file::Media;
use webcared::domain::time::Span;
use webcared::sources::reply::{GoingFile, Outgoing};
use webcared::sources::{Outside, Source, build};

/// By what the bytes are known in a ledger.
const BYTES: &str = "the-bytes-of-the-hinge";

/// How a platform takes a file.
#[derive(Clone, Copy)]
struct Uploads {
    answers: fn() -> Fixtures,
    is_upload: fn(&Asked) -> bool,
    /// What the platform says of one.
    taken: fn() -> Value,
    /// Whether a post names it, with its description.
    names: fn(&str) -> bool,
}

struct Bench {
    site: FakeSite,
    clock: Arc<ManualClock>,
    config: Value,
    going: Outgoing,
    upload: Arc<Mutex<Option<Reply>>>,
    post: Arc<Mutex<Option<Reply>>>,
    uploads: Uploads,
}

fn hinge() -> GoingFile {
    GoingFile {
        id: "anf_1".into(),
        name: "hinge.png".into(),
        alt: "a new hinge".into(),
        media: Media::Png,
        size: Some((30, 20)),
        bytes: BYTES.into(),
    }
}

impl Bench {
    async fn start(uploads: Uploads) -> Self {
        let (site, fixtures) = (FakeSite::start().await, (uploads.answers)());
        let clock = ManualClock::at(SystemClock::default().now());
        let config = (fixtures.config)(&site.url);
        let mut going = empty(fixtures);
        (going.made_at, going.files) = (clock.now(), vec![hinge()]);
        let (upload, post) = (Arc::new(Mutex::new(None::<Reply>)), Arc::new(Mutex::new(None::<Reply>)));
        let mut bench =
            Self { site, clock, config, going, upload: upload.clone(), post: post.clone(), uploads };
        bench.going.key = bench.source().reply().unwrap().new_key(bench.going.made_at, 7);
        let success = (fixtures.success)(&bench.going).to_string();
        bench.site.decide(move |asked| {
            if (uploads.is_upload)(asked) {
                let mood = upload.lock().unwrap().clone();
                return Some(mood.unwrap_or_else(|| ok(&(uploads.taken)())));
            }
            if (fixtures.is_post)(asked) {
                return Some(post.lock().unwrap().clone().unwrap_or_else(|| Reply::ok(success.clone())));
            }
            (fixtures.around)(asked)
        });
        bench
    }

    /// A process that knows of no other.
    fn source(&self) -> Arc<dyn Source> {
        let (clock, vault) = (self.clock.clone(), Arc::new(Shelf::default()));
        let outside = Outside { http: http(3), clock, vault, ..outside() };
        build(&configured(self.config.clone()), &outside).unwrap().remove(0)
    }

    async fn send(&self, source: &Arc<dyn Source>) -> Outcome {
        source.reply().unwrap().send(&self.going).await
    }

    /// Bodies of uploads and of posts since this was last asked.
    fn ledger(&self) -> (Vec<String>, Vec<String>) {
        let is_post = (self.uploads.answers)().is_post;
        let asked = self.site.asked();
        let of = |is: fn(&Asked) -> bool| asked.iter().filter(|a| is(a)).map(|a| a.body.clone()).collect();
        (of(self.uploads.is_upload), of(is_post))
    }

    fn upload_is(&self, reply: Option<Reply>) {
        *self.upload.lock().unwrap() = reply;
    }

    fn post_is(&self, reply: Option<Reply>) {
        *self.post.lock().unwrap() = reply;
    }
}

async fn check(uploads: Uploads) {
    let b = Bench::start(uploads).await;
    let kind = (uploads.answers)().kind;
    for code in [400, 413, 422] {
        b.upload_is(Some(Reply::status(code)));
        let outcome = b.send(&b.source()).await;
        let Outcome::Refused { reason } = &outcome else { panic!("{kind}, {code}: {outcome:?}") };
        assert!(reason.contains("one of its files (PNG"), "{kind}, {code}: {reason}");
        assert!(!reason.contains("hinge"), "a name may be personal: {reason}");
    }
    b.upload_is(Some(Reply::status(429).with("retry-after", "90")));
    let outcome = b.send(&b.source()).await;
    let Outcome::Retry { after: Some(wait), .. } = &outcome else { panic!("{kind}, 429: {outcome:?}") };
    assert!((Span::seconds(80)..=Span::seconds(95)).contains(wait), "{kind}: {wait}");
    let taken = (uploads.taken)().to_string();
    for (what, reply) in [
        ("500", Reply::status(500)),
        ("cut off", Reply { cut: true, ..Reply::ok(taken.clone()) }),
        ("something else", Reply::ok("<html>maintenance</html>")),
        ("no answer", Reply { hangs: true, ..Reply::ok("") }),
    ] {
        b.upload_is(Some(reply));
        let outcome = b.send(&b.source()).await;
        assert!(
            matches!(outcome, Outcome::Retry { .. }),
            "{kind}, {what}: uploading again harms nobody: {outcome:?}"
        );
    }
    let (tried, posts) = b.ledger();
    assert_eq!(posts, Vec::<String>::new(), "{kind}: nothing is posted without its file");
    assert!(tried.len() >= 7, "{kind}: {}", tried.len());

    // Uploaded once, however often the post is tried by the same process.
    b.upload_is(None);
    let source = b.source();
    b.post_is(Some(Reply::status(429)));
    let outcome = b.send(&source).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{kind}: {outcome:?}");
    b.post_is(None);
    b.clock.advance(Span::minutes(10));
    let outcome = b.send(&source).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{kind}: {outcome:?}");
    let (uploaded, posts) = b.ledger();
    assert_eq!((uploaded.len(), posts.len()), (1, 2), "{kind}");
    assert!(uploaded[0].contains(BYTES), "{kind}: {}", uploaded[0]);
    for post in posts {
        assert!((uploads.names)(&post) && post.contains(TEXT), "{kind}: {post}");
    }
}

#[tokio::test]
async fn mastodon_posts_nothing_without_its_file() {
    check(Uploads {
        answers: mastodon,
        is_upload: |asked| asked.path == "/api/v2/media",
        taken: || json!({"id": "77", "type": "image", "url": "https://inst.example/77.png"}),
        names: |post| post.contains(r#""media_ids":["77"]"#),
    })
    .await;
}

#[tokio::test]
async fn bluesky_posts_nothing_without_its_picture() {
    check(Uploads {
        answers: bluesky,
        is_upload: |asked| asked.path.ends_with("/com.atproto.repo.uploadBlob"),
        taken: || {
            json!({"blob": {"$type": "blob", "ref": {"$link": "bafkrei77"}, "mimeType": "image/png", "size": 22}})
        },
        names: |post| {
            let body: Value = serde_json::from_str(post).unwrap();
            let image = &body["record"]["embed"]["images"][0];
            image["image"]["ref"]["$link"] == "bafkrei77"
                && image["alt"] == "a new hinge"
                && image["aspectRatio"] == json!({"width": 30, "height": 20})
        },
    })
    .await;
}

#[tokio::test]
async fn a_forum_posts_nothing_without_its_file() {
    check(Uploads {
        answers: discourse,
        is_upload: |asked| asked.path == "/uploads.json",
        taken: || json!({"id": 7, "short_url": "upload://abc.png", "original_filename": "hinge.png"}),
        names: |post| post.contains("![a new hinge|30x20](upload://abc.png)"),
    })
    .await;
}

#[tokio::test]
async fn a_server_that_works_on_a_file_is_waited_for() {
    let uploads = Uploads {
        answers: mastodon,
        is_upload: |asked| asked.path == "/api/v2/media",
        taken: || json!({"id": "77", "url": null}),
        names: |_| true,
    };
    let b = Bench::start(uploads).await;
    b.upload_is(Some(Reply { status: 202, ..ok(&json!({"id": "77", "url": null})) }));
    b.site.serve("/api/v1/media/77", Reply { status: 206, ..ok(&json!({"id": "77"})) });
    let source = b.source();
    for _ in 0..2 {
        let outcome = b.send(&source).await;
        assert!(matches!(&outcome, Outcome::Retry { why, .. } if why.contains("still works")), "{outcome:?}");
    }
    b.site.serve("/api/v1/media/77", ok(&json!({"id": "77"})));
    assert!(matches!(b.send(&source).await, Outcome::Done { .. }));
    let (uploaded, posts) = b.ledger();
    assert_eq!((uploaded.len(), posts.len()), (1, 1));
    assert!(uploaded[0].contains("a new hinge"), "described with the upload");
    // What the server could not make sense of is refused, and nothing is posted.
    b.site.serve("/api/v1/media/77", Reply { status: 422, ..ok(&json!({"error": "Error processing"})) });
    let outcome = b.send(&b.source()).await;
    assert!(
        matches!(&outcome, Outcome::Refused { reason } if reason.contains("Error processing")),
        "{outcome:?}"
    );
    assert_eq!(b.ledger().1.len(), 0);
}

#[tokio::test]
async fn a_bot_sends_words_and_files_in_one_call() {
    let fixtures = telegram();
    let site = FakeSite::start().await;
    let config = (fixtures.config)(&site.url);
    let source = build(&configured(config), &Outside { http: http(3), ..outside() }).unwrap().remove(0);
    let message = json!({"message_id": 6, "date": 1_795_608_000, "chat": {"id": 77}});
    let (one, many) =
        (json!({"ok": true, "result": message}), json!({"ok": true, "result": [message, message]}));
    site.decide(move |asked| Some(ok(if asked.path.ends_with("/sendMediaGroup") { &many } else { &one })));
    let pdf = GoingFile { media: Media::Pdf, name: "terms.pdf".into(), size: None, ..hinge() };
    for (files, method, parts) in [
        (vec![hinge()], "sendPhoto", vec!["name=\"photo\"; filename=\"hinge.png\"", "name=\"caption\""]),
        (vec![pdf.clone()], "sendDocument", vec!["name=\"document\"; filename=\"terms.pdf\""]),
        (vec![hinge(), hinge()], "sendMediaGroup", vec!["\"type\":\"photo\"", "attach://file1"]),
        (vec![hinge(), pdf], "sendMediaGroup", vec!["\"type\":\"document\"", "name=\"file0\""]),
    ] {
        let going = Outgoing { files, ..empty(fixtures) };
        let outcome = source.reply().unwrap().send(&going).await;
        assert!(matches!(&outcome, Outcome::Done { remote_id, .. } if remote_id == "77/6"), "{outcome:?}");
        let asked = site.asked();
        assert_eq!(asked.len(), 1, "{method}: words and files are one");
        assert!(asked[0].path.ends_with(method), "{}", asked[0].path);
        for part in parts.into_iter().chain([BYTES, TEXT, "name=\"chat_id\"\r\n\r\n77\r\n"]) {
            assert!(asked[0].body.contains(part), "{method}, {part}: {}", asked[0].body);
        }
    }
    site.decide(|_| Some(Reply::status(413)));
    let going = Outgoing { files: vec![hinge()], ..empty(fixtures) };
    assert!(matches!(source.reply().unwrap().send(&going).await, Outcome::Refused { .. }));
    site.decide(|_| Some(Reply::status(502)));
    assert!(matches!(source.reply().unwrap().send(&going).await, Outcome::Unknown { .. }));
}
