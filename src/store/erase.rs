//! Erasing a person: words, names, files, search rows, raw deliveries and what waits to be sent go; counts, states
//! and events stay, without text and without anything by which the person could be found on a platform.
//!
//! The same pieces take away what retention lets go, and what a backup brought back.

use super::each::each;
use super::query::query;
use super::script::Script;
use super::subject::SubjectPost;
use super::{Db, During, StoreError, Tx, attachment, bulk, enclosed, list, survey, translation};
use crate::domain::time::Timestamp;

/// What is erased.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The accounts, by id.
    pub accounts: Vec<String>,
    /// Their cases.
    pub cases: Vec<String>,
    /// What they wrote.
    pub posts: Vec<SubjectPost>,
    /// What we said to them, as ids of our posts.
    pub answers: Vec<String>,
    /// Texts by which their raw deliveries are found: ids and names, as they stand in JSON.
    pub needles: Vec<String>,
}

/// Takes everything in `scope` away. What must not come in again is noted by [`note`].
pub async fn erase(tx: &mut Tx, scope: &Scope, now: Timestamp) -> Result<(), StoreError> {
    let mut script = Script::of(tx, "erasing a person");
    texts(&mut script, scope)?;
    posts(&mut script, scope)?;
    sendings(&mut script, scope, now)?;
    cases(&mut script, &scope.cases, now)?;
    survey::erase(&mut script, &each(&scope.cases))?;
    survey::forget_replies(&mut script, &scope.posts.iter().map(|p| (&p.id,)).collect::<Vec<_>>())?;
    identities(&mut script, scope, now)?;
    raw(&mut script, scope)?;
    script.run(tx).await?;
    // Files of ours to them, whose words are gone now: else their bytes would outlast the sweep of the files.
    loop {
        let lost = enclosed::lost(tx).await?;
        if lost.is_empty() {
            return Ok(());
        }
        enclosed::drop_lost(tx, &lost).await?;
    }
}

/// Words and files.
fn texts(script: &mut Script, scope: &Scope) -> Result<(), StoreError> {
    let what = "erasing words";
    let mentions: Vec<(&String,)> = scope.posts.iter().filter(|p| p.seq > 0).map(|p| (&p.id,)).collect();
    attachment::remove(script, &mentions)?;
    let sql = list!(script, "DELETE FROM content WHERE subject IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &each(&scope.accounts))?;
    if scope.accounts.is_empty() {
        // Single posts, of authors who stay.
        let sql = list!(
            script,
            "DELETE FROM content WHERE kind IN ('mention', 'thread_post') AND EXISTS (SELECT 1 FROM",
            "WHERE content.id LIKE (j.value->>0) || '/%')"
        );
        script.add(what, sql, &mentions)?;
    }
    translation::forget(script, &mentions)?;
    let sql = list!(script, "DELETE FROM content WHERE id IN (SELECT j.value->>0 || '/1' FROM", ")");
    script.add(what, sql, &each(&scope.answers))?;
    let sql = list!(
        script,
        "DELETE FROM content WHERE id IN (SELECT 'line/' || (j.value->>0) || '/action' FROM",
        ")"
    );
    script.add(what, sql, &each(&scope.cases))?;
    // Mails that have not left may hold an example of theirs; they are made anew.
    let sql = list!(
        script,
        "DELETE FROM published WHERE sent_at IS NULL AND kind = 'failure_demand' AND EXISTS (SELECT 1 FROM",
        ")"
    );
    script.add(what, sql, &each(&scope.cases))?;
    let sql = list!(script, "DELETE FROM draft WHERE case_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &each(&scope.cases))?;
    let sql = list!(script, "DELETE FROM draft_beside WHERE case_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &each(&scope.cases))?;
    // Their own rows of the ledger of helpers go; where they had asked, it is no longer known who did.
    let sql = list!(script, "DELETE FROM helper_answer WHERE helper_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &each(&scope.accounts))?;
    let sql = list!(
        script,
        "UPDATE helper_answer SET asker_id = '' WHERE asker_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add(what, sql, &each(&scope.accounts))?;
    // Under which other names they were known goes with them.
    let sql = list!(script, "DELETE FROM author_alias WHERE author_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &each(&scope.accounts))?;
    // What was said of them goes with them.
    let sql = list!(script, "DELETE FROM author_label WHERE author_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &each(&scope.accounts))?;
    // What they say is not collected for what was said of them; what others said in their thread still is.
    let sql = list!(
        script,
        "UPDATE collecting SET until_ms = set_at WHERE scope = 'author' AND author_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add(what, sql, &each(&scope.accounts))?;
    threads(script, scope)
}

/// Posts of theirs that only show what others talk about, and what is known of their account.
fn threads(script: &mut Script, scope: &Scope) -> Result<(), StoreError> {
    let what = "erasing";
    let beside = [
        list!(
            script,
            "DELETE FROM mention_handle WHERE mention_id IN (SELECT t.id FROM",
            "JOIN thread_post t ON t.author_id = j.value->>0)"
        ),
        list!(
            script,
            "DELETE FROM recheck WHERE post_id IN (SELECT t.id FROM",
            "JOIN thread_post t ON t.author_id = j.value->>0)"
        ),
        list!(script, "UPDATE author SET away = NULL, away_at = NULL FROM", "WHERE author.id = j.value->>0"),
    ];
    for sql in beside {
        script.add(what, sql, &each(&scope.accounts))?;
    }
    let sql = list!(script, "DELETE FROM thread_post WHERE author_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &each(&scope.accounts))
}

/// What stands beside the words of posts.
fn posts(script: &mut Script, scope: &Scope) -> Result<(), StoreError> {
    posts_of(script, &scope.posts.iter().map(|p| (&p.id, p.seq)).collect::<Vec<_>>())
}

/// The same for posts by id and number in the search index.
pub(super) fn posts_of(script: &mut Script, ids: &[(&String, i64)]) -> Result<(), StoreError> {
    let what = "erasing what is known of posts";
    let sql = search_away(script);
    script.add(what, sql, ids)?;
    let sql = list!(
        script,
        "UPDATE judgement SET reasons = '[]', personal_data = '[]' FROM",
        "WHERE judgement.mention_id = j.value->>0"
    );
    script.add(what, sql, ids)?;
    let sql = list!(script, "DELETE FROM mention_handle WHERE mention_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, ids)?;
    let sql = list!(script, "DELETE FROM recheck WHERE post_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, ids)
}

fn search_away(script: &Script) -> &'static str {
    script.pick(
        "DELETE FROM search WHERE rowid IN
            (SELECT CAST(j.value->>1 AS INTEGER) FROM jsonb_each($1) AS j WHERE CAST(j.value->>1 AS INTEGER) > 0)",
        "DELETE FROM search WHERE seq IN
            (SELECT CAST(j.value->>1 AS BIGINT) FROM jsonb_array_elements($1::jsonb) AS j(value))",
    )
}

/// What waits is not sent; what was sent is known by its state alone; cards say what is left.
fn sendings(script: &mut Script, scope: &Scope, now: Timestamp) -> Result<(), StoreError> {
    let what = "erasing what was to be sent";
    let sql = list!(
        script,
        "UPDATE action SET state = 'cancelled', settled_at = $2, token = action.token + 1, lease_until = NULL,
            detail = '' FROM",
        "WHERE action.case_id = j.value->>0 AND action.state IN ('held', 'ready', 'claimed', 'by_hand')
           AND (action.kind IN ('reply', 'moderate', 'ticket_create')
             OR (action.kind = 'ticket_note' AND action.payload NOT LIKE '%\"erased\"%'))"
    );
    script.add_at(what, sql, &each(&scope.cases), now)?;
    // What it answers would tell who it was; what is still unknown is for a person to look at.
    let sql = list!(
        script,
        "UPDATE action SET detail = '', look_at = NULL, answers_id = NULL,
            payload = CASE WHEN state IN ('sending', 'unknown') THEN payload ELSE '{}' END FROM",
        "WHERE action.case_id = j.value->>0 AND action.kind IN ('reply', 'moderate')"
    );
    script.add(what, sql, &each(&scope.cases))?;
    for sql in whys(script) {
        script.add(what, sql, &each(&scope.cases))?;
    }
    let sql = script.pick(
        "UPDATE chat_card SET stale_at = $2 WHERE (credential, chat, message) IN
            (SELECT o.credential, o.chat, o.message FROM jsonb_each($1) AS j
             JOIN chat_card_case o ON o.case_id = j.value->>0)",
        "UPDATE chat_card SET stale_at = $2 WHERE (credential, chat, message) IN
            (SELECT o.credential, o.chat, o.message FROM jsonb_array_elements($1::jsonb) AS j(value)
             JOIN chat_card_case o ON o.case_id = j.value->>0)",
    );
    script.add_at(what, sql, &each(&scope.cases), now)
}

/// Takes away why something of a case was not sent, which may repeat words or an address, and why a post was moderated.
/// What is still unknown is for a person to look at, and by why something is held it is known what a restore held.
pub(super) fn whys(script: &Script) -> [&'static str; 3] {
    [
        list!(
            script,
            "UPDATE action SET detail = '' WHERE state NOT IN ('held', 'sending', 'unknown')
                AND case_id IN (SELECT j.value->>0 FROM",
            ")"
        ),
        script.pick(
            "UPDATE action SET payload = json_remove(payload, '$.reason')
             WHERE kind = 'moderate' AND state NOT IN ('sending', 'unknown')
                AND case_id IN (SELECT j.value->>0 FROM jsonb_each($1) AS j)",
            "UPDATE action SET payload = (payload::jsonb - 'reason')::text
             WHERE kind = 'moderate' AND state NOT IN ('sending', 'unknown')
                AND case_id IN (SELECT j.value->>0 FROM jsonb_array_elements($1::jsonb) AS j(value))",
        ),
        list!(
            script,
            "UPDATE attempt SET detail = '' WHERE action_id IN (SELECT a.id FROM",
            "JOIN action a ON a.case_id = j.value->>0)"
        ),
    ]
}

/// What people wrote about a case in a few words, and where tickets stand.
pub(super) fn cases(script: &mut Script, cases: &[String], now: Timestamp) -> Result<(), StoreError> {
    let (what, cases) = ("erasing what cases tell", each(cases));
    let sql = list!(
        script,
        "UPDATE cases SET ended_why = CASE WHEN ended_why IS NULL THEN NULL ELSE '' END, forgotten_at = $2 FROM",
        "WHERE cases.id = j.value->>0"
    );
    script.add_at(what, sql, &cases, now)?;
    let sql = script.pick(
        "UPDATE case_event SET body = json_remove(body, '$.reason', '$.evidence')
         WHERE case_id IN (SELECT j.value->>0 FROM jsonb_each($1) AS j)",
        "UPDATE case_event SET body = (body::jsonb - 'reason' - 'evidence')::text
         WHERE case_id IN (SELECT j.value->>0 FROM jsonb_array_elements($1::jsonb) AS j(value))",
    );
    script.add(what, sql, &cases)?;
    let sql =
        list!(script, "UPDATE guard_pass SET reason = '' WHERE case_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &cases)?;
    let sql =
        list!(script, "UPDATE handover SET reach_why = '' WHERE case_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &cases)?;
    super::about::forget(script, &cases, now)?;
    let sql = list!(script, "DELETE FROM handover_join WHERE from_case IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &cases)?;
    let sql = list!(
        script,
        "UPDATE protocol SET again_at = NULL, open = 0, state = CASE WHEN state = 'proposed' THEN 'declined'
            WHEN open = 1 THEN 'ended' ELSE state END WHERE case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add(what, sql, &cases)?;
    // What was answered to programs may hold it.
    let sql = list!(
        script,
        "DELETE FROM api_once WHERE status > 0 AND EXISTS (SELECT 1 FROM",
        "WHERE api_once.body LIKE '%' || (j.value->>0) || '%')"
    );
    script.add(what, sql, &cases)?;
    // What is said of a file of ours names the file alone.
    let sql = list!(
        script,
        "DELETE FROM api_once WHERE status > 0 AND EXISTS (SELECT 1 FROM",
        "JOIN cases k ON k.id = j.value->>0 JOIN answer_file f ON f.brand_id = k.brand_id AND f.case_id = k.id
         WHERE api_once.body LIKE '%' || f.id || '%')"
    );
    script.add(what, sql, &cases)
}

/// What platforms call posts, threads and accounts: it tells who they are as well as a name would.
fn identities(script: &mut Script, scope: &Scope, now: Timestamp) -> Result<(), StoreError> {
    let what = "erasing what platforms call it";
    let named: Vec<(&String, &String, &String, String)> = scope
        .posts
        .iter()
        .map(|p| (&p.external_id, &p.platform, &p.authority, format!("erased/{}", p.id)))
        .collect();
    let sql = list!(
        script,
        "UPDATE mention SET in_reply_to = j.value->>3 FROM",
        "WHERE mention.in_reply_to = j.value->>0 AND mention.platform = j.value->>1"
    );
    script.add(what, sql, &named)?;
    let sql = list!(
        script,
        "UPDATE own_post SET in_reply_to = j.value->>3 FROM",
        "WHERE own_post.in_reply_to = j.value->>0 AND own_post.platform = j.value->>1"
    );
    script.add(what, sql, &named)?;
    let sql = list!(
        script,
        "UPDATE thread_post SET in_reply_to = j.value->>3 FROM",
        "WHERE thread_post.in_reply_to = j.value->>0 AND thread_post.platform = j.value->>1"
    );
    script.add(what, sql, &named)?;
    quotes(script, &named)?;
    let sql = list!(
        script,
        "UPDATE conversation SET external_key = 'erased/' || conversation.id FROM",
        "WHERE conversation.external_key = j.value->>0 AND conversation.platform = j.value->>1
           AND conversation.authority = j.value->>2"
    );
    script.add(what, sql, &named)?;
    let sql = list!(
        script,
        "UPDATE conversation SET external_key = 'erased/' || conversation.id WHERE id IN
            (SELECT m.conversation_id FROM",
        "JOIN mention m ON m.id = j.value->>0 WHERE m.private = 1)"
    );
    let ids: Vec<(&String,)> = scope.posts.iter().map(|p| (&p.id,)).collect();
    script.add(what, sql, &ids)?;
    // Talks that were joined to a case of theirs, also where only we have said something in them.
    let sql = list!(
        script,
        "UPDATE conversation SET external_key = 'erased/' || conversation.id
         WHERE merged_into IS NOT NULL AND merged_as IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add(what, sql, &each(&scope.accounts))?;
    let sql = list!(
        script,
        "UPDATE mention SET external_id = 'erased/' || mention.id, authority = '', lang_tag = '', quotes = NULL FROM",
        "WHERE mention.id = j.value->>0"
    );
    script.add(what, sql, &ids)?;
    let sql = list!(
        script,
        "UPDATE author SET external_id = 'erased/' || author.id, authority = '', followers = NULL, erased_at = $2 FROM",
        "WHERE author.id = j.value->>0"
    );
    script.add_at(what, sql, &each(&scope.accounts), now)
}

/// What quotes a post names it as well.
fn quotes(script: &mut Script, named: &[(&String, &String, &String, String)]) -> Result<(), StoreError> {
    let what = "erasing what quotes it";
    let sql = list!(
        script,
        "UPDATE mention SET quotes = j.value->>3 FROM",
        "WHERE mention.quotes = j.value->>0 AND mention.platform = j.value->>1"
    );
    script.add(what, sql, named)?;
    let sql = list!(
        script,
        "UPDATE own_post SET quotes = j.value->>3 FROM",
        "WHERE own_post.quotes = j.value->>0 AND own_post.platform = j.value->>1"
    );
    script.add(what, sql, named)?;
    let sql = list!(
        script,
        "UPDATE thread_post SET quotes = j.value->>3 FROM",
        "WHERE thread_post.quotes = j.value->>0 AND thread_post.platform = j.value->>1"
    );
    script.add(what, sql, named)
}

/// Raw deliveries, settled ones, and where they stood: by what they became, and by ids and names that stand in them.
fn raw(script: &mut Script, scope: &Scope) -> Result<(), StoreError> {
    let what = "erasing raw deliveries";
    let ids: Vec<(&String,)> =
        scope.posts.iter().map(|p| (&p.id,)).chain(scope.answers.iter().map(|a| (a,))).collect();
    let sql = list!(
        script,
        "UPDATE inbox SET body = NULL, place = '', why = CASE WHEN verdict = 'quarantined' THEN '' ELSE why END
         WHERE body IS NOT NULL AND verdict IS NOT NULL AND post_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add(what, sql, &ids)?;
    let sql = script.pick(
        "UPDATE inbox SET body = NULL, place = '', why = CASE WHEN verdict = 'quarantined' THEN '' ELSE why END
         WHERE body IS NOT NULL AND verdict IS NOT NULL AND EXISTS
            (SELECT 1 FROM jsonb_each($1) AS j WHERE instr(inbox.body, CAST(j.value->>0 AS BLOB)) > 0)",
        "UPDATE inbox SET body = NULL, place = '', why = CASE WHEN verdict = 'quarantined' THEN '' ELSE why END
         WHERE body IS NOT NULL AND verdict IS NOT NULL AND EXISTS
            (SELECT 1 FROM jsonb_array_elements($1::jsonb) AS j(value)
             WHERE position(convert_to(j.value->>0, 'UTF8') IN inbox.body) > 0)",
    );
    script.add(what, sql, &each(&scope.needles))
}

/// What must not come in again: hashes of posts and of accounts, until an instant.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// Hashes of posts.
    pub posts: Vec<String>,
    /// Hashes of accounts.
    pub accounts: Vec<String>,
}

/// Makes a key for the hashes current, if there is none yet.
pub async fn put_key(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ('gone_key', $1) ON CONFLICT (name) DO NOTHING";
    query(sql).bind(key).run(tx).await.map(|_| ()).during("making a key")
}

/// Notes what must not come in again.
pub async fn note(tx: &mut Tx, noted: &Noted, now: Timestamp, until: Timestamp) -> Result<(), StoreError> {
    let what = "noting what was erased";
    let rows = |hashes: &[String]| -> Vec<(String, i64, i64)> {
        hashes.iter().map(|h| (h.clone(), now.millis(), until.millis())).collect()
    };
    let sql = list!(
        tx,
        "INSERT INTO gone (hash, at, until_ms, why)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), 'erased' FROM",
        "WHERE true ON CONFLICT (hash) DO UPDATE SET until_ms = excluded.until_ms, why = excluded.why"
    );
    bulk::run(tx, what, sql, &rows(&noted.posts)).await?;
    let sql = list!(
        tx,
        "INSERT INTO erased_account (hash, at, until_ms)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (hash) DO UPDATE SET at = excluded.at, until_ms = excluded.until_ms"
    );
    bulk::run(tx, what, sql, &rows(&noted.accounts)).await
}

/// Writes down that somebody was erased, without who it was.
pub async fn record(tx: &mut Tx, id: &str, by: &str, counts: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO erasure_done (id, at, done_by, counts) VALUES ($1, $2, $3, $4)";
    query(sql)
        .bind(id)
        .bind(now.millis())
        .bind(by)
        .bind(counts)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing an erasure down")
}

/// The latest erasures: when, by whom, how much.
pub async fn latest(tx: &mut Tx) -> Result<Vec<(i64, String, String)>, StoreError> {
    let sql = "SELECT at, done_by, counts FROM erasure_done ORDER BY at DESC, id LIMIT 20";
    query(sql).all(tx).await.during("reading erasures")
}

/// Makes what was taken away unreadable in the files: the search index is written anew without it, and the
/// write-ahead log is emptied. On PostgreSQL tables are written anew, one after another: see [`super::sweep`].
///
/// # Errors
/// The database's. A reader who takes long keeps the log from being emptied; that is told as `false`.
pub async fn sweep_files(db: &Db) -> Result<bool, StoreError> {
    const WHAT: &str = "emptying what was erased out of the files";
    let Db::Sqlite { writer, .. } = db else { return Ok(true) };
    db.write(WHAT, |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO search (search) VALUES ('optimize')";
            query(sql).run(tx).await.map(|_| ()).during(WHAT)
        })
    })
    .await?;
    writer.empty_log().await.during(WHAT)
}
