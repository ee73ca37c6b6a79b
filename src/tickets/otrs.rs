//! OTRS 6, Znuny and their kin by a web service of the Generic Interface, with an agent's login.
//!
//! Built from the sample web service of Znuny 7.2 and from memory as of November 2026, checked against a fake
//! that speaks it. Which operations there are, and under which paths, is the administrator's to say: ours are
//! in `deploy/znuny-webservice.yml`, all by POST, so that the login stands in no address. What it does
//! otherwise than one would think: errors are answered with 200; what was deleted and what we may not see are
//! told alike; what was written cannot be changed; times have no zone and are UTC; a merged ticket says only in words which one is left.

use super::config::OtrsConfig;
use super::desk::{About, At, CAN, Desk, Got, Holder, Merge, Set, Want, Writing};
use super::line::{
    Dialect, Entry as Door, Failed, Line, as_it_says, first_text, made, outcome_of, turned, written,
};
use super::text::{is_ours, number, received, searched, time, word};
use super::{Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::Span;
use crate::http_client::{CallError, HttpClient, RateHint};
use crate::sources::html;
use async_trait::async_trait;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const ABOUT: About = About {
    kind: "tickets_otrs",
    can: Capabilities {
        solved: &["closed successful", "closed unsuccessful", "merged"],
        waiting: &["pending reminder"],
        ..CAN
    },
    settles: Span::seconds(30),
    note_bytes_max: 200_000,
    lists_changes: false,
    mails_apart: false,
};
const DIALECT: Dialect =
    Dialect { name: "the web service of OTRS or Znuny", said, means: as_it_says, by_ticket: false };
/// Most tickets that a search brings.
const FOUND: usize = 100;

/// One OTRS or Znuny.
pub(super) struct Otrs {
    set: Set,
    base: Url,
    config: OtrsConfig,
    password: SecretString,
}

impl Otrs {
    /// An OTRS or Znuny after the settings.
    pub fn new(
        place: Placed,
        config: &OtrsConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("otrs.url: {e}"))?;
        let password = config.password.clone().ok_or("otrs: it needs a password")?;
        let line = Line::new(DIALECT, base.clone(), Door::Own, http, clock);
        let set = Set::new(&ABOUT, place, line, config.every_seconds);
        Ok(Self { set, base, config: config.clone(), password })
    }

    fn with_login(&self, mut body: Value) -> Value {
        body["UserLogin"] = json!(self.config.user);
        body["Password"] = json!(self.password.expose_secret().trim());
        body
    }

    async fn ask(&self, operation: &str, body: Value) -> Result<Value, Failed> {
        let answer = self.set.line.ask_with(&[operation], &self.with_login(body)).await?;
        match refused(&answer) {
            Some(error) => Err(Failed::Call(error)),
            None => Ok(answer),
        }
    }

    async fn change(&self, operation: &str, body: Value) -> Result<Value, Outcome> {
        let call = self.set.line.call(Method::POST, &[operation], &self.with_login(body));
        let answer = self.set.line.change(call).await?;
        match refused(&answer) {
            Some(error) => Err(outcome_of(&error, said)),
            None => Ok(answer),
        }
    }

    /// The ids of the tickets that fit.
    async fn ids(&self, mut query: Value) -> Result<Vec<String>, Failed> {
        query["Limit"] = json!(FOUND);
        let found = self.ask("TicketSearch", query).await?;
        // Nothing found is an empty object; what is none is no answer of the web service.
        found.as_object().ok_or(Failed::Unreadable)?;
        Ok(match &found["TicketID"] {
            Value::Null => Vec::new(),
            Value::Array(ids) => ids.iter().filter_map(number).collect(),
            one => number(one).into_iter().collect(),
        })
    }

    async fn by_ids(&self, ids: &[String], articles: bool) -> Result<Vec<Value>, Failed> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let asked =
            json!({ "TicketID": ids.join(","), "AllArticles": u8::from(articles), "DynamicFields": 1 });
        let found = self.ask("TicketGet", asked).await?;
        found["Ticket"].as_array().cloned().ok_or(Failed::Unreadable)
    }

    async fn by_numbers(&self, numbers: &[&str], articles: bool) -> Result<Vec<Value>, Failed> {
        let ids = self.ids(json!({ "TicketNumber": numbers })).await?;
        self.by_ids(&ids, articles).await
    }

    fn at(&self, body: &Value) -> Option<At> {
        let id = number(&body["TicketNumber"])?;
        let kind = body["StateType"].as_str()?;
        if kind == "removed" {
            return Some(At::Gone);
        }
        // Whoever stands as owner of a ticket that is not locked has not taken it.
        let owner = if body["Lock"] == "lock" { word(&body["Owner"], 120) } else { String::new() };
        let ticket = Ticket {
            state: match kind {
                "closed" | "merged" => TicketState::Solved,
                _ => TicketState::Open,
            },
            subject: word(&body["Title"], 300),
            status: word(&body["State"], 60),
            queue: word(&body["Queue"], 120),
            opened_at: utc(&body["Created"]),
            changed_at: utc(&body["Changed"]),
            due_at: utc(&body["SolutionTimeDestinationDate"]),
            url: self.web(&number(&body["TicketID"])?),
            owner,
            id,
        };
        Some(At::is(Got { ticket, merge: if kind == "merged" { Merge::Somewhere } else { Merge::No } }))
    }

    /// Where people see a ticket: beside the script of the web service stands the one for people.
    fn web(&self, id: &str) -> String {
        let mut url = self.base.clone();
        let path = url.path().split("nph-genericinterface.pl").next().unwrap_or("/").to_owned();
        url.set_path(&format!("{}/index.pl", path.trim_end_matches('/')));
        url.set_query(Some(&format!("Action=AgentTicketZoom;TicketID={id}")));
        url.into()
    }

    fn article(new: &str, subject: &str, public: bool) -> Value {
        json!({
            "CommunicationChannel": "Internal", "SenderType": "agent",
            "IsVisibleForCustomer": u8::from(public), "Subject": subject, "Body": new,
            "ContentType": "text/plain; charset=utf8", "NoAgentNotify": 1,
        })
    }
}

#[async_trait]
impl Desk for Otrs {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        // Numbers of tickets are long here.
        (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let mut ids = Vec::new();
        for term in terms {
            let text = searched(&term.text);
            let by = |field: &String| {
                let mut query = json!({});
                query[format!("DynamicField_{field}")] = json!({ "Equals": text });
                query
            };
            let queries: Vec<Value> = match term.kind {
                Given::Ticket if self.is_number(&text) => vec![json!({ "TicketNumber": [text] })],
                Given::Ticket => Vec::new(),
                Given::Email => vec![
                    json!({ "CustomerUserLoginRaw": [text] }),
                    json!({ "MIMEBase_From": format!("*{}*", text.replace('*', "")) }),
                ],
                Given::Phone => self.config.fields.phones.iter().map(by).collect(),
                Given::Reference => self.config.fields.references.iter().map(by).collect(),
            };
            for query in queries {
                ids.extend(self.ids(query).await?);
            }
        }
        ids.truncate(FOUND);
        let found = self.by_ids(&ids, false).await?;
        let standing = |b: &Value| match self.at(b)? {
            At::Is(got) => Some(got.ticket),
            _ => None,
        };
        Ok(found.iter().filter_map(standing).collect())
    }

    async fn one(&self, id: &str) -> Result<At, Failed> {
        match self.by_numbers(&[id], false).await {
            Ok(found) => match found.first() {
                Some(body) => self.at(body).ok_or(Failed::Unreadable),
                None => Ok(At::Hidden),
            },
            Err(failed) if self.set.line.is_said(&failed, &[403]) => Ok(At::Hidden),
            Err(failed) => Err(failed),
        }
    }

    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        let numbers: Vec<&str> = watched.iter().map(|w| w.id.as_str()).collect();
        let found = match self.by_numbers(&numbers, false).await {
            // One that we may not see hides all of them: each is asked for.
            Err(failed) if self.set.line.is_said(&failed, &[403]) => Vec::new(),
            other => other?,
        };
        Ok(found.iter().filter_map(|b| Some((number(&b["TicketNumber"])?, self.at(b)?))).collect())
    }

    async fn merged_into(&self, ticket: &Ticket) -> Result<Option<String>, Failed> {
        let entries = self.entries(&ticket.id, Want::Last).await?;
        let last = entries.iter().rev().find(|e| !is_ours(&e.text));
        let other = |e: &Entry| {
            let mut numbers = e.text.split(|c: char| !c.is_ascii_digit());
            numbers.rfind(|n| n.len() >= 5 && *n != ticket.id).map(ToOwned::to_owned)
        };
        Ok(last.and_then(other))
    }

    async fn entries(&self, ticket: &str, _want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let found = self.by_numbers(&[ticket], true).await?;
        let articles =
            found.first().and_then(|t| t["Article"].as_array()).map(Vec::as_slice).unwrap_or_default();
        let one = |a: &Value| {
            let body = a["Body"].as_str().unwrap_or_default();
            let is_html = a["ContentType"].as_str().is_some_and(|t| t.starts_with("text/html"));
            Some(Entry {
                id: number(&a["ArticleID"])?,
                at: utc(&a["CreateTime"]),
                by: word(&a["From"], 120),
                public: number(&a["IsVisibleForCustomer"]).as_deref() == Some("1"),
                text: received(
                    if is_html { html::to_text(body) } else { body.to_owned() },
                    a["SenderType"] == "customer",
                ),
            })
        };
        let mut entries: Vec<Entry> = articles.iter().filter_map(one).collect();
        entries.sort_by_key(|e| e.id.parse::<u64>().unwrap_or(u64::MAX));
        Ok(entries)
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let mut fields = vec![json!({ "Name": self.config.fields.key, "Value": new.action_id })];
        fields.extend(self.config.fields.of(new).into_iter().map(|(n, v)| json!({ "Name": n, "Value": v })));
        let body = json!({
            "Ticket": {
                "Title": new.subject, "Queue": self.config.queue, "State": self.config.state,
                "Priority": self.config.priority, "CustomerUser": self.config.customer,
            },
            "Article": Self::article(&new.text, &new.subject, false),
            "DynamicField": fields,
        });
        match self.change("TicketCreate", body).await {
            Ok(answer) => made(number(&answer["TicketNumber"])),
            Err(outcome) => outcome,
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let article = Self::article(writing.text, "Webcare", writing.public);
        let body = json!({ "TicketNumber": writing.ticket, "Article": article });
        match self.change("TicketUpdate", body).await {
            Ok(answer) => written(number(&answer["ArticleID"])),
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        let body = json!({ "TicketNumber": ticket, "Ticket": { "State": status } });
        turned(self.change("TicketUpdate", body).await)
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let mut query = json!({});
        query[format!("DynamicField_{}", self.config.fields.key)] = json!({ "Equals": action_id });
        let ids = self.ids(query).await?;
        let found = self.by_ids(&ids[..ids.len().min(5)], false).await?;
        // A search for a field that is not there finds everything.
        let holds = |t: &&Value| {
            let fields = t["DynamicField"].as_array().map(Vec::as_slice).unwrap_or_default();
            fields.iter().any(|f| f["Name"] == self.config.fields.key.as_str() && f["Value"] == action_id)
        };
        Ok(match found.iter().find(holds).and_then(|t| Some((number(&t["TicketNumber"])?, t))) {
            Some((id, ticket)) => Holder::Ticket(id, utc(&ticket["Created"])),
            None if !ids.is_empty() => Holder::CannotTell(format!(
                "a search by the field {} finds tickets without our key, so nobody can tell whether the ticket was made",
                self.config.fields.key
            )),
            None => Holder::Nobody,
        })
    }
}

/// An error that was answered with 200, as the status that it means.
fn refused(answer: &Value) -> Option<CallError> {
    let error = answer.get("Error")?;
    let name = error["ErrorCode"].as_str().unwrap_or_default();
    let code = match name.rsplit_once('.').map_or(name, |(_, last)| last) {
        "AuthFail" => 401,
        "AccessDenied" => 403,
        _ => 422,
    };
    Some(CallError::Status { code, hint: RateHint::default(), start: answer.to_string() })
}

/// An instant without a zone.
fn utc(value: &Value) -> Option<crate::domain::time::Timestamp> {
    time(&json!(format!("{}Z", value.as_str()?.replace(' ', "T"))))
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/Error/ErrorMessage"])
}
