//! Parts of rows, for statements that write fewer columns than a row has.

use super::rows::{CaseRow, ObligationRow};

/// Some fields of a row as a JSON array, in the order in which one statement wants them.
macro_rules! some {
    ($(#[$doc:meta])* $name:ident of $whole:ident { $($field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<'a>(pub &'a $whole);
        impl serde::Serialize for $name<'_> {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeTuple;
                let count = [$(stringify!($field)),*].len();
                let mut array = to.serialize_tuple(count)?;
                $(array.serialize_element(&self.0.$field)?;)*
                array.end()
            }
        }
    };
}

some!(
    /// What may change in a case that keeps its place in the indexes.
    QuietCase of CaseRow {
        id, historic, state, state_since, urgency, intent, language, needs_private, first_mention_id, received_at,
        last_message_at, first_answer_at, version, changed_at, snoozed_until, course,
    }
);

some!(
    /// What a case holds that was just made and to which nothing has happened ([`CaseRow::is_as_made`]).
    MadeCase of CaseRow {
        id, brand_id, number, conversation_id, author_id, previous_case_id, first_mention_id, platform, channel,
        private, historic, sample, state, open, state_since, level, urgency, intent, language, needs_answer,
        needs_private, policy, policy_version, opened_at, received_at, last_message_at, due_at, version, changed_at,
    }
);

some!(
    /// What a clock holds that was just opened and runs.
    OpenedClock of ObligationRow {
        case_id, wait, brand_id, kind, policy, policy_version, mention_id, started_at, target_ms, due_at, warn_at,
        next_at, calendar,
    }
);
