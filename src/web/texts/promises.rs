//! The words about promises that were found, contradictions, and calls back.

super::texts! { PromiseTexts;
    found: "Your words promise something. Is it meant?", "Je woorden beloven iets. Is dat de bedoeling?";
    clash: "This says otherwise than what was promised already", "Dit zegt iets anders dan wat al beloofd is";
    stands: "Promised already:", "Al beloofd:";
    with: "Yes: write it down and keep its clock", "Ja: leg het vast en houd de klok bij";
    without: "No: send it without a promise", "Nee: verstuur zonder belofte";
    replace: "This takes the place of what stands; a ticket is told", "Dit komt in de plaats van wat er staat; een ticket hoort het";
    both: "Both stand", "Beide gelden";
    keep_theirs: "What stands holds; nothing new is written down", "Wat er staat, geldt; er wordt niets nieuws vastgelegd";
    why_both: "If both stand: why", "Als beide gelden: waarom";
    act: "What is to be done", "Wat er gebeurt";
    act_none: "not said", "niet gezegd";
    told: "The customer told it: somebody else promised", "De klant vertelde het: iemand anders beloofde het";
    number: "If it is a call: by which number, given in private", "Als het bellen is: op welk nummer, privé gegeven";
    whom: "Who is to be called, if not who wrote", "Wie gebeld wordt, als dat niet de schrijver is";
    call_number: "Call", "Bel";
    call_whom: "ask for", "vraag naar";
    call_covered: "the number is shown to who has the case", "het nummer is te zien voor wie de zaak heeft";
    call_tries: "not reached so far:", "nog niet bereikt:";
    call_next: "next try", "volgende poging";
    call_done: "Called", "Gebeld";
    call_missed: "Not reached", "Niet bereikt";
    call_again: "Try again at", "Opnieuw proberen om";
    origin_ticket: "from the ticket", "van het ticket";
    origin_customer: "as the customer told it", "zoals de klant het vertelde";
    origin_answer: "in an answer", "in een antwoord";
    origin_person: "written down", "vastgelegd";
    deed_call: "call", "bellen";
    deed_mail: "mail", "mailen";
    deed_answer: "answer", "antwoorden";
    deed_refund: "refund", "terugbetalen";
    deed_send: "send", "opsturen";
    deed_visit: "somebody comes", "iemand komt langs";
    deed_solve: "solve", "oplossen";
    event_promise_replaced: "replaced a promise", "verving een belofte";
    event_call_not_reached: "called and did not reach them", "belde en bereikte ze niet";
}
