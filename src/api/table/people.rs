//! The routes of people and tokens.

use super::{Endpoint, Sort, read, route, run};
use crate::api::pages::PageQuery;
use crate::api::{beside, staff};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let of_admin = |mut endpoint: Endpoint| {
        endpoint.scope = Scope::Admin;
        endpoint.right = Right::People;
        endpoint
    };
    let mut add = route::<staff::Link>(
        ("POST", "/people", Sort::Write),
        Scope::Admin,
        ("addPerson", "Adds somebody who may log in; answers with a link that lets them in once."),
        run!(staff::add),
    )
    .takes::<staff::PersonBody>();
    add.status = 201;
    let all = vec![
        read::<staff::Me>("/me", "readMe", "Says who asks, and what the token may do.", |call| {
            Box::pin(std::future::ready(staff::me(&call)))
        }),
        of_admin(read::<staff::People>("/people", "listPeople", "Lists who may log in.", run!(staff::list)))
            .asks::<PageQuery>(),
        add,
        route::<staff::Link>(
            ("POST", "/people/{login}/link", Sort::Write),
            Scope::Admin,
            ("linkPerson", "Makes a link that lets somebody in once."),
            run!(staff::link),
        )
        .takes::<beside::Nothing>(),
        route::<staff::Disabled>(
            ("POST", "/people/{login}/disable", Sort::Write),
            Scope::Admin,
            ("disablePerson", "Ends all log-ins of somebody and lets them in no more."),
            run!(staff::disable),
        )
        .takes::<beside::Nothing>(),
        of_admin(read::<staff::Tokens>(
            "/tokens",
            "listTokens",
            "Lists the tokens, without what they are made of.",
            run!(staff::tokens),
        ))
        .asks::<PageQuery>(),
        of_admin(read::<staff::Token>(
            "/tokens/{token}",
            "readToken",
            "Reads a token, without what it is made of; its version is its `ETag`.",
            run!(staff::token),
        )),
    ];
    all.into_iter().map(|e| e.in_group("People and tokens")).collect()
}
