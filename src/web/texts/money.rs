//! What platforms charge, and what must be done by hand there.

super::texts! { MoneyTexts;
    sourcestate_wants_money: "the platform wants money", "het platform wil geld";
    sourcestate_capped: "the platform's own cap on use is reached", "de gebruikslimiet van het platform is bereikt";
    sourcestate_over_budget: "our budget of this month is used up", "ons budget voor deze maand is op";
    source_money: "Spent this month", "Uitgegeven deze maand";
    source_money_of: "of", "van";
    source_money_none: "no budget is set", "er is geen budget ingesteld";
    source_money_near: "Four fifths of the budget are used up; reading ends when all of it is, answers go on.", "Vier vijfde van het budget is op; als alles op is stopt het lezen, antwoorden gaan door.";
    source_money_spent: "The budget is used up: nothing is read until next month, answers go on.", "Het budget is op: er wordt tot volgende maand niets gelezen, antwoorden gaan door.";
    reply_by_hand: "The platform lets no program answer this post, for its author neither named nor quoted the account. Sent from here, it waits as a task until somebody posts it:", "Het platform laat geen programma op dit bericht antwoorden, want de schrijver heeft het account niet genoemd of geciteerd. Vanaf hier verstuurd wacht het als taak tot iemand het plaatst:";
    reply_by_hand_open: "open the answer there", "open het antwoord daar";
    unit_post_read: "posts read", "gelezen berichten";
    unit_owned_read: "own mentions and posts read", "gelezen eigen vermeldingen en berichten";
    unit_user_read: "profiles read", "gelezen profielen";
    unit_message_read: "private messages read", "gelezen privéberichten";
    unit_post_event: "posts delivered", "bezorgde berichten";
    unit_message_event: "private messages delivered", "bezorgde privéberichten";
    unit_delete_event: "deletions delivered", "bezorgde verwijderingen";
    unit_answer: "answers", "antwoorden";
    unit_post: "other posts", "andere berichten";
    unit_post_with_link: "posts with a link", "berichten met een link";
    unit_message: "private messages sent", "verstuurde privéberichten";
    unit_hide: "replies hidden or shown again", "verborgen of weer getoonde reacties";
    approved_title: "Approved templates, for when the customer's last message is too long ago", "Goedgekeurde sjablonen, voor als het laatste bericht van de klant te lang geleden is";
    approved_hint: "Put words in the place of each {{…}} and change nothing else: then it goes as the template, also when the window is closed. Each costs money.", "Vul op de plaats van elke {{…}} iets in en verander verder niets: dan gaat het als sjabloon, ook als het venster dicht is. Elk kost geld.";
    approved_is: "It goes as an approved template, without a signature.", "Het gaat als goedgekeurd sjabloon, zonder ondertekening.";
    unit_template_utility: "templates about something under way", "sjablonen over iets lopends";
    unit_template_marketing: "templates that sell", "sjablonen die verkopen";
    unit_template_authentication: "templates with a code", "sjablonen met een code";
    sourcestate_off: "off", "uit";
}
