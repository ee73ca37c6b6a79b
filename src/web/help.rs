//! The pages of `src/docs`, served as simple pages. They are ours, and still no HTML of theirs is
//! passed on: raw HTML in Markdown is shown as text.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, is_stopped, page as print};
use askama::Template;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::sync::Arc;

#[derive(rust_embed::RustEmbed)]
#[folder = "src/docs/"]
struct Docs;

#[derive(Template)]
#[template(path = "help.html", config = "src/web/askama.toml")]
struct HelpPage {
    frame: Frame,
    /// The pages there are: address and title.
    pages: Vec<(String, String)>,
    /// The page shown, as HTML of our own making.
    body: Option<String>,
}

fn text_of(name: &str) -> Option<String> {
    let file = Docs::get(&format!("{name}.md"))?;
    String::from_utf8(file.data.into_owned()).ok()
}

fn title_of(name: &str) -> String {
    let text = text_of(name).unwrap_or_default();
    text.lines().find_map(|l| l.strip_prefix("# ")).unwrap_or(name).to_owned()
}

/// Where a page is served to which another links as to the file beside it.
fn served(link: &str) -> Option<String> {
    let (name, place) = link.split_once(".md").filter(|(name, _)| !name.contains([':', '/']))?;
    Some(format!("/help/{name}{place}"))
}

/// The name by which a heading is reached: its letters and digits in small, everything else a hyphen.
fn slug(words: &str) -> String {
    let parts: Vec<String> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect();
    parts.join("-")
}

/// Gives each heading its name, so that others may link to it; a second of the same words gets a number.
fn name_headings(events: &mut [Event]) {
    let (mut open, mut words, mut names) = (None, String::new(), Vec::<String>::new());
    for at in 0..events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { .. }) => (open, words) = (Some(at), String::new()),
            Event::Text(text) | Event::Code(text) if open.is_some() => words.push_str(text),
            Event::End(TagEnd::Heading(_)) => {
                let plain = slug(&words);
                let mut name = plain.clone();
                let mut n = 2;
                while names.contains(&name) {
                    name = format!("{plain}-{n}");
                    n += 1;
                }
                names.push(name.clone());
                if let Some(Event::Start(Tag::Heading { id, .. })) =
                    open.take().and_then(|o| events.get_mut(o))
                {
                    *id = Some(name.into());
                }
            }
            _ => {}
        }
    }
}

fn html_of(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES;
    let mut events: Vec<Event> = Parser::new_ext(markdown, options).collect();
    name_headings(&mut events);
    let events = events.into_iter().map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = served(&dest_url).map_or(dest_url, Into::into);
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    // A corner of a table heads nothing; what is wider than the page is reached by keyboard.
    html.replace("<th></th>", "<td></td>").replace("<pre>", "<pre tabindex=\"0\">")
}

async fn shown(app: &App, asked: &Asked, viewer: &Viewer, name: Option<&str>) -> Result<Response, Error> {
    let body = match name {
        Some(name) => Some(html_of(&text_of(name).ok_or(Error::NotFound)?)),
        None => None,
    };
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let title = name.map_or_else(|| asked.texts.help.to_owned(), title_of);
    let mut names: Vec<String> =
        Docs::iter().filter_map(|f| f.strip_suffix(".md").map(ToOwned::to_owned)).collect();
    names.sort();
    let pages = names.into_iter().map(|n| (n.clone(), title_of(&n))).collect();
    print(&HelpPage { frame: Frame::of(app, asked, viewer, "help", &title, kill), pages, body })
}

/// `GET /help`.
pub async fn index(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, None).await
}

/// `GET /help/{page}`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, Some(&name)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_link_to_pages_that_there_are() {
        let mut links = 0;
        for name in Docs::iter().filter_map(|f| f.strip_suffix(".md").map(ToOwned::to_owned)) {
            let html = html_of(&text_of(&name).unwrap());
            for link in html.split("href=\"").skip(1).filter_map(|l| l.split('"').next()) {
                if link.starts_with("https://") || link.starts_with('#') {
                    continue;
                }
                let page = link.strip_prefix("/help/").unwrap_or_else(|| panic!("{name}: {link}"));
                let (page, place) = page.split_once('#').unwrap_or((page, ""));
                let text = text_of(page).unwrap_or_else(|| panic!("{name}: {link}"));
                let there = place.is_empty() || html_of(&text).contains(&format!("id=\"{place}\""));
                assert!(there, "{name}: {link}");
                links += 1;
            }
        }
        assert!(links > 4, "{links}");
    }

    #[test]
    fn headings_have_names_that_stay() {
        let html = html_of("# Who may `see` it?\n\n## It\n\n## It\n\n### Zoë & co: 50 %\n");
        for name in ["who-may-see-it", "it", "it-2", "zoë-co-50"] {
            assert!(html.contains(&format!("id=\"{name}\"")), "{name}: {html}");
        }
    }

    #[test]
    fn raw_html_in_markdown_is_text() {
        let html = html_of(
            "# Hi\n\n<script>x</script>\n\nand <b>bold</b> **fine**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nwide\n```",
        );
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("<strong>fine</strong>") && html.contains("<table>"));
        assert!(html.contains("<pre tabindex=\"0\">"), "{html}");
    }
}
