//! What FFmpeg says on stderr: told on as events, its last errors kept for ours, and what its pictures are like.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ChildStderr;

use ffmpeg_sidecar::event::FfmpegProgress;
use ffmpeg_sidecar::log_parser::try_parse_progress;

use crate::contents::Contents;
use crate::frame_info::FrameInfo;
use crate::input::without_secrets;
use lanstream_core::source::{Listener, Report};

/// Errors kept: the first says what was wrong, and the last few what came of it.
const ERRORS_MAX: usize = 4;
/// Characters kept of a line.
const LINE_CHARS_MAX: usize = 300;
/// Bytes of one line: an endless one is cut.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// Pictures told of that are not read yet: FFmpeg has a few on its way.
const FRAME_INFOS_MAX: usize = 4096;

/// The name of the filter that tells what each picture is like, in its lines.
pub(crate) const SHOWINFO_FILTER: &str = "showinfo@lanstream";

/// FFmpeg's stderr.
pub(crate) struct Log {
    pipe: Option<ChildStderr>,
    line: Vec<u8>,
    errors: VecDeque<String>,
    /// Frames reported by the showinfo filter.
    frame_infos: VecDeque<FrameInfo>,
    /// What FFmpeg says of its output, once it does.
    output: Option<FrameInfo>,
    /// The lines that come are about the output.
    in_output: bool,
    contents: Contents,
    listener: Option<Listener>,
}

impl Log {
    pub(crate) fn new(pipe: ChildStderr, listener: Option<Listener>) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Self { pipe: Some(pipe), ..Self::silent(listener) })
    }

    fn silent(listener: Option<Listener>) -> Self {
        Self {
            pipe: None,
            line: Vec::new(),
            errors: VecDeque::new(),
            frame_infos: VecDeque::new(),
            output: None,
            in_output: false,
            contents: Contents::default(),
            listener,
        }
    }

    /// To be waited for; `None` once it is at its end.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads all that there is now.
    pub(crate) fn read(&mut self) {
        let mut bytes = [0; 4096];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut bytes) {
                Ok(0) => self.pipe = None,
                Ok(read) => self.take(&bytes[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None,
            }
        }
        self.end_line();
    }

    /// Returns the properties of the next frame, where a showinfo filter is inserted. They are reported before the picture's first byte.
    pub(crate) fn next_frame_info(&mut self) -> Option<FrameInfo> {
        if self.frame_infos.len() <= 1 {
            self.read();
        }
        self.frame_infos.pop_front()
    }

    /// Returns the properties of the first frame: as the showinfo filter reported them if there is one, else those of the output.
    pub(crate) fn first_frame_info(&self, has_showinfo: bool) -> Option<&FrameInfo> {
        if has_showinfo {
            self.frame_infos.front().filter(|info| info.is_whole())
        } else {
            self.output.as_ref()
        }
    }

    /// From now on no one hears what it says.
    pub(crate) fn ignore(&mut self) {
        self.listener = None;
    }

    /// What is in the first input, as far as it was said.
    pub(crate) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The errors that are kept, in one line. Returns `None` if there were none.
    pub(crate) fn errors(&self) -> Option<String> {
        let errors: Vec<_> = self.errors.iter().map(String::as_str).collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    }

    /// Lines end with a line feed, and those of progress with a carriage return.
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end_line(),
                _ if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
    }

    fn end_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        self.note(&String::from_utf8_lossy(&line));
        line.clear();
        self.line = line;
    }

    fn note(&mut self, line: &str) {
        if line.starts_with('[') && line[1..].starts_with(SHOWINFO_FILTER) {
            self.note_frame_info(line);
            return;
        }
        let (level, text) = parted(line);
        self.note_output(&text);
        match level {
            Level::Error => {
                tracing::info!("FFmpeg: error: {text}");
                self.tell(Report::Line { is_error: true, text: text.clone() });
                self.keep(text);
            }
            Level::Info => match try_parse_progress(line) {
                Some(FfmpegProgress { frame: frames, fps, time, speed, .. }) => {
                    tracing::info!("FFmpeg: frame {frames}, {fps} frames/s, at {time}, speed {speed}");
                    self.tell(Report::Progress { frames, fps, time, speed });
                }
                None => {
                    tracing::info!("FFmpeg: {text}");
                    self.tell(Report::Line { is_error: false, text });
                }
            },
            Level::Detail => tracing::debug!("FFmpeg: {text}"),
        }
    }

    /// A picture, or what its colours mean, which comes in a line after it.
    fn note_frame_info(&mut self, line: &str) {
        if let Some(info) = FrameInfo::of_picture(line).filter(|_| self.frame_infos.len() < FRAME_INFOS_MAX) {
            self.frame_infos.push_back(info);
        } else if let Some(info) = self.frame_infos.back_mut() {
            info.note_colours(line);
        }
    }

    fn note_output(&mut self, text: &str) {
        self.contents.note(text);
        if let Some(info) = FrameInfo::of_output(text).filter(|_| self.in_output && self.output.is_none()) {
            self.output = Some(info);
        }
        self.in_output = text.starts_with("Output #") || (self.in_output && self.output.is_none());
    }

    fn tell(&self, report: Report) {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Error,
    Info,
    Detail,
}

const LEVELS: [(&str, Level); 8] = [
    ("[panic] ", Level::Error),
    ("[fatal] ", Level::Error),
    ("[error] ", Level::Error),
    ("[warning] ", Level::Info),
    ("[info] ", Level::Info),
    ("[verbose] ", Level::Detail),
    ("[debug] ", Level::Detail),
    ("[trace] ", Level::Detail),
];

/// A line's level, and the rest of it without addresses and control characters: `[mov @ 0x55d] [error] text` is an error
/// of `mov: text`.
fn parted(line: &str) -> (Level, String) {
    let found = LEVELS.iter().filter_map(|(mark, level)| Some((line.find(mark)?, *mark, *level)));
    let Some((at, mark, level)) = found.min_by_key(|(at, ..)| *at) else {
        return (Level::Info, clean(line));
    };
    let (origin, text) = (&line[..at], &line[at + mark.len()..]);
    let origin = origin.trim().trim_start_matches('[').split(" @ ").next().unwrap_or_default();
    (level, if origin.is_empty() { clean(text) } else { format!("{}: {}", clean(origin), clean(text)) })
}

/// Without what could drive a terminal, and without the passwords of URLs: viewers are told why a source is gone.
fn clean(text: &str) -> String {
    without_secrets(text.trim()).chars().take(LINE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use lanstream_core::geometry::Size;

    use super::*;
    use crate::pixel::Pixels;
    use crate::stream::Shape;

    fn log_of(text: &str) -> Log {
        let mut log = Log::silent(None);
        log.take(text.as_bytes());
        log
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
        Log::silent(Some(listener)).take(
            b"frame=   42 fps= 25 q=-0.0 size=  9216kB time=00:00:01.68 bitrate=45000.0kbits/s speed=1.01x    \r\
              [mov @ 0x55] [error] no moov\n[info] Stream #0:0\n[verbose] much\n",
        );
        let line = |is_error, text: &str| Report::Line { is_error, text: text.to_owned() };
        let progress =
            Report::Progress { frames: 42, fps: 25.0, time: "00:00:01.68".to_owned(), speed: 1.01 };
        let reports: Vec<_> = reports.try_iter().collect();
        assert_eq!(reports, [progress, line(true, "mov: no moov"), line(false, "Stream #0:0")]);
    }

    #[test]
    fn an_endless_line_is_cut() {
        let log = log_of(&format!("[error] {}\n", "x".repeat(100_000)));
        assert_eq!(log.errors().unwrap().len(), LINE_CHARS_MAX);
    }

    #[test]
    fn lines_that_are_no_utf8() {
        let mut log = log_of("");
        log.take(b"[error] \xff\xfe\n");
        assert!(log.errors().is_some());
    }
}
