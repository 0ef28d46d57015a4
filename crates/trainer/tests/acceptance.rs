//! What a trainer must do before anybody trusts an adapter of it, on tiny random bases of every architecture.

#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value},
    },
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use understudy_trainer::{
    adapter::{Adapter, Lora},
    base::Base,
    job::{Ending, Event, Job, Recipe},
    merge::merge,
    model::{Activations, Net},
    pack::{self, Pack, Row},
    run,
};

const ARCHITECTURES: [&str; 3] = ["llama", "qwen2", "qwen3"];
const VOCABULARY: u32 = 64;
const WIDTH: usize = 32;
const FEED: usize = 48;

/// Writes a random base: two blocks, four query heads on two key heads of width 8.
fn write_base(path: &Path, architecture: &str) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut tensor = |out: usize, input: usize| {
        let deviation = 1.0 / (input as f32).sqrt();
        let values: Vec<f32> =
            (0..out * input).map(|_| (random.random::<f32>() - 0.5) * 3.4 * deviation).collect();
        let shape: &[usize] = if out == 1 { &[input] } else { &[out, input] };
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        if out == 1 { (tensor * 0.2).unwrap() + 1.0 } else { Ok(tensor) }.unwrap()
    };
    let mut tensors = vec![
        // Long rows: the norm before the output caps how sure a model of this width can be.
        ("token_embd.weight".to_owned(), (tensor(VOCABULARY as usize, WIDTH) * 3.0).unwrap()),
        ("output_norm.weight".to_owned(), tensor(1, WIDTH)),
    ];
    for n in 0..2 {
        for (name, out, input) in [
            ("attn_norm.weight", 1, WIDTH),
            ("ffn_norm.weight", 1, WIDTH),
            ("attn_q.weight", 32, WIDTH),
            ("attn_k.weight", 16, WIDTH),
            ("attn_v.weight", 16, WIDTH),
            ("attn_output.weight", WIDTH, 32),
            ("ffn_gate.weight", FEED, WIDTH),
            ("ffn_up.weight", FEED, WIDTH),
            ("ffn_down.weight", WIDTH, FEED),
        ] {
            tensors.push((format!("blk.{n}.{name}"), tensor(out, input)));
        }
        if architecture == "qwen2" {
            for (name, out) in [("attn_q", 32), ("attn_k", 16), ("attn_v", 16)] {
                tensors.push((format!("blk.{n}.{name}.bias"), tensor(1, out)));
            }
        }
        if architecture == "qwen3" {
            tensors.push((format!("blk.{n}.attn_q_norm.weight"), tensor(1, 8)));
            tensors.push((format!("blk.{n}.attn_k_norm.weight"), tensor(1, 8)));
        }
    }
    let key = |key: &str| format!("{architecture}.{key}");
    let metadata = [
        ("general.architecture".to_owned(), Value::String(architecture.to_owned())),
        (key("block_count"), Value::U32(2)),
        (key("embedding_length"), Value::U32(WIDTH as u32)),
        (key("attention.head_count"), Value::U32(4)),
        (key("attention.head_count_kv"), Value::U32(2)),
        (key("attention.key_length"), Value::U32(8)),
        (key("rope.freq_base"), Value::F32(10_000.0)),
        (key("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
    ];
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let quantised: Vec<(String, QTensor)> = tensors
        .into_iter()
        .map(|(name, tensor)| (name, QTensor::quantize(&tensor, GgmlDType::F32).unwrap()))
        .collect();
    let tensors: Vec<(&str, &QTensor)> = quantised.iter().map(|(name, t)| (name.as_str(), t)).collect();
    gguf_file::write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
}

fn base(architecture: &str) -> Base {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("base.gguf");
    write_base(&path, architecture);
    Base::read(&path).unwrap()
}

/// An adapter whose B is not zero, so that every gradient has something to flow through.
fn stirred(base: &Base, seed: u64) -> Adapter {
    let mut adapter = Adapter::new(base, 2, 4.0, seed).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed + 1);
    let mut stir = |tensor: Tensor| {
        let values: Vec<f32> =
            (0..tensor.elem_count()).map(|_| (random.random::<f32>() - 0.5) * 0.6).collect();
        Tensor::from_vec(values, tensor.dims(), &Device::Cpu).unwrap()
    };
    let tensors = adapter.tensors().into_iter().map(&mut stir).collect();
    adapter.set_tensors(tensors);
    adapter
}

/// Rows in groups of three that begin alike.
fn rows(groups: u64) -> Vec<Row> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut rows = Vec::new();
    for group in 0..groups {
        let mut some = |n: usize| (0..n).map(|_| random.random_range(0..VOCABULARY)).collect::<Vec<u32>>();
        let trunk = some(6);
        for branch in 0..3 {
            let mut tokens = trunk.clone();
            tokens.push(branch);
            tokens.extend(some(7));
            rows.push(Row { group, tokens, reply_from: 10 });
        }
    }
    rows
}

fn one_pack(rows: &[Row]) -> Pack {
    let (trees, _) = pack::grow(rows, 10_000);
    pack::pack(&pack::fill(&trees, 10_000, 1, 0)[0]).unwrap()
}

fn flat(gradients: &[Vec<Lora>]) -> Vec<Vec<f32>> {
    let pairs = gradients.iter().flatten().flat_map(|pair| [&pair.a, &pair.b]);
    pairs.map(|tensor| tensor.flatten_all().unwrap().to_vec1().unwrap()).collect()
}

#[test]
fn the_gradient_of_the_whole_model_is_the_measured_one() {
    for architecture in ARCHITECTURES {
        let base = base(architecture);
        let adapter = stirred(&base, 3);
        let pack = one_pack(&rows(2));
        let (_, gradients) =
            Net { base: &base, adapter: &adapter }.gradients(&pack, Activations::Kept).unwrap();
        let gradients = flat(&gradients);
        let mut random = ChaCha8Rng::seed_from_u64(11);
        for which in 0..gradients.len() {
            let at = random.random_range(0..gradients[which].len());
            let loss = |by: f32| {
                let mut moved = adapter.clone();
                let mut tensors = moved.tensors();
                let mut values: Vec<f32> = tensors[which].flatten_all().unwrap().to_vec1().unwrap();
                values[at] += by;
                tensors[which] = Tensor::from_vec(values, tensors[which].dims(), &Device::Cpu).unwrap();
                moved.set_tensors(tensors);
                Net { base: &base, adapter: &moved }.loss(&pack).unwrap().sum
            };
            let measured = (loss(5e-3) - loss(-5e-3)) / 1e-2;
            let given = f64::from(gradients[which][at]);
            assert!(
                (measured - given).abs() < 0.02 + 0.02 * given.abs(),
                "{architecture}, matrix {which}, entry {at}: {measured} against {given}"
            );
        }
    }
}

#[test]
fn every_b_learns_in_the_first_step_and_every_a_in_the_second() {
    for architecture in ARCHITECTURES {
        let base = base(architecture);
        let mut adapter = Adapter::new(&base, 2, 4.0, 1).unwrap();
        let pack = one_pack(&rows(2));
        let largest = |values: &[f32]| values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let mut adam = understudy_trainer::optimise::AdamW::new(&adapter.tensors()).unwrap();
        for step in 0..2 {
            let (loss, gradients) =
                Net { base: &base, adapter: &adapter }.gradients(&pack, Activations::Kept).unwrap();
            for (n, values) in flat(&gradients).iter().enumerate() {
                let learns = n % 2 == 1 || step == 1;
                assert_eq!(largest(values) > 0.0, learns, "{architecture}, step {step}, matrix {n}");
            }
            let (gradients, _) = understudy_trainer::optimise::clip(gradients, loss.tokens, 1.0).unwrap();
            let moved = adam.step(&adapter.tensors(), &gradients, 1e-2, 0.0).unwrap();
            adapter.set_tensors(moved);
        }
    }
}

#[test]
fn a_merged_model_answers_as_base_and_adapter_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    for architecture in ARCHITECTURES {
        write_base(&path("base.gguf"), architecture);
        let base = Base::read(&path("base.gguf")).unwrap();
        let adapter = stirred(&base, 3);
        adapter.write(&path("adapter.gguf"), &base).unwrap();
        let into = |name: &str| {
            merge(&path("base.gguf"), &path("adapter.gguf"), &mut File::create(path(name)).unwrap()).unwrap();
            std::fs::read(path(name)).unwrap()
        };
        assert_eq!(into("merged.gguf"), into("again.gguf"), "the same bytes twice");
        let merged = Base::read(&path("merged.gguf")).unwrap();
        assert_eq!(merged.shape, base.shape);
        let none = Adapter::new(&merged, 1, 1.0, 1).unwrap();
        let pack = one_pack(&rows(2));
        let together = Net { base: &base, adapter: &adapter }.logits(&pack).unwrap();
        let as_one = Net { base: &merged, adapter: &none }.logits(&pack).unwrap();
        let alone = Net { base: &base, adapter: &none }.logits(&pack).unwrap();
        let apart = |left: &Tensor, right: &Tensor| {
            let far = (left - right).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
            far.to_scalar::<f32>().unwrap()
        };
        let (rounding, change) = (apart(&together, &as_one), apart(&together, &alone));
        assert!(rounding < 0.05 && change > 10.0 * rounding, "{architecture}: {rounding} of {change}");
    }
}

#[test]
fn an_adapter_of_another_base_is_not_merged() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    write_base(&path("base.gguf"), "llama");
    let base = Base::read(&path("base.gguf")).unwrap();
    stirred(&base, 3).write(&path("adapter.gguf"), &base).unwrap();
    // A base without blocks.
    let metadata = [("general.architecture", &Value::String("llama".to_owned()))];
    let tensor = QTensor::quantize(&base.embedding, GgmlDType::F32).unwrap();
    gguf_file::write(
        &mut File::create(path("other.gguf")).unwrap(),
        &metadata,
        &[("token_embd.weight", &tensor)],
    )
    .unwrap();
    let mut out = File::create(path("merged.gguf")).unwrap();
    let error = merge(&path("other.gguf"), &path("adapter.gguf"), &mut out).unwrap_err();
    assert!(error.to_string().contains("the base does not have"), "{error:#}");
}

#[test]
fn a_shared_beginning_changes_neither_loss_nor_gradient() {
    for architecture in ARCHITECTURES {
        let base = base(architecture);
        let adapter = stirred(&base, 3);
        let net = Net { base: &base, adapter: &adapter };
        let rows = rows(3);
        let (together, gradients) = net.gradients(&one_pack(&rows), Activations::Kept).unwrap();
        let mut alone = (0.0, 0);
        let mut summed: Vec<Vec<f32>> = flat(&gradients).iter().map(|g| vec![0.0; g.len()]).collect();
        for row in &rows {
            let (loss, gradients) =
                net.gradients(&one_pack(std::slice::from_ref(row)), Activations::Kept).unwrap();
            alone = (alone.0 + loss.sum, alone.1 + loss.tokens);
            for (sum, gradient) in summed.iter_mut().zip(flat(&gradients)) {
                sum.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
            }
        }
        assert_eq!(together.tokens, alone.1);
        assert!((together.sum - alone.0).abs() < 1e-3, "{} against {}", together.sum, alone.0);
        for (left, right) in flat(&gradients).iter().flatten().zip(summed.iter().flatten()) {
            assert!((left - right).abs() < 1e-3 + 1e-3 * right.abs(), "{left} against {right}");
        }
    }
}

#[test]
fn recomputing_gives_the_same_gradient_to_the_bit() {
    let base = base("llama");
    let adapter = stirred(&base, 3);
    let (net, pack) = (Net { base: &base, adapter: &adapter }, one_pack(&rows(2)));
    let kept = net.gradients(&pack, Activations::Kept).unwrap();
    let recomputed = net.gradients(&pack, Activations::Recomputed).unwrap();
    assert_eq!(kept.0, recomputed.0);
    assert_eq!(flat(&kept.1), flat(&recomputed.1));
}

#[test]
fn an_adapter_of_scale_zero_is_the_base() {
    let base = base("llama");
    let pack = one_pack(&rows(1));
    let mut adapter = stirred(&base, 3);
    adapter.alpha = 0.0;
    let fresh = Adapter::new(&base, 2, 4.0, 9).unwrap();
    let of = |adapter: &Adapter| Net { base: &base, adapter }.loss(&pack).unwrap();
    assert_eq!(of(&adapter), of(&fresh));
}

#[test]
fn a_written_adapter_reads_back_within_half_precision() {
    let dir = tempfile::tempdir().unwrap();
    let base = base("qwen2");
    let adapter = stirred(&base, 3);
    let path = dir.path().join("adapter.gguf");
    adapter.write(&path, &base).unwrap();
    let read = Adapter::read(&path, &base).unwrap();
    assert_eq!((read.rank, read.alpha), (2, 4.0));
    let pack = one_pack(&rows(1));
    let of = |adapter: &Adapter| Net { base: &base, adapter }.loss(&pack).unwrap().mean();
    assert!((of(&adapter) - of(&read)).abs() < 2e-3);
}

#[test]
fn an_adapter_of_another_base_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("adapter.gguf");
    let qwen = base("qwen2");
    stirred(&qwen, 3).write(&path, &qwen).unwrap();
    let words = Adapter::read(&path, &base("llama")).unwrap_err().to_string();
    assert!(words.contains("another base"), "{words}");
}

#[test]
fn an_unknown_architecture_is_refused_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("base.gguf");
    write_base(&path, "mamba");
    let words = Base::read(&path).unwrap_err().to_string();
    assert!(words.contains("mamba") && words.contains("import the adapter"), "{words}");
}

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        write_base(&dir.path().join("base.gguf"), "llama");
        let lines = |rows: &[Row]| {
            rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect::<String>()
        };
        let rows = rows(8);
        std::fs::write(dir.path().join("train.jsonl"), lines(&rows)).unwrap();
        std::fs::write(dir.path().join("dev.jsonl"), lines(&rows[..6])).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn job(&self, name: &str) -> Job {
        let recipe = Recipe {
            rank: 4,
            alpha: 8.0,
            rate: 1e-2,
            epochs: 6,
            tree_tokens: 60,
            pack_tokens: 60,
            dev_every: 5,
            patience: 100,
            checkpoint_every: 3,
            ..Recipe::default()
        };
        Job {
            base: self.path("base.gguf"),
            start: None,
            train: self.path("train.jsonl"),
            dev: Some(self.path("dev.jsonl")),
            out: self.path(&format!("{name}.gguf")),
            work: self.path(name),
            seed: 5,
            recipe,
            ends_with_stdin: false,
        }
    }
}

fn train(job: &Job) -> Vec<Event> {
    let mut events = Vec::new();
    run::run(job, &AtomicBool::new(false), |event| events.push(event)).unwrap();
    events
}

#[test]
fn examples_that_share_more_than_a_pack_are_a_step_of_their_own() {
    let place = Place::new();
    let mut job = place.job("alone");
    let lines: String = rows(4).iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
    std::fs::write(&job.train, lines).unwrap();
    // Three examples of a group are 30 tokens, one alone 14.
    job.recipe = Recipe { tree_tokens: 60, pack_tokens: 20, epochs: 1, ..job.recipe };
    let planned = train(&job).into_iter().find_map(|event| match event {
        Event::Planned { steps, tokens, dropped, .. } => Some((steps, tokens, dropped)),
        _ => None,
    });
    assert_eq!(planned, Some((4, 120, 0)));
}

#[test]
fn eight_examples_are_learnt_by_heart() {
    let place = Place::new();
    let mut job = place.job("heart");
    let some: Vec<Row> = rows(3).into_iter().take(8).collect();
    let lines: String = some.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
    std::fs::write(&job.train, lines).unwrap();
    job.dev = None;
    let (tree_tokens, pack_tokens) = (400, 400);
    job.recipe =
        Recipe { rank: 16, alpha: 32.0, rate: 1e-2, epochs: 150, tree_tokens, pack_tokens, ..job.recipe };
    let events = train(&job);
    let mut losses = events.iter().filter_map(|event| match event {
        Event::Step { loss, .. } => Some(*loss),
        _ => None,
    });
    let last = losses.next_back().unwrap();
    assert!(last < 0.05, "loss {last}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_other_ones() {
    let place = Place::new();
    let bytes = |name: &str, seed: u64| {
        let job = Job { seed, ..place.job(name) };
        train(&job);
        std::fs::read(&job.out).unwrap()
    };
    assert_eq!(bytes("first", 5), bytes("second", 5));
    assert_ne!(bytes("third", 6), bytes("fourth", 5));
}

#[test]
fn a_cancelled_run_goes_on_from_its_checkpoint_to_the_same_bytes() {
    let place = Place::new();
    let whole = place.job("whole");
    train(&whole);
    let broken = place.job("broken");
    let cancel = AtomicBool::new(false);
    let ending = run::run(&broken, &cancel, |event| {
        if matches!(event, Event::Step { step: 7, .. }) {
            cancel.store(true, Ordering::Relaxed);
        }
    })
    .unwrap();
    assert_eq!(ending, Ending::Cancelled);
    assert!(!broken.out.exists());
    let events = train(&broken);
    assert!(matches!(events[0], Event::Planned { done: 7, .. }), "{:?}", events[0]);
    assert!(matches!(&events[1], Event::Before { curve, .. } if curve.len() == 7), "{:?}", events[1]);
    assert_eq!(std::fs::read(&whole.out).unwrap(), std::fs::read(&broken.out).unwrap());
}

#[test]
fn a_run_whose_data_are_taken_back_stops_and_leaves_nothing() {
    let place = Place::new();
    let job =
        Job { recipe: Recipe { checkpoint_every: 100, ..place.job("gone").recipe }, ..place.job("gone") };
    let ending = run::run(&job, &AtomicBool::new(false), |event| {
        if matches!(event, Event::Step { step: 4, .. }) {
            std::fs::remove_file(&job.train).unwrap();
        }
    })
    .unwrap();
    assert_eq!(ending, Ending::Cancelled);
    assert!(!job.out.exists() && !job.work.exists());
}

#[test]
fn a_torn_checkpoint_is_never_read() {
    let place = Place::new();
    let job = place.job("torn");
    train(&job);
    // What a crash between the two writes leaves: newer tensors that no progress file names.
    std::fs::write(job.work.join("step-999.safetensors"), b"half").unwrap();
    let events = train(&job);
    assert!(matches!(events[0], Event::Planned { steps, done, .. } if steps == done));
}

#[test]
fn a_run_stops_early_when_the_dev_loss_no_longer_falls() {
    let place = Place::new();
    let mut job = place.job("early");
    // Other rows than it learns: at this rate it soon only gets worse on them.
    let strange: Vec<Row> = (0..6)
        .map(|n| Row {
            group: n,
            tokens: (0..16).map(|t| (t * 7 + n as u32 * 3) % 64).collect(),
            reply_from: 4,
        })
        .collect();
    let lines: String = strange.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
    std::fs::write(job.dev.as_ref().unwrap(), lines).unwrap();
    job.recipe = Recipe { rate: 5e-2, epochs: 60, patience: 2, ..job.recipe };
    let events = train(&job);
    let Some(Event::Done { ending, best_dev, .. }) = events.last() else { panic!("no last event") };
    assert_eq!(*ending, Ending::Early);
    assert!(best_dev.is_some() && job.out.exists());
}

#[test]
fn bad_data_is_named_by_file_and_line() {
    let place = Place::new();
    let job = place.job("bad");
    std::fs::write(&job.train, "{\"group\":1,\"tokens\":[1,2],\"reply_from\":1}\nnot a row\n").unwrap();
    let words = format!("{:#}", run::run(&job, &AtomicBool::new(false), |_| {}).unwrap_err());
    assert!(words.contains("line 2") && words.contains("train.jsonl"), "{words}");
    std::fs::write(&job.train, "").unwrap();
    let words = format!("{:#}", run::run(&job, &AtomicBool::new(false), |_| {}).unwrap_err());
    assert!(words.contains("nothing to learn"), "{words}");
}
