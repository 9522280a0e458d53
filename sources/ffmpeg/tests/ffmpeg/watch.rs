//! Takes pictures from a source as the pipeline does, each as soon as it is told of.

use std::time::{Duration, Instant};

use lanstream_core::planar::Planar;
use lanstream_core::source::{AudioChunk, Error, Event, Playback, PlaybackCommand, Source};
use lanstream_core::{FrameBuffer, PixelFormat, Pts, Size};

/// Nothing here takes so long but on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A picture, its pixels as red, green, blue.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) size: Size,
    pub(crate) rgb: Vec<u8>,
    /// What its planes mean, and all of them, where it lies in planes.
    pub(crate) planes: Option<(Planar, Vec<u8>)>,
    pub(crate) pts: Option<Pts>,
    pub(crate) at: Instant,
}

/// The next picture, or why there is none.
pub(crate) fn next(source: &mut dyn Source) -> Result<Shown, Error> {
    while source.damage().unwrap().is_empty() {
        let event = source.wait(Some(PATIENCE))?;
        assert_ne!(event, Event::TimedOut, "no picture within {PATIENCE:?}");
        while sound_of(source).is_some() {}
    }
    take(source)
}

/// The picture that was told of.
pub(crate) fn take(source: &mut dyn Source) -> Result<Shown, Error> {
    let at = Instant::now();
    let layout = source.layout();
    let mut frame = FrameBuffer::new(layout, source.allocate()?).expect("it is large enough");
    source.capture(&mut frame, &source.damage().unwrap())?;
    let bytes = frame.rows(0..frame.cells().height);
    let size = layout.size;
    let (width, height) = (size.width as usize, size.height as usize);
    let mut pixels: Vec<[u8; 4]> = bytes.as_chunks().0.to_vec();
    let planes = frame.planar().map(|planar| (planar, bytes[..planar.bytes(width, height)].to_vec()));
    if let Some((planar, block)) = &planes {
        let mut shown = vec![0; size.area()];
        planar.convert((width, height), block, 0..height, &mut shown);
        pixels = shown.into_iter().map(u32::to_le_bytes).collect();
    }
    let [red, green, blue] = if layout.format == PixelFormat::Bgrx8 { [2, 1, 0] } else { [0, 1, 2] };
    let rgb = pixels.into_iter().flat_map(|pixel| [pixel[red], pixel[green], pixel[blue]]).collect();
    Ok(Shown { size, rgb, planes, pts: frame.pts(), at })
}

/// The source's playback state.
pub(crate) fn playback_of(source: &mut dyn Source) -> Option<Playback> {
    source.playback()?.playback()
}

/// Gives the source a command.
pub(crate) fn control(source: &mut dyn Source, command: PlaybackCommand) {
    source.playback().expect("a film has controls").control(command);
}

/// Takes the source's next audio chunk, if one is due.
pub(crate) fn sound_of(source: &mut dyn Source) -> Option<AudioChunk> {
    source.audio()?.take_chunk()
}

/// All pictures to the end, and the end.
pub(crate) fn all(source: &mut dyn Source) -> (Vec<Shown>, Error) {
    let mut shown = Vec::new();
    loop {
        match next(source) {
            Ok(picture) => shown.push(picture),
            Err(end) => return (shown, end),
        }
    }
}

/// So many pictures, whatever comes after.
pub(crate) fn first(source: &mut dyn Source, count: usize) -> Vec<Shown> {
    (0..count).map(|_| next(source).unwrap()).collect()
}

/// The pixels of pictures that are told in `bytes`, red, green and blue each.
pub(crate) fn expect(shown: &[Shown], bytes: &[u8], what: &str) {
    let own = shown.iter().map(|picture| (picture.size, picture.rgb.as_slice()));
    expect_each(own, bytes, what);
}

/// The planes of pictures that are told in `bytes`.
pub(crate) fn expect_planes(shown: &[Shown], bytes: &[u8], what: &str) {
    let planes =
        shown.iter().filter_map(|picture| Some((picture.size, picture.planes.as_ref()?.1.as_slice())));
    assert_eq!(planes.clone().count(), shown.len(), "{what}: not all lie in planes");
    expect_each(planes, bytes, what);
}

fn expect_each<'a>(shown: impl Iterator<Item = (Size, &'a [u8])>, bytes: &[u8], what: &str) {
    let mut rest = bytes;
    let mut frames = 0;
    for (number, (size, own)) in shown.enumerate() {
        let (wanted, after) = rest.split_at_checked(own.len()).unwrap_or((rest, &[]));
        let same = own == wanted;
        assert!(same, "{what}: frame {number} differs ({size})");
        frames += 1;
        rest = after;
    }
    assert!(rest.is_empty(), "{what}: {} bytes after {} frames were not shown", rest.len(), frames);
}
