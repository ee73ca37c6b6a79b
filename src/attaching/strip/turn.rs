//! How a picture is to be turned: read from its EXIF, and written into one that says nothing else.

use super::{u16_be, u16_le, u32_be, u32_le};

/// The tag, and the type of its value.
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
/// Most entries of a folder that are looked at.
const ENTRIES_MAX: usize = 512;

/// What a TIFF block says, from 1 (as it stands) to 8.
pub fn read(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| tiff.get(at..).and_then(if little { u16_le } else { u16_be });
    let long = tiff.get(4..).and_then(if little { u32_le } else { u32_be })?;
    let folder = usize::try_from(long).ok()?;
    let count = usize::from(short(folder)?).min(ENTRIES_MAX);
    let entry = (0..count).map(|n| folder + 2 + n * 12).find(|at| short(*at) == Some(ORIENTATION))?;
    let value = short(entry + 8).filter(|_| short(entry + 2) == Some(SHORT))?;
    u8::try_from(value).ok().filter(|v| (1..=8).contains(v))
}

/// A TIFF block with that alone; nothing where the picture stands right.
pub fn written(turn: Option<u8>) -> Option<Vec<u8>> {
    let turn = turn.filter(|t| *t > 1)?;
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([turn, 0, 0, 0, 0, 0, 0]);
    Some(tiff)
}
