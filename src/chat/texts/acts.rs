//! The words of what people do in the chat: presses, answers, approvals, private channels, calls.

super::texts! {
    not_allowed: "You are not allowed to do this.", "Je mag dit niet doen.";
    unknown_button: "This button is no longer known. Open the case.", "Deze knop is niet meer bekend. Open de zaak.";
    did_already: "You did this already.", "Dat heb je al gedaan.";
    begun_before(n): "#{n}: this was begun and cut off. Look at the case whether it stands there; if not, ask again.",
        "#{n}: hieraan is begonnen en het werd afgebroken. Kijk in de zaak of het er staat; vraag het anders opnieuw.";
    why_question: "Why?", "Waarom?";
    how_long: "For how long?", "Hoe lang?";
    is_yours(n): "#{n} is yours.", "#{n} is van jou.";
    is_back(n): "#{n} is given back.", "#{n} is teruggegeven.";
    is_away(n, at): "#{n} is snoozed until {at}; its clocks run on.", "#{n} is weggelegd tot {at}; de klokken lopen door.";
    is_dismissed(n): "#{n} is dismissed.", "#{n} is afgewezen.";
    stale(what): "Changed meanwhile: {what}.", "Intussen veranderd: {what}.";
    stale_claimed(what, name): "Changed meanwhile: {what}. Claimed by {name}.",
        "Intussen veranderd: {what}. Opgepakt door {name}.";
    not_possible(why): "Not possible: {why}.", "Niet mogelijk: {why}.";
    noted_stands: "Noted: it stands there.", "Genoteerd: het staat er.";
    goes_again: "It is sent again.", "Het wordt opnieuw verstuurd.";
    stays_as_is: "It is left as it is.", "Het blijft zoals het is.";
    settled_so(how): "Settled meanwhile: {how}.", "Intussen afgehandeld: {how}.";
    tried_again: "It was tried again meanwhile; look at the card anew.",
        "Het is intussen opnieuw geprobeerd; kijk opnieuw naar de kaart.";

    change_claim: "claimed", "opgepakt";
    change_assign: "handed to a colleague", "aan een collega gegeven";
    change_release: "given back", "teruggegeven";
    change_queued: "an answer is on its way", "er is een antwoord onderweg";
    change_undone: "an answer was called back", "een antwoord is teruggehaald";
    change_answered: "answered", "beantwoord";
    change_message: "the customer wrote again", "de klant schreef opnieuw";
    change_resolved: "resolved", "opgelost";
    change_dismissed: "dismissed", "afgewezen";
    change_closed: "closed", "gesloten";
    change_reopened: "reopened", "heropend";
    change_snoozed: "snoozed", "weggelegd";
    change_note: "a note was written", "er is een notitie geschreven";
    change_moderated: "moderated", "gemodereerd";
    change_removed: "the customer removed a post", "de klant verwijderde een bericht";
    change_settled: "an unknown answer was settled", "een onbekend antwoord is afgehandeld";
    change_edited: "the customer edited the post", "de klant bewerkte het bericht";
    change_asked: "an answer waits for a colleague", "een antwoord wacht op een collega";
    change_passed: "an answer was approved", "een antwoord is goedgekeurd";
    change_sent_back: "an answer was sent back", "een antwoord is teruggestuurd";
    change_private: "the private channel moved on", "het privékanaal ging verder";
    change_promised: "something was promised", "er is iets beloofd";
    change_protocol_begun: "a protocol was begun", "er is een protocol begonnen";
    change_protocol_declined: "a protocol was declined", "een protocol was niet nodig";
    change_protocol_taken: "a protocol was taken", "een protocol is opgepakt";
    change_protocol_step: "a step of a protocol was done", "een stap van een protocol is gezet";
    change_protocol_over: "a protocol was ended", "een protocol is beëindigd";
    change_labels: "the author's labels changed", "de labels van de schrijver zijn veranderd";
    change_moderation_asked: "a measure waits for a second person", "een maatregel wacht op een tweede persoon";
    change_other: "worked on", "bewerkt";
    changed_meanwhile(what): "changed meanwhile: {what}", "intussen veranderd: {what}";

    must_not_hold(kinds): "a public answer must not hold personal data ({kinds})",
        "een openbaar antwoord mag geen persoonsgegevens bevatten ({kinds})";
    contradicts: "it contradicts a promise that stands; open the case to say which holds",
        "het spreekt een lopende belofte tegen; open de zaak en zeg welke geldt";
    answered_already: "an answer to this message stands already or is on its way",
        "er staat al een antwoord op dit bericht, of het is onderweg";
    author_removed: "its author has removed the post", "de schrijver heeft het bericht verwijderd";
    no_account(brand, platform):
        "no account of {brand} can answer on {platform}; connect one in the settings, or answer there",
        "geen account van {brand} kan op {platform} antwoorden; koppel er een in de instellingen, of antwoord daar";
    no_reason_word: "the rules do not allow it; the page of the case says why",
        "de regels laten het niet toe; op de pagina van de zaak staat waarom";

    chat_is_off: "Answering from the chat is off. Open the case to answer.",
        "Antwoorden vanuit de chat staat uit. Open de zaak om te antwoorden.";
    which_case: "This message lists several cases. Begin with the number of one, as in: #12 Hello …",
        "Dit bericht noemt meer zaken. Begin met het nummer van één, zoals: #12 Hallo …";
    not_sent(n, why): "#{n}: not sent: {why}.", "#{n}: niet verstuurd: {why}.";
    answer_to(n, brand): "Answer to #{n} · {brand}", "Antwoord op #{n} · {brand}";
    as_account(account, visibility, length, max): "as {account} · {visibility} · {length} of {max} characters",
        "als {account} · {visibility} · {length} van {max} tekens";
    in_parts(n): "Too long for one post: it goes in {n} parts, each below the one before it.",
        "Te lang voor één bericht: het gaat in {n} delen, elk onder het vorige.";
    goes_along(all): "Goes along: {all}", "Gaat mee: {all}";
    file_undescribed: "A picture has no description. Say on the page of the case what it shows.",
        "Een foto heeft geen beschrijving. Zeg op de pagina van de zaak wat erop staat.";
    file_waits(n): "#{n}: the file stands in your draft. Reply to the card with the words, and it goes along.",
        "#{n}: het bestand staat in je concept. Antwoord op de kaart met de tekst, dan gaat het mee.";
    no_such_file: "only pictures and PDF can go along with an answer",
        "met een antwoord kunnen alleen foto's en PDF mee";
    file_too_large(max): "the file is too large; at most {max} are taken", "het bestand is te groot; hoogstens {max} mag";
    file_not_had: "the file could not be fetched; reply with it again",
        "het bestand kon niet worden opgehaald; antwoord er opnieuw mee";
    promise_by(act, at): "{act} by {at}", "{act}, uiterlijk {at}";
    it_promises_all(all): "It promises: {all}. Is that meant?", "Het belooft: {all}. Klopt dat?";
    protocol_begun(n): "#{n}: the protocol runs.", "#{n}: het protocol loopt.";
    protocol_is_yours(n): "#{n}: you have it.", "#{n}: jij hebt het.";
    protocol_not_needed(n): "#{n}: not needed, noted.", "#{n}: niet nodig, genoteerd.";
    cancelled_by(n, name): "#{n}: not sent, cancelled by {name}.", "#{n}: niet verstuurd, geannuleerd door {name}.";
    nothing_sent: "Not sent.", "Niet verstuurd.";
    only_writer: "Only who wrote it can send it. Reply to the card yourself.",
        "Alleen wie het schreef, kan het versturen. Antwoord zelf op de kaart.";
    on_its_way(n, name, account): "#{n}: the answer by {name} is on its way as {account}.",
        "#{n}: het antwoord van {name} is onderweg als {account}.";
    too_old_line(n): "#{n}: not sent, this is too old. Reply again.",
        "#{n}: niet verstuurd, dit is te oud. Antwoord opnieuw.";
    too_old: "This is too old. Reply to the card again.", "Dit is te oud. Antwoord opnieuw op de kaart.";
    is_on_its_way(n): "The answer to #{n} is on its way.", "Het antwoord op #{n} is onderweg.";
    reply_again(n, why): "#{n}: not sent: {why}. Reply again.", "#{n}: niet verstuurd: {why}. Antwoord opnieuw.";
    not_sent_plain(why): "Not sent: {why}.", "Niet verstuurd: {why}.";
    waits_for_colleague(n): "The answer to #{n} waits for a colleague.", "Het antwoord op #{n} wacht op een collega.";
    by_waits(n, name): "#{n}: the answer by {name} waits for a colleague.",
        "#{n}: het antwoord van {name} wacht op een collega.";

    approval_head(n, brand): "Answer to #{n} · {brand} waits for a colleague",
        "Antwoord op #{n} · {brand} wacht op een collega";
    approval_by(name, kinds): "by {name} · {kinds}", "door {name} · {kinds}";
    approval_why(reason): "because: {reason}", "reden: {reason}";
    approval_files(all): "goes along: {all}; to be seen on the page of the case",
        "gaat mee: {all}; te zien op de pagina van de zaak";
    approval_sent(name): "approved by {name}; it is on its way", "goedgekeurd door {name}; het is onderweg";
    approval_back(name): "sent back by {name}", "teruggestuurd door {name}";
    approval_over: "no longer waits", "wacht niet meer";
    approval_masked: "Personal data is covered here. 'Show in private' shows it all.",
        "Persoonsgegevens zijn hier bedekt. 'Privé tonen' laat alles zien.";
    approval_done(n): "The answer to #{n} goes.", "Het antwoord op #{n} gaat weg.";
    approval_reply: "Reply to this message with the reason, and it goes back.",
        "Antwoord op dit bericht met de reden, dan gaat het terug.";
    approval_is_back(n): "#{n}: the answer goes back to who wrote it.", "#{n}: het antwoord gaat terug naar de schrijver.";
    approval_moved(n): "#{n}: the case has changed since. Press 'Send back' again.",
        "#{n}: de zaak is sindsdien veranderd. Druk opnieuw op 'Terugsturen'.";
    approval_none: "No answer waits for you.", "Er wacht geen antwoord op je.";
    approvals_head(n): "{n} answers wait for a colleague:", "{n} antwoorden wachten op een collega:";
    approval_shown: "It is in your private chat.", "Het staat in je privéchat.";
    approval_start: "Open a private chat first: write /start to me there.",
        "Begin eerst een privéchat: schrijf me daar /start.";
    outcome_sent(n, brand, name): "Your answer to #{n} · {brand} was approved by {name} and is on its way.",
        "Je antwoord op #{n} · {brand} is goedgekeurd door {name} en is onderweg.";
    named_in_note(n, brand, name): "{name} names you in a note on #{n} · {brand}.",
        "{name} noemt je in een notitie bij #{n} · {brand}.";
    outcome_back(n, brand, name): "{name} sent your answer to #{n} · {brand} back.",
        "{name} stuurde je antwoord op #{n} · {brand} terug.";
    outcome_reason(reason): "Why: {reason}", "Waarom: {reason}";
    outcome_group_sent(n, brand, writer, name): "#{n} · {brand}: the answer by {writer} was approved by {name}.",
        "#{n} · {brand}: het antwoord van {writer} is goedgekeurd door {name}.";
    outcome_group_back(n, brand, writer, name): "#{n} · {brand}: {name} sent the answer by {writer} back.",
        "#{n} · {brand}: {name} stuurde het antwoord van {writer} terug.";
    graduated_own: "Enough of your answers passed unchanged: from now on you send them yourself.",
        "Genoeg van je antwoorden gingen ongewijzigd door: vanaf nu verstuur je ze zelf.";
    graduated(name): "Enough answers by {name} passed unchanged: from now on {name} answers without approval.",
        "Genoeg antwoorden van {name} gingen ongewijzigd door: {name} antwoordt vanaf nu zonder goedkeuring.";

    private_head(n, brand): "#{n} · {brand}: private channel", "#{n} · {brand}: privékanaal";
    private_stands(state): "stands: {state}", "stand: {state}";
    private_offer_as(account, visibility, length, max):
        "This would be posted as {account} · {visibility} · {length} of {max} characters:",
        "Dit wordt geplaatst als {account} · {visibility} · {length} van {max} tekens:";
    private_no_way(why): "There is no way in: {why}. By hand it can be done.",
        "Er is geen ingang: {why}. Met de hand kan het wel.";
    private_no_words: "The brand has no words for an offer in this language.",
        "Het merk heeft geen tekst voor een aanbod in deze taal.";
    private_they_write: "They have to write first; the offer asks them to.",
        "De klant moet eerst schrijven; het aanbod vraagt daarom.";
    private_inside: "The customer is in the private channel already.", "De klant is al in het privékanaal.";
    private_unfit(why): "It cannot be offered: {why}.", "Het kan niet worden aangeboden: {why}.";
    private_only: "Only who opened this can press here. Press 'To private' yourself.",
        "Alleen wie dit opende, kan hier drukken. Druk zelf op 'Naar privé'.";
    private_old: "This is too old. Press 'To private' again.", "Dit is te oud. Druk opnieuw op 'Naar privé'.";
    private_opened: "Look below.", "Kijk hieronder.";
    private_offered(n, account): "#{n}: the offer is on its way as {account}.", "#{n}: het aanbod is onderweg als {account}.";
    private_by_hand(n): "#{n}: it is taken to private by hand.", "#{n}: het gaat met de hand naar privé.";
    private_refused(n): "#{n}: no private channel; the case is worked on here.",
        "#{n}: geen privékanaal; de zaak gaat hier verder.";
    private_proposed(n): "#{n}: a private channel is proposed.", "#{n}: een privékanaal is voorgesteld.";
    private_closed(n): "#{n}: the private channel is closed.", "#{n}: het privékanaal is afgesloten.";
    private_left(n): "#{n}: left as it is.", "#{n}: blijft zoals het is.";

    calls_head(n): "{n} calls to make", "{n} keer te bellen";
    calls_none: "You have no promised calls.", "Je hebt geen beloofde telefoontjes.";
    calls_in_private: "Numbers and buttons are in your private chat with me: /calls there.",
        "Nummers en knoppen staan in je privéchat met mij: daar /calls.";
    call_head(n, brand): "#{n} · {brand}: call", "#{n} · {brand}: bellen";
    call_due(left, at): "in {left} ({at})", "over {left} ({at})";
    call_late(span): "late by {span}", "{span} te laat";
    call_tries(n): "tried {n} times", "{n} keer geprobeerd";
    call_tried_once: "tried once", "één keer geprobeerd";
    call_next(at): "next try {at}", "volgende poging {at}";
    call_whom(whom): "ask for {whom}", "vraag naar {whom}";
    call_number(number): "number: {number}", "nummer: {number}";
    call_no_number: "no number is noted; it may stand in the private talk",
        "er is geen nummer genoteerd; het kan in het privégesprek staan";
    call_not_yours: "Only who has the case sees the number.", "Alleen wie de zaak heeft, ziet het nummer.";
    call_over(n): "#{n}: this call is done.", "#{n}: dit telefoontje is gedaan.";
    call_reached(n): "#{n}: called and reached. The promise is kept.", "#{n}: gebeld en bereikt. De belofte is nagekomen.";
    call_missed(n, at): "#{n}: not reached; next try {at}.", "#{n}: niet bereikt; volgende poging {at}.";
    call_missed_only(n): "#{n}: not reached.", "#{n}: niet bereikt.";
    call_when: "When again?", "Wanneer opnieuw?";
    call_claim_first: "Claim the case first; the number is for who has it.",
        "Pak de zaak eerst op; het nummer is voor wie haar heeft.";
}
