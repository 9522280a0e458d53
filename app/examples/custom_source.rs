//! A source of one's own: a gradient that moves, 30 frames a second.

use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream::core::source::{Captured, Description, Error, Event, Source, Wakeup};
use lanstream::core::{FrameBuffer, Layout, PixelFormat, Region, Size};

struct Gradient(Instant, Wakeup);

impl Source for Gradient {
    fn description(&self) -> Description {
        Description { name: "gradient".into(), ..Description::default() }
    }
    fn layout(&self) -> Layout {
        Layout::packed(Size { width: 640, height: 360 }, PixelFormat::Rgbx8)
    }
    fn waker(&self) -> Waker {
        self.1.waker()
    }
    fn wait(&mut self, _timeout: Option<Duration>) -> Result<Event, Error> {
        let is_woken = self.1.sleep(Some(Duration::from_millis(33)));
        Ok(if is_woken { Event::Woken } else { Event::Damaged })
    }
    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let [step, ..] = (self.0.elapsed().as_millis() / 33).to_le_bytes();
        let levels = (0..=u8::MAX).cycle().skip(step.into());
        frame.bytes_mut().chunks_mut(4).zip(levels).for_each(|(pixel, level)| pixel.fill(level));
        Ok(Captured::all(self.layout()))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let open = || Ok(Box::new(Gradient(Instant::now(), Wakeup::default())) as Box<dyn Source>);
    let server = lanstream::Server::start(Box::new(open), &lanstream::Options::default(), |_| {})?;
    println!("{}", server.url());
    Ok(std::io::stdin().read_line(&mut String::new()).map(drop)?)
}
