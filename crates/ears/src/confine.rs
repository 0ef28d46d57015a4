//! What this process may use: given up once, before anything from outside is read, and never got back.
//!
//! Three fences, because each has gaps that another one closes: limits of the kernel on memory, time and files;
//! Landlock, which leaves no file and no port to open; and a list of system calls, which has none that opens a
//! socket, starts a program or looks at another process. [`check`] tries to get through and says what it could.

use std::{collections::BTreeMap, fs, net, path::Path, process::Command};

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use serde::Serialize;

/// Address space in bytes: a mail of 25 MB is there as bytes, decoded and as text.
const MEMORY_BYTES: u64 = 512 * 1024 * 1024;
/// Processor time in seconds; the parent's clock ends it earlier when it waits.
const CPU_S: u64 = 10;
/// Open files: the three standard ones and a few for the run-time library.
const FILES: u64 = 16;
/// The rights that are taken away where the kernel knows them.
const RIGHTS: ABI = ABI::V6;

/// Calls that reading takes, on every processor that Understudy runs on. Any other is refused.
const CALLS: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_ppoll,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_tgkill,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Which fences stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Fences {
    /// Whether no file and no port can be opened.
    pub landlock: bool,
    /// Whether system calls are filtered.
    pub seccomp: bool,
}

/// Limits memory, processor time, files and system calls; a kernel without the last two leaves the limits.
///
/// # Errors
/// When the system refuses the limits; then nothing must be read.
pub(super) fn confine() -> std::io::Result<Fences> {
    for (resource, most) in [
        (Resource::As, MEMORY_BYTES),
        (Resource::Cpu, CPU_S),
        (Resource::Fsize, 0),
        (Resource::Nofile, FILES),
        (Resource::Core, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    let landlock = no_files().is_ok_and(|status| status != RulesetStatus::NotEnforced);
    Ok(Fences { landlock, seccomp: few_calls(CALLS).is_ok() })
}

fn no_files() -> Result<RulesetStatus, landlock::RulesetError> {
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(RIGHTS))?
        .handle_access(AccessNet::from_all(RIGHTS))?
        .scope(Scope::from_all(RIGHTS))?;
    Ok(rules.create()?.restrict_self()?.ruleset)
}

fn few_calls(calls: &[i64]) -> Result<(), Box<dyn std::error::Error>> {
    let rules: BTreeMap<i64, Vec<_>> = calls.iter().map(|call| (*call, Vec::new())).collect();
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let filter =
        SeccompFilter::new(rules, refused, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(apply_filter(&program)?)
}

/// What a trial of the fences came to.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    #[serde(flatten)]
    fences: Fences,
    /// What could be done all the same; nothing, where the fences stand.
    could: Vec<&'static str>,
}

/// Tries what a hostile document would try, after [`confine`].
pub(super) fn check(fences: Fences) -> Checked {
    let beside = std::env::temp_dir().join(format!("understudy-ears-{}", std::process::id()));
    let tries: [(&'static str, bool); 9] = [
        ("read /etc/passwd", fs::read("/etc/passwd").is_ok()),
        ("list /", fs::read_dir("/").is_ok()),
        ("write a file", fs::write(&beside, b"x").is_ok() || fs::create_dir(&beside).is_ok()),
        ("listen on a port", net::TcpListener::bind("127.0.0.1:0").is_ok()),
        ("send a datagram", net::UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("connect a local socket", std::os::unix::net::UnixStream::pair().is_ok()),
        ("start a program", Command::new("/bin/true").status().is_ok()),
        ("read what other processes do", Path::new("/proc/1/status").exists()),
        ("take a gigabyte of memory", Vec::<u8>::new().try_reserve_exact(1 << 30).is_ok()),
    ];
    fs::remove_file(&beside).ok();
    fs::remove_dir(&beside).ok();
    Checked { fences, could: tries.into_iter().filter(|(_, could)| *could).map(|(what, _)| what).collect() }
}
