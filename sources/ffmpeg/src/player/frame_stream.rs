//! Stream of frames: a pipe with its parser, and the FFmpeg that writes to it, if one does.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use lanstream_core::Size;
use lanstream_core::source::{Error, ErrorKind};

use super::status::Status;
use crate::contents::Contents;
use crate::frame_info::FrameInfo;
use crate::frame_reader::{FrameReader, ReadOutcome};
use crate::program::Program;
use crate::stream::{Shape, StreamError};

/// Begins to read what the next writer writes.
pub(crate) type Reopen = Box<dyn Fn() -> Result<FrameReader, Error> + Send>;

/// Where frames come from.
pub(crate) struct FrameStream {
    /// Dropped before the program: FFmpeg learns at once that nothing reads its output.
    reader: FrameReader,
    program: Option<Program>,
    /// Whether a showinfo filter reports each frame in the program's log.
    has_showinfo: bool,
    /// How the next writer is read; `None` means that it is over when the first has left.
    reopen: Option<Reopen>,
}

impl FrameStream {
    pub(crate) fn new(
        reader: FrameReader,
        program: Option<Program>,
        has_showinfo: bool,
        reopen: Option<Reopen>,
    ) -> Self {
        Self { reader, program, has_showinfo, reopen }
    }

    /// Reads from another program.
    pub(crate) fn restart(&mut self, reader: FrameReader, program: Program) {
        (self.reader, self.program) = (reader, Some(program));
    }

    /// Returns the descriptor of the frames to poll.
    pub(crate) fn pipe(&self) -> BorrowedFd<'_> {
        self.reader.pipe()
    }

    /// Returns the descriptor of the program's log to poll; `None` without one or at its end.
    pub(crate) fn log_pipe(&self) -> Option<BorrowedFd<'_>> {
        self.program.as_ref().and_then(|program| program.log().pipe())
    }

    /// Reads what there is of the program's log.
    pub(crate) fn read_log(&mut self) {
        self.program.iter_mut().for_each(|program| program.log_mut().read());
    }

    /// Reads what the pipe has, once. Returns whether it is at its end.
    pub(crate) fn read(&mut self) -> io::Result<bool> {
        self.reader.read()
    }

    /// Returns what the bytes so far come to, before it is known what the first frame is like.
    pub(crate) fn begin(&mut self) -> Result<ReadOutcome, StreamError> {
        self.reader.next(&mut || None)
    }

    /// Returns what the bytes so far come to. What the showinfo filter reports of a frame goes to `status`.
    pub(crate) fn next(&mut self, status: &mut Status) -> Result<ReadOutcome, StreamError> {
        let Some(program) = self.program.as_mut().filter(|_| self.has_showinfo) else {
            return self.reader.next(&mut || None);
        };
        let mut unknown = None;
        let next = self.reader.next(&mut || {
            // The showinfo filter always knows a size, whatever the stream's was.
            let info = program.log_mut().next_frame_info()?;
            let shape = info.shape(Size { width: 1, height: 1 });
            let shape = shape.map_err(|format| unknown = Some(format.to_owned())).ok()?;
            status.note_info(&info, shape.pixels);
            Some(shape)
        });
        match unknown {
            Some(format) => Err(StreamError::Unsupported(cannot_show(&format))),
            None => next,
        }
    }

    /// Takes memory back that a frame no longer needs.
    pub(crate) fn recycle(&mut self, bytes: Vec<u8>) {
        self.reader.recycle(bytes);
    }

    /// Sets the shape of its frames, which are not what the stream seemed to say.
    pub(crate) fn reshape(&mut self, shape: Shape) {
        self.reader.reshape(shape);
    }

    /// Returns the number of frames read from the current program or writer.
    pub(crate) fn frames(&self) -> u64 {
        self.reader.pictures()
    }

    /// Returns whether a program of ours writes it.
    pub(crate) fn has_program(&self) -> bool {
        self.program.is_some()
    }

    /// Returns what the program has reported of its input so far.
    pub(crate) fn contents(&self) -> Option<&Contents> {
        self.program.as_ref().map(|program| program.log().contents())
    }

    /// Returns the duration that the program has reported, if it has.
    pub(crate) fn stated_duration(&self) -> Option<Duration> {
        self.contents().and_then(|contents| contents.duration)
    }

    /// Returns what the program has reported of the first frame.
    pub(crate) fn first_info(&self) -> Option<&FrameInfo> {
        self.program.as_ref().and_then(|program| program.log().first_frame_info(self.has_showinfo))
    }

    /// Waits for the next writer, if there may be one. Returns whether there may. What the last one left unfinished is
    /// dropped.
    ///
    /// # Errors
    /// As [`FrameReader`]'s pipe is opened.
    pub(crate) fn reopen(&mut self, status: &mut Status) -> Result<bool, Error> {
        let Some(reopen) = &self.reopen else { return Ok(false) };
        if let Some(missing) = self.reader.missing() {
            tracing::info!("{}: {missing}", status.name());
        }
        status.note_writer_left();
        self.reader = reopen()?;
        Ok(true)
    }

    /// Returns whether a program gave all that it had, now that there is no more of it.
    pub(crate) fn ended_well(&mut self) -> bool {
        self.program.as_mut().is_some_and(|program| program.finish().is_success())
    }

    /// Returns why there are no more bytes of the stream `name`; one that is live may come back.
    pub(crate) fn ending(&mut self, name: &str, is_live: bool) -> Error {
        let missing = self.reader.missing();
        let is_only_heard = self.contents().is_some_and(Contents::is_only_heard);
        let nothing =
            if is_only_heard { "there is no picture in it, only sound" } else { "there is no picture in it" };
        let none = (self.frames() == 0).then_some(nothing);
        let Some(program) = &mut self.program else {
            return match missing.as_deref().or(none) {
                None => Error::new(ErrorKind::Finished, format!("{name} has ended")),
                Some(what) => Error::new(ErrorKind::Ended, format!("{name}: {what}")),
            };
        };
        let outcome = program.finish();
        let complaint = none.filter(|_| is_only_heard).map(str::to_owned).or_else(|| outcome.complaint());
        let Some(complaint) = complaint.or_else(|| none.map(str::to_owned)) else {
            return Error::new(ErrorKind::Finished, format!("{name} has ended"));
        };
        let kind = if is_live { ErrorKind::Lost } else { ErrorKind::Ended };
        let far = match (self.reader.pictures(), outcome.is_success()) {
            (0, _) => "",
            (_, true) => "it was shown as far as it goes, but it is damaged: ",
            (_, false) => "it broke off: ",
        };
        Error::new(kind, format!("{name}: {far}{complaint}"))
    }

    /// Tells the program to end, without waiting for that.
    pub(crate) fn dismiss(&mut self) {
        self.program.iter_mut().for_each(Program::dismiss);
    }
}

/// Returns what to say of FFmpeg's pixel format of this name.
pub(crate) fn cannot_show(format: &str) -> String {
    format!("pictures in {format} can't be shown")
}
