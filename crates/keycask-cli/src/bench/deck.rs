//! A closed vault with keys whose secrets are known.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use keycask::{Actor, NewKey, Outcome, Request, UseMode, Vault, VaultOptions};

use super::rounds;
use crate::failure::Failure;

/// Keys that are created in one transaction.
pub(super) const BATCH: u32 = 10_000;
/// More secrets than this are not kept: every so many one is.
const KEPT: u32 = 1_000_000;
/// What a key may take of the cache, so that none of them is pushed out.
const CACHE_PER_KEY: u64 = 2_048;

/// A closed vault with keys whose secrets are known.
pub(super) struct Deck {
    pub(super) path: PathBuf,
    pub(super) keys: u32,
    /// In an order that has nothing to do with their creation.
    pub(super) secrets: Vec<String>,
    /// What it took to make it.
    pub(super) took: Duration,
    pub(super) file_bytes: u64,
}

/// Who changes the vaults.
pub(super) fn actor() -> Result<Actor, Failure> {
    Ok(Actor::new("bench")?)
}

pub(super) fn new_key() -> NewKey {
    NewKey::new("acme_live").owner("acct_42").name("production").scope("reports:read")
}

impl Deck {
    /// Makes a vault with use mode `off`.
    pub(super) fn make(path: &Path, keys: u32, bar: &ProgressBar) -> Result<Self, Failure> {
        let (begin, actor) = (Instant::now(), actor()?);
        let vault = Vault::create(path)?;
        vault.update_policy(|policy| policy.use_mode = UseMode::Off, &actor)?;
        let (mut secrets, mut made) = (Vec::new(), 0);
        while made < keys {
            bar.set_message(format!("{made} of {keys} keys created"));
            let batch = (keys - made).min(BATCH);
            let issued = vault.create_keys((0..batch).map(|_| new_key()).collect(), &actor)?;
            let nth = keys.div_ceil(KEPT);
            let kept = (made..).zip(issued).filter(|(number, _)| number % nth == 0);
            secrets.extend(kept.map(|(_, issued)| issued.secret().expose().to_owned()));
            made += batch;
        }
        drop(vault);
        let took = begin.elapsed();
        let file_bytes = file_bytes(path)?;
        let secrets = in_order(&secrets, &rounds::shuffled(len(&secrets)));
        Ok(Self { path: path.to_path_buf(), keys, secrets, took, file_bytes })
    }

    /// Opens it with a use mode; none of its keys is pushed out of memory.
    pub(super) fn open(&self, mode: UseMode) -> Result<Vault, Failure> {
        self.open_with(u64::from(self.keys) * CACHE_PER_KEY + (64 << 20), mode)
    }

    /// Opens it with uses off, so that nothing is remembered.
    pub(super) fn open_uncached(&self) -> Result<Vault, Failure> {
        self.open_with(0, UseMode::Off)
    }

    /// Opens it with uses off, and verifies every secret once.
    pub(super) fn open_warm(&self) -> Result<Vault, Failure> {
        let vault = self.open(UseMode::Off)?;
        verify(&vault, &self.secrets, &Request::new())?;
        Ok(vault)
    }

    fn open_with(&self, cache: u64, mode: UseMode) -> Result<Vault, Failure> {
        let vault = VaultOptions::new().cache_size(cache).open(&self.path)?;
        vault.update_policy(|policy| policy.use_mode = mode, &actor()?)?;
        Ok(vault)
    }
}

/// Verifies secrets that are valid; another outcome is an error of the measurement.
pub(super) fn verify(vault: &Vault, secrets: &[String], request: &Request<'_>) -> Result<(), Failure> {
    for secret in secrets {
        let outcome = vault.verify(secret, request)?.outcome();
        if outcome != Outcome::Valid {
            return Err(Failure::not_found(format!("a key that was just made is {outcome}")));
        }
    }
    Ok(())
}

pub(super) fn len<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}

pub(super) fn file_bytes(path: &Path) -> Result<u64, Failure> {
    Ok(path.metadata().map_err(|error| Failure::io("look at the vault's file", &error))?.len())
}

fn in_order(secrets: &[String], order: &[u32]) -> Vec<String> {
    order.iter().map(|place| secrets[*place as usize].clone()).collect()
}
