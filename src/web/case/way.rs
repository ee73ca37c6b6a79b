//! What is on its way to the customer: an answer that can still be called back, one that is being
//! sent, one of which nobody knows; and who else is writing.
//!
//! The page holds it and reads it anew by itself while something moves.

use super::Loaded;
use super::forms::taken;
use super::parts::Further;
use super::thread::{link, web};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::rows::ActionRow;
use crate::web::auth::Viewer;
use crate::web::enclosed::{self, Enclosed};
use crate::web::frame::Frame;
use crate::web::outbox::{buttons, seen_of};
use crate::web::shown::{Moment, Shown};
use crate::web::texts::{Texts, refused};
use askama::Template;

/// Who typed within this span is said to be writing.
const WRITING: Span = Span::minutes(2);
/// What leaves or should have left within this span is watched closely.
const SOON: Span = Span::minutes(1);

/// One effect that has not ended yet, or ended otherwise than was wanted.
pub struct Going {
    pub id: String,
    pub what: String,
    pub state: String,
    pub label: String,
    pub text: Option<Shown>,
    /// The parts behind it that wait for it.
    pub behind: Vec<Further>,
    pub files: Vec<Enclosed>,
    pub by: String,
    pub at: Moment,
    /// When it leaves, if that is still to come; else 0.
    pub leaves_ms: i64,
    pub leaves: Option<Span>,
    pub undo: bool,
    pub detail: Option<Shown>,
    /// The conversation on the platform, or where to do it by hand.
    pub url: Option<String>,
    /// How it stands, for the form.
    pub seen: String,
    /// What a person can decide: word and label.
    pub buttons: Vec<(&'static str, &'static str)>,
}

/// The part of the page, and the same as a fragment.
#[derive(Template)]
#[template(path = "way.html", config = "src/web/askama.toml")]
pub struct Way {
    pub t: &'static Texts,
    pub csrf: String,
    pub nonce: String,
    pub id: String,
    pub version: i64,
    pub works: bool,
    pub going: Vec<Going>,
    /// Colleagues: name, and whether they type at present.
    pub writers: Vec<(Shown, bool)>,
    /// Colleagues who have the case before them: name, and whether they type.
    pub here: Vec<(Shown, bool)>,
    /// Changes when there is something new to show.
    pub sign: String,
    /// Whether something is about to change by itself: `soon`, `later` or nothing.
    pub moving: &'static str,
}

impl askama::filters::HtmlSafe for Way {}

/// What is on its way.
pub fn way(found: &Loaded, frame: &Frame, viewer: &Viewer, now: Timestamp) -> Way {
    let t = frame.t;
    let works = viewer.person.may_work();
    // What became of an answer is settled by who may answer.
    let rights = (works, viewer.person.may(Right::Answer));
    let shown = |a: &&ActionRow| is_shown(a, found) && !found.parts.waits(a, &found.effects);
    let going: Vec<Going> =
        found.effects.iter().filter(shown).map(|a| one(a, found, rights, now, t)).collect();
    let me = viewer.person.id.as_str();
    let others = found.drafts.iter().filter(|d| d.person_id != me && d.text.is_some());
    let writers: Vec<(Shown, bool)> = others
        .map(|d| {
            let name = found.names.get(&d.person_id).map_or(t.who_person, String::as_str);
            (Shown::plain(name), now.since(Timestamp(d.updated_at)).millis() < WRITING.millis())
        })
        .collect();
    let states: Vec<String> = going.iter().map(|g| format!("{}{}", g.id, g.state)).collect();
    let mut here = super::presence::others(found, me, now);
    // Whoever is said to write a draft now is said so once.
    here.retain(|(name, _)| !writers.iter().any(|(writer, writes)| *writes && writer.pieces == name.pieces));
    let at: Vec<String> = here.iter().map(|(name, types)| format!("{:?}{types}", name.pieces)).collect();
    let typing: Vec<&str> = writers.iter().map(|(_, now)| if *now { "w" } else { "d" }).collect();
    Way {
        t,
        csrf: frame.csrf.clone(),
        nonce: frame.nonce.clone(),
        id: found.case.id.clone(),
        version: found.case.version,
        works,
        moving: moving(&found.effects, now),
        sign: format!("{}{}{}{}", states.join("."), typing.concat(), found.answers.len(), at.concat()),
        here,
        going,
        writers,
    }
}

/// How soon something may look otherwise.
fn moving(effects: &[ActionRow], now: Timestamp) -> &'static str {
    let soon = |a: &ActionRow| match a.state.as_str() {
        "ready" => a.not_before < now.plus(SOON).millis() && a.not_before > now.minus(SOON).millis(),
        state => matches!(state, "claimed" | "sending"),
    };
    let later = |a: &ActionRow| a.state == "ready" || (a.state == "unknown" && a.look_at.is_some());
    match effects {
        all if all.iter().any(soon) => "soon",
        all if all.iter().any(later) => "later",
        _ => "",
    }
}

/// What is done stands in the conversation; what a person called off is over.
fn is_shown(action: &ActionRow, found: &Loaded) -> bool {
    match action.state.as_str() {
        "done" if action.kind == "reply" => {
            let remote = action.remote_id.as_deref();
            remote.is_some() && found.answers.iter().all(|a| Some(a.external_id.as_str()) != remote)
        }
        "done" => false,
        "cancelled" => action.decided_by.is_none(),
        _ => true,
    }
}

/// An address that ends where the words of the answer belong, with them; they are kept with the answer alone.
fn with_words(url: String, words: Option<&String>) -> String {
    match words {
        Some(words) if url.ends_with("&text=") => {
            url + &url::form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>()
        }
        _ => url,
    }
}

fn one(
    a: &ActionRow,
    found: &Loaded,
    (works, answers): (bool, bool),
    now: Timestamp,
    t: &'static Texts,
) -> Going {
    let waits = a.state == "ready" && a.attempts == 0 && a.not_before > now.millis();
    let words = found.contents.get(&format!("{}/text", a.id));
    let by_hand = (a.state == "by_hand").then(|| web(&a.detail)).flatten();
    let by_hand = by_hand.map(|url| with_words(url, words));
    let thread = || {
        let message = found.messages.iter().find(|m| Some(&m.mention_id) == a.mention_id.as_ref())?;
        link(message.body.as_deref())
    };
    let told = matches!(a.state.as_str(), "unknown" | "held" | "refused" | "cancelled")
        || (a.state == "ready" && a.attempts > 0);
    let what = taken(a).map_or_else(|| t.name("kind", &a.kind), |m| t.name("measure", m.code()));
    Going {
        id: a.id.clone(),
        what: match found.parts.label(&a.id, t) {
            Some(part) => format!("{what}, {part}"),
            None => what,
        },
        behind: found.parts.behind(a, (&found.effects, &found.contents), t),
        state: a.state.clone(),
        label: t.name("action", &a.state),
        text: found.contents.get(&format!("{}/text", a.id)).map(|text| Shown::plain(text)),
        files: enclosed::with(&found.enclosed, &found.case.id, &a.id),
        by: a.made_by.as_ref().and_then(|p| found.names.get(p)).cloned().unwrap_or_default(),
        at: Moment::of(a.created_at),
        leaves_ms: if waits { a.not_before } else { 0 },
        leaves: waits.then(|| Timestamp(a.not_before).since(now)),
        undo: works && matches!(a.state.as_str(), "ready" | "held" | "claimed"),
        detail: (told && !a.detail.is_empty()).then(|| Shown::plain(&refused::detail(t, &a.detail))),
        url: by_hand.or_else(thread),
        seen: seen_of(a),
        buttons: if answers { buttons(&a.state, t) } else { Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::with_words;

    #[test]
    fn words_go_only_where_an_address_wants_them() {
        let words = "Sorry & more".to_owned();
        let open = "https://x.example/post?in_reply_to=7&text=".to_owned();
        assert_eq!(with_words(open.clone(), Some(&words)), format!("{open}Sorry+%26+more"));
        assert_eq!(with_words(open.clone(), None), open);
        let page = "https://x.example/7".to_owned();
        assert_eq!(with_words(page.clone(), Some(&words)), page);
    }
}
