//! Who did what, as one row an act: what a row says, and how rows hold each other.
//!
//! The hash of a row is the SHA-256 over the hash of the row before and all that the row says, in a form in which
//! no two rows read the same. A row that is changed, taken out, put in or moved no longer fits. Rows name people
//! and things by id; there are no words of anybody in them.

use super::role::Role;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What stands before the first row.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What every canonical form begins with; another one means another form.
const FORM: &str = "webcared audit 1";

/// By which door somebody came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Via {
    /// A command on the machine.
    #[default]
    Command,
    /// The console.
    Console,
    /// A token.
    Api,
    /// The team's chat.
    Chat,
}

impl Via {
    /// The word in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Console => "console",
            Self::Api => "api",
            Self::Chat => "chat",
        }
    }
}

/// Who asks for something, as the door that let them in knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// By which door.
    pub via: Via,
    /// The person by id; empty where there is none.
    pub person: String,
    /// The token by id; empty where there is none.
    pub token: String,
    /// In which role, where the door knows it.
    pub role: Option<Role>,
    /// From where, cut short by [`network`]; may be empty.
    pub from: String,
}

/// One act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds.
    pub at: i64,
    /// By which door, see [`Via::code`].
    pub via: String,
    /// Who, by id.
    pub person: String,
    /// By which token, by id.
    pub token: String,
    /// What, as a word with a dot, such as `case.answer`.
    pub act: String,
    /// In which brand, by id.
    pub brand: String,
    /// On what, by id.
    pub target: String,
    /// From where, cut short.
    pub source: String,
    /// `done`, `refused`, …
    pub outcome: String,
}

/// What came of it.
pub const DONE: &str = "done";
/// It was not allowed.
pub const REFUSED: &str = "refused";

impl Entry {
    /// An act that was done.
    pub fn done(caller: &Caller, act: &str, target: &str) -> Self {
        Self {
            via: caller.via.code().to_owned(),
            person: caller.person.clone(),
            token: caller.token.clone(),
            act: act.to_owned(),
            target: target.to_owned(),
            source: caller.from.clone(),
            outcome: DONE.to_owned(),
            ..Self::default()
        }
    }

    /// The same, refused.
    pub fn refused(caller: &Caller, act: &str, target: &str) -> Self {
        Self { outcome: REFUSED.to_owned(), ..Self::done(caller, act, target) }
    }

    /// In a brand.
    pub fn in_brand(mut self, brand: &str) -> Self {
        brand.clone_into(&mut self.brand);
        self
    }

    /// The hash of the row with this number behind a row with the hash `before`.
    pub fn hash(&self, number: i64, before: &str) -> String {
        let (number, at) = (number.to_string(), self.at.to_string());
        let parts: [&str; 11] = [
            &number,
            &at,
            &self.via,
            &self.person,
            &self.token,
            &self.act,
            &self.brand,
            &self.target,
            &self.source,
            &self.outcome,
            before,
        ];
        let mut hash = Sha256::new();
        hash.update(FORM.as_bytes());
        for part in parts {
            // The length stands in front, so that nothing can move from one part into the next.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a text cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// An address cut to the network it is in: three numbers of four, or the first 48 bits.
pub fn network(address: &str) -> String {
    let bare = address.split_once('/').map_or(address, |(ip, _)| ip);
    match bare.parse::<std::net::IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(std::net::IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(std::net::IpAddr::V6(ip)) => {
            let s = ip.segments();
            format!("{:x}:{:x}:{:x}::/48", s[0], s[1], s[2])
        }
        // Nothing that we do not understand is kept.
        Err(_) => String::new(),
    }
}

/// A row as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number, from 1, without gaps.
    pub number: i64,
    /// What it says.
    pub entry: Entry,
    /// The hash of the row before.
    pub before: String,
    /// Its own.
    pub hash: String,
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A row is missing, or stands at another place.
    #[error("row {wanted}: missing; what follows is row {found}")]
    Missing {
        /// The number that comes next.
        wanted: i64,
        /// The number that was found.
        found: i64,
    },
    /// A row does not follow the one before it.
    #[error("row {0}: does not follow the row before it")]
    Torn(i64),
    /// A row does not say what it said.
    #[error("row {0}: was changed")]
    Changed(i64),
    /// Rows at the end are missing.
    #[error("row {wanted}: missing; the chain ends at row {last}")]
    Cut {
        /// The first that is missing.
        wanted: i64,
        /// The last that stands.
        last: i64,
    },
    /// A row has another hash than was known outside.
    #[error("row {0}: is not the row that was anchored; the chain was made anew")]
    Remade(i64),
}

/// Walks a chain, row by row.
#[derive(Clone, Debug)]
pub struct Walk {
    number: i64,
    hash: String,
    anchors: Vec<(i64, String)>,
}

impl Walk {
    /// From the beginning; `anchors` are numbers and hashes known from outside.
    pub fn new(anchors: Vec<(i64, String)>) -> Self {
        Self { number: 0, hash: BEGINNING.to_owned(), anchors }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// The first flaw.
    pub fn step(&mut self, link: &Link) -> Result<(), Flaw> {
        let wanted = self.number + 1;
        if link.number != wanted {
            return Err(Flaw::Missing { wanted, found: link.number });
        }
        if link.before != self.hash {
            return Err(Flaw::Torn(wanted));
        }
        if link.entry.hash(wanted, &self.hash) != link.hash {
            return Err(Flaw::Changed(wanted));
        }
        if self.anchors.iter().any(|(n, hash)| *n == wanted && *hash != link.hash) {
            return Err(Flaw::Remade(wanted));
        }
        (self.number, self.hash) = (wanted, link.hash.clone());
        Ok(())
    }

    /// The end, against the head that the database keeps and what is anchored.
    ///
    /// # Errors
    /// [`Flaw::Cut`] where rows are missing behind the last one.
    pub fn end(&self, head: (i64, &str)) -> Result<(i64, String), Flaw> {
        let most = self.anchors.iter().map(|(n, _)| *n).chain([head.0]).max().unwrap_or(0);
        if most > self.number {
            return Err(Flaw::Cut { wanted: self.number + 1, last: self.number });
        }
        if head != (self.number, &self.hash) {
            return Err(Flaw::Torn(self.number));
        }
        Ok((self.number, self.hash.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(n: i64) -> Vec<Link> {
        let mut before = BEGINNING.to_owned();
        (1..=n)
            .map(|number| {
                let caller = Caller { person: format!("per_{number}"), ..Caller::default() };
                let entry = Entry {
                    at: number * 1000,
                    ..Entry::done(&caller, "case.claim", &format!("cas_{number}"))
                };
                let hash = entry.hash(number, &before);
                let link = Link { number, entry, before: before.clone(), hash: hash.clone() };
                before = hash;
                link
            })
            .collect()
    }

    fn walked(links: &[Link], anchors: &[(i64, String)], head: (i64, &str)) -> Result<(i64, String), Flaw> {
        let mut walk = Walk::new(anchors.to_vec());
        for link in links {
            walk.step(link)?;
        }
        walk.end(head)
    }

    #[test]
    fn every_way_to_tamper_is_seen_at_its_first_row() {
        let good = chain(6);
        let head = (6, good[5].hash.as_str());
        assert_eq!(walked(&good, &[], head), Ok((6, good[5].hash.clone())));
        type Change = fn(&mut Entry);
        let changes: [Change; 9] = [
            |e| e.at += 1,
            |e| e.via = "console".into(),
            |e| e.person = "per_9".into(),
            |e| e.token = "tok_9".into(),
            |e| e.act = "case.answer".into(),
            |e| e.brand = "brd_9".into(),
            |e| e.target = "cas_9".into(),
            |e| e.source = "10.0.0.0/24".into(),
            |e| e.outcome = "refused".into(),
        ];
        for change in changes {
            let mut bad = good.clone();
            change(&mut bad[2].entry);
            assert_eq!(walked(&bad, &[], head), Err(Flaw::Changed(3)));
        }
        let mut bad = good.clone();
        bad.remove(2);
        assert_eq!(walked(&bad, &[], head), Err(Flaw::Missing { wanted: 3, found: 4 }));
        let mut bad = good.clone();
        bad.swap(2, 3);
        assert_eq!(walked(&bad, &[], head), Err(Flaw::Missing { wanted: 3, found: 4 }));
        let mut bad = good.clone();
        (bad[2].entry, bad[3].entry) = (good[3].entry.clone(), good[2].entry.clone());
        assert_eq!(walked(&bad, &[], head), Err(Flaw::Changed(3)));
        assert_eq!(walked(&good[..4], &[], head), Err(Flaw::Cut { wanted: 5, last: 4 }));
        // Who cuts the head as well is found by what is known outside.
        let cut = (4, good[3].hash.as_str());
        assert!(walked(&good[..4], &[], cut).is_ok());
        let anchor = [(6, good[5].hash.clone())];
        assert_eq!(walked(&good[..4], &anchor, cut), Err(Flaw::Cut { wanted: 5, last: 4 }));
        // Who makes the whole chain anew, too.
        let mut anew = chain(6);
        anew[0].entry.person = "per_evil".into();
        let mut before = BEGINNING.to_owned();
        for link in &mut anew {
            link.before.clone_from(&before);
            link.hash = link.entry.hash(link.number, &before);
            before.clone_from(&link.hash);
        }
        assert!(walked(&anew, &[], (6, &before)).is_ok());
        assert_eq!(walked(&anew, &anchor, (6, &before)), Err(Flaw::Remade(6)));
    }

    #[test]
    fn nothing_moves_from_one_part_into_the_next() {
        let one = Entry { act: "ab".into(), brand: "c".into(), ..Entry::default() };
        let other = Entry { act: "a".into(), brand: "bc".into(), ..Entry::default() };
        assert_ne!(one.hash(1, BEGINNING), other.hash(1, BEGINNING));
        assert_ne!(one.hash(1, BEGINNING), one.hash(2, BEGINNING));
    }

    #[test]
    fn the_form_never_changes_by_itself() {
        let entry = Entry { at: 1, act: "x".into(), ..Entry::default() };
        assert_eq!(entry.hash(1, BEGINNING).len(), 64);
        assert_eq!(entry.hash(1, BEGINNING), entry.clone().hash(1, BEGINNING));
    }

    #[test]
    fn addresses_are_cut_short() {
        assert_eq!(network("203.0.113.9"), "203.0.113.0/24");
        assert_eq!(network("2001:db8:1:2::/64"), "2001:db8:1::/48");
        assert_eq!(network("::ffff:203.0.113.9"), "203.0.113.0/24");
        assert_eq!(network("nonsense"), "");
    }
}
