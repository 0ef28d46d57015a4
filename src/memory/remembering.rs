//! Vectors of texts that come again: with many questions about the same notes, most sentences do.
//!
//! Kept in memory for one piece of work, such as a data set; a served turn does without.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use async_trait::async_trait;

use super::Embed;

/// Texts that are remembered at most; with 384 numbers each about 40 MB.
const MOST: usize = 25_000;

/// Embeds each text once.
pub struct Remembering<'e> {
    embed: &'e dyn Embed,
    known: Mutex<HashMap<String, Arc<[f32]>>>,
}

impl<'e> Remembering<'e> {
    /// Remembers what `embed` returns.
    #[must_use]
    pub fn new(embed: &'e dyn Embed) -> Self {
        Self { embed, known: Mutex::default() }
    }
}

#[async_trait]
impl Embed for Remembering<'_> {
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: HashMap<String, Arc<[f32]>> = {
            let known = lock();
            texts.iter().filter_map(|text| Some((text.clone(), Arc::clone(known.get(text)?)))).collect()
        };
        let mut once = HashSet::new();
        let missing: Vec<String> =
            texts.iter().filter(|text| !found.contains_key(*text) && once.insert(*text)).cloned().collect();
        if !missing.is_empty() {
            let vectors = self.embed.embed(&missing).await?;
            let fresh: HashMap<String, Arc<[f32]>> =
                missing.into_iter().zip(vectors.into_iter().map(Arc::from)).collect();
            let mut known = lock();
            if known.len() + fresh.len() > MOST {
                known.clear();
            }
            known.extend(fresh.iter().map(|(text, vector)| (text.clone(), Arc::clone(vector))));
            found.extend(fresh);
        }
        let vectors = texts.iter().map(|text| found.get(text).map(|vector| vector.to_vec()));
        vectors.collect::<Option<_>>().context("the encoder left a text out")
    }

    fn dimensions(&self) -> usize {
        self.embed.dimensions()
    }

    fn name(&self) -> &str {
        self.embed.name()
    }

    fn mended(&self, text: &str) -> Option<String> {
        self.embed.mended(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what it is asked for.
    #[derive(Default)]
    struct Counting(Mutex<Vec<String>>);

    #[async_trait]
    impl Embed for Counting {
        async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
            self.0.lock().unwrap().extend(texts.iter().cloned());
            Ok(texts.iter().map(|text| vec![text.len() as f32]).collect())
        }

        fn dimensions(&self) -> usize {
            1
        }

        fn name(&self) -> &str {
            "counting"
        }
    }

    #[tokio::test]
    async fn each_text_is_embedded_once_and_every_place_gets_its_vector() {
        let counting = Counting::default();
        let remembering = Remembering::new(&counting);
        let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let first = remembering.embed(&texts(&["a", "bb", "a"])).await.unwrap();
        assert_eq!(first, [[1.0], [2.0], [1.0]]);
        let second = remembering.embed(&texts(&["bb", "ccc"])).await.unwrap();
        assert_eq!(second, [[2.0], [3.0]]);
        assert_eq!(*counting.0.lock().unwrap(), ["a", "bb", "ccc"]);
    }
}
