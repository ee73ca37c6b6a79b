//! Telling the owner of a finding that it was raised to them, once, by mail.

use super::Parts;
use super::config::OwnerConfig;
use crate::domain::time::{Span, Timestamp};
use crate::mailing::Mail;
use crate::reports::office::masking::without_names;
use crate::reports::office::paper::word;
use crate::reports::paper::{Block, Paper, link, say};
use crate::reports::words::Words;
use crate::store::finding::{self, FindingRow};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, answer, chat, chat_person, person};
use serde::{Deserialize, Serialize};

/// The note that holds up to when findings were told.
const NOTE: &str = "finding_mail";
/// A finding has the time at which it was asked for and is seen when it is written, which may be later than that of the
/// next: so far back is looked for what was not told.
const BACK: Span = Span::hours(1);
/// How far the note may fall behind while there is nobody to tell.
const BEHIND: Span = Span::days(1);
const BATCH: i64 = 200;

/// Which finding an action is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Its id.
    pub finding: String,
    /// The brand by id.
    pub brand: String,
}

/// What is to be noted, and the actions that tell; nothing where nothing is new. What was raised before the first look is
/// no news.
pub async fn plan(
    tx: &mut Tx,
    (parts, owners): (&Parts, &[OwnerConfig]),
    now: Timestamp,
) -> Result<Option<(String, Vec<ActionRow>)>, StoreError> {
    let noted = chat::note(tx, NOTE).await?.and_then(|at| at.parse::<i64>().ok()).map(Timestamp);
    // Looked back from here, nothing is news that stands now.
    let afresh = (now.plus(BACK).millis().to_string(), Vec::new());
    let noted = match noted {
        None if owners.is_empty() => return Ok(None),
        None => return Ok(Some(afresh)),
        // What is raised while nobody is to be told is no news for who comes later.
        Some(noted) if owners.is_empty() => return Ok((now.since(noted) > BEHIND).then_some(afresh)),
        Some(noted) => noted,
    };
    let rows = finding::raised_after(tx, noted.minus(BACK), NOTE, BATCH).await?;
    let Some(last) = rows.last().map(|f| f.raised_at) else { return Ok(None) };
    let told: Vec<ActionRow> = rows
        .iter()
        .filter(|f| OwnerConfig::named(owners, &f.owner).is_some())
        .map(|f| action(parts, f, now))
        .collect();
    let last = last.max(noted.millis());
    Ok((last > noted.millis() || !told.is_empty()).then(|| (last.to_string(), told)))
}

/// Notes up to when findings were told.
pub async fn note(tx: &mut Tx, at: &str) -> Result<(), StoreError> {
    chat::set_note(tx, NOTE, at).await
}

fn action(parts: &Parts, f: &FindingRow, now: Timestamp) -> ActionRow {
    let told = Told { finding: f.id.clone(), brand: f.brand_id.clone() };
    super::action(parts, format!("{NOTE}:{}", f.id), &told, now)
}

/// The mail of a finding; nothing where nobody is to be told any more. It names no colleague, and no personal data that
/// our detectors find.
pub async fn mail(
    (db, parts): (&Db, &Parts),
    owners: &[OwnerConfig],
    told: &Told,
) -> Result<Option<(Mail, &'static Words)>, StoreError> {
    let asked = told.clone();
    let read = db.read("reading a finding to be told", move |tx| {
        Box::pin(async move {
            let Some(row) = finding::look(tx, &asked.brand, &asked.finding).await? else { return Ok(None) };
            let words = answer::contents(tx, &[row.content_id()]).await?.into_iter().next().map(|(_, w)| w);
            let cases = finding::cases_of(tx, &row.brand_id, &row.id, 1_000).await?.len();
            let names: Vec<String> =
                person::all(tx).await?.into_iter().flat_map(|p| [p.name, p.login]).collect();
            let language = chat_person::language_of(tx, &row.owner).await?;
            Ok(Some((row, words.unwrap_or_default(), cases, names, language)))
        })
    });
    let Some((row, words, cases, names, language)) = read.await? else { return Ok(None) };
    let Some(owner) = OwnerConfig::named(owners, &row.owner) else { return Ok(None) };
    let w = owner.words(language.as_deref());
    let brand = parts.catalogue.get().brand(&row.brand_id).map(|b| b.brand.name.clone()).unwrap_or_default();
    let words = without_names(&words, &names);
    let title = format!(
        "{} {} ({brand}): {}",
        word("finding", w),
        row.number,
        words.lines().next().unwrap_or_default()
    );
    let mut paper = Paper { lang: w.lang, title, blocks: Vec::new() };
    let said = |text: &str| Block::Line(vec![say(text)]);
    paper.blocks.extend(words.lines().skip(1).filter(|l| !l.trim().is_empty()).map(said));
    paper.blocks.push(said(&format!(
        "{}: {}. {}: {cases}.",
        word("finding_owner", w),
        row.owner,
        word("finding_cases", w)
    )));
    paper.blocks.push(Block::Line(vec![link(
        word("finding_decide", w),
        format!("/findings?at={0}#f-{0}", row.number),
    )]));
    let mail = Mail {
        key: format!("finding.{}", row.id),
        to: owner.to.clone(),
        subject: paper.title.clone(),
        text: paper.text(&parts.public_url),
        html: paper.mail(&parts.public_url),
    };
    Ok(Some((mail, w)))
}
