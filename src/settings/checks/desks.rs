//! The kinds of ticket systems with an interface of their own: what each cannot do without, and names of
//! fields that the system could have.

use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::Findings;
use super::tickets::{EVERY, address};
use crate::tickets::config::{FieldNames, HookConfig, NotesFor, TicketsConfig};
use secrecy::{ExposeSecret, SecretString};

const HOOK_CHARS_MIN: usize = 16;

/// The section of one kind.
struct Section<'a, 'f> {
    at: [Step<'static>; 3],
    found: &'a mut Findings<'f>,
}

/// How a kind names fields.
struct Names {
    fits: fn(&str) -> bool,
    wanted: &'static str,
    /// Whether a field must hold our key; otherwise it has a place of its own.
    key: bool,
    /// Whether a field may hold by when something was promised; otherwise it tells that by itself.
    due: bool,
}

/// What stands where a field for what was promised is named and none is used.
pub(super) const NO_DUE: &str =
    "wanted is nothing: this system tells by itself by when something was promised";

const WORDS: Names = Names {
    fits: is_word,
    wanted: "wanted is the name of a field: letters, digits and '_'",
    key: true,
    due: false,
};

fn is_word(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

impl Section<'_, '_> {
    fn is_lost(&self, key: &str) -> bool {
        self.found.is_lost(&self.at, &[key])
    }

    fn add(&mut self, key: &'static str, what: impl Into<String>, wanted: &str) {
        let path = [self.at[0], self.at[1], self.at[2], key.into()];
        self.found.add(&path, what, wanted);
    }

    fn url(&mut self, url: &str) {
        address(url, self.at, self.found);
    }

    /// A text that must be there, and be of a kind.
    fn text(&mut self, key: &'static str, text: &str, fits: fn(&str) -> bool, wanted: &str) {
        if text.trim().is_empty() {
            if !self.is_lost(key) {
                self.add(key, "empty", wanted);
            }
        } else if !fits(text) {
            self.add(key, quoted(text), wanted);
        }
    }

    fn maybe(&mut self, key: &'static str, text: Option<&String>, fits: fn(&str) -> bool, wanted: &str) {
        if let Some(text) = text.filter(|t| !fits(t)) {
            self.add(key, quoted(text), wanted);
        }
    }

    fn secret(&mut self, keys: (&'static str, &'static str), secret: Option<&SecretString>, from_file: bool) {
        let (key, file_key) = keys;
        if secret.is_none() && !from_file && !self.found.is_lost(&self.at, &[key, file_key]) {
            self.found.add(&self.at, format!("no {key}"), format!("wanted is {key} or {file_key}"));
        }
        let odd = |s: &SecretString| {
            let text = s.expose_secret();
            text.trim().is_empty() || text.trim().chars().any(|c| c.is_control() || !c.is_ascii())
        };
        if secret.is_some_and(odd) {
            self.add(
                if from_file { file_key } else { key },
                "not a secret that can be sent",
                "wanted is plain text",
            );
        }
    }

    fn every(&mut self, seconds: i64) {
        self.found.bounds(&[self.at[0], self.at[1], self.at[2], "every_seconds".into()], seconds, EVERY);
    }

    fn fields(&mut self, fields: &FieldNames, names: &Names) {
        let at = |key: &'static str| [self.at[0], self.at[1], self.at[2], "fields".into(), key.into()];
        let lost = self.found.is_lost(&[self.at[0], self.at[1], self.at[2], "fields".into()], &["key"]);
        match (names.key, fields.key.is_empty()) {
            (true, true) if !lost => {
                let wanted = "wanted is a field of tickets for our key: without it nobody can tell whether a ticket was made";
                self.found.add(&at("key"), "empty", wanted);
            }
            (true, false) if !(names.fits)(&fields.key) => {
                self.found.add(&at("key"), quoted(&fields.key), names.wanted);
            }
            (false, false) => {
                let wanted = "wanted is nothing: our key has a place of its own in this system";
                self.found.add(&at("key"), quoted(&fields.key), wanted);
            }
            _ => {}
        }
        if let Some(name) = fields.due.as_ref().filter(|n| !(names.due && (names.fits)(n))) {
            self.found.add(&at("due"), quoted(name), if names.due { names.wanted } else { NO_DUE });
        }
        let single = [("case", &fields.case), ("language", &fields.language), ("level", &fields.level)];
        for (key, name) in single {
            if let Some(name) = name.as_ref().filter(|n| !(names.fits)(n)) {
                self.found.add(&at(key), quoted(name), names.wanted);
            }
        }
        for (key, list) in [("references", &fields.references), ("phones", &fields.phones)] {
            for (n, name) in list.iter().enumerate().filter(|(_, name)| !(names.fits)(name)) {
                let path = [self.at[0], self.at[1], self.at[2], "fields".into(), key.into(), n.into()];
                self.found.add(&path, quoted(name), names.wanted);
            }
        }
    }

    fn hook(&mut self, hook: &HookConfig) {
        let both = [
            ("secret", "secret_file", &hook.secret, hook.secret_file.is_some()),
            (
                "previous_secret",
                "previous_secret_file",
                &hook.previous_secret,
                hook.previous_secret_file.is_some(),
            ),
        ];
        for (key, file_key, secret, from_file) in both {
            let short = |s: &SecretString| s.expose_secret().trim().chars().count() < HOOK_CHARS_MIN;
            if secret.as_ref().is_some_and(short) {
                let key = if from_file { file_key } else { key };
                let path = [self.at[0], self.at[1], self.at[2], "hook".into(), key.into()];
                self.found.add(&path, "too short", format!("wanted are {HOOK_CHARS_MIN} characters or more"));
            }
        }
        if hook.previous_secret.is_some() && hook.secret.is_none() && hook.secret_file.is_none() {
            let path = [self.at[0], self.at[1], self.at[2], "hook".into()];
            self.found.add(&path, "a previous secret and no present one", "wanted is secret or secret_file");
        }
    }
}

fn any(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn is_mail(text: &str) -> bool {
    text.contains('@') && any(text) && !text.contains(char::is_whitespace)
}

/// Checks whichever kind of these a system is.
pub(super) fn check(system: &TicketsConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    // The place of the list is a number, and stays what it is for as long as the file is looked at.
    let Step::At(n) = here[1] else { return };
    let at = |kind: &'static str| [Step::Key("tickets"), Step::At(n), Step::Key(kind)];
    hosted(system, at, found);
    granted(system, at, found);
    if let Some(c) = &system.otrs {
        let mut section = Section { at: at("otrs"), found };
        section.url(&c.url);
        section.text("user", &c.user, any, "wanted is the login of an agent");
        section.secret(("password", "password_file"), c.password.as_ref(), c.password_file.is_some());
        section.text("queue", &c.queue, any, "wanted is the queue in which tickets are made");
        section.text("customer", &c.customer, any, "wanted is the customer user for whom tickets are made");
        section.text("state", &c.state, any, "wanted is the state in which tickets are made");
        section.text("priority", &c.priority, any, "wanted is the priority with which tickets are made");
        section.every(c.every_seconds);
        section.fields(&c.fields, &WORDS);
    }
    if system.dynamics.is_some() && system.notes == NotesFor::Customer {
        let path = [here[0], here[1], "notes".into()];
        found.add(&path, "'customer'", "allowed: inside, for notes of Dynamics 365 are for colleagues");
    }
}

/// Those with a token.
fn hosted(system: &TicketsConfig, at: impl Fn(&'static str) -> [Step<'static>; 3], found: &mut Findings<'_>) {
    let token = ("token", "token_file");
    if let Some(c) = &system.zendesk {
        let mut section = Section { at: at("zendesk"), found };
        section.url(&c.url);
        section.text("user", &c.user, is_mail, "wanted is the mail address of an agent");
        section.secret(token, c.token.as_ref(), c.token_file.is_some());
        section.maybe("group", c.group.as_ref(), is_digits, "wanted is the number of a group");
        section.every(c.every_seconds);
        let wanted = "wanted is the number of a ticket field";
        section.fields(&c.fields, &Names { fits: is_digits, wanted, key: false, due: true });
        section.hook(&c.hook);
    }
    if let Some(c) = &system.zammad {
        let mut section = Section { at: at("zammad"), found };
        section.url(&c.url);
        section.secret(token, c.token.as_ref(), c.token_file.is_some());
        section.text("group", &c.group, any, "wanted is the group in which tickets are made");
        section.text("customer", &c.customer, any, "wanted is the customer for whom tickets are made");
        section.every(c.every_seconds);
        section.fields(&c.fields, &WORDS);
        section.hook(&c.hook);
    }
    if let Some(c) = &system.freshdesk {
        let mut section = Section { at: at("freshdesk"), found };
        section.url(&c.url);
        section.secret(token, c.token.as_ref(), c.token_file.is_some());
        section.text(
            "requester",
            &c.requester,
            is_mail,
            "wanted is the mail address for which tickets are made",
        );
        section.maybe("group", c.group.as_ref(), is_digits, "wanted is the number of a group");
        section.every(c.every_seconds);
        let fits = |text: &str| text.starts_with("cf_") && is_word(text);
        section.fields(
            &c.fields,
            &Names { fits, wanted: "wanted is cf_ and the name of a field", key: false, due: false },
        );
        section.hook(&c.hook);
    }
    if let Some(c) = &system.jira {
        let mut section = Section { at: at("jira"), found };
        section.url(&c.url);
        section.text("user", &c.user, is_mail, "wanted is the mail address of an agent");
        section.secret(token, c.token.as_ref(), c.token_file.is_some());
        section.text(
            "project",
            &c.project,
            is_word,
            "wanted is the key of the project in which requests are made",
        );
        section.text("issue_type", &c.issue_type, any, "wanted is the kind of request that is made");
        section.every(c.every_seconds);
        let fits = |text: &str| text.strip_prefix("customfield_").is_some_and(is_digits);
        let wanted = "wanted is customfield_ and the number of a field";
        section.fields(&c.fields, &Names { fits, wanted, key: false, due: false });
        section.hook(&c.hook);
    }
}

/// Those that grant tokens.
fn granted(
    system: &TicketsConfig,
    at: impl Fn(&'static str) -> [Step<'static>; 3],
    found: &mut Findings<'_>,
) {
    let secret = ("client_secret", "client_secret_file");
    if let Some(c) = &system.salesforce {
        let mut section = Section { at: at("salesforce"), found };
        section.url(&c.url);
        section.text("client_id", &c.client_id, any, "wanted is the consumer key of the connected app");
        section.secret(secret, c.client_secret.as_ref(), c.client_secret_file.is_some());
        let fits = |text: &str| {
            text.strip_prefix('v')
                .and_then(|t| t.strip_suffix(".0"))
                .is_some_and(|n| n.len() < 4 && is_digits(n))
        };
        section.text("version", &c.version, fits, "wanted is a version of the interface, such as v62.0");
        section.maybe("owner", c.owner.as_ref(), is_word, "wanted is the id of a queue or a person");
        section.every(c.every_seconds);
        section.fields(&c.fields, &Names { due: true, ..WORDS });
    }
    if let Some(c) = &system.dynamics {
        let mut section = Section { at: at("dynamics"), found };
        section.url(&c.url);
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        section.text("tenant", &c.tenant, plain, "wanted is the id or the domain of the directory");
        section.text("client_id", &c.client_id, plain, "wanted is the id of the app");
        section.secret(secret, c.client_secret.as_ref(), c.client_secret_file.is_some());
        let login = super::address_mistake(&c.login_url, ("https", "http"), true);
        if let Some((what, allowed)) = login {
            section.add("login_url", what, &allowed);
        }
        let fits = |text: &str| {
            let id = text.strip_prefix("accounts(").or_else(|| text.strip_prefix("contacts("));
            let plain = |c: char| c.is_ascii_hexdigit() || c == '-';
            id.and_then(|t| t.strip_suffix(')')).is_some_and(|id| id.len() == 36 && id.chars().all(plain))
        };
        section.text("customer", &c.customer, fits, "wanted is accounts(ID) or contacts(ID)");
        section.every(c.every_seconds);
        section.fields(&c.fields, &WORDS);
    }
}
