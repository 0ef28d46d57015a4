//! The catalogue that ships, and the mistakes that people make in their own.

use std::fs;

use super::made_up::sha256;
use crate::models::{Catalogue, Entry, Kind, Progress, Source, installed, progress_bar};

#[test]
fn the_built_in_catalogue_has_one_default_of_each_kind() {
    let catalogue = Catalogue::embedded().unwrap();
    assert_eq!(catalogue.defaults().count(), 3);
    for (kind, name) in [
        (Kind::Base, "smollm2-135m-instruct"),
        (Kind::Embedding, "all-minilm-l6-v2"),
        (Kind::Hearing, "whisper-tiny.en"),
    ] {
        assert_eq!(catalogue.default_of(kind).map(|entry| entry.name.as_str()), Some(name));
        assert_eq!(catalogue.get(name).unwrap().kind, kind);
    }
    assert!(catalogue.get("gpt-5").is_none());
}

#[test]
fn a_default_is_to_be_had_without_a_hub_and_knows_its_size() {
    for entry in Catalogue::embedded().unwrap().defaults() {
        assert!(entry.size_bytes().is_some(), "{}", entry.name);
        let kinds: Vec<bool> = entry.sources.iter().map(|s| matches!(s, Source::Pypi(_))).collect();
        assert_eq!(kinds, [false, true], "{}: hub first, then package", entry.name);
    }
}

#[test]
fn every_hub_address_is_encrypted_and_names_the_file() {
    for entry in Catalogue::embedded().unwrap().entries() {
        assert!(!entry.licence.is_empty() && !entry.note.is_empty(), "{}", entry.name);
        for source in &entry.sources {
            if let Source::Hub(hub) = source {
                assert!(hub.url.starts_with("https://") && hub.url.contains("/resolve/"), "{}", hub.url);
            }
        }
    }
}

#[test]
fn a_model_is_installed_only_with_the_right_size_and_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let sum = sha256(b"");
    let entry = |source: &str| -> Entry { super::made_up::entry(source) };
    let known = entry(&format!(
        "[[model.source]]\ntype = \"hub\"\nurl = \"https://h/m\"\nsha256 = \"{sum}\"\nsize_bytes = 8\n"
    ));
    let unknown = entry("[[model.source]]\ntype = \"hub\"\nurl = \"https://h/m\"\nunverified = true\n");
    for (file, as_known, as_unknown) in
        [("GGUFfour", true, true), ("GGUF", false, true), ("eight by", false, false), ("", false, false)]
    {
        fs::write(dir.path().join("tiny.gguf"), file).unwrap();
        assert_eq!(installed(dir.path(), &known).is_some(), as_known, "{file:?}");
        assert_eq!(installed(dir.path(), &unknown).is_some(), as_unknown, "{file:?}");
    }
    fs::remove_file(dir.path().join("tiny.gguf")).unwrap();
    fs::create_dir(dir.path().join("tiny.gguf")).unwrap();
    assert_eq!(installed(dir.path(), &unknown), None);
}

#[test]
fn a_catalogue_that_contradicts_itself_is_refused_with_the_place() {
    let model = |name: &str, file: &str, source: &str| {
        format!(
            "[[model]]\nname = \"{name}\"\nkind = \"base\"\nlicence = \"MIT\"\nfile = \"{file}\"\n\
             [[model.source]]\n{source}\n"
        )
    };
    let hub = "type = \"hub\"\nurl = \"https://h/m\"\n";
    let fine = format!("{hub}unverified = true");
    let sum = sha256(b"");
    let pypi = "type = \"pypi\"\npackage = \"p\"\nversion = \"1\"\n";
    for (text, complaint) in [
        (model("m", "f", hub), "model m: source h: it needs sha256, or unverified = true"),
        (
            model("m", "f", &format!("{fine}\nsha256 = \"{sum}\"")),
            "model m: source h: it has both sha256 and unverified = true: remove one",
        ),
        (
            model("m", "f", &format!("{hub}sha256 = \"ABC\"")),
            "model m: source h: sha256 takes 64 digits of lower-case hex, not \"ABC\"",
        ),
        (
            model("m", "f", "type = \"hub\"\nurl = \"h/m\"\nunverified = true"),
            "model m: source h: its url has to start with https://",
        ),
        (
            model("m", "../f", &fine),
            "model m: \"../f\" is not a plain name: use letters, digits, dots, dashes and underscores",
        ),
        (
            model("m", "f", &format!("{pypi}members = []\nconvert = \"none\"\nsha256 = \"{sum}\"")),
            "model m: source Python package p: it lists 0 members, its conversion takes 1",
        ),
        (
            model(
                "m",
                "f",
                &format!("{pypi}members = [\"a\"]\nconvert = \"none\"\nsha256 = \"{sum}\"")
                    .replace("\"p\"", "\"-p\""),
            ),
            "model m: source Python package -p: \"-p\" is not a package name",
        ),
        ([model("m", "f", &fine), model("m", "g", &fine)].concat(), "two models are called m"),
        ([model("m", "f", &fine), model("n", "f", &fine)].concat(), "two models share the file f"),
    ] {
        let error = Catalogue::parse(&text).unwrap_err();
        assert_eq!(format!("{error:#}"), complaint);
    }
    let unknown = Catalogue::parse(&model("m", "f", &format!("{fine}\nmirror = \"x\""))).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `mirror`"), "{unknown}");
}

#[test]
fn a_catalogue_of_one_s_own_is_read_from_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    let error = Catalogue::read(&path).unwrap_err();
    assert!(format!("{error:#}").starts_with(&format!("read {}: ", path.display())));
    fs::write(&path, include_str!("../../../models.toml")).unwrap();
    assert_eq!(Catalogue::read(&path).unwrap().defaults().count(), 3);
}

#[test]
fn the_bar_takes_every_step_without_a_terminal() {
    let mut bar = progress_bar("tiny");
    for step in [
        Progress::Waiting,
        Progress::Trying { source: "hub.example".into() },
        Progress::Received { bytes: 1, total_bytes: None },
        Progress::Received { bytes: 2, total_bytes: Some(4) },
        Progress::Skipped { reason: "hub.example took too long.".into() },
        Progress::Converting,
        Progress::Unverified { sha256: sha256(b"") },
    ] {
        bar(step);
    }
}
