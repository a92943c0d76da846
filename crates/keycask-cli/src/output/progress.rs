//! Progress of long work, on stderr, where somebody sees it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over a number of steps that is told later. indicatif draws nothing where stderr is no terminal.
pub(crate) fn bar(unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let form = format!("{{bar:30}} {{human_pos}} of {{human_len}} {unit}, {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&form) {
        bar.set_style(style);
    }
    bar
}

/// A bar of this length, with a word on what is being done.
pub(crate) fn bar_with_message(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent} %, {msg}") {
        bar.set_style(style);
    }
    bar
}

/// A sign of life, with a word on what is being done.
pub(crate) fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
