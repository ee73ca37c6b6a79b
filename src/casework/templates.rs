//! Texts of brands by leads: written, changed and retired beside those of the settings, by the same checks; each change is
//! a version. And how each text would read, how long it is where it may be sent, and whether anything chooses it.

use super::{Actor, Casework, CaseworkError};
use crate::catalogue::texts::{KIND, Kept, Text, TextMistake};
use crate::catalogue::{self, Watched, made_by};
use crate::domain::handover::code_of;
use crate::domain::ids::TemplateId;
use crate::domain::role::Right;
use crate::domain::template::{Filling, PLATFORMS, Template, TemplateKind, fill};
use crate::sources::reply::documented_limits;
use crate::store::setting;

/// Longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 20_000;
/// The name in examples.
pub(super) const EXAMPLE_NAME: &str = "Sanne";
/// The way in of examples where the brand has none of its own.
const EXAMPLE_LINK: &str = "https://bsky.app/messages";

/// How long a text is on a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The platform.
    pub platform: &'static str,
    /// How long the example is, as the platform counts.
    pub length: usize,
    /// How long it may be.
    pub max: usize,
    /// Whether it fits.
    pub fits: bool,
}

/// A text with an example filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The words.
    pub text: String,
    /// How long they are where they may be sent.
    pub lengths: Vec<Length>,
}

/// A text of a brand, wherever it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub template: Template,
    /// The version of the console; none for a text of the settings.
    pub kept: Option<Kept>,
    /// Its place in the settings, such as `brand[0].template[2]`; empty for a text of the console.
    pub place: String,
    /// Whether it was retired.
    pub retired: bool,
    /// Whether another that is for the same stands before it, so that nothing chooses it.
    pub shadowed: bool,
    /// Whether what it is for is switched off for this brand.
    pub off: bool,
    /// How it would read.
    pub example: Example,
}

/// How a text of a brand would read, and how long that is.
pub fn example(watched: &Watched, template: &Template) -> Example {
    let (brand, code) = (&watched.brand, code_of(0));
    let link = brand.private_link.as_deref().unwrap_or(EXAMPLE_LINK).replace("{code}", &code);
    let with = Filling {
        name: EXAMPLE_NAME,
        brand: &brand.name,
        code: &code,
        link: &link,
        wait: "1440 min",
        customer: "",
    };
    let text = fill(&template.text, &with);
    let goes =
        |platform: &&str| template.platform.as_deref().is_none_or(|p| p.eq_ignore_ascii_case(platform));
    let one = |platform: &'static str| {
        let measured = documented_limits(platform)?.measure(&text);
        Some(Length { platform, length: measured.length, max: measured.max, fits: measured.fits })
    };
    let lengths = PLATFORMS.into_iter().filter(goes).filter_map(one).collect();
    Example { text, lengths }
}

/// Whether a brand does not use texts of a kind at all.
fn is_off(watched: &Watched, kind: TemplateKind) -> bool {
    matches!(kind, TemplateKind::Survey | TemplateKind::SurveyOpen) && !watched.brand.survey.enabled
}

fn bad<T>(mistakes: Vec<TextMistake>) -> Result<T, CaseworkError> {
    match mistakes.into_iter().next() {
        Some((field, what)) => Err(CaseworkError::Invalid { field, what }),
        None => Err(CaseworkError::NotFound),
    }
}

impl Casework {
    /// How a text of a brand would read, measured where the brand has accounts; where it has none, everywhere.
    pub fn example(&self, watched: &Watched, template: &Template) -> Example {
        let mut shown = example(watched, template);
        let all = self.answers.accounts.all();
        let answers = |length: &Length| {
            all.iter().any(|a| {
                a.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(&watched.brand.name))
                    && a.source.reply().is_some_and(|r| r.platform() == length.platform)
            })
        };
        if template.platform.is_none() && shown.lengths.iter().any(answers) {
            shown.lengths.retain(answers);
        }
        shown
    }

    /// Every text of a brand: those of the console, then those of the settings, in the order in which they are chosen;
    /// the retired ones last.
    pub fn templates(&self, brand_id: &str) -> Vec<Listed> {
        let catalogue = self.catalogue.get();
        let Some(at) = catalogue.brands.iter().position(|b| b.id == brand_id) else { return Vec::new() };
        let Some(watched) = catalogue.brands.get(at) else { return Vec::new() };
        let listed = |template: &Template, kept: Option<&Kept>, place: String| Listed {
            template: template.clone(),
            retired: kept.is_some_and(|k| k.text.retired),
            kept: kept.cloned(),
            place,
            shadowed: false,
            off: is_off(watched, template.kind),
            example: self.example(watched, template),
        };
        let of = || catalogue.texts.iter().filter(|k| k.text.brand_id == brand_id);
        let own = |k: &Kept| listed(&k.text.template, Some(k), String::new());
        let mut all: Vec<Listed> = of().filter(|k| !k.text.retired).map(own).collect();
        let file = watched.settings_texts().iter().enumerate();
        all.extend(file.map(|(n, t)| listed(t, None, format!("brand[{at}].template[{n}]"))));
        for n in 1..all.len() {
            let (before, rest) = all.split_at_mut(n);
            if let Some(one) = rest.first_mut() {
                one.shadowed = before.iter().any(|b| b.template.fits_alike(&one.template));
            }
        }
        all.extend(of().filter(|k| k.text.retired).map(own));
        all
    }

    /// What is wrong with a text of a brand, by the checks of the settings; nothing is kept.
    pub fn template_mistakes(&self, brand_id: &str, template: &Template) -> Vec<TextMistake> {
        let catalogue = self.catalogue.get();
        let of = catalogue.brand(brand_id);
        if template.text.chars().count() > TEXT_CHARS_MAX {
            return vec![("text", format!("at most {TEXT_CHARS_MAX} characters"))];
        }
        of.map(|watched| catalogue.text_rules.mistakes(&watched.brand, template)).unwrap_or_default()
    }

    /// Adds a text to a brand; returns its id. It counts at once.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] where there is no such brand; [`CaseworkError::Invalid`] with the first mistake.
    pub async fn add_template(
        &self,
        brand_id: &str,
        template: &Template,
        actor: &Actor,
    ) -> Result<String, CaseworkError> {
        let id = self.mint.id(self.clock.now(), TemplateId::new).to_string();
        self.keep_template("template.add", brand_id, (&id, None), Some(template), actor).await?;
        Ok(id)
    }

    /// Changes a text of the console that was seen in a version; returns the number of the new one. A retired one counts
    /// again.
    ///
    /// # Errors
    /// As [`Self::add_template`], and a refusal where somebody else changed it meanwhile.
    pub async fn change_template(
        &self,
        brand_id: &str,
        (id, seen): (&str, i64),
        template: &Template,
        actor: &Actor,
    ) -> Result<i64, CaseworkError> {
        self.keep_template("template.change", brand_id, (id, Some(seen)), Some(template), actor).await
    }

    /// Retires a text of the console: nothing chooses it any more. Returns the number of the version that says so.
    ///
    /// # Errors
    /// As [`Self::change_template`].
    pub async fn retire_template(
        &self,
        brand_id: &str,
        (id, seen): (&str, i64),
        actor: &Actor,
    ) -> Result<i64, CaseworkError> {
        self.keep_template("template.retire", brand_id, (id, Some(seen)), None, actor).await
    }

    /// Writes a version; without a text it says that the one before is retired.
    async fn keep_template(
        &self,
        word: &'static str,
        brand_id: &str,
        (id, seen): (&str, Option<i64>),
        template: Option<&Template>,
        actor: &Actor,
    ) -> Result<i64, CaseworkError> {
        let old = self.catalogue.get();
        if old.brand(brand_id).is_none() {
            return Err(CaseworkError::NotFound);
        }
        self.require(actor, Right::Steer, word, (brand_id, id)).await?;
        let mistakes = template.map(|t| self.template_mistakes(brand_id, t)).unwrap_or_default();
        if !mistakes.is_empty() {
            return bad(mistakes);
        }
        let (now, origin) = (self.clock.now(), made_by(actor.person.as_str()));
        let (entry, known) = (self.done(actor, word, (brand_id, id)), old.clone());
        let (of, template) = ((brand_id.to_owned(), id.to_owned()), template.cloned());
        let done = self.db.write_again("keeping a text", move |tx| {
            let (entry, known, origin) = (entry.clone(), known.clone(), origin.clone());
            let ((brand_id, id), template) = (of.clone(), template.clone());
            Box::pin(async move {
                let latest = setting::versions_of(tx, KIND, &id, 1).await?.into_iter().next();
                let before = latest.as_ref().map(Text::of).transpose()?;
                let version = latest.map(|row| row.version);
                if version.is_some() != seen.is_some()
                    || before.as_ref().is_some_and(|b| b.brand_id != brand_id)
                {
                    return Ok(Err(CaseworkError::NotFound));
                }
                if version != seen {
                    let why = "somebody changed this text meanwhile: look at it first";
                    return Ok(Err(CaseworkError::Refused(why.to_owned())));
                }
                let retired = template.is_none();
                let Some(template) = template.or(before.map(|b| b.template)) else {
                    return Ok(Err(CaseworkError::NotFound));
                };
                let body = Text { brand_id, retired, template }.to_stored()?;
                let version = setting::add(tx, (KIND, &id), (&origin, &body), None, now).await?;
                crate::store::audit::append(tx, &entry, now).await?;
                Ok(Ok((version, catalogue::refreshed(tx, &known, now).await?)))
            })
        });
        let (version, new) = done.await??;
        // If a reload was faster, the round that looks for other versions takes it over within seconds.
        self.catalogue.exchange(&old, new);
        Ok(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::brand::Brand;
    use crate::domain::policy::Policy;

    fn watched() -> Watched {
        let id = "brd_x".to_owned();
        Watched { id, brand: Brand::watched("Acme"), laid: 0, policy: (1, Policy::default()) }
    }

    #[test]
    fn an_example_is_filled_and_measured_where_it_may_be_sent() {
        let mut of = watched();
        of.brand.private_link = Some("https://acme.example/c/{code}".to_owned());
        let text = "Hi {name}, {brand} is here: {link} ({code})".to_owned();
        let everywhere = Template { text, ..Template::default() };
        let shown = example(&of, &everywhere);
        assert!(shown.text.starts_with("Hi Sanne, Acme is here: https://acme.example/c/"), "{}", shown.text);
        assert!(!shown.text.contains('{'));
        assert_eq!(shown.lengths.iter().map(|l| l.platform).collect::<Vec<_>>(), PLATFORMS);
        let there = Template { platform: Some("bluesky".to_owned()), text: "a".repeat(301), ..everywhere };
        let shown = example(&of, &there);
        let expected = Length { platform: "bluesky", length: 301, max: 300, fits: false };
        assert_eq!(shown.lengths, [expected]);
    }

    #[test]
    fn texts_of_surveys_are_off_where_nobody_is_asked() {
        let mut of = watched();
        assert!(is_off(&of, TemplateKind::Survey) && !is_off(&of, TemplateKind::Offer));
        of.brand.survey.enabled = true;
        assert!(!is_off(&of, TemplateKind::Survey));
    }
}
