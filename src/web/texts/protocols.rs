//! The words about protocols and labels on authors.

super::texts! { ProtocolTexts;
    protocols: "Protocols", "Protocollen";
    protocols_hint: "What is done when the press writes, somebody is threatened or may harm themselves, it is about the law, or somebody only provokes. What is proposed waits for a person.",
        "Wat er gebeurt als de pers schrijft, iemand bedreigd wordt of zichzelf iets kan aandoen, het over de wet gaat, of iemand alleen uitdaagt. Wat is voorgesteld wacht op een mens.";
    protocols_none: "No protocol runs, and none is proposed.", "Er loopt geen protocol, en er is er geen voorgesteld.";
    protocol_begin: "Begin", "Beginnen";
    protocol_begin_other: "Begin another protocol", "Een ander protocol beginnen";
    protocol_decline: "Not needed", "Niet nodig";
    protocol_take: "I take it", "Ik neem het";
    protocol_end: "End it", "Beëindigen";
    protocol_why: "Why", "Waarom";
    protocol_false: "It was a false alarm; notes need not be filled", "Het was loos alarm; notities hoeven niet ingevuld";
    protocol_done: "Done", "Gedaan";
    protocol_note: "What was found or done", "Wat er gevonden of gedaan is";
    protocol_by: "by", "door";
    protocol_told: "times told", "keer gemeld";
    protocol_advised: "Advised words", "Geadviseerde woorden";
    protocol_missing: "Before the case can be resolved, say:", "Voor de zaak opgelost kan worden, vul in:";
    protocol_case: "Case", "Zaak";
    protocol_since: "since", "sinds";
    protocol_open: "protocol", "protocol";
    protocol_self_harm: "Self-harm", "Zelfbeschadiging";
    protocol_threat: "Threat", "Bedreiging";
    protocol_legal: "Legal", "Juridisch";
    protocol_press: "Press", "Pers";
    protocol_troll: "Troll", "Trol";
    protocolstate_proposed: "proposed", "voorgesteld";
    protocolstate_running: "runs, nobody has taken it", "loopt, niemand heeft het genomen";
    protocolstate_taken: "runs, taken", "loopt, genomen";
    protocolstate_ended: "ended", "beëindigd";
    protocolstate_declined: "not needed", "niet nodig";
    protocollocks_self_harm: "While it runs a lead sends what goes there; no ready-made words, no answers to many.",
        "Zolang het loopt verstuurt een leidinggevende wat erheen gaat; geen kant-en-klare tekst, geen antwoorden aan velen.";
    protocollocks_threat: "While it runs a lead sends what goes there; no ready-made words, no answers to many.",
        "Zolang het loopt verstuurt een leidinggevende wat erheen gaat; geen kant-en-klare tekst, geen antwoorden aan velen.";
    protocollocks_legal: "While it runs a lead sends what goes there; no ready-made words, no answers to many.",
        "Zolang het loopt verstuurt een leidinggevende wat erheen gaat; geen kant-en-klare tekst, geen antwoorden aan velen.";
    protocollocks_press: "While it runs only communications or a lead answers; no ready-made words, no answers to many.",
        "Zolang het loopt antwoordt alleen communicatie of een leidinggevende; geen kant-en-klare tekst, geen antwoorden aan velen.";
    protocollocks_troll: "One answer; then two people say that nothing more is said.",
        "Eén antwoord; daarna zeggen twee mensen dat er niets meer gezegd wordt.";
    steprole_anybody: "whoever works on it", "wie eraan werkt";
    steprole_lead: "a lead", "een leidinggevende";
    steprole_communications: "communications", "communicatie";
    steprole_two_people: "two people", "twee mensen";
    step_help_line: "The help line was named, or why not", "De hulplijn is genoemd, of waarom niet";
    step_emergency: "Emergency services: called, or why not", "Hulpdiensten: gebeld, of waarom niet";
    step_aftercare: "Colleagues who read it were spoken to", "Collega's die het lazen zijn gesproken";
    step_assessed: "How serious it is, and who says so", "Hoe ernstig het is, en wie dat zegt";
    step_security: "Security was told: whom, when", "Beveiliging is ingelicht: wie, wanneer";
    step_reported: "Reported to the police, or why not", "Aangifte gedaan, of waarom niet";
    step_claim: "Who claims what, by when", "Wie wat eist, voor wanneer";
    step_counsel: "Counsel was told: whom, when", "Juristen zijn ingelicht: wie, wanneer";
    step_who_asks: "Who asks, for which medium, by when", "Wie vraagt, voor welk medium, voor wanneer";
    step_statement: "The statement is agreed", "De verklaring is afgestemd";
    step_answered: "What was answered, where", "Wat er geantwoord is, en waar";
    step_one_answer: "One answer was given", "Er is één antwoord gegeven";
    step_no_further_reply: "Nothing more is answered, and why", "Er wordt niets meer geantwoord, en waarom";
    step_no_further_reply_agreed: "A second person agrees", "Een tweede persoon is het eens";
    event_protocol_proposed: "a protocol was proposed", "een protocol is voorgesteld";
    event_protocol_started: "began a protocol", "begon een protocol";
    event_protocol_declined: "said that a protocol is not needed", "zei dat een protocol niet nodig is";
    event_protocol_taken: "took a protocol", "nam een protocol";
    event_protocol_step: "did a step of a protocol", "deed een stap van een protocol";
    event_protocol_ended: "ended a protocol", "beëindigde een protocol";
    event_protocol_stopped: "answers that had not left were called off", "antwoorden die nog niet weg waren zijn teruggehaald";
    event_labelled: "labelled the author", "gaf de schrijver een label";
    event_label_ended: "took a label of the author away", "haalde een label van de schrijver weg";
    rule_protocol: "protocol", "protocol";
    unticked_apart: "a protocol or a label sets it apart", "een protocol of label zet het apart";
    origin_protocol: "of a protocol", "van een protocol";
    occasion_protocol: "protocol", "protocol";
    labels: "Labels", "Labels";
    labels_title: "Labels on authors", "Labels op schrijvers";
    labels_hint: "People set them, with a reason and an end. They move the score of a case by some points and never its level; their author may ask to read them.",
        "Mensen zetten ze, met een reden en een einde. Ze verschuiven de score van een zaak met enkele punten en nooit het niveau; de schrijver mag ze opvragen.";
    labels_none: "Nobody has a label.", "Niemand heeft een label.";
    label_all: "All labels", "Alle labels";
    label: "Label", "Label";
    label_set: "Label the author", "Schrijver een label geven";
    label_end: "Take it away", "Weghalen";
    label_reason: "Why; its author may read it", "Waarom; de schrijver mag het lezen";
    label_until: "Until; empty is ninety days", "Tot; leeg is negentig dagen";
    label_by: "by", "door";
    label_author: "Author", "Schrijver";
    label_press: "press", "pers";
    label_influencer: "influencer", "influencer";
    label_vip: "VIP by contract", "VIP met contract";
    label_vulnerable: "vulnerable", "kwetsbaar";
    label_troll: "troll", "trol";
    label_employee: "employee", "medewerker";
}
