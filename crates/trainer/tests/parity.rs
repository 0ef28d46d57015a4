//! The trainer and the engine agree about the real base: the same words cost the same in both.

#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Content as Gguf, Value},
    },
};
use understudy_engine::{Branch, Content, Engine, EngineConfig, Generate, Message, Model, Role, Score};
use understudy_trainer::{
    adapter::Adapter,
    base::Base,
    merge::merge,
    model::Net,
    pack::{self, Row},
};

fn real_base() -> PathBuf {
    let models = std::env::var_os("UNDERSTUDY_MODELS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/understudy/models"),
        PathBuf::from,
    );
    let found = std::fs::read_dir(&models).unwrap().flatten().map(|entry| entry.path());
    let mut bases = found.filter(|path| path.to_string_lossy().to_lowercase().contains("smollm2"));
    bases.find(|path| path.extension().is_some_and(|e| e == "gguf")).expect("`make test` pulls the base")
}

/// A prompt by the base's own chat template, and the reply to it.
fn row(model: &Model) -> Row {
    let prompt = model
        .render(&[
            Message { role: Role::System, text: "Answer only from the notes." },
            Message {
                role: Role::User,
                text: "Notes:\n[1] Canteen\nThe canteen opens at 11:45, on Fridays at 11:15.\n\nAlice: When on Fridays?",
            },
        ])
        .unwrap()
        .tokens;
    let reply = model.tokenize("On Fridays the canteen opens at 11:15 [1].", Content::Written);
    let reply_from = prompt.len();
    let tokens = prompt.into_iter().chain(reply).chain([model.end_token()]);
    Row { group: 1, tokens: tokens.map(|token| token as u32).collect(), reply_from }
}

/// A deterministic adapter whose B is not zero.
fn stirred(base: &Base) -> Adapter {
    let mut adapter = Adapter::new(base, 4, 8.0, 1).unwrap();
    let stir = |(n, tensor): (usize, Tensor)| {
        if n % 2 == 0 {
            return tensor;
        }
        let values: Vec<f32> = (0..tensor.elem_count())
            .map(|i| (((i * 31 + n * 17) % 101) as f32 / 50.0 - 1.0) * 0.02)
            .collect();
        Tensor::from_vec(values, tensor.dims(), &Device::Cpu).unwrap()
    };
    let tensors = adapter.tensors().into_iter().enumerate().map(stir).collect();
    adapter.set_tensors(tensors);
    adapter
}

/// The same model with every weight as f32, so that llama.cpp rounds nothing either.
fn in_full_precision(from: &Path, to: &Path) {
    let mut reader = BufReader::new(File::open(from).unwrap());
    let content = Gguf::read(&mut reader).unwrap();
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let tensors: Vec<(String, QTensor)> = names
        .into_iter()
        .map(|name| {
            let tensor =
                content.tensor(&mut reader, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
            (name.clone(), QTensor::quantize(&tensor, GgmlDType::F32).unwrap())
        })
        .collect();
    let metadata: Vec<(&str, &Value)> =
        content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, t)| (name.as_str(), t)).collect();
    gguf_file::write(&mut File::create(to).unwrap(), &metadata, &tensors).unwrap();
}

/// Nats of each reply token, from the trainer.
fn by_trainer(base: &Base, adapter: &Adapter, row: &Row) -> Vec<f64> {
    let (trees, _) = pack::grow(std::slice::from_ref(row), 4096);
    let pack = pack::pack(&pack::fill(&trees, 4096, 1, 0)[0]).unwrap();
    let logits = Net { base, adapter }.logits(&pack).unwrap().to_vec2::<f32>().unwrap();
    let nats = |(row, target): (&Vec<f32>, &u32)| {
        let most = row.iter().copied().fold(f32::MIN, f32::max);
        let total: f64 = row.iter().map(|logit| f64::from(logit - most).exp()).sum();
        f64::from(most) + total.ln() - f64::from(row[*target as usize])
    };
    logits.iter().zip(&pack.targets).map(nats).collect()
}

#[tokio::test]
async fn the_trainer_and_llama_cpp_agree_about_every_token() {
    let dir = tempfile::tempdir().unwrap();
    let quantised = real_base();
    let full = dir.path().join("full.gguf");
    in_full_precision(&quantised, &full);
    let base = Base::read(&quantised).unwrap();
    let path = dir.path().join("adapter.gguf");
    stirred(&base).write(&path, &base).unwrap();
    // Read back, because the file holds half precision.
    let adapter = Adapter::read(&path, &base).unwrap();
    let none = Adapter::new(&base, 1, 1.0, 1).unwrap();

    let engine = Engine::start(EngineConfig { threads: 2, memory_bytes: 4 << 30, context_tokens: 1024 });
    for (file, tolerance) in [(&full, 1e-2), (&quantised, 0.25)] {
        let model = engine.load_model(file).await.unwrap();
        let row = row(&model);
        let served = engine.add_adapter(&model, &path).await.unwrap();
        for (adapter, served) in [(&none, None), (&adapter, Some(served))] {
            let tokens: Vec<i32> = row.tokens.iter().map(|token| *token as i32).collect();
            let (prompt, continuation) = tokens.split_at(row.reply_from);
            let request = Score {
                model: model.clone(),
                adapter: served.clone(),
                prompt: prompt.to_vec(),
                branches: vec![Branch { given: Vec::new(), judged: continuation.to_vec() }],
            };
            let by_engine: Vec<f64> =
                engine.score(request).await.unwrap().concat().into_iter().map(|p| -f64::from(p)).collect();
            let by_trainer = by_trainer(&base, adapter, &row);
            assert_eq!(by_engine.len(), by_trainer.len());
            for (left, right) in by_engine.iter().zip(&by_trainer) {
                assert!(
                    (left - right).abs() < tolerance * (1.0 + right.abs()),
                    "{left} against {right} ({}, adapter: {})",
                    file.display(),
                    served.is_some()
                );
            }
            let (engine, trainer) = (by_engine.iter().sum::<f64>(), by_trainer.iter().sum::<f64>());
            // llama.cpp also rounds what it multiplies with quantised weights.
            let allowed = if *file == full { 0.001 } else { 0.02 };
            assert!((engine / trainer - 1.0).abs() < allowed, "{engine} against {trainer} nats");
        }
    }
}

#[tokio::test]
async fn a_merged_model_says_what_base_and_adapter_say() {
    let dir = tempfile::tempdir().unwrap();
    let (base, merged) = (real_base(), dir.path().join("merged.gguf"));
    let starter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../adapters/starter/adapter.gguf");
    merge(&base, &starter, &mut File::create(&merged).unwrap()).unwrap();
    let engine = Engine::start(EngineConfig { threads: 2, memory_bytes: 4 << 30, context_tokens: 1024 });
    let (two, one) = (engine.load_model(&base).await.unwrap(), engine.load_model(&merged).await.unwrap());
    let adapter = engine.add_adapter(&two, &starter).await.unwrap();
    let mut same = 0;
    for question in ["When does the canteen open on Fridays?", "Who are you?", "When is the fair?"] {
        let mut said = Vec::new();
        for (model, adapter) in [(&two, Some(&adapter)), (&one, None)] {
            let messages = [
                Message { role: Role::System, text: "You stand in for Bob. Answer only from the notes." },
                Message {
                    role: Role::User,
                    text: &format!(
                        "Notes:\n[1] Canteen\nThe canteen opens at 11:45, on Fridays at 11:15.\n\nAlice: {question}"
                    ),
                },
            ];
            // The chat template and the vocabulary went along.
            let prompt = model.render(&messages).unwrap();
            let request = Generate {
                model: std::sync::Arc::clone(model),
                adapter: adapter.cloned(),
                prompt,
                max_tokens: 24,
                grammar: None,
                ignore_end: false,
            };
            let finished = engine.generate(request).finish().await.unwrap();
            said.push(model.tokenize(&finished.text, Content::Written));
        }
        let [with_adapter, as_one] = said.as_slice() else { unreachable!("two models") };
        same += usize::from(with_adapter.iter().take(8).eq(as_one.iter().take(8)) && !as_one.is_empty());
    }
    // llama.cpp rounds what it multiplies with quantised weights, so one of the three may turn another way.
    assert!(same >= 2, "{same} of 3 begin with the same 8 tokens");
}
