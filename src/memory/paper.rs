//! Documents that came with a message: looked up like notes, for the conversation they were sent in and no other.
//!
//! They are not notes: nothing of them is stored in the index, and nobody who asks elsewhere meets them. Each turn
//! of their conversation cuts them anew and ranks the pieces by words and by meaning for every leg of the search.

use std::path::Path;

use uuid::Uuid;

use super::{
    Embed, Leg,
    chunk::{self, Piece},
    rank::{Hit, fuse},
    words::Words,
};
use crate::domain::{Integrity, Passage, Readers};

/// Most pieces that are compared by meaning: the encoder takes about 20 ms for each. Of longer documents, those are
/// taken that share words with the question, then the first ones.
const COMPARED: usize = 24;

/// A document in pieces.
#[derive(Debug, Clone)]
pub struct Paper {
    /// What its sender called it.
    pub name: String,
    /// Who reads the conversation.
    pub readers: Readers,
    /// Whether it came with the message that is answered, and not earlier in its thread.
    pub is_new: bool,
    pieces: Vec<Piece>,
}

/// A part of a document.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'s> {
    /// Where it stands, such as "page 3"; may be empty.
    pub place: &'s str,
    /// Its text.
    pub text: &'s str,
    /// Whether it has headings of Markdown.
    pub is_markdown: bool,
}

impl Paper {
    /// Cuts a document; pieces never cross its parts.
    pub fn cut<'s>(
        name: &str,
        readers: Readers,
        is_new: bool,
        sheets: impl IntoIterator<Item = Sheet<'s>>,
    ) -> Self {
        let mut pieces = Vec::new();
        for sheet in sheets {
            let titled =
                if sheet.place.is_empty() { name.to_owned() } else { format!("{name}, {}", sheet.place) };
            // The extension only chooses how it is cut; a name is never believed.
            let path = if sheet.is_markdown { "sent.md" } else { "sent.txt" };
            let Some(document) = chunk::document(Path::new(path), sheet.text) else { continue };
            pieces.extend(document.pieces.into_iter().map(|piece| {
                let below = piece.title.strip_prefix("sent").unwrap_or(&piece.title);
                let below = below.trim_start_matches(" > ");
                let title = if below.is_empty() { titled.clone() } else { format!("{titled} > {below}") };
                Piece { title, text: piece.text }
            }));
        }
        Self { name: name.to_owned(), readers, is_new, pieces }
    }

    /// A piece as it is cited.
    fn passage(&self, piece: &Piece, score: f32) -> Passage {
        Passage {
            n: 0,
            source: self.name.clone(),
            title: piece.title.clone(),
            text: piece.text.clone(),
            score,
            integrity: Integrity::External,
            readers: self.readers.clone(),
        }
    }
}

/// The pieces of `papers` that are nearest to any of `legs`, best first, at most `limit`; numbered by the caller.
///
/// # Errors
/// When the pieces can't be embedded.
pub async fn leaf_through(
    embed: &dyn Embed,
    legs: &[Leg],
    papers: &[Paper],
    limit: usize,
) -> anyhow::Result<Vec<Passage>> {
    let all: Vec<(&Paper, &Piece)> =
        papers.iter().flat_map(|paper| paper.pieces.iter().map(move |piece| (paper, piece))).collect();
    let words = Words::new();
    let told: Vec<String> = all.iter().map(|(_, piece)| format!("{}\n{}", piece.title, piece.text)).collect();
    let sparse: Vec<_> = told.iter().map(|text| words.of_text(text)).collect();
    let mut lists: Vec<Vec<Hit>> = Vec::new();
    for leg in legs {
        let query = words.of_query(&leg.text);
        lists.push(hits((0..).zip(sparse.iter().map(|text| query.dot(text)))));
    }
    let mut compared: Vec<usize> = places(fuse(lists.clone())).take(COMPARED).collect();
    let first = (0..all.len()).filter(|place| !compared.contains(place)).take(COMPARED - compared.len());
    compared.extend(first.collect::<Vec<_>>());
    let texts: Vec<String> = compared.iter().filter_map(|place| told.get(*place).cloned()).collect();
    let vectors = embed.embed(&texts).await?;
    for leg in legs {
        let near = vectors.iter().map(|vector| leg.dense.iter().zip(vector).map(|(a, b)| a * b).sum());
        lists.push(hits(compared.iter().copied().zip(near)));
    }
    let found = fuse(lists).into_iter().take(limit);
    Ok(found
        .filter_map(|hit| {
            let (paper, piece) = all.get(usize::try_from(hit.id.as_u128()).ok()?)?;
            Some(paper.passage(piece, hit.score))
        })
        .collect())
}

fn hits(scores: impl Iterator<Item = (usize, f32)>) -> Vec<Hit> {
    let found = scores.filter(|(_, score)| *score > 0.0);
    found.map(|(place, score)| Hit { id: Uuid::from_u128(place as u128), score }).collect()
}

fn places(hits: Vec<Hit>) -> impl Iterator<Item = usize> {
    hits.into_iter().filter_map(|hit| usize::try_from(hit.id.as_u128()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows no meaning, so that words alone decide; counts what it is given.
    struct Blind(std::sync::atomic::AtomicUsize);

    #[async_trait::async_trait]
    impl Embed for Blind {
        async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
            self.0.fetch_add(texts.len(), std::sync::atomic::Ordering::Relaxed);
            Ok(vec![vec![0.0]; texts.len()])
        }

        fn dimensions(&self) -> usize {
            1
        }

        fn name(&self) -> &str {
            "blind"
        }
    }

    fn leg(text: &str) -> Leg {
        Leg { text: text.to_owned(), dense: vec![0.0] }
    }

    #[tokio::test]
    async fn the_right_page_of_a_long_document_is_found_and_named() {
        let page = |n: usize| match n {
            57 => "The deposit for the Heron is 4,750 EUR, due in March.".to_owned(),
            n => format!("Page {n} speaks of parking, of coffee and of nothing that was asked."),
        };
        let texts: Vec<(String, String)> = (1..=80).map(|n| (format!("page {n}"), page(n))).collect();
        let sheets = texts.iter().map(|(place, text)| Sheet { place, text, is_markdown: false });
        let paper = Paper::cut("offer.pdf", Readers::Everyone, true, sheets);
        let blind = Blind(0.into());
        let legs = [leg("How high is the deposit for the Heron?")];
        let found = leaf_through(&blind, &legs, &[paper], 2).await.unwrap();
        assert_eq!(found[0].title, "offer.pdf, page 57");
        assert!(found[0].text.contains("4,750"));
        assert_eq!(blind.0.into_inner(), COMPARED, "the encoder sees a part of a long document");
    }

    #[tokio::test]
    async fn headings_lead_to_a_piece_and_nothing_found_is_nothing() {
        let sheet = Sheet { place: "", text: "# Lease\n\n## Rent\n\n900 EUR a month.", is_markdown: true };
        let paper = Paper::cut("lease.docx", Readers::Everyone, true, [sheet]);
        let found = leaf_through(&Blind(0.into()), &[leg("rent a month")], &[paper], 4).await.unwrap();
        assert_eq!(found[0].title, "lease.docx > Lease > Rent");
        assert!(leaf_through(&Blind(0.into()), &[leg("rent")], &[], 4).await.unwrap().is_empty());
    }
}
