//! The floor under a replay: what nobody can leave out who takes posts in and promises to keep them.
//!
//! A line is parsed, a thousand names are looked for, one pass over its character pieces and words
//! scores language and urgency, a deadline is reckoned; then mention, case and cursor of a hundred
//! posts go into SQLite in one statement a table and one commit that has reached the disk.

use super::support::corpus::BRAND;
use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor};
use std::borrow::Cow;
use std::io::BufRead;
use std::path::Path;
use webcared::domain::time::Timestamp;

const BATCH: usize = 100;
const TERMS: usize = 1000;
/// Ten languages, four classes of urgency, two left over so that a row is sixteen bytes.
const OUTPUTS: usize = 16;
const BUCKETS: usize = 1 << 16;
const TARGETS_MS: [i64; 4] = [900_000, 3_600_000, 14_400_000, 86_400_000];
const LANGUAGES: [&str; 10] = ["en", "fr", "nl", "de", "it", "ja", "no", "pt", "ru", "es"];

#[derive(Deserialize)]
struct Post<'a> {
    #[serde(borrow)]
    external_id: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow)]
    author: Author<'a>,
    #[serde(borrow)]
    created_at: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Author<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// The names that are looked for: the brand's and others that hardly ever occur.
pub fn terms() -> Vec<String> {
    (1..TERMS).map(|n| format!("brand{n}xq")).chain([BRAND.to_lowercase()]).collect()
}

/// Weights nobody trained; their number and the walk over them are what costs.
pub struct Scorer {
    weights: Vec<[i8; OUTPUTS]>,
    lower: String,
}

impl Scorer {
    pub fn new() -> Self {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as i8
        };
        let weights = (0..BUCKETS).map(|_| std::array::from_fn(|_| next())).collect();
        Self { weights, lower: String::new() }
    }

    /// Scores by pieces of two to four characters, words, and pairs of words.
    pub fn score(&mut self, text: &str) -> [i32; OUTPUTS] {
        self.lower.clear();
        self.lower.extend(text.chars().flat_map(char::to_lowercase));
        let mut sums = [0_i32; OUTPUTS];
        let weights = &self.weights;
        let mut add = |hash: u64| {
            let bucket = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize;
            for (sum, weight) in sums.iter_mut().zip(&weights[bucket]) {
                *sum += i32::from(*weight);
            }
        };
        let mut last = [0_u64; 3];
        for c in self.lower.chars().map(u64::from) {
            let two = last[0] << 21 ^ c;
            let three = last[1] << 42 ^ two;
            add(two);
            add(three);
            add(three.rotate_left(13) ^ last[2]);
            last = [c, last[0], last[1]];
        }
        let mut before = 0_u64;
        for word in self.lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
            let hash = word
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
            add(hash);
            add(before.rotate_left(21) ^ hash);
            before = hash;
        }
        sums
    }
}

type Row = (String, String, String, &'static str, i64, i64, i64);

/// Takes all lines of a file in; tells how many there were and how long it took.
pub async fn run(file: &Path, folder: &Path) -> (usize, f64) {
    let mut db = open(folder).await;
    let finder = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(terms())
        .expect("the names");
    let mut scorer = Scorer::new();
    let lines = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(file).expect("the corpus"));
    let begun = std::time::Instant::now();
    let (mut count, mut batch) = (0, Vec::<Row>::with_capacity(BATCH));
    for line in lines.lines() {
        let line = line.expect("a line");
        count += 1;
        batch.extend(one(&line, &finder, &mut scorer));
        if batch.len() == BATCH {
            write(&mut db, &batch, count).await;
            batch.clear();
        }
    }
    write(&mut db, &batch, count).await;
    (count as usize, begun.elapsed().as_secs_f64())
}

fn one(line: &str, finder: &AhoCorasick, scorer: &mut Scorer) -> Option<Row> {
    let post: Post = serde_json::from_str(line).expect("a post");
    finder.find(post.text.as_ref())?;
    let scores = scorer.score(&post.text);
    let best = |range: std::ops::Range<usize>| {
        let first = range.start;
        range.max_by_key(|at| scores[*at]).map_or(0, |at| at - first)
    };
    let (language, urgency) = (LANGUAGES[best(0..10)], best(10..14));
    let posted_at = Timestamp::parse(&post.created_at).expect("a time").millis();
    let due_at = posted_at + TARGETS_MS[urgency];
    Some((
        post.external_id.into_owned(),
        post.author.id.into_owned(),
        post.text.into_owned(),
        language,
        posted_at,
        urgency as i64,
        due_at,
    ))
}

async fn open(folder: &Path) -> SqliteConnection {
    let mut db = SqliteConnectOptions::new()
        .filename(folder.join("floor.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .expect("a database");
    db.execute(
        "CREATE TABLE mention (id INTEGER PRIMARY KEY, source TEXT NOT NULL, external_id TEXT NOT NULL,
            author TEXT NOT NULL, body TEXT NOT NULL, language TEXT NOT NULL, posted_at INTEGER NOT NULL,
            UNIQUE (source, external_id));
         CREATE TABLE cases (id INTEGER PRIMARY KEY, urgency INTEGER NOT NULL, state INTEGER NOT NULL,
            opened_at INTEGER NOT NULL, due_at INTEGER);
         CREATE INDEX case_due ON cases (due_at) WHERE state = 0;
         CREATE TABLE cursor (source TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
         INSERT INTO cursor VALUES ('replay', 0);",
    )
    .await
    .expect("its tables");
    db
}

async fn write(db: &mut SqliteConnection, batch: &[Row], place: i64) {
    let text = serde_json::to_string(batch).expect("JSON");
    let mut tx = db.begin().await.expect("a transaction");
    let (last,): (i64,) = sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM mention")
        .fetch_one(&mut *tx)
        .await
        .expect("the last id");
    let mention = "INSERT INTO mention (id, source, external_id, author, body, language, posted_at)
         SELECT $2 + 1 + key, 'replay', value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each($1)
         WHERE true ON CONFLICT DO NOTHING";
    let case = "INSERT INTO cases (id, urgency, state, opened_at, due_at)
         SELECT $2 + 1 + key, value->>5, 0, value->>4, value->>6 FROM json_each($1)";
    for sql in [mention, case] {
        sqlx::query(sql).bind(&text).bind(last).execute(&mut *tx).await.expect("rows");
    }
    sqlx::query("UPDATE cursor SET place = $1").bind(place).execute(&mut *tx).await.expect("the cursor");
    tx.commit().await.expect("a commit");
}
