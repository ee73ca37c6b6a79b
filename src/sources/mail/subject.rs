//! Subjects: what stands in front of an answer's, and the number of a case in it; pure.

/// Longest subject that is kept, in characters.
pub const CHARS_MAX: usize = 400;

/// What mail programs of the ten languages put in front of answers and of what is passed on.
const FRONT: [&str; 22] = [
    "re",
    "aw",
    "antw",
    "antwoord",
    "sv",
    "vs",
    "rv",
    "rif",
    "res",
    "ref",
    "ynt",
    "odp",
    "отв",
    "ответ",
    "返信",
    "fwd",
    "fw",
    "wg",
    "tr",
    "doorst",
    "enc",
    "vb",
];

/// A subject without control characters, as one line.
pub fn clean(subject: &str) -> String {
    let plain: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(CHARS_MAX).collect()
}

/// The subject without what is put in front and without our own tag.
pub fn bare(subject: &str, tag: &str) -> String {
    let cleaned = clean(subject);
    let mut rest = cleaned.as_str();
    while let Some((front, after)) = rest.split_once([':', '\u{ff1a}']) {
        let front = front.trim().to_lowercase();
        // Some count: 'Re[2]:', 'Re(2):'.
        let word = front.split(['[', '(']).next().unwrap_or_default().trim();
        if !FRONT.contains(&word) {
            break;
        }
        rest = after.trim_start();
    }
    match place_of(rest, tag) {
        Some((from, to, _)) => clean(&format!("{} {}", &rest[..from], &rest[to..])),
        None => rest.to_owned(),
    }
}

/// The number of the case that a subject names.
pub fn case_number(subject: &str, tag: &str) -> Option<i64> {
    place_of(&clean(subject), tag).map(|(_, _, number)| number)
}

/// The subject of an answer.
pub fn answering(subject: &str, tag: &str, number: Option<i64>) -> String {
    let bare = bare(subject, tag);
    let number = number.map(|n| format!("[{tag}{n}]")).unwrap_or_default();
    clean(&format!("Re: {bare} {number}"))
}

/// The subject of a first mail.
pub fn opening(subject: &str, tag: &str, number: Option<i64>) -> String {
    let number = number.map(|n| format!("[{tag}{n}]")).unwrap_or_default();
    clean(&format!("{} {number}", bare(subject, tag)))
}

/// Where the tag stands, and the number in it.
fn place_of(subject: &str, tag: &str) -> Option<(usize, usize, i64)> {
    let mut from = 0;
    while let Some(at) = subject[from..].find('[').map(|at| from + at) {
        let inside = &subject[at + 1..];
        let end = inside.find(']')?;
        let words = inside[..end].trim();
        let front = words.get(..tag.len()).filter(|f| f.eq_ignore_ascii_case(tag));
        let digits = front.and_then(|_| words.get(tag.len()..)).map(str::trim);
        let number = digits.filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
        if let Some(number) = number.and_then(|d| d.parse().ok()) {
            return Some((at, at + 1 + end + 1, number));
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_front_is_taken_away_once_and_for_all() {
        for subject in [
            "Re: Broken kettle",
            "RE: AW: Fwd: Broken kettle",
            "Antw: Re[2]: Broken kettle [#42]",
            "SV: Re(3): [#42] Broken kettle",
            "返信: Broken kettle",
            "返信\u{ff1a}Re\u{ff1a}Broken kettle",
            "Ответ: RE:Broken   kettle",
        ] {
            assert_eq!(bare(subject, "#"), "Broken kettle", "{subject}");
        }
        assert_eq!(bare("Refund: when?", "#"), "Refund: when?");
        assert_eq!(answering("AW: Kaputt [#7]", "#", Some(42)), "Re: Kaputt [#42]");
        assert_eq!(answering("", "ACME#", Some(1)), "Re: [ACME#1]");
        assert_eq!(answering("a\r\nBcc: eve@x.example", "#", None), "Re: a Bcc: eve@x.example");
        assert_eq!(opening("Acme WC-7K3MQ9XA", "#", Some(42)), "Acme WC-7K3MQ9XA [#42]");
        assert_eq!(opening("Acme", "#", None), "Acme");
    }

    #[test]
    fn only_our_own_tag_is_a_number_of_a_case() {
        assert_eq!(case_number("Re: x [#42]", "#"), Some(42));
        assert_eq!(case_number("Re: [list] x [acme# 7 ]", "ACME#"), Some(7));
        for none in ["x", "[#]", "[#4a]", "#42", "[JIRA-42]", "[#42", "[#99999999999999999999]", "[é#1]"] {
            assert_eq!(case_number(none, "#"), None, "{none}");
        }
    }
}
