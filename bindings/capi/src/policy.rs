//! The policy: what the vault allows and how long it keeps its uses.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use keycask_core::{Policy, Prefix};

use crate::actor::{keycask_actor, who_now};
use crate::error::{Failure, keycask_error};
use crate::guard::{access, make, make_wanted};
use crate::input::{KEYCASK_DURATION_NONE, Versioned, duration, duration_ms, required, texts};
use crate::status::keycask_status;
use crate::text::Texts;
use crate::vault::{Handle, vault};
use crate::words::{ACKNOWLEDGEMENTS, USE_MODES};

/// Sets `prefixes`.
pub const KEYCASK_POLICY_PREFIXES: u32 = 1;
/// Sets `default_grace_ms`.
pub const KEYCASK_POLICY_DEFAULT_GRACE: u32 = 2;
/// Sets `min_grace_ms`.
pub const KEYCASK_POLICY_MIN_GRACE: u32 = 4;
/// Sets `max_grace_ms`.
pub const KEYCASK_POLICY_MAX_GRACE: u32 = 8;
/// Sets `max_lifetime_ms`.
pub const KEYCASK_POLICY_MAX_LIFETIME: u32 = 16;
/// Sets `max_living_keys`.
pub const KEYCASK_POLICY_MAX_LIVING_KEYS: u32 = 32;
/// Sets `use_mode`.
pub const KEYCASK_POLICY_USE_MODE: u32 = 64;
/// Sets `use_acknowledgement`.
pub const KEYCASK_POLICY_USE_ACKNOWLEDGEMENT: u32 = 128;
/// Sets `retain_uses_ms`.
pub const KEYCASK_POLICY_RETAIN_USES: u32 = 256;
/// Sets `retain_uses_bytes`.
pub const KEYCASK_POLICY_RETAIN_USES_BYTES: u32 = 512;
/// Sets `notice_ahead_ms`.
pub const KEYCASK_POLICY_NOTICE_AHEAD: u32 = 1024;

const KNOWN_FIELDS: u32 = 2047;

/// Which rules to change. Begin with KEYCASK_POLICY_UPDATE_INIT; name the rules in `fields` and set them. A
/// rule that isn't named stays as it is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_policy_update {
    /// sizeof(keycask_policy_update), as KEYCASK_POLICY_UPDATE_INIT sets it.
    pub struct_size: usize,
    /// KEYCASK_POLICY_ numbers, joined by `|`.
    pub fields: u32,
    /// The prefixes that create accepts; any where there are none.
    pub prefixes: *const *const c_char,
    /// How many prefixes there are.
    pub prefixes_len: usize,
    /// The grace of a planned rotation that names none, in milliseconds.
    pub default_grace_ms: i64,
    /// The shortest grace that a planned rotation may name, in milliseconds.
    pub min_grace_ms: i64,
    /// The longest grace that a planned rotation may name, in milliseconds: 30 days at most.
    pub max_grace_ms: i64,
    /// How long after its creation a key must expire, in milliseconds; KEYCASK_DURATION_NONE for no limit.
    pub max_lifetime_ms: i64,
    /// How many living keys an owner may have; -1 for no limit.
    pub max_living_keys: i64,
    /// A KEYCASK_USE_MODE_ number.
    pub use_mode: i32,
    /// A KEYCASK_ACKNOWLEDGEMENT_ number.
    pub use_acknowledgement: i32,
    /// How long uses are kept, in milliseconds.
    pub retain_uses_ms: i64,
    /// How many bytes of uses are kept.
    pub retain_uses_bytes: u64,
    /// How long before an expiry or a due rotation its notice is made, in milliseconds.
    pub notice_ahead_ms: i64,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_policy_update {
    const NAME: &str = "keycask_policy_update";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// The policy of a vault. Owned by the caller, to be released by keycask_policy_free. The accessors take
/// NULL, and answer NULL, 0 or the value for none.
pub struct keycask_policy {
    policy: Policy,
    prefixes: Texts,
}

impl From<Policy> for keycask_policy {
    fn from(policy: Policy) -> Self {
        let prefixes = Texts::of(policy.prefixes.iter().map(|prefix| Some(prefix.as_str())));
        Self { policy, prefixes }
    }
}

/// The rules that were named, each of them read.
struct Rules {
    prefixes: Option<Vec<Prefix>>,
    given: keycask_policy_update,
}

/// # Safety
///
/// As for [`required`], and everything it points to as its type says.
unsafe fn rules(given: *const keycask_policy_update) -> Result<Rules, Failure> {
    // SAFETY: the caller's.
    unsafe {
        let given = required(given, "update")?;
        if given.fields & !KNOWN_FIELDS != 0 {
            return Err(Failure::invalid(format!("update.fields: {:#x} has unknown ones", given.fields)));
        }
        let prefixes = if given.fields & KEYCASK_POLICY_PREFIXES == 0 {
            None
        } else {
            let prefixes = texts(given.prefixes, given.prefixes_len, "prefixes")?;
            Some(prefixes.map(|prefix| Ok(Prefix::new(prefix?)?)).collect::<Result<Vec<_>, Failure>>()?)
        };
        Ok(Rules { prefixes, given })
    }
}

impl Rules {
    fn named(&self, rule: u32) -> bool {
        self.given.fields & rule != 0
    }

    fn apply(&self, policy: &mut Policy) -> Result<(), Failure> {
        let given = &self.given;
        if let Some(prefixes) = &self.prefixes {
            policy.prefixes.clone_from(prefixes);
        }
        if self.named(KEYCASK_POLICY_MAX_LIFETIME) {
            let limit = Some(given.max_lifetime_ms).filter(|limit| *limit != KEYCASK_DURATION_NONE);
            policy.max_lifetime = limit.map(|limit| duration(limit, "max_lifetime_ms")).transpose()?;
        }
        if self.named(KEYCASK_POLICY_MAX_LIVING_KEYS) {
            let limit = Some(given.max_living_keys).filter(|limit| *limit != -1).map(u32::try_from);
            let limit = limit.transpose();
            policy.max_living_keys =
                limit.map_err(|_| Failure::invalid("max_living_keys: is out of range"))?;
        }
        if self.named(KEYCASK_POLICY_USE_MODE) {
            policy.use_mode = USE_MODES.word(given.use_mode)?;
        }
        if self.named(KEYCASK_POLICY_USE_ACKNOWLEDGEMENT) {
            policy.use_acknowledgement = ACKNOWLEDGEMENTS.word(given.use_acknowledgement)?;
        }
        if self.named(KEYCASK_POLICY_RETAIN_USES_BYTES) {
            policy.retain_uses_bytes = given.retain_uses_bytes;
        }
        self.apply_durations(policy)
    }

    fn apply_durations(&self, policy: &mut Policy) -> Result<(), Failure> {
        let given = &self.given;
        let durations = [
            (
                KEYCASK_POLICY_DEFAULT_GRACE,
                &mut policy.default_grace,
                given.default_grace_ms,
                "default_grace_ms",
            ),
            (KEYCASK_POLICY_MIN_GRACE, &mut policy.min_grace, given.min_grace_ms, "min_grace_ms"),
            (KEYCASK_POLICY_MAX_GRACE, &mut policy.max_grace, given.max_grace_ms, "max_grace_ms"),
            (KEYCASK_POLICY_RETAIN_USES, &mut policy.retain_uses, given.retain_uses_ms, "retain_uses_ms"),
            (KEYCASK_POLICY_NOTICE_AHEAD, &mut policy.notice_ahead, given.notice_ahead_ms, "notice_ahead_ms"),
        ];
        for (rule, place, ms, name) in durations {
            if self.named(rule) {
                *place = duration(ms, name)?;
            }
        }
        Ok(())
    }
}

/// The policy, which goes to the caller.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_policy(
    vault: Handle<'_>,
    policy_out: Option<&mut MaybeUninit<*mut keycask_policy>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(policy_out, "policy_out", error_out, || Ok(self::vault(vault)?.policy()?.into()))
}

/// Changes some of the policy, in one transaction. It rules what is issued from now on; keys that exist
/// stay as they are. The policy as it is then goes to `policy_out`, which may be NULL.
///
/// Fails with KEYCASK_INVALID_ARGUMENT for rules that contradict each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_update_policy(
    vault: Handle<'_>,
    update: *const keycask_policy_update,
    actor: *const keycask_actor,
    policy_out: Option<&mut MaybeUninit<*mut keycask_policy>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(policy_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (rules, actor) = unsafe { (rules(update)?, who_now(actor)?) };
        // Whether a value fits doesn't depend on the policy that it is set in: what fails, fails here.
        rules.apply(&mut Policy::default())?;
        Ok(vault.update_policy(|policy| _ = rules.apply(policy), &actor)?.into())
    })
}

fn fact<T: Copy>(policy: Option<&keycask_policy>, none: T, ask: impl FnOnce(&Policy) -> T) -> T {
    access(none, || policy.map_or(none, |policy| ask(&policy.policy)))
}

/// How many prefixes create accepts; any where it is 0.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_prefixes_len(policy: Option<&keycask_policy>) -> usize {
    fact(policy, 0, |policy| policy.prefixes.len())
}

/// The prefix at `index`, from 0 on, borrowed; NULL where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_prefix(policy: Option<&keycask_policy>, index: usize) -> *const c_char {
    access(null(), || policy.map_or(null(), |policy| policy.prefixes.get(index)))
}

/// The grace of a planned rotation that names none, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_default_grace_ms(policy: Option<&keycask_policy>) -> i64 {
    fact(policy, KEYCASK_DURATION_NONE, |policy| duration_ms(policy.default_grace))
}

/// The shortest grace that a planned rotation may name, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_min_grace_ms(policy: Option<&keycask_policy>) -> i64 {
    fact(policy, KEYCASK_DURATION_NONE, |policy| duration_ms(policy.min_grace))
}

/// The longest grace that a planned rotation may name, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_max_grace_ms(policy: Option<&keycask_policy>) -> i64 {
    fact(policy, KEYCASK_DURATION_NONE, |policy| duration_ms(policy.max_grace))
}

/// How long after its creation a key must expire, in milliseconds; KEYCASK_DURATION_NONE for no limit.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_max_lifetime_ms(policy: Option<&keycask_policy>) -> i64 {
    fact(policy, KEYCASK_DURATION_NONE, |policy| {
        policy.max_lifetime.map_or(KEYCASK_DURATION_NONE, duration_ms)
    })
}

/// How many living keys an owner may have; -1 for no limit.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_max_living_keys(policy: Option<&keycask_policy>) -> i64 {
    fact(policy, -1, |policy| policy.max_living_keys.map_or(-1, i64::from))
}

/// How uses are recorded, a KEYCASK_USE_MODE_ number.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_use_mode(policy: Option<&keycask_policy>) -> i32 {
    fact(policy, 0, |policy| USE_MODES.number(policy.use_mode))
}

/// When a verify is answered, seen from its event, a KEYCASK_ACKNOWLEDGEMENT_ number.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_use_acknowledgement(policy: Option<&keycask_policy>) -> i32 {
    fact(policy, 0, |policy| ACKNOWLEDGEMENTS.number(policy.use_acknowledgement))
}

/// How long uses are kept, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_retain_uses_ms(policy: Option<&keycask_policy>) -> i64 {
    fact(policy, KEYCASK_DURATION_NONE, |policy| duration_ms(policy.retain_uses))
}

/// How many bytes of uses are kept.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_retain_uses_bytes(policy: Option<&keycask_policy>) -> u64 {
    fact(policy, 0, |policy| policy.retain_uses_bytes)
}

/// How long before an expiry or a due rotation its notice is made, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_notice_ahead_ms(policy: Option<&keycask_policy>) -> i64 {
    fact(policy, KEYCASK_DURATION_NONE, |policy| duration_ms(policy.notice_ahead))
}

/// Releases a policy; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_policy_free(policy: Option<Box<keycask_policy>>) {
    access((), || drop(policy));
}
