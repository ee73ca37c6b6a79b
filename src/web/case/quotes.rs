//! What posts quote, within the post that quotes, as the platform shows it.
//!
//! The words of the quoted post stand where they are kept and nowhere else: once it is deleted there, it is gone here.

use super::Loaded;
use super::thread::{Post, link, names, web};
use crate::store::quote::ShownQuote;
use crate::web::inbox::words;
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use std::collections::HashSet;

/// A quoted post.
pub struct Quote {
    /// Who wrote it; none where nothing is known of it.
    pub who: Option<Shown>,
    /// The author's handle.
    pub handle: Option<Shown>,
    /// When it was posted.
    pub at: Option<Moment>,
    /// Its words; personal data in them stays covered.
    pub text: Option<Shown>,
    /// Why there are no words.
    pub gone: Option<&'static str>,
    /// Where the platform shows it.
    pub url: Option<String>,
}

/// The quote of the post with a platform's id.
pub fn of(found: &Loaded, external_id: &str, t: &'static Texts) -> Option<Quote> {
    let quote = found.quotes.iter().find(|q| q.by_id == external_id)?;
    Some(shown(quote, &found.case.platform, t))
}

fn shown(quote: &ShownQuote, platform: &str, t: &'static Texts) -> Quote {
    let url = link(quote.body.as_deref()).or_else(|| address(platform, &quote.quotes));
    let Some(posted_at) = quote.posted_at else {
        let gone = Some(t.working().quote_unseen);
        return Quote { who: None, handle: None, at: None, text: None, gone, url };
    };
    let text = words(quote.body.as_deref()).filter(|_| quote.deleted_at.is_none());
    let ours = quote.ours == 1;
    let (who, handle) = if ours { (Shown::plain(t.us), None) } else { names(quote.profile.as_deref(), t) };
    // Whoever is quoted did not write to us: their data stays covered, also where the case is worked on.
    let covers =
        |text: &str| if ours { Vec::new() } else { crate::casework::answering::guarded(text, &[], &[]) };
    Quote {
        who: Some(who),
        handle,
        at: Some(Moment::of(posted_at)),
        gone: match (&text, quote.deleted_at) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(if ours { t.us_removed } else { t.removed }),
            (None, None) => Some(t.no_text),
        },
        url: url.filter(|_| text.is_some()),
        text: text.map(|text| Shown::of(&text, &covers(&text), t)),
    }
}

/// Where a platform shows a post of which only its id is known.
fn address(platform: &str, id: &str) -> Option<String> {
    let bluesky = || {
        let (did, key) = id.strip_prefix("at://")?.split_once("/app.bsky.feed.post/")?;
        web(&format!("https://bsky.app/profile/{did}/post/{key}"))
    };
    match platform {
        "bluesky" => bluesky(),
        "x" if id.bytes().all(|b| b.is_ascii_digit()) => web(&format!("https://x.com/i/status/{id}")),
        _ => web(id),
    }
}

/// Takes out what stands around the conversation only because it is quoted: it is shown within what quotes it.
pub fn without_quoted(all: &mut Vec<((i64, &String), Post)>, found: &Loaded) {
    let here: HashSet<&str> = all.iter().map(|((_, id), _)| id.as_str()).collect();
    let quoted: HashSet<&str> =
        found.quotes.iter().filter(|q| here.contains(q.by_id.as_str())).map(|q| q.quotes.as_str()).collect();
    let answered: HashSet<&str> = found.answered.values().map(String::as_str).collect();
    let only = |id: &str| {
        let answers = found.answered.contains_key(id);
        // One that quotes something itself stands on, or what it quotes would go with it.
        let quotes = found.quotes.iter().any(|q| q.by_id == id);
        quoted.contains(id) && !answered.contains(id) && !answers && !quotes
    };
    all.retain(|((_, id), post)| post.side != "around" || !only(id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::texts::{EN, NL};

    fn quote() -> ShownQuote {
        ShownQuote {
            by_id: "1".into(),
            quotes: "https://far.example/9".into(),
            ours: 0,
            posted_at: Some(7),
            deleted_at: None,
            body: Some(r#"{"text":"mail me: jan@example.org","url":"https://far.example/@jan/9"}"#.into()),
            profile: Some(r#"{"name":"Jan","handle":"jan@far.example"}"#.into()),
        }
    }

    #[test]
    fn a_quote_shows_author_words_and_link_with_data_covered() {
        let found = shown(&quote(), "mastodon", &EN);
        assert!(found.who.unwrap().to_string().contains("Jan"));
        let text = found.text.unwrap().to_string();
        assert!(text.contains("mail me") && !text.contains("jan@example.org"), "{text}");
        assert_eq!(found.url.as_deref(), Some("https://far.example/@jan/9"));
        assert!(found.gone.is_none());
    }

    #[test]
    fn what_is_gone_or_unknown_says_so() {
        let deleted = ShownQuote { deleted_at: Some(9), body: None, ..quote() };
        let found = shown(&deleted, "mastodon", &NL);
        assert_eq!((found.gone, found.text.is_none(), found.url), (Some(NL.removed), true, None));
        let unknown = ShownQuote { posted_at: None, body: None, profile: None, ..quote() };
        let found = shown(&unknown, "mastodon", &EN);
        assert_eq!(found.gone, Some(EN.working().quote_unseen));
        assert_eq!(found.url.as_deref(), Some("https://far.example/9"));
    }

    #[test]
    fn an_id_leads_to_where_the_platform_shows_it() {
        let of = |platform, id| address(platform, id);
        assert_eq!(
            of("bluesky", "at://did:plc:a/app.bsky.feed.post/3k").as_deref(),
            Some("https://bsky.app/profile/did:plc:a/post/3k")
        );
        assert_eq!(of("x", "123").as_deref(), Some("https://x.com/i/status/123"));
        assert_eq!(of("x", "javascript:alert(1)"), None);
        assert_eq!(of("mastodon", "javascript:alert(1)"), None);
    }
}
