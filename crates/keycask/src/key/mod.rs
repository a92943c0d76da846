//! The key: its record, its states, and the pure rules that judge and change it.

mod actor;
mod id;
mod issue;
mod judge;
mod limits;
mod outcome;
mod record;
mod request;
mod revocation;
mod rotation;
mod scope;
mod update;

pub use actor::Actor;
pub use id::KeyId;
pub(crate) use id::{read_type_id, type_id, uuid_v7};
pub(crate) use issue::Draft;
pub use issue::{Issued, NewKey};
pub(crate) use judge::judge;
pub use judge::{Refusal, Request, Verdict};
pub(crate) use limits::{
    NAME_LEN, REQUEST_ID_LEN, check_email, check_metadata, check_optional_text, check_text, check_time,
};
pub use outcome::{KeyState, Outcome, Reason};
pub use record::Key;
pub(crate) use record::{KeyNo, Revoked, Successor};
pub(crate) use request::{Idempotency, Verb};
pub use revocation::{Revocation, RevocationReason};
pub use rotation::Rotation;
pub(crate) use rotation::{Asked, Grace, check_rotatable};
pub(crate) use scope::Scopes;
pub use update::KeyUpdate;
