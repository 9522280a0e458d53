//! The sources that are built in: one function each, one line each in the command line.

use lanstream_core::source::Opener;

/// A monitor, a window or a part of the screen; once it was opened and lost, what takes its place.
#[cfg(feature = "screen")]
pub fn screen(target: lanstream_screen::Target, options: lanstream_screen::Options) -> Opener {
    let mut target = target;
    Box::new(move || {
        let source = lanstream_screen::open(&target, &options)?;
        target = target.clone().successor();
        Ok(source)
    })
}

/// A test pattern.
#[cfg(feature = "pattern")]
pub fn pattern(options: lanstream_pattern::Options) -> Opener {
    Box::new(move || Ok(Box::new(lanstream_pattern::Pattern::new(options)?)))
}

/// A film or a stream, played by FFmpeg.
#[cfg(all(feature = "ffmpeg", unix))]
pub fn play(play: lanstream_ffmpeg::Play) -> Opener {
    Box::new(move || play.open())
}

/// Whatever FFmpeg makes of these arguments.
#[cfg(all(feature = "ffmpeg", unix))]
pub fn ffmpeg(run: lanstream_ffmpeg::Run) -> Opener {
    Box::new(move || run.open())
}

/// Frames that another program writes.
#[cfg(all(feature = "ffmpeg", unix))]
pub fn pipe(pipe: lanstream_ffmpeg::Pipe) -> Opener {
    Box::new(move || pipe.open())
}
