//! Times coders on an image, round after round.

use std::time::{Duration, Instant};

use lanstream_bench_codec::image::{Group, Image};

use crate::Error;
use crate::coder::{Coder, Fault};
use crate::score::Score;

/// A pixel that no screenshot has: it is not opaque. What a decoder leaves out still holds it.
const UNTOUCHED: u32 = 0;

/// The scores of each coder on each group: medians over the rounds, in which coders take turns so that a machine that
/// slows down slows all.
///
/// # Errors
/// Where a coder fails, or its decoder gives other pixels.
pub(crate) fn groups(
    coders: &mut [Box<dyn Coder>],
    image: &Image,
    rounds: u32,
) -> Result<Vec<Vec<Score>>, Error> {
    let mut trials: Vec<Vec<Trials>> =
        coders.iter().map(|_| image.groups.iter().map(|_| Trials::default()).collect()).collect();
    for _ in 0..rounds {
        for (coder, trials) in coders.iter_mut().zip(&mut trials) {
            round(coder.as_mut(), image, trials)?;
        }
    }
    let scores = |trials: Vec<Trials>| trials.into_iter().zip(&image.groups).map(Trials::score).collect();
    Ok(trials.into_iter().map(scores).collect())
}

/// All groups are encoded before the first is decoded: none finds its pixels in a cache because they have just been
/// used.
fn round(coder: &mut dyn Coder, image: &Image, trials: &mut [Trials]) -> Result<(), Error> {
    let name = coder.name();
    let failed = |source| Error::Coder { coder: name, image: image.name.clone(), source };
    for (group, trials) in image.groups.iter().zip(&mut *trials) {
        trials.encode(coder, group).map_err(failed)?;
    }
    for (group, trials) in image.groups.iter().zip(trials) {
        if !trials.decode(coder, group).map_err(failed)? {
            return Err(Error::Differs { coder: name, image: image.name.clone() });
        }
    }
    Ok(())
}

/// One coder's rounds on one group.
#[derive(Default)]
struct Trials {
    /// The group's code, or its raw pixels.
    code: Vec<u8>,
    is_raw: bool,
    encode: Vec<Duration>,
    decode: Vec<Duration>,
}

impl Trials {
    fn encode(&mut self, coder: &mut dyn Coder, group: &Group) -> Result<(), Fault> {
        let began = Instant::now();
        let code = coder.encode(group)?;
        self.encode.push(began.elapsed());
        self.is_raw = code.is_none();
        self.code.clear();
        self.code.extend_from_slice(code.unwrap_or_else(|| group.bytes()));
        Ok(())
    }

    /// Whether the pixels are the group's again.
    fn decode(&mut self, coder: &mut dyn Coder, group: &Group) -> Result<bool, Fault> {
        let mut pixels = vec![UNTOUCHED; group.pixels.len()];
        // Memory that was never written to would be given by the kernel during the measurement.
        pixels.fill(std::hint::black_box(UNTOUCHED));
        let began = Instant::now();
        if self.is_raw {
            bytemuck::cast_slice_mut(&mut pixels).copy_from_slice(&self.code);
        } else {
            coder.decode(&self.code, group.width, &mut pixels)?;
        }
        self.decode.push(began.elapsed());
        Ok(pixels == group.pixels)
    }

    fn score((mut trials, group): (Self, &Group)) -> Score {
        Score {
            pixels: group.pixels.len(),
            bytes: trials.code.len(),
            encode: median(&mut trials.encode),
            decode: median(&mut trials.decode),
            groups: 1,
            groups_raw: usize::from(trials.is_raw),
        }
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    match times.len() {
        0 => Duration::ZERO,
        odd if odd % 2 == 1 => times[odd / 2],
        even => (times[even / 2 - 1] + times[even / 2]) / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let group = Group { width: 2, pixels: vec![u32::from_ne_bytes([1, 2, 3, 255]); 4] };
        Image { name: "four.png".to_owned(), groups: vec![group] }
    }

    /// Encodes to a byte, or gives up, and decodes to a pixel repeated.
    struct Fake {
        code: Option<[u8; 1]>,
        pixel: u32,
    }

    impl Coder for Fake {
        fn name(&self) -> &'static str {
            "fake"
        }

        fn encode(&mut self, _: &Group) -> Result<Option<&[u8]>, Fault> {
            Ok(self.code.as_ref().map(|code| &code[..]))
        }

        fn decode(&mut self, _: &[u8], _: usize, pixels: &mut [u32]) -> Result<(), Fault> {
            pixels.fill(self.pixel);
            Ok(())
        }
    }

    fn measure(code: Option<[u8; 1]>, pixel: u32) -> Result<Vec<Vec<Score>>, Error> {
        groups(&mut [Box::new(Fake { code, pixel })], &image(), 3)
    }

    #[test]
    fn other_pixels_are_an_error() {
        assert!(matches!(measure(Some([0]), 5), Err(Error::Differs { coder: "fake", .. })));
    }

    #[test]
    fn a_code_counts_by_its_bytes_and_what_is_given_up_by_its_pixels() {
        let coded = measure(Some([0]), image().groups[0].pixels[0]).unwrap()[0][0];
        assert_eq!((coded.bytes, coded.pixels, coded.groups_raw), (1, 4, 0));
        let raw = measure(None, 5).unwrap()[0][0];
        assert_eq!((raw.bytes, raw.pixels, raw.groups_raw), (16, 4, 1));
    }

    #[test]
    fn medians() {
        let mut times = [5, 1, 3].map(Duration::from_nanos);
        assert_eq!(median(&mut times), Duration::from_nanos(3));
        assert_eq!(median(&mut times[..2]), Duration::from_nanos(2));
        assert_eq!(median(&mut []), Duration::ZERO);
    }
}
