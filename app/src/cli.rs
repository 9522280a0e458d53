//! The command line: a command for each source of the registry, and the flags that all share.

mod serve;
mod source;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use lanstream_core::options::OptionValues;
use lanstream_core::registry::Registry;

pub(crate) use serve::Serve;

/// Arguments of this process.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) action: Action,
    pub(crate) serve: Serve,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Action {
    /// Show the first source that there is.
    ShowFirst,
    /// Show a source.
    Show {
        /// Its name in the registry.
        source: String,
        /// Values of its options.
        values: OptionValues,
    },
    /// List what there is to show.
    ListSources,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

const ABOUT: &str = "Mirror a display, a window, a video or a test pattern into a web page on this machine: bit-exact, in under a frame.";

/// Second paragraph of `--help`.
const WITHOUT_COMMAND: &str =
    "Without a command it captures the first monitor, or shows the test pattern where there is no display.";

const EXAMPLES: &str = "Examples:
  lanstream                                    the first monitor, or the test pattern
  lanstream capture --display 1 --open         the second monitor, and open the page
  lanstream capture --window \"Firefox\"         a window by a part of its title
  lanstream capture --region 100,100,800x600   a part of the screen
  lanstream pattern --kind motion --fps 60     a test pattern
  lanstream play film.mp4                      a film, through FFmpeg
  lanstream ffmpeg -- -f v4l2 -i /dev/video0   a camera, or anything else that FFmpeg reads
  lanstream sources                            what there is to capture";

/// Name of the command that lists sources.
const SOURCES: &str = "sources";

/// Parses the arguments of this process. Prints help, or what is wrong with them, and exits.
pub(crate) fn parse(registry: &Registry) -> Cli {
    let mut command = command(registry);
    let matches = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = matches.map_err(named_source).and_then(|matches| from_matches(registry, &matches));
    parsed.unwrap_or_else(|error| error.format(&mut command).exit())
}

/// Says so where the unknown command is a source that this build was made without.
fn named_source(error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let Some(feature) = lanstream::sources::feature_of(name) else { return error };
    let message =
        format!("this build was made without the source {name}: build it with `--features {feature}`");
    clap::Error::raw(clap::error::ErrorKind::InvalidSubcommand, message)
}

fn command(registry: &Registry) -> Command {
    let list = Command::new(SOURCES).about("List what there is to capture, with the words that select it");
    let sources = registry.iter().map(|factory| source::command(factory.descriptor()));
    // The flags first: they bring a description of their own.
    Serve::augment_args(Command::new("lanstream"))
        .version(env!("CARGO_PKG_VERSION"))
        .styles(STYLES)
        .about(ABOUT)
        .long_about(format!("{ABOUT}\n\n{WITHOUT_COMMAND}"))
        .after_help(EXAMPLES)
        .subcommands(sources)
        .subcommand(list)
}

fn from_matches(registry: &Registry, matches: &ArgMatches) -> Result<Cli, clap::Error> {
    let serve = Serve::from_arg_matches(matches)?;
    let action = match matches.subcommand() {
        None => Action::ShowFirst,
        Some((SOURCES, _)) => Action::ListSources,
        Some((name, matches)) => {
            let options = registry.get(name).map(|factory| factory.descriptor().options).unwrap_or_default();
            Action::Show { source: name.to_owned(), values: source::values(&options, matches) }
        }
    };
    Ok(Cli { action, serve })
}

#[cfg(test)]
mod tests {
    use lanstream_core::options::{OptionError, OptionSpec};
    use lanstream_core::registry::{Configured, SourceDescriptor, SourceFactory};
    use lanstream_core::source::{Error, ErrorKind, Listener};

    use super::*;

    /// A source that nothing but its registration knows.
    struct Fade;

    impl SourceFactory for Fade {
        fn descriptor(&self) -> SourceDescriptor {
            SourceDescriptor {
                name: "fade".into(),
                about: "From black to white".into(),
                examples: "".into(),
                options: vec![
                    OptionSpec::integer("seconds", 1, 60, "How long it takes").default("5"),
                    OptionSpec::switch("loop", "Again and again"),
                ],
            }
        }

        fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
            let seconds: u32 = values.parse("seconds")?.unwrap_or_default();
            let told = format!("{seconds} s, again: {}", values.is_set("loop"));
            Ok(Configured::new(Box::new(move || Err(Error::new(ErrorKind::NotFound, told.clone())))))
        }
    }

    fn registry() -> Registry {
        lanstream::sources::registry().with(Fade).unwrap()
    }

    fn parsed(line: &[&str]) -> Result<Cli, String> {
        let registry = registry();
        let words = ["lanstream"].iter().chain(line);
        let matches = command(&registry).try_get_matches_from(words).map_err(|error| error.to_string())?;
        from_matches(&registry, &matches).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_of_all_sources_are_consistent() {
        command(&registry()).debug_assert();
    }

    #[test]
    fn a_registered_source_is_a_command_with_its_options() {
        let Action::Show { source, values } = parsed(&["fade", "--seconds", "7", "--loop"]).unwrap().action
        else {
            unreachable!("a source was named")
        };
        let mut configured = registry().configure(&source, values, Listener::default()).unwrap();
        assert_eq!((configured.open)().err().unwrap().message, "7 s, again: true");
        let help = parsed(&["fade", "--help"]).unwrap_err();
        for part in ["From black to white", "How long it takes", "[default: 5]", "--loop", "--port"] {
            assert!(help.contains(part), "{part} is missing in:\n{help}");
        }
        assert!(parsed(&["fade", "--seconds", "0"]).unwrap_err().contains("0 is not in 1..=60"));
        assert!(parsed(&["--help"]).unwrap_err().contains("From black to white"));
    }

    #[test]
    fn a_name_is_registered_once() {
        assert_eq!(registry().with(Fade).unwrap_err().to_string(), "there are two sources named fade");
    }
}
