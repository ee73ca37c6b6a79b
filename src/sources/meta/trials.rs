//! What a trial of a page and of an account asks alike: what the token may, how much is used, which fields are delivered,
//! and how long we may write.

use super::graph::{Graph, Share};
use super::letters::rule;
use super::looking::WITHIN;
use super::read::{field, list};
use crate::domain::exam::Exam;
use serde_json::Value;

/// A right, what it is for, and whether only for private messages.
pub type Scope = (&'static str, &'static str, bool);

/// From so many percent of what the platform allows on, looks are slowed down.
const SLOWED: u32 = 80;

impl Graph {
    /// Whether the token has these rights; `advice` says what to do where it has not.
    pub async fn rights(&self, platform: &str, wanted: &[Scope], messages: bool, advice: &str) -> Exam {
        let told = match self.get(Share::Answering, &["me", "permissions"], &[], WITHIN).await {
            Ok(told) => told,
            Err(failed) => return self.trouble(&failed).exam("rights", advice),
        };
        let given: Vec<&str> = list(&told["data"])
            .filter(|p| field(p, "status") == Some("granted"))
            .filter_map(|p| field(p, "permission"))
            .collect();
        if given.is_empty() {
            let advice =
                "A system user's token may not tell; what is refused is told on the page of sources.";
            return Exam::mind("rights", format!("{platform} does not tell them for this token"), advice);
        }
        let lacks: Vec<String> = wanted
            .iter()
            .filter(|(scope, _, private)| (messages || !private) && !given.contains(scope))
            .map(|(scope, why, _)| format!("{scope} ({why})"))
            .collect();
        if lacks.is_empty() {
            Exam::good("rights", given.join(", "))
        } else {
            Exam::bad("rights", format!("lacks {}", lacks.join(", ")), advice)
        }
    }

    /// How much is used of what the platform allows.
    pub fn usage_exam(&self, platform: &str) -> Exam {
        let used = self.used();
        let says = format!("{used} % of what {platform} allows is used");
        if used >= SLOWED {
            let advice = "Look less often; deliveries bring things without calls.";
            return Exam::mind("usage", format!("{says}: looks are slowed down"), advice);
        }
        Exam::good("usage", says)
    }
}

/// Which fields an app has delivered, and which of those wanted it has not.
pub fn delivered<'a>(
    told: &'a Value,
    wanted: &[(&'static str, bool)],
    messages: bool,
) -> (Vec<&'a str>, Vec<&'static str>) {
    let fields: Vec<&str> = list(&told["data"])
        .flat_map(|app| list(&app["subscribed_fields"]))
        .filter_map(|f| f.as_str().or_else(|| field(f, "name")))
        .collect();
    let wanted = wanted.iter().filter(|(_, private)| messages || !private);
    let lacks = wanted.map(|(name, _)| *name).filter(|name| !fields.contains(name)).collect();
    (fields, lacks)
}

/// How long we may write in private.
pub fn windows(platform: &str, messages: bool, human_agent: bool) -> Exam {
    if !messages {
        let advice = "Customers are moved by a link of the brand.";
        return Exam::mind("windows", "private messages are switched off", advice);
    }
    let says = if rule(human_agent).by_hand.is_some() {
        "24 hours after the customer's last message, 7 days for what a person writes".to_owned()
    } else {
        format!("24 hours after the customer's last message on {platform}; human_agent is off")
    };
    Exam::good("windows", says)
}
