//! A sink of another program's: it carries pixels through a channel within the process, and no other crate knows of it.

use std::future::poll_fn;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use lanstream::sinks::SinkFactory;
use lanstream::{Options, StartError, TransportChoice};
use lanstream_core::Picture;
use lanstream_core::admission::{Admission, Secret};
use lanstream_core::protocol::{HEADER_BYTES, Route, TransportId, ViewerMessage};
use lanstream_core::sink::{Serving, Shutdown, Sink, TransportInfo};
use lanstream_pattern::Kind;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{GOODBYE, ROUTED, Viewer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::serving::Serving as Server;

const TRANSPORT: TransportInfo = TransportInfo {
    id: TransportId::new(16).expect("the number is in range"),
    name: "in-process",
    summary: "A channel within the process",
    band_bytes: 100_000,
    is_universal: true,
    is_listed: true,
    endpoint: None,
};

/// A viewer that wants its pixels here.
struct Visitor {
    key: Secret,
    chunks: Sender<BytesMut>,
}

struct InProcess {
    visitors: UnboundedReceiver<Visitor>,
}

impl Sink for InProcess {
    fn transports(&self) -> Vec<TransportInfo> {
        vec![TRANSPORT]
    }

    fn serve(mut self: Box<Self>, admission: Arc<Admission>, shutdown: Shutdown) -> Serving {
        let serving = async move {
            while let Some(visitor) = self.visitors.recv().await {
                tokio::spawn(carry(Arc::clone(&admission), visitor));
            }
        };
        Box::pin(async {
            tokio::select! {
                () = shutdown => {}
                () = serving => {}
            }
        })
    }
}

async fn carry(admission: Arc<Admission>, visitor: Visitor) {
    let receiver = admission.receiver(&visitor.key).expect("the viewer is here");
    let is_mine = |route: &Route| route.transport == TRANSPORT.id;
    while let Some(mut pump) = poll_fn(|context| receiver.poll(context, is_mine)).await {
        let mut buffer = BytesMut::new();
        while poll_fn(|context| pump.poll_bytes(context, &mut buffer, usize::MAX)).await.is_some() {
            if visitor.chunks.send(buffer.split()).is_err() {
                return;
            }
        }
    }
}

/// A server with the sink, and the sink's visitors' end.
fn start(transport: TransportChoice) -> (Server, UnboundedSender<Visitor>) {
    let (sender, visitors) = unbounded_channel();
    let sink = Mutex::new(Some(InProcess { visitors }));
    let open = move |_: &lanstream::sinks::Opening<'_>| {
        Ok(sink.lock().unwrap().take().map(|sink| Box::new(sink) as Box<dyn Sink>))
    };
    let sinks = vec![SinkFactory::new(vec![TRANSPORT], open)];
    (Server::start(Kind::Motion, &Options { transport, sinks, ..Options::default() }), sender)
}

fn named(name: &str) -> TransportChoice {
    TransportChoice::Named(name.to_owned())
}

/// Takes an update from the channel.
fn take_update(viewer: &mut Viewer, chunks: &Receiver<BytesMut>) {
    let mut unread = BytesMut::new();
    loop {
        unread.extend_from_slice(&chunks.recv_timeout(PATIENCE).expect("pixels come"));
        while let Some(len) = Picture::message_len(&unread).unwrap().filter(|len| *len <= unread.len()) {
            let message = unread.split_to(len);
            if message[4] == ROUTED {
                assert_eq!(message[HEADER_BYTES..], 1_u32.to_le_bytes());
            } else if viewer.picture.take(&message).expect("an update of this picture") {
                return assert!(unread.is_empty(), "nothing follows an update before its answer");
            }
        }
    }
}

#[test]
fn pixels_come_through_a_sink_that_only_its_program_knows() {
    let (server, visitors) = start(TransportChoice::Auto);
    let mut viewer = Viewer::greet(&server.door);
    let (sender, chunks) = channel();
    let key = Secret::from_hex(&viewer.key).unwrap();
    assert!(visitors.send(Visitor { key, chunks: sender }).is_ok());
    let route = Route { number: 1, transport: TRANSPORT.id, flags: 0, epoch: 0, held_seq: 0 };
    viewer.control.say(ViewerMessage::Route(route));
    let mut last = None;
    for _ in 0..5 {
        take_update(&mut viewer, &chunks);
        let number = Some(viewer.assert_exact(Kind::Motion));
        assert!(number > last, "frame {number:?} came after {last:?}");
        last = number;
        viewer.acknowledge();
    }
    drop(viewer);
    server.wait_until_empty();
    server.assert_well();
}

#[test]
fn viewers_are_told_of_it_like_of_any_other() {
    let offered = |choice| {
        let (server, _visitors) = start(choice);
        let answer: serde_json::Value = serde_json::from_slice(&server.door.exchange().body).unwrap();
        let names = answer["transports"].as_array().unwrap().clone();
        names.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(offered(TransportChoice::Auto), ["http", "websocket", "webtransport", "in-process"]);
    assert_eq!(offered(named("in-process")), ["in-process"]);
    assert_eq!(offered(named("http")), ["http"]);
}

#[test]
fn a_transport_that_is_not_offered_is_refused() {
    let (server, _visitors) = start(named("http"));
    let mut viewer = Viewer::greet(&server.door);
    let route = Route { number: 1, transport: TRANSPORT.id, flags: 0, epoch: 0, held_seq: 0 };
    viewer.control.say(ViewerMessage::Route(route));
    let goodbye = viewer.hear(GOODBYE);
    assert!(String::from_utf8_lossy(&goodbye).contains("transport 16 is not offered"), "{goodbye:?}");
    let unknown =
        Server::try_start(Kind::Motion, &Options { transport: named("pigeon"), ..Options::default() });
    let reason = unknown.err().expect("there is no such transport");
    assert!(matches!(reason, StartError::TransportUnknown { .. }), "{reason}");
    assert!(reason.to_string().contains("http, websocket, webtransport"), "{reason}");
}
