//! What members put into a post of a forum: pictures and files, found in its finished HTML.
//!
//! Signs, faces, previews of links and what is quoted of others are none of theirs. Files of forums that show themselves
//! only to members need our key; it goes to the forum's own address alone, within the forum's budget for reading.

use super::Discourse;
use super::client::Share;
use crate::domain::file::FileNote;
use crate::sources::html::{attribute, to_text};
use crate::sources::media::{Found, Media, Unfound};
use async_trait::async_trait;
use url::Url;

/// Classes of pictures that nobody put there.
const NOT_THEIRS: [&str; 6] = ["emoji", "avatar", "site-icon", "thumbnail", "favicon", "d-icon"];

/// The files of a post, each once.
pub fn of(cooked: &str, server: &Url) -> Vec<FileNote> {
    let mut found: Vec<FileNote> = Vec::new();
    let mut lightbox: Option<String> = None;
    let mut rest = cooked;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let Some(end) = rest.find('>') else { break };
        let tag = &rest[..=end];
        let behind = &rest[end + 1..];
        let class = attribute(tag, "class").unwrap_or_default();
        let has = |name: &str| class.split_whitespace().any(|c| c == name);
        if tag.starts_with("<a ") && has("lightbox") {
            lightbox = attribute(tag, "href");
        } else if tag.starts_with("<a ") && has("attachment") {
            let name = behind.split("</a>").next().map(to_text).unwrap_or_default();
            let kind = kind_of(&name).to_owned();
            add(
                &mut found,
                server,
                FileNote {
                    name,
                    kind,
                    url: attribute(tag, "href").unwrap_or_default(),
                    ..FileNote::default()
                },
            );
        } else if tag.starts_with("</a") {
            lightbox = None;
        } else if tag.starts_with("<img") && !NOT_THEIRS.iter().any(|c| has(c)) {
            let url = lightbox.take().or_else(|| attribute(tag, "src")).unwrap_or_default();
            let alt = attribute(tag, "alt").unwrap_or_default();
            add(&mut found, server, FileNote { kind: "image".into(), alt, url, ..FileNote::default() });
        }
        rest = behind;
    }
    found
}

fn add(found: &mut Vec<FileNote>, server: &Url, note: FileNote) {
    let Ok(url) = server.join(&note.url) else { return };
    let url = if matches!(url.scheme(), "http" | "https") { url.to_string() } else { return };
    if !note.url.is_empty() && !found.iter().any(|f| f.url == url) {
        found.push(FileNote { url, ..note });
    }
}

/// What a file's name promises; only what can be no picture matters.
fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).as_deref() {
        Some("pdf") => "application/pdf",
        Some("jpg" | "jpeg" | "png" | "gif" | "webp") => "image",
        _ => "other",
    }
}

/// Whether an address is that of a file of the forum. Only these are asked for with our key: authors write what they like
/// into the address of a picture, and the forum would do for us what it does for whoever asks.
fn is_upload(url: &Url, server: &Url) -> bool {
    const FOLDERS: [&str; 3] = ["/uploads/", "/secure-uploads/", "/secure-media-uploads/"];
    let path = url.path().strip_prefix(server.path().trim_end_matches('/')).unwrap_or_default();
    url.origin() == server.origin() && FOLDERS.iter().any(|folder| path.starts_with(folder))
}

#[async_trait]
impl Media for Discourse {
    fn base(&self) -> Option<&Url> {
        Some(&self.forum.server)
    }

    async fn find(&self, file: &FileNote, _bytes_max: usize) -> Result<Found, Unfound> {
        let url = Url::parse(&file.url).map_err(|_| Unfound::Denied)?;
        if !is_upload(&url, &self.forum.server) {
            return Ok(Found::At { url, header: None });
        }
        let now = self.client.now();
        self.client.may(Share::Reading).map_err(|until| Unfound::Later(Some(until.since(now))))?;
        Ok(Found::At { url, header: Some(self.client.key()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_to_files_of_the_forum_alone() {
        let is = |url: &str, server: &str| is_upload(&Url::parse(url).unwrap(), &Url::parse(server).unwrap());
        assert!(is("https://forum.example/uploads/default/original/1X/b.png", "https://forum.example/"));
        assert!(is("https://shop.example/forum/secure-uploads/x.png", "https://shop.example/forum/"));
        for url in [
            "https://forum.example/admin/users/list.json",
            "https://forum.example/uploads/../admin/users.json",
            "https://forum.example/notifications?x=/uploads/",
            "https://other.example/uploads/x.png",
            "http://forum.example/uploads/x.png",
        ] {
            assert!(!is(url, "https://forum.example/"), "{url}");
        }
    }

    #[test]
    fn pictures_and_files_of_the_author_alone() {
        let server = Url::parse("https://forum.example/").unwrap();
        let cooked = r#"<p>It broke <img src="/images/emoji/cry.png" class="emoji" alt=":cry:"></p>
            <div class="lightbox-wrapper"><a class="lightbox" href="https://cdn.forum.example/original/1X/a.jpeg" title="a">
            <img src="/optimized/1X/a_690x500.jpeg" alt="the &lt;hinge&gt;" width="690"></a></div>
            <img alt="second" src='/uploads/default/original/1X/b.png'>
            <p><a class="attachment" href="/uploads/short-url/x.pdf">invoice.pdf</a> (12 KB) <a class="attachment" href="/uploads/short-url/y.zip">log.zip</a></p>
            <aside class="onebox"><img class="thumbnail" src="https://other.example/t.png"></aside><img src="data:image/png;base64,x">
            <a href="https://x.example">no file</a> <img"#;
        let found = of(cooked, &server);
        let told: Vec<(&str, &str, &str)> =
            found.iter().map(|f| (f.url.as_str(), f.alt.as_str(), f.kind.as_str())).collect();
        assert_eq!(
            told,
            [
                ("https://cdn.forum.example/original/1X/a.jpeg", "the <hinge>", "image"),
                ("https://forum.example/uploads/default/original/1X/b.png", "second", "image"),
                ("https://forum.example/uploads/short-url/x.pdf", "", "application/pdf"),
                ("https://forum.example/uploads/short-url/y.zip", "", "other"),
            ]
        );
        assert_eq!(found[2].name, "invoice.pdf");
    }
}
