//! One line of what is printed: how one coder did on one image.

use serde::Serialize;

use crate::score::Score;

/// A line, as text of fixed columns or as a JSON object.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    image: &'a str,
    coder: &'a str,
    pixels: usize,
    bytes: usize,
    ratio: f64,
    encode_mps: f64,
    decode_mps: f64,
    groups: usize,
    groups_raw: usize,
}

impl<'a> Line<'a> {
    pub(crate) fn new(image: &'a str, coder: &'a str, score: &Score) -> Self {
        let Score { pixels, bytes, groups, groups_raw, .. } = *score;
        let (ratio, encode_mps, decode_mps) = (score.ratio(), score.encode_mps(), score.decode_mps());
        Self { image, coder, pixels, bytes, ratio, encode_mps, decode_mps, groups, groups_raw }
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        let Self { coder, encode_mps, decode_mps, groups, groups_raw, .. } = self;
        let ratio = format!("{:.2} %", self.ratio * 100.0);
        let raw = format!("{groups_raw} of {groups}");
        format!("  {coder:<22} {ratio:>10} {encode_mps:>12.0} {decode_mps:>12.0} {raw:>10}")
    }
}

/// The line above the text of an image's lines.
pub(crate) fn head(image: &str) -> String {
    format!("{image:<24} {:>10} {:>12} {:>12} {:>10}", "bytes/raw", "encode MP/s", "decode MP/s", "left raw")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn score() -> Score {
        let (encode, decode) = (Duration::from_micros(500), Duration::from_micros(250));
        Score { pixels: 1_000_000, bytes: 50_000, encode, decode, groups: 9, groups_raw: 1 }
    }

    #[test]
    fn columns_stand_under_their_heads() {
        let text = Line::new("web.png", "lz", &score()).text();
        assert_eq!(
            head("web.png"),
            "web.png                   bytes/raw  encode MP/s  decode MP/s   left raw"
        );
        assert_eq!(text, "  lz                         1.25 %         2000         4000     1 of 9");
    }

    #[test]
    fn a_line_of_json_says_the_same() {
        let json: serde_json::Value =
            serde_json::from_str(&Line::new("web.png", "lz", &score()).json()).unwrap();
        assert_eq!((&json["image"], &json["coder"]), (&"web.png".into(), &"lz".into()));
        assert_eq!((&json["ratio"], &json["bytes"]), (&0.0125.into(), &50_000.into()));
        assert_eq!((&json["encode_mps"], &json["decode_mps"]), (&2000.0.into(), &4000.0.into()));
    }
}
