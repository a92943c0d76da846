//! CSV and JSON Lines of another system: never a panic, and a dry run tells what the import does.

#![no_main]

use keycask::{Actor, ImportFormat, ImportOptions, VaultOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((which, text)) = input.split_first() else { return };
    let format = [None, Some(ImportFormat::Csv), Some(ImportFormat::JsonLines)][usize::from(which % 3)];
    let vault = VaultOptions::new().create_in_memory().expect("a vault in memory");
    let actor = Actor::new("fuzz").expect("an actor");
    let run = |options: &ImportOptions| {
        let report = vault.import_from(text, format, options, &actor);
        report.map(|report| (report.imported(), report.existing())).map_err(|error| error.kind())
    };
    let told = run(&ImportOptions::new().dry_run());
    assert_eq!(told, run(&ImportOptions::new()));
    assert!(vault.check_deep(|_| ()).expect("a check").ok());
});
