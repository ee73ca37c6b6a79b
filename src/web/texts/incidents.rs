//! The words about incidents and answers to many.

super::texts! { IncidentTexts;
    incidents: "Incidents", "Incidenten";
    inc_none: "No incident.", "Geen incident.";
    inc_hint: "What many write about at once. A rise far above what is usual at this hour opens one by itself and ends by itself; a person opens one here.",
        "Waar velen tegelijk over schrijven. Een stijging ver boven wat op dit uur gewoon is opent er vanzelf een en eindigt vanzelf; een mens opent er hier een.";
    inc_open_new: "Open an incident", "Incident openen";
    inc_title: "What it is about", "Waar het over gaat";
    inc_numbers: "Case numbers, parted by blanks; may be empty", "Zaaknummers, met spaties ertussen; mag leeg";
    inc_runs: "runs", "loopt";
    inc_over: "over", "voorbij";
    inc_rise: "rise", "stijging";
    inc_person: "opened by", "geopend door";
    inc_began: "began", "begon";
    inc_ended: "ended", "eindigde";
    inc_cases: "cases", "zaken";
    inc_waiting: "wait for an answer", "wachten op antwoord";
    inc_told: "told by an answer to many", "verteld met een antwoord aan velen";
    inc_most: "at most in an hour", "hoogstens in een uur";
    inc_usual: "usual", "gewoonlijk";
    inc_members: "Cases", "Zaken";
    inc_members_hint: "What still waits comes first. P1 and P2, what belongs in private and who asks something of their own are never ticked for you: look, and tick by hand.",
        "Wat nog wacht staat vooraan. P1 en P2, wat privé hoort en wie iets eigens vraagt worden nooit voor je aangevinkt: kijk, en vink zelf aan.";
    inc_solved_hint: "Who was told here while it lasted hears it also when their case is over: it stays as it is, and what they answer opens it again. Who wrote since then is not ticked.",
        "Wie het hier hoorde zolang het duurde hoort dit ook als de zaak voorbij is: die blijft zoals ze is, en wat diegene antwoordt opent haar weer. Wie sindsdien schreef is niet aangevinkt.";
    inc_more: "more cases than are shown here; answer these first", "zaken meer dan hier staan; beantwoord deze eerst";
    inc_lines: "Words for many", "Woorden voor velen";
    inc_lines_hint: "Several variants in one language are used in turn. Approved by a lead, by name; never changed after, only withdrawn. An answer to many carries your own signature.",
        "Meer varianten in één taal worden om de beurt gebruikt. Goedgekeurd door een leidinggevende, bij naam; daarna nooit gewijzigd, wel ingetrokken. Een antwoord aan velen draagt je eigen ondertekening.";
    inc_no_lines: "No words yet.", "Nog geen woorden.";
    inc_write: "Write words", "Woorden schrijven";
    inc_approve: "Approve", "Goedkeuren";
    inc_withdraw: "Withdraw", "Intrekken";
    inc_approved_by: "approved by", "goedgekeurd door";
    inc_written_by: "written by", "geschreven door";
    inc_language: "Language", "Taal";
    inc_words: "Words", "Woorden";
    inc_purpose: "For", "Voor";
    purpose_answer: "an answer while it lasts", "een antwoord zolang het duurt";
    purpose_solved: "that it is solved", "dat het opgelost is";
    linestate_written: "waits for approval", "wacht op goedkeuring";
    linestate_approved: "approved", "goedgekeurd";
    linestate_withdrawn: "withdrawn", "ingetrokken";
    inc_send: "Answer those ticked", "Beantwoord wie is aangevinkt";
    inc_send_solved: "Tell those ticked that it is solved", "Vertel wie is aangevinkt dat het opgelost is";
    inc_switch_solved: "Choose for 'it is solved'", "Kiezen voor 'het is opgelost'";
    inc_switch_answer: "Choose for an answer", "Kiezen voor een antwoord";
    inc_stop: "Stop the rest", "Stop de rest";
    inc_stop_hint: "answers have not left yet", "antwoorden zijn nog niet weg";
    inc_end: "It is over", "Het is voorbij";
    inc_add: "Add cases", "Zaken toevoegen";
    inc_add_chosen: "Add", "Toevoegen";
    inc_free: "Latest cases of no incident", "Laatste zaken zonder incident";
    inc_prove: "You showed more than ten minutes ago who you are. Do it again before you tick: what is ticked is not kept.",
        "Het is meer dan tien minuten geleden dat je liet zien wie je bent. Doe het opnieuw voor je aanvinkt: wat is aangevinkt blijft niet staan.";
    inc_prove_go: "Show that it is you", "Laat zien dat jij het bent";
    inc_remove: "Take out", "Eruit halen";
    inc_events: "What happened", "Wat er gebeurde";
    inc_by_rise: "by the rise", "door de stijging";
    inc_done_sent: "answers are on their way, one after another", "antwoorden gaan op weg, een voor een";
    inc_done_refused: "not answered", "niet beantwoord";
    inc_done: "Done.", "Gedaan.";
    inc_learning: "Less than eight weeks are known of these brands; while that is learned, what is unusual lies higher:",
        "Van deze merken zijn nog geen acht weken bekend; zolang dat wordt geleerd ligt hoger wat ongewoon is:";
    inc_case: "Incident", "Incident";
    inc_none_open: "no incident is open", "er loopt geen incident";
    unticked_over: "over", "voorbij";
    unticked_told: "told", "verteld";
    unticked_answered: "answered", "beantwoord";
    unticked_not_reached: "not answered yet", "nog niet beantwoord";
    unticked_no_words: "no approved words in this language", "geen goedgekeurde woorden in deze taal";
    unticked_urgent: "urgent", "dringend";
    unticked_private: "belongs in private", "hoort privé";
    unticked_own_question: "asks something of its own", "vraagt iets eigens";
    unticked_claimed: "somebody has it", "iemand heeft het";
    incevent_opened: "opened", "geopend";
    incevent_ended: "ended", "voorbij";
    incevent_case_added: "a case was added", "een zaak kwam erbij";
    incevent_case_removed: "a case was taken out", "een zaak ging eruit";
    incevent_line_written: "words were written", "woorden geschreven";
    incevent_line_approved: "words were approved", "woorden goedgekeurd";
    incevent_line_withdrawn: "words were withdrawn", "woorden ingetrokken";
    incevent_sent: "answers to many", "antwoorden aan velen";
    incevent_stopped: "the rest was stopped", "de rest is gestopt";
    event_incident_joined: "part of an incident", "deel van een incident";
    event_incident_left: "taken out of the incident", "uit het incident gehaald";
    event_to_many_queued: "by an answer to many", "met een antwoord aan velen";
    event_to_many_stopped: "the answer to many was stopped before it left", "het antwoord aan velen is gestopt voor het weg was";
    peaks: "Peaks and the crisis switch", "Pieken en de crisisschakelaar";
    peaks_hint: "A lead enters what will bring many posts. The line and its end stand on every page while it lasts. In a crisis P4 and P5 are parked: they stand in a lane of their own, and their clocks run.",
        "Een leidinggevende voert in wat veel berichten gaat brengen. De regel en het einde staan op elke pagina zolang het duurt. In een crisis zijn P4 en P5 geparkeerd: ze staan in een eigen stapel, en hun klokken lopen.";
    peaks_none: "Nothing is planned.", "Er is niets gepland.";
    peak: "Peak", "Piek";
    crisis: "Crisis", "Crisis";
    peak_new: "Enter a peak or a crisis", "Piek of crisis invoeren";
    peak_starts: "Begins; empty is now", "Begint; leeg is nu";
    peak_until: "until", "tot";
    peak_words: "Words by which it is known", "Woorden waaraan je het herkent";
    peak_lines: "What is said, one line a language: nl: …", "Wat er gezegd wordt, een regel per taal: nl: …";
    peak_wait: "Expected wait in minutes, told to customers", "Verwachte wachttijd in minuten, zo gezegd tegen klanten";
    peak_standby: "Who stands by, by log-in", "Wie er klaarstaat, op inlognaam";
    peak_save: "Enter the peak", "Piek invoeren";
    crisis_on: "Switch the crisis on", "Crisis aanzetten";
    peak_end: "End it", "Beëindigen";
    lane_parked: "Parked", "Geparkeerd";
    rule_rise: "rise", "stijging";
    kind_incident: "incident", "incident";
}
