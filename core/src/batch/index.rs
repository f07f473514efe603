//! The rows of an input, and which of them are done.
//!
//! Invariant: 13 bytes for each row, in one sorted array and one of states, so that a million rows need 13 MB. A directory of the first bits of their
//! hashes, half a byte for each row, leads to a few neighbours of a row, and saves the cache misses of a search.

use super::key::RowKey;
use crate::prelude::*;

/// The state of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RowState {
    /// The log has no line of the row.
    Open,
    /// The log has its answer.
    Answered,
    /// The last line of the row in the log is an error.
    Failed,
    /// The row was sent in this run, or is a repetition of one that was.
    Taken,
}

impl RowState {
    /// Whether a run sends a row in this state. `retry_failed`: whether it sends rows with an error again.
    pub fn is_open(self, retry_failed: bool) -> bool {
        match self {
            Self::Open => true,
            Self::Failed => retry_failed,
            Self::Answered | Self::Taken => false,
        }
    }
}

/// The rows of an input.
#[derive(Debug, Default)]
pub struct Index {
    /// The halves of the hash of the `custom_id`, and the hash of the content.
    rows: Vec<[u32; 3]>,
    states: Vec<RowState>,
    /// The position of the first row of each bucket, and the number of rows. Hashes are even, and so are buckets.
    buckets: Vec<u32>,
}

/// The number of rows in a bucket: from this one to its double.
const BUCKET: usize = 8;

impl Index {
    /// Adds a row. Call [`Index::finish`] after the last one.
    #[expect(clippy::cast_possible_truncation, reason = "both halves are kept")]
    pub fn add(&mut self, key: RowKey) {
        self.rows.push([(key.id >> 32) as u32, key.id as u32, key.content]);
    }

    /// Sorts the rows. Returns the id of a row that occurs more than once.
    pub fn finish(&mut self) -> Option<u64> {
        self.rows.sort_unstable();
        self.states = vec![RowState::Open; self.rows.len()];
        self.fill_buckets();
        let equal = self.rows.windows(2).find(|pair| matches!(pair, [a, b] if id(a) == id(b)));
        equal.and_then(|pair| pair.first()).map(id)
    }

    /// Removes repetitions of rows. Returns how many there were.
    pub fn remove_equal(&mut self) -> usize {
        let before = self.rows.len();
        self.rows.dedup_by_key(|row| id(row));
        let removed = before - self.rows.len();
        if removed > 0 {
            self.states.truncate(self.rows.len());
            self.fill_buckets();
        }
        removed
    }

    /// The number of bits of a hash that name its bucket.
    fn bucket_bits(&self) -> u32 {
        (self.rows.len() / BUCKET).checked_ilog2().unwrap_or(0)
    }

    /// The bucket of a hash.
    fn bucket(bits: u32, row: u64) -> usize {
        row.checked_shr(u64::BITS - bits).and_then(|bucket| usize::try_from(bucket).ok()).unwrap_or(0)
    }

    fn fill_buckets(&mut self) {
        let bits = self.bucket_bits();
        self.buckets.clear();
        for (position, row) in (0..).zip(&self.rows) {
            let bucket = Self::bucket(bits, id(row));
            if self.buckets.len() <= bucket {
                self.buckets.resize(bucket + 1, position);
            }
        }
        let count = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.buckets.resize((1 << bits) + 1, count);
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the position of a row, and its content.
    pub fn find(&self, row: u64) -> Option<(usize, u32)> {
        let bucket = Self::bucket(self.bucket_bits(), row);
        let (from, to) = (*self.buckets.get(bucket)? as usize, *self.buckets.get(bucket + 1)? as usize);
        let rows = self.rows.get(from..to)?;
        let at = rows.binary_search_by_key(&row, id).ok()?;
        Some((from + at, rows.get(at)?[2]))
    }

    /// The state of the row at a position.
    pub fn state(&self, position: usize) -> RowState {
        self.states.get(position).copied().unwrap_or(RowState::Taken)
    }

    /// Sets the state of the row at a position, and returns the previous one.
    pub fn set(&mut self, position: usize, state: RowState) -> RowState {
        self.states.get_mut(position).map_or(RowState::Taken, |slot| core::mem::replace(slot, state))
    }

    /// Whether a run has a row to send: see [`RowState::is_open`].
    pub fn has_open(&self, retry_failed: bool) -> bool {
        self.states.iter().any(|state| state.is_open(retry_failed))
    }

    /// The number of rows in a state.
    pub fn count(&self, state: RowState) -> usize {
        self.states.iter().filter(|other| **other == state).count()
    }
}

fn id(row: &[u32; 3]) -> u64 {
    let [high, low, _] = *row;
    u64::from(high) << 32 | u64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_row_is_found(mut ids in prop::collection::vec(any::<u64>(), 0..300), other in any::<u64>()) {
            ids.sort_unstable();
            ids.dedup();
            // Uneven hashes are slower, and found too.
            ids.extend((0..500).map(|n| u64::MAX - n * 3).filter(|id| ids.binary_search(id).is_err()).collect::<Vec<_>>());
            let mut index = Index::default();
            for (content, id) in (0..).zip(&ids) {
                index.add(RowKey { id: *id, content });
            }
            prop_assert_eq!(index.finish(), None);
            for (content, id) in (0..).zip(&ids) {
                prop_assert_eq!(index.find(*id).map(|(_, found)| found), Some(content));
            }
            prop_assert_eq!(index.find(other).is_some(), ids.contains(&other));
        }
    }

    #[test]
    fn repetitions_are_reported_and_removed() {
        let mut index = Index::default();
        for id in [5, 7, 5] {
            index.add(RowKey { id, content: 1 });
        }
        assert_eq!(index.finish(), Some(5));
        assert_eq!((index.remove_equal(), index.len()), (1, 2));
        let (at, _) = index.find(7).unwrap();
        assert_eq!(index.set(at, RowState::Answered), RowState::Open);
        assert_eq!((index.count(RowState::Answered), index.count(RowState::Open)), (1, 1));
    }
}
