//! Windows of the session: what they are called and where they are shown, by `wlr-foreign-toplevel-management`. The
//! compositor is asked when somebody wants to know, so that it says nothing otherwise.

use wayland_client::Proxy as _;
use wayland_client::protocol::wl_output::WlOutput;
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_handle_v1::{
    self as handle, ZwlrForeignToplevelHandleV1,
};

/// The windows that the compositor told of.
#[derive(Default)]
pub(super) struct Toplevels(Vec<Toplevel>);

struct Toplevel {
    handle: ZwlrForeignToplevelHandleV1,
    title: String,
    outputs: Vec<WlOutput>,
    is_minimized: bool,
}

impl Toplevels {
    pub(super) fn add(&mut self, handle: ZwlrForeignToplevelHandleV1) {
        let (title, outputs, is_minimized) = (String::new(), Vec::new(), false);
        self.0.push(Toplevel { handle, title, outputs, is_minimized });
    }

    /// Takes in what the compositor says of a window.
    pub(super) fn note(&mut self, handle: &ZwlrForeignToplevelHandleV1, event: handle::Event) {
        let Some(own) = self.0.iter_mut().find(|own| own.handle.id() == handle.id()) else { return };
        match event {
            handle::Event::Title { title } => own.title = title,
            handle::Event::OutputEnter { output } => own.outputs.push(output),
            handle::Event::OutputLeave { output } => own.outputs.retain(|known| *known != output),
            handle::Event::State { state } => own.is_minimized = is_minimized(&state),
            _ => {}
        }
    }

    /// Whether a window with `part` in its title is on an output.
    pub(super) fn shows(&self, part: &str, output: &WlOutput) -> bool {
        let is_shown = |own: &&Toplevel| !own.is_minimized && own.outputs.contains(output);
        self.0.iter().filter(is_shown).any(|own| own.title.contains(part))
    }

    /// Forgets all windows.
    pub(super) fn clear(&mut self) {
        self.0.drain(..).for_each(|own| own.handle.destroy());
    }
}

/// Whether a window's states, numbers in the machine's order, have that one among them.
fn is_minimized(states: &[u8]) -> bool {
    let minimized = u32::from(handle::State::Minimized).to_ne_bytes();
    states.as_chunks().0.contains(&minimized)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_numbers() {
        let states =
            |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_ne_bytes()).collect::<Vec<_>>();
        assert!(is_minimized(&states(&[2, 1])));
        assert!(!is_minimized(&states(&[0, 2, 3])));
        assert!(!is_minimized(&[1, 0]));
    }
}
