//! Names of folders on the wire: letters outside of ASCII stand there in a form of their own (RFC 3501, 5.1.3). Pure.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use std::borrow::Cow;

const ENGINE: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// A name as the server wants it. One in ASCII alone stays as it is, so that one that was copied in the server's own form
/// is taken as well.
pub fn on_the_wire(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    let (mut out, mut run) = (String::with_capacity(name.len() * 2), String::new());
    for c in name.chars() {
        if c.is_ascii() {
            put(&mut out, &mut run);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            run.push(c);
        }
    }
    put(&mut out, &mut run);
    Cow::Owned(out)
}

/// Puts a run of other letters behind what is there.
fn put(out: &mut String, run: &mut String) {
    if run.is_empty() {
        return;
    }
    let bytes: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
    out.push('&');
    out.push_str(&ENGINE.encode(bytes));
    out.push('-');
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_on_the_wire_as_servers_write_them() {
        for (name, wire) in [
            ("Éléments envoyés", "&AMk-l&AOk-ments envoy&AOk-s"),
            ("[Gmail]/送信済みメール", "[Gmail]/&kAFP4W4IMH8w4TD8MOs-"),
            ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
            ("é & x", "&AOk- &- x"),
            ("😡", "&2D3eIQ-"),
            ("INBOX/R&D", "INBOX/R&D"),
            ("&AMk-l&AOk-ments envoy&AOk-s", "&AMk-l&AOk-ments envoy&AOk-s"),
        ] {
            assert_eq!(on_the_wire(name), wire, "{name}");
        }
    }
}
