//! The element in a page of somebody else's, as `<video>` is used: its size, its events, its pixels, and that nothing
//! comes while nobody looks.

use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::browser::webkit::Webkit;
use lanstream_testkit::display::Display;
use lanstream_testkit::wait::until;
use serde_json::{Value, json};

use crate::embedding::Embedding;
use crate::program::Lanstream;

/// The size that the element takes with each style, in CSS pixels. The first is that of its page.
const SIZES: &str = "(() => {
    const element = window.lanstream;
    const sizes = [];
    for (const [container, style] of [
        ['', ''], ['', 'width: 320px'], ['', 'height: 90px'], ['', 'width: 200px; height: 200px'],
        ['width: 160px', 'max-width: 100%'], ['width: 160px', ''], ['width: 160px', 'display: block'],
    ]) {
        document.body.style.cssText = container;
        element.style.cssText = style;
        const { width, height } = element.getBoundingClientRect();
        sizes.push([width, height]);
    }
    document.body.style.cssText = element.style.cssText = '';
    return sizes;
})()";

fn sizes() -> Value {
    json!([[640, 360], [320, 180], [160, 90], [200, 200], [160, 90], [640, 360], [160, 90]])
}

fn viewing() -> Display {
    Display::start(1281, 801)
}

/// A server that lets a site in, the site, and what has it put the element into its page.
fn site(arguments: &[&str]) -> (Lanstream, Embedding, String) {
    let site = Embedding::start();
    let origin = site.origin();
    let size = ["--size", "640x360", "--allow-origin", &origin];
    let server = Lanstream::pattern(&[&size, arguments].concat());
    let show = format!("window.show({})", json!(server.page("")));
    (server, site, show)
}

/// Waits for the page's script.
fn loaded(evaluate: impl Fn(&str) -> Value) {
    until("the page's script", || {
        if evaluate("typeof window.show") == "function" { Ok(()) } else { Err("none") }
    });
}

fn becomes(what: &str, wanted: &Value, evaluate: impl Fn() -> Value) {
    until(what, || {
        let is = evaluate();
        if is == *wanted { Ok(()) } else { Err(is) }
    });
}

fn shown<'a>(chromium: &'a Chromium, show: &str) -> Page<'a> {
    let page = chromium.page();
    loaded(|expression| page.evaluate(expression));
    page.evaluate(show);
    page
}

#[test]
fn a_bare_element_has_the_pictures_size_in_chromium() {
    let (viewing, (_server, site, show)) = (viewing(), site(&[]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = chromium.page();
    loaded(|expression| page.evaluate(expression));
    page.evaluate(&format!("{show}, window.lanstream.src = ''"));
    page.evaluate("window.lanstream.removeAttribute('src')");
    let box_of = "(({ width, height }) => [width, height])(window.lanstream.getBoundingClientRect())";
    assert_eq!(page.evaluate(box_of), json!([300, 150]));
    page.evaluate("window.lanstream.remove()");
    page.evaluate(&show);
    page.playing();
    assert_eq!(page.evaluate(SIZES), sizes());
    assert_eq!(page.state()["scale"], 1);
    let metrics = json!({ "width": 800, "height": 600, "deviceScaleFactor": 2, "mobile": false });
    page.command("Emulation.setDeviceMetricsOverride", &metrics);
    becomes("half of it on a screen of twice as many pixels", &json!([320, 180]), || page.evaluate(box_of));
}

#[test]
fn a_bare_element_has_the_pictures_size_in_firefox() {
    let (viewing, (_server, site, show)) = (viewing(), site(&[]));
    let firefox = Firefox::open(&site.origin(), &viewing);
    loaded(|expression| firefox.evaluate(expression));
    firefox.evaluate(&show);
    becomes("a playing page", &true.into(), || firefox.evaluate("window.lanstream.state.playing"));
    assert_eq!(firefox.evaluate(SIZES), sizes());
}

#[test]
fn a_bare_element_has_the_pictures_size_in_webkit() {
    let (viewing, (_server, site, show)) = (viewing(), site(&[]));
    let webkit = Webkit::open(&site.origin(), &viewing);
    loaded(|expression| webkit.evaluate(expression));
    webkit.evaluate(&show);
    becomes("a playing page", &true.into(), || webkit.evaluate("window.lanstream.state.playing"));
    assert_eq!(webkit.evaluate(SIZES), sizes());
}

#[test]
fn the_events_are_those_of_a_video_in_their_order() {
    let (viewing, (_server, site, show)) = (viewing(), site(&[]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(&chromium, &show);
    assert_eq!(page.evaluate("window.lanstream.play().then(() => window.lanstream.state.playing)"), true);
    let begun = json!([
        "loadstart",
        "durationchange",
        "resize",
        "loadedmetadata",
        "loadeddata",
        "canplay",
        "canplaythrough",
        "playing"
    ]);
    assert_eq!(page.evaluate("window.events.splice(0)"), begun);
    let media = "(({ readyState, networkState, paused, ended, seeking, error, currentSrc }) => \
        [readyState, networkState, paused, ended, seeking, error, currentSrc === window.lanstream.src])(window.lanstream)";
    assert_eq!(page.evaluate(media), json!([4, 2, false, false, false, null, true]));
    page.evaluate("window.lanstream.pause()");
    page.state_where("a pause", |state| state["paused"] == true);
    assert_eq!(
        page.evaluate("[...window.events.splice(0), window.lanstream.paused]"),
        json!(["pause", true])
    );
    page.evaluate("window.lanstream.play()");
    assert_eq!(page.evaluate("window.events.splice(0)"), json!(["play", "playing"]));
    page.evaluate("window.lanstream.src = window.lanstream.src");
    page.playing();
    assert_eq!(
        page.evaluate("window.events.splice(0).slice(0, 3)"),
        json!(["emptied", "durationchange", "loadstart"])
    );
}

#[test]
fn volume_and_speed_take_what_they_can_have() {
    let (viewing, (_server, site, show)) = (viewing(), site(&[]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(&chromium, &show);
    let set = "(() => {
        const element = window.lanstream;
        let changes = 0;
        element.addEventListener('volumechange', () => { changes += 1; });
        element.volume = 0.25;
        element.muted = true;
        const refused = [['volume', 2], ['playbackRate', 2], ['currentTime', NaN]].map(([name, value]) => {
            try { element[name] = value; } catch (error) { return error.name; }
        });
        return [element.volume, element.muted, changes, refused];
    })()";
    let refused = ["IndexSizeError", "NotSupportedError", "TypeError"];
    assert_eq!(page.evaluate(set), json!([0.25, true, 2, refused]));
}

#[test]
fn an_element_that_does_not_play_by_itself_waits_for_play() {
    let (viewing, (server, site, show)) = (viewing(), site(&["--kind", "motion"]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(&chromium, &format!("{show}, window.lanstream.autoplay = false"));
    page.state_where("a session", |state| state["connected"] == true);
    server.next_stats();
    assert_eq!(page.evaluate("[window.lanstream.paused, window.lanstream.state.frames]"), json!([true, 0]));
    assert_eq!(page.evaluate("window.lanstream.play().then(() => window.lanstream.paused)"), false);
}

/// One after the other: frames with their metadata, and what the frame is by three ways.
const FRAMES: &str = "(async () => {
    const element = window.lanstream;
    const next = () => new Promise(resolve => element.requestVideoFrameCallback((now, metadata) => resolve({ now, ...metadata })));
    element.cancelVideoFrameCallback(element.requestVideoFrameCallback(() => { window.cancelled = true; }));
    const frames = [];
    for (let i = 0; i < 10; i += 1) frames.push(await next());
    const pairs = frames.slice(1).map((frame, i) => [frames[i], frame]);
    const { totalVideoFrames, droppedVideoFrames } = element.getVideoPlaybackQuality();
    return {
        rises: pairs.every(([a, b]) => b.sequenceNumber > a.sequenceNumber && b.presentedFrames === a.presentedFrames + 1 && b.receiveTime > a.receiveTime),
        inOrder: frames.every(frame => frame.captureTime <= frame.receiveTime && frame.receiveTime <= frame.presentationTime && frame.presentationTime <= frame.now + 1),
        size: [frames[9].width, frames[9].height],
        counts: totalVideoFrames - droppedVideoFrames >= frames[9].presentedFrames - 10,
        cancelled: window.cancelled === true,
    };
})()";

fn expect_frames(thread: &str) {
    let (viewing, (_server, site, show)) = (viewing(), site(&["--kind", "motion"]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(
        &chromium,
        &format!(
            "{show}, Object.assign(window.lanstream, {{ thread: '{thread}', transport: 'websocket' }}), null"
        ),
    );
    let state = page.playing();
    assert_eq!(state["thread"], thread, "{state}");
    // The server's clock has to be known, or there are no times of capture.
    until("latencies", || {
        let metadata = page.evaluate("new Promise(resolve => window.lanstream.requestVideoFrameCallback((_, metadata) => resolve(metadata)))");
        if metadata["captureTime"].is_number() { Ok(()) } else { Err(metadata) }
    });
    let wanted =
        json!({ "rises": true, "inOrder": true, "size": [640, 360], "counts": true, "cancelled": false });
    assert_eq!(page.evaluate(FRAMES), wanted);
}

#[test]
fn each_frame_is_told_with_its_times_and_number_by_the_page() {
    expect_frames("page");
}

#[test]
fn each_frame_is_told_with_its_times_and_number_by_the_worker() {
    expect_frames("worker");
}

/// Whether a screenshot is the frame, byte by byte, and what a video shows of the captured stream.
const COPIES: &str = "(async () => {
    const element = window.lanstream;
    const frame = await element.readPixels();
    const blob = await element.screenshot();
    const bitmap = await createImageBitmap(blob);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: element.captureStream() });
    await video.play();
    const [track] = video.srcObject.getTracks();
    const size = [video.videoWidth, video.videoHeight];
    element.remove();
    await new Promise(resolve => setTimeout(resolve));
    return [blob.type, data.length === frame.data.length && data.every((value, at) => value === frame.data[at]), size, track.readyState];
})()";

#[test]
fn a_screenshot_is_the_frame_and_a_stream_of_it_can_be_captured() {
    let (viewing, (_server, site, show)) = (viewing(), site(&[]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(&chromium, &show);
    page.playing();
    assert_eq!(page.evaluate(COPIES), json!(["image/png", true, [640, 360], "ended"]));
}

fn expect_rest(server: &Lanstream, evaluate: impl Fn(&str) -> Value) {
    let paused = || evaluate("window.lanstream.state.paused");
    evaluate("(window.lanstream.style.display = 'none', null)");
    becomes("a pause", &true.into(), paused);
    server.next_stats();
    // All of a second in which nobody looks.
    let stats = server.next_stats();
    assert_eq!((&stats["fps"], &stats["mbps"]), (&0.0.into(), &0.0.into()), "{stats}");
    assert_eq!(evaluate("window.lanstream.paused"), false, "it is not the person who paused it");
    let frames = evaluate("window.lanstream.state.frames").as_u64().unwrap();
    evaluate("(window.lanstream.style.display = '', null)");
    until("more pictures", || {
        let now = evaluate("window.lanstream.state.frames").as_u64().unwrap();
        if now > frames + 10 { Ok(()) } else { Err(now) }
    });
}

#[test]
fn an_element_that_is_not_displayed_takes_no_frames_in_chromium() {
    let (viewing, (server, site, show)) = (viewing(), site(&["--kind", "motion"]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(&chromium, &show);
    page.playing();
    expect_rest(&server, |expression| page.evaluate(expression));
}

#[test]
fn an_element_that_is_not_displayed_takes_no_frames_in_webkit() {
    let (viewing, (server, site, show)) = (viewing(), site(&["--kind", "motion"]));
    let webkit = Webkit::open(&site.origin(), &viewing);
    loaded(|expression| webkit.evaluate(expression));
    webkit.evaluate(&show);
    becomes("a playing page", &true.into(), || webkit.evaluate("window.lanstream.state.playing"));
    expect_rest(&server, |expression| webkit.evaluate(expression));
}

#[test]
fn an_element_that_is_moved_keeps_its_session_and_one_that_is_removed_ends_it() {
    let (viewing, (server, site, show)) = (viewing(), site(&["--kind", "motion"]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(&chromium, &show);
    let frames = page.playing()["frames"].as_u64().unwrap();
    page.evaluate("document.body.append(document.createElement('p')), document.querySelector('p').append(window.lanstream)");
    page.state_where("more pictures", |state| state["frames"].as_u64().unwrap() > frames + 10);
    assert_eq!(server.events("viewer-joined").len(), 1);
    page.evaluate("window.lanstream.remove()");
    server.event("viewer-left", 0);
    assert_eq!(page.evaluate("[window.lanstream.readyState, window.lanstream.networkState]"), json!([0, 0]));
}

/// Removes the element as soon as a connection for pixels is being opened.
const REMOVED_EARLY: &str = "(() => {
    window.keys = [];
    const fetched = window.fetch;
    window.fetch = async (...request) => {
        const answer = await fetched(...request);
        window.keys.push((await answer.clone().json()).session);
        return answer;
    };
    const Native = window.WebTransport;
    window.WebTransport = class extends Native {
        constructor(...values) { super(...values); window.lanstream.remove(); window.removed = true; }
    };
})()";

#[test]
fn an_element_that_is_removed_while_it_connects_logs_no_key() {
    let (viewing, (server, site, show)) = (viewing(), site(&[]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = chromium.page();
    loaded(|expression| page.evaluate(expression));
    let start = "Object.assign(window.lanstream, { thread: 'page', transport: 'webtransport' })";
    page.evaluate(&format!("{REMOVED_EARLY}, {show}, {start}, null"));
    becomes("a removal", &true.into(), || page.evaluate("window.removed === true"));
    server.event("viewer-left", 0);
    let keys = page.evaluate("window.keys");
    let secrets: Vec<&str> = keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    assert!(!secrets.is_empty(), "{keys}");
    for text in page.console() {
        assert!(secrets.iter().chain([&server.token()]).all(|secret| !text.contains(secret)), "{text}");
    }
}

#[test]
fn buttons_and_keys_are_there_where_the_page_wants_controls() {
    let (viewing, (_server, site, show)) = (viewing(), site(&[]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = shown(&chromium, &show);
    page.playing();
    let seen = "(() => {
        const buttons = window.lanstream.shadowRoot.querySelectorAll('button');
        const rooms = [...buttons].filter(button => button.getBoundingClientRect().width > 0).length;
        window.lanstream.stats = false;
        window.lanstream.dispatchEvent(new KeyboardEvent('keydown', { key: 's' }));
        return [rooms > 0, window.lanstream.stats];
    })()";
    assert_eq!(page.evaluate(seen), json!([false, false]));
    page.evaluate("window.lanstream.controls = true");
    assert_eq!(page.evaluate(seen), json!([true, true]));
}
