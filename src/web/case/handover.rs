//! The private box of a case: where its hand-over stands, how its customer can be reached and why not,
//! the offer as it would go, the private word, conversations that may belong here, and public answers
//! that wait for a second person.
//!
//! Asking the platform is a press of its own; the page never does it by itself.

use super::promise::{self, PromisePart};
use super::reply::{PreviewPart, is_of_the_press};
use super::{Loaded, Said, Typed};
use crate::casework::guarding::is_of_newcomer;
use crate::casework::{CaseWindow, CaseworkError, Given, Preview, Ready, Typing};
use crate::domain::case::CaseState;
use crate::domain::handover::{HandoverEvent, HandoverState, next};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::domain::window::Standing;
use crate::store::guard::PassRow;
use crate::store::handover::{ConversationEventRow, HandoverRow, JoinRow};
use crate::web::auth::Viewer;
use crate::web::enclosed::{self, Enclosed};
use crate::web::shown::{Left, Moment, Shown};
use crate::web::texts::Texts;
use crate::web::texts::refused;

/// The words that can be offered, and how long they are where they go.
pub struct Offer {
    pub text: String,
    pub account: String,
    pub length: usize,
    pub max: usize,
    pub refused: Option<String>,
    pub again: bool,
}

/// A conversation that may belong to this case, or this one's to another.
pub struct Join {
    pub id: String,
    pub case: Option<String>,
    pub evidence: String,
    pub at: Moment,
}

/// A conversation that was joined.
pub struct Joined {
    pub conversation: String,
    pub evidence: String,
    pub who: String,
    pub at: Moment,
}

/// Why an answer waits for a second person, in words: kinds of personal data, a newcomer, a protocol.
pub fn kinds_named(kinds: &str, t: &Texts) -> String {
    let names: Vec<String> = kinds.split_whitespace().map(|kind| t.name("data", kind)).collect();
    names.join(", ")
}

/// A public answer with personal data that somebody must stand for.
pub struct Pass {
    pub id: String,
    pub kinds: String,
    /// Until when it is their buddy's, where a newcomer wrote it.
    pub buddy_until: Option<Left>,
    pub who: String,
    pub at: Moment,
    pub reason: Shown,
    pub text: Option<Shown>,
    pub files: Vec<Enclosed>,
    /// This viewer may decide, or look at it.
    pub mine_to_decide: bool,
    pub to_review: bool,
    pub state: String,
}

/// How long the platform lets us write in private.
pub struct Window {
    /// What may be written.
    pub words: &'static str,
    /// Until when, or since when not.
    pub at: Moment,
    /// The same for the countdown; 0 where it is over.
    pub due_ms: i64,
    /// What is left.
    pub left: Option<Span>,
}

/// The window of a case as people read it.
fn window(found: &CaseWindow, now: Timestamp, t: &'static Texts) -> Window {
    let more = t.more();
    let (words, at, is_over) = match found.standing {
        Standing::Open { until } => (more.window_open, until, false),
        Standing::ByHand { until } => (more.window_by_hand, until, false),
        Standing::Closed => {
            let words = if found.rule.approved { more.window_approved } else { more.window_closed };
            (words, found.rule.ends_at(found.last_inbound), true)
        }
    };
    Window {
        words,
        at: Moment::of(at.millis()),
        due_ms: if is_over { 0 } else { at.millis() },
        left: (!is_over).then(|| at.since(now)),
    }
}

/// The box.
#[derive(Default)]
pub struct Box {
    /// How long the platform lets us write in private, where it limits that.
    pub window: Option<Window>,
    pub state: String,
    pub code: Option<String>,
    pub since: Option<Moment>,
    pub reach: Option<String>,
    pub why: String,
    pub asked_at: Option<Moment>,
    pub can_ask: bool,
    pub offer: Option<Offer>,
    /// The words of a private message, if one can be written.
    pub say: Option<String>,
    /// How it would go.
    pub say_preview: Option<PreviewPart>,
    /// The form for a mail to an address that the customer gave, if there is one.
    pub mail: Option<ByMail>,
    /// How many files stand in the viewer's draft.
    pub ready_files: usize,
    pub can_propose: bool,
    pub can_refuse: bool,
    /// The customer answered in public since the offer, which may be a refusal.
    pub may_be_refused: bool,
    pub can_by_hand: bool,
    pub can_close: bool,
    pub holding: Option<Shown>,
    /// A promise in the words of a private message, or in the holding words.
    pub say_promise: Vec<PromisePart>,
    pub holding_promise: Vec<PromisePart>,
    pub joins: Vec<Join>,
    pub elsewhere: Vec<Join>,
    pub joined: Vec<Joined>,
    pub passes: Vec<Pass>,
    /// Whether the box is open at once.
    pub open: bool,
}

/// What the box is made of besides the case.
pub struct Parts<'a> {
    pub ready: Option<&'a Ready>,
    pub offer: Option<&'a Result<Preview, CaseworkError>>,
    pub now: Timestamp,
    pub window: Option<CaseWindow>,
    /// From when anybody may look at what a newcomer wrote.
    pub open_to_all: Timestamp,
}

/// The form for a mail to an address that the customer gave.
pub struct ByMail {
    /// Each address: its key, what of it is shown, and whether it is chosen.
    pub addresses: Vec<(String, String, bool)>,
    /// The words.
    pub text: String,
    /// The promises in them.
    pub promise: Vec<PromisePart>,
}

/// What was typed into the form for a private message, or into the one for a mail, that was not taken.
fn sent(said: &Said, by_mail: bool) -> Option<&Typed> {
    said.typed("private_send").filter(|typed| typed.mail_to.is_empty() != by_mail)
}

/// The promises in it.
fn promises(said: &Said, by_mail: bool, t: &'static Texts) -> Vec<PromisePart> {
    let id = if by_mail { "private-mail" } else { "private" };
    sent(said, by_mail).map(|_| promise::parts(said, "private_send", id, t)).unwrap_or_default()
}

/// The words of a private message: as just typed, or as kept.
pub(super) fn say_of(found: &Loaded, said: &Said) -> String {
    let typed = sent(said, false).map(|typed| typed.text.clone());
    typed.or_else(|| found.typed(Typing::Private)).unwrap_or_default()
}

fn by_mail(ready: &Ready, found: &Loaded, said: &Said, t: &'static Texts) -> Option<ByMail> {
    let typed = sent(said, true);
    let chosen = |key: &str| typed.is_some_and(|typed| typed.mail_to == key);
    let one = |a: &Given| (a.key.clone(), a.shown.clone(), chosen(&a.key));
    (!ready.addresses.is_empty()).then(|| ByMail {
        addresses: ready.addresses.iter().map(one).collect(),
        text: typed.map(|t| t.text.clone()).or_else(|| found.typed(Typing::Mail)).unwrap_or_default(),
        promise: promises(said, true, t),
    })
}

/// The box as this viewer sees it.
pub fn of(found: &Loaded, said: &Said, viewer: &Viewer, parts: &Parts<'_>, t: &'static Texts) -> Box {
    let more = t.more();
    let row = found.handover.as_ref();
    let at = row.and_then(HandoverRow::at);
    let is_open = found.case.case_state().is_ok_and(CaseState::is_open);
    let works = viewer.person.may_work() && is_open;
    let inside = matches!(at, Some(HandoverState::Opened | HandoverState::Linked));
    let proposed = found.case.needs_private == 1 && at.is_none();
    let ready = parts.ready.filter(|_| works);
    // Offers and holding words are answers.
    let answers = viewer.person.may(Right::Answer);
    // So are words in private, and those of a newcomer wait for nobody there.
    let speaks = answers || (viewer.person.may(Right::AnswerPress) && is_of_the_press(found));
    let joins: Vec<Join> = waiting(found, |j| j.into_case == found.case.id, |j| j.from_case.clone(), t);
    let elsewhere = waiting(found, |j| j.into_case != found.case.id, |j| Some(j.into_case.clone()), t);
    let passes: Vec<Pass> = passes(found, viewer, (parts.now, parts.open_to_all), t);
    let can = |at, event| next(at, event).is_ok();
    // Who came in private would have moved it on.
    let offered = row.and_then(|r| r.offered_at).filter(|_| at == Some(HandoverState::Offered));
    let in_public = offered.is_some_and(|offered| found.case.last_message_at > offered);
    let typed = said.again.as_ref().is_some_and(|a| a.act.starts_with("private") || a.act == "holding");
    let written = typed || found.typed(Typing::Private).is_some() || found.typed(Typing::Mail).is_some();
    let asks = proposed || parts.window.is_some() || !joins.is_empty() || !passes.is_empty();
    let open = written || asks || at.is_some_and(HandoverState::waits);
    Box {
        window: parts.window.as_ref().map(|w| window(w, parts.now, t)),
        state: match at {
            Some(state) => t.name("handover", state.code()),
            None if proposed => t.name("handover", "proposed"),
            None => more.private_none.to_owned(),
        },
        code: row.map(|r| r.code.clone()),
        since: row.and_then(|r| r.offered_at.or(r.opened_at)).filter(|_| at.is_some()).map(Moment::of),
        reach: row.filter(|r| !r.reach.is_empty()).map(|r| t.name("reach", &r.reach)),
        why: row.map(|r| r.reach_why.clone()).unwrap_or_default(),
        asked_at: row.and_then(|r| r.reached_at).map(Moment::of),
        can_ask: works && found.case.private == 0,
        offer: ready
            .filter(|_| answers && !inside && found.case.private == 0)
            .and_then(|_| offer(parts, said, at, t)),
        say: ready.filter(|r| r.has_way && speaks).map(|_| say_of(found, said)),
        say_preview: None,
        mail: ready
            .filter(|_| speaks && found.case.platform != "email")
            .and_then(|r| by_mail(r, found, said, t)),
        ready_files: files_of(found, viewer),
        can_propose: works && at.is_none() && found.case.private == 0,
        can_refuse: works && can(at, HandoverEvent::Refuse),
        may_be_refused: works && in_public,
        can_by_hand: works && !inside && at != Some(HandoverState::Closed),
        can_close: works && at.is_some_and(|s| !matches!(s, HandoverState::Closed | HandoverState::Lapsed)),
        holding: holding(ready, answers, viewer),
        say_promise: promises(said, false, t),
        holding_promise: promise::parts(said, "holding", "holding", t),
        open,
        joins,
        elsewhere,
        joined: joined(found, t),
        passes,
    }
}

/// How many files this viewer has put beside the draft.
fn files_of(found: &Loaded, viewer: &Viewer) -> usize {
    let is_theirs = |person: &str| person == viewer.person.id.as_str();
    found.enclosed.iter().filter(|f| f.state == "draft" && is_theirs(&f.person_id)).count()
}

/// The holding words as they would go; what a newcomer sends of these waits for a colleague.
fn holding(ready: Option<&Ready>, answers: bool, viewer: &Viewer) -> Option<Shown> {
    let ready = ready.filter(|_| answers || viewer.person.may(Right::Propose))?;
    ready.holding.as_deref().map(Shown::plain)
}

fn offer(parts: &Parts<'_>, said: &Said, at: Option<HandoverState>, t: &Texts) -> Option<Offer> {
    let preview = parts.offer?.as_ref().ok()?;
    let ready = parts.ready?;
    let typed = said.typed("private_offer").map(|t| t.text.clone());
    Some(Offer {
        text: typed.or_else(|| ready.offer.clone())?,
        account: preview.account.clone(),
        length: preview.composed.measure.length,
        max: preview.composed.measure.max,
        refused: preview.composed.refused.as_deref().map(|why| refused::told(t, why)),
        again: preview.answered || at == Some(HandoverState::Offered),
    })
}

fn waiting(
    found: &Loaded,
    which: impl Fn(&JoinRow) -> bool,
    case: impl Fn(&JoinRow) -> Option<String>,
    t: &Texts,
) -> Vec<Join> {
    let open = found.joins.iter().filter(|j| j.state == "proposed" && which(j));
    open.map(|j| Join {
        id: j.id.clone(),
        case: case(j),
        evidence: t.name("evidence", &j.evidence),
        at: Moment::of(j.made_at),
    })
    .collect()
}

/// The conversations whose last word is that they belong here.
fn joined(found: &Loaded, t: &Texts) -> Vec<Joined> {
    let mut last: Vec<&ConversationEventRow> = Vec::new();
    for event in &found.merges {
        last.retain(|e| e.conversation_id != event.conversation_id);
        last.push(event);
    }
    let here = last.into_iter().filter(|e| e.kind == "merge");
    here.map(|e| Joined {
        conversation: e.conversation_id.clone(),
        evidence: t.name("evidence", &e.evidence),
        who: e.who.as_ref().and_then(|w| found.names.get(w)).cloned().unwrap_or_default(),
        at: Moment::of(e.at),
    })
    .collect()
}

fn passes(
    found: &Loaded,
    viewer: &Viewer,
    (now, open_to_all): (Timestamp, Timestamp),
    t: &Texts,
) -> Vec<Pass> {
    let me = viewer.person.id.as_str();
    let (works, lead) = (viewer.person.may(Right::Approve), viewer.person.is_lead());
    let is_first = |p: &PassRow| p.state == "asked" && open_to_all > now && is_of_newcomer(p);
    let reviewed = |p: &PassRow| p.reviewed_at.is_some() || p.review_from.is_none();
    let shown = found.passes.iter().filter(|p| p.state == "asked" || (p.state == "alone" && !reviewed(p)));
    shown
        .map(|p| {
            let decides = works && p.state == "asked" && (p.asked_by != me || lead);
            let due = p.review_from.is_some_and(|from| from <= now.millis());
            let words = found.contents.get(&format!("{}/text", p.id)).filter(|_| works);
            Pass {
                id: p.id.clone(),
                kinds: kinds_named(&p.kinds, t),
                buddy_until: is_first(p).then(|| Left::of(Some(open_to_all.millis()), now, t)),
                who: found.names.get(&p.asked_by).cloned().unwrap_or_else(|| t.who_person.to_owned()),
                at: Moment::of(p.asked_at),
                reason: Shown::plain(&p.reason),
                files: match words {
                    Some(_) => enclosed::with(&found.enclosed, &found.case.id, &p.id),
                    None => Vec::new(),
                },
                text: words.map(|w| Shown::plain(w)),
                mine_to_decide: decides,
                to_review: works && p.state == "alone" && due && p.asked_by != me,
                state: t.name("pass", &p.state),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_for_a_mail_stands_in_its_own_form_again() {
        let said = |mail_to: &str| {
            let typed = Typed { act: "private_send".into(), mail_to: mail_to.into(), ..Typed::default() };
            Said { again: Some(typed), ..Said::default() }
        };
        let (mail, message) = (said("men_1/1:0"), said(""));
        assert!(sent(&mail, true).is_some() && sent(&mail, false).is_none());
        assert!(sent(&message, false).is_some() && sent(&message, true).is_none());
    }
}
