//! What is known around a post or a case moves its urgency: contributions, each capped, each a reason.

use super::judgement::{Level, Reason};

/// The highest urgency to which anything around can lift a P5.
const P5_CEILING: i32 = 40;

/// What is known of the course of things; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// How many other posts its author sent to the brand in the seven days before.
    pub author_posts_7d: u32,
    /// Whether an earlier post of this case waits longer than was promised.
    pub unanswered_beyond_target: bool,
    /// Whether posts on this topic come much faster than usual.
    pub velocity: bool,
}

/// Urgency that only rises, up to what its level allows; each rise is a reason.
#[derive(Debug)]
pub struct Rising<'a> {
    urgency: i32,
    ceiling: i32,
    reasons: &'a mut Vec<Reason>,
}

impl<'a> Rising<'a> {
    /// From an urgency of a level; reasons are added to `reasons`.
    pub fn new(level: Level, urgency: u8, reasons: &'a mut Vec<Reason>) -> Self {
        let ceiling = if level == Level::P5 { P5_CEILING } else { 100 };
        Self { urgency: i32::from(urgency), ceiling, reasons }
    }

    /// Adds points as far as they fit under the ceiling.
    pub fn add(&mut self, what: &'static str, points: i32) {
        let points = points.min(self.ceiling - self.urgency);
        if points > 0 {
            self.urgency += points;
            self.reasons.push(Reason::named(what, points));
        }
    }

    /// Adds what the course adds: four points for each other post of the week, at most twelve; five where
    /// the customer waits for longer than was promised; ten where the topic comes fast.
    pub fn course(&mut self, course: &Course) {
        self.add("posts_this_week", i32::try_from(course.author_posts_7d.min(3) * 4).unwrap_or(0));
        self.add("unanswered_beyond_target", if course.unanswered_beyond_target { 5 } else { 0 });
        self.add("velocity", if course.velocity { 10 } else { 0 });
    }

    /// Rises to a floor, whatever the ceiling.
    pub fn at_least(&mut self, what: &'static str, floor: i32) {
        if floor > self.urgency {
            self.reasons.push(Reason::named(what, floor - self.urgency));
            self.urgency = floor;
        }
    }

    /// What it came to.
    pub fn end(self) -> u8 {
        u8::try_from(self.urgency.clamp(0, 100)).unwrap_or(100)
    }
}

/// An urgency of a level after the course of things, and the reasons that adds.
pub fn lift(level: Level, urgency: u8, course: &Course, reasons: &mut Vec<Reason>) -> u8 {
    let mut rising = Rising::new(level, urgency, reasons);
    rising.course(course);
    rising.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contribution_is_capped_and_a_p5_stays_low() {
        let all = Course { author_posts_7d: 9, unanswered_beyond_target: true, velocity: true };
        let after = |level, urgency| {
            let mut reasons = Vec::new();
            let after = lift(level, urgency, &all, &mut reasons);
            assert_eq!(i32::from(after - urgency), reasons.iter().map(|r| r.weight).sum::<i32>());
            (after, reasons.len())
        };
        assert_eq!(after(Level::P3, 50), (77, 3));
        assert_eq!(after(Level::P1, 95), (100, 1));
        assert_eq!(after(Level::P5, 10), (37, 3));
        assert_eq!(after(Level::P5, 40), (40, 0));
    }
}
