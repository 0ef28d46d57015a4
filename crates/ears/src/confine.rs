//! What this process may use: given up once, before anything from outside is read, and never got back.
//!
//! Three fences, because each has gaps that another one closes: limits of the kernel on memory, time and files;
//! Landlock, which leaves no file and no port to open; and a list of system calls, which has none that opens a
//! socket, starts a program or looks at another process. [`check`] tries to get through and says what it could.

use std::{collections::BTreeMap, fs, net, path::Path, process::Command};

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};
use serde::Serialize;

/// What a process may use of the machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Address space in bytes.
    memory_bytes: u64,
    /// Processor time in seconds; the parent's clock ends it earlier when it waits. `None`: the parent's clock alone.
    cpu_s: Option<u64>,
    /// Whether it may compute on several threads.
    threads: bool,
}

impl Limits {
    /// For one document: a mail of 25 MB is there as bytes, decoded and as text.
    pub(super) const READING: Self = Self { memory_bytes: 512 << 20, cpu_s: Some(10), threads: false };
    /// For one recording: 50 MB of it, and half an hour of samples twice.
    pub(super) const DECODING: Self = Self { memory_bytes: 768 << 20, cpu_s: Some(60), threads: false };

    /// For job after job with a loaded model: the model, what it computes in, and half an hour of samples.
    pub(super) const fn hearing(model_bytes: u64) -> Self {
        Self { memory_bytes: (1 << 30) + 2 * model_bytes, cpu_s: None, threads: true }
    }
}

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

/// What a thread takes beyond [`CALLS`]. Starting a process is `clone` as well, without [`THREAD`].
const THREAD_CALLS: &[i64] = &[libc::SYS_clone3, libc::SYS_rseq, libc::SYS_set_robust_list];
/// The flag of `clone` that starts a thread and not a process.
const THREAD: u64 = libc::CLONE_THREAD as u64;

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
pub(super) fn confine(limits: Limits) -> std::io::Result<Fences> {
    for (resource, most) in [
        (Resource::As, Some(limits.memory_bytes)),
        (Resource::Cpu, limits.cpu_s),
        (Resource::Fsize, Some(0)),
        (Resource::Nofile, Some(FILES)),
        (Resource::Core, Some(0)),
    ] {
        if most.is_some() {
            setrlimit(resource, Rlimit { current: most, maximum: most })?;
        }
    }
    let landlock = no_files().is_ok_and(|status| status != RulesetStatus::NotEnforced);
    Ok(Fences { landlock, seccomp: few_calls(limits.threads).is_ok() })
}

fn no_files() -> Result<RulesetStatus, landlock::RulesetError> {
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(RIGHTS))?
        .handle_access(AccessNet::from_all(RIGHTS))?
        .scope(Scope::from_all(RIGHTS))?;
    Ok(rules.create()?.restrict_self()?.ruleset)
}

fn few_calls(threads: bool) -> Result<(), Box<dyn std::error::Error>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    if threads {
        // What clone3 is to start lies in memory, where no filter looks. Told that the kernel has none, the run-time
        // library takes clone, whose flags are looked at.
        let none = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
        filter(none, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))?;
        let starts_thread =
            SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(THREAD), THREAD)?;
        rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![starts_thread])?]);
        rules.extend(THREAD_CALLS.iter().map(|call| (*call, Vec::new())));
    }
    filter(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

/// Puts a filter on this process: `matched` for what `rules` name, `other` for the rest.
fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    other: SeccompAction,
    matched: SeccompAction,
) -> Result<(), Box<dyn std::error::Error>> {
    let filter = SeccompFilter::new(rules, other, matched, std::env::consts::ARCH.try_into()?)?;
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
pub(super) fn check(fences: Fences, limits: Limits) -> Checked {
    let too_much = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
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
        ("take more memory than it may", Vec::<u8>::new().try_reserve_exact(too_much).is_ok()),
    ];
    fs::remove_file(&beside).ok();
    fs::remove_dir(&beside).ok();
    Checked { fences, could: tries.into_iter().filter(|(_, could)| *could).map(|(what, _)| what).collect() }
}
