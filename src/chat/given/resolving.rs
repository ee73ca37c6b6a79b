//! `/resolve 12`: how a case ends, and why its customer came, is proposed as on the console; one press says that it is so.
//! What somebody knows better is said on the console, before or afterwards.

use super::super::handle::Handler;
use super::super::speaking::Asking;
use super::super::text::{Line, Rich, cut};
use super::super::texts::Lang;
use super::asked::{Deed, Said};
use crate::casework::ending::known;
use crate::domain::ending::{Ending, propose, why};
use crate::store::chat::Presser;
use crate::store::rows::CaseRow;
use crate::store::{StoreError, ending, sector, ticket};

/// Longest reason that is taken, in UTF-16 units.
const WHY_UNITS_MAX: usize = 500;

/// The question: how it ends and, where reasons are asked, why they came with how sure that is, in percent.
fn head(t: Lang, number: i64, brand: &str, (ends, sure): (Ending, i64)) -> String {
    let brand = cut(brand, 60);
    if !ends.solved.is_theirs() {
        return t.resolve_ask(number, brand);
    }
    let solved = t.name("solved", ends.solved.code());
    match ends.back_door {
        Some(reason) => {
            t.resolve_ask_why(number, brand, solved, t.name("back_door", reason.code()), sure.to_string())
        }
        None => t.resolve_ask_theirs(number, brand, solved),
    }
}

impl Handler {
    /// `/resolve 12`, or `/resolve 12 why it is solved`.
    pub(in crate::chat) async fn resolve(
        &self,
        a: &Asking,
        presser: &Presser,
        case: &CaseRow,
        rest: &str,
    ) -> Result<Option<Rich>, StoreError> {
        let one = |text: String| Rich { lines: vec![Line::plain(text).cut(600)] };
        let t = a.here.lang;
        let watched = self.casework.catalogue().get().brand(&case.brand_id).cloned();
        let Some(watched) = watched else { return Ok(Some(one(t.no_such_case(case.number)))) };
        if case.open == 0 {
            return Ok(Some(one(t.is_over(case.number, t.name("state", &case.state)))));
        }
        let row = case.clone();
        let read = self.deliver.db.read("reading how a case would end", move |tx| {
            Box::pin(async move {
                let links = ticket::of_case(tx, &row.brand_id, &row.id).await?;
                let answered = ending::answered_at(tx, &row.brand_id, &row.id).await?;
                Ok(known(&row, &links, answered, sector::clues(tx, &row).await?))
            })
        });
        let known = read.await?;
        let mut ends = propose(&known);
        if !watched.brand.front_office.asks(&case.id) {
            ends.back_door = None;
        }
        let sure = why(&known).map_or(0, |found| found.1);
        let said = Said::Ask {
            head: head(t, case.number, &watched.brand.name, (ends, sure)),
            deed: Deed::Resolve {
                solved: ends.solved.code().to_owned(),
                back_door: ends.back_door.map(|reason| reason.code().to_owned()),
            },
            why: cut(rest.trim(), WHY_UNITS_MAX),
        };
        Ok(self.shown(a, presser, case, said).await?.map(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ending::{BackDoor, Solved};

    #[test]
    fn the_question_says_what_is_proposed_and_how_sure_it_is() {
        let of = |t: Lang, solved, back_door| {
            head(t, 12, "Acme", (Ending { solved, difference: None, back_door }, 80))
        };
        assert_eq!(of(Lang::En, Solved::NotTheirs, None), "Resolve #12 · Acme?");
        let linked = of(Lang::En, Solved::Linked, None);
        assert_eq!(linked, "Resolve #12 · Acme? Who solved it: webcare linked");
        let why = of(Lang::Nl, Solved::Unregistered, Some(BackDoor::PromiseBroken));
        assert!(why.contains("een belofte is gebroken (80 %)") && why.contains("geen ticket"), "{why}");
    }
}
