//! Frames as Jetstream sends them, made of our own posts: nearly all of them about something else.

use super::corpus::{Dice, Posts};
use serde_json::json;

/// How many names the brands have together.
pub const TERMS: usize = 1_000;
/// How many brands have them.
const BRANDS: usize = 50;
/// One post in so many names a brand.
const NAMES_ONE_IN: u64 = 500;

/// Pieces of made-up names: they begin with all letters, as names do.
const PIECES: [&str; 25] = [
    "abri", "belo", "cando", "dexi", "elvo", "fanti", "gorma", "halu", "isko", "jumba", "kelti", "lorva",
    "misto", "nupra", "olki", "pexto", "quinda", "rasko", "sulmi", "tavro", "ulbo", "vindo", "wexla",
    "yorba", "zanto",
];

/// A name that a brand is known by.
fn term(n: usize) -> String {
    let piece = |n: usize| PIECES[n % PIECES.len()];
    format!(
        "{}{}{}",
        piece(n),
        piece(n / 25 + n * 7),
        if n.is_multiple_of(3) { piece(n * 11 + 3) } else { "" }
    )
}

/// All names.
pub fn terms() -> Vec<String> {
    (0..TERMS).map(term).collect()
}

/// The brands as settings: each with its names, a handle and an account.
pub fn brands() -> String {
    let one = |b: usize| {
        let words: Vec<String> =
            (0..TERMS / BRANDS).map(|n| format!("\"{}\"", term(b * TERMS / BRANDS + n))).collect();
        format!(
            "[[brand]]\nname = \"Brand {b}\"\nhandles = [\"brand{b}.example\"]\nkeywords = [{}]\n\
             own_accounts = [{{ platform = \"bluesky\", account = \"did:plc:brand{b}\" }}]\n",
            words.join(", ")
        )
    };
    (0..BRANDS).map(one).collect()
}

/// Frames of version 1: nine in ten are new posts, the others deletions and changes of accounts.
pub fn frames(n: usize, now_micros: i64) -> Vec<String> {
    let (mut posts, mut dice, terms) = (Posts::seeded(7), Dice::seeded(11), terms());
    let one = |at: usize| {
        let did = format!("did:plc:{:016x}{:08x}", dice.next(), dice.below(1 << 32));
        let time = now_micros + i64::try_from(at).expect("small") * 100;
        let rkey = format!("3l{:011x}", dice.below(1 << 44));
        if dice.percent(3) {
            return json!({"did": did, "time_us": time, "kind": "account",
                "account": {"active": true, "did": did, "seq": at, "time": "2026-11-24T09:30:00.123Z"}})
            .to_string();
        }
        if dice.percent(8) {
            return json!({"did": did, "time_us": time, "kind": "commit", "commit": {"rev": rkey,
                "operation": "delete", "collection": "app.bsky.feed.post", "rkey": rkey}})
            .to_string();
        }
        let line: serde_json::Value = serde_json::from_str(&posts.line()).expect("a post");
        let text = line["text"].as_str().expect("its text");
        // Few posts of the stream address anybody by name.
        let addressed = if dice.percent(15) { "@someone.example" } else { "" };
        let mut text =
            text.replace("@acmeair", addressed).replace("Acmeair", "they").replace("acmeair", "it");
        if dice.below(NAMES_ONE_IN) == 0 {
            text.push_str(&format!(" {}!", terms[dice.below(TERMS as u64) as usize]));
        }
        let mut record = json!({"$type": "app.bsky.feed.post", "createdAt": "2026-11-24T09:30:00.123Z",
            "langs": [line["lang"]], "text": text});
        if dice.percent(40) {
            let link = || json!({"cid": format!("bafyrei{:052x}", at), "uri": format!("at://{did}/app.bsky.feed.post/{rkey}")});
            record["reply"] = json!({"parent": link(), "root": link()});
        }
        if text.contains('@') {
            record["facets"] = json!([{"index": {"byteStart": 0, "byteEnd": 8}, "features": [
                {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:someone"}]}]);
        }
        json!({"did": did, "time_us": time, "kind": "commit", "commit": {"rev": rkey, "operation": "create",
            "collection": "app.bsky.feed.post", "rkey": rkey, "record": record,
            "cid": format!("bafyrei{:052x}", at)}})
        .to_string()
    };
    (0..n).map(one).collect()
}
