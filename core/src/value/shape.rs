//! Types of JSON members, for the generators of types in other languages. Only present with the feature `schema`.
//!
//! Invariant: shapes are derived from the declarations that read and write the members, so generated types always match them.

#[cfg(feature = "schema")]
mod described;

#[cfg(feature = "schema")]
pub use described::{Described, DescribedFields, Member, Shape};

/// Implements `Described` for a struct.
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

/// Does nothing without the feature `schema`.
#[cfg(not(feature = "schema"))]
macro_rules! describe {
    ($($ignored:tt)*) => {};
}
pub(crate) use describe;
