//! Runs a command from start to exit status.

use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lanstream::{Event, NamedSink, Options, Registries, Server, SourceErrorKind, TlsFiles, token_file};
use lanstream_core::admission::Secret;
use lanstream_core::options::OptionValues;
use lanstream_core::registry::{Configured, FrameSinkFactory, Registry, SinkRegistry, SourceFactory};
use lanstream_core::source::{Listener, Report};
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;

use crate::browser::Redirect;
use crate::cli::{Action, ChosenSink, Cli, Serve};
use crate::list;
use crate::log::LeftOut;
#[cfg(feature = "plugins")]
use crate::plugin_command;
use crate::report::{self, Reporter};
use crate::{log, stop, terminal};
#[cfg(feature = "webview")]
use crate::{view, webview};

/// Time between two reports of numbers.
const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// Sources that are shown without a command, the first that can be opened.
const FIRST: [(&str, &str); 2] = [("capture", "the first monitor"), ("pattern", "the test pattern")];

/// Runs what the command line says.
pub(crate) fn main(registries: Registries, cli: &Cli) -> ExitCode {
    let error = report::standard_error();
    let left_out = log::start(&error, cli.serve.verbose);
    let reporter = Reporter::new(cli.serve.json, terminal::has_status_line(), error);
    let run = Run {
        registry: Arc::new(registries.sources),
        sinks: Arc::new(registries.sinks),
        serve: &cli.serve,
        chosen: &cli.sinks,
        reporter: &reporter,
        left_out,
        is_stopped: AtomicBool::new(false),
    };
    let done = match &cli.action {
        Action::ShowFirst => run.show_first().map(|()| ExitCode::SUCCESS),
        Action::Show { source, values } => run.show(source, values.clone()).map(|()| ExitCode::SUCCESS),
        #[cfg(feature = "webview")]
        Action::View { url } => view::run(url, &cli.serve.window, &reporter).map(|()| ExitCode::SUCCESS),
        Action::ListSources => {
            list::print(&run.registry, cli.serve.json);
            Ok(ExitCode::SUCCESS)
        }
        Action::ListSinks => {
            list::print_sinks(&run.sinks, cli.serve.json);
            Ok(ExitCode::SUCCESS)
        }
        #[cfg(feature = "plugins")]
        Action::Plugin(action) => plugin_command::run(action, cli.serve.json),
    };
    let status = match done {
        Ok(status) => status,
        Err(message) => {
            reporter.error(&message);
            ExitCode::FAILURE
        }
    };
    run.left_out.tell();
    reporter.flush(run.is_stopped.load(Ordering::Relaxed));
    status
}

/// Says why nothing can be run.
#[cfg(feature = "plugins")]
pub(crate) fn refuse(error: &str, wants_json: bool) -> ExitCode {
    let reporter = Reporter::new(wants_json, terminal::has_status_line(), report::standard_error());
    reporter.error(error);
    reporter.flush(false);
    ExitCode::FAILURE
}

/// One run of the program.
struct Run<'a> {
    registry: Arc<Registry>,
    sinks: Arc<SinkRegistry>,
    serve: &'a Serve,
    /// Sinks that get frames.
    chosen: &'a [ChosenSink],
    reporter: &'a Reporter,
    left_out: LeftOut,
    /// Whether it was asked to stop.
    is_stopped: AtomicBool,
}

impl Run<'_> {
    fn show(&self, source: &str, values: OptionValues) -> Result<(), String> {
        self.serve(self.configure(source, values)?)
    }

    fn configure(&self, source: &str, values: OptionValues) -> Result<Configured, String> {
        let configured = self.registry.configure(source, values, listener(self.reporter, None));
        configured.map_err(|error| error.to_string())
    }

    /// Shows the first source that can be opened without options.
    fn show_first(&self) -> Result<(), String> {
        let mut reasons = Vec::new();
        for (source, what) in FIRST.into_iter().filter(|(name, _)| self.registry.get(name).is_some()) {
            let mut configured = self.configure(source, OptionValues::default())?;
            match (configured.open)() {
                Ok(opened) => {
                    self.tell_choice(&reasons, what, &opened.description().name);
                    drop(opened);
                    return self.show(source, OptionValues::default());
                }
                Err(error)
                    if matches!(error.kind, SourceErrorKind::NotFound | SourceErrorKind::Unsupported) =>
                {
                    reasons.push(error.message);
                }
                Err(error) => return Err(error.message),
            }
        }
        reasons.push(format!("there is nothing to show without a command: {}", self.known()));
        Err(reasons.join("\n"))
    }

    /// Says what is shown, and why nothing better is.
    fn tell_choice(&self, reasons: &[String], what: &str, name: &str) {
        match reasons {
            [] => self.reporter.say(&format!("capturing {name}")),
            reasons => self.reporter.say(&format!("{}\nshowing {what} instead", reasons.join("\n"))),
        }
    }

    /// Names the sources that this build has.
    fn known(&self) -> String {
        let names: Vec<_> = self.registry.iter().map(|factory| factory.descriptor().name).collect();
        if names.is_empty() {
            return "this build has no sources; build with one of the features screen, pattern and ffmpeg"
                .to_owned();
        }
        format!("this build has {}", names.join(", "))
    }

    /// Serves until a signal, the source's end, or that of the window.
    fn serve(&self, configured: Configured) -> Result<(), String> {
        #[cfg(feature = "webview")]
        let toolkit = self.serve.window.webview.then(webview::Toolkit::start).transpose()?;
        let (mut options, reporter) = (options(self.serve, configured.fps_max), self.reporter);
        options.token = self.serve.token_file.as_deref().map(token).transpose()?;
        options.frame_sinks = self.frame_sinks()?;
        // Before anything is said: anyone who reads the URL may ask to stop at once.
        let registry = Arc::clone(&self.registry);
        let interrupt = move || registry.iter().for_each(SourceFactory::interrupt_openers);
        let sinks = Arc::clone(&self.sinks);
        let give_up = move || sinks.iter().for_each(FrameSinkFactory::interrupt);
        // A recording is finished, however long that takes, unless that is given up, too.
        let requests_max = if options.frame_sinks.is_empty() { 1 } else { 2 };
        let stop = stop::on_request(requests_max, interrupt, give_up)
            .map_err(|error| format!("no signal can be heard: {error}"))?;
        let (events, bind) = (reporter.clone(), options.bind);
        let tell = move |event| {
            if matches!(event, Event::Ready { .. }) {
                warn_if_exposed(bind, &events);
            }
            events.event(event);
        };
        let server = match Server::start(configured.open, &options, tell) {
            // It was given up because it had to be.
            Err(_) if stop.is_cancelled() => {
                self.is_stopped.store(true, Ordering::Relaxed);
                return Ok(());
            }
            started => started.map_err(|error| error.to_string())?,
        };
        // The file stays while the run goes on: a browser may take its time.
        let _redirect = self.serve.open.then(|| Redirect::open(&server)).and_then(|opened| {
            let say = |error| {
                reporter.say(&format!("no browser could be started ({error}); open the URL yourself"))
            };
            opened.map_err(say).ok()
        });
        let attend = || server.block_on(watch(&server, (reporter, &self.left_out), &stop));
        #[cfg(feature = "webview")]
        let end = match toolkit {
            Some(toolkit) => {
                webview::beside(toolkit, server.url(), (&self.serve.window, reporter), &stop, attend)?
            }
            None => attend(),
        };
        #[cfg(not(feature = "webview"))]
        let end = attend();
        reporter.finish();
        let sink_failure = server.sink_failure();
        server.stop();
        self.is_stopped.store(stop.is_cancelled(), Ordering::Relaxed);
        end.unwrap_or(Ok(())).and_then(|()| sink_failure().map_or(Ok(()), Err))
    }

    /// Returns the sinks that were chosen, before anything is opened.
    fn frame_sinks(&self) -> Result<Vec<NamedSink>, String> {
        let configure = |sink: &ChosenSink| {
            let listener = listener(self.reporter, Some(&sink.name));
            let open = self.sinks.configure(&sink.name, sink.values.clone(), listener);
            let open = open.map_err(|error| format!("the sink {}: {error}", sink.name))?;
            Ok(NamedSink { name: sink.name.clone(), open })
        };
        self.chosen.iter().map(configure).collect()
    }
}

/// Makes events of the reports of the source, or of a frame sink.
fn listener(reporter: &Reporter, sink: Option<&str>) -> Listener {
    let (reporter, sink) = (reporter.clone(), sink.map(str::to_owned));
    Listener::new(move |report| {
        let sink = sink.clone();
        match report {
            Report::Progress { frames, fps, time, speed } => {
                reporter.event(Event::Progress { sink, frames, fps, time, speed });
            }
            Report::Line { is_error, text } => reporter.event(Event::Log { sink, is_error, text }),
            _ => {}
        }
    })
}

fn token(path: &Path) -> Result<Secret, String> {
    token_file::read_or_create(path).map_err(|error| format!("--token-file {}: {error}", path.display()))
}

fn options(serve: &Serve, fps_max: Option<u32>) -> Options {
    let tls = serve.tls_cert.clone().zip(serve.tls_key.clone());
    Options {
        bind: serve.bind,
        port: serve.port,
        token: None,
        transport: serve.transport.clone(),
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        allow_hosts: serve.allow_host.clone(),
        allow_origins: serve.allow_origin.clone(),
        fps_max,
        wall_clock: None,
        sinks: Vec::new(),
        frame_sinks: Vec::new(),
    }
}

/// Tells numbers until it is asked to stop, or there is nothing more to show.
async fn watch(
    server: &Server,
    (reporter, left_out): (&Reporter, &LeftOut),
    stop: &CancellationToken,
) -> Result<(), String> {
    let mut ticks = interval_at(Instant::now() + STATS_INTERVAL, STATS_INTERVAL);
    let mut totals = lanstream::Totals::default();
    server.stats(&mut totals);
    let mut has_sinks = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = server.ended().cancelled() => return ending(server),
            () = server.sinks_ended().cancelled(), if has_sinks => {
                // What was asked for is done, or can't be, and nobody sees it either.
                if server.viewers() == 0 {
                    return Ok(());
                }
                has_sinks = false;
            }
            _ = ticks.tick() => {
                left_out.tell();
                reporter.event(Event::Stats(server.stats(&mut totals)));
                server.sink_stats().into_iter().for_each(|stats| reporter.event(Event::SinkStats(stats)));
            }
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
             picture and the token travel unencrypted. Viewers are let in by no name but those of this machine and \
             those of --allow-host"
        ));
    }
}
