//! Reports by mail to those who lead: each letter of the settings once a period, whatever crashes, with any number of
//! processes. What is due becomes an action of the outbox in the transaction that notes it; before it is sent its
//! figures are kept, and what is sent is what was kept, so that a second try says the same.

pub mod config;
pub mod deliver;
pub mod due;
pub mod late;
pub mod lines;
mod making;
pub mod telling;

pub use making::Maker;

use crate::catalogue::Current;
use crate::clock::{Chance, Clock, Mint};
use crate::domain::exam::Exam;
use crate::domain::ids::ActionId;
use crate::domain::time::Timestamp;
use crate::mailing::Mailer;
use crate::outbox::Worker;
use crate::shutdown::Shutdown;
use crate::store::Db;
use crate::store::rows::ActionRow;
use config::{LetterConfig, ReportMailConfig};
use deliver::MailDeliver;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::Notify;

/// The credential of the actions.
pub const CREDENTIAL: &str = "mail:reports";
/// The name under which the mail server is tried.
pub const NAME: &str = "report-mail";

/// What mails of reports need.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// Brands and what is promised.
    pub catalogue: Current,
    /// This process among those on the same database.
    pub owner: String,
    /// Wakes the workers.
    pub outbox: Arc<Notify>,
    /// The address by which people reach the console.
    pub public_url: String,
    /// The zone of letters that name none.
    pub zone: TimeZone,
}

impl Parts {
    /// The zone of a letter.
    fn zone_of(&self, letter: &LetterConfig) -> TimeZone {
        let own = letter.zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        own.unwrap_or_else(|| self.zone.clone())
    }

    /// The ids of its brands; none means all. A brand that is no longer watched is left out, and a letter of nothing
    /// but such brands has none to tell of.
    fn brands_of(&self, letter: &LetterConfig) -> Option<Vec<String>> {
        let mut names = letter.brands.clone();
        if names.is_empty() {
            names.extend(letter.queues().into_iter().map(|(brand, _)| brand));
        }
        if names.is_empty() {
            return Some(Vec::new());
        }
        let catalogue = self.catalogue.get();
        let mut ids: Vec<String> =
            names.iter().filter_map(|name| Some(catalogue.named(name)?.id.clone())).collect();
        ids.sort();
        ids.dedup();
        (!ids.is_empty()).then_some(ids)
    }
}

/// The time of day of a letter.
fn time_of(letter: &LetterConfig) -> Time {
    Time::strptime("%H:%M", letter.at.trim()).unwrap_or(Time::constant(7, 30, 0, 0))
}

/// An action that sends what `body` names, once for each `once`.
fn action<T: Serialize>(parts: &Parts, once: String, body: &T, now: Timestamp) -> ActionRow {
    let id = parts.mint.id(now, ActionId::new).to_string();
    let mut action = ActionRow::ready(id, "", "report", CREDENTIAL, once, now);
    action.payload = serde_json::to_string(body).unwrap_or_default();
    action
}

/// What makes letters.
pub fn maker(parts: &Parts, config: &ReportMailConfig) -> Maker {
    Maker::new(parts.clone(), config.letters.clone(), config.owners.clone())
}

/// What sends them.
///
/// # Errors
/// What is wrong with the settings, in words.
pub fn deliverer(parts: &Parts, config: &ReportMailConfig) -> Result<MailDeliver, String> {
    let mailer = Mailer::new(&config.smtp, &config.from).map_err(|e| format!("report.mail.{e}"))?;
    Ok(MailDeliver::new(parts.clone(), (config.letters.clone(), config.owners.clone()), mailer))
}

/// Starts both.
///
/// # Errors
/// What is wrong with the settings, in words.
pub fn spawn(shutdown: &Shutdown, parts: &Parts, config: &ReportMailConfig) -> Result<(), String> {
    let deliver = Arc::new(deliverer(parts, config)?);
    let (db, clock) = (parts.db.clone(), parts.clock.clone());
    Worker::new(db, clock, Chance::from_system(), parts.owner.clone(), deliver)
        .spawn(shutdown, parts.outbox.clone());
    maker(parts, config).spawn(shutdown);
    Ok(())
}

/// Tries the mail server; sends nothing.
pub async fn examine(config: &ReportMailConfig) -> Vec<Exam> {
    let advice = "Is the server of report.mail.smtp right, and its log-in?";
    let mailer = match Mailer::new(&config.smtp, &config.from) {
        Ok(mailer) => mailer,
        Err(why) => return vec![Exam::bad("settings", why, "Set report.mail right.")],
    };
    vec![match mailer.knock().await {
        Ok(found) => Exam::good("log in", found),
        Err(why) => Exam::bad("log in", why, advice),
    }]
}
