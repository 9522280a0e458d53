//! Takes pictures from a source as the pipeline does, each as soon as it is told of.

use std::time::{Duration, Instant};

use lanstream_core::frame::{Frame, PixelFormat};
use lanstream_core::geometry::Size;
use lanstream_core::source::{Error, Event, Source};

/// Nothing here takes so long but on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A picture, its pixels as red, green, blue.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) size: Size,
    pub(crate) rgb: Vec<u8>,
    pub(crate) at: Instant,
}

/// The next picture, or why there is none.
pub(crate) fn next(source: &mut dyn Source) -> Result<Shown, Error> {
    while source.damage().is_empty() {
        let event = source.wait(Some(PATIENCE))?;
        assert_ne!(event, Event::TimedOut, "no picture within {PATIENCE:?}");
    }
    let at = Instant::now();
    let layout = source.layout();
    let mut frame = Frame::new(layout, source.allocate()?).expect("it is large enough");
    let damage = source.damage();
    source.capture(&mut frame, &damage)?;
    let [red, green, blue] = if layout.format == PixelFormat::Bgrx8 { [2, 1, 0] } else { [0, 1, 2] };
    let pixels = (0..layout.size.height).flat_map(|y| frame.row(0, y, layout.size.width).as_chunks::<4>().0);
    let rgb = pixels.flat_map(|pixel| [pixel[red], pixel[green], pixel[blue]]).collect();
    Ok(Shown { size: layout.size, rgb, at })
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
    let mut rest = bytes;
    for (number, picture) in shown.iter().enumerate() {
        let (wanted, after) = rest.split_at_checked(picture.rgb.len()).unwrap_or((rest, &[]));
        let same = picture.rgb == wanted;
        assert!(same, "{what}: frame {number} of {} differs ({})", shown.len(), picture.size);
        rest = after;
    }
    assert!(rest.is_empty(), "{what}: {} bytes after {} frames were not shown", rest.len(), shown.len());
}
