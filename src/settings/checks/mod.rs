//! What a type cannot tell: whether the settings make sense, alone and together.
//!
//! Every check adds what it finds and goes on. Where something was wrong enough to be taken out of
//! the tree before, what is missing there is not counted as a second mistake.

mod alerts;
mod audit;
mod brands;
mod calendars;
mod chat;
mod desks;
mod discourse;
mod duty;
mod facebook;
mod hooks_out;
mod instagram;
mod login;
mod mail;
mod protocols;
mod reading;
mod reddit;
mod report;
mod reviews;
mod sectors;
mod server;
mod shift;
mod sources;
mod templates;
mod threads;
mod tickets;
mod translation;
mod whatsapp;
mod x;
mod youtube;

pub use templates::TextFacts;

use super::mistakes::{Mistake, quoted};
use super::tree::{Node, Origin, Step, Written, joined};
use super::{Settings, secrets};
use std::net::IpAddr;
use url::{Host, Url};

/// Checks the settings, reads the secrets' files, and tells all mistakes.
pub(super) fn check(settings: &mut Settings, tree: &Node, file: Option<&str>) -> Vec<Mistake> {
    let mut found = Findings { tree, file, list: Vec::new() };
    secrets::fetch(settings, &mut found);
    calendars::check(settings, &mut found);
    brands::check(settings, &mut found);
    sources::check(settings, &mut found);
    tickets::check(settings, &mut found);
    hooks_out::check(settings, &mut found);
    duty::check(settings, &mut found);
    shift::check(settings, &mut found);
    templates::check(settings, &mut found);
    chat::check(settings, &mut found);
    alerts::check(settings, &mut found);
    protocols::check(settings, &mut found);
    audit::check(settings, &mut found);
    login::check(settings, &mut found);
    report::check(settings, &mut found);
    server::check(settings, &mut found);
    translation::check(settings, &mut found);
    found.list
}

/// The mistakes found so far, and the tree that knows where things were written.
#[derive(Debug)]
pub(super) struct Findings<'t> {
    tree: &'t Node,
    file: Option<&'t str>,
    list: Vec<Mistake>,
}

impl Findings<'_> {
    /// The file of the settings, if there is one.
    pub fn file(&self) -> Option<&str> {
        self.file
    }

    /// Adds a mistake in the setting at `at`, or in what should hold it.
    pub fn add(&mut self, at: &[Step<'_>], found: impl Into<String>, allowed: impl Into<String>) {
        self.add_meaning(at, found, allowed, None);
    }

    /// Adds a mistake and what would be right.
    pub fn add_meaning(
        &mut self,
        at: &[Step<'_>],
        found: impl Into<String>,
        allowed: impl Into<String>,
        meant: Option<String>,
    ) {
        let (path, origin, missing) = self.place(at);
        if missing {
            return;
        }
        self.list.push(Mistake::new(&path, found, allowed).meaning(meant).at(self.file, &origin));
    }

    /// Adds a mistake if `number` is out of bounds.
    pub fn bounds(&mut self, at: &[Step<'_>], number: i64, (least, most): (i64, i64)) {
        if !(least..=most).contains(&number) {
            self.add(at, format!("the number {number}"), format!("allowed: {least} to {most}"));
        }
    }

    /// Whether one of `keys` was in the table at `at` and was taken out because it was wrong.
    pub fn is_lost(&self, at: &[Step<'_>], keys: &[&str]) -> bool {
        let node = at.iter().try_fold(self.tree, |node, step| node.entry(*step));
        node.is_some_and(|n| n.lost.iter().any(|key| keys.contains(&key.as_str())))
    }

    /// The path as it was written, the origin of the nearest that was written at all, and whether
    /// it is known already that the setting is missing.
    fn place(&self, at: &[Step<'_>]) -> (String, Origin, bool) {
        let mut node = Some(self.tree);
        let (mut path, mut origin) = (String::new(), Origin::BuiltIn);
        for step in at {
            node = node.and_then(|n| n.entry(*step));
            path = match (node, step) {
                (Some(node), _) => node.path.clone(),
                (None, Step::Key(key)) => joined(&path, key),
                (None, Step::At(at)) => format!("{path}[{at}]"),
            };
            if let Some(node) = node {
                origin = node.origin.clone();
            }
        }
        let missing = node.is_some_and(|n| matches!(n.written, Written::Missing));
        (path, origin, missing)
    }
}

/// What is wrong with a web address; `schemes` are the safe one and the one for this machine only.
/// What is shown of the address never holds a password.
fn address_mistake(text: &str, (safe, plain): (&str, &str), path_allowed: bool) -> Option<(String, String)> {
    let allowed = format!("allowed: {safe}://HOST, or {plain}://HOST on this machine");
    let Ok(url) = Url::parse(text) else {
        return Some(("not a web address".to_owned(), allowed));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Some(("an address with a user name or password".to_owned(), allowed));
    }
    // A path or a query may hold a token.
    let shown = quoted(&format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()));
    if !url.has_host() || ![safe, plain].contains(&url.scheme()) {
        return Some((shown, allowed));
    }
    if url.scheme() == plain && !is_loopback(&url) {
        return Some((format!("{shown} is not encrypted"), allowed));
    }
    let bare = url.path() == "/" || url.path().is_empty();
    if url.query().is_some() || url.fragment().is_some() || !(path_allowed || bare) {
        return Some((format!("{shown} and more"), format!("{allowed}, without path, '?' and '#'")));
    }
    None
}

/// Whether an address is on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// The place in `names` of an earlier name that is the same but for case, for each that has one.
fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(usize, usize)> {
    let lower: Vec<String> = names.map(str::to_lowercase).collect();
    let earlier = |(at, name): (usize, &String)| {
        lower.iter().position(|n| n == name).filter(|first| *first < at && !name.is_empty()).map(|f| (at, f))
    };
    lower.iter().enumerate().filter_map(earlier).collect()
}

/// Whether a name can stand in an address and in a label: letters, digits, `-`.
fn is_plain_name(name: &str) -> bool {
    const NAME_MAX: usize = 40;
    (1..=NAME_MAX).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
