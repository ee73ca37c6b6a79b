//! Commands that act on a case named by its number: take it, hand it to a colleague, put it away, tie it
//! to a ticket, promise something, find the way into a private channel, resolve it, give goodwill, mark a formal complaint, and
//! what concerns the front office.
//!
//! They act on the case as it is now, for nothing was shown; whoever has it is asked by casework. What is
//! said back names case, colleague and ticket, never the customer nor anything they wrote.

use super::card::Look;
use super::handle::{Handler, actor, changes, may};
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::texts::Lang;
use crate::casework::{Act, CaseworkError};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::chat::Presser;
use crate::store::rows::CaseRow;
use crate::store::{StoreError, case};

/// The longest that a case can be put away from the chat.
const SNOOZE_MAX: Span = Span::days(14);

/// What a command names.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    brand: Option<&'a str>,
    number: i64,
    rest: &'a str,
}

impl Handler {
    /// Carries out one of the commands; nothing where what it shows is the answer.
    pub(super) async fn work(
        &self,
        a: &Asking,
        word: &str,
        rest: &str,
        brands: &[String],
    ) -> Result<Option<Rich>, StoreError> {
        let one = |text: String| Ok(Some(Rich { lines: vec![Line::plain(text).cut(600)] }));
        let Some(presser) = a.person.as_ref().filter(|p| may(p, Right::Work)) else {
            self.note_refused(a.person.as_ref(), Right::Work, word).await?;
            return one(a.mine.lang.not_allowed().to_owned());
        };
        let (case, rest) = match self.named_case(a, word, rest, brands).await? {
            Ok(found) => found,
            Err(why) => return one(why),
        };
        match word {
            "/private" => self.private_of(a, presser, &case).await,
            "/promise" => one(self.promise(a, presser, &case, &rest).await?),
            "/kept" => one(self.kept(a, presser, &case, &rest).await?),
            "/resolve" => self.resolve(a, presser, &case, &rest).await,
            "/goodwill" => self.goodwill(a, presser, &case, &rest).await,
            "/complaint" => self.complaint(a, presser, &case, &rest).await,
            "/tickets" => self.tickets(a, presser, &case, &rest).await.map(Some),
            "/contact" => one(self.contact(a, presser, &case, &rest).await?),
            "/sector" => one(self.sector(a, presser, &case, &rest).await?),
            "/finding" => one(self.finding(a, presser, &case, &rest).await?),
            "/thanks" => one(self.card_written(a, presser, &case, &rest).await?),
            _ => one(self.worked(a, presser, (word, &rest, brands), &case).await?),
        }
    }

    /// The case that a command names, and what follows; or what is said where it names none.
    async fn named_case(
        &self,
        a: &Asking,
        word: &str,
        rest: &str,
        brands: &[String],
    ) -> Result<Result<(CaseRow, String), String>, StoreError> {
        let t = a.here.lang;
        let catalogue = self.casework.catalogue().get();
        let name_of = |id: &str| catalogue.brand(id).map(|w| w.brand.name.clone()).unwrap_or_default();
        let is_brand = |text: &str| brands.iter().any(|b| name_of(b).eq_ignore_ascii_case(text));
        let Some(named) = named(rest, is_brand) else { return Ok(Err(t.tell_which(word))) };
        if let Some(how) = how_to(t, word, named.rest) {
            return Ok(Err(how));
        }
        let of = |b: &&String| named.brand.is_none_or(|n| name_of(b).eq_ignore_ascii_case(n));
        let mut found = self.numbered(brands.iter().filter(of).cloned().collect(), named.number).await?;
        Ok(match (found.pop(), found.first()) {
            (None, _) => Err(t.no_such_case(named.number)),
            (Some(only), None) => Ok((only, named.rest.to_owned())),
            (_, Some(other)) => {
                let brand = super::text::cut(&name_of(&other.brand_id), 40);
                Err(t.several_brands(named.number, word, brand))
            }
        })
    }

    async fn worked(
        &self,
        a: &Asking,
        presser: &Presser,
        (word, rest, brands): (&str, &str, &[String]),
        case: &CaseRow,
    ) -> Result<String, StoreError> {
        let mine = a.mine.lang;
        let now = self.deliver.clock.now();
        let act = match wanted(mine, word, rest, &self.systems(brands), now) {
            Ok(act) => act,
            Err(why) => return Ok(why),
        };
        let act = match act {
            Act::LinkTicket { system, ticket, seen } if system.is_empty() => {
                match self.casework.ticket_systems(&case.brand_id).as_slice() {
                    [one] => Act::LinkTicket { system: one.clone(), ticket, seen },
                    [] => return Ok(mine.no_ticket_system().to_owned()),
                    several => return Ok(mine.name_ticket_system(several.join(", "))),
                }
            }
            act => act,
        };
        if matches!(act, Act::Claim { .. }) && case.claimed_by.as_deref() == Some(presser.id.as_str()) {
            return Ok(mine.did_already().to_owned());
        }
        let done = self
            .casework_of(presser)
            .act(&case.brand_id, &case.id, case.version, &actor(presser), act.clone())
            .await;
        self.follow.notify_one();
        Ok(match done {
            Ok(case) => told(&a.here, &act, &case, now),
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(CaseworkError::Stale { since, .. }) => mine.stale_ask(changes(mine, &since)),
            Err(other) => mine.not_possible(mine.refusal(&other)),
        })
    }

    /// The ticket systems that any of these brands has.
    fn systems(&self, brands: &[String]) -> Vec<String> {
        brands.iter().flat_map(|b| self.casework.ticket_systems(b)).collect()
    }

    /// The cases of that number, one a brand.
    async fn numbered(&self, brands: Vec<String>, number: i64) -> Result<Vec<CaseRow>, StoreError> {
        let read = self.deliver.db.read("looking a case up by number", move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for brand in &brands {
                    if let Some(id) = case::by_number(tx, brand, number).await?
                        && let Some(row) = case::look(tx, brand, &id).await?
                    {
                        found.push(row);
                    }
                }
                Ok(found)
            })
        });
        read.await
    }
}

/// What is said once it is done.
fn told(look: &Look, act: &Act, case: &CaseRow, now: Timestamp) -> String {
    let (t, n) = (look.lang, case.number);
    match act {
        Act::Assign { to, .. } => t.handed_to(n, super::text::cut(to, 60)),
        Act::Snooze { until } => t.is_away(n, look.time_from(*until, now)),
        Act::LinkTicket { system, ticket, .. } => t.tied_to(n, super::text::cut(ticket, 60), system),
        _ => t.is_yours(n),
    }
}

/// How a command is meant, where what stands behind the case says too little. It is told before the case is looked for.
fn how_to(t: Lang, word: &str, rest: &str) -> Option<String> {
    let how = match word {
        "/assign" | "/handover" if rest.is_empty() => t.tell_whom(),
        "/snooze" if span(rest).is_none() => t.tell_how_long(),
        "/link" if rest.is_empty() => t.tell_ticket(),
        "/promise" if rest.is_empty() => t.tell_promise(),
        "/contact" if rest.is_empty() => t.tell_contact(),
        "/finding" if rest.is_empty() => t.tell_finding(),
        _ => return None,
    };
    Some(how.to_owned())
}

/// Brand, number and what follows: `12 eva`, `#12 eva`, `Acme 12 eva`, `Acme & Co #12 eva`.
fn named(text: &str, is_brand: impl Fn(&str) -> bool) -> Option<Named<'_>> {
    let text = text.trim();
    let mut at = 0;
    for word in text.split_whitespace() {
        let start = at + text[at..].find(word)?;
        at = start + word.len();
        let number = word.trim_start_matches('#').parse::<i64>().ok().filter(|n| *n > 0);
        let brand = text[..start].trim_end_matches('#').trim();
        match number {
            Some(number) if brand.is_empty() || is_brand(brand) => {
                let brand = (!brand.is_empty()).then_some(brand);
                return Some(Named { brand, number, rest: text[at..].trim() });
            }
            _ => {}
        }
    }
    None
}

/// The act that a command asks for, or what it should look like. A ticket without a system has an empty one.
fn wanted(t: Lang, word: &str, rest: &str, systems: &[String], now: Timestamp) -> Result<Act, String> {
    let (first, more) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(a, b)| (a, b.trim()));
    match word {
        "/assign" | "/handover" if first.is_empty() => Err(t.tell_whom().to_owned()),
        "/assign" | "/handover" => {
            Ok(Act::Assign { to: first.trim_start_matches('@').to_lowercase(), line: more.to_owned() })
        }
        "/snooze" => match span(rest) {
            Some(span) => Ok(Act::Snooze { until: now.plus(span) }),
            None => Err(t.tell_how_long().to_owned()),
        },
        "/link" if first.is_empty() => Err(t.tell_ticket().to_owned()),
        "/link" => {
            // A system's name may hold blanks; the ticket is the last word.
            let (system, ticket) = rest.rsplit_once(char::is_whitespace).unwrap_or(("", rest));
            let system = system.trim();
            let known = systems.iter().find(|s| s.eq_ignore_ascii_case(system));
            match known {
                Some(known) => {
                    Ok(Act::LinkTicket { system: known.clone(), ticket: ticket.to_owned(), seen: None })
                }
                None if system.is_empty() => {
                    Ok(Act::LinkTicket { system: String::new(), ticket: ticket.to_owned(), seen: None })
                }
                None => {
                    let all = if systems.is_empty() { t.none_word().to_owned() } else { systems.join(", ") };
                    Err(t.no_system(super::text::cut(system, 40), all))
                }
            }
        }
        _ => Ok(Act::Claim { until: None }),
    }
}

/// `15m`, `4h` or `2d`, at most two weeks.
fn span(text: &str) -> Option<Span> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let count: i64 = text.strip_suffix(unit)?.trim().parse().ok().filter(|n| (1..=20_160).contains(n))?;
    let span = match unit {
        'm' => Span::minutes(count),
        'h' | 'u' => Span::hours(count),
        'd' => Span::days(count),
        _ => return None,
    };
    (span <= SNOOZE_MAX).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_named_by_number_and_brand_and_the_rest_follows() {
        let is_brand =
            |text: &str| ["acme", "acme & co", "studio 54"].contains(&text.to_lowercase().as_str());
        let of = |text| named(text, is_brand);
        assert_eq!(of("12 eva"), Some(Named { brand: None, number: 12, rest: "eva" }));
        assert_eq!(of(" #12  eva  hi there"), Some(Named { brand: None, number: 12, rest: "eva  hi there" }));
        assert_eq!(
            of("Acme & Co #12 eva"),
            Some(Named { brand: Some("Acme & Co"), number: 12, rest: "eva" })
        );
        assert_eq!(of("Studio 54 7 eva"), Some(Named { brand: Some("Studio 54"), number: 7, rest: "eva" }));
        for nothing in ["", "eva", "-3", "0", "é é", "Nobody 12"] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_asked_for_is_read_or_told_how() {
        let now = Timestamp(0);
        let systems = ["rt".to_owned(), "Service Desk".to_owned()];
        let link = |rest: &str| match wanted(Lang::En, "/link", rest, &systems, now) {
            Ok(Act::LinkTicket { system, ticket, .. }) => format!("{system}|{ticket}"),
            Ok(other) => format!("{other:?}"),
            Err(why) => why,
        };
        assert_eq!(link("4711"), "|4711");
        assert_eq!(link("RT 4711"), "rt|4711");
        assert_eq!(link("service desk 9"), "Service Desk|9");
        assert_eq!(link("zen 9"), "There is no ticket system 'zen'; there is rt, Service Desk.");
        let snooze = |rest: &str| match wanted(Lang::En, "/snooze", rest, &[], now) {
            Ok(Act::Snooze { until }) => Some(until.millis() / 60_000),
            _ => None,
        };
        assert_eq!((snooze("15m"), snooze("4h"), snooze("14d")), (Some(15), Some(240), Some(20_160)));
        assert_eq!(
            (snooze("15d"), snooze(""), snooze("-1h"), snooze("4é"), snooze("h")),
            (None, None, None, None, None)
        );
        let assign = wanted(Lang::En, "/assign", "@Eva they wait for a call", &[], now);
        let wanted_act = Act::Assign { to: "eva".into(), line: "they wait for a call".into() };
        assert_eq!(assign, Ok(wanted_act));
        assert!(wanted(Lang::En, "/assign", "", &[], now).is_err());
    }
}
