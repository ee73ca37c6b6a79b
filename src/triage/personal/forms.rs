//! A brand's own booking and order numbers, by the forms it gives: `#` a digit, `?` a letter.
//!
//! Everything else in a form stands for itself, in either case. A number counts only where no letter
//! or digit touches it, so that a form never finds a part of a longer number.

use super::data;
use crate::domain::judgement::{PersonalData, PersonalDataKind};

/// Finds what has one of the forms.
pub fn find(text: &str, forms: &[String], found: &mut Vec<PersonalData>) {
    let bytes = text.as_bytes();
    for form in forms.iter().map(|form| form.trim().as_bytes()).filter(|form| !form.is_empty()) {
        for (start, window) in bytes.windows(form.len()).enumerate() {
            let end = start + form.len();
            let touches = |at: Option<usize>| {
                at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
            };
            if window.iter().zip(form).all(|(byte, wanted)| fits(*byte, *wanted))
                && !touches(start.checked_sub(1))
                && !touches(Some(end))
            {
                found.push(data(PersonalDataKind::Reference, start, end));
            }
        }
    }
}

const fn fits(byte: u8, wanted: u8) -> bool {
    match wanted {
        b'#' => byte.is_ascii_digit(),
        b'?' => byte.is_ascii_alphabetic(),
        _ => byte.eq_ignore_ascii_case(&wanted),
    }
}
