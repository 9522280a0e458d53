//! The faults: what each does to a scene, and takes back where it does not heal by itself.

use std::time::Duration;

use anyhow::Context;
use lanstream_testkit::process::children;
use lanstream_testkit::wait::until;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use serde_json::json;

use self::Outcome::{Exact, Says};
use super::scene::{FILM, PLUGIN, SCREEN, Scene, TUNNEL};
use crate::patience::Patience;
use crate::usage::Usage;

/// Something that goes wrong.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// Name of the subject that it happens to.
    pub(crate) subject: &'static str,
    pub(crate) strike: fn(&mut Scene, &Patience) -> anyhow::Result<()>,
    pub(crate) outcome: Outcome,
}

/// What has to come of it.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    /// The page shows new frames, proven exact.
    Exact,
    /// The server ends, and the page says this.
    Says(&'static str),
}

/// Time for which something is stopped: longer than a page waits for an update before it looks elsewhere.
const STOPPED: Duration = Duration::from_secs(4);

pub(crate) const FAULTS: [Fault; 16] = [
    Fault { name: "server killed, started again", subject: SCREEN, strike: restart_server, outcome: Exact },
    Fault { name: "server stopped for 4 s", subject: SCREEN, strike: stop_server, outcome: Exact },
    Fault {
        name: "X server killed, started again",
        subject: SCREEN,
        strike: restart_display,
        outcome: Exact,
    },
    Fault { name: "X server stopped for 4 s", subject: SCREEN, strike: stop_display, outcome: Exact },
    Fault { name: "browser killed, opened again", subject: SCREEN, strike: reopen, outcome: Exact },
    Fault { name: "browser stopped for 4 s", subject: SCREEN, strike: stop_browser, outcome: Exact },
    Fault { name: "TCP connections cut", subject: SCREEN, strike: cut_connections, outcome: Exact },
    Fault {
        name: "no descriptors left for 4 s, TCP connections cut",
        subject: SCREEN,
        strike: exhaust_descriptors,
        outcome: Exact,
    },
    Fault { name: "page frozen for 4 s", subject: SCREEN, strike: freeze_page, outcome: Exact },
    Fault { name: "page loaded again", subject: SCREEN, strike: reload_page, outcome: Exact },
    Fault { name: "UDP path cut", subject: TUNNEL, strike: cut_udp, outcome: Exact },
    Fault { name: "UDP path cut for 4 s", subject: TUNNEL, strike: cut_udp_for_a_while, outcome: Exact },
    Fault { name: "control channel cut", subject: TUNNEL, strike: cut_connections, outcome: Exact },
    Fault { name: "FFmpeg stopped for 4 s", subject: FILM, strike: stop_child, outcome: Exact },
    Fault { name: "FFmpeg killed", subject: FILM, strike: kill_child, outcome: Says("it broke off: FFmpeg") },
    Fault { name: "process of a plugin killed", subject: PLUGIN, strike: kill_child, outcome: Exact },
];

fn restart_server(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    scene.restart_server(patience)
}

fn restart_display(scene: &mut Scene, _: &Patience) -> anyhow::Result<()> {
    scene.restart_display();
    Ok(())
}

fn reopen(scene: &mut Scene, _: &Patience) -> anyhow::Result<()> {
    scene.reopen();
    Ok(())
}

fn stop_server(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    stop(&[scene.server_id()], patience)
}

fn stop_display(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    stop(&[scene.display_id()], patience)
}

fn stop_child(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    stop(&[child(scene, patience)?], patience)
}

fn kill_child(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    send(child(scene, patience)?, Signal::KILL)
}

/// Returns the process that the server has started: FFmpeg's or a plugin's. After a fault it may not be there yet.
fn child(scene: &Scene, patience: &Patience) -> anyhow::Result<u32> {
    let server = scene.server_id();
    patience
        .until("process of the server's", STOPPED, || Ok(children(server).into_iter().find(|pid| runs(*pid))))
}

/// Whether a process has not ended: one that nobody has waited for has nothing in memory.
fn runs(pid: u32) -> bool {
    Usage::of(pid).is_ok()
}

/// Stops the browser and all of its processes, as a machine that sleeps does.
fn stop_browser(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    let mut processes = vec![scene.browser_id()];
    let mut known = 0;
    while let Some(&process) = processes.get(known) {
        processes.extend(children(process));
        known += 1;
    }
    stop(&processes, patience)
}

/// Stops processes for a while. Whoever started them may end them meanwhile.
fn stop(processes: &[u32], patience: &Patience) -> anyhow::Result<()> {
    for &process in processes {
        send(process, Signal::STOP)?;
    }
    let waited = patience.pass(STOPPED);
    for &process in processes {
        let _ended = send(process, Signal::CONT);
    }
    waited
}

fn send(pid: u32, signal: Signal) -> anyhow::Result<()> {
    Ok(kill_process(process(pid)?, signal)?)
}

fn process(pid: u32) -> anyhow::Result<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw).context("no process has this number")
}

fn cut_connections(scene: &mut Scene, _: &Patience) -> anyhow::Result<()> {
    scene.connections.cut();
    Ok(())
}

/// Leaves the server no descriptor for the connections that follow those that are cut.
fn exhaust_descriptors(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    let server = process(scene.server_id())?;
    let open = std::fs::read_dir(format!("/proc/{}/fd", scene.server_id()))?.count();
    let none_left = Rlimit { current: Some(u64::try_from(open)?), ..getrlimit(Resource::Nofile) };
    let before = prlimit(Some(server), Resource::Nofile, none_left)?;
    scene.connections.cut();
    let waited = patience.pass(STOPPED);
    prlimit(Some(server), Resource::Nofile, before)?;
    waited
}

/// Puts another tab before the page, and freezes it there, as a browser does with one that has been hidden for long.
fn freeze_page(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    let page = scene.page();
    let own = page.command("Target.getTargetInfo", &json!({}))["targetInfo"]["targetId"].clone();
    let other = page.command("Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].clone();
    page.command("Page.setWebLifecycleState", &json!({ "state": "frozen" }));
    let waited = patience.pass(STOPPED);
    page.command("Page.setWebLifecycleState", &json!({ "state": "active" }));
    page.command("Target.activateTarget", &json!({ "targetId": own }));
    page.command("Target.closeTarget", &json!({ "targetId": other }));
    // Whoever looks for the page must not find the other.
    until("one tab", || {
        let targets = page.command("Target.getTargets", &json!({}))["targetInfos"].take();
        let is_there = targets.as_array().is_some_and(|all| all.iter().any(|tab| tab["targetId"] == other));
        if is_there { Err(targets) } else { Ok(()) }
    });
    waited
}

fn cut_udp(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    // The last recovery may have been by another transport.
    scene.udp.mend();
    scene.wait_for_proofs(patience)?;
    scene.udp.cut();
    Ok(())
}

fn cut_udp_for_a_while(scene: &mut Scene, patience: &Patience) -> anyhow::Result<()> {
    scene.udp.cut();
    let waited = patience.pass(STOPPED);
    scene.udp.mend();
    waited
}

fn reload_page(scene: &mut Scene, _: &Patience) -> anyhow::Result<()> {
    scene.page().command("Page.reload", &json!({}));
    Ok(())
}
