//! The socket and what goes over it: a line each way.

use super::{Answer, LINE_BYTES_MAX};
use std::path::PathBuf;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::net::unix::OwnedReadHalf;

/// The reading half of a conversation.
pub(super) type Lines = BufReader<OwnedReadHalf>;

/// The next line without its end; `None` at the end of the stream. Of a longer one than allowed the beginning is
/// given, a byte longer than what is allowed so that it shows, and the rest is passed over: what follows goes on.
pub async fn next_line<R: tokio::io::AsyncBufRead + Unpin>(from: &mut R) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            return Ok((!line.is_empty()).then_some(line));
        }
        let end = available.iter().position(|b| *b == b'\n');
        let found = &available[..end.unwrap_or(available.len())];
        let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
        line.extend_from_slice(&found[..found.len().min(room)]);
        let used = end.map_or(available.len(), |at| at + 1);
        from.consume(used);
        if end.is_some() {
            if line.last() == Some(&b'\r') && !is_too_long(&line) {
                line.pop();
            }
            return Ok(Some(line));
        }
    }
}

/// Whether a line was longer than allowed, of which the beginning is all there is.
pub fn is_too_long(line: &[u8]) -> bool {
    line.len() > LINE_BYTES_MAX
}

pub(super) async fn say<W: tokio::io::AsyncWrite + Unpin>(
    to: &mut W,
    answer: &Answer,
) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer).map_err(std::io::Error::other)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    to.flush().await
}

/// The socket of a data folder: only its owner may speak to it. A socket that a killed daemon left
/// behind is replaced; the lock of the folder is held by now, so nobody else serves it.
pub(super) fn listen(path: &PathBuf) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        let mut text = b"one\r\n\n".to_vec();
        text.extend(vec![b'x'; 3 * LINE_BYTES_MAX]);
        text.extend(b"\r\ntwo\n");
        text.extend(vec![b'y'; LINE_BYTES_MAX]);
        text.extend(b"\nlast");
        let mut from = BufReader::with_capacity(1000, text.as_slice());
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut from).await.unwrap() {
            lines.push(line);
        }
        let long: Vec<bool> = lines.iter().map(|line| is_too_long(line)).collect();
        assert_eq!(long, [false, false, true, false, false, false]);
        assert_eq!(lines[2].len(), LINE_BYTES_MAX + 1);
        assert_eq!(lines[4].len(), LINE_BYTES_MAX);
        assert_eq!(
            (&lines[0][..], &lines[1][..], &lines[3][..], &lines[5][..]),
            (&b"one"[..], &b""[..], &b"two"[..], &b"last"[..])
        );
    }
}
