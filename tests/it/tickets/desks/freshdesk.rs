//! Freshdesk, as its description says.

use super::super::office::{create, moody, time, write};
use super::*;
use std::collections::BTreeMap;
use webcared::domain::time::Timestamp;

fn ticket(id: u64, t: &Ticket) -> Value {
    let status = match t.status.as_str() {
        _ if t.merged_into.is_some() => 5,
        "resolved" => 4,
        "stalled" => 3,
        _ => 2,
    };
    json!({
        "id": id, "subject": t.subject, "status": status, "responder_id": number_of(&t.owner),
        "group_id": number_of(&t.queue), "created_at": time(t.opened_at), "updated_at": time(t.changed_at),
        "due_by": (t.due_at > 0).then(|| time(t.due_at)), "tags": ["webcare", t.fields.get("key")],
        "deleted": t.status == "deleted", "somethingNew": { "a": [1] },
    })
}

fn nothing(status: u16) -> Response {
    Response::builder().status(status).body(axum::body::Body::empty()).unwrap()
}

fn html(text: &str) -> String {
    format!("<div>{}</div>", text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>"))
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    if !seen.is_by(&basic(TOKEN, "X")) {
        return plain(
            401,
            &json!({ "code": "invalid_credentials", "message": "You have to be logged in to perform this action." }),
        );
    }
    let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
    match (seen.method.as_str(), &path[2..]) {
        ("GET", ["tickets"]) => {
            let since = Timestamp::parse(seen.asked("updated_since")).map_or(0, Timestamp::millis);
            let (email, deleted) = (seen.asked("email"), seen.asked("filter") == "deleted");
            // Without a word since when, only what was opened of late is listed.
            let a_month = webcared::domain::time::Span::days(30).millis();
            let opened = if seen.asked("updated_since").is_empty() { office.now() - a_month } else { 0 };
            let ledger = office.ledger();
            if !email.is_empty() && ledger.tickets.values().all(|t| t.requestor != email) {
                let errors = json!([{ "field": "email", "code": "invalid_value",
                    "message": "There is no contact matching the given email" }]);
                return plain(400, &json!({ "description": "Validation failed", "errors": errors }));
            }
            let fits = |t: &Ticket| {
                !t.hidden
                    && (t.status == "deleted") == deleted
                    && t.changed_at >= since / 1000 * 1000
                    && t.opened_at >= opened
                    && (email.is_empty() || email == t.requestor)
            };
            let all: Vec<Value> =
                ledger.tickets.iter().filter(|(_, t)| fits(t)).map(|(id, t)| ticket(*id, t)).collect();
            plain(200, &json!(if seen.asked("page") > "1" { Vec::new() } else { all }))
        }
        ("GET", ["search", "tickets"]) => {
            let found = found(&office.ledger(), |_, t| {
                t.fields.get("key").is_some_and(|k| seen.asked("query") == format!("\"tag:'{k}'\""))
            });
            let all: Vec<Value> = found.iter().map(|(id, t)| ticket(*id, t)).collect();
            plain(200, &json!({ "total": all.len(), "results": all }))
        }
        ("GET", ["agents" | "groups", id]) => match NAMES.iter().find(|n| n.0.to_string() == *id) {
            Some((id, name)) if *id < 600 => plain(200, &json!({ "id": id, "contact": { "name": name } })),
            Some((id, name)) => plain(200, &json!({ "id": id, "name": name })),
            None => nothing(404),
        },
        ("GET", ["tickets", id, "conversations"]) => {
            let (ledger, id) = (office.ledger(), id.parse().unwrap_or(0));
            let all =
                written(&ledger, id, |into| format!("This ticket is closed and merged into ticket {into}"));
            let one = |e: &Entry| {
                json!({ "id": e.id, "user_id": number_of(&e.by), "body": html(&e.text), "body_text": "x",
                "private": !e.public, "incoming": false, "created_at": time(e.at) })
            };
            plain(200, &json!(all.iter().map(one).collect::<Vec<_>>()))
        }
        ("GET", ["tickets", id]) => {
            let (ledger, number) = (office.ledger(), id.parse().unwrap_or(0));
            match ledger.tickets.get(&number) {
                Some(t) if t.hidden => plain(
                    403,
                    &json!({ "code": "access_denied", "message": "You are not authorized to perform this action." }),
                ),
                Some(t) => plain(200, &ticket(number, t)),
                None => nothing(404),
            }
        }
        ("POST", ["tickets"]) => {
            let (now, body) = (office.now(), &seen.value);
            assert!(body["email"] == "webcare@acme.example" && body["group_id"] == 603);
            moody(office, |ledger| {
                let key = body["tags"][1].as_str().unwrap();
                assert!(key.len() <= 32, "a tag is no longer than that");
                let fields = BTreeMap::from([("key".to_owned(), key.to_owned())]);
                let id = create(ledger, now, body["subject"].as_str().unwrap(), fields);
                plain(201, &ticket(id, &ledger.tickets[&id]))
            })
            .await
        }
        ("POST", ["tickets", id, how @ ("notes" | "reply")]) => {
            let (now, body, id) = (office.now(), &seen.value, id.parse().unwrap_or(0));
            assert!(*how == "reply" || body["private"] == true);
            moody(office, |ledger| {
                if ledger.tickets.get(&id).is_none_or(|t| t.hidden || t.status == "deleted") {
                    return nothing(404);
                }
                let text = webcared::sources::html::to_text(body["body"].as_str().unwrap());
                let entry = write(ledger, now, id, &text, *how == "reply");
                plain(201, &json!({ "id": entry, "ticket_id": id }))
            })
            .await
        }
        ("PUT", ["tickets", id]) => {
            let (now, id) = (office.now(), id.parse().unwrap_or(0));
            let status = match seen.value["status"].as_i64() {
                Some(4) => "resolved",
                Some(3) => "stalled",
                _ => "open",
            };
            moody(office, |ledger| {
                if turn(ledger, now, id, status) {
                    return plain(200, &ticket(id, &ledger.tickets[&id]));
                }
                let errors = json!([{ "field": "status", "message": "it is not allowed" }]);
                plain(400, &json!({ "description": "Validation failed", "errors": errors }))
            })
            .await
        }
        (how @ ("PUT" | "DELETE"), ["conversations", id]) => {
            let id = id.parse().unwrap_or(0);
            let text = seen.value["body"].as_str().map(webcared::sources::html::to_text).unwrap_or_default();
            moody(office, |ledger| {
                let public = ledger.tickets.values().flat_map(|t| &t.entries).any(|e| e.id == id && e.public);
                assert_eq!(public, how == "DELETE", "a reply cannot be edited");
                if public && !ledger.keeps_words {
                    strike(ledger, id);
                    return nothing(204);
                }
                match rewrite(ledger, id, |e| e.text.clone_from(&text)) {
                    Some(true) => plain(200, &json!({ "id": id })),
                    Some(false) => plain(403, &json!({ "code": "access_denied", "message": "not allowed" })),
                    None => nothing(404),
                }
            })
            .await
        }
        _ => nothing(404),
    }
}
