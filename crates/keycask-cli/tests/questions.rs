//! Guards against a question about many keys that leaves one out: a key that ends unnoticed, a forgotten one
//! that nobody revokes, a chain of rotations with a link missing.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::time::{Duration, SystemTime};

use common::{Home, names, text};
use keycask::{Actor, NewKey, Request, Vault};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(86_400);

fn ids(lines: &[Value]) -> Vec<String> {
    lines.iter().map(|key| text(key, "id")).collect()
}

/// The names of a key's fields as `list` has them, and some more.
fn with_more(home: &Home, more: [&str; 2]) -> Vec<String> {
    let key = home.run(&["list", "--json", "--limit", "1"]).exits(0).json();
    let mut all: Vec<_> = names(&key).into_iter().chain(more).map(str::to_owned).collect();
    all.sort_unstable();
    all
}

#[test]
fn due_lists_what_ends_soon_and_why() {
    let home = Home::new();
    let rotation = home.create(&["--rotate-after", "1d"]).0;
    let expiry = home.create(&["--expires-in", "2h"]).0;
    let calm = home.create(&["--expires-in", "60d", "--rotate-after", "30d"]).0;
    let window = home.create(&[]).0;
    home.run(&["rotate", &window]).exits(0);
    let alone = home.create(&[]).0;
    let lost = text(&home.run(&["rotate", "--json", &alone]).exits(0).json(), "id");
    home.run(&["revoke", "--yes", &lost]).exits(0);

    let due = |args: &[&str]| home.run(&[&["due", "--json"], args].concat()).exits(0).json_lines();
    let all = due(&[]);
    let reasons: Vec<_> = all.iter().map(|key| (text(key, "id"), text(key, "due_reason"))).collect();
    let expected = [
        (&expiry, "expiry"),
        (&rotation, "rotation"),
        (&window, "window_end"),
        (&alone, "without_successor"),
    ];
    assert_eq!(reasons, expected.map(|(id, reason)| (id.clone(), reason.to_owned())));
    assert_eq!(all[0]["due_at"], all[0]["expires_at"]);
    assert_eq!(all[2]["due_at"], all[2]["grace_until"]);
    assert_eq!(names(&all[0]), with_more(&home, ["due_at", "due_reason"]));

    assert_eq!(ids(&due(&["--within", "1h"])), [&*alone], "nobody takes over: urgent whenever it ends");
    assert_eq!(ids(&due(&["--within", "3h"])), [&*expiry, &*alone]);
    let far = due(&["--within", "90d"]);
    assert_eq!(far.iter().filter(|key| key["id"] == *calm).count(), 2, "two reasons are two lines");

    let table = home.run(&["due", "--within", "3h"]).exits(0);
    assert!(table.stdout.starts_with("DUE  "), "{table:?}");
    assert!(table.lines()[1].starts_with("expiry             20"), "{table:?}");
    assert_eq!(table.lines().len(), 3);
}

#[test]
fn what_is_not_due_is_an_empty_list() {
    let home = Home::new();
    home.create(&[]);
    let answer = home.run(&["due"]).exits(0);
    assert!(answer.stdout.is_empty() && answer.stderr.contains("nothing is due"), "{answer:?}");
    let answer = home.run(&["due", "--json"]).exits(0);
    assert!(answer.stdout.is_empty() && answer.stderr.is_empty(), "{answer:?}");
}

/// Keys of sixty days ago, so that there is something unused: never, long ago, of late; and a new one.
fn aged(home: &Home) -> [String; 4] {
    let vault = Vault::open(home.vault()).unwrap();
    let (alice, now) = (Actor::new("alice").unwrap(), vault.now());
    let create =
        |at: SystemTime| vault.create_key_at(NewKey::new("acme_live").owner("o"), &alice, at).unwrap();
    let keys = [create(now - 60 * DAY), create(now - 60 * DAY), create(now - 60 * DAY), create(now - DAY)];
    let used = |key: usize, at| vault.verify_at(keys[key].secret().expose(), &Request::new(), at).unwrap();
    assert_eq!(used(1, now - 40 * DAY).outcome().as_str(), "valid");
    assert_eq!(used(2, now - 40 * DAY).outcome().as_str(), "valid");
    assert_eq!(used(2, now - DAY).outcome().as_str(), "valid");
    keys.map(|issued| issued.key().id().to_string())
}

#[test]
fn unused_lists_what_nobody_used_since_or_ever() {
    let home = Home::new();
    let [never, long_ago, of_late, new] = aged(&home);
    let unused =
        |args: &[&str]| ids(&home.run(&[&["unused", "--json"], args].concat()).exits(0).json_lines());
    assert_eq!(unused(&[]), [&*never, &*long_ago]);
    assert_eq!(unused(&["--since", "50d"]), [&*never]);
    assert_eq!(unused(&["--since", "1h"]), [&*never, &*long_ago, &*of_late, &*new]);
    assert_eq!(unused(&["--never"]), [&*never, &*new]);
    assert_eq!(unused(&["--never", "--since", "30d"]), [&*never]);
    assert_eq!(unused(&["--since", "2020-01-01T00:00:00Z"]), [""; 0]);
    home.run(&["revoke", "--yes", &never]).exits(0);
    assert_eq!(unused(&["--since", "50d"]), [""; 0], "the dead are nobody's worry");
}

#[test]
fn unused_tells_how_often_and_when_last() {
    let home = Home::new();
    let [_, long_ago, ..] = aged(&home);
    let lines = home.run(&["unused", "--json", "--since", "1h"]).exits(0).json_lines();
    assert_eq!(names(&lines[0]), with_more(&home, ["last_used_at", "uses"]));
    assert_eq!((&lines[0]["uses"], &lines[0]["last_used_at"]), (&json!(0), &Value::Null));
    assert_eq!(lines[2]["uses"], 2);
    assert_eq!((&lines[1]["id"], &lines[1]["uses"]), (&json!(long_ago), &json!(1)));

    let table = home.run(&["unused"]).exits(0);
    assert!(
        table.lines()[0].ends_with("USES  LAST USED") && table.lines()[1].ends_with("never"),
        "{table:?}"
    );
    let none = home.run(&["unused", "--since", "2020-01-01T00:00:00Z"]).exits(0);
    assert!(none.stderr.contains("no key is unused"), "{none:?}");
}

#[test]
fn show_tells_how_often_a_key_was_used() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    let show = || home.run(&["show", "--json", &id]).exits(0).json();
    assert_eq!(names(&show()), with_more(&home, ["last_used_at", "uses"]));
    assert_eq!((&show()["uses"], &show()["last_used_at"]), (&json!(0), &Value::Null));
    assert!(home.run(&["show", &id]).exits(0).stdout.ends_with("\nuses            0\n"));
    home.run_with(&["verify"], &secret).exits(0);
    home.run_with(&["verify"], &secret).exits(0);
    home.run_with(&["verify", "--scope", "a"], &secret).exits(1);
    assert_eq!(show()["uses"], 2, "refusals are no uses");
    let last = home.run(&["audit", "uses", "--json", "--outcome", "valid"]).json_lines().pop().unwrap();
    assert_eq!(show()["last_used_at"], last["at"]);
    assert!(home.run(&["show", &id]).exits(0).stdout.contains("\nlast_used_at    20"));
}

#[test]
fn a_chain_is_told_whole_from_each_of_its_keys() {
    let home = Home::new();
    let (first, _) = home.create(&[]);
    home.create(&[]);
    let alone = home.run(&["lineage", &first]).exits(0);
    assert!(alone.lines()[1].starts_with(&format!("●      {first}  ")), "{alone:?}");

    let rotate = |id: &str| text(&home.run(&["rotate", "--json", id]).exits(0).json(), "id");
    let cancelled = rotate(&first);
    let end = home.run(&["rotation", "cancel", "--yes", &first]).exits(0);
    assert!(end.stdout.starts_with("active"), "{end:?}");
    let column = |id: &str| -> Vec<String> {
        let table = home.run(&["lineage", id]).exits(0);
        table.lines().iter().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    assert_eq!(column(&first), ["CHAIN", "┌●", "└─✗"]);
    let second = rotate(&first);
    let third = rotate(&second);
    home.run(&["rotation", "finish", &first]).exits(0);
    for id in [&first, &cancelled, &second, &third] {
        assert_eq!(column(id), ["CHAIN", "┌○", "├─✗", "├●", "└●"]);
        let lines = home.run(&["lineage", "--json", id]).exits(0).json_lines();
        assert_eq!(ids(&lines), [&*first, &*cancelled, &*second, &*third]);
        assert_eq!(names(&lines[0]), names(&home.run(&["list", "--json", "--limit", "1"]).json()));
    }
    let table = home.run(&["lineage", &third]).exits(0);
    assert!(table.lines()[2].ends_with("  rotation_cancelled"), "{table:?}");
    assert!(table.lines().iter().all(|line| *line == line.trim_end()));
}

#[test]
fn an_unused_key_is_no_news_where_uses_are_off() {
    let home = Home::new();
    home.run(&["policy", "set", "--use-mode", "off"]).exits(0);
    let warning: Value = serde_json::from_str(&home.run(&["unused", "--json"]).exits(0).stderr).unwrap();
    assert_eq!(warning["warning"]["code"], "uses_off");
}
