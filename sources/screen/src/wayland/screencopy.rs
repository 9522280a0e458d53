//! Pictures by `wlr-screencopy`: the compositor copies all of an output into a buffer, at once or when something has
//! changed there, and says what has.

use wayland_client::WEnum;
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_frame_v1 as frame;

use super::answer::Answer;
use super::view::Constraints;

/// What an event of a frame means. Returns `None` for one without use.
pub(super) fn answer(event: frame::Event) -> Option<Answer> {
    Some(match event {
        frame::Event::Buffer { format, width, height, stride } => {
            Answer::Constraints(Constraints { format, width, height, stride })
        }
        frame::Event::BufferDone => Answer::Offered,
        frame::Event::Flags { flags: WEnum::Value(flags) } if flags.contains(frame::Flags::YInvert) => {
            Answer::Inverted
        }
        frame::Event::Damage { x, y, width, height } => Answer::Damaged(x, y, width, height),
        // Its timestamp is by a clock that the protocol does not name.
        frame::Event::Ready { .. } => Answer::Ready,
        frame::Event::Failed => Answer::Failed,
        _ => return None,
    })
}
