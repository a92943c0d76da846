//! `man`: the manual's pages, from the same words as `--help`.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use serde_json::json;

use crate::args::{Cli, ManArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure};

pub(super) fn run(args: &ManArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.dir {
        Some(folder) => to_folder(&command, folder, context)?,
        None => to_stdout(&command, context)?,
    }
    Ok(Exit::Yes)
}

fn to_stdout(command: &Command, context: &mut Context) -> Result<(), Failure> {
    let (_, page) = page(command).map_err(|error| Failure::io("write the page", &error))?;
    let output = &mut context.output;
    if output.is_json() { output.json(&json!({ "page": page })) } else { output.text(&page) }
}

fn to_folder(command: &Command, folder: &Path, context: &mut Context) -> Result<(), Failure> {
    let files = write_all(command, folder)
        .map_err(|error| Failure::argument(format!("dir: can't write the pages there: {error}")))?;
    let output = &mut context.output;
    if output.is_json() {
        return output.json(&json!({ "files": files }));
    }
    files.iter().try_for_each(|file| output.line(file))
}

/// Writes the pages of a command and of all below it; their paths.
fn write_all(command: &Command, folder: &Path) -> io::Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let (name, page) = page(command)?;
    let path = folder.join(name);
    std::fs::write(&path, page)?;
    let mut files = vec![path.to_string_lossy().into_owned()];
    for below in command.get_subcommands() {
        files.extend(write_all(below, folder)?);
    }
    Ok(files)
}

/// The file's name and the text of a command's page.
fn page(command: &Command) -> io::Result<(String, String)> {
    let source = concat!("keycask ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("keycask");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    after_help(command).to_writer(&mut page)?;
    Ok((man.get_filename(), String::from_utf8_lossy(&page).into_owned()))
}

/// What ends the help: each paragraph is a section, its first line the heading.
fn after_help(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for paragraph in text.split("\n\n") {
        let mut lines = paragraph.lines();
        let heading = lines.next().unwrap_or_default().trim_end_matches(':').to_uppercase();
        roff.control("SH", [heading.as_str()]).control("nf", []);
        for line in lines {
            roff.text([roman(line.trim_start())]);
        }
        roff.control("fi", []);
    }
    roff
}
