//! Packs: many examples side by side in one row of tokens, with what they share computed once.
//!
//! Examples of one group usually begin alike (the instructions, the same notes). Their longest common beginning
//! becomes the trunk of a tree and each example a branch of it; a branch sees the trunk and itself, never
//! another branch, and its positions continue the trunk's. The loss is that of separate examples, and a test
//! holds that; the trunk is paid for once. Several trees fill a pack, so nothing is padded.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// One rendered example, as a line of the data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Examples of one group are searched for a common beginning.
    pub group: u64,
    /// Prompt and reply.
    pub tokens: Vec<u32>,
    /// Where the reply begins; only the reply is learnt.
    pub reply_from: usize,
}

impl Row {
    /// Whether there is a prompt and a reply.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.reply_from > 0 && self.reply_from < self.tokens.len()
    }
}

/// A trunk with its branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    trunk: Vec<u32>,
    branches: Vec<Branch>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Branch {
    tokens: Vec<u32>,
    /// Within `tokens`; at least 1, because the token before it predicts it.
    reply_from: usize,
}

impl Tree {
    /// Tokens to compute.
    #[must_use]
    pub fn len(&self) -> usize {
        self.trunk.len() + self.branches.iter().map(|branch| branch.tokens.len()).sum::<usize>()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a tree stands in its pack, and who sees whom in it.
#[derive(Debug, Clone)]
pub struct Span {
    /// First token.
    pub start: usize,
    /// Tokens.
    pub len: usize,
    /// `[len, len]`: 0 where the row may see the column, negative infinity elsewhere.
    pub mask: Tensor,
}

/// Trees side by side.
#[derive(Debug, Clone)]
pub struct Pack {
    /// All tokens.
    pub tokens: Vec<u32>,
    /// Position of each within its own example.
    pub positions: Vec<u32>,
    /// The trees.
    pub spans: Vec<Span>,
    /// Places whose next token is learnt.
    pub rows: Vec<u32>,
    /// Those next tokens.
    pub targets: Vec<u32>,
}

/// Makes trees of at most `limit` tokens, in order of the groups.
///
/// Rows without prompt or reply, or alone longer than `limit`, are left out; the count of those is returned too.
#[must_use]
pub fn grow(rows: &[Row], limit: usize) -> (Vec<Tree>, usize) {
    let mut groups: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_usable() && row.tokens.len() <= limit) {
        groups.entry(row.group).or_default().push(row);
    }
    let kept: usize = groups.values().map(Vec::len).sum();
    let mut trees = Vec::new();
    for members in groups.into_values() {
        let mut open: Vec<&Row> = Vec::new();
        for row in members {
            open.push(row);
            if open.len() > 1 && tree(&open).len() > limit {
                open.pop();
                trees.push(tree(&open));
                open = vec![row];
            }
        }
        trees.push(tree(&open));
    }
    (trees, rows.len() - kept)
}

fn tree(rows: &[&Row]) -> Tree {
    let shared = if rows.len() < 2 { 0 } else { common(rows) };
    let branch = |row: &&Row| Branch {
        tokens: row.tokens.iter().skip(shared).copied().collect(),
        reply_from: row.reply_from - shared,
    };
    let trunk = rows.first().map_or(Vec::new(), |row| row.tokens.iter().take(shared).copied().collect());
    Tree { trunk, branches: rows.iter().map(branch).collect() }
}

/// Length of the common beginning, short of every row's last prompt token.
fn common(rows: &[&Row]) -> usize {
    let most = rows.iter().map(|row| row.reply_from - 1).min().unwrap_or(0);
    let Some((first, others)) = rows.split_first() else { return 0 };
    let same = |at: usize| others.iter().all(|row| row.tokens.get(at) == first.tokens.get(at));
    (0..most).take_while(|at| same(*at)).count()
}

/// Trees that share a pack.
pub type Bin<'t> = Vec<&'t Tree>;

/// Fills bins of at most `limit` tokens with trees in a random order of this seed and epoch; a larger tree is alone.
#[must_use]
pub fn fill(trees: &[Tree], limit: usize, seed: u64, epoch: u64) -> Vec<Bin<'_>> {
    let mut order: Vec<&Tree> = trees.iter().collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(epoch + 1);
    order.shuffle(&mut random);
    let mut bins: Vec<(usize, Bin<'_>)> = Vec::new();
    // First fit among the newest few keeps the order random and the packs full.
    for tree in order {
        let newest = bins.len().saturating_sub(8);
        let fitting = bins.iter_mut().skip(newest).find(|(used, _)| used + tree.len() <= limit);
        match fitting {
            Some((used, bin)) => {
                *used += tree.len();
                bin.push(tree);
            }
            None => bins.push((tree.len(), vec![tree])),
        }
    }
    bins.into_iter().map(|(_, bin)| bin).collect()
}

/// Lays trees side by side.
///
/// # Errors
/// When memory runs out, or a pack has more than 2^32 tokens.
pub fn pack(trees: &[&Tree]) -> anyhow::Result<Pack> {
    let mut pack = Pack { tokens: vec![], positions: vec![], spans: vec![], rows: vec![], targets: vec![] };
    for tree in trees {
        let start = pack.tokens.len();
        let trunk = tree.trunk.len();
        // Branch 0 is the trunk.
        let mut branch_of = vec![0_usize; trunk];
        pack.tokens.extend(&tree.trunk);
        pack.positions.extend(0..u32::try_from(trunk)?);
        for (n, branch) in tree.branches.iter().enumerate() {
            for (at, token) in branch.tokens.iter().enumerate() {
                if let (true, Some(before)) = (at >= branch.reply_from, pack.tokens.len().checked_sub(1)) {
                    pack.rows.push(u32::try_from(before)?);
                    pack.targets.push(*token);
                }
                pack.tokens.push(*token);
                pack.positions.push(u32::try_from(trunk + at)?);
                branch_of.push(n + 1);
            }
        }
        pack.spans.push(Span { start, len: branch_of.len(), mask: mask(&branch_of)? });
    }
    Ok(pack)
}

fn mask(branch_of: &[usize]) -> anyhow::Result<Tensor> {
    let len = branch_of.len();
    let mut values = Vec::with_capacity(len * len);
    for (at, own) in branch_of.iter().enumerate() {
        for (seen, other) in branch_of.iter().enumerate() {
            let visible = seen <= at && (*other == 0 || other == own);
            values.push(if visible { 0.0_f32 } else { f32::NEG_INFINITY });
        }
    }
    Ok(Tensor::from_vec(values, (len, len), &Device::Cpu)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: u64, tokens: &[u32], reply_from: usize) -> Row {
        Row { group, tokens: tokens.to_vec(), reply_from }
    }

    #[test]
    fn a_group_shares_its_beginning_and_keeps_its_replies_apart() {
        let rows = [row(1, &[1, 2, 3, 4, 9], 4), row(1, &[1, 2, 5, 6, 7], 3)];
        let (trees, dropped) = grow(&rows, 100);
        assert_eq!((trees.len(), dropped, trees[0].len()), (1, 0, 8));
        let pack = pack(&fill(&trees, 100, 1, 0)[0]).unwrap();
        assert_eq!(pack.tokens, [1, 2, 3, 4, 9, 5, 6, 7]);
        assert_eq!(pack.positions, [0, 1, 2, 3, 4, 2, 3, 4]);
        // 9 is predicted from 4, 6 from 5, 7 from 6.
        assert_eq!(
            (pack.rows.as_slice(), pack.targets.as_slice()),
            ([3, 5, 6].as_slice(), [9, 6, 7].as_slice())
        );
        let mask = pack.spans[0].mask.to_vec2::<f32>().unwrap();
        assert!(mask[5][1] == 0.0 && mask[5][2].is_infinite() && mask[4][5].is_infinite());
    }

    #[test]
    fn identical_prompts_still_leave_a_token_that_predicts() {
        let rows = [row(1, &[1, 2, 3], 2), row(1, &[1, 2, 4], 2)];
        let (trees, _) = grow(&rows, 100);
        let pack = pack(&fill(&trees, 100, 1, 0)[0]).unwrap();
        assert_eq!(pack.tokens, [1, 2, 3, 2, 4]);
        assert_eq!(pack.targets, [3, 4]);
    }

    #[test]
    fn rows_that_do_not_fit_or_teach_nothing_are_counted() {
        let rows = [row(1, &[1; 50], 3), row(1, &[1, 2], 2), row(2, &[1, 2], 0), row(3, &[1, 2], 1)];
        let (trees, dropped) = grow(&rows, 10);
        assert_eq!((trees.len(), dropped), (1, 3));
    }

    #[test]
    fn no_pack_is_larger_than_its_limit_and_every_token_is_in_one() {
        let rows: Vec<Row> =
            (0..200).map(|n| row(n / 4, &(0..20 + (n as u32 * 7) % 30).collect::<Vec<_>>(), 10)).collect();
        let (trees, _) = grow(&rows, 120);
        let packs: Vec<Pack> = fill(&trees, 120, 3, 1).iter().map(|bin| pack(bin).unwrap()).collect();
        assert!(packs.iter().all(|pack| pack.tokens.len() <= 120));
        let total: usize = packs.iter().map(|pack| pack.tokens.len()).sum();
        assert_eq!(total, trees.iter().map(Tree::len).sum::<usize>());
        assert_ne!(fill(&trees, 120, 3, 1), fill(&trees, 120, 4, 1));
        let small = fill(&trees, 60, 3, 1);
        assert!(
            small.iter().all(|bin| bin.len() == 1 || bin.iter().map(|tree| tree.len()).sum::<usize>() <= 60)
        );
        assert_eq!(small.iter().map(Vec::len).sum::<usize>(), trees.len());
    }
}
