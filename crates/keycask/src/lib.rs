//! API keys for your API, in one file.
//!
//! A backend links keycask and gets the whole life of an API key: issue, show once, verify on every request,
//! rotate with a grace window, revoke at once, and an audit log whose edits show. The vault is one SQLite
//! file that the processes of one machine share. There is no server and no cache TTL.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("keys.db");
//! use keycask::{Actor, NewKey, Request, RevocationReason, Vault, Verdict};
//!
//! let vault = Vault::create(&path)?;
//! let alice = Actor::new("alice")?;
//! let issued = vault.create_key(NewKey::new("acme_live").owner("acct_42").scope("reports:read"), &alice)?;
//! let secret = issued.secret().expose().to_owned(); // show it now; it exists nowhere else
//!
//! match vault.verify(&secret, &Request::new().scope("reports:read"))? {
//!     Verdict::Valid(key) => assert_eq!(key.owner(), "acct_42"),
//!     Verdict::Refused(refusal) => panic!("answer {}", refusal.http_status()),
//! }
//!
//! vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice)?;
//! assert!(matches!(vault.verify(&secret, &Request::new())?, Verdict::Refused(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What happens is told to the `log` crate: openings and changes (info), refused openings and steps back of the
//! clock (warn), a handle that gives up (error), refusals of known keys (debug), under targets that begin with
//! `keycask::`. It is told kinds, ids and paths, and never a secret, an owner, an actor or a note. For other
//! text there is [`redact`].
//!
//! The [`docs`] module has the pages on the key format, the file format, rotation and the threats.

#![forbid(unsafe_code)]

mod audit;
mod cache;
mod clock;
pub mod docs;
mod error;
mod import;
mod key;
mod notice;
mod planted;
mod policy;
mod schema;
mod secret;
mod store;
mod uses;
mod vault;
#[cfg(test)]
mod vector_tests;

pub use audit::{Change, ChangeKind, Checkpoint, Log, NoteSigner, NoteVerifier, Usage, Use};
pub use clock::Timestamp;
#[cfg(feature = "test-faults")]
#[doc(hidden)]
pub use clock::shift_clock;
pub use error::{Error, ErrorKind, Result};
pub use import::{
    ImportFormat, ImportNote, ImportOptions, ImportOutcome, ImportProgress, ImportReport, ImportRow,
};
pub use key::{
    Actor, Issued, Key, KeyId, KeyState, KeyUpdate, NewKey, Outcome, Reason, Refusal, Request, Revocation,
    RevocationReason, Rotation, Verdict,
};
pub use notice::{Notice, NoticeId, NoticeKind, Retries};
pub use policy::{Policy, UseAcknowledgement, UseMode};
pub use secret::{Encoding, MAX_PRESENTED_LEN, Pepper, Prefix, Recipe, Scheme, Secret, redact};
pub use vault::{
    Busy, ChangeFilter, CheckPart, CheckReport, Due, DueReason, Finding, KeyFilter, LogReport, LogsReport,
    Migration, NoticeClaim, NoticeFilter, Progress, Restore, RestoreReport, Stats, UseFilter, Vault,
    VaultOptions,
};
