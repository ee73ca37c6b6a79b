//! To which case a private message belongs: by our own private word that it answers, by the reference
//! code of an offer, by the account to which the way in was offered, in this order.
//!
//! What is known for certain is joined as it comes in: its conversation is merged into the case's. What
//! is only likely is proposed to a person, and so is a code from another account than the one to which
//! it was given, for everybody could read it. Pure, but for the lookups.

use super::places::{Place, key};
use super::plan::{Known, Planner};
use super::read::{Item, Read};
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::clock::Mint;
use crate::domain::case::{CaseEvent, CaseState};
use crate::domain::handover::{Evidence, HandoverEvent, HandoverState, codes_in};
use crate::domain::ids::JoinId;
use crate::domain::time::Timestamp;
use crate::folding::Answer;
use crate::store::handover::{self, ConversationEventRow, HandoverRow, JoinRow, OpenCase};
use crate::store::intake::{CaseMessage, Intent, Key};
use crate::store::{StoreError, Tx};
use serde_json::json;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What is known of hand-overs that a batch may touch.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// Hand-overs to the authors of private messages, and those whose codes they hold.
    pub ways: Vec<HandoverRow>,
    /// Open cases of those authors.
    pub open: Vec<OpenCase>,
    /// How often conversations were merged or split.
    pub events: HashMap<String, i64>,
    /// Which conversations do not belong to which cases, by a person's word.
    pub never: HashSet<(String, String)>,
}

/// What is to be done with a private message whose place is not certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The brand.
    pub brand_id: String,
    /// The case it may belong to.
    pub into_case: String,
    /// By what.
    pub evidence: Evidence,
    /// It is certain, but its conversation has a case of its own that must be folded into the other.
    pub due: bool,
}

/// What was decided about a private message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It stays where it stands.
    Stay,
    /// It belongs to this hand-over's case.
    Join(usize, Evidence),
    /// Somebody is to say, or the join is to be carried out.
    Propose(Proposal),
}

impl Ways {
    /// Looks up what private messages of a batch may belong to; asks nothing where there are none.
    pub async fn load(tx: &mut Tx, known: &Known, items: &[Item]) -> Result<Self, StoreError> {
        let private = || {
            let read = items.iter().filter_map(|i| i.read.as_ref().ok());
            read.filter(|r| r.post.private && !r.post.deleted)
        };
        if private().next().is_none() {
            return Ok(Self::default());
        }
        let wrote = private().filter_map(|r| known.authors.get(&key(&r.post, &r.post.author.id)).cloned());
        let to = private().filter_map(|r| r.post.answers.as_deref().map(|id| key(&r.post, id)));
        let told = to.filter_map(|k| known.authors.get(&k).cloned());
        let parents = private().filter_map(|r| r.post.in_reply_to.as_deref().map(|id| key(&r.post, id)));
        let answered = parents.filter_map(|k| whom(known, &k));
        let authors: BTreeSet<String> = wrote.chain(told).chain(answered).collect();
        let authors: Vec<String> = authors.into_iter().collect();
        let codes: BTreeSet<String> = private().flat_map(|r| codes_in(&r.post.text)).collect();
        let codes: Vec<String> = codes.into_iter().collect();
        let mut ways = handover::of_authors(tx, &authors).await?;
        for coded in handover::by_codes(tx, &codes).await? {
            if !ways.iter().any(|w| w.case_id == coded.case_id) {
                ways.push(coded);
            }
        }
        let mailed: BTreeSet<String> = known.intents.iter().filter_map(first_mail_of).collect();
        if !mailed.is_empty() {
            for begun in handover::of_cases(tx, &mailed.into_iter().collect::<Vec<_>>()).await? {
                if !ways.iter().any(|w| w.case_id == begun.case_id) {
                    ways.push(begun);
                }
            }
        }
        let open = handover::open_cases_of(tx, &authors).await?;
        let conversations: Vec<String> = known.conversations.values().map(|c| c.id.clone()).collect();
        let events = handover::events_of(tx, &conversations).await?.into_iter().collect();
        let never = handover::never(tx, &conversations).await?.into_iter().collect();
        Ok(Self { ways, open, events, never })
    }

    /// The hand-over of the case that stands in a conversation, to one author, of one of these brands: two
    /// may have a case in the same thread. No brands are all of them.
    pub fn standing_in(
        &self,
        conversation: &str,
        author: &str,
        brands: &BTreeSet<&str>,
    ) -> Option<&HandoverRow> {
        let mine = |w: &HandoverRow| brands.is_empty() || brands.contains(w.brand_id.as_str());
        self.ways.iter().find(|w| w.conversation_id == conversation && w.author_id == author && mine(w))
    }

    /// Decides about a private message that answers nothing which is known. `stands_in` is where its
    /// conversation stands, with the author whose case takes it if it was merged.
    pub fn decide(
        &self,
        read: &Read,
        author: &str,
        (own, stands_in, merged_as): (Option<&str>, &str, Option<&str>),
        brands: &BTreeSet<&str>,
    ) -> Decision {
        let no = |case: &str| own.is_some_and(|own| self.never.contains(&(own.to_owned(), case.to_owned())));
        let mine =
            |w: &HandoverRow| (brands.is_empty() || brands.contains(w.brand_id.as_str())) && !no(&w.case_id);
        let same = |w: &HandoverRow| w.author_id == author || Some(w.author_id.as_str()) == merged_as;
        let live = |w: &HandoverRow| w.at().is_some_and(HandoverState::takes_messages);
        let join = |at: usize, evidence| {
            let way = &self.ways[at];
            if way.conversation_id == stands_in {
                return Decision::Stay;
            }
            let has_own =
                |c: &OpenCase| Some(c.conversation_id.as_str()) == own && c.brand_id == way.brand_id;
            if merged_as.is_none() && self.open.iter().any(has_own) {
                return propose(way, evidence, true);
            }
            Decision::Join(at, evidence)
        };
        let codes = codes_in(&read.post.text);
        if let Some(at) = self.ways.iter().position(|w| mine(w) && codes.contains(&w.code)) {
            let way = &self.ways[at];
            return if same(way) { join(at, Evidence::Code) } else { propose(way, Evidence::Code, false) };
        }
        let stands =
            self.ways.iter().any(|w| w.conversation_id == stands_in && mine(w) && same(w) && live(w));
        if stands {
            return Decision::Stay;
        }
        let offered = self.ways.iter().enumerate().filter(|(_, w)| mine(w) && same(w) && live(w));
        if let Some((at, _)) = offered.max_by_key(|(_, w)| (w.offered_at, &w.case_id)) {
            return join(at, Evidence::Account);
        }
        // Where the conversation has found its case already nobody needs to be asked again.
        if merged_as.is_some() {
            return Decision::Stay;
        }
        let fits = |c: &&OpenCase| {
            c.author_id == author
                && c.private == 0
                && c.conversation_id != stands_in
                && !no(&c.id)
                && (brands.is_empty() || brands.contains(c.brand_id.as_str()))
        };
        match self.open.iter().find(fits) {
            Some(case) => Decision::Propose(Proposal {
                brand_id: case.brand_id.clone(),
                into_case: case.id.clone(),
                evidence: Evidence::Account,
                due: false,
            }),
            None => Decision::Stay,
        }
    }

    /// The merge of a conversation into that of a case.
    pub fn merge(
        &mut self,
        conversation: &str,
        (way, evidence): (&HandoverRow, Evidence),
        now: Timestamp,
    ) -> ConversationEventRow {
        let seq = self.events.entry(conversation.to_owned()).or_insert(0);
        *seq += 1;
        ConversationEventRow {
            conversation_id: conversation.to_owned(),
            seq: *seq,
            brand_id: way.brand_id.clone(),
            case_id: way.case_id.clone(),
            kind: "merge".to_owned(),
            into_id: Some(way.conversation_id.clone()),
            as_author: Some(way.author_id.clone()),
            evidence: evidence.code().to_owned(),
            who: None,
            at: now.millis(),
        }
    }
}

/// Whose case takes an answer to a post that is known; a mail of ours may have gone to somebody known by another account.
fn whom(known: &Known, post: &Key) -> Option<String> {
    if let Some(mention) = known.mentions.get(post) {
        return Some(mention.case_author().to_owned());
    }
    let own = known.own_posts.get(post)?;
    own.merged_as.clone().or_else(|| own.answers_author_id.clone())
}

/// The case of an intent that begins a talk by mail.
pub fn first_mail_of(intent: &Intent) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_str(&intent.payload).unwrap_or_default();
    intent.case_id.clone().filter(|_| payload["mail"].is_string())
}

fn propose(way: &HandoverRow, evidence: Evidence, due: bool) -> Decision {
    Decision::Propose(Proposal {
        brand_id: way.brand_id.clone(),
        into_case: way.case_id.clone(),
        evidence,
        due,
    })
}

/// What came in private for one case, and what of ours went there.
#[derive(Clone, Debug, Default)]
pub struct Private {
    /// What an answer of ours was: `offer`, `private` or `reminder`.
    pub handed: Option<String>,
    /// By what a private message was known to belong here.
    pub evidence: Option<Evidence>,
    /// A conversation that may belong to another case.
    pub proposal: Option<(String, Proposal)>,
}

/// The hand-over follows what stands there now: our offer, and the customer who came.
pub fn follow(
    p: &Planner<'_>,
    file: &mut CaseFile,
    private: &Private,
    added: &[CaseMessage],
    answers: &[Answer],
) -> Result<(), StoreError> {
    let chance = chance(p.mint);
    // A case that began in private is never handed over: what is said there is an answer like any other.
    if file.case.private == 0
        && matches!(private.handed.as_deref(), Some("offer" | "private"))
        && let Some(last) = answers.last()
    {
        let when = When { at: last.at, now: p.now };
        let way = private.handed.as_deref().unwrap_or_default();
        let body = json!({ "own_post": last.own_post_id, "way": way });
        hand(file, HandoverEvent::Offer, &Who::Rule("seen_on_platform"), when, &body, chance)?;
        let waits = file.case.case_state()? == CaseState::WaitingPrivate;
        if waits && last.at.millis() < file.case.last_message_at {
            super::cases::step(file, CaseEvent::CustomerMessage, &Who::Customer, when, &json!({}))?;
        }
    }
    let speaks = |m: &&CaseMessage| m.private == 1 && m.silenced == 0;
    let came = added.iter().filter(speaks).max_by_key(|m| m.posted_at);
    let Some(message) = came.filter(|_| file.case.private == 0) else { return Ok(()) };
    let when = When { at: Timestamp(message.posted_at), now: p.now };
    let body = json!({ "mention": message.mention_id });
    if file.handover_state() != Some(HandoverState::Linked) {
        hand(file, HandoverEvent::Open, &Who::Customer, when, &body, chance)?;
        let evidence = private.evidence.unwrap_or(Evidence::Reply).code();
        let body = json!({ "mention": message.mention_id, "evidence": evidence });
        hand(file, HandoverEvent::Link, &Who::Rule("joined"), when, &body, chance)?;
    }
    Ok(())
}

fn hand(
    file: &mut CaseFile,
    event: HandoverEvent,
    who: &Who,
    when: When,
    body: &serde_json::Value,
    chance: u64,
) -> Result<(), StoreError> {
    match file.hand(event, who, when, body, chance) {
        Ok(_) | Err(StepError::Refused(_)) => Ok(()),
        Err(StepError::Store(error)) => Err(error),
    }
}

/// A random number.
pub fn chance(mint: &Mint) -> u64 {
    u64::from_le_bytes(mint.chance().token_bytes()[..8].try_into().unwrap_or_default())
}

impl Planner<'_> {
    /// Notes that a private conversation, which has the case `from`, may belong to another.
    pub(super) fn propose(&mut self, from: &str, (conversation, proposal): (String, Proposal)) {
        if from == proposal.into_case {
            return;
        }
        self.changes.joins.push(JoinRow {
            id: self.mint.id(self.now, JoinId::new).to_string(),
            brand_id: proposal.brand_id,
            conversation_id: conversation,
            from_case: Some(from.to_owned()),
            into_case: proposal.into_case,
            evidence: proposal.evidence.code().to_owned(),
            state: if proposal.due { "due" } else { "proposed" }.to_owned(),
            made_at: self.now.millis(),
            settled_at: None,
            settled_by: None,
        });
    }

    /// The brands that a private message is for: those of the case that it was joined to, else those that
    /// its source addresses. Nothing said to one brand in private is shown to another.
    pub(super) fn private_brand(&self, place: &Place) -> Option<usize> {
        let brand = place.brand.as_deref()?;
        self.catalogue.brands.iter().position(|w| w.id == brand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::handover::code_of;
    use crate::domain::post::Post;

    fn way(case: &str, author: &str, state: HandoverState, offered_at: i64) -> HandoverRow {
        HandoverRow {
            case_id: case.into(),
            brand_id: "b".into(),
            state: state.code().into(),
            code: code_of(offered_at.unsigned_abs()),
            author_id: author.into(),
            conversation_id: format!("conv-{case}"),
            reach: String::new(),
            reach_why: String::new(),
            reached_at: None,
            offered_at: Some(offered_at),
            reminded_at: None,
            opened_at: None,
            ended_at: None,
            next_at: None,
            changed_at: offered_at,
        }
    }

    fn read(text: &str) -> Read {
        let post = Post { text: text.into(), private: true, ..Post::default() };
        Read { post, historic: false, own_of: None, hits: Vec::new(), tokens: String::new() }
    }

    fn open(case: &str, conversation: &str, private: i64) -> OpenCase {
        OpenCase {
            id: case.into(),
            brand_id: "b".into(),
            conversation_id: conversation.into(),
            author_id: "jan".into(),
            private,
        }
    }

    fn decide(ways: &Ways, text: &str, at: (Option<&str>, &str, Option<&str>)) -> Decision {
        ways.decide(&read(text), "jan", at, &BTreeSet::new())
    }

    fn proposed(decision: &Decision) -> Option<(&str, Evidence, bool)> {
        match decision {
            Decision::Propose(p) => Some((p.into_case.as_str(), p.evidence, p.due)),
            _ => None,
        }
    }

    const FRESH: (Option<&str>, &str, Option<&str>) = (Some("x"), "x", None);

    #[test]
    fn a_code_goes_before_the_account_and_the_newest_offer_before_older_ones() {
        use HandoverState::{Lapsed, Linked, Offered};
        let ways =
            vec![way("1", "jan", Offered, 10), way("2", "jan", Offered, 20), way("3", "jan", Lapsed, 30)];
        let code = |at: usize| ways[at].code.clone();
        let (first, third) = (code(0), code(2));
        let ways = Ways { ways, ..Ways::default() };
        assert_eq!(decide(&ways, "hi", FRESH), Decision::Join(1, Evidence::Account));
        assert_eq!(decide(&ways, &format!("it is {first}"), FRESH), Decision::Join(0, Evidence::Code));
        assert_eq!(
            decide(&ways, &third, FRESH),
            Decision::Join(2, Evidence::Code),
            "late, but with its code"
        );
        let linked = Ways { ways: vec![way("1", "jan", Linked, 10)], ..Ways::default() };
        assert_eq!(decide(&linked, "more", (Some("x"), "conv-1", Some("jan"))), Decision::Stay);
    }

    #[test]
    fn a_code_from_another_account_and_a_late_one_without_code_are_proposed() {
        use HandoverState::{Lapsed, Offered};
        let eve = way("1", "anna", Offered, 10);
        let code = eve.code.clone();
        let ways = Ways { ways: vec![eve], ..Ways::default() };
        assert_eq!(proposed(&decide(&ways, &code, FRESH)), Some(("1", Evidence::Code, false)));
        assert_eq!(decide(&ways, "hello", FRESH), Decision::Stay);
        let late = Ways {
            ways: vec![way("1", "jan", Lapsed, 10)],
            open: vec![open("1", "conv-1", 0)],
            ..Ways::default()
        };
        assert_eq!(proposed(&decide(&late, "hello", FRESH)), Some(("1", Evidence::Account, false)));
        assert_eq!(decide(&late, "hello", (Some("x"), "conv-9", Some("jan"))), Decision::Stay);
    }

    #[test]
    fn a_talk_with_a_case_of_its_own_is_folded_in_afterwards() {
        let ways = Ways {
            ways: vec![way("1", "jan", HandoverState::Offered, 10)],
            open: vec![open("9", "x", 1)],
            ..Ways::default()
        };
        assert_eq!(proposed(&decide(&ways, "hi", FRESH)), Some(("1", Evidence::Account, true)));
    }

    #[test]
    fn another_brand_is_never_joined() {
        let ways = Ways { ways: vec![way("1", "jan", HandoverState::Offered, 10)], ..Ways::default() };
        let code = ways.ways[0].code.clone();
        let other: BTreeSet<&str> = ["other"].into();
        assert_eq!(ways.decide(&read(&code), "jan", FRESH, &other), Decision::Stay);
    }
}
