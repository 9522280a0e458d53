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
pub(crate) enum Tell {
    /// Open a path for messages of so many bytes.
    Open { cell: u32, path: Path, bytes: u32, port: u16 },
    /// All of a message has left, where not all of it may arrive.
    Sent { number: u32, pieces: u32 },
    /// Close the path.
    Close,
}

/// What the page says.
#[derive(Debug)]
pub(crate) enum Said {
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
    Absent { cell: u32, reason: String },
    Broken { cell: u32, reason: String },
    Closed { cell: u32 },
}

/// The channel to a page.
pub(crate) struct Control {
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    said: mpsc::UnboundedReceiver<anyhow::Result<(u32, Said)>>,
}

impl Control {
    /// Takes a socket over. What the page says is timed by a task of its own.
    pub(crate) fn new(socket: WebSocketStream<TcpStream>) -> Self {
        let (sink, stream) = socket.split();
        // Bounded by what is in flight: the page says nothing that it was not asked.
        let (sender, said) = mpsc::unbounded_channel();
        tokio::spawn(listen(stream, sender));
        Self { sink, said }
    }

    /// # Errors
    /// Where the page is gone.
    pub(crate) async fn tell(&mut self, what: &Tell) -> anyhow::Result<()> {
        Ok(self.sink.send(Message::text(serde_json::to_string(what)?)).await?)
    }

    /// What the page says next of a cell. What it still says of another before is dropped.
    ///
    /// # Errors
    /// Where the page is gone or can't be understood.
    pub(crate) async fn hear(&mut self, cell: u32) -> anyhow::Result<Said> {
        loop {
            let (of, said) = self.said.recv().await.context("the page is gone")??;
            if of == cell {
                return Ok(said);
            }
        }
    }
}

async fn listen(
    mut stream: SplitStream<WebSocketStream<TcpStream>>,
    sender: mpsc::UnboundedSender<anyhow::Result<(u32, Said)>>,
) {
    while let Some(message) = stream.next().await {
        let said = message.map_err(Into::into).and_then(|message| parse(&message, Instant::now()));
        if sender.send(said).is_err() {
            return;
        }
    }
}

/// The cell, and what is said of it.
fn parse(message: &Message, at: Instant) -> anyhow::Result<(u32, Said)> {
    if let Some(text) = message.as_text() {
        return Ok(match serde_json::from_str(text)? {
            Text::Absent { cell, reason } => (cell, Said::Absent(reason)),
            Text::Broken { cell, reason } => (cell, Said::Broken(reason)),
            Text::Closed { cell } => (cell, Said::Closed),
        });
    }
    let [cell, number, lost] = message.as_payload().as_chunks::<4>().0 else {
        bail!("the page sent {} bytes", message.as_payload().len());
    };
    let [cell, number, lost] = [cell, number, lost].map(|word| u32::from_le_bytes(*word));
    Ok((cell, Said::Acknowledged { at, number, lost }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_is_three_words() {
        let at = Instant::now();
        let message = Message::binary(vec![7, 0, 0, 0, 1, 1, 0, 0, 3, 0, 0, 0]);
        let (cell, said) = parse(&message, at).unwrap();
        assert_eq!(cell, 7);
        assert!(matches!(said, Said::Acknowledged { number: 257, lost: 3, .. }));
        assert!(parse(&Message::binary(vec![7, 0, 0, 0]), at).is_err());
    }

    #[test]
    fn what_the_page_can_not_open_has_a_reason() {
        let message = Message::text(r#"{"say":"absent","cell":2,"reason":"no WebTransport"}"#);
        let (cell, said) = parse(&message, Instant::now()).unwrap();
        assert_eq!(cell, 2);
        assert!(matches!(said, Said::Absent(reason) if reason == "no WebTransport"));
    }
}
