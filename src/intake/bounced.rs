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
use crate::domain::time::{Span, Timestamp};
use crate::store::intake::KnownOwnPost;
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

impl Planner<'_> {
    /// A report about a mail of ours; about any other it says nothing.
    pub(super) fn bounced(&mut self, read: &Read) {
        let Some(report) = &read.post.undelivered else { return };
        let identity = key(&read.post, &report.of);
        let is_it = |own: &KnownOwnPost| {
            (&own.external_id, &own.platform, &own.authority) == (&identity.0, &identity.1, &identity.2)
        };
        let fresh = self.own_new.iter_mut().find(|own| is_it(own));
        let Some(own) = self.known.own_posts.get_mut(&identity).or(fresh) else { return };
        if own.deleted_at.is_some() || own.undelivered.is_some() {
            return;
        }
        if read.post.posted_at.since(Timestamp(own.posted_at)) > REPORTS_FOR {
            return;
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
        let (brand_id, conversation, Some(author)) = place else { return };
        let Some(brand) = self.catalogue.brands.iter().position(|w| w.id == brand_id) else { return };
        let group = self.group(brand, &conversation, &author);
        group.answer_removed |= report.failed;
        group.bounced =
            Some(Bounced { own_post: id, action, failed: report.failed, status: report.status.clone() });
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
