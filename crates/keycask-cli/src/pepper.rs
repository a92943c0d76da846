//! The vault's peppers: `--pepper-file`, else the environment.

use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use keycask::Pepper;

use crate::context::environment;
use crate::failure::Failure;

/// The variable that names the pepper's file, and the one that holds the pepper itself.
const FILE_VARIABLE: &str = "KEYCASK_PEPPER_FILE";
const VARIABLE: &str = "KEYCASK_PEPPER";

/// The peppers that were given; `named` is what `--pepper-file` says.
///
/// Both variables count: while a pepper is rotated, one can give the current one and the other the older.
pub(crate) fn resolve(named: &[PathBuf]) -> Result<Vec<Pepper>, Failure> {
    if !named.is_empty() {
        return named.iter().map(|path| from_file(path)).collect();
    }
    let file = environment(FILE_VARIABLE).map(|path| from_file(Path::new(&path)));
    let bytes = environment(VARIABLE).map(|value| Ok(Pepper::new(value.into_vec())?));
    file.into_iter().chain(bytes).collect()
}

/// Reads a pepper. A path that leads nowhere isn't repeated: it may be the pepper, put in the wrong place.
pub(crate) fn from_file(path: &Path) -> Result<Pepper, Failure> {
    if !path.exists() {
        return Err(Failure::pepper("read the pepper: there is nothing at the path that was named"));
    }
    Ok(Pepper::from_file(path)?)
}
