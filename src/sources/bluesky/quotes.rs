//! What a post quotes: the address that its record names, and where the quoted post stands, as a view shows it.
//!
//! A quote belongs to the conversation of what it quotes, unless it answers something. Lexicons `app.bsky.embed.record`
//! and `app.bsky.embed.recordWithMedia`; what is quoted and is no post (a list, a feed) is left alone.

use super::split_uri;
use serde_json::Value;

/// The post that a record's embed quotes.
pub fn of(embed: &str) -> Option<String> {
    let embed: Value = serde_json::from_str(embed).ok()?;
    let record = &embed["record"];
    // With pictures beside it the quote stands one step below.
    let uri = record["uri"].as_str().or_else(|| record["record"]["uri"].as_str())?;
    split_uri(uri).map(|_| uri.to_owned())
}

/// What the post of that address, which a view shows within the quoting one, says that its conversation began with.
pub fn began(view: &str, quoted: &str) -> Option<String> {
    let view: Value = serde_json::from_str(view).ok()?;
    let record = &view["record"];
    let record = if record["uri"].is_string() { record } else { &record["record"] };
    if record["uri"] != quoted {
        return None;
    }
    let root = record["value"]["reply"]["root"]["uri"].as_str()?;
    split_uri(root).map(|_| root.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "at://did:plc:a/app.bsky.feed.post/3k";

    #[test]
    fn quotes_are_posts_with_and_without_pictures() {
        let plain = format!(r#"{{"$type":"app.bsky.embed.record","record":{{"uri":"{POST}","cid":"c"}}}}"#);
        let with = format!(
            r#"{{"$type":"app.bsky.embed.recordWithMedia","media":{{}},"record":{{"record":{{"uri":"{POST}"}}}}}}"#
        );
        assert_eq!((of(&plain).as_deref(), of(&with).as_deref()), (Some(POST), Some(POST)));
        for none in ["[]", "{}", r#"{"images":[]}"#, &plain.replace("feed.post", "feed.generator")] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn a_view_tells_where_the_quoted_post_stands() {
        let root = "at://did:plc:b/app.bsky.feed.post/3j";
        let shown = format!(r#"{{"uri":"{POST}","value":{{"reply":{{"root":{{"uri":"{root}"}}}}}}}}"#);
        let (plain, with) =
            (format!(r#"{{"record":{shown}}}"#), format!(r#"{{"record":{{"record":{shown}}}}}"#));
        for view in [&plain, &with] {
            assert_eq!(began(view, POST).as_deref(), Some(root));
            assert_eq!(began(view, root), None, "another post than the one that is quoted");
        }
        assert_eq!(began(&plain.replace("reply", "x"), POST), None, "it began its own");
    }
}
