//! Pictures without what they tell of the place and the hour: everything that is no picture is left out.
//!
//! What stays is a list, not what goes: of each kind only the parts that a browser needs to show it. So EXIF, XMP, IPTC,
//! comments, previews and whatever was hung behind the end are gone, GPS among them, and no pixel changes. How the
//! picture is to be turned is kept, in a block of our own that says nothing else. Nothing is decoded: lengths are
//! followed within bounds, and what does not add up is no picture. Pure.

mod gif;
mod jpeg;
mod png;
mod turn;
mod webp;

use crate::domain::file::Media;

/// Most pixels of one side.
const SIDE_MAX: u32 = 20_000;
/// Most pixels in all: what a browser would have to hold in memory.
const PIXELS_MAX: u64 = 100_000_000;

/// A picture of which only the picture is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clean {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

/// Why a picture is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is damaged, or something else.
    Broken,
    /// It has too many pixels.
    TooLarge,
}

/// What is left of a picture; a PDF is none.
pub fn strip(media: Media, bytes: &[u8]) -> Result<Clean, Unfit> {
    let clean = match media {
        Media::Jpeg => jpeg::strip(bytes),
        Media::Png => png::strip(bytes),
        Media::Gif => gif::strip(bytes),
        Media::Webp => webp::strip(bytes),
        Media::Pdf => None,
    };
    let clean = clean.filter(|c| c.width > 0 && c.height > 0).ok_or(Unfit::Broken)?;
    let pixels = u64::from(clean.width) * u64::from(clean.height);
    if clean.width > SIDE_MAX || clean.height > SIDE_MAX || pixels > PIXELS_MAX {
        return Err(Unfit::TooLarge);
    }
    Ok(clean)
}

/// The next `n` bytes at `*at`, which moves behind them.
fn take<'a>(bytes: &'a [u8], at: &mut usize, n: usize) -> Option<&'a [u8]> {
    let end = at.checked_add(n)?;
    let found = bytes.get(*at..end)?;
    *at = end;
    Some(found)
}

fn u16_be(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
}

fn u32_be(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?))
}

fn u16_le(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_le_bytes([*bytes.first()?, *bytes.get(1)?]))
}

fn u32_le(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?))
}

#[cfg(test)]
#[path = "strip/tests.rs"]
mod tests;
