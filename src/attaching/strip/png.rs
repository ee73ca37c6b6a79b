//! PNG: the picture, its palette, colours, sizes and frames stay; texts, times and EXIF go.

use super::{Clean, take, turn, u32_be};

const HEAD: &[u8] = b"\x89PNG\r\n\x1a\n";
const STAYS: [&[u8; 4]; 16] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD",
    b"pHYs", b"cICP", b"acTL", b"fcTL", b"fdAT",
];

/// What is left of a PNG.
pub fn strip(bytes: &[u8]) -> Option<Clean> {
    let mut at = HEAD.len();
    let (mut out, mut size, mut pixels) = (HEAD.to_vec(), None, false);
    let turned = turn_of(bytes);
    loop {
        let begin = at;
        let length = usize::try_from(u32_be(take(bytes, &mut at, 4)?)?).ok()?;
        let kind: [u8; 4] = take(bytes, &mut at, 4)?.try_into().ok()?;
        let body = take(bytes, &mut at, length)?;
        take(bytes, &mut at, 4)?;
        if STAYS.contains(&&kind) {
            out.extend(bytes.get(begin..at)?);
        }
        match &kind {
            // A second one would say another size than the first, by which pictures are shown.
            b"IHDR" if size.is_some() => return None,
            b"IHDR" => {
                size = Some((u32_be(body)?, u32_be(body.get(4..)?)?));
                if let Some(tiff) = turn::written(turned) {
                    chunk(&mut out, *b"eXIf", &tiff);
                }
            }
            b"IDAT" => pixels = true,
            b"IEND" => break,
            _ => {}
        }
    }
    let (width, height) = size.filter(|_| pixels)?;
    Some(Clean { bytes: out, width, height })
}

/// What the EXIF of a PNG says of its turn; it may stand behind the pixels.
fn turn_of(bytes: &[u8]) -> Option<u8> {
    let mut at = HEAD.len();
    loop {
        let length = usize::try_from(u32_be(take(bytes, &mut at, 4)?)?).ok()?;
        let kind = take(bytes, &mut at, 4)?;
        let body = take(bytes, &mut at, length)?;
        take(bytes, &mut at, 4)?;
        match kind {
            b"eXIf" => return turn::read(body),
            b"IEND" => return None,
            _ => {}
        }
    }
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    let begin = out.len() + 4;
    out.extend(u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
    out.extend(kind);
    out.extend(body);
    let sum = crc(out.get(begin..).unwrap_or_default());
    out.extend(sum.to_be_bytes());
}

/// The check sum of a chunk (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sum_is_the_one_of_the_standard() {
        assert_eq!(super::crc(b"IEND"), 0xae42_6082);
    }
}
