//! Alerts by mail. The Message-ID is the same at every attempt, so that programs show a repeat once.

use super::channel::Channel;
use super::config::EmailConfig;
use super::notice::Notice;
use crate::domain::delivery::Outcome;
use crate::domain::exam::Exam;
use crate::mailing::{Mail, Mailer};
use async_trait::async_trait;

/// Tells people by mail.
pub struct Email {
    mailer: Mailer,
    to: Vec<String>,
}

impl Email {
    /// After the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(config: &EmailConfig) -> Result<Self, String> {
        Ok(Self { mailer: Mailer::new(&config.smtp, &config.from)?, to: config.to.clone() })
    }
}

#[async_trait]
impl Channel for Email {
    async fn send(&self, notice: &Notice) -> Outcome {
        let mail = Mail {
            key: notice.key.clone(),
            to: self.to.clone(),
            subject: notice.title.clone(),
            text: notice.text(),
            html: String::new(),
        };
        self.mailer.send(&mail, notice.at).await
    }

    async fn examine(&self) -> Vec<Exam> {
        let advice = "Is the server of smtp right, and its log-in?";
        vec![match self.mailer.knock().await {
            Ok(found) => Exam::good("log in", found),
            Err(why) => Exam::bad("log in", why, advice),
        }]
    }
}
