//! Checkpoints, signatures and keys of notes as somebody kept them: never a panic, and only what the vault exported is
//! proved.

#![no_main]

use std::sync::LazyLock;

use keycask::{Actor, Checkpoint, NewKey, NoteSigner, NoteVerifier, Vault, VaultOptions};
use libfuzzer_sys::fuzz_target;

static VAULT: LazyLock<(Vault, Vec<Checkpoint>)> = LazyLock::new(|| {
    let vault = VaultOptions::new().create_in_memory().expect("a vault in memory");
    let actor = Actor::new("fuzz").expect("an actor");
    for _ in 0..9 {
        vault.create_key(NewKey::new("acme_live"), &actor).expect("a key");
    }
    let exported = vault.checkpoint().expect("checkpoints");
    (vault, exported)
});

fuzz_target!(|text: &str| {
    let (vault, exported) = &*VAULT;
    // The vault's id is random: no input could speak of it but by this name.
    let own = exported[0].origin().split('/').nth(1).expect("an origin has three parts");
    let text = text.replace("VAULT", own);
    let _ = (NoteSigner::parse(&text), NoteVerifier::parse(&text));
    let Ok(kept) = Checkpoint::parse_all(&text) else { return };
    let again: String = kept.iter().map(|kept| kept.to_note(None)).collect();
    let reread = Checkpoint::parse_all(&again).expect("what was written is read");
    assert_eq!(again, reread.iter().map(|kept| kept.to_note(None)).collect::<String>());
    assert!(vault.verify_logs_since(&kept, None).is_ok());
});
