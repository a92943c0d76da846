//! Guards against a notice that is lost when its sender dies: `notify` is killed again and again at random
//! moments, between the commit of a change and its delivery among them. Every notice arrives, none before its
//! change is durable, and one that arrives twice is recognised by its Message-ID.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where something unexpected is found, and tells its figures"
)]

mod common;
mod mail;

use std::collections::{BTreeMap, HashSet};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use common::{Home, run, text};
use keycask::{Actor, NewKey, NoticeFilter, NoticeId, RevocationReason, Rotation, Vault};
use mail::{Mail, MailServer, PASSWORD, USER};

const KILLS: u32 = 100;
/// The longest life of a sender: long enough to log in and to send some.
const LONGEST_LIFE_MS: u64 = 150;
/// Once the last sender is dead, its claim and what is left take no longer.
const LONGEST_END: Duration = Duration::from_secs(120);
const ADDRESS: &str = "ops@example.org";

/// A small generator of test choices (splitmix64), seeded so that a failure can be run again.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// What must arrive: a key's id and the kind of its notice.
type Told = (String, &'static str);

/// Rotates and revokes keys until it is told to stop, and returns what was acknowledged to have happened.
fn make_notices(vault: &Vault, seed: u64, stop: &AtomicBool) -> Vec<Told> {
    let (mut choices, alice, mut made) = (Choices(seed), Actor::new("alice").unwrap(), Vec::new());
    let grace = Duration::from_secs(72 * 3600);
    while !stop.load(Ordering::Relaxed) {
        let key = vault.create_key(NewKey::new("acme_live").notify_email(ADDRESS), &alice).unwrap();
        let id = key.key().id();
        if choices.below(2) == 0 {
            vault.rotate(id, Rotation::planned().grace(grace), &alice).unwrap();
            made.push((id.to_string(), "rotated"));
        } else {
            vault.revoke(id, RevocationReason::Policy, &alice).unwrap();
            made.push((id.to_string(), "revoked"));
        }
        std::thread::sleep(Duration::from_millis(choices.below(60)));
    }
    made
}

fn sender(home: &Home, server: &MailServer, args: &[&str]) -> Command {
    let mut command = home.command(&["notify", "--smtp", &server.url(), "--from", "keys@example.com"]);
    command.args(["--lease", "300ms", "--json"]).args(args).arg("--ca-file").arg(server.ca());
    command.env("KEYCASK_SMTP_USER", USER).env("KEYCASK_SMTP_PASSWORD", PASSWORD);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Claims that were neither acknowledged nor given back: the notice, and when another sender may have it.
type Claims = HashSet<(NoticeId, SystemTime)>;

/// Kills a sender after a random while, and says whether it died with a notice in its hands.
fn kill_one(
    home: &Home,
    server: &MailServer,
    vault: &Vault,
    choices: &mut Choices,
    claims: &mut Claims,
) -> bool {
    let mut sender = sender(home, server, &["--interval", "10ms"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(choices.below(LONGEST_LIFE_MS)));
    sender.kill().unwrap();
    sender.wait().unwrap();
    let before = claims.len();
    for notice in vault.notices(NoticeFilter::new()).unwrap().map(Result::unwrap) {
        claims.extend(notice.next_attempt_at().map(|free| (notice.id(), free)));
    }
    claims.len() > before
}

/// Sends what is left, until every claim of the dead has run out.
fn send_the_rest(home: &Home, server: &MailServer, vault: &Vault, within: Duration) {
    let begun = Instant::now();
    while vault.notices(NoticeFilter::new()).unwrap().count() > 0 {
        assert!(begun.elapsed() < within, "notices are left over");
        run(sender(home, server, &["--once"]).stdout(Stdio::piped()).stderr(Stdio::piped())).exits(0);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The kind of a mail, by its subject.
fn kind(mail: &Mail) -> &'static str {
    if mail.header("Subject").ends_with("was rotated") { "rotated" } else { "revoked" }
}

/// That a fresh process saw the change before the server had taken the mail.
fn assert_durable(mail: &Mail) {
    let (seen, state) = (&mail.0["seen"], text(&mail.0["seen"], "state"));
    match kind(mail) {
        "rotated" => {
            assert_eq!(state, "superseded", "{seen}");
            assert!(mail.raw().contains(&text(seen, "replaced_by")), "{seen}");
        }
        _ => assert_eq!(state, "revoked", "{seen}"),
    }
}

#[test]
fn every_notice_arrives_though_its_senders_are_killed() {
    let seed = variable("KEYCASK_SEED").unwrap_or(0x5eed);
    let scale = variable("KEYCASK_SCALE").and_then(|scale| u32::try_from(scale).ok()).unwrap_or(1);
    let kills = KILLS * scale;
    println!("seed {seed} (set KEYCASK_SEED to repeat another)");
    let home = Home::new();
    let path = home.vault();
    let witness = ["--witness", env!("CARGO_BIN_EXE_keycask"), path.to_str().unwrap()];
    let server = MailServer::start(&witness);
    let vault = Vault::open(&path).unwrap();
    let (stop, mut choices, mut claims) = (AtomicBool::new(false), Choices(seed), Claims::new());
    let (made, interrupted) = std::thread::scope(|scope| {
        let maker = scope.spawn(|| make_notices(&vault, seed ^ 1, &stop));
        let mut kill = || kill_one(&home, &server, &vault, &mut choices, &mut claims);
        let killed = (0..kills).filter(|_| kill()).count();
        stop.store(true, Ordering::Relaxed);
        (maker.join().unwrap(), killed)
    });
    send_the_rest(&home, &server, &vault, LONGEST_END * scale);

    let mails = server.mails();
    let mut arrived: BTreeMap<Told, Vec<&Mail>> = BTreeMap::new();
    for mail in &mails {
        assert_durable(mail);
        arrived.entry((text(&mail.0["seen"], "id"), kind(mail))).or_default().push(mail);
    }
    let mut expected = made.clone();
    expected.sort_unstable();
    assert_eq!(arrived.keys().cloned().collect::<Vec<_>>(), expected, "lost, or never made");
    for copies in arrived.values() {
        for copy in copies {
            assert_eq!(copy.header("Message-ID"), copies[0].header("Message-ID"));
            assert_eq!(copy.alternatives(), copies[0].alternatives());
        }
    }
    println!(
        "{kills} kills, {interrupted} of them with a notice claimed and not acknowledged; {} notices, {} mails",
        made.len(),
        mails.len()
    );
    assert!(interrupted > 0 && made.len() > 10, "too little happened to tell");
}
