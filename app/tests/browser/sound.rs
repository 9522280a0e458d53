//! A film's sound in Chromium: in step with its pictures, silent while it stands still, and heard only when the page
//! may be.

use std::process::{Command, Stdio};

use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::display::Display;
use lanstream_testkit::machine;
use lanstream_testkit::wait::until;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::Lanstream;

/// Lets pages be heard that nobody has touched.
const AUTOPLAY: &str = "--autoplay-policy=no-user-gesture-required";

/// Eight seconds of black, with a white picture and a beep of 40 ms in the middle of each.
fn clip(folder: &TempDir) -> String {
    let path = folder.path().join("beep.mkv").to_string_lossy().into_owned();
    let flash =
        "color=black:size=64x64:rate=25:duration=8,geq=lum='if(eq(mod(N,25),12),235,16)':cb=128:cr=128";
    let beep = "aevalsrc='if(between(mod(t,1),0.48,0.52),sin(2*PI*1000*t),0)':s=48000:d=8";
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep]);
    command.args(["-c:v", "ffv1", "-pix_fmt", "yuv420p", "-c:a", "flac"]).arg(&path).stdin(Stdio::null());
    let status = command.status().expect("`cargo xtask setup` installs what these tests need");
    assert!(status.success(), "{status}");
    path
}

/// Listens to what goes to the sound card, and watches the canvas. Returns when each flash was painted, and when each
/// beep was to be heard, in milliseconds of the page's clock.
const WATCH: &str = r#"async seconds => {
  const stream = window.lanstream;
  const beeps = [], flashes = [];
  const connect = AudioNode.prototype.connect;
  let tap = null;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      tap = new AnalyserNode(this.context, { fftSize: 2048 });
      connect.call(this, tap);
    }
    return connect.call(this, target, ...rest);
  };
  const samples = new Float32Array(2048);
  let heardUntil = 0;
  const listen = () => {
    if (tap === null) return;
    tap.getFloatTimeDomainData(samples);
    const { contextTime, performanceTime } = tap.context.getOutputTimestamp();
    const end = tap.context.currentTime * 48000;
    for (let i = 0; i < samples.length; i += 1) {
      const at = end - samples.length + i;
      if (Math.abs(samples[i]) < 0.02 || at <= heardUntil) continue;
      if (at - heardUntil > 4800) beeps.push(performanceTime + (at / 48000 - contextTime) * 1000);
      heardUntil = at;
    }
  };
  const canvas = () => stream.shadowRoot.querySelector('canvas.picture');
  let wasWhite = false;
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    const context = stream.state.frames > 0 ? canvas()?.getContext('2d') : null;
    const isWhite = (context?.getImageData(32, 32, 1, 1).data[0] ?? 0) > 128;
    if (isWhite && !wasWhite) flashes.push(performance.now());
    wasWhite = isWhite;
    listen();
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  return { beeps, flashes };
}"#;

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

#[test]
fn a_beep_is_heard_when_its_flash_is_seen() {
    let _machine = machine::alone();
    let folder = tempfile::tempdir().unwrap();
    let server = Lanstream::run(&["play", &clip(&folder)], Stdio::null());
    let viewing = Display::start(321, 241);
    let chromium = Chromium::open_with(&server.page("?thread=page&present=2d"), &viewing, &[AUTOPLAY]);
    let seen = chromium.page().evaluate(&format!("({WATCH})(7)"));
    let (beeps, flashes) = (numbers(&seen["beeps"]), numbers(&seen["flashes"]));
    assert!(flashes.len() >= 5 && beeps.len() >= 4, "{seen}");
    let nearest =
        |beep: &f64| flashes.iter().map(|flash| beep - flash).min_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut off: Vec<f64> = beeps.iter().filter_map(nearest).collect();
    println!("beeps are after their flashes by {off:?} ms");
    off.sort_by(f64::total_cmp);
    let median = off[off.len() / 2];
    assert!(median.abs() <= 20.0, "{median} ms: {off:?}");
}

/// The button that says whether a film is heard: nothing where there is no sound.
const BUTTON: &str = "[...window.lanstream.shadowRoot.querySelectorAll('button')].find(button => button.textContent.startsWith('sound') && !button.hidden)?.textContent ?? null";

#[test]
fn a_page_that_nobody_has_touched_is_silent_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let viewing = Display::start(321, 241);
    let clip = clip(&folder);
    let server = Lanstream::run(&["play", &clip, "--loop"], Stdio::null());
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    until("a button that says so", || match page.evaluate(BUTTON) {
        text if text == "sound: off" => Ok(()),
        text => Err(text),
    });
    page.state_where("a film that goes on", |state| state["timeS"].as_f64() > Some(0.0));
    let muted = Lanstream::run(&["play", &clip, "--loop", "--no-audio"], Stdio::null());
    let chromium = Chromium::open(&muted.page(""), &viewing);
    let page = chromium.page();
    page.state_where("a film that goes on", |state| state["timeS"].as_f64() > Some(1.0));
    assert!(page.evaluate(BUTTON).is_null());
}

/// What FFmpeg makes of these arguments.
fn made(folder: &TempDir, name: &str, arguments: &str) -> String {
    let path = folder.path().join(name).to_string_lossy().into_owned();
    let mut command = Command::new("ffmpeg");
    command
        .args(["-nostdin", "-v", "error"])
        .args(arguments.split_whitespace())
        .arg(&path)
        .stdin(Stdio::null());
    assert!(command.status().expect("`cargo xtask setup` installs what these tests need").success());
    path
}

/// While there is no new picture its time goes on, and its place can be changed.
#[test]
fn a_song_goes_on_beside_its_cover() {
    let folder = tempfile::tempdir().unwrap();
    let song = made(
        &folder,
        "cover.mp3",
        "-f lavfi -i sine=d=30 -f lavfi -i testsrc=s=96x96:d=0.04 -map 0 -map 1 -c:v mjpeg -pix_fmt yuvj420p -disposition:v attached_pic",
    );
    let server = Lanstream::run(&["play", &song], Stdio::null());
    let viewing = Display::start(321, 241);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    let within = |low: f64, high: f64| {
        move |state: &Value| state["timeS"].as_f64().is_some_and(|time| (low..high).contains(&time))
    };
    page.state_where("time that goes on", within(1.5, 20.0));
    page.evaluate("void (window.lanstream.currentTime = 22)");
    page.state_where("time from there on", within(23.0, 30.0));
    page.evaluate("window.lanstream.pause()");
    let stood = page.state_where("a film that stands still", |state| state["sourcePlaying"] == false);
    assert!(within(23.0, 30.0)(&stood), "{stood}");
    page.evaluate("window.lanstream.play()");
    page.state_where("time that goes on", within(stood["timeS"].as_f64().unwrap() + 0.5, 30.5));
}

#[test]
fn another_track_is_chosen_in_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let film = made(
        &folder,
        "two.mkv",
        "-f lavfi -i testsrc2=size=96x64:rate=10:duration=20 -f lavfi -i sine=f=300:d=20 -f lavfi -i sine=f=3000:d=20 -map 0 -map 1 -map 2 \
         -c:v libx264 -c:a flac -disposition:a:0 0 -disposition:a:1 default -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu",
    );
    let server = Lanstream::run(&["play", &film, "--loop"], Stdio::null());
    let viewing = Display::start(321, 241);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.state_where("the default track", |state| state["track"] == 1);
    assert_eq!(
        page.evaluate("[...window.lanstream.audioTracks].map(track => track.label)"),
        serde_json::json!(["eng", "deu"])
    );
    let press = "[...window.lanstream.shadowRoot.querySelectorAll('button')].find(button => button.textContent === 'deu').click()";
    page.evaluate(press);
    page.state_where("the next one", |state| state["track"] == 0);
    page.evaluate("void (window.lanstream.audioTracks[1].enabled = true)");
    page.state_where("the one that was asked for", |state| state["track"] == 1);
}
