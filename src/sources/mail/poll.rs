//! Reading folders: a look at what stands behind the last number is the truth, and the server's own word
//! (IDLE) only makes the next look come sooner.
//!
//! Where a server tells of new mail by itself, a look waits for that, but never longer than its period: a
//! connection of which one half is dead would stay silent for ever, and of a folder that was made anew
//! under the same name no server tells. Where it does not tell, or hangs up again and again, the look
//! comes at its period. Each folder has a connection and a cursor of its own.

use super::super::{Batch, Poll, RawItem, SourceTrouble, TroubleState};
use super::cursor::{Ask, Cursor};
use super::imap::{Connection, Listed, Secret};
use super::read::Envelope;
use super::{Mail, PLATFORM};
use crate::domain::expiry::Expiry;
use crate::domain::time::{Span, Timestamp};
use async_trait::async_trait;
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a look waits for the server's word at most; far below the half hour after which servers hang up.
const IDLE_MAX: Span = Span::minutes(4);
/// Between two looks where the server tells by itself.
const BETWEEN: Span = Span::seconds(1);
/// A wait that breaks sooner than this was no wait.
const BROKE: Span = Span::seconds(10);
/// How long a server that hangs up in a wait is only looked at.
const NO_IDLE: Span = Span::minutes(10);
/// Most mails in one page, and most bytes.
const PAGE: usize = 25;
const PAGE_BYTES: u64 = 16 * 1024 * 1024;
/// How often a mail is asked for that the server does not give out, before its head alone is taken.
const ASKED_MAX: u32 = 3;
/// How often until one of which not even the head is given out is passed over.
const GIVEN_UP: u32 = 5;
/// How many others are asked for, on either side, to know that the server gives mails out at all.
const OTHERS: usize = 3;

/// What is held between looks.
#[derive(Debug, Default)]
pub struct Held {
    lines: Mutex<HashMap<String, Line>>,
    /// Of each folder the mail that the server did not give out last, by validity and number, and how often.
    kept_back: Mutex<HashMap<String, (u32, u32, u32)>>,
}

/// The connection of one folder.
#[derive(Debug, Default)]
struct Line {
    connection: Option<Connection>,
    /// Whether everything was read, so that the next look may wait.
    rests: bool,
    /// Until when the server is only looked at.
    no_idle_until: Option<Timestamp>,
    idles: bool,
}

impl Held {
    fn take(&self, folder: &str) -> Line {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = lines.get_mut(folder) else { return Line::default() };
        // While a look waits the folder goes on counting as one that waits by itself.
        let stays = Line { idles: held.idles, ..Line::default() };
        std::mem::replace(held, stays)
    }

    fn put(&self, folder: &str, line: Line) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned(), line);
    }

    /// Counts that the server did not give a mail out; tells how often by now.
    fn keeps_back(&self, folder: &str, (validity, uid): (u32, u32)) -> u32 {
        let mut all = self.kept_back.lock().unwrap_or_else(PoisonError::into_inner);
        let told = all.entry(folder.to_owned()).or_insert((validity, uid, 0));
        let before = if (told.0, told.1) == (validity, uid) { told.2 } else { 0 };
        *told = (validity, uid, before.saturating_add(1));
        told.2
    }

    /// Whether every folder that was read waits by itself.
    fn all_idle(&self) -> bool {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        !lines.is_empty() && lines.values().all(|l| l.idles)
    }
}

#[async_trait]
impl Poll for Mail {
    fn every(&self) -> Span {
        if self.held.all_idle() { BETWEEN } else { self.every }
    }

    fn streams(&self) -> Vec<String> {
        self.folders.iter().chain(&self.sent_folder).cloned().collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        if !self.streams().iter().any(|s| s == stream) {
            return Err(SourceTrouble::new(TroubleState::Broken, "there is no such folder in the settings"));
        }
        let mut line = self.held.take(stream);
        let now = self.clock.now();
        if let Some(connection) = line.connection.take() {
            let may = connection.idles && line.no_idle_until.is_none_or(|until| until <= now);
            line.connection = if line.rests && may {
                connection.idle(self.every.min(IDLE_MAX)).await
            } else {
                Some(connection)
            };
            if line.connection.is_none() {
                // Hanging up after a while is what servers do; at once is what broken ones do.
                let waited = self.clock.now().since(now);
                line.no_idle_until = (waited < BROKE).then(|| now.plus(NO_IDLE));
            }
        }
        let mut connection =
            if let Some(connection) = line.connection.take() { connection } else { self.opened().await? };
        line.idles = connection.idles && line.no_idle_until.is_none_or(|until| until <= now);
        let batch = self.page(&mut connection, stream, cursor).await?;
        line.rests = !batch.more;
        line.connection = Some(connection);
        self.held.put(stream, line);
        Ok(batch)
    }
}

impl Mail {
    /// A new connection; a token that tells its end is noted, and named where it is refused.
    pub(super) async fn opened(&self) -> Result<Connection, SourceTrouble> {
        const TOKEN: &str = "token in its file";
        self.tally.add(&self.credential);
        if let Secret::TokenFile(_) = &self.mailbox.secret
            && let Ok(word) = self.mailbox.secret.word()
        {
            self.grants.ends_as_told(TOKEN, word.expose_secret(), false);
        }
        self.mailbox.open().await.map_err(|mut trouble| {
            let over = |e: &Expiry| e.at <= self.clock.now();
            if trouble.state == TroubleState::NeedsToken
                && let Some(end) = self.grants.all_ends().iter().find(|e| over(e))
            {
                let ended = end.at.rfc3339();
                trouble.why = format!("the {TOKEN} ended at {ended}, and nobody has renewed it");
            }
            trouble
        })
    }

    /// One page of a folder.
    async fn page(
        &self,
        connection: &mut Connection,
        folder: &str,
        stored: Option<&str>,
    ) -> Result<Batch, SourceTrouble> {
        let now = self.clock.now();
        let opened = connection.examine(folder).await?;
        let cursor = Cursor::parse(stored);
        let ask = Ask::next(cursor.as_ref(), opened.validity, self.first(now));
        let found = ask.only(connection.search(&ask.query()).await?);
        let mut next = match (&ask, &cursor) {
            (Ask::Behind(_), Some(c)) => c.clone(),
            _ => {
                Cursor { validity: opened.validity, uid: 0, newest: cursor.as_ref().map_or(0, |c| c.newest) }
            }
        };
        let page = &found[..found.len().min(PAGE)];
        let listed = self.listed(connection, (folder, opened.validity), page).await?;
        let (mut items, mut bytes, mut whole) = (Vec::new(), 0_u64, true);
        for mail in &listed {
            let read = mail.size.min(self.bytes_max);
            if bytes > 0 && bytes + read > PAGE_BYTES {
                whole = false;
                break;
            }
            bytes += read;
            match self.one(connection, folder, opened.validity, mail, now).await {
                Ok(item) => items.extend(item),
                // What was read is kept, and the next look begins with the one that is not given out.
                Err(trouble) if says_no(&trouble) && !items.is_empty() => {
                    tracing::warn!(source = self.name, why = trouble.why, "a mail could not be read");
                    whole = false;
                    break;
                }
                Err(trouble) => return Err(trouble),
            }
            next.uid = mail.uid;
            next.newest = next.newest.max(mail.at.unwrap_or(now).min(now).millis());
        }
        let more = !whole || found.len() > page.len();
        if whole {
            // Those that are gone meanwhile are passed, too; and nothing before the next number is left.
            let last = page.last().copied().unwrap_or(0);
            let is_first = matches!(ask, Ask::Since(_)) && !more && found.is_empty();
            let behind = opened.next.filter(|_| is_first).map_or(0, |n| n.saturating_sub(1));
            next.uid = next.uid.max(last).max(behind);
        }
        let moved = Some(&next) != cursor.as_ref();
        Ok(Batch { items, cursor: next.stored().filter(|_| moved), more })
    }

    /// Sizes and times of a page. Where the server goes on refusing them, each mail is asked for by itself, and one that it
    /// refuses alone stands there without either.
    async fn listed(
        &self,
        connection: &mut Connection,
        (folder, validity): (&str, u32),
        page: &[u32],
    ) -> Result<Vec<Listed>, SourceTrouble> {
        let trouble = match connection.list(page).await {
            Err(trouble) if says_no(&trouble) => trouble,
            told => return told,
        };
        let first = page.first().copied().unwrap_or_default();
        if self.held.keeps_back(folder, (validity, first)) < ASKED_MAX {
            return Err(trouble);
        }
        let mut listed = Vec::new();
        for uid in page {
            match connection.list(&[*uid]).await {
                Ok(one) => listed.extend(one),
                Err(refused) if says_no(&refused) => listed.push(Listed { uid: *uid, size: 0, at: None }),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(listed)
    }

    /// One mail of a folder. One that the server does not give out, however often it is asked, is taken by its head alone:
    /// it must not hold up those behind it. One of which not even that is given out is kept for a person by its number.
    pub(super) async fn one(
        &self,
        connection: &mut Connection,
        folder: &str,
        validity: u32,
        mail: &Listed,
        now: Timestamp,
    ) -> Result<Option<RawItem>, SourceTrouble> {
        let too_large = mail.size > self.bytes_max;
        let place = format!("{folder}/{validity}/{}", mail.uid);
        let (mut found, mut kept_back) = (connection.mail(mail.uid, too_large).await, false);
        if let Err(trouble) = &found
            && says_no(trouble)
        {
            let asked = self.held.keeps_back(folder, (validity, mail.uid));
            if asked >= ASKED_MAX {
                tracing::warn!(
                    source = self.name,
                    why = trouble.why,
                    "a mail cannot be read; its head is asked for"
                );
                (found, kept_back) = (connection.mail(mail.uid, true).await, true);
            }
            if found.as_ref().is_err_and(says_no)
                && asked >= GIVEN_UP
                && gives_others(connection, mail.uid).await?
            {
                let why = format!(
                    "the mail server gives out neither this mail nor its head: UID {} of the folder '{folder}' (UIDVALIDITY {validity}); look at it in the mailbox",
                    mail.uid
                );
                return Ok(Some(RawItem::unmapped(place, PLATFORM, &why, "")));
            }
        }
        let Some(raw) = found? else { return Ok(None) };
        let envelope = Envelope {
            place,
            at: mail.at,
            now,
            too_large: too_large.then_some(mail.size),
            kept_back,
            sent: self.sent_folder.as_deref() == Some(folder),
        };
        Ok(Some(self.desk.read(&raw, &envelope)))
    }

    /// Since when is read at the first look.
    fn first(&self, now: Timestamp) -> Timestamp {
        let days = now.minus(self.first_days);
        self.counts_from.map_or(days, |from| from.min(days))
    }
}

/// Whether a server said no to what was asked, rather than went away; a damaged mail is to some servers a fault of their
/// own (`SERVERBUG`), which it is for as long as it lies there.
pub(super) fn says_no(trouble: &SourceTrouble) -> bool {
    trouble.state == TroubleState::Broken || trouble.why.contains("SERVERBUG")
}

/// Whether the server gives out the head of any mail around this one: else it is not the mail that is the trouble.
async fn gives_others(connection: &mut Connection, uid: u32) -> Result<bool, SourceTrouble> {
    let behind = connection.search(&format!("UID {}:*", u64::from(uid) + 1)).await?;
    let mut others: Vec<u32> = behind.into_iter().filter(|n| *n > uid).take(OTHERS).collect();
    if uid > 1 {
        let before = connection.search(&format!("UID 1:{}", uid - 1)).await?;
        others.extend(before.into_iter().rev().filter(|n| *n < uid).take(OTHERS));
    }
    for other in others {
        match connection.mail(other, true).await {
            Ok(head) if head.is_some() => return Ok(true),
            Ok(_) => {}
            Err(trouble) if says_no(&trouble) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_waits_keeps_the_others_from_pausing() {
        let held = Held::default();
        assert!(!held.all_idle(), "nothing was read yet");
        for folder in ["INBOX", "Sent"] {
            held.put(folder, Line { idles: true, rests: true, ..Line::default() });
        }
        assert!(held.all_idle());
        let line = held.take("INBOX");
        assert!(line.rests && held.all_idle(), "also while it waits");
        held.put("INBOX", Line { idles: false, ..line });
        assert!(!held.all_idle(), "one that does not tell must be looked at");
    }
}
