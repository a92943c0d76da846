//! The ends of a key's life: revoked, seen by everyone at once, and expired.

use std::time::Duration;

use keycask::{Issued, Revocation, RevocationReason};

use super::peer::Peer;
use super::rotation::{at, now};
use super::{Scene, Stage};
use crate::failure::Failure;

pub(super) fn revoke(scene: &Scene, issued: &Issued, stage: &mut Stage<'_>) -> Result<(), Failure> {
    let peer = Peer::find();
    stage.title("Revoke: the very next verify refuses, in every process")?;
    let (vault, secret) = (&scene.vault, issued.secret().expose());
    let before = peer.verify(vault.path(), secret)?;
    stage.expect(&format!("{}, before", peer.name()), "valid", &before)?;
    let revocation = Revocation::new(RevocationReason::Compromised).note("seen in a public repository");
    let key = vault.revoke(issued.key().id(), revocation, &scene.actor)?;
    let reason = key.revoked_reason().map_or("none", RevocationReason::as_str);
    stage.expect("the reason that is kept", "compromised", reason)?;
    stage.expect("this process, the next verify", "revoked", now(scene, issued)?)?;
    let after = peer.verify(vault.path(), secret)?;
    stage.expect(&format!("{}, the next verify", peer.name()), "revoked", &after)
}

pub(super) fn expire(scene: &Scene, issued: &Issued, stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.title("Expire, to the millisecond")?;
    let Some(end) = issued.key().expires_at() else {
        return stage.expect("the trial key's expiry", "set", "none");
    };
    stage.expect("the trial key, now", "valid", now(scene, issued)?)?;
    let last = end - Duration::from_millis(1);
    stage.expect("the trial key at expires_at - 1 ms", "valid", at(scene, issued, last)?)?;
    stage.expect("the trial key at expires_at", "expired", at(scene, issued, end)?)
}
