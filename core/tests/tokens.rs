//! The tokenizer against ids of tiktoken 0.14.0, which `tests/tokens/record.py` recorded.
//!
//! `tests/tokens/exact.py` compares 60 million tokens with tiktoken itself; this is the part that needs no network.

use trilogue_core::ErrorKind;
use trilogue_core::tokens::{SpecialTokens, Vocabulary};

/// Contexts of each code point: within words and numbers, between signs, and beside white space.
const CONTEXTS: [&str; 3] = ["{}=e{}Ab", "A{}b{}'s {}1{}{}\n", " {}/x\r\n{} {}"];
/// Members of the classes of the pattern, and the signs that it names.
const SAMPLES: [&str; 40] = [
    " ", "  ", "\n", "\r\n", "\t", "\u{a0}", "\u{3000}", "\u{2028}", "a", "B", "Z", "s", "\u{17f}", "'", "'s", "'LL",
    "'Ve", "ǅ", "ʰ", "中", "文", "\u{301}", "\u{1ad3}", "1", "²", "Ⅷ", "/", "//", "=", "-", "🙂", "\u{200d}",
    "\u{fe0f}", "й", "Й", "ß", "한", "ا", "<|end|>", "_",
];
const RUNS: [&str; 12] = ["a", " ", "\n", "中", "ab", "=", "0", "🙂", "\u{301}", " \n", "-", "-----------------="];

/// Numbers of tokens, and hashes of the tokens: printed by `tests/tokens/record.py`.
const RECORDED_CODE_POINTS: (usize, u64) = (5_637_023, 0x7E46_86E3_5A7C_B020);
const RECORDED_NOISE: (usize, u64) = (303_613, 0xAD45_95E7_66CA_699C);
const RECORDED_RUNS: (usize, u64) = (135_784, 0x1668_96B5_F7AA_CCD6);
const RECORDED_REPEATED: (usize, u64) = (14_500, 0x0802_44D2_4004_23BD);

fn vocabulary() -> Vocabulary {
    Vocabulary::load(&trilogue_o200k::pairs()).expect("the data is complete")
}

/// The number of tokens of all texts, and a hash of the tokens (FNV-1a).
fn summary(texts: impl Iterator<Item = String>) -> (usize, u64) {
    let vocabulary = vocabulary();
    let (mut count, mut hash) = (0, 0xCBF2_9CE4_8422_2325_u64);
    for text in texts {
        let tokens = vocabulary.encode(&text, SpecialTokens::Text);
        assert_eq!(
            vocabulary.count(&text, SpecialTokens::Text),
            tokens.len(),
            "count differs from encode for {text:?}"
        );
        let decoded = vocabulary.decode(&tokens).expect("the tokens are known");
        assert_eq!(String::from_utf8(decoded).as_ref(), Ok(&text), "decode does not return the text");
        count += tokens.len();
        for byte in tokens.iter().flat_map(|token| token.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
    (count, hash)
}

#[test]
fn code_points_in_context() {
    // All of the first plane, and every 16th of the others.
    let points: Vec<char> =
        (0..0x11_0000).filter(|point| *point < 0x1_0000 || point % 16 == 0).filter_map(char::from_u32).collect();
    let texts = CONTEXTS.iter().flat_map(|context| {
        points
            .chunks(64)
            .map(|points| points.iter().map(|point| context.replace("{}", point.encode_utf8(&mut [0; 4]))).collect())
    });
    assert_eq!(summary(texts), RECORDED_CODE_POINTS);
}

#[test]
fn noise_over_the_classes() {
    let mut seed = 1u64;
    let mut below = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((seed >> 33) % limit).expect("the limit is small")
    };
    let texts = (0..20_000).map(|_| {
        let length = 1 + below(24);
        (0..length).map(|_| SAMPLES[below(40)]).collect()
    });
    assert_eq!(summary(texts), RECORDED_NOISE);
}

#[test]
fn long_runs() {
    let texts = RUNS
        .iter()
        .flat_map(|run| [1, 2, 15, 16, 17, 64, 96, 97, 127, 128, 129, 20_000].map(|length| run.repeat(length)));
    assert_eq!(summary(texts), RECORDED_RUNS);
}

#[test]
fn repeated_pieces_of_a_long_text() {
    // Long enough for the memos, with pieces of one and of several tokens, shorter and longer than 15 bytes.
    let text =
        "Der Trilogfreund zqxjkvbw 中文字国家人民的一是 antidisestablishmentarianismus, the 12345 'll\n".repeat(500);
    assert_eq!(summary([text].into_iter()), RECORDED_REPEATED);
}

#[test]
fn special_tokens_are_text_unless_requested() {
    let vocabulary = vocabulary();
    let text = "<|start|>user<|message|>Hi<|end|><|reserved_200013|><|reserved_200002|><|unknown|>";
    let tokens = vocabulary.encode(text, SpecialTokens::Tokens);
    assert_eq!(tokens[..6], [200_006, 1428, 200_008, 12194, 200_007, 200_013]);
    assert!(tokens[6..].iter().all(|token| *token < 199_998), "reserved_200002 is `return`, and has no second name");
    assert_eq!(vocabulary.count(text, SpecialTokens::Tokens), tokens.len());
    assert_eq!(vocabulary.decode(&tokens).as_deref(), Ok(text.as_bytes()));
    let plain = vocabulary.encode(text, SpecialTokens::Text);
    assert!(plain.iter().all(|token| *token < 199_998));
    assert_eq!(vocabulary.decode(&plain).as_deref(), Ok(text.as_bytes()));
}

#[test]
fn counting_stops_at_the_limit() {
    let vocabulary = vocabulary();
    for (text, count) in [("one two three", 3), ("<|start|><|end|>", 2), ("", 0)] {
        let special = SpecialTokens::Tokens;
        assert_eq!(vocabulary.count_up_to(text, count, special), Some(count));
        if let Some(less) = count.checked_sub(1) {
            assert_eq!(vocabulary.count_up_to(text, less, special), None);
        }
    }
}

#[test]
fn unknown_tokens_and_damaged_data_are_errors() {
    let error = vocabulary().decode(&[13225, 201_088]).expect_err("201088 is not a token");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().starts_with("201088 is not a token"), "{error}");
    let mut data = trilogue_o200k::pairs();
    for damaged in [&data[..data.len() - 1], &data[1..], &[]] {
        let error = Vocabulary::load(damaged).err().expect("the data is damaged");
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    // A first half that comes after the token.
    data[16 + 4 + 256] = 0xFF;
    assert!(Vocabulary::load(&data).is_err());
}

#[test]
fn a_vocabulary_has_at_most_as_many_pairs_as_there_are_tokens() {
    // Pairs of the first token with itself.
    let data = |count: u32, singles: &[u8]| {
        let mut data = b"trilogue pairs 1".to_vec();
        data.extend(count.to_le_bytes());
        data.extend(singles);
        data.resize(data.len() + 2 * count as usize, 0);
        data
    };
    let singles: Vec<u8> = (0..=255).collect();
    assert!(Vocabulary::load(&data(1, &singles)).is_ok());
    for count in [199_743, 1 << 19] {
        assert!(Vocabulary::load(&data(count, &singles)).is_err(), "{count}");
    }
    assert!(Vocabulary::load(&data(1, &[0; 256])).is_err());
}
