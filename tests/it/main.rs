//! Integration tests on the public surface of the library, on both engines.
#![allow(clippy::allow_attributes, clippy::type_complexity, missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]
#![allow(clippy::disallowed_methods, clippy::pedantic, reason = "tests read the environment of the runner")]

mod account;
mod alarms;
mod alarms_end;
mod alarms_over;
mod answering;
mod architecture;
mod attachments;
mod audit;
mod back_door;
mod backtest;
mod carried;
mod collecting;
mod desk;
mod duty;
mod explain;
mod feeds;
mod flow;
mod given;
mod guarding;
mod harness;
mod helpers;
mod hooks_out;
mod hours;
mod incidents;
mod joining;
mod leads;
mod mail;
mod members;
mod moving;
mod newcomers;
mod office_mail;
mod planner;
mod privacy;
mod private;
mod promises;
mod properties;
mod protocols;
mod quality;
mod receiving;
mod report_mail;
mod safety;
mod shift;
mod store;
mod survey;
mod texts;
mod tickets;
mod translating;
mod vanishing;
mod watching;
mod windows;
mod words;
mod year;
