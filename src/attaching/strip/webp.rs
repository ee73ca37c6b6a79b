//! WebP: the picture, its transparency, frames and profile of colours stay; EXIF, XMP and unknown parts go.

use super::{Clean, take, turn, u16_le, u32_le};

const STAYS: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// Bits of the extended head: there is EXIF, there is XMP.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

/// What is left of a WebP.
pub fn strip(bytes: &[u8]) -> Option<Clean> {
    let told = usize::try_from(u32_le(bytes.get(4..)?)?).ok()?;
    let bytes = bytes.get(..told.checked_add(8)?)?;
    let mut at = 12;
    let (mut out, mut turned, mut canvas, mut image, mut extended) =
        (bytes.get(..12)?.to_vec(), None, None, None, None);
    while at < bytes.len() {
        let kind: [u8; 4] = take(bytes, &mut at, 4)?.try_into().ok()?;
        let length = usize::try_from(u32_le(take(bytes, &mut at, 4)?)?).ok()?;
        let body = take(bytes, &mut at, length)?;
        if length % 2 == 1 {
            // Some writers leave the last filling byte out.
            at = (at + 1).min(bytes.len());
        }
        match &kind {
            b"EXIF" => turned = turn::read(body.strip_prefix(b"Exif\0\0").unwrap_or(body)),
            b"VP8X" => {
                canvas = Some((side(body.get(4..7)?)?, side(body.get(7..10)?)?));
                extended = Some(out.len() + 8);
            }
            b"VP8 " => image = image.or(lossy(body)),
            b"VP8L" => image = image.or(lossless(body)),
            b"ANMF" => image = image.or(canvas),
            _ => {}
        }
        if STAYS.contains(&&kind) {
            chunk(&mut out, kind, body);
        }
    }
    if let Some(flags) = extended.and_then(|at| out.get_mut(at)) {
        *flags &= !(HAS_EXIF | HAS_XMP);
    }
    if let (Some(tiff), Some(at)) = (turn::written(turned), extended) {
        *out.get_mut(at)? |= HAS_EXIF;
        chunk(&mut out, *b"EXIF", &tiff);
    }
    let length = u32::try_from(out.len() - 8).ok()?;
    out.get_mut(4..8)?.copy_from_slice(&length.to_le_bytes());
    let (width, height) = canvas.or(image).filter(|_| image.is_some())?;
    Some(Clean { bytes: out, width, height })
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    out.extend(kind);
    out.extend(u32::try_from(body.len()).unwrap_or_default().to_le_bytes());
    out.extend(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
}

fn side(bytes: &[u8]) -> Option<u32> {
    let [a, b, c] = bytes else { return None };
    Some(u32::from_le_bytes([*a, *b, *c, 0]) + 1)
}

fn lossy(body: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| body.get(at..).and_then(u16_le).map(|n| u32::from(n & 0x3fff));
    (body.get(3..6)? == [0x9d, 0x01, 0x2a]).then_some(())?;
    Some((side(6)?, side(8)?))
}

fn lossless(body: &[u8]) -> Option<(u32, u32)> {
    let bits = u32_le(body.get(1..)?).filter(|_| body.first() == Some(&0x2f))?;
    Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}
