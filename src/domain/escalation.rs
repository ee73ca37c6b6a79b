//! Chains of alerts: who is told when nobody takes a case, and when; and the hours in which somebody is left in peace.
//!
//! Pure: a run begins when nobody has an urgent case, and ends when somebody claims it. Times are counted from the
//! begin of the run. Of several steps that are due at once the last one is told.

use super::judgement::Level;
use super::time::{Span, Timestamp};
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// In a step: every channel of teams that hears of the brand.
pub const TEAM: &str = "team";
/// In a step: every channel of leads that hears of the brand.
pub const LEADS: &str = "leads";

/// In a step: everybody on duty who can be written to in their own chat with the bot.
pub const DUTY: &str = "duty";

/// One step of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the begin of the run.
    pub after: Span,
    /// Who is told: [`TEAM`], [`LEADS`], [`DUTY`], or channels by name.
    pub to: Vec<String>,
}

/// A chain of steps, and for what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Only for these brands, by name; empty means all.
    pub brands: Vec<String>,
    /// Only under these policies, by name; empty means all.
    pub policies: Vec<String>,
    /// For cases of these levels.
    pub levels: Vec<Level>,
    /// The steps, the earliest first.
    pub steps: Vec<Step>,
    /// After the last step it is told again: how long after, and how often at most.
    pub repeat: Option<(Span, usize)>,
}

impl Chain {
    /// What holds where the settings name no chain: after 5 minutes the team again, after 15 the leads, and them and
    /// the team every 15 minutes after that, four times.
    pub fn built_in() -> Self {
        let step = |minutes, to: &[&str]| Step {
            after: Span::minutes(minutes),
            to: to.iter().map(|t| (*t).to_owned()).collect(),
        };
        Self {
            brands: Vec::new(),
            policies: Vec::new(),
            levels: vec![Level::P1, Level::P2],
            steps: vec![step(5, &[TEAM]), step(15, &[LEADS, TEAM])],
            repeat: Some((Span::minutes(15), 4)),
        }
    }

    /// Whether it holds for a case.
    pub fn fits(&self, brand: &str, policy: &str, level: Level) -> bool {
        let named = |list: &[String], name: &str| {
            list.is_empty() || list.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        named(&self.brands, brand) && named(&self.policies, policy) && self.levels.contains(&level)
    }

    /// How long after the begin step number `n` (from 0) is due; nothing after the last repeat.
    pub fn due(&self, n: usize) -> Option<Span> {
        if let Some(step) = self.steps.get(n) {
            return Some(step.after);
        }
        let (every, most) = self.repeat?;
        let again = n.checked_sub(self.steps.len())? + 1;
        let last = self.steps.last().filter(|_| again <= most)?;
        Some(Span(last.after.millis() + every.millis() * i64::try_from(again).ok()?))
    }

    /// Who is told at step number `n`; repeats tell whom the last step tells.
    pub fn told(&self, n: usize) -> &[String] {
        self.steps.get(n).or(self.steps.last()).map_or(&[], |s| s.to.as_slice())
    }

    /// The step that is told at `now` in a run that stands at step `next`, if one is due: the last of those that are.
    pub fn now(&self, started: Timestamp, next: usize, now: Timestamp) -> Option<usize> {
        let is_due = |n: &usize| self.due(*n).is_some_and(|after| started.plus(after) <= now);
        (next..self.steps.len() + self.repeat.map_or(0, |(_, most)| most)).take_while(is_due).last()
    }
}

/// The chain that holds for a case: the first that fits.
pub fn chain_for<'a>(chains: &'a [Chain], brand: &str, policy: &str, level: Level) -> Option<&'a Chain> {
    chains.iter().find(|c| c.fits(brand, policy, level))
}

/// Hours in which a channel is left in peace, except for P1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    from: Time,
    until: Time,
}

impl Quiet {
    /// Reads `22:00-07:00`; both ends differ.
    pub fn parse(text: &str) -> Option<Self> {
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let (from, until) = text.split_once('-')?;
        let (from, until) = (time(from)?, time(until)?);
        (from != until).then_some(Self { from, until })
    }

    /// When the quiet that holds at `now` is over; nothing outside of it.
    pub fn over(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let here = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(zone.clone());
        let (at, over_midnight) = (here.time(), self.until < self.from);
        let is_quiet = if over_midnight {
            at >= self.from || at < self.until
        } else {
            at >= self.from && at < self.until
        };
        if !is_quiet {
            return None;
        }
        let day = if over_midnight && at >= self.from { here.date().tomorrow().ok()? } else { here.date() };
        let end = zone.to_ambiguous_zoned(day.to_datetime(self.until));
        let at = |end: jiff::Zoned| Timestamp(end.timestamp().as_millisecond());
        // Where the wall shows the hour for the second time, its first end is over.
        let first = at(end.clone().compatible().ok()?);
        if first > now { Some(first) } else { Some(at(end.later().ok()?)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_in_order_and_repeat_and_end() {
        let chain = Chain::built_in();
        let dues: Vec<i64> = (0..20).map_while(|n| chain.due(n)).map(|s| s.millis() / 60_000).collect();
        assert_eq!(dues, [5, 15, 30, 45, 60, 75]);
        assert_eq!(chain.told(0), [TEAM]);
        assert_eq!(chain.told(4), [LEADS, TEAM]);
        let at = |minutes| Timestamp(1_000_000).plus(Span::minutes(minutes));
        assert_eq!(chain.now(at(0), 0, at(4)), None);
        assert_eq!(chain.now(at(0), 0, at(5)), Some(0));
        assert_eq!(chain.now(at(0), 1, at(5)), None, "a step is told once");
        assert_eq!(chain.now(at(0), 0, at(31)), Some(2), "of several the last");
        assert_eq!(chain.now(at(0), 6, at(9_000)), None, "it ends");
    }

    #[test]
    fn the_first_chain_that_fits_holds() {
        let acme = Chain { brands: vec!["Acme".into()], ..Chain::built_in() };
        let p3 = Chain { levels: vec![Level::P3], policies: vec!["social-30m".into()], ..Chain::built_in() };
        let chains = [acme, p3];
        assert_eq!(chain_for(&chains, "acme", "x", Level::P1), Some(&chains[0]));
        assert_eq!(chain_for(&chains, "Tempo", "social-30m", Level::P3), Some(&chains[1]));
        assert_eq!(chain_for(&chains, "Tempo", "x", Level::P3), None);
    }

    #[test]
    fn quiet_hours_hold_over_midnight_and_over_changes_of_the_offset() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let quiet = Quiet::parse("22:00-07:00").unwrap();
        let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        assert_eq!(quiet.over(at("2026-07-01T21:00:00Z"), &zone), Some(at("2026-07-02T05:00:00Z")));
        assert_eq!(quiet.over(at("2026-07-02T04:59:59Z"), &zone), Some(at("2026-07-02T05:00:00Z")));
        assert_eq!(quiet.over(at("2026-07-02T05:00:00Z"), &zone), None);
        // The clock goes back in this night.
        assert_eq!(quiet.over(at("2026-10-24T21:00:00Z"), &zone), Some(at("2026-10-25T06:00:00Z")));
        let late = Quiet::parse("22:00-02:30").unwrap();
        assert_eq!(late.over(at("2026-10-25T00:15:00Z"), &zone), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(late.over(at("2026-10-25T01:15:00Z"), &zone), Some(at("2026-10-25T01:30:00Z")));
        let noon = Quiet::parse("12:00-13:00").unwrap();
        assert_eq!(noon.over(at("2026-07-01T10:30:00Z"), &zone), Some(at("2026-07-01T11:00:00Z")));
        assert_eq!(noon.over(at("2026-07-01T09:59:00Z"), &zone), None);
        for bad in ["", "7-8", "07:00", "07:00-07:00", "25:00-07:00"] {
            assert_eq!(Quiet::parse(bad), None, "{bad}");
        }
    }
}
