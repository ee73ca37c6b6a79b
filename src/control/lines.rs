//! The socket and what goes over it: a line each way.

use super::{Answer, LINE_BYTES_MAX, SOCKET};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};

/// Longest path by which the system binds and finds a socket, on all that we run on.
const PATH_BYTES_MAX: usize = 100;

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

/// The running daemon of a data folder.
pub async fn reach(folder: &Path) -> std::io::Result<UnixStream> {
    let way = Way::to(folder)?;
    UnixStream::connect(&way.path).await
}

/// The socket of a data folder: only its owner may speak to it. A socket that a killed daemon left
/// behind is replaced; the lock of the folder is held by now, so nobody else serves it.
pub(super) fn listen(folder: &Path) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let way = Way::to(folder)?;
    match std::fs::remove_file(&way.path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&way.path)?;
    std::fs::set_permissions(&way.path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// How the socket is reached: by its path, or where that is longer than sockets may have it, through the open folder.
struct Way {
    path: PathBuf,
    /// Held open as long as the path is used.
    _folder: Option<File>,
}

impl Way {
    fn to(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(SOCKET);
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self { path, _folder: None });
        }
        let open = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd()));
        Ok(Self { path, _folder: Some(open) })
    }
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

    #[tokio::test]
    async fn a_folder_with_a_long_name_has_its_socket_too() {
        let top = tempfile::tempdir().unwrap();
        for length in [5, 200] {
            let folder = top.path().join("d".repeat(length));
            std::fs::create_dir(&folder).unwrap();
            assert!(reach(&folder).await.is_err(), "nobody listens yet");
            let first = listen(&folder).unwrap();
            drop(first);
            let again = listen(&folder).unwrap();
            assert!(folder.join(SOCKET).exists());
            let (came, reached) = tokio::join!(again.accept(), reach(&folder));
            assert!(came.is_ok() && reached.is_ok(), "{length}");
        }
    }
}
