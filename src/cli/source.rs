//! `webcared source try`: what a source would bring, without a daemon and without storing anything.

use super::args::{Global, SourceCommand};
use super::exit::{Exit, Failure};
use crate::domain::post::Post;
use crate::running::trying::{NotTried, TriedStream, try_source};
use crate::settings;
use std::fmt::Write as _;

/// How many characters of a text are shown.
const WORDS_MAX: usize = 160;
/// How many of what is wrong with an item: every problem is named.
const WHY_MAX: usize = 2_000;

/// Does what is asked.
pub fn run(global: &Global, command: &SourceCommand) -> Result<Exit, Failure> {
    let SourceCommand::Try { name } = command;
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let tried = super::runtime()?.block_on(try_source(&settings, name)).map_err(|why| match why {
        NotTried::Unknown { .. } | NotTried::NotAsked(_) => Failure::Usage(why.to_string()),
        NotTried::Unusable(why) => Failure::Other(anyhow::anyhow!(why)),
    })?;
    let (text, exit) = told(name, &tried);
    super::print(&text)?;
    Ok(exit)
}

/// What was found, and how the command ends.
fn told(name: &str, tried: &[TriedStream]) -> (String, Exit) {
    let mut text = String::new();
    let (mut posts, mut problems, mut failed) = (0, 0, false);
    for stream in tried {
        let what = if stream.stream.is_empty() { name } else { &stream.stream };
        // Writing to a text cannot fail.
        if let Some(why) = &stream.trouble {
            failed = true;
            let _ = writeln!(text, "{what}: not read: {}", plain(why));
        } else {
            let more = if stream.more { ", and more behind it" } else { "" };
            let _ = writeln!(text, "{what}: {} on one page{more}", items(stream.items.len()));
        }
        if let Some(note) = &stream.note {
            let _ = writeln!(text, "  note: {}", plain(note));
        }
        for item in &stream.items {
            match item {
                Ok(post) => {
                    posts += 1;
                    text.push_str(&shown(post));
                }
                Err((place, why)) => {
                    problems += 1;
                    let _ = writeln!(text, "  problem at {}: {}", plain(place), line(why, WHY_MAX));
                }
            }
        }
    }
    let _ = writeln!(text, "{posts} would be read, {problems} would be put aside; nothing was stored");
    let exit = match (failed, problems) {
        (true, _) => Exit::Failed,
        (false, 0) => Exit::Done,
        _ => Exit::Quarantined,
    };
    (text, exit)
}

fn items(n: usize) -> String {
    if n == 1 { "1 item".to_owned() } else { format!("{n} items") }
}

/// One post in two or three lines.
fn shown(post: &Post) -> String {
    let mut text = String::new();
    let who = [&post.author.handle, &post.author.name, &post.author.id].into_iter().find(|w| !w.is_empty());
    let mut marks = vec![post.kind.as_str()];
    marks.extend(post.private.then_some("private"));
    marks.extend(post.own.then_some("our own"));
    marks.extend(post.deleted.then_some("deleted"));
    marks.extend(Some(post.lang_tag.as_str()).filter(|l| !l.is_empty()));
    let when = if post.deleted { String::new() } else { post.posted_at.rfc3339() };
    let who = plain(who.map(String::as_str).unwrap_or_default());
    let _ = writeln!(text, "  {when} {} by {who} ({})", plain(&post.external_id), plain(&marks.join(", ")));
    let _ = writeln!(text, "    {}", plain(&post.text));
    if let Some(url) = &post.url {
        let _ = writeln!(text, "    {}", plain(url));
    }
    text
}

/// A text of others as one line that a terminal takes for text.
fn plain(text: &str) -> String {
    line(text, WORDS_MAX)
}

/// The same, of at most so many characters.
fn line(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most + 1).collect();
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::post::{Author, Post};

    #[test]
    fn what_was_found_is_told_and_ends_as_it_should() {
        let post = Post {
            external_id: "1\u{1b}[2J".into(),
            author: Author { id: "u".into(), ..Author::default() },
            text: "two\nlines".into(),
            kind: "post".into(),
            ..Post::default()
        };
        let stream = TriedStream {
            stream: String::new(),
            trouble: None,
            note: None,
            items: vec![Ok(Box::new(post))],
            more: false,
        };
        let (text, exit) = told("news", std::slice::from_ref(&stream));
        assert_eq!(exit, Exit::Done);
        assert!(text.starts_with("news: 1 item on one page\n") && text.contains("    two lines\n"), "{text}");
        assert!(
            !text.contains('\u{1b}')
                && text.ends_with("1 would be read, 0 would be put aside; nothing was stored\n")
        );
        let mut wrong = stream.clone();
        wrong.items.push(Err(("x/1".into(), "fields.id '/id': not there".into())));
        let (text, exit) = told("news", &[wrong]);
        assert!(
            exit == Exit::Quarantined && text.contains("problem at x/1: fields.id '/id': not there"),
            "{text}"
        );
        let away = TriedStream { trouble: Some("no network".into()), items: Vec::new(), ..stream };
        assert_eq!(told("news", &[away]).1, Exit::Failed);
    }
}
