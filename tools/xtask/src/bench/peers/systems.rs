//! The systems that can be measured beside ours: by their words on the command line, in the order of the tables.

use super::hls::Hls;
use super::jsmpeg::Jsmpeg;
use super::mjpeg::Mjpeg;
use super::novnc::{Mode, Novnc};
use super::peer::Peer;
use super::selkies::{Encoder, Selkies};
use super::webrtc::{Codec, Webrtc};
use super::xpra::Xpra;

/// Makes a system.
type Make = fn() -> Box<dyn Peer>;

/// All of them. Each is a file of its own here.
pub(super) const SYSTEMS: [(&str, Make); 11] = [
    ("novnc", || Box::new(Novnc::new(Mode::Lossless))),
    ("novnc-raw", || Box::new(Novnc::new(Mode::Raw))),
    ("novnc-jpeg", || Box::new(Novnc::new(Mode::Jpeg))),
    ("mjpeg", || Box::new(Mjpeg)),
    ("jsmpeg", || Box::new(Jsmpeg)),
    ("hls", || Box::new(Hls)),
    ("webrtc", || Box::new(Webrtc::new(Codec::Vp8))),
    ("webrtc-h264", || Box::new(Webrtc::new(Codec::H264))),
    ("selkies", || Box::new(Selkies::new(Encoder::Whole))),
    ("selkies-striped", || Box::new(Selkies::new(Encoder::Striped))),
    ("xpra", || Box::new(Xpra)),
];
