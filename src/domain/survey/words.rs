//! The questions in ten languages, and which of them is sent: the customer's language goes before all else.

use crate::domain::template::{Template, TemplateKind, Wanted, choose as closest};

/// The ready-made first question.
pub const SURVEYS: [(&str, &str); 10] = [
    (
        "en",
        "Hi {name}, we hope we could help. How likely are you to recommend {brand}, from 1 (not at all) to 10 (surely)? Just reply to this message; no answer is fine too.",
    ),
    (
        "nl",
        "Hoi {name}, hopelijk ben je goed geholpen. Hoe waarschijnlijk is het dat je {brand} aanbeveelt, van 1 (zeker niet) tot 10 (zeker wel)? Antwoord gewoon op dit bericht; geen antwoord is ook goed.",
    ),
    (
        "fr",
        "Bonjour {name}, nous espérons avoir pu vous aider. Recommanderiez-vous {brand}, de 1 (pas du tout) à 10 (certainement) ? Répondez simplement à ce message ; ne pas répondre convient aussi.",
    ),
    (
        "de",
        "Hallo {name}, hoffentlich konnten wir dir helfen. Wie wahrscheinlich ist es, dass du {brand} weiterempfiehlst, von 1 (gar nicht) bis 10 (sicher)? Antworte einfach auf diese Nachricht; keine Antwort ist auch in Ordnung.",
    ),
    (
        "it",
        "Ciao {name}, speriamo di esserti stati d'aiuto. Quanto è probabile che consigli {brand}, da 1 (per niente) a 10 (sicuramente)? Rispondi a questo messaggio; va bene anche non rispondere.",
    ),
    (
        "es",
        "Hola {name}, esperamos haberte ayudado. ¿Qué probabilidad hay de que recomiendes {brand}, de 1 (ninguna) a 10 (seguro)? Responde a este mensaje; no responder también está bien.",
    ),
    (
        "pt",
        "Olá {name}, esperamos ter ajudado. Qual a probabilidade de recomendar {brand}, de 1 (nenhuma) a 10 (certamente)? Responda a esta mensagem; não responder também está bem.",
    ),
    (
        "no",
        "Hei {name}, vi håper at vi kunne hjelpe. Hvor sannsynlig er det at du anbefaler {brand}, fra 1 (slett ikke) til 10 (helt sikkert)? Bare svar på denne meldingen; det går også fint å la være.",
    ),
    (
        "ru",
        "Здравствуйте, {name}! Надеемся, мы смогли помочь. Насколько вероятно, что вы порекомендуете {brand}, от 1 (точно нет) до 10 (точно да)? Просто ответьте на это сообщение; можно и не отвечать.",
    ),
    (
        "ja",
        "{name} 様、お役に立てましたでしょうか。{brand} を人に勧める可能性を 1（まったくない）から 10（必ず勧める）でお聞かせください。このメッセージへの返信で結構です。ご返信は任意です。",
    ),
];

/// The ready-made open question, once a score came.
pub const OPENS: [(&str, &str); 10] = [
    (
        "en",
        "Thank you, {name}! One last question: what could we have done better, or what went well? Just reply to this message; no answer is fine too.",
    ),
    (
        "nl",
        "Dank je wel, {name}! Nog één vraag: wat hadden we beter kunnen doen, of wat ging juist goed? Antwoord gewoon op dit bericht; geen antwoord is ook goed.",
    ),
    (
        "fr",
        "Merci {name} ! Une dernière question : qu'aurions-nous pu mieux faire, ou qu'est-ce qui vous a plu ? Répondez simplement à ce message ; ne pas répondre convient aussi.",
    ),
    (
        "de",
        "Danke, {name}! Noch eine Frage: Was hätten wir besser machen können, oder was war gut? Antworte einfach auf diese Nachricht; keine Antwort ist auch in Ordnung.",
    ),
    (
        "it",
        "Grazie, {name}! Un'ultima domanda: cosa avremmo potuto fare meglio, o cosa è andato bene? Rispondi a questo messaggio; va bene anche non rispondere.",
    ),
    (
        "es",
        "¡Gracias, {name}! Una última pregunta: ¿qué podríamos haber hecho mejor, o qué fue bien? Responde a este mensaje; no responder también está bien.",
    ),
    (
        "pt",
        "Obrigado, {name}! Uma última pergunta: o que poderíamos ter feito melhor, ou o que correu bem? Responda a esta mensagem; não responder também está bem.",
    ),
    (
        "no",
        "Takk, {name}! Ett siste spørsmål: Hva kunne vi ha gjort bedre, eller hva gikk bra? Bare svar på denne meldingen; det går også fint å la være.",
    ),
    (
        "ru",
        "Спасибо, {name}! И последний вопрос: что мы могли сделать лучше или что получилось хорошо? Просто ответьте на это сообщение; можно и не отвечать.",
    ),
    (
        "ja",
        "{name} 様、ありがとうございます。最後に一つだけ、改善できる点や良かった点があればお聞かせください。このメッセージへの返信で結構です。ご返信は任意です。",
    ),
];

/// The question in a language: the brand's own in it, else the ready-made in it, else what the brand says to
/// everybody; nothing for whom there are no words that they read.
pub fn choose<'a>(own: &'a [Template], wanted: &Wanted<'_>) -> Option<&'a str> {
    let ready = if wanted.kind == TemplateKind::SurveyOpen { &OPENS } else { &SURVEYS };
    let tag = wanted.language.split(['-', '_']).next().unwrap_or_default();
    let speaks = |t: &&Template| {
        t.language
            .as_deref()
            .is_some_and(|l| l.split(['-', '_']).next().is_some_and(|l| l.eq_ignore_ascii_case(tag)))
    };
    let has_own = own.iter().filter(|t| t.kind == wanted.kind).any(|t| speaks(&t));
    let made = ready.iter().find(|(l, _)| *l == tag).map(|(_, text)| *text).filter(|_| !has_own);
    made.or_else(|| closest(own, wanted))
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
        let open = |language| Wanted { kind: TemplateKind::SurveyOpen, ..wanted(language) };
        assert!(choose(&all, &open("nl")).unwrap().starts_with("Dank"), "each question has its own words");
        assert_eq!(choose(&all, &open("unknown")), None);
        for (tag, text) in OPENS {
            assert_eq!(own(Some(tag), text).mistake(), None, "{tag}");
            assert!(SURVEYS.iter().any(|(t, _)| *t == tag) && text.chars().count() <= 300, "{tag}");
            assert!(!text.chars().any(|c| c.is_ascii_digit()), "{tag}: the score is asked before");
        }
        for (tag, text) in SURVEYS {
            assert_eq!(own(Some(tag), text).mistake(), None, "{tag}");
            assert!(Language::from_code(tag).is_some() && text.chars().count() <= 300, "{tag}");
            assert!(text.contains("{brand}") && text.contains('1') && text.contains("10"), "{tag}");
        }
    }
}
