//! Keeping all that is logged on a thread while something runs there; no secret may be in it.

use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Everything that is logged, at every level and by every crate.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Runs something on one thread, with all that is logged there kept.
pub(super) async fn silent(kind: &str, secret: Option<&str>, checking: impl Future<Output = ()>) {
    let log = Log::default();
    let keeping = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    {
        let _kept = tracing::subscriber::set_default(keeping);
        tracing::info!("the log is kept");
        checking.await;
    }
    let said = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(said.contains("the log is kept"));
    let line = secret.and_then(|secret| said.lines().find(|l| l.contains(secret)));
    assert_eq!(line, None, "{kind}: a secret is logged");
}
