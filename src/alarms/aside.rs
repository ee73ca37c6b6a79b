//! Cards with buttons that the bot could not deliver: another channel tells them, those of a round in one message, and
//! what goes to several people once, with their names. A card that there is nothing to do about any more is left out.

use super::deliver::{ChannelDeliver, key, not_read, told};
use super::notice::Notice;
use crate::chat::elsewhere::{self, Aside};
use crate::chat::texts::Lang;
use crate::domain::delivery::Outcome;
use crate::domain::time::Timestamp;
use crate::domain::unseen::marked;
use crate::outbox::held_back;
use crate::store::rows::ActionRow;

/// What stands in place of a remote id where there is nothing to do any more.
const OVER: &str = "not needed: there is nothing to do any more";

impl ChannelDeliver {
    /// Tells cards, and what came of each.
    pub(super) async fn asides(&self, actions: &[&ActionRow], now: Timestamp) -> Vec<Outcome> {
        let (mut lines, mut outcomes, mut ids) = (Lines::default(), Vec::new(), Vec::new());
        for action in actions {
            outcomes.push(match elsewhere::told(&self.db, &self.look, action, now).await {
                Ok(Some(aside)) => {
                    lines.add(aside);
                    ids.push(action.id.as_str());
                    None
                }
                Ok(None) => Some(Outcome::Done { remote_id: OVER.to_owned(), at: None }),
                Err(error) => Some(not_read(&error)),
            });
        }
        let sent = match held_back(&self.db).await {
            _ if ids.is_empty() => Outcome::Done { remote_id: OVER.to_owned(), at: None },
            Some(held) => held,
            None => {
                let again = actions.iter().any(|a| a.repeat_marked == 1);
                let (key, lang) = (key(&mut ids), self.look.lang);
                let title = lang.bot_does_not_get_through().to_owned();
                let words = lines.words(lang, again);
                let notice = Notice { key, title, words, items: Vec::new(), at: now, lang, rings: false };
                self.channel.send(&notice).await
            }
        };
        let each = outcomes.into_iter().zip(actions);
        each.map(|(outcome, action)| outcome.unwrap_or_else(|| told(&sent, action, now))).collect()
    }
}

/// What is told, each once, with those for whom it is.
#[derive(Default)]
struct Lines(Vec<(Aside, Vec<String>)>);

impl Lines {
    fn add(&mut self, mut aside: Aside) {
        let whom = aside.whom.take();
        let at = self.0.iter().position(|(known, _)| *known == aside).unwrap_or_else(|| {
            self.0.push((aside, Vec::new()));
            self.0.len() - 1
        });
        let names = &mut self.0[at].1;
        if let Some(whom) = whom
            && !names.contains(&whom)
        {
            names.push(whom);
        }
    }

    fn words(&self, lang: Lang, again: bool) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (aside, names) in &self.0 {
            let what = marked(&aside.what);
            lines.push(match names.as_slice() {
                [] => what,
                names => lang.for_whom(&marked(&names.join(", ")), &what),
            });
            lines.push(aside.url.clone());
        }
        if again {
            lines.push(lang.maybe_again().to_owned());
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_several_people_is_one_line_with_their_names() {
        let aside = |whom: Option<&str>, what: &str| Aside {
            whom: whom.map(ToOwned::to_owned),
            what: what.to_owned(),
            url: "https://care.example/c/1".to_owned(),
        };
        let mut lines = Lines::default();
        for (whom, what) in
            [(Some("Jan"), "a"), (Some("K\u{202e}im"), "a"), (None, "a"), (Some("Jan"), "a"), (None, "b")]
        {
            lines.add(aside(whom, what));
        }
        let url = "https://care.example/c/1";
        assert_eq!(lines.words(Lang::En, false), format!("For Jan, K[U+202E]im: a\n{url}\nb\n{url}"));
        assert!(lines.words(Lang::Nl, true).starts_with("Voor Jan, "));
        assert!(lines.words(Lang::Nl, true).ends_with("\n(herhaald)"));
    }
}
