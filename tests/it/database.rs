//! A database of a test's own on a PostgreSQL server. It goes when the test is through with it: kept until the server
//! ends, those of all tests fill a small disk.

#![allow(clippy::allow_attributes, unreachable_pub, reason = "shared by all suites")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// One database; dropping it drops the database, whoever still has it open.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// A new one, whose name begins with `kind` and is nobody else's.
    pub async fn create(server: &str, kind: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let made = Self { server: server.to_owned(), name: format!("{kind}{}_{count}", std::process::id()) };
        tell(&made.server, format!("CREATE DATABASE {}", made.name)).await.unwrap();
        made
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        static LEFT: OnceLock<Sender<(String, String)>> = OnceLock::new();
        let left = LEFT.get_or_init(|| {
            let (left, through) = channel();
            std::thread::spawn(move || sweep(&through));
            left
        });
        // Nobody waits for it: what is still there when the process ends goes with the server.
        left.send((std::mem::take(&mut self.server), std::mem::take(&mut self.name))).ok();
    }
}

/// Drops one after the other: each makes the server write down what it has of all others.
fn sweep(through: &Receiver<(String, String)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    while let Ok((server, name)) = through.recv() {
        if let Err(error) = runtime.block_on(tell(&server, format!("DROP DATABASE {name} WITH (FORCE)"))) {
            eprintln!("{name} stays: {error}");
        }
    }
}

async fn tell(server: &str, statement: String) -> sqlx::Result<()> {
    let mut admin = PgConnection::connect(&format!("{server}/postgres")).await?;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut admin).await?;
    admin.close().await
}
