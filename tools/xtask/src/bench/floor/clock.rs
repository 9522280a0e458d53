//! A page's clock beside this process's: both count from 1970 on the same machine, and a page that rounds or shifts its
//! own is found out.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::ensure;

/// By how much a page's clock may be ahead: browsers round theirs, and read it once at their start.
const AHEAD_MS_MAX: f64 = 1.0;
/// What the quickest of a load's requests may take to come here, on a machine that is busy with other things.
const BEHIND_MS_MAX: f64 = 10.0;

/// The two clocks.
pub(crate) struct Clock {
    /// One instant by both of this process's clocks.
    now: Instant,
    now_ms: f64,
    /// How long the quickest request took from the page's time in it to this process's when it came.
    lag_ms_min: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { now: Instant::now(), now_ms: now_ms(), lag_ms_min: f64::INFINITY }
    }
}

impl Clock {
    /// Takes note of what time it was at the page when it sent a request that has just come.
    pub(crate) fn heard(&mut self, page_ms: f64) {
        self.lag_ms_min = self.lag_ms_min.min(now_ms() - page_ms);
    }

    /// # Errors
    /// Where what was heard can't be: the page's clock is another.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let lag = self.lag_ms_min;
        ensure!(
            (-AHEAD_MS_MAX..BEHIND_MS_MAX).contains(&lag),
            "the page's clock is not this machine's: its quickest request took {lag:.1} ms by the two"
        );
        Ok(())
    }

    /// An instant by the page's clock.
    pub(crate) fn instant(&self, page_ms: f64) -> Instant {
        let after = Duration::from_secs_f64((page_ms - self.now_ms).abs() / 1e3);
        if page_ms < self.now_ms { self.now - after } else { self.now + after }
    }
}

/// Milliseconds since 1970.
fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_page_is_as_far_from_now_here_as_there() {
        let clock = Clock::default();
        let after = |ms: f64| clock.instant(clock.now_ms + ms);
        assert!(
            after(250.0).duration_since(clock.now).abs_diff(Duration::from_millis(250))
                < Duration::from_micros(1)
        );
        assert!(
            clock.now.duration_since(after(-40.0)).abs_diff(Duration::from_millis(40))
                < Duration::from_micros(1)
        );
    }

    #[test]
    fn a_page_whose_clock_is_another_is_refused() {
        let heard = |behind_ms: &[f64]| {
            let mut clock = Clock::default();
            behind_ms.iter().for_each(|behind_ms| clock.heard(now_ms() - behind_ms));
            clock.check()
        };
        assert!(heard(&[700.0, 0.2, 90.0]).is_ok());
        assert!(heard(&[-100.0, 0.2]).is_err(), "a request came before it was sent");
        assert!(heard(&[100.0, 90.0]).is_err());
        assert!(heard(&[]).is_err(), "nothing was heard");
    }
}
