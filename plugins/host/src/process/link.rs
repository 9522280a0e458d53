//! The process of a plugin, seen from lanstream: starts it, sends requests and receives replies.

use std::io;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use lanstream_core::source::{Error, ErrorKind};
use lanstream_wakeup::poll_until;
use rustix::fd::{AsFd as _, OwnedFd};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::channel::Channel;
use super::launch::Launch;
use super::message::{Reply, Request};

/// Time that a plugin's process has to end by itself, once its socket is closed.
const EXIT_TIMEOUT: Duration = Duration::from_millis(300);

/// The process of a plugin, and the socket to it.
pub(super) struct Link {
    pub(super) channel: Channel,
    child: Child,
    path: PathBuf,
    answer_timeout: Duration,
    out: Vec<u8>,
}

impl Link {
    pub(super) fn start(launch: &Launch) -> Result<Self, Error> {
        let path = launch.path().to_owned();
        let failed = |error: io::Error| {
            Error::new(
                ErrorKind::Lost,
                format!("the process for {} can't be started: {error}", path.display()),
            )
        };
        let (channel, socket) = Channel::pair().map_err(failed)?;
        let child = launch.command().stdin(Stdio::from(socket)).stdout(Stdio::null()).spawn();
        let child = child.map_err(failed)?;
        Ok(Self { channel, child, path, answer_timeout: launch.answer_timeout(), out: Vec::new() })
    }

    pub(super) fn send(&mut self, request: &Request) -> Result<(), Error> {
        request.write(&mut self.out);
        let sent = self.channel.send(&self.out);
        sent.map_err(|error| self.broken(&error))
    }

    pub(super) fn send_with(&mut self, request: &Request, file: &OwnedFd) -> Result<(), Error> {
        request.write(&mut self.out);
        let sent = self.channel.send_with(&self.out, file.as_fd());
        sent.map_err(|error| self.broken(&error))
    }

    /// Sends a request and returns the reply.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Reply, Error> {
        self.send(request)?;
        self.answer()
    }

    /// Waits for a reply, which has to come soon.
    pub(super) fn answer(&mut self) -> Result<Reply, Error> {
        match poll_until([self.channel.as_fd()], Some(Instant::now() + self.answer_timeout)) {
            Ok([true]) => self.receive(),
            Ok([false]) => {
                let message = format!("it did not answer within {} s", self.answer_timeout.as_secs_f32());
                Err(Error::new(ErrorKind::Lost, message))
            }
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Receives the reply that is there. An error of the plugin is returned as such.
    pub(super) fn receive(&mut self) -> Result<Reply, Error> {
        let received = self
            .channel
            .receive()
            .map(|(bytes, _)| if bytes.is_empty() { None } else { Some(Reply::read(bytes)) });
        match received {
            Ok(Some(Ok(Reply::Failed(error)))) => Err(error),
            Ok(Some(Ok(reply))) => Ok(reply),
            Ok(Some(Err(malformed))) => Err(Error::new(ErrorKind::Ended, malformed.to_string())),
            Ok(None) => Err(self.broken(&io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Returns the error of a process that ended, or whose socket broke.
    pub(super) fn broken(&mut self, error: &io::Error) -> Error {
        let message = match self.wait(EXIT_TIMEOUT) {
            Some(status) => format!("its process ended unexpectedly: {status}"),
            None => format!("its process can't be reached: {error}"),
        };
        Error::new(ErrorKind::Lost, message)
    }

    pub(super) fn out_of_order(&self) -> Error {
        let message = format!("plugin {} answered something else than it was asked", self.path.display());
        Error::new(ErrorKind::Ended, message)
    }

    /// Ends the process and all that it started. It is not reaped yet: until then no other group has its number.
    fn kill(&self) {
        let _all_ended = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }

    /// Waits for the end of the process.
    fn wait(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let process = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty()).ok()?;
        let has_ended = poll_until([process.as_fd()], Some(Instant::now() + timeout)).ok()?;
        if has_ended == [true] {
            self.kill();
        }
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The process ends when the socket does; one that hangs is killed.
        let _ = rustix::net::shutdown(&self.channel, rustix::net::Shutdown::Both);
        if self.wait(EXIT_TIMEOUT).is_none() {
            self.kill();
            let _ = self.child.wait();
        }
    }
}
