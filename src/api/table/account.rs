//! The routes of the account of whom a token acts for.

use super::{Endpoint, Sort, route, run};
use crate::api::account::{self, Account};
use crate::api::problem::Kind;
use crate::api::{beside, staff};
use crate::tokens::Scope;
use schemars::JsonSchema;

fn change<R: JsonSchema>(
    path: &'static str,
    (name, about): (&'static str, &'static str),
    run: super::Run,
) -> Endpoint {
    route::<R>(("POST", path, Sort::Write), Scope::Account, (name, about), run)
}

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        route::<Account>(
            ("GET", "/account", Sort::Read),
            Scope::Account,
            ("readAccount", "Tells of the person in whose name the token acts: second factors, open log-ins, tokens."),
            run!(account::read),
        )
        .or(&[Kind::Refused]),
        change::<account::Begun>(
            "/account/app",
            ("beginApp", "Begins an app for codes and tells its secret; wants the password. It counts once it is confirmed."),
            run!(account::begin_app),
        )
        .takes::<account::ProofBody>(),
        change::<account::Codes>(
            "/account/app/confirm",
            ("confirmApp", "Confirms an app by its first code; tells ten recovery codes and ends all log-ins to the console."),
            run!(account::confirm_app),
        )
        .takes::<account::ConfirmBody>(),
        change::<Account>(
            "/account/app/remove",
            ("removeApp", "Takes the app for codes away with its recovery codes; wants the password and a code."),
            run!(account::remove_app),
        )
        .takes::<account::ProofBody>(),
        change::<account::Codes>(
            "/account/codes",
            ("makeRecoveryCodes", "Makes ten new recovery codes in the place of those before; wants the password and a code."),
            run!(account::new_codes),
        )
        .takes::<account::ProofBody>(),
        change::<Account>(
            "/account/passkeys/{passkey}/remove",
            ("removePasskey", "Removes a passkey; wants the password and a code. Adding one needs a browser, on the page that the account names."),
            run!(account::remove_passkey),
        )
        .takes::<account::ProofBody>(),
        change::<Account>(
            "/account/sessions/{session}/end",
            ("endSession", "Ends one open log-in to the console."),
            run!(account::end_session),
        )
        .takes::<beside::Nothing>(),
        change::<Account>(
            "/account/sessions/end",
            ("endSessions", "Ends every open log-in to the console of the person."),
            run!(account::end_sessions),
        )
        .takes::<beside::Nothing>(),
        change::<Account>(
            "/account/tokens/{token}/revoke",
            ("revokeOwnToken", "Takes back a token that acts in the person's name, also the one that asks."),
            run!(account::revoke_token),
        )
        .takes::<beside::Nothing>(),
        route::<staff::Token>(
            ("POST", "/tokens/{token}/revoke", Sort::Write),
            Scope::Admin,
            ("revokeToken", "Takes a token of anybody's back; it is refused from the next request on."),
            run!(staff::revoke),
        )
        .takes::<beside::Nothing>(),
    ];
    all.into_iter().map(|e| e.in_group("People and tokens")).collect()
}
