//! An adapter that was trained elsewhere comes in, and waits for its judgement like one that was trained here.
//!
//! It is copied, and the copy is what is checked. It takes the candidate's place only when everything about it is
//! right, and the report on the candidate before goes with that one. After a crash the candidate is the old one or
//! none: the command can be repeated.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use understudy_engine::gguf::{self, BadAdapter, GgufError, Header, Value};

use super::manifest::Manifest;
use crate::{domain::PersonId, error::Hint};

/// How an adapter is made of what a trainer elsewhere left.
const CONVERT: &str = "convert the trained adapter with llama.cpp's convert_lora_to_gguf.py, as deploy/trainer/README.md \
     shows, and import what it writes";

/// What is brought in, for whom and by whose leave.
#[derive(Debug, Clone)]
pub struct Import {
    /// The adapter's file, wherever it lies.
    pub file: PathBuf,
    /// The configured base's file.
    pub base: PathBuf,
    /// Whose adapter.
    pub person: PersonId,
    /// The consents that allow it.
    pub consents: Vec<i64>,
}

impl Import {
    /// Checks the adapter and puts it into `candidate`, in place of what lies there.
    ///
    /// # Errors
    /// A [`Hint`] when the file is no adapter of this base; otherwise when a directory can't be written. What was
    /// there stays then.
    pub fn bring_in(&self, candidate: &Path) -> anyhow::Result<Manifest> {
        // Looked at before it is copied, because it may be a model of many gigabytes.
        look(&self.file, &self.base)?;
        let waiting = candidate.with_extension("import");
        remove(&waiting)?;
        let placed = self.prepare(&waiting).and_then(|manifest| {
            remove(candidate)?;
            fs::rename(&waiting, candidate)
                .with_context(|| format!("put {} in place", candidate.display()))?;
            Ok(manifest)
        });
        if placed.is_err() {
            remove(&waiting).ok();
        }
        placed
    }

    /// Makes the new candidate's directory beside the place where it will lie.
    fn prepare(&self, dir: &Path) -> anyhow::Result<Manifest> {
        fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
        let adapter = dir.join("adapter.gguf");
        fs::copy(&self.file, &adapter)
            .and_then(|_| fs::File::open(&adapter)?.sync_all())
            .with_context(|| format!("copy {}; is the disk full?", self.file.display()))?;
        let header = look(&adapter, &self.base)?;
        gguf::check_numbers(&adapter, &header).map_err(|e| refusal(&self.file, e))?;
        let sizes = (rank(&header), alpha(&header));
        let person = self.person.as_str();
        let manifest = Manifest::of_import(person, &adapter, &self.base, sizes, self.consents.clone())?;
        manifest.write_beside(&adapter)?;
        Ok(manifest)
    }
}

/// Checks the adapter's header against the base.
fn look(file: &Path, base: &Path) -> anyhow::Result<Header> {
    let shown = file.display();
    let kind = fs::metadata(file)
        .map_err(|e| Hint::new(format!("can't read {shown}: {e}"), "check the path and its permissions"))?;
    if !kind.is_file() {
        let what = format!("{shown} is not a file");
        return Err(Hint::new(
            what,
            format!("give the one GGUF file of the adapter; if it is a PEFT folder, {CONVERT}"),
        )
        .into());
    }
    let header = Header::read(file).map_err(|e| refusal(file, e))?;
    if header.text("general.type") != Some("adapter") && header.tensors.contains_key("token_embd.weight") {
        let what = format!("{shown} is a whole model and not an adapter");
        return Err(Hint::new(what, CONVERT).into());
    }
    gguf::check_adapter(file, &header, &Header::read(base)?).map_err(|e| refusal(file, e))?;
    if let Some(name) = header.tensors.keys().find(|name| name.starts_with("token_embd.")) {
        let what = format!("{shown} changes the embeddings (`{name}`), which llama.cpp can't serve");
        return Err(Hint::new(what, "train with the linear layers as the only targets").into());
    }
    Ok(header)
}

/// Says why the file can't be used, and what to do about it.
fn refusal(file: &Path, error: GgufError) -> Hint {
    let file = file.display();
    match error {
        GgufError::NotGguf { why, .. } => Hint::new(format!("{file} is not a GGUF file ({why})"), CONVERT),
        GgufError::Truncated { needed_bytes, size_bytes, .. } => {
            let what = format!("{file} is cut short: it needs {needed_bytes} bytes and has {size_bytes}");
            Hint::new(what, "copy it again from where it was trained")
        }
        GgufError::WrongKind { why, .. } => {
            Hint::new(format!("{file} is not a LoRA adapter: {why}"), CONVERT)
        }
        GgufError::WrongBase { why, .. } => {
            let next = match why {
                BadAdapter::HalfAPair(_) | BadAdapter::Odd(_) => CONVERT,
                _ => {
                    "train on the base that is configured (UNDERSTUDY_BASE), or configure the base it was trained on"
                }
            };
            Hint::new(format!("{file} does not fit the base: {why}"), next)
        }
        GgufError::NotFinite { tensor, .. } => {
            let what =
                format!("{file} holds NaN or an infinite number in `{tensor}`, so its training went wrong");
            Hint::new(what, "train it again with a lower rate")
        }
        GgufError::Unreadable { source, .. } => {
            Hint::new(format!("can't read {file}: {source}"), "check the path and its permissions")
        }
    }
}

/// The largest rank; llama.cpp lets every pair have its own.
fn rank(header: &Header) -> usize {
    let of_b = header.tensors.iter().filter(|(name, _)| name.ends_with(".lora_b"));
    let ranks = of_b.filter_map(|(_, tensor)| tensor.shape.first().copied());
    ranks.max().and_then(|rank| usize::try_from(rank).ok()).unwrap_or(0)
}

fn alpha(header: &Header) -> f64 {
    match header.metadata.get("adapter.lora.alpha") {
        Some(Value::Float(alpha)) => *alpha,
        _ => 0.0,
    }
}

fn remove(dir: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `key: value`, as GGUF writes it.
    #[derive(Clone)]
    enum Key<'k> {
        Text(&'k str, &'k str),
        Float(&'k str, f32),
        Double(&'k str, f64),
    }

    /// A GGUF file of 32-bit floats, all of them `filled`.
    fn gguf(keys: &[Key<'_>], tensors: &[(&str, [u64; 2])], filled: f32) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        let text = |out: &mut Vec<u8>, text: &str| {
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(text.as_bytes());
        };
        out.extend(3_u32.to_le_bytes());
        out.extend((tensors.len() as u64).to_le_bytes());
        out.extend((keys.len() as u64).to_le_bytes());
        for key in keys {
            match key {
                Key::Text(key, value) => {
                    text(&mut out, key);
                    out.extend(8_u32.to_le_bytes());
                    text(&mut out, value);
                }
                Key::Float(key, value) => {
                    text(&mut out, key);
                    out.extend(6_u32.to_le_bytes());
                    out.extend(value.to_le_bytes());
                }
                Key::Double(key, value) => {
                    text(&mut out, key);
                    out.extend(12_u32.to_le_bytes());
                    out.extend(value.to_le_bytes());
                }
            }
        }
        let mut offset = 0_u64;
        for (name, shape) in tensors {
            text(&mut out, name);
            out.extend(2_u32.to_le_bytes());
            shape.iter().for_each(|size| out.extend(size.to_le_bytes()));
            out.extend(0_u32.to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset += (shape[0] * shape[1] * 4).next_multiple_of(32);
        }
        for (_, shape) in tensors {
            out.resize(out.len().next_multiple_of(32), 0);
            (0..shape[0] * shape[1]).for_each(|_| out.extend(filled.to_le_bytes()));
        }
        out
    }

    const LORA: [Key<'_>; 4] = [
        Key::Text("general.type", "adapter"),
        Key::Text("general.architecture", "llama"),
        Key::Text("adapter.type", "lora"),
        Key::Float("adapter.lora.alpha", 8.0),
    ];
    const Q_A: (&str, [u64; 2]) = ("blk.0.attn_q.weight.lora_a", [32, 2]);
    const Q_B: (&str, [u64; 2]) = ("blk.0.attn_q.weight.lora_b", [2, 64]);
    const EMBED_A: (&str, [u64; 2]) = ("token_embd.weight.lora_a", [32, 2]);
    const EMBED_B: (&str, [u64; 2]) = ("token_embd.weight.lora_b", [2, 96]);

    struct Room {
        dir: tempfile::TempDir,
        import: Import,
    }

    impl Room {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let keys = [Key::Text("general.type", "model"), Key::Text("general.architecture", "llama")];
            let tensors = [("token_embd.weight", [32, 96]), ("blk.0.attn_q.weight", [32, 64])];
            fs::write(dir.path().join("base.gguf"), gguf(&keys, &tensors, 0.5)).unwrap();
            let import = Import {
                file: dir.path().join("trained.gguf"),
                base: dir.path().join("base.gguf"),
                person: PersonId::new("bob").unwrap(),
                consents: vec![7],
            };
            Self { dir, import }
        }

        fn candidate(&self) -> PathBuf {
            self.dir.path().join("adapters/bob/candidate")
        }

        fn bring_in(&self, bytes: &[u8]) -> anyhow::Result<Manifest> {
            fs::write(&self.import.file, bytes).unwrap();
            self.import.bring_in(&self.candidate())
        }
    }

    #[test]
    fn an_imported_adapter_takes_the_candidates_place_and_its_report_goes() {
        let room = Room::new();
        fs::create_dir_all(room.candidate()).unwrap();
        fs::write(room.candidate().join("report.json"), "of the one before").unwrap();
        fs::write(room.candidate().join("report.html"), "of the one before").unwrap();
        let bytes = gguf(&LORA, &[Q_A, Q_B], 0.5);
        let manifest = room.bring_in(&bytes).unwrap();
        assert!(manifest.imported && manifest.curve.is_empty() && manifest.examples == 0);
        assert_eq!((manifest.recipe.rank, manifest.recipe.alpha), (2, 8.0));
        assert_eq!((manifest.person.as_str(), &manifest.consents), ("bob", &vec![7]));
        let adapter = room.candidate().join("adapter.gguf");
        assert_eq!(fs::read(&adapter).unwrap(), bytes);
        assert_eq!(Manifest::beside(&adapter).unwrap(), Some(manifest));
        let mut files: Vec<_> =
            fs::read_dir(room.candidate()).unwrap().map(|f| f.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["adapter.gguf", "manifest.json"]);
    }

    #[test]
    fn what_is_no_adapter_of_this_base_is_refused_and_the_candidate_stays() {
        let room = Room::new();
        let good = gguf(&LORA, &[Q_A, Q_B], 0.5);
        room.bring_in(&good).unwrap();
        let [kind, _, lora, alpha] = LORA;
        let qwen = [kind.clone(), Key::Text("general.architecture", "qwen2"), lora.clone(), alpha];
        // llama.cpp aborts on an alpha of 64 bits.
        let long_alpha =
            [kind.clone(), LORA[1].clone(), lora.clone(), Key::Double("adapter.lora.alpha", 8.0)];
        let no_alpha = [kind, LORA[1].clone(), lora];
        let unmarked = [LORA[1].clone(), LORA[3].clone()];
        let base = fs::read(room.dir.path().join("base.gguf")).unwrap();
        let noise: Vec<u8> = (0_u32..9000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let convert = "convert_lora_to_gguf.py";
        let another = "UNDERSTUDY_BASE";
        let cases: [(&[u8], &str, &str); 15] = [
            (&noise, "is not a GGUF file", convert),
            (b"", "is not a GGUF file", convert),
            (b"GGUF\x03\0\0\0and so on, and so forth, long enough to be read", "is not a GGUF file", convert),
            (&base, "is a whole model and not an adapter", convert),
            (&good[..good.len() - 40], "is cut short", "copy it again"),
            (&gguf(&qwen, &[Q_A, Q_B], 0.5), "it was trained on `qwen2`, the base is `llama`", another),
            (&gguf(&no_alpha, &[Q_A, Q_B], 0.5), "it does not say its alpha", convert),
            (&gguf(&long_alpha, &[Q_A, Q_B], 0.5), "it does not say its alpha", convert),
            (&gguf(&unmarked, &[Q_A, Q_B], 0.5), "is not marked as a LoRA adapter", convert),
            (&gguf(&LORA, &[Q_A, (Q_B.0, [4, 64])], 0.5), "has the shape [32, 2] and [4, 64]", another),
            (&gguf(&LORA, &[(Q_A.0, [48, 2]), Q_B], 0.5), "a pair for [32, 64]", another),
            (&gguf(&LORA, &[Q_A], 0.5), "has only one half of its pair", convert),
            (
                &gguf(
                    &LORA,
                    &[("blk.9.attn_q.weight.lora_a", [32, 2]), ("blk.9.attn_q.weight.lora_b", [2, 64])],
                    0.5,
                ),
                "it changes `blk.9.attn_q.weight`, which the base does not have",
                another,
            ),
            (&gguf(&LORA, &[EMBED_A, EMBED_B], 0.5), "changes the embeddings", "linear layers"),
            (
                &gguf(&LORA, &[Q_A, Q_B], f32::NAN),
                "holds NaN or an infinite number in `blk.0.attn_q.weight.lora_a`",
                "lower rate",
            ),
        ];
        for (bytes, what, next) in cases {
            let error = room.bring_in(bytes).unwrap_err();
            assert!(error.is::<Hint>(), "{error:#}");
            let text = error.to_string();
            assert!(text.contains(what) && text.contains(next), "`{what}` and `{next}` in: {text}");
            assert!(text.contains("trained.gguf"), "the file that was given is named: {text}");
            assert_eq!(fs::read(room.candidate().join("adapter.gguf")).unwrap(), good);
            let beside: Vec<_> = fs::read_dir(room.candidate().parent().unwrap()).unwrap().collect();
            assert_eq!(beside.len(), 1, "nothing is left of the try");
        }
        fs::remove_file(&room.import.file).unwrap();
        for (make, what) in [(false, "can't read"), (true, "is not a file")] {
            if make {
                fs::create_dir(&room.import.file).unwrap();
            }
            let text = room.import.bring_in(&room.candidate()).unwrap_err().to_string();
            assert!(text.contains(what), "{text}");
        }
    }
}
