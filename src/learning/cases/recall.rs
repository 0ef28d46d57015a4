//! The person's notes, as they were when somebody asked.

use crate::learning::Note;

/// Notes of a case, when all of them are shown in full.
const NOTES: usize = 4;

/// Finds notes as they were at a time, in Unix seconds.
pub trait Recall {
    /// What a search for `query` finds, best first, in full.
    fn find(&mut self, query: &str, t: i64) -> Vec<Note>;

    /// What a prompt would show for `message` and the queries that were written for it.
    ///
    /// Without anything better: what each of them finds, fused.
    fn show(&mut self, message: &str, queries: &[String], t: i64) -> Vec<Note> {
        let mut lists = vec![self.find(message, t)];
        lists.extend(queries.iter().map(|query| self.find(query, t)));
        fuse(&lists, NOTES)
    }
}

impl<F: FnMut(&str, i64) -> Vec<Note>> Recall for F {
    fn find(&mut self, query: &str, t: i64) -> Vec<Note> {
        self(query, t)
    }
}

/// Reciprocal rank fusion, as serving does it.
pub(super) fn fuse(lists: &[Vec<Note>], most: usize) -> Vec<Note> {
    let mut scores: Vec<(f64, Note)> = Vec::new();
    for list in lists {
        for (rank, note) in list.iter().enumerate() {
            let score = 1.0 / (60.0 + rank as f64 + 1.0);
            match scores.iter_mut().find(|(_, known)| known == note) {
                Some((sum, _)) => *sum += score,
                None => scores.push((score, note.clone())),
            }
        }
    }
    scores.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scores.into_iter().map(|(_, note)| note).take(most).collect()
}
