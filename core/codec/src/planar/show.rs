//! What samples show: the formula, for a stripe of pixels at once.

use super::Numbers;
use super::quad::{Quad, pixels};

/// Pixels that are converted together: whole groups of [`pixels`].
pub(super) const STRIPE: usize = 128;

/// Samples of a stripe's pixels.
pub(super) type Samples = [i32; STRIPE];

/// Luma and chroma.
pub(super) fn mixed(numbers: &Numbers, samples: &[Samples; 3], out: &mut [u32; STRIPE]) {
    let Numbers { black, neutral, luma, red_v, green_u, green_v, blue_u, shift } = *numbers;
    let half = Quad::all(1 << (shift - 1));
    each_group(samples, out, |[y, u, v]| {
        let (u, v) = (u.plus(-neutral), v.plus(-neutral));
        let y = half.add(y.plus(-black).times(luma));
        let sums =
            [y.add(v.times(red_v)), y.add(u.times(-green_u)).add(v.times(-green_v)), y.add(u.times(blue_u))];
        sums.map(|sum| sum.shifted(shift))
    });
}

/// Green, blue and red.
pub(super) fn colours(numbers: &Numbers, samples: &[Samples; 3], out: &mut [u32; STRIPE]) {
    let Numbers { black, luma, shift, .. } = *numbers;
    let half = Quad::all(1 << (shift - 1));
    each_group(samples, out, |[green, blue, red]| {
        [red, green, blue].map(|sample| half.add(sample.plus(-black).times(luma)).shifted(shift))
    });
}

#[inline(always)]
fn each_group(samples: &[Samples; 3], out: &mut [u32; STRIPE], show: impl Fn([Quad; 3]) -> [Quad; 3]) {
    let [first, second, third] =
        samples.each_ref().map(|samples| samples.as_chunks::<4>().0.as_chunks::<4>().0);
    let groups = first.iter().zip(second).zip(third).zip(out.as_chunks_mut::<16>().0);
    for (((first, second), third), out) in groups {
        let quad = |at: usize| show([Quad::of(&first[at]), Quad::of(&second[at]), Quad::of(&third[at])]);
        pixels([quad(0), quad(1), quad(2), quad(3)], out);
    }
}
