//! Answers on their way out: the outbox's worker for each account that can answer, and the word to a
//! person where nobody can tell whether an answer was sent.
//!
//! Nothing is decided here about cases: what was done comes back through the inbox like any other
//! post of ours, in the transaction that records it.

mod order;
mod unknowns;

pub use self::unknowns::Teller;

use crate::catalogue::Current;
use crate::clock::{Chance, Clock, Mint};
use crate::domain::delivery::{Looked, Outcome, Repeat};
use crate::domain::enclosed::Called;
use crate::domain::file::Media;
use crate::domain::ids::InboxId;
use crate::domain::letter::{Letter, warning_of};
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::intake::OUTBOX;
use crate::outbox::{Deliver, Worker};
use crate::shutdown::Shutdown;
use crate::sources::reply::{GoingFile, Measure, Outgoing, PostRef};
use crate::sources::{Accounts, Source, practice};
use crate::store::answer::{self, OnItsWay};
use crate::store::inbox::Received;
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, attachment, enclosed};
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// How many answers of one account are under way at once.
const AT_ONCE: usize = 4;
/// How often it is looked whether somebody is to hear of an unknown.
const TELL_PERIOD: Span = Span::seconds(5);

/// What an action is about, as far as order matters: its case, and its post where it is a measure.
type About<'a> = (Option<&'a str>, Option<&'a str>);

/// How many of the first of these go at once: what is about one case goes one after the other, in the order it was made, so
/// that a customer reads our answers and a measure meets its reverse as somebody meant them. Measures about several posts of
/// a case, as of a thread that is collected, wait for nothing of each other.
fn at_once(about: &[About<'_>]) -> usize {
    let first = &about[..about.len().min(AT_ONCE)];
    let waits = |a: &About<'_>, b: &About<'_>| a.0 == b.0 && (a.1.is_none() || b.1.is_none() || a.1 == b.1);
    let again = |&n: &usize| first[n].0.is_some() && first[..n].iter().any(|before| waits(&first[n], before));
    (0..first.len()).find(again).unwrap_or(first.len())
}

/// Sends in the name of one account.
pub struct AnswerDeliver {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    source: Arc<dyn Source>,
    credential: String,
}

/// What an action asks for, as its payload says.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Payload {
    /// The key of the intent.
    pub key: String,
    /// How visible an answer is to be.
    pub visibility: String,
    /// The language of the answer.
    pub language: String,
    /// The reason with which the case is resolved once the answer stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve: Option<String>,
    /// What it is in a hand-over: `offer`, `private`, `reminder` or `survey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed: Option<String>,
    /// With how many files it was made; it never leaves with fewer, whatever became of their rows.
    pub files: usize,
    /// The measure of moderation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// The reason of the house rules for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// No person wrote it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// The subject of a first mail, to the address that the customer of another platform gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
}

impl AnswerDeliver {
    /// Sends by `source`, if it can answer.
    pub fn new(db: Db, clock: Arc<dyn Clock>, mint: Arc<Mint>, source: Arc<dyn Source>) -> Option<Self> {
        let credential = source.reply()?.credential().to_owned();
        Some(Self { db, clock, mint, source, credential })
    }

    async fn read(&self, actions: &[ActionRow]) -> Result<HashMap<String, OnItsWay>, StoreError> {
        let ids: Vec<String> = actions.iter().map(|a| a.id.clone()).collect();
        let source = self.source.name().to_owned();
        let found = self.db.read("reading what is to be sent", move |tx| {
            Box::pin(async move { answer::on_their_way(tx, &source, &ids).await })
        });
        Ok(found.await?.into_iter().map(|o| (o.action_id.clone(), o)).collect())
    }

    /// The files that go along, by action; of an action that has lost one there is no entry.
    async fn files(&self, actions: &[ActionRow]) -> Result<HashMap<String, Vec<GoingFile>>, StoreError> {
        let ids: Vec<String> = actions.iter().map(|a| a.id.clone()).collect();
        let mut all: HashMap<String, Vec<GoingFile>> =
            ids.iter().map(|id| (id.clone(), Vec::new())).collect();
        let found = self.db.read("reading files that go along", move |tx| {
            Box::pin(async move {
                let counts = enclosed::counts(tx, &ids).await?;
                let mut files = Vec::new();
                for row in enclosed::of_actions(tx, &ids).await? {
                    let bytes = attachment::bytes(tx, &row.digest).await?;
                    files.push((row.goes_with.clone(), going(&row, bytes)));
                }
                Ok((counts, files))
            })
        });
        let (counts, files) = found.await?;
        let rows: HashMap<String, i64> = counts.into_iter().collect();
        for (action, file) in files {
            if let (Some(list), Some(file)) = (all.get_mut(&action), file) {
                list.push(file);
            }
        }
        for action in actions {
            let of_it = rows.get(&action.id).copied().unwrap_or_default();
            let made_with = payload(action).files;
            // Words without the file that they speak of would be another answer.
            if all.get(&action.id).is_some_and(|list| !is_whole(list.len(), of_it, made_with)) {
                all.remove(&action.id);
            }
        }
        Ok(all)
    }
}

/// Whether all files are there that an answer was made with. The rows alone do not tell, for they go when their words
/// are gone; an intent from before its payload told the number has nothing but them.
fn is_whole(there: usize, rows: i64, made_with: usize) -> bool {
    there >= made_with && there as i64 == rows
}

/// A file as a connector sends it; nothing where its bytes are not whole.
fn going(row: &enclosed::FileOfOurs, bytes: Vec<u8>) -> Option<GoingFile> {
    let called: Called = serde_json::from_str(&row.body).unwrap_or_default();
    (bytes.len() as i64 == row.bytes).then_some(())?;
    Some(GoingFile {
        id: row.id.clone(),
        name: called.name,
        alt: called.alt,
        media: Media::from_mime(&row.media)?,
        size: row.width.zip(row.height),
        bytes: bytes.into(),
    })
}

impl Payload {
    /// Whether it goes by the private way of the account.
    fn is_private(&self) -> bool {
        matches!(self.handed.as_deref(), Some("private" | "survey"))
    }

    /// Whether no person wrote it.
    fn is_automatic(&self) -> bool {
        self.automatic || matches!(self.handed.as_deref(), Some("survey" | "reminder"))
    }
}

/// Why the platform does not take a private message any more: its window may have closed since it was written.
fn shut(source: &dyn Source, going: &Outgoing, found: &OnItsWay, now: Timestamp) -> Option<String> {
    // An approved template is what may be sent behind the window.
    let way = source.private().filter(|way| found.private == 1 && !way.is_approved(&going.text))?;
    let rule = way.window()?;
    rule.refusal(going.to.last_inbound, now, going.to.automatic)
}

const FILE_LOST: &str = "a file that goes along is no longer stored; nothing was sent, write the answer anew";
const ADDRESS_GONE: &str =
    "the mail address that the customer gave is no longer stored, or may not be written to";
const NO_WAY: &str = "the account has no private channel any more";

fn payload(action: &ActionRow) -> Payload {
    serde_json::from_str(&action.payload).unwrap_or_default()
}

/// A post as a connector needs it, from its row.
fn post_ref(o: &OnItsWay) -> PostRef {
    let json = |text: &Option<String>| -> serde_json::Value {
        text.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
    };
    PostRef {
        external_id: o.external_id.clone(),
        authority: o.authority.clone(),
        local_id: o.local_id.clone(),
        author_id: o.author_external_id.clone(),
        author_handle: json(&o.profile)["handle"].as_str().unwrap_or_default().to_owned(),
        visibility: visibility_of(&o.visibility, o.private),
        url: json(&o.body)["url"].as_str().map(ToOwned::to_owned),
        letter: Letter::stored(o.body.as_deref()),
        warning: warning_of(o.body.as_deref()),
        last_inbound: o.last_inbound.map(Timestamp),
        automatic: false,
    }
}

/// How visible a post is: as its platform says, else by whether only we can read it.
pub fn visibility_of(visibility: &str, private: i64) -> String {
    match (visibility, private) {
        ("", 0) => "public".to_owned(),
        ("", _) => "direct".to_owned(),
        (told, _) => told.to_owned(),
    }
}

/// To whom a first mail goes, with its subject; to nobody where the address is no longer kept.
fn first_mail(source: &dyn Source, o: &OnItsWay, subject: String) -> PostRef {
    let to = o.given.as_deref().and_then(|given| source.private()?.to_address(given));
    PostRef { letter: Some(Letter { subject, ..Letter::default() }), ..to.unwrap_or_default() }
}

fn outgoing(source: &dyn Source, action: &ActionRow, o: &OnItsWay) -> Outgoing {
    let payload = payload(action);
    let automatic = payload.is_automatic();
    let to = payload.mail.map_or_else(|| post_ref(o), |subject| first_mail(source, o, subject));
    Outgoing {
        action_id: action.id.clone(),
        key: payload.key,
        to: PostRef { automatic, ..to },
        text: o.text.clone().unwrap_or_default(),
        visibility: payload.visibility,
        language: payload.language,
        made_at: Timestamp(action.created_at),
        first_sent_at: o.first_sent_at.map(Timestamp),
        case_number: o.case_number,
        files: Vec::new(),
    }
}

async fn send(
    source: &dyn Source,
    action: &ActionRow,
    found: Option<&OnItsWay>,
    files: Option<&Vec<GoingFile>>,
    now: Timestamp,
) -> Outcome {
    let Some(reply) = source.reply() else {
        return Outcome::Refused { reason: "the account cannot answer any more".to_owned() };
    };
    let Some(found) = found else {
        return Outcome::Refused { reason: "what it is about is no longer stored".to_owned() };
    };
    let Some(files) = files else {
        return Outcome::Refused { reason: FILE_LOST.to_owned() };
    };
    let going = Outgoing { files: files.clone(), ..outgoing(source, action, found) };
    let payload = payload(action);
    if payload.mail.is_some() && going.to.author_id.is_empty() {
        return Outcome::Refused { reason: ADDRESS_GONE.to_owned() };
    }
    if payload.measure.is_none()
        && let Some(reason) = shut(source, &going, found, now)
    {
        return Outcome::Refused { reason };
    }
    match payload.measure {
        Some(measure) => reply.moderate(measure, &going, payload.reason.as_deref().unwrap_or_default()).await,
        None if going.text.is_empty() => {
            Outcome::Refused { reason: "its text is no longer stored".to_owned() }
        }
        None if payload.is_private() => match source.private() {
            Some(way) => way.send(&going).await,
            None => Outcome::Refused { reason: NO_WAY.to_owned() },
        },
        None => reply.send(&going).await,
    }
}

#[async_trait::async_trait]
impl Deliver for AnswerDeliver {
    fn credential(&self) -> &str {
        &self.credential
    }

    fn repeat(&self) -> Repeat {
        Repeat::Never
    }

    fn room(&self, ready: &[ActionRow], _now: Timestamp) -> usize {
        let measures = |a: &ActionRow| a.kind == order::MODERATE;
        let about: Vec<About<'_>> = ready
            .iter()
            .map(|a| (a.case_id.as_deref(), a.mention_id.as_deref().filter(|_| measures(a))))
            .collect();
        at_once(&about)
    }

    async fn schedule(&self, ready: &[ActionRow], now: Timestamp) -> Vec<Option<Timestamp>> {
        order::times(&self.db, ready, self.room(ready, now), now).await
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        let source = self.source.as_ref();
        let found = async { Ok::<_, StoreError>((self.read(actions).await?, self.files(actions).await?)) };
        let (found, files) = match found.await {
            Ok(found) => found,
            Err(error) => {
                // Nothing has been sent.
                let why = format!("the database did not answer: {error}");
                return vec![Outcome::Retry { after: None, why }; actions.len()];
            }
        };
        let one = |action: &ActionRow| {
            let (found, files) = (found.get(&action.id), files.get(&action.id));
            let action = action.clone();
            let now = self.clock.now();
            async move {
                // Much may have happened since they were marked: what has not begun does not begin.
                if let Some(held) = order::may_not_begin(&self.db, &action, self.clock.now()).await {
                    return held;
                }
                let goes_on = found.and_then(|o| o.goes_on_since(now));
                let call = send(source, &action, found, files, now);
                order::within(order::EACH, call).await.below_our_own(goes_on)
            }
        };
        join_all(actions.iter().map(one)).await
    }

    async fn look(&self, actions: &[ActionRow]) -> Vec<Looked> {
        let Some(reply) = self.source.reply() else { return Vec::new() };
        let Ok(found) = self.read(actions).await else { return Vec::new() };
        let one = |action: &ActionRow| {
            let going = found.get(&action.id).map(|o| outgoing(self.source.as_ref(), action, o));
            let payload = payload(action);
            let way = self.source.private().filter(|_| payload.is_private());
            async move {
                match (going, payload.measure) {
                    // A like or block taken twice is the same as once.
                    (Some(_), Some(measure)) if measure.is_same_twice() => {
                        Looked::Again { why: "taking this measure twice does no harm".to_owned() }
                    }
                    (Some(going), None) if payload.is_private() => match way {
                        Some(way) => way.look(&going).await,
                        None => Looked::Person { evidence: NO_WAY.to_owned() },
                    },
                    (Some(going), None) => reply.look(&going).await,
                    _ => Looked::Person { evidence: "nobody can look this up".to_owned() },
                }
            }
        };
        join_all(actions.iter().map(one)).await
    }

    async fn echo(
        &self,
        action: &ActionRow,
        remote_id: &str,
        at: Option<Timestamp>,
    ) -> Result<Option<Received>, StoreError> {
        let found = self.read(std::slice::from_ref(action)).await?;
        let (Some(reply), Some(o)) = (self.source.reply(), found.get(&action.id)) else { return Ok(None) };
        let payload = payload(action);
        if payload.measure.is_some() || remote_id.is_empty() {
            return Ok(None);
        }
        let now = self.clock.now();
        let way = self.source.private().filter(|_| payload.is_private());
        // A first mail stands below nothing, in the space that its mailbox's address names; the intent knows the case.
        let (platform, authority, parent) = match &payload.mail {
            Some(_) => (reply.platform().to_owned(), reply.account().id, None),
            None => (o.platform.clone(), o.authority.clone(), Some(o.external_id.clone())),
        };
        let letter = payload.mail.map(|subject| Letter { subject, ..Letter::default() });
        let post = RawPost {
            platform,
            authority: Some(authority).filter(|a| !a.is_empty()),
            external_id: remote_id.to_owned(),
            author: reply.account(),
            text: o.text.clone().unwrap_or_default(),
            created_at: at.unwrap_or(now).rfc3339(),
            kind: Some("comment".to_owned()),
            lang: Some(payload.language).filter(|l| !l.is_empty()),
            in_reply_to: parent,
            letter,
            conversation_id: way.and_then(|w| w.conversation_of(remote_id)),
            private: matches!(payload.visibility.as_str(), "private" | "direct"),
            visibility: Some(payload.visibility).filter(|v| !v.is_empty()),
            own: true,
            sample: self.source.kind() == practice::NAME,
            action: Some(action.id.clone()),
            ..RawPost::default()
        };
        Ok(Some(Received {
            id: self.mint.id(now, InboxId::new).to_string(),
            source: OUTBOX.to_owned(),
            place: action.id.clone(),
            received_at: now,
            // A `RawPost` holds texts, numbers and flags only, all of which JSON can write.
            body: serde_json::to_vec(&post).unwrap_or_default(),
        }))
    }
}

/// What answering is run with.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// The name of this process, as leases know it.
    pub owner: String,
    /// The accounts that can answer.
    pub accounts: Accounts,
    /// Brands and teams.
    pub catalogue: Current,
    /// Woken when there is something to send.
    pub outbox: Arc<Notify>,
    /// Wakes intake.
    pub intake: Arc<Notify>,
}

/// Starts a worker for each account, and the one who tells people of unknowns.
pub fn spawn(shutdown: &Shutdown, parts: &Parts) {
    let (all, practising) = (parts.accounts.all(), parts.accounts.practising());
    for account in all.iter().chain(&practising) {
        let (db, clock, mint) = (parts.db.clone(), parts.clock.clone(), parts.mint.clone());
        let Some(deliver) = AnswerDeliver::new(db.clone(), clock.clone(), mint, account.source.clone())
        else {
            continue;
        };
        let chance = Chance::from_system();
        let worker = Worker::new(db, clock, chance, parts.owner.clone(), Arc::new(deliver));
        worker.waking(parts.intake.clone()).spawn(shutdown, parts.outbox.clone());
    }
    let teller = Teller {
        db: parts.db.clone(),
        clock: parts.clock.clone(),
        mint: parts.mint.clone(),
        catalogue: parts.catalogue.clone(),
        outbox: parts.outbox.clone(),
    };
    let teller = Arc::new(teller);
    shutdown.spawn_every("telling of unknowns", TELL_PERIOD, move || {
        let teller = teller.clone();
        async move {
            teller.run_once().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "nobody could be told of unknown answers; it tries again");
                0
            })
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_all_files_that_it_was_made_with() {
        assert!(is_whole(0, 0, 0));
        assert!(is_whole(2, 2, 2));
        assert!(is_whole(2, 2, 0), "an intent that does not tell goes by the rows");
        assert!(!is_whole(1, 2, 0), "words or bytes are gone, the row is not");
        assert!(!is_whole(1, 1, 2), "the row is gone, too");
        assert!(!is_whole(0, 0, 1), "all rows are gone");
    }

    #[test]
    fn what_is_about_one_case_goes_one_after_the_other() {
        let (a, b, none) = ((Some("a"), None), (Some("b"), None), (None, None));
        assert_eq!(at_once(&[]), 0);
        assert_eq!(at_once(&[a, b, none, none, none]), AT_ONCE);
        assert_eq!(at_once(&[a, a, b]), 1);
        assert_eq!(at_once(&[a, b, b, a]), 2);
        assert_eq!(at_once(&[none, a, none, a]), 3);
        let (m, n) = ((Some("a"), Some("m")), (Some("a"), Some("n")));
        assert_eq!(at_once(&[m, n, m]), 2, "measures about two posts of a case");
        assert_eq!(at_once(&[m, a]), 1);
    }

    #[test]
    fn a_payload_from_before_tells_no_number() {
        let read = |text: &str| serde_json::from_str::<Payload>(text).map(|p| p.files).ok();
        assert_eq!(read(r#"{"key":"k","visibility":"public","language":"en"}"#), Some(0));
        assert_eq!(read(r#"{"key":"k","files":2}"#), Some(2));
    }
}
