//! Telling who sees to a line of 'yesterday at the back door' that its day is past, once, by mail and, where the owner
//! is somebody of the team who has a chat of their own with the bot, there.

use super::Parts;
use super::config::OwnerConfig;
use crate::domain::ids::ActionId;
use crate::domain::role::Walls;
use crate::domain::time::{Span, Timestamp};
use crate::mailing::Mail;
use crate::reports::office::masking::without_names;
use crate::reports::office::paper::word;
use crate::reports::paper::{Block, Paper, link, say};
use crate::reports::period::day_of;
use crate::reports::words::Words;
use crate::store::back_door::{self, LineRow};
use crate::store::chat_person::{self, Reachable};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, ending, person, ticket};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What begins the keys of the actions that tell.
const NAME: &str = "line_due";
/// A day is past, to be told, from this time of the next one on: nobody is written to at midnight.
const MORNING: Span = Span::hours(8);
/// What is past for longer than so many days is told no more, so that it is told once however long actions are kept.
const BACK_DAYS: i64 = 3;
const BATCH: i64 = 200;

/// Which line an action is about, and which day of it is past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overdue {
    /// The case by id.
    pub line: String,
    /// The brand by id.
    pub brand: String,
    /// The day by which it was to be done.
    pub day: String,
}

/// The actions that tell of lines whose day is past; nothing where nobody is named in the settings.
pub async fn plan(
    tx: &mut Tx,
    (parts, owners): (&Parts, &[OwnerConfig]),
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let today = day_of(now.minus(MORNING), &parts.zone);
    let first = day_of(now.minus(MORNING).minus(Span::days(BACK_DAYS)), &parts.zone);
    let (Some(today), Some(first)) = (today, first) else { return Ok(Vec::new()) };
    let days = (first.to_string(), today.to_string());
    let days = (days.0.as_str(), days.1.as_str());
    // However many lines of others there are, they do not stand before these.
    let mut names = back_door::owners_due(tx, days).await?;
    names.retain(|name| OwnerConfig::named(owners, name).is_some());
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = back_door::overdue(tx, (&names, days), NAME, BATCH).await?;
    Ok(rows.iter().map(|l| action(parts, l, now)).collect())
}

fn action(parts: &Parts, line: &LineRow, now: Timestamp) -> ActionRow {
    let told =
        Overdue { line: line.case_id.clone(), brand: line.brand_id.clone(), day: line.due_day.clone() };
    super::action(parts, format!("{NAME}:{}:{}", line.case_id, line.due_day), &told, now)
}

/// What is read of a line for its mail.
struct Read {
    line: LineRow,
    /// Its first ticket, as `SYSTEM #NUMBER`.
    ticket: Option<String>,
    /// When webcare was done: the day of the list on which it stands.
    at: Timestamp,
    /// Names and logins of colleagues.
    names: Vec<String>,
    /// The language that its owner chose.
    language: Option<String>,
}

/// With which credential the bot speaks.
const BOT: &str = "telegram";
/// The kind of the action that tells somebody in their own chat; it begins its key, too.
const CHAT: &str = "line_chat";

/// The actions that tell owners in their own chat with the bot: people who may log in, see the brand, and are named as
/// owners by their login. A team has no chat of its own.
pub async fn plan_chats(tx: &mut Tx, parts: &Parts, now: Timestamp) -> Result<Vec<ActionRow>, StoreError> {
    let people = chat_person::reachable(tx, BOT).await?;
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let today = day_of(now.minus(MORNING), &parts.zone);
    let first = day_of(now.minus(MORNING).minus(Span::days(BACK_DAYS)), &parts.zone);
    let (Some(today), Some(first)) = (today, first) else { return Ok(Vec::new()) };
    let (first, today) = (first.to_string(), today.to_string());
    let days = (first.as_str(), today.as_str());
    let mut owners: Vec<(String, &Reachable)> = Vec::new();
    for name in back_door::owners_due(tx, days).await? {
        let found = person::by_login(tx, name.trim().to_lowercase().as_str()).await?;
        let chat = found.and_then(|p| people.iter().find(|r| r.person_id == p.id));
        owners.extend(chat.map(|r| (name, r)));
    }
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = owners.iter().map(|o| o.0.clone()).collect();
    let mut actions = Vec::new();
    for line in back_door::overdue(tx, (&names, days), CHAT, BATCH).await? {
        let Some((_, to)) = owners.iter().find(|o| o.0 == line.owner) else { continue };
        if !Walls::stored(to.brands.as_deref()).let_see(&line.brand_id) {
            continue;
        }
        let id = parts.mint.id(now, ActionId::new).to_string();
        let once = format!("{CHAT}:{}:{}", line.case_id, line.due_day);
        let mut action = ActionRow::ready(id, &line.brand_id, CHAT, BOT, once, now);
        let body = json!({
            "chat": to.user_id, "line": line.case_id, "brand": line.brand_id, "day": line.due_day, "to": to.person_id,
        });
        action.payload = body.to_string();
        actions.push(action);
    }
    Ok(actions)
}

/// The mail about a line; nothing where its day was moved, or nobody is to be told any more. It names the ticket, no
/// customer, no colleague, and leads to the list and not to the case.
pub async fn mail(
    (db, parts): (&Db, &Parts),
    owners: &[OwnerConfig],
    told: &Overdue,
) -> Result<Option<(Mail, &'static Words)>, StoreError> {
    let asked = told.clone();
    let read = db.read("reading a line that is past its day", move |tx| {
        Box::pin(async move {
            let line = back_door::line(tx, &asked.brand, &asked.line).await?;
            let Some(line) = line.filter(|l| l.due_day == asked.day) else { return Ok(None) };
            let Some(ended) = ending::of_case(tx, &asked.brand, &asked.line).await? else { return Ok(None) };
            let links = ticket::of_case(tx, &asked.brand, &asked.line).await?;
            let first = links.into_iter().find_map(|l| Some((l.system, l.ticket_id?)));
            let ticket = first.map(|(system, id)| format!("{system} #{id}"));
            let names: Vec<String> =
                person::all(tx).await?.into_iter().flat_map(|p| [p.name, p.login]).collect();
            let language = chat_person::language_of(tx, &line.owner).await?;
            Ok(Some(Read { line, ticket, at: Timestamp(ended.at), names, language }))
        })
    });
    let Some(read) = read.await? else { return Ok(None) };
    let Some(owner) = OwnerConfig::named(owners, &read.line.owner) else { return Ok(None) };
    let w = owner.words(read.language.as_deref());
    let brand = parts.catalogue.get().brand(&told.brand).map(|b| b.brand.name.clone()).unwrap_or_default();
    let ticket = read.ticket.unwrap_or_else(|| word("no_ticket", w));
    let title = format!("{} ({}, {brand}): {ticket}", word("overdue", w), told.day);
    let mut paper = Paper { lang: w.lang, title, blocks: Vec::new() };
    let action = without_names(read.line.action.as_deref().unwrap_or_default(), &read.names);
    let action = if action.trim().is_empty() { word("not_said", w) } else { action };
    let said = |key: &str, what: &str| Block::Line(vec![say(format!("{}: {what}", word(key, w)))]);
    paper.blocks.push(said("owner", &read.line.owner));
    paper.blocks.push(said("action", &action));
    paper.blocks.push(said("due", &told.day));
    let day = day_of(read.at, &parts.zone).map(|d| d.to_string()).unwrap_or_default();
    paper.blocks.push(Block::Line(vec![link(word("overdue_list", w), format!("/yesterday?day={day}"))]));
    let mail = Mail {
        key: format!("line.{}.{}", told.line, told.day),
        to: owner.to.clone(),
        subject: paper.title.clone(),
        text: paper.text(&parts.public_url),
        html: paper.mail(&parts.public_url),
    };
    Ok(Some((mail, w)))
}
