//! Guards against keys that die on the way here, and against rows that come in as something else than they
//! were: what real packages store is imported, and what their clients present is valid; every line that can't
//! be imported is told, and the others are.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{DAY, HOUR, Home, alice, start};
use keycask::{
    ChangeFilter, ErrorKind, ImportFormat, ImportNote, ImportOptions, ImportOutcome, ImportReport, ImportRow,
    Pepper, Policy, Prefix, Recipe, Request, Revocation, RevocationReason, Rotation, Scheme, Verdict,
};
use sha2::{Digest, Sha256, Sha512};

fn fixture(name: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/import").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let pairs = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once('\t').unwrap());
    pairs.map(|(key, digest)| (key.to_owned(), digest.to_owned())).collect()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn sha256(key: &str) -> String {
    hex(Sha256::digest(key))
}

fn import(home: &Home, rows: impl IntoIterator<Item = ImportRow>, options: &ImportOptions) -> ImportReport {
    home.vault.import(rows, options, &alice()).unwrap()
}

fn import_text(home: &Home, text: &str, options: &ImportOptions) -> ImportReport {
    home.vault.import_from(text.as_bytes(), None, options, &alice()).unwrap()
}

fn counts(report: &ImportReport) -> [u64; 4] {
    [report.imported(), report.existing(), report.refused(), report.warned()]
}

fn outcome(home: &Home, presented: &str) -> &'static str {
    home.vault.verify(presented, &Request::new().no_event()).unwrap().outcome().as_str()
}

fn told(notes: &[ImportNote]) -> Vec<(u64, ImportOutcome)> {
    notes.iter().map(|note| (note.line(), note.outcome())).collect()
}

/// Imports what a package stores, and presents what it gave to its clients.
#[test]
fn keys_that_real_packages_made_are_valid() {
    let packages = [
        ("djangorestframework-api-key.tsv", Recipe::DjangoRestFrameworkApiKey),
        ("django-rest-knox.tsv", Recipe::DjangoRestKnox),
        ("django-rest-knox-4.tsv", Recipe::DjangoRestKnox4),
        ("better-auth.tsv", Recipe::BetterAuth),
        ("prefixed-api-key.tsv", Recipe::PrefixedApiKey),
    ];
    let home = Home::new();
    for (file, recipe) in packages {
        let pairs = fixture(file);
        assert_eq!(pairs.len(), 20, "{file}");
        assert!(pairs.iter().all(|(key, _)| outcome(&home, key) == "malformed"));
        let rows = pairs.iter().map(|(_, digest)| ImportRow::new(digest).owner(file));
        let report = import(&home, rows, &ImportOptions::new().recipe(recipe));
        assert_eq!(counts(&report), [20, 0, 0, 0], "{file}: {report:?}");
    }
    for (file, _) in packages {
        for (key, _) in fixture(file) {
            match home.vault.verify(&key, &Request::new()).unwrap() {
                Verdict::Valid(found) => assert_eq!(found.owner(), file),
                Verdict::Refused(refusal) => panic!("{file}: {refusal:?}"),
            }
            assert_eq!(outcome(&home, &key[..key.len() - 1]), "malformed");
        }
    }
}

#[test]
fn password_hashes_are_refused_line_by_line() {
    let home = Home::new();
    let old = fixture("djangorestframework-api-key-2.tsv");
    let new = fixture("djangorestframework-api-key.tsv");
    let rows = [&old[0], &new[0], &old[1]].map(|(_, digest)| ImportRow::new(digest));
    let options = ImportOptions::new().recipe(Recipe::DjangoRestFrameworkApiKey);
    let report = import(&home, rows, &options);
    assert_eq!(counts(&report), [1, 0, 2, 0]);
    assert_eq!(told(report.notes()), [(1, ImportOutcome::Refused), (3, ImportOutcome::Refused)]);
    assert!(report.notes()[0].message().contains("salted password hash"), "{report:?}");
    assert_eq!((outcome(&home, &old[0].0), outcome(&home, &new[0].0)), ("malformed", "valid"));
}

#[test]
fn sanctum_digests_what_follows_the_pipe() {
    let home = Home::new();
    let token = "iX3cQZVZf4TtYq9EOoWgoKmVRxSHGdWq5HfYjzWz4b1f7c2d";
    let options = ImportOptions::new().recipe(Recipe::LaravelSanctum);
    import(&home, [ImportRow::new(sha256(token))], &options);
    assert_eq!(outcome(&home, &format!("17|{token}")), "valid");
    // As Sanctum itself takes tokens from before it put their number in front.
    assert_eq!(outcome(&home, token), "valid");
    assert_eq!(outcome(&home, &format!("17|{token}x")), "malformed");
    assert_eq!(outcome(&home, &format!("17|1|{token}")), "malformed");
}

#[test]
fn unkey_digests_the_whole_key_in_base64() {
    let home = Home::new();
    let key = "acme_3ZqKh8QF2mYtR6sWjPxLdNvB";
    import(
        &home,
        [ImportRow::new(STANDARD.encode(Sha256::digest(key)))],
        &ImportOptions::new().recipe(Recipe::Unkey),
    );
    assert_eq!(outcome(&home, key), "valid");
}

#[test]
fn every_scheme_finds_its_own_part_and_no_other() {
    let home = Home::new();
    let tail = "0123456789abcdefghijABCDEFGHIJ0123456789";
    let schemes = [
        ("sha256", format!("whole.{tail}"), format!("whole.{tail}")),
        ("sha512", format!("whole512.{tail}"), format!("whole512.{tail}")),
        ("sha256-after-last-underscore", format!("a_b_u256{tail}"), format!("u256{tail}")),
        ("sha512-after-last-underscore", format!("a_b_u512{tail}"), format!("u512{tail}")),
        ("sha256-after-pipe", format!("1|p256{tail}"), format!("p256{tail}")),
        ("sha512-after-pipe", format!("1|p512{tail}"), format!("p512{tail}")),
        ("sha256-last-44", format!("x.l256{tail}"), format!("l256{tail}")),
        ("sha512-last-44", format!("x.l512{tail}"), format!("l512{tail}")),
        ("sha256-unhex", hex(format!("h256{tail}")), format!("h256{tail}")),
    ];
    let rows = schemes.iter().map(|(name, _, part)| {
        let digest = if name.starts_with("sha512") { hex(Sha512::digest(part)) } else { sha256(part) };
        ImportRow::new(digest).scheme(name.parse().unwrap()).name(*name)
    });
    assert_eq!(counts(&import(&home, rows, &ImportOptions::new())), [9, 0, 0, 0]);
    for (name, presented, _) in &schemes {
        assert_eq!(home.vault.identify(presented).unwrap().unwrap().name(), Some(*name));
        assert_eq!(outcome(&home, &format!("{}~", &presented[..presented.len() - 1])), "malformed");
    }
    assert_eq!(outcome(&home, &"x".repeat(256)), "malformed");
}

#[test]
fn an_imported_key_is_a_key_like_any_other() {
    let home = Home::new();
    let key = "legacy.5dPhNvkHPjTdaMBkTpXazEoLLxG6jVU1";
    let row = ImportRow::new(hex(Sha512::digest(key)))
        .scheme("sha512".parse().unwrap())
        .owner("acct_42")
        .name("nightly")
        .prefix("acme_live")
        .scopes(["reports:*"])
        .metadata("{\"team\": \"data\"}")
        .created_at(start() - DAY)
        .expires_at(start() + DAY)
        .strength_bits(190);
    let report = home.vault.import_at([row], &ImportOptions::new(), &alice(), start()).unwrap();
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    let request = Request::new().scope("reports:read").prefix("acme_live");
    let Verdict::Valid(found) = home.vault.verify_at(key, &request, start()).unwrap() else {
        panic!("refused")
    };
    assert_eq!((found.owner(), found.name(), found.start()), ("acct_42", Some("nightly"), ""));
    assert_eq!((found.created_at(), found.created_by()), (start() - DAY, "alice"));
    assert_eq!(home.vault.verify_at(key, &request, start() + DAY).unwrap().outcome().as_str(), "expired");
    let uses = home.vault.uses(keycask::UseFilter::new().key(found.id())).unwrap();
    assert_eq!(uses.count(), 2);

    let new = home.vault.rotate_at(found.id(), Rotation::planned().grace(HOUR), &alice(), start()).unwrap();
    assert!(new.secret().expose().starts_with("acme_live_"));
    assert_eq!(home.vault.verify_at(key, &request, start()).unwrap().outcome().as_str(), "valid");
    let late = start() + HOUR;
    assert_eq!(home.vault.verify_at(key, &request, late).unwrap().outcome().as_str(), "rotated_out");
    assert_eq!(home.vault.lineage(new.key().id()).unwrap().len(), 2);

    let revocation = Revocation::new(RevocationReason::Compromised);
    assert_eq!(home.vault.revoke_secret(key, revocation, &alice()).unwrap().id(), found.id());
    assert_eq!(outcome(&home, key), "revoked");
    let history = home.vault.changes(ChangeFilter::new().key(found.id())).unwrap();
    let kinds: Vec<_> = history.map(|change| change.unwrap().kind().as_str()).collect();
    assert_eq!(kinds, ["key.imported", "key.rotated", "key.revoked"]);
    assert!(home.vault.verify_logs().unwrap().ok());
    assert!(home.vault.check().unwrap().ok());
}

#[test]
fn one_event_a_key_tells_how_it_came() {
    let home = Home::new();
    let rows = [
        ImportRow::new(sha256("one")).owner("acct_1"),
        ImportRow::new(hex(Sha512::digest("two"))).scheme("sha512".parse().unwrap()).strength_bits(190),
    ];
    import(&home, rows, &ImportOptions::new());
    let events: Vec<_> =
        home.vault.changes(ChangeFilter::new()).unwrap().map(Result::unwrap).skip(1).collect();
    assert_eq!(events.len(), 2);
    let keys: Vec<_> = home.keys().iter().map(|key| Some(key.id())).collect();
    assert_eq!(events.iter().map(|event| event.key_id()).collect::<Vec<_>>(), keys);
    assert!(
        events.iter().all(|event| event.kind().as_str() == "key.imported" && event.actor() == Some("alice"))
    );
    let detail: serde_json::Value = serde_json::from_str(&events[1].detail()).unwrap();
    assert_eq!((detail["scheme"].as_str(), detail["strength_bits"].as_u64()), (Some("sha512"), Some(190)));
    let detail: serde_json::Value = serde_json::from_str(&events[0].detail()).unwrap();
    assert_eq!((detail["scheme"].as_str(), detail["owner"].as_str()), (Some("sha256"), Some("acct_1")));
}

#[test]
fn lines_are_read_from_csv_and_json() {
    let digests: Vec<_> = (0..6).map(|n| sha256(&format!("key {n}"))).collect();
    let csv = format!(
        "owner,digest,scopes,metadata,strength_bits,disabled,expires_at\r\n\
         acct_1,{},reports:read users:*,\"{{\"\"a\"\": 1}}\",190,,2999-01-01T00:00:00Z\r\n\
         \r\n\
         \"Doe, John\",{},,,,true,\n\
         ,{}\n",
        digests[0], digests[1], digests[2]
    );
    let json = format!(
        "\u{feff}\n{{\"digest\": \"{}\", \"owner\": null, \"scopes\": [\"a\", \"b\"], \"metadata\": {{\"a\": 1}}}}\n\
         \n  {{\"digest\": \"{}\", \"scopes\": \"c d\", \"strength_bits\": 256, \"disabled\": true}}\r\n\
         {{\"digest\": \"{}\", \"expires_at\": \"2999-01-01T00:00:00+01:00\"}}",
        digests[3], digests[4], digests[5]
    );
    let home = Home::new();
    let report = import_text(&home, &csv, &ImportOptions::new().owner("default"));
    assert_eq!(counts(&report), [2, 0, 1, 0], "{report:?}");
    assert_eq!(told(report.notes()), [(5, ImportOutcome::Refused)]);
    let report = import_text(&home, &json, &ImportOptions::new().owner("default"));
    assert_eq!(counts(&report), [3, 0, 0, 0], "{report:?}");
    let keys = home.keys();
    let owners: Vec<_> = keys.iter().map(keycask::Key::owner).collect();
    assert_eq!(owners, ["acct_1", "Doe, John", "default", "default", "default"]);
    let scopes: Vec<_> = keys.iter().map(|key| key.scopes().join(" ")).collect();
    assert_eq!(scopes, ["reports:read users:*", "", "a b", "c d", ""]);
    assert_eq!(keys[0].metadata(), Some("{\"a\": 1}"));
    assert_eq!(keys[2].metadata(), Some("{\"a\":1}"));
    assert_eq!(
        keys.iter().map(keycask::Key::disabled).collect::<Vec<_>>(),
        [false, true, false, true, false]
    );
    assert!(keys[0].expires_at().is_some() && keys[4].expires_at().is_some());
    assert_eq!((outcome(&home, "key 0"), outcome(&home, "key 4")), ("valid", "disabled"));
}

#[test]
fn each_refused_line_is_told_with_its_number_and_without_its_values() {
    let good = sha256("good");
    let lines = [
        "{\"digest\": \"pbkdf2_sha256$600000$salt$aGFzaA==\"}".to_owned(),
        "{\"digest\": \"sk_live_plaintextplaintext\"}".to_owned(),
        format!("{{\"digest\": \"{good}\", \"strength_bits\": 111}}"),
        format!("{{\"digest\": \"{good}\", \"strength_bits\": \"sk_live_plaintextplaintext\"}}"),
        format!("{{\"digest\": \"{good}\", \"revoked_plaintextplaintext\": true}}"),
        format!("{{\"digest\": \"{good}\", \"scheme\": \"sk_live_plaintextplaintext\"}}"),
        format!("{{\"digest\": \"{good}\", \"owner\": [\"sk_live_plaintextplaintext\"]}}"),
        format!("{{\"digest\": \"{good}\", \"scopes\": [\"sk live plaintextplaintext\"]}}"),
        format!("{{\"digest\": \"{good}\", \"created_at\": \"sk_live_plaintextplaintext\"}}"),
        format!("{{\"digest\": \"{good}\", \"prefix\": \"sk_live_plaintextplaintext\"}}"),
        "{\"owner\": \"sk_live_plaintextplaintext\"}".to_owned(),
        "sk_live_plaintextplaintext".to_owned(),
        "[]".to_owned(),
        format!("{{\"digest\": \"{good}\", \"owner\": \"{}\"}}", "o".repeat(70_000)),
        format!("{{\"digest\": \"{good}\", \"strength_bits\": 112}}"),
        format!("{{\"digest\": \"{}\"}}", good.to_uppercase()),
    ];
    let home = Home::new();
    let text = lines.join("\n");
    let report = home.vault.import_from(
        text.as_bytes(),
        Some(ImportFormat::JsonLines),
        &ImportOptions::new(),
        &alice(),
    );
    let report = report.unwrap();
    assert_eq!(counts(&report), [1, 1, 14, 1], "{report:#?}");
    let refused: Vec<_> = (1..=14).map(|line| (line, ImportOutcome::Refused)).collect();
    assert_eq!(told(&report.notes()[..14]), refused);
    assert_eq!(
        told(&report.notes()[14..]),
        [(15, ImportOutcome::Warned), (16, ImportOutcome::Existing)],
        "{report:#?}"
    );
    for note in report.notes() {
        assert!(!note.message().contains("plaintext") && !note.message().contains("salt$"), "{note:?}");
        assert!(!note.message().contains(&good[..9]), "{note:?}");
    }
}

#[test]
fn what_is_no_text_of_rows_is_an_error_and_changes_nothing() {
    let home = Home::new();
    let digest = sha256("a");
    let before = home.content();
    let unclosed = format!("digest,owner\n{digest},\"a\n{}", format!("{digest},b\n").repeat(10_000));
    let cases = [
        ("line 1", format!("{digest}\n{digest}\n")),
        ("line 1", "owner,name\na,b\n".to_owned()),
        ("line 1", format!("digest,digest\n{digest},{digest}\n")),
        ("line 1", format!("digest,revoked\n{digest},true\n")),
        ("line 1", String::new()),
        ("a record has no end", unclosed),
    ];
    for (words, text) in cases {
        let error =
            home.vault.import_from(text.as_bytes(), None, &ImportOptions::new(), &alice()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().starts_with(words), "{error}");
        assert!(!error.to_string().contains(&digest[..9]), "{error}");
    }
    let options = ImportOptions::new().prefix("No");
    assert!(home.vault.import([ImportRow::new(digest)], &options, &alice()).is_err());
    assert_eq!(home.content(), before);
}

#[test]
fn an_existing_digest_is_reported_and_never_changed() {
    let home = Home::new();
    let own = home.create("acct_own");
    import(&home, [ImportRow::new(sha256("one")).owner("first")], &ImportOptions::new());
    let before = home.content();
    let rows = [
        ImportRow::new(sha256("one")).owner("second").scope("admin"),
        ImportRow::new(sha256(own.secret().expose())).owner("thief"),
    ];
    let report = import(&home, rows.clone(), &ImportOptions::new());
    assert_eq!(counts(&report), [0, 2, 0, 0]);
    assert_eq!(told(report.notes()), [(1, ImportOutcome::Existing), (2, ImportOutcome::Existing)]);
    assert_eq!(home.content(), before);

    // The same under a pepper, and while it is being rotated.
    for byte in [1, 2] {
        home.vault.set_pepper(Pepper::new(vec![byte; 32]).unwrap(), &alice()).unwrap();
        let report = import(&home, rows.clone(), &ImportOptions::new());
        assert_eq!(counts(&report), [0, 2, 0, 0], "pepper {byte}");
    }
    assert_eq!(home.keys().len(), 2);
}

#[test]
fn imported_keys_stay_valid_under_a_pepper() {
    let home = Home::new();
    let row = |key: &str| ImportRow::new(hex(Sha512::digest(key))).scheme("sha512".parse().unwrap());
    import(&home, [row("before")], &ImportOptions::new());
    home.vault.set_pepper(Pepper::new(vec![1; 32]).unwrap(), &alice()).unwrap();
    import(&home, [row("under the first")], &ImportOptions::new());
    home.vault.set_pepper(Pepper::new(vec![2; 32]).unwrap(), &alice()).unwrap();
    import(&home, [row("under the second")], &ImportOptions::new());
    for key in ["before", "under the first", "under the second"] {
        for _ in 0..2 {
            assert_eq!(home.vault.verify(key, &Request::new()).unwrap().outcome().as_str(), "valid", "{key}");
        }
    }
    assert!(home.vault.keys_on_retired_pepper().unwrap().is_empty());
}

#[test]
fn all_or_nothing_and_dry_runs_leave_no_trace() {
    let home = Home::new();
    import(&home, [ImportRow::new(sha256("there"))], &ImportOptions::new());
    let before = home.content();
    let rows = || {
        let digests = ["there", "new", "new", "weak", "doubtful"];
        let bits = [None, None, None, Some(64), Some(120)];
        digests.into_iter().zip(bits).map(|(key, bits)| {
            let row = ImportRow::new(sha256(key));
            bits.map_or(row.clone(), |bits| row.strength_bits(bits))
        })
    };
    let report = import(&home, rows(), &ImportOptions::new().all_or_nothing());
    assert_eq!((report.imported(), report.refused()), (0, 1));
    let rehearsed = import(&home, rows(), &ImportOptions::new().dry_run());
    assert_eq!(counts(&rehearsed), [2, 2, 1, 1]);
    assert_eq!(home.content(), before);
    let real = import(&home, rows(), &ImportOptions::new());
    assert_eq!(counts(&real), counts(&rehearsed));
    assert_eq!(real.notes(), rehearsed.notes());
    let again = import(&home, rows().take(3), &ImportOptions::new().all_or_nothing());
    assert_eq!(counts(&again), [0, 3, 0, 0]);
}

#[test]
fn the_policy_is_obeyed() {
    let home = Home::new();
    let mut policy = Policy::default();
    policy.prefixes = vec![Prefix::new("acme_live").unwrap()];
    policy.max_lifetime = Some(DAY);
    home.vault.set_policy(&policy, &alice()).unwrap();
    let rows = [
        ImportRow::new(sha256("a")).prefix("acme_test"),
        ImportRow::new(sha256("b")).prefix("acme_live"),
        ImportRow::new(sha256("c")).expires_at(start() + DAY + HOUR),
        ImportRow::new(sha256("d")).expires_at(start() + HOUR),
    ];
    let report = home.vault.import_at(rows, &ImportOptions::new(), &alice(), start()).unwrap();
    assert_eq!(told(report.notes()), [(1, ImportOutcome::Refused), (3, ImportOutcome::Refused)]);
    let expiries: Vec<_> = home.keys().iter().map(|key| key.expires_at().unwrap()).collect();
    assert_eq!(expiries, [start() + DAY, start() + HOUR]);
}

#[test]
fn without_an_import_foreign_texts_are_malformed_and_with_one_ours_stay_unknown() {
    let home = Home::new();
    let unknown = "acme_test_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1UK3ll";
    assert_eq!((outcome(&home, "anything"), outcome(&home, unknown)), ("malformed", "unknown"));
    import(&home, [ImportRow::new(sha256("something"))], &ImportOptions::new().scheme(Scheme::default()));
    assert_eq!((outcome(&home, "anything"), outcome(&home, unknown)), ("malformed", "unknown"));
    assert_eq!(outcome(&home, "something"), "valid");
    for text in ["something\n", " something", "something\0", ""] {
        assert_eq!(outcome(&home, text), "malformed");
    }
    assert_eq!(home.vault.verify([0xff; 20], &Request::new()).unwrap().outcome().as_str(), "malformed");
}
