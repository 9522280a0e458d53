//! FFmpeg's log: its lines become reports for a listener, its last errors are kept for ours, and the properties of its
//! input and of its frames are parsed from it.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::process::ChildStderr;

use ffmpeg_sidecar::event::FfmpegProgress;
use ffmpeg_sidecar::log_parser::try_parse_progress;
use lanstream_core::source::{Listener, Report};

use crate::contents::Contents;
use crate::frame_info::FrameInfo;
use crate::redact::Hidden;

mod level;
mod lines;
mod pipe_reader;
mod showinfo;
mod stream_line;

use level::{Level, parse_level};
use lines::LineSplitter;
use pipe_reader::PipeReader;
pub(crate) use showinfo::SHOWINFO_FILTER;

/// Errors kept: the first says what was wrong, and the last few what came of it.
const ERRORS_MAX: usize = 4;
/// Frames reported that are not read yet: FFmpeg has a few on its way.
const FRAME_INFOS_MAX: usize = 4096;

/// FFmpeg's log.
pub(crate) struct Log {
    reader: PipeReader,
    lines: LineSplitter,
    facts: Facts,
}

/// What the lines so far came to.
struct Facts {
    errors: VecDeque<String>,
    /// Frames reported by the showinfo filter.
    frame_infos: VecDeque<FrameInfo>,
    /// Properties of the output, once they are reported.
    output: Option<FrameInfo>,
    /// Whether the lines that come are about the output.
    in_output: bool,
    contents: Contents,
    listener: Option<Listener>,
    hidden: Hidden,
}

impl Log {
    /// Returns the log that comes through `pipe`, in which nobody is to read what is `hidden`.
    pub(crate) fn new(pipe: ChildStderr, listener: Option<Listener>, hidden: Hidden) -> io::Result<Self> {
        Ok(Self::with_reader(PipeReader::new(pipe)?, listener, hidden))
    }

    fn with_reader(reader: PipeReader, listener: Option<Listener>, hidden: Hidden) -> Self {
        Self { reader, lines: LineSplitter::default(), facts: Facts::new(listener, hidden) }
    }

    /// Returns a log that has ended.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut log = Self::with_reader(PipeReader::closed(), None, Hidden::default());
        let Self { lines, facts, .. } = &mut log;
        lines.push(bytes, &mut |line| facts.note(line));
        lines.end(&mut |line| facts.note(line));
        log
    }

    /// Returns the descriptor to poll; `None` once it is at its end.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.reader.descriptor()
    }

    /// Reads all that there is now.
    pub(crate) fn read(&mut self) {
        let Self { reader, lines, facts } = self;
        if reader.read(&mut |bytes| lines.push(bytes, &mut |line| facts.note(line))) {
            lines.end(&mut |line| facts.note(line));
        }
    }

    /// Returns the properties of the next frame, where a showinfo filter is inserted. They are reported before the
    /// picture's first byte.
    pub(crate) fn next_frame_info(&mut self) -> Option<FrameInfo> {
        if self.facts.frame_infos.len() <= 1 {
            self.read();
        }
        self.facts.frame_infos.pop_front()
    }

    /// Returns the properties of the first frame: as the showinfo filter reported them if there is one, else those of
    /// the output.
    pub(crate) fn first_frame_info(&self, has_showinfo: bool) -> Option<&FrameInfo> {
        if has_showinfo {
            self.facts.frame_infos.front().filter(|info| info.is_whole())
        } else {
            self.facts.output.as_ref()
        }
    }

    /// From now on no one hears what it says.
    pub(crate) fn ignore(&mut self) {
        self.facts.listener = None;
    }

    /// What is in the first input, as far as it was said.
    pub(crate) fn contents(&self) -> &Contents {
        &self.facts.contents
    }

    /// The errors that are kept, in one line. Returns `None` if there were none.
    pub(crate) fn errors(&self) -> Option<String> {
        let errors: Vec<_> = self.facts.errors.iter().map(String::as_str).collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    }
}

impl Facts {
    fn new(listener: Option<Listener>, hidden: Hidden) -> Self {
        Self {
            errors: VecDeque::new(),
            frame_infos: VecDeque::new(),
            output: None,
            in_output: false,
            contents: Contents::default(),
            listener,
            hidden,
        }
    }

    fn note(&mut self, line: &str) {
        if showinfo::is_showinfo(line) {
            self.note_frame_info(line);
            return;
        }
        let line = &*self.hidden.hide(line);
        let (level, text) = parse_level(line);
        self.note_output(&text);
        match level {
            Level::Error => {
                tracing::info!("FFmpeg: error: {text}");
                self.report(Report::Line { is_error: true, text: text.clone() });
                self.keep(text);
            }
            Level::Info => match try_parse_progress(line) {
                Some(FfmpegProgress { frame: frames, fps, time, speed, .. }) => {
                    tracing::info!("FFmpeg: frame {frames}, {fps} frames/s, at {time}, speed {speed}");
                    self.report(Report::Progress { frames, fps, time, speed });
                }
                None => {
                    tracing::info!("FFmpeg: {text}");
                    self.report(Report::Line { is_error: false, text });
                }
            },
            Level::Detail => tracing::debug!("FFmpeg: {text}"),
        }
    }

    /// Takes a frame, or its colours, which come in a line after it.
    fn note_frame_info(&mut self, line: &str) {
        if let Some(info) = showinfo::parse_frame(line).filter(|_| self.frame_infos.len() < FRAME_INFOS_MAX) {
            self.frame_infos.push_back(info);
        } else if let Some(info) = self.frame_infos.back_mut() {
            info.colours = showinfo::parse_colours(line).or_else(|| info.colours.take());
        }
    }

    fn note_output(&mut self, text: &str) {
        self.contents.note(text);
        if let Some(info) =
            stream_line::parse_output_stream(text).filter(|_| self.in_output && self.output.is_none())
        {
            self.output = Some(info);
        }
        self.in_output = text.starts_with("Output #") || (self.in_output && self.output.is_none());
    }

    fn report(&self, report: Report) {
        if let Some(listener) = &self.listener {
            listener.report(report);
        }
    }

    fn keep(&mut self, text: String) {
        // One fault is often told for every frame.
        if self.errors.contains(&text) {
            return;
        }
        if self.errors.len() == ERRORS_MAX {
            self.errors.remove(1);
        }
        self.errors.push_back(text);
    }
}

#[cfg(test)]
mod tests {
    use lanstream_core::Size;

    use super::*;
    use crate::pixel::Pixels;
    use crate::stream::Shape;

    impl Log {
        fn take(&mut self, bytes: &[u8]) {
            let Self { lines, facts, .. } = self;
            lines.push(bytes, &mut |line| facts.note(line));
        }
    }

    fn log_with(bytes: &[u8], listener: Option<Listener>) -> Log {
        let mut log = Log::with_reader(PipeReader::closed(), listener, Hidden::default());
        log.take(bytes);
        log
    }

    fn log_of(text: &str) -> Log {
        log_with(text.as_bytes(), None)
    }

    #[test]
    fn frames_come_from_the_showinfo_filter_alone() {
        let mut log = log_of(
            "[showinfo@lanstream @ 0x1] [info] config in time_base: 1/90000, frame_rate: 10/1\n\
             frame=    1 fps=0.0 q=0.0 size=       0kB time=00:00:00.00 bitrate=N/A speed=   0x    \r\
             [showinfo@lanstream @ 0x1] [info] n:   0 pts:      0 pts_time:0       pos:      564 fmt:rgb0 sar:1/1 s:320x240 i:P iskey:1 type:I \n\
             [showinfo@lanstream @ 0x1] [info]   side data - GOP timecode - 00:00:00:00\n\
             [showinfo@lanstream @ 0x1] [info] color_range:unknown color_space:unknown color_primaries:unknown color_trc:unknown\n\
             [Parsed_showinfo_0 @ 0x1] [info] n:   0 pts: 0 fmt:rgb0 sar:1/1 s:1x1 i:P iskey:1 type:I \n\
             [showinfo@lanstream @ 0x2] [info] n:   0 pts:  45000 pts_time:0.5     duration: 1 fmt:yuv420p cl:left sar:1/1 s:240x320 i:P \n\
             [showinfo@lanstream @ 0x2] [info] color_range:pc color_space:bt2020nc color_primaries:bt2020 color_trc:smpte2084\n",
        );
        assert!(log.first_frame_info(true).is_some());
        let any = Size { width: 1, height: 1 };
        let infos: Vec<_> =
            std::iter::from_fn(|| log.next_frame_info()).map(|info| info.shape(any).unwrap()).collect();
        assert_eq!(infos[0], Shape { size: Size { width: 320, height: 240 }, pixels: Pixels::RGB0 });
        let size = Size { width: 240, height: 320 };
        assert_eq!(
            infos[1],
            Shape { size, pixels: Pixels::reported("yuv420p", "pc", "bt2020nc", size).unwrap() }
        );
        assert_eq!((infos.len(), log.errors()), (2, None));
    }

    #[test]
    fn a_picture_is_told_when_its_colours_are() {
        let mut log = log_of("[showinfo@lanstream @ 0x1] [info] n:   0 pts: 0 fmt:nv12 sar:1/1 s:2x2 i:P \n");
        assert_eq!(log.first_frame_info(true), None);
        log.take(b"[showinfo@lanstream @ 0x1] [info] color_range:tv color_space:bt709 color_primaries:bt709 color_trc:bt709\n");
        assert!(log.first_frame_info(true).is_some());
    }

    #[test]
    fn what_is_said_of_the_output() {
        let size = Size { width: 1920, height: 1080 };
        for (said, name, range, matrix) in [
            (
                "rawvideo (I420 / 0x30323449), yuv420p(tv, bt709, progressive), 1920x1080 [SAR 1:1], q=2-31",
                "yuv420p",
                "tv",
                "bt709",
            ),
            (
                "rawvideo (Y3[11][10] / 0xA0B3359), yuv420p10le(pc, bt2020nc/bt2020/smpte2084), 64x48",
                "yuv420p10le",
                "pc",
                "bt2020nc",
            ),
            (
                "rawvideo (G3[0][8] / 0x8003347), gbrp(pc, gbr/unknown/unknown, progressive), 64x48",
                "gbrp",
                "pc",
                "gbr",
            ),
            ("rawvideo (NV12 / 0x3231564E), nv12, 64x48", "nv12", "", ""),
            ("rawvideo (NV12 / 0x3231564E), nv12(progressive), 64x48", "nv12", "", ""),
        ] {
            let log = log_of(&format!(
                "[info] Input #0, lavfi, from 'x':\n[info]   Stream #0:0: Video: rawvideo (RGB / 0x1), rgb24, 8x8\n\
                 [info] Output #0, nut, to 'pipe:1':\n[info]   Metadata:\n[info]   Stream #0:0: Video: {said}\n"
            ));
            let shape = log.first_frame_info(false).unwrap().shape(size).unwrap();
            assert_eq!(shape.pixels, Pixels::reported(name, range, matrix, size).unwrap(), "{said}");
        }
        assert_eq!(log_of("[info] Output #0, nut\n").first_frame_info(false), None);
    }

    #[test]
    fn the_first_error_and_the_last_are_kept_without_addresses() {
        let log = log_of(
            "[error] one\n[error] -\n[error] two\n[mov,mp4 @ 0x55] [error] \x1b[31mthree\n[info] all is well\n[fatal] four\n[fatal] four\n",
        );
        assert_eq!(log.errors().unwrap(), "one; two; mov,mp4: \u{fffd}[31mthree; four");
    }

    #[test]
    fn progress_and_lines_are_told() {
        let (sender, reports) = std::sync::mpsc::channel();
        let listener = Listener::new(move |report| sender.send(report).unwrap());
        log_with(
            b"frame=   42 fps= 25 q=-0.0 size=  9216kB time=00:00:01.68 bitrate=45000.0kbits/s speed=1.01x    \r\
              [mov @ 0x55] [error] no moov\n[info] Stream #0:0\n[verbose] much\n",
            Some(listener),
        );
        let line = |is_error, text: &str| Report::Line { is_error, text: text.to_owned() };
        let progress =
            Report::Progress { frames: 42, fps: 25.0, time: "00:00:01.68".to_owned(), speed: 1.01 };
        let reports: Vec<_> = reports.try_iter().collect();
        assert_eq!(reports, [progress, line(true, "mov: no moov"), line(false, "Stream #0:0")]);
    }
}
