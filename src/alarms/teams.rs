//! Alerts in Microsoft Teams: an adaptive card by a workflow's webhook ('When a Teams webhook request is received').

use super::channel::{Channel, failed, post, reaches, secret_url};
use super::config::TeamsConfig;
use super::notice::Notice;
use crate::domain::delivery::Outcome;
use crate::domain::exam::Exam;
use crate::http_client::HttpClient;
use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

/// Teams takes messages of up to 28 KB; so many cases always fit.
const LISTED_MAX: usize = 30;

/// Tells a channel of Teams.
pub struct Teams {
    http: HttpClient,
    url: Url,
}

impl Teams {
    /// After the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(config: &TeamsConfig, http: &HttpClient) -> Result<Self, String> {
        Ok(Self { http: http.clone(), url: secret_url(config.url.as_ref())? })
    }
}

/// Text that is no markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '[' | ']' | '(' | ')' | '`' | '#' | '<' | '>') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The card.
fn card(notice: &Notice) -> Value {
    let lang = notice.lang;
    let block = |text: String| json!({ "type": "TextBlock", "text": text, "wrap": true });
    let mut title = block(escape(&notice.title));
    title["weight"] = json!("Bolder");
    title["size"] = json!("Medium");
    let mut body = vec![title];
    // A block for each line: within one Teams shows them as one paragraph. What the title says is not said twice.
    let lines = notice.words.lines().filter(|line| !line.trim().is_empty() && *line != notice.title);
    body.extend(lines.take(LISTED_MAX).map(|line| block(escape(line))));
    for item in notice.items.iter().take(LISTED_MAX) {
        let url = item.url.replace(['(', ')', ' '], "");
        body.push(block(format!("[{}]({url}) {}", lang.link_word(), escape(&item.line()))));
    }
    if let Some(more) = notice.items.len().checked_sub(LISTED_MAX).filter(|n| *n > 0) {
        body.push(block(lang.more_in_the_console(more)));
    }
    let actions: Vec<Value> = match notice.items.as_slice() {
        [one] => vec![json!({ "type": "Action.OpenUrl", "title": lang.open_the_case(), "url": one.url })],
        _ => Vec::new(),
    };
    let content = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "body": body, "actions": actions,
    });
    json!({ "type": "message", "attachments": [
        { "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": content } ] })
}

#[async_trait]
impl Channel for Teams {
    async fn send(&self, notice: &Notice) -> Outcome {
        match self.http.send(post(&self.url, &card(notice))).await {
            Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
            Err(error) => failed(error, false),
        }
    }

    async fn examine(&self) -> Vec<Exam> {
        reaches(&self.http, &self.url).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::texts::Lang;
    use crate::domain::time::Timestamp;

    #[test]
    fn words_stand_line_by_line_below_the_title() {
        let notice = Notice {
            key: "k".to_owned(),
            title: "Nobody is on duty".to_owned(),
            words: "Nobody is on duty\n3 cases are due\n\n*now*".to_owned(),
            items: Vec::new(),
            at: Timestamp(1),
            lang: Lang::En,
            rings: true,
        };
        let card = card(&notice);
        let body = card["attachments"][0]["content"]["body"].as_array().unwrap();
        let texts: Vec<&str> = body.iter().filter_map(|b| b["text"].as_str()).collect();
        assert_eq!(texts, ["Nobody is on duty", "3 cases are due", "\\*now\\*"]);
    }
}
