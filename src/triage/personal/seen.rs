//! A text as people see it, where its numbers are written in other signs: full-width and mathematical digits, dashes and
//! spaces of print, characters that nobody sees. Each byte knows where it came from.

/// A text in plain signs.
pub struct Seen {
    /// The text.
    pub text: String,
    /// For each byte of it the first byte, and one past the last, of the character it came from.
    from: Vec<(usize, usize)>,
}

impl Seen {
    /// The text in plain signs; `None` if it is written in them already.
    pub fn of(text: &str) -> Option<Self> {
        if text.is_ascii() || !(text.chars().any(|c| plain(c) != Some(c)) || has_long_dash(text)) {
            return None;
        }
        let mut seen = Self { text: String::with_capacity(text.len()), from: Vec::with_capacity(text.len()) };
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let behind_digit = || seen.text.ends_with(|c: char| c.is_ascii_digit());
            let sign = match c {
                // The long sound of kana between digits is a dash.
                'ー' if behind_digit() && chars.peek().is_some_and(|(_, c)| is_digit(*c)) => Some('-'),
                c => plain(c),
            };
            if let Some(sign) = sign {
                seen.text.push(sign);
                seen.from.resize(seen.text.len(), (at, at + c.len_utf8()));
            }
        }
        Some(seen)
    }

    /// A stretch of the plain text as one of the text it came from.
    pub fn place(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let last = self.from.get(end.checked_sub(1)?)?;
        Some((self.from.get(start)?.0, last.1))
    }
}

fn is_digit(c: char) -> bool {
    plain(c).is_some_and(|c| c.is_ascii_digit())
}

/// Whether the long sound of kana stands right behind a digit.
fn has_long_dash(text: &str) -> bool {
    let digit_before = |at: usize| text.as_bytes()[..at].last().is_some_and(u8::is_ascii_digit);
    text.match_indices('ー').any(|(at, _)| digit_before(at))
}

/// What a character is seen as; `None` if nobody sees it.
fn plain(c: char) -> Option<char> {
    match c as u32 {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0),
        code @ 0x1d7ce..=0x1d7ff => char::from_digit((code - 0x1d7ce) % 10, 10),
        0x2010..=0x2015 | 0x2212 => Some('-'),
        0xa0 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 => Some(' '),
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x20e3 | 0xfe0f | 0xfeff => None,
        _ => Some(c),
    }
}
