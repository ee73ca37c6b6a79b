//! GIF: frames, their timing and how often they are shown stay; comments, texts and other blocks go.

use super::{Clean, take, u16_le};

/// What is left of a GIF.
pub fn strip(bytes: &[u8]) -> Option<Clean> {
    let mut at = 0;
    let head = take(bytes, &mut at, 13)?;
    let (width, height) = (u16_le(head.get(6..)?)?, u16_le(head.get(8..)?)?);
    let mut out = head.to_vec();
    out.extend(take(bytes, &mut at, table(*head.get(10)?))?);
    let mut frames = 0;
    loop {
        let begin = at;
        match take(bytes, &mut at, 1)? {
            b"," => {
                let frame = take(bytes, &mut at, 9)?;
                take(bytes, &mut at, table(*frame.get(8)?) + 1)?;
                blocks(bytes, &mut at)?;
                out.extend(bytes.get(begin..at)?);
                frames += 1;
            }
            b"!" => {
                let label = *take(bytes, &mut at, 1)?.first()?;
                let body = bytes.get(at..)?;
                blocks(bytes, &mut at)?;
                let loops = [&b"\x0bNETSCAPE2.0"[..], b"\x0bANIMEXTS1.0"].iter().any(|l| body.starts_with(l));
                if label == 0xf9 || (label == 0xff && loops) {
                    out.extend(bytes.get(begin..at)?);
                }
            }
            b";" => break,
            _ => return None,
        }
    }
    out.push(b';');
    (frames > 0).then_some(Clean { bytes: out, width: width.into(), height: height.into() })
}

/// How many bytes a table of colours has.
const fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Passes blocks up to the empty one that ends them.
fn blocks(bytes: &[u8], at: &mut usize) -> Option<()> {
    loop {
        match *take(bytes, at, 1)?.first()? {
            0 => return Some(()),
            n => take(bytes, at, usize::from(n))?,
        };
    }
}
