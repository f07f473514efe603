//! The speed of tokenizers on the same texts.

use std::time::Duration;

use trilogue_core::tokens::{SpecialTokens, Vocabulary};

/// Measures every file, and texts that are hard for byte pair encoding. Prints MB/s of CPU time.
pub(crate) fn run(data: &[u8], files: &[&str]) {
    let start = cpu_time();
    let vocabulary = Vocabulary::load(data).expect("the data is complete");
    let first = cpu_time() - start;
    let again = best(10, || drop(Vocabulary::load(data)));
    println!("load: {:.1} ms the first time, {:.1} ms at best", first.as_secs_f64() * 1e3, again.as_secs_f64() * 1e3);
    let mut texts: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).expect("a file can be read");
            (file.rsplit('/').next().unwrap_or(file).to_owned(), text.chars().take(1_000_000).collect())
        })
        .collect();
    for (name, text, count) in [
        ("a", "a", 1_000_000),
        ("spaces", " ", 1_000_000),
        ("marks", "\u{301}", 500_000),
        ("dashes", "-----------------=", 50_000),
        ("lines", " \n", 500_000),
        ("zeros", "0", 1_000_000),
        ("abc", "abcdefghijklmnopqrstuvwxyz", 40_000),
        ("emoji", "🙂", 250_000),
        ("zhrun", "中", 333_333),
    ] {
        texts.push((name.to_owned(), text.repeat(count)));
    }
    let mut seed = 1u64;
    let mut noise = |alphabet: &[char]| -> String {
        (0..400_000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                alphabet[(seed >> 33) as usize % alphabet.len()]
            })
            .collect()
    };
    let letters: Vec<char> = ('a'..='z').collect();
    texts.push(("random a-z, one piece".into(), noise(&letters)));
    let hanzi: Vec<char> = ('\u{4e00}'..'\u{9fff}').collect();
    texts.push(("random hanzi, one piece".into(), noise(&hanzi)));
    texts.push(("random symbols, one piece".into(), noise(&"-=+*#!?<>~".chars().collect::<Vec<_>>())));
    texts.push(("random marks, one piece".into(), noise(&('\u{300}'..'\u{36f}').collect::<Vec<_>>())));
    texts.push(("random white space".into(), noise(&[' ', ' ', '\t', '\u{a0}', '\u{3000}'])));
    for (name, text) in &texts {
        let count = measure(text, || vocabulary.count(text, SpecialTokens::Text));
        let encode = measure(text, || vocabulary.encode(text, SpecialTokens::Text).len());
        println!(
            "{name:<28} count {count:>6.1} encode {encode:>6.1} MB/s, {} tokens",
            vocabulary.count(text, SpecialTokens::Text)
        );
    }
}

/// Bytes per microsecond, at best.
fn measure(text: &str, mut run: impl FnMut() -> usize) -> f64 {
    // The kernel may count in steps of 4 ms.
    let rounds = 3_000_000 / text.len().max(1) + 1;
    let time = best(4, || {
        (0..rounds).for_each(|_| {
            std::hint::black_box(run());
        })
    });
    (text.len() * rounds) as f64 / time.as_secs_f64() / 1e6
}

fn best(times: usize, mut run: impl FnMut()) -> Duration {
    let time = |_| {
        let start = cpu_time();
        run();
        cpu_time() - start
    };
    (0..times).map(time).min().unwrap_or_default()
}

/// The time that this thread has run on a processor: others may use the machine.
fn cpu_time() -> Duration {
    let state = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts the time of a thread");
    let nanoseconds = state.split(' ').next().and_then(|time| time.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first number is the time"))
}
