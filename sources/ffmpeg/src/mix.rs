//! Downmix of an audio track to stereo.

/// How sound becomes left and right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mix {
    /// By FFmpeg's rules, from where its loudspeakers stand.
    Layout,
    /// The first two channels: no one knows where the loudspeakers stand.
    FirstTwo,
}

impl Mix {
    /// Returns FFmpeg's filters that come before all others.
    pub(crate) fn filter(self) -> &'static str {
        match self {
            Self::Layout => "",
            Self::FirstTwo => "pan=stereo|c0=c0|c1=c1,",
        }
    }
}
