//! Reading CBOR (RFC 8949) as authenticators write it (CTAP2's canonical form): definite lengths, whole numbers, bytes,
//! texts, arrays, maps. Everything else is skipped where it may stand, or is not of the form.

/// How deep things may lie in things that are skipped.
const DEPTH_MAX: u8 = 8;

/// What kind an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unsigned,
    Negative,
    Bytes,
    Text,
    Array,
    Map,
    Tag,
    Simple,
}

/// Reads one item after another; nothing is copied.
#[derive(Clone, Debug)]
pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub const fn position(&self) -> usize {
        self.at
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..n)?;
        self.at += n;
        Some(taken)
    }

    /// The head of an item: its kind, and its number or length.
    fn head(&mut self) -> Option<(Kind, u64)> {
        let first = *self.take(1)?.first()?;
        let kind = match first >> 5 {
            0 => Kind::Unsigned,
            1 => Kind::Negative,
            2 => Kind::Bytes,
            3 => Kind::Text,
            4 => Kind::Array,
            5 => Kind::Map,
            6 => Kind::Tag,
            _ => Kind::Simple,
        };
        let more = match first & 31 {
            small @ 0..24 => return Some((kind, small.into())),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            // No length: that is written by nobody who is canonical.
            _ => return None,
        };
        let number = self.take(more)?.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        Some((kind, number))
    }

    fn of(&mut self, wanted: Kind) -> Option<u64> {
        self.head().filter(|(kind, _)| *kind == wanted).map(|(_, number)| number)
    }

    /// Whether the next item is bytes.
    pub fn is_bytes(&self) -> bool {
        self.clone().of(Kind::Bytes).is_some()
    }

    /// How many pairs a map has.
    pub fn map(&mut self) -> Option<u64> {
        self.of(Kind::Map)
    }

    /// A text.
    pub fn str(&mut self) -> Option<&'a str> {
        let length = self.of(Kind::Text)?;
        std::str::from_utf8(self.take(usize::try_from(length).ok()?)?).ok()
    }

    /// Bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.of(Kind::Bytes)?;
        self.take(usize::try_from(length).ok()?)
    }

    /// A whole number.
    pub fn i64(&mut self) -> Option<i64> {
        match self.head()? {
            (Kind::Unsigned, number) => i64::try_from(number).ok(),
            (Kind::Negative, number) => i64::try_from(number).ok().map(|n| -1 - n),
            _ => None,
        }
    }

    /// Skips one item with all that lies in it.
    pub fn skip(&mut self) -> Option<()> {
        self.skipped(DEPTH_MAX)
    }

    fn skipped(&mut self, depth: u8) -> Option<()> {
        let below = depth.checked_sub(1)?;
        match self.head()? {
            (Kind::Unsigned | Kind::Negative | Kind::Simple, _) => {}
            (Kind::Bytes | Kind::Text, length) => {
                self.take(usize::try_from(length).ok()?)?;
            }
            // Each item takes a byte at least, so that no number makes this long.
            (Kind::Array, n) => (0..n).try_for_each(|_| self.skipped(below))?,
            (Kind::Map, n) => (0..n).try_for_each(|_| {
                self.skipped(below)?;
                self.skipped(below)
            })?,
            (Kind::Tag, _) => self.skipped(below)?,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8949, appendix A.
    #[test]
    fn the_examples_of_the_rfc() {
        let number = |bytes: &[u8]| Decoder::new(bytes).i64();
        assert_eq!(number(&[0x17]), Some(23));
        assert_eq!(number(&[0x18, 0x64]), Some(100));
        assert_eq!(number(&[0x19, 0x03, 0xe8]), Some(1000));
        assert_eq!(number(&[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0]), Some(1_000_000_000_000));
        assert_eq!(number(&[0x20]), Some(-1));
        assert_eq!(number(&[0x39, 0x03, 0xe7]), Some(-1000));
        assert_eq!(number(&[0x1b, 255, 255, 255, 255, 255, 255, 255, 255]), None, "more than fits");
        assert_eq!(Decoder::new(&[0x44, 1, 2, 3, 4]).bytes(), Some(&[1, 2, 3, 4][..]));
        assert_eq!(Decoder::new(&[0x62, 0xc3, 0xbc]).str(), Some("ü"));
        assert_eq!(Decoder::new(&[0x62, 0xc3, 0xbc]).bytes(), None, "a text is no bytes");
        assert_eq!(Decoder::new(&[0x63, 0xc3, 0xbc]).str(), None, "one byte less than is said");
        assert_eq!(Decoder::new(&[0x61, 0xc3]).str(), None, "half a letter");
        assert_eq!(Decoder::new(&[0x63, 0xe6, 0xb0, 0xb4]).str(), Some("水"));
        assert_eq!(Decoder::new(&[0xa2, 1, 2, 3, 4]).map(), Some(2));
        // {"a": 1, "b": [2, 3]} and a tag around a text.
        for whole in
            [&[0xa2, 0x61, 0x61, 1, 0x61, 0x62, 0x82, 2, 3][..], &[0xc1, 0x61, 0x61], &[0xf9, 0x3c, 0]]
        {
            let mut d = Decoder::new(whole);
            assert_eq!((d.skip(), d.position()), (Some(()), whole.len()));
            for end in 0..whole.len() {
                assert_eq!(Decoder::new(&whole[..end]).skip(), None);
            }
        }
        // Without lengths, too deep, and longer than it is.
        assert_eq!(Decoder::new(&[0x9f, 0xff]).skip(), None);
        assert_eq!(Decoder::new(&[0x81; 64]).skip(), None);
        assert_eq!(Decoder::new(&[0xbb, 255, 255, 255, 255, 255, 255, 255, 255]).skip(), None);
    }
}
