//! The forms about promises, and about whose matter a case is.

use super::number;
use crate::casework::{Act, CustomerAct, NewPromise};
use crate::domain::customer::Customer;
use crate::domain::promise::Act as Deed;
use crate::domain::promise::whom::ToWhom;
use crate::domain::time::Timestamp;
use crate::store::promise::Call;
use crate::web::auth::Fields;
use crate::web::case::promise::{beside as promise_beside, confirmed, local};
use crate::web::error::Error;
use crate::web::zones;

/// What a form does with promises, if it does anything with them.
pub(super) fn promised(fields: &Fields) -> Result<Option<Act>, Error> {
    let name = fields.get("act");
    let text = |field: &str| fields.get(field).to_owned();
    Ok(Some(match name {
        "promise" => {
            if let Some(act) = confirmed(fields, &zones::here()) {
                return Ok(Some(act));
            }
            // A time that cannot be read is refused like one that is past, with everything that was typed.
            let due = local(fields.get("due"), &zones::here()).unwrap_or_default();
            let owed_by = Some(text("team")).filter(|t| !t.is_empty()).unwrap_or_else(|| text("owed_by"));
            Act::Promise(Box::new(plain_promise(fields, due, owed_by)))
        }
        "called" | "not_reached" => {
            let reached = name == "called";
            let next = local(fields.get("next"), &zones::here()).filter(|_| !reached);
            Act::CallTried { wait: number(fields, "wait")?, reached, next }
        }
        "keep_promise" => Act::KeepPromise { wait: number(fields, "wait")? },
        "drop_promise" => Act::DropPromise { wait: number(fields, "wait")?, reason: text("reason") },
        "break_promise" => Act::BreakPromise { wait: number(fields, "wait")?, reason: text("reason") },
        "move_promise" => {
            let reason = text("reason");
            let due = local(fields.get("due"), &zones::here()).unwrap_or_default();
            let beside = promise_beside(fields.get("beside"), &reason);
            Act::MovePromise { wait: number(fields, "wait")?, due, reason, beside }
        }
        _ => return Ok(None),
    }))
}

/// A promise as the plain form writes it down.
fn plain_promise(fields: &Fields, due: Timestamp, owed_by: String) -> NewPromise {
    let text = |field: &str| fields.get(field).to_owned();
    let to = ToWhom::from_code(fields.get("promise_to"));
    NewPromise {
        text: text("text"),
        due,
        owed_by,
        act: Deed::from_code(fields.get("promise_act")).map_or("", Deed::code).to_owned(),
        call: Call { number: text("call_number"), whom: text("call_whom") },
        to,
        to_words: if to == Some(ToWhom::Other) { text("promise_to_words") } else { String::new() },
        told: fields.get("promise_told") == "1",
        ..NewPromise::default()
    }
}

/// The customer as the form names them.
pub(super) fn typed(fields: &Fields) -> Customer {
    let text = |field: &str| fields.get(field).to_owned();
    Customer {
        name: text("customer_name"),
        number: text("customer_number"),
        email: text("customer_email"),
        phone: text("customer_phone"),
    }
}

/// What a form says of whose matter a case is, if it says anything of that.
pub(super) fn customer(fields: &Fields) -> Option<Act> {
    match fields.get("act") {
        "customer" => Some(Act::Customer(CustomerAct::Say(typed(fields)))),
        "customer_back" => Some(Act::Customer(CustomerAct::TakeBack)),
        _ => None,
    }
}
