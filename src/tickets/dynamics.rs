//! Dynamics 365 Customer Service by the Web API of Dataverse, with a token by OAuth client credentials.
//!
//! Built from memory and the published description as of November 2026, checked against a fake that speaks
//! it; nothing here was seen at a real organisation. What it does otherwise than one would think: a case must
//! have a customer; a note leaves the time of the case as it was, so both times are asked for; notes are for
//! colleagues, and nothing of ours is ever for the customer; letters to and from the customer are activities of
//! their own beside the notes; what was deleted and what we may not see are told alike.

use super::config::DynamicsConfig;
use super::desk::{About, Anew, At, CAN, Desk, Got, Holder, Merge, Set, Want, Writing};
use super::grant::grant;
use super::line::{
    ASIDE_MAX, Dialect, Entry as Door, Failed, Line, as_it_says, below, first_text, list, made, turned,
    written,
};
use super::text::{mailed, number, time, word, woven};
use super::without::Without;
use super::{
    Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched, Withdraw, shortened,
};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::ticket_status::is_same;
use crate::domain::time::Span;
use crate::http_client::{Call, CallError, HttpClient};
use crate::sources::html;
use async_trait::async_trait;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const ABOUT: About = About {
    kind: "tickets_dynamics",
    can: Capabilities {
        note_customer: false,
        withdraw: Withdraw::Rewrite,
        solved: &["Problem Solved", "Information Provided", "Cancelled", "Merged"],
        waiting: &["Waiting for Details"],
        ..CAN
    },
    settles: Span::seconds(30),
    note_bytes_max: 90_000,
    lists_changes: false,
    mails_apart: true,
};
const DIALECT: Dialect = Dialect { name: "Dynamics 365", said, means: as_it_says, by_ticket: false };
/// What is asked of each case.
const SELECT: &str =
    "incidentid,ticketnumber,title,statecode,statuscode,createdon,modifiedon,resolveby,_ownerid_value";
/// What is asked beside it: into which it was merged, and when the last note was written.
const EXPAND: &str =
    "masterid($select=ticketnumber),Incident_Annotation($select=createdon;$orderby=createdon desc;$top=1)";
/// And when a letter last changed.
const LETTERS: &str = ",Incident_Emails($select=modifiedon;$orderby=modifiedon desc;$top=1)";
/// The right that reading letters takes, as a refusal names it.
const READS_LETTERS: &str = "prvReadActivity";
/// The reasons of a letter's status that mean that it left or arrived: completed, sent, received.
const EXCHANGED: &str = "(statuscode eq 2 or statuscode eq 3 or statuscode eq 4)";
/// Where names stand beside ids.
const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";

/// One Dynamics 365.
pub(super) struct Dynamics {
    set: Set,
    base: Url,
    config: DynamicsConfig,
    /// The role may not read letters.
    without_letters: Without,
}

impl Dynamics {
    /// A Dynamics 365 after the settings.
    pub fn new(
        place: Placed,
        config: &DynamicsConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("dynamics.url: {e}"))?;
        let login = Url::parse(&config.login_url).map_err(|e| format!("dynamics.login_url: {e}"))?;
        let secret = config.client_secret.as_ref().ok_or("dynamics: it needs a client_secret")?;
        let scope = format!("{}/.default", config.url.trim_end_matches('/'));
        let token = below(&login, &[&config.tenant, "oauth2", "v2.0", "token"]);
        let grant = grant(token, &config.client_id, secret, Some(&scope));
        let data = below(&base, &["api", "data", "v9.2"]);
        let line = Line::new(DIALECT, data, Door::Grant(Box::new(grant)), http, clock);
        let set = Set::new(&ABOUT, place, line, config.every_seconds);
        Ok(Self { set, base, config: config.clone(), without_letters: Without::unknown() })
    }

    async fn rows(
        &self,
        table: &str,
        query: &[(&str, &str)],
        within: Option<Span>,
    ) -> Result<Vec<Value>, Failed> {
        let call =
            preferring(Call::get(self.set.line.url(&[table], query)), "odata.include-annotations=\"*\"");
        let found = self.set.line.ask(within.map_or(call.clone(), |limit| call.within(limit))).await?;
        Ok(list(&found, "value")?.to_vec())
    }

    async fn cases(&self, filter: &str) -> Result<Vec<Value>, Failed> {
        let with = format!("{EXPAND}{LETTERS}");
        let asked = |expand| {
            [
                ("$select", SELECT),
                ("$expand", expand),
                ("$filter", filter),
                ("$orderby", "modifiedon desc"),
                ("$top", "100"),
            ]
        };
        match self.with_letters("incidents", &asked(with.as_str())).await? {
            Some(found) => Ok(found),
            None => self.rows("incidents", &asked(EXPAND), None).await,
        }
    }

    /// Asks for what the role may not let us read; nothing where it does not. It may read all else.
    async fn with_letters(&self, table: &str, query: &[(&str, &str)]) -> Result<Option<Vec<Value>>, Failed> {
        if self.without_letters.stands(self.set.line.now()) {
            return Ok(None);
        }
        match self.rows(table, query, None).await {
            Ok(found) => Ok(Some(found)),
            Err(Failed::Call(CallError::Status { code: 403, start, .. }))
                if start.contains(READS_LETTERS) =>
            {
                self.without_letters.said(self.set.line.now());
                Ok(None)
            }
            Err(failed) => Err(failed),
        }
    }

    /// The id of a case by its number.
    async fn id_of(&self, name: &str, within: Option<Span>) -> Result<Option<String>, Failed> {
        let filter = format!("ticketnumber eq {}", quoted(name));
        let asked = [("$select", "incidentid"), ("$filter", filter.as_str()), ("$top", "1")];
        Ok(self.rows("incidents", &asked, within).await?.first().and_then(|b| number(&b["incidentid"])))
    }

    /// The letters of a case that have left or arrived.
    async fn letters(&self, id: &str) -> Result<Vec<Entry>, Failed> {
        let filter = format!("_regardingobjectid_value eq {id} and {EXCHANGED}");
        let asked = [
            ("$select", "activityid,description,createdon,senton,directioncode,sender,_createdby_value"),
            ("$filter", filter.as_str()),
            ("$orderby", "createdon desc"),
            ("$top", "200"),
        ];
        let found = self.with_letters("emails", &asked).await?.unwrap_or_default();
        Ok(found.iter().filter_map(letter).collect())
    }

    /// The statuses of cases: what people call each, of which state it is, its number.
    async fn statuses(&self) -> Result<Vec<(String, i64, i64)>, Failed> {
        let path = [
            "EntityDefinitions(LogicalName='incident')",
            "Attributes(LogicalName='statuscode')",
            "Microsoft.Dynamics.CRM.StatusAttributeMetadata",
        ];
        let asked = [("$select", "LogicalName"), ("$expand", "OptionSet($select=Options)")];
        let found = self.set.line.ask(Call::get(self.set.line.url(&path, &asked)).within(ASIDE_MAX)).await?;
        let one = |o: &Value| {
            Some((
                word(&o["Label"]["UserLocalizedLabel"]["Label"], 120),
                o["State"].as_i64()?,
                o["Value"].as_i64()?,
            ))
        };
        Ok(list(&found["OptionSet"], "Options")?.iter().filter_map(one).collect())
    }

    fn got(&self, body: &Value) -> Option<Got> {
        let state = match body["statecode"].as_i64()? {
            0 => TicketState::Open,
            _ => TicketState::Solved,
        };
        let named = |key: &str| word(&body[format!("{key}@{FORMATTED}")], 120);
        let noted = time(&body["Incident_Annotation"][0]["createdon"])
            .max(time(&body["Incident_Emails"][0]["modifiedon"]));
        let mut url = below(&self.base, &["main.aspx"]);
        url.query_pairs_mut().extend_pairs([
            ("etn", "incident"),
            ("pagetype", "entityrecord"),
            ("id", body["incidentid"].as_str()?),
        ]);
        let ticket = Ticket {
            id: number(&body["ticketnumber"])?,
            subject: word(&body["title"], 300),
            state,
            status: named("statuscode"),
            owner: named("_ownerid_value"),
            queue: String::new(),
            opened_at: time(&body["createdon"]),
            changed_at: time(&body["modifiedon"]).max(noted),
            due_at: time(&body["resolveby"]),
            url: url.into(),
        };
        let merge = number(&body["masterid"]["ticketnumber"]).map_or(Merge::No, Merge::Into);
        Some(Got { ticket, merge })
    }
}

/// A letter as an entry. It counts from when it was sent, where it was written earlier.
fn letter(m: &Value) -> Option<Entry> {
    let is_incoming = m["directioncode"] != true;
    let body = m["description"].as_str().unwrap_or_default();
    let text = if body.trim_start().starts_with('<') { html::to_text(body) } else { body.to_owned() };
    let (sender, writer) = (word(&m["sender"], 120), word(&m[format!("_createdby_value@{FORMATTED}")], 120));
    Some(Entry {
        id: number(&m["activityid"])?,
        at: time(&m["createdon"]).max(time(&m["senton"])),
        // What arrives is entered by the system itself.
        by: if is_incoming || writer.is_empty() { sender } else { writer },
        public: true,
        text: mailed(&text, is_incoming)?,
    })
}

fn preferring(call: Call, what: &'static str) -> Call {
    call.header(HeaderName::from_static("prefer"), HeaderValue::from_static(what))
}

/// A text as it stands between quotation marks in a filter.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", plain.replace('\'', "''"))
}

#[async_trait]
impl Desk for Dynamics {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        // Numbers follow the organisation's own pattern.
        (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let mut parts: Vec<String> = Vec::new();
        for term in terms {
            let text = quoted(&term.text);
            let of = |field: &str| format!("{field} eq {text}");
            match term.kind {
                Given::Ticket if self.is_number(&term.text) => parts.push(of("ticketnumber")),
                Given::Ticket => {}
                Given::Email => {
                    parts.extend(
                        ["customerid_contact/emailaddress1", "customerid_account/emailaddress1"].map(of),
                    );
                }
                Given::Phone => {
                    parts.extend(["customerid_contact/telephone1", "customerid_contact/mobilephone"].map(of));
                    parts.extend(self.config.fields.phones.iter().map(|f| of(f)));
                }
                Given::Reference => parts.extend(self.config.fields.references.iter().map(|f| of(f))),
            }
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.cases(&parts.join(" or ")).await?;
        Ok(found
            .iter()
            .filter_map(|b| self.got(b))
            .filter(|g| g.merge == Merge::No)
            .map(|g| g.ticket)
            .collect())
    }

    async fn one(&self, id: &str) -> Result<At, Failed> {
        match self.cases(&format!("ticketnumber eq {}", quoted(id))).await?.first() {
            Some(body) => self.got(body).map(At::is).ok_or(Failed::Unreadable),
            None => Ok(At::Hidden),
        }
    }

    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        let parts: Vec<String> =
            watched.iter().map(|w| format!("ticketnumber eq {}", quoted(&w.id))).collect();
        let found = self.cases(&parts.join(" or ")).await?;
        Ok(found.iter().filter_map(|b| self.got(b)).map(|g| (g.ticket.id.clone(), At::is(g))).collect())
    }

    async fn entries(&self, ticket: &str, _want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let Some(id) = self.id_of(ticket, None).await? else { return Ok(Vec::new()) };
        let filter = format!("_objectid_value eq {id}");
        let asked = [
            ("$select", "annotationid,subject,notetext,createdon,_createdby_value"),
            ("$filter", filter.as_str()),
            ("$orderby", "createdon desc"),
            ("$top", "200"),
        ];
        let one = |a: &Value| {
            let text = a["notetext"].as_str().unwrap_or_default();
            Some(Entry {
                id: number(&a["annotationid"])?,
                at: time(&a["createdon"]),
                by: word(&a[format!("_createdby_value@{FORMATTED}")], 120),
                public: false,
                // Notes typed in the new editor are HTML; ours are as we wrote them.
                text: if text.trim_start().starts_with('<') { html::to_text(text) } else { text.to_owned() },
            })
        };
        let notes = self.rows("annotations", &asked, None).await?.iter().filter_map(one).collect();
        Ok(woven(notes, self.letters(&id).await?))
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let mut body = json!({ "title": new.subject, "description": new.text });
        let kind = if self.config.customer.starts_with("contacts") { "contact" } else { "account" };
        body[format!("customerid_{kind}@odata.bind")] = json!(format!("/{}", self.config.customer));
        body[&self.config.fields.key] = json!(new.action_id);
        for (field, value) in self.config.fields.of(new) {
            body[field] = json!(value);
        }
        let call =
            preferring(self.set.line.call(Method::POST, &["incidents"], &body), "return=representation");
        match self.set.line.change(call).await {
            Ok(answer) => made(number(&answer["ticketnumber"])),
            Err(outcome) => outcome,
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let id = match self.id_of(writing.ticket, Some(ASIDE_MAX)).await {
            Ok(Some(id)) => id,
            Ok(None) => return Outcome::Refused { reason: "Dynamics 365 shows us no such case".to_owned() },
            Err(failed) => return self.set.line.unsent(&failed),
        };
        let mut body = json!({ "subject": "Webcare", "notetext": writing.text });
        body["objectid_incident@odata.bind"] = json!(format!("/incidents({id})"));
        let call =
            preferring(self.set.line.call(Method::POST, &["annotations"], &body), "return=representation");
        match self.set.line.change(call).await {
            Ok(answer) => written(number(&answer["annotationid"])),
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        let reached =
            async { Ok::<_, Failed>((self.id_of(ticket, Some(ASIDE_MAX)).await?, self.statuses().await?)) };
        let (id, statuses) = match reached.await {
            Ok((Some(id), statuses)) => (id, statuses),
            Ok((None, _)) => {
                return Outcome::Refused { reason: "Dynamics 365 shows us no such case".to_owned() };
            }
            Err(failed) => return self.set.line.unsent(&failed),
        };
        let Some((_, state, value)) = statuses.iter().find(|s| is_same(&s.0, status)) else {
            let names: Vec<&str> = statuses.iter().map(|s| s.0.as_str()).collect();
            let reason = format!("no status '{}'; there are: {}", shortened(status, 60), names.join(", "));
            return Outcome::Refused { reason };
        };
        // A case is resolved by an action of its own; all else is a change of the row.
        let call = if *state == 1 {
            let mut body =
                json!({ "IncidentResolution": { "subject": "Resolved by webcare" }, "Status": value });
            body["IncidentResolution"]["incidentid@odata.bind"] = json!(format!("/incidents({id})"));
            self.set.line.call(Method::POST, &["CloseIncident"], &body)
        } else {
            let body = json!({ "statecode": state, "statuscode": value });
            self.set.line.call(Method::PATCH, &[&format!("incidents({id})")], &body)
        };
        turned(self.set.line.change(call).await)
    }

    async fn anew(&self, anew: &Anew<'_>) -> Outcome {
        let path = format!("annotations({})", anew.note);
        let call = self.set.line.call(Method::PATCH, &[&path], &json!({ "notetext": anew.text }));
        match self.set.line.change(call).await {
            Ok(_) => written(Some(anew.note.to_owned())),
            Err(outcome) => outcome,
        }
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let found = self.cases(&format!("{} eq {}", self.config.fields.key, quoted(action_id))).await?;
        Ok(match found.iter().find_map(|b| self.got(b)) {
            Some(got) => Holder::Ticket(got.ticket.id, got.ticket.opened_at),
            None => Holder::Nobody,
        })
    }
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/error/message"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_cannot_be_broken_out_of() {
        assert_eq!(quoted("x' or title ne '"), "'x'' or title ne '''");
    }
}
