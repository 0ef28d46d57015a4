//! Reads a `CTranslate2` `model.bin`: a list of named arrays.
//!
//! Every length in the file is checked against what is left of it, so a damaged file is an
//! error and never a panic or a huge allocation.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// The layout this reader knows.
const VERSION: u32 = 6;

/// The arrays of a model, by name.
pub(super) struct Ct2Model<'a> {
    variables: BTreeMap<&'a str, Variable<'a>>,
}

/// One array.
pub(super) struct Variable<'a> {
    /// The slowest dimension first.
    pub shape: Vec<usize>,
    pub numbers: Ct2Numbers,
    /// Little-endian, exactly as many as the shape says.
    pub data: &'a [u8],
}

/// How an array's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ct2Numbers {
    F32,
    I8,
    I16,
    I32,
    F16,
}

impl<'a> Ct2Model<'a> {
    /// Reads the list.
    ///
    /// # Errors
    /// When the file is cut short or of another version.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut left = Left(bytes);
        let version = left.u32()?;
        ensure!(version == VERSION, "it has layout {version}, I know {VERSION}");
        left.text()?;
        left.u32()?;
        let count = left.u32()?;
        let mut variables = BTreeMap::new();
        for _ in 0..count {
            let name = left.text()?;
            let variable = left.variable().with_context(|| format!("variable {name}"))?;
            variables.insert(name, variable);
        }
        Ok(Self { variables })
    }

    /// Returns the array of this name.
    pub(super) fn get(&self, name: &str) -> Result<&Variable<'a>> {
        self.variables.get(name).with_context(|| format!("it has no {name}"))
    }

    /// Counts the layers below `side`, which is `encoder` or `decoder`.
    pub(super) fn layers(&self, side: &str) -> usize {
        let has = |n: &usize| {
            let name = format!("{side}/layer_{n}/self_attention/linear_0/weight");
            self.variables.contains_key(name.as_str())
        };
        (0..).take_while(has).count()
    }
}

impl Variable<'_> {
    /// Returns the number of a variable that holds only one.
    pub(super) fn single(&self) -> Result<i32> {
        let number = match (self.numbers, self.data) {
            (Ct2Numbers::I8, &[a]) => Some(i32::from(i8::from_le_bytes([a]))),
            (Ct2Numbers::I16, &[a, b]) => Some(i32::from(i16::from_le_bytes([a, b]))),
            (Ct2Numbers::I32, &[a, b, c, d]) => Some(i32::from_le_bytes([a, b, c, d])),
            _ => None,
        };
        number.context("not a single whole number")
    }
}

/// What has not been read yet.
struct Left<'a>(&'a [u8]);

impl<'a> Left<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes).context("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().context("it ends too early")?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn length(&mut self) -> Result<usize> {
        usize::try_from(self.u32()?).context("a length is out of range")
    }

    /// Reads a string, which ends in a NUL that its length includes.
    fn text(&mut self) -> Result<&'a str> {
        let length = self.array().map(u16::from_le_bytes)?;
        let bytes = self.take(usize::from(length))?;
        let text = std::str::from_utf8(bytes).context("a name is no UTF-8")?;
        Ok(text.trim_end_matches('\0'))
    }

    fn variable(&mut self) -> Result<Variable<'a>> {
        let [rank] = self.array()?;
        let shape = (0..rank).map(|_| self.length()).collect::<Result<Vec<_>>>()?;
        let [code] = self.array()?;
        let (numbers, width) = match code {
            0 => (Ct2Numbers::F32, 4),
            1 => (Ct2Numbers::I8, 1),
            2 => (Ct2Numbers::I16, 2),
            3 => (Ct2Numbers::I32, 4),
            4 => (Ct2Numbers::F16, 2),
            _ => anyhow::bail!("unknown type of numbers {code}"),
        };
        let size = self.length()?;
        let expected = shape.iter().try_fold(width, |product: usize, n| product.checked_mul(*n));
        ensure!(expected == Some(size), "{size} bytes don't fit the shape {shape:?}");
        Ok(Variable { shape, numbers, data: self.take(size)? })
    }
}
