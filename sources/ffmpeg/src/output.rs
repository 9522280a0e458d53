//! Arguments of the output that FFmpeg is given.

use std::ffi::OsString;

/// Returns the arguments of an output in NUT on stdout: raw frames with exact timestamps, each as soon as it is
/// decoded.
pub(crate) fn nut_output() -> impl Iterator<Item = OsString> {
    const OUTPUT: [&str; 15] = [
        // Whatever was asked for before: its log says what pictures are like.
        "-loglevel",
        "level+info",
        "-an",
        "-sn",
        "-dn",
        "-c:v",
        "rawvideo",
        "-enc_time_base",
        "1:1000000",
        "-flush_packets",
        "1",
        "-write_index",
        "0",
        "-f",
        "nut",
    ];
    OUTPUT.into_iter().chain(["pipe:1"]).map(OsString::from)
}
