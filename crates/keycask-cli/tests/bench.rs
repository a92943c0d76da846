//! Guards against a measurement that measures nothing, and against vaults that are left behind.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::fs;
use std::path::Path;

use common::{keycask, names, run};
use serde_json::Value;

/// The rows whose figure stands beside a floor.
const COMPARED: &[&str] = &[
    "verify_hot",
    "verify_batched",
    "verify_batched_told",
    "verify_stored",
    "verify_hot_many",
    "verify_stored_many",
    "uses_sustained",
    "uses_bytes",
    "create",
    "rotate",
    "revoke",
    "create_bulk",
    "verify_threads",
];
const ALONE: &[&str] = &["open", "build", "file_bytes", "memory_bytes"];

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

fn positive(row: &Value, name: &str) -> f64 {
    row[name].as_f64().filter(|value| *value > 0.0).unwrap_or_else(|| panic!("{name} of {row}"))
}

#[test]
fn each_row_has_a_floor_a_figure_and_their_ratio() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let args = ["bench", "--json", "--keys", "1000", "--threads", "3", "--dir"];
    let rows = run(keycask().args(args).arg(folder.path())).exits(0).json_lines();
    let mut works: Vec<_> = rows.iter().map(|row| row["work"].as_str().unwrap()).collect();
    works.sort_unstable();
    let mut expected = [COMPARED, ALONE].concat();
    expected.sort_unstable();
    assert_eq!(works, expected);
    for row in &rows {
        let fields = ["about", "figure", "floor", "limit", "limit_kind", "ratio", "reached", "unit", "work"];
        assert_eq!(names(row), fields);
        assert_eq!(row["limit"].is_null(), row["reached"].is_null(), "{row}");
        if ALONE.contains(&row["work"].as_str().unwrap()) {
            assert!(row["floor"].is_null() && row["ratio"].is_null(), "{row}");
            continue;
        }
        let ratio = positive(row, "figure") / positive(row, "floor");
        assert!((positive(row, "ratio") / ratio - 1.0).abs() < 1e-9, "{row}");
    }
    assert!(rows.iter().any(|row| row["about"].as_str().unwrap().contains("3 threads")));
    assert!(is_empty(folder.path()));
}

#[test]
fn a_folder_that_is_not_there_is_a_bad_argument() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let answer = run(keycask().args(["bench", "--json", "--dir"]).arg(&missing)).exits(2);
    assert_eq!(answer.error()["code"], "invalid_argument");
    run(keycask().args(["bench", "--keys", "10"])).exits(2);
}

/// A limit on the size of files stands for a full disk.
#[test]
fn nothing_is_left_behind_where_the_measurement_fails() {
    let folder = tempfile::tempdir().unwrap();
    let mut limited = std::process::Command::new("sh");
    let command = "trap '' XFSZ; ulimit -f 256; exec \"$0\" bench --keys 1000 --dir \"$1\"";
    limited.args(["-c", command, env!("CARGO_BIN_EXE_keycask")]).arg(folder.path());
    run(&mut limited).exits(3);
    assert!(is_empty(folder.path()));
}
