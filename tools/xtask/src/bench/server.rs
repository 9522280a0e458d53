//! A mirror under test: how it is started and where its page is.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use lanstream_testkit::display::Display;
use lanstream_testkit::process::Process;
use lanstream_testkit::relay::Relay;
use lanstream_testkit::udp::UdpPath;
use serde::Deserialize;

use crate::lanstream;
use crate::patience::Patience;

/// How long a server may take until it is ready.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to answer a request.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Lets in what comes through the slow pipe.
const ALLOW_RELAY: &str = " --allow-host 127.0.0.1:{relay} --allow-origin http://127.0.0.1:{relay}";

/// How our viewer fetches pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Transport {
    /// As the viewer chooses
    #[default]
    Auto,
    /// One streaming HTTP response
    Http,
    /// WebSocket messages
    Websocket,
    /// A WebTransport stream
    Webtransport,
}

/// How a server is started.
pub(crate) struct Recipe {
    /// What it goes by in the report, unlike any other in the run.
    pub(crate) name: String,
    /// Its program's file name.
    pub(crate) program: String,
    /// A shell's command with {display} and {port} in it.
    command: String,
    page: Page,
    /// Bits a second of a pipe between it and the browser.
    pipe: Option<f64>,
    /// Whether UDP goes through the pipe as well, unhindered, by a path that can be cut.
    has_udp_path: bool,
}

/// Where a server's page is.
enum Page {
    /// It says so in a ready event, as lanstream does; the viewer takes options from the URL's query.
    Printed(String),
    /// At a URL with {port} in it.
    Given(String),
}

impl Recipe {
    /// Builds this tree's release binary. The viewer is given `transport`, and what `query` says besides, and sits
    /// behind a pipe of so many bits a second.
    pub(crate) fn build_ours(
        transport: Transport,
        query: Option<&str>,
        pipe: Option<f64>,
    ) -> anyhow::Result<Self> {
        lanstream::build()?;
        let binary = lanstream::path();
        let allowed = if pipe.is_some() { ALLOW_RELAY } else { "" };
        let command =
            format!("'{}' capture --display 0 --cursor off --port 0 --json{allowed}", binary.display());
        let program = "lanstream".to_owned();
        let name = query.map_or_else(|| program.clone(), |query| format!("?{query}"));
        let options = transport.option().into_iter().chain(query).collect::<Vec<_>>().join("&");
        Ok(Self { name, program, command, page: Page::Printed(options), pipe, has_udp_path: false })
    }

    /// Has UDP go by a path that can be cut.
    pub(crate) fn with_udp_path(self) -> Self {
        Self { has_udp_path: true, ..self }
    }

    /// Another server; without a URL, a lanstream of another build.
    pub(crate) fn given(command: &str, url: Option<&str>, transport: Transport) -> Self {
        let path = Path::new(command.split_ascii_whitespace().next().unwrap_or_default());
        let program = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let page = url.map_or_else(
            || Page::Printed(transport.option().unwrap_or_default().to_owned()),
            |url| Page::Given(url.to_owned()),
        );
        Self {
            name: program.clone(),
            program,
            command: command.to_owned(),
            page,
            pipe: None,
            has_udp_path: false,
        }
    }

    /// Whether it speaks our protocol.
    pub(crate) fn is_lanstream(&self) -> bool {
        matches!(self.page, Page::Printed(_))
    }
}

/// A running server.
pub(crate) struct Server {
    /// The page to open.
    pub(crate) url: String,
    /// Where WebTransport can be cut off.
    pub(crate) udp: Option<UdpPath>,
    process: Process,
}

impl Server {
    /// Starts a server that mirrors `display`, and waits until it is ready.
    pub(crate) fn start(recipe: &Recipe, display: &Display, patience: &Patience) -> anyhow::Result<Self> {
        let port = free_port()?.to_string();
        let relay = recipe.pipe.map(Relay::of);
        let relay_port = relay.as_ref().map_or_else(String::new, |relay| relay.port.to_string());
        let fill = |template: &str| {
            let template = template.replace("{display}", &display.name).replace("{port}", &port);
            template.replace("{relay}", &relay_port)
        };
        let mut shell = Command::new("sh");
        // With exec the shell becomes the server, so that the process measured is the server's.
        shell.arg("-c").arg(format!("exec {}", fill(&recipe.command))).env("DISPLAY", &display.name);
        let mut process = Process::start(shell.stdin(Stdio::null()).stdout(Stdio::piped()));
        let url = match &recipe.page {
            Page::Given(url) => answering(fill(url), patience)?,
            Page::Printed(options) => with_query(
                &patience.line("ready event", START_LIMIT, &process.lines(), url_from_event)?,
                options,
            ),
        };
        let mut server = Self { url, udp: None, process };
        if let Some(relay) = relay {
            let (own, theirs) = (format!(":{}/", server.port()?), format!(":{}/", relay.port));
            if recipe.has_udp_path {
                server.udp = Some(UdpPath::lead(relay.port, server.port()?));
            }
            relay.lead_to(server.port()?);
            server.url = server.url.replacen(&own, &theirs, 1);
        }
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn port(&self) -> anyhow::Result<u16> {
        let (_, port) = authority(&self.url).rsplit_once(':').context("the page's URL has no port")?;
        Ok(port.parse()?)
    }
}

impl Transport {
    /// As an option of the viewer.
    fn option(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Http => Some("transport=http"),
            Self::Websocket => Some("transport=websocket"),
            Self::Webtransport => Some("transport=webtransport"),
        }
    }
}

/// Options go into the query; the token stays in the fragment.
fn with_query(url: &str, options: &str) -> String {
    let (page, fragment) = url.split_once('#').unwrap_or((url, ""));
    if options.is_empty() { url.to_owned() } else { format!("{page}?{options}#{fragment}") }
}

/// Host and port of a URL.
pub(crate) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    Ready {
        url: String,
    },
    #[serde(other)]
    Other,
}

pub(crate) fn url_from_event(line: &str) -> Option<String> {
    match serde_json::from_str(line) {
        Ok(Event::Ready { url }) => Some(url),
        Ok(Event::Other) | Err(_) => None,
    }
}

/// A port that was free a moment ago. A server that can pick its own does not need it.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until something answers at a URL.
fn answering(url: String, patience: &Patience) -> anyhow::Result<String> {
    patience.until("answer from the server", START_LIMIT, || Ok(ask(&url).ok()))?;
    Ok(url)
}

pub(crate) fn ask(url: &str) -> std::io::Result<()> {
    let host = authority(url);
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_go_before_the_token() {
        let url = "http://127.0.0.1:8000/#abc";
        let options = Transport::Websocket.option().unwrap();
        assert_eq!(with_query(url, options), "http://127.0.0.1:8000/?transport=websocket#abc");
        assert_eq!(with_query(url, ""), url);
        assert_eq!(authority(url), "127.0.0.1:8000");
    }

    #[test]
    fn only_a_ready_event_is_one() {
        let ready = r#"{"event":"ready","url":"http://127.0.0.1:1/#a","version":"0.1.0"}"#;
        assert_eq!(url_from_event(ready).as_deref(), Some("http://127.0.0.1:1/#a"));
        assert_eq!(url_from_event(r#"{"event":"viewer"}"#), None);
        assert_eq!(url_from_event("listening"), None);
    }
}
