//! Work for `tests/callgrind/run`, which counts its instructions: `verify_count KIND COUNT [FOLDER]`.
//!
//! KIND is `hot` (verifies of a key that is remembered), `cold` (of one that is not) or `hash` (SHA-256 of the same
//! secret alone). What one takes is the difference of two runs, divided by the difference of their counts. Under
//! valgrind it needs the feature `test-window-in-place`, without which nothing is remembered there.

use std::hint::black_box;

use keycask::{Actor, NewKey, Outcome, Request, UseMode, VaultOptions};
use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count, folder @ ..] = arguments.as_slice() else { return Err("KIND COUNT [FOLDER]".into()) };
    let count: u32 = count.parse()?;
    let folder = tempfile::tempdir_in(folder.first().map_or("/dev/shm", String::as_str))?;
    let cache = if kind == "cold" { 0 } else { 1 << 20 };
    let vault = VaultOptions::new().cache_size(cache).create(folder.path().join("keys.db"))?;
    let actor = Actor::new("count")?;
    vault.update_policy(|policy| policy.use_mode = UseMode::Off, &actor)?;
    let issued = vault.create_key(NewKey::new("acme_live").scope("reports:read"), &actor)?;
    let presented = issued.secret().expose();
    let request = Request::new().scope("reports:read").prefix("acme_live");
    for _ in 0..count {
        if kind == "hash" {
            black_box(Sha256::digest(black_box(presented)));
        } else {
            assert_eq!(vault.verify(presented, &request)?.outcome(), Outcome::Valid);
        }
    }
    Ok(())
}
