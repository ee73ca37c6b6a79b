//! Trying the bot once: whether its token is taken, what groups show it, and whether it is in its chats.

use super::bot::{Telegram, Trouble};
use super::config::TelegramConfig;
use crate::clock::Clock;
use crate::domain::exam::Exam;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Tries the bot of the settings; sends nothing and asks for no updates.
pub async fn examine(config: &TelegramConfig, clock: &Arc<dyn Clock>) -> Vec<Exam> {
    let Some(token) = &config.token else {
        return vec![Exam::bad("log in", "there is no token", "Ask @BotFather for one.")];
    };
    let bot = match Telegram::new(token, &config.api_url, clock.clone(), CancellationToken::new()) {
        Ok(bot) => bot,
        Err(why) => return vec![Exam::bad("log in", why, "Set chat.telegram.api_url right.")],
    };
    let me = match bot.me().await {
        Ok(me) => me,
        Err(trouble) => {
            return vec![failed("log in", &trouble, "Ask @BotFather for the bot's token.")];
        }
    };
    let name = me["username"].as_str().unwrap_or("a bot without a name");
    let mut exams = vec![Exam::good("log in", format!("@{name}"))];
    if me["can_read_all_group_messages"] == Value::Bool(true) {
        exams.push(Exam::mind(
            "privacy",
            "groups show it everything that is said",
            "It needs only what is meant for it: switch privacy mode on with @BotFather.",
        ));
    }
    let mut chats: BTreeMap<i64, &str> = config.leads.iter().map(|chat| (*chat, "leads")).collect();
    chats.extend(config.teams.iter().map(|team| (team.chat, "team")));
    if chats.is_empty() {
        exams.push(Exam::bad("chats", "nobody is told", "Name chats in chat.telegram.teams."));
    }
    for (chat, whose) in chats {
        exams.push(of_chat(&bot, chat, whose).await);
    }
    exams
}

async fn of_chat(bot: &Telegram, chat: i64, whose: &str) -> Exam {
    let what = format!("{whose} {chat}");
    match bot.chat(chat).await {
        Ok(told) => {
            let name = told["title"].as_str().or(told["first_name"].as_str()).unwrap_or("without a name");
            Exam::good(what, format!("{} '{name}'", told["type"].as_str().unwrap_or("chat")))
        }
        Err(Trouble::Moved(to)) => {
            Exam::mind(what, format!("the chat is {to} now"), "Write the new number into the settings.")
        }
        Err(trouble) => failed(&what, &trouble, "Is the number right, and the bot a member of the chat?"),
    }
}

/// `refused` is what to do where it was reached and said no.
fn failed(what: &str, trouble: &Trouble, refused: &str) -> Exam {
    let reach = "Is chat.telegram.api_url right, and may this machine reach it?";
    match trouble {
        Trouble::Later { why, .. } if why.contains("token") => Exam::bad(what, *why, refused),
        Trouble::Later { why, .. } | Trouble::Unknown(why) => Exam::bad(what, *why, reach),
        Trouble::Refused(why) => Exam::bad(what, why.clone(), refused),
        other => Exam::bad(what, format!("{other:?}"), refused),
    }
}
