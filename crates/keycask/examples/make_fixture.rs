//! Makes the golden vault of the current schema: `cargo run -p keycask --example make_fixture -- FOLDER`.
//!
//! It is run once for each schema and its result committed; later versions must open every one of them.
//! The secrets in it protect nothing.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use keycask::{
    Actor, Encoding, Issued, NewKey, Request, Revocation, RevocationReason, Rotation, UseMode, Vault,
};

const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder")?;
    let folder = Path::new(&folder);
    let vault = Vault::create(folder.join("schema-1.vault"))?;
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let keys = live(&vault, start)?;
    use_them(&vault, &keys, start)?;
    let mut list = std::fs::File::create(folder.join("schema-1.txt"))?;
    writeln!(
        list,
        "# Secrets of schema-1.vault with the outcome of verify at each time (ms), and the roots of its logs."
    )?;
    for issued in &keys {
        for now in [start, start + 2 * HOUR, start + 30 * HOUR] {
            let secret = issued.secret().expose();
            let outcome = vault.verify_at(secret, &Request::new().no_event(), now)?.outcome();
            let ms = now.duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
            writeln!(list, "secret\t{secret}\t{ms}\t{outcome}")?;
        }
    }
    for log in vault.verify_logs()?.logs() {
        writeln!(list, "root\t{}\t{}\t{}", log.log().as_str(), log.size(), log.root_hex())?;
    }
    Ok(())
}

/// A key in every state that schema 1's verbs reach.
fn live(vault: &Vault, start: SystemTime) -> keycask::Result<Vec<Issued>> {
    let alice = Actor::new("alice")?.client_ip(std::net::Ipv4Addr::new(192, 0, 2, 7).into());
    let create = |key: NewKey| vault.create_key_at(key.owner("acct_42"), &alice, start);
    let rotate = |key: &Issued, rotation| vault.rotate_at(key.key().id(), rotation, &alice, start);
    let full = NewKey::new("acme_live")
        .name("nightly export")
        .scopes(["reports:*", "users:read"])
        .metadata("{\"team\":\"data\"}")
        .notify_email("ops@example.com")
        .rotate_after(24 * HOUR);
    let mut keys = vec![create(full)?, create(NewKey::new("acme_test").encoding(Encoding::Base64Url))?];
    keys.push(create(NewKey::new("acme_live").expires_at(start + HOUR))?);
    keys.push(create(NewKey::new("acme_live").not_before(start + HOUR))?);
    let rotated = create(NewKey::new("acme_live"))?;
    keys.push(rotate(&rotated, Rotation::planned())?);
    keys.push(rotated);
    let leaked = create(NewKey::new("acme_live"))?;
    keys.push(rotate(&leaked, Rotation::emergency())?);
    keys.push(leaked);
    let gone = create(NewKey::new("acme_live"))?;
    let revocation = Revocation::new(RevocationReason::OwnerLeft).note("left in May");
    vault.revoke_at(gone.key().id(), revocation, &alice, start)?;
    keys.push(gone);
    Ok(keys)
}

/// Single uses, closed counts, open counts, buckets.
fn use_them(vault: &Vault, keys: &[Issued], start: SystemTime) -> keycask::Result<()> {
    let request = Request::new().client_ip(std::net::Ipv6Addr::LOCALHOST.into()).request_id("req-1");
    for minute in 0..3 {
        for issued in keys {
            let now = start + Duration::from_secs(60 * minute);
            let _ = vault.verify_at(issued.secret().expose(), &request, now)?;
        }
    }
    let mut policy = vault.policy()?;
    policy.use_mode = UseMode::Buckets;
    vault.set_policy(&policy, &Actor::new("bob")?)?;
    let _ = vault.verify_at(keys[0].secret().expose(), &request, start + HOUR)?;
    Ok(())
}
