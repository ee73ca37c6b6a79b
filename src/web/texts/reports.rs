//! The words around reports to leads. The reports themselves are in English, like those of the command line.

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
    cut: "Only the first 500 are shown.", "Alleen de eerste 500 staan hier.";
}
