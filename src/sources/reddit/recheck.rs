//! Whether comments and posts still stand, and how they read by now: a hundred with one question. By this what its
//! author deleted, what was removed and what was written by accounts that are gone is erased in time; Reddit tells of
//! none of it by itself.

use super::Reddit;
use super::client::{Failed, Share};
use super::thing::{Thing, field, split_id, thing};
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;
use serde_json::Value;

/// Most things in one question.
const AT_ONCE: usize = 100;

#[async_trait]
impl Recheck for Reddit {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        // Messages cannot be asked for: what was sent stays with whom it was sent to.
        let asked: Vec<Option<&str>> = posts.iter().map(name_of).collect();
        let names: Vec<String> = asked.iter().flatten().map(|name| (*name).to_owned()).collect();
        if names.is_empty() {
            return Ok(vec![Standing::Unknown; posts.len()]);
        }
        let trouble = |failed: Failed| self.client.trouble(&failed);
        let several = names.len() > 1;
        let mut told = self.by_name(Share::Reading, &names).await.map_err(trouble)?.children;
        let missing: Vec<String> = names.into_iter().filter(|name| !holds(&told, name)).collect();
        if !missing.is_empty() {
            // One answer that lacks something erases nothing: it is asked for a second time.
            told.extend(self.by_name(Share::Reading, &missing).await.map_err(trouble)?.children);
        }
        if told.is_empty() && several {
            // What its author deleted is still told by name: an answer that holds nothing at all proves nothing.
            return Ok(vec![Standing::Unknown; posts.len()]);
        }
        let now = self.client.now();
        let found: Vec<Thing> = told.iter().filter_map(|value| thing(value, &self.us, now)).collect();
        Ok(asked
            .into_iter()
            .map(|name| {
                let Some(name) = name else { return Standing::Unknown };
                match found.iter().find(|found| found.raw.external_id == name) {
                    Some(found) if found.is_gone => Standing::Gone,
                    Some(found) => Standing::Stands(Box::new(found.raw.clone())),
                    // What could not be read is there, whatever it says.
                    None if holds(&told, name) => Standing::Unknown,
                    None => Standing::Gone,
                }
            })
            .collect())
    }
}

/// The name by which something is asked for; messages have none.
fn name_of(post: &PostRef) -> Option<&str> {
    let name = post.external_id.as_str();
    let is_public = name.starts_with("t1_") || name.starts_with("t3_");
    (is_public && split_id(name).is_none()).then_some(name)
}

fn holds(told: &[Value], name: &str) -> bool {
    told.iter().any(|value| field(&value["data"], "name") == Some(name))
}
