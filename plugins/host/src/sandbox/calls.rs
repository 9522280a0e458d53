//! What a sandbox does by seccomp: system calls that the manifest does not allow fail with `EACCES`, and those that no
//! plugin needs with `EPERM`. All others are allowed.
//!
//! A filter sees numbers and no memory: it cannot tell one address, or one path of a Unix socket, from another.

use std::collections::BTreeMap;
use std::path::Path;

use libc::{c_int, c_long};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter, sock_filter,
};

use super::manifest::{Manifest, Network};

/// File that exists where the kernel has filters.
const FILTERS: &str = "/proc/sys/kernel/seccomp/actions_avail";

/// System calls that no plugin needs: they look into other processes, change the system, or reach parts of the kernel
/// that were often faulty. `io_uring` would do what other calls are refused for.
const NEVER: &[c_long] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kcmp,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_mq_open,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];
/// Those of them that there are only on some processors.
#[cfg(target_arch = "x86_64")]
const NEVER_HERE: &[c_long] =
    &[libc::SYS_ioperm, libc::SYS_iopl, libc::SYS_kexec_file_load, libc::SYS_modify_ldt];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_HERE: &[c_long] = &[];

/// Namespaces that `clone` could make: in one of its own a process is its own root.
const NAMESPACES: [c_int; 7] = [
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWUTS,
];
/// Commands to a terminal that type into it. Standard error may be the user's.
const TYPING: [u64; 2] = [libc::TIOCSTI, libc::TIOCLINUX];

/// Memory and queues of System V, which other programs of the user may have open. Display servers share pixels by it.
const SYSTEM_V: [c_long; 11] = [
    libc::SYS_msgctl,
    libc::SYS_msgget,
    libc::SYS_msgrcv,
    libc::SYS_msgsnd,
    libc::SYS_semctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_shmget,
];

/// Bits of a socket's type that are its kind, and not flags.
const SOCKET_KIND_MASK: u64 = 0xf;

/// Rules for system calls: one that any of its rules fits, or that has none, is refused.
type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// Returns whether the kernel has filters, and they can be made for this processor.
pub(super) fn are_filtered_here() -> bool {
    TargetArch::try_from(std::env::consts::ARCH).is_ok() && Path::new(FILTERS).exists()
}

/// Confines this thread and those that it starts.
pub(super) fn restrict(manifest: &Manifest) -> Result<(), seccompiler::Error> {
    let filters =
        [(needless()?, libc::EPERM), (not_allowed(manifest)?, libc::EACCES), (unseen(), libc::ENOSYS)];
    filters.into_iter().try_for_each(|(rules, error)| apply_filter(&program(rules, error)?))
}

/// Returns what is refused to every plugin.
fn needless() -> Result<Rules, BackendError> {
    let never = NEVER.iter().chain(NEVER_HERE).map(|call| (*call, Vec::new()));
    let namespace = |flag: &c_int| rule([has_bits(0, u64::from(flag.unsigned_abs()))]);
    let typing = |command: &u64| rule([equals(1, *command)]);
    let some = [
        (libc::SYS_clone, NAMESPACES.iter().map(namespace).collect::<Result<_, _>>()?),
        (libc::SYS_ioctl, TYPING.iter().map(typing).collect::<Result<_, _>>()?),
    ];
    Ok(never.chain(some).collect())
}

/// Returns what is said not to exist. The flags of `clone3` are in memory, which no filter sees; the C library uses
/// `clone` then.
fn unseen() -> Rules {
    Rules::from([(libc::SYS_clone3, Vec::new())])
}

/// Returns what is refused since the manifest does not name it.
fn not_allowed(manifest: &Manifest) -> Result<Rules, BackendError> {
    let mut rules = Rules::new();
    if !manifest.processes {
        rules.extend([(libc::SYS_execve, Vec::new()), (libc::SYS_execveat, Vec::new())]);
        #[cfg(target_arch = "x86_64")]
        rules.extend([(libc::SYS_fork, Vec::new()), (libc::SYS_vfork, Vec::new())]);
        let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
        rules.insert(libc::SYS_clone, vec![rule([(0, SeccompCmpOp::MaskedEq(thread), 0)])?]);
    }
    rules.insert(libc::SYS_socket, sockets(manifest)?);
    if manifest.sockets.is_empty() {
        rules.insert(libc::SYS_socketpair, pairs()?);
        rules.extend(SYSTEM_V.map(|call| (call, Vec::new())));
    }
    if matches!(manifest.network, Network::Ports(_)) {
        // It connects, and Landlock does not see to which port.
        let fast_open = u64::from(libc::MSG_FASTOPEN.unsigned_abs());
        for (call, argument) in [(libc::SYS_sendto, 3), (libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)] {
            rules.insert(call, vec![rule([has_bits(argument, fast_open)])?]);
        }
    }
    Ok(rules)
}

/// Returns rules for the sockets that are refused; none where all are.
fn sockets(manifest: &Manifest) -> Result<Vec<SeccompRule>, BackendError> {
    let mut domains = Vec::new();
    if !manifest.sockets.is_empty() {
        domains.push(libc::AF_UNIX);
    }
    match manifest.network {
        Network::None => {}
        Network::Ports(_) => domains.extend([libc::AF_INET, libc::AF_INET6]),
        // Netlink tells which addresses this machine has.
        Network::Any => domains.extend([libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]),
    }
    if domains.is_empty() {
        return Ok(Vec::new());
    }
    let mut rules = vec![rule(domains.iter().map(|domain| differs(0, number(*domain))))?];
    if matches!(manifest.network, Network::Ports(_)) {
        for domain in [libc::AF_INET, libc::AF_INET6].map(number) {
            rules.extend(other_kinds(domain, &[libc::SOCK_STREAM])?);
            // MPTCP is also a stream, and Landlock does not see its ports.
            let protocols = [0, number(libc::IPPROTO_TCP)].map(|protocol| differs(2, protocol));
            rules.push(rule([equals(0, domain)].into_iter().chain(protocols))?);
        }
    }
    Ok(rules)
}

/// Returns rules for the pairs of sockets that are refused. Two connected Unix sockets reach nobody else, unless they
/// are of a kind that can send to any address.
fn pairs() -> Result<Vec<SeccompRule>, BackendError> {
    let unix = number(libc::AF_UNIX);
    let mut rules = other_kinds(unix, &[libc::SOCK_STREAM, libc::SOCK_SEQPACKET])?;
    rules.push(rule([differs(0, unix)])?);
    Ok(rules)
}

/// Returns rules for the kinds of sockets of a domain other than these.
fn other_kinds(domain: u64, kinds: &[c_int]) -> Result<Vec<SeccompRule>, BackendError> {
    let others = (0..=SOCKET_KIND_MASK).filter(|other| !kinds.iter().any(|kind| number(*kind) == *other));
    let is_kind = |other| (1, SeccompCmpOp::MaskedEq(SOCKET_KIND_MASK), other);
    others.map(|other| rule([equals(0, domain), is_kind(other)])).collect()
}

/// Number of an argument, how it is compared, and with what.
type Condition = (u8, SeccompCmpOp, u64);

fn equals(argument: u8, value: u64) -> Condition {
    (argument, SeccompCmpOp::Eq, value)
}

fn differs(argument: u8, value: u64) -> Condition {
    (argument, SeccompCmpOp::Ne, value)
}

fn has_bits(argument: u8, bits: u64) -> Condition {
    (argument, SeccompCmpOp::MaskedEq(bits), bits)
}

/// Returns a constant of the C library, none of which is negative.
fn number(constant: c_int) -> u64 {
    u64::from(constant.unsigned_abs())
}

/// Returns a rule that fits where all conditions do. The kernel uses the lower half of these arguments.
fn rule(conditions: impl IntoIterator<Item = Condition>) -> Result<SeccompRule, BackendError> {
    let condition = |(argument, operator, value)| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
    };
    SeccompRule::new(conditions.into_iter().map(condition).collect::<Result<_, _>>()?)
}

/// Returns the program that makes calls fail with an error.
fn program(rules: Rules, error: c_int) -> Result<BpfProgram, BackendError> {
    let refusal = SeccompAction::Errno(error.unsigned_abs());
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let program: BpfProgram =
        SeccompFilter::new(rules, SeccompAction::Allow, refusal, architecture)?.try_into()?;
    Ok([other_numbers(), program].concat())
}

/// Returns the beginning of a program: on `x86_64`, calls by the numbers of the x32 interface, which are the same,
/// fail with `ENOSYS`.
fn other_numbers() -> BpfProgram {
    /// Bit of a number that belongs to that interface.
    const X32: u32 = 0x4000_0000;
    if std::env::consts::ARCH != "x86_64" {
        return Vec::new();
    }
    let [load, jump, answer] = [
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K,
        libc::BPF_RET | libc::BPF_K,
    ]
    .map(|code| u16::try_from(code).unwrap_or_default());
    let absent = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    vec![
        sock_filter { code: load, jt: 0, jf: 0, k: 0 },
        sock_filter { code: jump, jt: 0, jf: 1, k: X32 },
        sock_filter { code: answer, jt: 0, jf: 0, k: absent },
    ]
}

#[cfg(test)]
#[cfg(target_arch = "x86_64")]
mod tests {
    use super::*;

    /// Number of this processor for the kernel, and that of a program of 32 bits.
    const X86_64: u32 = 0xc000_003e;
    const I386: u32 = 0x4000_0003;

    /// Runs a filter as the kernel does, and returns its answer.
    fn run(program: &[sock_filter], architecture: u32, call: u32, arguments: [u64; 6]) -> u32 {
        let numbers = [u64::from(call) | u64::from(architecture) << 32, 0].into_iter().chain(arguments);
        let data: Vec<u8> = numbers.flat_map(u64::to_le_bytes).collect();
        let (mut at, mut value) = (0, 0);
        loop {
            let sock_filter { code, jt, jf, k } = program[at];
            at += 1;
            let jump = |is_taken| usize::from(if is_taken { jt } else { jf });
            match code {
                0x20 => value = u32::from_le_bytes(*data[k as usize..].first_chunk().unwrap()),
                0x54 => value &= k,
                0x05 => at += k as usize,
                0x15 => at += jump(value == k),
                0x25 => at += jump(value > k),
                0x35 => at += jump(value >= k),
                0x06 => return k,
                other => panic!("the instruction {other:#x} is not known"),
            }
        }
    }

    fn error(number: c_int) -> u32 {
        libc::SECCOMP_RET_ERRNO | number.unsigned_abs()
    }

    fn refused(manifest: &str) -> impl Fn(c_long, [c_int; 3]) -> bool {
        let rules = not_allowed(&manifest.parse().unwrap()).unwrap();
        let program = program(rules, libc::EACCES).unwrap();
        move |call, [first, second, third]| {
            // The upper half of an argument means nothing, as it does to the kernel.
            let [first, second, third] = [first, second, third].map(|value| number(value) | 7 << 32);
            let answer = run(&program, X86_64, u32::try_from(call).unwrap(), [first, second, third, 0, 0, 0]);
            assert!(answer == libc::SECCOMP_RET_ALLOW || answer == error(libc::EACCES));
            answer != libc::SECCOMP_RET_ALLOW
        }
    }

    #[test]
    fn other_numbers_of_the_same_calls_are_no_way_around() {
        let program = program(needless().unwrap(), libc::EPERM).unwrap();
        let ptrace = u32::try_from(libc::SYS_ptrace).unwrap();
        assert_eq!(run(&program, X86_64, ptrace, [0; 6]), error(libc::EPERM));
        assert_eq!(run(&program, X86_64, ptrace | 0x4000_0000, [0; 6]), error(libc::ENOSYS));
        assert_eq!(run(&program, I386, 26, [0; 6]), libc::SECCOMP_RET_KILL_PROCESS);
        let read = u32::try_from(libc::SYS_read).unwrap();
        assert_eq!(run(&program, X86_64, read, [0; 6]), libc::SECCOMP_RET_ALLOW);
    }

    #[test]
    fn sockets_are_those_of_the_manifest() {
        use libc::{
            AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, IPPROTO_TCP, SOCK_CLOEXEC, SOCK_DGRAM,
            SOCK_STREAM,
        };
        let stream = SOCK_STREAM | SOCK_CLOEXEC;
        let (nothing, any) = (refused(""), refused("network = 'any'"));
        let (ports, sockets) = (refused("network = [80]"), refused("sockets = ['/x']"));
        // Socket; whether it is refused to a plugin without needs, with a network, with ports, with Unix sockets.
        let cases = [
            ([AF_INET, stream, 0], [true, false, false, true]),
            ([AF_INET6, stream, IPPROTO_TCP], [true, false, false, true]),
            ([AF_INET, SOCK_DGRAM, 0], [true, false, true, true]),
            ([AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0], [true, false, true, true]),
            ([AF_INET, stream, 262], [true, false, true, true]),
            ([AF_NETLINK, SOCK_DGRAM, 0], [true, false, true, true]),
            ([AF_UNIX, stream, 0], [true, true, true, false]),
            ([AF_PACKET, SOCK_DGRAM, 0], [true, true, true, true]),
        ];
        for (socket, expected) in cases {
            let found = [&nothing as &dyn Fn(_, _) -> _, &any, &ports, &sockets]
                .map(|refused| refused(libc::SYS_socket, socket));
            assert_eq!(found, expected, "{socket:?}");
        }
        for (kind, is_refused) in [(stream, false), (SOCK_DGRAM, true), (libc::SOCK_SEQPACKET, false)] {
            assert_eq!(nothing(libc::SYS_socketpair, [AF_UNIX, kind, 0]), is_refused, "{kind}");
            assert!(!sockets(libc::SYS_socketpair, [AF_UNIX, kind, 0]), "{kind}");
        }
        assert!(ports(libc::SYS_sendmsg, [0, 0, libc::MSG_FASTOPEN | libc::MSG_NOSIGNAL]));
        assert!(!ports(libc::SYS_sendmsg, [0, 0, libc::MSG_NOSIGNAL]));
    }

    #[test]
    fn threads_are_made_and_processes_only_where_the_manifest_says_so() {
        let (without, with) = (refused(""), refused("processes = true"));
        for call in [libc::SYS_execve, libc::SYS_execveat, libc::SYS_fork, libc::SYS_vfork] {
            assert!(without(call, [0; 3]) && !with(call, [0; 3]), "{call}");
        }
        let thread = libc::CLONE_THREAD | libc::CLONE_VM;
        assert!(!without(libc::SYS_clone, [thread, 0, 0]));
        assert!(
            without(libc::SYS_clone, [libc::SIGCHLD, 0, 0]) && !with(libc::SYS_clone, [libc::SIGCHLD, 0, 0])
        );
        let program = program(needless().unwrap(), libc::EPERM).unwrap();
        let clone = |flags: c_int| {
            let call = u32::try_from(libc::SYS_clone).unwrap();
            run(&program, X86_64, call, [number(flags), 0, 0, 0, 0, 0])
        };
        assert_eq!(clone(thread), libc::SECCOMP_RET_ALLOW);
        assert_eq!(clone(libc::CLONE_NEWUSER | libc::SIGCHLD), error(libc::EPERM));
    }
}
