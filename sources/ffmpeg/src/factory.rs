//! Registration of the three sources of this crate, `play`, `ffmpeg` and `pipe`, with their options.

mod pipe;
mod play;
mod run;

use lanstream_core::options::{OptionError, OptionSpec, OptionValues};

use crate::pace::{Pacing, Speed};

pub use pipe::PipeFactory;
pub use play::PlayFactory;
pub use run::RunFactory;

/// Returns the option `--pace`.
fn pace_option() -> OptionSpec {
    let choices = [
        (
            "auto",
            "As fits what it is: cameras, screens and network streams as they come, all else by its timestamps",
        ),
        ("timestamps", "By their timestamps"),
        ("newest", "As they come, and only the newest"),
    ];
    OptionSpec::choice("pace", choices, "When frames are shown").default("auto")
}

/// Returns the pace that was asked for, at `speed`; `None` for `auto`.
fn pace(values: &OptionValues, speed: Speed) -> Option<Pacing> {
    match values.text("pace") {
        Some("timestamps") => Some(Pacing::Timestamps(speed)),
        Some("newest") => Some(Pacing::Newest),
        _ => None,
    }
}

/// Returns the option `--size`.
fn size_option(help: &'static str) -> OptionSpec {
    OptionSpec::parsed::<lanstream_core::Size>("size", "WxH", help)
}

/// Returns an error of an option that is required.
fn required(option: &str) -> OptionError {
    OptionError { option: option.to_owned(), message: "it is required".to_owned() }
}
