//! A bounded set of disjoint rectangles: where a picture may have changed.
//!
//! It is damage, so it may cover more than what was added, never less. It lives inline, so that merging damage never
//! allocates.

use crate::geometry::{Rect, Size};

/// Most rectangles a region keeps apart. Beyond it the two whose union wastes least become one; a screen's damage
/// is rarely more than a dozen rectangles, and each costs the source a request.
pub const RECTS_MAX: usize = 16;

/// Disjoint rectangles that cover everything ever added to them.
#[derive(Clone, Copy, Default)]
pub struct Region {
    rects: [Rect; RECTS_MAX],
    len: usize,
}

impl Region {
    /// Nothing.
    pub const EMPTY: Self = Self { rects: [Rect { x: 0, y: 0, width: 0, height: 0 }; RECTS_MAX], len: 0 };

    /// All of a picture.
    pub fn full(size: Size) -> Self {
        Self::from(size.bounds())
    }

    /// The rectangles, in no particular order.
    pub fn rects(&self) -> &[Rect] {
        &self.rects[..self.len]
    }

    /// Whether it covers nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of pixels covered.
    pub fn area(&self) -> usize {
        self.rects().iter().map(|rect| rect.area()).sum()
    }

    /// Whether all of `rect` lies within one rectangle of the region.
    pub fn contains(&self, rect: Rect) -> bool {
        self.rects().iter().any(|own| own.contains(rect))
    }

    /// Covers `rect` as well.
    pub fn add(&mut self, mut rect: Rect) {
        loop {
            self.absorb_into(&mut rect);
            if self.len < RECTS_MAX {
                self.rects[self.len] = rect;
                self.len += 1;
                return;
            }
            rect = self.take_cheapest_partner(rect).bounding(rect);
        }
    }

    /// Covers all of `other` as well.
    pub fn merge(&mut self, other: &Self) {
        for rect in other.rects() {
            self.add(*rect);
        }
    }

    /// The part within `bounds`.
    pub fn clipped(&self, bounds: Rect) -> Self {
        let mut inside = Self::EMPTY;
        for rect in self.rects().iter().filter_map(|rect| rect.intersection(bounds)) {
            inside.add(rect);
        }
        inside
    }

    /// The rectangles that don't wholly lie within one rectangle of `taken`.
    #[must_use]
    pub fn without(&self, taken: &Self) -> Self {
        let mut left = Self::EMPTY;
        for rect in self.rects().iter().filter(|rect| !taken.contains(**rect)) {
            left.add(*rect);
        }
        left
    }

    /// Removes every rectangle that `rect` overlaps, or joins to without waste, and grows it over them, until none is
    /// left.
    fn absorb_into(&mut self, rect: &mut Rect) {
        while let Some(index) = self.rects().iter().position(|own| should_join(*own, *rect)) {
            *rect = rect.bounding(self.remove(index));
        }
    }

    fn take_cheapest_partner(&mut self, rect: Rect) -> Rect {
        let waste = |own: &Rect| own.bounding(rect).area() - own.area();
        let cheapest = (0..self.len).min_by_key(|index| waste(&self.rects[*index]));
        cheapest.map_or(rect, |index| self.remove(index))
    }

    fn remove(&mut self, index: usize) -> Rect {
        let rect = self.rects[index];
        self.len -= 1;
        self.rects[index] = self.rects[self.len];
        rect
    }
}

fn should_join(a: Rect, b: Rect) -> bool {
    a.intersection(b).is_some() || a.bounding(b).area() <= a.area() + b.area()
}

impl From<Rect> for Region {
    fn from(rect: Rect) -> Self {
        let mut region = Self::EMPTY;
        region.add(rect);
        region
    }
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.rects()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_rect() -> impl Strategy<Value = Rect> {
        (0..200u32, 0..200u32, 1..60u32, 1..60u32).prop_map(|(x, y, width, height)| Rect {
            x,
            y,
            width,
            height,
        })
    }

    proptest! {
        #[test]
        fn covers_all_that_was_added_and_stays_disjoint(rects in prop::collection::vec(any_rect(), 1..80)) {
            let mut region = Region::EMPTY;
            for (count, rect) in rects.iter().enumerate() {
                region.add(*rect);
                for added in &rects[..=count] {
                    prop_assert!(region.contains(*added));
                }
            }
            for (index, a) in region.rects().iter().enumerate() {
                for b in &region.rects()[index + 1..] {
                    prop_assert_eq!(a.intersection(*b), None);
                }
            }
        }
    }

    #[test]
    fn distant_rects_stay_apart() {
        let mut region = Region::from(Rect::new(0, 0, 10, 10).unwrap());
        region.add(Rect::new(100, 100, 10, 10).unwrap());
        assert_eq!(region.area(), 200);
    }

    #[test]
    fn contains_what_is_in_one_of_its_rects_and_nothing_else() {
        let mut region = Region::from(Rect::new(10, 10, 10, 10).unwrap());
        region.add(Rect::new(100, 100, 10, 10).unwrap());
        for (x, y, width, height, is_in) in [
            (10, 10, 10, 10, true),
            (12, 13, 2, 1, true),
            (105, 105, 5, 5, true),
            (9, 10, 2, 2, false),
            (10, 9, 2, 2, false),
            (19, 10, 2, 2, false),
            (10, 19, 2, 2, false),
            (50, 50, 1, 1, false),
            (0, 0, 200, 200, false),
        ] {
            let rect = Rect::new(x, y, width, height).unwrap();
            assert_eq!(region.contains(rect), is_in, "{rect:?}");
        }
        assert!(!Region::EMPTY.contains(Rect::new(0, 0, 1, 1).unwrap()));
    }

    #[test]
    fn a_region_is_empty_until_something_is_added_and_clipped_to_what_it_shares() {
        let region = Region::from(Rect::new(10, 10, 10, 10).unwrap());
        assert!(Region::EMPTY.is_empty() && !region.is_empty());
        assert_eq!(
            region.clipped(Rect::new(15, 12, 100, 3).unwrap()).rects(),
            [Rect::new(15, 12, 5, 3).unwrap()]
        );
        assert!(region.clipped(Rect::new(50, 50, 5, 5).unwrap()).is_empty());
    }
}
