//! `webcared audit verify` and `webcared audit export`: whether what was written down still stands, and all of it.
//!
//! Both read beside a running daemon.

use super::args::{AuditCommand, Global};
use super::exit::{Exit, Failure};
use crate::settings;
use crate::store::{Db, StoreError, audit, open};
use std::io::Write as _;

/// How many rows are written at a time.
const STRIDE: i64 = 1_000;

/// Carries out one request.
pub fn run(global: &Global, command: &AuditCommand) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    super::runtime()?.block_on(async {
        let opened = open::open_to_read(&settings.place()?).await?;
        let done = match command {
            AuditCommand::Verify { anchors } => verify(&opened.db, anchors).await,
            AuditCommand::Export => export(&opened.db).await,
        };
        opened.db.close().await;
        done
    })
}

#[expect(clippy::print_stdout, reason = "what was asked for is this command's result")]
async fn verify(db: &Db, anchors: &[String]) -> Result<Exit, Failure> {
    let anchors = anchors.iter().map(|a| anchor(a)).collect::<Result<Vec<_>, _>>()?;
    let walked = db.read("verifying the audit", move |tx| Box::pin(audit::verify(tx, anchors))).await;
    match walked.map_err(failure)? {
        Ok((number, hash)) => {
            println!("{number}:{hash}");
            super::say(&format!("rows: {number}; every one follows the one before it"));
            Ok(Exit::Done)
        }
        Err(flaw) => Err(Failure::Other(anyhow::anyhow!("{flaw}"))),
    }
}

/// A head as it was told outside: `NUMBER:HASH`.
fn anchor(text: &str) -> Result<(i64, String), Failure> {
    let parts = text.trim().split_once(':');
    let read = parts.and_then(|(number, hash)| {
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        number.parse::<i64>().ok().filter(|n| is_hash && *n > 0).map(|n| (n, hash.to_lowercase()))
    });
    read.ok_or_else(|| Failure::Other(anyhow::anyhow!("anchor '{text}': wanted is NUMBER:HASH")))
}

async fn export(db: &Db) -> Result<Exit, Failure> {
    let done = db.read("exporting the audit", |tx| {
        Box::pin(async move {
            let mut out = std::io::BufWriter::new(std::io::stdout());
            let mut last = i64::MIN;
            loop {
                let rows = audit::behind(tx, last, STRIDE).await?;
                let Some(end) = rows.last().map(|r| r.number) else { break };
                for r in rows {
                    let line = serde_json::json!({
                        "number": r.number, "at": r.at, "via": r.via, "person": r.person, "token": r.token,
                        "act": r.act, "brand": r.brand, "target": r.target, "source": r.source,
                        "outcome": r.outcome, "before": r.before, "hash": r.hash,
                    });
                    writeln!(out, "{line}").map_err(|e| StoreError::Refused(format!("writing: {e}")))?;
                }
                last = end;
            }
            out.flush().map_err(|e| StoreError::Refused(format!("writing: {e}")))
        })
    });
    done.await.map_err(failure)?;
    Ok(Exit::Done)
}

fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Refused(why) => Failure::Other(anyhow::anyhow!("{why}")),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_read_as_they_are_told() {
        let hash = "a".repeat(64);
        assert_eq!(anchor(&format!("12:{hash}")).unwrap(), (12, hash.clone()));
        for bad in ["", "12", &format!("0:{hash}"), &format!("x:{hash}"), "12:abc", &format!("12:{hash}0")] {
            assert!(anchor(bad).is_err(), "{bad}");
        }
    }
}
