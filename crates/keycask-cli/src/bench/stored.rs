//! Verify, read from the file.

use keycask::Request;

use super::Bench;
use super::deck::{len, verify};
use super::hot::digest;
use super::plain::Plain;
use super::rounds::{alternate, timed};
use super::row::{Limit, Row, Unit};
use crate::failure::Failure;

/// Verifies of one round.
const COUNT: usize = 10_000;

/// Beside one prepared SELECT of the same columns by the digest, which is given.
pub(super) fn not_cached(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let (deck, vault) = (&bench.main, bench.main.open_uncached()?);
    let plain = Plain::copy_of(&vault, &bench.folder.path().join("found.db"))?;
    let secrets = &deck.secrets[..deck.secrets.len().min(COUNT)];
    let digests: Vec<_> = secrets.iter().map(|secret| digest(secret)).collect();
    let find = || {
        let missing = || Failure::not_found("a key is not in its backup");
        digests.iter().try_for_each(|digest| plain.find(digest)?.then_some(()).ok_or_else(missing))
    };
    let request = Request::new();
    let pair = alternate(
        || timed(len(secrets), find),
        || timed(len(secrets), || verify(&vault, secrets, &request)),
    )?;
    let about = format!("verify, not cached, {} keys", deck.keys);
    Ok(vec![Row::of_pair("verify_stored", about, Unit::Nanoseconds, pair, Limit::RatioAtMost(1.5))])
}

/// As many keys as there are, beside ten thousand; the file is in the page cache.
pub(super) fn many(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let (some, many) = (&bench.some, &bench.largest);
    let (some_open, many_open) = (some.open_uncached()?, many.open_uncached()?);
    let request = Request::new();
    let count = |secrets: &Vec<String>| secrets.len().min(COUNT);
    let (of_some, of_many) = (&some.secrets[..count(&some.secrets)], &many.secrets[..count(&many.secrets)]);
    let pair = alternate(
        || timed(len(of_some), || verify(&some_open, of_some, &request)),
        || timed(len(of_many), || verify(&many_open, of_many, &request)),
    )?;
    let about = format!("verify, not cached, {} keys, beside {}", many.keys, some.keys);
    Ok(vec![Row::of_pair("verify_stored_many", about, Unit::Nanoseconds, pair, Limit::RatioAtMost(2.5))])
}
