//! Judges JSON Lines: one post a line in, one judgement a line out.
//!
//! Lenient towards what it reads, because people pipe in what they have: only a text and an id are
//! needed. A line that cannot be read is answered by an error line and counted; it never stops the
//! rest. It opens nothing itself and knows no files.

use super::{Context, Matcher, judge};
use crate::domain::brand::Brand;
use crate::domain::judgement::{Intent, Judgement, Level, PersonalData, Reason, Sentiment};
use crate::domain::language::Language;
use crate::domain::post::{Author, Post, RawPost};
use crate::domain::protocol::ProtocolKind;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{BufRead, Result, Write};

/// How many lines were read and how they went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Lines that were not empty.
    pub lines: u64,
    /// Lines judged.
    pub judged: u64,
    /// Lines that could not be read.
    pub bad: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    external_id: &'a str,
    brands: Vec<&'a str>,
    language: Language,
    language_confidence: f32,
    second_language: Option<Language>,
    sentiment: Sentiment,
    intent: Intent,
    urgency: u8,
    level: Level,
    urgent_probability: f32,
    needs_answer: bool,
    needs_private: bool,
    personal_data: &'a [PersonalData],
    reasons: &'a [Reason],
    #[serde(skip_serializing_if = "<[ProtocolKind]>::is_empty")]
    protocols: &'a [ProtocolKind],
}

#[derive(Serialize)]
struct BadLine<'a> {
    line: u64,
    error: &'a str,
}

/// Judges every line of `input` and writes one line each to `output`, in the same order.
pub fn judge_lines(input: &mut dyn BufRead, output: &mut dyn Write, brands: &[Brand]) -> Result<LineCounts> {
    let matcher = Matcher::new(brands);
    let nobody = Brand::default();
    let mut counts = LineCounts::default();
    let (mut bytes, mut number) = (Vec::new(), 0u64);
    loop {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        number += 1;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        counts.lines += 1;
        match read(text) {
            Ok(post) => {
                counts.judged += 1;
                let mut hits = if brands.is_empty() { Vec::new() } else { matcher.matches(&post) };
                // What an account of a brand says is its own word and nothing said about it.
                let own = |b: &Brand| b.owns(&post.platform, &post.author.id, &post.author.handle);
                hits.retain(|hit| brands.get(hit.brand).is_some_and(|b| !own(b)));
                let brand = hits.first().and_then(|hit| brands.get(hit.brand)).unwrap_or(&nobody);
                let names = hits.iter().filter_map(|hit| brands.get(hit.brand)).map(|b| b.name.as_str());
                let judgement = judge(&post, brand, &Context::default());
                write(output, &line(&post, names.collect(), &judgement))?;
            }
            Err(error) => {
                counts.bad += 1;
                write(output, &BadLine { line: number, error: &error })?;
            }
        }
    }
    output.flush()?;
    Ok(counts)
}

fn line<'a>(post: &'a Post, brands: Vec<&'a str>, judgement: &'a Judgement) -> Line<'a> {
    Line {
        external_id: &post.external_id,
        brands,
        language: judgement.language,
        language_confidence: thousandths(judgement.language_confidence),
        second_language: judgement.second_language,
        sentiment: judgement.sentiment,
        intent: judgement.intent,
        urgency: judgement.urgency,
        level: judgement.level,
        urgent_probability: thousandths(judgement.urgent_probability),
        needs_answer: judgement.needs_answer,
        needs_private: judgement.needs_private,
        personal_data: &judgement.personal_data,
        reasons: &judgement.reasons,
        protocols: &judgement.protocols,
    }
}

fn thousandths(share: f32) -> f32 {
    (share * 1000.0).round() / 1000.0
}

fn write(output: &mut dyn Write, line: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

/// Reads a line: by the strict form if it fits, else what can be used of it.
fn read(text: &str) -> std::result::Result<Post, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
    let Value::Object(object) = value else { return Err("not a JSON object".to_owned()) };
    let lenient = lenient(&object)?;
    match serde_json::from_value::<RawPost>(Value::Object(object)).ok().and_then(|raw| raw.check().ok()) {
        Some(post) => Ok(post),
        None => Ok(lenient),
    }
}

/// The post made of the fields that are there.
fn lenient(object: &Map<String, Value>) -> std::result::Result<Post, String> {
    let text = |key: &str| -> Option<String> {
        match object.get(key)? {
            Value::String(s) => Some(s.trim_matches('\0').replace('\0', "\u{fffd}")),
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        }
    };
    let body = text("text").ok_or("text: missing; it must hold the words of the post")?;
    let id = text("external_id").or_else(|| text("id")).filter(|id| !id.is_empty());
    let external_id = id.ok_or("external_id: missing; it must hold the platform's id of the post")?;
    let author = object.get("author").and_then(Value::as_object);
    let of_author =
        |key: &str| author.and_then(|a| a.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mentions = object.get("mentions").and_then(Value::as_array);
    let mentions = mentions.into_iter().flatten().filter_map(Value::as_str);
    Ok(Post {
        platform: text("platform").unwrap_or_default().to_ascii_lowercase(),
        external_id,
        author: Author {
            id: of_author("id"),
            handle: of_author("handle").trim_start_matches('@').to_owned(),
            name: of_author("name"),
            ..Author::default()
        },
        text: body,
        kind: text("kind").unwrap_or_else(|| "post".to_owned()),
        lang_tag: text("lang").unwrap_or_default(),
        mentions: mentions.map(|m| m.trim_start_matches('@').to_owned()).collect(),
        ..Post::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::brand::OwnAccount;

    fn run(input: &str, brands: &[Brand]) -> (Vec<Value>, LineCounts) {
        let mut out = Vec::new();
        let counts = judge_lines(&mut input.as_bytes(), &mut out, brands).unwrap();
        let out = String::from_utf8(out).unwrap();
        (out.lines().map(|l| serde_json::from_str(l).unwrap()).collect(), counts)
    }

    #[test]
    fn one_line_out_for_one_line_in() {
        let input = concat!(
            "{\"external_id\":\"1\",\"text\":\"Er komt rook uit mijn oplader, wat moet ik doen?\"}\n\n",
            "{\"id\":2,\"text\":\"thanks @acme, great service\",\"lang\":\"en\"}\n",
            "not json\n{\"text\":\"x\"}\n[1]\n"
        );
        let (lines, counts) = run(input, &[]);
        assert_eq!(counts, LineCounts { lines: 5, judged: 2, bad: 3 });
        let keys: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
        let mut wanted = [
            "external_id",
            "brands",
            "language",
            "language_confidence",
            "second_language",
            "sentiment",
            "intent",
            "urgency",
            "level",
            "urgent_probability",
            "needs_answer",
            "needs_private",
            "personal_data",
            "reasons",
        ];
        wanted.sort_unstable();
        let mut keys: Vec<&str> = keys.into_iter().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, wanted);
        assert_eq!(lines[0]["language"], "nl");
        assert_eq!(lines[0]["second_language"], Value::Null);
        assert!(lines[0]["urgent_probability"].as_f64().unwrap() > 0.5);
        assert_eq!(lines[1]["sentiment"], "positive");
        assert_eq!(lines[0]["brands"], serde_json::json!([]));
        assert_eq!(lines[2]["line"], 4);
        assert!(lines[3]["error"].as_str().unwrap().starts_with("external_id"));
    }

    #[test]
    fn what_a_brand_says_itself_is_not_about_it() {
        let mut acme = Brand::watched("Acme");
        let own = OwnAccount { platform: "x".to_owned(), account: "@acmecare".to_owned() };
        acme.own_accounts.push(own);
        let said = |handle: &str| {
            let line = serde_json::json!({
                "id": "1", "platform": "x", "text": "Acme is sorry", "author": { "handle": handle },
            });
            run(&line.to_string(), std::slice::from_ref(&acme)).0[0]["brands"].clone()
        };
        assert_eq!(said("@AcmeCare"), serde_json::json!([]));
        assert_eq!(said("jan"), serde_json::json!(["Acme"]));
    }

    #[test]
    fn brands_are_listed_by_name() {
        let brands = [Brand::watched("Acme"), Brand::watched("Other")];
        let (lines, _) = run(
            "{\"external_id\":\"1\",\"text\":\"Acme and #other\"}\n{\"id\":\"2\",\"text\":\"hi\"}",
            &brands,
        );
        assert_eq!(lines[0]["brands"], serde_json::json!(["Acme", "Other"]));
        assert_eq!(lines[1]["brands"], serde_json::json!([]));
    }
}
