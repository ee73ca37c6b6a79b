//! The words about offers, the end of a shift, and the briefing.

super::texts! {
    offer_head(n, brand): "#{n} · {brand}: offered to you", "#{n} · {brand}: aan jou aangeboden";
    offer_wide_head(n, brand): "#{n} · {brand}: offered to those who read it", "#{n} · {brand}: aangeboden aan wie de taal leest";
    offer_until(at): "until {at}, then wider", "tot {at}, dan breder";
    offer_because(why): "because you: {why}", "omdat jij: {why}";
    offer_over(n): "#{n}: the offer is over.", "#{n}: het aanbod is voorbij.";
    offer_taken(n, name): "#{n} is with {name}.", "#{n} ligt bij {name}.";
    not_me_button: "Not me", "Niet ik";
    offer_declined(n): "#{n} is offered to others.", "#{n} wordt anderen aangeboden.";
    route_before: "had this customer before", "had deze klant eerder";
    route_language: "read the language", "leest de taal";
    route_sector: "take up this sector", "doet deze sector";
    route_free: "have room", "hebt ruimte";
    offered_head(n): "{n} offered to you", "{n} aan jou aangeboden";

    ask_head(n, brand): "#{n} · {brand}: your shift ends", "#{n} · {brand}: je dienst eindigt";
    ask_again_head(n, brand): "#{n} · {brand}: your shift ended", "#{n} · {brand}: je dienst is voorbij";
    ask_holds(what): "It holds {what}.", "Erin zit {what}.";
    ask_how(n): "Keep it, give it back, or hand it over: /assign {n} LOGIN and one line. Without an answer it returns after the grace; drafts stay with the case.",
        "Houd de zaak, geef haar terug, of geef haar over: /assign {n} LOGIN en één regel. Krijgt dit geen antwoord, dan gaat de zaak na de wachttijd terug; concepten blijven erbij.";
    ask_settled(n): "#{n}: settled.", "#{n}: afgehandeld.";
    keep_button: "I keep it", "Ik houd haar";
    is_kept_over(n): "#{n} stays with you.", "#{n} blijft bij jou.";
    holds_draft: "a draft", "een concept";
    holds_talk: "an open private talk", "een lopend privégesprek";
    holds_promise: "a promise of yours", "een belofte van jou";
    change_offer_declined: "declined", "geweigerd";
    change_kept: "kept over the shift", "gehouden na de dienst";

    shift_head(at): "Change of shift, {at}", "Wisseling van dienst, {at}";
    shift_counts(brand, open, late, free): "{brand}: {open} open, {late} late, {free} of nobody",
        "{brand}: {open} open, {late} te laat, {free} van niemand";
    shift_risk(all): "first: {all}", "eerst: {all}";
    shift_promises(all): "promises due: {all}", "beloften: {all}";
    shift_talks(all): "private talks open: {all}", "lopende privégesprekken: {all}";
    shift_late(all): "were late: {all}", "waren te laat: {all}";
    shift_link: "The briefing", "De briefing";
    line_overdue(day): "Past its day, {day}: a line of the back door is yours", "Over de dag, {day}: een regel van de achterdeur is van jou";
    line_overdue_of_somebody(day): "Past its day, {day}: a line of the back door", "Over de dag, {day}: een regel van de achterdeur";
    line_no_ticket: "no ticket", "geen ticket";
    line_list: "The list", "De lijst";
    briefing_head(brand): "{brand}: to know", "{brand}: om te weten";
    briefing_nothing: "nothing was written", "er is niets geschreven";
    briefing_line_until(text, at): "{text} (until {at})", "{text} (tot {at})";
    briefing_incidents(all): "incidents: {all}", "incidenten: {all}";
    briefing_peaks(all): "peaks: {all}", "pieken: {all}";
    briefing_urgent(all): "P1 and P2 open: {all}", "P1 en P2 open: {all}";
    briefing_promises(all): "promises in this shift: {all}", "beloften in deze dienst: {all}";
    briefing_notes(n): "{n} notes of the last shift; they stand on the page", "{n} notities van de vorige dienst; ze staan op de pagina";
    briefing_note(by, text): "{by}: {text}", "{by}, notitie: {text}";
}
