//! What the bot tells of findings; read anew when it is sent, so that nothing erased meanwhile is told. Their words
//! stand in private chats only.

use super::card::Look;
use super::text::{Line, Rich};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, answer, finding};
use serde::Deserialize;

/// Characters of a finding's words in the chat.
const CHARS_MAX: usize = 200;

/// What the action holds.
#[derive(Clone, Debug, Deserialize)]
struct FindingBody {
    finding: String,
    brand: String,
}

/// What became of a finding; none if it is not known any more.
pub async fn finding(db: &Db, look: &Look, action: &ActionRow) -> Result<Option<Rich>, StoreError> {
    let Ok(body) = serde_json::from_str::<FindingBody>(&action.payload) else { return Ok(None) };
    let read = db.read("reading a finding", move |tx| {
        Box::pin(async move {
            let Some(row) = finding::look(tx, &body.brand, &body.finding).await? else { return Ok(None) };
            let words = answer::contents(tx, &[row.content_id()]).await?.pop().map(|c| c.1);
            let n = finding::counted(tx, &body.brand, std::slice::from_ref(&row.id), 0).await?;
            Ok(Some((row, words, n.first().map_or(0, |c| c.cases))))
        })
    });
    let Some((row, words, cases)) = read.await? else { return Ok(None) };
    let (t, mut rich) = (look.lang, Rich::default());
    let state = t.finding_is(t.name("finding", &row.state));
    rich.line(Line::default().bold(t.finding_word(row.number)).text(state));
    // Colleagues wrote it, and may have quoted any of the customers whose cases it counts: not for a group.
    if let Some(words) = words.filter(|_| look.reader.is_some()) {
        rich.line(Line::plain(words.chars().take(CHARS_MAX).collect::<String>()));
    }
    let of = if cases == 1 { t.finding_one().to_owned() } else { t.finding_some(cases) };
    rich.line(Line::plain(of));
    rich.line(Line::default().link(t.findings_link(), format!("{}/findings", look.public_url)));
    Ok(Some(rich))
}
