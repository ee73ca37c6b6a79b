//! Talks that were joined to a case, as retention lets the case go: what we said in them, and what they are called.

use super::list;
use super::script::Script;

/// Takes away what we said in talks that were joined to cases, also where somebody typed it on the platform itself.
pub(super) fn words(script: &Script) -> &'static str {
    list!(
        script,
        "DELETE FROM content WHERE id IN (SELECT o.id || '/1' FROM",
        "JOIN cases k ON k.id = j.value->>0
         JOIN conversation v ON v.merged_into = k.conversation_id AND v.merged_as = k.author_id
         JOIN own_post o ON o.conversation_id = v.id
         WHERE o.brand_id = k.brand_id AND NOT EXISTS
            (SELECT 1 FROM cases q WHERE q.brand_id = k.brand_id AND q.conversation_id = k.conversation_id
                AND q.author_id = k.author_id AND q.forgotten_at IS NULL))"
    )
}

/// Takes away what such talks are called, which may be a mail address or a telephone, and whose posts our answers in them
/// and in the case answer or quote; that there were answers stays.
pub(super) fn names(script: &Script) -> [&'static str; 2] {
    [
        list!(
            script,
            "UPDATE conversation SET external_key = 'erased/' || conversation.id WHERE id IN
                (SELECT v.id FROM",
            "JOIN cases k ON k.id = j.value->>0 JOIN conversation v ON v.merged_into = k.conversation_id
             WHERE NOT EXISTS (SELECT 1 FROM cases q WHERE q.conversation_id IN (k.conversation_id, v.id)
                    AND q.forgotten_at IS NULL))"
        ),
        list!(
            script,
            "UPDATE own_post SET in_reply_to = NULL, quotes = NULL WHERE id IN (SELECT o.id FROM",
            "JOIN cases k ON k.id = j.value->>0
             JOIN conversation v ON v.id = k.conversation_id OR v.merged_into = k.conversation_id
             JOIN own_post o ON o.conversation_id = v.id AND o.brand_id = k.brand_id
             WHERE COALESCE(v.merged_as, o.answers_author_id) = k.author_id AND NOT EXISTS
                (SELECT 1 FROM cases q WHERE q.brand_id = k.brand_id AND q.conversation_id = k.conversation_id
                    AND q.author_id = k.author_id AND q.forgotten_at IS NULL))"
        ),
    ]
}
