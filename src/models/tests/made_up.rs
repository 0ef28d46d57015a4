//! Models and catalogue entries made up for tests.

use std::fs;
use std::path::{Path, PathBuf};

use half::f16;
use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};

use crate::models::{Catalogue, Entry, Progress, PullError, Reach, pull_via};

/// A file that begins like a GGUF and is long enough to arrive in pieces.
pub fn model_file() -> Vec<u8> {
    let noise = (0_u32..150_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes());
    b"GGUF".iter().copied().chain(noise).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// An entry named `tiny` with these sources, written as in `models.toml`.
pub fn entry(sources: &str) -> Entry {
    let text = format!(
        "[[model]]\nname = \"tiny\"\nkind = \"base\"\nlicence = \"MIT\"\nfile = \"tiny.gguf\"\n{sources}"
    );
    Catalogue::parse(&text).unwrap().get("tiny").unwrap().clone()
}

/// A hub source for this file.
pub fn hub_source(url: &str, file: &[u8]) -> String {
    let (sum, size) = (sha256(file), file.len());
    format!(
        "[[model.source]]\ntype = \"hub\"\nurl = \"{url}/tiny.gguf\"\nsha256 = \"{sum}\"\nsize_bytes = {size}\n"
    )
}

/// A hub source that nobody has a sum for.
pub fn unverified_source(url: &str) -> String {
    format!("[[model.source]]\ntype = \"hub\"\nurl = \"{url}/tiny.gguf\"\nunverified = true\n")
}

/// A fresh models directory, and what a pull into it reported.
pub struct Machine {
    pub dir: tempfile::TempDir,
    pub steps: Vec<Progress>,
}

impl Machine {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), steps: Vec::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn pull(&mut self, entry: &Entry) -> Result<PathBuf, PullError> {
        self.pull_via(entry, &Reach::default())
    }

    pub fn pull_via(&mut self, entry: &Entry, reach: &Reach) -> Result<PathBuf, PullError> {
        pull_via(self.dir.path(), entry, reach, &mut |step| self.steps.push(step))
    }

    /// What lies in the models directory, the lock aside.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != ".pull.lock").collect();
        names.sort();
        names
    }

    /// Leaves what an interrupted pull leaves: a part, and where it came from.
    pub fn leave_part(&self, bytes: &[u8], url: &str, mark: &str) {
        fs::write(self.path("tiny.gguf.part"), bytes).unwrap();
        fs::write(self.path("tiny.gguf.part.from"), format!("{url}/tiny.gguf\n{mark}\n")).unwrap();
    }
}

/// The files of a BERT with one block, four numbers wide: config, words, weights.
pub fn small_bert() -> [Vec<u8>; 3] {
    let config = br#"{"hidden_size":4,"intermediate_size":8,"layer_norm_eps":1e-12,
        "max_position_embeddings":16,"num_attention_heads":2,"num_hidden_layers":1,
        "type_vocab_size":2,"vocab_size":8}"#;
    let vocab = "[PAD]\n[unused0]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrun\n##ning\n";
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![8, 4]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![16, 4]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, 4]),
        ("embeddings.LayerNorm.weight".to_owned(), vec![4]),
        ("embeddings.LayerNorm.bias".to_owned(), vec![4]),
        ("pooler.dense.weight".to_owned(), vec![4, 4]),
    ];
    for (name, rows, columns) in [
        ("attention.self.query", 4, 4),
        ("attention.self.key", 4, 4),
        ("attention.self.value", 4, 4),
        ("attention.output.dense", 4, 4),
        ("intermediate.dense", 8, 4),
        ("output.dense", 4, 8),
    ] {
        shapes.push((format!("encoder.layer.0.{name}.weight"), vec![rows, columns]));
        shapes.push((format!("encoder.layer.0.{name}.bias"), vec![rows]));
    }
    for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
        shapes.push((format!("encoder.layer.0.{name}.weight"), vec![4]));
        shapes.push((format!("encoder.layer.0.{name}.bias"), vec![4]));
    }
    let data: Vec<u8> = (0..64_u16).flat_map(|n| (f32::from(n) / 8.0).to_le_bytes()).collect();
    let tensors = shapes.iter().map(|(name, shape)| {
        let bytes = shape.iter().product::<usize>() * 4;
        (name, TensorView::new(Dtype::F32, shape.clone(), &data[..bytes]).unwrap())
    });
    let weights = safetensors::serialize(tensors, None).unwrap();
    [config.to_vec(), vocab.as_bytes().to_vec(), weights]
}

/// The files of a Whisper with one layer on each side, two numbers wide: model and tokeniser.
pub fn small_whisper() -> [Vec<u8>; 2] {
    let mut file = Ct2File::default();
    file.f16("decoder/embeddings/weight", &[51_864, 2]);
    file.f16("decoder/position_encodings/encodings", &[4, 2]);
    file.f16("encoder/position_encodings/encodings", &[6, 2]);
    file.f16("encoder/conv1/weight", &[2, 80, 3]);
    file.f16("encoder/conv1/bias", &[2]);
    file.f16("encoder/conv2/weight", &[2, 2, 3]);
    file.f16("encoder/conv2/bias", &[2]);
    file.variable("encoder/num_heads", &[], 2, &1_i16.to_le_bytes());
    file.variable("decoder/num_heads", &[], 2, &1_i16.to_le_bytes());
    for side in ["encoder", "decoder"] {
        file.norm(&format!("{side}/layer_norm"));
        let layer = format!("{side}/layer_0");
        file.linear(&format!("{layer}/self_attention/linear_0"), 6, 2);
        file.linear(&format!("{layer}/self_attention/linear_1"), 2, 2);
        file.linear(&format!("{layer}/ffn/linear_0"), 8, 2);
        file.linear(&format!("{layer}/ffn/linear_1"), 2, 8);
        file.norm(&format!("{layer}/self_attention/layer_norm"));
        file.norm(&format!("{layer}/ffn/layer_norm"));
    }
    file.linear("decoder/layer_0/attention/linear_0", 2, 2);
    file.linear("decoder/layer_0/attention/linear_1", 4, 2);
    file.linear("decoder/layer_0/attention/linear_2", 2, 2);
    file.norm("decoder/layer_0/attention/layer_norm");

    // Real token texts are unique; these are, and two hold bytes that need the alphabet.
    let mut vocab: serde_json::Map<_, _> = (0..50_256).map(|n| (format!("t{n}"), n.into())).collect();
    for (old, new, id) in [("t0", "!", 0), ("t220", "\u{120}the", 220)] {
        vocab.remove(old);
        vocab.insert(new.into(), id.into());
    }
    let tokenizer = serde_json::json!({ "model": { "vocab": vocab } });
    [file.finish(), serde_json::to_vec(&tokenizer).unwrap()]
}

#[derive(Default)]
struct Ct2File {
    variables: Vec<u8>,
    count: u32,
}

impl Ct2File {
    fn variable(&mut self, name: &str, shape: &[usize], numbers: u8, data: &[u8]) {
        self.count += 1;
        self.variables.extend(text(name));
        self.variables.push(shape.len() as u8);
        for size in shape {
            self.variables.extend((*size as u32).to_le_bytes());
        }
        self.variables.push(numbers);
        self.variables.extend((data.len() as u32).to_le_bytes());
        self.variables.extend(data);
    }

    fn f16(&mut self, name: &str, shape: &[usize]) {
        let count = shape.iter().product::<usize>();
        let data = (0..count).flat_map(|n| f16::from_f32((n % 512) as f32 / 4.0).to_le_bytes());
        self.variable(name, shape, 4, &data.collect::<Vec<u8>>());
    }

    fn linear(&mut self, name: &str, rows: usize, columns: usize) {
        self.f16(&format!("{name}/weight"), &[rows, columns]);
        self.f16(&format!("{name}/bias"), &[rows]);
    }

    fn norm(&mut self, name: &str) {
        self.f16(&format!("{name}/gamma"), &[2]);
        self.f16(&format!("{name}/beta"), &[2]);
    }

    fn finish(self) -> Vec<u8> {
        let mut out = 6_u32.to_le_bytes().to_vec();
        out.extend(text("WhisperSpec"));
        out.extend(3_u32.to_le_bytes());
        out.extend(self.count.to_le_bytes());
        out.extend(self.variables);
        out.extend(0_u32.to_le_bytes());
        out
    }
}

fn text(value: &str) -> Vec<u8> {
    let length = value.len() as u16 + 1;
    [&length.to_le_bytes(), value.as_bytes(), b"\0"].concat()
}

/// Writes a wheel with these members.
pub fn wheel(path: &Path, members: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    zip.finish().unwrap();
}
