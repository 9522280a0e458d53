//! lanstream in a program of one's own: it serves a source, and hears what happens, until Enter is pressed.

use lanstream::core::options::OptionValues;
use lanstream::core::source::Listener;
use lanstream::{Event, Options, Server, sources};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let values = OptionValues::default().with("kind", "motion").with("size", "640x360");
    let source = sources::registry().configure("pattern", values, Listener::default())?;
    let options = Options { fps_max: Some(30), ..Options::default() };
    let server = Server::start(source.open, &options, |event| {
        if let Event::ViewerJoined { viewers, .. } = event {
            eprintln!("viewers: {viewers}");
        }
    })?;
    println!("{}", server.url());
    std::io::stdin().read_line(&mut String::new())?;
    server.stop();
    Ok(())
}
