//! Dynamics 365 Customer Service, as its description says.

use super::super::office::{create, moody, time, write};
use super::letters::Letter;
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
        "Incident_Emails": t.letters.iter().map(|l| l.at).max().map_or(json!([]), |at| json!([{ "modifiedon": time(at) }])),
        "somethingNew": { "a": [1] },
    });
    body[format!("_ownerid_value@{FORMATTED}")] = json!(t.owner);
    body[format!("statuscode@{FORMATTED}")] = json!(match t.status.as_str() {
        _ if solved => "Problem Solved",
        "stalled" => "Waiting for Details",
        _ => "In Progress",
    });
    body
}

fn letter(l: &Letter) -> Value {
    let mut one = json!({
        "activityid": guid(l.id), "description": format!("<html><body><p>{}</p></body></html>", l.text.replace('\n', "<br>")),
        "createdon": time(l.written_at), "senton": time(l.at), "directioncode": !l.incoming,
        "sender": if l.incoming { l.by.as_str() } else { "desk@acme.example" }, "_createdby_value": "x",
    });
    one[format!("_createdby_value@{FORMATTED}")] = json!(if l.incoming { "SYSTEM" } else { l.by.as_str() });
    one
}

fn refused(status: u16, message: &str) -> Response {
    plain(status, &json!({ "error": { "code": "0x80040220", "message": message } }))
}

async fn turned(office: &Office, row: &str, status: &str) -> Response {
    let now = office.now();
    moody(office, |ledger| {
        let id =
            ledger.tickets.keys().copied().find(|id| row == format!("incidents({})", guid(*id))).unwrap_or(0);
        if turn(ledger, now, id, status) {
            return Response::builder().status(204).body(axum::body::Body::empty()).unwrap();
        }
        refused(400, "this status is not allowed")
    })
    .await
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
    if path == ["acme", "oauth2", "v2.0", "token"] {
        return granted(office, seen, Some(&format!("{}/dyn/.default", office.url)));
    }
    if !has_token(office, seen) {
        return refused(401, "The token is not valid");
    }
    let asks_letters = path[3..] == ["emails"] || seen.asked("$expand").contains("Incident_Emails");
    if asks_letters && office.ledger().no_letters {
        return refused(403, "Principal user (Id=x, type=8) is missing prvReadActivity privilege");
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
        ("GET", ["emails"]) => {
            let ledger = office.ledger();
            let exchanged = "(statuscode eq 2 or statuscode eq 3 or statuscode eq 4)";
            let is_of =
                |id: u64| filter == format!("_regardingobjectid_value eq {} and {exchanged}", guid(id));
            let of = ledger.tickets.iter().find(|(id, _)| is_of(**id));
            let left = of.iter().flat_map(|(_, t)| t.letters.iter().rev().filter(|l| !l.draft));
            plain(200, &json!({ "value": left.map(letter).collect::<Vec<_>>() }))
        }
        ("GET", ["EntityDefinitions(LogicalName='incident')", "Attributes(LogicalName='statuscode')", _]) => {
            let one = |(value, state, name): (i64, i64, &str)| json!({ "Value": value, "State": state, "Label": { "UserLocalizedLabel": { "Label": name } } });
            let all =
                [(1, 0, "In Progress"), (3, 0, "Waiting for Details"), (5, 1, "Problem Solved")].map(one);
            plain(200, &json!({ "OptionSet": { "Options": all } }))
        }
        ("POST", ["CloseIncident"]) => {
            assert_eq!(body["Status"], 5);
            let bound = body["IncidentResolution"]["incidentid@odata.bind"].as_str().unwrap();
            turned(office, bound.trim_start_matches('/'), "resolved").await
        }
        ("PATCH", [row]) if row.starts_with("incidents(") => {
            let status = if body["statuscode"] == 3 { "stalled" } else { "open" };
            turned(office, row, status).await
        }
        ("PATCH", [row]) if row.starts_with("annotations(") => {
            let text = body["notetext"].as_str().unwrap();
            moody(office, |ledger| {
                let all = ledger.tickets.values().flat_map(|t| &t.entries).map(|e| e.id);
                let note =
                    all.into_iter().find(|id| *row == format!("annotations({})", guid(*id))).unwrap_or(0);
                match rewrite(ledger, note, |e| text.clone_into(&mut e.text)) {
                    Some(true) => Response::builder().status(204).body(axum::body::Body::empty()).unwrap(),
                    Some(false) => refused(403, "Principal user is missing prvWriteNote"),
                    None => refused(404, "annotation does not exist"),
                }
            })
            .await
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
