//! How mirrors are measured: the options that `bench glass` and `bench peers` share.

use std::time::Duration;

use anyhow::ensure;

use super::load::Load;
use super::parse_size;

/// What each mirror is put under, how long and how often, and which ones besides.
#[derive(clap::Args)]
pub(crate) struct Measurement {
    /// Times that each mirror is started and measured; figures are medians over them
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Seconds that each load is drawn for
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// Loads as content:fps or content:fps:WIDTHxHEIGHT; content is flat, ui, video or noise
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "flat:25:400x300,ui:25:800x600,ui:25,video:25,noise:60"
    )]
    pub(crate) loads: Vec<Load>,
    /// Another mirror, measured in turn with ours; {display} and {port} are filled in
    #[arg(long, value_name = "COMMAND")]
    versus: Vec<String>,
    /// The page of the mirror in the same place among the --versus; without it, it must print a ready event as ours
    /// does
    #[arg(long, value_name = "URL")]
    versus_url: Vec<String>,
    /// Size of the display that is mirrored
    #[arg(long, default_value = "1920x1080", value_parser = parse_size)]
    pub(crate) size: (u16, u16),
}

impl Measurement {
    /// Returns how long each load is drawn for.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// Returns the commands of other mirrors, each with the URL of its page where that is given.
    ///
    /// # Errors
    /// If there are more URLs than commands.
    pub(crate) fn versus(&self) -> anyhow::Result<Vec<(&str, Option<&str>)>> {
        ensure!(self.versus_url.len() <= self.versus.len(), "there are more --versus-url than --versus");
        let urls = self.versus_url.iter().map(|url| Some(url.as_str())).chain(std::iter::repeat(None));
        Ok(self.versus.iter().map(String::as_str).zip(urls).collect())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        measurement: Measurement,
    }

    #[test]
    fn urls_go_with_the_commands_in_their_places() {
        let of = |words: &[&str]| Cli::parse_from([&["bench"], words].concat()).measurement;
        let measurement = of(&["--versus", "a", "--versus", "b", "--versus-url", "http://a"]);
        assert_eq!(measurement.versus().unwrap(), [("a", Some("http://a")), ("b", None)]);
        assert!(of(&["--versus-url", "http://a"]).versus().is_err());
    }
}
