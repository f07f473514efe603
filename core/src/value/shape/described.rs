//! The shape of a JSON value, and the types that have one. See [`super`].

use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

use crate::value::{Map, Value};

/// The type of a JSON value.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Any value.
    Any,
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// An object with any members.
    Object,
    /// One of these strings.
    Words(&'static [&'static str]),
    /// A list.
    List(Box<Shape>),
    /// A value that may be absent.
    Optional(Box<Shape>),
    /// An object of a named type.
    Named(&'static str, fn() -> Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: String,
    /// Its type.
    pub shape: Shape,
    /// Whether the member is required.
    pub is_required: bool,
}

impl Member {
    /// Creates a member; `doc` may contain line breaks.
    pub fn new(name: &'static str, doc: &str, shape: Shape) -> Self {
        let is_required = !matches!(shape, Shape::Optional(_));
        Self { name, doc: doc.split_whitespace().collect::<Vec<_>>().join(" "), shape, is_required }
    }
}

/// A type that is passed to other languages as JSON.
pub trait Described {
    /// Returns the type of its JSON value.
    fn shape() -> Shape;
}

/// A struct declared with `fields!`.
pub trait DescribedFields {
    /// Returns its fields.
    fn members() -> Vec<Member>;
}

macro_rules! described {
    ($($kind:ty => $shape:expr;)+) => { $(
        impl Described for $kind {
            fn shape() -> Shape {
                $shape
            }
        }
    )+ };
}

described! {
    Value => Shape::Any;
    Map<String, Value> => Shape::Object;
    String => Shape::Text;
    &'static str => Shape::Text;
    bool => Shape::Bool;
    f64 => Shape::Number;
    u32 => Shape::Integer;
    u64 => Shape::Integer;
    usize => Shape::Integer;
}

impl<T: Described> Described for Option<T> {
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }
}

impl<T: Described> Described for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
}
