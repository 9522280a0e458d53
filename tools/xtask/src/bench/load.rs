//! What a server is put under: a kind of picture, a rate, and how much of the screen changes.

use std::str::FromStr;

use anyhow::{Context, ensure};

use super::barcode;
use super::content::Content;

/// Most frames a second: beyond it a frame is shorter than the sampler's own look.
const FPS_MAX: u32 = 240;

/// One load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) content: Content,
    pub(crate) fps: u32,
    /// Width and height of what changes at the top left; `None`: all of the screen.
    pub(crate) area: Option<(u16, u16)>,
}

impl Load {
    /// What changes on a screen of this size: at least two barcodes, at most the screen.
    pub(crate) fn area_on(&self, screen: (u16, u16)) -> (u16, u16) {
        let (width, height) = self.area.unwrap_or(screen);
        (width.clamp(barcode::WIDTH, screen.0), height.clamp(2 * barcode::HEIGHT, screen.1))
    }
}

impl FromStr for Load {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut parts = text.splitn(3, ':');
        let content = parts.next().unwrap_or_default().parse()?;
        let fps = parts.next().context("a load is content:fps or content:fps:WIDTHxHEIGHT")?;
        let fps = fps.parse().with_context(|| format!("{fps:?} is no rate"))?;
        ensure!((1..=FPS_MAX).contains(&fps), "a rate is from 1 to {FPS_MAX} frames a second");
        let area = parts.next().map(area_from_text).transpose()?;
        Ok(Self { content, fps, area })
    }
}

fn area_from_text(text: &str) -> anyhow::Result<(u16, u16)> {
    let sides =
        text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.with_context(|| format!("{text:?} is no area like 800x600"))
}

impl std::fmt::Display for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { content, fps, .. } = self;
        match self.area {
            Some((width, height)) => f.pad(&format!("{content} {fps} {width}x{height}")),
            None => f.pad(&format!("{content} {fps} full")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_read_as_they_are_written_on_the_command_line() {
        let load = Load { content: Content::Ui, fps: 25, area: Some((800, 600)) };
        assert_eq!("ui:25:800x600".parse::<Load>().unwrap(), load);
        assert_eq!("noise:60".parse::<Load>().unwrap().area, None);
        for wrong in ["", "ui", "ui:0", "ui:25:800", "tree:25", "ui:25:800x"] {
            assert!(wrong.parse::<Load>().is_err(), "{wrong}");
        }
    }
}
