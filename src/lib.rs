//! webcared: watches what people say about a brand, judges how urgent it is, keeps the clocks the
//! team promised, and tells the team in time.

pub mod chat;
pub mod clock;
pub mod collect;
pub mod domain;
pub mod http_client;
pub mod shutdown;
pub mod sources;
pub mod store;
pub mod web;
