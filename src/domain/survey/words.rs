//! The question in ten languages, and which of them is sent: the customer's language goes before all else.

use crate::domain::template::{Template, TemplateKind, Wanted, choose as closest};

/// The ready-made question.
pub const SURVEYS: [(&str, &str); 10] = [
    (
        "en",
        "Hi {name}, we hope we could help. How likely are you to recommend {brand}, from 1 (not at all) to 10 (surely)? And what could we have done better? Just reply to this message; no answer is fine too.",
    ),
    (
        "nl",
        "Hoi {name}, hopelijk ben je goed geholpen. Hoe waarschijnlijk is het dat je {brand} aanbeveelt, van 1 (zeker niet) tot 10 (zeker wel)? En wat hadden we beter kunnen doen? Antwoord gewoon op dit bericht; geen antwoord is ook goed.",
    ),
    (
        "fr",
        "Bonjour {name}, nous espérons avoir pu vous aider. Recommanderiez-vous {brand}, de 1 (pas du tout) à 10 (certainement) ? Et qu'aurions-nous pu mieux faire ? Répondez simplement à ce message ; ne pas répondre convient aussi.",
    ),
    (
        "de",
        "Hallo {name}, hoffentlich konnten wir dir helfen. Wie wahrscheinlich ist es, dass du {brand} weiterempfiehlst, von 1 (gar nicht) bis 10 (sicher)? Und was hätten wir besser machen können? Antworte einfach auf diese Nachricht; keine Antwort ist auch in Ordnung.",
    ),
    (
        "it",
        "Ciao {name}, speriamo di esserti stati d'aiuto. Quanto è probabile che consigli {brand}, da 1 (per niente) a 10 (sicuramente)? E cosa avremmo potuto fare meglio? Rispondi a questo messaggio; va bene anche non rispondere.",
    ),
    (
        "es",
        "Hola {name}, esperamos haberte ayudado. ¿Qué probabilidad hay de que recomiendes {brand}, de 1 (ninguna) a 10 (seguro)? ¿Y qué podríamos haber hecho mejor? Responde a este mensaje; no responder también está bien.",
    ),
    (
        "pt",
        "Olá {name}, esperamos ter ajudado. Qual a probabilidade de recomendar {brand}, de 1 (nenhuma) a 10 (certamente)? E o que poderíamos ter feito melhor? Responda a esta mensagem; não responder também está bem.",
    ),
    (
        "no",
        "Hei {name}, vi håper at vi kunne hjelpe. Hvor sannsynlig er det at du anbefaler {brand}, fra 1 (slett ikke) til 10 (helt sikkert)? Og hva kunne vi ha gjort bedre? Bare svar på denne meldingen; det går også fint å la være.",
    ),
    (
        "ru",
        "Здравствуйте, {name}! Надеемся, мы смогли помочь. Насколько вероятно, что вы порекомендуете {brand}, от 1 (точно нет) до 10 (точно да)? И что мы могли сделать лучше? Просто ответьте на это сообщение; можно и не отвечать.",
    ),
    (
        "ja",
        "{name} 様、お役に立てましたでしょうか。{brand} を人に勧める可能性を 1（まったくない）から 10（必ず勧める）でお聞かせください。また、改善できる点があればお書きください。このメッセージへの返信で結構です。ご返信は任意です。",
    ),
];

/// The question in a language: the brand's own in it, else the ready-made in it, else what the brand says to
/// everybody; nothing for whom there are no words that they read.
pub fn choose<'a>(own: &'a [Template], wanted: &Wanted<'_>) -> Option<&'a str> {
    let wanted = Wanted { kind: TemplateKind::Survey, ..*wanted };
    let tag = wanted.language.split(['-', '_']).next().unwrap_or_default();
    let speaks = |t: &&Template| {
        t.language
            .as_deref()
            .is_some_and(|l| l.split(['-', '_']).next().is_some_and(|l| l.eq_ignore_ascii_case(tag)))
    };
    let has_own = own.iter().filter(|t| t.kind == TemplateKind::Survey).any(|t| speaks(&t));
    let made = SURVEYS.iter().find(|(l, _)| *l == tag).map(|(_, text)| *text).filter(|_| !has_own);
    made.or_else(|| closest(own, &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judgement::Level;
    use crate::domain::language::Language;

    fn own(language: Option<&str>, text: &str) -> Template {
        Template {
            kind: TemplateKind::Survey,
            language: language.map(ToOwned::to_owned),
            text: text.to_owned(),
            ..Template::default()
        }
    }

    #[test]
    fn the_customers_language_goes_before_all_else() {
        let wanted = |language| Wanted {
            kind: TemplateKind::Survey,
            language,
            level: Level::P4,
            platform: "mastodon",
        };
        let all = [own(None, "any"), own(Some("nl"), "eigen")];
        assert_eq!(choose(&all, &wanted("nl")), Some("eigen"));
        assert!(choose(&all, &wanted("ja")).unwrap().contains("10"));
        assert_eq!(choose(&all, &wanted("unknown")), Some("any"));
        assert_eq!(choose(&[], &wanted("unknown")), None);
        for (tag, text) in SURVEYS {
            assert_eq!(own(Some(tag), text).mistake(), None, "{tag}");
            assert!(Language::from_code(tag).is_some() && text.chars().count() <= 300, "{tag}");
            assert!(text.contains("{brand}") && text.contains('1') && text.contains("10"), "{tag}");
        }
    }
}
