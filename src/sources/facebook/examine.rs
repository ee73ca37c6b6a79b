//! Trying a page once: its token, what it may, what is delivered to us, how much is used, and how long we may write.

use super::{Facebook, KIND};
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::meta::graph::Share;
use crate::sources::meta::read::{field, id_in, list};
use crate::sources::{Examine, Private};
use async_trait::async_trait;

const WITHIN: Span = Span::seconds(6);
const ADVICE: &str =
    "Make a long-lived token of the page anew, by somebody who manages it and with all rights.";
/// What the token must be allowed, and what for.
const SCOPES: [(&str, &str, bool); 6] = [
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
        exams.push(self.rights().await);
        exams.push(self.deliveries().await);
        exams.push(match self.graph.used() {
            used @ 80.. => Exam::mind(
                "usage",
                format!("{used} % of what Facebook allows is used: looks are slowed down"),
                "Look less often; deliveries bring things without calls.",
            ),
            used => Exam::good("usage", format!("{used} % of what Facebook allows is used")),
        });
        exams.push(self.windows());
        exams
    }
}

impl Facebook {
    async fn rights(&self) -> Exam {
        let told = match self.graph.get(Share::Answering, &["me", "permissions"], &[], WITHIN).await {
            Ok(told) => told,
            Err(failed) => return self.graph.trouble(&failed).exam("rights", ADVICE),
        };
        let given: Vec<&str> = list(&told["data"])
            .filter(|p| field(p, "status") == Some("granted"))
            .filter_map(|p| field(p, "permission"))
            .collect();
        if given.is_empty() {
            let advice =
                "A system user's token may not tell; what is refused is told on the page of sources.";
            return Exam::mind("rights", "Facebook does not tell them for this token", advice);
        }
        let lacks: Vec<String> = SCOPES
            .iter()
            .filter(|(scope, _, private)| (self.messages || !private) && !given.contains(scope))
            .map(|(scope, why, _)| format!("{scope} ({why})"))
            .collect();
        if lacks.is_empty() {
            Exam::good("rights", given.join(", "))
        } else {
            Exam::bad("rights", format!("lacks {}", lacks.join(", ")), ADVICE)
        }
    }

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
        let fields: Vec<&str> = list(&told["data"])
            .flat_map(|app| list(&app["subscribed_fields"]))
            .filter_map(|f| f.as_str().or_else(|| field(f, "name")))
            .collect();
        let wanted = FIELDS.iter().filter(|(_, private)| self.messages || !private);
        let lacks: Vec<&str> = wanted.map(|(name, _)| *name).filter(|name| !fields.contains(name)).collect();
        if lacks.is_empty() {
            return Exam::good("deliveries", fields.join(", "));
        }
        let advice = format!(
            "POST /{}/subscribed_apps?subscribed_fields=… with all of them; see the help, Facebook.",
            self.page
        );
        Exam::bad("deliveries", format!("the page delivers no {}", lacks.join(", ")), advice)
    }

    fn windows(&self) -> Exam {
        let Some(rule) = self.window().filter(|_| self.messages) else {
            return Exam::mind(
                "windows",
                "private messages are switched off",
                "Customers are moved by a link of the brand.",
            );
        };
        match rule.by_hand {
            Some(_) => Exam::good(
                "windows",
                "24 hours after the customer's last message, 7 days for what a person writes",
            ),
            None => Exam::good(
                "windows",
                format!("24 hours after the customer's last message on {KIND}; human_agent is off"),
            ),
        }
    }
}
