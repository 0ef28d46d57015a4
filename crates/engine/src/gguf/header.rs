//! The header: version, metadata, tensor names with shape, type and place.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use super::GgufError;

/// Largest counts and lengths a header may claim; real files stay far below, hostile ones do not.
const TENSORS_MAX: u64 = 100_000;
const KEYS_MAX: u64 = 10_000;
const TEXT_MAX_BYTES: u64 = 16 << 20;
const ITEMS_MAX: u64 = 4_000_000;

/// A metadata value; arrays keep their length only, because nothing here needs their items.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Any unsigned integer or bool.
    Unsigned(u64),
    /// Any signed integer.
    Signed(i64),
    /// A float of 32 bits.
    Float(f64),
    /// A float of 64 bits; llama.cpp aborts when it expects the other.
    Double(f64),
    /// UTF-8 text.
    Text(String),
    /// Number of items of an array.
    Items(u64),
}

/// A tensor of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Sizes, fastest dimension first, as ggml counts them.
    pub shape: Vec<u64>,
    /// The ggml type number.
    pub ggml_type: u32,
    /// Bytes of its data.
    pub size_bytes: u64,
    pub(super) offset: u64,
}

/// The header of a GGUF file.
#[derive(Debug, Clone)]
pub struct Header {
    /// Metadata by key.
    pub metadata: BTreeMap<String, Value>,
    /// Tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
    /// Size of the whole file.
    pub size_bytes: u64,
    /// Where the tensors' data begins.
    pub(super) data_start: u64,
}

impl Header {
    /// Reads the header of `path` and checks that every tensor lies inside the file.
    ///
    /// # Errors
    /// When the file can't be read, is no GGUF of version 2 or 3, or is shorter than its header promises.
    pub fn read(path: &Path) -> Result<Self, GgufError> {
        let unreadable = |source| GgufError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let size_bytes = file.metadata().map_err(unreadable)?.len();
        let mut reader = Reader { inner: BufReader::new(file), left: size_bytes };
        let header = reader.header(size_bytes).map_err(|flaw| match flaw {
            Flaw::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                GgufError::Truncated { path: path.to_owned(), needed_bytes: size_bytes + 1, size_bytes }
            }
            Flaw::Io(source) => unreadable(source),
            Flaw::Bad(why) => GgufError::NotGguf { path: path.to_owned(), why },
        })?;
        let data_start = header.data_start;
        let end =
            header.tensors.values().map(|t| data_start.saturating_add(t.offset).saturating_add(t.size_bytes));
        let needed_bytes = end.max().unwrap_or(0);
        if needed_bytes > size_bytes {
            return Err(GgufError::Truncated { path: path.to_owned(), needed_bytes, size_bytes });
        }
        Ok(Self { metadata: header.metadata, tensors: header.tensors, size_bytes, data_start })
    }

    /// The text under `key`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The non-negative integer under `key`.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        match *self.metadata.get(key)? {
            Value::Unsigned(n) => Some(n),
            Value::Signed(n) => u64::try_from(n).ok(),
            _ => None,
        }
    }

    /// The value `key` of the file's own architecture, for example `llama.block_count`.
    #[must_use]
    pub fn of_architecture(&self, key: &str) -> Option<u64> {
        let architecture = self.text("general.architecture")?;
        self.number(&format!("{architecture}.{key}"))
    }
}

struct Parsed {
    metadata: BTreeMap<String, Value>,
    tensors: BTreeMap<String, Tensor>,
    data_start: u64,
}

enum Flaw {
    Io(io::Error),
    Bad(String),
}

impl From<io::Error> for Flaw {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

struct Reader {
    inner: BufReader<File>,
    left: u64,
}

impl Reader {
    fn header(&mut self, size_bytes: u64) -> Result<Parsed, Flaw> {
        if self.bytes::<4>().is_ok_and(|magic| &magic == b"GGUF") {
            let version = self.u32()?;
            if !(2..=3).contains(&version) {
                return Err(Flaw::Bad(format!("version {version}, this program reads 2 and 3")));
            }
        } else {
            return Err(Flaw::Bad("the first four bytes are not GGUF".to_owned()));
        }
        let tensor_count = self.count(TENSORS_MAX, "tensors")?;
        let key_count = self.count(KEYS_MAX, "keys")?;
        let mut metadata = BTreeMap::new();
        for _ in 0..key_count {
            let key = self.text()?;
            let kind = self.u32()?;
            let value = self.value(kind)?;
            metadata.insert(key, value);
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let (name, tensor) = self.tensor()?;
            if tensors.insert(name.clone(), tensor).is_some() {
                return Err(Flaw::Bad(format!("tensor `{}` occurs twice", clip(&name))));
            }
        }
        let alignment = match metadata.get("general.alignment") {
            Some(Value::Unsigned(n)) if n.is_power_of_two() && *n <= 1 << 16 => *n,
            Some(_) => return Err(Flaw::Bad("its alignment is not a power of two".to_owned())),
            None => 32,
        };
        if let Some((name, _)) = tensors.iter().find(|(_, t)| t.offset % alignment != 0) {
            return Err(Flaw::Bad(format!("tensor `{}` is not aligned", clip(name))));
        }
        let header_bytes = size_bytes - self.left;
        Ok(Parsed { metadata, tensors, data_start: header_bytes.next_multiple_of(alignment) })
    }

    fn tensor(&mut self) -> Result<(String, Tensor), Flaw> {
        let name = self.text()?;
        let dimensions = self.u32()?;
        if !(1..=4).contains(&dimensions) {
            return Err(Flaw::Bad(format!("tensor `{}` has {dimensions} dimensions", clip(&name))));
        }
        let shape = (0..dimensions).map(|_| self.u64()).collect::<Result<Vec<_>, _>>()?;
        let ggml_type = self.u32()?;
        let offset = self.u64()?;
        let size_bytes = tensor_bytes(&shape, ggml_type)
            .ok_or_else(|| Flaw::Bad(format!("tensor `{}` has an impossible type or shape", clip(&name))))?;
        Ok((name, Tensor { shape, ggml_type, size_bytes, offset }))
    }

    fn value(&mut self, kind: u32) -> Result<Value, Flaw> {
        Ok(match kind {
            0 | 7 => Value::Unsigned(self.bytes::<1>()?[0].into()),
            1 => Value::Signed(i8::from_le_bytes(self.bytes()?).into()),
            2 => Value::Unsigned(u16::from_le_bytes(self.bytes()?).into()),
            3 => Value::Signed(i16::from_le_bytes(self.bytes()?).into()),
            4 => Value::Unsigned(self.u32()?.into()),
            5 => Value::Signed(i32::from_le_bytes(self.bytes()?).into()),
            6 => Value::Float(f32::from_le_bytes(self.bytes()?).into()),
            8 => Value::Text(self.text()?),
            9 => self.skip_array()?,
            10 => Value::Unsigned(self.u64()?),
            11 => Value::Signed(i64::from_le_bytes(self.bytes()?)),
            12 => Value::Double(f64::from_le_bytes(self.bytes()?)),
            _ => return Err(Flaw::Bad(format!("a value has the unknown type {kind}"))),
        })
    }

    fn skip_array(&mut self) -> Result<Value, Flaw> {
        let kind = self.u32()?;
        let items = self.count(ITEMS_MAX, "array items")?;
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                for _ in 0..items {
                    let length = self.count(TEXT_MAX_BYTES, "bytes of text")?;
                    self.skip(length)?;
                }
                0
            }
            _ => return Err(Flaw::Bad(format!("an array has the unsupported type {kind}"))),
        };
        self.skip(items * width)?;
        Ok(Value::Items(items))
    }

    fn skip(&mut self, length: u64) -> Result<(), Flaw> {
        self.left = self.left.checked_sub(length).ok_or_else(cut_short)?;
        self.inner.seek_relative(i64::try_from(length).map_err(|_| cut_short())?)?;
        Ok(())
    }

    fn text(&mut self) -> Result<String, Flaw> {
        let length = self.count(TEXT_MAX_BYTES, "bytes of text")?;
        self.left = self.left.checked_sub(length).ok_or_else(cut_short)?;
        let mut bytes = Vec::new();
        let read = self.inner.by_ref().take(length).read_to_end(&mut bytes)?;
        if u64::try_from(read).ok() != Some(length) {
            return Err(cut_short().into());
        }
        String::from_utf8(bytes).map_err(|_| Flaw::Bad("a name is not UTF-8".to_owned()))
    }

    fn count(&mut self, max: u64, what: &str) -> Result<u64, Flaw> {
        let count = self.u64()?;
        if count > max {
            return Err(Flaw::Bad(format!("it claims {count} {what}")));
        }
        Ok(count)
    }

    fn u32(&mut self) -> Result<u32, Flaw> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, Flaw> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        self.left = self.left.checked_sub(N as u64).ok_or_else(cut_short)?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn cut_short() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

fn clip(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Bytes of a tensor, or `None` for a type that ggml does not have or a shape that does not fit its blocks.
fn tensor_bytes(shape: &[u64], ggml_type: u32) -> Option<u64> {
    let (block_items, block_bytes) = block_size(ggml_type)?;
    let row = *shape.first()?;
    if row == 0 || row % block_items != 0 {
        return None;
    }
    let items = shape.iter().try_fold(1_u64, |product, size| product.checked_mul(*size))?;
    if items == 0 || items > 1 << 44 {
        return None;
    }
    (items / block_items).checked_mul(block_bytes)
}

/// Items and bytes of one block of a ggml type (`ggml_type` in ggml.h, sizes in ggml-common.h).
fn block_size(ggml_type: u32) -> Option<(u64, u64)> {
    Some(match ggml_type {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        24 => (1, 1),
        27 | 28 => (1, 8),
        2 | 20 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 | 21 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        22 => (256, 82),
        23 => (256, 136),
        29 => (256, 56),
        34 => (256, 54),
        35 => (256, 66),
        39 => (32, 17),
        _ => return None,
    })
}
