//! Events of a screen that have happened and that `wait` has not returned yet.

use lanstream_core::Region;
use lanstream_core::source::Event;

/// Events that `wait` is to return.
#[derive(Default)]
pub(crate) struct PendingEvents {
    pub(crate) resized: bool,
    pub(crate) described: bool,
    pub(crate) damaged: bool,
    pub(crate) pointed: bool,
    /// There is a picture that can be rescanned, after it was said that there is none.
    pub(crate) rescannable: bool,
}

impl PendingEvents {
    /// Takes the most important event. [`Event::Damaged`] is returned when there is damage after there was none:
    /// whoever gets another event asks for the damage as well.
    pub(crate) fn take(&mut self, damage: &Region) -> Option<Event> {
        if std::mem::take(&mut self.resized) {
            self.damaged = false;
            return Some(Event::Resized);
        }
        if std::mem::take(&mut self.described) {
            return Some(Event::Described);
        }
        if std::mem::take(&mut self.damaged) && !damage.is_empty() {
            return Some(Event::Damaged);
        }
        if std::mem::take(&mut self.pointed) {
            return Some(Event::CursorMoved);
        }
        std::mem::take(&mut self.rescannable).then_some(Event::Woken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_is_returned_once_the_most_important_first() {
        let damage = Region::full(lanstream_core::Size { width: 2, height: 2 });
        let all = || PendingEvents {
            resized: true,
            described: true,
            damaged: true,
            pointed: true,
            rescannable: true,
        };
        let taken = |mut pending: PendingEvents, damage: &Region| -> Vec<_> {
            std::iter::from_fn(|| pending.take(damage)).collect()
        };
        let [described, moved] = [Event::Described, Event::CursorMoved];
        assert_eq!(taken(all(), &damage), [Event::Resized, described, moved, Event::Woken]);
        let same_size = || PendingEvents { resized: false, ..all() };
        assert_eq!(taken(same_size(), &damage), [described, Event::Damaged, moved, Event::Woken]);
        assert_eq!(taken(same_size(), &Region::EMPTY), [described, moved, Event::Woken]);
    }
}
