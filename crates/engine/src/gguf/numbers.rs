//! Looks at every weight of an adapter that comes from elsewhere.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{GgufError, Header, Tensor};

/// Checks that every weight of an adapter is a finite number.
///
/// One that is not would make every reply of its person empty or endless. Only the types that an adapter can have
/// are looked at; [`super::check_adapter`] refuses the others.
///
/// # Errors
/// When a weight is NaN or infinite, or the file can't be read.
pub fn check_numbers(path: &Path, header: &Header) -> Result<(), GgufError> {
    let unreadable = |source| GgufError::Unreadable { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    for (name, tensor) in &header.tensors {
        if !finite(&mut file, header.data_start + tensor.offset, tensor).map_err(unreadable)? {
            return Err(GgufError::NotFinite { path: path.to_owned(), tensor: name.clone() });
        }
    }
    Ok(())
}

fn finite(file: &mut (impl Read + Seek), start: u64, tensor: &Tensor) -> io::Result<bool> {
    file.seek(SeekFrom::Start(start))?;
    let mut data = file.by_ref().take(tensor.size_bytes);
    match tensor.ggml_type {
        0 => all(&mut data, |bytes: [u8; 4]| u32::from_le_bytes(bytes) & 0x7f80_0000 != 0x7f80_0000),
        1 => all(&mut data, |bytes: [u8; 2]| u16::from_le_bytes(bytes) & 0x7c00 != 0x7c00),
        30 => all(&mut data, |bytes: [u8; 2]| u16::from_le_bytes(bytes) & 0x7f80 != 0x7f80),
        // q8_0: a half as the scale, then 32 whole numbers.
        8 => all(&mut data, |[low, high, ..]: [u8; 34]| u16::from_le_bytes([low, high]) & 0x7c00 != 0x7c00),
        _ => Ok(true),
    }
}

fn all<const N: usize>(data: &mut impl Read, is_finite: impl Fn([u8; N]) -> bool) -> io::Result<bool> {
    let mut item = [0; N];
    loop {
        match data.read_exact(&mut item) {
            Ok(()) if is_finite(item) => {}
            Ok(()) => return Ok(false),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(true),
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_that_is_no_number_is_found_in_every_type_and_only_where_it_lies() {
        let scale = |half: u16| [&half.to_le_bytes()[..], &[0xff; 32]].concat();
        let f32s = |last: f32| [1.0, f32::MAX, last].iter().flat_map(|value| value.to_le_bytes()).collect();
        let cases: [(u32, Vec<u8>, bool); 10] = [
            (0, f32s(-0.5), true),
            (0, f32s(f32::NAN), false),
            (0, f32s(f32::NEG_INFINITY), false),
            (1, [0x3c00_u16, 0x7bff].iter().flat_map(|half| half.to_le_bytes()).collect(), true),
            (1, [0x3c00_u16, 0xfc00].iter().flat_map(|half| half.to_le_bytes()).collect(), false),
            (30, 0x7f7f_u16.to_le_bytes().to_vec(), true),
            (30, 0x7fc0_u16.to_le_bytes().to_vec(), false),
            // Whole numbers of any value are fine, a scale is not.
            (8, [scale(0x3c00), scale(0x0001)].concat(), true),
            (8, [scale(0x3c00), scale(0x7c00)].concat(), false),
            (8, [scale(0x7e00), scale(0x3c00)].concat(), false),
        ];
        for (ggml_type, data, wanted) in cases {
            let tensor = Tensor { shape: vec![1], ggml_type, size_bytes: data.len() as u64, offset: 0 };
            // What lies before and after belongs to others.
            let file = [&[0xff; 32][..], &data, &[0xff; 64]].concat();
            assert_eq!(finite(&mut io::Cursor::new(file), 32, &tensor).unwrap(), wanted, "type {ggml_type}");
        }
    }
}
