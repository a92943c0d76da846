//! `init`: a new vault.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use keycask::VaultOptions;
use nix::unistd::{Gid, Group};
use serde_json::json;

use crate::args::InitArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};

const GROUP_MAY_WRITE: u32 = 0o060;
const SETGID: u32 = 0o2000;

pub(super) fn run(args: &InitArgs, context: &mut Context) -> Result<Exit, Failure> {
    let path = context.vault_path()?;
    let group = args.group.as_deref().map(group).transpose()?;
    let mut options = VaultOptions::new().actor(context.actor()?);
    if let Some(mode) = args.mode {
        options = options.mode(mode);
    }
    if let Some(group) = group {
        options = options.group(group.as_raw());
    }
    if let Some(pepper) = context.only_pepper()? {
        options = options.pepper(pepper);
    }
    let vault = options.create(path)?;
    if let Some(group) = group {
        warn_of_group(vault.path(), group, args.mode.unwrap_or_default(), context);
    }
    let path = vault.path().to_string_lossy();
    if context.output.is_json() {
        context.output.json(&json!({ "vault_id": vault.id(), "path": path }))?;
    } else {
        context.output.line(format_args!("created {}  {path}", vault.id()))?;
    }
    Ok(Exit::Yes)
}

/// A group by name, else by number.
fn group(text: &str) -> Result<Gid, Failure> {
    if let Ok(Some(group)) = Group::from_name(text) {
        return Ok(group.gid);
    }
    let number = text.parse().map_err(|_| Failure::argument("group: this machine has none of that name"))?;
    Ok(Gid::from_raw(number))
}

/// Says what would keep the group's members out of the file, or of the log that SQLite puts beside it.
fn warn_of_group(path: &Path, group: Gid, mode: u32, context: &Context) {
    if mode & GROUP_MAY_WRITE != GROUP_MAY_WRITE {
        context.output.warn("group_mode", "the group can't use the vault under its mode; give --mode 0660");
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let shared =
        folder.metadata().is_ok_and(|folder| folder.gid() == group.as_raw() && folder.mode() & SETGID != 0);
    if !shared {
        let folder = folder.display();
        context.output.warn(
            "group_folder",
            &format!("{folder} gives the log beside the vault another group; run `chgrp {group} {folder} && chmod g+rwxs {folder}`"),
        );
    }
}
