//! Calls to the Graph API of Threads in the name of one account, with the token that is good for now.

use super::tokens::Tokens;
use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed as Refusal, Graph, Share};
use crate::sources::{SourceTrouble, TroubleState};
use http::Method;
use serde_json::Value;
use std::sync::Arc;

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It was not made: there is no token.
    NoToken(SourceTrouble),
    /// It was not made: the searches of the day are used up until then.
    Searched(Timestamp),
    /// It failed as calls of the Graph API do.
    Graph(Refusal),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Graph(refusal)
    }
}

impl Failed {
    /// What the platform's error means; nothing where there was none.
    pub const fn meaning(&self) -> Option<GraphMeaning> {
        match self {
            Self::Graph(refusal) => refusal.meaning(),
            _ => None,
        }
    }

    /// Whether it certainly never left.
    pub const fn is_unsent(&self) -> bool {
        match self {
            Self::Graph(refusal) => refusal.is_unsent(),
            _ => true,
        }
    }

    /// Whether what was asked for is not there, or not for us.
    pub fn is_gone(&self) -> bool {
        self.meaning() == Some(GraphMeaning::Gone)
    }

    /// Whether the platform answered it, with a no.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Graph(Refusal::Refused { .. }))
    }

    /// In words for people.
    pub fn words(&self) -> String {
        match self {
            Self::NoToken(trouble) => trouble.why.clone(),
            Self::Searched(_) => SEARCHED.to_owned(),
            Self::Graph(refusal) => refusal.words(),
        }
    }

    /// How an attempt ended that failed so: `Retry` only where it is proved that nothing was done.
    pub fn outcome(&self, now: Timestamp) -> Outcome {
        match self {
            Self::Graph(refusal) => refusal.outcome(now),
            Self::NoToken(trouble) => Outcome::Retry { after: trouble.retry_after, why: trouble.why.clone() },
            Self::Searched(until) => Outcome::Retry { after: Some(until.since(now)), why: self.words() },
        }
    }
}

const SEARCHED: &str = "the searches of the day are used up";

/// Calls in the name of one account.
pub struct Client {
    graph: Graph,
    /// The account's token.
    pub tokens: Arc<Tokens>,
}

impl Client {
    /// Calls by `graph`, with these tokens.
    pub const fn new(graph: Graph, tokens: Arc<Tokens>) -> Self {
        Self { graph, tokens }
    }

    /// What is the same for all of them.
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The credential.
    pub fn credential(&self) -> &str {
        self.graph.credential()
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.graph.now()
    }

    async fn ready(&self) -> Result<(), Failed> {
        let token = self.tokens.pass().await.map_err(Failed::NoToken)?;
        self.graph.use_token(&token);
        Ok(())
    }

    /// Asks for something and reads it.
    pub async fn get(
        &self,
        share: Share,
        path: &[&str],
        query: &[(&str, &str)],
        within: Span,
    ) -> Result<Value, Failed> {
        self.ready().await?;
        Ok(self.graph.get(share, path, query, within).await?)
    }

    /// Writes something.
    pub async fn post(&self, path: &[&str], body: &Value, within: Span) -> Result<Value, Failed> {
        self.ready().await?;
        Ok(self.graph.write((Method::POST, path), Some(body), within).await?)
    }

    /// What a failure means for reading.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        match failed {
            Failed::NoToken(trouble) => trouble.clone(),
            Failed::Searched(until) => {
                let wait = until.since(self.now()).max(Span(1));
                SourceTrouble::new(TroubleState::RateLimited { until: *until }, SEARCHED).after(wait)
            }
            Failed::Graph(refusal) => self.graph.trouble(refusal),
        }
    }
}
