//! Who makes a change: `--actor`, else `KEYCASK_ACTOR`, else the Unix user of the process.

use keycask::Actor;
use nix::unistd::{User, geteuid};

use crate::context::environment;
use crate::failure::Failure;

/// The variable that names the actor.
const VARIABLE: &str = "KEYCASK_ACTOR";

/// The actor; `named` is what `--actor` says.
pub(crate) fn resolve(named: Option<&str>) -> Result<Actor, Failure> {
    if let Some(name) = named {
        return Ok(Actor::new(name)?);
    }
    match environment(VARIABLE) {
        Some(name) => {
            let name =
                name.into_string().map_err(|_| Failure::argument(format!("{VARIABLE}: is not UTF-8")))?;
            Ok(Actor::new(name)?)
        }
        None => Ok(Actor::new(unix_name())?),
    }
}

/// By the effective user id and its passwd entry: `$USER` is whatever the caller says.
fn unix_name() -> String {
    let uid = geteuid();
    match User::from_uid(uid) {
        Ok(Some(user)) if !user.name.is_empty() => format!("unix:{}", user.name),
        _ => format!("unix:{uid}"),
    }
}
