//! What a client presents: never a panic, never let in but with the secret itself, and no secret left by `redact`.

#![no_main]

use std::sync::LazyLock;

use keycask::{Actor, Issued, NewKey, Outcome, Request, Vault, VaultOptions, redact};
use libfuzzer_sys::fuzz_target;

static VAULT: LazyLock<(Vault, Issued)> = LazyLock::new(|| {
    let vault = VaultOptions::new().create_in_memory().expect("a vault in memory");
    let actor = Actor::new("fuzz").expect("an actor");
    let issued = vault.create_key(NewKey::new("acme_live"), &actor).expect("a key");
    (vault, issued)
});

fuzz_target!(|presented: &[u8]| {
    let (vault, issued) = &*VAULT;
    let secret = issued.secret().expose();
    let verdict = vault.verify(presented, &Request::new().no_event()).expect("an answer");
    assert_eq!(verdict.outcome() == Outcome::Valid, presented == secret.as_bytes());
    assert!(vault.identify(presented).expect("an answer").is_none() || presented == secret.as_bytes());
    let text = String::from_utf8_lossy(presented);
    assert!(!redact(&format!("{text} {secret} {text}")).contains(secret));
});
