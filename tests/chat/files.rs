//! Files in replies to cards: they go along with the words, listed before anything is sent, once.

use crate::fake::{Fake, Told};
use crate::press::{alerted, last_answer, take_in};
use crate::world::{JAN, World};
use serde_json::{Value, json};
use webcared::casework::enclosing::HandedIn;
use webcared::casework::{Act, Actor, Answer, Files};
use webcared::chat::Chat;
use webcared::domain::audit::{Caller, Via};
use webcared::domain::ids::PersonId;
use webcared::domain::role::Role;
use webcared::domain::time::Span;
use webcared::store::rows::CaseRow;

const PDF: &[u8] = b"%PDF-1.7 the terms";
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\x7f\x7f\x7f,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

async fn on(world: World) -> (World, CaseRow, Chat, Told) {
    let mut world = world;
    world.from_chat = true;
    let (case, chat, told) = alerted(&world).await;
    world.clock.advance(Span::seconds(5));
    (world, case, chat, told)
}

/// What the bot says to a reply that holds something; nothing where it says nothing new.
async fn bring(world: &World, chat: &Chat, card: &Told, mut holds: Value, caption: &str) -> Option<Told> {
    world.clock.advance(Span::seconds(5));
    if !caption.is_empty() {
        holds["caption"] = json!(caption);
    }
    let before = world.fake.told().len();
    world.fake.reply_with(JAN, card, holds);
    take_in(chat).await;
    let mut told = world.fake.told().split_off(before);
    assert!(told.len() <= 1, "{told:?}");
    told.pop()
}

/// The files that stand in drafts: how many.
async fn drafts(world: &World) -> i64 {
    let rows: Vec<(i64,)> = world.rows("SELECT COUNT(*) FROM answer_file WHERE state = 'draft'".into()).await;
    rows[0].0
}

fn fetched(world: &World) -> Vec<String> {
    world.fake.ledger.lock().unwrap().fetched.clone()
}

/// What the account sent, once everything has had its time: the words, and what went along.
async fn posts(world: &World) -> Vec<(String, Vec<String>)> {
    for _ in 0..5 {
        world.clock.advance(Span::seconds(6));
        world.sender().run_once().await.unwrap();
    }
    let l = world.toot.0.lock().unwrap();
    l.posts.iter().map(|(_, text)| text.clone()).zip(l.files.iter().cloned()).collect()
}

fn with(names: &[&str]) -> (String, Vec<String>) {
    ("@mia See the terms".to_owned(), names.iter().map(|n| (*n).to_owned()).collect())
}

on_each_engine!(a_document_goes_along_with_its_caption_once, |world| {
    let (world, _, chat, card) = on(world).await;
    let paper = world.fake.document("terms.pdf", PDF);
    let preview = bring(&world, &chat, &card, paper, "See the terms").await.unwrap();
    println!("{}", preview.text);
    assert!(preview.text.starts_with("<b>Answer to #1 · Acme &amp; Co</b>"), "{}", preview.text);
    assert!(preview.text.contains("Goes along: terms.pdf (PDF, 18 bytes)"), "{}", preview.text);
    assert!(!preview.text.contains("description"), "nobody describes a document: {}", preview.text);
    assert!(preview.text.ends_with("See the terms"), "{}", preview.text);
    assert_eq!(Fake::buttons(&preview), ["Send", "Cancel"]);
    assert!(posts(&world).await.is_empty(), "nothing leaves by typing alone");
    world.fake.press(JAN, &preview, "Send");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    assert_eq!(posts(&world).await, [with(&["terms.pdf"])]);
    assert_eq!(drafts(&world).await, 0);
    // The next answer goes without it.
    let next = world.fake.told().len();
    world.clock.advance(Span::seconds(5));
    world.fake.reply(JAN, &card, "Hello");
    take_in(&chat).await;
    let preview = &world.fake.told()[next];
    assert!(!preview.text.contains("Goes along"), "{}", preview.text);
});

on_each_engine!(the_pictures_of_an_album_join_the_preview_of_its_words, |world| {
    let (world, _, chat, card) = on(world).await;
    let paper = world.fake.document("terms.pdf", PDF);
    let preview = bring(&world, &chat, &card, paper, "See the terms").await.unwrap();
    let picture = world.fake.picture(GIF);
    assert!(bring(&world, &chat, &card, picture, "").await.is_none(), "the preview is shown anew");
    assert_eq!(fetched(&world), ["documents/file_0", "photos/file_1"], "the largest size");
    let shown = world.fake.told().into_iter().find(|t| t.id == preview.id).unwrap();
    let along = format!("Goes along: terms.pdf (PDF, 18 bytes); file.gif (GIF, {} bytes)", GIF.len());
    assert!(shown.text.contains(&along), "{}", shown.text);
    assert!(shown.text.contains("A picture has no description."), "{}", shown.text);
    assert_eq!(Fake::buttons(&shown), ["Send", "Cancel"]);
    // One more than the account takes is refused, and the preview stands as it was.
    let third = world.fake.document("more.pdf", b"%PDF-1.7 more");
    let told = bring(&world, &chat, &card, third, "").await.unwrap();
    assert_eq!(told.text, "#1: not sent: 3 files; Mastodon takes 2.");
    world.fake.press(JAN, &shown, "Send");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "The answer to #1 is on its way.");
    assert_eq!(posts(&world).await, [with(&["terms.pdf", "file.gif"])], "what was shown, and no more");
    assert_eq!(drafts(&world).await, 1, "the third stands in the draft still");
});

on_each_engine!(a_file_without_words_waits_for_them, |world| {
    let (world, _, chat, card) = on(world).await;
    let paper = world.fake.document("terms.pdf", PDF);
    let told = bring(&world, &chat, &card, paper, "").await.unwrap();
    assert!(told.text.starts_with("#1: the file stands in your draft."), "{}", told.text);
    assert!(told.keyboard.is_null());
    let before = world.fake.told().len();
    world.clock.advance(Span::seconds(5));
    world.fake.reply(JAN, &card, "See the terms");
    take_in(&chat).await;
    let preview = world.fake.told()[before].clone();
    assert!(preview.text.contains("Goes along: terms.pdf"), "{}", preview.text);
    // Taken out in the console meanwhile: what was shown cannot go, so nothing goes.
    world.exec("UPDATE answer_file SET state = 'asked', goes_with = 'elsewhere'".into()).await;
    world.fake.press(JAN, &preview, "Send");
    take_in(&chat).await;
    assert!(
        last_answer(&world).starts_with("Not sent: one of them does not stand"),
        "{}",
        last_answer(&world)
    );
    assert!(posts(&world).await.is_empty());
});

on_each_engine!(what_cannot_go_along_is_refused_with_words, |world| {
    let (world, _, chat, card) = on(world).await;
    let refused = [
        (world.fake.document("run.exe", b"MZ..."), "'run.exe' is no JPEG, PNG, GIF, WebP or PDF"),
        (
            json!({ "voice": { "file_id": "v", "file_unique_id": "v", "duration": 3, "mime_type": "audio/ogg",
                "file_size": 9 } }),
            "only pictures and PDF can go along with an answer",
        ),
        (
            json!({ "document": { "file_id": "x", "file_unique_id": "x", "file_size": 11_000_000 } }),
            "the file is too large; at most 10.5 MB are taken",
        ),
        (
            json!({ "document": { "file_id": "unknown", "file_unique_id": "x", "file_size": 10 } }),
            "the file could not be fetched; reply with it again",
        ),
    ];
    for (holds, why) in refused {
        let told = bring(&world, &chat, &card, holds, "See the terms").await.unwrap();
        assert_eq!(told.text, format!("#1: not sent: {why}."));
        assert!(told.keyboard.is_null());
    }
    assert_eq!(drafts(&world).await, 0);
    assert!(posts(&world).await.is_empty());
    // A file that is no reply is talk, of which only the number is kept.
    let paper = world.fake.document("terms.pdf", PDF);
    let talk = world.fake.told().pop().unwrap();
    assert!(bring(&world, &chat, &talk, paper, "well").await.is_none());
    assert_eq!(drafts(&world).await, 0);
});

on_each_engine!(off_a_file_is_not_even_fetched, |world| {
    let (_, chat, card) = alerted(&world).await;
    let paper = world.fake.document("terms.pdf", PDF);
    let told = bring(&world, &chat, &card, paper, "See the terms").await.unwrap();
    assert_eq!(told.text, "Answering from the chat is off. Open the case to answer.");
    assert_eq!(fetched(&world), [""; 0]);
    assert_eq!(drafts(&world).await, 0);
});

on_each_engine!(who_approves_is_told_of_files, |world| {
    world.newcomer().await;
    let case = world.case(2).await;
    let who = Actor { person: PersonId::stored("per_00000000000000000000000new".into()), lead: false };
    let caller = Caller {
        via: Via::Console,
        person: who.person.to_string(),
        role: Some(Role::Newcomer),
        ..Caller::default()
    };
    let casework = world.casework.called(caller);
    let handed = HandedIn { name: "Mia.pdf".into(), alt: String::new(), bytes: PDF.to_vec() };
    casework.enclose((&case.brand_id, &case.id), &who, handed).await.unwrap();
    let act = Act::Answer(Answer { text: "Hello".into(), files: Files::Draft, ..Answer::default() });
    let seen = world.stored(&case.id).await.version;
    casework.act(&case.brand_id, &case.id, seen, &who, act).await.unwrap();
    let chat = world.chat();
    world.clock.advance(Span::seconds(5));
    world.drain(&world.worker(&chat)).await;
    let told = world.fake.told();
    let asked = told.iter().find(|t| t.text.contains("waits for a colleague")).unwrap();
    let line = "goes along: PDF, 18 bytes; to be seen on the page of the case";
    assert!(asked.text.contains(line), "{}", asked.text);
    assert!(!asked.text.contains("Mia.pdf"), "a name may tell of somebody: {}", asked.text);
});
