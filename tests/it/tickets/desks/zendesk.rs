//! Zendesk Support, as its description says.

use super::super::office::{begins, create, moody, time, write};
use super::*;
use std::collections::BTreeMap;

fn ticket(id: u64, t: &Ticket) -> Value {
    let merged = t.merged_into.is_some();
    let status = match t.status.as_str() {
        _ if merged => "closed",
        "resolved" => "solved",
        "stalled" => "pending",
        other => other,
    };
    json!({
        "id": id, "subject": t.subject, "status": status, "assignee_id": number_of(&t.owner),
        "group_id": number_of(&t.queue), "created_at": time(t.opened_at), "updated_at": time(t.changed_at),
        "due_at": (t.due_at > 0).then(|| time(t.due_at)), "external_id": t.fields.get("key"),
        "tags": if merged { json!(["closed_by_merge"]) } else { json!(["webcare"]) },
        "custom_fields": [{ "id": 360_001, "value": "x" }, { "id": 360_003, "value": t.fields.get("due") }],
        "somethingNew": { "a": [1] }, "result_type": "ticket",
    })
}

fn not_found() -> Response {
    plain(404, &json!({ "error": "RecordNotFound", "description": "Not found" }))
}

fn with_names(mut body: Value) -> Value {
    (body["users"], body["groups"]) = (json!(named()), json!(named()));
    body
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    if !seen.is_by(&basic("us@acme.example/token", TOKEN)) {
        return plain(401, &json!({ "error": "Couldn't authenticate you" }));
    }
    let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
    match (seen.method.as_str(), &path[2..]) {
        ("GET", ["tickets", "show_many.json"]) => {
            let ids: Vec<u64> = seen.asked("ids").split(',').filter_map(|i| i.parse().ok()).collect();
            let found = found(&office.ledger(), |id, _| ids.contains(&id));
            let tickets: Vec<Value> = found.iter().map(|(id, t)| ticket(*id, t)).collect();
            plain(200, &with_names(json!({ "tickets": tickets })))
        }
        ("GET", ["tickets.json"]) => {
            let found = found(&office.ledger(), |_, t| {
                t.fields.get("key").is_some_and(|k| k == seen.asked("external_id"))
            });
            let tickets: Vec<Value> = found.iter().map(|(id, t)| ticket(*id, t)).collect();
            plain(200, &json!({ "tickets": tickets, "next_page": null }))
        }
        ("GET", ["search.json"]) => {
            let query = seen.asked("query");
            let fits = |t: &Ticket| {
                !t.requestor.is_empty() && query == format!("type:ticket requester:\"{}\"", t.requestor)
            };
            let mut found = found(&office.ledger(), |_, t| fits(t));
            if seen.asked("sort_by") == "updated_at" && seen.asked("sort_order") == "desc" {
                found.sort_by_key(|(_, t)| std::cmp::Reverse(t.changed_at));
            }
            found.truncate(25);
            let tickets: Vec<Value> = found.iter().map(|(id, t)| ticket(*id, t)).collect();
            plain(200, &with_names(json!({ "results": tickets, "count": tickets.len() })))
        }
        ("GET", ["tickets", id, "comments.json"]) => {
            let (ledger, id) = (office.ledger(), id.parse().unwrap_or(0));
            let all = written(&ledger, id, |into| {
                format!("This request was closed and merged into request #{into} \"x\".")
            });
            let one = |e: &Entry| {
                json!({ "id": e.id, "author_id": number_of(&e.by), "plain_body": e.text,
                "body": e.text, "public": e.public, "created_at": time(e.at) })
            };
            let comments: Vec<Value> = all.iter().rev().map(one).collect();
            plain(
                200,
                &with_names(
                    json!({ "comments": comments, "meta": { "has_more": false, "after_cursor": "x" } }),
                ),
            )
        }
        ("GET", ["tickets", id]) => {
            let (ledger, id) = (office.ledger(), id.trim_end_matches(".json").parse().unwrap_or(0));
            match ledger.tickets.get(&id) {
                Some(t) if t.hidden => plain(
                    403,
                    &json!({ "error": { "title": "Forbidden", "message": "You do not have access to this page." } }),
                ),
                Some(t) if t.status != "deleted" => {
                    plain(200, &with_names(json!({ "ticket": ticket(id, t) })))
                }
                _ => not_found(),
            }
        }
        ("POST", ["tickets.json"]) => made(office, seen).await,
        ("PUT", ["tickets", _, "comments", note, "redact.json"]) => {
            let (note, text) = (note.parse().unwrap_or(0), seen.value["text"].as_str().unwrap());
            moody(office, |ledger| {
                let black =
                    |e: &mut Entry| e.text = e.text.replace(text, &"\u{2587}".repeat(text.chars().count()));
                match rewrite(ledger, note, black) {
                    Some(true) => plain(200, &json!({ "comment": { "id": note } })),
                    Some(false) => plain(403, &json!({ "error": "Forbidden", "description": "not allowed" })),
                    None => not_found(),
                }
            })
            .await
        }
        ("PUT", ["tickets", id]) => {
            noted(office, seen, id.trim_end_matches(".json").parse().unwrap_or(0)).await
        }
        _ => not_found(),
    }
}

async fn made(office: &Office, seen: &Seen) -> Response {
    let (now, body, key) = (office.now(), &seen.value["ticket"], seen.header("idempotency-key").to_owned());
    assert!(!key.is_empty() && body["external_id"] == key.as_str() && body["comment"]["public"] == false);
    moody(office, |ledger| {
        if let Some(done) = ledger.done.get(&key) {
            return plain(201, &json!({ "ticket": done }));
        }
        let mut fields = BTreeMap::from([("key".to_owned(), key.clone())]);
        if let Some(of) = body["via_followup_source_id"].as_u64() {
            if ledger.tickets.get(&of).is_none_or(|t| t.status != "closed") {
                return plain(422, &json!({ "error": "RecordInvalid", "description": "it is not closed" }));
            }
            fields.insert("follows".to_owned(), of.to_string());
        }
        let id = create(ledger, now, body["subject"].as_str().unwrap(), fields);
        begins(ledger, now, id, body["comment"]["body"].as_str().unwrap());
        let done = ticket(id, &ledger.tickets[&id]);
        ledger.done.insert(key, done.clone());
        plain(201, &json!({ "ticket": done, "audit": {} }))
    })
    .await
}

async fn noted(office: &Office, seen: &Seen, id: u64) -> Response {
    let (now, comment) = (office.now(), &seen.value["ticket"]["comment"]);
    moody(office, |ledger| {
        let Some(t) = ledger.tickets.get(&id).filter(|t| t.status != "deleted" && !t.hidden) else {
            return not_found();
        };
        if t.merged_into.is_some() || t.status == "closed" {
            return closed(Kind::Zendesk);
        }
        if let Some(status) = seen.value["ticket"]["status"].as_str() {
            return if turn(ledger, now, id, Kind::Zendesk.ledger_status(status)) {
                plain(200, &json!({ "ticket": ticket(id, &ledger.tickets[&id]) }))
            } else {
                plain(422, &json!({ "error": "RecordInvalid", "description": "Record validation errors" }))
            };
        }
        let entry = write(ledger, now, id, comment["body"].as_str().unwrap(), comment["public"] == true);
        let events = json!([{ "id": entry, "type": "Comment" }]);
        plain(200, &json!({ "ticket": ticket(id, &ledger.tickets[&id]), "audit": { "events": events } }))
    })
    .await
}
