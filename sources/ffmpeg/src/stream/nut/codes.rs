//! NUT's frame codes: a frame begins with one byte, and the main header says what each byte stands for.

use super::START;
use super::fields::Fields;

/// What the fields of a frame's head are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(u64);

impl Flags {
    /// It can be decoded by itself.
    pub(super) const KEY: Self = Self(1);
    /// The stream's last; it has no picture.
    pub(super) const EOR: Self = Self(1 << 1);
    pub(super) const CODED_PTS: Self = Self(1 << 3);
    pub(super) const STREAM_ID: Self = Self(1 << 4);
    pub(super) const SIZE_MSB: Self = Self(1 << 5);
    pub(super) const CHECKSUM: Self = Self(1 << 6);
    pub(super) const RESERVED: Self = Self(1 << 7);
    pub(super) const SIDE_DATA: Self = Self(1 << 8);
    pub(super) const HEADER_IDX: Self = Self(1 << 10);
    pub(super) const MATCH_TIME: Self = Self(1 << 11);
    /// More flags come, which toggle these.
    pub(super) const CODED: Self = Self(1 << 12);
    pub(super) const INVALID: Self = Self(1 << 13);

    /// Returns flags as they are written.
    pub(super) fn union(flags: &[Self]) -> u64 {
        flags.iter().fold(0, |all, flag| all | flag.0)
    }

    pub(super) fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub(super) fn toggled(self, flags: u64) -> Self {
        Self(self.0 ^ flags)
    }
}

/// What one byte stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) flags: Flags,
    pub(super) pts_delta: i64,
    pub(super) size_mul: u64,
    pub(super) size_lsb: u64,
    pub(super) reserved: u64,
    pub(super) elision: u64,
}

const INVALID: Code =
    Code { flags: Flags::INVALID, pts_delta: 0, size_mul: 1, size_lsb: 0, reserved: 0, elision: 0 };

/// What every byte stands for.
#[derive(Clone, Debug)]
pub(super) struct Codes(Box<[Code; 256]>);

impl Default for Codes {
    fn default() -> Self {
        Self(Box::new([INVALID; 256]))
    }
}

impl Codes {
    pub(super) fn of(&self, byte: u8) -> &Code {
        &self.0[usize::from(byte)]
    }

    /// The table is written as runs of codes, of which each differs from the previous one by its size alone.
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let mut codes = Self::default();
        let mut run = Run { code: INVALID, count: 0 };
        let mut at = 0;
        while at < codes.0.len() {
            run.read(fields)?;
            let mut filled = 0;
            while filled < run.count && at < codes.0.len() {
                if at != usize::from(START) {
                    codes.0[at] = Code { size_lsb: run.code.size_lsb.saturating_add(filled), ..run.code };
                    filled += 1;
                }
                at += 1;
            }
        }
        Some(codes)
    }
}

struct Run {
    code: Code,
    count: u64,
}

impl Run {
    /// What a run does not say is as in the run before, but for the size and what is reserved.
    fn read(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let code = &mut self.code;
        code.flags = Flags(fields.varint()?);
        let present = fields.varint()?;
        if present > 0 {
            code.pts_delta = fields.signed()?;
        }
        code.size_mul = fields.varint_if(present > 1)?.unwrap_or(code.size_mul);
        let _stream = fields.varint_if(present > 2)?;
        code.size_lsb = fields.varint_if(present > 3)?.unwrap_or(0);
        code.reserved = fields.varint_if(present > 4)?.unwrap_or(0);
        let rest = code.size_mul.saturating_sub(code.size_lsb);
        self.count = fields.varint_if(present > 5)?.unwrap_or(rest);
        let _match = fields.varint_if(present > 6)?;
        code.elision = fields.varint_if(present > 7)?.unwrap_or(code.elision);
        for _ in 8..present {
            fields.varint()?;
        }
        Some(())
    }
}
