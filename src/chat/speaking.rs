//! To whom the bot speaks, and so in which language and zone: a group by the settings; a person by what they told the
//! bot, what their app told at first contact, and else the settings.

use super::card::Look;
use super::deliver::{CREDENTIAL, TelegramDeliver};
use super::handle::Handler;
use super::place::Place;
use super::text::{Line, Rich};
use super::texts::Lang;
use crate::domain::escalation::Quiet;
use crate::store::chat::{Presser, UpdateRow};
use crate::store::chat_person::{self, ChatPersonRow};
use crate::store::{StoreError, chat};
use jiff::tz::TimeZone;

/// Most messages an hour that somebody can ask for.
const HOURLY_MAX: i64 = 60;

/// Who says something, where, and how that looks to them and there.
pub(super) struct Asking {
    /// The number of the update by which it is asked.
    pub update: i64,
    /// Where.
    pub place: Place,
    /// The platform's number of who asks.
    pub from: i64,
    /// Who that is, if the settings know them and they may log in.
    pub person: Option<Presser>,
    /// How things look where it is asked.
    pub here: Look,
    /// How things look to who asks.
    pub mine: Look,
    /// Whether the command named the bot.
    pub named: bool,
}

/// A zone by its name.
fn zone(name: &str) -> Option<TimeZone> {
    (!name.is_empty()).then(|| TimeZone::get(name).ok())?
}

impl TelegramDeliver {
    /// How things look in a place.
    pub(super) async fn look_at(&self, place: Place) -> Look {
        if place.is_group() {
            return self.look_of_group(place);
        }
        let user = place.chat.to_string();
        let read = self.db.read("reading how somebody is spoken to", move |tx| {
            Box::pin(async move { chat_person::get(tx, CREDENTIAL, &user).await })
        });
        let row = read.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "how somebody is spoken to could not be read; the settings say it");
            None
        });
        self.look_to(place.chat, row.as_ref())
    }

    /// How things look in a group, by the settings.
    pub(super) fn look_of_group(&self, place: Place) -> Look {
        let chat = self.of_settings(place.chat);
        let teams = || self.config.teams.iter().filter(|t| t.chat == chat);
        let team = teams().find(|t| t.topic.unwrap_or(0) == place.topic).or_else(|| teams().next());
        let lang = team.and_then(|t| Lang::from_tag(&t.language)).unwrap_or_else(|| self.config.lang());
        let zone = team.and_then(|t| zone(&t.zone)).unwrap_or_else(|| self.look.zone.clone());
        Look { lang, zone, reader: None, ..(*self.look).clone() }
    }

    /// How things look to a person.
    pub(super) fn look_to(&self, user: i64, row: Option<&ChatPersonRow>) -> Look {
        let set = self.config.users.iter().find(|u| u.id == user);
        let told = row.and_then(|r| Lang::from_tag(&r.language));
        let lang = told
            .or_else(|| set.and_then(|u| Lang::from_tag(&u.language)))
            .unwrap_or_else(|| self.config.lang());
        let own = row.and_then(|r| zone(&r.zone)).or_else(|| set.and_then(|u| zone(&u.zone)));
        let reader = row.map(|r| r.person_id.clone()).filter(|id| !id.is_empty()).unwrap_or_default();
        Look {
            lang,
            zone: own.unwrap_or_else(|| self.look.zone.clone()),
            reader: Some(reader),
            ..(*self.look).clone()
        }
    }
}

impl Handler {
    /// Meets somebody: who they are, and how things look to them. A first contact is kept, and so is the first word
    /// in a private chat, from which on they can be written to there.
    pub(super) async fn meet(
        &self,
        user: i64,
        code: Option<&str>,
        private: bool,
    ) -> Result<(Option<Presser>, Look), StoreError> {
        let Some(person) = self.person(user).await? else {
            // Nothing is kept of who is none of ours.
            let mut look = self.deliver.look_to(user, None);
            look.lang = code.and_then(Lang::from_tag).unwrap_or(look.lang);
            return Ok((None, look));
        };
        let key = user.to_string();
        let read = self.deliver.db.read("reading how somebody is spoken to", move |tx| {
            Box::pin(async move { chat_person::get(tx, CREDENTIAL, &key).await })
        });
        let now = self.deliver.clock.now().millis();
        let known = read.await?;
        let mut row = known.clone().unwrap_or_else(|| ChatPersonRow {
            credential: CREDENTIAL.to_owned(),
            user_id: user.to_string(),
            language: code.and_then(Lang::from_tag).map(|l| l.tag().to_owned()).unwrap_or_default(),
            first_at: now,
            ..ChatPersonRow::default()
        });
        row.person_id.clone_from(&person.id);
        if private && row.private_at.is_none() {
            row.private_at = Some(now);
        }
        if known.as_ref() != Some(&row) {
            self.keep_person(row.clone()).await?;
        }
        let look = self.deliver.look_to(user, Some(&row));
        Ok((Some(person), look))
    }

    async fn keep_person(&self, row: ChatPersonRow) -> Result<(), StoreError> {
        let kept = self.deliver.db.write_again("keeping how somebody is spoken to", move |tx| {
            let row = row.clone();
            Box::pin(async move { chat_person::put(tx, &row).await })
        });
        kept.await
    }

    /// `/language`, `/zone`, `/quiet`, `/limits`: what somebody tells of themselves.
    pub(super) async fn about_me(&self, a: &Asking, word: &str, rest: &str) -> Result<Rich, StoreError> {
        let one = |text: String| Ok(Rich { lines: vec![Line::plain(text)] });
        let t = a.mine.lang;
        if a.person.is_none() {
            return one(t.do_not_know_you().to_owned());
        }
        let key = a.from.to_string();
        let read = self.deliver.db.read("reading how somebody is spoken to", move |tx| {
            Box::pin(async move { chat_person::get(tx, CREDENTIAL, &key).await })
        });
        let Some(mut row) = read.await? else { return one(t.do_not_know_you().to_owned()) };
        let before = row.clone();
        let off = matches!(rest.to_lowercase().as_str(), "off" | "uit" | "0");
        match word {
            "/language" if !rest.is_empty() => match Lang::from_tag(rest) {
                Some(lang) => lang.tag().clone_into(&mut row.language),
                None => return one(t.language_which().to_owned()),
            },
            "/zone" if !rest.is_empty() => match zone(rest) {
                Some(_) => rest.clone_into(&mut row.zone),
                None => return one(t.zone_which().to_owned()),
            },
            "/quiet" if off => row.quiet.clear(),
            "/quiet" if !rest.is_empty() => match Quiet::parse(rest) {
                Some(_) => row.quiet = rest.split_whitespace().collect(),
                None => return one(t.quiet_which().to_owned()),
            },
            "/limits" if off => row.hourly = 0,
            "/limits" if !rest.is_empty() => match rest.parse().ok().filter(|n| (1..=HOURLY_MAX).contains(n))
            {
                Some(n) => row.hourly = n,
                None => return one(t.limits_which().to_owned()),
            },
            _ => {}
        }
        let look = self.deliver.look_to(a.from, Some(&row));
        let t = look.lang;
        let said = match word {
            "/language" => t.language_now(t.own_name()),
            "/zone" => t.zone_now(look.zone.iana_name().unwrap_or("UTC")),
            "/quiet" if row.quiet.is_empty() => t.quiet_off().to_owned(),
            "/quiet" => t.quiet_now(&row.quiet),
            _ if row.hourly == 0 => t.limits_off().to_owned(),
            _ => t.limits_now(row.hourly),
        };
        if row != before {
            self.keep_person(row).await?;
        }
        one(said)
    }
}

/// What a stored update says of who sent it: the language of their app. The library's type leaves nothing out, but
/// an update that it cannot read still names its sender.
pub(super) fn language_code(row: &UpdateRow) -> Option<String> {
    let update: serde_json::Value = serde_json::from_str(&row.body).ok()?;
    let from = update.pointer("/message/from").or_else(|| update.pointer("/callback_query/from"))?;
    from.get("language_code")?.as_str().map(|code| code.chars().take(10).collect())
}

/// A person by login, as presses know them.
pub(super) async fn presser(deliver: &TelegramDeliver, login: String) -> Result<Option<Presser>, StoreError> {
    let found = deliver
        .db
        .read("looking a person up", move |tx| Box::pin(async move { chat::presser(tx, &login).await }));
    found.await
}
