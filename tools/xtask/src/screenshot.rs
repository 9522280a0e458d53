//! `cargo xtask screenshot`: the picture of the page with its overlay that README shows.
//!
//! A test pattern is shown by the release build in a Chromium that fills an Xvfb, whose framebuffer becomes the
//! picture.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use lanstream_testkit::browser::Engine;
use lanstream_testkit::display::Display;

use crate::lanstream::{self, Lanstream};
use crate::patience::Patience;
use crate::repository;
use crate::screen::{PIXEL_BYTES, Screen};

/// Where the picture goes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The file to write, from the repository's root
    #[arg(long, default_value = "docs/images/page.png")]
    output: PathBuf,
}

/// The size of the pattern and of the written image.
const SIZE: (u16, u16) = (1280, 720);
/// The size of the display and the browser: Chromium's page is a pixel smaller than its window.
const WINDOW: (u16, u16) = (SIZE.0 + 1, SIZE.1 + 1);
/// Statistics with painted frames that are awaited: the overlay changes once a second and has its numbers after a few.
const PAINTED_STATS: usize = 8;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    lanstream::build()?;
    let patience = Patience::new()?;
    let display = crate::screen::display(WINDOW);
    let mut command = Command::new(lanstream::path());
    command.args(["pattern", "--kind", "bars", "--fps", "30", "--json"]);
    command.args(["--size", &format!("{}x{}", SIZE.0, SIZE.1)]);
    let server = Lanstream::start(&mut command, &patience)?;
    let _browser = Engine::Chromium.open(&server.url("stats=1&verify=1"), &display);
    for _ in 0..PAINTED_STATS {
        server.next_painted(&patience)?;
    }
    write(&display, &repository::root().join(&options.output))
}

/// Writes what a display shows into a PNG file.
fn write(display: &Display, path: &Path) -> anyhow::Result<()> {
    let screen = Screen::connect(&display.name)?;
    let mut image = screen.image(SIZE.0, SIZE.1)?;
    screen.grab(&mut image, 0, 0)?;
    let rgb: Vec<u8> =
        image.bytes().chunks_exact(PIXEL_BYTES).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
    std::fs::create_dir_all(path.parent().context("the output has no folder")?)?;
    let file = File::create(path).with_context(|| format!("can't write {}", path.display()))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), SIZE.0.into(), SIZE.1.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&rgb)?;
    eprintln!("wrote {}", path.display());
    Ok(())
}
