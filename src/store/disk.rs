//! What SQLite must be able to rely on below it: a disk of this machine, and a file that is whole.
//!
//! Over NFS and SMB locks and syncs do not hold, so a data folder there is refused. After a stop
//! that was no stop the file is checked while the daemon already works: SQLite repairs what a crash
//! leaves by itself, and what it cannot repair must be told, not served.

use super::{Db, During, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The mark of a clean stop; missing beside a database, the last stop was none.
const CLEAN: &str = "webcared.clean";
/// File systems of other machines, as the kernel names them.
const REMOTE: [&str; 9] = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ncpfs", "afs", "fuse.sshfs"];

/// The kind of file system on which a folder is, if it is one of another machine.
pub fn remote_kind(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let kind = kind_of(&mounts, &folder)?;
    REMOTE.contains(&kind.as_str()).then_some(kind)
}

/// The kind of the mount that holds a path: the last of those with the longest way to it.
fn kind_of(mounts: &str, path: &Path) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let (left, right) = line.split_once(" - ")?;
        let point = unescaped(left.split(' ').nth(4)?);
        let kind = right.split(' ').next()?;
        let length = point.as_os_str().len();
        if path.starts_with(&point) && best.is_none_or(|(longest, _)| length >= longest) {
            best = Some((length, kind));
        }
    }
    best.map(|(_, kind)| kind.to_owned())
}

/// Blanks in names come as octal escapes.
fn unescaped(text: &str) -> PathBuf {
    let mut plain = text.to_owned();
    for (escape, blank) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
        plain = plain.replace(escape, blank);
    }
    PathBuf::from(plain)
}

/// Whether the last process on this folder ended without closing the database; takes the mark away,
/// so that this one is unclean until it closes.
pub(super) fn was_unclean(folder: &Path) -> bool {
    // One that was only just made, for us alone, is empty yet.
    let there = std::fs::metadata(folder.join("webcared.db")).is_ok_and(|file| file.len() > 0);
    let clean = std::fs::remove_file(folder.join(CLEAN)).is_ok();
    there && !clean
}

/// Marks a clean stop; to be called when the database is closed.
pub fn mark_clean(folder: &Path) {
    if let Err(error) = std::fs::write(folder.join(CLEAN), "closed\n") {
        tracing::debug!(%error, "a clean stop could not be marked; the next start checks the file");
    }
}

/// What stands in a data folder, by name.
const FILES: [&str; 7] = [
    "webcared.db",
    "webcared.db-wal",
    "webcared.db-shm",
    "webcared.lock",
    "login.key",
    "erasures.json",
    CLEAN,
];

/// Gives what root made in the folder of somebody else to whom the folder belongs: a daemon that is not root could not open
/// the database that root brought back.
pub fn hand_over(folder: &Path) {
    use std::os::unix::fs::{MetadataExt as _, lchown};
    let Ok(of) = std::fs::metadata(folder) else { return };
    for path in FILES.map(|name| folder.join(name)) {
        // Never through links: who has the folder must not be given what is root's elsewhere.
        let made = std::fs::symlink_metadata(&path);
        let is_roots = made.is_ok_and(|file| file.is_file() && file.nlink() == 1 && file.uid() == 0);
        if of.uid() != 0
            && is_roots
            && let Err(error) = lchown(&path, Some(of.uid()), Some(of.gid()))
        {
            tracing::warn!(%error, file = %path.display(), "could not be given to whom the data folder belongs");
        }
    }
}

/// Whether the file was found damaged; shared with whoever says how the daemon is.
#[derive(Clone, Debug, Default)]
pub struct Damage(Arc<AtomicBool>);

impl Damage {
    /// Whether damage was found.
    pub fn is_found(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Looks through the file once; says what is wrong, if anything.
    pub async fn look(&self, db: &Db) -> Result<Option<String>, StoreError> {
        let Db::Sqlite { readers, .. } = db else { return Ok(None) };
        let found: Vec<(String,)> = sqlx::query_as("PRAGMA quick_check(20)")
            .fetch_all(readers)
            .await
            .during("checking the SQLite file")?;
        let wrong: Vec<String> = found.into_iter().map(|(line,)| line).filter(|l| l != "ok").collect();
        if wrong.is_empty() {
            return Ok(None);
        }
        self.0.store(true, Ordering::Relaxed);
        Ok(Some(wrong.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:1 / / rw,relatime - ext4 /dev/vda rw
30 22 0:26 / /srv/care\\040team rw,relatime shared:3 - nfs4 files:/care rw,vers=4.2
31 22 0:27 / /srv/care\\040team/local rw - xfs /dev/vdb rw
32 22 0:28 / /mnt rw - cifs //files/mnt rw
";

    #[test]
    fn the_longest_mount_says_what_a_folder_stands_on() {
        let kind = |path: &str| kind_of(MOUNTS, Path::new(path)).unwrap();
        assert_eq!(kind("/var/lib/webcared"), "ext4");
        assert_eq!(kind("/srv/care team/data"), "nfs4");
        assert_eq!(kind("/srv/care team/local/data"), "xfs");
        assert_eq!(kind("/mnt"), "cifs");
        assert_eq!(kind("/mnt2"), "ext4", "only whole names count");
    }

    #[test]
    fn a_stop_without_a_mark_was_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!was_unclean(folder.path()), "nothing was there");
        std::fs::write(folder.path().join("webcared.db"), "").unwrap();
        assert!(!was_unclean(folder.path()), "a file that was just made");
        std::fs::write(folder.path().join("webcared.db"), "SQLite format 3").unwrap();
        assert!(was_unclean(folder.path()));
        mark_clean(folder.path());
        assert!(!was_unclean(folder.path()));
        assert!(was_unclean(folder.path()), "the mark is gone while it runs");
    }

    #[test]
    fn what_root_makes_in_the_folder_of_another_is_given_to_them() {
        use std::os::unix::fs::{MetadataExt as _, chown, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (db, link) = (folder.path().join("webcared.db"), folder.path().join("login.key"));
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&db, "").unwrap();
        symlink(elsewhere.path(), &link).unwrap();
        let owner = |path: &Path| std::fs::metadata(path).unwrap().uid();
        let us = owner(&db);
        // Only root can give a folder away; anybody else keeps what is theirs.
        let them = if chown(folder.path(), Some(65_532), Some(65_532)).is_ok() { 65_532 } else { us };
        hand_over(folder.path());
        assert_eq!(owner(&db), them);
        assert_eq!(owner(elsewhere.path()), us, "not through links");
    }
}
