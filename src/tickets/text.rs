//! Words on their way to and from tickets: marked with the key of the action that writes them, cut to what
//! a system takes, read whichever way a system writes them.

use super::Entry;
use crate::domain::time::Timestamp;
use serde_json::Value;

/// In front of the key of an action, at the end of everything that we write.
const MARK: &str = "[webcared ";
/// Stands where the middle of words was left out.
const LEFT_OUT: &str = "\n\n[… the older part is left out here …]\n\n";

/// Words with the key of the action that writes them.
pub(super) fn marked(text: &str, action_id: &str) -> String {
    format!("{}\n\n{MARK}{action_id}]", text.trim_end())
}

/// The key at the end of words; a letter that quotes ours does not end so.
fn key_in(text: &str) -> Option<&str> {
    text.trim_end().lines().last()?.trim().strip_prefix(MARK)?.strip_suffix(']')
}

/// Whether words are ours.
pub fn is_ours(text: &str) -> bool {
    key_in(text).is_some()
}

/// Whether words were written by this action.
pub(super) fn is_of(text: &str, action_id: &str) -> bool {
    key_in(text) == Some(action_id)
}

/// The words of a letter of a ticket as an entry. Letters are never ours, also where one quotes a note of ours to its
/// end; what the system mailed of our words is no entry at all.
pub(super) fn mailed(text: &str, is_incoming: bool) -> Option<String> {
    match (is_ours(text), is_incoming) {
        (false, _) => Some(text.to_owned()),
        (true, true) => Some(format!("{}\n[…]", text.trim_end())),
        (true, false) => None,
    }
}

/// The words of an entry of which the system says whether the customer sent it: what they sent is never ours, also where
/// their letter quotes a note of ours to its end.
pub(super) fn received(text: String, is_incoming: bool) -> String {
    if is_incoming { mailed(&text, true).unwrap_or(text) } else { text }
}

/// Two lists of entries as one, oldest first.
pub(super) fn woven(one: Vec<Entry>, other: Vec<Entry>) -> Vec<Entry> {
    let mut all = one;
    all.extend(other);
    all.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    all
}

/// A text cut to a length in characters.
pub fn shortened(text: &str, chars_max: usize) -> String {
    let cut = match text.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    };
    // PostgreSQL keeps no NUL, and what a system tells of one ticket must not keep back what it tells of others.
    if cut.contains('\0') { cut.replace('\0', "\u{fffd}") } else { cut }
}

/// Words as they fit into so many bytes: their beginning, which says what they are about, and their end,
/// which is the newest.
pub(super) fn fitted(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let room = bytes_max.saturating_sub(LEFT_OUT.len());
    let mut head = room / 4;
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    let mut tail = text.len() - (room - head);
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    format!("{}{LEFT_OUT}{}", &text[..head], &text[tail..])
}

/// Plain words as HTML.
pub(super) fn to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            c => html.push(c),
        }
    }
    html
}

/// An id, which is a number here and a text there.
pub(super) fn number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains('\0') => Some(text.clone()),
        Value::Number(n) => n.as_u64().map(|n| n.to_string()),
        _ => None,
    }
}

/// A word that may be missing.
pub(super) fn word(value: &Value, chars_max: usize) -> String {
    shortened(value.as_str().unwrap_or_default(), chars_max)
}

/// An instant; also as some write its offset, without a colon, and nothing for the beginning of 1970, which
/// some systems write for one that is not set.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    let read = Timestamp::parse(text).or_else(|e| {
        let at = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at)).ok_or(e)?;
        Timestamp::parse(&format!("{}:{}", &text[..at], &text[at..]))
    });
    read.ok().filter(|t| t.millis() > 0)
}

/// By when something was promised: an instant, or a day, which counts until its midnight, UTC.
pub(super) fn due(value: &Value) -> Option<Timestamp> {
    const DAY_BYTES: usize = 10;
    let text = value.as_str()?;
    if text.len() == DAY_BYTES {
        return time(&Value::String(format!("{text}T23:59:59Z")));
    }
    time(value)
}

/// Whether a text is digits only, and few enough to be a number of a ticket.
pub(super) fn is_digits(text: &str) -> bool {
    (1..18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A text as it stands between quotation marks in a search; the marks and what escapes them are taken out.
pub(super) fn searched(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !"\"\\'".contains(*c)).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_we_wrote_is_known_again() {
        let text = marked("hello\n", "act_1");
        assert_eq!(text, "hello\n\n[webcared act_1]");
        assert!(is_ours(&text) && is_of(&text, "act_1") && !is_of(&text, "act_"));
        assert!(!is_ours("we called the customer"));
        assert!(!is_ours(&format!("> {}", text.replace('\n', "\n> "))), "a letter that quotes ours");
        let back = crate::sources::html::to_text(&to_html(&text));
        assert!(is_of(&back, "act_1"), "also through HTML: {back}");
    }

    #[test]
    fn a_letter_is_never_taken_for_a_note_of_ours() {
        let ours = marked("hello", "act_1");
        assert_eq!(mailed(&ours, false), None, "mailed by the system after our note");
        let quoting = mailed(&format!("No, it is not.\n\n{ours}\n"), true).unwrap_or_default();
        assert!(quoting.starts_with("No, it is not.") && !is_ours(&quoting), "{quoting}");
        assert_eq!(mailed("a mechanic comes", false).as_deref(), Some("a mechanic comes"));
        let letter = received(format!("No, it is not.\n\n{ours}"), true);
        assert!(letter.starts_with("No, it is not.") && !is_ours(&letter), "{letter}");
        assert!(is_ours(&received(ours, false)), "what was written there by us stays ours");
    }

    #[test]
    fn two_lists_are_one_by_their_times() {
        let entry = |id: &str, at: i64| Entry {
            id: id.to_owned(),
            at: Some(Timestamp(at)),
            by: String::new(),
            public: false,
            text: String::new(),
        };
        let all = woven(vec![entry("n1", 1), entry("n3", 3)], vec![entry("m3", 3), entry("m2", 2)]);
        let ids: Vec<&str> = all.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, ["n1", "m2", "m3", "n3"]);
    }

    #[test]
    fn long_words_keep_their_beginning_and_their_end() {
        assert_eq!(fitted("short", 100), "short");
        let long = format!("Webcare case #1\n{}the newest", "é".repeat(3_000));
        let cut = fitted(&long, 1_000);
        assert!(cut.len() <= 1_000, "{}", cut.len());
        assert!(
            cut.starts_with("Webcare case #1") && cut.ends_with("the newest") && cut.contains("left out")
        );
    }

    #[test]
    fn markup_cannot_be_written() {
        assert_eq!(to_html("<b>\"a\" & b</b>\nc"), "&lt;b&gt;&quot;a&quot; &amp; b&lt;/b&gt;<br>c");
        assert_eq!(searched("x\" OR id:\"1\\"), "x OR id:1");
    }

    #[test]
    fn ids_and_times_are_read_however_they_come() {
        assert_eq!(number(&json!("20")).as_deref(), Some("20"));
        assert_eq!(number(&json!(20)).as_deref(), Some("20"));
        assert_eq!(number(&json!(null)), None);
        assert_eq!(number(&json!("2\0")), None);
        assert_eq!((shortened("a\0b", 9).as_str(), shortened("abc", 2).as_str()), ("a\u{fffd}b", "ab…"));
        assert_eq!(time(&json!("1970-01-01T00:00:00Z")), None);
        assert_eq!(time(&json!("1970-01-01T00:00:01Z")), Some(Timestamp(1_000)));
        assert_eq!(time(&json!("1970-01-01T00:00:01.000+0000")), Some(Timestamp(1_000)));
        assert_eq!(due(&json!("1970-01-02")), Some(Timestamp(2 * 86_400_000 - 1_000)));
        assert_eq!(due(&json!("1970-01-01T00:00:01.000+0000")), Some(Timestamp(1_000)));
        assert!(due(&json!("ten letter")).is_none() && due(&json!(null)).is_none());
        assert!(time(&json!("é")).is_none() && time(&json!("")).is_none());
        assert!(is_digits("17") && !is_digits("") && !is_digits("1e3") && !is_digits(&"9".repeat(18)));
    }
}
