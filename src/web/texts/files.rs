//! The words about files that customers put into their posts, and about answers that did not arrive.

super::texts! { FilesTexts;
    split_ask: "Send it in parts, as a thread", "In delen versturen, als draad";
    split_hint: "Each part answers the one before it, and goes only once that one stands. Files go with the first.",
        "Elk deel antwoordt op het vorige en gaat pas weg als dat er staat. Bestanden gaan mee met het eerste.";
    split_parts: "The parts as the platform gets them", "De delen zoals het platform ze krijgt";
    split_part: "part", "deel";
    split_of: "of", "van";
    split_in: "parts", "delen";
    split_waits: "waits for the part before it", "wacht op het deel ervoor";
    files_title: "Files", "Bestanden";
    file_nameless: "File", "Bestand";
    file_picture: "Picture", "Afbeelding";
    file_no_alt: "picture without a description", "afbeelding zonder beschrijving";
    file_covered: "covered like the words; unmask to see it", "afgedekt net als de tekst; toon het om het te zien";
    file_download: "download", "downloaden";
    file_waiting: "on its way", "onderweg";
    file_gone: "no longer there", "niet meer te vinden";
    file_off: "not fetched: fetching is switched off", "niet opgehaald: ophalen staat uit";
    file_kind: "only named: no picture or PDF", "alleen genoemd: geen afbeelding of PDF";
    file_too_large: "not kept: too large", "niet bewaard: te groot";
    file_broken: "not kept: damaged, or not what it says", "niet bewaard: beschadigd, of niet wat het zegt te zijn";
    file_address: "not fetched: its address is none that is called", "niet opgehaald: het adres wordt niet opgevraagd";
    file_private: "not fetched: its address leads into a private network",
        "niet opgehaald: het adres leidt naar een privénetwerk";
    file_redirects: "not fetched: redirected too often", "niet opgehaald: te vaak doorgestuurd";
    file_denied: "its server does not give it to us", "de server geeft het ons niet";
    file_unreachable: "given up: its server did not answer well for a day", "opgegeven: de server antwoordde een dag lang niet goed";
    warned: "content warning", "inhoudswaarschuwing";
    reason_stars_1_of_5: "1 star of 5", "1 ster van 5";
    reason_stars_2_of_5: "2 stars of 5", "2 sterren van 5";
    reason_stars_3_of_5: "3 stars of 5", "3 sterren van 5";
    bounced_address: "could not be delivered: no such address", "niet bezorgd: dit adres bestaat niet";
    bounced_full: "could not be delivered: the mailbox is full", "niet bezorgd: de mailbox is vol";
    bounced_refused: "could not be delivered: refused there", "niet bezorgd: daar geweigerd";
    bounced_other: "could not be delivered", "niet bezorgd";
    bounced_window: "did not arrive: the customer's last message is more than 24 hours old",
        "kwam niet aan: het laatste bericht van de klant is meer dan 24 uur oud";
    bounced_unreachable: "did not arrive: the customer cannot be reached there",
        "kwam niet aan: de klant is daar niet te bereiken";
    bounced_held_back: "did not arrive: the platform held it back, so that people hear less from businesses",
        "kwam niet aan: het platform hield het tegen, zodat mensen minder van bedrijven horen";
    bounced_restricted: "did not arrive: the platform has restricted our account",
        "kwam niet aan: het platform heeft ons account beperkt";
    bounced_payment: "did not arrive: the platform wants a payment settled",
        "kwam niet aan: het platform wil eerst betaald worden";
    bounced_template: "did not arrive: the template is not taken", "kwam niet aan: het sjabloon wordt niet aangenomen";
    event_undelivered: "our answer could not be delivered", "ons antwoord kon niet worden bezorgd";
    event_delivery_delayed: "our answer is delayed on its way", "ons antwoord is onderweg vertraagd";
    rule_undelivered: "our answer did not arrive", "ons antwoord kwam niet aan";
    rule_mail_report: "the mail system reports", "het mailsysteem meldt";
    rule_platform_report: "the platform reports", "het platform meldt";
    enclosed_title: "Files that go along", "Bestanden die meegaan";
    enclosed_up_to: "At most", "Hoogstens";
    enclosed_each: "each at most", "elk hoogstens";
    enclosed_add: "Add pictures or documents", "Afbeeldingen of documenten toevoegen";
    enclosed_alt: "What the picture shows, for who cannot see it", "Wat de afbeelding toont, voor wie haar niet ziet";
    enclosed_alt_lacks: "A picture has no description: who cannot see it learns nothing of it.",
        "Een afbeelding heeft geen beschrijving: wie haar niet ziet, weet er niets van.";
    enclosed_out: "take out", "eruit halen";
    enclosed_keep: "Keep files with the draft", "Bestanden bij het concept bewaren";
    enclosed_stripped: "Place and time are taken out of pictures.", "Plaats en tijd worden uit afbeeldingen gehaald.";
    enclosed_private: "send the files of the draft along", "stuur de bestanden van het concept mee";
    file_old: "not fetched: its post is from before we listened", "niet opgehaald: het bericht is van voor we luisterden";
}
