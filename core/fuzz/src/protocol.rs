//! What must hold for any bytes: as a viewer's or server's message or a band they are read or refused, and a picture
//! that refuses a band is still the one it was.
//!
//! The fuzzer looks for bytes for which it does not, and the tests replay those that it found.

use lanstream_core::protocol::{
    BAND_BYTES, BandHead, HEADER_BYTES, PATCH_BYTES, ServerMessage, ViewerMessage,
};
use lanstream_core::{Picture, Size};

/// Pixels of a picture that is painted. Few bytes can ask for a gigabyte, and this is about what is wrong, not what is
/// large.
const AREA_PX_MAX: usize = 128 * 128;
/// Where a band has the number of its patches.
const PATCHES_AT: usize = 20;
/// Where a row of the table has the length of the patch.
const LENGTH_AT: usize = 12;

/// All that reads a stranger's bytes reads these: as they are, and with lengths that fit, as those are looked at first.
pub(crate) fn check(input: &[u8]) {
    check_message(input);
    check_server_message(input);
    let _ = Picture::message_len(input);
    check_band(input);
    if let Some(mended) = mended(input) {
        check_band(&mended);
    }
}

/// The band with its own length, and all bytes after the table in the last patch.
fn mended(input: &[u8]) -> Option<Vec<u8>> {
    let mut band = input.to_vec();
    let body = band.len().checked_sub(HEADER_BYTES)?;
    band[..4].copy_from_slice(&u32::try_from(body).ok()?.to_le_bytes());
    let patches = u32::from_le_bytes(*band.get(PATCHES_AT..)?.first_chunk()?) as usize;
    let data_at = HEADER_BYTES + BAND_BYTES + patches.checked_mul(PATCH_BYTES)?;
    let table = band.get_mut(HEADER_BYTES + BAND_BYTES..data_at)?;
    let lengths = table.as_chunks_mut::<PATCH_BYTES>().0.iter_mut().map(|row| &mut row[LENGTH_AT..]);
    let mut left = input.len() - data_at;
    for (row, length) in (1..).zip(lengths) {
        let own =
            if row == patches { left } else { left.min(u32::from_le_bytes(*length.first_chunk()?) as usize) };
        length.copy_from_slice(&u32::try_from(own).ok()?.to_le_bytes());
        left -= own;
    }
    Some(band)
}

fn check_message(input: &[u8]) {
    let Ok(Some((message, taken))) = ViewerMessage::read(input) else { return };
    assert!(taken <= input.len());
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    assert_eq!(ViewerMessage::read(&bytes), Ok(Some((message, bytes.len()))));
}

fn check_server_message(input: &[u8]) {
    let Ok(Some((message, taken))) = ServerMessage::read(input) else { return };
    assert!(taken <= input.len());
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    assert_eq!(ServerMessage::read(&bytes), Ok(Some((message, bytes.len()))));
}

fn check_band(input: &[u8]) {
    let Ok((head, patches, data)) = BandHead::read(input) else {
        assert!(Picture::default().take(input).is_err());
        return;
    };
    let mut bytes = Vec::new();
    head.write(&mut bytes, &patches);
    bytes.extend_from_slice(data);
    assert_eq!(BandHead::read(&bytes), Ok((head, patches, data)));
    apply(input, head);
}

/// Applies it where it could be meant: to no picture, to the one it builds on, and as the end of an update.
fn apply(band: &[u8], head: BandHead) {
    if head.cells().is_none_or(|cells| cells.area().max(head.size.area()) > AREA_PX_MAX) {
        return;
    }
    take(Picture::default(), band, head);
    let held = picture(head);
    take(held.clone(), band, head);
    let mut begun = held;
    if begun.take(&message(BandHead { first: true, commit: false, ..head })) == Ok(false) {
        take(begun, band, head);
    }
}

fn take(mut picture: Picture, band: &[u8], head: BandHead) {
    let (seq, size, cells) = (picture.seq(), picture.size(), picture.cells().to_vec());
    if picture.take(band) == Ok(true) {
        assert_eq!((picture.seq(), picture.size()), (head.seq, Some(head.size)));
        assert_eq!(picture.cells().len(), head.cells().map_or(0, Size::area) * 4);
    } else {
        assert_eq!((picture.seq(), picture.size()), (seq, size));
        assert!(picture.cells() == cells, "a band that was not applied changed the picture");
    }
}

/// A black picture that a band can build on.
fn picture(band: BandHead) -> Picture {
    let mut picture = Picture::default();
    let whole = BandHead { seq: band.base, base: 0, first: true, commit: true, aborted: false, ..band };
    assert_eq!(picture.take(&message(whole)), Ok(true));
    picture
}

/// A band without patches.
fn message(head: BandHead) -> Vec<u8> {
    let mut bytes = Vec::new();
    head.write(&mut bytes, &[]);
    bytes
}
