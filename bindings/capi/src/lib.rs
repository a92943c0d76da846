//! The C interface of keycask: `libkeycask` and `include/keycask.h`, which is made from these sources.
//!
//! Each export converts, calls one verb of the core, and converts back. Pointers that may be NULL are
//! `Option<&T>` here; what a call makes goes to the caller as a `Box`. The header states the contract of each
//! pointer once, and no export repeats it. The order of the modules is that of the header.

#![allow(non_camel_case_types, reason = "the names of C")]
#![allow(clippy::missing_safety_doc, reason = "the header's preamble states the contract of every pointer")]
#![allow(clippy::doc_markdown, reason = "comments go into the header as they are")]
#![allow(clippy::must_use_candidate, reason = "callers are written in C")]

pub mod status;

pub mod error;
pub mod input;
pub mod text;
pub mod words;

pub mod actor;
pub mod vault;
pub mod verify;

pub mod key;

pub mod issue;
pub mod rotate;

pub mod revoke;
pub mod update;

pub mod cursor;
pub mod list;

pub mod due;
pub mod events;
pub mod notices;

pub mod policy;

pub mod pepper;
pub mod stats;

pub mod report;

pub mod import;
pub mod maintain;

pub mod logging;
pub mod misc;

mod guard;
#[cfg(feature = "test-panic")]
pub mod test_panic;
