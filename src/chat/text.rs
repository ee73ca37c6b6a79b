//! Text for the chat: pieces with a style, written as HTML or plain, and cut to what a message holds.
//!
//! Foreign words never are markup: a piece is escaped when it is written, and nobody else writes
//! markup. Length is counted as the platform counts it, in UTF-16 units of the text without its
//! markup; what does not fit is left out by whole lines.

use super::texts::Lang;
use crate::domain::unseen::marked;

/// The longest message, in UTF-16 units.
pub const MESSAGE_UNITS_MAX: usize = 4096;

/// How a piece is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Bold,
    Italic,
    Link(String),
}

/// One line of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<(Style, String)>);

impl Line {
    /// A plain line.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::default().text(text)
    }

    /// Adds plain text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push((Style::Plain, one_line(&text.into())));
        self
    }

    /// Adds bold text.
    pub fn bold(mut self, text: impl Into<String>) -> Self {
        self.0.push((Style::Bold, one_line(&text.into())));
        self
    }

    /// Adds text in italics.
    pub fn italic(mut self, text: impl Into<String>) -> Self {
        self.0.push((Style::Italic, one_line(&text.into())));
        self
    }

    /// Adds a link.
    pub fn link(mut self, text: impl Into<String>, url: impl Into<String>) -> Self {
        self.0.push((Style::Link(url.into()), one_line(&text.into())));
        self
    }

    /// Its length without markup, in UTF-16 units.
    pub fn units(&self) -> usize {
        self.0.iter().map(|(_, text)| units(text)).sum()
    }

    /// Cut to so many units, never within a character.
    pub fn cut(mut self, max: usize) -> Self {
        let mut left = max;
        for (_, text) in &mut self.0 {
            let used = units(text);
            if used > left {
                *text = cut(text, left);
                left = 0;
            } else {
                left -= used;
            }
        }
        self.0.retain(|(_, text)| !text.is_empty());
        self
    }
}

/// A message: lines in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich {
    /// The lines.
    pub lines: Vec<Line>,
}

impl Rich {
    /// Adds a line.
    pub fn line(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Its length without markup, in UTF-16 units.
    pub fn units(&self) -> usize {
        self.lines.iter().map(|l| l.units() + 1).sum::<usize>().saturating_sub(1)
    }

    /// As HTML for the platform.
    pub fn html(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|l| l.0.iter().map(html_of).collect()).collect();
        lines.join("\n")
    }

    /// Without any markup; a link's address follows its text, unless that would be too long for a
    /// message.
    pub fn plain(&self) -> String {
        let piece = |(style, text): &(Style, String)| match style {
            Style::Link(url) if text != url => format!("{text} {url}"),
            _ => text.clone(),
        };
        let with_links: Vec<String> =
            self.lines.iter().map(|l| l.0.iter().map(piece).collect::<String>()).collect();
        let full = with_links.join("\n");
        if units(&full) <= MESSAGE_UNITS_MAX {
            return full;
        }
        let bare: Vec<String> =
            self.lines.iter().map(|l| l.0.iter().map(|(_, text)| text.as_str()).collect()).collect();
        cut(&bare.join("\n"), MESSAGE_UNITS_MAX)
    }

    /// What fits into one message: lines that do not are left out and counted in a last line,
    /// `and N more` in the reader's language, with the address behind it. Each line left out stands for one thing.
    pub fn fit(mut self, lang: Lang, more_url: &str) -> Self {
        if self.units() <= MESSAGE_UNITS_MAX {
            return self;
        }
        let tail = |n: usize| Line::plain(lang.and_more(n)).link(more_url, more_url);
        let mut left_out = 0;
        while !self.lines.is_empty() && self.units() + 1 + tail(left_out + 1).units() > MESSAGE_UNITS_MAX {
            self.lines.pop();
            left_out += 1;
        }
        self.lines.push(tail(left_out).cut(MESSAGE_UNITS_MAX));
        self
    }
}

fn html_of((style, text): &(Style, String)) -> String {
    let text = escape(text);
    match style {
        Style::Plain => text,
        Style::Bold => format!("<b>{text}</b>"),
        Style::Italic => format!("<i>{text}</i>"),
        Style::Link(url) => format!("<a href=\"{}\">{text}</a>", escape(url).replace('"', "&quot;")),
    }
}

/// Escapes what the platform's HTML would read as markup.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}

/// Length in UTF-16 units.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The beginning of a text, at most so many UTF-16 units, with an ellipsis if anything was cut.
pub fn cut(text: &str, max: usize) -> String {
    if units(text) <= max {
        return text.to_owned();
    }
    let mut left = max.saturating_sub(1);
    let mut out = String::new();
    for c in text.chars() {
        if c.len_utf16() > left {
            break;
        }
        left -= c.len_utf16();
        out.push(c);
    }
    if max > 0 {
        out.push('…');
    }
    out
}

/// The beginning of a longer text, with what hides told by its code first: the codes count towards what a message holds.
pub fn beginning(text: &str, max: usize) -> String {
    cut(&marked(text), max)
}

/// One line without what nobody sees: control characters become spaces, and what hides or could turn a line around is
/// told by its code.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    marked(&line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn foreign_words_never_are_markup() {
        let line = Line::plain("<b>& \"x\"</b>\u{202e}").bold("1<2").link("a>b", "https://x/?a=1&b=\"2");
        let rich = Rich { lines: vec![line] };
        assert_eq!(
            rich.html(),
            "&lt;b&gt;&amp; \"x\"&lt;/b&gt;[U+202E]<b>1&lt;2</b><a href=\"https://x/?a=1&amp;b=&quot;2\">a&gt;b</a>"
        );
        assert!(rich.plain().starts_with("<b>& \"x\"</b>[U+202E]1<2"));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let lines = (0..400).map(|n| Line::plain(format!("line {n} 👍👍👍"))).collect();
        let fitted = Rich { lines }.fit(Lang::En, "https://care.example/");
        assert!(fitted.units() <= MESSAGE_UNITS_MAX);
        let shown = fitted.lines.len() - 1;
        let tail = Rich { lines: fitted.lines[shown..].to_vec() }.plain();
        assert_eq!(tail, format!("and {} more: https://care.example/", 400 - shown));
    }

    #[test]
    fn what_hides_takes_its_room() {
        let hostile = "\u{200f}".repeat(3_000);
        let begun = beginning(&hostile, 3_000);
        assert!(begun.starts_with("[U+200F]") && units(&begun) == 3_000);
        assert_eq!(Line::plain(begun.as_str()).units(), 3_000, "and does not grow where it is shown");
    }

    proptest! {
        #[test]
        fn cutting_keeps_to_the_limit_and_to_whole_characters(text in ".{0,80}", max in 0usize..60) {
            let short = cut(&text, max);
            prop_assert!(units(&short) <= max);
            let head = short.strip_suffix('…').unwrap_or(&short);
            prop_assert!(text.starts_with(head));
        }

        #[test]
        fn escaped_text_holds_no_markup(text in "\\PC{0,80}") {
            let out = escape(&text);
            prop_assert!(!out.contains(['<', '>']));
            let plain = out.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "");
            prop_assert!(!plain.contains('&'));
        }
    }
}
