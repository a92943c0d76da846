//! What each verb costs: `cargo bench -p keycask`. Vaults are made in the folder for temporary files.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark ends where something unexpected is found")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use keycask::{Actor, Issued, KeyId, NewKey, Outcome, Reason, Request, RevocationReason, Rotation, UseMode};
use keycask::{Vault, VaultOptions};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const KEYS: usize = 10_000;

struct Bench {
    folder: TempDir,
    vault: Vault,
    issued: Vec<Issued>,
    actor: Actor,
}

impl Bench {
    fn new(keys: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create(folder.path().join("keys.db")).unwrap();
        let actor = Actor::new("bench").unwrap();
        vault.update_policy(|policy| policy.use_mode = UseMode::Off, &actor).unwrap();
        let new_key = || NewKey::new("acme_live").owner("acct_42").scope("reports:read");
        let issued = vault.create_keys((0..keys).map(|_| new_key()).collect(), &actor).unwrap();
        Self { folder, vault, issued, actor }
    }

    fn secret(&self, number: usize) -> &str {
        self.issued[number % self.issued.len()].secret().expose()
    }

    fn id(&self, number: usize) -> KeyId {
        self.issued[number].key().id()
    }
}

/// Counts up, for a stride that no cache line likes.
fn strides() -> impl FnMut() -> usize {
    let mut number = 0;
    move || {
        number += 7_919;
        number
    }
}

fn verify(c: &mut Criterion) {
    let bench = Bench::new(KEYS);
    let vault = &bench.vault;
    let outcome = |secret: &str| vault.verify(black_box(secret), &Request::new()).unwrap().outcome();
    for number in 0..KEYS {
        assert_eq!(outcome(bench.secret(number)), Outcome::Valid);
    }
    let mut group = c.benchmark_group("verify");
    let mut next = strides();
    group.bench_function("floor: SHA-256 alone", |b| {
        b.iter(|| Sha256::digest(black_box(bench.secret(next()))));
    });
    group.bench_function("hot", |b| b.iter(|| outcome(bench.secret(next()))));
    let scoped = Request::new().scope("reports:read").prefix("acme_live");
    group.bench_function("hot, with a scope and a prefix", |b| {
        b.iter(|| vault.verify(black_box(bench.secret(next())), &scoped).unwrap());
    });
    let uncached = VaultOptions::new().cache_size(0).open(vault.path()).unwrap();
    group.bench_function("not cached", |b| {
        b.iter(|| uncached.verify(bench.secret(next()), &Request::new()).unwrap());
    });
    let refused = |reason| Outcome::Refused(reason);
    let stranger = Bench::new(1);
    assert_eq!(outcome(stranger.secret(0)), refused(Reason::Unknown));
    group.bench_function("unknown", |b| b.iter(|| outcome(stranger.secret(0))));
    let malformed = &bench.secret(0)[1..];
    assert_eq!(outcome(malformed), refused(Reason::Malformed));
    group.bench_function("malformed", |b| b.iter(|| outcome(malformed)));
    vault.revoke(bench.id(0), RevocationReason::Unspecified, &bench.actor).unwrap();
    assert_eq!(outcome(bench.secret(0)), refused(Reason::Revoked));
    group.bench_function("refused", |b| b.iter(|| outcome(bench.secret(0))));
}

fn changes(c: &mut Criterion) {
    let bench = Bench::new(0);
    let (vault, actor) = (&bench.vault, &bench.actor);
    let create = || vault.create_key(NewKey::new("acme_live").owner("acct_42"), actor).unwrap().key().id();
    let mut group = c.benchmark_group("change");
    group.sample_size(20);
    group.bench_function("create", |b| b.iter(create));
    group.bench_function("rotate", |b| {
        b.iter_batched(
            create,
            |id| vault.rotate(id, Rotation::planned(), actor).unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("revoke", |b| {
        let revoke = |id| vault.revoke(id, RevocationReason::Unspecified, actor).unwrap();
        b.iter_batched(create, revoke, BatchSize::SmallInput);
    });
}

/// Recomputing both logs, for each of the events that creating the keys left.
fn audit(c: &mut Criterion) {
    let bench = Bench::new(KEYS);
    let mut group = c.benchmark_group("audit");
    group.sample_size(10).throughput(Throughput::Elements(KEYS as u64));
    group.bench_function("verify 10,000 events", |b| {
        b.iter(|| assert!(bench.vault.verify_logs().unwrap().ok()));
    });
}

/// Opening a vault that was closed, and the first verify.
fn open(c: &mut Criterion) {
    let bench = Bench::new(KEYS);
    let path = bench.folder.path().join("copy.db");
    bench.vault.backup(&path, &bench.actor).unwrap();
    c.bench_function("open, and one verify", |b| {
        b.iter(|| Vault::open(&path).unwrap().verify(bench.secret(0), &Request::new()).unwrap());
    });
}

criterion_group!(benches, verify, changes, audit, open);
criterion_main!(benches);
