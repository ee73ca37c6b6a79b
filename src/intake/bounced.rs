//! Answers of ours that did not arrive: what a mail system, or a platform, reports opens the wait again that the answer had ended, like
//! an answer that was deleted, and the team is told as of any answer that did not get there. A delay is only noted. The
//! report itself stays what it is: a machine's mail, filtered, never a case.

use super::cases::Group;
use super::places::key;
use super::plan::Planner;
use super::read::Read;
use crate::alerting;
use crate::casefile::{CaseFile, When, Who};
use crate::catalogue::Watched;
use crate::domain::letter::Undelivered;
use crate::domain::time::{Span, Timestamp};
use crate::store::intake::{Key, KnownOwnPost};
use serde_json::json;

/// An answer that did not arrive, or not yet.
#[derive(Clone, Debug)]
pub struct Bounced {
    /// Our post.
    own_post: String,
    /// The action that it came of.
    action: Option<String>,
    /// Whether that is for good.
    pub failed: bool,
    /// The status code.
    status: String,
}

/// Mail systems give up within days. Whoever has our mail could write such a report, and what ended long ago is not
/// opened again by one.
const REPORTS_FOR: Span = Span::days(14);
/// For how long a report of something that is not known to be ours is remembered.
const EARLY_FOR: Span = Span::days(1);
/// How it is told from what is gone.
const EARLY: &str = "undelivered ";

/// How a report is kept that came early.
pub fn early(status: &str) -> String {
    format!("{EARLY}{status}")
}

/// What a report that came early says, of what is kept.
pub fn early_of(why: &str) -> Option<&str> {
    why.strip_prefix(EARLY)
}

/// Whether a report is of a platform, which has numbers of its own, and not of a mail system.
fn is_platforms(report: &Undelivered) -> bool {
    !report.status.contains('.')
}

impl Planner<'_> {
    /// A report about a mail or message of ours; about any other it says nothing. A platform's may come before we know by
    /// which id it took the message, so it is remembered for a day.
    pub(super) fn bounced(&mut self, read: &Read) {
        let Some(report) = &read.post.undelivered else { return };
        let identity = key(&read.post, &report.of);
        if !self.report(&identity, report, read.post.posted_at) && report.failed && is_platforms(report) {
            let (fresh, hash) = self.known.gone.note_early(&identity, &report.status, self.mint);
            self.changes.gone_key = self.changes.gone_key.take().or(fresh);
            let until = self.now.plus(EARLY_FOR);
            self.changes.early.push((hash, self.now.millis(), until.millis(), early(&report.status)));
        }
    }

    /// What was told of messages of ours before it was known that they are ours.
    pub(super) fn told_early(&mut self) {
        let found = self.own_new.iter().filter_map(|own| {
            let identity = (own.external_id.clone(), own.platform.clone(), own.authority.clone());
            let status = self.known.gone.early(&identity)?;
            Some((identity, status, Timestamp(own.posted_at)))
        });
        let found: Vec<(Key, String, Timestamp)> = found.collect();
        for (identity, status, at) in found {
            let report = Undelivered { of: identity.0.clone(), failed: true, status };
            self.report(&identity, &report, at);
        }
    }

    /// Takes a report about something of ours; whether it is ours.
    fn report(&mut self, identity: &Key, report: &Undelivered, told_at: Timestamp) -> bool {
        let is_it = |own: &KnownOwnPost| {
            (&own.external_id, &own.platform, &own.authority) == (&identity.0, &identity.1, &identity.2)
        };
        let fresh = self.own_new.iter_mut().find(|own| is_it(own));
        let Some(own) = self.known.own_posts.get_mut(identity).or(fresh) else { return false };
        if own.deleted_at.is_some() || own.undelivered.is_some() {
            return true;
        }
        if told_at.since(Timestamp(own.posted_at)) > REPORTS_FOR {
            return true;
        }
        let (id, action) = (own.id.clone(), own.action_id.clone());
        let mut place = (own.brand_id.clone(), own.conversation_id.clone(), own.answers_author_id.clone());
        if report.failed {
            own.undelivered = Some(report.status.clone());
            own.counts = 0;
            self.changes.undelivered.push((id.clone(), report.status.clone(), report.words()));
            for own in self.known.own_in.iter_mut().filter(|o| o.id == id) {
                own.counts = 0;
            }
        }
        if let Some(own) = self.known.own_in.iter().find(|o| o.id == id) {
            place = (own.brand_id.clone(), own.conversation_id.clone(), own.answers_author_id.clone());
        }
        let (brand_id, conversation, Some(author)) = place else { return true };
        let Some(brand) = self.catalogue.brands.iter().position(|w| w.id == brand_id) else { return true };
        let group = self.group(brand, &conversation, &author);
        group.answer_removed |= report.failed;
        group.bounced =
            Some(Bounced { own_post: id, action, failed: report.failed, status: report.status.clone() });
        true
    }
}

/// Notes on the timeline that an answer did not arrive.
pub fn note(p: &Planner<'_>, file: &mut CaseFile, group: &Group) {
    let Some(b) = &group.bounced else { return };
    let kind = if b.failed { "undelivered" } else { "delivery_delayed" };
    let body = json!({ "own_post": b.own_post, "reason": b.status });
    let rule = if b.status.contains('.') { "mail_report" } else { "platform_report" };
    file.note(kind, &Who::Rule(rule), When::now(p.now), &body);
}

/// Tells the team of an answer that did not arrive.
pub fn tell(p: &mut Planner<'_>, file: &CaseFile, watched: &Watched, group: &Group) {
    let Some(action) = group.bounced.as_ref().filter(|b| b.failed).and_then(|b| b.action.as_ref()) else {
        return;
    };
    let (name, teams) = (&watched.brand.name, &p.catalogue.teams);
    p.changes.actions.extend(alerting::undelivered(&file.case, name, action, teams, p.mint, p.now));
}
