//! What of a text may leave the house: personal data and handles are taken out before, each by a mark, and put back
//! where the text comes home. Pure.

use super::judgement::PersonalData;

/// What stands for a piece that was taken out and is not put back.
pub const COVER: &str = "•••";

/// A text without what is personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The text with marks.
    pub text: String,
    /// What the marks stand for, in order.
    pub taken: Vec<String>,
}

fn mark(n: usize) -> String {
    format!("⟦{n}⟧")
}

/// Takes these places out of a text, and handles such as `@jan`. Places that make no sense, or overlap, count as far as
/// they do.
pub fn mask(text: &str, places: &[PersonalData]) -> Masked {
    let mut spans: Vec<(usize, usize)> =
        places.iter().filter(|p| text.get(p.start..p.end).is_some()).map(|p| (p.start, p.end)).collect();
    spans.extend(handles(text));
    spans.sort_unstable();
    let mut whole: Vec<(usize, usize)> = Vec::with_capacity(spans.len());
    for (start, end) in spans.into_iter().filter(|(start, end)| start < end) {
        match whole.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => whole.push((start, end)),
        }
    }
    let (mut out, mut taken, mut from) = (String::with_capacity(text.len()), Vec::new(), 0);
    for (start, end) in whole {
        // What looks like a mark of ours already would be filled in as one.
        out.push_str(&unmarked(text.get(from..start).unwrap_or_default()));
        taken.push(text.get(start..end).unwrap_or_default().to_owned());
        out.push_str(&mark(taken.len()));
        from = end;
    }
    out.push_str(&unmarked(text.get(from..).unwrap_or_default()));
    Masked { text: out, taken }
}

fn unmarked(text: &str) -> String {
    text.replace(['⟦', '⟧'], " ")
}

/// Where handles stand: `@` behind nothing that belongs to a word, and what follows it.
fn handles(text: &str) -> Vec<(usize, usize)> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@');
    let mut found = Vec::new();
    let mut before = ' ';
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if c == '@' && at >= end && !before.is_alphanumeric() {
            let name: usize = text[at + 1..].chars().take_while(|c| part(*c)).map(char::len_utf8).sum();
            let whole = text[at..at + 1 + name].trim_end_matches(['.', '-']);
            if whole.len() > 1 {
                end = at + whole.len();
                found.push((at, end));
            }
        }
        before = c;
    }
    found
}

impl Masked {
    /// A text with marks, as it is shown: what they stood for is covered.
    pub fn covered(&self, back: &str) -> String {
        (1..=self.taken.len()).fold(back.to_owned(), |text, n| text.replace(&mark(n), COVER))
    }

    /// Puts back what was taken out; tells how many pieces found no place.
    pub fn restored(&self, back: &str) -> (String, usize) {
        let mut out = String::with_capacity(back.len());
        let mut rest = back;
        let mut seen = vec![false; self.taken.len()];
        // One pass, so that what was put in is never taken for a mark.
        while let Some(at) = rest.find('⟦') {
            out.push_str(&rest[..at]);
            let inside = &rest[at + '⟦'.len_utf8()..];
            let Some(end) = inside.find('⟧') else {
                out.push_str(&rest[at..]);
                rest = "";
                break;
            };
            let n = inside[..end].trim().parse::<usize>().ok().filter(|n| *n > 0);
            if let Some((n, piece)) = n.and_then(|n| Some((n, self.taken.get(n - 1)?))) {
                out.push_str(piece);
                if let Some(seen) = seen.get_mut(n - 1) {
                    *seen = true;
                }
            }
            rest = &inside[end + '⟧'.len_utf8()..];
        }
        out.push_str(rest);
        let lost = seen.iter().filter(|seen| !**seen).count();
        (out, lost)
    }
}

#[cfg(test)]
mod tests {
    use super::super::judgement::PersonalDataKind;
    use super::*;
    use proptest::prelude::*;

    fn place(start: usize, end: usize) -> PersonalData {
        PersonalData { kind: PersonalDataKind::Phone, start, end }
    }

    #[test]
    fn data_and_handles_are_taken_out_and_come_back() {
        let text = "@acme bel 06-12345678 of vraag (@jan.de.v), mail ik@x.nl";
        let phone = text.find("06-").unwrap();
        let mail = text.find("ik@").unwrap();
        let masked =
            mask(text, &[place(phone, phone + 11), place(mail, mail + 7), place(phone + 3, phone + 5)]);
        assert_eq!(masked.text, "⟦1⟧ bel ⟦2⟧ of vraag (⟦3⟧), mail ⟦4⟧");
        assert_eq!(masked.taken, ["@acme", "06-12345678", "@jan.de.v", "ik@x.nl"]);
        assert_eq!(masked.restored(&masked.text), (text.to_owned(), 0));
        assert_eq!(masked.covered("call ⟦2⟧"), "call •••");
        assert_eq!(masked.restored("call ⟦ 2 ⟧, ⟦9⟧"), ("call 06-12345678, ".to_owned(), 3));
    }

    #[test]
    fn marks_of_others_are_nobodys() {
        assert_eq!(mask("⟦1⟧ @", &[]).text, " 1  @");
        assert_eq!(mask("a@b", &[place(2, 9)]).taken.len(), 0, "no handle, and a place that makes no sense");
    }

    proptest! {
        #[test]
        fn what_is_masked_comes_back_as_it_was(text in "[a-z@. é06]{0,60}", at in 0_usize..60, n in 0_usize..20) {
            let masked = mask(&text, &[place(at, at + n)]);
            prop_assert_eq!(masked.restored(&masked.text), (text.clone(), 0));
        }
    }
}
