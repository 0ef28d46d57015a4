//! The computed filter bank against the one that Whisper was trained with.

use super::made_up::sha256;
use crate::models::mel::{FREQUENCIES, filters};

#[test]
fn the_filters_are_those_whisper_was_trained_with() {
    let filters = filters(80);
    assert_eq!(filters.len(), 80 * FREQUENCIES);
    assert_eq!(filters.iter().filter(|weight| **weight > 0.0).count(), 391);
    assert_eq!((filters[1], filters[79 * FREQUENCIES + 190]), (0.024_862_595, 0.002_232_055));
    // The sum over mel_80 of openai-whisper's mel_filters.npz, its one negative zero made positive.
    let bytes: Vec<u8> = filters.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    assert_eq!(sha256(&bytes), "85818f156f7e189453901a515e4726d270d307f976e161cf9403e8caab405498");
}
