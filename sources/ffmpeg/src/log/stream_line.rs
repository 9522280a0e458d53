//! Parser of the line in which FFmpeg describes its output's video stream.

use crate::frame_info::{Colours, FrameInfo};

/// Returns the properties in `Stream #0:0: Video: rawvideo (I420 / 0x30323449), yuv420p(tv, bt709, progressive),
/// 1920x1080, …`. In place of the matrix there may be `bt2020nc/bt2020/smpte2084`, with the primaries and the transfer.
pub(super) fn parse_output_stream(text: &str) -> Option<FrameInfo> {
    let (_, after) = text.split_once("Video: rawvideo (")?;
    let (_, after) = after.split_once("), ")?;
    let end = after.find(['(', ',']).unwrap_or(after.len());
    let (format, after) = after.split_at(end);
    // A field order may have parentheses of its own.
    let said = after.strip_prefix('(').and_then(|after| after.split_once("), ")).map_or("", |(said, _)| said);
    let mut colours = Colours::default();
    let mut is_interlaced = false;
    for word in said.split(", ") {
        match word {
            "tv" | "pc" => colours.range = word.to_owned(),
            "progressive" => {}
            _ if word.contains(" first") => is_interlaced = true,
            _ if colours.matrix.is_empty() => note_triple(&mut colours, word),
            _ => {}
        }
    }
    Some(FrameInfo { format: format.to_owned(), colours: Some(colours), size: None, is_interlaced })
}

/// Takes matrix, primaries and transfer, which are one word where all three are called the same.
fn note_triple(colours: &mut Colours, word: &str) {
    let mut parts = word.split('/');
    let mut next = || parts.next().unwrap_or(word).to_owned();
    (colours.matrix, colours.primaries, colours.transfer) = (next(), next(), next());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_two_moments() {
        for (said, is_interlaced) in [
            ("progressive", false),
            ("tv, bt709, top first", true),
            ("top coded first (swapped)", true),
            ("tv, progressive", false),
        ] {
            let line = format!("Stream #0:0: Video: rawvideo (I420 / 0x1), yuv420p({said}), 64x48, q=2-31");
            let info = parse_output_stream(&line).unwrap();
            assert_eq!(info.is_interlaced, is_interlaced, "{said}");
            assert!(!info.matrix().contains("first"), "{said}");
        }
    }

    #[test]
    fn primaries_and_transfer_beside_the_matrix() {
        for (colours, expected) in [
            ("bt2020nc/bt2020/smpte2084", ("bt2020nc", "bt2020", "smpte2084")),
            ("bt709", ("bt709", "bt709", "bt709")),
        ] {
            let line = format!(
                "Video: rawvideo (Y3[11][10] / 0xA0B3359), yuv420p10le(tv, {colours}, progressive), 64x48"
            );
            let info = parse_output_stream(&line).unwrap();
            assert_eq!((info.matrix(), info.primaries(), info.transfer()), expected);
        }
    }
}
