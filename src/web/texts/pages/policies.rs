//! The words about policies.

use super::super::texts;

texts! { PolicyTexts;
    policies: "Policies", "Beloftes van het beleid";
    hint: "What is promised to whom, in which hours. A new version touches only what begins after it counts; what runs keeps the version under which it began.",
        "Wat wie beloofd is, en in welke uren. Een nieuwe versie raakt alleen wat begint nadat zij telt; wat loopt, houdt de versie waaronder het begon.";
    of_brands: "Promised by", "Beloofd door";
    in_words: "In words", "In woorden";
    published: "As published", "Zoals gepubliceerd";
    calendar: "Calendar", "Kalender";
    targets: "Targets, in minutes", "Termijnen, in minuten";
    channel: "Channel", "Kanaal";
    any: "any", "alle";
    seen: "Began", "Begonnen";
    public: "in public", "in het openbaar";
    private: "in private", "besloten";
    first_response: "first answer", "eerste antwoord";
    next_response: "next answer", "volgend antwoord";
    first_resolution: "first solved", "eerste oplossing";
    total_resolution: "solved for good", "definitief opgelost";
    scope: "What it covers", "Wat eronder valt";
    warns: "Warns at", "Waarschuwt bij";
    versions: "Versions", "Versies";
    version: "Version", "Versie";
    counts_from: "Counts from", "Telt vanaf";
    made_by: "Made by", "Gemaakt door";
    by_settings: "the settings", "de instellingen";
    by_holidays: "holidays fetched anew", "feestdagen opnieuw opgehaald";
    made_at: "Made", "Gemaakt";
    stands: "counts now", "telt nu";
    waits: "waits", "wacht";
    over: "overtaken", "ingehaald";
    explain: "When must it be answered?", "Wanneer moet het beantwoord zijn?";
    posted: "Posted at", "Geplaatst op";
    clock: "Clock", "Klok";
    covered: "Covered", "Valt eronder";
    not_covered: "Not covered", "Valt er niet onder";
    due: "Due", "Uiterlijk";
    warned: "Warned", "Gewaarschuwd";
    counted: "Hours that count", "Uren die tellen";
    ask: "Explain", "Leg uit";
    bad_time: "The time cannot be read; wanted is one such as 2026-11-24T09:30.", "De tijd is niet te lezen; bedoeld is er een als 2026-11-24T09:30.";
    edit: "Write a new version", "Nieuwe versie schrijven";
    edit_hint: "As in a file of settings: one part for the policy, and one for each calendar that it names. First it is tried on the waits of four weeks; then you take it.",
        "Zoals in een instellingenbestand: één deel voor het beleid, en één voor elke kalender die erin staat. Eerst wordt het op de wachttijden van vier weken geprobeerd; daarna neem je het over.";
    text: "The policy", "Het beleid";
    from: "From when it counts; empty is now", "Vanaf wanneer het telt; leeg is nu";
    try_it: "Try it", "Probeer het";
    take_it: "Take this version", "Neem deze versie";
    mistakes: "It cannot be taken:", "Het kan zo niet:";
    tried: "What it would have done to four weeks", "Wat het met vier weken had gedaan";
    was: "was", "was";
    would_be: "would be", "zou zijn";
    kept: "kept", "gehaald";
    broken: "broken", "gebroken";
    neither: "neither", "geen van beide";
    not_promised: "not promised", "niet beloofd";
    all_waits: "all waits", "alle wachttijden";
    owed_person: "late, somebody had the case", "te laat, iemand had de zaak";
    owed_duty: "late, nobody had it, somebody was on duty", "te laat, niemand had hem, er was dienst";
    owed_nobody: "late, nobody had it, nobody was on duty", "te laat, niemand had hem, er was geen dienst";
    owed_team: "late, nobody had it", "te laat, niemand had hem";
    otherwise: "waits would have gone otherwise", "wachttijden waren anders gegaan";
    taken: "The version is taken.", "De versie is overgenomen.";
    not_all: "This policy is promised by a brand that you do not see; somebody who sees all of them changes it.",
        "Dit beleid wordt ook beloofd door een merk dat je niet ziet; iemand die ze allemaal ziet, wijzigt het.";
    taken_meanwhile: "Somebody took another version since this page was opened: open it anew and write yours on top of that.",
        "Iemand heeft een andere versie overgenomen sinds deze pagina openging: open haar opnieuw en schrijf de jouwe daarop voort.";
    changed_text: "The text changed since it was tried: try it once more.", "De tekst is veranderd sinds het proberen: probeer het nog eens.";
}
