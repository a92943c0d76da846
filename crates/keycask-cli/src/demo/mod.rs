//! `demo`: the whole life of some keys, told as it happens.
//!
//! It uses what every user of the library has, and expects an outcome at every step: where another one is
//! found, the demo says so and fails.

mod keys;
mod logs;
mod peer;
mod revocation;
mod rotation;
mod stage;
mod timeline;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use keycask::{Actor, Vault, VaultOptions};
use tempfile::TempDir;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use stage::Stage;

/// Who acts, where nobody else is named.
const ACTOR: &str = "alice";

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// What the story is played with.
struct Scene {
    vault: Vault,
    actor: Actor,
    /// Holds the vault, unless one was named, and what else is needed; removed in the end.
    folder: TempDir,
}

pub(crate) fn run(context: &mut Context) -> Result<Exit, Failure> {
    let began = Instant::now();
    let folder = tempfile::Builder::new()
        .prefix("keycask-demo-")
        .tempdir()
        .map_err(|error| Failure::io("make a temporary folder", &error))?;
    let path = context.named_vault().map_or_else(|| folder.path().join("keys.db"), Path::to_path_buf);
    let actor = Actor::new(context.named_actor().unwrap_or(ACTOR))?;
    let program = context.program().to_owned();
    let mut stage = Stage::new(&mut context.output);
    let scene = open(&path, actor, folder, &mut stage)?;
    let cast = keys::issue(&scene, &mut stage)?;
    keys::verify(&scene, &cast, &mut stage)?;
    let live = rotation::planned(&scene, &cast.live, &mut stage)?;
    rotation::emergency(&scene, &cast.live, &live, &mut stage)?;
    revocation::revoke(&scene, &cast.test, &mut stage)?;
    revocation::expire(&scene, &cast.trial, &mut stage)?;
    logs::show(&scene, &mut stage)?;
    stage.end(began.elapsed(), &program)
}

fn open(path: &Path, actor: Actor, folder: TempDir, stage: &mut Stage<'_>) -> Result<Scene, Failure> {
    stage.title("Create a vault: one SQLite file")?;
    let vault = VaultOptions::new().actor(actor.clone()).create(path)?;
    let path = vault.path().to_path_buf();
    stage.say(format_args!("{}  {}", path.display(), vault.id()))?;
    let mode = path.metadata().map_err(|error| Failure::io("look at the vault's file", &error))?;
    let mode = format!("{:04o}", mode.permissions().mode() & 0o7777);
    stage.expect("the file's mode, whatever the umask", "0600", &mode)?;
    let again = Vault::create(&path).err().map_or("created", |error| error.kind().as_str());
    stage.expect("a second create at the same path", "conflict", again)?;
    Ok(Scene { vault, actor, folder })
}
