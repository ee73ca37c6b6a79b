//! Everything that is kept about a person: which accounts are theirs, what hangs on those, and all of it as lines.
//!
//! Accounts are one person's where a case of one took in what the other wrote: by a private channel, or because
//! somebody joined them.

use super::each::find_each;
use super::query::query;
use super::{During, StoreError, Tx, list, row};
use std::collections::BTreeSet;

/// How many steps from account to account are followed.
const STEPS_MAX: usize = 8;

row! {
    /// An account of a person.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AccountRow {
        /// Its id.
        pub id: String,
        /// The platform.
        pub platform: String,
        /// The namespace of its id there.
        pub authority: String,
        /// Its id there.
        pub external_id: String,
        /// What it is called, a JSON object, if that is still kept.
        pub profile: Option<String>,
    }
}

row! {
    /// A case of a person.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SubjectCase {
        /// Its id.
        pub id: String,
        /// Its brand.
        pub brand_id: String,
        /// Its number.
        pub number: i64,
        /// Whether it is open.
        pub open: i64,
    }
}

row! {
    /// A post of a person.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SubjectPost {
        /// Its id.
        pub id: String,
        /// Its number in the search index; 0 for one that only shows what a thread is about.
        pub seq: i64,
        /// The platform.
        pub platform: String,
        /// The namespace of its id there.
        pub authority: String,
        /// Its id there.
        pub external_id: String,
    }
}

/// Accounts by their id here or on their platform.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id FROM author WHERE id = $1 OR external_id = $1
            OR id IN (SELECT author_id FROM author_alias WHERE external_id = $1)
         ORDER BY id";
    let rows: Vec<(String,)> = query(sql).bind(id).all(tx).await.during("looking for an account")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Profiles in which a piece of text stands, in small letters: account and JSON object. Whoever asks looks closer.
pub async fn profiles_with(tx: &mut Tx, text: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = tx.pick(
        "SELECT subject, body FROM content WHERE kind = 'profile' AND instr(lower(body), $1) > 0",
        "SELECT subject, body FROM content WHERE kind = 'profile' AND strpos(lower(body), $1) > 0",
    );
    query(sql).bind(text).all(tx).await.during("looking for a name")
}

/// The accounts whose cases have a number: brand and account.
pub async fn by_number(tx: &mut Tx, number: i64) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT brand_id, author_id FROM cases WHERE number = $1 ORDER BY brand_id";
    query(sql).bind(number).all(tx).await.during("looking for a case")
}

/// These accounts and all that are the same person's, in order.
pub async fn linked(tx: &mut Tx, from: &[String]) -> Result<Vec<String>, StoreError> {
    let mut all: BTreeSet<String> = from.iter().cloned().collect();
    for _ in 0..STEPS_MAX {
        let ids: Vec<String> = all.iter().cloned().collect();
        let sql = list!(
            tx,
            "SELECT DISTINCT m.author_id FROM",
            "JOIN cases k ON k.author_id = j.value->>0
             JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id JOIN mention m ON m.id = g.mention_id"
        );
        let wrote: Vec<(String,)> = find_each(tx, "following accounts", sql, &ids).await?;
        let sql = list!(
            tx,
            "SELECT DISTINCT k.author_id FROM mention m JOIN judgement g ON g.mention_id = m.id
             JOIN cases k ON k.id = g.case_id WHERE m.author_id IN (SELECT j.value->>0 FROM",
            ")"
        );
        let took: Vec<(String,)> = find_each(tx, "following accounts", sql, &ids).await?;
        all.extend(wrote.into_iter().chain(took).map(|(id,)| id));
        if all.len() == ids.len() {
            break;
        }
    }
    Ok(all.into_iter().collect())
}

/// What accounts are, each with what it is called; those that were erased are nobody's any more.
pub async fn accounts(tx: &mut Tx, ids: &[String]) -> Result<Vec<AccountRow>, StoreError> {
    let sql = list!(
        tx,
        "SELECT a.id, a.platform, a.authority, a.external_id, c.body AS profile FROM",
        "JOIN author a ON a.id = j.value->>0 LEFT JOIN content c ON c.id = a.id AND c.kind = 'profile'
         WHERE a.erased_at IS NULL ORDER BY a.id"
    );
    find_each(tx, "reading accounts", sql, ids).await
}

/// The cases of accounts.
pub async fn cases(tx: &mut Tx, accounts: &[String]) -> Result<Vec<SubjectCase>, StoreError> {
    let sql = list!(
        tx,
        "SELECT k.id, k.brand_id, k.number, k.open FROM",
        "JOIN cases k ON k.author_id = j.value->>0 ORDER BY k.id"
    );
    find_each(tx, "reading a person's cases", sql, accounts).await
}

/// What accounts wrote, also where it only shows what a thread is about.
pub async fn posts(tx: &mut Tx, accounts: &[String]) -> Result<Vec<SubjectPost>, StoreError> {
    let what = "reading a person's posts";
    let sql = list!(
        tx,
        "SELECT m.id, m.seq, m.platform, m.authority, m.external_id FROM mention m
         WHERE m.author_id IN (SELECT j.value->>0 FROM",
        ") ORDER BY m.id"
    );
    let mut all: Vec<SubjectPost> = find_each(tx, what, sql, accounts).await?;
    let sql = list!(
        tx,
        "SELECT t.id, CAST(0 AS BIGINT) AS seq, t.platform, t.authority, t.external_id FROM thread_post t
         WHERE t.author_id IN (SELECT j.value->>0 FROM",
        ") ORDER BY t.id"
    );
    all.extend(find_each::<SubjectPost>(tx, what, sql, accounts).await?);
    Ok(all)
}

/// What we said to accounts: the ids of our posts.
pub async fn answers(tx: &mut Tx, accounts: &[String], cases: &[String]) -> Result<Vec<String>, StoreError> {
    let what = "reading what we said to a person";
    let sql = list!(
        tx,
        "SELECT o.id FROM own_post o LEFT JOIN conversation v ON v.id = o.conversation_id
         WHERE COALESCE(v.merged_as, o.answers_author_id) IN (SELECT j.value->>0 FROM",
        ")"
    );
    let to: Vec<(String,)> = find_each(tx, what, sql, accounts).await?;
    let sql = list!(
        tx,
        "SELECT o.id FROM own_post o JOIN action a ON a.id = o.action_id
         WHERE a.case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    let by: Vec<(String,)> = find_each(tx, what, sql, cases).await?;
    let all: BTreeSet<String> = to.into_iter().chain(by).map(|(id,)| id).collect();
    Ok(all.into_iter().collect())
}

/// How many of something hang on cases, posts or accounts; the list is what the statement wants.
async fn number(tx: &mut Tx, sql: &'static str, ids: &[String]) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = find_each(tx, "counting what is kept about a person", sql, ids).await?;
    Ok(rows.first().map_or(0, |(n,)| *n))
}

/// How much hangs on a person beside posts, answers and cases, each with its name.
pub async fn counted(
    tx: &mut Tx,
    (accounts, cases, posts): (&[String], &[String], &[String]),
) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let texts = list!(tx, "SELECT COUNT(*) FROM content WHERE subject IN (SELECT j.value->>0 FROM", ")");
    let files =
        list!(tx, "SELECT COUNT(*) FROM attachment WHERE mention_id IN (SELECT j.value->>0 FROM", ")");
    let raw = list!(
        tx,
        "SELECT COUNT(*) FROM inbox WHERE body IS NOT NULL AND post_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    let drafts = list!(
        tx,
        "SELECT COUNT(*) FROM (SELECT case_id FROM draft UNION ALL SELECT case_id FROM draft_beside) d
         WHERE d.case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    let waiting = list!(
        tx,
        "SELECT COUNT(*) FROM action WHERE state IN ('held', 'ready', 'claimed')
         AND kind IN ('reply', 'moderate', 'ticket_create', 'ticket_note') AND case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    let cards =
        list!(tx, "SELECT COUNT(*) FROM chat_card_case WHERE case_id IN (SELECT j.value->>0 FROM", ")");
    let tickets = list!(
        tx,
        "SELECT COUNT(*) FROM ticket_link WHERE unlinked_at IS NULL AND case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    let findings = list!(
        tx,
        "SELECT COUNT(DISTINCT finding_id) FROM finding_case WHERE case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    Ok(vec![
        ("texts", number(tx, texts, accounts).await?),
        ("files", number(tx, files, posts).await?),
        ("raw", number(tx, raw, posts).await?),
        ("drafts", number(tx, drafts, cases).await?),
        ("waiting", number(tx, waiting, cases).await?),
        ("cards", number(tx, cards, cases).await?),
        ("tickets", number(tx, tickets, cases).await?),
        ("findings", number(tx, findings, cases).await?),
    ])
}

/// A statement over a list whose rows are JSON objects.
macro_rules! objects {
    ($tx:expr, $fields:literal, $from:literal) => {
        $tx.pick(
            concat!("SELECT json_object(", $fields, ") FROM jsonb_each($1) AS j ", $from),
            concat!(
                "SELECT json_build_object(",
                $fields,
                ")::text FROM jsonb_array_elements($1::jsonb) AS j(value) ",
                $from
            ),
        )
    };
}

/// Lines of an export: one kind, each a JSON object.
pub type Lines = (&'static str, Vec<String>);

async fn lines(
    tx: &mut Tx,
    kind: &'static str,
    sql: &'static str,
    ids: &[String],
) -> Result<Lines, StoreError> {
    let rows: Vec<(String,)> = find_each(tx, "writing down what is kept about a person", sql, ids).await?;
    Ok((kind, rows.into_iter().map(|(line,)| line).collect()))
}

/// Everything about a person as JSON objects by kind, but the bytes of files.
pub async fn export(
    tx: &mut Tx,
    accounts: &[String],
    cases: &[String],
    posts: &[String],
    answers: &[String],
) -> Result<Vec<Lines>, StoreError> {
    let account = objects!(
        tx,
        "'id', a.id, 'platform', a.platform, 'authority', a.authority, 'external_id', a.external_id,
         'followers', a.followers, 'away', a.away, 'away_at', a.away_at, 'first_seen_at', a.first_seen_at",
        "JOIN author a ON a.id = j.value->>0 ORDER BY a.id"
    );
    let named = objects!(
        tx,
        "'account', n.author_id, 'platform', n.platform, 'authority', n.authority, 'external_id', n.external_id",
        "JOIN author_alias n ON n.author_id = j.value->>0 ORDER BY n.author_id, n.external_id"
    );
    let text = objects!(
        tx,
        "'id', c.id, 'kind', c.kind, 'body', c.body",
        "JOIN content c ON c.subject = j.value->>0 ORDER BY c.id"
    );
    let answer = objects!(
        tx,
        "'id', o.id, 'platform', o.platform, 'external_id', o.external_id, 'posted_at', o.posted_at,
         'deleted_at', o.deleted_at, 'content', c.body",
        "JOIN own_post o ON o.id = j.value->>0 LEFT JOIN content c ON c.id = o.id || '/1' ORDER BY o.id"
    );
    let helped = objects!(
        tx,
        "'post', h.post_id, 'answered_at', h.answered_at, 'accepted', h.accepted, 'likes', h.likes, 'void', h.void",
        "JOIN helper_answer h ON h.helper_id = j.value->>0 ORDER BY h.answered_at, h.post_id"
    );
    let said = objects!(
        tx,
        "'id', l.id, 'brand', b.name, 'account', l.author_id, 'label', l.label, 'set_at', l.set_at,
         'until', l.until_ms, 'ended_at', l.ended_at, 'reason', c.body",
        "JOIN author_label l ON l.author_id = j.value->>0 JOIN brand b ON b.id = l.brand_id
         LEFT JOIN content c ON c.id = l.id || '/reason' ORDER BY l.id"
    );
    let mut all = vec![lines(tx, "account", account, accounts).await?];
    all.push(lines(tx, "other_name", named, accounts).await?);
    all.push(lines(tx, "helped", helped, accounts).await?);
    all.push(lines(tx, "author_label", said, accounts).await?);
    let collecting = objects!(
        tx,
        "'id', z.id, 'brand', b.name, 'account', z.author_id, 'set_at', z.set_at, 'until', z.until_ms,
         'ended_at', z.ended_at, 'reason', c.body",
        "JOIN collecting z ON z.author_id = j.value->>0 AND z.scope = 'author' JOIN brand b ON b.id = z.brand_id
         LEFT JOIN content c ON c.id = z.id || '/reason' ORDER BY z.id"
    );
    all.push(lines(tx, "collecting", collecting, accounts).await?);
    all.extend(of_cases(tx, cases).await?);
    all.extend(of_posts(tx, posts).await?);
    all.push(lines(tx, "answer", answer, answers).await?);
    all.push(lines(tx, "text", text, accounts).await?);
    Ok(all)
}

async fn of_cases(tx: &mut Tx, cases: &[String]) -> Result<Vec<Lines>, StoreError> {
    let case = objects!(
        tx,
        "'id', k.id, 'brand', b.name, 'number', k.number, 'platform', k.platform, 'state', k.state, 'level', k.level,
         'urgency', k.urgency, 'course', k.course, 'intent', k.intent, 'language', k.language, 'opened_at', k.opened_at,
         'first_answer_at', k.first_answer_at, 'ended_why', k.ended_why",
        "JOIN cases k ON k.id = j.value->>0 JOIN brand b ON b.id = k.brand_id ORDER BY k.id"
    );
    let sent = objects!(
        tx,
        "'id', f.id, 'case', f.case_id, 'state', f.state, 'media', f.media, 'bytes', f.bytes, 'digest', f.digest",
        "JOIN answer_file f ON f.case_id = j.value->>0 ORDER BY f.case_id, f.place"
    );
    let event = objects!(
        tx,
        "'case', e.case_id, 'seq', e.seq, 'at', e.at, 'kind', e.kind, 'who', e.who_kind, 'state', e.state, 'body', e.body",
        "JOIN case_event e ON e.case_id = j.value->>0 ORDER BY e.case_id, e.seq"
    );
    let clock = objects!(
        tx,
        "'case', o.case_id, 'clock', o.kind, 'state', o.state, 'started_at', o.started_at, 'due_at', o.due_at,
         'ended_at', o.ended_at",
        "JOIN obligation o ON o.case_id = j.value->>0 ORDER BY o.case_id, o.wait, o.part"
    );
    let ticket = objects!(
        tx,
        "'case', l.case_id, 'system', l.system, 'ticket', l.ticket_id, 'state', l.state, 'url', l.url,
         'linked_at', l.linked_at",
        "JOIN ticket_link l ON l.case_id = j.value->>0 ORDER BY l.id"
    );
    let mut all = vec![
        lines(tx, "case", case, cases).await?,
        lines(tx, "answer_file", sent, cases).await?,
        lines(tx, "event", event, cases).await?,
        lines(tx, "clock", clock, cases).await?,
        lines(tx, "ticket", ticket, cases).await?,
    ];
    all.extend(given_in(tx, cases).await?);
    all.extend(asked_in(tx, cases).await?);
    Ok(all)
}

/// What customers complained of, and what they were given.
async fn given_in(tx: &mut Tx, cases: &[String]) -> Result<Vec<Lines>, StoreError> {
    let complaint = objects!(
        tx,
        "'case', r.case_id, 'made_at', r.marked_at, 'acknowledged_at', r.acknowledged_at, 'outcome', r.outcome,
         'decided_at', r.decided_at, 'unmarked_at', r.unmarked_at, 'why', c.body",
        "JOIN complaint r ON r.case_id = j.value->>0 LEFT JOIN content c ON c.id = r.case_id || '/complaint'
         ORDER BY r.case_id"
    );
    let goodwill = objects!(
        tx,
        "'id', g.id, 'case', g.case_id, 'kind', g.kind, 'micros', g.micros, 'currency', g.currency, 'state', g.state,
         'made_at', g.made_at, 'decided_at', g.decided_at, 'why', c.body",
        "JOIN goodwill g ON g.case_id = j.value->>0 LEFT JOIN content c ON c.id = g.id || '/why' ORDER BY g.id"
    );
    let gesture = objects!(
        tx,
        "'id', g.id, 'case', g.case_id, 'kind', g.kind, 'micros', g.micros, 'currency', g.currency, 'at', g.at,
         'words', c.body",
        "JOIN gesture g ON g.case_id = j.value->>0 LEFT JOIN content c ON c.id = g.id || '/text' ORDER BY g.id"
    );
    let thanks = objects!(
        tx,
        "'case', t.case_id, 'day', t.day, 'points', t.points, 'reasons', t.reasons, 'written_at', t.written_at",
        "JOIN thanks t ON t.case_id = j.value->>0 ORDER BY t.case_id"
    );
    let quality = objects!(
        tx,
        "'id', q.id, 'case', q.case_id, 'answer', q.answer_id, 'drawn_at', q.drawn_at, 'word', w.body, 'line', l.body",
        "JOIN quality_sample q ON q.case_id = j.value->>0 LEFT JOIN content w ON w.id = q.id || '/word'
         LEFT JOIN content l ON l.id = q.id || '/line' ORDER BY q.id"
    );
    Ok(vec![
        lines(tx, "quality", quality, cases).await?,
        lines(tx, "complaint", complaint, cases).await?,
        lines(tx, "goodwill", goodwill, cases).await?,
        lines(tx, "gesture", gesture, cases).await?,
        lines(tx, "thanks", thanks, cases).await?,
    ])
}

/// Whether customers were asked afterwards, and what they said.
async fn asked_in(tx: &mut Tx, cases: &[String]) -> Result<Vec<Lines>, StoreError> {
    let survey = objects!(
        tx,
        "'case', s.case_id, 'state', s.state, 'why', s.why, 'asked_at', s.asked_at, 'until', s.until_at,
         'open_question_at', s.open_at",
        "JOIN survey s ON s.case_id = j.value->>0 ORDER BY s.case_id"
    );
    let reply = objects!(
        tx,
        "'case', r.case_id, 'post', r.mention_id, 'score', r.score, 'open_answer', r.open_answer, 'at', r.at",
        "JOIN survey_reply r ON r.case_id = j.value->>0 ORDER BY r.case_id, r.mention_id"
    );
    Ok(vec![lines(tx, "survey", survey, cases).await?, lines(tx, "survey_reply", reply, cases).await?])
}

async fn of_posts(tx: &mut Tx, posts: &[String]) -> Result<Vec<Lines>, StoreError> {
    let post = objects!(
        tx,
        "'id', m.id, 'platform', m.platform, 'external_id', m.external_id, 'source', m.source, 'kind', m.kind,
         'posted_at', m.posted_at, 'received_at', m.received_at, 'private', m.private, 'deleted_at', m.deleted_at",
        "JOIN mention m ON m.id = j.value->>0 ORDER BY m.id"
    );
    // Posts that only stand in somebody else's thread.
    let beside = objects!(
        tx,
        "'id', t.id, 'platform', t.platform, 'external_id', t.external_id, 'source', t.source,
         'posted_at', t.posted_at, 'received_at', t.received_at",
        "JOIN thread_post t ON t.id = j.value->>0 ORDER BY t.id"
    );
    let label = objects!(
        tx,
        "'post', g.mention_id, 'brand', b.name, 'revision', g.revision, 'level', g.level, 'urgency', g.urgency,
         'intent', g.intent, 'language', g.language, 'needs_answer', g.needs_answer, 'needs_private', g.needs_private,
         'personal_data', g.personal_data, 'reasons', g.reasons",
        "JOIN judgement g ON g.mention_id = j.value->>0 JOIN brand b ON b.id = g.brand_id
         ORDER BY g.mention_id, g.brand_id, g.revision"
    );
    let file = objects!(
        tx,
        "'id', f.id, 'post', f.mention_id, 'state', f.state, 'media', f.media, 'bytes', f.bytes, 'digest', f.digest",
        "JOIN attachment f ON f.mention_id = j.value->>0 ORDER BY f.mention_id, f.place"
    );
    Ok(vec![
        lines(tx, "post", post, posts).await?,
        lines(tx, "post_in_thread", beside, posts).await?,
        lines(tx, "label", label, posts).await?,
        lines(tx, "file", file, posts).await?,
    ])
}
