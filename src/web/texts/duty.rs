//! The words about duty.

super::texts! { DutyTexts;
    duty: "Duty", "Dienst";
    duty_now: "On duty now", "Nu in dienst";
    duty_nobody: "Nobody is on duty.", "Er is niemand in dienst.";
    duty_ahead: "Next", "Straks";
    duty_none_ahead: "Nothing is planned for the next day and a half.", "Voor de komende anderhalve dag is niets gepland.";
    duty_im_on: "I'm on", "Ik ben aan";
    duty_im_off: "I'm off", "Ik ben uit";
    duty_until: "Until", "Tot";
    duty_until_hint: "Left empty: the end of the brand's hours, or eight hours.",
        "Leeg: het einde van de uren van het merk, of acht uur.";
    duty_languages: "Languages", "Talen";
    duty_languages_hint: "Codes such as nl, en. Left empty: those of the last time.",
        "Codes zoals nl, en. Leeg: die van de vorige keer.";
    duty_sectors: "Sectors", "Sectoren";
    duty_who: "Who", "Wie";
    duty_from: "From", "Van";
    duty_as: "As", "Als";
    duty_buddy: "buddy", "buddy";
    duty_of: "of", "van";
    duty_passed: "answers passed unchanged", "antwoorden gingen ongewijzigd weg";
    duty_all: "all", "alle";
    duty_planned: "planned", "gepland";
    duty_stated: "said so", "zelf gezegd";
    dutyrole_agent: "agent", "medewerker";
    dutyrole_lead: "lead", "leiding";
    dutyrole_guest: "guest", "gast";
    dutyrole_newcomer: "newcomer", "nieuw";
    duty_said_on: "You are on.", "Je bent aan.";
    duty_said_off: "You are off. Thank you.", "Je bent uit. Bedankt.";
    duty_was_off: "You were not on.", "Je was niet aan.";
    duty_history: "What was said", "Wat er gezegd is";
    duty_on: "on", "aan";
    duty_off: "off", "uit";
    duty_plans: "Plans", "Roosters";
    duty_read_at: "read", "gelezen";
    duty_shifts: "shifts", "diensten";
    duty_wrong: "lines were passed over", "regels zijn overgeslagen";
    coverage: "Coverage", "Bezetting";
    coverage_hint: "Each hour of the week ahead: how many on duty read the language; small, how many cases to answer such an hour brought. Outlined: somebody is owed an answer and nobody is there. Grey: no clock runs.",
        "Elk uur van de komende week: hoeveel mensen in dienst de taal lezen; klein, hoeveel zaken met antwoord zo'n uur bracht. Omlijnd: iemand wacht en er is niemand. Grijs: er loopt geen klok.";
    coverage_none: "No brand promises a language.", "Geen merk belooft een taal.";
    coverage_tightest: "tightest promise, minutes:", "krapste belofte, minuten:";
    coverage_gaps: "Nobody there", "Niemand aanwezig";
    coverage_no_gaps: "No gaps.", "Geen gaten.";
    coverage_day: "Day", "Dag";
    coverage_zone: "Times in", "Tijden in";
    coverage_gap: "nobody", "niemand";
}
