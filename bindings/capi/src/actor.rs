//! Who makes a change.

use std::ffi::c_char;
use std::time::SystemTime;

use keycask_core::Actor;

use crate::error::Failure;
use crate::input::{Versioned, address, optional_text, optional_time, required, text};

/// Who makes a change, as the audit log will name them, from where, and as of when. There is no default:
/// every change names its actor. Begin with KEYCASK_ACTOR_INIT and set `name`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_actor {
    /// sizeof(keycask_actor), as KEYCASK_ACTOR_INIT sets it.
    pub struct_size: usize,
    /// The name, at most 256 bytes without control characters.
    pub name: *const c_char,
    /// The address that the change was asked from, such as `192.0.2.7`; NULL where unknown.
    pub client_ip: *const c_char,
    /// The id of the request that asks for the change, for the audit log: at most 128 bytes. NULL for none.
    pub request_id: *const c_char,
    /// As of when the change is made, in milliseconds since 1970 UTC: for tests and replays. 0 for now, by
    /// the vault's clock. Calls that know no other time refuse one.
    pub now_ms: i64,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_actor {
    const NAME: &str = "keycask_actor";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// Who makes a change, and as of when where the caller said so.
pub(crate) struct Who {
    pub(crate) actor: Actor,
    pub(crate) now: Option<SystemTime>,
}

/// # Safety
///
/// As for [`required`], and its texts as for [`optional_text`].
pub(crate) unsafe fn who(given: *const keycask_actor) -> Result<Who, Failure> {
    // SAFETY: the caller's.
    let (given, name, client_ip, request_id) = unsafe {
        let given = required(given, "actor")?;
        let request_id = optional_text(given.request_id, "request_id")?;
        (given, text(given.name, "actor.name")?, address(given.client_ip)?, request_id)
    };
    let mut actor = Actor::new(name)?;
    if let Some(address) = client_ip {
        actor = actor.client_ip(address);
    }
    if let Some(id) = request_id {
        actor = actor.request_id(id)?;
    }
    Ok(Who { actor, now: optional_time(given.now_ms, "now_ms")? })
}

/// The actor of a change that is always made as of now.
///
/// # Safety
///
/// As for [`who`].
pub(crate) unsafe fn who_now(given: *const keycask_actor) -> Result<Actor, Failure> {
    // SAFETY: the caller's.
    let who = unsafe { who(given) }?;
    match who.now {
        None => Ok(who.actor),
        Some(_) => Err(Failure::invalid("now_ms: this change is made as of now; leave it 0")),
    }
}

/// Calls a verb, or its twin where the caller gave a time.
macro_rules! at {
    ($now:expr, $vault:ident.$verb:ident | $verb_at:ident ($($argument:expr),*)) => {
        match $now {
            None => $vault.$verb($($argument),*),
            Some(now) => $vault.$verb_at($($argument,)* now),
        }
    };
}
pub(crate) use at;
