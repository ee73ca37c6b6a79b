//! Everything that is kept about a person, as JSON Lines.

use super::finding::find;
use super::{Privacy, PrivacyError};
use crate::domain::audit::Entry;
use crate::store::{StoreError, about, attachment, audit, subject};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What the first line says that it is.
pub const FORMAT: &str = "webcared person";

/// The act under which an export of everything stands in the audit.
pub const EXPORT_OF_ALL: &str = "data.export";

impl Privacy {
    /// Writes everything about a person down: one JSON object a line, each with what it is in `line`. Files are in it as base 64.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where nobody is found.
    pub async fn export(&self, who: &str) -> Result<Vec<String>, PrivacyError> {
        let lines = self.lines_of(who).await?;
        let (entry, now) = (Entry::done(&self.caller, "person.export", ""), self.clock.now());
        let noted = self.db.write("writing down an export", move |tx| {
            Box::pin(async move { audit::append(tx, &entry, now).await })
        });
        noted.await?;
        Ok(lines)
    }

    /// Writes down that everything is exported.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note_export_of_all(&self) -> Result<(), PrivacyError> {
        let (entry, now) = (Entry::done(&self.caller, EXPORT_OF_ALL, ""), self.clock.now());
        let noted = self.db.write("writing down an export", move |tx| {
            Box::pin(async move { audit::append(tx, &entry, now).await })
        });
        Ok(noted.await?)
    }

    /// The lines of an export by reading alone, beside a daemon that has the database: what a command does stands in no audit then.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where nobody is found.
    pub async fn lines_of(&self, who: &str) -> Result<Vec<String>, PrivacyError> {
        let (who, catalogue, now) = (who.to_owned(), self.catalogue.get(), self.clock.now());
        let read = self.db.read("writing down what is kept about a person", move |tx| {
            Box::pin(async move {
                let found = find(tx, &catalogue, &who).await?;
                let head = json!({ "line": "head", "format": FORMAT, "version": 1, "at": now.rfc3339(),
                    "times": "milliseconds since 1970" });
                let mut out = vec![head.to_string()];
                let (accounts, cases, posts) = (found.account_ids(), found.case_ids(), found.post_ids());
                for (kind, lines) in subject::export(tx, &accounts, &cases, &posts, &found.answers).await? {
                    for line in lines {
                        let mut value: Value = serde_json::from_str(&line).map_err(|e| {
                            StoreError::Corrupt { what: "exporting a person", found: e.to_string() }
                        })?;
                        open(&mut value);
                        let digest = value["digest"]
                            .as_str()
                            .filter(|_| matches!(kind, "file" | "answer_file"))
                            .map(ToOwned::to_owned);
                        if let Some(digest) = digest {
                            value["base64"] = json!(STANDARD.encode(attachment::bytes(tx, &digest).await?));
                        }
                        value["line"] = json!(kind);
                        out.push(value.to_string());
                    }
                }
                let about = found.about_ids();
                for line in about::export(tx, &about).await? {
                    let mut value: Value = serde_json::from_str(&line).unwrap_or_default();
                    open(&mut value);
                    value["line"] = json!("customer");
                    out.push(value.to_string());
                }
                let promised = about::promised(tx, &about).await?.into_iter().map(|p| ("promised", p));
                let contacts = about::said(tx, &about).await?.into_iter().map(|c| ("contact", c));
                for (line, (id, body)) in promised.chain(contacts) {
                    let mut value = json!({ "line": line, "id": id, "body": body });
                    open(&mut value);
                    out.push(value.to_string());
                }
                Ok(out)
            })
        });
        Ok(read.await?)
    }
}

/// What is kept as JSON in a text becomes JSON again.
fn open(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    for name in ["body", "reasons", "personal_data", "content"] {
        if let Some(Value::String(text)) = fields.get(name)
            && let Ok(inner) = serde_json::from_str::<Value>(text)
            && (inner.is_object() || inner.is_array())
        {
            fields.insert(name.to_owned(), inner);
        }
    }
}
