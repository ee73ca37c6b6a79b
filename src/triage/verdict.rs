//! From scores to a verdict by the text alone: level, urgency within its band, intent, the needs.
//!
//! A learned threshold on one number parts the urgent from the calm; a second number parts harm (P1)
//! from loss (P2); among P3, P4 and P5 the one is chosen by which we lose least if we are wrong.
//! Urgency is a place within the level's band, so the two cannot disagree.

use super::concepts;
use super::lexicon::{Found, Set};
use super::maths;
use super::model::{ANSWER_AT, INTENT_AT, JUDGE, Model, P1_AT, P5_AT, PRIVATE_AT, URGENT_AT};
use super::reader::{Reader, Told, Window};
use crate::domain::judgement::{Intent, Level, Sentiment};

/// Where things part: P1 from P2 by harm, P2 from the rest by urgency; what P4 and P5 weigh against
/// P3; above which score a private channel and below which no answer is needed
/// (of a P5, and of any other level); slope and middle of the calibration of urgency; one to spare.
pub type Thresholds = [f32; 10];

/// Where the middle of each level lies on the scale from 0 to 1.
const CENTRES: [f32; 5] = [1.0, 0.68, 0.45, 0.28, 0.1];
/// What being wrong by so many levels costs.
const COSTS: [f32; 4] = [0.0, 1.0, 1.6, 2.1];
/// Above this probability of spam or irrelevance the urgency is at most [`NOISE_CEILING`].
const NOISE: f32 = 0.8;
/// The highest urgency of what is surely noise.
const NOISE_CEILING: u8 = 15;
/// What an intent that does not fit the level counts.
const UNFITTING: f32 = 0.02;
/// The part of the threshold of urgency from which emergency words are believed.
const EMERGENCY_PART: f32 = 0.6;
/// Concepts of an emergency.
const EMERGENCY: Set = concepts::set(&["emergency"]);
/// Concepts beside which they are not believed.
const UNBELIEVED: Set = concepts::set(&[
    "fiction", "joke", "laugh", "news", "solved", "idiom", "chatter", "spam", "praise", "thanks", "question",
]);
/// A later window without any concept counts only if it is at least this urgent.
const BARE_WINDOW: f32 = 0.7;

/// What the text alone says.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The level.
    pub level: Level,
    /// Urgency within the level's band.
    pub urgency: u8,
    /// The intent.
    pub intent: Intent,
    /// Whether the brand should answer.
    pub needs_answer: bool,
    /// Whether it needs a private channel.
    pub needs_private: bool,
    /// The concepts that explain it.
    pub found: Found,
    /// How likely it is P1 or P2, calibrated.
    pub probability: f32,
    /// What it feels like.
    pub sentiment: Sentiment,
}

/// How urgent a window is, from several heads that err differently.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Orders all posts, 0–1.
    pub urgent: f32,
    /// If it is urgent, how likely somebody may come to harm rather than miss something, 0–1.
    pub harm: f32,
    /// If it is not urgent, how likely it is P3, P4 and P5.
    pub calm: [f32; 3],
    /// How likely it is urgent after all, in the same measure.
    pub alarm: f32,
}

/// The score of a window by the scores of its heads.
pub fn score(scores: &[f32; JUDGE]) -> Score {
    let mut levels = [0.0; 5];
    levels.copy_from_slice(&scores[..5]);
    maths::softmax(&mut levels);
    let by_levels: f32 = levels.iter().zip(CENTRES).map(|(p, c)| p * c).sum();
    let first = maths::sigmoid(scores[P1_AT]);
    let urgent = maths::sigmoid(scores[URGENT_AT]).max(first);
    let none = maths::sigmoid(scores[P5_AT]).min(1.0 - urgent);
    let by_pairs = first + (urgent - first) * 0.66 + none * 0.1 + (1.0 - urgent - none) * 0.42;
    let harm = f32::midpoint(levels[0] / (levels[0] + levels[1]), first / urgent);
    let mut intents = [0.0; 10];
    intents.copy_from_slice(&scores[INTENT_AT..ANSWER_AT]);
    maths::softmax(&mut intents);
    let wants = [intents[2] + intents[4], intents[0] + intents[1], intents[6..].iter().sum()];
    let calm = std::array::from_fn(|i| levels[2 + i] + wants[i]);
    let alarm = levels[0] + levels[1] + intents[3] + intents[5];
    Score { urgent: f32::midpoint(by_levels, by_pairs), harm, calm, alarm }
}

/// The level and the urgency within its band for a score. The first threshold parts P1 from P2 by
/// harm, the second begins P2 by urgency; the others weigh P4 and P5 against P3.
pub fn place(score: Score, thresholds: &Thresholds) -> (Level, u8) {
    let [harm, second, fourth, fifth, ..] = *thresholds;
    // The cheapest of P3, P4 and P5: being wrong by two levels costs more than by one.
    let parts = [score.alarm, score.calm[0], score.calm[1] * fourth * 2.0, score.calm[2] * fifth * 2.0];
    let cost = |level: usize| -> f32 {
        parts.iter().zip(0..).map(|(p, k): (&f32, usize)| p * COSTS[(level + 1).abs_diff(k)]).sum()
    };
    let calm: [f32; 3] = std::array::from_fn(|level| -cost(level));
    let level = match score.urgent {
        u if u >= second && score.harm >= harm => Level::P1,
        u if u >= second => Level::P2,
        _ => Level::ALL[2 + maths::best(&calm)],
    };
    let (bottom, top) = if level <= Level::P2 { (second, 1.0) } else { (0.1, second) };
    let (low, high) = level.band();
    let part = ((score.urgent - bottom) / (top - bottom).max(1e-6)).clamp(0.0, 1.0);
    (level, low + (f32::from(high - low) * part).round() as u8)
}

/// How likely a post of this urgency is P1 or P2, by the two numbers of the calibration.
pub fn calibrated(urgent: f32, thresholds: &Thresholds) -> f32 {
    maths::sigmoid((urgent - thresholds[8]) * thresholds[7])
}

/// Intents that a level can have by the rubric.
const fn fits(level: Level, intent: Intent) -> bool {
    use Intent::{
        Churn, Complaint, Compliment, Irrelevant, Outage, Praise, Question, Request, SafetyLegal, Spam,
    };
    match level {
        Level::P1 => matches!(intent, SafetyLegal | Outage),
        Level::P2 => matches!(intent, Outage | Complaint | Request | Question),
        Level::P3 => matches!(intent, Complaint | Churn),
        Level::P4 => matches!(intent, Question | Request),
        Level::P5 => matches!(intent, Compliment | Praise | Irrelevant | Spam),
    }
}

/// Judges a text that the reader has opened and whose only window, if it has one, it has read.
pub fn judge(reader: &mut Reader, model: &Model, told: Told, thresholds: &Thresholds) -> Verdict {
    let mut chosen: Option<(Score, Window)> = None;
    let mut next = Some(reader.window(0));
    while let Some(window) = next {
        next = (window.1 < reader.scan.words.len()).then(|| reader.window(window.1));
        if window.0 > 0 || next.is_some() {
            reader.read(window);
        }
        let found = reader.read_extras(window, told.concepts);
        let (sums, features) = reader.sums(model);
        let sentiment = model.sentiment(&sums, features, &reader.extras);
        let scores = model.judge(&sums, features, &reader.extras);
        let urgent = score(&scores);
        let better = chosen.as_ref().is_none_or(|(best, before)| {
            let empty_before = before.found.plain == 0 && found.plain != 0 && best.urgent < BARE_WINDOW;
            empty_before
                || (urgent.urgent > best.urgent && (found.plain != 0 || urgent.urgent >= BARE_WINDOW))
        });
        if better {
            chosen = Some((urgent, Window { scores, sentiment, found }));
        }
    }
    let Some((urgent, window)) = chosen else {
        return finish(Score::default(), [0.0; JUDGE], Found::default(), thresholds);
    };
    let sentiment = Sentiment::ALL[maths::best(&window.sentiment)];
    Verdict { sentiment, ..finish(urgent, window.scores, window.found, thresholds) }
}

/// Whether the words of an emergency stand there as if it were now: not denied, not past, not
/// supposed, and nothing that speaks of play, news or praise.
fn rings(found: Found) -> bool {
    let now = found.plain & !found.past & !found.supposed;
    now & EMERGENCY != 0 && found.plain & UNBELIEVED == 0
}

/// Decides by the scores of the chosen window.
pub fn finish(urgent: Score, scores: [f32; JUDGE], found: Found, thresholds: &Thresholds) -> Verdict {
    let (mut level, mut urgency) = place(urgent, thresholds);
    if level != Level::P1 && rings(found) && urgent.urgent >= thresholds[1] * EMERGENCY_PART {
        (level, urgency) = (Level::P1, Level::P1.band().0);
    }
    let mut intents = [0.0; 10];
    intents.copy_from_slice(&scores[INTENT_AT..ANSWER_AT]);
    maths::softmax(&mut intents);
    let of = |wanted: Intent| Intent::ALL.iter().position(|i| *i == wanted).map_or(0.0, |i| intents[i]);
    let noise = of(Intent::Spam) + of(Intent::Irrelevant);
    if noise > NOISE && level == Level::P5 {
        urgency = urgency.min(NOISE_CEILING);
    }
    let fitting: [f32; 10] =
        std::array::from_fn(
            |i| if fits(level, Intent::ALL[i]) { intents[i] } else { intents[i] * UNFITTING },
        );
    let intent = Intent::ALL[maths::best(&fitting)];
    let silent = matches!(intent, Intent::Spam | Intent::Irrelevant | Intent::Praise);
    let needs_answer = if level == Level::P5 {
        scores[ANSWER_AT] > thresholds[5] && intent != Intent::Spam
    } else {
        // Whoever has a problem or a question gets an answer, unless it is surely noise.
        !(silent && scores[ANSWER_AT] < thresholds[5]) && scores[ANSWER_AT] > thresholds[6]
    };
    let needs_private = level != Level::P5 && scores[PRIVATE_AT] > thresholds[4];
    let probability = calibrated(urgent.urgent, thresholds);
    let sentiment = Sentiment::Neutral;
    Verdict { level, urgency, intent, needs_answer, needs_private, found, probability, sentiment }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_in_their_bands() {
        let thresholds = [0.5, 0.55, 0.5, 0.5, 0.0, 0.0, -9.0, 8.0, 0.6, 0.0];
        for harm in [0.0, 1.0] {
            for calm in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.1, 1.0]] {
                let mut last = 0;
                for step in 0..=1000u16 {
                    let score = Score { urgent: f32::from(step) / 1000.0, harm, calm, alarm: 0.1 };
                    let (level, urgency) = place(score, &thresholds);
                    let (low, high) = level.band();
                    assert!((low..=high).contains(&urgency) && urgency >= last);
                    last = urgency;
                }
                assert_eq!(last, if harm > 0.5 { 100 } else { 79 });
            }
        }
    }
}
