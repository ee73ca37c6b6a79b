//! Judges posts: which brand they name, in which language, what is wanted, how urgent it is and why.
//!
//! Everything here is pure and the same on every machine: no I/O, no clock, no chance. The text
//! alone gives the level, by learned weights and a lexicon of concepts in ten languages; context
//! moves only the urgency. What a post says never becomes an instruction and never becomes a
//! reason's name.

mod bayes;
mod borders;
mod brands;
mod concepts;
mod context;
pub mod corpus;
mod cries;
mod deadline;
mod disguise;
pub mod eval;
mod extras;
mod features;
pub mod figures;
mod fold;
mod kin;
pub mod learn;
mod lexicon;
pub mod lines;
mod marks;
mod maths;
mod model;
pub mod personal;
mod places;
pub mod protocols;
mod reader;
mod reasons;
pub mod research;
mod scan;
pub mod sentiment;
#[cfg(test)]
mod tests;
pub mod train;
mod tuning;
mod verdict;

pub use brands::{BrandHit, MatchedBy, Matcher};

use crate::domain::brand::Brand;
use crate::domain::course::Course;
use crate::domain::judgement::{Judgement, Level};
use crate::domain::language::Language;
use crate::domain::post::Post;
use crate::domain::protocol::ProtocolKind;
use std::cell::RefCell;

/// The version of rules and weights; it changes whenever a result may change.
pub const RULES_VERSION: &str = "2026-11-29.1";

/// What is known around a post; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The time of day of the post in the brand's zone, in minutes since midnight.
    pub now_in_zone_minutes: Option<u16>,
    /// The course of things so far.
    pub course: Course,
    /// How many follow the author.
    pub followers: Option<i64>,
    /// The level of the thread when this answers a question of ours within a day.
    pub thread_level: Option<Level>,
    /// How many stars stand with a review, 1 to 5.
    pub stars: Option<u8>,
}

/// The names of the concepts to which a brand may add words of its own.
pub fn concept_names() -> Vec<&'static str> {
    concepts::CONCEPTS.iter().map(|c| c.key).collect()
}

thread_local! {
    static READER: RefCell<reader::Reader> = RefCell::default();
}

/// Judges one post for one brand; whether it names the brand is for [`Matcher`] to say.
pub fn judge(post: &Post, brand: &Brand, context: &Context) -> Judgement {
    let mut judgement = Judgement::default();
    judge_into(post, brand, context, &mut judgement);
    judgement
}

/// As [`judge`], into a judgement made before, whose lists are used again.
pub fn judge_into(post: &Post, brand: &Brand, context: &Context, out: &mut Judgement) {
    READER.with_borrow_mut(|reader| {
        let model = model::shipped();
        reader.open(&disguise::taken_away(&post.text));
        reader.add_own(&brand.triage.words);
        reader.read_richest();
        let told = reader.languages(model, post.claimed_language());
        let mut thresholds = model.thresholds;
        tuning::apply(&brand.triage, &mut thresholds);
        let mut verdict = verdict::judge(reader, model, told, &thresholds);
        if verdict.level != Level::P1
            && let Some(concept) = cries::told(&reader.scan.text, verdict.found)
        {
            cries::raise(&mut verdict, concept);
        }
        personal::find_into(&post.text, &brand.references, &mut out.personal_data);
        let reasons = &mut out.reasons;
        reasons.clear();
        reader.places.clear();
        let mut places = std::mem::take(&mut reader.places);
        reasons::of_text(&verdict, reasons, |concepts| {
            reader.phrase(concepts, told.concepts).and_then(|phrase| places.find(&post.text, phrase))
        });
        reader.places = places;
        out.urgency = context::apply(&verdict, context, &reader.scan.text, reasons);
        reasons::sort(reasons);
        protocols::find(&reader.scan.text, verdict.level, reasons, &mut out.protocols);
        if protocols::is_press(&post.author.name) && !out.protocols.contains(&ProtocolKind::Press) {
            out.protocols.push(ProtocolKind::Press);
        }
        out.language = told.language;
        out.language_confidence = told.confidence;
        out.second_language = told.second;
        out.sentiment = verdict.sentiment;
        out.urgent_probability = verdict.probability;
        out.intent = verdict.intent;
        out.level = verdict.level;
        out.needs_answer = verdict.needs_answer;
        out.needs_private = verdict.needs_private || shows_private(&out.personal_data, verdict.needs_answer);
    });
}

/// The language of a text alone, and how sure, 0–1; by the same reading as [`judge`].
pub fn language_of(text: &str) -> (Language, f32) {
    READER.with_borrow_mut(|reader| {
        reader.open(&disguise::taken_away(text));
        reader.read_richest();
        let told = reader.language(model::shipped(), Language::Unknown);
        (told.language, told.confidence)
    })
}

/// A post that is answered and already shows somebody's data goes to a private channel.
fn shows_private(found: &[crate::domain::judgement::PersonalData], answered: bool) -> bool {
    answered && !found.is_empty()
}
