//! `webcared user`: who may log in.
//!
//! With a daemon on the data folder the request goes through its socket; without one this command
//! takes the lock and does it itself.

use super::args::{Global, UserCommand};
use super::exit::{Exit, Failure};
use crate::app;
use crate::control::{Answer, Request, UserRequest};
use crate::settings::{self, Settings};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// Carries out one request and prints what came of it.
pub fn run(global: &Global, command: &UserCommand) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let request = match command.clone() {
        UserCommand::Add { login, name, role, queues, brands } => {
            UserRequest::Add { name: name.unwrap_or_else(|| login.clone()), login, role, queues, brands }
        }
        UserCommand::Role { login, role } => UserRequest::Role { login, role },
        UserCommand::Brands { login, brands } => UserRequest::Brands { login, brands },
        UserCommand::Queues { login, queues } => UserRequest::Queues { login, queues },
        UserCommand::List => UserRequest::List,
        UserCommand::Disable { login } => UserRequest::Disable { login },
        UserCommand::ResetFactors { login } => UserRequest::ResetFactors { login },
        UserCommand::Untie { login } => UserRequest::Untie { login },
        UserCommand::Link { login } => UserRequest::Link { login },
    };
    super::runtime()?.block_on(async {
        let answer = if let Some(stream) = super::daemon(&settings).await {
            ask(stream, &Request::User(request)).await?
        } else {
            let parts = app::parts(&settings).await?;
            let answer = parts.control().user(&request).await;
            parts.close().await;
            match answer {
                Answer::Error(error) => Answer::Error(format!("{error}{}", looked_in(&settings))),
                answer => answer,
            }
        };
        print(&answer)
    })
}

/// Where it was looked, for whoever meant another folder.
fn looked_in(settings: &Settings) -> String {
    if settings.database.url.is_some() {
        return String::new();
    }
    let folder = settings.data.display();
    format!(" (looked in the data folder {folder}, on which no daemon runs; --data or --config name another)")
}

/// Prints what came of a request.
pub fn print(answer: &Answer) -> Result<Exit, Failure> {
    match answer {
        Answer::Said(lines) | Answer::Planned { lines, .. } => {
            let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
            super::print(&text)?;
            Ok(Exit::Done)
        }
        Answer::Error(error) => Err(Failure::Other(anyhow::anyhow!("{error}"))),
        Answer::Progress(_) | Answer::Replayed(_) => {
            Err(Failure::Other(anyhow::anyhow!("the daemon answered something else")))
        }
    }
}

/// Asks the running daemon.
pub async fn ask(stream: UnixStream, request: &Request) -> anyhow::Result<Answer> {
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    let mut answer = String::new();
    if BufReader::new(read).read_line(&mut answer).await? == 0 {
        anyhow::bail!("the daemon stopped before it answered; look whether it was done, else ask again");
    }
    Ok(serde_json::from_str(&answer)?)
}
