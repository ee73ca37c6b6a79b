//! Dynamics 365 Customer Service, as its description says.

use super::super::office::{create, moody, time, write};
use super::*;
use std::collections::BTreeMap;

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";

fn guid(id: u64) -> String {
    format!("00000000-0000-4000-8000-{id:012}")
}

fn row(id: u64, t: &Ticket) -> Value {
    let solved = t.status == "resolved" || t.merged_into.is_some();
    let mut body = json!({
        "incidentid": guid(id), "ticketnumber": Kind::Dynamics.name(id), "title": t.subject,
        "statecode": i32::from(solved), "statuscode": 5, "createdon": time(t.opened_at), "modifiedon": time(t.changed_at),
        "resolveby": (t.due_at > 0).then(|| time(t.due_at)), "_ownerid_value": "x",
        "masterid": t.merged_into.map(|into| json!({ "ticketnumber": Kind::Dynamics.name(into) })),
        "Incident_Annotation": t.entries.iter().rev().take(1).map(|e| json!({ "createdon": time(e.at) })).collect::<Vec<_>>(),
        "somethingNew": { "a": [1] },
    });
    body[format!("_ownerid_value@{FORMATTED}")] = json!(t.owner);
    body[format!("statuscode@{FORMATTED}")] = json!(if solved { "Problem Solved" } else { "In Progress" });
    body
}

fn refused(status: u16, message: &str) -> Response {
    plain(status, &json!({ "error": { "code": "0x80040220", "message": message } }))
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
    if path == ["acme", "oauth2", "v2.0", "token"] {
        return granted(office, seen, Some(&format!("{}/dyn/.default", office.url)));
    }
    if !has_token(office, seen) {
        return refused(401, "The token is not valid");
    }
    let (now, body, filter) = (office.now(), &seen.value, seen.asked("$filter"));
    match (seen.method.as_str(), &path[3..]) {
        ("GET", ["incidents"]) => {
            let is =
                |field: &str, value: &str| filter.split(" or ").any(|p| p == format!("{field} eq '{value}'"));
            let fits = |id: u64, t: &Ticket| {
                is("ticketnumber", &Kind::Dynamics.name(id))
                    || t.fields.get("key").is_some_and(|k| is("new_key", k))
                    || !t.requestor.is_empty() && is("customerid_contact/emailaddress1", &t.requestor)
            };
            let rows: Vec<Value> = found(&office.ledger(), fits).iter().map(|(id, t)| row(*id, t)).collect();
            plain(200, &json!({ "value": rows }))
        }
        ("GET", ["annotations"]) => {
            let ledger = office.ledger();
            let ticket =
                ledger.tickets.iter().find(|(id, _)| filter == format!("_objectid_value eq {}", guid(**id)));
            let one = |e: &Entry| {
                let mut note = json!({ "annotationid": guid(e.id), "subject": "x", "notetext": e.text, "createdon": time(e.at) });
                note[format!("_createdby_value@{FORMATTED}")] = json!(e.by);
                note
            };
            let notes: Vec<Value> =
                ticket.iter().flat_map(|(_, t)| t.entries.iter().rev().map(one)).collect();
            plain(200, &json!({ "value": notes }))
        }
        ("POST", ["incidents"]) => {
            assert_eq!(
                body["customerid_account@odata.bind"],
                "/accounts(00000000-0000-0000-0000-000000000001)"
            );
            moody(office, |ledger| {
                let fields =
                    BTreeMap::from([("key".to_owned(), body["new_key"].as_str().unwrap().to_owned())]);
                let id = create(ledger, now, body["title"].as_str().unwrap(), fields);
                plain(201, &row(id, &ledger.tickets[&id]))
            })
            .await
        }
        ("POST", ["annotations"]) => {
            moody(office, |ledger| {
                let bound = body["objectid_incident@odata.bind"].as_str().unwrap();
                let id =
                    *ledger.tickets.keys().find(|id| bound == format!("/incidents({})", guid(**id))).unwrap();
                // A note leaves the time of the case as it was.
                let before = ledger.tickets[&id].changed_at;
                let entry = write(ledger, now, id, body["notetext"].as_str().unwrap(), false);
                ledger.tickets.get_mut(&id).unwrap().changed_at = before;
                plain(201, &json!({ "annotationid": guid(entry) }))
            })
            .await
        }
        _ => refused(404, "Resource not found for the segment"),
    }
}
