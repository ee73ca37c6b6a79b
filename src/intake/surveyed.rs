//! Private messages that answer a survey: the score and the open answer are noted with the case that was asked about.
//! They are messages of that case like any other, so that they are edited, deleted and erased like any other; what needs
//! no answer opens nothing again. What needs one goes the way of every message.

use super::places::{Place, Places, is_own};
use super::plan::Planner;
use super::read::{Item, Read};
use crate::casework::surveying;
use crate::domain::judgement::{Intent, Judgement, Level};
use crate::domain::survey::{Reply, Standing, reply};
use crate::domain::time::Timestamp;
use crate::store::survey::{self, OpenSurvey, ReplyRow};
use crate::store::{StoreError, Tx};
use std::collections::BTreeSet;

pub use surveying::HANDED;

/// What a message says, to which of the known surveys.
pub(super) struct Said {
    at: usize,
    brand: usize,
    reply: Reply,
    judged: Judgement,
}

/// The surveys that private messages of a batch may answer; asks nothing where there are none.
pub(super) async fn load(
    tx: &mut Tx,
    items: &[Item],
    places: &Places,
    now: Timestamp,
) -> Result<Vec<OpenSurvey>, StoreError> {
    let private = items.iter().zip(&places.of).filter_map(|(item, place)| {
        let read = item.read.as_ref().ok().filter(|r| r.post.private && !r.post.deleted && !is_own(r))?;
        let place = place.as_ref().filter(|_| read.post.filtered.is_none())?;
        Some([place.author_id.clone(), place.case_author().to_owned()])
    });
    let authors: BTreeSet<String> = private.flatten().collect();
    survey::standing(tx, &authors.into_iter().collect::<Vec<_>>(), now).await
}

impl Planner<'_> {
    /// What a message says to a survey, if to any. One that only answers it is judged as needing nothing.
    pub(super) fn survey_said(
        &self,
        read: &Read,
        place: &Place,
        hits: &[(usize, Judgement)],
    ) -> Option<Said> {
        let post = &read.post;
        if !post.private || read.historic {
            return None;
        }
        let within =
            |s: &OpenSurvey| s.asked_at <= post.posted_at.millis() && post.posted_at.millis() <= s.until_at;
        let theirs = |s: &OpenSurvey| {
            [place.author_id.as_str(), place.case_author()]
                .iter()
                .any(|a| *a == s.author_id || *a == s.written_to)
        };
        for (at, survey) in self.known.surveys.iter().enumerate().filter(|(_, s)| theirs(s) && within(s)) {
            let hit = hits.iter().find(|(b, _)| self.catalogue.brands[*b].id == survey.brand_id);
            let Some((brand, judged)) = hit else { continue };
            let standing = Standing { scored: survey.scored == 1, opened: survey.opened == 1 };
            // Kind words in answer to a question ask for nothing, though elsewhere they deserve an answer.
            let kind = matches!(judged.intent, Intent::Compliment | Intent::Praise);
            let asks = (judged.needs_answer && !kind) || matches!(judged.level, Level::P1 | Level::P2);
            if let Some(reply) = reply(&post.text, standing, asks) {
                return Some(Said { at, brand: *brand, reply, judged: judged.clone() });
            }
        }
        None
    }

    /// Notes it. What needs an answer stands where it was written; all else with the case that was asked about.
    pub(super) fn answers_survey(
        &mut self,
        item: &Item,
        read: &Read,
        place: &Place,
        said: &Said,
        recheck: Option<String>,
    ) -> (&'static str, Option<String>) {
        let survey = self.known.surveys[said.at].clone();
        let (post, mut judged) = (&read.post, said.judged.clone());
        let mut place = place.clone();
        if said.reply.silent {
            (judged.needs_answer, judged.needs_private) = (false, false);
            (judged.level, judged.urgency) = (Level::P5, 0);
            place.conversation_id.clone_from(&survey.conversation_id);
            place.merged_as = Some(survey.author_id.clone());
            (place.evidence, place.proposal) = (None, None);
        }
        let id = self.mention(item, read, &place, vec![(said.brand, judged)], said.reply.silent);
        let group = self.group(said.brand, &place.conversation_id, place.case_author());
        if said.reply.silent {
            group.surveyed = Some(survey.case_id.clone());
        }
        self.changes.survey_replies.push(ReplyRow {
            mention_id: id.clone(),
            case_id: survey.case_id.clone(),
            brand_id: survey.brand_id.clone(),
            score: said.reply.score.map(i64::from),
            open_answer: i64::from(said.reply.open),
            silent: i64::from(said.reply.silent),
            at: post.posted_at.millis(),
        });
        // The next message of the batch finds it answered.
        let known = &mut self.known.surveys[said.at];
        known.scored = known.scored.max(i64::from(said.reply.score.is_some()));
        known.opened = known.opened.max(i64::from(said.reply.open));
        self.took(super::places::key(post, &post.external_id), id, recheck, post);
        ("mention", None)
    }
}
