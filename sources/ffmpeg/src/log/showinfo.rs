//! Parser of the lines of a showinfo filter, which reports the properties of each frame.

use lanstream_core::Size;

use crate::frame_info::{Colours, FrameInfo};

/// Name of the filter that reports each frame, in its lines.
pub(crate) const SHOWINFO_FILTER: &str = "showinfo@lanstream";

/// Returns whether a line comes from our filter.
pub(super) fn is_showinfo(line: &str) -> bool {
    line.strip_prefix('[').is_some_and(|line| line.starts_with(SHOWINFO_FILTER))
}

/// Returns the frame of a line with `fmt:rgb0`, `s:320x240` and `i:P`. Its colours come in a later line.
pub(super) fn parse_frame(line: &str) -> Option<FrameInfo> {
    let mut words = line.split_ascii_whitespace();
    // Other lines of the filter are about side data, and itself.
    words.find(|word| word.starts_with("n:"))?;
    let format = words.find_map(|word| word.strip_prefix("fmt:"))?.to_owned();
    let (width, height) = words.find_map(|word| word.strip_prefix("s:"))?.split_once('x')?;
    let size = Some(Size::new(width.parse().ok()?, height.parse().ok()?)?);
    let is_interlaced = words.any(|word| matches!(word, "i:T" | "i:B"));
    Some(FrameInfo { format, size, is_interlaced, colours: None })
}

/// Returns the colours of a line with `color_range:tv color_space:bt709`.
pub(super) fn parse_colours(line: &str) -> Option<Colours> {
    let word =
        |key: &str| line.split_ascii_whitespace().find_map(|word| word.strip_prefix(key)).map(str::to_owned);
    Some(Colours {
        range: word("color_range:")?,
        matrix: word("color_space:").unwrap_or_default(),
        primaries: word("color_primaries:").unwrap_or_default(),
        transfer: word("color_trc:").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_two_moments() {
        let frame = |way: &str| {
            parse_frame(&format!("n:   0 pts: 0 pos:  564 fmt:yuv420p sar:1/1 s:64x48 i:{way} iskey:1"))
                .unwrap()
        };
        assert_eq!(["P", "T", "B"].map(|way| frame(way).is_interlaced), [false, true, true]);
    }

    #[test]
    fn colours_come_after_their_frame() {
        let mut info = parse_frame("n: 0 fmt:yuv420p10le s:2x2 i:P").unwrap();
        assert!(!info.is_whole());
        let line = "color_range:tv color_space:bt2020nc color_primaries:bt2020 color_trc:smpte2084";
        info.colours = parse_colours(line);
        assert_eq!((info.matrix(), info.primaries(), info.transfer()), ("bt2020nc", "bt2020", "smpte2084"));
    }
}
