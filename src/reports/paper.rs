//! A page of a report before it is written: headings, lines, tables, bars, each figure with the address of its cases.
//! It is written as text, as a mail that needs nothing else, and as part of a page of the console, always the same.
//!
//! Programs for mail drop styles, scripts and SVG: a mail has its colours in attributes and its bars as a picture, with the
//! same figures in a table below, and asks nothing of anybody.

use super::chart::{self, Bar};
use super::words::Words;
use super::write::escape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fmt::Write;

/// A few words, with where they lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// A path below the console.
    pub path: Option<String>,
}

/// Words that lead nowhere.
pub fn say(text: impl Into<String>) -> Piece {
    Piece { text: text.into(), path: None }
}

/// Words that lead to a path below the console.
pub fn link(text: impl Into<String>, path: impl Into<String>) -> Piece {
    Piece { text: text.into(), path: Some(path.into()) }
}

/// A number that leads to its cases; zero leads nowhere.
pub fn figure(n: i64, path: impl Into<String>) -> Piece {
    if n == 0 { say("0") } else { link(n.to_string(), path) }
}

/// A bar of what was on time and what was late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// What it is of.
    pub name: String,
    /// On time.
    pub kept: Piece,
    /// How long its part is.
    pub kept_n: i64,
    /// Late.
    pub broken: Piece,
    /// How long its part is.
    pub broken_n: i64,
    /// What is to be known of it; empty for nothing.
    pub note: String,
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Head(String),
    /// A line.
    Line(Vec<Piece>),
    /// A list.
    List(Vec<Vec<Piece>>),
    /// A table, its first column the names of the rows.
    Table {
        /// The names of the columns.
        head: Vec<String>,
        /// The cells.
        rows: Vec<Vec<Vec<Piece>>>,
    },
    /// Bars, with the words for their two parts.
    Bars {
        /// The words for on time and for late.
        words: [String; 2],
        /// The bars.
        strips: Vec<Strip>,
    },
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paper {
    /// The language of its words.
    pub lang: &'static str,
    /// What it is, in one line.
    pub title: String,
    /// Its parts.
    pub blocks: Vec<Block>,
}

impl Paper {
    /// Adds a heading and what stands below it, if anything does.
    pub fn part(&mut self, head: &str, list: Vec<Vec<Piece>>) {
        if !list.is_empty() {
            self.blocks.push(Block::Head(head.to_owned()));
            self.blocks.push(Block::List(list));
        }
    }

    /// As text; what leads somewhere has a number, and the addresses stand at the end.
    pub fn text(&self, console: &str) -> String {
        let mut notes = Notes { console: console.trim_end_matches('/').to_owned(), all: Vec::new() };
        let mut out = format!("{}\n", self.title);
        for block in &self.blocks {
            text_block(&mut out, block, &mut notes);
        }
        if !notes.console.is_empty() && !notes.all.is_empty() {
            out.push('\n');
            for (at, path) in notes.all.iter().enumerate() {
                // Writing to a text cannot fail.
                let _ = writeln!(out, "[{}] {}{path}", at + 1, notes.console);
            }
        }
        // Control characters from a name must reach no terminal.
        out.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
    }

    /// As a mail.
    pub fn mail(&self, console: &str) -> String {
        let console = console.trim_end_matches('/');
        let body = self.body(console, &MAIL, pictured);
        format!(
            "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\"><title>{title}</title></head>\
             <body style=\"margin:0;padding:16px;background:#ffffff;color:#1a1a1a;\
             font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:1.45\">\n\
             <h1 style=\"font-size:20px;margin:0 0 12px\">{title}</h1>\n{body}</body></html>\n",
            self.lang,
            title = escape(&self.title)
        )
    }

    /// As a part of a page of the console, without its title.
    pub fn page(&self) -> String {
        self.page_at("")
    }

    /// The same where the console stands elsewhere, as in a file.
    pub fn page_at(&self, console: &str) -> String {
        self.body(console, &PAGE, drawn)
    }

    /// All blocks, before bars their chart.
    fn body(&self, console: &str, style: &Style, chart: fn(&str, &[Strip], &str) -> String) -> String {
        let (mut head, mut out) = ("", String::new());
        for block in &self.blocks {
            if let Block::Head(text) = block {
                head = text;
            }
            if let Block::Bars { strips, .. } = block {
                out.push_str(&chart(head, strips, self.lang));
            }
            out.push_str(&html_block(block, console, style));
        }
        out
    }
}

/// The addresses of a text, each once.
struct Notes {
    console: String,
    all: Vec<String>,
}

impl Notes {
    fn piece(&mut self, piece: &Piece) -> String {
        let Some(path) = piece.path.as_ref().filter(|_| !self.console.is_empty()) else {
            return piece.text.clone();
        };
        let at = self.all.iter().position(|p| p == path).unwrap_or_else(|| {
            self.all.push(path.clone());
            self.all.len() - 1
        });
        format!("{} [{}]", piece.text, at + 1)
    }

    fn line(&mut self, pieces: &[Piece]) -> String {
        pieces.iter().map(|p| self.piece(p)).collect()
    }
}

fn text_block(out: &mut String, block: &Block, notes: &mut Notes) {
    let _ = match block {
        Block::Head(head) => writeln!(out, "\n{head}"),
        Block::Line(pieces) => writeln!(out, "{}", notes.line(pieces)),
        Block::List(lines) => {
            for line in lines {
                let _ = writeln!(out, "  - {}", notes.line(line));
            }
            Ok(())
        }
        Block::Table { head, rows } => {
            let lines: Vec<Vec<String>> = std::iter::once(head.clone())
                .chain(rows.iter().map(|row| row.iter().map(|cell| notes.line(cell)).collect()))
                .collect();
            aligned(out, &lines);
            Ok(())
        }
        Block::Bars { words: [kept, broken], strips } => {
            for s in strips {
                let (a, b) = (notes.piece(&s.kept), notes.piece(&s.broken));
                let note = if s.note.is_empty() { String::new() } else { format!("  ({})", s.note) };
                let _ = writeln!(out, "  {}: {a} {kept}, {b} {broken}{note}", s.name);
            }
            Ok(())
        }
    };
}

/// Columns below each other.
fn aligned(out: &mut String, lines: &[Vec<String>]) {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| lines.iter().filter_map(|l| l.get(at)).map(|c| c.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or(0)).collect();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate();
        let cells = cells.map(
            |(at, (cell, width))| {
                if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            },
        );
        let _ = writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// What is put into the tags.
struct Style {
    head: &'static str,
    table: &'static str,
    th: &'static str,
    th_row: &'static str,
    td: &'static str,
    link: &'static str,
}

const MAIL: Style = Style {
    head: " style=\"font-size:16px;margin:20px 0 6px\"",
    table: " cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:collapse;margin:4px 0 8px\"",
    th: " style=\"padding:3px 8px;border-bottom:1px solid #bbbbbb;text-align:right;font-size:13px\"",
    th_row: " style=\"padding:3px 8px 3px 0;border-bottom:1px solid #dddddd;text-align:left;font-weight:normal\"",
    td: " style=\"padding:3px 8px;border-bottom:1px solid #dddddd;text-align:right\"",
    link: " style=\"color:#0b57a4\"",
};

const PAGE: Style = Style { head: "", table: " class=\"counts\"", th: "", th_row: "", td: "", link: "" };

fn html_piece(piece: &Piece, console: &str, style: &Style) -> String {
    match &piece.path {
        Some(path) => {
            format!(
                "<a href=\"{}\"{}>{}</a>",
                escape(&format!("{console}{path}")),
                style.link,
                escape(&piece.text)
            )
        }
        None => escape(&piece.text),
    }
}

fn html_line(pieces: &[Piece], console: &str, style: &Style) -> String {
    pieces.iter().map(|p| html_piece(p, console, style)).collect()
}

fn html_block(block: &Block, console: &str, style: &Style) -> String {
    match block {
        Block::Head(head) => format!("<h2{}>{}</h2>\n", style.head, escape(head)),
        Block::Line(pieces) => format!("<p>{}</p>\n", html_line(pieces, console, style)),
        Block::List(lines) => {
            let item = |line: &Vec<Piece>| format!("<li>{}</li>\n", html_line(line, console, style));
            format!("<ul>{}</ul>\n", lines.iter().map(item).collect::<String>())
        }
        Block::Table { head, rows } => html_table(head, rows, console, style),
        Block::Bars { words, strips } => html_bars(words, strips, console, style),
    }
}

fn html_table(head: &[String], rows: &[Vec<Vec<Piece>>], console: &str, style: &Style) -> String {
    let label = escape(head.first().map_or("", String::as_str));
    let mut out = format!(
        "<div class=\"wide\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\"><table{}><thead><tr>",
        style.table
    );
    for (at, name) in head.iter().enumerate() {
        let of = if at == 0 { style.th_row } else { style.th };
        let _ = write!(out, "<th scope=\"col\"{of}>{}</th>", escape(name));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let words = html_line(cell, console, style);
            let _ = if at == 0 {
                write!(out, "<th scope=\"row\"{}>{words}</th>", style.th_row)
            } else {
                write!(out, "<td{}>{words}</td>", style.td)
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// Bars as the chart of a page; the same figures stand in the table after it.
fn drawn(title: &str, strips: &[Strip], lang: &str) -> String {
    format!("{}{}\n", legend(lang), chart::bars(title, &charted(strips)))
}

/// The same as a picture in a mail, with which it goes (see [`crate::mailing`]).
fn pictured(title: &str, strips: &[Strip], lang: &str) -> String {
    let Some(picture) = chart::picture(&charted(strips)) else { return String::new() };
    format!(
        "{}<img src=\"{PICTURE}{}\" width=\"640\" height=\"180\" alt=\"{}\" style=\"max-width:100%;height:auto\">\n",
        legend(lang),
        BASE64.encode(picture),
        escape(title)
    )
}

/// What a picture within a page begins with.
const PICTURE: &str = "data:image/png;base64,";

fn charted(strips: &[Strip]) -> Vec<Bar> {
    let bar = |s: &Strip| {
        // Of a day its year is in the title.
        let day = s.name.get(5..).filter(|_| s.name.len() == 10 && s.name.get(4..5) == Some("-"));
        let mark = if s.note.is_empty() { "" } else { "*" };
        Bar { name: format!("{}{mark}", day.unwrap_or(&s.name)), kept: s.kept_n, broken: s.broken_n }
    };
    strips.iter().map(bar).collect()
}

fn legend(lang: &str) -> String {
    // A language that came as a file has no words here.
    let english = if Words::has(lang) { "" } else { " lang=\"en\"" };
    format!("<p{english}>{}</p>", escape(Words::of(lang).legend))
}

fn html_bars(words: &[String; 2], strips: &[Strip], console: &str, style: &Style) -> String {
    let mut out = format!(
        "<table{}><thead><tr><td></td><th scope=\"col\"{th}>{}</th><th scope=\"col\"{th}>{}</th><td></td>\
         </tr></thead><tbody>\n",
        style.table,
        escape(&words[0]),
        escape(&words[1]),
        th = style.th
    );
    for s in strips {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"{}>{}</th><td{td}>{}</td><td{td}>{}</td><td>{}</td></tr>",
            style.th_row,
            escape(&s.name),
            html_piece(&s.kept, console, style),
            html_piece(&s.broken, console, style),
            escape(&s.note),
            td = style.td
        );
    }
    out.push_str("</tbody></table>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paper(name: &str, kept: i64, broken: i64) -> Paper {
        let strip = Strip {
            name: name.to_owned(),
            kept: figure(kept, "/reports/cases?a=1&b=2"),
            kept_n: kept,
            broken: figure(broken, "/x"),
            broken_n: broken,
            note: name.to_owned(),
        };
        let row = vec![vec![say(name)], vec![figure(kept, "/y")]];
        Paper {
            lang: "en",
            title: name.to_owned(),
            blocks: vec![
                Block::Head(name.to_owned()),
                Block::Line(vec![say(name), link(name, "/z")]),
                Block::Table { head: vec![name.to_owned(), "n".into()], rows: vec![row] },
                Block::Bars { words: ["ok".into(), "late".into()], strips: vec![strip] },
                Block::List(vec![vec![say(name)]]),
            ],
        }
    }

    #[test]
    fn figures_lead_to_their_cases_in_every_form() {
        let p = paper("Acme", 3, 0);
        let mail = p.mail("https://care.example/");
        assert!(mail.contains("href=\"https://care.example/reports/cases?a=1&amp;b=2\""), "{mail}");
        let text = p.text("https://care.example");
        assert!(
            text.contains("Acme: 3 [3] ok, 0 late")
                && text.contains("[3] https://care.example/reports/cases?a=1&b=2"),
            "{text}"
        );
        assert!(p.page().contains("href=\"/reports/cases?a=1&amp;b=2\"") && !p.page().contains("style="));
    }

    proptest! {
        #[test]
        fn no_name_is_markup_and_nothing_is_fetched(name in ".{0,20}", kept in 0i64..1_000_000, broken in 0i64..1_000_000) {
            let p = paper(&format!("<script>\"'&{name}"), kept, broken);
            for out in [p.mail("https://a.example"), p.page()] {
                prop_assert!(!out.contains("<script"));
                // The pattern of the chart is named by its title, and is in the page itself; so is the picture.
                let out = out.replace("url(#late-", "").replace("<img src=\"data:image/png;base64,", "");
                prop_assert!(!out.contains("<img") && !out.contains(" src=") && !out.contains("url("));
            }
            prop_assert!(p.text("").chars().all(|c| c == '\n' || !c.is_control()));
        }
    }
}
