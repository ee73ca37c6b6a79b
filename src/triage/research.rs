//! Figures on sets that may not be shipped, read from a folder by whoever has them.
//!
//! Each set is measured twice where that differs: with the head that is compiled in, and with one
//! learned on the spot from the set's own training part, which is then thrown away. A file that is
//! not there is reported as not measured. Files are read by the caller.

use super::sentiment::{self, Felt, Valences};
use super::train::Labelled;
use super::{Context, figures, judge_into};
use crate::domain::brand::Brand;
use crate::domain::judgement::{Intent, Judgement, Level, Sentiment};
use crate::domain::language::Language;
use crate::domain::post::Post;
use crate::triage::eval;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Figures of others on the same test split, as published or measured once: VADER, AFINN, FastText.
const PEERS: [(&str, [f32; 3]); 6] = [
    ("en", [56.0, 57.8, 50.9]),
    ("fr", [33.3, 48.3, 54.8]),
    ("de", [45.6, 39.7, 59.6]),
    ("it", [32.8, 48.8, 54.7]),
    ("pt", [37.4, 43.8, 55.1]),
    ("es", [36.1, 47.9, 50.1]),
];
/// From this day on the airline posts are for testing.
const AIRLINE_TEST: &str = "2015-02-23";

/// Reads a file of the folder by its name.
pub type Open<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Measures everything that the folder holds.
pub fn measure(open: Open<'_>) -> String {
    let mut out = String::new();
    dev(open, &mut out);
    languages(open, &mut out);
    let valences = valences(open);
    umsab(open, &valences, &mut out);
    for (name, train, test) in [
        (
            "NoReC, sentences",
            &["norec_sentence.train.tsv", "norec_sentence.dev.tsv"][..],
            "norec_sentence.test.tsv",
        ),
        (
            "RuSentiment",
            &["rusentiment.train.tsv", "rusentiment.train_preselected.tsv"][..],
            "rusentiment.test.tsv",
        ),
    ] {
        let known: Vec<Felt> = train.iter().filter_map(|f| felts(open, f)).flatten().collect();
        two_ways(name, &known, felts(open, test), &valences, &mut out);
    }
    airline(open, &valences, &mut out);
    out
}

fn missing(out: &mut String, name: &str) {
    let _ = writeln!(out, "{name}: not measured, its file is not there");
}

fn dev(open: Open<'_>, out: &mut String) {
    let Some(text) = open("urgency_gold.dev.jsonl") else { return missing(out, "urgency_gold.dev") };
    let posts: Vec<Labelled> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let _ = writeln!(out, "# urgency_gold.dev\n{}", figures::of_posts(&posts, &Brand::default()));
}

/// Rows of a table file without its head.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>()).filter(|row| row.len() > 2)
}

fn languages(open: Open<'_>, out: &mut String) {
    for name in ["lid_social_clean.test.tsv", "lid_social_raw.test.tsv", "lid_wordpairs10.test.tsv"] {
        let Some(text) = open(name) else {
            missing(out, name);
            continue;
        };
        let mut pairs: Vec<(Language, Language)> = Vec::new();
        let mut codes: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for row in rows(&text) {
            let (gold, said) = (Language::from_tag(row[0]), judged(row[2]).language);
            pairs.push((gold, said));
            let (right, all) = codes.entry(row[0]).or_default();
            *right += u32::from(gold == said);
            *all += 1;
        }
        pairs.retain(|(gold, _)| Language::TEN.contains(gold));
        let _ = writeln!(out, "# {name}\nmacro accuracy of the ten {:.4}", eval::macro_recall(&pairs));
        for (code, (right, all)) in codes {
            let _ = write!(out, "{code} {:.3}  ", right as f32 / all.max(1) as f32);
        }
        out.push_str("\n\n");
    }
}

fn judged(text: &str) -> Judgement {
    let mut judgement = Judgement::default();
    let post = Post { text: text.to_owned(), ..Post::default() };
    judge_into(&post, &Brand::default(), &Context::default(), &mut judgement);
    judgement
}

fn class(label: &str) -> Option<usize> {
    match label {
        "negative" | "neg" => Some(0),
        "neutral" | "neu" => Some(1),
        "positive" | "pos" | "speech" => Some(2),
        _ => None,
    }
}

fn felt(row: &[&str]) -> Option<Felt> {
    Some(Felt { lang: row[0].to_owned(), text: row[2].to_owned(), class: class(row[1])? })
}

fn felts(open: Open<'_>, name: &str) -> Option<Vec<Felt>> {
    Some(rows(&open(name)?).filter_map(|row| felt(&row)).collect())
}

/// Word lists with valences, for the learners on the spot only.
fn valences(open: Open<'_>) -> Valences {
    let mut valences = Valences::default();
    for language in Language::TEN {
        let file = open(&format!("lexicon/AFINN-{}.json", language.code()));
        let words: Option<BTreeMap<String, f32>> = file.and_then(|f| serde_json::from_str(&f).ok());
        for (word, valence) in words.unwrap_or_default() {
            valences.add(language.code(), &word, valence);
        }
    }
    for line in open("lexicon/Emoji_Sentiment_Data_v1.0.csv").unwrap_or_default().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells.get(at).and_then(|c| c.parse::<f32>().ok());
        if let (Some(seen), Some(bad), Some(good)) = (number(2), number(4), number(6))
            && seen > 5.0
        {
            valences.add("", cells[0], (good - bad) / seen * 4.0);
        }
    }
    valences
}

fn shipped(texts: &[Felt]) -> Vec<usize> {
    let at = |sentiment| Sentiment::ALL.iter().position(|s| *s == sentiment).unwrap_or(1);
    texts.iter().map(|felt| at(judged(&felt.text).sentiment)).collect()
}

fn f1(texts: &[Felt], said: &[usize], lang: Option<&str>) -> f32 {
    let wanted = texts.iter().zip(said).filter(|(felt, _)| lang.is_none_or(|l| felt.lang == l));
    let pairs: Vec<(usize, usize)> = wanted.map(|(felt, said)| (felt.class, *said)).collect();
    (0..3).map(|class| eval::f1_of(&pairs, &class)).sum::<f32>() / 3.0 * 100.0
}

fn two_ways(name: &str, known: &[Felt], asked: Option<Vec<Felt>>, valences: &Valences, out: &mut String) {
    let (Some(asked), false) = (asked, known.is_empty()) else { return missing(out, name) };
    let learned = sentiment::learn_and_say(known, &asked, sentiment::SETTINGS, valences);
    let _ = writeln!(
        out,
        "# {name}: macro-F1 shipped {:.1}, with research data {:.1} ({} learned from, {} measured)",
        f1(&asked, &shipped(&asked), None),
        f1(&asked, &learned, None),
        known.len(),
        asked.len()
    );
}

fn umsab(open: Open<'_>, valences: &Valences, out: &mut String) {
    let six = |list: Vec<Felt>| -> Vec<Felt> {
        list.into_iter().filter(|f| PEERS.iter().any(|(lang, _)| *lang == f.lang)).collect()
    };
    let files = ["umsab.train.tsv", "umsab.dev.tsv"].iter().filter_map(|f| felts(open, f));
    let known = six(files.flatten().collect());
    let Some(asked) = felts(open, "umsab.test.tsv").map(six).filter(|_| !known.is_empty()) else {
        return missing(out, "UMSAB");
    };
    let learned = sentiment::learn_and_say(&known, &asked, sentiment::SETTINGS, valences);
    let ours = shipped(&asked);
    out.push_str("# UMSAB, sentiment, macro-F1 on the official test split\n");
    out.push_str("      shipped  with research data  VADER  AFINN  FastText\n");
    let mut sums = [0.0f32; 5];
    let mut line = |name: &str, values: [f32; 5]| {
        let _ = writeln!(
            out,
            "{name:<5} {:7.1}  {:18.1}  {:5.1}  {:5.1}  {:8.1}",
            values[0], values[1], values[2], values[3], values[4]
        );
    };
    for (lang, [vader, afinn, fasttext]) in PEERS {
        let values =
            [f1(&asked, &ours, Some(lang)), f1(&asked, &learned, Some(lang)), vader, afinn, fasttext];
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / PEERS.len() as f32);
        line(lang, values);
    }
    line("mean", sums);
    out.push('\n');
}

fn airline(open: Open<'_>, valences: &Valences, out: &mut String) {
    let Some(text) = open("us_airline.all_by_time.tsv") else { return missing(out, "US airline") };
    let part = |late: bool| -> Vec<Felt> {
        let of = |row: &Vec<&str>| row.get(6).is_some_and(|day| (*day >= AIRLINE_TEST) == late);
        rows(&text).filter(of).filter_map(|row| felt(&row)).collect()
    };
    two_ways("US airline, by time", &part(false), Some(part(true)), valences, out);
    // Nothing was learned from these: whether a post complains, and which need an answer.
    let (mut complaints, mut answered) = (Vec::new(), [(0u32, 0u32); 3]);
    for felt in rows(&text).filter_map(|row| felt(&row)) {
        let said = judged(&felt.text);
        let complains = said.level <= Level::P3
            || matches!(
                said.intent,
                Intent::Complaint | Intent::Churn | Intent::Outage | Intent::SafetyLegal
            );
        complaints.push((felt.class == 0, complains));
        answered[felt.class].0 += u32::from(said.needs_answer);
        answered[felt.class].1 += 1;
    }
    let _ = writeln!(
        out,
        "# US airline, complaint or not, nothing learned from it: macro-F1 {:.1}, F1 of complaints {:.1}",
        eval::macro_f1(&complaints) * 100.0,
        eval::f1_of(&complaints, &true) * 100.0
    );
    for (name, (yes, all)) in ["negative", "neutral", "positive"].iter().zip(answered) {
        let _ = writeln!(out, "needs an answer, {name}: {yes} of {all}");
    }
}
