//! Choice of the method for each group of tiles, by the cheapest measured cost; the parent module has the equations.

use std::time::Duration;

use lanstream_codec::{Code, RGB_BYTES};

use super::estimate::{Count, nanoseconds};
use super::link::LinkEstimator;
use super::method::{CODES, COMPLEXITY_LEVELS, Method, complexity};
use super::paint::PaintCost;
use super::probe::{Probe, Probes};
use super::stats::{BYTES_PER_RAW_PX, MethodStats};
use super::units::{PATCH_NS, UnitCosts};
use crate::protocol::{Ack, PATCH_BYTES};
use crate::time::Micros;

/// Choice of how to send a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The method.
    pub(crate) method: Method,
    /// Encoded bytes from which on raw would have been faster.
    pub(crate) limit: usize,
    /// Code to encode its beginning with as well, only to measure it.
    pub(crate) sample: Option<Code>,
}

/// Timing of an acknowledged update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AckTiming {
    /// Bytes of the update.
    pub(crate) bytes: usize,
    /// From its beginning until the acknowledgement.
    pub(crate) took_ns: f32,
    /// Time of that spent on decoding by the viewer.
    pub(crate) decode_ns: f32,
    /// Time that the viewer took to paint the previous update.
    pub(crate) paint_ns: f32,
}

impl AckTiming {
    /// Returns the timing of an update of `bytes` bytes that took `took`, with what the viewer says of it.
    pub(crate) fn new(bytes: usize, took: Duration, ack: &Ack) -> Self {
        let [decode_ns, paint_ns] = [ack.decode_us, ack.paint_us].map(|us| us.estimate() * 1e3);
        Self { bytes, took_ns: nanoseconds(took), decode_ns, paint_ns }
    }
}

/// Another method takes over where it is cheaper by this factor: two that are alike do not alternate.
const HYSTERESIS: f32 = 0.9;
/// Groups of a complexity, or pixels of them, until a sample of one is encoded by another method.
const SAMPLE_GROUPS: u32 = 64;
const SAMPLE_PX: usize = 4 << 20;
/// Shares of the cost of other methods at which moving begins, and goes on: two that are alike do not alternate.
const MOVES_BEGIN: f32 = 0.8;
const MOVES_GO_ON: f32 = 1.1;
/// Pixels whose cost is worth a motion search.
const MOVES_PX_MIN: usize = 48 << 10;

/// A code is chosen if it costs less than this share of raw: it takes more processor time at both ends, and its first
/// byte leaves later.
const WORTH: f32 = 0.8;
/// Share of raw pixels in a number of consecutive large updates from which on the content is a film or noise: then some
/// updates go raw without analysis, since measuring the complexity of all tiles costs more than noticing a change a
/// little later.
const RAW_SHARE_MIN: f32 = 0.95;
const RAW_PX_MIN: usize = 256 << 10;
const RAW_UPDATES_MIN: u32 = 4;
const UNANALYZED_UPDATES: u32 = 7;

/// Cost model of one viewer.
#[derive(Debug)]
pub(crate) struct CostModel {
    link: LinkEstimator,
    paint_cost: PaintCost,
    stats: MethodStats,
    probes: Probes,
    probe: Probe,
    /// The method chosen last, by complexity.
    chosen: [Method; COMPLEXITY_LEVELS],
    since_sample: [(u32, usize); COMPLEXITY_LEVELS],
    samples: [usize; COMPLEXITY_LEVELS],
    /// Pixels of each complexity in the update being sent, and in the previous one, which the next will resemble.
    sent_px: [usize; COMPLEXITY_LEVELS],
    usual_px: [usize; COMPLEXITY_LEVELS],
    /// Encoding time of the update being sent, and its raw pixels.
    encode_ns: f32,
    raw_px: usize,
    /// Consecutive analyzed updates that were raw.
    raw_updates: u32,
    /// Updates that will still go raw without analysis, including this one.
    unanalyzed: u32,
    /// Whether motion is searched.
    moves: bool,
}

impl CostModel {
    /// Returns a model without measurements, except the time per byte on this link if it is known.
    pub(crate) fn new(now: Micros, byte_ns: Option<f32>) -> Self {
        let mut model = Self {
            link: byte_ns.map_or_else(LinkEstimator::default, LinkEstimator::of),
            paint_cost: PaintCost::default(),
            stats: MethodStats::default(),
            probes: Probes::new(now),
            probe: Probe::None,
            chosen: [Method::Raw; COMPLEXITY_LEVELS],
            since_sample: [(0, 0); COMPLEXITY_LEVELS],
            samples: [0; COMPLEXITY_LEVELS],
            sent_px: [0; COMPLEXITY_LEVELS],
            usual_px: [0; COMPLEXITY_LEVELS],
            encode_ns: 0.0,
            raw_px: 0,
            raw_updates: 0,
            unanalyzed: 0,
            moves: false,
        };
        (0..COMPLEXITY_LEVELS).for_each(|complexity| model.reconsider(complexity));
        model
    }

    /// Returns nanoseconds per byte on the viewer's link.
    pub(crate) fn byte_ns(&self) -> f32 {
        self.link.byte_ns()
    }

    /// Begins an update.
    pub(crate) fn begin(&mut self, now: Micros) {
        (0..COMPLEXITY_LEVELS).for_each(|complexity| self.reconsider(complexity));
        self.update_analysis();
        let usual = |cost: &dyn Fn(usize) -> f32| -> f32 {
            (0..COMPLEXITY_LEVELS)
                .map(|complexity| self.usual_px[complexity].estimate() * cost(complexity))
                .sum()
        };
        let raw = usual(&|complexity| self.cost(Method::Raw, complexity));
        let coded = usual(&|complexity| self.cost(self.best_code(complexity), complexity));
        self.probe = self.probes.next(self.usual_px.iter().sum(), raw, coded, now);
    }

    /// Takes over the statistics of the last update, unless it was not analyzed.
    fn update_analysis(&mut self) {
        let (sent_px, raw_px) = (std::mem::take(&mut self.sent_px), std::mem::take(&mut self.raw_px));
        if self.unanalyzed > 0 {
            self.unanalyzed -= 1;
            return;
        }
        self.usual_px = sent_px;
        let is_raw = raw_px.estimate() >= sent_px.iter().sum::<usize>().estimate() * RAW_SHARE_MIN;
        let is_film = is_raw && raw_px >= RAW_PX_MIN && self.probe == Probe::None;
        self.raw_updates = if is_film { self.raw_updates + 1 } else { 0 };
        if self.raw_updates >= RAW_UPDATES_MIN {
            self.unanalyzed = UNANALYZED_UPDATES;
        }
    }

    /// Returns whether this update is analyzed: whether anything but raw and solid is considered.
    pub(crate) fn is_analyzing(&self) -> bool {
        self.unanalyzed == 0 || self.probe != Probe::None
    }

    /// Returns whether updates like the last are worth a motion search. If not, the measured cost of the search decays,
    /// so that it is tried again at some time.
    pub(crate) fn wants_moves(&mut self) -> bool {
        if !self.is_analyzing() {
            return false;
        }
        let dear = |complexity: &usize| self.is_better_moved(*complexity);
        let pixels: usize =
            (0..COMPLEXITY_LEVELS).filter(dear).map(|complexity| self.usual_px[complexity]).sum();
        self.moves = pixels >= MOVES_PX_MIN;
        if !self.moves {
            self.stats.forget(Method::Move);
        }
        self.moves && self.probe == Probe::None
    }

    /// Returns whether tiles with this many edges should be moved where possible.
    pub(crate) fn is_moved(&self, pixels: usize, edge_count: u32) -> bool {
        self.is_better_moved(complexity(pixels, edge_count))
    }

    /// Returns whether tiles with this many edges should be encoded; this decides which tiles form a group.
    pub(crate) fn is_coded(&self, pixels: usize, edge_count: u32) -> bool {
        self.method(complexity(pixels, edge_count)) != Method::Raw
    }

    /// Chooses how to send a group of `pixels` pixels with `edge_count` edges.
    pub(crate) fn choose(&mut self, pixels: usize, edge_count: u32) -> Choice {
        let complexity = complexity(pixels, edge_count);
        let method = self.next_method(pixels, complexity);
        Choice {
            method,
            limit: self.limit(method, complexity, pixels),
            sample: self.sample(method, complexity, pixels),
        }
    }

    /// Accounts for the motion search of the update being sent.
    pub(crate) fn motion_searched(&mut self, took_ns: f32) {
        self.encode_ns += took_ns;
        let pixels = self.sent_px.iter().sum::<usize>();
        // The time for a few pixels says nothing about the time per pixel of many.
        if pixels >= MOVES_PX_MIN {
            (0..COMPLEXITY_LEVELS).for_each(|complexity| {
                self.stats.encoded(Method::Move, complexity, pixels, Some(0), took_ns)
            });
        }
    }

    /// Accounts for a group, or its beginning, that was encoded in `bytes`; `None` if the encoder gave up.
    pub(crate) fn encoded(
        &mut self,
        code: Code,
        pixels: usize,
        edge_count: u32,
        bytes: Option<usize>,
        took_ns: f32,
    ) {
        self.stats.encoded(Method::Code(code), complexity(pixels, edge_count), pixels, bytes, took_ns);
    }

    /// Accounts for a group that was sent.
    pub(crate) fn sent(&mut self, method: Method, pixels: usize, edge_count: u32, encode_ns: f32) {
        let complexity = complexity(pixels, edge_count);
        self.stats.sent(method, complexity, pixels);
        self.paint_cost.sent(pixels, method == Method::Move);
        self.sent_px[complexity] += pixels;
        self.raw_px += if method == Method::Raw { pixels } else { 0 };
        self.encode_ns += encode_ns;
    }

    /// Accounts for an acknowledged update.
    pub(crate) fn acknowledged(&mut self, timing: &AckTiming) {
        let encode_ns = std::mem::take(&mut self.encode_ns);
        self.link.took(timing.bytes, timing.took_ns - encode_ns - timing.decode_ns);
        self.stats.decoded(timing.decode_ns);
        self.paint_cost.painted(timing.paint_ns);
    }

    /// Returns the unit costs of the update that begins.
    pub(crate) fn unit_costs(&self) -> UnitCosts {
        let painted = self.paint_cost.written_ns();
        let coded = |complexity| self.cost(self.chosen[complexity], complexity) + painted;
        UnitCosts {
            patch: PATCH_NS + PATCH_BYTES.estimate() * self.link.byte_ns(),
            raw: self.cost(Method::Raw, 0) + painted,
            coded: std::array::from_fn(coded),
            moved: self.cost(Method::Move, 0) + painted,
        }
    }

    /// Returns nanoseconds per pixel beyond writing it.
    fn cost(&self, method: Method, complexity: usize) -> f32 {
        let rate = self.stats.of(method, complexity);
        let paint_ns = if method == Method::Move { self.paint_cost.moving_ns() } else { 0.0 };
        rate.encode_ns + rate.decode_ns + rate.bytes * self.link.byte_ns() + paint_ns
    }

    fn method(&self, complexity: usize) -> Method {
        match self.probe {
            Probe::None => self.chosen[complexity],
            Probe::Raw { .. } => Method::Raw,
            Probe::Coded => self.best_code(complexity),
        }
    }

    /// Returns the method of a group, counting its pixels towards a probe.
    fn next_method(&mut self, pixels: usize, complexity: usize) -> Method {
        if let Probe::Raw { left_px } = &mut self.probe {
            let Some(left) = left_px.checked_sub(pixels) else { return self.chosen[complexity] };
            *left_px = left;
        }
        self.method(complexity)
    }

    fn best_code(&self, complexity: usize) -> Method {
        let codes = CODES.map(Method::Code).into_iter();
        let cheaper =
            |a: &Method, b: &Method| self.cost(*a, complexity).total_cmp(&self.cost(*b, complexity));
        codes.min_by(cheaper).unwrap_or(Method::Raw)
    }

    fn reconsider(&mut self, complexity: usize) {
        let code = self.best_code(complexity);
        let is_worth_it = self.cost(code, complexity) < self.cost(Method::Raw, complexity) * WORTH;
        let best = if is_worth_it { code } else { Method::Raw };
        if self.cost(best, complexity) < self.cost(self.chosen[complexity], complexity) * HYSTERESIS {
            self.chosen[complexity] = best;
        }
    }

    fn is_better_moved(&self, complexity: usize) -> bool {
        let share = if self.moves { MOVES_GO_ON } else { MOVES_BEGIN };
        self.cost(Method::Move, complexity) < self.cost(self.chosen[complexity], complexity) * share
    }

    fn sample(&mut self, method: Method, complexity: usize, pixels: usize) -> Option<Code> {
        let (groups, sum) = &mut self.since_sample[complexity];
        (*groups, *sum) = (*groups + 1, *sum + pixels);
        if *groups < SAMPLE_GROUPS && *sum < SAMPLE_PX {
            return None;
        }
        (*groups, *sum) = (0, 0);
        self.samples[complexity] += 1;
        let code = CODES[self.samples[complexity] % CODES.len()];
        (method != Method::Code(code)).then_some(code)
    }

    /// Returns the encoded bytes from which on raw would have been faster; always fewer than raw.
    fn limit(&self, method: Method, complexity: usize, pixels: usize) -> usize {
        let rate = self.stats.of(method, complexity);
        let spared_ns = self.cost(Method::Raw, complexity) - rate.encode_ns - rate.decode_ns;
        let bytes_per_px = (spared_ns / self.link.byte_ns()).clamp(0.5, BYTES_PER_RAW_PX);
        usize::whole(bytes_per_px * pixels.estimate()).min(pixels * RGB_BYTES - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels of a group, each of which may be an edge.
    const EDGES_MAX: u32 = 512 << 10;
    const PX: usize = EDGES_MAX as usize;

    /// True cost of a pixel in a code: bytes, and nanoseconds at both ends together; `None` if it gives up.
    type Truth = fn(Code) -> Option<(f32, f32)>;

    /// A viewer's true link and codes.
    struct World {
        byte_ns: f32,
        truth: Truth,
    }

    /// A model at work, and the time.
    struct Simulation {
        model: CostModel,
        now_us: u64,
    }

    impl Simulation {
        fn new() -> Self {
            Self { model: CostModel::new(Micros(0), None), now_us: 0 }
        }

        /// Sends updates of one kind for a minute. Returns the method of most updates of the last second.
        fn settle(&mut self, edge_count: u32, world: &World) -> Method {
            let methods: Vec<Method> = (0..1500).map(|_| self.send(edge_count, world)).collect();
            let last = &methods[methods.len() - 25..];
            let times = |method: &&Method| last.iter().filter(|other| other == method).count();
            *last.iter().max_by_key(times).unwrap()
        }

        fn send(&mut self, edge_count: u32, world: &World) -> Method {
            let model = &mut self.model;
            self.now_us += 40_000;
            model.begin(Micros(self.now_us));
            let choice = model.choose(PX, edge_count);
            if let Some(code) = choice.sample {
                encode(model, code, edge_count, choice.limit, world);
            }
            let mut sent = (PX * RGB_BYTES, 0.5 * PX.estimate(), Method::Raw);
            if let Method::Code(code) = choice.method
                && let Some((bytes, ns)) = encode(model, code, edge_count, choice.limit, world)
            {
                sent = (bytes, ns, choice.method);
            }
            let (bytes, ns, method) = sent;
            model.sent(method, PX, edge_count, ns / 2.0);
            let took_ns = 400_000.0 + bytes.estimate() * world.byte_ns + ns;
            model.acknowledged(&AckTiming {
                bytes,
                took_ns,
                decode_ns: ns / 2.0,
                paint_ns: 0.4 * PX.estimate(),
            });
            method
        }
    }

    fn encode(
        model: &mut CostModel,
        code: Code,
        edge_count: u32,
        limit: usize,
        world: &World,
    ) -> Option<(usize, f32)> {
        let truth =
            (world.truth)(code).map(|(bytes, ns)| (usize::whole(bytes * PX.estimate()), ns * PX.estimate()));
        let coded = truth.filter(|(bytes, _)| *bytes <= limit);
        let ns = truth.map_or_else(|| 0.01 * PX.estimate(), |(_, ns)| ns / 2.0);
        model.encoded(code, PX, edge_count, coded.map(|(bytes, _)| bytes), ns);
        coded
    }

    fn text(code: Code) -> Option<(f32, f32)> {
        (code == Code::Predict).then_some((0.1, 1.1))
    }

    fn film(code: Code) -> Option<(f32, f32)> {
        (code == Code::Predict).then_some((2.2, 14.0))
    }

    const PREDICT: Method = Method::Code(Code::Predict);
    const TEXT_EDGES: u32 = EDGES_MAX / 40;
    const FILM_EDGES: u32 = EDGES_MAX;

    #[test]
    fn text_is_coded_and_a_film_is_not_on_a_fast_pipe() {
        let mut simulation = Simulation::new();
        assert_eq!(simulation.settle(TEXT_EDGES, &World { byte_ns: 0.7, truth: text }), PREDICT);
        assert_eq!(simulation.settle(FILM_EDGES, &World { byte_ns: 0.7, truth: film }), Method::Raw);
    }

    #[test]
    fn a_film_is_coded_where_the_pipe_is_slow() {
        let world = World { byte_ns: 80.0, truth: film };
        assert_eq!(Simulation::new().settle(FILM_EDGES, &world), PREDICT);
    }

    #[test]
    fn what_turned_out_badly_once_is_tried_again() {
        let mut simulation = Simulation::new();
        let never = World { byte_ns: 2.0, truth: |_| None };
        assert_eq!(simulation.settle(EDGES_MAX / 3, &never), Method::Raw);
        let palette = |code| (code == Code::Palette).then_some((0.25, 1.0));
        let later = World { byte_ns: 2.0, truth: palette };
        assert_eq!(simulation.settle(EDGES_MAX / 3, &later), Method::Code(Code::Palette));
    }

    #[test]
    fn a_pipe_that_is_faster_than_it_seemed_is_found_out() {
        let mut simulation = Simulation::new();
        let slow_code = |code| (code == Code::Predict).then_some((0.8, 7.0));
        let before = World { byte_ns: 8.0, truth: slow_code };
        assert_eq!(simulation.settle(EDGES_MAX / 5, &before), PREDICT);
        let after = World { byte_ns: 0.6, ..before };
        assert_eq!(simulation.settle(EDGES_MAX / 5, &after), Method::Raw);
    }

    #[test]
    fn what_moves_is_looked_for_where_it_spares_much() {
        let mut simulation = Simulation::new();
        simulation.settle(FILM_EDGES, &World { byte_ns: 2.0, truth: film });
        // Some updates of a film go unseen.
        let mut wants = || {
            simulation.model.begin(Micros(0));
            simulation.model.wants_moves()
        };
        assert!((0..=UNANALYZED_UPDATES).any(|_| wants()));
        simulation.settle(0, &World { byte_ns: 0.5, truth: |_| Some((0.01, 0.3)) });
        simulation.model.begin(Micros(0));
        assert!(!simulation.model.wants_moves());
    }

    #[test]
    fn a_film_is_looked_at_in_one_update_of_eight_until_it_is_none() {
        let mut simulation = Simulation::new();
        simulation.settle(FILM_EDGES, &World { byte_ns: 0.7, truth: film });
        let mut is_seen = |edge_count, truth| {
            simulation.send(edge_count, &World { byte_ns: 0.7, truth });
            simulation.model.is_analyzing()
        };
        let seen = (0..80).filter(|_| is_seen(FILM_EDGES, film as Truth)).count();
        assert!((8..14).contains(&seen), "{seen} of 80 were seen");
        let seen = (0..80).filter(|_| is_seen(TEXT_EDGES, text as Truth)).count();
        assert!(seen >= 70, "{seen} of 80 were seen");
    }

    #[test]
    fn the_limit_is_below_raw() {
        let mut model = CostModel::new(Micros(0), None);
        for (pixels, edge_count) in [(1, 0), (1, 1), (512, 300), (PX, 7)] {
            assert!(model.choose(pixels, edge_count).limit < pixels * RGB_BYTES);
        }
    }
}
