//! Four numbers that are calculated with together, and how four times four of them become pixels: with vectors in
//! WebAssembly, where it counts, and by the compiler elsewhere.

pub(super) use imp::{Quad, pixels};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod imp {
    use core::array::from_fn;

    use crate::pixel::pixel;

    #[derive(Clone, Copy)]
    pub(in crate::planar) struct Quad([i32; 4]);

    impl Quad {
        pub(in crate::planar) fn all(number: i32) -> Self {
            Self([number; 4])
        }

        pub(in crate::planar) fn of(numbers: &[i32; 4]) -> Self {
            Self(*numbers)
        }

        pub(in crate::planar) fn plus(self, number: i32) -> Self {
            Self(self.0.map(|own| own + number))
        }

        pub(in crate::planar) fn times(self, number: i32) -> Self {
            Self(self.0.map(|own| own * number))
        }

        pub(in crate::planar) fn add(self, other: Self) -> Self {
            Self(from_fn(|at| self.0[at] + other.0[at]))
        }

        pub(in crate::planar) fn shifted(self, bits: u32) -> Self {
            Self(self.0.map(|own| own >> bits))
        }
    }

    /// Sixteen pixels of red, green and blue, which are clamped.
    #[expect(clippy::cast_sign_loss, reason = "what is clamped is not negative")]
    pub(in crate::planar) fn pixels(quads: [[Quad; 3]; 4], out: &mut [u32; 16]) {
        for (quad, out) in quads.iter().zip(out.as_chunks_mut::<4>().0) {
            *out = from_fn(|at| pixel(quad.map(|channel| channel.0[at].clamp(0, 255) as u8)));
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod imp {
    use core::arch::wasm32::{
        i8x16_shuffle, i16x8_shuffle, i32x4, i32x4_add, i32x4_mul, i32x4_shr, i32x4_splat,
        u8x16_narrow_i16x8, u8x16_splat, u32x4_extract_lane as lane, v128,
    };

    #[derive(Clone, Copy)]
    pub(in crate::planar) struct Quad(v128);

    impl Quad {
        pub(in crate::planar) fn all(number: i32) -> Self {
            Self(i32x4_splat(number))
        }

        pub(in crate::planar) fn of([a, b, c, d]: &[i32; 4]) -> Self {
            Self(i32x4(*a, *b, *c, *d))
        }

        pub(in crate::planar) fn plus(self, number: i32) -> Self {
            Self(i32x4_add(self.0, i32x4_splat(number)))
        }

        pub(in crate::planar) fn times(self, number: i32) -> Self {
            Self(i32x4_mul(self.0, i32x4_splat(number)))
        }

        pub(in crate::planar) fn add(self, other: Self) -> Self {
            Self(i32x4_add(self.0, other.0))
        }

        pub(in crate::planar) fn shifted(self, bits: u32) -> Self {
            Self(i32x4_shr(self.0, bits))
        }
    }

    /// Sixteen pixels of red, green and blue, which are clamped: narrowing does that by itself.
    pub(in crate::planar) fn pixels(quads: [[Quad; 3]; 4], out: &mut [u32; 16]) {
        let [a, b, c, d] = quads;
        let bytes = |channel: usize| {
            let [a, b, c, d] = [a, b, c, d].map(|quad| quad[channel].0);
            u8x16_narrow_i16x8(halves(a, b), halves(c, d))
        };
        let (red, green, blue, white) = (bytes(0), bytes(1), bytes(2), u8x16_splat(255));
        let [red_green, blue_white] = [(red, green), (blue, white)].map(|(a, b)| by_turns(a, b));
        let (targets, _) = out.as_chunks_mut::<4>();
        for (targets, (red_green, blue_white)) in
            targets.chunks_mut(2).zip(red_green.into_iter().zip(blue_white))
        {
            let halves = [
                i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(red_green, blue_white),
                i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(red_green, blue_white),
            ];
            for (target, half) in targets.iter_mut().zip(halves) {
                *target = [lane::<0>(half), lane::<1>(half), lane::<2>(half), lane::<3>(half)];
            }
        }
    }

    /// The lower halves of eight numbers: no sum of the formula has more. Narrowing them is no more than this, but the
    /// compiler makes much of it.
    fn halves(a: v128, b: v128) -> v128 {
        i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(a, b)
    }

    /// The bytes of two by turns: the first sixteen, and the last.
    fn by_turns(a: v128, b: v128) -> [v128; 2] {
        [
            i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b),
            i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b),
        ]
    }
}
