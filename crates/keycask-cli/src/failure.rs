//! Why a command failed, and the exit codes.

use keycask::{Error, ErrorKind};

/// What the process tells its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or the answer is yes.
    Yes,
    /// Refused, not found, conflict, findings, audit mismatch.
    No,
    /// Bad arguments.
    Usage,
    /// The vault can't be used.
    Vault,
    /// Another writer held the vault too long.
    Busy,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Vault => 3,
            Self::Busy => 4,
        }
    }

    pub(crate) const fn of_answer(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Why a command failed. Like the core's errors it never holds a secret.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// The name of the core's error kind, or a word of the command's own.
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Failure {
    /// The command was not called as it should be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: "usage", message: message.into() }
    }

    /// An argument's value breaks a limit or a form.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: ErrorKind::InvalidArgument.as_str(), message: message.into() }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { exit: Exit::No, code: ErrorKind::NotFound.as_str(), message: message.into() }
    }

    /// Somebody was asked, and said no.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { exit: Exit::No, code: "not_confirmed", message: message.into() }
    }

    /// The vault's pepper can't be read.
    pub(crate) fn pepper(message: impl Into<String>) -> Self {
        Self { exit: Exit::Vault, code: ErrorKind::Pepper.as_str(), message: message.into() }
    }

    /// The same, and what to do in the words of the command.
    pub(crate) fn with_advice(mut self, advice: &str) -> Self {
        self.message.push_str(advice);
        self
    }

    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        Self { exit: Exit::Vault, code: ErrorKind::Io.as_str(), message: format!("{what}: {error}") }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::InvalidArgument => Exit::Usage,
            ErrorKind::NotFound | ErrorKind::Conflict => Exit::No,
            ErrorKind::Busy => Exit::Busy,
            _ => Exit::Vault,
        };
        Self { exit, code: error.kind().as_str(), message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_contract() {
        let all = [Exit::Yes, Exit::No, Exit::Usage, Exit::Vault, Exit::Busy];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4]);
    }
}
