//! The words about the inbox as a place to work in: filters, acts on many, colleagues at the same case.

super::texts! { WorkingTexts;
    lane_languages: "My languages", "Mijn talen";
    lane_private: "Private", "Privé";
    lane_unknown: "Sent or not?", "Verstuurd of niet?";
    lane_compliments: "Compliments", "Complimenten";
    search: "Search", "Zoeken";
    search_hint: "All words that the messages hold. While you type, rows of this page are hidden; Enter searches all cases of this list.",
        "Alle woorden die in de berichten staan. Terwijl je typt verdwijnen rijen van deze pagina; Enter zoekt in alle zaken van deze stapel.";
    filters: "Filters", "Filters";
    filters_hint: "The address of this page holds them: send it to a colleague, or keep it.",
        "Ze staan in het adres van deze pagina: stuur het een collega, of bewaar het.";
    filters_show: "Show", "Tonen";
    filters_clear: "Clear all", "Alles wissen";
    filter_any: "any", "alle";
    filter_remove: "take away", "weghalen";
    key_text: "Words", "Woorden";
    key_brand: "Brand", "Merk";
    key_channel: "Channel", "Kanaal";
    key_language: "Language", "Taal";
    key_level: "Level", "Niveau";
    key_intent: "Intent", "Bedoeling";
    key_sector: "Sector", "Sector";
    key_state: "State", "Staat";
    key_owner: "Owner", "Bij wie";
    key_label: "Label", "Label";
    key_incident: "Incident", "Incident";
    owner_me: "me", "mij";
    owner_nobody: "nobody", "niemand";
    saved: "Saved filters", "Bewaarde filters";
    save_as: "Save this filter as", "Bewaar dit filter als";
    save: "Save", "Bewaren";
    saved_remove: "Remove", "Verwijderen";
    ended_shown: "Ended cases, latest first", "Afgeronde zaken, laatste eerst";
    looked_through: "Looked at the first 10,000 of each brand.", "De eerste 10.000 van elk merk bekeken.";
    look_further: "Look further", "Verder kijken";
    many: "Act on many…", "Velen tegelijk…";
    many_pick: "Choose", "Kies";
    many_title: "Act on many", "Velen tegelijk";
    many_hint: "Look at each. P1 and P2 are never ticked by themselves. You can undo it for ten minutes.",
        "Bekijk ze stuk voor stuk. P1 en P2 worden nooit vanzelf aangevinkt. Je kunt het tien minuten lang terugdraaien.";
    many_none: "There is nothing to choose from.", "Er valt niets te kiezen.";
    many_most: "Only the first hundred are shown; do the rest after these.",
        "Alleen de eerste honderd staan hier; doe de rest daarna.";
    many_what: "What to do", "Wat te doen";
    many_go: "Do it with those ticked", "Doe het met de aangevinkte";
    many_reason: "Why or how (for dismissing and labels needed)", "Waarom of hoe (voor afwijzen en labels nodig)";
    many_colleague: "Colleague (to hand to)", "Collega (om aan te geven)";
    many_label: "Label (to put on)", "Label (om op te plakken)";
    many_done: "done with", "gedaan met";
    many_undone: "undone with", "teruggedraaid met";
    many_cases: "cases", "zaken";
    many_refused: "Not done", "Niet gedaan";
    many_undo: "Undo it", "Terugdraaien";
    many_undo_until: "Can be undone until", "Terug te draaien tot";
    many_undo_over: "It can no longer be undone.", "Het is niet meer terug te draaien.";
    many_undone_one: "undone", "teruggedraaid";
    batch_claim: "Claim", "Oppakken";
    batch_assign: "Hand to a colleague", "Aan een collega geven";
    batch_resolve: "Resolve", "Oplossen";
    batch_dismiss: "Dismiss", "Afwijzen";
    batch_label: "Label their authors", "Label op de schrijvers";
    unticked_urgent: "urgent: look at it", "dringend: kijk ernaar";
    unticked_claimed: "a colleague has it", "een collega heeft het";
    unticked_private: "needs a private channel", "heeft een privékanaal nodig";
    unticked_protocol: "a protocol is open", "er loopt een protocol";
    here_looks: "also looks at this", "kijkt hier ook naar";
    here_types: "is typing", "is aan het typen";
    named_in: "You are named in a note", "Je wordt genoemd in een notitie";
    named_by: "by", "door";
    note_names: "@login tells a colleague.", "@inlognaam waarschuwt een collega.";
    key_b: "act on the chosen", "doe iets met de gekozen";
    key_v: "choose this row", "kies deze rij";
    key_f: "filters", "filters";
    key_t: "answer library", "antwoordenbibliotheek";
    key_i: "to the inbox", "naar het postvak";
}
