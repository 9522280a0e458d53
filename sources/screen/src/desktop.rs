//! The choice between the systems that show the screen of a Unix desktop, at run time.
//!
//! In a Wayland session there is often an X server too, for programs that need one. What it has of the screen is black
//! but for the windows of such programs, so it is captured only if the user asks for it.

use std::env;

use lanstream_core::source::{Error, Source};

use crate::{Backend, Listed, Options, Target, wayland, x11};

pub(crate) fn open(target: &Target, options: &Options) -> Result<Box<dyn Source>, Error> {
    match chosen(options, variable) {
        Chosen::Wayland => wayland::open(target, options),
        Chosen::X11 => x11::open(target, options),
    }
}

pub(crate) fn list(options: &Options) -> Result<Vec<Listed>, Error> {
    match chosen(options, variable) {
        Chosen::Wayland => wayland::list(options),
        Chosen::X11 => x11::list(options),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chosen {
    X11,
    Wayland,
}

fn chosen(options: &Options, variable: impl Fn(&str) -> Option<String>) -> Chosen {
    match options.backend {
        Backend::X11 => return Chosen::X11,
        Backend::Wayland => return Chosen::Wayland,
        Backend::Auto => {}
    }
    let is_wayland = options.wayland_display.is_some()
        || options.x_display.is_none()
            && (variable("WAYLAND_DISPLAY").is_some()
                || variable("XDG_SESSION_TYPE").is_some_and(|kind| kind == "wayland"));
    if is_wayland { Chosen::Wayland } else { Chosen::X11 }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(options: &Options, set: &[(&str, &str)]) -> Chosen {
        chosen(options, |name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_wayland_session_is_captured_by_wayland() {
        let auto = Options::default();
        assert_eq!(choose(&auto, &[("DISPLAY", ":0")]), Chosen::X11);
        assert_eq!(choose(&auto, &[]), Chosen::X11);
        assert_eq!(choose(&auto, &[("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-1")]), Chosen::Wayland);
        assert_eq!(choose(&auto, &[("DISPLAY", ":0"), ("XDG_SESSION_TYPE", "wayland")]), Chosen::Wayland);
        assert_eq!(choose(&auto, &[("DISPLAY", ":0"), ("XDG_SESSION_TYPE", "x11")]), Chosen::X11);
    }

    #[test]
    fn what_the_user_says_goes_first() {
        let wayland = [("WAYLAND_DISPLAY", "wayland-1")];
        let x11 = Options { backend: Backend::X11, ..Options::default() };
        assert_eq!(choose(&x11, &wayland), Chosen::X11);
        let display = Options { x_display: Some(":1".into()), ..Options::default() };
        assert_eq!(choose(&display, &wayland), Chosen::X11);
        let backend = Options { backend: Backend::Wayland, ..Options::default() };
        assert_eq!(choose(&backend, &[("DISPLAY", ":0")]), Chosen::Wayland);
    }
}
