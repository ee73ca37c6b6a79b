//! The box in which a case is answered: the words so far, what the platform would show, how long it
//! is as the platform counts, in whose name it goes.
//!
//! What somebody typed is shown again with every refusal; which account answers is never theirs to
//! pick.

use super::forms::{Choice, usual_reason, ways_to_solve};
use super::promise::{self, PromisePart};
use super::{Loaded, Said, Trouble, ending};
use crate::casework::{CaseworkError, Preview};
use crate::domain::judgement::{PersonalData, Reason};
use crate::domain::money::shown as shown_money;
use crate::domain::reply::Counting;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::sources::Approved;
use crate::store::console::ShownMessage;
use crate::web::auth::Viewer;
use crate::web::enclosed::{self, Enclosed, Enclosing};
use crate::web::shown::Shown;
use crate::web::texts::Texts;
use crate::web::texts::refused;
use askama::Template;

/// From how much room on a preview may be higher than its part of the page, on the narrowest screen.
const PREVIEW_CHARS: usize = 220;

/// A piece of a text, and whether it is personal data.
type Marked = (Shown, bool);

/// What the platform would show; part of the page, and read anew while somebody types.
#[derive(Template)]
#[template(path = "preview.html", config = "src/web/askama.toml")]
pub struct PreviewPart {
    pub t: &'static Texts,
    /// What its ids begin with, where it is not that of the answer.
    pub of_box: &'static str,
    pub account: String,
    pub visibility: String,
    pub pieces: Vec<Marked>,
    pub length: usize,
    pub max: usize,
    pub fits: bool,
    /// Kinds of personal data that are in the way.
    pub personal: String,
    pub refused: Option<String>,
    /// Where a person must post it.
    pub by_hand: Option<String>,
    /// For counting in the browser: the kind, what a link counts, the limit in bytes.
    pub counting: &'static str,
    pub link: usize,
    pub bytes: usize,
    pub before: String,
    pub after: String,
    pub sign: String,
    /// The files of the draft, and why the platform would not take them.
    pub files: Vec<Enclosed>,
    pub files_refused: Option<String>,
    /// A picture has no description where the platform shows one.
    pub alt_lacks: bool,
    /// The words are approved ones, filled in.
    pub is_approved: bool,
    /// The parts in which it could go, and whether that is asked for.
    pub parts: Vec<Shown>,
    pub split: bool,
}

impl askama::filters::HtmlSafe for PreviewPart {}

impl PreviewPart {
    /// What casework says of `text`, which is to go in parts or not.
    pub fn of(case: &str, preview: &Preview, (text, split): (&str, bool), t: &'static Texts) -> Self {
        let composed = &preview.composed;
        let words = text.trim();
        let at = if words.is_empty() { None } else { composed.text.find(words) };
        let found: Vec<PersonalData> = match at {
            Some(at) => {
                let moved = |d: &PersonalData| PersonalData { start: d.start + at, end: d.end + at, ..*d };
                preview.personal.iter().map(moved).collect()
            }
            None => Vec::new(),
        };
        let kinds: Vec<String> = preview.personal.iter().map(|d| t.name("data", d.kind.code())).collect();
        let files: Vec<Enclosed> = preview.files.iter().map(|f| enclosed::one(case, f)).collect();
        let (counting, link) = match preview.limits.counting {
            Counting::Graphemes => ("graphemes", 0),
            Counting::GraphemesWithLinks { link } => ("links", link),
            Counting::Utf16 => ("utf16", 0),
            Counting::Scalars => ("scalars", 0),
            Counting::Weighted { link } => ("weighted", link),
            Counting::EmojiBytes => ("emoji_bytes", 0),
        };
        Self {
            t,
            of_box: "",
            account: preview.account.clone(),
            visibility: t.name("visibility", &composed.visibility),
            pieces: marked(&composed.text, &found),
            length: composed.measure.length,
            max: composed.measure.max,
            fits: composed.measure.fits,
            personal: kinds.join(", "),
            refused: composed
                .refused
                .as_deref()
                .filter(|_| composed.measure.fits && !words.is_empty())
                .map(|why| refused::told(t, why)),
            by_hand: preview.by_hand.clone().filter(|url| url.starts_with("https://")),
            counting,
            link,
            bytes: preview.limits.bytes_max.unwrap_or(0),
            before: preview.around.0.clone(),
            after: preview.around.1.clone(),
            sign: if preview.is_approved { String::new() } else { preview.sign.clone() },
            is_approved: preview.is_approved,
            parts: preview.parts.iter().map(|part| Shown::plain(&part.text)).collect(),
            split,
            alt_lacks: preview.file_limits.alt_chars.is_some()
                && files.iter().any(|f| f.picture && f.alt.is_empty()),
            files,
            files_refused: preview.files_refused.as_deref().map(|why| refused::told(t, why)),
        }
    }
}

impl PreviewPart {
    /// The same for another box of the page than that of the answer.
    pub fn of_box(self, of_box: &'static str) -> Self {
        Self { of_box, ..self }
    }

    /// Whether it may be so long that it scrolls: then keys must reach it.
    fn scrolls(&self) -> bool {
        // What is shown of it is half as high as a message.
        self.pieces.iter().map(|(piece, _)| piece.weight()).sum::<usize>() > PREVIEW_CHARS
    }
}

/// A text in pieces, those that are personal data marked; places that make no sense are left out.
pub fn marked(text: &str, found: &[PersonalData]) -> Vec<Marked> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for place in found {
        let (Some(before), Some(inside)) = (text.get(from..place.start), text.get(place.start..place.end))
        else {
            continue;
        };
        pieces.push((Shown::plain(before), false));
        pieces.push((Shown::plain(inside), true));
        from = place.end;
    }
    pieces.push((Shown::plain(text.get(from..).unwrap_or_default()), false));
    pieces.retain(|(shown, _)| !shown.pieces.is_empty());
    pieces
}

/// The box.
pub struct Reply {
    /// The message that is answered.
    pub to: String,
    /// The answer of the library that its words were made of; empty without one.
    pub library: String,
    /// Its first words.
    pub about: Option<Shown>,
    /// Approved words of the platform: name and language, the words, what they cost.
    pub approved: Vec<(String, Shown, String)>,
    pub text: String,
    pub preview: Option<PreviewPart>,
    /// The files of the draft, and what may go along.
    pub files: Enclosing,
    /// Why nobody can answer here, and where to do it by hand.
    pub cannot: Option<&'static str>,
    pub by_hand: Option<String>,
    /// Whether it is an answer to the sample, that goes nowhere.
    pub practice: bool,
    /// Why the platform refuses what the account sends.
    pub blocked: Option<String>,
    /// What was wrong.
    pub problem: Option<String>,
    /// The words typed, with the places marked.
    pub marked: Vec<Marked>,
    /// What changed since the viewer looked.
    pub changed: Vec<(String, String)>,
    pub offer_again: bool,
    pub again: bool,
    pub offer_sure: bool,
    /// A second person may be asked to let it pass.
    pub offer_pass: bool,
    pub resolve: bool,
    pub reason: String,
    pub suggestions: Vec<&'static str>,
    /// How it ends, if this answer resolves it.
    pub ending: Vec<Choice>,
    /// A promise in its words, or what was said of one.
    pub promise: Vec<PromisePart>,
    /// Somebody else has the case.
    pub held_by: Option<String>,
    /// Whether the box is open at once.
    pub open: bool,
    /// The words of a draft that a machine put into another language, and whether that is offered.
    pub own_words: Option<String>,
    pub translates: bool,
}

/// The reply for this viewer; none for who answers the press alone and looks at something else.
pub fn shown(
    found: &Loaded,
    said: &Said,
    viewer: &Viewer,
    preview: Option<&Result<Preview, CaseworkError>>,
    others: (Option<String>, Timestamp),
    t: &'static Texts,
) -> Option<Reply> {
    let may = |right| viewer.person.may(right);
    let speaks =
        may(Right::Answer) || may(Right::Propose) || (may(Right::AnswerPress) && is_of_the_press(found));
    let preview = preview.filter(|_| speaks)?;
    Some(reply(found, said, viewer, preview.as_ref(), others, t))
}

/// Approved words as they are shown.
fn approved(words: &Approved) -> (String, Shown, String) {
    let cost = format!("{} {}", shown_money(words.micros), words.currency);
    (format!("{} ({})", words.name, words.language), Shown::plain(&words.text), cost)
}

/// Whether triage found that the case comes from the press, by any of its messages.
pub fn is_of_the_press(found: &Loaded) -> bool {
    found.messages.iter().any(|m| {
        let reasons: Vec<Reason> = serde_json::from_str(&m.reasons).unwrap_or_default();
        reasons.iter().any(|r| r.what == "press" || r.what.starts_with("press:"))
    })
}

/// The first words of a message, personal data covered.
fn first_words(m: &ShownMessage, t: &Texts) -> Option<Shown> {
    let words = crate::web::inbox::words(m.body.as_deref()).filter(|_| m.deleted_at.is_none())?;
    Some(Shown::excerpt(&words, &crate::web::inbox::covers(&m.personal_data), 90, t))
}

/// Whether what was typed is to go in parts.
fn splits(said: &Said) -> bool {
    said.typed("answer").is_some_and(|typed| typed.split)
}

/// The box for a viewer who may answer.
fn reply(
    found: &Loaded,
    said: &Said,
    viewer: &Viewer,
    preview: Result<&Preview, &CaseworkError>,
    (held_by, now): (Option<String>, Timestamp),
    t: &'static Texts,
) -> Reply {
    let typed = said.typed("answer");
    let text = found.words_of(viewer, said);
    let to = match preview {
        Ok(preview) => preview.mention_id.clone(),
        Err(_) => {
            said.look.to.clone().or_else(|| found.latest().map(|m| m.mention_id.clone())).unwrap_or_default()
        }
    };
    let message = found.messages.iter().find(|m| m.mention_id == to);
    let url = message.and_then(|m| super::thread::link(m.body.as_deref()));
    let (answered, is_sample) = (preview.is_ok_and(|p| p.answered), found.case.sample == 1);
    let trouble = said.trouble.as_ref();
    let personal = match trouble {
        Some(Trouble::Personal(found)) => marked(text.trim(), found),
        _ => Vec::new(),
    };
    let offer_sure = !personal.is_empty() && viewer.person.is_lead();
    Reply {
        library: said.look.used.clone().unwrap_or_default(),
        about: message.and_then(|m| first_words(m, t)),
        to,
        approved: preview.map(|p| p.approved.iter().map(approved).collect()).unwrap_or_default(),
        preview: preview.ok().map(|p| PreviewPart::of(&found.case.id, p, (&text, splits(said)), t)),
        files: Enclosing::of(&found.case.id, preview.ok(), t),
        cannot: match preview {
            Err(CaseworkError::AuthorRemoved) => Some(t.author_removed),
            Err(CaseworkError::NoAccount { .. }) if is_sample => Some(t.no_practice),
            Err(CaseworkError::NoAccount { .. }) => Some(t.no_account),
            Err(_) => Some(t.not_sendable),
            Ok(_) => None,
        },
        by_hand: url.filter(|_| matches!(preview, Err(CaseworkError::NoAccount { .. })) && !is_sample),
        practice: is_sample && preview.is_ok(),
        blocked: preview.ok().and_then(|p| p.blocked.as_deref()).map(|why| refused::told(t, why)),
        problem: trouble.map(|trouble| match (trouble, preview) {
            (Trouble::Unfit(why), Ok(p)) if !p.composed.measure.fits => format!("{} {why}", t.too_long),
            _ => trouble.words(t),
        }),
        offer_pass: !personal.is_empty() && !offer_sure,
        marked: personal,
        changed: match trouble {
            Some(Trouble::Stale) => found.changes(said.look.since, t),
            _ => Vec::new(),
        },
        offer_again: answered || matches!(trouble, Some(Trouble::Answered)),
        again: typed.is_some_and(|a| a.again),
        offer_sure,
        resolve: typed.is_some_and(|a| a.resolve),
        reason: match typed {
            Some(typed) => typed.reason.clone(),
            None => usual_reason(&found.case.intent, t).to_owned(),
        },
        suggestions: ways_to_solve(t),
        ending: ending::answering(found, typed, now, t),
        promise: promise::parts(said, "answer", "reply", t),
        open: !answered || !text.is_empty() || trouble.is_some() || said.look.to.is_some(),
        text,
        held_by,
        own_words: said.own_words.clone(),
        translates: found.translated.draft(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judgement::PersonalDataKind;

    #[test]
    fn marks_stand_where_the_data_stands() {
        let text = "bel 06-12345678, é";
        let place = |start, end| PersonalData { kind: PersonalDataKind::Phone, start, end };
        let shown = |places: &[PersonalData]| -> Vec<(String, bool)> {
            let plain = |s: &Shown| s.to_string().replace("<bdi dir=\"auto\">", "").replace("</bdi>", "");
            marked(text, places).iter().map(|(s, m)| (plain(s), *m)).collect()
        };
        let found = shown(&[place(4, 15)]);
        assert_eq!(found.iter().map(|(_, m)| *m).collect::<Vec<_>>(), [false, true, false]);
        assert!(found[1].0.contains("06-12345678"), "{found:?}");
        for wrong in [place(0, 999), place(17, 18), place(9, 3)] {
            assert!(shown(&[wrong]).iter().all(|(_, m)| !m), "{wrong:?}");
        }
    }
}
