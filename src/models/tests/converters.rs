//! The two conversions: what they write, and that damaged input is an error and no panic.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::made_up::{small_bert, small_whisper};
use crate::models::gguf_writer::{GgufWriter, Numbers, Value};
use crate::models::{bert_gguf, whisper_ggml};

#[test]
fn a_gguf_is_laid_out_as_the_format_says() {
    let mut gguf = GgufWriter::default();
    gguf.key("a", Value::U32(7));
    gguf.key("b", Value::Texts(&["x".into(), "yz".into()]));
    gguf.tensor("t", &[1, 2], Numbers::F16, &[1, 2, 3, 4]);
    gguf.tensor("u", &[1], Numbers::F32, &[5, 6, 7, 8]);
    let long = |n: u64| n.to_le_bytes().to_vec();
    let short = |n: u32| n.to_le_bytes().to_vec();
    let text = |s: &str| [long(s.len() as u64), s.into()].concat();
    let mut expected = [
        [b"GGUF".to_vec(), short(3), long(2), long(2)].concat(),
        [text("a"), short(4), short(7)].concat(),
        [text("b"), short(9), short(8), long(2), text("x"), text("yz")].concat(),
        // The fastest dimension comes first, and the second tensor starts at 32.
        [text("t"), short(2), long(2), long(1), short(1), long(0)].concat(),
        [text("u"), short(1), long(1), short(0), long(32)].concat(),
    ]
    .concat();
    for data in [[1, 2, 3, 4], [5, 6, 7, 8]] {
        expected.resize(expected.len().next_multiple_of(32), 0);
        expected.extend(data);
    }
    expected.resize(expected.len().next_multiple_of(32), 0);
    assert_eq!(gguf.finish(), expected);
}

#[test]
fn a_bert_keeps_every_tensor_but_the_pooler() {
    let [config, vocab, weights] = small_bert();
    let gguf = bert_gguf::convert("small", &config, &vocab, &weights).unwrap();
    let tensors = u64::from_le_bytes(gguf[8..16].try_into().unwrap());
    assert_eq!(tensors, 5 + 16);
    for name in
        ["token_embd.weight", "token_types.weight", "blk.0.attn_output_norm.bias", "blk.0.ffn_down.weight"]
    {
        assert!(contains(&gguf, name), "{name}");
    }
    assert!(!contains(&gguf, "pooler"));
    assert!(contains(&gguf, "\u{2581}run") && contains(&gguf, "[unused0]"));
    assert!(contains(&gguf, "ning") && !contains(&gguf, "##ning"));
    assert_eq!(gguf, bert_gguf::convert("small", &config, &vocab, &weights).unwrap());
}

#[test]
fn a_bert_whose_files_do_not_belong_together_is_refused() {
    let [config, vocab, weights] = small_bert();
    let replaced = |from: &str, to: &str| {
        let config = String::from_utf8(config.clone()).unwrap().replace(from, to);
        format!("{:#}", bert_gguf::convert("small", config.as_bytes(), &vocab, &weights).unwrap_err())
    };
    assert_eq!(
        replaced("\"hidden_size\":4", "\"hidden_size\":5"),
        "embeddings.word_embeddings.weight has the shape [8, 4] instead of [8, 5]"
    );
    assert_eq!(replaced("\"vocab_size\":8", "\"vocab_size\":9"), "vocab.txt has 8 words, config.json says 9");
    let missing = replaced("\"num_hidden_layers\":1", "\"num_hidden_layers\":2");
    assert!(missing.starts_with("read encoder.layer.1.attention.self.query.weight"), "{missing}");
    let short = bert_gguf::convert("small", &config, b"[PAD]\n[CLS]\n", &weights).unwrap_err();
    assert_eq!(short.to_string(), "vocab.txt has 2 words, config.json says 8");
}

#[test]
fn a_whisper_is_split_renamed_and_loses_the_bias_of_its_keys() {
    let [model, tokenizer] = small_whisper();
    let ggml = whisper_ggml::convert(&model, &tokenizer).unwrap();
    let numbers: Vec<i32> =
        ggml[..48].chunks(4).map(|four| i32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(numbers, [0x6767_6d6c, 51_864, 6, 2, 1, 1, 4, 2, 1, 1, 80, 1]);
    for name in [
        "encoder.conv1.bias",
        "encoder.blocks.0.attn.query.bias",
        "encoder.blocks.0.mlp_ln.weight",
        "encoder.ln_post.weight",
        "decoder.token_embedding.weight",
        "decoder.blocks.0.cross_attn.value.bias",
        "decoder.ln.bias",
    ] {
        assert!(contains(&ggml, name), "{name}");
    }
    assert!(contains(&ggml, "attn.key.weight") && !contains(&ggml, "attn.key.bias"));
    assert!(contains(&ggml, " the"), "U+0120 stands for a space");
    assert_eq!(ggml, whisper_ggml::convert(&model, &tokenizer).unwrap());
}

#[test]
fn the_value_matrix_is_the_last_third() {
    let [model, tokenizer] = small_whisper();
    let ggml = whisper_ggml::convert(&model, &tokenizer).unwrap();
    let name = b"encoder.blocks.0.attn.value.weight";
    let at = ggml.windows(name.len()).position(|window| window == name).unwrap() + name.len();
    let values: Vec<f32> = ggml[at..at + 8]
        .chunks(2)
        .map(|two| half::f16::from_le_bytes(two.try_into().unwrap()).to_f32())
        .collect();
    assert_eq!(values, [2.0, 2.25, 2.5, 2.75]);
}

#[test]
fn a_truncated_file_is_an_error() {
    let [config, vocab, weights] = small_bert();
    for length in 0..weights.len() {
        assert!(bert_gguf::convert("small", &config, &vocab, &weights[..length]).is_err(), "{length}");
    }
    let [model, tokenizer] = small_whisper();
    // The tables of names are at both ends; between them are the embeddings.
    let (start, end) = (0..300, model.len() - 20_000..model.len() - 4);
    for length in start.chain((300..model.len()).step_by(20_011)).chain(end.step_by(37)) {
        assert!(whisper_ggml::convert(&model[..length], &tokenizer).is_err(), "{length}");
    }
    assert!(whisper_ggml::convert(&model, &tokenizer[..tokenizer.len() / 2]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is damaged, the outcome is a file or an error.
    #[test]
    fn a_damaged_file_never_panics(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        static BERT: LazyLock<[Vec<u8>; 3]> = LazyLock::new(small_bert);
        static WHISPER: LazyLock<[Vec<u8>; 2]> = LazyLock::new(small_whisper);
        let [config, vocab, mut weights] = BERT.clone();
        let mut model = WHISPER[0].clone();
        for (place, byte) in &places {
            let head = weights.len().min(2_500);
            weights[place.index(head)] = *byte;
            // Past the embeddings, where all the lengths are.
            let tail = 51_864 * 4;
            let spot = tail + place.index(model.len() - tail);
            model[spot] = *byte;
        }
        drop(bert_gguf::convert("small", &config, &vocab, &weights));
        drop(whisper_ggml::convert(&model, br#"{"model":{"vocab":{}}}"#));
        drop(crate::models::ct2::Ct2Model::read(&model));
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
