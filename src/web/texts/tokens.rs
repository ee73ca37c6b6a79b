//! The words about tokens of programs.

super::texts! { TokenTexts;
    tokens: "Tokens", "Tokens";
    tokens_hint: "By these programs come in. Each acts in the name of a service or of you, and sees its brands only.",
        "Hiermee komen programma's binnen. Elk handelt namens een dienst of namens jou, en ziet alleen de eigen merken.";
    token_new: "New token", "Nieuw token";
    token_name: "What it is called", "Hoe het heet";
    token_scopes: "What it may do", "Wat het mag";
    token_brands: "For which brands (none is all)", "Voor welke merken (geen is alle)";
    token_days: "How many days it holds", "Hoeveel dagen het geldt";
    token_mine: "It acts in my name", "Het handelt namens mij";
    token_make: "Make it", "Maak het";
    token_made: "This is shown once. Keep it where secrets are kept.",
        "Dit wordt één keer getoond. Bewaar het waar geheimen horen.";
    token_wall: "Open this link on the screen. Whoever has it sees the wallboard and nothing else; taking the token back closes it.",
        "Open deze link op het scherm. Wie hem heeft, ziet het wandbord en niets anders; het token intrekken sluit hem.";
    token_revoke: "Take it back", "Trek het in";
    token_acts_as: "acts as", "handelt als";
    token_until: "until", "tot";
    token_used: "last used", "laatst gebruikt";
    token_unused: "never used", "nooit gebruikt";
    token_none: "There are none.", "Er zijn er geen.";
    tokenstate_good: "good", "geldig";
    tokenstate_ended: "ended", "verlopen";
    tokenstate_revoked: "taken back", "ingetrokken";
    scope_wall: "show the wallboard by a link, numbers alone", "het wandbord tonen met een link, alleen getallen";
    scope_read: "read, with personal data covered", "lezen, met persoonsgegevens afgedekt";
    scope_read_personal: "read personal data", "persoonsgegevens lezen";
    scope_act: "work on cases", "aan zaken werken";
    scope_answer: "answer customers", "klanten antwoorden";
    scope_lead: "what only leads may", "wat alleen leiders mogen";
    scope_admin: "people and tokens", "mensen en tokens";
    scope_account: "look after my second factors, log-ins and tokens", "mijn tweede factoren, aanmeldingen en tokens beheren";
}
