//! Reading the platform's JSON as leniently as can be: what is not there, or is something else, is passed over.

use serde_json::Value;

/// A text that is not empty.
pub fn field<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key)?.as_str().filter(|t| !t.is_empty())
}

/// An id: deliveries write numbers, and the same as text beside them.
pub fn id_in(of: &Value, key: &str) -> Option<String> {
    if let Some(text) =
        of.get(format!("{key}_str").as_str()).and_then(Value::as_str).filter(|t| !t.is_empty())
    {
        return Some(text.to_owned());
    }
    match of.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// Words without the three signs that the platform writes otherwise.
pub fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The elements of a list; none where it is none.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The texts of a list.
pub fn strings(value: &Value) -> Vec<String> {
    list(value).filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// The post to which a post stands in a relation.
pub fn referenced(tweet: &Value, kind: &str) -> Option<String> {
    let found = list(&tweet["referenced_tweets"]).find(|r| field(r, "type") == Some(kind))?;
    id_in(found, "id")
}

/// The first version of a post, by which it is called.
pub fn root_of(tweet: &Value) -> Option<String> {
    let versions = strings(&tweet["edit_history_tweet_ids"]);
    versions.into_iter().next().filter(|v| !v.is_empty())
}

/// What an answer shows beside its posts.
#[derive(Clone, Copy, Debug)]
pub struct Includes<'a>(&'a Value);

impl<'a> Includes<'a> {
    /// The `includes` of an answer or a delivery.
    pub const fn of(value: &'a Value) -> Self {
        Self(value)
    }

    fn find(&self, of: &str, key: &str, id: &str) -> Option<&'a Value> {
        list(self.0.get(of)?).find(|v| id_in(v, key).is_some_and(|found| found == id))
    }

    /// A profile.
    pub fn user(&self, id: &str) -> Option<&'a Value> {
        self.find("users", "id", id)
    }

    /// A post.
    pub fn tweet(&self, id: &str) -> Option<&'a Value> {
        self.find("tweets", "id", id)
    }

    /// A picture or film.
    pub fn media(&self, key: &str) -> Option<&'a Value> {
        self.find("media", "media_key", key)
    }

    /// All posts beside.
    pub fn tweets(&self) -> impl Iterator<Item = &'a Value> {
        let none = const { &Value::Null };
        list(self.0.get("tweets").unwrap_or(none))
    }
}
