//! What FFmpeg is told to read: a file, by a name of which no part means anything, or a URL.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use lanstream_core::source::{Error, ErrorKind};

use crate::redact::{printable, without_secrets};

/// What FFmpeg is told to read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    /// For people.
    pub(crate) name: String,
    argument: OsString,
    /// Options before it, without which its name would mean something.
    options: &'static [&'static str],
    /// It happens now, and does not wait.
    pub(crate) is_live: bool,
    /// A pipe is not, nor what answers one connection.
    pub(crate) can_be_read_twice: bool,
    /// A list of pieces, which may grow: who reads it later may begin with a later one.
    pub(crate) is_list: bool,
}

impl Input {
    /// # Errors
    /// [`ErrorKind::NotFound`] where it is neither a file nor a URL.
    pub(crate) fn of(input: &OsStr) -> Result<Self, Error> {
        if input.is_empty() {
            let message = "the name of what is to be played is empty: give a file or a URL";
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        let path = Path::new(input);
        let text = input.to_string_lossy();
        if path.exists() {
            return Ok(Self::of_file(path));
        }
        if text.contains("://") {
            return Ok(Self::of_url(input, &text));
        }
        Err(Error::new(ErrorKind::NotFound, format!("there is no file {}", printable(input))))
    }

    fn of_file(path: &Path) -> Self {
        let mut argument = OsString::from("file:");
        argument.push(path);
        Self {
            name: printable(path.file_name().unwrap_or(path.as_os_str())),
            options: literal(&path.to_string_lossy()),
            is_live: path.starts_with("/dev"),
            can_be_read_twice: path.metadata().is_ok_and(|metadata| metadata.is_file()),
            is_list: is_list(&path.to_string_lossy()),
            argument,
        }
    }

    fn of_url(input: &OsStr, text: &str) -> Self {
        let is_live = is_live(text);
        Self {
            name: without_secrets(text),
            argument: input.to_owned(),
            options: &[],
            is_live,
            can_be_read_twice: !is_live && !ONCE.iter().any(|protocol| text.starts_with(protocol)),
            is_list: is_list(text.split(['?', '#']).next().unwrap_or_default()),
        }
    }

    /// FFmpeg's arguments for it, its options before `-i`.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = OsString> + '_ {
        let options = self.options.iter().map(OsString::from);
        options.chain(["-i".into(), self.argument.clone()])
    }
}

/// Protocols that bring what happens now. Others, HTTP among them, wait for who reads.
const LIVE: [&str; 8] =
    ["rtsp://", "rtsps://", "rtmp://", "rtmps://", "rtp://", "udp://", "srt://", "rist://"];
/// Protocols that answer one connection.
const ONCE: [&str; 4] = ["tcp://", "unix://", "pipe://", "fd://"];

/// Whether a URL brings what happens now.
pub(crate) fn is_live(url: &str) -> bool {
    LIVE.iter().any(|protocol| url.starts_with(protocol))
}

/// Whether it is a playlist of HLS or a manifest of DASH.
fn is_list(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| ["m3u8", "mpd"].iter().any(|list| extension.eq_ignore_ascii_case(list)))
}

/// Characters of which FFmpeg makes a pattern in the name of a picture: `%d` is a number, the others are a shell's.
const PATTERN: [char; 5] = ['%', '*', '?', '[', '{'];

/// The endings by which FFmpeg takes a name with those for a sequence of pictures, whatever is in the file.
const PICTURES: [&str; 74] = [
    "jpeg", "jpg", "jps", "mpo", "ljpg", "jls", "png", "pns", "mng", "ppm", "pnm", "pgm", "pgmyuv", "pbm",
    "pam", "pfm", "phm", "cri", "pix", "dds", "mpg1-img", "mpg2-img", "mpg4-img", "y", "raw", "bmp", "tga",
    "tiff", "tif", "dng", "sgi", "rgb", "rgba", "bw", "ptx", "pcd", "pcx", "pic", "pct", "pict", "sun",
    "ras", "rs", "im1", "im8", "im24", "im32", "sunras", "svg", "svgz", "j2c", "jp2", "jpc", "j2k", "dpx",
    "exr", "fit", "fits", "fts", "hdr", "yuv10", "webp", "xbm", "xpm", "xface", "xwd", "img", "ximg", "timg",
    "vbn", "jxl", "qoi", "wbmp", "psd",
];

/// Options without which FFmpeg would read other files than the one of this name, or none.
fn literal(path: &str) -> &'static [&'static str] {
    let extension = Path::new(path).extension().unwrap_or_default();
    if !path.contains(PATTERN) {
        return &[];
    }
    if extension.eq_ignore_ascii_case("gif") {
        return &["-f", "gif"];
    }
    let is_picture = PICTURES.iter().any(|picture| extension.eq_ignore_ascii_case(picture));
    if is_picture { &["-f", "image2", "-pattern_type", "none"] } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_options_or_protocols() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["-y", "concat:a|b", "http:x", "$(touch x);`id`.mp4", "%03d.mkv"] {
            let path = folder.path().join(name);
            std::fs::write(&path, b"").unwrap();
            let input = Input::of(path.as_os_str()).unwrap();
            let arguments: Vec<_> = input.arguments().collect();
            assert_eq!(arguments, ["-i".into(), OsString::from(format!("file:{}", path.display()))]);
            assert_eq!((input.name.as_str(), input.is_live), (name, false));
        }
    }

    #[test]
    fn names_of_pictures_are_no_patterns() {
        assert_eq!(literal("a.png"), [""; 0]);
        assert_eq!(literal("100%d.mp4"), [""; 0]);
        for name in ["100%d.png", "/%d/a.JPG", "a*.webp", "{a,b}.tiff", "a%?.bmp"] {
            assert_eq!(literal(name), ["-f", "image2", "-pattern_type", "none"], "{name}");
        }
        assert_eq!(literal("%d.gif"), ["-f", "gif"]);
    }

    #[test]
    fn what_is_neither_file_nor_url_is_not_found() {
        let error = Input::of(OsStr::new("no/such\u{7}file.mp4")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert_eq!(error.message, "there is no file no/such\u{fffd}file.mp4");
        let empty = Input::of(OsStr::new("")).unwrap_err();
        assert!(empty.message.contains("is empty"), "{empty}");
    }

    #[test]
    fn urls_are_shown_without_secrets() {
        let input = Input::of(OsStr::new("rtsp://me:secret@camera:554/one?key=2")).unwrap();
        assert_eq!((input.name.as_str(), input.is_live), ("rtsp://camera:554/one", true));
        assert!(!is_live("https://host/film.mp4"));
    }

    #[test]
    fn lists_and_what_is_read_once() {
        let of = |url: &str| Input::of(OsStr::new(url)).unwrap();
        assert!(of("https://host/live/a.m3u8?token=1").is_list && !of("https://host/a.mp4?x=.m3u8").is_list);
        assert!(of("https://host/a.mp4").can_be_read_twice && !of("tcp://host:1").can_be_read_twice);
    }
}
