//! Guards against a scanner rule that misses a real secret, or fires on what can't be one.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::Home;
use regex::Regex;
use serde_json::json;

/// The patterns of a format, each found between what stands around it.
fn patterns(rules: &str, before: &str, after: &str) -> Vec<Regex> {
    let found = rules.lines().filter_map(|line| {
        let pattern = line.trim().strip_prefix(before)?.strip_suffix(after)?;
        Some(Regex::new(pattern).unwrap())
    });
    found.collect()
}

#[test]
fn every_format_finds_a_secret_and_not_one_that_is_cut_or_runs_on() {
    let home = Home::new();
    let (_, live) = home.create(&[]);
    let other = ["create", "--prefix", "acme_test", "--owner", "acct_42", "--encoding", "base64url"];
    let test = home.run(&other).exits(0).stdout.trim_end().to_owned();
    for (format, before, after) in [
        ("gitleaks", "regex = '''", "'''"),
        ("trufflehog", "token: '", "'"),
        ("github", "Secret format: ", ""),
        ("regex", "", ""),
    ] {
        let rules = home.run(&["scan-rules", format]).exits(0).stdout;
        let patterns = patterns(&rules, before, after);
        assert_eq!(patterns.len(), 2, "{rules}");
        for (pattern, secret) in patterns.iter().zip([&live, &test]) {
            for text in [
                secret.clone(),
                format!("KEY=\"{secret}\";"),
                format!("https://x/?k={secret}&y"),
                format!("-{secret}-"),
            ] {
                let found = pattern.find(&text).unwrap_or_else(|| panic!("{format} misses {text}"));
                assert_eq!(found.as_str(), secret);
            }
            let cut = &secret[..secret.len() - 1];
            assert!(!pattern.is_match(cut), "{format} finds one that is a character short");
            assert!(!pattern.is_match(&secret.replace("acme_", "acme-")));
        }
        assert!(!patterns[0].is_match(&test) && !patterns[1].is_match(&live), "{format} mixes prefixes");
    }
}

#[test]
fn longer_words_are_no_secrets() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    for format in ["gitleaks", "trufflehog", "regex"] {
        let rules = home.run(&["scan-rules", format]).stdout;
        let line = rules.lines().rfind(|line| line.contains(r"\b")).unwrap();
        let from = line.find(r"\b").unwrap();
        let pattern = Regex::new(&line[from..=line.rfind(r"\b").unwrap() + 1]).unwrap();
        assert!(pattern.is_match(&secret));
        assert!(!pattern.is_match(&format!("x{secret}")), "{format}");
        assert!(!pattern.is_match(&format!("{secret}x")), "{format}");
        assert!(!pattern.is_match(&format!("my_{secret}")), "{format}");
    }
    // GitHub's fields before and behind the secret are patterns of their own.
    let rules = home.run(&["scan-rules", "github"]).stdout;
    let field = |name: &str| {
        rules.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap().to_owned()
    };
    let whole =
        format!("({})({})({})", field("Before secret"), field("Secret format"), field("After secret"));
    let pattern = Regex::new(&whole).unwrap();
    assert!(pattern.is_match(&secret) && pattern.is_match(&field("Test string")));
    assert!(!pattern.is_match(&format!("my_{secret}")) && !pattern.is_match(&format!("{secret}x")));
}

#[test]
fn the_files_have_the_form_that_the_tools_read() {
    let home = Home::new();
    home.create(&[]);
    let gitleaks = home.run(&["scan-rules", "gitleaks"]).stdout;
    let rule = "[[rules]]\n\
                id = \"keycask-acme-live\"\n\
                description = \"API key that begins with acme_live_\"\n\
                regex = '''\\b(acme_live_[0-9A-Za-z_-]{43}[0-9A-Za-z]{6})\\b'''\n\
                keywords = [\"acme_live_\"]\n";
    assert!(gitleaks.ends_with(rule), "{gitleaks}");
    assert!(gitleaks.contains("[extend]\nuseDefault = true\n"));
    for refused in ["secretGroup", "entropy", "allowlist"] {
        assert!(!gitleaks.contains(refused), "Betterleaks refuses {refused}");
    }
    let trufflehog = home.run(&["scan-rules", "trufflehog"]).stdout;
    let detector = "detectors:\n  - name: keycask_acme_live\n    keywords:\n      - acme_live_\n    regex:\n      token: '\\b(acme_live_[0-9A-Za-z_-]{43}[0-9A-Za-z]{6})\\b'\n";
    assert!(trufflehog.ends_with(detector), "{trufflehog}");
}

#[test]
fn as_json_the_rules_are_one_text() {
    let home = Home::new();
    home.create(&[]);
    let text = home.run(&["scan-rules", "regex"]).stdout;
    let json = home.run(&["scan-rules", "regex", "--json"]).exits(0).json();
    assert_eq!(json, json!({ "format": "regex", "prefixes": ["acme_live"], "rules": text }));
}

#[test]
fn a_vault_without_prefixes_says_what_to_do() {
    let answer = Home::new().run(&["scan-rules", "gitleaks"]).exits(1);
    assert!(answer.stderr.contains("create a key first"), "{answer:?}");
    assert_eq!(answer.stdout, "");
}

#[test]
fn the_policys_prefixes_count_before_any_key() {
    let home = Home::new();
    home.run(&["policy", "set", "--prefixes", "acme_next"]).exits(0);
    let rules = home.run(&["scan-rules", "regex"]).exits(0).stdout;
    assert!(rules.starts_with(r"\bacme_next_"), "{rules}");
}
