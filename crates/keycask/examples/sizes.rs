//! What keys and uses take on disk: `cargo run --release -p keycask --example sizes [FOLDER]`.

use std::net::Ipv4Addr;
use std::path::Path;

use keycask::{Actor, NewKey, Request, Vault};

const KEYS: usize = 100_000;
const USES: u64 = 100_000;

#[allow(clippy::print_stdout, reason = "it measures for people")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir_in(std::env::args().nth(1).as_deref().unwrap_or("/dev/shm"))?;
    let path = folder.path().join("keys.db");
    let actor = Actor::new("alice")?;
    let empty = closed_size(&path, Vault::create(&path)?)?;
    let vault = Vault::open(&path)?;
    let keys = (0..KEYS).map(|n| NewKey::new("acme_live").owner(format!("acct_{n}")).scope("reports:read"));
    let issued = vault.create_keys(keys.collect(), &actor)?;
    let with_keys = closed_size(&path, vault)?;
    println!("a key with its event: {} bytes", (with_keys - empty) / KEYS as u64);
    let mut size = with_keys;
    let plain = Request::new();
    let told = Request::new()
        .client_ip(Ipv4Addr::new(192, 0, 2, 7).into())
        .request_id("0f8fad5bd9cb469fa16570867728950e");
    for (what, request) in
        [("a narrow use", &plain), ("a use with address and request id of 32 bytes", &told)]
    {
        let vault = Vault::open(&path)?;
        for n in 0..USES {
            let _ = vault.verify(issued[usize::try_from(n)? % 1_000].secret().expose(), request)?;
        }
        let grown = closed_size(&path, vault)?;
        println!("{what}: {} bytes", (grown - size) / USES);
        size = grown;
    }
    Ok(())
}

/// The bytes of the file once its log is folded into it.
fn closed_size(path: &Path, vault: Vault) -> std::io::Result<u64> {
    drop(vault);
    Ok(path.metadata()?.len())
}
