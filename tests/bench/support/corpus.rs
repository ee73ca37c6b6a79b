//! Posts for benchmarks: our sample texts in ten languages, cut and spliced anew for each post, with
//! ids, authors and threads as platforms have them. The same seed gives the same posts.

use std::io::{BufWriter, Write};
use std::path::Path;
use webcared::domain::time::{Span, Timestamp};

/// The brand they are about.
pub const BRAND: &str = "Acmeair";
/// When the first of them was posted.
pub const START: Timestamp = Timestamp(1_790_000_000_000);
const SAMPLES: [(&str, &str); 10] = [
    ("de", include_str!("../../../src/sample/de.jsonl")),
    ("en", include_str!("../../../src/sample/en.jsonl")),
    ("es", include_str!("../../../src/sample/es.jsonl")),
    ("fr", include_str!("../../../src/sample/fr.jsonl")),
    ("it", include_str!("../../../src/sample/it.jsonl")),
    ("ja", include_str!("../../../src/sample/ja.jsonl")),
    ("nl", include_str!("../../../src/sample/nl.jsonl")),
    ("no", include_str!("../../../src/sample/no.jsonl")),
    ("pt", include_str!("../../../src/sample/pt.jsonl")),
    ("ru", include_str!("../../../src/sample/ru.jsonl")),
];

/// A small generator of numbers.
pub struct Dice(u64);

impl Dice {
    pub const fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub const fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub const fn percent(&mut self, p: u64) -> bool {
        self.below(100) < p
    }
}

#[derive(Clone)]
struct Earlier {
    platform: &'static str,
    id: String,
    thread: String,
    author: u64,
}

/// Makes posts one after another.
pub struct Posts {
    dice: Dice,
    texts: Vec<(&'static str, Vec<String>)>,
    answers: Vec<String>,
    recent: Vec<Earlier>,
    authors: u64,
    made: u64,
    start: Timestamp,
    step: Span,
}

impl Posts {
    pub fn seeded(seed: u64) -> Self {
        let mut texts = Vec::new();
        let mut answers = Vec::new();
        for (language, lines) in SAMPLES {
            let mut of_language = Vec::new();
            for line in lines.lines() {
                let post: serde_json::Value = serde_json::from_str(line).expect("a sample post");
                let text = post["text"].as_str().expect("its text");
                let text = text.replace("{brand}", BRAND).replace("{handle}", "acmeair");
                if post["own"] == true { answers.push(text) } else { of_language.push(text) }
            }
            texts.push((language, of_language));
        }
        Self {
            dice: Dice::seeded(seed),
            texts,
            answers,
            recent: Vec::new(),
            authors: 1,
            made: 0,
            start: START,
            step: Span::seconds(1),
        }
    }

    /// The same, posted from an instant on, one every `step`; with none they come as if live.
    pub fn posted(seed: u64, start: Timestamp, step: Span) -> Self {
        Self { start, step, ..Self::seeded(seed) }
    }

    /// One more post as a line of our JSON.
    pub fn line(&mut self) -> String {
        self.made += 1;
        let at = self.start.plus(Span(i64::try_from(self.made).expect("small") * self.step.millis()));
        let parent = self.parent();
        let own = parent.is_some() && self.dice.percent(12);
        let author = match &parent {
            _ if own => 0,
            Some(parent) if self.dice.percent(75) => parent.author,
            _ => self.author(),
        };
        let platform = parent.as_ref().map_or_else(|| platform_of(author), |p| p.platform);
        let id = self.id(platform, author);
        let (language, text) = if own { ("en", self.answer()) } else { self.text(parent.is_some()) };
        let thread = parent.as_ref().map_or_else(|| id.clone(), |p| p.thread.clone());
        let mut post = serde_json::json!({
            "platform": platform, "external_id": id, "text": text, "created_at": at.rfc3339(), "lang": language,
            "author": { "id": author_id(platform, author), "handle": format!("user{author}"),
                "name": format!("User {author}"), "followers": author % 4000 },
            "url": format!("https://{platform}.example/{}", self.made), "conversation_id": thread, "own": own,
        });
        if let Some(parent) = parent {
            post["in_reply_to"] = parent.id.into();
        }
        self.remember(Earlier { platform, id, thread, author });
        post.to_string()
    }

    fn parent(&mut self) -> Option<Earlier> {
        if self.recent.is_empty() || !self.dice.percent(20) {
            return None;
        }
        let at = self.dice.below(self.recent.len() as u64) as usize;
        Some(self.recent[at].clone()).filter(|p| p.author != 0)
    }

    fn remember(&mut self, post: Earlier) {
        if self.recent.len() < 4096 {
            self.recent.push(post);
        } else {
            let at = self.dice.below(4096) as usize;
            self.recent[at] = post;
        }
    }

    /// Half are new, most of the others wrote lately, some at any time before.
    fn author(&mut self) -> u64 {
        if self.dice.percent(50) {
            self.authors += 1;
            return self.authors;
        }
        let lately = if self.dice.percent(80) { 5000 } else { self.authors };
        self.authors - self.dice.below(lately.min(self.authors))
    }

    fn id(&mut self, platform: &str, author: u64) -> String {
        let serial = 1_700_000_000_000_000_000 + self.made * 4_194_304_000 + self.dice.below(4_194_304);
        match platform {
            "bluesky" => {
                let serial = serial % 100_000_000_000_000;
                format!("at://{}/app.bsky.feed.post/3l{serial:011x}", author_id(platform, author))
            }
            "mastodon" => format!("https://toot.example/users/user{author}/statuses/{serial}"),
            _ => serial.to_string(),
        }
    }

    fn answer(&mut self) -> String {
        let at = self.dice.below(self.answers.len() as u64) as usize;
        self.answers[at].clone()
    }

    fn text(&mut self, reply: bool) -> (&'static str, String) {
        let of = self.dice.below(self.texts.len() as u64) as usize;
        let (language, texts) = &self.texts[of];
        let mut pick = || texts[self.dice.below(texts.len() as u64) as usize].as_str();
        let (first, second) = (pick(), pick());
        let mut text = match self.dice.below(3) {
            0 => first.to_owned(),
            1 => format!("{} {}", half(first, true), half(second, false)),
            _ => format!("{} {}", half(second, true), half(first, false)),
        };
        if self.dice.percent(30) {
            text.push_str(&format!(" #{}{}", language, self.dice.below(50_000)));
        }
        if self.dice.percent(20) {
            text.push_str(&format!(" ref {}", 10_000_000 + self.dice.below(89_999_999)));
        }
        if !reply && !text.to_lowercase().contains("acmeair") && self.dice.percent(97) {
            text.insert_str(0, "@acmeair ");
        }
        (language, text)
    }
}

/// One half of a text, cut between words.
fn half(text: &str, first: bool) -> &str {
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let cut = text[middle..].find(' ').map_or(text.len(), |at| middle + at);
    if first { &text[..cut] } else { text[cut..].trim_start() }
}

const fn platform_of(author: u64) -> &'static str {
    match author % 4 {
        0 | 1 => "x",
        2 => "mastodon",
        _ => "bluesky",
    }
}

fn author_id(platform: &str, author: u64) -> String {
    if author == 0 {
        return "acmeair".to_owned();
    }
    let scattered = author.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match platform {
        "bluesky" => format!("did:plc:{scattered:016x}{:08x}", scattered >> 7 & 0xffff_ffff),
        "mastodon" => format!("https://toot.example/users/user{author}"),
        _ => (scattered >> 20).to_string(),
    }
}

/// Writes `n` posts into a file, unless they stand there already.
pub fn write(path: &Path, n: usize) {
    let done = path.with_extension("done");
    if done.exists() {
        return;
    }
    let mut file = BufWriter::new(std::fs::File::create(path).expect("the corpus"));
    let mut posts = Posts::seeded(1);
    for _ in 0..n {
        writeln!(file, "{}", posts.line()).expect("writing the corpus");
    }
    file.flush().expect("writing the corpus");
    std::fs::write(done, "").expect("the mark");
}
