//! Fuzzes message streams: any bytes give the same result at once and byte by byte, without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trilogue_core::Endpoint;

mod shared;

fuzz_target!(|bytes: &[u8]| shared::same_in_any_split(&Endpoint::Messages, bytes));
