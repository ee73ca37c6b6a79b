//! The words about alerts that were held back.

super::texts! { AlertTexts;
    held: "Alerts held back", "Achtergehouden meldingen";
    until: "until", "tot";
    held_quiet: "quiet hours", "stille uren";
    held_limit: "enough messages for this hour", "genoeg berichten voor dit uur";
}
