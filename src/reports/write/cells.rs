//! Foreign words in a cell of CSV and in a page of HTML: inert, with what hides told by its code.

use crate::domain::unseen::marked;

/// Escapes text for HTML, in text and in attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in marked(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// What begins a formula, also in the full width that some programs read as the same.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// One cell of CSV: quoted where it must be, never a formula, with what hides told by its code.
pub fn csv_cell(text: &str) -> String {
    let text = marked(text);
    // Blanks before it are passed over by some programs.
    let begins = text.starts_with(FORMULA) || text.trim_start().starts_with(FORMULA);
    let formula = begins && !is_below_nought(&text);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A number below nought computes nothing, and programs read it as what it is.
fn is_below_nought(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let number = text.strip_prefix('-').map(|rest| rest.split_once('.').unwrap_or((rest, "0")));
    number.is_some_and(|(whole, part)| digits(whole) && digits(part))
}
