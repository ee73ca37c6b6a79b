//! Mail addresses: how they are compared, which are ours, which nobody reads.

use mail_parser::{Addr, Address};

/// Longest address that is taken, in bytes.
const BYTES_MAX: usize = 320;

/// Local parts that no person stands behind, without punctuation.
const NOBODY: [&str; 11] = [
    "noreply",
    "donotreply",
    "mailerdaemon",
    "nichtantworten",
    "nepasrepondre",
    "noresponder",
    "nonrispondere",
    "naoresponda",
    "naoresponder",
    "ikkesvar",
    "nietbeantwoorden",
];

/// An address as it is compared and stored: without blanks, in small letters. `None` if it is none.
pub fn plain(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let (local, domain) = text.rsplit_once('@')?;
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"' | '\\');
    let fits = !local.is_empty() && !domain.is_empty() && text.len() <= BYTES_MAX && !text.contains(bad);
    fits.then(|| text.to_lowercase())
}

/// The domain of an address.
pub fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Whether an address says of itself that nobody reads it.
pub fn is_nobody(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let bare: String = local.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    NOBODY.iter().any(|n| bare.contains(n)) || bare == "postmaster" || is_return_path(local)
}

/// Whether mails come back to it: `bounce`, or that and whose mail it was; a word that begins so is somebody's name.
fn is_return_path(local: &str) -> bool {
    let local = local.to_lowercase();
    let Some(rest) = local.strip_prefix("bounce") else { return false };
    !rest.strip_prefix('s').unwrap_or(rest).starts_with(char::is_alphabetic)
}

/// The addresses of a header, with the names beside them.
pub fn all(header: Option<&Address<'_>>) -> Vec<(String, String)> {
    let one = |a: &Addr<'_>| {
        let name = a.name().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        Some((plain(a.address()?)?, name.trim().to_owned()))
    };
    header.map(|h| h.iter().filter_map(one).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case_and_junk_is_none() {
        assert_eq!(plain(" <Jan@Acme.Example> ").as_deref(), Some("jan@acme.example"));
        for junk in ["", "jan", "@x", "jan@", "a b@x.example", "a@x,b@y", "a@x\r\nBcc: b@y", "\"a\"@x"] {
            assert_eq!(plain(junk), None, "{junk}");
        }
        assert_eq!(plain(&format!("{}@x.example", "a".repeat(400))), None);
    }

    #[test]
    fn nobody_is_known_in_several_languages() {
        let nobody = [
            "no-reply@x",
            "orders-noreply@x",
            "MAILER-DAEMON@x",
            "do_not.reply@x",
            "ne-pas-repondre@x",
            "nao-responder@x",
            "ikke-svar@x",
            "bounce@x",
            "Bounces+mia=shop.example@x",
            "bounce-12.ab@x",
        ];
        for address in nobody {
            assert!(is_nobody(address), "{address}");
        }
        for somebody in
            ["jan@noreply.example", "noor@x", "bob.unce@x", "reply@x", "bouncer@x", "bouncyhouse@x"]
        {
            assert!(!is_nobody(somebody), "{somebody}");
        }
    }
}
