//! Fields of messages: little-endian numbers, and texts and bytes with their length before them.

/// Reader of the fields of one message.
pub(crate) struct Fields<'a>(&'a [u8]);

/// A message ends before its fields do, or has text that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message is cut off, or its text is not UTF-8")]
pub(crate) struct MalformedError;

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, MalformedError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, MalformedError> {
        self.array().map(i32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, MalformedError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, MalformedError> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], MalformedError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(MalformedError)?;
        self.0 = rest;
        Ok(*field)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, MalformedError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| MalformedError)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], MalformedError> {
        let len = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(MalformedError)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Reads a list of what `item` reads. Each item takes a byte at least, so a count cannot ask for more than there
    /// is.
    pub(crate) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, MalformedError>,
    ) -> Result<Vec<T>, MalformedError> {
        let count = self.u32()? as usize;
        if count > self.0.len() {
            return Err(MalformedError);
        }
        (0..count).map(|_| item(self)).collect()
    }
}

/// Writer of the fields of one message.
pub(crate) trait Write {
    fn u32(&mut self, number: u32);
    fn i32(&mut self, number: i32);
    fn u64(&mut self, number: u64);
    fn i64(&mut self, number: i64);
    fn text(&mut self, text: &str);
    fn bytes(&mut self, bytes: &[u8]);
    fn list<T>(&mut self, items: &[T], item: impl FnMut(&mut Self, &T));
}

impl Write for Vec<u8> {
    fn u32(&mut self, number: u32) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn i32(&mut self, number: i32) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn i64(&mut self, number: i64) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.u32(length(bytes.len()));
        self.extend_from_slice(bytes);
    }

    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.u32(length(items.len()));
        items.iter().for_each(|each| item(self, each));
    }
}

/// Returns a length as messages have it. None is as long as what does not fit.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
