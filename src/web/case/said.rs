//! How somebody looks at a case, and what an act left to say on its page.

use super::{Trouble, actor, brand_for, promise};
use crate::casework::Search;
use crate::domain::customer::Customer;
use crate::web::App;
use crate::web::auth::Viewer;
use crate::web::error::Error;
use crate::web::shown::Shown;
use crate::web::texts::Texts;
use std::collections::HashMap;

/// How somebody looks at a case.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Personal data is asked for.
    pub unmask: bool,
    /// Older messages are asked for, too.
    pub all: bool,
    /// The message that is to be answered.
    pub to: Option<String>,
    /// The answer of the library that is to be used.
    pub used: Option<String>,
    /// The approved words of the platform that are to be used, by their place.
    pub approved: Option<usize>,
    /// The cases passed over on the way here.
    pub skipped: Vec<String>,
    /// What happened since the viewer last looked, by version.
    pub since: Option<i64>,
    /// The viewer has just done something after which the next case is offered.
    pub done: bool,
}

impl Look {
    pub(super) fn of(query: &HashMap<String, String>) -> Self {
        let id = |text: &String| Some(text.clone()).filter(|t| t.len() <= 60);
        Self {
            unmask: query.get("unmask").is_some_and(|u| u == "1"),
            all: query.get("all").is_some_and(|a| a == "1"),
            to: query.get("to").and_then(id).filter(|t| !t.is_empty()),
            used: query
                .get("use")
                .and_then(|u| crate::domain::ids::LibraryId::parse(u).ok())
                .map(|u| u.to_string()),
            approved: query.get("template").and_then(|n| n.parse().ok()),
            skipped: query.get("skipped").map(|s| crate::web::next::ids(s)).unwrap_or_default(),
            since: None,
            done: query.contains_key("done"),
        }
    }
}

/// What somebody typed into a form that was not taken.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The act.
    pub act: String,
    /// The words of an answer or a note.
    pub text: String,
    /// The reason.
    pub reason: String,
    /// The colleague to whom it was to be handed.
    pub colleague: String,
    /// Whose matter it is.
    pub customer: Option<Customer>,
    /// An answer that resolves.
    pub resolve: bool,
    /// Another answer is meant.
    pub again: bool,
    /// It goes in parts, if it is too long for one post.
    pub split: bool,
    /// To which address it was to go by mail.
    pub mail_to: String,
    /// How it ended.
    pub ending: Option<crate::domain::ending::Ending>,
    /// What it says of a promise, or what was found in its words.
    pub promise: Option<promise::Typed>,
}

/// What an act left to say on the page.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What went wrong or must be known.
    pub notice: Option<String>,
    /// What went well.
    pub fine: Option<&'static str>,
    /// The form that is filled in again.
    pub again: Option<Typed>,
    /// Words of a form that was not taken and does not stand filled in again.
    pub left: Vec<String>,
    /// What went wrong with an answer; shown beside its box.
    pub trouble: Option<Trouble>,
    /// How the viewer looks.
    pub look: Look,
    /// What tickets were searched by, and what that brought.
    pub search: Option<(String, Search)>,
    /// What the viewer wrote, where the box holds a machine's translation of it.
    pub own_words: Option<String>,
}

impl Said {
    /// What is told on top of the page: also what would stand in the box for an answer, where there is none. Beside it
    /// what was typed and stands nowhere else, be it that the box for an offer is gone meanwhile.
    pub(super) fn told(&self, (answers, offers): (bool, bool), t: &Texts) -> (Option<String>, Vec<Shown>) {
        let trouble = self.trouble.as_ref().filter(|_| !answers);
        let notice = self.notice.clone().or_else(|| trouble.map(|trouble| trouble.words(t)));
        let offer = self.typed("private_offer").filter(|typed| !offers && !typed.text.trim().is_empty());
        let left = self.left.iter().chain(offer.map(|typed| &typed.text));
        (notice, left.map(|words| Shown::plain(words)).collect())
    }

    pub(super) fn typed(&self, act: &str) -> Option<&Typed> {
        self.again.as_ref().filter(|a| a.act == act)
    }
}

/// The box filled with an answer of the library, where one is asked for.
pub(super) async fn library_words(
    app: &App,
    viewer: &Viewer,
    id: &str,
    look: &Look,
) -> Result<Option<Typed>, Error> {
    let typed = |text: String| Typed { act: "answer".to_owned(), text, ..Typed::default() };
    if let Some(at) = look.approved {
        let (brand_id, _) = brand_for(app, viewer, id).await?;
        let to = look.to.as_deref();
        let preview = app.casework.preview(&brand_id, id, &actor(viewer), "", to).await;
        return Ok(preview.ok().and_then(|p| p.approved.into_iter().nth(at)).map(|a| typed(a.text)));
    }
    let Some(used) = &look.used else { return Ok(None) };
    let (brand_id, brand) = brand_for(app, viewer, id).await?;
    let text = crate::web::library::filled_for(app, viewer, (&brand_id, &brand), id, used).await?;
    Ok(text.map(typed))
}
