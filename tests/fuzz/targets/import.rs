//! CSV and JSON Lines of another system: never a panic, and a dry run tells what the import does.

#![no_main]

use std::sync::LazyLock;

use keycask::{Actor, ErrorKind, ImportFormat, ImportOptions, Vault, VaultOptions};
use libfuzzer_sys::fuzz_target;

/// What imports nothing leaves it empty, so that most inputs need no vault of their own: that takes 100 times as long.
static EMPTY: LazyLock<Vault> = LazyLock::new(new);

fn new() -> Vault {
    VaultOptions::new().create_in_memory().expect("a vault in memory")
}

/// How many keys were imported and how many were there.
type Told = Result<(u64, u64), ErrorKind>;

fn import(vault: &Vault, input: (&[u8], Option<ImportFormat>), options: &ImportOptions) -> Told {
    let actor = Actor::new("fuzz").expect("an actor");
    let report = vault.import_from(input.0, input.1, options, &actor);
    report.map(|report| (report.imported(), report.existing())).map_err(|error| error.kind())
}

fuzz_target!(|input: &[u8]| {
    let Some((which, text)) = input.split_first() else { return };
    let format = [None, Some(ImportFormat::Csv), Some(ImportFormat::JsonLines)][usize::from(which % 3)];
    let (dry, wet) = (ImportOptions::new().dry_run(), ImportOptions::new());
    let told = import(&EMPTY, (text, format), &dry);
    if !matches!(told, Ok((imported, _)) if imported > 0) {
        assert_eq!(told, import(&EMPTY, (text, format), &wet));
        return;
    }
    let vault = new();
    assert_eq!(told, import(&vault, (text, format), &wet));
    assert!(vault.check_deep(|_| ()).expect("a check").ok());
});
