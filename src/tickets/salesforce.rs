//! Salesforce Service Cloud by its REST interface, with a token by OAuth client credentials.
//!
//! Built from memory and the published description as of November 2026, checked against a fake that speaks
//! it; nothing here was seen at a real organisation. A new case is written by an id of ours (an 'upsert'), so
//! that the same once more is the same case. What it does otherwise than one would think: people know cases by
//! numbers and the interface by ids; a used-up limit is a 403; errors are a list; a comment holds 4,000 bytes;
//! one that is added may leave the time of the case as it was, so both times are asked for. Letters to and from the
//! customer are objects of their own (`EmailMessage`), which an organisation without Email-to-Case does not have:
//! where it says so, it is asked without them for a day.

use super::config::SalesforceConfig;
use super::desk::{About, Anew, At, CAN, Desk, Got, Holder, Merge, Set, Want, Writing};
use super::grant::grant;
use super::line::{
    ASIDE_MAX, Dialect, Entry as Door, Failed, Line, below, first_text, list, made, turned, written,
};
use super::text::{due, is_digits, mailed, number, time, word, woven};
use super::without::Without;
use super::{Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched, Withdraw};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::Span;
use crate::http_client::{Call, CallError, HttpClient};
use crate::sources::html;
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const ABOUT: About = About {
    kind: "tickets_salesforce",
    can: Capabilities {
        withdraw: Withdraw::Rewrite,
        solved: &["Closed"],
        waiting: &["Waiting on Customer"],
        ..CAN
    },
    settles: Span::seconds(30),
    note_bytes_max: 3_900,
    lists_changes: false,
    mails_apart: true,
};
const DIALECT: Dialect = Dialect { name: "Salesforce", said, means, by_ticket: true };
/// What is asked of each case.
const FIELDS: &str = "Id, CaseNumber, Subject, Status, IsClosed, IsDeleted, MasterRecord.CaseNumber, \
    Owner.Name, Owner.Type, CreatedDate, LastModifiedDate, \
    (SELECT CreatedDate FROM CaseComments ORDER BY CreatedDate DESC LIMIT 1)";
/// What is asked beside it where there are letters: a draft that is sent is an old letter that changed.
const LETTERS: &str = ", (SELECT LastModifiedDate FROM EmailMessages ORDER BY LastModifiedDate DESC LIMIT 1)";
/// The status of a letter that is still being written.
const DRAFT: &str = "5";
/// The length of a case's number, with its zeros.
const DIGITS: usize = 8;

/// One Salesforce.
pub(super) struct Salesforce {
    set: Set,
    base: Url,
    config: SalesforceConfig,
    /// The organisation has no letters on cases.
    without_letters: Without,
}

impl Salesforce {
    /// A Salesforce after the settings.
    pub fn new(
        place: Placed,
        config: &SalesforceConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("salesforce.url: {e}"))?;
        let secret = config.client_secret.as_ref().ok_or("salesforce: it needs a client_secret")?;
        let grant = grant(below(&base, &["services", "oauth2", "token"]), &config.client_id, secret, None);
        let data = below(&base, &["services", "data", &config.version]);
        let line = Line::new(DIALECT, data, Door::Grant(Box::new(grant)), http, clock);
        let set = Set::new(&ABOUT, place, line, config.every_seconds);
        Ok(Self { set, base, config: config.clone(), without_letters: Without::unknown() })
    }

    async fn soql(&self, query: &str, within: Option<Span>) -> Result<Vec<Value>, Failed> {
        // Cases that were deleted are asked for as well: only so they are told from those we may not see.
        let call = Call::get(self.set.line.url(&["queryAll"], &[("q", query)]));
        let found = self.set.line.ask(within.map_or(call.clone(), |limit| call.within(limit))).await?;
        Ok(list(&found, "records")?.to_vec())
    }

    async fn cases(&self, which: &str) -> Result<Vec<Value>, Failed> {
        let due = self.config.fields.due.as_ref().map(|field| format!("{field}, ")).unwrap_or_default();
        let newest = "ORDER BY LastModifiedDate DESC LIMIT 200";
        let query = |letters: &str| format!("SELECT {due}{FIELDS}{letters} FROM Case WHERE {which} {newest}");
        match self.with_letters(&query(LETTERS)).await? {
            Some(found) => Ok(found),
            None => self.soql(&query(""), None).await,
        }
    }

    /// Asks for what there may not be; nothing where the organisation has no letters.
    async fn with_letters(&self, query: &str) -> Result<Option<Vec<Value>>, Failed> {
        if self.without_letters.stands(self.set.line.now()) {
            return Ok(None);
        }
        match self.soql(query, None).await {
            Ok(found) => Ok(Some(found)),
            Err(failed) if lacks_letters(&failed) => {
                self.without_letters.said(self.set.line.now());
                Ok(None)
            }
            Err(failed) => Err(failed),
        }
    }

    /// The letters of a case that have left or arrived.
    async fn letters(&self, ticket: &str) -> Result<Vec<Entry>, Failed> {
        let query = format!(
            "SELECT Id, Subject, TextBody, HtmlBody, Incoming, Status, IsDeleted, FromName, FromAddress, MessageDate, \
             CreatedDate FROM EmailMessage WHERE Parent.CaseNumber = {} ORDER BY CreatedDate DESC LIMIT 200",
            quoted(ticket)
        );
        let found = self.with_letters(&query).await?.unwrap_or_default();
        Ok(found.iter().filter_map(letter).collect())
    }

    /// The id of a case by its number, or what it comes to that there is none.
    async fn id_of(&self, name: &str) -> Result<String, Outcome> {
        let query =
            format!("SELECT Id FROM Case WHERE CaseNumber = {} AND IsDeleted = false LIMIT 1", quoted(name));
        let found = self.soql(&query, Some(ASIDE_MAX)).await.map_err(|e| self.set.line.unsent(&e))?;
        let id = found.first().and_then(|b| number(&b["Id"]));
        id.ok_or_else(|| Outcome::Refused { reason: "Salesforce shows us no such case".to_owned() })
    }

    fn at(&self, body: &Value) -> Option<At> {
        let id = number(&body["CaseNumber"])?;
        let master = number(&body["MasterRecord"]["CaseNumber"]);
        if body["IsDeleted"] == true && master.is_none() {
            return Some(At::Gone);
        }
        let owner = word(&body["Owner"]["Name"], 120);
        let is_queue = body["Owner"]["Type"] == "Queue" || body["Owner"]["Type"] == "Group";
        let written = time(&body["CaseComments"]["records"][0]["CreatedDate"])
            .max(time(&body["EmailMessages"]["records"][0]["LastModifiedDate"]));
        let ticket = Ticket {
            state: if body["IsClosed"] == true { TicketState::Solved } else { TicketState::Open },
            subject: word(&body["Subject"], 300),
            status: word(&body["Status"], 60),
            owner: if is_queue { String::new() } else { owner.clone() },
            queue: if is_queue { owner } else { String::new() },
            opened_at: time(&body["CreatedDate"]),
            changed_at: time(&body["LastModifiedDate"]).max(written),
            due_at: self.config.fields.due.as_deref().and_then(|field| due(&body[field])),
            url: below(&self.base, &["lightning", "r", "Case", body["Id"].as_str()?, "view"]).into(),
            id,
        };
        Some(At::is(Got { ticket, merge: master.map_or(Merge::No, Merge::Into) }))
    }

    fn tickets(&self, bodies: &[Value]) -> Vec<Ticket> {
        let standing = |body: &Value| match self.at(body)? {
            At::Is(got) if got.merge == Merge::No => Some(got.ticket),
            _ => None,
        };
        bodies.iter().filter_map(standing).collect()
    }
}

/// A letter as an entry: what is still being written is none.
fn letter(m: &Value) -> Option<Entry> {
    let is_draft = number(&m["Status"]).is_some_and(|s| s == DRAFT || s == "Draft");
    if m["IsDeleted"] == true || is_draft {
        return None;
    }
    let plain = m["TextBody"].as_str().filter(|t| !t.trim().is_empty()).map(ToOwned::to_owned);
    let text = plain.or_else(|| m["HtmlBody"].as_str().map(html::to_text)).unwrap_or_default();
    let by = [&m["FromName"], &m["FromAddress"]].map(|v| word(v, 120)).into_iter().find(|n| !n.is_empty());
    Some(Entry {
        id: number(&m["Id"])?,
        // One that was written earlier than it was sent counts from when it was sent.
        at: time(&m["CreatedDate"]).max(time(&m["MessageDate"])),
        by: by.unwrap_or_default(),
        public: true,
        text: mailed(&text, m["Incoming"] == true)?,
    })
}

/// Whether a refusal says that there are no letters here.
fn lacks_letters(failed: &Failed) -> bool {
    let Failed::Call(CallError::Status { code: 400, start, .. }) = failed else { return false };
    let named = first_text(start, &["/0/errorCode"]);
    matches!(named.as_deref(), Some("INVALID_TYPE" | "INVALID_FIELD")) && start.contains("EmailMessage")
}

/// A text as it stands between quotation marks in a query.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", plain.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A number with the zeros that people leave out.
fn padded(text: &str) -> String {
    format!("{text:0>DIGITS$}")
}

#[async_trait]
impl Desk for Salesforce {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        is_digits(text)
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let mut parts: Vec<String> = Vec::new();
        for term in terms {
            let text = quoted(&term.text);
            let of = |field: &str| format!("{field} = {text}");
            match term.kind {
                Given::Ticket if is_digits(&term.text) => {
                    parts.push(format!("CaseNumber = {}", quoted(&padded(&term.text))));
                }
                Given::Ticket => {}
                Given::Email => parts.extend(["ContactEmail", "SuppliedEmail"].map(of)),
                Given::Phone => {
                    parts.extend(["ContactPhone", "ContactMobile", "SuppliedPhone"].map(of));
                    parts.extend(self.config.fields.phones.iter().map(|f| of(f)));
                }
                Given::Reference => parts.extend(self.config.fields.references.iter().map(|f| of(f))),
            }
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.tickets(&self.cases(&format!("({})", parts.join(" OR "))).await?))
    }

    async fn one(&self, id: &str) -> Result<At, Failed> {
        let found = self.cases(&format!("CaseNumber = {}", quoted(&padded(id)))).await?;
        match found.first() {
            Some(body) => self.at(body).ok_or(Failed::Unreadable),
            None => Ok(At::Hidden),
        }
    }

    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        let ids: Vec<String> = watched.iter().map(|w| quoted(&w.id)).collect();
        let found = self.cases(&format!("CaseNumber IN ({})", ids.join(", "))).await?;
        Ok(found.iter().filter_map(|b| Some((number(&b["CaseNumber"])?, self.at(b)?))).collect())
    }

    async fn entries(&self, ticket: &str, _want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let query = format!(
            "SELECT Id, CommentBody, IsPublished, IsDeleted, CreatedDate, CreatedBy.Name FROM CaseComment \
             WHERE Parent.CaseNumber = {} ORDER BY CreatedDate DESC, Id DESC LIMIT 500",
            quoted(ticket)
        );
        let one = |c: &Value| {
            Some(Entry {
                id: number(&c["Id"])?,
                at: time(&c["CreatedDate"]),
                by: word(&c["CreatedBy"]["Name"], 120),
                public: c["IsPublished"] == true,
                text: c["CommentBody"].as_str().unwrap_or_default().to_owned(),
            })
        };
        let found = self.soql(&query, None).await?;
        let comments = found.iter().filter(|c| c["IsDeleted"] != true).filter_map(one).collect();
        Ok(woven(comments, self.letters(ticket).await?))
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let mut body = json!({
            "Subject": new.subject, "Description": new.text, "Origin": self.config.origin,
        });
        if let Some(owner) = &self.config.owner {
            body["OwnerId"] = json!(owner);
        }
        for (field, value) in self.config.fields.of(new) {
            body[field] = json!(value);
        }
        let path = ["sobjects", "Case", &self.config.fields.key, &new.action_id];
        if let Err(outcome) = self.set.line.change(self.set.line.call(Method::PATCH, &path, &body)).await {
            return outcome;
        }
        // The answer knows the id; the number, by which people know the case, has to be asked for.
        let which = format!("{} = {}", self.config.fields.key, quoted(&new.action_id));
        let query = format!("SELECT CaseNumber FROM Case WHERE {which} LIMIT 1");
        match self.soql(&query, Some(ASIDE_MAX)).await {
            Ok(found) => made(found.first().and_then(|b| number(&b["CaseNumber"]))),
            Err(failed) => Outcome::Unknown { evidence: self.set.line.trouble(&failed).why },
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let id = match self.id_of(writing.ticket).await {
            Ok(id) => id,
            Err(outcome) => return outcome,
        };
        let body = json!({
            "ParentId": id, "CommentBody": writing.text, "IsPublished": writing.public,
        });
        match self
            .set
            .line
            .change(self.set.line.call(Method::POST, &["sobjects", "CaseComment"], &body))
            .await
        {
            Ok(answer) => written(number(&answer["id"])),
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        let id = match self.id_of(ticket).await {
            Ok(id) => id,
            Err(outcome) => return outcome,
        };
        let call =
            self.set.line.call(Method::PATCH, &["sobjects", "Case", &id], &json!({ "Status": status }));
        turned(self.set.line.change(call).await)
    }

    async fn anew(&self, anew: &Anew<'_>) -> Outcome {
        let path = ["sobjects", "CaseComment", anew.note];
        let call = self.set.line.call(Method::PATCH, &path, &json!({ "CommentBody": anew.text }));
        match self.set.line.change(call).await {
            Ok(_) => written(Some(anew.note.to_owned())),
            Err(outcome) => outcome,
        }
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let which = format!("{} = {}", self.config.fields.key, quoted(action_id));
        Ok(match self.tickets(&self.cases(&which).await?).into_iter().next() {
            Some(ticket) => Holder::Ticket(ticket.id, ticket.opened_at),
            None => Holder::Nobody,
        })
    }
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/0/message", "/error_description"])
}

/// A used-up limit and a row that somebody else holds did nothing, and pass.
fn means(code: u16, start: &str) -> u16 {
    match first_text(start, &["/0/errorCode"]).as_deref() {
        Some("REQUEST_LIMIT_EXCEEDED" | "UNABLE_TO_LOCK_ROW") => 429,
        Some("INVALID_SESSION_ID") => 401,
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    #[test]
    fn a_query_cannot_be_broken_out_of() {
        assert_eq!(quoted("x' OR Id != '"), "'x\\' OR Id != \\''");
        assert_eq!(quoted("a\\'b\n"), "'a\\\\\\'b'");
        assert_eq!(padded("1026"), "00001026");
    }

    #[test]
    fn a_letter_is_read_whichever_way_it_came() {
        let sent = json!({ "Id": "02s1", "Status": "3", "Incoming": false, "HtmlBody": "<p>A mechanic comes</p>",
            "FromName": "Ann", "FromAddress": "ann@acme.example", "CreatedDate": "1970-01-01T00:00:01.000+0000",
            "MessageDate": "1970-01-01T00:00:09.000+0000" });
        let read = letter(&sent);
        let read = read.as_ref().map(|e| (e.text.trim(), e.by.as_str(), e.public, e.at));
        assert_eq!(
            read,
            Some(("A mechanic comes", "Ann", true, Some(crate::domain::time::Timestamp(9_000))))
        );
        let mut draft = sent.clone();
        draft["Status"] = json!("5");
        assert!(letter(&draft).is_none(), "nobody has read it yet");
        let mut gone = sent;
        gone["IsDeleted"] = json!(true);
        assert!(letter(&gone).is_none());
    }

    #[test]
    fn only_a_word_about_letters_says_that_there_are_none() {
        let said = |code: u16, name: &str, message: &str| {
            let start = json!([{ "errorCode": name, "message": message }]).to_string();
            lacks_letters(&Failed::Call(CallError::Status { code, hint: RateHint::default(), start }))
        };
        assert!(said(400, "INVALID_TYPE", "sObject type 'EmailMessage' is not supported."));
        assert!(said(400, "INVALID_FIELD", "Didn't understand relationship 'EmailMessages' in FROM part"));
        assert!(!said(400, "INVALID_FIELD", "No such column 'Promised__c' on entity 'Case'"));
        assert!(!said(403, "INSUFFICIENT_ACCESS", "EmailMessage") && !lacks_letters(&Failed::Unreadable));
    }

    #[test]
    fn refusals_mean_what_they_mean() {
        let of =
            |code: u16, name: &str| means(code, &format!("[{{\"errorCode\":\"{name}\",\"message\":\"m\"}}]"));
        assert_eq!(of(403, "REQUEST_LIMIT_EXCEEDED"), 429);
        assert_eq!(of(400, "UNABLE_TO_LOCK_ROW"), 429);
        assert_eq!(of(403, "INSUFFICIENT_ACCESS"), 403);
        assert_eq!(means(500, "<html>"), 500);
    }
}
