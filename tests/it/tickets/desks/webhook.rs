//! A system of one's own by the pair of signed webhooks, as our page describes it.

use super::super::office::{create, moody, time, write};
use super::*;
use std::collections::BTreeMap;
use webcared::clock::Clock;
use webcared::sources::webhook::{Key, Webhook};

/// A ticket as our page describes it.
pub fn own(id: u64, t: &Ticket) -> Value {
    let status = if t.status == "stalled" { "waiting" } else { t.status.as_str() };
    let state = match t.status.as_str() {
        "resolved" | "rejected" => "solved",
        "deleted" => "deleted",
        _ => "open",
    };
    let due = (t.due_at > 0).then(|| time(t.due_at));
    json!({
        "id": id, "subject": t.subject, "state": state, "status": status, "owner": t.owner, "queue": t.queue,
        "opened_at": time(t.opened_at), "changed_at": time(t.changed_at), "due_at": due,
        "url": format!("https://office.example/{id}"), "merged_into": t.merged_into,
    })
}

pub async fn answer(office: &Office, headers: &HeaderMap, raw: &[u8], body: &Value) -> Response {
    let hook = Webhook::new("office", None, vec![Key::parse(&SECRET.to_owned().into()).unwrap()]);
    let delivery = match hook.verify(headers, raw, office.clock.now()) {
        Ok(delivery) => delivery,
        Err(why) => return plain(401, &json!({ "error": why.to_string() })),
    };
    let (kind, data) = (body["type"].as_str().unwrap_or_default().to_owned(), body["data"].clone());
    office.ledger().calls.push((kind.clone(), data.clone()));
    let number = |v: &Value| v.as_str().and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
    let now = office.now();
    match kind.as_str() {
        "ticket.find" => {
            let ledger = office.ledger();
            let terms: Vec<&str> =
                data["terms"].as_array().unwrap().iter().map(|t| t["text"].as_str().unwrap()).collect();
            let fits = |id: &u64, t: &Ticket| terms.iter().any(|x| *x == t.requestor || *x == id.to_string());
            let found = ledger.tickets.iter().filter(|(id, t)| fits(id, t) && t.merged_into.is_none());
            plain(200, &json!({ "tickets": found.map(|(id, t)| own(*id, t)).collect::<Vec<_>>() }))
        }
        "ticket.read" => {
            let (ledger, id) = (office.ledger(), number(&data["ticket"]));
            plain(200, &json!({ "ticket": ledger.tickets.get(&id).map(|t| own(id, t)) }))
        }
        "ticket.look" => {
            let ledger = office.ledger();
            let done = ledger.done.get(data["action"].as_str().unwrap());
            plain(200, &json!({ "ticket": done.map(|d| d["id"].clone()) }))
        }
        "ticket.create" => {
            moody(office, |ledger| {
                if let Some(done) = ledger.done.get(&delivery.id) {
                    return plain(200, &json!({ "ticket": done }));
                }
                let id = create(ledger, now, data["subject"].as_str().unwrap(), BTreeMap::new());
                let made = own(id, &ledger.tickets[&id]);
                ledger.done.insert(delivery.id.clone(), made.clone());
                plain(201, &json!({ "ticket": made }))
            })
            .await
        }
        "ticket.note" => {
            moody(office, |ledger| {
                let ticket = number(&data["ticket"]);
                if !ledger.done.contains_key(&delivery.id) {
                    let public = data["public"] == true;
                    write(ledger, now, ticket, data["text"].as_str().unwrap(), public);
                    ledger.done.insert(delivery.id.clone(), json!({ "id": ticket }));
                }
                plain(200, &json!({}))
            })
            .await
        }
        "ticket.status" => {
            moody(office, |ledger| {
                let ticket = number(&data["ticket"]);
                if !turn(ledger, now, ticket, Kind::Webhook.ledger_status(data["status"].as_str().unwrap())) {
                    return plain(409, &json!({ "error": "the status does not allow it" }));
                }
                plain(200, &json!({ "ticket": own(ticket, &ledger.tickets[&ticket]) }))
            })
            .await
        }
        "ticket.rewrite" => {
            moody(office, |ledger| {
                let (ticket, mark) =
                    (number(&data["ticket"]), format!("[webcared {}]", data["note"].as_str().unwrap()));
                let of = ledger
                    .tickets
                    .get(&ticket)
                    .and_then(|t| t.entries.iter().find(|e| e.text.ends_with(&mark)));
                let Some(id) = of.map(|e| e.id) else { return plain(200, &json!({})) };
                match rewrite(ledger, id, |e| data["text"].as_str().unwrap().clone_into(&mut e.text)) {
                    Some(false) => plain(403, &json!({ "error": "words are kept here" })),
                    _ => plain(200, &json!({})),
                }
            })
            .await
        }
        other => plain(422, &json!({ "error": format!("'{other}' is not known") })),
    }
}
