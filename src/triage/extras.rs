//! Features that are not hashed: concepts, pairs of concepts, and the shape of the writing.
//!
//! They say the same in all ten languages, which is how one language's examples teach the others.

use super::concepts::COUNT;
use super::deadline;
use super::kin::GROUPS;
use super::lexicon::{Found, Set};
use super::scan::{Scan, WordKind};

/// Features of shape.
const SHAPES: usize = 32;
/// Where features of shape begin.
const SHAPE_AT: usize = 4 * COUNT;
/// Where pairs begin.
const PAIR_AT: usize = SHAPE_AT + SHAPES;
/// Where groups of words of like meaning begin.
const KIN_AT: usize = PAIR_AT + COUNT * (COUNT - 1) / 2;
/// All extras.
pub const EXTRAS: usize = KIN_AT + GROUPS;

/// Whether a row is that of a group of words of like meaning.
pub const fn is_kin(row: u32) -> bool {
    row as usize >= KIN_AT && (row as usize) < EXTRAS
}

fn bits(set: Set) -> impl Iterator<Item = usize> + Clone {
    let mut rest = set;
    std::iter::from_fn(move || {
        let at = rest.trailing_zeros() as usize;
        rest &= rest.wrapping_sub(1);
        (at < 128).then_some(at)
    })
}

/// Lists the extras of one stretch; `list` is emptied first.
pub fn read(scan: &Scan, words: usize, found: Found, kin: &[u16], list: &mut Vec<u32>) {
    list.clear();
    list.extend(bits(found.plain).map(|c| c as u32));
    list.extend(bits(found.negated).map(|c| (COUNT + c) as u32));
    list.extend(bits(found.past).map(|c| (2 * COUNT + c) as u32));
    list.extend(bits(found.supposed).map(|c| (3 * COUNT + c) as u32));
    for b in bits(found.plain) {
        for a in bits(found.plain & ((1 << b) - 1)) {
            list.push((PAIR_AT + b * (b - 1) / 2 + a) as u32);
        }
    }
    list.extend(kin.iter().map(|group| KIN_AT as u32 + u32::from(*group)));
    let shape = &scan.shape;
    let symbols = scan.words.iter().take(200).any(|w| w.kind == WordKind::Symbol);
    let length = if shape.kana > 0 { (shape.kana + shape.han) as usize / 2 } else { words };
    let (clock, span) = deadline::named(&scan.text);
    let (bytes, is_ascii) = (scan.text.as_bytes(), scan.text.is_ascii());
    // Of each list of signs one is ASCII, and texts of nothing else are looked through sooner.
    let holds =
        |plain: u8, signs: &[char]| if is_ascii { bytes.contains(&plain) } else { scan.text.contains(signs) };
    let has: [bool; 26] = [
        shape.opens_with_handle,
        shape.handles > 0,
        shape.urls > 0,
        shape.questions > 0,
        shape.questions > 1,
        shape.ends_with_question,
        shape.exclaims > 0,
        false, // How many exclamation marks there are says nothing that the first did not.
        shape.ellipsis,
        shape.capitals,
        symbols,
        shape.digits > 0,
        shape.digits > 4,
        length < 8,
        (8..16).contains(&length),
        (16..30).contains(&length),
        length >= 30,
        found.plain == 0,
        holds(b'"', &['"', '«', '„', '「']),
        holds(b'$', &['€', '$', '£', '¥', '₽']),
        clock,
        span,
        length < 4,
        shape.exclaims > 2,
        found.negated != 0,
        shape.questions == 0 && found.plain.count_ones() > 6,
    ];
    list.extend(has.iter().zip(SHAPE_AT as u32..).filter(|(on, _)| **on).map(|(_, at)| at));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_never_leave_the_table() {
        let mut list = Vec::new();
        let found = Found { plain: (1 << COUNT) - 1, ..Found::default() };
        read(&Scan::default(), 3, found, &[GROUPS as u16 - 1], &mut list);
        assert_eq!(list.iter().map(|i| *i as usize).max(), Some(EXTRAS - 1));
        let mut pairs: Vec<u32> =
            list.iter().copied().filter(|i| (PAIR_AT..KIN_AT).contains(&(*i as usize))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), COUNT * (COUNT - 1) / 2);
    }

    #[test]
    fn signs_are_found_in_texts_of_ascii_and_in_others() {
        let mut list = Vec::new();
        for (text, quotes, costs) in [
            ("they said \"soon\"", true, false),
            ("ils ont dit «bientôt»", true, false),
            ("it was $5", false, true),
            ("é: 5 €", false, true),
            ("née", false, false),
            ("nothing", false, false),
        ] {
            let mut scan = Scan::default();
            scan.read(text);
            read(&scan, 3, Found::default(), &[], &mut list);
            let on = |at: usize| list.contains(&((SHAPE_AT + at) as u32));
            assert_eq!((on(18), on(19)), (quotes, costs), "{text}");
        }
    }
}
