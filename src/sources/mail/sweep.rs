//! Reading a mailbox a second time: not behind the last number, but everything that the server took since an
//! instant, by Message-ID.
//!
//! So a mail is found whose number lies behind the cursor although it came later, that was put in from elsewhere
//! with its old time, or that a rule moved into another folder before it was seen; and a folder that got new
//! numbers while nobody listened is read as it stands. Of what is known only the head is fetched. A sweep has a
//! connection of its own, so that a look that waits for the server's word goes on waiting.

use super::super::sweep::{Sweep, SweptPage, Unseen, only_unseen};
use super::super::{SourceTrouble, TroubleState};
use super::cursor::Ask;
use super::imap::{Connection, Listed};
use super::poll::says_no;
use super::read::Desk;
use super::{Mail, PLATFORM, thread};
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use mail_parser::MessageParser;

/// Most mails of one page, and most bytes of what is new on it.
const PAGE: usize = 50;
const PAGE_BYTES: u64 = 16 * 1024 * 1024;

/// Where a page begins: the numbers below `uid`, as long as they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    validity: u32,
    uid: u32,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (validity, uid) = text.split_once('/')?;
        Some(Self { validity: validity.parse().ok()?, uid: uid.parse().ok()? })
    }

    fn stored(self) -> String {
        format!("{}/{}", self.validity, self.uid)
    }
}

#[async_trait]
impl Sweep for Mail {
    fn streams(&self) -> Vec<String> {
        let mut streams: Vec<String> = self.folders.iter().chain(&self.sent_folder).cloned().collect();
        let more = self.sweep_folders.iter().filter(|f| !streams.contains(f)).cloned();
        streams.extend(more.collect::<Vec<_>>());
        streams
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let mut connection = self.opened().await?;
        let opened = match connection.examine(stream).await {
            Ok(opened) => opened,
            Err(trouble) if self.is_extra(stream) && trouble.state == TroubleState::Broken => {
                // A folder that is only swept must not keep the others from being swept.
                tracing::warn!(source = self.name, why = trouble.why, "a folder could not be swept");
                return Ok(SweptPage::default());
            }
            Err(trouble) => return Err(trouble),
        };
        let mut found = connection.search(&Ask::Since(from).query()).await?;
        // Numbers that no longer hold begin anew; what was shown before is known by now.
        if let Some(place) = page.and_then(Place::parse).filter(|p| p.validity == opened.validity) {
            found.retain(|uid| *uid < place.uid);
        }
        let begins = found.len().saturating_sub(PAGE);
        let uids = &found[begins..];
        let mut listed = connection.list(uids).await?;
        // Days are the server's own, so the search shows a little more than was asked for.
        listed.retain(|mail| mail.at.is_none_or(|at| at >= from));
        let next = uids.first().filter(|_| begins > 0);
        let next = next.map(|uid| Place { validity: opened.validity, uid: *uid }.stored());
        let mut swept = SweptPage { shown: listed.len(), items: Vec::new(), next };
        let (new, cut) = self.only_new(&mut connection, &listed, unseen).await?;
        if let Some(uid) = cut {
            swept.next = Some(Place { validity: opened.validity, uid: uid + 1 }.stored());
        }
        let now = self.clock.now();
        let mut bytes = 0_u64;
        for mail in new {
            bytes += mail.size.min(self.bytes_max);
            if bytes > PAGE_BYTES && !swept.items.is_empty() {
                // The rest of this page comes as one of its own.
                swept.next = Some(Place { validity: opened.validity, uid: mail.uid + 1 }.stored());
                break;
            }
            swept.items.extend(self.one(&mut connection, stream, opened.validity, &mail, now).await?);
        }
        swept.items.reverse();
        Ok(swept)
    }
}

impl Mail {
    /// Whether a folder is only read a second time.
    fn is_extra(&self, folder: &str) -> bool {
        !self.folders.iter().chain(&self.sent_folder).any(|f| f == folder)
    }

    /// Of these mails the ones that are new to us, highest number first; and where the page ends, if what had to be
    /// read to know them was too much for it.
    async fn only_new(
        &self,
        connection: &mut Connection,
        listed: &[Listed],
        unseen: &dyn Unseen,
    ) -> Result<(Vec<Listed>, Option<u32>), SourceTrouble> {
        let uids: Vec<u32> = listed.iter().map(|mail| mail.uid).collect();
        let heads = heads(connection, &uids).await?;
        let (mut found, mut cut, mut bytes) = (Vec::new(), None, 0_u64);
        for mail in listed.iter().rev() {
            let Some((_, head)) = heads.iter().find(|(uid, _)| *uid == mail.uid) else { continue };
            let known = id_in(head);
            if known.is_none() {
                let more = mail.size.min(self.bytes_max);
                if bytes > 0 && bytes + more > PAGE_BYTES {
                    cut = Some(mail.uid);
                    break;
                }
                bytes += more;
            }
            let id = match known {
                Some(id) => id,
                // What has no Message-ID is known by its words; it is seldom.
                None => match connection.mail(mail.uid, mail.size > self.bytes_max).await? {
                    Some(raw) => Desk::identity(&raw),
                    None => continue,
                },
            };
            let post = RawPost {
                platform: PLATFORM.to_owned(),
                authority: Some(self.desk.address.clone()),
                external_id: id,
                ..RawPost::default()
            };
            found.push((*mail, post));
        }
        let new = only_unseen(found, |(_, post)| post, unseen).await?;
        Ok((new.into_iter().map(|(mail, _)| mail).collect(), cut))
    }
}

/// The heads of some mails. One that the server does not give out must not hide the others, and is left out; where it
/// gives none, that is trouble.
async fn heads(connection: &mut Connection, uids: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, SourceTrouble> {
    let trouble = match connection.heads(uids).await {
        Err(trouble) if says_no(&trouble) && uids.len() > 1 => trouble,
        told => return told,
    };
    let mut heads = Vec::new();
    for uid in uids {
        match connection.heads(&[*uid]).await {
            Ok(head) => heads.extend(head),
            Err(refused) if says_no(&refused) => {
                tracing::warn!(uid, why = refused.why, "the head of a mail could not be read");
            }
            Err(trouble) => return Err(trouble),
        }
    }
    if heads.is_empty() { Err(trouble) } else { Ok(heads) }
}

/// The Message-ID of a head.
fn id_in(head: &[u8]) -> Option<String> {
    MessageParser::default().parse_headers(head)?.message_id().and_then(thread::plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_only_in_its_own_form() {
        let place = Place { validity: 7, uid: 41 };
        assert_eq!(Place::parse(&place.stored()), Some(place));
        for junk in ["", "7", "7/", "/41", "7/x", "-1/4"] {
            assert_eq!(Place::parse(junk), None, "{junk}");
        }
    }

    #[test]
    fn the_id_is_read_from_the_head_alone() {
        assert_eq!(
            id_in(b"Subject: x\r\nMessage-ID: <a.1@x.example>\r\n\r\n").as_deref(),
            Some("a.1@x.example")
        );
        assert_eq!(id_in(b"Subject: x\r\n\r\n"), None);
        assert_eq!(id_in(b""), None);
    }
}
