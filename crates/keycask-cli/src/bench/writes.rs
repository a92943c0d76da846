//! Changes: one at a time, and many in a transaction.

use std::cell::RefCell;

use keycask::{KeyId, RevocationReason, Rotation, UseMode, Vault};

use super::Bench;
use super::deck::{actor, len, new_key};
use super::plain::{Plain, insert_into};
use super::rounds::{Pair, ROUNDS, alternate, timed};
use super::row::{Limit, Row, Unit};
use crate::failure::Failure;

/// Changes of one round.
const COUNT: usize = 50;
/// Rounds, with the one that warms.
const TURNS: usize = ROUNDS as usize + 1;

const KEYS: &str = "SELECT * FROM keys ORDER BY key_no";
const CHANGES: &str = "SELECT * FROM changes WHERE key_no IS NOT NULL ORDER BY seq";

/// Beside one bare insert of a key's row with the same indexes, committed and synced as each of these is.
pub(super) fn single(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let vault = new_vault(bench, "single.db")?;
    let ids = create(&vault, 3 * TURNS * COUNT)?;
    let plain = Plain::copy_of(&vault, &bench.folder.path().join("single-bare.db"))?;
    let rows = plain.rows(KEYS)?;
    plain.run("DELETE FROM changes; DELETE FROM keys;")?;
    let (statement, plain, rows) =
        (insert_into("keys", &rows), RefCell::new(plain), RefCell::new(rows.chunks(COUNT)));
    let bare = || {
        let rows = rows.borrow_mut().next().unwrap_or_default();
        let insert = |row| plain.borrow_mut().insert(&[(&statement, std::slice::from_ref(row))]);
        timed(len(rows), || rows.iter().try_for_each(insert))
    };
    let ids = RefCell::new(ids.chunks(COUNT));
    let actor = actor()?;
    let row = |work, about: &str, change: &dyn Fn(KeyId) -> keycask::Result<()>| {
        let pair = alternate(bare, || {
            let ids = ids.borrow_mut().next().unwrap_or_default();
            timed(len(ids), || ids.iter().try_for_each(|id| change(*id)).map_err(Failure::from))
        })?;
        let pair = Pair { floor: pair.floor / 1e3, figure: pair.figure / 1e3 };
        Ok::<_, Failure>(Row::of_pair(work, about.to_owned(), Unit::Microseconds, pair, Limit::None))
    };
    Ok(vec![
        row("create", "create", &|_| vault.create_key(new_key(), &actor).map(drop))?,
        row("rotate", "rotate", &|id| vault.rotate(id, Rotation::planned(), &actor).map(drop))?,
        row("revoke", "revoke", &|id| vault.revoke(id, RevocationReason::Unspecified, &actor).map(drop))?,
    ])
}

/// Beside bare inserts of the same rows, keys and their events, with the same indexes.
pub(super) fn bulk(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let main = bench.main.open_uncached()?;
    let source = Plain::copy_of(&main, &bench.folder.path().join("bulk-rows.db"))?;
    let (keys, changes) = (source.rows(KEYS)?, source.rows(CHANGES)?);
    let vault = new_vault(bench, "bulk.db")?;
    let mut plain = Plain::copy_of(&vault, &bench.folder.path().join("bulk-bare.db"))?;
    let batch = keys.len() / TURNS;
    let mut batches = keys.chunks(batch).zip(changes.chunks(batch));
    let (into_keys, into_changes) = (insert_into("keys", &keys), insert_into("changes", &changes));
    let pair = alternate(
        || {
            let (keys, changes) = batches.next().unwrap_or_default();
            let took = timed(len(keys), || plain.insert(&[(&into_keys, keys), (&into_changes, changes)]))?;
            Ok(1e9 / took)
        },
        || {
            let mut made = 0;
            let took = timed(1, || {
                made = len(&create(&vault, batch)?);
                Ok(())
            })?;
            Ok(f64::from(made) * 1e9 / took)
        },
    )?;
    let about = format!("bulk create, transactions of {batch}");
    Ok(vec![Row::of_pair("create_bulk", about, Unit::PerSecond, pair, Limit::RatioAtLeast(0.4))])
}

fn new_vault(bench: &Bench, name: &str) -> Result<Vault, Failure> {
    let vault = Vault::create(bench.folder.path().join(name))?;
    vault.update_policy(|policy| policy.use_mode = UseMode::Off, &actor()?)?;
    Ok(vault)
}

/// Creates keys in one transaction.
fn create(vault: &Vault, count: usize) -> Result<Vec<KeyId>, Failure> {
    let issued = vault.create_keys((0..count).map(|_| new_key()).collect(), &actor()?)?;
    Ok(issued.iter().map(|issued| issued.key().id()).collect())
}
