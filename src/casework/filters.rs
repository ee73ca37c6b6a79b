//! Filters of the inbox that somebody saves under a name, their own only.

use super::answering::invalid;
use super::{Actor, Casework, CaseworkError};
use crate::domain::filter::Filter;
use crate::domain::ids::SavedFilterId;
use crate::store::lanes::Lane;
use crate::store::{audit, saved};

/// Most filters that one person has saved.
pub const SAVED_MAX: i64 = 30;
/// Longest name, in characters.
const NAME_MAX: usize = 60;
/// Longest address that is kept, in bytes.
const QUERY_MAX: usize = 1000;

/// What stands behind the question mark, with nothing in it but lane and filter.
pub fn tidy(query: &str) -> String {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let lane = pairs.iter().find(|(k, _)| k == "lane").map_or("", |(_, v)| v.as_str());
    let lane = Lane::from_code(lane).unwrap_or_default();
    let filter = Filter::read(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
    let mut tidy = url::form_urlencoded::Serializer::new(String::new());
    tidy.append_pair("lane", lane.code());
    for (key, value) in filter.pairs() {
        tidy.append_pair(key.code(), value);
    }
    tidy.finish()
}

impl Casework {
    /// Saves a filter under a name; gives its id.
    ///
    /// # Errors
    /// [`CaseworkError::Invalid`] for a name or a filter that is too long; [`CaseworkError::Refused`] where there are
    /// too many.
    pub async fn save_filter(&self, actor: &Actor, name: &str, query: &str) -> Result<String, CaseworkError> {
        let (name, query) = (name.trim().to_owned(), tidy(query));
        if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            return invalid("name", format!("wanted are 1 to {NAME_MAX} characters"));
        }
        if query.len() > QUERY_MAX {
            return invalid("query", format!("the filter has {} bytes; at most {QUERY_MAX}", query.len()));
        }
        let (now, me) = (self.clock.now(), actor.person.to_string());
        let id = self.mint.id(now, SavedFilterId::new).to_string();
        let (entry, new) = (self.done(actor, "filter.save", ("", &id)), id.clone());
        let kept = self.db.write_again("saving a filter", move |tx| {
            let (me, new, said, entry) =
                (me.clone(), new.clone(), (name.clone(), query.clone()), entry.clone());
            Box::pin(async move {
                if saved::of(tx, &me, SAVED_MAX).await?.len() as i64 >= SAVED_MAX {
                    return Ok(false);
                }
                saved::put(tx, (&new, &me), &said, now).await?;
                audit::append(tx, &entry, now).await?;
                Ok(true)
            })
        });
        if kept.await? {
            return Ok(id);
        }
        Err(CaseworkError::Refused(format!("there are {SAVED_MAX} saved filters; take one away first")))
    }

    /// Takes a filter of somebody's own away; tells whether there was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn drop_filter(&self, actor: &Actor, id: &str) -> Result<bool, CaseworkError> {
        let (now, me, id) = (self.clock.now(), actor.person.to_string(), id.to_owned());
        let entry = self.done(actor, "filter.remove", ("", &id));
        let gone = self.db.write_again("taking a saved filter away", move |tx| {
            let (me, id, entry) = (me.clone(), id.clone(), entry.clone());
            Box::pin(async move {
                let gone = saved::remove(tx, &me, &id).await?;
                if gone {
                    audit::append(tx, &entry, now).await?;
                }
                Ok(gone)
            })
        });
        Ok(gone.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_lane_and_no_filter_is_not_kept() {
        assert_eq!(tidy("lane=late&level=P1&page=7&evil=%3Cb%3E"), "lane=late&level=P1");
        assert_eq!(tidy("lane=nonsense"), tidy(""));
    }
}
