//! Answers that went in parts: which post and which action is part of what, so that a page shows them as one.

use super::thread::{Post, link};
use crate::store::console::ShownAnswer;
use crate::store::part::{self, PartRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};
use crate::web::inbox::words;
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use std::collections::HashMap;

/// What of a case is in parts, by action.
#[derive(Debug, Default)]
pub struct Found(HashMap<String, PartRow>);

/// A part that goes on an answer.
pub struct Further {
    /// Which it is.
    pub label: String,
    /// When it was posted; none while it waits.
    pub at: Option<Moment>,
    /// Its words, while they stand.
    pub text: Option<Shown>,
    /// Why there are none.
    pub gone: Option<&'static str>,
    /// Where the platform shows it.
    pub url: Option<String>,
}

/// Reads what of a case is in parts.
pub async fn load(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Found, StoreError> {
    let rows = part::of_case(tx, brand_id, case_id).await?;
    Ok(Found(rows.into_iter().map(|row| (row.action_id.clone(), row)).collect()))
}

impl Found {
    fn of(&self, action: Option<&str>) -> Option<&PartRow> {
        self.0.get(action?)
    }

    /// Which part an action is, if it is one: `part 2 of 3`.
    pub fn label(&self, action: &str, t: &Texts) -> Option<String> {
        self.of(Some(action)).map(|row| label(row, t))
    }

    /// Whether an action waits behind another part, with which it is shown.
    pub fn waits(&self, action: &ActionRow, effects: &[ActionRow]) -> bool {
        let Some(row) = self.of(Some(action.id.as_str())) else { return false };
        let ahead = |a: &ActionRow| {
            self.of(Some(a.id.as_str())).is_some_and(|p| p.first_id == row.first_id && p.n < row.n)
                && a.state != "done"
        };
        action.state == "ready" && effects.iter().any(ahead)
    }

    /// The parts that wait behind an action, in order.
    pub fn behind(
        &self,
        action: &ActionRow,
        (effects, contents): (&[ActionRow], &HashMap<String, String>),
        t: &'static Texts,
    ) -> Vec<Further> {
        let Some(row) = self.of(Some(action.id.as_str())) else { return Vec::new() };
        let mut rest: Vec<(&PartRow, &ActionRow)> = effects
            .iter()
            .filter_map(|a| Some((self.of(Some(a.id.as_str()))?, a)))
            .filter(|(p, a)| p.first_id == row.first_id && p.n > row.n && self.waits(a, effects))
            .collect();
        rest.sort_by_key(|(p, _)| p.n);
        let further = |(p, a): (&PartRow, &ActionRow)| Further {
            label: format!("{}: {}", label(p, t), t.files().split_waits),
            at: None,
            text: contents.get(&format!("{}/text", a.id)).map(|text| Shown::plain(text)),
            gone: None,
            url: None,
        };
        rest.into_iter().map(further).collect()
    }

    /// Puts our posts that go on an answer below its first part, where that is shown too. Posts come with their places.
    pub fn joined<K>(
        &self,
        answers: &[ShownAnswer],
        posts: Vec<(K, Post)>,
        t: &'static Texts,
    ) -> Vec<(K, Post)> {
        let of = |a: &ShownAnswer| self.of(a.action_id.as_deref());
        let begins = |first: &str| answers.iter().any(|a| a.action_id.as_deref() == Some(first));
        let mut shown = Vec::with_capacity(posts.len());
        for (answer, (place, mut post)) in answers.iter().zip(posts) {
            match of(answer) {
                Some(row) if row.n > 1 && begins(&row.first_id) => continue,
                Some(row) if row.n == 1 => post.further = self.after(row, answers, t),
                _ => {}
            }
            shown.push((place, post));
        }
        shown
    }

    fn after(&self, first: &PartRow, answers: &[ShownAnswer], t: &'static Texts) -> Vec<Further> {
        let mut rest: Vec<(&PartRow, &ShownAnswer)> = answers
            .iter()
            .filter_map(|a| Some((self.of(a.action_id.as_deref())?, a)))
            .filter(|(p, _)| p.first_id == first.first_id && p.n > 1)
            .collect();
        rest.sort_by_key(|(p, _)| p.n);
        let further = |(p, a): (&PartRow, &ShownAnswer)| {
            let text = words(a.body.as_deref()).filter(|_| a.deleted_at.is_none());
            Further {
                label: label(p, t),
                at: Some(Moment::of(a.posted_at)),
                gone: match (&text, a.deleted_at) {
                    (Some(_), _) => None,
                    (None, Some(_)) => Some(t.us_removed),
                    (None, None) => Some(t.no_text),
                },
                text: text.map(|text| Shown::plain(&text)),
                url: link(a.body.as_deref()),
            }
        };
        rest.into_iter().map(further).collect()
    }
}

fn label(row: &PartRow, t: &Texts) -> String {
    let words = t.files();
    format!("{} {} {} {}", words.split_part, row.n, words.split_of, row.parts)
}
