//! Answering by mail, and looking for a mail of which nobody knows whether it left.
//!
//! A mail is always private and goes to the address that wrote, to nobody else. A second attempt has the
//! same Message-ID, but no mail server promises to take the same mail only once: so what is unknown is
//! looked for in the folder of sent mails, where there is one, and is never sent again by itself.

use super::super::private::{Private, Reach};
use super::super::reply::{Composed, Draft, Outgoing, PostRef, Reply};
use super::compose::{compose, render};
use super::smtp::REFUSED_LOG_IN;
use super::{FILES, LIMITS, Mail, PLATFORM, address, thread};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::post::RawAuthor;
use crate::domain::reply::Limits;
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use async_trait::async_trait;

/// How long a server may take to file what it sent.
const FILING: Span = Span::minutes(2);

#[async_trait]
impl Reply for Mail {
    fn credential(&self) -> &str {
        &self.credential
    }

    fn account(&self) -> RawAuthor {
        RawAuthor {
            id: self.desk.address.clone(),
            handle: Some(self.desk.address.clone()),
            name: self.called.clone(),
            followers: None,
        }
    }

    fn platform(&self) -> &'static str {
        PLATFORM
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn files(&self) -> FileLimits {
        FILES
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("{:x}.{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, key: &str) -> Option<String> {
        Some(thread::own_id(key, &self.desk.domain))
    }

    fn compose(&self, draft: &Draft) -> Composed {
        compose(draft, &self.desk)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let now = self.clock.now();
        let Some(outlet) = &self.outlet else {
            return Outcome::Refused { reason: "the settings name no server that sends".to_owned() };
        };
        let letter = match render(outgoing, &self.desk, self.called.as_deref(), now) {
            Ok(letter) => letter,
            Err(reason) => return Outcome::Refused { reason },
        };
        if let Err(until) = self.budget.take(&self.credential) {
            let why = "our own limit of mails a minute is reached".to_owned();
            return Outcome::Retry { after: Some(until.since(now)), why };
        }
        self.tally.add(&self.credential);
        let outcome = outlet.send(&letter, now).await;
        let lacks = match &outcome {
            Outcome::Done { .. } => None,
            Outcome::Refused { reason } if reason.starts_with(REFUSED_LOG_IN) => Some(reason),
            _ => return outcome,
        };
        for right in [Right::Answer, Right::Private] {
            match lacks {
                Some(why) => self.grants.lost(right, why),
                None => self.grants.given(right),
            }
        }
        outcome
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        let Some(folder) = &self.sent_folder else {
            let evidence = "the mail server gave no answer, and mail cannot be asked after; ask the customer, or see whether the server's log names it";
            return Looked::Person { evidence: evidence.to_owned() };
        };
        let id = thread::own_id(&outgoing.key, &self.desk.domain);
        match self.filed(folder, &id).await {
            Ok(Some(at)) => Looked::Done { remote_id: id, at: Some(at) },
            Ok(None) => {
                let age = self.clock.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                let evidence = format!("it does not stand in the folder '{folder}'");
                if age < FILING { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(trouble) => Looked::Later { evidence: trouble.why },
        }
    }
}

#[async_trait]
impl Private for Mail {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn files(&self) -> FileLimits {
        FILES
    }

    fn takes_everybody(&self) -> bool {
        true
    }

    fn way_in(&self) -> Option<String> {
        // The address alone: people read it, and every platform shows it as it is.
        Some(self.desk.address.clone())
    }

    fn to_address(&self, given: &str) -> Option<PostRef> {
        let to = address::plain(given)?;
        let reads = !address::is_nobody(&to) && !self.desk.own.contains(&to);
        (reads && super::is_address(&to)).then(|| PostRef {
            authority: self.desk.address.clone(),
            author_id: to,
            visibility: "direct".to_owned(),
            ..PostRef::default()
        })
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        match address::plain(&to.author_id) {
            Some(to) if !address::is_nobody(&to) && !self.desk.own.contains(&to) => Reach::Open,
            _ => Reach::Nobody { why: "its sender has no address that somebody reads".to_owned() },
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        Reply::compose(self, draft)
    }

    fn expected_id(&self, key: &str) -> Option<String> {
        Reply::expected_id(self, key)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        Reply::send(self, outgoing).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        Reply::look(self, outgoing).await
    }
}

impl Mail {
    /// When a mail with this id was filed in a folder; changes nothing there.
    async fn filed(&self, folder: &str, id: &str) -> Result<Option<Timestamp>, super::super::SourceTrouble> {
        self.tally.add(&self.credential);
        let mut connection = self.mailbox.open().await?;
        connection.examine(folder).await?;
        let found = connection.search(&format!("HEADER Message-ID \"<{id}>\"")).await?;
        let listed = connection.list(&found[..found.len().min(1)]).await?;
        Ok(listed.first().map(|l| l.at.unwrap_or_else(|| self.clock.now())))
    }
}
