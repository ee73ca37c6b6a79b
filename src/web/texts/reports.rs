//! The words around reports to leads; those of the reports themselves are in `reports::words`.

super::texts! { ReportsTexts;
    reports: "Reports", "Rapporten";
    monday: "Monday page", "Maandagpagina";
    period: "Period", "Periode";
    daily: "yesterday", "gisteren";
    weekly: "last week", "vorige week";
    monthly: "last month", "vorige maand";
    how: "What is counted, and how", "Wat er geteld wordt, en hoe";
    behind: "The cases of a figure", "De zaken achter een getal";
    kept: "in time", "op tijd";
    late: "late", "te laat";
    none: "No case.", "Geen zaak.";
    sent: "Reports as sent", "Rapporten zoals verzonden";
    sent_hint: "The figures as they were mailed; later corrections never change them and stand beside them.",
        "De cijfers zoals ze zijn gemaild; latere correcties veranderen ze niet en staan ernaast.";
    sent_none: "No report was mailed yet.", "Er is nog geen rapport gemaild.";
    sent_at: "Sent", "Verzonden";
    letter: "Letter", "Brief";
    kind: "Kind", "Soort";
    figure: "Figure", "Cijfer";
    as_sent: "as sent", "zoals verzonden";
    now: "now", "nu";
    corrected: "corrected", "gecorrigeerd";
    corrected_since: "corrected since", "sindsdien gecorrigeerd";
    unchanged: "nothing was corrected since", "sindsdien is niets gecorrigeerd";
    notes: "Noted of these days", "Genoteerd bij deze dagen";
    notes_none: "Nothing was noted of these days.", "Bij deze dagen is niets genoteerd.";
    note: "Note", "Notitie";
    note_hint: "Such as a strike or a sale; without names of people, for it stands in mails.",
        "Zoals een staking of een actie; zonder namen van mensen, want het staat in mails.";
    note_remove: "Remove", "Verwijderen";
    day: "Day", "Dag";
    forecast: "Forecast", "Verwachting";
    public_figure: "Public figure", "Openbaar cijfer";
    public_hint: "What anybody may read: how soon an answer comes, rounded up. Frozen, it stays what it is until it goes on.",
        "Wat iedereen mag lezen: hoe snel er een antwoord komt, naar boven afgerond. Bevroren blijft het staan tot het verder gaat.";
    frozen: "Frozen since", "Bevroren sinds";
    freeze: "Freeze", "Bevriezen";
    thaw: "Let it go on", "Verder laten gaan";
    helpers: "Helpers", "Helpers";
    helper: "Helper", "Helper";
    helper_points: "Points", "Punten";
    helper_answers: "Answers", "Antwoorden";
    helper_accepted: "marked as the solution", "als oplossing gemarkeerd";
    helper_liked: "well received", "goed ontvangen";
    helper_capped: "cut by a cap", "door een plafond beperkt";
    helper_void: "without points", "zonder punten";
    helper_none: "No member answered in these days.", "In deze dagen heeft geen lid geantwoord.";
    helper_rules: "Points", "Punten";
    helper_day_max: "at most a day", "hoogstens per dag";
    helper_week_max: "a week", "per week";
    helper_pair_max: "answers to the same member a week", "antwoorden aan hetzelfde lid per week";
    staff: "Team", "Team";
    staff_hint: "Answers that were given, and promised answers that were due in these days. How long anybody took is not counted by person, and nobody is put in an order by it.",
        "Gegeven antwoorden, en beloofde antwoorden die in deze dagen verwacht werden. Hoe lang iemand erover deed wordt niet per persoon geteld, en niemand staat er in een rangorde door.";
    staff_few: "Fewer than five people worked in these days; of so few nothing is told together.",
        "In deze dagen werkten minder dan vijf mensen; van zo weinig wordt samen niets verteld.";
    staff_few_own: "Five people worked in these days; whoever took their own figures away would be left with four, so nothing is told together.",
        "In deze dagen werkten vijf mensen; wie de eigen cijfers eraf trekt, houdt er vier over, dus wordt samen niets verteld.";
    staff_month: "Of groups only a whole month that is over is told, so that nobody's day can be told by difference.",
        "Van groepen wordt alleen een hele maand verteld die voorbij is, zodat niemands dag uit het verschil te lezen is.";
    staff_last: "Last month", "Vorige maand";
    staff_mine: "Your own", "Van jezelf";
    staff_named: "By name", "Op naam";
    staff_others: "other roles", "andere rollen";
    staff_people: "People", "Mensen";
    staff_answers: "Answers", "Antwoorden";
    from_day: "From", "Van";
    to_day: "To", "Tot en met";
    show: "Show", "Toon";
    cut: "Only the first 500 are shown.", "Alleen de eerste 500 staan hier.";
}
