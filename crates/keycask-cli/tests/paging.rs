//! Guards against lists that end, repeat or skip where the core's pages do.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, text};
use keycask::{Actor, NewKey, Vault};

const KEYS: usize = 1200;

fn filled() -> Home {
    let home = Home::new();
    let vault = Vault::open(home.vault()).unwrap();
    let key = |n: usize| {
        let (prefix, scope) =
            if n.is_multiple_of(2) { ("acme_live", "a:read") } else { ("acme_test", "a:write") };
        NewKey::new(prefix).owner(format!("acct_{}", n % 3)).name(n.to_string()).scope(scope)
    };
    vault.create_keys((0..KEYS).map(key).collect(), &Actor::new("alice").unwrap()).unwrap();
    home
}

fn listed(home: &Home, args: &[&str]) -> Vec<String> {
    let answer = home.run(&[&["list", "--json"], args].concat()).exits(0);
    answer.json_lines().iter().map(|key| text(key, "name")).collect()
}

fn names(which: impl Fn(usize) -> bool) -> Vec<String> {
    (0..KEYS).filter(|n| which(*n)).map(|n| n.to_string()).collect()
}

#[test]
fn every_key_is_listed_once_in_order() {
    let home = filled();
    assert_eq!(listed(&home, &[]), names(|_| true));
    let table = home.run(&["list"]).exits(0);
    assert_eq!(table.lines().len(), KEYS + 1);
    assert_eq!(listed(&home, &["--owner", "acct_1"]), names(|n| n % 3 == 1));
    assert_eq!(listed(&home, &["--prefix", "acme_test"]), names(|n| n % 2 == 1));
    assert_eq!(listed(&home, &["--scope", "a:read", "--owner", "acct_0"]), names(|n| n % 6 == 0));
    assert_eq!(listed(&home, &["--name", "777"]), ["777"]);
    assert_eq!(listed(&home, &["--state", "revoked", "--state", "expired"]), [""; 0]);
    assert_eq!(listed(&home, &["--state", "active", "--limit", "7"]), names(|n| n < 7));
    let changes = home.run(&["audit", "changes", "--json", "--kind", "key.created"]).exits(0).json_lines();
    assert_eq!(changes.len(), KEYS);
}

#[test]
fn pages_join_without_a_gap() {
    let home = filled();
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut args = vec!["list", "--json", "--limit", "501"];
        args.extend(cursor.iter().flat_map(|id| ["--after", id.as_str()]));
        let page = home.run(&args).exits(0).json_lines();
        let Some(last) = page.last() else { break };
        seen.extend(page.iter().map(|key| text(key, "name")));
        cursor = Some(text(last, "id"));
    }
    assert_eq!(seen, names(|_| true));
}
