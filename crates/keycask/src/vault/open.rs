//! Creating and opening a vault.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keycask_sqlite::Permissions;

use super::Vault;
use super::pepper::{Peppers, introduce};
use super::stats::BusyCounter;
use crate::audit::Event;
use crate::cache::Cache;
use crate::clock::{Clock, Moment, wall_time};
use crate::error::{Error, Result};
use crate::key::{Actor, type_id, uuid_v7};
use crate::policy::Policy;
use crate::schema::SCHEMA;
use crate::secret::Pepper;
use crate::store::{Change, Snapshot, Store};
use crate::uses::Uses;

/// Of what the program's log is told.
const OPEN: &str = "keycask::open";

/// How to create or open a vault, where the defaults of [`Vault::create`] and [`Vault::open`] don't fit.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("keys.db");
/// use keycask::{Actor, VaultOptions};
///
/// let vault = VaultOptions::new().mode(0o660).actor(Actor::new("alice")?).create(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct VaultOptions {
    pub(super) busy_timeout: Duration,
    pub(super) permissions: Permissions,
    pub(super) actor: Actor,
    peppers: Vec<Arc<Pepper>>,
    cache_size: u64,
}

impl Default for VaultOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            permissions: Permissions::default(),
            actor: Actor::keycask(),
            peppers: Vec::new(),
            cache_size: 64 * 1024 * 1024,
        }
    }
}

impl VaultOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a change waits for other writers before it fails as busy: 5 s where nothing is said, at
    /// most an hour.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout.min(Duration::from_secs(3600));
        self
    }

    /// How many bytes this handle may use to remember what verify read: 64 MiB where nothing is said, about 100,000
    /// keys. It is never stale, whoever changes the file. 0 remembers nothing.
    pub fn cache_size(mut self, bytes: u64) -> Self {
        self.cache_size = bytes;
        self
    }

    /// The mode of a new file, whatever the umask: 0600 where nothing is said. Owners must be able to read
    /// and write, others may have nothing.
    pub fn mode(mut self, mode: u32) -> Self {
        self.permissions.mode = mode;
        self
    }

    /// The group of a new file, by number.
    ///
    /// The folder should be of the same group with its setgid bit on, so that the log beside the file is too.
    pub fn group(mut self, gid: u32) -> Self {
        self.permissions.group = Some(gid);
        self
    }

    /// Who creates the vault; `keycask` where nothing is said.
    pub fn actor(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// The pepper under which the vault's keys are stored. Until a rotation is over, give both.
    ///
    /// A vault that has no pepper yet ignores it until it is introduced by [`Vault::set_pepper`]; a new vault
    /// has it from the start.
    pub fn pepper(mut self, pepper: Pepper) -> Self {
        self.peppers.push(Arc::new(pepper));
        self
    }

    /// Creates a vault at `path`, which must not exist. Whoever looks at the path, also after a `kill -9`,
    /// sees nothing or a whole vault.
    ///
    /// # Errors
    ///
    /// `conflict` where something is at the path; `vault_missing` where the folder is; `unsupported_location`
    /// where its file system can't carry a write-ahead log; `invalid_argument` for a mode that doesn't fit.
    pub fn create(self, path: impl AsRef<Path>) -> Result<Vault> {
        let moment = Moment { at: wall_time(), from_clock: true };
        let begin = |change: &mut Change<'_>| self.begin(change);
        let store = Store::create(path.as_ref(), self.permissions, self.busy_timeout, moment, begin)
            .map_err(|error| refused(error.rename("open vault", "create vault")))?;
        Vault::of(store, self.peppers, self.cache_size).map_err(refused)
    }

    /// Creates a vault in memory, for tests: it belongs to this handle alone and ends with it. A child of a fork
    /// gets a copy of its own.
    ///
    /// ```
    /// # use keycask::{Actor, NewKey, Request, VaultOptions};
    /// let vault = VaultOptions::new().create_in_memory()?;
    /// let issued = vault.create_key(NewKey::new("acme_test").owner("acct_42"), &Actor::new("test")?)?;
    /// let verdict = vault.verify(issued.secret().expose(), &Request::new())?;
    /// assert_eq!(verdict.outcome().as_str(), "valid");
    /// # Ok::<(), keycask::Error>(())
    /// ```
    pub fn create_in_memory(self) -> Result<Vault> {
        let moment = Moment { at: wall_time(), from_clock: true };
        let store = Store::create_in_memory(self.busy_timeout, moment, |change| self.begin(change))?;
        Vault::of(store, self.peppers, self.cache_size)
    }

    /// Writes what a vault begins with.
    fn begin(&self, change: &mut Change<'_>) -> Result<()> {
        let id = uuid_v7(change.moment().at)?;
        change.insert_head(id, &Policy::default())?;
        let vault_id = type_id("vault", id);
        change.record(Event::VaultCreated { vault_id: &vault_id, schema: SCHEMA }, &self.actor)?;
        match self.peppers.first() {
            None => Ok(()),
            Some(pepper) => introduce(change, &[], pepper, &vault_id, &self.actor),
        }
    }

    /// Opens the vault at `path` and looks at it whole; nothing is changed, and no connection is kept.
    ///
    /// # Errors
    ///
    /// `vault_missing`, `not_a_vault`, `unsupported_version`, `read_only`, `unsupported_location`, `damaged`:
    /// each says what was found and what to do.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Vault> {
        let store = Store::open(path.as_ref(), self.busy_timeout);
        store.and_then(|store| Vault::of(store, self.peppers, self.cache_size)).map_err(refused)
    }
}

impl VaultOptions {
    /// For verbs that look up no secret.
    pub(super) fn open_unpeppered(&self, path: &Path) -> Result<Vault> {
        let store = Store::open(path, self.busy_timeout)?;
        Vault::with(store, Peppers::new(Vec::new()), Cache::new(0), |_, _| Ok(()))
    }
}

impl Vault {
    fn of(store: Store, peppers: Vec<Arc<Pepper>>, cache_size: u64) -> Result<Self> {
        let (peppers, cache) = (Peppers::new(peppers), Cache::new(cache_size));
        Self::with(store, peppers, cache, |peppers, (snapshot, id)| peppers.refresh(snapshot, id))
    }

    fn with(
        store: Store,
        peppers: Peppers,
        cache: Cache,
        look: impl FnOnce(&Peppers, (&Snapshot<'_>, &str)) -> Result<()>,
    ) -> Result<Self> {
        let (identity, mark, writers) = store.read_once(|snapshot| {
            snapshot.check_schema()?;
            let identity = snapshot.identity()?;
            look(&peppers, (snapshot, &identity.id))?;
            Ok((identity, snapshot.clock_mark()?, snapshot.open_writers()?))
        })?;
        let (store, cache, clock) = (Arc::new(store), Arc::new(cache), Arc::new(Clock::starting_at(mark)));
        if let Err(error) = Uses::report_gone(&store, &clock, &writers) {
            log::warn!(target: OPEN, "{error}; whether uses are missing is looked at when the vault is next opened");
        }
        let uses = Uses::new(store.clone(), cache.clone(), clock.clone());
        let busy = BusyCounter::default();
        log::info!(target: OPEN, "opened {} at {}", identity.id, store.path().display());
        let (id, created_at) = (identity.id, identity.created_at);
        Ok(Self { store, cache, clock, uses, peppers, busy, id, created_at })
    }
}

fn refused(error: Error) -> Error {
    log::warn!(target: OPEN, "{error}");
    error
}
