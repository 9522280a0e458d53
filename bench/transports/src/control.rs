//! The WebSocket on which the page is told what to open and acknowledges what came, whatever path it came on.

use std::time::Instant;

use anyhow::{Context, bail};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_websockets::{Message, WebSocketStream};

use crate::path::Path;

/// What the page is told.
#[derive(Debug, Serialize)]
#[serde(tag = "tell", rename_all = "lowercase")]
pub enum Tell {
    /// Open a path for messages of so many bytes.
    Open { cell: u32, path: Path, bytes: usize, port: u16 },
    /// All of a message has left, where not all of it may arrive.
    Sent { number: u32 },
    /// Close the path.
    Close,
}

/// What the page says.
#[derive(Debug)]
pub enum Said {
    /// A message is there, but for so many of its pieces.
    Acknowledged { at: Instant, number: u32, lost: u32 },
    /// The engine does not have the path.
    Absent(String),
    /// The path broke.
    Broken(String),
    /// The path is closed.
    Closed,
}

/// The text messages of the page.
#[derive(Deserialize)]
#[serde(tag = "say", rename_all = "lowercase")]
enum Text {
    Absent { reason: String },
    Broken { reason: String },
    Closed,
}

/// The channel to a page.
pub struct Control {
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    said: mpsc::UnboundedReceiver<anyhow::Result<Said>>,
}

impl Control {
    /// Takes a socket over. What the page says is timed by a task of its own.
    pub fn new(socket: WebSocketStream<TcpStream>) -> Self {
        let (sink, stream) = socket.split();
        // Bounded by what is in flight: the page says nothing that it was not asked.
        let (sender, said) = mpsc::unbounded_channel();
        tokio::spawn(listen(stream, sender));
        Self { sink, said }
    }

    /// # Errors
    /// Where the page is gone.
    pub async fn tell(&mut self, what: &Tell) -> anyhow::Result<()> {
        Ok(self.sink.send(Message::text(serde_json::to_string(what)?)).await?)
    }

    /// What the page says next.
    ///
    /// # Errors
    /// Where the page is gone or can't be understood.
    pub async fn hear(&mut self) -> anyhow::Result<Said> {
        self.said.recv().await.context("the page is gone")?
    }
}

async fn listen(
    mut stream: SplitStream<WebSocketStream<TcpStream>>,
    sender: mpsc::UnboundedSender<anyhow::Result<Said>>,
) {
    while let Some(message) = stream.next().await {
        let said = message.map_err(Into::into).and_then(|message| parse(&message, Instant::now()));
        if sender.send(said).is_err() {
            return;
        }
    }
}

fn parse(message: &Message, at: Instant) -> anyhow::Result<Said> {
    if let Some(text) = message.as_text() {
        return Ok(match serde_json::from_str(text)? {
            Text::Absent { reason } => Said::Absent(reason),
            Text::Broken { reason } => Said::Broken(reason),
            Text::Closed => Said::Closed,
        });
    }
    let [number, lost] = message.as_payload().as_chunks::<4>().0 else {
        bail!("the page sent {} bytes", message.as_payload().len());
    };
    Ok(Said::Acknowledged { at, number: u32::from_le_bytes(*number), lost: u32::from_le_bytes(*lost) })
}
