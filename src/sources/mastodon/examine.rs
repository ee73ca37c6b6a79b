//! Trying an account once: whose token it is, on what server, and what it may.

use super::Mastodon;
use super::client::{Failed, Share};
use super::kinds::Markup;
use super::profile::Instance;
use crate::domain::exam::Exam;
use crate::domain::expiry::Expiry;
use crate::domain::time::{Span, Timestamp};
use crate::sources::{Examine, Right};
use async_trait::async_trait;
use serde::Deserialize;
use std::sync::PoisonError;

/// How long the question about rights may take.
const WITHIN: Span = Span::seconds(5);
/// How often the rights of the token are asked for while it runs.
const RIGHTS_EVERY: Span = Span::hours(1);
/// What ends, as the settings call it too.
const TOKEN: &str = "access token";
/// The right to post.
const WRITE: &str = "write:statuses";
/// Why nothing can be sent without it.
pub(super) const NO_WRITE: &str = "the token may not post any more: 'write:statuses' is not among its scopes";
/// The rights that are needed, each with the wider one that holds it, and for what.
const NEEDED: [(&str, &str); 4] = [
    ("read:notifications", "to see what is said to the account"),
    ("read:statuses", "to see conversations and its own posts"),
    (WRITE, "to answer"),
    ("write:favourites", "to like a compliment"),
];

/// What the server says of the application behind a token; scopes only since Mastodon 4.3.
#[derive(Deserialize)]
struct Application {
    #[serde(default)]
    scopes: Vec<String>,
}

#[async_trait]
impl Examine for Mastodon {
    async fn examine(&self) -> Vec<Exam> {
        let me = match self.profile.know(&self.client, Share::Reading).await {
            Ok(me) => me,
            Err(failed) => {
                let trouble = self.client.trouble(&failed);
                let advice = "Make a new access token in the account's settings, under Development.";
                return vec![trouble.exam("log in", advice)];
            }
        };
        let (instance, host) = (self.profile.instance(), self.client.host());
        let limits = instance.limits();
        let version = if instance.version.is_empty() { "of unknown version" } else { &instance.version };
        let found = format!(
            "@{} on {host}, server {version}; answers of at most {} characters",
            me.acct, limits.text_max
        );
        let mut exams = vec![Exam::good("log in", found)];
        exams.push(server(&instance));
        exams.push(if instance.honours_keys() {
            Exam::good("answers once", "a second attempt is known by its key")
        } else {
            Exam::mind(
                "answers once",
                "this server is not known to honour keys of answers",
                "An answer whose confirmation is lost goes to a person to decide.",
            )
        });
        if let Some(why) = instance.lacks_direct() {
            let advice = "Customers are offered another way: the brand's private_link, or a mailbox.";
            exams.push(Exam::mind("private messages", why, advice));
        }
        exams.push(self.rights().await);
        exams
    }
}

impl Mastodon {
    /// Asks once an hour what the token may, where the server tells, so that a right that was taken away is known
    /// before somebody answers in vain.
    pub(super) async fn watch_rights(&self) {
        let now = self.client.now();
        {
            let mut asked = self.rights_asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.is_some_and(|at| now.since(at) < RIGHTS_EVERY) {
                return;
            }
            *asked = Some(now);
        }
        self.watch_end(now).await;
        let path = ["v1", "apps", "verify_credentials"];
        let told = self.client.get::<Application>(Share::Reading, &path, &[], WITHIN).await;
        // Servers before 4.3 tell nothing; then only a refusal does.
        let Ok(told) = told else { return };
        if told.scopes.is_empty() {
            return;
        }
        for right in [Right::Answer, Right::Private] {
            if holds(&told.scopes, WRITE) {
                self.grants.given(right);
            } else {
                self.grants.lost(right, NO_WRITE);
            }
        }
    }

    /// Notes when the token ends, where the server tells: Mastodon's own tokens have no end, those of servers that set
    /// one (or of forks) say in how many seconds. Where nobody tells, the settings may.
    async fn watch_end(&self, now: Timestamp) {
        let Ok(answer) = self.client.send(Share::Reading, self.client.about_token().within(WITHIN)).await
        else {
            return;
        };
        // Seconds that pass between asking and reading make no new end.
        let known = |end: Timestamp| {
            let near = |e: &Expiry| e.what == TOKEN && end.since(e.at).millis().abs() < 120_000;
            self.grants.all_ends().iter().any(near)
        };
        if let Some(end) = end_of(&answer.body, now).filter(|end| !known(*end)) {
            self.grants.ends(TOKEN, Some(end), false);
        }
    }

    async fn rights(&self) -> Exam {
        let path = ["v1", "apps", "verify_credentials"];
        match self.client.get::<Application>(Share::Reading, &path, &[], WITHIN).await {
            Ok(told) if !told.scopes.is_empty() => rights(&told.scopes),
            Ok(_) | Err(Failed::Unreadable | Failed::Call(_)) => Exam::mind(
                "rights",
                "the server does not tell what the token may",
                "The token needs read and write; without write, the first answer is refused.",
            ),
            Err(Failed::Spent(_)) => Exam::mind("rights", "not asked: our own limit of calls is reached", ""),
        }
    }
}

/// What the server is by what it says, and what that means.
fn server(instance: &Instance) -> Exam {
    let kind = &instance.kind;
    let told = kind.told();
    match (kind.is_known(), kind.markup) {
        (true, Markup::Always) => Exam::mind(
            "server",
            format!("{}: {told}", kind.name),
            "Write answers without signs that make shape there (stars, underscores, number signs).",
        ),
        (true, _) => Exam::good("server", format!("{}: {told}", kind.name)),
        (false, _) => Exam::mind(
            "server",
            format!("of a kind that is not known here, treated with care: {told}"),
            "Try an answer to an account of your own and see how it reads there.",
        ),
    }
}

/// What `/oauth/token/info` says of a token.
#[derive(Deserialize)]
struct TokenInfo {
    /// In how many seconds it ends, from now on.
    #[serde(default, alias = "expires_in_seconds")]
    expires_in: Option<i64>,
    /// When it was made, in seconds since 1970; tells that this is such an answer.
    created_at: i64,
}

/// When a token ends, if the answer says so.
fn end_of(body: &[u8], now: Timestamp) -> Option<Timestamp> {
    let told: TokenInfo = serde_json::from_slice(body).ok()?;
    // Ten years and more is said for 'never', and nothing at all where it has just let us in.
    let left = told.expires_in.filter(|s| (1..315_000_000).contains(s) && told.created_at > 0)?;
    Some(now.plus(Span::seconds(left)))
}

/// Whether a right is among these, by itself or within a wider one.
fn holds(scopes: &[String], wanted: &str) -> bool {
    let wide = wanted.split(':').next().unwrap_or(wanted);
    scopes.iter().any(|s| s == wanted || s == wide)
}

fn rights(scopes: &[String]) -> Exam {
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|(scope, _)| !holds(scopes, scope))
        .map(|(s, why)| format!("{s} ({why})"))
        .collect();
    let has = scopes.join(", ");
    if missing.is_empty() {
        Exam::good("rights", has)
    } else {
        Exam::bad(
            "rights",
            format!("the token may {has}; it lacks {}", missing.join(", ")),
            "Make a token with read and write.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exam::Verdict;

    #[test]
    fn the_end_of_a_token_is_what_the_server_says() {
        let end = |body: &str| end_of(body.as_bytes(), Timestamp(1_000));
        let told = r#"{"resource_owner_id":1,"scope":["read"],"expires_in":7200,"created_at":1795000000}"#;
        assert_eq!(end(told), Some(Timestamp(7_201_000)));
        for none in [
            r#"{"scope":["read"],"expires_in":null,"created_at":1795000000}"#,
            r#"{"expires_in":7200}"#,
            r#"{"expires_in":999999999,"created_at":1795000000}"#,
            r#"{"expires_in":0,"created_at":1795000000}"#,
            "<html>",
        ] {
            assert_eq!(end(none), None, "{none}");
        }
    }

    #[test]
    fn a_wider_right_holds_the_narrow_one_and_what_lacks_is_named() {
        let of = |scopes: &[&str]| rights(&scopes.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&["read", "write"]).verdict, Verdict::Good);
        assert_eq!(of(&["read", "write:statuses", "write:favourites"]).verdict, Verdict::Good);
        let narrow =
            ["read:accounts", "read:notifications", "read:statuses", "write:statuses", "write:favourites"];
        assert_eq!(of(&narrow).verdict, Verdict::Good, "one by one, as the documentation says");
        let blind = of(&["read:statuses", "write"]);
        assert!(blind.found.contains("lacks read:notifications (to see what"), "{}", blind.found);
        let lacks = of(&["read"]);
        assert_eq!(lacks.verdict, Verdict::Bad);
        assert!(lacks.found.contains("write:statuses (to answer)"), "{}", lacks.found);
    }

    #[test]
    fn what_the_server_is_and_means_is_told() {
        let of = |version: &str| server(&Instance::read(&serde_json::json!({ "version": version }), ""));
        let found = of("0.19.1+git-abc");
        assert_eq!(found.verdict, Verdict::Good);
        assert!(found.found.starts_with("GoToSocial: tells at once by web sockets; every character counts"));
        let friendica = of("2.8.0 (compatible; Friendica 2024.12)");
        assert!(friendica.verdict == Verdict::Mind && friendica.found.contains("Markdown"), "{friendica:?}");
        let unknown = of("4.0.0 (compatible; Mitra 3.0.0)");
        assert!(unknown.verdict == Verdict::Mind && unknown.found.contains("not known"), "{unknown:?}");
    }
}
