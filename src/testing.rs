//! What unit tests of several modules share.

use async_trait::async_trait;

use crate::{
    domain::{Integrity, Passage, Readers},
    memory::Embed,
};

/// Knows no meaning, so that words alone decide.
pub(crate) struct Blind;

#[async_trait]
impl Embed for Blind {
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        Ok(vec![vec![0.0]; texts.len()])
    }

    fn dimensions(&self) -> usize {
        1
    }

    fn name(&self) -> &str {
        "blind"
    }
}

/// The passage with this number, that everyone may read.
pub(crate) fn passage(n: usize, title: &str, text: &str) -> Passage {
    Passage {
        n,
        source: format!("{n}.md"),
        title: title.to_owned(),
        text: text.to_owned(),
        score: 1.0,
        integrity: Integrity::Internal,
        readers: Readers::Everyone,
    }
}
