//! The words about people, their roles, and who did what.

super::texts! { PeopleTexts;
    people: "People", "Mensen";
    people_hint: "Who may come in, as what, and which brands they see. A change ends their log-ins, so that it holds at once.",
        "Wie binnen mag, als wat, en welke merken zij zien. Een wijziging beëindigt hun sessies, zodat zij meteen geldt.";
    people_role: "Role", "Rol";
    people_brands: "Brands they see (none is every brand)", "Merken die zij zien (geen is elk merk)";
    people_save: "Save", "Bewaren";
    people_link: "Make a log-in link", "Maak een inloglink";
    people_disable: "Let in no more", "Niet meer toelaten";
    people_end: "End every log-in", "Beëindig alle sessies";
    logins: "Open log-ins", "Open sessies";
    logins_this: "this one", "deze";
    logins_since: "since", "sinds";
    logins_seen: "last used", "laatst gebruikt";
    logins_end: "End it", "Beëindig deze";
    logins_end_others: "End all others", "Beëindig alle andere";
    prove: "Show that it is you", "Laat zien dat jij het bent";
    prove_hint: "What you asked for wants that you showed within the last ten minutes who you are. Nothing was done; ask again afterwards.",
        "Wat je vroeg vereist dat je in de laatste tien minuten hebt laten zien wie je bent. Er is niets gedaan; vraag het daarna opnieuw.";
    prove_by_link: "You have no password. Log out and come in by a new link, or set a password first.",
        "Je hebt geen wachtwoord. Log uit en kom binnen met een nieuwe link, of stel eerst een wachtwoord in.";
    prove_go: "Go on", "Verder";
    people_disabled: "let in no more", "niet meer toegelaten";
    people_password: "has a password", "heeft een wachtwoord";
    people_link_only: "comes in by links only", "komt alleen met links binnen";
    people_new: "Somebody new", "Iemand nieuw";
    people_name: "Name that colleagues see", "Naam die collega's zien";
    people_add: "Add", "Toevoegen";
    people_made: "This link lets them in once, within 30 minutes. It is shown once.",
        "Met deze link komen zij één keer binnen, binnen 30 minuten. Hij wordt één keer getoond.";
    audit: "Audit", "Logboek";
    audit_hint: "Who did what, when, on what, and what came of it. Each row holds the one before; webcared audit verify finds the first that was changed.",
        "Wie deed wat, wanneer, waarmee, en wat ervan kwam. Elke regel houdt de vorige vast; webcared audit verify vindt de eerste die veranderd is.";
    audit_person: "Login", "Inlognaam";
    audit_act: "Act, or its beginning, such as case or login", "Handeling, of het begin ervan, zoals case of login";
    audit_target: "On what, by id", "Waarmee, met id";
    audit_outcome: "Outcome", "Uitkomst";
    audit_first: "From this day on", "Vanaf deze dag";
    audit_last: "Up to and including", "Tot en met";
    audit_any: "any", "alle";
    audit_filter: "Filter", "Filteren";
    audit_none: "Nothing is written down here.", "Hier is niets opgeschreven.";
    audit_older: "Older", "Ouder";
    part_words: "Words", "Woorden";
    part_state: "State", "Status";
    part_all: "Show all", "Toon alles";
    part_none: "Nothing fits what is asked for.", "Niets past bij wat gevraagd is.";
    part_pages: "Pages", "Pagina's";
    part_before: "Page before", "Vorige pagina";
    part_next: "Next page", "Volgende pagina";
    audit_row: "Row", "Regel";
    audit_when: "When", "Wanneer";
    audit_who: "Who", "Wie";
    audit_what: "What", "Wat";
    audit_on: "On what", "Waarmee";
    audit_from: "From where", "Waarvandaan";
    outcome_done: "done", "gedaan";
    outcome_refused: "refused", "geweigerd";
    role_agent: "agent", "medewerker";
    role_guest: "guest", "gast";
    role_newcomer: "newcomer", "nieuwkomer";
    role_lead: "lead", "leider";
    role_front_office: "front office", "frontoffice";
    role_communications: "communications", "communicatie";
    role_admin: "admin", "beheerder";
    role_auditor: "auditor", "auditor";
    role_service: "service", "dienst";
}
