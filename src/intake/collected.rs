//! Threads and authors that are collected: which posts of a batch join what is, and which get out of it.
//!
//! Looked at for each author of a thread with all their posts there and our answers, before the cases are folded, so
//! that the order of deliveries changes nothing.

use super::cases::Group;
use super::places::Places;
use super::plan::{Known, Planner};
use super::read::{Read, judge};
use crate::domain::collecting::{Judged, Said, Stands, Window, is_collected, own_from, stands_alone};
use crate::folding::{self, answers_to};
use crate::store::collecting::{CollectedRow, CollectingRow};
use crate::store::intake::{CaseMessage, KnownMention, KnownOwnPost};
use crate::store::{StoreError, Tx, collecting};
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Groups = BTreeMap<(usize, String, String), Group>;

/// What is collected of the threads and authors that the batch touches; next to nothing where nothing ever was.
pub(super) async fn load(
    tx: &mut Tx,
    known: &mut Known,
    places: &Places,
    removed: &[(String, String)],
) -> Result<(), StoreError> {
    let of = || places.of.iter().flatten();
    let threads = of().map(|p| p.conversation_id.clone()).chain(removed.iter().map(|r| r.0.clone()));
    let threads: Vec<String> = threads.collect::<BTreeSet<_>>().into_iter().collect();
    let authors = of().flat_map(|p| [Some(p.case_author()), p.answers.as_deref()]).flatten();
    let authors = authors.map(ToOwned::to_owned).chain(removed.iter().map(|r| r.1.clone()));
    let authors: Vec<String> = authors.collect::<BTreeSet<_>>().into_iter().collect();
    known.collecting = collecting::touching(tx, &threads, &authors).await?;
    known.collected = collecting::said(tx, &known.collecting, &authors).await?;
    Ok(())
}

/// What somebody said, with where it stands so far.
struct Line {
    message: CaseMessage,
    stands: Stands,
    protocol: bool,
}

impl Line {
    fn said(&self) -> Said<'_> {
        let m = &self.message;
        let judged = Judged {
            level: m.level,
            intent: &m.intent,
            needs_answer: m.needs_answer == 1,
            needs_private: m.needs_private == 1,
            private: m.private == 1,
            protocol: self.protocol,
        };
        Said {
            place: (m.posted_at, &m.external_id),
            alone: stands_alone(&judged),
            asks: m.needs_answer == 1,
            stands: self.stands,
        }
    }
}

impl Group {
    /// Whether nothing came for its case.
    fn is_idle(&self) -> bool {
        self.added.is_empty()
            && self.edited.is_empty()
            && self.removed.is_empty()
            && !self.answered
            && !self.answer_removed
            && self.answers_edited.is_empty()
            && self.bounced.is_none()
            && self.solution.is_none()
            && self.surveyed.is_none()
            && self.private_talk.proposal.is_none()
            && self.private_talk.handed.is_none()
    }
}

impl Planner<'_> {
    /// Parts what is collected from what stands in cases.
    pub(super) fn part_collected(&mut self, groups: &mut Groups, own: &HashMap<String, Vec<KnownOwnPost>>) {
        if self.known.collecting.is_empty() {
            return;
        }
        let keys: Vec<_> = groups.keys().cloned().collect();
        for key in keys {
            let brand_id = self.catalogue.brands[key.0].id.clone();
            let takes = |r: &&CollectingRow| r.brand_id == brand_id && r.takes(&key.1, &key.2);
            let rows: Vec<CollectingRow> = self.known.collecting.iter().filter(takes).cloned().collect();
            if rows.is_empty() {
                continue;
            }
            let mut group = groups.remove(&key).unwrap_or_default();
            let own = own.get(&key.1).map_or(&[][..], Vec::as_slice);
            self.part_one(&key, &rows, &mut group, own);
            if !group.is_idle() {
                groups.insert(key, group);
            }
        }
    }

    fn part_one(
        &mut self,
        key: &(usize, String, String),
        rows: &[CollectingRow],
        group: &mut Group,
        own: &[KnownOwnPost],
    ) {
        let (brand_id, windows) = (rows[0].brand_id.clone(), windows(rows));
        let lines = self.lines(key, &brand_id, group);
        let said: Vec<Said<'_>> = lines.iter().map(Line::said).collect();
        let answers: Vec<i64> = answers_to(own, &brand_id, &key.2).iter().map(|a| a.at.millis()).collect();
        // A thread's rule is the wider one where both are set.
        let scope = rows.iter().map(CollectingRow::scope).min().unwrap_or(rows[0].scope());
        let from = own_from(scope, &said, &answers, &windows);
        for (line, post) in lines.iter().zip(&said) {
            let stays = is_collected(post, from, &windows);
            match line.stands {
                Stands::New if stays => self.join_collected(key.0, rows, group, &line.message),
                Stands::Collected if !stays => self.get_out(group, &line.message),
                _ => {}
            }
        }
        group.caught_up = group.caught_up.min(group.added.len());
    }

    /// All that somebody said in a thread, as it holds now.
    fn lines(&self, key: &(usize, String, String), brand_id: &str, group: &Group) -> Vec<Line> {
        let of_author = self.cases_in(&key.1).filter(|c| c.brand_id == brand_id && c.author_id == key.2);
        let mut own: Vec<CaseMessage> = of_author.flat_map(|c| self.messages_of(&c.id)).cloned().collect();
        for message in &mut own {
            if let Some(edited) = group.edited.iter().find(|e| e.mention_id == message.mention_id) {
                message.clone_from(edited);
            }
        }
        own.retain(|m| !group.removed.contains(&m.mention_id));
        folding::in_force(&mut own, &self.known.corrections);
        let own = own.into_iter().map(|message| Line { message, stands: Stands::Own, protocol: false });
        let theirs =
            |c: &&CollectedRow| c.brand_id == brand_id && c.author_id == key.2 && c.conversation_id == key.1;
        let collected = self.known.collected.iter().filter(theirs).map(|c| Line {
            message: c.message(),
            stands: Stands::Collected,
            protocol: self.known.alarming.contains(&c.mention_id),
        });
        let proposes = |id: &str| group.judged.iter().any(|(of, j)| of == id && !j.protocols.is_empty());
        let added = group.added.iter().map(|m| Line {
            protocol: proposes(&m.mention_id),
            message: m.clone(),
            stands: if m.silenced == 1 { Stands::Own } else { Stands::New },
        });
        own.chain(collected).chain(added).collect()
    }

    /// A new post joins what is collected: its judgement names the row, and no case hears of it.
    fn join_collected(
        &mut self,
        brand: usize,
        rows: &[CollectingRow],
        group: &mut Group,
        message: &CaseMessage,
    ) {
        let Some(row) = rows.iter().find(|r| r.window().holds(message.posted_at)) else { return };
        group.added.retain(|m| m.mention_id != message.mention_id);
        let at = group.judged.iter().position(|(id, _)| *id == message.mention_id);
        let Some((id, judged)) = at.map(|at| group.judged.remove(at)) else { return };
        let judgement = self.judgement(brand, &id, 1, &row.id, &judged, message.handles.clone());
        self.changes.judgements.push(judgement);
    }

    /// A post that was collected belongs to its author's own case after all.
    fn get_out(&mut self, group: &mut Group, message: &CaseMessage) {
        let Some(at) = self
            .known
            .collected
            .iter()
            .position(|c| c.mention_id == message.mention_id && c.brand_id == message.brand_id)
        else {
            return;
        };
        let row = self.known.collected.remove(at);
        group.platform.clone_from(&row.platform);
        group.sample |= row.sample == 1;
        group.released.push(row.mention_id.clone());
        group.added.push(row.message());
    }

    /// A post that is collected was edited: how its words are judged now may let it out.
    pub(super) fn edited_collected(&mut self, read: &Read, known: &KnownMention, revision: i64) {
        for at in 0..self.known.collected.len() {
            if self.known.collected[at].mention_id != known.id {
                continue;
            }
            let brand_id = self.known.collected[at].brand_id.clone();
            let Some(brand) = self.catalogue.brands.iter().position(|w| w.id == brand_id) else { continue };
            let judged = judge(self.catalogue, &read.post, brand);
            let handles = super::covered::handles_named(&self.catalogue.brands[brand].brand, &read.post);
            let row = &mut self.known.collected[at];
            row.revision = revision;
            row.level = judged.level.number();
            row.urgency = i64::from(judged.urgency);
            judged.intent.code().clone_into(&mut row.intent);
            judged.language.code().clone_into(&mut row.language);
            row.needs_answer = i64::from(judged.needs_answer);
            row.needs_private = i64::from(judged.needs_private);
            row.handles.clone_from(&handles);
            let case_id = row.case_id.clone();
            if !judged.protocols.is_empty() {
                self.known.alarming.insert(known.id.clone());
            }
            let judgement = self.judgement(brand, &known.id, revision, &case_id, &judged, handles);
            self.changes.judgements.push(judgement);
            let group = self.group(brand, &known.conversation_id, known.case_author());
            group.proposed.push((known.id.clone(), judged));
        }
    }
}

fn windows(rows: &[CollectingRow]) -> Vec<Window> {
    rows.iter().map(CollectingRow::window).collect()
}
