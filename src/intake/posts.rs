//! The rows of posts that are new: mentions, posts of our own, and posts that only show what a
//! conversation is about.

use super::bodies::{content_body, has_words, profile_body};
use super::covered;
use super::places::{Place, key};
use super::plan::Planner;
use super::read::{Item, Read, tokens};
use crate::casework::surveying::HANDED as SURVEY;
use crate::domain::ids::{MentionId, OwnPostId, PersonId};
use crate::domain::judgement::Judgement;
use crate::domain::post::Post;
use crate::domain::recheck;
use crate::domain::time::Timestamp;
use crate::store::inbox::SWEPT;
use crate::store::intake::{CaseMessage, Key, KnownMention, KnownOwnPost};
use crate::store::taken::{JudgementRow, MentionRow, OwnPostRow, ThreadPostRow};
use crate::triage;

impl Planner<'_> {
    pub(super) fn profile(&mut self, post: &Post, author_id: &str) {
        let body = profile_body(post);
        self.changes.contents.push((author_id.to_owned(), author_id.to_owned(), "profile", body));
    }

    /// The brand for which a post of our own speaks.
    pub(super) fn own_brand(&self, read: &Read, place: &Place) -> Option<usize> {
        let of = |id: &str| self.catalogue.brands.iter().position(|w| w.id == id);
        read.own_of
            .or_else(|| self.cases_in(&place.conversation_id).next().and_then(|c| of(&c.brand_id)))
            .or_else(|| {
                let groups = self.groups_in.get(&place.conversation_id)?;
                groups.iter().map(|(brand, _)| *brand).min()
            })
            .or_else(|| (self.catalogue.brands.len() == 1).then_some(0))
    }

    pub(super) fn own_post(&mut self, item: &Item, post: &Post, place: &Place, brand: usize) -> String {
        let id = self.mint.id(self.now, OwnPostId::new).to_string();
        let brand_id = self.catalogue.brands[brand].id.clone();
        let origin = self.origin(item, post, &brand_id);
        // A reminder goes by itself, and what no person said answers nothing.
        let by_itself = matches!(origin.handed.as_deref(), Some("reminder" | SURVEY));
        // An answer in parts answers with its first: what goes on ends no wait that began since.
        let counts = i64::from(has_words(&post.text) && !by_itself && !origin.goes_on);
        if let Some(local) = &post.local_id {
            self.changes.handles.push((id.clone(), item.source.clone(), local.clone()));
        }
        self.changes.contents.push((
            format!("{id}/1"),
            place.author_id.clone(),
            "own_post",
            content_body(post),
        ));
        self.changes.own_posts.push(OwnPostRow {
            id: id.clone(),
            brand_id: brand_id.clone(),
            platform: post.platform.clone(),
            authority: post.authority.clone(),
            external_id: post.external_id.clone(),
            source: item.source.clone(),
            conversation_id: place.home_id.clone(),
            in_reply_to: post.in_reply_to.clone(),
            answers_author_id: place.answers.clone(),
            posted_at: post.posted_at.millis(),
            received_at: item.received_at.millis(),
            counts,
            sample: i64::from(post.sample),
            action_id: origin.action_id.clone(),
            person_id: origin.person_id.clone(),
            quotes: post.quotes.clone(),
            edited_at: post.edited_at.map(Timestamp::millis),
        });
        self.own_new.push(KnownOwnPost {
            external_id: post.external_id.clone(),
            platform: post.platform.clone(),
            authority: post.authority.clone(),
            id: id.clone(),
            brand_id,
            conversation_id: place.conversation_id.clone(),
            in_reply_to: post.in_reply_to.clone(),
            answers_author_id: place.answers.clone(),
            posted_at: post.posted_at.millis(),
            counts,
            deleted_at: None,
            edited_at: post.edited_at.map(Timestamp::millis),
            body: None,
            action_id: origin.action_id.clone(),
            undelivered: None,
            home_id: place.home_id.clone(),
            merged_as: place.merged_as.clone(),
        });
        if let Some(author) = place.answers.as_ref().filter(|_| origin.handed.as_deref() != Some(SURVEY)) {
            let group = self.group(brand, &place.conversation_id, author);
            group.answered |= !origin.goes_on;
            group.by = origin.person_id.map(PersonId::stored);
            group.then_resolve = origin.then_resolve;
            group.private_talk.handed = group.private_talk.handed.take().or(origin.handed);
        }
        id
    }

    /// A new message of a case, which is not known yet, as it was judged for a brand.
    fn message(&self, item: &Item, read: &Read, id: &str, brand: usize, judged: &Judgement) -> CaseMessage {
        let (post, watched) = (&read.post, &self.catalogue.brands[brand]);
        CaseMessage {
            case_id: String::new(),
            brand_id: watched.id.clone(),
            mention_id: id.to_owned(),
            external_id: post.external_id.clone(),
            posted_at: post.posted_at.millis(),
            received_at: item.received_at.millis(),
            historic: i64::from(read.historic),
            revision: 1,
            level: judged.level.number(),
            urgency: i64::from(judged.urgency),
            intent: judged.intent.code().to_owned(),
            language: judged.language.code().to_owned(),
            needs_answer: i64::from(judged.needs_answer),
            needs_private: i64::from(judged.needs_private),
            source: item.source.clone(),
            kind: post.kind.clone(),
            private: i64::from(post.private),
            handles: covered::handles_named(&watched.brand, post),
            silenced: 0,
        }
    }

    pub(super) fn mention(
        &mut self,
        item: &Item,
        read: &Read,
        place: &Place,
        hits: Vec<(usize, Judgement)>,
        silent: bool,
    ) -> String {
        let post = &read.post;
        let id = self.mint.id(self.now, MentionId::new).to_string();
        let seq = self.mint.seq(self.now);
        self.changes.contents.push((
            format!("{id}/1"),
            place.author_id.clone(),
            "mention",
            content_body(post),
        ));
        let words = if read.tokens.is_empty() { tokens(post) } else { read.tokens.clone() };
        if !words.is_empty() {
            self.changes.tokens.push((seq, words));
        }
        if let Some(local) = &post.local_id {
            self.changes.handles.push((id.clone(), item.source.clone(), local.clone()));
        }
        self.files(item, post, &id, &place.author_id, read.historic);
        if item.place.starts_with(SWEPT) {
            self.changes.swept.push((id.clone(), item.source.clone(), item.received_at.millis()));
        }
        for (brand, judged) in hits {
            let mut message = self.message(item, read, &id, brand, &judged);
            message.silenced = i64::from(silent);
            let group = self.group(brand, &place.conversation_id, place.case_author());
            group.private_talk.evidence = group.private_talk.evidence.or(place.evidence);
            if let Some(proposal) = &place.proposal {
                group.private_talk.proposal = Some((place.home_id.clone(), proposal.clone()));
            }
            group.added.push(message);
            group.judged.push((id.clone(), judged));
            group.platform.clone_from(&post.platform);
            group.private |= post.private;
            group.sample |= post.sample;
        }
        self.changes.mentions.push(MentionRow {
            seq,
            id: id.clone(),
            platform: post.platform.clone(),
            authority: post.authority.clone(),
            external_id: post.external_id.clone(),
            source: item.source.clone(),
            author_id: place.author_id.clone(),
            conversation_id: place.home_id.clone(),
            kind: post.kind.clone(),
            in_reply_to: post.in_reply_to.clone(),
            lang_tag: post.lang_tag.clone(),
            posted_at: post.posted_at.millis(),
            received_at: item.received_at.millis(),
            private: i64::from(post.private),
            historic: i64::from(read.historic),
            sample: i64::from(post.sample),
            visibility: post.visibility.clone(),
            quotes: post.quotes.clone(),
        });
        id
    }

    /// An edit may quote something else than before, or nothing any more; tells whether it does. That there is no quote is
    /// believed of the source that brought the post, for others may not know of quotes; and what was erased since is not
    /// named again.
    pub(super) fn requotes(&mut self, item: &Item, post: &Post, known: &KnownMention) -> bool {
        let told = post.quotes.is_some() || known.source == item.source;
        let erased = known.quotes.as_deref().is_some_and(|id| id.starts_with("erased/"));
        if !told || known.quotes == post.quotes || (erased && post.quotes.is_some()) {
            return false;
        }
        self.changes.requoted.retain(|(id, _)| *id != known.id);
        self.changes.requoted.push((known.id.clone(), post.quotes.clone()));
        if let Some(now_known) = self.known.mentions.get_mut(&key(post, &post.external_id)) {
            now_known.quotes.clone_from(&post.quotes);
        }
        true
    }

    /// Notes what a payload became, and when to look at it again.
    pub(super) fn took(&mut self, identity: Key, id: String, recheck_by: Option<String>, post: &Post) {
        if let Some(source) = recheck_by.filter(|_| !post.sample)
            && let Some(next) = recheck::next(post.posted_at, self.now)
        {
            let row = (id.clone(), source, post.posted_at.millis(), next.millis());
            self.changes.rechecks.push(row);
        }
        self.seen.insert(identity, id.clone());
        self.post_id = Some(id);
    }

    /// A post about no brand: it may show what a conversation is about. One that is known is kept as it was last edited, as
    /// long as its words are kept; it is looked at again, seldom.
    pub(super) fn shows_context(
        &mut self,
        item: &Item,
        post: &Post,
        place: &Place,
        recheck_by: Option<String>,
    ) -> (&'static str, Option<String>) {
        let identity = key(post, &post.external_id);
        if let Some(id) = self.known.thread_posts.get(&identity).cloned() {
            if let Some(local) = &post.local_id {
                self.changes.handles.push((id.clone(), item.source.clone(), local.clone()));
            }
            if post.edited_at.is_some() {
                self.changes.threads_edited.push((format!("{id}/1"), content_body(post)));
                let quotes = (id.clone(), post.quotes.clone(), item.source.clone());
                self.changes.threads_requoted.push(quotes);
            }
            self.post_id = Some(id);
            return ("filtered", Some("context".to_owned()));
        }
        if !post.context {
            return ("filtered", Some("no_brand".to_owned()));
        }
        let id = self.mint.id(self.now, MentionId::new).to_string();
        self.known.thread_posts.insert(identity, id.clone());
        let content = (format!("{id}/1"), place.author_id.clone(), "thread_post", content_body(post));
        self.changes.contents.push(content);
        if let Some(local) = &post.local_id {
            self.changes.handles.push((id.clone(), item.source.clone(), local.clone()));
        }
        if let Some(source) = recheck_by.filter(|_| !post.sample)
            && let Some(next) = recheck::next_of_context(post.posted_at, self.now)
        {
            self.changes.rechecks.push((id.clone(), source, post.posted_at.millis(), next.millis()));
        }
        self.changes.thread_posts.push(ThreadPostRow {
            id: id.clone(),
            platform: post.platform.clone(),
            authority: post.authority.clone(),
            external_id: post.external_id.clone(),
            source: item.source.clone(),
            author_id: place.author_id.clone(),
            conversation_id: place.home_id.clone(),
            in_reply_to: post.in_reply_to.clone(),
            posted_at: post.posted_at.millis(),
            received_at: item.received_at.millis(),
            quotes: post.quotes.clone(),
        });
        self.post_id = Some(id);
        ("filtered", Some("context".to_owned()))
    }

    /// A judgement as it is stored.
    pub(super) fn judgement(
        &self,
        brand: usize,
        mention_id: &str,
        revision: i64,
        case_id: &str,
        judged: &Judgement,
        handles: String,
    ) -> JudgementRow {
        let text = |list: serde_json::Result<String>| list.unwrap_or_else(|_| "[]".to_owned());
        JudgementRow {
            brand_id: self.catalogue.brands[brand].id.clone(),
            mention_id: mention_id.to_owned(),
            revision,
            case_id: case_id.to_owned(),
            language: judged.language.code().to_owned(),
            language_millis: (judged.language_confidence * 1000.0) as i64,
            intent: judged.intent.code().to_owned(),
            urgency: i64::from(judged.urgency),
            level: judged.level.number(),
            needs_answer: i64::from(judged.needs_answer),
            needs_private: i64::from(judged.needs_private),
            personal_data: text(serde_json::to_string(&judged.personal_data)),
            reasons: text(serde_json::to_string(&judged.reasons)),
            rules_version: triage::RULES_VERSION,
            handles,
        }
    }
}
