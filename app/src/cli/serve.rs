//! Flags that every source shares: how to serve, and what to print.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lanstream::TransportChoice;
use lanstream::sinks::{self, SinkFactory};

use super::window::Window;

/// Heading of the flags about what is printed.
const OUTPUT: &str = "Output";
/// Heading of the flags about plugins.
#[cfg(feature = "plugins")]
const PLUGINS: &str = "Plugins";
/// Flags of commands that serve nothing, by their ids.
pub(super) const WITHOUT_SERVING: [&str; 4] = ["json", "verbose", "plugin", "in_process"];
/// Name for the choice by measurement.
const AUTO: &str = "auto";

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
    /// Keep the secret of the URL in this file, which is made if it is not there: with the same port, a later run has
    /// the same URL, and open pages come back
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// How pixels travel; auto lets the viewer measure
    #[arg(long, value_name = "TRANSPORT", default_value = AUTO, value_parser = transports(), global = true)]
    pub(crate) transport: TransportChoice,
    /// A certificate for WebTransport that browsers trust, in PEM [default: one made at the start, accepted by its
    /// hash]
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
    /// Load a plugin, whose sources become commands; it runs in a process of its own
    #[cfg(feature = "plugins")]
    #[arg(long, value_name = "FILE", global = true, help_heading = PLUGINS)]
    pub(crate) plugin: Vec<PathBuf>,
    /// Load plugins into this process: for debuggers and for measuring
    #[cfg(feature = "plugins")]
    #[arg(long, global = true, help_heading = PLUGINS)]
    pub(crate) in_process: bool,
    /// Open the page in the browser
    #[arg(long, global = true)]
    pub(crate) open: bool,
    /// A window that shows the page.
    #[command(flatten)]
    pub(crate) window: Window,
    /// Print one JSON object a line on stdout instead of text
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub(crate) json: bool,
    /// Say more on stderr; twice for even more
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = OUTPUT)]
    pub(crate) verbose: u8,
}

/// Returns the parser of transports' names, which lists those of this build.
fn transports() -> impl TypedValueParser<Value = TransportChoice> {
    let auto = PossibleValue::new(AUTO).help("The viewer measures and takes the fastest");
    let built_in = sinks::built_in();
    let rows = built_in.iter().flat_map(SinkFactory::transports).filter(|row| row.is_listed);
    let names = rows.map(|row| PossibleValue::new(row.name).help(row.summary));
    let parser = PossibleValuesParser::new(std::iter::once(auto).chain(names));
    parser.map(|name| if name == AUTO { TransportChoice::Auto } else { TransportChoice::Named(name) })
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
