//! The command line: a command for each source of the registry, and the flags that all share.

mod option;
#[cfg(feature = "plugins")]
mod plugin;
mod serve;
mod sink;
mod source;
mod window;

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches as _};
use lanstream::Registries;
use lanstream::sources::{Absence, absence_of};
use lanstream_core::options::OptionValues;

#[cfg(all(feature = "plugins", target_os = "linux"))]
pub(crate) use plugin::CheckOptions;
#[cfg(feature = "plugins")]
pub(crate) use plugin::{Kind, Language, NewOptions, PluginAction, check_names};
pub(crate) use serve::Serve;
pub(crate) use sink::ChosenSink;
#[cfg(feature = "webview")]
pub(crate) use window::Window;

/// Arguments of this process.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) action: Action,
    pub(crate) serve: Serve,
    /// What gets frames besides viewers.
    pub(crate) sinks: Vec<ChosenSink>,
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
    /// Show the page of another run.
    #[cfg(feature = "webview")]
    View {
        /// Its URL, or `-` where that is on standard input.
        url: String,
    },
    /// List what there is to show.
    ListSources,
    /// List the frame sinks.
    ListSinks,
    /// Do something with plugins.
    #[cfg(feature = "plugins")]
    Plugin(PluginAction),
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
  lanstream sources                            what there is to capture
  lanstream capture --sink ffmpeg -- -c:v ffv1 screen.mkv
                                               record the first monitor, without loss";

/// Name of the command that lists sources.
const SOURCES: &str = "sources";
/// Name of the command that lists frame sinks.
const SINKS: &str = "sinks";

/// Commands that are no sources and have a help of their own.
const COMMANDS: &[&str] = &[
    SOURCES,
    SINKS,
    window::VIEW,
    #[cfg(feature = "plugins")]
    plugin::NAME,
];

/// Parses the arguments of this process. Prints help, or what is wrong with them, and exits. `add_installed` registers
/// the sources and sinks of installed plugins; it takes its time, so it is called only where they are needed.
pub(crate) fn parse(registries: &mut Registries, add_installed: impl FnOnce(&mut Registries)) -> Cli {
    let arguments: Vec<_> = std::env::args_os().collect();
    let mut parsed = parse_arguments(registries, &arguments);
    if needs_installed(registries, &arguments, &parsed) {
        add_installed(registries);
        parsed = parse_arguments(registries, &arguments);
    }
    parsed.map_err(named_source).unwrap_or_else(|error| error.format(&mut command(registries)).exit())
}

fn parse_arguments(registries: &Registries, arguments: &[OsString]) -> Result<Cli, clap::Error> {
    from_matches(registries, &command(registries).try_get_matches_from(arguments)?)
}

/// Returns whether installed plugins can change what arguments mean: a command or a sink that is not known, the lists
/// of all sources and sinks, and the help that lists all commands.
fn needs_installed(
    registries: &Registries,
    arguments: &[OsString],
    parsed: &Result<Cli, clap::Error>,
) -> bool {
    let is_command = |word: &OsString| {
        let is_source = word.to_str().is_some_and(|word| registries.sources.get(word).is_some());
        is_source || COMMANDS.iter().any(|command| word == command)
    };
    match parsed {
        Ok(cli) => matches!(cli.action, Action::ListSources | Action::ListSinks),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => !arguments.iter().skip(1).any(is_command),
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => true,
        // Whatever else is wrong: the options of an unknown sink are unknown, too.
        Err(_) => sink::names_unknown(&registries.sinks, arguments),
    }
}

/// Says so where the unknown command is a source that this build was made without.
fn named_source(error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let message = match absence_of(name) {
        None => return error,
        Some(Absence::System(reason)) => format!("the source {name} is not on this system: {reason}"),
        Some(Absence::Feature(feature)) => {
            format!("this build was made without the source {name}: build it with `--features {feature}`")
        }
    };
    clap::Error::raw(ErrorKind::InvalidSubcommand, message)
}

fn command(registries: &Registries) -> Command {
    let list = Command::new(SOURCES).about("List what there is to capture, with the words that select it");
    let list_sinks = Command::new(SINKS).about("List what can get frames besides viewers, with its options");
    #[cfg(feature = "plugins")]
    let lists = [list, list_sinks, plugin::command()];
    #[cfg(not(feature = "plugins"))]
    let lists = [list, list_sinks];
    let sources = registries.sources.iter().map(|factory| source::command(factory.descriptor()));
    // The flags first: they bring a description of their own.
    let command = sink::with_flags(Serve::augment_args(Command::new("lanstream")), &registries.sinks);
    let lists = lists.map(|list| without_serving(list, &command));
    command
        .version(env!("CARGO_PKG_VERSION"))
        .styles(STYLES)
        .about(ABOUT)
        .long_about(format!("{ABOUT}\n\n{WITHOUT_COMMAND}"))
        .after_help(EXAMPLES)
        .subcommands(sources)
        .subcommands(lists)
        .subcommand(window::command())
}

/// Leaves out of the help of a command that serves nothing what all commands take because the flags are global.
fn without_serving(command: Command, all: &Command) -> Command {
    let is_left_out =
        |flag: &&Arg| flag.is_global_set() && !serve::WITHOUT_SERVING.contains(&flag.get_id().as_str());
    command.args(all.get_arguments().filter(is_left_out).map(|flag| flag.clone().hide(true)))
}

fn from_matches(registries: &Registries, matches: &ArgMatches) -> Result<Cli, clap::Error> {
    let serve = Serve::from_arg_matches(matches)?;
    window::check(&serve.window, matches.subcommand_name() == Some(window::VIEW))?;
    let mut sinks = Vec::new();
    let action = match matches.subcommand() {
        None => {
            sink::refuse_without_source(matches)?;
            Action::ShowFirst
        }
        Some((SOURCES, _)) => Action::ListSources,
        Some((SINKS, _)) => Action::ListSinks,
        #[cfg(feature = "webview")]
        Some((window::VIEW, matches)) => Action::View { url: window::url(matches) },
        #[cfg(feature = "plugins")]
        Some((plugin::NAME, matches)) => Action::Plugin(PluginAction::from_arg_matches(matches)?),
        Some((name, matches)) => {
            let factory = registries.sources.get(name);
            let options = factory.map(|factory| factory.descriptor().options).unwrap_or_default();
            let mut values = option::values(&options, matches);
            sinks = sink::chosen(&registries.sinks, matches, &options, &mut values)?;
            Action::Show { source: name.to_owned(), values }
        }
    };
    Ok(Cli { action, serve, sinks })
}

#[cfg(test)]
mod tests {
    use lanstream_core::frame_sink::SinkOpener;
    use lanstream_core::options::{OptionError, OptionSpec};
    use lanstream_core::registry::{Configured, Descriptor, FrameSinkFactory, SourceFactory};
    use lanstream_core::source::{Error, ErrorKind as SourceErrorKind, Listener};

    use super::*;

    /// A source that nothing but its registration knows.
    struct Fade;

    impl SourceFactory for Fade {
        fn descriptor(&self) -> Descriptor {
            Descriptor {
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
            Ok(Configured::new(Box::new(move || Err(Error::new(SourceErrorKind::NotFound, told.clone())))))
        }
    }

    /// A sink that nothing but its registration knows.
    struct Disk;

    impl FrameSinkFactory for Disk {
        fn descriptor(&self) -> Descriptor {
            let options = vec![OptionSpec::path("file", "FILE", "Where")];
            Descriptor { name: "disk".into(), about: "Keep frames".into(), examples: "".into(), options }
        }

        fn configure(&self, _: &OptionValues, _: Listener) -> Result<SinkOpener, OptionError> {
            unreachable!("nothing is opened here")
        }
    }

    fn registries() -> Registries {
        let mut registries = Registries::built_in();
        registries.sources.register(Box::new(Fade)).unwrap();
        registries.sinks.register(Box::new(Disk)).unwrap();
        registries
    }

    fn parsed(line: &[&str]) -> Result<Cli, String> {
        let registries = registries();
        let words = ["lanstream"].iter().chain(line);
        let matches = command(&registries).try_get_matches_from(words).map_err(|error| error.to_string())?;
        from_matches(&registries, &matches).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_of_all_sources_are_consistent() {
        command(&registries()).debug_assert();
    }

    #[test]
    fn a_registered_source_is_a_command_with_its_options() {
        let Action::Show { source, values } = parsed(&["fade", "--seconds", "7", "--loop"]).unwrap().action
        else {
            unreachable!("a source was named")
        };
        let mut configured = registries().sources.configure(&source, values, Listener::default()).unwrap();
        assert_eq!((configured.open)().err().unwrap().message, "7 s, again: true");
        let help = parsed(&["fade", "--help"]).unwrap_err();
        for part in ["From black to white", "How long it takes", "[default: 5]", "--loop", "--port"] {
            assert!(help.contains(part), "{part} is missing in:\n{help}");
        }
        assert!(parsed(&["fade", "--seconds", "0"]).unwrap_err().contains("0 is not in 1..=60"));
        assert!(parsed(&["--help"]).unwrap_err().contains("From black to white"));
    }

    #[test]
    fn a_registered_sink_is_a_flag_with_its_options() {
        let cli = parsed(&["fade", "--sink", "disk", "--disk.file", "a"]).unwrap();
        let [ChosenSink { name, values }] = cli.sinks.try_into().unwrap();
        assert_eq!((name.as_str(), values.text("file")), ("disk", Some("a")));
        assert!(parsed(&["fade", "--help"]).unwrap_err().contains("Keep frames"));
    }

    #[test]
    fn the_help_of_a_command_that_serves_nothing_has_no_flags_of_serving() {
        for line in [&["sources", "--help"][..], &["sinks", "--help"]] {
            let help = parsed(line).unwrap_err();
            assert!(
                help.contains("--json") && !help.contains("--port") && !help.contains("--disk.file"),
                "{help}"
            );
        }
        let cli = parsed(&["sources", "--port", "7", "--json"]).unwrap();
        assert_eq!((cli.serve.port, cli.serve.json), (7, true), "they are taken all the same");
    }

    #[test]
    fn installed_plugins_are_asked_for_only_where_they_matter() {
        let registries = registries();
        let needs = |line: &str| {
            let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
            needs_installed(&registries, &arguments, &parse_arguments(&registries, &arguments))
        };
        for line in [
            "sources",
            "sinks",
            "camera",
            "fade --sink tape",
            "fade --sink=tape --tape.length 3",
            "fade --tape.length 3 --sink tape --sink disk",
            "camera --size 3x4",
            "help camera",
            "--help",
            "-h",
            "--port 80 --help",
            "help",
        ] {
            assert!(needs(&format!("lanstream {line}")), "{line}");
        }
        for line in [
            "fade",
            "fade --help",
            "help fade",
            "sources --help",
            "--nonsense",
            "--version",
            "fade --nonsense",
            "fade --sink disk",
            "fade --sink disk --nonsense",
            "fade --sink",
            "sinks --help",
        ] {
            assert!(!needs(&format!("lanstream {line}")), "{line}");
        }
        assert!(!needs("lanstream"));
    }

    #[test]
    fn a_name_is_registered_once() {
        let again = registries().sources.register(Box::new(Fade));
        assert_eq!(again.unwrap_err().to_string(), "there are two sources named fade");
    }
}
