//! Zammad, as its documentation says.

use super::super::office::{begins, create, moody, time, write};
use super::*;
use std::collections::BTreeMap;

fn ticket(id: u64, t: &Ticket) -> Value {
    let state = match t.status.as_str() {
        _ if t.merged_into.is_some() => "merged",
        "resolved" => "closed",
        "stalled" => "pending reminder",
        other => other,
    };
    let owner = if t.owner.is_empty() { "-" } else { &t.owner };
    json!({
        "id": id, "number": Kind::Zammad.name(id), "title": t.subject, "state": state, "state_id": 2, "owner": owner,
        "group": t.queue, "created_at": time(t.opened_at), "updated_at": time(t.changed_at),
        "escalation_at": (t.due_at > 0).then(|| time(t.due_at)), "pending_time": null,
        "case_key": t.fields.get("key"), "somethingNew": { "a": [1] },
    })
}

fn not_found(id: &str) -> Response {
    plain(404, &json!({ "error": format!("Couldn't find Ticket with 'id'={id}") }))
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    if !seen.is_by(&format!("Token token={TOKEN}")) {
        return plain(401, &json!({ "error": "Invalid token" }));
    }
    let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
    match (seen.method.as_str(), &path[2..]) {
        ("GET", ["tickets", "search"]) => {
            let (query, no_engine) = (seen.asked("query"), office.ledger().no_engine);
            let fits = |id: u64, t: &Ticket| {
                let mut words = t.first.iter().chain(&t.entries);
                // A bare word is looked for in numbers and words; without an engine, all else is one too.
                if query == Kind::Zammad.name(id) || words.any(|e| e.text.contains(query)) {
                    return true;
                }
                !no_engine
                    && query.split(" OR ").any(|part| {
                        part == Kind::Zammad.name(id)
                            || part == format!("number:\"{}\"", Kind::Zammad.name(id))
                            || !t.requestor.is_empty()
                                && part == format!("customer.email:\"{}\"", t.requestor)
                            || t.fields.get("key").is_some_and(|k| part == format!("case_key:\"{k}\""))
                    })
            };
            let mut found = found(&office.ledger(), fits);
            if seen.asked("sort_by") == "updated_at" && seen.asked("order_by") == "desc" {
                found.sort_by_key(|(_, t)| std::cmp::Reverse(t.changed_at));
            }
            found.truncate(25);
            plain(200, &json!(found.iter().map(|(id, t)| ticket(*id, t)).collect::<Vec<_>>()))
        }
        ("GET", ["tickets"]) => {
            let all = found(&office.ledger(), |_, _| true);
            let mut all: Vec<Value> = all.iter().map(|(id, t)| ticket(*id, t)).collect();
            if office.ledger().drops_fields {
                all.iter_mut().for_each(|t| drop(t.as_object_mut().unwrap().remove("case_key")));
            }
            plain(200, &json!(all))
        }
        ("GET", ["tickets", id]) => {
            let (ledger, number) = (office.ledger(), id.parse().unwrap_or(0));
            match ledger.tickets.get(&number) {
                Some(t) if t.hidden => plain(403, &json!({ "error": "Not authorized" })),
                Some(t) if t.status != "deleted" => plain(200, &ticket(number, t)),
                _ => not_found(id),
            }
        }
        ("GET", ["links"]) => {
            let (ledger, id) = (office.ledger(), seen.asked("link_object_value").parse().unwrap_or(0));
            let Some(into) = ledger.tickets.get(&id).and_then(|t| t.merged_into) else {
                return plain(200, &json!({ "links": [], "assets": {} }));
            };
            let links =
                json!([{ "link_type": "parent", "link_object": "Ticket", "link_object_value": into }]);
            let mut assets = json!({ "Ticket": {} });
            assets["Ticket"][into.to_string()] =
                json!({ "id": into, "number": Kind::Zammad.name(into), "state_id": 4 });
            plain(200, &json!({ "links": links, "assets": assets }))
        }
        ("GET", ["ticket_articles", "by_ticket", id]) => {
            let (ledger, id) = (office.ledger(), id.parse().unwrap_or(0));
            let html = |e: &Entry| e.by != "webcared";
            let one = |e: &Entry| {
                json!({ "id": e.id, "created_by": e.by, "internal": !e.public, "created_at": time(e.at),
                "content_type": if html(e) { "text/html" } else { "text/plain" },
                "body": if html(e) { format!("<div>{}</div>", e.text) } else { e.text.clone() } })
            };
            let all = written(&ledger, id, |into| format!("merged to {into}"));
            plain(200, &json!(all.iter().map(one).collect::<Vec<_>>()))
        }
        ("POST", ["tickets"]) => {
            let (now, body, article) = (office.now(), &seen.value, &seen.value["article"]);
            assert!(article["internal"] == true && article["type"] == "note" && !body["customer"].is_null());
            moody(office, |ledger| {
                let mut fields = BTreeMap::new();
                if let (Some(key), false) = (body["case_key"].as_str(), ledger.drops_fields) {
                    fields.insert("key".to_owned(), key.to_owned());
                }
                let id = create(ledger, now, body["title"].as_str().unwrap(), fields);
                begins(ledger, now, id, article["body"].as_str().unwrap());
                plain(201, &ticket(id, &ledger.tickets[&id]))
            })
            .await
        }
        ("POST", ["ticket_articles"]) => {
            let (now, body) = (office.now(), &seen.value);
            assert!(body["type"] == "note", "nothing is mailed by accident");
            moody(office, |ledger| {
                let id = body["ticket_id"].as_u64().unwrap();
                if ledger.tickets.get(&id).is_none_or(|t| t.hidden || t.status == "deleted") {
                    return not_found(&id.to_string());
                }
                let entry = write(ledger, now, id, body["body"].as_str().unwrap(), body["internal"] == false);
                plain(201, &json!({ "id": entry, "ticket_id": id }))
            })
            .await
        }
        ("PUT", ["tickets", id]) => {
            let (now, number) = (office.now(), id.parse().unwrap_or(0));
            moody(office, |ledger| {
                if turn(
                    ledger,
                    now,
                    number,
                    Kind::Zammad.ledger_status(seen.value["state"].as_str().unwrap()),
                ) {
                    plain(200, &ticket(number, &ledger.tickets[&number]))
                } else {
                    plain(422, &json!({ "error": "odd", "error_human": "this state is not allowed" }))
                }
            })
            .await
        }
        ("PUT", ["ticket_articles", id]) => {
            let (id, text) = (id.parse().unwrap_or(0), seen.value["body"].as_str().unwrap());
            moody(office, |ledger| match rewrite(ledger, id, |e| text.clone_into(&mut e.text)) {
                Some(true) => plain(200, &json!({ "id": id, "body": text })),
                Some(false) => plain(403, &json!({ "error": "Not authorized" })),
                None => plain(404, &json!({ "error": "Couldn't find Ticket::Article" })),
            })
            .await
        }
        _ => plain(404, &json!({ "error": "No route matches" })),
    }
}
