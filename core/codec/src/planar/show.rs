//! What samples show: the formula, for a stripe of pixels at once.

use super::Numbers;
use super::quad::{Quad, pixels};

/// Pixels that are converted together: whole groups of [`pixels`].
pub(super) const STRIPE: usize = 128;

/// Samples of a stripe's pixels.
pub(super) type Samples = [i32; STRIPE];

/// What chroma adds to luma, for each colour.
pub(super) fn tinted(numbers: &Numbers, [u, v]: &[Samples; 2]) -> [Samples; 3] {
    let Numbers { neutral, red_v, green_u, green_v, blue_u, .. } = *numbers;
    let mut tints = [[0; STRIPE]; 3];
    for at in 0..STRIPE {
        let (u, v) = (u[at] - neutral, v[at] - neutral);
        tints[0][at] = red_v * v;
        tints[1][at] = -green_u * u - green_v * v;
        tints[2][at] = blue_u * u;
    }
    tints
}

/// Luma and what chroma adds to it.
pub(super) fn mixed(
    numbers: &Numbers,
    luma: &Samples,
    [red, green, blue]: &[Samples; 3],
    out: &mut [u32; STRIPE],
) {
    let Numbers { black, luma: step, shift, .. } = *numbers;
    let half = Quad::all(1 << (shift - 1));
    each_group([luma, red, green, blue], out, |[y, red, green, blue]| {
        let y = half.add(y.plus(-black).times(step));
        [y.add(red), y.add(green), y.add(blue)].map(|sum| sum.shifted(shift))
    });
}

/// Green, blue and red.
pub(super) fn colours(numbers: &Numbers, planes: [&Samples; 3], out: &mut [u32; STRIPE]) {
    let Numbers { black, luma, shift, .. } = *numbers;
    let half = Quad::all(1 << (shift - 1));
    each_group(planes, out, |[green, blue, red]| {
        [red, green, blue].map(|sample| half.add(sample.plus(-black).times(luma)).shifted(shift))
    });
}

#[inline(always)]
fn each_group<const PLANES: usize>(
    samples: [&Samples; PLANES],
    out: &mut [u32; STRIPE],
    show: impl Fn([Quad; PLANES]) -> [Quad; 3],
) {
    for (index, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let quad =
            |at: usize| show(samples.map(|samples| Quad::of(&samples.as_chunks::<4>().0[index * 4 + at])));
        pixels([quad(0), quad(1), quad(2), quad(3)], out);
    }
}
