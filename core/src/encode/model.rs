//! Which way brings a group of tiles to a viewer soonest, by what encoding, bytes and decoding were measured to take.
//!
//! A group's cost is encode + bytes × what a byte takes on its viewer's pipe + decode + what painting it takes longer than
//! writing pixels does. There are no kinds of content: only how busy a group is, and the rates measured for that. What is not
//! chosen is tried now and then, so that a rate that was wrong once does not stay so.

use lanstream_codec::{Code, RGB_BYTES};

use super::painting::Painting;
use super::pipe::Pipe;
use super::prices::{PATCH_NS, Prices};
use super::rates::{BYTES_PER_RAW_PX, Rates};
use super::trial::{Trial, Trials};
use super::way::{CODES, DENSITIES, Way, density};
use crate::protocol::PATCH_BYTES;
use crate::time::Micros;

/// What is to be done with a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// How it goes.
    pub way: Way,
    /// Bytes of code from which on raw would have been quicker.
    pub limit: usize,
    /// What to code the beginning of it with as well, only to see how that does.
    pub sample: Option<Code>,
}

/// An update that was acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Of the update.
    pub bytes: usize,
    /// From its beginning until the acknowledgement.
    pub took_ns: f32,
    /// What the viewer spent of that on decoding.
    pub decode_ns: f32,
    /// How long the viewer painted the update before it.
    pub paint_ns: f32,
}

/// Another way takes over where it is cheaper by this: two that are alike do not alternate.
const HYSTERESIS: f32 = 0.9;
/// Groups of a density, or pixels of them, until a sample of one is coded in another way.
const SAMPLE_GROUPS: u32 = 64;
const SAMPLE_PX: u64 = 4 << 20;
/// Shares of what other ways cost at which moving begins, and goes on: two that are alike do not alternate.
const MOVES_BEGIN: f32 = 0.8;
const MOVES_GO_ON: f32 = 1.1;
/// Pixels whose cost is worth looking for what moved.
const MOVES_PX_MIN: u64 = 48 << 10;

/// A code is chosen where it costs less than so much of raw: it takes both ends more of their time, which others want as well,
/// and its first byte leaves later.
const WORTH: f32 = 0.8;
/// A share of raw pixels in large updates, so many of them in a row, from which on it is a film or noise: then some go raw
/// unseen, since to tell how busy all of it is costs more than to find that out a little later.
const RAW_SHARE_MIN: f32 = 0.95;
const RAW_PX_MIN: u64 = 256 << 10;
const RAW_UPDATES_MIN: u32 = 4;
const UNSEEN: u32 = 7;

/// The costs of one viewer.
#[derive(Debug)]
pub struct Model {
    pipe: Pipe,
    painting: Painting,
    rates: Rates,
    trials: Trials,
    trial: Trial,
    /// The way taken last.
    chosen: [Way; DENSITIES],
    since_sample: [(u32, u64); DENSITIES],
    samples: [usize; DENSITIES],
    /// Pixels of each density in the update being sent, and in the one before: the next will be like it.
    sent_px: [u64; DENSITIES],
    usual_px: [u64; DENSITIES],
    /// Of the update being sent, and pixels of it that went raw.
    encode_ns: f32,
    raw_px: u64,
    /// Seen updates in a row that were raw.
    raw_updates: u32,
    /// Updates that are still to go raw unseen, this one included.
    unseen: u32,
    /// It is looked for what moved.
    moves: bool,
}

impl Model {
    /// Nothing is measured yet, unless what a byte takes on this pipe is.
    pub fn new(now: Micros, byte_ns: Option<f32>) -> Self {
        let mut model = Self {
            pipe: byte_ns.map_or_else(Pipe::default, Pipe::of),
            painting: Painting::default(),
            rates: Rates::default(),
            trials: Trials::new(now),
            trial: Trial::None,
            chosen: [Way::Raw; DENSITIES],
            since_sample: [(0, 0); DENSITIES],
            samples: [0; DENSITIES],
            sent_px: [0; DENSITIES],
            usual_px: [0; DENSITIES],
            encode_ns: 0.0,
            raw_px: 0,
            raw_updates: 0,
            unseen: 0,
            moves: false,
        };
        (0..DENSITIES).for_each(|density| model.reconsider(density));
        model
    }

    /// Nanoseconds that one byte takes on the viewer's pipe.
    pub fn byte_ns(&self) -> f32 {
        self.pipe.byte_ns()
    }

    /// An update begins.
    pub fn begin(&mut self, now: Micros) {
        (0..DENSITIES).for_each(|density| self.reconsider(density));
        self.look_away();
        let usual = |cost: &dyn Fn(usize) -> f32| -> f32 {
            (0..DENSITIES).map(|density| self.usual_px[density] as f32 * cost(density)).sum()
        };
        let raw = usual(&|density| self.cost(Way::Raw, density));
        let coded = usual(&|density| self.cost(self.best_code(density), density));
        self.trial = self.trials.next(self.usual_px.iter().sum(), raw, coded, now);
    }

    /// Takes over what the last update was like, unless it went unseen.
    fn look_away(&mut self) {
        let (sent_px, raw_px) = (std::mem::take(&mut self.sent_px), std::mem::take(&mut self.raw_px));
        if self.unseen > 0 {
            self.unseen -= 1;
            return;
        }
        self.usual_px = sent_px;
        let is_raw = raw_px as f32 >= sent_px.iter().sum::<u64>() as f32 * RAW_SHARE_MIN;
        let is_film = is_raw && raw_px >= RAW_PX_MIN && self.trial == Trial::None;
        self.raw_updates = if is_film { self.raw_updates + 1 } else { 0 };
        if self.raw_updates >= RAW_UPDATES_MIN {
            self.unseen = UNSEEN;
        }
    }

    /// Whether anything but raw pixels and one colour is to be thought of in this update.
    pub fn is_seeing(&self) -> bool {
        self.unseen == 0 || self.trial != Trial::None
    }

    /// Whether updates like the last are worth looking for what moved in them. Where they are not, what looking takes is
    /// forgotten little by little, so that it comes to be tried again.
    pub fn wants_moves(&mut self) -> bool {
        if !self.is_seeing() {
            return false;
        }
        let dear = |density: &usize| self.is_better_moved(*density);
        let pixels: u64 = (0..DENSITIES).filter(dear).map(|density| self.usual_px[density]).sum();
        self.moves = pixels >= MOVES_PX_MIN;
        if !self.moves {
            self.rates.forget(Way::Move);
        }
        self.moves && self.trial == Trial::None
    }

    /// Whether tiles that are so busy are to be moved where they can be.
    pub fn is_moved(&self, pixels: u64, busy: u32) -> bool {
        self.is_better_moved(density(pixels, busy))
    }

    /// Whether tiles that are so busy are to be coded; it decides what is grouped with what.
    pub fn is_coded(&self, pixels: u64, busy: u32) -> bool {
        self.way(density(pixels, busy)) != Way::Raw
    }

    /// How to send a group of so many pixels, so many of them busy.
    pub fn choose(&mut self, pixels: u64, busy: u32) -> Choice {
        let density = density(pixels, busy);
        let way = self.next_way(pixels, density);
        Choice { way, limit: self.limit(way, density, pixels), sample: self.sample(way, density, pixels) }
    }

    /// It was looked for what moved in the update being sent.
    pub fn sought(&mut self, took_ns: f32) {
        self.encode_ns += took_ns;
        let pixels = self.sent_px.iter().sum::<u64>();
        // What it takes for a few pixels says nothing of what it takes for each of many.
        if pixels >= MOVES_PX_MIN {
            (0..DENSITIES)
                .for_each(|density| self.rates.encoded(Way::Move, density, pixels, Some(0), took_ns));
        }
    }

    /// A group, or its beginning, was encoded in so many bytes; `None`: it was given up.
    pub fn encoded(&mut self, code: Code, pixels: u64, busy: u32, bytes: Option<usize>, took_ns: f32) {
        self.rates.encoded(Way::Code(code), density(pixels, busy), pixels, bytes, took_ns);
    }

    /// A group is on its way.
    pub fn sent(&mut self, way: Way, pixels: u64, busy: u32, encode_ns: f32) {
        let density = density(pixels, busy);
        self.rates.sent(way, density, pixels);
        self.painting.sent(pixels, way == Way::Move);
        self.sent_px[density] += pixels;
        self.raw_px += if way == Way::Raw { pixels } else { 0 };
        self.encode_ns += encode_ns;
    }

    /// An update was acknowledged.
    pub fn answered(&mut self, answer: &Answer) {
        let encode_ns = std::mem::take(&mut self.encode_ns);
        self.pipe.took(answer.bytes, answer.took_ns - encode_ns - answer.decode_ns);
        self.rates.decoded(answer.decode_ns);
        self.painting.painted(answer.paint_ns);
    }

    /// What groups cost in the update that begins.
    pub fn prices(&self) -> Prices {
        let painted = self.painting.written_ns();
        let coded = |density| self.cost(self.chosen[density], density) + painted;
        Prices {
            patch: PATCH_NS + PATCH_BYTES as f32 * self.pipe.byte_ns(),
            raw: self.cost(Way::Raw, 0) + painted,
            coded: std::array::from_fn(coded),
            moved: self.cost(Way::Move, 0) + painted,
        }
    }

    /// Nanoseconds for a pixel, beyond writing it.
    fn cost(&self, way: Way, density: usize) -> f32 {
        let rate = self.rates.of(way, density);
        let paint_ns = if way == Way::Move { self.painting.moving_ns() } else { 0.0 };
        rate.encode_ns + rate.decode_ns + rate.bytes * self.pipe.byte_ns() + paint_ns
    }

    fn way(&self, density: usize) -> Way {
        match self.trial {
            Trial::None => self.chosen[density],
            Trial::Raw { .. } => Way::Raw,
            Trial::Coded => self.best_code(density),
        }
    }

    /// How a group goes that counts as one of a trial.
    fn next_way(&mut self, pixels: u64, density: usize) -> Way {
        if let Trial::Raw { left_px } = &mut self.trial {
            let Some(left) = left_px.checked_sub(pixels) else { return self.chosen[density] };
            *left_px = left;
        }
        self.way(density)
    }

    fn best_code(&self, density: usize) -> Way {
        let codes = CODES.map(Way::Code).into_iter();
        let cheaper = |a: &Way, b: &Way| self.cost(*a, density).total_cmp(&self.cost(*b, density));
        codes.min_by(cheaper).unwrap_or(Way::Raw)
    }

    fn reconsider(&mut self, density: usize) {
        let code = self.best_code(density);
        let is_worth_it = self.cost(code, density) < self.cost(Way::Raw, density) * WORTH;
        let best = if is_worth_it { code } else { Way::Raw };
        if self.cost(best, density) < self.cost(self.chosen[density], density) * HYSTERESIS {
            self.chosen[density] = best;
        }
    }

    fn is_better_moved(&self, density: usize) -> bool {
        let share = if self.moves { MOVES_GO_ON } else { MOVES_BEGIN };
        self.cost(Way::Move, density) < self.cost(self.chosen[density], density) * share
    }

    fn sample(&mut self, way: Way, density: usize, pixels: u64) -> Option<Code> {
        let (groups, sum) = &mut self.since_sample[density];
        (*groups, *sum) = (*groups + 1, *sum + pixels);
        if *groups < SAMPLE_GROUPS && *sum < SAMPLE_PX {
            return None;
        }
        (*groups, *sum) = (0, 0);
        self.samples[density] += 1;
        let code = CODES[self.samples[density] % CODES.len()];
        (way != Way::Code(code)).then_some(code)
    }

    /// Bytes of code from which on raw would have been quicker; never as many as raw has.
    fn limit(&self, way: Way, density: usize, pixels: u64) -> usize {
        let rate = self.rates.of(way, density);
        let spared_ns = self.cost(Way::Raw, density) - rate.encode_ns - rate.decode_ns;
        let bytes_per_px = (spared_ns / self.pipe.byte_ns()).clamp(0.5, BYTES_PER_RAW_PX);
        ((bytes_per_px * pixels as f32) as usize).min(pixels as usize * RGB_BYTES - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PX: u64 = 512 << 10;

    /// What a code truly makes of a pixel: bytes and nanoseconds at both ends together; `None`: it gives up.
    type Truth = fn(Code) -> Option<(f32, f32)>;

    /// A viewer's pipe as it truly is.
    struct World {
        byte_ns: f32,
        truth: Truth,
    }

    /// A model at work, and the time.
    struct Play {
        model: Model,
        now_us: u64,
    }

    impl Play {
        fn new() -> Self {
            Self { model: Model::new(Micros(0), None), now_us: 0 }
        }

        /// Sends updates of one kind for a minute. Returns the way that most of the last second's went.
        fn settle(&mut self, busy: u32, world: &World) -> Way {
            let ways: Vec<Way> = (0..1500).map(|_| self.send(busy, world)).collect();
            let last = &ways[ways.len() - 25..];
            let times = |way: &&Way| last.iter().filter(|other| other == way).count();
            *last.iter().max_by_key(times).unwrap()
        }

        fn send(&mut self, busy: u32, world: &World) -> Way {
            let model = &mut self.model;
            self.now_us += 40_000;
            model.begin(Micros(self.now_us));
            let choice = model.choose(PX, busy);
            if let Some(code) = choice.sample {
                encode(model, code, busy, choice.limit, world);
            }
            let mut sent = (PX as usize * RGB_BYTES, 0.5 * PX as f32, Way::Raw);
            if let Way::Code(code) = choice.way
                && let Some((bytes, ns)) = encode(model, code, busy, choice.limit, world)
            {
                sent = (bytes, ns, choice.way);
            }
            let (bytes, ns, way) = sent;
            model.sent(way, PX, busy, ns / 2.0);
            let took_ns = 400_000.0 + bytes as f32 * world.byte_ns + ns;
            model.answered(&Answer { bytes, took_ns, decode_ns: ns / 2.0, paint_ns: 0.4 * PX as f32 });
            way
        }
    }

    fn encode(model: &mut Model, code: Code, busy: u32, limit: usize, world: &World) -> Option<(usize, f32)> {
        let truth = (world.truth)(code).map(|(bytes, ns)| ((bytes * PX as f32) as usize, ns * PX as f32));
        let coded = truth.filter(|(bytes, _)| *bytes <= limit);
        let ns = truth.map_or(0.01 * PX as f32, |(_, ns)| ns / 2.0);
        model.encoded(code, PX, busy, coded.map(|(bytes, _)| bytes), ns);
        coded
    }

    fn text(code: Code) -> Option<(f32, f32)> {
        (code == Code::Predict).then_some((0.1, 1.1))
    }

    fn film(code: Code) -> Option<(f32, f32)> {
        (code == Code::Predict).then_some((2.2, 14.0))
    }

    const PREDICT: Way = Way::Code(Code::Predict);
    const TEXT_BUSY: u32 = PX as u32 / 40;
    const FILM_BUSY: u32 = PX as u32;

    #[test]
    fn text_is_coded_and_a_film_is_not_on_a_fast_pipe() {
        let mut play = Play::new();
        assert_eq!(play.settle(TEXT_BUSY, &World { byte_ns: 0.7, truth: text }), PREDICT);
        assert_eq!(play.settle(FILM_BUSY, &World { byte_ns: 0.7, truth: film }), Way::Raw);
    }

    #[test]
    fn a_film_is_coded_where_the_pipe_is_slow() {
        let world = World { byte_ns: 80.0, truth: film };
        assert_eq!(Play::new().settle(FILM_BUSY, &world), PREDICT);
    }

    #[test]
    fn what_turned_out_badly_once_is_tried_again() {
        let mut play = Play::new();
        let never = World { byte_ns: 2.0, truth: |_| None };
        assert_eq!(play.settle(PX as u32 / 3, &never), Way::Raw);
        let palette = |code| (code == Code::Palette).then_some((0.25, 1.0));
        let later = World { byte_ns: 2.0, truth: palette };
        assert_eq!(play.settle(PX as u32 / 3, &later), Way::Code(Code::Palette));
    }

    #[test]
    fn a_pipe_that_is_faster_than_it_seemed_is_found_out() {
        let mut play = Play::new();
        let slow_code = |code| (code == Code::Predict).then_some((0.8, 7.0));
        let before = World { byte_ns: 8.0, truth: slow_code };
        assert_eq!(play.settle(PX as u32 / 5, &before), PREDICT);
        let after = World { byte_ns: 0.6, ..before };
        assert_eq!(play.settle(PX as u32 / 5, &after), Way::Raw);
    }

    #[test]
    fn what_moves_is_looked_for_where_it_spares_much() {
        let mut play = Play::new();
        play.settle(FILM_BUSY, &World { byte_ns: 2.0, truth: film });
        // Some updates of a film go unseen.
        let mut wants = || {
            play.model.begin(Micros(0));
            play.model.wants_moves()
        };
        assert!((0..=UNSEEN).any(|_| wants()));
        play.settle(0, &World { byte_ns: 0.5, truth: |_| Some((0.01, 0.3)) });
        play.model.begin(Micros(0));
        assert!(!play.model.wants_moves());
    }

    #[test]
    fn a_film_is_looked_at_in_one_update_of_eight_until_it_is_none() {
        let mut play = Play::new();
        play.settle(FILM_BUSY, &World { byte_ns: 0.7, truth: film });
        let mut is_seen = |busy, truth| {
            play.send(busy, &World { byte_ns: 0.7, truth });
            play.model.is_seeing()
        };
        let seen = (0..80).filter(|_| is_seen(FILM_BUSY, film as Truth)).count();
        assert!((8..14).contains(&seen), "{seen} of 80 were seen");
        let seen = (0..80).filter(|_| is_seen(TEXT_BUSY, text as Truth)).count();
        assert!(seen >= 70, "{seen} of 80 were seen");
    }

    #[test]
    fn the_limit_is_below_raw() {
        let mut model = Model::new(Micros(0), None);
        for (pixels, busy) in [(1, 0), (1, 1), (512, 300), (PX, 7)] {
            assert!(model.choose(pixels, busy).limit < pixels as usize * RGB_BYTES);
        }
    }
}
