//! Upgrades a vault: `cargo run -p keycask --features test-schema-2 --example upgrade -- FILE`. The tests of
//! upgrades build it with a synthetic schema 2, to run it beside a process of schema 1.

use keycask::{Actor, NewKey, VaultOptions};

#[allow(clippy::print_stdout, reason = "the tests read it")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a vault")?;
    let actor = Actor::new("upgrade")?;
    match VaultOptions::new().open(&path) {
        Ok(_) => println!("opens before"),
        Err(error) => println!("refuses before: {}", error.kind()),
    }
    let migration = VaultOptions::new().actor(actor.clone()).migrate(&path, true)?;
    println!("from {} to {}, backup {}", migration.from(), migration.to(), migration.backup().is_some());
    let vault = VaultOptions::new().open(&path)?;
    vault.create_key(NewKey::new("acme_live").owner("upgraded"), &actor)?;
    println!("sound {}", vault.check_deep(|_| ())?.ok());
    // A vault that has the later schema from the start.
    let born = VaultOptions::new().create(format!("{path}.born"))?;
    println!("born {}", born.check_deep(|_| ())?.ok());
    Ok(())
}
