//! `/status`: whether everything hears, sends and knows.

use super::handle::Handler;
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::veil::Veil;
use crate::domain::role::Walls;
use crate::domain::time::Timestamp;
use crate::store::chat::Presser;
use crate::store::{StoreError, outbox, watch};

impl Handler {
    /// What is deaf, stopped or unknown. Sources concern every brand; who sees only some is told of the sending.
    pub(super) async fn status(&self, a: &Asking) -> Result<Rich, StoreError> {
        let read = self.deliver.db.read("reading how it stands", |tx| {
            Box::pin(async move {
                let stopped = outbox::switch(tx, outbox::KILL_SWITCH).await?;
                let switch = outbox::sending(tx).await?.filter(|_| stopped);
                Ok((stopped, switch, outbox::counts(tx).await?, watch::alarms(tx).await?))
            })
        });
        let (stopped, switch, counts, deaf) = read.await?;
        let (look, now) = (&a.here, self.deliver.clock.now());
        let (t, mut rich) = (look.lang, Rich::default());
        rich.line(Line::default().bold(t.status_head()));
        let why = switch.map(|s| s.reason).filter(|why| !why.is_empty());
        rich.line(Line::plain(match (stopped, why) {
            (false, _) => t.status_sends().to_owned(),
            (true, None) => t.status_stopped_plain().to_owned(),
            (true, Some(why)) if a.place.is_group() => t.status_stopped(Veil::default().cover(&why)),
            (true, Some(why)) => t.status_stopped(why),
        }));
        // A chat of the settings hears of them by itself.
        let sees_all = |p: &Presser| Walls::stored(p.brands.as_deref()).is_open();
        let tells_sources = a.place.is_group() || a.person.as_ref().is_none_or(sees_all);
        if deaf.is_empty() && tells_sources {
            rich.line(Line::plain(t.status_hears()));
        }
        for alarm in deaf.iter().filter(|_| tells_sources) {
            let since = t.span(now.since(Timestamp(alarm.since)));
            rich.line(Line::plain(t.status_deaf(&alarm.source, t.name("deaf", &alarm.kind), since)).cut(200));
        }
        let of = |state: &str| counts.iter().filter(|c| c.state == state).map(|c| c.n).sum::<i64>();
        rich.line(Line::plain(match of("unknown") {
            0 => t.status_no_unknown().to_owned(),
            n => t.status_unknown(n),
        }));
        rich.line(Line::plain(t.status_waiting(of("ready"), of("refused"), of("held"))));
        let page = |name: &str| format!("{}/{name}", look.public_url);
        let mut links = Line::default();
        if tells_sources {
            links = links.link(t.sources_link(), page("sources")).text(" · ");
        }
        rich.line(links.link(t.outbox_link(), page("outbox")));
        Ok(rich)
    }
}
