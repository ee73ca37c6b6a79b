//! What people corrected or confirmed, as lines to learn from: in the form of the corpus, so that
//! `webcared triage eval` and the training read them as they are.

use super::in_force;
use crate::domain::correction::Field;
use crate::domain::judgement::{Intent, Level};
use crate::store::correction::{CorrectionRow, Learned};
use crate::store::intake::CaseMessage;
use serde::Serialize;

/// One labelled post, in the corpus' form and order of fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The code of its language.
    pub lang: String,
    /// The post.
    pub text: String,
    /// Its level.
    pub level: Level,
    /// Its intent.
    pub intent: Intent,
    /// Whether the brand should answer it.
    pub needs_answer: bool,
    /// Whether solving it needs a private channel.
    pub needs_private: bool,
    /// Brand and number of the case, by which posts of one case are kept together: `acme-12`.
    pub situation: String,
    /// `confirmed`, or `corrected-` and the field for each that a person put right; and `sample`.
    pub tags: Vec<String>,
}

/// The lines of what was learned; a message whose words are gone gives none. `corrections` are those
/// of the cases, in the order in which they were made.
pub fn lines(learned: &[Learned], corrections: &[CorrectionRow]) -> Vec<Line> {
    learned.iter().filter_map(|one| line(one, corrections)).collect()
}

fn line(one: &Learned, corrections: &[CorrectionRow]) -> Option<Line> {
    let body: serde_json::Value = serde_json::from_str(one.body.as_deref()?).ok()?;
    let text = body.get("text")?.as_str().filter(|t| !t.trim().is_empty())?.to_owned();
    let mut message = [CaseMessage {
        case_id: one.case_id.clone(),
        brand_id: one.brand_id.clone(),
        mention_id: one.mention_id.clone(),
        external_id: one.external_id.clone(),
        posted_at: one.posted_at,
        received_at: one.received_at,
        historic: one.historic,
        revision: one.revision,
        level: one.level,
        urgency: one.urgency,
        intent: one.intent.clone(),
        language: one.language.clone(),
        needs_answer: one.needs_answer,
        needs_private: one.needs_private,
        source: String::new(),
        kind: String::new(),
        private: 0,
        handles: String::new(),
        silenced: 0,
    }];
    in_force(&mut message, corrections);
    let [message] = message;
    let was_corrected = |field: &Field| {
        corrections
            .iter()
            .any(|c| c.mention_id == one.mention_id && c.brand_id == one.brand_id && c.field == field.code())
    };
    let fields = Field::ALL.into_iter().filter(was_corrected);
    let mut tags: Vec<String> = fields.map(|f| format!("corrected-{}", f.code().replace('_', "-"))).collect();
    if tags.is_empty() {
        tags.push("confirmed".to_owned());
    }
    if one.sample == 1 {
        tags.push("sample".to_owned());
    }
    Some(Line {
        lang: message.language,
        text,
        level: Level::from_number(message.level),
        intent: Intent::from_code(&message.intent)?,
        needs_answer: message.needs_answer == 1,
        needs_private: message.needs_private == 1,
        situation: format!("{}-{}", slug(&one.brand), one.number),
        tags,
    })
}

/// A name in small letters and digits, with a hyphen for everything between them.
fn slug(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty());
    let slug = parts.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    if slug.is_empty() { "brand".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_slug() {
        assert_eq!(slug("Happy Socks & Co."), "happy-socks-co");
        assert_eq!(slug("日本"), "日本");
        assert_eq!(slug("***"), "brand");
    }
}
