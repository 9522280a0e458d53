//! A path between a Wayland compositor and its client, on which the compositor seems to copy screens into buffers of a
//! graphics card as well as into shared memory.
//!
//! xdg-desktop-portal-wlr 0.7 captures nothing from a compositor that offers shared memory alone, as sway does where
//! there is no graphics card. It uses shared memory all the same, since it finds no card.

use std::collections::HashSet;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

/// Bytes and descriptors that are passed on at a time: as many as libwayland sends.
const PIECE_BYTES: usize = 4096;
const PIECE_FILES: usize = 28;
/// Bytes of a message before its arguments: object, size and operation.
const HEADER_BYTES: usize = 8;
/// The interface that hands out pictures, as its name is written.
const MANAGER: &[u8] = b"zwlr_screencopy_manager_v1\0";
/// The format of pictures that is claimed, as graphics cards call 8 bits of red, green and blue: `XR24`.
const FORMAT: u32 = u32::from_le_bytes(*b"XR24");
/// Operations of the protocol: of the registry, the manager and a picture.
const BIND: u16 = 0;
const CAPTURES: [u16; 2] = [0, 1];
const DESTROY: u16 = 1;
const BUFFER: u16 = 0;
const LINUX_DMABUF: u16 = 5;

/// Objects of a connection.
#[derive(Debug, Default)]
struct Objects {
    manager: Option<u32>,
    pictures: HashSet<u32>,
}

/// Makes a socket at `path` that leads to the compositor at `compositor`, for as long as the process lives.
pub fn lead(path: &Path, compositor: &Path) {
    let listener = UnixListener::bind(path).unwrap();
    let compositor = compositor.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = UnixStream::connect(&compositor) else { continue };
            let (to_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let objects = Arc::new(Mutex::new(Objects::default()));
            let known = Arc::clone(&objects);
            thread::spawn(move || {
                pass(&client, &to_server, |message| known.lock().unwrap().request(message))
            });
            thread::spawn(move || {
                pass(&server, &to_client, |message| objects.lock().unwrap().event(message))
            });
        }
    });
}

impl Objects {
    /// Notes what a request makes. Nothing follows it.
    fn request(&mut self, message: &[u8]) -> Vec<u8> {
        let (object, operation) = (word(message, 0), operation(message));
        if operation == BIND && message.get(16..16 + MANAGER.len()) == Some(MANAGER) {
            self.manager = Some(word(message, message.len() - 4));
        } else if self.manager == Some(object) && CAPTURES.contains(&operation) {
            self.pictures.insert(word(message, HEADER_BYTES));
        } else if operation == DESTROY {
            self.pictures.remove(&object);
        }
        Vec::new()
    }

    /// Returns what follows an event.
    fn event(&mut self, message: &[u8]) -> Vec<u8> {
        let object = word(message, 0);
        if operation(message) != BUFFER || !self.pictures.contains(&object) {
            return Vec::new();
        }
        let [width, height] = [12, 16].map(|at| word(message, at));
        let head = 20 << 16 | u32::from(LINUX_DMABUF);
        [object, head, FORMAT, width, height].into_iter().flat_map(u32::to_ne_bytes).collect()
    }
}

fn word(message: &[u8], at: usize) -> u32 {
    message.get(at..at + 4).map_or(0, |bytes| u32::from_ne_bytes(bytes.try_into().unwrap()))
}

/// Returns the number of a message's operation, which is in the lower half of its second word.
fn operation(message: &[u8]) -> u16 {
    (word(message, 4) & 0xffff) as u16
}

/// Passes messages and descriptors on, and what follows each.
fn pass(from: &UnixStream, to: &UnixStream, mut follow: impl FnMut(&[u8]) -> Vec<u8>) {
    let mut waiting = Vec::new();
    while let Some((bytes, files)) = receive(from) {
        waiting.extend(bytes);
        let mut passed = Vec::new();
        while let Some(message) = next(&mut waiting) {
            let more = follow(&message);
            passed.extend(message);
            passed.extend(more);
        }
        if !send(to, &passed, &files) {
            break;
        }
    }
    let _closed = to.shutdown(std::net::Shutdown::Both);
}

/// Takes the first message off, once all of it is there.
fn next(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let len = (bytes.len() >= HEADER_BYTES).then(|| (word(bytes, 4) >> 16) as usize)?;
    (bytes.len() >= len.max(HEADER_BYTES)).then(|| bytes.drain(..len.max(HEADER_BYTES)).collect())
}

/// Returns the next bytes and descriptors; `None` at the end.
fn receive(from: &UnixStream) -> Option<(Vec<u8>, Vec<OwnedFd>)> {
    let mut bytes = vec![0; PIECE_BYTES];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(PIECE_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(&mut bytes)];
    let received = recvmsg(from, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC).ok()?.bytes;
    let files = control.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(files) => files.collect(),
        _ => Vec::new(),
    });
    let files = files.collect();
    bytes.truncate(received);
    (received > 0).then_some((bytes, files))
}

/// Sends bytes, and descriptors with the first of them. Returns whether the other end takes them.
fn send(to: &UnixStream, mut bytes: &[u8], files: &[OwnedFd]) -> bool {
    let mut files: Vec<BorrowedFd<'_>> = files.iter().map(|file| file.as_fd()).collect();
    while !bytes.is_empty() {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(PIECE_FILES))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(files.is_empty() || control.push(SendAncillaryMessage::ScmRights(&files)), "there is room");
        let Ok(sent) = sendmsg(to, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL) else {
            return false;
        };
        bytes = &bytes[sent..];
        files = Vec::new();
    }
    files.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(object: u32, operation: u16, arguments: &[u32]) -> Vec<u8> {
        let len = u32::try_from(HEADER_BYTES + arguments.len() * 4).unwrap();
        let words = [object, len << 16 | u32::from(operation)];
        words.iter().chain(arguments).flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn buffers_of_pictures_are_followed_by_the_claim() {
        let mut objects = Objects::default();
        let mut name = MANAGER.to_vec();
        name.resize(28, 0);
        let name = name.as_chunks::<4>().0.iter().map(|word| u32::from_ne_bytes(*word));
        let bind: Vec<u32> = [7, 27].into_iter().chain(name).chain([3, 9]).collect();
        objects.request(&message(2, BIND, &bind));
        assert_eq!(objects.manager, Some(9));
        objects.request(&message(9, 0, &[12, 0, 4]));
        let claim = objects.event(&message(12, BUFFER, &[1, 640, 480, 2560]));
        assert_eq!(claim, message(12, LINUX_DMABUF, &[FORMAT, 640, 480]));
        objects.request(&message(12, DESTROY, &[]));
        assert!(objects.event(&message(12, BUFFER, &[1, 640, 480, 2560])).is_empty());
    }

    #[test]
    fn a_message_is_passed_on_when_all_of_it_is_there() {
        let mut bytes = message(1, 2, &[3]);
        let last = bytes.pop().unwrap();
        assert_eq!(next(&mut bytes), None);
        bytes.extend([last, 9]);
        assert_eq!(next(&mut bytes), Some(message(1, 2, &[3])));
        assert_eq!(bytes, [9]);
    }
}
