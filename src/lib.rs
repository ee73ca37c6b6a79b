//! webcared: watches what people say about a brand, judges how urgent it is, keeps the clocks the
//! team promised, and tells the team in time.

pub mod alerting;
pub mod casefile;
pub mod casework;
pub mod catalogue;
pub mod chat;
pub mod clock;
pub mod domain;
pub mod outbox;
pub mod reports;
pub mod shutdown;
pub mod sources;
pub mod store;
pub mod web;
