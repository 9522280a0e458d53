//! Plugins that hang or take too much: what they do ends with their process, and the server goes on.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use lanstream::{Event, Options, Registries, Server};
use lanstream_core::options::OptionValues;
use lanstream_core::registry::Configured;
use lanstream_core::source::{ErrorKind, Listener};
use lanstream_plugin_host::{Launch, LoadError, RemotePlugin};
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{Door, Transport, Viewer};
use lanstream_testkit::wait::until;

use crate::conformance::processes_of;
use crate::plugins::evil;

/// Time that a plugin has to answer, in these tests.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

fn launch(file: &Path) -> Launch {
    Launch::new(Path::new(env!("CARGO_BIN_EXE_lanstream")), file).answer_within(ANSWER_WITHIN)
}

/// Returns the source of the evil plugin in a file.
fn source(file: &Path) -> Configured {
    let plugin = RemotePlugin::load(launch(file)).unwrap();
    let mut registries = Registries::default();
    lanstream::plugins::register_loaded(&mut registries, &plugin, file).unwrap();
    registries.sources.configure("evil", OptionValues::default(), Listener::default()).unwrap()
}

#[test]
fn a_plugin_that_never_answers_is_given_up() {
    for deed in ["entry:hang", "factory:hang"] {
        let file = evil(deed);
        let error = RemotePlugin::load(launch(&file)).unwrap_err();
        assert!(matches!(error, LoadError::Died { .. }), "{deed}: {error}");
        assert!(error.to_string().contains("did not answer within 0.5 s"), "{deed}: {error}");
        assert_eq!(processes_of("plugin-host", &file), [""; 0], "{deed}");
    }
    for deed in ["create:hang", "describe:hang"] {
        let file = evil(deed);
        let error = (source(&file).open)().err().unwrap();
        assert_eq!(error.kind, ErrorKind::Lost);
        assert!(error.message.contains("did not answer within 0.5 s"), "{deed}: {error}");
        assert_eq!(processes_of("plugin-host", &file), [""; 0], "{deed}");
    }
}

#[test]
fn a_plugin_that_hangs_while_it_is_watched_is_lost_and_the_server_goes_on() {
    let file = evil("capture:hang");
    let (sender, events) = channel();
    let tell = move |event: Event| {
        if let Event::Source { state, text } = event {
            let _test_is_over = sender.send((state, text));
        }
    };
    let server = Server::start(source(&file).open, &Options::default(), tell).unwrap();
    let mut viewer = watched(&server);
    let next = |wanted: &str| loop {
        let (state, text) = events.recv_timeout(PATIENCE).unwrap();
        if state == wanted {
            return text;
        }
    };
    assert!(next("lost").contains("did not answer within 0.5 s"));
    next("back");
    viewer.take_update();
    server.stop();
    assert_eq!(processes_of("plugin-host", &file), [""; 0]);
}

/// Returns a viewer that has taken three pictures, after which the evil plugin does its deed.
fn watched(server: &Server) -> Viewer {
    let mut viewer = Viewer::join(&Door::from_url(server.url()), Transport::Http);
    for _ in 0..3 {
        viewer.take_update();
        viewer.acknowledge();
    }
    viewer
}

#[test]
fn what_a_plugin_takes_and_starts_ends_with_its_process() {
    let file = evil("create:allocate");
    let error = (source(&file).open)().err().unwrap();
    assert!(error.message.contains("ended unexpectedly: signal"), "{error}");
    // A source that never returns from `wait` is one without news, until it is closed.
    for deed in ["create:threads", "create:fork", "destroy:hang", "destroy:callback", "wait:hang"] {
        let file = evil(deed);
        let server = Server::start(source(&file).open, &Options::default(), |_| {}).unwrap();
        watched(&server);
        server.stop();
        // What it started is killed, and nobody waits until that is gone.
        until(deed, || match processes_of("plugin-host", &file) {
            left if left.is_empty() => Ok(()),
            left => Err(left.join("; ")),
        });
    }
}
