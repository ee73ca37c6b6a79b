//! `webcared token`: by which tokens programs come in.
//!
//! With a daemon on the data folder the request goes through its socket; without one this command
//! takes the lock and does it itself.

use super::args::{Global, TokenCommand};
use super::exit::{Exit, Failure};
use super::user::{ask, print};
use crate::app;
use crate::control::{Request, TokenRequest};
use crate::settings;

/// Carries out one request and prints what came of it.
pub fn run(global: &Global, command: &TokenCommand) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let request = match command.clone() {
        TokenCommand::Add { name, scopes, brands, person, days } => {
            TokenRequest::Add { name, person, scopes, brands, days }
        }
        TokenCommand::List => TokenRequest::List,
        TokenCommand::Revoke { id } => TokenRequest::Revoke { id },
    };
    super::runtime()?.block_on(async {
        let answer = if let Some(stream) = super::daemon(&settings).await {
            ask(stream, &Request::Token(request)).await?
        } else {
            let parts = app::parts(&settings).await?;
            let answer = parts.control().token(&request).await;
            parts.close().await;
            answer
        };
        print(&answer)
    })
}
