//! Message-IDs: which we give, which others gave, what a mail stands below; pure.

use mail_parser::HeaderValue;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Longest Message-ID that is taken for one, in bytes.
const ID_BYTES_MAX: usize = 500;
/// Most ids that are read of one mail.
const READ_MAX: usize = 60;
/// Most ids that an answer carries: the first, and the last ones.
pub const REFERENCES_MAX: usize = 20;
/// The domain of ids that we make up for mails that have none; they are never told to anybody.
const NO_ID: &str = "no-message-id.invalid";

/// The Message-ID of an answer, without angle brackets, from the key of its intent.
pub fn own_id(key: &str, domain: &str) -> String {
    format!("wc.{key}@{domain}")
}

/// Whether a Message-ID is one that we gave.
pub fn is_own_id(id: &str, domain: &str) -> bool {
    let Some((local, at)) = id.rsplit_once('@') else { return false };
    at.eq_ignore_ascii_case(domain) && local.starts_with("wc.")
}

/// An id for a mail that has none: the same whenever the mail is read again.
pub fn made_up(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = String::new();
    for byte in &hash.finalize()[..16] {
        let _ = write!(id, "{byte:02x}");
    }
    format!("{id}@{NO_ID}")
}

/// Whether an id is one that its sender's program gave.
pub fn is_real(id: &str) -> bool {
    !id.is_empty() && !id.ends_with(NO_ID)
}

/// A Message-ID as it is compared: without blanks and angle brackets. `None` if it could not stand in a
/// header again.
pub fn plain(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let fits = !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(|b| (0x21..0x7f).contains(&b));
    (fits && !id.contains(['<', '>'])).then(|| id.to_owned())
}

/// The ids of a header, in its order, each once.
pub fn ids(header: &HeaderValue<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let texts: Vec<&str> = match (header.as_text_list(), header.as_text()) {
        (Some(list), _) => list.iter().map(AsRef::as_ref).collect(),
        (None, Some(text)) => vec![text],
        (None, None) => Vec::new(),
    };
    for id in texts.iter().flat_map(|t| t.split([' ', '\t', ',', '>'])).filter_map(plain) {
        if !found.contains(&id) {
            found.push(id);
        }
        if found.len() >= READ_MAX {
            break;
        }
    }
    found
}

/// What an answer to a mail stands below: the first of all and the last ones, the mail itself at the end.
pub fn below(references: &[String], parent: &str) -> Vec<String> {
    let mut all: Vec<&String> = references.iter().filter(|id| *id != parent).collect();
    if all.len() >= REFERENCES_MAX {
        let tail = all.split_off(all.len() - (REFERENCES_MAX - 2));
        all.truncate(1);
        all.extend(tail);
    }
    all.into_iter().cloned().chain([parent.to_owned()]).filter(|id| is_real(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_ids_are_known_again() {
        let id = own_id("18f.00ff", "acme.example");
        assert_eq!(id, "wc.18f.00ff@acme.example");
        assert!(is_own_id(&id, "Acme.example"));
        assert!(!is_own_id(&id, "evil.example") && !is_own_id("x@acme.example", "acme.example"));
    }

    #[test]
    fn a_mail_without_an_id_gets_the_same_one_each_time() {
        let one = made_up(&[b"Tue", b"a@x", b"body"]);
        assert_eq!(one, made_up(&[b"Tue", b"a@x", b"body"]));
        assert_ne!(one, made_up(&[b"Tue", b"a@xb", b"ody"]));
        assert!(!is_real(&one) && is_real("a@x"));
    }

    #[test]
    fn ids_that_could_break_a_header_are_none() {
        assert_eq!(plain(" <a@x> ").as_deref(), Some("a@x"));
        for bad in ["", "<>", "a b@x", "a@x\r\nBcc: b@y", "é@x", "a<b>c@x"] {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_long_thread_keeps_its_beginning_and_its_end() {
        let ids: Vec<String> = (0..50).map(|n| format!("{n}@x")).collect();
        let all = below(&ids, "50@x");
        assert_eq!(all.len(), REFERENCES_MAX);
        assert_eq!((all[0].as_str(), all[1].as_str(), all[19].as_str()), ("0@x", "32@x", "50@x"));
        assert_eq!(below(&ids[..2], "1@x"), ["0@x", "1@x"]);
        assert!(below(&[], &made_up(&[b"x"])).is_empty());
        assert!(below(&[], "").is_empty(), "a first mail stands below nothing");
    }
}
