//! OTRS and Znuny by the web service that comes with us.

use super::super::office::{begins, create, moody, time, write};
use super::*;
use std::collections::BTreeMap;

fn written_at(at: i64) -> String {
    time(at)[..19].replace('T', " ")
}

fn ticket(ledger: &Ledger, id: u64, articles: bool) -> Value {
    let t = &ledger.tickets[&id];
    let (state, kind) = match t.status.as_str() {
        _ if t.merged_into.is_some() => ("merged", "merged"),
        "resolved" => ("closed successful", "closed"),
        "stalled" => ("pending reminder", "pending reminder"),
        _ => ("open", "open"),
    };
    let mut body = json!({
        "TicketID": id.to_string(), "TicketNumber": Kind::Otrs.name(id), "Title": t.subject, "State": state,
        "StateType": kind, "Queue": t.queue, "Owner": if t.owner.is_empty() { "root@localhost" } else { &t.owner },
        "Lock": if t.owner.is_empty() { "unlock" } else { "lock" }, "Created": written_at(t.opened_at),
        "Changed": written_at(t.changed_at), "SomethingNew": { "a": [1] },
        "DynamicField": [{ "Name": "CaseKey", "Value": t.fields.get("key") }, { "Name": "Other", "Value": null }],
    });
    if t.due_at > 0 {
        body["SolutionTimeDestinationDate"] = json!(written_at(t.due_at));
    }
    if articles {
        let one = |e: &Entry| {
            json!({ "ArticleID": e.id.to_string(), "From": e.by, "Subject": "x", "Body": e.text,
            "ContentType": "text/plain; charset=utf-8", "IsVisibleForCustomer": u8::from(e.public).to_string(),
            "CreateTime": written_at(e.at) })
        };
        let merged =
            |into| format!("Merged Ticket <{}> to <{}>.", Kind::Otrs.name(id), Kind::Otrs.name(into));
        body["Article"] = written(ledger, id, merged).iter().map(one).collect();
    }
    body
}

fn refused(code: &str, message: &str) -> Response {
    plain(200, &json!({ "Error": { "ErrorCode": code, "ErrorMessage": message } }))
}

pub async fn answer(office: &Office, seen: &Seen) -> Response {
    let (operation, body, now) = (seen.path[0].as_str(), &seen.value, office.now());
    if body["UserLogin"] != "webcared" || body["Password"] != PASSWORD {
        return refused(&format!("{operation}.AuthFail"), "User could not be authenticated!");
    }
    match operation {
        "TicketSearch" => {
            // A search for a field that is not there finds everything.
            let ignored = office.ledger().drops_fields && body["DynamicField_CaseKey"].is_object();
            let fits = |id: u64, t: &Ticket| {
                if ignored {
                    return true;
                }
                let name = Kind::Otrs.name(id);
                body["TicketNumber"].as_array().is_some_and(|l| l.iter().any(|n| *n == name.as_str()))
                    || body["DynamicField_CaseKey"]["Equals"]
                        .as_str()
                        .is_some_and(|k| t.fields.get("key").is_some_and(|f| f == k))
                    || !t.requestor.is_empty() && body["CustomerUserLoginRaw"][0] == t.requestor.as_str()
            };
            let ids: Vec<String> = found(&office.ledger(), fits).iter().map(|f| f.0.to_string()).collect();
            // One that fits is a text, none is an empty answer.
            plain(
                200,
                &match ids.as_slice() {
                    [] => json!({}),
                    [one] => json!({ "TicketID": one }),
                    many => json!({ "TicketID": many }),
                },
            )
        }
        "TicketGet" => {
            let ledger = office.ledger();
            let ids: Vec<u64> =
                body["TicketID"].as_str().unwrap().split(',').filter_map(|i| i.parse().ok()).collect();
            if ids.iter().any(|id| ledger.tickets.get(id).is_none_or(|t| t.hidden || t.status == "deleted")) {
                return refused("TicketGet.AccessDenied", "User does not have access to the ticket!");
            }
            let all: Vec<Value> =
                ids.iter().map(|id| ticket(&ledger, *id, body["AllArticles"] == 1)).collect();
            plain(200, &json!({ "Ticket": all }))
        }
        "TicketCreate" => {
            let article = &body["Article"];
            assert!(article["IsVisibleForCustomer"] == 0 && article["CommunicationChannel"] == "Internal");
            moody(office, |ledger| {
                let key = body["DynamicField"][0]["Value"].as_str().unwrap().to_owned();
                let id = create(ledger, now, body["Ticket"]["Title"].as_str().unwrap(), BTreeMap::from([("key".to_owned(), key)]));
                begins(ledger, now, id, article["Body"].as_str().unwrap());
                plain(200, &json!({ "TicketID": id.to_string(), "TicketNumber": Kind::Otrs.name(id), "ArticleID": "1" }))
            })
            .await
        }
        "TicketUpdate" => {
            moody(office, |ledger| {
                let id = Kind::Otrs.number(body["TicketNumber"].as_str().unwrap());
                if ledger.tickets.get(&id).is_none_or(|t| t.hidden || t.status == "deleted") {
                    return refused("TicketUpdate.AccessDenied", "User does not have access to the ticket!");
                }
                if let Some(state) = body["Ticket"]["State"].as_str() {
                    if !turn(ledger, now, id, Kind::Otrs.ledger_status(state)) {
                        return refused("TicketUpdate.InvalidParameter", "this state is not allowed");
                    }
                    return plain(200, &json!({ "TicketID": id.to_string() }));
                }
                let article = &body["Article"];
                let entry = write(
                    ledger,
                    now,
                    id,
                    article["Body"].as_str().unwrap(),
                    article["IsVisibleForCustomer"] == 1,
                );
                plain(200, &json!({ "TicketID": id.to_string(), "ArticleID": entry.to_string() }))
            })
            .await
        }
        _ => refused("HTTP.REST", "no such operation"),
    }
}
