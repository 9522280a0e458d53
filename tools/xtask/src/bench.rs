//! `bench glass`: mirrors one X display into a browser on another and measures what a person there would see.
//!
//! The sampler draws numbered frames on the first display and reads their numbers from the framebuffer of the second.
//! It knows nothing of the mirror between them, so any mirror can be measured the same way, in turn, in one run, in
//! each browser; and beside them what the browser takes for pictures of its own, which no mirror can be quicker than.

mod barcode;
pub(crate) mod busy;
pub(crate) mod codec;
pub(crate) mod connect;
pub(crate) mod content;
pub(crate) mod cut;
pub(crate) mod decode;
mod document;
mod floor;
mod glass;
pub(crate) mod growth;
mod http;
mod idle;
mod load;
mod machine;
mod measurement;
mod painter;
pub(crate) mod peers;
pub(crate) mod plugin;
mod report;
pub(crate) mod sample;
mod server;
mod stuck;
pub(crate) mod transports;
pub(crate) mod video;
mod watcher;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lanstream_testkit::browser::Engine;
use lanstream_testkit::display::Display;

use crate::patience::Patience;
use crate::screen::{display, display_of_page};
use content::Content;
use floor::Floor;
use glass::{Glass, Subject};
use load::Load;
use measurement::Measurement;
use report::{FLOOR, Report, Round};
use sample::Sample;
use server::{Recipe, Server, Transport};

use crate::setup;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    measurement: Measurement,
    /// A command to be measured in place of this tree's release build: an older binary, say
    #[arg(long, value_name = "COMMAND")]
    server: Option<String>,
    /// The page of --server, where it prints no ready event
    #[arg(long, value_name = "URL", requires = "server")]
    server_url: Option<String>,
    /// How our viewer is to fetch pixels
    #[arg(long, value_enum, default_value_t)]
    transport: Transport,
    /// Options of our page such as transport=websocket&codes=off; given several times, our server is measured with each
    /// in turn, and the first is compared with the others
    #[arg(long, value_name = "OPTIONS", conflicts_with = "server")]
    query: Vec<String>,
    /// Have the viewer behind a pipe of so many Mbit/s
    #[arg(long, value_name = "MBPS", conflicts_with = "server")]
    pipe: Option<f64>,
    /// What shows the page: each of these in turn
    #[arg(long, value_parser = engines(), value_delimiter = ',', default_value = "chromium")]
    browser: Vec<Engine>,
    /// Leave out the floor: what each browser takes to show pictures that it has
    #[arg(long)]
    no_floor: bool,
    /// Also measure the server's CPU time and bytes sent while nothing changes
    #[arg(long)]
    idle: bool,
    /// Also measure every load while a second viewer has opened its stream and reads nothing
    #[arg(long)]
    stuck: bool,
    /// Write everything measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Drawn and not counted: a browser that has just started compiles scripts and tidies up beside its first frames.
const WARM_UP: Load = Load { content: Content::Ui, fps: 25, area: None };
const WARM_UP_DURATION: Duration = Duration::from_secs(3);

/// Drawn and not counted where viewers come and go, whichever server it is: one that came is sent its first picture, as
/// much of it as it takes.
const COMING: Duration = Duration::from_secs(1);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    options.install()?;
    let recipes = recipes(options)?;
    let patience = Patience::new()?;
    let source = display(options.measurement.size);
    let mirror = display_of_page(options.measurement.size);
    let mut bench = Bench { options, source, mirror, patience, number: FIRST_NUMBER };
    let mut report = Report::new(&options.browser);
    for round in 1..=options.measurement.rounds {
        for engine in &options.browser {
            report.rounds.extend(bench.measure_all(*engine, &recipes, round)?);
        }
    }
    report.print(&recipes[0].name);
    options.json.as_ref().map_or(Ok(()), |path| report.write(path))
}

fn recipes(options: &Options) -> anyhow::Result<Vec<Recipe>> {
    let transport = options.transport;
    let pipe = options.pipe.map(|mbps| mbps * 1e6);
    let mut recipes = match &options.server {
        Some(command) => vec![Recipe::given(command, options.server_url.as_deref(), transport)],
        None if options.query.is_empty() => vec![Recipe::build_ours(transport, None, pipe)?],
        None => {
            let build = |query: &String| Recipe::build_ours(transport, Some(query), pipe);
            options.query.iter().map(build).collect::<anyhow::Result<_>>()?
        }
    };
    for (command, url) in options.measurement.versus()? {
        let mut recipe = Recipe::given(command, url, transport);
        let same = recipes.iter().filter(|other| other.program == recipe.program).count();
        if same > 0 {
            recipe.name = format!("{} {}", recipe.program, same + 1);
        }
        recipes.push(recipe);
    }
    Ok(recipes)
}

/// Numbers start here so that none is all zeros, and go on from load to load: what an earlier load drew is never taken
/// for what a later one did.
const FIRST_NUMBER: u32 = 1;

/// The two displays, for as long as anything is measured.
struct Bench<'a> {
    options: &'a Options,
    source: Display,
    mirror: Display,
    patience: Patience,
    number: u32,
}

impl Bench<'_> {
    /// Measures each server in a browser, another first each round, and last the floor.
    fn measure_all(&mut self, engine: Engine, recipes: &[Recipe], round: u32) -> anyhow::Result<Vec<Round>> {
        let say = |what: &str| {
            eprintln!("round {round} of {}, {}: {what}", self.options.measurement.rounds, engine.name());
        };
        let mut rounds = Vec::new();
        for recipe in in_turn(recipes, round) {
            say(&recipe.name);
            rounds.push(self.measure(engine, recipe, round)?);
        }
        if !self.options.no_floor {
            say(FLOOR);
            rounds.push(self.measure_floor(engine).with_context(|| format!("{FLOOR} in {}", engine.name()))?);
        }
        Ok(rounds)
    }

    /// Starts a server and a browser, measures, and ends both.
    fn measure(&mut self, engine: Engine, recipe: &Recipe, round: u32) -> anyhow::Result<Round> {
        let server = Server::start(recipe, &self.source, &self.patience)
            .with_context(|| format!("{} did not start", recipe.name))?;
        let _browser = engine.open(&server.url, &self.mirror);
        let subject = Subject::Mirror(server.id());
        let mut glass =
            Glass::new(&self.source.name, &self.mirror.name, &self.patience, &mut self.number, subject)
                .with_context(|| format!("{} in {}", recipe.name, engine.name()))?;
        glass.run(&WARM_UP, WARM_UP_DURATION)?;
        let with_stuck = self.options.stuck && recipe.is_lanstream();
        let (samples, stuck) = self.options.run_loads(&mut glass, &server, round, with_stuck)?;
        let idle = if self.options.idle { Some(idle::measure(&server, &self.patience)?) } else { None };
        Ok(Round { engine: engine.name(), server: recipe.name.clone(), samples, stuck, idle })
    }

    /// The same with a page that paints by itself.
    fn measure_floor(&mut self, engine: Engine) -> anyhow::Result<Round> {
        let floor = Floor::start()?;
        let _browser = engine.open(&floor.url(), &self.mirror);
        let subject = Subject::Floor(&floor);
        let mut glass =
            Glass::new(&self.source.name, &self.mirror.name, &self.patience, &mut self.number, subject)?;
        glass.run(&WARM_UP, WARM_UP_DURATION)?;
        let loads = self.options.measurement.loads.iter();
        let samples = loads
            .map(|load| glass.run(load, self.options.measurement.duration()))
            .collect::<anyhow::Result<_>>()?;
        Ok(Round { engine: engine.name(), server: FLOOR.to_owned(), samples, stuck: None, idle: None })
    }
}

impl Options {
    fn install(&self) -> anyhow::Result<()> {
        let browsers = self.browser.iter().map(|engine| (engine.program(), engine.package()));
        let commands: Vec<_> = [("Xvfb", "xvfb"), ("ss", "iproute2")].into_iter().chain(browsers).collect();
        setup::install("the bench needs", &commands)
    }

    /// Each load alone, and with `with_stuck` beside a stuck viewer: one right after the other, so that the machine is
    /// as fast for both, and either first by turns.
    fn run_loads(
        &self,
        glass: &mut Glass<'_>,
        server: &Server,
        round: u32,
        with_stuck: bool,
    ) -> anyhow::Result<(Vec<Sample>, Option<Vec<Sample>>)> {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for (index, load) in (0..).zip(&self.measurement.loads) {
            let turns: &[bool] = match (with_stuck, (round + index).is_multiple_of(2)) {
                (false, _) => &[false],
                (true, true) => &[true, false],
                (true, false) => &[false, true],
            };
            for is_stuck in turns {
                let _viewer = is_stuck.then(|| stuck::open(&server.url, self.transport)).transpose()?;
                if self.stuck {
                    glass.run(load, COMING)?;
                }
                let sample = glass.run(load, self.measurement.duration())?;
                if *is_stuck { &mut beside } else { &mut alone }.push(sample);
            }
        }
        Ok((alone, with_stuck.then_some(beside)))
    }
}

/// Returns the subjects of a round, another first each time: whoever comes first, after a pause, is at a disadvantage
/// of several hundredths. Rounds are counted from 1.
pub(crate) fn in_turn<T>(subjects: &[T], round: u32) -> impl Iterator<Item = &T> {
    let first = round.saturating_sub(1) as usize % subjects.len().max(1);
    subjects[first..].iter().chain(&subjects[..first])
}

/// The browsers, as words of a command line.
pub(crate) fn engines() -> impl TypedValueParser<Value = Engine> {
    PossibleValuesParser::new(Engine::ALL.map(Engine::word)).try_map(|word| word.parse::<Engine>())
}

fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let sides =
        text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides
        .filter(|(width, height)| (64..=8192).contains(width) && (64..=8192).contains(height))
        .ok_or_else(|| format!("{text:?} is no size such as 3840x2160"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn browsers(arguments: &[&str]) -> Option<String> {
        let cli = Cli::try_parse_from([&["glass"], arguments].concat()).ok()?;
        Some(cli.options.browser.iter().map(|engine| engine.name()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn another_is_first_each_round() {
        let of = |round| in_turn(&["a", "b", "c"], round).copied().collect::<String>();
        assert_eq!([1, 2, 3, 4].map(of), ["abc", "bca", "cab", "abc"]);
    }

    #[test]
    fn browsers_are_a_list() {
        assert_eq!(browsers(&[]).unwrap(), "Chromium");
        assert_eq!(browsers(&["--browser", "webkit"]).unwrap(), "WebKitGTK");
        assert_eq!(
            browsers(&["--browser", "chromium,firefox,webkit"]).unwrap(),
            "Chromium Firefox WebKitGTK"
        );
        assert_eq!(browsers(&["--browser", "chromium,lynx"]), None);
    }
}
