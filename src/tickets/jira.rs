//! Jira Service Management in the cloud by its interface `/rest/api/3`, with an API token.
//!
//! Built from the published description, checked against a fake that speaks it. Seen in public code and
//! pages as of November 2026: searching by `search/jql`, asking for many issues at once, limits and their
//! headers, the signature of deliveries. From memory: the property that makes a comment internal, that an
//! issue that was moved answers under its old key. What it does otherwise than one would think: words are
//! documents, not texts; what was deleted and what we may not see are told alike.

use super::build::proof;
use super::config::JiraConfig;
use super::desk::{About, Anew, At, CAN, Desk, Holder, Set, Want, Writing};
use super::line::{
    ASIDE_MAX, Dialect, Failed, Line, as_it_says, basic, below, first_text, list, made, numbers_at, turned,
    written,
};
use super::proof::Scheme;
use super::text::{due, number, searched, time, word};
use super::{
    Back, Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched, Withdraw,
    shortened,
};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::ticket_status::is_same;
use crate::domain::time::Span;
use crate::http_client::{Call, HttpClient};
use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const ABOUT: About = About {
    kind: "tickets_jira",
    can: Capabilities {
        back: Back::Both,
        withdraw: Withdraw::Rewrite,
        solved: &["Resolved", "Closed", "Done"],
        waiting: &["Waiting for customer"],
        ..CAN
    },
    settles: Span::minutes(1),
    note_bytes_max: 30_000,
    lists_changes: false,
    mails_apart: false,
};
const DIALECT: Dialect =
    Dialect { name: "Jira Service Management", said, means: as_it_says, by_ticket: true };
/// What is asked of each issue.
const FIELDS: [&str; 8] =
    ["summary", "status", "assignee", "project", "created", "updated", "duedate", "labels"];
/// Most pages of comments that are read of one issue, newest first.
const PAGES_MAX: usize = 5;
const PAGE: usize = 100;

/// One Jira.
pub(super) struct Jira {
    set: Set,
    base: Url,
    config: JiraConfig,
}

impl Jira {
    /// A Jira after the settings.
    pub fn new(
        place: Placed,
        config: &JiraConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("jira.url: {e}"))?;
        let token = config.token.as_ref().ok_or("jira: it needs a token")?;
        let entry = basic(&config.user, token.expose_secret().trim());
        let line = Line::new(DIALECT, below(&base, &["rest", "api", "3"]), entry, http, clock);
        let set = Set::new(&ABOUT, place, line, config.every_seconds)
            .proved(proof(Scheme::HubSha256, &config.hook));
        Ok(Self { set, base, config: config.clone() })
    }

    fn ticket(&self, body: &Value) -> Option<Ticket> {
        let (id, fields) = (body["key"].as_str()?.to_owned(), &body["fields"]);
        Some(Ticket {
            state: match fields["status"]["statusCategory"]["key"].as_str()? {
                "done" => TicketState::Solved,
                _ => TicketState::Open,
            },
            subject: word(&fields["summary"], 300),
            status: word(&fields["status"]["name"], 60),
            owner: word(&fields["assignee"]["displayName"], 120),
            queue: word(&fields["project"]["name"], 120),
            opened_at: time(&fields["created"]),
            changed_at: time(&fields["updated"]),
            // Jira promises days.
            due_at: due(&fields["duedate"]),
            url: below(&self.base, &["browse", &id]).into(),
            id,
        })
    }

    async fn jql(&self, jql: &str, more: &[String]) -> Result<Vec<Value>, Failed> {
        let fields: Vec<&str> = FIELDS.into_iter().chain(more.iter().map(String::as_str)).collect();
        let asked = json!({ "jql": jql, "fields": fields, "maxResults": 25 });
        let found = self.set.line.ask_with(&["search", "jql"], &asked).await?;
        Ok(list(&found, "issues")?.to_vec())
    }

    /// Issues with exactly these words in one of these fields: a search looks at single words.
    async fn by_fields(&self, fields: &[String], text: &str) -> Result<Vec<Ticket>, Failed> {
        let name =
            |f: &String| f.strip_prefix("customfield_").map_or_else(|| f.clone(), |n| format!("cf[{n}]"));
        let parts: Vec<String> = fields.iter().map(|f| format!("{} ~ \"\\\"{text}\\\"\"", name(f))).collect();
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.jql(&format!("{} ORDER BY updated DESC", parts.join(" OR ")), fields).await?;
        let holds = |body: &&Value| {
            fields.iter().any(|f| number(&body["fields"][f]).is_some_and(|v| v.contains(text)))
        };
        Ok(found.iter().filter(holds).filter_map(|b| self.ticket(b)).collect())
    }

    async fn by_email(&self, email: &str) -> Result<Vec<Ticket>, Failed> {
        let people = self.set.line.get(&["user", "search"], &[("query", email), ("maxResults", "5")]).await?;
        let ids: Vec<String> = people
            .as_array()
            .ok_or(Failed::Unreadable)?
            .iter()
            .filter_map(|p| Some(format!("\"{}\"", searched(p["accountId"].as_str()?))))
            .collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.jql(&format!("reporter in ({}) ORDER BY updated DESC", ids.join(", ")), &[]).await?;
        Ok(found.iter().filter_map(|b| self.ticket(b)).collect())
    }
}

#[async_trait]
impl Desk for Jira {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        let Some((project, digits)) = text.rsplit_once('-') else { return false };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        project.starts_with(|c: char| c.is_ascii_alphabetic())
            && project.len() <= 40
            && project.chars().all(plain)
            && super::text::is_digits(digits)
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let mut found = Vec::new();
        for term in terms {
            let text = searched(&term.text);
            match term.kind {
                Given::Ticket if self.is_number(&text) => {
                    if let At::Is(got) = self.one(&text).await? {
                        found.push(got.ticket);
                    }
                }
                Given::Ticket => {}
                Given::Email => found.extend(self.by_email(&text).await?),
                Given::Phone => found.extend(self.by_fields(&self.config.fields.phones, &text).await?),
                Given::Reference => {
                    found.extend(self.by_fields(&self.config.fields.references, &text).await?);
                }
            }
        }
        Ok(found)
    }

    async fn one(&self, id: &str) -> Result<At, Failed> {
        match self.set.line.get(&["issue", &id.to_ascii_uppercase()], &[("fields", &FIELDS.join(","))]).await
        {
            Ok(body) => self.ticket(&body).map(At::is).ok_or(Failed::Unreadable),
            Err(failed) if self.set.line.is_said(&failed, &[403, 404]) => Ok(At::Hidden),
            Err(failed) => Err(failed),
        }
    }

    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        let ids: Vec<&str> = watched.iter().map(|w| w.id.as_str()).collect();
        let asked = json!({ "issueIdsOrKeys": ids, "fields": FIELDS });
        let found = self.set.line.ask_with(&["issue", "bulkfetch"], &asked).await?;
        let tickets = list(&found, "issues")?.iter().filter_map(|b| self.ticket(b));
        Ok(tickets.map(|t| (t.id.clone(), At::is(t))).collect())
    }

    async fn entries(&self, ticket: &str, _want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let mut entries = Vec::new();
        for page in 0..PAGES_MAX {
            let start = (page * PAGE).to_string();
            let asked = [("startAt", start.as_str()), ("maxResults", "100"), ("orderBy", "-created")];
            let found = self.set.line.get(&["issue", ticket, "comment"], &asked).await?;
            let found = list(&found, "comments")?;
            entries.extend(found.iter().filter_map(|c| {
                Some(Entry {
                    id: number(&c["id"])?,
                    at: time(&c["created"]),
                    by: word(&c["author"]["displayName"], 120),
                    public: c["jsdPublic"] == true,
                    text: from_document(&c["body"]),
                })
            }));
            if found.len() < PAGE {
                break;
            }
        }
        entries.sort_by_key(|e| e.id.parse::<u64>().unwrap_or(u64::MAX));
        Ok(entries)
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let mut fields = json!({
            "project": { "key": self.config.project },
            "issuetype": { "name": self.config.issue_type },
            "summary": new.subject,
            "description": document(&new.text),
            "labels": ["webcare", new.action_id],
        });
        for (field, value) in self.config.fields.of(new) {
            fields[field] = json!(value);
        }
        let body = json!({ "fields": fields });
        match self.set.line.change(self.set.line.call(Method::POST, &["issue"], &body)).await {
            Ok(answer) => made(number(&answer["key"])),
            Err(outcome) => outcome,
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let body = json!({
            "body": document(writing.text),
            "properties": [{ "key": "sd.public.comment", "value": { "internal": !writing.public } }],
        });
        let call = self.set.line.call(Method::POST, &["issue", writing.ticket, "comment"], &body);
        match self.set.line.change(call).await {
            Ok(answer) => written(number(&answer["id"])),
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        // A status is where a transition leads; which there are depends on where the issue stands.
        let path = ["issue", ticket, "transitions"];
        let call = Call::get(self.set.line.url(&path, &[])).within(ASIDE_MAX);
        let found = match self.set.line.ask(call).await {
            Ok(found) => found,
            Err(failed) => return self.set.line.unsent(&failed),
        };
        let all = found["transitions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let leads = |t: &&Value| is_same(t["to"]["name"].as_str().unwrap_or_default(), status);
        let Some(id) = all.iter().find(leads).and_then(|t| number(&t["id"])) else {
            let names: Vec<String> = all.iter().map(|t| word(&t["to"]["name"], 40)).collect();
            let reason = format!(
                "no transition leads to '{}'; there are: {}",
                shortened(status, 60),
                names.join(", ")
            );
            return Outcome::Refused { reason };
        };
        let call = self.set.line.call(Method::POST, &path, &json!({ "transition": { "id": id } }));
        turned(self.set.line.change(call).await)
    }

    async fn anew(&self, anew: &Anew<'_>) -> Outcome {
        let body = json!({
            "body": document(anew.text),
            "properties": [{ "key": "sd.public.comment", "value": { "internal": !anew.public } }],
        });
        // Whoever watches the issue hears nothing of it.
        let url =
            self.set.line.url(&["issue", anew.ticket, "comment", anew.note], &[("notifyUsers", "false")]);
        let call = Call::new(Method::PUT, url).body("application/json", body.to_string());
        match self.set.line.change(call).await {
            Ok(_) => written(Some(anew.note.to_owned())),
            Err(outcome) => outcome,
        }
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let found = self.jql(&format!("labels = \"{}\"", searched(action_id)), &[]).await?;
        Ok(match found.iter().find_map(|b| self.ticket(b)) {
            Some(ticket) => Holder::Ticket(ticket.id, ticket.opened_at),
            None => Holder::Nobody,
        })
    }

    fn changed_in(&self, body: &[u8]) -> Result<Vec<String>, String> {
        numbers_at(body, &["/issue/key"])
    }
}

/// Plain words as a document: a paragraph for each block, a break for each line.
fn document(text: &str) -> Value {
    let paragraph = |block: &str| {
        let mut nodes = Vec::new();
        for (n, line) in block.split('\n').enumerate() {
            if n > 0 {
                nodes.push(json!({ "type": "hardBreak" }));
            }
            if !line.is_empty() {
                nodes.push(json!({ "type": "text", "text": line }));
            }
        }
        json!({ "type": "paragraph", "content": nodes })
    };
    let blocks: Vec<Value> = text.split("\n\n").map(paragraph).collect();
    json!({ "type": "doc", "version": 1, "content": blocks })
}

/// The words of a document; what they look like does not matter here.
fn from_document(node: &Value) -> String {
    let mut text = String::new();
    words(node, &mut text, 0);
    text.trim().to_owned()
}

fn words(node: &Value, text: &mut String, depth: usize) {
    const DEPTH_MAX: usize = 40;
    match node["type"].as_str().unwrap_or_default() {
        "text" => text.push_str(node["text"].as_str().unwrap_or_default()),
        "hardBreak" => text.push('\n'),
        "mention" | "emoji" | "status" => text.push_str(node["attrs"]["text"].as_str().unwrap_or_default()),
        "inlineCard" | "blockCard" => text.push_str(node["attrs"]["url"].as_str().unwrap_or_default()),
        kind if depth < DEPTH_MAX => {
            for child in node["content"].as_array().map(Vec::as_slice).unwrap_or_default() {
                words(child, text, depth + 1);
            }
            if matches!(kind, "paragraph" | "heading" | "codeBlock") {
                text.push('\n');
            }
        }
        _ => {}
    }
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/errorMessages/0", "/message", "/errorMessage"]).or_else(|| {
        let value: Value = serde_json::from_str(start).ok()?;
        let (field, why) = value["errors"].as_object()?.iter().next()?;
        Some(format!("{field}: {}", why.as_str()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_documents_and_words_again() {
        let text = "Webcare case #1\nhttps://a.example\n\n[webcared act_1]";
        let read = from_document(&document(text));
        assert!(super::super::text::is_of(&read, "act_1"), "{read}");
        assert!(read.starts_with("Webcare case #1\nhttps://a.example\n"));
        let odd = json!({ "type": "doc", "content": [{ "type": "bulletList", "content": [{ "type": "listItem",
            "content": [{ "type": "paragraph", "content": [{ "type": "mention", "attrs": { "text": "@ann" } },
            { "type": "newThing", "content": [{ "type": "text", "text": " calls" }] }] }] }] }, 7] });
        assert_eq!(from_document(&odd), "@ann calls");
        assert_eq!(from_document(&json!(null)), "");
    }
}
