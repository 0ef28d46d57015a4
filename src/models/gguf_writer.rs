//! Writes a GGUF v3 file: keys, then a table of tensors, then their data, 32-byte aligned.
//!
//! The same input gives the same bytes on every machine, so that a converted model has a sum.

/// Every tensor starts at a multiple of this; it is also what a reader assumes unless told.
const ALIGNMENT: usize = 32;

/// A value of a key.
pub(super) enum Value<'a> {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(&'a str),
    Texts(&'a [String]),
    I32s(&'a [i32]),
}

/// How a tensor's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    F32 = 0,
    F16 = 1,
}

/// A GGUF file in the making.
#[derive(Default)]
pub(super) struct GgufWriter {
    keys: Vec<u8>,
    key_count: u64,
    table: Vec<u8>,
    tensor_count: u64,
    data: Vec<u8>,
}

impl GgufWriter {
    /// Adds a key; the caller never repeats a name.
    pub(super) fn key(&mut self, name: &str, value: Value<'_>) {
        self.key_count += 1;
        text(&mut self.keys, name);
        let out = &mut self.keys;
        match value {
            Value::U32(n) => {
                u32(out, 4);
                u32(out, n);
            }
            Value::F32(n) => {
                u32(out, 6);
                out.extend(n.to_le_bytes());
            }
            Value::Bool(yes) => {
                u32(out, 7);
                out.push(u8::from(yes));
            }
            Value::Text(value) => {
                u32(out, 8);
                text(out, value);
            }
            Value::Texts(values) => {
                u32(out, 9);
                u32(out, 8);
                u64(out, values.len());
                values.iter().for_each(|value| text(out, value));
            }
            Value::I32s(values) => {
                u32(out, 9);
                u32(out, 5);
                u64(out, values.len());
                values.iter().for_each(|n| out.extend(n.to_le_bytes()));
            }
        }
    }

    /// Adds a tensor; `shape` has the slowest dimension first, as Python writes it.
    pub(super) fn tensor(&mut self, name: &str, shape: &[usize], numbers: Numbers, data: &[u8]) {
        self.tensor_count += 1;
        text(&mut self.table, name);
        u32(&mut self.table, u32::try_from(shape.len()).expect("a tensor has a few dimensions"));
        shape.iter().rev().for_each(|&n| u64(&mut self.table, n));
        u32(&mut self.table, numbers as u32);
        u64(&mut self.table, self.data.len());
        self.data.extend(data);
        pad(&mut self.data);
    }

    /// Returns the bytes of the file.
    pub(super) fn finish(self) -> Vec<u8> {
        let head = self.keys.len() + self.table.len() + 64;
        let mut out = Vec::with_capacity(head + self.data.len());
        out.extend(b"GGUF");
        u32(&mut out, 3);
        out.extend(self.tensor_count.to_le_bytes());
        out.extend(self.key_count.to_le_bytes());
        out.extend(self.keys);
        out.extend(self.table);
        pad(&mut out);
        out.extend(self.data);
        out
    }
}

fn u32(out: &mut Vec<u8>, n: u32) {
    out.extend(n.to_le_bytes());
}

fn u64(out: &mut Vec<u8>, n: usize) {
    out.extend((n as u64).to_le_bytes());
}

fn text(out: &mut Vec<u8>, value: &str) {
    u64(out, value.len());
    out.extend(value.as_bytes());
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
}
