//! Making letters: what is due becomes an action, by whoever holds the lease, in the transaction that notes it.

use super::config::{LetterConfig, OwnerConfig};
use super::{Parts, due, lines, telling, time_of};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, bulk, chat, lease, published};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const PERIOD: Span = Span::seconds(10);
const LEASE: Span = Span::seconds(60);
const LEASE_NAME: &str = "report_mail";
/// How long a mail that could not be sent is kept.
const KEPT: Span = Span::days(7);

/// Which letter an action is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Its name.
    pub letter: String,
    /// Its kind.
    pub kind: String,
    /// The first day that it tells of.
    pub first: Date,
    /// The first day after.
    pub after: Date,
}

/// Makes letters.
pub struct Maker {
    parts: Parts,
    letters: Arc<Vec<LetterConfig>>,
    owners: Arc<Vec<OwnerConfig>>,
}

impl Maker {
    /// Makes these.
    pub fn new(parts: Parts, letters: Vec<LetterConfig>, owners: Vec<OwnerConfig>) -> Self {
        Self { parts, letters: Arc::new(letters), owners: Arc::new(owners) }
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let maker = Arc::new(self);
        shutdown.spawn_every("report mails", PERIOD, move || {
            let maker = maker.clone();
            async move {
                match maker.run_once().await {
                    Ok(0) => {}
                    Ok(_) => maker.parts.outbox.notify_waiters(),
                    Err(error) => {
                        metrics::counter!("webcared_database_errors_total").increment(1);
                        tracing::warn!(%error, "mails of reports could not be made; it tries again");
                    }
                }
                0
            }
        });
    }

    /// One round; returns how many letters were made.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.parts.clock.now();
        // Most rounds find nothing; looking costs no write.
        let (parts, letters, owners) = (self.parts.clone(), self.letters.clone(), self.owners.clone());
        let any = self.parts.db.read("looking which reports are due", move |tx| {
            Box::pin(async move {
                Ok(!plan(tx, &parts, &letters, now).await?.is_empty()
                    || telling::plan(tx, (&parts, &owners), now).await?.is_some()
                    || !lines::plan(tx, (&parts, &owners), now).await?.is_empty()
                    || !lines::plan_chats(tx, &parts, now).await?.is_empty())
            })
        });
        if !any.await? {
            return Ok(0);
        }
        let (parts, letters, owners) = (self.parts.clone(), self.letters.clone(), self.owners.clone());
        let made = self.parts.db.write_again("making mails of reports", move |tx| {
            let (parts, letters, owners) = (parts.clone(), letters.clone(), owners.clone());
            Box::pin(async move {
                if lease::take(tx, LEASE_NAME, &parts.owner, now, LEASE).await?.is_none() {
                    return Ok(0);
                }
                published::give_up(tx, now.minus(KEPT)).await?;
                let mut actions = Vec::new();
                for step in plan(tx, &parts, &letters, now).await? {
                    chat::set_note(tx, &step.name, &step.note.to_string()).await?;
                    actions.extend(step.bodies.iter().map(|body| action(&parts, &step.name, body, now)));
                }
                if let Some((at, told)) = telling::plan(tx, (&parts, &owners), now).await? {
                    telling::note(tx, &at).await?;
                    actions.extend(told);
                }
                actions.extend(lines::plan(tx, (&parts, &owners), now).await?);
                actions.extend(lines::plan_chats(tx, &parts, now).await?);
                bulk::insert_actions(tx, &actions).await?;
                Ok(actions.len())
            })
        });
        made.await
    }
}

/// What is to be noted of a letter, and what of it is due.
struct Step {
    name: String,
    note: Date,
    bodies: Vec<Body>,
}

async fn plan(
    tx: &mut Tx,
    parts: &Parts,
    letters: &[LetterConfig],
    now: Timestamp,
) -> Result<Vec<Step>, StoreError> {
    let mut steps = Vec::new();
    for letter in letters.iter().filter(|l| parts.brands_of(l).is_some()) {
        let name = format!("report_mail:{}:{}", letter.name, letter.kind.code());
        let noted = chat::note(tx, &name).await?.and_then(|day| day.parse::<Date>().ok());
        let zone = parts.zone_of(letter);
        let (all, note) = due::due(letter.kind.period(), (time_of(letter), &zone), noted, now);
        let Some(note) = note.filter(|note| Some(*note) != noted) else { continue };
        let body = |days: crate::reports::period::Days| Body {
            letter: letter.name.clone(),
            kind: letter.kind.code().to_owned(),
            first: days.0,
            after: days.1,
        };
        steps.push(Step { name, note, bodies: all.into_iter().map(body).collect() });
    }
    Ok(steps)
}

fn action(parts: &Parts, name: &str, body: &Body, now: Timestamp) -> ActionRow {
    super::action(parts, format!("{name}:{}", body.first), body, now)
}
