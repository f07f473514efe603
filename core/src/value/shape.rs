//! The types of JSON members, for the generators of types in other languages.
//!
//! Derived from the declarations that read and write the members, so that a generated type cannot differ from them. Present with the feature
//! `schema` only.

#[cfg(feature = "schema")]
mod described;

#[cfg(feature = "schema")]
pub use described::{Described, DescribedFields, Member, Shape};

/// Describes the fields of a struct.
#[cfg(feature = "schema")]
macro_rules! describe {
    ($name:ident { $( $field:ident: $kind:ty, ($($about:literal)*) )+ }) => {
        impl crate::value::shape::DescribedFields for $name {
            fn members() -> Vec<crate::value::shape::Member> {
                use crate::value::shape::{Described, Member};
                vec![ $( Member::new(stringify!($field), concat!($($about, "\n"),*), <$kind as Described>::shape()), )+ ]
            }
        }

        impl crate::value::shape::Described for $name {
            fn shape() -> crate::value::shape::Shape {
                use crate::value::shape::DescribedFields;
                crate::value::shape::Shape::Named(stringify!($name), <Self as DescribedFields>::members)
            }
        }
    };
}

/// Describes nothing: the description is for generators.
#[cfg(not(feature = "schema"))]
macro_rules! describe {
    ($($ignored:tt)*) => {};
}
pub(crate) use describe;
