//! `webcared doctor`: tries everything outside that the settings name, and says how it stands.
//!
//! It changes nothing anywhere; a daemon may run beside it, and where its database is there, when deliveries last came
//! is read from that. It fails where something does
//! not work, so that scripts can tell.

use super::args::{DoctorArgs, Global};
use super::exit::{Exit, Failure};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::doctor::{self, Patient};
use crate::domain::exam::{Exam, Verdict};
use crate::settings::{self, Settings};
use crate::store::open::{self, Place};
use crate::store::{reach, source};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// The name of the database among what is tried.
const DATABASE: &str = "database";
/// How long a database may take that is only a help.
const DATABASE_MAX: Duration = Duration::from_secs(5);

/// Tries what is asked for and prints what was found.
pub fn run(global: &Global, args: &DoctorArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    known(&settings, &args.names)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let http = app::http_client(&settings, &clock)?;
    let found = super::runtime()?.block_on(async {
        let mut found = doctor::examine(&settings, &args.names, &http, &clock).await?;
        found.extend(database(&settings, &args.names).await);
        doctor::with_deliveries(&mut found, &heard(&settings).await, clock.now());
        Ok::<_, String>(found)
    });
    let found = found.map_err(|why| Failure::Other(anyhow::anyhow!(why)))?;
    let text = if args.json {
        serde_json::to_string_pretty(&found).map_err(anyhow::Error::from)? + "\n"
    } else {
        text(&found)
    };
    super::print(&text)?;
    let bad = found.iter().flat_map(|p| &p.exams).any(|e| e.verdict == Verdict::Bad);
    Ok(if bad { Exit::Failed } else { Exit::Done })
}

/// How the database stands, where it is a server's.
async fn database(settings: &Settings, names: &[String]) -> Option<Patient> {
    let Ok(Place::Postgres(url)) = settings.place() else { return None };
    if !names.is_empty() && !names.iter().any(|n| n.eq_ignore_ascii_case(DATABASE)) {
        return None;
    }
    let exam = match reach::look(&url).await {
        Err(error) => Exam::bad(
            "log in",
            error.to_string(),
            "See database.url, or the file that database.url_file names, and whether the server runs.",
        ),
        Ok(server) if server.is_read_only => Exam::bad(
            "write",
            format!("PostgreSQL {} takes no writes", server.version),
            "Name the server that does, not one that only follows it.",
        ),
        Ok(server) => Exam::good("log in", format!("PostgreSQL {}", server.version)),
    };
    Some(Patient { name: DATABASE.to_owned(), kind: "postgres".to_owned(), exams: vec![exam] })
}

/// When sources were last heard from, as far as a database is there that can be read now.
async fn heard(settings: &Settings) -> Vec<(String, Option<i64>)> {
    let Ok(place) = settings.place() else { return Vec::new() };
    let read = async {
        let opened = open::open_to_read(&place).await.ok()?;
        let rows = opened.db.read("reading sources", |tx| Box::pin(source::list(tx))).await.ok();
        opened.db.close().await;
        rows
    };
    let rows = tokio::time::timeout(DATABASE_MAX, read).await.ok().flatten().unwrap_or_default();
    rows.into_iter().map(|row| (row.name, row.last_heard_at)).collect()
}

/// Names that the settings do not have are a mistake of the command line.
fn known(settings: &Settings, names: &[String]) -> Result<(), Failure> {
    let mut all: Vec<&str> = settings.sources.iter().map(|s| s.name.as_str()).collect();
    all.extend(settings.tickets.iter().map(|t| t.name.as_str()));
    if settings.database.url.is_some() {
        all.push(DATABASE);
    }
    if settings.chat.telegram.is_some() {
        all.push("telegram");
    }
    all.extend(settings.alerts.channels.iter().map(|c| c.name.as_str()));
    if settings.report.mail.is_some() {
        all.push(crate::reporting::NAME);
    }
    if settings.login.oidc.is_some() {
        all.push(doctor::LOGIN);
    }
    if settings.translation.service.is_some() {
        all.push(doctor::TRANSLATION);
    }
    let unknown = names.iter().find(|n| !all.iter().any(|a| a.eq_ignore_ascii_case(n)));
    match unknown {
        None => Ok(()),
        Some(name) if all.is_empty() => {
            Err(Failure::Usage(format!("'{name}': the settings name nothing outside; see webcared check")))
        }
        Some(name) => {
            Err(Failure::Usage(format!("'{name}': not in the settings; there are {}", all.join(", "))))
        }
    }
}

/// One line a thing that was tried, and below what does not work what to do.
fn text(found: &[Patient]) -> String {
    if found.is_empty() {
        return "Nothing outside is in the settings: no source, no ticket system, no chat. Which file is read, `webcared check` tells.\n".to_owned();
    }
    let mut out = String::new();
    for patient in found {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{} ({})", patient.name, patient.kind);
        for exam in &patient.exams {
            let mark = match exam.verdict {
                Verdict::Good => "ok  ",
                Verdict::Mind => "mind",
                Verdict::Bad => "BAD ",
            };
            let _ = writeln!(out, "  {mark}  {}: {}", exam.what, exam.found);
            if exam.verdict != Verdict::Good && !exam.advice.is_empty() {
                let _ = writeln!(out, "        {}", exam.advice);
            }
        }
    }
    let count = |verdict| found.iter().flat_map(|p| &p.exams).filter(|e| e.verdict == verdict).count();
    let _ = match count(Verdict::Bad) {
        0 => writeln!(out, "Everything works."),
        1 => writeln!(out, "One thing does not work."),
        bad => writeln!(out, "{bad} things do not work."),
    };
    // What a server says of itself must not reach a terminal as it is.
    out.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translating::config::Service;

    #[test]
    fn what_the_settings_name_can_be_tried_alone() {
        let alone = ["Translation".to_owned()];
        let mut settings = Settings::default();
        assert!(known(&settings, &alone).is_err());
        settings.translation.service = Some(Service::DeepL);
        assert!(known(&settings, &alone).is_ok());
    }

    #[tokio::test]
    async fn the_database_is_tried_where_it_is_a_servers() {
        let (alone, other) = ([DATABASE.to_owned()], ["shop".to_owned()]);
        let mut settings = Settings::default();
        assert!(known(&settings, &alone).is_err());
        assert_eq!(database(&settings, &[]).await, None);
        // No address of a port: it is refused without a try.
        settings.database.url = Some("postgres://nobody@localhost:none/none".to_owned().into());
        assert!(known(&settings, &alone).is_ok());
        assert_eq!(database(&settings, &other).await, None);
        let tried = database(&settings, &alone).await.unwrap();
        assert_eq!((tried.kind.as_str(), tried.exams[0].verdict), ("postgres", Verdict::Bad));
        assert!(!tried.exams[0].found.contains("nobody"), "{tried:?}");
    }

    #[test]
    fn what_does_not_work_is_told_with_what_to_do() {
        let exams = vec![
            Exam::good("log in", "@acme\u{1b}[31m on inst.example"),
            Exam::bad("rights", "it lacks write", "Make a token with read and write."),
        ];
        let found = vec![Patient { name: "desk".into(), kind: "mastodon".into(), exams }];
        let text = text(&found);
        assert!(text.contains("ok    log in: @acme[31m on inst.example\n"), "{text}");
        assert!(text.contains("BAD   rights: it lacks write\n        Make a token"), "{text}");
        assert!(text.ends_with("One thing does not work.\n"), "{text}");
    }
}
