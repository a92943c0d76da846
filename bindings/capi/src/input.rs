//! What comes in: texts, arrays, times and versioned structs, borrowed for the length of a call.
//!
//! These functions are unsafe because they believe the caller: a pointer is NULL or points to what its type
//! says, and a length is no larger than what stands there. The header demands that.

use std::ffi::{CStr, OsStr, c_char};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use keycask_core::{MAX_PRESENTED_LEN, Timestamp};

use crate::error::Failure;

/// No time: what an accessor returns where there is none, and what may stand where none is given, as 0 may.
pub const KEYCASK_TIME_NONE: i64 = i64::MIN;
/// No duration, or no limit: what an accessor returns where there is none.
pub const KEYCASK_DURATION_NONE: i64 = -1;

/// Entries that an array of texts may have: a longer one is a length gone wrong, and isn't walked.
const MAX_ENTRIES: usize = 4096;

/// A struct of the caller's, which says by its first field how much of it there is.
///
/// # Safety
///
/// It is `repr(C)`, begins with `struct_size`, any bytes are a value of it, and all of them zero mean what
/// isn't said.
pub(crate) unsafe trait Versioned: Copy {
    /// Its name in C.
    const NAME: &str;
    /// Its size in the first version of keycask that had it.
    const FIRST_SIZE: usize;
}

/// A struct of the caller's, or its defaults for NULL.
///
/// # Safety
///
/// `given` is NULL, or points to as many bytes as its first field says.
#[inline]
pub(crate) unsafe fn versioned<T: Versioned>(given: *const T) -> Result<T, Failure> {
    let mut known = MaybeUninit::<T>::zeroed();
    if !given.is_null() {
        // SAFETY: the first field of a versioned struct is its size.
        let size = unsafe { given.cast::<usize>().read_unaligned() };
        if !(T::FIRST_SIZE..=size_of::<T>()).contains(&size) {
            return Err(foreign_size::<T>(size));
        }
        if size == size_of::<T>() {
            // SAFETY: as many bytes are there, and any are a value. A copy whose length is known is a few moves.
            return Ok(unsafe { given.read_unaligned() });
        }
        // SAFETY: as many bytes are there, and no more than `known` has room for.
        unsafe { std::ptr::copy_nonoverlapping(given.cast::<u8>(), known.as_mut_ptr().cast::<u8>(), size) };
    }
    // SAFETY: any bytes are a value of a versioned struct, and all of them were set.
    Ok(unsafe { known.assume_init() })
}

#[cold]
fn foreign_size<T: Versioned>(size: usize) -> Failure {
    Failure::invalid(format!(
        "{}: its struct_size is {size}, and this library knows {} to {}; begin with its _INIT",
        T::NAME,
        T::FIRST_SIZE,
        size_of::<T>()
    ))
}

/// A struct that must be given.
///
/// # Safety
///
/// As for [`versioned`].
pub(crate) unsafe fn required<T: Versioned>(given: *const T, name: &str) -> Result<T, Failure> {
    if given.is_null() {
        return Err(Failure::null(name));
    }
    // SAFETY: the caller's.
    unsafe { versioned(given) }
}

/// A text, or `None` for NULL.
///
/// # Safety
///
/// `given` is NULL or a NUL-terminated string that lives as long as the answer is used.
#[inline]
pub(crate) unsafe fn optional_text<'a>(given: *const c_char, name: &str) -> Result<Option<&'a str>, Failure> {
    if given.is_null() {
        return Ok(None);
    }
    // Most texts are ASCII and short: one look at each byte finds their end, and that they are UTF-8.
    let bytes = given.cast::<u8>();
    let mut len = 0;
    // SAFETY: the caller's; nothing behind the NUL is read.
    while let 1..0x80 = unsafe { bytes.add(len).read() } {
        len += 1;
    }
    // SAFETY: the caller's; what is read again was read before, and ASCII is UTF-8.
    unsafe {
        if bytes.add(len).read() == 0 {
            return Ok(Some(str::from_utf8_unchecked(std::slice::from_raw_parts(bytes, len))));
        }
        CStr::from_ptr(given).to_str().map(Some).map_err(|_| not_utf8(name))
    }
}

#[cold]
fn not_utf8(name: &str) -> Failure {
    Failure::invalid(format!("{name}: is not UTF-8"))
}

/// A text that must be given.
///
/// # Safety
///
/// As for [`optional_text`].
#[inline]
pub(crate) unsafe fn text<'a>(given: *const c_char, name: &str) -> Result<&'a str, Failure> {
    // SAFETY: the caller's.
    unsafe { optional_text(given, name) }?.ok_or_else(|| Failure::null(name))
}

/// What a text says, such as an id.
///
/// # Safety
///
/// As for [`optional_text`].
pub(crate) unsafe fn parsed<T>(given: *const c_char, name: &str) -> Result<T, Failure>
where
    T: FromStr<Err = keycask_core::Error>,
{
    // SAFETY: the caller's.
    Ok(unsafe { text(given, name) }?.parse()?)
}

/// What a text says, where it is given.
///
/// # Safety
///
/// As for [`optional_text`].
pub(crate) unsafe fn optional_parsed<T>(given: *const c_char, name: &str) -> Result<Option<T>, Failure>
where
    T: FromStr<Err = keycask_core::Error>,
{
    // SAFETY: the caller's.
    unsafe { optional_text(given, name) }?.map(|text| Ok(text.parse()?)).transpose()
}

/// An address, where it is given.
///
/// # Safety
///
/// As for [`optional_text`].
#[inline]
pub(crate) unsafe fn address(given: *const c_char) -> Result<Option<IpAddr>, Failure> {
    // SAFETY: the caller's.
    let text = unsafe { optional_text(given, "client_ip") }?;
    // The text is not repeated: it may be a secret that was put in the wrong place.
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Failure::invalid("client_ip: is no IPv4 or IPv6 address"))
}

/// A path, in the file system's own bytes.
///
/// # Safety
///
/// As for [`optional_text`].
pub(crate) unsafe fn path<'a>(given: *const c_char, name: &str) -> Result<&'a Path, Failure> {
    if given.is_null() {
        return Err(Failure::null(name));
    }
    // SAFETY: the caller's.
    let bytes = unsafe { CStr::from_ptr(given) }.to_bytes();
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// An array of `len` entries.
///
/// # Safety
///
/// `given` is NULL or points to `len` entries that live as long as the answer is used.
#[inline]
pub(crate) unsafe fn array<'a, T>(given: *const T, len: usize, name: &str) -> Result<&'a [T], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    if given.is_null() {
        return Err(Failure::null(name));
    }
    if len.checked_mul(size_of::<T>()).is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(Failure::invalid(format!("{name}: {len} is no length of anything")));
    }
    if !given.is_aligned() {
        return Err(Failure::invalid(format!("{name}: is not aligned")));
    }
    // SAFETY: it is not NULL, is aligned, and has a possible length; the rest is the caller's.
    Ok(unsafe { std::slice::from_raw_parts(given, len) })
}

/// An array of texts, none of them NULL.
///
/// # Safety
///
/// As for [`array`], and each entry as for [`optional_text`].
#[allow(clippy::elidable_lifetime_names, reason = "it is that of the entries too")]
#[inline]
pub(crate) unsafe fn texts<'a>(
    given: *const *const c_char,
    len: usize,
    name: &'a str,
) -> Result<impl ExactSizeIterator<Item = Result<&'a str, Failure>> + 'a, Failure> {
    if len > MAX_ENTRIES {
        return Err(Failure::invalid(format!("{name}: {len} given, at most {MAX_ENTRIES} fit")));
    }
    // SAFETY: the caller's.
    let entries = unsafe { array(given, len, name) }?;
    // SAFETY: the caller's.
    Ok(entries.iter().map(move |entry| unsafe { text(*entry, name) }))
}

/// What a client presented. What is too long to be a secret is cut to the first length that is: it is
/// malformed in either case, and its bytes are not read.
///
/// # Safety
///
/// As for [`array`].
#[inline]
pub(crate) unsafe fn presented<'a>(given: *const c_char, len: usize) -> Result<&'a [u8], Failure> {
    // SAFETY: the caller's; fewer bytes than the caller says are there too.
    unsafe { array(given.cast(), len.min(MAX_PRESENTED_LEN + 1), "presented") }
}

/// A time in milliseconds since 1970, where one is given: neither 0 nor KEYCASK_TIME_NONE.
#[inline]
pub(crate) fn optional_time(ms: i64, name: &str) -> Result<Option<SystemTime>, Failure> {
    if ms == 0 || ms == KEYCASK_TIME_NONE {
        return Ok(None);
    }
    let offset = Duration::from_millis(ms.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let time = if ms < 0 { epoch.checked_sub(offset) } else { epoch.checked_add(offset) };
    time.map(Some).ok_or_else(|| Failure::invalid(format!("{name}: is not between the years 1 and 9999")))
}

/// A duration in milliseconds.
pub(crate) fn duration(ms: i64, name: &str) -> Result<Duration, Failure> {
    let ms = u64::try_from(ms).map_err(|_| Failure::invalid(format!("{name}: is negative")))?;
    Ok(Duration::from_millis(ms))
}

/// A duration in milliseconds, where one is given: 0 is none.
pub(crate) fn optional_duration(ms: i64, name: &str) -> Result<Option<Duration>, Failure> {
    Some(ms).filter(|ms| *ms != 0).map(|ms| duration(ms, name)).transpose()
}

/// A time on its way out.
pub(crate) fn time_ms(time: SystemTime) -> i64 {
    Timestamp::try_from(time).map_or(KEYCASK_TIME_NONE, Timestamp::ms)
}

/// A time on its way out, or KEYCASK_TIME_NONE.
pub(crate) fn optional_time_ms(time: Option<SystemTime>) -> i64 {
    time.map_or(KEYCASK_TIME_NONE, time_ms)
}

/// A duration on its way out, in milliseconds.
pub(crate) fn duration_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
