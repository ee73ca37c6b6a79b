//! Being told at once: the filtered stream, one post a line, of what names the account or the brand.
//!
//! The stream goes by rules that stand at the platform; ours carry a tag with the source's name, and are put right
//! before we listen. Lines come twice, in any order and of kinds that we do not know. Silence of more than twenty
//! seconds means that the connection is dead. Nothing is kept for who was away: the looks bring it.

use super::X;
use super::client::{As, Failed, Family};
use super::config::Unit;
use super::poll::{FIELDS, SEARCH, WITHIN};
use super::post::{Seen, post};
use super::read::{Includes, field, id_in, list};
use crate::domain::time::Span;
use crate::sources::{Batch, Closed, Live, RawItem, Sink, SourceTrouble, TroubleState};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The only channel.
const STREAM: &str = "stream";
/// Nothing at all for this long: a sign of life every twenty seconds is promised.
const SILENCE_MAX: Duration = Duration::from_secs(25);
const BEGINS_WITHIN: Span = Span::seconds(15);
/// Most bytes of one line.
const LINE_BYTES_MAX: usize = 1024 * 1024;

#[async_trait]
impl Live for X {
    fn channels(&self) -> Vec<String> {
        vec![STREAM.to_owned()]
    }

    async fn listen(
        &self,
        _channel: &str,
        sink: &dyn Sink,
        token: &CancellationToken,
    ) -> Option<SourceTrouble> {
        if let Err(trouble) = self.may_read() {
            return Some(trouble);
        }
        let opened = tokio::select! {
            () = token.cancelled() => return None,
            opened = self.open_stream() => opened,
        };
        let mut flow = match opened {
            Ok(flow) => flow,
            Err(failed) => return Some(self.client.trouble(&failed)),
        };
        sink.connected(self.client.base().host_str().unwrap_or_default());
        let mut line = Vec::new();
        loop {
            let piece = tokio::select! {
                biased;
                () = token.cancelled() => return None,
                piece = tokio::time::timeout(SILENCE_MAX, flow.next()) => piece,
            };
            let piece = match piece {
                Err(_) => return Some(away("X fell silent")),
                Ok(Ok(None)) => return Some(away("X closed the stream")),
                Ok(Err(_)) => return Some(away("the stream broke")),
                Ok(Ok(Some(piece))) => piece,
            };
            for byte in piece {
                if byte != b'\n' {
                    line.push(byte);
                    continue;
                }
                match self.line(&std::mem::take(&mut line), sink).await {
                    Ok(None) => {}
                    Ok(Some(trouble)) => return Some(trouble),
                    // The sink is closed: whoever listens knows.
                    Err(Closed) => return None,
                }
                if let Err(trouble) = self.may_read() {
                    return Some(trouble);
                }
            }
            if line.len() > LINE_BYTES_MAX {
                return Some(SourceTrouble::new(TroubleState::Broken, "X sends more than anybody reads"));
            }
        }
    }
}

fn away(why: &str) -> SourceTrouble {
    SourceTrouble::new(TroubleState::Unreachable, why)
}

impl X {
    async fn open_stream(&self) -> Result<crate::http_client::Flow, Failed> {
        self.me().await?;
        self.put_rules_right().await?;
        let url = self.client.address(&["tweets", "search", "stream"], &FIELDS);
        self.client.listen(url, BEGINS_WITHIN).await
    }

    /// What is listened for.
    fn rules(&self) -> Vec<String> {
        let mut rules = vec![format!("@{0} -from:{0} -is:retweet", self.account)];
        if self.searches() {
            rules.push(self.words_wanted());
        }
        rules
    }

    async fn put_rules_right(&self) -> Result<(), Failed> {
        let path = ["tweets", "search", "stream", "rules"];
        let manage = (Family::Manage, As::App);
        let told = self.client.get(manage, &path, &[], WITHIN).await?;
        let tag = format!("webcared:{}", self.name);
        let wanted = self.rules();
        let ours: Vec<&Value> =
            list(&told["data"]).filter(|r| field(r, "tag") == Some(tag.as_str())).collect();
        let stands = |rule: &String| ours.iter().any(|r| field(r, "value") == Some(rule.as_str()));
        let stale: Vec<String> = ours
            .iter()
            .filter(|r| !field(r, "value").is_some_and(|v| wanted.iter().any(|w| w == v)))
            .filter_map(|r| id_in(r, "id"))
            .collect();
        if !stale.is_empty() {
            let body = json!({ "delete": { "ids": stale } });
            self.client.write(manage, (Method::POST, &path), Some(&body), WITHIN).await?;
        }
        let lacking: Vec<Value> =
            wanted.iter().filter(|w| !stands(w)).map(|w| json!({ "value": w, "tag": tag })).collect();
        if !lacking.is_empty() {
            let body = json!({ "add": lacking });
            self.client.write(manage, (Method::POST, &path), Some(&body), WITHIN).await?;
        }
        Ok(())
    }

    /// Takes one line. What cannot be taken, the looks bring.
    async fn line(&self, line: &[u8], sink: &dyn Sink) -> Result<Option<SourceTrouble>, Closed> {
        let Ok(value) = serde_json::from_slice::<Value>(line.trim_ascii()) else { return Ok(None) };
        if value.get("data").is_none() {
            let Some(error) = list(&value["errors"]).next() else { return Ok(None) };
            let said = field(error, "detail").or_else(|| field(error, "title")).unwrap_or("it says no more");
            return Ok(Some(away(&format!("X ended the stream: {}", super::super::shortened(said)))));
        }
        let Some(me) = self.me.get() else { return Ok(None) };
        let includes = Includes::of(&value["includes"]);
        let Ok((raw, at)) = post(&value["data"], &includes, me, Seen::default(), self.client.now()) else {
            return Ok(None);
        };
        self.versions.note(&value["data"]);
        let id: Vec<String> = id_in(&value["data"], "id").into_iter().collect();
        self.spend_on(Unit::PostRead, &id);
        let item = RawItem::of(format!("stream/{}", raw.external_id), &raw, at);
        sink.commit(Batch { items: vec![item], ..Batch::default() }).await?;
        self.known.stored(SEARCH, id);
        Ok(None)
    }
}
