//! Images of one's own, pushed from a loop: ten lines from nothing to a page that shows them.

use lanstream::{Format, Image, Stream};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stream = Stream::open()?;
    println!("{}", stream.url());
    for step in (0..=u8::MAX).cycle() {
        let levels = (0..=u8::MAX).cycle().skip(step.into());
        let pixels: Vec<u8> = levels.take(640 * 360).collect();
        stream.push(Image::new(Format::Gray8, 640, 360, pixels))?;
        std::thread::sleep(std::time::Duration::from_millis(33));
    }
    Ok(())
}
