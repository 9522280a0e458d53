//! The command line: flags and what they mean.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use lanstream_core::geometry::Size;
use lanstream_screen::{MonitorChoice, RegionChoice, WindowChoice};

#[cfg(all(feature = "ffmpeg", unix))]
use crate::ffmpeg;

/// Mirror a display, a window, a video or a test pattern into a web page on this machine: bit-exact, in under a frame.
///
/// Without a command it captures the first monitor, or shows the test pattern where there is no display.
#[derive(Debug, Parser)]
#[command(name = "lanstream", version, styles = STYLES, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

const EXAMPLES: &str = "Examples:
  lanstream                                    the first monitor, or the test pattern
  lanstream capture --display 1 --open         the second monitor, and open the page
  lanstream capture --window \"Firefox\"         a window by a part of its title
  lanstream capture --region 100,100,800x600   a part of the screen
  lanstream pattern --kind motion --fps 60     a test pattern
  lanstream play film.mp4                      a film, through FFmpeg
  lanstream ffmpeg -- -f v4l2 -i /dev/video0   a camera, or anything else that FFmpeg reads
  lanstream sources                            what there is to capture";

/// What to show.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Capture a monitor, a window or a part of the screen
    #[command(after_help = CAPTURE_EXAMPLES)]
    Capture(Capture),
    /// Show a test pattern; it needs no display
    #[command(after_help = PATTERN_EXAMPLES)]
    Pattern(Pattern),
    /// Play a film or a stream in real time, through FFmpeg
    #[cfg(all(feature = "ffmpeg", unix))]
    #[command(after_help = ffmpeg::PLAY_EXAMPLES)]
    Play(ffmpeg::Play),
    /// Show what FFmpeg makes of any input, with any of its filters
    #[cfg(all(feature = "ffmpeg", unix))]
    #[command(after_help = ffmpeg::FFMPEG_EXAMPLES)]
    Ffmpeg(ffmpeg::Run),
    /// Show frames that another program writes to stdin or a FIFO
    #[cfg(all(feature = "ffmpeg", unix))]
    #[command(after_help = ffmpeg::PIPE_EXAMPLES)]
    Pipe(ffmpeg::Pipe),
    /// List what there is to capture, with the words that select it
    Sources,
}

const CAPTURE_EXAMPLES: &str = "Examples:
  lanstream capture --display 0
  lanstream capture --display HDMI-1 --fps 30
  lanstream capture --window 0x3a00007
  lanstream capture --region 100,100,800x600 --cursor off
  lanstream capture --display 0 --json --port 0    for programs: one JSON object a line";

const PATTERN_EXAMPLES: &str = "Examples:
  lanstream pattern
  lanstream pattern --kind text --size 1280x720 --fps 30";

/// What to capture.
#[derive(Debug, Args)]
pub(crate) struct Capture {
    /// A monitor by its number from 0, or by its name [default: the first]
    #[arg(long, value_name = "NUMBER|NAME", conflicts_with_all = ["window", "region"], allow_negative_numbers = true)]
    pub(crate) display: Option<MonitorChoice>,
    /// A window by its id, or by a part of its title; when one with that title is closed, the next that has it is shown
    #[arg(long, value_name = "ID|TITLE", conflicts_with = "region")]
    pub(crate) window: Option<WindowChoice>,
    /// Whether menus and other pop-ups of the window are shown where they lie over it
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub(crate) popups: Switch,
    /// End when the window is closed, with status 1
    #[arg(long, requires = "window")]
    pub(crate) once: bool,
    /// A part of the screen
    #[arg(long, value_name = "X,Y,WxH", allow_hyphen_values = true)]
    pub(crate) region: Option<RegionChoice>,
    /// Most frames a second [default: as many as there are]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=240), allow_negative_numbers = true)]
    pub(crate) fps: Option<u32>,
    /// Whether the pointer is shown; it is sent apart from the pixels
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub(crate) cursor: Switch,
}

/// Which pattern.
#[derive(Clone, Debug, Args)]
pub(crate) struct Pattern {
    /// What it shows: bars, motion, text, noise or solid
    #[arg(long, default_value = "bars")]
    pub(crate) kind: lanstream_pattern::Kind,
    /// Its size in pixels
    #[arg(long, value_name = "WxH", default_value = "1920x1080", value_parser = parse_size)]
    pub(crate) size: Size,
    /// Frames a second
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=240), allow_negative_numbers = true)]
    pub(crate) fps: u32,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

/// How to serve and what to say.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Serving")]
pub(crate) struct Serve {
    /// Listen on this address instead of loopback: others may then reach the picture
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub(crate) bind: Option<IpAddr>,
    /// Listen on this port; 0 takes a free one
    #[arg(long, default_value_t = 0, global = true, allow_negative_numbers = true)]
    pub(crate) port: u16,
    /// How pixels travel; auto lets the viewer measure
    #[arg(long, value_enum, default_value_t = Transport::Auto, global = true)]
    pub(crate) transport: Transport,
    /// A certificate for WebTransport that browsers trust, in PEM [default: one made at the start, accepted by its hash]
    #[arg(long, value_name = "FILE", requires = "tls_key", global = true)]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", global = true)]
    pub(crate) tls_key: Option<PathBuf>,
    /// Let pages of this origin connect, such as tauri://localhost
    #[arg(long, value_name = "ORIGIN", value_parser = parse_origin, global = true)]
    pub(crate) allow_origin: Vec<String>,
    /// Answer to this host name as well
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_host, global = true)]
    pub(crate) allow_host: Vec<String>,
    /// Open the page in the browser
    #[arg(long, global = true)]
    pub(crate) open: bool,
    /// Print one JSON object a line on stdout instead of the URL
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more on stderr; twice for even more
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
}

/// How pixels travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// The viewer measures and takes the fastest.
    Auto,
    /// One HTTP response.
    Http,
    /// WebSocket messages.
    Websocket,
    /// A WebTransport stream; where a viewer has none, as auto.
    Webtransport,
}

/// The arguments of this process; prints help or what is wrong with them, and exits.
pub(crate) fn parse() -> Cli {
    Cli::parse()
}

pub(crate) fn parse_size(text: &str) -> Result<Size, String> {
    let size =
        text.split_once('x').and_then(|(width, height)| Size::new(width.parse().ok()?, height.parse().ok()?));
    size.ok_or_else(|| "a size is WIDTHxHEIGHT, such as 1920x1080, with sides from 1 to 16384".to_owned())
}

fn parse_origin(text: &str) -> Result<String, String> {
    let whole = text.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '*', '@', '#', '?', ' '])
    });
    if whole {
        Ok(text.to_owned())
    } else {
        Err("an origin is SCHEME://HOST[:PORT] without a path or wildcard, such as http://localhost:5173"
            .to_owned())
    }
}

fn parse_host(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && !text.contains(['/', '*', '@', '#', '?', ' ']);
    if plain {
        Ok(text.to_owned())
    } else {
        Err("a host is NAME or NAME:PORT without a scheme, path or wildcard".to_owned())
    }
}
