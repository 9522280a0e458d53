//! The viewer's files, as they are in the repository and in the binary.

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its path on the server: `/`, `/page.js`.
    pub path: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

impl Asset {
    /// Its media type, by its name's ending.
    pub(crate) fn media_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, ending)| ending) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("wasm") => "application/wasm",
            _ => "text/html; charset=utf-8",
        }
    }
}
