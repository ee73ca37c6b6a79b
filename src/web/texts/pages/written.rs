//! The words about texts of brands: those of the settings and those that leads write.

use super::super::texts;

texts! { TemplateTexts;
    templates: "Templates", "Sjablonen";
    hint: "Texts that are sent or advised with one press. Those of the settings are changed there; leads write others here. Of two that are for the same, the first counts; those written here stand first.",
        "Teksten die met één druk worden verstuurd of aangeraden. Die van de instellingen worden daar gewijzigd; leads schrijven hier andere. Van twee die voor hetzelfde zijn telt de eerste; wat hier geschreven is, staat voorop.";
    kind: "What it is for", "Waarvoor";
    platform: "Platform", "Platform";
    everywhere: "everywhere", "overal";
    every_language: "every language without one of its own", "elke taal zonder eigen tekst";
    every_level: "every level", "elk niveau";
    text: "The words", "De woorden";
    words_hint: "Variables stand in braces: {name} (who wrote) and {brand}; in offers and reminders {code} and {link} too; there and in holding words {wait}, how long an answer takes, and {customer}, whose matter it is, for who has the case. An offer needs {link}.",
        "Variabelen staan tussen accolades: {name} (wie schreef) en {brand}; in aanbiedingen en herinneringen ook {code} en {link}; daar en in wachtteksten {wait}, hoe lang een antwoord duurt, en {customer}, om wie het gaat, voor wie de zaak heeft. Een aanbieding moet {link} hebben.";
    language_hint: "A language tag such as nl or pt-BR; left empty, for every language that has none of its own.",
        "Een taalcode zoals nl of pt-BR; leeg gelaten voor elke taal die er zelf geen heeft.";
    none: "No text fits.", "Geen tekst past.";
    add: "Write a text", "Tekst schrijven";
    change: "Change", "Wijzigen";
    change_title: "Change a text", "Tekst wijzigen";
    retire: "Retire", "Buiten gebruik stellen";
    retired: "retired", "buiten gebruik";
    settings: "settings", "instellingen";
    console: "written here", "hier geschreven";
    place: "Place in the settings", "Plaats in de instellingen";
    version: "Version", "Versie";
    by: "by", "door";
    preview: "With an example filled in", "Met een voorbeeld ingevuld";
    length: "Length", "Lengte";
    too_long: "too long", "te lang";
    used_by: "Used by", "Gebruikt door";
    shadowed: "Nothing chooses it: one for the same stands before it.", "Niets kiest deze: er staat er een voor hetzelfde voor.";
    off: "Nothing chooses it: surveys are off for this brand.", "Niets kiest deze: enquêtes staan uit voor dit merk.";
    mistakes: "This is refused, as it would be in the settings:", "Dit wordt geweigerd, zoals het dat in de instellingen zou worden:";
    look: "Look at it first", "Eerst bekijken";
    kept: "The text counts now, on every replica within seconds.", "De tekst telt nu, op elke replica binnen enkele seconden.";
    gone: "The text is retired; nothing chooses it any more.", "De tekst is buiten gebruik; niets kiest deze nog.";
    again: "A retired text that is kept again counts again.", "Een tekst buiten gebruik die opnieuw wordt bewaard, telt weer.";
    textkind_offer: "offer of a private channel", "aanbod van een privékanaal";
    textkind_reminder: "reminder of the offer", "herinnering aan het aanbod";
    textkind_holding: "holding words", "woorden om te wachten";
    textkind_survey: "survey: the score", "enquête: het cijfer";
    textkind_survey_open: "survey: the open question", "enquête: de open vraag";
    textkind_self_harm: "protocol: self-harm", "protocol: zelfbeschadiging";
    textkind_threat: "protocol: threat", "protocol: bedreiging";
    textkind_legal: "protocol: law", "protocol: recht";
    textkind_press: "protocol: press", "protocol: pers";
    textkind_troll: "protocol: provocation", "protocol: provocatie";
    textuse_offer: "the box for a private channel on the case page, the bot and the API", "het vak voor een privékanaal op de casepagina, de bot en de API";
    textuse_reminder: "the one reminder, sent by itself before an offer lapses", "de ene herinnering, die vanzelf gaat voordat een aanbod vervalt";
    textuse_holding: "who sends words while nobody reads the customer's language", "wie iets stuurt terwijl niemand de taal van de klant leest";
    textuse_survey: "the question after a case has ended", "de vraag nadat een case is afgelopen";
    textuse_survey_open: "the question after a score", "de vraag na een cijfer";
    textuse_self_harm: "the advice in that protocol", "het advies in dat protocol";
    textuse_threat: "the advice in that protocol", "het advies in dat protocol";
    textuse_legal: "the advice in that protocol", "het advies in dat protocol";
    textuse_press: "the advice in that protocol", "het advies in dat protocol";
    textuse_troll: "the advice in that protocol", "het advies in dat protocol";
}
