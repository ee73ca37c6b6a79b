//! Pictures made here, with all that must go: GPS above all.

use super::*;

const GPS: &[u8] = b"GPSLatitude 52.3731";

/// A TIFF block with a turn and a GPS folder.
fn exif(turn: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, turn, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend(GPS);
    tiff
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

fn jpeg(turn: u8) -> Vec<u8> {
    let frame = [8, 0, 3, 0, 4, 1, 1, 0x11, 0];
    let inner =
        [&[0xff, 0xd8][..], &segment(0xe1, &[b"Exif\0\0", &exif(1)[..]].concat()), &[0xff, 0xd9]].concat();
    [
        &[0xff, 0xd8][..],
        &segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01GPS"),
        &segment(0xe1, &[b"Exif\0\0", &exif(turn)[..]].concat()),
        &segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x GPSLatitude='52'/>"),
        &segment(0xe2, b"ICC_PROFILE\0\x01\x01colours"),
        &segment(0xe2, b"MPF\0GPS"),
        &segment(0xed, b"Photoshop 3.0\0GPS Amsterdam"),
        &segment(0xee, b"Adobe\0d\0\0\0\0\x01"),
        &segment(0xfe, b"taken at GPS 52.37"),
        &segment(0xdb, &[0; 65]),
        &[0xff],
        &segment(0xc0, &frame),
        &segment(0xc4, &[0; 19]),
        &segment(0xda, &[1, 1, 0, 0, 63, 0]),
        &[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xff],
        &[0xd9],
        // What hangs behind the end: a second picture with a place of its own.
        &inner,
        b"GPS",
    ]
    .concat()
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w == word)
}

/// How a JPEG is to be turned, read as somebody else would: the first EXIF block.
fn turned(bytes: &[u8]) -> Option<u8> {
    let at = bytes.windows(6).position(|w| w == b"Exif\0\0")?;
    turn::read(&bytes[at + 6..])
}

#[test]
fn a_jpeg_loses_its_place_and_keeps_its_turn() {
    for turn in [1, 3, 6, 8] {
        let raw = jpeg(turn);
        assert!(holds(&raw, b"GPS"));
        let clean = strip(Media::Jpeg, &raw).unwrap();
        assert!(
            !holds(&clean.bytes, b"GPS")
                && !holds(&clean.bytes, b"Amsterdam")
                && !holds(&clean.bytes, b"adobe.com")
        );
        assert_eq!((clean.width, clean.height), (4, 3));
        assert_eq!(turned(&clean.bytes), (turn > 1).then_some(turn));
        assert!(holds(&clean.bytes, b"ICC_PROFILE\0\x01\x01colours") && holds(&clean.bytes, b"Adobe\0d"));
        assert!(holds(&clean.bytes, &[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4]), "no pixel changes");
        assert!(clean.bytes.starts_with(&[0xff, 0xd8, 0xff, 0xe0]) && clean.bytes.ends_with(&[0xff, 0xd9]));
        assert_eq!(strip(Media::Jpeg, &clean.bytes).unwrap(), clean, "what is clean stays as it is");
    }
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_be_bytes()[..], kind, body, &[0; 4]].concat()
}

#[test]
fn a_png_keeps_pixels_and_colours_only() {
    let head = [0, 0, 0, 5, 0, 0, 0, 6, 8, 6, 0, 0, 0];
    let raw = [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(b"IHDR", &head),
        &chunk(b"tEXt", b"Location\0GPS 52"),
        &chunk(b"gAMA", &[0, 1, 2, 3]),
        &chunk(b"iTXt", b"XML:com.adobe.xmp\0GPS"),
        &chunk(b"IDAT", b"pixels"),
        &chunk(b"eXIf", &exif(6)),
        &chunk(b"tIME", &[0; 7]),
        &chunk(b"IEND", b""),
        b"GPS behind the end",
    ]
    .concat();
    let clean = strip(Media::Png, &raw).unwrap();
    assert!(!holds(&clean.bytes, b"GPS") && !holds(&clean.bytes, b"tIME"));
    assert!(holds(&clean.bytes, b"gAMA") && holds(&clean.bytes, b"pixels"));
    assert_eq!((clean.width, clean.height), (5, 6));
    let at = clean.bytes.windows(4).position(|w| w == b"eXIf").unwrap();
    assert_eq!(turn::read(&clean.bytes[at + 4..]), Some(6));
}

#[test]
fn a_gif_keeps_its_frames_and_how_often_they_are_shown() {
    let frame = [&b"!\xf9\x04\0\x0a\0\0\0"[..], b",\0\0\0\0\x02\0\x03\0\0\x02\x01\x44\0"].concat();
    let raw = [
        &b"GIF89a\x02\0\x03\0\x80\0\0\0\0\0\xff\xff\xff"[..],
        b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0",
        b"!\xff\x0bXMP DataXMP\x05GPS..\0",
        b"!\xfe\x06GPS 52\0",
        &frame,
        b";GPS",
    ]
    .concat();
    let clean = strip(Media::Gif, &raw).unwrap();
    assert!(!holds(&clean.bytes, b"GPS") && !holds(&clean.bytes, b"XMP"));
    assert!(holds(&clean.bytes, b"NETSCAPE2.0") && holds(&clean.bytes, &frame));
    assert_eq!((clean.width, clean.height), (2, 3));
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, bytes) in chunks {
        body.extend(*kind);
        body.extend((bytes.len() as u32).to_le_bytes());
        body.extend(*bytes);
        body.extend(vec![0; bytes.len() % 2]);
    }
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

#[test]
fn a_webp_loses_exif_and_xmp_and_says_so_in_its_head() {
    let extended = [0x2c, 0, 0, 0, 9, 0, 0, 7, 0, 0];
    let pixels = [0, 0, 0, 0x9d, 1, 0x2a, 10, 0, 8, 0, 1];
    let mut raw = riff(&[
        (b"VP8X", &extended),
        (b"ICCP", b"colours"),
        (b"VP8 ", &pixels),
        (b"EXIF", &exif(8)),
        (b"XMP ", b"<x GPS/>"),
        (b"WHAT", b"GPS"),
    ]);
    raw.extend(b"GPS");
    let clean = strip(Media::Webp, &raw).unwrap();
    assert!(!holds(&clean.bytes, b"GPS") && holds(&clean.bytes, b"colours"));
    assert_eq!((clean.width, clean.height), (10, 8));
    assert_eq!(clean.bytes[20] & 0x0c, 0x08, "there is EXIF with the turn, and no XMP");
    assert_eq!(u32_le(&clean.bytes[4..]).unwrap() as usize + 8, clean.bytes.len());
    let at = clean.bytes.windows(4).position(|w| w == b"EXIF").unwrap();
    assert_eq!(turn::read(&clean.bytes[at + 8..]), Some(8));
    let plain = strip(Media::Webp, &riff(&[(b"VP8 ", &pixels)])).unwrap();
    assert_eq!((plain.width, plain.height), (10, 8));
}

#[test]
fn what_is_cut_or_is_something_else_is_no_picture_and_never_a_panic() {
    let whole = jpeg(6);
    let end = whole.windows(2).position(|w| w == [0xff, 0xd9]).unwrap();
    for n in 0..end {
        assert_eq!(strip(Media::Jpeg, &whole[..n]), Err(Unfit::Broken), "cut after {n}");
    }
    for media in Media::ALL {
        for junk in [
            &b""[..],
            b"<svg onload=alert(1)>",
            b"\xff\xd8\xff\xe0\0",
            b"GIF89a",
            b"RIFF\xff\xff\xff\xffWEBP",
            &[0xff; 64],
        ] {
            assert_eq!(strip(media, junk), Err(Unfit::Broken), "{media:?}");
        }
    }
    let bomb = [0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 8, 6, 0, 0, 0];
    let bomb =
        [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &bomb), &chunk(b"IDAT", b"x"), &chunk(b"IEND", b"")]
            .concat();
    assert_eq!(strip(Media::Png, &bomb), Err(Unfit::TooLarge));
}
