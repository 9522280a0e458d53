//! Why there is no screen cast, or none any more: what was wrong and what to do, in a sentence.

use std::time::Duration;

use lanstream_plugin::core::source::{Error, ErrorKind};

/// Reason why there is no screen cast.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error(
        "there is no session bus, by which the desktop's portal is asked: run this in a desktop session, or set \
         DBUS_SESSION_BUS_ADDRESS to its bus ({0})"
    )]
    NoBus(String),
    #[error(
        "this session has no portal that hands out screens: install xdg-desktop-portal and the backend of your \
         desktop (xdg-desktop-portal-gnome, -kde or -wlr), and log in anew ({0})"
    )]
    NoPortal(String),
    #[error(
        "the desktop's portal has not answered for {} s: restart it by `systemctl --user restart \
         xdg-desktop-portal`, or log in anew", .0.as_secs()
    )]
    Silent(Duration),
    #[error("the desktop's portal offers no {0}s to be captured: leave out `--kind {0}`")]
    NoSuchKind(&'static str),
    #[error(
        "nothing was shared in the desktop's dialog: run the command again and pick a screen or a window there"
    )]
    Declined,
    #[error("the desktop's portal refuses the screen cast: {0}; its own log says more (`journalctl --user`)")]
    Refused(String),
    #[error("the desktop has ended the screen cast: run the command again to share the screen anew")]
    Closed,
    #[error(
        "the desktop's portal hands out no connection to PipeWire: install pipewire and wireplumber, and see that \
         both run (`systemctl --user status pipewire wireplumber`) ({0})"
    )]
    NoPipeWire(String),
    #[error("PipeWire is gone, and the screen cast with it; it goes on when PipeWire is back")]
    PipeWireGone,
    #[error("the stream of the screen cast broke off: {0}")]
    StreamGone(String),
    #[error(
        "the desktop's stream offers no pixels with 8 bits a colour in shared memory, and others are not supported, \
         or nothing links it: turn off HDR or 10-bit colour in the desktop's settings, and see that wireplumber runs \
         ({0})"
    )]
    NoFormat(String),
    #[error("the pictures of the screen cast cannot be read: {0}; report this with the name of your desktop")]
    Unreadable(String),
    #[error("there are no threads or descriptors for the screen cast: {0}")]
    NoResources(String),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let kind = match failure {
            Failure::NoBus(_)
            | Failure::NoPortal(_)
            | Failure::Silent(_)
            | Failure::NoSuchKind(_)
            | Failure::NoPipeWire(_)
            | Failure::NoFormat(_)
            | Failure::Unreadable(_) => ErrorKind::Unsupported,
            // Not lost: opened again, the dialog would come again and again.
            Failure::Declined | Failure::Refused(_) | Failure::Closed => ErrorKind::Ended,
            Failure::PipeWireGone | Failure::StreamGone(_) | Failure::NoResources(_) => ErrorKind::Lost,
        };
        Self::new(kind, failure.to_string())
    }
}
