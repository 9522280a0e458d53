//! Which offsets most samples vote for.

use super::Offset;
use super::changes::PARTS;

/// Slots, as a power of two: of offsets that share one, only one is counted.
const SLOT_BITS: u32 = 12;
/// Offsets that are worth to be compared. In text, lines that look alike vote for several.
const MOST_MAX: usize = 8;

/// The votes of one search.
#[derive(Debug)]
pub(super) struct Votes {
    slots: Vec<Vote>,
}

/// Who voted for an offset.
#[derive(Clone, Copy, Debug)]
struct Vote {
    offset: Offset,
    /// A bit for each sample: one with many anchors has no more to say than another.
    samples: u64,
}

const _: () = assert!(PARTS <= u64::BITS as usize);

impl Default for Votes {
    fn default() -> Self {
        Self { slots: vec![Vote::NONE; 1 << SLOT_BITS] }
    }
}

impl Votes {
    /// Forgets all votes.
    pub(super) fn clear(&mut self) {
        self.slots.fill(Vote::NONE);
    }

    /// Counts a vote. What did not move at all needs none.
    ///
    /// A vote for another offset in the same slot takes one away, and the slot once none is left: the one that gets
    /// most of a slot's votes has it in the end.
    pub(super) fn add(&mut self, offset: Offset, sample: u8) {
        let slot = &mut self.slots[slot_of(offset)];
        if slot.samples == 0 {
            slot.offset = offset;
        }
        if slot.offset == offset {
            slot.samples |= u64::from(offset != Offset::NONE) << sample;
        } else {
            slot.samples &= slot.samples - 1;
        }
    }

    /// The offsets with most votes, those with the most last.
    pub(super) fn most(&self) -> impl Iterator<Item = Offset> + use<> {
        let mut most = [Vote::NONE; MOST_MAX];
        for vote in &self.slots {
            if vote.count() > most[0].count() {
                most[0] = *vote;
                most.sort_unstable_by_key(Vote::count);
            }
        }
        most.into_iter().filter(|vote| vote.samples != 0).map(|vote| vote.offset)
    }
}

impl Vote {
    const NONE: Self = Self { offset: Offset::NONE, samples: 0 };

    fn count(&self) -> u32 {
        self.samples.count_ones()
    }
}

fn slot_of(offset: Offset) -> usize {
    let both = offset.dx.cast_unsigned().wrapping_mul(0x9E37_79B1)
        ^ offset.dy.cast_unsigned().wrapping_mul(0x85EB_CA6B);
    (both >> (u32::BITS - SLOT_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_goes_to_who_gets_most_of_its_votes() {
        let often = Offset { dx: 0, dy: 1 };
        let shares_slot = |other: &Offset| slot_of(*other) == slot_of(often);
        let seldom: Vec<Offset> = (2..).map(|dy| Offset { dx: 5, dy }).filter(shares_slot).take(3).collect();
        let mut votes = Votes::default();
        for sample in 0..12 {
            votes.add(if sample % 3 == 0 { seldom[usize::from(sample) % 2] } else { often }, sample);
        }
        assert_eq!(votes.most().collect::<Vec<_>>(), [often]);
    }

    #[test]
    fn the_most_come_last_and_what_stays_never() {
        let offsets =
            [(1, 1), (9, 3), (2, 2), (5, 9), (3, 5)].map(|(dx, count)| (Offset { dx, dy: 0 }, count));
        let mut votes = Votes::default();
        for (offset, count) in offsets {
            (0..count).for_each(|sample| votes.add(offset, sample));
            // Those of a sample that has voted before do not count, nor do those for not having moved.
            (0..20).for_each(|_| votes.add(offset, 0));
            (0..20).for_each(|sample| votes.add(Offset::NONE, sample));
        }
        assert_eq!(votes.most().map(|offset| offset.dx).collect::<Vec<_>>(), [1, 2, 9, 3, 5]);
        votes.clear();
        assert_eq!(votes.most().count(), 0);
    }
}
