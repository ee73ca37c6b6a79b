//! After a restore: nothing goes out before people have looked, what was erased since goes again, and whoever was shut
//! out since stays out.

use super::erasing;
use super::finding::of_accounts;
use super::{By, Privacy, PrivacyError, customers};
use crate::domain::audit::Entry;
use crate::domain::ledger;
use crate::store::backup::{self, Ledger};
use crate::store::erase::{self, Scope};
use crate::store::{StoreError, Tx, about, audit, intake, restored, sweep};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Posts that are looked at together.
const CHUNK: i64 = 10_000;
/// The copy of the ledger in the data folder.
pub const COPY: &str = "erasures.json";

/// What a restore came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// How much that was about to be sent is held.
    pub held: u64,
    /// Accounts that were erased again.
    pub accounts: usize,
    /// Posts that were erased again.
    pub posts: usize,
}

impl Privacy {
    /// What must not come back, as it stands.
    ///
    /// # Errors
    /// The store's.
    pub async fn ledger(&self) -> Result<Ledger, PrivacyError> {
        Ok(self.db.read("reading the ledger of erasures", |tx| Box::pin(backup::ledger(tx))).await?)
    }

    /// Settles a database that came from a backup: holds what was about to be sent, stops sending, ends all log-ins, shuts
    /// out whom the ledgers name, and erases anew what they name.
    ///
    /// # Errors
    /// The store's; nothing was changed then.
    pub async fn settle_restored(&self, ledgers: Vec<Ledger>) -> Result<Settled, PrivacyError> {
        self.settle(ledgers, true).await
    }

    /// Settles a database that came from an export, in which all sending is stopped: shuts out whom the ledgers name,
    /// and erases anew what they name. A ledger of another installation says nothing of it.
    ///
    /// # Errors
    /// The store's; nothing was changed then.
    pub async fn settle_imported(&self, ledgers: Vec<Ledger>) -> Result<Settled, PrivacyError> {
        self.settle(ledgers, false).await
    }

    async fn settle(&self, ledgers: Vec<Ledger>, is_restored: bool) -> Result<Settled, PrivacyError> {
        let (catalogue, mint, now) = (self.catalogue.get(), self.mint.clone(), self.clock.now());
        let caller = self.caller.clone();
        let work = self.db.write("settling a database that came from elsewhere", move |tx| {
            Box::pin(async move {
                let mut settled = Settled::default();
                if is_restored {
                    settled.held = restored::hold_all(tx, now).await?;
                    restored::end_log_ins(tx).await?;
                    audit::append(tx, &Entry::done(&caller, "database.restore", ""), now).await?;
                }
                let own = intake::gone_key(tx).await?;
                let is_other = |l: &&Ledger| !is_restored && own.is_some() && l.key != own;
                for ledger in ledgers.iter().filter(|l| !is_other(l)) {
                    backup::lay(tx, ledger).await?;
                }
                let Some(key) = intake::gone_key(tx).await? else { return Ok(settled) };
                let standing = backup::ledger(tx).await?;
                let gone: HashMap<&String, i64> =
                    standing.accounts.iter().map(|(h, at, _)| (h, *at)).collect();
                let mut again = Vec::new();
                for (id, platform, authority, external, last) in backup::accounts(tx).await? {
                    let at = gone.get(&ledger::account(&key, &platform, &authority, &external));
                    // Who wrote anew after they were erased is somebody who came back.
                    again.extend(at.filter(|at| last <= **at).map(|_| id));
                }
                settled.accounts = again.len();
                if !again.is_empty() {
                    let found = of_accounts(tx, &again).await?;
                    for one in &found.cases {
                        let by = By::Command;
                        erasing::end(tx, (&one.brand_id, &one.id), (&catalogue, &mint), &by, now).await?;
                    }
                    let scope = erasing::scope(tx, &found).await?;
                    erase::erase(tx, &scope, now).await?;
                }
                let back = about::brought_back(tx).await?;
                customers::erase(tx, &back, (&catalogue, &mint), &By::Command, now).await?;
                if is_restored && !(again.is_empty() && back.is_empty()) {
                    restored::hold_all(tx, now).await?;
                }
                let hashes: HashSet<&String> = standing.posts.iter().map(|p| &p.0).collect();
                settled.posts = posts(tx, &key, &hashes, now).await?;
                if settled.accounts + settled.posts > 0 || !back.is_empty() {
                    sweep::owe(tx, now).await?;
                }
                Ok(settled)
            })
        });
        let settled = work.await?;
        erase::sweep_files(&self.db).await?;
        Ok(settled)
    }

    /// Writes the ledger beside the database, for a restore after the database was lost.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where it could not be written.
    pub async fn copy_ledger(&self, folder: &Path) -> Result<(), PrivacyError> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let ledger = self.ledger().await?;
        let refused = |e: String| PrivacyError::Refused(format!("{COPY}: {e}"));
        let text = serde_json::to_string(&ledger).map_err(|e| refused(e.to_string()))?;
        let (part, whole) = (folder.join(format!("{COPY}.part")), folder.join(COPY));
        if std::fs::read_to_string(&whole).is_ok_and(|old| old == text) {
            return Ok(());
        }
        let file =
            std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&part);
        file.and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()))
            .and_then(|()| std::fs::rename(&part, &whole))
            .map_err(|e| refused(e.to_string()))
    }
}

/// Erases single posts of a backup that are gone by now: those that their authors deleted, or that were erased while
/// their author wrote on.
async fn posts(
    tx: &mut Tx,
    key: &str,
    gone: &HashSet<&String>,
    now: crate::domain::time::Timestamp,
) -> Result<usize, StoreError> {
    let (mut after, mut n) = (-1, 0);
    loop {
        let found = backup::posts_after(tx, after, CHUNK).await?;
        let Some(last) = found.last() else { return Ok(n) };
        after = last.seq;
        let is_gone = |p: &crate::store::subject::SubjectPost| {
            gone.contains(&ledger::post(key, &p.platform, &p.authority, &p.external_id))
        };
        let posts: Vec<_> = found.into_iter().filter(is_gone).collect();
        n += posts.len();
        if !posts.is_empty() {
            erase::erase(tx, &Scope { posts, ..Scope::default() }, now).await?;
        }
    }
}
