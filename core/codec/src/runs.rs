//! How far pixels repeat, several at a time: most of a screen is found here and nowhere else.

/// Pixels compared at once.
const STEP: usize = 16;

/// How many pixels from the start equal those of `other`, which is at least as long.
pub(crate) fn same(pixels: &[u32], other: &[u32]) -> usize {
    let (steps, _) = pixels.as_chunks::<STEP>();
    let (others, _) = other.as_chunks::<STEP>();
    let whole = steps.iter().zip(others).take_while(|(step, other)| is_same(step, other)).count() * STEP;
    whole + pixels[whole..].iter().zip(&other[whole..]).take_while(|(pixel, other)| pixel == other).count()
}

/// How many pixels from the start are `value`.
pub(crate) fn of(pixels: &[u32], value: u32) -> usize {
    let (steps, _) = pixels.as_chunks::<STEP>();
    let whole = steps.iter().take_while(|step| is_same(step, &[value; STEP])).count() * STEP;
    whole + pixels[whole..].iter().take_while(|pixel| **pixel == value).count()
}

/// Without a branch for each, so that it becomes a few vector instructions.
fn is_same(a: &[u32; STEP], b: &[u32; STEP]) -> bool {
    a.iter().zip(b).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}
