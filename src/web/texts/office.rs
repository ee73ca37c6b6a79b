//! The words about the front office: sectors, contacts elsewhere, findings, and what its reports say.

super::texts! { OfficeTexts;
    office: "Front office and sector", "Frontoffice en sector";
    sector: "Sector", "Sector";
    sector_none: "none", "geen";
    sector_proposed: "proposed", "voorgesteld";
    sector_save: "Say so", "Vastleggen";
    sector_all: "All sectors", "Alle sectoren";
    event_sector: "said the sector", "zei de sector";
    contacts_before: "Contacts with the front office before", "Contacten met de frontoffice ervoor";
    earlier: "earlier", "eerder";
    promised_for: "promised for", "beloofd voor";
    had_passed: "and that had passed", "en dat was voorbij";
    contacts: "Contacts elsewhere", "Contacten elders";
    contact_add: "Contact elsewhere", "Contact elders";
    contact_kind: "How", "Hoe";
    contact_at: "When", "Wanneer";
    contact_text: "What was said", "Wat er gezegd werd";
    contact_save: "Write it down", "Vastleggen";
    contact_phone: "by phone", "per telefoon";
    contact_shop: "in a shop", "in een winkel";
    contact_letter: "by letter", "per brief";
    contact_web_form: "by a form on the web", "via een webformulier";
    event_contact: "wrote a contact down", "legde een contact vast";
    findings: "Findings", "Bevindingen";
    finding: "Finding", "Bevinding";
    finding_raise: "Raise a finding", "Bevinding melden";
    finding_owner: "Who should take it away (login or team)", "Wie het weg kan nemen (inlognaam of team)";
    finding_text: "What goes wrong, the first line as its title", "Wat er misgaat, de eerste regel als titel";
    finding_save: "Raise it", "Melden";
    finding_attach: "Count this case to finding number", "Tel deze zaak bij bevinding nummer";
    finding_attach_save: "Count it", "Meetellen";
    finding_none: "No finding was raised yet. Raise one from the page of a case.",
        "Er is nog geen bevinding gemeld. Meld er een vanaf de pagina van een zaak.";
    finding_hint: "What makes cases, and who can take it away. Whoever raised it is told when it is decided.",
        "Wat zaken veroorzaakt, en wie het weg kan nemen. Wie het meldde, hoort het als er besloten is.";
    finding_cases: "cases", "zaken";
    finding_to: "to", "voor";
    finding_raised: "raised", "gemeld";
    finding_decided: "decided", "besloten";
    finding_before: "four weeks before", "vier weken ervoor";
    finding_after: "four weeks after", "vier weken erna";
    finding_running: "so far", "tot nu toe";
    finding_news: "New for you", "Nieuw voor jou";
    finding_seen: "Seen", "Gezien";
    finding_accept: "Accept", "Aannemen";
    finding_fix: "It is fixed", "Het is verholpen";
    finding_decline: "Decline", "Afwijzen";
    finding_reopen: "Open again", "Heropenen";
    findingstate_open: "open", "open";
    findingstate_accepted: "accepted", "aangenomen";
    findingstate_fixed: "fixed", "verholpen";
    findingstate_declined: "declined", "afgewezen";
    event_finding: "counted it to a finding", "telde het bij een bevinding";
    kind_finding: "word about a finding", "bericht over een bevinding";
    certain: "proposed", "voorgesteld";
    shadow: "Back door", "Achterdeur";
    failure_demand: "What people came round the back for", "Waar mensen achterom voor kwamen";
    demand_link: "For the front office: what people came round the back for",
        "Voor de frontoffice: waar mensen achterom voor kwamen";
    period: "Period", "Periode";
    weeks_one: "last 7 days", "laatste 7 dagen";
    weeks_four: "last 4 weeks", "laatste 4 weken";
    weeks_twelve: "last 12 weeks", "laatste 12 weken";
    download: "Download", "Downloaden";
    yesterday: "Yesterday at the back door", "Gisteren aan de achterdeur";
    yesterday_none: "Nobody came by the back door for your queues that day.",
        "Die dag kwam er niemand voor jouw wachtrijen door de achterdeur.";
    yesterday_hint: "Cases that webcare solved and that were yours to solve. Say who sees to each, what they do, and by when.",
        "Zaken die webcare oploste en die van jullie waren. Zeg wie het oppakt, wat die doet en voor wanneer.";
    no_queues: "You have no queues yet. Ask whoever manages log-ins to give you some.",
        "Je hebt nog geen wachtrijen. Vraag wie de inlognamen beheert om je er een te geven.";
    line_ticket: "Ticket", "Ticket";
    line_queue: "Queue", "Wachtrij";
    line_promise: "Promise", "Belofte";
    line_broken: "broken", "gebroken";
    line_age: "Age", "Leeftijd";
    line_why: "Why they came", "Waarom ze kwamen";
    line_difference: "Why webcare could", "Waarom webcare het kon";
    line_owner: "Owner", "Eigenaar";
    line_action: "Action", "Actie";
    line_due: "By", "Uiterlijk";
    line_late: "Past its day:", "Over de afgesproken dag:";
    line_save: "Save", "Opslaan";
    line_like_it: "Like it: four weeks before and after", "Zulke: vier weken ervoor en erna";
    line_dropped: "fewer", "minder";
    line_not_dropped: "not fewer", "niet minder";
    line_acted: "since the action of", "sinds de actie van";
    line_no_action: "four weeks before; no action yet", "vier weken ervoor; nog geen actie";
    what_changed: "What changed", "Wat er veranderde";
    by_brand: "By brand", "Per merk";
    no_ticket: "no ticket", "geen ticket";
    by_week: "By week", "Per week";
    by_sector: "By sector", "Per sector";
    by_cause: "By cause: why they came", "Per oorzaak: waarom ze kwamen";
    by_matter: "By matter: what they wanted", "Per soort vraag: wat ze wilden";
    by_team: "By team of the front office or supplier", "Per team van de frontoffice of leverancier";
    all_channels: "all channels", "alle kanalen";
    how_counted: "How this is counted", "Hoe dit geteld wordt";
    was_cut: "There were more cases than are counted; choose a shorter period.",
        "Er waren meer zaken dan geteld worden; kies een kortere periode.";
    first_time: "Solved the first time", "In één keer opgelost";
    channel: "Channel", "Kanaal";
    of_known: "of those known", "van wat bekend is";
    not_yet_known: "not yet known", "nog niet bekend";
    days: "Days without a second contact", "Dagen zonder tweede contact";
    not_seen: "Channels that are not seen", "Kanalen die niet gezien worden";
    came_back: "Came again", "Kwamen terug";
    came_again: "They came again by", "Ze kwamen terug via";
    cases: "cases", "zaken";
    index: "Shadow index", "Schaduwindex";
    done: "Done by webcare", "Gedaan door webcare";
    this_period: "This period", "Deze periode";
    period_before: "The period before", "De periode ervoor";
    in_brackets: "In brackets: the period before.", "Tussen haakjes: de periode ervoor.";
    ending_not_said: "These look like the front office's, are over, and nobody said how they ended: they count in no figure here. Open each and say it.",
        "Deze lijken van de frontoffice te zijn, zijn voorbij, en niemand zei hoe ze eindigden: ze tellen hier nergens mee. Open ze en zeg het.";
    sample: "A sample: asked on", "Een steekproef: gevraagd bij";
    bad_other: "Bad data: more than 15 % are 'something else'. The list lacks a reason.",
        "Slechte gegevens: meer dan 15 % is 'iets anders'. De lijst mist een reden.";
    bad_unread: "Bad data: more than 95 % were left as proposed. The form is not read; ask on fewer cases.",
        "Slechte gegevens: meer dan 95 % bleef zoals voorgesteld. Het formulier wordt niet gelezen; vraag het bij minder zaken.";
    tried: "What they had tried before", "Wat ze eerst geprobeerd hadden";
    had_contact: "Had been to the front office", "Waren bij de frontoffice geweest";
    median_contacts: "Contacts before, median", "Contacten ervoor, mediaan";
    median_since: "Since the first of them, median", "Sinds het eerste, mediaan";
    promised_broken: "Promises broken when they came, of those made", "Beloften gebroken toen ze kwamen, van die gedaan waren";
    jump: "Queue-jump meter", "Voordringmeter";
    open_ticket: "Had an open ticket when they came", "Hadden een open ticket toen ze kwamen";
    sooner: "Webcare was done sooner than the ticket by, median", "Webcare was eerder klaar dan het ticket, mediaan";
    still_open: "Of these, tickets that are open still, counted until now", "Daarvan nog open tickets, geteld tot nu";
    as_text: "text", "tekst";
    work_hours: "Hours of webcare's work", "Uren werk van webcare";
    work_counted: "Each thing that somebody did on such a case counts the time since the last thing that happened on it, at least 1 and at most 15 minutes.",
        "Alles wat iemand aan zo'n zaak deed, telt de tijd sinds het vorige dat eraan gebeurde, minstens 1 en hoogstens 15 minuten.";
    examples: "Examples, without names", "Voorbeelden, zonder namen";
    promise_broken: "broken", "gebroken";
    promise_not_yet_due: "not yet due", "nog niet verstreken";
    promise_none: "none", "geen";
    day_before: "The day before", "De dag ervoor";
    day_after: "The day after", "De dag erna";
    kind_ticket_create: "new ticket", "nieuw ticket";
    kind_ticket_note: "note on a ticket", "notitie op een ticket";
    kind_ticket_status: "status of a ticket", "status van een ticket";
    kind_ticket_withdraw: "words to go from a ticket", "woorden weg van een ticket";
}
