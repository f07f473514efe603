//! The speed of tokenizers on the same texts, and the price of loading them.
//!
//! Invariant: every tokenizer gets the same texts, one after the other, in the same process; figures are CPU time, since others may use the machine.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use trilogue_core::tokens::{SpecialTokens, Vocabulary};

/// Rounds of a measurement, of which the best counts, and the least bytes of a round: the kernel may count in steps of 4 ms.
const ROUNDS: usize = 4;
const BYTES: usize = 3_000_000;
/// A text that took this long is not measured again.
const SLOW: Duration = Duration::from_secs(1);

/// A function that returns the number of tokens.
type Count = Box<dyn Fn(&str) -> usize>;

/// A tokenizer that is loaded.
struct Tokenizer {
    count: Count,
    /// `None` if the number is not found without the tokens.
    encode: Option<Count>,
}

/// The names of the tokenizers, as in tables.
const OURS: &str = "trilogue";
#[cfg(feature = "peers")]
const PEERS: [&str; 2] = ["tiktoken-rs", "bpe-openai"];
#[cfg(not(feature = "peers"))]
const PEERS: [&str; 0] = [];

/// Prints a line of JSON for each tokenizer and file: MB/s of counting and of encoding, or none if the tokenizer fails.
pub(crate) fn run(data: &[u8], files: &[&str]) {
    let texts: Vec<(&str, String)> =
        files.iter().map(|file| (*file, std::fs::read_to_string(file).expect("a file can be read"))).collect();
    for name in [OURS].into_iter().chain(PEERS) {
        let tokenizer = load(name, data);
        for (file, text) in &texts {
            // tiktoken-rs panics on a million spaces.
            let Ok(tokens) = catch_unwind(AssertUnwindSafe(|| (tokenizer.count)(text))) else {
                println!("{}", serde_json::json!({"tokenizer": name, "text": file}));
                continue;
            };
            let mut figures = serde_json::json!({"tokenizer": name, "text": file, "tokens": tokens});
            figures["count"] = speed(text, &tokenizer.count).into();
            if let Some(encode) = &tokenizer.encode {
                figures["encode"] = speed(text, encode).into();
            }
            println!("{figures}");
        }
    }
}

/// Prints a line of JSON with the milliseconds and the memory of the first load in this process.
pub(crate) fn run_load(name: &str, data: &[u8]) {
    let (before, start) = (memory(), cpu_time());
    let tokenizer = load(name, data);
    let milliseconds = (cpu_time() - start).as_secs_f64() * 1e3;
    let kilobytes = memory() - before;
    println!("{}", serde_json::json!({"tokenizer": name, "milliseconds": milliseconds, "kilobytes": kilobytes}));
    black_box(&tokenizer.count);
}

fn load(name: &str, data: &[u8]) -> Tokenizer {
    match name {
        OURS => {
            let counting = std::rc::Rc::new(Vocabulary::load(data).expect("the data is complete"));
            let encoding = std::rc::Rc::clone(&counting);
            Tokenizer {
                count: Box::new(move |text| counting.count(text, SpecialTokens::Text)),
                encode: Some(Box::new(move |text| encoding.encode(text, SpecialTokens::Text).len())),
            }
        }
        #[cfg(feature = "peers")]
        "tiktoken-rs" => {
            let tokenizer = tiktoken_rs::o200k_base().expect("the vocabulary is in the crate");
            Tokenizer { count: Box::new(move |text| tokenizer.encode_ordinary(text).len()), encode: None }
        }
        #[cfg(feature = "peers")]
        "bpe-openai" => {
            let tokenizer = bpe_openai::o200k_base();
            Tokenizer {
                count: Box::new(|text| tokenizer.count(text)),
                encode: Some(Box::new(|text| tokenizer.encode(text).len())),
            }
        }
        _ => panic!("tokenizers are {OURS} and {PEERS:?}, not {name}"),
    }
}

/// Megabytes per second, at best.
fn speed(text: &str, run: &Count) -> f64 {
    let once = time(|| _ = black_box(run(text)));
    if once > SLOW {
        return text.len() as f64 / once.as_secs_f64() / 1e6;
    }
    let rounds = BYTES / text.len().max(1) + 1;
    let times = (0..ROUNDS).map(|_| time(|| (0..rounds).for_each(|_| _ = black_box(run(text)))));
    (text.len() * rounds) as f64 / times.min().unwrap_or_default().as_secs_f64() / 1e6
}

fn time(run: impl FnOnce()) -> Duration {
    let start = cpu_time();
    run();
    cpu_time() - start
}

/// The time that this thread has run on a processor.
fn cpu_time() -> Duration {
    let state = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts the time of a thread");
    let nanoseconds = state.split(' ').next().and_then(|time| time.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first number is the time"))
}

/// Resident memory in KB.
fn memory() -> u64 {
    let state = std::fs::read_to_string("/proc/self/statm").expect("Linux counts the memory of a process");
    let pages: Option<u64> = state.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.expect("the second number is the resident memory") * 4
}
