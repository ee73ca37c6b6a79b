//! Zendesk Support by its interface `/api/v2`, with an API token.
//!
//! Built from the published description, checked against a fake that speaks it. Seen in public code as of
//! November 2026: the key of a new ticket in `Idempotency-Key` (kept two hours), deliveries signed over time
//! and body, the words of a merge. From memory: side-loading, `fieldvalue` in searches, the names of limits.
//! What it does otherwise than one would think: a merged ticket is a closed one with a tag, and into which
//! it went stands in the words of its last comment alone; a closed ticket takes no note any more, and the next
//! one of the same matter is made as its follow-up (`via_followup_source_id`, from memory); words are not
//! changed but blacked out, piece by piece (`redact`, from memory).

use super::build::proof;
use super::config::ZendeskConfig;
use super::desk::{About, Anew, At, CAN, Desk, Got, Holder, Merge, Set, Want, Writing};
use super::line::{
    ASIDE_MAX, Dialect, Failed, Line, basic, below, first_text, list, made, numbers_at, turned, written,
};
use super::proof::Scheme;
use super::text::{due, is_digits, is_ours, number, searched, time, word};
use super::{
    Back, Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched, Withdraw,
};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::Span;
use crate::http_client::{Call, HttpClient};
use async_trait::async_trait;
use http::{HeaderName, HeaderValue, Method};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const ABOUT: About = About {
    kind: "tickets_zendesk",
    can: Capabilities {
        back: Back::Both,
        withdraw: Withdraw::Redact,
        solved: &["solved", "closed"],
        waiting: &["pending"],
        ..CAN
    },
    settles: Span::minutes(1),
    note_bytes_max: 60_000,
    lists_changes: false,
    mails_apart: false,
};
const DIALECT: Dialect = Dialect { name: "Zendesk", said, means, by_ticket: true };
/// Most pages of comments that are read of one ticket.
const PAGES_MAX: usize = 5;

/// One Zendesk.
pub(super) struct Zendesk {
    set: Set,
    base: Url,
    config: ZendeskConfig,
}

impl Zendesk {
    /// A Zendesk after the settings.
    pub fn new(
        place: Placed,
        config: &ZendeskConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("zendesk.url: {e}"))?;
        let token = config.token.as_ref().ok_or("zendesk: it needs a token")?;
        let entry = basic(&format!("{}/token", config.user), token.expose_secret().trim());
        let line = Line::new(DIALECT, below(&base, &["api", "v2"]), entry, http, clock);
        let set =
            Set::new(&ABOUT, place, line, config.every_seconds).proved(proof(Scheme::Timed, &config.hook));
        Ok(Self { set, base, config: config.clone() })
    }

    fn got(&self, body: &Value, beside: &Value) -> Option<Got> {
        let id = number(&body["id"])?;
        let status = word(&body["status"], 60);
        let named = |kind: &str, of: &Value| {
            let one = beside[kind].as_array()?.iter().find(|u| !of.is_null() && u["id"] == *of)?;
            Some(word(&one["name"], 120))
        };
        // A ticket has a due date only where it is a task; promises most often stand in a field of one's own.
        let promised = self.config.fields.due.as_deref().and_then(|field| {
            let all = body["custom_fields"].as_array()?;
            due(&all.iter().find(|f| number(&f["id"]).as_deref() == Some(field))?["value"])
        });
        let tags = body["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        let merged = status == "closed" && tags.iter().any(|t| t == "closed_by_merge");
        let ticket = Ticket {
            state: match status.as_str() {
                "solved" | "closed" => TicketState::Solved,
                "deleted" => TicketState::Gone,
                _ => TicketState::Open,
            },
            subject: word(&body["subject"], 300),
            owner: named("users", &body["assignee_id"]).unwrap_or_default(),
            queue: named("groups", &body["group_id"]).unwrap_or_default(),
            opened_at: time(&body["created_at"]),
            changed_at: time(&body["updated_at"]),
            due_at: promised.or_else(|| time(&body["due_at"])),
            url: below(&self.base, &["agent", "tickets", &id]).into(),
            status,
            id,
        };
        Some(Got { ticket, merge: if merged { Merge::Somewhere } else { Merge::No } })
    }

    async fn results(&self, query: &str) -> Result<Value, Failed> {
        let asked = [
            ("query", query),
            ("include", "tickets(users,groups)"),
            ("per_page", "25"),
            // By itself it sorts by relevance, and an open ticket of late could stand behind many old ones.
            ("sort_by", "updated_at"),
            ("sort_order", "desc"),
        ];
        self.set.line.get(&["search.json"], &asked).await
    }

    async fn tickets_of(&self, query: &str) -> Result<Vec<Ticket>, Failed> {
        let found = self.results(&format!("type:ticket {query}")).await?;
        Ok(list(&found, "results")?.iter().filter_map(|t| Some(self.got(t, &found)?.ticket)).collect())
    }

    /// Whether a ticket is closed for good: only such a one can be followed. Where that cannot be told now, the new
    /// ticket stands by itself.
    async fn is_closed(&self, id: &str) -> bool {
        if !is_digits(id) {
            return false;
        }
        let call = Call::get(self.set.line.url(&["tickets", &format!("{id}.json")], &[])).within(ASIDE_MAX);
        let found = self.set.line.ask(call).await;
        found.is_ok_and(|found| found["ticket"]["status"] == "closed")
    }

    async fn by_phone(&self, phone: &str) -> Result<Vec<Ticket>, Failed> {
        let users = self.results(&format!("type:user phone:\"{phone}\"")).await?;
        let ids: Vec<String> =
            list(&users, "results")?.iter().filter_map(|u| number(&u["id"])).take(5).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query: Vec<String> = ids.iter().map(|id| format!("requester:{id}")).collect();
        self.tickets_of(&query.join(" ")).await
    }
}

#[async_trait]
impl Desk for Zendesk {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        is_digits(text)
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let mut found = Vec::new();
        for term in terms {
            let text = searched(&term.text);
            match term.kind {
                Given::Ticket if is_digits(&text) => {
                    if let At::Is(got) = self.one(&text).await? {
                        found.push(got.ticket);
                    }
                }
                Given::Ticket => {}
                Given::Email => found.extend(self.tickets_of(&format!("requester:\"{text}\"")).await?),
                Given::Phone => found.extend(self.by_phone(&text).await?),
                Given::Reference if self.config.fields.references.is_empty() => {
                    found.extend(self.tickets_of(&format!("fieldvalue:\"{text}\"")).await?);
                }
                Given::Reference => {
                    for field in &self.config.fields.references {
                        found.extend(self.tickets_of(&format!("custom_field_{field}:\"{text}\"")).await?);
                    }
                }
            }
        }
        Ok(found)
    }

    async fn one(&self, id: &str) -> Result<At, Failed> {
        let path = ["tickets", &format!("{id}.json")];
        match self.set.line.get(&path, &[("include", "users,groups")]).await {
            Ok(body) => self.got(&body["ticket"], &body).map(At::is).ok_or(Failed::Unreadable),
            Err(failed) if self.set.line.is_said(&failed, &[404]) => Ok(At::Gone),
            Err(failed) if self.set.line.is_said(&failed, &[403]) => Ok(At::Hidden),
            Err(failed) => Err(failed),
        }
    }

    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        let ids: Vec<&str> = watched.iter().map(|w| w.id.as_str()).collect();
        let asked = [("ids", ids.join(",")), ("include", "users,groups".to_owned())];
        let asked: Vec<(&str, &str)> = asked.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let found = self.set.line.get(&["tickets", "show_many.json"], &asked).await?;
        let got = list(&found, "tickets")?.iter().filter_map(|t| self.got(t, &found));
        Ok(got.map(|g| (g.ticket.id.clone(), At::is(g))).collect())
    }

    async fn merged_into(&self, ticket: &Ticket) -> Result<Option<String>, Failed> {
        let entries = self.entries(&ticket.id, Want::Last).await?;
        let last = entries.iter().rev().find(|e| !is_ours(&e.text));
        let digits = |e: &Entry| {
            let rest = e.text.split_once('#')?.1;
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            Some(rest[..end].to_owned()).filter(|d| is_digits(d))
        };
        Ok(last.and_then(digits))
    }

    async fn entries(&self, ticket: &str, _want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let (path, mut after) = (["tickets", ticket, "comments.json"], String::new());
        let mut entries = Vec::new();
        for _ in 0..PAGES_MAX {
            let mut asked = vec![("include", "users"), ("page[size]", "100"), ("sort", "-created_at")];
            if !after.is_empty() {
                asked.push(("page[after]", after.as_str()));
            }
            let page = self.set.line.get(&path, &asked).await?;
            let name = |of: &Value| {
                let one = page["users"].as_array()?.iter().find(|u| u["id"] == *of)?;
                Some(word(&one["name"], 120))
            };
            let text = |c: &Value| {
                let plain = c["plain_body"].as_str().or(c["body"].as_str()).unwrap_or_default();
                plain.replace("&nbsp;", " ")
            };
            entries.extend(list(&page, "comments")?.iter().filter_map(|c| {
                Some(Entry {
                    id: number(&c["id"])?,
                    at: time(&c["created_at"]),
                    by: name(&c["author_id"]).unwrap_or_default(),
                    public: c["public"] == true,
                    text: text(c),
                })
            }));
            match page["meta"]["after_cursor"].as_str() {
                Some(cursor) if page["meta"]["has_more"] == true => cursor.clone_into(&mut after),
                _ => break,
            }
        }
        entries.sort_by_key(|e| e.id.parse::<u64>().unwrap_or(u64::MAX));
        Ok(entries)
    }

    async fn can_follow(&self, ticket: &str) -> bool {
        self.is_closed(ticket).await
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let fields: Vec<Value> = self
            .config
            .fields
            .of(new)
            .into_iter()
            .map(|(id, value)| json!({ "id": id.parse::<u64>().unwrap_or(0), "value": value }))
            .collect();
        let mut ticket = json!({
            "subject": new.subject,
            "comment": { "body": new.text, "public": false },
            "external_id": new.action_id,
            "tags": ["webcare"],
            "custom_fields": fields,
        });
        // What was found out before the first attempt holds for all: a key that is known takes no other words.
        if let Ok(closed) = new.follows.parse::<u64>() {
            ticket["via_followup_source_id"] = json!(closed);
        }
        if let Some(group) = self.config.group.as_ref().and_then(|g| g.parse::<u64>().ok()) {
            ticket["group_id"] = json!(group);
        }
        let mut call = self.set.line.call(Method::POST, &["tickets.json"], &json!({ "ticket": ticket }));
        if let Ok(key) = HeaderValue::from_str(&new.action_id) {
            call = call.header(HeaderName::from_static("idempotency-key"), key);
        }
        match self.set.line.change(call).await {
            Ok(answer) => made(number(&answer["ticket"]["id"])),
            Err(outcome) => outcome,
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let body = json!({ "ticket": { "comment": { "body": writing.text, "public": writing.public } } });
        let path = ["tickets", &format!("{}.json", writing.ticket)];
        match self.set.line.change(self.set.line.call(Method::PUT, &path, &body)).await {
            Ok(answer) => {
                let events = answer["audit"]["events"].as_array().map(Vec::as_slice).unwrap_or_default();
                written(events.iter().find(|e| e["type"] == "Comment").and_then(|e| number(&e["id"])))
            }
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        let body = json!({ "ticket": { "status": status } });
        let path = ["tickets", &format!("{ticket}.json")];
        turned(self.set.line.change(self.set.line.call(Method::PUT, &path, &body)).await)
    }

    async fn anew(&self, anew: &Anew<'_>) -> Outcome {
        // What is blacked out stays so, also on a ticket that is closed.
        let path = ["tickets", anew.ticket, "comments", anew.note, "redact.json"];
        for line in blacked_out(anew.was, anew.text) {
            let call = self.set.line.call(Method::PUT, &path, &json!({ "text": line }));
            if let Err(outcome) = self.set.line.change(call).await {
                return outcome;
            }
        }
        written(Some(anew.note.to_owned()))
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let found = self.set.line.get(&["tickets.json"], &[("external_id", action_id)]).await?;
        let one = list(&found, "tickets")?.iter().find(|t| t["external_id"] == action_id);
        Ok(match one.and_then(|t| self.got(t, &found)) {
            Some(got) => Holder::Ticket(got.ticket.id, got.ticket.opened_at),
            None => Holder::Nobody,
        })
    }

    fn changed_in(&self, body: &[u8]) -> Result<Vec<String>, String> {
        numbers_at(body, &["/detail/id", "/ticket/id", "/ticket"])
    }
}

/// The lines of a comment that it is not to show any more, the longest first: a short one may stand within another.
fn blacked_out<'a>(was: &'a str, text: &str) -> Vec<&'a str> {
    let stays: Vec<&str> = text.lines().map(str::trim).collect();
    let is_black = |line: &str| line.chars().all(|c| c == '\u{2587}' || c.is_whitespace());
    let goes = |line: &&str| !line.is_empty() && !stays.contains(line) && !is_black(line);
    let mut lines: Vec<&str> = was.lines().map(str::trim).filter(goes).collect();
    lines.sort_by_key(|l| std::cmp::Reverse(l.len()));
    lines.dedup();
    lines
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/description", "/error/message", "/error/title", "/error"])
}

/// Two changes at once end as a conflict that did nothing. A key that was used already, with other words, says
/// that the ticket may be there: it is looked for, as after an answer that was lost.
fn means(code: u16, start: &str) -> u16 {
    match code {
        409 => 429,
        400 if first_text(start, &["/error"]).as_deref() == Some("IdempotentRequestError") => 500,
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_gone_is_blacked_out() {
        let was = "Webcare case #1\n\nmy number is 7\n7\nstill here\n\n[webcared act_1]";
        let now = "Webcare case #1\n\n[removed by its author]\nstill here\n\n[webcared act_1]";
        assert_eq!(blacked_out(was, now), ["my number is 7", "7"]);
        assert!(blacked_out(now, now).is_empty());
        assert!(blacked_out("\u{2587}\u{2587} \u{2587}\nstill here", now).is_empty(), "black already");
    }
}
