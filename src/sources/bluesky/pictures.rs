//! The pictures of a post of Bluesky: what its record names, at the address that the network's own view shows.
//!
//! A record names a picture by the hash of its bytes; the public image service of the network gives it under author and
//! hash, for accounts on whatever server (`cdn.bsky.app`, as views of November 2026 show it; never reached while
//! building). A view that shows another address is believed. Videos are only named.

use crate::domain::file::FileNote;
use serde_json::Value;

/// The service that gives pictures.
const SERVICE: &str = "https://cdn.bsky.app/img/feed_fullsize/plain";

/// The files of a record's embed.
pub fn of(embed: &str, did: &str) -> Vec<FileNote> {
    let embed: Value = serde_json::from_str(embed).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // A quote with pictures keeps them one step below.
    let media = if embed["media"].is_object() { &embed["media"] } else { &embed };
    if media["video"].is_object() {
        return vec![FileNote {
            kind: "video".into(),
            alt: text(&media["alt"]),
            handle: link(&media["video"]),
            ..FileNote::default()
        }];
    }
    let pictures = media["images"].as_array().map(Vec::as_slice).unwrap_or_default();
    let note = |picture: &Value| {
        let blob = &picture["image"];
        let cid = Some(link(blob))
            .filter(|cid| !cid.is_empty() && cid.bytes().all(|b| b.is_ascii_alphanumeric()))?;
        let kind = Some(text(&blob["mimeType"])).filter(|k| k.starts_with("image/"));
        Some(FileNote {
            kind: kind.unwrap_or_else(|| "image".to_owned()),
            // The service gives a smaller copy, so the record's size says nothing.
            alt: text(&picture["alt"]),
            url: format!("{SERVICE}/{did}/{cid}@jpeg"),
            handle: format!("{did}/{cid}"),
            ..FileNote::default()
        })
    };
    pictures.iter().filter_map(note).collect()
}

/// Puts the addresses in that a view shows, picture by picture.
pub fn shown_at(files: &mut [FileNote], view: &str) {
    let view: Value = serde_json::from_str(view).unwrap_or_default();
    let media = if view["media"].is_object() { &view["media"] } else { &view };
    let shown = media["images"].as_array().map(Vec::as_slice).unwrap_or_default();
    if shown.len() == files.len() {
        for (file, picture) in files.iter_mut().zip(shown) {
            if let Some(url) = picture["fullsize"].as_str() {
                url.clone_into(&mut file.url);
            }
        }
    }
}

fn link(blob: &Value) -> String {
    // Old records name their pictures without a wrapping.
    blob["ref"]["$link"].as_str().or_else(|| blob["cid"].as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGES: &str = r#"{"$type":"app.bsky.embed.images","images":[{"alt":"a hinge","image":{"$type":"blob",
        "ref":{"$link":"bafkreia"},"mimeType":"image/jpeg","size":900000}},{"alt":"","image":{"cid":"bafkreib","mimeType":"image/png"}},
        {"image":{"ref":{"$link":"../x"}}}]}"#;

    #[test]
    fn pictures_are_found_by_author_and_hash() {
        let found = of(IMAGES, "did:plc:a");
        assert_eq!(found.len(), 2, "what is no hash leads nowhere");
        assert_eq!(found[0].url, format!("{SERVICE}/did:plc:a/bafkreia@jpeg"));
        assert_eq!((found[0].alt.as_str(), found[1].handle.as_str()), ("a hinge", "did:plc:a/bafkreib"));
        let quoted =
            format!(r#"{{"$type":"app.bsky.embed.recordWithMedia","record":{{}},"media":{IMAGES}}}"#);
        assert_eq!(of(&quoted, "did:plc:a"), found);
        assert!(of("[]", "did:plc:a").is_empty() && of("{}", "did:plc:a").is_empty());
        assert!(!of(r#"{"video":{"ref":{"$link":"b"}},"alt":"x"}"#, "did:plc:a")[0].may_be_kept());
    }

    #[test]
    fn a_view_s_own_address_is_believed() {
        let mut found = of(IMAGES, "did:plc:a");
        shown_at(
            &mut found,
            r#"{"images":[{"fullsize":"https://img.example/1"},{"fullsize":"https://img.example/2"}]}"#,
        );
        assert_eq!(
            (found[0].url.as_str(), found[1].url.as_str()),
            ("https://img.example/1", "https://img.example/2")
        );
        shown_at(&mut found, r#"{"images":[{"fullsize":"https://img.example/9"}]}"#);
        assert_eq!(found[0].url, "https://img.example/1", "another number of pictures is another embed");
    }
}
