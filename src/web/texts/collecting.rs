//! The words about what is collected.

super::texts! { CollectingTexts;
    collecting: "Collecting", "Verzamelen";
    collecting_hint: "What others say in a thread, or what one author says anywhere, stands with one case and has no clock. P1 and P2, real questions and what belongs into a private channel still get cases of their own.",
        "Wat anderen in een thread zeggen, of wat één schrijver overal zegt, staat bij één zaak en heeft geen klok. P1 en P2, echte vragen en wat in een privékanaal hoort krijgen nog steeds een eigen zaak.";
    collecting_none: "Nothing is collected.", "Er wordt niets verzameld.";
    collecting_mark: "collects", "verzamelt";
    collectscope_thread: "the thread", "de thread";
    collectscope_author: "the author", "de schrijver";
    collect_set: "Collect", "Verzamelen";
    collect_what: "What", "Wat";
    collect_reason: "Why", "Waarom";
    collect_until: "Until; empty is 14 days for a thread, 90 for an author", "Tot; leeg is 14 dagen voor een thread, 90 voor een schrijver";
    collect_end: "Collect no more", "Niet meer verzamelen";
    collect_since: "since", "sinds";
    collect_by: "by", "door";
    collect_over: "over", "voorbij";
    collect_posts: "posts collected", "berichten verzameld";
    collect_authors: "of authors", "van schrijvers";
    collect_list: "Look at what is collected", "Bekijk wat is verzameld";
    collect_title: "What is collected", "Wat is verzameld";
    collect_empty: "Nothing has been collected yet.", "Er is nog niets verzameld.";
    collect_case: "Case", "Zaak";
    collect_out: "A case of its own", "Een eigen zaak";
    collect_hide: "Hide what is ticked", "Verberg wat is aangevinkt";
    collect_rule: "House rule", "Huisregel";
    collect_tick: "Tick", "Aanvinken";
    collect_hidden: "Asked to be hidden:", "Gevraagd te verbergen:";
    collect_more: "Older ones", "Oudere";
    collect_first: "Newest", "Nieuwste";
    event_collect_begun: "began to collect", "begon te verzamelen";
    event_collect_ended: "ended collecting", "stopte met verzamelen";
    event_moderation_asked: "asked a second person for", "vroeg een tweede persoon om";
    event_collect_released: "took a post out of what is collected", "haalde een bericht uit wat is verzameld";
}
