//! Sound of a metronome: a click at each beat, of which any stretch can be computed.

use std::f64::consts::TAU;
use std::time::Duration;

use lanstream_plugin::core::Pts;
use lanstream_plugin::core::source::{AudioChunk, SOUND_RATE};

/// Time of a stretch.
pub(crate) const STRETCH: Duration = Duration::from_millis(20);
/// Frames of sound in a stretch.
const STRETCH_FRAMES: u64 = SOUND_RATE as u64 / 50;
/// Time in which a click fades by half.
const HALF_LIFE_S: f64 = 0.004;
/// Length of a click in seconds: then nothing is left of it.
const CLICK_S: f64 = 0.06;
const PITCH_HZ: f64 = 1000.0;
const LOUDNESS: f64 = 0.5;

/// Returns the stretch of a number, from 0.
pub(crate) fn stretch(number: u64, beat: Duration) -> AudioChunk {
    let frames = (0..STRETCH_FRAMES).map(|frame| sample(number * STRETCH_FRAMES + frame, beat));
    let samples = frames.flat_map(|sample| [sample, sample]).flat_map(f32::to_le_bytes).collect();
    AudioChunk { at: Pts(0).after(STRETCH * u32::try_from(number).unwrap_or(u32::MAX)), samples }
}

/// Returns the sample of a frame of sound, of either side.
fn sample(frame: u64, beat: Duration) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "there are fewer in a thousand years")]
    let second = frame as f64 / f64::from(SOUND_RATE);
    let since_beat = second % beat.as_secs_f64();
    if since_beat >= CLICK_S {
        return 0.0;
    }
    let level = LOUDNESS * 0.5_f64.powf(since_beat / HALF_LIFE_S);
    #[allow(clippy::cast_possible_truncation, reason = "it is from -1 to 1")]
    let sample = (level * (since_beat * PITCH_HZ * TAU).sin()) as f32;
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_at_each_beat_and_nowhere_else() {
        let beat = Duration::from_millis(500);
        let is_loud = |number| stretch(number, beat).samples.iter().any(|byte| *byte != 0);
        let loud: Vec<_> = (0..60).filter(|number| is_loud(*number)).collect();
        assert_eq!(loud, [0, 1, 2, 25, 26, 27, 50, 51, 52]);
        assert_eq!(stretch(25, beat).at, Pts(500_000));
        assert_eq!(stretch(0, beat).samples.len(), 960 * 8);
    }
}
