//! Runs a command from start to exit status.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use lanstream::{Event, Opener, Options, Server, SourceErrorKind, TlsFiles, sources};
use lanstream_screen::{MonitorChoice, Target};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use crate::cli::{Capture, Cli, Command, Pattern, Serve, Switch, Transport};
use crate::list;
use crate::report::{Log, Reporter};
use crate::stop;

/// Time between two reports of numbers.
const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// Runs what the command line says.
pub(crate) fn main(cli: &Cli) -> ExitCode {
    log_to_stderr(cli.serve.verbose);
    let reporter = Reporter::new(cli.serve.json, std::io::stderr().is_terminal());
    let done = match &cli.command {
        None => first_monitor_or_pattern(cli, &reporter),
        Some(Command::Capture(capture)) => {
            serve(screen(capture), options(&cli.serve, capture.fps), cli, &reporter)
        }
        Some(Command::Pattern(pattern)) => {
            serve(sources::pattern(pattern.into()), options(&cli.serve, None), cli, &reporter)
        }
        #[cfg(all(feature = "ffmpeg", unix))]
        Some(Command::Play(play)) => serve(play.opener(&reporter), options(&cli.serve, None), cli, &reporter),
        #[cfg(all(feature = "ffmpeg", unix))]
        Some(Command::Ffmpeg(run)) => serve(run.opener(&reporter), options(&cli.serve, None), cli, &reporter),
        #[cfg(all(feature = "ffmpeg", unix))]
        Some(Command::Pipe(pipe)) => serve(pipe.opener(), options(&cli.serve, None), cli, &reporter),
        Some(Command::Sources) => list::print(cli.serve.json).map_err(|error| error.to_string()),
    };
    let status = match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            reporter.error(&message);
            ExitCode::FAILURE
        }
    };
    reporter.flush();
    status
}

fn first_monitor_or_pattern(cli: &Cli, reporter: &Reporter) -> Result<(), String> {
    let target = Target::Monitor(MonitorChoice::First);
    let capture = lanstream_screen::Options { cursor: true, ..lanstream_screen::Options::default() };
    match lanstream_screen::open(&target, &capture) {
        Ok(source) => {
            reporter.say(&format!("capturing {}", source.description().name));
            drop(source);
            serve(sources::screen(target, capture), options(&cli.serve, None), cli, reporter)
        }
        Err(error) if matches!(error.kind, SourceErrorKind::NotFound | SourceErrorKind::Unsupported) => {
            reporter.say(&format!("{}\nshowing the test pattern instead", error.message));
            serve(
                sources::pattern(lanstream_pattern::Options::default()),
                options(&cli.serve, None),
                cli,
                reporter,
            )
        }
        Err(error) => Err(error.message),
    }
}

fn screen(capture: &Capture) -> Opener {
    let target = match (&capture.window, &capture.region) {
        (Some(window), _) => Target::Window(window.clone()),
        (None, Some(region)) => Target::Region(*region),
        (None, None) => Target::Monitor(capture.display.clone().unwrap_or_default()),
    };
    let options = lanstream_screen::Options {
        cursor: capture.cursor == Switch::On,
        popups: capture.popups == Switch::On,
        once: capture.once,
        x_display: None,
    };
    sources::screen(target, options)
}

impl From<&Pattern> for lanstream_pattern::Options {
    fn from(pattern: &Pattern) -> Self {
        Self { kind: pattern.kind, size: pattern.size, fps: pattern.fps }
    }
}

fn options(serve: &Serve, fps_max: Option<u32>) -> Options {
    let tls = serve.tls_cert.clone().zip(serve.tls_key.clone());
    Options {
        bind: serve.bind,
        port: serve.port,
        transport: serve.transport.into(),
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        allow_hosts: serve.allow_host.clone(),
        allow_origins: serve.allow_origin.clone(),
        fps_max,
        wall_clock: None,
    }
}

impl From<Transport> for lanstream::Transport {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Auto => Self::Auto,
            Transport::Http => Self::Http,
            Transport::Websocket => Self::WebSocket,
            Transport::Webtransport => Self::WebTransport,
        }
    }
}

/// Serves until a signal or the source's end.
fn serve(open: Opener, options: Options, cli: &Cli, reporter: &Reporter) -> Result<(), String> {
    // Before anything is said: anyone who reads the URL may ask to stop at once.
    let stop = stop::on_request().map_err(|error| format!("no signal can be heard: {error}"))?;
    let (events, bind) = (reporter.clone(), options.bind);
    let tell = move |event| {
        if matches!(event, Event::Ready { .. }) {
            warn_if_exposed(bind, &events);
        }
        events.event(event);
    };
    let server = match Server::start(open, &options, tell) {
        // It was given up because it had to be.
        Err(_) if stop.is_cancelled() => return Ok(()),
        started => started.map_err(|error| error.to_string())?,
    };
    if cli.serve.open
        && let Err(error) = open::that_detached(server.url())
    {
        reporter.say(&format!("no browser could be started ({error}); open the URL yourself"));
    }
    let end = server.block_on(run(&server, reporter, &stop));
    reporter.finish();
    server.stop();
    end.unwrap_or(Ok(()))
}

async fn run(server: &Server, reporter: &Reporter, stop: &CancellationToken) -> Result<(), String> {
    let mut ticks = interval(STATS_INTERVAL);
    let mut totals = lanstream::Totals::default();
    server.stats(&mut totals);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = server.ended().cancelled() => return ending(server),
            _ = ticks.tick() => reporter.event(Event::Stats(server.stats(&mut totals))),
        }
    }
}

/// To have shown all there is is what was asked for.
fn ending(server: &Server) -> Result<(), String> {
    match server.ending() {
        Some(end) if end.kind == SourceErrorKind::Finished => Ok(()),
        Some(end) => Err(format!("the source has ended: {}", end.message)),
        None => Err("the source has ended".to_owned()),
    }
}

/// Once it is sure that it listens, and before anybody is told where.
fn warn_if_exposed(bind: Option<IpAddr>, reporter: &Reporter) {
    if let Some(address) = bind.filter(|address| !address.is_loopback()) {
        reporter.say(&format!(
            "WARNING: listening on {address}: everyone who reaches this address and has the URL sees what is captured, and the \
             picture travels unencrypted. Name the hosts that viewers use with --allow-host"
        ));
    }
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => {
            "lanstream=info,lanstream_core=info,lanstream_http=info,lanstream_websocket=info,lanstream_webtransport=info,lanstream_screen=info,lanstream_ffmpeg=info,warn"
        }
        // The WebTransport library tells whole requests there, and so the keys in them.
        _ => "debug,hyper=info,wtransport=info",
    };
    tracing_subscriber::fmt().with_env_filter(level).with_writer(|| Log).without_time().init();
}
