//! Deciding what a batch of payloads changes: pure, from what was read and what is known.
//!
//! First every payload gets its verdict and the rows of posts are made; then each case that is
//! touched is folded anew from all its messages and answers. Nothing is asked of the database here.

use super::Rules;
use super::bodies::content_body;
use super::cases::{self, Group};
use super::covered;
use super::gone::Gone;
use super::index::{Index, at_places};
use super::joining::Ways;
use super::places::{Place, Places, in_order, is_own, key};
use super::read::{Item, Read, judge};
use super::surveyed;
use crate::casefile::CaseFile;
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::judgement::Judgement;
use crate::domain::post::Post;
use crate::domain::time::Timestamp;
use crate::folding::answers_to;
use crate::store::StoreError;
use crate::store::again::Writer;
use crate::store::collecting::{CollectedRow, CollectingRow};
use crate::store::correction::CorrectionRow;
use crate::store::handover::HandoverRow;
use crate::store::inbox::Received;
use crate::store::intake::{CaseMessage, Intent, Key, KnownConversation, KnownMention, KnownOwnPost};
use crate::store::rows::{CaseRow, ObligationRow};
use crate::store::surge::RiseRow;
use crate::store::survey::OpenSurvey;
use crate::store::taken::Changes;
use crate::store::ticket::LinkRow;
use crate::store::watch::AlarmRow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is known of what a batch touches, as read in the same transaction.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Mentions, those of the batch and those it answers.
    pub mentions: HashMap<Key, KnownMention>,
    /// Posts of our own, likewise.
    pub own_posts: HashMap<Key, KnownOwnPost>,
    /// Authors.
    pub authors: HashMap<Key, String>,
    /// Conversations.
    pub conversations: HashMap<Key, KnownConversation>,
    /// Hand-overs that private messages of the batch may belong to.
    pub ways: Ways,
    /// The hand-overs of the cases touched, by case.
    pub handovers: HashMap<String, HandoverRow>,
    /// Posts of our own in the conversations touched.
    pub own_in: Vec<KnownOwnPost>,
    /// Cases of the conversations and authors touched.
    pub cases: Vec<CaseRow>,
    /// Their messages.
    pub messages: Vec<CaseMessage>,
    /// Their clocks.
    pub clocks: Vec<ObligationRow>,
    /// The tickets they are tied to.
    pub links: Vec<LinkRow>,
    /// What people put right in what triage said of those messages, in the order in which they did.
    pub corrections: Vec<CorrectionRow>,
    /// The rises in whose time anything of this was said.
    pub rises: Vec<RiseRow>,
    /// Cases that posts of the batch name by brand and number: their conversation and author.
    pub numbered: HashMap<(String, i64), (String, String)>,
    /// The last short number of each brand.
    pub numbers: HashMap<String, i64>,
    /// What is gone and must not come in again.
    pub gone: Gone,
    /// Posts of the batch that are known as mere context, with the ids they got.
    pub thread_posts: HashMap<Key, String>,
    /// Answers of ours that posts of the batch may have come of.
    pub intents: Vec<Intent>,
    /// Signatures: person, brand or empty, sign.
    pub signatures: Vec<(String, String, String)>,
    /// Surveys that private messages of the batch may answer, the latest first.
    pub surveys: Vec<OpenSurvey>,
    /// The sources of which the teams know that they are deaf.
    pub deaf: Vec<AlarmRow>,
    /// What is or was collected of the threads and authors touched.
    pub collecting: Vec<CollectingRow>,
    /// What those authors said that is collected.
    pub collected: Vec<CollectedRow>,
    /// Of those the posts that were edited to words that propose a protocol.
    pub alarming: HashSet<String>,
}

/// Everything that plans one batch.
pub struct Planner<'a> {
    /// Brands and policies.
    pub catalogue: &'a Catalogue,
    /// Makes ids.
    pub mint: &'a Mint,
    /// The present instant.
    pub now: Timestamp,
    /// What is known.
    pub known: Known,
    /// What is decided so far.
    pub changes: Changes,
    groups: BTreeMap<(usize, String, String), Group>,
    /// The brands and authors of the groups, by conversation.
    pub(super) groups_in: HashMap<String, Vec<(usize, String)>>,
    index: Index,
    /// What came in with this batch, with the ids it got.
    pub(super) seen: HashMap<Key, String>,
    pub(super) own_new: Vec<KnownOwnPost>,
    /// The post that the payload in hand holds.
    pub(super) post_id: Option<String>,
    /// Files that this batch has noted.
    pub(super) files_noted: HashSet<String>,
    /// Authors of the batch that were not known.
    new_authors: HashSet<String>,
    /// The day of the last payload, for the counts.
    day: (Timestamp, String),
}

impl<'a> Planner<'a> {
    /// Begins with what is known.
    pub fn new(catalogue: &'a Catalogue, mint: &'a Mint, now: Timestamp, known: Known) -> Self {
        Self {
            catalogue,
            mint,
            now,
            index: Index::of(&known),
            known,
            changes: Changes::default(),
            groups: BTreeMap::new(),
            groups_in: HashMap::new(),
            seen: HashMap::new(),
            own_new: Vec::new(),
            post_id: None,
            files_noted: HashSet::new(),
            new_authors: HashSet::new(),
            day: (now, now.day()),
        }
    }

    /// Plans the posts of the batch: what is decided so far can be written while [`Planner::cases`]
    /// decides the rest.
    pub fn posts(&mut self, items: &[Item], rules: &Rules, places: Places) {
        self.new_authors = places.authors.iter().map(|a| a.0.clone()).collect();
        let mut profiles: HashSet<&str> = HashSet::new();
        for at in in_order(items) {
            let item = &items[at];
            self.post_id = None;
            let (verdict, why) = match (&item.read, &places.of[at]) {
                (Ok(read), _) if read.post.deleted => self.removed(item, read),
                (Ok(read), _) if read.post.filtered.is_some() => ("filtered", read.post.filtered.clone()),
                (Ok(read), None) => ("filtered", self.known.unwanted(read).map(ToOwned::to_owned)),
                (Ok(read), Some(place)) => {
                    if self.new_authors.contains(&place.author_id) && profiles.insert(&place.author_id) {
                        self.profile(&read.post, &place.author_id);
                    }
                    self.one(item, read, place, rules)
                }
                (Err(why), _) => ("quarantined", Some(why.clone())),
            };
            self.settle(item, verdict, why);
        }
        // What is told of a post of ours may stand before it in the batch.
        for read in items.iter().filter_map(|i| i.read.as_ref().ok()).filter(|r| !r.post.deleted) {
            self.bounced(read);
        }
        self.told_early();
        self.changes.authors = places.authors;
        self.changes.conversations = places.conversations;
        self.changes.merges = places.merges;
        self.learn_whom_we_answered(items, &places.of);
        // A post that stands twice in a batch is reached once by each source: one statement writes all.
        self.changes.handles.sort();
        self.changes.handles.dedup_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1));
    }

    /// Plans the cases that the posts touch.
    pub fn cases(mut self) -> Result<Changes, StoreError> {
        let mut groups = std::mem::take(&mut self.groups);
        let mut own: HashMap<String, Vec<KnownOwnPost>> = HashMap::new();
        for post in self.known.own_in.drain(..).chain(self.own_new.drain(..)) {
            own.entry(post.conversation_id.clone()).or_default().push(post);
        }
        self.part_collected(&mut groups, &own);
        for ((brand, conversation, author), group) in groups {
            let own = own.get(&conversation).map_or(&[][..], Vec::as_slice);
            let answers = answers_to(own, &self.catalogue.brands[brand].id, &author);
            cases::fold_group(&mut self, brand, &conversation, &author, group, &answers)?;
        }
        self.changes.writers = self.writers_again();
        let numbers = std::mem::take(&mut self.known.numbers);
        let cases = self.changes.made_cases.iter().chain(&self.changes.cases);
        let given: HashSet<&String> = cases.map(|c| &c.brand_id).collect();
        self.changes.numbers = numbers.into_iter().filter(|(id, _)| given.contains(id)).collect();
        Ok(self.changes)
    }

    /// The writers of cases that this batch touched who may have written to the brand before: a new
    /// one with a single post has not.
    fn writers_again(&mut self) -> Vec<Writer> {
        let mut all = std::mem::take(&mut self.changes.writers);
        all.sort();
        let mut met: Vec<(Writer, usize)> = Vec::new();
        for writer in all {
            match met.last_mut() {
                Some((last, n)) if (&last.0, &last.1) == (&writer.0, &writer.1) => {
                    (last.2, last.3) = (last.2.min(writer.2), last.3.max(writer.3));
                    *n += 1;
                }
                _ => met.push((writer, 1)),
            }
        }
        let again = |(w, n): &(Writer, usize)| *n > 1 || w.2 < w.3 || !self.new_authors.contains(&w.1);
        met.into_iter().filter(again).map(|(writer, _)| writer).collect()
    }

    fn settle(&mut self, item: &Item, verdict: &'static str, why: Option<String>) {
        if self.day.0 != item.received_at {
            self.day = (item.received_at, item.received_at.day());
        }
        let day = &self.day.1;
        let mut count = |what: &str| {
            let same =
                self.changes.counts.iter_mut().find(|c| c.2 == what && c.0 == item.source && c.1 == *day);
            match same {
                Some(found) => found.3 += 1,
                None => self.changes.counts.push((item.source.clone(), day.clone(), what.to_owned(), 1)),
            }
        };
        count(verdict);
        if let Some(id) = &item.inbox_id {
            self.changes.verdicts.push((id.clone(), verdict, why, self.post_id.take()));
        } else {
            count("received");
            if verdict == "quarantined" {
                let id = self.mint.id(self.now, crate::domain::ids::InboxId::new).to_string();
                let kept = Received {
                    id,
                    source: item.source.clone(),
                    place: item.place.clone(),
                    received_at: item.received_at,
                    body: item.body.clone(),
                };
                self.changes.quarantined.push((kept, why.unwrap_or_default()));
            }
        }
    }

    /// One readable payload: its verdict, and the rows that follow.
    fn one(
        &mut self,
        item: &Item,
        read: &Read,
        place: &Place,
        rules: &Rules,
    ) -> (&'static str, Option<String>) {
        let post = &read.post;
        if post.solves {
            self.marked_solved(place, &post.external_id);
        }
        let identity = key(post, &post.external_id);
        let own = self.known.own_posts.get(&identity).map(|o| o.id.clone());
        self.post_id = own.or_else(|| self.seen.get(&identity).cloned());
        if self.post_id.is_some() {
            if is_own(read) {
                // It may settle an answer whose outcome is unknown.
                let origin = self.origin(item, post, "");
                self.known_after_all(place, origin.handed);
                return self.own_again(item, post, &identity, rules);
            }
            return ("duplicate", None);
        }
        if let Some(known) = self.known.mentions.get(&identity).cloned() {
            self.post_id = Some(known.id.clone());
            return self.again(item, read, &known);
        }
        if self.known.gone.holds(&identity) {
            return ("filtered", Some("deleted_by_its_author".to_owned()));
        }
        let recheck = rules.get(&item.source).and_then(|r| r.recheck_by.clone());
        if is_own(read) {
            let Some(brand) = self.own_brand(read, place) else {
                return ("filtered", Some("own_account_of_no_brand".to_owned()));
            };
            let id = self.own_post(item, post, place, brand);
            self.took(identity, id, recheck, post);
            return ("own_echo", None);
        }
        // What was brought as mere context stays that, unless it names a brand now.
        let shows = read.hits.is_empty() && self.known.thread_posts.contains_key(&identity);
        let hits = if shows { Vec::new() } else { self.all_hits(read, place) };
        if hits.is_empty() {
            return self.shows_context(item, post, place, recheck);
        }
        if let Some(found) = self.survey_said(read, place, &hits) {
            return self.answers_survey(item, read, place, &found, recheck);
        }
        let brands: Vec<usize> = hits.iter().map(|(brand, _)| *brand).collect();
        let id = self.mention(item, read, place, hits, false);
        // What stood around until an edit named a brand stands once.
        self.no_context(&identity);
        let members = rules.get(&item.source).and_then(|r| r.members_first);
        let late = self.comes_late(item, post);
        for brand in brands {
            let group = self.group(brand, &place.conversation_id, place.case_author());
            group.members_first = members.or(group.members_first);
            group.caught_up += usize::from(late);
        }
        self.took(identity, id, recheck, post);
        ("mention", None)
    }

    /// A private message of ours that a source had brought before it was known of which case it is.
    fn known_after_all(&mut self, place: &Place, handed: Option<String>) {
        // A question after the end answers nobody.
        if handed.as_deref() == Some(surveyed::HANDED) {
            return;
        }
        let (Some(brand), Some(author)) = (self.private_brand(place), place.answers.clone()) else { return };
        let group = self.group(brand, &place.conversation_id, &author);
        group.answered = true;
        group.private_talk.handed = group.private_talk.handed.take().or(handed);
    }

    /// A post that is known: left alone, or revised if it is a later edit.
    fn again(&mut self, item: &Item, read: &Read, known: &KnownMention) -> (&'static str, Option<String>) {
        let post = &read.post;
        if let Some(local) = &post.local_id {
            self.changes.handles.push((known.id.clone(), item.source.clone(), local.clone()));
        }
        let Some(edited_at) = post.edited_at.map(Timestamp::millis).filter(|at| *at > known.edited_at) else {
            return ("duplicate", None);
        };
        let body = content_body(post);
        // Where the words are no longer kept, an edit does not bring them back.
        let Some(before) = known.body.as_deref().filter(|_| known.deleted_at.is_none()) else {
            return ("duplicate", None);
        };
        let requotes = self.requotes(item, post, known);
        if before == body && !requotes {
            return ("duplicate", None);
        }
        if before == body {
            // The words are the same: there is nothing to judge anew.
            self.revised(post, known, known.revision, edited_at);
            return ("mention", Some("edited".to_owned()));
        }
        let revision = known.revision + 1;
        self.revised(post, known, revision, edited_at);
        self.changes.contents.push((
            format!("{}/{revision}", known.id),
            known.author_id.clone(),
            "mention",
            body,
        ));
        self.files_again(item, post, &known.id, &known.author_id, read.historic);
        let of_case: Vec<CaseMessage> =
            self.known.messages.iter().filter(|m| m.mention_id == known.id).cloned().collect();
        for message in of_case {
            let Some(brand) = self.catalogue.brands.iter().position(|w| w.id == message.brand_id) else {
                continue;
            };
            let judged = judge(self.catalogue, post, brand);
            let handles = covered::handles_named(&self.catalogue.brands[brand].brand, post);
            let message = CaseMessage { handles: handles.clone(), ..message };
            self.changes.judgements.push(self.judgement(
                brand,
                &known.id,
                revision,
                &message.case_id,
                &judged,
                handles,
            ));
            let group = self.group(brand, &known.conversation_id, known.case_author());
            group.edited.push(message_of(&message, revision, &judged));
            group.edited_at = group.edited_at.max(edited_at);
        }
        self.edited_collected(read, known, revision);
        ("mention", Some("edited".to_owned()))
    }

    /// Writes down that a mention was edited.
    fn revised(&mut self, post: &Post, known: &KnownMention, revision: i64, edited_at: i64) {
        self.changes.revisions.push((known.id.clone(), revision, edited_at));
        // The next delivery of the batch must see this revision.
        if let Some(now_known) = self.known.mentions.get_mut(&key(post, &post.external_id)) {
            now_known.revision = revision;
            now_known.edited_at = edited_at;
        }
    }

    /// A post was marked as what solves its topic: the cases in it, known and new, are told.
    fn marked_solved(&mut self, place: &Place, post: &str) {
        let of = |c: &CaseRow| {
            let brand = self.catalogue.brands.iter().position(|w| w.id == c.brand_id)?;
            Some((brand, c.author_id.clone()))
        };
        let mut found: Vec<(usize, String)> =
            self.cases_in(&place.conversation_id).filter(|c| c.open == 1).filter_map(of).collect();
        found.extend(self.groups_in.get(&place.conversation_id).into_iter().flatten().cloned());
        for (brand, author) in found {
            self.group(brand, &place.conversation_id, &author).solution = Some(post.to_owned());
        }
    }

    /// The brands that a post is about by its words, its source, or the thread in which it stands.
    fn all_hits(&self, read: &Read, place: &Place) -> Vec<(usize, Judgement)> {
        let mut hits = read.hits.clone();
        if let Some(brand) = self.private_brand(place) {
            hits.retain(|(at, _)| *at == brand);
            if hits.is_empty() {
                hits.push((brand, judge(self.catalogue, &read.post, brand)));
            }
            return hits;
        }
        // What is said to one brand in private is not said to another that has a case in the same thread.
        let is_told = read.post.private && !hits.is_empty();
        let mut add = |at: Option<usize>| {
            if let Some(at) = at.filter(|at| !hits.iter().any(|(b, _)| b == at)) {
                hits.push((at, judge(self.catalogue, &read.post, at)));
            }
        };
        // What its author said before the case began, and is only shown with it, is none of its messages.
        let before = |c: &CaseRow| read.post.context && read.post.posted_at.millis() < c.opened_at;
        let cases = self.cases_in(&place.conversation_id).filter(|c| !is_told && !before(c));
        for case in cases.filter(|c| c.author_id == place.case_author()) {
            add(self.catalogue.brands.iter().position(|w| w.id == case.brand_id));
        }
        // What is collected of its author here is as good as a case of theirs.
        let here = |c: &&CollectedRow| {
            c.conversation_id == place.conversation_id && c.author_id == place.case_author()
        };
        for collected in self.known.collected.iter().filter(here).filter(|_| !is_told) {
            add(self.catalogue.brands.iter().position(|w| w.id == collected.brand_id));
        }
        let groups = self.groups_in.get(&place.conversation_id).filter(|_| !is_told);
        for (brand, _) in groups.into_iter().flatten().filter(|(_, author)| author == place.case_author()) {
            add(Some(*brand));
        }
        if let Some(parent) = read.post.in_reply_to.as_deref().map(|id| key(&read.post, id)) {
            let own = self.known.own_posts.get(&parent);
            let own = own.or_else(|| {
                self.own_new.iter().find(|o| o.external_id == parent.0 && o.platform == parent.1)
            });
            add(own.and_then(|o| self.catalogue.brands.iter().position(|w| w.id == o.brand_id)));
        }
        hits
    }

    pub(super) fn group(&mut self, brand: usize, conversation: &str, author: &str) -> &mut Group {
        let (groups_in, key) = (&mut self.groups_in, (brand, conversation.to_owned(), author.to_owned()));
        self.groups.entry(key).or_insert_with(|| {
            groups_in.entry(conversation.to_owned()).or_default().push((brand, author.to_owned()));
            Group::default()
        })
    }

    /// The cases known in a conversation.
    pub(super) fn cases_in(&self, conversation: &str) -> impl Iterator<Item = &CaseRow> {
        at_places(&self.known.cases, &self.index.cases_in, conversation)
    }

    /// The messages known of a case.
    pub(super) fn messages_of(&self, case: &str) -> impl Iterator<Item = &CaseMessage> {
        at_places(&self.known.messages, &self.index.messages_of, case)
    }

    /// A case with its clocks, tickets and hand-over in hand.
    pub(super) fn file_of(&self, case: CaseRow) -> CaseFile {
        let clocks = self.clocks_of(&case.id).cloned().collect();
        let links = self.known.links.iter().filter(|l| l.case_id == case.id).cloned().collect();
        let way = self.known.handovers.get(&case.id).cloned();
        let mut file = CaseFile::new(case, clocks, &self.catalogue.policies).with_handover(way);
        file.links = links;
        file
    }

    /// The clocks known of a case.
    fn clocks_of(&self, case: &str) -> impl Iterator<Item = &ObligationRow> {
        at_places(&self.known.clocks, &self.index.clocks_of, case)
    }
}

fn message_of(base: &CaseMessage, revision: i64, judged: &Judgement) -> CaseMessage {
    CaseMessage {
        revision,
        level: judged.level.number(),
        urgency: i64::from(judged.urgency),
        intent: judged.intent.code().to_owned(),
        language: judged.language.code().to_owned(),
        needs_answer: i64::from(judged.needs_answer),
        needs_private: i64::from(judged.needs_private),
        ..base.clone()
    }
}
