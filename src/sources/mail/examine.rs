//! Trying a mailbox once: the log-in for reading, each folder, the log-in for sending. Nothing is sent.

use super::Mail;
use crate::domain::exam::Exam;
use crate::sources::Examine;
use async_trait::async_trait;

const LOG_IN: &str = "Are user and password right, and does the server let programs in by password? Some want an app \
                      password, or a token.";

#[async_trait]
impl Examine for Mail {
    fn is_all(&self) -> bool {
        true
    }

    async fn examine(&self) -> Vec<Exam> {
        let mut exams = self.reading().await;
        exams.push(match &self.outlet {
            None => {
                Exam::mind("send", "no [source.mail.smtp]: mails are read only", "Give it one to answer.")
            }
            Some(outlet) => match outlet.knock().await {
                Ok(found) => Exam::good("send", found),
                Err(why) => Exam::bad("send", why, LOG_IN),
            },
        });
        exams
    }
}

impl Mail {
    async fn reading(&self) -> Vec<Exam> {
        let mut line = match self.mailbox.open().await {
            Ok(line) => line,
            Err(trouble) => return vec![trouble.exam("log in", LOG_IN)],
        };
        let tells = if line.idles { "tells of new mail at once" } else { "is asked again and again" };
        let mut exams = vec![Exam::good("log in", format!("{}; it {tells}", self.mailbox.host()))];
        for folder in self.folders.iter().chain(&self.sent_folder).chain(&self.sweep_folders) {
            let what = format!("folder {folder}");
            exams.push(match line.examine(folder).await {
                Ok(_) => Exam::good(what, "it is there"),
                Err(trouble) => trouble.exam(what, "Is the folder's name right?"),
            });
        }
        exams
    }
}
