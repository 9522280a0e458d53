use proptest::prelude::*;

use super::*;
use crate::frame_buffer::{FrameBuffer, Layout, PixelFormat};
use crate::geometry::SIDE_MAX;
use crate::tile::Grid;
use crate::time::Micros;

const SCREEN: Size = Size { width: 1280, height: 720 };

/// What is seen at each place of an endless plane.
type Scene = fn(i32, i32) -> u32;

fn frame(size: Size, pixel: impl Fn(i32, i32) -> u32) -> Frame {
    let places =
        (0..size.height.cast_signed()).flat_map(|y| (0..size.width.cast_signed()).map(move |x| (x, y)));
    let memory: Vec<u8> = places.flat_map(|(x, y)| pixel(x, y).to_le_bytes()).collect();
    Frame::new(FrameBuffer::new(Layout::packed(size, PixelFormat::Bgrx8), Box::new(memory)).unwrap())
}

/// Stamps the tiles of `new` that differ from `old` with 2, all others with 1.
fn stamp(old: &Frame, new: &mut Frame) {
    let grid = Grid::new(new.cells());
    new.stamps.fill(grid.tiles(), 1, 0);
    let here = Offset { dx: 0, dy: 0 };
    for tile in (0..grid.rows()).flat_map(|row| (0..grid.columns()).map(move |column| (column, row))) {
        if !is_moved(old, new, grid.rect(tile.0, tile.1), here) {
            new.stamps.set(grid.index(tile.0, tile.1), 2);
        }
    }
    new.stamps.know(grid.rows());
}

/// A frame of each function, the second stamped with what differs.
fn frames(size: Size, old: impl Fn(i32, i32) -> u32, new: impl Fn(i32, i32) -> u32) -> (Frame, Frame) {
    let (old, mut new) = (frame(size, old), frame(size, new));
    stamp(&old, &mut new);
    (old, new)
}

fn scrolled(scene: Scene, dx: i32, dy: i32) -> (Frame, Frame) {
    frames(SCREEN, scene, |x, y| scene(x - dx, y - dy))
}

/// Changed tiles that moved by an offset.
fn explained(old: &Frame, new: &Frame, offset: Offset) -> usize {
    let grid = Grid::new(new.cells());
    let tiles = (0..grid.rows()).flat_map(|row| (0..grid.columns()).map(move |column| (column, row)));
    let changed = tiles.filter(|(column, row)| new.stamps.of(grid.index(*column, *row)) > 1);
    changed.filter(|(column, row)| is_moved(old, new, grid.rect(*column, *row), offset)).count()
}

/// Finds an offset that explains no less than the true one.
fn check(old: &Frame, new: &Frame, truth: Offset) {
    let found = Motion::default().find(old, new, 1).unwrap_or_else(|| panic!("{truth:?} is not found"));
    let (found_tiles, true_tiles) = (explained(old, new, found), explained(old, new, truth));
    assert!(found_tiles >= true_tiles, "{found:?} explains {found_tiles} tiles, {truth:?} {true_tiles}");
}

fn hash(x: i32, y: i32) -> u32 {
    let mixed = x.cast_unsigned().wrapping_mul(0x9E37_79B1) ^ y.cast_unsigned().wrapping_mul(0x85EB_CA6B);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2C1B_3C6D);
    mixed ^ mixed >> 13
}

fn noise(x: i32, y: i32) -> u32 {
    hash(x, y) >> 8
}

/// Which of thirty letters stands in a cell of 8x16 pixels, if one does: lines of words, some shorter than others.
fn letter(x: i32, y: i32) -> Option<u32> {
    let (column, line) = (x.div_euclid(8), y.div_euclid(16));
    let is_within = column < (hash(line, 3) % 150).cast_signed();
    let letter = hash(column, line) % 36;
    (is_within && letter < 30).then_some(letter)
}

/// Letters in black and white, of coarse strokes.
fn text(x: i32, y: i32) -> u32 {
    let (x_within, y_within) = (x.rem_euclid(8), y.rem_euclid(16));
    let is_ink = |letter: u32| {
        (3..13).contains(&y_within)
            && hash(x_within / 2 + letter.cast_signed() * 8, y_within / 2).is_multiple_of(2)
    };
    if letter(x, y).is_some_and(is_ink) { 0x22_2222 } else { 0xff_ffff }
}

/// Rows of a list, every other one shaded, with an icon of four kinds each, smooth letters and a rule below.
fn ui(x: i32, y: i32) -> u32 {
    let (x_within, y_within) = (x.rem_euclid(8), y.rem_euclid(16));
    let row = y.div_euclid(16);
    let paper = if row.rem_euclid(2) == 0 { 0xff } else { 0xf4 };
    let grey = match letter(x, y) {
        _ if y_within == 15 => 0xe0,
        _ if (0..24).contains(&x) => hash(x / 3, y_within / 3 + hash(row, 0).cast_signed() % 4 * 16) % 5 * 60,
        Some(letter) if (3..13).contains(&y_within) => {
            paper - paper * (hash(x_within + letter.cast_signed() * 8, y_within) % 6).min(4) / 5
        }
        _ => paper,
    };
    grey * 0x01_0101
}

/// A page of lines of which each occurs many times.
fn repeated(x: i32, y: i32) -> u32 {
    text(x, y.rem_euclid(16) + 16 * (hash(y.div_euclid(16), 9) % 5).cast_signed())
}

#[test]
fn what_is_scrolled_or_moved_sideways() {
    let offsets = [
        (0, 1),
        (0, 3),
        (0, 16),
        (0, 100),
        (0, -133),
        (-1, 0),
        (7, 0),
        (250, 0),
        (13, -29),
        (0, -600),
        (0, 640),
        (-1000, 0),
    ];
    // Of a page that repeats itself, what is far away is no more like what was than what is near.
    let near = &offsets[..9];
    for (scene, offsets) in
        [(text as Scene, &offsets[..]), (ui, &offsets), (noise, &offsets), (repeated, near)]
    {
        for (dx, dy) in offsets.iter().copied() {
            let (old, new) = scrolled(scene, dx, dy);
            check(&old, &new, Offset { dx, dy });
        }
    }
}

/// Where rows at one distance were looked at, nothing but what is between the lines would be seen of some of these.
#[test]
fn low_lines_at_any_distance() {
    let size = Size { width: 640, height: 720 };
    for pitch in 9..60 {
        let low = |x, y: i32| {
            let row = y.rem_euclid(pitch) - (pitch - 8);
            if row >= 0 { text(x, y.div_euclid(pitch) * 16 + row + 4) } else { 0xff_ffff }
        };
        let (old, new) = frames(size, low, |x, y| low(x, y - 7));
        check(&old, &new, Offset { dx: 0, dy: 7 });
    }
}

#[test]
fn a_window_that_is_dragged_over_a_still_background() {
    for (window, background) in [(ui as Scene, noise as Scene), (text, |_, _| 0x33_6699), (noise, ui)] {
        for (dx, dy) in [(5, 3), (-40, 77), (1, -1), (120, -8)] {
            let seen = |left: i32, top: i32| {
                move |x, y| {
                    let is_window = (left..left + 500).contains(&x) && (top..top + 300).contains(&y);
                    if is_window { window(x - left, y - top) } else { background(x, y) }
                }
            };
            let (old, new) = frames(SCREEN, seen(303, 201), seen(303 + dx, 201 + dy));
            check(&old, &new, Offset { dx, dy });
        }
    }
}

#[test]
fn a_part_that_is_scrolled_beside_one_that_is_played() {
    let part = |dy: i32, at: i32| move |x, y| if x < 700 { text(x, y - dy) } else { noise(x + at * 5000, y) };
    let (old, new) = frames(SCREEN, part(0, 0), part(-48, 1));
    check(&old, &new, Offset { dx: 0, dy: -48 });
}

#[test]
fn nothing_is_found_where_nothing_moved() {
    let (old, new) = frames(SCREEN, noise, |x, y| noise(x + 9999, y));
    assert_eq!(Motion::default().find(&old, &new, 1), None);
    let (old, new) = frames(SCREEN, noise, |_, _| 0);
    assert_eq!(Motion::default().find(&old, &new, 1), None);
    let few = Size { width: 320, height: 96 };
    let (old, new) = frames(few, noise, |x, y| noise(x, y - 1));
    assert_eq!(Motion::default().find(&old, &new, 1), None, "60 tiles are not worth it");
}

#[test]
fn an_offset_that_goes_on_is_not_looked_for_again() {
    let (old, new) = scrolled(text, 0, 16);
    let mut motion = Motion::default();
    assert_eq!(motion.find(&old, &new, 1), Some(Offset { dx: 0, dy: 16 }));
    motion.votes.clear();
    assert_eq!(motion.find(&old, &new, 1), Some(Offset { dx: 0, dy: 16 }));
    assert_eq!(motion.votes.most().count(), 0, "nothing was looked for");
    let (old, new) = scrolled(text, 0, -5);
    assert_eq!(
        motion.find(&old, &new, 1),
        Some(Offset { dx: 0, dy: -5 }),
        "the last one is no good any more"
    );
}

#[test]
fn a_film_is_looked_at_less_and_less() {
    let (old, new) = frames(SCREEN, noise, |x, y| noise(x + 9999, y));
    let (scroll_old, scroll_new) = scrolled(noise, 0, 4);
    let mut motion = Motion::default();
    let is_searched = |_: &usize| {
        let is_due = motion.pause.left == 0;
        assert_eq!(motion.find(&old, &new, 1), None);
        is_due
    };
    let searches: Vec<usize> = (0..100).filter(is_searched).collect();
    assert_eq!(searches, [0, 2, 5, 10, 19, 36, 53, 70, 87]);
    let next = (0..).find(|_| motion.find(&scroll_old, &scroll_new, 1).is_some());
    assert!(next.is_some_and(|frames| frames <= PAUSE_MAX));
    assert_eq!(motion.pause.length, 0, "what is found ends all pauses");
    assert!(!motion.rests(), "it may go on");
}

#[test]
fn frames_that_are_left_out_are_told_beforehand() {
    let (old, new) = frames(SCREEN, noise, |x, y| noise(x + 9999, y));
    let mut motion = Motion::default();
    let is_searched = |_: &usize| !motion.rests() && motion.find(&old, &new, 1).is_none();
    let searches: Vec<usize> = (0..100).filter(is_searched).collect();
    assert_eq!(searches, [0, 2, 5, 10, 19, 36, 53, 70, 87]);
}

#[test]
fn what_goes_on_is_seen_before_all_is_known() {
    let (old, new) = scrolled(noise, 0, 4);
    let rows = new.stamps.rows();
    let mut motion = Motion::default();
    assert_eq!(motion.goes_on(&old, &new, 1), None, "nothing has begun");
    assert!(motion.find(&old, &new, 1).is_some());
    for (known, found) in [(0, false), (rows / 4, true), (rows, true)] {
        new.stamps.know(known);
        assert_eq!(motion.goes_on(&old, &new, 1).is_some(), found, "{known} of {rows} rows are known");
    }
}

#[test]
fn an_offset_that_goes_on_ends_a_pause() {
    let (film_old, film_new) = frames(SCREEN, noise, |x, y| noise(x + 9999, y));
    let (old, new) = scrolled(noise, 0, 4);
    let mut motion = Motion::default();
    for _ in 0..3 {
        assert_eq!(motion.find(&old, &new, 1), Some(Offset { dx: 0, dy: 4 }));
        assert_eq!(motion.find(&film_old, &film_new, 1), None);
        assert_eq!(motion.pause.length, 1);
    }
}

#[test]
fn sides_as_short_and_as_long_as_there_are() {
    let sides = [1, 2, 15, 16, 17, 70, 71, 72];
    let pairs = sides.iter().flat_map(|short| [(*short, SIDE_MAX), (SIDE_MAX, *short), (*short, *short)]);
    for (width, height) in pairs {
        let size = Size::new(width, height).unwrap();
        let (dx, dy) = if width > height { (-5000, 0) } else { (0, 5000) };
        let (old, new) = frames(size, noise, |x, y| noise(x - dx, y - dy));
        let found = Motion::default().find(&old, &new, 1);
        let has_place = width.max(height) == SIDE_MAX && width > 70 && height > 15;
        assert_eq!(found, has_place.then_some(Offset { dx, dy }), "{size}");
    }
}

#[test]
fn sources_lie_wholly_within_the_picture() {
    let size = Size { width: 100, height: 50 };
    let source = |dx, dy| Offset { dx, dy }.source(Rect { x: 10, y: 10, width: 20, height: 20 }, size);
    assert_eq!(source(10, 10), Rect::new(0, 0, 20, 20));
    assert_eq!(source(-70, -20), Rect::new(80, 30, 20, 20));
    for (dx, dy) in [(11, 0), (0, 11), (-71, 0), (0, -21), (i32::MIN, 0), (0, i32::MAX)] {
        assert_eq!(source(dx, dy), None);
    }
}

#[test]
fn one_pixel_that_differs_is_enough() {
    let size = Size { width: 60, height: 40 };
    let offset = Offset { dx: 3, dy: -2 };
    let (old, mut new) = frames(size, noise, |x, y| noise(x - offset.dx, y - offset.dy));
    let rect = Rect { x: 5, y: 6, width: 33, height: 15 };
    assert!(is_moved(&old, &new, rect, offset));
    for (x, y) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))) {
        let byte = (y * size.width + x) as usize * PIXEL_BYTES;
        new.begin_capture(Micros::ZERO).bytes_mut()[byte] ^= 1;
        let is_within = rect.contains(Rect { x, y, width: 1, height: 1 });
        assert_eq!(is_moved(&old, &new, rect, offset), !is_within, "with another pixel at {x}, {y}");
        new.begin_capture(Micros::ZERO).bytes_mut()[byte] ^= 1;
    }
}

/// A picture of few colours, so that something equals something else now and then, and a part of it elsewhere.
#[derive(Clone, Debug)]
struct Scenery {
    size: Size,
    seed: i32,
    colours: u32,
    part: Rect,
    offset: Offset,
}

fn scenery() -> impl Strategy<Value = Scenery> {
    let side = || prop_oneof![1..4_u32, 1..300_u32, Just(71), Just(256)];
    let size = prop_oneof![
        8 => (side(), side()).prop_map(|(width, height)| Size { width, height }),
        1 => (1..40_u32).prop_map(|height| Size { width: SIDE_MAX, height }),
        1 => (1..90_u32).prop_map(|width| Size { width, height: SIDE_MAX }),
    ];
    let part = (0..300_u32, 0..300_u32, 1..400_u32, 1..400_u32).prop_map(|(x, y, width, height)| Rect {
        x,
        y,
        width,
        height,
    });
    let offset = (-300..300_i32, -300..300_i32).prop_map(|(dx, dy)| Offset { dx, dy });
    (size, any::<i32>(), 1..6_u32, part, offset).prop_map(|(size, seed, colours, part, offset)| Scenery {
        size,
        seed,
        colours,
        part,
        offset,
    })
}

impl Scenery {
    fn frames(&self) -> (Frame, Frame) {
        let Self { seed, colours, part, offset, .. } = *self;
        let old = |x: i32, y: i32| hash(x ^ seed, y) % colours;
        let new = |x: i32, y: i32| {
            let here = Rect { x: x.cast_unsigned(), y: y.cast_unsigned(), width: 1, height: 1 };
            if part.contains(here) { old(x - offset.dx, y - offset.dy) } else { old(x, y) }
        };
        frames(self.size, old, new)
    }
}

/// What [`is_moved`] says, pixel by pixel.
fn is_moved_naively(old: &Frame, new: &Frame, rect: Rect, offset: Offset) -> bool {
    let pixel = |frame: &Frame, x: i64, y: i64| {
        let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        let is_within = x < frame.cells().width && y < frame.cells().height;
        is_within.then(|| frame.row(x, y, 1).to_vec())
    };
    let mut places = (rect.y..rect.bottom())
        .flat_map(|y| (rect.x..rect.right()).map(move |x| (i64::from(x), i64::from(y))));
    let is_same = |(x, y)| {
        let was = pixel(old, x - i64::from(offset.dx), y - i64::from(offset.dy));
        was.is_some() && was == pixel(new, x, y)
    };
    places.all(is_same)
}

proptest! {
    #[test]
    fn what_is_said_to_have_moved_has(
        scenery in scenery(),
        wild in (any::<i32>(), any::<i32>()),
        base in 0..3_u32,
    ) {
        let (old, new) = scenery.frames();
        let found = Motion::default().find(&old, &new, base);
        let wild = Offset { dx: wild.0, dy: wild.1 };
        let near = Offset { dx: wild.dx % 3, dy: wild.dy % 3 };
        let grid = Grid::new(new.cells());
        for offset in [Some(scenery.offset), Some(wild), Some(near), found].into_iter().flatten() {
            for index in (0..grid.columns() * grid.rows()).take(200) {
                let rect = grid.rect(index % grid.columns(), index / grid.columns());
                prop_assert_eq!(
                    is_moved(&old, &new, rect, offset),
                    is_moved_naively(&old, &new, rect, offset)
                );
            }
        }
    }
}
