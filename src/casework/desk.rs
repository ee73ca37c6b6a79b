//! What stands on the desk of one who answers: what would be sent, what was typed so far, by which
//! sign they are known.
//!
//! Nothing here goes to anybody. A draft is kept for its writer; colleagues see that somebody writes,
//! never what.

use super::answering::{Answer, Handed, Prepared, TEXT_CHARS_MAX, invalid, is_answered, prepare};
use super::{Act, Actor, Answers, Casework, CaseworkError, Proposal, enclosing};
use crate::domain::enclosed::FileLimits;
use crate::domain::judgement::PersonalData;
use crate::domain::reply::{Limits, SIGN_CHARS_MAX, sign_of};
use crate::domain::time::Timestamp;
use crate::sources::reply::{Composed, Measure};
use crate::sources::{Approved, Private, Reply, Right};
use crate::store::enclosed::{self, FileOfOurs};
use crate::store::rows::CaseEventRow;
use crate::store::{answer, audit, console, grant};

/// What would be sent, and all that one who writes it must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The mention that is answered.
    pub mention_id: String,
    /// The account in whose name, as people know it.
    pub account: String,
    /// What the platform would get.
    pub composed: Composed,
    /// Personal data that a public answer must not hold: places in the words, trimmed.
    pub personal: Vec<PersonalData>,
    /// What the platform takes, and how it counts.
    pub limits: Limits,
    /// What is put before and behind the words.
    pub around: (String, String),
    /// The sign of the one who writes, without `^`; empty for none.
    pub sign: String,
    /// Whether it goes by the private way of the account.
    pub private: bool,
    /// Whether an answer of ours to this mention stands or is on its way.
    pub answered: bool,
    /// The promises that stand in the words.
    pub promises: Vec<Proposal>,
    /// Why the platform refuses what the account sends at present, as far as is known.
    pub blocked: Option<String>,
    /// What files the platform takes along, and those in the draft of who writes.
    pub file_limits: FileLimits,
    /// The files in the draft.
    pub files: Vec<FileOfOurs>,
    /// Why the platform would not take them with these words.
    pub files_refused: Option<String>,
    /// Where a person must post it, where the platform lets no program answer this post.
    pub by_hand: Option<String>,
    /// Words that the platform has approved for when its window is closed; none where it has no such thing.
    pub approved: Vec<Approved>,
    /// Whether the words are made of such.
    pub is_approved: bool,
    /// What moderation the account has.
    pub measures: &'static [Measure],
    /// The parts in which it could go, where it is too long for one post and the platform has threads; else none.
    pub parts: Vec<Composed>,
}

impl Casework {
    /// What would be sent if this person answered with these words; writes nothing.
    pub async fn preview(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
        text: &str,
        to: Option<&str>,
    ) -> Result<Preview, CaseworkError> {
        self.preview_as(brand_id, case_id, actor, (text, to), Handed::No).await
    }

    /// The same for an offer or a private message.
    pub async fn preview_as(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
        (text, to): (&str, Option<&str>),
        handed: Handed,
    ) -> Result<Preview, CaseworkError> {
        let asked = self.asked(brand_id, case_id, 0, actor, Act::Release);
        let wanted =
            Answer { text: text.to_owned(), to: to.map(ToOwned::to_owned), handed, ..Answer::default() };
        let found = self.db.read("previewing an answer", move |tx| {
            Box::pin(async move {
                match prepare(tx, &asked, &wanted).await? {
                    Ok(prepared) => {
                        let mention = &prepared.target.mention_id;
                        let answered =
                            is_answered(tx, &asked.brand_id, mention, prepared.handed(&wanted)).await?;
                        let case = crate::store::case::look(tx, &asked.brand_id, &asked.case_id).await?;
                        let language = case.map(|c| c.language).unwrap_or_default();
                        let promises = super::proposing::found(&language, &asked, &wanted.text);
                        let right = if prepared.private { Right::Private } else { Right::Answer };
                        let source = prepared.account.source.name();
                        let blocked = match grant::lack_of(tx, source, right.code()).await? {
                            Some(why) => Some(why),
                            None => crate::store::source::refused(tx, source).await?,
                        };
                        let at = (asked.brand_id.as_str(), asked.case_id.as_str());
                        let files = enclosed::of_draft(tx, at, asked.actor.person.as_str()).await?;
                        let refused = enclosing::refused(&prepared, &files);
                        Ok(Ok((prepared, answered, promises, blocked, (files, refused))))
                    }
                    Err(refused) => Ok(Err(refused)),
                }
            })
        });
        let (p, answered, promises, blocked, (files, files_refused)): (Prepared, _, _, _, _) =
            found.await??;
        let Some(reply) = p.account.source.reply() else { return Err(CaseworkError::NotFound) };
        let way = p.account.source.private().filter(|_| p.private);
        Ok(Preview {
            approved: way.map(Private::approved).unwrap_or_default(),
            is_approved: way.is_some_and(|way| way.is_approved(&p.composed.text)),
            account: name_of(reply),
            measures: reply.measures(),
            mention_id: p.target.mention_id,
            composed: p.composed,
            personal: p.personal,
            limits: p.limits,
            private: p.private,
            around: p.around,
            sign: p.sign,
            file_limits: p.file_limits,
            by_hand: p.by_hand,
            parts: match handed {
                Handed::No => p.parts.into_iter().map(|part| part.composed).collect(),
                Handed::Offer | Handed::Private => Vec::new(),
            },
            answered,
            promises,
            blocked,
            files,
            files_refused,
        })
    }

    /// Keeps what somebody has typed about a case; nothing typed drops the draft. What was typed on a
    /// view (`seen`) from which they have answered since is not kept: it was sent.
    pub async fn keep_draft(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
        seen: i64,
        text: &str,
    ) -> Result<(), CaseworkError> {
        if text.chars().count() > TEXT_CHARS_MAX {
            return invalid("text", format!("longer than {TEXT_CHARS_MAX} characters"));
        }
        let (brand, draft) = (
            brand_id.to_owned(),
            answer::Draft {
                case_id: case_id.to_owned(),
                person_id: actor.person.to_string(),
                seen,
                updated_at: self.clock.now().millis(),
                text: Some(text.to_owned()),
            },
        );
        let (begun, dropped) = (
            self.done(actor, "case.draft", (brand_id, case_id)),
            self.done(actor, "case.draft_drop", (brand_id, case_id)),
        );
        let kept = self.db.write_again("keeping a draft", move |tx| {
            let (brand, draft, begun, dropped) =
                (brand.clone(), draft.clone(), begun.clone(), dropped.clone());
            Box::pin(async move {
                // A page that was left open, or words on their way while the answer was sent.
                let since = console::events_since(tx, &brand, &draft.case_id, draft.seen).await?;
                let sent = |e: &CaseEventRow| {
                    matches!(e.kind.as_str(), "answer_queued" | "guard_asked")
                        && e.who.as_deref() == Some(draft.person_id.as_str())
                };
                if since.iter().any(sent) {
                    return Ok(true);
                }
                let Some(case) = crate::store::case::look(tx, &brand, &draft.case_id).await? else {
                    return Ok(false);
                };
                let all = answer::drafts(tx, &brand, &draft.case_id).await?;
                let stood = all.iter().any(|d| d.person_id == draft.person_id);
                answer::put_draft(tx, &brand, &case.author_id, &draft).await?;
                // That one is begun or taken away is an act; each letter of it is none.
                let stands = draft.text.as_deref().is_some_and(|text| !text.trim().is_empty());
                if stands != stood {
                    audit::append(tx, if stands { &begun } else { &dropped }, Timestamp(draft.updated_at))
                        .await?;
                }
                Ok(true)
            })
        });
        if kept.await? { Ok(()) } else { Err(CaseworkError::NotFound) }
    }

    /// The present instant, by the clock that casework works with.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// With what people answer.
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Sets the sign of a person for a brand, or for every brand (`""`); an empty one takes it away.
    pub async fn set_sign(&self, actor: &Actor, brand_id: &str, sign: &str) -> Result<(), CaseworkError> {
        let sign = sign.trim().trim_start_matches('^').to_owned();
        if !sign.is_empty() && sign_of(&format!("^{sign}")) != Some(sign.as_str()) {
            return invalid(
                "sign",
                format!("allowed are 1 to {SIGN_CHARS_MAX} letters, digits, '-' and '_'"),
            );
        }
        if !brand_id.is_empty() && self.catalogue.get().brand(brand_id).is_none() {
            return Err(CaseworkError::NotFound);
        }
        let (now, entry) = (self.clock.now(), self.done(actor, "person.sign", (brand_id, "")));
        let (person, brand_id) = (actor.person.to_string(), brand_id.to_owned());
        let set = self.db.write("setting a signature", move |tx| {
            Box::pin(async move {
                answer::set_sign(tx, &person, &brand_id, &sign).await?;
                audit::append(tx, &entry, now).await
            })
        });
        Ok(set.await?)
    }
}

/// The account as people know it.
fn name_of(reply: &dyn Reply) -> String {
    let account = reply.account();
    match account.handle.filter(|h| !h.is_empty()) {
        Some(handle) => format!("@{}", handle.trim_start_matches('@')),
        None => account.id,
    }
}
