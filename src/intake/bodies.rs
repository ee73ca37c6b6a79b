//! What the content rows of posts and accounts hold.

use super::files::key;
use crate::domain::letter::Letter;
use crate::domain::post::Post;
use crate::domain::review::ReviewNote;

/// A post's content row: its words and where people can read it.
pub fn content_body(post: &Post) -> String {
    let files = post.files.iter().map(key).collect();
    let warning = post.warning.as_deref();
    in_json(&Words {
        text: &post.text,
        url: post.url.as_deref(),
        letter: post.letter.as_ref(),
        warning,
        files,
        review: post.review.as_ref(),
    })
}

#[derive(serde::Serialize)]
struct Words<'a> {
    text: &'a str,
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    letter: Option<&'a Letter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'a str>,
    /// By what its files are known, so that an edit of them is one of the post.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    /// Stars and what they were given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<&'a ReviewNote>,
}

#[derive(serde::Serialize)]
struct Profile<'a> {
    handle: &'a str,
    name: &'a str,
}

/// The content row of an account: the names it goes by.
pub fn profile_body(post: &Post) -> String {
    in_json(&Profile { handle: &post.author.handle, name: &post.author.name })
}

fn in_json(body: &impl serde::Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// Whether a text says anything beside handles and signs: a heart is no answer.
pub fn has_words(text: &str) -> bool {
    text.split_whitespace().any(|word| !word.starts_with('@') && word.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::has_words;

    #[test]
    fn a_heart_is_no_answer() {
        assert!(!has_words("@jan ❤️ 🙏"));
        assert!(!has_words(""));
        assert!(has_words("@jan ok"));
        assert!(has_words("わかりました"));
    }
}
