//! What the team is told of an unusual rise; read anew when it is sent. No customer's words stand in it.

use super::card::Look;
use super::text::{Line, Rich};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, incident};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
struct IncidentBody {
    incident: String,
    brand: String,
    kind: String,
}

/// A rise began or is over; none if it is not known any more.
pub async fn told(db: &Db, look: &Look, action: &ActionRow) -> Result<Option<Rich>, StoreError> {
    let Ok(body) = serde_json::from_str::<IncidentBody>(&action.payload) else { return Ok(None) };
    let (brand, id) = (body.brand.clone(), body.incident.clone());
    let read = db.read("reading an incident", move |tx| {
        Box::pin(async move {
            let Some(row) = incident::look(tx, &brand, &id).await? else { return Ok(None) };
            Ok(Some((incident::counts(tx, &brand, &id).await?, row)))
        })
    });
    let Some(((cases, waiting, told), row)) = read.await? else { return Ok(None) };
    let (_, about) = row.topic.split_once(':').unwrap_or(("", row.topic.as_str()));
    let about = about.replace('_', " ");
    let mut rich = Rich::default();
    if body.kind == "over" {
        let head = Line::default().bold(format!("Rise {} is over", row.number));
        rich.line(head.text(format!(": {about}, {}, at most {} in an hour", row.language, row.most)));
        rich.line(Line::plain(format!(
            "{cases} cases, {waiting} still wait, {told} told by an answer to many"
        )));
    } else {
        let head = Line::default().bold(format!("Unusual rise {}", row.number));
        rich.line(head.text(format!(": {about}, {}", row.language)));
        rich.line(Line::plain(format!(
            "{} in the last hour, usually {}. {cases} cases, {waiting} wait.",
            row.most, row.expected
        )));
    }
    rich.line(Line::default().link("incident", format!("{}/incidents/{}", look.public_url, row.id)));
    Ok(Some(rich))
}
