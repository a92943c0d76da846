//! Where the demo is played: it prints each step as it happens, and remembers what was not as expected.

use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::output::{Output, Palette, Table, paint};

/// The printed story, and its faults.
pub(super) struct Stage<'a> {
    output: &'a mut Output,
    pub(super) palette: Palette,
    chapter: String,
    chapters: usize,
    checks: usize,
    unexpected: Vec<String>,
}

/// A check as programs are told it.
#[derive(Serialize)]
struct Check<'a> {
    step: &'a str,
    what: &'a str,
    expected: &'a str,
    found: &'a str,
    ok: bool,
}

impl<'a> Stage<'a> {
    pub(super) fn new(output: &'a mut Output) -> Self {
        let palette = output.palette();
        Self { output, palette, chapter: String::new(), chapters: 0, checks: 0, unexpected: Vec::new() }
    }

    /// Begins a chapter.
    pub(super) fn title(&mut self, title: &str) -> Result<(), Failure> {
        self.chapters += 1;
        title.clone_into(&mut self.chapter);
        let line = paint(self.palette.title, format_args!("{}. {title}", self.chapters));
        if self.chapters > 1 {
            self.tell("")?;
        }
        self.tell(line)
    }

    /// Tells something; programs are told the checks alone.
    pub(super) fn say(&mut self, text: impl Display) -> Result<(), Failure> {
        self.tell(format_args!("   {text}"))
    }

    /// Tells something in the background.
    pub(super) fn aside(&mut self, text: impl Display) -> Result<(), Failure> {
        let text = paint(self.palette.faint, text);
        self.say(text)
    }

    /// Compares an outcome with the expected one, and tells it.
    pub(super) fn expect(&mut self, what: &str, expected: &str, found: &str) -> Result<(), Failure> {
        let ok = expected == found;
        self.checks += 1;
        if !ok {
            self.unexpected.push(format!("{what}: expected {expected}, found {found}"));
        }
        if self.output.is_json() {
            self.output.json(&Check { step: &self.chapter, what, expected, found, ok })?;
            return self.output.flush();
        }
        let found = format!("{found:13}");
        let (style, mark) = if ok { (self.palette.good, "✓") } else { (self.palette.bad, "✗") };
        let mark = paint(style, mark);
        let found = if ok { found } else { paint(style, format_args!("{found} (expected {expected})")) };
        self.say(format_args!("{mark} {found}  {what}"))
    }

    /// Prints a table.
    pub(super) fn table<const N: usize>(
        &mut self,
        headings: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<(), Failure> {
        if self.output.is_json() {
            return Ok(());
        }
        let mut table = Table::new(headings).indented("   ");
        rows.into_iter().try_for_each(|row| table.row(row, self.output))?;
        table.finish(self.output)?;
        self.output.flush()
    }

    /// Closes with what was expected and found, and what to type next.
    pub(super) fn end(mut self, took: Duration, program: &str) -> Result<Exit, Failure> {
        let (checks, wrong) = (self.checks, self.unexpected.len());
        if self.output.is_json() {
            let end = json!({ "checks": checks, "unexpected": self.unexpected, "ok": wrong == 0 });
            self.output.json(&end)?;
            return Ok(Exit::of_answer(wrong == 0));
        }
        self.tell("")?;
        if wrong == 0 {
            let line = format!("{checks} checks, all as expected, in {} ms", took.as_millis());
            self.tell(paint(self.palette.good, line))?;
            self.tell("")?;
            self.tell(next_commands(program))?;
        } else {
            self.tell(paint(self.palette.bad, format_args!("{wrong} of {checks} checks NOT as expected:")))?;
            for fault in std::mem::take(&mut self.unexpected) {
                self.say(fault)?;
            }
        }
        Ok(Exit::of_answer(wrong == 0))
    }

    fn tell(&mut self, text: impl Display) -> Result<(), Failure> {
        if self.output.is_json() {
            return Ok(());
        }
        self.output.line(text)?;
        self.output.flush()
    }
}

fn next_commands(program: &str) -> String {
    let keycask = shell_word(program);
    format!(
        "Your own vault:\n   \
            export KEYCASK_VAULT=keys.db\n   \
            {keycask} init\n   \
            KEY=$({keycask} create --prefix acme_live --owner acct_42 --scope reports:read)\n   \
            printf %s \"$KEY\" | {keycask} verify --scope reports:read\n   \
            {keycask} list\n   \
            {keycask} audit changes"
    )
}

/// Text as a shell reads it back.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unexpected_outcome_fails_the_demo() {
        let mut output = Output::to_stdout(true);
        let mut stage = Stage::new(&mut output);
        stage.expect("a good step", "valid", "valid").unwrap();
        assert_eq!(stage.end(Duration::ZERO, "keycask").unwrap(), Exit::Yes);
        let mut stage = Stage::new(&mut output);
        stage.expect("a good step", "valid", "valid").unwrap();
        stage.expect("a bad step", "revoked", "valid").unwrap();
        assert_eq!(stage.end(Duration::ZERO, "keycask").unwrap(), Exit::No);
    }

    #[test]
    fn the_next_commands_can_be_typed() {
        assert_eq!(shell_word("target/release/keycask"), "target/release/keycask");
        assert_eq!(shell_word("/my bin/key'cask"), r"'/my bin/key'\''cask'");
    }
}
