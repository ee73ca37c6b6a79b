//! The conversation of a case: what the customer wrote, what we answered, what stands around it.
//!
//! Everything is in the order in which the platform has it. A removed post shows that it was
//! removed, never what it said.

use super::files::{self, File};
use super::parts::Further;
use super::quotes::{self, Quote};
use super::translation::Translation;
use super::{Loaded, Look};
use crate::domain::letter::{Letter, kind_of, warning_of};
use crate::domain::review::{self, ReviewNote};
use crate::store::console::{self, ShownAnswer, ShownContext, ShownMessage};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx};
use crate::web::inbox::{covers, words};
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use std::collections::HashMap;

/// One post of the conversation.
pub struct Post {
    /// `theirs`, `ours` or `around`.
    pub side: &'static str,
    /// Its author, or us.
    pub who: Shown,
    /// The author's handle.
    pub handle: Option<Shown>,
    /// When it was posted.
    pub at: Moment,
    /// Its words.
    pub text: Option<Shown>,
    /// What was quoted in a mail or stands below it as a signature.
    pub folded: Option<Shown>,
    /// The files that were put into it.
    pub files: Vec<File>,
    /// Why there are no words.
    pub gone: Option<&'static str>,
    /// What else must be known of it.
    pub marks: Vec<&'static str>,
    /// The place, product and version that a review is about.
    pub about: Option<Shown>,
    /// Where the platform shows it.
    pub url: Option<String>,
    /// Where it is chosen to be answered.
    pub answer: Option<String>,
    /// Whether it is the one that is answered.
    pub chosen: bool,
    /// The message, by id, where it is one.
    pub mention: Option<String>,
    /// What a machine made of it, in the reader's language.
    pub translation: Option<Translation>,
    /// Whether the reader may ask for that.
    pub translates: bool,
    /// The further parts of an answer that went in parts.
    pub further: Vec<Further>,
    /// What it answers, where that is not the post right above it.
    pub above: Option<Above>,
    /// What it quotes.
    pub quote: Option<Quote>,
}

/// What a post answers.
pub struct Above {
    /// Who wrote that and when; none where it does not stand on the page.
    pub by: Option<(Shown, Moment)>,
    /// Where on the page it stands.
    pub href: String,
}

/// Reads what each post on the page of a case answers.
pub async fn answered(tx: &mut Tx, case: &CaseRow, most: i64) -> Result<HashMap<String, String>, StoreError> {
    let of = (case.brand_id.as_str(), case.id.as_str());
    Ok(console::answered_in(tx, of, &case.conversation_id, most).await?.into_iter().collect())
}

/// What the post at a place answers: nothing where that stands right above it, so that a plain talk stays plain.
fn above(all: &[((i64, &String), Post)], at: usize, found: &Loaded) -> Option<Above> {
    let of = found.answered.get(all[at].0.1)?;
    let Some(to) = all.iter().position(|((_, id), _)| *id == of) else {
        // A part of an answer of ours stands with its first one.
        let is_part = found.answers.iter().any(|a| a.external_id == *of);
        return (!is_part).then(|| Above { by: None, href: String::new() });
    };
    let post = &all[to].1;
    let href = post.mention.as_ref().map_or_else(|| format!("#post-{}", to + 1), |id| format!("#{id}"));
    (to + 1 != at && to != at).then(|| Above { by: Some((post.who.clone(), post.at.clone())), href })
}

/// Messages, answers and what stands around them; `chosen` is the one that is answered, where any may be.
pub fn posts(found: &Loaded, look: &Look, open: bool, chosen: Option<&str>, t: &'static Texts) -> Vec<Post> {
    let news = found.news(look.since);
    let messages = found.messages.iter().map(|m| {
        let mut post = message(m, found, (open, look.unmask), t);
        if news.contains(&m.mention_id) {
            post.marks.insert(0, t.new_since);
        }
        post.chosen = chosen == Some(m.mention_id.as_str());
        post.translation = found.translated.of(&m.mention_id, m.revision, open || look.unmask, t);
        post.translates =
            post.text.is_some() && post.translation.is_none() && found.translated.offers(m.private == 1);
        if chosen.is_some() && !post.chosen && m.deleted_at.is_none() {
            let unmask = if look.unmask { "&unmask=1" } else { "" };
            post.answer = Some(format!("/cases/{}?to={}{unmask}#reply", found.case.id, m.mention_id));
        }
        ((m.posted_at, &m.external_id), post)
    });
    let answers =
        found.answers.iter().map(|a| ((a.posted_at, &a.external_id), answer(a, found, t))).collect();
    let answers = found.parts.joined(&found.answers, answers, t);
    let around = found.context.iter().map(|c| ((c.posted_at, &c.external_id), context(c, t)));
    let mut all: Vec<_> = messages.chain(answers).chain(around).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    quotes::without_quoted(&mut all, found);
    for ((_, id), post) in &mut all {
        // Of what its author took away, the quote is not shown either.
        post.quote = quotes::of(found, id.as_str(), t).filter(|_| post.gone.is_none());
    }
    let above: Vec<Option<Above>> = (0..all.len()).map(|at| above(&all, at, found)).collect();
    all.into_iter().zip(above).map(|((_, post), above)| Post { above, ..post }).collect()
}

/// The names in a profile: the shown name, then the handle.
pub(super) fn names(profile: Option<&str>, t: &'static Texts) -> (Shown, Option<Shown>) {
    let profile: serde_json::Value = profile.and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let name =
        |key: &str| profile.get(key).and_then(|n| n.as_str()).filter(|n| !n.is_empty()).map(Shown::plain);
    let handle = name("handle");
    (name("name").or_else(|| handle.clone()).unwrap_or_else(|| Shown::plain(t.who_customer)), handle)
}

fn message(m: &ShownMessage, found: &Loaded, (open, unmask): (bool, bool), t: &'static Texts) -> Post {
    let covers = if open { Vec::new() } else { covers(&m.personal_data) };
    let text = words(m.body.as_deref()).filter(|_| m.deleted_at.is_none());
    let mut marks = Vec::new();
    if m.revision > 1 && m.deleted_at.is_none() {
        // An answer given to other words than those that stand there now.
        let before = |a: &&ShownAnswer| a.posted_at >= m.posted_at && a.posted_at < m.edited_at;
        let answered = found.answers.iter().any(|a| before(&a) && a.deleted_at.is_none());
        marks.push(if answered { t.edited_after } else { t.edited });
    }
    if m.private == 1 {
        marks.push(t.private);
    }
    if m.deleted_at.is_none() && warning_of(m.body.as_deref()).is_some() {
        marks.push(t.files().warned);
    }
    let (who, handle) = names(m.profile.as_deref(), t);
    let review = ReviewNote::stored(m.body.as_deref()).filter(|_| m.deleted_at.is_none());
    if let Some(stars) = review.as_ref().and_then(|r| r.stars) {
        marks.push(review::shown(stars));
    }
    Post {
        side: "theirs",
        about: review.and_then(|r| r.about).map(|about| Shown::plain(&about)),
        files: files::of(found, &m.mention_id, !covers.is_empty(), unmask, t),
        who,
        handle,
        at: Moment::of(m.posted_at),
        gone: match (&text, m.deleted_at) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(t.removed),
            (None, None) => Some(t.no_text),
        },
        folded: folded(m.body.as_deref(), open, t).filter(|_| text.is_some()),
        text: text.map(|text| Shown::of(&text, &covers, t)),
        marks,
        url: link(m.body.as_deref()),
        answer: None,
        chosen: false,
        mention: Some(m.mention_id.clone()),
        translation: None,
        translates: false,
        further: Vec::new(),
        above: None,
        quote: None,
    }
}

fn answer(a: &ShownAnswer, found: &Loaded, t: &'static Texts) -> Post {
    let text = words(a.body.as_deref()).filter(|_| a.deleted_at.is_none());
    let to_them = a.answers_author_id.as_deref() == Some(found.case.author_id.as_str());
    let us = if to_them { t.us } else { t.us_unanswered };
    let who = match a.person_id.as_ref().and_then(|p| found.names.get(p)) {
        Some(name) => format!("{us}, {name}"),
        None => us.to_owned(),
    };
    Post {
        side: "ours",
        files: Vec::new(),
        who: Shown::plain(&who),
        handle: None,
        at: Moment::of(a.posted_at),
        gone: match (&text, a.deleted_at) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(t.us_removed),
            (None, None) => Some(t.no_text),
        },
        folded: folded(a.body.as_deref(), true, t).filter(|_| text.is_some()),
        text: text.map(|text| Shown::plain(&text)),
        about: None,
        marks: a
            .undelivered
            .as_deref()
            .map(|status| undelivered(status, t))
            .into_iter()
            .chain(a.edited_at.filter(|_| a.deleted_at.is_none()).map(|_| t.edited))
            .collect(),
        url: link(a.body.as_deref()),
        answer: None,
        chosen: false,
        mention: None,
        translation: None,
        translates: false,
        further: Vec::new(),
        above: None,
        quote: None,
    }
}

/// Why an answer did not arrive.
fn undelivered(status: &str, t: &'static Texts) -> &'static str {
    let words = t.files();
    match kind_of(status) {
        "address" => words.bounced_address,
        "full" => words.bounced_full,
        "refused" => words.bounced_refused,
        "window" => words.bounced_window,
        "unreachable" => words.bounced_unreachable,
        "held_back" => words.bounced_held_back,
        "restricted" => words.bounced_restricted,
        "payment" => words.bounced_payment,
        "template" => words.bounced_template,
        _ => words.bounced_other,
    }
}

fn context(c: &ShownContext, t: &'static Texts) -> Post {
    let text = words(c.body.as_deref());
    let (who, handle) = names(c.profile.as_deref(), t);
    Post {
        side: "around",
        files: Vec::new(),
        who,
        handle,
        at: Moment::of(c.posted_at),
        folded: None,
        gone: if text.is_some() { None } else { Some(t.no_text) },
        // Bystanders did not write to us: their data stays covered.
        text: text.map(|text| Shown::of(&text, &crate::casework::answering::guarded(&text, &[], &[]), t)),
        about: None,
        marks: vec![t.context],
        url: link(c.body.as_deref()),
        answer: None,
        chosen: false,
        mention: None,
        translation: None,
        translates: false,
        further: Vec::new(),
        above: None,
        quote: None,
    }
}

/// What was folded away of a mail; data in it is covered like that of the words.
fn folded(body: Option<&str>, open: bool, t: &Texts) -> Option<Shown> {
    let folded = Letter::stored(body)?.folded;
    let covers = if open { Vec::new() } else { crate::casework::answering::guarded(&folded, &[], &[]) };
    (!folded.is_empty()).then(|| Shown::of(&folded, &covers, t))
}

/// Where the platform shows a post; only web addresses become links.
pub fn link(body: Option<&str>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body?).ok()?;
    web(body.get("url")?.as_str()?)
}

/// A web address, if it is one.
pub fn web(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}
