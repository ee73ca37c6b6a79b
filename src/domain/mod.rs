//! The words of webcare as types: mentions, brands, judgements, cases, clocks, deliveries.
//!
//! Everything here is pure. No I/O, no clock, no database, no async: time and chance come in as
//! arguments, so that a property test can walk through years in a second. This module imports
//! nothing else of the crate.

pub mod arrivals;
pub mod audit;
pub mod back_door;
pub mod backtest;
pub mod batch;
pub mod brand;
pub mod calendar;
pub mod case;
pub mod clocks;
pub mod collecting;
pub mod complaint;
pub mod contact;
pub mod correction;
pub mod customer;
pub mod delivery;
pub mod duty;
pub mod enclosed;
pub mod ending;
pub mod escalation;
pub mod exam;
pub mod expiry;
pub mod explain;
pub mod file;
pub mod filter;
pub mod finding;
pub mod goodwill;
#[cfg(test)]
mod grid;
pub mod guests;
pub mod handover;
pub mod ids;
pub mod incident;
pub mod judgement;
pub mod kudos;
pub mod label;
pub mod language;
pub mod ledger;
pub mod letter;
pub mod masking;
pub mod money;
pub mod naming;
pub mod outlook;
pub mod planner;
pub mod policy;
pub mod policy_text;
pub mod post;
pub mod promise;
pub mod protocol;
pub mod quality;
pub mod recheck;
pub mod reply;
pub mod review;
pub mod role;
pub mod routing;
pub mod scope;
pub mod sector;
pub mod shift;
pub mod silence;
pub mod similar;
pub mod split;
pub mod spoken;
pub mod staff;
pub mod staffing;
pub mod surge;
pub mod survey;
pub mod template;
pub mod text;
pub mod thanks;
pub mod ticket_status;
pub mod time;
pub mod unseen;
pub mod weighted;
pub mod window;
