//! The words about the front door: second factors, passkeys, a provider.

super::texts! { DoorTexts;
    second: "Second factor", "Tweede factor";
    second_hint: "Type the six digits that your app shows now, or one of your recovery codes.",
        "Typ de zes cijfers die je app nu toont, of een van je herstelcodes.";
    second_only_passkey: "You have passkeys and no app for codes: show one of them. If you have lost them, ask an admin to reset your second factor.",
        "Je hebt passkeys en geen app voor codes: toon er een. Ben je ze kwijt, vraag dan een beheerder om je tweede factor te wissen.";
    code: "Code", "Code";
    prove_first: "You showed more than ten minutes ago who you are, and this wants it anew. Do it in another tab: what is on this page stays.", "Je hebt langer dan tien minuten geleden laten zien wie je bent, en dit vraagt het opnieuw. Doe het in een ander tabblad: wat op deze pagina staat, blijft.";
    prove_go: "Show that it is you", "Laat zien dat jij het bent";
    code_wrong: "The code is wrong, or was used already.", "De code klopt niet, of is al gebruikt.";
    late: "That took too long, or was done already. Log in again.", "Dat duurde te lang, of was al gedaan. Log opnieuw in.";
    language: "Language of the pages", "Taal van de pagina's";
    zone: "Time zone", "Tijdzone";
    zone_team: "The team's", "Die van het team";
    zone_hint: "Times on pages are shown in it, and times that you type are meant in it. While it is the team's, a browser shows times in its own zone and says beside a field which one is meant.",
        "Tijden op pagina's staan in deze zone, en tijden die je typt zijn zo bedoeld. Zolang het die van het team is, toont de browser tijden in zijn eigen zone en zegt hij bij een veld welke bedoeld is.";
    language_browser: "As the browser asks", "Wat de browser vraagt";
    go_on: "Go on", "Verder";
    ways: "Second factor and passkeys", "Tweede factor en passkeys";
    ways_none: "none yet", "nog geen";
    ways_app: "an app for codes", "een app voor codes";
    ways_passkey: "one passkey", "één passkey";
    ways_passkeys: "passkeys", "passkeys";
    must: "Your role wants a second factor. Set one up here; everything else waits for it.",
        "Je rol vereist een tweede factor. Stel er hier een in; al het andere wacht daarop.";
    app: "App for codes", "App voor codes";
    app_hint: "An app on your phone shows six digits, new ones every thirty seconds. After the password you type them here. It works without scripts.",
        "Een app op je telefoon toont zes cijfers, elke dertig seconden nieuwe. Na het wachtwoord typ je ze hier. Dit werkt zonder scripts.";
    app_begin: "Set an app up", "Stel een app in";
    app_scan: "Let the app read this picture, or type the secret into it. Then type the first code that it shows.",
        "Laat de app dit plaatje lezen, of typ het geheim erin. Typ daarna de eerste code die hij toont.";
    app_picture: "Picture for the app", "Plaatje voor de app";
    app_secret: "Secret", "Geheim";
    app_confirm: "Confirm", "Bevestigen";
    app_on: "An app is set up.", "Er is een app ingesteld.";
    app_left: "Recovery codes left", "Herstelcodes over";
    app_remove: "Remove the app", "Verwijder de app";
    codes: "Recovery codes", "Herstelcodes";
    codes_hint: "Each of these lets you in once in place of the app. They are shown only now: print them, or write them down, and keep them apart from your phone.",
        "Elk van deze laat je één keer binnen in plaats van de app. Ze worden alleen nu getoond: druk ze af of schrijf ze op, en bewaar ze niet bij je telefoon.";
    codes_new: "Make new recovery codes", "Maak nieuwe herstelcodes";
    codes_done: "I have kept them", "Ik heb ze bewaard";
    passkeys: "Passkeys", "Passkeys";
    passkeys_hint: "A passkey is kept by your device or a key that you carry, and opens by finger, face or PIN. It lets you in by itself. Passkeys need scripts; password and code work without.",
        "Een passkey zit in je apparaat of in een sleutel die je bij je hebt, en opent met vinger, gezicht of pincode. Je komt er zonder meer mee binnen. Passkeys hebben scripts nodig; wachtwoord en code werken zonder.";
    passkeys_no: "Passkeys need a console under a name with https; this one has none.",
        "Passkeys vereisen een console onder een naam met https; deze heeft die niet.";
    passkeys_no_scripts: "Your browser runs no scripts here, so you cannot use passkeys.",
        "Je browser draait hier geen scripts, dus passkeys kun je niet gebruiken.";
    passkey_name: "What you call it", "Hoe je hem noemt";
    passkey_add: "Add a passkey", "Passkey toevoegen";
    passkey_since: "since", "sinds";
    passkey_used: "last used", "laatst gebruikt";
    passkey_unused: "not used yet", "nog niet gebruikt";
    passkey_remove: "Remove", "Verwijderen";
    passkey_enter: "Log in with a passkey", "Inloggen met een passkey";
    passkey_prove: "Show a passkey", "Toon een passkey";
    passkey_wrong: "The passkey was not accepted. Try again.", "De passkey is niet geaccepteerd. Probeer het opnieuw.";
    passkey_failed: "No passkey was shown.", "Er is geen passkey getoond.";
    reset: "Reset second factor", "Wis tweede factor";
    told_title: "This was done to your account", "Dit is met je account gedaan";
    told_ok: "I have read it", "Gelezen";
    told_factors_reset: "An admin took your second factor and your passkeys away. If you did not ask for that, tell them at once.",
        "Een beheerder heeft je tweede factor en je passkeys gewist. Heb je daar niet om gevraagd, meld dat dan meteen.";
    told_factor_added: "An app for codes was added to your account. If that was not you, tell an admin at once.",
        "Er is een app voor codes aan je account toegevoegd. Was jij dat niet, meld dat dan meteen aan een beheerder.";
    told_factor_removed: "The app for codes was removed from your account. If that was not you, tell an admin at once.",
        "De app voor codes is van je account verwijderd. Was jij dat niet, meld dat dan meteen aan een beheerder.";
    told_passkey_added: "A passkey was added to your account. If that was not you, tell an admin at once.",
        "Er is een passkey aan je account toegevoegd. Was jij dat niet, meld dat dan meteen aan een beheerder.";
    told_passkey_removed: "A passkey was removed from your account. If that was not you, tell an admin at once.",
        "Er is een passkey van je account verwijderd. Was jij dat niet, meld dat dan meteen aan een beheerder.";
    provider_prove: "Show it at your organisation", "Toon het bij je organisatie";
    provider_out: "You are logged out here.", "Je bent hier uitgelogd.";
    provider_out_too: "Log out there as well", "Log daar ook uit";
    provider_failed: "Logging in by your organisation did not work. Try again; an admin finds the reason in the log.",
        "Inloggen via je organisatie is niet gelukt. Probeer het opnieuw; een beheerder vindt de reden in het logboek van de server.";
    provider_no: "Your organisation knows you, but you may not come in here. Ask an admin.",
        "Je organisatie kent je, maar je mag hier niet binnen. Vraag een beheerder.";
    provider_only: "Passwords let nobody in but the one who always comes in.",
        "Met een wachtwoord komt niemand binnen, behalve wie altijd binnen mag.";
    or: "or", "of";
}

impl DoorTexts {
    /// What was done to an account, in words.
    pub fn told(&self, what: &str) -> String {
        self.named(&format!("told_{what}")).unwrap_or(what).to_owned()
    }
}
