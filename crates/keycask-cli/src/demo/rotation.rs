//! Rotation: planned, with a grace window, and in an emergency.

use std::time::{Duration, SystemTime};

use keycask::{Issued, Request, Rotation};

use super::keys::masked;
use super::{HOUR, Scene, Stage, timeline};
use crate::failure::Failure;

pub(super) fn planned(scene: &Scene, old: &Issued, stage: &mut Stage<'_>) -> Result<Issued, Failure> {
    stage.title("Rotate, and break no client")?;
    let Scene { vault, actor, .. } = scene;
    let new = vault.rotate(old.key().id(), Rotation::planned().grace(HOUR), actor)?;
    let rotated_at = new.key().created_at();
    let grace_until = vault.key(old.key().id())?.grace_until().unwrap_or(rotated_at);
    timeline::draw(stage, [&masked(old), &masked(&new)], rotated_at, grace_until)?;
    stage.expect("the old key, now", "valid", now(scene, old)?)?;
    stage.expect("the new key, now", "valid", now(scene, &new)?)?;
    let last = grace_until - Duration::from_millis(1);
    stage.expect("the old key at grace_until - 1 ms", "valid", at(scene, old, last)?)?;
    stage.expect("the old key at grace_until", "rotated_out", at(scene, old, grace_until)?)?;
    stage.expect("the new key at grace_until", "valid", at(scene, &new, grace_until)?)?;
    let again = vault.rotate(old.key().id(), Rotation::planned(), actor);
    let again = again.err().map_or("rotated", |error| error.kind().as_str());
    stage.expect("the old key rotated once more: never two successors", "conflict", again)?;
    Ok(new)
}

pub(super) fn emergency(
    scene: &Scene,
    old: &Issued,
    leaked: &Issued,
    stage: &mut Stage<'_>,
) -> Result<(), Failure> {
    stage.title("The new key leaked: rotate in an emergency")?;
    let safe = scene.vault.rotate(leaked.key().id(), Rotation::emergency(), &scene.actor)?;
    stage.say(format_args!("{}  issued in the same transaction", masked(&safe)))?;
    stage.expect("the leaked key", "revoked", now(scene, leaked)?)?;
    stage.expect("its predecessor, whose window was open", "revoked", now(scene, old)?)?;
    stage.expect("the new key", "valid", now(scene, &safe)?)
}

/// The outcome for a key of the story, now.
pub(super) fn now(scene: &Scene, issued: &Issued) -> Result<&'static str, Failure> {
    let verdict = scene.vault.verify(issued.secret().expose(), &Request::new())?;
    Ok(verdict.outcome().as_str())
}

/// The outcome at another time. It is no use of the key, and the log of uses says nothing of it.
pub(super) fn at(scene: &Scene, issued: &Issued, time: SystemTime) -> Result<&'static str, Failure> {
    let verdict = scene.vault.verify_at(issued.secret().expose(), &Request::new().no_event(), time)?;
    Ok(verdict.outcome().as_str())
}
