//! The members of a JSON object, in their order.
//!
//! Law: the names are those of `serde_json`'s map that keeps the order. Small objects are searched, which nothing beats; large ones
//! have an index, so that no object makes its reader slow.

use super::own::Value;
use crate::prelude::*;

/// From how many members on there is an index.
const INDEX_THRESHOLD: usize = 24;

/// The members of an object. One pointer, since a value is moved by more code than there is that looks into it.
#[derive(Debug, Clone)]
pub struct Map<K = String, V = Value>(Option<Box<Entries<K, V>>>);

#[derive(Debug, Clone)]
struct Entries<K, V> {
    members: Vec<(K, V)>,
    /// Of a large object: positions in `members` plus one, by the hash of the name; 0 is free. Empty where it has to be made anew.
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
    /// No members.
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

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a member.
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members().get(self.position(name).wrapping_sub(1)).map(|(_, value)| value)
    }

    /// The value of a member.
    #[inline(never)]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let position = self.position(name).wrapping_sub(1);
        self.members_mut().get_mut(position).map(|(_, value)| value)
    }

    /// Whether there is a member of this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a member: in its position if there is one, else as the last. The value that it had.
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

    /// Sets a member and moves it to this position.
    #[inline(never)]
    pub fn shift_insert(&mut self, position: usize, name: String, value: Value) {
        self.shift_remove(&name);
        let entries = self.entries();
        entries.index.clear();
        entries.members.insert(position.min(entries.members.len()), (name, value));
    }

    /// Takes a member out; the order of the others stays.
    #[inline(never)]
    pub fn shift_remove(&mut self, name: &str) -> Option<Value> {
        let position = self.position(name).checked_sub(1)?;
        let entries = self.entries();
        entries.index.clear();
        Some(entries.members.remove(position).1)
    }

    /// The value of a member, which is made where there is none.
    pub fn entry(&mut self, name: impl Into<String>) -> Entry<'_> {
        Entry { map: self, name: name.into() }
    }

    /// Moves all members of `other` here.
    pub fn append(&mut self, other: &mut Self) {
        self.extend(core::mem::take(other));
    }

    /// Keeps the members for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&String, &mut Value) -> bool) {
        if let Some(entries) = &mut self.0 {
            entries.index.clear();
            entries.members.retain_mut(|(name, value)| keep(name, value));
        }
    }

    /// The members.
    pub fn iter(&self) -> Iter<'_> {
        self.members().iter().map(pair)
    }

    /// The members.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Value)> {
        self.members_mut().iter_mut().map(|(name, value)| (&*name, value))
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.members().iter().map(|(name, _)| name)
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.members().iter().map(|(_, value)| value)
    }

    /// The values.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.members_mut().iter_mut().map(|(_, value)| value)
    }

    /// One more than the position of a member; 0 where there is none.
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

    /// Puts the last member into the index, which is made anew where it is missing or half full.
    fn index_last(&mut self) {
        let count = self.members.len();
        let mut first = count - 1;
        if self.index.len() < count * 2 {
            self.index = vec![0; count * 4];
            first = 0;
        }
        for position in first..count {
            let mut slot = self.members.get(position).map_or(0, |(name, _)| hash(name));
            let room = self.index.len();
            while self.index.get(slot % room).is_some_and(|taken| *taken != 0) {
                slot += 1;
            }
            if let Some(free) = self.index.get_mut(slot % room) {
                *free = u32::try_from(position + 1).unwrap_or_default();
            }
        }
    }
}

/// FNV-1a, its bits mixed.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // Room for the steps of a search.
    ((hash ^ (hash >> 15)) >> 1) as usize
}

fn pair((name, value): &(String, Value)) -> (&String, &Value) {
    (name, value)
}

/// The members of an object.
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

/// A member that may be there.
pub struct Entry<'m> {
    map: &'m mut Map,
    name: String,
}

impl<'m> Entry<'m> {
    /// Its value, or this one from now on.
    #[inline(never)]
    pub fn or_insert(self, value: Value) -> &'m mut Value {
        let mut position = self.map.position(&self.name);
        if position == 0 {
            self.map.insert(self.name, value);
            position = self.map.len();
        }
        // The position is that of a member.
        let found = self.map.members_mut().get_mut(position - 1);
        found.map_or_else(|| Box::leak(Box::default()), |(_, value)| value)
    }

    /// Its value, or that which `make` makes, from now on.
    pub fn or_insert_with(self, make: impl FnOnce() -> Value) -> &'m mut Value {
        let value = if self.map.contains_key(&self.name) { Value::Null } else { make() };
        self.or_insert(value)
    }
}
