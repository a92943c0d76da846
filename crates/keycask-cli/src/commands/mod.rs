//! The commands: each turns arguments into one verb of the core, and its answer into output.

mod audit;
mod backup;
mod check;
mod checkpoint;
mod completions;
mod create;
mod export;
mod import;
mod init;
mod issued;
mod keys;
mod man;
mod notices;
mod notify;
mod pepper;
mod policy;
mod questions;
mod revoke;
mod rotate;
mod rotation;
mod scan_rules;
mod stats;
mod update;
mod verify;

use crate::args::Command;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::{bench, demo};

/// Runs a command.
pub(crate) fn run(command: &Command, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        Command::Demo => demo::run(context),
        Command::Init(args) => init::run(args, context),
        Command::Create(args) => create::run(args, context),
        Command::Verify(args) => verify::run(args, context),
        Command::List(args) => keys::list(args, context),
        Command::Show(args) => keys::show(args, context),
        Command::Lineage(args) => questions::lineage(args, context),
        Command::Due(args) => questions::due(args, context),
        Command::Unused(args) => questions::unused(args, context),
        Command::Update(args) => update::update(args, context),
        Command::Disable(args) => update::disable(args, context),
        Command::Enable(args) => update::enable(args, context),
        Command::Rotate(args) => rotate::run(args, context),
        Command::Rotation(command) => rotation::run(command, context),
        Command::Revoke(args) => revoke::run(args, context),
        Command::Identify => keys::identify(context),
        Command::Audit(command) => audit::run(command, context),
        Command::Policy(command) => policy::run(command, context),
        Command::Pepper(command) => pepper::run(command, context),
        Command::Check(args) => check::run(args, context),
        Command::Stats => stats::run(context),
        Command::Migrate(args) => backup::migrate(args, context),
        Command::Import(args) => import::run(args, context),
        Command::Backup(args) => backup::backup(args, context),
        Command::Restore(args) => backup::restore(args, context),
        Command::Notices(command) => notices::run(command, context),
        Command::Notify(args) => notify::run(args, context),
        Command::Bench(args) => bench::run(args, context),
        Command::ScanRules(args) => scan_rules::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Man(args) => man::run(args, context),
    }
}
