//! Elements that come and go in a page: nothing of them stays, in the page or in the server.

use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::display::Display;
use lanstream_testkit::wait::until;
use serde_json::{Value, json};

use crate::embedding::Embedding;
use crate::program::Lanstream;

/// Puts elements into the page and removes them: most at once, while they connect, one of ten when it plays, in a
/// worker and in the page by turns.
const COME_AND_GO: &str = "(async count => {
    for (let number = 0; number < count; number += 1) {
        window.show(window.url);
        window.lanstream.thread = number % 20 === 0 ? 'worker' : 'page';
        if (number % 10 === 0) await window.lanstream.play();
        else if (number % 3 === 0) await new Promise(resolve => setTimeout(resolve));
        window.lanstream.remove();
    }
    window.lanstream = null;
    [window.codes.length, window.details.length, window.events.length] = [0, 0, 0];
})";
/// Elements before anything is counted: code is compiled, and pools fill.
const FIRST: u32 = 40;
const BATCH: u32 = 100;
/// Batches after that. Each is waited for by itself: all of them take a minute on a machine that is busy.
const BATCHES: u32 = 10;
/// What the page may have more of after them, each of which would be of some element: of a thousand none.
const TOLERANCE: u64 = 20;

/// Descriptors that the server may have more of: connections that Chromium keeps to ask again.
const DESCRIPTOR_TOLERANCE: usize = 4;

/// What Chromium counts of the page, after its garbage has been collected.
fn counted(page: &Page<'_>) -> [u64; 3] {
    page.command("HeapProfiler.collectGarbage", &json!({}));
    page.command("Performance.enable", &json!({}));
    let metrics = page.command("Performance.getMetrics", &json!({}));
    let all = metrics["metrics"].as_array().expect("it is a list");
    ["JSEventListeners", "Nodes", "AudioHandlers"].map(|name| {
        let metric = all.iter().find(|metric| metric["name"] == name).expect("Chromium counts it");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole")]
        let value = metric["value"].as_f64().expect("a number") as u64;
        value
    })
}

fn workers(page: &Page<'_>) -> usize {
    let targets = page.command("Target.getTargets", &json!({ "filter": [{ "type": "worker" }] }));
    targets["targetInfos"].as_array().map_or(0, Vec::len)
}

fn descriptors(server: &Lanstream) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.process.id())).unwrap().count()
}

#[test]
fn a_thousand_elements_leave_nothing_behind() {
    let (viewing, site) = (Display::start(1281, 801), Embedding::start());
    let size = ["--size", "64x36", "--kind", "motion", "--allow-origin", &site.origin()];
    let server = Lanstream::pattern(&size);
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = chromium.page();
    until("the page's script", || {
        if page.evaluate("typeof window.show") == "function" { Ok(()) } else { Err("none") }
    });
    page.evaluate(&format!("window.url = {}", json!(server.page(""))));
    page.evaluate(&format!("{COME_AND_GO}({FIRST})"));
    let nobody = |stats: &Value| stats["viewers"] == 0;
    server.stats_where("no viewer", nobody);
    let (before, descriptors_before) = (counted(&page), descriptors(&server));
    for _ in 0..BATCHES {
        page.evaluate(&format!("{COME_AND_GO}({BATCH})"));
    }
    server.stats_where("no viewer again", nobody);
    until("no more than before", || {
        let (after, workers) = (counted(&page), workers(&page));
        let is_flat = after.iter().zip(before).all(|(after, before)| *after <= before + TOLERANCE);
        if is_flat && workers == 0 {
            Ok(())
        } else {
            Err(format!("{before:?} became {after:?}, {workers} workers"))
        }
    });
    until("descriptors of the server", || {
        let after = descriptors(&server);
        if after <= descriptors_before + DESCRIPTOR_TOLERANCE {
            Ok(())
        } else {
            Err(format!("{descriptors_before} became {after}"))
        }
    });
}
