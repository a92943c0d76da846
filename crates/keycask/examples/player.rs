//! The Rust player of `tests/interop`: does what it is told on stdin, a line at a time, with a vault.

#![allow(clippy::print_stdout, reason = "its answers go to stdout")]

use std::io::BufRead;
use std::time::Instant;

use keycask::{Actor, Error, KeyId, NewKey, Request, RevocationReason, Rotation, Vault, Verdict};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, actor] = arguments.as_slice() else { panic!("player VAULT ACTOR") };
    let (vault, actor) = (Vault::open(path)?, Actor::new(actor)?);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        match play(&vault, &actor, &words) {
            Ok(answer) => println!("ok {answer}"),
            Err(error) => println!("error {}", error.kind()),
        }
    }
    Ok(())
}

fn play(vault: &Vault, actor: &Actor, words: &[&str]) -> Result<String, Error> {
    match words {
        ["create", owner] => {
            let issued =
                vault.create_key(NewKey::new("acme_live").owner(*owner).scope("reports:read"), actor)?;
            Ok(format!("{} {}", issued.key().id(), issued.secret().expose()))
        }
        ["verify", secret] => Ok(match vault.verify(secret, &Request::new())? {
            Verdict::Valid(key) => format!("valid {}", key.id()),
            Verdict::Refused(refusal) => {
                let id = refusal.key_id().map_or("-".to_owned(), |id| id.to_string());
                format!("{} {id}", refusal.reason())
            }
        }),
        ["rotate", id] => {
            let issued = vault.rotate(id.parse::<KeyId>()?, Rotation::planned(), actor)?;
            Ok(format!("{} {}", issued.key().id(), issued.secret().expose()))
        }
        ["revoke", id] => {
            let key = vault.revoke(id.parse::<KeyId>()?, RevocationReason::Compromised, actor)?;
            Ok(key.id().to_string())
        }
        ["bench", count, secret] => {
            let count: u64 = count.parse().unwrap_or(0);
            let started = Instant::now();
            for _ in 0..count {
                let request = Request::new().scope("reports:read").prefix("acme_live");
                assert!(matches!(vault.verify(secret, &request)?, Verdict::Valid(_)));
            }
            Ok(started.elapsed().as_nanos().to_string())
        }
        _ => panic!("not a word of the game"),
    }
}
