//! From what a person wrote to what the server gets; pure.
//!
//! The author's handle goes in front, for without it nobody is told; no other handle ever does. In an
//! answer that only the two may read every other `@` is made harmless, since naming somebody there
//! lets them in. How visible an answer is follows from the post: never wider, and not on the public
//! timelines.

use super::super::reply::{Composed, Draft};
use crate::domain::reply::{Limits, Measure, signed};

/// Keeps an `@` from being a mention, and is not seen.
const HARMLESS: char = '\u{200b}';

/// How visible an answer to a post may be. Words that only one kind of server knows (`local`,
/// `list:7`, `mutuals_only`) are narrower than they sound: the answer goes to the author alone.
pub fn answer_visibility(parent: &str) -> &'static str {
    match parent {
        "public" | "unlisted" => "unlisted",
        "private" => "private",
        _ => "direct",
    }
}

/// The narrower of two visibilities.
pub fn narrower<'a>(one: &'a str, other: &'a str) -> &'a str {
    let width = |v: &str| match v {
        "public" => 3,
        "unlisted" => 2,
        "private" => 1,
        _ => 0,
    };
    if width(other) < width(one) { other } else { one }
}

/// What the server would get. `home` are the domains by which our own server is known: its users are
/// addressed without one.
pub fn compose(draft: &Draft, limits: &Limits, home: &[&str]) -> Composed {
    let visibility = answer_visibility(&draft.to.visibility);
    let handle = draft.to.author_handle.trim().trim_start_matches('@');
    let (user, domain) = handle.split_once('@').unwrap_or((handle, ""));
    let local = domain.is_empty() || home.iter().any(|h| h.eq_ignore_ascii_case(domain));
    let front = if local { format!("@{user}") } else { format!("@{user}@{domain}") };
    let words = without_front(draft.text.trim(), user, domain);
    let words = if matches!(visibility, "private" | "direct") { harmless(words) } else { words.to_owned() };
    let text = signed(&format!("{front} {words}"), &draft.sign);
    let measure = measure(limits, &text, draft.to.warning.as_deref());
    let refused = if !is_handle(user, domain) {
        Some("its author has no handle that can be addressed; answer in the app".to_owned())
    } else if words.trim().is_empty() {
        Some("empty; write an answer".to_owned())
    } else if !measure.fits {
        Some(format!("{} characters; the server takes {}", measure.length, measure.max))
    } else {
        None
    };
    Composed { text, visibility: visibility.to_owned(), measure, refused }
}

/// How long an answer is with the warning that it keeps: servers count both together.
fn measure(limits: &Limits, text: &str, warning: Option<&str>) -> Measure {
    let words = limits.measure(text);
    let length = words.length + warning.map_or(0, |w| limits.measure(w).length);
    Measure { length, fits: words.fits && length <= words.max, ..words }
}

fn is_handle(user: &str, domain: &str) -> bool {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let host = |c: char| fine(c) || c == ':';
    !user.is_empty() && user.chars().all(fine) && domain.chars().all(host)
}

/// The words without the author's handle, where somebody typed it in front.
fn without_front<'a>(text: &'a str, user: &str, domain: &str) -> &'a str {
    let Some(rest) = text.strip_prefix('@') else { return text };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let typed = rest[..end].trim_end_matches([',', ':']);
    let whole = format!("{user}@{domain}");
    if typed.eq_ignore_ascii_case(user) || typed.eq_ignore_ascii_case(&whole) {
        rest[end..].trim_start()
    } else {
        text
    }
}

/// The words with every handle in them made harmless: an `@` is a mention where no letter stands
/// before it and one behind.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        out.push(c);
        let begins = before.is_none_or(|b: char| !(b.is_alphanumeric() || matches!(b, '_' | '=' | '/')));
        if c == '@' && begins && rest.peek().is_some_and(|n| n.is_alphanumeric() || *n == '_') {
            out.push(HARMLESS);
        }
        before = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::reply::PostRef;
    use super::super::profile::Instance;
    use super::*;

    fn composed(text: &str, sign: &str, handle: &str, visibility: &str) -> Composed {
        let to = PostRef {
            author_handle: handle.to_owned(),
            visibility: visibility.to_owned(),
            ..PostRef::default()
        };
        let draft = Draft { text: text.to_owned(), sign: sign.to_owned(), to };
        compose(&draft, &Instance::default().limits(), &["inst.example", "toot.inst.example"])
    }

    #[test]
    fn the_author_and_nobody_else_is_addressed_and_the_person_signs() {
        let text = |handle: &str, words: &str| composed(words, "Jan", handle, "public").text;
        assert_eq!(text("mia@remote.example", "On it."), "@mia@remote.example On it. ^Jan");
        assert_eq!(text("mia@inst.example", "On it."), "@mia On it. ^Jan");
        assert_eq!(text("mia@TOOT.inst.example", "On it."), "@mia On it. ^Jan");
        assert_eq!(text("mia@remote.example", "@mia, on it. ^jan"), "@mia@remote.example on it. ^jan");
        assert_eq!(text("mia@remote.example", "@Mia@remote.example on it"), "@mia@remote.example on it ^Jan");
        assert_eq!(text("mia@remote.example", "@other on it"), "@mia@remote.example @other on it ^Jan");
    }

    #[test]
    fn the_warning_that_an_answer_keeps_counts() {
        let to = PostRef {
            author_handle: "mia@r.example".into(),
            visibility: "public".into(),
            warning: Some("food".into()),
            ..PostRef::default()
        };
        let draft = |n: usize| Draft { text: "x".repeat(n), sign: String::new(), to: to.clone() };
        let found = |n| compose(&draft(n), &Instance::default().limits(), &[]);
        assert_eq!((found(491).refused, found(491).measure.length), (None, 500));
        assert_eq!(found(492).refused.unwrap(), "501 characters; the server takes 500");
        assert!(!found(1).text.contains("food"), "it stands above the words, not in them");
    }

    #[test]
    fn an_answer_is_never_wider_than_its_post() {
        for (post, answer) in [
            ("public", "unlisted"),
            ("unlisted", "unlisted"),
            ("private", "private"),
            ("direct", "direct"),
            ("local", "direct"),
            ("list:7", "direct"),
            ("mutuals_only", "direct"),
            ("", "direct"),
        ] {
            assert_eq!(composed("x", "", "mia@r.example", post).visibility, answer, "{post}");
        }
        assert_eq!(narrower("unlisted", "private"), "private");
        assert_eq!(narrower("direct", "public"), "direct");
        assert_eq!(narrower("unlisted", "unlisted"), "unlisted");
    }

    #[test]
    fn nobody_is_let_into_a_private_talk() {
        let text = |visibility: &str| {
            composed(
                "ask @bob@x.example, (@eve) or mail a@b.example, see https://x/@zoe",
                "",
                "mia@r.example",
                visibility,
            )
            .text
        };
        let kept = "@mia@r.example ask @bob@x.example, (@eve) or mail a@b.example, see https://x/@zoe";
        assert_eq!(text("public"), kept);
        for private in ["private", "direct"] {
            let sent = text(private);
            assert_eq!(sent.matches(HARMLESS).count(), 2, "{sent}");
            assert!(sent.contains("@\u{200b}bob@x.example") && sent.contains("(@\u{200b}eve)"));
            assert_eq!(sent.replace(HARMLESS, ""), kept);
        }
    }

    #[test]
    fn what_the_server_would_refuse_is_refused_with_words() {
        let why = |words: &str, handle: &str| composed(words, "", handle, "public").refused;
        assert_eq!(why("fine", "mia@r.example"), None);
        assert!(why("  ", "mia@r.example").unwrap().starts_with("empty"));
        assert!(why("fine", "").unwrap().contains("no handle"));
        assert!(why("fine", "mia x@r.example").unwrap().contains("no handle"));
        // `@mia ` counts five: a handle of another server counts without the server.
        assert_eq!(why(&"x".repeat(495), "mia@r.example"), None);
        assert_eq!(why(&"x".repeat(496), "mia@r.example").unwrap(), "501 characters; the server takes 500");
    }
}
