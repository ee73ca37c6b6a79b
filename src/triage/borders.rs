//! Where words begin and end, in languages with spaces and in Japanese.
//!
//! One rule serves brand names and concept phrases: two neighbouring letters of spaced scripts are
//! one word; between a Latin letter and a kana or kanji there is a border; inside a run of kana and
//! kanji there is a border everywhere, because nothing shows where its words end.

use crate::domain::text::is_unspaced;

/// Whether a word can end between `left` and `right`.
pub fn between(left: Option<char>, right: Option<char>) -> bool {
    match (left, right) {
        (Some(a), Some(b)) => !(is_letter(a) && is_letter(b)) || is_unspaced(a) || is_unspaced(b),
        _ => true,
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether there is a border at a byte offset.
pub fn at(text: &str, offset: usize) -> bool {
    // Nearly all text around a match is ASCII: no decoding then.
    let bytes = text.as_bytes();
    if let (Some(a), Some(b)) = (offset.checked_sub(1).and_then(|i| bytes.get(i)), bytes.get(offset))
        && a.is_ascii()
        && b.is_ascii()
    {
        return between(Some(char::from(*a)), Some(char::from(*b)));
    }
    between(text[..offset].chars().next_back(), text[offset..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_of_spaced_and_unspaced_scripts() {
        let check = |a, b, expected| assert_eq!(between(Some(a), Some(b)), expected, "{a}{b}");
        check('a', 'b', false);
        check('a', ' ', true);
        check('m', 'の', true);
        check('物', 'が', true);
        check('я', 'п', false);
        check('a', '_', false);
        check('a', '2', false);
        assert!(at("klm", 0) && at("klm", 3) && !at("klm", 1));
    }
}
