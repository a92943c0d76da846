//! The panic boundary. Every export runs inside one of these, so that no panic reaches C.

use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Failure, keycask_error};
use crate::status::{KEYCASK_OK, KEYCASK_PANIC, keycask_status};

/// Where an export puts an object that it makes.
pub(crate) type Slot<'a, T> = Option<&'a mut MaybeUninit<*mut T>>;

/// Runs a call that answers with a status; an error object goes where the caller wants it.
pub(crate) fn guard(
    error_out: Slot<'_, keycask_error>,
    body: impl FnOnce() -> Result<keycask_status, Failure>,
) -> keycask_status {
    let answer = run(body).unwrap_or_else(|payload| {
        // The payload is not passed on: nobody vouches for what a panic's message holds.
        drop(payload);
        Err(Failure::new(
            KEYCASK_PANIC,
            "keycask met a defect of its own and stopped what it did; please report it",
        ))
    });
    let (status, error) = match answer {
        Ok(status) => (status, None),
        Err(failure) => (failure.status(), Some(failure)),
    };
    if let Some(slot) = error_out {
        slot.write(error.map_or(std::ptr::null_mut(), |failure| Box::into_raw(Box::new(failure.into()))));
    }
    status
}

/// Runs a call that makes an object, which must have somewhere to go.
pub(crate) fn make<T>(
    out: Slot<'_, T>,
    name: &str,
    error_out: Slot<'_, keycask_error>,
    body: impl FnOnce() -> Result<T, Failure>,
) -> keycask_status {
    guard(error_out, || {
        let slot = clear(out).ok_or_else(|| Failure::null(name))?;
        *slot = Box::into_raw(Box::new(body()?));
        Ok(KEYCASK_OK)
    })
}

/// Runs a call whose object the caller may do without.
pub(crate) fn make_wanted<T>(
    out: Slot<'_, T>,
    error_out: Slot<'_, keycask_error>,
    body: impl FnOnce() -> Result<T, Failure>,
) -> keycask_status {
    guard(error_out, || {
        let slot = clear(out);
        let made = body()?;
        if let Some(slot) = slot {
            *slot = Box::into_raw(Box::new(made));
        }
        Ok(KEYCASK_OK)
    })
}

/// Empties a slot, so that it holds nothing where the call fails.
pub(crate) fn clear<T>(slot: Slot<'_, T>) -> Option<&mut *mut T> {
    slot.map(|slot| slot.write(std::ptr::null_mut()))
}

/// Runs an accessor; where it panics, `none` is the answer.
pub(crate) fn access<T>(none: T, body: impl FnOnce() -> T) -> T {
    run(body).unwrap_or(none)
}

fn run<T>(body: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    // What a panic leaves behind is either owned by the call, and gone, or behind the core's own locks.
    catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "test-panic")]
        crate::test_panic::panic_if_armed();
        body()
    }))
}
