//! The words about goodwill and formal complaints. Those with an amount are said in private chats only.

super::texts! {
    tell_goodwill: "Tell how much and why: /goodwill 12 25 EUR why. /goodwill 12 tells what was given; /goodwill 12 ok, no, or back WHY settles it.",
        "Zeg hoeveel en waarom: /goodwill 12 25 EUR waarom. /goodwill 12 zegt wat er gegeven is; /goodwill 12 ja, nee of terug WAAROM handelt het af.";
    goodwill_currency(currency): "Goodwill of this brand is counted in {currency}.", "Coulance van dit merk telt in {currency}.";
    goodwill_none(n): "#{n}: nothing was given.", "#{n}: er is niets gegeven.";
    goodwill_all(n, all): "#{n}: {all}.", "#{n}, gegeven: {all}.";
    goodwill_limit(limit, currency, sum): "You may give up to {limit} {currency} on one case alone; {sum} stands.",
        "Je mag alleen tot {limit} {currency} per zaak geven; er staat {sum}.";
    goodwill_no_limit: "You have no limit.", "Voor jou geldt geen grens.";
    goodwill_nothing_such(n): "#{n}: nothing is there to settle.", "#{n}: er is niets af te handelen.";
    goodwill_which(n, all): "#{n}: say which, by its number behind the word: {all}", "#{n}: zeg welke, met het nummer achter het woord: {all}";
    goodwill_ask(n, brand, sum, currency): "Give {sum} {currency} to the customer of #{n} · {brand}? Say what it is",
        "{sum} {currency} geven aan de klant van #{n} · {brand}? Zeg wat het is";
    goodwill_ask_above(n, brand, sum, currency): "Ask a second person to give {sum} {currency} to the customer of #{n} · {brand}? It is above what you may give alone. Say what it is",
        "Een tweede persoon vragen {sum} {currency} te geven aan de klant van #{n} · {brand}? Het is meer dan je alleen mag geven. Zeg wat het is";
    goodwill_ask_yes(n, brand, what): "Approve for #{n} · {brand}: {what}?", "Goedkeuren voor #{n} · {brand}: {what}?";
    goodwill_ask_no(n, brand, what): "Refuse for #{n} · {brand}: {what}?", "Weigeren voor #{n} · {brand}: {what}?";
    goodwill_ask_back(n, brand, what): "It was not given after all, #{n} · {brand}: {what}?", "Toch niet gegeven, #{n} · {brand}: {what}?";
    goodwill_is_given(n): "#{n}: written down as given.", "#{n}: vastgelegd als gegeven.";
    goodwill_waits(n): "#{n}: a second person decides about it.", "#{n}: een tweede persoon beslist erover.";
    goodwill_is_approved(n): "#{n}: the goodwill is approved.", "#{n}: de coulance is goedgekeurd.";
    goodwill_is_refused(n): "#{n}: the goodwill is refused.", "#{n}: de coulance is geweigerd.";
    goodwill_is_back(n): "#{n}: the goodwill is taken back.", "#{n}: de coulance is teruggenomen.";

    no_register: "This brand keeps no register of formal complaints.", "Dit merk houdt geen register van formele klachten bij.";
    tell_complaint: "Say /complaint 12, /complaint 12 ack, or what is decided and why: /complaint 12 upheld WHY, partly, rejected or withdrawn; /complaint 12 none WHY takes the mark away.",
        "Zeg /complaint 12, /complaint 12 bevestig, of wat er beslist is en waarom: /complaint 12 gegrond WAAROM, deels, ongegrond of ingetrokken; /complaint 12 geen WAAROM haalt de markering weg.";
    complaint_ask_mark(n, brand): "Mark #{n} · {brand} as a formal complaint?", "#{n} · {brand} markeren als formele klacht?";
    complaint_ask_ack(n, brand): "Does the customer of #{n} · {brand} have our word that we have the complaint?",
        "Heeft de klant van #{n} · {brand} bericht dat we de klacht hebben?";
    complaint_ask_decide(n, brand, outcome): "Decide the formal complaint of #{n} · {brand}: {outcome}?",
        "Over de formele klacht van #{n} · {brand} beslissen: {outcome}?";
    complaint_ask_unmark(n, brand): "Is #{n} · {brand} no formal complaint after all?", "Is #{n} · {brand} toch geen formele klacht?";
    complaint_stands(n, all): "#{n} is a formal complaint. Still owed: {all}", "#{n} is een formele klacht. Nog te doen: {all}";
    complaint_is_marked(n): "#{n} is marked as a formal complaint.", "#{n} is gemarkeerd als formele klacht.";
    complaint_is_acknowledged(n): "#{n}: written down that the customer has our word.", "#{n}: vastgelegd dat de klant bericht heeft.";
    complaint_is_decided(n, outcome): "#{n}: the formal complaint is decided, {outcome}.", "#{n}: over de formele klacht is beslist, {outcome}.";
    complaint_is_none(n): "#{n} is no formal complaint.", "#{n} is geen formele klacht.";

    resolve_ask(n, brand): "Resolve #{n} · {brand}?", "#{n} · {brand} oplossen?";
    resolve_ask_theirs(n, brand, solved): "Resolve #{n} · {brand}? Who solved it: {solved}", "#{n} · {brand} oplossen? Opgelost door: {solved}";
    resolve_ask_why(n, brand, solved, reason, sure): "Resolve #{n} · {brand}? Who solved it: {solved}. Why they came: {reason} ({sure} %)",
        "#{n} · {brand} oplossen? Opgelost door: {solved}. Waarom ze kwamen: {reason} ({sure} %)";
    is_resolved(n): "#{n} is resolved.", "#{n} is opgelost.";
    is_over(n, state): "#{n} is over: {state}.", "#{n} is voorbij: {state}.";

    only_asker: "Only who asked for it can press here.", "Alleen wie het vroeg, kan hier drukken.";
    ask_anew(n): "#{n}: this is too old. Ask anew.", "#{n}: dit is te oud. Vraag het opnieuw.";
    given_not(n, why): "#{n}: not done: {why}.", "#{n}: niet gedaan: {why}.";
}
