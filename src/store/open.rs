//! Opening the database: where it is, who else has it, whether it is safe, and its schema.
//!
//! SQLite is refused below 3.51.3, for older versions can lose committed data when the write-ahead
//! log is reset. The data folder is locked by the running daemon; a second one is told so.

use super::writer::Writer;
use super::{Db, During, StoreError, disk, reach};
use crate::domain::time::Span;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const SQLITE_MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "foundations", include_str!("../../migrations/sqlite/0001_foundations.sql")),
    (2, "answering", include_str!("../../migrations/sqlite/0002_answering.sql")),
    (3, "no_answer", include_str!("../../migrations/sqlite/0003_no_answer.sql")),
    (4, "calendars", include_str!("../../migrations/sqlite/0004_calendars.sql")),
    (5, "safety_net", include_str!("../../migrations/sqlite/0005_safety_net.sql")),
    (6, "tickets", include_str!("../../migrations/sqlite/0006_tickets.sql")),
    (7, "private", include_str!("../../migrations/sqlite/0007_private.sql")),
    (8, "counting", include_str!("../../migrations/sqlite/0008_counting.sql")),
    (9, "ending", include_str!("../../migrations/sqlite/0009_ending.sql")),
    (11, "members first", include_str!("../../migrations/sqlite/0011_members_first.sql")),
    (13, "watching", include_str!("../../migrations/sqlite/0013_watching.sql")),
    (14, "attachments", include_str!("../../migrations/sqlite/0014_attachments.sql")),
    (16, "promises", include_str!("../../migrations/sqlite/0016_promises.sql")),
    (17, "back door", include_str!("../../migrations/sqlite/0017_back_door.sql")),
    (18, "api", include_str!("../../migrations/sqlite/0018_api.sql")),
    (19, "alerts", include_str!("../../migrations/sqlite/0019_alerts.sql")),
    (20, "duty", include_str!("../../migrations/sqlite/0020_duty.sql")),
    (21, "incidents", include_str!("../../migrations/sqlite/0021_incidents.sql")),
    (22, "published", include_str!("../../migrations/sqlite/0022_published.sql")),
    (23, "privacy", include_str!("../../migrations/sqlite/0023_privacy.sql")),
    (24, "doors", include_str!("../../migrations/sqlite/0024_doors.sql")),
    (25, "open platforms", include_str!("../../migrations/sqlite/0025_open_platforms.sql")),
    (26, "bot", include_str!("../../migrations/sqlite/0026_bot.sql")),
    (27, "front office", include_str!("../../migrations/sqlite/0027_front_office.sql")),
    (28, "voice", include_str!("../../migrations/sqlite/0028_voice.sql")),
    (29, "protocols", include_str!("../../migrations/sqlite/0029_protocols.sql")),
    (30, "front_door", include_str!("../../migrations/sqlite/0030_front_door.sql")),
    (31, "answer_files", include_str!("../../migrations/sqlite/0031_answer_files.sql")),
    (32, "ticket words", include_str!("../../migrations/sqlite/0032_ticket_words.sql")),
    (33, "shift", include_str!("../../migrations/sqlite/0033_shift.sql")),
    (34, "planner", include_str!("../../migrations/sqlite/0034_planner.sql")),
    (35, "desk", include_str!("../../migrations/sqlite/0035_desk.sql")),
    (36, "pages", include_str!("../../migrations/sqlite/0036_pages.sql")),
    (37, "purses", include_str!("../../migrations/sqlite/0037_purses.sql")),
    (38, "collecting", include_str!("../../migrations/sqlite/0038_collecting.sql")),
    (39, "front_office", include_str!("../../migrations/sqlite/0039_front_office.sql")),
    (41, "translation", include_str!("../../migrations/sqlite/0041_translation.sql")),
    (42, "lanes", include_str!("../../migrations/sqlite/0042_lanes.sql")),
    (43, "windows", include_str!("../../migrations/sqlite/0043_windows.sql")),
    (44, "whatsapp", include_str!("../../migrations/sqlite/0044_whatsapp.sql")),
    (45, "answer parts", include_str!("../../migrations/sqlite/0045_answer_parts.sql")),
    (46, "customer", include_str!("../../migrations/sqlite/0046_customer.sql")),
    (47, "reading back", include_str!("../../migrations/sqlite/0047_reading_back.sql")),
    (48, "quotes", include_str!("../../migrations/sqlite/0048_quotes.sql")),
    (49, "silence", include_str!("../../migrations/sqlite/0049_silence.sql")),
    (50, "expected wait", include_str!("../../migrations/sqlite/0050_expected_wait.sql")),
    (51, "accounts away", include_str!("../../migrations/sqlite/0051_away.sql")),
    (53, "own edits", include_str!("../../migrations/sqlite/0053_own_edits.sql")),
    (52, "chosen", include_str!("../../migrations/sqlite/0052_chosen.sql")),
    (54, "files", include_str!("../../migrations/sqlite/0054_files.sql")),
    (55, "protocol case", include_str!("../../migrations/sqlite/0055_protocol_case.sql")),
    (56, "ticket flags", include_str!("../../migrations/sqlite/0056_ticket_flags.sql")),
    (57, "course", include_str!("../../migrations/sqlite/0057_course.sql")),
    (58, "escalation level", include_str!("../../migrations/sqlite/0058_escalation_level.sql")),
    (59, "places", include_str!("../../migrations/sqlite/0059_places.sql")),
    (60, "draft begun", include_str!("../../migrations/sqlite/0060_draft_begun.sql")),
];
const POSTGRES_MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "foundations", include_str!("../../migrations/postgres/0001_foundations.sql")),
    (2, "answering", include_str!("../../migrations/postgres/0002_answering.sql")),
    (3, "no_answer", include_str!("../../migrations/postgres/0003_no_answer.sql")),
    (4, "calendars", include_str!("../../migrations/postgres/0004_calendars.sql")),
    (5, "safety_net", include_str!("../../migrations/postgres/0005_safety_net.sql")),
    (6, "tickets", include_str!("../../migrations/postgres/0006_tickets.sql")),
    (7, "private", include_str!("../../migrations/postgres/0007_private.sql")),
    (8, "counting", include_str!("../../migrations/postgres/0008_counting.sql")),
    (9, "ending", include_str!("../../migrations/postgres/0009_ending.sql")),
    (11, "members first", include_str!("../../migrations/postgres/0011_members_first.sql")),
    (13, "watching", include_str!("../../migrations/postgres/0013_watching.sql")),
    (14, "attachments", include_str!("../../migrations/postgres/0014_attachments.sql")),
    (16, "promises", include_str!("../../migrations/postgres/0016_promises.sql")),
    (17, "back door", include_str!("../../migrations/postgres/0017_back_door.sql")),
    (18, "api", include_str!("../../migrations/postgres/0018_api.sql")),
    (19, "alerts", include_str!("../../migrations/postgres/0019_alerts.sql")),
    (20, "duty", include_str!("../../migrations/postgres/0020_duty.sql")),
    (21, "incidents", include_str!("../../migrations/postgres/0021_incidents.sql")),
    (22, "published", include_str!("../../migrations/postgres/0022_published.sql")),
    (23, "privacy", include_str!("../../migrations/postgres/0023_privacy.sql")),
    (24, "doors", include_str!("../../migrations/postgres/0024_doors.sql")),
    (25, "open platforms", include_str!("../../migrations/postgres/0025_open_platforms.sql")),
    (26, "bot", include_str!("../../migrations/postgres/0026_bot.sql")),
    (27, "front office", include_str!("../../migrations/postgres/0027_front_office.sql")),
    (28, "voice", include_str!("../../migrations/postgres/0028_voice.sql")),
    (29, "protocols", include_str!("../../migrations/postgres/0029_protocols.sql")),
    (30, "front_door", include_str!("../../migrations/postgres/0030_front_door.sql")),
    (31, "answer_files", include_str!("../../migrations/postgres/0031_answer_files.sql")),
    (32, "ticket words", include_str!("../../migrations/postgres/0032_ticket_words.sql")),
    (33, "shift", include_str!("../../migrations/postgres/0033_shift.sql")),
    (34, "planner", include_str!("../../migrations/postgres/0034_planner.sql")),
    (35, "desk", include_str!("../../migrations/postgres/0035_desk.sql")),
    (36, "pages", include_str!("../../migrations/postgres/0036_pages.sql")),
    (37, "purses", include_str!("../../migrations/postgres/0037_purses.sql")),
    (38, "collecting", include_str!("../../migrations/postgres/0038_collecting.sql")),
    (39, "front_office", include_str!("../../migrations/postgres/0039_front_office.sql")),
    (41, "translation", include_str!("../../migrations/postgres/0041_translation.sql")),
    (42, "lanes", include_str!("../../migrations/postgres/0042_lanes.sql")),
    (43, "windows", include_str!("../../migrations/postgres/0043_windows.sql")),
    (44, "whatsapp", include_str!("../../migrations/postgres/0044_whatsapp.sql")),
    (45, "answer parts", include_str!("../../migrations/postgres/0045_answer_parts.sql")),
    (46, "customer", include_str!("../../migrations/postgres/0046_customer.sql")),
    (47, "reading back", include_str!("../../migrations/postgres/0047_reading_back.sql")),
    (48, "quotes", include_str!("../../migrations/postgres/0048_quotes.sql")),
    (49, "silence", include_str!("../../migrations/postgres/0049_silence.sql")),
    (50, "expected wait", include_str!("../../migrations/postgres/0050_expected_wait.sql")),
    (51, "accounts away", include_str!("../../migrations/postgres/0051_away.sql")),
    (53, "own edits", include_str!("../../migrations/postgres/0053_own_edits.sql")),
    (52, "chosen", include_str!("../../migrations/postgres/0052_chosen.sql")),
    (54, "files", include_str!("../../migrations/postgres/0054_files.sql")),
    (55, "protocol case", include_str!("../../migrations/postgres/0055_protocol_case.sql")),
    (56, "ticket flags", include_str!("../../migrations/postgres/0056_ticket_flags.sql")),
    (57, "course", include_str!("../../migrations/postgres/0057_course.sql")),
    (58, "escalation level", include_str!("../../migrations/postgres/0058_escalation_level.sql")),
    (59, "places", include_str!("../../migrations/postgres/0059_places.sql")),
    (60, "draft begun", include_str!("../../migrations/postgres/0060_draft_begun.sql")),
];
/// The oldest SQLite without the race that loses committed data when the log is reset.
const SQLITE_OLDEST: (u32, u32, u32) = (3, 51, 3);
/// After how many pages the log is emptied into the file (64 MB): a page that many commits touch
/// is then copied once for all of them.
const WAL_PAGES: &str = "16000";
/// To what size the log is cut after a time of need.
const WAL_BYTES_KEPT: &str = "67108864";
/// The file by which the data folder is locked.
const LOCK: &str = "webcared.lock";
const READERS_MAX: u32 = 4;
const BUSY_TIMEOUT: Span = Span::seconds(10);

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// SQLite in this folder.
    Folder(PathBuf),
    /// A PostgreSQL server; the text holds a password and is not printed.
    Postgres(String),
}

impl Place {
    /// The place named by `--database` or the settings, else SQLite in the data folder.
    pub fn of(url: Option<&str>, data: &Path) -> Result<Self, OpenError> {
        match url {
            None | Some("") => Ok(Self::Folder(data.to_path_buf())),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Self::Postgres(url.to_owned()))
            }
            Some(url) => {
                let scheme = url.split("://").next().unwrap_or(url).chars().take(20).collect();
                Err(OpenError::Scheme { scheme })
            }
        }
    }

    /// For people and logs: never the password.
    pub fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => format!("SQLite in {}", folder.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, r)| r);
                let host = rest.rsplit_once('@').map_or(rest, |(_, h)| h);
                format!("PostgreSQL at {}", host.split('?').next().unwrap_or(host))
            }
        }
    }
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names an engine that we do not know.
    #[error(
        "database: '{scheme}://…' is not known; allowed are postgres://USER@HOST/NAME, or nothing for SQLite in the data folder"
    )]
    Scheme {
        /// What stood before `://`.
        scheme: String,
    },
    /// Another daemon has the data folder.
    #[error(
        "{path} is locked: another webcared is running on this data folder; stop it, or name another folder with --data"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The folder cannot be used.
    #[error("data folder {path}: {source}; wanted is a folder that this user may write, named with --data")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The folder is on a file system of another machine.
    #[error(
        "data folder {path} is on {kind}: SQLite's locks and syncs do not hold there; \
         wanted is a disk of this machine, or PostgreSQL by --database"
    )]
    Remote {
        /// The folder.
        path: PathBuf,
        /// The kind of file system.
        kind: String,
    },
    /// The bundled or system SQLite is too old to be safe.
    #[error("SQLite {found} can lose committed data; at least 3.51.3 is needed")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// The database itself.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// The schema could not be brought up to date.
    #[error("database schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// An open database, and on SQLite the lock that says so.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub db: Db,
    /// Held as long as this lives; the system lets it go when the process ends in whatever way.
    lock: Option<File>,
    /// Whether the process before ended without closing the database.
    unclean: bool,
}

impl Opened {
    /// Whether the process before ended without closing the database: then it is worth a check.
    pub const fn is_after_unclean_stop(&self) -> bool {
        self.unclean
    }

    /// Whether this process holds the data folder's lock.
    pub const fn is_locked(&self) -> bool {
        self.lock.is_some()
    }
}

/// Opens for the daemon or for a command that writes: takes the lock, brings the schema up to date.
pub async fn open(place: &Place) -> Result<Opened, OpenError> {
    match place {
        Place::Folder(folder) => {
            let lock = lock(folder)?;
            let unclean = disk::was_unclean(folder);
            let db = sqlite(folder, false).await?;
            Ok(Opened { db, lock: Some(lock), unclean })
        }
        Place::Postgres(url) => {
            let pool = reach::pool(url).await?;
            // sqlx takes an advisory lock, so that replicas that start together migrate in turn.
            let mut unhurried = reach::unhurried(&pool).await?;
            migrator(POSTGRES_MIGRATIONS).run(&mut unhurried).await?;
            unhurried.close().await.during("closing a connection to PostgreSQL")?;
            Ok(Opened { db: Db::Postgres(pool), lock: None, unclean: false })
        }
    }
}

/// Refuses a data folder that another process has; it is not taken.
pub fn refuse_locked(place: &Place) -> Result<(), OpenError> {
    match place {
        Place::Folder(folder) if folder.join(LOCK).exists() => lock(folder).map(drop),
        _ => Ok(()),
    }
}

/// Opens for a command that only reads, beside a running daemon; the schema must be there.
pub async fn open_to_read(place: &Place) -> Result<Opened, OpenError> {
    match place {
        Place::Folder(folder) => Ok(Opened { db: sqlite(folder, true).await?, lock: None, unclean: false }),
        Place::Postgres(url) => {
            let pool = reach::pool(url).await?;
            reach::refuse_empty(&pool).await?;
            Ok(Opened { db: Db::Postgres(pool), lock: None, unclean: false })
        }
    }
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |path: &Path, source| OpenError::Folder { path: path.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    if let Some(kind) = disk::remote_kind(folder) {
        return Err(OpenError::Remote { path: folder.to_path_buf(), kind });
    }
    for_us_alone(folder)?;
    let path = folder.join(LOCK);
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| failed(&path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Locked { path }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(&path, source)),
    }
}

/// Closes the data folder and the database in it to everybody else on the machine: here stand customers' words. SQLite
/// gives its other files the rights of the first.
fn for_us_alone(folder: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let failed = |path: &Path, source| OpenError::Folder { path: path.to_path_buf(), source };
    let close = |path: &Path, mode: u32| {
        let now = std::fs::metadata(path)?.permissions().mode();
        // What is closed already is left alone, also where it is somebody else's to change; so is a folder that many
        // share, such as /tmp.
        if now & 0o777 & !mode == 0 || now & 0o1000 != 0 {
            Ok(())
        } else {
            std::fs::set_permissions(path, Permissions::from_mode(mode))
        }
    };
    if let Err(error) = close(folder, 0o700) {
        // A folder that was given to us may be another's; what we make in it is closed in any case.
        tracing::warn!(%error, folder = %folder.display(), "the data folder could not be closed to others");
    }
    let first = folder.join("webcared.db");
    let made = File::options().write(true).create_new(true).mode(0o600).open(&first);
    if let Err(error) = made
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(failed(&first, error));
    }
    for name in ["webcared.db", "webcared.db-wal", "webcared.db-shm"] {
        let path = folder.join(name);
        match close(&path, 0o600) {
            // Another's file that its owner lets us write: a start must not fail of that.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                tracing::warn!(%error, file = %path.display(), "the database could not be closed to others");
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&path, error)),
            _ => {}
        }
    }
    Ok(())
}

async fn sqlite(folder: &Path, read_only: bool) -> Result<Db, OpenError> {
    let file = folder.join("webcared.db");
    if read_only && !file.exists() {
        let source = std::io::Error::new(ErrorKind::NotFound, "there is no database yet");
        return Err(OpenError::Folder { path: file, source });
    }
    let base = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(!read_only)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT.to_std())
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .pragma("secure_delete", "on")
        .pragma("mmap_size", "0")
        .pragma("temp_store", "memory")
        .statement_cache_capacity(200);
    // Memory is taken when it is used: an idle daemon stays small.
    let writing = base
        .clone()
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", WAL_PAGES)
        .pragma("journal_size_limit", WAL_BYTES_KEPT);
    let reading = base.pragma("cache_size", "-8192").pragma("query_only", "on");
    if !read_only {
        let mut first = writing.connect().await.during("opening the SQLite file")?;
        let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()")
            .fetch_one(&mut first)
            .await
            .during("asking SQLite for its version")?;
        refuse_unsafe(version)?;
        migrator(SQLITE_MIGRATIONS).run(&mut first).await?;
        first.close().await.during("closing the SQLite file")?;
    }
    // A command that only reads has a 'writer' that cannot write.
    let writer = if read_only { Writer::open(&reading).await } else { Writer::open(&writing).await };
    let writer = writer.during("opening the SQLite file")?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        // The file cannot go away as a server can.
        .test_before_acquire(false)
        .idle_timeout(Span::minutes(5).to_std())
        .connect_with(reading)
        .await
        .during("opening the SQLite file to read")?;
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()")
        .fetch_one(&readers)
        .await
        .during("asking SQLite for its version")?;
    refuse_unsafe(version)?;
    Ok(Db::Sqlite { writer, readers, turns: super::turns::Turns::default() })
}

fn refuse_unsafe(version: String) -> Result<(), OpenError> {
    if is_safe_sqlite(&version) { Ok(()) } else { Err(OpenError::OldSqlite { found: version }) }
}

/// Whether a version has the fix for the reset of the write-ahead log.
fn is_safe_sqlite(version: &str) -> bool {
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next()) >= SQLITE_OLDEST
}

fn migrator(list: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = list.iter().map(|(version, name, sql)| {
        let sql = sqlx::SqlStr::from_static(sql);
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // Migrations only add, so the version before runs on the schema after: a replica that is not replaced yet may start
    // again, and an update can be taken back.
    migrator.set_ignore_missing(true);
    migrator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_lose_data_are_refused() {
        for bad in ["3.46.0", "3.51.2", "3.7.17", "", "garbage"] {
            assert!(!is_safe_sqlite(bad), "{bad}");
        }
        for good in ["3.51.3", "3.52.0", "4.0.0"] {
            assert!(is_safe_sqlite(good), "{good}");
        }
    }

    #[tokio::test]
    async fn nobody_else_on_the_machine_reads_the_data() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        std::fs::write(data.join("webcared.db"), "").unwrap();
        std::fs::set_permissions(data.join("webcared.db"), Permissions::from_mode(0o644)).unwrap();
        let opened = open(&Place::Folder(data.clone())).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        for name in ["webcared.db", "webcared.db-wal", "webcared.db-shm"] {
            assert_eq!(mode(&data.join(name)), 0o600, "{name}");
        }
        opened.db.close().await;
    }

    #[test]
    fn a_folder_that_many_share_stays_open() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        for_us_alone(folder.path()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(folder.path()), 0o1777);
        assert_eq!(mode(&folder.path().join("webcared.db")), 0o600);
    }

    #[test]
    fn a_place_never_shows_its_password() {
        let place =
            Place::of(Some("postgres://webcare:hunter2@db.example/care?sslmode=require"), Path::new("x"))
                .unwrap();
        assert_eq!(place.shown(), "PostgreSQL at db.example/care");
        assert!(
            Place::of(Some("mysql://a:b@c/d"), Path::new("x")).unwrap_err().to_string().contains("'mysql://")
        );
    }
}
