//! Jira Service Management in the cloud, as its description says.

use super::super::office::{create, moody, time, write};
use super::*;
use std::collections::BTreeMap;

fn issue(id: u64, t: &Ticket) -> Value {
    let (name, category) = match t.status.as_str() {
        "resolved" => ("Resolved", "done"),
        "new" => ("Waiting for support", "new"),
        "stalled" => ("Waiting for customer", "indeterminate"),
        _ => ("In progress", "indeterminate"),
    };
    let written = |at: i64| time(at).replace('Z', "+0000");
    json!({
        "id": (10_000 + id).to_string(), "key": Kind::Jira.name(id), "fields": {
            "summary": t.subject, "status": { "name": name, "statusCategory": { "key": category } },
            "assignee": (!t.owner.is_empty()).then(|| json!({ "displayName": t.owner })),
            "project": { "key": "SUP", "name": t.queue }, "created": written(t.opened_at),
            "updated": written(t.changed_at), "duedate": (t.due_at > 0).then(|| time(t.due_at)[..10].to_owned()),
            "labels": ["webcare", t.fields.get("key")], "somethingNew": { "a": [1] },
        },
    })
}

fn not_found() -> Response {
    let why = "Issue does not exist or you do not have permission to see it.";
    plain(404, &json!({ "errorMessages": [why], "errors": {} }))
}

fn document(text: &str) -> Value {
    let line = |l: &str| json!({ "type": "paragraph", "content": [{ "type": "text", "text": l }] });
    json!({ "type": "doc", "version": 1, "content": text.split('\n').map(line).collect::<Vec<_>>() })
}

/// The words of a document that we wrote.
fn words(node: &Value) -> String {
    match node["type"].as_str() {
        Some("text") => node["text"].as_str().unwrap().to_owned(),
        Some("hardBreak") => "\n".to_owned(),
        kind => {
            let join = if kind == Some("doc") { "\n\n" } else { "" };
            let nodes = node["content"].as_array().map(Vec::as_slice).unwrap_or_default();
            nodes.iter().map(words).collect::<Vec<_>>().join(join)
        }
    }
}

/// The issue that stands under a key: one that was moved answers under its old one.
fn under(ledger: &Ledger, key: &str) -> Option<(u64, Ticket)> {
    let id = Kind::Jira.number(key);
    let id = ledger.tickets.get(&id)?.merged_into.unwrap_or(id);
    ledger.tickets.get(&id).filter(|t| !t.hidden && t.status != "deleted").map(|t| (id, t.clone()))
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    if !seen.is_by(&basic("us@acme.example", TOKEN)) {
        return plain(
            401,
            &json!({ "message": "Client must be authenticated to access this resource.", "status-code": 401 }),
        );
    }
    let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
    match (seen.method.as_str(), &path[3..]) {
        ("GET", ["user", "search"]) => {
            plain(200, &json!([{ "accountId": format!("acc {}", seen.asked("query")), "displayName": "x" }]))
        }
        ("POST", ["search", "jql"]) => {
            let jql = seen.value["jql"].as_str().unwrap();
            let fits = |t: &Ticket| {
                t.fields.get("key").is_some_and(|k| jql == format!("labels = \"{k}\""))
                    || !t.requestor.is_empty() && jql.contains(&format!("\"acc {}\"", t.requestor))
            };
            let found = found(&office.ledger(), |_, t| fits(t) && t.merged_into.is_none());
            let issues: Vec<Value> = found.iter().map(|(id, t)| issue(*id, t)).collect();
            plain(200, &json!({ "issues": issues, "isLast": true }))
        }
        ("POST", ["issue", "bulkfetch"]) => {
            let (ledger, keys) = (office.ledger(), seen.value["issueIdsOrKeys"].as_array().unwrap());
            let issues = keys.iter().filter_map(|k| under(&ledger, k.as_str()?)).map(|(id, t)| issue(id, &t));
            plain(200, &json!({ "issues": issues.collect::<Vec<_>>(), "issueErrors": [] }))
        }
        ("GET", ["issue", key]) => match under(&office.ledger(), key) {
            Some((id, t)) => plain(200, &issue(id, &t)),
            None => not_found(),
        },
        ("GET", ["issue", key, "comment"]) => {
            let ledger = office.ledger();
            let Some((id, _)) = under(&ledger, key) else { return not_found() };
            let one = |e: &Entry| {
                json!({ "id": e.id.to_string(), "author": { "displayName": e.by }, "jsdPublic": e.public,
                "created": time(e.at).replace('Z', "+0000"), "body": document(&e.text) })
            };
            let comments: Vec<Value> = ledger.tickets[&id].entries.iter().rev().map(one).collect();
            plain(
                200,
                &json!({ "comments": if seen.asked("startAt") == "0" { comments } else { Vec::new() } }),
            )
        }
        ("POST", ["issue"]) => {
            let (now, fields) = (office.now(), &seen.value["fields"]);
            assert_eq!(fields["project"]["key"], "SUP");
            moody(office, |ledger| {
                let key = fields["labels"][1].as_str().unwrap().to_owned();
                let own = BTreeMap::from([("key".to_owned(), key)]);
                let id = create(ledger, now, fields["summary"].as_str().unwrap(), own);
                plain(201, &json!({ "id": (10_000 + id).to_string(), "key": Kind::Jira.name(id) }))
            })
            .await
        }
        ("POST", ["issue", key, "comment"]) => {
            let (now, body, key) = (office.now(), &seen.value, (*key).to_owned());
            let internal = body["properties"][0]["value"]["internal"].as_bool().unwrap();
            moody(office, |ledger| {
                let Some((id, _)) = under(ledger, &key) else { return not_found() };
                let entry = write(ledger, now, id, &words(&body["body"]), !internal);
                plain(201, &json!({ "id": entry.to_string() }))
            })
            .await
        }
        ("GET", ["issue", key, "transitions"]) => {
            let ledger = office.ledger();
            let Some((_, t)) = under(&ledger, key) else { return not_found() };
            // From where an issue is locked nothing leads on.
            let names = if t.locked { Vec::new() } else { vec!["open", "resolved", "stalled"] };
            let to = |(n, of): (usize, &&str)| json!({ "id": (31 + n).to_string(), "name": "Go", "to": { "name": Kind::Jira.status(of) } });
            plain(200, &json!({ "transitions": names.iter().enumerate().map(to).collect::<Vec<_>>() }))
        }
        ("POST", ["issue", key, "transitions"]) => {
            let (now, key) = (office.now(), (*key).to_owned());
            let status = match seen.value["transition"]["id"].as_str() {
                Some("32") => "resolved",
                Some("33") => "stalled",
                _ => "open",
            };
            moody(office, |ledger| {
                let Some((id, _)) = under(ledger, &key) else { return not_found() };
                turn(ledger, now, id, status);
                Response::builder().status(204).body(axum::body::Body::empty()).unwrap()
            })
            .await
        }
        ("PUT", ["issue", _, "comment", note]) => {
            let (note, text) = (note.parse().unwrap_or(0), words(&seen.value["body"]));
            assert_eq!(seen.asked("notifyUsers"), "false");
            moody(office, |ledger| match rewrite(ledger, note, |e| e.text.clone_from(&text)) {
                Some(true) => plain(200, &json!({ "id": note.to_string() })),
                Some(false) => {
                    plain(403, &json!({ "errorMessages": ["You may not edit it."], "errors": {} }))
                }
                None => not_found(),
            })
            .await
        }
        _ => not_found(),
    }
}
