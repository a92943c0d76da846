//! Errors in the arguments themselves, as clap finds them.
//!
//! clap repeats what it doesn't understand, and a secret pasted into the wrong place is just that. Every
//! long word of its messages is therefore hidden; none of the command's own words is as long.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::error::{Error, ErrorKind};

use crate::failure::{Exit, Failure};
use crate::output::Output;

/// Shorter than the shortest piece of a secret that must not leak, as long as the longest word of the usage
/// but for the hyphens before it.
const LONGEST_WORD: usize = 19;

/// Prints the error, or the help or version that was asked for.
pub(crate) fn report(error: &Error, args: &[OsString]) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that went away has seen enough.
        let _ = error.print();
        return Exit::Yes;
    }
    let plain = error.render().to_string();
    let shown = hide_long_words(&plain);
    if asks_for_json(args) {
        Output::report(&Failure::usage(first_paragraph(&shown)), true);
    } else if shown == plain {
        let _ = error.print();
    } else {
        Output::stderr(&shown);
    }
    Exit::Usage
}

fn asks_for_json(args: &[OsString]) -> bool {
    args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json")
}

fn first_paragraph(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = paragraph.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// Whether it is the name of a variable of the environment: no secret is all capitals.
fn is_variable(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

fn hide_long_words(text: &str) -> Cow<'_, str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut shown = String::with_capacity(text.len());
    let mut hidden = false;
    for piece in text.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        if word.trim_start_matches('-').len() > LONGEST_WORD && !is_variable(word) {
            hidden = true;
            shown.push_str("[hidden]");
            shown.push_str(&piece[word.len()..]);
        } else {
            shown.push_str(piece);
        }
    }
    if hidden { Cow::Owned(shown) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn long_words_are_hidden_and_the_rest_stays() {
        let secret = format!("acme_live_{}", "a1B-_".repeat(10));
        let text = format!("error: unexpected argument '{secret}' found\n\ntip: '--{secret}'");
        assert_eq!(hide_long_words(&text), "error: unexpected argument '[hidden]' found\n\ntip: '[hidden]'");
        assert!(matches!(hide_long_words("error: 'x'"), Cow::Borrowed(_)));
        assert!(matches!(hide_long_words("set KEYCASK_SMTP_PASSWORD"), Cow::Borrowed(_)));
    }

    /// Otherwise the command would hide its own words.
    #[test]
    fn no_word_of_the_usage_is_hidden() {
        fn check(command: &mut clap::Command) {
            let help = command.render_long_help().to_string();
            assert_eq!(hide_long_words(&help), help);
            command.get_subcommands_mut().for_each(check);
        }
        let mut command = Cli::command();
        command.build();
        check(&mut command);
    }
}
