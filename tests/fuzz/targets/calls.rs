//! Calls of the C interface in any order and with any arguments that the header allows; see `calls.c`.

#![no_main]

use keycask_capi_linked as _;

unsafe extern "C" {
    fn fuzz_calls(data: *const u8, len: usize);
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // SAFETY: as many bytes are there.
    unsafe { fuzz_calls(data.as_ptr(), data.len()) }
});
