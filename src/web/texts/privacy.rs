//! The words about privacy and about stopping all sending.

super::texts! { PrivacyTexts;
    privacy: "Privacy", "Privacy";
    intro: "What people may ask of us: to see what is kept about them, to have it erased, not to be watched.",
        "Wat mensen van ons mogen vragen: zien wat er van hen bewaard wordt, het laten wissen, niet gevolgd worden.";
    person: "A person", "Een persoon";
    who: "Case (BRAND#NUMBER), handle, mail address or account id", "Zaak (MERK#NUMMER), handle, mailadres of account-id";
    look: "Show what is kept", "Laat zien wat er bewaard wordt";
    export: "Everything as a file", "Alles als bestand";
    erase: "Erase", "Wis";
    erase_hint: "This cannot be undone. Open cases end, words and files go, tickets are asked to let go too. Counts stay, without text.",
        "Dit is niet terug te draaien. Open zaken eindigen, woorden en bestanden verdwijnen, tickets krijgen hetzelfde verzoek. Tellingen blijven, zonder tekst.";
    sure: "Yes, erase this person", "Ja, wis deze persoon";
    stop_watching: "and watch them no more", "en volg ze niet meer";
    object: "Watch no more", "Niet meer volgen";
    accounts: "Accounts", "Accounts";
    cases: "Cases", "Zaken";
    about: "Cases that others wrote about them (what is known of them there goes, who wrote stays)", "Zaken die anderen over hen schreven (wat daarin van hen bekend is verdwijnt, wie schreef blijft)";
    would_go: "What would go", "Wat er zou verdwijnen";
    open_end: "open cases would end", "open zaken zouden eindigen";
    erased: "Erased.", "Gewist.";
    label: "Label by which it is taken back:", "Label om het terug te draaien:";
    objections: "Not watched", "Niet gevolgd";
    filtered: "posts filtered for it so far", "berichten daarom gefilterd tot nu toe";
    take_back: "Watch again", "Weer volgen";
    holds: "Held cases", "Vastgehouden zaken";
    hold: "Hold a case", "Houd een zaak vast";
    hold_hint: "Nothing of a held case is erased or let go. The hold ends by itself.",
        "Van een vastgehouden zaak wordt niets gewist. Het vasthouden eindigt vanzelf.";
    ground: "Ground", "Grond";
    days: "For how many days", "Hoeveel dagen";
    release: "End the hold", "Beëindig het vasthouden";
    until: "until", "tot";
    retention: "Retention", "Bewaartermijnen";
    retention_hint: "Once a day the words of ended cases are let go when their time is over. The settings say how long.",
        "Eén keer per dag verdwijnen de woorden van afgelopen zaken waarvan de termijn voorbij is. De instellingen zeggen hoe lang.";
    erasures: "Erasures", "Wissingen";
    files_owed: "Still to be taken out of the files of the database, within the hour; tables since", "Nog uit de bestanden van de database te halen, binnen het uur; tabellen sinds";
    remains: "What remains in tickets", "Wat in tickets achterblijft";
    remains_hint: "Words of people who were erased that still stand in tickets of the front office, until they are gone there.",
        "Woorden van gewiste mensen die nog in tickets van de frontoffice staan, tot ze daar weg zijn.";
    remains_going: "being taken away", "wordt weggehaald";
    remains_by_hand: "to be taken away there by hand", "daar met de hand weg te halen";
    ticket_waits_for_us: "waits for us", "wacht op ons";
    ticket_status_refused: "This ticket did not take the status that we gave it", "Dit ticket nam de status die wij gaven niet over";
    ticket_note_refused: "This ticket did not take a note of ours", "Dit ticket nam een notitie van ons niet aan";
    ticket_own_words: "in the system's own words", "in de woorden van het systeem";
    ticket_followed: "closed for good; what happens is told to the ticket that follows it", "voorgoed gesloten; wat er gebeurt hoort het ticket dat erop volgt";
    ticket_going: "Notes of which withdrawn words are being taken away", "Notities waaruit ingetrokken woorden worden weggehaald";
    ticket_remains: "Notes on this ticket that hold withdrawn words, to be taken away there by hand",
        "Notities op dit ticket met ingetrokken woorden, daar met de hand weg te halen";
    ticket_gone_there: "They are gone there", "Ze zijn daar weg";
    event_ticket_waits: "waits for us", "wacht op ons";
    event_ticket_status: "gave the ticket its status", "gaf het ticket zijn status";
    event_ticket_status_refused: "the ticket did not take its status", "het ticket nam zijn status niet over";
    event_ticket_note_refused: "the ticket did not take a note", "het ticket nam een notitie niet aan";
    event_ticket_withdrawn: "took withdrawn words away from the ticket", "haalde ingetrokken woorden weg van het ticket";
    event_ticket_remains: "withdrawn words remain on the ticket", "ingetrokken woorden blijven op het ticket staan";
    event_ticket_words_gone: "says: withdrawn words are gone from the ticket", "zegt: ingetrokken woorden zijn weg van het ticket";
    none: "There are none.", "Er zijn er geen.";
    restored: "This database came from a backup: what waited to be sent is held until somebody has looked at it.",
        "Deze database komt uit een reservekopie: wat nog verstuurd moest worden wacht tot iemand ernaar gekeken heeft.";
    reason: "Why", "Waarom";
    kill_second: "Sending stops within a second; what has already left cannot be called back.",
        "Verzenden stopt binnen een seconde; wat al weg is komt niet terug.";
    piece_posts: "posts", "berichten";
    piece_answers: "answers of ours", "antwoorden van ons";
    piece_texts: "texts", "teksten";
    piece_files: "files", "bestanden";
    piece_raw: "raw deliveries", "ruwe leveringen";
    piece_drafts: "drafts", "concepten";
    piece_waiting: "waiting to be sent", "wacht op verzending";
    piece_cards: "cards in the chat", "kaarten in de chat";
    piece_tickets: "tickets that are asked", "tickets die het verzoek krijgen";
    piece_findings: "findings to be looked at by hand", "bevindingen om met de hand na te kijken";
    event_erased: "erased", "gewist";
    event_hold: "held", "vastgehouden";
    event_hold_ended: "no longer held", "niet meer vastgehouden";
}
