//! JPEGs that a program writes one after the other, of which only the newest is kept for whoever shows them.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// More than a picture of noise takes.
const PICTURE_BYTES_MAX: usize = 64 << 20;

/// The newest picture.
#[derive(Default)]
pub(super) struct JpegStream {
    slot: Mutex<Slot>,
    came: Condvar,
}

#[derive(Default)]
struct Slot {
    /// Counted from 1.
    number: u64,
    picture: Arc<Vec<u8>>,
    has_ended: bool,
}

impl JpegStream {
    /// Reads what FFmpeg writes as `mpjpeg`, on a thread that ends with it.
    pub(super) fn of(output: impl Read + Send + 'static) -> io::Result<Arc<Self>> {
        let newest = Arc::<Self>::default();
        let theirs = Arc::clone(&newest);
        thread::Builder::new().name("newest".to_owned()).spawn(move || {
            let mut reader = BufReader::new(output);
            while let Ok(Some(picture)) = part(&mut reader) {
                theirs.change(|slot| {
                    slot.number += 1;
                    slot.picture = Arc::new(picture);
                });
            }
            theirs.change(|slot| slot.has_ended = true);
        })?;
        Ok(newest)
    }

    /// Waits for a picture after the one of this number; `None` where there are no more.
    pub(super) fn after(&self, number: u64) -> Option<(u64, Arc<Vec<u8>>)> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = self.came.wait_while(slot, |slot| slot.number <= number && !slot.has_ended);
        let slot = slot.unwrap_or_else(PoisonError::into_inner);
        (slot.number > number).then(|| (slot.number, Arc::clone(&slot.picture)))
    }

    fn change(&self, change: impl FnOnce(&mut Slot)) {
        change(&mut self.slot.lock().unwrap_or_else(PoisonError::into_inner));
        self.came.notify_all();
    }
}

/// Reads the next part: lines up to an empty one after its length, then so many bytes. `None` at the end.
fn part(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok().filter(|length| *length <= PICTURE_BYTES_MAX);
            }
            None if line.trim_end().is_empty() && length.is_some() => break,
            _ => {}
        }
    }
    let mut picture = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut picture)?;
    Ok(Some(picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What FFmpeg writes.
    const PARTS: &[u8] =
        b"--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: 3\r\n\r\na\n\n\r\n--ffmpeg\r\n\
        Content-type: image/jpeg\r\nContent-length: 1\r\n\r\nb\r\n--ffmpeg\r\n";

    #[test]
    fn parts_are_told_apart_by_their_lengths() {
        let mut reader = PARTS;
        let mut next = || part(&mut reader).unwrap();
        assert_eq!(next().unwrap(), b"a\n\n");
        assert_eq!(next().unwrap(), b"b");
        assert_eq!(next(), None);
        assert!(part(&mut &PARTS[..59]).is_err(), "cut off in a picture");
    }

    #[test]
    fn only_the_newest_waits() {
        let newest = JpegStream::of(PARTS).unwrap();
        // Which comes first is up to the thread; the last one stays.
        let mut last = newest.after(0).unwrap();
        while let Some(next) = newest.after(last.0) {
            last = next;
        }
        assert_eq!((last.0, last.1.as_slice()), (2, &b"b"[..]));
    }
}
