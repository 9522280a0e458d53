//! Cost model of one viewer: which method brings a group of tiles to it soonest, by what was measured on the updates
//! before.
//!
//! All costs are nanoseconds per pixel. A group is known by its complexity `c` alone, the share of its pixels that are
//! edges; there are no kinds of content.
//!
//! 1. **Cost** of a method `m` (raw, a code, a move), which `model` minimizes:
//!
//!    ```text
//!    cost(m, c) = encode(m, c) + bytes(m, c) · byte_ns + decode(m, c) + paint(m)
//!    ```
//!
//!    The cheapest code is worth it below 0.8 of raw, and takes over from the method in use below 0.9 of that one's
//!    cost. A code is given up at the bytes from which on raw would have been faster: `limit = (cost(raw, c) − encode −
//!    decode) / byte_ns` for each pixel.
//!
//! 2. **Rates** `encode`, `bytes` and `decode`, which `stats` keeps for each method and complexity. A group of `n`
//!    pixels, encoded in a measured time and number of bytes, moves a rate by `step · (measured / n − rate)`. The
//!    viewer reports the decoding time of whole updates: with `ratio = measured / Σ n · decode`, each rate moves by
//!    `(ratio − 1) · step ·` its share of the sum.
//!
//! 3. **Link**, which `link` estimates by a Kalman filter of two numbers from the duration of each update:
//!
//!    ```text
//!    took − encode − decode = constant + bytes · byte_ns + noise
//!    ```
//!
//! 4. **Painting** at the viewer, which `paint` estimates from the time that it reports: `painted = written_ns ·
//!    (written + times · moved)`, so that `paint(move) = written_ns · (times − 1)`, and 0 for the others.
//!
//! What is not chosen is not measured. So a small part of the groups is encoded in another code as well, and now and
//! then an update goes another way as a whole (`probe`). `units` are the same costs for the plan, which joins groups
//! where one patch is cheaper than two: `patch + pixels · (cost + written_ns)`.

mod estimate;
mod link;
mod method;
mod model;
mod paint;
mod probe;
mod stats;
mod units;

pub(crate) use estimate::{Count, nanoseconds};
pub(crate) use method::Method;
pub(crate) use model::{AckTiming, CostModel};
pub(crate) use units::UnitCosts;
