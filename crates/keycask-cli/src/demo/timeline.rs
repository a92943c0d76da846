//! A grace window, drawn.

use std::time::{Duration, SystemTime};

use anstyle::Style;

use super::Stage;
use crate::failure::Failure;
use crate::output::paint;
use crate::output::time::{rfc3339, short};

/// Columns of the window itself.
const WINDOW: usize = 36;
/// Columns before and behind it.
const BEFORE: usize = 8;
const BEHIND: usize = 10;

/// Draws the old key and the new one, from before the rotation until after the window.
pub(super) fn draw(
    stage: &mut Stage<'_>,
    [old, new]: [&str; 2],
    rotated_at: SystemTime,
    grace_until: SystemTime,
) -> Result<(), Failure> {
    let palette = stage.palette;
    let length = grace_until.duration_since(rotated_at).unwrap_or_default();
    let whole_seconds = Duration::from_secs(length.as_secs());
    let width = old.chars().count().max(new.chars().count());
    let hour = |time| short(&rfc3339(time)).split_off(11);
    let label = format!("{} rotated", hour(rotated_at));
    let both = format!("grace {}", humantime::format_duration(whole_seconds));
    let row = |style: Style, columns: usize| paint(style, "━".repeat(columns));
    stage.say(format_args!(
        "{:width$}  {:BEFORE$}{label:WINDOW$}{} grace_until",
        "",
        "",
        hour(grace_until)
    ))?;
    stage.say(format_args!("{:width$}  {:BEFORE$}┃{both:^fill$}┃", "", "", fill = WINDOW - 1))?;
    stage.say(format_args!(
        "{old:width$}  {}{} refused",
        row(palette.good, BEFORE),
        row(palette.ending, WINDOW)
    ))?;
    stage.say(format_args!("{new:width$}  {:BEFORE$}{}▶", "", row(palette.good, WINDOW + BEHIND)))
}
