//! The core's own ordered map for JSON objects, used without the feature `serde-json`.
//!
//! Invariant: same method names as `serde_json`'s order-preserving map. Small objects are searched linearly, which is fastest; large ones
//! have an index, so that lookups never take linear time.

use super::own::Value;
use crate::prelude::*;

/// Number of members from which on an object has an index.
const INDEX_THRESHOLD: usize = 24;

/// The members of an object. A single pointer, because values are moved more often than read.
#[derive(Debug, Clone)]
pub struct Map<K = String, V = Value>(Option<Box<Entries<K, V>>>);

#[derive(Debug, Clone)]
struct Entries<K, V> {
    members: Vec<(K, V)>,
    /// For large objects: positions in `members` plus one, by the hash of the name; 0 is free. Empty if it must be rebuilt.
    index: Vec<u32>,
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl Map {
    /// Creates an empty map.
    pub const fn new() -> Self {
        Self(None)
    }

    fn members(&self) -> &[(String, Value)] {
        self.0.as_ref().map_or(&[], |entries| entries.members.as_slice())
    }

    fn members_mut(&mut self) -> &mut [(String, Value)] {
        self.0.as_mut().map_or(&mut [], |entries| entries.members.as_mut_slice())
    }

    fn entries(&mut self) -> &mut Entries<String, Value> {
        self.0.get_or_insert_with(|| Box::new(Entries { members: Vec::new(), index: Vec::new() }))
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.members().len()
    }

    /// Returns whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the value of a member.
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members().get(self.position(name).wrapping_sub(1)).map(|(_, value)| value)
    }

    /// Returns the value of a member for modification.
    #[inline(never)]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let position = self.position(name).wrapping_sub(1);
        self.members_mut().get_mut(position).map(|(_, value)| value)
    }

    /// Returns whether a member exists.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a member, at its position or as the last one. Returns the old value.
    #[inline(never)]
    pub fn insert(&mut self, name: String, value: Value) -> Option<Value> {
        if let Some(old) = self.get_mut(&name) {
            return Some(core::mem::replace(old, value));
        }
        let entries = self.entries();
        entries.members.push((name, value));
        if entries.members.len() >= INDEX_THRESHOLD {
            entries.index_last();
        }
        None
    }

    /// Sets a member and moves it to a position.
    #[inline(never)]
    pub fn shift_insert(&mut self, position: usize, name: String, value: Value) {
        self.shift_remove(&name);
        let entries = self.entries();
        entries.index.clear();
        entries.members.insert(position.min(entries.members.len()), (name, value));
    }

    /// Removes a member. The order of the others doesn't change.
    #[inline(never)]
    pub fn shift_remove(&mut self, name: &str) -> Option<Value> {
        let position = self.position(name).checked_sub(1)?;
        let entries = self.entries();
        entries.index.clear();
        Some(entries.members.remove(position).1)
    }

    /// Returns the entry of a member, for insertion.
    pub fn entry(&mut self, name: impl Into<String>) -> Entry<'_> {
        Entry { map: self, name: name.into() }
    }

    /// Moves all members of `other` into this map.
    pub fn append(&mut self, other: &mut Self) {
        self.extend(core::mem::take(other));
    }

    /// Removes the members for which `keep` returns false.
    pub fn retain(&mut self, mut keep: impl FnMut(&String, &mut Value) -> bool) {
        if let Some(entries) = &mut self.0 {
            entries.index.clear();
            entries.members.retain_mut(|(name, value)| keep(name, value));
        }
    }

    /// Iterates over the members.
    pub fn iter(&self) -> Iter<'_> {
        self.members().iter().map(pair)
    }

    /// Iterates over the members, with mutable values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Value)> {
        self.members_mut().iter_mut().map(|(name, value)| (&*name, value))
    }

    /// Iterates over the names.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.members().iter().map(|(name, _)| name)
    }

    /// Iterates over the values.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.members().iter().map(|(_, value)| value)
    }

    /// Iterates over the values for modification.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.members_mut().iter_mut().map(|(_, value)| value)
    }

    /// Returns the position of a member plus one; 0 if it doesn't exist.
    fn position(&self, name: &str) -> usize {
        self.0.as_ref().map_or(0, |entries| entries.position(name))
    }
}

impl Entries<String, Value> {
    fn position(&self, name: &str) -> usize {
        if self.index.is_empty() {
            return self.members.iter().position(|(other, _)| other == name).map_or(0, |position| position + 1);
        }
        let mut slot = hash(name);
        loop {
            let position = self.index.get(slot % self.index.len()).map_or(0, |position| *position as usize);
            let is_it = self.members.get(position.wrapping_sub(1)).is_none_or(|(other, _)| other == name);
            if is_it {
                return position;
            }
            slot += 1;
        }
    }

    /// Adds the last member to the index. Rebuilds the index if it is missing or half full.
    fn index_last(&mut self) {
        let count = self.members.len();
        let mut first = count - 1;
        if self.index.len() < count * 2 {
            self.index = vec![0; count * 4];
            first = 0;
        }
        for position in first..count {
            let mut slot = self.members.get(position).map_or(0, |(name, _)| hash(name));
            let capacity = self.index.len();
            while self.index.get(slot % capacity).is_some_and(|taken| *taken != 0) {
                slot += 1;
            }
            if let Some(free) = self.index.get_mut(slot % capacity) {
                *free = u32::try_from(position + 1).unwrap_or_default();
            }
        }
    }
}

/// Returns the FNV-1a hash with mixed bits.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // The top bit stays free, so that probing doesn't overflow.
    ((hash ^ (hash >> 15)) >> 1) as usize
}

fn pair((name, value): &(String, Value)) -> (&String, &Value) {
    (name, value)
}

/// An iterator over the members of an object.
pub(super) type Iter<'m> =
    core::iter::Map<core::slice::Iter<'m, (String, Value)>, fn(&(String, Value)) -> (&String, &Value)>;

impl<'m> IntoIterator for &'m Map {
    type Item = (&'m String, &'m Value);
    type IntoIter = Iter<'m>;

    fn into_iter(self) -> Iter<'m> {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = alloc::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(|entries| entries.members).unwrap_or_default().into_iter()
    }
}

impl Extend<(String, Value)> for Map {
    fn extend<I: IntoIterator<Item = (String, Value)>>(&mut self, members: I) {
        for (name, value) in members {
            self.insert(name, value);
        }
    }
}

impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        let mut map = Self::new();
        map.extend(members);
        map
    }
}

/// The entry of a member.
pub struct Entry<'m> {
    map: &'m mut Map,
    name: String,
}

impl<'m> Entry<'m> {
    /// Returns the member's value; inserts `value` if the member doesn't exist.
    #[inline(never)]
    pub fn or_insert(self, value: Value) -> &'m mut Value {
        let mut position = self.map.position(&self.name);
        if position == 0 {
            self.map.insert(self.name, value);
            position = self.map.len();
        }
        // The member exists, so the fallback is unreachable.
        let found = self.map.members_mut().get_mut(position - 1);
        found.map_or_else(|| Box::leak(Box::default()), |(_, value)| value)
    }

    /// Returns the member's value; inserts the result of `make` if the member doesn't exist.
    pub fn or_insert_with(self, make: impl FnOnce() -> Value) -> &'m mut Value {
        let value = if self.map.contains_key(&self.name) { Value::Null } else { make() };
        self.or_insert(value)
    }
}
