//! Trying a page once: its token, what it may, what is delivered to us, how much is used, and how long we may write.

use super::{Facebook, KIND};
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::Examine;
use crate::sources::meta::graph::Share;
use crate::sources::meta::read::{field, id_in};
use crate::sources::meta::trials::{self, Scope, delivered};
use async_trait::async_trait;

const WITHIN: Span = Span::seconds(6);
const ADVICE: &str =
    "Make a long-lived token of the page anew, by somebody who manages it and with all rights.";
/// What the token must be allowed, and what for.
const SCOPES: [Scope; 6] = [
    ("pages_read_engagement", "to read the page's posts", false),
    ("pages_read_user_content", "to read comments and posts of others", false),
    ("pages_manage_engagement", "to answer, hide and remove", false),
    ("pages_manage_metadata", "to have deliveries made", false),
    ("pages_show_list", "to be found among the pages", false),
    ("pages_messaging", "to write in private", true),
];
/// What must be delivered, and whether only for private messages.
const FIELDS: [(&str, bool); 4] =
    [("feed", false), ("mention", false), ("messages", true), ("message_echoes", true)];

#[async_trait]
impl Examine for Facebook {
    async fn examine(&self) -> Vec<Exam> {
        let query = [("fields", "id,name")];
        let me = self.graph.get(Share::Answering, &["me"], &query, WITHIN).await;
        let mut exams = match me {
            Err(failed) => return vec![self.graph.trouble(&failed).exam("log in", ADVICE)],
            Ok(me) if id_in(&me, "id").is_some_and(|id| id == self.page) => {
                vec![Exam::good("log in", format!("the page '{}'", field(&me, "name").unwrap_or(&self.page)))]
            }
            Ok(me) => {
                let says = format!(
                    "the token is of {}, not of the page {}",
                    id_in(&me, "id").unwrap_or_default(),
                    self.page
                );
                return vec![Exam::bad(
                    "log in",
                    says,
                    "A token of the page itself is needed, not of a person.",
                )];
            }
        };
        exams.push(self.graph.rights("Facebook", &SCOPES, self.messages, ADVICE).await);
        exams.push(self.deliveries().await);
        exams.push(self.graph.usage_exam("Facebook"));
        exams.push(trials::windows(KIND, self.messages, self.human_agent));
        exams
    }
}

impl Facebook {
    async fn deliveries(&self) -> Exam {
        if self.secrets.is_empty() {
            let says = "no app_secret is given: what is said is only heard by looking";
            return Exam::mind("deliveries", says, "Deliveries make it quicker; see the help, Facebook.");
        }
        let path = [self.page.as_str(), "subscribed_apps"];
        let told = match self.graph.get(Share::Answering, &path, &[], WITHIN).await {
            Ok(told) => told,
            Err(failed) => return self.graph.trouble(&failed).exam("deliveries", ADVICE),
        };
        let (fields, lacks) = delivered(&told, &FIELDS, self.messages);
        if lacks.is_empty() {
            return Exam::good("deliveries", fields.join(", "));
        }
        let advice = format!(
            "POST /{}/subscribed_apps?subscribed_fields=… with all of them; see the help, Facebook.",
            self.page
        );
        Exam::bad("deliveries", format!("the page delivers no {}", lacks.join(", ")), advice)
    }
}
