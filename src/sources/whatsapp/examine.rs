//! Trying numbers once: whether the token is taken, whether each number is registered and in good standing, whether the
//! app hears of what is said, whether the templates of the settings are approved as they stand there.

use super::{Failed, Whatsapp};
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::Examine;
use async_trait::async_trait;
use http::Method;
use serde_json::Value;

const WITHIN: Span = Span::seconds(6);
const ADVICE: &str =
    "Make a token of a system user with whatsapp_business_messaging and whatsapp_business_management.";
const TEMPLATES_MAX: &str = "250";

impl Whatsapp {
    async fn ask(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failed> {
        self.call((Method::GET, path), query, None, WITHIN).await
    }

    async fn numbers_stand(&self) -> Vec<Exam> {
        let mut exams = Vec::new();
        let query = [("fields", "display_phone_number,verified_name,quality_rating,status,platform_type")];
        for number in &self.numbers {
            let what = format!("number {}", number.id);
            exams.push(match self.ask(&[number.id.as_str()], &query).await {
                Ok(told) => stands(what, &number.digits(), &told),
                Err(failed) => self.trouble(&failed).exam(what, ADVICE),
            });
        }
        exams
    }

    async fn is_subscribed(&self) -> Exam {
        match self.ask(&[self.account.as_str(), "subscribed_apps"], &[]).await {
            Ok(told) if told["data"].as_array().is_some_and(|apps| !apps.is_empty()) => {
                Exam::good("webhook", "an app hears of what is said to the account")
            }
            Ok(_) => Exam::bad(
                "webhook",
                "no app is subscribed to the account: nothing would be delivered",
                "POST /ACCOUNT/subscribed_apps with this token, or subscribe the app in its dashboard.",
            ),
            Err(failed) => self.trouble(&failed).exam("webhook", ADVICE),
        }
    }

    async fn templates_stand(&self) -> Vec<Exam> {
        if self.templates.is_empty() {
            let advice = "Have one approved, and put it into the settings, to write to who wrote longer ago.";
            return vec![Exam::mind("templates", "none: nothing can be said after the window", advice)];
        }
        let query = [("fields", "name,language,status,category,components"), ("limit", TEMPLATES_MAX)];
        let told = match self.ask(&[self.account.as_str(), "message_templates"], &query).await {
            Ok(told) => told,
            Err(failed) => return vec![self.trouble(&failed).exam("templates", ADVICE)],
        };
        let there = told["data"].as_array().map_or(&[][..], Vec::as_slice);
        self.templates
            .iter()
            .map(|t| {
                let what = format!("template {} ({})", t.name, t.language);
                let found = there
                    .iter()
                    .find(|f| f["name"] == t.name.as_str() && f["language"] == t.language.as_str());
                let Some(found) = found else {
                    let advice = "Its name and language must be those that the platform shows.";
                    return Exam::bad(what, "the platform knows none of that name in that language", advice);
                };
                approved(what, t.text.as_str(), t.category.code(), found)
            })
            .collect()
    }
}

fn stands(what: String, digits: &str, told: &Value) -> Exam {
    let shown = told["display_phone_number"].as_str().unwrap_or_default();
    let theirs: String = shown.chars().filter(char::is_ascii_digit).collect();
    if !theirs.is_empty() && theirs != digits {
        let found = format!("it is {shown}, and not +{digits}");
        return Exam::bad(
            what,
            found,
            "Put the number of that id into the settings, or the id of that number.",
        );
    }
    let name = told["verified_name"].as_str().unwrap_or_default();
    let quality = told["quality_rating"].as_str().unwrap_or("UNKNOWN").to_lowercase();
    let status = told["status"].as_str().unwrap_or("CONNECTED");
    if status != "CONNECTED" {
        let found = format!("{shown} '{name}' is {}", status.to_lowercase());
        return Exam::bad(what, found, "Register the number in WhatsApp Manager (a PIN is asked for).");
    }
    let found = format!("{shown} '{name}', registered, quality {quality}");
    if matches!(quality.as_str(), "red" | "yellow") {
        let advice = "Customers block or report it: the platform lowers how much may be sent, and stops it in the end.";
        return Exam::mind(what, found, advice);
    }
    Exam::good(what, found)
}

fn approved(what: String, text: &str, category: &str, told: &Value) -> Exam {
    let status = told["status"].as_str().unwrap_or_default();
    if status != "APPROVED" {
        let advice = "Wait for the approval, or change it in WhatsApp Manager.";
        return Exam::bad(what, format!("it is {}", status.to_lowercase()), advice);
    }
    let parts = told["components"].as_array().into_iter().flatten();
    let body = parts.filter(|c| c["type"] == "BODY").find_map(|c| c["text"].as_str());
    if body.is_some_and(|b| b.trim() != text) {
        let advice = "Copy its words from WhatsApp Manager to the letter.";
        return Exam::bad(what, "its words there are others than in the settings", advice);
    }
    let theirs = told["category"].as_str().unwrap_or_default().to_lowercase();
    if !theirs.is_empty() && theirs != category {
        let found = format!("approved, but as {theirs}, and the settings say {category}");
        return Exam::mind(what, found, "Put the category right, or it is counted by another price.");
    }
    Exam::good(what, "approved")
}

#[async_trait]
impl Examine for Whatsapp {
    fn is_all(&self) -> bool {
        true
    }

    async fn examine(&self) -> Vec<Exam> {
        let mut exams = match self.ask(&[self.account.as_str()], &[("fields", "id,name")]).await {
            Ok(told) => {
                let name = told["name"].as_str().unwrap_or_default();
                vec![Exam::good("token", format!("the account '{name}'"))]
            }
            Err(failed) => return vec![self.trouble(&failed).exam("token", ADVICE)],
        };
        exams.extend(self.numbers_stand().await);
        exams.push(self.is_subscribed().await);
        exams.extend(self.templates_stand().await);
        let found = "24 hours after the customer's last message, then approved templates";
        exams.push(Exam::good("window", found));
        exams
    }
}
