//! JPEG: frames, tables and scans stay, with the head of JFIF, the profile of colours and Adobe's mark.

use super::{Clean, take, turn, u16_be};

const EXIF: &[u8] = b"Exif\0\0";

/// What is left of a JPEG.
pub fn strip(bytes: &[u8]) -> Option<Clean> {
    let mut at = 2;
    let (mut head, mut rest) = (vec![0xff, 0xd8], Vec::with_capacity(bytes.len()));
    let (mut turned, mut size, mut scanned) = (None, None, false);
    loop {
        let marker = marker(bytes, &mut at)?;
        match marker {
            // The end: what hangs behind it is no part of the picture.
            0xd9 => break,
            0x01 | 0xd0..=0xd7 => rest.extend([0xff, marker]),
            _ => {
                let length = usize::from(u16_be(bytes.get(at..)?)?);
                let body = take(bytes, &mut at, length)?.get(2..)?;
                match marker {
                    0xe0 => head.extend(jfif(body).unwrap_or_default()),
                    0xe1 => turned = turned.or_else(|| turn::read(body.strip_prefix(EXIF)?)),
                    0xe2 if body.starts_with(b"ICC_PROFILE\0") => segment(&mut rest, marker, body),
                    0xee if body.starts_with(b"Adobe") => segment(&mut rest, marker, body),
                    0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                        size = Some((u16_be(body.get(3..)?)?, u16_be(body.get(1..)?)?));
                        segment(&mut rest, marker, body);
                    }
                    0xda => {
                        segment(&mut rest, marker, body);
                        rest.extend(scan(bytes, &mut at)?);
                        scanned = true;
                    }
                    // Tables, their conditioning, the number of lines, restarts.
                    0xc4 | 0xcc | 0xdb | 0xdc | 0xdd => segment(&mut rest, marker, body),
                    _ => {}
                }
            }
        }
    }
    let (width, height) = size.filter(|_| scanned)?;
    if let Some(tiff) = turn::written(turned) {
        segment(&mut head, 0xe1, &[EXIF, &tiff].concat());
    }
    head.extend(rest);
    head.extend([0xff, 0xd9]);
    Some(Clean { bytes: head, width: width.into(), height: height.into() })
}

/// The next marker; any number of 0xff may stand in front of it.
fn marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    if take(bytes, at, 1)? != [0xff] {
        return None;
    }
    loop {
        match take(bytes, at, 1)? {
            [0xff] => {}
            [0] => return None,
            [marker] => return Some(*marker),
            _ => return None,
        }
    }
}

/// The coded data of a scan, up to the marker behind it.
fn scan<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let begin = *at;
    loop {
        let found = bytes.get(*at..)?.iter().position(|b| *b == 0xff)?;
        let next = *bytes.get(*at + found + 1)?;
        if matches!(next, 0 | 0xd0..=0xd7) {
            *at += found + 2;
        } else if next == 0xff {
            *at += found + 1;
        } else {
            *at += found;
            return bytes.get(begin..*at);
        }
    }
}

/// The head of JFIF without its preview; other heads of that marker are previews only.
fn jfif(body: &[u8]) -> Option<Vec<u8>> {
    let body = body.get(..12).filter(|b| b.starts_with(b"JFIF\0"))?;
    let mut out = Vec::new();
    segment(&mut out, 0xe0, &[body, &[0, 0]].concat());
    Some(out)
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    // As it was read: two bytes of length were in front of it.
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    out.extend([0xff, marker]);
    out.extend(length.to_be_bytes());
    out.extend(body);
}
