//! A process that verifies what it is told.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command};

use keycask::{Request, Vault};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use crate::author::Expected;

/// Every so many questions are answered by a child, which was forked while the cache was hot.
const FORK_EVERY: u32 = 97;

/// The end that asks.
pub(crate) struct Reader {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Reader {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command.spawn().unwrap();
        let input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("ready") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0);
        }
        Self { process, input, output }
    }

    fn ask(&mut self, secrets: &str) {
        self.input.write_all(secrets.as_bytes()).unwrap();
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn end(self) {
        let Self { mut process, input, .. } = self;
        drop(input);
        assert!(process.wait().unwrap().success());
    }
}

/// Everybody must answer the same, at once.
pub(crate) fn all_answer(readers: &mut [Reader], expected: &[Expected<'_>], what: &str) {
    let (secrets, outcomes): (Vec<_>, Vec<_>) = expected.iter().copied().unzip();
    let (question, outcomes) = (secrets.join(" ") + "\n", outcomes.join(" "));
    for reader in &mut *readers {
        reader.ask(&question);
    }
    for reader in readers {
        assert_eq!(reader.answer(), outcomes, "{what}");
    }
}

/// The end that answers: the outcomes of its first verifies; then it verifies often enough that the keys are kept.
struct Answering {
    vault: Vault,
    request: Request<'static>,
}

impl Answering {
    fn outcome(&self, secret: &str) -> &'static str {
        self.vault.verify(secret, &self.request).unwrap().outcome().as_str()
    }

    /// Whether there was a question.
    fn answer_next(&self) -> bool {
        let mut question = String::new();
        if std::io::stdin().read_line(&mut question).unwrap() == 0 {
            return false;
        }
        let secrets: Vec<_> = question.split_ascii_whitespace().collect();
        let outcomes: Vec<_> = secrets.iter().map(|secret| self.outcome(secret)).collect();
        println!("{}", outcomes.join(" "));
        for secret in secrets.iter().chain(&secrets) {
            self.outcome(secret);
        }
        true
    }

    /// Lets a child answer the next question, with what it inherited.
    fn let_a_child_answer(&self) {
        // SAFETY: the child answers and ends by `_exit`. It may allocate: the C library keeps its allocator whole
        // across a fork. No other thread of this process uses its standard streams.
        match unsafe { fork() }.unwrap() {
            ForkResult::Parent { child } => {
                let status = waitpid(child, None).unwrap();
                assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
            }
            ForkResult::Child => {
                let answered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.answer_next()));
                // SAFETY: ends the process at once.
                unsafe { nix::libc::_exit(i32::from(answered.is_err())) }
            }
        }
    }
}

/// Verifies what it is told by `request`, until its input ends.
pub(crate) fn read(path: &str, request: Request<'static>) {
    let request = request.scope("reports:read");
    let answering = Answering { vault: Vault::open(path).unwrap(), request };
    println!("ready");
    let mut questions = 0_u32;
    while answering.answer_next() {
        questions += 1;
        if questions.is_multiple_of(FORK_EVERY) {
            answering.let_a_child_answer();
        }
    }
}
