//! A mailbox: what customers write to it, and answers in its name.
//!
//! Each mail is a private message with its own Message-ID as identity, in the namespace of the mailbox's
//! address: read twice, under whatever numbers, it is known again. Reading changes nothing there, not even
//! whether a mail counts as read. Machines are filtered with the rule that knew them (`loops`). Mail is
//! sent by the mailbox's own SMTP server, which signs it; nothing here sends by itself.
//!
//! **The credential** is `email:SOURCE_NAME@HOST`.
//!
//! **What was verified, and how.** Against Dovecot 2.3.19: IDLE, `n:*` that gives the last mail, a folder
//! that was made anew and so has another UIDVALIDITY, opening for reading only that leaves `\Seen` alone.
//! Against `aiosmtpd` and a server of our own that refuses, hangs up and stays silent at each step: which
//! outcome is which. From RFCs 3501, 5321, 5322, 3834 and from what others report, never reached while
//! building: Gmail and Microsoft 365, XOAUTH2, connections that die in IDLE.
//!
//! The second reading (by `SINCE` and Message-ID, November 2026) and `NOPERM` are checked against a fake with a ledger, not
//! against Dovecot; that tokens tell their end is read from what a JSON Web Token says of itself.

mod address;
mod bounce;
mod compose;
pub mod config;
mod cursor;
mod examine;
mod fold;
mod folder;
mod imap;
mod loops;
mod parts;
mod poll;
mod read;
mod reply;
mod row;
mod smtp;
mod subject;
mod sweep;
mod thread;

use super::grants::Grants;
use super::{Examine, Media, Outside, Poll, Private, Reply, Source, Sweep, Tally};
use crate::clock::Clock;
use crate::domain::enclosed::FileLimits;
use crate::domain::reply::{Counting, Limits};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::Budget;
pub use compose::Letter as Ready;
use config::MailConfig;
use imap::Mailbox;
use poll::Held;
use read::Desk;
pub use smtp::Outlet;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The platform of mails.
pub const PLATFORM: &str = "email";
/// What a mail takes; servers take far more, people do not.
pub const LIMITS: Limits = Limits { text_max: 20_000, counting: Counting::Scalars, bytes_max: None };

/// What files a mail takes; what is larger many servers turn away.
pub const FILES: FileLimits = FileLimits {
    count: 10,
    media: std::borrow::Cow::Borrowed(&crate::domain::file::Media::ALL),
    alone: &[],
    picture_bytes: 10 * 1024 * 1024,
    document_bytes: 10 * 1024 * 1024,
    total_bytes: 12 * 1024 * 1024,
    alt_chars: None,
    text_utf16: None,
};

/// Whether a text is a bare mail address.
pub fn is_address(text: &str) -> bool {
    address::plain(text).is_some_and(|plain| plain.parse::<lettre::Address>().is_ok())
}

/// One mailbox.
pub struct Mail {
    name: String,
    counts_from: Option<Timestamp>,
    credential: String,
    desk: Desk,
    called: Option<String>,
    folders: Vec<String>,
    sent_folder: Option<String>,
    sweep_folders: Vec<String>,
    every: Span,
    first_days: Span,
    bytes_max: u64,
    mailbox: Mailbox,
    outlet: Option<Outlet>,
    budget: Budget,
    tally: Tally,
    clock: Arc<dyn Clock>,
    held: Held,
    grants: Grants,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl Mail {
    /// A mailbox after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &MailConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let wrong = |field: &str, text: &str| format!("mail.{field}: '{text}' is no mail address");
        let address = address::plain(&config.address).ok_or_else(|| wrong("address", &config.address))?;
        let mut own = vec![address.clone()];
        for other in &config.own_addresses {
            own.push(address::plain(other).ok_or_else(|| wrong("own_addresses", other))?);
        }
        let mailbox = Mailbox::new(&config.imap, &address)?;
        let domain = address::domain(&address).to_owned();
        let outlet = config.smtp.as_ref().map(|smtp| Outlet::new(smtp, &mailbox, &domain));
        let a_minute = config.smtp.as_ref().map_or(1, |s| s.per_minute_max.clamp(1, 10_000));
        let a_minute = u32::try_from(a_minute).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        let sent_folder = config.sent_folder.clone();
        let reads = |folder: &&String| Some(*folder) != sent_folder.as_ref();
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            credential: format!("email:{name}@{}", mailbox.host()),
            desk: Desk { address, own, domain, tag: config.subject_tag.clone() },
            called: config.name.clone(),
            folders: config.folders.iter().filter(reads).cloned().collect(),
            sent_folder,
            sweep_folders: config.sweep_folders.clone(),
            every: Span::seconds(config.every_seconds.clamp(1, 86_400)),
            first_days: Span::days(config.first_days.clamp(0, 3_650)),
            bytes_max: config.bytes_max.max(1).unsigned_abs(),
            mailbox,
            outlet,
            budget: Budget::new(outside.clock.clone(), a_minute, Span::minutes(1)),
            tally: Tally::default(),
            clock: outside.clock.clone(),
            held: Held::default(),
            grants: Grants::default(),
        })
    }
}

impl Source for Mail {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "mail"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn reply(&self) -> Option<&dyn Reply> {
        self.outlet.is_some().then_some(self)
    }

    fn private(&self) -> Option<&dyn Private> {
        self.outlet.is_some().then_some(self)
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn examine(&self) -> Option<&dyn Examine> {
        Some(self)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn grants(&self) -> Option<&Grants> {
        Some(&self.grants)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}
