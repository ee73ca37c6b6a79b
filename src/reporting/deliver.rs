//! Sending letters: first the figures are kept with the mail as it will go, then that mail goes.

use super::config::{LetterConfig, LetterKind, OwnerConfig};
use super::lines::{self, Overdue};
use super::making::Body;
use super::telling::{self, Told};
use super::{CREDENTIAL, Parts};
use crate::domain::delivery::{Outcome, Repeat};
use crate::domain::time::{Span, Timestamp};
use crate::mailing::{Mail, Mailer};
use crate::outbox::{Deliver, held_back};
use crate::reports::frozen::{self, Figures};
use crate::reports::leads::{AskLeads, leads};
use crate::reports::office::{Sight, demand, paper as office, yesterday};
use crate::reports::paper::Paper;
use crate::reports::words::Words;
use crate::reports::{Ask, letter, monday};
use crate::store::published::{self, PublishedRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};

/// How often what the mail server did not say clearly is tried: what is unclear most often arrived.
const UNCLEAR_MAX: i64 = 2;
/// How long it waits after the database failed.
const LATER: Span = Span::seconds(30);

/// Sends letters.
pub struct MailDeliver {
    parts: Parts,
    letters: Vec<LetterConfig>,
    owners: Vec<OwnerConfig>,
    mailer: Mailer,
}

fn body(action: &ActionRow) -> Option<Body> {
    serde_json::from_str(&action.payload).ok()
}

/// Says in a mail that it may have come before.
fn mark(mail: &mut Mail, language: &str) {
    let words = Words::of(language).repeat;
    mail.text = format!("{words}\n\n{}", mail.text);
    mail.html = mail.html.replacen("</h1>", &format!("</h1>\n<p>{words}</p>"), 1);
}

impl MailDeliver {
    /// Sends these by `mailer`.
    pub fn new(
        parts: Parts,
        (letters, owners): (Vec<LetterConfig>, Vec<OwnerConfig>),
        mailer: Mailer,
    ) -> Self {
        Self { parts, letters, owners, mailer }
    }

    /// The letter of the settings that an action is about.
    fn letter(&self, of: &Body) -> Option<&LetterConfig> {
        self.letters.iter().find(|l| l.name == of.letter && l.kind.code() == of.kind)
    }

    async fn kept(&self, of: &Body) -> Result<Option<PublishedRow>, StoreError> {
        let (letter, kind, first) = (of.letter.clone(), of.kind.clone(), of.first.to_string());
        let read = self.parts.db.read("reading a report as it is sent", move |tx| {
            Box::pin(async move { published::get(tx, &letter, &kind, &first).await })
        });
        read.await
    }

    /// Sees to it that the mail of an action is kept.
    async fn prepare(&self, action: &ActionRow) -> Result<(), StoreError> {
        let Some(of) = body(action) else { return Ok(()) };
        let Some((letter, brands)) = self.letter(&of).and_then(|l| Some((l, self.parts.brands_of(l)?)))
        else {
            return Ok(());
        };
        if self.kept(&of).await?.is_some() {
            return Ok(());
        }
        let zone = self.parts.zone_of(letter);
        let now = self.parts.clock.now();
        let ask = AskLeads {
            period: letter.kind.period(),
            days: (of.first, of.after),
            brands,
            zone: zone.clone(),
            catalogue: Some(self.parts.catalogue.get()),
        };
        let (paper, figures) = self.write(letter, &ask, now).await?;
        let last = of.after.yesterday().unwrap_or(of.first);
        let row = PublishedRow {
            letter: of.letter,
            kind: of.kind,
            first_day: of.first.to_string(),
            last_day: last.to_string(),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            brands: serde_json::to_string(&ask.brands).unwrap_or_default(),
            made_at: now.millis(),
            sent_at: None,
            figures: serde_json::to_string(&figures).unwrap_or_default(),
            subject: paper.title.clone(),
            words: paper.text(&self.parts.public_url),
            page: paper.mail(&self.parts.public_url),
        };
        let keep = self.parts.db.write_again("keeping a report as it is sent", move |tx| {
            let row = row.clone();
            Box::pin(async move { published::freeze(tx, &row).await })
        });
        keep.await
    }

    async fn write(
        &self,
        letter: &LetterConfig,
        ask: &AskLeads,
        now: Timestamp,
    ) -> Result<(Paper, Figures), StoreError> {
        let words = Words::of(&letter.language);
        if letter.kind.is_for_the_office() {
            return self.for_the_office(letter, ask, now).await;
        }
        if letter.kind == LetterKind::Monday {
            let mut made = monday::monday(&self.parts.db, ask, now).await?;
            if letter.brands.is_empty() {
                made.brands.clear();
            }
            return Ok((monday::paper(&made, words, &ask.zone), monday::figures(&made)));
        }
        let mut made = leads(&self.parts.db, ask, now).await?;
        if ask.zone != self.parts.zone {
            // Its links lead to the same days, whatever the console calls a day.
            ask.zone.iana_name().unwrap_or_default().clone_into(&mut made.zone);
        }
        if letter.brands.is_empty() {
            // All that there are need not be named.
            made.report.brands.clear();
        }
        // What was sent of the period before under this name, against what its totals are now.
        let mut corrections = Vec::new();
        if let (Some(before), Some(now_total)) = (ask.period.before(ask.days), &made.before) {
            let of = Body {
                letter: letter.name.clone(),
                kind: letter.kind.code().to_owned(),
                first: before.0,
                after: before.1,
            };
            if let Some(sent) = self.kept(&of).await?.filter(|row| row.sent_at.is_some()) {
                let now = frozen::totals(&now_total.total);
                corrections = frozen::corrections(&frozen::read(&sent.figures), &now, "total/");
            }
        }
        let figures = frozen::figures(&made);
        Ok((letter::letter(&made, &corrections, words), figures))
    }

    /// What the front office gets: of its own queues, where the letter names some.
    async fn for_the_office(
        &self,
        letter: &LetterConfig,
        ask: &AskLeads,
        now: Timestamp,
    ) -> Result<(Paper, Figures), StoreError> {
        let (words, queues) = (Words::of(&letter.language), letter.queues());
        let sight = if queues.is_empty() { Sight::All } else { Sight::Queues(queues) };
        let begin = |day: jiff::civil::Date| {
            let zoned = day.to_zoned(ask.zone.clone());
            zoned.map_or(now, |z| Timestamp(z.timestamp().as_millisecond()))
        };
        let (first, last) = (ask.days.0, ask.days.1.yesterday().unwrap_or(ask.days.0));
        let (from, to) = (begin(ask.days.0), begin(ask.days.1));
        if letter.kind == LetterKind::Yesterday {
            let catalogue = self.parts.catalogue.get();
            let watched = || catalogue.brands.iter();
            let seen = |id: &String| ask.brands.is_empty() || ask.brands.contains(id);
            let ids: Vec<String> = watched().map(|b| b.id.clone()).filter(seen).collect();
            let all = ask.brands.is_empty();
            let names = watched().filter(|b| !all && ids.contains(&b.id)).map(|b| b.brand.name.clone());
            let made = yesterday::report(&self.parts.db, &ids, (from, to), &sight, now).await?;
            let paper = office::yesterday(&made, &names.collect::<Vec<_>>(), &first.to_string(), words);
            return Ok((paper, office::yesterday_figures(&made)));
        }
        let brands = ask.brands.clone();
        let mut made =
            demand::report(&self.parts.db, &Ask { from, to, brands, zone: ask.zone.clone() }, &sight).await?;
        if ask.brands.is_empty() {
            // All that there are need not be named.
            made.brands.clear();
        }
        let paper = office::demand(&made, (&first.to_string(), &last.to_string()), words);
        Ok((paper, office::demand_figures(&made)))
    }

    async fn send(&self, action: &ActionRow) -> Result<Outcome, StoreError> {
        if let Some(held) = held_back(&self.parts.db).await {
            return Ok(held);
        }
        let refused = |reason: &str| Ok(Outcome::Refused { reason: reason.to_owned() });
        if let Ok(told) = serde_json::from_str::<Told>(&action.payload) {
            let found = telling::mail((&self.parts.db, &self.parts), &self.owners, &told).await?;
            return Ok(self.tell(action, found).await);
        }
        if let Ok(told) = serde_json::from_str::<Overdue>(&action.payload) {
            let found = lines::mail((&self.parts.db, &self.parts), &self.owners, &told).await?;
            return Ok(self.tell(action, found).await);
        }
        let Some(of) = body(action) else { return refused("no letter is named") };
        let Some(letter) = self.letter(&of) else {
            return refused("this letter is no longer in the settings");
        };
        let Some(kept) = self.kept(&of).await? else {
            return refused("none of its brands is watched any more");
        };
        if kept.sent_at.is_some() {
            // It went, and only the noting of it was lost.
            return Ok(Outcome::Done { remote_id: "sent".to_owned(), at: None });
        }
        if kept.page.is_empty() {
            return refused("it was not sent within a week");
        }
        let mut mail = Mail {
            key: format!("report.{}.{}.{}", of.letter, of.kind, of.first),
            to: letter.to.clone(),
            subject: kept.subject,
            text: kept.words,
            html: kept.page,
        };
        if action.repeat_marked == 1 {
            mark(&mut mail, &letter.language);
        }
        Ok(self.hand_over(action, mail).await)
    }

    /// Tells an owner of the settings.
    async fn tell(&self, action: &ActionRow, found: Option<(Mail, &'static Words)>) -> Outcome {
        match found {
            Some((mut mail, words)) => {
                if action.repeat_marked == 1 {
                    mark(&mut mail, words.lang);
                }
                self.hand_over(action, mail).await
            }
            None => Outcome::Refused { reason: "nobody is to be told of it any more".to_owned() },
        }
    }

    async fn hand_over(&self, action: &ActionRow, mail: Mail) -> Outcome {
        match self.mailer.send(&mail, self.parts.clock.now()).await {
            Outcome::Unknown { evidence } if action.attempts >= UNCLEAR_MAX => {
                Outcome::Refused { reason: format!("no clear answer {UNCLEAR_MAX} times: {evidence}") }
            }
            Outcome::Done { at, .. } => Outcome::Done { remote_id: mail.key, at },
            other => other,
        }
    }
}

#[async_trait::async_trait]
impl Deliver for MailDeliver {
    fn credential(&self) -> &str {
        CREDENTIAL
    }

    fn repeat(&self) -> Repeat {
        Repeat::OnceMarked
    }

    async fn schedule(&self, ready: &[ActionRow], now: Timestamp) -> Vec<Option<Timestamp>> {
        let mut times = Vec::new();
        for (at, action) in ready.iter().enumerate() {
            if at > 0 {
                // One at a time: making a report takes a while, and a claim does not hold for ever.
                times.push(Some(now.plus(Span::seconds(1))));
                continue;
            }
            let prepared = self.prepare(action).await;
            times.push(prepared.err().map(|error| {
                tracing::warn!(%error, "a report could not be made for a mail; it tries again");
                now.plus(LATER)
            }));
        }
        times
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for action in actions {
            outcomes.push(self.send(action).await.unwrap_or_else(|error| {
                let why = format!("the database did not answer: {error}");
                Outcome::Retry { after: None, why }
            }));
        }
        outcomes
    }

    async fn stands(&self, tx: &mut Tx, action: &ActionRow, _remote_id: &str) -> Result<(), StoreError> {
        let Some(of) = body(action) else { return Ok(()) };
        published::sent(tx, &of.letter, &of.kind, &of.first.to_string(), self.parts.clock.now()).await
    }
}
