//! The forms of a case page: each press becomes one act of casework.
//!
//! A form carries the version that its page showed and a number of its own, so that a stale view is
//! answered with what changed and a double press does nothing. What somebody typed is never lost.

mod promises;

use super::auth::{Asked, Fields, SentFiles, Viewer};
use super::case::promise::{local, promising, typed as typed_promise};
use super::case::{Look, Said, Trouble, Typed, actor, brand_for, ending_of, shown, until};
use super::drafts;
use super::enclosed;
use super::error::Error;
use super::frame::{casework_of, first_press, forget_press};
use super::library;
use super::{App, zones};
use crate::casework::{
    Act, Answer, CaseworkError, ComplaintAct, Files, GoodwillAct, Handed, LabelAct, Meant, PrivateAct,
    ProtocolAct, ShiftAct,
};
use crate::domain::complaint::Outcome;
use crate::domain::contact::ContactKind;
use crate::domain::correction::{Corrected, Field, level_from_code};
use crate::domain::goodwill::{GoodwillKind, amount};
use crate::domain::judgement::{Intent, Level};
use crate::domain::label::Label;
use crate::domain::language::Language;
use crate::domain::protocol::ProtocolKind;
use crate::domain::role::Right;
use crate::sources::reply::Measure;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// `POST /cases/{id}/act`.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Extension(sent): Extension<Arc<SentFiles>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand_id, brand) = brand_for(&app, &viewer, &id).await?;
    let name = fields.get("act");
    if name == "private_ask" {
        // It asks the platform and keeps the answer: pressing twice does no harm.
        return match casework_of(&app, &viewer).ask_reach(&brand_id, &id, &actor(&viewer)).await {
            Ok(_) => Ok(Redirect::to(&format!("/cases/{id}#private")).into_response()),
            Err(CaseworkError::NotFound) => Err(Error::NotFound),
            Err(error) => Err(error.into()),
        };
    }
    let act = named(&app, &fields)?;
    let answers = viewer.person.may(Right::Answer) || viewer.person.may(Right::AnswerPress);
    let proposes = matches!(name, "answer" | "holding") && !answers;
    let seen = version(&fields)?;
    let once = format!("{id}:{name}");
    let text = plain_lines(fields.get("text"));
    let of = if name == "answer" { (fields.get("library"), text.as_str()) } else { ("", "") };
    // Read before the press counts: should that fail, the same form may come again.
    let keep = library::used(&app, &viewer, &(brand_id.clone(), brand), &id, of).await?;
    if !first_press(&app, fields.get("nonce"), &once).await? {
        return Ok(Redirect::to(&format!("/cases/{id}?twice=1")).into_response());
    }
    let casework = casework_of(&app, &viewer);
    let done = async {
        if name == "answer" {
            enclosed::kept(&app, &viewer, (&brand_id, &id), &fields, &sent).await?;
        }
        casework.act_keeping(&brand_id, &id, seen, &actor(&viewer), act, keep).await
    };
    let error = match done.await {
        Ok(_) if fields.get("back") == "briefing" => return Ok(Redirect::to("/briefing").into_response()),
        // With one click more the next case is there.
        Ok(_) => return Ok(Redirect::to(&format!("/cases/{id}{}", after(name, proposes))).into_response()),
        Err(error @ CaseworkError::Store(_)) => {
            // Nothing was done: the same form may come again.
            forget_press(&app, fields.get("nonce"), &once).await;
            return Err(error.into());
        }
        Err(CaseworkError::NotFound) => return Err(Error::NotFound),
        Err(error) => error,
    };
    let status = match error {
        CaseworkError::Invalid { .. } | CaseworkError::PersonalData { .. } | CaseworkError::Promise(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::CONFLICT,
    };
    // The words are kept also where no script does it, whatever link is followed next.
    let saw = match &error {
        CaseworkError::Stale { now, .. } => now.version,
        _ => seen,
    };
    drafts::kept(&casework, (&brand_id, &id), &actor(&viewer), saw, &fields).await?;
    let said = refused(&asked, &fields, seen, error);
    Ok((status, shown(&app, &asked, &viewer, &id, said).await?).into_response())
}

/// Where on the page an act that was carried out leads.
fn after(name: &str, proposes: bool) -> &'static str {
    match name {
        // Somebody else sends it.
        "answer" | "holding" if proposes => "?done=1#private",
        "answer" => "?done=answer#way",
        "resolve" | "dismiss" | "snooze" | "wait" | "front" => "?done=1",
        "undo" => "#reply",
        "link_ticket" | "create_ticket" | "unlink_ticket" | "not_solved" | "words_gone" => "#tickets",
        name if is_beside(name) => "#office",
        _ if name.starts_with("customer") => "#customer",
        _ if name.starts_with("protocol") || name.ends_with("label") => "#protocols",
        _ if name.starts_with("collect") => "#collecting",
        _ if name.starts_with("private") || PASSING.contains(&name) => "#private",
        _ => "",
    }
}

/// What the page says of a refusal: beside the box for an answer, on top for everything else.
fn refused(asked: &Asked, fields: &Fields, seen: i64, error: CaseworkError) -> Said {
    let t = asked.texts;
    let answers = fields.get("act") == "answer";
    let stale = matches!(error, CaseworkError::Stale { .. });
    let promise = typed_promise(fields, &error, &zones::here());
    let trouble = match error {
        CaseworkError::Promise(_) if fields.get("act") == "move_promise" => {
            Trouble::Other(t.promises().clash.to_owned())
        }
        CaseworkError::Promise(_) => Trouble::Promise,
        CaseworkError::Stale { .. } if answers => Trouble::Stale,
        CaseworkError::Stale { .. } => Trouble::Other(t.stale.to_owned()),
        CaseworkError::PersonalData { found } => Trouble::Personal(found),
        CaseworkError::AnsweredAlready => Trouble::Answered,
        CaseworkError::AuthorRemoved => Trouble::Other(t.author_removed.to_owned()),
        CaseworkError::NoAccount { .. } => Trouble::Other(t.no_account.to_owned()),
        CaseworkError::Invalid { field: "text", what } if answers => Trouble::Unfit(what),
        other => Trouble::Other(other.to_string()),
    };
    let to = Some(fields.get("to").to_owned()).filter(|to| !to.is_empty());
    let used = Some(fields.get("library").to_owned()).filter(|u| !u.is_empty() && u.len() <= 40);
    let look = Look { to, used, since: stale.then_some(seen), ..Look::default() };
    let again = Some(Typed { promise, ..typed(fields) });
    let left = left_over(fields);
    let aside = fields.get("act").starts_with("private") || fields.get("act") == "holding";
    let on_top = aside || (!answers && matches!(trouble, Trouble::Promise | Trouble::Other(_)));
    if on_top {
        return Said { notice: Some(trouble.words(t)), again, left, look, ..Said::default() };
    }
    Said { trouble: Some(trouble), again, left, look, ..Said::default() }
}

/// The acts whose forms stand filled in again after a refusal.
const FILLED_AGAIN: [&str; 12] = [
    "answer",
    "note",
    "private_send",
    "private_offer",
    "assign",
    "moderate",
    "resolve",
    "dismiss",
    "raise_finding",
    "contact",
    "customer",
    "promise",
];

/// What was typed into a form that does not stand filled in again, so that it can be taken over.
fn left_over(fields: &Fields) -> Vec<String> {
    let names: &[&str] = match fields.get("act") {
        // Why a second person is to let it pass.
        "answer" => &["why"],
        act if FILLED_AGAIN.contains(&act) => &[],
        _ => &["amount", "text", "note", "reason"],
    };
    names.iter().map(|name| plain_lines(fields.get(name))).filter(|text| !text.trim().is_empty()).collect()
}

pub(super) fn typed(fields: &Fields) -> Typed {
    Typed {
        act: fields.get("act").to_owned(),
        text: fields.get("text").to_owned(),
        reason: fields.get("reason").to_owned(),
        colleague: fields.get("colleague").to_owned(),
        resolve: fields.get("resolve") == "1",
        again: fields.get("again") == "1",
        split: fields.get("split") == "1",
        mail_to: fields.get("mail_to").to_owned(),
        ending: ending_of(fields).ok().flatten(),
        promise: None,
        customer: (fields.get("act") == "customer").then(|| promises::typed(fields)),
    }
}

pub(super) fn version(fields: &Fields) -> Result<i64, Error> {
    let missing = |_| Error::Invalid("version: the number of the view is missing".to_owned());
    fields.get("version").parse().map_err(missing)
}

/// Acts about public answers with personal data.
const PASSING: [&str; 3] = ["pass", "unpass", "review"];

/// The acts about the private channel, and about offers and the end of a shift.
fn private(fields: &Fields, zone: &TimeZone) -> Option<Act> {
    let text = |field: &str| fields.get(field).to_owned();
    let again = fields.get("again") == "1";
    Some(match fields.get("act") {
        "private_offer" => Act::Private(PrivateAct::Offer { text: plain_lines(fields.get("text")), again }),
        "private_send" => {
            let by_mail = Some(text("mail_to")).filter(|key| !key.is_empty());
            let text = plain_lines(fields.get("text"));
            let promise = promising(fields, zone);
            let files = if fields.get("files") == "1" { Files::Draft } else { Files::None };
            let handed = Handed::Private;
            Act::Answer(Answer { text, again, handed, promise, files, by_mail, ..Answer::default() })
        }
        "private_propose" => Act::Private(PrivateAct::Propose),
        "private_refuse" => Act::Private(PrivateAct::Refuse { note: text("reason") }),
        "private_by_hand" => Act::Private(PrivateAct::ByHand { note: text("reason") }),
        "private_close" => Act::Private(PrivateAct::Close),
        "private_join" => Act::Private(PrivateAct::Join { join: text("join") }),
        "private_decline" => Act::Private(PrivateAct::Decline { join: text("join") }),
        "private_split" => Act::Private(PrivateAct::Split { conversation: text("conversation") }),
        "holding" => Act::Private(PrivateAct::Holding { again, promise: promising(fields, zone) }),
        "pass" => Act::Pass { pass: text("pass"), goes: true, reason: String::new() },
        "unpass" => Act::Pass { pass: text("pass"), goes: false, reason: text("reason") },
        "review" => Act::Review { pass: text("pass") },
        "decline_offer" => Act::Shift(ShiftAct::Decline),
        "keep" => Act::Shift(ShiftAct::Keep),
        _ => return None,
    })
}

/// What a form does about protocols and labels, if it does anything about them.
fn protocol(fields: &Fields, zone: &TimeZone) -> Result<Option<Act>, Error> {
    let (name, text) = (fields.get("act"), |field: &str| fields.get(field).to_owned());
    if let "label" | "unlabel" = name {
        let word = fields.get("label");
        let label = Label::from_code(word).ok_or_else(|| unknown("label", word))?;
        // A day means its end.
        let until = Some(fields.get("until")).filter(|day| !day.is_empty());
        let until =
            until.map(|day| local(&format!("{day}T23:59"), zone).ok_or_else(|| unknown("until", day)));
        let set = LabelAct::Set { label, reason: text("reason"), until: until.transpose()? };
        return Ok(Some(Act::Label(if name == "label" { set } else { LabelAct::End { label } })));
    }
    if !name.starts_with("protocol_") {
        return Ok(None);
    }
    let word = fields.get("protocol");
    let kind = ProtocolKind::from_code(word).ok_or_else(|| unknown("protocol", word))?;
    Ok(Some(Act::Protocol(match name {
        "protocol_start" => ProtocolAct::Start { kind },
        "protocol_decline" => ProtocolAct::Decline { kind, reason: text("reason") },
        "protocol_take" => ProtocolAct::Take { kind },
        "protocol_step" => {
            ProtocolAct::Step { kind, step: text("step"), note: plain_lines(fields.get("note")) }
        }
        "protocol_end" => {
            let false_alarm = fields.get("false_alarm") == "1";
            ProtocolAct::End { kind, reason: text("reason"), false_alarm }
        }
        other => return Err(unknown("act", other)),
    })))
}

fn of_link(name: &str, link: String) -> Act {
    match name {
        "unlink_ticket" => Act::UnlinkTicket { link },
        "not_solved" => Act::NotSolved { link },
        _ => Act::TicketWordsGone { link },
    }
}

/// The answer that the reply box holds.
fn answer_of(fields: &Fields) -> Result<Answer, Error> {
    Ok(Answer {
        text: plain_lines(fields.get("text")),
        to: Some(fields.get("to").to_owned()).filter(|t| !t.is_empty()),
        resolve: (fields.get("resolve") == "1").then(|| fields.get("reason").to_owned()),
        ending: ending_of(fields)?,
        again: fields.get("again") == "1",
        meant: meant(fields),
        promise: promising(fields, &zones::here()),
        files: Files::Draft,
        split: fields.get("split") == "1",
        ..Answer::default()
    })
}

fn named(app: &App, fields: &Fields) -> Result<Act, Error> {
    if let Some(act) = private(fields, &zones::here()) {
        return Ok(act);
    }
    if let Some(act) = promises::promised(fields)?.or_else(|| promises::customer(fields)) {
        return Ok(act);
    }
    if let Some(act) = protocol(fields, &zones::here())?.or(super::collecting::form(fields, &zones::here())?)
    {
        return Ok(act);
    }
    let name = fields.get("act");
    let text = |field: &str| fields.get(field).to_owned();
    let filled = |field: &str| Some(text(field)).filter(|t| !t.is_empty());
    Ok(match name {
        "claim" => Act::Claim { until: None },
        "assign" => Act::Assign { to: text("colleague"), line: plain_lines(fields.get("text")) },
        "release" => Act::Release,
        "wait" => Act::AwaitCustomer,
        "front" => Act::AwaitFrontOffice,
        "resolve" => Act::Resolve { reason: text("reason"), ending: ending_of(fields)? },
        name if name.starts_with("goodwill") || name.starts_with("complaint") => return given(name, fields),
        "sector" => Act::Sector { name: text("sector") },
        "contact" => {
            let (kind, word) = (fields.get("kind"), fields.get("at"));
            let kind = ContactKind::from_code(kind).ok_or_else(|| unknown("kind", kind))?;
            let at = local(word, &zones::here()).ok_or_else(|| unknown("at", word))?;
            Act::Contact { kind, at, text: plain_lines(fields.get("text")) }
        }
        "raise_finding" => Act::RaiseFinding { owner: text("owner"), text: plain_lines(fields.get("text")) },
        "attach_finding" => Act::AttachFinding { number: number(fields, "finding")? },
        "ending" => Act::Ending(ending_of(fields)?.ok_or_else(|| unknown("solved", ""))?),
        "dismiss" => Act::Dismiss { reason: text("reason") },
        "reopen" => Act::Reopen,
        "answer" => {
            let answer = answer_of(fields)?;
            match fields.get("sure") {
                "ask" => Act::AskPass { answer, reason: text("why") },
                _ => Act::Answer(answer),
            }
        }
        "undo" => Act::Undo { action: text("action") },
        "link_ticket" => Act::LinkTicket { system: text("system"), ticket: text("ticket"), seen: None },
        "create_ticket" => Act::CreateTicket { system: text("system") },
        name @ ("unlink_ticket" | "not_solved" | "words_gone") => of_link(name, text("link")),
        "note" => Act::Note { text: plain_lines(fields.get("text")) },
        "correct" => Act::Correct(corrected(fields)?),
        "snooze" => {
            let word = fields.get("for");
            let until =
                until(word, app.casework.now(), &zones::here()).ok_or_else(|| unknown("for", word))?;
            Act::Snooze { until }
        }
        "moderate" => {
            let word = fields.get("measure");
            let measure = Measure::from_code(word).ok_or_else(|| unknown("measure", word))?;
            Act::Moderate { measure, mention: filled("to"), reason: text("reason") }
        }
        other => return Err(unknown("act", other)),
    })
}

/// Whether a form stands in the part of the page about the front office.
fn is_beside(name: &str) -> bool {
    matches!(name, "sector" | "contact" | "raise_finding" | "attach_finding")
        || name.starts_with("goodwill")
        || name.starts_with("complaint")
}

/// What a form does about goodwill or a formal complaint.
fn given(name: &str, fields: &Fields) -> Result<Act, Error> {
    let text = |field: &str| fields.get(field).to_owned();
    let (id, why) = (text("goodwill"), text("reason"));
    let wrong = |field: &str| Error::Invalid(format!("{field}: '{}' is not known", fields.get(field)));
    Ok(match name {
        "goodwill" => {
            let kind = GoodwillKind::from_code(fields.get("kind")).ok_or_else(|| wrong("kind"))?;
            // What cannot be read is refused like nothing at all.
            Act::Goodwill(GoodwillAct::Grant { kind, micros: amount(fields.get("amount")).unwrap_or(0), why })
        }
        "goodwill_yes" | "goodwill_no" => {
            Act::Goodwill(GoodwillAct::Decide { id, goes: name == "goodwill_yes" })
        }
        "goodwill_back" => Act::Goodwill(GoodwillAct::TakeBack { id, why }),
        "complaint" => Act::Complaint(ComplaintAct::Mark { made: None }),
        "complaint_acknowledge" => Act::Complaint(ComplaintAct::Acknowledge),
        "complaint_unmark" => Act::Complaint(ComplaintAct::Unmark { reason: why }),
        "complaint_decide" => {
            let outcome = Outcome::from_code(fields.get("outcome")).ok_or_else(|| wrong("outcome"))?;
            Act::Complaint(ComplaintAct::Decide { outcome, reason: why })
        }
        other => return Err(Error::Invalid(format!("act: '{other}' is not known"))),
    })
}

fn unknown(field: &str, what: &str) -> Error {
    Error::Invalid(format!("{field}: '{what}' is not known"))
}

fn number(fields: &Fields, field: &str) -> Result<i64, Error> {
    let word = fields.get(field);
    word.parse().map_err(|_| Error::Invalid(format!("{field}: '{word}' is no number")))
}

/// Who stands for personal data in a public answer, as the form says.
fn meant(fields: &Fields) -> Meant {
    match fields.get("sure") {
        "1" => Meant::Sure,
        "alone" => Meant::Alone { reason: fields.get("why").to_owned() },
        _ => Meant::No,
    }
}

/// What a person says of a case; a field that is not sent stays as it is.
fn corrected(fields: &Fields) -> Result<Corrected, Error> {
    fn read<T>(
        fields: &Fields,
        field: Field,
        read: impl Fn(&str) -> Option<T>,
        allowed: &[&str],
    ) -> Result<Option<T>, Error> {
        let (name, word) = (field.code(), fields.get(field.code()));
        if word.is_empty() {
            return Ok(None);
        }
        let bad = || Error::Invalid(format!("{name}: '{word}'; allowed are {}", allowed.join(", ")));
        read(word).map(Some).ok_or_else(bad)
    }
    let flag = |word: &str| [("1", true), ("0", false)].into_iter().find(|(w, _)| *w == word).map(|f| f.1);
    let others = [Language::Other, Language::Unknown];
    let languages: Vec<&str> = Language::TEN.into_iter().chain(others).map(Language::code).collect();
    Ok(Corrected {
        level: read(fields, Field::Level, level_from_code, &Level::ALL.map(Level::code))?,
        intent: read(fields, Field::Intent, Intent::from_code, &Intent::ALL.map(Intent::code))?,
        language: read(fields, Field::Language, Language::from_code, &languages)?,
        needs_answer: read(fields, Field::NeedsAnswer, flag, &["1", "0"])?,
        needs_private: read(fields, Field::NeedsPrivate, flag, &["1", "0"])?,
    })
}

/// Browsers send a line break as two characters; platforms count one.
pub(super) fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}
