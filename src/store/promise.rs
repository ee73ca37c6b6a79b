//! What was promised to customers beside what a policy promises. Each has a clock of its own among the
//! obligations of the case, by the same wait; its words are content.

use super::query::query;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::customer::Customer;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

row! {
    /// One promise as stored.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct PromiseRow {
        /// The case.
        pub case_id: String,
        /// The wait of its clock.
        pub wait: i64,
        /// The brand.
        pub brand_id: String,
        /// Who owes it: `webcare`, `front_office`, or a team by name.
        pub owed_by: String,
        /// Who wrote it down.
        pub made_by: String,
        /// When.
        pub made_at: i64,
        /// What is to be done, a code of [`crate::domain::promise::Act`]; empty where nobody said.
        pub act: String,
        /// Where it was made: `person` wrote it down, in an `answer`, told by the `customer`, on a `ticket`.
        pub origin: String,
        /// The link to the ticket whose due date it is.
        pub link_id: Option<String>,
        /// The answer in which it was made.
        pub action_id: Option<String>,
        /// Its own name, which stays when it goes to another case.
        pub id: String,
        /// The content that holds its words.
        pub words_id: String,
        /// What became of that answer: nothing known yet, `said`, `unsaid` (it may yet go), `gone`.
        pub answer: Option<String>,
        /// To whom it is made, a code of [`crate::domain::promise::whom::ToWhom`].
        pub to_whom: String,
    }
}

/// The columns of a promise: one that was written down before it had a name is named after case and wait.
macro_rules! columns {
    () => {
        "p.case_id, p.wait, p.brand_id, p.owed_by, p.made_by, p.made_at, p.act, p.origin, p.link_id, p.action_id,
            COALESCE(p.id, 'prm_' || substr(p.case_id, 5) || '_' || p.wait) AS id,
            COALESCE(p.words_id, p.case_id || '/promise/' || p.wait) AS words_id, p.answer, p.to_whom"
    };
}

row! {
    /// One try to call a customer back.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TryRow {
        /// The case.
        pub case_id: String,
        /// The wait of the promise.
        pub wait: i64,
        /// The how-manieth try, from 1.
        pub n: i64,
        /// The brand.
        pub brand_id: String,
        /// When.
        pub at: i64,
        /// Who called.
        pub person_id: String,
        /// Whether they were reached.
        pub reached: i64,
        /// When it is to be tried again.
        pub next_at: Option<i64>,
    }
}

/// Whom to call, and by which number; kept as content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Call {
    /// The number, as it was given in private.
    pub number: String,
    /// Who is to be called, where it is not who wrote.
    pub whom: String,
}

impl Call {
    /// Reads what was kept.
    pub fn of(body: &str) -> Self {
        serde_json::from_str(body).unwrap_or_default()
    }
}

impl PromiseRow {
    /// The name of a promise that begins in a case, and the content of its words.
    pub fn named(case_id: &str, wait: i64) -> (String, String) {
        let bare = case_id.get(4..).unwrap_or(case_id);
        (format!("prm_{bare}_{wait}"), format!("{case_id}/promise/{wait}"))
    }

    /// The content that holds its words.
    pub fn content_id(&self) -> String {
        self.words_id.clone()
    }

    /// The content that holds whom to call.
    pub fn call_id(&self) -> String {
        format!("{}/call", self.content_id())
    }

    /// The content that says to whom it is made, where that is neither who wrote nor the customer.
    pub fn whom_id(&self) -> String {
        format!("{}/whom", self.content_id())
    }

    /// Whom to call, and by which number: what was said of the call, and what is missing of that from the customer where
    /// it is promised to somebody else than who wrote.
    pub fn call(&self, said: Call, customer: Option<&Customer>) -> Call {
        let Some(customer) = customer.filter(|_| self.to_whom == "customer") else { return said };
        let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
        // Who is said by name is called by the number that was said for them.
        let number = if said.whom.is_empty() { or(said.number, &customer.phone) } else { said.number };
        Call { number, whom: or(said.whom, &customer.name) }
    }

    /// Whether it is a call back.
    pub fn is_call(&self) -> bool {
        self.act == "call"
    }
}

/// Writes a promise down.
pub async fn put(tx: &mut Tx, p: &PromiseRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO promise (case_id, wait, brand_id, owed_by, made_by, made_at, act, origin, link_id,
            action_id, id, words_id, to_whom)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    query(sql)
        .bind(&p.case_id)
        .bind(p.wait)
        .bind(&p.brand_id)
        .bind(&p.owed_by)
        .bind(&p.made_by)
        .bind(p.made_at)
        .bind(&p.act)
        .bind(&p.origin)
        .bind(&p.link_id)
        .bind(&p.action_id)
        .bind(&p.id)
        .bind(&p.words_id)
        .bind(&p.to_whom)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a promise down")
}

/// The promises of a case, in the order in which they were made.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<PromiseRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM promise p WHERE p.case_id = $2 AND p.brand_id = $1 ORDER BY p.wait"
    );
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the promises of a case")
}

row! {
    /// A promise that still runs.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OwedRow {
        /// The case.
        pub case_id: String,
        /// The wait of its clock.
        pub wait: i64,
        /// When it is due.
        pub due_at: i64,
        /// Who owes it.
        pub owed_by: String,
        /// What is to be done, a code.
        pub act: String,
    }
}

/// The promises that still run of these cases, each with its brand, the earliest first.
pub async fn running(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<OwedRow>, StoreError> {
    let what = "reading which promises run";
    let text = json(what, cases)?;
    let sql = list!(
        tx,
        "SELECT p.case_id, p.wait, o.due_at, p.owed_by, p.act FROM",
        "CROSS JOIN promise p JOIN obligation o ON o.case_id = p.case_id AND o.wait = p.wait
         WHERE p.brand_id = j.value->>0 AND p.case_id = j.value->>1 AND o.kind = 'promise' AND o.ended_at IS NULL
         ORDER BY o.due_at, p.case_id, p.wait"
    );
    query(sql).bind(text).all(tx).await.during(what)
}

/// The promises of a tied ticket, in whatever case they are now.
pub async fn of_link(tx: &mut Tx, brand_id: &str, link_id: &str) -> Result<Vec<PromiseRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM promise p WHERE p.link_id = $2 AND p.brand_id = $1 ORDER BY p.case_id, p.wait"
    );
    query(sql).bind(brand_id).bind(link_id).all(tx).await.during("reading the promises of a ticket")
}

/// Cases with promises whose answer came to something that the promise does not know of: brand, case.
pub async fn to_follow(tx: &mut Tx, limit: i64) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT DISTINCT p.brand_id, p.case_id FROM promise p JOIN action a ON a.id = p.action_id
         WHERE p.action_id IS NOT NULL AND (p.answer IS NULL OR p.answer = 'unsaid')
           AND ((p.answer IS NULL AND a.state IN ('refused', 'cancelled', 'done'))
             OR (p.answer = 'unsaid' AND a.state <> 'refused')) LIMIT $1";
    query(sql).bind(limit).all(tx).await.during("looking for promises whose answer ended")
}

/// How the answers stand in which promises of a case were made: wait, state, what is known.
pub async fn answers_of(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Vec<(i64, String, String)>, StoreError> {
    let sql = "SELECT p.wait, a.state, a.detail FROM promise p JOIN action a ON a.id = p.action_id
         WHERE p.case_id = $2 AND p.brand_id = $1 AND (p.answer IS NULL OR p.answer = 'unsaid') ORDER BY p.wait";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading how answers with promises stand")
}

/// Notes what became of the answer in which a promise was made; nothing while it may still go.
pub async fn set_answer(
    tx: &mut Tx,
    brand_id: &str,
    (case_id, wait): (&str, i64),
    answer: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE promise SET answer = $4 WHERE brand_id = $1 AND case_id = $2 AND wait = $3";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(wait)
        .bind(answer)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting what became of an answer with a promise")
}

/// A promise goes to another case, with its tries to call and with what fell due of it.
pub async fn carry(tx: &mut Tx, row: &PromiseRow, (into_case, wait): (&str, i64)) -> Result<(), StoreError> {
    let what = "carrying a promise to another case";
    let sql =
        "UPDATE promise SET case_id = $3, wait = $4, id = $5, words_id = $6 WHERE case_id = $1 AND wait = $2";
    query(sql)
        .bind(&row.case_id)
        .bind(row.wait)
        .bind(into_case)
        .bind(wait)
        .bind(&row.id)
        .bind(&row.words_id)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let sql = "UPDATE call_try SET case_id = $3, wait = $4 WHERE case_id = $1 AND wait = $2";
    query(sql)
        .bind(&row.case_id)
        .bind(row.wait)
        .bind(into_case)
        .bind(wait)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    carry_stages(tx, (&row.case_id, row.wait), (into_case, wait)).await
}

/// What fell due of a wait goes with it to another case.
pub async fn carry_stages(
    tx: &mut Tx,
    (case_id, was): (&str, i64),
    (into_case, wait): (&str, i64),
) -> Result<(), StoreError> {
    let sql = "UPDATE clock_event SET case_id = $3, wait = $4 WHERE case_id = $1 AND wait = $2";
    query(sql)
        .bind(case_id)
        .bind(was)
        .bind(into_case)
        .bind(wait)
        .run(tx)
        .await
        .map(|_| ())
        .during("carrying what fell due to another case")
}

/// Notes that a promise went to another case with a conversation.
pub async fn note_move(
    tx: &mut Tx,
    row: &PromiseRow,
    (conversation_id, into_case): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO promise_move (promise_id, n, brand_id, conversation_id, from_case, case_id, at)
         SELECT $1, COALESCE(MAX(m.n), 0) + 1, $2, $3, $4, $5, $6 FROM promise_move m WHERE m.promise_id = $1";
    query(sql)
        .bind(&row.id)
        .bind(&row.brand_id)
        .bind(conversation_id)
        .bind(&row.case_id)
        .bind(into_case)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting where a promise went")
}

/// Takes note that a conversation leaves a case again; gives the promises that had come with it.
pub async fn undo_moves(
    tx: &mut Tx,
    brand_id: &str,
    (case_id, conversation_id): (&str, &str),
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let sql = "UPDATE promise_move SET undone_at = $4
         WHERE brand_id = $1 AND case_id = $2 AND conversation_id = $3 AND undone_at IS NULL RETURNING promise_id";
    let found: Vec<(String,)> = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(conversation_id)
        .bind(now.millis())
        .all(tx)
        .await
        .during("noting that promises go back")?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Writes one try to call.
pub async fn add_try(tx: &mut Tx, t: &TryRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO call_try (case_id, wait, n, brand_id, at, person_id, reached, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    query(sql)
        .bind(&t.case_id)
        .bind(t.wait)
        .bind(t.n)
        .bind(&t.brand_id)
        .bind(t.at)
        .bind(&t.person_id)
        .bind(t.reached)
        .bind(t.next_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a try to call")
}

/// The tries to call of a case, in their order.
pub async fn tries_of(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<TryRow>, StoreError> {
    let sql = "SELECT * FROM call_try WHERE case_id = $2 AND brand_id = $1 ORDER BY wait, n";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the tries to call of a case")
}

row! {
    /// One part of a promise's clock that was due.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DueRow {
        /// The brand by name.
        pub brand: String,
        /// The case's short number.
        pub number: i64,
        /// Who owes it.
        pub owed_by: String,
        /// What is to be done, a code.
        pub act: String,
        /// Where it was made.
        pub origin: String,
        /// To whom.
        pub to_whom: String,
        /// When it was due.
        pub due_at: i64,
        /// When it ended.
        pub ended_at: Option<i64>,
        /// How it stands.
        pub state: String,
        /// What ended it.
        pub ended_by: Option<String>,
    }
}

/// The promises that were due in `[from, to)`, by brand, who owes them, and case. An empty list of brands means all.
pub async fn due(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<DueRow>, StoreError> {
    let what = "reading which promises were due";
    let sql = tx.pick(
        "SELECT b.name AS brand, k.number, p.owed_by, p.act, p.origin, p.to_whom, o.due_at, o.ended_at, o.state, o.ended_by
         FROM promise p JOIN obligation o ON o.case_id = p.case_id AND o.wait = p.wait
         JOIN cases k ON k.id = p.case_id AND k.brand_id = p.brand_id JOIN brand b ON b.id = k.brand_id
         WHERE o.due_at >= $2 AND o.due_at < $3 AND k.sample = 0 AND k.historic = 0
           AND (o.ended_by IS NULL
            OR o.ended_by NOT IN ('moved', 'answer_unsent', 'answer_sent_again', 'answer_undone'))
           AND ($1 = '[]' OR p.brand_id IN (SELECT value FROM json_each($1)))
         ORDER BY b.name, p.owed_by, k.number, o.wait, o.part",
        "SELECT b.name AS brand, k.number, p.owed_by, p.act, p.origin, p.to_whom, o.due_at, o.ended_at, o.state, o.ended_by
         FROM promise p JOIN obligation o ON o.case_id = p.case_id AND o.wait = p.wait
         JOIN cases k ON k.id = p.case_id AND k.brand_id = p.brand_id JOIN brand b ON b.id = k.brand_id
         WHERE o.due_at >= $2 AND o.due_at < $3 AND k.sample = 0 AND k.historic = 0
           AND (o.ended_by IS NULL
            OR o.ended_by NOT IN ('moved', 'answer_unsent', 'answer_sent_again', 'answer_undone'))
           AND ($1 = '[]' OR p.brand_id IN (SELECT jsonb_array_elements_text($1::jsonb)))
         ORDER BY b.name, p.owed_by, k.number, o.wait, o.part",
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}
