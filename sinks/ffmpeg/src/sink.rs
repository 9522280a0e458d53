//! The frame sink: starts FFmpeg when it is known what frames are like, and gives it each of them.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use lanstream_core::frame_sink::{
    Delivery, FrameSink, FrameSinkError, FrameSinkErrorKind, SinkFrame, SinkStatus, StreamInfo,
};
use lanstream_core::planar::{Matrix, Range};
use lanstream_core::source::{AudioChunk, Listener};
use lanstream_core::{Frame, Layout, PIXEL_BYTES, PixelFormat};
use lanstream_ffmpeg::program::{FFMPEG, check_version};
use lanstream_ffmpeg::{Hidden, NutWriter};

use crate::feeder::{Fed, Feeder, from_source};
use crate::interrupt::Interrupt;
use crate::timeline::Timeline;

/// What stands for the number of a part in the words of an output, from 1.
const PART: &str = "{part}";
/// Options with which the user says when frames are shown: otherwise each keeps its own time.
const TIMING: [&str; 5] = ["-r", "-fpsmax", "-vsync", "-fps_mode", "-enc_time_base"];

/// What to record, and where.
#[derive(Clone, Debug)]
pub struct Recording {
    /// FFmpeg's own arguments: options of its output, and the output.
    pub arguments: Vec<OsString>,
    /// Which frames it gets; `None` means every one, or the newest where the output is an address.
    pub delivery: Option<Delivery>,
    /// The FFmpeg to run; `None` means the one on the PATH.
    pub ffmpeg: Option<OsString>,
    /// Who hears what it says.
    pub listener: Listener,
    pub(crate) interrupt: Interrupt,
}

impl Recording {
    /// Records through FFmpeg with these arguments.
    pub fn new(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self {
            arguments,
            delivery: None,
            ffmpeg: None,
            listener: Listener::default(),
            interrupt: Interrupt::default(),
        }
    }

    /// Looks whether FFmpeg is there. It is started with the first frame.
    ///
    /// # Errors
    /// If there is none, or it is too old.
    pub fn open(&self) -> Result<FfmpegSink, FrameSinkError> {
        check_version(self.program()).map_err(from_source)?;
        Ok(FfmpegSink { recording: self.clone(), parts: 0, running: None })
    }

    fn program(&self) -> &OsStr {
        self.ffmpeg.as_deref().unwrap_or_else(|| FFMPEG.as_ref())
    }

    /// Whether the output is somewhere on a network.
    fn is_to_network(&self) -> bool {
        let last = self.arguments.last().map(|word| word.to_string_lossy());
        last.is_some_and(|word| word.split_once("://").is_some_and(|(scheme, _)| scheme != "file"))
    }

    /// Whether FFmpeg can be started once more with another name for its output, or the same address.
    fn has_parts(&self) -> bool {
        self.is_to_network() || self.arguments.iter().any(|word| word.to_string_lossy().contains(PART))
    }

    /// Returns all arguments for a part of the recording.
    fn arguments_for(&self, layout: &Layout, part: u32) -> Vec<OsString> {
        // What comes is known by the stream's head, so that nothing has to be guessed from its first pictures.
        const INPUT: [&str; 8] =
            ["-loglevel", "level+info", "-f", "nut", "-probesize", "32", "-analyzeduration", "0"];
        let mut all: Vec<OsString> = INPUT.map(OsString::from).to_vec();
        all.extend(colours(layout).into_iter().flatten().map(OsString::from));
        all.extend(["-i", "pipe:0"].map(OsString::from));
        let says_timing = self.arguments.iter().any(|word| TIMING.iter().any(|option| word == option));
        if !says_timing {
            all.extend(["-enc_time_base", "1:1000000"].map(OsString::from));
        }
        all.extend(self.arguments.iter().map(|word| numbered(word, part)));
        all
    }
}

/// A running recording.
pub struct FfmpegSink {
    recording: Recording,
    /// Parts begun.
    parts: u32,
    running: Option<Running>,
}

/// An FFmpeg with its stream.
struct Running {
    feeder: Feeder,
    nut: NutWriter,
    timeline: Timeline,
    layout: Layout,
}

impl FrameSink for FfmpegSink {
    fn delivery(&self) -> Delivery {
        let usual = if self.recording.is_to_network() { Delivery::Newest } else { Delivery::Every };
        self.recording.delivery.unwrap_or(usual)
    }

    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError> {
        if let Some(running) = self.running.take() {
            let before = running.layout;
            running.finish()?;
            if !self.recording.has_parts() {
                return Err(changed(&before, &stream.layout));
            }
        }
        self.parts += 1;
        let arguments = self.recording.arguments_for(&stream.layout, self.parts);
        let hidden = Hidden::of(&self.recording.arguments);
        let Recording { listener, interrupt, .. } = &self.recording;
        let (program, listener) = (self.recording.program(), listener.clone());
        let mut feeder = Feeder::start(program, &arguments, listener, hidden, interrupt)?;
        let (nut, head) = NutWriter::begin(&stream.layout, stream.has_sound);
        // One that has ended already is noticed at the first frame.
        feeder.write(&head)?;
        self.running = Some(Running { feeder, nut, timeline: Timeline::default(), layout: stream.layout });
        Ok(())
    }

    fn frame(&mut self, frame: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        let Some(running) = &mut self.running else { return Ok(SinkStatus::Complete) };
        let fed = running.frame(frame)?;
        self.status(fed)
    }

    fn audio(&mut self, chunk: &Arc<AudioChunk>) -> Result<SinkStatus, FrameSinkError> {
        let Some(running) = &mut self.running else { return Ok(SinkStatus::Complete) };
        running.timeline.hold(chunk);
        let fed = running.sound_due()?;
        self.status(fed)
    }

    fn finish(self: Box<Self>) -> Result<(), FrameSinkError> {
        self.running.map_or(Ok(()), Running::finish)
    }
}

impl FfmpegSink {
    /// What it means that FFmpeg has or has not taken what it was given: if it has ended well, it has all that its
    /// words asked for.
    fn status(&mut self, fed: Fed) -> Result<SinkStatus, FrameSinkError> {
        match (fed, self.running.take()) {
            (Fed::Taken, running) => {
                self.running = running;
                Ok(SinkStatus::Open)
            }
            (Fed::Closed, Some(running)) => running.feeder.finish().map(|()| SinkStatus::Complete),
            (Fed::Closed, None) => Ok(SinkStatus::Complete),
        }
    }
}

impl Running {
    fn frame(&mut self, given: &SinkFrame<'_>) -> Result<Fed, FrameSinkError> {
        self.feeder.read_log();
        let us = self.timeline.frame(given);
        let len = picture_bytes(&self.layout);
        if self.feeder.write(self.nut.picture(us, len))? == Fed::Closed {
            return Ok(Fed::Closed);
        }
        if self.write_pixels(given.frame, len)? == Fed::Closed {
            return Ok(Fed::Closed);
        }
        self.sound_due()
    }

    /// Writes the pixels from the frame's own memory.
    fn write_pixels(&mut self, frame: &Frame, len: usize) -> Result<Fed, FrameSinkError> {
        let cells = frame.cells();
        let row = cells.width as usize * PIXEL_BYTES;
        if self.layout.stride == row {
            return self.feeder.write(&frame.rows(0..cells.height)[..len]);
        }
        let mut left = len;
        for y in 0..cells.height {
            let bytes = frame.row(0, y, cells.width);
            let bytes = &bytes[..left.min(row)];
            left -= bytes.len();
            if self.feeder.write(bytes)? == Fed::Closed {
                return Ok(Fed::Closed);
            }
        }
        Ok(Fed::Taken)
    }

    fn sound_due(&mut self) -> Result<Fed, FrameSinkError> {
        while let Some((us, chunk)) = self.timeline.take_due_sound() {
            if self.write_sound(us, &chunk)? == Fed::Closed {
                return Ok(Fed::Closed);
            }
        }
        Ok(Fed::Taken)
    }

    fn write_sound(&mut self, us: u64, chunk: &AudioChunk) -> Result<Fed, FrameSinkError> {
        match self.feeder.write(self.nut.sound(us, chunk.samples.len()))? {
            Fed::Taken => self.feeder.write(&chunk.samples),
            Fed::Closed => Ok(Fed::Closed),
        }
    }

    /// Writes the sound that is left, and waits until FFmpeg has finished.
    fn finish(mut self) -> Result<(), FrameSinkError> {
        while let Some((us, chunk)) = self.timeline.take_sound() {
            if self.write_sound(us, &chunk)? == Fed::Closed {
                break;
            }
        }
        self.feeder.finish()
    }
}

/// Bytes of a picture: of planes the last row of cells may be longer than what is in it.
fn picture_bytes(layout: &Layout) -> usize {
    let (width, height) = (layout.size.width as usize, layout.size.height as usize);
    match layout.format {
        PixelFormat::Planar(planar) => planar.bytes(width, height),
        _ => layout.size.area() * PIXEL_BYTES,
    }
}

/// Returns what planes mean, in FFmpeg's words.
fn colours(layout: &Layout) -> Option<[&'static str; 4]> {
    let PixelFormat::Planar(planar) = layout.format else { return None };
    let matrix = match planar.matrix {
        Matrix::Bt709 => "bt709",
        Matrix::Bt601 => "smpte170m",
        Matrix::Bt2020 => "bt2020nc",
        Matrix::Identity => "rgb",
    };
    let range = if planar.range == Range::Full { "pc" } else { "tv" };
    Some(["-color_range", range, "-colorspace", matrix])
}

/// Returns a word with the number of a part. What is not UTF-8 stays as it is.
fn numbered(word: &OsStr, part: u32) -> OsString {
    word.to_str().map_or_else(|| word.to_owned(), |text| text.replace(PART, &part.to_string()).into())
}

fn changed(before: &Layout, after: &Layout) -> FrameSinkError {
    let what = if before.size == after.size {
        "the format of the pictures has changed".to_owned()
    } else {
        format!("the size of the pictures has changed from {} to {}", before.size, after.size)
    };
    let message = format!(
        "{what}, which one output can't hold: it is finished up to there. With {PART} in its name, as in \
         screen-{PART}.mkv, the recording goes on in a file of its own"
    );
    FrameSinkError::new(FrameSinkErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanstream_core::Size;

    fn words(arguments: &[&str]) -> String {
        let layout = Layout::packed(Size { width: 2, height: 2 }, PixelFormat::Rgbx8);
        Recording::new(arguments.iter().copied())
            .arguments_for(&layout, 3)
            .join(OsStr::new(" "))
            .into_string()
            .unwrap()
    }

    #[test]
    fn frames_keep_their_times_unless_the_user_says_when_they_are_shown() {
        assert!(words(&["a.mkv"]).ends_with("-i pipe:0 -enc_time_base 1:1000000 a.mkv"));
        assert!(words(&["-r", "30", "a-{part}.mp4"]).ends_with("-i pipe:0 -r 30 a-3.mp4"));
    }

    #[test]
    fn addresses_get_the_newest_frames_and_files_every_one() {
        let of = |arguments: &[&str]| {
            let sink =
                FfmpegSink { recording: Recording::new(arguments.iter().copied()), parts: 0, running: None };
            (sink.delivery(), sink.recording.has_parts())
        };
        assert_eq!(of(&["-f", "flv", "rtmp://host/live/key"]), (Delivery::Newest, true));
        assert_eq!(of(&["file:///tmp/a.mkv"]), (Delivery::Every, false));
        assert_eq!(of(&["a-{part}.mkv"]), (Delivery::Every, true));
    }
}
