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
    let (t, mut rich) = (look.lang, Rich::default());
    if body.kind == "over" {
        let head = Line::default().bold(t.incident_over(row.number));
        rich.line(head.text(t.incident_over_more(about, &row.language, row.most)));
        rich.line(Line::plain(t.incident_over_counts(cases, waiting, told)));
    } else {
        let head = Line::default().bold(t.incident_head(row.number));
        rich.line(head.text(t.incident_more(about, &row.language)));
        rich.line(Line::plain(t.incident_counts(row.most, row.expected, cases, waiting)));
    }
    rich.line(Line::default().link(t.incident_link(), format!("{}/incidents/{}", look.public_url, row.id)));
    Ok(Some(rich))
}
