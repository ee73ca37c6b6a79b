//! Finds what stands in a folded text without being words: web and mail addresses, handles, tags.
//!
//! Works on text from `fold::fold_into`, in one pass over its bytes. It never decides what a mark
//! means for a brand; it says where it stands.

/// What a marked stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A web address, with or without its scheme.
    Url,
    /// A mail address.
    Mail,
    /// `@handle` or `@handle@server`.
    Handle,
    /// `#tag`.
    Tag,
}

/// A marked stretch: byte offsets into the folded text, with its leading `@` or `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

/// Ends of names by which a bare `name.end` is known as a web address.
const ENDS: [&str; 40] = [
    "com", "net", "org", "info", "biz", "app", "dev", "shop", "eu", "nl", "be", "de", "at", "ch", "fr", "es",
    "pt", "br", "it", "ru", "jp", "no", "dk", "se", "fi", "uk", "us", "ca", "au", "ie", "pl", "mx", "ly",
    "tv", "gg", "me", "online", "store", "social", "co",
];

const fn is_handle(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')
}

/// Bytes of a web address as people paste it: no white space, no quotes, nothing beyond ASCII.
const fn is_url(b: u8) -> bool {
    b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|')
}

/// Where a run of bytes of one kind ends, without the full stops and dashes at its end.
fn run(bytes: &[u8], from: usize, is_in: fn(u8) -> bool) -> usize {
    let mut end = from;
    while bytes.get(end).is_some_and(|b| is_in(*b)) {
        end += 1;
    }
    while end > from
        && matches!(bytes[end - 1], b'.' | b'-' | b',' | b'!' | b'?' | b')' | b':' | b';' | b'\'')
    {
        end -= 1;
    }
    end
}

/// Finds all marks of a folded text, in order and without overlaps; `out` is emptied first.
pub fn find(folded: &str, out: &mut Vec<Mark>) {
    out.clear();
    let bytes = folded.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let floor = out.last().map_or(0, |m| m.end);
        let found = match bytes[at] {
            b'@' => at_sign(bytes, at, floor),
            b'#' => tag(folded, at),
            b':' if bytes[at..].starts_with(b"://") => {
                let start = back(bytes, at, floor, u8::is_ascii_alphabetic);
                (start < at).then(|| Mark { start, end: run(bytes, at, is_url), kind: Kind::Url })
            }
            b'w' if bytes[at..].starts_with(b"www.") && !prev_is_word(bytes, at) => {
                Some(Mark { start: at, end: run(bytes, at, is_url), kind: Kind::Url })
            }
            b'.' => bare(bytes, at, floor),
            _ => None,
        };
        at = match found {
            Some(mark) => {
                out.push(mark);
                mark.end.max(at + 1)
            }
            None => at + 1,
        };
    }
}

fn prev_is_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn back(bytes: &[u8], at: usize, floor: usize, is_in: impl Fn(&u8) -> bool) -> usize {
    let mut start = at;
    while start > floor && is_in(&bytes[start - 1]) {
        start -= 1;
    }
    start
}

/// A handle, or a mail address when letters stand right before the sign.
fn at_sign(bytes: &[u8], at: usize, floor: usize) -> Option<Mark> {
    let host = |from: usize| run(bytes, from, is_handle);
    let mut start = back(bytes, at, floor, |b| is_handle(*b) || *b == b'+');
    while start < at && !bytes[start].is_ascii_alphanumeric() {
        start += 1; // ".@klm" is how people answer in public, not a mail address.
    }
    if start < at {
        let end = host(at + 1);
        let domain = &bytes[at + 1..end];
        return domain.contains(&b'.').then_some(Mark { start, end, kind: Kind::Mail });
    }
    let mut end = host(at + 1);
    if end == at + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'@') && host(end + 1) > end + 1 {
        end = host(end + 1);
    }
    Some(Mark { start: at, end, kind: Kind::Handle })
}

fn tag(folded: &str, at: usize) -> Option<Mark> {
    let rest = &folded[at + 1..];
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == 'ー')).unwrap_or(rest.len());
    (length > 0).then_some(Mark { start: at, end: at + 1 + length, kind: Kind::Tag })
}

/// `name.end` without a scheme, with a path or without.
fn bare(bytes: &[u8], at: usize, floor: usize) -> Option<Mark> {
    let mut end = at + 1;
    while bytes.get(end).is_some_and(u8::is_ascii_lowercase) {
        end += 1;
    }
    let last = std::str::from_utf8(&bytes[at + 1..end]).unwrap_or_default();
    let open = bytes.get(end).is_none_or(|b| !(b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80));
    if !open || !ENDS.contains(&last) {
        return None;
    }
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_lowercase) {
        return None; // `name.co.uk`: the later full stop decides.
    }
    // Looked back for last: in a text of full stops each would else be looked back from.
    let start = back(bytes, at, floor, |b| b.is_ascii_alphanumeric() || matches!(*b, b'-' | b'.'));
    if at - start < 2 {
        return None;
    }
    let end = if bytes.get(end) == Some(&b'/') { run(bytes, end, is_url).max(end) } else { end };
    Some(Mark { start, end, kind: Kind::Url })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Vec<(&str, Kind)> {
        let mut marks = Vec::new();
        find(text, &mut marks);
        marks.into_iter().map(|m| (&text[m.start..m.end], m.kind)).collect()
    }

    #[test]
    fn finds_what_is_no_word() {
        assert_eq!(
            marked("zie https://t.co/aBc1, of www.klm.nl/x. mail a.b+c@klm.com"),
            [("https://t.co/aBc1", Kind::Url), ("www.klm.nl/x", Kind::Url), ("a.b+c@klm.com", Kind::Mail)]
        );
        assert_eq!(
            marked("@klm, @klm@toot.nl en @klm.bsky.social. #klm_fail!"),
            [
                ("@klm", Kind::Handle),
                ("@klm@toot.nl", Kind::Handle),
                ("@klm.bsky.social", Kind::Handle),
                ("#klm_fail", Kind::Tag)
            ]
        );
        assert_eq!(
            marked("@klmさん、https://t.co/xを見て #運休中"),
            [("@klm", Kind::Handle), ("https://t.co/x", Kind::Url), ("#運休中", Kind::Tag)]
        );
        assert_eq!(
            marked("op klm.com/nl en shop.klm.co.uk"),
            [("klm.com/nl", Kind::Url), ("shop.klm.co.uk", Kind::Url)]
        );
    }

    #[test]
    fn a_full_stop_before_a_handle_is_no_mail_address() {
        assert_eq!(marked(".@klm hi -@x"), [("@klm", Kind::Handle), ("@x", Kind::Handle)]);
    }

    #[test]
    fn leaves_words_alone() {
        assert_eq!(marked("nooit meer.ik wil 5 @ 3 # nee: 12.50 a.b"), []);
    }
}
