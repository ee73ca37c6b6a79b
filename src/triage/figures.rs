//! The figures by which triage is judged, from labelled posts, as text for people.
//!
//! Posts are judged as `judge` judges them for everybody. Intervals come from drawing situations, not
//! posts, because posts of one situation are not independent. Reads no files.

use super::eval::{self, Confusion};
use super::learn::Dice;
use super::train::Labelled;
use super::{Context, judge_into};
use crate::domain::brand::Brand;
use crate::domain::judgement::{Intent, Judgement, Level};
use crate::domain::language::Language;
use crate::domain::post::Post;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// How often situations are drawn for an interval.
const DRAWS: usize = 400;

/// What was said of one post, beside what is right.
struct Said<'a> {
    gold: &'a Labelled,
    level: Level,
    urgency: u8,
    intent: Intent,
    private: bool,
    answer: bool,
    language: Language,
    probability: f32,
}

/// Figures of a set of posts that an interval is wanted of.
struct Core {
    auc: f32,
    kappa: f32,
    macro_f1: f32,
    accuracy: f32,
    recall: f32,
    woken: f32,
}

fn confusion(said: &[&Said<'_>]) -> Confusion {
    let mut table = [[0; 5]; 5];
    for one in said {
        table[one.gold.level as usize][one.level as usize] += 1;
    }
    table
}

fn core(said: &[&Said<'_>]) -> Core {
    let table = confusion(said);
    let scored: Vec<(f32, bool)> =
        said.iter().map(|s| (f32::from(s.urgency), s.gold.level <= Level::P2)).collect();
    let part = |row: usize, to: usize| {
        table[row][..to].iter().sum::<u32>() as f32 / table[row].iter().sum::<u32>().max(1) as f32
    };
    let right: u32 = (0..5).map(|i| table[i][i]).sum();
    Core {
        auc: eval::auc(&scored),
        kappa: eval::kappa(&table),
        macro_f1: eval::table_f1(&table),
        accuracy: right as f32 / said.len().max(1) as f32,
        recall: part(0, 1),
        woken: part(4, 2),
    }
}

/// Spam and what has nothing to do with the brand are scored as one.
const fn merged(intent: Intent) -> Intent {
    if matches!(intent, Intent::Spam) { Intent::Irrelevant } else { intent }
}

/// Judges labelled posts for a brand and says how well that went.
pub fn of_posts(posts: &[Labelled], brand: &Brand) -> String {
    let mut judgement = Judgement::default();
    let said: Vec<Said<'_>> = posts
        .iter()
        .map(|gold| {
            let post = Post { text: gold.text.clone(), ..Post::default() };
            judge_into(&post, brand, &Context::default(), &mut judgement);
            Said {
                gold,
                level: judgement.level,
                urgency: judgement.urgency,
                intent: judgement.intent,
                private: judgement.needs_private,
                answer: judgement.needs_answer,
                language: judgement.language,
                probability: judgement.urgent_probability,
            }
        })
        .collect();
    let all: Vec<&Said<'_>> = said.iter().collect();
    let mut out = String::new();
    overall(&all, &mut out);
    intervals(&all, &mut out);
    calibration(&all, &mut out);
    by_language(&all, &mut out);
    out.push_str("\nwhat is right in rows, what was said in columns\n");
    out + &eval::table(&confusion(&all))
}

fn overall(said: &[&Said<'_>], out: &mut String) {
    let whole = core(said);
    let near = said.iter().filter(|s| (s.gold.level as usize).abs_diff(s.level as usize) <= 1).count();
    let intents: Vec<_> = said.iter().map(|s| (merged(s.gold.intent), merged(s.intent))).collect();
    let private: Vec<_> = said.iter().map(|s| (s.gold.needs_private, s.private)).collect();
    let silent: Vec<_> =
        said.iter().filter_map(|s| s.gold.needs_answer.map(|answer| (!answer, !s.answer))).collect();
    let tongues: Vec<_> = said.iter().map(|s| (Language::from_tag(&s.gold.lang), s.language)).collect();
    let _ = writeln!(out, "posts                    {}", said.len());
    let _ = writeln!(out, "level accuracy           {:.3}", whole.accuracy);
    let _ = writeln!(out, "level within one         {:.3}", near as f32 / said.len().max(1) as f32);
    let _ = writeln!(out, "level macro-F1           {:.3}", whole.macro_f1);
    let _ = writeln!(out, "quadratic kappa          {:.3}", whole.kappa);
    let _ = writeln!(out, "AUC P1+P2                {:.3}", whole.auc);
    let _ = writeln!(out, "P1 recall                {:.3}", whole.recall);
    let _ = writeln!(out, "P5 scored 60 or more     {:.3}", whole.woken);
    let _ = writeln!(out, "intent accuracy          {:.3}", eval::accuracy(&intents));
    let _ = writeln!(out, "needs_private F1         {:.3}", eval::f1_of(&private, &true));
    let _ = if silent.is_empty() {
        writeln!(out, "needs no answer F1       not measured: no such labels")
    } else {
        writeln!(out, "needs no answer F1       {:.3}", eval::f1_of(&silent, &true))
    };
    let _ = writeln!(out, "language accuracy        {:.3}", eval::accuracy(&tongues));
    if let Some((spread, groups)) = spread(said) {
        let _ =
            writeln!(out, "spread between languages {spread:.1} (standard deviation, {groups} situations)");
    }
}

/// The mean standard deviation of the score within situations told in at least three languages.
fn spread(said: &[&Said<'_>]) -> Option<(f32, usize)> {
    let mut groups: BTreeMap<&str, Vec<&Said<'_>>> = BTreeMap::new();
    for one in said.iter().filter(|s| !s.gold.situation.is_empty()) {
        groups.entry(&one.gold.situation).or_default().push(one);
    }
    let mut sum = 0.0;
    let mut count = 0;
    for group in groups.values() {
        let mut tongues: Vec<&str> = group.iter().map(|s| s.gold.lang.as_str()).collect();
        tongues.sort_unstable();
        tongues.dedup();
        if tongues.len() >= 3 {
            let mean = group.iter().map(|s| f32::from(s.urgency)).sum::<f32>() / group.len() as f32;
            let square = group.iter().map(|s| (f32::from(s.urgency) - mean).powi(2)).sum::<f32>();
            sum += (square / group.len() as f32).sqrt();
            count += 1;
        }
    }
    (count > 0).then(|| (sum / count as f32, count))
}

/// Ninety-five per cent intervals, by drawing situations with replacement.
fn intervals(said: &[&Said<'_>], out: &mut String) {
    let mut groups: HashMap<&str, Vec<&Said<'_>>> = HashMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (number, one) in said.iter().enumerate() {
        let situation = one.gold.situation.as_str();
        let key = if situation.is_empty() { said[number].gold.text.as_str() } else { situation };
        if !groups.contains_key(key) {
            order.push(key);
        }
        groups.entry(key).or_default().push(one);
    }
    let mut dice = Dice::new(11);
    let mut drawn: [Vec<f32>; 4] = Default::default();
    let mut sample: Vec<&Said<'_>> = Vec::with_capacity(said.len());
    for _ in 0..DRAWS {
        sample.clear();
        for _ in 0..order.len() {
            sample.extend(groups.get(order[dice.below(order.len())]).into_iter().flatten());
        }
        let found = core(&sample);
        for (list, value) in drawn.iter_mut().zip([found.auc, found.kappa, found.macro_f1, found.recall]) {
            list.push(value);
        }
    }
    let _ = writeln!(out, "\n95 % intervals over {} situations", order.len());
    for (name, list) in ["AUC P1+P2", "kappa", "macro-F1", "P1 recall"].iter().zip(&mut drawn) {
        list.sort_unstable_by(f32::total_cmp);
        let at = |part: usize| list.get(list.len().saturating_sub(1) * part / 1000).copied().unwrap_or(0.0);
        let _ = writeln!(out, "{name:<12} {:.3} to {:.3}", at(25), at(975));
    }
}

/// How often what was called so likely was so.
fn calibration(said: &[&Said<'_>], out: &mut String) {
    let mut bins = [(0u32, 0.0f32, 0u32); 10];
    for one in said {
        let bin = &mut bins[((one.probability * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += one.probability;
        bin.2 += u32::from(one.gold.level <= Level::P2);
    }
    out.push_str("\nP1 or P2: said  was   posts\n");
    let mut error = 0.0;
    for (count, sum, were) in bins.iter().filter(|b| b.0 > 0) {
        let (thought, was) = (sum / *count as f32, *were as f32 / *count as f32);
        error += (thought - was).abs() * *count as f32;
        let _ = writeln!(out, "          {thought:.2}  {was:.2}  {count:5}");
    }
    let _ = writeln!(out, "mean error of calibration {:.3}", error / said.len().max(1) as f32);
}

fn by_language(said: &[&Said<'_>], out: &mut String) {
    let mut tongues: BTreeMap<&str, Vec<&Said<'_>>> = BTreeMap::new();
    for one in said {
        tongues.entry(&one.gold.lang).or_default().push(one);
    }
    out.push_str("\nlanguage  posts    AUC  kappa  P1 recall  P5>=60  intent\n");
    for (tongue, said) in tongues {
        let found = core(&said);
        let intents: Vec<_> = said.iter().map(|s| (merged(s.gold.intent), merged(s.intent))).collect();
        let _ = writeln!(
            out,
            "{tongue:<9} {:5}  {:.3}  {:.3}      {:.3}   {:.3}   {:.3}",
            said.len(),
            found.auc,
            found.kappa,
            found.recall,
            found.woken,
            eval::accuracy(&intents)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_everything_of_a_few_posts() {
        let line = |text: &str, level: &str, situation: &str| -> Labelled {
            let json = format!(
                r#"{{"lang":"en","text":"{text}","level":"{level}","intent":"question","needs_answer":true,"situation":"{situation}"}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let posts = [
            line("smoke is coming out of my charger and my baby is in the room", "P1", "a"),
            line("thanks, great service!", "P5", "b"),
            line("what are your opening hours?", "P4", "c"),
        ];
        let text = of_posts(&posts, &Brand::default());
        for part in [
            "posts                    3",
            "AUC P1+P2                1.000",
            "over 3 situations",
            "P5     0    0    0    0    1",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(of_posts(&[], &Brand::default()).contains("posts                    0"));
    }
}
