//! Trees of processes: what a program has started, and what that has started, whatever group it is in now.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Between two attempts to end what starts others, and how many of them there are: a second in all, after which only
/// what the kernel itself holds is left.
const END_INTERVAL: Duration = Duration::from_millis(5);
const ENDS_MAX: u32 = 200;

/// One process as Linux lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) pid: u32,
    parent: u32,
    group: u32,
    /// Its program's name, of which Linux keeps 15 bytes.
    pub(super) name: String,
    /// Ticks of the processor that it has used, and those that it has waited for.
    ticks: u64,
}

/// Returns the processes called for by number, the members of the groups that these lead, and all that any of them has
/// started.
pub(super) fn of(roots: &[u32]) -> Vec<Member> {
    grow(all(), |member| roots.contains(&member.pid))
}

/// Returns the processes that were started with a variable in their environment, and all that any of them has started.
pub(super) fn marked(variable: &str) -> Vec<Member> {
    grow(all(), |member| is_marked(member.pid, variable))
}

/// Returns whether a process has ended, waited for or not.
pub(super) fn has_ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    member(&stat).is_none()
}

/// Returns the processor time of processes and of those that they have waited for.
pub(super) fn cpu_time(members: &[Member]) -> Duration {
    let ticks: u64 = members.iter().map(|member| member.ticks).sum();
    Duration::from_nanos(ticks * 1_000_000_000 / rustix::param::clock_ticks_per_second())
}

/// Ends the processes that are marked by a variable, and those that they start meanwhile, by SIGKILL. Returns
/// those that were there.
pub(super) fn end(variable: &str) -> Vec<Member> {
    let first = marked(variable);
    let mut left = first.clone();
    for _ in 0..ENDS_MAX {
        left.iter().for_each(kill);
        if left.is_empty() {
            break;
        }
        std::thread::sleep(END_INTERVAL);
        left = marked(variable);
    }
    first
}

fn kill(member: &Member) {
    if let Some(pid) = i32::try_from(member.pid).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ended = kill_process(pid, Signal::KILL);
    }
}

fn all() -> Vec<Member> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| member(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// Returns the roots among processes, with all that belong to one that was found before.
fn grow(all: Vec<Member>, is_root: impl Fn(&Member) -> bool) -> Vec<Member> {
    let (mut tree, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_root);
    loop {
        let known: Vec<u32> = tree.iter().map(|member| member.pid).collect();
        let belongs = |member: &Member| known.contains(&member.parent) || known.contains(&member.group);
        let (more, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(belongs);
        if more.is_empty() {
            return tree;
        }
        tree.extend(more);
        others = rest;
    }
}

/// Reads `/proc/PID/stat`. The second field is the program's name in brackets, which may hold anything. Of a process
/// that has ended and is not waited for yet, nothing is left.
fn member(stat: &str) -> Option<Member> {
    let (start, fields) = stat.rsplit_once(')')?;
    let (pid, name) = start.split_once(" (")?;
    let fields: Vec<_> = fields.split_ascii_whitespace().collect();
    let number = |field: usize| fields.get(field)?.parse::<u64>().ok();
    let has_ended = matches!(*fields.first()?, "Z" | "X");
    (!has_ended).then_some(())?;
    Some(Member {
        pid: pid.parse().ok()?,
        parent: u32::try_from(number(1)?).ok()?,
        group: u32::try_from(number(2)?).ok()?,
        name: name.to_owned(),
        ticks: (11..=14).map(number).sum::<Option<u64>>()?,
    })
}

fn is_marked(pid: u32, variable: &str) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, group: u32) -> Member {
        member(&format!("{pid} (a ) b) S {parent} {group} 3 4 5 6 7 8 9 10 1 2 30 40 0 0 20")).unwrap()
    }

    #[test]
    fn a_tree_is_who_was_started_and_who_is_in_the_group() {
        let all =
            vec![process(9, 1, 5), process(7, 6, 7), process(5, 1, 5), process(6, 5, 6), process(2, 1, 2)];
        let mut pids: Vec<_> = grow(all, |member| member.pid == 5).iter().map(|member| member.pid).collect();
        pids.sort_unstable();
        assert_eq!(pids, [5, 6, 7, 9], "an orphan in the group, a child in a group of its own and its child");
    }

    #[test]
    fn time_of_children_counts_once_they_have_been_waited_for() {
        assert_eq!(process(1, 0, 1).ticks, 73);
        assert_eq!(member("7 (a) Z 1 7 0 0 0 0 0 0 0 0 1 1 0 0"), None);
        assert_eq!(member("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_is_found_by_its_number() {
        let tree = of(&[std::process::id()]);
        assert!(tree.iter().any(|member| member.pid == std::process::id()));
        assert!(marked("LANSTREAM_NOBODY_HAS_IT=1").is_empty());
    }
}
