//! webcared: watches what people say about a brand, judges how urgent it is, keeps the clocks the
//! team promised, and tells the team in time.

pub mod domain;
pub mod triage;
