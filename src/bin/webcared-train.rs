//! Builds the weights of triage from the corpus, checks them by cross-validation, and measures them
//! on labelled files.
//!
//! A tool for whoever changes the rules; the daemon never runs it. It reads and writes only the
//! files named on its command line, and the same corpus gives the same bytes.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use webcared::domain::brand::Brand;
use webcared::domain::language::Language;
use webcared::domain::post::Post;
use webcared::triage::sentiment::Felt;
use webcared::triage::train::{self, Labelled, Tongue};
use webcared::triage::{Context, corpus, eval, figures, judge};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
webcared-train build CORPUS MODEL      learn all heads from CORPUS and write MODEL
webcared-train cross CORPUS            judge every post of CORPUS without having seen its situation
webcared-train eval FILE...            measure on labelled JSON Lines
webcared-train eval --language FILE... measure the language on 'lang<TAB>label<TAB>text' files
webcared-train errors FILE...          print the posts judged two levels off
webcared-train speed FILE...           time judging on labelled JSON Lines
webcared-train language-set DATA OUT   pick the compact set the language head learns from
webcared-train sentiment-set DATA OUT  pick the texts the sentiment head learns from beside CORPUS
webcared-train held DATA OUT           write the marks of the texts that are never learned from
";

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["build", corpus, model] => build(Path::new(corpus), Path::new(model)),
        ["cross", corpus] => cross(Path::new(corpus)),
        ["eval", "--language", files @ ..] if !files.is_empty() => eval_language(files),
        ["eval", files @ ..] if !files.is_empty() => eval_levels(files),
        ["errors", files @ ..] if !files.is_empty() => errors(files),
        ["speed", files @ ..] if !files.is_empty() => speed(files),
        ["sentiment-set", data, out] => sentiment_set(Path::new(data), Path::new(out)),
        ["held", data, out] => held(Path::new(data), Path::new(out)),
        ["language-set", data, out] => language_set(Path::new(data), Path::new(out)),
        _ => {
            let _ = std::io::stderr().write_all(USAGE.as_bytes());
            return std::process::ExitCode::from(2);
        }
    };
    match done.and_then(|text| Ok(std::io::stdout().write_all(text.as_bytes())?)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "webcared-train: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Files of a folder with an ending, by name, so that the order is the same everywhere.
fn files(folder: &Path, ending: &str) -> Fallible<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn labelled(path: &Path) -> Fallible<Vec<Labelled>> {
    let text = fs::read_to_string(path)?;
    let mut posts = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, l)| !l.trim().is_empty()) {
        posts.push(serde_json::from_str(line).map_err(|e| format!("{}:{number}: {e}", path.display()))?);
    }
    Ok(posts)
}

fn all_labelled(paths: &[&str]) -> Fallible<Vec<Labelled>> {
    let mut posts = Vec::new();
    for path in paths {
        posts.extend(labelled(Path::new(path))?);
    }
    Ok(posts)
}

fn posts_of(folder: &Path) -> Fallible<Vec<Labelled>> {
    let mut posts = Vec::new();
    for path in files(folder, "jsonl")? {
        let times = train::times_of(&path.file_name().unwrap_or_default().to_string_lossy());
        posts.extend(labelled(&path)?.into_iter().map(|post| Labelled { times, ..post }));
    }
    Ok(posts)
}

/// The texts of `lang<TAB>text` files of the language set, and those of the corpus itself.
fn tongues(folder: &Path, posts: &[Labelled]) -> Fallible<Vec<Tongue>> {
    let mut texts = Vec::new();
    for path in files(&folder.join("language"), "tsv")? {
        for line in fs::read_to_string(path)?.lines() {
            if let Some((code, text)) = line.split_once('\t') {
                texts.push(Tongue { code: code.to_owned(), text: text.to_owned() });
            }
        }
    }
    texts.extend(posts.iter().map(|p| Tongue { code: p.lang.clone(), text: p.text.clone() }));
    Ok(texts)
}

/// The texts of `lang<TAB>class<TAB>text` files of the sentiment set.
fn felt(folder: &Path) -> Fallible<Vec<Felt>> {
    let mut texts = Vec::new();
    for path in files(&folder.join("sentiment"), "tsv")? {
        for line in fs::read_to_string(path)?.lines() {
            let mut columns = line.splitn(3, '\t');
            if let (Some(lang), Some(class), Some(text)) = (columns.next(), columns.next(), columns.next()) {
                let class = class.parse().ok().filter(|class| *class < 3).ok_or("a class above 2")?;
                texts.push(Felt { lang: lang.to_owned(), text: text.to_owned(), class });
            }
        }
    }
    Ok(texts)
}

/// Picks texts with emotions as texts with a sentiment: glad, sad or angry, and neither.
fn sentiment_set(data: &Path, out: &Path) -> Fallible<String> {
    let held = held_forms(data)?;
    let (mut text, mut counts) = (String::new(), std::collections::HashMap::<(String, usize), usize>::new());
    for (name, most) in [("brighter_emotion.train.tsv", 900), ("xed_emotion.all.tsv", 500)] {
        for line in fs::read_to_string(data.join(name))?.lines().skip(1) {
            let mut columns = line.split('\t');
            let (Some(lang), Some(label), Some(words)) = (columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            let glad = label.contains("joy") || label.contains("trust");
            let sad = ["anger", "disgust", "fear", "sadness"].iter().any(|e| label.contains(e));
            let class = match (glad, sad) {
                (true, false) => 2,
                (false, true) => 0,
                (false, false) if label == "none" => 1,
                _ => continue,
            };
            let known = Language::TEN.iter().any(|l| l.code() == lang);
            let count = counts.entry((format!("{name}{lang}"), class)).or_default();
            let free = !held.contains(&corpus::comparable(words)) && words.chars().count() <= 200;
            if known && free && *count < most {
                *count += 1;
                writeln!(text, "{lang}\t{class}\t{}", words.trim())?;
            }
        }
    }
    fs::write(out, &text)?;
    Ok(format!("{} texts, {} bytes\n", text.lines().count(), text.len()))
}

fn held_forms(data: &Path) -> Fallible<HashSet<String>> {
    let mut forms = HashSet::new();
    for name in HELD {
        for line in fs::read_to_string(data.join(name))?.lines().skip(1) {
            forms.extend(line.split('\t').nth(2).map(corpus::comparable));
        }
    }
    Ok(forms)
}

fn build(folder: &Path, out: &Path) -> Fallible<String> {
    let posts = posts_of(folder)?;
    let texts = tongues(folder, &posts)?;
    let bytes = train::build(&posts, &texts, &felt(folder)?);
    fs::write(out, &bytes)?;
    Ok(format!("{} posts, {} texts, {} bytes\n", posts.len(), texts.len(), bytes.len()))
}

fn cross(folder: &Path) -> Fallible<String> {
    let posts = posts_of(folder)?;
    let guesses = train::cross(&posts, train::JUDGING, 5);
    let thresholds = train::thresholds(&posts, &guesses, train::P1_RECALL);
    Ok(corpus::report(&posts, &guesses, &thresholds))
}

fn post_of(text: &str) -> Post {
    Post { text: text.to_owned(), ..Post::default() }
}

fn eval_levels(paths: &[&str]) -> Fallible<String> {
    Ok(figures::of_posts(&all_labelled(paths)?, &Brand::default()))
}

fn errors(paths: &[&str]) -> Fallible<String> {
    let mut out = String::new();
    for post in all_labelled(paths)? {
        let said = judge(&post_of(&post.text), &Brand::default(), &Context::default());
        if (post.level as usize).abs_diff(said.level as usize) >= 2 {
            writeln!(
                out,
                "{} {}→{} {:?} {}",
                post.lang,
                post.level,
                said.level,
                said.reason_names(4),
                post.text
            )?;
        }
    }
    Ok(out)
}

fn eval_language(paths: &[&str]) -> Fallible<String> {
    let mut pairs: Vec<(Language, Language)> = Vec::new();
    let mut by_code: Vec<(String, u32, u32)> = Vec::new();
    for path in paths {
        for line in fs::read_to_string(path)?.lines().skip(1) {
            let mut columns = line.split('\t');
            let (Some(code), Some(_), Some(text)) = (columns.next(), columns.next(), columns.next()) else {
                continue;
            };
            let gold = Language::from_tag(code);
            let said = judge(&post_of(text), &Brand::default(), &Context::default()).language;
            pairs.push((gold, said));
            let at = by_code.iter().position(|(c, ..)| c == code).unwrap_or(by_code.len());
            if at == by_code.len() {
                by_code.push((code.to_owned(), 0, 0));
            }
            by_code[at].1 += u32::from(gold == said);
            by_code[at].2 += 1;
        }
    }
    let ten: Vec<_> = pairs.iter().filter(|(g, _)| Language::TEN.contains(g)).copied().collect();
    let mut out =
        format!("texts {}  macro accuracy of the ten {:.4}\n", pairs.len(), eval::macro_recall(&ten));
    for (code, right, all) in by_code {
        writeln!(out, "{code} {:.3} of {all}", right as f32 / all as f32)?;
    }
    Ok(out)
}

fn speed(paths: &[&str]) -> Fallible<String> {
    let posts: Vec<Post> = all_labelled(paths)?.iter().map(|p| post_of(&p.text)).collect();
    let brands: Vec<Brand> = (0..1_000).map(|i| Brand::watched(&format!("Brand {i}"))).collect();
    let matcher = webcared::triage::Matcher::new(&brands);
    let mut out = String::new();
    let (mut judging, mut matching, mut sum) = (Vec::new(), Vec::new(), 0u64);
    for _round in 0..20 {
        for post in &posts {
            let start = std::time::Instant::now();
            sum += u64::from(judge(post, &brands[0], &Context::default()).urgency);
            let middle = std::time::Instant::now();
            sum += matcher.matches(post).len() as u64;
            judging.push((middle - start).as_nanos());
            matching.push(middle.elapsed().as_nanos());
        }
    }
    for (name, mut times) in [("judge", judging), ("matches", matching)] {
        times.sort_unstable();
        let at = |part: usize| times[(times.len() - 1) * part / 100];
        writeln!(out, "{name}: p50 {} ns, p99 {} ns", at(50), at(99))?;
    }
    writeln!(out, "(sum {sum})")?;
    Ok(out)
}

/// Bytes of each language in the compact set: more for the ten and for their closest neighbours.
fn budget(code: &str) -> usize {
    match code {
        "no" | "de" => 270_000,
        "nl" | "pt" | "ru" | "fr" => 230_000,
        "en" | "it" | "es" => 200_000,
        "da" => 220_000,
        "sv" | "uk" | "ca" => 120_000,
        "af" => 90_000,
        "nn" => 50_000,
        "ja" => 20_000,
        _ => 25_000,
    }
}

const HELD: [&str; 3] = ["lid_social_clean.test.tsv", "lid_social_raw.test.tsv", "lid_wordpairs10.test.tsv"];

fn held(data: &Path, out: &Path) -> Fallible<String> {
    let mut marks = Vec::new();
    for name in HELD {
        for line in fs::read_to_string(data.join(name))?.lines().skip(1) {
            marks.extend(line.split('\t').nth(2).map(corpus::mark));
        }
    }
    marks.sort_unstable();
    marks.dedup();
    fs::write(out, marks.iter().flat_map(|mark| mark.to_le_bytes()).collect::<Vec<u8>>())?;
    Ok(format!("{} texts\n", marks.len()))
}

fn language_set(data: &Path, out: &Path) -> Fallible<String> {
    let held = held_forms(data)?;
    let mut found = Vec::new();
    for name in ["brighter_emotion.train.tsv", "lid_lingua.test.tsv", "xed_emotion.all.tsv"] {
        for line in fs::read_to_string(data.join(name))?.lines().skip(1) {
            let mut columns = line.split('\t');
            if let (Some(code), Some(label), Some(text)) = (columns.next(), columns.next(), columns.next())
                && label != "single-words"
            {
                found.push(Tongue { code: code.to_owned(), text: text.trim().to_owned() });
            }
        }
    }
    let picked = corpus::pick(found, &held, budget);
    let mut text = String::new();
    for tongue in &picked {
        writeln!(text, "{}\t{}", tongue.code, tongue.text)?;
    }
    fs::write(out, &text)?;
    Ok(format!("{} texts, {} bytes\n", picked.len(), text.len()))
}
