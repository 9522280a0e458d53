//! The portal: `org.freedesktop.portal.ScreenCast` on the session bus, which answers as the command line says.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedFd, OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, fdo, interface};

use crate::producer::{Order, Producer};
use crate::{say, word_after};

const PATH: &str = "/org/freedesktop/portal/desktop";
/// Response of a request that succeeded, that the user cancelled, and that failed.
const SUCCESS: u32 = 0;
const CANCELLED: u32 = 1;
const FAILED: u32 = 2;

type Options = HashMap<String, OwnedValue>;

/// Sessions that are open, and the nodes of their streams.
type Sessions = Arc<Mutex<HashMap<OwnedObjectPath, Option<u32>>>>;

/// The running portal.
pub(crate) struct Portal {
    connection: Connection,
    sessions: Sessions,
}

struct ScreenCast {
    answer: String,
    cursors: u32,
    has_remote: bool,
    producer: Producer,
    sessions: Sessions,
    /// Sessions that were started.
    started: u32,
}

struct Session {
    producer: Producer,
    sessions: Sessions,
}

/// Takes the portal's name on the session bus.
pub(crate) async fn serve(words: &[String], producer: Producer) -> zbus::Result<Portal> {
    let sessions = Sessions::default();
    let cast = ScreenCast {
        answer: word_after(words, "--answer").unwrap_or("share").to_owned(),
        cursors: word_after(words, "--cursors").map_or(7, |bits| bits.parse().expect("a number")),
        has_remote: !words.iter().any(|word| word == "--no-remote"),
        producer,
        sessions: Arc::clone(&sessions),
        started: 0,
    };
    let builder = zbus::connection::Builder::session()?.serve_at(PATH, cast)?;
    let connection = builder.name("org.freedesktop.portal.Desktop")?.build().await?;
    Ok(Portal { connection, sessions })
}

impl Portal {
    /// Closes all sessions, as a user does who ends them.
    pub(crate) async fn close(&self) -> zbus::Result<()> {
        let sessions = std::mem::take(&mut *self.sessions.lock().expect("nobody panicked"));
        for session in sessions.into_keys() {
            let details: HashMap<&str, Value<'_>> = HashMap::new();
            let interface = "org.freedesktop.portal.Session";
            self.connection.emit_signal(None::<&str>, session, interface, "Closed", &details).await?;
        }
        Ok(())
    }
}

/// Returns the path of an object that a caller named by a token.
fn path_of(header: &Header<'_>, kind: &str, options: &Options, token: &str) -> OwnedObjectPath {
    let sender = header.sender().expect("a call has a sender").trim_start_matches(':').replace('.', "_");
    let token = options.get(token).and_then(|token| String::try_from(token.clone()).ok()).expect("a token");
    ObjectPath::try_from(format!("{PATH}/{kind}/{sender}/{token}")).expect("a path").into()
}

async fn respond(
    connection: &Connection,
    request: &OwnedObjectPath,
    code: u32,
    results: HashMap<&str, Value<'_>>,
) -> fdo::Result<()> {
    let interface = "org.freedesktop.portal.Request";
    connection.emit_signal(None::<&str>, request, interface, "Response", &(code, results)).await?;
    Ok(())
}

fn number(options: &Options, name: &str) -> u32 {
    options.get(name).and_then(|value| u32::try_from(value.clone()).ok()).unwrap_or_default()
}

#[interface(name = "org.freedesktop.portal.ScreenCast")]
impl ScreenCast {
    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        5
    }

    #[zbus(property)]
    fn available_source_types(&self) -> u32 {
        3
    }

    #[zbus(property)]
    fn available_cursor_modes(&self) -> u32 {
        self.cursors
    }

    async fn create_session(
        &self,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<OwnedObjectPath> {
        let request = path_of(&header, "request", &options, "handle_token");
        let session = path_of(&header, "session", &options, "session_handle_token");
        let object = Session { producer: self.producer.clone(), sessions: Arc::clone(&self.sessions) };
        connection.object_server().at(&session, object).await?;
        self.sessions.lock().expect("nobody panicked").insert(session.clone(), None);
        let results = HashMap::from([("session_handle", Value::from(session.as_str()))]);
        respond(connection, &request, SUCCESS, results).await?;
        Ok(request)
    }

    async fn select_sources(
        &self,
        _session: ObjectPath<'_>,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<OwnedObjectPath> {
        let token = options.get("restore_token").and_then(|token| String::try_from(token.clone()).ok());
        let [types, cursor, persist] =
            ["types", "cursor_mode", "persist_mode"].map(|name| number(&options, name));
        let token = token.unwrap_or_else(|| "none".into());
        say(&format!("select types={types} cursor={cursor} persist={persist} token={token}"));
        let request = path_of(&header, "request", &options, "handle_token");
        respond(connection, &request, SUCCESS, HashMap::new()).await?;
        Ok(request)
    }

    async fn start(
        &mut self,
        session: ObjectPath<'_>,
        _parent: String,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<OwnedObjectPath> {
        let request = path_of(&header, "request", &options, "handle_token");
        let (code, mut results) = (self.code(), HashMap::new());
        if code == Some(SUCCESS) {
            self.started += 1;
            let properties = HashMap::from([("source_type", Value::from(1_u32))]);
            let node = self.producer.open();
            self.sessions.lock().expect("nobody panicked").insert(session.into(), Some(node));
            results.insert("streams", Value::from(vec![(node, properties)]));
            results.insert("restore_token", Value::from(format!("token-{}", self.started)));
        }
        if let Some(code) = code {
            respond(connection, &request, code, results).await?;
        }
        Ok(request)
    }

    fn open_pipe_wire_remote(&self, _session: ObjectPath<'_>, _options: Options) -> fdo::Result<OwnedFd> {
        let folder = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR").expect("a session"));
        let connected = UnixStream::connect(folder.join("pipewire-0"));
        match connected {
            Ok(socket) if self.has_remote => Ok(std::os::fd::OwnedFd::from(socket).into()),
            _ => Err(fdo::Error::Failed("no connection to PipeWire".into())),
        }
    }
}

impl ScreenCast {
    /// Returns what comes of the dialog; nothing while it is open.
    fn code(&self) -> Option<u32> {
        match self.answer.as_str() {
            "share" => Some(SUCCESS),
            "decline" => Some(CANCELLED),
            "fail" => Some(FAILED),
            _ => None,
        }
    }
}

#[interface(name = "org.freedesktop.portal.Session")]
impl Session {
    async fn close(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<()> {
        let path = OwnedObjectPath::from(emitter.path().to_owned());
        let node = self.sessions.lock().expect("nobody panicked").remove(&path).flatten();
        node.into_iter().for_each(|node| self.producer.send(Order::Close(node)));
        connection.object_server().remove::<Self, _>(path).await?;
        Ok(())
    }
}
