//! The chat against a Bot API that keeps its own ledger: what was sent, edited and answered is
//! judged by what the other side holds, never by what we believe.

mod fake;
mod figures;
mod press;
mod send;
mod whole;
mod world;
