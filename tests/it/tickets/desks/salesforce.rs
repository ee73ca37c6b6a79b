//! Salesforce Service Cloud, as its description says.

use super::super::office::{create, moody, time, write};
use super::letters::Letter;
use super::*;
use std::collections::BTreeMap;

fn row(id: u64, t: &Ticket) -> Value {
    let written = |at: i64| time(at).replace('Z', "+0000");
    let owner = if t.owner.is_empty() {
        json!({ "Name": t.queue, "Type": "Queue" })
    } else {
        json!({ "Name": t.owner, "Type": "User" })
    };
    // A comment leaves the time of the case as it was.
    let last = t.entries.iter().map(|e| e.at).max();
    let comments = last.map(|at| json!({ "totalSize": 1, "records": [{ "CreatedDate": written(at) }] }));
    let merged = t.merged_into.map(|into| json!({ "CaseNumber": Kind::Salesforce.name(into) }));
    json!({
        "Id": format!("500{id:015}"), "CaseNumber": Kind::Salesforce.name(id), "Subject": t.subject,
        "Status": Kind::Salesforce.status(if t.status == "new" { "open" } else { &t.status }), "IsClosed": t.status == "resolved",
        "IsDeleted": t.status == "deleted" || merged.is_some(), "MasterRecord": merged, "Owner": owner,
        "CreatedDate": written(t.opened_at), "LastModifiedDate": written(t.changed_at), "CaseComments": comments,
        "EmailMessages": t.letters.iter().map(|l| l.at).max().map(|at| json!({ "totalSize": 1, "records": [{ "LastModifiedDate": written(at) }] })),
        "Promised__c": t.fields.get("due"), "SomethingNew__c": { "a": [1] },
    })
}

fn letter(l: &Letter) -> Value {
    let written = |at: i64| time(at).replace('Z', "+0000");
    json!({ "Id": format!("02s{:015}", l.id), "Subject": "x", "TextBody": l.text, "HtmlBody": null, "Incoming": l.incoming,
        "Status": if l.draft { "5" } else { "3" }, "IsDeleted": false, "FromName": l.by, "FromAddress": "x@example.org",
        "MessageDate": written(l.at), "CreatedDate": written(l.written_at) })
}

fn refused(status: u16, code: &str, message: &str) -> Response {
    plain(status, &json!([{ "errorCode": code, "message": message, "fields": [] }]))
}

/// What stands between quotation marks in a query.
fn values(query: &str) -> Vec<&str> {
    query.split('\'').skip(1).step_by(2).collect()
}

fn rows(office: &Office, query: &str) -> Vec<Value> {
    let (ledger, values) = (office.ledger(), values(query));
    let has = |name: &str| query.contains(name);
    if has("FROM CaseComment ") {
        let id = Kind::Salesforce.number(values[0]);
        let Some(ticket) = ledger.tickets.get(&id) else { return Vec::new() };
        let one = |e: &Entry| {
            json!({ "Id": format!("00a{:015}", e.id), "CommentBody": e.text, "IsPublished": e.public,
            "IsDeleted": false, "CreatedDate": time(e.at).replace('Z', "+0000"), "CreatedBy": { "Name": e.by } })
        };
        return ticket.entries.iter().rev().map(one).collect();
    }
    if has("FROM EmailMessage ") {
        let id = Kind::Salesforce.number(values[0]);
        return ledger
            .tickets
            .get(&id)
            .map(|t| t.letters.iter().rev().map(letter).collect())
            .unwrap_or_default();
    }
    let fits = |id: u64, t: &Ticket| {
        if has("Webcare_Key__c = ") {
            return t.fields.get("key").is_some_and(|k| values.contains(&k.as_str()));
        }
        has("CaseNumber") && values.contains(&Kind::Salesforce.name(id).as_str())
            || has("ContactEmail") && values.contains(&t.requestor.as_str())
    };
    let all = ledger.tickets.iter().filter(|(_, t)| !t.hidden).filter(|(id, t)| fits(**id, t));
    let asked = |(id, t): (&u64, &Ticket)| {
        let mut row = row(*id, t);
        if !has("Promised__c") {
            row.as_object_mut().unwrap().remove("Promised__c");
        }
        row
    };
    all.map(asked).collect()
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
    if path[1..] == ["oauth2", "token"] {
        return granted(office, seen, None);
    }
    if !has_token(office, seen) {
        return refused(401, "INVALID_SESSION_ID", "Session expired or invalid");
    }
    match (seen.method.as_str(), &path[3..]) {
        ("GET", ["queryAll"]) => {
            let query = seen.asked("q");
            if office.ledger().no_letters && query.contains("EmailMessage") {
                let message = "sObject type 'EmailMessage' is not supported.";
                return refused(400, "INVALID_TYPE", message);
            }
            let records = rows(office, query);
            plain(200, &json!({ "totalSize": records.len(), "done": true, "records": records }))
        }
        ("PATCH", ["sobjects", "Case", "Webcare_Key__c", key]) => {
            let (now, key, subject) =
                (office.now(), (*key).to_owned(), seen.value["Subject"].as_str().unwrap());
            moody(office, |ledger| {
                let known =
                    ledger.tickets.iter().find(|(_, t)| t.fields.get("key") == Some(&key)).map(|(id, _)| *id);
                let id = known.unwrap_or_else(|| {
                    create(ledger, now, subject, BTreeMap::from([("key".to_owned(), key.clone())]))
                });
                let status = if known.is_some() { 200 } else { 201 };
                plain(
                    status,
                    &json!({ "id": format!("500{id:015}"), "success": true, "created": known.is_none() }),
                )
            })
            .await
        }
        ("PATCH", ["sobjects", "Case", id]) => {
            let (now, id) = (office.now(), id[3..].parse().unwrap_or(0));
            let status = Kind::Salesforce.ledger_status(seen.value["Status"].as_str().unwrap());
            moody(office, |ledger| {
                if turn(ledger, now, id, status) {
                    return Response::builder().status(204).body(axum::body::Body::empty()).unwrap();
                }
                refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "this status is not allowed")
            })
            .await
        }
        ("PATCH", ["sobjects", "CaseComment", id]) => {
            let (id, text) = (id[3..].parse().unwrap_or(0), seen.value["CommentBody"].as_str().unwrap());
            moody(office, |ledger| match rewrite(ledger, id, |e| text.clone_into(&mut e.text)) {
                Some(true) => Response::builder().status(204).body(axum::body::Body::empty()).unwrap(),
                Some(false) => refused(403, "INSUFFICIENT_ACCESS", "insufficient access rights"),
                None => refused(404, "ENTITY_IS_DELETED", "entity is deleted"),
            })
            .await
        }
        ("POST", ["sobjects", "CaseComment"]) => {
            let (now, body) = (office.now(), &seen.value);
            let text = body["CommentBody"].as_str().unwrap();
            assert!(text.len() <= 4_000, "a comment holds no more than that");
            moody(office, |ledger| {
                let id: u64 = body["ParentId"].as_str().unwrap()[3..].parse().unwrap();
                let before = ledger.tickets[&id].changed_at;
                let entry = write(ledger, now, id, text, body["IsPublished"] == true);
                ledger.tickets.get_mut(&id).unwrap().changed_at = before;
                plain(201, &json!({ "id": format!("00a{entry:015}"), "success": true, "errors": [] }))
            })
            .await
        }
        _ => refused(404, "NOT_FOUND", "The requested resource does not exist"),
    }
}
