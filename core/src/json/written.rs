//! Types that are written as JSON objects, declared with their members.
//!
//! Invariant: the generators of types in other languages read the same declaration as `to_value`.

/// Declares the JSON object of a type: the members that its `to_value` writes, each with its type and its value.
macro_rules! written {
    ($name:ident as $value:ident { $( $(#[doc = $about:literal])+ $member:literal: $kind:ty = $written:expr, )+ }) => {
        impl $name {
            /// Returns its members as a JSON object.
            pub fn to_value(&self) -> crate::value::Value {
                let $value = self;
                crate::json::json!({ $( $member: $written, )+ })
            }
        }

        #[cfg(feature = "schema")]
        impl crate::value::shape::DescribedFields for $name {
            fn members() -> Vec<crate::value::shape::Member> {
                use crate::value::shape::{Described, Member};
                vec![ $( Member::new($member, concat!($($about, "\n"),*), <$kind as Described>::shape()), )+ ]
            }
        }

        #[cfg(feature = "schema")]
        impl crate::value::shape::Described for $name {
            fn shape() -> crate::value::shape::Shape {
                use crate::value::shape::{DescribedFields, Shape};
                Shape::Named(stringify!($name), <Self as DescribedFields>::members)
            }
        }
    };
}
pub(crate) use written;
