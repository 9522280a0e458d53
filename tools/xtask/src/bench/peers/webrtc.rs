//! WebRTC: one Chromium shares the screen, another shows it. The connection is between addresses of this machine, which
//! Linux leads through the loopback interface: no server is named that would tell them others.

use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

/// Both pages, which leave each other their descriptions of the session. The viewer holds nothing back, the sender may
/// send as much as it likes in full size.
const PAGE: &str = r#"<!doctype html>
<title>WebRTC</title>
<style>html, body { margin: 0; overflow: hidden } video { display: block }</style>
<video muted autoplay playsinline></video>
<script type="module">
const codec = 'video/{codec}'
const leave = (name, body) => fetch(`message/${name}`, { method: 'POST', body })
const take = async (name) => JSON.parse(await (await fetch(`message/${name}`)).text())
const connection = new RTCPeerConnection()
async function describe(name) {
  await connection.setLocalDescription()
  while (connection.iceGatheringState !== 'complete') {
    await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }))
  }
  await leave(name, JSON.stringify(connection.localDescription))
}

async function send() {
  const wanted = { video: { cursor: 'never', frameRate: 60 }, audio: false }
  const stream = await navigator.mediaDevices.getDisplayMedia(wanted)
  const [track] = stream.getVideoTracks()
  const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
  const codecs = RTCRtpSender.getCapabilities('video').codecs.filter((it) => it.mimeType === codec)
  if (codecs.length === 0) throw new Error(`this browser has no encoder of ${codec}`)
  transceiver.setCodecPreferences(codecs)
  const parameters = transceiver.sender.getParameters()
  parameters.degradationPreference = 'maintain-resolution'
  parameters.encodings[0].maxBitrate = 200e6
  await transceiver.sender.setParameters(parameters)
  await describe('offer')
  await connection.setRemoteDescription(await take('answer'))
}

async function receive() {
  connection.addEventListener('track', ({ receiver, streams }) => {
    receiver.jitterBufferTarget = 0
    document.querySelector('video').srcObject = streams[0]
  })
  await connection.setRemoteDescription(await take('offer'))
  await describe('answer')
}

const run = location.hash === '#send' ? send : receive
run().catch((error) => leave('error', String(error)))
</script>
"#;
/// Asks nobody what to share, and goes on under a window that covers it.
const SENDER: [&str; 4] = [
    "--auto-select-desktop-capture-source=Entire screen",
    "--disable-features=GetDisplayMediaRequiresUserActivation,WebRtcHideLocalIpsWithMdns",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
];
/// Names this machine's addresses as they are, not by names that somebody would have to answer for.
const VIEWER: [&str; 1] = ["--disable-features=WebRtcHideLocalIpsWithMdns"];

/// Chromium on both sides.
pub(super) struct Webrtc {
    codec: Codec,
}

/// What the pictures are encoded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Vp8,
    H264,
}

impl Webrtc {
    pub(super) fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

impl Peer for Webrtc {
    fn name(&self) -> &str {
        match self.codec {
            Codec::Vp8 => "WebRTC, VP8",
            Codec::H264 => "WebRTC, H.264",
        }
    }

    fn install(&self, _: &Patience) -> anyhow::Result<()> {
        Ok(())
    }

    fn versions(&self) -> Vec<String> {
        vec!["the browser's own".to_owned()]
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        let codec = match self.codec {
            Codec::Vp8 => "VP8",
            Codec::H264 => "H264",
        };
        let url = testbed.serve(&[("index.html", &PAGE.replace("{codec}", codec))], &[])?;
        testbed.open_sender(&format!("{url}#send"), &SENDER);
        // What is drawn must cover the sender's window, so that has to be there first.
        testbed.until_message("offer")?;
        testbed.open_with(&url, &VIEWER);
        Ok(())
    }
}
